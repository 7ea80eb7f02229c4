r"""`verify`: a document or a single formula in, a `Report` out.

    text -> tree (parser) -> claims -> conventions in force -> outcome (checker) -> verdict, and the correction where it is false

What is read so far: the forward equations, errors and gradients of a network of dense layers, as matrices, by indices or
for single neurons, in six layouts.  Printed numbers, matrices written out, shapes, and the equations of other models
(softmax regression, normalisation, recurrent layers) are not; they come out as mentions or undecided, never as refuted.
The command line does not offer this room yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from symback.verification.checker import Outcome, judge_claim
from symback.verification.claims import EQUALITIES, Claim, chains_of, quantities_in
from symback.verification.conventions import COSTS, OF_SAMPLES, Conventions, is_forward, open_ways, said_by, states_cost
from symback.verification.diagnosis import diagnose
from symback.verification.documents import PrintedFormula, read_document
from symback.verification.macros import Macro
from symback.verification.naming import LETTERS, is_function_head, letter_of
from symback.verification.parser import ParseError, parse
from symback.verification.report import Report, Verdict
from symback.verification.tree import Tree, walk
from symback.verification.universe import Ways
from symback.verification.unparse import unparse

__all__ = ["judge_formula", "verify"]

MAX_LATEX = 20_000
_ORDER = ("refuted", "conditional", "undecided", "proved", "definition", "mention")


@dataclass(frozen=True)
class Judged:
    """One claim's verdict before the claims of a formula are put together."""

    kind: str
    verdict: str
    outcome: Outcome
    correction: str = ""
    diagnosis: str = ""


def verify(source: str | Path, ways: Ways | None = None) -> Report:
    r"""Judge a file (a path), or a LaTeX formula (a string that is no file); `ways` says what is in force at the start.

    >>> verify(r"\delta^l = ((W^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)").formulas[0].verdict
    'proved'
    """
    if isinstance(source, Path) or (len(source) < 500 and "\n" not in source and "\\" not in source and Path(source).is_file()):
        return _verify_document(Path(source), ways)
    verdict, _ = judge_formula(source, _start(ways), is_alone=True)
    return Report("", (verdict,))


def _start(ways: Ways | None) -> Conventions:
    """Conventions that are given rather than read."""
    if ways is None:
        return Conventions()
    costs = () if ways.cost == "unspecified" else (ways.cost,)
    return Conventions(((ways.layout, ways.shift),), (), costs, (), False, "" if ways.activation == "unspecified" else ways.activation)


def _verify_document(path: Path, ways: Ways | None) -> Report:
    document = read_document(path)
    known = _start(ways)
    verdicts = []
    for printed in document.formulas:
        verdict, known = judge_formula(printed.latex, known, False, printed.macros, printed)
        verdicts.append(verdict)
    return Report(str(path), tuple(verdicts))


def judge_formula(
    latex: str, known: Conventions, is_alone: bool, macros: Mapping[str, Macro] | None = None, printed: PrintedFormula | None = None
) -> tuple[Verdict, Conventions]:
    """The verdict on one formula, and the conventions in force after it."""
    line, end_line = (printed.line, printed.end_line) if printed else (1, 1 + latex.count("\n"))
    shown = Verdict(line, end_line, latex, "mention", "mention")
    if len(latex) > MAX_LATEX:
        return replace(shown, verdict="unreadable", reason=f"longer than {MAX_LATEX} characters"), known
    try:
        tree = parse(latex, macros)
    except ParseError as error:
        return replace(shown, verdict="unreadable", reason=str(error)), known
    claims = list(chains_of(tree))
    judged: list[Judged] = []
    for claim in claims:
        found, known = _judged(claim, known, is_alone)
        judged.append(found)
    return _together(shown, judged), known


def _together(shown: Verdict, judged: Sequence[Judged]) -> Verdict:
    """One verdict for all claims of a formula: the worst, with its reason."""
    if not judged:
        return shown
    worst = min(judged, key=lambda found: _ORDER.index(found.verdict))
    outcome = worst.outcome
    return replace(
        shown, kind=worst.kind, verdict=worst.verdict, reason=outcome.reason, correction=worst.correction, diagnosis=worst.diagnosis,
        assumptions=outcome.assumptions, counterexample=outcome.counterexample,
    )  # fmt: skip


