"""A picture on a page is there in every format, with its caption and with words for those who do not see it."""

import base64
import re

import pytest

from symback.language.notation import NOTATIONS
from symback.network import Network
from symback.presentation import write_document
from symback.presentation.blocks import Document, Figure
from symback.presentation.drawing import drawing
from symback.presentation.drawing.svg import write_svg
from symback.presentation.markdown import picture_files, write_markdown


@pytest.fixture(scope="module")
def page() -> Document:
    figure = Figure("net", drawing(Network.from_spec("2-1")), ("The network of 100 % & more.",))
    return Document(("A page",), (figure,), NOTATIONS["nielsen"])


def test_every_format_has_picture_and_caption(page):
    latex = write_document(page, "latex")
    assert r"\begin{tikzpicture}" in latex
    assert r"\usepackage{tikz}" in latex
    assert r"100 \% \& more." in latex
    html = write_document(page, "html")
    assert write_svg(page.blocks[0].drawing) in html
    assert "<figcaption>The network of 100 % &amp; more.</figcaption>" in html
    text = " ".join(write_document(page, "text").split())
    assert f"[Figure: The network of 100 % & more. {page.blocks[0].alt}]" in text


def test_a_page_without_pictures_does_not_load_tikz():
    assert "tikz" not in write_document(Document(("A page",), (), NOTATIONS["nielsen"]), "latex")


def test_markdown_names_the_files_beside_it(page):
    text = write_markdown(page, "my page")
    (name,) = picture_files(page, "my page")
    assert name == "my page-net.svg"
    assert "](my%20page-net.svg)" in text
    assert picture_files(page, "my page")[name] == write_svg(page.blocks[0].drawing)


def test_markdown_that_has_no_place_for_files_carries_its_pictures(page):
    (carried,) = re.findall(r"base64,([A-Za-z0-9+/=]+)\)", write_markdown(page))
    assert base64.b64decode(carried).decode() == write_svg(page.blocks[0].drawing)
