"""What else can be asked of a derivation, against plain NumPy, complex steps and differences; no code is shared with it.

jvp   Im a(θ + ihθ̇, x + ihẋ) / h                       vjp   Σ v·ȧ = Σ θ̄·θ̇, which is what makes it the transpose
hvp   (∇C(θ + εθ̇) - ∇C(θ - εθ̇)) / 2ε, ∇C by complex steps, to fourth order
per sample: the gradient of each row by itself          some: the same numbers as all
"""

import numpy as np
import pytest

from symback.errors import ShapeError, SpecError, UnsupportedError
from symback.network import Network
from symback.network.activations import ACTIVATIONS
from symback.network.costs import COSTS
from symback.numerics import lambdify
from symback.pipeline import derive
from tests.laws.plain_forward import Run, complex_step
from tests.numerics.test_gradients import OUTPUT_FOR
from tests.random_specs import Problem, random_case, random_problem

STEP = 1e-4
KINDS = ("gradient", "vjp", "jvp", "hvp")


def assert_close(found, right, tolerance=1e-9):
    """Equal, relative to the largest entry of the right one or to 1e-3."""
    scale = max(np.abs(right).max(initial=0), 1e-3)
    assert np.shape(found) == np.shape(right) and np.abs(found - right).max(initial=0) <= tolerance * scale


def plain_output(problem: Problem, parameters: dict, x: np.ndarray) -> np.ndarray:
    return Run(problem.network, parameters).through(problem.network.layers, x)


def random_direction(problem: Problem, generator: np.random.Generator) -> dict:
    arrays = problem.parameters | {"x": problem.x}
    return {name: generator.uniform(-1, 1, array.shape) for name, array in arrays.items()}


def assert_jvp_and_vjp(problem: Problem, generator: np.random.Generator) -> None:
    """Along a random direction of all parameters and x, and back from a random cotangent."""
    derivation = derive(problem.network, batch=True)
    names = [*problem.parameters, "x"]
    direction = random_direction(problem, generator)
    moved = {name: array + 1e-30j * direction[name] for name, array in (problem.parameters | {"x": problem.x}).items()}
    right = plain_output(problem, moved, moved["x"])
    output, output_dot = lambdify(derivation, kind="jvp", wrt=names)(problem.parameters, direction, problem.x)
    assert_close(output, right.real)
    assert_close(output_dot, np.broadcast_to(right.imag / 1e-30, right.shape))
    v = generator.normal(size=right.shape)
    again, grads = lambdify(derivation, kind="vjp", wrt=names)(problem.parameters, problem.x, v)
    assert_close(again, right.real)
    assert list(grads) == names
    for name in names:
        kept = {other: direction[other] if other == name else 0 * direction[other] for other in names}
        moved = {n: a + 1e-30j * kept[n] for n, a in (problem.parameters | {"x": problem.x}).items()}
        along = (v * plain_output(problem, moved, moved["x"]).imag / 1e-30).sum()
        size = np.abs(grads[name] * direction[name]).sum()
        assert abs((grads[name] * direction[name]).sum() - along) <= 1e-9 * max(size, 1e-3), name


def assert_hvp(problem: Problem, generator: np.random.Generator) -> None:
    """Along a random direction of all parameters, by differences of exact gradients."""
    direction = {name: generator.uniform(-1, 1, array.shape) for name, array in problem.parameters.items()}

    def gradient(times: float) -> dict:
        moved = {name: array + times * STEP * direction[name] for name, array in problem.parameters.items()}
        return complex_step(problem.network, moved, problem.x, problem.y)

    far, near, back, behind = gradient(2), gradient(1), gradient(-1), gradient(-2)
    products = lambdify(problem.network, kind="hvp")(problem.parameters, direction, problem.x, problem.y)
    for name in problem.parameters:
        right = (8 * (near[name] - back[name]) - (far[name] - behind[name])) / (12 * STEP)
        scale = max(np.abs(right).max(initial=0), np.abs(near[name]).max(initial=0), 1e-2)
        assert np.abs(products[name] - right).max(initial=0) <= 1e-7 * scale, name


