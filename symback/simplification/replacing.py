"""Names replaced by what they stand for, in one tensor expression."""

from collections.abc import Mapping

from symback.language.expressions import Add, Contract, Map, Tensor, Unspecified, Var, add, contract, map_, unspecified, walk

__all__ = ["replaced"]


def replaced(tensor: Tensor, by: Mapping[Var, Tensor] | Mapping[Tensor, Tensor]) -> Tensor:
    """`tensor` with names, or whole parts of it, replaced by tensors of the same axes.

    >>> from symback.language.expressions import Axis, einsum, var
    >>> from symback.language.names import Name
    >>> u, v = var(Name("u"), (Axis(3),)), var(Name("v"), (Axis(3),))
    >>> replaced(einsum("j,j->", u, u), {u: v}) is einsum("j,j->", v, v)
    True
    """
    known: dict[Tensor, Tensor] = {}
    parts: dict[Tensor, Tensor] = dict(by)  # type: ignore[arg-type]
    for node in walk(tensor):
        if node in parts:
            known[node] = parts[node]
            continue
        match node:
            case Add():
                known[node] = add(*(known[arg] for arg in node.args))
            case Map():
                known[node] = map_(node.expr, [known[arg] for arg in node.args])
            case Contract():
                factors = [(known[arg], labels) for arg, labels in node.factors]
                known[node] = contract(factors, tuple(range(node.rank)), dict(enumerate(node.axes)))
            case Unspecified():
                known[node] = unspecified(node.letter, [known[arg] for arg in node.args], node.wrt, node.shared)
            case _:
                known[node] = node
    return known[tensor]
