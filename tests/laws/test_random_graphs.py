"""The gradients of random graphs of all kinds of nodes against the complex step of a forward pass that shares no code."""

import numpy as np
import pytest

from symback.errors import UnsupportedError
from symback.network import Graph, Node
from symback.numerics import lambdify
from tests.random_graphs import Case, Plain, random_graph

TOLERANCE = 1e-9  # relative to the greatest of the gradient's entries; the worst of 1600 was 7e-14
HUGE = 1e6  # a cost beyond it says more about overflow than about formulas


def worst_error(case: Case) -> float | None:
    """The greatest deviation of the gradient of any parameter, along a random direction; None where the cost is too great."""
    forward, f = case.graph.forward(), lambdify(case.graph)
    plain = Plain(np, case.arrays).cost(case.graph)
    if not abs(plain) < HUGE:
        return None
    assert forward.target is not None
    params = {name: case.arrays[str(leaf.name)] for name, leaf in zip(f.parameter_names, forward.parameters, strict=True)}
    cost, grads = f(params, case.arrays[str(forward.inputs.name)], case.arrays[str(forward.target.name)])
    errors = [abs(cost - plain) / max(1.0, abs(plain))]
    for name, leaf in zip(f.parameter_names, forward.parameters, strict=True):
        direction = np.random.default_rng(len(errors)).normal(size=grads[name].shape)
        moved = {key: value.astype(complex) for key, value in case.arrays.items()}
        moved[str(leaf.name)] += 1e-30j * direction
        expected = Plain(np, moved).cost(case.graph).imag / 1e-30
        errors.append(abs(expected - (grads[name] * direction).sum()) / max(1.0, abs(expected)))
    return float(max(errors))


def check(seeds: range) -> None:
    with np.errstate(all="ignore"):
        found = {seed: worst_error(random_graph(seed)) for seed in seeds}
    judged = {seed: error for seed, error in found.items() if error is not None}
    print(f"{len(judged)} graphs, worst deviation {max(judged.values()):.1e}")
    assert {seed: error for seed, error in judged.items() if error > TOLERANCE} == {}
    assert len(judged) > 0.95 * len(found)


def test_random_graphs_agree_with_the_complex_step():
    check(range(150))


@pytest.mark.slow
def test_many_random_graphs_agree_with_the_complex_step():
    check(range(150, 1600))


def test_a_wrong_forward_pass_is_noticed():
    noticed = 0
    for seed in range(10):
        case = random_graph(seed)
        wrong = {name: value * 1.01 for name, value in case.arrays.items()}
        forward, f = case.graph.forward(), lambdify(case.graph)
        params = {name: case.arrays[str(leaf.name)] for name, leaf in zip(f.parameter_names, forward.parameters, strict=True)}
        cost, _ = f(params, case.arrays[str(forward.inputs.name)], case.arrays[str(forward.target.name)])
        noticed += abs(cost - Plain(np, wrong).cost(case.graph)) > 1e-3 * abs(cost)
    assert noticed >= 8  # where nothing but a norm's output reaches the cost, a factor of everything is lost


def test_second_derivatives_along_a_direction_are_differences_of_gradients():
    for seed in range(12):
        case = random_graph(seed)
        forward, f, product = case.graph.forward(), lambdify(case.graph), lambdify(case.graph, kind="hvp")
        params = {name: case.arrays[str(leaf.name)] for name, leaf in zip(f.parameter_names, forward.parameters, strict=True)}
        x, y = case.arrays[str(forward.inputs.name)], case.arrays[str(forward.target.name)]
        draw, step = np.random.default_rng(seed), 1e-6
        direction = {name: draw.normal(size=value.shape) for name, value in params.items()}
        up, down = ({name: value + sign * step * direction[name] for name, value in params.items()} for sign in (1, -1))
        found, above, below = product(params, direction, x, y), f(up, x, y)[1], f(down, x, y)[1]
        for name in params:
            expected = (above[name] - below[name]) / (2 * step)
            assert np.abs(found[name] - expected).max() < 1e-5 * max(1.0, np.abs(expected).max())  # what central differences allow


def test_the_c_backend_leaves_graphs_to_numpy_and_says_so():
    f = lambdify(random_graph(3).graph, backend="c")
    assert f.backend == "numpy" and "rows of a batch" in f.reason
    with pytest.raises(UnsupportedError, match="no gradient of each by itself"):
        lambdify(random_graph(3).graph, per_sample=True)


def test_a_graph_without_a_cost_has_products_with_its_jacobian():
    graph = Graph({"Q": ("n", "h"), "K": ("m", "h"), "V": ("m", "v")}, [Node("O", "attention", ("Q", "K", "V"), scale=0.5)])
    draw = np.random.default_rng(0)
    arrays = {"x": draw.normal(size=(4, 3)), "K": draw.normal(size=(5, 3)), "V": draw.normal(size=(5, 2))}
    given = draw.normal(size=(4, 2))

    def output(x, K, V):
        shares = np.exp(0.5 * x @ K.T)
        return shares / shares.sum(axis=1, keepdims=True) @ V

    found, grads = lambdify(graph, kind="vjp", wrt=list(arrays))({"K": arrays["K"], "V": arrays["V"]}, arrays["x"], given)
    np.testing.assert_allclose(found, output(**arrays), rtol=1e-13)
    for name, array in arrays.items():
        direction = draw.normal(size=array.shape)
        moved = {**arrays, name: array + 1e-30j * direction}
        assert abs((grads[name] * direction).sum() - (output(**moved) * given).sum().imag / 1e-30) < TOLERANCE
