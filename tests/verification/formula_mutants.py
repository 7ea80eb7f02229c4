r"""Mutants of true formulas: the slips of a writer, made at the tree of the last member, each a single change.

    \delta^l = a^l - y    ->    \delta^l = a^l + y,   \delta^l = 2 (a^l - y),   \delta^l = z^l - y, ...

The table of slips is this module's own, so that it tests the judge's diagnosis too.  Whether a mutant differs in value is
settled elsewhere, by `independent.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from symback.verification.parser import ParseError, parse
from symback.verification.tree import Tree, operands_of, walk
from symback.verification.unparse import unparse

__all__ = ["Mutant", "mutants_of"]

Change = Callable[[Tree], Iterator[Tree]]
_TURNS = frozenset(["T", r"\top"])
_SWAPS = {
    "a": "zy", "z": "a", "A": "Z", "Z": "A", "y": "a", "Y": "P", "P": "Y", "W": "b", "w": "b", "x": "y", "X": "Y", "h": "a", "o": "h",
    r"\delta": "a", r"\gamma": "xy", r"\mu": "x", "f": "i", "i": "f", "g": "f", "c": "h", "U": "W", "V": "W", "r": "x", "s": "x",
}  # fmt: skip
_STAGES = frozenset(["l", "L", "t"])


@dataclass(frozen=True)
class Mutant:
    """A changed formula, and what was changed."""

    latex: str
    slip: str


def mutants_of(latex: str) -> Iterator[Mutant]:
    """Every single change of the last member, each tree once, as text that reads back as that tree."""
    tree = parse(latex)
    *left, right = tree.children
    seen = {tree}
    for slip, change in SLIPS:
        for changed in _everywhere(right, change, slip in IN_NAMES):
            text = unparse(replace(tree, children=(*left, changed)))
            try:
                found = parse(text)
            except ParseError:
                continue
            if found not in seen:
                seen.add(found)
                yield Mutant(text, slip)


def _everywhere(tree: Tree, change: Change, in_names: bool) -> Iterator[Tree]:
    """One change at the tree or at any place in it; inside names (scripts, what is derived by) only changes of names."""
    yield from change(tree)
    for place, child in enumerate(tree.children):
        if in_names or not _is_name_part(tree, place):
            for changed in _everywhere(child, change, in_names):
                yield _with_child(tree, place, changed)


def _is_name_part(tree: Tree, place: int) -> bool:
    """True for the base and scripts of a name, a sum's range, a function's name, and a derivative's names."""
    if tree.kind == "scripts":
        return place > 0 or tree.children[0].kind in ("symbol", "accent")
    if tree.kind in ("large", "function", "applied"):
        return place == 0
    return tree.kind in ("derivative", "accent")


def _with_child(tree: Tree, place: int, child: Tree) -> Tree:
    return replace(tree, children=(*tree.children[:place], child, *tree.children[place + 1 :]))


def _leaf(kind: str, text: str) -> Tree:
    return Tree(kind, (), text)


def _bracketed(tree: Tree) -> Tree:
    return Tree("group", (tree,), "( )") if tree.kind in ("sum", "sign", "large", "relation") else tree


# --- the slips ----------------------------------------------------------------------------------------------------------------
def _is_script_sum(tree: Tree) -> bool:
    """l + 1: a sum of a stage letter and a number, whose sign is the layer's and not the formula's."""
    first = operands_of(tree)[0]
    return first.kind == "symbol" and first.text in _STAGES


def _sign(tree: Tree) -> Iterator[Tree]:
    """+ for -, a minus dropped, a minus put before a sum sign, a fraction or a function."""
    if tree.kind == "sum" and not _is_script_sum(tree):
        for place, child in enumerate(tree.children):
            if child.kind == "operator" and child.text in ("+", "-"):
                yield _with_child(tree, place, _leaf("operator", "-" if child.text == "+" else "+"))
    if tree.kind == "sign":
        yield tree.children[0]
    if tree.kind in ("product", "large", "call"):
        yield Tree("sign", (tree,), "-")


