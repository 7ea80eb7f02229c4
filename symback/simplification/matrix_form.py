"""The view of a tensor as matrices, in three layouts: a SymPy matrix expression (or a scalar).

    "column"     samples are columns:    δ^l = ((W^{l+1})ᵀ δ^{l+1}) ⊙ σ'(z^l),   ∇W = (1/N) Δ Aᵀ
    "row"        samples are rows:       Δ^l = (Δ^{l+1} W^{l+1}) ⊙ σ'(Z^l),      ∇W = (1/N) Δᵀ A
    "jacobian"   as "column", but what is a derivative of the cost is transposed (numerator layout):
                                         δ^l = δ^{l+1} W^{l+1} diag(σ'(z^l)),    ∂C/∂W^l = a^{l-1} δ^l

Vectors over units are columns, parameters are as stored, (n_l, n_{l-1}), in every layout; vectors over samples stand
across the units (a row in "column", a column in "row").  A batch tensor is stored (sample, unit).  What is a derivative
of the cost is told by its name: δ, Δ, ∂C/∂(…).  The plan of the products comes from `plan`; here each of its nodes is
written in the orientation that the node above asks for, so transposes arise at the names only.

SymPy's matrix constructors are used without evaluation, which would reorder, and with three additions of our own:
`AsScalar`, a 1 × 1 matrix as a number (SymPy's `uᵀv` cannot stand in a sum of scalars), `ElementwiseFunction`, a function
of several matrices entry by entry (SymPy has only one argument), and `PartialDerivative` from the index form.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy
from sympy.core.expr import Expr
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalOf
from sympy.matrices.expressions.hadamard import HadamardPower, HadamardProduct
from sympy.matrices.expressions.matexpr import MatrixExpr
from sympy.matrices.expressions.special import OneMatrix, ZeroMatrix
from sympy.matrices.expressions.transpose import Transpose

from symback.errors import UnsupportedError
from symback.language.expressions import Axis, Partial, Tensor, Unspecified, Var, slot
from symback.language.reading_order import is_negative
from symback.simplification.index_form import unspecified_entry
from symback.simplification.plan import (
    Broadcast,
    Diagonal,
    DiagonalPart,
    Elementwise,
    Hadamard,
    Identity,
    Leaf,
    MatMul,
    Number,
    Outer,
    Plan,
    Plus,
    Scaled,
    ScaledAlong,
    SumOver,
    Transposed,
    elementwise_plan,
    plan,
)

__all__ = ["LAYOUTS", "AsScalar", "ElementwiseFunction", "is_derivative", "is_shown_transposed", "matrix_form"]

LAYOUTS = ("column", "row", "jacobian")


class AsScalar(Expr):
    """The only entry of a 1 × 1 matrix, as a number:  uᵀv."""

    is_commutative = True

    @property
    def matrix(self) -> MatrixExpr:
        """The 1 × 1 matrix."""
        return self.args[0]

    def _sympystr(self, printer) -> str:
        return f"({printer._print(self.args[0])})"


class ElementwiseFunction(MatrixExpr):
    """A `Lambda` of several arguments, applied entry by entry to matrices of one shape."""

    def __new__(cls, function: sympy.Lambda, *matrices: MatrixExpr) -> "ElementwiseFunction":
        return MatrixExpr.__new__(cls, function, *matrices)

    @property
    def function(self) -> sympy.Lambda:
        """What is applied."""
        return self.args[0]

    @property
    def matrices(self) -> tuple[MatrixExpr, ...]:
        """What it is applied to."""
        return self.args[1:]

    @property
    def shape(self) -> tuple[sympy.Expr, sympy.Expr]:
        """That of each matrix."""
        return self.args[1].shape

    def _entry(self, i, j, **kwargs):
        return self.function(*(matrix._entry(i, j, **kwargs) for matrix in self.matrices))


def matrix_form(tensor: Tensor, layout: str = "column", is_cotangent: bool | None = None) -> sympy.Expr:
    """`tensor` as a SymPy matrix expression, or as a scalar expression where it has no axes.

    `is_cotangent` says whether the result is a derivative of the cost, which the layout "jacobian" shows transposed;
    None: it is if a cotangent stands in it.

    >>> from symback.language.expressions import Axis, einsum, var
    >>> from symback.language.names import Name
    >>> n, m = Axis(3), Axis(2)
    >>> matrix_form(einsum("jk,k->j", var(Name("W", 1), (n, m)), var(Name("a", 0), (m,))))
    W^1*a^0
    """
    if layout not in LAYOUTS:
        raise UnsupportedError(f"{layout!r} is not a layout; there are {', '.join(LAYOUTS)}")
    tree = plan(tensor)
    view = _View(layout)
    if tree.rank == 0:
        return view.scalar(tree)
    turned = view.is_cotangent(tree) if is_cotangent is None else is_cotangent
    return view.matrix(tree, _orientation(tree.axes, layout) ^ (turned and layout == "jacobian"))


def is_shown_transposed(tensor: Tensor, layout: str) -> bool:
    """Whether a named tensor is shown transposed; as stored, a vector is a column and a batch (sample, unit)."""
    return _orientation(tensor.axes, layout) ^ (layout == "jacobian" and is_derivative(tensor))


def _orientation(axes: Sequence[Axis], layout: str) -> bool:
    """Whether a layout shows a tensor with these axes transposed."""
    kinds = tuple(axis.kind for axis in axes)
    if layout == "row":
        return kinds == ("unit", "sample")
    return kinds in (("sample",), ("sample", "unit"))


def is_derivative(tensor: Tensor) -> bool:
    """Whether a name stands for a derivative of the cost: δ, Δ, ∂C/∂(…)."""
    match tensor:
        case Var(name=name):
            return name.is_gradient or name.letter in ("delta", "Delta")
        case Unspecified(wrt=wrt):
            return len(wrt) == 1
        case Partial(of=of):
            return of.rank == 0
    return False


def _text(tensor: Tensor) -> str:
    """The name under which a leaf appears: that of a quantity, or d(of)/d(wrt)."""
    match tensor:
        case Var(name=name):
            return str(name)
        case Partial(of=of, wrt=wrt):
            return f"d{of.name}/d{wrt.name}"
        case Unspecified(letter=letter, args=args, wrt=wrt):
            names = [arg.name for arg in args if isinstance(arg, Var)]
            if len(names) == len(args):
                return f"d{letter}/d{names[wrt[0]]}" if len(wrt) == 1 else letter + "".join(f"_{names[i]}" for i in wrt)
    raise UnsupportedError("an unspecified function must have named quantities as its arguments to be written with matrices")


def _turn(matrix: MatrixExpr) -> MatrixExpr:
    """The transpose, written where it is seen least: scalars stay outside, ones and diagonals need no sign."""
    if isinstance(matrix, Transpose):
        return matrix.arg
    if isinstance(matrix, OneMatrix | ZeroMatrix):
        return matrix.func(matrix.cols, matrix.rows)
    if isinstance(matrix, sympy.Identity | DiagMatrix):
        return matrix
    if isinstance(matrix, sympy.MatMul):
        scalar, factors = matrix.as_coeff_matrices()
        if len(factors) == 1:
            return _scaled(scalar, _turn(factors[0]))
    return Transpose(matrix)


def _scaled(scalar: sympy.Expr, matrix: MatrixExpr) -> MatrixExpr:
    """scalar · matrix, a 1 left out."""
    return matrix if scalar == 1 else _product(scalar, matrix)


def _product(*factors: sympy.Expr) -> MatrixExpr:
    """A matrix product without nesting; ones of size 1 × 1 and identities drop out."""
    scalar: sympy.Expr = sympy.S.One
    flat: list[MatrixExpr] = []
    for factor in factors:
        if not isinstance(factor, MatrixExpr):
            scalar = scalar * factor
            continue
        own, matrices = factor.as_coeff_matrices() if isinstance(factor, sympy.MatMul) else (sympy.S.One, [factor])
        scalar = scalar * own
        flat.extend(matrices)
    kept = [m for m in flat if not isinstance(m, sympy.Identity) and not (isinstance(m, OneMatrix) and m.shape == (1, 1))] or flat[:1]
    if len(kept) == 1 and scalar == 1:
        return kept[0]
    return sympy.MatMul(*([] if scalar == 1 else [scalar]), *kept)


def _hadamard(factors: Sequence[MatrixExpr]) -> MatrixExpr:
    """⊙ of matrices of one shape, scalars pulled out, ones dropped."""
    scalar: sympy.Expr = sympy.S.One
    flat: list[MatrixExpr] = []
    for factor in factors:
        if isinstance(factor, sympy.MatMul):
            own, matrices = factor.as_coeff_matrices()
            scalar, factor = scalar * own, _product(*matrices)
        flat.extend(factor.args if isinstance(factor, HadamardProduct) else (factor,))
    kept = [_power(factor, flat.count(factor)) for factor in dict.fromkeys(flat) if not isinstance(factor, OneMatrix)] or flat[:1]
    return _scaled(scalar, kept[0] if len(kept) == 1 else HadamardProduct(*kept))


def _power(matrix: MatrixExpr, exponent: int) -> MatrixExpr:
    """matrix^{⊙ exponent}"""
    return matrix if exponent == 1 else HadamardPower(matrix, exponent)


def _sum(terms: Sequence[MatrixExpr]) -> MatrixExpr:
    """+, positive terms first."""
    return sympy.MatAdd(*sorted(terms, key=is_negative))


def _applied(function: sympy.Lambda, matrix: MatrixExpr) -> MatrixExpr:
    """f entry by entry.  SymPy's own node tries f on a 1 × 1 matrix as such, and a comparison in f then raises; ours does not."""
    return (ElementwiseFunction if matrix.shape == (1, 1) else ElementwiseApplyFunction)(function, matrix)


