"""What stands around a formula: the sentence before and after it, the headings above it, the table cell it is in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from symback.verification.pages import Found, Heading

__all__ = ["TableCell", "heading_path", "stands_alone", "table_cell", "words_after", "words_before"]

REACH = 600  # characters looked at on either side
MAX_ROW = 5_000  # longer lines are no table rows
MAX_TABLE = 8_000  # characters of a table looked at above a formula
_SENTENCE_END = re.compile(
    r"(?<=[.!?。！？;])\s+(?=\S)|\n[ \t]*\n|\n(?=[ \t]*(?:[-*+]|\d+[.)])\s)|\n(?=[ \t]*#)|\n[ \t]*-{3,}[ \t]*\n|\\par\b|\\\\item"
)
_MARKUP = re.compile(r"\*\*|__|</?[a-zA-Z][^<>\n]{0,200}>|^[ \t]*(?:[-*+>]|#{1,6}|\d+[.)])[ \t]+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TableCell:
    """The place of a formula in a table: the header of its column, the first cell of its row, and both numbers from 0."""

    header: str
    label: str
    row: int
    column: int


def words_before(text: str, start: int, floor: int = 0) -> str:
    """The sentence that leads to the formula at `start`, not looking before `floor`.

    >>> words_before("One. So we have: $x$", 17)
    'So we have:'
    """
    window = text[max(floor, start - REACH) : start]
    pieces = [cleaned for piece in _SENTENCE_END.split(window) if piece and (cleaned := _cleaned(piece))]
    return pieces[-1] if pieces else ""


def words_after(text: str, end: int, ceiling: int) -> str:
    """The sentence that goes on after the formula that ends at `end`, not looking past `ceiling`.

    >>> words_after("$x$ for all k. Next", 3, 99)
    'for all k.'
    """
    window = text[end : min(ceiling, end + REACH)].lstrip(" \t")
    pieces = [cleaned for piece in _SENTENCE_END.split(window) if piece and (cleaned := _cleaned(piece))]
    return pieces[0] if pieces else ""


def _cleaned(text: str) -> str:
    """Words without markup, on one line."""
    return " ".join(_MARKUP.sub("", text).split())


def heading_path(headings: Sequence[Heading], starts: Sequence[int], place: int) -> tuple[str, ...]:
    """The headings above a place, from the highest to the nearest.

    >>> heading_path((Heading(0, 1, "A"), Heading(9, 2, "B")), (0, 9), 20)
    ('A', 'B')
    """
    path: list[Heading] = []
    for heading in reversed(headings[max(0, bisect_right(starts, place) - 200) : bisect_right(starts, place)]):
        if not path or heading.level < path[-1].level:
            path.append(heading)
        if path[-1].level == 1:
            break
    return tuple(heading.title for heading in reversed(path))


def stands_alone(before: str, after: str) -> bool:
    """True where nothing but list marks and punctuation shares the lines of a formula.

    >>> stands_alone("- ", "."), stands_alone("where ", "")
    (True, False)
    """
    return not before.strip(" \t>*-+#") and not after.strip(" \t.,;:)\\")


def table_cell(text: str, found: Found, line_start: int, line_end: int, formulas: Sequence[tuple[int, int]]) -> TableCell | None:
    """The cell of a Markdown table that holds the formula; `formulas` are the places of all formulas, whose bars are none of the table."""
    if found.end > line_end or line_end - line_start > MAX_ROW or "|" not in text[line_start:line_end]:
        return None
    above = text[max(0, line_start - MAX_TABLE) : max(0, line_start - 1)].split("\n")
    row = 0
    while above and "|" in above[-1] and not _is_rule(above[-1]):
        above.pop()
        row += 1
    if len(above) < 2 or "|" not in above[-1]:
        return None
    header_end = line_start - 1 - sum(len(line) + 1 for line in text[: line_start - 1].rsplit("\n", row + 1)[1:])
    header = _cells(text, header_end - len(above[-2]), header_end, formulas)
    cells = _cells(text, line_start, line_end, formulas)
    column = next((i for i, (start, end) in enumerate(cells) if start <= found.start <= end), 0)
    title = text[slice(*header[column])].strip() if column < len(header) else ""
    return TableCell(title, text[slice(*cells[0])].strip() if cells else "", row, column)


def _is_rule(line: str) -> bool:
    """True for the line of dashes under a table's header."""
    return "-" in line and not line.strip(" \t|:-")


def _cells(text: str, start: int, end: int, formulas: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The cells of a table row: parted by bars that are neither escaped nor in a formula."""
    inside = formulas[max(0, bisect_right(formulas, (start, 0)) - 1) : bisect_right(formulas, (end, 0))]
    bars = [
        bar.start()
        for bar in re.compile(r"(?<!\\)\|").finditer(text, start, end)
        if not any(first <= bar.start() < last for first, last in inside)
    ]
    edges = [start - 1, *bars, end]
    cells = [(left + 1, right) for left, right in pairwise(edges)]
    if cells and not text[slice(*cells[0])].strip():
        cells = cells[1:]
    return cells if not cells or text[slice(*cells[-1])].strip() or len(cells) == 1 else cells[:-1]
