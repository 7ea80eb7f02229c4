r"""`verify`: a document or a single formula in, a `Report` out.

    text -> trees (parser) -> the document's lexicon and definitions -> claims -> outcome (checker) -> verdict and correction

What a document defines decides what its claims mean; what it leaves open is taken as usual, and said so.  In a document
nothing is refuted by a convention that it did not state.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from symback.network import Network
from symback.verification.cases import conditions_of_place
from symback.verification.chances import named_predictions
from symback.verification.checker import is_numeric, judge_claim, settled
from symback.verification.claim_forms import (
    index_renamings,
    is_chain_to_entry,
    is_update,
    states_activation,
    states_dependence,
    with_differentials_above,
    with_layer_letter,
    with_whole_sums_derived,
    without_doubled_sign,
    works_out_slope,
)
from symback.verification.claim_windows import MOST_STAGES, mentions_in
from symback.verification.clock import with_clock
from symback.verification.comparing import Outcome
from symback.verification.definitions import (
    Claim,
    Definition,
    Function,
    chains_of,
    definitions_in,
    is_condition,
    is_number,
    names_of_errors,
    without_results,
)
from symback.verification.diagnosis import chain_text, diagnose, with_other_bounds
from symback.verification.differentials import has_differentials_only, stated_differentials, with_differentials_as_names
from symback.verification.documents import read_document
from symback.verification.hesitation import doubt_about, unrelated_costs
from symback.verification.implicit import claim_with_sums, is_implicit
from symback.verification.implied import functions_by_use, with_implied
from symback.verification.layouts import ROW_WORDS, transposes_gradients, with_gradients_shaped_like_weights, with_row_gradients
from symback.verification.lexicon import lexicon_of
from symback.verification.marks import with_marks
from symback.verification.meant import diagonals, meant_claims, with_own_indices, with_shares
from symback.verification.mentions import Lexicon, names_in, printed_name
from symback.verification.numbers import NumberOutcome
from symback.verification.numbers_activations import activation_in_words
from symback.verification.numbers_book import NumberBook
from symback.verification.numbers_document import NumberClaim, judge_number_claims, number_chains
from symback.verification.open_readings import OpenReadings, shows_matrices, softmax_in_words, sums_to_one
from symback.verification.read_formulas import Page, changes_between, page_of, with_named_values
from symback.verification.report import Report, Verdict
from symback.verification.shape_claims import judge_shape
from symback.verification.sheet import Sheet
from symback.verification.slips_in_time import Cast, slips_in_time
from symback.verification.splicing import in_authors_text
from symback.verification.stated_layers import layers_of_entries, with_layers_of_entries
from symback.verification.stated_network import stated
from symback.verification.told_in_words import averages_costs, collects_derivatives, holds_the_others
from symback.verification.tree import UNREADABLE, Tree, base_of, operands_of, operators_of, walk
from symback.verification.unparse import unparse
from symback.verification.updates import judge_update
from symback.verification.usual_layers import usual_definitions
from symback.verification.values import named_values_of
from symback.verification.window import Assumed, Window
from symback.verification.worlds import settle
from symback.verification.written_out import slips_in, with_corrected_slips

__all__ = ["verify"]

PAGE_SECONDS = 8.0  # of computing for one formula, all its claims and corrections together
SECONDS = 1.0  # of computing for one claim
CORRECTION_SECONDS = 3.0  # of looking for what would be true in its place
LEFT_SIDES = 3  # formulas before a refuted one whose left side may have been meant
MAX_NODES, MAX_MEMBERS = 1500, 40  # of one claim
LACKING = "the terms of the sum lack its index, and another stands in its place"
CASE_WORDS = re.compile(r"\b(?:where|when|whenever|if|unless|in case)\s*\W{0,2}$", re.IGNORECASE)
ORDER = ("refuted", "conditional", "undecided", "proved", "definition", "mention")


@dataclass(frozen=True)
class Judged:
    """One claim's verdict before the claims of a formula are put together."""

    kind: str
    verdict: str
    outcome: Outcome
    correction: str = ""
    diagnosis: str = ""
    corrected: Claim | None = None  # `correction` as trees, where it is not of numbers


