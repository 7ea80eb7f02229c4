r"""Formulas of a Markdown page: `$`, `$$`, `\(`, `\[`, bare environments, ```` ```math ````, images of formulas.

Skipped: front matter, code (fenced and in backticks), comments, scripts.  A dollar is money or prose where `pages.py` says so.
Quarto and R Markdown are Markdown whose chunks are fenced code.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from urllib.parse import unquote

from symback.verification.pages import (
    BARE_ENVIRONMENTS,
    MATH_ENVIRONMENTS,
    MAX_FORMULAS,
    MAX_MARKS,
    Closers,
    Found,
    Heading,
    Page,
    is_money,
    is_prose,
)  # fmt: skip

__all__ = ["markdown_page"]

_FRONT_MATTER = re.compile(r"\A\ufeff?(?P<fence>---|\+\+\+)[ \t]*\n.*?\n(?:(?P=fence)|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FENCE = re.compile(r"^(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t]){0,40}(?P<fence>`{3,}|~{3,})(?P<info>[^\n`]*)$", re.MULTILINE)
_HEADING = re.compile(
    r"^ {0,3}(?P<marks>#{1,6})[ \t]+(?P<title>[^\n]*)$|(?<=\n\n)(?P<upper>[^\n|\\&=]{1,300})\n(?P<rule>={3,}|-{3,})[ \t]*$",
    re.MULTILINE,
)
_BLANK = re.compile(r"\n[ \t]*(?=\n)")
_TABLE_ROW = re.compile(r"^[ \t]*\|[^\n]*\|[ \t]*$", re.MULTILINE)

# services that draw the formula in their URL
_SERVICES = (
    r"(?:latex\.codecogs\.com|math\.vercel\.app|render\.githubusercontent\.com/render/math|www\.zhihu\.com/equation|math\.now\.sh|"
    r"i\.upmath\.me|s0\.wp\.com/latex\.php|chart\.googleapis\.com/chart|www\.forkosh\.com)"
)
_MARK = re.compile(
    rf"""(?P<image>(?:!\[[^\]\n]{{0,300}}\]\(\s*<?|<img\b[^>\n]{{0,200}}?\bsrc\s*=\s*["']?)https?://{_SERVICES}[^\s"'?=]{{0,60}}[?=])
    |!\[[^\]\n]{{0,300}}\]\([^\s()]{{0,2000}}\)
    |\]\([^\s()]{{0,2000}}\)
    |(?P<open>\\\\?[(\[])
    |\\begin\{{(?P<environment>[A-Za-z]+\*?)\}}
    |\\.
    |\${{4,}}
    |(?P<tickdollar>\$`(?!`))
    |(?P<dollars>\$\$?)
    |(?P<ticks>`+)
    |(?P<comment><!--)
    |<script[^>]{{0,100}}type\s*=\s*["']math/tex(?P<mode>[^"'>]{{0,30}})["'][^>]{{0,60}}>
    |<(?P<raw>script|style|pre|code|textarea)\b[^>]{{0,300}}>""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_CLOSING = {r"\(": r"\)", r"\[": r"\]", r"\\(": r"\\)", r"\\[": r"\\]"}


def markdown_page(text: str) -> Page:
    """The formulas of a Markdown text, in order.

    >>> [found.delimiter for found in markdown_page("Let $x$ be $5 or $6. $$y$$").found]
    ['$', '$$']
    """
    skipped, fenced = _code_blocks(text)
    headings = tuple(_headings(text, skipped))
    soft, hard = _breaks(text, headings, skipped)
    remarks: list[tuple[int, str]] = []
    found = [*fenced]
    marks = 0
    for start, end in _stretches(skipped, len(text)):
        for one in _formulas(text, start, end, soft, hard, remarks):
            marks += 1
            if one is not None:
                found.append(one)
            if len(found) > MAX_FORMULAS or marks > MAX_MARKS:
                break
        else:
            continue
        remarks.append((one.start if one else start, "too many formulas or signs; what follows is not read"))
        break
    found.sort(key=lambda one: one.start)
    return Page(text, tuple(found), headings, tuple(skipped), {}, tuple(remarks))


def _code_blocks(text: str) -> tuple[list[tuple[int, int]], list[Found]]:
    """Front matter and fenced blocks to skip, and the fenced blocks that are formulas."""
    skipped: list[tuple[int, int]] = []
    fenced: list[Found] = []
    front = _FRONT_MATTER.match(text)
    place = front.end() if front else 0
    if front:
        skipped.append((0, front.end()))
    while (opening := _FENCE.search(text, place)) is not None:
        fence = opening["fence"]
        closing = re.compile(rf"^[ \t>]{{0,40}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$", re.MULTILINE).search(text, opening.end())
        end = closing.end() if closing else len(text)
        if opening["info"].strip().lower() in ("math", "{math}", "{math}\n"):
            inside_end = closing.start() if closing else len(text)
            inside = min(opening.end() + 1, inside_end)
            fenced.append(Found(opening.start("fence"), end, inside, inside_end, "```math", True))
        skipped.append((opening.start(), end))
        place = end
    return skipped, fenced


def _stretches(skipped: list[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """What lies between the skipped blocks."""
    place = 0
    for start, end in skipped:
        if place < start:
            yield place, start
        place = max(place, end)
    if place < length:
        yield place, length


def _headings(text: str, skipped: list[tuple[int, int]]) -> Iterator[Heading]:
    """ATX (#) and underlined headings outside code."""
    starts = [start for start, _ in skipped]
    for match in _HEADING.finditer(text):
        block = bisect_right(starts, match.start()) - 1
        if block >= 0 and match.start() < skipped[block][1]:
            continue
        if match["marks"]:
            yield Heading(match.start(), len(match["marks"]), match["title"].strip().rstrip("#").strip())
        elif match["upper"].strip() and not match["upper"].lstrip().startswith(("-", ">", "$", "*", "+")):
            yield Heading(match.start(), 1 if match["rule"].startswith("=") else 2, match["upper"].strip())


def _breaks(text: str, headings: tuple[Heading, ...], skipped: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Offsets that a formula in the line may not cross (blank lines, table rows, ...), and those that no formula may."""
    hard = sorted({heading.start for heading in headings} | {start for start, _ in skipped} | {len(text)})
    ends = (_line_end(text, heading.start) for heading in headings)
    rows = (match.end() for match in _TABLE_ROW.finditer(text))
    soft = sorted({match.start() for match in _BLANK.finditer(text)} | set(hard) | set(ends) | set(rows))
    return soft, hard


def _line_end(text: str, start: int) -> int:
    """The end of the line of an offset."""
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _next(breaks: list[int], place: int) -> int:
    """The first break after a place."""
    return breaks[min(bisect_right(breaks, place), len(breaks) - 1)]


def _formulas(text: str, start: int, end: int, soft: list[int], hard: list[int], remarks: list[tuple[int, str]]) -> Iterator[Found | None]:
    """The formulas of a stretch without code blocks; None for each sign that opens none."""
    closers = Closers(text)
    place = start
    while (mark := _MARK.search(text, place, end)) is not None:
        found, place = _at(text, mark, end, closers, soft, hard)
        yield found
        if found is None and mark["dollars"] == "$$" and place == mark.end():
            remarks.append((mark.start(), "'$$' opens a formula that never closes"))


def _at(text: str, mark: re.Match[str], end: int, closers: Closers, soft: list[int], hard: list[int]) -> tuple[Found | None, int]:
    """The formula that begins at a mark, if one does, and where to go on."""
    inside = mark.end()
    paragraph, section = min(_next(soft, mark.start()), end), min(_next(hard, mark.start()), end)
    if mark["dollars"]:
        return _dollars(text, mark, closers, paragraph, section)
    if mark["tickdollar"]:
        return _closed(mark, closers.plain(inside, paragraph, "`$"), "$`", 2, None)
    if mark["ticks"]:
        closing = _closing_ticks(text, inside, paragraph, mark["ticks"])
        return None, inside if closing is None else closing
    if mark["open"]:
        return _escaped_bracket(text, mark, closers, paragraph, section)
    if mark["image"]:
        return _image(text, mark, min(end, inside + 8_000), closers)
    if mark["comment"]:
        after = closers.anywhere(inside, end, "-->")
        return None, inside if after is None else after + 3
    if mark["mode"] is not None:
        return _closed(mark, closers.anywhere(inside, end, "</script>"), "math/tex", 9, "display" in mark["mode"])
    if mark["raw"]:
        after = closers.anywhere(inside, end, f"</{mark['raw']}")
        return None, inside if after is None else after
    name = mark["environment"]
    if name in MATH_ENVIRONMENTS:
        return _environment(mark, name, closers.environment(name, inside, section))
    return None, inside


def _closed(mark: re.Match[str], closing: int | None, delimiter: str, length: int, display: bool | None) -> tuple[Found | None, int]:
    """A formula from a mark to its closing sign, or nothing."""
    if closing is None:
        return None, mark.end()
    return Found(mark.start(), closing + length, mark.end(), closing, delimiter, display), closing + length


def _dollars(text: str, mark: re.Match[str], closers: Closers, paragraph: int, section: int) -> tuple[Found | None, int]:
    """$...$ within a paragraph, $$...$$ within a section."""
    sign = mark["dollars"]
    closing = closers.dollar(mark.end(), paragraph if sign == "$" else section, sign)
    if closing is None:
        if sign == "$$" and (single := closers.dollar(mark.start() + 1, paragraph, "$")) not in (None, mark.start() + 1):
            return None, mark.start() + 1 if single else mark.end()
        return None, mark.end()
    inside = text[mark.end() : closing]
    if sign == "$" and (is_money(inside, text[closing + 1 : closing + 2]) or is_prose(inside)):
        return None, mark.end()
    if sign == "$$" and (not inside.strip() or (closing > paragraph and _crosses_prose(inside))):
        return None, mark.end()
    return _closed(mark, closing, sign, len(sign), None)


def _crosses_prose(inside: str) -> bool:
    """True where a display that spans a blank line holds a line of prose, so its dollars were not paired right."""
    lines = [line for line in inside.split("\n") if line.strip()]
    return any(is_prose(f" {line} ") or line.lstrip().startswith(("#", "* ", "- [", "```")) for line in lines)


def _closing_ticks(text: str, start: int, limit: int, ticks: str) -> int | None:
    """Where code in backticks ends: the next run of as many."""
    for run in re.compile("`+").finditer(text, start, limit):
        if run.group() == ticks:
            return run.end()
    return None


def _escaped_bracket(text: str, mark: re.Match[str], closers: Closers, paragraph: int, section: int) -> tuple[Found | None, int]:
    r"""\( ... \) and \[ ... \], also with the backslash doubled; \[1\] is a bracket that Markdown would have read."""
    sign = mark["open"]
    closing = closers.plain(mark.end(), paragraph if sign.endswith("(") else section, _CLOSING[sign])
    if closing is None or text.find(sign, mark.end(), closing) >= 0:
        return None, mark.end()
    inside = text[mark.end() : closing].strip()
    if not inside or (not re.search(r"[\\^_={}+<>]", inside) and not re.fullmatch(r"[A-Za-z]'?(\([A-Za-z]\))?", inside)):
        return None, mark.end()
    return _closed(mark, closing, sign.replace("\\\\", "\\"), len(sign), None if sign.endswith("(") else True)


def _environment(mark: re.Match[str], name: str, closing: tuple[int, int] | None) -> tuple[Found | None, int]:
    r"""A bare \begin{align} ... \end{align}."""
    if closing is None:
        return None, mark.end()
    if name in BARE_ENVIRONMENTS:
        return Found(mark.start(), closing[1], mark.end(), closing[0], name, True), closing[1]
    return Found(mark.start(), closing[1], mark.start(), closing[1], name, True), closing[1]


_SIZING = re.compile(
    r"\\(?:dpi|bg|fn|color)(?:_[a-z]+|\s*\{[^{}]*\})|\\inline\b|^&?(?:space;|tex=|math=|latex=|from=)|&(?:mode|bg|fg|s|chl)=[^&]*$"
)


def _image(text: str, mark: re.Match[str], limit: int, closers: Closers) -> tuple[Found | None, int]:
    """A formula in the URL of an image: percent signs and entities decoded, the service's own commands taken off."""
    start = mark.end()
    if mark.group().startswith("!"):
        closing = _balanced_parenthesis(text, start, limit) if closers.plain(start, limit, ")") is not None else None
    else:
        match = re.compile(r"[\"'>\n]").search(text, start, limit)
        closing = match.start() if match else None
    if closing is None:
        return None, mark.end()
    raw = text[start:closing]
    latex = html.unescape(unquote(raw, errors="replace")) if "%" in raw else html.unescape(raw)
    latex = _SIZING.sub("", latex).strip()
    if not latex:
        return None, closing
    return Found(mark.start(), closing, start, closing, "image", True, latex), closing


def _balanced_parenthesis(text: str, start: int, limit: int) -> int | None:
    """Where the URL of ![](URL) ends."""
    depth = 0
    for match in re.compile(r"[()\s]").finditer(text, start, limit):
        sign = match.group()
        if sign == "\n" or (depth == 0 and sign != "("):
            return match.start()
        depth += (sign == "(") - (sign == ")")
    return None
