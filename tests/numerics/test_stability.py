"""Extreme arguments: no warning, no nan, and the value that exact arithmetic gives."""

import math
import warnings

import numpy as np
import pytest
import sympy

from symback.language.expressions import slot
from symback.network import Network
from symback.network.activations import ACTIVATIONS, read_activation
from symback.numerics import lambdify
from symback.numerics.error_function import erf
from symback.numerics.scalars import evaluate_scalar
from symback.numerics.stable import clamp_bounds, expm1, logistic, softplus, stable_form

x, Z = slot(0), sympy.Symbol("z", real=True)
EXACT = {logistic: lambda u: 1 / (1 + sympy.exp(-u)), softplus: lambda u: sympy.log(1 + sympy.exp(u)), expm1: lambda u: sympy.exp(u) - 1}
NAMED = [name for name in ACTIVATIONS if read_activation(name).function is not None and read_activation(name).formula is not None]


def expanded(expr):
    """A stable form back in plain exponentials and logarithms."""
    for function, meaning in EXACT.items():
        expr = expr.replace(function, meaning)
    return expr


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_stable_forms_have_the_value_of_the_formula_and_of_its_derivatives(name, order):
    function = read_activation(name).function
    primed = function
    bases = {}
    for _ in range(order):
        bases[primed.prime()] = primed
        primed = primed.prime()
    points = np.array([-3.7, -1.2, -0.3, 0.2, 0.9, 2.3, 4.1])
    found = evaluate_scalar(expanded(stable_form(primed(x), bases)), {x: points})
    right = evaluate_scalar(sympy.diff(read_activation(name).formula.xreplace({Z: x}), x, order), {x: points})
    np.testing.assert_allclose(found * np.ones(7), right * np.ones(7), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (1 / (1 + sympy.exp(-x)), logistic(x)),
        (x / (1 + sympy.exp(-x)), x * logistic(x)),
        (sympy.exp(x) / (1 + sympy.exp(x)), logistic(x)),
        (sympy.exp(-x) / (1 + sympy.exp(-x)) ** 2, logistic(x) * logistic(-x)),
        (sympy.log(1 + sympy.exp(x)), softplus(x)),
        (sympy.log(1 / (1 + sympy.exp(-x))), -softplus(-x)),
        (sympy.log(1 - 1 / (1 + sympy.exp(-x))), -softplus(x)),
        (3 * sympy.exp(x) - 3, 3 * expm1(x)),
        (sympy.Piecewise((x, x > 0), (-x, x < 0), (0, True)), sympy.Abs(x)),
    ],
)
def test_unstable_patterns_are_rewritten(expr, expected):
    assert stable_form(expr) == expected


@pytest.mark.parametrize(
    ("expr", "bounds"),
    [
        (sympy.Piecewise((x, x > 0), (0, True)), (0, x, None)),
        (sympy.Piecewise((1, x >= 1), (x, x > -1), (-1, True)), (-1, x, 1)),
        (sympy.Piecewise((0, x <= -3), (1, x >= 3), (x / 6 + sympy.Rational(1, 2), True)), (0, x / 6 + sympy.Rational(1, 2), 1)),
        (sympy.Piecewise((x, x > 0), (1, True)), None),
        (sympy.Piecewise((x, x > 0), (x / 10, True)), None),
        (sympy.Piecewise((x, x > 1), (0, True)), None),
        (sympy.Piecewise((0, x > 0), (x, True)), (None, x, 0)),
        (sympy.Piecewise((1, x > 0), (0, True)), None),
        (sympy.Piecewise((x**2, x > 0), (0, True)), None),
    ],
)
def test_only_what_is_a_clamp_is_compiled_as_one(expr, bounds):
    assert clamp_bounds(expr) == bounds


def test_erf_is_right_to_one_unit_in_the_last_place():
    special = [0.0, -0.0, np.inf, -np.inf, 1e300, 0.84375, 1.25, 1 / 0.35]
    points = np.concatenate([np.linspace(-7, 7, 20001), np.logspace(-300, 0, 500), special])
    with np.errstate(all="ignore"):
        found = erf(points)
    right = np.array([math.erf(point) for point in points])
    assert np.max(np.abs(found - right) / np.spacing(np.abs(right))) <= 1.0
    assert np.isnan(erf(np.array([np.nan]))).all()
    assert erf(np.array([0.5], dtype="float32")).dtype == np.float32


