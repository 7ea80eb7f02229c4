r"""The equations of layers 1, 2, … apart from those of any layer l, on a page that has both.

    z^1 = W^1 a^0 + b^1,  z^2 = W^2 a^1 + b^2      the network, layer by layer: each layer has a size of its own
    Z^l = W^l A^{l-1} + b^l 1ᵀ                     further down, a batch in any layer: what holds of l holds of l + 1

A claim about numbered layers rests on their own equations, if all its layers have some.  The others would make sizes
equal that are not: 2-3-2 has as many inputs as outputs, and no layer of a network is as wide as the next but one.
"""

from __future__ import annotations

from collections.abc import Sequence

from symback.verification.definitions import Definition
from symback.verification.mentions import Lexicon, names_in
from symback.verification.sheet import Edition, Sheet
from symback.verification.window import Window

__all__ = ["numbered_edition"]


def numbered_edition(sheet: Sheet, edition: Edition, window: Window, about: frozenset) -> Edition:
    """The edition without the equations of any layer, for a claim that speaks of numbered layers alone; else the edition itself."""
    if dict(window.bases).get("") != 0 or sheet.lexicon.times:
        return edition
    staged = [d for d in edition.definitions if d.role == "forward" and d.name.stage is not None]
    numbered = {d.name.family for d in staged if d.name.stage is not None and d.name.stage[0] == ""}
    general = {d.name.family for d in staged if d.name.stage is not None and d.name.stage[0] != ""}
    stages = {d.name.stage[1] for d in staged if d.name.stage is not None and d.name.stage[0] == ""}
    covered = bool(stages) and all(stage in stages for stage in range(max(window.first, min(stages)), window.last + 1))
    spoken = {family for family, stage in about if family != "Z" or ("z", stage) not in about}  # δ^2 is about z^2, or about Z^2
    if not general or not covered or general & (numbered | spoken | _of_numbers(edition, sheet.lexicon)):
        return edition
    return _without(sheet, edition, general)


def _without(sheet: Sheet, edition: Edition, general: set[str]) -> Edition:
    """The edition without what is said of layers by a letter, and without what rests on that."""
    dropped: set[Definition] = set()
    stated = [*edition.definitions, *edition.costs]
    lost = set(general)
    while True:
        new = {d for d in stated if d not in dropped and _rests_on(d, lost, sheet.lexicon)}
        if not new:
            break
        dropped |= new
        lost |= {d.name.family for d in new} - {d.name.family for d in stated if d not in dropped}
    definitions, costs = (_kept(found, dropped) for found in (edition.definitions, edition.costs))
    parts = (definitions, edition.functions, costs)
    return sheet.editions.setdefault(parts, Edition(*parts))


def _of_numbers(edition: Edition, lexicon: Lexicon) -> set[str]:
    """What is named with the number of its layer, or with none, in a body: the a^1 of z^2 = W^2 a^1 + b^2, though only a^l is defined."""
    bodies = [stated.body for stated in (*edition.definitions, *edition.costs)]
    mentions = [lexicon.mention(name) for body in bodies for _, name in names_in(body)]
    return {mention.family for mention in mentions if mention.stage is None or mention.stage[0] == ""}


def _kept(stated: Sequence[Definition], dropped: set[Definition]) -> tuple[Definition, ...]:
    return tuple(definition for definition in stated if definition not in dropped)


def _rests_on(definition: Definition, lost: set[str], lexicon: Lexicon) -> bool:
    """Whether it is of a layer l, or is made of a quantity that is lost."""
    mentions = [lexicon.mention(name) for _, name in names_in(definition.body)]
    stages = [definition.name.stage, *(mention.stage for mention in mentions)]
    return any(stage is not None and stage[0] != "" for stage in stages) or not lost.isdisjoint(mention.family for mention in mentions)
