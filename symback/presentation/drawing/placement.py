"""Where labels stand on their edges: as near to the middle as they can without covering a neuron, each other, or foreign edges.

Each label slides along its own edge.  The cost of a place is the length of other edges that the label covers, and its way
from the middle; what must not be covered costs more than all of that.  Labels are moved one at a time, in turn, to where
they cost least, for a fixed number of rounds at most; the same picture always comes out the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from symback.presentation.drawing.shapes import Box, Point

__all__ = ["Segment", "Tag", "covered_length", "place_tags"]

Segment = tuple[Point, Point]

PLACES = tuple(0.14 + 0.03 * i for i in range(25))  # 0.14 … 0.86 of the way
ROUNDS = 6
FORBIDDEN = 1e6
APART = 3.0


@dataclass(frozen=True, slots=True)
class Tag:
    """A label that wants a place: its edge, and half its width and height."""

    edge: Segment
    half_width: float
    half_height: float

    def box(self, share: float) -> Box:
        """What it covers at a share of the way along its edge."""
        (x0, y0), (x1, y1) = self.edge
        x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
        return Box(x - self.half_width, y - self.half_height, x + self.half_width, y + self.half_height)


def place_tags(tags: Sequence[Tag], edges: Sequence[Segment], obstacles: Sequence[Box]) -> tuple[float, ...] | None:
    """The share of the way for each label; None where they cannot all be placed without covering what they must not."""
    fixed = [[_fixed_cost(tag, share, edges, obstacles) for share in PLACES] for tag in tags]
    boxes = [[tag.box(share) for share in PLACES] for tag in tags]
    chosen = [min(range(len(PLACES)), key=costs.__getitem__) for costs in fixed]
    for _ in range(ROUNDS):
        before = tuple(chosen)
        for i, costs in enumerate(fixed):
            others = [boxes[n][chosen[n]] for n in range(len(tags)) if n != i]

            def cost(place: int, i: int = i, costs: list[float] = costs, others: list[Box] = others) -> float:
                """Of this label at that place, the others where they are."""
                return costs[place] + FORBIDDEN * sum(boxes[i][place].overlaps(other, APART) for other in others)

            chosen[i] = min(range(len(PLACES)), key=cost)
        if tuple(chosen) == before:
            break
    placed = [boxes[i][chosen[i]] for i in range(len(tags))]
    is_clear = all(fixed[i][chosen[i]] < FORBIDDEN for i in range(len(tags)))
    is_apart = all(not one.overlaps(other, APART) for i, one in enumerate(placed) for other in placed[:i])
    return tuple(PLACES[place] for place in chosen) if is_clear and is_apart else None


def _fixed_cost(tag: Tag, share: float, edges: Sequence[Segment], obstacles: Sequence[Box]) -> float:
    """All but the other labels: obstacles, edges of others below the label, and the way from the middle."""
    box = tag.box(share)
    around = box.grown(1)
    covered = sum(covered_length(edge, around) for edge in edges if edge != tag.edge)
    hidden = sum(box.overlaps(obstacle, APART) for obstacle in obstacles)
    return FORBIDDEN * hidden + covered + 20 * (share - 0.5) ** 2


def covered_length(edge: Segment, box: Box) -> float:
    """How much of a segment lies inside a box.

    >>> covered_length(((0, 0), (10, 0)), Box(2, -1, 5, 1))
    3.0
    """
    (x0, y0), (x1, y1) = edge
    enter, leave = 0.0, 1.0
    for start, step, low, high in ((x0, x1 - x0, box.left, box.right), (y0, y1 - y0, box.top, box.bottom)):
        if step == 0:
            if not low < start < high:
                return 0.0
            continue
        near, far = sorted(((low - start) / step, (high - start) / step))
        enter, leave = max(enter, near), min(leave, far)
    return max(0.0, leave - enter) * ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
