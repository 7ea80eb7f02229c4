r"""Pages that state something, with true formulas and near misses of them: no true one is refuted, no false one proved.

The pages are the rows of `near_misses.py`, settled by hand.  A few of each are judged always, and all of them in the slow test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from symback.verification.judge import verify
from tests.verification.near_misses import PAGES


def judged(tmp_path: Path, stated: tuple[str, ...], latex: str) -> str:
    """The verdict on a formula at the end of a page."""
    displays = "".join(f"$$\n{line}\n$$\n\n" for line in stated)
    page = tmp_path / "page.md"
    page.write_text(f"We have\n\n{displays}Therefore\n\n$$\n{latex}\n$$\n", encoding="utf-8")
    last = verify(page).formulas[-1]
    assert last.latex == latex
    return last.verdict


def wrong_verdicts(tmp_path: Path, every: int, start: int = 0) -> list[str]:
    """The true formulas that are refuted and the false ones that are proved, of each N-th."""
    rows = [
        (page, latex, truth) for page in PAGES for truth, all_of_them in ((True, page.true), (False, page.false)) for latex in all_of_them
    ]
    found = [(judged(tmp_path, page.stated, latex), truth, page.title, latex) for page, latex, truth in rows[start::every]]
    return [f"{verdict}: [{title}] {latex}" for verdict, truth, title, latex in found if verdict == ("refuted" if truth else "proved")]


def test_no_near_miss_is_proved_and_no_true_formula_refuted(tmp_path):
    assert wrong_verdicts(tmp_path, 25, 7) == []


@pytest.mark.slow
def test_of_all_near_misses_none_is_proved_and_no_true_formula_refuted(tmp_path):
    assert wrong_verdicts(tmp_path, 1) == []


# --- what such pages taught the judge -------------------------------------------------------------------------------------------
SIGMOID = r"\hat y_i = \sigma(z_i) = \frac{1}{1+e^{-z_i}}"


@pytest.mark.parametrize("stated", [SIGMOID, SIGMOID.replace("_i", "^{(i)}"), SIGMOID.replace("_i", "^l"), SIGMOID.replace("_i", "_t")])
def test_a_function_of_an_entry_is_one_of_a_number(tmp_path, stated):
    assert judged(tmp_path, (stated,), r"\sigma'(z) = \sigma(z)(1-\sigma(z))") == "proved"
    assert judged(tmp_path, (stated,), r"\sigma'(z) = \sigma(z)(1+\sigma(z))") == "refuted"


def test_softmax_of_an_entry_is_no_function_of_a_number(tmp_path):
    stated = (r"p_i = \sigma(z_i) = \frac{e^{z_i}}{\sum_k e^{z_k}}",)
    assert judged(tmp_path, stated, r"\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j)") == "proved"
    assert judged(tmp_path, stated, r"\frac{\partial p_i}{\partial z_j} = \delta_{ij} p_i (1 - p_i)") != "proved"


@pytest.mark.parametrize("scale", [r"\sqrt{d}", r"\sqrt{d_k}"])
def test_the_keys_of_attention_are_a_matrix_and_the_size_under_the_root_a_number(tmp_path, scale):
    stated = (rf"S = \frac{{Q K^T}}{{{scale}}}", "O = S V")
    assert (
        judged(
            tmp_path,
            stated,
            rf"\frac{{\partial L}}{{\partial K}} = \frac{{1}}{{{scale}}} \left(\frac{{\partial L}}{{\partial S}}\right)^T Q",
        )
        == "proved"
    )
    assert (
        judged(tmp_path, stated, rf"\frac{{\partial L}}{{\partial Q}} = \frac{{1}}{{{scale}}} \frac{{\partial L}}{{\partial S}} K")
        == "proved"
    )
    assert (
        judged(tmp_path, stated, rf"\frac{{\partial L}}{{\partial K}} = \frac{{1}}{{{scale}}} \frac{{\partial L}}{{\partial S}} Q")
        == "refuted"
    )


@pytest.mark.parametrize(
    ("stated", "latex"),
    [
        ((r"z = W^T x + b", r"a = \sigma(z)"), r"\frac{\partial C}{\partial W} = x \left(\frac{\partial C}{\partial z}\right)^T + b - b"),
        ((r"z = W^T x + b", r"a = \sigma(z)"), r"\frac{\partial C}{\partial W} = z - z + x \left(\frac{\partial C}{\partial z}\right)^T"),
        ((r"z^l = W^l a^{l-1} + b^l", r"a^l = \sigma(z^l)"), r"\frac{\partial C}{\partial W^l} = \delta^l (a^{l-1})^T + (a^{l-1} - a^{l-1})"),
    ],
)  # fmt: skip
def test_parts_that_cancel_must_fit_as_well(tmp_path, stated, latex):
    assert judged(tmp_path, stated, latex) != "proved"


def in_cases(here: str, first: str, there: str, second: str) -> str:
    """The derivative of softmax as an author prints it who tells the cases apart."""
    return rf"\frac{{\partial p_i}}{{\partial z_j}} = \begin{{cases}} {here} & {first} \\ {there} & {second} \end{{cases}}"


@pytest.mark.parametrize(
    ("first", "second"),
    [("i = j", r"i \neq j"), (r"\text{if } j = i,", r"\text{if } i \ne j."), ("i = j", r"\text{otherwise}")],
)
def test_cases_of_equal_and_of_different_indices(tmp_path, first, second):
    stated = (r"p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}",)
    assert judged(tmp_path, stated, in_cases("p_i (1 - p_i)", first, "-p_i p_j", second)) == "proved"
    assert judged(tmp_path, stated, in_cases("p_i (1 - p_i)", first, "p_i p_j", second)) == "refuted"
    assert judged(tmp_path, stated, in_cases("p_i (p_i - 1)", first, "-p_i p_j", second)) == "refuted"


def test_cases_may_come_in_either_order_and_in_an_array_beside_a_brace(tmp_path):
    stated = (r"p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}",)
    assert judged(tmp_path, stated, in_cases("-p_i p_j", r"i \neq j", "p_i (1 - p_j)", "i = j")) == "proved"
    assert judged(tmp_path, stated, in_cases("p_i (1 - p_i)", r"i \neq j", "-p_i p_j", "i = j")) == "refuted"
    array = in_cases("p_i (1 - p_i)", "i = j", "-p_i p_j", r"i \neq j").replace(r"\begin{cases}", r"\left\{ \begin{array}{ll}")
    assert judged(tmp_path, stated, array.replace(r"\end{cases}", r"\end{array} \right.")) == "proved"


@pytest.mark.parametrize("second", [r"i = j", r"i \neq k", "k = i"])
def test_cases_that_leave_something_out_are_not_proved(tmp_path, second):
    stated = (r"p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}",)
    assert judged(tmp_path, stated, in_cases("p_i (1 - p_i)", "i = j", "-p_i p_j", second)) != "proved"
