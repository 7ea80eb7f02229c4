"""The views of the textbook's own formulas, their shapes, and the traps of SymPy by name."""

import pytest
import sympy
from sympy import HadamardProduct, MatMul, OneMatrix, Transpose
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from symback.errors import ShapeError, UnsupportedError
from symback.language.expressions import (
    Axis,
    Unspecified,
    add,
    broadcast,
    delta,
    einsum,
    map_,
    partial_derivative,
    scale,
    slot,
    total,
    unspecified,
    var,
)
from symback.language.functions import scalar_function
from symback.language.names import Name
from symback.simplification.index_form import PartialDerivative, index_form, index_symbol
from symback.simplification.matrix_form import AsScalar, matrix_form
from symback.simplification.plan import MatMul as PlannedProduct
from symback.simplification.plan import Plan, plan
from symback.simplification.scalar_form import expand_sums, matrix_entries, scalar_form

P, Q, R = (Axis(sympy.Symbol(f"n_{{{i}}}", integer=True, positive=True)) for i in (1, 2, 3))
BATCH = Axis(sympy.Symbol("N", integer=True, positive=True), "sample")
X0, X1 = slot(0), slot(1)
SIGMA = scalar_function("sigma")
i, j, k, m, s = map(index_symbol, "ijkms")

W = var(Name("W", 2), (Q, P))
error, z, a, y = var(Name("delta", 2), (Q,)), var(Name("z", 1), (P,)), var(Name("a", 1), (P,)), var(Name("y"), (P,))
errors, Z, A = var(Name("Delta", 2), (BATCH, Q)), var(Name("Z", 1), (BATCH, P)), var(Name("A", 1), (BATCH, P))


LETTERS = "abcdefghijklmnopqrst"


def slope(of):
    return map_(SIGMA(X0).diff(X0), (of,))


HIDDEN = einsum("ij,i,j->j", W, error, slope(z))


def entry(name, *indices):
    return sympy.Indexed(sympy.IndexedBase(name), *indices)


def symbol(tensor, turned=False):
    rows, cols = (*tensor.shape, sympy.S.One)[:2]
    return sympy.MatrixSymbol(str(tensor.name), *((cols, rows) if turned else (rows, cols)))


def test_the_index_form_is_plain_sympy():
    product = sympy.Sum(entry("W^2", k, j) * entry("delta^2", k), (k, 1, Q.size))
    assert index_form(HIDDEN) == type(SIGMA(X0).diff(X0))(entry("z^1", j)) * product
    assert index_form(scale(sympy.Rational(1, 2), a)) == entry("a^1", j) / 2
    assert index_form(delta(P)) == sympy.KroneckerDelta(j, k)
    assert index_form(var(Name("mu", 2), ())) == sympy.Symbol("mu^2")


def test_indices_can_be_chosen_and_bound_letters_keep_clear_of_them():
    assert index_form(einsum("jk,k->j", W, a), (k,)) == sympy.Sum(entry("W^2", k, j) * entry("a^1", j), (j, 1, P.size))
    assert index_form(einsum("jk,k->j", W, a), (k + 1,)) == sympy.Sum(entry("W^2", k + 1, j) * entry("a^1", j), (j, 1, P.size))
    assert index_form(a, (2,)) == entry("a^1", 2)
    with pytest.raises(ShapeError, match="2 indices given for a tensor with 1 axes"):
        index_form(a, (j, k))


def test_a_sum_inside_a_sum_does_not_capture_the_outer_letter():
    inner = broadcast(total(a), (P,), ())
    nested = total(map_((X0 - X1) ** 2, (y, inner)))  # Σ_j (y_j - Σ_k a_k)²
    assert index_form(nested) == sympy.Sum((entry("y", j) - sympy.Sum(entry("a^1", k), (k, 1, P.size))) ** 2, (j, 1, P.size))


def test_independent_sums_stand_side_by_side():
    both = einsum("j,k,l->j", y, a, y)
    assert index_form(both) == entry("y", j) * sympy.Sum(entry("a^1", k), (k, 1, P.size)) * sympy.Sum(entry("y", k), (k, 1, P.size))


def test_samples_have_letters_of_their_own():
    assert index_form(einsum("sj,sk->jk", errors, A)) == sympy.Sum(entry("Delta^2", s, j) * entry("A^1", s, k), (s, 1, BATCH.size))


def test_a_counted_index_becomes_the_size_of_its_axis():
    assert index_form(einsum("jj->", delta(P))) == P.size
    assert matrix_form(einsum("jj->", delta(P))) == P.size


def test_letters_do_not_run_out():
    rank_twenty = einsum(f"{','.join(LETTERS)}->{LETTERS}", *[a] * len(LETTERS))
    assert len(index_form(rank_twenty).atoms(sympy.Indexed)) == len(LETTERS)


