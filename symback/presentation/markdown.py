"""A document as Markdown with `$` and `$$`, as notebooks and the common hosts of repositories show it.

Pictures are SVG files beside the page: `picture_files` gives their texts by their names.  A page that is a string alone,
with no place for files, carries its pictures in the addresses of their images, as notebooks and editors show them.
"""

from base64 import b64encode
from urllib.parse import quote

from symback.language.notation import Notation
from symback.language.printing import to_latex
from symback.presentation.blocks import Block, Document, Equations, Figure, Heading, Items, Line, Note, Prose, Spans, Table
from symback.presentation.drawing.svg import write_svg
from symback.presentation.latex import RELATIONS, broken_latex, latex_span, latex_words

__all__ = ["picture_files", "write_markdown"]

ESCAPES = str.maketrans({character: f"\\{character}" for character in r"\`*_{}[]<>#|$"})


def write_markdown(document: Document, prefix: str | None = None) -> str:
    """The page as Markdown; with `prefix`, its pictures are those of `picture_files(document, prefix)`."""
    notation = document.notation
    parts = [f"# {_words(document.title, notation)}", *(_block(block, notation, prefix) for block in document.blocks)]
    return "\n\n".join(parts) + "\n"


def picture_files(document: Document, prefix: str) -> dict[str, str]:
    """The pictures of a page as SVG, each by the name of its file: `prefix`-slope-tanh.svg."""
    return {_file_name(block, prefix): write_svg(block.drawing) for block in document.blocks if isinstance(block, Figure)}


def _file_name(figure: Figure, prefix: str) -> str:
    return f"{prefix}-{figure.name}.svg"


def _figure(figure: Figure, notation: Notation, prefix: str | None) -> str:
    """The picture, and its caption as a paragraph below it."""
    if prefix is None:
        place = f"data:image/svg+xml;base64,{b64encode(write_svg(figure.drawing).encode()).decode()}"
    else:
        place = quote(_file_name(figure, prefix))
    return f"![{figure.alt.translate(ESCAPES)}]({place})\n\n{_words(figure.caption, notation)}"


def _block(block: Block, notation: Notation, prefix: str | None) -> str:
    match block:
        case Heading():
            return f"{'#' * (block.level + 1)} {_words(block.title, notation)}"
        case Prose():
            return _words(block.spans, notation)
        case Items():
            return "\n".join(f"- {_words(item, notation)}" for item in block.items)
        case Note():
            lines = [f"**{block.title}**", "", *(f"- {_words(item, notation)}" for item in block.items)]
            return "\n".join(f"> {line}".rstrip() for line in lines)
        case Equations():
            chain = " \\\\\n".join(_line(line, notation) for line in block.lines)
            environment = "align*" if block.is_numbered else "aligned"  # the latter has no room for numbers
            return f"$$\n\\begin{{{environment}}}\n{chain}\n\\end{{{environment}}}\n$$"
        case Table():
            return _table(block, notation)
        case Figure():
            return _figure(block, notation, prefix)


def _words(spans: Spans, notation: Notation) -> str:
    return "".join(span.translate(ESCAPES) if isinstance(span, str) else f"${latex_span(span, notation)}$" for span in spans)


def _line(line: Line, notation: Notation) -> str:
    left = "" if line.left is None else to_latex(line.left, notation)
    reason = f" && \\text{{{_reason(line.reason, notation)}}}" if line.reason else ""
    number = f" \\tag{{{line.number}}}" if line.number is not None else ""
    return f"{left} &{RELATIONS[line.relation].strip()} {broken_latex(line.right, notation)}{reason}{number}"


def _reason(spans: Spans, notation: Notation) -> str:
    r"""Inside `\text` of a formula: LaTeX's rules hold, not Markdown's."""
    return latex_words(spans, notation)


def _table(table: Table, notation: Notation) -> str:
    rows = [[_words(cell, notation).replace("|", r"\vert ") for cell in row] for row in (table.header, *table.rows)]
    rule = ["---"] * len(table.header)
    return "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:]))
