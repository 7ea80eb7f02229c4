"""The entry of a tensor at index symbols, as plain SymPy: the form that is taken for the truth.

    (W a + b)_j   →   Σ_{k=1}^{n} W[j, k] a[k] + b[j]

A name becomes `Indexed` (a scalar: `Symbol`) with the text of the `Name`, a contraction a `Sum` from 1 to the size of
its axis, a Kronecker delta `KroneckerDelta`.  Factors that do not depend on a bound letter stand outside of its sum,
independent sums stand side by side, and bound letters never clash with letters in scope.

Decision: the sums are built without SymPy's constructor when they hold a `Piecewise`, because it folds cases outward
(`Σ relu'(z_k) w_k` would become a case distinction over a bound letter); the value is the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count

import sympy
from sympy.core.containers import Tuple
from sympy.core.expr import Expr
from sympy.logic.boolalg import BooleanAtom

from symback.errors import ShapeError, UnsupportedError
from symback.language.expressions import Add, Axis, Const, Contract, Delta, Map, Partial, Tensor, Unspecified, Var, slot

__all__ = ["PartialDerivative", "default_indices", "index_form", "index_symbol", "with_limits"]

LETTERS = {"unit": ("j", "k", "i", "m", "p", "r", "h", "q"), "sample": ("s", "t", "u", "v")}


class PartialDerivative(Expr):
    """∂ numerator / ∂ denominators, not worked out: a symbol for steps, which prints as a fraction of ∂s.

    `is_total` tells the derivative through every path from that of the defining equation alone.
    """

    is_commutative = True

    def __new__(cls, numerator: sympy.Expr, *denominators: sympy.Expr, is_total: bool = False) -> "PartialDerivative":
        return Expr.__new__(cls, numerator, Tuple(*denominators), sympy.true if is_total else sympy.false)

    @property
    def func(self):
        """Rebuilds from `args`, as SymPy's walks expect."""
        return _rebuild_partial

    @property
    def numerator(self) -> sympy.Expr:
        """What is differentiated."""
        return self.args[0]

    @property
    def denominators(self) -> tuple[sympy.Expr, ...]:
        """With respect to what, in order."""
        return tuple(self.args[1])

    @property
    def is_total(self) -> bool:
        """Whether every path counts."""
        return self.args[2] is sympy.true


def _rebuild_partial(numerator: sympy.Expr, denominators: Tuple, is_total: BooleanAtom) -> PartialDerivative:
    """The inverse of `args`."""
    return PartialDerivative(numerator, *denominators, is_total=is_total is sympy.true)


def index_symbol(letter: str) -> sympy.Symbol:
    """An index: an integer symbol.  `Symbol("j")` without the assumption is another one."""
    return sympy.Symbol(letter, integer=True)


def default_indices(axes: Sequence[Axis], reserved: frozenset[sympy.Expr] = frozenset()) -> tuple[sympy.Symbol, ...]:
    """Letters for the axes of a result: j, k, i, … for units, s, … for samples."""
    chosen: list[sympy.Symbol] = []
    for axis in axes:
        chosen.append(next(_fresh(axis.kind, (*reserved, *chosen))))
    return tuple(chosen)


def _fresh(kind: str, used: Iterable[sympy.Expr]) -> Iterator[sympy.Symbol]:
    """Letters of this kind of axis that are not in use, without end."""
    letters = LETTERS[kind]
    taken = set(used)
    names = (f"{letter}_{n}" if n else letter for n in count() for letter in letters)
    return (symbol for symbol in map(index_symbol, names) if symbol not in taken)


def index_form(tensor: Tensor, indices: Sequence[sympy.Expr] | None = None, reserved: frozenset[sympy.Expr] = frozenset()) -> sympy.Expr:
    """The entry of `tensor` at `indices` (by default j, k, … and s for samples).

    No index that is chosen here is called as one of `reserved`: on a page where m is a size, Σ_{m=1}^{m} would be read wrongly.

    >>> from symback.language.expressions import einsum, var
    >>> from symback.language.names import Name
    >>> n, m = Axis(3), Axis(2)
    >>> index_form(einsum("jk,k->j", var(Name("W", 1), (n, m)), var(Name("a", 0), (m,))))
    Sum(W^1[j, k]*a^0[k], (k, 1, 2))
    """
    given = default_indices(tensor.axes, reserved) if indices is None else indices
    chosen = tuple(sympy.Integer(index) if isinstance(index, int) else index for index in given)
    if len(chosen) != tensor.rank:
        raise ShapeError(f"{len(chosen)} indices given for a tensor with {tensor.rank} axes; give one for each axis")
    return _entry(tensor, chosen, reserved.union(*(index.free_symbols for index in chosen)))


