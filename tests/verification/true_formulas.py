r"""True formulas in many spellings, with what is in force where they stand; the mutants are made of them.

A row is a setting and a formula.  A setting is what a document would state before it (LaTeX, one display each), and the
network of `independent_models.py` on which the formula is evaluated by numbers alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.verification.matrix_models import MATRIX_FORMULAS, MATRIX_PAGES

__all__ = ["SETTINGS", "TRUE_FORMULAS", "Setting", "TrueFormula", "page_with"]


@dataclass(frozen=True)
class Setting:
    """What is in force: `preamble`, displays as printed, and `model`, the row of `MODELS` that means the same."""

    preamble: tuple[str, ...]
    model: str


@dataclass(frozen=True)
class TrueFormula:
    """A formula that holds in a setting."""

    setting: str
    latex: str


def page_with(setting: str, latex: str) -> str:
    """A Markdown document: what is in force, then the formula as the last one."""
    displays = "".join(f"$$\n{line}\n$$\n\n" for line in SETTINGS[setting].preamble)
    return f"We have\n\n{displays}Therefore\n\n$$\n{latex}\n$$\n"


def _layers(here: str = "^l", below: str = "^{l-1}", *more: str) -> tuple[str, ...]:
    """The forward equations of a network, in one spelling of the layers."""
    forward = (
        rf"z{here} = W{here} a{below} + b{here}",
        rf"a{here} = \sigma(z{here})",
        rf"\delta{here} = \frac{{\partial C}}{{\partial z{here}}}",
    )
    return (*forward, *more)


SIGMOID = r"\sigma(z) = \frac{1}{1 + e^{-z}}"
ROUND, SQUARE, UNDER = ("^{(l)}", "^{(l-1)}"), ("^{[l]}", "^{[l-1]}"), ("_l", "_{l-1}")
_BINARY = r"C = -\sum_j \left( y_j \log a_j^L + (1 - y_j) \log(1 - a_j^L) \right)"
_TWO = r"C = -\sum_j \left( y_j \log a_j^{(2)} + (1 - y_j) \log(1 - a_j^{(2)}) \right)"
_NEURON = (r"z^l = w^l a^{l-1} + b^l", r"a^l = \sigma(z^l)", r"\delta^l = \frac{\partial C}{\partial z^l}")
_NEURON_ROUND = (r"z^{(l)} = w^{(l)} a^{(l-1)} + b^{(l)}", r"a^{(l)} = \sigma(z^{(l)})", r"C = (a^{(L)} - y)^2")
_NORMED = (r"\mu = \frac{1}{m} \sum_{i=1}^m x_i", r"\sigma^2 = \frac{1}{m} \sum_{i=1}^m (x_i - \mu)^2")
_LAYER_NORMED = (r"\mu = \frac{1}{n} \sum_{i=1}^n x_i", r"s = \sqrt{\frac{1}{n} \sum_{i=1}^n (x_i - \mu)^2 + \epsilon}")
_GATES = tuple(
    line
    for gate, inside, function in (("f", "u", r"\sigma"), ("i", "v", r"\sigma"), ("o", "r", r"\sigma"), ("g", "s", r"\tanh"))
    for line in (rf"{inside}_t = W_{gate} h_{{t-1}} + U_{gate} x_t + b_{gate}", rf"{gate}_t = {function}({inside}_t)")
)

SETTINGS: dict[str, Setting] = {
    "column": Setting(_layers(), "layers"),
    "column, (l)": Setting(_layers(*ROUND), "layers"),
    "column, [l]": Setting(_layers(*SQUARE), "layers"),
    "column, below": Setting(_layers(*UNDER), "layers below"),
    "quadratic": Setting(_layers("^l", "^{l-1}", r"C = \frac{1}{2} \|a^L - y\|^2"), "layers, quadratic"),
    "quadratic, (l)": Setting(_layers(*ROUND, r"C = \frac{1}{2} \|a^{(L)} - y\|^2"), "layers, quadratic"),
    "squared error": Setting(_layers("^l", "^{l-1}", r"C = \sum_j (a_j^L - y_j)^2"), "layers, squared error"),
    "squared error, (l)": Setting(_layers(*ROUND, r"C = \sum_j (a_j^{(L)} - y_j)^2"), "layers, squared error"),
    "sigmoid": Setting((*_layers(), SIGMOID), "layers, sigmoid"),
    "binary": Setting((*_layers("^l", "^{l-1}", _BINARY), SIGMOID), "layers, binary"),
    "binary, two layers": Setting((*_layers(*ROUND, _TWO), SIGMOID), "two layers, binary"),
    "rows": Setting((r"Z = X W + b", r"A = \sigma(Z)"), "dense, rows"),
    "rows turned": Setting((r"Z = X W^T + b", r"A = \sigma(Z)"), "dense, rows turned"),
    "samples": Setting((r"Z = W X + b", r"A = \sigma(Z)"), "dense, samples"),
    "turned": Setting((r"z = W^T x + b", r"a = \sigma(z)"), "dense, turned"),
    "one column": Setting((r"z = W x + b", r"a = \sigma(z)"), "dense, column"),
    "neurons": Setting(_NEURON, "neurons"),
    "neurons, squared error": Setting(_NEURON_ROUND, "neurons, squared error"),
    "softmax": Setting(
        (r"z = W x + b", r"a_i = \frac{e^{z_i}}{\sum_k e^{z_k}}", r"C = -\sum_i y_i \log a_i", r"\sum_i y_i = 1"), "softmax, column"
    ),
    "softmax, rows": Setting(
        (
            r"Z = X W + b",
            r"P_{ij} = \frac{e^{Z_{ij}}}{\sum_k e^{Z_{ik}}}",
            r"J = -\frac{1}{m} \sum_{i=1}^m \sum_j Y_{ij} \log P_{ij}",
            r"\sum_j Y_{ij} = 1",
        ),
        "softmax, rows",
    ),
    "softmax, rows, sum": Setting(
        (
            r"Z = X W + b",
            r"P_{ij} = \frac{e^{Z_{ij}}}{\sum_k e^{Z_{ik}}}",
            r"J = -\sum_i \sum_j Y_{ij} \log P_{ij}",
            r"\sum_j Y_{ij} = 1",
        ),
        "softmax, rows, sum",
    ),
    "logistic": Setting(
        (r"z = w^T x + b", r"a = \sigma(z)", SIGMOID, r"L = -\left( y \log a + (1 - y) \log(1 - a) \right)"), "logistic, sample"
    ),
    "logistic, batch": Setting(
        (
            r"z^{(i)} = w^T x^{(i)} + b",
            r"a^{(i)} = \sigma(z^{(i)})",
            SIGMOID,
            r"J = -\frac{1}{m} \sum_{i=1}^m \left[ y^{(i)} \log a^{(i)} + (1 - y^{(i)}) \log(1 - a^{(i)}) \right]",
        ),
        "logistic, batch",
    ),
    "logistic, matrix": Setting(
        (r"z = X w", r"a = \sigma(z)", SIGMOID, r"J = -\frac{1}{m} \sum_{i=1}^m \left( y_i \log a_i + (1 - y_i) \log(1 - a_i) \right)"),
        "logistic, matrix",
    ),
    "linear": Setting((r"\hat y = X w", r"J = \frac{1}{2m} \|\hat y - y\|^2"), "linear, mean"),
    "linear, sum": Setting((r"\hat y = X w", r"J = \|\hat y - y\|^2"), "linear, sum"),
    "linear, sample": Setting((r"\hat y = w^T x + b", r"L = \frac{1}{2} (\hat y - y)^2"), "linear, sample"),
    "batch norm": Setting(
        (*_NORMED, r"\hat x_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}", r"y_i = \gamma \hat x_i + \beta"), "batch norm"
    ),
    "layer norm": Setting((*_LAYER_NORMED, r"\hat x_i = \frac{x_i - \mu}{s}", r"y_i = \gamma_i \hat x_i + \beta_i"), "layer norm"),
    "RMS norm": Setting((r"r = \sqrt{\frac{1}{n} \sum_{k=1}^n x_k^2 + \epsilon}", r"y_i = g_i \frac{x_i}{r}"), "RMS norm"),
    "recurrent": Setting((r"a_t = W h_{t-1} + U x_t + b", r"h_t = \tanh(a_t)", r"o_t = V h_t + c"), "recurrent"),
    "LSTM": Setting((*_GATES, r"c_t = f_t \odot c_{t-1} + i_t \odot g_t", r"h_t = o_t \odot \tanh(c_t)", SIGMOID), "LSTM"),
}

SETTINGS |= {name: Setting(preamble, name) for name, preamble in MATRIX_PAGES.items()}

_HIDDEN = [
    r"\delta^{<l>} = ((W^{<l+1>})^T \delta^{<l+1>}) \odot \sigma'(z^{<l>})",
    r"\delta^{<l>} = (W^{<l+1>})^T \delta^{<l+1>} \odot \sigma'(z^{<l>})",
    r"\delta^{<l>} = \sigma'(z^{<l>}) \odot (W^{<l+1>})^T \delta^{<l+1>}",
    r"\delta^{<l>} = \frac{\partial C}{\partial a^{<l>}} \odot \sigma'(z^{<l>})",
    r"\frac{\partial C}{\partial W^{<l>}} = \delta^{<l>} (a^{<l-1>})^T",
    r"\frac{\partial C}{\partial b^{<l>}} = \delta^{<l>}",
    r"\frac{\partial C}{\partial a^{<l>}} = (W^{<l+1>})^T \delta^{<l+1>}",
    r"\frac{\partial C}{\partial a^{<l>}} = (W^{<l+1>})^T \frac{\partial C}{\partial z^{<l+1>}}",
    r"\nabla_{W^{<l>}} C = \delta^{<l>} (a^{<l-1>})^T",
    r"\nabla_{b^{<l>}} C = \delta^{<l>}",
    r"\delta^{<l>}_j = \sum_k w^{<l+1>}_{kj} \delta^{<l+1>}_k \sigma'(z^{<l>}_j)",
    r"\delta_j^{<l>} = \sigma'(z_j^{<l>}) \sum_{k} w_{kj}^{<l+1>} \delta_k^{<l+1>}",
    r"\frac{\partial C}{\partial w^{<l>}_{jk}} = \delta^{<l>}_j a^{<l-1>}_k",
    r"\frac{\partial C}{\partial w^{<l>}_{jk}} = a^{<l-1>}_k \delta^{<l>}_j",
    r"\frac{\partial C}{\partial b^{<l>}_j} = \delta^{<l>}_j",
    r"\frac{\partial C}{\partial a^{<l>}_k} = \sum_j w^{<l+1>}_{jk} \delta^{<l+1>}_j",
    r"\frac{\partial z^{<l+1>}_k}{\partial z^{<l>}_j} = w^{<l+1>}_{kj} \sigma'(z^{<l>}_j)",
    r"\frac{\partial z^{<l>}_j}{\partial a^{<l-1>}_k} = w^{<l>}_{jk}",
    r"\frac{\partial C}{\partial w_{jk}^{<l>}} = \frac{\partial C}{\partial z_j^{<l>}} \frac{\partial z_j^{<l>}}{\partial w_{jk}^{<l>}}",
    r"\frac{\partial C}{\partial z_j^{<l>}} = \frac{\partial C}{\partial a_j^{<l>}} \frac{\partial a_j^{<l>}}{\partial z_j^{<l>}}",
    r"\frac{\partial C}{\partial z_j^{<l>}} = \sum_k \frac{\partial C}{\partial z_k^{<l+1>}} \frac{\partial z_k^{<l+1>}}{\partial z_j^{<l>}}",
    r"\delta^{<l>} = \left( \frac{\partial z^{<l+1>}}{\partial a^{<l>}} \right)^T \cdot \frac{\partial C}{\partial z^{<l+1>}} \odot \sigma'(z^{<l>})",
]


def _with_layers(template: str, here: str, above: str, below: str) -> str:
    return template.replace("<l+1>", above).replace("<l-1>", below).replace("<l>", here)


_SPELLINGS = (
    ("column", ("l", "l+1", "l-1")),
    ("column, (l)", ("(l)", "(l+1)", "(l-1)")),
    ("column, [l]", ("[l]", "[l+1]", "[l-1]")),
    ("column", ("L-1", "L", "L-2")),
    ("column", ("2", "3", "1")),
)

_OUTPUT = [
    ("column", r"\delta^L = \nabla_{a^L} C \odot \sigma'(z^L)"),
    ("column", r"\delta^L = \frac{\partial C}{\partial a^L} \odot \sigma'(z^L)"),
    ("quadratic", r"\delta^L = (a^L - y) \odot \sigma'(z^L)"),
    ("squared error", r"\delta^L = 2 (a^L - y) \odot \sigma'(z^L)"),
    ("squared error, (l)", r"\delta^{(L)}_j = 2 (a_j^{(L)} - y_j) \sigma'(z_j^{(L)})"),
    ("quadratic, (l)", r"\delta^{(L)}_j = (a_j^{(L)} - y_j) \sigma'(z_j^{(L)})"),
    ("quadratic", r"\frac{\partial C}{\partial a^L} = a^L - y"),
    ("squared error", r"\frac{\partial C}{\partial a^L_j} = 2 (a^L_j - y_j)"),
    ("squared error, (l)", r"\frac{\partial C}{\partial w_{jk}^{(L)}} = 2(a_{j}^{(L)}-y_{j})\sigma'(z_{j}^{(L)})a^{(L-1)}_{k}"),
    ("squared error, (l)", r"\frac{\partial C}{\partial a_{k}^{(L-1)}} = \sum_{i} 2(a_{i}^{(L)}-y_{i})\sigma'(z_{i}^{(L)}) w_{ik}^{(L)}"),
    ("quadratic", r"\frac{\partial C}{\partial W^L} = ((a^L - y) \odot \sigma'(z^L)) (a^{L-1})^T"),
    ("binary", r"\delta^L = a^L - y"),
    ("binary, two layers", r"\delta^{(2)} = a^{(2)} - y"),
    ("binary", r"\frac{\partial C}{\partial W^L} = (a^L - y) (a^{L-1})^T"),
    ("binary", r"\frac{\partial C}{\partial a^L_j} = -\frac{y_j}{a^L_j} + \frac{1 - y_j}{1 - a^L_j}"),
    ("binary", r"\frac{\partial C}{\partial a^L_j} = \frac{a^L_j - y_j}{a^L_j (1 - a^L_j)}"),
    ("sigmoid", r"\sigma'(z^l) = a^l \odot (1 - a^l)"),
    ("sigmoid", r"\sigma'(z) = \sigma(z) (1 - \sigma(z))"),
    ("sigmoid", r"\delta^l = (W^{l+1})^T \delta^{l+1} \odot a^l \odot (1 - a^l)"),
    ("sigmoid", r"\delta_j^l = a_j^l (1 - a_j^l) \sum_k w_{kj}^{l+1} \delta_k^{l+1}"),
    ("rows", r"\frac{\partial C}{\partial W} = X^T \frac{\partial C}{\partial Z}"),
    ("rows", r"\frac{\partial C}{\partial X} = \frac{\partial C}{\partial Z} W^T"),
    ("rows", r"\frac{\partial C}{\partial Z} = \frac{\partial C}{\partial A} \odot \sigma'(Z)"),
    ("rows turned", r"\frac{\partial C}{\partial W} = \left(\frac{\partial C}{\partial Z}\right)^T X"),
    ("rows turned", r"\frac{\partial C}{\partial X} = \frac{\partial C}{\partial Z} W"),
    ("samples", r"\frac{\partial C}{\partial W} = \frac{\partial C}{\partial Z} X^T"),
    ("samples", r"\frac{\partial C}{\partial X} = W^T \frac{\partial C}{\partial Z}"),
    ("turned", r"\frac{\partial C}{\partial W} = x \left(\frac{\partial C}{\partial z}\right)^T"),
    ("turned", r"\frac{\partial C}{\partial x} = W \frac{\partial C}{\partial z}"),
    ("one column", r"\frac{\partial L}{\partial x} = W^T \frac{\partial L}{\partial z}"),
    ("one column", r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial z} \cdot x^T"),
    ("one column", r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial a} \odot \sigma'(z)"),
    ("column, below", r"\frac{\partial C}{\partial W_3} = \delta_3 \cdot a_2^T"),
    ("column, below", r"\delta_2 = W_3^T \delta_3 \odot \sigma'(z_2)"),
    ("neurons, squared error", r"\frac{\partial C}{\partial w^{(L)}} = 2 (a^{(L)} - y) \sigma'(z^{(L)}) a^{(L-1)}"),
    ("neurons, squared error", r"\frac{\partial C}{\partial b^{(L)}} = 2 (a^{(L)} - y) \sigma'(z^{(L)})"),
    ("neurons, squared error", r"\frac{\partial C}{\partial a^{(L-1)}} = 2 (a^{(L)} - y) \sigma'(z^{(L)}) w^{(L)}"),
    ("neurons", r"\delta^l = \delta^{l+1} w^{l+1} \sigma'(z^l)"),
    ("neurons", r"\frac{\partial C}{\partial w^l} = \delta^l a^{l-1}"),
    (
        "neurons",
        r"\frac{\partial C}{\partial w^{l}} = \frac{\partial C}{\partial a^{l}} \frac{\partial a^{l}}{\partial z^{l}} \frac{\partial z^{l}}{\partial w^{l}}",
    ),
    ("one column", r"\frac{\partial a_i}{\partial z_j} = \delta_{ij} \sigma'(z_i)"),
    ("one column", r"\frac{\partial z_i}{\partial x_j} = W_{ij}"),
    ("one column", r"\frac{\partial L}{\partial x_j} = \sum_i \frac{\partial L}{\partial z_i} W_{ij}"),
]


_SOFTMAX = [
    r"\frac{\partial a_i}{\partial z_j} = a_i (\delta_{ij} - a_j)",
    r"\frac{\partial a_i}{\partial z_j} = a_i \delta_{ij} - a_i a_j",
    r"\frac{\partial a}{\partial z} = \operatorname{diag}(a) - a a^T",
    r"\frac{\partial \log a_i}{\partial z_j} = \delta_{ij} - a_j",
    r"\frac{\partial C}{\partial a_i} = -\frac{y_i}{a_i}",
    r"\frac{\partial C}{\partial z_j} = a_j - y_j",
    r"\frac{\partial C}{\partial z} = a - y",
    r"\frac{\partial C}{\partial z_j} = \sum_i \frac{\partial C}{\partial a_i} \frac{\partial a_i}{\partial z_j}",
    r"\frac{\partial C}{\partial z_j} = -\sum_i y_i (\delta_{ij} - a_j)",
    r"\frac{\partial C}{\partial z_j} = -\sum_i \frac{y_i}{a_i} a_i (\delta_{ij} - a_j)",
    r"\frac{\partial C}{\partial z_j} = a_j \sum_i y_i - y_j",
    r"\frac{\partial C}{\partial W} = (a - y) x^T",
    r"\frac{\partial C}{\partial b} = a - y",
    r"\frac{\partial C}{\partial x} = W^T (a - y)",
    r"\frac{\partial C}{\partial W_{ij}} = (a_i - y_i) x_j",
    r"\frac{\partial C}{\partial x_j} = \sum_i (a_i - y_i) W_{ij}",
]
_SOFTMAX_ROWS = [
    r"\frac{\partial J}{\partial Z} = \frac{1}{m} (P - Y)",
    r"\frac{\partial J}{\partial Z_{ij}} = \frac{1}{m} (P_{ij} - Y_{ij})",
    r"\frac{\partial J}{\partial W} = \frac{1}{m} X^T (P - Y)",
    r"\frac{\partial J}{\partial X} = \frac{1}{m} (P - Y) W^T",
    r"\frac{\partial J}{\partial b_j} = \frac{1}{m} \sum_{i=1}^m (P_{ij} - Y_{ij})",
    r"\frac{\partial J}{\partial W_{kj}} = \frac{1}{m} \sum_{i=1}^m X_{ik} (P_{ij} - Y_{ij})",
]
_SOFTMAX_SUM = [
    r"\frac{\partial J}{\partial Z} = P - Y",
    r"\frac{\partial J}{\partial W} = X^T (P - Y)",
    r"\frac{\partial J}{\partial X} = (P - Y) W^T",
    r"\frac{\partial J}{\partial b_j} = \sum_i (P_{ij} - Y_{ij})",
]
_LOGISTIC = [
    r"\frac{\partial L}{\partial z} = a - y",
    r"\frac{\partial L}{\partial w} = (a - y) x",
    r"\frac{\partial L}{\partial w_j} = (a - y) x_j",
    r"\frac{\partial L}{\partial b} = a - y",
    r"\frac{\partial L}{\partial x} = (a - y) w",
    r"\frac{\partial a}{\partial z} = a (1 - a)",
    r"\frac{\partial L}{\partial a} = -\frac{y}{a} + \frac{1 - y}{1 - a}",
    r"\frac{\partial L}{\partial a} = \frac{a - y}{a (1 - a)}",
    r"\frac{\partial z}{\partial w_j} = x_j",
    r"\frac{\partial L}{\partial w_j} = \frac{\partial L}{\partial a} \frac{\partial a}{\partial z} \frac{\partial z}{\partial w_j}",
]
_LOGISTIC_BATCH = [
    r"\frac{\partial J}{\partial w_j} = \frac{1}{m} \sum_{i=1}^m (a^{(i)} - y^{(i)}) x_j^{(i)}",
    r"\frac{\partial J}{\partial w} = \frac{1}{m} \sum_{i=1}^m (a^{(i)} - y^{(i)}) x^{(i)}",
    r"\frac{\partial J}{\partial b} = \frac{1}{m} \sum_{i=1}^m (a^{(i)} - y^{(i)})",
    r"\frac{\partial J}{\partial z^{(i)}} = \frac{1}{m} (a^{(i)} - y^{(i)})",
    r"\frac{\partial z^{(i)}}{\partial w_j} = x_j^{(i)}",
]
_LOGISTIC_MATRIX = [
    r"\frac{\partial J}{\partial w} = \frac{1}{m} X^T (a - y)",
    r"\nabla_w J = \frac{1}{m} X^T (\sigma(X w) - y)",
    r"\frac{\partial J}{\partial w_j} = \frac{1}{m} \sum_{i=1}^m (a_i - y_i) X_{ij}",
    r"\frac{\partial J}{\partial z} = \frac{1}{m} (a - y)",
]
_LINEAR = [
    r"\frac{\partial J}{\partial \hat y} = \frac{1}{m} (\hat y - y)",
    r"\frac{\partial J}{\partial w} = \frac{1}{m} X^T (\hat y - y)",
    r"\nabla_w J = \frac{1}{m} X^T (X w - y)",
    r"\frac{\partial J}{\partial w_j} = \frac{1}{m} \sum_{i=1}^m (\hat y_i - y_i) X_{ij}",
    r"\frac{\partial J}{\partial w_j} = \frac{1}{m} \sum_{i=1}^m \left( \sum_k X_{ik} w_k - y_i \right) X_{ij}",
]
_LINEAR_SUM = [
    r"\frac{\partial J}{\partial w} = 2 X^T (\hat y - y)",
    r"\nabla_w J = 2 X^T X w - 2 X^T y",
    r"\frac{\partial J}{\partial w_j} = 2 \sum_i (\hat y_i - y_i) X_{ij}",
]
_LINEAR_SAMPLE = [
    r"\frac{\partial L}{\partial \hat y} = \hat y - y",
    r"\frac{\partial L}{\partial w} = (\hat y - y) x",
    r"\frac{\partial L}{\partial w_j} = (\hat y - y) x_j",
    r"\frac{\partial L}{\partial b} = \hat y - y",
    r"\frac{\partial L}{\partial w_j} = \frac{\partial L}{\partial \hat y} \frac{\partial \hat y}{\partial w_j}",
]
_BATCH_NORM = [
    r"\frac{\partial L}{\partial \hat x_i} = \frac{\partial L}{\partial y_i} \gamma",
    r"\frac{\partial L}{\partial \gamma} = \sum_{i=1}^m \frac{\partial L}{\partial y_i} \hat x_i",
    r"\frac{\partial L}{\partial \beta} = \sum_{i=1}^m \frac{\partial L}{\partial y_i}",
    r"\frac{\partial \mu}{\partial x_i} = \frac{1}{m}",
    r"\frac{\partial \sigma^2}{\partial x_i} = \frac{2}{m} (x_i - \mu)",
    r"\frac{\partial L}{\partial \sigma^2} = -\frac{1}{2} \sum_{i=1}^m \frac{\partial L}{\partial \hat x_i} (x_i - \mu) (\sigma^2 + \epsilon)^{-3/2}",
    r"\frac{\partial L}{\partial \mu} = -\frac{1}{\sqrt{\sigma^2 + \epsilon}} \sum_{i=1}^m \frac{\partial L}{\partial \hat x_i}",
    r"\frac{\partial L}{\partial x_i} = \frac{1}{m \sqrt{\sigma^2 + \epsilon}} \left( m \frac{\partial L}{\partial \hat x_i} - \sum_{j=1}^m \frac{\partial L}{\partial \hat x_j} - \hat x_i \sum_{j=1}^m \frac{\partial L}{\partial \hat x_j} \hat x_j \right)",
    r"\frac{\partial L}{\partial x_i} = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} \left( \frac{\partial L}{\partial y_i} - \frac{1}{m} \sum_{j=1}^m \frac{\partial L}{\partial y_j} - \frac{\hat x_i}{m} \sum_{j=1}^m \frac{\partial L}{\partial y_j} \hat x_j \right)",
    r"\frac{\partial \hat x_i}{\partial x_j} = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \left( \delta_{ij} - \frac{1}{m} - \frac{\hat x_i \hat x_j}{m} \right)",
    r"\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial \hat x_i} \frac{1}{\sqrt{\sigma^2 + \epsilon}} + \frac{\partial L}{\partial \sigma^2} \frac{2 (x_i - \mu)}{m} + \frac{\partial L}{\partial \mu} \frac{1}{m}",
]
_LAYER_NORM = [
    r"\frac{\partial L}{\partial \gamma_i} = \frac{\partial L}{\partial y_i} \hat x_i",
    r"\frac{\partial L}{\partial \beta_i} = \frac{\partial L}{\partial y_i}",
    r"\frac{\partial L}{\partial \hat x_i} = \gamma_i \frac{\partial L}{\partial y_i}",
    r"\frac{\partial s}{\partial x_i} = \frac{x_i - \mu}{n s}",
    r"\frac{\partial L}{\partial x_i} = \frac{1}{s} \left( \frac{\partial L}{\partial \hat x_i} - \frac{1}{n} \sum_{j=1}^n \frac{\partial L}{\partial \hat x_j} - \frac{\hat x_i}{n} \sum_{j=1}^n \frac{\partial L}{\partial \hat x_j} \hat x_j \right)",
    r"\frac{\partial \hat x_i}{\partial x_j} = \frac{1}{s} \left( \delta_{ij} - \frac{1}{n} - \frac{1}{n} \hat x_i \hat x_j \right)",
]
_RMS_NORM = [
    r"\frac{\partial r}{\partial x_j} = \frac{x_j}{n r}",
    r"\frac{\partial L}{\partial g_i} = \frac{\partial L}{\partial y_i} \frac{x_i}{r}",
    r"\frac{\partial y_i}{\partial x_j} = g_i \left( \frac{\delta_{ij}}{r} - \frac{x_i x_j}{n r^3} \right)",
    r"\frac{\partial L}{\partial x_j} = \frac{g_j}{r} \frac{\partial L}{\partial y_j} - \frac{x_j}{n r^3} \sum_{i=1}^n \frac{\partial L}{\partial y_i} g_i x_i",
]
_RECURRENT = [
    r"\frac{\partial L}{\partial h_t} = V^T \frac{\partial L}{\partial o_t} + W^T \frac{\partial L}{\partial a_{t+1}}",
    r"\frac{\partial L}{\partial a_t} = (1 - h_t^2) \odot \frac{\partial L}{\partial h_t}",
    r"\frac{\partial L}{\partial a_t} = \operatorname{diag}(1 - h_t^2) \frac{\partial L}{\partial h_t}",
    r"\frac{\partial h_t}{\partial a_t} = \operatorname{diag}(1 - h_t^2)",
    r"\frac{\partial h_{t+1}}{\partial h_t} = \operatorname{diag}(1 - h_{t+1}^2) W",
    r"\frac{\partial L}{\partial W} = \sum_{t=1}^T \frac{\partial L}{\partial a_t} h_{t-1}^T",
    r"\frac{\partial L}{\partial U} = \sum_{t=1}^T \frac{\partial L}{\partial a_t} x_t^T",
    r"\frac{\partial L}{\partial b} = \sum_{t=1}^T \frac{\partial L}{\partial a_t}",
    r"\frac{\partial L}{\partial V} = \sum_{t=1}^T \frac{\partial L}{\partial o_t} h_t^T",
    r"\frac{\partial L}{\partial c} = \sum_{t=1}^T \frac{\partial L}{\partial o_t}",
    r"\frac{\partial L}{\partial x_t} = U^T \frac{\partial L}{\partial a_t}",
]
_LSTM = [
    r"\frac{\partial L}{\partial o_t} = \frac{\partial L}{\partial h_t} \odot \tanh(c_t)",
    r"\frac{\partial L}{\partial c_t} = \frac{\partial L}{\partial h_t} \odot o_t \odot (1 - \tanh^2(c_t)) + \frac{\partial L}{\partial c_{t+1}} \odot f_{t+1}",
    r"\frac{\partial L}{\partial f_t} = \frac{\partial L}{\partial c_t} \odot c_{t-1}",
    r"\frac{\partial L}{\partial i_t} = \frac{\partial L}{\partial c_t} \odot g_t",
    r"\frac{\partial L}{\partial g_t} = \frac{\partial L}{\partial c_t} \odot i_t",
    r"\frac{\partial L}{\partial u_t} = \frac{\partial L}{\partial f_t} \odot f_t \odot (1 - f_t)",
    r"\frac{\partial L}{\partial v_t} = \frac{\partial L}{\partial c_t} \odot g_t \odot i_t \odot (1 - i_t)",
    r"\frac{\partial L}{\partial s_t} = \frac{\partial L}{\partial g_t} \odot (1 - g_t^2)",
    r"\frac{\partial L}{\partial W_f} = \sum_{t=1}^T \frac{\partial L}{\partial u_t} h_{t-1}^T",
    r"\frac{\partial L}{\partial U_o} = \sum_{t=1}^T \frac{\partial L}{\partial r_t} x_t^T",
    r"\frac{\partial L}{\partial b_g} = \sum_{t=1}^T \frac{\partial L}{\partial s_t}",
    r"\frac{\partial L}{\partial x_t} = U_f^T \frac{\partial L}{\partial u_t} + U_i^T \frac{\partial L}{\partial v_t} + U_o^T \frac{\partial L}{\partial r_t} + U_g^T \frac{\partial L}{\partial s_t}",
]
_CHAINS = [
    r"\frac{\partial C}{\partial a_k^{L-1}} = \sum_j \frac{\partial C}{\partial z_j^L} \frac{\partial z_j^L}{\partial a_k^{L-1}}",
    r"\frac{\partial C}{\partial a_k^{L-1}} = \sum_j \frac{\partial z_j^L}{\partial a_k^{L-1}} \frac{\partial a_j^L}{\partial z_j^L} \frac{\partial C}{\partial a_j^L}",
    r"\frac{\partial C}{\partial w_{jk}^L} = \frac{\partial z_j^L}{\partial w_{jk}^L} \frac{\partial a_j^L}{\partial z_j^L} \frac{\partial C}{\partial a_j^L}",
    r"\frac{\partial C}{\partial b_j^l} = \frac{\partial C}{\partial a_j^l} \frac{\partial a_j^l}{\partial z_j^l}",
    r"\frac{\partial C}{\partial w_{jk}^l} = \sum_i \delta_i^{l+1} w_{ij}^{l+1} \sigma'(z_j^l) a_k^{l-1}",
]

_MORE = {
    "softmax": _SOFTMAX, "softmax, rows": _SOFTMAX_ROWS, "softmax, rows, sum": _SOFTMAX_SUM, "logistic": _LOGISTIC,
    "logistic, batch": _LOGISTIC_BATCH, "logistic, matrix": _LOGISTIC_MATRIX, "linear": _LINEAR, "linear, sum": _LINEAR_SUM,
    "linear, sample": _LINEAR_SAMPLE, "batch norm": _BATCH_NORM, "layer norm": _LAYER_NORM, "RMS norm": _RMS_NORM,
    "recurrent": _RECURRENT, "LSTM": _LSTM, "column": _CHAINS,
}  # fmt: skip

TRUE_FORMULAS: tuple[TrueFormula, ...] = (
    *(TrueFormula(setting, _with_layers(template, *spelling)) for template in _HIDDEN for setting, spelling in _SPELLINGS),
    *(TrueFormula(setting, latex) for setting, latex in _OUTPUT),
    *(TrueFormula(setting, latex) for setting, formulas in (*_MORE.items(), *MATRIX_FORMULAS.items()) for latex in formulas),
)
