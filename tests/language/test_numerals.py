"""Formulas with numbers in the places of names: the formula's own order and signs, every digit as it is given."""

import pickle

import pytest
import sympy

from symback.language.numerals import Numeral, Relations, WithNumbers
from symback.language.printing import to_latex, to_text, to_text_with_grids

W, A, B = (sympy.IndexedBase(name) for name in ("W^1", "a^0", "b^1"))


def shown(formula: sympy.Basic, **numbers: str) -> str:
    """The formula with numbers for w11, w12, a1, a2, b1."""
    places = {"w11": W[1, 1], "w12": W[1, 2], "a1": A[1], "a2": A[2], "b1": B[1]}
    return to_text(WithNumbers(formula, [(places[name], Numeral(digits)) for name, digits in numbers.items()]))


Z = W[1, 1] * A[1] + W[1, 2] * A[2] + B[1]


def test_terms_stay_in_the_order_in_which_the_formula_is_read():
    assert shown(Z, w11="0.3", a1="0.9", w12="0.4", a2="0.1", b1="0.1") == "0.3 · 0.9 + 0.4 · 0.1 + 0.1"


def test_equal_numbers_are_neither_squared_nor_added_up():
    assert shown(Z, w11="0.2", a1="0.2", w12="0.2", a2="0.2", b1="0.2") == "0.2 · 0.2 + 0.2 · 0.2 + 0.2"


def test_zeros_and_ones_are_not_left_out():
    assert shown(Z, w11="0", a1="0.9", w12="1", a2="0.1000", b1="0") == "0 · 0.9 + 1 · 0.1000 + 0"


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"w11": "-0.7", "a1": "0.5", "w12": "-0.1", "a2": "0.5", "b1": "-0.2"}, "-0.7 · 0.5 - 0.1 · 0.5 - 0.2"),
        ({"w11": "0.7", "a1": "-0.5", "w12": "0.1", "a2": "-0.5", "b1": "0.2"}, "0.7 · (-0.5) + 0.1 · (-0.5) + 0.2"),
        ({"w11": "-0.7", "a1": "-0.5", "w12": "-0.1", "a2": "-0.5", "b1": "-0.2"}, "-0.7 · (-0.5) - 0.1 · (-0.5) - 0.2"),
    ],
)
def test_a_minus_stands_before_its_term_or_in_parentheses(numbers, expected):
    assert shown(Z, **numbers) == expected


def test_a_difference_of_a_negative_number_keeps_both_signs():
    assert shown(A[1] - B[1], a1="-0.3", b1="-0.5") == "-0.3 - (-0.5)"


def test_powers_of_negative_numbers_keep_their_parentheses():
    assert shown(1 - A[1] ** 2, a1="-0.5") == "1 - (-0.5)²"
    assert shown(A[1] * (1 - A[1]), a1="-0.5") == "-0.5 · (1 - (-0.5))"


def test_whole_parts_may_be_replaced():
    part = sympy.exp(A[1])
    formula = WithNumbers(part / (part + sympy.exp(A[2])), [(part, Numeral("1.5")), (sympy.exp(A[2]), Numeral("0.5"))])
    assert to_text(formula) == "1.5/(1.5 + 0.5)"
    assert to_latex(formula) == r"\frac{1.5}{1.5 + 0.5}"


def test_numbers_end_with_the_formula_that_they_belong_to():
    pair = Relations((WithNumbers(A[1], [(A[1], Numeral("0.50"))]), A[1] * A[2]), "=")
    assert to_text(pair) == "0.50 = a⁰₁ a⁰₂"
    assert to_latex(pair) == "0.50 = a^{0}_{1} a^{0}_{2}"


def test_matrices_may_stand_for_names():
    symbol = sympy.MatrixSymbol("W^1", 1, 2)
    numbers = sympy.ImmutableMatrix([[Numeral("-0.5"), Numeral("0.10")]])
    formula = WithNumbers(symbol, [(symbol, numbers)])
    assert to_text(formula) == "[-0.5, 0.10]"
    assert to_latex(formula) == r"\begin{pmatrix} -0.5 & 0.10 \end{pmatrix}"
    line, grids = to_text_with_grids(Relations((formula, formula), "≈"))
    assert [*grids.values()] == [(("-0.5", "0.10"),)] * 2
    assert line == " ≈ ".join(grids)


def test_numerals_are_equal_by_their_digits():
    assert Numeral("0.5") == Numeral("0.5") != Numeral("0.50")
    assert pickle.loads(pickle.dumps(Numeral("-0.50"))) == Numeral("-0.50")
