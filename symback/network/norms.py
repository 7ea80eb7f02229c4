r"""Layers that shift and scale: layer norm, RMS norm, and the affine map that follows each of them, alone.

LayerNorm   μ^l = (1/n) Σ_k x_k,  s^l = √((1/n) Σ_k (x_k - μ^l)² + ε),  x̂^l = (x - μ^l) / s^l,
            z^l = γ^l ⊙ x̂^l + β^l,  a^l = σ(z^l)    with x = a^{l-1};  Σ_k x̂_k = 0 follows
            (Ba, Kiros, Hinton: Layer Normalization, 2016, equations 3 and 4)
RMSNorm     s^l = √((1/n) Σ_k x_k² + ε),  x̂^l = x / s^l,  z^l = γ^l ⊙ x̂^l,  a^l = σ(z^l)
            (Zhang, Sennrich: Root Mean Square Layer Normalization, 2019, equation 4)
Scale       z^l = γ^l ⊙ x + β^l,  a^l = σ(z^l)
"""

from dataclasses import dataclass

import sympy

from symback.errors import SpecError
from symback.language.expressions import Equation, Tensor, add, broadcast, map_, scale, slot, total
from symback.language.steps import Fact
from symback.network.activations import Activation, read_activation
from symback.network.options import exact_number, shorten
from symback.network.place import Built, LayerRow, Place, activate, read_flag, same_size, scaled, set_fields, spread

__all__ = ["NORM_ROWS", "LayerNorm", "RMSNorm", "Scale"]


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
class RMSNorm:
    """Each sample divided by its root mean square, then γ ⊙ x̂: `RMSNorm(epsilon=1e-5)`."""

    epsilon: sympy.Expr
    activation: Activation

    def __init__(self, epsilon: sympy.Expr | float | str = 1e-5, activation: Activation | str = "identity") -> None:
        set_fields(self, epsilon=_read_epsilon(epsilon), activation=read_activation(activation))


@dataclass(frozen=True, init=False)
class Scale:
    """Each unit with a factor and a shift of its own, γ ⊙ x + β: `Scale()`, `Scale(bias=False)`."""

    bias: bool
    activation: Activation

    def __init__(self, bias: bool = True, activation: Activation | str = "identity") -> None:
        set_fields(self, bias=read_flag(bias, "bias"), activation=read_activation(activation))


def _read_epsilon(value: object) -> sympy.Expr:
    if str(value) in ("epsilon", "ε"):
        return sympy.Symbol("epsilon", positive=True)
    number = exact_number(value, "epsilon")
    if number <= 0:
        raise SpecError(f"epsilon is {shorten(value)}; it should be positive, so that no division is by zero, such as 1e-5")
    return number


def _build_layer_norm(layer: LayerNorm, place: Place) -> Built:
    x = place.inputs
    size = x.axes[-1].size
    keep = len(place.samples)
    mean, deviation = place.var("mu"), place.var("s")
    normalised, z = place.var("xhat", size), place.var("z", size)
    gamma, beta = place.parameter("gamma", size), place.parameter("beta", size)

    def repeated(tensor: Tensor) -> Tensor:
        return broadcast(tensor, x.axes, range(keep))

    variance = scale(1 / size, total(map_((slot(0) - slot(1)) ** 2, (x, repeated(mean))), keep))
    activated = activate(layer.activation, z, place)
    equations = (
        Equation(mean, scale(1 / size, total(x, keep)), "auxiliary"),
        Equation(deviation, map_(sympy.sqrt(slot(0) + layer.epsilon), (variance,)), "auxiliary"),
        Equation(normalised, map_((slot(0) - slot(1)) / slot(2), (x, repeated(mean), repeated(deviation))), "activation"),
        Equation(z, add(scaled(gamma, normalised), spread(beta, x)), "cut"),
        *activated.equations,
    )
    facts = (Fact(normalised, 0, is_assumed=False), *activated.facts)
    return Built(equations, (gamma, beta, *activated.parameters), facts)


def _build_rms_norm(layer: RMSNorm, place: Place) -> Built:
    x = place.inputs
    size, keep = x.axes[-1].size, len(place.samples)
    root, normalised, z = place.var("s"), place.var("xhat", size), place.var("z", size)
    gamma = place.parameter("gamma", size)
    square = scale(1 / size, total(map_(slot(0) ** 2, (x,)), keep))
    activated = activate(layer.activation, z, place)
    equations = (
        Equation(root, map_(sympy.sqrt(slot(0) + layer.epsilon), (square,)), "auxiliary"),
        Equation(normalised, map_(slot(0) / slot(1), (x, broadcast(root, x.axes, range(keep)))), "activation"),
        Equation(z, scaled(gamma, normalised), "cut"),
        *activated.equations,
    )
    return Built(equations, (gamma, *activated.parameters), activated.facts)


def _build_scale(layer: Scale, place: Place) -> Built:
    x = place.inputs
    size = x.axes[-1].size
    z, gamma = place.var("z", size), place.parameter("gamma", size)
    shift = (place.parameter("beta", size),) if layer.bias else ()
    activated = activate(layer.activation, z, place)
    value = scaled(gamma, x)
    equations = (Equation(z, add(value, spread(shift[0], x)) if shift else value, "cut"), *activated.equations)
    return Built(equations, (gamma, *shift, *activated.parameters), activated.facts)


NORM_ROWS = {
    "layer_norm": LayerRow("layer_norm", LayerNorm, same_size, _build_layer_norm, lambda layer: "layer normalisation"),
    "rms_norm": LayerRow("rms_norm", RMSNorm, same_size, _build_rms_norm, lambda layer: "RMS normalisation"),
    "scale": LayerRow("scale", Scale, same_size, _build_scale, lambda layer: "scale" if layer.bias else "scale, no bias", is_plain=True),
}
