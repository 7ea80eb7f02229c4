r"""What each `|` and `\|` of a formula does: open, close, part (`p(y|x)`), or evaluate (`f|_{x=0}`); and which braces count.

A bar looks the same in all its roles, so the roles are settled on the tokens, by neighbours and pairs, before the parser
runs; that keeps the parser free of backtracking and its time linear.
"""

from __future__ import annotations

from dataclasses import replace

from symback.verification.grammar import CLOSING, LEVEL_OF, OPENING, SIZES, SKIPPED
from symback.verification.lexer import Token

__all__ = ["with_bar_roles"]

_BARS = ("|", r"\|")


def with_bar_roles(tokens: list[Token]) -> list[Token]:
    r"""The tokens with kind `open` or `close` on the bars that enclose; a parting or evaluating bar becomes `\mid`.

    >>> from symback.verification.lexer import tokenize
    >>> [token.kind for token in with_bar_roles(tokenize("|a|"))]
    ['open', 'letter', 'close']
    """
    tokens = [token for token in tokens if not (token.kind == "command" and (token.text in SIZES or token.text in SKIPPED))]
    tokens = _without_crossed_braces(_with_double_bars(tokens))
    result = list(tokens)
    levels: list[list[int]] = [[]]
    for place, token in enumerate(tokens):
        explicit = place > 0 and tokens[place - 1].text in (r"\left", r"\right", r"\middle")
        if token.kind == "text" or (explicit and token.text != r"\middle"):
            if explicit and tokens[place - 1].text == r"\middle" and token.text in _BARS:
                result[place] = replace(token, kind="command", text=r"\mid")
            continue
        if token.text in _BARS:
            levels[-1].append(place)
        elif token.text in OPENING or token.text in ("{", r"\left") or token.kind == "begin":
            levels.append([])
        elif token.text in CLOSING or token.text in ("}", r"\right") or token.kind == "end":
            _settle(levels.pop() if len(levels) > 1 else [], result)
        elif token.kind == "row" or token.text == "&":
            _settle(levels[-1], result)
            levels[-1] = []
    for bars in levels:
        _settle(bars, result)
    return [token for token in result if token.text != r"\middle"]  # its bar has its role


def _with_double_bars(tokens: list[Token]) -> list[Token]:
    r"""||x|| with touching bars is \|x\|, unless single bars stand in the formula too (|a||b|)."""
    pairs = [i for i in range(len(tokens) - 1) if tokens[i].text == tokens[i + 1].text == "|" and tokens[i].end == tokens[i + 1].start]
    if not pairs or 2 * len(pairs) != sum(token.text == "|" for token in tokens):
        return tokens
    first, second = set(pairs), {place + 1 for place in pairs}
    merged = (replace(token, text=r"\|", end=tokens[i + 1].end) if i in first else token for i, token in enumerate(tokens))
    return [token for i, token in enumerate(merged) if i not in second]


def _without_crossed_braces(tokens: list[Token]) -> list[Token]:
    """Drops braces in the line that cross brackets, `({a)}`: braces are invisible, the brackets are what is printed."""
    opened: list[tuple[int, int]] = []
    balance, dropped = 0, set[int]()
    for place, token in enumerate(tokens):
        if token.kind == "text":
            continue
        if token.text in ("(", ")"):
            balance += 1 if token.text == "(" else -1
        elif token.text == "{":
            opened.append((place, balance))
        elif token.text == "}" and opened:
            first, before = opened.pop()
            if balance != before and _in_line(tokens, first):
                dropped |= {first, place}
    return [token for place, token in enumerate(tokens) if place not in dropped] if dropped else tokens


def _in_line(tokens: list[Token], place: int) -> bool:
    """True for a brace that is no argument: it follows nothing, an operand, a sign or an opening bracket."""
    if place == 0:
        return True
    before = tokens[place - 1]
    return (
        before.kind in ("letter", "word", "number", "row") or before.text in LEVEL_OF or before.text in OPENING or before.text in ("{", "&")
    )


def _settle(bars: list[int], tokens: list[Token]) -> None:
    """Gives the bars of one bracket level their roles, from left to right."""
    opened: list[int] = []
    to_come = {sign: sum(1 for place in bars if tokens[place].text == sign) for sign in _BARS}
    for place in bars:
        sign = tokens[place].text
        to_come[sign] -= 1
        after_operand = place > 0 and _ends_operand(tokens[place - 1])
        following = tokens[place + 1].text if place + 1 < len(tokens) else ""
        if opened and tokens[opened[-1]].text == sign and after_operand:
            first = opened.pop()
            tokens[first] = replace(tokens[first], kind="open")
            tokens[place] = replace(tokens[place], kind="close")
        elif to_come[sign] > 0 and not (after_operand and following in ("_", "^")):
            opened.append(place)
        else:
            tokens[place] = replace(tokens[place], kind="command", text=r"\mid")
    for place in opened:
        tokens[place] = replace(tokens[place], kind="command", text=r"\mid")


def _ends_operand(token: Token) -> bool:
    """True where an operand may end with this token."""
    if token.kind in ("open", "row", "begin"):
        return False
    if token.kind in ("letter", "word", "number", "prime", "close", "text", "end"):
        return True
    if token.text in CLOSING or token.text == "}":
        return True
    if token.text in OPENING or token.text in ("{", "&", "^", "_", r"\left", r"\mid") or token.text in LEVEL_OF:
        return False
    return token.kind == "command" and token.text not in (r"\quad", r"\frac")
