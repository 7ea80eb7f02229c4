"""From a plan to a picture: columns from left to right, the cost and the targets, shortcuts above, errors and captions below."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from symback.network import Dense
from symback.presentation.drawing.captions import Caption, caption_of, cost_caption, description_of, gap_caption, title_of
from symback.presentation.drawing.edges import BESIDE, DETAIL, band_message, between, clipped, own_width
from symback.presentation.drawing.neurons import ABOVE, PLAIN, SMALL, Pen, column_shapes, dots, fitted, heights
from symback.presentation.drawing.plan import Column, Gap, Shortcut
from symback.presentation.drawing.shapes import Box, Circle, Drawing, Frame, Label, Line, Point, Shape, Span, Words, bounds, span_width
from symback.presentation.drawing.signs import error_of_output, number_span, quantity, whole

__all__ = ["drawing_of"]

MARGIN = 16.0
ARROW = 36.0  # into an input
STUB = 26.0  # towards layers that are left out
DOTS_ROOM = 120.0  # for them
COST_HALF = 21.0
LEVEL = 26.0  # between shortcuts that lie above each other
LINE_HEIGHT = 17.0
MESSAGE_ROOM = 74.0  # the ends of an arrow on the way back


@dataclass(frozen=True)
class _Placed:
    """Columns and gaps with their x, and the shapes between them."""

    xs: tuple[float, ...]
    lines: tuple[Shape, ...]
    labels: tuple[Label, ...]


def drawing_of(pen: Pen) -> Drawing:
    """The whole picture, moved so that it begins at (0, 0)."""
    placed = _place(pen)
    columns = [(place, x) for place, x in zip(pen.plan.places, placed.xs, strict=True) if isinstance(place, Column)]
    neurons = [shape for column, x in columns for shape in column_shapes(column, x, pen)]
    last, last_x = columns[-1]
    cost_x, target_x, ending = _ending(last, last_x, pen)
    body = [*placed.lines, *neurons, *placed.labels, *_inputs(columns[0][0], pen), *ending]
    extent = bounds(body)
    above = _shortcuts(pen, placed.xs, extent.top)
    below = _below(pen, placed.xs, cost_x, target_x, extent.bottom)
    shapes = [*body, *above, *below]
    whole_extent = bounds(shapes).grown(MARGIN)
    moved = tuple(_moved(shape, -whole_extent.left, -whole_extent.top) for shape in shapes)
    plan = pen.plan
    description = description_of(plan, pen.numbers is not None, pen.with_errors)
    width, height = whole_extent.right - whole_extent.left, whole_extent.bottom - whole_extent.top
    return Drawing(title_of(plan.network), description, width, height, moved)


def _place(pen: Pen) -> _Placed:
    """Every column as near to the one before it as what lies between allows."""
    xs = [0.0]
    lines: list[Shape] = []
    labels: list[Label] = []
    places = pen.plan.places
    for left, right in pairwise(places):
        x = xs[-1]
        if isinstance(left, Column) and isinstance(right, Column):
            link = between(left, right, pen)
            lines += [_moved(line, x, 0.0) for line in link.lines]
            labels += [replace(label, at=(label.at[0] + x, label.at[1])) for label in link.labels]
            xs.append(x + link.width)
        elif isinstance(left, Column) and isinstance(right, Gap):
            xs.append(x + _beside_gap(left, right, pen))
            lines += [*_stubs(left, x, 1, pen), *dots((xs[-1], 0.0), (11.0, 0.0))]
        elif isinstance(left, Gap) and isinstance(right, Column):
            xs.append(x + _beside_gap(right, left, pen))
            lines += _stubs(right, xs[-1], -1, pen)
    return _Placed(tuple(xs), tuple(lines), tuple(labels))


def _beside_gap(column: Column, gap: Gap, pen: Pen) -> float:
    """From the middle of a column to that of the gap beside it."""
    caption = max((SMALL * sum(map(span_width, line)) for line in gap_caption(gap)), default=0.0)
    return max(DOTS_ROOM / 2 + own_width(column, pen) - pen.radius, own_width(column, pen) + caption / 2 + 14)


def _stubs(column: Column, x: float, direction: int, pen: Pen) -> list[Shape]:
    """Short lines from each neuron towards the layers that are left out."""
    ys = [y for row, y in zip(column.rows, heights(column, pen), strict=True) if not row.is_dots]
    near, far = x + direction * pen.radius, x + direction * (pen.radius + STUB)
    return [Line(((near, y), (far, y)), "stub") for y in ys]


def _inputs(column: Column, pen: Pen) -> list[Shape]:
    """An arrow into each input, with its x where the neuron calls it a."""
    shapes: list[Shape] = []
    has_letter = "a" in pen.notation.inputs
    for row, y in zip(column.rows, heights(column, pen), strict=True):
        if row.index is None:
            continue
        end = -pen.radius - 1
        shapes.append(Line(((end - ARROW, y), (end, y)), "flow", has_arrow=True))
        if not has_letter:
            spans = (pen.sign("x", None, row.index),)
            shapes.append(Label((end - ARROW - 6, y + 0.3 * PLAIN), spans, PLAIN, "text", "end"))
    return shapes


# Cost and targets ------------------------------------------------------------------------------------------------


def _ending(column: Column, x: float, pen: Pen) -> tuple[float, float, list[Shape]]:
    """The cost between outputs and targets: where both stand, and their shapes."""
    rows = [(row, y) for row, y in zip(column.rows, heights(column, pen), strict=True)]
    tallest = max(y for _, y in rows)
    captions = max(SMALL * sum(map(span_width, line)) for line in cost_caption(pen.plan.network))
    beside = own_width(column, pen) + captions / 2 + 18
    error = MESSAGE_ROOM + SMALL * sum(map(span_width, _output_error(column, pen))) if pen.with_errors else 0.0
    reach = max(beside, error, pen.radius + COST_HALF + 46, tallest / 1.3)
    cost_x = x + reach
    target_x = cost_x + max(COST_HALF + 44, captions / 2 + 34, tallest / 1.6)
    shapes: list[Shape] = []
    for row, y in rows:
        if row.index is None:
            shapes += dots((target_x + 8, y), (0.0, 9.0))
            continue
        shapes.append(Line(_to_cost((x, y), cost_x, pen.radius), "flow", has_arrow=True))
        shapes.append(Line(_to_cost((target_x, y), cost_x, 6.0), "flow", has_arrow=True))
        value = pen.number("y", row.position)
        spans = pen.valued(pen.sign("y", None, row.index), value, is_given=True)
        shapes.append(Label((target_x, y + 0.3 * PLAIN), spans, PLAIN, "text", "start"))
    return cost_x, target_x, [*shapes, *_cost_node(cost_x, pen)]


def _to_cost(start: Point, cost_x: float, radius: float) -> tuple[Point, Point]:
    """From the rim of a circle to the side of the cost's square."""
    (x, y), half = start, COST_HALF + 1
    share = half / max(abs(cost_x - x), abs(y))
    return clipped(start, (cost_x, 0.0), radius)[0], (cost_x - share * (cost_x - x), share * y)


