"""`symback bench`: how fast the gradient functions are on this machine; a table, data, or a picture.

The libraries decide how many threads they take when they are first imported.  So the measuring is done by a process of its
own, which is started with that decided for all of them, and which may use only so many processors.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from symback.cli.checks import FAILED, FINE
from symback.cli.commands.networks import network_of
from symback.cli.files import write_atomically
from symback.errors import SpecError
from symback.numerics.bench import CONFIGURATIONS, CONTESTANTS, BenchReport, Configuration, measure
from symback.numerics.bench.picture import plot

__all__ = ["run"]

INSIDE = "SYMBACK_BENCH_THREADS"
WIDEST = 200


def run(options: argparse.Namespace) -> int:
    """Check what is asked for, and measure it in a process with the right number of threads; 1 if somebody's numbers are wrong."""
    configurations = _configurations(options)
    names = _names(options.only, CONTESTANTS, "contestant")
    if options.threads < 1 or options.rounds < 1 or options.batch < 1:
        raise SpecError("threads, rounds and batch are at least 1")
    if options.plot is not None and not options.plot.endswith((".svg", ".png")):
        raise SpecError(f"a plot is written as SVG or PNG, not {options.plot}; name a file that ends in .svg or .png")
    if os.environ.get(INSIDE) != str(options.threads):
        return subprocess.run(
            [sys.executable, "-m", "symback", *_arguments(options)], env=_environment(options.threads), check=False
        ).returncode
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    report = _measured(configurations, names, options)
    if options.plot is not None:
        write_atomically(options.plot, plot(report, options.plot.rpartition(".")[2]))
        print(f"wrote {options.plot}", file=sys.stderr)
    if options.json:
        print(report.to_json())
    else:
        _show(report)
    return FAILED if report.disagreeing else FINE


def _configurations(options: argparse.Namespace) -> list[Configuration]:
    """The network that is given, or those of the table."""
    if options.spec is not None:
        if options.configurations is not None:
            raise SpecError("SPEC or --configurations: one of the two")
        configuration = Configuration(options.spec[-40:], network_of(options), options.batch, options.dtype)
        return [configuration] if configuration.shapes else []
    if options.activation is not None or options.cost is not None:
        raise SpecError("--activation and --cost belong to a SPEC")
    names = _names(options.configurations, CONFIGURATIONS, "configuration")
    return [configuration for name, configuration in CONFIGURATIONS.items() if names is None or name in names]


def _names(text: str | None, table, what: str) -> list[str] | None:
    """Names with commas between, all of them in the table."""
    names = None if text is None else [name.strip() for name in text.split(",")]
    for name in names or ():
        if name not in table:
            raise SpecError(f"there is no {what} called {name[:40]!r}; there are {', '.join(table)}")
    return names


def _arguments(options: argparse.Namespace) -> list[str]:
    """The command line once more."""
    given = {"activation": options.activation, "cost": options.cost, "configurations": options.configurations, "only": options.only}
    given |= {"batch": options.batch, "dtype": options.dtype, "threads": options.threads, "rounds": options.rounds, "plot": options.plot}
    flags = [f"--{name}={value}" for name, value in given.items() if value is not None]
    return ["bench", *flags, *(["--json"] if options.json else []), *([] if options.spec is None else ["--", options.spec])]


def _environment(threads: int) -> dict[str, str]:
    """So many threads for every library that reads it here."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", INSIDE)
    return dict(os.environ) | dict.fromkeys(names, str(threads)) | {"JAX_PLATFORMS": os.environ.get("JAX_PLATFORMS", "cpu")}


def _measured(configurations: Sequence[Configuration], names: list[str] | None, options: argparse.Namespace) -> BenchReport:
    """The report, with a line on stderr that says what is being done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return measure(configurations, names, options.threads, options.rounds)
    with console.status("preparing") as status:
        return measure(configurations, names, options.threads, options.rounds, status.update)


def _show(report: BenchReport) -> None:
    """Ratios to the bare products, the quartiles below; who is missing, on stderr."""
    configurations = list(dict.fromkeys(row.configuration for row in report.rows))
    title = f"time of one evaluation, bare matrix products = 1, {report.threads} thread{'s' if report.threads > 1 else ''}"
    table = Table(title=title, caption="median of the rounds, below it the quartiles")
    table.add_column("")
    for name in configurations:
        table.add_column(name, justify="right")
    cells = {(row.contestant, row.configuration): row for row in report.rows}
    missing: dict[str, dict[str, None]] = {}
    for contestant in dict.fromkeys(row.contestant for row in report.rows):
        found = [cells[contestant, name] for name in configurations]
        for row in found:
            if row.missing:
                missing.setdefault(contestant, {})[row.missing] = None
        if any(not row.missing for row in found):
            table.add_row(
                contestant, *("–" if row.missing else f"{_short(row.ratio)}\n[dim]{_short(row.low)}-{_short(row.high)}[/]" for row in found)
            )
    console = Console(width=None if sys.stdout.isatty() else WIDEST)
    console.print(table)
    for contestant, reasons in missing.items():
        print(f"{contestant}: {'; '.join(reasons)}", file=sys.stderr)


def _short(ratio: float) -> str:
    """Three figures: 0.0281, 0.862, 12.3, 198."""
    return f"{ratio:.3g}" if ratio < 100 else f"{ratio:.0f}"
