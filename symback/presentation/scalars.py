"""Mathematics of plain numbers: σ(z) of one number z, where a notation that writes vectors bold would make a vector of it."""

from dataclasses import replace

import sympy

from symback.language.as_written import ScalarName
from symback.presentation.blocks import Block, Equations, Line, Math, Prose, Span, Spans

__all__ = ["of_numbers", "spans_of_numbers"]

NUMBERS = {sympy.Symbol(letter, real=True): ScalarName(letter, real=True) for letter in "zay"}


def of_numbers(block: Block) -> Block:
    """Equations and paragraphs in which z, a and y are numbers."""
    match block:
        case Equations():
            return Equations(tuple(_line(line) for line in block.lines))
        case Prose():
            return Prose(spans_of_numbers(block.spans))
    return block


def spans_of_numbers(spans: Spans) -> Spans:
    """Words and mathematics in which z, a and y are numbers."""
    return tuple(map(_span, spans))


def _line(line: Line) -> Line:
    left = None if line.left is None else line.left.xreplace(NUMBERS)
    return replace(line, left=left, right=line.right.xreplace(NUMBERS))


def _span(span: Span) -> Span:
    return replace(span, sides=tuple(side.xreplace(NUMBERS) for side in span.sides)) if isinstance(span, Math) else span