def _cost_node(x: float, pen: Pen) -> list[Shape]:
    """C in a square, with its number where that is known."""
    box = Box(x - COST_HALF, -COST_HALF, x + COST_HALF, COST_HALF)
    value = pen.number("C")
    letter = (quantity(pen.notation, "C", None),)
    if value is None:
        return [Frame(box, "cost"), fitted(letter, (x, 0.0), PLAIN + 1, 30, "neuron")]
    number = (number_span(value),)
    room = 2 * COST_HALF - 3
    return [Frame(box, "cost"), fitted(letter, (x, -9.0), SMALL, 30, "neuron"), fitted(number, (x, 9.0), SMALL, room, "neuron")]


def _output_error(column: Column, pen: Pen) -> tuple[Span, ...]:
    """What the cost sends back to the outputs."""
    return error_of_output(pen.notation, column.number, pen.is_chain)


# Above and below -------------------------------------------------------------------------------------------------


def _shortcuts(pen: Pen, xs: Sequence[float], top: float) -> list[Shape]:
    """The ways around residual branches, the outer above the inner."""
    shapes: list[Shape] = []
    roof = top - 6
    for shortcut in pen.plan.shortcuts:
        level = _level(shortcut, pen.plan.shortcuts)
        height = roof - 14 - LEVEL * level
        aside = 10 - 9 * min(level, 3)
        start, end = xs[shortcut.start] + aside, xs[shortcut.end] - aside
        shapes.append(Line(((start, roof), (start, height), (end, height), (end, roof)), "shortcut", has_arrow=True))
        if pen.with_errors and start < end:
            inner = height + BESIDE
            back = ((end - BESIDE, roof), (end - BESIDE, inner), (start + BESIDE, inner), (start + BESIDE, roof))
            shapes.append(Line(back, "error-flow", has_arrow=True))
        spans: tuple[Span, ...] = (Words("+ ", "+\\;", is_math=True), whole(pen.notation, "a", shortcut.layer))
        shapes.append(Label(((start + end) / 2, height + 0.2 * SMALL), spans, SMALL, "shortcut-text", has_halo=True))
    reached = sorted({place for each in pen.plan.shortcuts for place in (each.start, each.end)})
    roofs = [Line(((xs[place] - 22, roof), (xs[place] + 22, roof)), "shortcut") for place in reached]
    return [*roofs, *shapes]


