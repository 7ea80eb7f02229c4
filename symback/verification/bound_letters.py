r"""The letter under a sum is its own: Σ_{k=1}^{3} u_k = Σ_{k=1}^{2} v_k speaks of two k, which may run over different ranges.

A claim is read with one range for each letter, since most authors mean that and one sum tells what another leaves open.
Where that fails, `told_apart` gives each sum a letter of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, count

from symback.verification.mentions import INDEX_LETTERS, Lexicon, letter_of
from symback.verification.reading_names import ranges_of
from symback.verification.tree import Tree, walk

__all__ = ["told_apart"]


def told_apart(members: Sequence[Tree], lexicon: Lexicon) -> tuple[Tree, ...]:
    r"""The members with another letter for each sum whose letter a sum before it has, made up where letters run out.

    A letter that also stands outside of all sums is left alone: u_k + Σ_k v_k is a slip of the pen, or speaks of one k.

    >>> from symback.verification.parser import parse
    >>> from symback.verification.unparse import unparse
    >>> left, right = told_apart([parse(r"\sum_k u_k"), parse(r"\sum_k v_k")], Lexicon())
    >>> unparse(left), unparse(right)
    ('\\sum_{k} u_{k}', '\\sum_{I} v_{I}')
    """
    used = {node.text for member in members for node in walk(member) if node.kind == "symbol"}
    taken = used | lexicon.stages_above | lexicon.stages_below | lexicon.times | {"T", "l"}
    letters = sorted(INDEX_LETTERS | {letter for letter in lexicon.bound if letter.isalpha()})
    fresh = chain((letter for letter in letters if letter not in taken), (rf"\index{number}" for number in count(1)))
    free = {letter for member in members for letter in _free(member, frozenset())}
    seen: set[str] = set()
    return tuple(_renamed(member, free, seen, fresh) for member in members)


def _letters_under(tree: Tree) -> tuple[str, ...]:
    """The letters that a sum binds; none for another tree."""
    if tree.kind != "large" or tree.children[0].kind != "scripts" or letter_of(tree.children[0].children[0]) != r"\sum":
        return ()
    return tuple(letter for letter, _, _ in ranges_of(tree.children[0]))


def _free(tree: Tree, bound: frozenset[str]) -> Iterator[str]:
    """The letters that stand outside of all sums that bind them."""
    if tree.kind == "symbol" and tree.text not in bound:
        yield tree.text
    inside = bound | frozenset(_letters_under(tree))
    for child in tree.children:
        yield from _free(child, inside)


def _renamed(tree: Tree, free: set[str], seen: set[str], fresh: Iterator[str]) -> Tree:
    """Each sum below with a letter that no sum before it has."""
    children = []
    names: dict[str, str] = {}
    for letter in _letters_under(tree):
        names[letter] = next(fresh) if letter in seen - free else letter
        seen.add(letter)
    for child in tree.children:
        children.append(_renamed(child, free, seen, fresh))
    found = replace(tree, children=tuple(children)) if tree.children else tree
    changed = {old: new for old, new in names.items() if old != new}
    return _with_letters(found, changed) if changed else found


def _with_letters(tree: Tree, names: dict[str, str]) -> Tree:
    """The letters changed wherever they stand for themselves; the head of x_k keeps its name."""
    if tree.kind == "symbol":
        return replace(tree, text=names.get(tree.text, tree.text))
    keeps_head = tree.kind in ("scripts", "call") and tree.children and tree.children[0].kind == "symbol"
    return replace(
        tree,
        children=tuple(child if keeps_head and place == 0 else _with_letters(child, names) for place, child in enumerate(tree.children)),
    )
