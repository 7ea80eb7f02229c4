"""Why a claim that is false in the world that was built may be true all the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symback.verification.claim_forms import (
    bound_letters,
    derives_state,
    divided_by,
    has_penalty,
    has_slopes_only,
    head_of,
    is_dotted_chain,
    works_out_slope,
)
from symback.verification.claim_windows import mentions_in
from symback.verification.comparing import Outcome
from symback.verification.definitions import FUNCTION_HEADS, Claim, Definition, is_pure_gradient
from symback.verification.mentions import SAMPLE_COUNTS, names_in, printed_name
from symback.verification.open_readings import OpenReadings
from symback.verification.tree import Tree, walk

__all__ = ["doubt_about", "unrelated_costs"]

UNDER_INEQUALITY = re.compile(r"(?:\$|\\\()(?:[^$]*(?:[<>≤≥]|\\(?:leq?|geq?|lt|gt)\b))[^$]*(?:\$|\\\))\W*$")
AVERAGED = re.compile(r"\b(?:averag|mean of|minibatch|mini-batch)")
OF_LAYERS = re.compile(r"(?:\s|[$(),.:\d<>≤≥lL]|\\(?:leq?|geq?|lt|gt|\(|\)))*")  # l < L is no condition on values


def doubt_about(readings: OpenReadings, claim: Claim, own: Sequence[Definition], order: int, outcome: Outcome) -> str:
    """Why a claim that is false in the world that was built may be true all the same."""
    families = readings.families(claim.members)
    if not readings.stated and not readings.softmax_letters:
        return "false under the usual conventions, but no forward equation of this document was read"
    if not all(definition.role == "gradient" and is_pure_gradient(definition.body, readings.lexicon) for definition in own) or (
        own and len(claim.members) == 2 and is_pure_gradient(claim.members[1], readings.lexicon)
    ):
        return "a definition that was not understood"
    printed = readings.pages[order].printed
    if printed is not None and _states_condition(readings, printed.before):
        return "the words before it state a condition"
    if any(_counts_entries(readings, member) for member in claim.members):
        return "the numbers at its names may be those of entries or of layers"
    edition = readings.sheet.edition(order)
    if is_dotted_chain(claim):
        return "it is the chain rule, whose links meet; what else links the steps was perhaps not read"
    if _has_loss_of_no_step(readings, claim):
        return "of which steps the loss is meant is not printed"
    first = printed_name(claim.members[0])
    if first is not None and first.letter in readings.lexicon.losses | {"C", "J", "L", "E"} and readings.kind(claim) != "gradient":
        return "it states a cost"
    if not derives_state(claim.members[0], readings.lexicon) and any(has_penalty(member, readings.lexicon) for member in claim.members[1:]):
        return "a penalty may be part of the cost"
    mentions = mentions_in(claim.members, readings.sheet)
    bare = {mention.family for mention in mentions if mention.stage is None and mention.family in readings.sheet.staged}
    if len(bare) > 1 and not any(mention.stage is not None for mention in mentions):
        return "of which layers it speaks is not printed"
    counts = divided_by(claim.members)
    others = [d for d in readings.sheet.definitions if d.role == "cost" and d not in edition.costs[:1]]
    if any(counts & divided_by((other.body,)) for other in others):
        return "the cost may be the average over the samples, as elsewhere in this document"
    if counts & SAMPLE_COUNTS and AVERAGED.search(readings.words) and not _states_cost_of_samples(readings):
        return "the cost may be the average over the samples, of which the words speak and no formula"
    if readings.names_target(claim) and not edition.costs and outcome.word != "untyped":
        return "the cost is not stated, and no usual cost makes it true"
    is_open = not readings.softmax_letters and readings.has_open_activation(edition) and bool(readings.open_heads(order) - {r"\tanh"})
    if is_open and works_out_slope(claim) and not readings.has_gates(order):
        return "the activation is not stated, and no usual one makes it true"
    forward = [d for d in readings.sheet.definitions if d.role == "forward" and len(d.labels) > 2]
    twofold = {d.name.family for d in forward if any(e.name == d.name and not e.labels for e in readings.sheet.definitions)}
    if twofold:
        return f"{min(twofold)} is an array of several axes here, and a matrix there"
    used = {printed_name(head_of(node)) for member in claim.members for node in walk(member) if node.kind in ("call", "function")}
    heads = {name.letter for name in used if name is not None}
    twice = [
        function.letter for function in edition.functions if function.letter in heads & FUNCTION_HEADS and readings.is_redefined(function)
    ]
    is_of_vectors = any(
        other.label is not None or any(node.kind == "large" for node in walk(other.body))
        for other in readings.sheet.functions
        if other.letter in twice
    )
    if twice and (is_of_vectors or works_out_slope(claim) or not has_slopes_only(claim)):
        return f"{twice[0]} has several definitions"
    if gap := _gap_above(readings, claim):
        return f"the equations of layer {gap} are not written out"
    unknown = [d.name.family for d in readings.sheet.dropped if d.name.family in families]
    if unknown:
        return f"the definition of {unknown[0]} was not understood"
    return ""


def _gap_above(readings: OpenReadings, claim: Claim) -> int | None:
    """The number of a layer without equations, above what the claim speaks of, and below others that have some."""
    stages = {
        d.name.stage[1] for d in readings.sheet.definitions if d.role == "forward" and d.name.stage is not None and not d.name.stage[0]
    }
    spoken = [m.stage[1] for m in mentions_in(claim.members, readings.sheet) if m.stage is not None and not m.stage[0]]
    missing = set(range(min(stages), max(stages))) - stages if stages and spoken else set()
    if missing and derives_state(claim.members[0], readings.lexicon):  # ∂z_3/∂z_2: no layer above the third matters, and none below
        missing &= set(range(min(spoken) + 1, max(spoken)))
    return next((gap for gap in sorted(missing) if gap >= min(spoken)), None)


def _states_cost_of_samples(readings: OpenReadings) -> bool:
    """Whether a cost is stated as a sum over samples, or as an average."""
    bodies = [d.body for d in readings.sheet.definitions if d.role == "cost"]
    is_numbered = any(mention.sample is not None for mention in mentions_in(bodies, readings.sheet))
    return is_numbered or bool(divided_by(bodies) & SAMPLE_COUNTS)


def unrelated_costs(readings: OpenReadings, claim: Claim) -> list[str]:
    """Several costs in one claim, of which the document does not say how they are related: C and E, C and C_3."""
    names = [printed_name(node.children[1]) for member in claim.members for node in walk(member) if node.kind == "derivative"]
    printed: dict[str, str] = {}
    for name in names:
        if name is not None and name.letter in readings.lexicon.losses and not name.primes:
            number = "".join(item.text for item in name.below if item.kind == "number" and item.text != "0")
            printed.setdefault(name.letter.lower() + number, name.letter + (f"_{number}" if number else ""))
    stated = {d.name.family.lower() for d in readings.sheet.definitions if d.role == "cost"}
    return sorted(printed.values()) if len(printed) > 1 and not set(printed) <= stated else []


def _counts_entries(readings: OpenReadings, tree: Tree) -> bool:
    r"""A written matrix whose entries are told apart by bare numbers, which are read as layers: \delta_1 a_2."""
    for matrix in (node for node in walk(tree) if node.kind == "matrix"):
        names = [name for _, name in names_in(matrix)]
        mentions = [readings.lexicon.mention(name) for name in names if name.below and not name.above]
        if len({m.stage for m in mentions if m.stage is not None and m.stage[0] == "" and not m.indices}) > 1:
            return True
    return False


def _has_loss_of_no_step(readings: OpenReadings, claim: Claim) -> bool:
    """A derivative of l, where the document sums l_t; not where a letter is summed and free at once, which no loss makes right."""
    nodes = [node for member in claim.members for node in walk(member)]
    names = [printed_name(node.children[1]) for node in nodes if node.kind == "derivative"]
    mentions = [readings.lexicon.mention(name) for name in names if name is not None]
    bound = {letter for node in nodes if node.kind == "large" for letter in bound_letters(node.children[0])}
    free = {mention.stage[0] for mention in mentions_in(claim.members[:1], readings.sheet) if mention.stage is not None}
    open_losses = [mention for mention in mentions if mention.family in readings.sheet.losses_under_sums and mention.stage is None]
    return bool(open_losses) and not bound & free


def _states_condition(readings: OpenReadings, before: str) -> bool:
    """Whether words before a formula end in an inequality of values: for $x > 0$.  A displayed formula is none of them."""
    condition = UNDER_INEQUALITY.search(before)
    return condition is not None and not OF_LAYERS.fullmatch(condition[0]) and not condition[0].rstrip().endswith("$$")