def test_a_sum_over_cases_is_not_spoilt():
    """`Sum(…).doit()` of SymPy 1.14 spoils it; the views must not."""
    indicator = sympy.Piecewise((1, X0 > 0), (0, True))
    summed = total(map_(indicator * X1, (z, y)))
    view = index_form(summed)
    assert view.function == entry("y", j) * sympy.Piecewise((1, entry("z^1", j) > 0), (0, True))
    values = {entry("z^1", 1): -1, entry("z^1", 2): 3, entry("y", 1): 5, entry("y", 2): 7}
    assert expand_sums(view, {P.size: 2}).xreplace(values) == scalar_form(summed, {P.size: 2}).xreplace(values) == 7


def test_a_partial_derivative_is_a_symbol_that_survives_substitution():
    view = index_form(partial_derivative(z, a))
    assert view == PartialDerivative(entry("z^1", j), entry("a^1", k))
    assert view != index_form(partial_derivative(z, a, is_total=True))
    assert view.subs(k, 2) == PartialDerivative(entry("z^1", j), entry("a^1", 2))
    assert (2 * view).xreplace({entry("z^1", j): entry("z^1", 3)}) == 2 * PartialDerivative(entry("z^1", 3), entry("a^1", k))


def test_an_unspecified_cost_and_its_derivatives_have_names():
    assert str(index_form(unspecified("C", (a, y)))) == "C(a^1, y)"
    assert index_form(unspecified("C", (a, y), (0,))) == entry("dC/da^1", j)
    assert index_form(unspecified("C", (A, A), (0,), 1)) == entry("dC/dA^1", s, j)
    assert index_form(unspecified("C", (a, y), (0, 1))) == PartialDerivative(sympy.Symbol("C"), entry("a^1", j), entry("y", k))
    assert matrix_form(unspecified("C", (a, y), (0,))) == sympy.MatrixSymbol("dC/da^1", P.size, 1)
    hidden_argument = unspecified("C", (map_(SIGMA(X0), (a,)), y))
    assert isinstance(hidden_argument, Unspecified)
    for view in (index_form, matrix_form):
        with pytest.raises(UnsupportedError, match="named quantities"):
            view(hidden_argument)


def test_the_matrix_form_of_the_hidden_error_is_the_textbook_s():
    sigma_prime = ElementwiseApplyFunction(type(SIGMA(X0).diff(X0)), symbol(z)).function.func
    view = matrix_form(HIDDEN)
    product, activation = view.args
    assert isinstance(view, HadamardProduct) and sigma_prime is sympy.Lambda
    assert product == MatMul(Transpose(symbol(W)), symbol(error))
    assert activation == ElementwiseApplyFunction(sympy.Lambda(X0, SIGMA(X0).diff(X0)), symbol(z))


p, q, n = P.size, Q.size, BATCH.size
SHAPES = {
    "column": {"z": (p, 1), "error": (q, 1), "Z": (p, n), "grad_W": (q, p), "errors": (q, n)},
    "row": {"z": (p, 1), "error": (q, 1), "Z": (n, p), "grad_W": (q, p), "errors": (n, q)},
    "jacobian": {"z": (p, 1), "error": (1, q), "Z": (p, n), "grad_W": (p, q), "errors": (n, q)},
}


@pytest.mark.parametrize("layout", SHAPES)
def test_each_layout_shows_quantities_and_cotangents_in_its_own_shape(layout):
    named = {"z": z, "error": error, "Z": Z, "grad_W": var(W.name.gradient, W.axes), "errors": errors}
    assert {name: matrix_form(tensor, layout).shape for name, tensor in named.items()} == SHAPES[layout]
    assert matrix_form(einsum("j,k->jk", error, a), layout).shape == SHAPES[layout]["grad_W"]
    assert matrix_form(einsum("sj,sk->jk", errors, A), layout).shape == SHAPES[layout]["grad_W"]


def test_a_cotangent_without_cotangents_in_it_is_turned_when_said_to_be_one():
    difference = map_(X0 - X1, (a, y))
    assert matrix_form(difference, "jacobian").shape == (P.size, 1)
    assert matrix_form(difference, "jacobian", is_cotangent=True).shape == (1, P.size)
    assert matrix_form(HIDDEN, "jacobian", is_cotangent=False).shape == (P.size, 1)


def test_a_scalar_product_is_a_scalar():
    product = einsum("j,j->", a, y)
    assert matrix_form(product) == AsScalar(MatMul(Transpose(symbol(a)), symbol(y)))
    assert 1 + 2 * matrix_form(product) - matrix_form(product) == 1 + matrix_form(product)
    assert matrix_entries(matrix_form(product), {P.size: 2}, lambda name, row, col: entry(name, row)) == scalar_form(product, {P.size: 2})


