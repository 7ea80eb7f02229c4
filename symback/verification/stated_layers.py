r"""Entries without a layer, of which the page says just before whose they are.

    \delta^L = \begin{bmatrix} \delta_1 \\ \delta_2 \end{bmatrix},   a^{L-1} = \begin{bmatrix} a_1 \\ a_2 \\ a_3 \end{bmatrix}
    \delta^L (a^{L-1})^T = \begin{bmatrix} \delta_1 a_1 & \delta_1 a_2 & … \\ … \end{bmatrix}    here a_2 is a^{L-1}_2

The last such line before a formula counts, and only if it is near: an example ends where the next thought begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from symback.verification.definitions import EQUALITIES, Claim
from symback.verification.mentions import Lexicon, Printed, integer_of, printed_name
from symback.verification.tree import Tree

__all__ = ["LayerOfEntries", "layers_of_entries", "with_layers_of_entries"]

NEAR = 5  # formulas


@dataclass(frozen=True)
class LayerOfEntries:
    """From formula `order` on, the numbered entries of `letter` that have no layer are those of the layer in `script`."""

    letter: str
    script: Tree
    order: int


def layers_of_entries(claims: Iterable[tuple[int, Claim]], lexicon: Lexicon) -> tuple[LayerOfEntries, ...]:
    """What a page says about the layers of its entries, in its order."""
    return tuple(found for order, claim in claims for found in _stated_in(claim, order, lexicon))


def _stated_in(claim: Claim, order: int, lexicon: Lexicon) -> Iterator[LayerOfEntries]:
    """a^{L-1} = (a_1, a_2, a_3)."""
    whole = printed_name(claim.members[0])
    if whole is None or whole.below or len(whole.above) != 1 or lexicon.mention(whole).stage is None or claim.signs[0] not in EQUALITIES:
        return
    matrix = claim.members[1]
    cells = [cell for row in matrix.children for cell in row.children] if matrix.kind == "matrix" else []
    names = [printed_name(cell) for cell in cells]
    if len(names) > 1 and all(name is not None and name.letter == whole.letter and _is_numbered(name) for name in names):
        yield LayerOfEntries(whole.letter, whole.above[0], order)


def _is_numbered(name: Printed) -> bool:
    """a_1: a number below and nothing else."""
    return not name.above and not name.is_transposed and len(name.below) == 1 and integer_of(name.below[0]) is not None


def with_layers_of_entries(claim: Claim, order: int, stated: Sequence[LayerOfEntries]) -> Claim:
    """The claim with the layers that its page states for the entries in it."""
    scripts = {found.letter: found.script for found in stated if order - NEAR <= found.order < order}
    if not scripts:
        return claim
    return replace(claim, members=tuple(_with_layers(member, scripts) for member in claim.members))


def _with_layers(tree: Tree, scripts: dict[str, Tree]) -> Tree:
    name = printed_name(tree) if tree.kind == "scripts" else None
    if name is not None and name.letter in scripts and _is_numbered(name):
        return replace(tree, children=(tree.children[0], Tree("superscript", (scripts[name.letter],)), *tree.children[1:]))
    return replace(tree, children=tuple(_with_layers(child, scripts) for child in tree.children)) if tree.children else tree
