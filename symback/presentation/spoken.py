"""Names of parts of a network in words, for pages and for pictures."""

from symback.network import Dense, LayerNorm

__all__ = ["spoken_activation"]


def spoken_activation(layer: Dense | LayerNorm) -> str:
    """The name of a layer's activation, in words."""
    name = str(layer.activation)
    return "σ, not specified" if name == "unspecified" else name.replace("_", " ")
