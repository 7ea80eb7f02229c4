r"""What a formula's pieces mean once they are typed: a tensor and, for each of its axes, how the page refers to that axis.

    W^l            tensor (n_l, n_{l-1})   labels (ROW, COL)
    a^l            tensor (n_l,)           labels (ROW,)         a column; its transpose has (COL,)
    w^l_{jk}       the same tensor         labels ("j", "k")     one entry, j and k free
    Σ_k w_{jk} a_k                         labels ("j",)

A missing ROW or COL is a side of length one, so numbers, vectors and matrices multiply by one rule: the COL of the left is
summed against the ROW of the right.  Index labels are never summed but by a summation sign.  Matrix and index notation are
thereby one language; the road not taken, two readers and a translation between them, would need every rule twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from symback.errors import ShapeError, SymbackError
from symback.language.expressions import Add, Axis, Const, Contract, Map, Tensor, Var, add, const, contract, map_, slot, walk
from symback.verification.choices import Choices

__all__ = [
    "COL",
    "ROW",
    "Mismatch",
    "OneLine",
    "OutOfRange",
    "Unread",
    "Unspread",
    "Untyped",
    "Value",
    "apply",
    "broadcast",
    "combined",
    "common",
    "divided",
    "elementwise",
    "is_turned",
    "matrix_product",
    "number",
    "powered",
    "product",
    "scalar_expression",
    "summed",
    "transposed",
]

ROW, COL = "row", "column"
BEFORE_A_MATRIX, DIAGONAL = "a column before a matrix", "the diagonal matrix of the column"
MOST_LABELS = 9  # arrays have one axis for each


class Unread(SymbackError):
    """The formula, or a sign in it, has no meaning that the reader knows."""


class Untyped(SymbackError):
    """The formula is understood, and its shapes or indices do not fit together."""


class OneLine(Untyped):
    """One side is a row or a column of the other, which may have no more than that."""


class Mismatch(Untyped):
    """Two axes stand at one place that are not known to be equally long."""

    def __init__(self, left: Axis, right: Axis, reason: str = ""):
        super().__init__(reason or f"sizes {left.size} and {right.size} stand at the same place")
        self.left, self.right = left, right


class OutOfRange(Untyped):
    """A sum has more terms than there are entries: wrong whatever the entries are."""


class Unspread(Untyped):
    """A vector stands where a matrix is wanted: right only if `axis` runs over samples."""

    def __init__(self, axis: Axis):
        super().__init__("a vector and a matrix are added or multiplied entry by entry")
        self.axis = axis


@dataclass(frozen=True)
class Value:
    """A tensor whose axes are called `labels`: ROW, COL, or the index printed on the page."""

    tensor: Tensor
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.labels) > MOST_LABELS:
            raise Unread("too many different indices at once")
        if len(self.labels) != self.tensor.rank:
            raise Untyped(f"{len(self.labels)} indices stand at a quantity that has {self.tensor.rank}")

    @property
    def axes(self) -> dict[str, Axis]:
        """The axis of each label."""
        return dict(zip(self.labels, self.tensor.axes, strict=True))

    @property
    def is_number(self) -> bool:
        """Whether it is a constant, which fits every shape."""
        return isinstance(self.tensor, Const)

    @property
    def constant(self) -> sympy.Expr:
        """The number that it is; `TypeError` for what is none."""
        if not isinstance(self.tensor, Const):
            raise TypeError(f"{self.tensor} is no number")
        return self.tensor.value

    @property
    def sides(self) -> frozenset[str]:
        """Which of ROW and COL it has: what it is as a matrix."""
        return frozenset(self.labels) & {ROW, COL}


def number(value: sympy.Expr | int) -> Value:
    """A constant."""
    return Value(const(value))


def _contracted(factors: Sequence[tuple[Value, Sequence]], labels: Sequence[str], axis_of: dict[str, Axis] | None = None) -> Value:
    seen: dict = {}
    for value, own in factors:
        for label, axis in zip(own, value.tensor.axes, strict=True):
            if seen.setdefault(label, axis) != axis:
                raise Mismatch(seen[label], axis)
    try:
        tensor = contract([(value.tensor, tuple(own)) for value, own in factors], tuple(labels), axis_of or {})
    except ShapeError as error:
        raise Untyped(str(error)) from error
    return Value(tensor, tuple(labels))


def transposed(value: Value) -> Value:
    """Rows become columns; an entry is its own transpose."""
    swap = {ROW: COL, COL: ROW}
    return Value(value.tensor, tuple(swap.get(label, label) for label in value.labels))


def _union(left: Value, right: Value) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*left.labels, *right.labels)))


def elementwise(left: Value, right: Value) -> Value:
    """u ⊙ v: equal shapes, or one of them without sides, or repeated for every sample."""
    left, right, _ = _aligned(left, right)
    if left.sides and right.sides:
        _check_spread(left, right, "an element-wise product of quantities of different shape")
    return _contracted(((left, left.labels), (right, right.labels)), _union(left, right))


def _aligned(left: Value, right: Value) -> tuple[Value, Value, bool]:
    """A vector beside a matrix lies along the side that is as long as it is."""
    for one, other, is_left in ((left, right, True), (right, left, False)):
        if len(one.sides) == 1 and len(other.sides) == 2:
            (side,) = one.sides
            across = COL if side == ROW else ROW
            if one.axes[side] != other.axes[side] and one.axes[side] == other.axes[across]:
                return (transposed(one), right, True) if is_left else (left, transposed(one), True)
    return left, right, False


def is_turned(left: Value, right: Value) -> bool:
    """Whether a vector beside a matrix would have to be turned round to lie along it."""
    return _aligned(left, right)[2]


def broadcast(left: Value, right: Value) -> Value:
    """left * right of arrays in a program: entry by entry, a vector repeated along the side that it has not."""
    left, right, _ = _aligned(left, right)
    return _contracted(((left, left.labels), (right, right.labels)), _union(left, right))


def _check_spread(left: Value, right: Value, reason: str) -> None:
    """A vector beside a matrix is repeated over samples only."""
    for one, other in ((left, right), (right, left)):
        for label in (ROW, COL):
            if label in other.labels and label not in one.labels and other.axes[label].kind != "sample":
                if one.sides and one.sides < other.sides:
                    raise Unspread(other.axes[label])
                raise Untyped(reason)


def matrix_product(left: Value, right: Value) -> Value:
    """The COL of the left against the ROW of the right; a side of length one is no side at all."""
    if not left.sides or not right.sides:
        return elementwise(left, right)
    if (COL in left.labels) != (ROW in right.labels):
        raise Untyped("the inner sizes of a matrix product differ")
    bound = "the inner axis"
    own_left = [bound if label == COL else label for label in left.labels]
    own_right = [bound if label == ROW else label for label in right.labels]
    return _contracted(((left, own_left), (right, own_right)), [x for x in dict.fromkeys((*own_left, *own_right)) if x != bound])


def product(left: Value, right: Value, sign: str, choose: Choices) -> Value:
    """Matrix product if that fits, else element-wise; for two columns of one shape under a dot, what `choose` says."""
    if sign in ("\\odot", "\\circ", ".*", "\\circledast"):
        return elementwise(left, right)
    if sign == "\\oslash":
        return elementwise(left, apply(1 / slot(0), right))
    if sign == "\\otimes" and left.labels == right.labels == (ROW,):
        return matrix_product(left, transposed(right))
    if left.sides and left.sides == right.sides and len(left.sides) == 1 and sign in ("\\cdot", ""):
        way = choose("two vectors side by side", ("element-wise", "inner product")) if sign == "\\cdot" else "element-wise"
        if way == "inner product":
            return matrix_product(transposed(left) if ROW in left.labels else left, right if ROW in right.labels else transposed(right))
        return elementwise(left, right)
    if sign == "*" and left.sides == right.sides:
        return elementwise(left, right)
    if left.sides == {ROW, COL} and right.sides == {ROW} and choose.is_given(BEFORE_A_MATRIX, DIAGONAL):
        return _scaled(left, transposed(right))
    try:
        return matrix_product(left, right)
    except Mismatch:
        if left.sides == right.sides and all(left.axes[side] == right.axes[side] for side in left.sides):
            return elementwise(left, right)
        raise
    except Untyped:
        if left.sides == right.sides:
            return elementwise(left, right)
        if left.sides == {ROW} and right.sides == {ROW, COL} and choose(BEFORE_A_MATRIX, ("a misfit", DIAGONAL)) == DIAGONAL:
            return _scaled(left, right)
        raise


def _scaled(left: Value, right: Value) -> Value:
    """diag(u) W, W diag(u)."""
    return _contracted(((left, left.labels), (right, right.labels)), _union(left, right))


def _spread(value: Value, labels: Sequence[str], axis_of: dict[str, Axis]) -> Tensor:
    return _contracted(((value, value.labels),), labels, axis_of).tensor


def common(left: Value, right: Value) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Both over the union of their labels; numbers are repeated over everything, vectors over samples only."""
    left, right, _ = _aligned(left, right)
    labels = _union(left, right)
    axes = {**left.axes, **right.axes}
    for label, axis in left.axes.items():
        if label in right.axes and right.axes[label] != axis:
            raise Mismatch(right.axes[label], axis)
    if left.sides and right.sides:
        _check_spread(left, right, "quantities of different shape are added or compared")
    return _spread(left, labels, axes), _spread(right, labels, axes), labels


