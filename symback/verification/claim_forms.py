r"""Shapes of claims: dotted chains, updates, penalties, worked-out slopes; and small changes of their trees."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from symback.verification.definitions import FUNCTION_HEADS, Claim
from symback.verification.lexicon import bound_in
from symback.verification.mentions import Lexicon, letter_of, names_in, printed_name
from symback.verification.sheet import Sheet
from symback.verification.tree import Tree, operands_of, walk
from symback.verification.updates import judge_update

__all__ = [
    "bound_letters",
    "derives_state",
    "divided_by",
    "free_indices",
    "has_penalty",
    "has_slopes_only",
    "head_of",
    "index_renamings",
    "is_chain_to_entry",
    "is_dotted_chain",
    "is_update",
    "letter_at",
    "states_activation",
    "states_dependence",
    "with_differentials_above",
    "with_fonts_at_letters",
    "with_layer_letter",
    "with_whole_sums_derived",
    "without_doubled_sign",
    "works_out_slope",
]

PENALIZED = frozenset(["W", "w", r"\theta", r"\Theta"])
RATES = frozenset([r"\lambda", r"\alpha", r"\eta", r"\mu", "m", "n", "N"])  # what a penalty is weighted with


def has_slopes_only(claim: Claim) -> bool:
    r"""Whether activations stand in it as \sigma'(z) alone, so that it is false for every one of them if for any that is not special."""
    heads = [node.children[0] for member in claim.members for node in walk(member) if node.kind in ("call", "function")]
    activations = [head for head in heads if (name := printed_name(head)) is not None and name.letter in FUNCTION_HEADS]
    return all(head.kind == "scripts" and any(mark.kind == "prime" for mark in head.children) for head in activations)


def is_dotted_chain(claim: Claim) -> bool:
    r"""∂h_t/∂h_s = ∂h_t/∂h_{t-1} ∂h_{t-1}/∂h_{t-2} … ∂h_{s+1}/∂h_s: links that meet wherever no dots stand, from end to end."""
    whole, *others = claim.members
    if len(others) != 1 or whole.kind != "derivative" or not any(node.kind == "ellipsis" for node in walk(others[0])):
        return False
    links = operands_of(others[0]) if others[0].kind == "product" else ()
    if len(links) < 3 or any(link.kind != "ellipsis" and (link.kind != "derivative" or len(link.children) != 3) for link in links):
        return False
    is_met = all(
        "ellipsis" in (left.kind, right.kind) or left.children[2] == right.children[1] for left, right in itertools.pairwise(links)
    )
    ends = links[0].kind == links[-1].kind == "derivative" and (links[0].children[1], links[-1].children[2]) == whole.children[1:]
    return is_met and ends


def with_fonts_at_letters(tree: Tree) -> Tree:
    r"""\mathbf{\delta^l} is \mathbf{\delta}^l, and \mathbf{\sigma'(z)} is \sigma'(z): a font is a matter of letters."""
    children = tuple(with_fonts_at_letters(child) for child in tree.children)
    if children != tree.children:
        tree = replace(tree, children=children)
    if tree.kind == "accent" and tree.children[0].kind == "scripts" and letter_of(tree.children[0].children[0]) is not None:
        base, *scripts = tree.children[0].children
        return replace(tree.children[0], children=(replace(tree, children=(base,)), *scripts))
    if tree.kind != "font" or tree.children[0].kind in ("symbol", "word", "number", "accent", "font", "text"):
        return tree
    inner = tree.children[0]
    if inner.kind not in ("scripts", "product", "group", "sign", "matrix", "operator"):
        return inner
    if inner.kind == "scripts":
        return replace(inner, children=(with_fonts_at_letters(replace(tree, children=(inner.children[0],))), *inner.children[1:]))
    return inner


def with_layer_letter(tree: Tree, old: str, new: str, in_script: bool = False) -> Tree:
    """Another letter for the layer, in superscripts and subscripts."""
    if in_script and tree.kind == "symbol" and tree.text == old:
        return replace(tree, text=new)
    inside = in_script or tree.kind in ("superscript", "subscript")
    return replace(tree, children=tuple(with_layer_letter(child, old, new, inside) for child in tree.children))