def _refuted(kind: str, outcome: Outcome, corrected: Claim | None, diagnosis: str) -> Judged:
    """False, with what would be true."""
    text = chain_text(corrected.members, corrected.signs) if corrected is not None else ""
    return Judged(kind, "refuted", outcome, text, diagnosis, corrected)


def verify(source: str | Path, network: Network | str | None = None, progress: Callable[[int, int], None] | None = None) -> Report:
    r"""Judge a file (a path), or a LaTeX formula (a string that is no file).

    `network` (or its spec) says what is in force at the start; what the document states goes before it.  `progress` is called
    with (formulas judged, formulas in all).  Raises `DocumentError` for a file that cannot be read and `SpecError` for a
    network that has no equations on the page.

    >>> verify(r"\delta^l = ((W^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)").formulas[0].verdict
    'proved'
    """
    before = [page_of(line, None, None) for line in stated(network)] if network is not None else []
    if isinstance(source, Path) or _is_file(source):
        document = read_document(Path(source))
        pages = [page_of(printed.latex, printed.macros, printed) for printed in document.formulas]
        found = _Judge([*before, *pages], False, progress, document.text).verdicts()
        return Report(str(source), tuple(found[len(before) :]))
    found = _Judge([*before, page_of(str(source), None, None)], not before, progress).verdicts()
    return Report("", tuple(found[len(before) :]))


def _is_file(text: str) -> bool:
    """Whether a text is the path of a file, and no formula."""
    if len(text) > 250 or "\n" in text or "\\" in text or "\0" in text:
        return False
    with suppress(OSError):
        return Path(text).is_file()
    return False