def assert_samples_and_parts(problem: Problem, generator: np.random.Generator) -> None:
    """Each row by itself, and some of all."""
    derivation = derive(problem.network, batch=True)
    whole = lambdify(derivation)
    cost, grads = whole(problem.parameters, problem.x, problem.y)
    names = [*problem.parameters, "x"]
    costs, each = lambdify(derivation, per_sample=True, wrt=names)(problem.parameters, problem.x, problem.y)
    assert_close(costs.mean(), cost)
    for s in range(len(problem.x)):
        alone, right = whole(problem.parameters, problem.x[s : s + 1], problem.y[s : s + 1])
        assert_close(costs[s], alone)
        for name in problem.parameters:
            assert_close(each[name][s], right[name])
    some = list(generator.permutation(names)[: 1 + generator.integers(len(names))])
    partial, parts = lambdify(derivation, wrt=some)(problem.parameters, problem.x, problem.y)
    assert_close(partial, cost, 1e-14)
    assert list(parts) == some
    for name in some:
        assert_close(parts[name], each["x"] / len(problem.x) if name == "x" else grads[name])


def assert_all(problem: Problem, generator: np.random.Generator) -> None:
    assert_jvp_and_vjp(problem, generator)
    assert_hvp(problem, generator)
    assert_samples_and_parts(problem, generator)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "unspecified"])
def test_every_activation_in_every_kind_of_function(name):
    generator = np.random.default_rng(3)
    assert_all(random_problem(Network.from_spec("3-4-2", activation=[name, name]), generator, 3), generator)


@pytest.mark.parametrize("name", [name for name in COSTS if name != "unspecified"])
def test_every_cost_in_every_kind_of_function(name):
    generator = np.random.default_rng(4)
    network = Network.from_spec("3-4-2", activation=["tanh", OUTPUT_FOR[COSTS[name].outputs]], cost=name)
    assert_all(random_problem(network, generator, 3), generator)


@pytest.mark.parametrize("seed", range(12))
def test_random_networks_in_every_kind_of_function(seed):
    generator = np.random.default_rng(500 + seed)
    assert_all(random_case(generator, batch=3), generator)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(150))
def test_more_random_networks_in_every_kind_of_function(seed):
    generator = np.random.default_rng(9000 + seed)
    assert_all(random_case(generator), generator)


def test_the_gradient_of_x_is_that_of_the_averaged_cost():
    generator = np.random.default_rng(0)
    problem = random_problem(Network.from_spec("3-4-2", activation="tanh"), generator, 4)
    _, grads = lambdify(problem.network, wrt=["x"])(problem.parameters, problem.x, problem.y)
    moved = problem.x.astype(complex)
    for place in np.ndindex(*problem.x.shape):
        moved[place] += 1e-30j
        outputs = plain_output(problem, problem.parameters, moved)
        assert abs(((outputs - problem.y) ** 2 / 2).sum(-1).mean().imag / 1e-30 - grads["x"][place]) < 1e-14
        moved[place] = problem.x[place]


def test_a_hessian_is_symmetric_and_does_not_need_the_cost():
    generator = np.random.default_rng(1)
    problem = random_problem(Network.from_spec("2-3-2", activation="tanh,softmax", cost="cross_entropy"), generator, 5)
    f = lambdify(problem.network, kind="hvp", flat=True)
    theta = f.flatten(problem.parameters)
    hessian = np.array([f(theta, row, problem.x, problem.y) for row in np.eye(len(theta))])
    assert_close(hessian, hessian.T, 1e-13)
    assert "log(" not in f.source


def test_what_is_not_asked_for_is_not_computed():
    network = Network.from_spec("5-4-3-2")
    last = lambdify(network, wrt=["W3"])
    assert "Delta3" in last.source and "Delta2" not in last.source
    assert list(last.program.results) == ["cost", "dW3"]
    assert list(lambdify(network).program.results) == ["cost", "dW1", "db1", "dW2", "db2", "dW3", "db3"]
    assert "dW" not in lambdify(network, wrt=["x"]).source.split("def _value_and_grad")[1]


