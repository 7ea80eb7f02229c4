r"""True formulas in many spellings, with what is in force where they stand; the mutants are made of them."""

from symback.verification.universe import Ways

__all__ = ["TRUE_FORMULAS"]

COLUMN = Ways()
QUADRATIC, SQUARED, SIGMOID = Ways(cost="quadratic"), Ways(cost="squared_error"), Ways(activation="sigmoid")
BINARY = Ways(cost="binary_cross_entropy", activation="sigmoid")
ROWS, ROWS_TURNED, SAMPLES, TURNED = Ways("row"), Ways("row transposed"), Ways("samples"), Ways("transposed")
ONE = Ways("scalar")

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


_SPELLINGS = [("l", "l+1", "l-1"), ("(l)", "(l+1)", "(l-1)"), ("[l]", "[l+1]", "[l-1]"), ("L-1", "L", "L-2"), ("2", "3", "1")]

_OUTPUT = [
    (r"\delta^L = \nabla_a C \odot \sigma'(z^L)".replace(r"\nabla_a C", r"\nabla_{a^L} C"), COLUMN),
    (r"\delta^L = \frac{\partial C}{\partial a^L} \odot \sigma'(z^L)", COLUMN),
    (r"\delta^L = (a^L - y) \odot \sigma'(z^L)", QUADRATIC),
    (r"\delta^L = 2 (a^L - y) \odot \sigma'(z^L)", SQUARED),
    (r"\delta^{(L)}_j = 2 (a_j^{(L)} - y_j) \sigma'(z_j^{(L)})", SQUARED),
    (r"\delta^{(L)}_j = (a_j^{(L)} - y_j) \sigma'(z_j^{(L)})", QUADRATIC),
    (r"\frac{\partial C}{\partial a^L} = a^L - y", QUADRATIC),
    (r"\frac{\partial C}{\partial a^L_j} = 2 (a^L_j - y_j)", SQUARED),
    (r"\frac{\partial C}{\partial w_{jk}^{(L)}} = 2(a_{j}^{(L)}-y_{j})\sigma'(z_{j}^{(L)})a^{(L-1)}_{k}", SQUARED),
    (r"\frac{\partial C}{\partial a_{k}^{(L-1)}} = \sum_{i} 2(a_{i}^{(L)}-y_{i})\sigma'(z_{i}^{(L)}) w_{ik}^{(L)}", SQUARED),
    (r"\frac{\partial C}{\partial W^L} = ((a^L - y) \odot \sigma'(z^L)) (a^{L-1})^T", QUADRATIC),
    (r"\delta^L = a^L - y", BINARY),
    (r"\delta^{(2)} = a^{(2)} - y", BINARY),
    (r"\frac{\partial C}{\partial W^L} = (a^L - y) (a^{L-1})^T", BINARY),
    (r"\frac{\partial C}{\partial a^L_j} = -\frac{y_j}{a^L_j} + \frac{1 - y_j}{1 - a^L_j}", BINARY),
    (r"\frac{\partial C}{\partial a^L_j} = \frac{a^L_j - y_j}{a^L_j (1 - a^L_j)}", BINARY),
    (r"\sigma'(z^l) = a^l \odot (1 - a^l)", SIGMOID),
    (r"\sigma'(z) = \sigma(z) (1 - \sigma(z))", SIGMOID),
    (r"\delta^l = (W^{l+1})^T \delta^{l+1} \odot a^l \odot (1 - a^l)", SIGMOID),
    (r"\delta_j^l = a_j^l (1 - a_j^l) \sum_k w_{kj}^{l+1} \delta_k^{l+1}", SIGMOID),
    (r"\frac{\partial C}{\partial W} = X^T \frac{\partial C}{\partial Z}", ROWS),
    (r"\frac{\partial C}{\partial X} = \frac{\partial C}{\partial Z} W^T", ROWS),
    (r"\frac{\partial C}{\partial Z} = \frac{\partial C}{\partial A} \odot \sigma'(Z)", ROWS),
    (r"\frac{\partial C}{\partial W} = \left(\frac{\partial C}{\partial Z}\right)^T X", ROWS_TURNED),
    (r"\frac{\partial C}{\partial X} = \frac{\partial C}{\partial Z} W", ROWS_TURNED),
    (r"\frac{\partial C}{\partial W} = \frac{\partial C}{\partial Z} X^T", SAMPLES),
    (r"\frac{\partial C}{\partial X} = W^T \frac{\partial C}{\partial Z}", SAMPLES),
    (r"\frac{\partial C}{\partial W} = x \left(\frac{\partial C}{\partial z}\right)^T", TURNED),
    (r"\frac{\partial C}{\partial x} = W \frac{\partial C}{\partial z}", TURNED),
    (r"\frac{\partial L}{\partial x} = W^T \frac{\partial L}{\partial z}", COLUMN),
    (r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial z} \cdot x^T", COLUMN),
    (r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial a} \odot \sigma'(z)", COLUMN),
    (r"\frac{\partial C}{\partial W_3} = \delta_3 \cdot a_2^T", COLUMN),
    (r"\delta_2 = W_3^T \delta_3 \odot \sigma'(z_2)", COLUMN),
    (r"\frac{\partial C}{\partial w^{(L)}} = 2 (a^{(L)} - y) \sigma'(z^{(L)}) a^{(L-1)}", Ways("scalar", cost="squared_error")),
    (r"\frac{\partial C}{\partial b^{(L)}} = 2 (a^{(L)} - y) \sigma'(z^{(L)})", Ways("scalar", cost="squared_error")),
    (r"\frac{\partial C}{\partial a^{(L-1)}} = 2 (a^{(L)} - y) \sigma'(z^{(L)}) w^{(L)}", Ways("scalar", cost="squared_error")),
    (r"\delta^l = \delta^{l+1} w^{l+1} \sigma'(z^l)", ONE),
    (r"\frac{\partial C}{\partial w^l} = \delta^l a^{l-1}", ONE),
    (
        r"\frac{\partial C}{\partial w^{l}} = \frac{\partial C}{\partial a^{l}} \frac{\partial a^{l}}{\partial z^{l}} \frac{\partial z^{l}}{\partial w^{l}}",
        ONE,
    ),
    (r"\frac{\partial a_i}{\partial z_j} = \delta_{ij} \sigma'(z_i)", COLUMN),
    (r"\frac{\partial z_i}{\partial x_j} = W_{ij}", COLUMN),
    (r"\frac{\partial L}{\partial x_j} = \sum_i \frac{\partial L}{\partial z_i} W_{ij}", COLUMN),
]

TRUE_FORMULAS: tuple[tuple[str, Ways], ...] = (
    *((_with_layers(template, *spelling), COLUMN) for template in _HIDDEN for spelling in _SPELLINGS),
    *_OUTPUT,
)
