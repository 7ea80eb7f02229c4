"""`lambdify`: what the compiled function takes, refuses, leaves alone and returns; and the stand-alone module."""

import contextlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from symback.errors import NumericError, ShapeError, UnsupportedError
from symback.network import Dense, LayerNorm, Network
from symback.numerics import lambdify, module_source
from symback.pipeline import derive

SPEC = Network.from_spec("2-3-4")


def arguments(sizes=(2, 3, 4), samples=5, seed=0):
    draw = np.random.default_rng(seed)
    params = [(draw.normal(size=(n, m)), draw.normal(size=n)) for m, n in pairwise(sizes)]
    return params, draw.normal(size=(samples, sizes[0])), draw.uniform(size=(samples, sizes[-1]))


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


def assert_same(found, right, tolerance=1e-13):
    np.testing.assert_allclose(found[0], right[0], rtol=tolerance)
    for (w, b), (right_w, right_b) in zip(found[1], right[1], strict=True):
        np.testing.assert_allclose(w, right_w, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(b, right_b, rtol=tolerance, atol=tolerance)


def test_the_compiled_function_equals_the_equations_written_by_hand():
    f = lambdify(SPEC)
    for samples in (5, 1, 7, 5):
        assert_same(f(*arguments(samples=samples)), by_hand(*arguments(samples=samples)))


@pytest.mark.parametrize("given", [SPEC, derive(SPEC), derive(SPEC, batch=True)], ids=["network", "per sample", "batch"])
def test_a_network_and_both_its_derivations_give_the_same_function(given):
    assert_same(lambdify(given)(*arguments()), by_hand(*arguments()))


def test_gradients_come_in_the_form_of_the_parameters():
    f = lambdify(SPEC)
    params, x, y = arguments()
    named = {f"{letter}{i}": array for i, pair in enumerate(params, 1) for letter, array in zip("Wb", pair, strict=True)}
    cost, grads = f(params, x, y)
    same_cost, named_grads = f(named, x, y)
    assert same_cost == cost
    assert list(named_grads) == ["W1", "b1", "W2", "b2"]
    np.testing.assert_array_equal(named_grads["W2"], grads[1][0])
    assert f.parameter_names == ("W1", "b1", "W2", "b2")


def test_symbolic_sizes_are_read_off_the_arrays():
    f = lambdify(Network.from_spec("p-m-n"))
    assert_same(f(*arguments()), by_hand(*arguments()))
    assert_same(f(*arguments((6, 2, 3))), by_hand(*arguments((6, 2, 3))))


def test_forward_gives_the_output_alone():
    f = lambdify(SPEC)
    params, x, _ = arguments()
    a = x
    for w, b in params:
        a = 1 / (1 + np.exp(-(a @ w.T + b)))
    np.testing.assert_allclose(f.forward(params, x), a, rtol=1e-13)


def test_one_sample_at_a_time_averages_to_the_batch():
    f = lambdify(SPEC)
    params, x, y = arguments()
    whole, grads = f(params, x, y)
    parts = [f(params, x[i : i + 1], y[i : i + 1]) for i in range(len(x))]
    np.testing.assert_allclose(np.mean([cost for cost, _ in parts]), whole, rtol=1e-13)
    np.testing.assert_allclose(np.mean([g[0][0] for _, g in parts], axis=0), grads[0][0], rtol=1e-12)


def test_results_are_fresh_and_arguments_are_left_alone():
    f = lambdify(SPEC)
    params, x, y = arguments()
    copies = [(w.copy(), b.copy()) for w, b in params], x.copy(), y.copy()
    for array in (x, y, *(a for pair in params for a in pair)):
        array.flags.writeable = False
    _, first = f(params, x, y)
    kept = [(w.copy(), b.copy()) for w, b in first]
    f(*arguments(seed=1))
    for (w, b), (old_w, old_b) in zip(first, kept, strict=True):
        np.testing.assert_array_equal(w, old_w)
        np.testing.assert_array_equal(b, old_b)
    assert_same((0, [(x, y), *params]), (0, [(copies[1], copies[2]), *copies[0]]), 0)


def test_gradients_that_are_equal_are_still_two_arrays():
    """β of a normalisation and b of a layer may have the same gradient; changing one must not change the other."""
    network = Network(inputs=3, layers=[Dense(3), LayerNorm()], cost="quadratic")
    f = lambdify(network)
    draw = np.random.default_rng(0)
    params = {a.name: draw.normal(size=[int(n) for n in a.shape]) for a in f.program.parameters}
    _, grads = f(params, draw.normal(size=(4, 3)), draw.normal(size=(4, 3)))
    bases = [id(g) for g in grads.values()]
    assert len(set(bases)) == len(bases)
    assert not any(np.shares_memory(g, h) for i, g in enumerate(grads.values()) for h in list(grads.values())[:i])


@pytest.mark.parametrize(
    "change",
    [
        lambda p, x, y: ([(np.asfortranarray(w), b) for w, b in p], np.asfortranarray(x), np.asfortranarray(y)),
        lambda p, x, y: (p, np.repeat(x, 2, axis=1)[:, ::2], np.repeat(y, 3, axis=0)[::3]),
        lambda p, x, y: ([(w[::-1].copy()[::-1], b[::-1].copy()[::-1]) for w, b in p], x, y),
        lambda p, x, y: ([[w.tolist(), b.tolist()] for w, b in p], x.tolist(), y.tolist()),
        lambda p, x, y: (tuple((w.astype(">f8"), b) for w, b in p), x, y),
    ],
    ids=["Fortran order", "strided", "negative strides", "lists", "big endian"],
)
def test_any_layout_of_the_arguments_gives_the_same_numbers(change):
    for network in (SPEC, Network.from_spec("2-3-4", activation="tanh,softmax", cost="cross_entropy", l2=0.1)):
        f = lambdify(network)
        assert_same(f(*change(*arguments())), f(*arguments()), 1e-14)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "gelu", "elu", "softplus", "srelu", "hard_sigmoid", "mish", "softmax"])
