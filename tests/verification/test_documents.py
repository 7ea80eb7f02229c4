r"""The laws of reading documents: every formula in order and in its place, nothing that only looks like one, no file that breaks it."""

import json
import random
from pathlib import Path

import pytest

from symback.errors import SymbackError
from symback.verification.documents import FORMATS, DocumentError, read_document, read_text
from symback.verification.parser import parse

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def latex_of(text: str, kind: str = "markdown") -> list[str]:
    return [formula.latex for formula in read_text(text, kind).formulas]


PAGE = r"""---
title: costs $5 and $x$
---
# Backpropagation

The cost is $C = \frac{1}{2}(a-y)^2$, at a price of $5 or \$6.

## The output layer

Then we have:

$$
\delta^L = a^L - y \tag{1}
$$

| name | formula | shape |
|------|---------|-------|
| error | $\delta^L$ | $n_L \times 1$ |
| weights | $|W|$ | $n \times m$ |

```python
price = "$x$"
```

```math
z = W a + b
```

Inline code `$y$` and $`z^2`$, \(b\) and \[ c = d \] but \[1\].

\begin{align}
a &= b \label{eq:a} \\
  &= c
\end{align}

<!-- $hidden$ -->
$
\nabla C
$
"""


def test_every_way_of_writing_a_formula_in_markdown_is_found_in_order():
    assert latex_of(PAGE) == [
        r"C = \frac{1}{2}(a-y)^2",
        r"\delta^L = a^L - y \tag{1}",
        r"\delta^L",
        r"n_L \times 1",
        "|W|",
        r"n \times m",
        "z = W a + b",
        "z^2",
        "b",
        "c = d",
        "\\begin{align}\na &= b \\label{eq:a} \\\\\n  &= c\n\\end{align}",
        r"\nabla C",
    ]


def test_lines_columns_and_offsets_are_those_of_the_page():
    document = read_text(PAGE)
    lines = PAGE.split("\n")
    for formula in document.formulas:
        assert document.text[formula.start : formula.end] == formula.latex
        assert formula.latex.split("\n")[0] in "\n".join(lines[formula.line - 1 : formula.end_line])
    first = document.formulas[0]
    assert (first.line, first.column) == (6, lines[5].index("$") + 1)
    assert [(f.line, f.end_line) for f in document.formulas if f.delimiter == "$$"] == [(12, 14)]


def test_displays_are_known_by_standing_alone():
    shown = {formula.latex: formula.display for formula in read_text(PAGE).formulas}
    assert shown[r"\nabla C"] and shown["c = d"] and shown["z = W a + b"]
    assert not shown["b"] and not shown[r"\delta^L"]


def test_surroundings_are_the_sentences_the_headings_and_the_table_cell():
    formulas = {formula.latex: formula for formula in read_text(PAGE).formulas}
    cost = formulas[r"C = \frac{1}{2}(a-y)^2"]
    assert cost.before == "The cost is" and cost.after == r", at a price of $5 or \$6."
    assert cost.headings == ("Backpropagation",)
    error = formulas[r"\delta^L = a^L - y \tag{1}"]
    assert error.before == "Then we have:" and error.headings == ("Backpropagation", "The output layer") and error.tag == "1"
    cell = formulas[r"n \times m"].cell
    assert cell is not None and (cell.header, cell.label, cell.row, cell.column) == ("shape", "weights", 1, 2)
    assert formulas["\\begin{align}\na &= b \\label{eq:a} \\\\\n  &= c\n\\end{align}"].label == "eq:a"
    assert formulas["z^2"].cell is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It costs $5 and $10.", []),
        ("From $5-$10 to $x$.", ["x"]),
        ("set $HOME to the folder", []),
        (r"escaped \$x\$ and $y$", ["y"]),
        ("$a$$b$", ["a", "b"]),
        ("$x is open\n\nand $y$ is not", ["y"]),
        ("code ``a $x$ ` b`` and $y$", ["y"]),
        (r"$\text{if $x>0$ then}$ and $z$", [r"\text{if $x>0$ then}", "z"]),
        (r"$$\colorbox{red}{$a$} = b$$", [r"\colorbox{red}{$a$} = b"]),
        (r"unbalanced $\frac{a}{b$ and $c$", [r"\frac{a}{b", "c"]),
        ("$$\na = b\n\nA sentence of many words here.\n\n$$c$$", ["c"]),
        ("> $$\n> a = b\n> $$", ["a = b"]),
        (r"\\(x\\) of Hugo", ["x"]),
        (r"a list \[1\] and \(optional\) words", []),
        ("[a link](http://x.org/$a$) and $b$", ["b"]),
        ("<pre>$a$</pre> $b$", ["b"]),
        ('<script type="math/tex; mode=display">a=b</script>', ["a=b"]),
        ("~~~\n$a$\n~~~\n$b$", ["b"]),
        ("```{r}\n$a$\n```\n$b$", ["b"]),
        ("$$$$ and $x$", ["x"]),
        ("$ $", []),
    ],
)
def test_dollars_that_are_no_formula(text, found):
    assert latex_of(text) == found


