"""Readers of what stands for itself in a formula: words, letters, prose and dots."""

from __future__ import annotations

import re

from symback.verification.cursor import Cursor, shown
from symback.verification.grammar import BARE_FUNCTIONS, FUNCTIONS, LARGE, LETTER_LIKE, LEVEL_OF, PROSE_WORDS
from symback.verification.lexer import Token
from symback.verification.tree import Tree

__all__ = ["begun_number", "ellipsis", "is_function", "named", "negated", "prose_sign", "symbol_at", "text_at"]

FEWEST_DIGITS = 4  # after the point, of a number that goes on in dots: fewer may be the first of a list


def named(word: str, start: int, end: int) -> Tree:
    """A name of several letters: a function that is known by it, a word of prose, or a word that names something."""
    if word in PROSE_WORDS:
        return Tree("text", (), word, start, end)
    return Tree("symbol", (), BARE_FUNCTIONS[word], start, end) if word in BARE_FUNCTIONS else Tree("word", (), word, start, end)


def text_at(cursor: Cursor) -> list[Tree]:
    r"""\text{if } is prose, \text{net} a name, \textbf{W} a letter in a font, \operatorname{diag} a function."""
    token = cursor.take()
    words = " ".join(token.text.split())
    if token.font.startswith(r"\operatorname"):
        name = "".join(sign for sign in words if sign.isalnum() or sign in "-.")
        return [Tree("symbol", (), rf"\operatorname{{{name}}}", token.start, token.end)] if name else []
    if words.isalnum() and words.isascii() and words not in PROSE_WORDS and not words.isdigit():
        if len(words) > 1:
            return [named(words, token.start, token.end)]
        return [Tree("font", (Tree("symbol", (), words, token.start, token.end),), token.font, token.start, token.end)]
    if words.isdigit():
        return [Tree("number", (), words, token.start, token.end)]
    return [Tree("text", (), words, token.start, token.end)] if words else []


def prose_sign(cursor: Cursor) -> list[Tree]:
    r"""\forall and \exists are words of the sentence around the formula."""
    token = cursor.take()
    return [Tree("text", (), token.text, token.start, token.end)]


def ellipsis(cursor: Cursor) -> list[Tree]:
    r"""\cdots, ..."""
    token = cursor.take()
    return [Tree("ellipsis", (), token.text, token.start, token.end)]


def begun_number(cursor: Cursor, number: Token) -> Tree | None:
    r"""1.0507009873\ldots, a number of which only the first digits are printed; None for another number, which stays as it is."""
    dots = cursor.peek()
    if dots.text not in (r"\ldots", r"\dots") or not re.fullmatch(rf"\d+\.\d{{{FEWEST_DIGITS},}}", number.text):
        return None
    following = cursor.tokens[cursor.place + 1] if cursor.place + 1 < len(cursor.tokens) else dots
    if following.kind == "number" or following.text == ",":
        return None
    cursor.take()
    return Tree("begun", (), number.text + dots.text, number.start, dots.end)


def symbol_at(cursor: Cursor) -> list[Tree]:
    r"""A letter-like command; an unknown one with arguments is no letter."""
    token = cursor.take()
    if token.text not in LETTER_LIKE and token.text not in LARGE and not is_function(Tree("symbol", (), token.text)):
        if token.text in (r"\over", r"\choose", r"\atop"):
            return [Tree("operator", (), token.text, token.start, token.end)]
        if not token.text[1:].isalpha():
            raise cursor.fault(f"{token.text} is no known sign", token)
        if cursor.peek().kind == "char" and cursor.peek().text == "{" and not token.text.startswith(r"\operatorname"):
            raise cursor.fault(f"the command {token.text} is not known, so its arguments cannot be read; define it", token)
    return [Tree("symbol", (), token.text, token.start, token.end)]


def negated(cursor: Cursor) -> list[Tree]:
    r"""\not= is \neq."""
    command = cursor.take()
    negated = cursor.take()
    text = {"=": r"\neq", r"\in": r"\notin"}.get(negated.text, rf"\not{negated.text}")
    if LEVEL_OF.get(negated.text) != "relation":
        raise cursor.fault(rf"{shown(negated)} after \not is no relation", negated)
    return [Tree("operator", (), text, command.start, negated.end)]


def is_function(item: Tree | None) -> bool:
    r"""True for \log, \max_i, \operatorname{diag}: a following brace group is its argument."""
    if item is None:
        return False
    base = item.children[0] if item.kind == "scripts" else item
    return base.kind == "symbol" and (base.text in FUNCTIONS or base.text.startswith(r"\operatorname"))
