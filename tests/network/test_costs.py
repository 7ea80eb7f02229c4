"""The table of costs: each value against a transcription of its own, its derivative against differences, its kinks by name."""

import math
import random

import mpmath
import numpy as np
import pytest
import sympy

from symback.calculus.jacobian import derivative_of_scalar
from symback.errors import SpecError
from symback.language.expressions import Axis, Unspecified, var
from symback.language.names import Name
from symback.network.costs import COST_ALIASES, COSTS, A, Y, cost_equations, cost_facts, read_cost
from tests.network.plain_numpy import run


def huber(a, y):
    return 0.5 * (a - y) ** 2 if abs(a - y) <= 1 else abs(a - y) - 0.5


def log_softmax(a):
    return a - a.max(-1, keepdims=True) - np.log(np.exp(a - a.max(-1, keepdims=True)).sum(-1, keepdims=True))


def per_entry(function, reduce=np.sum):
    return lambda a, y: reduce(np.vectorize(function, otypes=[float])(a, y), axis=-1)


REFERENCE = {
    "quadratic": lambda a, y: 0.5 * np.linalg.norm(a - y, axis=-1) ** 2,
    "squared_error": lambda a, y: np.linalg.norm(a - y, axis=-1) ** 2,
    "mean_squared_error": lambda a, y: np.mean(np.square(a - y), axis=-1),
    "absolute_error": lambda a, y: np.linalg.norm(a - y, ord=1, axis=-1),
    "mean_absolute_error": lambda a, y: np.mean(np.abs(a - y), axis=-1),
    "huber": per_entry(huber),
    "hinge": per_entry(lambda a, y: max(0.0, 1 - y * a)),
    "binary_cross_entropy": lambda a, y: -np.log(np.power(a, y) * np.power(1 - a, 1 - y)).sum(-1),
    "binary_cross_entropy_from_logits": per_entry(lambda a, y: max(a, 0) - a * y + math.log1p(math.exp(-abs(a)))),
    "cross_entropy": lambda a, y: -np.einsum("...j,...j", y, np.log(a)),
    "cross_entropy_from_logits": lambda a, y: -(y * log_softmax(a)).sum(-1),
    "nll": lambda a, y: -(y * a).sum(-1),
    "poisson": per_entry(lambda a, y: a - y * math.log(a)),
}
AT_KINK = {
    "absolute_error": {(2, 2): 0}, "mean_absolute_error": {(2, 2): 0}, "hinge": {(1, 1): 0, (-1, -1): 0},
}  # fmt: skip

STATED = [row for row in COSTS.values() if row.formula is not None]
rows = pytest.mark.parametrize("row", STATED, ids=lambda row: row.name)


def outputs_like(kind, generator, shape):
    """Random numbers of the kind that a row says its outputs or targets are."""
    uniform = generator.uniform(0.05, 0.95, shape)
    return {
        "real": generator.normal(size=shape) * 2,
        "positive": uniform * 5,
        "unit": uniform,
        "probabilities": uniform / uniform.sum(-1, keepdims=True),
        "log_probabilities": log_softmax(uniform * 3),
        "signs": np.where(uniform > 0.5, 1.0, -1.0),
        "counts": np.floor(uniform * 6),
    }[kind]


@pytest.mark.parametrize("samples", [(), (Axis(3, "sample"),)], ids=["sample", "batch"])
@rows
def test_the_equations_of_each_row_compute_the_cost_of_each_sample(row, samples):
    a, y, c = var(Name("a", 2), (*samples, Axis(4))), var(Name("y"), (*samples, Axis(4))), var(Name("C"), samples)
    generator = np.random.default_rng(7)
    shape = [int(axis.size) for axis in a.axes]
    values = {a: outputs_like(row.outputs, generator, shape), y: outputs_like(row.targets, generator, shape)}
    equations = cost_equations(read_cost(row.name), a, y, c)
    results = run(equations, values)
    assert equations[-1].symbol is c
    assert [equation.role for equation in equations] == ["auxiliary"] * (len(equations) - 1) + ["cost"]
    np.testing.assert_allclose(results[c], REFERENCE[row.name](values[a], values[y]), rtol=1e-12)
    for fact in cost_facts(read_cost(row.name), y, equations):
        assert fact.is_assumed == (fact.of is y)
        np.testing.assert_allclose(results[fact.of].sum(-1), fact.value)


