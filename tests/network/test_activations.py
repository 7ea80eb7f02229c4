"""The table of activations: each formula against a transcription of its own, its derivative against differences, its kinks by name."""

import math
import random

import mpmath
import numpy as np
import pytest
import sympy

from symback.errors import SpecError
from symback.language.expressions import Axis, Map, var
from symback.language.functions import ARGUMENT
from symback.language.names import Name
from symback.network.activations import (
    ACTIVATION_ALIASES,
    ACTIVATIONS,
    SELU_ALPHA,
    SELU_SCALE,
    A,
    Z,
    activation_equations,
    activation_facts,
    read_activation,
    slope_in_output,
)  # fmt: skip
from tests.network.plain_numpy import by_text, run

LEARNT = {"alpha": 0.25, "t_low": -1.5, "alpha_low": 0.3, "t_high": 1.25, "alpha_high": 2.0}
SELU = (1.0507009873554804934, 1.6732632423543772848)


def logistic(z):
    return 1 / (1 + math.exp(-z))


REFERENCE = {
    "sigmoid": logistic,
    "identity": lambda z: z,
    "tanh": math.tanh,
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: max(z, 0.0) + 0.01 * min(z, 0.0),
    "prelu": lambda z: max(z, 0.0) + LEARNT["alpha"] * min(z, 0.0),
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "selu": lambda z: SELU[0] * (z if z > 0 else SELU[1] * math.expm1(z)),
    "softplus": lambda z: math.log1p(math.exp(z)),
    "silu": lambda z: z * logistic(z),
    "gelu": lambda z: z * 0.5 * math.erfc(-z / math.sqrt(2)),
    "gelu_tanh": lambda z: 0.5 * z * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "mish": lambda z: z * math.tanh(math.log1p(math.exp(z))),
    "hard_sigmoid": lambda z: min(max(z + 3, 0.0), 6.0) / 6,
    "hard_tanh": lambda z: min(max(z, -1.0), 1.0),
    "softsign": lambda z: z / (1 + abs(z)),
    "exp": math.exp,
    "srelu": lambda z: (
        1.25 + 2.0 * (z - 1.25) if z >= 1.25 else -1.5 + 0.3 * (z + 1.5) if z <= -1.5 else z
    ),
}  # fmt: skip
AT_KINK = {
    "relu": {0: 0}, "leaky_relu": {0: sympy.Rational(1, 100)}, "prelu": {0: sympy.Rational(1, 4)}, "elu": {0: 1},
    "selu": {0: SELU_SCALE * SELU_ALPHA}, "hard_sigmoid": {-3: 0, 3: 0}, "hard_tanh": {-1: 0, 1: 0},
    "srelu": {sympy.Rational(-3, 2): sympy.Rational(3, 10), sympy.Rational(5, 4): 2},
}  # fmt: skip

ELEMENTWISE = [row for row in ACTIVATIONS.values() if row.is_elementwise and row.formula is not None]
elementwise_rows = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)


def formula_of(row, options=()):
    """The formula in z alone, learnable parameters at LEARNT."""
    values = {sympy.Symbol(letter, real=True): sympy.Rational(str(LEARNT[letter])) for letter in row.learnable}
    given = ", ".join(map(str, options))
    return read_activation(f"{row.name}({given})" if given else row.name).formula.xreplace(values)


