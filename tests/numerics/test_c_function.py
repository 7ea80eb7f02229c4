"""The C backend gives what the equations written by hand and the NumPy backend give, and takes and refuses what they do."""

import os
import threading
from itertools import pairwise

import numpy as np
import pytest

from symback.errors import NumericError, ShapeError
from symback.network import Dense, LayerNorm, Network, Residual
from symback.network.activations import ACTIVATIONS, read_activation
from symback.numerics import c_function, c_small, lambdify
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
    for samples in (1, 2, 5, 32, 131) if sizes[0] < 100 else (1, 7, 131, 500):
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


def test_a_small_network_takes_few_samples_and_many():
    """Sums of 4096 samples are summed up."""
    for samples in (4096, 4097, 9000):
        given = arguments((2, 3, 2), samples, seed=samples)
        assert difference(compiled(Network.from_spec("2-3-2"))(*given), by_hand(*given)) < TOLERANCE["float64"]


@pytest.mark.parametrize("backend", ["c", "numpy"])
@pytest.mark.parametrize("sizes", [(2, 3, 2), (5, 7, 19, 33, 4)], ids=str)
def test_gradients_are_written_to_arrays_that_are_given(sizes, backend):
    network = Network.from_spec("-".join(map(str, sizes)))
    f = compiled(network) if backend == "c" else lambdify(network)
    given = arguments(sizes, 13)
    right = f(*given)
    fresh = [(np.full_like(w, np.nan), np.full_like(b, np.nan)) for w, b in given[0]]
    named = {f"{letter}{i}": array for i, pair in enumerate(fresh, 1) for letter, array in zip("Wb", pair, strict=True)}
    turned = [(np.full(w.shape, np.nan, order="F"), np.full(2 * len(b), np.nan)[::2]) for w, b in given[0]]
    for out in (fresh, named, turned):
        cost, grads = f(*given, out=out)
        assert grads is out and difference((cost, grads if out is not named else fresh), right) == 0
    wide = [(np.full(w.shape, np.nan, "float32"), np.full(b.shape, np.nan)) for w, b in given[0]]
    assert difference(f(*given, out=wide), right) < 1e-6
    over = [(w.copy(), b.copy()) for w, b in given[0]]  # written over the parameters themselves, when they are not needed any more
    assert difference(f(over, *given[1:], out=over), right) == 0
    assert difference(f(*given, out=None), right) == 0


@pytest.mark.parametrize("backend", ["c", "numpy"])
def test_what_gradients_cannot_be_written_to_is_refused_and_left_as_it_is(backend):
    f = compiled(Network.from_spec("2-3-2")) if backend == "c" else lambdify(Network.from_spec("2-3-2"))
    given = arguments((2, 3, 2))[0]
    x, y = np.ones((4, 2)), np.zeros((4, 2))
    fixed = np.zeros((3, 2))
    fixed.flags.writeable = False
    for wrong, words in (
        (np.zeros((2, 3)), "out: W1 has shape (2, 3)"), (np.zeros((3, 2), int), "dtype int64"), ([1.0], "out: W1 is a list"),
        (fixed, "out: W1 cannot be written to"),
    ):  # fmt: skip
        out = [(wrong, np.zeros(3)), (np.zeros((2, 3)), np.zeros(2))]
        with pytest.raises(ShapeError) as caught:
            f(given, x, y, out=out)
        assert words in str(caught.value) and not any(array.any() for array in out[1])
    with pytest.raises(ShapeError, match="out should be a list of 2 pairs"):
        f(given, x, y, out=[])
    with pytest.raises(TypeError):
        f(given, x, y, into=[])


@pytest.mark.slow
@pytest.mark.parametrize("cost", COSTS)
def test_every_cost_agrees_with_numpy_by_loops(cost, monkeypatch):
    """The loops that a small network would not be given."""
    monkeypatch.setattr(c_small, "MOST_OPERATIONS", 0)
    network = Network(4, [Dense(5, "tanh"), Dense(3, COSTS[cost])], cost)
    f, exact = lambdify(network, backend="c"), lambdify(network)
    assert f.backend == "c" and "run_together" in f.source
    given = named_arguments(f, 33, 3, 4, 3, kind="probabilities")
    assert difference(f(*given), exact(*given)) < TOLERANCE["float64"]


@pytest.mark.slow
@pytest.mark.parametrize("cost", COSTS)
def test_every_cost_agrees_with_numpy(cost):
    network = Network(4, [Dense(5, "tanh"), Dense(3, COSTS[cost])], cost)
    f, exact = compiled(network), lambdify(network)
    for samples in (1, 6, 33):
        given = named_arguments(f, samples, 5, 4, 3, kind="probabilities")
        assert difference(f(*given), exact(*given)) < 1e-12


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", ["every activation", "penalties"])
@pytest.mark.parametrize("scale", [1e4, 1e-310])
def test_extreme_inputs_give_what_numpy_gives(name, scale, dtype):
    f, exact = compiled(TOWERS[name], dtype), lambdify(TOWERS[name], dtype)
    if scale < 1e-300 and dtype == "float32":
        scale = 1e-40
    params, x, y = named_arguments(f, 9, 3, int(f.program.x.shape[1]), 3, dtype, "probabilities")
    x = (x.astype(float) * scale).astype(dtype)
    outcomes = []
    for function in (f, exact):
        try:
            outcomes.append(function(params, x, y))
        except NumericError as error:
            outcomes.append(str(error))
    if isinstance(outcomes[1], str):
        assert outcomes[0] == outcomes[1]
        return
    (cost, grads), (right_cost, right) = outcomes
    np.testing.assert_allclose(cost, right_cost, rtol=10 * TOLERANCE[dtype])
    for key in right:
        size = np.nanmax(np.abs(right[key]), initial=0)
        np.testing.assert_allclose(grads[key], right[key], rtol=1e3 * TOLERANCE[dtype], atol=10 * TOLERANCE[dtype] * size, err_msg=key)


