"""What else can be asked of a derivation, each as a straight-line program with named results.

    gradient of some     cost, {"W1": ∂C/∂W1, "x": ∂C/∂x}       asked for by name; what they do not need is not computed
    gradients by sample  costs C_s (N,), ∂C_s/∂W (N, n, m)      their mean is the gradient of the averaged cost
    vjp                  output, Σ_s v_s · ∂a_s/∂θ              for a cotangent v given for each row of the output
    jvp                  output, ∂a/∂θ · θ̇                      along a direction θ̇
    hvp                  ∂²C/∂θ² · θ̇                            the equations of the gradient differentiated along θ̇

All come from the equations and formulas of the same derivation (see `pipeline.directions`), and are lowered as the
gradient program is.

Order and form.  Without `wrt`, gradients and directions have the form of params: a list of (W, b), one pair for each
layer, or a dict of named arrays.  With `wrt` they are dicts with the names asked for, in their order; x is one of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sympy

from symback.errors import SpecError, UnsupportedError
from symback.language.expressions import Add, Axis, Contract, Equation, Tensor, Var, add, contract, leaves, scale
from symback.network.forward import Forward
from symback.numerics.lowering import Lowering, bases_of, summed_exponentials
from symback.numerics.operations import Graph, Value
from symback.numerics.program import Argument, Assignment, Group, assigned, averaged_first, layer_pairs, python_name, refuse_unspecified
from symback.pipeline import Derivation
from symback.pipeline.directions import COTANGENT, derive_from_output, forward_to_output, network_output, tangent, tangent_equations

__all__ = ["KINDS", "Routine", "by_sample", "routine_of"]

KINDS = ("gradient", "vjp", "jvp", "hvp")


@dataclass(frozen=True)
class Routine:
    """A function to be written: `takes` and `gives` in the order of its arguments and results, the program between.

    Names in `takes` and `gives` are single arrays.  `results` has the value of every array that is given, by name.
    """

    name: str
    meaning: str
    takes: tuple[str | Group, ...]
    gives: tuple[str | Group, ...]
    inputs: tuple[Argument, ...]
    parameters: tuple[Argument, ...]
    assignments: tuple[Assignment, ...]
    results: dict[str, Value]
    layers: tuple[tuple[str, str], ...] | None
    batch_size: sympy.Symbol


def routine_of(derivation: Derivation, kind: str = "gradient", wrt: Sequence[str] | None = None, per_sample: bool = False) -> Routine:
    """The routine of a batch derivation; `wrt` are names of parameters, or x.

    >>> from symback.network import Network
    >>> from symback.pipeline import derive
    >>> routine = routine_of(derive(Network.from_spec("2-3-2"), batch=True), wrt=["W2", "x"])
    >>> list(routine.results), [str(size) for size in routine.results["dx"].shape]
    (['cost', 'dW2', 'dx'], ['N', '2'])
    """
    if kind not in KINDS:
        raise UnsupportedError(f"kind {kind!r} is not built; there are {', '.join(KINDS)}")
    if per_sample and kind != "gradient":
        raise UnsupportedError(f"per_sample belongs to the gradient; a {kind} is asked for as it is")
    if per_sample and derivation.forward.inputs.name.layer is None:
        raise UnsupportedError("the rows of a graph's matrices may depend on each other; there is no gradient of each by itself")
    if isinstance(wrt, str):
        raise SpecError(f"wrt is the text {wrt!r}; it should be a list of names, as in [{wrt!r}]")
    planner = _Planner(derivation, derivation.forward, tuple(wrt) if wrt is not None else None)
    if kind == "gradient":
        return planner.gradients_by_sample() if per_sample else planner.gradient()
    if kind == "vjp":
        from_output = derive_from_output(derivation.network, batch=True)
        return _Planner(from_output, from_output.forward, planner.asked).vjp()
    return planner.jvp() if kind == "jvp" else planner.hvp()


@dataclass(frozen=True)
class _Planner:
    """A derivation and the names that are asked for."""

    derivation: Derivation
    forward: Forward
    asked: tuple[str, ...] | None

    @property
    def symbols(self) -> dict[str, Var]:
        """What there is a gradient for, by the caller's name."""
        return {python_name(p.name): p for p in self.forward.parameters} | {"x": self.forward.inputs}

    @property
    def wrt(self) -> dict[str, Var]:
        """What is asked for: all parameters, or the names given, each once."""
        if self.asked is None:
            return {name: symbol for name, symbol in self.symbols.items() if name != "x"}
        unknown = [name for name in self.asked if name not in self.symbols]
        if unknown or not self.asked or len(set(self.asked)) < len(self.asked):
            wrong = f"has {unknown[0]!r}" if unknown else "names nothing" if not self.asked else "names something twice"
            raise SpecError(f"wrt {wrong}; it should be a list of some of {', '.join(self.symbols)}")
        return {name: self.symbols[name] for name in self.asked}

    @property
    def layers(self) -> tuple[tuple[str, str], ...] | None:
        return layer_pairs(self.forward.parameters)

    def group(self, title: str, names: Iterable[str]) -> Group:
        """Arrays for everything that is asked for."""
        return Group(title, tuple(self.wrt), tuple(names), self.asked is None and self.layers is not None)

    @property
    def parameters(self) -> Group:
        names = tuple(python_name(p.name) for p in self.forward.parameters)
        return Group("params", names, names, self.layers is not None)

    def lowering(self, tensors: Sequence[Tensor], further: dict[Var, str]) -> tuple[Lowering, tuple[Argument, ...]]:
        """A lowering that knows the arguments: x, what `further` names, and the parameters."""
        refuse_unspecified(tensors)
        definitions = {equation.symbol: equation.definition for equation in self.forward.equations}
        lowering = Lowering(Graph(), {}, definitions, bases_of(tensors), summed_exponentials(tensors))
        names = {self.forward.inputs: "x"} | further | {p: python_name(p.name) for p in self.forward.parameters}
        for symbol, name in names.items():
            lowering.values[symbol] = lowering.graph.input(name, symbol.shape)
        return lowering, tuple(Argument(name, symbol.shape) for symbol, name in names.items())

    def routine(
        self,
        name: str,
        meaning: str,
        takes: tuple[str | Group, ...],
        gives: dict[str | Group, tuple[Tensor, ...]],
        equations: Sequence[Equation],
        further: dict[Var, str],
    ) -> Routine:
        """The equations lowered in their order, then what is given, in full shape."""
        wanted = [tensor for tensors in gives.values() for tensor in tensors]
        lowering, inputs = self.lowering([*(equation.definition for equation in equations), *wanted], further)
        assignments = [assigned(lowering, equation.symbol, equation.definition) for equation in equations]
        results = {}
        for given, tensors in gives.items():
            for result, tensor in zip((given,) if isinstance(given, str) else given.names, tensors, strict=True):
                results[result] = lowering.graph.full(lowering.lower(tensor), tensor.shape)
        return Routine(
            name, meaning, takes, tuple(gives), inputs, inputs[len(inputs) - len(self.forward.parameters) :],
            tuple(assignments), results, self.layers, self.forward.inputs.axes[0].size,
        )  # fmt: skip

    # What is asked for

    @property
    def averaged(self) -> dict[Var, Equation]:
        """The equations of the gradient of the averaged cost, by what it is taken with respect to."""
        cotangents = [(formula.target, formula.symbol, formula.tensor) for formula in self.derivation.formulas]
        pairs = averaged_first(self.forward, cotangents)
        return {target: Equation(symbol, tensor) for (target, _, _), (symbol, tensor) in zip(cotangents, pairs, strict=True)}

    @property
    def target(self) -> dict[Var, str]:
        assert self.forward.target is not None
        return {self.forward.target: "y"}

    def gradient(self) -> Routine:
        """The cost, and its gradient with respect to what is asked for."""
        averaged = self.averaged
        group = self.group("grads", (f"d{name}" for name in self.wrt))
        gives: dict = {"cost": (self.forward.cost,), group: tuple(_symbol_or_zero(averaged, symbol) for symbol in self.wrt.values())}
        meaning = "The cost and its gradients, both averaged over the batch."
        equations = (*self.forward.equations, *averaged.values())
        return self.routine("value_and_grad", meaning, (self.parameters, "x", "y"), gives, equations, self.target)

    def gradients_by_sample(self) -> Routine:
        """The cost of each sample with the penalty, and its gradients."""
        samples = self.forward.inputs.axes[0]
        formulas = {formula.target: formula for formula in self.derivation.formulas}
        inner = [Equation(f.symbol, f.tensor) for f in formulas.values() if f.target not in self.forward.parameters]
        given = []
        for symbol in self.wrt.values():
            formula = formulas.get(symbol)
            tensor = _zero(symbol) if formula is None else formula.tensor
            given.append(tensor if symbol is self.forward.inputs else by_sample(tensor, samples))
        mean = next(equation.definition for equation in self.forward.equations if equation.symbol is self.forward.cost)
        definitions = {equation.symbol: equation.definition for equation in self.forward.equations}
        costs = by_sample(_with_sum(mean, self.forward.pivot, definitions[self.forward.pivot]), samples)
        group = self.group("grads", (f"d{name}" for name in self.wrt))
        meaning = "The cost of each sample and its gradients, the samples along the first axis."
        takes = (self.parameters, "x", "y")
        gives: dict = {"costs": (costs,), group: tuple(given)}
        return self.routine("value_and_grad", meaning, takes, gives, (*self.forward.equations, *inner), self.target)

    def vjp(self) -> Routine:
        """The output, and v times its derivatives, summed over the samples."""
        output, given = self.forward.seeds[0]
        formulas = {formula.target: Equation(formula.symbol, formula.tensor) for formula in self.derivation.formulas}
        group = self.group("grads", (f"d{name}" for name in self.wrt))
        gives: dict = {"output": (output,), group: tuple(_symbol_or_zero(formulas, symbol) for symbol in self.wrt.values())}
        meaning = "The output of the network, and the gradients of Σ v * output."
        equations = (*self.forward.equations, *formulas.values())
        return self.routine("vjp", meaning, (self.parameters, "x", COTANGENT), gives, equations, {given: COTANGENT})

    def jvp(self) -> Routine:
        """The output, and its derivative along the direction."""
        output = network_output(self.forward)
        symbols = tuple(self.wrt.values())
        forward = forward_to_output(self.forward).equations
        found, tangents = tangent_equations(forward, symbols, (output,), self.derivation.knowledge)
        gives: dict = {"output": (output,), "output_dot": (tangents.get(output, _zero(output)),)}
        meaning = "The output of the network, and its derivative along the direction."
        equations = (*forward, *found)
        return self.routine("jvp", meaning, (self.parameters, self.direction, "x"), gives, equations, self.directions)

    def hvp(self) -> Routine:
        """The derivative of the gradient along the direction."""
        averaged = self.averaged
        first = (*self.forward.equations, *averaged.values())
        symbols = tuple(self.wrt.values())
        wanted = [averaged[symbol].symbol for symbol in symbols if symbol in averaged]
        found, tangents = tangent_equations(first, symbols, wanted, self.derivation.knowledge)
        group = self.group("products", (f"d{name}_dot" for name in self.wrt))
        results = (tangents.get(averaged[s].symbol, _zero(s)) if s in averaged else _zero(s) for s in symbols)
        meaning = "The Hessian of the averaged cost times the direction."
        takes = (self.parameters, self.direction, "x", "y")
        return self.routine("hvp", meaning, takes, {group: tuple(results)}, (*first, *found), self.target | self.directions)

    @property
    def direction(self) -> Group:
        return self.group("direction", self.directions.values())

    @property
    def directions(self) -> dict[Var, str]:
        """The tangents of what is asked for, by name."""
        return {tangent(symbol): f"{name}_dot" for name, symbol in self.wrt.items()}


