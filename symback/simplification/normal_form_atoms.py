"""What a normal form is made of: atoms at index labels, monomials, polynomials; and names for bound labels.

An entry of a tensor, say Σ_k W_jk a_k + b_j, is a polynomial in atoms.  An atom is a number that the prover does not look
into, such as W_jk, exp(z_k) or a closed sum:

    Monomial     {(atom, exponent), …}               a frozenset: the order of factors does not exist
    Polynomial   {monomial: coefficient}             a dict while it grows, a frozenset of its items inside an atom

Labels are integers.  Those of the result are 0, 1, …; those that a sum is about to bind are fresh; those that a sum has bound have
canonical numbers that depend only on the shape of the sum, so that equal sums are equal atoms.  A sum of height h binds
labels of its own height, and whatever it encloses has a smaller one: no renaming can capture a label.

Atoms are interned, as tensors are: equal atoms are one object.  Their hash is made of the content and never of an
address or of a string's salted hash, so that the prover does the same thing in every run.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import count, islice
from typing import Any
from weakref import WeakValueDictionary
from zlib import crc32

import sympy

from symback.language.expressions import Axis, Partial, Tensor, Var

__all__ = [
    "Atom", "Frozen", "Monomial", "NoNormalForm", "Number", "ONE", "ONLY", "Polynomial", "Work",
    "accumulate", "atom", "canonical_labels", "frozen", "relabelled", "relabelled_polynomial", "signature", "symbol_atom", "variables",
]  # fmt: skip

Number = int | Fraction
Monomial = frozenset  # of pairs (Atom, exponent)
Polynomial = dict[Monomial, Number]
Frozen = frozenset  # of pairs (Monomial, coefficient)

ONE: Monomial = frozenset()
ONLY = -1  # the label of every axis of size 1: all its indices are the same index
BOUND, PER_HEIGHT, FRESH = 1_000, 32, 1_000_000
MOST_HEIGHT, MOST_TERMS, MOST_ORDERS = 1_000, 20_000, 120
KINDS = (
    "number", "symbol", "prime", "sum", "partial", "unspecified", "power", "apply", "log", "root", "exp", "var", "inverse", "step", "delta",
)  # fmt: skip  # later kinds rank higher in the order of monomials


class NoNormalForm(Exception):
    """No normal form within the bounds of time and size, or none at all (a division by zero).  Never leaves the prover."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Atom:
    """`kind` says how to read `head` (what it is), `labels` (where), `parts` (its polynomials) and `bound` (its own ranges).

    var, partial   head[labels]                    sum       Σ over `bound` of parts[0], one monomial
    delta          [label = label]                 inverse   1 / parts[0]
    symbol         a scalar symbol                 root      parts[0], raised to an exponent between 0 and 1
    number, prime  π; a prime under a root         exp, log  of parts[0]
    apply          head(parts…)                    step      [parts[0] > 0]
    unspecified    head = (letter, wrt, …)         power     parts[0] ** parts[1]
    """

    kind: str
    head: Any
    labels: tuple[int, ...]
    parts: tuple[Frozen, ...]
    bound: tuple[Axis, ...]
    free: frozenset[int]
    height: int
    is_positive: bool
    shape: int
    code: int

    def __hash__(self) -> int:
        """The number of the content, the same in every run."""
        return self.code

    @property
    def own_labels(self) -> range:
        """The canonical labels that this atom binds."""
        return range(BOUND + self.height * PER_HEIGHT, BOUND + self.height * PER_HEIGHT + len(self.bound))


_interned: WeakValueDictionary = WeakValueDictionary()


def atom(kind: str, head: Any = None, labels: tuple[int, ...] = (), parts: tuple[Frozen, ...] = (), bound: tuple[Axis, ...] = ()) -> Atom:
    """The atom with this content.  `parts` speak of the bound labels by the canonical numbers of `bound_labels`."""
    key = (kind, head, labels, parts, bound)
    found = _interned.get(key)
    return _interned.setdefault(key, _atom(*key)) if found is None else found


def _atom(kind: str, head: Any, labels: tuple[int, ...], parts: tuple[Frozen, ...], bound: tuple[Axis, ...]) -> Atom:
    """The atom with all that follows from its content."""
    inner = {factor for part in parts for monomial, _ in part for factor, _ in monomial}
    height = max((factor.height for factor in inner), default=0) + (kind in ("sum", "unspecified"))
    own = bound_labels(height, len(bound))
    free = frozenset(labels).union(*(factor.free for factor in inner)).difference(own, (ONLY,))
    shape = hash((KINDS.index(kind), _text(head), len(labels), len(bound), *(_shape_of(part) for part in parts)))
    code = hash((shape, labels, parts))
    return Atom(kind, head, labels, parts, bound, free, height, _is_positive_atom(kind, head, parts), shape, code)


