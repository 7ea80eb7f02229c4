"""Each activation and each cost has the value of its textbook definition, in plain NumPy, for its default options and for others."""

import numpy as np
import pytest
import sympy

from symback.network.activations import ACTIVATIONS, Activation
from symback.network.costs import COSTS, Cost
from symback.numerics.scalars import evaluate_scalar
from tests.laws import plain_forward
from tests.random_specs import random_targets

Z, A, Y = (sympy.Symbol(letter, real=True) for letter in "zay")
POINTS = np.concatenate([np.linspace(-5, 5, 201), [-3.0, -1.0, 0.0, 1.0, 3.0]])
OTHER = sympy.Rational(17, 10)  # an option that is not 1, so that no power of it is another


def choices(row, make):
    yield make(row, tuple(option.default for option in row.options))
    if row.options:
        yield make(row, tuple(OTHER for _ in row.options))


ELEMENTWISE = [each for row in ACTIVATIONS.values() if row.formula is not None for each in choices(row, Activation)]
ENTRYWISE = [each for row in COSTS.values() if row.formula is not None and row.through is None for each in choices(row, Cost)]


def named_options(choice) -> dict[str, float]:
    return {option.name: float(value) for option, value in zip(choice.row.options, choice.options, strict=True)}


def test_every_row_has_a_textbook_definition():
    assert set(plain_forward.ACTIVATIONS) == set(ACTIVATIONS) - {"unspecified"}
    assert set(plain_forward.COSTS) == set(COSTS) - {"unspecified"}


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=str)
def test_an_activation_has_its_textbook_value(activation):
    learnable = {letter: np.linspace(-1.3, 1.7, 4)[i] for i, letter in enumerate(activation.row.learnable)}
    if activation.name == "srelu":
        learnable = {"t_low": -0.9, "alpha_low": 0.3, "t_high": 1.1, "alpha_high": 0.6}
    symbols = {sympy.Symbol(letter, real=True): np.float64(value) for letter, value in learnable.items()}
    expected = plain_forward.ACTIVATIONS[activation.name](POINTS, **learnable, **named_options(activation))
    np.testing.assert_allclose(evaluate_scalar(activation.formula, symbols | {Z: POINTS}), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("cost", ENTRYWISE, ids=str)
def test_a_cost_has_its_textbook_value(cost):
    generator = np.random.default_rng(5)
    y = random_targets(cost.row.targets, (300, 4), generator)
    a = generator.uniform(0.05, 0.95, y.shape) if cost.row.outputs != "real" else 2 * generator.normal(size=y.shape)
    entries = evaluate_scalar(cost.formula, {A: a, Y: y})
    reduced = entries.mean(axis=-1) if cost.row.is_mean else entries.sum(axis=-1)
    np.testing.assert_allclose(reduced, plain_forward.COSTS[cost.name](a, y, **named_options(cost)), rtol=1e-12, atol=1e-13)
