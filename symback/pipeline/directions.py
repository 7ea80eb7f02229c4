"""What else is derived from the same equations: from a cotangent of the output, along a direction, and to second order.

    VJP   v̄ given for the output a^L:  ∂(v̄·a^L)/∂θ       the reverse sweep, started at v̄ instead of at the cost
    JVP   θ̇ given:                     ȧ^L = ∂a^L/∂θ · θ̇   each equation differentiated along the direction, in order
    HVP   θ̇ given:                     ∂²C/∂θ² · θ̇         the same, done to the equations of the gradient

The derivative of a quantity along a direction is called after it, with a dot: Z_dot^l, and for ∂C/∂W^l dC/dW_dot^l.
Second derivatives at a kink are those of the branch that the conditions choose there, as first derivatives are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from symback.calculus.push_forward import push_forward
from symback.errors import UnsupportedError
from symback.language.expressions import Equation, Var, is_zero, leaves, var
from symback.language.names import Name
from symback.network import Network
from symback.network.forward import Forward, forward_equations
from symback.network.graph import Graph
from symback.pipeline.derivation import Derivation
from symback.pipeline.derive import knowledge_of, sweep, tidy
from symback.simplification.engine import simplify
from symback.simplification.rules import Knowledge

__all__ = ["COTANGENT", "derive_from_output", "forward_to_output", "network_output", "tangent", "tangent_equations"]

COTANGENT = "v"


def network_output(forward: Forward) -> Var:
    """The last activation: the one that the cost is a function of.

    >>> str(network_output(forward_equations(Network.from_spec("2-3-2"))).name)
    'a^2'
    """
    rank = forward.inputs.rank
    return [e.symbol for e in forward.equations if e.role in ("activation", "cut") and e.symbol.rank == rank][-1]


def forward_to_output(forward: Forward) -> Forward:
    """The equations up to the output, with a cotangent v given for it, and no cost."""
    output = network_output(forward)
    equations = forward.equations[: 1 + [equation.symbol for equation in forward.equations].index(output)]
    given = var(Name(COTANGENT), output.axes)
    facts = tuple(fact for fact in forward.facts if any(fact.of is equation.symbol for equation in equations))
    return replace(forward, equations=equations, target=None, pivot=forward.cost, seeds=((output, given),), facts=facts)


def derive_from_output(network: Network | Graph, *, batch: bool = False) -> Derivation:
    """The formulas of Σ_k v_k ∂a^L_k/∂(…) for every parameter and the input: δ and gradients that start from a given v.

    >>> derive_from_output(Network.from_spec("2-3-2", activation="identity")).delta(2).index_form
    v[j]
    """
    equations = network.forward(batch=batch) if isinstance(network, Graph) else forward_equations(network, batch)
    forward = forward_to_output(equations)
    knowledge = knowledge_of(forward)
    return Derivation(network, forward, knowledge, tidy(sweep(forward), forward, knowledge))


def tangent(symbol: Var) -> Var:
    """The name of the derivative of `symbol` along the direction."""
    return var(symbol.name.tangent, symbol.axes)


def tangent_equations(
    equations: Sequence[Equation], directions: Iterable[Var], wanted: Iterable[Var], knowledge: Knowledge
) -> tuple[tuple[Equation, ...], Mapping[Var, Var]]:
    """Each equation differentiated along a direction, as far as the `wanted` symbols need it; and the tangents that are not 0.

    `directions` are the names that move, each along its own `tangent`.

    >>> f = forward_equations(Network.from_spec("2-3-2"))
    >>> found, _ = tangent_equations(f.equations, f.parameters, [f.equations[0].symbol], knowledge_of(f))
    >>> [str(equation.symbol.name) for equation in found], len(found[0].definition.args)
    (['z_dot^1'], 2)
    """
    tangents = {symbol: tangent(symbol) for symbol in directions}
    needed = _needed(equations, wanted)
    found = []
    for equation in equations:
        if equation.symbol not in needed:
            continue
        derivative = push_forward(equation.definition, tangents)
        if derivative is None:
            continue
        derivative, _ = simplify(derivative, knowledge)
        if is_zero(derivative):
            continue
        if equation.symbol in tangents:
            raise UnsupportedError(f"{equation.symbol.name} is computed by the network; a direction is for what it is given")
        tangents[equation.symbol] = tangent(equation.symbol)
        found.append(Equation(tangents[equation.symbol], derivative, equation.role))
    return tuple(found), tangents


def _needed(equations: Sequence[Equation], wanted: Iterable[Var]) -> set[Var]:
    """The wanted symbols and every other that they are computed from."""
    needed = set(wanted)
    for equation in reversed(equations):
        if equation.symbol in needed:
            needed.update(leaves(equation.definition))
    return needed
