r"""Is a claim true?  Proof by normal form, refutation by numbers, and no verdict where neither is found.

A claim is judged under every convention that its document leaves open and every reading of its signs.  It is

    proved     if some convention in force makes it true: the convention is named among the assumptions
    refuted    if every one of them makes it false, by a counterexample or by shapes
    undecided  otherwise

so that a true formula is never refuted for having been read in the wrong way.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise

import numpy as np
import sympy

from symback.errors import SymbackError
from symback.language.expressions import Const, Tensor, Var, add, const, contract, delta, leaves
from symback.numerics.evaluate import evaluate
from symback.simplification.normal_form import prove_equal
from symback.verification.bound_letters import told_apart
from symback.verification.choices import Choices, all_choices
from symback.verification.definitions import Claim, is_gradient_tree
from symback.verification.doubts import is_false_of_every_cost
from symback.verification.meaning import COL, DIAGONAL, ROW, Mismatch, OutOfRange, Unread, Unspread, Untyped, Value, common, transposed
from symback.verification.mentions import Mention, index_name, names_in, printed_name
from symback.verification.place import Place
from symback.verification.reading import read
from symback.verification.reading_names import axes_of_indices, counted_name, is_loss_of_step
from symback.verification.sheet import Sheet
from symback.verification.time_windows import time_windows
from symback.verification.tree import Tree, operands_of, operators_of
from symback.verification.tree import walk as walk_tree
from symback.verification.window import Assumed, Counted, Window
from symback.verification.world import World
from symback.verification.world_settings import found_facts, near_definitions, setting_for, swept_definitions
from symback.verification.worlds import world_of

__all__ = ["Outcome", "judge_claim", "settled", "outcome_in", "windows_of"]

SEEDS = (10, 23, 36)
FURTHER_SEEDS = (49, 62, 75, 88)  # where one point of three differs: functions by pieces agree at many
DIFFERENT, EQUAL = 1e-5, 1e-9  # relative: float64 sums of a few products; between the two nothing is concluded
LEAST_SCALE = 1e-3
PROOF_SECONDS = 1.0
_SIZE = re.compile(r"\bn_([^\s,;()]+?)_(\d)(?:_(m?\d+))?(?=\b)")
MOST_STAGES = 8  # built at once
MOST_READINGS = 40
OPEN_COST = "the cost is not stated, on which this rests"
USE_OF_A_WEIGHT = "the use of a weight"
ONE_STEP = "holds for the use of the weight at that step: the whole derivative is the sum over the steps"
CONDITIONAL_READINGS = {
    DIAGONAL: "holds if the column before the matrix stands for the diagonal matrix of its entries",
    "Jacobian, transposed": "holds where ∂a/∂z has a row for each entry of z",
    "the whole loss": "holds if the name is the derivative of the whole loss, and not of that of one step, as it is printed",
    "of the direct dependence alone": "holds if everything between is held fixed, and not as the whole derivative",
}


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


def judge_claim(claim: Claim, sheet: Sheet, order: int, alternatives: Sequence[Assumed], until: float, is_trial: bool = False) -> Outcome:
    """The outcome under all conventions that are open, the likeliest first; a trial asks only for what is proved without conditions."""
    outcomes: list[Outcome] = []
    windows = [window for window in windows_of(claim, sheet) if not (is_trial and window.holds_if)]
    is_clock = bool(windows) and windows[0].is_clock  # its other windows are special cases of the first
    pairs = (
        [(assumed, window) for window in windows for assumed in alternatives]
        if is_clock
        else [(a, w) for a in alternatives for w in windows]
    )
    for assumed, window in pairs:
        if time.thread_time() > until:
            return settled([*outcomes, Outcome("undecided", "the time for one formula is over")])
        if is_clock and window is not windows[0] and settled(outcomes).word not in ("refuted", "untyped"):
            break
        found = _outcome_with_twin(claim, sheet, order, window, assumed, until)
        if found.word == "proved" and len({letter for letter, _ in window.bases} & {"l", "L"}) == 2 and _has_both(claim, sheet):
            found = replace(found, word="undecided", reason="holds for some distance between the layers l and L")
        if found.word == "proved":
            return found
        outcomes.append(replace(found, assumed=assumed))
    return settled(outcomes)


def _outcome_with_twin(claim: Claim, sheet: Sheet, order: int, window: Window, assumed: Assumed, until: float) -> Outcome:
    """The outcome in a window; what holds there must hold in its twin as well, and holds on the condition of the window."""
    found = outcome_in(claim, sheet, order, window, assumed, until)
    if found.word == "proved" and window.twin is not None:
        found = outcome_in(claim, sheet, order, window.twin, assumed, until)
    if found.word == "proved" and window.holds_if:
        found = replace(found, word="conditional", reason=window.holds_if)
    return found


def settled(outcomes: Sequence[Outcome]) -> Outcome:
    """False only if false under all that give it a meaning."""
    if not outcomes:
        return Outcome("unread", "nothing here can be read")
    outcomes = [outcome for outcome in outcomes if outcome.word != "unread"] or list(outcomes)
    words = {outcome.word for outcome in outcomes}
    if words <= {"refuted", "untyped"}:
        doubtful = [outcome for outcome in outcomes if outcome.doubt]
        return doubtful[0] if doubtful else next((outcome for outcome in outcomes if outcome.word == "refuted"), outcomes[0])
    if words == {"unread"}:
        return outcomes[0]
    likeliest = [outcome for outcome in outcomes if outcome.word == "conditional"] or outcomes
    return next(outcome for outcome in likeliest if outcome.word not in ("refuted", "untyped"))


# Which stages a claim speaks of


def mentions_in(trees: Iterable[Tree], sheet: Sheet) -> list[Mention]:
    """The names of a claim, in the roles of its document."""
    return [sheet.lexicon.mention(name) for tree in trees for _, name in names_in(tree)]


def windows_of(claim: Claim, sheet: Sheet) -> list[Window]:
    """The stages to build for a claim, the likeliest first; none if its stages cannot be compared or are too many."""
    return [window for window in _all_windows(claim, sheet) if window.last - window.first <= MOST_STAGES]


def _all_windows(claim: Claim, sheet: Sheet) -> list[Window]:
    mentions = mentions_in(claim.members, sheet)
    staged = [mention for mention in mentions if mention.stage is not None]
    letters = {mention.stage[0] for mention in staged if mention.stage is not None}
    if not sheet.staged:
        return [Window(0, 0)]
    if not staged:
        return [Window(1, 1, (("", 0), ("L", 1), ("l", 1)), 1, True), Window(1, 1, (("", 0), ("l", 1)), 1, False)]
    if sheet.lexicon.times and not letters & {"l", "L"}:
        return time_windows(claim, sheet)
    free = letters - {""}
    if free == {"l", "L"} and "" not in letters:
        return _two_bases(staged)
    if len(free) > 1:
        return []
    if free and "" in letters:
        numbers = [m.stage[1] for m in staged if m.stage is not None and m.stage[0] == ""]
        if set(numbers) - {2}:
            return []
        letters = free
    return _layers(staged, free.pop() if free else "", mentions, sheet)


def _has_both(claim: Claim, sheet: Sheet) -> bool:
    return {"l", "L"} <= {mention.stage[0] for mention in mentions_in(claim.members, sheet) if mention.stage is not None}


def _two_bases(staged: Sequence[Mention]) -> list[Window]:
    """A hidden layer l and the last layer L in one formula: l one and two layers below L."""
    found = []
    for distance in (2, 1):
        bases = {"l": 0, "L": distance}
        numbers = [bases[mention.stage[0]] + mention.stage[1] for mention in staged if mention.stage is not None]
        own = bases[staged[0].stage[0]] + staged[0].stage[1] if staged[0].stage is not None else None
        found.append(Window(min(numbers), max(*numbers, distance), tuple(bases.items()), own, max(numbers) <= distance))
    return found


def _layers(staged: Sequence[Mention], base: str, mentions: Sequence[Mention], sheet: Sheet) -> list[Window]:
    """Layers l-1 … l+1 of a network that goes on, or the last ones."""
    numbers = [mention.stage[1] for mention in staged if mention.stage is not None and mention.stage[0] == base]
    low, high = min(numbers), max(numbers)
    own = numbers[0]
    has_target = any(mention.family.split("_")[0] in ("y", "Y", "t", r"\hat y") for mention in mentions)
    if base == "":
        known = [d.name.stage[1] for d in sheet.definitions if d.name.stage is not None and d.name.stage[0] == ""]
        top = max([*known, high])
        ends = [Window(min(low, 1), top, (("", 0), ("L", top)), own, True)]
        goes_on = Window(min(low, 1), high + 1, (("", 0),), own, False)
        if _ends_at(top, sheet):
            return ends
        return [*ends, Window(min(low, 1), high, (("", 0), ("L", high)), own, True), goes_on] if has_target or known else [goes_on, *ends]
    if base.isupper() and high <= 0:
        return [Window(low, 0, ((base, 0), ("L", 0)), own, True)]
    open_end = Window(low, high + 1, ((base, 0),), own, False)
    if has_target:
        return [Window(low, high, ((base, 0), ("L", high)), own, True), open_end]
    return [open_end]


def _stages_of(body: Tree, sheet: Sheet) -> set[tuple[str, int]]:
    """The layers of which a cost is made: of a^2, or of a p without a layer that is made of a^2."""
    found: set[tuple[str, int]] = set()
    for mention in mentions_in((body,), sheet):
        if mention.stage is not None:
            found.add(mention.stage)
            continue
        for definition in sheet.definitions:
            if definition.role == "forward" and definition.name == mention.whole and definition.body != body:
                found |= {other.stage for other in mentions_in((definition.body,), sheet) if other.stage is not None}
    return found


def _ends_at(number: int, sheet: Sheet) -> bool:
    """Whether a cost of the document is one of the outputs of the layer with this number, and no cost one of another layer's."""
    costs = [definition for definition in sheet.definitions if definition.role == "cost"]
    ends = [_stages_of(cost.body, sheet) for cost in costs]
    return {("", number)} in ends and all(stages in (set(), {("", number)}, {("L", 0)}) for stages in ends)


