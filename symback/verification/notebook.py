"""Formulas of a Jupyter notebook: its Markdown cells, each read by itself; lines count over the joined cells."""

from __future__ import annotations

import json

from symback.verification.markdown import markdown_page
from symback.verification.pages import DocumentError, Found, Heading, Page

__all__ = ["notebook_page"]


def notebook_page(raw: str) -> Page:
    """The formulas of a notebook's Markdown cells, joined by line ends.

    >>> notebook_page('{"cells": [{"cell_type": "markdown", "source": ["Let $x$"]}]}').found[0].inside
    5
    """
    try:
        notebook = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"the notebook is not valid JSON: {error}; save it again from Jupyter") from error
    texts, found, headings, skipped, remarks = [], list[Found](), list[Heading](), list[tuple[int, int]](), list[tuple[int, str]]()
    offset = 0
    for source in _markdown_sources(notebook):
        page = markdown_page(source)
        found.extend(_shifted(one, offset) for one in page.found)
        headings.extend(Heading(one.start + offset, one.level, one.title) for one in page.headings)
        skipped.extend((start + offset, end + offset) for start, end in page.skipped)
        remarks.extend((place + offset, words) for place, words in page.remarks)
        texts.append(source)
        offset += len(source) + 1
    return Page("\n".join(texts), tuple(found), tuple(headings), tuple(skipped), {}, tuple(remarks))


def _markdown_sources(notebook: object) -> list[str]:
    """The texts of the Markdown cells, in the current layout and in that of old notebooks (worksheets)."""
    if not isinstance(notebook, dict):
        raise DocumentError("the notebook is no JSON object; save it again from Jupyter")
    cells = notebook.get("cells")
    if cells is None and isinstance(sheets := notebook.get("worksheets"), list) and sheets and isinstance(sheets[0], dict):
        cells = sheets[0].get("cells")
    if not isinstance(cells, list):
        raise DocumentError("the notebook has no list of cells; save it again from Jupyter")
    sources = []
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "markdown":
            source = cell.get("source", "")
            parts = source if isinstance(source, list) else [source]
            sources.append("".join(part for part in parts if isinstance(part, str)).replace("\r\n", "\n").replace("\x00", " "))
    return sources


def _shifted(found: Found, offset: int) -> Found:
    """A formula of a cell at its place in the joined text."""
    return Found(
        found.start + offset,
        found.end + offset,
        found.inside + offset,
        found.inside_end + offset,
        found.delimiter,
        found.display,
        found.latex,
    )
