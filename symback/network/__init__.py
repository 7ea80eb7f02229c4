"""What can be built: activations, costs and layers, each a table; the specification of a network; its equations."""

from symback.network.gates import Gated, Highway
from symback.network.graph import EndCost, Graph, Node
from symback.network.layers import Dense, Residual
from symback.network.norms import LayerNorm, RMSNorm, Scale
from symback.network.spec import Network

__all__ = ["Dense", "EndCost", "Gated", "Graph", "Highway", "LayerNorm", "Network", "Node", "RMSNorm", "Residual", "Scale"]
