"""All entries of a tensor written out, for small integer sizes; and the expansion of the other two views to compare with.

    scalar_form     the tensor itself, entry by entry, sums as their terms
    expand_sums     an index form with every `Sum` and every size written out
    matrix_entries  a matrix form with every product worked out

The three share no code, so that comparing them tests each.  Sums are written out term by term here: SymPy's own
`Sum(…).doit()` spoils a sum whose terms hold a case distinction over the bound letter.
"""

from collections.abc import Callable, Mapping
from itertools import product
from math import prod

import sympy
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalOf
from sympy.matrices.expressions.hadamard import HadamardPower, HadamardProduct
from sympy.matrices.expressions.matexpr import MatrixExpr
from sympy.matrices.expressions.special import OneMatrix, ZeroMatrix
from sympy.matrices.expressions.transpose import Transpose
from sympy.matrices.immutable import ImmutableDenseMatrix as Matrix

from symback.errors import ShapeError, UnsupportedError
from symback.language.expressions import Add, Axis, Const, Contract, Delta, Map, Partial, Tensor, Unspecified, Var, slot
from symback.simplification.index_form import PartialDerivative, connected_factors, named_entry, unspecified_entry
from symback.simplification.matrix_form import AsScalar, ElementwiseFunction

__all__ = ["expand_sums", "matrix_entries", "scalar_form"]

MOST_ENTRIES = 400
MOST_TERMS = 40_000

Sizes = Mapping[sympy.Symbol, int]


def scalar_form(tensor: Tensor, sizes: Sizes | None = None) -> sympy.Expr | Matrix:
    """Every entry of `tensor` written out, a vector as a column; `sizes` gives integers for symbolic sizes.

    >>> from symback.language.expressions import Axis, einsum, var
    >>> from symback.language.names import Name
    >>> n, m = Axis(1), Axis(2)
    >>> scalar_form(einsum("jk,k->j", var(Name("W", 1), (n, m)), var(Name("a", 0), (m,))))
    Matrix([[W^1[1, 1]*a^0[1] + W^1[1, 2]*a^0[2]]])
    """
    writer = _Writer(dict(sizes or {}))
    if tensor.rank > 2:
        raise UnsupportedError(f"a tensor with {tensor.rank} axes cannot be written as a matrix of entries; ask for its index form")
    shape = [writer.size(axis) for axis in tensor.axes]
    if prod(shape) > MOST_ENTRIES or prod(shape) * writer.terms(tensor) > MOST_TERMS:
        raise UnsupportedError(
            f"{' × '.join(map(str, shape)) or 'one'} entries with {writer.terms(tensor)} terms each are too many to write out; "
            f"at most {MOST_ENTRIES} entries and {MOST_TERMS} terms are, use smaller sizes"
        )
    if tensor.rank == 0:
        return writer.entry(tensor, ())
    rows, cols = (*shape, 1)[:2]
    return Matrix(rows, cols, [writer.entry(tensor, spot) for spot in product(*(range(1, size + 1) for size in shape))])


