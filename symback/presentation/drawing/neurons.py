"""The neurons of a layer at a given place: circles, what stands in them, their biases above and their errors below."""

from dataclasses import dataclass
from functools import cached_property

import sympy

from symback.language.notation import Notation
from symback.network import Dense
from symback.presentation.drawing.plan import Column, Plan, Row
from symback.presentation.drawing.shapes import Box, Circle, Label, Point, Shape, Sign, Span, Words, middle_baseline, span_width
from symback.presentation.drawing.signs import number_span, quantity
from symback.presentation.drawing.values import Numbers

__all__ = [
    "BELOW", "EQUALS", "PLAIN", "SMALL", "Pen", "bias_label", "column_shapes", "dots", "error_label", "fitted", "heights", "keep_clear",
    "label_size",
]  # fmt: skip

PLAIN, SMALL = 15.0, 13.0  # sizes of text
EQUALS = Words(" = ", " = ", is_math=True)
ABOVE, BELOW = 9.0, 16.0  # from a neuron to the baseline of its bias, of its error
DOT = 2.2


@dataclass(frozen=True)
class Pen:
    """What every part of the picture is drawn with."""

    plan: Plan
    notation: Notation
    numbers: Numbers | None
    with_errors: bool

    @property
    def radius(self) -> float:
        """Of a neuron; larger where it holds a number."""
        return 22.0 if self.numbers is None else 27.0

    @property
    def pitch(self) -> float:
        """From one neuron down to the next."""
        return 2 * self.radius + (52.0 if self.with_errors else 38.0)

    @cached_property
    def is_chain(self) -> bool:
        """Whether no index is needed."""
        return self.plan.is_chain

    def sign(self, letter: str, layer: object, *indices: sympy.Expr | None) -> Sign:
        """An entry of a quantity; in a chain without its indices."""
        return quantity(self.notation, letter, layer, () if self.is_chain else [index for index in indices if index is not None])

    def number(self, name: str, *positions: int | None) -> float | None:
        """The number of an entry, where there are numbers."""
        known = [position for position in positions if position is not None]
        return None if self.numbers is None or len(known) != len(positions) else self.numbers.entry(name, *known)

    def valued(self, sign: Sign, value: float | None, is_given: bool = False) -> tuple[Span, ...]:
        """A sign, with its number where that is known."""
        return (sign,) if value is None else (sign, EQUALS, number_span(value, is_given))


def heights(column: Column, pen: Pen) -> tuple[float, ...]:
    """The y of each row, the middle of the column at 0."""
    half = (len(column.rows) - 1) / 2
    return tuple((i - half) * pen.pitch for i in range(len(column.rows)))


def label_size(spans: tuple[Span, ...], size: float, room: float) -> float:
    """The size at which the spans fit into the room, at most `size`."""
    return min(size, room / sum(span_width(span) for span in spans))


def fitted(spans: tuple[Span, ...], at: Point, size: float, room: float, role: str) -> Label:
    """A label around a point, made smaller where it would not fit."""
    small = label_size(spans, size, room)
    return Label((at[0], middle_baseline(at[1], small)), spans, small, role)


def column_shapes(column: Column, x: float, pen: Pen) -> list[Shape]:
    """All neurons of a layer, with their signs, numbers, biases and errors."""
    shapes: list[Shape] = []
    for row, y in zip(column.rows, heights(column, pen), strict=True):
        if row.is_dots:
            shapes += dots((x, y), (0.0, 9.0))
            continue
        shapes.append(Circle((x, y), pen.radius, _role(column)))
        shapes += _contents(column, row, (x, y), pen)
        shapes += [label for label in (bias_label(column, row, (x, y), pen), error_label(column, row, (x, y), pen)) if label]
    return shapes


def _role(column: Column) -> str:
    """What the neurons of a layer stand for."""
    if column.layer is None:
        return "input"
    if column.is_last:
        return "output"
    return "hidden" if isinstance(column.layer, Dense) else "norm"


def dots(center: Point, step: Point) -> list[Shape]:
    """Three dots for what is left out."""
    return [Circle((center[0] + i * step[0], center[1] + i * step[1]), DOT, "dot") for i in (-1, 0, 1)]


def _contents(column: Column, row: Row, center: Point, pen: Pen) -> list[Shape]:
    """a^l_j, and below it its number."""
    assert row.index is not None
    sign = pen.sign("a", column.number, row.index)
    value = pen.number(f"a^{column.number}", row.position)
    x, y = center
    if value is None:
        return [fitted((sign,), center, PLAIN, 1.7 * pen.radius, "neuron")]
    number = (number_span(value, is_given=column.layer is None),)
    return [fitted((sign,), (x, y - 9), SMALL, 1.4 * pen.radius, "neuron"), fitted(number, (x, y + 10), SMALL, 1.62 * pen.radius, "neuron")]


def bias_label(column: Column, row: Row, center: Point, pen: Pen) -> Label | None:
    """b^l_j above the neuron, or β^l_j of a normalisation; nothing where there is none."""
    if row.index is None or column.layer is None or (isinstance(column.layer, Dense) and not column.layer.bias):
        return None
    letter = "b" if isinstance(column.layer, Dense) else "beta"
    value = pen.number(f"{letter}^{column.number}", row.position)
    spans = pen.valued(pen.sign(letter, column.number, row.index), value, is_given=True)
    return Label((center[0], center[1] - pen.radius - ABOVE), spans, SMALL, "bias")


def error_label(column: Column, row: Row, center: Point, pen: Pen) -> Label | None:
    """δ^l_j below the neuron, if errors are drawn; the input has none."""
    if row.index is None or column.layer is None or not pen.with_errors:
        return None
    value = pen.number(f"delta^{column.number}", row.position)
    spans = pen.valued(pen.sign("delta", column.number, row.index), value)
    return Label((center[0], center[1] + pen.radius + BELOW), spans, SMALL, "error")


def keep_clear(column: Column, x: float, pen: Pen) -> list[Box]:
    """What no label on an edge may cover."""
    return [shape.box for shape in column_shapes(column, x, pen) if not isinstance(shape, Label) or shape.role in ("bias", "error")]
