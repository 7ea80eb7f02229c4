r"""The near miss that holds: small changes at the tree of a refuted claim, so that the correction is in the author's own notation.

Each row of `CHANGES` proposes trees in place of one; the first change anywhere in the wrong member that makes the claim
provable is the diagnosis.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from symback.verification.definitions import FUNCTION_HEADS, Claim
from symback.verification.mentions import letter_of, printed_name
from symback.verification.tree import Tree, operands_of, walk
from symback.verification.unparse import unparse

__all__ = ["chain_text", "diagnose", "variants"]

MOST_TRIALS = 160


def diagnose(claim: Claim, holds: Callable[[Claim], bool], until: float) -> tuple[str, str]:
    """The corrected chain and what was wrong, or two empty texts."""
    trials = 0
    for position in range(len(claim.members) - 1, -1, -1):
        for changed, what in variants(claim.members[position]):
            trials += 1
            if trials > MOST_TRIALS or time.thread_time() > until:
                return "", ""
            members = (*claim.members[:position], changed, *claim.members[position + 1 :])
            if holds(Claim(members, claim.signs, claim.conditions)):
                return chain_text(members, claim.signs), what
    for position in range(1, len(claim.members)):
        for changed in _with_factors_of(claim.members, position):
            if time.thread_time() > until:
                return "", ""
            members = (*claim.members[:position], changed, *claim.members[position + 1 :])
            if holds(Claim(members, claim.signs, claim.conditions)):
                return chain_text(members, claim.signs), "missing factor"
    return "", ""


def _with_factors_of(members: Sequence[Tree], position: int) -> Iterator[Tree]:
    """A member with a factor that another member of its chain has."""
    own = members[position]
    present = {factor for factor in (operands_of(own) if own.kind == "product" else (own,))}
    for other in members[:position] + members[position + 1 :]:
        for node in walk(other):
            for factor in operands_of(node) if node.kind == "product" else ():
                if factor.kind in ("call", "function", "scripts", "fraction") and factor not in present:
                    present.add(factor)
                    blank = _leaf("operator", "")
                    inside = own.children if own.kind == "product" else (_bracketed(own),)
                    yield Tree("product", (*inside, blank, factor))


def chain_text(members: Sequence[Tree], signs: Sequence[str]) -> str:
    """A chain in LaTeX."""
    text = unparse(members[0])
    for sign, member in zip(signs, members[1:], strict=True):
        text += f" {sign} {unparse(member)}"
    return text


def variants(tree: Tree) -> Iterator[tuple[Tree, str]]:
    """Every tree that differs from this one by one change, nearest first, with the name of what was wrong."""
    for what, change in CHANGES:
        for changed in _everywhere(tree, change, what in ("layer", "index", "wrong symbol")):
            yield changed, what


def _everywhere(tree: Tree, change: Callable[[Tree], Iterator[Tree]], in_names: bool) -> Iterator[Tree]:
    """One change anywhere; inside names (scripts, what is derived, function heads) only changes of names."""
    yield from change(tree)
    for i, child in enumerate(tree.children):
        if not in_names and not _is_open(tree, i):
            continue
        for changed in _everywhere(child, change, in_names):
            yield replace(tree, children=(*tree.children[:i], changed, *tree.children[i + 1 :]))


def _is_open(tree: Tree, child: int) -> bool:
    """Whether a child of a node is an expression of its own."""
    if tree.kind == "scripts":
        return child == 0 and tree.children[0].kind == "group"
    if tree.kind == "call" and child == 0:
        return not is_head(tree.children[0])
    if tree.kind in ("large", "function", "applied") and child == 0:
        return False
    return tree.kind not in ("derivative", "applied", "superscript", "subscript")


def _leaf(kind: str, text: str) -> Tree:
    return Tree(kind, (), text)


def _bracketed(tree: Tree) -> Tree:
    return Tree("group", (tree,), "( )") if tree.kind in ("sum", "relation", "large", "sign") else tree


def _signs(tree: Tree) -> Iterator[Tree]:
    """+ for -, and the other way round."""
    if tree.kind == "sum":
        for i, child in enumerate(tree.children):
            if child.kind == "operator" and child.text in "+-":
                yield replace(
                    tree, children=(*tree.children[:i], _leaf("operator", "-" if child.text == "+" else "+"), *tree.children[i + 1 :])
                )
    if tree.kind == "sign" and tree.text == "-":
        yield tree.children[0]


def _turned(tree: Tree) -> Iterator[Tree]:
    """A transpose more or less, at a name or a bracket."""
    turn = Tree("superscript", (_leaf("symbol", "T"),))
    if tree.kind == "scripts":
        kept = tuple(
            script for script in tree.children[1:] if not (script.kind == "superscript" and letter_of(script.children[0]) in ("T", r"\top"))
        )
        if len(kept) < len(tree.children) - 1:
            yield replace(tree, children=(tree.children[0], *kept)) if kept else tree.children[0]
        elif letter_of(tree.children[0]) is not None and not any(script.kind == "subscript" for script in tree.children[1:]):
            yield Tree("scripts", (Tree("group", (tree,), "( )"), turn))
    elif _is_bare_matrix(tree) or (tree.kind == "group" and tree.text == "( )" and tree.children[0].kind in ("scripts", "symbol", "font")):
        yield Tree("scripts", (tree, turn))


def _swapped(tree: Tree) -> Iterator[Tree]:
    """Neighbouring factors in the other order."""
    if tree.kind == "product":
        places = [i for i, child in enumerate(tree.children) if child.kind != "operator"]
        for left, right in itertools.pairwise(places):
            children = list(tree.children)
            children[left], children[right] = children[right], children[left]
            yield replace(tree, children=tuple(children))


def _dropped(tree: Tree) -> Iterator[Tree]:
    """A factor less."""
    if tree.kind == "product":
        places = [i for i, child in enumerate(tree.children) if child.kind != "operator"]
        for place in places:
            kept = (
                tree.children[:place] + tree.children[place + 2 :]
                if place == 0
                else tree.children[: place - 1] + tree.children[place + 1 :]
            )
            yield kept[0] if len(kept) == 1 else replace(tree, children=kept)
    if tree.kind == "call" and tree.children[0].kind == "number":
        yield tree.children[1]


def _layers(tree: Tree) -> Iterator[Tree]:
    """A layer up or down."""
    if tree.kind == "superscript":
        content = tree.children[0]
        inner = content.children[0] if content.kind == "group" else content
        for moved in _moved(inner):
            yield replace(tree, children=(replace(content, children=(moved,)) if content.kind == "group" else moved,))


def _moved(tree: Tree) -> Iterator[Tree]:
    if tree.kind == "number" and tree.text.isdigit() and len(tree.text) < 4:
        yield _leaf("number", str(int(tree.text) + 1))
        if int(tree.text):
            yield _leaf("number", str(int(tree.text) - 1))
    elif tree.kind == "symbol" and tree.text in ("l", "L"):
        for sign in "-+":
            yield Tree("sum", (tree, _leaf("operator", sign), _leaf("number", "1")))
    elif tree.kind == "sum" and tree.children[0].kind == "symbol" and tree.children[0].text in ("l", "L") and len(tree.children) == 3:
        yield tree.children[0]
        yield replace(tree, children=(tree.children[0], _leaf("operator", "+" if tree.children[1].text == "-" else "-"), tree.children[2]))


def _indices(tree: Tree) -> Iterator[Tree]:
    """jk for kj, and another index letter."""
    if tree.kind != "subscript":
        return
    content = tree.children[0]
    if content.kind in ("product", "list") and len(content.children) == 3:
        first, sign, second = content.children
        yield replace(tree, children=(replace(content, children=(second, sign, first)),))
    if content.kind == "symbol":
        for letter in "ijkm":
            if letter != content.text:
                yield replace(tree, children=(_leaf("symbol", letter),))
    elif content.kind in ("product", "list"):
        for i, child in enumerate(content.children):
            if child.kind == "symbol":
                for letter in "ijk":
                    if letter != child.text:
                        children = (*content.children[:i], _leaf("symbol", letter), *content.children[i + 1 :])
                        yield replace(tree, children=(replace(content, children=children),))


def _letters(tree: Tree) -> Iterator[Tree]:
    """a for z, W for b."""
    swaps = {"a": "z", "z": "a", "A": "Z", "Z": "A", "w": "b", "b": "w", "W": "b"}
    if tree.kind == "symbol" and tree.text in swaps:
        yield _leaf("symbol", swaps[tree.text])


def _primes(tree: Tree) -> Iterator[Tree]:
    """σ' for σ, and the other way round."""
    if tree.kind == "call":
        head, argument = tree.children
        if head.kind == "symbol" and head.text in (r"\sigma", "f", "g", r"\phi"):
            yield replace(tree, children=(Tree("scripts", (head, _leaf("prime", "'"))), argument))
        if head.kind == "scripts" and head.children[-1].kind == "prime" and len(head.children) == 2:
            yield replace(tree, children=(head.children[0], argument))


