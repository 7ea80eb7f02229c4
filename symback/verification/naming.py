r"""What a printed sign is the name of: letter, layer, indices, transpose, power.

    \mathbf{W}^{(l+1)T}_{jk}   ->   W, layer l+1, indices j k, transposed

The tables say which letters are usual for which quantity.  A letter that is not here names nothing until its document
defines it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy

from symback.verification.meaning import Unread
from symback.verification.tree import Tree, operands_of, operators_of, spelling, walk

__all__ = ["LETTERS", "LOSSES", "Printed", "integer_of", "is_function_head", "letter_of", "names_in", "printed_name"]

# letter on the page -> letter of the universe
LETTERS: dict[str, str] = {
    "W": "W", "w": "W", r"\Theta": "W", r"\theta": "W", r"\omega": "W", "b": "b", "B": "b", "z": "z", "Z": "z", "a": "a", "A": "a",
    "x": "x", "X": "x",
    "y": "y", "Y": "y", "t": "y", "T": "y", r"\hat y": "output", r"\hat Y": "output", r"\delta": "delta", r"\Delta": "delta",
}  # fmt: skip
LOSSES = frozenset(
    ["C", "J", "E", "L", r"\ell", "c", "Loss", "loss", "Cost", "cost", r"\mathcal L", r"\mathcal J", r"\mathcal E", r"\mathcal C", "Err"]
)
ACTIVATION_HEADS = frozenset([r"\sigma", "f", "g", "h", r"\phi", r"\varphi", r"\psi", "sigmoid"])
_TRANSPOSES = frozenset(["T", r"\top", "t", r"\intercal", r"\mathsf T", "Tr"])
_PLAIN_ACCENTS = frozenset([r"\vec", r"\underline", r"\overrightarrow"])
_LAYER_LETTERS = frozenset(["l", "L", r"\ell", "K", "k", "i", "n", "H"])


@dataclass(frozen=True)
class Printed:
    """A name as printed.  `layer` is (letter or "", number): l + 1 is ("l", 1), 2 is ("", 2); None where none is printed."""

    letter: str
    layer: tuple[str, int] | None = None
    indices: tuple[Tree, ...] = ()
    is_transposed: bool = False
    primes: int = 0
    power: Tree | None = None
    is_bracketed: bool = False


def letter_of(tree: Tree) -> str | None:
    r"""The sign itself, fonts aside: \mathbf{a} -> a, \hat{y} -> \hat y, \mathcal{L} -> \mathcal L."""
    match tree.kind:
        case "symbol":
            return tree.text
        case "word":
            return tree.text
        case "font":
            inner = letter_of(tree.children[0])
            return None if inner is None else rf"\mathcal {inner}" if tree.text in (r"\mathcal", r"\mathscr") else inner
        case "accent":
            inner = letter_of(tree.children[0])
            if inner is None or tree.text in _PLAIN_ACCENTS:
                return inner
            return f"{tree.text} {inner}".replace(r"\widehat", r"\hat")
        case "group" if tree.text == "{ }":
            return letter_of(tree.children[0])
    return None


def integer_of(tree: Tree) -> int | None:
    """A printed whole number."""
    return int(tree.text) if tree.kind == "number" and re.fullmatch(r"\d{1,6}", tree.text) else None


def layer_of(tree: Tree) -> tuple[str, int] | None:
    """l -> ("l", 0), l+1 -> ("l", 1), 2 -> ("", 2)."""
    if tree.kind == "group" and tree.text in ("( )", "[ ]", "{ }"):
        return layer_of(tree.children[0])
    whole = integer_of(tree)
    if whole is not None:
        return "", whole
    if tree.kind == "symbol" and tree.text in _LAYER_LETTERS:
        return ("l" if tree.text == r"\ell" else tree.text), 0
    if tree.kind == "sum" and len(tree.children) == 3:
        left, right = layer_of(tree.children[0]), integer_of(tree.children[2])
        if left is not None and left[0] and left[1] == 0 and right is not None and tree.children[1].text in "+-":
            return left[0], right if tree.children[1].text == "+" else -right
    return None


def is_transpose(tree: Tree) -> bool:
    """T, ⊤."""
    return letter_of(tree) in _TRANSPOSES or spelling(tree) in _TRANSPOSES


def indices_of(tree: Tree) -> tuple[Tree, ...]:
    """jk, {j,k}, {j k} -> the index trees; a word such as new is one."""
    word = spelling(tree)
    if word is not None and len(word) > 2:
        return (Tree("word", (), word, tree.start, tree.end),)
    if tree.kind in ("product", "list") and all(sign in ("", ",") for sign in operators_of(tree)):
        return tuple(index for operand in operands_of(tree) for index in indices_of(operand))
    if tree.kind == "group" and tree.text in ("[ ]", "( )"):
        return indices_of(tree.children[0])
    if tree.kind == "number" and re.fullmatch(r"\d\d", tree.text):
        return tuple(Tree("number", (), digit, tree.start, tree.end) for digit in tree.text)
    return (tree,)


def printed_name(tree: Tree) -> Printed | None:
    """The name that a symbol with its scripts prints; None if the base is no letter."""
    if tree.kind != "scripts":
        letter = letter_of(tree)
        return None if letter is None else Printed(letter)
    base = tree.children[0]
    letter = letter_of(base)
    if letter is None:
        inner = printed_name(base) if base.kind == "scripts" else None
        if inner is None:
            return None
        found = inner
    else:
        found = Printed(letter)
    for script in tree.children[1:]:
        found = _with_script(found, script)
    return found


def _with_script(name: Printed, script: Tree) -> Printed:
    if script.kind == "prime":
        return replace(name, primes=name.primes + len(script.text))
    if script.kind == "postfix":
        return replace(name, is_transposed=not name.is_transposed)
    content = script.children[0]
    if script.kind == "subscript":
        if content.kind == "product" and set(operators_of(content)) & {r"\times", ":"}:
            return name  # W_{n × m}: its shape is noted, no entry is meant
        return replace(name, indices=(*name.indices, *indices_of(content)))
    return _with_superscript(name, content)


def _with_superscript(name: Printed, content: Tree) -> Printed:
    if is_transpose(content):
        return replace(name, is_transposed=not name.is_transposed)
    if content.kind == "symbol" and content.text == r"\prime":
        return replace(name, primes=name.primes + 1)
    if content.kind in ("product", "list") and len(operands_of(content)) == 2:
        first, second = operands_of(content)
        if is_transpose(second):
            return replace(_with_superscript(name, first), is_transposed=not name.is_transposed)
    if content.kind == "scripts" and len(content.children) == 2 and content.children[1].kind in ("superscript", "postfix"):
        mark = content.children[1]
        if mark.kind == "postfix" or is_transpose(mark.children[0]):
            return replace(_with_superscript(name, content.children[0]), is_transposed=not name.is_transposed)
    layer = layer_of(content)
    if layer is not None and name.layer is None:
        return replace(name, layer=layer, is_bracketed=content.kind == "group")
    if name.power is not None:
        raise Unread("two superscripts")
    return replace(name, power=content)


def is_function_head(tree: Tree) -> Printed | None:
    """σ, σ', f, g'^{(l)} before a bracket."""
    if tree.kind not in ("scripts", "symbol", "word", "font"):
        return None
    try:
        name = printed_name(tree)
    except Unread:
        return None
    return name if name is not None and name.letter in ACTIVATION_HEADS and not name.indices and name.power is None else None


def names_in(tree: Tree) -> Iterator[tuple[Tree, Printed]]:
    """Every name in a formula, outermost scripts included, without what stands in scripts, and without function heads."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node.kind == "call" and is_function_head(node.children[0]):
            waiting.append(node.children[1])
            continue
        if node.kind in ("symbol", "scripts", "font", "accent", "word"):
            try:
                name = printed_name(node)
            except Unread:
                name = None
            if name is not None:
                yield node, name
                continue
        if node.kind == "scripts":
            waiting.append(node.children[0])
            continue
        if node.kind == "large":
            waiting.append(node.children[1])
            continue
        if node.kind == "applied":
            waiting.extend(child for inner in walk(node.children[0]) if inner.kind == "subscript" for child in inner.children)
            waiting.append(node.children[1])
            continue
        waiting.extend(reversed(node.children))


def whole(number: int) -> sympy.Integer:
    """A SymPy integer."""
    return sympy.Integer(number)
