"""The gradients of random networks, derived, evaluated and compiled, against the cost in plain NumPy.

Four roads lead to each gradient: the compiled function; the derived formulas, evaluated; complex steps through a forward
pass that is written from the textbook; and, where the network has kinks, central differences of it.

As a script it prints the figures:  python -m tests.laws.test_random_specs --count 2000 --seed 0
"""

import argparse
import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from symback.network import Dense, Gated, Highway, LayerNorm, Network, Residual, RMSNorm, Scale
from symback.network.activations import ACTIVATIONS
from symback.network.costs import COSTS
from symback.numerics import lambdify
from symback.pipeline import derive
from tests.laws.numbers import evaluated, gradients_of
from tests.laws.plain_forward import central_differences, complex_step, plain_cost
from tests.random_specs import Problem, random_case

# A complex step is exact to rounding.  Rounding is amplified by the widths (at most 7) of up to 6 layers, by 1/s of a layer
# norm (at most 300) and by 1/a under a logarithm; the worst of 2000 networks was 7e-14.
EXACT = 1e-11
# Five-point differences with h = 1e-5 lose 1e-16/h to cancellation and h⁴ times a fifth derivative, which 1/s⁵ of a layer
# norm can make as large as 1e12; the worst of 2300 networks was 6e-8.
DIFFERENCE = 1e-6


@dataclass(frozen=True)
class Verdict:
    """How far the roads lie apart, relative to the largest entry of each gradient or 1, whichever is greater."""

    compiled: float
    derived: float
    differences: float
    has_kinks: bool

    @property
    def is_good(self) -> bool:
        """Written so that a nan is not good."""
        return self.compiled < EXACT and self.derived < EXACT and (not self.has_kinks or self.differences < DIFFERENCE)


def deviation(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> float:
    """The largest deviation of all entries; inf where a gradient is missing, has another shape, or is not finite."""
    if found.keys() != expected.keys() or any(np.shape(found[name]) != np.shape(expected[name]) for name in expected):
        return math.inf
    parts = [np.abs(found[name] - value).max() / (1 + np.abs(value).max()) for name, value in expected.items()]
    return float(max(parts)) if np.all(np.isfinite(parts)) else math.inf


def has_kinks(network: Network) -> bool:
    activations = [numbered.layer.activation for numbered in network.numbered]
    return bool(network.cost.row.kinks or network.l1 != 0 or any(activation.row.kinks for activation in activations))


def judge(problem: Problem) -> Verdict:
    """All roads for one network."""
    network, given = problem.network, (problem.network, problem.parameters, problem.x, problem.y)
    exact = complex_step(*given) | {"cost": np.asarray(plain_cost(*given)[0])}
    derivation = derive(network, batch=True)
    setting = evaluated(derivation, problem)
    derived = gradients_of(derivation, setting) | {"cost": setting.values[derivation.forward.cost]}
    cost, gradients = lambdify(derivation)(problem.parameters, problem.x, problem.y)
    is_kinked = has_kinks(network)
    return Verdict(
        compiled=deviation(dict(gradients) | {"cost": np.asarray(cost)}, exact),
        derived=deviation(derived, exact),
        differences=deviation(central_differences(*given) | {"cost": exact["cost"]}, exact) if is_kinked else 0.0,
        has_kinks=is_kinked,
    )


def problem_of(seed: int) -> Problem:
    return random_case(np.random.default_rng([2026, seed]), has_gates=seed % 2 == 1)


def check(seed: int) -> Verdict:
    problem = problem_of(seed)
    verdict = judge(problem)
    assert verdict.is_good, f"seed {seed}: {verdict}\n{problem.network.to_toml()}"
    return verdict


@pytest.mark.parametrize("seed", range(60))
def test_gradients_of_a_random_network_agree_with_complex_steps_and_differences(seed):
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 3080, 130))
def test_gradients_of_two_thousand_random_networks_agree(start):
    for seed in range(start, start + 130):
        check(seed)


def test_the_random_networks_are_of_every_kind():
    """What the law is about: all activations and costs in use, and every way to build a network."""
    kinds = Counter(kind for seed in range(400) for kind in kinds_of(problem_of(seed)))
    for row in wanted_kinds():
        assert kinds[row] > 0, f"no random network has {row}"


