"""A picture as SVG: one self-contained text, with its own colours for light and dark pages, that needs no fonts from elsewhere.

Scripts are text of their own: the letter ends where they begin, so that w^1_{12} looks right in any font.  The title and the
description are read aloud; classes begin with sb- and ids with a checksum, so that several pictures can stand in one page.
"""

from html import escape
from zlib import crc32

from symback.presentation.drawing.palette import PAGE, ROLES, TEXT_ROLES, Ink
from symback.presentation.drawing.shapes import (
    LOWERED,
    RAISED,
    SCRIPT,
    Circle,
    Drawing,
    Frame,
    Label,
    Line,
    Piece,
    Point,
    Shape,
    Sign,
    Words,
    arrow_head,
    span_width,
    text_width,
)

__all__ = ["write_svg"]

FONTS = "'STIX Two Text','Times New Roman',Times,'Liberation Serif','Nimbus Roman','Noto Serif',serif"
CORNER = 10.0


def write_svg(drawing: Drawing) -> str:
    """The text of an SVG file; the same picture is always the same text."""
    body = "\n".join(_shape(shape) for shape in drawing.shapes)
    mark = f"sb-{crc32((drawing.title + drawing.description + body).encode()):08x}"
    size = f'width="{_number(drawing.width)}" height="{_number(drawing.height)}"'
    box = f'viewBox="0 0 {_number(drawing.width)} {_number(drawing.height)}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" class="sb-net" {size} {box} role="img" aria-labelledby="{mark}-title {mark}-desc">'
    return "\n".join([
        opening,
        f'<title id="{mark}-title">{escape(drawing.title)}</title>',
        f'<desc id="{mark}-desc">{escape(drawing.description)}</desc>',
        f"<style>\n{_style(drawing)}\n</style>",
        f'<rect class="sb-page" {size} rx="{_number(CORNER)}"/>',
        body,
        "</svg>\n",
    ])  # fmt: skip


def _style(drawing: Drawing) -> str:
    """The rules of the roles in use, and again those colours that differ on a dark page."""
    roles = {shape.role for shape in drawing.shapes}
    rules = [f".sb-net text{{font-family:{FONTS}}}", ".sb-i{font-style:italic}", ".sb-b{font-weight:bold}"]
    for role, ink in ROLES.items():
        if role in roles:
            rules.append(f".sb-{role}{{{_colours(ink, 0)};{_stroke(ink)}}}")
    dark = [f".sb-{role}{{{_colours(ink, 1)}}}" for role, ink in ROLES.items() if role in roles]
    arrows = sorted({shape.role for shape in drawing.of(Line) if shape.has_arrow})
    for page, target in ((0, rules), (1, dark)):
        target += [f".sb-{role}-head{{fill:{stroke[page]}}}" for role in arrows if (stroke := ROLES[role].stroke)]
        target += [f".sb-{role}{{fill:{colours[page]}}}" for role, colours in TEXT_ROLES.items() if role in roles]
        target.append(f".sb-page{{fill:{PAGE[page]}}}")
    lines = "\n".join(f"  {rule}" for rule in dark)
    return "\n".join([*rules, f"@media (prefers-color-scheme:dark){{\n{lines}\n}}"])


def _colours(ink: Ink, page: int) -> str:
    """Fill and stroke on a page, 0 the light and 1 the dark one."""
    fill, stroke = (None if colours is None else colours[page] for colours in (ink.fill, ink.stroke))
    return f"fill:{fill or 'none'};stroke:{stroke or 'none'}"


def _stroke(ink: Ink) -> str:
    """The width of a line, and its dashes."""
    dash = f";stroke-dasharray:{' '.join(map(_number, ink.dash))}" if ink.dash else ""
    return f"stroke-width:{_number(ink.width)}{dash}"


def _shape(shape: Shape) -> str:
    """One element."""
    match shape:
        case Circle():
            (x, y), r = shape.center, shape.radius
            return f'<circle class="sb-{shape.role}" cx="{_number(x)}" cy="{_number(y)}" r="{_number(r)}"/>'
        case Frame():
            return _rectangle(shape)
        case Line():
            return _line(shape)
    return _label(shape)


def _rectangle(frame: Frame) -> str:
    """A rectangle with round corners."""
    box = frame.box
    place = (
        f'x="{_number(box.left)}" y="{_number(box.top)}" width="{_number(box.right - box.left)}" height="{_number(box.bottom - box.top)}"'
    )
    return f'<rect class="sb-{frame.role}" {place} rx="{_number(frame.corner)}"/>'