def kind_of(claim: Claim) -> str:
    """What a claim is about."""
    nodes = [node for member in claim.members for node in walk(member)]
    if any(sign not in EQUALITIES for sign in claim.signs):
        return "shape" if r"\in" in claim.signs else "mention"
    if states_cost(claim):
        return "definition"
    names = quantities_in(claim.members)
    if not names:
        return "mention"
    if any(node.kind in ("derivative", "applied") for node in nodes) or any(name.letter in (r"\delta", r"\Delta") for name in names):
        return "gradient"
    return "forward" if LETTERS[names[0].letter] in ("z", "a", "output") else "identity"


def _judged(claim: Claim, known: Conventions, is_alone: bool) -> tuple[Judged, Conventions]:
    kind = kind_of(claim)
    after = said_by(claim, known)
    if kind in ("mention", "shape") or is_assignment(claim):
        return Judged(kind, "mention", Outcome("unread")), after
    if kind == "definition" and len(claim.members) == 2:
        return Judged(kind, "definition", Outcome("unread", "states the cost")), after
    if kind == "definition":
        claim = Claim(claim.members[1:], claim.signs[1:])
    ways = open_ways(claim, after, is_alone)
    outcome = judge_claim(claim, ways)
    if outcome.word == "proved":
        return Judged(kind, "proved", outcome), after
    if outcome.word == "unread":
        return _slip_of_layer(claim, ways, kind) or Judged(kind, "undecided", outcome), after
    assumptions = _assumptions(claim, ways, after)
    assumed = [judge_claim(claim, (way,)) for way in assumptions]
    proved = next((found for found in assumed if found.word == "proved"), None)
    if proved is not None:
        return Judged(kind, "proved", proved), after
    if outcome.word in ("undecided", "conditional"):
        return Judged(kind, outcome.word, outcome), after
    earlier = _under_earlier_cost(claim, ways, after) or _under_earlier_forward(claim, ways, after)
    if earlier is not None:
        return Judged(kind, "conditional", earlier), after
    reason = "" if is_alone else _doubt_of_forward(claim, after)
    reason = reason or _doubt(claim, after, [found for found, way in zip(assumed, assumptions, strict=True) if way.activation != "softmax"])
    if reason:
        return Judged(kind, "undecided", replace(outcome, reason=reason)), after
    correction, diagnosis = diagnose(claim, ways)
    return Judged(kind, "refuted", outcome, correction, diagnosis), after


def _slip_of_layer(claim: Claim, ways: Sequence[Ways], kind: str) -> Judged | None:
    """z^L = W^L a^{L-1} + b^l: one layer letter too many, and true with one; as printed it would hold for every l."""
    letters = {name.layer[0] for name in quantities_in(claim.members) if name.layer is not None}
    if letters != {"l", "L"} or len(claim.signs) != 1:
        return None
    members = tuple(with_layer_letter(member, "l", "L") for member in claim.members)
    if judge_claim(Claim(members, claim.signs), ways).word != "proved":
        return None
    correction = f" {claim.signs[0]} ".join(unparse(member) for member in members)
    reason = "the layers l and L are different letters, and the formula does not hold for every l"
    return Judged(kind, "refuted", Outcome("refuted", reason), correction, "index: l where L is meant")


def with_layer_letter(tree: Tree, old: str, new: str) -> Tree:
    """Another letter in the superscripts."""
    if tree.kind == "superscript":
        return renamed(tree, old, new)
    return replace(tree, children=tuple(with_layer_letter(child, old, new) for child in tree.children))


def renamed(tree: Tree, old: str, new: str) -> Tree:
    """Another letter everywhere."""
    if tree.kind == "symbol" and tree.text == old:
        return replace(tree, text=new)
    return replace(tree, children=tuple(renamed(child, old, new) for child in tree.children))


