"""The verdicts of a document in the terminal: a table of its claims, and a line that counts them all.

In a terminal the columns share its width; in a pipe each formula is one line, as wide as it is, for `grep` and `less -S`.
Documents are hostile: what could steer a terminal is replaced before it is shown.
"""

import re
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from symback.verification.report import VERDICTS, Report, Verdict

__all__ = ["exit_code_of", "summary_line", "verdict_table"]

FINE, REFUTED, LEFT_OPEN = 0, 1, 3
LESS_WANTED = ("definition", "mention")  # no claims: counted, and listed when asked for
STYLES = {
    "proved": "green", "refuted": "bold red", "conditional": "magenta", "undecided": "yellow", "unreadable": "bright_black",
    "definition": "blue", "mention": "dim",
}  # fmt: skip
LONGEST_FORMULA = 100
WIDE = 100_000
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def exit_code_of(reports: Sequence[Report]) -> int:
    """1 if anything is refuted, else 3 if a claim is left open, else 0."""
    given = {verdict for report in reports for verdict in report.summary}
    if "refuted" in given:
        return REFUTED
    return LEFT_OPEN if given & {"undecided", "unreadable", "conditional"} else FINE


def verdict_table(report: Report, only: Sequence[str], width: int | None) -> str:
    """The rows that are wanted, `width` columns wide (in colours), or as wide as they are (None, without)."""
    wanted = [verdict for verdict in report.formulas if _is_wanted(verdict, only)]
    if not wanted:
        return ""
    table = Table(box=box.SIMPLE_HEAD if width else None, pad_edge=False, show_edge=False, header_style="bold" if width else "")
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("formula", ratio=1, overflow="fold")
    table.add_column("reason", ratio=1, overflow="fold")
    for verdict in wanted:
        remarks = ("\n" if width else "; ").join(_remarks(verdict))
        named = Text(verdict.verdict, STYLES[verdict.verdict] if width else "")
        table.add_row(Text(str(verdict.line)), named, Text(one_line(verdict.latex, LONGEST_FORMULA)), Text(remarks))
    console = Console(width=width or WIDE, force_terminal=bool(width), no_color=not width, highlight=False)
    with console.capture() as captured:
        console.print(table, crop=False, soft_wrap=False)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def summary_line(report: Report, only: Sequence[str]) -> str:
    """How many formulas, how many of each verdict, and which are not listed."""
    summary = report.summary
    counted = ", ".join(f"{summary[verdict]} {verdict}" for verdict in VERDICTS if verdict in summary) or "nothing to judge"
    total = sum(summary.values())
    hidden = [verdict for verdict in LESS_WANTED if not only and verdict in summary]
    hint = f" (--only {','.join(hidden)} lists those too)" if hidden else ""
    return f"{one_line(report.file or 'formula', WIDE)}: {total} formula{'' if total == 1 else 's'}: {counted}{hint}"


def one_line(text: str, longest: int) -> str:
    r"""Blanks run together, steering signs replaced, and the middle left out where it is too long.

    >>> one_line("a =\n  b + c + d", 9)
    'a = b…+ d'
    """
    line = _STEERING.sub("\ufffd", " ".join(text.split()))
    if len(line) <= longest:
        return line
    tail = longest // 3
    return f"{line[: longest - tail - 1]}…{line[len(line) - tail :]}"


def _is_wanted(verdict: Verdict, only: Sequence[str]) -> bool:
    """Those asked for, or all claims."""
    return verdict.verdict in only if only else verdict.verdict not in LESS_WANTED


def _remarks(verdict: Verdict) -> list[str]:
    """The reason, what went wrong, and what would be right."""
    remarks = [one_line(verdict.reason, WIDE)] if verdict.reason else []
    if verdict.diagnosis:
        remarks.append(f"what went wrong: {one_line(verdict.diagnosis, WIDE)}")
    if verdict.correction:
        remarks.append(f"right: {one_line(verdict.correction, WIDE)}")
    return remarks
