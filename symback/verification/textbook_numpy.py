"""Equations (1)-(6) once more, in NumPy and by hand: the second road, which shares nothing with the engine.

Each function and its derivative was typed in from a table of derivatives, each gradient line is one equation of the
lecture, samples are taken one by one, and the batch is an average written as a loop.  Nothing here is derived, lowered
or compiled, and nothing of symback is imported.  All functions are analytic, so that the cost can also be taken at
complex arguments:

    ∂C/∂x  ≈  Im C(x + iε) / ε          exact to rounding, ε = 1e-30
    ∂C/∂x  ≈  (C(x + h) - C(x - h)) / 2h, and the same at 2h to cancel the error in h²

>>> parameters = [(np.array([[0.5]]), np.array([0.0]))]
>>> page = backpropagate(parameters, ["identity"], "squared_error", np.array([2.0]), np.array([0.0]))
>>> page.delta[1].tolist(), page.grad_W[1].tolist()
([2.0], [[4.0]])
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = [
    "ACTIVATIONS", "COSTS", "Backpropagation", "average", "backpropagate", "central_difference", "chain_gradients", "complex_step",
    "sample_cost",
]  # fmt: skip

COMPLEX_STEP = 1e-30
CENTRAL_STEP = 1e-3

Array = np.ndarray
Parameters = Sequence[tuple[Array, Array]]


def _sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def _softplus(z: Array) -> Array:
    return np.log(1 + np.exp(z))


def _mish_slope(z: Array) -> Array:
    t = np.tanh(_softplus(z))
    return t + z * (1 - t * t) * _sigmoid(z)


ROOT = np.sqrt(2 / np.pi)


def _gelu_tanh(z: Array) -> Array:
    return z * (1 + np.tanh(ROOT * (z + 0.044715 * z**3))) / 2


def _gelu_tanh_slope(z: Array) -> Array:
    t = np.tanh(ROOT * (z + 0.044715 * z**3))
    return (1 + t) / 2 + z * (1 - t * t) * ROOT * (1 + 3 * 0.044715 * z**2) / 2


ACTIVATIONS: Mapping[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {  # σ and σ'
    "identity": (lambda z: z, lambda z: np.ones_like(z)),
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * (1 - _sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "softplus": (_softplus, _sigmoid),
    "silu": (lambda z: z * _sigmoid(z), lambda z: _sigmoid(z) + z * _sigmoid(z) * (1 - _sigmoid(z))),
    "mish": (lambda z: z * np.tanh(_softplus(z)), _mish_slope),
    "gelu_tanh": (_gelu_tanh, _gelu_tanh_slope),
}

COSTS: Mapping[str, tuple[Callable[[Array, Array], Array], Callable[[Array, Array], Array]]] = {  # C_0 and ∂C_0/∂a
    "squared_error": (lambda a, y: np.sum((a - y) ** 2), lambda a, y: 2 * (a - y)),
    "quadratic": (lambda a, y: np.sum((a - y) ** 2) / 2, lambda a, y: a - y),
}


@dataclass(frozen=True, slots=True)
class Backpropagation:
    """Everything that (1)-(6) give for one sample, by layer; index 0 of a list stands for the input or for nothing."""

    z: list[Array]
    a: list[Array]
    delta: dict[int, Array]
    grad_a: dict[int, Array]
    grad_W: dict[int, Array]
    grad_b: dict[int, Array]


Nudges = Mapping[tuple[str, int], Array]


def forward(parameters: Parameters, activations: Sequence[str], x: Array, nudges: Nudges) -> tuple[list[Array], list[Array]]:
    """z^l = W^l a^{l-1} + b^l and a^l = σ(z^l), layer after layer; `nudges` are added to the z^l or a^l they name."""
    z, a = [x], [x + nudges.get(("a", 0), 0)]
    for layer, ((W, b), activation) in enumerate(zip(parameters, activations, strict=True), start=1):
        z.append(W @ a[layer - 1] + b + nudges.get(("z", layer), 0))
        a.append(ACTIVATIONS[activation][0](z[layer]) + nudges.get(("a", layer), 0))
    return z, a


def backpropagate(parameters: Parameters, activations: Sequence[str], cost: str, x: Array, y: Array) -> Backpropagation:
    """Equations (1)-(6) for one sample, in the order of the lecture."""
    z, a = forward(parameters, activations, x, {})
    delta, grad_a, grad_W, grad_b = {}, {}, {}, {}
    last = len(parameters)
    delta[last] = COSTS[cost][1](a[last], y) * ACTIVATIONS[activations[last - 1]][1](z[last])  # (1)
    grad_b[last] = delta[last]  # (2)
    grad_W[last] = np.outer(delta[last], a[last - 1])  # (3)
    for layer in range(last - 1, 0, -1):
        grad_a[layer] = parameters[layer][0].T @ delta[layer + 1]  # parameters[layer] are those of the layer above
        delta[layer] = grad_a[layer] * ACTIVATIONS[activations[layer - 1]][1](z[layer])  # (4)
        grad_b[layer] = delta[layer]  # (5)
        grad_W[layer] = np.outer(delta[layer], a[layer - 1])  # (6)
    grad_a[0] = parameters[0][0].T @ delta[1]
    return Backpropagation(z, a, delta, grad_a, grad_W, grad_b)


def chain_gradients(w: Array, b: Array, activations: Sequence[str], a_0: Array, y: Array) -> dict[str, Array]:
    """The scalar formulas of the one-neuron chain 1-1-1-1 with the cost (a - y)², written out; keys as in the report."""
    (f_1, _), (f_2, slope_2), (f_3, slope_3) = (ACTIVATIONS[name] for name in activations)
    a_1 = f_1(w[0] * a_0 + b[0])
    z_2 = w[1] * a_1 + b[1]
    a_2 = f_2(z_2)
    z_3 = w[2] * a_2 + b[2]
    a_3 = f_3(z_3)
    return {
        "chain w": 2 * (a_3 - y) * slope_3(z_3) * a_2,
        "chain b": 2 * (a_3 - y) * slope_3(z_3),
        "chain a": 2 * (a_3 - y) * slope_3(z_3) * w[2],
        "chain w before": 2 * (a_3 - y) * slope_3(z_3) * w[2] * slope_2(z_2) * a_1,
        "chain b before": 2 * (a_3 - y) * slope_3(z_3) * w[2] * slope_2(z_2),
        "chain a before": 2 * (a_3 - y) * slope_3(z_3) * w[2] * slope_2(z_2) * w[1],
    }


def average(of_samples: Sequence[Array]) -> Array:
    """(1/n) Σ_k of the samples' values."""
    total = of_samples[0] * 0.0
    for value in of_samples:
        total = total + value
    return total / len(of_samples)


