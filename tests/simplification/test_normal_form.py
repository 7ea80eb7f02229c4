"""The prover proves the identities of backpropagation with symbolic sizes, and nothing that is false.

Every identity of the table is also evaluated with numbers (`normal_form_values`, which shares no code with the prover), so that the
table itself is true; every mutant that differs in numbers must stay unproved.
"""

import random
import time

import pytest
import sympy

from symback.language.expressions import (
    Axis,
    Tensor,
    add,
    broadcast,
    const,
    delta,
    einsum,
    map_,
    partial_derivative,
    scale,
    total,
    unspecified,
    var,
)
from symback.language.functions import scalar_function
from symback.language.names import Name
from symback.language.steps import Fact
from symback.simplification.normal_form import normal_form, prove_equal
from symback.simplification.normal_form_atoms import Work, atom, relabelled, relabelled_polynomial
from symback.simplification.normal_form_reading import entry
from tests.simplification.normal_form_identities import (
    IDENTITIES,
    SIGMA,
    SIGMOID,
    Identity,
    M,
    N,
    S,
    matrix,
    repeated,
    slope,
    softmax,
    vector,
    x,
    y,
)
from tests.simplification.normal_form_values import World, mutated, polynomial_value, value


def entries(tensor: Tensor, identity: Identity, seed: int) -> list[float]:
    """Some entries of a tensor in a world where the definitions and facts of the identity hold."""
    world = World(seed, identity.definitions, identity.facts)
    draw = random.Random(seed)
    indices = [tuple(draw.randrange(world.size(axis.size)) for axis in tensor.axes) for _ in range(2)]
    return [value(tensor, index, world) for index in indices]


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_of_backpropagation_is_proved_with_symbolic_sizes(name):
    identity = IDENTITIES[name]()
    proof = prove_equal(identity.left, identity.right, identity.definitions, identity.facts)
    assert proof is not None
    assert proof.facts == identity.facts, "the facts that the proof needs, no more and no less"


