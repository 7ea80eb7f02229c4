r"""Sequences: weights that all steps share, losses of single steps, and derivatives of each of them.

    W^{(t)}            the copy of W that step t uses: ∂L/∂W = Σ_t ∂L/∂W^{(t)}
    L_t                the loss of step t: as the page states it, else an open function of what step t puts out
    S = Σ_t L_t        over the steps that are built, and an open function of the last states for those that follow
    L = S, or S/T      the whole loss: as the page states it

What a step puts out is what nothing else of that step is made of: y_t if y_t = V h_t is stated, else h_t.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import sympy

from symback.calculus.chain_rule import chain_rule, sum_over
from symback.language.expressions import Const, Equation, Tensor, Var, add, const, contract, leaves, unspecified, var
from symback.language.names import Name
from symback.simplification.replacing import replaced
from symback.verification.choices import Choices
from symback.verification.definitions import Definition
from symback.verification.meaning import Mismatch, Unread, Untyped, Value
from symback.verification.mentions import Lexicon, names_in, printed_name
from symback.verification.place import Place, read
from symback.verification.reading_names import axes_of_indices
from symback.verification.tree import Tree, walk

if TYPE_CHECKING:
    from symback.verification.world import World

__all__ = [
    "copy_of", "cost_of_sequence", "losses_under_sums", "share_of_next_step", "shared_families", "states_of", "sum_over_steps",
    "swept_from",
]  # fmt: skip

LENGTH = sympy.Symbol("T_steps", integer=True, positive=True)


def shared_families(definitions: list[Definition], lexicon: Lexicon) -> set[str]:
    """The names without a step in definitions of what has one: weights and biases."""
    forward = [definition for definition in definitions if definition.role == "forward"]
    defined = {definition.name.family for definition in forward}
    found = set()
    for definition in forward:
        stage = definition.name.stage
        if stage is not None and stage[0] not in ("l", "L"):
            mentions = [lexicon.mention(name) for _, name in names_in(definition.body)]
            found |= {mention.family for mention in mentions if mention.stage is None}
    return found - defined - lexicon.losses


def losses_under_sums(definitions: list[Definition], lexicon: Lexicon) -> set[str]:
    r"""The \ell of L = \frac1T \sum_t \ell(y_t, \hat y_t)."""
    found = set()
    for definition in definitions:
        if definition.role == "cost" and definition.name.stage is None and lexicon.times:
            heads = [node.children[0] for node in walk(definition.body) if node.kind == "call"]
            names = [name for tree in heads if (name := printed_name(tree)) is not None]
            letters = {name.letter for name in names} | {name.letter for _, name in names_in(definition.body)}
            found |= (letters & lexicon.losses) - {definition.name.family}
    return found


def copy_of(world: World, family: str, stage: int, count: int) -> Value:
    """W^{(t)}: equal to W, and a quantity of its own."""
    whole = world.whole(family, None, count)
    if not world.window.first <= stage <= world.window.last or not isinstance(whole.tensor, Var):
        return whole
    symbol = var(Name(f"{whole.tensor.name.letter}_at_step", stage), whole.tensor.axes)
    world.equations.append(Equation(symbol, whole.tensor, "cut"))
    world.values[family, stage] = Value(symbol, whole.labels)
    return world.values[family, stage]


def cost_of_sequence(world: World) -> Equation:
    """The losses of all steps as equations of the world, and the whole loss."""
    world.losses, world.has_one_end = {}, True
    window = world.window
    for stage in range(window.first, window.last + 1):
        if window.loss != "last" or stage == window.last:
            tensor = _stated_loss(world, stage)
            if tensor is None:
                outputs = _outputs(world, stage)
                tensor = unspecified(f"loss_{stage}".replace("-", "m"), tuple(outputs)) if outputs else None
            if tensor is not None:
                symbol = var(Name("loss_of_step", stage), ())
                _append(world, symbol, tensor)
                world.losses[stage] = symbol
    terms: list[Tensor] = list(world.losses.values())
    future = _states(world) if window.is_open else []
    if future:
        terms.append(unspecified("later_loss", tuple(future)))
    if not terms:
        raise Unread("nothing here has a loss")
    world.total = var(Name("sum_of_losses"), ())
    _append(world, world.total, add(*terms))
    stated = None if window.is_open else _stated_whole(world)
    mean = const(1 / LENGTH) if window.is_open and any(_is_mean(d.body, world.lexicon) for d in _wholes(world)) else const(1)
    return Equation(var(Name("C"), ()), stated if stated is not None else contract(((mean, ()), (world.total, ())), (), {}), "cost")


def _append(world: World, symbol: Var, tensor: Tensor) -> None:
    world.equations.append(Equation(symbol, tensor, "cut"))
    world.forward[symbol] = tensor


def _outputs(world: World, stage: int) -> list[Var]:
    """What nothing else of a step is made of."""
    own = [
        value.tensor
        for (family, at), value in world.values.items()
        if at == stage and isinstance(value.tensor, Var) and value.tensor in world.forward and family not in world.sheet.shared
    ]
    used = {leaf for tensor in own for leaf in leaves(world.forward[tensor])}
    return list(dict.fromkeys(tensor for tensor in own if tensor not in used))


def states_of(definitions: Iterable[Definition], lexicon: Lexicon) -> set[str]:
    """The families that a later step is made of."""
    found = set()
    for definition in definitions:
        stage = definition.name.stage
        if definition.role == "forward" and stage is not None:
            mentions = [lexicon.mention(name) for _, name in names_in(definition.body)]
            earlier = [m for m in mentions if m.stage is not None and m.stage[0] == stage[0] and m.stage[1] < stage[1]]
            found |= {mention.family for mention in earlier}
    return found


def _states(world: World) -> list[Var]:
    """What the step after the last one is made of."""
    known = [world.values.get((family, world.window.last)) for family in sorted(states_of(world.edition.definitions, world.lexicon))]
    return [value.tensor for value in known if value is not None and isinstance(value.tensor, Var) and value.tensor in world.forward]


def _stated_loss(world: World, stage: int) -> Tensor | None:
    """The loss of one step, as the page states it."""
    for definition in world.edition.definitions:
        if definition.role == "cost" and definition.name.stage is not None and definition not in world.broken:
            letter, shift = definition.name.stage
            found = _read_cost(world, definition, {**dict(world.window.bases), letter: stage - shift}, stage)
            if found is not None and set(leaves(found)) & world.forward.keys():
                return found  # one that nothing here leads to would have no derivatives
    return None


def _wholes(world: World) -> list[Definition]:
    return [definition for definition in world.edition.costs if definition.name.stage is None and definition not in world.broken]


def _stated_whole(world: World) -> Tensor | None:
    """The whole loss, as the page states it."""
    for definition in _wholes(world):
        found = _read_cost(world, definition, {**dict(world.window.bases), "T": world.window.last}, world.window.last)
        if found is not None and set(leaves(found)) & set(world.losses.values()):
            return found
    return None


def _read_cost(world: World, definition: Definition, bases: dict[str, int], stage: int) -> Tensor | None:
    try:
        place = Place(world, bases, Choices(), stage, is_definition=True)
        axes_of_indices((definition.body,), place)
        found = read(definition.body, place)
    except Mismatch as error:
        if world.sizes.can_tie(error.left, error.right):
            raise
        world.broken.add(definition)
        return None
    except (Unread, Untyped):
        world.broken.add(definition)
        return None
    return contract(((found.tensor, found.labels),), (), {})


def _is_mean(body: Tree, lexicon: Lexicon) -> bool:
    r"""\frac1T \sum_t."""
    below = [node.children[1] for node in walk(body) if node.kind == "fraction"]
    return any(node.kind == "symbol" and node.text in (lexicon.times | {"T", "N", "n"}) for tree in below for node in walk(tree))


def swept_from(world: World, root: Var) -> dict[Var, Var]:
    """Every derivative of one loss; names of their own, defined among the world's definitions."""
    key = ("sweep", root)
    if key not in world.memory:
        inputs = [value.tensor for value in world.values.values() if isinstance(value.tensor, Var) and value.tensor not in world.forward]
        found = chain_rule(world.equations, dict.fromkeys(inputs), ((root, const(1)),))
        names = {cotangent.symbol: _renamed(cotangent.symbol, root) for cotangent in found}
        swept = [replaced(cotangent.total, names) for cotangent in found]
        if (share := _share_of_root(world, root)) is not None:
            past = _past(world, root)
            for place, cotangent in enumerate(found):
                if cotangent.target in world.cotangents and cotangent.target not in past:
                    own = tuple(range(cotangent.symbol.rank))
                    swept[place] = contract(((world.cotangents[cotangent.target], own), (const(1 / share), ())), own, {})
        world.further += [Equation(names[cotangent.symbol], total) for cotangent, total in zip(found, swept, strict=True)]
        world.definitions |= {names[cotangent.symbol]: total for cotangent, total in zip(found, swept, strict=True)}
        for kept in [known for known in world.memory if known == "near" or (isinstance(known, tuple) and known[0] == "setting")]:
            with suppress(KeyError):
                del world.memory[kept]
        world.memory[key] = {cotangent.target: names[cotangent.symbol] for cotangent in found}
    return world.memory[key]