def sample_cost(parameters: Parameters, activations: Sequence[str], cost: str, x: Array, y: Array, nudges: Nudges | None = None) -> Array:
    """C_0 of one sample, a scalar; complex where an argument or a nudge is."""
    return COSTS[cost][0](forward(parameters, activations, x, nudges or {})[1][-1], y)


def complex_step(function: Callable[[Array], Array], at: Array) -> Array:
    """The gradient of a scalar function at `at`, by a complex step along each entry.

    >>> complex_step(lambda x: np.sum(x**3), np.array([1.0, 2.0])).tolist()
    [3.0, 12.0]
    """
    slopes = np.zeros(at.shape)
    for index in np.ndindex(*at.shape):
        moved = at.astype(complex)
        moved[index] += 1j * COMPLEX_STEP
        slopes[index] = np.imag(function(moved)) / COMPLEX_STEP
    return slopes


def central_difference(function: Callable[[Array], Array], at: Array, step: float = CENTRAL_STEP) -> Array:
    """The gradient of a scalar function by central differences at h and 2h: (4 D(h) - D(2h)) / 3 = f' + O(h⁴)."""
    slopes = np.zeros(at.shape)

    def along(index: tuple[int, ...], size: float) -> Array:
        moved = at.copy()
        moved[index] += size
        return function(moved)

    for index in np.ndindex(*at.shape):
        near = (along(index, step) - along(index, -step)) / (2 * step)
        far = (along(index, 2 * step) - along(index, -2 * step)) / (4 * step)
        slopes[index] = (4 * near - far) / 3
    return slopes
