"""LAYERS: one row for each kind of layer: its dataclass, the sizes it accepts, and the equations it adds.

Layers are numbered 1 … L in the order in which they are applied; the layers inside a residual branch count, the
residual itself does not.  Layer l takes a^{l-1} and ends by defining a^l.

    Dense       z^l = W^l a^{l-1} + b^l,  a^l = σ(z^l)
                tied: W of an earlier layer in place of W^l, or its transpose; one name, used twice
    Residual    a^l = a^{l-k} + f^l,  where f^l is what its k layers make of a^{l-k}: the last of them defines f^l
                instead of a^l.  If that is a mere name or a sum of names, it is written in place:  a^l = a^{l-k} + z^l
    and the rows of `norms` and `gates`

In a batch every quantity has a sample axis in front, and letters are capital: Z^l, A^l, F^l, Xhat^l.

A new layer is a dataclass, a function for its sizes, a function for its equations, and a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import SupportsIndex, TypeAlias

from symback.errors import SpecError
from symback.language.expressions import Add, Equation, Var, add
from symback.language.steps import Fact
from symback.network.activations import Activation, read_activation
from symback.network.gates import GATE_ROWS, Gated, Highway
from symback.network.norms import NORM_ROWS, LayerNorm, RMSNorm, Scale
from symback.network.options import shorten
from symback.network.place import Built, LayerRow, Numbered, Place, activate, layer_var, read_flag, set_fields, weighted
from symback.network.sizes import Size, read_size

__all__ = ["LAYERS", "Dense", "Layer", "NumberedLayer", "Residual", "as_layers", "build_layers", "number_layers", "row_of"]

DEEPEST_NESTING = 50


@dataclass(frozen=True, init=False)
class Dense:
    """A fully connected layer: `Dense(30, "relu")`.

    `tied_to` names an earlier dense layer by its number, whose W is used again; with `transpose`, its transpose.
    """

    units: Size
    activation: Activation
    bias: bool
    tied_to: int | None
    transpose: bool

    def __init__(
        self,
        units: Size | str,
        activation: Activation | str = "sigmoid",
        bias: bool = True,
        tied_to: int | None = None,
        transpose: bool = False,
    ) -> None:
        if tied_to is None and transpose:
            raise SpecError("transpose=True without tied_to; say which layer's weights are to be transposed, as in tied_to=1")
        set_fields(
            self,
            units=read_size(units, "units"),
            activation=read_activation(activation),
            bias=read_flag(bias, "bias"),
            tied_to=None if tied_to is None else _layer_number(tied_to),
            transpose=read_flag(transpose, "transpose"),
        )

    @property
    def has_weights(self) -> bool:
        """Whether W^l is its own, and not that of another layer."""
        return self.tied_to is None


@dataclass(frozen=True, init=False)
class Residual:
    """A branch and a shortcut around it, a + F(a): `Residual([Dense(30, "relu"), Dense(30, "identity")])`."""

    layers: tuple["Layer", ...]

    def __init__(self, layers: Sequence["Layer"]) -> None:
        set_fields(self, layers=as_layers(layers, "a residual's layers"))


NumberedLayer: TypeAlias = Dense | LayerNorm | RMSNorm | Scale | Gated | Highway
Layer: TypeAlias = NumberedLayer | Residual


def row_of(layer: Layer) -> LayerRow:
    """The row of a layer's kind."""
    return _ROW_OF[type(layer)]


def as_layers(layers: object, what: str) -> tuple[Layer, ...]:
    """`layers` as a tuple, if it is a sequence of layers and not empty; `SpecError` naming `what` otherwise."""
    if not isinstance(layers, Sequence) or isinstance(layers, str):
        raise SpecError(f"{what} are {shorten(layers)}; they should be a list, such as [Dense(30, 'relu'), Dense(10)]")
    for position, layer in enumerate(layers, 1):
        if type(layer) not in _ROW_OF:
            names = ", ".join(row.kind.__name__ for row in LAYERS.values())
            raise SpecError(f"entry {position} of {what} is {shorten(layer)}; it should be one of {names}")
    if not layers:
        raise SpecError(f"{what} are empty; give at least one, such as [Dense(10)]")
    return tuple(layers)


def _layer_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, SupportsIndex) or value.__index__() < 1:
        raise SpecError(f"tied_to is {shorten(value)}; it should be the number of an earlier layer, counted from 1")
    return value.__index__()


# Sizes -----------------------------------------------------------------------------------------------------------


def number_layers(layers: Sequence[Layer], inputs: Size) -> tuple[Numbered, ...]:
    """All layers in order of application, those inside residual branches included; `SpecError` where sizes do not fit."""
    found: list[Numbered] = []
    _number(layers, inputs, found, 0)
    return tuple(found)


def _number(layers: Sequence[Layer], inputs: Size, found: list[Numbered], nesting: int) -> Size:
    if nesting > DEEPEST_NESTING:
        raise SpecError(f"residuals are nested more than {DEEPEST_NESTING} deep; write them one after the other")
    for layer in layers:
        inputs = row_of(layer).size(layer, inputs, found, nesting)
    return inputs


