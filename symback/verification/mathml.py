r"""Syntax tree to MathML Core: `mathml(tree) -> str`, which browsers render without a script, a web font or a network.

What is printed is what the author printed: `call` and juxtaposition stay side by side with no invisible sign between,
because which of them is a product and which an application is the reader's business and not the page's.

Decision: MathML Core and not the LaTeX renderers of the web (KaTeX, MathJax).  They are a megabyte of script and fonts to
carry in each page; a tree is already there, and a browser needs no more than a table of signs and one line a node.
Fonts are Unicode's mathematical alphabets, as Core has no other; brackets grow only around what is tall.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from html import escape
from itertools import pairwise

from symback.language.mathml_elements import (
    GAP,
    HAIR,
    MATHML_STYLE,
    QUAD,
    SIDES,
    THIN,
    TIGHT,
    WITH_LIMITS,
    fenced,
    function_name,
    letter,
    mrow,
    mtable,
    prime_sign,
    scripted,
    word_name,
)  # fmt: skip
from symback.language.mathml_signs import ACCENT_SIGNS, BRACE_SIGNS, ELLIPSIS_SIGNS, LETTERS, OPERATORS, styled
from symback.verification.grammar import FUNCTIONS, LARGE, LEVEL_OF, PROSE_SIGNS
from symback.verification.tree import Tree, walk

__all__ = ["MATHML_STYLE", "mathml"]

_INTEGRALS = frozenset((r"\int", r"\iint", r"\iiint", r"\oint"))
_TALL = frozenset(("fraction", "derivative", "large", "matrix", "root", "annotated", "binomial", "aligned"))
_BARS = frozenset((r"\bar", r"\overline", r"\underline", r"\underbar"))
_WIDE_ACCENTS = frozenset((r"\widehat", r"\widetilde", r"\widecheck", r"\overrightarrow", r"\overleftarrow"))
_HIGH_ACCENTS = frozenset((r"\dot", r"\ddot", r"\mathring", r"\acute", r"\grave"))  # as accents they would touch a small letter
_CENTRED = frozenset(("gather", "gather*", "gathered", "multline", "multline*", "multlined"))
_ROW_BREAK = re.compile(r"\\\\|\\newline\b|\\cr\b")
_EXPANDED = frozenset(("implication", "given", "list", "relation", "sum", "product"))
_WORD_SPACE = '<mspace width="0.5em"/>'
_SPACES = {r"\quad": QUAD, r"\qquad": '<mspace width="2em"/>'}


@dataclass(frozen=True, slots=True)
class _Manner:
    """What the nodes above decide: the font in force, where the author broke rows (None: not known), whether this is a script."""

    font: str = ""
    breaks: tuple[int, ...] | None = None
    is_script: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a line with its place in the author's text."""

    markup: str
    start: int
    end: int
    is_relation: bool = field(default=False)


def mathml(tree: Tree, latex: str = "", is_display: bool = True) -> str:
    r"""A `math` element; rows of aligned equations break where `latex`, the text that was parsed, breaks them.

    >>> mathml(Tree("fraction", (Tree("number", (), "1"), Tree("symbol", (), "n"))), is_display=False)
    '<math><mfrac><mn>1</mn><mi>n</mi></mfrac></math>'
    """
    breaks = tuple(match.start() for match in _ROW_BREAK.finditer(latex)) if latex else None
    opening = '<math display="block">' if is_display else "<math>"
    return f"{opening}{_written(tree, _Manner(breaks=breaks))}</math>"


def _written(tree: Tree, manner: _Manner) -> str:
    """One element for one node."""
    return _WRITERS[tree.kind](tree, manner)


def _inside(tree: Tree, manner: _Manner) -> str:
    """The first child."""
    return _written(tree.children[0], manner)


