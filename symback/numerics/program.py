"""A derivation as a straight-line program: the forward pass, the cost, and every gradient, each value computed once.

The program is read off the batch derivation: its equations are the forward pass, its formulas the backward pass, in
their order.  Two things are arranged here.

The average over the batch is paid for once.  All cotangents are linear in the one they start from, so 1/N (the
factor ∂C/∂C_sum) goes into δ of the last layer and out of every gradient; the program's `Delta2` is Δ²/N.
What nobody asks for (the gradient of the input, the sums of a cost that is not averaged) is not computed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import sympy

from symback.errors import UnsupportedError
from symback.language.expressions import Add, Const, Contract, Map, Tensor, Unspecified, Var, add, leaves, scale, walk
from symback.language.functions import ScalarFunction
from symback.language.names import Name
from symback.network.forward import Forward
from symback.numerics.lowering import Lowering, bases_of, summed_exponentials
from symback.numerics.operations import Graph, Shape, Value
from symback.pipeline.directions import network_output

__all__ = [
    "Argument", "Assignment", "GradientFormula", "Group", "Program", "assigned", "averaged_first", "layer_pairs", "program_of",
    "python_name", "refuse_unspecified",
]  # fmt: skip


class GradientFormula(Protocol):
    """What is used of a formula: the cotangent's symbol, what it belongs to, and the expression."""

    @property
    def symbol(self) -> Var: ...

    @property
    def target(self) -> Var: ...

    @property
    def tensor(self) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class Argument:
    """An array that the function is given."""

    name: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name` := `value`."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Group:
    """Arrays that travel together: `keys` as the caller names them (W1), `names` as the program does (W1_dot).

    `is_layered`: they may also come, or go, as a list of (W, b).
    """

    title: str
    keys: tuple[str, ...]
    names: tuple[str, ...]
    is_layered: bool


@dataclass(frozen=True)
class Program:
    """Assignments in an order in which each uses only those before it; forward, then backward.

    `layers` pairs the parameters (W, b) of each layer, if the network has no others; otherwise it is None.
    `is_of_layers`: each row of x goes its own way, so that rows can be shared out; not so in a graph.
    """

    x: Argument
    y: Argument
    parameters: tuple[Argument, ...]
    layers: tuple[tuple[str, str], ...] | None
    forward: tuple[Assignment, ...]
    backward: tuple[Assignment, ...]
    cost: Value
    output: Value
    gradients: tuple[Value, ...]
    batch_size: sympy.Symbol
    is_of_layers: bool = True

    name = "value_and_grad"
    meaning = "The cost and its gradients, both averaged over the batch."

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """All of them, in order."""
        return (*self.forward, *self.backward)

    @property
    def inputs(self) -> tuple[Argument, ...]:
        """All arguments: x, y, then the parameters."""
        return (self.x, self.y, *self.parameters)

    @property
    def takes(self) -> tuple[str | Group, ...]:
        """The arguments of the function, in order."""
        names = tuple(parameter.name for parameter in self.parameters)
        return Group("params", names, names, self.layers is not None), "x", "y"

    @property
    def gives(self) -> tuple[str | Group, ...]:
        """The results of the function, in order."""
        names = tuple(parameter.name for parameter in self.parameters)
        return "cost", Group("grads", names, tuple(f"d{name}" for name in names), self.layers is not None)

    @property
    def results(self) -> dict[str, Value]:
        """What the program gives, by name: the cost, then dW1, db1, … in the order of the parameters."""
        names = (f"d{parameter.name}" for parameter in self.parameters)
        return {"cost": self.cost, **dict(zip(names, self.gradients, strict=True))}


def python_name(name: Name) -> str:
    """W^2 → W2, ∂C/∂W^2 → dW2, Δ^2 → Delta2, C → cost, A^0 → x; along a direction W^2 → W2_dot.

    >>> python_name(Name("W", 2).gradient), python_name(Name("Delta", 1)), python_name(Name("C"))
    ('dW2', 'Delta1', 'cost')
    >>> python_name(Name("W", 2).gradient.tangent), python_name(Name("A", 0).gradient)
    ('dW2_dot', 'dx')
    """
    if name == Name("C"):
        return "cost"
    letter, dot, _ = name.letter.partition("_dot")
    own = "x" if name.layer == 0 else f"{letter}{'' if name.layer is None else name.layer}"
    return f"{'d' if name.is_gradient else ''}{own}{dot}"


def program_of(forward: Forward, formulas: Iterable[GradientFormula]) -> Program:
    """The program of a batch derivation, given by its equations and by its formulas in computable order."""
    cotangents = [(formula.target, formula.symbol, formula.tensor) for formula in formulas]
    tensors = [equation.definition for equation in forward.equations] + [tensor for _, _, tensor in cotangents]
    refuse_unspecified(tensors)
    if not forward.is_batch or forward.cost is None or forward.target is None:
        raise UnsupportedError("a program needs the derivation for a batch, with a cost; derive(network, batch=True) gives it")
    graph = Graph()
    definitions = {equation.symbol: equation.definition for equation in forward.equations}
    lowering = Lowering(graph, {}, definitions, bases_of(tensors), summed_exponentials(tensors))
    names = {forward.inputs: "x", forward.target: "y"} | {p: python_name(p.name) for p in forward.parameters}
    for symbol, name in names.items():
        lowering.values[symbol] = graph.input(name, symbol.shape)
    passes = [assigned(lowering, equation.symbol, equation.definition) for equation in forward.equations]
    averaged = averaged_first(forward, cotangents)
    backward = [assigned(lowering, symbol, tensor) for symbol, tensor in averaged]
    symbol_of = {target: symbol for target, symbol, _ in cotangents}
    gradients = tuple(_gradient(lowering, parameter, symbol_of.get(parameter)) for parameter in forward.parameters)
    arguments = [Argument(name, symbol.shape) for symbol, name in names.items()]
    return Program(
        x=arguments[0], y=arguments[1], parameters=tuple(arguments[2:]), layers=layer_pairs(forward.parameters),
        forward=tuple(passes), backward=tuple(backward), cost=lowering.values[forward.cost],
        output=lowering.values[network_output(forward)], gradients=gradients, batch_size=forward.inputs.axes[0].size,
        is_of_layers=forward.inputs.name.layer is not None,
    )  # fmt: skip


def assigned(lowering: Lowering, symbol: Var, tensor: Tensor) -> Assignment:
    """The tensor lowered, and known from now on by its symbol."""
    value = lowering.lower(tensor)
    lowering.values[symbol] = value
    return Assignment(python_name(symbol.name), value)


def _gradient(lowering: Lowering, parameter: Var, symbol: Var | None) -> Value:
    """The gradient in full shape; zeros for a parameter that the cost does not depend on."""
    value = lowering.graph.number(0) if symbol is None else lowering.values[symbol]
    return lowering.graph.full(value, parameter.shape)


def layer_pairs(parameters: Sequence[Var]) -> tuple[tuple[str, str], ...] | None:
    """The names of (W^l, b^l) for l = 1 … L, if that is all there is."""
    layers = range(1, len(parameters) // 2 + 1)
    expected = [Name(letter, layer) for layer in layers for letter in ("W", "b")]
    if [parameter.name for parameter in parameters] != expected:
        return None
    return tuple((f"W{layer}", f"b{layer}") for layer in layers)


def refuse_unspecified(tensors: Iterable[Tensor]) -> None:
    """Functions known by name only have no numbers."""
    for tensor in tensors:
        for node in walk(tensor):
            if isinstance(node, Unspecified):
                raise UnsupportedError(
                    f"the cost {node.letter} is known by name only, so it has no numbers; give cost='quadratic', to a graph its costs"
                )
            for call in node.expr.atoms(ScalarFunction) if isinstance(node, Map) else ():
                if call.formula is None:
                    raise UnsupportedError(
                        f"the activation {call.letter} is known by name only, so it has no numbers; give activation='sigmoid' or another"
                    )


def averaged_first(forward: Forward, cotangents: Sequence[tuple[Var, Var, Tensor]]) -> list[tuple[Var, Tensor]]:
    """The formulas with every cotangent of the network multiplied by c = ∂C/∂(pivot), so that the parameters' need not be.

    A term linear in a cotangent keeps its form inside the network and loses its factor c at a parameter; a term that
    starts at the cost gains the factor.  ∂C/∂x, which the derivation takes of the pivot, becomes that of C.  If a formula
    mixes the two in one product, all are left as they are, but for that one.
    """
    factor = _pivot_factor(forward)
    outer = frozenset(forward.parameters)
    inner = frozenset(symbol for target, symbol, _ in cotangents if target not in outer)
    if factor == 1 or any(_is_mixed(tensor, inner) for _, _, tensor in cotangents):
        return [(symbol, scale(factor, tensor) if target is forward.inputs else tensor) for target, symbol, tensor in cotangents]
    result = []
    for target, symbol, tensor in cotangents:
        terms = tensor.args if isinstance(tensor, Add) else (tensor,)
        of_network = [term for term in terms if _is_over(term, inner)]
        of_cost = [term for term in terms if not _is_over(term, inner)]
        is_outer = target in outer
        kept, changed = (of_cost, of_network) if is_outer else (of_network, of_cost)
        rescaled = [scale(1 / factor if is_outer else factor, add(*changed))] if changed else []
        result.append((symbol, add(*(rescaled + kept if is_outer else kept + rescaled))))
    return result


def _pivot_factor(forward: Forward) -> sympy.Expr:
    """c of C = c · pivot + …"""
    if forward.pivot is None or forward.pivot is forward.cost:
        return sympy.S.One
    definition = next(equation.definition for equation in forward.equations if equation.symbol is forward.cost)
    for term in definition.args if isinstance(definition, Add) else (definition,):
        if forward.pivot in leaves(term):
            return term.args[0].value if isinstance(term, Contract) and isinstance(term.args[0], Const) else sympy.S.One
    return sympy.S.One


def _is_over(tensor: Tensor, names: frozenset[Var]) -> bool:
    return not names.isdisjoint(leaves(tensor))


def _is_mixed(tensor: Tensor, names: frozenset[Var]) -> bool:
    """Whether some sum inside a product has terms with a cotangent and terms without."""
    tops = tensor.args if isinstance(tensor, Add) else (tensor,)
    sums = [node for top in tops for node in walk(top) if isinstance(node, Add) and _is_over(node, names)]
    return any(not _is_over(term, names) for node in sums for term in node.args)