def _factors(tree: Tree) -> Iterator[Tree]:
    """2, ½ or -1 in front of the whole."""
    if tree.kind in ("product", "scripts", "symbol", "large", "sum", "fraction", "call"):
        inner = _bracketed(tree)
        blank = _leaf("operator", "")
        yield Tree("sign", (inner,), "-")
        yield Tree("product", (_leaf("number", "2"), blank, inner))
        yield Tree("product", (Tree("fraction", (_leaf("number", "1"), _leaf("number", "2"))), blank, inner))


def _numbers(tree: Tree) -> Iterator[Tree]:
    """2 for 1, 1 for 2."""
    if tree.kind == "number" and tree.text in ("1", "2"):
        yield _leaf("number", "2" if tree.text == "1" else "1")


CHANGES: tuple[tuple[str, Callable[[Tree], Iterator[Tree]]], ...] = (
    ("sign", _signs),
    ("transpose", _turned),
    ("order of the factors", _swapped),
    ("prime at the activation", _primes),
    ("wrong symbol", _letters),
    ("layer", _layers),
    ("index", _indices),
    ("extra factor", _dropped),
    ("number", _numbers),
    ("missing factor", _factors),
)


def _is_bare_matrix(tree: Tree) -> bool:
    """A letter without scripts, or a product in round brackets: what a ᵀ can be put on."""
    is_bracketed_product = tree.kind == "group" and tree.text == "( )" and tree.children[0].kind == "product"
    return is_bracketed_product or (tree.kind == "symbol" and tree.text.isalpha())


def is_head(tree: Tree) -> bool:
    """σ, σ', f before a bracket."""
    name = printed_name(tree)
    return name is not None and name.letter in FUNCTION_HEADS
