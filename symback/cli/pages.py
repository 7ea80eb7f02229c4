"""Pages as files: the ending of the name chooses the format."""

import argparse
import sys
from pathlib import Path

from symback.cli.files import write_atomically
from symback.errors import SpecError
from symback.network import Network
from symback.presentation import with_numbers, with_picture, write_document
from symback.presentation.blocks import Document
from symback.presentation.markdown import picture_files, write_markdown
from symback.presentation.pdf import find_pdflatex, write_pdf

__all__ = ["FORMAT_OF", "check_ending", "looking_as_wanted", "write_page"]

FORMAT_OF = {".tex": "latex", ".md": "markdown", ".html": "html", ".pdf": "pdf", ".txt": "text"}


def check_ending(path: str | None) -> None:
    """Refuse a file whose name asks for no known format, or for one that cannot be had here, before anything is computed."""
    if path is not None and _format_of(path) == "pdf":
        find_pdflatex()


def _format_of(path: str) -> str:
    """The format that the name of the file asks for.

    >>> _format_of("page.html")
    'html'
    """
    for ending, name in FORMAT_OF.items():
        if path.endswith(ending):
            return name
    raise SpecError(f"{path} has an ending of no known format; name a file that ends in {', '.join(FORMAT_OF)}")


def looking_as_wanted(page: Document, network: Network, options: argparse.Namespace) -> Document:
    """The page with its network drawn and its equations numbered, where the options say so."""
    drawn = with_picture(page, network) if options.picture else page
    return with_numbers(drawn) if options.numbered else drawn


def write_page(page: Document, path: str) -> None:
    """Write the page to a file, with the pictures of a Markdown page beside it, and say so."""
    name = _format_of(path)
    if name == "pdf":
        write_atomically(path, write_pdf(page))
    elif name == "markdown":
        _write_markdown(page, Path(path))
    else:
        write_atomically(path, write_document(page, name))
    print(f"wrote {path}", file=sys.stderr)


def _write_markdown(page: Document, path: Path) -> None:
    """The pictures first, so that the page never misses one."""
    for name, picture in picture_files(page, path.stem).items():
        write_atomically(path.with_name(name), picture)
    write_atomically(path, write_markdown(page, path.stem))
