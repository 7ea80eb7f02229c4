"""Pages: `render(derivation)` writes a derivation as LaTeX, Markdown or text, from one document model;
`draw(network)` draws a network as SVG or TikZ, from one model of a picture."""

from symback.presentation.document import document
from symback.presentation.drawing import draw
from symback.presentation.rendering import FORMATS, render, write_document

__all__ = ["FORMATS", "document", "draw", "render", "write_document"]