def _symbol_or_zero(equations: dict[Var, Equation], symbol: Var) -> Tensor:
    """The gradient by its symbol; zeros for what the cost does not depend on."""
    return equations[symbol].symbol if symbol in equations else _zero(symbol)


def _zero(symbol: Var) -> Tensor:
    return scale(0, symbol)


def _with_sum(mean: Tensor, pivot: Var, sum_of_costs: Tensor) -> Tensor:
    """C = (1/N) C_sum + penalty with the sum over the samples written out."""
    terms = mean.args if isinstance(mean, Add) else (mean,)
    written = []
    for term in terms:
        factors = term.factors if isinstance(term, Contract) else ((term, ()),)
        replaced = [(sum_of_costs if arg is pivot else arg, labels) for arg, labels in factors]
        written.append(contract(replaced, (), term.label_axes) if isinstance(term, Contract) else replaced[0][0])
    return add(*written)


def by_sample(mean: Tensor, samples: Axis) -> Tensor:
    """(1/N) Σ_s g_s + r  →  g_s + r:  the summed index becomes the first axis, and what has none is repeated.

    >>> from symback.language.expressions import einsum, var
    >>> from symback.language.names import Name
    >>> samples, unit = Axis(sympy.Symbol("N"), "sample"), Axis(2)
    >>> delta = var(Name("Delta", 1), (samples, unit))
    >>> by_sample(scale(1 / samples.size, einsum("sj->j", delta)), samples) is delta
    True
    """
    return add(*(_term_by_sample(term, samples) for term in _terms(mean)))


