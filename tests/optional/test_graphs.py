"""The gradients of random graphs against PyTorch's own differentiation, in float64; skipped where PyTorch is not installed."""

import numpy as np
import pytest

from symback.numerics import lambdify
from tests.random_graphs import Plain, random_graph

TOLERANCE = 1e-9  # relative to the greatest entry of a gradient
HUGE = 1e6  # a cost beyond it says more about overflow than about formulas


def check(seeds: range) -> None:
    torch = pytest.importorskip("torch")
    worst, judged, failures = 0.0, 0, []
    for seed in seeds:
        case = random_graph(seed, is_smooth=False)
        tensors = {name: torch.tensor(array, dtype=torch.float64, requires_grad=True) for name, array in case.arrays.items()}
        cost = Plain(torch, tensors).cost(case.graph)
        theirs_cost = cost.item()
        if not abs(theirs_cost) < HUGE:
            continue
        cost.backward()
        forward, f = case.graph.forward(), lambdify(case.graph)
        params = {name: case.arrays[str(leaf.name)] for name, leaf in zip(f.parameter_names, forward.parameters, strict=True)}
        found, grads = f(params, case.arrays[str(forward.inputs.name)], case.arrays[str(forward.target.name)])
        errors = [abs(found - theirs_cost) / max(1.0, abs(found))]
        for name, leaf in zip(f.parameter_names, forward.parameters, strict=True):
            theirs = tensors[str(leaf.name)].grad
            expected = np.zeros(grads[name].shape) if theirs is None else theirs.numpy()
            errors.append(float(np.abs(grads[name] - expected).max()) / max(1.0, float(np.abs(expected).max())))
        judged += 1
        worst = max(worst, *errors)
        if max(errors) > TOLERANCE:
            failures.append((seed, max(errors)))
    print(f"{judged} graphs, worst deviation {worst:.1e}")
    assert failures == []
    assert judged > 0.95 * len(seeds)


def test_random_graphs_agree_with_torch():
    check(range(3000, 3100))


@pytest.mark.slow
def test_a_thousand_random_graphs_agree_with_torch():
    check(range(3100, 4200))


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_the_functions_for_array_libraries_agree_with_numpy(library):
    found = pytest.importorskip(library)
    if library == "jax":
        found.config.update("jax_enable_x64", True)
    as_array = found.numpy.asarray if library == "jax" else found.tensor
    for seed in range(20):
        case = random_graph(seed)
        forward, f, other = case.graph.forward(), lambdify(case.graph), lambdify(case.graph, backend=library)
        params = {name: case.arrays[str(leaf.name)] for name, leaf in zip(f.parameter_names, forward.parameters, strict=True)}
        x, y = case.arrays[str(forward.inputs.name)], case.arrays[str(forward.target.name)]
        cost, grads = f(params, x, y)
        if not abs(cost) < HUGE:
            continue
        theirs = other({name: as_array(value) for name, value in params.items()}, as_array(x), as_array(y))
        np.testing.assert_allclose(float(theirs[0]), cost, rtol=1e-10)
        for name, grad in grads.items():
            np.testing.assert_allclose(np.asarray(theirs[1][name]), grad, rtol=1e-9, atol=1e-10 * max(1.0, np.abs(grad).max()))
