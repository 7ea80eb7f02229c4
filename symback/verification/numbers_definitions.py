r"""What a document states with symbols and a worked example uses with numbers: `z = w x + b`, `σ(z) = 1/(1 + e^{-z})`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symback.verification.numbers_activations import SAMPLES, activation_with_values
from symback.verification.numbers_book import Function, NumberBook, name_of
from symback.verification.numbers_chain import has_names
from symback.verification.numbers_intervals import NotUnderstoodError, exactly
from symback.verification.numbers_literals import is_literal_form
from symback.verification.numbers_values import Reader, evaluate
from symback.verification.tree import Tree, operands_of, walk

__all__ = ["learned"]

MAX_KEPT = 400
_CONSTANTS = ("e", r"\pi")
_HEADS = 200


def learned(members: Sequence[Tree], book: NumberBook) -> NumberBook:
    """The book after a chain of symbols: functions of named arguments, and what names are defined to be."""
    for place, member in enumerate(members[:-1]):
        if member.kind == "call" and (function := _function_stated(member, members[place + 1 :])) is not None:
            book = _with_function(member, function, book)
            break
    else:
        book = _without_function(members, book)
    name = name_of(members[0])
    if members[0].kind == "call" and name is None:
        name = name_of(members[0].children[0]) if _parameters(members[0]) else None
    if name is None or len(book.definitions) > MAX_KEPT:
        return book
    bodies = tuple(
        member for member in members[1:] if has_names(member) and not _mentions(member, name) and sum(1 for _ in walk(member)) < _HEADS
    )
    return replace(book, definitions={**book.definitions, name: bodies}) if bodies else book


def _without_function(members: Sequence[Tree], book: NumberBook) -> NumberBook:
    """A function that is stated anew in a way that is not read (softmax by its entries) is no longer known."""
    call = members[0].children[0] if members[0].kind == "scripts" else members[0]
    key = name_of(call.children[0]) if call.kind == "call" else None
    if key not in book.functions or not _parameters(call):
        return book
    heads = {name_of(node.children[0]) for member in members[1:] for node in walk(member) if node.kind == "call"}
    if key in heads or all(is_literal_form(member) for member in members[1:]):
        return book
    return replace(book, functions={name: function for name, function in book.functions.items() if name != key})


def _mentions(tree: Tree, name: str) -> bool:
    """Whether a name stands in a tree."""
    return any(name_of(node) == name for node in walk(tree) if node.kind in ("symbol", "scripts", "word", "accent", "font", "derivative"))


def _parameters(call: Tree) -> tuple[str, ...]:
    """The names in the brackets of f(x, y); () if anything else stands there."""
    content = call.children[1].children[0] if call.children[1].kind == "group" else call.children[1]
    names = [name_of(argument) for argument in (operands_of(content) if content.kind == "list" else (content,))]
    return () if None in names else tuple(name for name in names if name is not None)


def _function_stated(call: Tree, bodies: Sequence[Tree]) -> Function | None:
    """The first right side that needs nothing but the parameters."""
    parameters = _parameters(call)
    head = name_of(call.children[0])
    if not parameters or head is None:
        return None
    for body in bodies:
        free = {name for node in walk(body) if node.kind in ("symbol", "word") and (name := name_of(node)) is not None}
        if set(parameters) <= free and not _free_names(body, parameters) and head not in free:
            return Function(parameters, body)
    return None


def _free_names(tree: Tree, parameters: tuple[str, ...]) -> bool:
    """Whether a name stands in a tree that is no parameter and no constant."""
    name = name_of(tree)
    if name in parameters:
        return False
    is_power = tree.kind == "scripts" and len(tree.children) == 2 and tree.children[1].kind == "superscript"
    if is_power and (name_of(tree.children[0]) in parameters or name_of(tree.children[0]) == "e"):
        return _free_names(tree.children[1], parameters)
    if name is not None:
        return name not in _CONSTANTS
    children = tree.children[1:] if tree.kind == "function" else tree.children
    return any(_free_names(child, parameters) for child in children)


def _with_function(call: Tree, function: Function, book: NumberBook) -> NumberBook:
    """The function under its name, with the activation that it is."""
    key = name_of(call.children[0])
    assert key is not None
    word = ""
    if len(function.parameters) == 1:
        try:
            values = [evaluate(function.body, Reader(book, "digits", {function.parameters[0]: exactly(at)})) for at in SAMPLES]
            word = activation_with_values(values)
        except NotUnderstoodError:
            word = ""
    kept = {name: known for name, known in book.functions.items() if name != f"{key}'"}  # another σ has another σ'
    return replace(book, functions={**kept, key: replace(function, activation=word)})