# --- leaves ---------------------------------------------------------------------------------------------------------------
def _symbol(tree: Tree, manner: _Manner) -> str:
    """A letter in its font, or the name of a function."""
    text = tree.text
    if text in LARGE and text in LETTERS:
        return f"<mo>{LETTERS[text]}</mo>"
    if text in WITH_LIMITS:
        return f'<mo movablelimits="true" lspace="0" rspace="0">{escape(function_name(text))}</mo>'
    if text in LETTERS or (len(text) == 1 and (text.isalpha() or not text.isascii())):
        return letter(LETTERS.get(text, text), manner.font)
    if text in OPERATORS:
        return f'<mo lspace="0" rspace="0">{escape(OPERATORS[text])}</mo>'
    if text in FUNCTIONS or text.startswith(r"\operatorname"):
        return word_name(function_name(text), manner.font)
    return f"<mtext>{escape(text)}</mtext>"


def _number(tree: Tree, manner: _Manner) -> str:
    """Digits."""
    return f"<mn>{escape(''.join(styled(sign, manner.font) for sign in tree.text))}</mn>"


def _begun(tree: Tree, manner: _Manner) -> str:
    """Digits, and dots for those that follow."""
    digits, _, _ = tree.text.partition("\\")
    return _number(replace(tree, text=digits), manner) + "<mo>…</mo>"


def _text(tree: Tree, manner: _Manner) -> str:
    """Prose; blanks are kept."""
    if tree.text in PROSE_SIGNS:
        return f'<mi mathvariant="normal">{LETTERS[tree.text]}</mi>'
    return f"<mtext>{escape(tree.text).replace(' ', chr(0xA0))}</mtext>"


def _operator(tree: Tree, manner: _Manner) -> str:
    """An infix sign with the room around it that print gives it, and with what stands above it."""
    sign = OPERATORS.get(tree.text, tree.text)
    if tree.text.startswith(r"\not") and tree.text not in OPERATORS:
        negated = tree.text.removeprefix(r"\not")
        sign = OPERATORS.get(negated, negated) + "\u0338"
    if not tree.children:
        return f"<mo{TIGHT if manner.is_script else _room(tree.text)}>{escape(sign)}</mo>"
    is_arrow = tree.text in (r"\xrightarrow", r"\xleftarrow")
    base = f'<mo stretchy="{"true" if is_arrow else "false"}">{escape(sign)}</mo>'
    note = mrow(THIN, _inside(tree, manner), THIN) if is_arrow else _inside(tree, manner)
    return mrow(GAP, f"<mover>{base}{note}</mover>", GAP)


def _room(sign: str) -> str:
    """Attributes of a sign whose room in MathML's own dictionary is not that of print."""
    if LEVEL_OF.get(sign) == "implication":
        return ' lspace="0.7em" rspace="0.7em"'
    if sign in ("/", r"\backslash"):
        return ' lspace="0" rspace="0" stretchy="false"'
    if sign == ".":
        return ' lspace="0.08em" rspace="0.08em"'
    if sign in (":", r"\bmod", "@", r"\mid"):
        return ' lspace="0.28em" rspace="0.28em"'
    if sign in (",", ";"):
        return ' lspace="0" rspace="0.25em"'
    return ' stretchy="false"' if sign in (r"\uparrow", r"\downarrow") else ""


# --- lines ----------------------------------------------------------------------------------------------------------------
def _line(tree: Tree, manner: _Manner) -> str:
    """Operands and signs as printed."""
    return mrow(*(part.markup for part in _parts(tree, manner)))


def _parts(tree: Tree, manner: _Manner, is_expanded: bool = False) -> list[_Part]:
    """The pieces of an infix node; with `is_expanded` those of the infix nodes in it too, down to the factors."""
    parts: list[_Part] = []
    for place, child in enumerate(tree.children):
        if child.kind != "operator":
            if is_expanded and child.kind in _EXPANDED:
                parts.extend(_parts(child, manner, True))
            else:
                parts.append(_Part(_written(child, manner), child.start, child.end))
        elif child.text:
            is_relation = tree.kind == "relation" and LEVEL_OF.get(child.text, "relation") == "relation"
            parts.append(_Part(_operator(child, manner), child.start, child.end, is_relation))
        elif gap := _gap(tree.children[place - 1], tree.children[place + 1]):
            parts.append(_Part(gap, child.start, child.end))
    return parts


