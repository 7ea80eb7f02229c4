r"""Reports as one HTML page that needs no network: `html_report(sections) -> str`.

The document's formulas stand in their order, rendered, each with its verdict, the reason, the counterexample and the
correction beside it.  The page carries its style and its few lines of script; mathematics is MathML, which browsers render.

Documents are hostile: all text of theirs is escaped at the one place where it enters (`_safe`), and a content security policy
names the hash of the page's own script, so that no other could run even if one slipped through.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from itertools import groupby

from symback.verification.documents import PrintedFormula
from symback.verification.macros import Macro
from symback.verification.mathml import mathml
from symback.verification.parser import ParseError, parse
from symback.verification.report import VERDICTS, Report, Verdict
from symback.verification.report_style import SCRIPT, SIGNS, STYLE
from symback.verification.tree import Tree, walk

__all__ = ["Section", "html_report", "rendered"]

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_DOLLARS = re.compile(r"(?<!\\)\$([^$]+)\$")
_MARKS = re.compile(r"\*\*|`|\s*\{[#.][^{}]*\}\s*$")  # what Markdown sets around words of a heading, and Quarto's name of it
LONG_CHAIN = 30  # signs: a longer chain of equations stands one below the other
MAX_JUMPS = 60


@dataclass(frozen=True, slots=True)
class Section:
    """A report, and the document's formulas as printed, which know macros and headings (empty for a single formula)."""

    report: Report
    formulas: tuple[PrintedFormula, ...] = ()


def html_report(sections: Sequence[Section], only: Sequence[str] = ()) -> str:
    """The page; at first it shows the verdicts in `only`, or, if that is empty, all but mentions.

    >>> "<h2>notes.md</h2>" in html_report([Section(Report("notes.md"))])
    True
    """
    counts = sum((Counter(section.report.summary) for section in sections), Counter[str]())
    body = "\n".join(_section(section, number) for number, section in enumerate(sections, 1))
    names = ", ".join(section.report.file or "formula" for section in sections)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_policy()}">