class _Judge:
    """Goes through the formulas of a document in order."""

    def __init__(self, pages: Sequence[Page], is_alone: bool, progress: Callable[[int, int], None] | None, text: str = ""):
        self.named = named = named_values_of([page.tree for page in pages if page.tree is not None])
        self.predictions = named_predictions([page.tree for page in pages if page.tree is not None])
        self.pages, self.is_alone, self.progress = with_named_values(pages, named, self.predictions), is_alone, progress
        pages = self.pages
        trees = [page.tree for page in pages if page.tree is not None]
        self.lexicon = with_marks(with_clock(lexicon_of(trees, frozenset(named.outer)), trees), trees)
        self.cast = _cast_of(trees, self.lexicon)
        self.leading: Tree | None = None
        self.until = float("inf")
        self.lefts: list[Tree] = []
        self.case: tuple[Tree, ...] = ()
        self.are_gradients_rows = ROW_WORDS.search(text) is not None
        self.words = " ".join(f"{page.printed.before} {page.printed.after}" for page in pages if page.printed is not None).lower()
        self.is_implicit = is_implicit([claim for page in pages for claim in page.claims], self.lexicon)
        definitions, functions = self._stated()
        if errors := names_of_errors(definitions, self.lexicon):
            self.lexicon = replace(self.lexicon, merged={**self.lexicon.merged, **errors})
            definitions, functions = self._stated()
        claims = [(order, claim) for order, page in enumerate(pages) for claim in page.claims]
        self.layers_of_entries = layers_of_entries(claims, self.lexicon)
        definitions = with_implied(claims, definitions, self.lexicon)
        functions += functions_by_use(claims, functions)
        if is_alone:
            definitions, functions = [one for one in definitions if one.role == "cost"], []  # what else is usual is to be proved
        common, common_trees = usual_definitions(definitions, trees, self.lexicon)
        self.sheet = Sheet(self.lexicon, [*common, *definitions], functions, [*trees, *common_trees], self.words)
        cells = {order: page.printed.cell for order, page in enumerate(pages) if page.printed is not None and page.printed.cell is not None}
        self.sheet.columns = {order: (cell.header, cell.column) for order, cell in cells.items()}
        self.sheet.softmax_letters = softmax_in_words(pages)
        self.sheet.is_implicit = self.is_implicit
        self.sheet.differentials = stated_differentials([claim for _, claim in claims], self.lexicon)
        self.transposes_gradients = self._states_rows() and transposes_gradients(claim for _, claim in claims)
        self.sheet.holds_the_others = holds_the_others(text)
        self.sheet.outputs = frozenset(named.outer.values())
        self.sheet.unit_sums = {
            family for page in pages for claim in page.claims if (family := sums_to_one(self.lexicon, claim)) is not None
        }
        self.numbers = self._number_outcomes(text)
        matrices = (i for i, page in enumerate(pages) if page.tree is not None and shows_matrices(self.lexicon, page.tree))
        self.sheet.first_matrix = first_matrix = next(matrices, len(pages))
        stated_families = frozenset(definition.name.family for definition in definitions if definition.role == "forward")
        self.readings = OpenReadings(
            self.lexicon, self.sheet, self.words, is_alone, stated_families, self.sheet.softmax_letters, first_matrix, pages
        )
        settle(self.sheet, self._widest_window())
        self.plain = self._without_layers(definitions, functions, trees)

    def _stated(self) -> tuple[list[Definition], list[Function]]:
        """What the claims of the document define."""
        found: list[Definition | Function] = []
        for order, page in enumerate(self.pages):
            for claim in page.claims:
                claim = claim_with_sums(claim, self.lexicon) if self.is_implicit else claim
                found += definitions_in(claim, self.lexicon, order) if not is_update(claim) else ()
        definitions = [one for one in found if isinstance(one, Definition)]
        return without_results(definitions, self.lexicon), [one for one in found if isinstance(one, Function)]

    def _without_layers(self, definitions: Sequence[Definition], functions: Sequence[Function], trees: Sequence[Tree]) -> Sheet | None:
        """z = W a + b of one layer beside z^l = W^l a^{l-1} + b^l: a sheet of its own."""
        plain = [definition for definition in definitions if definition.name.stage is None]
        if not any(definition.role == "forward" and definition.name.family in self.sheet.staged for definition in plain):
            return None
        own = [tree for tree in trees if not any(self.lexicon.mention(name).stage is not None for _, name in names_in(tree))]
        found = Sheet(self.lexicon, plain, functions, own, self.words)
        found.columns, found.softmax_letters, found.is_implicit = self.sheet.columns, self.sheet.softmax_letters, self.is_implicit
        found.outputs, found.unit_sums, found.staged = self.sheet.outputs, self.sheet.unit_sums, set()
        found.holds_the_others = self.sheet.holds_the_others
        settle(found, Window(0, 0))
        return found

    def _number_outcomes(self, text: str) -> dict[tuple[int, tuple[Tree, ...]], NumberOutcome]:
        """What the printed numbers say: one outcome for each chain that has some."""
        keys, claims = [], []
        has_names = has_differentials_only(page.tree for page in self.pages if page.tree is not None)
        for order, page in enumerate(self.pages):
            for chain in number_chains(page.tree) if page.tree is not None else ():
                printed = page.printed
                words = f"{printed.before} {printed.after}" if printed is not None else ""
                line, is_display = (printed.line, printed.display) if printed is not None else (1, True)
                keys.append((order, operands_of(chain)))
                members = tuple(map(with_differentials_as_names, operands_of(chain))) if has_names else operands_of(chain)
                claims.append(NumberClaim(members, operators_of(chain), line, words, is_display))
        book = NumberBook(is_alone=True) if self.is_alone else NumberBook(activation=activation_in_words(text))
        outcomes = judge_number_claims(claims, book)
        return {key: outcome for key, outcome in zip(keys, outcomes, strict=True) if outcome is not None}

    def _widest_window(self) -> Window:
        """The stages on which types and sizes are inferred."""
        numbers = [d.name.stage[1] for d in self.sheet.definitions if d.name.stage is not None and d.name.stage[0] == ""]
        numbers = [number for number in numbers if number <= MOST_STAGES]
        if numbers:
            return Window(min([1, *numbers]), max(numbers), (("", 0), ("L", max(numbers))), None, True)
        return Window(0, 1, (("L", 1),), None, True)

    def verdicts(self) -> list[Verdict]:
        """One for each formula."""
        found = []
        for order, page in enumerate(self.pages):
            found.append(self._verdict(order, page))
            if self.progress is not None:
                self.progress(order + 1, len(self.pages))
        return found

    def _verdict(self, order: int, page: Page) -> Verdict:
        printed = page.printed
        line, end_line = (printed.line, printed.end_line) if printed else (1, 1 + page.latex.count("\n"))
        shown = Verdict(line, end_line, page.latex, "mention", "mention")
        if page.tree is None:
            return replace(shown, verdict="unreadable", reason=page.error)
        self.until = time.thread_time() + PAGE_SECONDS
        slips = slips_in(page.tree)
        if slips:
            expected = "; ".join(f"{unparse(slip.printed)} where {unparse(slip.expected)} fits the other entries" for slip in slips[:3])
            found = with_corrected_slips(page.tree, slips)
            text = in_authors_text(page.latex, page.tree, [(page.tree, found)], self._reader(page)) or unparse(found)
            return replace(shown, kind="identity", verdict="refuted", reason=expected, correction=text, diagnosis="index")
        claims = self._continued(page)
        judged = [self._judged(claim, order) for _, claim in claims]
        if any(node.kind == "text" and node.text == UNREADABLE for node in walk(page.tree)):
            judged.append(Judged("mention", "undecided", Outcome("unread", UNREADABLE)))
        if not judged:
            return shown
        worst = min(judged, key=lambda found: (ORDER.index(found.verdict), not found.correction))
        outcome = worst.outcome
        corrections = [(*pair, found) for pair, found in zip(claims, judged, strict=False) if found.correction]
        text = self._in_authors_text(page, corrections) if worst.correction else ""
        return replace(
            shown, kind=worst.kind, verdict=worst.verdict, reason=outcome.reason, correction=text or worst.correction,
            diagnosis=worst.diagnosis, assumptions=outcome.assumptions, counterexample=outcome.counterexample,
        )  # fmt: skip

    def _reader(self, page: Page) -> Callable[[str], Tree | None]:
        """How the text of a formula became its tree."""
        macros = page.printed.macros if page.printed is not None else None
        return lambda text: with_named_values([page_of(text, macros, None)], self.named, self.predictions)[0].tree

    def _in_authors_text(self, page: Page, corrections: Sequence[tuple[Claim, Claim, Judged]]) -> str:
        """The formula with the members that differ from the corrected ones exchanged in its text; empty where that is not possible."""
        changes: list[tuple[Tree, Tree]] = []
        read = self._reader(page)
        for printed, claim, found in corrections:
            tree = read(found.correction) if found.corrected is None else None
            chains = [found.corrected] if found.corrected is not None else list(chains_of(tree)) if tree is not None else []
            if len(chains) == 1:
                changes += changes_between(page, printed, claim, chains[0])
        return in_authors_text(page.latex, page.tree, changes, read) if changes and page.tree is not None else ""

    def _continued(self, page: Page) -> list[tuple[Claim, Claim]]:
        """The claims of a formula, as printed and as read: one that begins with a relation sign goes on with what stood before it."""
        found = []
        case = conditions_of_place(page.printed.headings, page.printed.before) if page.printed is not None else ()
        for printed in page.claims:
            claim = printed
            if claim.members[0].kind == "empty" and self.leading is not None:
                claim = replace(claim, members=(self.leading, *claim.members[1:]))
                case = case or self.case
            claim = replace(claim, conditions=tuple(dict.fromkeys((*claim.conditions, *case))))
            claim = claim_with_sums(claim, self.lexicon) if self.is_implicit else claim
            if claim.members[-1].kind == "empty":
                claim = replace(claim, members=claim.members[:-1], signs=claim.signs[:-1])
            claim = without_doubled_sign(claim)
            if claim.members[0].kind != "empty":
                self.leading = claim.members[0]
                self.lefts = [*self.lefts[-LEFT_SIDES:], claim.members[0]]
            if len(claim.members) > 1 and claim.members[0].kind != "empty":
                found.append((printed, claim))
        if not page.claims and page.tree is not None and page.tree.kind not in ("symbol", "number", "empty"):
            self.leading = page.tree
        self.case = case if page.printed is not None and page.printed.display else ()
        return found

    def _judged(self, claim: Claim, order: int) -> Judged:
        """Numbers by arithmetic, everything else by the document's equations; a chain may have both."""
        if len(claim.members) > MAX_MEMBERS or sum(1 for member in claim.members for _ in walk(member)) > MAX_NODES:
            return Judged("mention", "undecided", Outcome("unread", "too long to be judged"))
        if any(member.kind == "empty" for member in claim.members[1:-1]):
            return Judged("mention", "undecided", Outcome("unread", "nothing stands between two relation signs"))
        numbers = self.numbers.get((order, claim.members))
        if numbers is None:
            return self._judged_by_equations(claim, order)
        found = Outcome(numbers.word, numbers.reason or numbers.remark, numbers.assumptions, numbers.counterexample)
        if numbers.word in ("refuted", "conditional"):
            return Judged("number", numbers.word, found, numbers.correction, "number")
        if numbers.word == "definition":
            return Judged("definition", "definition", found)
        others = [member for member in claim.members if not is_numeric(member)]
        if len(others) < 2:
            return Judged("number", numbers.word, found)
        rest = self._judged_by_equations(claim, order)
        if rest.verdict in ("refuted", "conditional"):
            return rest
        has_rest = "printed numbers" not in rest.outcome.reason or rest.verdict in ("proved", "definition")
        if numbers.word == "proved" and (rest.verdict in ("proved", "definition") or (not has_rest or not numbers.unread)):
            return Judged("number", "proved", found)
        return Judged("number", "undecided", found if numbers.word == "undecided" else rest.outcome)

    def _judged_by_equations(self, claim: Claim, order: int) -> Judged:
        step = with_gradients_shaped_like_weights(claim, self.lexicon) if self.transposes_gradients else claim
        update = judge_update(step) if step is not None else None
        if update is not None:
            return Judged("gradient", update.word, Outcome(update.word, update.reason), update.correction, update.diagnosis)
        claim = with_layers_of_entries(claim, order, self.layers_of_entries)
        kind = self.readings.kind(claim)
        whole = with_differentials_above(claim)
        if whole is not None:
            reason = "a differential stands below the line, and none above it"
            return _refuted("gradient", Outcome("refuted", reason, is_sure=True), whole, r"missing \partial")
        shares = with_shares(claim)
        if shares is not None:
            return _refuted(kind, Outcome("refuted", LACKING, is_sure=True), shares, "index")
        if kind == "shape":
            return self._judged_shape(claim, order)
        if collects_derivatives(claim, self.lexicon):
            return Judged("definition", "definition", Outcome("unread", "states which derivatives the gradient collects"))
        printed = self.pages[order].printed
        if printed is not None and averages_costs(claim, self.lexicon, printed.before):
            said = "the cost is the average of the samples' costs, as the words before say"
            return Judged(kind, "proved", Outcome("proved", "a derivative goes through an average term by term", (said,)))
        if kind == "mention" or is_condition(claim):
            return Judged(kind, "mention", Outcome("unread"))
        if printed is not None and not printed.display and is_number(claim.members[-1]) and CASE_WORDS.search(printed.before):
            return Judged("mention", "mention", Outcome("unread", "states a case"))
        families = self.readings.families(claim.members[:1]) if claim.members[0].kind not in ("derivative", "applied") else set()
        own = [d for d in self.sheet.definitions if d.order == order and d.name.family in families and d not in self.sheet.dropped]
        if len(claim.members) == 2 and self.readings.states_cost(claim, order):
            found = self._settled(claim, order, self.readings.alternatives(claim, order)[:1], time.thread_time() + SECONDS)
            if found.is_sure:
                return _refuted("definition", found, *self._correction_of_bounds(claim, order))
            return Judged("definition", "definition", Outcome("unread", "states the cost"))
        if states_dependence(claim):
            return Judged("definition", "definition", Outcome("unread", "states what its left side depends on"))
        if states_activation(claim):
            return Judged("definition", "definition", Outcome("unread", "states the activation of a layer"))
        if self._is_assignment(claim):
            return Judged(kind, "mention", Outcome("unread", "an assignment"))
        until = min(self.until, time.thread_time() + SECONDS)
        outcome = self._settled(claim, order, self.readings.alternatives(claim, order), until)
        if outcome.word == "proved":
            if bool(own) and len(claim.members) == 2 and own[0].role != "gradient":
                return Judged("definition", "definition", replace(outcome, reason="states what its left side is"))
            if strangers := unrelated_costs(self.readings, claim):
                return Judged(kind, "conditional", replace(outcome, reason=f"holds if {' and '.join(strangers)} are the same cost"))
            return Judged(kind, "proved", outcome)
        if outcome.word == "unread":
            if own and len(claim.members) == 2 and kind == "forward":
                return Judged(kind, "definition", replace(outcome, reason="states what its left side is"))
            return Judged(kind, "undecided", outcome)
        if outcome.word == "undecided" and self.sheet.edition(order).costs[1:]:
            other = self._settled(
                claim, order, [replace(item, earlier_cost=True) for item in self.readings.alternatives(claim, order)], until
            )
            if other.word == "proved":
                return Judged(
                    kind, "proved", replace(other, assumptions=(*other.assumptions, "the cost is an earlier one of this document"))
                )
        if outcome.word == "undecided" and outcome.reason.startswith("false if the sum over"):
            for changed in with_own_indices(claim):
                if self._holds(changed, order, outcome.assumed):
                    return _refuted(kind, replace(outcome, word="refuted", reason=LACKING), changed, "index")
        if (
            outcome.word == "conditional"
            and own
            and own[0].role == "forward"
            and len(claim.members) == 2
            and "as its entry" in outcome.reason
        ):
            return Judged("definition", "definition", replace(outcome, reason="states what its left side is"))  # a^l_j = g(z^l)
        if outcome.word in ("undecided", "conditional") and kind == "gradient" and self._states_rows():
            turned = self._with_row_gradients(claim)
            other = outcome if turned is None else self._settled(turned, order, self.readings.alternatives(claim, order), until)
            if other.word == "proved":
                return Judged(kind, "proved", replace(other, assumptions=(*other.assumptions, "gradients are rows")))
        if outcome.word in ("undecided", "conditional"):
            return Judged(kind, outcome.word, outcome)
        if any(cost is not own for cost in self.sheet.edition(order).costs[1:]):
            alternatives = [replace(item, earlier_cost=True) for item in self.readings.alternatives(claim, order)]
            other = self._settled(claim, order, alternatives, until)
            if other.word == "proved":
                return Judged(
                    kind, "conditional", replace(other, reason="holds with another cost of this document than the one stated last")
                )
        bracketed = with_whole_sums_derived(claim)
        if (
            bracketed is not None
            and self._settled(
                bracketed, order, self.readings.alternatives(claim, order), min(self.until, time.thread_time() + SECONDS)
            ).word
            == "proved"
        ):
            reason = "holds if the derivative is of the whole sum, which is printed without brackets"
            return replace(_refuted(kind, replace(outcome, reason=reason), bracketed, "missing brackets"), verdict="conditional")
        is_stated = self._states_rows()
        turned = self._with_row_gradients(claim) if kind == "gradient" and (is_stated or not outcome.is_sure) else None
        if turned is not None:
            other = self._settled(turned, order, self.readings.alternatives(claim, order), min(self.until, time.thread_time() + SECONDS))
            if other.word == "proved" and is_chain_to_entry(claim, self.sheet):
                return Judged(
                    kind, "proved", replace(other, assumptions=(*other.assumptions, "the factors of the chain are rows and matrices"))
                )
            if other.word == "proved" and is_stated:
                return Judged(kind, "proved", replace(other, assumptions=(*other.assumptions, "gradients are rows")))
            if other.word == "proved":
                return Judged(kind, "conditional", replace(other, reason="holds if gradients are rows: a matter of layout"))
            if (other.word == "undecided" and "printed numbers" in other.reason) or (is_stated and other.word in ("undecided", "unread")):
                return Judged(kind, "undecided", other)
        doubt = outcome.doubt or _unknown_size(outcome) or doubt_about(self.readings, claim, own, order, outcome)
        doubt = "" if self.is_alone or outcome.is_sure else doubt
        if doubt:
            return Judged(kind, "undecided", replace(outcome, reason=f"{doubt} ({outcome.reason})"))
        for meant, reason in meant_claims(claim, self.lexicon):
            until = min(self.until, time.thread_time() + SECONDS)
            if self._settled(meant, order, self.readings.alternatives(claim, order), until).word == "proved":
                return (
                    Judged(kind, "conditional", replace(outcome, reason=reason))
                    if reason
                    else _refuted(kind, outcome, meant, "missing sum")
                )
        if outcome.is_sure:
            return _refuted(kind, outcome, *self._correction_of_bounds(claim, order))
        of_page, self.until = self.until, min(self.until, time.thread_time() + CORRECTION_SECONDS)
        correction, diagnosis = self._correction(claim, order, outcome)
        for meant, _ in () if correction else diagonals(claim, self.lexicon):
            correction, diagnosis = diagnose(
                meant, lambda changed: self._holds(changed, order, outcome.assumed), self.until, outcome.member
            )
            if correction:
                correction = replace(correction, conditions=claim.conditions)
                break
        self.until = of_page
        return _refuted(kind, outcome, correction, diagnosis)

    def _judged_shape(self, claim: Claim, order: int) -> Judged:
        """What stands in a space, and before it perhaps an equation: a^L = σ(z^L) ∈ ℝⁿ."""
        at = claim.signs.index(r"\in")
        shape = judge_shape(
            Claim(claim.members[: at + 2], claim.signs[: at + 1]), self.sheet, order, self.readings.alternatives(claim, order)
        )
        found = Judged("shape", "mention" if shape.word == "unread" else shape.word, shape)
        if at == 0:
            return found
        equation = self._judged_by_equations(Claim(claim.members[: at + 1], claim.signs[:at], claim.conditions), order)
        return min((found, equation), key=lambda judged: ORDER.index(judged.verdict) if judged.verdict != "mention" else len(ORDER))

    def _correction_of_bounds(self, claim: Claim, order: int) -> tuple[Claim | None, str]:
        """The first change of the bounds of its sums with which no sum has a term too many."""
        for changed in with_other_bounds(claim):
            found = self._settled(
                changed, order, self.readings.alternatives(changed, order)[:1], min(self.until, time.thread_time() + SECONDS)
            )
            if not found.is_sure:
                return changed, "sum bound"
        return None, ""

    def _correction(self, claim: Claim, order: int, outcome: Outcome) -> tuple[Claim | None, str]:
        """The near miss that holds: one layer letter, the left side of a formula before, or a small change of the right side."""
        assumed = outcome.assumed
        letters = {mention.stage[0] for mention in mentions_in(claim.members, self.sheet) if mention.stage is not None}
        for old, new in (("l", "L"), ("L", "l")) if {"l", "L"} <= letters else ():
            members = tuple(with_layer_letter(member, old, new) for member in claim.members)
            if self._holds(replace(claim, members=members), order, assumed):
                return replace(claim, members=members), "index"
        for left in reversed(self.lefts[-LEFT_SIDES:]):
            if left != claim.members[0] and left.kind in ("derivative", "scripts", "applied", "product"):
                members = (left, *claim.members[1:])
                if self._holds(replace(claim, members=members), order, assumed):
                    return replace(claim, members=members), "wrong symbol on the left"
        for members in index_renamings(claim, self.lexicon):
            if self._holds(replace(claim, members=members), order, assumed):
                return replace(claim, members=members), "index"
        likely = partial(slips_in_time, cast=self.cast) if self.lexicon.is_recurrent else None
        correction, diagnosis = diagnose(
            claim, lambda changed: self._holds(changed, order, assumed), self.until, outcome.member, likely,
            lambda changed: self._settled(changed, order, [assumed], self.until).word in ("refuted", "untyped"),
        )  # fmt: skip
        if correction or len(claim.members) < 3:
            return correction, diagnosis
        for place in range(1, len(claim.members)):
            members = claim.members[:place] + claim.members[place + 1 :]
            signs = claim.signs[: place - 1] + claim.signs[place:]
            if self._holds(replace(claim, members=members, signs=signs), order, assumed):
                return replace(claim, members=members, signs=signs), "one member of the chain differs from the others"
        return None, ""

    def _settled(self, claim: Claim, order: int, alternatives: Sequence[Assumed], until: float, is_trial: bool = False) -> Outcome:
        """By the equations with layers; by those without first, where the claim prints no layer."""
        if self.plain is None or any(mention.stage is not None for mention in mentions_in(claim.members, self.sheet)):
            return judge_claim(claim, self.sheet, order, alternatives, until, is_trial)
        own = dict.fromkeys(replace(item, is_scalar=self.plain.is_scalar) for item in alternatives)
        plain = judge_claim(claim, self.plain, order, tuple(own), until, is_trial)
        return plain if plain.word == "proved" else settled([plain, judge_claim(claim, self.sheet, order, alternatives, until, is_trial)])

    def _holds(self, claim: Claim, order: int, assumed: Assumed) -> bool:
        until = min(self.until, time.thread_time() + SECONDS / 3)
        found = (
            [assumed, replace(assumed, has_unit_targets=True)]
            if self.readings.may_sum_to_one() and not assumed.has_unit_targets
            else [assumed]
        )
        if not assumed.activation and works_out_slope(claim):
            open_to = dict.fromkeys(item.activation for item in self.readings.alternatives(claim, order) if item.activation)
            found += [replace(item, activation=activation) for item in list(found) for activation in open_to]
        return self._settled(claim, order, found, until, is_trial=True).word == "proved"

    def _with_row_gradients(self, claim: Claim) -> Claim | None:
        """The claim with gradients as rows; an error whose entries are defined, Δ_{sj} = ∂C/∂Z_{js}, keeps that shape."""
        has_entries = any(one.name.family in (r"\delta", r"\Delta") and len(one.labels) == 2 for one in self.sheet.definitions)
        return with_row_gradients(claim, self.lexicon, also_errors=not has_entries)

    def _states_rows(self) -> bool:
        """Whether the document says that gradients are rows."""
        return self.are_gradients_rows or ROW_WORDS.search(self.words) is not None

    def _is_assignment(self, claim: Claim) -> bool:
        """b = b - α db, dw = 0, f'(x) = 0: a step of an algorithm or a condition, which is no equation."""
        if len(claim.members) != 2:
            return False
        left, right = claim.members
        name = printed_name(left)
        if is_number(right):
            is_condition = left.kind in ("call", "function") and any(True for _ in names_in(left))
            return name is not None or left.kind == "product" or is_condition
        if (left.kind == "sum" and left.children[-1].kind == "empty") or (right.kind == "fraction" and right.children[0] == left):
            return True  # dw += x dz, dw = dw / m
        if left.kind == "derivative" and left not in operands_of(right):
            return False  # ∂L/∂h_t = V^T ∂L/∂h_t + …: it stands in a product
        return right.kind == "sum" and (left in tuple(walk(right)) if name is not None else unparse(left) in unparse(right))


def _cast_of(trees: Sequence[Tree], lexicon: Lexicon) -> Cast:
    """The quantities with a time, and the weights, of a recurrent network."""
    signs: dict[str, Tree] = {}
    weights: set[str] = set()
    for node, name in (found for tree in trees for found in names_in(tree)):
        mention = lexicon.mention(name)
        if mention.stage is not None and mention.stage[0] in lexicon.times and name.letter not in lexicon.losses:
            signs.setdefault(name.letter, base_of(node))
        elif mention.stage is None and name.letter[:1].isupper():
            weights.add(name.letter)
    return Cast(lexicon.times, tuple(signs.values()), frozenset(weights - signs.keys()))


def _unknown_size(outcome: Outcome) -> str:
    """Shapes that do not fit are no error where one of the sizes is that of nothing known."""
    return "a size is not known" if "(?)" in outcome.reason else ""