def combined(left: Value, right: Value, sign: int) -> Value:
    """left ± right."""
    if left.is_number and right.is_number:
        return number(left.constant + sign * right.constant)
    one, other, labels = common(left, right)
    return Value(add(one, contract(((const(sign), ()), (other, tuple(range(other.rank)))), tuple(range(other.rank)), {})), labels)


def apply(expr: sympy.Expr, value: Value) -> Value:
    """A scalar function in slot(0), entry by entry."""
    if value.is_number:
        return Value(const(expr.xreplace({slot(0): value.constant})))
    return Value(map_(expr, (value.tensor,)), value.labels)


def divided(above: Value, below: Value) -> Value:
    """above / below, entry by entry where below has entries."""
    if below.is_number:
        return elementwise(above, number(1 / below.constant))
    return elementwise(above, apply(1 / slot(0), below))


def powered(base: Value, exponent: sympy.Expr) -> Value:
    """A power, entry by entry."""
    return apply(slot(0) ** exponent, base)


def summed(value: Value, label: str, axis: Axis | None = None) -> Value:
    """Σ over one index; of terms without that index, as many of them as it has values."""
    if label not in value.labels:
        if axis is None:
            raise Unread(f"a sum over {label} of terms without {label}")
        return elementwise(value, number(axis.size))
    return _contracted(((value, value.labels),), [other for other in value.labels if other != label])


def scalar_expression(tensor: Tensor, argument: Var) -> sympy.Expr | None:
    """A tensor without axes in one name, as a SymPy expression in x0."""
    known: dict[Tensor, sympy.Expr] = {}
    for node in walk(tensor):
        match node:
            case Var():
                known[node] = slot(0)
            case Const():
                known[node] = node.value
            case Add():
                known[node] = sympy.Add(*(known[arg] for arg in node.args))
            case Contract():
                known[node] = sympy.Mul(*(known[arg] for arg in node.args))
            case Map():
                known[node] = node.expr.xreplace({slot(i): known[arg] for i, arg in enumerate(node.args)})
            case _:
                return None
    return known[tensor]
