"""One equation in terms of another, the order in which they can be computed, and sizes that a page declares to be equal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from symback.language.expressions import Axis, Const, Equation, Var, leaves, walk
from symback.simplification.replacing import replaced
from symback.verification.meaning import Mismatch
from symback.verification.window import Counted, sides_of

if TYPE_CHECKING:
    from symback.verification.world import World

__all__ = ["check_declared_sizes", "declared_sizes", "linked"]


def linked(world: World) -> list[Equation]:
    """H = σ(X W + b) goes through Z where Z = X W + b is an equation too; the equations, each after those that it rests on."""
    equations = world.equations
    for equation in list(equations):
        if isinstance(equation.definition, Var | Const):
            continue
        for place, other in enumerate(equations):
            is_part = equation.definition in walk(other.definition) and other.definition is not equation.definition
            if other.symbol is not equation.symbol and is_part:
                through = replaced(other.definition, {equation.definition: equation.symbol})
                equations[place] = Equation(other.symbol, through, other.role)
                world.forward[other.symbol] = through
    return _in_order(equations, set(world.forward))


def _in_order(equations: list[Equation], defined: set[Var]) -> list[Equation]:
    """The equations, each after those that it rests on; as they are where they go in a circle."""
    waiting, found, done = list(equations), [], set[Var]()
    while waiting:
        ready = [equation for equation in waiting if not (set(leaves(equation.definition)) & defined) - done]
        if not ready:
            return equations
        found += ready
        done |= {equation.symbol for equation in ready}
        waiting = [equation for equation in waiting if equation.symbol not in done]
    return found


def check_declared_sizes(world: World) -> None:
    """Makes axes one that are declared to be equally long; a letter that was read as a number before they were there counts them."""
    seen: dict[str, Axis] = dict(world.counts)
    for size, axis in declared_sizes(world):
        if size not in seen and (size, None) in world.values and not world.defines(size):
            raise Counted(size, axis)
        if seen.setdefault(size, axis) != axis and world.sizes.can_merge(seen[size], axis):
            raise Mismatch(seen[size], axis)


def declared_sizes(world: World) -> Iterator[tuple[str, Axis]]:
    """What is declared to be as long as a letter says: X ∈ ℝ^{M×N} has M rows."""
    for family, shape in world.sheet.shapes.items():
        value = world.values.get((family, None))
        sides = sides_of(shape)
        if value is not None and set(sides) == set(value.labels):
            sizes = [size for size in shape if size != "1" or len(shape) > 2]
            yield from ((size, value.axes[side]) for size, side in zip(sizes, sides, strict=True) if not size.isdigit())
