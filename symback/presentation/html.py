r"""A document as one HTML file: formulas as MathML, the style sheet inside, no script, nothing loaded from anywhere.

It is XML as well, so that any strict parser reads it.

A chain is a grid of left sides, right sides and reasons.  A right side that is long is several `math` elements, one for
each of the `pieces` between which `wrapping` allows a break, so that it is the browser that breaks lines, at any width;
only a piece that is wider than the page, such as a matrix of numbers, is scrolled inside its chain.  Each `math` has its
LaTeX as `alttext`, and each line of a chain that of the whole equation as `data-latex`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, count

from symback.language.mathml import mathml
from symback.language.mathml_elements import attribute
from symback.language.notation import Notation
from symback.language.printing import to_latex
from symback.presentation.blocks import Block, Document, Equations, Figure, Heading, Items, Line, Note, Prose, Spans, Table
from symback.presentation.drawing.svg import write_svg
from symback.presentation.html_style import STYLE
from symback.presentation.latex import RELATIONS, latex_span
from symback.presentation.text import text_words
from symback.presentation.wrapping import latex_length, pieces

__all__ = ["write_html"]

LONGEST_PIECE = 22  # letters of mathematics that fit on the narrowest screen, 360 px wide
SMALLER = ((" longest", 70), (" long", 56))  # pieces that with a reason at their side are wider than the widest page
DEEPEST_CONTENTS, FEWEST_CONTENTS = 2, 3
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def write_html(document: Document) -> str:
    """The page as a whole HTML file.

    >>> page = write_html(Document(("1 < 2",), (Heading(("Why",)),), Notation("nielsen")))
    >>> "<h1>1 &lt; 2</h1>" in page and '<h2 id="why">Why' in page
    True
    """
    notation = document.notation
    names = _names(document)
    contents = _contents(document, names)
    body = "\n".join(_block(block, notation, name) for block, name in zip(document.blocks, names, strict=True))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta http-equiv="Content-Security-Policy" content="{POLICY}" />
<meta name="generator" content="symback" />
<title>{_safe(text_words(document.title, notation))}</title>
<style>{STYLE}</style>
</head>
<body>
<div class="page{" with-contents" if contents else ""}">
<header><h1>{_words(document.title, notation)}</h1></header>
{contents}
<main>
{body}
</main>
</div>
</body>
</html>
"""


def _safe(text: str) -> str:
    """Words in which HTML sees no markup, and which hold no control characters; also between double quotes."""
    return attribute(CONTROLS.sub("\ufffd", text))


# Headings and their names ----------------------------------------------------------------------------------------


def _names(document: Document) -> list[str]:
    """For each block the name that links can use, all different; "" for what is no heading."""
    names: list[str] = []
    for block in document.blocks:
        if isinstance(block, Heading):
            stem = "-".join(re.findall(r"\w+", text_words(block.title, document.notation).casefold())) or "section"
            candidates = chain([stem], (f"{stem}-{number}" for number in count(2)))
            names.append(next(name for name in candidates if name not in names))
        else:
            names.append("")
    return names


def _contents(document: Document, names: list[str]) -> str:
    """Links to the sections and to their parts; none where there are few."""
    entries = [
        (block, name)
        for block, name in zip(document.blocks, names, strict=True)
        if isinstance(block, Heading) and block.level <= DEEPEST_CONTENTS
    ]
    if len(entries) < FEWEST_CONTENTS:
        return ""
    lines: list[str] = []
    for place, (heading, name) in enumerate(entries):
        following = entries[place + 1][0].level if place + 1 < len(entries) else 1
        link = f'<a href="#{name}">{_words(heading.title, document.notation)}</a>'
        lines.append(f"<li>{link}" + ("<ol>" if following > heading.level else "</li>" + "</ol></li>" * (heading.level - following)))
    entries_shown = "\n".join(lines)
    return f'<nav class="contents" aria-label="Contents"><p class="title">Contents</p><ol>\n{entries_shown}\n</ol></nav>'


# Blocks ----------------------------------------------------------------------------------------------------------


