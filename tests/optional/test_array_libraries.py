"""The functions for JAX and PyTorch, against the NumPy functions; skipped where the extras are not installed."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from symback.errors import ShapeError, UnsupportedError
from symback.network import Network
from symback.network.activations import ACTIVATIONS
from symback.network.costs import COSTS
from symback.numerics import lambdify, module_source
from tests.numerics.test_gradients import OUTPUT_FOR
from tests.random_specs import random_case, random_problem

KINDS = ("gradient", "per sample", "vjp", "jvp", "hvp")
TOLERANCE = {"float64": 1e-12, "float32": 1e-5}


@pytest.fixture(params=["jax", "torch"])
def library(request):
    """The name of a library that is there."""
    found = pytest.importorskip(request.param)
    if request.param == "jax":
        found.config.update("jax_enable_x64", True)
        with found.disable_jit():  # operation by operation: no compilation of hundreds of small functions
            yield request.param
    else:
        yield request.param


def arrays_of(result) -> list[np.ndarray]:
    """All arrays of a result, whatever its form, as NumPy's; a dict in the order of its names, since JAX sorts them."""
    if isinstance(result, dict):
        return [array for name in sorted(result) for array in arrays_of(result[name])]
    if isinstance(result, list | tuple):
        return [array for value in result for array in arrays_of(value)]
    return [np.asarray(result)]


def arguments(kind: str, problem, names, dtype: str) -> tuple:
    generator = np.random.default_rng(1)
    params = {name: array.astype(dtype) for name, array in problem.parameters.items()}
    x, y = problem.x.astype(dtype), problem.y.astype(dtype)
    direction = {name: generator.normal(size=a.shape).astype(dtype) for name, a in (params | {"x": x}).items() if name in names}
    v = generator.normal(size=y.shape).astype(dtype)
    return {"vjp": (params, x, v), "jvp": (params, direction, x), "hvp": (params, direction, x, y)}.get(kind, (params, x, y))


def options(kind: str, names) -> dict:
    return {"per_sample": True, "wrt": names} if kind == "per sample" else {"kind": kind, "wrt": names}


def assert_same(problem, library: str, dtype: str = "float64") -> None:
    """All kinds of functions, by the library and by NumPy; first the plain gradient and the output."""
    names = [*problem.parameters, "x"]
    f, g = lambdify(problem.network, dtype, library), lambdify(problem.network, dtype)
    plain = arguments("gradient", problem, names, dtype)
    pairs = [(f(*plain), g(*plain)), (f.forward(plain[0], plain[1]), g.forward(plain[0], plain[1]))]
    for kind in KINDS:
        given, chosen = arguments(kind, problem, names, dtype), options(kind, names)
        pairs.append((lambdify(problem.network, dtype, library, **chosen)(*given), lambdify(problem.network, dtype, **chosen)(*given)))
    for found, right in pairs:
        for a, b in zip(arrays_of(found), arrays_of(right), strict=True):
            assert a.shape == b.shape and (a.dtype == dtype or a.shape == ())
            assert np.abs(a - b).max(initial=0) <= TOLERANCE[dtype] * max(1, np.abs(b).max(initial=0)), problem.network


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "unspecified"])
def test_every_activation(library, name):
    assert_same(random_problem(Network.from_spec("3-4-2", activation=[name, name]), np.random.default_rng(0), 3), library)


@pytest.mark.parametrize("name", [name for name in COSTS if name != "unspecified"])
def test_every_cost(library, name):
    network = Network.from_spec("3-4-2", activation=["tanh", OUTPUT_FOR[COSTS[name].outputs]], cost=name)
    assert_same(random_problem(network, np.random.default_rng(0), 3), library)


@pytest.mark.parametrize("seed", range(6))
def test_random_networks(library, seed):
    assert_same(random_case(np.random.default_rng(70 + seed)), library)


def test_single_precision(library):
    for activation, cost in (("sigmoid", "quadratic"), ("relu,softmax", "cross_entropy"), ("gelu,tanh", "huber")):
        network = Network.from_spec("3-4-2", activation=activation, cost=cost)
        assert_same(random_problem(network, np.random.default_rng(2), 3), library, "float32")