# One convention, all readings


def outcome_in(claim: Claim, sheet: Sheet, order: int, window: Window, assumed: Assumed, until: float) -> Outcome:
    """The outcome under one set of conventions: true if true under one reading of the signs, false if false under all."""
    found: list[Outcome] = []
    waiting: list[dict[str, str]] = [{}]
    while waiting:
        if len(found) > MOST_READINGS or (found and time.thread_time() > until):
            found.append(Outcome("undecided", "there are too many ways to read it"))
            break
        given = waiting.pop(0)
        choices = Choices(given)
        outcome = _outcome(claim, sheet, order, window, assumed, choices, until)
        waiting += all_choices(choices)
        if outcome.word == "proved":
            remarks = tuple(
                f"{question} is read as {answer}" for question, answer in given.items() if answer != choices.asked.get(question, ("",))[0]
            )
            outcome = replace(outcome, assumptions=(*outcome.assumptions, *remarks))
            reasons = [CONDITIONAL_READINGS[answer] for answer in given.values() if answer in CONDITIONAL_READINGS]
            if given.get(USE_OF_A_WEIGHT) == "at one step" and f"{USE_OF_A_WEIGHT} by a state" not in choices.asked:
                reasons.append(ONE_STEP)  # where ∂o_t/∂W stands beside it, the page itself speaks of the use at step t
            if not reasons:
                return outcome
            outcome = replace(outcome, word="conditional", reason=reasons[0])
        found.append(outcome)
    return settled(found)