def _factor(tree: Tree) -> Iterator[Tree]:
    """2 or ½ more, at a product, a bracket or a name with a subscript."""
    if tree.kind in ("product", "large", "derivative", "call") or (
        tree.kind == "group" and tree.text == "( )" and tree.children[0].kind == "sum"
    ):
        blank = _leaf("operator", "")
        for number in (_leaf("number", "2"), Tree("fraction", (_leaf("number", "1"), _leaf("number", "2")))):
            yield Tree("product", (number, blank, _bracketed(tree)))


def _number(tree: Tree) -> Iterator[Tree]:
    """2 for 1, 1 for 2, 3 for 2, also as a power, a layer or the start of a sum."""
    if tree.kind == "number" and tree.text.isdigit() and len(tree.text) == 1:
        yield _leaf("number", str(int(tree.text) + 1))
        if tree.text != "1":
            yield _leaf("number", str(int(tree.text) - 1))


def _transpose(tree: Tree) -> Iterator[Tree]:
    """A transpose dropped, or put at a name or a bracket."""
    turn = Tree("superscript", (_leaf("symbol", "T"),))
    if tree.kind == "scripts":
        kept = tuple(child for child in tree.children[1:] if not _is_turn(child))
        if len(kept) < len(tree.children) - 1:
            yield replace(tree, children=(tree.children[0], *kept)) if kept else tree.children[0]
        elif tree.children[0].kind == "symbol" and all(child.kind == "superscript" for child in kept):
            yield Tree("scripts", (Tree("group", (tree,), "( )"), turn))
    elif _is_turnable(tree):
        yield Tree("scripts", (tree, turn))


def _is_turnable(tree: Tree) -> bool:
    """A bare letter of a matrix or a column, or a bracket."""
    if tree.kind == "group":
        return tree.text == "( )" and tree.children[0].kind in ("sum", "product", "derivative")
    return tree.kind == "symbol" and tree.text in ("W", "X", "Z", "P", "Y", "x", "a", "U", "V")


def _is_turn(script: Tree) -> bool:
    return script.kind == "superscript" and script.children[0].kind == "symbol" and script.children[0].text in _TURNS


def _order(tree: Tree) -> Iterator[Tree]:
    """Two neighbouring factors in the other order; the two sides of a call that is a product."""
    if tree.kind == "product":
        places = [place for place, child in enumerate(tree.children) if child.kind != "operator"]
        for left, right in pairwise(places):
            children = list(tree.children)
            children[left], children[right] = children[right], children[left]
            yield replace(tree, children=tuple(children))
    if tree.kind == "fraction":
        yield replace(tree, children=tree.children[::-1])


def _missing(tree: Tree) -> Iterator[Tree]:
    """A factor or a term dropped; a denominator, a root or a function dropped."""
    if tree.kind in ("product", "sum") and not (tree.kind == "sum" and _is_script_sum(tree)):
        places = [place for place, child in enumerate(tree.children) if child.kind != "operator"]
        for place in places:
            kept = tree.children[2:] if place == 0 else tree.children[: place - 1] + tree.children[place + 1 :]
            yield kept[0] if len(kept) == 1 else replace(tree, children=kept)
    if tree.kind in ("fraction", "root") or (tree.kind == "call" and tree.children[0].kind != "scripts"):
        yield tree.children[0]
    if tree.kind in ("function", "call", "large"):
        yield tree.children[1]


def _prime(tree: Tree) -> Iterator[Tree]:
    """σ for σ', σ' for σ."""
    if tree.kind == "call":
        head, argument = tree.children
        if head.kind == "symbol" and head.text == r"\sigma":
            yield replace(tree, children=(Tree("scripts", (head, _leaf("prime", "'"))), argument))
        if head.kind == "scripts" and head.children[-1].kind == "prime":
            yield replace(tree, children=(head.children[0], argument))


