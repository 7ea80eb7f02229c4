r"""The rule of a written-out matrix: its entry at row i and column j, for matrices with dots and for small ones without.

    \\begin{bmatrix} \\delta_1 a_1 & \\delta_1 a_2 \\\\ \\delta_2 a_1 & \\delta_2 a_2 \\end{bmatrix}   ->   δ_i a_j

`written_out` finds the rule of what has dots; what has none follows a rule if its rows and columns do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symback.verification.index_runs import Run, generalise
from symback.verification.mentions import integer_of, letters_with_commas, with_listed_indices
from symback.verification.tree import Tree
from symback.verification.written_out import WrittenMatrix, written_matrix

__all__ = ["GeneralEntry", "general_entry"]


@dataclass(frozen=True, slots=True)
class GeneralEntry:
    """The entry with `placeholder(0)` for the row and `placeholder(1)` for the column; the runs of both; the diagonal's own entry."""

    entry: Tree
    rows: Run | None
    columns: Run | None
    diagonal: Tree | None = None

    @property
    def begins_and_rises(self) -> bool:
        """x_0, x_1, … or x_1, x_2, …: what begins elsewhere is a part, and what falls is upside down."""
        runs = [run for run in (self.rows, self.columns) if run is not None]
        return all(run.step > 0 and (run.first is None or integer_of(run.first) in (None, 0, 1)) for run in runs)


def general_entry(tree: Tree) -> GeneralEntry | None:
    """The rule of a matrix or tuple, or None if its entries follow none.

    Touching digits may be one number or two: w_{11}, w_{12}, w_{13} are entries 11 to 13 of a vector, or a row of a matrix.
    """
    readings = dict.fromkeys((with_listed_indices(tree), with_listed_indices(tree, letters_with_commas(tree)), tree))
    rules = [rule for reading in readings if (rule := _rule_of(reading)) is not None]
    return next((rule for rule in rules if rule.begins_and_rises), rules[-1] if rules else None)


def _rule_of(tree: Tree) -> GeneralEntry | None:
    matrix = written_matrix(tree)
    if matrix is None or matrix.slips or matrix.lines != "entries":
        return None
    if matrix.entry is not None and (matrix.rows is not None or matrix.columns is not None):
        return GeneralEntry(matrix.entry, matrix.rows, matrix.columns, matrix.diagonal)
    if matrix.pattern or not matrix.entries or len(matrix.entries) * len(matrix.entries[0]) > 64:
        return None
    return _without_dots(matrix)


def _without_dots(matrix: WrittenMatrix) -> GeneralEntry | None:
    if len({len(row) for row in matrix.entries}) != 1:
        return None
    if len(matrix.entries[0]) == 1:
        family = generalise([row[0] for row in matrix.entries], 0)
        return None if family is None or family.slips else GeneralEntry(family.entry, family.run, None)
    if (diagonal := _diagonal(matrix)) is not None:
        return diagonal
    rows = [_line(row) for row in matrix.entries]
    if any(row is None for row in rows):
        return None
    entries, run = [row[0] for row in rows if row is not None], rows[0][1] if rows[0] is not None else None
    if len(entries) == 1:
        return GeneralEntry(entries[0], None, run)
    family = generalise(entries, 0)
    return None if family is None or family.slips else GeneralEntry(family.entry, family.run, run)


def _diagonal(matrix: WrittenMatrix) -> GeneralEntry | None:
    r"""\begin{bmatrix} s_1 & 0 \\ 0 & s_2 \end{bmatrix}: zeros, but for entries on the diagonal that follow a rule."""
    size = len(matrix.entries)
    off = [matrix.entries[row][column] for row in range(size) for column in range(len(matrix.entries[0])) if row != column]
    if size < 2 or len(matrix.entries[0]) != size or any(entry.text != "0" for entry in off):
        return None
    family = generalise([matrix.entries[place][place] for place in range(size)], 0)
    if family is None or family.slips or family.run.first is None:
        return None
    return GeneralEntry(off[0], family.run, family.run, family.entry)


def _line(row: Sequence[Tree]) -> tuple[Tree, Run] | None:
    family = generalise(list(row), 1)
    return None if family is None or family.slips else (family.entry, family.run)