def index_renamings(claim: Claim, lexicon: Lexicon) -> Iterator[tuple[Tree, ...]]:
    """The members with an index that stands on one side only renamed to one that stands on the other side only."""
    left = free_indices(claim.members[:1], lexicon)
    right = free_indices(claim.members[1:], lexicon)
    for new in sorted(left - right):
        for old in sorted(right - left):
            yield (claim.members[0], *(with_layer_letter(member, old, new) for member in claim.members[1:]))


def free_indices(trees: Sequence[Tree], lexicon: Lexicon) -> set[str]:
    """Index letters that no sum binds."""
    bound = {letter for tree in trees for node in walk(tree) if node.kind == "large" for letter in bound_letters(node.children[0])}
    found = set()
    for tree in trees:
        for _, name in names_in(tree):
            found |= {letter for item in lexicon.mention(name).indices if (letter := letter_of(item)) is not None}
    return found - bound


def without_doubled_sign(claim: Claim) -> Claim:
    """A line that ends with an equals sign, and a next one that begins with it: a = = b is a = b."""
    empty = [at for at, member in enumerate(claim.members) if member.kind == "empty" and 0 < at < len(claim.members) - 1]
    if len(empty) != 1 or claim.signs[empty[0] - 1 : empty[0] + 1] != ("=", "="):
        return claim
    at = empty[0]
    return replace(claim, members=claim.members[:at] + claim.members[at + 1 :], signs=claim.signs[:at] + claim.signs[at + 1 :])


def is_update(claim: Claim) -> bool:
    """W_new = W - η ∇C, and perhaps its numbers: a step, and no equation of the network."""
    return judge_update(Claim(claim.members[:2], claim.signs[:1])) is not None


def is_chain_to_entry(claim: Claim, sheet: Sheet) -> bool:
    """∂C/∂b_1 = ∂C/∂a ∂a/∂z ∂z/∂b_1: a number, so whether gradients are rows or columns is a matter of what stands between alone."""
    variable = printed_name(claim.members[0].children[2]) if claim.members[0].kind == "derivative" else None
    factors = [factor for member in claim.members[1:] for factor in (operands_of(member) if member.kind == "product" else (member,))]
    is_chain = all(factor.kind == "derivative" and len(factor.children) == 3 for factor in (claim.members[0], *factors))
    entry = sheet.lexicon.mention(variable) if variable is not None else None
    return is_chain and entry is not None and 0 < len(entry.indices) == sheet.ranks.get(entry.family)


def derives_state(tree: Tree, lexicon: Lexicon) -> bool:
    """∂z/∂a: a derivative of what is no cost."""
    name = printed_name(tree.children[1]) if tree.kind == "derivative" else None
    return name is not None and name.letter not in lexicon.losses


def has_penalty(tree: Tree, lexicon: Lexicon) -> bool:
    """A term of a sum that is made of weights alone: λ W, beside δ aᵀ, also under a transpose: (aδ + λ Wᵀ)ᵀ."""
    return any(_has_term_of_weights(node, lexicon) for node in walk(tree) if node.kind == "sum")


def _has_term_of_weights(tree: Tree, lexicon: Lexicon) -> bool:
    terms = operands_of(tree)
    made_of = [{lexicon.mention(name).family for _, name in names_in(term)} for term in terms]
    alone = [found <= PENALIZED | RATES for found in made_of]
    return not all(alone) and any(found & PENALIZED for found, is_alone in zip(made_of, alone, strict=True) if is_alone)


def states_activation(claim: Claim) -> bool:
    r"""g(z^{[1]}) = \tanh(z^{[1]}): which function an activation is in a certain layer."""
    if len(claim.members) != 2 or any(member.kind not in ("call", "function") for member in claim.members):
        return False
    (left, given), (right, taken) = (member.children for member in claim.members)
    inner = [tree.children[0] if tree.kind == "group" else tree for tree in (given, taken)]
    letters = letter_of(left), letter_of(right)
    return letters[0] in FUNCTION_HEADS and letters[0] != letters[1] and inner[0] == inner[1] and printed_name(inner[0]) is not None


