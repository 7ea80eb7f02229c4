"""What lies between two layers: the edges, their labels, the errors that flow back along them, and how much room it all needs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import hypot

from symback.network import Dense
from symback.presentation.drawing.captions import caption_of
from symback.presentation.drawing.neurons import SMALL, Pen, bias_label, error_label, heights, keep_clear, label_size
from symback.presentation.drawing.placement import Segment, Tag, covered_length, place_tags
from symback.presentation.drawing.plan import Column, Row
from symback.presentation.drawing.shapes import Box, Frame, Label, Line, Point, Shape, Sign, Span, Words, middle_baseline, span_width
from symback.presentation.drawing.signs import error_from_above, number_span, quantity, whole

__all__ = ["BESIDE", "DETAIL", "Between", "band_message", "between", "clipped", "own_width"]

DETAIL = 12.0
MOST_LABELLED = 12  # up to here every edge between two layers has a label
BESIDE = 5.0  # from an edge to the error that flows back along it
BAR = 46.0
GROWTH, TRIES = 18.0, 12
TOUCH = 2.0  # of a name that a line may run through
STEEPEST = 1.4
ROOM_PER_LABEL = 6.0
MESSAGE_ROOM = 86.0  # the errors at both ends of a message on its way back


@dataclass(frozen=True, slots=True)
class _Edge:
    """From neuron k of one layer to neuron j of the next."""

    source: Row
    target: Row
    segment: Segment

    @property
    def is_general(self) -> bool:
        """Whether it is the edge from k to j, which stands for all others."""
        return self.source.is_general and self.target.is_general


@dataclass(frozen=True)
class Between:
    """Everything between two neighbouring layers, the first at x = 0 and the second at x = `width`."""

    width: float
    lines: tuple[Shape, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class _Pair:
    """Two layers side by side."""

    left: Column
    right: Column
    pen: Pen

    @cached_property
    def rows(self) -> tuple[tuple[Row, Row], ...]:
        """(source, target) of every edge that is drawn."""
        sources, targets = ([row for row in column.rows if not row.is_dots] for column in (self.left, self.right))
        return tuple((source, target) for target in targets for source in sources)

    def edges(self, width: float) -> list[_Edge]:
        """The edges, from the rim of one neuron to the rim of the other."""
        from_y, to_y = (dict(zip(each.rows, heights(each, self.pen), strict=True)) for each in (self.left, self.right))
        radius = self.pen.radius
        return [_Edge(s, t, clipped((0.0, from_y[s]), (width, to_y[t]), radius)) for s, t in self.rows]

    @cached_property
    def labelled(self) -> frozenset[tuple[Row, Row]]:
        """The edges with a label: all of few, of a layer l in general that from k to j, otherwise the outermost ones."""
        general = frozenset(rows for rows in self.rows if all(row.is_general for row in rows))
        if general:
            return general
        if self.left.is_complete and self.right.is_complete and len(self.rows) <= MOST_LABELLED:
            return frozenset(self.rows)
        sources, targets = ({column.rows[0], column.rows[-1]} for column in (self.left, self.right))
        return frozenset((source, target) for source, target in self.rows if source in sources and target in targets)


def between(left: Column, right: Column, pen: Pen) -> Between:
    """The edges of two neighbouring layers, as far apart as their labels need."""
    pair = _Pair(left, right, pen)
    if not isinstance(right.layer, Dense):
        return _through_norm(pair)
    least = _least_width(pair)
    for attempt in range(TRIES):
        width = least + attempt * GROWTH
        labels = _weight_labels(pair, width)
        if labels is not None and not _runs_through_names(pair, width):
            break
    edges = pair.edges(width)
    lines = [Line(edge.segment, "flow" if edge.is_general else "edge") for edge in edges]
    return Between(width, (*lines, *_errors_back(pair, edges)), labels or ())


def _weight_labels(pair: _Pair, width: float) -> tuple[Label, ...] | None:
    """The weights on their edges; None where there is no room for all of them."""
    edges = pair.edges(width)
    wanted = [edge for edge in edges if (edge.source, edge.target) in pair.labelled]
    spans = [_weight_spans((edge.source, edge.target), pair.right, pair.pen) for edge in wanted]
    tags = [_tag(edge.segment, each) for edge, each in zip(wanted, spans, strict=True)]
    obstacles = [*keep_clear(pair.left, 0.0, pair.pen), *keep_clear(pair.right, width, pair.pen)]
    shares = place_tags(tags, _lines_of(pair, edges), obstacles)
    if shares is None:
        return None
    return tuple(_on_edge(edge.segment, share, each) for edge, share, each in zip(wanted, shares, spans, strict=True))


def _lines_of(pair: _Pair, edges: Sequence[_Edge]) -> list[Segment]:
    """All lines between the layers: the edges, and the errors that flow back."""
    return [edge.segment for edge in edges] + [(line.points[-1], line.points[0]) for line in _errors_back(pair, edges)]


def _runs_through_names(pair: _Pair, width: float) -> bool:
    """Whether a line runs through the name of a bias or an error."""
    names = [label.box for column, x in ((pair.left, 0.0), (pair.right, width)) for label in _names(column, x, pair.pen)]
    return any(covered_length(line, box) > TOUCH for line in _lines_of(pair, pair.edges(width)) for box in names)


def _names(column: Column, x: float, pen: Pen) -> Iterator[Label]:
    """The labels above and below the neurons of a column."""
    for row, y in zip(column.rows, heights(column, pen), strict=True):
        for label in (bias_label(column, row, (x, y), pen), error_label(column, row, (x, y), pen)):
            if label is not None:
                yield label


def own_width(column: Column, pen: Pen) -> float:
    """Half of what a column needs by itself: its captions, and the names above and below its neurons."""
    captions = [SMALL * sum(map(span_width, line)) for line in caption_of(column, pen.notation)]
    return max(2 * pen.radius, *captions, *(label.width for label in _names(column, 0.0, pen))) / 2


def _least_width(pair: _Pair) -> float:
    """How near two columns may come before labels are placed on their edges."""
    pen = pair.pen
    beside = own_width(pair.left, pen) + own_width(pair.right, pen) + 18
    y_left, y_right = heights(pair.left, pen), heights(pair.right, pen)
    steep = max(y_left[-1] - y_right[0], y_right[-1] - y_left[0]) / STEEPEST
    message = band_message(pair.left, pair.right, pen)
    band = MESSAGE_ROOM + SMALL * sum(map(span_width, message)) if message else 0.0
    longest = max((SMALL * sum(map(span_width, _weight_spans(rows, pair.right, pen))) for rows in pair.labelled), default=0.0)
    return max(beside, steep, band, 2 * pen.radius + longest + 44 + ROOM_PER_LABEL * len(pair.labelled))


def band_message(left: Column, right: Column, pen: Pen) -> tuple[Span, ...]:
    """(W^{l+1})ᵀ δ^{l+1}, what a dense layer sends back to the one before it; nothing to the input, or from a normalisation."""
    if not pen.with_errors or left.layer is None or not isinstance(right.layer, Dense):
        return ()
    owner = right.layer.tied_to or right.number
    written = quantity if pen.is_chain else whole
    weights, delta = written(pen.notation, "W", owner), written(pen.notation, "delta", right.number)
    return error_from_above(pen.notation, weights, delta, right.layer.transpose, pen.is_chain)


def _weight_spans(rows: tuple[Row, Row], column: Column, pen: Pen) -> tuple[Span, ...]:
    """w^l_{jk}, or its number; of a tied layer the weight of its owner."""
    source, target = rows
    assert isinstance(column.layer, Dense) and source.index is not None and target.index is not None
    owner = column.layer.tied_to or column.number
    ends = (source, target) if column.layer.transpose else (target, source)
    value = pen.number(f"W^{owner}", *(row.position for row in ends))
    return (number_span(value, is_given=True) if value is not None else pen.sign("W", owner, *(row.index for row in ends)),)


def _tag(segment: Segment, spans: tuple[Span, ...]) -> Tag:
    """A label that is to be placed on an edge."""
    box = Label((0.0, 0.0), spans, SMALL).box
    return Tag(segment, (box.right - box.left) / 2 + 2, (box.bottom - box.top) / 2)


def _on_edge(segment: Segment, share: float, spans: tuple[Span, ...]) -> Label:
    """A label whose box has its middle on the edge."""
    (x0, y0), (x1, y1) = segment
    box = Label((0.0, 0.0), spans, SMALL).box
    y = y0 + share * (y1 - y0) - (box.top + box.bottom) / 2
    return Label((x0 + share * (x1 - x0), y), spans, SMALL, "weight", has_halo=True)


def clipped(start: Point, end: Point, radius: float, end_radius: float | None = None) -> Segment:
    """From the rim of a circle around `start` to the rim of one around `end`.

    >>> clipped((0, 0), (10, 0), 2)
    ((2.0, 0.0), (8.0, 0.0))
    """
    (x0, y0), (x1, y1) = start, end
    length = hypot(x1 - x0, y1 - y0)
    along_x, along_y = (x1 - x0) / length, (y1 - y0) / length
    last = radius if end_radius is None else end_radius
    return (x0 + radius * along_x, y0 + radius * along_y), (x1 - last * along_x, y1 - last * along_y)


def _errors_back(pair: _Pair, edges: Sequence[_Edge]) -> list[Line]:
    """Beside each of few edges, an arrow in the other direction; the input receives no error."""
    if not pair.pen.with_errors or pair.left.layer is None or len(edges) > MOST_LABELLED:
        return []
    is_general = any(edge.source.is_general for edge in edges)  # then what arrives at k is enough
    return [Line(_beside(edge.segment), "error-flow", has_arrow=True) for edge in edges if edge.source.is_general or not is_general]


def _beside(segment: Segment) -> Segment:
    """The same way back, a little below."""
    (x0, y0), (x1, y1) = segment
    length = hypot(x1 - x0, y1 - y0)
    dx, dy = -BESIDE * (y1 - y0) / length, BESIDE * (x1 - x0) / length
    return (x1 + dx, y1 + dy), (x0 + dx, y0 + dy)


# Normalisation ---------------------------------------------------------------------------------------------------


def _through_norm(pair: _Pair) -> Between:
    """All neurons into one bar, and out of it again, each with its own scale γ."""
    pen, right = pair.pen, pair.right
    ys = [y for row, y in zip(right.rows, heights(right, pen), strict=True) if not row.is_dots]
    rows = [row for row in right.rows if not row.is_dots]
    scales = [_scale_spans(right, row, pen) for row in rows]
    out = max(SMALL * sum(map(span_width, spans)) for spans in scales) + 32
    width = max(own_width(pair.left, pen) + own_width(right, pen) + 18, 2 * pen.radius + 34 + BAR + out)
    end = width - pen.radius - out
    bar = Box(end - BAR, ys[0] - pen.radius, end, ys[-1] + pen.radius)
    lines: list[Shape] = []
    for y in ys:
        lines += [Line(((pen.radius, y), (bar.left, y)), "edge"), Line(((bar.right, y), (width - pen.radius, y)), "edge")]
        if pen.with_errors and pair.left.layer is not None:
            back = y + BESIDE
            lines.append(Line(((width - pen.radius, back), (bar.right, back)), "error-flow", has_arrow=True))
            lines.append(Line(((bar.left, back), (pen.radius, back)), "error-flow", has_arrow=True))
    labels = [_on_edge(((bar.right, y), (width - pen.radius, y)), 0.5, spans) for spans, y in zip(scales, ys, strict=True)]
    word: tuple[Span, ...] = (Words("norm"),)
    size = label_size(word, SMALL, BAR - 8)
    name = Label(((bar.left + bar.right) / 2, middle_baseline((ys[0] + ys[-1]) / 2, size)), word, size, "neuron")
    return Between(width, (*lines, Frame(bar, "norm")), (*labels, name))


def _scale_spans(column: Column, row: Row, pen: Pen) -> tuple[Span, ...]:
    """γ^l_j, or its number."""
    assert row.index is not None
    value = pen.number(f"gamma^{column.number}", row.position)
    sign: Sign = pen.sign("gamma", column.number, row.index)
    return (sign,) if value is None else (number_span(value, is_given=True),)
