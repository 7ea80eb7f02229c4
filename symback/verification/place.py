r"""Where a formula is read: the world with its equations, what the letters of layers stand for, and which readings are chosen.

Readers of trees call each other through `read`, and the table of readers is filled by the module that knows all of them
(`reading.py`); so each family of signs has a module of its own, and none imports the one that imports it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from symback.language.expressions import Axis
from symback.verification.choices import Choices
from symback.verification.meaning import Unread, Value
from symback.verification.mentions import Mention, number_of_stage
from symback.verification.tree import Tree

if TYPE_CHECKING:
    from symback.verification.world import World

__all__ = ["MOST_SUMMANDS", "Place", "READERS", "read", "stage_number", "stage_of"]

MOST_SUMMANDS = 40


@dataclass
class Place:
    """Where an expression stands.

    `bases`    the number of each stage letter in the world: {"l": 0};
    `bound`    what the parameters of functions stand for;
    `axes`     what each index letter runs over;
    `own`      the stage of names that print none;
    `is_link`  whether it is a factor beside other derivatives;
    `remarks`  readings that are charitable: what holds by them alone is conditional;
    `doubts`   readings that are less than certain: nothing is refuted by them;
    `is_in_sum`  whether a sum over time stands around it;
    `has_step_losses`  whether the formula speaks of losses of single steps;
    `takes_share`  whether a derivative by a state is meant as its share that comes through the next step;
    `summands`   which trees are whole terms of a sum, `held` which of them are what the formula is about as well.
    """

    world: World
    bases: dict[str, int]
    choices: Choices
    own: int | None = None
    bound: dict[str, Value] = field(default_factory=dict)
    axes: dict[str, Axis] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)
    is_definition: bool = False
    depth: int = 0
    is_link: bool = False
    until: float = float("inf")
    is_in_sum: bool = False
    has_step_losses: bool = False
    takes_share: bool = False
    summands: frozenset[int] = frozenset()
    held: frozenset[int] = frozenset()
    vacuous: dict[str, None] = field(default_factory=dict)
    doubts: dict[str, None] = field(default_factory=dict)
    has_stages: bool = False


READERS: dict[str, Callable[[Tree, Place], Value]] = {}  # by the kind of tree; `reading.py` fills it


def read(tree: Tree, place: Place) -> Value:
    """The value of an expression; `Unread` when the time of its formula is over."""
    if time.thread_time() > place.until:
        raise Unread("the time for one formula is over")
    reader = READERS.get(tree.kind)
    if reader is None:
        raise Unread(f"no meaning is known for a {tree.kind} here")
    return reader(tree, place)


def stage_of(mention: Mention, place: Place) -> int | None:
    """The stage's number in the world; None for what has no stages."""
    if mention.stage is None:
        if not place.world.is_staged(mention.family):
            return None
        if place.own is None and place.world.window.is_output and mention.indices:
            return place.world.window.last  # what is nobody's layer, p_j = softmax(z)_j, stands at the end
        if place.own is None:
            raise Unread(f"the layer of {mention.family} is not printed")
        if place.has_stages and not place.is_definition and mention.family not in place.world.sheet.stageless:
            place.doubts[f"{mention.family} without a layer is read in the layer of the left side"] = None
        return place.own
    return stage_number(mention.stage, place)


def stage_number(stage: tuple[str, int], place: Place) -> int:
    """The number that t-1 stands for."""
    number = number_of_stage(stage[0], place.bases)
    if number is None:
        known = " and ".join(sorted(filter(None, place.bases))) or "numbers"
        raise Unread(f"the stage {stage[0] or stage[1]} beside {known}")
    return number + stage[1]
