r"""Matrices and tuples that are written out: `written_matrix(tree)` says what stands at row i and column j.

With dots (`w_{0,0} & \cdots & w_{0,m-1} \\ \vdots & \ddots \\ ...`) that is a general entry with placeholders and the runs of
both indices; without dots the entries as they are.  Diagonal matrices have an entry of their own on the diagonal.  Whole
columns or rows as items (`|` above and below, dashes or dots on both sides) are recognised as such.

A printed entry that breaks the pattern is a slip of the author only where the pattern is certain (see `_sure_slips`): a
matrix may follow another rule than the one that most of its entries suggest (symmetric, ragged, triangular), and then the
answer is None.  The work on the indices themselves is in `index_runs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from symback.verification.index_runs import (
    Axis,
    Difference,
    Family,
    IndexValue,
    Run,
    attempts,
    axis_of,
    count_of,
    filled,
    generalise,
    index_value,
    is_dots,
    placeholder,
    run_along,
    run_step,
    shift_between,
    shifted,
    value_tree,
)
from symback.verification.printed_grid import Grid, matrix_grid, tuple_items
from symback.verification.tree import Tree, operands_of, operators_of, walk
from symback.verification.unparse import unparse

__all__ = [
    "Slip",
    "WrittenMatrix",
    "expand",
    "size_note",
    "size_of",
    "size_that_contradicts",
    "slips_in",
    "with_corrected_slips",
    "written_matrix",
]

MAX_ITEMS = 240  # of a tuple
MAX_ENTRIES = 100  # of a matrix whose slips are looked for
MAX_SIZE = 64  # rows or columns that are expanded
_ENVIRONMENTS = ("matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "psmallmatrix", "bsmallmatrix", "array", "darray",
                 "matrix*", "pmatrix*", "bmatrix*", "Bmatrix*")  # fmt: skip
_TUPLES = ("( )", "[ ]", r"\langle \rangle")
_ZERO = Tree("number", (), "0")


@dataclass(frozen=True, slots=True)
class Slip:
    """A printed entry that breaks a certain pattern; `row` and `column` count what is printed, dots too, in `within`."""

    row: int
    column: int
    printed: Tree
    expected: Tree
    start: int
    end: int
    within: Tree = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class WrittenMatrix:
    r"""What a written-out matrix or tuple says.

    `entries` are the printed entries without dots.  `pattern` is the general entry with `placeholder(0)` for the row and
    `placeholder(1)` for the column: one tree if both directions follow a rule, else one for each printed row or column of the
    direction that follows none (its run is None).  `diagonal` is the entry on the diagonal where that is another one.
    `lines` says what an entry is: one of the "entries", or whole "rows" or "columns" of the matrix.
    """

    tree: Tree
    kind: str  # "matrix" or "tuple"
    entries: tuple[tuple[Tree, ...], ...]
    rows: Run | None = None
    columns: Run | None = None
    pattern: tuple[tuple[Tree, ...], ...] = ()
    diagonal: Tree | None = None
    slips: tuple[Slip, ...] = ()
    lines: str = "entries"

    @property
    def entry(self) -> Tree | None:
        """The one general entry, if there is one."""
        return self.pattern[0][0] if len(self.pattern) == 1 and len(self.pattern[0]) == 1 else None

    @property
    def is_diagonal(self) -> bool:
        """True for zeros off the diagonal."""
        return self.diagonal is not None and self.entry == _ZERO

    @property
    def dotted(self) -> bool:
        """True where something is left out."""
        return any(run is not None and run.axis.dotted for run in (self.rows, self.columns))


_Fit = tuple[Run | None, Run | None, tuple[tuple[Tree, ...], ...], Tree | None]


def written_matrix(tree: Tree) -> WrittenMatrix | None:
    r"""What a matrix, a bracketed list (`(\delta_0, ..., \delta_{n-1})`) or a bare list says; None if that is not certain.

    >>> from symback.verification.parser import parse
    >>> matrix = written_matrix(parse(r"\begin{bmatrix} w_{11} & \cdots & w_{1m} \\ \vdots & & \\ w_{n1} & \cdots & w_{nm} \end{bmatrix}"))
    >>> unparse(matrix.entry), matrix.rows.last, matrix.columns.last
    ('w_{\\placeholder{0} \\placeholder{1}}', symbol('n'), symbol('m'))
    """
    if tree.kind == "matrix":
        grid = matrix_grid(tree) if tree.text in _ENVIRONMENTS else None
        return None if grid is None else _written(tree, "matrix", grid, tree)
    inside = tree.children[0] if tree.kind == "group" and tree.text in _TUPLES else tree
    items = tuple_items(inside, bare=inside is tree)
    if items is None:
        return None
    axis = axis_of([is_dots(item) for item in items])
    places = tuple(place for place, item in enumerate(items) if not is_dots(item))
    if axis is None or len(items) > MAX_ITEMS:
        return None
    grid = Grid((tuple(items[place] for place in places),), Axis((1,)), axis, (0,), places)
    return _written(tree, "tuple", grid, inside)


def _written(tree: Tree, kind: str, grid: Grid, within: Tree) -> WrittenMatrix | None:
    """The matrix with the rule that its entries follow."""
    plain = WrittenMatrix(tree, kind, grid.entries, lines=grid.lines)
    if not grid.rows.dotted and not grid.columns.dotted:
        return plain
    for rule in (_line_rule, _joint_rule, _diagonal_rule, _rule_by_line):
        fit = rule(grid)
        if fit is not None:
            rows, columns, pattern, diagonal = fit
            return replace(plain, rows=rows, columns=columns, pattern=pattern, diagonal=diagonal)
    sure = _sure_slips(grid) if min(len(grid.entries), len(grid.entries[0])) > 1 else _line_slips(grid)
    if sure is None:
        return None
    (rows, columns, pattern, _), expected = sure
    slips = tuple(_slip(grid, place, tree, within) for place, tree in expected)
    return replace(plain, rows=rows, columns=columns, pattern=pattern, slips=slips)


def _slip(grid: Grid, place: tuple[int, int], expected: Tree, within: Tree) -> Slip:
    """The entry at a place of the grid as a slip."""
    printed = grid.entries[place[0]][place[1]]
    row, column = grid.row_places[place[0]], grid.column_places[place[1]]
    return Slip(row, column, printed, expected, printed.start, printed.end, within)


# --- rules that all entries follow ----------------------------------------------------------------------------------------
def _line_rule(grid: Grid) -> _Fit | None:
    """One row or one column."""
    if len(grid.entries) == 1 and not grid.rows.dotted:
        found = _family([*grid.entries[0]], grid.columns, 1)
        return None if found is None or found.slips else (None, found.run, ((found.entry,),), None)
    if len(grid.entries[0]) == 1 and not grid.columns.dotted:
        found = _family([row[0] for row in grid.entries], grid.rows, 0)
        return None if found is None or found.slips else (found.run, None, ((found.entry,),), None)
    return None


def _family(items: list[Tree], axis: Axis, slot: int) -> Family | None:
    """The family of items on an axis, whose dots are put back between them."""
    dots = Tree("ellipsis", (), r"\cdots")
    line: list[Tree] = []
    for place, segment in enumerate(axis.segments):
        start = sum(axis.segments[:place])
        line += [*([dots] if place else []), *items[start : start + segment]]
    family = generalise([*line, *([dots] if axis.open else [])], slot)
    if family is None or not family.slips:
        return family
    back = [place for place, item in enumerate(line) if item is not dots]
    return replace(family, slips=tuple((back.index(place), tree) for place, tree in family.slips))


def _joint_rule(grid: Grid) -> _Fit | None:
    """Every difference between entries goes with the row alone or with the column alone."""
    places = [(row, column) for row in range(len(grid.entries)) for column in range(len(grid.entries[0]))]
    if min(len(grid.entries), len(grid.entries[0])) < 2:
        return None
    return _rule_at(grid, places)


def _rule_at(grid: Grid, places: Sequence[tuple[int, int]]) -> _Fit | None:
    """The joint rule of the entries at some places, which meet every row and every column."""
    for template, differences in attempts([grid.entries[row][column] for row, column in places]):
        runs: list[Run | None] = [None, None]
        values: dict[int, Tree] = {}
        bases: list[Sequence[IndexValue]] = [(), ()]
        for raw, difference in enumerate(differences):
            found = _direction(grid, places, difference)
            if found is None:
                break
            slot, line, run = found
            by = shift_between(bases[slot], line) if bases[slot] else 0
            if by is None:
                break
            if not bases[slot]:
                bases[slot], runs[slot] = line, run
            values[raw] = shifted(placeholder(slot), by)
        else:
            rows, columns = runs[0] or Run(None, None, (), grid.rows), runs[1] or Run(None, None, (), grid.columns)
            return rows, columns, ((filled(template, values),),), None
    return None


def _direction(grid: Grid, places: Sequence[tuple[int, int]], difference: Difference) -> tuple[int, Sequence[IndexValue], Run] | None:
    """Whether a difference goes with the row (0) or the column (1), its values line by line, and the run; None if neither or both."""
    fitting = []
    for slot, axis in enumerate((grid.rows, grid.columns)):
        by_line: dict[int, set[int]] = {}
        for number, place in enumerate(places):
            by_line.setdefault(place[slot], set()).add(number)
        if any(len({difference.values[number] for number in numbers}) > 1 for numbers in by_line.values()):
            continue
        first = [min(by_line[line]) for line in sorted(by_line)]
        values = [difference.values[number] for number in first]
        step = run_step(values, axis, difference.inside) if len(values) == sum(axis.segments) else None
        if step is not None:
            fitting.append((slot, values, run_along([difference.printed[number] for number in first], axis, step)))
    rising = [found for found in fitting if found[2].step > 0] if len(fitting) > 1 else fitting
    return rising[0] if len(rising) == 1 else None


def _diagonal_rule(grid: Grid) -> _Fit | None:
    """One rule on the diagonal and another off it: diag(...), the unit matrix, the Jacobian of softmax."""
    size = len(grid.entries)
    if grid.rows != grid.columns or size < 2:
        return None
    diagonal = _family([grid.entries[place][place] for place in range(size)], grid.rows, 0)
    places = [(row, column) for row in range(size) for column in range(size) if row != column]
    off = _rule_at(grid, places)
    if diagonal is None or diagonal.slips or off is None:
        return None
    rows, columns, pattern, _ = off
    runs = [run for run in (rows, columns, diagonal.run) if run is not None and run.first is not None]
    if any(run.printed != runs[0].printed for run in runs):
        return None
    shared = runs[0] if runs else diagonal.run
    return shared, shared, pattern, diagonal.entry


def _rule_by_line(grid: Grid) -> _Fit | None:
    """A direction without dots whose lines are unlike each other (1, x_1 in a design matrix): a rule for each line."""
    if grid.rows.dotted == grid.columns.dotted:
        return None
    slot = 0 if grid.rows.dotted else 1
    lines = list(zip(*grid.entries, strict=True)) if slot == 0 else list(grid.entries)
    families = [_family([*line], grid.rows if slot == 0 else grid.columns, slot) for line in lines]
    found = [family for family in families if family is not None and not family.slips]
    runs = [family.run for family in found if family.run.first is not None]
    if len(found) < len(families) or not runs:
        return None
    if any(shift_between(_values(runs[0]), _values(run)) is None for run in runs):
        return None
    shifts = [0 if family.run.first is None else shift_between(_values(runs[0]), _values(family.run)) or 0 for family in found]
    entries = tuple(filled(family.entry, {slot: shifted(placeholder(slot), by)}) for family, by in zip(found, shifts, strict=True))
    return (runs[0], None, (entries,), None) if slot == 0 else (None, runs[0], tuple((entry,) for entry in entries), None)


def _values(run: Run) -> list[IndexValue]:
    """The values of the printed indices of a run."""
    return [value for value in map(index_value, run.printed) if value is not None]


# --- slips --------------------------------------------------------------------------------------------------------------
def _line_slips(grid: Grid) -> tuple[_Fit, list[tuple[tuple[int, int], Tree]]] | None:
    """The slip in one row or one column."""
    across = len(grid.entries) == 1 and not grid.rows.dotted
    if not across and (len(grid.entries[0]) > 1 or grid.columns.dotted):
        return None
    items = list(grid.entries[0]) if across else [row[0] for row in grid.entries]
    found = _family(items, grid.columns if across else grid.rows, 1 if across else 0)
    if found is None:
        return None
    expected = [((0, place) if across else (place, 0), tree) for place, tree in found.slips]
    return (None if across else found.run, found.run if across else None, ((found.entry,),), None), expected


@dataclass(frozen=True, slots=True)
class _Reading:
    """How one difference could run: with the row (0), with the column (1) or not at all (None), and its value in each line."""

    slot: int | None
    values: tuple[IndexValue, ...]

    def at(self, place: tuple[int, int]) -> IndexValue:
        """The value that this reading expects at a place."""
        return self.values[0] if self.slot is None else self.values[place[self.slot]]


def _sure_slips(grid: Grid) -> tuple[_Fit, list[tuple[tuple[int, int], Tree]]] | None:
    """The pattern that most entries follow, and what the others should be; None unless it is certain.

    Certain is: one pattern with a rule in both directions fits more entries than any other, and at least two in three; the
    first row and the first column follow it throughout, or every slip has two entries that follow it in its own row and in
    its own column; and what is printed at a slip is an index that belongs elsewhere in the matrix, so that a ragged matrix has
    none.
    """
    height, width = len(grid.entries), len(grid.entries[0])
    places = [(row, column) for row in range(height) for column in range(width)]
    if len(places) > MAX_ENTRIES:
        return None
    for template, differences in attempts([grid.entries[row][column] for row, column in places]):
        unlike = list({difference.values: difference for difference in differences}.values())  # the same index may stand in many places
        best = _best_readings(grid, places, unlike) if 0 < len(unlike) <= 3 else None
        if best is None:
            continue
        by_values = {difference.values: reading for difference, reading in zip(unlike, best, strict=True)}
        readings = [by_values[difference.values] for difference in differences]
        wrong = [place for number, place in enumerate(places) if not _agrees(differences, readings, number, place)]
        if not wrong or not _is_certain(places, wrong, height, width) or not _are_misplaced(grid, places, differences, readings, wrong):
            continue
        expected = [(place, filled(template, {raw: value_tree(r.at(place)) for raw, r in enumerate(readings)})) for place in wrong]
        return _fit_of(grid, template, readings), expected
    return None


def _agrees(differences: Sequence[Difference], readings: Sequence[_Reading], number: int, place: tuple[int, int]) -> bool:
    """True where every index of an entry is the expected one."""
    return all(difference.values[number] == reading.at(place) for difference, reading in zip(differences, readings, strict=True))


def _best_readings(grid: Grid, places: Sequence[tuple[int, int]], differences: Sequence[Difference]) -> tuple[_Reading, ...] | None:
    """The readings of all differences that together fit most entries, two in three at least, if no others fit as many."""
    best: tuple[_Reading, ...] | None = None
    scores: list[int] = []
    for readings in product(*(_readings(grid, places, difference) for difference in differences)):
        if {reading.slot for reading in readings} < {0, 1} or not _go_together(readings):
            continue
        scores.append(sum(_agrees(differences, readings, number, place) for number, place in enumerate(places)))
        if scores[-1] == max(scores) and scores.count(scores[-1]) == 1:
            best = readings
    if best is None or scores.count(max(scores)) > 1 or 3 * max(scores) < 2 * len(places):
        return None
    return best


def _readings(grid: Grid, places: Sequence[tuple[int, int]], difference: Difference) -> list[_Reading]:
    """The runs that a difference could be: the values of the first line, or in each line the most frequent one."""
    by_place = dict(zip(places, difference.values, strict=True))
    height, width = len(grid.entries), len(grid.entries[0])
    found = [_Reading(None, (_most_frequent(difference.values),))]
    for slot, axis in enumerate((grid.rows, grid.columns)):
        lines = [[by_place[place] for place in places if place[slot] == line] for line in range((height, width)[slot])]
        for values in (tuple(line[0] for line in lines), tuple(map(_most_frequent, lines))):
            reading = _Reading(slot, values)
            if reading not in found and run_step(values, axis, difference.inside) is not None:
                found.append(reading)
    return found


def _most_frequent(values: Sequence[IndexValue]) -> IndexValue:
    """The value that occurs most often, the earliest of equals."""
    return max(values, key=values.count)


def _go_together(readings: Sequence[_Reading]) -> bool:
    """True where the differences of one direction keep a fixed distance."""
    for slot in (0, 1):
        lines = [reading.values for reading in readings if reading.slot == slot]
        if any(shift_between(lines[0], line) is None for line in lines):
            return False
    return True


def _is_certain(places: Sequence[tuple[int, int]], wrong: Sequence[tuple[int, int]], height: int, width: int) -> bool:
    """True where the entries that agree settle the pattern."""
    right = [place for place in places if place not in wrong]
    per_row = [sum(1 for place in right if place[0] == row) for row in range(height)]
    per_column = [sum(1 for place in right if place[1] == column) for column in range(width)]
    headed = per_row[0] == width and per_column[0] == height
    return headed or all(per_row[row] >= 2 and per_column[column] >= 2 for row, column in wrong)


def _are_misplaced(
    grid: Grid,
    places: Sequence[tuple[int, int]],
    differences: Sequence[Difference],
    readings: Sequence[_Reading],
    wrong: Sequence[tuple[int, int]],
) -> bool:
    """True where every wrong index occurs in a run of the pattern, or stands before the dots where the numbers are in turn."""
    known = {value for reading in readings if reading.slot is not None for value in reading.values}
    heads = (grid.rows.segments[0], grid.columns.segments[0])
    for place in wrong:
        for difference, reading in zip(differences, readings, strict=True):
            printed = difference.values[places.index(place)]
            counted = reading.slot is not None and 0 < place[reading.slot] < heads[reading.slot]
            if printed != reading.at(place) and printed not in known and not counted:
                return False
    return True


def _fit_of(grid: Grid, template: Tree, readings: Sequence[_Reading]) -> _Fit:
    """The general entry and the runs of the readings."""
    runs: list[Run] = []
    values: dict[int, Tree] = {raw: value_tree(reading.values[0]) for raw, reading in enumerate(readings)}
    for slot, axis in enumerate((grid.rows, grid.columns)):
        base = next(reading.values for reading in readings if reading.slot == slot)
        runs.append(run_along([value_tree(value) for value in base], axis, run_step(base, axis) or 1))
        for raw, reading in enumerate(readings):
            if reading.slot == slot:
                values[raw] = shifted(placeholder(slot), shift_between(base, reading.values) or 0)
    return runs[0], runs[1], ((filled(template, values),),), None


def slips_in(tree: Tree) -> tuple[Slip, ...]:
    """Every sure slip in the matrices and tuples of a formula, in the printed order."""
    found: list[Slip] = []
    seen: set[int] = set()
    for node in walk(tree):
        if node.kind not in ("matrix", "group", "list") or id(node) in seen or not any(map(is_dots, walk(node))):
            continue
        seen.update(id(child) for child in node.children)  # the list inside a bracket is the bracket's
        matrix = written_matrix(node)
        found += matrix.slips if matrix is not None else ()
    return tuple(found)


def with_corrected_slips(tree: Tree, slips: Sequence[Slip]) -> Tree:
    """The formula as its author meant it: what is expected in place of every slip."""
    children = tuple(with_corrected_slips(child, slips) for child in tree.children)
    if any(new is not old for new, old in zip(children, tree.children, strict=True)):
        tree = replace(tree, children=children)
    for slip in slips:
        if (tree.kind, tree.start, tree.end) == (slip.within.kind, slip.within.start, slip.within.end):
            tree = _with_entry(tree, slip)
    return tree


def _with_entry(within: Tree, slip: Slip) -> Tree:
    """The matrix or list with one entry replaced, if that entry is the slip."""
    if within.kind == "matrix":
        row = within.children[slip.row] if slip.row < len(within.children) else Tree("row")
        if slip.column >= len(row.children) or row.children[slip.column] != slip.printed:
            return within
        row = replace(row, children=_replaced(row.children, slip.column, slip.expected))
        return replace(within, children=_replaced(within.children, slip.row, row))
    place = 2 * slip.column
    if place >= len(within.children) or within.children[place] != slip.printed:
        return within
    return replace(within, children=_replaced(within.children, place, slip.expected))


def _replaced(children: tuple[Tree, ...], place: int, child: Tree) -> tuple[Tree, ...]:
    """The children with another one at a place."""
    return (*children[:place], child, *children[place + 1 :])


# --- sizes --------------------------------------------------------------------------------------------------------------
def size_note(tree: Tree) -> tuple[Tree, Tree] | None:
    r"""The size that a subscript or a note at a brace states: `M_{n \times m}` gives n and m."""
    notes = [script.children[0] for script in tree.children[1:] if script.kind == "subscript"] if tree.kind == "scripts" else []
    for content in notes + list(tree.children[1:] if tree.kind == "annotated" else ()):
        while content.kind == "group":
            content = content.children[0]
        if content.kind == "product" and operators_of(content) == (r"\times",):
            rows, columns = operands_of(content)
            return rows, columns
    return None


def size_of(matrix: WrittenMatrix) -> tuple[Tree | None, Tree | None]:
    """Rows and columns as printed, where the page says how many: 0 ... n - 1 are n."""
    lines = (len(matrix.entries), len(matrix.entries[0]) if matrix.entries else 0)
    sizes: list[Tree | None] = []
    for slot, run in enumerate((matrix.rows, matrix.columns)):
        unknown = (matrix.lines, slot) in (("columns", 0), ("rows", 1))
        value = IndexValue((), lines[slot]) if run is None or not run.axis.dotted else count_of(run)
        sizes.append(None if value is None or unknown else value_tree(value))
    return sizes[0], sizes[1]


def size_that_contradicts(matrix: WrittenMatrix, note: tuple[Tree, Tree]) -> tuple[Tree, Tree] | None:
    """The size of what is printed, if it certainly is not the size that the note states; else None.

    Certain are rows and columns exchanged, and fewer rows or columns than are printed.  More of them may be right, since
    entries may be blocks (`[h; x]` of two vectors), unless all entries are numbers, or have both indices and the size is no
    multiple.  Two different letters may well mean the same size.
    """
    rows, columns = size_of(matrix)
    if matrix.kind != "matrix" or rows is None or columns is None:
        return None
    printed = [value for value in map(index_value, (rows, columns)) if value is not None]
    stated = [value for value in map(index_value, note) if value is not None]
    if len(printed) < 2 or len(stated) < 2 or printed == stated:
        return None
    scalars = all(entry.kind in ("number", "sign") and index_value(entry) is not None for row in matrix.entries for entry in row)
    indexed = all(run is not None and run.first is not None for run in (matrix.rows, matrix.columns))
    for count, size in zip(printed, stated, strict=True):
        if count.letters == size.letters and count != size:
            blocks = not indexed or (not count.letters and size.number % count.number == 0)
            if size.number < count.number or scalars or not blocks:
                return rows, columns
    return (rows, columns) if printed == stated[::-1] else None


def expand(matrix: WrittenMatrix, sizes: Mapping[str, int], shape: tuple[int | None, int | None] = (None, None)) -> list[list[Tree]] | None:
    r"""The entries for concrete sizes, keyed by the letters as `unparse` prints them (`n`, `n_{L}`); None if they do not settle it.

    `shape` gives the rows or columns of a direction whose printed entries do not say how many there are (1 ... 1, or dots at
    the end).
    """
    if not matrix.pattern:
        return [list(row) for row in matrix.entries]
    rows = _indices(matrix.rows, sizes, shape[0], len(matrix.pattern))
    columns = _indices(matrix.columns, sizes, shape[1], len(matrix.pattern[0]))
    if rows is None or columns is None:
        return None
    return [
        [filled(_general_entry(matrix, row, column), {0: row_index, 1: column_index}) for column, column_index in enumerate(columns)]
        for row, row_index in enumerate(rows)
    ]


def _general_entry(matrix: WrittenMatrix, row: int, column: int) -> Tree:
    """The pattern of a row and a column, counted from 0."""
    if matrix.diagonal is not None and row == column:
        return matrix.diagonal
    return matrix.pattern[row if matrix.rows is None else 0][column if matrix.columns is None else 0]


def _indices(run: Run | None, sizes: Mapping[str, int], stated: int | None, lines: int) -> list[Tree] | None:
    """The index values of a run for concrete sizes; without a run, as many as there are lines."""
    if run is None:
        return [_ZERO] * lines
    first = 0 if run.first is None else _evaluated(run.first, sizes)
    if run.last is not None:
        last = _evaluated(run.last, sizes)
    elif not run.axis.dotted:
        last = None if first is None else first + sum(run.axis.segments) - 1
    else:
        last = None if first is None or stated is None else first + run.step * (stated - 1)
    if first is None or last is None or not 0 <= (last - first) * run.step < MAX_SIZE:
        return None
    return [value_tree(IndexValue((), number)) for number in range(first, last + run.step, run.step)]


def _evaluated(index: Tree, sizes: Mapping[str, int]) -> int | None:
    """The number that an index is for these sizes."""
    value = index_value(index)
    if value is None:
        return None
    letters = [(sizes.get(unparse(letter)), factor) for letter, factor in value.letters]
    return value.number + sum((size or 0) * factor for size, factor in letters) if all(size is not None for size, _ in letters) else None
