"""Breaking a written formula into lines, at the signs of its outermost sum.

    a + b (c - d) - e    →    "a", "+ b (c - d)", "- e"

A formula is broken as text, after it was written: only the writer knows how long a formula is, and the order in which
its terms stand.
"""

import re
from collections.abc import Callable

__all__ = ["broken", "latex_length"]

_OPENING = re.compile(r"\\left\b|\\begin\b|[({\[]")
_CLOSING = re.compile(r"\\right\b|\\end\b|[)}\]]")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)


def broken(formula: str, length: Callable[[str], int], limit: int) -> list[str]:
    """The formula in lines of at most `limit` where its terms allow it; a line after the first begins with its sign.

    >>> broken("a + b(c - d) - e", len, 9)
    ['a', '+ b(c - d)', '- e']
    """
    if length(formula) <= limit:
        return [formula]
    lines: list[str] = []
    for term in _terms(formula):
        if lines and length(f"{lines[-1]} {term}") <= limit:
            lines[-1] = f"{lines[-1]} {term}"
        else:
            lines.append(term)
    return lines


def _terms(formula: str) -> list[str]:
    """The terms of the outermost sum, each but the first with its sign."""
    terms, depth, current, before = [], 0, "", ""
    for token in _TOKEN.findall(formula):
        if _OPENING.fullmatch(token):
            depth += 1
        elif _CLOSING.fullmatch(token):
            depth -= 1
        if depth == 0 and token in "+-" and before == " " and current.strip():
            terms.append(current.strip())
            current = ""
        current += token
        before = token
    return [*terms, current.strip()]


def latex_length(formula: str) -> int:
    """About how many characters wide a LaTeX formula is on the page: commands count as one, a fraction as its wider half.

    >>> latex_length(r"\\frac{\\partial C}{\\partial a_j}")
    3
    """
    text = formula
    for pattern, replacement in _SHORTER:
        text = pattern.sub(replacement, text)
    return len(text)


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