def bound_labels(height: int, number: int) -> range:
    """The canonical labels that an atom of this height binds."""
    if height > MOST_HEIGHT or number > PER_HEIGHT:
        raise NoNormalForm(f"{number} summation signs at nesting {height}")
    return range(BOUND + height * PER_HEIGHT, BOUND + height * PER_HEIGHT + number)


def _text(head: object) -> int:
    """A number for what an atom is, the same in every run; different heads may share one."""
    match head:
        case Var():
            text = str(head.name)
        case Partial():
            text = f"{head.of.name}/{head.wrt.name}"
        case sympy.Symbol():
            text = head.name
        case type():
            text = head.__name__
        case tuple():
            text = repr([part for part in head if isinstance(part, str | int)])
        case _:
            text = str(head)
    return crc32(text.encode())


def _shape_of(part: Frozen) -> int:
    """A number for a polynomial that depends on no label."""
    return hash(tuple(sorted(hash((c, tuple(sorted(hash((factor.shape, e)) for factor, e in monomial)))) for monomial, c in part)))


def _is_positive_atom(kind: str, head: Any, parts: tuple[Frozen, ...]) -> bool:
    """Whether the atom is known to be a positive number wherever it is defined."""
    if kind == "symbol":
        return bool(head.is_positive)
    if kind in ("sum", "root", "inverse"):
        return is_positive(parts[0])
    return kind in ("exp", "prime") or (kind == "number" and bool(head.is_positive))


def is_positive(part: Iterable[tuple[Monomial, Number]]) -> bool:
    """Whether a polynomial is visibly positive: no term negative, and one that cannot be zero."""
    strict = False
    for monomial, coefficient in part:
        if coefficient < 0 or not all(factor.is_positive or (e % 2 == 0) for factor, e in monomial):
            return False
        strict = strict or all(factor.is_positive for factor, _ in monomial)
    return strict


@lru_cache(maxsize=4096)
def symbol_atom(symbol: sympy.Symbol) -> Atom:
    """The atom of a scalar symbol such as N or n_l."""
    return atom("symbol", symbol)


@dataclass(slots=True)
class Work:
    """One attempt at a normal form: its bounds, what it may use, and a record of what it has used.

    `until` is the value of this thread's processor time at which the attempt ends.
    `facts` maps a name to the fact about its sum; names in `unfolded` are replaced by their `definitions`; `expand` says whether
    functions with a formula are replaced by it.
    `sizes` are numbers that stand for size letters; a proof with them holds at these sizes.
    """

    until: float
    definitions: Mapping[Var, Tensor] = field(default_factory=dict)
    unfolded: frozenset[Var] = frozenset()
    facts: Mapping = field(default_factory=dict)
    expand: bool = False
    sizes: Mapping[sympy.Symbol, int] = field(default_factory=dict)
    used: dict = field(default_factory=dict)
    axis_of: dict[int, Axis] = field(default_factory=dict)
    pending: list[Var] = field(default_factory=list)
    fresh: count = field(default_factory=lambda: count(FRESH))
    ticks: int = 0

    def tick(self) -> None:
        """Count one multiplication; give up when the time is over."""
        self.ticks += 1
        if not self.ticks & 63 and time.thread_time() > self.until:
            raise NoNormalForm("the time is over")

    def label(self, axis: Axis) -> int:
        """A fresh label that runs over `axis`."""
        if axis.size == 1:
            return ONLY
        label = next(self.fresh)
        self.axis_of[label] = axis
        return label


def accumulate(total: Polynomial, terms: Mapping[Monomial, Number], factor: Number = 1) -> None:
    """total += factor · terms, in place; terms that cancel are removed."""
    for monomial, coefficient in terms.items():
        combined = total.get(monomial, 0) + factor * coefficient
        if combined:
            total[monomial] = combined
        else:
            total.pop(monomial, None)
    if len(total) > MOST_TERMS:
        raise NoNormalForm(f"more than {MOST_TERMS} terms")


def frozen(polynomial: Mapping[Monomial, Number]) -> Frozen:
    """A polynomial that is finished."""
    return frozenset(polynomial.items())