@pytest.mark.parametrize(
    "text",
    [
        r'<img src="https://latex.codecogs.com/svg.latex?\frac{\partial%20L}{\partial%20w}=(X%5ETX)" />',
        r"![grad](https://latex.codecogs.com/png.latex?\dpi{150}\frac{\partial%20L}{\partial%20w}=(X^TX))",
    ],
)
def test_images_of_formulas_are_read_from_their_address(text):
    assert latex_of(text) == [r"\frac{\partial L}{\partial w}=(X^TX)"]


def test_macros_defined_in_a_formula_hold_for_what_follows_and_not_before():
    before, definition, after = read_text(r"$\pd{C}{w}$ $$\gdef\pd#1#2{\frac{\partial #1}{\partial #2}}$$ $\pd{C}{w}$").formulas
    assert r"\pd" not in before.macros and r"\pd" in after.macros
    assert parse(definition.latex, definition.macros).kind == "empty"
    assert parse(after.latex, after.macros) == parse(r"\frac{\partial C}{\partial w}")


def test_macros_in_code_are_not_in_force():
    assert read_text("```latex\n\\newcommand{\\a}{b}\n```\n$x$").formulas[0].macros == {}


TEX = r"""\documentclass{article}
\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} % $no$
\input{symbols}
\begin{document}
\section{Output layer} The error is $\err$. % and $not this$
\begin{equation}
\pd{C}{z} = \err \label{eq:one}
\end{equation}
\begin{verbatim}
$code$
\end{verbatim}
\[ a = b \] \(c\) $$d$$ \verb|$e$| 5\% \$ $f$
\begin{align*} g &= h \end{align*}
\end{document}
$after$
"""


def test_a_latex_file_gives_its_formulas_and_its_macros_also_those_beside_it(tmp_path):
    (tmp_path / "symbols.tex").write_text(r"\newcommand{\err}{\delta^L}")
    (tmp_path / "page.tex").write_text(TEX)
    document = read_document(tmp_path / "page.tex")
    assert [formula.latex for formula in document.formulas] == [
        r"\err", r"\pd{C}{z} = \err \label{eq:one}", "a = b", "c", "d", "f", r"\begin{align*} g &= h \end{align*}",
    ]  # fmt: skip
    second = document.formulas[1]
    assert (second.line, second.end_line, second.delimiter, second.label, second.headings) == (
        6,
        8,
        "equation",
        "eq:one",
        ("Output layer",),
    )
    assert parse(second.latex, second.macros) == parse(r"\frac{\partial C}{\partial z} = \delta^L")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "sub/secret", "..", "", "secret\x00", "~"])
def test_macro_files_are_read_only_from_the_folder_of_the_document(tmp_path, name):
    (tmp_path / "secret.tex").write_text(r"\newcommand{\leak}{x}")
    folder = tmp_path / "paper"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "secret.tex").write_text(r"\newcommand{\leak}{x}")
    (folder / "page.tex").write_text(rf"\input{{{name}}} $\leak$")
    assert read_document(folder / "page.tex").formulas[0].macros == {}


def test_a_macro_file_that_is_a_link_out_of_the_folder_is_not_read(tmp_path):
    (tmp_path / "secret.tex").write_text(r"\newcommand{\leak}{x}")
    folder = tmp_path / "paper"
    folder.mkdir()
    (folder / "link.tex").symlink_to(tmp_path / "secret.tex")
    (folder / "page.tex").write_text(r"\input{link} $\leak$")
    assert read_document(folder / "page.tex").formulas[0].macros == {}


def test_macro_files_that_name_each_other_end(tmp_path):
    (tmp_path / "a.tex").write_text(r"\input{b}\newcommand{\x}{1}")
    (tmp_path / "b.tex").write_text(r"\input{a}\newcommand{\y}{2}")
    (tmp_path / "page.tex").write_text(r"\input{a} $\x\y$")
    assert set(read_document(tmp_path / "page.tex").formulas[0].macros) == {r"\x", r"\y"}


def test_a_notebook_counts_lines_over_its_markdown_cells(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "open $x\n", "text"]},
        {"cell_type": "code", "source": ["'$no$'"]},
        {"cell_type": "markdown", "source": "Then\n$$a = b$$"},
    ]
    path = tmp_path / "page.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}))
    (formula,) = read_document(path).formulas
    assert (formula.latex, formula.line, formula.headings) == ("a = b", 5, ("Title",))