OUTPUTS = [(name, "quadratic") for name in ACTIVATIONS if name not in ("unspecified", "exp")] + [
    ("softmax", "cross_entropy"), ("sigmoid", "cross_entropy"), ("identity", "cross_entropy_from_logits"),
    ("sigmoid", "binary_cross_entropy"), ("identity", "binary_cross_entropy_from_logits"), ("log_softmax", "nll"),
    ("identity", "huber"), ("identity", "hinge"), ("identity", "absolute_error"),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("activation", "cost"), OUTPUTS)
def test_weighted_inputs_up_to_ten_thousand_give_finite_results_and_no_warning(activation, cost, dtype):
    f = lambdify(Network.from_spec("3-3", activation=activation, cost=cost), dtype=dtype)
    draw = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for size in (0.0, 1.0, 90.0, 800.0, 1e4):
            params = {a.name: draw.normal(size=[int(n) for n in a.shape]) for a in f.program.parameters}
            params["W1"], params["b1"] = np.eye(3) * size, np.zeros(3)
            value, grads = f(params, np.array([[1, -1, 0.5], [-1, 0, 1]]), np.array([[0, 1, 0], [1.0, 0, 0]]))
            assert np.isfinite(value), size
            assert all(np.isfinite(g).all() for g in grads.values()), size


def test_user_settings_for_floating_point_errors_are_left_as_they_are():
    f = lambdify(Network.from_spec("1-1"))
    with np.errstate(over="raise"):
        f([(np.array([[1e4]]), np.zeros(1))], -np.ones((1, 1)), np.ones((1, 1)))
        assert np.geterr()["over"] == "raise"


@pytest.mark.parametrize("z", [-800.0, -50.0, -1.0, 0.0, 3.0, 50.0, 800.0])
@pytest.mark.parametrize("y", [0.0, 0.25, 1.0])
def test_binary_cross_entropy_of_a_sigmoid_is_exact_far_from_zero(z, y):
    """-y log σ(z) - (1 - y) log(1 - σ(z)) = max(z, 0) - y z + log(1 + exp(-|z|))."""
    right = max(z, 0) - y * z + math.log1p(math.exp(-abs(z)))
    for activation, name in (("sigmoid", "binary_cross_entropy"), ("identity", "binary_cross_entropy_from_logits")):
        cost, grads = lambdify(Network.from_spec("1-1", activation=activation, cost=name))(
            [(np.array([[z]]), np.zeros(1))], np.ones((1, 1)), np.array([[y]])
        )
        assert cost == pytest.approx(right, rel=1e-14, abs=1e-300)
        assert grads[0][1][0] == pytest.approx(1 / (1 + math.exp(-z)) - y if z > -700 else -y, rel=1e-12)


@pytest.mark.parametrize("spec", [("softmax", "cross_entropy"), ("identity", "cross_entropy_from_logits"), ("log_softmax", "nll")])
def test_cross_entropy_is_exact_where_a_probability_underflows(spec):
    """z = (0, 2000, -500), y on the first: the cost is 2000 and the gradient p - y = (-1, 1, 0)."""
    activation, cost = spec
    f = lambdify(Network.from_spec("1-3", activation=activation, cost=cost))
    value, grads = f([(np.array([[0.0], [2000.0], [-500.0]]), np.zeros(3))], np.ones((1, 1)), np.array([[1.0, 0, 0]]))
    assert value == 2000
    np.testing.assert_array_equal(grads[0][1], [-1, 1, 0])


def test_small_activations_keep_their_relative_precision():
    f = lambdify(Network.from_spec("1-1"), dtype="float32")
    output = f.forward([(np.array([[-30.0]]), np.zeros(1))], np.ones((1, 1)))
    assert output[0, 0] == pytest.approx(math.exp(-30) / (1 + math.exp(-30)), rel=1e-6)
