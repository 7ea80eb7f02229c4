r"""A chain with numbers, member by member: which values the members can have, and where two neighbours cannot be equal.

Three supports hold a printed result up: the digits beside it as they stand, the value recomputed from the given inputs, and the
interval of everything that the printed digits can stand for.  The first two prove it; the last only keeps it from being refuted.
They prove it where the arithmetic is finer than what is printed: by fractions, or by intervals much narrower than the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from symback.verification.numbers_book import Entry, NumberBook
from symback.verification.numbers_intervals import Interval, NotUnderstoodError, meets, same_form, where_apart
from symback.verification.numbers_literals import Literal, LiteralForm, allowed, inner, literal_form, literals_in
from symback.verification.numbers_rational import is_printed_so, rational_value
from symback.verification.numbers_values import STATED, Reader, evaluate
from symback.verification.tree import Tree, walk

__all__ = ["Chain", "Clash", "Member", "chain_of", "digits_evaluator", "foreign_literals", "has_names", "is_understood", "member_of"]

MAX_NODES = 6_000
FINER = 0.25  # of the last printed digit: as much may an interval leave open that proves it
RESOLUTION = 1e-6  # of a value: as much may two computations leave open that prove each other; slopes are found to 1e-7


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
    """Members, where they clash, which results only the rounding of their operands holds up, and which are off in the last digit.

    `blurred` are those with more digits than are recomputed, `misfits` those of another shape than what stands before them.
    """

    members: tuple[Member, ...]
    clashes: tuple[Clash, ...]
    loose: tuple[int, ...]
    remarked: tuple[int, ...]
    blurred: tuple[int, ...]
    misfits: tuple[int, ...]
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
    blurred: list[int] = []
    misfits: list[int] = []
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
            misfits.append(place)
            continue
        if support == "none":
            clashes.append(Clash(before[-1], place))
            running, before = member.wide, [place]
            continue
        loose += [place] if support == "loose" else []
        remarked += [place] if support == "digits" else []
        blurred += [place] if support == "blurred" else []
        misfits += [place] if _is_turned(members[before[-1]], member) else []
        running = _narrowed(running, member.wide)
        before.append(place)
    compared = sum(member.wide is not None for member in members) - 1
    return Chain(tuple(members), tuple(clashes), tuple(loose), tuple(remarked), tuple(blurred), tuple(misfits), max(compared, 0))


def _is_turned(left: Member, right: Member) -> bool:
    """Whether one is printed as a row and the other as a column; a list of numbers is neither."""
    assert left.wide is not None and right.wide is not None
    return len(left.wide.shape) == len(right.wide.shape) == 2 and left.wide.low.size > 1 and left.wide.shape != right.wide.shape


def _support(members: Sequence[Member], before: Sequence[int], member: Member, running: Interval, is_equal: bool) -> str:
    """What holds a member up: full, digits (the neighbour as printed, not the exact value), loose (rounding only), blurred, none."""
    neighbour, target = members[before[-1]], member.target
    assert neighbour.digits is not None
    exacts = [exact for place in before if (exact := members[place].exact) is not None]
    by_digits = meets(neighbour.digits, target)
    by_exact = any(meets(exact, target) or _both_exact(exact, member) for exact in exacts)
    if by_digits or by_exact or _by_entries(neighbour.digits, exacts[-1], target):
        if member.form is not None and is_equal and _is_coarse(member.form, neighbour.digits):
            return "loose"
        if not _is_resolved([members[place] for place in before], member, is_equal):
            return "blurred"
        return "full" if by_exact else "digits"
    if member.form is None and neighbour.form is not None and meets(neighbour.target, target):
        return "full"
    if not meets(running, target) and not meets(neighbour.wide or running, target):
        return "none" if not _is_rounded_inside(neighbour, member) else "loose" if is_equal else "digits"
    if not meets(running, target) and len(before) > 1 and neighbour.form is None and _is_certain(members, before):
        return "none"
    return "loose"


def _is_resolved(before: Sequence[Member], member: Member, is_equal: bool) -> bool:
    """Whether the arithmetic is finer than what is printed, so that values which meet are equal as far as digits are printed."""
    values = [_fraction_of(one) for one in before]
    fractions = [value for value in values if value is not None]
    exact = _fraction_of(member)
    if member.form is None:
        if exact is not None and fractions:
            return exact in fractions or not any(_both_exact(one.exact, member) for one in before if one.exact is not None)
        return all(_is_narrow(one) for one in (before[-1], member))
    if exact is not None and fractions:
        (cell,) = member.form.cells
        is_whole = cell.is_whole and is_equal
        if any(value == exact or (not is_whole and is_printed_so(value, cell)) for value in fractions):
            return True
        if None not in values:
            return False
    known = [value for one in before for value in (one.exact, one.digits) if value is not None]
    sharp = [value for value in known if _is_sharp(value, member.form)]
    return any(meets(value, member.target) for value in sharp) or len(sharp) == len(known)


def _is_rounded_inside(left: Member, right: Member) -> bool:
    """Whether two computations of numbers differ in parts alone that one of them has worked out and rounded: 1/6 + 1 = 0.1667 + 1."""
    if left.form is not None or right.form is not None or not (left.is_numeric and right.is_numeric):
        return False
    return _is_with_parts_rounded(left.tree, right.tree) or _is_with_parts_rounded(right.tree, left.tree)


def _is_with_parts_rounded(computed: Tree, rounded: Tree) -> bool:
    """Branch by branch: the same numbers, or a number with a decimal point for the computation that it is the value of."""
    computed, rounded = inner(computed), inner(rounded)
    form, same = literal_form(rounded), literal_form(computed)
    if form is not None and same is not None:
        return same.shape == form.shape and all(one.value == other.value for one, other in zip(same.cells, form.cells, strict=True))
    if form is not None:
        value = digits_evaluator(NumberBook())(computed)
        is_short = any(cell.is_whole or cell.digits < 2 for cell in form.cells)
        return value is not None and not is_short and value.shape == form.shape and meets(value, allowed(form))
    if (computed.kind, computed.text, len(computed.children)) != (rounded.kind, rounded.text, len(rounded.children)):
        return False
    return all(_is_with_parts_rounded(one, other) for one, other in zip(computed.children, rounded.children, strict=True))


def _fraction_of(member: Member) -> Fraction | None:
    """The value without rounding, where printed numbers stand for themselves and not for results of earlier lines."""
    if member.exact is None or member.digits is None or not meets(member.exact, member.digits):
        return None
    return rational_value(member.tree)


def _is_narrow(member: Member) -> bool:
    """Whether rounding leaves little of a computation open; after 10^20 + 1 - 10^20 it leaves everything open."""
    value = member.digits
    return value is not None and bool((value.high - value.low <= RESOLUTION * np.maximum(np.abs(value.middle), 1e-3)).all())


def _is_sharp(value: Interval, form: LiteralForm) -> bool:
    """Whether an interval is much narrower than the last digit of each entry."""
    fitted, _ = same_form(value, allowed(form))
    widths = (fitted.high - fitted.low).reshape(-1)
    return all(float(width) <= FINER * float(cell.unit) for width, cell in zip(widths, form.cells, strict=True))


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
    fitted, _ = same_form(value, allowed(form))
    for cell, number, width in zip(form.cells, fitted.middle.reshape(-1), (fitted.high - fitted.low).reshape(-1), strict=True):
        off = abs(float(cell.value) - float(number))
        if (cell.is_whole and off > float(width)) or (cell.digits == 1 and off > 1e-9 and off > 0.05 * abs(float(cell.value))):
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
