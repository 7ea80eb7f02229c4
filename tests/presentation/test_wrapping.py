"""A long formula is broken between the terms of its outermost sum, and nothing of it is lost."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from symback.presentation.text import display_width
from symback.presentation.wrapping import broken, latex_length

CASES = r"\begin{cases} a - b & c \end{cases}"
ATOMS = ["a", "w^{l}_{jk}", r"\frac{a - b}{c + d}", r"\left( x - y \right)", "(p + q)", r"e^{-z}", CASES, "-u"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=9), st.integers(1, 60), st.integers(0, 10**6))
def test_nothing_is_lost_and_no_bracket_is_torn(atoms, limit, seed):
    choose = random.Random(seed)
    formula = "".join(f"{choose.choice([' + ', ' - ']) if i else ''}{atom}" for i, atom in enumerate(atoms))
    lines = broken(formula, len, limit)
    assert " ".join(lines) == formula
    for line in lines:
        assert line.count("{") == line.count("}") and line.count("(") == line.count(")")
        assert line.count(r"\begin") == line.count(r"\end")


def test_a_formula_that_fits_is_left_alone():
    assert broken("a + b", len, 5) == ["a + b"]


def test_lines_are_as_few_as_fit():
    assert broken("aa + bb + cc + dd", len, 7) == ["aa + bb", "+ cc", "+ dd"]
    assert broken("aa + bb + cc + dd", len, 12) == ["aa + bb + cc", "+ dd"]


def test_a_minus_at_the_head_stays_with_its_term():
    assert broken("-a - b", len, 2) == ["-a", "- b"]


def test_lengths_are_those_of_what_is_seen():
    assert display_width("x̂ = 1") == 5
    assert latex_length(r"\frac{\partial C}{\partial a_j}") == 3
    assert latex_length(r"w^{l+1}_{kj}") == 4
