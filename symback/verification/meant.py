r"""What a false claim may have been meant to say, in the same signs: a sum that is not printed, a case that is not named.

    \frac{\partial L}{\partial w_i} = \delta_j x_{ij}        holds with Σ_j
    \frac{\partial r_k}{\partial x_{ij}} = \frac{x_{ij}}{r_i}     holds for k = i
    case l ≠ j, printed where l = j is meant             holds for l = j

Such a claim is not true as it stands, and its formula is right: it is conditional.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symback.verification.definitions import Claim
from symback.verification.implicit import claim_with_sums, occurrences
from symback.verification.mentions import Lexicon
from symback.verification.tree import Tree
from symback.verification.unparse import unparse

__all__ = ["diagonals", "meant_claims"]


def meant_claims(claim: Claim, lexicon: Lexicon) -> Iterator[tuple[Claim, str]]:
    """Each reading with the reason that goes with it."""
    explicit = claim_with_sums(claim, lexicon)
    if explicit != claim:
        yield explicit, "holds with a summation sign, which is missing"
    for i, condition in enumerate(claim.conditions):
        sign = condition.children[1]
        other = replace(
            condition, children=(condition.children[0], replace(sign, text="=" if sign.text == r"\neq" else r"\neq"), condition.children[2])
        )
        conditions = (*claim.conditions[:i], other, *claim.conditions[i + 1 :])
        yield replace(claim, conditions=conditions), f"holds for {unparse(other)}, and not for {unparse(condition)}"
    yield from diagonals(claim, lexicon)


def diagonals(claim: Claim, lexicon: Lexicon) -> Iterator[tuple[Claim, str]]:
    """An index that the first member alone has is the same as one that all have."""
    first, *others = (occurrences(member, lexicon) for member in claim.members)
    lonely = [letter for letter in first if not any(letter in other for other in others)]
    shared = [letter for letter in first if all(letter in other for other in others)]
    for letter in lonely[:1]:
        for partner in shared:
            condition = Tree("relation", (Tree("symbol", (), letter), Tree("operator", (), "="), Tree("symbol", (), partner)))
            yield replace(claim, conditions=(*claim.conditions, condition)), f"holds for {letter} = {partner}"
