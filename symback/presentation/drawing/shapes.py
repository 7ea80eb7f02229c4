"""The model of a picture: circles, boxes, lines and labels at positions, each in a role; no medium is known here.

Lengths are in units of about a pixel, x to the right and y down.  A role says what a shape stands for; `palette` says how
that looks.  The two writers, `svg` and `tikz`, put the same shapes at the same places.

A label is text on a baseline.  How wide it is depends on a font that nobody knows here; `Label.box` is therefore a careful
estimate, somewhat wider than Times, by which labels are kept apart.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import hypot
from typing import TypeAlias

__all__ = [
    "LOWERED", "RAISED", "SCRIPT", "THIN", "Box", "Circle", "Drawing", "Frame", "Label", "Line", "Piece", "Point", "Shape", "Sign",
    "Span", "Words", "arrow_head", "bounds", "middle_baseline", "sign_text", "span_width", "text_width",
]  # fmt: skip

Point: TypeAlias = tuple[float, float]

SCRIPT = 0.7  # size of superscripts and subscripts, in that of their letter
RAISED, LOWERED = 0.45, -0.23  # of their baselines
ARROW_LENGTH, ARROW_WIDTH = 8.0, 6.0
THIN = "\u2009"  # a thin blank

# Widths in ems, those of the wider common serif fonts.
_CHARACTERS = {**dict.fromkeys("ijlt.,:;'|()[]", 0.36), **dict.fromkeys("mw∂∇", 0.78), **dict.fromkeys("MW", 0.85), " ": 0.28, THIN: 0.17}
_EM_CAPITAL, _EM = 0.72, 0.55


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of a script, letters in italics; `rise` and `scale` are relative to those of the script itself."""

    text: str
    rise: float = 0.0
    scale: float = 1.0
    is_upright: bool = False

    @property
    def is_italic(self) -> bool:
        """Whether it is written in italics: what has a letter, unless it is to be upright."""
        return not self.is_upright and any(map(str.isalpha, self.text))


@dataclass(frozen=True, slots=True)
class Sign:
    """A letter with what stands above and below it, w^1_{12}: for LaTeX as it is written there, for others in pieces.

    `style` is "italic", "upright" or "bold".
    """

    latex: str
    letter: str
    above: tuple[Piece, ...] = ()
    below: tuple[Piece, ...] = ()
    style: str = "italic"

    def widths(self) -> tuple[float, float]:
        """Of the letter, and of the wider script, in ems."""
        scripts = (sum(text_width(piece.text) * piece.scale for piece in script) for script in (self.above, self.below))
        return text_width(self.letter) * (1.12 if self.style == "bold" else 1.0), SCRIPT * max(scripts)


@dataclass(frozen=True, slots=True)
class Words:
    """Plain text; in LaTeX the same unless it is written otherwise there.  `is_math`: between the dollars of a formula."""

    text: str
    latex: str = ""
    is_math: bool = False


Span: TypeAlias = Sign | Words


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with sides along the axes."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box", margin: float = 0.0) -> bool:
        """Whether the two share points, or come nearer than `margin`."""
        is_beside = self.right + margin <= other.left or other.right + margin <= self.left
        return not (is_beside or self.bottom + margin <= other.top or other.bottom + margin <= self.top)

    def contains(self, other: "Box") -> bool:
        """Whether the other lies inside."""
        return self.left <= other.left and self.top <= other.top and self.right >= other.right and self.bottom >= other.bottom

    def grown(self, margin: float) -> "Box":
        """The same with a margin all around."""
        return Box(self.left - margin, self.top - margin, self.right + margin, self.bottom + margin)


