r"""Which claims a formula makes: its relation chains, and the layers that they speak of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy

from symback.language.names import LAST_LAYER, LAYER
from symback.verification.meaning import Unread
from symback.verification.naming import LETTERS, Printed, integer_of, names_in
from symback.verification.tree import Tree, operands_of, operators_of
from symback.verification.universe import Layers

__all__ = ["EQUALITIES", "Claim", "Scope", "chains_of", "scope_of"]

EQUALITIES = frozenset(["=", ":=", r"\equiv", r"\triangleq", "=:"])


@dataclass(frozen=True)
class Claim:
    """A chain of members, and the sign before each but the first."""

    members: tuple[Tree, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Scope:
    """The layers of a claim: the universe's, the letter they are counted from, and the layer of the left side."""

    layers: Layers
    base: str
    own_layer: int | None
    subscripts_are_layers: bool


def chains_of(tree: Tree) -> Iterator[Claim]:
    """Every relation chain of a formula: statements, lists and implications taken apart."""
    if tree.kind in ("statements", "implication", "list", "given"):
        for operand in operands_of(tree):
            yield from chains_of(operand)
    elif tree.kind == "aligned" or (tree.kind == "annotated" and tree.text == r"\text"):
        yield from chains_of(tree.children[0])
    elif tree.kind == "relation":
        yield Claim(operands_of(tree), operators_of(tree))


def quantities_in(members: Sequence[Tree]) -> list[Printed]:
    """The names of a network's quantities in a claim; a delta with two indices and no layer is Kronecker's."""
    found = []
    for member in members:
        for _, name in names_in(member):
            if name.letter in LETTERS and not (name.letter == r"\delta" and name.layer is None and len(name.indices) == 2):
                found.append(name)
    return found


def scope_of(members: Sequence[Tree], shift: int) -> Scope:
    """The layers that the names of a claim speak of."""
    names = quantities_in(members)
    if not names:
        raise Unread("no quantity of a network is mentioned")
    has_components = any(name.letter in ("x", "X") and _single_integer(name) is not None for name in names)
    below = (
        not has_components
        and not any(name.layer for name in names)
        and any(_single_integer(name) for name in names if LETTERS[name.letter] == "W")
    )
    if below:
        names = [Printed(name.letter, ("", _single_integer(name)), ()) if _single_integer(name) is not None else name for name in names]
    has_target = any(LETTERS[name.letter] in ("y", "output") for name in names)
    layered = [name for name in names if name.layer is not None and LETTERS[name.letter] != "y"]
    bases = {name.layer[0] for name in layered}
    if len(bases) == 2 and "" in bases and all(name.layer[1] == 2 and not name.is_bracketed for name in layered if name.layer[0] == ""):
        layered = [name for name in layered if name.layer[0]]
        bases.discard("")
    if len(bases) > 1:
        raise Unread(f"layers {' and '.join(sorted(bases))} in one formula")
    if not layered:
        return Scope(Layers(1, 1, sympy.S.Zero, True), "", 1, False)
    base = bases.pop()
    numbers = [_z_number(name, shift) for name in layered]
    first = min(number + (LETTERS[name.letter] == "a") for number, name in zip(numbers, layered, strict=True))
    last = max(numbers)
    own = layered[0].layer[1]
    is_beyond = base == "L" and last > 0  # then L is a letter for any layer
    if is_beyond and has_target:
        raise Unread("a target beside a layer beyond the last")
    if base == "" and (any(name.letter in ("x", "X") for name in names) or first < 1):
        first = 1
    if base and any(name.letter in ("x", "X") for name in names):
        raise Unread("the input beside a layer that is not numbered")
    is_output = (base == "L" and not is_beyond) or has_target
    last = 0 if base == "L" and not is_beyond else last if is_output else max(last, first) + 1
    symbol = {"L": LAST_LAYER, "": sympy.S.Zero}.get(base, LAYER)
    return Scope(Layers(min(first, last), last, symbol, is_output), base, own, below)


def _z_number(name: Printed, shift: int) -> int:
    return name.layer[1] + (shift if LETTERS[name.letter] in ("W", "b") else 0)


def _single_integer(name: Printed) -> int | None:
    return integer_of(name.indices[0]) if len(name.indices) == 1 and name.layer is None and LETTERS[name.letter] not in ("y",) else None
