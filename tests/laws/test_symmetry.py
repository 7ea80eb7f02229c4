"""Units have no order: a network with its units permuted has its gradients permuted, and the same cost."""

import numpy as np
import pytest

from symback.network import Dense, LayerNorm, Network
from symback.pipeline import derive
from tests.laws.numbers import evaluated, gradients_of
from tests.random_specs import WIDTHS, Problem, random_case


def is_chain(network: Network) -> bool:
    """Whether every layer has parameters of its own and the next one takes its outputs alone."""
    kinds = [isinstance(layer, LayerNorm) or (isinstance(layer, Dense) and layer.tied_to is None) for layer in network.layers]
    return all(kinds) and network.depth > 1


def orders(network: Network, generator: np.random.Generator) -> list[np.ndarray]:
    """A permutation of the inputs and of each layer's units; a layer norm keeps the order it is given."""
    found = [generator.permutation(WIDTHS.get(network.inputs, network.inputs))]
    for layer in network.layers:
        found.append(found[-1] if isinstance(layer, LayerNorm) else generator.permutation(WIDTHS.get(layer.units, layer.units)))
    return found


def permuted(arrays: dict[str, np.ndarray], order: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Rows of W^l and entries of vectors in the order of layer l, columns of W^l in that of layer l - 1."""
    found = {}
    for name, value in arrays.items():
        layer = int(name.lstrip("abcdefghijklmnopqrstuvwxyzW_"))
        found[name] = value[order[layer]][:, order[layer - 1]] if value.ndim == 2 else value[order[layer]]
    return found


@pytest.mark.parametrize("seed", range(30))
def test_gradients_are_permuted_with_the_units(seed):
    generator = np.random.default_rng([61, seed])
    problem = random_case(generator, batch=3, accept=is_chain)
    network, order = problem.network, orders(problem.network, generator)
    other = Problem(network, permuted(problem.parameters, order), problem.x[:, order[0]], problem.y[:, order[-1]])
    derivation = derive(network, batch=True)
    here, there = evaluated(derivation, problem), evaluated(derivation, other)
    np.testing.assert_allclose(there.values[derivation.forward.cost], here.values[derivation.forward.cost], rtol=1e-12)
    expected = permuted(gradients_of(derivation, here), order)
    for name, value in gradients_of(derivation, there).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-9, atol=1e-11 * (1 + np.abs(value).max()), err_msg=f"{name}, seed {seed}")
