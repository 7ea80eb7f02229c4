r"""The cost of a world: the one that is assumed, the one that the document states, or an open function of what nothing else is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import sympy

from symback.language.expressions import Equation, Tensor, Var, const, contract, leaves, map_, slot, unspecified, var
from symback.language.names import Name
from symback.language.steps import Fact
from symback.verification.bound_letters import told_apart
from symback.verification.choices import Choices
from symback.verification.definitions import Definition
from symback.verification.differentials import outermost_cost
from symback.verification.meaning import COL, ROW, Mismatch, Unread, Unspread, Untyped, Value, scalar_expression
from symback.verification.mentions import SAMPLE_COUNTS, names_in
from symback.verification.place import Place, read
from symback.verification.reading_names import axes_of_indices
from symback.verification.tree import Tree
from symback.verification.window import Counted, Retyped

if TYPE_CHECKING:
    from symback.verification.world import World

__all__ = ["ancestors_in", "cost_of", "facts_of", "last_number", "part_of_cost", "share_of_cost", "wholes_out_of_sight"]


def _is_target(family: str) -> bool:
    return family.split("_")[0] in ("y", "Y", "t", "T", r"\hat a", r"\hat y", "d", r"\hat Y", "p", "q")


def sample_cost(cost: str, a: Tensor, y: Tensor) -> Tensor:
    """The cost as a tensor in the outputs and targets, summed over all their entries."""
    first, second = slot(0), slot(1)
    formula = {
        "quadratic": (first - second) ** 2 / 2,
        "squared_error": (first - second) ** 2,
        "cross_entropy": -second * sympy.log(first),
        "binary_cross_entropy": -second * sympy.log(first) - (1 - second) * sympy.log(1 - first),
    }[cost]
    entries = map_(formula, (a, y))
    return contract(((entries, tuple(range(entries.rank))),), (), {})


def cost_of(world: World) -> tuple[Equation, tuple[Fact, ...]]:
    """The cost that is assumed, the one that the document states, or an open function of what nothing else is made of."""
    world.has_one_end = len(_ends_of(world)) <= 1
    symbol = var(Name("C"), ())
    stated = _costs_for(world)
    world.cost_family = ""
    if world.assumed.cost:
        found = _assumed_cost(world)
        if found is not None:
            return Equation(symbol, found, "cost"), facts_of(world)
    if world.window.is_output and not world.assumed.cost:
        for definition in stated:
            found = _stated_cost(world, definition)
            if world.assumed.earlier_cost and definition is stated[0]:
                continue
            if found is not None and _reaches(world, found):
                world.cost_family = definition.name.family
                return Equation(symbol, found, "cost"), facts_of(world)
    sinks = _sinks_of(world)
    world.has_one_end = len(sinks) <= 1 and not world.about
    unknown = unspecified("C", tuple(sinks or all_values(world)))
    return Equation(symbol, _whole_of_unknown(world, stated, unknown) or unknown, "cost"), facts_of(world)


def _whole_of_unknown(world: World, stated: Sequence[Definition], unknown: Tensor) -> Tensor | None:
    r"""C = C_0 + λ Σ_l Σ w^2 where C_0 is an open function of the layers above; None unless the claim speaks of such a C."""
    if not world.about or world.assumed.cost:
        return None
    spoken = _costs_spoken_of(world)
    if world.sheet.differentials:
        spoken |= {outermost_cost(world.edition.costs, world.lexicon) or ""}
    for definition in stated:
        family, parts = definition.name.family, _parts_of(world, definition)
        nearest = next(cost for cost in world.edition.costs if cost.name.family == family)
        if definition is not nearest or family not in spoken or len(parts) != 1 or family in _known_shares(world):
            continue
        part, before = var(Name(parts[0]), ()), world.values.get((parts[0], None))
        if before is not None and before.tensor in world.forward:
            continue
        world.values[parts[0], None], world.forward[part] = Value(part, ()), unknown
        whole = _stated_cost(world, definition)
        if whole is not None and part in leaves(whole):
            world.equations.append(Equation(part, unknown, "cut"))
            world.cost_family = family
            return whole
        del world.values[parts[0], None], world.forward[part]
        if before is not None:
            world.values[parts[0], None] = before
    return None


def _costs_for(world: World) -> list[Definition]:
    """The stated costs, nearest first; before them those of which the claim speaks by their names, a whole before its parts."""
    stated = [definition for definition in world.edition.costs if definition not in world.broken]
    spoken = [definition for definition in stated if (definition.name.family, None) in world.about]
    parts = {family for definition in spoken for family in _parts_of(world, definition)}
    return sorted(stated, key=lambda definition: (definition not in spoken, definition in spoken and definition.name.family in parts))


def share_of_cost(world: World, family: str) -> sympy.Expr:
    """How often a cost contains the one whose derivatives the world knows: 1/N for C = C_Σ/N."""
    shares, share, passed = _known_shares(world), sympy.S.One, {family}
    own = [cost for cost in world.edition.costs if cost.name.family == family]
    if family in shares and not world.cost_family and len(own) > 1:
        # the nearest statement is meant where all that the open cost is made of has an axis for the samples
        is_of_batch = all(leaf.rank == 2 for leaf in leaves(world.cost.definition)) and _share_of(world, own[0]) is not None
        if not is_of_batch:
            raise Unread("a cost that is stated by itself and by another, where neither is known")
    while family != world.cost_family:
        if family not in shares:
            is_composed = bool(own) and bool(_parts_of(world, own[0]))
            if is_composed and (world.cost_family or not world.about or _costs_spoken_of(world) - {family}):
                raise Unread(f"how {family} is made of other costs, which was not understood")
            break
        family, factor = shares[family]
        own = [cost for cost in world.edition.costs if cost.name.family == family]
        share *= factor
        if family in passed:
            raise Unread("costs that are stated by each other")
        passed.add(family)
    return share


def wholes_out_of_sight(world: World, about: frozenset) -> frozenset:
    """The costs of which a claim speaks, and of which the known cost is one summand: C = C_0 + λ Σ w^2, where C_0 is known.

    Where none is known, since the last layer is out of sight, the summand is an open function of the layers above.
    """
    spoken = _costs_named(world, about)
    if world.sheet.differentials:
        spoken |= {outermost_cost(world.edition.costs, world.lexicon) or ""}
    with suppress(Counted, Retyped):  # where a size is not known here, the whole may be more than its share
        spoken -= _known_shares(world).keys()
    hidden = [(cost.name.family, _parts_of(world, cost)) for cost in world.edition.costs if cost.name.family in spoken]
    return frozenset(
        (family, None) for family, parts in hidden if world.cost_family in parts or (not world.cost_family and len(parts) == 1)
    )


def _costs_spoken_of(world: World) -> set[str]:
    """The stated costs that a claim names, and those of whose derivatives the page says dW and dZ."""
    stated = {cost.name.family for cost in world.edition.costs}
    return _costs_named(world, world.about) | (set(world.sheet.differentials.values()) & stated)


def _costs_named(world: World, about: frozenset) -> set[str]:
    """The stated costs that a claim names, by themselves or by the errors that are their derivatives."""
    spoken = {family for family, _ in about}
    errors = [d for d in world.edition.definitions if d.role == "gradient" and d.name.family in spoken]
    inside = {world.lexicon.mention(name).family for error in errors for _, name in names_in(error.body)}
    return (spoken | inside) & {cost.name.family for cost in world.edition.costs}


def _known_shares(world: World) -> dict[str, tuple[str, sympy.Expr]]:
    """`_shares_of` all stated costs, found once."""
    if "shares of costs" not in world.memory:
        world.memory["shares of costs"] = _shares_of(world, _costs_for(world))
    return world.memory["shares of costs"]


def _shares_of(world: World, stated: Sequence[Definition]) -> dict[str, tuple[str, sympy.Expr]]:
    """By which other cost a cost is stated, and how often it contains it."""
    shares: dict[str, tuple[str, sympy.Expr]] = {}
    for definition in stated:
        spoken = {world.lexicon.mention(name).family for _, name in names_in(definition.body)}
        others = [cost.name.family for cost in stated if cost.name.family in spoken - {definition.name.family}]
        share = _share_of(world, definition) if len(set(others)) == 1 else None
        if share is not None:
            shares.setdefault(definition.name.family, (others[0], share))
    return shares


def _share_of(world: World, definition: Definition) -> sympy.Expr | None:
    """The factor before the one name that stands in a cost; None if more stands there."""
    try:
        found = read(definition.body, Place(world, dict(world.window.bases), Choices(), world.window.last, is_definition=True))
    except (Mismatch, Unread, Unspread, Untyped):
        return None
    names = list(dict.fromkeys(leaves(found.tensor)))
    expression = scalar_expression(found.tensor, names[0]) if len(names) == 1 and not found.labels else None
    share = None if expression is None else sympy.cancel(expression / slot(0))
    return None if share is None or share.has(slot(0)) else share


def _add_parts(world: World, definition: Definition, passed: tuple[str, ...] = ()) -> bool:
    """Makes equations of the stated costs that a cost is made of: C_Σ in C = C_Σ/N.  False where one of them was not read."""
    passed = (*passed, definition.name.family)
    for family in _parts_of(world, definition):
        if family in passed:
            return False
        if (family, None) in world.values and world.values[family, None].tensor in world.forward:
            continue
        part = next(cost for cost in world.edition.costs if cost.name.family == family)
        body = _stated_cost(world, part, passed)
        if body is None:
            return False
        symbol = var(Name(family), ())
        world.values[family, None] = Value(symbol, ())
        world.equations.append(Equation(symbol, body, "cut"))
        world.forward[symbol] = body
    return True


def _parts_of(world: World, definition: Definition) -> list[str]:
    """The families of the other stated costs that are named in a cost."""
    stated = {cost.name.family for cost in world.edition.costs} - {definition.name.family}
    spoken = (world.lexicon.mention(name).family for _, name in names_in(definition.body))
    return [family for family in dict.fromkeys(spoken) if family in stated]


def part_of_cost(world: World, family: str) -> Var | None:
    """The name of a cost that is a part of the one whose derivatives the world knows; None if it is that one.

    Raises `Unread` for a cost of which nothing says here how it is related to that one.
    """
    if family == world.cost_family:
        return None
    value = world.values.get((family, None))
    return value.tensor if value is not None and isinstance(value.tensor, Var) and value.tensor in world.forward else None


def _stated_cost(world: World, definition: Definition, passed: tuple[str, ...] = ()) -> Tensor | None:
    if not _add_parts(world, definition, passed):
        return None
    bases = {**dict(world.window.bases)}
    for letter in ("L", "l", "K", "T"):
        bases.setdefault(letter, world.window.last)
    if world.window.bases and "" not in bases and (last := last_number(world, definition)) is not None:
        bases[""] = world.window.last - last
    try:
        found = _read_body(world, definition.body, bases)
    except (Unspread, Retyped):
        raise
    except Mismatch as error:
        if world.sizes.can_tie(error.left, error.right):
            raise
        world.broken.add(definition)
        return None
    except (Unread, Untyped):
        world.broken.add(definition)
        return None
    if {ROW, COL} & set(found.labels):
        _take_targets_as_numbers(world, definition)
    if any(leaf.name.letter.startswith("C") and leaf not in world.forward for leaf in leaves(found.tensor)):
        return None
    return contract(((found.tensor, found.labels),), (), {})


def _read_body(world: World, body: Tree, bases: dict[str, int]) -> Value:
    """The body of a cost; where the sizes of two sums do not fit, with a letter of its own for each sum."""
    bodies = dict.fromkeys((body, *told_apart((body,), world.lexicon)))
    for number, tree in enumerate(bodies):
        place = Place(world, bases, Choices(), world.window.last, is_definition=True)
        try:
            axes_of_indices((tree,), place)
            return read(tree, place)
        except Mismatch:
            if number == len(bodies) - 1:
                raise
    raise Unread("no body")


def last_number(world: World, definition: Definition) -> int | None:
    """The number of the last layer of which a cost speaks: C = ½ Σ (a^2_j - y_j)^2 says that L is 2."""
    stages = [world.lexicon.mention(name).stage for _, name in names_in(definition.body)]
    return max((stage[1] for stage in stages if stage is not None and stage[0] == ""), default=None)


def _take_targets_as_numbers(world: World, definition: Definition) -> None:
    """A cost whose outputs are numbers, and which has entries all the same, has targets that are numbers."""
    families = dict.fromkeys(world.lexicon.mention(name).family for _, name in names_in(definition.body))
    sides = {family: world.sheet.types.get(family, (ROW,)) for family in families if family in world._patterns}
    if sides and not any(sides.values()):
        for family in families:
            if (
                family not in world.lexicon.losses
                and world.counted(family) is None
                and any(v.sides for k, v in world.values.items() if k[0] == family)
            ):
                world.take_as_number(family)


def _assumed_cost(world: World) -> Tensor | None:
    targets = [value for (family, _), value in world.values.items() if family in ("y", "Y", "t", "T")]
    outputs = [
        value for (family, stage), value in world.values.items() if family in ("a", "A", r"\hat y") and stage in (world.window.last, None)
    ]
    if not outputs:
        return None
    output = outputs[-1].tensor
    target = targets[0].tensor if targets else None
    if target is None or (len(target.axes) != len(output.axes) and not any(family in world.sheet.ranks for family in ("y", "Y"))):
        for family in ("y", "Y"):
            world.values[family, None] = Value(var(Name(family), output.axes), outputs[-1].labels)
        target = world.values["Y" if ("A", world.window.last) in world.values else "y", None].tensor
        world.values["y", None] = world.values["Y", None] = Value(target, outputs[-1].labels)
    if target.axes != output.axes:
        if len(target.axes) == len(output.axes):
            for left, right in zip(target.axes, output.axes, strict=True):
                if left != right:
                    raise Mismatch(left, right)
        return None
    return sample_cost(world.assumed.cost, output, target)


def _reaches(world: World, cost: Tensor) -> bool:
    """Whether the cost depends on what the claim is about."""
    wanted = [value.tensor for key, value in world.values.items() if key in _subjects(world) and isinstance(value.tensor, Var)]
    mentioned = ancestors_in(world, leaves(cost))
    return all(tensor in mentioned for tensor in wanted if tensor in world.forward or _is_used(world, tensor))


def _subjects(world: World) -> set[tuple]:
    """What the claim is about; δ is about z, and about Z only where there is no z."""
    capitals = [letter for letter in world.sheet.weighted_inputs if letter.isupper()]
    return {key for key in world.about if key[0] not in capitals or (key[0].lower(), key[1]) not in world.about & world.values.keys()}


def _is_used(world: World, tensor: Tensor) -> bool:
    return any(tensor in leaves(definition) for definition in world.forward.values())


def ancestors_in(world: World, names: Iterable[Var]) -> set[Var]:
    """The names, and all that their equations are made of."""
    found, pending = set(names), list(names)
    while pending:
        for leaf in leaves(world.forward.get(pending.pop(), const(0))):
            if leaf not in found:
                found.add(leaf)
                pending.append(leaf)
    return found


def _ends_of(world: World) -> list[Var]:
    """What nothing else is made of."""
    used = {leaf for definition in world.forward.values() for leaf in leaves(definition)}
    return [equation.symbol for equation in world.equations if equation.symbol not in used]


def _is_recurrent(tensor: Tensor) -> bool:
    return isinstance(tensor, Var) and tensor.name.letter in ("h", "H", "s", "S", "c", "C", "o", "y")


def _sinks_of(world: World) -> list[Var]:
    """What nothing else is made of, as far as the claim is about it."""
    sinks = _ends_of(world)
    if world.window.summable:
        return sinks
    if world.window.is_open:
        states = [value.tensor for (family, stage), value in world.values.items() if stage is not None and family in world._patterns]
        sinks += [tensor for tensor in states if tensor in world.forward and tensor not in sinks and _is_recurrent(tensor)]
    about = _subjects(world)
    wanted = [value.tensor for key, value in world.values.items() if key in about and value.tensor in world.forward]
    outputs = [
        value.tensor for (family, _), value in world.values.items() if family in world.sheet.outputs and value.tensor in world.forward
    ]
    sinks = [*outputs, *(sink for sink in sinks if sink not in outputs)]
    if meant := [sink for sink in outputs if any(tensor in ancestors_in(world, [sink]) for tensor in wanted)]:
        return meant
    relevant = [sink for sink in sinks if all(tensor in ancestors_in(world, [sink]) for tensor in wanted)]
    return relevant or [sink for sink in sinks if any(tensor in ancestors_in(world, [sink]) for tensor in wanted)] or sinks


def all_values(world: World) -> list[Var]:
    """Every quantity of a world."""
    return [value.tensor for value in world.values.values() if isinstance(value.tensor, Var)] or [var(Name("nothing"), ())]


def facts_of(world: World) -> tuple[Fact, ...]:
    """What holds of the targets and of sums that the document states."""
    return _unit_targets(world) if world.assumed.has_unit_targets else _stated_sums(world)


def _unit_targets(world: World) -> tuple[Fact, ...]:
    """Σ y = 1 for the names of targets."""
    targets = []
    for (family, _), value in world.values.items():
        if isinstance(value.tensor, Var) and value.tensor not in world.forward and value.tensor.rank and _is_target(family):
            targets.append(Fact(value.tensor, 1, True, _axis_of_units(world, value.tensor)))
    return tuple(targets)


def _axis_of_units(world: World, tensor: Var) -> int:
    """The axis of a target that does not count samples."""
    samples = {axis for letter, axis in world.counts.items() if letter in SAMPLE_COUNTS and not world.is_of_weights(axis)}
    units = [place for place, axis in enumerate(tensor.axes) if axis.kind != "sample" and axis not in samples]
    return units[0] if len(units) == 1 else -1


def _stated_sums(world: World) -> tuple[Fact, ...]:
    """Σ_k y_k = 1, where the document says so."""
    stated = [value.tensor for (family, _), value in world.values.items() if family in world.sheet.unit_sums]
    return tuple(
        Fact(tensor, 1, True, _axis_of_units(world, tensor))
        for tensor in stated
        if isinstance(tensor, Var) and tensor not in world.forward and tensor.rank
    )