def _share_of_root(world: World, root: Var) -> sympy.Expr | None:
    """The number ∂C/∂C_0 of a cost C that is C_0 and more; None where it is no number, or the world has steps in time."""
    found = next((cotangent for cotangent in world.swept if cotangent.target is root), None)
    if world.window.is_clock or found is None or not isinstance(found.total, Const):
        return None
    return found.total.value if found.total.value != 0 else None


def _past(world: World, root: Var) -> set[Var]:
    """What the cost is made of otherwise than by way of `root`: of all else, ∂C/∂x = ∂C/∂C_0 ∂C_0/∂x."""
    found: set[Var] = set()
    pending = [world.cost.definition]
    while pending:
        new = set(leaves(pending.pop())) - found - {root}
        found |= new
        pending += [world.forward[leaf] for leaf in new if leaf in world.forward]
    return found


def _renamed(symbol: Var, root: Var) -> Var:
    name, stage = symbol.name, root.name.layer
    tail = root.name.letter if stage is None else f"{root.name.letter}_{stage}".replace("-", "m")
    return var(Name(f"{name.letter}_for_{tail}", name.layer, name.is_gradient), symbol.axes)


def sum_over_steps(world: World, of: Var) -> Tensor | None:
    """∂L/∂x = Σ_t ∂L/∂L_t ∂L_t/∂x, where the sequence ends with the last step."""
    if world.window.is_open:
        return None
    terms = []
    for root in world.losses.values():
        found = swept_from(world, root).get(of)
        if found is not None and root in world.cotangents:
            own = tuple(range(found.rank))
            terms.append(contract(((world.cotangents[root], ()), (found, own)), own, {}))
    return add(*terms) if terms else None


def share_of_next_step(world: World, of: Var) -> Tensor | None:
    """What later steps make of a state directly; None if nothing else is made of it, or if no later step makes anything of it."""
    found = next((cotangent for cotangent in world.swept if cotangent.target is of), None)
    if found is None or of not in world.forward:
        return None
    later = [edge for edge in found.edges if edge.consumer.symbol.name.layer not in (None, of.name.layer)]
    return sum_over(later, None, ()) if later and len(later) < len(found.edges) else None
