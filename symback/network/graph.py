r"""A directed acyclic graph of matrices: several inputs, shared weights, several costs; attention and its like.

Every quantity is a matrix (or a vector, or a number) whose rows are samples, positions or graph nodes, and whose
columns are features: X is n × d, and a linear node is Y = X W_Y + 1 b_Yᵀ.  A node has a name, a kind (a row of NODES), the
names of what it is made of, and options.  A graph ends in costs that are added, or, if it has none, in an open function of
what no other node uses, whose derivatives dO, dY … are given: its formulas are then the closed forms of vector-Jacobian
products.

    >>> attention = Graph(
    ...     inputs={"Q": ("n", "d"), "K": ("m", "d"), "V": ("m", "v")},
    ...     nodes=[Node("S", "matmul", ("Q", "K"), transpose_right=True, scale="tau"), Node("P", "softmax", ("S",)),
    ...            Node("O", "matmul", ("P", "V"))],
    ... )
    >>> [str(equation.symbol.name) for equation in attention.forward().equations]
    ['S', 'P', 'O', 'C']

A file has the same in TOML:

    [inputs]
    X = ["n", "d"]

    [[nodes]]
    name = "H"
    kind = "linear"
    of = "X"                 # or a list of names
    units = "h"

    [[nodes]]
    name = "A"
    kind = "relu"            # each activation is a kind
    of = "H"

    [[costs]]
    cost = "cross_entropy"   # a row of COSTS, averaged over the rows of A
    of = "A"
    target = "T"

Decision: a graph is no Network.  A Network numbers its layers, and its pages speak of layer l; the quantities of a graph
have names of their own and no number.  Both give a `Forward`, and all that follows is the same.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sympy

from symback.errors import NotationError, SpecError
from symback.language.expressions import Axis, Equation, Tensor, Var, add, leaves, scale, total, unspecified, var
from symback.language.names import Name
from symback.language.steps import Fact
from symback.network.activations import ACTIVATIONS, read_activation
from symback.network.costs import Cost, cost_equations, cost_facts, read_cost
from symback.network.files import named, read_file, read_table
from symback.network.forward import COST, Forward
from symback.network.graph_nodes import NODES, At, NodeRow, activation_row
from symback.network.options import shorten, suggestion
from symback.network.place import set_fields
from symback.network.sizes import Size, read_size

__all__ = ["EndCost", "Graph", "Node"]

RESERVED = frozenset(["C", "C_sum", "C_s", "delta", "Delta", "N", "E", "I", "pi"])
MOST_NODES = 10_000


@dataclass(frozen=True, init=False)
class Node:
    """One node: `Node("P", "softmax", ("S",))`, `Node("H", "linear", "X", units=30)`."""

    name: str
    kind: str
    of: tuple[str, ...]
    options: tuple[tuple[str, Any], ...]

    def __init__(self, name: str, kind: str, of: str | Sequence[str], **options: Any) -> None:
        of = (of,) if isinstance(of, str) else of
        if not isinstance(of, Sequence) or not all(isinstance(each, str) for each in of):
            raise SpecError(f"node {shorten(name)} is made of {shorten(of)}; it should be a name, or a list of names")
        set_fields(self, name=_checked_name(name, "a node"), kind=str(kind), of=tuple(of), options=tuple(sorted(options.items())))


@dataclass(frozen=True, init=False)
class EndCost:
    """A cost of one node's rows, averaged over them (or, with `mean=False`, summed): `EndCost("cross_entropy", "P", "T")`."""

    cost: Cost
    of: str
    target: str
    mean: bool

    def __init__(self, cost: Cost | str, of: str, target: str, mean: bool = True) -> None:
        if not isinstance(mean, bool):
            raise SpecError(f"mean is {shorten(mean)}; it should be true or false")
        set_fields(self, cost=read_cost(cost), of=of, target=_checked_name(target, "a target"), mean=mean)


