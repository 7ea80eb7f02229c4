r"""Which time steps are built for a claim, and which numbers its letters stand for.

    h_{t-1}, h_t                         t is 2: the steps 1, 2, and 3 after them, where the sequence goes on
    \gamma_t^{(k-1)}, \partial h_t/\partial h_s     each letter has a number of its own, what is derived comes later
    \sum_{t=1}^{T}                       the whole sequence, of two and of three steps

A claim must hold for two choices of the numbers.  What holds only if a step is the last one is said to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product as combinations_of

from symback.verification.clock import bounds_of, is_over_stages, stages_of, whole_number
from symback.verification.definitions import Claim
from symback.verification.mentions import (
    Lexicon,
    Printed,
    integer_of,
    letter_of,
    letters_of_stage,
    names_in,
    number_of_stage,
    printed_name,
    script_shift,
)
from symback.verification.sheet import Sheet
from symback.verification.tree import Tree
from symback.verification.window import Window

__all__ = ["time_windows"]

LATEST = 5
MOST_LETTERS = 4
AT_THE_END = "holds at the last step, after which nothing follows"
THE_SHARE = "holds for the share of the left side that comes from the next step, and not for the whole"
LOSS_AT_THE_END = "last"


@dataclass
class _Spoken:
    """What a claim says about time: letters that are free, pairs (later, earlier), first steps of sums, letters of the end."""

    free: dict[str, None] = field(default_factory=dict)
    pairs: list[tuple[tuple[str, int], tuple[str, int]]] = field(default_factory=list)
    starts: set[int] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)
    sums_over_all: bool = False
    has_numbers: bool = False


def _listen(tree: Tree, lexicon: Lexicon, bound: frozenset[str], spoken: _Spoken) -> None:
    """Collects what a formula says about time."""
    if tree.kind == "large" and tree.children[0].kind == "scripts":
        inner = set(bound)
        for letter, lower, upper in bounds_of(tree.children[0]):
            if not is_over_stages(letter, tree.children[1], lexicon):
                continue
            inner.add(letter)
            spoken.sums_over_all |= upper is None
            if lower is not None and integer_of(lower) is not None:
                spoken.starts.add(integer_of(lower) or 0)
                if upper is not None and letter_of(upper) not in (None, "t", *bound):
                    spoken.ends.add(letter_of(upper) or "")
            for bound_tree in (lower, upper):
                _note(script_shift(bound_tree) if bound_tree is not None else None, lexicon, frozenset(inner - {letter}), spoken, True)
        _listen(tree.children[1], lexicon, frozenset(inner), spoken)
        return
    name = printed_name(tree) if tree.kind in ("symbol", "scripts", "font", "accent", "word") else None
    if name is not None:
        mention = lexicon.mention(name)
        for stage in stages_of(mention):
            _note(stage, lexicon, bound, spoken)
        if mention.stage is not None and mention.of_step is not None:
            spoken.pairs.append((mention.of_step, mention.stage))
        return
    if tree.kind == "derivative" and len(tree.children) == 3:
        sides = [lexicon.mention(found).stage if (found := _name_of(side)) is not None else None for side in tree.children[1:]]
        if sides[0] is not None and sides[1] is not None and not _letters_in(sides) & bound:
            spoken.pairs.append((sides[0], sides[1]))
    for child in tree.children:
        _listen(child, lexicon, bound, spoken)


def _name_of(tree: Tree) -> Printed | None:
    return printed_name(tree.children[0] if tree.kind == "call" else tree)


def _letters_in(stages: Sequence[tuple[str, int] | None]) -> set[str]:
    return {letter for stage in stages if stage is not None for _, letter in letters_of_stage(stage[0])}


def _note(stage: tuple[str, int] | None, lexicon: Lexicon, bound: frozenset[str], spoken: _Spoken, is_bound: bool = False) -> None:
    """A stage, or a bound of a sum."""
    if stage is None:
        return
    if not stage[0]:
        spoken.has_numbers |= not is_bound
    for _, letter in letters_of_stage(stage[0]):
        if letter not in bound:
            spoken.free.setdefault(letter)
            if letter == "T" and "T" in lexicon.times:
                spoken.ends.add("T")


def time_windows(claim: Claim, sheet: Sheet) -> list[Window]:
    """The steps to build, the likeliest reading first; empty if they cannot be compared."""
    lexicon, spoken = sheet.lexicon, _Spoken()
    for tree in (*claim.members, *claim.conditions):
        _listen(tree, lexicon, frozenset(), spoken)
    if len(spoken.free) > MOST_LETTERS or len(spoken.starts) > 1:
        return []
    letters = [letter for letter in spoken.free if letter not in spoken.ends]
    is_whole = bool(spoken.ends) or spoken.sums_over_all
    usual = next((start for start in spoken.starts if start <= 1), None)  # Σ from t = 2 leaves the first step out
    start = usual if usual is not None else 1 if is_whole or spoken.starts else None
    found: list[Window] = []
    distances = _distances(claim, lexicon) & set(letters)
    for bases in _assignments(letters, spoken, start, claim, sheet):
        if found and any(dict(found[0].bases)[letter] == bases[letter] for letter in distances):
            continue  # what holds for m = 1 alone says nothing of s_{k-m}
        found.append(_window(bases, spoken, claim, sheet, start, is_whole))
        if len(found) == 2:
            break
    if not found:
        return []
    twin = replace(found[0], twin=found[1]) if len(found) > 1 else found[0]
    return list(_alternatives(twin, sheet, is_whole))


def _distances(claim: Claim, lexicon: Lexicon) -> set[str]:
    """The m of s_{k-m}: what is taken off a step."""
    mentions = [lexicon.mention(name) for member in claim.members for _, name in names_in(member)]
    return {letter for mention in mentions for base, _ in stages_of(mention) for sign, letter in letters_of_stage(base) if sign < 0}


def _alternatives(window: Window, sheet: Sheet, is_whole: bool) -> Iterator[Window]:
    """The window, with a loss at the last step alone where nothing is said of it, and as the end of the sequence."""
    may_be_last = not any(definition.role == "cost" for definition in sheet.definitions) and not sheet.has_step_losses
    yield window
    if not window.is_clock:
        return
    if may_be_last:
        yield _changed(window, loss=LOSS_AT_THE_END)
    if not is_whole:
        yield _changed(window, is_output=True, is_open=False, holds_if=AT_THE_END, last=-1)
        yield _changed(window, is_share=True, holds_if=THE_SHARE)


def _changed(window: Window, **changes) -> Window:
    """The window and its twin with other fields; `last` counts from the end."""
    one = dict(changes)
    if "last" in one:
        one["last"] = window.last + changes["last"]
    return replace(window, **one, twin=_changed(window.twin, **changes) if window.twin is not None else None)


def _assignments(letters: Sequence[str], spoken: _Spoken, start: int | None, claim: Claim, sheet: Sheet) -> Iterator[dict[str, int]]:
    """Numbers for the letters: what is derived comes later than by what; the smallest numbers first, and strictly later ones."""
    low = 0 if start is None else start
    ends = sorted(spoken.ends)
    options = []
    for numbers in combinations_of(range(low, low + LATEST), repeat=len(letters)):
        bases = {"": 0, **dict(zip(letters, numbers, strict=True))}
        for end in (low + 2, low + 1) if ends else (None,):
            if end is not None:
                bases = {**bases, **dict.fromkeys(ends, end)}
            if (order := _in_order(bases, spoken)) is not None and (end is None or all(number <= end for number in numbers)):
                options.append((-order, max((*numbers, 0)), end is not None and -end, sorted(numbers), bases))
    options.sort(key=lambda option: option[:4])
    seen: list[tuple[int, ...]] = []
    for *_, chosen, bases in options:
        key = (*(number - min(chosen, default=0) for number in chosen), *(bases.get(end, 0) for end in ends))
        reach = _steps(claim, sheet, bases)
        if key in seen or (start is not None and reach and min(reach) < start - 1):
            continue
        seen.append(key)
        yield bases


def _in_order(bases: Mapping[str, int], spoken: _Spoken) -> int | None:
    """How many pairs are strictly in order; None if one is out of order."""
    strict = 0
    for later, earlier in spoken.pairs:
        first, second = number_of_stage(later[0], bases) if later[0] else 0, number_of_stage(earlier[0], bases) if earlier[0] else 0
        if first is None or second is None:
            return None
        if first + later[1] < second + earlier[1]:
            return None
        strict += first + later[1] > second + earlier[1]
    return strict


def _steps(claim: Claim, sheet: Sheet, bases: Mapping[str, int]) -> list[int]:
    """The steps that a claim speaks of."""
    return [number for member in claim.members for number in _steps_in(member, sheet.lexicon, dict(bases))]


def _steps_in(tree: Tree, lexicon: Lexicon, bases: dict[str, int]) -> Iterator[int]:
    if tree.kind == "large" and tree.children[0].kind == "scripts":
        ranges = [found for found in bounds_of(tree.children[0]) if is_over_stages(found[0], tree.children[1], lexicon)]
        inside: list[dict[str, int]] = [bases]
        for letter, lower, upper in ranges:
            ends = [whole_number(end, bases) for end in (lower, upper) if end is not None]
            inside = [{**other, letter: end} for other in inside for end in ends if end is not None]
        for other in inside:
            yield from _steps_in(tree.children[1], lexicon, other)
        return
    name = printed_name(tree) if tree.kind in ("symbol", "scripts", "font", "accent", "word") else None
    if name is not None:
        for base, shift in stages_of(lexicon.mention(name)):
            number = number_of_stage(base, bases) if base else bases.get("", 0)
            if number is not None:
                yield number + shift
        return
    for child in tree.children:
        yield from _steps_in(child, lexicon, bases)


def _window(bases: dict[str, int], spoken: _Spoken, claim: Claim, sheet: Sheet, start: int | None, is_whole: bool) -> Window:
    """The steps that a claim speaks of, and one after them where the sequence goes on."""
    reach = _steps(claim, sheet, bases) or [0]
    free = [bases[letter] for letter in spoken.free]
    end = max((bases[letter] for letter in spoken.ends), default=None)
    first = start if start is not None else min((*reach, *free) if not spoken.has_numbers else reach)
    last = end if end is not None else max((*reach, *free))
    if is_whole and end is None:
        last = max(last, first + 2)
    own = next((bases[letter] for letter in spoken.free if letter not in spoken.ends), None)
    if own is None:
        own = max(reach) if spoken.has_numbers else last
    steps = tuple(range(first, last + 1))
    summable = tuple((letter, steps) for letter in sheet.lexicon.times | sheet.lexicon.clock)
    return Window(
        first,
        last if is_whole else last + 1,
        tuple(bases.items()),
        own,
        is_whole,
        not is_whole,
        summable,
        is_clock=sheet.lexicon.is_recurrent,
    )
