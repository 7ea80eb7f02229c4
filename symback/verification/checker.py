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
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from symback.errors import SymbackError
from symback.language.expressions import Const, Tensor, leaves
from symback.numerics.evaluate import evaluate
from symback.verification.bound_letters import told_apart
from symback.verification.choices import Choices, all_choices
from symback.verification.claim_windows import _has_both, mentions_in, windows_of
from symback.verification.comparing import EQUAL, OPEN_COST, SEEDS, Outcome, compare
from symback.verification.definitions import Claim, is_gradient_tree
from symback.verification.meaning import DIAGONAL, Mismatch, OneLine, OutOfRange, Unread, Unspread, Untyped, Value
from symback.verification.mentions import names_in, printed_name
from symback.verification.place import Place
from symback.verification.reading import read
from symback.verification.reading_names import axes_of_indices, counted_name, is_loss_of_step
from symback.verification.sheet import Sheet
from symback.verification.tree import Tree, operands_of
from symback.verification.tree import walk as walk_tree
from symback.verification.window import Assumed, Counted, Window
from symback.verification.world import World
from symback.verification.world_settings import setting_for
from symback.verification.worlds import world_of

__all__ = ["Outcome", "judge_claim", "settled", "outcome_in", "windows_of"]

_SIZE = re.compile(r"\bn_([^\s,;()]+?)_(\d)(?:_(m?\d+))?(?=\b)")
MOST_READINGS = 40
USE_OF_A_WEIGHT = "the use of a weight"
DIRECT_ALONE = "of the direct dependence alone"
ONE_STEP = "holds for the use of the weight at that step: the whole derivative is the sum over the steps"
CONDITIONAL_READINGS = {
    DIAGONAL: "holds if the column before the matrix stands for the diagonal matrix of its entries",
    "Jacobian, transposed": "holds where ∂a/∂z has a row for each entry of z",
    "the whole loss": "holds if the name is the derivative of the whole loss, and not of that of one step, as it is printed",
    DIRECT_ALONE: "holds if everything between is held fixed, and not as the whole derivative",
}


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
            stated = {DIRECT_ALONE} if sheet.holds_the_others else set()
            reasons = [CONDITIONAL_READINGS[answer] for answer in given.values() if answer in CONDITIONAL_READINGS.keys() - stated]
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
    found: set[tuple[str, int | None]] = set()
    for mention in mentions_in(claim.members, sheet):
        if mention.family in (r"\delta", r"\Delta") and mention.stage is not None and mention.stage[0] in bases:
            capitals = [letter for letter in sheet.weighted_inputs if letter.isupper()]
            is_of_batch = mention.family == r"\Delta" and r"\delta" in sheet.staged and sheet.staged.intersection(capitals)
            letters = capitals if is_of_batch else sheet.weighted_inputs
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
        if _may_be_error(claim, sheet):
            return Outcome("undecided", f"false if δ is the Kronecker delta ({readable(str(error))})", sentences)
        if "a matrix with one index" in choices.asked:
            return Outcome("undecided", f"a matrix has one index here ({readable(str(error))})", sentences)
        if thinned := _thinned(claim, sheet, 1):
            return Outcome("undecided", f"{thinned} with fewer indices here than elsewhere ({error})", sentences)
        doubt = "a row or a column of a matrix, or the whole of one that has no more" if isinstance(error, OneLine) else ""
        return Outcome("untyped", readable(str(error)), sentences, doubt=doubt)
    except (SymbackError, RecursionError, ValueError, TypeError, KeyError, OverflowError, IndexError) as error:
        return Outcome("unread", f"the reader could not go on ({type(error).__name__})")
    if found.word == "refuted" and place is not None and (unknown := _unknown(claim, place)):
        return Outcome("unread", f"what {unknown} is, is not said", sentences)
    if found.word == "proved" and place is not None and place.remarks:
        found = replace(found, word="conditional", reason=f"holds if {next(iter(place.remarks))}")
    if found.word in ("refuted", "untyped") and place is not None and place.doubts:
        return Outcome("undecided", f"false if {next(iter(place.doubts))}", sentences)
    if found.word == "refuted" and sheet.has_begun_numbers:
        return Outcome("undecided", f"it may rest on digits that are not printed ({found.reason})", sentences)
    if found.word == "refuted" and _may_be_error(claim, sheet):
        return Outcome("undecided", f"false if δ is the Kronecker delta ({found.reason})", sentences)
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


