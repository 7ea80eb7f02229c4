"""Numbers of equations: each equation has one, in order, the same in every format, and no formula is changed by it."""

import re
import shutil
import subprocess

import pytest

import symback
from symback.cli import main
from symback.language.notation import NOTATIONS
from symback.network import Network
from symback.pipeline import derive
from symback.presentation import document, render, with_numbers, worked_example
from symback.presentation.blocks import Document, Equations
from symback.presentation.html import write_html
from symback.presentation.latex import write_article
from symback.presentation.markdown import write_markdown
from symback.presentation.text import write_text

PAGES = {
    "2-3-2": lambda: document(derive(Network.from_spec("2-3-2"))),
    "rows": lambda: document(derive(Network.from_spec("p-m-n", activation="relu,softmax", cost="cross_entropy"), batch=True), layout="row"),
    "example": lambda: worked_example(Network.from_spec("2-3-2")),
}
FOUND = {  # how a number is found in a page of that format, by signs that share no code with its writer
    "html": (write_html, r'<div class="number" id="equation-(\d+)">\(\1\)</div>'),
    "latex": (write_article, r"\\tag\{(\d+)\}|\\upshape (?:\\phantom\{0+\})?\((\d+)\)\}"),
    "markdown": (write_markdown, r"\\tag\{(\d+)\}"),
    "text": (write_text, r"(?m)^ {4}\((\d+)\) "),
}


@pytest.fixture(scope="module", params=PAGES)
def page(request) -> Document:
    return PAGES[request.param]()


def lines_of(page: Document):
    return [line for block in page.blocks if isinstance(block, Equations) for line in block.lines]


def test_every_equation_has_a_number_and_no_line_that_goes_on_has_one(page):
    lines = lines_of(with_numbers(page))
    assert [line.number for line in lines if line.left is not None] == list(range(1, sum(line.left is not None for line in lines) + 1))
    assert {line.number for line in lines if line.left is None} <= {None}
    assert {line.number for line in lines_of(page)} == {None}


@pytest.mark.parametrize("format", FOUND)
def test_every_format_shows_the_same_numbers_in_order_and_none_where_none_are_wanted(page, format):
    write, pattern = FOUND[format]
    expected = [line.number for line in lines_of(with_numbers(page)) if line.number is not None]
    shown = [int("".join(match.groups(""))) for match in re.finditer(pattern, write(with_numbers(page)))]
    assert shown == expected
    assert not re.search(pattern, write(page))


def test_a_reason_names_the_equations_on_which_it_rests_and_these_stand_above():
    text = write_text(with_numbers(PAGES["2-3-2"]()))
    assert re.search(r"\(15\) +δ²ⱼ = ∂C/∂z²ⱼ", text)
    assert "differentiate each factor, by (12), (14) and (17)" in text and "by the formula of the error (15)" in text
    number = 0
    for line in text.splitlines():
        number = int(found[1]) if (found := re.match(r" {4}\((\d+)\) ", line)) else number
        cited = [int(each) for each in re.findall(r"\((\d+)\)", line)]
        assert all(each <= number for each in cited), line


def test_numbers_change_no_formula(page):
    """The page without its numbers is the page."""
    text = re.sub(r" \\tag\{\d+\}", "", write_markdown(with_numbers(page))).replace("align*", "aligned")
    text = re.sub(r"(?:, by)? \(\d+\)(?:, \(\d+\))*(?: and \(\d+\))?\}", "}", text)
    assert text == write_markdown(page)


def test_a_numbered_page_is_read_back_as_the_page_without_numbers(tmp_path):
    network = Network.from_spec("2-2")
    counts = []
    for is_numbered in (False, True):
        path = tmp_path / f"{is_numbered}.md"
        path.write_text(render(derive(network), "markdown", numbered=is_numbered), encoding="utf-8")
        counts.append(symback.verify(path).summary)
    assert counts[0] == counts[1] and not {"refuted", "undecided", "unreadable"} & set(counts[1])


@pytest.mark.parametrize("command", ["derive", "example"])
def test_numbered_is_an_option_of_both_commands(command, capsys):
    assert main([command, "2-2-1", "--numbered"]) == 0
    assert "\n    (1) " in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_numbered_article_compiles_and_nothing_overflows(notation, tmp_path):
    (tmp_path / "page.tex").write_text(render(derive(Network.from_spec("2-3-2")), notation=notation, numbered=True), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert [float(width) for width in re.findall(r"Overfull \\[hv]box \(([\d.]+)pt", done.stdout) if float(width) > 5] == []
