"""How a tensor expression is worked out with matrix products: a tree of neutral operations.

    Σ_i W_ij δ_i σ'(z_j)   →   Hadamard(MatMul(Transposed(W), δ), σ'(z))

A plan has no layout.  Its nodes have zero, one or two axes; a vector is neither a row nor a column, and `MatMul` means
what `@` means in NumPy.  `matrix_form` turns a plan into SymPy in a layout; a compiler can turn it into array code.

    Leaf(tensor)                  a name, or an unspecified function by its name
    Number(value)                 a scalar constant
    Identity(axis)                δ_jk
    Transposed(body)              M_kj
    MatMul(left, right)           Σ over the last axis of left and the first of right (matrix or vector each)
    Outer(left, right)            u_j v_k
    Hadamard(args)                product entry by entry of plans with equal axes; of scalars, their product
    Scaled(scalars, body)         scalars times a vector or matrix
    ScaledAlong(matrix, vector, position)   M_jk v_j (position 0) or M_jk v_k (position 1)
    SumOver(body, position)       sum over one axis of a vector or matrix
    Broadcast(body, positions)    repeated: axis p of the body is axis positions[p] of the result
    Diagonal(body)                vector → diagonal matrix
    DiagonalPart(body)            matrix → the vector of its diagonal
    Elementwise(expr, args)       SymPy in slot(0), slot(1), … entry by entry
    Plus(args)                    sum of plans with equal axes

The elimination of bound labels.  The factors of a contraction are a graph: labels are its points, vectors lie on points,
matrices are edges.  Parallel edges meet in a Hadamard product.  A bound point with one edge is a matrix·vector product
(or a sum of rows), one with two edges a matrix·matrix product; the former go first, being cheaper by a factor of the
size.  A bound point with three neighbours would need a tensor of three axes and is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy

from symback.errors import UnsupportedError
from symback.language.expressions import Add, Axis, Const, Contract, Delta, Map, Partial, Tensor, Unspecified, Var, slot

__all__ = [
    "Broadcast", "Diagonal", "DiagonalPart", "Elementwise", "Hadamard", "Identity", "Leaf", "MatMul", "Number", "Outer",
    "Plan", "Plus", "Scaled", "ScaledAlong", "SumOver", "Transposed", "elementwise_plan", "plan",
]  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """Base of all nodes; `axes` are those of the result."""

    axes: tuple[Axis, ...]

    @property
    def rank(self) -> int:
        """The number of axes: 0, 1 or 2."""
        return len(self.axes)


@dataclass(frozen=True)
class Leaf(Plan):
    """A tensor that has a name of its own (or an unspecified function, or a partial derivative)."""

    tensor: Tensor


@dataclass(frozen=True)
class Number(Plan):
    """A scalar constant."""

    value: sympy.Expr


@dataclass(frozen=True)
class Identity(Plan):
    """δ_jk."""


@dataclass(frozen=True)
class Transposed(Plan):
    """M_kj."""

    body: Plan


@dataclass(frozen=True)
class MatMul(Plan):
    """The product over the last axis of `left` and the first of `right`."""

    left: Plan
    right: Plan


@dataclass(frozen=True)
class Outer(Plan):
    """u_j v_k."""

    left: Plan
    right: Plan


@dataclass(frozen=True)
class Hadamard(Plan):
    """The product, entry by entry, of two or more plans with equal axes."""

    args: tuple[Plan, ...]


@dataclass(frozen=True)
class Scaled(Plan):
    """Scalars times a vector or a matrix."""

    scalars: tuple[Plan, ...]
    body: Plan


@dataclass(frozen=True)
class ScaledAlong(Plan):
    """Each row (position 0) or column (position 1) of a matrix times its entry of a vector."""

    matrix: Plan
    vector: Plan
    position: int


@dataclass(frozen=True)
class SumOver(Plan):
    """The sum over the axis at `position`."""

    body: Plan
    position: int


@dataclass(frozen=True)
class Broadcast(Plan):
    """`body` repeated; its axis p is the axis positions[p] of the result."""

    body: Plan
    positions: tuple[int, ...]


@dataclass(frozen=True)
class Diagonal(Plan):
    """The diagonal matrix of a vector."""

    body: Plan


@dataclass(frozen=True)
class DiagonalPart(Plan):
    """The diagonal of a matrix, as a vector."""

    body: Plan


@dataclass(frozen=True)
class Elementwise(Plan):
    """`expr` in slot(0), slot(1), … applied entry by entry; the args have equal axes."""

    expr: sympy.Expr
    args: tuple[Plan, ...]


@dataclass(frozen=True)
class Plus(Plan):
    """The sum of plans with equal axes."""

    args: tuple[Plan, ...]


@lru_cache(maxsize=4096)
def plan(tensor: Tensor) -> Plan:
    """The plan of a tensor with at most two axes; `UnsupportedError` where matrices do not suffice.

    >>> from symback.language.expressions import einsum, var
    >>> from symback.language.names import Name
    >>> n, m = Axis(3), Axis(2)
    >>> found = plan(einsum("jk,k->j", var(Name("W", 1), (n, m)), var(Name("a", 0), (m,))))
    >>> type(found).__name__, found.rank
    ('MatMul', 1)
    """
    if tensor.rank > 2:
        sizes = ", ".join(f"{axis.kind} axis of size {axis.size}" for axis in tensor.axes)
        raise UnsupportedError(f"a tensor with {tensor.rank} axes ({sizes}) has no matrix form; ask for its index form")
    match tensor:
        case Var() | Unspecified() | Partial():
            return Leaf(tensor.axes, tensor)
        case Const():
            return Number((), tensor.value)
        case Delta():
            return Identity(tensor.axes)
        case Add():
            return Plus(tensor.axes, tuple(plan(arg) for arg in tensor.args))
        case Map():
            return elementwise_plan(tensor.expr, [plan(arg) for arg in tensor.args])
        case Contract():
            return _Elimination(tensor).result()
    raise UnsupportedError(f"no matrix form is known for a node of kind {type(tensor).__name__}")


def elementwise_plan(expr: sympy.Expr, args: Sequence[Plan]) -> Plan:
    """`expr` over `args`, those that it does not use left out; a bare slot is its argument."""
    used = [i for i in range(len(args)) if expr.has(slot(i))]
    renumbered = expr.xreplace({slot(old): slot(new) for new, old in enumerate(used)})
    axes = args[0].axes
    if not used:
        number = Number((), expr)
        return number if not axes else Broadcast(axes, number, ())
    if renumbered == slot(0):
        return args[used[0]]
    return Elementwise(axes, renumbered, tuple(args[i] for i in used))


def _transposed(body: Plan) -> Plan:
    """The transpose, of a transpose the matrix itself."""
    match body:
        case Transposed():
            return body.body
        case Identity() | Diagonal():
            return body
    return Transposed(body.axes[::-1], body)


def _hadamard(args: Sequence[Plan]) -> Plan:
    """The product of plans with equal axes in the order of a textbook: (Wᵀ δ) ⊙ σ'(z), (a - y) ⊙ σ'(z)."""
    flat = [factor for arg in args for factor in (arg.args if isinstance(arg, Hadamard) else (arg,))]
    return flat[0] if len(flat) == 1 else Hadamard(flat[0].axes, tuple(sorted(flat, key=_place)))


def _place(factor: Plan) -> int:
    """Products first, then cotangents, differences, names, functions of one name such as 1 - a, σ'(z) last."""
    match factor:
        case MatMul() | SumOver():
            return 0
        case Leaf(tensor=Var(name=name)) if name.is_gradient or name.letter in ("delta", "Delta"):
            return 1
        case Leaf(tensor=Unspecified()):
            return 1
        case Elementwise(expr=expr, args=args):
            return (2 if len(args) > 1 else 4) if expr.is_Add else 5
        case Plus():
            return 2
    return 3