def test_float32_stays_float32_and_agrees_with_float64(activation):
    network = Network.from_spec("2-3-4", activation=activation, cost="quadratic", l1=0.1, l2=0.1)
    single, double = lambdify(network, dtype="float32"), lambdify(network)
    draw = np.random.default_rng(0)
    params = {a.name: draw.normal(size=[int(n) for n in a.shape]) for a in double.program.parameters}
    x, y = draw.normal(size=(5, 2)), draw.uniform(size=(5, 4))
    cost, grads = single(params, x, y)
    right, right_grads = double(params, x, y)
    assert cost == pytest.approx(right, rel=1e-5)
    assert all(g.dtype == np.float32 for g in grads.values())
    assert single.forward(params, x).dtype == np.float32
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, right_grads[name], rtol=1e-4, atol=1e-5)


def test_integers_and_other_precisions_are_converted():
    f = lambdify(SPEC)
    params, _, _ = arguments()
    x, y = np.arange(10).reshape(5, 2), np.ones((5, 4), dtype=bool)
    rounded = [(w.astype("float32"), b) for w, b in params]
    assert_same(f(rounded, x, y), f([(w.astype(float), b) for w, b in rounded], x * 1.0, y * 1.0))


def broken(**changes):
    params, x, y = arguments()
    return {"params": params, "x": x, "y": y} | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": np.zeros((5, 3))}, r"x has shape \(5, 3\); it should be \(5, 2\) = \(batch, inputs\)"),
        ({"x": np.zeros((2, 5))}, r"x has shape \(2, 5\); it should be \(2, 2\)"),
        ({"x": np.zeros(2)}, r"x has shape \(2,\); .*for a single sample give x\[None, :\]"),
        ({"y": np.zeros((5, 3))}, r"y has shape \(5, 3\); it should be \(5, 4\) = \(batch, outputs\)"),
        ({"y": np.zeros((1, 4))}, r"y has shape \(1, 4\); it should be \(5, 4\).*as many samples"),
        ({"y": np.zeros(4)}, r"y has shape \(4,\)"),
        ({"x": np.zeros((0, 2)), "y": np.zeros((0, 4))}, "at least one sample"),
        ({"params": [(np.zeros((2, 3)), np.zeros(3)), (np.zeros((4, 3)), np.zeros(4))]}, r"W1 has shape \(2, 3\).*looks transposed"),
        ({"params": [(np.zeros((3, 2)), np.zeros(1)), (np.zeros((4, 3)), np.zeros(4))]}, r"b1 has shape \(1,\); it should be \(3,\)"),
        ({"params": [(np.zeros((3, 2)), np.zeros((3, 1))), (np.zeros((4, 3)), np.zeros(4))]}, r"b1 has shape \(3, 1\)"),
        ({"params": [(np.zeros((3, 2)), np.zeros(3))]}, r"list of 2 pairs \(W, b\).*a list of length 1"),
        ({"params": 3.0}, r"list of 2 pairs \(W, b\).*a float"),
        ({"params": {"W1": np.zeros((3, 2))}}, r"missing: b1, W2, b2; it should have W1, b1, W2, b2"),
        ({"params": {"W1": 0, "b1": 0, "W2": 0, "b2": 0, "W3": 0}}, "unknown: W3"),
        ({"x": np.zeros((5, 2), dtype=complex)}, "x has dtype complex128; it should hold real numbers"),
        ({"x": [["a", "b"]] * 5}, "x has dtype <U1"),
        ({"x": [[1.0], [1.0, 2.0]]}, "x is not an array"),
        ({"x": None}, "x has dtype object"),
    ],
)  # fmt: skip
def test_a_misfit_is_named_with_its_shape_and_the_right_one(changes, message):
    f = lambdify(SPEC)
    with pytest.raises(ShapeError, match=message):
        f(**broken(**changes))
    f(**broken())


