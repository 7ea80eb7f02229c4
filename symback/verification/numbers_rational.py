r"""Computations of printed numbers alone as fractions, without any rounding.

Intervals of floats hold sixteen digits: with them `9999999999999999 = 9999999999999998` and `10^{20} + 1 = 10^{20}` have a common
value.  Where a computation has only sums, products, quotients and whole powers, its value is a fraction, and nothing is in doubt.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from symback.verification.numbers_literals import Literal, inner, literal_of
from symback.verification.tree import Tree, base_of, operands_of, operators_of, scripts_of

__all__ = ["is_printed_so", "rational_value"]

MAX_EXPONENT = 64
MAX_BITS = 4_096
_BRACKETS = ("( )", "[ ]", "{ }", ". .")
_TIMES = (r"\cdot", r"\times", "*", r"\ast", "·", "×", "⋅")
_OVER = ("/", r"\div", "÷")


@lru_cache(maxsize=1_024)
def rational_value(tree: Tree) -> Fraction | None:
    """The exact value of a computation of numbers alone; None for anything else, and for numbers of absurd length.

    >>> rational_value(Tree("fraction", (Tree("number", (), "1"), Tree("number", (), "0.3"))))
    Fraction(10, 3)
    """
    tree = inner(tree)
    literal = literal_of(tree)
    if literal is not None:
        return Fraction(literal.value)
    found = _VALUES.get(tree.kind)
    return None if found is None else _bounded(found(tree))


def _bounded(value: Fraction | None) -> Fraction | None:
    """None in place of a number of absurd length, so that no computation becomes long."""
    return value if value is not None and max(value.numerator.bit_length(), value.denominator.bit_length()) <= MAX_BITS else None


def is_printed_so(value: Fraction, literal: Literal) -> bool:
    """Whether a value may be printed with these digits: rounded, or cut off behind the last of them."""
    apart = value - Fraction(literal.value)
    is_cut_off = value * Fraction(literal.value) >= 0 and abs(value) >= abs(Fraction(literal.value))
    return abs(apart) <= Fraction(literal.unit) * (Fraction(999, 1000) if is_cut_off else Fraction(55, 100))


def _group(tree: Tree) -> Fraction | None:
    """What stands in brackets, if they are no list."""
    return rational_value(tree.children[0]) if tree.text in _BRACKETS and tree.children[0].kind != "list" else None


def _sign(tree: Tree) -> Fraction | None:
    """-x and +x."""
    value = rational_value(tree.children[0])
    return value if value is None or tree.text == "+" else -value if tree.text in ("-", "−") else None


def _sum(tree: Tree) -> Fraction | None:
    """Terms with their signs."""
    total = rational_value(operands_of(tree)[0])
    for sign, term in zip(operators_of(tree), operands_of(tree)[1:], strict=True):
        value = rational_value(term)
        if total is None or value is None or sign not in ("+", "-", "−"):
            return None
        total = _bounded(total + value if sign == "+" else total - value)
    return total


def _product(tree: Tree) -> Fraction | None:
    """Factors with printed signs from left to right; brackets may stand side by side, numbers may not."""
    signs, factors = operators_of(tree), operands_of(tree)
    total = rational_value(factors[0])
    for place, (sign, factor) in enumerate(zip(signs, factors[1:], strict=True)):
        value = rational_value(factor)
        is_bare = sign == "" and (any(earlier in _OVER for earlier in signs[:place]) or factors[place].kind == factor.kind == "number")
        if total is None or value is None or is_bare or sign not in ("", *_TIMES, *_OVER):
            return None
        if sign in _OVER and not value:
            return None
        total = _bounded(total / value if sign in _OVER else total * value)
    return total


def _fraction(tree: Tree) -> Fraction | None:
    """Numerator over denominator."""
    above, below = (rational_value(child) for child in tree.children[:2])
    return above / below if above is not None and below else None


def _power(tree: Tree) -> Fraction | None:
    """A whole power."""
    scripts = scripts_of(tree)
    if len(scripts) != 1 or scripts[0].kind != "superscript":
        return None
    base, exponent = rational_value(base_of(tree)), rational_value(scripts[0].children[0])
    if base is None or exponent is None or exponent.denominator != 1 or abs(exponent) > MAX_EXPONENT or (base == 0 and exponent <= 0):
        return None
    return base ** int(exponent)


_VALUES: dict[str, Callable[[Tree], Fraction | None]] = {
    "group": _group,
    "sign": _sign,
    "sum": _sum,
    "product": _product,
    "fraction": _fraction,
    "scripts": _power,
}
