r"""`verify`: a document or a single formula in, a `Report` out.

    text -> trees (parser) -> the document's lexicon and definitions -> claims -> outcome (checker) -> verdict and correction

What a document defines decides what its claims mean; what it leaves open is taken as usual, and said so.  In a document
nothing is refuted by a convention that it did not state.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from symback.network import Network
from symback.verification.cases import conditions_of_place
from symback.verification.chances import named_predictions, with_bare_gradients, with_entries_of_predictions
from symback.verification.checker import MOST_STAGES, Outcome, is_numeric, judge_claim, mentions_in, settled
from symback.verification.clock import with_clock
from symback.verification.definitions import (
    EQUALITIES,
    FUNCTION_HEADS,
    Claim,
    Definition,
    Function,
    chains_of,
    definitions_in,
    is_condition,
    is_gradient_tree,
    is_number,
)
from symback.verification.diagnosis import chain_text, diagnose, with_other_bounds
from symback.verification.documents import PrintedFormula, read_document
from symback.verification.dotted_sums import folded
from symback.verification.fitting import fitting_definitions
from symback.verification.implicit import claim_with_sums, is_implicit
from symback.verification.implied import functions_by_use, with_braces_applied, with_implied
from symback.verification.layouts import ROW_WORDS, with_row_gradients
from symback.verification.macros import Macro
from symback.verification.marks import with_marks
from symback.verification.meant import diagonals, meant_claims, with_own_indices, with_shares
from symback.verification.mentions import Lexicon, bound_in, letter_of, lexicon_of, names_in, printed_name
from symback.verification.numbers import NumberOutcome
from symback.verification.numbers_activations import activation_in_words
from symback.verification.numbers_book import NumberBook
from symback.verification.numbers_document import NumberClaim, judge_number_claims, number_chains
from symback.verification.parser import ParseError, parse
from symback.verification.report import Report, Verdict
from symback.verification.shape_claims import judge_shape
from symback.verification.sheet import Edition, Sheet
from symback.verification.slips_in_time import Cast, slips_in_time
from symback.verification.splicing import in_authors_text
from symback.verification.stated_layers import layers_of_entries, with_layers_of_entries
from symback.verification.stated_network import stated
from symback.verification.sum_letters import with_letters_of_sums
from symback.verification.told_in_words import averages_costs, collects_derivatives
from symback.verification.tree import UNREADABLE, Tree, base_of, operands_of, operators_of, walk
from symback.verification.unparse import unparse
from symback.verification.updates import judge_update
from symback.verification.usual_layers import usual_definitions
from symback.verification.values import NamedValues, named_values_of
from symback.verification.window import Assumed, Window
from symback.verification.worlds import settle
from symback.verification.written_out import slips_in, with_corrected_slips

__all__ = ["verify"]

MAX_LATEX = 20_000
PAGE_SECONDS = 8.0  # of computing for one formula, all its claims and corrections together
SECONDS = 1.0  # of computing for one claim
CORRECTION_SECONDS = 3.0  # of looking for what would be true in its place
LEFT_SIDES = 3  # formulas before a refuted one whose left side may have been meant
MAX_NODES, MAX_MEMBERS = 1500, 40  # of one claim
LOGARITHMS = (r"\log", r"\ln")
LACKING = "the terms of the sum lack its index, and another stands in its place"
NEAR = 30  # formulas: the definitions around a claim, where a document defines a name more than once
SOFTMAX_AFTER = re.compile(r"\W*(?:is|be|denotes?|represents?|to (?:indicate|denote|represent)|indicates?|for|,)?\W*(?:the |a )?softmax")
SOFTMAX_BEFORE = re.compile(r"softmax(?: activation)?(?: function)?(?: is|,| denoted by| called)?\W*$")
ORDER = ("refuted", "conditional", "undecided", "proved", "definition", "mention")


@dataclass(frozen=True)
class Page:
    """A parsed formula of a document."""

    latex: str
    tree: Tree | None
    error: str = ""
    printed: PrintedFormula | None = None
    claims: tuple[Claim, ...] = ()


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
    before = [_page(line, None, None) for line in stated(network)] if network is not None else []
    if isinstance(source, Path) or _is_file(source):
        document = read_document(Path(source))
        pages = [_page(printed.latex, printed.macros, printed) for printed in document.formulas]
        found = _Judge([*before, *pages], False, progress, document.text).verdicts()
        return Report(str(source), tuple(found[len(before) :]))
    found = _Judge([*before, _page(str(source), None, None)], not before, progress).verdicts()
    return Report("", tuple(found[len(before) :]))


def _is_file(text: str) -> bool:
    """Whether a text is the path of a file, and no formula."""
    if len(text) > 250 or "\n" in text or "\\" in text or "\0" in text:
        return False
    with suppress(OSError):
        return Path(text).is_file()
    return False


def _page(latex: str, macros: Mapping[str, Macro] | None, printed: PrintedFormula | None) -> Page:
    if len(latex) > MAX_LATEX:
        return Page(latex, None, f"longer than {MAX_LATEX} characters", printed)
    try:
        printed_tree = with_fonts_at_letters(parse(latex, macros))
        tree = with_letters_of_sums(with_bare_gradients(folded(with_braces_applied(printed_tree))))
    except ParseError as error:
        return Page(latex, None, str(error), printed)
    return Page(latex, tree, "", printed, tuple(chains_of(tree)))


def _with_named_values(pages: Sequence[Page], named: NamedValues, predictions: frozenset[str]) -> list[Page]:
    """The formulas with names in place of functions that the document treats as quantities."""
    if not named.heads and not predictions:
        return list(pages)
    found = []
    for page in pages:
        tree = None if page.tree is None else with_entries_of_predictions(page.tree, predictions)
        tree = named.plain(tree) if tree is not None and named.heads else tree
        found.append(page if tree == page.tree or tree is None else replace(page, tree=tree, claims=tuple(chains_of(tree))))
    return found


PENALIZED = frozenset(["W", "w", r"\theta", r"\Theta"])
RATES = frozenset([r"\lambda", r"\alpha", r"\eta", r"\mu", "m", "n", "N"])  # what a penalty is weighted with
UNDER_INEQUALITY = re.compile(r"(?:\$|\\\()(?:[^$]*(?:[<>≤≥]|\\(?:leq?|geq?|lt|gt)\b))[^$]*(?:\$|\\\))\W*$")
OF_LAYERS = re.compile(r"(?:\s|[$(),.:\d<>≤≥lL]|\\(?:leq?|geq?|lt|gt|\(|\)))*")  # l < L is no condition on values


class _Judge:
    """Goes through the formulas of a document in order."""

    def __init__(self, pages: Sequence[Page], is_alone: bool, progress: Callable[[int, int], None] | None, text: str = ""):
        self.named = named = named_values_of([page.tree for page in pages if page.tree is not None])
        self.predictions = named_predictions([page.tree for page in pages if page.tree is not None])
        self.pages, self.is_alone, self.progress = _with_named_values(pages, named, self.predictions), is_alone, progress
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
        definitions: list[Definition] = []
        functions: list[Function] = []
        self.is_implicit = is_implicit([claim for page in pages for claim in page.claims], self.lexicon)
        for order, page in enumerate(pages):
            for claim in page.claims:
                claim = claim_with_sums(claim, self.lexicon) if self.is_implicit else claim
                for found in definitions_in(claim, self.lexicon, order) if not _is_update(claim) else ():
                    (definitions if isinstance(found, Definition) else functions).append(found)  # type: ignore[arg-type]
        claims = [(order, claim) for order, page in enumerate(pages) for claim in page.claims]
        self.layers_of_entries = layers_of_entries(claims, self.lexicon)
        definitions = with_implied(claims, definitions, self.lexicon)
        functions += functions_by_use(claims, functions)
        if is_alone:
            definitions, functions = [], []
        self.stated = {definition.name.family for definition in definitions if definition.role == "forward"}
        common, common_trees = usual_definitions(definitions, trees, self.lexicon)
        self.sheet = Sheet(self.lexicon, [*common, *definitions], functions, [*trees, *common_trees], self.words)
        cells = {order: page.printed.cell for order, page in enumerate(pages) if page.printed is not None and page.printed.cell is not None}
        self.sheet.columns = {order: (cell.header, cell.column) for order, cell in cells.items()}
        self.softmax_letters = self.sheet.softmax_letters = self._softmax_in_words()
        self.sheet.is_implicit = self.is_implicit
        self.sheet.outputs = frozenset(named.outer.values())
        self.sheet.unit_sums = {family for page in pages for claim in page.claims if (family := self._sums_to_one(claim)) is not None}
        self.numbers = self._number_outcomes(text)
        self.first_matrix = next(
            (i for i, page in enumerate(pages) if page.tree is not None and self._shows_matrices(page.tree)), len(pages)
        )
        settle(self.sheet, self._widest_window())
        self.plain = self._without_layers(definitions, functions, trees)

    def _without_layers(self, definitions: Sequence[Definition], functions: Sequence[Function], trees: Sequence[Tree]) -> Sheet | None:
        """z = W a + b of one layer beside z^l = W^l a^{l-1} + b^l: a sheet of its own."""
        plain = [definition for definition in definitions if definition.name.stage is None]
        if not any(definition.role == "forward" and definition.name.family in self.sheet.staged for definition in plain):
            return None
        own = [tree for tree in trees if not any(self.lexicon.mention(name).stage is not None for _, name in names_in(tree))]
        found = Sheet(self.lexicon, plain, functions, own, self.words)
        found.columns, found.softmax_letters, found.is_implicit = self.sheet.columns, self.sheet.softmax_letters, self.is_implicit
        found.outputs, found.unit_sums, found.staged = self.sheet.outputs, self.sheet.unit_sums, set()
        settle(found, Window(0, 0))
        return found

    def _number_outcomes(self, text: str) -> dict[tuple[int, tuple[Tree, ...]], NumberOutcome]:
        """What the printed numbers say: one outcome for each chain that has some."""
        keys, claims = [], []
        for order, page in enumerate(self.pages):
            for chain in number_chains(page.tree) if page.tree is not None else ():
                printed = page.printed
                words = f"{printed.before} {printed.after}" if printed is not None else ""
                line, is_display = (printed.line, printed.display) if printed is not None else (1, True)
                keys.append((order, operands_of(chain)))
                claims.append(NumberClaim(operands_of(chain), operators_of(chain), line, words, is_display))
        book = NumberBook(is_alone=True) if self.is_alone else NumberBook(activation=activation_in_words(text))
        outcomes = judge_number_claims(claims, book)
        return {key: outcome for key, outcome in zip(keys, outcomes, strict=True) if outcome is not None}

    def _shows_matrices(self, tree: Tree) -> bool:
        """Transposes, element-wise products, arrays, capital weights or entries: layers have more than one neuron."""
        for node in walk(tree):
            if node.kind == "operator" and node.text in (r"\odot", r"\otimes"):
                return True
            if (
                node.kind == "subscript"
                and node.children[0].kind == "product"
                and any(c.text == r"\times" for c in node.children[0].children)
            ):
                return True
        for _, name in names_in(tree):
            mention = self.lexicon.mention(name)
            if mention.is_transposed or name.letter in ("W", "X", "Z", "A"):
                return True
            if mention.indices and mention.family in ("W", "a", "z", "b", r"\delta"):
                return True
        return False

    def _sums_to_one(self, claim: Claim) -> str | None:
        """The y of Σ_k y_k = 1, summed over its last index."""
        if len(claim.members) != 2 or claim.members[1].text != "1" or claim.members[0].kind != "large":
            return None
        sign, body = claim.members[0].children
        name = printed_name(body)
        if name is None or not name.below or letter_of(sign.children[0] if sign.kind == "scripts" else sign) != r"\sum":
            return None
        return self.lexicon.mention(name).family if bound_letters(sign) == {letter_of(name.below[-1])} else None

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
        return lambda text: _with_named_values([_page(text, macros, None)], self.named, self.predictions)[0].tree

    def _in_authors_text(self, page: Page, corrections: Sequence[tuple[Claim, Claim, Judged]]) -> str:
        """The formula with the members that differ from the corrected ones exchanged in its text; empty where that is not possible."""
        changes: list[tuple[Tree, Tree]] = []
        read = self._reader(page)
        for printed, claim, found in corrections:
            tree = read(found.correction) if found.corrected is None else None
            chains = [found.corrected] if found.corrected is not None else list(chains_of(tree)) if tree is not None else []
            if len(chains) == 1:
                changes += _changes(page, printed, claim, chains[0])
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
            claim = _without_doubled_sign(claim)
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
        update = judge_update(claim)
        if update is not None:
            return Judged("gradient", update.word, Outcome(update.word, update.reason), update.correction, update.diagnosis)
        claim = with_layers_of_entries(claim, order, self.layers_of_entries)
        kind = self._kind(claim)
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
        own = [
            d
            for d in self.sheet.definitions
            if d.order == order and d.name.family in self._families(claim.members[:1]) and d not in self.sheet.dropped
        ]
        if len(claim.members) == 2 and self._states_cost(claim, order):
            found = self._settled(claim, order, self._alternatives(claim, order)[:1], time.thread_time() + SECONDS)
            if found.is_sure:
                return _refuted("definition", found, *self._correction_of_bounds(claim, order))
            return Judged("definition", "definition", Outcome("unread", "states the cost"))
        if _states_activation(claim):
            return Judged("definition", "definition", Outcome("unread", "states the activation of a layer"))
        if self._is_assignment(claim):
            return Judged(kind, "mention", Outcome("unread", "an assignment"))
        until = min(self.until, time.thread_time() + SECONDS)
        outcome = self._settled(claim, order, self._alternatives(claim, order), until)
        if outcome.word == "proved":
            if bool(own) and len(claim.members) == 2 and own[0].role != "gradient":
                return Judged("definition", "definition", replace(outcome, reason="states what its left side is"))
            if strangers := self._unrelated_costs(claim):
                return Judged(kind, "conditional", replace(outcome, reason=f"holds if {' and '.join(strangers)} are the same cost"))
            return Judged(kind, "proved", outcome)
        if outcome.word == "unread":
            if own and len(claim.members) == 2 and kind == "forward":
                return Judged(kind, "definition", replace(outcome, reason="states what its left side is"))
            return Judged(kind, "undecided", outcome)
        if outcome.word == "undecided" and self.sheet.edition(order).costs[1:]:
            other = self._settled(claim, order, [replace(item, earlier_cost=True) for item in self._alternatives(claim, order)], until)
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
        if outcome.word in ("undecided", "conditional"):
            return Judged(kind, outcome.word, outcome)
        if any(cost is not own for cost in self.sheet.edition(order).costs[1:]):
            alternatives = [replace(item, earlier_cost=True) for item in self._alternatives(claim, order)]
            other = self._settled(claim, order, alternatives, until)
            if other.word == "proved":
                return Judged(
                    kind, "conditional", replace(other, reason="holds with another cost of this document than the one stated last")
                )
        bracketed = with_whole_sums_derived(claim)
        if (
            bracketed is not None
            and self._settled(bracketed, order, self._alternatives(claim, order), min(self.until, time.thread_time() + SECONDS)).word
            == "proved"
        ):
            reason = "holds if the derivative is of the whole sum, which is printed without brackets"
            return replace(_refuted(kind, replace(outcome, reason=reason), bracketed, "missing brackets"), verdict="conditional")
        turned = with_row_gradients(claim, self.lexicon) if kind == "gradient" and not outcome.is_sure else None
        if turned is not None:
            other = self._settled(turned, order, self._alternatives(claim, order), min(self.until, time.thread_time() + SECONDS))
            is_stated = self.are_gradients_rows or ROW_WORDS.search(self.words) is not None
            if other.word == "proved" and _is_chain_to_entry(claim, self.sheet):
                return Judged(
                    kind, "proved", replace(other, assumptions=(*other.assumptions, "the factors of the chain are rows and matrices"))
                )
            if other.word == "proved" and is_stated:
                return Judged(kind, "proved", replace(other, assumptions=(*other.assumptions, "gradients are rows")))
            if other.word == "proved":
                return Judged(kind, "conditional", replace(other, reason="holds if gradients are rows: a matter of layout"))
            if other.word == "undecided" and "printed numbers" in other.reason:
                return Judged(kind, "undecided", other)
        doubt = outcome.doubt or _unknown_size(outcome) or self._doubt(claim, own, order, outcome)
        doubt = "" if self.is_alone or outcome.is_sure else doubt
        if doubt:
            return Judged(kind, "undecided", replace(outcome, reason=f"{doubt} ({outcome.reason})"))
        for meant, reason in meant_claims(claim, self.lexicon):
            until = min(self.until, time.thread_time() + SECONDS)
            if self._settled(meant, order, self._alternatives(claim, order), until).word == "proved":
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
        shape = judge_shape(Claim(claim.members[: at + 2], claim.signs[: at + 1]), self.sheet, order, self._alternatives(claim, order))
        found = Judged("shape", "mention" if shape.word == "unread" else shape.word, shape)
        if at == 0:
            return found
        equation = self._judged_by_equations(Claim(claim.members[: at + 1], claim.signs[:at], claim.conditions), order)
        return min((found, equation), key=lambda judged: ORDER.index(judged.verdict) if judged.verdict != "mention" else len(ORDER))

    def _correction_of_bounds(self, claim: Claim, order: int) -> tuple[Claim | None, str]:
        """The first change of the bounds of its sums with which no sum has a term too many."""
        for changed in with_other_bounds(claim):
            found = self._settled(changed, order, self._alternatives(changed, order)[:1], min(self.until, time.thread_time() + SECONDS))
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

    def _states_cost(self, claim: Claim, order: int) -> bool:
        return any(isinstance(found, Definition) and found.role == "cost" for found in definitions_in(claim, self.lexicon, order))

    def _holds(self, claim: Claim, order: int, assumed: Assumed) -> bool:
        until = min(self.until, time.thread_time() + SECONDS / 3)
        found = [assumed, replace(assumed, has_unit_targets=True)] if self._may_sum_to_one() and not assumed.has_unit_targets else [assumed]
        if not assumed.activation and _works_out_slope(claim):
            open_to = dict.fromkeys(item.activation for item in self._alternatives(claim, order) if item.activation)
            found += [replace(item, activation=activation) for item in list(found) for activation in open_to]
        return self._settled(claim, order, found, until, is_trial=True).word == "proved"

    def _families(self, trees: Sequence[Tree]) -> set[str]:
        found = {mention.family for mention in mentions_in(trees, self.sheet)}
        return found | {f"{family}^2" for family in found}

    def _kind(self, claim: Claim) -> str:
        """What a claim is about."""
        if any(sign not in EQUALITIES for sign in claim.signs):
            return "shape" if r"\in" in claim.signs else "mention"
        if not any(True for member in claim.members for _ in names_in(member)):
            return "mention"
        if any(is_gradient_tree(member) for member in claim.members):
            return "gradient"
        families = self._families(claim.members)
        if any(family.split("_")[0] in (r"\delta", r"\Delta") for family in families):
            return "gradient"
        first = printed_name(claim.members[0])
        return "forward" if first is not None else "identity"

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

    def _alternatives(self, claim: Claim, order: int) -> list[Assumed]:
        """What the document leaves open."""
        base = Assumed(is_scalar=getattr(self.sheet, "is_scalar", False))
        found = [base]
        if self._may_sum_to_one():
            found.append(replace(base, has_unit_targets=True))
        if not self.softmax_letters and not any(function.letter in FUNCTION_HEADS for function in self.sheet.edition(order).functions):
            stated = [name for name in ("sigmoid", "tanh", "relu") if name in self.words]
            if self.is_alone:
                stated = ["sigmoid", "tanh"]
            if self._has_gates(order):  # the page tells its \sigma from \tanh
                stated = [*(name for name in stated if name not in ("sigmoid", "tanh")), "sigmoid"]
            elif self._has_logistic_cost(order) and "sigmoid" not in stated:
                stated.append("sigmoid")
            found += [replace(base, activation=name) for name in stated]
            if "softmax" in self.words:
                found.append(replace(base, activation="softmax"))
                found.append(replace(base, activation="softmax", has_unit_targets=True))
        if any(function.letter in FUNCTION_HEADS and self._is_redefined(function) for function in self.sheet.edition(order).functions):
            found.append(replace(base, activation="unspecified"))
        has_cost = any(definition.role == "cost" for definition in self.sheet.definitions)
        if not has_cost and self._names_target(claim):
            found += [
                replace(item, cost=cost)
                for item in list(found)
                for cost in ("quadratic", "squared_error", "binary_cross_entropy", "cross_entropy")
            ]
        if not base.is_scalar and order <= self.first_matrix and self._may_be_scalar(claim):
            found += [replace(item, is_scalar=True) for item in list(found)]
        if self.sheet.with_samples and not self._is_of_all_samples(claim):
            found = [*(replace(item, is_single=True) for item in found), *found]
        if fitting := fitting_definitions(claim, self.sheet, order):
            found += [replace(item, fitting=fitting) for item in found]
        near = [base, *([replace(base, has_unit_targets=True)] if self._may_sum_to_one() else [])]
        return [*found, *(replace(item, reach=NEAR) for item in near)] if len(self.pages) > NEAR else found

    def _is_of_all_samples(self, claim: Claim) -> bool:
        """A sample is numbered in it, or it divides by the number of samples as the cost does: it is not about a single one."""
        counted = _divided_by([cost.body for cost in self.sheet.definitions if cost.role == "cost"])
        is_numbered = any(mention.sample is not None for mention in mentions_in(claim.members, self.sheet))
        return is_numbered or bool(_divided_by(claim.members) & counted)

    def _is_redefined(self, function: Function) -> bool:
        """Whether an activation has another definition elsewhere, or is one of a whole vector."""
        others = [
            other for other in self.sheet.functions if other.letter == function.letter and unparse(other.body) != unparse(function.body)
        ]
        return bool(others) or any(node.kind == "large" for node in walk(function.body))

    def _softmax_in_words(self) -> frozenset[str]:
        """The letters that the words call the softmax function: "where σ is the softmax function"."""
        found = set()
        for page in self.pages:
            letter = letter_of(page.tree) if page.tree is not None and page.printed is not None else None
            if letter is None or page.printed is None:
                continue
            if SOFTMAX_AFTER.match(page.printed.after.lower()) or SOFTMAX_BEFORE.search(page.printed.before.lower()):
                found.add(letter)
        return frozenset(found & FUNCTION_HEADS)

    def _unrelated_costs(self, claim: Claim) -> list[str]:
        """Several costs in one claim, of which the document does not say how they are related: C and E, C and C_3."""
        names = [printed_name(node.children[1]) for member in claim.members for node in walk(member) if node.kind == "derivative"]
        printed = {}
        for name in names:
            if name is not None and name.letter in self.lexicon.losses and not name.primes:
                number = "".join(item.text for item in name.below if item.kind == "number" and item.text != "0")
                printed.setdefault(name.letter.lower() + number, name.letter + (f"_{number}" if number else ""))
        stated = {d.name.family.lower() for d in self.sheet.definitions if d.role == "cost"}
        return sorted(printed.values()) if len(printed) > 1 and not set(printed) <= stated else []

    def _may_sum_to_one(self) -> bool:
        return (
            "softmax" in self.words
            or "one-hot" in self.words
            or "one hot" in self.words
            or any(any(node.kind == "large" for node in walk(function.body)) for function in self.sheet.functions)
            or any(
                d.role == "cost" and any(node.kind == "function" and node.text in (r"\log", r"\ln") for node in walk(d.body))
                for d in self.sheet.definitions
            )
        )

    def _names_target(self, claim: Claim) -> bool:
        """Whether targets stand in it, so that the cost decides; of a layer l anywhere in the network it never does."""
        mentions = mentions_in(claim.members, self.sheet)
        if {mention.stage[0] for mention in mentions if mention.stage is not None} == {"l"}:
            return False
        return any(
            mention.family.split("_")[0] in ("y", "Y", "t") and mention.stage is None and mention.family not in self.stated
            for mention in mentions
        )

    def _may_be_scalar(self, claim: Claim) -> bool:
        """No index, no transpose, no element-wise sign in the claim, and no weight matrix in capitals."""
        for member in claim.members:
            for node in walk(member):
                if node.kind == "operator" and node.text in (r"\odot", r"\circ", r"\otimes"):
                    return False
                if node.kind == "font" and node.text in (r"\mathbf", r"\boldsymbol", r"\textbf", r"\bm"):
                    return False
        mentions = [(node, self.lexicon.mention(name)) for member in claim.members for node, name in names_in(member)]
        if any((mention.indices and mention.family not in self.lexicon.losses) or mention.is_transposed for _, mention in mentions):
            return False
        return not any(letter in ("W", "A", "X", "Z") for node, mention in mentions for letter in (_letters(node),))

    def _counts_entries(self, tree: Tree) -> bool:
        r"""A written matrix whose entries are told apart by bare numbers, which are read as layers: \delta_1 a_2."""
        for matrix in (node for node in walk(tree) if node.kind == "matrix"):
            names = [name for _, name in names_in(matrix)]
            mentions = [self.lexicon.mention(name) for name in names if name.below and not name.above]
            if len({m.stage for m in mentions if m.stage is not None and m.stage[0] == "" and not m.indices}) > 1:
                return True
        return False

    def _has_loss_of_no_step(self, claim: Claim) -> bool:
        """A derivative of l, where the document sums l_t; not where a letter is summed and free at once, which no loss makes right."""
        nodes = [node for member in claim.members for node in walk(member)]
        names = [printed_name(node.children[1]) for node in nodes if node.kind == "derivative"]
        mentions = [self.lexicon.mention(name) for name in names if name is not None]
        bound = {letter for node in nodes if node.kind == "large" for letter in bound_letters(node.children[0])}
        free = {mention.stage[0] for mention in mentions_in(claim.members[:1], self.sheet) if mention.stage is not None}
        open_losses = [mention for mention in mentions if mention.family in self.sheet.losses_under_sums and mention.stage is None]
        return bool(open_losses) and not bound & free

    def _has_open_activation(self, edition: Edition) -> bool:
        """Whether a forward equation applies a function that the document does not define."""
        known = {function.letter for function in edition.functions}
        for definition in edition.definitions:
            for node in walk(definition.body):
                letter = letter_of(_head(node)) if node.kind == "call" else None
                if letter in FUNCTION_HEADS and letter not in known:
                    return True
        return False

    def _open_heads(self, order: int) -> set[str]:
        r"""The letters of activations in the forward equations in force, and \tanh."""
        bodies = [definition.body for definition in self.sheet.edition(order).definitions if definition.role == "forward"]
        heads = [_head(node) for body in bodies for node in walk(body) if node.kind in ("call", "function")]
        return {letter for head in heads if (letter := letter_of(head)) in FUNCTION_HEADS or letter == r"\tanh"}

    def _has_gates(self, order: int) -> bool:
        r"""\sigma beside \tanh in the equations of a step: by common use the logistic function."""
        return self.lexicon.is_recurrent and {r"\sigma", r"\tanh"} <= self._open_heads(order)

    def _has_logistic_cost(self, order: int) -> bool:
        """log a beside log(1 - a) in the cost in force: a is a chance, by common use of the logistic function."""
        costs = [cost.body for cost in self.sheet.edition(order).costs[:1]]
        logs = [
            node.children[1]
            for body in costs
            for node in walk(body)
            if node.kind == "function" and _letters(node.children[0]) in LOGARITHMS
        ]
        return any(
            node.kind == "sum" and node.children[0].text == "1" and node.children[1].text == "-" for log in logs for node in walk(log)
        )

    def _states_condition(self, before: str) -> bool:
        """Whether words before a formula end in an inequality of values: for $x > 0$.  A displayed formula is none of them."""
        condition = UNDER_INEQUALITY.search(before)
        return condition is not None and not OF_LAYERS.fullmatch(condition[0]) and not condition[0].rstrip().endswith("$$")

    def _doubt(self, claim: Claim, own: Sequence[Definition], order: int, outcome: Outcome) -> str:
        """Why a claim that is false in the world that was built may be true all the same."""
        families = self._families(claim.members)
        if not self.stated and not self.softmax_letters:
            return "false under the usual conventions, but no forward equation of this document was read"
        if own:
            return "a definition that was not understood"
        printed = self.pages[order].printed
        if printed is not None and self._states_condition(printed.before):
            return "the words before it state a condition"
        if any(self._counts_entries(member) for member in claim.members):
            return "the numbers at its names may be those of entries or of layers"
        edition = self.sheet.edition(order)
        if is_dotted_chain(claim):
            return "it is the chain rule, whose links meet; what else links the steps was perhaps not read"
        if self._has_loss_of_no_step(claim):
            return "of which steps the loss is meant is not printed"
        first = printed_name(claim.members[0])
        if first is not None and first.letter in self.lexicon.losses | {"C", "J", "L", "E"} and self._kind(claim) != "gradient":
            return "it states a cost"
        if not _derives_state(claim.members[0], self.lexicon) and any(_has_penalty(member, self.lexicon) for member in claim.members[1:]):
            return "a penalty may be part of the cost"
        mentions = mentions_in(claim.members, self.sheet)
        bare = {mention.family for mention in mentions if mention.stage is None and mention.family in self.sheet.staged}
        if len(bare) > 1 and not any(mention.stage is not None for mention in mentions):
            return "of which layers it speaks is not printed"
        counts = _divided_by(claim.members)
        others = [d for d in self.sheet.definitions if d.role == "cost" and d not in edition.costs[:1]]
        if any(counts & _divided_by((other.body,)) for other in others):
            return "the cost may be the average over the samples, as elsewhere in this document"
        if self._names_target(claim) and not edition.costs and outcome.word != "untyped":
            return "the cost is not stated, and no usual cost makes it true"
        is_open = not self.softmax_letters and self._has_open_activation(edition) and bool(self._open_heads(order) - {r"\tanh"})
        if is_open and _works_out_slope(claim) and not self._has_gates(order):
            return "the activation is not stated, and no usual one makes it true"
        forward = [d for d in self.sheet.definitions if d.role == "forward" and len(d.labels) > 2]
        twofold = {d.name.family for d in forward if any(e.name == d.name and not e.labels for e in self.sheet.definitions)}
        if twofold:
            return f"{min(twofold)} is an array of several axes here, and a matrix there"
        used = {printed_name(_head(node)) for member in claim.members for node in walk(member) if node.kind in ("call", "function")}
        heads = {name.letter for name in used if name is not None}
        twice = [
            function.letter for function in edition.functions if function.letter in heads & FUNCTION_HEADS and self._is_redefined(function)
        ]
        is_of_vectors = any(
            other.label is not None or any(node.kind == "large" for node in walk(other.body))
            for other in self.sheet.functions
            if other.letter in twice
        )
        if twice and (is_of_vectors or _works_out_slope(claim) or not has_slopes_only(claim)):
            return f"{twice[0]} has several definitions"
        unknown = [d.name.family for d in self.sheet.dropped if d.name.family in families]
        if unknown:
            return f"the definition of {unknown[0]} was not understood"
        return ""


def _changes(page: Page, printed: Claim, claim: Claim, corrected: Claim) -> list[tuple[Tree, Tree]]:
    """(printed, corrected) for every member that differs; of a chain with a member less, the whole chains."""
    if len(corrected.members) == len(claim.members):
        triples = zip(printed.members, claim.members, corrected.members, strict=False)
        return [(own, new) for own, read, new in triples if read != new]
    relations = (node for node in walk(page.tree) if node.kind == "relation") if page.tree is not None else ()
    for node in relations:
        if operands_of(node) == printed.members == claim.members:
            signs = [Tree("operator", (), sign) for sign in corrected.signs]
            rest = [part for pair in zip(signs, corrected.members[1:], strict=True) for part in pair]
            return [(node, replace(node, children=(corrected.members[0], *rest)))]
    return []


def has_slopes_only(claim: Claim) -> bool:
    r"""Whether activations stand in it as \sigma'(z) alone, so that it is false for every one of them if for any that is not special."""
    heads = [node.children[0] for member in claim.members for node in walk(member) if node.kind in ("call", "function")]
    activations = [head for head in heads if (name := printed_name(head)) is not None and name.letter in FUNCTION_HEADS]
    return all(head.kind == "scripts" and any(mark.kind == "prime" for mark in head.children) for head in activations)


