r"""Gradients as rows: the numerator layout, in which ∂C/∂z has the shape of a row where z is a column.

    \delta^l = \delta^{l+1} W^{l+1} \operatorname{diag}(\sigma'(z^l))       is  (δ^l)ᵀ = (δ^{l+1})ᵀ W^{l+1} diag(σ'(z^l))  for columns δ
    \frac{\partial C}{\partial W^l} = a^{l-1} \delta^l                      is  (∂C/∂W^l)ᵀ = a^{l-1} (δ^l)ᵀ

A document may keep this layout without a word about it.  What holds in it is no error, so it is tried before a formula is
called false.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from symback.verification.definitions import Claim
from symback.verification.mentions import Lexicon, is_transpose, printed_name
from symback.verification.tree import Tree, walk

__all__ = ["ROW_WORDS", "transposes_gradients", "with_gradients_shaped_like_weights", "with_row_gradients"]

ROW_WORDS = re.compile(
    r"numerator[- ]layout|jacobian[- ](?:layout|formulation)|(?:gradients?|derivatives?)\b[^.;]{0,60}\b(?:is|are|as)(?: a)? rows?\b",
    re.IGNORECASE,
)
TRANSPOSE = Tree("superscript", (Tree("symbol", (), r"\top"),))


def with_row_gradients(claim: Claim, lexicon: Lexicon, *, also_errors: bool = True) -> Claim | None:
    """The claim with every error and every derivative of the cost transposed; None where none is printed as a whole.

    An error whose entries the document defines, Δ_{sj} = ∂C/∂Z_{js}, has its shape from there: also_errors=False.
    """
    members = tuple(_turned(member, lexicon, also_errors) for member in claim.members)
    return None if members == claim.members else replace(claim, members=members)


def with_gradients_shaped_like_weights(claim: Claim, lexicon: Lexicon) -> Claim | None:
    """W - η (∂C/∂W)^T, where gradients are rows, as W - η ∂C/∂W is elsewhere; None where one is not transposed."""
    turned = with_row_gradients(claim, lexicon, also_errors=False)
    if turned is None:
        return claim
    plain = replace(turned, members=tuple(map(_without_double_transposes, turned.members)))
    return None if transposes_gradients([plain]) else plain


def transposes_gradients(claims: Iterable[Claim]) -> bool:
    """Whether a derivative stands transposed in one of them."""
    inside = (_transposed_in(node) for claim in claims for member in claim.members for node in walk(member))
    return any(tree is not None and tree.kind == "derivative" for tree in inside)


def _without_double_transposes(tree: Tree) -> Tree:
    inside = _transposed_in(tree)
    innermost = _transposed_in(inside) if inside is not None else None
    if innermost is not None:
        return innermost
    children = tuple(map(_without_double_transposes, tree.children))
    if tree.kind == "call" and children != tree.children:  # η (X)^T is read as a call
        return Tree("product", (children[0], Tree("operator"), children[1]), "", tree.start, tree.end)
    return replace(tree, children=children) if tree.children else tree


def _transposed_in(tree: Tree) -> Tree | None:
    """The X of (X)^T."""
    if tree.kind != "scripts" or len(tree.children) != 2 or tree.children[0].kind != "group" or tree.children[1].kind != "superscript":
        return None
    return tree.children[0].children[0] if is_transpose(tree.children[1].children[0]) else None


def _turned(tree: Tree, lexicon: Lexicon, also_errors: bool) -> Tree:
    """Transposed where it is a gradient, and not an entry of one."""
    if tree.kind == "derivative":
        above, below = printed_name(tree.children[1]), printed_name(tree.children[2])
        is_whole = below is not None and not lexicon.mention(below).indices
        if above is not None and above.letter in lexicon.losses and is_whole and len(tree.children) == 3:
            return _transposed(tree)
        return tree
    name = printed_name(tree) if tree.kind in ("symbol", "scripts") else None
    if name is not None:
        mention = lexicon.mention(name)
        is_error = also_errors and mention.family in (r"\delta", r"\Delta") and not name.primes and not mention.indices
        return _transposed(tree) if is_error else tree
    return replace(tree, children=tuple(_turned(child, lexicon, also_errors) for child in tree.children))


def _transposed(tree: Tree) -> Tree:
    return Tree("scripts", (Tree("group", (tree,), "( )", tree.start, tree.end), TRANSPOSE), "", tree.start, tree.end)