def _size_of_dense(layer: Dense, inputs: Size, found: list[Numbered], nesting: int) -> Size:
    number = len(found) + 1
    if layer.tied_to is not None:
        _check_tie(layer, number, layer.tied_to, inputs, found)
    found.append(Numbered(number, layer, inputs, layer.units))
    return layer.units


def _check_tie(layer: Dense, number: int, tied: int, inputs: Size, found: list[Numbered]) -> None:
    owner = found[tied - 1].layer if tied < number else None
    if not isinstance(owner, Dense):
        dense = [str(other.number) for other in found if isinstance(other.layer, Dense)]
        earlier = f"the dense layers before it are {', '.join(dense[:10])}" if dense else "there is no dense layer before it"
        raise SpecError(f"layer {number} is tied to layer {tied}, but {earlier}")
    if owner.tied_to is not None:
        whose = f"whose weights are themselves those of layer {owner.tied_to}; write tied_to={owner.tied_to}"
        raise SpecError(f"layer {number} is tied to layer {tied}, {whose}")
    shape = (found[tied - 1].outputs, found[tied - 1].inputs)
    rows, columns = reversed(shape) if layer.transpose else shape
    if (rows, columns) != (layer.units, inputs):
        glyph = f"the transpose of W^{tied}" if layer.transpose else f"W^{tied}"
        raise SpecError(f"layer {number} needs weights of shape {layer.units} x {inputs}, but {glyph} is {rows} x {columns}")


def _size_of_residual(layer: Residual, inputs: Size, found: list[Numbered], nesting: int) -> Size:
    first = len(found) + 1
    outputs = _number(layer.layers, inputs, found, nesting + 1)
    if outputs != inputs:
        raise SpecError(
            f"the residual around layers {first} to {len(found)} adds {inputs} inputs to {outputs} outputs; "
            f"its last layer should have {inputs} units"
        )
    return outputs


# Equations -------------------------------------------------------------------------------------------------------


def build_layers(layers: Sequence[Layer], place: Place) -> Built:
    """The equations of layers one after the other."""
    equations: list[Equation] = []
    parameters: list[Var] = []
    facts: list[Fact] = []
    weights = dict(place.weights)
    count = 0
    inputs = place.inputs
    for layer in layers:
        built = row_of(layer).build(layer, Place(place.number + count, inputs, place.samples, weights))
        equations.extend(built.equations)
        parameters.extend(built.parameters)
        facts.extend(built.facts)
        weights.update(built.weights)
        count += built.count
        inputs = built.equations[-1].symbol
    return Built(tuple(equations), tuple(parameters), tuple(facts), weights, count)


def _build_dense(layer: Dense, place: Place) -> Built:
    z = place.var("z", layer.units)
    is_tied = layer.tied_to is not None
    weights = place.weights[layer.tied_to] if layer.tied_to is not None else place.parameter("W", layer.units, place.inputs.axes[-1].size)
    bias = place.parameter("b", layer.units) if layer.bias else None
    activated = activate(layer.activation, z, place)
    equations = (Equation(z, weighted(place, weights, "kj" if layer.transpose else "jk", bias), "cut"), *activated.equations)
    parameters = (*(() if is_tied else (weights,)), *(() if bias is None else (bias,)), *activated.parameters)
    own = {place.number: weights} if isinstance(place.number, int) else {}
    return Built(equations, parameters, activated.facts, own)


def _said_dense(layer: Dense) -> str:
    if layer.tied_to is not None:
        return f"dense, weights of layer {layer.tied_to}{' transposed' if layer.transpose else ''}"
    return "dense" if layer.bias else "dense, no bias"


def _build_residual(layer: Residual, place: Place) -> Built:
    branch = build_layers(layer.layers, place)
    *before, last = branch.equations
    terms = last.definition.args if isinstance(last.definition, Add) else (last.definition,)
    if all(isinstance(term, Var) for term in terms):
        joined = Equation(last.symbol, add(place.inputs, *terms), "activation")
        facts = tuple(fact for fact in branch.facts if fact.of is not last.symbol)
        return replace(branch, equations=(*before, joined), facts=facts)
    output = layer_var("f", last.symbol.name.layer, place.samples, last.symbol.axes[-1].size)
    joined = Equation(last.symbol, add(place.inputs, output), "activation")
    facts = tuple(replace(fact, of=output) if fact.of is last.symbol else fact for fact in branch.facts)
    return replace(branch, equations=(*before, Equation(output, last.definition, last.role), joined), facts=facts)


LAYERS: dict[str, LayerRow] = {
    "dense": LayerRow("dense", Dense, _size_of_dense, _build_dense, _said_dense, is_plain=True),
    **NORM_ROWS,
    **GATE_ROWS,
    "residual": LayerRow("residual", Residual, _size_of_residual, _build_residual, lambda layer: "residual"),
}
_ROW_OF: dict[type, LayerRow] = {row.kind: row for row in LAYERS.values()}
