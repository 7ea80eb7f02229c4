r"""What is printed in a matrix or tuple: its entries, and on which lines there are dots instead.

Dots, bars (`|` above and below a column) and dashes (`--- w_1 ---`) are drawing, not entries.  What is left must be a full
rectangle; a matrix with holes follows a rule that is not printed, and gives None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symback.verification.index_runs import Axis, axis_of, is_dots, items_of
from symback.verification.tree import Tree, operands_of, operators_of, walk

__all__ = ["Grid", "matrix_grid", "tuple_items"]

MAX_LINES = 60  # printed rows or columns of a matrix
MAX_NODES = 8000


@dataclass(frozen=True, slots=True)
class Grid:
    """Printed entries without dots, the axes they stand on, and where each line stands on the page."""

    entries: tuple[tuple[Tree, ...], ...]
    rows: Axis
    columns: Axis
    row_places: tuple[int, ...]
    column_places: tuple[int, ...]
    lines: str = "entries"


def tuple_items(inside: Tree, bare: bool) -> list[Tree] | None:
    """The items of a list, also of `[a b ... c]` without commas; None if there are none."""
    if inside.kind == "list" or (not bare and inside.kind == "statements" and set(operators_of(inside)) == {";"}):
        return items_of(operands_of(inside))
    items = [] if bare else items_of([inside])
    return items if len(items) > 1 else None


def matrix_grid(tree: Tree) -> Grid | None:
    """The entries of a matrix and its axes; None where they do not form a rectangle."""
    rows = [list(row.children) for row in tree.children]
    if len(rows) == 1:  # a & b \cdots c in one row: the & are not all there
        rows = [items_of(rows[0])] if len(rows[0]) > 1 else rows
    width = max(map(len, rows), default=0)
    if not 0 < width <= MAX_LINES or len(rows) > MAX_LINES or sum(1 for _ in walk(tree)) > MAX_NODES:
        return None
    rows = [row + [Tree("empty")] * (width - len(row)) for row in rows]
    stripped, is_row = _without_dashes(_with_zeros(rows))
    kinds = [[_kind(cell) for cell in row] for row in stripped]
    row_places = [place for place, row in enumerate(kinds) if "entry" in row]
    column_places = [place for place, column in enumerate(zip(*kinds, strict=True)) if "entry" in column]
    if not row_places or any(kinds[row][column] != "entry" for row in row_places for column in column_places):
        return None
    entries = tuple(tuple(stripped[row][column] for column in column_places) for row in row_places)
    row_lines = [_line_kind(kinds[place], place in row_places) for place in range(len(rows))]
    column_lines = [_line_kind([row[place] for row in kinds], place in column_places) for place in range(width)]
    lines = "rows" if is_row or "bar" in column_lines else "entries"
    if len(row_places) == 1 and len(rows) > 2 and row_lines[0] in ("bar", "dots") and row_lines[-1] in ("bar", "dots"):
        lines, row_lines = "columns", ["entry"]  # | a | b |, or dots above and below
    if len(column_places) == 1 and "bar" in column_lines:
        column_lines = ["entry"]
    if "bar" in row_lines or "bar" in column_lines or (lines == "columns" and is_row):
        return None
    row_axis, column_axis = (axis_of([line == "dots" for line in found if line != "empty"]) for found in (row_lines, column_lines))
    if row_axis is None or column_axis is None:
        return None
    return Grid(entries, row_axis, column_axis, tuple(row_places), tuple(column_places), lines)


def _with_zeros(rows: list[list[Tree]]) -> list[list[Tree]]:
    r"""Empty places beside a diagonal are zeros (`a_1 & & \\ & \ddots & \\ & & a_n`); other holes stay holes."""
    zero = Tree("number", (), "0")
    beside = [cell for row, cells in enumerate(rows) for column, cell in enumerate(cells) if row != column]
    diagonal = [cells[row] for row, cells in enumerate(rows) if len(cells) == len(rows)]
    if len(diagonal) < max(2, len(rows)) or not any(cell.kind == "empty" for cell in beside):
        return rows
    if not all(cell.kind == "empty" or cell == zero for cell in beside):
        return rows
    dotted = [is_dots(cell) for cell in diagonal]
    return [
        [
            cell if row == column else rows[row][row] if dotted[row] else rows[column][column] if dotted[column] else zero
            for column, cell in enumerate(cells)
        ]
        for row, cells in enumerate(rows)
    ]


def _kind(cell: Tree) -> str:
    """What a cell is: an entry, dots, a bar or dash that only draws a line, or empty."""
    if cell.kind == "empty":
        return "empty"
    if is_dots(cell):
        return "dots"
    if cell.kind == "given" and all(operand.kind == "empty" for operand in operands_of(cell)):
        return "bar"
    inner = cell
    while inner.kind == "sign":
        inner = inner.children[0]
    return "bar" if cell.kind == "sign" and inner.kind == "empty" else "entry"


def _line_kind(kinds: Sequence[str], has_entries: bool) -> str:
    """What a whole row or column is."""
    if has_entries:
        return "entry"
    return next((kind for kind in ("dots", "bar") if kind in kinds), "empty")


def _without_dashes(rows: list[list[Tree]]) -> tuple[list[list[Tree]], bool]:
    r"""`--- w_1 ---` and `... w_1 ...` as w_1, if all cells with something in them look like that; and whether they did."""
    if any(len(row) != 1 for row in rows):
        return rows, False
    bare = [_between_dashes(row[0]) for row in rows if _kind(row[0]) == "entry"]
    if not bare or any(cell is None for cell in bare):
        return rows, False
    found = iter(bare)
    return [[next(found) or row[0]] if _kind(row[0]) == "entry" else row for row in rows], True


def _between_dashes(cell: Tree) -> Tree | None:
    """What stands between dashes, dots or arrows on both sides."""
    operands = operands_of(cell)
    if cell.kind == "product" and len(operands) == 3 and is_dots(operands[0]) and is_dots(operands[2]) and not any(operators_of(cell)):
        return operands[1]
    if cell.kind == "relation" and len(operands) == 3 and operands[0].kind == operands[2].kind == "empty":
        return operands[1]
    if cell.kind == "sum" and len(operands) == 2 and operators_of(cell) == ("-",) and operands[0].kind == "sign":
        inner, end = operands
        while inner.kind == "sign":
            inner = inner.children[0]
        return inner if _kind(replace(cell, kind="sign", children=(end,))) == "bar" else None
    return None
