"""What can be built: activations, costs and layers, each a table; the specification of a network; its equations."""

from symback.network.layers import Dense, LayerNorm, Residual
from symback.network.spec import Network

__all__ = ["Dense", "LayerNorm", "Network", "Residual"]
