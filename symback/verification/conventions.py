r"""What is in force at a place in a document: how it writes a network, as far as it has said so up to there.

Nothing is looked up by name: a forward equation is held against every way to write one, and those that make it true are in
force from there on; a cost is held against every cost that is known.  The last statement wins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from symback.verification.checker import outcome_in
from symback.verification.claims import EQUALITIES, Claim, quantities_in
from symback.verification.meaning import Unread
from symback.verification.naming import LETTERS, Printed, names_in, printed_name
from symback.verification.reading import is_cost
from symback.verification.tree import Tree, walk
from symback.verification.universe import Ways

__all__ = ["Conventions", "open_ways", "said_by"]

LAYOUTS = ("column", "scalar", "transposed", "row", "row transposed", "samples")
COSTS = ("quadratic", "squared_error", "binary_cross_entropy", "cross_entropy")
OF_SAMPLES = ("row", "row transposed", "samples")
VECTOR_SIGNS = ("\\odot", "\\circ", "\\otimes")


@dataclass(frozen=True)
class Conventions:
    """What was said.  Empty tuples: nothing yet.

    `forward`        pairs (layout, shift) that agree with the last forward equation; `earlier_forward` those with any before;
    `costs`          the cost last stated; `has_other_cost` where it is none that is known; `earlier_costs` those before it;
    `has_vectors`    whether indices, transposes or ⊙ have appeared: then a layer is no single neuron.
    """

    forward: tuple[tuple[str, int], ...] = ()
    earlier_forward: tuple[tuple[str, int], ...] = ()
    costs: tuple[str, ...] = ()
    earlier_costs: tuple[str, ...] = ()
    has_other_cost: bool = False
    activation: str = ""
    has_vectors: bool = False


def has_vector_signs(tree: Tree) -> bool:
    """Indices, a transpose, ⊙, or a sum: signs of more than one neuron in a layer."""
    for node in walk(tree):
        if node.kind == "operator" and node.text in VECTOR_SIGNS:
            return True
        if node.kind == "font" and node.text in (r"\mathbf", r"\boldsymbol", r"\textbf", r"\bm"):
            return True
    for _, name in names_in(tree):
        if name.letter in LETTERS and (
            name.is_transposed or any(index.kind == "symbol" for index in name.indices) or name.letter in ("W", r"\Theta")
        ):
            return True
    return any(node.kind == "scripts" and node.children[0].kind == "group" and _is_turned(node) for node in walk(tree))


def _is_turned(tree: Tree) -> bool:
    from_names = [script for script in tree.children[1:] if script.kind == "superscript"]
    return any(script.children[0].kind == "symbol" and script.children[0].text in ("T", r"\top") for script in from_names)


def open_ways(claim: Claim, known: Conventions, is_alone: bool) -> tuple[Ways, ...]:
    """The conventions under which a claim is to be judged, the likeliest first."""
    forward = known.forward or _usual_forward(claim, known, is_alone)
    costs = known.costs or ("unspecified",)
    found = [Ways(layout, shift, cost, known.activation or "unspecified") for layout, shift in forward for cost in costs]
    return tuple(dict.fromkeys(found))


def _usual_forward(claim: Claim, known: Conventions, is_alone: bool) -> tuple[tuple[str, int], ...]:
    """Nothing is stated: columns; one neuron where no sign of vectors is seen; rows of samples for capital letters."""
    is_vector = known.has_vectors or any(has_vector_signs(member) for member in claim.members)
    letters = {name.letter for name in quantities_in(claim.members)}
    if letters & {"X", "A", "Z", "Y", r"\Delta"} and is_vector:
        return (("column", 0), ("row", 0), ("samples", 0), ("row transposed", 0))
    if not is_vector:
        return (("scalar", 0),) if is_alone and "w" in letters else (("scalar", 0), ("column", 0))
    return (("column", 0),) if is_alone else (("column", 0), ("column", 1), ("transposed", 0))


def said_by(claim: Claim, known: Conventions) -> Conventions:
    """The conventions after a claim was read."""
    if not known.has_vectors and any(has_vector_signs(member) for member in claim.members):
        known = replace(known, has_vectors=True, forward=tuple(pair for pair in known.forward if pair[0] != "scalar"))
    if any(pair[0] in OF_SAMPLES for pair in known.forward) and _has_single_indices(claim):
        known = replace(known, forward=tuple(pair for pair in known.forward if pair[0] not in OF_SAMPLES))
    if is_forward(claim):
        pairs = _agreeing(claim, known)
        if pairs:
            known = replace(known, forward=pairs, earlier_forward=tuple(dict.fromkeys((*known.earlier_forward, *known.forward))))
    elif states_cost(claim):
        costs = agreeing_costs(claim, known)
        before = tuple(cost for cost in dict.fromkeys((*known.earlier_costs, *known.costs)) if cost not in costs)
        known = replace(known, costs=costs, earlier_costs=before, has_other_cost=not costs)
    return known


def _has_single_indices(claim: Claim) -> bool:
    """a_j with one index: a layer is a vector, not a matrix of samples."""
    names = quantities_in(claim.members)
    return any(
        len(name.indices) == 1 and name.indices[0].kind == "symbol" and LETTERS[name.letter] in ("a", "z", "delta") for name in names
    )


def is_forward(claim: Claim) -> bool:
    """z = … W … a …: an equation for a weighted input or an activation, without derivatives."""
    if (
        len(claim.members) < 2
        or claim.signs[0] not in EQUALITIES
        or any(node.kind == "derivative" for member in claim.members for node in walk(member))
    ):
        return False
    name = _name_of(claim.members[0])
    if name is None or LETTERS.get(name.letter) not in ("z", "a", "output") or name.letter in ("x", "X"):
        return False
    letters = {LETTERS[inner.letter] for inner in quantities_in(claim.members[1:])}
    return "W" in letters and bool(letters & {"a", "x"})


def _name_of(tree: Tree) -> Printed | None:
    try:
        return printed_name(tree)
    except Unread:
        return None


def _agreeing(claim: Claim, known: Conventions) -> tuple[tuple[str, int], ...]:
    pairs = []
    for layout in LAYOUTS:
        if layout == "scalar" and known.has_vectors:
            continue
        for shift in (0, 1):
            if outcome_in(claim, Ways(layout, shift)).word == "proved":
                pairs.append((layout, shift))
    return tuple(pairs)


def states_cost(claim: Claim) -> bool:
    """C = …"""
    return len(claim.members) >= 2 and claim.signs[0] in EQUALITIES and is_cost(claim.members[0])


def agreeing_costs(claim: Claim, known: Conventions) -> tuple[str, ...]:
    """The costs that make the statement true."""
    forward = known.forward or _usual_forward(claim, known, False)
    named = Claim((Tree("symbol", (), "C"), *claim.members[1:]), claim.signs)
    return tuple(
        cost
        for cost in COSTS
        if any(outcome_in(named, Ways(layout, shift, cost)).word == "proved" for layout, shift in (*forward[:2], ("scalar", 0)))
    )
