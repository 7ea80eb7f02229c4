r"""Which doubts of a reader are empty: no cost that was left open makes such a formula true.

    \delta^l_j = \sum_k w^{l+1}_{kj} a^{l+1}_k \sigma'(z^l_j)      false, whatever the cost: it holds for every layer or for none
    \frac{\partial C}{\partial a^l_k} = \sum_j w^{l+1}_{jk}        false: every cost compares with targets, and here are none
    \delta^L = a^L                                         open: it depends on the cost alone
    \frac{\partial L}{\partial \gamma_i} = \hat x_i        false for y_i = γ_i x̂_i + β_i: a factor is missing that the cost decides

A derivative of a cost that is not stated is compared with an expression that has no derivative in it.  Of an output that is
open.  What comes to a quantity further inside, or to one that the equations are given, is a product with what comes from
above, which is different for different targets; an expression of weights, states and inputs alone is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from symback.language.expressions import Const, Tensor, Var, leaves
from symback.verification.mentions import names_in

if TYPE_CHECKING:
    from symback.verification.definitions import Definition
    from symback.verification.world import World

__all__ = ["TARGETS", "is_false_of_every_cost"]

TARGETS = frozenset(["y", "Y", "t", "T", "d", r"\hat y", r"\hat Y", "p", "q"])
FAR = 2  # equations between a quantity that has one and the last one: what lies nearer is the cost's own affair


def is_false_of_every_cost(one: Tensor, other: Tensor, world: World, own: int | None) -> bool:
    """Whether a derivative of an open cost is set equal to what cannot be one, whatever the cost is.

    `own` is the layer that the formula is about.
    """
    plain, gradient = (one, other) if world.has_gradient(other) else (other, one)
    names = leaves(plain)
    if (
        (isinstance(plain, Const) and plain.value.is_number)
        or world.window.is_clock
        or not all(_is_of_the_network(name, world) for name in names)
    ):
        return False
    costs = [definition for definition in world.sheet.definitions if definition.role == "cost"]
    if not all(_names_target(definition, world) for definition in costs):
        return False
    letters = {letter for letter, _ in world.window.bases}
    if letters - {"L"}:
        return True
    if letters and own is not None and own < world.window.last:
        return True
    derived = {variable for variable, cotangent in world.cotangents.items() if cotangent in leaves(gradient)}
    least = FAR if derived & world.forward.keys() else 1
    return bool(derived) and _distance(derived, set(leaves(world.cost.definition)), world) >= least


def _is_of_the_network(name: Var, world: World) -> bool:
    """A quantity of the forward equations that is no target."""
    families = {family for (family, _), value in world.values.items() if value.tensor is name}
    if not families or name in world.forward:
        return name in world.forward
    is_used = any(name in leaves(definition) for symbol, definition in world.forward.items() if symbol is not world.cost.symbol)
    return is_used and not any(family.split("_")[0] in TARGETS for family in families)


def _names_target(cost: Definition, world: World) -> bool:
    """Whether a stated cost compares with targets, as nearly all do."""
    families = {world.lexicon.mention(name).family.split("_")[0] for _, name in names_in(cost.body)}
    return bool(families & TARGETS)


def _distance(names: Iterable[Var], ends: set[Var], world: World) -> int:
    """The fewest equations from one of the names to an end."""
    reached, steps = set(names), 0
    while not reached & ends and steps < FAR:
        above = {symbol for symbol, definition in world.forward.items() if reached & set(leaves(definition))}
        reached, steps = above - {world.cost.symbol}, steps + 1
    return steps
