"""The compiled text: what it computes, in which memory, and whether its comments tell the truth."""

import re
from dataclasses import dataclass

import numpy as np
import pytest
import sympy

from symback.language.expressions import Axis, Equation, Tensor, Var, add, einsum, scale, var
from symback.language.names import Name
from symback.network import Dense, LayerNorm, Network, Residual
from symback.network.forward import Forward
from symback.numerics import lambdify, runtime
from symback.numerics.evaluate import random_setting, total_derivative
from symback.numerics.memory import is_array, operands, plan_memory
from symback.numerics.numpy_backend import _schedule, numpy_source
from symback.numerics.operations import Graph
from symback.numerics.program import program_of
from symback.pipeline import derive
from tests.random_specs import random_network, random_problem

SEEDS = range(25)


def gradient_part(source):
    """The body of `_value_and_grad`."""
    return source.split("def _value_and_grad", 1)[1].split("\ndef ", 1)[0]


def comments_of(source):
    """The formulas in the comments, `name = expression`, wrapped lines joined."""
    text = re.sub(r"\n    #     ", " ", gradient_part(source))
    return re.findall(r"^    # (\w+ = .*)$", text, re.MULTILINE)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_comments_are_true(seed):
    """Run as a program of their own, in plain NumPy, they give the same cost and gradients."""
    generator = np.random.default_rng(seed)
    problem = random_problem(random_network(generator), generator)
    function = lambdify(problem.network)
    cost, grads = function(problem.parameters, problem.x, problem.y)
    names = dict(vars(np)) | {"softmax": softmax, "x": problem.x, "y": problem.y, "N": len(problem.x)} | problem.parameters
    names |= {"erf": function.__globals__.get("erf")} | sizes_in(function, problem)
    with np.errstate(all="ignore"):
        for comment in comments_of(function.source):
            exec(comment, names)  # our own text
    assert names["cost"] == pytest.approx(cost, rel=1e-10), f"seed {seed}"
    for name, grad in grads.items():
        if f"d{name}" in names:
            np.testing.assert_allclose(names[f"d{name}"] + 0 * grad, grad, rtol=1e-9, atol=1e-11, err_msg=f"seed {seed}")


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sizes_in(function, problem):
    """Numbers for the size names that a comment may mention."""
    arrays = {"x": problem.x, "y": problem.y} | problem.parameters
    shapes = function.__globals__["shapes"]
    return {size: arrays[name].shape[i] for name, shape in shapes.items() for i, size in enumerate(shape) if isinstance(size, str)}


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_read_after_it_was_written_over(seed):
    """The instructions replayed on names of memory: each operand must still be what was last written there."""
    program = lambdify(random_network(np.random.default_rng(seed))).program
    results = (program.cost, *program.gradients)
    schedule, _ = _schedule((*program.forward, *program.backward), results)
    memory = plan_memory(schedule, results)
    holds = {}
    for value in schedule:
        for operand in operands(value, set(schedule)):
            if is_array(operand):
                assert holds[place(operand, memory)] is operand, f"seed {seed}"
        if is_array(value):
            where = place(value, memory)
            reads = [operand for operand in operands(value, set(schedule)) if is_array(operand) and place(operand, memory) == where]
            assert reads in ([], [memory.over.get(value)] * len(reads)), f"seed {seed}"
            holds[where] = value
    for gradient in program.gradients:
        assert not is_array(gradient) or memory.root(gradient) not in memory.buffer


def place(value, memory):
    """A buffer by its number, any other memory by the value that made it."""
    root = memory.root(value)
    return memory.buffer.get(root, root)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_text_is_plain(seed):
    source = lambdify(random_network(np.random.default_rng(seed))).source
    assert "einsum" not in source
    assert all(len(line) <= 120 for line in source.splitlines() if not line.startswith("pairs"))
    assert not re.search(r"\bfor\b|\blambda\b|\bNone\b\[", gradient_part(source))


def test_the_readable_formulas_of_a_plain_network():
    assert comments_of(lambdify(Network.from_spec("2-3-2", activation="tanh,softmax", cost="cross_entropy")).source) == [
        "Z1 = x @ W1.T + b1",
        "A1 = tanh(Z1)",
        "Z2 = A1 @ W2.T + b2",
        "A2 = softmax(Z2)",
        "cost = -1 / N * (y * log(softmax(Z2))).sum()",
        "Delta2 = 1 / N * (A2 - y)",
        "dW2 = Delta2.T @ A1",
        "db2 = Delta2.sum(axis=0)",
        "Delta1 = (Delta2 @ W2) * (1 - A1**2)",
        "dW1 = Delta1.T @ x",
        "db1 = Delta1.sum(axis=0)",
    ]


