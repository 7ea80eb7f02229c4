"""From a network to every gradient of its cost, with the steps that lead there.

Decision: the cotangent of z^l is always a formula with a name, δ^l.  The cotangent of an activation, ∂C/∂a^l, is written
out where only one other formula uses it, which gives δ^l = ((W^{l+1})ᵀ δ^{l+1}) ⊙ σ'(z^l), and keeps its name where
several do (a residual connection), so that no formula grows with the depth.  Inner quantities of a layer (a mean, a
norm) and of the cost are always written out; they cannot chain through layers, since a layer ends in a named quantity.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import sympy

from symback.calculus.chain_rule import Cotangent, Edge, chain_rule, sum_over
from symback.language.expressions import Equation, Map, Tensor, const, walk
from symback.language.functions import ScalarFunction
from symback.language.steps import Fact, Step
from symback.network import Network
from symback.network.activations import slope_in_output
from symback.network.forward import Forward, forward_equations, generic_equations
from symback.network.graph import Graph
from symback.pipeline.derivation import Derivation
from symback.pipeline.record import LocalDerivative, Record
from symback.simplification.engine import simplify
from symback.simplification.rules import Knowledge

__all__ = ["derive", "derive_generic"]


def derive(network: Network | Graph, *, batch: bool = False) -> Derivation:
    """Every gradient of the network's cost: δ of each layer, ∂C/∂W, ∂C/∂b and those of all other parameters.

    `batch` false: one sample, column vectors.  `batch` true: N samples with an axis of their own, the cost averaged.
    Of a graph: the gradient of each of its quantities; its matrices have their rows already, so that `batch` changes nothing.

    >>> d = derive(Network.from_spec("p-m-n"))
    >>> d.grad_W(2).index_form
    a^1[k]*delta^2[j]
    """
    forward = network.forward(batch=batch) if isinstance(network, Graph) else forward_equations(network, batch)
    return _derivation(network, forward)


def derive_generic(network: Network, *, batch: bool = False) -> tuple[Derivation, Derivation] | None:
    """Base case and step of the recursion: the formulas of layer L, and those of a layer l < L, for symbolic l and L.

    None where the hidden layers are not all alike, so that no one formula holds for them.
    """
    pieces = generic_equations(network, batch)
    return None if pieces is None else (_derivation(network, pieces[0]), _derivation(network, pieces[1]))


def _derivation(network: Network | Graph, forward: Forward) -> Derivation:
    knowledge = knowledge_of(forward)  # what the rules may use
    cotangents = sweep(forward)  # the chain rule, Kronecker deltas and all
    records = tidy(cotangents, forward, knowledge)  # the same values, fewer signs
    return Derivation(network, forward, knowledge, records)  # and the views of each


def sweep(forward: Forward) -> tuple[Cotangent, ...]:
    """The cotangents of all names, inputs included, from the cost or from the seeds given."""
    seeds = (*forward.seeds, (forward.cost, const(1)))
    return chain_rule(forward.equations, forward.parameters, seeds, forward.pivot, (forward.inputs,))


def knowledge_of(forward: Forward) -> Knowledge:
    """The definitions and facts of a network, and the slopes of the functions that it uses."""
    definitions = {equation.symbol: equation.definition for equation in forward.equations}
    return Knowledge(definitions, forward.facts, slopes_in_use(forward.equations))


def slopes_in_use(equations: Sequence[Equation]) -> Mapping[type[ScalarFunction], sympy.Expr]:
    """For the element-wise activations that have one: the derivative in terms of the function's own value."""
    maps = (node for equation in equations for node in walk(equation.definition) if isinstance(node, Map))
    functions = {type(node.expr) for node in maps if isinstance(node.expr, ScalarFunction)}
    slopes = {function: slope_in_output(function) for function in functions}
    return {function: slope for function, slope in slopes.items() if slope is not None}


def tidy(cotangents: Sequence[Cotangent], forward: Forward, knowledge: Knowledge) -> tuple[Record, ...]:
    """The cotangents simplified, in the order in which each can be computed from those before it."""
    roles = {equation.symbol: equation.role for equation in forward.equations}
    uses = Counter(edge.upstream for cotangent in cotangents for edge in cotangent.edges)
    written_out: dict[Tensor, Record] = {}
    records = []
    for cotangent in cotangents:
        terms = tuple(_local_derivative(edge, knowledge) for edge in cotangent.edges)
        past_pivot = tuple(_local_derivative(edge, knowledge) for edge in cotangent.past_pivot)
        total = sum_over(_edges(terms, written_out), cotangent.pivot_factor, _edges(past_pivot, written_out))
        tensor, steps = simplify(total, knowledge)
        role = roles.get(cotangent.target, "parameter")
        is_named = role in ("parameter", "cut") or (role == "activation" and uses[cotangent.symbol] > 1)
        facts = _facts(steps, (*terms, *past_pivot), written_out)
        record = Record(cotangent.target, cotangent.symbol, tensor, is_named, terms, past_pivot, cotangent.pivot_factor, steps, facts)
        if not is_named:
            written_out[cotangent.symbol] = record
        records.append(record)
    return tuple(records)


def _facts(steps: Sequence[Step], terms: Sequence[LocalDerivative], written_out: Mapping[Tensor, Record]) -> tuple[Fact, ...]:
    """The side facts used by the steps, by the terms, and by the formulas written out in them."""
    own = (fact for step in (*steps, *(step for term in terms for step in term.steps)) for fact in step.facts)
    inner = (fact for term in terms if term.upstream in written_out for fact in written_out[term.upstream].facts)
    return tuple(dict.fromkeys((*own, *inner)))


def _local_derivative(edge: Edge, knowledge: Knowledge) -> LocalDerivative:
    tensor, steps = simplify(edge.jacobian, knowledge)
    return LocalDerivative(edge.consumer, edge.upstream, edge.jacobian, tensor, steps)


def _edges(terms: Sequence[LocalDerivative], written_out: Mapping[Tensor, Record]) -> list[Edge]:
    """The chain rule's terms with simplified derivatives, and with the cotangents that have no name written out."""
    return [
        Edge(term.consumer, written_out[term.upstream].tensor if term.upstream in written_out else term.upstream, term.tensor)
        for term in terms
    ]
