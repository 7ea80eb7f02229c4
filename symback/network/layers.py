"""LAYERS: one row for each kind of layer: its dataclass, the sizes it accepts, and the equations it adds.

Layers are numbered 1 … L in the order in which they are applied; the layers inside a residual branch count, the
residual itself does not.  Layer l takes a^{l-1} and ends by defining a^l.

    Dense       z^l = W^l a^{l-1} + b^l,  a^l = σ(z^l)
                tied: W of an earlier layer in place of W^l, or its transpose; one name, used twice
    LayerNorm   μ^l = (1/n) Σ_k x_k,  s^l = √((1/n) Σ_k (x_k - μ^l)² + ε),  x̂^l = (x - μ^l) / s^l,
                z^l = γ^l ⊙ x̂^l + β^l,  a^l = σ(z^l)    with x = a^{l-1};  Σ_k x̂_k = 0 follows
    Residual    a^l = a^{l-k} + f^l,  where f^l is what its k layers make of a^{l-k}: the last of them defines f^l
                instead of a^l.  If that is a mere name or a sum of names, it is written in place:  a^l = a^{l-k} + z^l

In a batch every quantity has a sample axis in front, and letters are capital: Z^l, A^l, F^l, Xhat^l.

A new layer is a dataclass, a function for its sizes, a function for its equations, and a row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import SupportsIndex, TypeAlias

import sympy

from symback.errors import SpecError
from symback.language.expressions import Add, Axis, Equation, Tensor, Var, add, broadcast, contract, map_, scale, slot, total, var
from symback.language.names import Name
from symback.language.steps import Fact
from symback.network.activations import Activation, activation_equations, activation_facts, read_activation
from symback.network.options import exact_number, shorten
from symback.network.sizes import Size, read_size

__all__ = [
    "LAYERS", "Built", "Dense", "Layer", "LayerNorm", "LayerRow", "Numbered", "Place", "Residual", "as_layers", "build_layers",
    "layer_var", "number_layers", "row_of", "set_fields",
]  # fmt: skip

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
            bias=_flag(bias, "bias"),
            tied_to=None if tied_to is None else _layer_number(tied_to),
            transpose=_flag(transpose, "transpose"),
        )


@dataclass(frozen=True, init=False)
class LayerNorm:
    """Each sample shifted and scaled to mean 0 and variance 1, then γ ⊙ x̂ + β: `LayerNorm(epsilon=1e-5)`.

    `epsilon="epsilon"` keeps ε a symbol.
    """

    epsilon: sympy.Expr
    activation: Activation

    def __init__(self, epsilon: sympy.Expr | float | str = 1e-5, activation: Activation | str = "identity") -> None:
        set_fields(self, epsilon=_read_epsilon(epsilon), activation=read_activation(activation))


@dataclass(frozen=True, init=False)
class Residual:
    """A branch and a shortcut around it, a + F(a): `Residual([Dense(30, "relu"), Dense(30, "identity")])`."""

    layers: tuple["Layer", ...]

    def __init__(self, layers: Sequence["Layer"]) -> None:
        set_fields(self, layers=as_layers(layers, "a residual's layers"))


Layer: TypeAlias = Dense | LayerNorm | Residual


def set_fields(instance: object, **values: object) -> None:
    """Fill the fields of a frozen dataclass in its own `__init__`.

    Decision: such an `__init__` accepts names and texts, and the fields hold what was read from them, with that type.
    """
    for name, value in values.items():
        object.__setattr__(instance, name, value)


def row_of(layer: Layer) -> "LayerRow":
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


def _flag(value: object, what: str) -> bool:
    if not isinstance(value, bool):
        raise SpecError(f"{what} is {shorten(value)}; it should be true or false")
    return value


def _layer_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, SupportsIndex) or value.__index__() < 1:
        raise SpecError(f"tied_to is {shorten(value)}; it should be the number of an earlier layer, counted from 1")
    return value.__index__()


def _read_epsilon(value: object) -> sympy.Expr:
    if str(value) in ("epsilon", "ε"):
        return sympy.Symbol("epsilon", positive=True)
    number = exact_number(value, "epsilon")
    if number <= 0:
        raise SpecError(f"epsilon is {shorten(value)}; it should be positive, so that no division is by zero, such as 1e-5")
    return number


# Sizes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Numbered:
    """A layer that has a number, with its sizes; a residual has none, its layers have."""

    number: int
    layer: Dense | LayerNorm
    inputs: Size
    outputs: Size

    @property
    def weight_shape(self) -> tuple[Size, Size] | None:
        """The rows and columns of W^l; None where the layer has no weights of its own."""
        has_weights = isinstance(self.layer, Dense) and self.layer.tied_to is None
        return (self.outputs, self.inputs) if has_weights else None


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


def _size_of_layer_norm(layer: LayerNorm, inputs: Size, found: list[Numbered], nesting: int) -> Size:
    found.append(Numbered(len(found) + 1, layer, inputs, inputs))
    return inputs


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


def layer_var(letter: str, number: int | sympy.Expr | None, samples: tuple[Axis, ...], *sizes: Size) -> Var:
    """A quantity as a tensor over the samples (if any) and units; what has samples is named with a capital letter."""
    capital = letter[0].upper() + letter[1:] if samples else letter
    return var(Name(capital, number), (*samples, *(Axis(size) for size in sizes)))


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
    sample = ("s",) * len(place.samples)
    shape = ("j", "k")
    if layer.tied_to is None:
        weights = place.parameter("W", layer.units, place.inputs.axes[-1].size)
    else:
        weights = place.weights[layer.tied_to]
        shape = ("k", "j") if layer.transpose else shape
    weighted = contract(((weights, shape), (place.inputs, (*sample, "k"))), (*sample, "j"), {})
    parameters = () if layer.tied_to is not None else (weights,)
    if layer.bias:
        bias = place.parameter("b", layer.units)
        weighted = add(weighted, broadcast(bias, z.axes, (z.rank - 1,)))
        parameters = (*parameters, bias)
    activated = _activate(layer.activation, z, place)
    equations = (Equation(z, weighted, "cut"), *activated.equations)
    own = {place.number: weights} if isinstance(place.number, int) else {}
    return Built(equations, (*parameters, *activated.parameters), activated.facts, own)


def _activate(activation: Activation, z: Var, place: Place) -> Built:
    """The equations from z^l to a^l, with the activation's own parameters."""
    size = z.axes[-1].size
    learnable = {letter: place.parameter(letter, size) for letter in activation.row.learnable}
    equations = activation_equations(activation, z, place.var("a", size), learnable)
    return Built(equations, tuple(learnable.values()), activation_facts(activation, equations))


