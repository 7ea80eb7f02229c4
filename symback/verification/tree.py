"""The syntax tree of a formula: what is printed, in which order, and where.  No meaning yet.

One node type for everything, and a table of its kinds (`KINDS`), because the grammar is data: a new spelling is a row
of `grammar.py` and rarely a new kind.  A class per kind was the road not taken: the reader matches on
`Tree(kind, children, text)` just as well, and walking, printing and comparing stay three short functions.

Infix kinds (`statements`, `implication`, `given`, `list`, `relation`, `sum`, `product`) are flat: their children
alternate between operands and leaves of kind `operator`, as printed.  Which product binds first (`W^T \\delta \\odot
\\sigma'`) is decided by shapes, so the tree does not decide it.  Juxtaposition is an operator with an empty text.

`start` and `end` are offsets into the author's text; what came out of a macro carries the place of the macro call.
They take no part in equality.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = [
    "INFIX_KINDS",
    "KINDS",
    "UNREADABLE",
    "Tree",
    "base_of",
    "depth_of",
    "operands_of",
    "operators_of",
    "scripts_of",
    "spelling",
    "walk",
]

UNREADABLE = "a row that cannot be read"  # the text that stands for one
INFIX_KINDS = ("statements", "implication", "given", "list", "relation", "sum", "product")

# kind -> (fewest children, most children or None, what the text and the children are)
KINDS: dict[str, tuple[int, int | None, str]] = {
    "symbol": (0, 0, r"one letter or command: a, \delta, \nabla, \operatorname{softmax}"),
    "number": (0, 0, "digits as printed: 0.4431, 1e-3"),
    "word": (0, 0, "several upright letters that name one thing: softmax"),
    "text": (0, 0, r"prose from \text{...}, or a bare word such as: if, otherwise"),
    "ellipsis": (0, 0, r"\cdots, \vdots, ..."),
    "empty": (0, 0, "nothing is printed where an operand could be"),
    "operator": (0, 1, r"an infix sign; the child is what stands above or below it (\stackrel)"),
    "accent": (1, 1, r"text: \hat, \tilde, \vec ...; child: what wears it"),
    "font": (1, 1, r"text: \mathbf, \mathbb ...; child: what is set in it"),
    "scripts": (1, None, "base, then its superscript, subscript, prime and postfix nodes in the printed order"),
    "superscript": (1, 1, "content of one superscript"),
    "subscript": (1, 1, "content of one subscript"),
    "prime": (0, 0, "text: as many ' as are printed"),
    "postfix": (0, 0, r"a mark after its operand without a caret: \top, !"),
    "group": (1, 1, r"text: the opening and closing sign with a blank between: '( )', '\| \|', '. |'; child: inside"),
    "call": (2, 2, "head and bracket group side by side: application or product, the reader decides"),
    "function": (2, 2, r"a named function (\log, \max, \operatorname) and its argument"),
    "large": (2, 2, r"\sum, \prod, \int, \lim with its ranges as scripts, and what it ranges over"),
    "applied": (2, 2, r"\partial, \nabla, or a bodiless derivative, and what it is applied to"),
    "derivative": (3, None, r"operator (\partial, d, \delta ...), what is derived (may be empty), by what ..."),
    "fraction": (2, 2, "numerator and denominator"),
    "binomial": (2, 2, "upper and lower"),
    "root": (1, 2, "radicand, then the index if printed"),
    "sign": (1, 1, r"text: + - \pm \mp before an operand"),
    "annotated": (1, 2, r"body and the note at it; text: \underbrace, \overset ..., or \text for words after it"),
    "matrix": (0, None, "text: the environment; children: rows"),
    "row": (0, None, "cells of one matrix row"),
    "aligned": (1, 1, "text: the environment; child: its statements, continuation rows joined"),
    **dict.fromkeys(INFIX_KINDS, (1, None, "flat: operands and operators as printed")),
}


@dataclass(frozen=True, slots=True)
class Tree:
    r"""A node: `kind` (see `KINDS`), `children`, and its own `text`.

    >>> Tree("fraction", (Tree("number", (), "1"), Tree("symbol", (), "n"))).children[1].text
    'n'
    """

    kind: str
    children: tuple[Tree, ...] = ()
    text: str = ""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """The hash is kept: trees are keys of many tables, and to hash a tree anew is to walk through it."""
        object.__setattr__(self, "_hash", hash((self.kind, self.children, self.text)))

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        """kind('text', children): short enough to read in a test's output."""
        inside = [repr(self.text)] if self.text else []
        return f"{self.kind}({', '.join(inside + [repr(child) for child in self.children])})"


def walk(tree: Tree) -> Iterator[Tree]:
    """The node and everything below it, parents first, without recursion.

    >>> [node.text for node in walk(Tree("sign", (Tree("symbol", (), "x"),), "-"))]
    ['-', 'x']
    """
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def depth_of(tree: Tree, limit: int) -> int:
    """How many nodes stand on the longest way down, counted up to `limit` + 1, without recursion.

    >>> depth_of(Tree("sign", (Tree("symbol", (), "x"),), "-"), 9)
    2
    """
    level, depth = [tree], 0
    while level and depth <= limit:
        level = [child for node in level for child in node.children]
        depth += 1
    return depth


def operands_of(tree: Tree) -> tuple[Tree, ...]:
    """The members of a flat infix node; a tree that is not infix is its own only member."""
    if tree.kind not in INFIX_KINDS:
        return (tree,)
    return tuple(child for child in tree.children if child.kind != "operator")


def operators_of(tree: Tree) -> tuple[str, ...]:
    """The signs of a flat infix node, as printed; '' is juxtaposition."""
    if tree.kind not in INFIX_KINDS:
        return ()
    return tuple(child.text for child in tree.children if child.kind == "operator")


def base_of(tree: Tree) -> Tree:
    """What wears the scripts: a^{(L)}_j -> a."""
    return tree.children[0] if tree.kind == "scripts" else tree


def scripts_of(tree: Tree) -> tuple[Tree, ...]:
    """Superscripts, subscripts, primes and postfix marks in the printed order."""
    return tree.children[1:] if tree.kind == "scripts" else ()


def spelling(tree: Tree) -> str | None:
    """The word that touching letters spell (`W_{new}` has a product n, e, w in its subscript); None if it is no word.

    >>> spelling(Tree("word", (), "softmax"))
    'softmax'
    """
    if tree.kind in ("word", "symbol"):
        name = tree.text.removeprefix("\\operatorname").strip("{}")
        return name if name != tree.text or not name.startswith("\\") else None
    if tree.kind == "text" and tree.text.strip().isalpha():
        return tree.text.strip()
    if tree.kind == "font":
        return spelling(tree.children[0])
    if tree.kind != "product" or any(operators_of(tree)):
        return None
    letters = operands_of(tree)
    if any(letter.kind != "symbol" or letter.text.startswith("\\") for letter in letters):
        return None
    touching = all(left.end == right.start for left, right in pairwise(letters))
    return "".join(letter.text for letter in letters) if touching else None