@dataclass(frozen=True, init=False)
class Graph:
    """Inputs with their sizes, nodes in any order, and costs; see the head of this module.

    Raises `SpecError`, naming the node, for unknown kinds, options and names, circles, and sizes that do not fit.
    """

    inputs: tuple[tuple[str, tuple[Size, ...]], ...]
    nodes: tuple[Node, ...]
    costs: tuple[EndCost, ...]
    built: Forward = field(repr=False, compare=False)

    def __init__(
        self,
        inputs: Mapping[str, Sequence[Size | str]],
        nodes: Sequence[Node],
        costs: Sequence[EndCost] = (),
    ) -> None:
        if not isinstance(inputs, Mapping) or not inputs:
            raise SpecError(f'the inputs are {shorten(inputs)}; give a table of names and sizes, such as X = ["n", "d"]')
        if not nodes:
            raise SpecError("the graph has no nodes; give at least one, such as Node('Y', 'linear', 'X', units=3)")
        if len(nodes) > MOST_NODES:
            raise SpecError(f"the graph has {len(nodes)} nodes; at most {MOST_NODES} are allowed")
        read = tuple((_checked_name(name, "an input"), _read_shape(name, shape)) for name, shape in inputs.items())
        set_fields(self, inputs=read, nodes=_in_order(read, nodes), costs=tuple(costs))
        set_fields(self, built=_build(self))

    def forward(self, *, batch: bool = False) -> Forward:
        """The equations of all nodes and of the cost; with `batch`, marked as one whose first input has samples in its rows."""
        return replace(self.built, is_batch=batch)

    @property
    def has_penalty(self) -> bool:
        """A graph has no penalties."""
        return False

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> "Graph":
        """A graph from the keys that a TOML file has; see the head of this module."""
        for key in table:
            if key not in ("inputs", "nodes", "costs"):
                raise SpecError(f"the graph has an unknown key {shorten(key)}; {suggestion(str(key), ('inputs', 'nodes', 'costs'))}")
        nodes = [_node_from(each, i) for i, each in enumerate(_tables(table.get("nodes", ()), "nodes"), 1)]
        costs = [_cost_from(each, i) for i, each in enumerate(_tables(table.get("costs", ()), "costs"), 1)]
        return cls(table.get("inputs", {}), nodes, costs)

    @classmethod
    def from_toml(cls, text: str, source: str = "the TOML text") -> "Graph":
        """A graph from TOML text; `source` names it in errors."""
        with named(source):
            return cls.from_dict(read_table(text, source))

    @classmethod
    def load(cls, path: str | Path) -> "Graph":
        """A graph from a TOML file."""
        return cls.from_toml(read_file(path), str(path))


# Reading ---------------------------------------------------------------------------------------------------------


def _tables(value: object, what: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(each, Mapping) for each in value):
        raise SpecError(f"{what} is {shorten(value)}; it should be a list of tables, each headed [[{what}]]")
    return list(value)


def _node_from(table: Mapping[str, Any], number: int) -> Node:
    for key in ("name", "kind", "of"):
        if key not in table:
            raise SpecError(f"node {number} has no {key!r}; a node has a name, a kind, and what it is made of")
    return Node(**table)


def _cost_from(table: Mapping[str, Any], number: int) -> EndCost:
    for key in ("cost", "of", "target"):
        if key not in table:
            raise SpecError(f"cost {number} has no {key!r}; a cost has its name, the node it is of, and a target")
    for key in table:
        if key not in ("cost", "of", "target", "mean"):
            raise SpecError(f"cost {number} has an unknown key {shorten(key)}; {suggestion(str(key), ('cost', 'of', 'target', 'mean'))}")
    return EndCost(**table)


def _checked_name(name: object, what: str) -> str:
    try:
        parsed = Name.parse(name) if isinstance(name, str) else None
    except NotationError:
        parsed = None
    if parsed is None or parsed.layer is not None or parsed.is_gradient or parsed.letter in RESERVED:
        other = f"; {', '.join(sorted(RESERVED))} mean something else" if parsed is not None else ""
        raise SpecError(f"{what} is called {shorten(name)}; a name is letters, with a script after _ if need be, such as X or Q_1{other}")
    return parsed.letter


def _read_shape(name: str, shape: object) -> tuple[Size, ...]:
    if isinstance(shape, str | int):
        shape = (shape,)
    if not isinstance(shape, Sequence) or len(shape) > 2:
        raise SpecError(f'the sizes of input {name} are {shorten(shape)}; they should be one or two, such as ["n", "d"]')
    return tuple(read_size(size, f"a size of input {name}") for size in shape)


