"""A document as LaTeX: an article that compiles by itself, or a fragment to be put into one.

The article needs amsmath, amssymb, booktabs and array, which every distribution has, and tikz if there is a picture.
Chains are `align*` environments with the reason of each line as its tag, at the right margin; where there is no room,
amsmath puts it one line lower.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

import sympy

from symback.language.notation import Notation
from symback.language.printing import to_latex
from symback.presentation.blocks import (
    Block,
    Document,
    Equations,
    Figure,
    Heading,
    Items,
    Line,
    Math,
    Note,
    Prose,
    Size,
    Span,
    Spans,
    Table,
    Written,
)  # fmt: skip
from symback.presentation.drawing.tikz import UNIT, write_tikz_fragment
from symback.presentation.wrapping import broken_inside, latex_length

__all__ = ["broken_latex", "escape_latex", "latex_span", "latex_words", "write_article", "write_fragment"]

RELATIONS = {"=": " = ", "≈": r" \approx ", "-": r"\text{--}", "<": " < ", "≤": r" \leq ", "→": r" \to "}
MATH = re.compile(r"\$[^$]*\$")
NARROW = r">{\raggedright\arraybackslash}p{0.28\linewidth}"
SENTENCES, LONGEST_CELL = r">{\raggedright\arraybackslash}p{0.36\linewidth}", 78
FEWEST_WORDS = 16  # letters that may be broken into lines; a cell with fewer is a formula
WIDEST_TABLE = 76  # letters in all columns, beside the gaps between them
WIDTH = 64  # letters of mathematics in one line, beside a left side
WIDEST = 84  # that smaller letters can make fit
SIZES = ((r"\scriptsize", 72), (r"\footnotesize", 68), (r"\small", WIDTH))
LINE_BREAK = " \\\\\n  &\\hspace{1em} {} "  # \quad parts statements, also for a reader of a line that begins with a minus
LINE_WIDTH = 470.0  # points, of the article
SECTIONS = {1: "section", 2: "subsection", 3: "subsubsection"}
GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "λ": "lambda",
    "μ": "mu",
    "σ": "sigma",
    "Δ": "Delta",
    "Σ": "Sigma",
}
MATHEMATICS = {
    "×": r"\times", "≥": r"\ge", "≤": r"\le", "∂": r"\partial", "∇": r"\nabla", "⊙": r"\odot", "½": r"\tfrac12",
    "…": r"\dots", "≈": r"\approx",
    **{letter: f"\\{name}" for letter, name in GREEK.items()},
}  # fmt: skip
ESCAPES = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--",
    **{character: f"${command}$" for character, command in MATHEMATICS.items()},
})  # fmt: skip
PREAMBLE = r"""\documentclass[11pt,a4paper,fleqn]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage[margin=22mm]{geometry}
\usepackage{amsmath,amssymb,array,booktabs}
\allowdisplaybreaks[1]
\setlength{\mathindent}{2em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt plus 2pt}
\setlength{\fboxsep}{8pt}
\AtBeginDocument{\setlength{\abovedisplayskip}{5pt plus 2pt}\setlength{\belowdisplayskip}{7pt plus 2pt}\setlength{\jot}{5pt}}
"""


def write_article(document: Document) -> str:
    """The page as a whole LaTeX file."""
    title = latex_words(document.title, document.notation)
    head = f"\\begin{{document}}\n\\begin{{center}}\n\\LARGE {title}\n\\end{{center}}"
    pictures = "\\usepackage{tikz}\n" if any(isinstance(block, Figure) for block in document.blocks) else ""
    return f"{PREAMBLE}{pictures}\n{head}\n\n{_blocks(document)}\n\\end{{document}}\n"


def write_fragment(document: Document) -> str:
    """The page without preamble and title, for a document that loads amsmath, amssymb and booktabs, and tikz for pictures."""
    return _blocks(document)


def _blocks(document: Document) -> str:
    """Blocks with an empty line between them; none before formulas, which belong to the paragraph above."""
    text = ""
    for block in document.blocks:
        gap = "" if not text else "\n" if isinstance(block, Equations) else "\n\n"
        text += gap + _block(block, document.notation)
    return text + "\n"


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
        case Figure():
            return _figure(block, notation)


def latex_words(spans: Spans, notation: Notation) -> str:
    """Words escaped, mathematics between dollar signs."""
    return "".join(escape_latex(span) if isinstance(span, str) else f"${latex_span(span, notation)}$" for span in spans)


def latex_span(span: Span, notation: Notation) -> str:
    """The LaTeX of a mathematical span, without dollar signs."""
    match span:
        case Math():
            return RELATIONS[span.relation].join(to_latex(side, notation) for side in span.sides)
        case Size():
            size = r" \times ".join(to_latex(size, notation) for size in span.sizes) or "1"
            return size if span.of is None else rf"{to_latex(span.of, notation)} \in \mathbb{{R}}^{{{size}}}"
        case Written():
            return span.latex
    raise TypeError(f"a span of kind {type(span).__name__} is not mathematics")


def escape_latex(text: str) -> str:
    r"""Words in which LaTeX sees no command.

    >>> escape_latex("100 % of n_1")
    '100 \\% of n\\_1'
    """
    return "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    """A character by the table; a raised or lowered one, of which Unicode tells the base, by ^ or _."""
    if character.isascii() or ord(character) in ESCAPES:
        return character.translate(ESCAPES)
    position, _, code = unicodedata.decomposition(character).partition(" ")
    place = {"<sub>": "_", "<super>": "^"}.get(position)
    return "?" if place is None else f"${place}{{{chr(int(code, 16))}}}$"


def _items(items: Sequence[str]) -> str:
    lines = "\n".join(f"  \\item {item}" for item in items)
    return f"\\begin{{itemize}}\n  \\setlength{{\\itemsep}}{{0pt}}\n{lines}\n\\end{{itemize}}"


def _note(note: Note, notation: Notation) -> str:
    """A framed box of the width of the page."""
    body = _items([latex_words(item, notation) for item in note.items])
    inner = f"\\textbf{{{escape_latex(note.title)}}}\n{body}"
    return f"\\noindent\\fbox{{\\begin{{minipage}}{{\\dimexpr\\linewidth-2\\fboxsep-2\\fboxrule}}\n{inner}\n\\end{{minipage}}}}"


def _equations(block: Equations, notation: Notation) -> str:
    """A chain, aligned at its equality signs."""
    widest = max((f"({line.number})" for line in block.lines if line.number is not None), key=len, default="")
    lines = " \\\\\n".join(_line(line, notation, widest) for line in block.lines)
    return f"\\begin{{align*}}\n{lines}\n\\end{{align*}}"


def _line(line: Line, notation: Notation, widest: str) -> str:
    left = "" if line.left is None else to_latex(line.left, notation)
    right = LINE_BREAK.join(map(_fitting, _lines(line.right, notation)))
    return f"  {left} &{RELATIONS[line.relation].strip()} {right}{_tag(line, notation, widest)}"


def _tag(line: Line, notation: Notation, widest: str) -> str:
    """The reason and the number at the right margin; reasons end where they would end beside the `widest` number."""
    number = "" if line.number is None else f"({line.number})"
    if not line.reason:
        return f" \\tag{{{line.number}}}" if number else ""
    absent = "0" * (len(widest) - len(number)) if number else widest
    shown = f"\\phantom{{{absent}}}{number}" if absent else number
    place = f"\\quad\\normalsize\\upshape {shown}" if widest else ""
    return f" \\tag*{{\\footnotesize\\itshape {latex_words(line.reason, notation)}{place}}}"


def _fitting(formula: str) -> str:
    """A line that could not be broken and is wider than the page, in smaller letters."""
    size = next((size for size, width in SIZES if latex_length(formula) > width), None)
    if size is None:
        return formula
    columns = r"\setlength{\arraycolsep}{3pt}" if r"\begin{pmatrix}" in formula else ""
    return f"\\text{{{size}{columns}$\\displaystyle {formula}$}}"


def broken_latex(expr: sympy.Basic, notation: Notation) -> str:
    """A right side for an aligned environment, its outermost sum broken into lines where it is wider than a page."""
    return LINE_BREAK.join(_lines(expr, notation))


def _lines(expr: sympy.Basic, notation: Notation) -> list[str]:
    return broken_inside(to_latex(expr, notation), latex_length, WIDTH, WIDEST)


def _table(table: Table, notation: Notation) -> str:
    """Flush left; a column with whole sentences, or the widest one of a wide table, gets a width, so that its lines are broken."""
    cells = [[latex_words(cell, notation) for cell in row] for row in (table.header, *table.rows)]
    header, *rows = [" & ".join(row) + r" \\" for row in cells]
    columns = "".join(_columns(list(zip(*cells, strict=True))))
    lines = [r"\toprule", header, r"\midrule", *rows, r"\bottomrule"]
    tabular = [rf"\begin{{tabular}}{{{columns}}}", *lines, r"\end{tabular}"]
    return "\n".join([r"\begin{center}", r"\renewcommand{\arraystretch}{1.35}", *tabular, r"\end{center}"])


def _columns(columns: Sequence[Sequence[str]]) -> Iterator[str]:
    """How each column is set: of a wide table, the one with the longest words is broken into lines as well."""
    words = [max(map(_breakable, column)) for column in columns]
    is_wide = sum(max(map(latex_length, column)) for column in columns) > WIDEST_TABLE
    for column, length in zip(columns, words, strict=True):
        if max(map(len, column)) > LONGEST_CELL and length > FEWEST_WORDS:
            yield SENTENCES
        else:
            yield NARROW if is_wide and length == max(words) else "l"


def _breakable(cell: str) -> int:
    """How many letters of a cell may be broken into lines: those outside its formulas, or all if there are several formulas."""
    return len(cell) if cell.count("$") > 2 else len(MATH.sub("", cell))


def _figure(figure: Figure, notation: Notation) -> str:
    """The picture where it is spoken of, not floating, and the caption below it."""
    caption = rf"\begin{{minipage}}{{0.86\linewidth}}\centering\small {latex_words(figure.caption, notation)}\end{{minipage}}"
    picture = write_tikz_fragment(figure.drawing)
    if UNIT * figure.drawing.width > LINE_WIDTH:  # tikz brings \\resizebox
        picture = f"\\resizebox{{\\linewidth}}{{!}}{{%\n{picture}}}"
    return f"\\begin{{center}}\n{picture}\\par\\smallskip\n{caption}\n\\end{{center}}"
