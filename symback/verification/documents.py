r"""What is on the page: `read_document(path)` lists every formula of a document in order, with its place and its surroundings.

Formats: Markdown (also Quarto and R Markdown), LaTeX, Jupyter notebooks, reStructuredText.  A formula is one delimited
stretch (`$...$`, one display, one environment); rows and chains inside it are the parser's business.  A formula counts even
when it is one letter or one word, so that the report leaves nothing out.

Documents are hostile: broken UTF-8, NUL bytes, unpaired dollars and endless lines are read as far as they make sense; the
work is linear in the length; only a file that cannot be read at all is a `DocumentError`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from symback.verification.context import TableCell, heading_path, stands_alone, table_cell, words_after, words_before
from symback.verification.macros import Definition, Macro, definitions_in
from symback.verification.markdown import markdown_page
from symback.verification.notebook import notebook_page
from symback.verification.pages import MAX_FORMULAS, DocumentError, Found, Page
from symback.verification.restructured import restructured_page
from symback.verification.tex import tex_page

__all__ = ["FORMATS", "Document", "DocumentError", "PrintedFormula", "TableCell", "read_document", "read_text"]

MAX_BYTES = 64_000_000
_QUOTE = re.compile(r"(?<=\n)[ \t]*(?:>[ \t]?)+")

# suffix -> format; what is not here is read as Markdown
FORMATS: dict[str, str] = {
    ".md": "markdown", ".markdown": "markdown", ".mdx": "markdown", ".qmd": "markdown", ".rmd": "markdown", ".txt": "markdown",
    ".tex": "latex", ".ltx": "latex", ".latex": "latex", ".ipynb": "notebook", ".rst": "restructured", ".rest": "restructured",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PrintedFormula:
    """One formula of a document.

    `latex` is its text as printed, without the delimiters (an aligning environment is part of it); `start` and `end` are the
    offsets of that text in the document, `line` (from 1), `column` (from 1) and `end_line` those of the whole with delimiters.
    `macros` are those in force where it stands.
    """

    latex: str
    line: int
    end_line: int
    column: int
    start: int
    end: int
    display: bool
    delimiter: str
    tag: str = ""
    label: str = ""
    before: str = ""
    after: str = ""
    headings: tuple[str, ...] = ()
    cell: TableCell | None = None
    macros: Mapping[str, Macro] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its text as lines are counted in it (a notebook's is its joined Markdown cells) and its formulas in order."""

    path: str
    format: str
    text: str = field(repr=False)
    formulas: tuple[PrintedFormula, ...]
    macros: Mapping[str, Macro] = field(default_factory=dict, compare=False, repr=False)
    remarks: tuple[str, ...] = ()


def read_document(path: str | Path) -> Document:
    """Every formula of a file, in order; raises `DocumentError` only where the file itself cannot be read."""
    place = Path(path)
    try:
        if not place.is_file():
            raise DocumentError(f"{path}: " + ("is a folder; name a file" if place.is_dir() else "no such file"))
        size = place.stat().st_size
        if size > MAX_BYTES:
            raise DocumentError(f"{path}: {size} bytes; a document may have {MAX_BYTES}")
        raw = place.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, DocumentError):
            raise
        raise DocumentError(f"{path}: cannot be read: {error}") from error
    kind = FORMATS.get(place.suffix.lower(), "markdown")
    text, remarks = _decoded(raw)
    try:
        return read_text(text, kind, str(path), place.parent, remarks)
    except DocumentError as error:
        raise DocumentError(f"{path}: {error}") from error


def read_text(text: str, format: str = "markdown", path: str = "", folder: Path | None = None, remarks: tuple[str, ...] = ()) -> Document:
    r"""Every formula of a text in one of the formats of `FORMATS`.

    >>> [formula.latex for formula in read_text(r"Let $a = \sigma(z)$ be").formulas]
    ['a = \\sigma(z)']
    """
    readers: dict[str, Callable[[str], Page]] = {
        "markdown": markdown_page,
        "latex": lambda source: tex_page(source, folder),
        "notebook": notebook_page,
        "restructured": restructured_page,
    }
    if format not in readers:
        raise DocumentError(f"the format {format!r} is not known; known are {', '.join(readers)}")
    page = readers[format](text)
    return _document(page, path, format, remarks)