@pytest.mark.parametrize("logit", [1e4, -1e4, 0.0])
def test_logits_of_ten_thousand_give_finite_costs_and_gradients(logit):
    network = Network(1, [Dense(3, "softmax")], "cross_entropy")
    params = [(np.array([[logit], [0.0], [-logit]]), np.zeros(3))]
    given = params, np.ones((2, 1)), np.array([[1.0, 0, 0], [0, 0, 1.0]])
    assert difference(compiled(network)(*given), lambdify(network)(*given)) < 1e-12


def test_arrays_of_any_layout_are_taken_and_none_is_written_to():
    f = compiled(Network.from_spec("2-3-4"))
    params, x, y = arguments()
    right = by_hand(params, x, y)
    wide = np.repeat(np.repeat(x, 2, axis=0), 3, axis=1)[::2, ::3]
    raw = np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.float64).reshape(x.shape)
    raw[...] = x
    fortran = [(np.asfortranarray(w), b[::-1].copy()[::-1]) for w, b in params]
    swapped = x.astype(">f8")
    for form in (x, wide, raw, np.asfortranarray(x), swapped, x.tolist()):
        assert difference(f(params, form, y), right) < 1e-12
        assert difference(f(fortran, form, y), right) < 1e-12
    for array in [x, y, *(a for pair in params for a in pair)]:
        array.flags.writeable = False
    before = [a.copy() for pair in params for a in pair]
    assert difference(f(tuple(tuple(pair) for pair in params), x, y), right) < 1e-12
    assert all((a == b).all() for a, b in zip(before, [a for pair in params for a in pair], strict=True))
    named = {f"{letter}{i}": array for i, pair in enumerate(params, 1) for letter, array in zip("Wb", pair, strict=True)}
    assert list(f(named, x, y)[1]) == ["W1", "b1", "W2", "b2"]
    assert difference(f(named, x, y), right) < 1e-12


def test_results_belong_to_the_caller():
    f = compiled(Network.from_spec("2-3-4"))
    first = f(*arguments(seed=1))
    kept = [array.copy() for pair in first[1] for array in pair]
    f(*arguments(seed=2))
    assert all((a == b).all() for a, b in zip(kept, [a for pair in first[1] for a in pair], strict=True))


def test_symbolic_sizes_are_compiled_for_the_sizes_met():
    f = compiled(Network.from_spec("p-m-n"))
    for sizes in ((2, 3, 4), (6, 2, 3), (2, 3, 4), (1, 1, 1)):
        given = arguments(sizes)
        assert difference(f(*given), by_hand(*given)) < 1e-12


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda p, x, y: (p, x[0], y), ShapeError),
        (lambda p, x, y: (p, x[:0], y[:0]), ShapeError),
        (lambda p, x, y: (p, x, y[:2]), ShapeError),
        (lambda p, x, y: (p[:1], x, y), ShapeError),
        (lambda p, x, y: ([(p[0][0].T, p[0][1]), p[1]], x, y), ShapeError),
        (lambda p, x, y: ({"W1": p[0][0]}, x, y), ShapeError),
        (lambda p, x, y: (p, x * 1j, y), ShapeError),
        (lambda p, x, y: (p, np.where(x == x[2, 1], np.nan, x), y), NumericError),
        (lambda p, x, y: (p, np.where(x == x[2, 1], np.inf, x), y), NumericError),
        (lambda p, x, y: ([(p[0][0] * np.inf, p[0][1]), p[1]], x, y), NumericError),
        (lambda p, x, y: (p, x, y * np.nan), NumericError),
        (lambda p, x, y: (7, x, y), ShapeError),
    ],
)
def test_wrong_arguments_are_refused_in_the_same_words(change, error):
    network = Network.from_spec("2-3-4")
    given = change(*arguments())
    with pytest.raises(error) as by_numpy:
        lambdify(network)(*given)
    with pytest.raises(error) as by_c:
        compiled(network)(*given)
    assert str(by_c.value) == str(by_numpy.value)


def test_threads_of_python_may_call_at_once():
    f = compiled(Network.from_spec("100-70-9"))
    given = [arguments((100, 70, 9), samples, seed=samples) for samples in (1, 40, 500, 170)]
    right = [by_hand(*each) for each in given]
    worst = [0.0] * 4

    def work(k):
        for turn in range(20):
            i = (k + turn) % 4
            worst[k] = max(worst[k], difference(f(*given[i]), right[i]))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(worst) < 1e-12


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_after_fork_computes_as_well():
    f = compiled(Network.from_spec("100-70-9"))
    given = arguments((100, 70, 9), 500)
    right = by_hand(*given)
    assert difference(f(*given), right) < 1e-12
    child = os.fork()
    if child == 0:
        os._exit(0 if difference(f(*given), right) < 1e-12 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_without_the_headers_of_python_ctypes_does_it(monkeypatch):
    monkeypatch.setattr(c_function.sysconfig, "get_paths", lambda: {"include": "/nowhere"})
    f = lambdify(Network.from_spec("2-3-4"), backend="c", threads=2)
    assert f.backend == "c"
    assert difference(f(*arguments()), by_hand(*arguments())) < 1e-12
    with pytest.raises(ShapeError):
        f(arguments()[0], arguments()[1][0], arguments()[2])
