"""The steps of a formula, told from its record: chain rule, factors, collapse, names.

    ∂C/∂w_jk = Σ_i Σ_m ∂C/∂a_m ∂a_m/∂z_i ∂z_i/∂w_jk      chain rule
             = Σ_i Σ_m (a_m - y_m) δ_mi σ'(z_i) δ_ij a_k   each factor derived
             = (a_j - y_j) σ'(z_j) a_k                     collapse of the Kronecker deltas
             = δ_j a_k                                     by the formula of δ

The chain is told through every unnamed quantity to the next named one, as a lecture does.  Where that would give more
than `MOST_PATHS` products, it is told with names from the start; both ways end in the record's tensor.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from symback.language.expressions import (
    Add,
    Contract,
    Partial,
    Tensor,
    Var,
    add,
    contract,
    partial_derivative,
)  # fmt: skip
from symback.language.steps import Step
from symback.pipeline.record import LocalDerivative, Record
from symback.simplification.engine import simplify
from symback.simplification.products import signature
from symback.simplification.rules import Knowledge

__all__ = ["Context", "factors_of", "steps_of"]

MOST_PATHS = 2


@dataclass(frozen=True)
class Context:
    """What a formula is explained from: all records by target and by symbol, the roles, the root, the knowledge."""

    by_target: Mapping[Var, Record]
    by_symbol: Mapping[Tensor, Record]
    roles: Mapping[Var, str]
    cost: Var
    root: Var
    seeds: Mapping[Var, Tensor]
    knowledge: Knowledge


Path = tuple[tuple[LocalDerivative, Var], ...]  # from the target up: (derivative of consumer, by what)


def factors_of(record: Record) -> tuple[tuple[Partial, tuple[Step, ...]], ...]:
    """Each factor of the chain rule with its own derivation: ∂z_i/∂w_jk, from the definition of z to δ_ij a_k."""
    found = []
    for term in (*record.terms, *record.past_pivot):
        partial = partial_derivative(term.consumer.symbol, record.target)
        found.append((partial, (Step("differentiate the definition", partial, term.raw), *term.steps)))
    return tuple(found)


def steps_of(record: Record, context: Context) -> tuple[Step, ...]:
    """The chain of equalities from ∂C/∂(target) to the formula, and its lift to matrices."""
    lift = Step("write with matrices", record.tensor, record.tensor, form="matrix")
    told = _told_in_full(record, context) or _told_with_names(record, context)
    return (*told, lift)


def _told_in_full(record: Record, context: Context) -> tuple[Step, ...] | None:
    """The chain through all unnamed quantities, if it is short and folding δ at its end gives the record's tensor."""
    paths = _paths(record, context)
    if len(paths) > MOST_PATHS or max(map(len, paths)) < 2:
        return None
    whole = _around_pivot(record)
    chain = _Chain(_opening(record, context))
    chain.go("chain rule", whole(_sum(record, [path[:1] for path in paths], context, _as_partials)))
    chain.go("chain rule", whole(_sum(record, paths, context, _as_partials)))
    chain.go(_NAMED, whole(_sum(record, paths, context, _as_partials_under_names)))
    chain.go("differentiate each factor", whole(_sum(record, paths, context, _as_derivatives)))
    chain.simplify(context.knowledge)
    if chain.now is record.tensor:
        return chain.steps
    unfolded, _ = simplify(_unfolded(record.tensor, context), context.knowledge)
    if signature(unfolded) != signature(chain.now):
        return None
    chain.go("by the formula of the error", record.tensor)
    return chain.steps


_NAMED = "name the error"


def _told_with_names(record: Record, context: Context) -> tuple[Step, ...]:
    """The chain one equation far: ∂C/∂X = Σ_E ∂C/∂E ∂E/∂X with the names of the ∂C/∂E, and what simplification made of it."""
    paths: list[Path] = [((term, record.target),) for term in record.terms]
    whole = _around_pivot(record)
    chain = _Chain(_opening(record, context))
    chain.go("chain rule", whole(_sum(record, paths, context, _as_partials)))
    chain.go(_NAMED, whole(_sum(record, paths, context, _as_partials_under_names)))
    chain.go("differentiate each factor", whole(_sum(record, paths, context, _as_derivatives)))
    chain.simplify(context.knowledge)
    if chain.now is not record.tensor:
        chain.go("write out what has no name", record.tensor)
    return chain.steps


