r"""Of which cost dW and dZ are derivatives, where a page has several: C = C_Σ/N and C_Σ = Σ_s C_s.

dZ^{[2]}_{js} = \frac{\partial C_Σ}{\partial Z^{[2]}_{js}}      dZ is of C_Σ, in every layer
dW^{[2]} = …                                                    of the cost that is part of no other: C
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symback.verification.definitions import EQUALITIES, Claim, Definition
from symback.verification.mentions import Lexicon, names_in, printed_name
from symback.verification.tree import Tree, operands_of

__all__ = ["outermost_cost", "stated_differentials"]


def stated_differentials(claims: Iterable[Claim], lexicon: Lexicon) -> dict[str, str]:
    """For each family X that a line dX = ∂C/∂X begins with: the family of the C."""
    found: dict[str, str] = {}
    for claim in claims:
        variable = _differentiated(claim.members[0], lexicon)
        for sign, member in zip(claim.signs, claim.members[1:], strict=True):
            member = member.children[0] if member.kind == "annotated" else member  # the reason beside it
            if variable is None or sign not in EQUALITIES or member.kind != "derivative" or len(member.children) != 3:
                continue
            above, below = (printed_name(child) for child in member.children[1:])
            if above is not None and below is not None and lexicon.mention(below).family == variable and above.letter in lexicon.losses:
                found.setdefault(variable, lexicon.mention(above).family)
    return found


def _differentiated(tree: Tree, lexicon: Lexicon) -> str | None:
    """The X of dX."""
    parts = operands_of(tree) if tree.kind == "product" else ()
    name = printed_name(parts[1]) if len(parts) == 2 and parts[0].text == "d" else None
    return lexicon.mention(name).family if name is not None else None


def outermost_cost(costs: Sequence[Definition], lexicon: Lexicon) -> str | None:
    """The cost that is part of no other; None where there are several."""
    parts = {
        lexicon.mention(name).family
        for cost in costs
        for _, name in names_in(cost.body)
        if lexicon.mention(name).family != cost.name.family
    }
    found = {cost.name.family for cost in costs} - parts
    return found.pop() if len(found) == 1 else None
