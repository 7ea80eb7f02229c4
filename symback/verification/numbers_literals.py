r"""Numbers as they are printed: their digits, what rounding they allow, and how to print another value in their place.

A literal is a signed number, also `1.5 \cdot 10^{-3}` and `94.9\%`; a literal form is a literal or brackets full of them: a
matrix, `[0.1, 0.2]`, `(1, 2)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal, InvalidOperation

import numpy as np

from symback.verification.numbers_intervals import ARRAY_LIMIT, Interval, NotUnderstoodError, one_of, stacked
from symback.verification.tree import Tree, operands_of, operators_of, walk

__all__ = [
    "Literal", "LiteralForm", "allowed", "cells_of", "digits_of", "inner", "is_literal_form", "literal_form", "literal_of", "literals_in",
    "printed_like", "rounding", "with_unit", "with_values",
]  # fmt: skip

LONGEST_NUMBER = 40
DIGITS_OF_A_FLOAT = 15
_MANY_DIGITS = Context(prec=500)  # a float and a unit have fewer between them, so nothing here runs out of digits
_SIGNS_OF_TIMES = (r"\cdot", r"\times", "*", r"\ast", "×", "·")
_BRACKETS = ("( )", "[ ]", "{ }", ". .", r"\{ \}")


@dataclass(frozen=True, slots=True)
class Literal:
    """A printed number: its value, the unit of its last digit, whether it has a decimal point, how many digits count."""

    value: Decimal
    unit: Decimal
    is_whole: bool
    digits: int

    @property
    def key(self) -> str:
        """The magnitude, however many zeros follow: -0.0880 and 0.088 are one number."""
        return digits_of(self.value)

    def __neg__(self) -> Literal:
        """The number with the other sign."""
        return replace(self, value=self.value.copy_negate())  # minus alone would round to 28 digits


@dataclass(frozen=True, slots=True)
class LiteralForm:
    """Literals in the printed order, and the shape of their brackets."""

    cells: tuple[Literal, ...]
    shape: tuple[int, ...]


def digits_of(value: Decimal) -> str:
    """The digits of a magnitude, without the zeros behind."""
    return format(abs(value).normalize(), "f") if value else "0"


def inner(tree: Tree) -> Tree:
    """What stands in round or invisible brackets."""
    while tree.kind == "group" and tree.text in _BRACKETS and tree.children[0].kind != "list":
        tree = tree.children[0]
    return tree


def literal_of(tree: Tree) -> Literal | None:
    """The printed number, if the tree is one.

    >>> literal_of(Tree("sign", (Tree("number", (), "0.0880"),), "-")).unit
    Decimal('0.0001')
    """
    tree = inner(tree)
    if tree.kind == "sign" and tree.text in "+-":
        found = literal_of(tree.children[0])
        return found if found is None or tree.text == "+" else -found
    if tree.kind == "number":
        return _number(tree.text)
    if tree.kind != "product" or len(operands_of(tree)) != 2:
        return None
    first, second = operands_of(tree)
    mantissa = literal_of(first)
    if mantissa is None or first.kind not in ("number", "sign"):
        return None
    if second.kind == "symbol" and second.text == r"\%":
        return _scaled(mantissa, -2)
    if operators_of(tree)[0] in _SIGNS_OF_TIMES and second.kind == "scripts" and second.children[0].text == "10":
        exponent = literal_of(second.children[1].children[0]) if len(second.children) == 2 and second.children[1].children else None
        if second.children[1].kind == "superscript" and exponent is not None and exponent.is_whole and abs(exponent.value) < 30:
            return _scaled(mantissa, int(exponent.value))
    return None


def _scaled(literal: Literal, exponent: int) -> Literal:
    """Times a power of ten, digits and all."""
    return Literal(literal.value.scaleb(exponent), literal.unit.scaleb(exponent), False, literal.digits)


def _number(text: str) -> Literal | None:
    """Digits to a literal; numbers of absurd length are none."""
    if len(text) > LONGEST_NUMBER:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > 60 or value.adjusted() > 60:
        return None
    is_whole = "." not in text and "e" not in text.lower()
    printed = len(value.as_tuple().digits)
    digits = printed if printed > 2 else len(value.normalize().as_tuple().digits)  # 0.50 may be a given 0.5; 0.0600 is a result
    return Literal(value, Decimal(1).scaleb(0 if is_whole else exponent), is_whole, digits)


def cells_of(tree: Tree) -> tuple[tuple[Tree, ...], tuple[int, ...]] | None:
    """The entries of a matrix or of a bracketed list with their shape; None for anything else."""
    while tree.kind == "group" and tree.text in _BRACKETS and tree.children[0].kind in ("matrix", "group"):
        tree = tree.children[0]
    if tree.kind == "matrix" and tree.text not in ("cases", "vmatrix", "Vmatrix"):
        rows = [row.children for row in tree.children if not (len(row.children) == 1 and row.children[0].kind == "empty")]
        if not rows or len({len(row) for row in rows}) != 1 or len(rows) * len(rows[0]) > ARRAY_LIMIT:
            return None
        return tuple(cell for row in rows for cell in row), (len(rows), len(rows[0]))
    if tree.kind != "group" or tree.text not in ("( )", "[ ]", r"\{ \}"):
        return None
    content = tree.children[0]
    if content.kind == "list" and set(operators_of(content)) == {","} and len(operands_of(content)) <= ARRAY_LIMIT:
        return operands_of(content), (len(operands_of(content)),)
    if tree.text == "[ ]" and content.kind == "product" and not any(operators_of(content)):
        parts = operands_of(content)
        if all(literal_of(part) is not None for part in parts):
            return parts, (len(parts),)
    if tree.text == "[ ]" and literal_of(content) is not None:
        return (content,), (1,)
    return None


def literal_form(tree: Tree) -> LiteralForm | None:
    """A literal or brackets full of them; None if anything is left to compute."""
    tree = _without_transpose(tree)
    single = literal_of(tree)
    if single is not None:
        return LiteralForm((single,), ())
    found = cells_of(inner(tree))
    if found is None:
        return None
    cells = [literal_of(cell) for cell in found[0]]
    if not cells or any(cell is None for cell in cells):
        return None
    return LiteralForm(tuple(cell for cell in cells if cell is not None), found[1])


def _without_transpose(tree: Tree) -> Tree:
    """(1, 2)^T is the list (1, 2), whose orientation is open."""
    is_list = tree.kind == "scripts" and len(tree.children) == 2 and tree.children[0].kind == "group"
    if is_list and tree.children[0].children[0].kind == "list":
        script = tree.children[1]
        content = script.children[0] if script.children else script
        if content.text in ("T", r"\top", r"\intercal"):
            return tree.children[0]
    return tree


def is_literal_form(tree: Tree) -> bool:
    """Whether nothing is left to compute."""
    return literal_form(tree) is not None


def literals_in(tree: Tree) -> list[Literal]:
    """Every number that stands on the line, not in an index or a layer; exponents of powers count."""
    if tree.kind == "number":
        found = _number(tree.text)
        return [] if found is None else [found]
    if tree.kind == "subscript":
        return []
    if tree.kind == "superscript" and tree.children[0].kind in ("number", "symbol", "group"):
        return []
    return [literal for child in tree.children for literal in literals_in(child)]


def rounding(literal: Literal) -> Interval:
    """Every value that is rounded to these digits: half a unit on both sides."""
    half = literal.unit / 2
    return one_of(float(literal.value - half), float(literal.value + half))


def allowed(form: LiteralForm) -> Interval:
    """Every value that may be printed so: rounded, also by way of one more digit (0.0149 -> 0.015 -> 0.02), or cut off behind the last."""
    bounds = []
    for cell in form.cells:
        half, cut = cell.unit * Decimal("0.55"), cell.unit * Decimal("0.999")
        low, high = (half, cut) if cell.value > 0 else (cut, half) if cell.value < 0 else (cut, cut)
        bounds.append(one_of(float(cell.value - low), float(cell.value + high)))
    return stacked(bounds, form.shape)


def printed_like(value: float, literal: Literal, is_exact: bool) -> Decimal:
    """A value with as many decimals as the literal has; one more where that is all of its digits."""
    if is_exact:
        whole = Decimal(format(value, ".12g"))
        exponent = whole.normalize().as_tuple().exponent
        if isinstance(exponent, int) and exponent >= literal.unit.as_tuple().exponent - 1:  # type: ignore[operator]
            return _in_units(whole, min(literal.unit, Decimal(1).scaleb(exponent)))
    return with_unit(value, literal.unit)


def with_unit(value: float, unit: Decimal) -> Decimal:
    """A value rounded to a unit; where that asks for more digits than a float has, those that it has.

    >>> with_unit(2 / 3, Decimal("0.001")), with_unit(2 / 3, Decimal("1e-20"))
    (Decimal('0.667'), Decimal('0.666666666666667'))
    """
    if not np.isfinite(value):
        raise NotUnderstoodError("no finite value")
    return _in_units(Decimal(format(value, f".{DIGITS_OF_A_FLOAT}g")), unit)


def _in_units(value: Decimal, unit: Decimal) -> Decimal:
    """Rounded, without digits that are not known."""
    is_finer = value.adjusted() - unit.adjusted() >= DIGITS_OF_A_FLOAT + 1 and bool(value)
    return value if is_finer else value.quantize(unit, context=_MANY_DIGITS)


def with_values(tree: Tree, values: Sequence[Decimal | None]) -> Tree:
    """The same literal form with other digits; None keeps an entry."""
    found = cells_of(inner(tree)) if literal_of(tree) is None else None
    if found is None:
        return tree if values[0] is None else _number_tree(tree, values[0])
    changed = {id(cell): value for cell, value in zip(found[0], values, strict=True) if value is not None}
    return _exchanged(tree, changed)


def _exchanged(tree: Tree, changed: dict[int, Decimal]) -> Tree:
    """Some cells replaced by numbers."""
    if id(tree) in changed:
        return _number_tree(tree, changed[id(tree)])
    return replace(tree, children=tuple(_exchanged(child, changed) for child in tree.children)) if tree.children else tree


def _number_tree(tree: Tree, value: Decimal) -> Tree:
    """A signed number where another one stood; a negative number keeps the brackets that it had."""
    if tree.kind == "group":
        return replace(tree, children=(_number_tree(tree.children[0], value),))
    if any(node.kind == "product" for node in walk(tree)):
        raise NotUnderstoodError("a number with a power of ten or a percent sign")
    digits = Tree("number", (), format(abs(value), "f"), tree.start, tree.end)
    return Tree("sign", (digits,), "-", tree.start, tree.end) if value < 0 and np.signbit(float(value)) else digits
