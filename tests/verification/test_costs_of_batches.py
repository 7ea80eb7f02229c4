"""Batches on a page: the cost of a sample, their sum and their mean, each with its own derivatives; planted errors beside every truth."""

import pytest

from symback.verification.judge import verify

COLUMNS = r"""
$$Z^{[1]} = W^{[1]} A^{[0]} + b^{[1]} \mathbf{1}^T$$
$$A^{[1]} = \sigma(Z^{[1]})$$
$$Z^{[2]} = W^{[2]} A^{[1]} + b^{[2]} \mathbf{1}^T$$
$$A^{[2]} = \sigma(Z^{[2]})$$
$$C_s = \frac12 \sum_{j=1}^{2} (A^{[2]}_{js} - Y_{js})^2$$
$$C_\Sigma = \sum_{s=1}^{N} C_s$$
$$C = \frac{C_\Sigma}{N}$$
$$dZ^{[2]}_{js} = \frac{\partial C_\Sigma}{\partial Z^{[2]}_{js}}$$
"""
ROWS = r"""
$$\sigma(z) = \frac{1}{1 + e^{-z}}$$
$$Z^1 = X (W^1)^T + \mathbf{1} (b^1)^T$$
$$A^1 = \sigma(Z^1)$$
$$Z^2 = A^1 (W^2)^T + \mathbf{1} (b^2)^T$$
$$A^2 = \sigma(Z^2)$$
$$C_s = \frac12 \sum_{j=1}^{2} (A^2_{sj} - Y_{sj})^2$$
$$C_\Sigma = \sum_{s=1}^{N} C_s$$
$$C = \frac{C_\Sigma}{N}$$
$$\Delta^2 = \frac{\partial C_\Sigma}{\partial Z^2}$$
"""
OPEN_COST = r"""
$$z^l = W^l a^{l-1} + b^l$$
$$a^l = \sigma(z^l)$$
$$C = C(a^L, y)$$
$$C_s = C(A^L_s, Y_s)$$
"""


def last_verdict(tmp_path, page: str, formula: str) -> str:
    """What the judge says of a formula at the end of a page."""
    path = tmp_path / "page.md"
    path.write_text(f"{page}\n$${formula}$$\n", encoding="utf-8")
    return verify(path).formulas[-1].verdict


@pytest.mark.parametrize(
    ("page", "formula"),
    [
        (COLUMNS, r"dZ^{[2]} = (A^{[2]} - Y) * \sigma'(Z^{[2]})"),
        (COLUMNS, r"dW^{[2]} = \frac{1}{N} dZ^{[2]} (A^{[1]})^T"),
        (COLUMNS, r"db^{[2]} = \frac{1}{N} dZ^{[2]} \mathbf{1}"),
        (COLUMNS, r"dZ^{[1]} = ((W^{[2]})^T dZ^{[2]}) * \sigma'(Z^{[1]})"),
        (COLUMNS, r"\frac{\partial C_\Sigma}{\partial C_s} = 1"),
        (COLUMNS, r"\frac{\partial C}{\partial C_s} = \frac1N"),
        (ROWS, r"\Delta^2 = (A^2 - Y) \odot \sigma'(Z^2)"),
        (ROWS, r"\nabla_{W^2} C = \frac1N (\Delta^2)^T A^1"),
        (ROWS, r"\nabla_{W^1} C = \frac1N (\Delta^1)^T X"),
        (ROWS, r"\Delta^1 = (\Delta^2 W^2) \odot \sigma'(Z^1)"),
        (ROWS, r"\nabla_{W^l} C = \frac1N (\Delta^l)^T A^{l-1}"),
        (OPEN_COST, r"\frac{\partial C}{\partial W^L} = (\nabla_{a^L} C \odot \sigma'(z^L)) (a^{L-1})^T"),
        (OPEN_COST, r"\delta^L_j = \frac{\partial C}{\partial a^L_j} \sigma'(z^L_j)"),
    ],
)
def test_true_formulas_of_batches_are_proved(tmp_path, page, formula):
    """Each derivative belongs to its own cost: of the sum without 1/N, of the mean with it."""
    assert last_verdict(tmp_path, page, formula) == "proved"


@pytest.mark.parametrize(
    ("page", "formula"),
    [
        (COLUMNS, r"dZ^{[2]} = \frac{1}{N} (A^{[2]} - Y) * \sigma'(Z^{[2]})"),
        (COLUMNS, r"dW^{[2]} = dZ^{[2]} (A^{[1]})^T"),
        (COLUMNS, r"db^{[2]} = dZ^{[2]} \mathbf{1}"),
        (COLUMNS, r"dZ^{[1]} = (W^{[2]} dZ^{[2]}) * \sigma'(Z^{[1]})"),
        (COLUMNS, r"\frac{\partial C_\Sigma}{\partial C_s} = \frac1N"),
        (ROWS, r"\nabla_{W^2} C = (\Delta^2)^T A^1"),
        (ROWS, r"\nabla_{W^1} C = \frac1N (\Delta^1)^T A^1"),
        (ROWS, r"\nabla_{W^l} C = \frac1N (\Delta^l)^T A^{l}"),
        (OPEN_COST, r"\delta^L_j = \frac{\partial C}{\partial a^L_j} \sigma'(z^{L-1}_j)"),
    ],
)
def test_wrong_formulas_of_batches_are_not_proved(tmp_path, page, formula):
    """The planted errors: a factor 1/N too many or too few, a transpose, a layer."""
    assert last_verdict(tmp_path, page, formula) not in ("proved", "definition")


