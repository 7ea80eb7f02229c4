"""The derivative of one equation with respect to one of the names it mentions, by reverse mode from the identity.

    ∂E_i/∂X_q  for  E := definition(X, …)

The sweep visits every node of the definition once, in reverse topological order, with one cotangent per node, summed
over the node's uses; it starts from δ_{ii'}.  What comes out has Kronecker deltas in it, as the textbook's first
line has: ∂z_i/∂w_jk = δ_ij a_k.  Collapsing them is simplification's business, not calculus's.
"""

from collections.abc import Iterator
from functools import lru_cache

import sympy

from symback.errors import UnsupportedError
from symback.language.expressions import (
    Add,
    Contract,
    Delta,
    Equation,
    Map,
    Tensor,
    Unspecified,
    Var,
    add,
    children,
    contract,
    delta,
    is_zero,
    leaves,
    map_,
    slot,
    unspecified,
    walk,
)  # fmt: skip

__all__ = ["derivative_of_scalar", "jacobian"]


def jacobian(equation: Equation, wrt: Var) -> Tensor | None:
    """∂(equation.symbol)/∂wrt, its other arguments held; axes of the symbol, then of `wrt`.  None where it is zero."""
    definition = _terms_over(equation.definition, wrt)
    if definition is None:
        return None
    order = walk(definition)
    relevant = _nodes_over(order, wrt)
    cotangents: dict[Tensor, list[Tensor]] = {definition: [_identity(definition)]}
    result = None
    for node in reversed(order):
        if node not in relevant or node not in cotangents:
            continue
        upstream = add(*cotangents.pop(node))
        if node is wrt:
            result = upstream
            break
        for child, contribution in _pullback(node, upstream, definition.rank):
            if child in relevant and not is_zero(contribution):
                cotangents.setdefault(child, []).append(contribution)
    return None if result is None or is_zero(result) else result


def _terms_over(definition: Tensor, wrt: Var) -> Tensor | None:
    """The terms of a sum that mention `wrt`: a penalty has one for each layer, and is not to be walked once for each."""
    if not isinstance(definition, Add):
        return definition
    terms = [term for term in definition.args if wrt in leaves(term)]
    return add(*terms) if terms else None


def _nodes_over(order: list[Tensor], wrt: Var) -> set[Tensor]:
    """The nodes whose value depends on `wrt`."""
    relevant: set[Tensor] = set()
    for node in order:
        if node is wrt or any(child in relevant for child in children(node)):
            relevant.add(node)
    return relevant


def _identity(tensor: Tensor) -> Tensor:
    """δ_{i i'} δ_{j j'} … over the axes of `tensor`."""
    rank = tensor.rank
    deltas = [(delta(axis), (i, rank + i)) for i, axis in enumerate(tensor.axes)]
    return contract(deltas, tuple(range(2 * rank)), {})


def _pullback(node: Tensor, upstream: Tensor, outer: int) -> Iterator[tuple[Tensor, Tensor]]:
    """For each argument of `node`, its share of the cotangent.  The first `outer` axes of cotangents are the equation's."""
    match node:
        case Add():
            yield from ((arg, upstream) for arg in node.args)
        case Map():
            yield from _pullback_map(node, upstream, outer)
        case Contract():
            yield from _pullback_contract(node, upstream, outer)
        case Unspecified():
            yield from _pullback_unspecified(node, upstream, outer)
        case _:
            raise UnsupportedError(f"no derivative is known for a node of kind {type(node).__name__}")


def _pullback_map(node: Map, upstream: Tensor, outer: int) -> Iterator[tuple[Tensor, Tensor]]:
    """ȳ f'(x)  for  y = f(x), entry by entry."""
    labels = tuple(range(outer + node.rank))
    own = labels[outer:]
    for i, arg in enumerate(node.args):
        slope = derivative_of_scalar(node.expr, slot(i))
        if slope != 0:
            yield arg, contract(((upstream, labels), (map_(slope, node.args), own)), labels, {})


def _pullback_contract(node: Contract, upstream: Tensor, outer: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The cotangent of one factor of a product is the upstream times the other factors, summed to its own axes."""
    seed = (upstream, (*(("outer", i) for i in range(outer)), *range(node.rank)))
    for position, (arg, labels) in enumerate(node.factors):
        others = [factor for i, factor in enumerate(node.factors) if i != position]
        own, deltas = _distinct(labels, arg)
        axis_of = dict(zip(own, arg.axes, strict=True))
        yield arg, contract((seed, *others, *deltas), (*seed[1][:outer], *own), axis_of)


def _distinct(labels: tuple[int, ...], arg: Tensor) -> tuple[tuple, list]:
    """The labels of an argument with repetitions renamed, and the deltas that tie the new labels to the old (x_jj)."""
    own: list = []
    deltas: list[tuple[Delta, tuple]] = []
    for i, label in enumerate(labels):
        if label in own:
            own.append(("again", i))
            deltas.append((delta(arg.axes[i]), (label, own[-1])))
        else:
            own.append(label)
    return tuple(own), deltas


def _pullback_unspecified(node: Unspecified, upstream: Tensor, outer: int) -> Iterator[tuple[Tensor, Tensor]]:
    """ȳ · ∂f/∂(argument), an unspecified function differentiated once more."""
    seed = tuple(range(outer + node.rank))
    shared = seed[outer : outer + node.shared]
    for i, arg in enumerate(node.args):
        further = unspecified(node.letter, node.args, (*node.wrt, i), node.shared)
        fresh = tuple(range(len(seed), len(seed) + arg.rank - node.shared))
        yield arg, contract(((upstream, seed), (further, (*seed[outer:], *fresh))), (*seed[:outer], *shared, *fresh), {})


@lru_cache(maxsize=4096)
def derivative_of_scalar(expr: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """d expr/d symbol by SymPy, in the shorter of its raw and its factored form.

    >>> a, y = slot(0), slot(1)
    >>> derivative_of_scalar(-y * sympy.log(a) - (1 - y) * sympy.log(1 - a), a)
    (x0 - x1)/(x0*(1 - x0))
    """
    raw = sympy.diff(expr, symbol)
    if not raw.is_Add:
        return raw
    factored = _denominators_by_custom(sympy.factor(sympy.together(raw)))
    return min((raw, factored), key=lambda e: (sympy.count_ops(e), e is raw))


def _denominators_by_custom(expr: sympy.Expr) -> sympy.Expr:
    """1/(x - 1)  →  -1/(1 - x): the sign that keeps the constant first, as a(1 - a) is written."""

    def flip(power: sympy.Pow) -> sympy.Expr:
        base = power.base
        return sympy.Pow(-base, power.exp) * (-1) ** power.exp if base.as_coeff_Add()[0].is_negative else power

    return expr.replace(lambda e: e.is_Pow and e.exp.is_Integer and e.exp.is_negative and e.base.is_Add, flip)
