r"""The worlds of a document: built once for each place, window and convention, after the types of its names are settled."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from itertools import product as combinations_of

from symback.verification.definitions import Definition
from symback.verification.meaning import COL, Unread, Untyped
from symback.verification.mentions import SAMPLE_COUNTS, names_in, printed_name
from symback.verification.numbered_editions import numbered_edition
from symback.verification.sheet import SHAPES, WEIGHTS, Edition, Sheet
from symback.verification.sizes import Sizes
from symback.verification.tree import operands_of
from symback.verification.window import Assumed, Window
from symback.verification.world import World
from symback.verification.world_costs import wholes_out_of_sight

__all__ = ["settle", "world_of"]

MOST_WORLDS = 300
MOST_TRIALS = 60
SETTLING_SECONDS = 2.0


def settle(sheet: Sheet, window: Window) -> None:
    """Chooses types with which as many definitions as possible can be read, and finds which axes are equally long."""
    sheet.is_scalar = False
    edition = sheet.edition(1 << 30)
    types = dict(sheet.types)
    broken = _broken_in(sheet, edition, window, types, False)
    if (
        broken
        and not any(family in sheet.ranks for family in _families_of(sheet, edition))
        and not _broken_in(sheet, edition, window, types, True)
    ):
        sheet.is_scalar, broken = True, []
    until = time.thread_time() + SETTLING_SECONDS
    for definition in broken:
        types = _better_types(sheet, definition, edition, window, types, until)
    sheet.types, sheet.widest = types, window
    sheet.types |= _rows_stated_elsewhere(sheet, edition, window)
    with suppress(Unread, Untyped):
        world = World(sheet, edition, window, Assumed(is_scalar=sheet.is_scalar))
        sheet.dropped = {definition for definition in world.broken if definition.role == "forward"}


def _rows_stated_elsewhere(sheet: Sheet, edition: Edition, window: Window) -> dict[str, tuple[str, ...]]:
    """The b of y_ij = Σ_k x_ik a_jk + b_j, a row because Y = X Aᵀ + b stands elsewhere: an index alone does not tell."""
    here = {name.letter for found in edition.definitions for _, name in names_in(found.body) if not name.below}
    before = dict(sheet.types)
    turned: dict[str, tuple[str, ...]] = {}
    for definition in sheet.definitions:
        if definition in edition.definitions or definition.role != "forward" or definition.labels or definition.body.kind != "sum":
            continue
        names = [name for summand in operands_of(definition.body) if (name := printed_name(summand)) is not None and not name.below]
        families = {sheet.lexicon.mention(name).family for name in names if name.letter not in here}
        families = {family for family in families if sheet.ranks.get(family) == 1 and family not in sheet.with_samples}
        if families:
            with suppress(Unread, Untyped):
                World(sheet, sheet.edition(definition.order), window, Assumed(is_scalar=sheet.is_scalar))
            turned |= {family: (COL,) for family in families if sheet.types.get(family) == (COL,)}
            sheet.types = dict(before)
    return turned


def _broken_in(sheet: Sheet, edition: Edition, window: Window, types: dict[str, tuple[str, ...]], is_scalar: bool) -> list[Definition]:
    """The definitions that cannot be read with given types."""
    sheet.types = dict(types)
    try:
        world = World(sheet, edition, window, Assumed(is_scalar=is_scalar), is_uniform=True)
    except (Unread, Untyped):
        return [definition for definition in edition.definitions if definition.role == "forward"]
    return [definition for definition in edition.definitions if definition in world.broken and definition.role == "forward"]


def _families_of(sheet: Sheet, edition: Edition) -> set[str]:
    return {sheet.lexicon.mention(name).family for definition in edition.definitions for _, name in names_in(definition.body)}


def _better_types(
    sheet: Sheet, definition: Definition, edition: Edition, window: Window, types: dict[str, tuple[str, ...]], until: float
) -> dict[str, tuple[str, ...]]:
    """Types, changed as little as possible, with which one more definition is read."""
    before = _broken_in(sheet, edition, window, types, False)
    if definition not in before:
        return types
    defined = {other.name.family for other in edition.definitions if other.role == "forward"}
    inside = [sheet.lexicon.mention(name).family for _, name in names_in(definition.body)]
    sure = {family for family in sheet.printed_capital if family.split("_")[0] in WEIGHTS} | set(sheet.ranks) | defined | sheet.with_samples
    families = [family for family in dict.fromkeys(inside) if family not in sure]
    options = [list(enumerate(sheet.usual_shapes(family))) for family in families[:4]]
    trials = sorted(combinations_of(*options), key=lambda trial: sum(cost for cost, _ in trial))[1:MOST_TRIALS]
    for trial in trials:
        if time.thread_time() > until:
            break
        changed = {**types, **{family: SHAPES[shape] for family, (_, shape) in zip(families, trial, strict=False)}}
        after = _broken_in(sheet, edition, window, changed, False)
        if definition not in after and len(after) < len(before):
            return changed
    return types


def world_of(sheet: Sheet, order: int, window: Window, assumed: Assumed, about: frozenset) -> World:
    """The world of a claim, built once for all claims that share it."""
    edition = sheet.edition(order, assumed.reach, assumed.fitting)
    window = replace(window, own=None, twin=None, holds_if="", is_share=False)
    edition = numbered_edition(sheet, edition, window, about)
    plain = _kept_world(sheet, edition, window, assumed, frozenset())
    if not plain.has_one_end:
        return _kept_world(sheet, edition, window, assumed, about)
    whole = wholes_out_of_sight(plain, about)
    return _kept_world(sheet, edition, window, assumed, whole) if whole else plain


def _sizes_for(sheet: Sheet, edition: Edition, is_numbered: bool) -> Sizes:
    """Which axes are equally long in an edition: found once, on the widest window.

    Numbered layers have sizes of their own.  Elsewhere what holds of one layer's sizes holds of the next one's.
    """
    key = (edition, is_numbered)
    if key not in sheet.sizes_of:
        sheet.sizes_of[key] = Sizes()
        with suppress(Unread, Untyped):
            world = World(sheet, edition, sheet.widest, Assumed(is_scalar=sheet.is_scalar), is_numbered=is_numbered)
            sheet.sizes_of[key] = world.sizes.without_anchors()
            sheet.samples_of[key] = _counts_of_samples(world)
    return sheet.sizes_of[key]


def _counts_of_samples(world: World) -> dict[str, tuple]:
    """Which letter counts the samples, by the sum of a cost, so that it is known also where the cost is out of sight."""
    found = {}
    for letter, axis in world.counts.items():
        root = world.sizes.spoken.get(axis.size, (("", ""), 0))[0]
        if letter in SAMPLE_COUNTS and root[0] == "flat" and not world.is_of_weights(axis):
            found[letter] = root
    return found


def _kept_world(sheet: Sheet, edition: Edition, window: Window, assumed: Assumed, about: frozenset) -> World:
    key = (edition, window, assumed, about)
    if key not in sheet.worlds:
        if len(sheet.worlds) > MOST_WORLDS:
            sheet.worlds.clear()
        try:
            sheet.worlds[key] = _built_world(sheet, edition, window, assumed, about)
        except (Unread, Untyped) as error:
            sheet.worlds[key] = error
    found = sheet.worlds[key]
    if not isinstance(found, World):
        raise type(found)(str(found)) if type(found) in (Unread, Untyped) else Untyped(str(found))
    return found


def _built_world(sheet: Sheet, edition: Edition, window: Window, assumed: Assumed, about: frozenset) -> World:
    """A world that begins with the sizes and the unreadable definitions which a world of the same equations found."""
    key = (edition, window, replace(assumed, activation="", has_unit_targets=False, reach=None, fitting=frozenset()))
    is_numbered = sheet.is_numbered(window, edition)
    sizes = _sizes_for(sheet, edition, is_numbered)
    start, broken = sheet.founds.get(key, (sizes, frozenset()))
    preset = {letter: start.axis(root, None) for letter, root in sheet.samples_of.get((edition, is_numbered), {}).items()}
    built = World(sheet, edition, window, assumed, about, sizes=sizes, start=start, broken=broken, preset=preset, is_numbered=is_numbered)
    sheet.founds[key] = (built.sizes, frozenset(built.broken))
    return built
