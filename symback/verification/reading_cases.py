r"""Cases that say where an index has a place: W_{p-i} if 0 ≤ p - i < K, and 0 otherwise.

An entry beyond the first and the last is nothing, so such cases are the entry itself, if their bounds are those of its axis.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from symback.verification.index_sums import letters_of_sum
from symback.verification.meaning import Unread, Value
from symback.verification.mentions import names_in
from symback.verification.place import Place, read
from symback.verification.reading_names import count_name
from symback.verification.tree import Tree, operands_of, operators_of
from symback.verification.unparse import unparse

__all__ = ["read_cases"]

BELOW = ("<", r"\lt")
AT_MOST = (r"\le", r"\leq", r"\leqslant")


def read_cases(tree: Tree, place: Place) -> Value:
    """The entry of the first row, where its conditions say no more than that its indices have a place."""
    if len(tree.children) != 2 or any(len(row.children) != 2 for row in tree.children):
        raise Unread("cases that are no entry and zero")
    (entry, condition), (other, rest) = (row.children for row in tree.children)
    if other.text != "0" or rest.kind != "text" or rest.text.strip().lower() not in ("otherwise", "else", "otherwise."):
        raise Unread("cases that are no entry and zero")
    bounds = dict(_bounds_in(condition))
    indices = dict(_sums_of_indices(entry, place))
    if not indices or bounds.keys() != indices.keys():
        raise Unread("cases whose conditions are not about the indices of the entry")
    for index, size in indices.items():
        declared = unparse(bounds[index]).replace(" ", "")
        if size not in (place.world.counted(count_name(bounds[index], place)), place.world.counted(declared)):
            raise Unread("cases with bounds that are not known to be those of the index")
    return read(entry, place)


def _bounds_in(tree: Tree) -> Iterator[tuple[Tree, Tree]]:
    """(p - i, K) of each 0 ≤ p - i < K."""
    for part in operands_of(tree) if tree.kind in ("statements", "list") else (tree,):
        if part.kind == "text" and part.text.strip().lower() in ("if", "and", "for", "when", ""):
            continue
        operands = operands_of(part) if part.kind == "relation" else ()
        if len(operands) != 3 or operators_of(part)[0] not in AT_MOST or operators_of(part)[1] not in BELOW or operands[0].text != "0":
            raise Unread("a condition that is no range of an index")
        yield operands[1], operands[2]


def _sums_of_indices(entry: Tree, place: Place) -> Iterator[tuple[Tree, sympy.Expr]]:
    """The sums and differences among the indices of an entry, and how many places each has."""
    for _, name in names_in(entry):
        mention = place.world.lexicon.mention(name)
        axes = place.world.whole(mention.family, None, len(mention.indices), place).tensor.axes if mention.indices else ()
        for index, axis in zip(mention.indices, axes, strict=False):
            if letters_of_sum(index):
                yield index, axis.size
