"""What `derive` returns: a `Derivation` with its `Formula`s, and the views of each formula."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import sympy

from symback.errors import SpecError
from symback.language.expressions import Tensor, Var, var
from symback.language.names import Name
from symback.language.notation import NOTATIONS, Notation
from symback.language.printing import to_latex
from symback.language.steps import Fact, Step
from symback.network.forward import Forward
from symback.network.graph import Graph
from symback.pipeline.explanation import Context, factors_of, steps_of
from symback.pipeline.notebook import MOST_ROWS, ShownStep, aligned, equation_latex
from symback.pipeline.record import Record
from symback.simplification.engine import slopes_in_outputs
from symback.simplification.index_form import index_form, index_symbol
from symback.simplification.matrix_form import matrix_form
from symback.simplification.rules import Knowledge
from symback.simplification.scalar_form import scalar_form

__all__ = ["Derivation", "Formula"]


@dataclass(frozen=True, eq=False)
class Formula:
    """One gradient: `name` = `tensor`, with its steps and its views as SymPy expressions."""

    record: Record = field(repr=False)
    derivation: "Derivation" = field(repr=False)

    def __repr__(self) -> str:
        return f"Formula({self.name} = {self.index_form})"

    @property
    def name(self) -> Name:
        """What the formula gives: `Name("delta", 2)`, `Name("W", 1).gradient`."""
        return self.record.symbol.name

    @property
    def symbol(self) -> Var:
        """The tensor that other formulas use for it."""
        return self.record.symbol

    @property
    def target(self) -> Var:
        """What the cost is differentiated with respect to."""
        return self.record.target

    @property
    def tensor(self) -> Tensor:
        """The result, in terms of named quantities."""
        return self.record.tensor

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The chain of equalities from ∂C/∂(target) to the result, each with the name of its rule."""
        steps = steps_of(self.record, self.derivation.context)
        whole = self.derivation
        return tuple(ShownStep(step.rule, step.before, step.after, step.facts, step.form, whole.sizes, whole.layout) for step in steps)

    @property
    def factors(self) -> tuple[tuple[Tensor, tuple[Step, ...]], ...]:
        """The factors of the chain rule, ∂z_i/∂w_jk and so on, each with the steps of its own derivation."""
        return factors_of(self.record)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The side facts that the result relies on, such as Σ_k y_k = 1, given the formulas that it mentions."""
        return self.record.facts

    @property
    def index_form(self) -> sympy.Expr:
        """One entry, with indices, sums and Kronecker deltas."""
        return self._index_form(self.tensor)

    def _index_form(self, tensor: Tensor) -> sympy.Expr:
        """An entry, with no index called like a size of the network: Σ_{k=1}^{k} would be read wrongly."""
        return index_form(tensor, reserved=self.derivation.sizes)

    @property
    def matrix_form(self) -> sympy.Expr:
        """The whole, in the column layout; of a graph, as its matrices are named."""
        return matrix_form(self.tensor, self.derivation.layout)

    def matrix(self, layout: str | None = None) -> sympy.Expr:
        """The whole, in the layout "column" (the default for networks), "row" (for graphs) or "jacobian"."""
        return matrix_form(self.tensor, layout or self.derivation.layout, is_cotangent=True)

    @property
    def scalar_form(self) -> sympy.Expr:
        """All entries written out; for integer sizes of at most some hundred entries."""
        return scalar_form(self.tensor)

    @property
    def in_outputs(self) -> "Formula":
        """The same formula with σ'(z) in terms of a = σ(z), where that is possible: a ⊙ (1 - a)."""
        tensor = slopes_in_outputs(self.tensor, self.derivation.knowledge)
        return Formula(replace(self.record, tensor=tensor), self.derivation)

    def latex(self, form: str = "matrix", layout: str | None = None, notation: Notation | str = "nielsen") -> str:
        """The formula as LaTeX, left side included; see `matrix` for the layouts."""
        layout = layout or self.derivation.layout
        notation = replace(NOTATIONS[notation] if isinstance(notation, str) else notation, layout=layout)
        view = {"matrix": lambda t: matrix_form(t, layout, is_cotangent=True), "index": self._index_form, "scalar": scalar_form}[form]
        return f"{to_latex(view(self.symbol), notation)} = {to_latex(view(self.tensor), notation)}"

    @property
    def equation(self) -> tuple[str, str]:
        """Both sides as LaTeX: with matrices, or with indices where the formula has more axes than a matrix."""
        return equation_latex(self.symbol, self.tensor, self.derivation.sizes, self.derivation.layout)

    def _repr_latex_(self) -> str:
        left, right = self.equation
        return rf"$\displaystyle {left} = {right}$"


