r"""Formulas of a reStructuredText file: the role :math:`...` and the directive `.. math::`; literal blocks are code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from symback.verification.pages import Found, Heading, Page

__all__ = ["restructured_page"]

_ROLE = re.compile(r":math:`((?:[^`\\]|\\.){1,20000}?)`|``[^`]+``|`[^`\n]+`_?|\\.", re.DOTALL)
_DIRECTIVE = re.compile(r"^(?P<indent>[ \t]*)\.\.[ \t]+math::[ \t]*(?P<argument>[^\n]*)$", re.MULTILINE)
_CODE = r"\.\.[ \t]+(?:code|code-block|sourcecode|highlight|raw|ipython|parsed-literal)::[^\n]*"
_LITERAL = re.compile(rf"^(?P<indent>[ \t]{{0,80}})(?:(?P<code>{_CODE})|(?![ \t])[^\n]{{0,2000}}::)[ \t]*$", re.MULTILINE)
_TITLE = re.compile(r"^(?P<title>\S[^\n]*)\n(?P<mark>[=\-~^\"'`#*+.:_])(?P=mark){2,}[ \t]*$", re.MULTILINE)
_OPTION = re.compile(r"[ \t]*:(?P<name>[a-z-]+):[ \t]*(?P<value>[^\n]*)\n?")


def restructured_page(text: str) -> Page:
    """The formulas of a reStructuredText text, in order.

    >>> [text.latex or text.delimiter for text in restructured_page("Let :math:`x` be").found]
    [':math:']
    """
    displays = list(_directives(text))
    skipped = sorted([*_literal_blocks(text), *((found.start, found.end) for found in displays)])
    inline = [found for start, end in _between(skipped, len(text)) for found in _roles(text, start, end)]
    marks: list[str] = []
    headings = []
    for match in _TITLE.finditer(text):
        if match["mark"] not in marks:
            marks.append(match["mark"])
        headings.append(Heading(match.start(), marks.index(match["mark"]) + 1, match["title"].strip()))
    found = sorted([*displays, *inline], key=lambda one: one.start)
    return Page(text, tuple(found), tuple(headings), tuple(skipped))


def _roles(text: str, start: int, end: int) -> Iterator[Found]:
    """:math:`...` in the line."""
    for match in _ROLE.finditer(text, start, end):
        if match.group(1) is not None:
            yield Found(match.start(), match.end(), match.start(1), match.end(1), ":math:", False)


def _directives(text: str) -> Iterator[Found]:
    """.. math:: with its argument and its indented block, options left out."""
    for match in _DIRECTIVE.finditer(text):
        end = _block_end(text, match.end(), len(match["indent"].expandtabs()))
        inside = match.start("argument") if match["argument"].strip() else min(match.end() + 1, len(text))
        while (option := _OPTION.match(text, inside, end)) is not None:
            inside = option.end()
        if text[inside:end].strip():
            yield Found(match.start("argument") - len(".. math::"), end, inside, end, ".. math::", True)


def _literal_blocks(text: str) -> Iterator[tuple[int, int]]:
    """Code: the indented block after `::` and after the directives of code."""
    for match in _LITERAL.finditer(text):
        if match["code"] or not match.group().lstrip().startswith(".. "):
            yield match.end(), _block_end(text, match.end(), len(match["indent"].expandtabs()))


def _block_end(text: str, start: int, indent: int) -> int:
    """Where the block that is indented deeper than `indent` ends."""
    end, place = start, start + 1
    while place < len(text):
        stop = text.find("\n", place)
        stop = len(text) if stop < 0 else stop
        line = text[place:stop].expandtabs()
        if line.strip():
            if len(line) - len(line.lstrip()) <= indent:
                break
            end = stop
        place = stop + 1
    return end


def _between(skipped: list[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """What lies between the skipped blocks."""
    place = 0
    for start, end in skipped:
        if place < start:
            yield place, start
        place = max(place, end)
    if place < length:
        yield place, length
