r"""What a proof in a world may use: its equations, its derivatives, and the facts that the document states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import sympy

from symback.language.expressions import Equation, Map, Tensor, Unspecified, Var, const, contract, leaves, walk
from symback.language.steps import Fact
from symback.numerics.evaluate import Setting, evaluate_equations, random_setting
from symback.simplification.normal_form import prove_equal
from symback.verification.index_sums import fitted_sizes, is_relation, relation_values, relations_in
from symback.verification.world_costs import facts_of
from symback.verification.world_gradients import symbols_in

if TYPE_CHECKING:
    from symback.verification.world import World

__all__ = ["facts_now", "found_facts", "near_definitions", "setting_for", "swept_definitions"]

FACT_SEED = 10
FACT_SECONDS = 0.3
MANY_AXES = 4  # of one quantity: from there on sizes are small


def setting_for(world: World, seed: int, tensors: Sequence[Tensor], known: Mapping[sympy.Symbol, int] | None = None) -> Setting:
    """The setting of a seed, with values for names that stand in the claim alone."""
    setting = setting_of(world, seed, known)
    missing = [leaf for tensor in tensors for leaf in leaves(tensor) if leaf not in setting.values]
    symbols = {symbol for tensor in tensors for symbol in symbols_in(tensor)} - set(setting.sizes)
    if not missing and not symbols:
        return setting
    generator = np.random.default_rng(seed + 1000)
    sizes = dict(setting.sizes)
    for symbol in sorted(symbols, key=str):
        sizes[symbol] = max([1, *(int(size) for size in sizes.values() if float(size).is_integer())]) + 1
    values = dict(setting.values)
    for name in dict.fromkeys(missing):
        drawn = generator.normal(size=[int(axis.size.xreplace({s: sympy.Integer(v) for s, v in sizes.items()})) for axis in name.axes])
        if name.name.letter.startswith("left_out_"):
            values[name] = np.ones(drawn.shape)
            values[name][0 if name.name.letter.endswith("first") else -1] = 0.0
            continue
        if is_relation(name):
            values[name] = relation_values(drawn.shape)
            continue
        values[name] = np.abs(drawn) * 0.4 + 0.2 if seed % 2 else drawn
        for fact in facts_now(world):
            if fact.of is name and fact.is_assumed:
                positive = np.abs(drawn) + 0.1
                values[name] = positive * (float(fact.value) / positive.sum(axis=fact.axis, keepdims=True))
    return replace(setting, values=values, sizes=sizes)


def near_definitions(world: World) -> dict[Var, Tensor]:
    """What a proof unfolds first: what is no open function."""
    if "near" not in world.memory:
        kept = {name: t for name, t in world.definitions.items() if not any(isinstance(node, Unspecified) for node in walk(t))}
        world.memory["near"] = {name: t for name, t in kept.items() if name.name.letter not in world.sheet.weighted_inputs}
    return world.memory["near"]


def swept_definitions(world: World) -> dict[Var, Tensor]:
    """What the derivatives of the cost are, and what is a function of one quantity, σ = √(v + ε): all else stays as it is named."""
    functions = {name: definition for name, definition in world.forward.items() if isinstance(definition, Map)}
    return {**functions, **{found.symbol: found.total for found in world.swept}}


def found_facts(world: World) -> tuple[Fact, ...]:
    """What follows from the equations about sums over a last index: Σ p = 1 of a softmax, Σ (x - mean of x) = 0."""
    if "found facts" not in world.memory:
        setting = setting_of(world, FACT_SEED)
        found = []
        for name, definition in world.forward.items():
            values = np.asarray(setting.values.get(name, 1.0))
            if not name.rank or values.ndim != name.rank or values.shape[-1] < 2:
                continue
            sums = values.sum(axis=-1)
            for total in (0, 1):
                if np.abs(sums - total).max() < 1e-9:
                    kept = tuple(range(name.rank - 1))
                    summed = contract(((definition, tuple(range(name.rank))),), kept, {})
                    claimed = contract(((const(total), ()),), kept, dict(enumerate(name.axes[:-1])))
                    if prove_equal(summed, claimed, world.definitions, (), FACT_SECONDS) is not None:
                        found.append(Fact(name, total, False))
        world.memory["found facts"] = tuple(found)
    return world.memory["found facts"]


def facts_now(world: World) -> tuple[Fact, ...]:
    """What holds of the targets, those included that came up in the claim alone: Σ y = 1 beside a cost of Y."""
    return facts_of(world) if world.assumed.has_unit_targets else world.facts


def setting_of(world: World, seed: int, known: Mapping[sympy.Symbol, int] | None = None) -> Setting:
    """Random sizes and values of everything, the derivatives included; every other seed keeps the given names positive.

    `known` are sizes that the page prints.
    """
    key = ("setting", seed, *sorted((known or {}).items(), key=str))
    if key not in world.memory:
        generator = np.random.default_rng(seed)
        found = random_setting(world.equations, generator, world.facts, None, known) if known else _drawn(world, generator, seed)
        if seed % 2:
            relations = {name: value for name, value in found.values.items() if is_relation(name)}
            free = {name: np.abs(value) * 0.4 + 0.2 for name, value in found.values.items() if name not in world.forward} | relations
            assumed = {fact.of for fact in world.facts}
            free |= {name: found.values[name] for name in assumed if name in found.values}
            found = random_setting(world.equations, generator, world.facts, free, found.sizes)
        swept = [*(Equation(cotangent.symbol, cotangent.total) for cotangent in world.swept), *world.further]
        world.memory[key] = found.with_values(evaluate_equations(swept, found))
    return world.memory[key]


def _drawn(world: World, generator: np.random.Generator, seed: int) -> Setting:
    """Random sizes and values; where indices are added, sizes that go together, and the relations as they are; of many axes, small ones."""
    relations = relations_in(equation.definition for equation in world.equations)
    most_axes = max((leaf.rank for equation in world.equations for leaf in (equation.symbol, *leaves(equation.definition))), default=0)
    if not relations and most_axes < MANY_AXES:
        return random_setting(world.equations, generator, world.facts)
    symbols = sorted({symbol for equation in world.equations for symbol in symbols_in(equation.definition)}, key=str)
    sizes = fitted_sizes(relations, symbols, seed)
    given = {name: relation_values([int(sizes[axis.size]) for axis in name.axes]) for name in relations}
    return random_setting(world.equations, generator, world.facts, given, sizes)
