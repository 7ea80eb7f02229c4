"""Correct rounding: the decimal number with a given number of places that is nearest to the value of an expression.

A value halfway between two decimals goes away from zero, as is taught at school: 0.25 → 0.3, -0.25 → -0.3.

A rational value is rounded exactly.  Of any other, such as 1/(1 + exp(-7/20)), SymPy gives as many digits as are asked
for; more are asked for until the value lies clearly on one side of a half.  It never lies on one, unless it is a
rational number in disguise, such as exp(log(2)); so after `MOST_DIGITS` it is taken for that half.
"""

from decimal import Decimal
from fractions import Fraction

import sympy

from symback.errors import NumericError

__all__ = ["MOST_PLACES", "decimal_text", "rounded"]

MOST_PLACES = 12
FEWEST_DIGITS, MOST_DIGITS = 40, 320
LARGEST = 10**30


def rounded(value: sympy.Expr, places: int) -> tuple[Decimal, bool]:
    """The nearest decimal with `places` digits after the point, and whether it is the value itself.

    >>> rounded(sympy.Rational(-1, 8), 2)
    (Decimal('-0.13'), False)
    >>> rounded(1 / (1 + sympy.exp(-sympy.Rational(7, 20))), 4)
    (Decimal('0.5866'), False)
    """
    if value.is_Rational:
        exact = _checked(Fraction(int(value.p), int(value.q)), value)
        whole = _nearest_whole(exact * 10**places)
        return _decimal(whole, places), whole == exact * 10**places
    digits = FEWEST_DIGITS
    while True:
        scaled = _approximation(value, digits) * 10**places
        is_close_to_half = abs(scaled % 1 - Fraction(1, 2)) < Fraction(1, 10 ** (digits // 2))
        if not is_close_to_half:
            return _decimal(_nearest_whole(scaled), places), False
        if digits >= MOST_DIGITS:
            return _decimal(_nearest_whole(_to_half(scaled)), places), False
        digits *= 2


def _approximation(value: sympy.Expr, digits: int) -> Fraction:
    """The value to so many significant digits, as a fraction."""
    number = sympy.N(value, digits, maxn=4 * MOST_DIGITS)
    if not number.is_Float:
        raise NumericError(f"{str(value)[:120]} is not a finite real number")
    exact = sympy.Rational(number)
    return _checked(Fraction(int(exact.p), int(exact.q)), value)


def _checked(number: Fraction, value: sympy.Expr) -> Fraction:
    if abs(number) > LARGEST:
        raise NumericError(f"{str(value)[:120]} is larger than {LARGEST:.0e}; too large to be written out")
    return number


def _to_half(scaled: Fraction) -> Fraction:
    """The half that a number is next to."""
    return scaled // 1 + Fraction(1, 2)


def _nearest_whole(number: Fraction) -> int:
    """The nearest integer; halves go away from zero."""
    whole = int(abs(number) + Fraction(1, 2))
    return whole if number >= 0 else -whole


def _decimal(whole: int, places: int) -> Decimal:
    """`whole` / 10**places with all its places."""
    return Decimal((int(whole < 0), tuple(map(int, str(abs(whole)))), -places))


def decimal_text(number: Decimal) -> str:
    """The digits without an exponent.

    >>> decimal_text(Decimal("1E-7"))
    '0.0000001'
    """
    return f"{number:f}"