def relabelled(factor: Atom, mapping: Mapping[int, int]) -> Atom:
    """The atom with free labels renamed.  The mapping may identify labels; like terms inside are then combined."""
    if factor.free.isdisjoint(mapping):
        return factor
    labels = tuple(mapping.get(label, label) for label in factor.labels)
    if factor.kind == "delta":
        labels = tuple(sorted(labels))
    parts = tuple(frozen(relabelled_polynomial(dict(part), mapping)) for part in factor.parts)
    if factor.kind == "inverse" and not parts[0]:
        raise NoNormalForm("division by zero")
    return atom(factor.kind, factor.head, labels, parts, factor.bound)


def relabelled_polynomial(polynomial: Mapping[Monomial, Number], mapping: Mapping[int, int]) -> Polynomial:
    """Every atom of a polynomial renamed; δ_jj is 1, like factors and like terms are combined."""
    result: Polynomial = {}
    for monomial, coefficient in polynomial.items():
        powers: dict[Atom, Number] = {}
        for factor, exponent in monomial:
            renamed = relabelled(factor, mapping)
            if renamed.kind != "delta" or renamed.labels[0] != renamed.labels[1]:
                powers[renamed] = powers.get(renamed, 0) + exponent
        accumulate(result, {frozenset((f, e) for f, e in powers.items() if e): coefficient})
    return result


def signature(factor: Atom, colours: Mapping[int, int]) -> int:
    """A number for the atom that does not depend on what its coloured labels are called, only on their colours."""
    own = tuple(colours.get(label, label) for label in factor.labels)
    if not factor.parts:
        return hash((factor.shape, own))
    return hash((factor.shape, own, *(_signature_of(part, colours) for part in factor.parts)))


def _signature_of(part: Iterable[tuple[Monomial, Number]], colours: Mapping[int, int]) -> int:
    """`signature` of a polynomial."""
    return hash(tuple(sorted(hash((c, _signature_of_product(m, colours))) for m, c in part)))


def _signature_of_product(monomial: Iterable[tuple[Atom, Number]], colours: Mapping[int, int]) -> int:
    """`signature` of a product."""
    return hash(tuple(sorted(hash((signature(factor, colours), e)) for factor, e in monomial)))


def canonical_labels(monomial: Monomial, bound: Mapping[int, Axis]) -> list[int]:
    """The bound labels of a product in an order that does not depend on their names.

    Colours are refined until they settle: a label is coloured by its axis, then by the atoms it occurs in and the colours
    of their other labels.  Ties are broken one way and the other, and the order with the smallest signature wins.
    """
    if len(bound) == 1:
        return list(bound)
    colours = {label: hash((_text(axis.size), 0)) for label, axis in bound.items()}
    orders = list(islice(_orders(monomial, colours), MOST_ORDERS))
    if len(orders) == MOST_ORDERS:
        raise NoNormalForm("a sum with too many symmetries")
    return min(orders, key=lambda order: _signature_of_product(monomial, {label: i for i, label in enumerate(order)}))


def _orders(monomial: Monomial, colours: dict[int, int]) -> Iterable[list[int]]:
    """All orders of the labels that agree with their refined colours."""
    colours = _refined(monomial, colours)
    classes: dict[int, list[int]] = {}
    for label, colour in colours.items():
        classes.setdefault(colour, []).append(label)
    tied = next((classes[colour] for colour in sorted(classes) if len(classes[colour]) > 1), None)
    if tied is None:
        yield [classes[colour][0] for colour in sorted(classes)]
        return
    for label in tied:
        yield from _orders(monomial, colours | {label: hash((colours[label], 1))})


def _refined(monomial: Monomial, colours: dict[int, int]) -> dict[int, int]:
    """Colours split by the neighbours of their labels until nothing splits any more."""
    while True:
        finer = {}
        for label, colour in colours.items():
            marked = {**colours, label: -7}
            seen = sorted(hash((signature(factor, marked), e)) for factor, e in monomial if label in factor.free)
            finer[label] = hash((colour, *seen))
        if len(set(finer.values())) == len(set(colours.values())):
            return finer
        colours = finer


def variables(polynomial: Iterable[Monomial]) -> set[Any]:
    """The heads of all named tensors and functions that occur in the monomials, at any depth."""
    found: set[Any] = set()
    pending = [factor for monomial in polynomial for factor, _ in monomial]
    seen: set[Atom] = set()
    while pending:
        factor = pending.pop()
        if factor in seen:
            continue
        seen.add(factor)
        if factor.kind in ("var", "apply"):
            found.add(factor.head)
        pending.extend(inner for part in factor.parts for monomial, _ in part for inner, _ in monomial)
    return found