class _Chain:
    """A growing chain of equalities; a line equal to the one before it is left out."""

    def __init__(self, start: Tensor) -> None:
        self.now = start
        self.steps: tuple[Step, ...] = ()

    def go(self, rule: str, after: Tensor) -> None:
        if after is not self.now:
            self.steps = (*self.steps, Step(rule, self.now, after))
            self.now = after

    def simplify(self, knowledge: Knowledge) -> None:
        self.now, steps = simplify(self.now, knowledge)
        self.steps = (*self.steps, *steps)


def _opening(record: Record, context: Context) -> Tensor:
    root = context.cost if record.pivot_factor is not None or record.past_pivot else context.root
    return partial_derivative(root, record.target, is_total=True)


def _around_pivot(record: Record) -> Callable[[Tensor | None], Tensor]:
    """∂P/∂X  →  ∂C/∂P · ∂P/∂X + what X contributes past the pivot."""
    past = [term.tensor for term in record.past_pivot]

    def whole(inner: Tensor | None) -> Tensor:
        if inner is None:
            return add(*past)
        if record.pivot_factor is not None:
            own = tuple(range(inner.rank))
            inner = contract(((record.pivot_factor, ()), (inner, own)), own, {})
        return add(inner, *past)

    return whole


def _paths(record: Record, context: Context) -> list[Path]:
    """Every way from the target up to a named quantity or the root; a first named quantity of a layer is passed once."""
    finished: list[Path] = []
    pending: list[Path] = [((term, record.target),) for term in record.terms]
    while pending and len(finished) + len(pending) <= MOST_PATHS:
        path = pending.pop(0)
        reached = path[-1][0].consumer.symbol
        further = context.by_target.get(reached)
        may_end = len(path) > 1 or reached in context.seeds or reached.name.layer is None
        if further is None or reached is context.root or (further.is_named and may_end):
            finished.append(path)
        else:
            pending.extend((*path, (term, reached)) for term in further.terms)
    return finished + pending


def _sum(record: Record, paths: list[Path], context: Context, write: Callable) -> Tensor | None:
    """Σ over paths of the product of their factors, each factor written by `write`."""
    unique = list(dict.fromkeys(paths))
    if not unique:
        return None
    return add(*(_product(record, path, context, write) for path in unique))


def _product(record: Record, path: Path, context: Context, write: Callable) -> Tensor:
    factors: list[tuple[Tensor, tuple]] = []
    top = path[-1][0].consumer.symbol
    if top is not context.root:
        factors.append((write(None, top, context), tuple((top, i) for i in range(top.rank))))
    for term, below in reversed(path):
        upper = term.consumer.symbol
        labels = (*((upper, i) for i in range(upper.rank)), *((below, i) for i in range(below.rank)))
        factors.append((write(term, below, context), labels))
    return contract(factors, tuple((record.target, i) for i in range(record.target.rank)), {})


def _as_partials(term: LocalDerivative | None, name: Var, context: Context) -> Tensor:
    if term is None:
        return partial_derivative(context.root, name, is_total=True)
    return partial_derivative(term.consumer.symbol, name)


def _as_partials_under_names(term: LocalDerivative | None, name: Var, context: Context) -> Tensor:
    return _upstream(name, context) if term is None else _as_partials(term, name, context)


def _as_derivatives(term: LocalDerivative | None, name: Var, context: Context) -> Tensor:
    return _upstream(name, context) if term is None else term.tensor


def _upstream(name: Var, context: Context) -> Tensor:
    return context.seeds[name] if name in context.seeds else context.by_target[name].symbol


def _unfolded(tensor: Tensor, context: Context) -> Tensor:
    """The expression with the errors of the quantities next above written out by their formulas, once."""
    if isinstance(tensor, Add):
        return add(*(_unfolded(term, context) for term in tensor.args))
    if isinstance(tensor, Contract):
        factors = [(_unfolded(arg, context), labels) for arg, labels in tensor.factors]
        return contract(factors, tuple(range(tensor.rank)), tensor.label_axes)
    record = context.by_symbol.get(tensor)
    return record.tensor if record is not None and record.is_named else tensor
