"""How large the error is after it has gone back through many layers: measured on random networks, by plain NumPy.

    a^l = f(W^l a^(l-1)),   δ^l = ((W^(l+1))ᵀ δ^(l+1)) ⊙ f'(z^l),   δ^L drawn at random

Nothing of the engine is used but the formulas of the activations, so that the measurement is a second road to what the
derivation says of vanishing and exploding gradients.
"""

from dataclasses import dataclass

import numpy as np
import sympy

from symback.network.activations import Z, read_activation
from symback.numerics.scalars import evaluate_scalar

__all__ = ["SCALES", "Measurement", "measure_depth"]

# The variance of a weight times the number of inputs, by the name of the custom.
SCALES = {"Glorot": 1.0, "He": 2.0, "half of Glorot's deviation": 0.25, "twice Glorot's deviation": 4.0}


@dataclass(frozen=True, slots=True)
class Measurement:
    """‖δ^l‖ / ‖δ^L‖ for l = 1, …, L, the median of several random networks, and the bounds Π max|f'| ‖W‖ of one of them."""

    activation: str
    scale: str
    ratios: tuple[float, ...]
    bounds: tuple[float, ...]


def measure_depth(activation: str, scale: str, *, layers: int = 20, width: int = 50, networks: int = 5, seed: int = 0) -> Measurement:
    """Forward and backward through networks of `layers` layers of `width` units, with weights drawn by one of SCALES.

    >>> measured = measure_depth("sigmoid", "Glorot", layers=4)
    >>> measured.ratios[-1], bool(measured.ratios[0] < 0.02)
    (1.0, True)
    """
    generator = np.random.default_rng(seed)
    formula = read_activation(activation).formula
    assert formula is not None
    slope = sympy.diff(formula, Z)
    runs = [_one_network(formula, slope, np.sqrt(SCALES[scale] / width), layers, width, generator) for _ in range(networks)]
    ratios = np.median([run[0] for run in runs], axis=0)
    return Measurement(activation, scale, tuple(ratios.tolist()), tuple(runs[-1][1].tolist()))


def _one_network(
    formula: sympy.Expr, slope: sympy.Expr, deviation: float, layers: int, width: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The ratios of the norms and their bounds, both from layer 1 to layer L."""
    weights = [deviation * generator.standard_normal((width, width)) for _ in range(layers)]
    a, slopes = generator.standard_normal(width), []
    for w in weights:
        z = w @ a
        a = np.broadcast_to(evaluate_scalar(formula, {Z: z}), z.shape)
        slopes.append(np.broadcast_to(evaluate_scalar(slope, {Z: z}), z.shape))
    delta = generator.standard_normal(width)
    norms, bounds = [float(np.linalg.norm(delta))], [1.0]
    for w, steep in zip(reversed(weights[1:]), reversed(slopes[:-1]), strict=True):
        delta = (w.T @ delta) * steep
        norms.append(float(np.linalg.norm(delta)))
        bounds.append(bounds[-1] * float(np.linalg.norm(w, 2) * np.max(np.abs(steep))))
    return np.array(norms[::-1]) / norms[0], np.array(bounds[::-1])
