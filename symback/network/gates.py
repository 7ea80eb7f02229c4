r"""Layers with a gate: what goes through is multiplied by what another set of weights makes of the same inputs.

Gated     g^l = W_gate^l x + b_gate^l,  z^l = W^l x + b^l,  f^l = σ(g^l),  a^l = z^l ⊙ f^l       with x = a^{l-1}
          GLU for the sigmoid (Dauphin et al.: Language Modeling with Gated Convolutional Networks, 2017), SwiGLU for
          silu (Shazeer: GLU Variants Improve Transformer, 2020, equation 5)
Highway   g^l and z^l as above,  f^l = σ(g^l),  h^l = φ(z^l),  a^l = f^l ⊙ h^l + (1 - f^l) ⊙ x
          (Srivastava, Greff, Schmidhuber: Highway Networks, 2015, equation 3)
"""

from dataclasses import dataclass, replace

from symback.language.expressions import Equation, Var, map_, slot
from symback.network.activations import Activation, read_activation
from symback.network.place import Built, LayerRow, Numbered, Place, activate, read_flag, same_size, set_fields, weighted
from symback.network.sizes import Size, read_size

__all__ = ["GATE_ROWS", "Gated", "Highway"]


@dataclass(frozen=True, init=False)
class Gated:
    """A gated linear unit, (W x + b) ⊙ σ(W_gate x + b_gate): `Gated(30)`, `Gated(30, "silu")` for SwiGLU."""

    units: Size
    activation: Activation
    bias: bool

    def __init__(self, units: Size | str, activation: Activation | str = "sigmoid", bias: bool = True) -> None:
        set_fields(self, units=read_size(units, "units"), activation=read_activation(activation), bias=read_flag(bias, "bias"))


@dataclass(frozen=True, init=False)
class Highway:
    """A layer and a way past it, f ⊙ φ(W x + b) + (1 - f) ⊙ x with the gate f = σ(W_gate x + b_gate): `Highway("tanh")`."""

    activation: Activation
    bias: bool

    def __init__(self, activation: Activation | str = "tanh", bias: bool = True) -> None:
        set_fields(self, activation=read_activation(activation), bias=read_flag(bias, "bias"))


def _size_of_gated(layer: Gated, inputs: Size, found: list[Numbered], nesting: int) -> Size:
    found.append(Numbered(len(found) + 1, layer, inputs, layer.units))
    return layer.units


def _sums(place: Place, size: Size, bias: bool) -> tuple[tuple[Equation, ...], tuple[Var, ...]]:
    """The weighted inputs z of the layer and g of its gate, and their parameters."""
    inputs = place.inputs.axes[-1].size
    equations, parameters = [], []
    for letter, tail in (("z", ""), ("g", "_gate")):
        weights = place.parameter(f"W{tail}", size, inputs)
        shift = (place.parameter(f"b{tail}", size),) if bias else ()
        equations.append(Equation(place.var(letter, size), weighted(place, weights, bias=shift[0] if shift else None), "cut"))
        parameters += [weights, *shift]
    return tuple(equations), tuple(parameters)


def _activated(activation: Activation, letter: str, of: Var, place: Place) -> Built:
    """letter = σ(of): what `activate` makes, under another name than a."""
    built = activate(activation, of, place)
    *before, last = built.equations
    named = Equation(place.var(letter, of.axes[-1].size), last.definition, last.role)
    facts = tuple(replace(fact, of=named.symbol) if fact.of is last.symbol else fact for fact in built.facts)
    return replace(built, equations=(*before, named), facts=facts)


def _build_gated(layer: Gated, place: Place) -> Built:
    sums, parameters = _sums(place, layer.units, layer.bias)
    gate = _activated(layer.activation, "f", sums[1].symbol, place)
    open_ = gate.equations[-1].symbol
    output = Equation(place.var("a", layer.units), map_(slot(0) * slot(1), (sums[0].symbol, open_)), "activation")
    return Built((*sums, *gate.equations, output), (*parameters, *gate.parameters), gate.facts)


def _build_highway(layer: Highway, place: Place) -> Built:
    size = place.inputs.axes[-1].size
    sums, parameters = _sums(place, size, layer.bias)
    gate = _activated(read_activation("sigmoid"), "f", sums[1].symbol, place)
    inner = _activated(layer.activation, "h", sums[0].symbol, place)
    parts = (gate.equations[-1].symbol, inner.equations[-1].symbol, place.inputs)
    output = Equation(place.var("a", size), map_(slot(0) * slot(1) + (1 - slot(0)) * slot(2), parts), "activation")
    equations = (*sums, *inner.equations, *gate.equations, output)
    return Built(equations, (*parameters, *inner.parameters, *gate.parameters), (*inner.facts, *gate.facts))


GATE_ROWS = {
    "gated": LayerRow("gated", Gated, _size_of_gated, _build_gated, lambda layer: "gated"),
    "highway": LayerRow("highway", Highway, same_size, _build_highway, lambda layer: "highway"),
}