def test_every_product_and_every_exponential_is_computed_once():
    """L layers: L products forward, L for ∇W, L - 1 back; one row of ones for each ∇b; L sigmoids of one exponential."""
    body = gradient_part(lambdify(Network.from_spec("5-4-4-4-3", activation="sigmoid")).source)
    assert len(re.findall(r"\.dot\(W\d", body)) == 4 + 3
    assert len(re.findall(r"\.T\.dot\(", body)) == 4
    assert len(re.findall(r"ones\d\.dot\(", body)) == 4
    assert body.count("exp(") - sum(comment.count("exp(") for comment in comments_of(body_with_head(body))) == 4


def body_with_head(body):
    return "def _value_and_grad" + body


@pytest.mark.parametrize("layers", [[Dense(4), Dense(3)], [Dense(4), LayerNorm(), Dense(3)], [Residual([Dense(4), Dense(5)]), Dense(3)]])
def test_the_average_over_the_batch_is_paid_for_once(layers):
    body = gradient_part(lambdify(Network(inputs=5, layers=layers, cost="quadratic")).source)
    assert len(re.findall(r"multiply\(factor\d", body)) == 1


def test_a_relu_keeps_no_second_array():
    body = gradient_part(lambdify(Network.from_spec("5-4-3", activation="relu,identity")).source)
    assert "maximum(Z1, zero, out=Z1)" in body
    assert "greater(A1, zero" in body


def test_the_gradient_of_the_input_is_not_computed():
    assert "dA0" not in lambdify(Network.from_spec("2-3-2")).source


def test_the_program_of_a_deep_network_grows_in_proportion():
    def lines(depth):
        return len(lambdify(Network(inputs=3, layers=[Dense(3)] * depth)).source.splitlines())

    assert lines(60) - lines(40) == pytest.approx(lines(40) - lines(20), rel=0.02)


def test_equal_operations_are_one_value():
    graph = Graph()
    x, y = graph.input("x", ()), graph.input("y", ())
    assert graph.multiply(x, y) is graph.multiply(x, y)
    assert graph.multiply(graph.number(1), x) is x
    assert graph.add(x, graph.unary("negative", y)) is graph.binary("subtract", x, y)
    assert graph.unary("negative", graph.binary("subtract", x, y)) is graph.binary("subtract", y, x)
    assert graph.unary("absolute", graph.unary("negative", x)) is graph.unary("absolute", x)


def test_a_derivation_without_batch_is_compiled_with_one():
    assert lambdify(derive(Network.from_spec("2-3-2"))).program.batch_size.name == "N"


@dataclass(frozen=True)
class HandWritten:
    """A formula as `program_of` wants it."""

    symbol: Var
    target: Var
    tensor: Tensor


def test_what_no_matrix_product_says_is_still_computed():
    """z_si = Σ_jk T_ijk x_sj x_sk, a bilinear layer with a weight of three axes; C = (1/N) ½ Σ (z - y)²."""
    batch, n, m = Axis(sympy.Symbol("N", integer=True, positive=True), "sample"), Axis(3), Axis(2)
    x, y, z = var(Name("A", 0), (batch, n)), var(Name("Y"), (batch, m)), var(Name("Z", 1), (batch, m))
    weight = var(Name("T", 1), (m, n, n))
    total, cost = var(Name("C_sum"), ()), var(Name("C"), ())
    error = add(z, scale(-1, y))
    equations = (
        Equation(z, einsum("ijk,sj,sk->si", weight, x, x), "cut"),
        Equation(total, scale(sympy.Rational(1, 2), einsum("si,si->", error, error)), "cost"),
        Equation(cost, scale(1 / batch.size, total), "cost"),
    )
    forward = Forward(equations, (weight,), x, y, cost, total, (), (), True)
    delta = var(Name("Delta", 1), z.axes)
    formulas = (
        HandWritten(delta, z, error),
        HandWritten(var(weight.name.gradient, weight.axes), weight, scale(1 / batch.size, einsum("si,sj,sk->ijk", delta, x, x))),
    )
    source = numpy_source(program_of(forward, formulas), "float64")
    assert source.count("einsum(") > 1
    names = dict(vars(runtime))
    exec(source, names)
    draw = np.random.default_rng(0)
    values = {x: draw.normal(size=(5, 3)), y: draw.normal(size=(5, 2)), weight: draw.normal(size=(2, 3, 3))}
    found, grads = names["value_and_grad"]({"T1": values[weight]}, values[x], values[y])
    here = random_setting(equations, draw, given=values, sizes={batch.size: 5})
    assert found == pytest.approx(float(here.values[cost]), rel=1e-13)
    np.testing.assert_allclose(grads["T1"], total_derivative(cost, weight, here, equations), rtol=1e-12)
