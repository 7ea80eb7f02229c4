"""The reverse sweep: from the ordered equations of a network to one cotangent per name.

    ∂C/∂X  =  Σ over the equations E that mention X   ∂C/∂E · ∂E/∂X

Each equation is differentiated by itself, with respect to the names it mentions; cotangents of later names enter as
symbols.  A name used twice (a residual connection, a tied weight) gets one cotangent, the sum over its uses.  The cost
is linear in the number of equations.

The pivot.  A batch averages its samples, C = (1/N) Σ_s C_s, but δ belongs to a sample and carries no 1/N.  So the
cotangents inside the network are taken of a scalar cut-point, the pivot (Σ_s C_s; with a penalty, the cost without
it), and only at the parameters the chain rule passes through it:  ∂C/∂W = ∂C/∂P · ∂P/∂W + (what W contributes to C
past the pivot).  A pivot is legal only if nothing but parameters reaches C past it; otherwise C itself is used.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symback.calculus.jacobian import jacobian
from symback.errors import ShapeError
from symback.language.expressions import Equation, Tensor, Var, add, const, contract, leaves, var

__all__ = ["Cotangent", "Edge", "chain_rule", "sum_over", "through"]


@dataclass(frozen=True, slots=True)
class Edge:
    """One use of a name: the equation that uses it, the cotangent of that equation, and the equation's derivative."""

    consumer: Equation
    upstream: Tensor
    jacobian: Tensor


@dataclass(frozen=True, slots=True)
class Cotangent:
    """∂(root)/∂target = Σ over `edges`; for a parameter, ∂C/∂P times that, plus the edges past the pivot."""

    target: Var
    symbol: Var
    edges: tuple[Edge, ...]
    past_pivot: tuple[Edge, ...]
    pivot_factor: Tensor | None

    @property
    def total(self) -> Tensor:
        """The cotangent as the chain rule leaves it, with Kronecker deltas and products of sums."""
        return sum_over(self.edges, self.pivot_factor, self.past_pivot)


def sum_over(edges: Sequence[Edge], pivot_factor: Tensor | None, past_pivot: Sequence[Edge]) -> Tensor:
    """∂C/∂P · Σ over `edges`  +  Σ over `past_pivot`."""
    inner = [through(edge) for edge in edges]
    if inner and pivot_factor is not None:
        inner = [_times(pivot_factor, add(*inner))]
    return add(*inner, *(through(edge) for edge in past_pivot))


def through(edge: Edge) -> Tensor:
    """Σ_i (∂C/∂E)_i (∂E/∂X)_iq."""
    rank = edge.upstream.rank
    labels = tuple(range(edge.jacobian.rank))
    return contract(((edge.upstream, labels[:rank]), (edge.jacobian, labels)), labels[rank:], {})


def _times(scalar: Tensor, tensor: Tensor) -> Tensor:
    own = tuple(range(tensor.rank))
    return contract(((scalar, ()), (tensor, own)), own, {})


def chain_rule(
    equations: Sequence[Equation],
    parameters: Iterable[Var],
    seeds: Sequence[tuple[Var, Tensor]],
    pivot: Var | None = None,
    inputs: Iterable[Var] = (),
) -> tuple[Cotangent, ...]:
    """Cotangents of everything the seeds depend on, last equation first, parameters and inputs after their equation.

    `seeds` are pairs (name, its cotangent): (C, 1) for a whole network, (z^{l+1}, δ^{l+1}) for a hidden layer.  The
    cotangents of `inputs`, like those of everything inside the network, are taken of the pivot.
    """
    defined = {equation.symbol: equation for equation in equations}
    for symbol, given in seeds:
        if given.axes != symbol.axes:
            raise ShapeError(f"the cotangent given for {symbol.name} has shape {given.shape}; it should be {symbol.shape}")
    uses = _uses(equations)
    inside = _ancestors(pivot, defined) if pivot is not None and pivot not in dict(seeds) else None
    if inside is not None and not _is_legal_pivot(pivot, inside, uses):
        inside = None
    known: dict[Var, Tensor] = dict(seeds)
    pivot_factor: Tensor | None = None
    found: list[Cotangent] = []
    outside = set(parameters)
    for target in _backward_order(equations, outside.union(inputs)):
        if target in known:
            continue
        cotangent = _cotangent(target, uses.get(target, ()), known, inside, pivot_factor if target in outside else None)
        if cotangent is None:
            continue
        if inside is not None and target is pivot:
            pivot_factor, known[target] = cotangent.total, const(1)
            continue
        known[target] = cotangent.symbol
        found.append(cotangent)
    return tuple(found)


def _uses(equations: Sequence[Equation]) -> dict[Var, list[Equation]]:
    """For each name, the equations that mention it."""
    uses: dict[Var, list[Equation]] = {}
    for equation in equations:
        for name in leaves(equation.definition):
            uses.setdefault(name, []).append(equation)
    return uses


def _ancestors(symbol: Var, defined: dict[Var, Equation]) -> set[Var]:
    """`symbol` and every defined name that it depends on."""
    found, pending = {symbol}, [symbol]
    while pending:
        for name in leaves(defined[pending.pop()].definition):
            if name in defined and name not in found:
                found.add(name)
                pending.append(name)
    return found


def _is_legal_pivot(pivot: Var | None, inside: set[Var], uses: dict[Var, list[Equation]]) -> bool:
    """Whether every defined name inside reaches the cost through the pivot alone."""
    return all(name is pivot or all(use.symbol in inside for use in uses.get(name, ())) for name in inside)


def _backward_order(equations: Sequence[Equation], wanted: set[Var]) -> list[Var]:
    """Names so that each comes after everything that mentions it: equations backward, a leaf after its first user."""
    order: list[Var] = []
    first_user = {leaf: i for i, equation in reversed(list(enumerate(equations))) for leaf in leaves(equation.definition)}
    leaves_of: dict[int, list[Var]] = {}
    for leaf in wanted:
        if leaf in first_user:
            leaves_of.setdefault(first_user[leaf], []).append(leaf)
    for i in range(len(equations) - 1, -1, -1):
        order.append(equations[i].symbol)
        mentioned = leaves(equations[i].definition)
        order.extend(sorted(leaves_of.get(i, ()), key=mentioned.index))
    return order


def _cotangent(
    target: Var, users: Sequence[Equation], known: dict[Var, Tensor], inside: set[Var] | None, pivot_factor: Tensor | None
) -> Cotangent | None:
    edges: list[Edge] = []
    past: list[Edge] = []
    for equation in users:
        if equation.symbol not in known:
            continue
        derivative = jacobian(equation, target)
        if derivative is None:
            continue
        is_past = inside is not None and pivot_factor is not None and equation.symbol not in inside
        (past if is_past else edges).append(Edge(equation, known[equation.symbol], derivative))
    if not edges and not past:
        return None
    return Cotangent(target, var(target.name.cotangent, target.axes), tuple(edges), tuple(past), pivot_factor)
