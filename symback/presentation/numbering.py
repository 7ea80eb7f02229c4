"""Numbers for the displayed equations of a page: (1), (2), … from its top to its end.

A line with a left side is an equation and has a number; a line that goes on from the one above belongs to that equation.
The numbers are part of the document, so every format shows the same ones.  A reason that rests on other equations names
their numbers:  "differentiate each factor, by (12) and (13)".
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import sympy

from symback.presentation.blocks import Block, Document, Equations, Line, Span

__all__ = ["with_numbers"]


def with_numbers(document: Document) -> Document:
    """The page with a number at each of its equations.

    >>> import sympy
    >>> from symback.language.notation import Notation
    >>> x = sympy.Symbol("x")
    >>> page = Document(("A page",), (Equations((Line(x, x + 1 - 1), Line(None, x), Line(x, 1 * x))),), Notation("nielsen"))
    >>> [line.number for line in with_numbers(page).blocks[0].lines]
    [1, None, 2]
    """
    numbers, known = count(1), dict[sympy.Basic, int]()
    return replace(document, blocks=tuple(_block(block, numbers, known) for block in document.blocks))


def _block(block: Block, numbers: Iterator[int], known: dict[sympy.Basic, int]) -> Block:
    return Equations(tuple(_line(line, numbers, known) for line in block.lines)) if isinstance(block, Equations) else block


def _line(line: Line, numbers: Iterator[int], known: dict[sympy.Basic, int]) -> Line:
    """The line with its number, and the numbers of the equations above that it cites; `known` has those, and grows."""
    cited = sorted({known[left] for left in line.cites if left in known})
    if cited and line.reason:
        line = replace(line, reason=(*line.reason, _citation(line.reason[0], [f"({number})" for number in cited])))
    if line.left is None:
        return line
    known[line.left] = next(numbers)
    return replace(line, number=known[line.left])


def _citation(first: Span, numbers: list[str]) -> str:
    """What follows a reason: "by the formula of the error (15)", "differentiate each factor, by (12), (14) and (17)"."""
    listed = numbers[0] if len(numbers) == 1 else f"{', '.join(numbers[:-1])} and {numbers[-1]}"
    return f" {listed}" if isinstance(first, str) and first.startswith(("by ", "name ")) else f", by {listed}"