def test_extreme_inputs(library):
    for activation, cost in (("sigmoid", "binary_cross_entropy"), ("softmax", "cross_entropy"), ("softplus", "quadratic")):
        network = Network.from_spec("2-3", activation=activation, cost=cost)
        params = [(np.array([[1e4, 0.0], [0.0, -1e4], [3e3, 1e-310]]), np.zeros(3))]
        x, y = np.array([[1.0, 1.0], [-1.0, 0.5]]), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        found, right = lambdify(network, backend=library)(params, x, y), lambdify(network)(params, x, y)
        for a, b in zip(arrays_of(found), arrays_of(right), strict=True):
            assert np.abs(a - b).max() <= 1e-12 * max(1, np.abs(b).max())


def test_wrong_shapes_are_refused_and_lists_stay_lists(library):
    f = lambdify(Network.from_spec("2-3-2"), backend=library)
    params = [(np.ones((3, 2)), np.ones(3)), (np.ones((2, 3)), np.ones(2))]
    _, grads = f(params, np.ones((4, 2)), np.ones((4, 2)))
    assert [tuple(array.shape for array in pair) for pair in grads] == [((3, 2), (3,)), ((2, 3), (2,))]
    with pytest.raises(ShapeError, match="x and y should have as many samples"):
        f(params, np.ones((4, 2)), np.ones((3, 2)))
    with pytest.raises(UnsupportedError, match="flat"):
        lambdify(Network.from_spec("2-3-2"), backend=library, flat=True)


def test_jax_transforms_go_through():
    """jit of a training step, vmap over models, and JAX's own derivative of our gradient against our Hessian product."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    network = Network.from_spec("3-4-2", activation="tanh")
    problem = random_problem(network, np.random.default_rng(5), 6)
    f = lambdify(network, backend="jax")
    direction = {name: array + 1 for name, array in problem.parameters.items()}

    @jax.jit
    def step(params, x, y):
        _, grads = f(params, x, y)
        return {name: params[name] - 0.1 * grads[name] for name in params}

    _, right = lambdify(network)(problem.parameters, problem.x, problem.y)
    stepped = step(problem.parameters, problem.x, problem.y)
    assert all(np.allclose(stepped[n], problem.parameters[n] - 0.1 * right[n], rtol=1e-13) for n in right)
    many = {name: np.stack([array, 2 * array]) for name, array in problem.parameters.items()}
    costs, _ = jax.vmap(f, in_axes=(0, None, None))(many, problem.x, problem.y)
    assert np.allclose(costs[1], lambdify(network)({n: 2 * a for n, a in problem.parameters.items()}, problem.x, problem.y)[0])
    _, along = jax.jvp(lambda params: f(params, problem.x, problem.y)[1], (problem.parameters,), (direction,))
    ours = lambdify(network, kind="hvp", backend="jax")(problem.parameters, direction, problem.x, problem.y)
    by_jax = jax.grad(lambda params: f(params, problem.x, problem.y)[0])(problem.parameters)
    assert all(np.allclose(along[name], ours[name], rtol=1e-11, atol=1e-13) for name in ours)
    assert all(np.allclose(by_jax[name], right[name], rtol=1e-11, atol=1e-13) for name in right)


def test_torch_transforms_go_through():
    """No graph is recorded, nothing is left on the tape; vmap over models; autograd of the cost is our gradient."""
    torch = pytest.importorskip("torch")
    network = Network.from_spec("3-4-2", activation="tanh")
    problem = random_problem(network, np.random.default_rng(5), 6)
    f = lambdify(network, backend="torch")
    tensors = {name: torch.as_tensor(array) for name, array in problem.parameters.items()}
    x, y = torch.as_tensor(problem.x), torch.as_tensor(problem.y)
    _, grads = f(tensors, x, y)
    assert not any(grad.requires_grad for grad in grads.values())
    tracked = {name: tensor.clone().requires_grad_() for name, tensor in tensors.items()}
    f(tracked, x, y)[0].backward()
    assert all(torch.allclose(tracked[name].grad, grads[name], rtol=1e-11, atol=1e-13) for name in grads)
    many = {name: torch.stack([tensor, 2 * tensor]) for name, tensor in tensors.items()}
    costs, _ = torch.func.vmap(f, in_dims=(0, None, None))(many, x, y)
    assert torch.allclose(costs[1], f({name: 2 * tensor for name, tensor in tensors.items()}, x, y)[0])


STANDALONE = """
import sys
sys.modules["symback"] = sys.modules["sympy"] = None
import numpy as np
import grad
params = [(np.full((3, 2), 0.5), np.ones(3)), (np.full((4, 3), 0.25), np.ones(4))]
cost, grads = grad.value_and_grad(params, np.ones((5, 2)), np.full((5, 4), 0.25))
print(float(cost), float(grads[0][0][0, 0]), float(grad.forward(params, np.ones((5, 2)))[0, 0]))
try:
    grad.value_and_grad(params, np.ones((5, 2)), np.ones((5, 2)))
