"""`render`: from a derivation, or a document, to text in one of the FORMATS.

A new format is one module with a writer, and one row here.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from symback.errors import SpecError
from symback.language.notation import Notation
from symback.pipeline import Derivation
from symback.presentation.blocks import Document
from symback.presentation.document import GenericDerivation, document
from symback.presentation.html import write_html
from symback.presentation.latex import write_article, write_fragment
from symback.presentation.markdown import write_markdown
from symback.presentation.numbering import with_numbers
from symback.presentation.text import write_text

__all__ = ["FORMATS", "render", "write_document"]

FORMATS: Mapping[str, Callable[[Document], str]] = MappingProxyType({
    "html": write_html,
    "latex": write_article,
    "latex-fragment": write_fragment,
    "markdown": write_markdown,
    "text": write_text,
})  # fmt: skip


def render(
    derivation: Derivation | GenericDerivation,
    format: str = "latex",
    *,
    form: str = "all",
    layout: str | None = None,
    notation: Notation | str = "nielsen",
    detail: str = "steps",
    slopes: str = "function",
    sections: str | Iterable[str] = (),
    numbered: bool = False,
) -> str:
    """A derivation as a page; `format` is one of FORMATS, `numbered` numbers its equations, the other choices are those of `document`.

    >>> from symback.network import Network
    >>> from symback.pipeline import derive
    >>> print(render(derive(Network.from_spec("2-3-2")), "text").splitlines()[0])
    Backpropagation for the network 2-3-2
    """
    page = document(derivation, form=form, layout=layout, notation=notation, detail=detail, slopes=slopes, sections=sections)
    return write_document(with_numbers(page) if numbered else page, format)


def write_document(page: Document, format: str) -> str:
    """A document in one of the FORMATS."""
    if format not in FORMATS:
        raise SpecError(f"{format!r} is not a format; there are {', '.join(FORMATS)}")
    return FORMATS[format](page)