@dataclass(frozen=True)
class _View:
    """Plans as SymPy in one layout."""

    layout: str

    def is_cotangent(self, node: Plan) -> bool:
        """Whether a derivative of the cost stands in the plan, outside of its scalars."""
        match node:
            case Leaf(tensor=tensor):
                return is_derivative(tensor)
            case Number() | Identity():
                return False
            case MatMul(left=left, right=right) | Outer(left=left, right=right):
                return self.is_cotangent(left) or self.is_cotangent(right)
            case ScaledAlong(matrix=matrix, vector=vector):
                return self.is_cotangent(matrix) or self.is_cotangent(vector)
            case Hadamard(args=args) | Plus(args=args) | Elementwise(args=args):
                return any(self.is_cotangent(arg) for arg in args)
            case Transposed(body=body) | Scaled(body=body) | SumOver(body=body) | Broadcast(body=body) | Diagonal(body=body):
                return self.is_cotangent(body)
            case DiagonalPart(body=body):
                return self.is_cotangent(body)
        raise UnsupportedError(f"{type(node).__name__} is no node of a plan")

    def scalar(self, node: Plan) -> sympy.Expr:
        """A plan without axes."""
        match node:
            case Number(value=value):
                return value
            case Leaf(tensor=Unspecified(wrt=()) as tensor):
                return unspecified_entry(tensor, ())
            case Leaf(tensor=tensor):
                return sympy.Symbol(_text(tensor))
            case Hadamard(args=args):
                return sympy.Mul(*(self.scalar(arg) for arg in args))
            case Scaled(scalars=scalars, body=body):
                return sympy.Mul(*(self.scalar(arg) for arg in (*scalars, body)))
            case Plus(args=args):
                return sympy.Add(*(self.scalar(arg) for arg in args))
            case Elementwise(expr=expr, args=args):
                return expr.xreplace({slot(i): self.scalar(arg) for i, arg in enumerate(args)})
            case MatMul(left=left, right=right):
                return self._as_scalar(_product(self.matrix(left, True), self.matrix(right, False)))
            case SumOver(body=body):
                if self._prefers(body):
                    row = self.matrix(body, True)
                    return self._as_scalar(_product(row, OneMatrix(row.cols, 1)))
                column = self.matrix(body, False)
                return self._as_scalar(_product(OneMatrix(1, column.rows), column))
        raise UnsupportedError(f"no scalar is known for {type(node).__name__}")

    @staticmethod
    def _as_scalar(product: MatrixExpr) -> sympy.Expr:
        """c · (1 × 1 matrix) as a number, c outside."""
        scalar, factors = product.as_coeff_matrices() if isinstance(product, sympy.MatMul) else (sympy.S.One, [product])
        return scalar * AsScalar(_product(*factors))

    def matrix(self, node: Plan, turned: bool) -> MatrixExpr:
        """A vector as a column, a matrix as it is; or, `turned`, the transpose of that."""
        rows, cols = self._shape(node, turned)
        match node:
            case Leaf(tensor=tensor):
                return self._leaf(tensor, turned)
            case Identity(axes=axes):
                return sympy.Identity(axes[0].size)
            case Transposed(body=body):
                return self.matrix(body, not turned)
            case MatMul(left=left, right=right):
                return self._matmul(left, right, turned)
            case Outer(left=left, right=right):
                first, second = (right, left) if turned else (left, right)
                return _product(self.matrix(first, False), self.matrix(second, True))
            case Hadamard(args=args):
                return self._hadamard(list(args), turned)
            case Scaled(scalars=scalars, body=body):
                return _product(*(self.scalar(scalar) for scalar in scalars), self.matrix(body, turned))
            case ScaledAlong(matrix=body, vector=vector, position=position):
                diagonal, whole = self._diagonal(vector), self.matrix(body, turned)
                return _product(diagonal, whole) if (position == 0) ^ turned else _product(whole, diagonal)
            case SumOver(body=body, position=position):
                return self._sum_over(body, position, turned)
            case Broadcast(body=body, positions=positions):
                return self._broadcast(body, positions, rows, cols, turned)
            case Diagonal(body=body):
                return self._diagonal(body)
            case DiagonalPart(body=body):
                column = DiagonalOf(self.matrix(body, False))
                return Transpose(column) if turned else column
            case Plus(args=args):
                return self._plus(args, turned)
            case Elementwise():
                return self._elementwise(node, turned)
        raise UnsupportedError(f"no matrix is known for {type(node).__name__}")

    @staticmethod
    def _shape(node: Plan, turned: bool) -> tuple[sympy.Expr, sympy.Expr]:
        """Rows and columns of a plan, a vector being a column."""
        sizes = (*(axis.size for axis in node.axes), sympy.S.One)[:2]
        return sizes[::-1] if turned else sizes

    def _leaf(self, tensor: Tensor, turned: bool) -> MatrixExpr:
        """The symbol of a name, transposed if it is not asked for as it is shown."""
        is_shown = is_shown_transposed(tensor, self.layout)
        sizes = (*tensor.shape, sympy.S.One)[:2]
        symbol = sympy.MatrixSymbol(_text(tensor), *(sizes[::-1] if is_shown else sizes))
        return symbol if turned == is_shown else Transpose(symbol)

    def _matmul(self, left: Plan, right: Plan, turned: bool) -> MatrixExpr:
        """M v, v M (a vector on the left is a row, so the column is Mᵀ v), and L R."""
        if left.rank == 1:
            left, right = Transposed(right.axes[::-1], right), left
        if turned:
            return _product(self.matrix(right, True), self.matrix(left, True))
        return _product(self.matrix(left, False), self.matrix(right, False))

    def _sum_over(self, body: Plan, position: int, turned: bool) -> MatrixExpr:
        """M 1 as a column, 1ᵀ M as a row, of the matrix or its transpose."""
        wanted = (position == 1) if turned else (position == 0)
        own = self._in_preferred(body, wanted) if isinstance(body, Hadamard | Elementwise) else wanted
        matrix = self.matrix(body, own) if own == wanted else Transpose(self.matrix(body, own))
        return _product(OneMatrix(1, matrix.rows), matrix) if turned else _product(matrix, OneMatrix(matrix.cols, 1))

    def _diagonal(self, vector: Plan) -> MatrixExpr:
        """diag of a vector, in whatever orientation it has."""
        wishes = {wish for arg in vector.args if (wish := self._prefers(arg)) is not None} if isinstance(vector, Elementwise) else set()
        return DiagMatrix(self.matrix(vector, wishes.pop() if len(wishes) == 1 else self._in_preferred(vector, False)))

    def _broadcast(self, body: Plan, positions: tuple[int, ...], rows: sympy.Expr, cols: sympy.Expr, turned: bool) -> MatrixExpr:
        """s 1,  u 1ᵀ  and  1 uᵀ."""
        if not positions:
            return _scaled(self.scalar(body), OneMatrix(rows, cols))
        if (positions[0] == 0) ^ turned:
            return _product(self.matrix(body, False), OneMatrix(1, cols))
        return _product(OneMatrix(rows, 1), self.matrix(body, True))

    def _hadamard(self, args: list[Plan], turned: bool) -> MatrixExpr:
        """⊙; a row vector of the layout "jacobian" as its first factor times diagonal matrices: δ W diag(σ'(z))."""
        if not (self.layout == "jacobian" and args[0].rank == 1 and turned):
            own = self._in_preferred(Hadamard(args[0].axes, tuple(args)), turned) if args[0].rank == 1 else turned
            whole = _hadamard([self.matrix(arg, own) for arg in args])
            return whole if own == turned else _turn(whole)
        factors = [factor for arg in args for factor in _factors(arg)]
        head = next((i for i, factor in enumerate(factors) if self.is_cotangent(factor)), 0)
        rest = factors[:head] + factors[head + 1 :]
        diagonal = self._diagonal(rest[0] if len(rest) == 1 else Hadamard(args[0].axes, tuple(rest)))
        return _product(self.matrix(factors[head], True), diagonal)

    def _prefers(self, node: Plan) -> bool | None:
        """The orientation in which a plan needs the fewest transposes; None where it does not matter."""
        match node:
            case Leaf(tensor=tensor):
                return is_shown_transposed(tensor, self.layout)
            case Transposed(body=body):
                inner = self._prefers(body)
                return None if inner is None else not inner
            case Hadamard(args=args) | Plus(args=args) | Elementwise(args=args):
                wishes = {self._prefers(arg) for arg in args if not _is_row_or_column(arg)} - {None}
                return wishes.pop() if len(wishes) == 1 else None
            case Scaled(body=body):
                return self._prefers(body)
            case SumOver(body=body, position=position) if body.rank == 2:
                inner = self._prefers(body)
                return None if inner is None else inner ^ (position == 0)
        return None

    def _in_preferred(self, node: Plan, turned: bool) -> bool:
        """The orientation to write a plan in, before it is turned into the one asked for."""
        wish = self._prefers(node)
        return turned if wish is None else wish

    def _plus(self, args: tuple[Plan, ...], turned: bool) -> MatrixExpr:
        """A sum, written in one orientation."""
        node = Plus(args[0].axes, args)
        own = self._in_preferred(node, turned)
        whole = _sum([self.matrix(arg, own) for arg in args])
        return whole if own == turned else Transpose(whole)

    def _elementwise(self, node: Elementwise, turned: bool) -> MatrixExpr:
        """A function entry by entry; in a row of the layout "jacobian" its factors are diagonal matrices."""
        factors = _factors(node)
        if len(factors) > 1 and self.layout == "jacobian" and node.rank == 1 and turned:
            return self._hadamard(factors, turned)
        own = self._in_preferred(node, turned)
        whole = _EntryByEntry(self, node, own).matrix(node.expr)
        return whole if own == turned else _turn(whole)


