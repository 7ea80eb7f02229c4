"""Tensor expressions: the one form that everything is written in, differentiated in, shown from and compiled from.

A tensor has a tuple of axes, each with a symbolic or an integer size.  Seven kinds of node are enough for a network:

    Var            a named tensor                       W^l, a^{l-1}, y
    Const          a number or a scalar symbol          1/N, λ
    Delta          the Kronecker delta                  δ_jk
    Contract       an einsum                            Σ_k W_jk a_k,  δ_j a_k,  u_j v_j,  Σ_j C_j,  1_s b_j
    Map            anything element-wise, in SymPy      σ(z_j),  (a_j - y_j)²/2
    Add            a sum of tensors with equal axes
    Unspecified    a function of which only the name is known, and its derivatives:  C(a, y), ∇_a C
    Partial        a partial derivative that is still to be worked out:  ∂z_i/∂a_k   (steps only)

Nodes are frozen and interned: equal nodes are the same object, so equality is identity and hashing is free.

Decision: a named cut-point is an `Equation` (symbol, definition) in an ordered list, not a node that holds its
definition.  Expressions then end at the names, so nothing can inline a network by accident, no recursion is deeper
than one layer, and the size of a thousand-layer network is the sum of its layers.  (The design's `Let` node means
the same; kept as a node it made every walk over a formula a walk over the whole network.)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import sympy

from symback.errors import ShapeError
from symback.language.names import Name

__all__ = [
    "Add", "Axis", "Const", "Contract", "Delta", "Equation", "Map", "Partial", "Tensor", "Unspecified", "Var",
    "add", "broadcast", "children", "const", "contract", "delta", "einsum", "elementwise", "leaves", "map_", "partial_derivative",
    "scale", "slot", "total", "unspecified", "var", "walk",
]  # fmt: skip


@dataclass(frozen=True)
class Axis:
    """One axis: its size (an integer or a SymPy symbol) and its kind, "unit" or "sample"."""

    size: sympy.Expr
    kind: str = "unit"

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", sympy.Integer(self.size) if isinstance(self.size, int) else self.size)

    def __hash__(self) -> int:
        return hash((self.size, self.kind))


class Tensor:
    """Base of all nodes.  `axes` is a tuple of `Axis`; `rank` its length.  Build nodes with the functions below."""

    __slots__ = ("__weakref__",)
    axes: tuple[Axis, ...]

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.axes)

    @property
    def shape(self) -> tuple[sympy.Expr, ...]:
        """The sizes of the axes."""
        return tuple(axis.size for axis in self.axes)

    def __add__(self, other: "Tensor") -> "Tensor":
        return add(self, other)

    def __sub__(self, other: "Tensor") -> "Tensor":
        return add(self, scale(-1, other))

    def __neg__(self) -> "Tensor":
        return scale(-1, self)


@dataclass(frozen=True, eq=False, slots=True)
class Var(Tensor):
    """A named tensor."""

    name: Name
    axes: tuple[Axis, ...]

    def __reduce__(self):
        return var, (self.name, self.axes)


@dataclass(frozen=True, eq=False, slots=True)
class Const(Tensor):
    """A scalar: a number, or SymPy in scalar symbols such as the batch size N or a penalty λ."""

    value: sympy.Expr
    axes: tuple[Axis, ...] = ()

    def __reduce__(self):
        return const, (self.value,)


@dataclass(frozen=True, eq=False, slots=True)
class Delta(Tensor):
    """Kronecker delta δ_jk: two axes of the same size."""

    axes: tuple[Axis, ...]

    def __reduce__(self):
        return delta, (self.axes[0],)


@dataclass(frozen=True, eq=False, slots=True)
class Contract(Tensor):
    """Σ over bound labels of the product of `args`, each read at its `labels`.

    Labels are integers: 0 … rank-1 are the axes of the result in order, larger ones are summed, numbered by first
    appearance.  A result label that no argument carries is a broadcast.  Arguments are never `Contract` themselves
    and at most the first is a `Const`: the builder flattens.
    """

    args: tuple[Tensor, ...]
    labels: tuple[tuple[int, ...], ...]
    axes: tuple[Axis, ...]

    def __reduce__(self):
        return contract, (tuple(zip(self.args, self.labels, strict=True)), tuple(range(self.rank)), self.label_axes)

    @property
    def label_axes(self) -> dict[int, Axis]:
        """The axis that each label runs over."""
        found = dict(enumerate(self.axes))
        for arg, labels in zip(self.args, self.labels, strict=True):
            found.update(zip(labels, arg.axes, strict=True))
        return found

    @property
    def factors(self) -> tuple[tuple[Tensor, tuple[int, ...]], ...]:
        """Pairs (argument, its labels)."""
        return tuple(zip(self.args, self.labels, strict=True))


@dataclass(frozen=True, eq=False, slots=True)
class Map(Tensor):
    """`expr`, a SymPy scalar in slot(0), slot(1), …, applied entry by entry to `args`, which all have its axes."""

    expr: sympy.Expr
    args: tuple[Tensor, ...]
    axes: tuple[Axis, ...]

    def __reduce__(self):
        return map_, (self.expr, self.args)


@dataclass(frozen=True, eq=False, slots=True)
class Add(Tensor):
    """The sum of `args`, which all have the same axes."""

    args: tuple[Tensor, ...]
    axes: tuple[Axis, ...]

    def __reduce__(self):
        return add, self.args


@dataclass(frozen=True, eq=False, slots=True)
class Unspecified(Tensor):
    """A scalar function known by name alone, applied to `args`, and differentiated to the arguments numbered in `wrt`.

    The first `shared` axes of every argument are run over one by one (the samples of a batch).  Axes: the shared ones,
    then for each entry of `wrt` the remaining axes of that argument.  `Unspecified("C", (a, y), (0,))` is ∇_a C.
    """

    letter: str
    args: tuple[Tensor, ...]
    wrt: tuple[int, ...]
    shared: int
    axes: tuple[Axis, ...]

    def __reduce__(self):
        return unspecified, (self.letter, self.args, self.wrt, self.shared)


@dataclass(frozen=True, eq=False, slots=True)
class Partial(Tensor):
    """∂(of)/∂(wrt), not yet worked out.  Axes: those of `of`, then those of `wrt`.

    `is_total` false: the derivative of the defining equation of `of`, its other arguments held.
    `is_total` true: through every path, parameters held; ∂C/∂z^l is total.
    """

    of: Var
    wrt: Var
    is_total: bool
    axes: tuple[Axis, ...]

    def __reduce__(self):
        return partial_derivative, (self.of, self.wrt, self.is_total)


@dataclass(frozen=True, slots=True)
class Equation:
    """`symbol` := `definition`.  `role` says how its cotangent is treated.

    "cut"         its cotangent has a name of its own (z^l, whose cotangent is δ^l);
    "activation"  its cotangent ∂C/∂a^l is written out where it is used once, and named where it is used again;
    "auxiliary"   an inner quantity of one layer (a mean, a norm); its cotangent is always written out;
    "cost"        the scalar that is differentiated, and the sums it is made of.
    """

    symbol: Var
    definition: Tensor
    role: str = "cut"


Node = TypeVar("Node", bound=Tensor)
_interned: WeakValueDictionary = WeakValueDictionary()


def _intern(kind: type[Node], *fields) -> Node:
    key = (kind, *fields)
    node = _interned.get(key)
    if node is None:
        node = _interned[key] = kind(*fields)
    return node


_slots = tuple(sympy.Symbol(f"x{i}", real=True) for i in range(16))


def slot(i: int) -> sympy.Symbol:
    """The placeholder of argument `i` in the expression of a `Map`."""
    return _slots[i]


def var(name: Name, axes: Iterable[Axis]) -> Var:
    """A named tensor: `var(Name("W", 1), (Axis(3), Axis(2)))`."""
    return _intern(Var, name, tuple(axes))


def const(value: sympy.Expr | int) -> Const:
    """A scalar constant."""
    return _intern(Const, sympy.Integer(value) if isinstance(value, int) else value, ())


def delta(axis: Axis) -> Delta:
    """The Kronecker delta over `axis`."""
    return _intern(Delta, (axis, axis))


def add(*terms: Tensor) -> Tensor:
    """The sum of tensors with equal axes; nested sums are flattened, zeros dropped."""
    axes = terms[0].axes
    flat: list[Tensor] = []
    for term in terms:
        if term.axes != axes:
            raise ShapeError(f"cannot add tensors of shapes {terms[0].shape} and {term.shape}; their axes must be equal")
        flat.extend(term.args if isinstance(term, Add) else (term,))
    kept = [term for term in flat if not is_zero(term)]
    if not kept:
        return flat[0]
    return kept[0] if len(kept) == 1 else _intern(Add, tuple(kept), axes)


def is_zero(tensor: Tensor) -> bool:
    """Whether the node is visibly zero: the constant 0, broadcast or not."""
    if isinstance(tensor, Contract):
        return any(isinstance(arg, Const) and arg.value == 0 for arg in tensor.args)
    return isinstance(tensor, Const) and tensor.value == 0


def scale(factor: sympy.Expr | int, tensor: Tensor) -> Tensor:
    """A scalar times a tensor."""
    own = tuple(range(tensor.rank))
    return contract(((const(factor), ()), (tensor, own)), own, dict(enumerate(tensor.axes)))


def contract(factors: Iterable[tuple[Tensor, Sequence]], output: Sequence, axis_of: Mapping[Any, Axis]) -> Tensor:
    """The einsum of `factors`, pairs (tensor, labels), with result labels `output`; labels are any hashable.

    `axis_of` gives the axis of every result label that no factor carries.  Flattens nested contractions, multiplies
    constants; a sum over an axis along which everything in it is constant becomes a factor, the size of the axis.
    """
    coefficient: sympy.Expr = sympy.S.One
    flat: list[tuple[Tensor, tuple]] = []
    opened: dict[object, Axis] = {}
    for arg, labels in factors:
        if isinstance(arg, Const):
            coefficient = coefficient * arg.value
        elif isinstance(arg, Contract):
            renaming: dict[int, object] = dict(enumerate(labels))
            opened.update(zip(labels, arg.axes, strict=True))
            for inner, inner_labels in zip(arg.args, arg.labels, strict=True):
                if isinstance(inner, Const):
                    coefficient = coefficient * inner.value
                    continue
                flat.append((inner, tuple(_fresh(renaming, label) for label in inner_labels)))
        else:
            flat.append((arg, tuple(labels)))
    if opened:
        carried = {label for _, labels in flat for label in labels}.union(output)
        coefficient *= sympy.prod(axis.size for label, axis in opened.items() if label not in carried)
        axis_of = opened | dict(axis_of)
    return _canonical(coefficient, flat, tuple(output), axis_of)


def _fresh(renaming: dict[int, object], label: int) -> object:
    if label not in renaming:
        renaming[label] = object()
    return renaming[label]


def _canonical(coefficient: sympy.Expr, flat: list[tuple[Tensor, tuple]], output: tuple, axis_of: Mapping) -> Tensor:
    numbers: dict[object, int] = {label: i for i, label in enumerate(output)}
    seen: dict[object, Axis] = {}
    labels_out = []
    for arg, labels in flat:
        for label, axis in zip(labels, arg.axes, strict=True):
            numbers.setdefault(label, len(numbers))
            known = seen.setdefault(label, axis)
            if known is not axis and known != axis:
                raise ShapeError(f"an index cannot run over {known.size} and {axis.size} entries at once")
        labels_out.append(tuple(numbers[label] for label in labels))
    axes = tuple(seen[label] if label in seen else axis_of[label] for label in output)
    if coefficient == 0:
        flat, labels_out = [], []
    args = tuple(arg for arg, _ in flat)
    if coefficient == 1 and len(args) == 1 and labels_out[0] == tuple(range(len(output))):
        return args[0]
    if coefficient != 1 or not args:
        if not output and not args:
            return const(coefficient)
        args, labels_out = (const(coefficient), *args), [(), *labels_out]
    return _intern(Contract, args, tuple(labels_out), axes)


def einsum(pattern: str, *args: Tensor, **axes: Axis) -> Tensor:
    """`contract` in letters: `einsum("jk,k->j", W, a)`; a broadcast label needs its axis: `einsum("->s", c, s=batch)`."""
    inputs, output = pattern.replace(" ", "").split("->")
    return contract(zip(args, inputs.split(","), strict=True), output, axes)


def broadcast(tensor: Tensor, axes: Sequence[Axis], positions: Sequence[int]) -> Tensor:
    """`tensor` repeated over `axes`; its own axes stand at `positions` of the result."""
    return contract(((tensor, tuple(positions)),), tuple(range(len(axes))), dict(enumerate(axes)))


def total(tensor: Tensor, keep: int = 0) -> Tensor:
    """The sum over all axes but the first `keep`."""
    return contract(((tensor, tuple(range(tensor.rank))),), tuple(range(keep)), {})


def map_(expr: sympy.Expr, args: Sequence[Tensor]) -> Tensor:
    """`expr` in slot(0), slot(1), … applied entry by entry.  Maps of maps are fused, equal arguments shared."""
    axes = args[0].axes
    distinct: dict[Tensor, int] = {}
    substitution = {}
    for i, arg in enumerate(args):
        if arg.axes != axes:
            raise ShapeError(f"cannot combine entries of tensors of shapes {args[0].shape} and {arg.shape}; their axes must be equal")
        if isinstance(arg, Map):
            inner = {slot(k): slot(distinct.setdefault(x, len(distinct))) for k, x in enumerate(arg.args)}
            substitution[slot(i)] = arg.expr.xreplace(inner)
        else:
            substitution[slot(i)] = slot(distinct.setdefault(arg, len(distinct)))
    fused = expr.xreplace({k: v for k, v in substitution.items() if k != v})
    used = fused.free_symbols
    kept = [(arg, slot(i)) for arg, i in distinct.items() if slot(i) in used]
    own = tuple(range(len(axes)))
    if not kept:
        return contract(((const(fused), ()),), own, dict(enumerate(axes)))
    if len(kept) == 1 and fused == kept[0][1]:
        return kept[0][0]
    renumbered = {old: slot(new) for new, (_, old) in enumerate(kept) if old != slot(new)}
    return _intern(Map, fused.xreplace(renumbered) if renumbered else fused, tuple(arg for arg, _ in kept), axes)


def elementwise(expr: sympy.Expr, **args: Tensor) -> Tensor:
    """`map_` by name: `elementwise((a - y)**2 / 2, a=output, y=target)` with SymPy symbols called `a` and `y`."""
    slots = {name: slot(i) for i, name in enumerate(args)}
    renaming = {symbol: slots[symbol.name] for symbol in expr.free_symbols if symbol.name in slots}
    return map_(expr.xreplace(renaming), tuple(args.values()))


def unspecified(letter: str, args: Sequence[Tensor], wrt: Sequence[int] = (), shared: int = 0) -> Unspecified:
    """The unspecified function `letter` of `args`, differentiated to the arguments numbered in `wrt`."""
    axes = args[0].axes[:shared] + tuple(axis for i in wrt for axis in args[i].axes[shared:])
    return _intern(Unspecified, letter, tuple(args), tuple(wrt), shared, axes)


def partial_derivative(of: Var, wrt: Var, is_total: bool = False) -> Partial:
    """∂(of)/∂(wrt), still to be worked out."""
    return _intern(Partial, of, wrt, is_total, of.axes + wrt.axes)


def children(tensor: Tensor) -> tuple[Tensor, ...]:
    """The arguments of a node; none for a leaf."""
    return tensor.args if isinstance(tensor, Contract | Map | Add | Unspecified) else ()


def walk(tensor: Tensor) -> list[Tensor]:
    """Every node once, arguments before the nodes that use them."""
    order: dict[Tensor, None] = {}

    def visit(node: Tensor) -> None:
        if node not in order:
            for child in children(node):
                visit(child)
            order[node] = None

    visit(tensor)
    return list(order)


@lru_cache(maxsize=65536)
def leaves(tensor: Tensor) -> tuple[Var, ...]:
    """The named tensors that an expression mentions, each once."""
    return tuple(node for node in walk(tensor) if isinstance(node, Var))
