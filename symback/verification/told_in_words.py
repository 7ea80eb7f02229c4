r"""What a page tells in words: that costs are averaged, what the factors of its chain rules hold fixed; and lists of derivatives.

    "the average cost of all examples:"   \frac{\partial C}{\partial w} = \frac1n \sum_{k=1}^n \frac{\partial C_k}{\partial w}
    \nabla C = \begin{bmatrix} \partial C/\partial w^1 \\ \partial C/\partial b^1 \\ \vdots \end{bmatrix}    says what ∇C collects

A derivative goes through an average term by term, so such a line is as true as the words before it; a line that divides by
another number than it adds, or adds derivatives by something else, is not what they say.

    "a factor of a chain rule is the derivative of one equation: the other quantities in it are held fixed"

Then ∂x̂/∂x is 1/s although s depends on x. "Holding everything else constant" in a lesson on what a partial derivative is says
less, and is not enough: only words about the factors of a chain rule speak of the quantities between.
"""

from __future__ import annotations

import re

from symback.verification.definitions import EQUALITIES, Claim
from symback.verification.mentions import Lexicon, Printed, integer_of, letter_of, printed_name
from symback.verification.tree import Tree, operands_of, walk

__all__ = ["averages_costs", "collects_derivatives", "holds_the_others"]

AVERAGE = re.compile(r"\b(?:average|mean|averaged|averaging)\b[^.;]{0,40}\b(?:costs?|loss(?:es)?|errors?)\b", re.IGNORECASE)
HOLDS = re.compile(
    r"\bfactors?\s+of\s+(?:a|the|each|every)\s+chain\s+rule\b[^.;]{0,60}\bother\s+quantities\b[^.;]{0,20}\b(?:is|are)\s+(?:held|kept)\s+"
    r"(?:fixed|constant)\b",
    re.IGNORECASE,
)


def holds_the_others(text: str) -> bool:
    """Whether a page says that a factor of a chain rule holds fixed what else stands in its equation.

    >>> holds_the_others("In every factor of a chain rule the other quantities are held fixed.")
    True
    """
    return HOLDS.search(text) is not None


def averages_costs(claim: Claim, lexicon: Lexicon, words: str) -> bool:
    """Whether a claim is the derivative of an average of costs, which the words before it say the cost is."""
    if not AVERAGE.search(words) or len(claim.members) != 2 or claim.signs[0] not in EQUALITIES:
        return False
    whole, mean = claim.members
    parts = operands_of(mean) if mean.kind == "product" else ()
    if whole.kind != "derivative" or len(parts) != 2 or parts[0].kind != "fraction" or parts[1].kind != "large":
        return False
    sign, term = parts[1].children
    cost = printed_name(whole.children[1])
    own = printed_name(term.children[1]) if term.kind == "derivative" else None
    if cost is None or own is None or cost.letter not in lexicon.losses or cost != Printed(own.letter):
        return False
    bound = _letter_and_count(sign)
    one, count = parts[0].children
    is_all = bound is not None and one.text == "1" and bound[1] in (None, letter_of(count)) and letter_of(count) is not None
    return is_all and whole.children[2:] == term.children[2:] and [letter_of(item) for item in own.below] == [bound and bound[0]]


def _letter_and_count(sign: Tree) -> tuple[str, str | None] | None:
    """k and n of a sum over k = 1 … n or 0 … n-1; the count is None where no bounds are printed."""
    if sign.kind != "scripts" or sign.children[0].text != r"\sum":
        return None
    below = next((mark.children[0] for mark in sign.children[1:] if mark.kind == "subscript"), None)
    above = next((mark.children[0] for mark in sign.children[1:] if mark.kind == "superscript"), None)
    if below is None:
        return None
    letter = letter_of(below.children[0] if below.kind == "relation" else below)
    if letter is None or above is None or below.kind != "relation":
        return None if letter is None or above is not None else (letter, None)
    first, last = integer_of(operands_of(below)[1]), above
    if first == 0 and above.kind == "sum" and [part.text for part in above.children[1:]] == ["-", "1"]:
        first, last = 1, above.children[0]
    count = letter_of(last)
    return (letter, count) if first == 1 and count is not None else None


def collects_derivatives(claim: Claim, lexicon: Lexicon) -> bool:
    """∇C = (∂C/∂w^1, ∂C/∂b^1, …): derivatives of one cost, each by something else."""
    if len(claim.members) != 2 or claim.signs[0] not in EQUALITIES:
        return False
    gradient, matrix = claim.members
    if gradient.kind != "applied" or gradient.children[0].text != r"\nabla" or matrix.kind != "matrix":
        return False
    cost = printed_name(gradient.children[1])
    cells = [cell for row in matrix.children for cell in row.children if not any(node.kind == "ellipsis" for node in walk(cell))]
    if cost is None or cost.letter not in lexicon.losses or len(cells) < 2:
        return False
    variables = [cell.children[2] for cell in cells if cell.kind == "derivative" and len(cell.children) == 3]
    is_of_cost = all(cell.kind == "derivative" and printed_name(cell.children[1]) == cost for cell in cells)
    return is_of_cost and len(set(variables)) == len(cells) and all(printed_name(variable) is not None for variable in variables)
