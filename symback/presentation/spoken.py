"""Names of parts of a network in words, for pages and for pictures."""

import re

from symback.language.notation import FUNCTIONS
from symback.network.activations import Activation
from symback.network.layers import NumberedLayer

__all__ = ["spoken_activation", "spoken_name"]


def spoken_name(activation: Activation) -> str:
    """The name of an activation, in words.

    >>> from symback.network.activations import read_activation
    >>> spoken_name(read_activation("leaky_relu"))
    'leaky ReLU'
    """
    if activation.name == "unspecified":
        return "σ, not specified"
    return re.sub("[a-z]+", _with_capitals, str(activation).replace("_", " "))


def _with_capitals(word: re.Match[str]) -> str:
    """relu is written ReLU, as the function is."""
    glyph = FUNCTIONS.get(word.group())
    return glyph.text if glyph is not None and glyph.text.lower() == word.group() else word.group()


def spoken_activation(layer: NumberedLayer) -> str:
    """The name of a layer's activation, in words."""
    return spoken_name(layer.activation)