def _line(line: Line) -> str:
    """The line up to its arrow head, and the head."""
    points = list(line.points)
    head = ""
    if line.has_arrow:
        tip, left, right = arrow_head(line)
        points[-1] = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
        head = f'<polygon class="sb-{line.role}-head" points="{" ".join(map(_pair, (tip, left, right)))}"/>'
    if len(points) == 2:
        (x0, y0), (x1, y1) = points
        ends = f'x1="{_number(x0)}" y1="{_number(y0)}" x2="{_number(x1)}" y2="{_number(y1)}"'
        return f'<line class="sb-{line.role}" {ends}/>{head}'
    return f'<path class="sb-{line.role}" d="{_rounded(points, line.corner)}"/>{head}'


def _rounded(points: list[Point], corner: float) -> str:
    """A path whose corners are curves that begin and end `corner` away from them; without a corner, straight from point to point."""
    if corner == 0:
        return "M" + "L".join(map(_pair, points))
    parts = [f"M{_pair(points[0])}"]
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        parts.append(f"L{_pair(_towards(at, before, corner))}Q{_pair(at)} {_pair(_towards(at, after, corner))}")
    return "".join([*parts, f"L{_pair(points[-1])}"])


def _towards(start: Point, end: Point, distance: float) -> Point:
    """The point at a distance from `start`, at most half of the way to `end`."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    share = min(0.5, distance / (dx * dx + dy * dy) ** 0.5)
    return start[0] + share * dx, start[1] + share * dy


# Text ------------------------------------------------------------------------------------------------------------


def _label(label: Label) -> str:
    """A text of one piece, or pieces from where the first one begins; below it the page, if it has a halo."""
    x, y = label.at
    halo = _rectangle(Frame(label.box, "page", 3.0)) if label.has_halo else ""
    head = f'{halo}<text class="sb-{label.role}" font-size="{_number(label.size)}"'
    if all(isinstance(span, Words) for span in label.spans):
        return f'{head} x="{_number(x)}" y="{_number(y)}" text-anchor="{label.anchor}">{escape(label.text)}</text>'
    pieces: list[str] = []
    start = label.left
    for i, span in enumerate(label.spans):
        width = span_width(span) * label.size
        pieces.append(_words(span, start, y, label.size, i == 0) if isinstance(span, Words) else _sign(span, start, y, label.size))
        start += width
    return f"{head}>{''.join(pieces)}</text>"


def _words(words: Words, x: float, y: float, size: float, is_first: bool) -> str:
    """Plain text next to a sign: the first words end where the sign begins, others begin where it ends; blanks are room."""
    text = words.text.strip()
    if not text:
        return ""
    if is_first:
        x += size * text_width(words.text.rstrip())
        return f'<tspan x="{_number(x)}" y="{_number(y)}" text-anchor="end">{escape(text)}</tspan>'
    x += size * text_width(words.text[: len(words.text) - len(words.text.lstrip())])
    return f'<tspan x="{_number(x)}" y="{_number(y)}">{escape(text)}</tspan>'


def _sign(sign: Sign, x: float, y: float, size: float) -> str:
    """The letter up to a joint, and both scripts from there."""
    joint = x + sign.widths()[0] * size
    style = {"italic": ' class="sb-i"', "bold": ' class="sb-b"'}.get(sign.style, "")
    letter = f'<tspan{style} x="{_number(joint)}" y="{_number(y)}" text-anchor="end">{escape(sign.letter)}</tspan>' if sign.letter else ""
    return (
        letter
        + _script(sign.above, joint, y - RAISED * size, size * SCRIPT)
        + _script(sign.below, joint, y - LOWERED * size, size * SCRIPT)
    )


def _script(pieces: tuple[Piece, ...], x: float, y: float, size: float) -> str:
    """The pieces of one script, one after the other; only the first has a place of its own."""
    written: list[str] = []
    for i, piece in enumerate(pieces):
        place = f' x="{_number(x)}"' if i == 0 else ""
        baseline = f' y="{_number(y - piece.rise * size)}"'
        style = ' class="sb-i"' if piece.is_italic else ""
        written.append(f'<tspan{style}{place}{baseline} font-size="{_number(size * piece.scale)}">{escape(piece.text)}</tspan>')
    return "".join(written)


def _pair(point: Point) -> str:
    """The two coordinates of a point."""
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    """At most two decimals, and none that are zero.

    >>> _number(3.0), _number(2.456), _number(-0.001)
    ('3', '2.46', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
