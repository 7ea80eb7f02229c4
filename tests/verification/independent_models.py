r"""Networks written by hand in numpy: what a formula speaks of, for the evaluator of `independent.py`.

    z = W x + b,  a = σ(z),  L = L(a)      ->      Model(leaves W, b, x;  equations z, a, L in order;  how each is printed)

Nothing here knows a derivative: a model runs forward, and everything else is differences of two runs.  All functions are
analytic and work on complex numbers, so that a step of 1e-30 i gives a derivative without rounding.  All sizes are
different and at least two, so that a transpose or a wrong layer shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

__all__ = ["MODELS", "Key", "Model", "Named", "Values"]

Key = tuple[str, int | None]  # the quantity and its layer or time step
Values = dict[Key, np.ndarray]
Equation = tuple[Key, Callable[[Values], np.ndarray]]


@dataclass(frozen=True)
class Named:
    """A printed letter: which quantity it is, and whether a script above or below is a "stage" (layer, time) or a "sample"."""

    base: str
    above: str = ""
    below: str = ""


@dataclass(frozen=True)
class Model:
    """Random leaves, equations in order, and the printed names; `gradients` maps a name to what the cost is differentiated by."""

    leaves: Values
    equations: tuple[Equation, ...]
    names: Mapping[str, Named]
    numbers: Mapping[str, int] = field(default_factory=dict)
    functions: Mapping[str, Callable[[np.ndarray], np.ndarray]] = field(default_factory=dict)
    gradients: Mapping[str, str] = field(default_factory=dict)
    cost: str = "C"

    def run(self, key: Key | None = None, value: np.ndarray | None = None) -> Values:
        """All values; with a key, that quantity is held at `value` and everything after it follows."""
        values = dict(self.leaves)
        if key is not None and value is not None and key in values:
            values[key] = value
        for name, equation in self.equations:
            values[name] = value if name == key and value is not None else np.asarray(equation(values))
        return values


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-x)."""
    return 1 / (1 + np.exp(-x))


def some_function(x: np.ndarray) -> np.ndarray:
    """An activation of no special form: no identity holds for it that does not hold for all."""
    return np.tanh(0.8 * x) + 0.3 * np.sin(1.7 * x + 0.4) + 0.11 * x * x


def some_cost(*arrays: np.ndarray) -> np.ndarray:
    """A cost of no special form, in which every entry counts and none is alone."""
    total = np.concatenate([np.ravel(array) * (1 + 0.1 * place) for place, array in enumerate(arrays)])
    weights = 1 + 0.37 * np.arange(len(total))
    return np.sin(weights @ total) + 0.2 * np.sum(weights[::-1] * total**3) + 0.5 * (np.sum(total * total)) ** 2 / len(total)


def softmax(x: np.ndarray) -> np.ndarray:
    """Along the last axis."""
    powers = np.exp(x)
    return powers / powers.sum(axis=-1, keepdims=True)


def binary_cross_entropy(a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Summed over everything."""
    return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))


def chances(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Rows that sum to one."""
    return softmax(rng.normal(size=shape))


COSTS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "some": lambda a, y: some_cost(a, a * 0 + y),
    "quadratic": lambda a, y: np.sum((a - y) ** 2) / 2,
    "squared error": lambda a, y: np.sum((a - y) ** 2),
    "binary": binary_cross_entropy,
}


# --- networks of layers -----------------------------------------------------------------------------------------------
def layers(rng: np.random.Generator, cost: str, activation: Callable, last: int = 5, below: bool = False) -> Model:
    """z^l = W^l a^(l-1) + b^l, a^l = σ(z^l), C(a^L, y); the layers are printed above, or `below`."""
    widths = (3, 4, 2, 5, 6, 7)
    leaves: Values = {("a", 0): rng.normal(size=widths[0]), ("y", None): rng.uniform(0.1, 0.9, size=widths[last])}
    equations: list[Equation] = []
    for l in range(1, last + 1):
        leaves["W", l] = rng.normal(size=(widths[l], widths[l - 1])) / 2
        leaves["b", l] = rng.normal(size=widths[l])
        equations.append((("z", l), lambda v, l=l: v["W", l] @ v["a", l - 1] + v["b", l]))
        equations.append((("a", l), lambda v, l=l: activation(v["z", l])))
    equations.append((("C", None), lambda v: COSTS[cost](v["a", last], v["y", None])))
    leaves["z", None] = rng.normal(size=2)
    place = {"below": "stage"} if below else {"above": "stage"}
    names = {
        **{letter: Named(letter, **place) for letter in ("z", "a", "b", "W")},
        "w": Named("W", **place), r"\delta": Named("delta", **place), "y": Named("y"), "C": Named("C"),
    }  # fmt: skip
    return Model(leaves, tuple(equations), names, {"l": 3, "L": last}, {r"\sigma": activation}, {"delta": "z"})