def _block(block: Block, notation: Notation, name: str) -> str:
    match block:
        case Heading():
            element = f"h{block.level + 1}"
            link = f'<a class="anchor" href="#{name}" aria-label="link to this section">#</a>'
            return f'<{element} id="{name}">{_words(block.title, notation)}{link}</{element}>'
        case Prose():
            return f"<p>{_words(block.spans, notation)}</p>"
        case Items():
            return _items(block.items, notation)
        case Note():
            title = _safe(block.title)
            return f'<aside class="note" aria-label="{title}"><p class="title">{title}</p>\n{_items(block.items, notation)}</aside>'
        case Equations():
            return _equations(block, notation)
        case Table():
            return _table(block, notation)
        case Figure():
            return f"<figure>\n{write_svg(block.drawing)}<figcaption>{_words(block.caption, notation)}</figcaption>\n</figure>"


def _words(spans: Spans, notation: Notation) -> str:
    """Words escaped, mathematics as MathML."""
    return "".join(_safe(span) if isinstance(span, str) else _inline(latex_span(span, notation)) for span in spans)


def _inline(latex: str) -> str:
    """A formula in a line of words, which may be broken where the words are."""
    found = [piece for term in _pieces(latex) for piece in term]
    return " ".join(_markup(piece, False, place > 0) for place, piece in enumerate(found))


def _items(items: tuple[Spans, ...], notation: Notation) -> str:
    lines = "\n".join(f"<li>{_words(item, notation)}</li>" for item in items)
    return f"<ul>\n{lines}\n</ul>"


def _equations(block: Equations, notation: Notation) -> str:
    lines = "\n".join(_line(line, notation) for line in block.lines)
    return f'<div class="equations{" numbered" if block.is_numbered else ""}" role="group">\n{lines}\n</div>'


def _line(line: Line, notation: Notation) -> str:
    """A line of a chain in three cells, and its number in a fourth."""
    left = "" if line.left is None else to_latex(line.left, notation)
    right = f"{RELATIONS[line.relation].strip()} {to_latex(line.right, notation)}"
    whole = attribute(f"{left} {right}".strip())
    cells = [f'<div class="left-side">{_markup(left, True, False)}</div>'] if left else []
    cells.append(f'<div class="right-side">{" ".join(_right(right))}</div>')
    cells += [f'<div class="reason">{_words(line.reason, notation)}</div>'] if line.reason else []
    cells += [f'<div class="number" id="equation-{line.number}">({line.number})</div>'] if line.number is not None else []
    return f'<div class="line{"" if left else " goes-on"}" data-latex="{whole}">{" ".join(cells)}</div>'


def _right(latex: str) -> Iterator[str]:
    """The terms of a right side, each with its sign; the space between two statements stays with the first."""
    found = _pieces(latex)
    for term, (following, *_) in zip(found, (*found[1:], [""]), strict=True):
        space = r" \quad" if following.startswith(r"\quad ") else ""
        first, *others = (*term[:-1], term[-1] + space)
        shown = " ".join(_markup(piece, True, True) for piece in (first.removeprefix(r"\quad "), *others))
        size = next((size for size, length in SMALLER if max(map(latex_length, term)) > length), "")
        yield f'<span class="term{size}">{shown}</span>' if size or others else shown


@lru_cache(maxsize=4096)  # what is said in words stands in many places
def _pieces(latex: str) -> list[list[str]]:
    return pieces(latex, latex_length, LONGEST_PIECE)


@lru_cache(maxsize=4096)
def _markup(latex: str, is_display: bool, is_continued: bool) -> str:
    return mathml(latex, is_display=is_display, is_continued=is_continued)


def _table(table: Table, notation: Notation) -> str:
    """A table that is scrolled inside its box where it is wider than the page."""
    header = "".join(f'<th scope="col">{_words(cell, notation)}</th>' for cell in table.header)
    rows = "\n".join("<tr>" + "".join(f"<td>{_words(cell, notation)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f'<div class="scroll"><table>\n<thead><tr>{header}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>'