@pytest.mark.parametrize("name", IDENTITIES)
def test_the_identity_holds_in_numbers(name):
    identity = IDENTITIES[name]()
    for seed in range(3):
        assert entries(identity.left, identity, seed) == pytest.approx(entries(identity.right, identity, seed), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_mutant_that_differs_in_numbers_is_never_proved(name):
    identity = IDENTITIES[name]()
    judged = 0
    for seed in range(100):
        if judged == 12:
            return
        draw = random.Random(f"{name} {seed}")
        right, wrong = draw.choice(((identity.left, identity.right), (identity.right, identity.left)))
        wrong = mutated(draw, wrong)
        try:
            differs = entries(wrong, identity, 1) != pytest.approx(entries(right, identity, 1), rel=1e-6, abs=1e-6)
        except (ArithmeticError, ValueError):
            continue
        if differs and wrong.axes == right.axes:
            judged += 1
            assert prove_equal(right, wrong, identity.definitions, identity.facts) is None, f"seed {seed}"
    assert judged >= 8


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_proof_is_fast(name):
    """The best of a few runs, so that a busy machine does not decide; 20 ms for what a multilayer perceptron needs."""
    identity = IDENTITIES[name]()
    seconds = []
    for _ in range(4):
        start = time.thread_time()
        prove_equal(identity.left, identity.right, identity.definitions, identity.facts)
        seconds.append(time.thread_time() - start)
    assert min(seconds) < identity.seconds


def test_what_a_proof_rests_on_is_listed_and_nothing_else():
    target, p, z = vector("y"), vector("p"), vector("z")
    left, right = total(map_(x * y, (target, repeated(total(p))))), total(target)
    proof = prove_equal(left, right, {p: softmax(z)}, (Fact(target, 1, True), Fact(p, 1, False)))
    assert proof.facts == (Fact(p, 1, False),)
    assert proof.definitions == () and proof.functions == ()
    proof = prove_equal(left, right, {p: softmax(z)})
    assert proof.definitions == (p,) and proof.facts == ()
    proof = prove_equal(map_(SIGMOID(x) + SIGMOID(-x), (z,)), repeated(const(1)))
    assert proof.functions == ("sigmoid",)


def test_equal_normal_forms_are_equal_and_hash_alike():
    a, b = matrix("A", N, M), vector("b", M)
    first = normal_form(einsum("jk,k->j", a, b))
    second = normal_form(einsum("k,jk->j", b, a))
    assert first == second and hash(first) == hash(second)
    assert first != normal_form(einsum("jk,k->j", a, vector("c", M)))


def near_misses() -> dict[str, tuple[Tensor, Tensor]]:
    """Pairs that a careless prover takes for equal."""
    square, error, z, a = matrix("W", N, N, 2), vector("delta", N, 2), vector("z", N, 1), vector("a", N, 1)
    right = einsum("ij,i,j->j", square, error, slope(SIGMA, z))
    samples, units = vector("u", S), vector("u")
    return {
        "a sign": (right, scale(-1, right)),
        "a factor": (right, scale(2, right)),
        "a transpose of a square matrix": (right, einsum("ji,i,j->j", square, error, slope(SIGMA, z))),
        "a layer": (right, einsum("ij,i,j->j", square, vector("delta", N, 1), slope(SIGMA, z))),
        "a missing slope": (right, einsum("ij,i->j", square, error)),
        "the slope at a": (right, einsum("ij,i,j->j", square, error, slope(SIGMA, a))),
        "the function for its slope": (right, einsum("ij,i,j->j", square, error, map_(SIGMA(x), (z,)))),
        "another free index": (einsum("j,k->jk", z, a), einsum("j,k->jk", a, z)),
        "a diagonal": (einsum("jj->j", square), einsum("jk->j", square)),
        "n - 1 for n": (scale(1 / N.size, total(z)), scale(1 / (N.size - 1), total(z))),
        "1/n for 1/N": (scale(1 / S.size, total(units)), scale(1 / N.size, total(units))),
        "the wrong count": (repeated(const(S.size)), repeated(const(N.size))),
        "1 for the Kronecker delta": (einsum("jk,k->j", delta(N), z), einsum("k->", z) and repeated(total(z))),
        "a square of a sum": (map_(x**2, (total(z),)), total(map_(x**2, (z,)))),
        "a product of sums": (map_(x * y, (total(z), total(a))), total(map_(x * y, (z, a)))),
        "one function for another": (map_(SIGMA(x), (z,)), map_(scalar_function("tau")(x), (z,))),
        "one formula for another": (map_(SIGMOID(x), (z,)), map_(scalar_function("sigmoid", x / (1 + x**2))(x), (z,))),
        "a cost for another": (unspecified("C", (a, z), (0,)), unspecified("D", (a, z), (0,))),
        "the other argument": (unspecified("C", (a, z), (0,)), unspecified("C", (a, z), (1,))),
        "arguments exchanged": (unspecified("C", (a, z)), unspecified("C", (z, a))),
        "a local for a total derivative": (partial_derivative(a, z), partial_derivative(a, z, True)),
        "samples for units": (total(samples), total(units)),
        "the root of a square": (map_(sympy.Pow(x**2, sympy.Rational(1, 2), evaluate=False), (z,)), z),
        "the root of a product": (map_(sympy.sqrt(x * y), (z, a)), map_(sympy.sqrt(x) * sympy.sqrt(y), (z, a))),
        "the logarithm of a product": (map_(sympy.log(x * y), (z, a)), map_(sympy.log(x) + sympy.log(y), (z, a))),
        "the logarithm of a square": (map_(sympy.log(x**2), (z,)), map_(2 * sympy.log(x), (z,))),
        "the logarithm of a product of differences": (
            map_(sympy.log((1 + x) * (1 + y)), (z, a)),
            map_(sympy.log(1 + x) + sympy.log(1 + y), (z, a)),
        ),
        "the root of a product of differences": (
            map_(sympy.sqrt((1 + x) * (1 + y)), (z, a)),
            map_(sympy.sqrt(1 + x) * sympy.sqrt(1 + y), (z, a)),
        ),
        "an interval": (map_(sympy.Piecewise((1, sympy.And(x > 0, x < 1)), (0, True)), (z,)), map_(0 * x, (z,))),
        "the larger of two half-lines": (
            map_(sympy.Piecewise((1, x > 0), (0, True)) * sympy.Piecewise((1, x > -1), (0, True)), (z,)),
            map_(sympy.Piecewise((1, x > -1), (0, True)), (z,)),
        ),
        "the exponential of a sum": (map_(sympy.exp(x + y), (z, a)), map_(sympy.exp(x) + sympy.exp(y), (z, a))),
        "a kink": (map_(sympy.Piecewise((1, x > 0), (0, True)), (z,)), map_(sympy.Piecewise((1, x >= 0), (0, True)), (z,))),
        "the step of a square": (map_(sympy.sign(x**2), (z,)), repeated(const(1))),
        "a condition": (map_(sympy.Piecewise((x, x > y), (y, True)), (z, a)), map_(sympy.Piecewise((y, x > y), (x, True)), (z, a))),
        "the wrong axis of a mean": (einsum("sj->j", matrix("Z", S, N)), scale(S.size, einsum("sj->j", matrix("Z", S, N)))),
    }  # fmt: skip


@pytest.mark.parametrize("name", near_misses())
def test_a_near_miss_is_not_proved(name):
    left, right = near_misses()[name]
    assert prove_equal(left, right) is None
    assert prove_equal(left, left) is not None


def test_a_shape_that_differs_is_not_proved():
    assert prove_equal(vector("u", N), vector("u", M)) is None
    assert prove_equal(repeated(const(1), N), repeated(const(1), M)) is None
    assert prove_equal(const(0), repeated(const(0))) is None


def test_the_absolute_value_is_the_root_of_the_square():
    z = vector("z")
    root = sympy.Pow(x**2, sympy.Rational(1, 2), evaluate=False)
    assert prove_equal(map_(root, (z,)), map_(sympy.Abs(x), (z,))) is not None
    assert prove_equal(map_(sympy.Abs(x), (z,)), map_(sympy.Max(x, -x), (z,))) is not None
    assert prove_equal(map_(x * sympy.sign(x), (z,)), map_(sympy.Abs(-x), (z,))) is not None


def test_half_lines_meet():
    z = vector("z")
    inner, outer = sympy.Piecewise((1, x > 0), (0, True)), sympy.Piecewise((1, x > -1), (0, True))
    away = sympy.Piecewise((1, x < -1), (0, True))
    assert prove_equal(map_(inner * outer, (z,)), map_(inner, (z,))) is not None
    assert prove_equal(map_(inner * away, (z,)), map_(0 * x, (z,))) is not None


def test_a_kronecker_delta_reaches_into_functions():
    z = vector("z")
    pair = map_(SIGMA(x + y), (broadcast(z, (N, N), (0,)), broadcast(z, (N, N), (1,))))
    diagonal = einsum("jk,jk->jk", delta(N), pair)
    assert prove_equal(diagonal, einsum("jk,j->jk", delta(N), map_(SIGMA(2 * x), (z,)))) is not None
    assert prove_equal(diagonal, einsum("jk,j->jk", delta(N), map_(SIGMA(x), (z,)))) is None
    masked = map_(SIGMA(x * y), (delta(N), broadcast(z, (N, N), (1,))))
    off = map_(SIGMA(sympy.S.Zero) * (1 - x), (delta(N),))
    assert prove_equal(masked, add(einsum("jk,k->jk", delta(N), map_(SIGMA(x), (z,))), off)) is not None


def test_labels_of_a_kronecker_delta_have_no_order():
    first = atom("delta", labels=(0, 1))
    assert relabelled(first, {0: 2}) is atom("delta", labels=(1, 2))
    x0, x1 = (atom("var", vector("x"), (i,)) for i in (0, 1))
    assert relabelled_polynomial({frozenset({(x0, 1)}): 1, frozenset({(x1, 1)}): 1}, {1: 0}) == {frozenset({(x0, 1)}): 2}


def test_a_fact_is_used_only_where_nothing_else_depends_on_the_index():
    target, g = vector("y"), vector("g")
    facts = (Fact(target, 1, True),)
    for left in (einsum("k,k->", target, g), total(map_(x**2, (target,))), total(map_(sympy.exp(x), (target,)))):
        world = World(7, facts=facts)
        work = Work(time.thread_time() + 1, facts={target: facts[0]})
        terms = entry(work, left, ()).items()
        assert polynomial_value(terms, {}, world) == pytest.approx(value(left, (), world))
        assert not work.used
    assert prove_equal(einsum("sk->s", matrix("Y", S, N)), repeated(const(1), S), facts=(Fact(matrix("Y", S, N), 1, True),)) is not None
    assert prove_equal(einsum("sk->k", matrix("Y", S, N)), repeated(const(1)), facts=(Fact(matrix("Y", S, N), 1, True),)) is None


def test_denominators_under_a_sum_are_decomposed():
    a, g = vector("a"), vector("g")
    left = total(map_(y / (x * (1 - x)), (a, g)))
    assert prove_equal(left, total(map_(y / x + y / (1 - x), (a, g)))) is not None
    assert prove_equal(left, total(map_(y / x - y / (1 - x), (a, g)))) is None
    left, right = total(map_(x / (1 - x**2), (a,))), total(map_(1 / (2 * (1 - x)) - 1 / (2 * (1 + x)), (a,)))
    assert prove_equal(left, right) is not None
    assert prove_equal(total(map_(x / (1 - x), (a,))), add(total(map_(1 / (1 - x), (a,))), const(-N.size))) is not None


def test_nothing_follows_from_a_division_by_zero():
    z = vector("z")
    impossible = map_(1 / x, (add(z, scale(-1, einsum("jk,k->j", delta(N), z))),))
    assert prove_equal(impossible, impossible) is not None, "what is written the same is the same"
    assert prove_equal(impossible, scale(2, impossible)) is None
    assert prove_equal(add(impossible, z), add(z, scale(1, impossible))) is None


def test_definitions_in_a_circle_prove_nothing():
    z, a = vector("z"), vector("a")
    assert prove_equal(z, a, {z: add(a, repeated(const(1))), a: add(z, repeated(const(-1)))}) is None
    assert prove_equal(z, map_(2 * x, (z,)), {z: map_(2 * x, (z,))}) is None


def test_bound_names_are_never_captured():
    w, v = matrix("W", N, N), vector("v")
    inner = einsum("jk,k->j", w, v)
    twice = map_(x**2, (inner,))
    spelled = einsum("jk,jm,k,m->j", w, w, v, v)
    assert prove_equal(twice, spelled) is not None
    assert prove_equal(twice, einsum("jk,jk,k,k->j", w, w, v, v)) is None
    assert prove_equal(total(map_(sympy.exp(x), (inner,))), total(map_(sympy.exp(x), (einsum("kj,j->k", w, v),)))) is not None
    assert prove_equal(total(map_(sympy.exp(x), (inner,))), total(map_(sympy.exp(x), (einsum("kj,k->j", w, v),)))) is None


def test_symmetric_sums_have_one_name_each():
    w = matrix("W", N, N)
    cycle = einsum("ij,jk,kl,li->", w, w, w, w)
    assert prove_equal(cycle, einsum("ba,cb,dc,ad->", w, w, w, w)) is not None
    assert prove_equal(cycle, einsum("ij,jk,lk,li->", w, w, w, w)) is None
    assert prove_equal(einsum("ij,ij,kl,kl->", w, w, w, w), einsum("ij,kl,ij,kl->", w, w, w, w)) is not None


def test_a_floating_point_number_is_the_decimal_that_it_is_written_as():
    z = vector("z")
    assert prove_equal(map_(sympy.Float(0.25) * x + sympy.Float(0.3) * x, (z,)), map_(sympy.Rational(11, 20) * x, (z,))) is not None
    assert prove_equal(map_(sympy.Float("0.3", 40) * x, (z,)), map_(sympy.Rational(1, 3) * x, (z,))) is None
    assert prove_equal(map_(sympy.Float(0.1 + 0.2) * x, (z,)), map_(sympy.Rational(3, 10) * x, (z,))) is None
    for tiny in ("1e-400", "4e-320", "1e-30000"):
        assert prove_equal(map_(sympy.Float(tiny) * x, (z,)), map_(0 * x, (z,))) is None


def test_the_middle_of_a_step_function_matters():
    z = vector("z")
    middle = sympy.Piecewise((1, x > 0), (sympy.Rational(1, 2), sympy.Eq(x, 0)), (0, True))
    assert prove_equal(map_(sympy.Heaviside(x), (z,)), map_(middle, (z,))) is not None
    assert prove_equal(map_(sympy.Heaviside(x, 0), (z,)), map_(middle, (z,))) is None
    assert prove_equal(map_(sympy.Heaviside(x, 0), (z,)), map_(sympy.Heaviside(x, 1), (z,))) is None


def test_a_definition_of_another_shape_proves_nothing():
    z = vector("z")
    assert prove_equal(z, repeated(const(1)), {z: const(1)}) is None
    assert prove_equal(z, vector("a"), {z: matrix("W", N, N)}) is None


def test_a_layer_of_one_neuron_needs_no_sum():
    one = Axis(1)
    w, a = matrix("W", one, one), vector("a", one)
    assert prove_equal(einsum("jk,k->j", w, a), einsum("jk,j->k", w, a)) is not None
    assert prove_equal(einsum("jk,k->j", delta(one), a), a) is not None
    assert prove_equal(einsum("jk,k->j", w, a), w and einsum("jk->j", w)) is None


def test_hostile_expressions_end_in_time():
    z = vector("z")
    tower = z
    for _ in range(40):
        tower = map_(sympy.exp(x), (add(tower, tower),)) if tower.rank else tower
    deep = z
    for _ in range(3000):
        deep = add(z, einsum("j,j->j", deep, z))
    wide = map_(sympy.prod([x + i * y for i in range(1, 40)]) ** 9, (z, vector("a")))
    many = einsum("i,j,k,l,m,n,o,p,q,ijklmnopq->", *[z] * 9, var(Name("T"), (N,) * 9))
    huge = map_(sympy.Pow(x + 1, 10**6, evaluate=False), (z,))
    number = map_(x * sympy.Pow(sympy.Integer(10) ** 4000, sympy.Symbol("k")), (z,))
    for tensor in (tower, deep, wide, many, huge, number):
        start = time.thread_time()
        prove_equal(tensor, add(tensor, tensor), deadline=0.3)
        assert time.thread_time() - start < 3
