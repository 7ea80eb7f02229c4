"""The verdicts of the textbook's check as a table, and as an exit code."""

import re
from collections.abc import Iterable, Sequence

import sympy

from symback.language.names import Name
from symback.presentation.blocks import Block, Heading, Math, Prose, Span, Spans, Table, Written
from symback.presentation.manner import Manner, matrix_or_index
from symback.verification.textbook_proofs import NOT_PROVED, REFUTED, CheckedFormula

__all__ = ["check_blocks", "exit_code_of"]

FINE, FAILED, UNDECIDED = 0, 1, 3
MOST_ROWS = 16
_FACT = re.compile(r"Σₖ ([a-z])ₖ = ([0-9]+)")
_NAME = re.compile(r"(Σₖ [a-z]ₖ = [0-9]+|(?:dC/d)?[A-Za-z]+(?:_[A-Za-z0-9]+)*\^(?:[0-9]+|\([lL][+-][0-9]+\)|[lL]))")


def exit_code_of(rows: Iterable[CheckedFormula]) -> int:
    """1 if anything is refuted, else 3 if anything is undecided, else 0."""
    verdicts = {row.verdict for row in rows}
    return FAILED if REFUTED in verdicts else UNDECIDED if NOT_PROVED in verdicts else FINE


def check_blocks(rows: Sequence[CheckedFormula], layout: str) -> list[Block]:
    """The section that ends a page: each formula, the equation that speaks of it as it reads for this network, and the verdict."""
    groups = [[row] for row in rows] if len(rows) <= MOST_ROWS else _alike(rows)
    introduction = "The equations that a textbook derives by hand, each as it reads for this network:"
    table = Table((("derived by hand",), ("what it gives",), ("verdict",)), tuple(_row(group, layout) for group in groups))
    proved = sum(row.ok and bool(row.number) for row in rows)
    summary = f"{proved} of {sum(bool(row.number) for row in rows)} formulas that the equations speak of are proved equal to them."
    return [Heading(("Check against the hand-derived equations",)), Prose((introduction,)), table, Prose((summary,))]


def _alike(rows: Sequence[CheckedFormula]) -> list[list[CheckedFormula]]:
    """Rows of one equation and one verdict, together."""
    groups: dict[tuple, list[CheckedFormula]] = {}
    for row in rows:
        groups.setdefault((_kind(row), row.number, row.verdict, row.reason, row.facts), []).append(row)
    return list(groups.values())


def _kind(row: CheckedFormula) -> tuple[str, bool]:
    name = Name.parse(row.formula)
    return name.letter, name.is_gradient


def _row(group: list[CheckedFormula], layout: str) -> tuple[Spans, ...]:
    row = group[0]
    more = "" if len(group) == 1 else f" and {len(group) - 1} more"
    using = f", using {' and '.join(row.facts)}" if row.facts else ""
    reason = f": {row.reason}" if row.reason else ""
    return (*_stated(row, layout), more), (_words_for(row),), _spans(f"{row.verdict}{using}{reason}")


def _words_for(row: CheckedFormula) -> str:
    """What the equation gives: "error of a hidden layer"."""
    return row.title.partition(",")[0]


def _stated(row: CheckedFormula, layout: str) -> Spans:
    """The equation derived by hand, in the letters and the layout of the page; the name alone where there is none."""
    if row.symbol is None or row.stated is None:
        return (_named(row.formula),)
    return (Math(matrix_or_index(row.symbol, row.stated, Manner(form="matrix", layout=layout))),)


def _named(name: str) -> Math:
    """The quantity of that name as the page writes it; as a matrix, of which the name alone is shown."""
    return Math((sympy.MatrixSymbol(name, 1, 1),))


def _spans(words: str) -> Spans:
    """Words in which the names of quantities, such as a^2, and side facts, such as Σₖ yₖ = 1, become mathematics."""
    return tuple(map(_span, filter(None, _NAME.split(words))))


def _span(part: str) -> Span:
    if _NAME.fullmatch(part):
        fact = _FACT.fullmatch(part)
        return _named(part) if fact is None else Written(rf"\sum_k {fact[1]}_k = {fact[2]}", part)
    return part
