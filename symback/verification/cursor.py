r"""The parser's place in a formula: a cursor over its tokens, and what can be told from the tokens alone."""

from __future__ import annotations

from symback.verification.grammar import CLOSING, LEVEL_OF, SKIPPED, SKIPPED_WITH_ARGUMENTS
from symback.verification.lexer import ParseError, Token

__all__ = ["Cursor", "after_skipped", "has_option", "row_end", "shown", "skip_length", "skip_until", "starts_operand"]


class Cursor:
    """The tokens of a formula, how far they are read, and how deep the brackets are."""

    def __init__(self, latex: str, tokens: list[Token]) -> None:
        """At the first of the tokens."""
        self.latex, self.tokens, self.place, self.depth = latex, tokens, 0, 0
        self.end = Token("end of formula", "", len(latex), len(latex))
        self.broken_rows = 0

    def peek(self) -> Token:
        """The next token, not taken."""
        return self.tokens[self.place] if self.place < len(self.tokens) else self.end

    def take(self) -> Token:
        """The next token, taken."""
        token = self.peek()
        self.place += 1
        return token

    def fault(self, message: str, token: Token | None = None) -> ParseError:
        """The error to raise at a token (the next one, if none is named)."""
        return ParseError(message, self.latex, (token or self.peek()).start)

    def last_end(self) -> int:
        """Where the token taken last ends."""
        return self.tokens[self.place - 1].end if 0 < self.place <= len(self.tokens) else 0


def shown(token: Token) -> str:
    """How a token is named in a message."""
    if token.kind in ("begin", "end"):
        return rf"\{token.kind}{{{token.text}}}"
    return token.kind if not token.text else f"'{token.text}'"


def starts_operand(token: Token) -> bool:
    """True where `token` begins an operand."""
    if token.kind in ("end of formula", "close", "end", "row", "text", "prime") or token.text in ("}", "&", "^", "_", r"\right"):
        return False
    return token.text not in CLOSING and token.text not in LEVEL_OF and token.text not in SKIPPED


def after_skipped(cursor: Cursor) -> Token:
    r"""The next token that is printed: spacing and \label{...} are not."""
    place, tokens = cursor.place, cursor.tokens
    while place < len(tokens):
        if tokens[place].text in SKIPPED_WITH_ARGUMENTS and place + 1 < len(tokens) and tokens[place + 1].text == "{":
            while place < len(tokens) and tokens[place].text != "}":
                place += 1
        elif tokens[place].text not in SKIPPED or tokens[place].text == "&":
            return tokens[place]
        place += 1
    return cursor.end


def has_option(cursor: Cursor) -> bool:
    r"""True where `[` opens an option like [t] or [cc|c], not a formula."""
    ahead = cursor.tokens[cursor.place + 1 : cursor.place + 6]
    inside = [token.text for token in ahead[: next((i for i, token in enumerate(ahead) if token.text == "]"), 0)]]
    return bool(inside) and all(text in ("t", "b", "c", "l", "r", "|") for text in inside)


def row_end(cursor: Cursor, first: int) -> int | None:
    """Where the row that begins at a token ends: at the next row break or end of its environment; None if it never does."""
    inner = 0
    for place in range(first, len(cursor.tokens)):
        kind = cursor.tokens[place].kind
        if kind in ("row", "end") and inner == 0:
            return place
        inner += (kind == "begin") - (kind == "end")
    return None


def skip_length(cursor: Cursor) -> None:
    r"""The length after \kern: -3pt."""
    for kinds in (("char",), ("number",), ("letter",), ("letter",)):
        if cursor.peek().kind in kinds and cursor.peek().text not in "{}()[]&":
            cursor.take()


def skip_until(cursor: Cursor, opening: str, closing: str) -> None:
    """Drops a balanced bracket."""
    first, depth = cursor.peek(), 0
    while cursor.place < len(cursor.tokens):
        token = cursor.take()
        if token.kind == "text":
            continue
        depth += (token.text == opening) - (token.text == closing)
        if depth == 0:
            return
    raise cursor.fault(f"'{opening}' of column {first.start + 1} is never closed; add '{closing}'", first)
