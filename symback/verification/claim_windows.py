"""Which stages (layers, time steps) of a network a claim may speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symback.verification.definitions import Claim
from symback.verification.mentions import Mention, names_in
from symback.verification.sheet import Sheet
from symback.verification.time_windows import time_windows
from symback.verification.tree import Tree
from symback.verification.window import Window

__all__ = ["MOST_STAGES", "mentions_in", "windows_of"]

MOST_STAGES = 8  # built at once


def mentions_in(trees: Iterable[Tree], sheet: Sheet) -> list[Mention]:
    """The names of a claim, in the roles of its document."""
    return [sheet.lexicon.mention(name) for tree in trees for _, name in names_in(tree)]


def windows_of(claim: Claim, sheet: Sheet) -> list[Window]:
    """The stages to build for a claim, the likeliest first; none if its stages cannot be compared or are too many."""
    return [window for window in _all_windows(claim, sheet) if window.last - window.first <= MOST_STAGES]


def _all_windows(claim: Claim, sheet: Sheet) -> list[Window]:
    mentions = mentions_in(claim.members, sheet)
    staged = [mention for mention in mentions if mention.stage is not None]
    letters = {mention.stage[0] for mention in staged if mention.stage is not None}
    if not sheet.staged:
        return [Window(0, 0)]
    if not staged:
        return [Window(1, 1, (("", 0), ("L", 1), ("l", 1)), 1, True), Window(1, 1, (("", 0), ("l", 1)), 1, False)]
    if sheet.lexicon.times and not letters & {"l", "L"}:
        return time_windows(claim, sheet)
    free = letters - {""}
    if free == {"l", "L"} and "" not in letters:
        return _two_bases(staged)
    if len(free) > 1:
        return []
    if free and "" in letters:
        numbers = [m.stage[1] for m in staged if m.stage is not None and m.stage[0] == ""]
        if set(numbers) - {2}:
            return []
        letters = free
    return _layers(staged, free.pop() if free else "", mentions, sheet)


def _has_both(claim: Claim, sheet: Sheet) -> bool:
    return {"l", "L"} <= {mention.stage[0] for mention in mentions_in(claim.members, sheet) if mention.stage is not None}


def _two_bases(staged: Sequence[Mention]) -> list[Window]:
    """A hidden layer l and the last layer L in one formula: l one and two layers below L."""
    found = []
    for distance in (2, 1):
        bases = {"l": 0, "L": distance}
        numbers = [bases[mention.stage[0]] + mention.stage[1] for mention in staged if mention.stage is not None]
        own = bases[staged[0].stage[0]] + staged[0].stage[1] if staged[0].stage is not None else None
        found.append(Window(min(numbers), max(*numbers, distance), tuple(bases.items()), own, max(numbers) <= distance))
    return found


def _layers(staged: Sequence[Mention], base: str, mentions: Sequence[Mention], sheet: Sheet) -> list[Window]:
    """Layers l-1 … l+1 of a network that goes on, or the last ones."""
    numbers = [mention.stage[1] for mention in staged if mention.stage is not None and mention.stage[0] == base]
    low, high = min(numbers), max(numbers)
    own = numbers[0]
    has_target = any(mention.family.split("_")[0] in ("y", "Y", "t", r"\hat y") for mention in mentions)
    if base == "":
        known = [d.name.stage[1] for d in sheet.definitions if d.name.stage is not None and d.name.stage[0] == ""]
        top = max([*known, high])
        ends = [Window(min(low, 1), top, (("", 0), ("L", top)), own, True)]
        goes_on = Window(min(low, 1), high + 1, (("", 0),), own, False)
        if _ends_at(top, sheet):
            return ends
        return [*ends, Window(min(low, 1), high, (("", 0), ("L", high)), own, True), goes_on] if has_target or known else [goes_on, *ends]
    if base.isupper() and high <= 0:
        return [Window(low, 0, ((base, 0), ("L", 0)), own, True)]
    open_end = Window(low, high + 1, ((base, 0),), own, False)
    if has_target:
        return [Window(low, high, ((base, 0), ("L", high)), own, True), open_end]
    return [open_end]


def _stages_of(body: Tree, sheet: Sheet) -> set[tuple[str, int]]:
    """The layers of which a cost is made: of a^2, or of a p without a layer that is made of a^2."""
    found: set[tuple[str, int]] = set()
    for mention in mentions_in((body,), sheet):
        if mention.stage is not None:
            found.add(mention.stage)
            continue
        for definition in sheet.definitions:
            if definition.role == "forward" and definition.name == mention.whole and definition.body != body:
                found |= {other.stage for other in mentions_in((definition.body,), sheet) if other.stage is not None}
    return found


def _ends_at(number: int, sheet: Sheet) -> bool:
    """Whether a cost of the document is one of the outputs of the layer with this number, and no cost one of another layer's."""
    costs = [definition for definition in sheet.definitions if definition.role == "cost"]
    ends = [_stages_of(cost.body, sheet) for cost in costs]
    return {("", number)} in ends and all(stages in (set(), {("", number)}, {("L", 0)}) for stages in ends)