def test_one_neuron_layers_have_matrix_forms():
    one = Axis(1)
    weights, output, below = var(Name("W", 1), (one, one)), var(Name("z", 1), (one,)), var(Name("a", 0), (one,))
    assert matrix_form(add(einsum("jk,k->j", weights, below), output)).shape == (1, 1)
    assert matrix_form(einsum("ij,i,j->j", weights, output, slope(below))).shape == (1, 1)
    squared = matrix_form(einsum("j,j->", below, below))
    assert matrix_entries(squared, {}, lambda name, row, col: sympy.Symbol(name)) == sympy.Symbol("a^0") ** 2


def test_a_function_of_a_case_distinction_keeps_the_scalars_inside_of_it_apart():
    """A `Lambda` inside of a scalar must not meet the argument of the `Lambda` around it."""
    norm = broadcast(total(map_(sympy.exp(X0), (y,))), (P,), ())
    cases = map_(sympy.Piecewise((X0 / X1, X0 > 0), (X1, True)), (a, norm))
    numbers = {"a^1": (2, -3), "y": (0, 0)}
    worked = matrix_entries(matrix_form(cases), {P.size: 2}, lambda name, row, col: sympy.Integer(numbers[name][row - 1]))
    assert list(worked) == [1, 2]
    applied = matrix_form(cases).function(sympy.Integer(3))
    assert applied == AsScalar(matrix_form(total(map_(sympy.exp(X0), (y,)))).matrix) ** -1 * 3


def test_a_vector_on_a_summed_index_weighs_the_product_of_two_matrices():
    weighted = einsum("ij,i,ik->jk", W, error, W)  # Wᵀ diag(δ) W
    assert matrix_form(weighted) == MatMul(Transpose(symbol(W)), sympy.DiagMatrix(symbol(error)), symbol(W))
    worked = matrix_entries(
        matrix_form(weighted), {P.size: 2, Q.size: 3}, lambda name, row, col: entry(name, row, col) if name == "W^2" else entry(name, row)
    )
    assert worked.applyfunc(sympy.expand) == scalar_form(weighted, {P.size: 2, Q.size: 3}).applyfunc(sympy.expand)


def products(tree: Plan) -> list[tuple[int, int]]:
    """The ranks of both sides of every matrix product in a plan."""
    found = [(tree.left.rank, tree.right.rank)] if isinstance(tree, PlannedProduct) else []
    for value in vars(tree).values():
        for part in value if isinstance(value, tuple) else (value,):
            found += products(part) if isinstance(part, Plan) else []
    return found


def test_matrix_times_vector_comes_before_matrix_times_matrix():
    first, second = var(Name("W", 3), (R, Q)), var(Name("W", 4), (P, R))
    chain = einsum("ij,jk,kl,l->i", second, first, W, a)
    assert products(plan(chain)) == [(2, 1)] * 3
    assert (2, 2) not in products(plan(einsum("i,ij,jk,kl,l->", y, second, first, W, a)))
    assert products(plan(einsum("ij,jk->ik", first, W))) == [(2, 2)]


def test_ones_vectors_stand_for_sums_and_broadcasts():
    column_sums = matrix_form(einsum("sj->j", errors), "row")
    assert column_sums == MatMul(Transpose(symbol(errors)), OneMatrix(BATCH.size, 1))
    repeated = matrix_form(broadcast(a, (BATCH, P), (1,)), "row")
    assert repeated == MatMul(OneMatrix(BATCH.size, 1), Transpose(symbol(a)))


def test_what_has_no_matrix_form_is_refused_by_name():
    with pytest.raises(UnsupportedError, match=r"3 axes .*unit axis of size"):
        matrix_form(einsum("i,j,k->ijk", a, a, y))
    star = einsum("im,jm,km,ij,jk->i", *[var(Name("W", 5), (P, P))] * 5)
    assert matrix_form(star).shape == (P.size, 1)
    all_meet = einsum("ia,ja,ka,ib,jb,kb,ij,kc,ic,jc->", *[var(Name("W", 5), (P, P))] * 10)
    with pytest.raises(UnsupportedError, match="an index that three matrices share"):
        matrix_form(all_meet)
    with pytest.raises(UnsupportedError, match="'diagonal' is not a layout"):
        matrix_form(a, "diagonal")


def test_scalar_form_asks_for_sizes_and_refuses_what_is_too_long():
    with pytest.raises(ShapeError, match=r"the size n_\{2\} is a symbol; give an integer for it in `sizes`"):
        scalar_form(einsum("jk,k->j", W, a))
    with pytest.raises(UnsupportedError, match="too many to write out"):
        scalar_form(W, {P.size: 100, Q.size: 100})
    with pytest.raises(UnsupportedError, match="3 axes"):
        scalar_form(einsum("i,j,k->ijk", a, a, y), {P.size: 2})


def test_views_are_the_same_when_asked_for_twice():
    for tensor in (HIDDEN, einsum("sj,sk->jk", errors, A), total(map_((X0 - X1) ** 2 / 2, (a, y)))):
        assert index_form(tensor) == index_form(tensor)
        assert matrix_form(tensor) == matrix_form(tensor)
