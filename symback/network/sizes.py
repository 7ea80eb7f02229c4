"""Sizes: how many units a layer has, as a number or by name, and the limits on both.

A name is a letter, with a subscript if wanted: p, m, n_0, d_model.  The same name is the same size.
"""

import re
from typing import SupportsIndex, TypeAlias

import sympy

from symback.errors import SpecError
from symback.network.options import shorten

__all__ = ["MOST_UNITS", "MOST_WEIGHTS", "SAMPLES", "Size", "read_size"]

Size: TypeAlias = int | sympy.Symbol

MOST_UNITS = 10**7
MOST_WEIGHTS = 10**8
SAMPLES = sympy.Symbol("N", integer=True, positive=True)

_NAME = re.compile(r"[A-Za-z](?:_[A-Za-z0-9]{1,20})?")
_DIGITS = re.compile(r"[0-9]{1,40}")
_TAKEN = {"N": "the number of samples", "l": "the number of a layer", "L": "the number of the last layer"}


def read_size(value: object, what: str) -> Size:
    """The size that `value` means: a positive integer, or a name as a SymPy symbol.

    >>> read_size("30", "units"), read_size("n_1", "units")
    (30, n_1)
    """
    if isinstance(value, sympy.Symbol):
        return _checked_symbol(value, what)
    if isinstance(value, str):
        text = value.strip()
        if _NAME.fullmatch(text):
            return _checked_symbol(sympy.Symbol(text, integer=True, positive=True), what)
        if not _DIGITS.fullmatch(text):
            raise SpecError(f"{what} is {shorten(value)}, which is no size; {_WANTED}")
        return _checked_number(int(text), what)
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise SpecError(f"{what} is {shorten(value)}, which is no size; {_WANTED}")
    return _checked_number(value.__index__(), what)


_WANTED = "write a positive integer, or a name such as p or n_1 (one letter, with a subscript if wanted)"


def _checked_number(number: int, what: str) -> int:
    if number < 1:
        raise SpecError(f"{what} is {shorten(number)}; a layer has at least 1 unit")
    if number > MOST_UNITS:
        remedy = "give a name such as n for a size without limit"
        raise SpecError(f"{what} is {shorten(number)}; at most {MOST_UNITS} units are allowed; {remedy}")
    return number


def _checked_symbol(symbol: sympy.Symbol, what: str) -> sympy.Symbol:
    if symbol.name in _TAKEN:
        raise SpecError(f"{what} is {symbol.name!r}, which already means {_TAKEN[symbol.name]}; choose another name, such as n or n_1")
    if symbol.is_integer and symbol.is_positive:
        return symbol
    if not _NAME.fullmatch(symbol.name):
        raise SpecError(f"{what} is the symbol {shorten(symbol.name)}, which is no size; {_WANTED}")
    return sympy.Symbol(symbol.name, integer=True, positive=True)
