"""The reverse sweep: against complex steps through whole graphs, with shared names, several paths and a pivot."""

import time

import numpy as np
import pytest
import sympy

from symback.calculus.chain_rule import chain_rule
from symback.errors import ShapeError
from symback.language.expressions import Axis, Equation, add, const, contract, einsum, map_, scale, slot, total, var
from symback.language.names import Name
from symback.numerics.evaluate import evaluate, random_setting, total_derivative

N = Axis(sympy.Symbol("n", integer=True, positive=True))
S = Axis(sympy.Symbol("N", integer=True, positive=True), "sample")
X0 = slot(0)
COST = var(Name("C"), ())


def vector(letter, layer=None):
    return var(Name(letter, layer), (N,))


def check(equations, parameters, seeds, pivot=None):
    """Every cotangent against the complex step from the name to what it is the cotangent of."""
    setting = random_setting(equations, np.random.default_rng(3))
    inner = {equation.symbol for equation in equations}
    found = chain_rule(equations, parameters, seeds, pivot)
    for cotangent in found:
        value = evaluate(cotangent.total, setting)
        root = pivot if pivot is not None and cotangent.target in inner else COST
        np.testing.assert_allclose(value, total_derivative(root, cotangent.target, setting, equations), rtol=1e-9, atol=1e-9)
        setting = setting.with_values({cotangent.symbol: value})
    return {cotangent.target: cotangent for cotangent in found}


def test_a_name_used_twice_gets_one_cotangent_the_sum_over_its_uses():
    x, h, k = vector("x"), vector("h"), vector("k")
    equations = [
        Equation(h, map_(sympy.sin(X0), (x,))),
        Equation(k, add(h, map_(X0**3, (h,)), x)),
        Equation(COST, einsum("j,j->", k, h)),
    ]
    found = check(equations, [x], [(COST, const(1))])
    assert len(found[h].edges) == 2
    assert len(found[x].edges) == 2


def test_a_tied_weight_is_counted_at_each_use():
    W, x = var(Name("W"), (N, N)), vector("x")
    z, a, u = vector("z", 1), vector("a", 1), vector("z", 2)
    equations = [
        Equation(z, einsum("jk,k->j", W, x)),
        Equation(a, map_(sympy.tanh(X0), (z,))),
        Equation(u, einsum("kj,k->j", W, a)),
        Equation(COST, total(map_(X0**2, (u,)))),
    ]
    assert len(check(equations, [W, x], [(COST, const(1))])[W].edges) == 2


def test_the_pivot_keeps_the_average_out_of_the_errors_and_in_the_gradients():
    W, X = var(Name("W"), (N,)), var(Name("A", 0), (S, N))
    Z, pivot = var(Name("Z", 1), (S,)), var(Name("C_sum"), ())
    equations = [
        Equation(Z, einsum("sk,k->s", X, W)),
        Equation(pivot, total(map_(X0**2, (Z,)))),
        Equation(COST, add(scale(1 / S.size, pivot), scale(sympy.Symbol("lambda_2"), total(map_(X0**2, (W,)))))),
    ]
    found = check(equations, [W], [(COST, const(1))], pivot)
    assert found[Z].pivot_factor is None
    assert found[W].pivot_factor is const(1 / S.size)
    assert len(found[W].past_pivot) == 1


def test_a_pivot_that_does_not_carry_everything_is_not_used():
    x, h, pivot = vector("x"), vector("h"), var(Name("C_0"), ())
    equations = [
        Equation(h, map_(sympy.sin(X0), (x,))),
        Equation(pivot, total(map_(X0**2, (h,)))),
        Equation(COST, add(scale(3, pivot), total(h))),
    ]
    setting = random_setting(equations, np.random.default_rng(5))
    (of_pivot, of_h, of_x) = chain_rule(equations, [x], [(COST, const(1))], pivot)
    for cotangent in (of_pivot, of_h, of_x):
        value = evaluate(cotangent.total, setting)
        np.testing.assert_allclose(value, total_derivative(COST, cotangent.target, setting, equations), rtol=1e-9)
        setting = setting.with_values({cotangent.symbol: value})


def test_seeds_give_the_cotangents_of_a_hidden_layer():
    W, a, z = var(Name("W", 2), (N, N)), vector("a", 1), vector("z", 2)
    (found,) = chain_rule([Equation(z, einsum("jk,k->j", W, a))], [a], [(z, vector("delta", 2))])
    setting = random_setting([Equation(z, einsum("jk,k->j", W, a))], np.random.default_rng(1), seeds=[(z, vector("delta", 2))])
    expected = setting.values[W].T @ setting.values[vector("delta", 2)]
    np.testing.assert_allclose(evaluate(found.total, setting), expected)


def test_a_seed_of_the_wrong_shape_is_refused():
    z = vector("z", 2)
    with pytest.raises(ShapeError, match=r"given for z\^2 has shape \(\); it should be \(n,\)"):
        chain_rule([Equation(z, vector("x"))], [], [(z, const(1))])


def test_the_cost_of_the_sweep_is_linear_in_the_number_of_equations():
    def seconds(depth):
        a, equations, parameters = vector("a", 0), [], []
        for layer in range(1, depth + 1):
            W, z = var(Name("W", layer), (N, N)), vector("z", layer)
            equations.append(Equation(z, einsum("jk,k->j", W, a)))
            a = vector("a", layer)
            equations.append(Equation(a, add(map_(sympy.tanh(X0), (z,)), vector("a", layer - 1)), "activation"))
            parameters.append(W)
        equations.append(Equation(COST, contract(((a, (0,)), (a, (0,))), (), {})))
        start = time.process_time()
        assert len(chain_rule(equations, parameters, [(COST, const(1))])) == 3 * depth
        return time.process_time() - start

    seconds(10)
    ratio = min(seconds(800) for _ in range(3)) / min(seconds(100) for _ in range(3))
    assert ratio < 24  # linear is 8, quadratic 64; other processes on the machine take the caches away from the longer run