def single_neurons(rng: np.random.Generator, cost: str) -> Model:
    """One neuron in each layer: every quantity is a number."""
    leaves: Values = {("a", 0): np.asarray(rng.normal()), ("y", None): np.asarray(rng.normal())}
    equations: list[Equation] = []
    for l in range(1, 6):
        leaves["W", l], leaves["b", l] = np.asarray(rng.normal()), np.asarray(rng.normal())
        equations.append((("z", l), lambda v, l=l: v["W", l] * v["a", l - 1] + v["b", l]))
        equations.append((("a", l), lambda v, l=l: some_function(v["z", l])))
    equations.append((("C", None), lambda v: COSTS[cost](v["a", 5], v["y", None])))
    names = {
        **{letter: Named(letter, above="stage") for letter in ("z", "a", "b")},
        "w": Named("W", above="stage"), r"\delta": Named("delta", above="stage"), "y": Named("y"), "C": Named("C"),
    }  # fmt: skip
    return Model(leaves, tuple(equations), names, {"l": 3, "L": 5}, {r"\sigma": some_function}, {"delta": "z"})


def dense(rng: np.random.Generator, way: str) -> Model:
    """One layer of capital letters, as rows of samples, as columns of samples, or as one column, with any cost."""
    m, n, k = 4, 3, 2
    shape_x, shape_w, product = {
        "rows": ((m, n), (n, k), lambda x, w: x @ w),
        "rows turned": ((m, n), (k, n), lambda x, w: x @ w.T),
        "samples": ((n, m), (k, n), lambda x, w: w @ x),
        "turned": ((n,), (n, k), lambda x, w: w.T @ x),
        "column": ((n,), (k, n), lambda x, w: w @ x),
    }[way]
    leaves: Values = {("x", None): rng.normal(size=shape_x), ("W", None): rng.normal(size=shape_w)}
    leaves["b", None] = rng.normal(size=(k, 1) if way == "samples" else (k,))
    equations: tuple[Equation, ...] = (
        (("z", None), lambda v: product(v["x", None], v["W", None]) + v["b", None]),
        (("a", None), lambda v: some_function(v["z", None])),
        (("C", None), lambda v: some_cost(v["a", None])),
    )
    capital = way in ("rows", "rows turned", "samples")
    names = {letter.upper() if capital else letter: Named(letter) for letter in ("x", "z", "a")}
    names |= {"W": Named("W"), "b": Named("b"), "C": Named("C"), "L": Named("C")}
    return Model(leaves, equations, names, {"m": m}, {r"\sigma": some_function})


# --- softmax and cross entropy, regressions -------------------------------------------------------------------------------
def softmax_column(rng: np.random.Generator) -> Model:
    """z = W x + b, a = softmax(z), C = -Σ y log a, Σ y = 1."""
    leaves: Values = {("x", None): rng.normal(size=4), ("W", None): rng.normal(size=(3, 4)), ("b", None): rng.normal(size=3)}
    leaves["y", None] = chances(rng, 3)
    equations: tuple[Equation, ...] = (
        (("z", None), lambda v: v["W", None] @ v["x", None] + v["b", None]),
        (("a", None), lambda v: softmax(v["z", None])),
        (("C", None), lambda v: -np.sum(v["y", None] * np.log(v["a", None]))),
    )
    return Model(leaves, equations, {letter: Named(letter) for letter in "xWbyzaC"})


def softmax_rows(rng: np.random.Generator, is_mean: bool) -> Model:
    """Z = X W + b, P = softmax of each row, J = -(1/m) Σ Y log P."""
    m = 5
    leaves: Values = {("X", None): rng.normal(size=(m, 4)), ("W", None): rng.normal(size=(4, 3)), ("b", None): rng.normal(size=3)}
    leaves["Y", None] = chances(rng, m, 3)
    equations: tuple[Equation, ...] = (
        (("Z", None), lambda v: v["X", None] @ v["W", None] + v["b", None]),
        (("P", None), lambda v: softmax(v["Z", None])),
        (("J", None), lambda v: -np.sum(v["Y", None] * np.log(v["P", None])) / (m if is_mean else 1)),
    )
    return Model(leaves, equations, {letter: Named(letter) for letter in "XWbYZPJ"}, {"m": m}, cost="J")