def _gap(left: Tree, right: Tree) -> str:
    """The room between neighbours without a sign: names and numbers would run together."""
    bases = [_edge(left, -1), _edge(right, 0)]
    if "text" in bases or bases == ["number", "number"]:
        return GAP
    if "fraction" in bases or "derivative" in bases:
        return HAIR
    is_name = [base in ("word", "name") for base in bases]
    if is_name[0] and right.kind == "group":
        return ""
    return THIN if any(is_name) or bases[0] == "application" else ""


def _edge(tree: Tree, side: int) -> str:
    """What a factor shows to its neighbour on the left (0) or on the right (-1)."""
    while tree.kind in ("scripts", "accent", "font", "call"):
        tree = tree.children[side] if tree.kind == "call" else tree.children[0]
    if tree.kind == "function":
        return "name" if side == 0 else "closed" if tree.children[1].kind == "group" else "application"
    if tree.kind == "symbol" and (tree.text in FUNCTIONS or tree.text.startswith(r"\operatorname")):
        return "name"
    return tree.kind


def _statements(tree: Tree, manner: _Manner) -> str:
    r"""Statements side by side, or below one another where \\ parts them."""
    rows = [mrow(*_spaced(row, manner)) for row in _split_rows(tree)]
    if len(rows) == 1:
        return rows[0]
    return mtable([[row] for row in rows], ["left"])


def _split_rows(tree: Tree) -> list[list[Tree]]:
    r"""The children of `statements` between the breaks; any other tree is a row of its own."""
    rows: list[list[Tree]] = [[]]
    for child in tree.children if tree.kind == "statements" else (tree,):
        if child.kind == "operator" and child.text not in (*_SPACES, ";"):
            rows.append([])
        else:
            rows[-1].append(child)
    return [row for row in rows if row]


def _spaced(row: Iterable[Tree], manner: _Manner) -> list[str]:
    """Statements of a row with room between them."""
    markup: list[str] = []
    before: Tree | None = None
    for child in row:
        if child.kind == "operator":
            markup.append(_SPACES.get(child.text) or _operator(child, manner) + GAP)
        else:
            if before is not None and before.kind != "operator":
                markup.append(_WORD_SPACE if "text" in (before.kind, child.kind) else QUAD)
            markup.append(_written(child, manner))
        before = child
    return markup


# --- scripts and groups ---------------------------------------------------------------------------------------------------
def _scripts(tree: Tree, manner: _Manner) -> str:
    r"""A base with what is above and below it; \sum and \max carry theirs as limits."""
    base, marks = tree.children[0], tree.children[1:]
    within = replace(manner, is_script=True)
    lower = [_inside(mark, within) for mark in marks if mark.kind == "subscript"]
    upper = [_inside(mark, within) for mark in marks if mark.kind == "superscript"]
    after = "".join(_symbol(mark, manner) for mark in marks if mark.kind == "postfix")
    has_limits = base.kind == "symbol" and (base.text in WITH_LIMITS or (base.text in LARGE and base.text not in _INTEGRALS))
    names = ("munder", "mover", "munderover") if has_limits else ("msub", "msup", "msubsup")
    shown = scripted(_primed(base, marks, manner), _joined(lower), _joined(upper), names)
    return mrow(shown, after) if after else shown


def _primed(base: Tree, marks: Iterable[Tree], manner: _Manner) -> str:
    """The base with its primes, which stand before all other scripts."""
    primes = [prime_sign(len(mark.text)) for mark in marks if mark.kind == "prime"]
    return mrow(_written(base, manner), *primes) if primes else _written(base, manner)


def _joined(scripts: list[str]) -> str:
    """Several scripts at one place, with a little room between them."""
    return scripts[0] if len(scripts) == 1 else mrow(THIN.join(scripts)) if scripts else ""


def _group(tree: Tree, manner: _Manner) -> str:
    """Brackets and what is inside; they grow where that is tall."""
    is_tall = any(node.kind in _TALL for node in walk(tree.children[0]))
    return fenced(_inside(tree, manner), tree.text, is_tall)