def _may_be_error(claim: Claim, sheet: Sheet) -> bool:
    """δ_ij = p_ij - y_ij where nobody says what δ_ij is: an error of sample i perhaps, and not 1 or 0."""
    name = printed_name(claim.members[0])
    if name is None or name.letter not in (r"\delta", r"\Delta") or "kronecker" in sheet.words:
        return False
    mention = sheet.lexicon.mention(name)
    is_defined = any(definition.name.family == mention.family for definition in sheet.definitions)
    has_names = any(True for member in claim.members[1:] for _ in names_in(member))
    return mention.stage is None and len(mention.indices) == 2 and not is_defined and has_names and not is_gradient_tree(claim.members[1])


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
        if name.letter == r"\pi" and place.world.sheet.has_circle_number:
            continue
        if not place.world.knows(mention.family) and mention.family not in place.axes and not place.world.has_alias(mention):
            return mention.family
    return ""


def _compared(claim: Claim, place: Place, is_share: bool) -> Outcome:
    """Every member against the one before it; the first difference decides."""
    values: list[Value | None] = []
    reasons: list[str] = []
    misfit: Untyped | None = None
    for member in claim.members:
        place.takes_share = place.world.window.is_clock and is_share and member is claim.members[0]
        if is_numeric(member, place.world.sheet.constants) or member.kind == "empty":
            values.append(_if_it_fits(member, place))
            reasons += ["printed numbers"] if values[-1] is None and member.kind != "empty" else []
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
        if outcome.word == "proved" and all(_is_vanishing_derivative(*side) for side in ((left, before), (right, here))):
            outcome = Outcome("undecided", "both sides vanish in the equations at hand")
        if outcome.word in ("refuted", "untyped") and (is_numeric(before) or is_numeric(here)):
            outcome = Outcome("undecided", f"printed numbers ({outcome.reason})")  # the 0.5 of ½(a - y)² may be a value here
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


def _if_it_fits(member: Tree, place: Place) -> Value | None:
    """The value of a member with decimals beside names: what is equal for all values is true, whatever the decimals are."""
    if not any(True for _ in names_in(member)) or any(_is_of_numbers(node) for node in walk_tree(member)):
        return None
    inside = replace(place, doubts={}, remarks={}, vacuous={})
    try:
        found = read(member, inside)
        return None if inside.doubts or inside.remarks or inside.vacuous else found
    except (Mismatch, Unspread, Unread, Untyped, OutOfRange):
        return None


def _vanishes(value: Value, member: Tree, world: World) -> bool:
    """A product with a derivative that is 0 in these equations, as ∂a^l/∂z^{l+1}; a printed 0 may be a condition."""
    is_zero = isinstance(value.tensor, Const) and value.tensor.value == 0
    return is_zero and member.kind == "product" and is_gradient_tree(member) and not world.window.is_clock


def _is_vanishing_derivative(value: Value, member: Tree) -> bool:
    """∂x/∂y of names that nothing relates: 0 here, and what it is elsewhere is not said."""
    return isinstance(value.tensor, Const) and value.tensor.value == 0 and is_gradient_tree(member)


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


def is_numeric(member: Tree, constants: frozenset[str] = frozenset()) -> bool:
    """Whether decimals or arrays of numbers stand in it: a worked example, which is not true of all values.

    Beside names, `constants` are no example: the 0.00001 of √(0.00001 + v), the 0.01 of a penalty.
    """
    known = constants if any(True for _ in names_in(member)) else frozenset()
    return any(
        (node.kind == "number" and "." in node.text and node.text not in known) or _is_of_numbers(node) for node in walk_tree(member)
    )


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