def test_a_wrong_gradient_is_noticed():
    problem = problem_of(3)
    exact = complex_step(problem.network, problem.parameters, problem.x, problem.y)
    name = next(iter(exact))
    wrong = exact | {name: exact[name] * (1 + 1e-6) + 1e-9}
    assert deviation(wrong, exact) > EXACT
    assert deviation(exact | {name: exact[name] * math.nan}, exact) == math.inf
    assert deviation({key: value for key, value in exact.items() if key != name}, exact) == math.inf


# What the networks are, and the figures --------------------------------------------------------------------------

BUILDS = (
    "residual",
    "residual in residual",
    "RMS norm",
    "scale",
    "gated",
    "highway",
    "layer norm",
    "tied",
    "tied, transposed",
    "no bias",
    "l1",
    "l2",
    "symbolic sizes",
)


def wanted_kinds() -> list[str]:
    named = [f"activation {row.name}" for row in ACTIVATIONS.values() if row.name != "unspecified"]
    named += [f"cost {row.name}" for row in COSTS.values() if row.name != "unspecified"]
    return [*named, *BUILDS, *(f"{n} layers" for n in range(1, 7)), *(f"batch of {n}" for n in range(1, 7))]


def kinds_of(problem: Problem) -> set[str]:
    """What a problem is an example of."""
    network = problem.network
    layers = [numbered.layer for numbered in network.numbered]
    tied = [layer for layer in layers if isinstance(layer, Dense) and layer.tied_to is not None]
    branches = list(residuals(network.layers))
    found = {f"cost {network.cost.name}", f"{network.depth} layers", f"batch of {len(problem.x)}"}
    found |= {f"activation {layer.activation.name}" for layer in layers}
    present = {
        "residual": branches,
        "residual in residual": [branch for branch in branches if any(isinstance(layer, Residual) for layer in branch.layers)],
        "layer norm": [layer for layer in layers if isinstance(layer, LayerNorm)],
        "RMS norm": [layer for layer in layers if isinstance(layer, RMSNorm)],
        "scale": [layer for layer in layers if isinstance(layer, Scale)],
        "gated": [layer for layer in layers if isinstance(layer, Gated)],
        "highway": [layer for layer in layers if isinstance(layer, Highway)],
        "tied": [layer for layer in tied if not layer.transpose],
        "tied, transposed": [layer for layer in tied if layer.transpose],
        "no bias": [layer for layer in layers if isinstance(layer, Dense) and not layer.bias],
        "l1": network.l1 != 0,
        "l2": network.l2 != 0,
        "symbolic sizes": not isinstance(network.inputs, int),
    }
    return found | {kind for kind, examples in present.items() if examples}


def residuals(layers) -> Iterator[Residual]:
    for layer in layers:
        if isinstance(layer, Residual):
            yield layer
            yield from residuals(layer.layers)


def report(count: int, seed: int) -> int:
    """The figures for `count` networks from `seed` on; 1 if any gradient is off."""
    start = time.perf_counter()
    kinds: Counter[str] = Counter()
    worst = {"compiled": (0.0, seed), "derived": (0.0, seed), "differences": (0.0, seed)}
    wrong = []
    for each in range(seed, seed + count):
        problem = problem_of(each)
        verdict = judge(problem)
        kinds.update(kinds_of(problem))
        worst = {road: max(found, (getattr(verdict, road), each)) for road, found in worst.items()}
        if not verdict.is_good:
            wrong.append(each)
    print(f"{count} random networks, seeds {seed} to {seed + count - 1}, in {time.perf_counter() - start:.0f} s; {len(wrong)} off")
    for road, (value, where) in worst.items():
        print(f"  worst deviation, {road:<12} {value:.1e}  (seed {where})")
    for kind in sorted(kinds):
        print(f"  {kinds[kind]:>6}  {kind}")
    for each in wrong:
        print(f"  off: seed {each}")
    return 1 if wrong else 0


def main() -> None:
    parser = argparse.ArgumentParser(description="Random networks, their gradients by four roads.")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    raise SystemExit(report(options.count, options.seed))


if __name__ == "__main__":
    main()
