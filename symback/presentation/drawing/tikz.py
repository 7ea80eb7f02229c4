r"""A picture as TikZ: a document of its own page size, or the picture alone for \input into another one.

    \usepackage{tikz}  …  \resizebox{\linewidth}{!}{\input{net}}

The picture alone needs \usepackage{tikz} and no library, and defines its colours itself.  It is drawn in the colours of a
light page.  The document is an article whose page is as large as the picture, since `standalone` is not always installed.
"""

import re

from symback.presentation.drawing.palette import PAGE, ROLES, TEXT_ROLES, Ink
from symback.presentation.drawing.shapes import Circle, Drawing, Frame, Label, Line, Point, Shape, Sign, Words, arrow_head

__all__ = ["UNIT", "write_tikz", "write_tikz_fragment"]

UNIT = 0.7  # points in a unit
_SIZES = ((14.5, r"\normalsize"), (12.8, r"\small"), (10.5, r"\footnotesize"), (8.5, r"\scriptsize"), (0.0, r"\tiny"))
_ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}


def write_tikz(drawing: Drawing) -> str:
    """A whole LaTeX document."""
    width, height = (f"{UNIT * length + extra:.2f}pt" for length, extra in ((drawing.width, 2), (drawing.height, 4)))
    return "\n".join([
        r"\documentclass{article}",
        rf"\usepackage[paperwidth={width},paperheight={height},margin=1pt]{{geometry}}",
        r"\usepackage{amsmath}",
        r"\usepackage{amssymb}",
        r"\usepackage{tikz}",
        r"\pagestyle{empty}",
        r"\setlength{\parindent}{0pt}",
        r"\setlength{\topskip}{0pt}",
        r"\begin{document}",
        write_tikz_fragment(drawing) + r"\end{document}",
        "",
    ])  # fmt: skip


def write_tikz_fragment(drawing: Drawing) -> str:
    r"""The `tikzpicture` alone, for a document that says \usepackage{tikz}."""
    roles = {shape.role for shape in drawing.shapes}
    lines = [f"% {_ascii(drawing.title)}", f"% {_ascii(drawing.description)}"]
    lines += [rf"\begin{{tikzpicture}}[x={UNIT}pt,y=-{UNIT}pt,every node/.style={{inner sep=0pt,outer sep=0pt}}]"]
    lines += [_colour("page", PAGE[0])]
    lines += [line for role, ink in ROLES.items() if role in roles for line in _colours(role, ink)]
    lines += [_colour(f"{role}-text", colours[0]) for role, colours in TEXT_ROLES.items() if role in roles]
    lines += [rf"\useasboundingbox (0,0) rectangle {_point((drawing.width, drawing.height))};"]
    lines += [_shape(shape) for shape in drawing.shapes]
    return "\n".join([*lines, r"\end{tikzpicture}%", ""])


def _ascii(text: str) -> str:
    """A comment that any engine reads."""
    return text.replace("−", "-").replace("σ", "sigma").encode("ascii", "replace").decode()


def _colour(name: str, value: str) -> str:
    """The definition of one colour."""
    return rf"\definecolor{{sb-{name}}}{{HTML}}{{{value[1:].upper()}}}"


def _colours(role: str, ink: Ink) -> list[str]:
    """The definitions of the colours of a role, as on a light page."""
    pairs = ((f"{role}-fill", ink.fill), (f"{role}-line", ink.stroke))
    return [_colour(name, colours[0]) for name, colours in pairs if colours is not None]


def _shape(shape: Shape) -> str:
    """One command."""
    match shape:
        case Circle():
            return rf"\path[{_options(shape.role)}] {_point(shape.center)} circle[radius={UNIT * shape.radius:.2f}pt];"
        case Frame():
            box, corner = shape.box, UNIT * shape.corner
            corners = f"{_point((box.left, box.top))} rectangle {_point((box.right, box.bottom))}"
            return rf"\path[{_options(shape.role)},rounded corners={corner:.2f}pt] {corners};"
        case Line():
            return _line(shape)
    return _label(shape)


def _options(role: str) -> str:
    """How a shape of a role is painted."""
    ink = ROLES[role]
    options = [f"fill=sb-{role}-fill"] if ink.fill else []
    if ink.stroke:
        options += [f"draw=sb-{role}-line", f"line width={UNIT * ink.width:.2f}pt"]
    if ink.dash:
        options.append(f"dash pattern=on {UNIT * ink.dash[0]:.2f}pt off {UNIT * ink.dash[1]:.2f}pt")
    return ",".join(options)


def _line(line: Line) -> str:
    """The line up to its arrow head, and the head."""
    points = list(line.points)
    head = ""
    if line.has_arrow:
        tip, left, right = arrow_head(line)
        points[-1] = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
        head = "\n" + rf"\path[fill=sb-{line.role}-line] {' -- '.join(map(_point, (tip, left, right)))} -- cycle;"
    corners = f",rounded corners={UNIT * line.corner:.2f}pt" if len(points) > 2 and line.corner else ""
    return rf"\path[{_options(line.role)}{corners}] {' -- '.join(map(_point, points))};{head}"


def _label(label: Label) -> str:
    """A node on its baseline."""
    options = [f"anchor={_ANCHORS[label.anchor]}", f"text=sb-{label.role}-text", f"font={_font(label.size)}"]
    if label.has_halo:
        options += ["fill=sb-page", "inner sep=1pt"]
    return rf"\node[{','.join(options)}] at {_point(label.at)} {{{_text(label)}}};"


def _font(size: float) -> str:
    """The command for the nearest size of text."""
    return next(command for least, command in _SIZES if size >= least)


def _text(label: Label) -> str:
    """The spans, formulas between dollars."""
    parts = [f"${span.latex}$" if isinstance(span, Sign) else _words(span) for span in label.spans]
    return "".join(parts).replace("$$", " ")


def _words(words: Words) -> str:
    """Plain text, or what stands between dollars."""
    if words.is_math:
        return f"${words.latex or words.text}$"
    return words.latex or re.sub(r"([&%#_{}])", r"\\\1", words.text).replace("σ", r"$\sigma$").replace("−", "$-$")


def _point(point: Point) -> str:
    """A point as TikZ writes it."""
    return f"({point[0]:.2f},{point[1]:.2f})"