def _decoded(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Bytes to text with plain line ends; what cannot be decoded is replaced and remarked."""
    remarks: tuple[str, ...] = ()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", errors="replace")
    else:
        text = raw.decode("utf-8-sig", errors="replace")
        if "\ufffd" in text and b"\xef\xbf\xbd" not in raw:
            remarks = ("the file is not valid UTF-8; what could not be decoded is replaced",)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", " "), remarks


def _document(page: Page, path: str, format: str, remarks: tuple[str, ...]) -> Document:
    """Lines, surroundings and macros for everything found on a page."""
    text = page.text
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    found = page.found[:MAX_FORMULAS]
    if len(page.found) > MAX_FORMULAS:
        remarks += (f"{len(page.found)} formulas; the first {MAX_FORMULAS} are read",)
    remarks += tuple(f"line {bisect_right(lines, place)}: {words}" for place, words in page.remarks[:100])
    places = [(one.start, one.end) for one in found]
    starts = [heading.start for heading in page.headings]
    changes = _macro_changes(page)
    moments = [end for end, _ in changes]
    formulas = tuple(
        _formula(
            page, one, lines, places, starts, changes[bisect_right(moments, one.start) - 1][1] if moments[0] <= one.start else page.macros
        )
        for one in found
    )
    return Document(path, format, text, formulas, changes[-1][1], remarks)


def _formula(
    page: Page, found: Found, lines: list[int], places: list[tuple[int, int]], heading_starts: list[int], macros: Mapping[str, Macro]
) -> PrintedFormula:
    """One formula with everything that is known about its place."""
    text = page.text
    raw = text[found.inside : found.inside_end]
    if (
        "\n" in raw
        and ">" in raw
        and text[max(0, text.rfind("\n", max(0, found.start - 200), found.start)) : found.start].lstrip().startswith(">")
    ):
        raw = _QUOTE.sub(lambda marks: " " * len(marks.group()), raw)  # the marks of a quoted block are no part of the formula
    inside = found.inside + len(raw) - len(raw.lstrip())
    inside_end = inside + len(raw.strip())
    latex = raw.strip() if found.latex is None else found.latex
    line = bisect_right(lines, found.start)
    line_start, line_end = lines[line - 1], lines[line] - 1 if line < len(lines) else len(text)
    last_line = bisect_right(lines, max(found.start, found.end - 1))
    last_end = lines[last_line] - 1 if last_line < len(lines) else len(text)
    alone = stands_alone(text[max(line_start, found.start - 200) : found.start], text[found.end : min(last_end, found.end + 200)])
    nearest = bisect_right(heading_starts, found.start) - 1
    following = bisect_left(heading_starts, found.end)
    floor = heading_starts[nearest] if nearest >= 0 else 0
    ceiling = heading_starts[following] if following < len(heading_starts) else len(text)
    return PrintedFormula(
        latex=latex,
        line=line,
        end_line=last_line,
        column=found.start - line_start + 1,
        start=inside,
        end=inside_end,
        display=alone if found.display is None else found.display,
        delimiter=found.delimiter,
        tag=_argument(r"\tag", latex),
        label=_argument(r"\label", latex),
        before=words_before(text, found.start, floor),
        after=words_after(text, found.end, ceiling),
        headings=heading_path(page.headings, heading_starts, found.start),
        cell=table_cell(text, found, line_start, line_end, places),
        macros=macros,
    )


def _argument(command: str, latex: str) -> str:
    r"""What stands in the braces of the first \tag or \label."""
    match = re.search(re.escape(command) + r"\*?\s*\{([^{}]*)\}", latex)
    return match.group(1).strip() if match else ""


def _macro_changes(page: Page) -> list[tuple[int, Mapping[str, Macro]]]:
    """The macros in force from an offset on, one entry for each change, the first at 0."""
    starts = [start for start, _ in page.skipped]

    def is_code(definition: Definition) -> bool:
        """True where the definition stands in code; a front matter is none."""
        block = bisect_right(starts, definition.start) - 1
        if block < 0 or definition.start >= page.skipped[block][1]:
            return False
        return not (page.skipped[block][0] == 0 and page.text.startswith(("---", "+++")))

    changes: list[tuple[int, Mapping[str, Macro]]] = [(0, dict(page.macros))]
    for definition in definitions_in(page.text):
        if definition.macro is not None and not is_code(definition) and len(changes) < 1_000:
            changes.append((definition.end, {**changes[-1][1], definition.macro.name: definition.macro}))
    return changes
