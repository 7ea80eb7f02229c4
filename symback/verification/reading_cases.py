r"""Cases that say where an index has a place: W_{p-i} if 0 ≤ p - i < K, and 0 otherwise.

An entry beyond the first and the last is nothing, so such cases are the entry itself, if their bounds are those of its axis.

Cases between indices, p_i (1 - p_i) if i = j, and -p_i p_j if i ≠ j, are δ_ij times the one and 1 - δ_ij times the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy

from symback.verification.definitions import condition_of
from symback.verification.index_sums import letters_of_sum
from symback.verification.meaning import Unread, Value, combined, elementwise, number
from symback.verification.mentions import names_in
from symback.verification.place import Place, read
from symback.verification.reading_names import count_name, kronecker
from symback.verification.tree import Tree, operands_of, operators_of
from symback.verification.unparse import unparse

__all__ = ["read_cases"]

BELOW = ("<", r"\lt")
EQUAL = ("=", "==")
AT_MOST = (r"\le", r"\leq", r"\leqslant")


def read_cases(tree: Tree, place: Place) -> Value:
    """One value where two indices are equal and another where not; or an entry whose conditions say that its indices have a place."""
    if (parted := _by_equality(tree, place)) is not None:
        return parted
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


def _by_equality(tree: Tree, place: Place) -> Value | None:
    """The value of cases that are told apart by i = j and i ≠ j, or i = j and otherwise; None for others."""
    rows = [_row(row) for row in tree.children]
    if len(rows) != 2 or (first := _equality(rows[0][1])) is None or not _is_the_rest(rows[1][1], first):
        return None
    same = kronecker(operands_of(first), place)
    apart = combined(number(1), same, -1)
    masks = (same, apart) if operators_of(first)[0] in EQUAL else (apart, same)
    here, there = (elementwise(mask, read(value, place)) for mask, (value, _) in zip(masks, rows, strict=True))
    return combined(here, there, 1)


def _row(row: Tree) -> tuple[Tree, tuple[Tree, ...]]:
    r"""A value and the parts of its condition: p_i & i = j, and p_i \quad \text{if } i = j."""
    value, *rest = [part for cell in row.children for part in (operands_of(cell) if cell.kind == "statements" else (cell,))]
    return value, tuple(rest)


def _equality(condition: Sequence[Tree]) -> Tree | None:
    """if i = j, for i ≠ j: the relation."""
    relations = [part for part in condition if part.kind != "text"]
    words = {part.text.strip(" ,.").lower() for part in condition if part.kind == "text"}
    return condition_of(relations[0]) if len(relations) == 1 and words <= {"if", "for", "when", "where", ""} else None


def _is_the_rest(condition: Sequence[Tree], first: Tree) -> bool:
    """Whether it holds just where the first one does not."""
    if len(condition) == 1 and condition[0].kind == "text":
        return condition[0].text.strip(" ,.").lower() in ("otherwise", "else", "elsewhere")
    other = _equality(condition)
    is_same_pair = other is not None and set(operands_of(other)) == set(operands_of(first))
    return is_same_pair and other is not None and (operators_of(other)[0] in EQUAL) != (operators_of(first)[0] in EQUAL)


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