def is_dotted_chain(claim: Claim) -> bool:
    r"""∂h_t/∂h_s = ∂h_t/∂h_{t-1} ∂h_{t-1}/∂h_{t-2} … ∂h_{s+1}/∂h_s: links that meet wherever no dots stand, from end to end."""
    whole, *others = claim.members
    if len(others) != 1 or whole.kind != "derivative" or not any(node.kind == "ellipsis" for node in walk(others[0])):
        return False
    links = operands_of(others[0]) if others[0].kind == "product" else ()
    if len(links) < 3 or any(link.kind != "ellipsis" and (link.kind != "derivative" or len(link.children) != 3) for link in links):
        return False
    is_met = all(
        "ellipsis" in (left.kind, right.kind) or left.children[2] == right.children[1] for left, right in itertools.pairwise(links)
    )
    ends = links[0].kind == links[-1].kind == "derivative" and (links[0].children[1], links[-1].children[2]) == whole.children[1:]
    return is_met and ends


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


def with_fonts_at_letters(tree: Tree) -> Tree:
    r"""\mathbf{\delta^l} is \mathbf{\delta}^l, and \mathbf{\sigma'(z)} is \sigma'(z): a font is a matter of letters."""
    children = tuple(with_fonts_at_letters(child) for child in tree.children)
    if children != tree.children:
        tree = replace(tree, children=children)
    if tree.kind == "accent" and tree.children[0].kind == "scripts" and letter_of(tree.children[0].children[0]) is not None:
        base, *scripts = tree.children[0].children
        return replace(tree.children[0], children=(replace(tree, children=(base,)), *scripts))
    if tree.kind != "font" or tree.children[0].kind in ("symbol", "word", "number", "accent", "font", "text"):
        return tree
    inner = tree.children[0]
    if inner.kind not in ("scripts", "product", "group", "sign", "matrix", "operator"):
        return inner
    if inner.kind == "scripts":
        return replace(inner, children=(with_fonts_at_letters(replace(tree, children=(inner.children[0],))), *inner.children[1:]))
    return inner