def _sum_of_vector(factors: Sequence[Plan]) -> Plan:
    """Σ_i of a product of vectors: a scalar product where there are two, uᵀu for a square, else a sum of entries."""
    whole = _hadamard(factors)
    if isinstance(whole, Elementwise):
        return _sum_of_elementwise(whole)
    if isinstance(whole, Hadamard):
        return MatMul((), _hadamard(whole.args[:-1]), whole.args[-1])
    return SumOver((), whole, 0)


def _sum_of_elementwise(body: Elementwise) -> Plan:
    """Σ_i c f(u_i) g(v_i)  →  c f(u)·g(v),  and  Σ_i c f(u_i)²  →  c f(u)·f(u), term by term if every term is such."""
    terms = [_scalar_product(term, body) for term in sympy.Add.make_args(body.expr)]
    found = [term for term in terms if term is not None]
    if len(found) < len(terms):
        return SumOver((), body, 0)
    return found[0] if len(found) == 1 else Plus((), tuple(found))


def _scalar_product(term: sympy.Expr, body: Elementwise) -> Plan | None:
    """c f(u)·g(v) for a term of that form, else None."""
    slots = [slot(i) for i in range(len(body.args))]
    number, rest = term.as_independent(*slots, as_Add=False)
    if rest.is_Pow and rest.exp == 2:
        left = right = rest.base
    elif rest.is_Mul and len(rest.args) == 2:
        left, right = sorted(rest.args, key=lambda e: (bool(e.is_Function), min(int(s.name[1:]) for s in e.free_symbols & set(slots))))
    else:
        return None
    product = MatMul((), elementwise_plan(left, body.args), elementwise_plan(right, body.args))
    return product if number == 1 else Hadamard((), (Number((), number), product))


