"""Random networks for tests: depths, widths, activations, costs, residuals, tied weights, normalisation, penalties."""

import numpy as np

from symback.network import Dense, LayerNorm, Network, Residual

HIDDEN = (
    "sigmoid", "identity", "tanh", "relu", "leaky_relu", "leaky_relu(0.2)", "prelu", "elu", "elu(0.7)", "selu", "softplus", "silu",
    "gelu", "gelu_tanh", "mish", "hard_sigmoid", "hard_tanh", "softsign", "srelu", "softmax", "log_softmax",
)  # fmt: skip
OUTPUT_FOR_COST = {
    "quadratic": HIDDEN, "squared_error": HIDDEN, "mean_squared_error": HIDDEN, "absolute_error": HIDDEN,
    "mean_absolute_error": HIDDEN, "huber": HIDDEN, "huber(0.5)": HIDDEN, "hinge": HIDDEN,
    "binary_cross_entropy": ("sigmoid",), "binary_cross_entropy_from_logits": ("identity", "tanh"),
    "cross_entropy": ("softmax", "sigmoid"), "cross_entropy_from_logits": ("identity", "tanh", "elu"),
    "nll": ("log_softmax",), "poisson": ("exp", "softplus", "sigmoid"),
}  # fmt: skip


def random_network(seed: int) -> Network:
    """A small network that is determined by its seed."""
    draw = np.random.default_rng(seed)

    def one_of(choices):
        return choices[int(draw.integers(len(choices)))]

    def width() -> int:
        return int(draw.integers(1, 6))

    inputs, layers, above = width(), [], 0
    above = inputs
    first_dense = None
    for position in range(int(draw.integers(0, 4))):
        kind = one_of(("dense",) * 5 + ("residual", "norm", "tied"))
        if kind == "residual":
            layers.append(Residual([Dense(width(), one_of(HIDDEN)), Dense(above, one_of(HIDDEN))]))
        elif kind == "norm" and above > 1:
            layers.append(LayerNorm())
        elif kind == "tied" and first_dense == position - 1:
            layers.append(Dense(inputs, one_of(HIDDEN), tied_to=1, transpose=True))
            above = inputs
        else:
            if position == 0:
                first_dense = 0
            above = width()
            layers.append(Dense(above, one_of(HIDDEN), bias=bool(draw.random() < 0.9)))
    cost = one_of(tuple(OUTPUT_FOR_COST))
    layers.append(Dense(width(), one_of(OUTPUT_FOR_COST[cost])))
    penalties = {"l1": 0.03 if draw.random() < 0.15 else 0, "l2": 0.2 if draw.random() < 0.2 else 0}
    return Network(inputs=inputs, layers=layers, cost=cost, **penalties)