def with_layer_letter(tree: Tree, old: str, new: str, in_script: bool = False) -> Tree:
    """Another letter for the layer, in superscripts and subscripts."""
    if in_script and tree.kind == "symbol" and tree.text == old:
        return replace(tree, text=new)
    inside = in_script or tree.kind in ("superscript", "subscript")
    return replace(tree, children=tuple(with_layer_letter(child, old, new, inside) for child in tree.children))


def index_renamings(claim: Claim, lexicon: Lexicon) -> Iterator[tuple[Tree, ...]]:
    """The members with an index that stands on one side only renamed to one that stands on the other side only."""
    left = free_indices(claim.members[:1], lexicon)
    right = free_indices(claim.members[1:], lexicon)
    for new in sorted(left - right):
        for old in sorted(right - left):
            yield (claim.members[0], *(with_layer_letter(member, old, new) for member in claim.members[1:]))


def free_indices(trees: Sequence[Tree], lexicon: Lexicon) -> set[str]:
    """Index letters that no sum binds."""
    bound = {letter for tree in trees for node in walk(tree) if node.kind == "large" for letter in bound_letters(node.children[0])}
    found = set()
    for tree in trees:
        for _, name in names_in(tree):
            found |= {letter for item in lexicon.mention(name).indices if (letter := letter_of(item)) is not None}
    return found - bound