def _about(claim: Claim, sheet: Sheet, window: Window) -> frozenset:
    """The quantities that a claim speaks of, by family and stage."""
    bases = dict(window.bases)
    found = set()
    for mention in mentions_in(claim.members, sheet):
        if mention.family in (r"\delta", r"\Delta") and mention.stage is not None and mention.stage[0] in bases:
            letters = ("Z",) if mention.family == r"\Delta" and {r"\delta", "Z"} <= sheet.staged else ("z", "Z")
            found |= {(letter, bases[mention.stage[0]] + mention.stage[1]) for letter in letters}
        if mention.stage is None:
            found.add((mention.family, window.own if mention.family in sheet.staged else None))
        elif mention.stage[0] in bases:
            found.add((mention.family, bases[mention.stage[0]] + mention.stage[1]))
    return frozenset(found)


def _outcome(claim: Claim, sheet: Sheet, order: int, window: Window, assumed: Assumed, choices: Choices, until: float) -> Outcome:
    """What the sides are in this world; where sizes do not fit, with a letter of its own for each sum."""
    found = _outcome_as_printed(claim, sheet, order, window, assumed, choices, until)
    if found.word != "untyped":
        return found
    apart = replace(claim, members=told_apart(claim.members, sheet.lexicon))
    return found if apart == claim else _outcome_as_printed(apart, sheet, order, window, assumed, choices, until)