@dataclass(frozen=True, eq=False)
class Derivation:
    """All gradients of a network or of a graph, in the order in which each can be computed from those before it.

    `network` is the `Network` or the `Graph`: whoever speaks of its layers or nodes knows which of the two.
    """

    network: Any
    forward: Forward = field(repr=False)
    knowledge: Knowledge = field(repr=False)
    records: tuple[Record, ...] = field(repr=False)

    @property
    def layout(self) -> str:
        """The layout of formulas for which none is chosen: the matrices of a graph are written as they are named."""
        return "row" if isinstance(self.network, Graph) else "column"

    def __repr__(self) -> str:
        return f"Derivation({', '.join(str(record.symbol.name) for record in self.records if record.is_named)})"

    def _repr_latex_(self) -> str:
        formulas = self.formulas
        return aligned([formula.equation for formula in formulas[:MOST_ROWS]], len(formulas))

    @cached_property
    def _by_name(self) -> dict[Name, Formula]:
        return {record.symbol.name: Formula(record, self) for record in self.records}

    @cached_property
    def formulas(self) -> tuple[Formula, ...]:
        """Every formula that has a name: δ of each layer, the gradients of the parameters, of the input, and of shared activations."""
        return tuple(formula for formula in self._by_name.values() if formula.record.is_named)

    def __iter__(self) -> Iterator[Formula]:
        return iter(self.formulas)

    def delta(self, layer: int | sympy.Expr) -> Formula:
        """δ^layer = ∂C/∂z^layer, shape (n_layer,); in a batch Δ^layer, shape (N, n_layer)."""
        return self._find(Name("Delta" if self.forward.is_batch else "delta", layer))

    def grad_W(self, layer: int | sympy.Expr) -> Formula:
        """∂C/∂W^layer, shape (n_layer, n_{layer-1})."""
        return self.grad("W", layer)

    def grad_b(self, layer: int | sympy.Expr) -> Formula:
        """∂C/∂b^layer, shape (n_layer,)."""
        return self.grad("b", layer)

    def grad(self, letter: str, layer: int | sympy.Expr) -> Formula:
        """∂C/∂(letter^layer), for a parameter, an activation or any other quantity with a name."""
        return self._find(Name(letter, layer).gradient)

    def _find(self, name: Name) -> Formula:
        if name not in self._by_name:
            known = ", ".join(map(str, self._by_name))
            raise SpecError(f"this derivation has no formula called {name}; it has {known}")
        return self._by_name[name]

    @cached_property
    def sizes(self) -> frozenset[sympy.Expr]:
        """The indices that are called like a size of an axis."""
        symbols = (*(equation.symbol for equation in self.forward.equations), *self.forward.parameters)
        sizes = {size.name for symbol in symbols for axis in symbol.axes for size in axis.size.free_symbols}
        return frozenset(map(index_symbol, sizes))

    @cached_property
    def context(self) -> Context:
        """What the steps of its formulas are told from."""
        forward = self.forward
        cost = forward.cost if forward.cost is not None else _COST
        return Context(
            by_target={record.target: record for record in self.records},
            by_symbol={record.symbol: record for record in self.records},
            roles={equation.symbol: equation.role for equation in forward.equations},
            cost=cost,
            root=forward.pivot if forward.pivot is not None else cost,
            seeds=dict(forward.seeds),
            knowledge=self.knowledge,
        )


_COST = var(Name("C"), ())
