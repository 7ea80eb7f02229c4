"""The cost of a network in plain NumPy, written from the textbook definitions and from nothing else of the package.

It reads the layers of a `Network` and the names of its activations and costs; equations, tables of formulas and tensors
are not used, so that a wrong line in them disagrees with what is here.  A row that has no line here yet is evaluated by
its own formula, and is then checked for its derivative alone.

Every function takes complex arguments as a real point and an infinitesimal step: cases are decided by the real part.
Arrays may have leading axes, one copy of the network for each of their entries; so all steps are taken at once.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import sympy

from symback.network import Dense, Gated, Highway, LayerNorm, Network, Residual, RMSNorm, Scale
from symback.network.activations import Activation
from symback.network.costs import Cost
from symback.numerics.scalars import evaluate_scalar

SELU_SCALE, SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717


def erf(x):
    """erf, and its first-order step: erf(x + ih) = erf(x) + ih 2/√π exp(-x²)."""
    x = np.asarray(x)
    value = np.vectorize(math.erf, otypes=[float])(x.real)
    return value + 1j * x.imag * 2 / math.sqrt(math.pi) * np.exp(-(x.real**2)) if np.iscomplexobj(x) else value


def logistic(z):
    return 1 / (1 + np.exp(-z))


def softplus(z):
    return np.log1p(np.exp(z.real)) + (1j * z.imag * logistic(z.real) if np.iscomplexobj(z) else 0)


def softmax(z):
    e = np.exp(z - z.real.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(z):
    shifted = z - z.real.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def positive(z):
    return z.real > 0


ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": logistic,
    "tanh": np.tanh,
    "relu": lambda z: np.where(positive(z), z, 0),
    "leaky_relu": lambda z, alpha: np.where(positive(z), z, alpha * z),
    "prelu": lambda z, alpha: np.where(positive(z), z, alpha * z),
    "elu": lambda z, alpha: np.where(positive(z), z, alpha * (np.exp(z) - 1)),
    "selu": lambda z: SELU_SCALE * np.where(positive(z), z, SELU_ALPHA * (np.exp(z) - 1)),
    "softplus": softplus,
    "silu": lambda z: z * logistic(z),
    "gelu": lambda z: 0.5 * z * (1 + erf(z / math.sqrt(2))),
    "gelu_tanh": lambda z: 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "mish": lambda z: z * np.tanh(softplus(z)),
    "hard_sigmoid": lambda z: np.where(z.real <= -3, 0, np.where(z.real >= 3, 1, z / 6 + 0.5)),
    "hard_tanh": lambda z: np.where(z.real <= -1, -1, np.where(z.real >= 1, 1, z)),
    "softsign": lambda z: z / (1 + np.where(positive(z), z, -z)),
    "exp": np.exp,
    "srelu": lambda z, t_low, alpha_low, t_high, alpha_high: np.where(
        z.real >= np.real(t_high),
        t_high + alpha_high * (z - t_high),
        np.where(z.real <= np.real(t_low), t_low + alpha_low * (z - t_low), z),
    ),
    "softmax": softmax,
    "log_softmax": log_softmax,
}


def magnitude(x):
    return np.where(positive(x), x, -x)


def binary(p, y):
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


# Of one sample's outputs a and targets y, summed over the units; the means divide by their number.
COSTS = {
    "quadratic": lambda a, y: 0.5 * ((a - y) ** 2).sum(-1),
    "squared_error": lambda a, y: ((a - y) ** 2).sum(-1),
    "mean_squared_error": lambda a, y: ((a - y) ** 2).mean(-1),
    "absolute_error": lambda a, y: magnitude(a - y).sum(-1),
    "mean_absolute_error": lambda a, y: magnitude(a - y).mean(-1),
    "huber": lambda a, y, delta: np.where(magnitude(a - y).real <= delta, 0.5 * (a - y) ** 2, delta * (magnitude(a - y) - 0.5 * delta)).sum(
        -1
    ),
    "hinge": lambda a, y: np.where(positive(1 - y * a), 1 - y * a, 0).sum(-1),
    "binary_cross_entropy": lambda a, y: binary(a, y).sum(-1),
    "binary_cross_entropy_from_logits": lambda a, y: (softplus(a) - y * a).sum(-1),
    "cross_entropy": lambda a, y: -(y * np.log(a)).sum(-1),
    "cross_entropy_from_logits": lambda a, y: -(y * log_softmax(a)).sum(-1),
    "nll": lambda a, y: -(y * a).sum(-1),
    "poisson": lambda a, y: (a - y * np.log(a)).sum(-1),
}


@dataclass
class Run:
    """One pass through a network: the arrays given, how far the pass stayed from kinks, and how large it grew."""

    network: Network
    parameters: dict[str, np.ndarray]
    clearance: float = math.inf
    largest: float = 0.0
    weights: dict[int, np.ndarray] = field(default_factory=dict)
    number: int = 0

    def parameter(self, letter: str) -> np.ndarray:
        """The parameter of the present layer, as a row beside the samples."""
        return self.parameters[f"{letter}{self.number}"][..., None, :]

    def note(self, z: np.ndarray, kinks: list) -> None:
        """Remember how close `z` came to a kink, and its size."""
        self.largest = max(self.largest, np.abs(z).max(initial=0))
        for kink in kinks:
            self.clearance = min(self.clearance, np.abs(z - kink).min(initial=math.inf))

    def through(self, layers, a: np.ndarray) -> np.ndarray:
        """The output of layers one after the other."""
        for layer in layers:
            if isinstance(layer, Residual):
                a = a + self.through(layer.layers, a)
            else:
                self.number += 1
                a = OF_LAYER[type(layer)](self, layer, a)
        return a

    def dense(self, layer: Dense, a: np.ndarray) -> np.ndarray:
        if layer.tied_to is None:
            self.weights[self.number] = weights = self.parameters[f"W{self.number}"]
        else:
            self.weights[self.number] = weights = self.weights[layer.tied_to]
            weights = np.swapaxes(weights, -1, -2) if layer.transpose else weights
        z = np.matmul(a, np.swapaxes(weights, -1, -2))
        return self.activate(layer.activation, z + self.parameter("b") if layer.bias else z)

    def layer_norm(self, layer: LayerNorm, a: np.ndarray) -> np.ndarray:
        centred = a - a.mean(axis=-1, keepdims=True)
        normalised = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + float(layer.epsilon))
        return self.activate(layer.activation, self.parameter("gamma") * normalised + self.parameter("beta"))

    def rms_norm(self, layer: RMSNorm, a: np.ndarray) -> np.ndarray:
        root = np.sqrt((a**2).sum(axis=-1, keepdims=True) / a.shape[-1] + float(layer.epsilon))
        return self.activate(layer.activation, a * self.parameter("gamma") / root)

    def scale(self, layer: Scale, a: np.ndarray) -> np.ndarray:
        shift = self.parameter("beta") if layer.bias else 0
        return self.activate(layer.activation, self.parameter("gamma") * a + shift)

    def affine(self, tail: str, a: np.ndarray, has_bias: bool) -> np.ndarray:
        """W x + b with the parameters W and b of that name."""
        product = np.matmul(a, np.swapaxes(self.parameters[f"W{tail}{self.number}"], -1, -2))
        return product + self.parameter(f"b{tail}") if has_bias else product

    def gated(self, layer: Gated, a: np.ndarray) -> np.ndarray:
        return self.affine("", a, layer.bias) * self.activate(layer.activation, self.affine("_gate", a, layer.bias))

    def highway(self, layer: Highway, a: np.ndarray) -> np.ndarray:
        share = logistic(self.affine("_gate", a, layer.bias))
        return a + share * (self.activate(layer.activation, self.affine("", a, layer.bias)) - a)

    def activate(self, activation: Activation, z: np.ndarray) -> np.ndarray:
        row = activation.row
        learnable = {letter: self.parameter(letter) for letter in row.learnable}
        options = {option.name: float(value) for option, value in zip(row.options, activation.options, strict=True)}
        symbols = {sympy.Symbol(letter, real=True): value for letter, value in learnable.items()}
        self.note(z, [evaluate_scalar(kink, symbols) for kink in row.kinks])
        if row.name in ACTIVATIONS:
            return ACTIVATIONS[row.name](z, **learnable, **options)
        return evaluate_scalar(activation.formula, symbols | {sympy.Symbol("z", real=True): z})

    def cost(self, cost: Cost, a: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The cost of each sample."""
        a_symbol, y_symbol = (sympy.Symbol(letter, real=True) for letter in "ay")
        if cost.row.through is not None:
            self.note(a, [])
        for kink in cost.row.kinks:
            self.clearance = min(self.clearance, np.abs(evaluate_scalar(kink, {a_symbol: a, y_symbol: y})).min())
        options = {option.name: float(value) for option, value in zip(cost.row.options, cost.options, strict=True)}
        if cost.name in COSTS:
            return COSTS[cost.name](a, y, **options)
        assert cost.row.through is None, f"{cost.name} passes an activation of its own; add it to COSTS here"
        each = evaluate_scalar(cost.formula, {a_symbol: a, y_symbol: y})
        return each.mean(axis=-1) if cost.row.is_mean else each.sum(axis=-1)


