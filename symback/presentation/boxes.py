"""Formulas with matrices that are written out, on a terminal: boxes of several lines that stand side by side.

⎡0.1  0.3⎤ ⎡ 1 ⎤ + ⎡ 0.1⎤
⎣0.2  0.4⎦ ⎣0.5⎦   ⎣-0.1⎦
"""

import re
from collections.abc import Sequence

import sympy

from symback.language.notation import Notation
from symback.language.printing import Grid, to_text_with_grids
from symback.presentation.wrapping import display_width

__all__ = ["base_of", "boxed", "text_width"]

NUMBER = re.compile(r"-?[0-9.]+")
ONLY, FIRST, BETWEEN, LAST = "[]", "⎡⎤", "⎢⎥", "⎣⎦"


def base_of(height: int) -> int:
    """The line of a box on which the formula goes on: the middle one, or the one above the middle."""
    return (height - 1) // 2


def boxed(expr: sympy.Basic, notation: Notation) -> list[str]:
    """A formula in as many lines as its tallest matrix has rows.

    >>> boxed(sympy.Symbol("c") * sympy.eye(1), Notation("nielsen"))
    ['[c]']
    """
    text, grids = to_text_with_grids(expr, notation)
    height = max((len(grid) for grid in grids.values()), default=1)
    parts: list[list[str]] = []
    words = ""
    for character in text:
        if character in grids:
            parts += [_level(words, height), _raised(_bracketed(grids[character]), height)]
            words = ""
        else:
            words += character
    parts.append(_level(words, height))
    return ["".join(line).rstrip() for line in zip(*parts, strict=True)]


def text_width(expr: sympy.Basic, notation: Notation) -> int:
    """How many columns a formula takes."""
    return max(map(display_width, boxed(expr, notation)))


def _level(words: str, height: int) -> list[str]:
    """Words on the line on which the formula goes on."""
    blank = " " * display_width(words)
    return [words if line == base_of(height) else blank for line in range(height)]


def _raised(lines: Sequence[str], height: int) -> list[str]:
    """A matrix with its middle on the line on which the formula goes on."""
    above = base_of(height) - base_of(len(lines))
    blank = " " * display_width(lines[0])
    return [blank] * above + list(lines) + [blank] * (height - above - len(lines))


def _bracketed(grid: Grid) -> list[str]:
    """The rows of a matrix between tall brackets: numbers flush right, formulas flush left behind their signs."""
    columns = [_aligned(column) for column in zip(*grid, strict=True)]
    rows = ["  ".join(row) for row in zip(*columns, strict=True)]
    signs = [ONLY] if len(rows) == 1 else [FIRST, *[BETWEEN] * (len(rows) - 2), LAST]
    return [f"{sign[0]}{row}{sign[1]}" for sign, row in zip(signs, rows, strict=True)]


def _aligned(column: Sequence[str]) -> list[str]:
    """The cells of a column, all of one width."""
    has_sign = any(cell.startswith("-") for cell in column)
    is_numeric = all(NUMBER.fullmatch(cell) for cell in column)
    cells = column if is_numeric else [f" {cell}" if has_sign and not cell.startswith("-") else cell for cell in column]
    width = max(map(display_width, cells))
    blanks = [" " * (width - display_width(cell)) for cell in cells]
    return [blank + cell if is_numeric else cell + blank for blank, cell in zip(blanks, cells, strict=True)]
