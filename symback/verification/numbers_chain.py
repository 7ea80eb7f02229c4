r"""A chain with numbers, member by member: which values the members can have, and where two neighbours cannot be equal.

Three supports hold a printed result up: the digits beside it as they stand, the value recomputed from the given inputs, and the
interval of everything that the printed digits can stand for.  The first two prove it; the last only keeps it from being refuted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from symback.verification.numbers_book import Entry, NumberBook
from symback.verification.numbers_intervals import Interval, NotUnderstoodError, meets, same_form, where_apart
from symback.verification.numbers_literals import Literal, LiteralForm, allowed, literal_form, literals_in
from symback.verification.numbers_values import STATED, Reader, evaluate
from symback.verification.tree import Tree, walk

__all__ = ["Chain", "Clash", "Member", "chain_of", "digits_evaluator", "foreign_literals", "has_names", "is_understood", "member_of"]

MAX_NODES = 6_000


@dataclass(frozen=True, slots=True)
class Member:
    """One member with its values; `wide` is None where it has none."""

    tree: Tree
    form: LiteralForm | None
    wide: Interval | None
    exact: Interval | None
    digits: Interval | None
    entries: tuple[Entry, ...]
    doubts: tuple[str, ...]
    has_names: bool

    @property
    def is_numeric(self) -> bool:
        """A computation of numbers alone, or a result."""
        return self.wide is not None and not self.has_names

    @property
    def target(self) -> Interval:
        """What a value may be to be printed like this."""
        assert self.wide is not None
        return self.wide if self.form is None else allowed(self.form)


@dataclass(frozen=True, slots=True)
class Clash:
    """Two members that cannot be equal."""

    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Members, where they clash, which results only the rounding of their operands holds up, and which are off in the last digit."""

    members: tuple[Member, ...]
    clashes: tuple[Clash, ...]
    loose: tuple[int, ...]
    remarked: tuple[int, ...]
    compared: int


def has_names(tree: Tree) -> bool:
    """Whether anything but numbers and functions stands in a tree: an operand that needs the book."""
    if tree.kind in ("number", "ellipsis"):
        return False
    if tree.kind in ("call", "function"):
        head, *rest = tree.children
        return (tree.kind == "call" and head.kind == "number") or any(has_names(child) for child in rest)
    if tree.kind == "scripts":
        base = tree.children[0]
        is_e = base.kind == "symbol" and base.text == "e"
        inside = [
            child.children[0] for child in tree.children[1:] if child.kind == "superscript" and child.children[0].text not in ("T", r"\top")
        ]
        return (not is_e and has_names(base)) or any(has_names(child) for child in inside)
    if tree.kind in ("symbol", "word", "text", "derivative", "applied", "accent"):
        return tree.text not in (r"\pi", r"\%")
    if tree.kind == "operator":
        return False
    return any(has_names(child) for child in tree.children)


def is_understood(tree: Tree) -> bool:
    """Small enough, and without dots."""
    return all(count <= MAX_NODES and node.kind != "ellipsis" for count, node in enumerate(walk(tree)))


def digits_evaluator(book: NumberBook, mode: str = "digits") -> Callable[[Tree], Interval | None]:
    """A function from trees to values, None where a tree has none."""

    def value(tree: Tree) -> Interval | None:
        """The value of a tree in this book."""
        try:
            return evaluate(tree, Reader(book, mode))
        except NotUnderstoodError:
            return None

    return value


def member_of(tree: Tree, book: NumberBook) -> Member:
    """A member and its three values."""
    reader = Reader(book, "wide")
    form = literal_form(tree)
    try:
        if not is_understood(tree):
            raise NotUnderstoodError("dots, or too long")
        wide = evaluate(tree, reader)
        exact, digits = (evaluate(tree, Reader(book, mode)) for mode in ("exact", "digits"))
    except NotUnderstoodError:
        return Member(tree, None, None, None, None, (), (), True)
    is_named = STATED in reader.reached or has_names(tree)
    entries = tuple({id(entry): entry for entry in reader.entries}.values())
    return Member(tree, form, wide, exact, digits, entries, tuple(dict.fromkeys(reader.doubts)), is_named)


