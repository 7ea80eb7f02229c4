"""The brute-force evaluator against values computed by hand with NumPy, and its derivatives against calculus."""

import math

import numpy as np
import pytest
import sympy

from symback.calculus.chain_rule import chain_rule
from symback.errors import ShapeError, UnsupportedError
from symback.language.expressions import (
    Axis,
    Equation,
    add,
    broadcast,
    const,
    contract,
    delta,
    einsum,
    map_,
    partial_derivative,
    scale,
    slot,
    unspecified,
    var,
)  # fmt: skip
from symback.language.functions import ARGUMENT, scalar_function
from symback.language.names import Name
from symback.language.steps import Fact, Step
from symback.numerics.evaluate import evaluate, evaluate_step, random_setting, random_sizes
from symback.numerics.scalars import default_function, evaluate_scalar

x = sympy.Symbol("x", real=True)
n, m = (Axis(sympy.Symbol(name, integer=True, positive=True)) for name in "nm")
W, a, b = var(Name("W", 1), (m, n)), var(Name("a", 0), (n,)), var(Name("b", 1), (m,))


def setting(seed=0):
    generator = np.random.default_rng(seed)
    return {W: generator.normal(size=(3, 2)), a: generator.normal(size=2), b: generator.normal(size=3)}, {n.size: 2, m.size: 3}


def test_every_kind_of_contraction_means_its_einsum():
    values, sizes = setting()
    w, u, v = values[W], values[a], values[b]
    for tensor, expected in [
        (einsum("jk,k->j", W, a), w @ u),
        (einsum("jk,j->k", W, b), w.T @ v),
        (einsum("j,k->jk", b, a), np.outer(v, u)),
        (einsum("j,j->j", b, b), v * v),
        (einsum("jk->", W), w.sum()),
        (einsum("jk,jk->", W, W), (w * w).sum()),
        (broadcast(b, (n, m), (1,)), np.stack([v, v])),
        (scale(sympy.Rational(1, 3), W), w / 3),
        (scale(n.size, b), 2 * v),
        (contract(((delta(m), "ij"), (W, "jk"), (a, "k")), "ij", {}), np.eye(3) * (w @ u)),
        (einsum("jj->j", einsum("j,k->jk", b, b)), v * v),
        (add(W, einsum("j,k->jk", b, a)), w + np.outer(v, u)),
    ]:
        np.testing.assert_allclose(evaluate(tensor, values, sizes), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (sympy.exp(-(x**2)) / (1 + x**2), lambda t: math.exp(-t * t) / (1 + t * t)),
        (sympy.Piecewise((x, x > 0), (sympy.Rational(1, 5) * x, True)), lambda t: t if t > 0 else t / 5),
        (sympy.sqrt(x**2 + 1) * sympy.log(3 + x), lambda t: math.sqrt(t * t + 1) * math.log(3 + t)),
        (sympy.erf(x / sympy.sqrt(2)) + sympy.tanh(x), lambda t: math.erf(t / math.sqrt(2)) + math.tanh(t)),
        (sympy.Abs(x) + sympy.sign(x) * x**3, lambda t: abs(t) + math.copysign(1, t) * t**3),
        (sympy.Max(x, 0) + sympy.Min(x, 1, 2), lambda t: max(t, 0) + min(t, 1)),
        (sympy.Piecewise((1, (x > 0) & (x < 1)), (2, True)), lambda t: 1 if 0 < t < 1 else 2),
    ],
)
def test_scalars_are_walked_to_the_value_of_their_formula_and_of_its_derivative(expr, expected):
    points = np.array([-1.3, -0.2, 0.4, 1.7])
    np.testing.assert_allclose(evaluate_scalar(expr, {x: points}), [expected(t) for t in points], rtol=1e-14)
    stepped = np.imag(evaluate_scalar(expr, {x: points + 1e-30j})) / 1e-30
    np.testing.assert_allclose(stepped, evaluate_scalar(sympy.diff(expr, x), {x: points}) * np.ones(4), rtol=1e-13)


def test_an_overflow_in_a_branch_not_taken_does_no_harm():
    elu = sympy.Piecewise((x, x > 0), (sympy.exp(x) - 1, True))
    assert evaluate_scalar(elu, {x: np.array([1e5])}).tolist() == [1e5]


def test_a_stand_in_and_its_derivatives_belong_together():
    z = np.linspace(-2, 2, 7)
    for order in range(3):
        slope = np.imag(default_function("sigma", order)(z + 1e-30j)) / 1e-30
        np.testing.assert_allclose(slope, default_function("sigma", order + 1)(z), rtol=1e-12)


def test_given_functions_take_the_place_of_the_unspecified():
    values, sizes = setting()
    sigma = scalar_function("sigma")
    slope = map_(sympy.diff(sigma(slot(0)), slot(0)), (b,))
    functions = {"sigma": (np.tanh, lambda z: 1 - np.tanh(z) ** 2)}
    np.testing.assert_allclose(evaluate(slope, values, sizes, functions), 1 - np.tanh(values[b]) ** 2)
    with pytest.raises(UnsupportedError, match="2 times differentiated"):
        evaluate(map_(sympy.diff(sigma(slot(0)), slot(0), 2), (b,)), values, sizes, functions)