def _build_layer_norm(layer: LayerNorm, place: Place) -> Built:
    x = place.inputs
    size = x.axes[-1].size
    keep = len(place.samples)
    mean, deviation = place.var("mu"), place.var("s")
    normalised, z = place.var("xhat", size), place.var("z", size)
    gamma, beta = place.parameter("gamma", size), place.parameter("beta", size)

    def spread(tensor: Tensor) -> Tensor:
        return broadcast(tensor, x.axes, range(keep))

    variance = scale(1 / size, total(map_((slot(0) - slot(1)) ** 2, (x, spread(mean))), keep))
    activated = _activate(layer.activation, z, place)
    sample = ("s",) * keep
    scaled = contract(((gamma, ("j",)), (normalised, (*sample, "j"))), (*sample, "j"), {})
    equations = (
        Equation(mean, scale(1 / size, total(x, keep)), "auxiliary"),
        Equation(deviation, map_(sympy.sqrt(slot(0) + layer.epsilon), (variance,)), "auxiliary"),
        Equation(normalised, map_((slot(0) - slot(1)) / slot(2), (x, spread(mean), spread(deviation))), "activation"),
        Equation(z, add(scaled, broadcast(beta, x.axes, (keep,))), "cut"),
        *activated.equations,
    )
    facts = (Fact(normalised, 0, is_assumed=False), *activated.facts)
    return Built(equations, (gamma, beta, *activated.parameters), facts)


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


@dataclass(frozen=True)
class LayerRow:
    """One kind of layer.

    `kind` is its dataclass; `size(layer, inputs, found, nesting)` checks it, appends what it numbers to `found` and gives
    its outputs; `build(layer, place)` gives its equations.
    """

    name: str
    kind: type
    size: Callable[..., Size]
    build: Callable[..., Built]


LAYERS: dict[str, LayerRow] = {
    "dense": LayerRow("dense", Dense, _size_of_dense, _build_dense),
    "layer_norm": LayerRow("layer_norm", LayerNorm, _size_of_layer_norm, _build_layer_norm),
    "residual": LayerRow("residual", Residual, _size_of_residual, _build_residual),
}
_ROW_OF: dict[type, LayerRow] = {row.kind: row for row in LAYERS.values()}
