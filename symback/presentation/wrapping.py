"""Breaking a written formula into lines, at the signs of its outermost sum.

    a + b (c - d) - e    →    "a", "+ b (c - d)", "- e"

A formula is broken as text, after it was written: only the writer knows how long a formula is, and the order in which
its terms stand.
"""

import re
import unicodedata
from collections.abc import Callable
from itertools import zip_longest

__all__ = ["broken", "broken_inside", "display_width", "latex_length", "pieces"]

_OPENING = re.compile(r"\\left\b|\\begin\b|[({\[]")
_CLOSING = re.compile(r"\\right\b|\\end\b|[)}\]]")
_RELATION = re.compile(r"[=≈]|\\(?:approx|leq)")
_SUM = re.compile(r"[+-]")
_PIECE = re.compile(r"[=≈+-]|\\(?:approx|leq|quad)")
_SMALL_PIECE = re.compile(r"[=≈+-]|\\(?:approx|leq|quad|cdot|begin)")
_BARE = re.compile(r"[=≈+-]|\\(?:approx|leq|cdot)|")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)


def broken(formula: str, length: Callable[[str], int], limit: int) -> list[str]:
    """The formula in lines of at most `limit` where its terms allow it; a line after the first begins with its sign.

    >>> broken("a + b(c - d) - e", len, 9)
    ['a', '+ b(c - d)', '- e']
    """
    return [formula] if length(formula) <= limit else _filled(_terms(formula, 0), length, limit)


def broken_inside(formula: str, length: Callable[[str], int], limit: int, widest: int) -> list[str]:
    """The same, and a line still wider than `widest` is broken at the signs within its plain parentheses.

    >>> broken_inside("a (b + c + d)", len, 9, 11)
    ['a (b + c', '+ d)']
    """
    lines: list[str] = []
    for line in broken(formula, length, limit):
        lines.extend(_filled(_terms(line, 1), length, limit) if length(line) > widest else [line])
    return lines


def pieces(formula: str, length: Callable[[str], int], longest: int) -> list[list[str]]:
    """The formula in terms, and each term in pieces, for a medium that finds its own line ends: between terms if it can.

    A formula of at most `longest` is one piece.  Others are broken at the relations and the signs of the outermost sum,
    and a term that is still longer also within its plain parentheses, between numbers that are multiplied, and before a
    matrix.

    >>> pieces("a + b(c - d) = e", len, 9)
    [['a'], ['+ b(c', '- d)'], ['= e']]
    """
    if length(formula) <= longest:
        return [[formula]]
    return [_terms(term, 1, _SMALL_PIECE) if length(term) > longest else [term] for term in _terms(formula, 0, _PIECE)]


def _filled(parts: list[str], length: Callable[[str], int], limit: int) -> list[str]:
    """Parts in as few lines as hold them."""
    lines: list[str] = []
    for part in parts:
        if lines and length(f"{lines[-1]} {part}") <= limit:
            lines[-1] = f"{lines[-1]} {part}"
        else:
            lines.append(part)
    return lines


def _terms(formula: str, deepest: int, signs: re.Pattern = _SUM) -> list[str]:
    """The terms of the outermost sum, each but the first with its sign; `deepest` 1: those of sums in plain parentheses too.

    With other `signs`, the pieces that begin with one of those.

    The minus of `≈ -1` begins no term.
    """
    terms, current, before, sign = [], "", "", ""
    opened: list[str] = []
    for token in _TOKEN.findall(formula):
        is_open = len(opened) <= deepest and set(opened) <= {"("}
        is_sign = is_open and before == " " and signs.fullmatch(token) is not None and not _BARE.fullmatch(current.strip())
        if is_sign and not (token in "+-" and _RELATION.fullmatch(sign)):
            terms.append(current.strip())
            current = ""
        if _OPENING.fullmatch(token):
            opened.append(token)
        elif _CLOSING.fullmatch(token):
            del opened[-1:]
        current += token
        before = token
        sign = sign if token == " " else token
    return [*terms, current.strip()]


def latex_length(formula: str) -> int:
    """About how many characters wide a LaTeX formula is on the page: commands count as one, a fraction as its wider half.

    >>> latex_length(r"\\frac{\\partial C}{\\partial a_j}")
    3
    """
    text = _MATRIX.sub(_widest_columns, formula)
    for pattern, replacement in _SHORTER:
        text = pattern.sub(replacement, text)
    return len(text)


def _widest_columns(match: re.Match) -> str:
    """As many letters as the columns of a matrix are wide, with the gaps between them and the brackets."""
    rows = [[latex_length(cell) for cell in row.split("&")] for row in match[1].split(r"\\")]
    return "m" * (sum(map(max, zip_longest(*rows, fillvalue=0))) + 2 * len(rows[0]))


def display_width(text: str) -> int:
    """The columns that a text takes on a terminal: a combining accent takes none.

    >>> display_width("x̂ = 1")
    5
    """
    return sum(not unicodedata.combining(character) for character in text)


_MATRIX = re.compile(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", re.DOTALL)


def _wider(match: re.Match) -> str:
    return max(match[1], match[2], key=len)


_SHORTER: tuple = (
    (re.compile(r"\\sum_\{[^{}]*\}\^\{[^{}]*\}"), "SS"),
    (re.compile(r"\\sum_\{[^{}]*\}\^\{[^{}]*\{[^{}]*\}[^{}]*\}"), "SS"),
    (re.compile(r"\\(left|right|mathsf|operatorname|text|mathbf|boldsymbol) ?"), ""),
    (re.compile(r"\\[A-Za-z]+ ?"), "x"),
    (re.compile(r"\^\{([^{}]*)\}_\{([^{}]*)\}"), _wider),
    (re.compile(r"[\^_]\{([^{}]*)\}"), r"\1"),
    (re.compile(r"x\{([^{}]*)\}\{([^{}]*)\}"), _wider),
    (re.compile(r"[{}\\^_ ]"), ""),
)
