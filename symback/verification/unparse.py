r"""Syntax tree to LaTeX: `unparse(tree) -> str`, such that `parse(unparse(parse(text))) == parse(text)`.

What is printed is the tree's own spelling: `\dfrac` comes back as `\frac`, colours and spacing do not come back.
"""

from __future__ import annotations

from collections.abc import Callable

from symback.verification.grammar import PROSE_SIGNS
from symback.verification.tree import INFIX_KINDS, Tree

__all__ = ["unparse"]


def unparse(tree: Tree) -> str:
    r"""LaTeX that reads back as the same tree.

    >>> from symback.verification.parser import parse
    >>> unparse(parse(r"\dfrac{\partial C}{\partial w} = \delta\,a"))
    '\\frac{\\partial C}{\\partial w} = \\delta a'
    """
    if tree.kind in INFIX_KINDS:
        return " ".join(part for part in map(unparse, tree.children) if part)
    return _WRITERS[tree.kind](tree)


def _text(tree: Tree) -> str:
    """A leaf that prints its text."""
    return tree.text


def _inside(tree: Tree) -> str:
    """The first child."""
    return unparse(tree.children[0])


def _operator(tree: Tree) -> str:
    """A sign, with what stands above it."""
    if not tree.children:
        return tree.text
    if tree.text in (r"\xrightarrow", r"\xleftarrow"):
        return f"{tree.text}{{{_inside(tree)}}}"
    return rf"\overset{{{_inside(tree)}}}{{{tree.text}}}"


def _wrapped(tree: Tree) -> str:
    """A command and its one argument."""
    return f"{tree.text}{{{_inside(tree)}}}"


def _scripts(tree: Tree) -> str:
    """Base and scripts; a base that is a script of its own or empty needs its braces."""
    base = "{}" if tree.children[0].kind == "empty" else unparse(tree.children[0])
    return base + "".join(map(unparse, tree.children[1:]))


def _group(tree: Tree) -> str:
    """Brackets; the invisible ones are braces."""
    opening, closing = tree.text.split(" ")
    if opening == "{":
        return f"{{{_inside(tree)}}}"
    return rf"\left{opening} {_inside(tree)} \right{closing}"


def _function(tree: Tree) -> str:
    """A named function and its argument in braces."""
    return f"{_inside(tree)}{{{unparse(tree.children[1])}}}"


def _side_by_side(tree: Tree) -> str:
    """Head, then what belongs to it."""
    return f"{_inside(tree)} {unparse(tree.children[1])}"


def _derivative(tree: Tree) -> str:
    """A fraction of differentials."""
    operator, body, *variables = tree.children
    bare = operator.children[0] if operator.kind == "scripts" else operator
    below = " ".join(f"{unparse(bare)} {unparse(variable)}" for variable in variables)
    return rf"\frac{{{unparse(operator)} {unparse(body)}}}{{{below}}}".replace(" }{", "}{")


def _two_arguments(command: str) -> Callable[[Tree], str]:
    """A command with two arguments."""
    return lambda tree: f"{command}{{{unparse(tree.children[0])}}}{{{unparse(tree.children[1])}}}"


def _root(tree: Tree) -> str:
    """A root, with its index if it has one."""
    index = f"[{unparse(tree.children[1])}]" if len(tree.children) > 1 else ""
    return rf"\sqrt{index}{{{_inside(tree)}}}"


def _sign(tree: Tree) -> str:
    """A sign before its operand."""
    return f"{tree.text} {_inside(tree)}"


def _annotated(tree: Tree) -> str:
    """Body and note, as the command wants them."""
    body, *note = map(unparse, tree.children)
    if tree.text == r"\text":
        return f"{body} {note[0]}"
    if not note:
        return f"{tree.text}{{{body}}}"
    if tree.text in (r"\underset", r"\overset", r"\stackrel"):
        return f"{tree.text}{{{note[0]}}}{{{body}}}"
    script = "^" if tree.text.startswith(r"\over") else "_"
    return f"{tree.text}{{{body}}}{script}{{{note[0]}}}"


def _matrix(tree: Tree) -> str:
    """An environment with its rows."""
    columns = (
        "{" + "c" * max((len(row.children) for row in tree.children), default=1) + "}"
        if tree.text in ("array", "tabular", "darray")
        else ""
    )
    rows = r" \\ ".join(" & ".join(map(unparse, row.children)) for row in tree.children)
    return rf"\begin{{{tree.text}}}{columns} {rows} \end{{{tree.text}}}"


def _aligned(tree: Tree) -> str:
    """An aligning environment."""
    extra = "{2}" if tree.text.startswith("alignat") else "{c}" if tree.text.startswith(("IEEE", "empheq")) else ""
    return rf"\begin{{{tree.text}}}{extra} {_inside(tree)} \end{{{tree.text}}}"


_WRITERS: dict[str, Callable[[Tree], str]] = {
    "symbol": _text,
    "number": _text,
    "begun": _text,
    "ellipsis": _text,
    "empty": lambda tree: "",
    "word": lambda tree: rf"\text{{{tree.text}}}",
    "text": lambda tree: tree.text if tree.text in PROSE_SIGNS else rf"\text{{{tree.text}}}",
    "operator": _operator,
    "accent": _wrapped,
    "font": _wrapped,
    "scripts": _scripts,
    "superscript": lambda tree: f"^{{{_inside(tree)}}}",
    "subscript": lambda tree: f"_{{{_inside(tree)}}}",
    "prime": _text,
    "postfix": _text,
    "group": _group,
    "call": _side_by_side,
    "function": _function,
    "large": _side_by_side,
    "applied": _side_by_side,
    "derivative": _derivative,
    "fraction": _two_arguments(r"\frac"),
    "binomial": _two_arguments(r"\binom"),
    "root": _root,
    "sign": _sign,
    "annotated": _annotated,
    "matrix": _matrix,
    "row": lambda tree: " & ".join(map(unparse, tree.children)),
    "aligned": _aligned,
}