def chain_of(members: Sequence[Member], is_exact_sign: Sequence[bool]) -> Chain:
    """Every member against those before it; `is_exact_sign` says for each whether `=` stands before it."""
    clashes: list[Clash] = []
    loose: list[int] = []
    remarked: list[int] = []
    before: list[int] = []
    running: Interval | None = None
    for place, member in enumerate(members):
        if member.wide is None:
            continue
        if running is None:
            running, before = member.wide, [place]
            continue
        try:
            support = _support(members, before, member, running, is_exact_sign[place])
        except NotUnderstoodError:
            continue
        if support == "none":
            clashes.append(Clash(before[-1], place))
            running, before = member.wide, [place]
            continue
        loose += [place] if support == "loose" else []
        remarked += [place] if support == "digits" else []
        running = _narrowed(running, member.wide)
        before.append(place)
    compared = sum(member.wide is not None for member in members) - 1
    return Chain(tuple(members), tuple(clashes), tuple(loose), tuple(remarked), max(compared, 0))


def _support(members: Sequence[Member], before: Sequence[int], member: Member, running: Interval, is_equal: bool) -> str:
    """What holds a member up: full, digits (the neighbour as printed, not the exact value), loose (rounding only), none."""
    neighbour, target = members[before[-1]], member.target
    assert neighbour.digits is not None
    exacts = [exact for place in before if (exact := members[place].exact) is not None]
    by_digits = meets(neighbour.digits, target)
    by_exact = any(meets(exact, target) or _both_exact(exact, member) for exact in exacts)
    if by_digits or by_exact or _by_entries(neighbour.digits, exacts[-1], target):
        if member.form is not None and is_equal and _is_coarse(member.form, neighbour.digits):
            return "loose"
        return "full" if by_exact else "digits"
    if member.form is None and neighbour.form is not None and meets(neighbour.target, target):
        return "full"
    if not meets(running, target) and not meets(neighbour.wide or running, target):
        return "none"
    if not meets(running, target) and len(before) > 1 and neighbour.form is None and _is_certain(members, before):
        return "none"
    return "loose"


def _by_entries(digits: Interval, exact: Interval, target: Interval) -> bool:
    """Whether each entry follows from the printed digits or from the exact value."""
    return not np.logical_and(where_apart(digits, target), where_apart(exact, target)).any()


def _both_exact(exact: Interval, member: Member) -> bool:
    """Whether two computations have the same exact value."""
    return member.form is None and member.exact is not None and meets(exact, member.exact)


def _is_certain(members: Sequence[Member], before: Sequence[int]) -> bool:
    """Whether a computation before the neighbour is of given numbers only, and so leaves nothing open."""
    for place in before:
        wide = members[place].wide
        if wide is not None and float(np.max(wide.high - wide.low)) < 1e-9 * max(1.0, float(np.max(np.abs(wide.high)))):
            return True
    return False


def _is_coarse(form: LiteralForm, value: Interval) -> bool:
    """Results with `=` that say too little: whole numbers that are not exact, one digit that is off by a tenth of itself."""
    middles, _ = same_form(value, allowed(form))
    for cell, number in zip(form.cells, middles.middle.reshape(-1), strict=True):
        off = abs(float(cell.value) - float(number))
        if off > 1e-9 * max(1.0, abs(number)) and (cell.is_whole or (cell.digits == 1 and off > 0.05 * abs(float(cell.value)))):
            return True
    return False


def _narrowed(running: Interval, wide: Interval) -> Interval:
    """What both leave open; the earlier one where they do not meet."""
    try:
        left, right = same_form(running, wide)
    except NotUnderstoodError:
        return running
    low, high = np.maximum(left.low, right.low), np.minimum(left.high, right.high)
    return running if (low > high).any() else Interval(low.reshape(running.shape), high.reshape(running.shape))


def foreign_literals(member: Member, known: set[str]) -> list[Literal]:
    """Numbers of a computation that none of the known values has."""
    return [literal for literal in literals_in(member.tree) if literal.key not in known and literal.key not in ("0", "1")]
