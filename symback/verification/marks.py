r"""Letters beneath a name that belong to it: the two slopes a_l and a_r of an activation, beside the entries a_j of a layer.

    t^{2}_{l} = \begin{pmatrix} -0.4 \\ -0.4 \end{pmatrix}    an entry is no array of numbers
    \nabla_{a^{2}_{r}} C                                      nor is the gradient taken by one: by an entry it is ∂

A reader takes such a letter for a part of the name where every name that has it stands so for a whole quantity, in a layer
that is printed above, and no sum runs over it.  An index is never like that: a^l_j stands beside z^l_j and Σ_j.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from symback.verification.mentions import Lexicon, Printed, letter_of, names_in, printed_name, script_shift
from symback.verification.tree import Tree, operands_of, walk

__all__ = ["with_marks"]


def with_marks(lexicon: Lexicon, trees: Sequence[Tree]) -> Lexicon:
    """The lexicon, with the letters beneath a name that are no indices of it; such a name has layers."""
    marks = _marks_of(trees, lexicon)
    layered = {letter for letter, _ in marks} if lexicon.layered else set()
    sizes = _sizes_under_roots(trees)
    return replace(lexicon, marks=marks | sizes, layered=lexicon.layered | layered) if marks | sizes else lexicon


def _sizes_under_roots(trees: Sequence[Tree]) -> frozenset[tuple[str, str]]:
    r"""(d, k) of \frac{Q K^T}{\sqrt{d_k}}: a letter that stands alone under roots and nowhere else counts, and has no entries."""
    roots = [node.children[0] for tree in trees for node in walk(tree) if node.kind == "root" and len(node.children) == 1]
    inside = Counter(name for root in roots if (name := printed_name(root)) is not None)
    everywhere = Counter(name for tree in trees for _, name in names_in(tree))
    others = {name.letter for name in everywhere if inside[name] < everywhere[name]}
    return frozenset(
        (name.letter, letter)
        for name in inside
        if name.letter not in others and not name.above and len(name.below) == 1 and (letter := letter_of(name.below[0])) is not None
    )


def _marks_of(trees: Sequence[Tree], lexicon: Lexicon) -> frozenset[tuple[str, str]]:
    """(a, l): every name with this letter is a whole quantity with it alone."""
    names = [name for tree in trees for node in _wholes_in(tree) if (name := printed_name(node)) is not None]
    wholes = {(name.letter, letter) for name in names for letter in _alone(name)}
    if not wholes:
        return frozenset()
    everywhere = [name for tree in trees for _, name in names_in(tree) if _has_layer(name)]
    carried = {(name.letter, letter) for name in everywhere for item in name.below if (letter := letter_of(item)) is not None}
    indices = {letter for _, letter in carried - wholes} | lexicon.bound
    return frozenset((family, letter) for family, letter in wholes if letter not in indices)


def _alone(name: Printed) -> list[str]:
    """The one small letter beneath a name that has its layer above."""
    letters = [letter_of(item) for item in name.below]
    return [letter for letter in letters if letter is not None and letter.islower()] if _has_layer(name) and len(letters) == 1 else []


def _has_layer(name: Printed) -> bool:
    """a^2_l, and not the n_l that counts the units of a layer."""
    return any(script_shift(content) is not None for content in name.above)


def _wholes_in(tree: Tree) -> Iterator[Tree]:
    """What a column of numbers is the value of, and what a gradient is taken by."""
    for node in walk(tree):
        members = operands_of(node) if node.kind == "relation" else ()
        if any(_is_column_of_numbers(member) for member in members):
            yield members[0]
        if node.kind == "scripts" and node.children[0].text == r"\nabla":
            yield from (script.children[0] for script in node.children[1:] if script.kind == "subscript")


def _is_column_of_numbers(tree: Tree) -> bool:
    """(-0.4, 0.5) upright: several rows of one number each."""
    if tree.kind != "matrix" or len(tree.children) < 2:
        return False
    return all(node.kind in ("matrix", "row", "number", "sign") for node in walk(tree))