<title>{_safe(names[:100])}: formulas judged by symback</title>
<style>{STYLE}</style>
</head>
<body>
<h1>Formulas judged</h1>
<p class="lead">{sum(counts.values())} formulas: {_counted(counts)}.</p>
<div class="filters" role="group" aria-label="verdicts shown" hidden>{_buttons(counts, only)}</div>
{body}
<script>{SCRIPT}</script>
</body>
</html>
"""


def _policy() -> str:
    """Nothing is loaded from anywhere, and only the page's own script runs."""
    digest = b64encode(sha256(SCRIPT.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _safe(text: str) -> str:
    """Text of a document as text of the page: nothing in it is markup, controls and direction marks are shown as such."""
    return escape(_CONTROLS.sub("\ufffd", text))


def _counted(counts: Mapping[str, int]) -> str:
    """12 proved, 1 refuted."""
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts.get(verdict)) or "none"


def _buttons(counts: Mapping[str, int], only: Sequence[str]) -> str:
    """A button for each verdict that was given."""
    pressed = set(only) if only else set(VERDICTS) - {"mention"}
    return "".join(
        f'<button type="button" class="{verdict}" data-verdict="{verdict}" aria-pressed="{"true" if verdict in pressed else "false"}">'
        f"{SIGNS[verdict]} {verdict} {counts[verdict]}</button>"
        for verdict in VERDICTS
        if counts.get(verdict)
    )


def _section(section: Section, number: int) -> str:
    """A document: its name, how it fared, and its formulas under its headings."""
    verdicts = section.report.formulas
    printed = section.formulas if len(section.formulas) == len(verdicts) else (None,) * len(verdicts)
    entries = [(verdict, formula, f"f{number}-{place}") for place, (verdict, formula) in enumerate(zip(verdicts, printed, strict=True), 1)]
    parts = []
    for headings, group in groupby(entries, key=lambda entry: entry[1].headings if entry[1] else ()):
        title = f"<h3>{' › '.join(map(_heading, headings))}</h3>" if headings else ""
        parts.append(f'<section class="part">{title}{"".join(_entry(*entry) for entry in group)}</section>')
    summary = section.report.summary
    name = section.report.file or "formula"
    return f"<h2>{_safe(name)}</h2>{_share(summary)}<p class='lead'>{_counted(summary)}</p>{_jumps(entries)}\n" + "\n".join(parts)


def _heading(title: str) -> str:
    """A heading or a tag with its formulas rendered, if all of them can be."""
    words = _DOLLARS.split(_MARKS.sub("", title))
    try:
        shown = [mathml(parse(piece), piece, False) if place % 2 else _safe(piece) for place, piece in enumerate(words)]
    except ParseError:
        return _safe(title)
    return _CONTROLS.sub("\ufffd", "".join(shown))


def _share(summary: Mapping[str, int]) -> str:
    """A bar that is divided as the verdicts are."""
    spans = "".join(f'<span class="{verdict}" style="flex:{count}"></span>' for verdict, count in summary.items())
    return f'<div class="share" aria-hidden="true">{spans}</div>'


def _jumps(entries: Sequence[tuple[Verdict, PrintedFormula | None, str]]) -> str:
    """Links to what is refuted."""
    refuted = [(verdict, name) for verdict, _, name in entries if verdict.verdict == "refuted"]
    links = " ".join(f'<a href="#{name}">{_lines(verdict)}</a>' for verdict, name in refuted[:MAX_JUMPS])
    more = f"and {len(refuted) - MAX_JUMPS} more" if len(refuted) > MAX_JUMPS else ""
    return f'<p class="jump">refuted: {links}{more}</p>' if refuted else ""


def _lines(verdict: Verdict) -> str:
    """Where the formula stands."""
    return f"line {verdict.line}" if verdict.end_line <= verdict.line else f"lines {verdict.line}–{verdict.end_line}"


def _entry(verdict: Verdict, printed: PrintedFormula | None, name: str) -> str:
    """One formula: what it is, how it looks, and what is to be said about it."""
    word = verdict.verdict
    about = [f"<b>{SIGNS[word]} {word}</b>", f'<a href="#{name}">{_lines(verdict)}</a>']
    about += [_safe(verdict.kind)] if verdict.kind != word else []
    about += [f"({_heading(printed.tag)})"] if printed and printed.tag else []
    shown = rendered(verdict.latex, printed.macros if printed else None)
    return (
        f'<article class="formula {word}" id="{name}" data-verdict="{word}"><div class="about">'
        + "".join(f"<span>{piece}</span>" for piece in about)
        + f'{_source(verdict.latex)}</div><div class="shown">{shown}</div>{_why(verdict)}</article>'
    )


def rendered(latex: str, macros: Mapping[str, Macro] | None = None) -> str:
    r"""A formula as MathML; what cannot be read is shown as it was written.

    >>> rendered(r"\frac{<b>")
    '<code>\\frac{&lt;b&gt;</code>'
    >>> rendered("x")
    '<math display="block"><mi>x</mi></math>'
    """
    try:
        tree = parse(latex, macros)
    except ParseError:
        return f"<code>{_safe(latex)}</code>"
    shown = mathml(Tree("aligned", (tree,), "aligned")) if _is_long_chain(tree) else mathml(tree, latex)
    return _CONTROLS.sub("\ufffd", shown)


def _is_long_chain(tree: Tree) -> bool:
    """True for a = b = c of more signs than a line should have."""
    if tree.kind != "relation" or len(tree.children) < 5:
        return False
    return sum(len(node.text) if node.kind == "number" else not node.children for node in walk(tree)) > LONG_CHAIN


def _source(latex: str) -> str:
    """The LaTeX, shown when asked for."""
    return f"<details><summary>LaTeX</summary><code>{_safe(latex)}</code></details>"


def _why(verdict: Verdict) -> str:
    """Reason, counterexample, correction and assumptions, as far as there are any."""
    pieces = [f"<p>{_safe(verdict.reason)}</p>"] if verdict.reason else []
    if verdict.diagnosis:
        pieces.append(f'<p><span class="label">what went wrong:</span> {_safe(verdict.diagnosis)}</p>')
    if verdict.correction:
        correct = f'<div class="shown">{rendered(verdict.correction)}</div>{_source(verdict.correction)}'
        pieces.append(f'<div class="correction"><span class="label">this would be right:</span>{correct}</div>')
    if verdict.counterexample and verdict.counterexample not in verdict.reason:
        pieces.append(f"<details open><summary>counterexample</summary><code>{_safe(verdict.counterexample)}</code></details>")
    if verdict.assumptions:
        items = "".join(f"<li>{_safe(assumption)}</li>" for assumption in verdict.assumptions)
        pieces.append(f"<details><summary>read as follows</summary><ul>{items}</ul></details>")
    return f'<div class="why">{"".join(pieces)}</div>' if pieces else ""