def _index(tree: Tree) -> Iterator[Tree]:
    """kj for jk, and one index letter for another."""
    if tree.kind != "subscript":
        return
    content = tree.children[0]
    if content.kind == "product" and len(content.children) == 3:
        first, sign, second = content.children
        yield replace(tree, children=(replace(content, children=(second, sign, first)),))
        for place, other in ((0, second), (2, first)):
            yield replace(tree, children=(_with_child(content, place, other),))
    letters = [content] if content.kind == "symbol" else list(operands_of(content)) if content.kind == "product" else []
    for node in letters:
        if node.kind == "symbol" and node.text in "ijkm":
            for letter in "ijk":
                if letter != node.text:
                    other = _leaf("symbol", letter)
                    yield replace(tree, children=(other if content is node else _with_child(content, content.children.index(node), other),))


def _stage(tree: Tree) -> Iterator[Tree]:
    """A layer or a time step up or down."""
    if tree.kind == "superscript" or (tree.kind == "subscript" and _begins_with_stage(tree.children[0])):
        content = tree.children[0]
        inner = content.children[0] if content.kind == "group" else content
        for moved in _moved(inner):
            yield replace(tree, children=(replace(content, children=(moved,)) if content.kind == "group" else moved,))


def _begins_with_stage(tree: Tree) -> bool:
    return tree.kind in ("sum", "symbol") and _is_script_sum(tree)


def _moved(tree: Tree) -> Iterator[Tree]:
    one = _leaf("number", "1")
    if tree.kind == "symbol" and tree.text in _STAGES:
        for sign in "-+":
            yield Tree("sum", (tree, _leaf("operator", sign), one))
        if tree.text in "lL":
            yield _leaf("symbol", "L" if tree.text == "l" else "l")
    elif tree.kind == "sum" and _is_script_sum(tree):
        yield tree.children[0]
        yield _with_child(tree, 1, _leaf("operator", "+" if tree.children[1].text == "-" else "-"))
        yield _with_child(tree, 2, _leaf("number", "2"))


def _symbol(tree: Tree) -> Iterator[Tree]:
    """z for a, b for W, a for y ..."""
    if tree.kind == "symbol":
        for letter in _SWAPS.get(tree.text, ""):
            yield _leaf("symbol", letter)


def _range(tree: Tree) -> Iterator[Tree]:
    r"""\sum_{i=2}, \sum^{m-1}, and another letter under the sum sign."""
    if tree.kind != "large" or tree.children[0].kind != "scripts":
        return
    sign = tree.children[0]
    for place, script in enumerate(sign.children):
        if script.kind == "superscript":
            shorter = Tree("sum", (script.children[0], _leaf("operator", "-"), _leaf("number", "1")))
            yield _with_child(tree, 0, _with_child(sign, place, replace(script, children=(shorter,))))
        if script.kind == "subscript":
            letter = next(node for node in walk(script) if node.kind == "symbol")
            for other in "ijk":
                if other != letter.text:
                    yield _with_child(tree, 0, _with_child(sign, place, _renamed(script, letter.text, other)))


def _renamed(tree: Tree, old: str, new: str) -> Tree:
    if tree.kind == "symbol" and tree.text == old:
        return replace(tree, text=new)
    return replace(tree, children=tuple(_renamed(child, old, new) for child in tree.children))


SLIPS: tuple[tuple[str, Change], ...] = (
    ("sign", _sign),
    ("transpose", _transpose),
    ("order", _order),
    ("prime", _prime),
    ("layer or time", _stage),
    ("index", _index),
    ("range or letter of a sum", _range),
    ("symbol", _symbol),
    ("missing part", _missing),
    ("number", _number),
    ("factor", _factor),
)
IN_NAMES = frozenset(["layer or time", "index", "symbol", "number"])
