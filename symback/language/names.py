"""Names of the quantities of a network, independent of how a notation writes them.

A name is a letter and, where it belongs to one, a layer: `Name("W", 2)` is W², `Name("delta", l + 1)` is δ^{l+1}.
The gradient of the cost with respect to a quantity is named after it: `Name("W", 2).gradient`.
Names travel inside SymPy symbols as plain text and come back from it: `Name.parse(str(name)) == name`.
The text is parsed by a pattern of its own; nothing is ever evaluated.
"""

import re
from dataclasses import dataclass
from functools import cached_property

import sympy

from symback.errors import NotationError

__all__ = ["LAST_LAYER", "LAYER", "Name"]

LAYER = sympy.Symbol("l", integer=True, positive=True)
LAST_LAYER = sympy.Symbol("L", integer=True, positive=True)

_LAYER_SYMBOLS = {"l": LAYER, "L": LAST_LAYER}
_ERROR_LETTERS = {"z": "delta", "Z": "Delta"}
_TEXT = re.compile(r"(?P<gradient>dC/d)?(?P<letter>[A-Za-z]+(?:_[A-Za-z0-9]+)*)(?:\^(?P<layer>\d+|\([lL][+-]\d+\)|[lL]))?")


@dataclass(frozen=True)
class Name:
    """A letter, the layer it belongs to (an integer, `l + 1`, or None), and whether it is a gradient ∂C/∂(…).

    >>> str(Name("W", 2)), str(Name("a", LAYER - 1)), str(Name("W", 2).gradient)
    ('W^2', 'a^(l-1)', 'dC/dW^2')
    >>> Name.parse("a^(l-1)") == Name("a", LAYER - 1)
    True
    """

    letter: str
    layer: int | sympy.Expr | None = None
    is_gradient: bool = False

    @cached_property
    def gradient(self) -> "Name":
        """The name of ∂C/∂(this)."""
        return Name(self.letter, self.layer, is_gradient=True)

    @cached_property
    def cotangent(self) -> "Name":
        """The name of ∂C/∂(this) in a derivation: δ^l for z^l, Δ^l for the batch Z^l of a layer, ∂C/∂(…) for everything else."""
        letter = _ERROR_LETTERS.get(self.letter) if self.layer is not None else None
        return self.gradient if letter is None else Name(letter, self.layer)

    @cached_property
    def tangent(self) -> "Name":
        """The name of its derivative along a direction: Z_dot^l for Z^l, (∂C/∂W_dot)^l for ∂C/∂W^l."""
        return Name(f"{self.letter}_dot", self.layer, self.is_gradient)

    @cached_property
    def _text(self) -> str:
        layer = "" if self.layer is None else "^" + _layer_text(self.layer)
        return ("dC/d" if self.is_gradient else "") + self.letter + layer

    def __str__(self) -> str:
        return self._text

    @classmethod
    def parse(cls, text: str) -> "Name":
        """Read a name back from its text; `NotationError` if it is not one."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise NotationError(f"{text!r} is not the name of a quantity; expected a letter and a layer, as in W^2 or a^(l-1)")
        return cls(match["letter"], _layer_from(match["layer"]), match["gradient"] is not None)


def _layer_text(layer: int | sympy.Expr) -> str:
    text = str(layer).replace(" ", "")
    return text if text.isalnum() else f"({text})"


def _layer_from(text: str | None) -> int | sympy.Expr | None:
    if text is None:
        return None
    if text.isdigit():
        return int(text)
    text = text.strip("()")
    symbol, shift = _LAYER_SYMBOLS[text[0]], text[1:]
    return symbol + int(shift) if shift else symbol
