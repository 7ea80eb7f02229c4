r"""What would be right: the same chain with other digits, in the author's notation.

A result takes its recomputed value at the printed precision.  In a computation the one number is looked for that makes it right:
a value that the names beside it have, or a slip of the pen (a digit, a sign, two digits exchanged, the point moved).  Where no
single number does, the member is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from symback.verification.numbers_book import Entry, name_of
from symback.verification.numbers_intervals import Interval, NotUnderstoodError, meets, same_form, where_apart
from symback.verification.numbers_literals import (
    Literal,
    LiteralForm,
    allowed,
    inner,
    literal_form,
    literal_of,
    printed_like,
    with_unit,
    with_values,
)
from symback.verification.tree import Tree, operands_of, operators_of

__all__ = ["Pair", "aligned", "corrected_form", "entry_names", "is_slip", "leaf_repairs", "values_of"]

MAX_LEAVES = 40
Evaluate = Callable[[Tree], Interval | None]


@dataclass(frozen=True, slots=True)
class Pair:
    """A name and the digits that stand in its place."""

    name: str
    symbol: Tree
    number: Tree


def aligned(symbols: Tree, numbers: Tree) -> list[Pair]:
    r"""Which digits stand for which name: `w x + b` beside `0.3 \cdot 0.5 + 0.1`; empty where the two are not built alike."""
    try:
        return _pairs(symbols, numbers)
    except NotUnderstoodError:
        return []


def _pairs(symbols: Tree, numbers: Tree) -> list[Pair]:
    """Leaf by leaf, as long as both trees branch alike."""
    symbols, numbers = inner(symbols), inner(numbers)
    if literal_form(numbers) is not None:
        if symbols.kind == "sign" and numbers.kind == "sign" and symbols.text == numbers.text:
            return _pairs(symbols.children[0], numbers.children[0])
        name = name_of(symbols)
        return [] if name is None else [Pair(name, symbols, numbers)]
    if (symbols.kind == "call" and numbers.kind == "product") or symbols.kind != numbers.kind:
        raise NotUnderstoodError("built differently")
    left, right = operands_of(symbols), operands_of(numbers)
    if symbols.kind in ("sum", "product"):
        if len(left) != len(right) or (symbols.kind == "sum" and operators_of(symbols) != operators_of(numbers)):
            raise NotUnderstoodError("built differently")
    else:
        left, right = symbols.children, numbers.children
        if len(left) != len(right) or symbols.text != numbers.text:
            raise NotUnderstoodError("built differently")
    return [pair for one, other in zip(left, right, strict=True) for pair in _pairs(one, other)]


def corrected_form(tree: Tree, form: LiteralForm, value: Interval, is_exact: bool) -> Tree:
    """A result with recomputed digits where it differs from the value."""
    apart = where_apart(value, allowed(form)).reshape(-1)
    middles = _in_order(value, form)
    digits = [
        printed_like(float(middle), cell, is_exact and not form.shape) if differs else None
        for cell, middle, differs in zip(form.cells, middles, apart, strict=True)
    ]
    return with_values(tree, digits)


def _in_order(value: Interval, form: LiteralForm) -> np.ndarray:
    """The middles of a value in the order of the printed cells."""
    fitted, _ = same_form(value, allowed(form))
    return fitted.middle.reshape(-1)


def entry_names(form: LiteralForm, value: Interval) -> list[tuple[str, Literal, float]]:
    """The entries that differ: their place (from 1), what is printed, what is recomputed."""
    apart = where_apart(value, allowed(form)).reshape(-1)
    columns = form.shape[1] if len(form.shape) == 2 else 1
    found = []
    for place, (cell, middle, differs) in enumerate(zip(form.cells, _in_order(value, form), apart, strict=True)):
        if differs:
            label = (
                "" if not form.shape else f"entry {place + 1}" if columns == 1 else f"entry ({place // columns + 1},{place % columns + 1})"
            )
            found.append((label, cell, float(middle)))
    return found


def values_of(entries: Iterable[Entry]) -> list[float]:
    """All numbers that the names have."""
    return [float(number) for entry in entries for number in entry.digits.middle.reshape(-1)]


def is_slip(printed: Literal, value: float) -> bool:
    """Whether the digits are one slip of the pen away from a value: sign, one digit, two neighbours exchanged, the point moved."""
    wanted = with_unit(value, printed.unit) if abs(value) < 1e12 else Decimal(0)
    if wanted == -printed.value:
        return True
    left, right = (format(abs(number), "f") for number in (wanted, printed.value))
    if left.strip("0.").replace(".", "") == right.strip("0.").replace(".", ""):
        return True
    differing = [place for place in range(min(len(left), len(right))) if left[place] != right[place]]
    if len(left) != len(right) or not differing:
        return False
    is_swap = len(differing) == 2 and differing[1] == differing[0] + 1 and left[differing[0]] == right[differing[1]]
    return len(differing) == 1 or (is_swap and left[differing[1]] == right[differing[0]])


def leaf_repairs(tree: Tree, wanted: Interval, evaluate: Evaluate, known: Sequence[float]) -> list[tuple[Tree, Literal, Decimal]]:
    """The trees with one other number that have the wanted value: (tree, what was printed, what it becomes)."""
    found = []
    leaves = _number_leaves(tree)
    for leaf, sign in leaves[:MAX_LEAVES]:
        printed = literal_of(leaf)
        if printed is None:
            continue
        candidates = [Decimal(format(sign * value, ".12g")) for value in dict.fromkeys(known)]
        candidates += _slips_towards(tree, leaf, wanted, evaluate, printed)
        for candidate in dict.fromkeys(candidates):
            if candidate == printed.value:
                continue
            changed = _with_leaf(tree, leaf, candidate)
            value = evaluate(changed)
            if value is not None and _fits(value, wanted):
                found.append((changed, printed, candidate))
    return found


def _fits(value: Interval, wanted: Interval) -> bool:
    """Whether the shapes agree and the values can be equal."""
    try:
        return meets(value, wanted)
    except NotUnderstoodError:
        return False


def _slips_towards(tree: Tree, leaf: Tree, wanted: Interval, evaluate: Evaluate, printed: Literal) -> list[Decimal]:
    """The number that makes a computation right, if it is linear in it and the number is a slip away; scalars only."""
    if wanted.low.size != 1:
        return [-printed.value]
    at, beside = evaluate(tree), evaluate(_with_leaf(tree, leaf, printed.value + printed.unit))
    if at is None or beside is None or at.low.size != 1 or beside.low.size != 1:
        return [-printed.value]
    rate = (float(beside.middle.reshape(())) - float(at.middle.reshape(()))) / float(printed.unit)
    if abs(rate) < 1e-12:
        return []
    solved = float(printed.value) + (float(wanted.middle.reshape(())) - float(at.middle.reshape(()))) / rate
    rounded = with_unit(solved, printed.unit) if abs(solved) < 1e9 else -printed.value
    return [candidate for candidate in (rounded, -printed.value) if is_slip(printed, float(candidate))]


def _number_leaves(tree: Tree, sign: int = 1) -> list[tuple[Tree, int]]:
    """The numbers of a computation, not of its layers and indices."""
    if tree.kind == "number":
        return [(tree, sign)]
    if tree.kind in ("subscript", "superscript") and tree.children[0].kind in ("number", "group", "symbol"):
        return []
    return [found for child in tree.children for found in _number_leaves(child, -1 if tree.kind == "sign" and tree.text == "-" else 1)]


def _with_leaf(tree: Tree, leaf: Tree, value: Decimal) -> Tree:
    """One number exchanged, by identity; a minus takes its brackets along."""
    if tree is leaf:
        digits = replace(leaf, text=format(abs(value), "f"))
        return digits if value >= 0 else Tree("group", (Tree("sign", (digits,), "-"),), "( )")
    return replace(tree, children=tuple(_with_leaf(child, leaf, value) for child in tree.children)) if tree.children else tree
