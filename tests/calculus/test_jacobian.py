"""The derivative of one equation: against complex steps, on the definitions that networks use and on random ones."""

import numpy as np
import pytest
import sympy

from symback.calculus.jacobian import derivative_of_scalar, jacobian
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
    total,
    unspecified,
    var,
)  # fmt: skip
from symback.language.functions import scalar_function
from symback.language.names import Name
from symback.numerics.evaluate import evaluate, random_setting

M, N, B = (Axis(sympy.Symbol(name, integer=True, positive=True), kind) for name, kind in (("m", "unit"), ("n", "unit"), ("N", "sample")))
X0, X1, X2 = slot(0), slot(1), slot(2)
x, y, b = (var(Name(letter), (N,)) for letter in ("x", "v", "b"))
W, A, c, r = var(Name("W"), (M, N)), var(Name("A"), (B, N)), var(Name("c"), ()), var(Name("r"), (B,))
SQUARE = var(Name("Q"), (N, N))

DEFINITIONS = {
    "matrix times vector": einsum("jk,k->j", W, x),
    "affine": add(einsum("jk,k->j", SQUARE, x), b),
    "the same matrix twice": einsum("jk,jl,l->k", W, W, x),
    "a vector times itself": einsum("j,j->", x, x),
    "outer product": einsum("j,k->jk", x, y),
    "diagonal of a matrix": einsum("jj,j->j", SQUARE, x),
    "trace": einsum("jj->", SQUARE),
    "Kronecker delta": contract(((delta(N), (0, 1)), (x, (1,))), (0, 1), {}),
    "broadcast": einsum("k->sk", x, s=B),
    "row sums, repeated": einsum("sk->s", A),
    "cube": map_(X0**3, (x,)),
    "quotient of entries": map_(X0 / (2 + X1**2), (x, y)),
    "unspecified function": map_(scalar_function("f")(X0), (x,)),
    "softmax": map_(sympy.exp(X0) / X1, (x, broadcast(total(map_(sympy.exp(X0), (x,))), (N,), ()))),
    "softmax of rows": map_(sympy.exp(X0) / X1, (A, broadcast(total(map_(sympy.exp(X0), (A,)), keep=1), (B, N), (0,)))),
    "normalised": map_((X0 - X1) * X2, (x, broadcast(scale(1 / N.size, total(x)), (N,), ()), broadcast(c, (N,), ()))),
    "shared twice": add(map_(sympy.sin(X0), (einsum("jk,k->j", SQUARE, x),)), einsum("jk,k->j", SQUARE, map_(sympy.cos(X0), (x,)))),
    "unspecified cost": unspecified("C", (x, y)),
    "its gradient": unspecified("C", (x, y), (0,)),
    "unspecified cost of samples": unspecified("C", (A, einsum("k->sk", x, s=B)), (), 1),
    "scaled by a name": einsum(",k->k", c, x),
    "constant": add(const(3), c),
}


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_jacobian_equals_complex_step(definition):
    equation = Equation(var(Name("E"), definition.axes), definition)
    setting = random_setting([equation], np.random.default_rng(7))
    for name in setting.values:
        if name is equation.symbol:
            continue
        derivative = jacobian(equation, name)
        brute = evaluate(partial_derivative(equation.symbol, name), setting)
        exact = np.zeros_like(brute) if derivative is None else evaluate(derivative, setting)
        np.testing.assert_allclose(exact, brute, rtol=1e-9, atol=1e-9, err_msg=str(name.name))


def test_jacobian_of_a_name_that_is_not_there_is_none():
    assert jacobian(Equation(var(Name("E"), (N,)), map_(X0**2, (x,))), y) is None


def test_weight_gradient_of_a_layer_has_one_kronecker_delta():
    derivative = jacobian(Equation(var(Name("z"), (M,)), einsum("jk,k->j", W, x)), W)
    assert derivative is contract(((delta(M), (0, 1)), (x, (2,))), (0, 1, 2), {})


@pytest.mark.parametrize(
    ("expr", "derivative"),
    [
        ((X0 - X1) ** 2 / 2, X0 - X1),
        (-X1 * sympy.log(X0), -X1 / X0),
        (-X1 * sympy.log(X0) - (1 - X1) * sympy.log(1 - X0), (X0 - X1) / (X0 * (1 - X0))),
        (X0 - X1 * sympy.log(X0), (X0 - X1) / X0),
        (sympy.Piecewise((X0, X0 > 0), (0, True)), sympy.Piecewise((1, X0 > 0), (0, True))),
    ],
)
def test_scalar_derivatives_come_in_their_customary_form(expr, derivative):
    assert derivative_of_scalar(expr, X0) == derivative
