"""Rounding to decimals is correct: nearest, halves away from zero, whatever the expression."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symback.errors import NumericError
from symback.numerics.decimals import decimal_text, rounded


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12), st.integers(0, 14), st.integers(0, 12))
def test_decimals_are_rounded_as_at_school(digits, shift, places):
    value = sympy.Rational(digits, 10**shift)
    with localcontext() as context:
        context.prec = 60
        wanted = (Decimal(digits).scaleb(-shift)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    result, is_exact = rounded(value, places)
    assert result == wanted and -result.as_tuple().exponent == places
    assert is_exact == (Fraction(result) == Fraction(int(value.p), int(value.q)))


@settings(deadline=None, max_examples=60)
@given(st.integers(-80, 80), st.integers(0, 9))
def test_functions_are_rounded_to_the_nearest(tenths, places):
    z = sympy.Rational(tenths, 10)
    with localcontext() as context:
        context.prec = 80
        exponential = (-Decimal(tenths) / 10).exp()
        wanted = (1 / (1 + exponential)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    assert rounded(1 / (1 + sympy.exp(-z)), places)[0] == wanted


def test_halves_go_away_from_zero():
    for value, wanted in (("1/8", "0.13"), ("-1/8", "-0.13"), ("3/8", "0.38"), ("5/1000", "0.01"), ("-5/1000", "-0.01")):
        assert str(rounded(sympy.Rational(value), 2)[0]) == wanted


def test_zero_has_no_sign():
    assert str(rounded(sympy.Rational(-1, 1000), 2)[0]) == "0.00"
    assert str(rounded(-sympy.exp(-50), 4)[0]) == "0.0000"


def test_a_value_next_to_a_half_is_told_from_it():
    close = sympy.exp(-100)
    assert str(rounded(sympy.Rational(1, 8) - close, 2)[0]) == "0.12"
    assert str(rounded(sympy.Rational(1, 8) + close, 2)[0]) == "0.13"
    assert str(rounded(-sympy.Rational(1, 8) + close, 2)[0]) == "-0.12"


def test_a_half_in_disguise_is_a_half():
    assert str(rounded(sympy.log(sympy.exp(sympy.Rational(1, 8), evaluate=False), evaluate=False), 2)[0]) == "0.13"
    disguised = sympy.sin(1, evaluate=False) ** 2 + sympy.cos(1, evaluate=False) ** 2 - sympy.Rational(7, 8)
    assert str(rounded(disguised, 2)[0]) == "0.13"


@pytest.mark.parametrize("value", [sympy.nan, sympy.zoo, sympy.oo, sympy.I, sympy.log(-1), sympy.exp(10**6), sympy.Integer(10) ** 40])
def test_what_is_no_number_of_a_page_is_refused(value):
    with pytest.raises(NumericError):
        rounded(value, 4)


def test_digits_are_written_without_exponents():
    assert [decimal_text(Decimal(text)) for text in ("1E+1", "1E-7", "-0.0500")] == ["10", "0.0000001", "-0.0500"]
