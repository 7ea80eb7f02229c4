"""Names of parts of a network in words, for pages and for pictures."""

from symback.network import Dense, LayerNorm
from symback.network.activations import Activation

__all__ = ["spoken_activation", "spoken_name"]


def spoken_name(activation: Activation) -> str:
    """The name of an activation, in words.

    >>> from symback.network.activations import read_activation
    >>> spoken_name(read_activation("leaky_relu"))
    'leaky relu'
    """
    return "σ, not specified" if activation.name == "unspecified" else str(activation).replace("_", " ")


def spoken_activation(layer: Dense | LayerNorm) -> str:
    """The name of a layer's activation, in words."""
    return spoken_name(layer.activation)