def states_dependence(claim: Claim) -> bool:
    """C = C(a^L), z = z(w, b), C_s = C(a_s, y_s): what a quantity depends on, and nothing about how."""
    if len(claim.members) != 2 or claim.members[1].kind != "call":
        return False
    left, (head, argument) = claim.members[0], claim.members[1].children
    inside = argument.children[0] if argument.kind == "group" else argument
    names = operands_of(inside) if inside.kind == "list" else (inside,)
    is_of_names = all(printed_name(name) is not None for name in names)  # a (b + c) may be a product
    is_entry = left.kind == "scripts" and left.children[0] == head and [script.kind for script in left.children[1:]] == ["subscript"]
    return is_of_names and printed_name(left) is not None and (left == head or is_entry) and letter_of(head) not in FUNCTION_HEADS


def divided_by(trees: Sequence[Tree]) -> set[str]:
    """The letters m of the factors 1/m."""
    fractions = [node.children for tree in trees for node in walk(tree) if node.kind == "fraction"]
    return {letter for above, below in fractions if above.text == "1" and (letter := letter_of(below)) is not None}


def works_out_slope(claim: Claim) -> bool:
    """Whether a factor 1 - a stands in it: the slope of a certain activation."""
    for member in claim.members:
        for node in walk(member):
            if node.kind == "sum" and node.children[0].text == "1" and node.children[1].text == "-" and node.children[2].kind != "fraction":
                return True
    return False


def with_whole_sums_derived(claim: Claim) -> Claim | None:
    """∂/∂z w z + b read as ∂/∂z (w z + b); None where nothing of the kind is printed."""
    members = tuple(_derived_as_a_whole(member) for member in claim.members)
    return None if members == claim.members else replace(claim, members=members)


def with_differentials_above(claim: Claim) -> Claim | None:
    r"""\frac{\sigma}{\partial x} as \frac{\partial\sigma}{\partial x}; None where every differential below has one above or beside it.

    A quotient of a quantity and a differential is nothing, so it is false whatever the document says.
    """
    found = replace(claim, members=tuple(map(_derived_below, claim.members)))
    loose = [node for member in found.members for node in walk(member) if node.kind in ("product", "sum") and _has_loose_partial(node)]
    return None if found.members == claim.members or loose else found


def _derived_below(tree: Tree) -> Tree:
    tree = replace(tree, children=tuple(map(_derived_below, tree.children)))
    if tree.kind != "fraction" or tree.children[1].kind != "applied":
        return tree
    above, (sign, variable) = tree.children[0], tree.children[1].children
    signs = {node.text for node in walk(above)} & {r"\partial", "d", r"\delta", r"\Delta", r"\nabla", r"\mathrm"}
    is_quantity = printed_name(above) is not None or above.kind == "call"
    if sign.text != r"\partial" or signs or not is_quantity or printed_name(variable) is None:
        return tree
    return replace(tree, kind="derivative", children=(sign, above, variable))


def _has_loose_partial(tree: Tree) -> bool:
    r"""A \partial among the factors, which may belong to a quotient beside it."""
    return any((part.kind == "applied" and part.children[0].text == r"\partial") or part.text == r"\partial" for part in operands_of(tree))


def _derived_as_a_whole(tree: Tree) -> Tree:
    first = tree.children[0] if tree.kind == "sum" else tree
    if tree.kind != "sum" or first.kind != "applied" or first.children[0].kind != "derivative":
        return tree
    inside = Tree("group", (Tree("sum", (first.children[1], *tree.children[1:])),), "( )")
    return replace(first, children=(first.children[0], inside))


def bound_letters(sign: Tree) -> set[str | None]:
    """The letters that a large sign binds."""
    if sign.kind != "scripts":
        return set()
    return {letter for script in sign.children[1:] if script.kind == "subscript" for letter in bound_in(script.children[0])}


def head_of(call: Tree) -> Tree:
    """The name of a function in a call, without its scripts."""
    head = call.children[0]
    return head.children[0] if head.kind == "scripts" else head


def letter_at(node: Tree) -> str:
    """The letter of a name; empty for what is none."""
    name = printed_name(node)
    return name.letter if name is not None else ""
