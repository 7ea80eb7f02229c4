"""A document as Markdown with `$` and `$$`, as notebooks and the common hosts of repositories show it."""

from symback.language.notation import Notation
from symback.language.printing import to_latex
from symback.presentation.blocks import Block, Document, Equations, Heading, Items, Line, Note, Prose, Spans, Table
from symback.presentation.latex import RELATIONS, broken_latex, latex_span, latex_words

__all__ = ["write_markdown"]

ESCAPES = str.maketrans({character: f"\\{character}" for character in r"\`*_{}[]<>#|$"})


def write_markdown(document: Document) -> str:
    """The page as Markdown."""
    parts = [f"# {_words(document.title, document.notation)}", *(_block(block, document.notation) for block in document.blocks)]
    return "\n\n".join(parts) + "\n"


def _block(block: Block, notation: Notation) -> str:
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
            return f"$$\n\\begin{{aligned}}\n{chain}\n\\end{{aligned}}\n$$"
        case Table():
            return _table(block, notation)


def _words(spans: Spans, notation: Notation) -> str:
    return "".join(span.translate(ESCAPES) if isinstance(span, str) else f"${latex_span(span, notation)}$" for span in spans)


def _line(line: Line, notation: Notation) -> str:
    left = "" if line.left is None else to_latex(line.left, notation)
    reason = f" && \\text{{{_reason(line.reason, notation)}}}" if line.reason else ""
    return f"{left} &{RELATIONS[line.relation].strip()} {broken_latex(line.right, notation)}{reason}"


def _reason(spans: Spans, notation: Notation) -> str:
    r"""Inside `\text` of a formula: LaTeX's rules hold, not Markdown's."""
    return latex_words(spans, notation)


def _table(table: Table, notation: Notation) -> str:
    rows = [[_words(cell, notation).replace("|", r"\vert ") for cell in row] for row in (table.header, *table.rows)]
    rule = ["---"] * len(table.header)
    return "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:]))
