r"""Derivatives in a world: of its cost by any quantity, by the sweep backwards, and of any quantity by any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from symback.calculus.jacobian import jacobian
from symback.language.expressions import Axis, Const, Equation, Tensor, Var, add, const, contract, leaves, var, walk
from symback.language.names import Name
from symback.verification.definitions import Definition
from symback.verification.meaning import Unread, Untyped, Value
from symback.verification.mentions import names_in
from symback.verification.place import Place
from symback.verification.recurrence import share_of_next_step, sum_over_steps, swept_from
from symback.verification.world_costs import ancestors_in, part_of_cost, share_of_cost

if TYPE_CHECKING:
    from symback.verification.world import World

__all__ = ["axes_in", "cotangent_of", "error_of", "gradient_definition", "is_indirect", "names_gradient", "symbols_in", "whole_derivative"]


def _composed(outer: Tensor | None, inner: Tensor | None, rank: int, between: int) -> Tensor | None:
    """Σ over the axes of the name between; its derivative by the last name follows."""
    if outer is None or inner is None:
        return None
    first = tuple(range(rank))
    bound = tuple(range(100, 100 + between))
    last = tuple(range(200, 200 + inner.rank - between))
    return contract(((outer, (*first, *bound)), (inner, (*bound, *last))), (*first, *last), {})


def axes_in(equation: Equation) -> list[Axis]:
    """The axes of an equation."""
    return [axis for tensor in (equation.symbol, *leaves(equation.definition)) for axis in tensor.axes]


def symbols_in(tensor: Tensor) -> set[sympy.Symbol]:
    """The symbols of the sizes in a tensor."""
    found: set[sympy.Symbol] = set()
    for node in walk(tensor):
        for axis in node.axes:
            found |= axis.size.free_symbols
        if isinstance(node, Const):
            found |= node.value.free_symbols
    return found


def cotangent_of(world: World, of: Value, root: Var | None = None, by_steps: bool = False, is_share: bool = False) -> Value:
    """∂C/∂(of), in the shape of `of`; of the loss `root` if that is given.

    `by_steps`: as a sum over the losses of single steps;  `is_share`: what comes through the next step alone.
    """
    if not isinstance(of.tensor, Var):
        raise Unread("a derivative with respect to what is no single quantity")
    if not world.is_built:
        raise Unread("a gradient within a definition")
    if world.window.is_clock and of.tensor.name.letter in world.unknown_states and of.tensor not in world.forward:
        raise Unread(f"what {of.tensor.name.letter} is made of is not said, or was not understood")
    if world.window.is_clock and root is None and (by_steps or is_share):
        found = share_of_next_step(world, of.tensor) if is_share else sum_over_steps(world, of.tensor)
        if found is not None:
            return Value(found, of.labels)
    cotangents = world.cotangents if root is None else swept_from(world, root)
    if of.tensor not in cotangents:
        if root is None:
            raise Unread(f"the cost does not depend on {of.tensor.name} here")
        return Value(contract(((const(0), ()),), range(of.tensor.rank), dict(enumerate(of.tensor.axes))), of.labels)
    return Value(cotangents[of.tensor], of.labels)


def error_of(world: World, family: str, of: Value) -> Value:
    """δ^l where the document says of which cost the δ of another layer is the derivative, or says nothing."""
    if world.window.is_clock:
        return cotangent_of(world, of)
    stated = [d for d in world.edition.definitions if d.role == "gradient" and d.name.family == family]
    spoken = {world.lexicon.mention(name).family for d in stated for _, name in names_in(d.body)}
    costs = spoken & {cost.name.family for cost in world.edition.costs}
    if len(costs) != 1 or not world.is_built:
        return cotangent_of(world, of)
    cost = costs.pop()
    root = part_of_cost(world, cost)
    value = cotangent_of(world, of, root)
    share = share_of_cost(world, cost) if root is None else 1
    return (
        value
        if share == 1
        else Value(
            contract(((value.tensor, tuple(range(value.tensor.rank))), (const(share), ())), range(value.tensor.rank), {}), value.labels
        )
    )


def names_gradient(world: World, family: str, stage: int | None) -> bool:
    """Whether the document gives this name to a derivative."""
    named = [d for d in world.edition.definitions if d.role == "gradient" and d.name.family == family]
    return stage is None and any(definition.name.stage is None and definition.body.kind == "derivative" for definition in named)


def gradient_definition(world: World, family: str, stage: int | None, step: int | None, place: Place | None) -> Value | None:
    """A name that the document gives to a derivative."""
    key = ("reading", family, stage, step)
    if not world.is_built or key in world.memory:
        return None
    for definition in world.edition.definitions:
        if definition.role == "gradient" and definition.name.family == family:
            bases = _bases_of(world, definition, stage, step)
            found = _gradient_body(world, definition, bases, stage, key, place) if bases is not None else None
            if found is not None:
                return found
    return None


def _bases_of(world: World, definition: Definition, stage: int | None, step: int | None) -> dict[str, int] | None:
    """What the stage letters of a definition stand for at a stage, and of the loss of a step; None if that cannot be."""
    bases = dict(world.window.bases)
    fixed: dict[str, int] = {}
    for printed, number in ((definition.name.stage, stage), (definition.name.of_step, step)):
        if (printed is None) != (number is None):
            return None
        if printed is not None and number is not None:
            letter, shift = printed
            if (letter == "" and bases.get("", number - shift) + shift != number) or fixed.setdefault(
                letter, number - shift
            ) != number - shift:
                return None
    return {**bases, **fixed}


def _gradient_body(
    world: World, definition: Definition, bases: dict[str, int], stage: int | None, key: tuple, place: Place | None
) -> Value | None:
    world.memory[key] = True
    try:
        return world.body_of(definition, bases, stage, place)
    except (Unread, Untyped):
        return None
    finally:
        world.memory.pop(key, None)


def whole_derivative(world: World, of: Tensor, wrt: Var, is_direct: bool = False) -> Tensor:
    """d(of)/d(wrt); axes of the one, then of the other.  Direct: everything else that `of` mentions is held."""
    key = ("derivative", of, wrt, is_direct)
    if key not in world.memory:
        found = _chained(world, of, wrt, is_direct)
        axes = of.axes + wrt.axes
        if found is None and any(leaf is not wrt and _is_cut_off(world, leaf) for leaf in leaves(of)):
            raise Unread("a derivative of what is defined beyond the equations at hand")
        world.memory[key] = contract(((const(0), ()),), range(len(axes)), dict(enumerate(axes))) if found is None else found
    return world.memory[key]


def _is_cut_off(world: World, leaf: Var) -> bool:
    """Whether the document defines a name that stands here without its equation."""
    if leaf in world.forward:
        return False
    families = [family for (family, _), value in world.values.items() if value.tensor is leaf]
    return any(definition.name.family in families for definition in world.sheet.definitions if definition.role == "forward")


def is_indirect(world: World, of: Tensor, wrt: Var) -> bool:
    """Whether `of` depends on `wrt` in two ways: by itself, and through other names."""
    tensor = world.forward.get(of, of) if isinstance(of, Var) else of
    direct = leaves(tensor)
    return wrt in direct and any(leaf is not wrt and _depends(world, leaf, wrt) for leaf in direct)


def _chained(world: World, of: Tensor, wrt: Var, is_direct: bool) -> Tensor | None:
    """∂u/∂w + Σ_v ∂u/∂v dv/dw over the names v between, which stay as they are printed; None where it is zero."""
    key = ("chained", of, wrt, is_direct)
    if key not in world.memory:
        world.memory[key] = None
        own = world.forward.get(of, of) if isinstance(of, Var) and of is not wrt else of
        terms = [jacobian(Equation(var(Name("chained"), of.axes), own), wrt)] if wrt in leaves(own) else []
        for between in leaves(own) if not (is_direct and terms) else ():
            if between is not wrt and between is not of and between in world.forward and _depends(world, between, wrt):
                outer = jacobian(Equation(var(Name("chained"), of.axes), own), between)
                terms.append(_composed(outer, _chained(world, between, wrt, is_direct), of.rank, between.rank))
        kept = [term for term in terms if term is not None]
        world.memory[key] = add(*kept) if kept else None
    return world.memory[key]


def _depends(world: World, name: Var, wrt: Var) -> bool:
    key = ("depends", name, wrt)
    if key not in world.memory:
        world.memory[key] = wrt in ancestors_in(world, leaves(world.forward.get(name, const(0))))
    return world.memory[key]
