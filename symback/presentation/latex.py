"""A document as LaTeX: an article that compiles by itself, or a fragment to be put into one.

The article needs amsmath, amssymb, booktabs and array, which every distribution has.  Chains are `align*` environments
with the reason of each line at its right.
"""

from collections.abc import Sequence

from symback.language.notation import Notation
from symback.language.printing import to_latex
from symback.presentation.blocks import Block, Document, Equations, Heading, Items, Line, Math, Note, Prose, Size, Span, Spans, Table

__all__ = ["escape_latex", "latex_span", "latex_words", "write_article", "write_fragment"]

RELATIONS = {"=": " = ", "-": r"\text{--}", "<": " < "}
SECTIONS = {1: "section", 2: "subsection", 3: "subsubsection"}
ESCAPES = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--", "×": r"$\times$", "≥": r"$\ge$", "≤": r"$\le$",
})  # fmt: skip
PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage[margin=22mm]{geometry}
\usepackage{amsmath,amssymb,array,booktabs}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt plus 2pt}
\newcommand{\reason}[1]{\text{\footnotesize\itshape #1}}
"""


def write_article(document: Document) -> str:
    """The page as a whole LaTeX file."""
    title = latex_words(document.title, document.notation)
    head = f"{PREAMBLE}\\title{{{title}}}\n\\author{{}}\n\\date{{}}\n\n\\begin{{document}}\n\\maketitle\n\n"
    return f"{head}{_blocks(document)}\n\\end{{document}}\n"


def write_fragment(document: Document) -> str:
    r"""The page without preamble and title; `\reason` is written out, so that the fragment needs amsmath and booktabs alone."""
    return _blocks(document).replace(r"\reason{", r"\text{\footnotesize\itshape ")


def _blocks(document: Document) -> str:
    return "\n\n".join(_block(block, document.notation) for block in document.blocks) + "\n"


def _block(block: Block, notation: Notation) -> str:
    match block:
        case Heading():
            return f"\\{SECTIONS[block.level]}*{{{latex_words(block.title, notation)}}}"
        case Prose():
            return latex_words(block.spans, notation)
        case Items():
            return _items([latex_words(item, notation) for item in block.items])
        case Note():
            return _note(block, notation)
        case Equations():
            return _equations(block, notation)
        case Table():
            return _table(block, notation)


def latex_words(spans: Spans, notation: Notation) -> str:
    """Words escaped, mathematics between dollar signs."""
    return "".join(escape_latex(span) if isinstance(span, str) else f"${latex_span(span, notation)}$" for span in spans)


def latex_span(span: Span, notation: Notation) -> str:
    """The LaTeX of a mathematical span, without dollar signs."""
    match span:
        case Math():
            return RELATIONS[span.relation].join(to_latex(side, notation) for side in span.sides)
        case Size():
            return r" \times ".join(to_latex(size, notation) for size in span.sizes) or "1"
    raise TypeError(f"a span of kind {type(span).__name__} is not mathematics")


def escape_latex(text: str) -> str:
    r"""Words in which LaTeX sees no command.

    >>> escape_latex("100 % of n_1")
    '100 \\% of n\\_1'
    """
    return text.translate(ESCAPES)


def _items(items: Sequence[str]) -> str:
    lines = "\n".join(f"  \\item {item}" for item in items)
    return f"\\begin{{itemize}}\n{lines}\n\\end{{itemize}}"


def _note(note: Note, notation: Notation) -> str:
    """A framed box of the width of the page."""
    body = _items([latex_words(item, notation) for item in note.items])
    inner = f"\\textbf{{{escape_latex(note.title)}}}\n{body}"
    return f"\\noindent\\fbox{{\\begin{{minipage}}{{\\dimexpr\\linewidth-2\\fboxsep-2\\fboxrule}}\n{inner}\n\\end{{minipage}}}}"


def _equations(block: Equations, notation: Notation) -> str:
    """An aligned chain.  A result of one line is set as a display of its own."""
    has_reasons = any(line.reason for line in block.lines)
    lines = " \\\\\n".join(_line(line, notation, has_reasons) for line in block.lines)
    return f"\\begin{{align*}}\n{lines}\n\\end{{align*}}"


def _line(line: Line, notation: Notation, has_reasons: bool) -> str:
    left = "" if line.left is None else to_latex(line.left, notation)
    formula = f"  {left} &= {to_latex(line.right, notation)}"
    if not has_reasons:
        return formula
    return f"{formula} && \\reason{{{latex_words(line.reason, notation)}}}" if line.reason else f"{formula} &&"


def _table(table: Table, notation: Notation) -> str:
    rows = [" & ".join(latex_words(cell, notation) for cell in row) + r" \\" for row in (table.header, *table.rows)]
    columns = "l" * len(table.header)
    body = "\n".join(rows[1:])
    return f"\\begin{{center}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n{rows[0]}\n\\midrule\n{body}\n\\bottomrule\n\\end{{tabular}}\n\\end{{center}}"