class _Writer:
    """Entries at integer places, by recursion over the tensor."""

    def __init__(self, sizes: dict[sympy.Symbol, int]) -> None:
        self.sizes = sizes

    def size(self, axis: Axis) -> int:
        """The size of an axis as an integer."""
        size = axis.size.xreplace({symbol: sympy.Integer(value) for symbol, value in self.sizes.items()})
        if not size.is_Integer:
            raise ShapeError(f"the size {size} is a symbol; give an integer for it in `sizes`")
        return int(size)

    def terms(self, tensor: Tensor) -> int:
        """How many products one entry has at most."""
        match tensor:
            case Contract():
                return sum(self._terms_of_sum(tensor, group) for group in connected_factors(tensor))
            case Add() | Map():
                return sum(self.terms(arg) for arg in tensor.args)
        return 1

    def _terms_of_sum(self, tensor: Contract, group: list[int]) -> int:
        """The same for one sum of products."""
        return prod(self.size(axis) for _, axis in _bound(tensor, group)) * sum(self.terms(tensor.args[i]) for i in group)

    def entry(self, tensor: Tensor, spot: tuple[int, ...]) -> sympy.Expr:
        """The entry at `spot`, counted from 1."""
        match tensor:
            case Var():
                return named_entry(str(tensor.name), spot)
            case Const():
                return tensor.value.xreplace({symbol: sympy.Integer(value) for symbol, value in self.sizes.items()})
            case Delta():
                return sympy.Integer(spot[0] == spot[1])
            case Map():
                return tensor.expr.xreplace({slot(i): self.entry(arg, spot) for i, arg in enumerate(tensor.args)})
            case Add():
                return sympy.Add(*(self.entry(arg, spot) for arg in tensor.args))
            case Contract():
                return self._contraction(tensor, spot)
            case Unspecified():
                return unspecified_entry(tensor, spot)
            case Partial():
                split = tensor.of.rank
                of, wrt = self.entry(tensor.of, spot[:split]), self.entry(tensor.wrt, spot[split:])
                return PartialDerivative(of, wrt, is_total=tensor.is_total)
        raise UnsupportedError(f"no entries are known for a node of kind {type(tensor).__name__}")

    def _contraction(self, tensor: Contract, spot: tuple[int, ...]) -> sympy.Expr:
        """The product of the sums that have no bound label in common."""
        return sympy.Mul(*(self._summed(tensor, group, dict(enumerate(spot))) for group in connected_factors(tensor)))

    def _summed(self, tensor: Contract, group: list[int], at: dict[int, int]) -> sympy.Expr:
        """Σ over the bound labels of some of the factors."""
        bound = _bound(tensor, group)
        terms = []
        for values in product(*(range(1, self.size(axis) + 1) for _, axis in bound)):
            place = at | {label: value for (label, _), value in zip(bound, values, strict=True)}
            terms.append(sympy.Mul(*(self.entry(tensor.args[i], tuple(place[label] for label in tensor.labels[i])) for i in group)))
        return sympy.Add(*terms)


def _bound(tensor: Contract, group: list[int]) -> list[tuple[int, Axis]]:
    """The bound labels of some of the factors."""
    used = {label for i in group for label in tensor.labels[i]}
    return [(label, axis) for label, axis in tensor.label_axes.items() if label >= tensor.rank and label in used]


def expand_sums(expr: sympy.Expr, sizes: Sizes | None = None) -> sympy.Expr:
    """An index form with `sizes` put in and every sum written out.

    >>> k = sympy.Symbol("k", integer=True)
    >>> expand_sums(sympy.Sum(sympy.Indexed("a", k), (k, 1, 3)))
    a[1] + a[2] + a[3]
    """
    numbers = {symbol: sympy.Integer(value) for symbol, value in (sizes or {}).items()}
    return _expanded(expr, numbers)


def _expanded(expr: sympy.Expr, values: dict[sympy.Symbol, sympy.Expr]) -> sympy.Expr:
    """The expression with these values for its symbols, sums written out."""
    if isinstance(expr, sympy.Sum):
        *inner, (letter, low, high) = expr.limits
        first, last = _expanded(low, values), _expanded(high, values)
        body = _sum(expr.function, inner)
        return sympy.Add(*(_expanded(body, values | {letter: sympy.Integer(i)}) for i in range(int(first), int(last) + 1)))
    if not expr.args:
        return values.get(expr, expr)
    if isinstance(expr, sympy.IndexedBase):
        return expr
    return expr.func(*(_expanded(arg, values) for arg in expr.args))


def _sum(body: sympy.Expr, limits: list[sympy.Tuple]) -> sympy.Expr:
    """Σ without the folding of cases that SymPy's constructor does."""
    if not limits:
        return body
    held = sympy.Expr.__new__(sympy.Sum)
    held._args = (body, *limits)
    held.is_commutative = True
    return held


