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
from symback.language.expressions import Axis, Equation, Tensor, Var, add, contract, map_, scale, slot, total, unspecified, var
from symback.language.names import LAST_LAYER, LAYER, Name
from symback.language.steps import Fact
from symback.network.costs import cost_equations, cost_facts
from symback.network.layers import Dense, build_layers
from symback.network.place import Built, Place, layer_var
from symback.network.sizes import SAMPLES, Size
from symback.network.spec import Network

__all__ = ["L1_CONVENTION", "OTHER_PENALTIES", "Forward", "forward_equations", "generic_equations", "penalties_of_layer"]


@dataclass(frozen=True)
class Forward:
    """What a network computes, in order.

    `parameters` each once, layer by layer; `pivot` see above; `facts` are sums that are known; `seeds` are cotangents of
    the pivot that are given from above: the pair (z^{l+1}, δ^{l+1}) of a hidden layer that stands by itself, which has no
    target either.
    """

    equations: tuple[Equation, ...]
    parameters: tuple[Var, ...]
    inputs: Var
    target: Var | None
    cost: Var
    pivot: Var
    seeds: tuple[tuple[Var, Var], ...] = ()
    facts: tuple[Fact, ...] = ()
    is_batch: bool = False


COST = var(Name("C"), ())
OTHER_PENALTIES = var(Name("R_other"), ())
L1_CONVENTION = "the derivative of |w| is 0 at w = 0"


def forward_equations(network: Network, batch: bool = False) -> Forward:
    """Every equation of the network and its cost, for one sample or for a batch of N.

    >>> [str(equation.symbol.name) for equation in forward_equations(Network.from_spec("2-3-2")).equations]
    ['z^1', 'a^1', 'z^2', 'a^2', 'C']
    """
    if network.is_generic:
        raise UnsupportedError("a network of symbolic depth has no list of all its formulas; use derive_generic, or give every size")
    samples = (Axis(SAMPLES, "sample"),) if batch else ()
    inputs = layer_var("a", 0, samples, network.inputs)
    built = build_layers(network.layers, Place(1, inputs, samples))
    return _with_cost(network, built, inputs, samples)


def _with_cost(network: Network, built: Built, inputs: Var, samples: tuple[Axis, ...], others: tuple[Tensor, ...] = ()) -> Forward:
    """The equations of the layers, and those of the cost after them; `others` are penalties beyond these layers."""
    outputs = built.equations[-1].symbol
    target = layer_var("y", None, samples, outputs.axes[-1].size)
    each, pivot = _sample_costs(network, samples)
    has_shares = any(numbered.layer.activation.row.values == "log_probabilities" for numbered in network.numbered)  # p^l, a^l = log p^l
    taken = {*_letters_of_sizes(network), *(("p",) if has_shares else ())}
    per_sample = cost_equations(network.cost, outputs, target, each, taken)
    equations = (*built.equations, *per_sample, *_total_cost(network, each, pivot, built.parameters, others))
    facts = (*built.facts, *cost_facts(network.cost, target, per_sample))
    return Forward(equations, built.parameters, inputs, target, COST, pivot, (), facts, bool(samples))


def _letters_of_sizes(network: Network) -> set[str]:
    """p, m and n of p-m-n: a page on which p is a number of units has no vector p."""
    sizes = (network.inputs, *(size for layer in network.numbered for size in (layer.inputs, layer.outputs)))
    return {size.name for size in sizes if isinstance(size, sympy.Symbol)}


def _sample_costs(network: Network, samples: tuple[Axis, ...]) -> tuple[Var, Var]:
    """The names of the cost of each sample, and of the pivot."""
    if samples:
        return var(Name("C_s"), samples), var(Name("C_sum"), ())
    single = var(Name("C_0"), ()) if network.has_penalty else COST
    return single, single


def _total_cost(network: Network, each: Var, pivot: Var, parameters: Sequence[Var], others: tuple[Tensor, ...] = ()) -> list[Equation]:
    """C_sum = Σ_s C_s  and  C = (1/N) C_sum + penalty, as far as they are not the cost of a sample itself."""
    equations = []
    if each.rank:
        equations.append(Equation(pivot, total(each), "cost"))
    if pivot is not COST:
        mean: Tensor = scale(1 / each.axes[0].size, pivot) if each.rank else pivot
        weights = [parameter for parameter in parameters if parameter.name.letter.split("_")[0] == "W"]
        equations.append(Equation(COST, add(mean, *penalties(network, weights), *others), "cost"))
    return equations