def _accent(tree: Tree, manner: _Manner) -> str:
    """A mark above or below; bars are borders, as they are as wide as what wears them in every browser and font."""
    body = _inside(tree, manner)
    if tree.text in _BARS:
        side = "bottom" if tree.text.startswith(r"\under") else "top"
        return f'<mrow style="border-{side}:0.06em solid;padding-{side}:0.12em;margin:0 0.06em">{body}</mrow>'
    size = ' mathsize="70%"' if tree.text == r"\vec" else ""
    mark = f'<mo{size} stretchy="{"true" if tree.text in _WIDE_ACCENTS else "false"}">{escape(ACCENT_SIGNS.get(tree.text, tree.text))}</mo>'
    return f"<mover>{body}{mark}</mover>" if tree.text in _HIGH_ACCENTS else f'<mover accent="true">{body}{mark}</mover>'


def _annotated(tree: Tree, manner: _Manner) -> str:
    """A brace with its note, a note above or below, or words beside."""
    body = _inside(tree, manner)
    note = _written(tree.children[1], replace(manner, is_script=tree.text != r"\text")) if len(tree.children) > 1 else ""
    if tree.text == r"\text":
        return mrow(body, QUAD, note)
    if tree.text in BRACE_SIGNS:
        name = "munder" if tree.text.startswith(r"\under") else "mover"
        braced = f'<{name}>{body}<mo stretchy="true">{BRACE_SIGNS[tree.text]}</mo></{name}>'
        return f"<{name}>{braced}{note}</{name}>" if note else braced
    name = "munder" if tree.text == r"\underset" else "mover"
    return f"<{name}>{body}{note}</{name}>"


# --- functions, sums, fractions -------------------------------------------------------------------------------------------
def _function(tree: Tree, manner: _Manner) -> str:
    """A name and its argument; without a bracket, a thin space parts them."""
    head, argument = tree.children
    base = argument.children[0] if argument.kind == "scripts" else argument
    return mrow(_written(head, manner), "" if base.kind == "group" else THIN, _written(argument, manner))


def _side_by_side(tree: Tree, manner: _Manner) -> str:
    """Head, then what belongs to it."""
    is_word = tree.kind == "large" and tree.text.startswith(r"\lim")
    space = THIN if is_word or (tree.kind == "applied" and tree.children[0].kind == "derivative") else ""
    return mrow(_inside(tree, manner), space, _written(tree.children[1], manner))


def _derivative(tree: Tree, manner: _Manner) -> str:
    """A fraction of differentials."""
    operator, body, *variables = tree.children
    bare = _written(operator.children[0] if operator.kind == "scripts" else operator, manner)
    upper = mrow(_written(operator, manner), _written(body, manner))
    lower = mrow(*(bare + _written(variable, manner) for variable in variables))
    return f"<mfrac>{upper}{lower}</mfrac>"


def _binomial(tree: Tree, manner: _Manner) -> str:
    """Two numbers, one above the other, in brackets."""
    upper, lower = (_written(child, manner) for child in tree.children)
    return fenced(f'<mfrac linethickness="0">{upper}{lower}</mfrac>', "( )", True)


def _root(tree: Tree, manner: _Manner) -> str:
    """A root, with its index if it has one."""
    if len(tree.children) == 1:
        return f"<msqrt>{_inside(tree, manner)}</msqrt>"
    return f"<mroot>{_inside(tree, manner)}{_written(tree.children[1], manner)}</mroot>"


def _sign(tree: Tree, manner: _Manner) -> str:
    """A sign before its operand."""
    sign = OPERATORS.get(tree.text, tree.text)
    return mrow(f'<mo form="prefix" lspace="0" rspace="0">{escape(sign)}</mo>', _inside(tree, manner))


# --- tables ---------------------------------------------------------------------------------------------------------------
def _matrix(tree: Tree, manner: _Manner) -> str:
    """Rows of cells between the brackets of the environment."""
    name = tree.text.removesuffix("*")
    side = "left" if name.endswith("cases") else "center"
    rows = [[_written(cell, manner) for cell in row.children] for row in tree.children]
    table = mtable(rows, [side] * max(map(len, rows), default=1), name.startswith("d"))
    return fenced(table, SIDES[name], True) if name in SIDES else table


