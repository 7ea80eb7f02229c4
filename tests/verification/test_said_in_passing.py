r"""Documents that say in passing, in words or in another formula, what a claim rests on; each line is true but the planted one."""

import pytest

from symback.verification.judge import verify
from symback.verification.report import Report

ROWS = r"""
# Two classes of flowers

The targets are a $N \times 2$ matrix $T$, red ($t=0$) or blue ($t=1$), with the entries $t_{ij}$.

$$H = \sigma(X \cdot W_h + \mathbf{b}_h) = \frac{1}{1+e^{-(X \cdot W_h + \mathbf{b}_h)}}$$

$$Y = \varsigma(H \cdot W_o + \mathbf{b}_o)$$

With $\varsigma$ the softmax function, $Z_h = X \cdot W_h + \mathbf{b}_h$ and $Z_o = H \cdot W_o + \mathbf{b}_o$. The loss is

$$\xi(T,Y) = - \sum_{i=1}^n \sum_{i=c}^{C} t_{ic} \cdot \log( y_{ic})$$

$$\delta_o = \frac{\partial \xi}{\partial Z_o}$$

PLANTED
"""

SAMPLES = r"""
# A bell and a gate

$$\text{BELL} = \phi(z_h) = e^{-z_h^2}$$

$$\mathbf{h} = \text{BELL}(\mathbf{x} \cdot w_h)$$

$$\mathbf{y} = \sigma(\mathbf{h} + b_o) = \frac{1}{1+e^{-(\mathbf{h}+ b_o)}}$$

$$\xi(t_i,y_i) = - \left[ t_i \log(y_i) + (1-t_i) \log(1-y_i) \right]$$

With $z_{oi} = h_i + b_o$, $z_{hi} = x_i \cdot w_h$, and with ${\partial \xi_i}/{\partial z_{oi}} = \delta_{oi}$.

$$\delta_{hi} = \frac{\partial \xi_i}{\partial z_{hi}} = -2 \cdot z_{hi} \cdot h_i \cdot \delta_{oi}$$

PLANTED
"""

SLOPE_OF_COST = r"""
# Layers of one neuron

$$z^l = w^l a^{l-1} + b^l, \quad a^l = g(z^l)$$

$$\delta^l = \frac{\partial C}{\partial z^l}$$

PLANTED
"""


def _last(report: Report) -> str:
    return report.formulas[-1].verdict


def _verdict(page: str, planted: str, tmp_path) -> str:
    """The verdict of the last formula of a page, in which no true line is refuted."""
    path = tmp_path / "page.md"
    path.write_text(page.replace("PLANTED", f"$${planted}$$"))
    report = verify(path)
    assert not [found for found in report.formulas[:-1] if found.verdict in ("refuted", "unreadable")]
    return _last(report)


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (r"\frac{\partial \xi}{\partial Z_o} = Y - T", "proved"),
        (r"\frac{\partial \xi}{\partial Z_o} = T - Y", "refuted"),
        (r"\frac{\partial \xi}{\partial W_o} = H^T \cdot (Y - T)", "proved"),
        (r"\frac{\partial \xi}{\partial W_o} = (Y - T) \cdot H^T", "refuted"),
        (r"\frac{\partial \xi}{\partial Z_h} = H \circ (1 - H) \circ [\delta_o \cdot W_o^T]", "proved"),
        (r"\frac{\partial \xi}{\partial Z_h} = H \circ (1 + H) \circ [\delta_o \cdot W_o^T]", "refuted"),
    ],
)
def test_a_function_is_what_stands_beside_its_use_and_a_slip_under_a_sum_is_seen_through(formula, verdict, tmp_path):
    assert _verdict(ROWS, formula, tmp_path) == verdict


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (r"\frac{\partial \xi_i}{\partial w_h} = x_i \cdot \delta_{hi}", "proved"),
        (r"\frac{\partial \xi_i}{\partial w_h} = z_{hi} \cdot \delta_{hi}", "refuted"),
        (r"\frac{\partial \xi_i}{\partial b_o} = y_i - t_i = \delta_{oi}", "proved"),
        (r"\frac{\partial \xi_i}{\partial b_o} = t_i - y_i = \delta_{oi}", "refuted"),
        (r"\frac{\partial \xi_i}{\partial z_{hi}} = -2 \cdot z_{hi} \cdot \delta_{oi}", "refuted"),
    ],
)
def test_the_cost_of_a_sample_is_the_cost_of_its_entries_and_an_error_may_be_named_last(formula, verdict, tmp_path):
    assert _verdict(SAMPLES, formula, tmp_path) == verdict


