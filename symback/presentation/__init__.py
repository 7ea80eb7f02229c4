"""Pages: `render(derivation)` writes a derivation as LaTeX, Markdown, HTML or text, from one document model;
`worked_example(network, values)` is the page of a network with numbers;
`write_pdf(document)` is a page as the bytes of a PDF, where there is a LaTeX;
`draw(network)` draws a network as SVG or TikZ, from one model of a picture."""

from symback.presentation.document import document
from symback.presentation.drawing import draw
from symback.presentation.examples import worked_example
from symback.presentation.numbering import with_numbers
from symback.presentation.pdf import write_pdf
from symback.presentation.pictures import with_picture
from symback.presentation.rendering import FORMATS, render, write_document
from symback.presentation.values import Values, default_values, read_values

__all__ = [
    "FORMATS", "Values", "default_values", "document", "draw", "read_values", "render", "worked_example",
    "with_numbers", "with_picture", "write_document", "write_pdf",
]  # fmt: skip