def _factors(node: Plan) -> list[Plan]:
    """The factors of an element-wise product: (a - y) σ'(z)  →  a - y,  σ'(z)."""
    if isinstance(node, Hadamard):
        return [factor for arg in node.args for factor in _factors(arg)]
    if not isinstance(node, Elementwise) or not node.expr.is_Mul:
        return [node]
    slots = [slot(i) for i in range(len(node.args))]
    number, rest = node.expr.as_independent(*slots, as_Add=False)
    parts = [elementwise_plan(part, node.args) for part in sorted(sympy.Mul.make_args(rest), key=_order)]
    return [parts[0] if number == 1 else Scaled(node.axes, (Number((), number),), parts[0]), *parts[1:]]


def _is_row_or_column(node: Plan) -> bool:
    """Whether it is a sum along rows or columns, which is as short either way: 1ᵀ M, Mᵀ 1."""
    return isinstance(node, SumOver) or (isinstance(node, Scaled) and _is_row_or_column(node.body))


def _order(part: sympy.Expr) -> tuple:
    """Differences first, then names by number, then 1 - a, functions last:  (a - y) ⊙ a ⊙ (1 - a),  (a - y) ⊙ σ'(z)."""
    numbers = sorted(int(symbol.name[1:]) for symbol in part.free_symbols if symbol == slot_of(symbol))
    kind = 3 if isinstance(part, sympy.Function) else (0 if len(numbers) > 1 else 2) if part.is_Add else 1
    return (kind, numbers, part.sort_key())


