"""What the rows of LAYERS are made of: where a layer stands, what it adds, and the activation at its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from symback.errors import SpecError
from symback.language.expressions import Axis, Equation, Tensor, Var, add, broadcast, contract, var
from symback.language.names import Name
from symback.language.steps import Fact
from symback.network.activations import Activation, activation_equations, activation_facts
from symback.network.options import shorten
from symback.network.sizes import Size

__all__ = [
    "Built", "LayerRow", "Numbered", "Place", "activate", "layer_var", "read_flag", "same_size", "scaled", "set_fields", "spread",
    "weighted",
]  # fmt: skip


CAPITALS = {"s": "Dev"}  # the deviations of a batch; S is the scores of an attention


def set_fields(instance: object, **values: object) -> None:
    """Fill the fields of a frozen dataclass in its own `__init__`.

    Decision: such an `__init__` accepts names and texts, and the fields hold what was read from them, with that type.
    """
    for name, value in values.items():
        object.__setattr__(instance, name, value)


def read_flag(value: object, what: str) -> bool:
    """`value` if it is true or false; `SpecError` naming `what` otherwise."""
    if not isinstance(value, bool):
        raise SpecError(f"{what} is {shorten(value)}; it should be true or false")
    return value


@dataclass(frozen=True, slots=True)
class Numbered:
    """A layer that has a number, with its sizes; a residual has none, its layers have."""

    number: int
    layer: Any
    inputs: Size
    outputs: Size

    @property
    def weight_shape(self) -> tuple[Size, Size] | None:
        """The rows and columns of W^l; None where the layer has no weights of its own."""
        return (self.outputs, self.inputs) if getattr(self.layer, "has_weights", False) else None


@dataclass(frozen=True)
class Place:
    """Where a layer stands: its number, its input a^{l-1}, the sample axis of a batch, the weights of earlier layers."""

    number: int | sympy.Expr
    inputs: Var
    samples: tuple[Axis, ...] = ()
    weights: Mapping[int, Var] = field(default_factory=dict)

    def var(self, letter: str, *sizes: Size) -> Var:
        """The quantity `letter` of this layer, with the sample axis of the batch in front."""
        return layer_var(letter, self.number, self.samples, *sizes)

    def parameter(self, letter: str, *sizes: Size) -> Var:
        """The parameter `letter` of this layer."""
        return layer_var(letter, self.number, (), *sizes)


@dataclass(frozen=True)
class Built:
    """What a layer adds: equations of which the last defines its output, parameters, facts, and how many numbers it used."""

    equations: tuple[Equation, ...]
    parameters: tuple[Var, ...] = ()
    facts: tuple[Fact, ...] = ()
    weights: Mapping[int, Var] = field(default_factory=dict)
    count: int = 1


@dataclass(frozen=True)
class LayerRow:
    """One kind of layer.

    `kind` is its dataclass; `size(layer, inputs, found, nesting)` checks it, appends what it numbers to `found` and gives
    its outputs; `build(layer, place)` gives its equations; `said(layer)` is its name in a table of layers.
    `is_plain`: each equation mentions a quantity and nothing that depends on it, so that the factors of a chain rule are
    whole derivatives.
    """

    name: str
    kind: type
    size: Callable[..., Size]
    build: Callable[..., Built]
    said: Callable[[Any], str]
    is_plain: bool = False


def layer_var(letter: str, number: int | sympy.Expr | None, samples: tuple[Axis, ...], *sizes: Size) -> Var:
    """A quantity as a tensor over the samples (if any) and units; what has samples is named with a capital letter."""
    capital = CAPITALS.get(letter, letter[0].upper() + letter[1:]) if samples else letter
    return var(Name(capital, number), (*samples, *(Axis(size) for size in sizes)))


def activate(activation: Activation, z: Var, place: Place) -> Built:
    """The equations from z^l to a^l, with the activation's own parameters."""
    size = z.axes[-1].size
    learnable = {letter: place.parameter(letter, size) for letter in activation.row.learnable}
    equations = activation_equations(activation, z, place.var("a", size), learnable)
    return Built(equations, tuple(learnable.values()), activation_facts(activation, equations))


def weighted(place: Place, weights: Var, shape: str = "jk", bias: Var | None = None) -> Tensor:
    """W x + b for every sample; `shape="kj"` for the transpose of W."""
    sample = ("s",) * len(place.samples)
    product = contract(((weights, tuple(shape)), (place.inputs, (*sample, "k"))), (*sample, "j"), {})
    return product if bias is None else add(product, spread(bias, product))


def scaled(factor: Var, tensor: Tensor) -> Tensor:
    """γ ⊙ x for every sample."""
    labels = ("s", "j")[2 - tensor.rank :]
    return contract(((factor, ("j",)), (tensor, labels)), labels, {})


def spread(vector: Tensor, like: Tensor) -> Tensor:
    """A vector over the units, repeated for every sample of `like`."""
    return broadcast(vector, like.axes, (like.rank - 1,))


def same_size(layer: Any, inputs: Size, found: list[Numbered], nesting: int) -> Size:
    """The sizes of a layer that has as many outputs as inputs."""
    found.append(Numbered(len(found) + 1, layer, inputs, inputs))
    return inputs