def _assumptions(claim: Claim, ways: Sequence[Ways], known: Conventions) -> tuple[Ways, ...]:
    """What is not stated may be what makes a claim true: a usual cost, a usual activation."""
    is_open = not known.costs and not known.has_other_cost and _names_target(claim)
    costs = ("unspecified", *COSTS) if is_open else tuple(dict.fromkeys(way.cost for way in ways))
    is_about_activation = not known.activation and _evaluates_slope(claim)
    activations = (
        ("unspecified", "sigmoid", "tanh", "softmax") if is_about_activation else tuple(dict.fromkeys(way.activation for way in ways))
    )
    first = ways[0]
    found = [Ways(first.layout, first.shift, cost, activation) for cost in costs for activation in activations]
    return tuple(way for way in found if way not in ways)


def _evaluates_slope(claim: Claim) -> bool:
    """Whether σ' is worked out: it stands in no member, or in one and not in another that is no plain name."""
    with_slope = [_has_slope(member) for member in claim.members]
    return not any(with_slope) or with_slope[0] or not all(with_slope[1:])


def _has_slope(tree: Tree) -> bool:
    return any(node.kind == "call" and (head := is_function_head(node.children[0])) is not None and head.primes for node in walk(tree))


def _under_earlier_cost(claim: Claim, ways: Sequence[Ways], known: Conventions) -> Outcome | None:
    """True with a cost that the document stated before the one that is in force."""
    for cost in known.earlier_costs:
        for way in ways:
            outcome = judge_claim(claim, (replace(way, cost=cost),))
            if outcome.word in ("proved", "undecided"):
                return replace(
                    outcome, reason=f"holds with the {cost.replace('_', ' ')} cost that was stated earlier, not with the one stated last"
                )
    return None


def _names_target(claim: Claim) -> bool:
    return any(LETTERS[name.letter] == "y" for name in quantities_in(claim.members))


def is_assignment(claim: Claim) -> bool:
    """b = b - α db, dw = 0: a step of an algorithm, which is no equation."""
    if len(claim.members) != 2:
        return False
    left, right = claim.members
    is_plain = letter_of(left) is not None or left.kind == "scripts" or (left.kind == "product" and letter_of(left.children[0]) == "d")
    return is_plain and (right.kind == "number" or (left.kind != "number" and right.kind == "sum" and left in tuple(walk(right))))


def _under_earlier_forward(claim: Claim, ways: Sequence[Ways], known: Conventions) -> Outcome | None:
    """True with a forward equation that the document stated before the one that is in force."""
    for layout, shift in known.earlier_forward:
        for way in ways:
            outcome = judge_claim(claim, (replace(way, layout=layout, shift=shift),))
            if outcome.word in ("proved", "conditional"):
                return replace(outcome, reason="true with a forward equation that was stated earlier")
    return None


def _doubt_of_forward(claim: Claim, known: Conventions) -> str:
    """In a document, nothing is refuted by conventions that it did not state, or that are not modelled in full."""
    if not known.forward:
        return "false under the usual conventions, but no forward equation of this document was read"
    if any(layout in OF_SAMPLES for layout, _ in known.forward):
        return "false for the gradients of a sum over samples; whether the document averages them is not known"
    if kind_of(claim) == "forward":
        return "a forward equation that differs from the one read before; it may be a definition of its own"
    names = quantities_in(claim.members)
    letters = {LETTERS[name.letter] for name in names}
    if not any(name.layer for name in names) and {"a", "W"} <= letters:
        return "whether a is the input or the output of the layer is not printed"
    return ""


def _doubt(claim: Claim, known: Conventions, assumed: Sequence[Outcome]) -> str:
    """Why a claim that is false under what is assumed may be true all the same."""
    if _names_target(claim) and not known.costs:
        return "the cost is not stated, and no usual cost makes it true"
    if is_forward(claim) and not known.forward:
        return "a forward equation of a kind that is not known"
    if any(found.word == "undecided" for found in assumed):
        return "it may hold for a usual activation"
    if not known.activation and all(node.kind == "call" for node in claim.members[:1]):
        return "what the activation is, is not stated"
    return ""
