r"""The case that a formula stands in: "For j = i", "If $k = y_i$,", a heading `### $k = i$, $l \neq j$`.

A condition between indices that stands in the headings above a formula, or in the words that lead to it, holds for it and
for the lines that go on with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from symback.errors import SymbackError
from symback.verification.definitions import condition_of
from symback.verification.parser import ParseError, parse
from symback.verification.tree import Tree, operands_of

__all__ = ["conditions_of_place", "conditions_in"]

MATHS = re.compile(r"\$+([^$]{1,60})\$+|\\\((.{1,60}?)\\\)")
LAST_MATHS = re.compile(
    r"\b(?:if|for|when|where|case|cases|assume|assuming)\W*(?:\w+\W+){0,2}?(?:\$+([^$]{1,60})\$+|\\\((.{1,60}?)\\\))\W*$", re.IGNORECASE
)
PLAIN = re.compile(r"\b(?:if|for|when|case)\W+([a-z])\s*(={1,2}|!=|≠)\s*([a-z])\W*$", re.IGNORECASE)
SIGNS = {"=": "=", "==": "=", "!=": r"\neq", "≠": r"\neq"}


def conditions_of_place(headings: Sequence[str], before: str) -> tuple[Tree, ...]:
    """What the headings above and the words before a formula say about its indices."""
    found = [condition for heading in headings for text in MATHS.findall(heading) for condition in _parsed("".join(text))]
    if (match := LAST_MATHS.search(before)) is not None:
        found += _parsed(match[1] or match[2])
    elif (match := PLAIN.search(before)) is not None:
        found += _parsed(f"{match[1]} {SIGNS[match[2]]} {match[3]}")
    return tuple(dict.fromkeys(found))


def _parsed(latex: str) -> list[Tree]:
    try:
        return list(conditions_in(parse(latex)))
    except (ParseError, SymbackError, RecursionError):
        return []


def conditions_in(tree: Tree) -> Iterator[Tree]:
    """The conditions of a formula that says nothing else: k = i, l ≠ j."""
    parts = operands_of(tree) if tree.kind in ("list", "statements") else (tree,)
    found = [condition_of(part) for part in parts]
    if all(condition is not None for condition in found):
        yield from (condition for condition in found if condition is not None)