OF_LAYER = {
    Dense: Run.dense,
    LayerNorm: Run.layer_norm,
    RMSNorm: Run.rms_norm,
    Scale: Run.scale,
    Gated: Run.gated,
    Highway: Run.highway,
}


def plain_cost(network: Network, parameters: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, Run]:
    """The cost averaged over the samples, penalties included, and the run that led there."""
    run = Run(network, parameters)
    outputs = run.through(network.layers, x)
    cost = run.cost(network.cost, outputs, y).mean(axis=-1)
    for name, weights in parameters.items():
        if name.startswith("W"):
            cost = cost + float(network.l1) * magnitude(weights).sum((-1, -2)) + 0.5 * float(network.l2) * (weights**2).sum((-1, -2))
            if network.l1 != 0:
                run.clearance = min(run.clearance, np.abs(weights).min())
    return cost, run


def complex_step(network: Network, parameters: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """∂C/∂(each parameter)  =  Im C(θ + ih e) / h  with h = 1e-30: exact to rounding, nothing cancels."""
    found = {}
    for name, value in parameters.items():
        steps = 1j * 1e-30 * np.eye(value.size).reshape(value.size, *value.shape)
        cost, _ = plain_cost(network, parameters | {name: value + steps}, x, y)
        found[name] = np.broadcast_to(cost.imag / 1e-30, value.size).reshape(value.shape)
    return found


def central_differences(network: Network, parameters: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """∂C/∂θ  ≈  (8 (C(θ + h) - C(θ - h)) - (C(θ + 2h) - C(θ - 2h))) / 12h  with h = 1e-5, off by O(h⁴) and by 1e-16/h."""
    found = {}
    for name, value in parameters.items():
        unit = 1e-5 * np.eye(value.size).reshape(value.size, *value.shape)
        ahead, back, far_ahead, far_back = (plain_cost(network, parameters | {name: value + k * unit}, x, y)[0] for k in (1, -1, 2, -2))
        slope = (8 * (ahead - back) - (far_ahead - far_back)) / 12e-5
        found[name] = np.broadcast_to(slope, value.size).reshape(value.shape)
    return found
