"""Simplification has laws: it keeps the value, it settles, it does nothing twice, and each rule does what its name says."""

from itertools import pairwise

import numpy as np
import pytest
import sympy

from symback.language.expressions import Add, Contract, Equation, add, const, contract, delta, einsum, map_, scale, slot, var
from symback.language.names import Name
from symback.language.steps import Fact
from symback.numerics.evaluate import evaluate, random_setting
from symback.simplification.engine import simplify, slopes_in_outputs
from symback.simplification.products import product_of, signature
from symback.simplification.rules import RULES, Knowledge
from tests.random_expressions import DEFINITIONS, OUTPUT, SIGMOID, SLOPES, SOFTMAX, SQUARE, TARGET, M, N, W, Z, expression, softmax_of

X0, X1 = slot(0), slot(1)
FACTS = tuple(Fact(y, 1, True) for y in TARGET.values())
KNOWLEDGE = Knowledge(DEFINITIONS, FACTS, SLOPES)
EQUATIONS = [Equation(symbol, definition) for symbol, definition in DEFINITIONS.items()]
TARGETS = add(einsum("jk,j,k->", W, *TARGET.values()), *(einsum("j,jk->", TARGET[axis], SQUARE[axis]) for axis in (M, N)))
EVERYTHING = [*EQUATIONS, Equation(var(Name("s"), ()), TARGETS)]
SHAPES = ((), (M,), (N,), (M, N), (M, M))


def agree(value, expected, message=""):
    np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-9 * (1 + np.abs(expected).max(initial=0)), err_msg=message)


def setting(seed):
    return random_setting(EVERYTHING, np.random.default_rng(seed), facts=FACTS)


@pytest.mark.parametrize("seed", range(300))
def test_simplification_keeps_the_value_step_by_step_and_settles(seed):
    generator = np.random.default_rng(seed)
    tensor = expression(generator, SHAPES[seed % 5])
    simplified, steps = simplify(tensor, KNOWLEDGE)
    numbers = setting(seed)
    for before, after in [(tensor, simplified), *((step.before, step.after) for step in steps)]:
        agree(evaluate(after, numbers), evaluate(before, numbers), f"seed {seed}")
    assert all(first.after is second.before for first, second in pairwise(steps))
    again, more = simplify(simplified, KNOWLEDGE)
    assert again is simplified and more == ()


def test_every_rule_is_used_by_the_random_expressions():
    tensors = (expression(np.random.default_rng(seed), SHAPES[seed % 5]) for seed in range(300))
    assert {step.rule for tensor in tensors for step in simplify(tensor, KNOWLEDGE)[1]} == {rule.name for rule in RULES}


@pytest.mark.parametrize("seed", range(60))
def test_reading_a_tensor_as_a_product_and_writing_it_back_keeps_the_value(seed):
    tensor = expression(np.random.default_rng(1000 + seed), ((), (M,), (M, N))[seed % 3])
    numbers = setting(seed)
    agree(evaluate(product_of(tensor).to_tensor(), numbers), evaluate(tensor, numbers))


a, y, z, p = OUTPUT[M], TARGET[M], Z[M], SOFTMAX[M]
EXAMPLES = {
    "delta": (contract(((delta(M), (0, 1)), (a, (1,))), (0,), {}), a),
    "trace of delta": (contract(((delta(M), (1, 1)), (a, (0,))), (0,), {}), scale(M.size, a)),
    "sum of ones": (contract(((einsum("->j", const(1), j=M), (1,)), (a, (0,))), (0,), {}), scale(M.size, a)),
    "cancel": (einsum("j,j->j", a, map_(-X1 / X0, (a, y))), scale(-1, y)),
    "softmax is recognised": (softmax_of(z), p),
    "binary cross-entropy behind a sigmoid": (
        einsum("j,j->j", map_((X0 - X1) / (X0 * (1 - X0)), (a, y)), map_(SIGMOID.prime()(X0), (z,))),
        map_(X0 - X1, (a, y)),
    ),
    "side fact": (einsum("j,k->j", a, y), a),
    "like terms": (add(scale(2, a), y, scale(-1, a)), add(a, y)),
    "a sum that becomes a factor that is there already": (einsum("j,j->j", a, add(scale(2, a), scale(-1, a))), map_(X0**2, (a,))),
    "a sum of ones is not the term without it": (
        add(contract(((a, (0,)), (a, (1,)), (map_(1 / X0, (a,)), (1,))), (0,), {}), a),
        scale(M.size + 1, a),
    ),
    "nothing left": (add(a, scale(-1, a)), scale(0, a)),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), EXAMPLES.values(), ids=EXAMPLES)
