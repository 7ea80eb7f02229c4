"""What a page is made of, before anybody knows whether it becomes LaTeX, Markdown or a terminal's text.

A `Document` is a title and a tuple of blocks; a block holds spans; a span is plain words or mathematics, and the
mathematics is SymPy, not text.  A backend is one function from a document to a string, and knows nothing of networks.

    Heading    a title of a section, level 1 or 2
    Prose      a paragraph
    Items      a list of short paragraphs
    Note       a paragraph in a box
    Equations  a chain of equalities, one line each, with the reason at its side
    Table      a header and rows
    Figure     a picture with its caption

Adding a format needs a writer for these seven and nothing else.
"""

from dataclasses import dataclass

import sympy

from symback.language.notation import Notation
from symback.presentation.drawing.shapes import Drawing

__all__ = [
    "Block", "Document", "Equations", "Figure", "Heading", "Items", "Line", "Math", "Note", "Prose", "Size", "Span", "Spans",
    "Table", "Written",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Math:
    """One expression, or several with a relation between them: `Math((C, half), "=")` is C = ½."""

    sides: tuple[sympy.Basic, ...]
    relation: str = "="


@dataclass(frozen=True, slots=True)
class Size:
    """The shape of a quantity: `Size((3, 2))` is 3 × 2; of a scalar, `Size(())`, it is 1; `Size((3, 2), W)` is W ∈ ℝ^{3 × 2}."""

    sizes: tuple[sympy.Expr, ...]
    of: sympy.Basic | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """Mathematics that was written by hand, once for each medium."""

    latex: str
    text: str


Span = str | Math | Size | Written
Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a section (level 1) or of a part of one (level 2)."""

    title: Spans
    level: int = 1


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Items:
    """A list of short paragraphs."""

    items: tuple[Spans, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph in a box: what is assumed, what was left out."""

    title: str
    items: tuple[Spans, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """`left` = `right`, because of `reason`.  Without `left`, the line goes on from the one above.

    `relation` is "=", "≈" or "≤"; `number` is that of the equation, on a page that numbers them.
    `cites` are left sides of other equations, by which the reason holds; with numbers, the reason names theirs.
    """

    left: sympy.Basic | None
    right: sympy.Basic
    reason: Spans = ()
    relation: str = "="
    number: int | None = None
    cites: tuple[sympy.Basic, ...] = ()


@dataclass(frozen=True, slots=True)
class Equations:
    """Lines that belong together, aligned at their equality signs."""

    lines: tuple[Line, ...]

    @property
    def is_numbered(self) -> bool:
        """Whether any of the lines has a number."""
        return any(line.number is not None for line in self.lines)


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows of equal length."""

    header: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its caption; `name` is that of its file, where a format keeps pictures in files: "slope-tanh".

    The drawing brings the words that stand for it where it cannot be seen: a title and a description.
    """

    name: str
    drawing: Drawing
    caption: Spans

    @property
    def alt(self) -> str:
        """What the picture shows, in words."""
        return self.drawing.description


Block = Heading | Prose | Items | Note | Equations | Table | Figure


@dataclass(frozen=True, slots=True)
class Document:
    """A page: its title, its blocks, and the notation in which its mathematics is written."""

    title: Spans
    blocks: tuple[Block, ...]
    notation: Notation
