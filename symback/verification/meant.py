r"""What a false claim may have been meant to say, in the same signs: a sum that is not printed, a case that is not named.

    \frac{\partial L}{\partial w_i} = \delta_j x_{ij}        holds with Σ_j
    \frac{\partial r_k}{\partial x_{ij}} = \frac{x_{ij}}{r_i}     holds for k = i
    case l ≠ j, printed where l = j is meant             holds for l = j

Such a claim is not true as it stands, and its formula is right: it is conditional.  A formula that prints one sum does not
leave out another by custom: there the missing sign is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, count

from symback.verification.definitions import Claim
from symback.verification.implicit import claim_with_sums, occurrences
from symback.verification.lexicon import bound_in
from symback.verification.mentions import Lexicon, indices_of, letter_of, printed_name
from symback.verification.tree import Tree, operands_of, walk
from symback.verification.unparse import unparse

__all__ = ["diagonals", "meant_claims", "with_own_indices", "with_shares"]

MISSING_SUM = "holds with a summation sign, which is missing"
MOST_PLACES = 4  # of an index in one sum, when some of them may be right


def meant_claims(claim: Claim, lexicon: Lexicon) -> Iterator[tuple[Claim, str]]:
    """Each reading with the reason that goes with it; no reason where the sign is an error, since the formula prints others."""
    explicit = claim_with_sums(claim, lexicon)
    if explicit != claim:
        yield explicit, "" if _prints_sums(claim) else MISSING_SUM
    for i, condition in enumerate(claim.conditions):
        sign = condition.children[1]
        other = replace(
            condition, children=(condition.children[0], replace(sign, text="=" if sign.text == r"\neq" else r"\neq"), condition.children[2])
        )
        conditions = (*claim.conditions[:i], other, *claim.conditions[i + 1 :])
        yield replace(claim, conditions=conditions), f"holds for {unparse(other)}, and not for {unparse(condition)}"
    if not any(_is_kronecker(node) for member in claim.members for node in walk(member)):
        yield from diagonals(claim, lexicon)


def _summed(tree: Tree) -> Iterator[str]:
    """The letters under the sums of a formula."""
    for node in walk(tree):
        if node.kind == "large" and node.children[0].kind == "scripts":
            for script in node.children[0].children[1:]:
                yield from bound_in(script.children[0]) if script.kind == "subscript" else ()


def _prints_sums(claim: Claim) -> bool:
    """Whether the claim prints a sum elsewhere: then the sign is not left out by custom."""
    return any(True for member in claim.members for _ in _summed(member))


def _is_kronecker(node: Tree) -> bool:
    r"""\delta_{ij}: such a formula tells its cases apart by itself."""
    name = printed_name(node) if node.kind == "scripts" else None
    return name is not None and name.letter == r"\delta" and not name.above and sum(len(indices_of(item)) for item in name.below) == 2


def diagonals(claim: Claim, lexicon: Lexicon) -> Iterator[tuple[Claim, str]]:
    """An index that the first member alone has is the same as one that all have."""
    first, *others = (occurrences(member, lexicon) for member in claim.members)
    lonely = [letter for letter in first if not any(letter in other for other in others)]
    shared = [letter for letter in first if all(letter in other for other in others)]
    for letter in lonely[:1]:
        for partner in shared:
            condition = Tree("relation", (Tree("symbol", (), letter), Tree("operator", (), "="), Tree("symbol", (), partner)))
            yield replace(claim, conditions=(*claim.conditions, condition)), f"holds for {letter} = {partner}"


def with_shares(claim: Claim) -> Claim | None:
    r"""u_i / Σ_j u_j for u_i / Σ_j u_i; None where no sum of that kind stands in it.

    A share divides by the sum of all, over an index of its own.  As printed it is 1 over the number of terms, whatever u is, which
    nobody writes in so many letters.
    """
    members = tuple(map(_with_shares, claim.members))
    return None if members == claim.members else replace(claim, members=members)


def _with_shares(tree: Tree) -> Tree:
    tree = replace(tree, children=tuple(map(_with_shares, tree.children)))
    if tree.kind != "fraction" or tree.children[1].kind != "large" or tree.children[1].children[1] != tree.children[0]:
        return tree
    below = tree.children[1]
    for changed in _over_own_index(below):
        return replace(tree, children=(tree.children[0], changed))
    return tree


def with_own_indices(claim: Claim) -> Iterator[Claim]:
    """The claim with another index of a sum's terms replaced by the index of the sum, which they lack: Σ_j u_j for Σ_j u_i."""
    for place, member in enumerate(claim.members):
        for changed in _sums_over_own_index(member):
            yield replace(claim, members=(*claim.members[:place], changed, *claim.members[place + 1 :]))


def _sums_over_own_index(tree: Tree) -> Iterator[Tree]:
    yield from _over_own_index(tree)
    for i, child in enumerate(tree.children):
        for changed in _sums_over_own_index(child):
            yield replace(tree, children=(*tree.children[:i], changed, *tree.children[i + 1 :]))


def _over_own_index(tree: Tree) -> Iterator[Tree]:
    """A sum whose index its terms lack, with each other index letter of theirs exchanged for it: in all places first, then in fewer."""
    if tree.kind != "large" or tree.children[0].kind != "scripts":
        return
    sign, body = tree.children
    below = [mark.children[0] for mark in sign.children[1:] if mark.kind == "subscript"]
    bound = [letter for content in below for operand in operands_of(content)[:1] if (letter := letter_of(operand)) is not None]
    letters = _index_letters(body)
    if letter_of(sign.children[0]) != r"\sum" or len(bound) != 1 or bound[0] in letters:
        return
    for letter in letters:
        places = sum(1 for node in walk(body) if node.kind == "subscript" and _with_letter(node, letter, bound[0]) != node)
        for size in range(places, 0, -1) if places <= MOST_PLACES else (places,):
            for chosen in combinations(range(places), size):
                yield replace(tree, children=(sign, _with_letter_at(body, letter, bound[0], chosen)))


def _index_letters(tree: Tree) -> list[str]:
    """The letters in lower scripts, in the printed order."""
    marks = [node for node in walk(tree) if node.kind == "subscript"]
    found = [node.text for mark in marks for node in walk(mark) if node.kind == "symbol" and len(node.text) == 1 and node.text.isalpha()]
    return list(dict.fromkeys(found))


def _with_letter(tree: Tree, old: str, new: str, is_index: bool = False) -> Tree:
    if is_index and tree.kind == "symbol" and tree.text == old:
        return replace(tree, text=new)
    inside = is_index or tree.kind == "subscript"
    return replace(tree, children=tuple(_with_letter(child, old, new, inside) for child in tree.children))


def _with_letter_at(tree: Tree, old: str, new: str, chosen: Sequence[int]) -> Tree:
    """Another letter in some of the lower scripts that have it, counted as they are printed."""
    seen = count()

    def changed(node: Tree) -> Tree:
        if node.kind == "subscript":
            other = _with_letter(node, old, new)
            return other if other != node and next(seen) in chosen else node
        return replace(node, children=tuple(map(changed, node.children)))

    return changed(tree)
