"""A document as plain text, for a terminal or a .txt file.

Formulas are written on one line in Unicode, chains are aligned at their equality signs, and reasons stand in a column
of their own.  On a terminal, headings are bold and reasons dim.

Decision: the two styles are two escape codes, written here; a library for terminals would cost more time to import
than the whole page takes to write.
"""

from collections.abc import Sequence

from symback.language.notation import Notation
from symback.language.printing import to_text
from symback.presentation.blocks import (
    Block,
    Document,
    Equations,
    Figure,
    Heading,
    Items,
    Line,
    Math,
    Note,
    Prose,
    Size,
    Span,
    Spans,
    Table,
    Written,
)  # fmt: skip
from symback.presentation.boxes import base_of, boxed
from symback.presentation.wrapping import broken_inside, display_width

__all__ = ["text_words", "write_text"]

WIDTH = 110
INDENT = "    "
GAP = 4
NUMBER = 6  # columns for the number of an equation and the space after it
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
RELATIONS = {"=": " = ", "≈": " ≈ ", "-": "-", "<": " < ", "≤": " ≤ ", "→": " → "}
UNDERLINES = {0: "=", 1: "=", 2: "-"}


def write_text(document: Document, *, is_styled: bool = False) -> str:
    """The page as text; `is_styled` adds the escape codes of a terminal."""
    notation = document.notation
    text = _heading(text_words(document.title, notation), 0, is_styled)
    for before, block in zip((None, *document.blocks), document.blocks, strict=False):
        text += ("\n" if _belongs_to(before, block) else "\n\n") + _block(block, notation, is_styled)
    return text + "\n"


def _belongs_to(before: Block | None, block: Block) -> bool:
    """Whether no empty line stands between: formulas follow the words that announce them, words their small heading."""
    if isinstance(block, Equations):
        return isinstance(before, Prose) and isinstance(before.spans[-1], str) and before.spans[-1].endswith(":")
    return isinstance(block, Prose) and isinstance(before, Heading) and before.level == 3


def _block(block: Block, notation: Notation, is_styled: bool) -> str:
    match block:
        case Heading():
            return _heading(text_words(block.title, notation), block.level, is_styled)
        case Prose():
            return _filled(text_words(block.spans, notation))
        case Items():
            return "\n".join(_filled("- " + text_words(item, notation), "  ") for item in block.items)
        case Note():
            return _note(block, notation)
        case Equations():
            return _equations(block.lines, notation, is_styled)
        case Table():
            return _table(block, notation)
        case Figure():
            return _filled(f"[Figure: {text_words(block.caption, notation)} {block.alt}]", "  ")


def text_words(spans: Spans, notation: Notation) -> str:
    """Words and mathematics on one line.

    >>> text_words(("of shape ", Size(())), Notation("nielsen"))
    'of shape 1'
    """
    return "".join(_span(span, notation) for span in spans)


def _span(span: Span, notation: Notation) -> str:
    match span:
        case Math():
            return RELATIONS[span.relation].join(to_text(side, notation) for side in span.sides)
        case Size():
            size = " × ".join(to_text(size, notation) for size in span.sizes) or "1"
            return size if span.of is None else f"{to_text(span.of, notation)} of size {size}"
        case Written():
            return span.text
    return span


def _heading(title: str, level: int, is_styled: bool) -> str:
    underline = UNDERLINES.get(level, "")
    shown = f"{BOLD}{title}{PLAIN}" if is_styled else title
    return f"{shown}\n{underline * display_width(title)}" if underline else shown


def _filled(text: str, hanging: str = "") -> str:
    """The text broken at spaces into lines of at most `WIDTH` columns."""
    lines, current = [], ""
    for word in text.split(" "):
        extended = f"{current} {word}" if current else word
        if current and display_width(extended) > WIDTH:
            lines.append(current)
            extended = hanging + word
        current = extended
    return "\n".join([*lines, current])


def _note(note: Note, notation: Notation) -> str:
    """A paragraph behind a bar at the left."""
    lines = [note.title]
    for item in note.items:
        lines.extend(_filled("- " + text_words(item, notation), "  ").split("\n"))
    return "\n".join(f"| {line}" for line in lines)


def _equations(lines: Sequence[Line], notation: Notation, is_styled: bool) -> str:
    """Left sides flush right at the equality signs, reasons in a column where they fit, else below their line."""
    lefts = ["" if line.left is None else to_text(line.left, notation) for line in lines]
    rights = [boxed(line.right, notation) for line in lines]
    column = max(map(display_width, lefts)) + (NUMBER if any(line.number is not None for line in lines) else 0)
    formulas = [_formula(left, line, right, column) for left, line, right in zip(lefts, lines, rights, strict=True)]
    reasons = [text_words(line.reason, notation) for line in lines]
    place = _reason_column(formulas, reasons)
    written: list[str] = []
    for i, (formula, reason) in enumerate(zip(formulas, reasons, strict=True)):
        if i and max(map(len, rights[i - 1 : i + 1])) > 1:  # matrices of several rows do not stand close
            written.append("")
        written.extend(formula)
        shown = f"{DIM}{reason}{PLAIN}" if is_styled else reason
        if reason and display_width(formula[-1]) < place:
            written[-1] = f"{_left(formula[-1], place)}{shown}"
        elif reason:
            written.append(f"{' ' * place}{shown}")
    return "\n".join(written)


def _formula(left: str, line: Line, right: Sequence[str], column: int) -> list[str]:
    """One formula, in as many lines as it needs; those after the first stand right of the equality sign."""
    number = "" if line.number is None else f"({line.number})"
    opening = f"{INDENT}{number}{_right(left, column - len(number))}{RELATIONS[line.relation]}"
    start = display_width(opening)
    if len(right) > 1:
        return [(opening if i == base_of(len(right)) else " " * start) + text for i, text in enumerate(right)]
    first, *others = broken_inside(right[0], display_width, WIDTH - start, WIDTH - start)
    return [opening + first, *(" " * (start + 2) + text for text in others)]


def _reason_column(formulas: Sequence[list[str]], reasons: Sequence[str]) -> int:
    """The smallest column that is right of as many formulas as leave room for their reasons."""
    longest = max(map(display_width, reasons))
    widths = [display_width(formula[-1]) for formula in formulas]
    fitting = [width for width in widths if width + GAP + longest <= WIDTH]
    return max(fitting, default=len(INDENT)) + GAP


def _table(table: Table, notation: Notation) -> str:
    """Columns flush left, two spaces between them, a rule below the header."""
    cells = [[text_words(cell, notation) for cell in row] for row in (table.header, *table.rows)]
    widths = [max(map(display_width, column)) for column in zip(*cells, strict=True)]
    lines = [INDENT + "  ".join(_left(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    rule = INDENT + "  ".join("-" * width for width in widths)
    return "\n".join([lines[0], rule, *lines[1:]])


def _left(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))


def _right(text: str, width: int) -> str:
    return " " * (width - display_width(text)) + text