def _outcome_as_printed(
    claim: Claim, sheet: Sheet, order: int, window: Window, assumed: Assumed, choices: Choices, until: float
) -> Outcome:
    sentences = assumed.sentences()
    summands = frozenset(id(term) for member in claim.members[1:] if member.kind == "sum" for term in operands_of(member))
    held = frozenset(
        id(term) for member in claim.members[1:] if member.kind == "sum" for term in operands_of(member) if term == claim.members[0]
    )
    place: Place | None = None
    try:
        world = world_of(sheet, order, window, assumed, _about(claim, sheet, window))
    except (SymbackError, RecursionError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        return Outcome("unread", f"the equations of this document do not fit together here: {error}")
    try:
        for _ in range(12):
            try:
                mentions = mentions_in(claim.members, sheet)
                has_stages = any(mention.stage is not None for mention in mentions)
                place = Place(
                    world,
                    dict(window.bases),
                    choices,
                    window.own,
                    until=until,
                    has_stages=has_stages,
                    summands=summands,
                    held=held,
                    has_step_losses=any(is_loss_of_step(mention, world) for mention in mentions),
                )
                axes_of_indices(claim.members, place)
                found = _compared(claim, place, window.is_share)
                break
            except Mismatch as error:
                world = world.with_equal(error.left, error.right)
            except Counted as found_count:
                world = world.with_count(found_count.letter, found_count.axis)
        else:
            return Outcome("undecided", "the sizes cannot be settled")
    except Unread as error:
        overloaded = _overloaded(claim, sheet)
        return Outcome("untyped", overloaded, sentences) if overloaded else Outcome("unread", str(error))
    except OutOfRange as error:
        return Outcome("refuted", str(error), sentences, is_sure=True)
    except Unspread as error:
        return _spread_or_misfit(claim, sheet, world, place, error, window, sentences)
    except (Mismatch, Untyped) as error:
        if place is not None and (unknown := _unknown(claim, place)):
            return Outcome("unread", f"what {unknown} is, is not said", sentences)
        if place is not None and place.doubts:
            return Outcome("undecided", f"{error}; but {next(iter(place.doubts))}", sentences)
        if place is not None and world.has_unread_cost and _speaks_of_gradient(claim, sheet):
            return Outcome("untyped", readable(str(error)), sentences, doubt="the cost was not understood")
        if "a matrix with one index" in choices.asked:
            return Outcome("undecided", f"a matrix has one index here ({readable(str(error))})", sentences)
        if thinned := _thinned(claim, sheet, 1):
            return Outcome("undecided", f"{thinned} with fewer indices here than elsewhere ({error})", sentences)
        return Outcome("untyped", readable(str(error)), sentences)
    except (SymbackError, RecursionError, ValueError, TypeError, KeyError, OverflowError, IndexError) as error:
        return Outcome("unread", f"the reader could not go on ({type(error).__name__})")
    if found.word == "refuted" and place is not None and (unknown := _unknown(claim, place)):
        return Outcome("unread", f"what {unknown} is, is not said", sentences)
    if found.word == "proved" and place is not None and place.remarks:
        found = replace(found, word="conditional", reason=f"holds if {next(iter(place.remarks))}")
    if found.word in ("refuted", "untyped") and place is not None and place.doubts:
        return Outcome("undecided", f"false if {next(iter(place.doubts))}", sentences)
    if found.word == "refuted" and (bare := _bare_beside_entries(claim, sheet)):
        return Outcome("undecided", f"false if {bare} without its index is the whole vector", sentences)
    if found.word == "refuted" and (thinned := _thinned(claim, sheet)):
        return Outcome("undecided", f"{thinned} with fewer indices here than elsewhere ({found.reason})", sentences)
    if found.word == "refuted" and place is not None and place.remarks:
        return Outcome("undecided", f"false if {next(iter(place.remarks))}", sentences)
    return replace(found, reason=readable(found.reason), assumptions=(*sentences, *((*place.remarks, *place.doubts) if place else ())))


def _speaks_of_gradient(claim: Claim, sheet: Sheet) -> bool:
    """Whether a derivative of the cost, or an error by its name, is a side of the claim."""
    families = {mention.family for mention in mentions_in(claim.members, sheet)}
    return bool(families & {r"\delta", r"\Delta"}) or any(is_gradient_tree(member) for member in claim.members)


def _overloaded(claim: Claim, sheet: Sheet) -> str:
    """The a that is defined by its entries a_i, of one index, and stands with one and with two in one formula."""
    counts: dict[str, set[int]] = {}
    for mention in mentions_in(claim.members, sheet):
        if mention.stage is None and mention.sample is None:
            counts.setdefault(mention.family, set()).add(len(mention.indices))
    for definition in sheet.definitions:
        is_by_entries = definition.role == "forward" and definition.name.stage is None and len(definition.labels) == 1
        others = [other for other in sheet.definitions if other.name.family == definition.name.family]
        if is_by_entries and len(others) == 1 and {1, 2} <= counts.get(definition.name.family, set()):
            return f"{definition.name.family} has one index where it is defined, and two here"
    return ""


def _spread_or_misfit(
    claim: Claim, sheet: Sheet, world: World, place: Place | None, error: Unspread, window: Window, sentences: tuple[str, ...]
) -> Outcome:
    """A vector beside a matrix, entry by entry: a misfit where the claim is false even if the vector is repeated."""
    doubtful = Outcome("undecided", str(error), sentences)
    if place is None or sheet.is_sloppy or place.doubts or _unknown(claim, place) or _thinned(claim, sheet, 1):
        return doubtful
    try:
        for _ in range(6):
            try:
                inside = replace(place, world=world, axes={}, vacuous={}, remarks={}, doubts={})
                axes_of_indices(claim.members, inside)
                found = _compared(claim, inside, window.is_share)
                is_false = found.word == "refuted" and not inside.doubts and not inside.remarks
                return Outcome("untyped", str(error), sentences) if is_false else doubtful
            except Unspread as other:
                world = world.with_samples(other.axis)
            except Mismatch as other:
                world = world.with_equal(other.left, other.right)
    except Unread:
        return doubtful
    except (SymbackError, RecursionError, ValueError, TypeError, KeyError, OverflowError, IndexError):
        return Outcome("untyped", str(error), sentences)
    return doubtful


def readable(reason: str) -> str:
    """Sizes in words: n_W_1_0 is columns(W, 0), 0 the stage in the window that was built."""

    def words(match: re.Match[str]) -> str:
        stage = f", {match[3].replace('m', '-')}" if match[3] else ""
        return f"{'rows' if match[2] == '0' else 'columns'}({match[1].replace('hat', '^') if match[1] != 'any' else '?'}{stage})"

    return _SIZE.sub(words, reason)


def _bare_beside_entries(claim: Claim, sheet: Sheet) -> str:
    """A name that is derived without its index, in a claim that has the index elsewhere: ∂(γ x̂ + β)/∂x̂_k."""
    names = [sheet.lexicon.mention(name) for member in claim.members for _, name in names_in(member)]
    indexed = {mention.family for mention in names if mention.indices}
    derived = [node.children[1] for member in claim.members for node in walk_tree(member) if node.kind == "derivative"]
    bare = {
        mention.family for tree in derived for mention in (sheet.lexicon.mention(name) for _, name in names_in(tree)) if not mention.indices
    }
    return min(bare & indexed & set(sheet.ranks), default="")


def _thinned(claim: Claim, sheet: Sheet, fewest: int = 2) -> str:
    """Names that together lack an index which they have elsewhere: y_i and γ, after y_{ij} and γ_j."""
    names = [sheet.lexicon.mention(name) for member in claim.members for _, name in names_in(member)]
    partly = {mention.family for mention in names if len(mention.indices) == 1 and sheet.ranks.get(mention.family) == 2}
    bare = {mention.family for mention in names if not mention.indices and sheet.ranks.get(mention.family) == 1}
    return " and ".join(sorted(partly | bare)) if partly and len(partly | bare) >= fewest else ""


def _unknown(claim: Claim, place: Place) -> str:
    """A name in a claim that no equation of the world mentions."""
    nodes = [node for member in claim.members for node, _ in names_in(member)]
    for node in nodes:
        name = printed_name(node)
        if name is None or counted_name(node, place) or (name.letter == "d" and not name.below):
            continue
        mention = place.world.lexicon.mention(name)
        if not place.world.knows(mention.family) and mention.family not in place.axes:
            return mention.family
    return ""


def _compared(claim: Claim, place: Place, is_share: bool) -> Outcome:
    """Every member against the one before it; the first difference decides."""
    values: list[Value | None] = []
    reasons: list[str] = []
    misfit: Untyped | None = None
    for member in claim.members:
        place.takes_share = place.world.window.is_clock and is_share and member is claim.members[0]
        if is_numeric(member) or member.kind == "empty":
            values.append(None)
            reasons += ["printed numbers"] if member.kind != "empty" else []
            continue
        try:
            values.append(read(member, place))
        except Unread as error:
            values.append(None)
            reasons.append(str(error))
        except OutOfRange:
            raise
        except (Mismatch, Unspread):
            if isinstance(place.world, World):
                raise
        except Untyped as error:
            values.append(None)
            misfit = misfit or error
    if misfit is not None:
        if reasons:
            raise Unread(reasons[0])  # what surrounds it is not understood, so nor is its shape
        raise misfit
    if place.vacuous and _lacks_its_letter(claim, place.world.sheet):
        place.vacuous.clear()
    known = [(i, value) for i, value in enumerate(values) if value is not None]
    if len(known) < 2:
        raise Unread(reasons[0] if reasons else "nothing is claimed")
    rests_on_cost = _rests_on_cost(claim, place.world)
    worst = Outcome("proved", "the two sides have the same normal form")
    for (_, left), (number, right) in pairwise(known):
        outcome = compare(left, right, place, claim.conditions, rests_on_cost)
        before, here = claim.members[number - 1], claim.members[number]
        if outcome.reason.startswith(OPEN_COST) and (_vanishes(left, before, place.world) or _vanishes(right, here, place.world)):
            outcome = replace(outcome, word="refuted", reason="a derivative vanishes on one side alone")
        if outcome.word in ("refuted", "untyped"):
            if (_may_be_worth(before) and _is_value(left, right, here, place.world)) or (
                _may_be_worth(here) and _is_value(right, left, before, place.world)
            ):
                return Outcome("undecided", f"a value in an example ({outcome.reason})")
            return replace(outcome, member=number)
        is_worse = outcome.word == "undecided" or (outcome.word == "conditional" and worst.word != "undecided")
        if is_worse or (worst.word == "proved" and outcome.reason):
            worst = outcome
    if reasons and worst.word == "proved":
        return Outcome("undecided", f"one member was not read: {reasons[0]}")
    return worst


def _vanishes(value: Value, member: Tree, world: World) -> bool:
    """A product with a derivative that is 0 in these equations, as ∂a^l/∂z^{l+1}; a printed 0 may be a condition."""
    is_zero = isinstance(value.tensor, Const) and value.tensor.value == 0
    return is_zero and member.kind == "product" and is_gradient_tree(member) and not world.window.is_clock


def _may_be_worth(member: Tree) -> bool:
    """Whether it may be the value of something in an example, which is a number: no δ_ij, no 1_k, no derivative that vanishes."""
    return not is_gradient_tree(member) and not any(name.below for _, name in names_in(member))


def _lacks_its_letter(claim: Claim, sheet: Sheet) -> bool:
    """Whether the steps of a term are bound by nothing: ∂L/∂b = Σ_j ∂L/∂a_t, whose sum over j is no sum of equal terms on purpose."""
    first, *others = (
        {mention.stage[0] for mention in mentions_in((member,), sheet) if mention.stage is not None} for member in claim.members
    )
    return any(letters - first - {""} for letters in others)


def _is_value(constant: Value, other: Value, member: Tree, world: World) -> bool:
    """f(a) = 6, y = 1: what a quantity that varies is for certain numbers; derivatives may be 0, 1 and -1 for all."""
    if leaves(constant.tensor) or not leaves(other.tensor) or _has_sizes(constant.tensor):
        return False
    if (
        is_gradient_tree(member)
        and np.isin(np.abs(evaluate(constant.tensor, setting_for(world, SEEDS[0], (constant.tensor,)))), (0, 1)).all()
    ):
        return False
    values = [np.asarray(evaluate(other.tensor, setting_for(world, seed, (other.tensor,)))) for seed in SEEDS[:2]]
    return abs(values[0].max() - values[1].max()) > EQUAL


def _has_sizes(tensor: Tensor) -> bool:
    """Whether it is made of sizes, 1/m: no value of an example."""
    return isinstance(tensor, Const) and bool(tensor.value.free_symbols)


def is_numeric(member: Tree) -> bool:
    """Whether decimals or arrays of numbers stand in it: a worked example, which is not true of all values."""
    return any((node.kind == "number" and "." in node.text) or _is_of_numbers(node) for node in walk_tree(member))


def _is_of_numbers(tree: Tree) -> bool:
    """A matrix of numbers alone, not all of them 0 or 1."""
    if tree.kind != "matrix":
        return False
    inside = [node for node in walk_tree(tree) if node.kind in ("symbol", "number", "word", "font", "ellipsis")]
    return all(node.kind == "number" for node in inside) and any(node.text not in ("0", "1") for node in inside)


def _rests_on_cost(claim: Claim, world: World) -> bool:
    """Whether a target, or a number that things are divided by, stands in it: what comes from a certain cost."""
    names = [world.lexicon.mention(name) for member in claim.members for _, name in names_in(member)]
    below = [node.children[1] for member in claim.members for node in walk_tree(member) if node.kind == "fraction"]
    has_target = any(mention.family.split("_")[0] in ("y", "Y", "t", r"\hat y") for mention in names)
    return has_target or any(printed_name(tree) is not None or tree.kind == "number" for tree in below)


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
    if (
        left.sides != right.sides
        and not left.is_number
        and not right.is_number
        and ((left.sides and right.sides) or (left.labels and right.labels))
    ):
        raise Untyped(f"the left is {_shape(left)}, the right is {_shape(right)}")
    if (left.sides != right.sides) and not left.is_number and not right.is_number:
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
    printed = {size: terms for size, terms in world.known_sizes.items() if terms}
    if difference is not None and difference.word == "refuted" and printed:
        there = _difference(one, other, labels, world, may_vanish, printed)
        if there is None or there.word != "refuted":
            return Outcome("undecided", f"for other sizes than the printed ones it is false ({difference.reason})")
    if difference is not None:
        is_open = world.has_open_cost and world.has_gradient(one) != world.has_gradient(other)
        if difference.word == "refuted" and is_open and not is_false_of_every_cost(one, other, world, place.own):
            return Outcome("undecided", f"{OPEN_COST} ({difference.reason})")
        gradients = world.has_gradient(one), world.has_gradient(other)
        if difference.word == "refuted" and world.has_doubtful_cost and any(gradients) and (rests_on_cost or not all(gradients)):
            return Outcome("undecided", f"the cost stated last was not understood ({difference.reason})")
        if difference.word == "refuted" and world.has_hidden_indices and (world.has_gradient(one) or world.has_gradient(other)):
            return Outcome("undecided", f"the cost of one entry stands for the whole cost ({difference.reason})")
        return difference
    facts = world.facts
    proof = None
    towards = _towards(world, one, other), _towards(world, other, one)
    for definitions in (_local(world, one, other, 1), *towards, _local(world, one, other, 2), near_definitions(world), world.definitions):
        proof = proof or prove_equal(one, other, definitions, facts, PROOF_SECONDS / 2)
    if proof is None and (found := found_facts(world)):
        known, swept = (*facts, *found), swept_definitions(world)
        proof = prove_equal(one, other, swept, known, PROOF_SECONDS / 2) or prove_equal(one, other, world.definitions, known, PROOF_SECONDS)
    if proof is None:
        return Outcome("undecided", "equal at random values, but no proof was found")
    return Outcome("proved", "the two sides have the same normal form")


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
        return Outcome("undecided", "both sides vanish in the equations at hand")
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