class _Elimination:
    """The graph of a contraction while its bound labels are eliminated one by one."""

    def __init__(self, tensor: Contract) -> None:
        self.tensor = tensor
        self.scalars: list[Plan] = []
        self.vectors: dict[int, list[Plan]] = {}
        self.edges: dict[tuple[int, int], list[Plan]] = {}
        self.axis_of = tensor.label_axes
        self.bound = sorted(label for label in self.axis_of if label >= tensor.rank)
        for arg, labels in self._without_deltas():
            self._place_factor(plan(arg) if len(labels) <= 2 else self._refuse(arg), labels)

    def _refuse(self, arg: Tensor) -> Plan:
        """A factor with too many axes."""
        raise UnsupportedError(f"a product with a factor of {arg.rank} axes has no matrix form; ask for its index form")

    def _without_deltas(self) -> list[tuple[Tensor, tuple[int, ...]]]:
        """The factors after Σ_k δ_jk x_k → x_j and Σ_j δ_jj → n; a delta between two labels of the result stays."""
        factors = list(self.tensor.factors)
        merged = set()
        while collapsing := [i for i, (arg, labels) in enumerate(factors) if isinstance(arg, Delta) and self._collapses(labels)]:
            low, high = sorted(factors.pop(collapsing[0])[1])
            if low != high:
                merged.add(high)
                factors = [(arg, tuple(low if label == high else label for label in labels)) for arg, labels in factors]
        used = {label for _, labels in factors for label in labels}
        self.scalars += [Number((), self.axis_of[label].size) for label in self.bound if label not in merged | used]
        self.bound = [label for label in self.bound if label in used]
        return factors

    def _collapses(self, labels: tuple[int, ...]) -> bool:
        """Whether δ with these labels can go: both equal, or one of them summed."""
        return labels[0] == labels[1] or max(labels) >= self.tensor.rank

    def _place_factor(self, factor: Plan, labels: tuple[int, ...]) -> None:
        """A scalar, a vector on a point, or a matrix on an edge of the graph."""
        if not labels:
            self.scalars.append(factor)
        elif len(labels) == 1:
            self.vectors.setdefault(labels[0], []).append(factor)
        elif labels[0] == labels[1]:
            self.vectors.setdefault(labels[0], []).append(DiagonalPart(factor.axes[:1], factor))
        else:
            low, high = sorted(labels)
            self.edges.setdefault((low, high), []).append(factor if labels == (low, high) else _transposed(factor))

    def result(self) -> Plan:
        """The plan once every bound label is gone."""
        while self.bound:
            label = min(self.bound, key=lambda each: (len(self._edges_at(each)), -each))
            self.bound.remove(label)
            self._eliminate(label)
        return self._times_scalars(self._assembled())

    def _edges_at(self, label: int) -> list[tuple[int, int]]:
        """The edges that end in a label."""
        return [pair for pair in self.edges if label in pair]

    def _oriented(self, pair: tuple[int, int], first: int) -> Plan:
        """The matrix between two labels (parallel ones multiplied), with the axis of `first` first."""
        matrix = _hadamard(self.edges.pop(pair))
        return matrix if pair[0] == first else _transposed(matrix)

    def _eliminate(self, label: int) -> None:
        """Σ over one label: the matrices that end there are multiplied, weighted by the vectors there."""
        weights = self.vectors.pop(label, [])
        pairs = self._edges_at(label)
        if len(pairs) > 2:
            raise UnsupportedError("a sum over an index that three matrices share has no matrix form; ask for its index form")
        if not pairs:
            self.scalars.append(_sum_of_vector(weights))
            return
        others = [pair[0] if pair[1] == label else pair[1] for pair in pairs]
        if len(pairs) == 1:
            matrix = self._oriented(pairs[0], others[0])
            axes = (self.axis_of[others[0]],)
            product = MatMul(axes, matrix, _hadamard(weights)) if weights else SumOver(axes, matrix, 1)
            self.vectors.setdefault(others[0], []).append(product)
            return
        (low, low_pair), (high, high_pair) = sorted(zip(others, pairs, strict=True))
        left, right = self._oriented(low_pair, low), self._oriented(high_pair, label)
        if weights:
            left = ScaledAlong(left.axes, left, _hadamard(weights), 1)
        self.edges.setdefault((low, high), []).append(MatMul((self.axis_of[low], self.axis_of[high]), left, right))

    def _assembled(self) -> Plan:
        """What is left has only labels of the result."""
        axes = self.tensor.axes
        sides = {i: _hadamard(self.vectors[i]) for i in range(len(axes)) if i in self.vectors}
        if not sides and not self.edges:
            return Number((), sympy.S.One)
        if len(axes) == 1:
            return sides[0]
        if not self.edges:
            if len(sides) == 2:
                return Outer(axes, sides[0], sides[1])
            (position, side), *_ = sides.items()
            return Broadcast(axes, self._times_scalars(side), (position,))
        matrices = self.edges[0, 1]
        if any(isinstance(matrix, Identity) for matrix in matrices):
            return self._diagonal(matrices, list(sides.values()))
        matrix = _hadamard(matrices)
        for position, side in sides.items():
            matrix = ScaledAlong(axes, matrix, side, position)
        return matrix

    def _diagonal(self, matrices: list[Plan], sides: list[Plan]) -> Plan:
        """δ_jk M_jk u_j v_k  =  diag(diag(M) ⊙ u ⊙ v)."""
        parts = [DiagonalPart(self.tensor.axes[:1], matrix) for matrix in matrices if not isinstance(matrix, Identity)]
        factors = [*parts, *sides]
        return Diagonal(self.tensor.axes, _hadamard(factors)) if factors else Identity(self.tensor.axes)

    def _times_scalars(self, body: Plan) -> Plan:
        """The scalars times `body`; spent, so that they are not counted twice."""
        axes = self.tensor.axes
        scalars, self.scalars = self.scalars, []
        is_one = isinstance(body, Number)
        if is_one and (axes or scalars):
            scalar = scalars[0] if len(scalars) == 1 else Hadamard((), tuple(scalars)) if scalars else body
            return Broadcast(axes, scalar, ()) if axes else scalar
        if not scalars or is_one:
            return body
        return Scaled(body.axes, tuple(scalars), body)
