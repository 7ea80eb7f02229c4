r"""Activations as functions of intervals: one row a function, found by its word or by the formula that the document states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from symback.verification.numbers_intervals import (
    Interval,
    NotUnderstoodError,
    add,
    divide,
    elementwise,
    exactly,
    exponential,
    hull,
    increasing,
    is_vector,
    maximum,
    stacked,
    subtract,
)

__all__ = [
    "ACTIVATIONS",
    "SAMPLES",
    "Activation",
    "activation_in_words",
    "activation_named",
    "activation_with_values",
    "sigmoid",
    "softmax",
]

SAMPLES = (-1.7, -0.6, 0.3, 1.1, 2.4)


@dataclass(frozen=True, slots=True)
class Activation:
    """A function of each entry, its slope, and the words that name it."""

    value: Callable[[Interval], Interval]
    slope: Callable[[Interval], Interval]
    words: tuple[str, ...]


def sigmoid(z: Interval) -> Interval:
    """1 / (1 + e⁻ᶻ)."""
    return increasing(lambda at: 1 / (1 + np.exp(-at)), z)


def softmax(z: Interval) -> Interval:
    """e^zᵢ / Σ e^zₖ of a vector."""
    if not is_vector(z):
        raise NotUnderstoodError("softmax of what is no vector")
    low, high = z.low.reshape(-1), z.high.reshape(-1)
    parts = []
    for place in range(low.size):
        below = exactly(1.0)
        for other in range(low.size):
            if other != place:
                below = add(below, exponential(Interval(low[other] - high[place], high[other] - low[place])))
        parts.append(divide(exactly(1.0), below))
    return stacked(parts, z.shape)


def _sigmoid_slope(z: Interval) -> Interval:
    """σ(z) (1 - σ(z))."""
    return elementwise(sigmoid(z), subtract(exactly(1.0), sigmoid(z)))


def _tanh(z: Interval) -> Interval:
    """tanh z."""
    return increasing(np.tanh, z)


def _tanh_slope(z: Interval) -> Interval:
    """1 - tanh² z."""
    return subtract(exactly(1.0), elementwise(_tanh(z), _tanh(z)))


def _relu(z: Interval) -> Interval:
    """max(0, z)."""
    return maximum(z, exactly(0.0))


def _step(z: Interval) -> Interval:
    """1 for positive z, 0 for negative z; at the kink nothing is said."""
    if ((z.low <= 0) & (z.high >= 0)).any():
        raise NotUnderstoodError("a slope at a kink")
    return Interval(np.where(z.low > 0, 1.0, 0.0), np.where(z.low > 0, 1.0, 0.0))


def _ones(z: Interval) -> Interval:
    """The slope of the identity."""
    return Interval(np.ones_like(z.low), np.ones_like(z.high))


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation(sigmoid, _sigmoid_slope, ("sigmoid", "logistic", "sigm", "logsig")),
    "tanh": Activation(_tanh, _tanh_slope, ("tanh", "hyperbolic tangent")),
    "relu": Activation(_relu, _step, ("relu", "rectified linear")),
    "identity": Activation(lambda z: z, _ones, ("identity", "linear")),
}


def activation_named(word: str) -> str:
    """The row of a name such as `sigmoid` or `ReLU`; '' if there is none."""
    lower = word.lower()
    return lower if lower == "softmax" else next((name for name, row in ACTIVATIONS.items() if lower == name or lower in row.words), "")


def activation_in_words(words: str) -> str:
    """The one activation that prose names; '' where it names none or several."""
    lower = words.lower()
    if "softmax" in lower:
        return ""  # then σ may be softmax
    found = {name for name, row in ACTIVATIONS.items() if name != "identity" and any(word in lower for word in row.words)}
    return found.pop() if len(found) == 1 else ""


def activation_with_values(values: list[Interval]) -> str:
    """The row that has these values at `SAMPLES`; '' if there is none."""
    for name, row in ACTIVATIONS.items():
        wanted = [row.value(exactly(at)) for at in SAMPLES]
        if any(np.ndim(value.high) for value in values):
            return ""  # a matrix is no value of an activation at one number
        near = (hull(left, right) for left, right in zip(values, wanted, strict=True))
        if all(float(both.high) - float(both.low) < 1e-12 for both in near):
            return name
    return ""