def _aligned(tree: Tree, manner: _Manner) -> str:
    """Equations below one another: two columns that meet at the first relation of each row."""
    rows: list[list[str]] = []
    for statement in _split_rows(tree.children[0]):
        for number, parts in enumerate(_broken(_row_parts(statement, manner), manner)):
            rows.append(_columns(parts, number > 0))
    if tree.text in _CENTRED:
        return mtable([["".join(row)] for row in rows], ["center"], True)
    return mtable(rows, ["before", "after"], True)


def _row_parts(statement: list[Tree], manner: _Manner) -> list[_Part]:
    """The pieces of one row's statements, as fine as a row may break."""
    parts: list[_Part] = []
    before: Tree | None = None
    for child in statement:
        if child.kind == "operator":
            parts.append(_Part(_SPACES.get(child.text) or _operator(child, manner), child.start, child.end))
        else:
            if before is not None and before.kind != "operator":
                parts.append(_Part(QUAD, before.end, child.start))
            whole = _Part(_written(child, manner), child.start, child.end)
            parts.extend(_parts(child, manner, True) if child.kind in _EXPANDED else [whole])
        before = child
    return parts


def _broken(parts: list[_Part], manner: _Manner) -> list[list[_Part]]:
    """The pieces by rows: where the author broke them, or, if that is not known, at each relation after the first."""
    rows, seen = [parts[:1]], bool(parts) and parts[0].is_relation
    for left, right in pairwise(parts):
        if manner.breaks is None:
            is_new = right.is_relation and seen
        else:
            place = bisect_left(manner.breaks, left.end)
            is_new = place < len(manner.breaks) and manner.breaks[place] < right.start
        if is_new:
            rows.append([])
        rows[-1].append(right)
        seen = seen or right.is_relation
    return rows


def _columns(parts: list[_Part], is_continued: bool) -> list[str]:
    """A row parted before its first relation; a row that goes on without one stands on the right, indented."""
    place = next((number for number, part in enumerate(parts) if part.is_relation), None)
    markup = [part.markup for part in parts]
    if place is None:
        return ["", mrow(QUAD, QUAD, *markup)] if is_continued else [mrow(*markup), ""]
    return [mrow(*markup[:place]) if place else "", mrow("<mrow></mrow>", *markup[place:])]


_WRITERS: dict[str, Callable[[Tree, _Manner], str]] = {
    "symbol": _symbol,
    "number": _number,
    "begun": _begun,
    "word": lambda tree, manner: word_name(tree.text, manner.font),
    "text": _text,
    "ellipsis": lambda tree, manner: f"<mo{TIGHT}>{escape(ELLIPSIS_SIGNS.get(tree.text, tree.text))}</mo>",
    "empty": lambda tree, manner: "<mrow></mrow>",
    "operator": _operator,
    "accent": _accent,
    "font": lambda tree, manner: _inside(tree, replace(manner, font=tree.text)),
    "scripts": _scripts,
    "superscript": lambda tree, manner: f"<msup><mrow></mrow>{_inside(tree, manner)}</msup>",
    "subscript": lambda tree, manner: f"<msub><mrow></mrow>{_inside(tree, manner)}</msub>",
    "prime": lambda tree, manner: prime_sign(len(tree.text)),
    "postfix": _symbol,
    "group": _group,
    "call": _side_by_side,
    "function": _function,
    "large": _side_by_side,
    "applied": _side_by_side,
    "derivative": _derivative,
    "fraction": lambda tree, manner: f"<mfrac>{_inside(tree, manner)}{_written(tree.children[1], manner)}</mfrac>",
    "binomial": _binomial,
    "root": _root,
    "sign": _sign,
    "annotated": _annotated,
    "matrix": _matrix,
    "row": lambda tree, manner: mrow(*(_written(cell, manner) + GAP for cell in tree.children)),
    "aligned": _aligned,
    "statements": _statements,
    **dict.fromkeys(_EXPANDED, _line),
}