def _without_doubled_sign(claim: Claim) -> Claim:
    """A line that ends with an equals sign, and a next one that begins with it: a = = b is a = b."""
    empty = [at for at, member in enumerate(claim.members) if member.kind == "empty" and 0 < at < len(claim.members) - 1]
    if len(empty) != 1 or claim.signs[empty[0] - 1 : empty[0] + 1] != ("=", "="):
        return claim
    at = empty[0]
    return replace(claim, members=claim.members[:at] + claim.members[at + 1 :], signs=claim.signs[:at] + claim.signs[at + 1 :])


def _is_update(claim: Claim) -> bool:
    """W_new = W - η ∇C, and perhaps its numbers: a step, and no equation of the network."""
    return judge_update(Claim(claim.members[:2], claim.signs[:1])) is not None


def _is_chain_to_entry(claim: Claim, sheet: Sheet) -> bool:
    """∂C/∂b_1 = ∂C/∂a ∂a/∂z ∂z/∂b_1: a number, so whether gradients are rows or columns is a matter of what stands between alone."""
    variable = printed_name(claim.members[0].children[2]) if claim.members[0].kind == "derivative" else None
    factors = [factor for member in claim.members[1:] for factor in (operands_of(member) if member.kind == "product" else (member,))]
    is_chain = all(factor.kind == "derivative" and len(factor.children) == 3 for factor in (claim.members[0], *factors))
    entry = sheet.lexicon.mention(variable) if variable is not None else None
    return is_chain and entry is not None and 0 < len(entry.indices) == sheet.ranks.get(entry.family)


