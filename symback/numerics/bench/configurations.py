"""What is measured: networks with a batch and a dtype, from one that fits a table in a book to one that fills the caches."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from symback.errors import UnsupportedError
from symback.network import Dense, Network
from symback.network.forward import forward_equations
from symback.numerics.program import python_name

__all__ = ["CONFIGURATIONS", "Chain", "Configuration"]

ELEMENTWISE = ("sigmoid", "tanh", "relu", "identity")


@dataclass(frozen=True)
class Chain:
    """A plain network, as other libraries are given it: sizes, activations, and one of two costs.

    `is_cross_entropy`: softmax on top and the cross-entropy; otherwise ½ Σ (a - y)².
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    is_cross_entropy: bool


@dataclass(frozen=True)
class Configuration:
    """A network with numbers for its sizes, a batch and a dtype.

    >>> CONFIGURATIONS["small f32"].chain.sizes, CONFIGURATIONS["small f32"].batch
    ((784, 30, 10), 10)
    """

    name: str
    network: Network
    batch: int
    dtype: str

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the parameters."""
        parameters = forward_equations(self.network).parameters
        if not all(size.is_Integer for p in parameters for size in p.shape):
            raise UnsupportedError("a network is measured with numbers for its sizes; give them, as in 784-30-10")
        return {python_name(p.name): tuple(int(size) for size in p.shape) for p in parameters}

    @cached_property
    def chain(self) -> Chain | None:
        """The network as other libraries are given it; None if it is more than dense layers with usual activations."""
        layers = self.network.layers
        if not all(isinstance(layer, Dense) and layer.bias and layer.tied_to is None for layer in layers) or self.network.has_penalty:
            return None
        names = tuple(layer.activation.name for layer in layers if isinstance(layer, Dense))
        cost = self.network.cost.name
        is_cross_entropy = cost == "cross_entropy" and names[-1] == "softmax"
        is_usual = all(name in ELEMENTWISE for name in names[: -1 if is_cross_entropy else None])
        if not is_usual or not (is_cross_entropy or cost == "quadratic"):
            return None
        sizes = (self.network.inputs, *(layer.units for layer in layers if isinstance(layer, Dense)))
        return Chain(tuple(int(size) for size in sizes), names, is_cross_entropy)

    @cached_property
    def arguments(self) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Random parameters by name, inputs and targets, the same in every run."""
        draw = np.random.default_rng(0)
        params = {
            name: (draw.normal(size=shape) / (np.sqrt(shape[-1]) if len(shape) == 2 else 1)).astype(self.dtype)
            for name, shape in self.shapes.items()
        }
        x = draw.normal(size=(self.batch, int(self.network.inputs))).astype(self.dtype)
        y = draw.uniform(0.1, 0.9, size=(self.batch, int(self.network.outputs)))
        return params, x, (y / y.sum(axis=1, keepdims=True)).astype(self.dtype)


def _configuration(name: str, spec: str, batch: int, dtype: str, activation: str = "sigmoid", cost: str = "quadratic") -> Configuration:
    return Configuration(name, Network.from_spec(spec, activation=activation, cost=cost), batch, dtype)


CONFIGURATIONS: dict[str, Configuration] = {
    configuration.name: configuration
    for configuration in (
        _configuration("tiny b1", "2-3-2", 1, "float64"),
        _configuration("tiny b32", "2-3-2", 32, "float64"),
        _configuration("small f64", "784-30-10", 10, "float64"),
        _configuration("small f32", "784-30-10", 10, "float32"),
        _configuration("medium", "784-512-512-10", 128, "float32"),
        _configuration("large", "1024-1024-1024-1024-10", 256, "float32"),
        _configuration("deep", "-".join(["64"] * 51 + ["10"]), 32, "float64"),
        _configuration("relu-ce", "784-256-128-10", 64, "float32", "relu,relu,softmax", "cross_entropy"),
    )
}
