"""Pages: `render(derivation)` writes a derivation as LaTeX, Markdown or text, from one document model."""

from symback.presentation.document import document
from symback.presentation.rendering import FORMATS, render, write_document

__all__ = ["FORMATS", "document", "render", "write_document"]