def points(row, count=12):
    """Random z away from the kinks of the row, on either side of zero."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    generator = random.Random(seed)
    kinks = list(AT_KINK.get(row.name, ()))
    found = []
    while len(found) < count:
        z = sympy.Rational(generator.randint(-5000, 5000), 1000)
        if all(abs(z - kink) > 0.01 for kink in kinks):
            found.append(z)
    return found


def number(expr, z):
    return mpmath.mpf(sympy.N(expr.xreplace({Z: z}), 50))


def difference(formula, z):
    """The central difference, in 50 digits."""
    step = sympy.Rational(1, 10**15)
    return (number(formula, z + step) - number(formula, z - step)) / (2 * mpmath.mpf(step.p) / step.q)


def derivative_of(row, options=()):
    """The derivative as the derivation uses it: of the named function where there is one."""
    given = ", ".join(map(str, options))
    function = read_activation(f"{row.name}({given})" if given else row.name).function
    return sympy.diff(formula_of(row), Z) if function is None else function.prime().formula.xreplace({ARGUMENT: Z})


@elementwise_rows
def test_each_formula_is_the_function_of_that_name(row):
    formula = formula_of(row)
    for z in points(row):
        assert float(number(formula, z)) == pytest.approx(REFERENCE[row.name](float(z)), rel=1e-13, abs=1e-14)


@elementwise_rows
def test_each_derivative_agrees_with_differences(row):
    formula, derivative = formula_of(row), derivative_of(row)
    with mpmath.workdps(50):
        for z in points(row, 6):
            assert mpmath.almosteq(difference(formula, z), number(derivative, z), rel_eps=1e-15, abs_eps=1e-18), z


@pytest.mark.parametrize("row", [row for row in ELEMENTWISE if row.slope is not None], ids=lambda row: row.name)
def test_the_slope_in_terms_of_the_output_is_the_derivative_everywhere(row):
    for options in [()] if not row.options else [(), ("0.3",), ("2",)]:
        activation = read_activation(f"{row.name}({', '.join(options)})" if options else row.name)
        derivative = derivative_of(row, options)
        for z in [*points(row), *row.kinks]:
            in_output = activation.slope.xreplace({A: activation.formula.xreplace({Z: z})})
            assert abs(number(in_output - derivative.xreplace({Z: z}), z)) < 1e-12, (options, z)
        if not activation.formula.has(sympy.Piecewise):
            assert sympy.simplify(activation.slope.xreplace({A: activation.formula}) - derivative) == 0
        assert slope_in_output(activation.function) == activation.slope.xreplace({A: ARGUMENT})


@elementwise_rows
def test_the_derivative_at_a_kink_is_the_convention_and_jumps_nowhere_else(row):
    expected = AT_KINK.get(row.name, {})
    derivative = derivative_of(row)
    learnt = {sympy.Symbol(letter, real=True): sympy.Rational(str(LEARNT[letter])) for letter in row.learnable}
    assert {kink.xreplace(learnt) for kink in row.kinks} == set(expected)
    assert bool(row.kinks) == bool(row.convention)
    for kink, slope in expected.items():
        assert derivative.xreplace({Z: sympy.Rational(kink)}) == slope
    for place in sympy.Range(-4, 5):
        if place not in expected:
            step = sympy.Rational(1, 10**9)
            assert abs(number(derivative, place + step) - number(derivative, place - step)) < 1e-6, place


@pytest.mark.parametrize(
    ("name", "says"), [("relu", "ReLU'(0) = 0"), ("leaky_relu", "LeakyReLU'(0) = alpha"), ("hard_tanh", "HardTanh'(-1) = HardTanh'(1) = 0")]
)
def test_the_convention_is_stated_in_words(name, says):
    assert ACTIVATIONS[name].convention == says


def vector(letter, size, samples=()):
    return var(Name(letter, 1), (*samples, Axis(size)))


@pytest.mark.parametrize("samples", [(), (Axis(3, "sample"),)], ids=["sample", "batch"])
@pytest.mark.parametrize("row", [row for row in ACTIVATIONS.values() if row.name != "unspecified"], ids=lambda row: row.name)
def test_the_equations_of_each_row_compute_it(row, samples):
    z, a = vector("z", 4, samples), vector("a", 4, samples)
    parameters = {letter: vector(letter, 4) for letter in row.learnable}
    equations = activation_equations(read_activation(row.name), z, a, parameters)
    assert equations[-1].symbol is a
    given = np.random.default_rng(5).normal(size=[int(axis.size) for axis in z.axes]) * 2
    values = {z: given, **{parameter: np.full(4, LEARNT[letter]) for letter, parameter in parameters.items()}}
    results = run(equations, values)
    np.testing.assert_allclose(results[a], expected_of(row, given), rtol=1e-13, atol=1e-14)
    for fact in activation_facts(read_activation(row.name), equations):
        assert not fact.is_assumed
        np.testing.assert_allclose(results[fact.of].sum(-1), fact.value)


def expected_of(row, z):
    if row.is_elementwise:
        return np.vectorize(REFERENCE[row.name], otypes=[float])(z)
    shifted = np.exp(z - z.max(-1, keepdims=True))
    softmax = shifted / shifted.sum(-1, keepdims=True)
    return {"softmax": softmax, "log_softmax": np.log(softmax)}[row.name]


def test_a_learnable_parameter_belongs_to_one_unit_each():
    samples = (Axis(2, "sample"),)
    z, a, alpha = vector("z", 3, samples), vector("a", 3, samples), vector("alpha", 3)
    (equation,) = activation_equations(read_activation("prelu"), z, a, {"alpha": alpha})
    slopes = np.array([0.1, 0.2, 0.3])
    values = by_text(run([equation], {z: np.full((2, 3), -1.0), alpha: slopes}))
    np.testing.assert_array_equal(values["a^1"], [-slopes, -slopes])


def test_probabilities_come_with_the_fact_that_they_sum_to_one():
    for row in ACTIVATIONS.values():
        z, a = vector("z", 4), vector("a", 4)
        parameters = {letter: vector(letter, 4) for letter in row.learnable}
        activation = read_activation(row.name)
        facts = activation_facts(activation, activation_equations(activation, z, a, parameters))
        assert [str(fact.of.name) for fact in facts] == {"softmax": ["a^1"], "log_softmax": ["p^1"]}.get(row.name, [])


def test_an_elementwise_function_keeps_its_name():
    z, a = vector("z", 2), vector("a", 2)
    (equation,) = activation_equations(read_activation("leaky_relu(0.2)"), z, a)
    assert isinstance(equation.definition, Map)
    assert str(equation.definition.expr.diff(ARGUMENT)) == "leaky_relu_prime(x0)"
    (unspecified,) = activation_equations(read_activation("σ"), z, a)
    assert str(unspecified.definition.expr) == "sigma(x0)"
    assert unspecified.definition.expr.formula is None


@pytest.mark.parametrize("alias", ACTIVATION_ALIASES)
def test_an_alias_is_another_name_of_a_row(alias):
    assert alias not in ACTIVATIONS
    assert read_activation(alias) == read_activation(ACTIVATION_ALIASES[alias])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("ReLU", "relu"), (" tanh ", "tanh"), ("leaky_relu", "leaky_relu"), ("leaky_relu(0.01)", "leaky_relu"),
        ("leaky-relu( 0.2 )", "leaky_relu(0.2)"), ("leaky_relu(alpha=1/3)", "leaky_relu(1/3)"), ("leaky_relu(-1)", "leaky_relu(-1)"),
        ("elu(1e-3)", "elu(0.001)"), ("sigma", "unspecified"),
    ],
)  # fmt: skip
def test_activations_are_read_and_written(text, written):
    assert str(read_activation(text)) == written
    assert read_activation(written) == read_activation(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rleu", r"unknown activation 'rleu'; did you mean 'relu'\?"),
        ("quux", "unknown activation 'quux'; known are sigmoid, identity"),
        ("relu(3)", "activation 'relu' was given '3', but takes no number; write 'relu'"),
        ("elu(1, 2)", "activation 'elu' was given '1, 2', but takes alpha alone"),
        ("elu(beta=1)", "activation 'elu' has no option 'beta'; it takes alpha"),
        ("elu(nan)", "alpha of elu is 'nan'; it should be a finite number, such as 0.01"),
        ("elu(1e999)", "alpha of elu is '1e999'; it should be a finite number"),
        ("elu(1/0)", "alpha of elu is '1/0'; it should be a finite number"),
        ("elu(-1)", "alpha of elu is -1; it should be a positive number"),
        ("elu(0)", "alpha of elu is 0; it should be a positive number"),
        ("elu(" + "9" * 50 + ")", "alpha of elu is '99999"),
        ("elu(__import__('os'))", "cannot be read"),
        ("elu(2**9**9**9)", "alpha of elu is '2"),
        ("", "activation '' cannot be read"),
        ("relu" * 10000, "cannot be read"),
        (None, "the activation is None; it should be a name, such as 'sigmoid'"),
        (3, "the activation is 3; it should be a name"),
    ],
)
def test_a_wrong_activation_is_refused_with_the_remedy(text, message):
    with pytest.raises(SpecError, match=message):
        read_activation(text)
