r"""Which letters of a document count time, and which names have a time.

    h_t = \tanh(W h_{t-1} + U x_t)         t is a time: h stands at t and at t-1, and its weights are the same at all times
    \partial h_t/\partial h_s,  h_4        s and 4 are times as well, because nothing but names with a time bears them
    S_k = f(S_{k-1} w + x_k v)             so is k

Layers are counted alike, and differ in one thing: a layer has weights of its own, so a step of time is told by weights
without a step.  A letter with a time may be printed capital in one place and small in another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from symback.verification.definitions import EQUALITIES, chains_of, is_gradient_tree
from symback.verification.mentions import (
    ALWAYS_STAGES,
    KNOWN_LOSSES,
    Lexicon,
    Mention,
    Printed,
    integer_of,
    letter_of,
    letters_of_stage,
    names_in,
    number_of_stage,
    printed_name,
    script_shift,
)  # fmt: skip
from symback.verification.tree import Tree, operands_of, operators_of, walk

WEIGHTS = frozenset(["W", "w", "U", "u", "V", "v", "A", "R", r"\theta", r"\Theta"])

__all__ = ["bounds_of", "is_over_stages", "stages_of", "whole_number", "with_clock"]


def with_clock(lexicon: Lexicon, trees: Sequence[Tree]) -> Lexicon:
    """The lexicon, with what counts time."""
    recurrent = _recurrent(trees)
    recurrent = {(letter, name) for letter, name in recurrent if letter not in ALWAYS_STAGES}
    if not recurrent:
        return lexicon  # the steps of an optimiser are no steps of a network
    times = lexicon.times | {letter for letter, _ in recurrent}
    names = [name for tree in trees for _, name in names_in(tree)]
    timed_above = {
        name.letter for name in names if any(_is_time(item, times) and _is_simple(item) for item in name.above)
    }  # no power W^{t-s}
    timed_below = {name.letter for name in names if any(_is_time(item, times) for item in name.below)}
    alone = {
        letter for letter in timed_below if not any(len(name.below) > 1 and name.letter == letter and _has_number(name) for name in names)
    }
    layered = lexicon.layered if timed_above or _has_layers(names) else frozenset()
    return replace(
        lexicon,
        times=frozenset(times),
        is_recurrent=True,
        stages_above=(lexicon.stages_above - _exponents(names, times)) | (times if timed_above else frozenset()),
        stages_below=lexicon.stages_below | (times if timed_below else frozenset()),
        layered=layered,
        timed_above=frozenset(timed_above),
        timed_below=frozenset(alone),
        clock=frozenset(_clock(names, alone)),
        losses=_losses(lexicon, trees),
        merged={**lexicon.merged, **_two_sizes(trees, {letter for _, letter in recurrent})},
    )


def _exponents(names: Sequence[Printed], times: Set[str]) -> set[str]:
    """The m of W^m and W^{m+1}: letters above weights alone, which are the same at all times and have powers."""
    above: dict[str, set[str]] = {}
    for name in names:
        for shift in filter(None, map(script_shift, name.above)):
            above.setdefault(shift[0], set()).add(name.letter)
    return {letter for letter, bearers in above.items() if bearers <= WEIGHTS} - times - ALWAYS_STAGES


def _losses(lexicon: Lexicon, trees: Sequence[Tree]) -> frozenset[str]:
    """The letters of losses: those that something is derived of and nothing by, and capital ones; a small c or e is a state or a gate."""
    nodes = [node for tree in trees for node in walk(tree)]
    derived = {name.letter for node in nodes if (name := _derived(node)) is not None}
    by = {
        name.letter for node in nodes if node.kind == "derivative" for side in node.children[2:] if (name := printed_name(side)) is not None
    }
    kept = {letter for letter in lexicon.losses if letter.split(" ")[-1][:1].isupper() or len(letter.lstrip("\\")) > 1}
    return frozenset(kept | (derived & KNOWN_LOSSES) - by | derived & lexicon.losses)


def _derived(node: Tree) -> Printed | None:
    """The L of ∂L/∂w, ∇L."""
    if node.kind == "derivative":
        return printed_name(node.children[1].children[0] if node.children[1].kind == "call" else node.children[1])
    return printed_name(node.children[1]) if node.kind == "applied" else None


def whole_number(tree: Tree, bases: Mapping[str, int]) -> int | None:
    """t, T-t, s+1, 4 as numbers."""
    shift = script_shift(tree)
    if shift is None:
        return None
    base = number_of_stage(shift[0], bases) if shift[0] else 0
    return None if base is None else base + shift[1]


def bounds_of(sign: Tree) -> list[tuple[str, Tree | None, Tree | None]]:
    """(letter, lower bound, upper bound) of what a large sign binds."""
    upper = next((script.children[0] for script in sign.children[1:] if script.kind == "superscript"), None)
    found: list[tuple[str, Tree | None, Tree | None]] = []
    for script in sign.children[1:] if sign.kind == "scripts" else ():
        if script.kind == "subscript":
            content = script.children[0]
            for part in operands_of(content) if content.kind == "list" else (content,):
                is_range = part.kind == "relation" and operators_of(part) == ("=",)
                letter = letter_of(operands_of(part)[0])
                if letter is not None and (is_range or part.kind != "relation"):
                    found.append((letter, operands_of(part)[1] if is_range else None, upper))
    return found


def is_over_stages(letter: str, body: Tree, lexicon: Lexicon) -> bool:
    """Whether a bound letter counts time in what it is bound in."""
    if letter in lexicon.times:
        return True
    stages = [stage for _, name in names_in(body) for stage in stages_of(lexicon.mention(name)) if lexicon.times]
    return any(letter == found for base, _ in stages for _, found in letters_of_stage(base))


def stages_of(mention: Mention) -> list[tuple[str, int]]:
    """The one or two stages of a name."""
    return [stage for stage in (mention.stage, mention.of_step) if stage is not None]


def _recurrent(trees: Sequence[Tree]) -> set[tuple[str, str]]:
    """(time, name) of the forward equations that go on from the step before, with weights that have no step."""
    found = set()
    for tree in trees:
        for claim in chains_of(tree):
            left = printed_name(claim.members[0])
            if left is None or claim.signs[0] not in EQUALITIES or any(is_gradient_tree(member) for member in claim.members):
                continue
            names = [name for _, name in names_in(claim.members[1])]
            for shift in filter(None, map(script_shift, (*left.above, *left.below))):
                before = any((shift[0], shift[1] - 1) in map(script_shift, (*name.above, *name.below)) for name in names)
                weights = [name for name in names if not any(_is_time(item, {shift[0]}) for item in (*name.above, *name.below))]
                is_learnt = any(name.letter in WEIGHTS for name in weights)
                if shift[0] and before and is_learnt and len(letters_of_stage(shift[0])) == 1:
                    found.add((shift[0], left.letter))
    return found


def _is_time(item: Tree, times: set[str] | frozenset[str]) -> bool:
    shift = script_shift(item)
    return shift is not None and any(letter in times for _, letter in letters_of_stage(shift[0]))


def _is_simple(item: Tree) -> bool:
    shift = script_shift(item)
    return shift is not None and len(letters_of_stage(shift[0])) == 1


def _has_number(name: Printed) -> bool:
    return any(integer_of(item) is not None for item in name.below)


def _has_layers(names: Sequence[Printed]) -> bool:
    shifts = [script_shift(item) for name in names for item in name.above]
    return any(shift is not None and shift[0] in ALWAYS_STAGES for shift in shifts)


def _clock(names: Sequence[Printed], timed: set[str]) -> set[str]:
    """What stands alone below names with a time, and below no other name."""
    below: dict[str, set[str]] = {}
    for name in names:
        if len(name.below) == 1 and (shift := script_shift(name.below[0])) is not None and shift[0]:
            for _, letter in letters_of_stage(shift[0]):
                below.setdefault(letter, set()).add(name.letter)
    return {letter for letter, bearers in below.items() if bearers <= timed}


def _two_sizes(trees: Sequence[Tree], states: set[str]) -> dict[str, str]:
    """s_k for S_k: a state that is defined in both sizes, and never printed in both in one formula."""
    found = {letter: letter.upper() for letter in states if len(letter) == 1 and letter.islower() and letter.upper() in states}
    for tree in trees:
        letters = {name.letter for _, name in names_in(tree)}
        found = {small: capital for small, capital in found.items() if not {small, capital} <= letters}
    return found