def _derives_state(tree: Tree, lexicon: Lexicon) -> bool:
    """∂z/∂a: a derivative of what is no cost."""
    name = printed_name(tree.children[1]) if tree.kind == "derivative" else None
    return name is not None and name.letter not in lexicon.losses


def _has_penalty(tree: Tree, lexicon: Lexicon) -> bool:
    """A term of a sum that is made of weights alone: λ W, beside δ aᵀ."""
    terms = operands_of(tree) if tree.kind == "sum" else ()
    made_of = [{lexicon.mention(name).family for _, name in names_in(term)} for term in terms]
    alone = [found <= PENALIZED | RATES for found in made_of]
    return not all(alone) and any(found & PENALIZED for found, is_alone in zip(made_of, alone, strict=True) if is_alone)


def _unknown_size(outcome: Outcome) -> str:
    """Shapes that do not fit are no error where one of the sizes is that of nothing known."""
    return "a size is not known" if "(?)" in outcome.reason else ""


def _states_activation(claim: Claim) -> bool:
    r"""g(z^{[1]}) = \tanh(z^{[1]}): which function an activation is in a certain layer."""
    if len(claim.members) != 2 or any(member.kind not in ("call", "function") for member in claim.members):
        return False
    (left, given), (right, taken) = (member.children for member in claim.members)
    inner = [tree.children[0] if tree.kind == "group" else tree for tree in (given, taken)]
    letters = letter_of(left), letter_of(right)
    return letters[0] in FUNCTION_HEADS and letters[0] != letters[1] and inner[0] == inner[1] and printed_name(inner[0]) is not None


