"""Two values of a world: equal by proof, different at random points, or neither known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice, product

import numpy as np
import sympy

from symback.errors import SymbackError
from symback.language.expressions import Const, Tensor, Var, add, const, contract, delta, leaves
from symback.numerics.evaluate import evaluate
from symback.simplification.normal_form import Proof, prove_equal
from symback.simplification.replacing import replaced
from symback.verification.doubts import is_false_of_every_cost
from symback.verification.meaning import COL, ROW, Mismatch, OneLine, Untyped, Value, common, transposed
from symback.verification.mentions import index_name
from symback.verification.place import Place
from symback.verification.tree import Tree, operands_of, operators_of
from symback.verification.window import Assumed
from symback.verification.world import World
from symback.verification.world_settings import facts_now, found_facts, near_definitions, setting_for, swept_definitions

__all__ = ["OPEN_COST", "Outcome", "SEEDS", "compare"]

SEEDS = (10, 23, 36)
FURTHER_SEEDS = (49, 62, 75, 88)  # where one point of three differs: functions by pieces agree at many
DIFFERENT, EQUAL = 1e-5, 1e-9  # relative: float64 sums of a few products; between the two nothing is concluded
LEAST_SCALE = 1e-3
PROOF_SECONDS = 1.0
VANISH = "both sides vanish in the equations at hand"
MOST_SIZES = 4  # ways to choose among sizes that a page prints
OPEN_COST = "the cost is not stated, on which this rests"


@dataclass(frozen=True)
class Outcome:
    """What was found, why, under which assumptions, and which member is wrong.

    Found is one of "proved", "conditional", "refuted", "undecided", "untyped", "unread".
    """

    word: str
    reason: str = ""
    assumptions: tuple[str, ...] = ()
    counterexample: str = ""
    member: int = 0
    assumed: Assumed = field(default_factory=Assumed)
    is_sure: bool = False
    doubt: str = ""


def compare(left: Value, right: Value, place: Place, conditions: Sequence[Tree] = (), rests_on_cost: bool = True) -> Outcome:
    """Are the two equal in this world?

    Between two gradients the cost decides nothing, unless something of it stands in the claim: the chain rule holds for every cost.
    """
    left, right = _identified(left, right, place)
    may_turn = any(word in place.world.sheet.words for word in ("layout", "jacobian", "row vector", "row-vector"))
    if may_turn and left.sides != right.sides and transposed(left).sides == right.sides and len(left.sides) == 1:
        turned = compare(transposed(left), right, place, conditions)
        if turned.word == "proved":
            return Outcome("conditional", "holds if one side is transposed: a matter of layout, rows or columns", member=1)
    if (left.sides != right.sides) and not left.is_number and not right.is_number:
        if _is_one_line_of(left, right) or _is_one_line_of(right, left):
            raise OneLine(f"the left is {_shape(left)}, the right is {_shape(right)}")
        raise Untyped(f"the left is {_shape(left)}, the right is {_shape(right)}")
    if {label for label in left.labels if "@" in label} != {label for label in right.labels if "@" in label}:
        return Outcome("undecided", "it speaks of numbered entries of what has any number of them")
    if place.vacuous and not set(right.labels) ^ set(left.labels):
        place.remarks[f"the sum over {next(iter(place.vacuous))} is not of equal terms"] = None
    one, other, labels = common(left, right)
    one, other, labels = _conditioned(one, other, labels, conditions, place)
    world = place.world
    may_vanish = left.is_number or right.is_number or bool(conditions)
    difference = _difference(one, other, labels, world, may_vanish)
    if difference is not None and difference.word == "refuted" and world.known_sizes:
        printed = _printed_sizes(world)
        there = [_difference(one, other, labels, world, may_vanish, sizes) for sizes in printed]
        if not there or any(found is None or found.word != "refuted" for found in there):
            if world.is_numbered and there == [None] and _proof(one, other, world, printed[0]) is not None:
                return Outcome("proved", "the two sides have the same normal form at the sizes that the page prints")
            return Outcome("undecided", f"for other sizes than the printed ones it is false ({difference.reason})")
    if difference is not None and not (difference.reason == VANISH and _is_no_zero(one, world)):
        is_open = world.has_open_cost and world.has_gradient(one) != world.has_gradient(other)
        if difference.word == "refuted" and is_open and not is_false_of_every_cost(one, other, world, place.own):
            return Outcome("undecided", f"{OPEN_COST} ({difference.reason})")
        gradients = world.has_gradient(one), world.has_gradient(other)
        if difference.word == "refuted" and world.has_doubtful_cost and any(gradients) and (rests_on_cost or not all(gradients)):
            return Outcome("undecided", f"the cost stated last was not understood ({difference.reason})")
        if difference.word == "refuted" and world.has_hidden_indices and (world.has_gradient(one) or world.has_gradient(other)):
            return Outcome("undecided", f"the cost of one entry stands for the whole cost ({difference.reason})")
        return difference
    if _proof(one, other, world) is None:
        return Outcome("undecided", "equal at random values, but no proof was found")
    return Outcome("proved", "the two sides have the same normal form")


def _is_no_zero(tensor: Tensor, world: World) -> bool:
    """Whether what is zero at random points is not zero by its equations: the slope of a function that is flat at its ends."""
    own = tuple(range(tensor.rank))
    nothing = contract(((const(0), ()),), own, dict(enumerate(tensor.axes)))
    return prove_equal(tensor, nothing, world.definitions, facts_now(world), PROOF_SECONDS) is None


def _printed_sizes(world: World) -> list[dict[sympy.Symbol, int]]:
    """The sizes that the page prints; each way to choose where it prints several for one, and none where they are too many."""
    ways = [dict(zip(world.known_sizes, chosen, strict=True)) for chosen in islice(product(*world.known_sizes.values()), MOST_SIZES + 1)]
    return ways if len(ways) <= MOST_SIZES else []


def _proof(one: Tensor, other: Tensor, world: World, sizes: Mapping[sympy.Symbol, int] | None = None) -> Proof | None:
    """A proof from the definitions of as few names as will do, and then from what the equations imply."""
    towards = _towards(world, one, other), _towards(world, other, one)
    for definitions in (_local(world, one, other, 1), *towards, _local(world, one, other, 2), near_definitions(world), world.definitions):
        if (proof := prove_equal(one, other, definitions, facts_now(world), PROOF_SECONDS / 2, sizes)) is not None:
            return proof
    first, second = _in_last_errors(world, one, other)
    is_other = first is not one or second is not other
    if is_other and (proof := prove_equal(first, second, {}, facts_now(world), PROOF_SECONDS / 2, sizes)) is not None:
        return proof
    if not (found := found_facts(world)):
        return None
    known, swept = (*facts_now(world), *found), swept_definitions(world)
    proof = prove_equal(one, other, swept, known, PROOF_SECONDS / 2, sizes)
    return proof or prove_equal(one, other, world.definitions, known, PROOF_SECONDS, sizes)


def _local(world: World, one: Tensor, other: Tensor, depth: int) -> dict[Var, Tensor]:
    """The definitions of what stands on one side only, and of what these mention: a proof about one layer needs no more."""
    left, right = set(leaves(one)), set(leaves(other))
    shared = (left & right) - world.forward.keys()
    names = (left | right) - shared
    for _ in range(depth - 1):
        names |= {leaf for name in names if name in world.definitions for leaf in leaves(world.definitions[name])} - shared
    return {name: world.definitions[name] for name in names if name in world.definitions}


def _towards(world: World, one: Tensor, other: Tensor) -> dict[Var, Tensor]:
    """The derivatives that lead from one side to those which the other side names, and functions of one quantity, f = σ(a)."""
    kept = set(leaves(other)) - world.forward.keys()
    return {name: definition for name, definition in swept_definitions(world).items() if name not in kept}


def _in_last_errors(world: World, one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Both sides in terms of the last derivatives that they name: of δ^1 and δ^2 beside δ^2 and δ^3, all in terms of δ^3.

    They are put in at once, before any function is written out, so that what is the same on both sides stays as it is named.
    """
    swept = {found.symbol: found.total for found in world.swept}
    named = {*leaves(one), *leaves(other)} & swept.keys()
    last = {name for name in named if named.isdisjoint(_reached(swept, name))}
    for name, definition in reversed(swept.items()):  # the derivative of each name before those that it is made of
        if name not in last:
            one, other = (replaced(side, {name: definition}) if name in leaves(side) else side for side in (one, other))
    return one, other