def test_derivatives_of_an_unspecified_cost_are_those_of_the_function_given():
    values, sizes = setting()
    functions = {"C": lambda u, v: np.sum(np.sin(u)) * np.sum(v**2)}
    u, v = values[b], values[a]
    for wrt, expected in [
        ((), np.sum(np.sin(u)) * np.sum(v**2)),
        ((0,), np.cos(u) * np.sum(v**2)),
        ((1, 0), 2 * np.outer(v, np.cos(u))),
        ((0, 0), -np.diag(np.sin(u)) * np.sum(v**2)),
    ]:
        np.testing.assert_allclose(evaluate(unspecified("C", (b, a), wrt), values, sizes, functions), expected, atol=1e-9)


def test_shared_axes_of_an_unspecified_cost_are_samples():
    sample = Axis(sympy.Symbol("N", integer=True, positive=True), "sample")
    batch = var(Name("A", 1), (sample, n))
    value = np.random.default_rng(1).normal(size=(4, 2))
    functions = {"C": lambda u: np.sum(u**3)}
    slope = evaluate(unspecified("C", (batch,), (0,), 1), {batch: value}, {sample.size: 4, n.size: 2}, functions)
    np.testing.assert_allclose(slope, 3 * value**2, rtol=1e-12)


def two_layers():
    """p-q-r with an unspecified σ and an unspecified C, per sample."""
    axes = [Axis(sympy.Symbol(f"n_{i}", integer=True, positive=True)) for i in range(3)]
    above, parameters, equations = var(Name("a", 0), (axes[0],)), [], []
    for layer in (1, 2):
        weights, bias = var(Name("W", layer), (axes[layer], axes[layer - 1])), var(Name("b", layer), (axes[layer],))
        z, act = var(Name("z", layer), (axes[layer],)), var(Name("a", layer), (axes[layer],))
        equations.append(Equation(z, einsum("jk,k->j", weights, above) + bias, "cut"))
        equations.append(Equation(act, map_(scalar_function("sigma")(slot(0)), (z,)), "activation"))
        parameters, above = [*parameters, weights, bias], act
    cost = var(Name("C"), ())
    equations.append(Equation(cost, unspecified("C", (above, var(Name("y"), (axes[2],)))), "cost"))
    return equations, parameters, cost


@pytest.mark.parametrize("seed", range(5))
def test_total_partials_by_complex_step_equal_the_chain_rule(seed):
    equations, parameters, cost = two_layers()
    here = random_setting(equations, np.random.default_rng(seed))
    for cotangent in chain_rule(equations, parameters, [(cost, const(1))]):
        value = evaluate(cotangent.total, here)
        np.testing.assert_allclose(value, evaluate(partial_derivative(cost, cotangent.target, True), here), rtol=1e-10, atol=1e-13)
        here = here.with_values({cotangent.symbol: value})


def test_a_local_partial_holds_what_lies_between():
    equations, parameters, _ = two_layers()
    here = random_setting(equations, np.random.default_rng(0))
    z2, z1 = equations[2].symbol, equations[0].symbol
    assert not evaluate(partial_derivative(z2, z1), here).any()
    np.testing.assert_allclose(evaluate(partial_derivative(z2, equations[1].symbol), here), here.values[parameters[2]], rtol=1e-14)
    assert evaluate(partial_derivative(z2, z1, True), here).any()


def test_seeds_stand_for_the_cost_beyond():
    equations, parameters, cost = two_layers()
    hidden = equations[:3]
    z2 = equations[2].symbol
    seed = var(Name("delta", 2), z2.axes)
    here = random_setting(hidden, np.random.default_rng(3), seeds=[(z2, seed)])
    value = evaluate(partial_derivative(cost, equations[1].symbol, True), here)
    np.testing.assert_allclose(value, here.values[parameters[2]].T @ here.values[seed], rtol=1e-13)


def test_a_false_step_is_seen():
    values, sizes = setting()
    square = einsum("jk,ik->ij", W, W)
    wrong = Step("transpose", einsum("jk,k->j", W, a), einsum("ij,j->i", square, b))
    before, after = evaluate_step(wrong, random_setting([], np.random.default_rng(0), given=values, sizes=sizes))
    assert not np.allclose(before, after)


def test_random_sizes_differ_and_assumed_facts_hold():
    symbols = sympy.symbols("p q r s", integer=True, positive=True)
    sizes = random_sizes(symbols, np.random.default_rng(0))
    assert len(set(sizes.values())) == 4
    assert min(sizes.values()) >= 2
    target = var(Name("y"), (n,))
    cost = Equation(var(Name("C"), ()), einsum("k,k->", target, a), "cost")
    drawn = random_setting([cost], np.random.default_rng(0), facts=[Fact(target, 1, True)])
    assert drawn.values[target].sum() == pytest.approx(1)


def test_a_missing_value_and_a_wrong_shape_are_named():
    with pytest.raises(UnsupportedError, match=r"b\^1 has no value"):
        evaluate(b, {}, {m.size: 3})
    with pytest.raises(ShapeError, match=r"b\^1 has shape \(2,\); it should be \(3,\)"):
        evaluate(b, {b: np.zeros(2)}, {m.size: 3})
    with pytest.raises(ShapeError, match=r"give sizes=\{m"):
        evaluate(b, {b: np.zeros(2)})


def test_functions_with_a_formula_are_evaluated_by_it():
    square = scalar_function("square", ARGUMENT**2)
    slope = map_(sympy.diff(square(slot(0)), slot(0)), (b,))
    values, sizes = setting()
    np.testing.assert_allclose(evaluate(slope, values, sizes), 2 * values[b])