def logistic_sample(rng: np.random.Generator) -> Model:
    """z = wᵀx + b, a = sigmoid(z), L the binary cross entropy: one sample."""
    leaves: Values = {("x", None): rng.normal(size=3), ("w", None): rng.normal(size=3)}
    leaves |= {("b", None): np.asarray(rng.normal()), ("y", None): np.asarray(rng.uniform(0.1, 0.9))}
    equations: tuple[Equation, ...] = (
        (("z", None), lambda v: v["w", None] @ v["x", None] + v["b", None]),
        (("a", None), lambda v: sigmoid(v["z", None])),
        (("L", None), lambda v: binary_cross_entropy(v["a", None], v["y", None])),
    )
    return Model(leaves, equations, {letter: Named(letter) for letter in "xwbyzaL"}, {}, {r"\sigma": sigmoid}, cost="L")


def logistic_batch(rng: np.random.Generator) -> Model:
    """z⁽ⁱ⁾ = wᵀx⁽ⁱ⁾ + b, the mean binary cross entropy; samples above."""
    m = 4
    leaves: Values = {("x", None): rng.normal(size=(m, 3)), ("w", None): rng.normal(size=3), ("b", None): np.asarray(rng.normal())}
    leaves["y", None] = rng.uniform(0.1, 0.9, size=m)
    equations: tuple[Equation, ...] = (
        (("z", None), lambda v: v["x", None] @ v["w", None] + v["b", None]),
        (("a", None), lambda v: sigmoid(v["z", None])),
        (("J", None), lambda v: binary_cross_entropy(v["a", None], v["y", None]) / m),
    )
    names = {letter: Named(letter, above="sample") for letter in "xyza"} | {letter: Named(letter) for letter in "wbJ"}
    return Model(leaves, equations, names, {"m": m}, {r"\sigma": sigmoid}, cost="J")


def logistic_matrix(rng: np.random.Generator) -> Model:
    """z = X w, a = sigmoid(z), the mean binary cross entropy."""
    m = 4
    leaves: Values = {("X", None): rng.normal(size=(m, 3)), ("w", None): rng.normal(size=3), ("y", None): rng.uniform(0.1, 0.9, size=m)}
    equations: tuple[Equation, ...] = (
        (("z", None), lambda v: v["X", None] @ v["w", None]),
        (("a", None), lambda v: sigmoid(v["z", None])),
        (("J", None), lambda v: binary_cross_entropy(v["a", None], v["y", None]) / m),
    )
    return Model(leaves, equations, {letter: Named(letter) for letter in "XwyzaJ"}, {"m": m}, {r"\sigma": sigmoid}, cost="J")


def linear_matrix(rng: np.random.Generator, is_mean: bool) -> Model:
    """ŷ = X w, J = ‖ŷ - y‖² / 2m, or without the 2m."""
    m = 4
    leaves: Values = {("X", None): rng.normal(size=(m, 3)), ("w", None): rng.normal(size=3), ("y", None): rng.normal(size=m)}
    equations: tuple[Equation, ...] = (
        (("out", None), lambda v: v["X", None] @ v["w", None]),
        (("J", None), lambda v: np.sum((v["out", None] - v["y", None]) ** 2) / (2 * m if is_mean else 1)),
    )
    names = {letter: Named(letter) for letter in "XwyJ"} | {r"\hat y": Named("out")}
    return Model(leaves, equations, names, {"m": m}, cost="J")


def linear_sample(rng: np.random.Generator) -> Model:
    """ŷ = wᵀx + b, L = ½(ŷ - y)²."""
    leaves: Values = {("x", None): rng.normal(size=3), ("w", None): rng.normal(size=3)}
    leaves |= {("b", None): np.asarray(rng.normal()), ("y", None): np.asarray(rng.normal())}
    equations: tuple[Equation, ...] = (
        (("out", None), lambda v: v["w", None] @ v["x", None] + v["b", None]),
        (("L", None), lambda v: (v["out", None] - v["y", None]) ** 2 / 2),
    )
    return Model(leaves, equations, {letter: Named(letter) for letter in "xwbyL"} | {r"\hat y": Named("out")}, cost="L")


