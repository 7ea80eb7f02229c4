"""A report as the table that a notebook shows: formulas as MathML, verdicts as words with their signs.

It stands inside a page that is not ours, light or dark: colours are the notebook's own, and the style has a name of its own.
"""

from __future__ import annotations

from html import escape

from symback.language.mathml_elements import MATHML_STYLE
from symback.verification.html_report import rendered
from symback.verification.report import VERDICTS, Report, Verdict
from symback.verification.report_style import SIGNS

__all__ = ["report_cells"]

MOST_ROWS = 100
_STYLE = f"""<style>
.symback td, .symback th {{ text-align: left; vertical-align: top; }}
.symback td:nth-child(2), .symback th:nth-child(2) {{ max-width: 34em; overflow-x: auto; }}
.symback td:nth-child(3) {{ max-width: 30em; white-space: normal; }}
.symback math[display] {{ width: max-content; margin: 0; }}
.symback .refuted b {{ text-decoration: underline; }}
.symback {{ {MATHML_STYLE} }}
</style>"""


def report_cells(report: Report) -> str:
    """Counts, and a row for each formula that was judged; of formulas that claim nothing only the number.

    >>> "1 refuted" in report_cells(Report("page.md", (Verdict(3, 3, "a = b", "identity", "refuted"),)))
    True
    """
    judged = [verdict for verdict in report.formulas if verdict.verdict != "mention"]
    counts = ", ".join(f"{count} {word}" for word, count in report.summary.items()) or "no formulas"
    title = f"<b>{escape(report.file or 'formula')}</b>: {counts}"
    if not judged:
        return f'<div class="symback"><p>{title}</p></div>'
    rows = "\n".join(map(_row, sorted(judged[:MOST_ROWS], key=lambda verdict: verdict.line)))
    more = f"<p>and {len(judged) - MOST_ROWS} more</p>" if len(judged) > MOST_ROWS else ""
    header = "<tr><th>verdict</th><th>formula</th><th>why</th></tr>"
    return f'{_STYLE}\n<div class="symback"><p>{title}</p>\n<table>\n{header}\n{rows}\n</table>{more}</div>'


def _row(verdict: Verdict) -> str:
    """What was found, of which formula, and why."""
    word = verdict.verdict if verdict.verdict in VERDICTS else "undecided"
    why = [escape(verdict.reason)] if verdict.reason else []
    why += [f"what went wrong: {escape(verdict.diagnosis)}"] if verdict.diagnosis else []
    why += [f"this would be right: {rendered(verdict.correction)}"] if verdict.correction else []
    cells = (f"<b>{SIGNS[word]} {word}</b><br>line {verdict.line}", rendered(verdict.latex), "<br>".join(why))
    return f'<tr class="{word}">{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