@rows
def test_each_derivative_agrees_with_differences(row):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    generator = np.random.default_rng(seed)
    derivative = derivative_of_scalar(row.formula.xreplace({sympy.Symbol("delta", real=True): sympy.S.One}), A)
    outputs = "unit" if row.through else row.outputs
    with mpmath.workdps(50):
        for a, y in zip(outputs_like(outputs, generator, (8,)), outputs_like(row.targets, generator, (8,)), strict=True):
            exact = {A: sympy.Rational(float(a)), Y: sympy.Rational(float(y))}
            if any(abs(kink.xreplace(exact)) < 0.01 for kink in row.kinks):
                continue
            step = sympy.Rational(1, 10**15)
            formula = read_cost(row.name).formula
            ahead, behind = (sympy.N(formula.xreplace({A: exact[A] + move, Y: exact[Y]}), 50) for move in (step, -step))
            expected = (ahead - behind) / (2 * step)
            assert abs(sympy.N(expected - derivative.xreplace(exact), 40)) < 1e-12, (a, y)


@rows
def test_the_derivative_at_a_kink_is_the_convention(row):
    derivative = derivative_of_scalar(row.formula, A)
    assert bool(row.kinks) == bool(row.convention) == (row.name in AT_KINK)
    for (a, y), slope in AT_KINK.get(row.name, {}).items():
        place = {A: sympy.Rational(a), Y: sympy.Rational(y)}
        assert all(kink.xreplace(place) == 0 for kink in row.kinks)
        assert derivative.xreplace(place) == slope


def test_the_three_squares_differ_by_their_factors_alone():
    a, y, c = var(Name("a", 2), (Axis(4),)), var(Name("y"), (Axis(4),)), var(Name("C"), ())
    values = {a: np.array([1.0, 2, 3, 4]), y: np.array([2.0, 2, 2, 2])}
    for name, cost in {"quadratic": 3.0, "squared_error": 6.0, "mean_squared_error": 1.5}.items():
        assert float(run(cost_equations(read_cost(name), a, y, c), values)[c]) == cost


def test_a_cost_known_by_name_alone_stays_so():
    samples = (Axis(3, "sample"),)
    a, y, c = var(Name("a", 2), (*samples, Axis(4))), var(Name("y"), (*samples, Axis(4))), var(Name("C"), samples)
    (equation,) = cost_equations(read_cost("C"), a, y, c)
    assert isinstance(equation.definition, Unspecified)
    assert (equation.definition.letter, equation.definition.axes, equation.definition.shared) == ("C", samples, 1)


@pytest.mark.parametrize("name", [row.name for row in COSTS.values()])
def test_targets_sum_to_one_only_where_the_cost_supposes_it(name):
    a, y, c = var(Name("a", 2), (Axis(4),)), var(Name("y"), (Axis(4),)), var(Name("C"), ())
    assumed = [fact for fact in cost_facts(read_cost(name), y, cost_equations(read_cost(name), a, y, c)) if fact.is_assumed]
    assert bool(assumed) == (name in ("cross_entropy", "cross_entropy_from_logits", "nll"))


@pytest.mark.parametrize("alias", COST_ALIASES)
def test_an_alias_is_another_name_of_a_row(alias):
    assert alias not in COSTS
    assert read_cost(alias) == read_cost(COST_ALIASES[alias])


def test_huber_has_its_threshold():
    assert str(read_cost("huber(1.5)")) == "huber(1.5)"
    assert read_cost("huber(1.5)").formula.xreplace({A: sympy.Integer(3), Y: sympy.Integer(0)}) == sympy.Rational(27, 8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quadratc", r"unknown cost 'quadratc'; did you mean 'quadratic'\?"),
        ("quadratic(2)", "cost 'quadratic' was given '2', but takes no number"),
        ("huber(0)", "delta of huber is 0; it should be a positive number"),
        ("huber(inf)", "delta of huber is 'inf'; it should be a finite number"),
        (0, "the cost is 0; it should be a name, such as 'quadratic'"),
    ],
)
def test_a_wrong_cost_is_refused_with_the_remedy(text, message):
    with pytest.raises(SpecError, match=message):
        read_cost(text)
