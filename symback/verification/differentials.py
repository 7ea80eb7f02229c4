r"""Of which cost dW and dZ are derivatives, where a page has several: C = C_Σ/N and C_Σ = Σ_s C_s.

dZ^{[2]}_{js} = \frac{\partial C_Σ}{\partial Z^{[2]}_{js}}      dZ is of C_Σ, in every layer
dW^{[2]} = …                                                    of the cost that is part of no other: C

Beside printed numbers dW is a name like any other: dz^{[2]} = (0.4431 - 0.8) \cdot 0.2468.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from symback.verification.definitions import EQUALITIES, Claim, Definition
from symback.verification.mentions import Lexicon, names_in, printed_name
from symback.verification.tree import Tree, operands_of, walk

__all__ = ["begins_with_differential", "has_differentials_only", "outermost_cost", "stated_differentials", "with_differentials_as_names"]

D = "d"


def stated_differentials(claims: Iterable[Claim], lexicon: Lexicon) -> dict[str, str]:
    """For each family X that a line dX = ∂C/∂X begins with: the family of the C."""
    found: dict[str, str] = {}
    for claim in claims:
        variable = _differentiated(claim.members[0], lexicon)
        for sign, member in zip(claim.signs, claim.members[1:], strict=True):
            member = member.children[0] if member.kind == "annotated" else member  # the reason beside it
            if variable is None or sign not in EQUALITIES or member.kind != "derivative" or len(member.children) != 3:
                continue
            above, below = (printed_name(child) for child in member.children[1:])
            if above is not None and below is not None and lexicon.mention(below).family == variable and above.letter in lexicon.losses:
                found.setdefault(variable, lexicon.mention(above).family)
    return found


def _differentiated(tree: Tree, lexicon: Lexicon) -> str | None:
    """The X of dX."""
    parts = operands_of(tree) if tree.kind == "product" else ()
    name = printed_name(parts[1]) if len(parts) == 2 and parts[0].text == "d" else None
    return lexicon.mention(name).family if name is not None else None


def begins_with_differential(tree: Tree) -> bool:
    """Whether it is dX, perhaps with more behind."""
    parts = operands_of(tree) if tree.kind == "product" else ()
    return len(parts) > 1 and _is_d(parts[0]) and printed_name(parts[1]) is not None


def has_differentials_only(trees: Iterable[Tree]) -> bool:
    """Whether each d that is printed stands before a name, as in dW; a d of its own may be a size or a distance."""
    kept = [with_differentials_as_names(tree) for tree in trees]
    return not any(
        _is_d(child) for tree in kept for node in walk(tree) if node.kind not in ("applied", "derivative") for child in node.children
    )


def with_differentials_as_names(tree: Tree) -> Tree:
    """dW as one name, `applied`, where the tree has a product of d and W."""
    children = [with_differentials_as_names(child) for child in tree.children]
    if tree.kind == "product":
        place = 0
        while place + 2 < len(children):
            named = _with_d(children[place], children[place + 2]) if _is_d(children[place]) and not children[place + 1].text else None
            if named is not None:
                children[place : place + 3] = [named]
            place += 2  # past the operator
    if len(children) == 1 and tree.kind == "product":
        return children[0]
    return tree if tuple(children) == tree.children else replace(tree, children=tuple(children))


def _is_d(tree: Tree) -> bool:
    return tree.kind == "symbol" and tree.text == D


def _with_d(d: Tree, tree: Tree) -> Tree | None:
    """dX; of X (b) and (X)^T the X alone is the name."""
    if printed_name(tree) is not None and tree.kind in ("symbol", "scripts", "font"):
        return Tree("applied", (d, tree), "", d.start, tree.end)
    inside = _with_d(d, tree.children[0]) if tree.kind in ("call", "scripts") else None
    return None if inside is None else replace(tree, children=(inside, *tree.children[1:]), start=d.start)


def outermost_cost(costs: Sequence[Definition], lexicon: Lexicon) -> str | None:
    """The cost that is part of no other; None where there are several."""
    parts = {
        lexicon.mention(name).family
        for cost in costs
        for _, name in names_in(cost.body)
        if lexicon.mention(name).family != cost.name.family
    }
    found = {cost.name.family for cost in costs} - parts
    return found.pop() if len(found) == 1 else None