def _divided_by(trees: Sequence[Tree]) -> set[str]:
    """The letters m of the factors 1/m."""
    fractions = [node.children for tree in trees for node in walk(tree) if node.kind == "fraction"]
    return {letter for above, below in fractions if above.text == "1" and (letter := letter_of(below)) is not None}


def _works_out_slope(claim: Claim) -> bool:
    """Whether a factor 1 - a stands in it: the slope of a certain activation."""
    for member in claim.members:
        for node in walk(member):
            if node.kind == "sum" and node.children[0].text == "1" and node.children[1].text == "-" and node.children[2].kind != "fraction":
                return True
    return False


def with_whole_sums_derived(claim: Claim) -> Claim | None:
    """∂/∂z w z + b read as ∂/∂z (w z + b); None where nothing of the kind is printed."""
    members = tuple(_derived_as_a_whole(member) for member in claim.members)
    return None if members == claim.members else replace(claim, members=members)


def with_differentials_above(claim: Claim) -> Claim | None:
    r"""\frac{\sigma}{\partial x} as \frac{\partial\sigma}{\partial x}; None where every differential below has one above or beside it.

    A quotient of a quantity and a differential is nothing, so it is false whatever the document says.
    """
    found = replace(claim, members=tuple(map(_derived_below, claim.members)))
    loose = [node for member in found.members for node in walk(member) if node.kind in ("product", "sum") and _has_loose_partial(node)]
    return None if found.members == claim.members or loose else found


