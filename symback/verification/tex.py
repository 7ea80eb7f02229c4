r"""Formulas of a LaTeX file: dollars, \( \[, the environments of amsmath; its macros, also those of macro files beside it.

Read is what stands between \begin{document} and \end{document}, or everything where there is none.  Comments and verbatim
listings are no text.  \input and \include give macros only, and only from files in the folder of the document itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from symback.verification.macros import Macro, defined, definitions_in
from symback.verification.pages import BARE_ENVIRONMENTS, MATH_ENVIRONMENTS, MAX_FORMULAS, MAX_MARKS, Closers, Found, Heading, Page

__all__ = ["tex_page"]

_SECTIONS = {
    name: level for level, name in enumerate(("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph"), 1)
}
_VERBATIM = ("verbatim", "verbatim*", "lstlisting", "minted", "comment", "Verbatim", "alltt", "filecontents", "filecontents*", "python")
_MARK = re.compile(
    r"""(?P<comment>(?<!\\)%[^\n]*)
    |\\begin\s*\{(?P<environment>[A-Za-z]+\*?)\}
    |\\(?P<section>part|chapter|section|subsection|subsubsection|paragraph|subparagraph)\*?\s*(?:\[[^\]\n]*\])?\{(?P<title>[^\n]{0,300})
    |\\verb\*?(?P<bar>[^A-Za-z\s*]).*?(?P=bar)
    |(?P<open>\\[(\[])
    |\\.
    |(?P<dollars>\$\$?)""",
    re.VERBOSE,
)
_INPUT = re.compile(r"(?<!%)\\(?:input|include|usepackage|RequirePackage)\s*(?:\[[^\]]*\])?\s*\{([^{}\n]{1,100})\}")
_ESCAPED = re.compile(r"\[[^\]\n]*mathescape")  # a listing whose dollars are mathematics
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
MAX_MACRO_FILE = 1_000_000
MAX_MACRO_FILES = 20


def tex_page(text: str, folder: Path | None = None) -> Page:
    r"""The formulas of a LaTeX text, in order; macro files are looked for in `folder`.

    >>> [found.delimiter for found in tex_page(r"\begin{document} $x$ % $y$").found]
    ['$']
    """
    begin, end = text.find(r"\begin{document}"), text.find(r"\end{document}")
    start, stop = max(begin, 0), end if end > begin else len(text)
    skipped: list[tuple[int, int]] = []
    headings: list[Heading] = []
    remarks: list[tuple[int, str]] = []
    found = tuple(_formulas(text, start, stop, skipped, headings, remarks))
    macros = macro_files(text, folder) if folder is not None else {}
    return Page(text, found, tuple(headings), tuple(skipped), macros, tuple(remarks))


def _formulas(
    text: str, start: int, stop: int, skipped: list[tuple[int, int]], headings: list[Heading], remarks: list[tuple[int, str]]
) -> Iterator[Found]:
    """The formulas of a stretch; what is skipped, the headings and the remarks are added to their lists."""
    closers = Closers(text)
    definitions = [(definition.start, definition.end) for definition in definitions_in(text, start, stop)]
    place, next_definition, marks, count = start, 0, 0, 0
    while (mark := _MARK.search(text, place, stop)) is not None:
        marks += 1
        if marks > MAX_MARKS or count > MAX_FORMULAS:
            remarks.append((mark.start(), "too many formulas or signs; what follows is not read"))
            return
        while next_definition < len(definitions) and definitions[next_definition][1] <= mark.start():
            next_definition += 1
        if next_definition < len(definitions) and definitions[next_definition][0] <= mark.start():
            place = definitions[next_definition][1]  # a dollar in a macro's body is no formula
            continue
        found, place = _at(text, mark, stop, closers, skipped, headings)
        if found is not None:
            count += 1
            yield found
        elif (mark["dollars"] or mark["open"]) and place == mark.end():
            remarks.append((mark.start(), f"'{mark.group()}' opens a formula that never closes"))


def _at(
    text: str, mark: re.Match[str], stop: int, closers: Closers, skipped: list[tuple[int, int]], headings: list[Heading]
) -> tuple[Found | None, int]:
    """The formula that begins at a mark, if one does, and where to go on."""
    inside = mark.end()
    if mark["dollars"]:
        return _dollars(text, mark, stop, closers)
    if mark["open"]:
        place = closers.plain(inside, stop, r"\)" if mark["open"] == r"\(" else r"\]")
        if place is None:
            return None, inside
        return Found(mark.start(), place + 2, inside, place, mark["open"], mark["open"] == r"\["), place + 2
    if mark["comment"]:
        skipped.append((mark.start(), mark.end()))
        return None, inside
    if mark["section"]:
        headings.append(Heading(mark.start(), _SECTIONS[mark["section"]], _title(mark["title"])))
        return None, mark.start("title")
    name = mark["environment"]
    closing = closers.environment(name, inside, stop) if name in MATH_ENVIRONMENTS or name in _VERBATIM else None
    if closing is None or (name in _VERBATIM and _ESCAPED.match(text, inside)):
        return None, inside
    if name in _VERBATIM:
        skipped.append((mark.start(), closing[1]))
        return None, closing[1]
    if name in BARE_ENVIRONMENTS:
        return Found(mark.start(), closing[1], inside, closing[0], name, name != "math"), closing[1]
    return Found(mark.start(), closing[1], mark.start(), closing[1], name, True), closing[1]


def _dollars(text: str, mark: re.Match[str], stop: int, closers: Closers) -> tuple[Found | None, int]:
    """$...$ within a paragraph, $$...$$ anywhere."""
    sign = mark["dollars"]
    paragraph = _PARAGRAPH.search(text, mark.end(), min(stop, mark.end() + 50_000))
    limit = paragraph.start() if paragraph and sign == "$" else stop
    closing = closers.dollar(mark.end(), limit, sign)
    if closing is None or not text[mark.end() : closing].strip():
        return None, mark.end()
    end = closing + len(sign)
    return Found(mark.start(), end, mark.end(), closing, sign, True if sign == "$$" else None), end


def _title(text: str) -> str:
    """The words of a heading up to its closing brace."""
    depth = 1
    for place, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return text[:place]
    return text


def macro_files(text: str, folder: Path, seen: frozenset[str] = frozenset()) -> Mapping[str, Macro]:
    r"""The macros of the files that \input, \include and \usepackage name and that lie in `folder` itself."""
    macros: Mapping[str, Macro] = {}
    for match in list(_INPUT.finditer(text))[:MAX_MACRO_FILES]:
        for name in match.group(1).split(",")[:MAX_MACRO_FILES]:
            path = _beside(folder, name.strip())
            if path is None or path.name in seen or len(seen) >= MAX_MACRO_FILES:
                continue
            content = path.read_bytes()[:MAX_MACRO_FILE].decode("utf-8", errors="replace")
            inner = macro_files(content, folder, seen | {path.name})
            macros = {**macros, **inner, **defined(content, {})}
    return macros


def _beside(folder: Path, name: str) -> Path | None:
    """The regular file `name` (or name.tex, name.sty) in `folder`; names that lead elsewhere give None."""
    if not name or (name != Path(name).name.removeprefix("./") and Path(name).parent != Path()):
        return None
    home = folder.resolve()
    for candidate in (name, f"{name}.tex", f"{name}.sty"):
        try:
            path = (home / candidate).resolve()
            if path.parent == home and path.is_file():
                return path
        except (OSError, ValueError):
            continue
    return None