def _terms(tensor: Tensor) -> list[Tensor]:
    """The terms of a sum, and of a product with a sum over samples inside: (1/N) (Σ_s g_s + Σ_s h_s)."""
    if isinstance(tensor, Add):
        return [inner for term in tensor.args for inner in _terms(term)]
    if not isinstance(tensor, Contract) or _summed_samples(tensor):
        return [tensor]
    for position, (arg, labels) in enumerate(tensor.factors):
        if isinstance(arg, Add) and any(_summed_samples(term) for term in arg.args):
            others = [factor for i, factor in enumerate(tensor.factors) if i != position]
            own = tuple(range(tensor.rank))
            parts = (contract((*others, (term, labels)), own, tensor.label_axes) for term in arg.args)
            return [inner for part in parts for inner in _terms(part)]
    return [tensor]


def _summed_samples(tensor: Tensor) -> list[int]:
    """The indices of samples that a product sums over."""
    axes = tensor.label_axes.items() if isinstance(tensor, Contract) else ()
    return [label for label, axis in axes if axis.kind == "sample" and label >= tensor.rank]


def _term_by_sample(term: Tensor, samples: Axis) -> Tensor:
    """N times the term without its sum over samples; a term that has none is repeated."""
    axes = dict(enumerate(term.axes))
    factors = term.factors if isinstance(term, Contract) else ((term, tuple(range(term.rank))),)
    summed = _summed_samples(term)
    if not summed and not any(axis.kind == "sample" for leaf in leaves(term) for axis in leaf.axes):
        return contract(factors, ("s", *range(term.rank)), axes | {"s": samples})
    if len(summed) != 1:
        raise UnsupportedError("a gradient of this network is no sum over its samples; per_sample needs samples that are independent")
    return scale(samples.size, contract(factors, (summed[0], *range(term.rank)), axes))
