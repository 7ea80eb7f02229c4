r"""Sums that are meant and not printed: c_{ik} = a_{ij} b_{jk} in index notation.

    c_{ik} = a_{ij} b_{jk}                ->   c_{ik} = \sum_j a_{ij} b_{jk}
    s_i = e^{x_i} / (\mathbf 1_j e^{x_j})  ->   s_i = e^{x_i} / \sum_j \mathbf 1_j e^{x_j}

An index that stands twice or more in a term, and that the left side has not, is summed over the smallest part of the term
that holds all of it.  A document is written so if many of its formulas ask for it and hardly any prints a Σ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from symback.verification.definitions import Claim
from symback.verification.lexicon import bound_in
from symback.verification.mentions import Lexicon, is_ones, letter_of, printed_name, script_shift
from symback.verification.tree import Tree, operands_of, walk

__all__ = ["claim_with_sums", "free_letters", "is_implicit", "occurrences", "with_sums"]

FEWEST_FORMULAS = 3


def occurrences(tree: Tree, lexicon: Lexicon) -> Counter[str]:
    """How often each index letter stands in a formula, those that a Σ binds left out."""
    if tree.kind == "scripts" and is_ones(tree.children[0]):
        return Counter(letter for script in tree.children[1:] if script.kind == "subscript" for letter in bound_in(script.children[0]))
    if tree.kind == "scripts" and tree.children[0].kind == "group":
        inside = occurrences(tree.children[0], lexicon)
        return inside + Counter(
            letter for script in tree.children[1:] if script.kind == "subscript" for letter in bound_in(script.children[0])
        )
    name = printed_name(tree) if tree.kind in ("symbol", "scripts", "font", "accent", "word", "call") else None
    if name is not None:
        mention = lexicon.mention(name)
        found = Counter(letter for index in mention.indices if (letter := _letter(index)) is not None)
        return found + occurrences(mention.power, lexicon) if mention.power is not None else found
    total: Counter[str] = Counter()
    for child in tree.children[tree.kind == "large" :]:
        total += occurrences(child, lexicon)
    if tree.kind == "large" and tree.children[0].kind == "scripts":
        bound = {
            letter for script in tree.children[0].children[1:] if script.kind == "subscript" for letter in bound_in(script.children[0])
        }
        total = Counter({letter: count for letter, count in total.items() if letter not in bound})
    return total


def _letter(index: Tree) -> str | None:
    shift = script_shift(index)
    return shift[0] if shift is not None and shift[0] else letter_of(index)


def free_letters(member: Tree, lexicon: Lexicon) -> frozenset[str]:
    """The indices that a left side leaves free: those that stand once in it."""
    first = operands_of(member)[0] if member.kind == "sum" else member
    return frozenset(letter for letter, count in occurrences(first, lexicon).items() if count == 1)


def with_sums(tree: Tree, free: frozenset[str], lexicon: Lexicon) -> Tree:
    """The formula with every sum printed."""
    if tree.kind == "sum":
        terms = [child if child.kind == "operator" else with_sums(child, free, lexicon) for child in tree.children]
        return replace(tree, children=tuple(terms))
    if tree.kind in ("sign", "aligned", "annotated") or (tree.kind == "group" and tree.children[0].kind == "sum"):
        return replace(tree, children=(with_sums(tree.children[0], free, lexicon), *tree.children[1:]))
    for letter, count in sorted(occurrences(tree, lexicon).items()):
        if count > 1 and letter not in free and letter.islower():
            tree = _summed(tree, letter, count, lexicon)
    return tree


def _summed(tree: Tree, letter: str, count: int, lexicon: Lexicon) -> Tree:
    """Σ before the smallest part that holds the letter as often as the whole does."""
    if tree.kind not in ("scripts", "derivative", "call") or printed_name(tree) is None:
        for i, child in enumerate(tree.children):
            if child.kind != "operator" and tree.kind != "derivative" and occurrences(child, lexicon)[letter] == count:
                return replace(tree, children=(*tree.children[:i], _summed(child, letter, count, lexicon), *tree.children[i + 1 :]))
    if tree.kind == "sum" and all(occurrences(term, lexicon)[letter] != 1 for term in operands_of(tree)):
        terms = [_summed(term, letter, found, lexicon) if (found := occurrences(term, lexicon)[letter]) else term for term in tree.children]
        return replace(tree, children=tuple(terms))
    sign = Tree("scripts", (Tree("symbol", (), r"\sum"), Tree("subscript", (Tree("symbol", (), letter),))))
    return Tree("large", (sign, tree), "", tree.start, tree.end)


def claim_with_sums(claim: Claim, lexicon: Lexicon) -> Claim:
    """The claim with every sum printed; the first member says which indices are free."""
    free = free_letters(claim.members[0], lexicon)
    return replace(claim, members=tuple(with_sums(member, free, lexicon) for member in claim.members))


def is_implicit(claims: Sequence[Claim], lexicon: Lexicon) -> bool:
    """Whether a document sums without saying so: many formulas ask for it, few of them print a Σ, and sums spoil no more of them."""
    found = [(claim, claim_with_sums(claim, lexicon)) for claim in claims]
    changed = sum(0 if summed == claim else -1 if _is_spoilt(claim, summed, lexicon) else 1 for claim, summed in found)
    printed = sum(any(node.text == r"\sum" for member in claim.members for node in walk(member)) for claim in claims)
    return changed >= FEWEST_FORMULAS and 3 * printed <= changed


def _is_spoilt(claim: Claim, summed: Claim, lexicon: Lexicon) -> bool:
    r"""\frac{\partial \ell_i}{\partial z_i} = \delta_i: both sides have the same indices as they stand, and with a sum they have not."""
    before, after = ({frozenset(occurrences(member, lexicon)) for member in found.members if member.children} for found in (claim, summed))
    return len(before) == 1 < len(after)
