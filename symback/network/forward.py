"""Network → ordered equations, each name defined once.

    one sample   z^l = W^l a^{l-1} + b^l,  a^l = σ(z^l),  C = f(a^L, y)
    a batch      the same through a sample axis in front, Z^l, A^l;  C_s = f(A^L_s, Y_s),  C_sum = Σ_s C_s,  C = (1/N) C_sum
    a penalty    C = C_0 + λ_1 Σ |w| + (λ_2/2) Σ w²  over every weight once

The pivot is the scalar that δ is the derivative of: C, or C_0 where there is a penalty, or C_sum in a batch; so that
row s of Δ^l is the δ^l of sample s, and 1/N and the penalty enter at the parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sympy
from sympy import Piecewise

from symback.errors import UnsupportedError
from symback.language.expressions import Axis, Equation, Tensor, Var, add, map_, scale, slot, total, var
from symback.language.names import LAST_LAYER, LAYER, Name
from symback.language.steps import Fact
from symback.network.costs import cost_equations, cost_facts
from symback.network.layers import Dense, Place, build_layers, layer_var
from symback.network.sizes import SAMPLES, Size
from symback.network.spec import Network

__all__ = ["Forward", "forward_equations", "generic_equations"]


@dataclass(frozen=True)
class Forward:
    """What a network computes, in order.

    `parameters` each once, layer by layer; `pivot` see above; `seeds` are cotangents given from above, pairs
    (z^{l+1}, δ^{l+1}), of a hidden layer that stands by itself; `facts` are sums that are known.
    """

    equations: tuple[Equation, ...]
    parameters: tuple[Var, ...]
    inputs: Var
    target: Var | None
    cost: Var | None
    pivot: Var | None
    seeds: tuple[tuple[Var, Var], ...] = ()
    facts: tuple[Fact, ...] = ()
    is_batch: bool = False


def forward_equations(network: Network, batch: bool = False) -> Forward:
    """Every equation of the network and its cost, for one sample or for a batch of N.

    >>> [str(equation.symbol.name) for equation in forward_equations(Network.from_spec("2-3-2")).equations]
    ['z^1', 'a^1', 'z^2', 'a^2', 'C']
    """
    if network.is_generic:
        raise UnsupportedError("a network of symbolic depth has no list of all its equations; use generic_equations, or give every size")
    samples = (Axis(SAMPLES, "sample"),) if batch else ()
    inputs = layer_var("a", 0, samples, network.inputs)
    built = build_layers(network.layers, Place(1, inputs, samples))
    return _with_cost(network, built, inputs, samples)


def _with_cost(network: Network, built, inputs: Var, samples: tuple[Axis, ...]) -> Forward:
    """The equations of the layers, and those of the cost after them."""
    outputs = built.equations[-1].symbol
    target = layer_var("y", None, samples, outputs.axes[-1].size)
    weights = [parameter for parameter in built.parameters if parameter.name.letter == "W"]
    penalties = _penalties(network, weights)
    cost = var(Name("C"), ())
    each, summed = _sample_costs(samples, bool(penalties))
    per_sample = cost_equations(network.cost, outputs, target, each)
    equations = [*built.equations, *per_sample]
    if samples:
        equations.append(Equation(summed, total(each), "cost"))
    if summed is not cost:
        mean: Tensor = scale(1 / samples[0].size, summed) if samples else summed
        equations.append(Equation(cost, add(mean, *penalties), "cost"))
    facts = (*built.facts, *cost_facts(network.cost, target, per_sample))
    return Forward(tuple(equations), built.parameters, inputs, target, cost, summed, (), facts, bool(samples))


def _sample_costs(samples: tuple[Axis, ...], has_penalty: bool) -> tuple[Var, Var]:
    """The names of the cost of each sample, and of the pivot."""
    if samples:
        return var(Name("C_s"), samples), var(Name("C_sum"), ())
    single = var(Name("C_0" if has_penalty else "C"), ())
    return single, single


def _penalties(network: Network, weights: Sequence[Var]) -> list[Tensor]:
    """λ_1 Σ |w| and (λ_2/2) Σ w² for each weight matrix; |w| with slope 0 at 0."""
    x = slot(0)
    absolute = Piecewise((x, x > 0), (-x, x < 0), (0, True))
    terms = [(network.l1, absolute), (network.l2 / 2, x**2)]
    return [scale(factor, total(map_(expr, (w,)))) for factor, expr in terms if factor != 0 for w in weights]


# The generic layer -----------------------------------------------------------------------------------------------


def generic_equations(network: Network, batch: bool = False) -> tuple[Forward, Forward] | None:
    """The output layer L and a hidden layer l < L by themselves, for symbolic l and L; None where no one formula holds.

    The output layer leads from a^{L-1} to C; the hidden layer from a^{l-1} to z^{l+1}, whose δ^{l+1} is given.
    Hidden layers must all be dense, with weights of their own, the same activation, and all or none with a bias.
    """
    alike = _alike(network)
    if alike is None:
        return None
    hidden, output = alike
    samples = (Axis(SAMPLES, "sample"),) if batch else ()
    last = output.units if network.is_generic else _size(LAST_LAYER)
    return _output_layer(network, output, last, samples), _hidden_layer(hidden, samples)


def _alike(network: Network) -> tuple[Dense, Dense] | None:
    """The layer that all hidden layers are (its units apart), and the output layer."""
    *hidden, output = network.layers
    if not hidden or any(not isinstance(layer, Dense) or layer.tied_to is not None for layer in network.layers):
        return None
    first = hidden[0]
    if any(layer.activation != first.activation or layer.bias != first.bias for layer in hidden):
        return None
    return first, output


def _size(layer: sympy.Expr) -> Size:
    """n_{l}, n_{l-1}, n_{L} …"""
    return sympy.Symbol(f"n_{{{str(layer).replace(' ', '')}}}", integer=True, positive=True)


def _output_layer(network: Network, layer: Dense, size: Size, samples: tuple[Axis, ...]) -> Forward:
    inputs = layer_var("a", LAST_LAYER - 1, samples, _size(LAST_LAYER - 1))
    built = build_layers((Dense(size, layer.activation, layer.bias),), Place(LAST_LAYER, inputs, samples))
    return _with_cost(network, built, inputs, samples)


def _hidden_layer(layer: Dense, samples: tuple[Axis, ...]) -> Forward:
    inputs = layer_var("a", LAYER - 1, samples, _size(LAYER - 1))
    built = build_layers((Dense(_size(LAYER), layer.activation, layer.bias),), Place(LAYER, inputs, samples))
    above = Dense(_size(LAYER + 1), "identity", layer.bias)
    following, _ = build_layers((above,), Place(LAYER + 1, built.equations[-1].symbol, samples)).equations
    seed = var(following.symbol.name.cotangent, following.symbol.axes)
    equations = (*built.equations, following)
    return Forward(equations, built.parameters, inputs, None, None, None, ((following.symbol, seed),), built.facts, bool(samples))
