"""`plot(curves, …)`: curves over an axis as a picture, written as SVG and TikZ like the picture of a network.

Decision: no plotting library.  A page needs curves, ticks and labels at the ends of the curves, which are lines and labels
of the drawing room; so a page looks the same in every format, has no new dependency, and its letters are those of the page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log10

from symback.presentation.drawing.shapes import Circle, Drawing, Label, Line, Piece, Point, Shape, Sign, Span, Words, middle_baseline

__all__ = ["Axis", "Curve", "plot"]

WIDTH, HEIGHT = 430.0, 250.0  # of the field between the axes
LEFT, TOP, BOTTOM = 66.0, 16.0, 52.0
TICK, TICK_SIZE, LABEL_SIZE = 5.0, 12.0, 14.0
MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, with ticks; on a scale of powers of ten if `is_log`."""

    low: float
    high: float
    ticks: tuple[float, ...]
    label: tuple[Span, ...] = ()
    is_log: bool = False

    def share(self, value: float) -> float:
        """How far along the axis a value lies, from 0 to 1."""
        low, high, here = (log10(x) for x in (self.low, self.high, value)) if self.is_log else (self.low, self.high, value)
        return (here - low) / (high - low)

    def contains(self, value: float) -> bool:
        """Whether a value lies on the axis, which no nan does."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Curve:
    """Pieces of a curve, each through its points, and single points that are marked; the label stands at the end."""

    label: tuple[Span, ...]
    pieces: tuple[tuple[Point, ...], ...]
    marks: tuple[Point, ...] = ()


def plot(title: str, description: str, curves: Sequence[Curve], x: Axis, y: Axis) -> Drawing:
    """A picture of curves; what lies outside of the axes is cut off.

    >>> line = Curve((Words("y = x"),), (((0.0, 0.0), (1.0, 1.0)),))
    >>> picture = plot("A line", "It rises.", [line], Axis(0, 1, (0, 1)), Axis(0, 1, (0, 1)))
    >>> picture.of(Line, "curve-1")[0].points
    ((66.0, 266.0), (496.0, 16.0))
    """

    def place(point: Point) -> Point:
        return round(LEFT + WIDTH * x.share(point[0]), 2), round(TOP + HEIGHT * (1 - y.share(point[1])), 2)

    shapes: list[Shape] = [*_x_axis(x, y, place), *_y_axis(x, y, place)]
    for number, curve in enumerate(curves, start=1):
        role = f"curve-{number}"
        visible = [part for piece in curve.pieces for part in _visible(piece, x, y)]
        shapes += [Line(tuple(map(place, part)), role, corner=0.0) for part in visible]
        shapes += [Circle(place(point), 3.4, "dot") for point in curve.marks]
    labels = _end_labels(curves, x, y, place)
    right = max((label.box.right for label in labels), default=LEFT + WIDTH)
    return Drawing(title, description, max(right, LEFT + WIDTH) + 14.0, TOP + HEIGHT + BOTTOM, (*shapes, *labels))


def _visible(piece: Sequence[Point], x: Axis, y: Axis) -> list[tuple[Point, ...]]:
    """The runs of at least two points inside the axes."""
    runs: list[list[Point]] = [[]]
    for point in piece:
        if x.contains(point[0]) and y.contains(point[1]):
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [tuple(run) for run in runs if len(run) > 1]


def _x_axis(x: Axis, y: Axis, place: Callable[[Point], Point]) -> list[Shape]:
    """The axis at the bottom, its ticks and its label."""
    foot = TOP + HEIGHT
    shapes: list[Shape] = [Line(((LEFT, foot), (LEFT + WIDTH, foot)), "axis")]
    for value in x.ticks:
        at = place((value, y.low))[0]
        shapes.append(Line(((at, foot), (at, foot + TICK)), "axis"))
        shapes.append(Label((at, foot + TICK + 14), (_number(value, x),), TICK_SIZE, "detail"))
    return [*shapes, Label((LEFT + WIDTH / 2, foot + 42), x.label, LABEL_SIZE, "caption")] if x.label else shapes


def _y_axis(x: Axis, y: Axis, place: Callable[[Point], Point]) -> list[Shape]:
    """The axis at the left, its ticks, and its label above; where it passes 0, a line across the field."""
    shapes: list[Shape] = [Line(((LEFT, TOP), (LEFT, TOP + HEIGHT)), "axis")]
    for value in y.ticks:
        at = place((x.low, value))[1]
        shapes.append(Line(((LEFT - TICK, at), (LEFT, at)), "axis"))
        shapes.append(Label((LEFT - TICK - 4, middle_baseline(at, TICK_SIZE)), (_number(value, y),), TICK_SIZE, "detail", "end"))
    if not y.is_log and y.low < 0 < y.high:
        at = place((x.low, 0.0))[1]
        shapes.append(Line(((LEFT, at), (LEFT + WIDTH, at)), "stub"))
    return shapes


def _end_labels(curves: Sequence[Curve], x: Axis, y: Axis, place: Callable[[Point], Point]) -> list[Label]:
    """Each label right of the last visible point of its curve, pushed apart where they would overlap; a line leads to it."""
    ends = []
    for number, curve in enumerate(curves, start=1):
        visible = [part for piece in curve.pieces for part in _visible(piece, x, y)]
        ends.append((place(visible[-1][-1])[1] if visible else TOP + HEIGHT, number, curve))
    ends.sort(key=lambda end: end[0])
    gap = 1.25 * LABEL_SIZE
    heights = [end[0] for end in ends]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    surplus = max(0.0, heights[-1] - (TOP + HEIGHT)) if heights else 0.0
    for i in reversed(range(len(heights))):  # what was pushed out below moves up again
        limit = TOP + HEIGHT if i == len(heights) - 1 else heights[i + 1] - gap
        heights[i] = min(heights[i], limit) if surplus else heights[i]
    at = LEFT + WIDTH + 12
    return [
        Label((at, middle_baseline(height, LABEL_SIZE)), curve.label, LABEL_SIZE, f"curve-{number}-text", "start")
        for height, (_, number, curve) in zip(heights, ends, strict=True)
    ]


def _number(value: float, axis: Axis) -> Span:
    """A tick's number: 0.25; on a scale of powers, 10^-3."""
    if axis.is_log:
        power = round(log10(value))
        return Sign(f"10^{{{power}}}", "10", (Piece(str(power).replace("-", "−")),), (), "upright")
    text = f"{value:.{MOST_DECIMALS}f}".rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return Words(text.replace("-", "−"), text, is_math=True)
