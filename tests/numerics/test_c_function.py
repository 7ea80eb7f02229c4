"""The C backend gives what the equations written by hand and the NumPy backend give, and takes and refuses what they do."""

from itertools import pairwise

import numpy as np
import pytest

from symback.network import Dense, LayerNorm, Network, Residual
from symback.network.activations import ACTIVATIONS, read_activation
from symback.numerics import lambdify
from symback.numerics.c_compile import missing_compiler

pytestmark = pytest.mark.skipif(bool(missing_compiler()), reason=missing_compiler() or "there is a compiler")
TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
KNOWN = {}


def compiled(network, dtype="float64", threads=2):
    """The function by C, once for all tests; it is not allowed to give way to NumPy."""
    key = (network, dtype, threads)
    if key not in KNOWN:
        KNOWN[key] = lambdify(network, dtype=dtype, backend="c", threads=threads)
        assert (KNOWN[key].backend, KNOWN[key].reason) == ("c", "")
    return KNOWN[key]


def arguments(sizes=(2, 3, 4), samples=5, seed=0, dtype="float64"):
    draw = np.random.default_rng(seed)
    params = [(draw.normal(size=(n, m)).astype(dtype), draw.normal(size=n).astype(dtype)) for m, n in pairwise(sizes)]
    return params, draw.normal(size=(samples, sizes[0])).astype(dtype), draw.uniform(size=(samples, sizes[-1])).astype(dtype)


def by_hand(params, x, y):
    """Equations (1)-(6) for sigmoid layers and the quadratic cost, averaged over the batch."""
    activations = [x]
    for w, b in params:
        activations.append(1 / (1 + np.exp(-(activations[-1] @ w.T + b))))
    a = activations[-1]
    delta, grads = (a - y) * a * (1 - a), []
    for (w, _), below in zip(reversed(params), reversed(activations[:-1]), strict=True):
        grads.append((delta.T @ below / len(x), delta.mean(axis=0)))
        delta = (delta @ w) * below * (1 - below)
    return 0.5 * np.sum((a - y) ** 2) / len(x), grads[::-1]


def difference(found, right):
    """The greatest difference of any array, relative to its greatest entry."""

    def flat(grads):
        return list(grads.values()) if isinstance(grads, dict) else [array for pair in grads for array in pair]

    pairs = [(np.asarray(found[0]), np.asarray(right[0])), *zip(flat(found[1]), flat(right[1]), strict=True)]
    return max(float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-300)) if np.abs(b).max() else float(np.abs(a).max()) for a, b in pairs)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("sizes", [(2, 3, 2), (5, 7, 19, 33, 4), (1, 1, 1), (100, 70, 9)], ids=str)
def test_the_compiled_function_equals_the_equations_written_by_hand(sizes, dtype):
    network = Network.from_spec("-".join(map(str, sizes)))
    for samples in (1, 2, 5, 32, 131):
        exact = arguments(sizes, samples, seed=samples)
        given = arguments(sizes, samples, seed=samples, dtype=dtype)
        assert difference(compiled(network, dtype)(*given), by_hand(*exact)) < TOLERANCE[dtype]


def named_arguments(f, samples, seed, inputs, outputs, dtype="float64", kind="values"):
    """Random parameters by name, for any network."""
    draw = np.random.default_rng(seed)
    params = {}
    for argument in f.program.parameters:
        shape = tuple(map(int, argument.shape))
        params[argument.name] = draw.normal(size=shape) / np.sqrt(shape[-1] if len(shape) == 2 else 1)
        if "t_low" in argument.name or "t_high" in argument.name:
            params[argument.name] = np.abs(params[argument.name]) * (-1 if "low" in argument.name else 1)
        params[argument.name] = params[argument.name].astype(dtype)
    y = draw.uniform(0.1, 0.9, size=(samples, outputs))
    if kind == "probabilities":
        y /= y.sum(axis=1, keepdims=True)
    return params, draw.normal(size=(samples, inputs)).astype(dtype), y.astype(dtype)


def all_activations():
    """A tower of layers, one for each activation."""
    names = [name for name in ACTIVATIONS if read_activation(name).row.formula is not None or name.endswith("softmax")]
    return [Dense(3 + i % 9, name) for i, name in enumerate(names)]


TOWERS = {
    "every activation": Network(4, [*all_activations(), Dense(3, "identity")], "quadratic"),
    "layer norm and residual": Network(
        6, [Dense(17, "relu"), LayerNorm(), Residual([Dense(17, "tanh")]), Dense(3, "softmax")], "cross_entropy"
    ),
    "penalties": Network(6, [Dense(21, "gelu"), Dense(18, "silu"), Dense(3, "softmax")], "cross_entropy_from_logits", l1=0.01, l2=0.02),
}
COSTS = {
    "quadratic": "tanh", "squared_error": "relu", "mean_squared_error": "sigmoid", "absolute_error": "tanh", "mean_absolute_error": "tanh",
    "huber": "identity", "hinge": "identity", "binary_cross_entropy": "sigmoid", "binary_cross_entropy_from_logits": "identity",
    "cross_entropy": "softmax", "cross_entropy_from_logits": "identity", "nll": "log_softmax", "poisson": "exp",
}  # fmt: skip


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", TOWERS)
def test_every_activation_and_layer_agrees_with_numpy(name, dtype):
    network = TOWERS[name]
    exact = lambdify(network)
    f = compiled(network, dtype)
    for samples in (1, 3, 40):
        given = named_arguments(f, samples, 7, int(f.program.x.shape[1]), 3, dtype, "probabilities")
        wide = ({k: v.astype(float) for k, v in given[0].items()}, *(array.astype(float) for array in given[1:]))
        assert difference(f(*given), exact(*wide)) < TOLERANCE[dtype] * (1 if dtype == "float64" else 10)
