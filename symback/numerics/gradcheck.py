"""Is the compiled gradient the derivative of the cost?  Two answers that share no code with the derivation.

    complex step         ∂C/∂θ  ≈  Im C(θ + iε) / ε             through the defining equations, evaluated by brute force
    central differences  ∂C/∂θ  ≈  (C(θ + h) - C(θ - h)) / 2h   of the compiled cost itself

The first is exact to rounding, also beside a kink; the second sees what the first cannot, a cost that is compiled wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from symback.network import Network
from symback.network.forward import Forward
from symback.numerics.evaluate import Setting, random_setting, total_derivative
from symback.numerics.functions import GradientFunction, lambdify
from symback.numerics.program import python_name
from symback.pipeline import Derivation, derive

__all__ = ["Deviation", "GradientReport", "gradient_check"]

MOST_ENTRIES = 40  # entries of one array that are tried by central differences


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far the gradient of one parameter is from a derivative found otherwise, relative to the largest entry."""

    name: str
    method: str
    largest: float
    entries: int


@dataclass(frozen=True, slots=True)
class GradientReport:
    """All deviations of one check, and the seed that repeats it."""

    deviations: tuple[Deviation, ...]
    seed: int

    def largest(self, method: str) -> float:
        """The largest deviation found by "complex step" or "central differences"; by "cost" that of the cost itself."""
        return max((d.largest for d in self.deviations if d.method == method), default=0.0)

    @property
    def is_passed(self) -> bool:
        """Whether all is equal to rounding: 1e-9 by complex step; 1e-5 by differences, which lose half the digits."""
        bounds = {"complex step": 1e-9, "cost": 1e-9, "central differences": 1e-5}
        return all(d.largest <= bounds[d.method] for d in self.deviations)


def gradient_check(
    network: Network | Derivation, seed: int = 0, samples: int = 3, function: GradientFunction | None = None, central: bool = True
) -> GradientReport:
    """Compare `function` (lambdified in float64 if none is given) with derivatives at a random point, sizes drawn as well.

    >>> gradient_check(Network.from_spec("2-3-2", activation="tanh")).is_passed
    True
    """
    derivation = network if isinstance(network, Derivation) and network.forward.is_batch else None
    if derivation is None:
        derivation = derive(network.network if isinstance(network, Derivation) else network, batch=True)
    forward = derivation.forward
    function = function or lambdify(derivation)
    batch_size = forward.inputs.axes[0].size
    here = _random_point(forward, np.random.default_rng(seed), {batch_size: samples})
    cost, grads = function(*_arguments(forward, here))
    deviations = [Deviation("cost", "cost", _relative(np.asarray(cost), here.values[forward.cost]), 1)]
    deviations += _by_complex_step(forward, here, grads)
    deviations += _by_central_differences(forward, here, grads, function) if central else ()
    return GradientReport(tuple(deviations), seed)


def _random_point(forward: Forward, generator: np.random.Generator, sizes: dict) -> Setting:
    """Values of the order of one throughout: weights are divided by the root of the number of inputs.

    Far from there the brute-force road, which evaluates formulas as they stand, loses digits that the compiled one keeps.
    """
    drawn = random_setting(forward.equations, generator, forward.facts, sizes=sizes)
    weights = {p: drawn.values[p] / np.sqrt(drawn.values[p].shape[1]) for p in forward.parameters if p.rank == 2}
    defined = {equation.symbol for equation in forward.equations}
    kept = {name: value for name, value in drawn.values.items() if name not in defined} | weights
    return random_setting(forward.equations, generator, forward.facts, given=kept, sizes=drawn.sizes)


def _arguments(forward: Forward, here: Setting) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """params by name, x and y."""
    params = {python_name(p.name): np.array(here.values[p], dtype=float) for p in forward.parameters}
    assert forward.target is not None
    return params, here.values[forward.inputs], here.values[forward.target]


def _relative(found: np.ndarray, right: np.ndarray) -> float:
    """The largest difference, relative to the largest entry or to 1e-3, whichever is greater; nan counts as infinite."""
    difference = np.max(np.abs(found - right), initial=0.0) / max(float(np.max(np.abs(right), initial=0.0)), 1e-3)
    return float("inf") if np.isnan(difference) else float(difference)


def _by_complex_step(forward: Forward, here: Setting, grads) -> Iterator[Deviation]:
    for parameter in forward.parameters:
        name = python_name(parameter.name)
        right = total_derivative(forward.cost, parameter, here, forward.equations)
        yield Deviation(name, "complex step", _relative(grads[name], right), right.size)


def _by_central_differences(forward: Forward, here: Setting, grads, function: GradientFunction) -> Iterator[Deviation]:
    params, x, y = _arguments(forward, here)
    for name, array in params.items():
        places = list(np.ndindex(*array.shape))[:: max(1, array.size // MOST_ENTRIES)]
        slopes = np.array([_slope(function, params, array, place, x, y) for place in places])
        found = np.array([grads[name][place] for place in places])
        scale = max(float(np.max(np.abs(grads[name]), initial=0.0)), 1e-3)
        yield Deviation(name, "central differences", float(np.max(np.abs(found - slopes)) / scale), len(places))


def _slope(function: GradientFunction, params: dict, array: np.ndarray, place: tuple[int, ...], x: np.ndarray, y: np.ndarray) -> float:
    """(C(θ + h) - C(θ - h)) / 2h for one entry, which is put back."""
    value, h = array[place], 1e-6
    array[place] = value + h
    above, _ = function(params, x, y)
    array[place] = value - h
    below, _ = function(params, x, y)
    array[place] = value
    return (above - below) / (2 * h)
