"""`symback derive SPEC`: the page of a network, and at its end the check against the hand-derived equations."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace

from symback.cli.checks import check_blocks, exit_code_of
from symback.cli.commands.networks import graph_of, network_of
from symback.cli.pages import check_ending, looking_as_wanted, write_page
from symback.cli.progress import Tick, shown_progress, silent, with_ticks
from symback.errors import SpecError
from symback.language.letters import notation_named
from symback.network import Graph, Network
from symback.pipeline import Derivation, derive, derive_generic
from symback.presentation import document, with_numbers
from symback.presentation.blocks import Document
from symback.presentation.text import write_text
from symback.verification.textbook_proofs import CheckedFormula, check_against_textbook

__all__ = ["page_of", "run"]


def run(options: argparse.Namespace) -> int:
    """Derive, check, and print or write the page."""
    check_ending(options.output)
    with shown_progress() as told:
        page, rows = page_of(options, told)
        page = with_ticks(page, told("writing the page"))
        text = write_text(page, is_styled=sys.stdout.isatty()) if options.output is None else ""
        if options.output is not None:
            write_page(page, options.output)
    sys.stdout.write(text)
    return exit_code_of(rows)


def page_of(options: argparse.Namespace, told: Callable[[str], Tick] = silent) -> tuple[Document, list[CheckedFormula]]:
    """The page that the options describe, and the verdicts that stand at its end; `told` shows how far it has come."""
    notation = notation_named(options.notation)
    layout = options.layout or notation.layout
    graph = graph_of(options)
    if graph is not None:
        return _page_of_graph(graph, options), []
    network = network_of(options)
    for remark in network.remarks:
        print(f"remark: {remark}", file=sys.stderr)
    derived = _derive(network, options.batch or layout == "row")
    manner = {"form": options.form, "layout": layout, "notation": notation, "detail": options.detail, "slopes": options.slopes}
    page = document(derived, **manner, sections=options.sections, progress=told("telling the steps"))
    rows = [row for derivation in _each(derived) for row in check_against_textbook(derivation)]
    page = replace(page, blocks=(*page.blocks, *check_blocks(rows, layout)))
    return looking_as_wanted(page, network, options), rows


def _page_of_graph(graph: Graph, options: argparse.Namespace) -> Document:
    """The page of a graph, whose matrices are written as they are named."""
    manner = {"form": options.form, "notation": options.notation, "detail": options.detail, "slopes": options.slopes}
    page = document(derive(graph), **manner, layout=options.layout, sections=options.sections)
    if options.picture:
        raise SpecError("there is no picture of a graph; leave out --picture")
    return with_numbers(page) if options.numbered else page


def _derive(network: Network, batch: bool) -> Derivation | tuple[Derivation, Derivation]:
    """The derivation of a network; of one of symbolic depth, those of layer L and of a layer l."""
    if not network.is_generic:
        return derive(network, batch=batch)
    pieces = derive_generic(network, batch=batch)
    if pieces is None:
        raise SpecError("the hidden layers are not all alike, so no one formula holds for a layer l; give every size, such as 4-3-3-2")
    return pieces


def _each(derived: Derivation | tuple[Derivation, Derivation]) -> tuple[Derivation, ...]:
    return (derived,) if isinstance(derived, Derivation) else derived