RST = r"""Gradient
========

The error :math:`\delta = a - y` and ``:math:`no```::

    :math:`code`

.. math::
   :label: grad

   \nabla C
   = \delta a^T

.. math:: z = W a

.. code-block:: python

   x = ":math:`no`"

Then :math:`b`.
"""


def test_restructured_text_has_roles_and_directives():
    document = read_text(RST, "restructured")
    assert [formula.latex for formula in document.formulas] == [r"\delta = a - y", "\\nabla C\n   = \\delta a^T", "z = W a", "b"]
    assert [formula.display for formula in document.formulas] == [False, True, True, False]
    assert document.formulas[1].line == 8 and document.formulas[0].headings == ("Gradient",)


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_every_suffix_of_the_table_has_a_reader(tmp_path, suffix):
    path = tmp_path / f"page{suffix}"
    path.write_text('{"cells": []}' if suffix == ".ipynb" else "words")
    assert read_document(path).formulas == ()


# --- hostile files -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"\xff\xfe" + "$x$".encode("utf-16-le"), 1),
        (b"\xef\xbb\xbf$x$", 1),
        (b"$x \x80\x81$ \xc3(", 1),
        (b"$a\x00b$\x00", 1),
        (b"a\r\n$x$\r\n", 1),
        (b"", 0),
    ],
)
def test_bytes_that_are_not_clean_text_are_read_as_far_as_they_go(tmp_path, raw, found):
    path = tmp_path / "page.md"
    path.write_bytes(raw)
    assert len(read_document(path).formulas) == found


def test_a_file_that_cannot_be_read_is_a_document_error_and_nothing_else(tmp_path):
    (tmp_path / "bad.ipynb").write_text("[" * 100_000)
    (tmp_path / "list.ipynb").write_text("[1]")
    (tmp_path / "cells.ipynb").write_text('{"cells": 3}')
    for path in (tmp_path, tmp_path / "none.md", *tmp_path.glob("*.ipynb"), "a\x00b", "/dev/zero"):
        with pytest.raises(DocumentError) as caught:
            read_document(path)
        assert isinstance(caught.value, SymbackError)
    with pytest.raises(DocumentError, match="not known"):
        read_text("", "word")


REPEATED = (
    "$", "$$", "$ a ", "a$x$ ", r"\(", r"\[", "` ", "$\\text{", "{", r"\begin{align}", "![](https://latex.codecogs.com/svg.latex?(",
    "<img src=", "<!--", "<pre>", "|$a$|$b$|\n", "|$a$", "# $a$\n", r"\def\a{", r"$\newcommand{\a}{b}$", "```\n", "](", "---\n",
    "\n\na\n---", "%", r"\section{", ":math:`", ".. math::\n", "a::\n b\n", "a\n===\n", "\n", " ",
)  # fmt: skip


@pytest.mark.parametrize("suffix", [".md", ".tex", ".rst"])
@pytest.mark.parametrize("piece", REPEATED)
def test_a_piece_repeated_without_end_is_read_in_bounded_time(tmp_path, suffix, piece):
    path = tmp_path / f"page{suffix}"
    path.write_text(piece * (40_000 // len(piece)))
    document = read_document(path)  # a hang here is the failure
    assert len(document.formulas) <= 20_000


@pytest.mark.parametrize("seed", range(6))
def test_mangled_pages_are_read(seed):
    print("seed", seed)
    random_one = random.Random(seed)
    for _ in range(60):
        page, kind = random_one.choice(((PAGE, "markdown"), (TEX, "latex"), (RST, "restructured")))
        for _ in range(random_one.randrange(1, 8)):
            place = random_one.randrange(len(page))
            stop = place + random_one.randrange(1, 30)
            page = (
                page[:place]
                + random_one.choice(("", "$", "$$", "`", "```", r"\(", "{", "}", "\n\n", "|", page[place:stop] * 2))
                + page[stop:]
            )
        document = read_text(page, kind)
        for formula in document.formulas:
            assert document.text[formula.start : formula.end] == formula.latex or ">" in document.text
            assert 1 <= formula.line <= formula.end_line <= page.count("\n") + 1
        assert [formula.start for formula in document.formulas] == sorted(formula.start for formula in document.formulas)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the documents to read are not here")
def test_the_lecture_has_437_formulas():
    document = read_document(CORPUS / "000-lecture.md")
    assert len(document.formulas) == 437 and document.remarks == ()
    assert document.formulas[0].latex == "C_0(...)=( a^{(L)}-y)^2" and document.formulas[0].line == 7
    assert document.formulas[-1].end_line == 1636