def test_symbolic_sizes_must_agree_among_the_arrays():
    f = lambdify(Network.from_spec("p-m-n"))
    params, x, y = arguments()
    with pytest.raises(ShapeError, match=r"W2 has shape \(4, 4\); it should be \(4, 3\)"):
        f([params[0], (np.zeros((4, 4)), np.zeros(4))], x, y)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("activation", ["sigmoid", "relu", "hard_sigmoid", "identity"])
@pytest.mark.parametrize("name", ["x", "y", "W1", "b1", "W2", "b2"])
def test_a_nan_is_named_and_so_is_an_infinity_that_would_spoil_the_result(value, activation, name):
    """An infinite weight into a unit that saturates has a finite limit, and is let pass; a nan never is."""
    f = lambdify(Network.from_spec("2-3-4", activation=activation))
    params, x, y = arguments()
    named = dict(zip(f.parameter_names, (a for pair in params for a in pair), strict=True)) | {"x": x, "y": y}
    named[name][(0,) * named[name].ndim] = value
    with contextlib.suppress(NumericError):
        cost, grads = f(params, x, y)
        assert not np.isnan(value) and name not in ("x", "y")
        assert np.isfinite(cost)
        assert not any(np.isnan(a).any() for pair in grads for a in pair)
        return
    with pytest.raises(NumericError, match=re.escape(f"{name}[{', '.join('0' * named[name].ndim)}] is {value}")):
        f(params, x, y)


def test_an_overflow_of_finite_arguments_is_no_fault_of_theirs():
    cost, _ = lambdify(Network.from_spec("2-3-4", activation="identity"))([(w * 1e200, b) for w, b in arguments()[0]], *arguments()[1:])
    assert cost == np.inf


def test_a_penalty_without_a_number_is_refused():
    with pytest.raises(UnsupportedError, match=r"lambda.* has no number"):
        lambdify(Network(inputs=2, layers=[Dense(3)], l2="lambda"))