@pytest.mark.parametrize(
    ("formula", "is_proved"),
    [
        (r"\delta^L = C'(a^L) g'(z^L)", True),
        (r"\frac{\partial C}{\partial w^L} = C'(a^L) g'(z^L) a^{L-1}", True),
        (r"\delta^L = C'(a^L)", False),
        (r"\delta^L = C'(z^L) g'(z^L)", False),
        (r"\delta^{L-1} = C'(a^{L-1}) g'(z^{L-1})", False),
    ],
)
def test_a_prime_at_the_cost_is_its_derivative_by_what_it_is_a_function_of(formula, is_proved, tmp_path):
    assert (_verdict(SLOPE_OF_COST, formula, tmp_path) == "proved") is is_proved


THETA = r"""
# Layers after Ng

We begin at the error of the last layer, and have $\delta^{(3)}=\left({\Theta^{(3)}}\right)^{T}\delta^{(4)}\ast g'\left(z^{(3)}\right)$
and $ \delta^{(2)}=(\Theta^{(2)})^{T}\delta^{(3)}\ast g'(z^{(2)})$, where $a^{(l)}_{j}=g(z^{(l)})$ and g is the sigmoid function.

PLANTED
"""

ROW_BIAS = r"""
# A layer of a library

$$Y = X M + \hat{b}$$

With entries,

$$y_{ij} = \sum_k x_{ik} m_{kj} + b_j$$

$$\frac{\partial l}{\partial b_p} = \sum_i \frac{\partial l}{\partial y_{ip}}$$

PLANTED
"""


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (r"g'(z^{(3)}) = a^{(3)} \ast (1 - a^{(3)})", "proved"),
        (r"g'(z^{(3)}) = a^{(3)} \ast (1 + a^{(3)})", "refuted"),
        (r"\frac{\partial}{\partial\Theta_{ij}^{(l)}} J(\Theta) = a_{j}^{(l)} \delta_{i}^{(l+1)}", "proved"),
        (r"\frac{\partial}{\partial\Theta_{ij}^{(l)}} J(\Theta) = a_{i}^{(l)} \delta_{j}^{(l+1)}", "refuted"),
        (r"\delta^{(2)} = (\Theta^{(3)})^{T} \delta^{(3)} \ast g'(z^{(2)})", "refuted"),
        (r"\delta^{(2)} = (\Theta^{(2)})^{T} \delta^{(3)}", "refuted"),
    ],
)
def test_the_layer_of_a_theta_is_the_one_that_most_products_give_it(formula, verdict, tmp_path):
    assert _verdict(THETA, formula, tmp_path) == verdict


@pytest.mark.parametrize(
    ("formula", "is_proved"),
    [
        (r"\frac{\partial l}{\partial \hat{b}} = \begin{pmatrix} 1 & \cdots & 1 \end{pmatrix} \frac{\partial l}{\partial Y}", True),
        (r"\frac{\partial l}{\partial \hat{b}} = \frac{\partial l}{\partial Y} \begin{pmatrix} 1 & \cdots & 1 \end{pmatrix}^T", False),
        (r"\frac{\partial l}{\partial \hat{b}} = \frac{\partial l}{\partial Y}", False),
    ],
)
def test_a_hat_at_a_bias_marks_the_row_of_its_entries(formula, is_proved, tmp_path):
    assert (_verdict(ROW_BIAS, formula, tmp_path) == "proved") is is_proved


CHAIN_IN_TIME = r"""
# A counter

$$S_{k} = S_{k-1} \cdot w_{rec} + X_k \cdot w_x$$

PLANTED
"""


@pytest.mark.parametrize(
    ("formula", "is_proved"),
    [
        (r"\frac{\partial S_{k-1}}{\partial S_{k-m-1}} \cdot \cdots \cdot \frac{\partial S_{k-m+1}}{\partial S_{k-m}}", False),
        (r"\frac{\partial S_{k}}{\partial S_{k-1}} \cdot \cdots \cdot \frac{\partial S_{k-m+1}}{\partial S_{k-m}} = w_{rec}^m", True),
        (r"\frac{\partial S_{k}}{\partial S_{k-1}} \cdot \cdots \cdot \frac{\partial S_{k-m+1}}{\partial S_{k-m}} = w_{rec}", False),
        (r"\frac{\partial S_{k}}{\partial S_{k-1}} \cdot \cdots \cdot \frac{\partial S_{k-m+1}}{\partial S_{k-m}} = w_{rec}^{m+1}", False),
        (r"\frac{\partial S_{k}}{\partial S_{k-1}} \cdot \cdots \cdot \frac{\partial S_{k-m}}{\partial S_{k-m-1}} = w_{rec}^m", False),
    ],
)
def test_dots_between_two_factors_stand_for_the_steps_between_them(formula, is_proved, tmp_path):
    planted = r"\frac{\partial S_{k}}{\partial S_{k-m}} = " + formula
    assert (_verdict(CHAIN_IN_TIME, planted, tmp_path) == "proved") is is_proved
