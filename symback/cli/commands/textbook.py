"""`symback textbook`: the hand-derived equations, proved equal to what the engine derives, and measured on random networks."""

import argparse
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.progress import track

from symback.cli.checks import FAILED, FINE
from symback.language.letters import notation_named
from symback.presentation.blocks import Block, Document, Heading, Items, Prose, Spans, Table, Written
from symback.presentation.text import write_text
from symback.verification.textbook import TextbookReport, TextbookRow, run_textbook
from symback.verification.textbook_numbers import ROADS, TOLERANCES

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Print the report, as a table or as JSON; 1 if anything fails."""
    chosen = {name: value for name in ("trials", "seed") if (value := getattr(options, name)) is not None}
    report = run_textbook(**chosen, track=_with_bar if sys.stderr.isatty() else iter)
    if options.json:
        print(report.to_json())
    else:
        sys.stdout.write(write_text(_page(report), is_styled=sys.stdout.isatty()))
    return FINE if report.ok else FAILED


def _with_bar(trials: Sequence[int]) -> Iterable[int]:
    """The trials one by one, and a bar on stderr that shows how many are done."""
    console = Console(stderr=True)
    return track(trials, description="measuring on random networks", console=console, transient=True)


def _page(report: TextbookReport) -> Document:
    tolerances = ", ".join(f"{TOLERANCES[road]:.0e} for {road}" for road in ROADS)
    failed = [row for row in report.rows if not row.ok]
    verdict = "Every equation is proved, and every number agrees." if report.ok else f"{len(failed)} of {len(report.rows)} equations fail."
    blocks: list[Block] = [
        Heading(("Proofs",)),
        Prose(("Each equation, stated by hand, beside what the engine derives, with symbolic sizes.",)),
        _proofs(report.rows),
        Heading(("Numbers",)),
        Prose((f"Largest relative deviation in {report.trials} random networks, seed {report.seed}; allowed are {tolerances}.",)),
        _numbers(report.rows),
    ]
    if failed:
        blocks.append(Items(tuple((f"{row.number}: {row.reason or 'a number deviates by more than is allowed'}",) for row in failed)))
    return Document(("The hand-derived equations",), (*blocks, Prose((verdict,))), notation_named("nielsen"))


def _proofs(rows: Sequence[TextbookRow]) -> Table:
    def cells(row: TextbookRow) -> tuple[Spans, ...]:
        using = f", using {' and '.join(row.facts)}" if row.facts else ""
        return (row.number,), (Written(row.latex, row.text),), (row.proof + using,), ("; ".join(row.proved_for),)

    return Table((("equation",), ("statement",), ("verdict",), ("for",)), tuple(map(cells, rows)))


def _numbers(rows: Sequence[TextbookRow]) -> Table:
    def cells(row: TextbookRow) -> tuple[Spans, ...]:
        deviations = ((f"{row.deviations[road]:.1e}" if road in row.deviations else "",) for road in ROADS)
        return (row.number,), *deviations, (str(row.trials),), ("agrees" if row.ok else "FAILS",)

    measured = (row for row in rows if row.trials or not row.ok)
    return Table((("equation",), *((road,) for road in ROADS), ("trials",), ("verdict",)), tuple(map(cells, measured)))
