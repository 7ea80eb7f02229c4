"""What a format's reader finds on a page, before lines and surroundings are worked out: places of formulas and headings.

Also the few rules that the formats share: which environments are formulas, where an opened formula closes, and which
words between two dollars are money or prose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from symback.errors import SymbackError
from symback.verification.grammar import ALIGNED
from symback.verification.macros import Macro

__all__ = [
    "BARE_ENVIRONMENTS", "MATH_ENVIRONMENTS", "MAX_FORMULAS", "MAX_MARKS", "Closers", "DocumentError", "Found", "Heading", "Page",
    "is_money", "is_prose",
]  # fmt: skip

MATH_ENVIRONMENTS = frozenset(ALIGNED)
# the environments that add nothing but the display: their inside is the formula
BARE_ENVIRONMENTS = frozenset(("equation", "equation*", "displaymath", "math", "dmath", "dmath*"))
MAX_FORMULAS = 20_000  # in one document
MAX_MARKS = 500_000  # dollars, backslashes, backticks ... looked at in one document; no real one has as many
MAX_FORMULA = 40_000  # an opened formula that does not close within this many characters is not one
MAX_WORDS = 2_000  # how far words with dollars inside a formula may reach


class DocumentError(SymbackError, ValueError):
    """A file that cannot be read at all: which, why, and what would be right."""


@dataclass(frozen=True, slots=True)
class Found:
    """A formula on a page: `start` to `end` with its delimiters, `inside` to `inside_end` without; `latex` where it is not that slice."""

    start: int
    end: int
    inside: int
    inside_end: int
    delimiter: str
    display: bool | None = None  # None: a display if nothing else stands on its lines
    latex: str | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: where, how deep (1 is the highest), and its words."""

    start: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Page:
    """A text with the places of its formulas, in order, its headings, and the stretches that are not prose (code, comments)."""

    text: str
    found: tuple[Found, ...]
    headings: tuple[Heading, ...] = ()
    skipped: tuple[tuple[int, int], ...] = ()
    macros: Mapping[str, Macro] = field(default_factory=dict)  # known before the page begins
    remarks: tuple[tuple[int, str], ...] = ()  # offset and words


_TEXT_COMMANDS = r"\\(?:text(?:rm|bf|it|sf|tt|normal|up)?|mbox|hbox|fbox|framebox|colorbox\s*\{[^{}]*\}|bbox(?:\[[^\]]*\])?)\s*\{"
_INSIDE = re.compile(rf"(?P<words>{_TEXT_COMMANDS})|\\.|[{{}}]|\${{1,2}}", re.DOTALL)


class Closers:
    """Where opened formulas close.  It remembers up to where a closing sign is absent, so that many openings cost no more than one."""

    def __init__(self, text: str) -> None:
        """Nothing is known to be absent yet."""
        self.text = text
        self.absent: dict[str, int] = {}  # up to where
        self.gone: dict[str, int] = {}  # from where on

    def dollar(self, start: int, limit: int, sign: str) -> int | None:
        r"""The offset of the `$` (or `$$`) that closes a formula whose inside begins at `start`; dollars inside \text{...} do not."""
        limit = min(limit, start + MAX_FORMULA, len(self.text))
        if self.plain(start, limit, sign) is None:
            return None
        braces: list[bool] = []  # True: words stand in it
        words = 0
        first: int | None = None
        for match in _INSIDE.finditer(self.text, start, limit):
            token = match.group()
            if first is not None and match.start() > first + MAX_WORDS:
                break
            if token[0] == "$":
                place = match.start() + (token.find(sign) if len(token) >= len(sign) else 0)
                if len(token) < len(sign):
                    continue
                if not words:
                    return place
                first = place if first is None else first
            elif match["words"] or token == "{":
                braces.append(bool(match["words"]))
                words += braces[-1]
            elif token == "}" and braces:
                words -= braces.pop()
        return first  # every one stands in words: a brace is missing, so the first one closes

    def environment(self, name: str, start: int, limit: int) -> tuple[int, int] | None:
        r"""Where the \end{name} stands, and where it ends, for an environment whose inside begins at `start`."""
        sign = f"\\end{{{name}}}"
        place = self.plain(start, limit, sign)
        return None if place is None else (place, place + len(sign))

    def anywhere(self, start: int, end: int, sign: str) -> int | None:
        """The offset of the first `sign` from `start` on, however far; once absent it stays so."""
        if self.gone.get(sign, end + 1) <= start:
            return None
        place = self.text.find(sign, start, end)
        if place < 0:
            self.gone[sign] = min(start, self.gone.get(sign, start))
        return place if place >= 0 else None

    def plain(self, start: int, limit: int, sign: str) -> int | None:
        """The offset of the first `sign` from `start` on, before `limit`."""
        limit = min(limit, start + MAX_FORMULA, len(self.text))
        known = self.absent.get(sign, 0)
        place = self.text.find(sign, max(start, min(known, limit) - len(sign) + 1), limit)
        if place < 0:
            self.absent[sign] = max(known, limit)
            return None
        return place


_MATHS = re.compile(r"[\\^_={}|∂σδ∇∑]")
_WORDS = re.compile(r"[A-Za-z]{3,}|[\u4e00-\u9fff]{2,}")


def is_money(inside: str, following: str) -> bool:
    """True for what stands between two dollar signs that mean dollars: `$5 and $10`, `$5-$10`.

    >>> is_money("5 and ", "1"), is_money("5x", " ")
    (True, False)
    """
    if not inside[:1].isdigit() or _MATHS.search(inside):
        return False
    return following.isdigit() or inside[-1].isspace() or bool(_WORDS.search(inside))


def is_prose(inside: str) -> bool:
    """True for words between two formulas whose dollars were not paired right.

    >>> is_prose(" is the weight of "), is_prose(" a^{(L)} ")
    (True, False)
    """
    if not inside.strip():
        return True
    if _MATHS.search(inside):
        return False
    words = len(_WORDS.findall(inside))
    return (words >= 2 and inside[0].isspace() and inside[-1].isspace()) or words >= 6 or (words >= 3 and "\n" in inside)