def _in_order(inputs: Sequence[tuple[str, tuple[Size, ...]]], nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes, each after those it is made of."""
    counts = Counter([name for name, _ in inputs] + [node.name for node in nodes])
    if (twice := [name for name, count in counts.items() if count > 1]) != []:
        raise SpecError(f"{twice[0]} is defined twice; every input and node has a name of its own")
    known = {name for name, _ in inputs}
    waiting, ordered = list(nodes), []
    for node in nodes:
        for name in node.of:
            if name not in counts:
                raise SpecError(
                    f"node {node.name} is made of {shorten(name)}, which is no input and no node; {suggestion(name, list(counts))}"
                )
    while waiting:
        ready = [node for node in waiting if known.issuperset(node.of)]
        if not ready:
            circle = ", ".join(node.name for node in waiting[:10])
            raise SpecError(f"the nodes {circle} are made of each other; a graph has no circles")
        ordered += ready
        known.update(node.name for node in ready)
        waiting = [node for node in waiting if node.name not in known]
    return tuple(ordered)


# Equations -------------------------------------------------------------------------------------------------------


def _build(graph: Graph) -> Forward:
    values = {name: var(Name(name), tuple(Axis(size) for size in shape)) for name, shape in graph.inputs}
    equations: list[Equation] = []
    parameters: list[Var] = []
    facts: list[Fact] = []
    taken = {*values, *(node.name for node in graph.nodes)}
    is_alone = sum(_row_of(node).has_parameters for node in graph.nodes) == 1
    for node in graph.nodes:
        row = _row_of(node)
        at = At(node.name, tuple(values[name] for name in node.of), _options_of(node, row), values, taken, is_alone)
        built = row.build(at)
        equations.extend(built.equations)
        parameters.extend(parameter for parameter in built.parameters if parameter not in parameters)
        facts.extend(built.facts)
        for equation in built.equations:
            values[equation.symbol.name.letter] = equation.symbol
        for parameter in built.parameters:
            values[parameter.name.letter] = parameter
            taken.add(parameter.name.letter)
    ends, targets, assumed = _ends(graph, values, equations, {name.lower() for name in taken})
    inputs = [values[name] for name, _ in graph.inputs]
    others = [*inputs[1:], *(target for target in targets[1:] if target not in inputs)]
    return Forward(
        (*equations, *ends), (*parameters, *others), inputs[0], targets[0] if targets else None, COST, COST, (), (*facts, *assumed)
    )


def _row_of(node: Node) -> NodeRow:
    if node.kind in NODES:
        return NODES[node.kind]
    if node.kind.split("(")[0].strip() in ACTIVATIONS:
        return activation_row(read_activation(node.kind))
    known = [*NODES, *ACTIVATIONS]
    raise SpecError(f"node {node.name} is of the unknown kind {shorten(node.kind)}; {suggestion(node.kind, known)}")


def _options_of(node: Node, row: NodeRow) -> dict[str, Any]:
    fewest, most = row.arity
    if not fewest <= len(node.of) <= most:
        wanted = f"{fewest}" if fewest == most else f"{fewest} to {most}" if most < MOST_NODES else f"at least {fewest}"
        raise SpecError(f"node {node.name} ({row.name}) is made of {len(node.of)} quantities; it should be made of {wanted}")
    for key, _ in node.options:
        if key not in row.options:
            raise SpecError(f"node {node.name} ({row.name}) has an unknown option {shorten(key)}; {suggestion(key, list(row.options))}")
    given = {**row.options, **dict(node.options)}
    for key, value in given.items():
        if value is ...:
            raise SpecError(f"node {node.name} ({row.name}) has no {key!r}")
    return given


def _ends(
    graph: Graph, values: Mapping[str, Var], equations: Sequence[Equation], taken: set[str]
) -> tuple[list[Equation], list[Var], list[Fact]]:
    """The equations of the cost, its targets, and what is assumed of these."""
    if not graph.costs:
        used = {leaf for equation in equations for leaf in leaves(equation.definition)}
        outputs = tuple(equation.symbol for equation in equations if equation.symbol not in used)
        return [Equation(COST, unspecified("C", outputs), "cost")], [], []
    ends: list[Equation] = []
    terms: list[Tensor] = []
    targets: list[Var] = []
    facts: list[Fact] = []
    for number, end in enumerate(graph.costs, 1):
        if end.of not in values:
            raise SpecError(f"cost {number} is of {shorten(end.of)}, which is no node; {suggestion(end.of, list(values))}")
        outputs_of = values[end.of]
        target = values[end.target] if end.target in values else var(Name(end.target), outputs_of.axes)
        if target.axes != outputs_of.axes:
            raise SpecError(
                f"cost {number} compares {end.of} with {end.target}, whose sizes are {target.shape}, and not {outputs_of.shape}"
            )
        tail = f"_{number}" if len(graph.costs) > 1 else ""
        each = var(Name(f"C_s{tail}" if not tail else f"c{tail}"), outputs_of.axes[:-1])
        own = cost_equations(end.cost, outputs_of, target, each, taken)
        taken.update(equation.symbol.name.letter.lower() for equation in own)
        ends.extend(own)
        rows = sympy.Mul(*(axis.size for axis in each.axes))
        terms.append(scale(1 / rows if end.mean else 1, total(each)))
        facts.extend(cost_facts(end.cost, target, own))
        if target not in targets:
            targets.append(target)
    return [*ends, Equation(COST, add(*terms), "cost")], targets, facts
