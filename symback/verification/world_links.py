"""One equation in terms of another, and the order in which they can be computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symback.language.expressions import Const, Equation, Var, leaves, walk
from symback.simplification.replacing import replaced

if TYPE_CHECKING:
    from symback.verification.world import World

__all__ = ["linked"]


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
