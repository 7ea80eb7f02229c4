"""The derivative of an expression along a direction, forward through its nodes.

    ẏ  =  Σ_X  ∂y/∂X · Ẋ          each name X with a tangent Ẋ, all others held

It is linear in the tangents, and each node of the expression is visited once.  The derivatives of scalars and of
functions known by name only are those of the reverse sweep; what differs is the order in which they are multiplied:
here no Kronecker delta ever arises.
"""

from collections.abc import Mapping

from symback.calculus.jacobian import derivative_of_scalar
from symback.errors import UnsupportedError
from symback.language.expressions import (
    Add,
    Const,
    Contract,
    Delta,
    Map,
    Tensor,
    Unspecified,
    Var,
    add,
    contract,
    map_,
    slot,
    unspecified,
    walk,
)
from symback.language.functions import expand_functions

__all__ = ["push_forward"]


def push_forward(tensor: Tensor, tangents: Mapping[Var, Tensor]) -> Tensor | None:
    """The derivative of `tensor` along `tangents`, which has its axes; None where it is zero.

    >>> from symback.language.expressions import Axis, einsum, var
    >>> from symback.language.names import Name
    >>> a, w = var(Name("a"), (Axis(2),)), var(Name("w"), (Axis(2),))
    >>> [leaf.name.letter for leaf in push_forward(einsum("j,j->", w, a), {w: a}).args]
    ['a', 'a']
    """
    known: dict[Tensor, Tensor | None] = {}
    for node in walk(tensor):
        known[node] = _tangent(node, known, tangents)
    return known[tensor]


def _tangent(node: Tensor, known: Mapping[Tensor, Tensor | None], tangents: Mapping[Var, Tensor]) -> Tensor | None:
    """The tangent of a node, given those of its arguments."""
    match node:
        case Var():
            return tangents.get(node)
        case Const() | Delta():
            return None
        case Add():
            terms = [known[arg] for arg in node.args]
        case Map():
            terms = [_through_map(node, i, known[arg]) for i, arg in enumerate(node.args)]
        case Contract():
            terms = [_through_factor(node, i, known[arg]) for i, arg in enumerate(node.args)]
        case Unspecified():
            terms = [_through_unspecified(node, i, known[arg]) for i, arg in enumerate(node.args)]
        case _:
            raise UnsupportedError(f"no derivative is known for a node of kind {type(node).__name__}")
    present = [term for term in terms if term is not None]
    return add(*present) if present else None


def _through_map(node: Map, i: int, tangent: Tensor | None) -> Tensor | None:
    """f'(x) ẋ  for one argument of  f(x, …), entry by entry."""
    slope = derivative_of_scalar(node.expr, slot(i))
    if tangent is None or expand_functions(slope) == 0:  # relu'' is 0 by its formula, not by its name
        return None
    own = tuple(range(node.rank))
    return contract(((tangent, own), (map_(slope, node.args), own)), own, dict(enumerate(node.axes)))


def _through_factor(node: Contract, i: int, tangent: Tensor | None) -> Tensor | None:
    """The product with one factor replaced by its tangent."""
    if tangent is None:
        return None
    factors = [(tangent if k == i else arg, labels) for k, (arg, labels) in enumerate(node.factors)]
    return contract(factors, tuple(range(node.rank)), node.label_axes)


def _through_unspecified(node: Unspecified, i: int, tangent: Tensor | None) -> Tensor | None:
    """Σ over the entries of one argument of  ∂f/∂(argument) times its tangent."""
    if tangent is None:
        return None
    further = unspecified(node.letter, node.args, (*node.wrt, i), node.shared)
    own = tuple(range(node.rank))
    entries = tuple(range(node.rank, node.rank + tangent.rank - node.shared))
    return contract(((further, (*own, *entries)), (tangent, (*own[: node.shared], *entries))), own, {})