# --- normalisations -------------------------------------------------------------------------------------------------------
def batch_norm(rng: np.random.Generator) -> Model:
    """One feature over m samples: mean, variance, x̂, y = γ x̂ + β."""
    m = 5
    leaves: Values = {("x", None): rng.normal(size=m), ("gamma", None): np.asarray(rng.normal()), ("beta", None): np.asarray(rng.normal())}
    leaves["epsilon", None] = np.asarray(0.3)
    equations: tuple[Equation, ...] = (
        (("mu", None), lambda v: np.sum(v["x", None]) / m),
        (("variance", None), lambda v: np.sum((v["x", None] - v["mu", None]) ** 2) / m),
        (("normed", None), lambda v: (v["x", None] - v["mu", None]) / np.sqrt(v["variance", None] + v["epsilon", None])),
        (("y", None), lambda v: v["gamma", None] * v["normed", None] + v["beta", None]),
        (("L", None), lambda v: some_cost(v["y", None])),
    )
    names = {
        "x": Named("x"), r"\gamma": Named("gamma"), r"\beta": Named("beta"), r"\epsilon": Named("epsilon"), r"\mu": Named("mu"),
        r"\sigma^2": Named("variance"), r"\hat x": Named("normed"), "y": Named("y"), "L": Named("L"),
    }  # fmt: skip
    return Model(leaves, equations, names, {"m": m}, cost="L")


def layer_norm(rng: np.random.Generator) -> Model:
    """One sample with n features: s is the root of the variance plus ε."""
    n = 5
    leaves: Values = {("x", None): rng.normal(size=n), ("gamma", None): rng.normal(size=n), ("beta", None): rng.normal(size=n)}
    leaves["epsilon", None] = np.asarray(0.3)
    equations: tuple[Equation, ...] = (
        (("mu", None), lambda v: np.sum(v["x", None]) / n),
        (("s", None), lambda v: np.sqrt(np.sum((v["x", None] - v["mu", None]) ** 2) / n + v["epsilon", None])),
        (("normed", None), lambda v: (v["x", None] - v["mu", None]) / v["s", None]),
        (("y", None), lambda v: v["gamma", None] * v["normed", None] + v["beta", None]),
        (("L", None), lambda v: some_cost(v["y", None])),
    )
    names = {
        "x": Named("x"), r"\gamma": Named("gamma"), r"\beta": Named("beta"), r"\epsilon": Named("epsilon"), r"\mu": Named("mu"),
        "s": Named("s"), r"\hat x": Named("normed"), "y": Named("y"), "L": Named("L"),
    }  # fmt: skip
    return Model(leaves, equations, names, {"n": n}, cost="L")


def rms_norm(rng: np.random.Generator) -> Model:
    """r = √(mean of squares + ε), y = g x / r."""
    n = 4
    leaves: Values = {("x", None): rng.normal(size=n), ("g", None): rng.normal(size=n), ("epsilon", None): np.asarray(0.2)}
    equations: tuple[Equation, ...] = (
        (("r", None), lambda v: np.sqrt(np.sum(v["x", None] ** 2) / n + v["epsilon", None])),
        (("y", None), lambda v: v["g", None] * v["x", None] / v["r", None]),
        (("L", None), lambda v: some_cost(v["y", None])),
    )
    return Model(leaves, equations, {letter: Named(letter) for letter in "xgryL"} | {r"\epsilon": Named("epsilon")}, {"n": n}, cost="L")


