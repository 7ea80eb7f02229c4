"""The tables of a worked example: results unit by unit, and how far printed numbers are from exact ones."""

from collections.abc import Iterable, Sequence
from math import floor, log10

import numpy as np
import sympy

from symback.language.expressions import Var
from symback.language.names import LAYER, Name
from symback.language.numerals import Numeral
from symback.network.forward import Forward
from symback.numerics.decimals import decimal_text
from symback.presentation.blocks import Block, Heading, Math, Prose, Spans, Table, Written
from symback.presentation.worked import Worked
from symback.simplification.index_form import default_indices, named_entry

__all__ = ["accuracy_blocks", "error_tables", "forward_tables", "gradient_tables"]

J, K = sympy.Symbol("j", integer=True), sympy.Symbol("k", integer=True)
WIDEST_CELL = 50
MOST_ROWS = 25  # of one table; a longer one is parted, so that pages can be broken between
FURTHER_DIGITS = 4  # of an exact number, after the places of the page


def number(value: object) -> Math:
    """A printed number as a cell."""
    return Math((Numeral(decimal_text(value)),))  # type: ignore[arg-type]


def forward_tables(forward: Forward, worked: dict[Var, Worked]) -> list[Table]:
    """z and a of each unit, and of each sample."""
    return _unit_tables(forward, [_by_layer(worked, letters) for letters in ("zZ", "aA")])


def error_tables(forward: Forward, worked: dict[Var, Worked]) -> list[Table]:
    """δ of each unit and sample, where there are several samples; of one, the gradients' table has it."""
    return _unit_tables(forward, [_by_layer(worked, ("delta", "Delta"))]) if forward.is_batch else []


def _by_layer(worked: dict[Var, Worked], letters: Iterable[str], is_gradient: bool = False) -> dict[int, Worked]:
    """The quantities of these letters, or the gradients of such, by the number of their layer."""
    found = ((name.name, each) for name, each in worked.items())
    return {_layer(name): each for name, each in found if name.letter in letters and name.is_gradient == is_gradient and _layer(name)}


def _layer(name: Name) -> int:
    """The number of a layer; 0 of what has none, as of the input."""
    return name.layer if isinstance(name.layer, int) else 0


def _unit_tables(forward: Forward, columns: Sequence[dict[int, Worked]]) -> list[Table]:
    """One row for each unit of each layer that all columns have, and for each sample."""
    layers = [layer for layer in columns[0] if all(layer in column for column in columns)]
    if not layers:
        return []
    is_batch = forward.is_batch
    rows: list[tuple[Spans, ...]] = []
    for sample in range(columns[0][layers[0]].results.shape[0] if is_batch else 1):
        for layer in layers:
            results = [column[layer].results for column in columns]
            for unit in range(results[0].shape[1] if is_batch else len(results[0])):
                cells = [(number(each[sample, unit] if is_batch else each[unit, 0]),) for each in results]
                first = [(str(sample + 1),)] if is_batch else []
                rows.append((*first, (str(layer),), (str(unit + 1),), *cells))
    return _parted((*([("sample",)] if is_batch else []), ("layer",), ("unit",), *_heads(columns)), rows)


def _parted(header: tuple[Spans, ...], rows: Sequence[tuple[Spans, ...]]) -> list[Table]:
    """One table, or several with the same header."""
    return [Table(header, tuple(rows[start : start + MOST_ROWS])) for start in range(0, len(rows), MOST_ROWS)]


def _heads(columns: Sequence[dict[int, Worked]]) -> list[Spans]:
    """z^l_j, whichever layer a row is of."""
    symbols = [next(iter(column.values())).symbol for column in columns]
    names = [(Name(s.name.letter, LAYER, s.name.is_gradient), default_indices(s.axes)) for s in symbols if isinstance(s, Var)]
    return [(Math((named_entry(str(name), letters),)),) for name, letters in names]


def gradient_tables(forward: Forward, worked: dict[Var, Worked]) -> list[Table]:
    """The errors of one sample, and the gradients of the parameters of each unit."""
    errors = {} if forward.is_batch else _by_layer(worked, ("delta",))
    letters = dict.fromkeys(parameter.name.letter for parameter in forward.parameters)
    gradients = [_by_layer(worked, (letter,), is_gradient=True) for letter in letters]
    columns = [errors, *gradients] if errors else gradients
    rows: list[tuple[Spans, ...]] = []
    for layer in sorted({layer for column in columns for layer in column}, reverse=True):
        units = max(len(column[layer].results) for column in columns if layer in column)
        for unit in range(units):
            cells = [_row_of(column[layer].results[unit]) if layer in column else ("",) for column in columns]
            rows.append(((str(layer),), (str(unit + 1),), *cells))
    return _parted((("layer",), ("unit",), *_heads(columns)), rows)


def _row_of(values: np.ndarray) -> Spans:
    """One number, or several with commas between; of many the first two and the last."""
    numbers = list(np.ravel(values))
    is_short = sum(len(decimal_text(value)) + 2 for value in numbers) <= WIDEST_CELL
    spans: list = []
    for place, value in enumerate(numbers):
        if is_short or place < 2 or place == len(numbers) - 1:
            spans.extend((", ", number(value)) if spans else (number(value),))
        elif place == 2:
            spans.append(", …")
    return tuple(spans)


# Rounded and exact -----------------------------------------------------------------------------------------------


def accuracy_blocks(worked: Sequence[Worked], places: int) -> list[Block]:
    """For each kind of quantity, the printed number that is farthest from the exact one."""
    kinds: dict[tuple, Worked] = {}
    for each in worked:
        kind = _kind(each)
        if kind not in kinds or each.largest_difference[0] > kinds[kind].largest_difference[0]:
            kinds[kind] = each
    rows = tuple(_accuracy_row(each, places) for each in kinds.values())
    farthest = max(kinds.values(), key=lambda each: each.largest_difference[0])
    difference, place = farthest.largest_difference
    words: Spans = (
        "Rounding adds up along the way. Beside each printed number below stands the one that a computation without rounding gives, "
        "in floating point with about 16 digits; of every kind of quantity, the entry that differs most. The largest difference is ",
        _small(difference), ", in ", Math((farthest.keys[place],)), ".",
    )  # fmt: skip
    return [
        Heading(("How exact the printed numbers are",)),
        Prose(words),
        Table((("quantity",), ("printed",), ("without rounding",), ("difference",)), rows),
    ]


def _kind(worked: Worked) -> tuple:
    if not isinstance(worked.symbol, Var):
        return ("function", type(worked.keys[0]).__name__)
    return worked.symbol.name.letter, worked.symbol.name.is_gradient


def _accuracy_row(worked: Worked, places: int) -> tuple[Spans, ...]:
    difference, place = worked.largest_difference
    exact = Numeral(f"{worked.exact[place]:.{places + FURTHER_DIGITS}f}")
    return (Math((worked.keys[place],)),), (number(worked.results[place]),), (Math((exact,)),), (_small(difference),)


def _small(difference: float) -> Written | str:
    """A small number by its first digit and a power of ten; what is within the rounding of floating point is none."""
    if difference < 1e-14:
        return "0"
    power = floor(log10(difference))
    digit = f"{difference / 10**power:.1f}"
    raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return Written(rf"{digit} \cdot 10^{{{power}}}", f"{digit} · 10{raised}")
