r"""All number claims of a document at once, so that an input can be judged by what the document does with it.

`y = 1` on one line and `-(y - ŷ) = -(1.5 - 0.56)` on two others contradict each other.  Read once, each computation is
conditional.  Read as a whole, an input that no computation uses, while several use another number in its place, is the slip:
it is refuted, and the computations are judged with the number that they use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from symback.verification.numbers import NumberOutcome, judge_numbers
from symback.verification.numbers_book import NumberBook, name_of
from symback.verification.numbers_literals import literal_of, with_values
from symback.verification.tree import Tree, operands_of
from symback.verification.unparse import unparse

__all__ = ["NumberClaim", "judge_number_claims", "number_chains"]

FEWEST_USES = 2


@dataclass(frozen=True, slots=True)
class NumberClaim:
    """A relation chain of a document with its line and the words around it."""

    members: tuple[Tree, ...]
    signs: tuple[str, ...]
    line: int
    words: str = ""
    stands_alone: bool = True


@dataclass(frozen=True, slots=True)
class _Dispute:
    """An input that computations contradict: the number that they use, and their lines."""

    name: str
    line: int
    digits: Decimal
    lines: tuple[int, ...]


def number_chains(tree: Tree) -> Iterator[Tree]:
    r"""The relation chains of a formula; none from a list with commas inside of numbers: `64 \cdot 192 = 12,288`, `0,5 = 0,2 + 0,3`."""
    if tree.kind in ("statements", "list", "implication", "given"):
        parts = operands_of(tree)
        if tree.kind == "list" and any(_is_inside_a_number(left, right) for left, right in pairwise(parts)):
            return
        for part in parts:
            yield from number_chains(part)
    elif tree.kind == "aligned" or (tree.kind == "annotated" and tree.text == r"\text"):
        yield from number_chains(tree.children[0])
    elif tree.kind == "relation":
        yield tree


def _is_inside_a_number(left: Tree, right: Tree) -> bool:
    """Whether one sign, the comma, stands between two digits."""
    while left.children:
        left = left.children[-1]
    while right.children:
        right = right.children[0]
    return left.kind == right.kind == "number" and 0 < right.start - left.end <= len("{,}")


def judge_number_claims(claims: Sequence[NumberClaim], book: NumberBook | None = None) -> tuple[NumberOutcome | None, ...]:
    """One outcome for each claim in order, None where it is no claim about numbers."""
    start = book or NumberBook()
    outcomes = _in_order(claims, start, {})
    disputes = _disputes(claims, outcomes)
    return outcomes if not disputes else _in_order(claims, start, disputes)


def _in_order(claims: Sequence[NumberClaim], book: NumberBook, disputes: Mapping[int, _Dispute]) -> tuple[NumberOutcome | None, ...]:
    """Every claim with the book that those before it left."""
    found: list[NumberOutcome | None] = []
    for place, claim in enumerate(claims):
        dispute = disputes.get(place)
        members = claim.members if dispute is None else (claim.members[0], with_values(claim.members[1], [dispute.digits]))
        outcome, book = judge_numbers(members, claim.signs, book, claim.line, claim.words, claim.stands_alone)
        found.append(outcome if dispute is None else _refuted(claim, members, dispute))
    return tuple(found)


def _refuted(claim: NumberClaim, members: Sequence[Tree], dispute: _Dispute) -> NumberOutcome:
    """The verdict on an input that nothing uses."""
    lines = ", ".join(map(str, dispute.lines))
    reason = f"no computation uses this value of {dispute.name}; lines {lines} use {dispute.digits} in its place"
    correction = f" {claim.signs[0]} ".join(unparse(member) for member in members)
    return NumberOutcome("refuted", reason, correction, f"printed {unparse(claim.members[1])}, used {dispute.digits}")


def _disputes(claims: Sequence[NumberClaim], outcomes: Sequence[NumberOutcome | None]) -> dict[int, _Dispute]:
    """The inputs, by the place of their claim, that two or more lines contradict with the same number and none confirms."""
    uses: dict[tuple[str, int], list[tuple[int, str, bool]]] = {}
    for claim, outcome in zip(claims, outcomes, strict=True):
        for use in outcome.uses if outcome is not None else ():
            uses.setdefault((use.name, use.line), []).append((claim.line, use.digits, use.agrees))
    found = {}
    for place, claim in enumerate(claims):
        name = name_of(claim.members[0]) if len(claim.members) == 2 else None
        of_name = uses.get((name, claim.line), []) if name is not None and literal_of(claim.members[1]) is not None else []
        lines = tuple(sorted({line for line, _, _ in of_name}))
        agree_on = {digits for _, digits, _ in of_name}
        if name is not None and len(lines) >= FEWEST_USES and len(agree_on) == 1 and not any(agrees for _, _, agrees in of_name):
            found[place] = _Dispute(name, claim.line, Decimal(agree_on.pop()), lines)
    return found