def test_what_is_known_by_name_only_has_no_numbers():
    with pytest.raises(UnsupportedError, match=r"activation sigma is known by name only.*activation='sigmoid'"):
        lambdify(Network.from_spec("2-3-2", activation="unspecified"))
    with pytest.raises(UnsupportedError, match=r"cost C is known by name only.*cost='quadratic'"):
        lambdify(Network.from_spec("2-3-2", cost="unspecified"))


def test_other_dtypes_and_backends_are_refused():
    with pytest.raises(UnsupportedError, match=r"float16.*float32 and float64"):
        lambdify(SPEC, dtype="float16")
    with pytest.raises(UnsupportedError, match="backend 'fortran'"):
        lambdify(SPEC, backend="fortran")


def test_threads_do_not_disturb_each_other():
    f = lambdify(Network.from_spec("30-40-40-5"))
    cases = [arguments((30, 40, 40, 5), samples=20, seed=seed) for seed in range(4)]
    right = [(cost, b"".join(a.tobytes() for pair in grads for a in pair)) for cost, grads in (f(*case) for case in cases)]
    wrong = []

    def work(i: int) -> None:
        for _ in range(60):
            cost, grads = f(*cases[i])
            if (cost, b"".join(a.tobytes() for pair in grads for a in pair)) != right[i]:
                wrong.append(i)

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns a thousand times more often than they would
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
    finally:
        sys.setswitchinterval(usual)
    assert not wrong


def test_buffers_of_old_batch_sizes_are_given_up():
    f = lambdify(SPEC)
    for samples in range(1, 30):
        f(*arguments(samples=samples))
    assert len(f.__globals__["gradient_buffers"].known) <= 8


def test_the_module_needs_numpy_alone_and_gives_the_same_numbers(tmp_path):
    network = Network.from_spec("2-3-4", activation="gelu,softmax", cost="cross_entropy")
    (tmp_path / "grad.py").write_text(module_source(network))
    program = (
        "import sys; sys.modules['symback'] = sys.modules['sympy'] = None\n"
        "import numpy as np, grad\n"
        "draw = np.random.default_rng(0)\n"
        "params = [(draw.normal(size=(3, 2)), draw.normal(size=3)), (draw.normal(size=(4, 3)), draw.normal(size=4))]\n"
        "x, y = draw.normal(size=(5, 2)), np.eye(4)[[0, 1, 2, 3, 0]]\n"
        "cost, grads = grad.value_and_grad(params, x, y)\n"
        "print(repr(float(cost)), repr(float(grads[0][0][0, 0])), repr(float(grad.forward(params, x)[0, 0])))\n"
        "try: grad.value_and_grad(params, x, y[:, :2])\n"
        "except ValueError as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    numbers, error = done.stdout.splitlines()
    draw = np.random.default_rng(0)
    params = [(draw.normal(size=(3, 2)), draw.normal(size=3)), (draw.normal(size=(4, 3)), draw.normal(size=4))]
    x, y = draw.normal(size=(5, 2)), np.eye(4)[[0, 1, 2, 3, 0]]
    f = lambdify(network)
    cost, grads = f(params, x, y)
    assert [float(text) for text in numbers.split()] == [cost, grads[0][0][0, 0], f.forward(params, x)[0, 0]]
    assert error == "ShapeError y has shape (5, 2); it should be (5, 4) = (batch, outputs)"


def test_the_source_that_is_shown_is_the_source_that_runs():
    f = lambdify(SPEC)
    namespace: dict = {"__name__": "shown"}
    exec(compile(f.source, "shown", "exec"), namespace)
    assert_same(namespace["value_and_grad"](*arguments()), f(*arguments()), 0)
    body = module_source(SPEC).split("def _value_and_grad", 1)[1]
    assert f.source.split("def _value_and_grad", 1)[1] == body