def slot_of(symbol: sympy.Symbol) -> sympy.Symbol | None:
    """The slot of this name, if the symbol is one."""
    number = symbol.name[1:]
    return slot(int(number)) if symbol.name.startswith("x") and number.isdigit() and int(number) < 16 else None


class _EntryByEntry:
    """A SymPy scalar in slots as operations on whole matrices: sums, ⊙, powers and functions entry by entry."""

    def __init__(self, view: _View, node: Elementwise, turned: bool) -> None:
        self.view, self.turned = view, turned
        self.rows, self.cols = view._shape(node, turned)
        self.args = {slot(i): arg for i, arg in enumerate(node.args)}
        repeated = {symbol: arg for symbol, arg in self.args.items() if isinstance(arg, Broadcast)}
        self.along = {symbol: arg for symbol, arg in repeated.items() if arg.positions}
        self.scalars = {symbol: view.scalar(arg.body) for symbol, arg in repeated.items() if not arg.positions}
        self.slots = [symbol for symbol in self.args if symbol not in self.scalars]

    def _used(self, expr: sympy.Expr) -> list[sympy.Symbol]:
        """The slots that stand for vectors or matrices in an expression."""
        return [symbol for symbol in self.slots if expr.has(symbol)]

    def matrix(self, expr: sympy.Expr) -> MatrixExpr:
        """The value of a part of the expression."""
        used = self._used(expr)
        if not used:
            return self._constant(expr.xreplace(self.scalars))
        if expr in self.slots:
            return self.view.matrix(self.args[expr], self.turned)
        if expr.is_Add:
            return self._sum(expr)
        if expr.is_Mul:
            return self._product(expr)
        if expr.is_Pow and not self._used(expr.exp):
            return HadamardPower(self.matrix(expr.base), expr.exp.xreplace(self.scalars))
        if isinstance(expr, sympy.Function) and len(expr.args) == 1:
            return self._function(expr)
        return self._general(expr, used)

    def _constant(self, value: sympy.Expr) -> MatrixExpr:
        """c 1"""
        if value == 0:
            return ZeroMatrix(self.rows, self.cols)
        return _scaled(value, OneMatrix(self.rows, self.cols))

    def _sum(self, expr: sympy.Expr) -> MatrixExpr:
        """Positive terms first, then by the order of the arguments: a - y, 1 - a; a number that all have in common in front: 2 (a - y)."""
        common, rest = expr.primitive()
        if common != 1:
            return _scaled(common, self._sum(rest))
        terms = sorted(expr.args, key=lambda term: (is_negative(term), _order(term)))
        return _sum([self.matrix(term) for term in terms])

    def _product(self, expr: sympy.Expr) -> MatrixExpr:
        """A coefficient, vectors that scale rows or columns as diagonal matrices, and ⊙ of the rest."""
        coefficient, rest = expr.as_independent(*self.slots, as_Add=False)
        full: list[sympy.Expr] = []
        along: dict[int, list[sympy.Expr]] = {}
        for factor in sorted(sympy.Mul.make_args(rest), key=_order):
            used = self._used(factor)
            positions = {self.along[symbol].positions[0] for symbol in used if symbol in self.along}
            if len(positions) == 1 and all(symbol in self.along for symbol in used):
                along.setdefault(positions.pop(), []).append(factor)
            else:
                full.append(factor)
        if not full:
            return _scaled(coefficient.xreplace(self.scalars), _hadamard([self.matrix(factor) for factor in sympy.Mul.make_args(rest)]))
        whole = _hadamard([self.matrix(factor) for factor in full])
        for position, factors in along.items():
            diagonal = self._diagonal(factors)
            whole = _product(diagonal, whole) if (position == 0) ^ self.turned else _product(whole, diagonal)
        return _product(coefficient.xreplace(self.scalars), whole)

    def _diagonal(self, factors: list[sympy.Expr]) -> MatrixExpr:
        """diag of a product of vectors that are repeated along the same axis."""
        product = sympy.Mul(*factors)
        used = [symbol for symbol in self.args if product.has(symbol)]
        axes = next(self.along[symbol].body.axes for symbol in used if symbol in self.along)
        bodies = [self.along[symbol].body if symbol in self.along else replace(self.args[symbol], axes=axes) for symbol in used]
        return self.view._diagonal(elementwise_plan(product.xreplace({symbol: slot(i) for i, symbol in enumerate(used)}), bodies))

    def _function(self, expr: sympy.Expr) -> MatrixExpr:
        """f applied entry by entry to what stands in it."""
        return ElementwiseApplyFunction(sympy.Lambda(slot(0), expr.func(slot(0))), self.matrix(expr.args[0]))

    def _general(self, expr: sympy.Expr, used: list[sympy.Symbol]) -> MatrixExpr:
        """A function, such as a case distinction, of one matrix, of a difference of two, or of several."""
        variables = self._variables(len(used))
        if len(used) == 2:
            inner = expr.xreplace(self.scalars | {used[0]: variables[0] + used[1]})
            if not inner.has(used[1]):
                return _applied(sympy.Lambda(variables[0], inner), self.matrix(used[0] - used[1]))
        matrices = [self.matrix(symbol) for symbol in used]
        body = expr.xreplace(self.scalars | dict(zip(used, variables, strict=True)))
        if len(used) == 1:
            return _applied(sympy.Lambda(variables[0], body), matrices[0])
        return ElementwiseFunction(sympy.Lambda(variables, body), *matrices)

    def _variables(self, count: int) -> tuple[sympy.Symbol, ...]:
        """Symbols for the arguments of a `Lambda`, always the first ones that no function inside of the scalars binds.

        `Lambda` puts values in for its variable everywhere, in the body of an inner `Lambda` as well.
        """
        taken = set().union(*(value.atoms(sympy.Symbol) for value in self.scalars.values()))
        free = (symbol for symbol in (sympy.Symbol(f"x{i}", real=True) for i in itertools.count()) if symbol not in taken)
        return tuple(itertools.islice(free, count))