def _level(shortcut: Shortcut, others: Sequence[Shortcut]) -> int:
    """How many shortcuts lie below this one, each inside the next."""
    inner = [each for each in others if each != shortcut and shortcut.start <= each.start and each.end <= shortcut.end]
    return 1 + max(_level(each, inner) for each in inner) if inner else 0


def _below(pen: Pen, xs: Sequence[float], cost_x: float, target_x: float, bottom: float) -> list[Shape]:
    """The error flowing back, if wanted, and the captions below it."""
    shapes = _band(pen, xs, cost_x, bottom + 26) if pen.with_errors else []
    top = (bounds(shapes).bottom if shapes else bottom) + 26
    for place, x in zip(pen.plan.places, xs, strict=True):
        shapes += _caption(gap_caption(place) if isinstance(place, Gap) else caption_of(place, pen.notation), x, top)
    shapes += _caption(cost_caption(pen.plan.network), cost_x, top)
    return [*shapes, Label((target_x, top), (Words("target"),), SMALL, "caption", "start")]


def _caption(lines: Caption, x: float, top: float) -> list[Shape]:
    """The first line larger, the others below it."""
    styles = [(SMALL, "caption"), *((DETAIL, "detail"),) * (len(lines) - 1)]
    return [Label((x, top + i * LINE_HEIGHT), line, *style) for i, (line, style) in enumerate(zip(lines, styles, strict=False))]


def _band(pen: Pen, xs: Sequence[float], cost_x: float, y: float) -> list[Shape]:
    """From the cost back to the first layer: C, ∇C, δ^L, (W^L)ᵀ δ^L, δ^{L-1} …"""
    plan = pen.plan
    stations = [(place, x) for place, x in zip(plan.places, xs, strict=True) if not isinstance(place, Column) or place.layer is not None]
    shapes: list[Shape] = [_station((quantity(pen.notation, "C", None),), cost_x, y)]
    for place, x in stations:
        if isinstance(place, Column):
            shapes.append(_station((_delta(place, pen),), x, y))
        else:
            shapes += [replace(dot, role="error-dot") for dot in dots((x, y - 4), (9.0, 0.0)) if isinstance(dot, Circle)]
    ends = [*stations, (None, cost_x)]
    for (left, left_x), (right, right_x) in pairwise(ends):
        shapes += _message(left, left_x, right, right_x, y, pen)
    return shapes


def _delta(column: Column, pen: Pen) -> Span:
    """The errors of a layer as a whole."""
    return quantity(pen.notation, "delta", column.number) if pen.is_chain else whole(pen.notation, "delta", column.number)


def _station(spans: tuple[Span, ...], x: float, y: float) -> Label:
    """A sign on the way back."""
    return Label((x, y), spans, PLAIN, "error")


def _message(left: object, left_x: float, right: object, right_x: float, y: float, pen: Pen) -> list[Shape]:
    """An arrow back, and what is sent along it."""
    arrow = Line(((right_x - 22, y - 4), (left_x + 22, y - 4)), "error-arrow", has_arrow=True)
    spans: tuple[Span, ...] = ()
    if isinstance(left, Column) and right is None:
        spans = _output_error(left, pen)
    elif isinstance(left, Column) and isinstance(right, Column) and isinstance(right.layer, Dense):
        spans = band_message(left, right, pen)
    label = Label(((left_x + right_x) / 2, y - 4 - ABOVE), spans, SMALL, "error")
    return [arrow, label] if spans else [arrow]


def _moved(shape: Shape, dx: float, dy: float) -> Shape:
    """The same shape elsewhere."""
    match shape:
        case Circle():
            return replace(shape, center=(shape.center[0] + dx, shape.center[1] + dy))
        case Label():
            return replace(shape, at=(shape.at[0] + dx, shape.at[1] + dy))
        case Line():
            return replace(shape, points=tuple((x + dx, y + dy) for x, y in shape.points))
    box = shape.box
    return replace(shape, box=Box(box.left + dx, box.top + dy, box.right + dx, box.bottom + dy))