@dataclass(frozen=True, slots=True)
class Circle:
    """A neuron, or one of three dots."""

    center: Point
    radius: float
    role: str

    @property
    def box(self) -> Box:
        """The square around it."""
        (x, y), r = self.center, self.radius
        return Box(x - r, y - r, x + r, y + r)


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle with round corners: the cost, a normalisation."""

    box: Box
    role: str
    corner: float = 6.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, its corners rounded; with an arrow head at the last point if it has one."""

    points: tuple[Point, ...]
    role: str
    has_arrow: bool = False
    corner: float = 10.0

    @property
    def box(self) -> Box:
        """The rectangle around it."""
        xs, ys = zip(*self.points, strict=True)
        return Box(min(xs), min(ys), max(xs), max(ys))


@dataclass(frozen=True, slots=True)
class Label:
    """Text on a baseline; `anchor` says which part of it is at the point: "start", "middle" or "end".

    `has_halo`: the page shows around it, so that it can stand on a line.
    """

    at: Point
    spans: tuple[Span, ...]
    size: float
    role: str = "text"
    anchor: str = "middle"
    has_halo: bool = False

    @property
    def width(self) -> float:
        """Estimated, of all spans."""
        return self.size * sum(span_width(span) for span in self.spans)

    @property
    def left(self) -> float:
        """Where the first span begins."""
        return self.at[0] - self.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]

    @property
    def box(self) -> Box:
        """What it covers, scripts included."""
        signs = [span for span in self.spans if isinstance(span, Sign)]
        top = 0.95 if any(sign.above for sign in signs) else 0.72
        bottom = 0.42 if any(sign.below for sign in signs) else 0.22
        return Box(self.left, self.at[1] - top * self.size, self.left + self.width, self.at[1] + bottom * self.size)

    @property
    def text(self) -> str:
        """As it reads, on one line: the letter, then what is above, then what is below."""
        return "".join(span.text if isinstance(span, Words) else sign_text(span) for span in self.spans)


Shape: TypeAlias = Circle | Frame | Line | Label


@dataclass(frozen=True)
class Drawing:
    """Shapes in the order in which they are painted, on a page from (0, 0) to (width, height)."""

    title: str
    description: str
    width: float
    height: float
    shapes: tuple[Shape, ...] = field(repr=False)

    def of(self, kind: type, role: str | None = None) -> tuple:
        """All shapes of one kind, or those of one role."""
        return tuple(shape for shape in self.shapes if isinstance(shape, kind) and role in (None, shape.role))


def text_width(text: str) -> float:
    """The estimated width of characters, in ems."""
    return sum(map(_character_width, text))


def _character_width(character: str) -> float:
    """The estimated width of one character, in ems."""
    return _CHARACTERS.get(character, _EM_CAPITAL if character.isupper() else _EM)


def span_width(span: Span) -> float:
    """The estimated width of a span, in ems."""
    return text_width(span.text) if isinstance(span, Words) else sum(span.widths())


def sign_text(sign: Sign) -> str:
    """A sign as it reads on one line: w, 1, 12."""
    return sign.letter + "".join(piece.text for piece in (*sign.above, *sign.below))


def middle_baseline(y: float, size: float) -> float:
    """The baseline of letters whose middle is at y."""
    return y + 0.3 * size


def bounds(shapes: Iterable[Shape]) -> Box:
    """The rectangle around all shapes."""
    boxes = [shape.box for shape in shapes]
    return Box(min(b.left for b in boxes), min(b.top for b in boxes), max(b.right for b in boxes), max(b.bottom for b in boxes))


def arrow_head(line: Line) -> tuple[Point, Point, Point]:
    """The triangle at the end of a line.

    >>> arrow_head(Line(((0, 0), (20, 0)), "edge", True))
    ((20, 0), (12.0, -3.0), (12.0, 3.0))
    """
    (x0, y0), (x1, y1) = line.points[-2:]
    length = hypot(x1 - x0, y1 - y0)
    along_x, along_y = (x1 - x0) / length, (y1 - y0) / length
    foot_x, foot_y = x1 - ARROW_LENGTH * along_x, y1 - ARROW_LENGTH * along_y
    half = ARROW_WIDTH / 2
    return (x1, y1), (foot_x + half * along_y, foot_y - half * along_x), (foot_x - half * along_y, foot_y + half * along_x)
