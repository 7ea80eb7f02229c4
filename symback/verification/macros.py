r"""Macros that authors define: \newcommand, \def, \DeclareMathOperator ...  Read as data, expanded as tokens, never executed.

A definition is found in the raw text, so that preambles, macro files and definitions inside a formula go one way.  The
expansion happens on tokens (`lexer.py`): an argument keeps the place where its author wrote it, which string
substitution would lose.  Parameter texts with delimiters (`\def\a#1.{...}`) are not read; `Definition.macro` is then None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["BUILT_IN", "Definition", "Macro", "balanced_end", "definitions_in", "defined"]

MAX_BODY = 4_000  # a longer body is no notation
MAX_FAULTS = 100  # so many definitions that cannot be read: this is no text that defines


@dataclass(frozen=True, slots=True)
class Macro:
    r"""What a command stands for: `\pd` with 2 parameters is `\frac{\partial #1}{\partial #2}`; `default` fills parameter 1."""

    name: str
    body: str
    parameters: int = 0
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition as it stands in a text: from `start` to `end`; `macro` is None where it could not be read."""

    start: int
    end: int
    macro: Macro | None


_HEAD = re.compile(
    r"\\(?:(?P<new>(?:re)?newcommand|providecommand|DeclareRobustCommand|NewDocumentCommand|RenewDocumentCommand)|"
    r"(?P<operator>DeclareMathOperator)|(?P<pair>DeclarePairedDelimiter)|(?:global\s*\\|long\s*\\)?(?P<primitive>[gex]?def)|(?P<let>let)"
    r"|(?P<length>newlength|setlength))"
    r"(?P<star>\*?)(?![A-Za-z])"
)
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_NAME = re.compile(r"\s*(?:\{\s*(\\(?:[A-Za-z@]+|.))\s*\}|(\\(?:[A-Za-z@]+|.)))", re.S)
_COUNT = re.compile(r"\s*\[\s*(\d)\s*\]")
_PARAMETERS = re.compile(r"((?:\s*#\d)*)\s*(?=\{)")
_DOCUMENT_COMMAND = re.compile(r"\s*\{([mo\s]*)\}")
_LET = re.compile(r"\s*=?\s*(\\(?:[A-Za-z@]+|.)|\S)")

# commands that many renderers know as macros
BUILT_IN: Mapping[str, Macro] = {
    name: Macro(name, body)
    for name, body in {
        r"\R": r"\mathbb{R}", r"\Reals": r"\mathbb{R}", r"\reals": r"\mathbb{R}", r"\N": r"\mathbb{N}", r"\Z": r"\mathbb{Z}",
        r"\E": r"\mathbb{E}", r"\argmax": r"\operatorname{argmax}", r"\argmin": r"\operatorname{argmin}",
    }.items()
}  # fmt: skip


def balanced_end(text: str, start: int, limit: int = 100_000) -> int | None:
    r"""The offset after the brace that closes the one at `start`; None if there is none within `limit` characters.

    >>> balanced_end("{a{b}}c", 0)
    6
    """
    depth = 0
    for sign in _BRACES.finditer(text, start, min(len(text), start + limit)):
        depth += (sign.group() == "{") - (sign.group() == "}")
        if depth == 0 and sign.group() == "}":
            return sign.end()
    return None


def definitions_in(text: str, start: int = 0, end: int | None = None) -> Iterator[Definition]:
    r"""Every definition between `start` and `end`, in order; one that stands inside the body of another is not its own.

    >>> [d.macro for d in definitions_in(r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} x")][0].parameters
    2
    """
    place, last, faults = start, len(text) if end is None else end, 0
    while faults < MAX_FAULTS and (head := _HEAD.search(text, place, last)) is not None:
        found = _definition(text, head)
        faults += found.macro is None
        yield found
        place = found.end


def _definition(text: str, head: re.Match[str]) -> Definition:
    """One definition, whose command is `head`."""
    name = _NAME.match(text, head.end())
    if name is None:
        return Definition(head.start(), head.end(), None)
    word = name.group(1) or name.group(2)
    if head["let"]:
        meaning = _LET.match(text, name.end())
        if meaning is None:
            return Definition(head.start(), name.end(), None)
        return Definition(head.start(), meaning.end(), Macro(word, meaning.group(1)))
    if head["primitive"]:
        return _primitive(text, head.start(), word, name.end())
    if head["pair"]:
        return _pair(text, head.start(), word, name.end())
    place, parameters, default = _signature(text, name.end()) if head["new"] else (name.end(), 0, None)
    body, place_after = _group(text, place)
    if body is None or len(body) > MAX_BODY or head["length"]:
        return Definition(head.start(), place_after, None)
    if head["operator"]:
        body = rf"\operatorname{head['star']}{{{body}}}"
    return Definition(head.start(), place_after, Macro(word, body, parameters, default))


def _signature(text: str, place: int) -> tuple[int, int, str | None]:
    r"""Number of parameters and default of the first: [2][x], or {o m} of \NewDocumentCommand."""
    listed = _DOCUMENT_COMMAND.match(text, place)
    if listed is not None and text[listed.end() : listed.end() + 50].lstrip().startswith("{"):
        letters = listed.group(1).replace(" ", "")
        return listed.end(), len(letters), "" if letters.startswith("o") else None
    count = _COUNT.match(text, place)
    if count is None:
        return place, 0, None
    place = count.end()
    default = None
    bracket = re.compile(r"\s*\[").match(text, place)
    if bracket is not None:
        closing = text.find("]", bracket.end(), bracket.end() + 500)
        if closing >= 0:
            default, place = text[bracket.end() : closing], closing + 1
    return place, int(count.group(1)), default


def _primitive(text: str, start: int, word: str, place: int) -> Definition:
    r"""\def\name#1#2{body}: the parameter text must be nothing but #1#2..."""
    listed = _PARAMETERS.match(text, place)
    if listed is None:
        return Definition(start, place, None)
    body, after = _group(text, listed.end())
    if body is None or len(body) > MAX_BODY:
        return Definition(start, after, None)
    return Definition(start, after, Macro(word, body, listed.group(1).count("#")))


def _pair(text: str, start: int, word: str, place: int) -> Definition:
    r"""\DeclarePairedDelimiter\norm{\lVert}{\rVert}."""
    opening, place = _group(text, place)
    closing, place = _group(text, place) if opening is not None else (None, place)
    if opening is None or closing is None:
        return Definition(start, place, None)
    return Definition(start, place, Macro(word, rf"\left{opening} #1 \right{closing}", 1))


def _group(text: str, place: int) -> tuple[str | None, int]:
    """The inside of the brace group (or the one command) at `place`, and where it ends."""
    while place < len(text) and text[place].isspace():
        place += 1
    if place < len(text) and text[place] == "\\":
        command = _NAME.match(text, place)
        return (command.group(0), command.end()) if command else (None, place)
    if place >= len(text) or text[place] != "{":
        return None, place
    end = balanced_end(text, place, MAX_BODY + 2)
    return (None, place + 1) if end is None else (text[place + 1 : end - 1], end)


def defined(text: str, macros: Mapping[str, Macro]) -> Mapping[str, Macro]:
    r"""`macros` with those that `text` defines in force too; the same object when it defines none."""
    found = [definition.macro for definition in definitions_in(text) if definition.macro is not None]
    return {**macros, **{macro.name: macro for macro in found}} if found else macros