@pytest.mark.parametrize("start", ["11", "1111111111", "0n-1", "2m"])
def test_a_sum_that_begins_nowhere_known_is_not_taken_as_the_whole(start):
    """Σ from 11 to m leaves out the first ten terms."""
    formula = rf"\frac{{\partial C}}{{\partial a^l_k}} = \sum_{{j={start}}}^{{n}} w^{{l+1}}_{{jk}} \delta^{{l+1}}_j"
    assert verify(formula).formulas[0].verdict != "proved"
    step = rf"\theta_{{t+1}} = \theta_t - \alpha \frac1B \sum_{{i={start}}}^{{B}} \nabla_\theta L(\theta_t; x_i, y_i)"
    assert verify(step).formulas[0].verdict != "proved"


def test_a_comma_after_a_differential_is_no_derivative():
    """∂, L / ∂b is no fraction of differentials."""
    assert verify(r"b_{new} = b - \alpha \frac{\partial , L}{\partial b}").formulas[0].verdict != "proved"


PENALTY = r"""
$$z^1 = W^1 a^0 + b^1, \quad a^1 = \tanh(z^1), \quad z^2 = W^2 a^1 + b^2, \quad a^2 = \tanh(z^2)$$
$$C_0 = \frac12 \sum_j (a^2_j - y_j)^2$$
$$C = C_0 + \frac{1}{10} \sum_j \sum_k (w^1_{jk})^2 + \frac{1}{10} \sum_j \sum_k (w^2_{jk})^2$$
"""


def test_the_cost_without_its_penalty_is_another_cost(tmp_path):
    """∂C_0/∂W lacks the penalty, and ∂C/∂W has it; of an activation both are the same."""
    assert (
        last_verdict(
            tmp_path, PENALTY, r"\frac{\partial C}{\partial w^2_{jk}} = \frac{\partial C_0}{\partial z^2_j} a^1_k + \frac15 w^2_{jk}"
        )
        == "proved"
    )
    assert (
        last_verdict(tmp_path, PENALTY, r"\frac{\partial C_0}{\partial w^2_{jk}} = \frac{\partial C_0}{\partial z^2_j} a^1_k") == "proved"
    )
    assert last_verdict(tmp_path, PENALTY, r"\frac{\partial C}{\partial a^1_k} = \frac{\partial C_0}{\partial a^1_k}") == "proved"
    assert last_verdict(tmp_path, PENALTY, r"\frac{\partial C}{\partial w^2_{jk}} = \frac{\partial C_0}{\partial z^2_j} a^1_k") != "proved"
    assert (
        last_verdict(
            tmp_path, PENALTY, r"\frac{\partial C_0}{\partial w^2_{jk}} = \frac{\partial C_0}{\partial z^2_j} a^1_k + \frac15 w^2_{jk}"
        )
        != "proved"
    )
    assert (
        last_verdict(
            tmp_path, PENALTY, r"\frac{\partial C}{\partial w^2_{jk}} = \frac{\partial C_0}{\partial z^2_j} a^1_k + \frac{1}{10} w^2_{jk}"
        )
        != "proved"
    )


def test_an_equation_after_where_is_a_case(tmp_path):
    """Here "where a - y = 0" claims nothing."""
    path = tmp_path / "page.md"
    path.write_text(PENALTY + "\nAt the kink, where $a^2 - y = 0$, the slope is 0. So $a^2 - y = 0$.", encoding="utf-8")
    assert verify(path).formulas[-2].verdict == "mention"
    assert verify(path).formulas[-1].verdict not in ("mention", "proved")


def test_the_error_function_and_pi_are_known(tmp_path):
    """GELU in its exact form, and its slope."""
    page = r"$$g(z) = \frac{z}{2} (1 + \operatorname{erf}(\frac{z}{\sqrt 2}))$$"
    slope = r"g'(z) = \frac12 (1 + \operatorname{erf}(\frac{z}{\sqrt 2})) + \frac{z}{\sqrt{2 \pi}} e^{-z^2/2}"
    assert last_verdict(tmp_path, page, slope) == "proved"
    assert last_verdict(tmp_path, page, slope.replace(r"\sqrt{2 \pi}", r"\sqrt{\pi}")) != "proved"