except grad.ShapeError as error:
    print(error)
"""


def test_a_module_of_its_own_needs_the_library_alone(library, tmp_path):
    network = Network.from_spec("2-3-4", activation="gelu,sigmoid")
    (tmp_path / "grad.py").write_text(module_source(network, "float32", library))
    done = subprocess.run([sys.executable, "-c", STANDALONE], cwd=tmp_path, capture_output=True, text=True, check=True)
    numbers, message = done.stdout.splitlines()
    params = [(np.full((3, 2), 0.5), np.ones(3)), (np.full((4, 3), 0.25), np.ones(4))]
    f = lambdify(network)
    cost, grads = f(params, np.ones((5, 2)), np.full((5, 4), 0.25))
    right = [cost, grads[0][0][0, 0], f.forward(params, np.ones((5, 2)))[0, 0]]
    assert np.allclose([float(text) for text in numbers.split()], right, rtol=1e-5)
    assert message == "y has shape (5, 2); it should be (5, 4) = (batch, outputs)"


SHARDED = """
import json, sys
import jax, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
from symback.network import Network
from symback.numerics import lambdify
jax.config.update("jax_enable_x64", True)
network = Network.from_spec("5-7-3", activation="tanh,softmax", cost="cross_entropy")
draw = np.random.default_rng(0)
params = [(draw.normal(size=(7, 5)), draw.normal(size=7)), (draw.normal(size=(3, 7)), draw.normal(size=3))]
x, y = draw.normal(size=(32, 5)), np.eye(3)[draw.integers(3, size=32)]
right_cost, right = lambdify(network)(params, x, y)
mesh = Mesh(np.array(jax.devices()), ("data",))
rows, everywhere = NamedSharding(mesh, P("data")), NamedSharding(mesh, P())
f = lambdify(network, backend="jax")
placed = (jax.device_put(params, everywhere), jax.device_put(x, rows), jax.device_put(y, rows))
cost, grads = f(*placed)
worst = max(float(np.abs(a - b).max()) for p, q in zip(grads, right) for a, b in zip(p, q))
text = f.lower(*placed).compile().as_text()
same = all(a.sharding.is_fully_replicated for pair in grads for a in pair)
print(json.dumps([len(jax.devices()), abs(float(cost) - right_cost), worst, same, "all-reduce" in text]))
"""


def test_gradients_over_four_devices_are_those_of_one():
    """The rows of a batch laid over four devices of the host, the parameters repeated: the compiler adds up the parts."""
    pytest.importorskip("jax")
    env = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", SHARDED], env=env, capture_output=True, text=True, check=True)
    devices, cost, worst, is_replicated, adds_up = json.loads(done.stdout)
    assert devices == 4 and cost < 1e-14 and worst < 1e-14 and is_replicated and adds_up


def test_what_is_not_installed_is_named_with_the_way_to_install_it(monkeypatch):
    monkeypatch.setattr("symback.numerics.array_calls.find_spec", lambda name: None)
    with pytest.raises(UnsupportedError, match=r"jax is not installed; pip install 'symback\[jax\]'"):
        lambdify(Network.from_spec("2-3-2"), backend="jax")