def matrix_entries(
    expr: sympy.Expr, sizes: Sizes | None = None, entry: Callable[[str, int, int], sympy.Expr] | None = None
) -> sympy.Expr | Matrix:
    """A matrix form worked out for integer `sizes`; `entry(name, row, column)`, counted from 1, gives the entries of the symbols.

    >>> u = sympy.MatrixSymbol("u", 2, 1)
    >>> matrix_entries(sympy.MatMul(Transpose(u), u))
    Matrix([[u[1, 1]**2 + u[2, 1]**2]])
    """
    numbers = {symbol: sympy.Integer(value) for symbol, value in (sizes or {}).items()}
    return _Worked(numbers, entry or (lambda name, row, col: sympy.Indexed(sympy.IndexedBase(name), row, col))).value(expr)


class _Worked:
    """Matrix expressions as explicit matrices, by recursion over SymPy's nodes."""

    def __init__(self, sizes: dict[sympy.Symbol, sympy.Integer], entry: Callable[[str, int, int], sympy.Expr]) -> None:
        self.sizes, self.entry = sizes, entry

    def value(self, expr: sympy.Expr) -> sympy.Expr | Matrix:
        """An explicit matrix, or a scalar."""
        return self.matrix(expr) if isinstance(expr, MatrixExpr) else self.scalar(expr)

    def scalar(self, expr: sympy.Expr) -> sympy.Expr:
        """A scalar with the products in it worked out."""
        if isinstance(expr, AsScalar):
            return self.matrix(expr.matrix)[0, 0]
        if not expr.args:
            return self.sizes.get(expr, expr)
        return expr if isinstance(expr, sympy.Indexed) else expr.func(*map(self.scalar, expr.args))

    def _shape(self, expr: MatrixExpr) -> tuple[int, int]:
        rows, cols = (int(size.xreplace(self.sizes)) for size in expr.shape)
        return rows, cols

    def matrix(self, expr: MatrixExpr) -> Matrix:
        """An explicit matrix."""
        rows, cols = self._shape(expr)
        match expr:
            case sympy.MatrixSymbol():
                return Matrix(rows, cols, lambda i, j: self.entry(expr.name, i + 1, j + 1))
            case OneMatrix() | ZeroMatrix():
                return Matrix(rows, cols, lambda i, j: sympy.Integer(isinstance(expr, OneMatrix)))
            case sympy.Identity():
                return Matrix(rows, cols, lambda i, j: sympy.Integer(i == j))
            case Transpose():
                return self.matrix(expr.arg).T
            case DiagMatrix():
                vector: list[sympy.Expr] = list(self.matrix(expr.args[0]))
                return Matrix(rows, cols, lambda i, j: vector[i] if i == j else sympy.S.Zero)
            case DiagonalOf():
                body = self.matrix(expr.arg)
                return Matrix(rows, cols, lambda i, j: body[i, i])
            case sympy.MatMul():
                return self._product(expr, rows, cols)
        return self._by_entries(expr, rows, cols)

    def _product(self, expr: sympy.MatMul, rows: int, cols: int) -> Matrix:
        """A matrix product, worked out from the left."""
        scalar, factors = expr.as_coeff_matrices()
        whole, *others = (self.matrix(factor) for factor in factors)
        for other in others:
            whole = Matrix(whole.rows, other.cols, lambda i, j, a=whole, b=other: sympy.Add(*(a[i, k] * b[k, j] for k in range(a.cols))))
        number = self.scalar(scalar)
        return Matrix(rows, cols, lambda i, j: number * whole[i, j])

    def _by_entries(self, expr: MatrixExpr, rows: int, cols: int) -> Matrix:
        """What is computed entry by entry."""
        parts = [self.matrix(arg) for arg in expr.args if isinstance(arg, MatrixExpr)]
        match expr:
            case sympy.MatAdd():
                combine = sympy.Add
            case HadamardProduct():
                combine = sympy.Mul
            case HadamardPower():
                exponent = self.scalar(expr.exp)
                combine = lambda base: base**exponent  # noqa: E731
            case ElementwiseApplyFunction() | ElementwiseFunction():
                combine = sympy.Lambda(expr.function.variables, self.scalar(expr.function.expr))
            case _:
                raise UnsupportedError(f"{type(expr).__name__} cannot be worked out entry by entry")
        return Matrix(rows, cols, lambda i, j: combine(*(part[i, j] for part in parts)))
