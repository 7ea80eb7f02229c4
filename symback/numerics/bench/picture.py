"""The plot of a report: one panel for each configuration, one bar for each contestant, the yardstick as a line at 1."""

import io

from symback.errors import UnsupportedError
from symback.numerics.bench.contestants import YARDSTICK
from symback.numerics.bench.measuring import BenchReport, Measured

__all__ = ["plot"]

OURS, OTHERS = "#1f5fa8", "#b9bec6"
COLUMNS = 2


def plot(report: BenchReport, form: str = "svg") -> bytes:
    """The picture, as SVG or PNG; shorter bars are faster, on a logarithmic scale."""
    try:
        from matplotlib.figure import Figure  # an optional extra, and half a second
    except ImportError:
        raise UnsupportedError("a plot needs matplotlib; pip install 'symback[bench]' installs it") from None
    names = list(dict.fromkeys(row.configuration for row in report.rows))
    columns = min(COLUMNS, len(names))
    lines = -(-len(names) // columns)
    counts = max(len(_shown(report, name)) for name in names)
    figure = Figure(figsize=(5.2 * columns, lines * (0.9 + 0.27 * counts)), layout="constrained")
    for place, name in enumerate(names, 1):
        axes = figure.add_subplot(lines, columns, place)
        rows = _shown(report, name)
        values = [row.ratio for row in rows]
        spread = [[max(0, row.ratio - row.low) for row in rows], [max(0, row.high - row.ratio) for row in rows]]
        colours = [OURS if row.contestant.startswith("symback") else OTHERS for row in rows]
        axes.barh([row.contestant for row in rows], values, color=colours, xerr=spread, ecolor="#555555", height=0.72)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.axvline(1, color="#333333", linewidth=0.8)
        axes.invert_yaxis()
        axes.set_title(name, fontsize=10, loc="left")
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        for row, value in zip(rows, values, strict=True):
            axes.annotate(f" {value:.3g}", (max(value, row.high), row.contestant), va="center", fontsize=7)
        axes.margins(x=0.16)
    threads = f"{report.threads} thread{'s' if report.threads > 1 else ''}"
    figure.suptitle(f"Time of one evaluation of cost and gradients, bare matrix products = 1, {threads}", fontsize=11)
    written = io.BytesIO()
    figure.savefig(written, format=form, dpi=150)
    return written.getvalue()


def _shown(report: BenchReport, configuration: str) -> list[Measured]:
    """Those who took part, the fastest first."""
    rows = [row for row in report.rows if row.configuration == configuration and not row.missing and row.contestant != YARDSTICK]
    return sorted(rows, key=lambda row: row.ratio)