def _derived_below(tree: Tree) -> Tree:
    tree = replace(tree, children=tuple(map(_derived_below, tree.children)))
    if tree.kind != "fraction" or tree.children[1].kind != "applied":
        return tree
    above, (sign, variable) = tree.children[0], tree.children[1].children
    signs = {node.text for node in walk(above)} & {r"\partial", "d", r"\delta", r"\Delta", r"\nabla", r"\mathrm"}
    is_quantity = printed_name(above) is not None or above.kind == "call"
    if sign.text != r"\partial" or signs or not is_quantity or printed_name(variable) is None:
        return tree
    return replace(tree, kind="derivative", children=(sign, above, variable))


def _has_loose_partial(tree: Tree) -> bool:
    r"""A \partial among the factors, which may belong to a quotient beside it."""
    return any((part.kind == "applied" and part.children[0].text == r"\partial") or part.text == r"\partial" for part in operands_of(tree))


def _derived_as_a_whole(tree: Tree) -> Tree:
    first = tree.children[0] if tree.kind == "sum" else tree
    if tree.kind != "sum" or first.kind != "applied" or first.children[0].kind != "derivative":
        return tree
    inside = Tree("group", (Tree("sum", (first.children[1], *tree.children[1:])),), "( )")
    return replace(first, children=(first.children[0], inside))


def bound_letters(sign: Tree) -> set[str | None]:
    """The letters that a large sign binds."""
    if sign.kind != "scripts":
        return set()
    return {letter for script in sign.children[1:] if script.kind == "subscript" for letter in bound_in(script.children[0])}


def _head(call: Tree) -> Tree:
    head = call.children[0]
    return head.children[0] if head.kind == "scripts" else head


def _letters(node: Tree) -> str:
    name = printed_name(node)
    return name.letter if name is not None else ""
