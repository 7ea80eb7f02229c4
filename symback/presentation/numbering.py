"""Numbers for the displayed equations of a page: (1), (2), … from its top to its end.

A line with a left side is an equation and has a number; a line that goes on from the one above belongs to that equation.
The numbers are part of the document, so every format shows the same ones.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from symback.presentation.blocks import Block, Document, Equations, Line

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
    numbers = count(1)
    return replace(document, blocks=tuple(_block(block, numbers) for block in document.blocks))


def _block(block: Block, numbers: Iterator[int]) -> Block:
    return Equations(tuple(_line(line, numbers) for line in block.lines)) if isinstance(block, Equations) else block


def _line(line: Line, numbers: Iterator[int]) -> Line:
    return line if line.left is None else replace(line, number=next(numbers))