# --- recurrent layers -----------------------------------------------------------------------------------------------------
def recurrent(rng: np.random.Generator) -> Model:
    """a_t = W h_(t-1) + U x_t + b, h_t = tanh(a_t), o_t = V h_t + c, and a loss of all o_t."""
    last, h, x, o = 4, 3, 2, 4
    leaves: Values = {("W", None): rng.normal(size=(h, h)) / 2, ("U", None): rng.normal(size=(h, x)), ("V", None): rng.normal(size=(o, h))}
    leaves |= {("b", None): rng.normal(size=h), ("c", None): rng.normal(size=o), ("h", 0): rng.normal(size=h)}
    equations: list[Equation] = []
    for t in range(1, last + 1):
        leaves["x", t] = rng.normal(size=x)
        equations += [
            (("a", t), lambda v, t=t: v["W", None] @ v["h", t - 1] + v["U", None] @ v["x", t] + v["b", None]),
            (("h", t), lambda v, t=t: np.tanh(v["a", t])),
            (("o", t), lambda v, t=t: v["V", None] @ v["h", t] + v["c", None]),
        ]
    equations.append((("L", None), lambda v: some_cost(*(v["o", t] for t in range(1, last + 1)))))
    names = {letter: Named(letter, below="stage") for letter in "ahox"} | {letter: Named(letter) for letter in "WUVbcL"}
    return Model(leaves, tuple(equations), names, {"t": 2, "T": last}, cost="L")


def long_short_term_memory(rng: np.random.Generator) -> Model:
    """Gates f, i, o, g from u, v, r, s; c_t = f_t c_(t-1) + i_t g_t, h_t = o_t tanh(c_t)."""
    last, h, x = 4, 3, 2
    leaves: Values = {("h", 0): rng.normal(size=h), ("c", 0): rng.normal(size=h)}
    gates = (("f", "u", sigmoid), ("i", "v", sigmoid), ("o", "r", sigmoid), ("g", "s", np.tanh))
    for gate, _, _ in gates:
        leaves["W" + gate, None], leaves["U" + gate, None] = rng.normal(size=(h, h)) / 2, rng.normal(size=(h, x))
        leaves["b" + gate, None] = rng.normal(size=h)
    equations: list[Equation] = []
    for t in range(1, last + 1):
        leaves["x", t] = rng.normal(size=x)
        for gate, inside, function in gates:
            equations.append(
                ((inside, t), lambda v, t=t, g=gate: v["W" + g, None] @ v["h", t - 1] + v["U" + g, None] @ v["x", t] + v["b" + g, None])
            )
            equations.append(((gate, t), lambda v, t=t, i=inside, f=function: f(v[i, t])))
        equations.append((("c", t), lambda v, t=t: v["f", t] * v["c", t - 1] + v["i", t] * v["g", t]))
        equations.append((("h", t), lambda v, t=t: v["o", t] * np.tanh(v["c", t])))
    equations.append((("L", None), lambda v: some_cost(*(v["h", t] for t in range(1, last + 1)))))
    names = {letter: Named(letter, below="stage") for letter in "fiogurvschx"} | {"L": Named("L")}
    names |= {f"{letter}_{gate}": Named(letter + gate) for letter in "WUb" for gate, _, _ in gates}
    return Model(leaves, tuple(equations), names, {"t": 2, "T": last}, {r"\sigma": sigmoid}, cost="L")


MODELS: dict[str, Callable[[np.random.Generator], Model]] = {
    "layers": lambda rng: layers(rng, "some", some_function),
    "layers below": lambda rng: layers(rng, "some", some_function, below=True),
    "layers, quadratic": lambda rng: layers(rng, "quadratic", some_function),
    "layers, squared error": lambda rng: layers(rng, "squared error", some_function),
    "layers, sigmoid": lambda rng: layers(rng, "some", sigmoid),
    "layers, binary": lambda rng: layers(rng, "binary", sigmoid),
    "two layers, binary": lambda rng: layers(rng, "binary", sigmoid, last=2),
    "neurons": lambda rng: single_neurons(rng, "some"),
    "neurons, squared error": lambda rng: single_neurons(rng, "squared error"),
    "neurons, quadratic": lambda rng: single_neurons(rng, "quadratic"),
    **{f"dense, {way}": lambda rng, way=way: dense(rng, way) for way in ("rows", "rows turned", "samples", "turned", "column")},
    "softmax, column": softmax_column,
    "softmax, rows": lambda rng: softmax_rows(rng, True),
    "softmax, rows, sum": lambda rng: softmax_rows(rng, False),
    "logistic, sample": logistic_sample,
    "logistic, batch": logistic_batch,
    "logistic, matrix": logistic_matrix,
    "linear, mean": lambda rng: linear_matrix(rng, True),
    "linear, sum": lambda rng: linear_matrix(rng, False),
    "linear, sample": linear_sample,
    "batch norm": batch_norm,
    "layer norm": layer_norm,
    "RMS norm": rms_norm,
    "recurrent": recurrent,
    "LSTM": long_short_term_memory,
}