def _reached(definitions: Mapping[Var, Tensor], name: Var) -> set[Var]:
    """What a definition is made of, in any number of steps."""
    found: set[Var] = set()
    pending = [name]
    while pending:
        new = set(leaves(definitions.get(pending.pop(), const(0)))) - found
        found |= new
        pending.extend(new)
    return found


def _identified(left: Value, right: Value, place: Place) -> tuple[Value, Value]:
    """∂L/∂z = p_i - y_i: a vector on one side, its entry on the other."""
    for one, other, is_turned in ((left, right, False), (right, left, True)):
        extra = [label for label in other.labels if label not in one.labels]
        if one.sides and len(one.sides) == 1 and not other.sides and len(extra) == 1:
            side = next(iter(one.sides))
            if one.axes[side] == other.axes[extra[0]]:
                place.remarks[f"the vector is read as its entry {extra[0]}"] = None
                entry = Value(one.tensor, tuple(extra[0] if label == side else label for label in one.labels))
                return (other, entry) if is_turned else (entry, other)
        if (
            one.sides == {ROW, COL}
            and not other.sides
            and len(extra) == 2
            and [one.axes[ROW], one.axes[COL]] == [other.axes[label] for label in extra]
        ):
            place.remarks[f"the matrix is read as its entry {' '.join(extra)}"] = None
            names = {ROW: extra[0], COL: extra[1]}
            entry = Value(one.tensor, tuple(names.get(label, label) for label in one.labels))
            return (other, entry) if is_turned else (entry, other)
    return left, right


