r"""Which of a name's equations a claim is about, where a page has several: the one that speaks of what the claim speaks of.

    z = W x + b,  and later  z = X W^T + b        \nabla_W = (P - Y)^T X          is about the second, which has an X
    Y_{cij} = …,  and then  Y = \tilde W \tilde X + b   \partial L/\partial b_c = \sum_{ij} \delta_{cij}  is about the first, by its indices

The equations in force at the place of the claim (the last before it) are asked first; these are for a claim that they do not explain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from symback.verification.claim_windows import windows_of
from symback.verification.definitions import Claim, Definition
from symback.verification.meaning import Unread, Untyped
from symback.verification.mentions import Mention, names_in
from symback.verification.sheet import LATER, Edition, Sheet
from symback.verification.tree import Tree
from symback.verification.window import Assumed, Window
from symback.verification.worlds import world_of

__all__ = ["fitting_definitions"]


def fitting_definitions(claim: Claim, sheet: Sheet, order: int) -> frozenset[tuple[str, int]]:
    """(family, order) of the equations that the claim rests on, if others than those in force fit it better; else nothing."""
    edition = sheet.edition(order)
    if readable := _without_broken_layers(claim, edition, sheet, order):
        return readable
    mentions = _mentions_in(claim.members, sheet)
    mentions += [found for mention in mentions for found in _derived_by(mention, edition, sheet)]
    chosen = {d.name.family: d for d in edition.definitions if d.role == "forward" and d.name.stage is None}
    others = [d for d in sheet.definitions if d.role == "forward" and d.name.stage is None and d.order <= order + LATER]
    if len({other.name.family for other in others}) == len(others):
        return frozenset()
    better = {
        **_in_place_of_broken(chosen, others, sheet, order),
        **_of_as_many_indices(mentions, chosen, others),
        **_of_names(mentions, edition, others, sheet),
    }
    if not better:
        return frozenset()
    return frozenset(_resting_on(mentions, {**chosen, **better}, edition, sheet))


def _mentions_in(trees: Iterable[Tree], sheet: Sheet) -> list[Mention]:
    return [sheet.lexicon.mention(name) for tree in trees for _, name in names_in(tree)]


def _derived_by(mention: Mention, edition: Edition, sheet: Sheet) -> Iterable[Mention]:
    r"""δ_{cij} of δ = ∂L/∂Y speaks of Y_{cij}."""
    for definition in edition.definitions:
        if definition.role == "gradient" and definition.name.family == mention.family and definition.body.kind == "derivative":
            for derived in _mentions_in(definition.body.children[2:], sheet):
                yield replace(derived, indices=mention.indices if len(definition.labels) == len(derived.indices) == 0 else derived.indices)


def _without_broken_layers(claim: Claim, edition: Edition, sheet: Sheet, order: int) -> frozenset[tuple[str, int]]:
    """All equations of layers but those that cannot be read, where each of these is written in another way too; else nothing."""
    chosen = [d for d in edition.definitions if d.role == "forward" and d.name.stage is not None]
    near = [d for d in sheet.definitions if d.role == "forward" and abs(d.order - order) <= LATER]
    ways = Counter(d.name for d in near)
    if not any(ways[d.name] > 1 for d in chosen):
        return frozenset()
    broken: set[Definition] = set()
    for window in windows_of(claim, sheet)[:1]:
        with suppress(Unread, Untyped):
            broken = world_of(sheet, order, window, Assumed(is_scalar=sheet.is_scalar), frozenset()).broken & set(chosen)
    mentioned = {mention.family for mention in _mentions_in(claim.members, sheet)}
    if not any(d.name.family in mentioned for d in broken) or any(ways[d.name] < 2 for d in broken):
        return frozenset()
    return frozenset((d.name.family, d.order) for d in sheet.definitions if d.role == "forward" and d not in broken)


def _in_place_of_broken(chosen: dict[str, Definition], others: Sequence[Definition], sheet: Sheet, order: int) -> dict[str, Definition]:
    """Z = X W^T + b where z = W x + b cannot be read beside the others, because they speak of all samples."""
    broken: set[Definition] = set()
    with suppress(Unread, Untyped):
        broken = world_of(sheet, order, Window(0, 0), Assumed(is_scalar=sheet.is_scalar), frozenset()).broken
    found: dict[str, Definition] = {}
    for family, definition in chosen.items():
        readable = (other for other in others if other.name.family == family and other not in broken | sheet.dropped)
        if definition in broken and (first := next(readable, None)) is not None:
            found[family] = first
    return found


def _of_as_many_indices(mentions: Sequence[Mention], chosen: dict[str, Definition], others: Sequence[Definition]) -> dict[str, Definition]:
    """Y_{cij} is the Y that is defined with three indices, and not the matrix Y."""
    found: dict[str, Definition] = {}
    for mention in mentions:
        known = chosen.get(mention.family)
        if known is None or len(mention.indices) < 3 or len(known.labels) == len(mention.indices):
            continue
        for other in others:
            if other.name.family == mention.family and len(other.labels) == len(mention.indices):
                found[mention.family] = other
    return found


def _of_names(mentions: Sequence[Mention], edition: Edition, others: Sequence[Definition], sheet: Sheet) -> dict[str, Definition]:
    """Another equation of a name that is in force, if it alone mentions what the claim speaks of: the X of z = X W^T + b."""
    inside = {mention.family for d in edition.definitions for mention in _mentions_in((d.body,), sheet)}
    known = inside | {definition.name.family for definition in edition.definitions}
    found: dict[str, Definition] = {}
    for mention in mentions:
        if mention.family in known or mention.stage is not None:
            continue
        for other in others:
            is_about = other.name.family in known and any(inner.family == mention.family for inner in _mentions_in((other.body,), sheet))
            if is_about and other not in sheet.dropped:
                found.setdefault(other.name.family, other)
    return found


def _resting_on(
    mentions: Sequence[Mention], definitions: dict[str, Definition], edition: Edition, sheet: Sheet
) -> Iterable[tuple[str, int]]:
    """The definitions of the names of the claim and of the cost, and of all that these are made of."""
    waiting = [mention.family for mention in mentions]
    for cost in edition.costs[:1]:
        waiting += [mention.family for mention in _mentions_in((cost.body,), sheet)]
    seen: set[str] = set()
    while waiting:
        family = waiting.pop()
        definition = definitions.get(family) if family not in seen else None
        seen.add(family)
        if definition is not None:
            yield family, definition.order
            waiting += [mention.family for mention in _mentions_in((definition.body,), sheet)]
