r"""Formulas that stand alone, without a document: what nobody states is not taken for what would make them true."""

from __future__ import annotations

import pytest

from symback.verification.judge import verify

NEVER_PROVED = [
    r"AB = BA",
    r"PQ = QP",
    r"NM = MN",
    r"ABC = CBA",
    r"CA = AC",
    r"\infty - \infty = 0",
    r"\infty + 1 = \infty",
    r"\frac{\partial y}{\partial x} = \frac{\partial x}{\partial y}",
    r"\frac{\partial L}{\partial y} = \frac{\partial y}{\partial L}",
    r"\underbrace{\delta^{l+1}}_{=\delta^l}",
    r"\delta^l = \underbrace{(W^{l+1})^T \delta^{l+1}}_{=\delta^l} \odot \sigma'(z^l)",
]

PROVED = [
    r"AB = AB",
    r"(AB)^T = B^T A^T",
    r"A(B + C) = AB + AC",
    r"A \odot B = B \odot A",
    r"\frac{\partial L}{\partial L} = 1",
    r"\delta^l = \underbrace{(W^{l+1})^T \delta^{l+1}}_{= \frac{\partial C}{\partial a^l}} \odot \sigma'(z^l)",
]


@pytest.mark.parametrize("latex", NEVER_PROVED)
def test_what_is_false_or_open_is_not_proved(latex):
    assert verify(latex).formulas[0].verdict not in ("proved", "definition")


@pytest.mark.parametrize("latex", PROVED)
def test_what_holds_for_matrices_is_proved(latex):
    assert verify(latex).formulas[0].verdict == "proved"


def test_a_wrong_label_under_a_brace_is_refuted_though_the_rest_is_true(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "$$z^l = W^l a^{l-1} + b^l$$\n\n"
        r"$$\frac{\partial C}{\partial W^l_{jk}} = "
        r"\underbrace{\frac{\partial z^l_j}{\partial W^l_{jk}}}_{= a^l_k} \frac{\partial C}{\partial z^l_j}$$" + "\n",
        encoding="utf-8",
    )
    found = verify(page).formulas[-1]
    assert found.verdict == "refuted"
    assert r"_{= a^{l - 1}_{k}}" in found.correction


@pytest.mark.parametrize("latex", [r"C = C(a^L)", r"C = C(W, b, x)"])
def test_what_depends_on_what_is_a_definition(latex):
    assert verify(latex).formulas[0].verdict == "definition"


def test_a_product_with_a_sum_is_no_dependence():
    assert verify(r"w = w (x + 1)").formulas[0].verdict not in ("proved", "definition")


@pytest.mark.parametrize(
    ("latex", "verdict"),
    [
        (r"C = \frac12 \| a^L - y \|^2 \Rightarrow \frac{\partial C}{\partial a^L} = a^L - y", "proved"),
        (r"C = \frac12 \| a^L - y \|^2 \Rightarrow \frac{\partial C}{\partial a^L} = 2 (a^L - y)", "refuted"),
        (r"C = \| a^L - 2 y \|^2 \Rightarrow \frac{\partial C}{\partial a^L} = a^L - y", "refuted"),
    ],
)
def test_a_cost_that_is_stated_decides_also_within_one_formula(latex, verdict):
    assert verify(latex).formulas[0].verdict == verdict


def test_a_cost_that_cannot_be_read_is_not_replaced_by_a_usual_one():
    latex = r"C = \frac{1}{ } \| a^L - 2 y \|^2 \Rightarrow \frac{\partial C}{\partial a^L} = a^L - y"
    assert verify(latex).formulas[0].verdict == "undecided"