def _is_one_line_of(line: Value, whole: Value) -> bool:
    """Whether one is (w_11, w_21) and the other has columns where that has the number 1."""
    numbered = {axis for label, axis in line.axes.items() if "@" in label}
    return line.sides < whole.sides and {whole.axes[side] for side in whole.sides - line.sides} <= numbered


def _conditioned(
    one: Tensor, other: Tensor, labels: tuple[str, ...], conditions: Sequence[Tree], place: Place
) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Both sides where the conditions hold: i = j takes the diagonal, i ≠ j leaves it out."""
    for condition in conditions:
        first, second = (index_name(operand) or "" for operand in operands_of(condition))
        if first not in labels or second not in labels:
            continue
        if operators_of(condition)[0] == r"\neq":
            axis = one.axes[labels.index(first)]
            if one.axes[labels.index(second)] != axis:
                raise Mismatch(axis, one.axes[labels.index(second)])
            apart = add(contract((), (0, 1), {0: axis, 1: axis}), contract(((const(-1), ()), (delta(axis), (0, 1))), (0, 1), {}))
            one, other = (contract(((side, labels), (apart, (first, second))), labels, {}) for side in (one, other))
        else:
            kept = tuple(label for label in labels if label != second)
            renamed = tuple(first if label == second else label for label in labels)
            one, other = (contract(((side, renamed),), kept, {}) for side in (one, other))
            labels = kept
    del place
    return one, other, labels


def _shape(value: Value) -> str:
    axes = value.axes
    return f"{axes[ROW].size if ROW in axes else 1} × {axes[COL].size if COL in axes else 1}"


def _difference(
    one: Tensor,
    other: Tensor,
    labels: Sequence[str],
    world: World,
    may_vanish: bool = False,
    sizes: Mapping[sympy.Symbol, int] | None = None,
) -> Outcome | None:
    """A counterexample, if the sides differ clearly at two random points; or `undecided` where they have no value."""
    clear: list[str] = []
    valued, largest = 0, 0.0
    for seed in (*SEEDS, *FURTHER_SEEDS):
        if seed in FURTHER_SEEDS and len(clear) != 1:
            break
        try:
            setting = setting_for(world, seed, (one, other), sizes or {})
            with np.errstate(invalid="ignore"):  # r/δ_ij has no value off the diagonal
                left, right = evaluate(one, setting), evaluate(other, setting)
        except SymbackError as error:
            return Outcome("undecided", f"a value could not be computed: {error}")
        left, right = _allowed(np.asarray(left), np.asarray(right), labels)
        is_partial = not (np.all(np.isfinite(left)) and np.all(np.isfinite(right)))
        left, right = _finite(left, right)
        if left.size == 0 or (is_partial and np.allclose(left, right, DIFFERENT, DIFFERENT)):
            continue
        valued += 1
        gap = np.abs(left - right)
        scale = np.maximum(np.abs(left), np.abs(right)).max()
        largest = max(largest, float(scale))
        place = np.unravel_index(int(gap.argmax()), gap.shape) if gap.ndim else ()
        scale = max(scale, LEAST_SCALE)  # what cancels leaves a rounding error of that size
        if gap.max(initial=0.0) > DIFFERENT * scale:
            clear.append(f"seed {seed}: left {left[place]:.6g}, right {right[place]:.6g}")
            if len(clear) == 2:
                break
        elif gap.max(initial=0.0) > EQUAL * scale:
            return Outcome("undecided", "the two sides are too close to tell apart")
    if len(clear) >= 2 or (clear and valued == 1):
        return Outcome("refuted", f"the two sides differ ({clear[0]})", counterexample=clear[0])
    if clear or not valued:
        return Outcome("undecided", "no random point tells")
    if largest == 0 and not may_vanish and not any(isinstance(side, Const) for side in (one, other)):
        return Outcome("undecided", VANISH)
    return None


def _finite(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both where both have a value: r/δ_ij has one on the diagonal."""
    left, right = np.broadcast_arrays(left, right)
    kept = np.isfinite(left) & np.isfinite(right)
    return (left, right) if kept.all() else (left[kept], right[kept])


def _allowed(left: np.ndarray, right: np.ndarray, labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The entries that a claim about particular neurons speaks of: a_1 and a_2 are not the same one."""
    numbered = [i for i, label in enumerate(labels) if "@" in label]
    keep = np.ones(np.broadcast_shapes(left.shape, right.shape), dtype=bool)
    for i, k in combinations(numbered, 2):
        if labels[i].split("@")[1] == labels[k].split("@")[1]:
            grid = np.indices(keep.shape)
            keep &= grid[i] != grid[k]
    if not numbered:
        return left, right
    return np.broadcast_to(left, keep.shape)[keep], np.broadcast_to(right, keep.shape)[keep]