def _entry(tensor: Tensor, indices: tuple[sympy.Expr, ...], scope: frozenset[sympy.Expr]) -> sympy.Expr:
    """The entry at `indices`; bound letters avoid `scope`."""
    match tensor:
        case Var():
            return named_entry(str(tensor.name), indices)
        case Const():
            return tensor.value
        case Delta():
            return sympy.KroneckerDelta(*indices)
        case Map():
            return tensor.expr.xreplace({slot(i): _entry(arg, indices, scope) for i, arg in enumerate(tensor.args)})
        case Add():
            return sympy.Add(*(_entry(arg, indices, scope) for arg in tensor.args))
        case Contract():
            return _contraction(tensor, indices, scope)
        case Unspecified():
            return unspecified_entry(tensor, indices)
        case Partial():
            split = tensor.of.rank
            of, wrt = _entry(tensor.of, indices[:split], scope), _entry(tensor.wrt, indices[split:], scope)
            return PartialDerivative(of, wrt, is_total=tensor.is_total)
    raise UnsupportedError(f"no index form is known for a node of kind {type(tensor).__name__}")


def named_entry(text: str, indices: Sequence[sympy.Expr]) -> sympy.Expr:
    """`Indexed` for a name with axes, `Symbol` for a scalar."""
    return sympy.Indexed(sympy.IndexedBase(text), *indices) if indices else sympy.Symbol(text)


def _contraction(tensor: Contract, indices: tuple[sympy.Expr, ...], scope: frozenset[sympy.Expr]) -> sympy.Expr:
    """Π of the factors without a bound label, times one sum for each connected group of the others."""
    return sympy.Mul(*(_summed(tensor, group, indices, scope) for group in connected_factors(tensor)))


def connected_factors(tensor: Contract) -> list[list[int]]:
    """Positions of the factors, grouped by shared bound labels; a factor without bound labels is alone."""
    groups: list[tuple[set[int], list[int]]] = []
    for position, labels in enumerate(tensor.labels):
        bound = {label for label in labels if label >= tensor.rank}
        touching = [group for group in groups if group[0] & bound]
        merged = (bound.union(*(group[0] for group in touching)), sorted([position, *(p for group in touching for p in group[1])]))
        groups = [group for group in groups if group not in touching] + [merged]
    return [positions for _, positions in groups]


def _summed(tensor: Contract, positions: list[int], indices: tuple[sympy.Expr, ...], scope: frozenset[sympy.Expr]) -> sympy.Expr:
    """Σ over the bound labels of some of the factors."""
    axis_of = tensor.label_axes
    bound = sorted({label for position in positions for label in tensor.labels[position] if label >= tensor.rank})
    letters: dict[int, sympy.Expr] = dict(enumerate(indices))
    inner = set(scope)
    for label in bound:
        letters[label] = next(_fresh(axis_of[label].kind, inner))
        inner.add(letters[label])
    entries = [_entry(tensor.args[p], tuple(letters[label] for label in tensor.labels[p]), frozenset(inner)) for p in positions]
    return sum_over(sympy.Mul(*entries), [(letters[label], axis_of[label].size) for label in reversed(bound)])


def sum_over(body: sympy.Expr, ranges: Sequence[tuple[sympy.Expr, sympy.Expr]]) -> sympy.Expr:
    """Σ of `body`, each letter from 1 to its size, the innermost first; what is free of the letters stands outside."""
    if not ranges or body == 0:
        return body
    outside, inside = body.as_independent(*(letter for letter, _ in ranges), as_Add=False)
    counted = [size for letter, size in ranges if not inside.has(letter)]  # Σ_k 1 = n, left behind by δ_kk
    outside = sympy.Mul(outside, *counted)
    ranges = [(letter, size) for letter, size in ranges if inside.has(letter)]
    if not ranges:
        return outside * inside
    if inside.is_Add and all(term.as_coeff_Mul()[0].is_extended_negative for term in inside.args):
        outside, inside = -outside, -inside
    return outside * with_limits(inside, [Tuple(letter, sympy.S.One, size) for letter, size in ranges])


def with_limits(body: sympy.Expr, limits: Sequence[sympy.Tuple]) -> sympy.Sum:
    """The sum with these limits, the innermost first, as it stands: cases inside it unfolded."""
    if not body.has(sympy.Piecewise):
        return sympy.Sum(body, *limits)
    held = Expr.__new__(sympy.Sum)
    held._args = (body, *limits)
    held.is_commutative = True
    return held


def unspecified_entry(tensor: Unspecified, indices: tuple[sympy.Expr, ...]) -> sympy.Expr:
    """C(a, y), or the entry of its derivative: ∂C/∂a at j is the entry of the name ∂C/∂a."""
    shared, own = indices[: tensor.shared], indices[tensor.shared :]
    args = [arg for arg in tensor.args if isinstance(arg, Var)]
    if len(args) < len(tensor.args):
        raise UnsupportedError(f"{tensor.letter} is unspecified; its arguments must be named quantities to be written with indices")
    if not tensor.wrt:
        return sympy.Function(tensor.letter)(*(named_entry(str(arg.name), shared) for arg in args))
    if len(tensor.wrt) == 1 and tensor.letter == "C":
        return named_entry(str(args[tensor.wrt[0]].name.gradient), indices)
    denominators, position = [], 0
    for i in tensor.wrt:
        width = args[i].rank - tensor.shared
        denominators.append(named_entry(str(args[i].name), (*shared, *own[position : position + width])))
        position += width
    return PartialDerivative(named_entry(tensor.letter, shared), *denominators)