def penalties(network: Network, weights: Sequence[Var]) -> list[Tensor]:
    """λ_1 Σ |w| and (λ_2/2) Σ w² for each weight matrix; see `L1_CONVENTION`."""
    x, entry = slot(0), ("j", "k")
    absolute = Piecewise((x, x > 0), (-x, x < 0), (0, True))
    lasso = [scale(network.l1, total(map_(absolute, (w,)))) for w in weights if network.l1 != 0]
    ridge = [scale(network.l2 / 2, contract(((w, entry), (w, entry)), (), {})) for w in weights if network.l2 != 0]
    return lasso + ridge


# The generic layer -----------------------------------------------------------------------------------------------


def generic_equations(network: Network, batch: bool = False) -> tuple[Forward, Forward] | None:
    """The output layer L and a hidden layer l < L by themselves, for symbolic l and L; None where no one formula holds.

    The output layer leads from a^{L-1} to C.  The hidden layer leads from a^{l-1} to z^{l+1}, whose δ^{l+1} is given, and
    from there to C by a function of z^{l+1} that is left open: the layers above.  R_other is the penalty on all other weights.
    Hidden layers must all be dense, with weights of their own, the same activation, and all or none with a bias.
    """
    alike = _alike(network)
    if alike is None:
        return None
    hidden, output = alike
    samples = (Axis(SAMPLES, "sample"),) if batch else ()
    last = output.units if network.is_generic else _size(LAST_LAYER)
    return _output_layer(network, output, last, samples), _hidden_layer(network, hidden, samples)


def penalties_of_layer(network: Network) -> list[Tensor]:
    """The penalties on the weights of layer l, which a cost of L layers has for each of them."""
    return penalties(network, [layer_var("W", LAYER, (), _size(LAYER), _size(LAYER - 1))])


def _alike(network: Network) -> tuple[Dense, Dense] | None:
    """The layer that all hidden layers are (its units apart), and the output layer."""
    dense = [layer for layer in network.layers if isinstance(layer, Dense) and layer.tied_to is None]
    if len(dense) < max(2, len(network.layers)):
        return None
    *hidden, output = dense
    if any((layer.activation, layer.bias) != (hidden[0].activation, hidden[0].bias) for layer in hidden):
        return None
    return hidden[0], output


def _size(layer: sympy.Expr) -> Size:
    """n_{l}, n_{l-1}, n_{L} …"""
    return sympy.Symbol(f"n_{{{str(layer).replace(' ', '')}}}", integer=True, positive=True)


def _output_layer(network: Network, layer: Dense, size: Size, samples: tuple[Axis, ...]) -> Forward:
    inputs = layer_var("a", LAST_LAYER - 1, samples, _size(LAST_LAYER - 1))
    built = build_layers((Dense(size, layer.activation, layer.bias),), Place(LAST_LAYER, inputs, samples))
    return _with_cost(network, built, inputs, samples, _others(network))


def _hidden_layer(network: Network, layer: Dense, samples: tuple[Axis, ...]) -> Forward:
    """Layer l up to z^{l+1}, and the cost as a function of it that is known by name only."""
    inputs = layer_var("a", LAYER - 1, samples, _size(LAYER - 1))
    built = build_layers((Dense(_size(LAYER), layer.activation, layer.bias),), Place(LAYER, inputs, samples))
    above = Dense(_size(LAYER + 1), "identity", layer.bias)
    following, _ = build_layers((above,), Place(LAYER + 1, built.equations[-1].symbol, samples)).equations
    seed = var(following.symbol.name.cotangent, following.symbol.axes)
    each, pivot = _sample_costs(network, samples)
    beyond = Equation(each, unspecified("C", (following.symbol,), (), shared=len(samples)), "cost")
    equations = (*built.equations, following, beyond, *_total_cost(network, each, pivot, built.parameters, _others(network)))
    return Forward(equations, built.parameters, inputs, None, COST, pivot, ((following.symbol, seed),), built.facts, bool(samples))


def _others(network: Network) -> tuple[Tensor, ...]:
    """The penalty on the weights of all other layers, where there is one."""
    return (OTHER_PENALTIES,) if network.has_penalty else ()
