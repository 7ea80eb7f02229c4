"""The same cost and gradients in NumPy by hand: bare matrix products, the textbook's lines, and the tuned program.

They are written from equations (1)-(6), without the engine, so that they also check it.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from symback.numerics.bench.configurations import Chain, Configuration

__all__ = ["bare_products", "hand_tuned", "textbook"]

Result = tuple[float, list[np.ndarray]]


def textbook(chain: Chain, params: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> Result:
    """Equations (1)-(6) as they are printed, over the rows of a batch; params are W1, b1, W2, b2, …"""
    outputs = [x]
    for weights, bias, activation in zip(params[::2], params[1::2], chain.activations, strict=True):
        outputs.append(_ACTIVATIONS[activation](outputs[-1] @ weights.T + bias))
    a = outputs[-1]
    if chain.is_cross_entropy:
        cost = -np.sum(y * np.log(a)) / len(x)
        delta = a - y
    else:
        cost = np.sum((a - y) ** 2) / (2 * len(x))
        delta = (a - y) * _SLOPES[chain.activations[-1]](a)
    grads: list[np.ndarray] = []
    for layer in reversed(range(len(chain.activations))):
        below = outputs[layer]
        grads = [delta.T @ below / len(x), delta.mean(axis=0), *grads]
        if layer:
            delta = (delta @ params[2 * layer]) * _SLOPES[chain.activations[layer - 1]](below)
    return float(cost), grads


def _softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


_ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "identity": lambda z: z,
    "softmax": _softmax,
}
_SLOPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # in terms of the output
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a**2,
    "relu": lambda a: (a > 0).astype(a.dtype),
    "identity": np.ones_like,
}


def bare_products(configuration: Configuration) -> Callable:
    """Only the matrix products that the gradients need, each by one `np.matmul(out=)`: the yardstick, 1.00."""
    chain = configuration.chain
    assert chain is not None
    draw = np.random.default_rng(1)
    n = configuration.batch

    def some(*shape: int) -> np.ndarray:
        return draw.normal(size=shape).astype(configuration.dtype)

    tasks = []
    for layer, (below, units) in enumerate(pairwise(chain.sizes)):
        weights, a, delta = some(units, below), some(n, below), some(n, units)
        tasks += [(a, weights.T, some(n, units)), (delta.T, a, some(units, below))]
        if layer:
            tasks.append((delta, weights, some(n, below)))
    matmul = np.matmul

    def products(params, x, y) -> None:
        for left, right, out in tasks:
            matmul(left, right, out=out)

    return products


def hand_tuned(configuration: Configuration) -> Callable[..., Result]:
    """As few and as cheap NumPy calls as a careful programmer would write, for one network and one batch size.

    Buffers and constants are made beforehand, all is written in place, nothing is checked; the gradients are fresh.
    """
    chain = configuration.chain
    assert chain is not None
    n, dtype = configuration.batch, configuration.dtype
    rooms = [[np.empty((n, units), dtype) for units in chain.sizes[1:]] for _ in range(3)]
    ones, one, average = np.ones(n, dtype), np.array(1, dtype), np.array(1 / n, dtype)
    last = len(chain.activations) - 1
    add, multiply, subtract = np.add, np.multiply, np.subtract
    flat = rooms[2][last].reshape(-1)
    activate = [_activate_in_place(name, one) for name in chain.activations]
    slope = [_times_slope(name, one) for name in chain.activations]

    def function(params: list, x: np.ndarray, y: np.ndarray) -> Result:
        outputs, spare, deltas = rooms
        below = x
        for layer in range(last + 1):
            a = below.dot(params[2 * layer].T, outputs[layer])
            add(a, params[2 * layer + 1], a)
            activate[layer](a)
            below = a
        delta = subtract(below, y, deltas[last])
        if chain.is_cross_entropy:
            log = np.log(below, spare[last])
            cost = -float(np.vdot(y, log)) / n
        else:
            cost = float(flat.dot(flat)) * 0.5 / n
            slope[last](below, spare[last], delta)
        multiply(delta, average, delta)
        grads: list = [None] * (2 * last + 2)
        for layer in range(last, -1, -1):
            below = outputs[layer - 1] if layer else x
            grads[2 * layer], grads[2 * layer + 1] = delta.T.dot(below), ones.dot(delta)
            if layer:
                delta = delta.dot(params[2 * layer], deltas[layer - 1])
                slope[layer - 1](below, spare[layer - 1], delta)
        return cost, grads

    return function


def _activate_in_place(name: str, one: np.ndarray) -> Callable:
    """z, written over by σ(z)."""
    zero = np.zeros_like(one)

    def sigmoid(z: np.ndarray) -> None:
        np.negative(z, z)
        np.exp(z, z)
        np.add(z, one, z)
        np.divide(one, z, z)

    def softmax(z: np.ndarray) -> None:
        np.subtract(z, z.max(axis=1, keepdims=True), z)
        np.exp(z, z)
        np.divide(z, z.sum(axis=1, keepdims=True), z)

    return {
        "sigmoid": sigmoid,
        "tanh": lambda z: np.tanh(z, z),
        "relu": lambda z: np.maximum(z, zero, out=z),
        "identity": lambda z: None,
        "softmax": softmax,
    }[name]


def _times_slope(name: str, one: np.ndarray) -> Callable:
    """delta, multiplied in place by the slope in terms of the output a; `room` is overwritten."""
    zero = np.zeros_like(one)

    def sigmoid(a: np.ndarray, room: np.ndarray, delta: np.ndarray) -> None:
        np.subtract(one, a, room)
        np.multiply(room, a, room)
        np.multiply(delta, room, delta)

    def tanh(a: np.ndarray, room: np.ndarray, delta: np.ndarray) -> None:
        np.square(a, room)
        np.subtract(one, room, room)
        np.multiply(delta, room, delta)

    def relu(a: np.ndarray, room: np.ndarray, delta: np.ndarray) -> None:
        np.multiply(delta, np.greater(a, zero), delta)

    return {"sigmoid": sigmoid, "tanh": tanh, "relu": relu}.get(name, lambda a, room, delta: None)