@pytest.mark.parametrize("kind", KINDS)
def test_lists_of_pairs_and_dicts_are_understood_and_answered(kind):
    generator = np.random.default_rng(2)
    shapes = [(4, 3), (4,), (2, 4), (2,)]
    arrays = [generator.normal(size=shape) for shape in shapes]
    pairs = [(arrays[0], arrays[1]), (arrays[2], arrays[3])]
    named = dict(zip(("W1", "b1", "W2", "b2"), arrays, strict=True))
    x, y = generator.normal(size=(5, 3)), generator.normal(size=(5, 2))
    f = lambdify(Network.from_spec("3-4-2"), kind=kind)

    def call(params):
        return f(*{"gradient": (params, x, y), "vjp": (params, x, y), "jvp": (params, params, x), "hvp": (params, params, x, y)}[kind])

    by_list, by_dict = call(pairs), call(named)
    if kind == "jvp":
        assert all(np.array_equal(a, b) for a, b in zip(by_list, by_dict, strict=True))
        return
    listed, dicted = (by_list, by_dict) if kind == "hvp" else (by_list[1], by_dict[1])
    assert list(dicted) == list(named) and [len(pair) for pair in listed] == [2, 2]
    assert all(np.array_equal(a, dicted[name]) for a, name in zip([a for pair in listed for a in pair], named, strict=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_results_are_fresh_arrays_of_the_dtype_and_arguments_stay_as_they_are(kind, dtype):
    generator = np.random.default_rng(6)
    f = lambdify(Network.from_spec("3-4-2", activation="identity"), dtype, kind=kind, wrt=["b2", "x", "W1"])
    named = {"W1": (4, 3), "b1": (4,), "W2": (2, 4), "b2": (2,)}
    params = {name: generator.normal(size=shape).astype(dtype) for name, shape in named.items()}
    x, y = generator.normal(size=(5, 3)).astype(dtype), generator.normal(size=(5, 2)).astype(dtype)
    direction = {"b2": params["b2"] + 1, "x": x + 1, "W1": params["W1"] + 1}
    arguments = {"gradient": (params, x, y), "vjp": (params, x, y), "jvp": (params, direction, x), "hvp": (params, direction, x, y)}[kind]
    given = [x, y, *params.values(), *direction.values()]
    copies = [array.copy() for array in given]
    for array in given:
        array.flags.writeable = False
    first, second = f(*arguments), f(*arguments)

    def arrays(result):
        parts = result if isinstance(result, tuple) else (result,)
        return [a for part in parts for a in (part.values() if isinstance(part, dict) else (part,)) if not isinstance(a, float)]

    assert all(np.array_equal(a, b) for a, b in zip(given, copies, strict=True))
    for a, b in zip(arrays(first), arrays(second), strict=True):
        assert a.dtype == dtype and np.array_equal(a, b) and not np.shares_memory(a, b)
        assert not any(np.shares_memory(a, array) for array in given)


def test_wrong_questions_are_refused_with_what_is_known():
    spec = Network.from_spec("2-3-2")
    with pytest.raises(SpecError, match=r"wrt has 'W3'; it should be a list of some of W1, b1, W2, b2, x"):
        lambdify(spec, wrt=["W3"])
    with pytest.raises(SpecError, match="names nothing"):
        lambdify(spec, wrt=[])
    with pytest.raises(SpecError, match="twice"):
        lambdify(spec, wrt=["W1", "W1"])
    with pytest.raises(SpecError, match="wrt is the text 'W1'"):
        lambdify(spec, wrt="W1")
    with pytest.raises(UnsupportedError, match="kind 'hessian' is not built; there are gradient, vjp, jvp, hvp"):
        lambdify(spec, kind="hessian")
    with pytest.raises(UnsupportedError, match="per_sample belongs to the gradient"):
        lambdify(spec, kind="vjp", per_sample=True)
    with pytest.raises(UnsupportedError, match="flat"):
        lambdify(spec, wrt=["W1"], flat=True)
    with pytest.raises(UnsupportedError, match=r"W1 has shape \(m, p\).*784-30-10"):
        lambdify(Network.from_spec("p-m-n"), flat=True)
    f = lambdify(spec, kind="hvp")
    params = {"W1": np.ones((3, 2)), "b1": np.ones(3), "W2": np.ones((2, 3)), "b2": np.ones(2)}
    with pytest.raises(ShapeError, match="direction has the wrong names, missing: b2"):
        f(params, {name: params[name] for name in ("W1", "b1", "W2")}, np.ones((1, 2)), np.ones((1, 2)))
    with pytest.raises(ShapeError, match="W1_dot has shape"):
        f(params, params | {"W1": np.ones((2, 2))}, np.ones((1, 2)), np.ones((1, 2)))


def test_extreme_logits_have_second_derivatives_too():
    for activation, cost in (("sigmoid", "binary_cross_entropy"), ("softmax", "cross_entropy"), ("tanh", "quadratic"), ("silu", "huber")):
        f = lambdify(Network.from_spec("2-3", activation=activation, cost=cost), kind="hvp")
        w = np.array([[1e4, 0.0], [0.0, -1e4], [3e3, 1.0]])
        x, y = np.array([[1.0, 1.0], [-1.0, 0.5]]), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        products = f([(w, np.zeros(3))], [(np.ones((3, 2)), np.ones(3))], x, y)
        assert all(np.isfinite(array).all() for pair in products for array in pair), activation


@pytest.mark.parametrize("name", ["v", "x", "y", "b_1", "t_1", "C_s"])
def test_a_size_may_be_called_like_an_array(name):
    network = Network.from_spec(f"p-{name}-n", activation="leaky_relu,gelu")
    shapes = {"W1": (4, 3), "b1": (4,), "W2": (2, 4), "b2": (2,)}
    params = {key: np.full(shape, 0.5) for key, shape in shapes.items()}
    x, y = np.ones((5, 3)), np.zeros((5, 2))
    cost, _ = lambdify(network)(params, x, y)
    costs, _ = lambdify(network, per_sample=True)(params, x, y)
    assert costs.mean() == cost and lambdify(network, kind="hvp")(params, params, x, y)["W1"].shape == (4, 3)
    assert lambdify(network, kind="vjp")(params, x, y)[0].shape == (5, 2)


# Flat vectors ----------------------------------------------------------------------------------------------------


def test_a_flat_vector_holds_the_parameters_in_their_order():
    network = Network.from_spec("3-4-2")
    f, g = lambdify(network, flat=True), lambdify(network)
    generator = np.random.default_rng(8)
    params = [(generator.normal(size=(4, 3)), generator.normal(size=4)), (generator.normal(size=(2, 4)), generator.normal(size=2))]
    x, y = generator.normal(size=(5, 3)), generator.normal(size=(5, 2))
    theta = f.flatten(params)
    assert f.parameter_names == ("W1", "b1", "W2", "b2") and theta.shape == (4 * 3 + 4 + 2 * 4 + 2,)
    assert np.array_equal(theta[:12], params[0][0].ravel()) and np.array_equal(f.unflatten(theta)["b2"], params[1][1])
    cost, gradient = f(theta, x, y)
    right, grads = g(params, x, y)
    assert cost == right and np.array_equal(gradient, np.concatenate([a.ravel() for pair in grads for a in pair]))
    assert np.array_equal(f.forward(theta, x), g.forward(params, x))
    costs, rows = lambdify(network, flat=True, per_sample=True)(theta, x, y)
    assert costs.shape == (5,) and rows.shape == (5, len(theta))
    assert_close(rows.mean(axis=0), gradient, 1e-14)
    with pytest.raises(ShapeError, match=r"theta has shape \(3,\); it should be \(26,\)"):
        f(np.ones(3), x, y)


def test_scipy_minimises_the_cost_of_the_digits_with_our_gradient_and_our_hessian():
    optimize, datasets = pytest.importorskip("scipy.optimize"), pytest.importorskip("sklearn.datasets")
    digits = datasets.load_digits()
    x, y = digits.data / 16, np.eye(10)[digits.target]
    network = Network.from_spec("64-16-10", activation=["tanh", "softmax"], cost="cross_entropy")
    f, h = lambdify(network, flat=True), lambdify(network, kind="hvp", flat=True)
    start = np.random.default_rng(0).normal(size=64 * 16 + 16 + 160 + 10) / 8
    found = optimize.minimize(f, start, args=(x[:1300], y[:1300]), jac=True, method="L-BFGS-B", options={"maxiter": 40})
    assert found.fun < 0.1
    assert (f.forward(found.x, x[1300:]).argmax(axis=1) == digits.target[1300:]).mean() > 0.88
    newton = optimize.minimize(f, start, args=(x[:300], y[:300]), jac=True, hessp=h, method="Newton-CG", options={"maxiter": 4})
    assert newton.fun < 0.6 * f(start, x[:300], y[:300])[0]
