r"""Slips that are made where a network goes on in time, and what was meant.

h_t for h_{t-1}                                   a step more or less
\hat i_t for i_t                                  what goes into a gate for what comes out of it
\delta c \odot f \cdot W for W^T(\delta c \odot f)     a weight matrix behind the column that it is applied to, in every term
\delta i_t for \delta f_t                         one gate for another
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from symback.verification.mentions import is_transpose, letter_of, printed_name, script_shift
from symback.verification.tree import Tree, operands_of

__all__ = ["Cast", "slips_in_time"]

TURN = Tree("superscript", (Tree("symbol", (), "T"),))
BLANK = Tree("operator", (), "")


@dataclass(frozen=True)
class Cast:
    """The letters of a document that counts time: its times, the signs of its quantities with a time, the letters of its weights."""

    times: frozenset[str]
    signs: tuple[Tree, ...]
    weights: frozenset[str]


def slips_in_time(tree: Tree, cast: Cast) -> Iterator[tuple[Tree, str]]:
    """Every tree that differs from this one by one such slip, the nearest first."""
    yield from ((changed, "wrong symbol") for changed in _everywhere(tree, cast, is_near=True))
    yield from ((changed, "step") for changed in _moved_in_time(tree, cast.times))
    turned = _with_weights_before(tree, cast.weights)
    if turned != tree:
        yield turned, "matrix on the wrong side"
        yield from ((changed, "wrong symbol, and a matrix on the wrong side") for changed in _everywhere(turned, cast, is_near=True))
    yield from ((changed, "wrong symbol") for changed in _everywhere(tree, cast, is_near=False))


def _everywhere(tree: Tree, cast: Cast, is_near: bool) -> Iterator[Tree]:
    """One quantity for another, of the same letter or of any."""
    name = printed_name(tree) if tree.kind in ("scripts", "accent", "symbol") else None
    if name is not None and _has_time(tree, cast.times):
        for sign in cast.signs:
            other = letter_of(sign) or ""
            if other != name.letter and (other.split(" ")[-1] == name.letter.split(" ")[-1]) == is_near:
                yield _with_base(tree, sign)
        return
    for i, child in enumerate(tree.children):
        for changed in _everywhere(child, cast, is_near):
            yield replace(tree, children=(*tree.children[:i], changed, *tree.children[i + 1 :]))


def _with_base(tree: Tree, sign: Tree) -> Tree:
    inner = tree.children[0]
    return replace(tree, children=(_with_base(inner, sign) if inner.kind == "scripts" else sign, *tree.children[1:]))


def _has_time(tree: Tree, times: frozenset[str]) -> bool:
    if tree.kind != "scripts":
        return False
    shifts = [script_shift(script.children[0]) for script in tree.children[1:] if script.kind in ("superscript", "subscript")]
    return any(shift is not None and shift[0] in times for shift in shifts) or _has_time(tree.children[0], times)


def _moved_in_time(tree: Tree, times: frozenset[str]) -> Iterator[Tree]:
    """t-1 and t+1 for t, and t for these."""
    if tree.kind in ("superscript", "subscript"):
        content = tree.children[0]
        shift = script_shift(content)
        if shift is not None and shift[0] in times:
            for step in (0, -1, 1):
                if step != shift[1]:
                    inner = _step(shift[0], step)
                    yield replace(tree, children=(replace(content, children=(inner,)) if content.kind == "group" else inner,))
        return
    for i, child in enumerate(tree.children):
        for changed in _moved_in_time(child, times):
            yield replace(tree, children=(*tree.children[:i], changed, *tree.children[i + 1 :]))


def _step(letter: str, step: int) -> Tree:
    symbol = Tree("symbol", (), letter)
    return symbol if not step else Tree("sum", (symbol, Tree("operator", (), "+" if step > 0 else "-"), Tree("number", (), "1")))


def _with_weights_before(tree: Tree, weights: frozenset[str]) -> Tree:
    """W^T (u ⊙ v) for u ⊙ v · W, in every product."""
    if tree.kind == "product":
        *factors, last = operands_of(tree)
        name = printed_name(last)
        if factors and name is not None and name.letter in weights:
            inner = factors[0] if len(factors) == 1 else replace(tree, children=tree.children[:-2])
            bracket = inner if len(factors) == 1 else Tree("group", (inner,), "( )")
            return Tree("product", (last if name.is_transposed else _turned(last), BLANK, bracket))
        return tree
    children = tuple(_with_weights_before(child, weights) for child in tree.children)
    return replace(tree, children=children) if children != tree.children else tree


def _turned(tree: Tree) -> Tree:
    if tree.kind == "scripts" and not any(script.kind == "superscript" and is_transpose(script.children[0]) for script in tree.children):
        return replace(tree, children=(*tree.children, TURN))
    return Tree("scripts", (tree, TURN))
