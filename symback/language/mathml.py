r"""Printed formulas as MathML Core: `mathml(latex) -> str`, which browsers show without a script, a web font or a network.

    to_latex(expr)  →  \frac{1}{n} \sum_{j} a_{j}  →  <math><mfrac>…</mfrac> <munder>…</munder> …</math>

What is read is the LaTeX of `printing`, and of the few formulas that pages write by hand; it is read as TeX does, as atoms
with scripts side by side, of which TeX's own table of classes says how much room is between them.

Decision: from the LaTeX and not by a third printer.  One mechanism then serves formulas of SymPy and those written by hand,
lines are broken where `wrapping` breaks them, the text that a reader of the source finds (`alttext`) is by construction
what is shown, and what is printed in LaTeX next year is a row here.  A printer of markup would also have to part with the
signs that `formulas` joins as plain text.  It is not the judge's MathML of a syntax tree either: that one reads what
anybody may have written, and shows how it was understood; here the words are few, and nothing is to be understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

from symback.errors import NotationError
from symback.language.mathml_elements import (
    GAP,
    QUAD,
    SIDES,
    THIN,
    TIGHT,
    UPRIGHT_FONTS,
    WITH_LIMITS,
    attribute,
    fenced,
    function_name,
    letter,
    mrow,
    mtable,
    prime_sign,
    scripted,
    word_name,
)  # fmt: skip
from symback.language.mathml_signs import ACCENT_SIGNS, ALPHABETS, BRACE_SIGNS, BRACKETS, ELLIPSIS_SIGNS, LETTERS, OPERATORS, styled

__all__ = ["mathml"]

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[0-9]+(?:\.[0-9]+)?|\s+|.", re.DOTALL)
_NAMES = frozenset(
    rf"\{name}"
    for name in (
        "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "det", "dim", "erf", "exp", "inf", "ker", "lim", "ln", "log",
        "max", "min", "sin", "sinh", "sup", "tan", "tanh", "tr",
    )
)  # fmt: skip
_ALIASES = {
    r"\geq": r"\ge", r"\leq": r"\le", r"\ne": r"\neq", r"\to": r"\rightarrow", r"\ast": "*", r"\vert": "|", r"\Vert": r"\|",
    r"\lbrack": "[", r"\rbrack": "]", r"\lbrace": r"\{", r"\rbrace": r"\}", r"\gets": r"\leftarrow",
}  # fmt: skip
_LARGE = frozenset((r"\sum", r"\prod", r"\int", r"\bigcup", r"\bigcap", r"\bigoplus", r"\coprod"))
_PUNCTUATION = frozenset((",", ";"))
_PAIRS = {"(": ")", "[": "]", r"\{": r"\}", r"\lvert": r"\rvert", r"\lVert": r"\rVert", r"\langle": r"\rangle", r"\lfloor": r"\rfloor"}
_CLOSING = frozenset(_PAIRS.values())
_CLOSING_SIGN = f'<mo form="postfix" fence="true"{TIGHT} stretchy="false">'
_GAP = re.compile(r"\[-?[0-9.]+\s*(?:pt|mm|cm|in|em|ex|mu)\]")  # in \\[4pt]
_TALL = re.compile(r"\\(?:frac|dfrac|sum|prod|begin|sqrt|int|left|underbrace|overbrace)\b")
_SPACES = {r"\,": THIN, r"\:": THIN, r"\;": GAP, r"\ ": GAP, "~": GAP, r"\!": "", r"\quad": QUAD, r"\qquad": QUAD + QUAD}
_IGNORED = frozenset((r"\displaystyle", r"\textstyle", r"\scriptsize", r"\footnotesize", r"\small", r"\limits", r"\nonumber", r"\notag"))
_BARS = frozenset((r"\bar", r"\overline", r"\underline"))
# Neighbours between which TeX leaves a thin space; signs of operations and relations bring their own.
_PARTED = frozenset((
    ("letter", "name"), ("name", "letter"), ("name", "name"), ("name", "inner"), ("group", "name"), ("inner", "name"), ("letter", "inner"),
    ("inner", "letter"), ("inner", "inner"), ("group", "inner"), ("inner", "group"),
))  # fmt: skip
_OPERANDS = frozenset(("letter", "group", "inner", "close"))  # what a sign after it operates on


@dataclass(frozen=True, slots=True)
class _Atom:
    """An element with its class: letter, name (of a function), large, sign, punctuation, group, inner, open, close, space.

    A `sign` is kept as its token, for its neighbours say whether it is a prefix.
    """

    kind: str
    markup: str


@dataclass(slots=True)
class _Cursor:
    """The tokens of a formula, and how far it has been read."""

    tokens: list[str]
    place: int = field(default=0)

    def peek(self) -> str:
        """The next token that is no blank; "" at the end."""
        while self.place < len(self.tokens) and self.tokens[self.place].isspace():
            self.place += 1
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        """The next token, which is then read."""
        token = self.peek()
        self.place += 1
        return token

    def expect(self, token: str) -> None:
        """Read that token; nothing else may stand here."""
        found = self.take()
        if found != token:
            raise NotationError(f"a formula has {found or 'its end'!r} where {token!r} should stand, in {''.join(self.tokens)[:200]}")


def mathml(latex: str, *, is_display: bool = False, is_continued: bool = False) -> str:
    r"""A `math` element with its LaTeX as `alttext`; `is_continued`: it goes on with a sign from a line above.

    >>> mathml(r"\frac{1}{n}")
    '<math alttext="\\frac{1}{n}"><mfrac><mn>1</mn><mi>n</mi></mfrac></math>'
    """
    cursor = _Cursor(_TOKEN.findall(latex))
    inside = _line(cursor, frozenset(), is_continued=is_continued)
    style = ' displaystyle="true"' if is_display else ""
    return f'<math{style} alttext="{attribute(latex.strip())}">{inside}</math>'


# Lines of atoms --------------------------------------------------------------------------------------------------


def _line(cursor: _Cursor, stops: frozenset[str], font: str = "", *, is_script: bool = False, is_continued: bool = False) -> str:
    """Atoms up to a token of `stops`, which is not read, as one element."""
    atoms: list[_Atom] = []
    while (token := cursor.peek()) and token not in stops:
        atoms.append(_with_scripts(cursor, font))
    if not cursor.peek() and stops:
        raise NotationError(f"a formula ends before {' or '.join(sorted(stops))}: {''.join(cursor.tokens)[:200]}")
    markup = _spaced([atom for atom in atoms if atom.markup], is_script, is_continued)
    return markup[0] if len(markup) == 1 and atoms[0].kind != "sign" else mrow(*markup)


def _spaced(atoms: Sequence[_Atom], is_script: bool, is_continued: bool) -> list[str]:
    """The elements of a line, with the room between them that TeX leaves."""
    markup: list[str] = []
    before = "letter" if is_continued else ""
    for place, atom in enumerate(atoms):
        if (before, atom.kind) in _PARTED and not is_script and markup:
            markup.append(THIN)
        if atom.kind == "sign":
            room = TIGHT if is_script or atom.markup == "/" else ' lspace="0"' if place == 0 else ""
            markup.append(_operator(atom.markup, before in _OPERANDS, room))
        else:
            markup.append(atom.markup)
        before = atom.kind
    return markup


def _operator(sign: str, is_infix: bool, room: str) -> str:
    """A sign between operands, or before one; `room` are the attributes of an infix sign that has not the usual room."""
    shown = escape(OPERATORS[sign])
    if not is_infix and sign in ("-", "+", r"\pm", r"\mp"):
        return f'<mo form="prefix"{TIGHT}>{shown}</mo>'
    return f'<mo form="infix"{room} stretchy="false">{shown}</mo>'


def _with_scripts(cursor: _Cursor, font: str) -> _Atom:
    """An atom with its primes, which stand next to it wherever they were written, and with what is below and above it."""
    token = cursor.peek()
    atom = _Atom("letter", "<mrow></mrow>") if token in ("_", "^") else _atom(cursor, font)
    if token in BRACE_SIGNS:
        return atom
    primes, scripts = 0, {"_": "", "^": ""}
    while (sign := cursor.peek()) in ("'", *scripts):
        cursor.take()
        if sign == "'":
            primes += 1
        else:
            scripts[sign] += _argument(cursor, font, is_script=True)
    if primes:
        atom = _Atom(atom.kind, mrow(atom.markup, prime_sign(primes)))
    if not any(scripts.values()):
        return atom
    has_limits = atom.kind == "large" or token in WITH_LIMITS
    names = ("munder", "mover", "munderover") if has_limits else ("msub", "msup", "msubsup")
    before, base, after = _script_base(atom)
    return _Atom(atom.kind, before + scripted(base, scripts["_"], scripts["^"], names) + after)


def _script_base(atom: _Atom) -> tuple[str, str, str]:
    """What carries the scripts, and the markup around it: of a group in plain brackets the closing one, as TeX has it.

    Scripts of the whole group would stand above the scripts inside it.
    """
    before, sign, closing = atom.markup.rpartition(_CLOSING_SIGN)
    if atom.kind != "group" or re.fullmatch(r"[^<]*</mo></mrow>", closing) is None:  # brackets that grow, or primes, are the last
        return "", atom.markup, ""
    return before, sign + closing.removesuffix("</mrow>"), "</mrow>"


def _argument(cursor: _Cursor, font: str = "", *, is_script: bool = False) -> str:
    """What belongs to a command: a group in braces, or a single atom, of which a digit is one."""
    token = cursor.peek()
    if token == "{":
        return _braced(cursor, font, is_script=is_script)
    if token[:1].isdigit() and len(token) > 1:
        cursor.tokens[cursor.place : cursor.place + 1] = [token[0], token[1:]]
    return _atom(cursor, font).markup


def _braced(cursor: _Cursor, font: str = "", *, is_script: bool = False) -> str:
    """The formula between braces."""
    cursor.expect("{")
    inside = _line(cursor, frozenset("}"), font, is_script=is_script)
    cursor.expect("}")
    return inside


def _raw(cursor: _Cursor) -> str:
    """The text between braces as it was meant: without the backslashes that kept signs from being commands."""
    cursor.expect("{")
    text, depth = "", 0
    while depth or cursor.tokens[cursor.place : cursor.place + 1] != ["}"]:
        if cursor.place >= len(cursor.tokens):
            raise NotationError(f"a text has no end in {''.join(cursor.tokens)[:200]}")
        token = cursor.tokens[cursor.place]
        depth += {"{": 1, "}": -1}.get(token, 0)
        text += token[1:] if len(token) == 2 and token[0] == "\\" else "" if token in "{}" else token
        cursor.place += 1
    cursor.expect("}")
    return text


# Atoms -----------------------------------------------------------------------------------------------------------


def _atom(cursor: _Cursor, font: str) -> _Atom:
    """One atom without its scripts."""
    token = cursor.peek()
    if token == "{":
        return _Atom("letter", _braced(cursor, font))
    token = _ALIASES.get(cursor.take(), token)
    if token in _COMMANDS:
        return _COMMANDS[token](cursor, token, font)
    if token in ALPHABETS or token in UPRIGHT_FONTS:
        return _in_font(cursor, token)
    if token in _PAIRS:
        return _group(cursor, token, font)
    return _sign(token, font)


def _sign(token: str, font: str) -> _Atom:
    """An atom of a single token."""
    if token[0].isdigit():
        return _Atom("letter", f"<mn>{''.join(styled(digit, font) for digit in token)}</mn>")
    if token in _NAMES:
        shown = escape(function_name(token))
        return _Atom("name", f'<mo movablelimits="true"{TIGHT}>{shown}</mo>' if token in WITH_LIMITS else f"<mi>{shown}</mi>")
    if token in _LARGE:
        return _Atom("large", f"<mo>{LETTERS[token]}</mo>")
    if token in OPERATORS and token not in (*_PUNCTUATION, "."):
        return _Atom("sign", token)
    if token in _PUNCTUATION:
        return _Atom("punctuation", f'<mo lspace="0" rspace="0.25em">{token}</mo>')
    if token in _SPACES or token in _IGNORED:
        return _Atom("space", _SPACES.get(token, ""))
    if token in ELLIPSIS_SIGNS:
        return _Atom("inner", f"<mo{TIGHT}>{ELLIPSIS_SIGNS[token]}</mo>")
    if token in _CLOSING:
        return _Atom("close", f"{_CLOSING_SIGN}{escape(BRACKETS[token])}</mo>")
    if token in LETTERS or (len(token) == 1 and (token.isalpha() or not token.isascii())):
        return _Atom("letter", letter(LETTERS.get(token, token), font))
    if token in (".", "|", r"\|", "?"):
        return _Atom("letter", f'<mo{TIGHT} stretchy="false">{BRACKETS.get(token) or token}</mo>')
    raise NotationError(f"{token!r} has no MathML; give it a row in the tables of mathml_signs or mathml")


def _in_font(cursor: _Cursor, font: str) -> _Atom:
    """Letters of another font, and words of text."""
    if cursor.peek() != "{":
        return _Atom("letter", _argument(cursor, font))
    start = cursor.place
    text = _raw(cursor)
    if font in UPRIGHT_FONTS and (font not in (r"\mathrm", r"\symup") or " " in text):
        return _Atom("space", f"<mtext>{escape(text).replace(' ', chr(0xA0)).replace('--', '–')}</mtext>")
    if len(text) > 1 and text.isalpha():
        return _Atom("letter", word_name(text, font))
    if font in UPRIGHT_FONTS and not re.search(r"[{}\\^]", "".join(cursor.tokens[start + 1 : cursor.place - 1])):
        return _Atom("letter", word_name(text, font))
    if font in UPRIGHT_FONTS:
        return _Atom("letter", f"<mtext>{escape(text)}</mtext>")
    cursor.place = start
    return _Atom("letter", _braced(cursor, font))


def _group(cursor: _Cursor, opening: str, font: str) -> _Atom:
    """A formula between plain brackets; an opening one whose closing one is on another line stands by itself."""
    closing = _PAIRS[opening]
    if not _is_closed(cursor, opening, closing):
        return _Atom("open", f'<mo form="prefix" fence="true"{TIGHT} stretchy="false">{escape(BRACKETS[opening])}</mo>')
    start = cursor.place
    inside = _line(cursor, frozenset((closing,)), font)
    cursor.expect(closing)
    is_tall = opening in (r"\lvert", r"\lVert") and _TALL.search("".join(cursor.tokens[start : cursor.place])) is not None
    return _Atom("group", fenced(inside, f"{opening} {closing}", is_tall))


def _is_closed(cursor: _Cursor, opening: str, closing: str) -> bool:
    """Whether the bracket that was just read is closed before its group ends."""
    depth, braces = 1, 0
    for token in cursor.tokens[cursor.place :]:
        braces += {"{": 1, "}": -1, r"\begin": 1, r"\end": -1, r"\left": 1, r"\right": -1}.get(token, 0)
        if braces < 0 or (not braces and token in (r"\\", "&")):
            return False
        if not braces:
            depth += (token == opening) - (token == closing)
        if not depth:
            return True
    return False


# Commands with arguments -----------------------------------------------------------------------------------------


def _fraction(cursor: _Cursor, token: str, font: str) -> _Atom:
    """One formula over another."""
    upper, lower = _argument(cursor, font), _argument(cursor, font)
    style = {r"\tfrac": ' displaystyle="false"', r"\dfrac": ' displaystyle="true"'}.get(token, "")
    return _Atom("inner", f"<mfrac{style}>{upper}{lower}</mfrac>")


def _root(cursor: _Cursor, token: str, font: str) -> _Atom:
    """A root, with its index if it has one."""
    if cursor.peek() != "[":
        return _Atom("letter", f"<msqrt>{_argument(cursor, font)}</msqrt>")
    cursor.take()
    index = _line(cursor, frozenset("]"), font, is_script=True)
    cursor.expect("]")
    return _Atom("letter", f"<mroot>{_argument(cursor, font)}{index}</mroot>")


def _operator_name(cursor: _Cursor, token: str, font: str) -> _Atom:
    """The name of a function."""
    return _Atom("name", word_name(_raw(cursor), ""))


def _stretched(cursor: _Cursor, token: str, font: str) -> _Atom:
    r"""\left( … \right)"""
    opening = cursor.take()
    inside = _line(cursor, frozenset((r"\right",)), font)
    cursor.expect(r"\right")
    return _Atom("group", fenced(inside, f"{opening} {cursor.take()}", True))


def _accent(cursor: _Cursor, token: str, font: str) -> _Atom:
    """A mark above a letter; bars are borders, as wide as what wears them in every browser and font."""
    body = _argument(cursor, font)
    if token in _BARS:
        side = "bottom" if token == r"\underline" else "top"
        return _Atom("letter", f'<mrow style="border-{side}:0.06em solid;padding-{side}:0.12em;margin:0 0.06em">{body}</mrow>')
    return _Atom("letter", f'<mover accent="true">{body}<mo stretchy="false">{escape(ACCENT_SIGNS[token])}</mo></mover>')


def _brace(cursor: _Cursor, token: str, font: str) -> _Atom:
    """A brace above or below, with its note."""
    element, script = ("munder", "_") if token.startswith(r"\under") else ("mover", "^")
    braced = f'<{element}>{_argument(cursor, font)}<mo stretchy="true">{BRACE_SIGNS[token]}</mo></{element}>'
    if cursor.peek() != script:
        return _Atom("inner", braced)
    cursor.take()
    return _Atom("inner", f"<{element}>{braced}{_argument(cursor, font, is_script=True)}</{element}>")


def _noted(cursor: _Cursor, token: str, font: str) -> _Atom:
    """A formula with another above or below it."""
    note, body = _argument(cursor, font, is_script=True), _argument(cursor, font)
    element = "munder" if token == r"\underset" else "mover"
    return _Atom("inner", f"<{element}>{body}{note}</{element}>")


def _environment(cursor: _Cursor, token: str, font: str) -> _Atom:
    """Rows and columns between the brackets of the environment."""
    name = _raw(cursor)
    if name == "array":
        _raw(cursor)
    rows: list[list[str]] = [[]]
    stops = frozenset(("&", r"\\", r"\end"))
    while True:
        rows[-1].append(_line(cursor, stops, font))
        sign = cursor.take()
        if sign == r"\end":
            break
        if sign == r"\\":
            rows.append([])
            _pass_gap(cursor)
    if _raw(cursor) != name:
        raise NotationError(f"{name!r} is not closed where it should be in {''.join(cursor.tokens)[:200]}")
    kept = rows[:-1] if rows[-1] == ["<mrow></mrow>"] and len(rows) > 1 else rows
    return _Atom("inner", _as_table(kept, name))


def _pass_gap(cursor: _Cursor) -> None:
    """Past the [4pt] after a line; browsers give tall rows their room by themselves."""
    if cursor.peek() == "[":
        gap = _GAP.match("".join(cursor.tokens[cursor.place : cursor.place + 9]))
        while gap and cursor.take() != "]":
            pass


def _as_table(rows: list[list[str]], name: str) -> str:
    """A table with the brackets and columns of its environment."""
    columns = max(map(len, rows))
    if name.startswith("align") or name == "split":
        return mtable(rows, ["before", "after"] * columns, is_display=True)
    side = "left" if "cases" in name else "center"
    table = mtable(rows, [side] * columns, name.startswith("d"))
    return fenced(table, SIDES[name], True) if name in SIDES else table


def _space(cursor: _Cursor, token: str, font: str) -> _Atom:
    r"""\hspace{1em}"""
    width = _raw(cursor)
    if re.fullmatch(r"-?[0-9.]+(em|ex|pt|mm)", width) is None:
        raise NotationError(f"{width!r} is not a width; 1em is one")
    return _Atom("space", f'<mspace width="{width}"/>')


_COMMANDS: dict[str, Callable[[_Cursor, str, str], _Atom]] = {
    **dict.fromkeys((r"\frac", r"\dfrac", r"\tfrac", r"\cfrac"), _fraction),
    r"\sqrt": _root,
    **dict.fromkeys((r"\operatorname", r"\operatorname*"), _operator_name),
    r"\left": _stretched,
    **dict.fromkeys((*ACCENT_SIGNS, *_BARS), _accent),
    **dict.fromkeys(BRACE_SIGNS, _brace),
    **dict.fromkeys((r"\overset", r"\underset", r"\stackrel"), _noted),
    r"\begin": _environment,
    r"\hspace": _space,
}
