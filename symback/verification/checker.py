r"""Is a claim true?  Proof by normal form, refutation by numbers, and no verdict where neither is found.

A claim is judged under every convention that its document leaves open and every reading of its signs.  It is

    proved     if some convention in force makes it true: the convention is named among the assumptions
    refuted    if every one of them makes it false, by a counterexample or by shapes
    undecided  otherwise

so that a true formula is never refuted for having been read in the wrong way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
import sympy

from symback.errors import SymbackError
from symback.language.expressions import Const, Map, Tensor, walk
from symback.numerics.evaluate import Setting, evaluate
from symback.simplification.normal_form import prove_equal
from symback.verification.claims import Claim, scope_of
from symback.verification.meaning import Unread, Untyped, Value, common
from symback.verification.naming import letter_of
from symback.verification.reading import SCALARS, Choices, Place, all_choices, axes_of_indices, read
from symback.verification.tree import Tree
from symback.verification.tree import walk as walk_tree
from symback.verification.universe import Universe, Ways, build_universe

__all__ = ["Outcome", "judge_claim", "outcome_in"]

SEEDS = (11, 23, 37)
DIFFERENT, EQUAL = 1e-5, 1e-9  # relative: float64 sums of a few products; between the two nothing is concluded
PROOF_SECONDS = 1.0
TURNED_JACOBIAN = "Jacobian, transposed"


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


def judge_claim(claim: Claim, ways: Sequence[Ways]) -> Outcome:
    """The outcome under all conventions that are open, the likeliest first."""
    outcomes = []
    for way in ways:
        found = outcome_in(claim, way)
        if found.word == "proved":
            return found
        outcomes.append(found)
    return _settled(outcomes)


def _settled(outcomes: Sequence[Outcome]) -> Outcome:
    """False only if false under all that give it a meaning."""
    outcomes = [outcome for outcome in outcomes if outcome.word != "unread"] or outcomes
    words = {outcome.word for outcome in outcomes}
    if words <= {"refuted", "untyped"}:
        return next((outcome for outcome in outcomes if outcome.word == "refuted"), outcomes[0])
    if words == {"unread"}:
        return outcomes[0]
    likeliest = [outcome for outcome in outcomes if outcome.word == "conditional"] or outcomes
    return next(outcome for outcome in likeliest if outcome.word not in ("refuted", "untyped"))


def outcome_in(claim: Claim, ways: Ways) -> Outcome:
    """The outcome under one set of conventions: true if true under one reading of the signs, false if false under all."""
    found: list[Outcome] = []
    asked: dict[str, tuple[str, ...]] = {}
    choices = Choices()
    found.append(_outcome(claim, ways, choices))
    asked.update(choices.asked)
    if found[0].word == "proved" or not asked:
        return found[0]
    for given in all_choices(asked):
        choices = Choices(given)
        outcome = _outcome(claim, ways, choices)
        if outcome.word == "proved":
            remarks = tuple(f"{question} is read as {answer}" for question, answer in given.items())
            outcome = replace(outcome, assumptions=(*outcome.assumptions, *remarks))
            if TURNED_JACOBIAN not in given.values():
                return outcome
            outcome = replace(outcome, word="conditional", reason="holds where ∂a/∂z has a row for each entry of z")
        found.append(outcome)
    return _settled(found)


def _outcome(claim: Claim, ways: Ways, choices: Choices) -> Outcome:
    assumptions = ways.sentences()
    place: Place | None = None
    try:
        scope = scope_of(claim.members, ways.shift)
        universe = build_universe(ways, scope.layers)
        place = Place(universe, scope.base, choices, scope.own_layer, scope.subscripts_are_layers)
        axes_of_indices(claim.members, place)
        found = _compared(claim, place)
    except Unread as error:
        return Outcome("unread", str(error))
    except Untyped as error:
        if place is not None and place.remarks:
            return Outcome("undecided", f"{error}; but {next(iter(place.remarks))}", assumptions)
        return Outcome("untyped", str(error), assumptions)
    except (SymbackError, RecursionError, ValueError, TypeError, KeyError, OverflowError) as error:
        return Outcome("unread", f"the reader could not go on ({type(error).__name__})")
    if found.word == "refuted" and place.remarks:
        return Outcome("undecided", f"false if {next(iter(place.remarks))}", assumptions)
    return replace(found, assumptions=(*assumptions, *place.remarks))


def _compared(claim: Claim, place: Place) -> Outcome:
    """Every member against the one before it; the first difference decides."""
    values: list[Value | None] = []
    reasons: list[str] = []
    misfit: Untyped | None = None
    for member in claim.members:
        if is_numeric(member) or letter_of(member) in SCALARS:
            values.append(None)
            reasons.append("printed numbers" if is_numeric(member) else "a letter that is defined here")
            continue
        try:
            values.append(read(member, place))
        except Unread as error:
            values.append(None)
            reasons.append(str(error))
        except Untyped as error:
            misfit = misfit or error
    if misfit is not None:
        if reasons:
            raise Unread(reasons[0])  # what surrounds it is not understood, so nor is its shape
        raise misfit
    known = [(i, value) for i, value in enumerate(values) if value is not None]
    if len(known) < 2:
        raise Unread(reasons[0] if reasons else "nothing is claimed")
    worst = Outcome("proved")
    for (_, left), (number, right) in pairwise(known):
        outcome = compare(left, right, place.universe)
        if outcome.word in ("refuted", "untyped"):
            return replace(outcome, member=number)
        if outcome.word == "undecided":
            worst = outcome
    if reasons and worst.word == "proved":
        return Outcome("undecided", f"one member was not read: {reasons[0]}")
    return worst


def is_numeric(member: Tree) -> bool:
    """Whether decimals or arrays of numbers stand in it: a worked example, which is not true of all values."""
    return any(node.kind == "matrix" or (node.kind == "number" and "." in node.text) for node in walk_tree(member))


def compare(left: Value, right: Value, universe: Universe) -> Outcome:
    """Are the two equal in this universe?"""
    if left.sides != right.sides and not left.is_number and not right.is_number:
        raise Untyped(f"the left is {_shape(left)}, the right is {_shape(right)}")
    one, other, labels = common(left, right)
    difference = _difference(one, other, labels, universe)
    if difference is not None:
        return difference
    near, all_of_it = universe.near_definitions, universe.definitions
    proof = prove_equal(one, other, near, (), PROOF_SECONDS / 2) or prove_equal(one, other, all_of_it, (), PROOF_SECONDS)
    if proof is None:
        return Outcome("undecided", "equal at random values, but no proof was found")
    return Outcome("proved", "the two sides have the same normal form")


def _shape(value: Value) -> str:
    axes = value.axes
    return f"{axes['row'].size if 'row' in axes else 1} × {axes['column'].size if 'column' in axes else 1}"


def _difference(one: Tensor, other: Tensor, labels: Sequence[str], universe: Universe) -> Outcome | None:
    """A counterexample, if the sides differ clearly at two of three random points; or `undecided` where they have no value."""
    clear: list[str] = []
    valued = 0
    for seed in SEEDS:
        setting = _with_scalars(universe.setting(seed), (one, other))
        try:
            left, right = evaluate(one, setting), evaluate(other, setting)
        except SymbackError:
            return Outcome("undecided", "a value could not be computed")
        left, right = _allowed(np.asarray(left), np.asarray(right), labels)
        if left.size == 0 or not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
            continue
        valued += 1
        gap = np.abs(left - right)
        scale = np.maximum(np.abs(left), np.abs(right)).max()
        place = np.unravel_index(int(gap.argmax()), gap.shape) if gap.ndim else ()
        if gap.max(initial=0.0) > DIFFERENT * max(scale, 1e-12):
            clear.append(f"seed {seed}: left {left[place]:.6g}, right {right[place]:.6g}")
        elif gap.max(initial=0.0) > EQUAL * max(scale, 1e-12):
            return Outcome("undecided", "the two sides are too close to tell apart")
    if len(clear) >= 2:
        return Outcome("refuted", f"the two sides differ ({clear[0]})", counterexample=clear[0])
    if clear or not valued:
        return Outcome("undecided", "no random point tells")
    return None


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


def _with_scalars(setting: Setting, tensors: Sequence[Tensor]) -> Setting:
    """Values for λ and the like."""
    missing: dict[sympy.Symbol, float] = {}
    for tensor in tensors:
        for node in walk(tensor):
            expr = node.value if isinstance(node, Const) else node.expr if isinstance(node, Map) else None
            for symbol in () if expr is None else sorted(expr.free_symbols, key=str):
                if symbol not in setting.sizes and symbol.name.startswith("scalar_"):
                    missing[symbol] = 0.137 + 0.21 * len(missing)
    return replace(setting, sizes={**setting.sizes, **missing}) if missing else setting