def test_textbook_examples(before, after):
    assert simplify(before, KNOWLEDGE)[0] is after


def test_a_slope_stays_where_nothing_cancels():
    tensor = einsum("j,j->j", map_(X0 - X1, (a, y)), map_(SIGMOID.prime()(X0), (z,)))
    assert simplify(tensor, KNOWLEDGE) == (tensor, ())


def test_a_slope_is_written_in_the_output_on_request():
    tensor = add(einsum("j,j->j", y, map_(SIGMOID.prime()(X0), (z,))), a)
    assert slopes_in_outputs(tensor, KNOWLEDGE) is add(einsum("j,j->j", y, map_(X0 * (1 - X0), (a,))), a)


def test_a_definition_with_a_number_and_a_root_in_it_is_solved_for_its_function():
    """u_j = 3 √(1 + z_j²) gives 1/√(1 + z_j²) = 3/u_j: number and exponent both go over to the other side."""
    u = var(Name("u"), (M,))
    definition = scale(3, map_(sympy.sqrt(1 + X0**2), (z,)))
    tensor = einsum("j,j->j", map_(1 / sympy.sqrt(1 + X0**2), (z,)), a)
    numbers = setting(2)
    numbers = numbers.with_values({u: evaluate(definition, numbers)})
    found, steps = simplify(tensor, Knowledge({u: definition}))
    assert [step.rule for step in steps] == ["use the definition"]
    np.testing.assert_allclose(evaluate(found, numbers), evaluate(tensor, numbers), rtol=1e-12)


def test_a_fact_is_reported_by_the_step_that_used_it():
    _, steps = simplify(einsum("j,k->j", a, y), KNOWLEDGE)
    assert [step.facts for step in steps] == [(FACTS[0],)]


def test_a_slope_below_the_line_is_written_in_the_output_below_the_line():
    """a / σ'(z)  →  1 / (1 - a)."""
    tensor = einsum("j,j->j", a, map_(1 / SIGMOID.prime()(X0), (z,)))
    assert simplify(tensor, KNOWLEDGE)[0] is map_(1 / (1 - X0), (a,))


def test_a_fact_brings_its_value():
    u = var(Name("u"), (M,))
    for value in (3, 0):
        found, _ = simplify(einsum("j,k->j", a, u), Knowledge(facts=(Fact(u, value, False),)))
        assert found is scale(value, a)


def test_a_fact_is_not_used_where_the_index_is_bound_to_more():
    tensor = einsum("j,jk->k", y, W)
    assert simplify(tensor, KNOWLEDGE) == (tensor, ())


def test_a_power_of_a_sum_is_not_taken_for_a_sum_of_powers():
    norm = einsum("j->", map_(sympy.exp(X0), (z,)))
    squared = map_(X0**2, (norm,))
    numbers = setting(1)
    np.testing.assert_allclose(evaluate(product_of(squared).to_tensor(), numbers), evaluate(norm, numbers) ** 2)


@pytest.mark.parametrize("seed", range(100))
def test_equal_signatures_mean_equal_values(seed):
    """Two random expressions of one shape: where the signatures agree, so do the values; reversing factors changes neither."""
    generator = np.random.default_rng(seed)
    axes = ((), (M,), (M, N))[seed % 3]
    first, second = expression(generator, axes, depth=1), expression(generator, axes, depth=1)
    numbers = setting(seed)
    if signature(first) == signature(second):
        np.testing.assert_allclose(evaluate(first, numbers), evaluate(second, numbers), rtol=1e-9)
    flipped = first
    if isinstance(first, Contract):
        flipped = contract(reversed(first.factors), range(first.rank), first.label_axes)
    elif isinstance(first, Add):
        flipped = add(*reversed(first.args))
    np.testing.assert_allclose(evaluate(flipped, numbers), evaluate(first, numbers), rtol=1e-9, atol=1e-9)


def test_signatures_tell_transposed_factors_apart_and_reordered_ones_not():
    assert signature(einsum("jk,j->k", W, a)) == signature(einsum("j,jk->k", a, W))
    square = var(Name("Q"), (M, M))
    assert signature(einsum("jk,j->k", square, a)) != signature(einsum("kj,j->k", square, a))
    assert signature(einsum("j,k->jk", a, y)) != signature(einsum("k,j->jk", a, y))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_simplification_keeps_the_value_of_thousands_of_random_expressions(block):
    for seed in range(10_000 + 300 * block, 10_300 + 300 * block):
        tensor = expression(np.random.default_rng(seed), SHAPES[seed % 5])
        numbers = setting(seed % 7)
        agree(evaluate(simplify(tensor, KNOWLEDGE)[0], numbers), evaluate(tensor, numbers), f"seed {seed}")
