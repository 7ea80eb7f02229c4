r"""NODES: one row for each kind of node of a graph, with its options and the equations it adds.

In what follows X is what a node is made of, Y the node; n rows, d columns.

    linear       Y = X W_Y + 1 b_Yᵀ;  `transposed`: X W_Yᵀ + 1 b_Yᵀ;  with a mask R: X (W_Y ⊙ R) …;
                 `weights` names the weights of another node, used again
    low_rank     Y = X W_Y + τ (X A_Y) B_Y     (Hu et al.: LoRA, 2021, equation 3; A and B are transposed there)
    matmul       Y = τ X Z, with `transpose_left` Xᵀ Z, with `transpose_right` X Zᵀ
    attention    S = τ Q Kᵀ (+ M),  P = softmax(S) along the rows,  Y = P V, of Q, K, V and perhaps a mask M that is added
                 (Vaswani et al.: Attention Is All You Need, 2017, equation 1)
    multi_head   for each head A, B, …:  Q_A = X W_QA,  K_A = Z W_KA,  V_A = Z W_VA, attention of these, and Y = O_A W_OA + O_B W_OB …;
                 Z is X itself, or a second argument (cross-attention)
    weight_norm  Y = X Wᵀ + 1 b_Yᵀ with W_jk = γ_j D_jk / s_j,  s_j = √Σ_k D_jk²
                 (Salimans, Kingma: Weight Normalization, 2016, equation 2; the directions D are called v there)
    add, multiply, subtract           entry by entry, of quantities of the same sizes
    scale        Y = τ X
    transpose    Y = Xᵀ
    affine       Y = X ⊙ 1 γᵀ + 1 βᵀ
    layer_norm, rms_norm              each row shifted and scaled;  batch_norm: each column;  γ and β follow as an affine map
    dropout      Y = X ⊙ R with the mask R given
    embedding    Y = X W_Y for rows X that are one-hot: gathering rows of W_Y; its gradient Xᵀ dY scatters and adds
    graph_conv   Y = A X W_Y, of A and X  (Kipf, Welling: Graph Convolutional Networks, 2017, equation 2)
    mean_rows, sum_rows               a row vector as a column: pooling over positions
    each activation is a kind as well, softmax and log_softmax along the rows

A new kind is a function for its equations and a row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from symback.errors import SpecError
from symback.language.expressions import Axis, Equation, Tensor, Var, add, broadcast, contract, map_, scale, slot, var
from symback.language.names import Name
from symback.language.steps import Fact
from symback.network.activations import Activation, activation_equations, activation_facts, read_activation
from symback.network.options import exact_number, shorten
from symback.network.place import Built
from symback.network.sizes import read_size

__all__ = ["NODES", "At", "NodeRow", "activation_row"]

MANY = 10_000
MOST_HEADS = 256


@dataclass(frozen=True)
class At:
    """A node that is built: its name, what it is made of, its options, all values by name, and the names that are taken.

    `is_alone`: no other node of the graph has parameters, so that W is enough and need not be W_Y.
    """

    name: str
    of: tuple[Var, ...]
    options: Mapping[str, Any]
    values: Mapping[str, Var] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    is_alone: bool = False

    def output(self, *axes: Axis) -> Var:
        """The node itself."""
        return var(Name(self.name), axes)

    def inner(self, letter: str, *axes: Axis) -> Var:
        """A quantity inside the node: `letter`, or with the node's name as a script if that is taken."""
        name = letter if letter not in self.taken else f"{letter}_{self.name}"
        self.taken.add(name)
        return var(Name(name), axes)

    def parameter(self, letter: str, *axes: Axis) -> Var:
        """A parameter of the node, W_Y of Y."""
        is_free = self.is_alone and letter not in self.taken
        return var(Name(letter if is_free else f"{letter}_{self.name}"), axes)

    def matrix(self, place: int = 0) -> Var:
        """What the node is made of, if it is a matrix; `SpecError` otherwise."""
        found = self.of[place]
        if found.rank != 2:
            raise SpecError(f"node {self.name} is made of {found.name}, which has {found.rank} axes and not two: rows and columns")
        return found

    def flag(self, key: str) -> bool:
        """An option that is true or false."""
        value = self.options[key]
        if not isinstance(value, bool):
            raise SpecError(f"{key} of node {self.name} is {shorten(value)}; it should be true or false")
        return value

    def factor(self, key: str = "scale") -> sympy.Expr:
        """A number, or the letter of one."""
        value = self.options[key]
        if isinstance(value, str) and value.isidentifier():
            return sympy.Symbol(value, positive=True)
        return exact_number(value, f"{key} of node {self.name}")

    def fits(self, one: Axis, other: Axis, what: str) -> None:
        """`SpecError` where two sizes are to be equal and are not."""
        if one.size != other.size:
            raise SpecError(f"node {self.name}: {what} have sizes {one.size} and {other.size}, which should be equal")


@dataclass(frozen=True)
class NodeRow:
    """One kind of node: how many quantities it is made of (fewest, most), its options with their defaults, its equations."""

    name: str
    arity: tuple[int, int]
    build: Callable[[At], Built]
    options: Mapping[str, Any] = field(default_factory=dict)
    has_parameters: bool = False


def _product(left: Tensor, right: Tensor, labels: str = "ij,jk", factor: sympy.Expr | int = 1) -> Tensor:
    """τ X Z, τ Xᵀ Z or τ X Zᵀ, by the labels of the two."""
    first, second = labels.split(",")
    outer = tuple(label for label in first + second if (first + second).count(label) == 1)
    return scale(factor, contract(((left, tuple(first)), (right, tuple(second))), outer, {}))


def _with_bias(at: At, value: Tensor, units: Axis) -> tuple[Tensor, tuple[Var, ...]]:
    if not at.flag("bias"):
        return value, ()
    bias = at.parameter("b", units)
    return add(value, broadcast(bias, value.axes, (value.rank - 1,))), (bias,)


def _weights(at: At, inputs: Axis, is_transposed: bool) -> tuple[Var, tuple[Var, ...]]:
    """The weights, and whether they are a parameter of this node."""
    shared, units = at.options["weights"], at.options["units"]
    if shared is not None:
        if shared not in at.values or at.values[shared].rank != 2:
            raise SpecError(f"node {at.name} has the weights {shorten(shared)}, which are none of an earlier node, such as W_Y of Y")
        found = at.values[shared]
        at.fits(found.axes[1 if is_transposed else 0], inputs, f"{shared} and its inputs")
        return found, ()
    if units is None:
        raise SpecError(f"node {at.name} has no 'units'; say how many columns it has")
    outputs = Axis(read_size(units, f"units of node {at.name}"))
    found = at.parameter("W", *((outputs, inputs) if is_transposed else (inputs, outputs)))
    return found, (found,)


def _linear(at: At) -> Built:
    x, is_transposed = at.matrix(), at.flag("transposed")
    weights, own = _weights(at, x.axes[1], is_transposed)
    used: Tensor = weights
    if len(at.of) == 2:
        mask = at.of[1]
        if mask.axes != weights.axes:
            raise SpecError(f"node {at.name}: the mask {mask.name} has sizes {mask.shape}, and the weights {weights.shape}")
        used = map_(slot(0) * slot(1), (weights, mask))
    value = _product(x, used, "ij,kj" if is_transposed else "ij,jk")
    value, bias = _with_bias(at, value, value.axes[-1])
    return Built((Equation(at.output(*value.axes), value, "cut"),), (*own, *bias))


def _low_rank(at: At) -> Built:
    x = at.matrix()
    weights, own = _weights(at, x.axes[1], False)
    middle = Axis(read_size(at.options["rank"], f"rank of node {at.name}"))
    first, second = at.parameter("A", x.axes[1], middle), at.parameter("B", middle, weights.axes[1])
    inner = at.inner("H", x.axes[0], middle)
    value = add(_product(x, weights), _product(inner, second, factor=at.factor()))
    value, bias = _with_bias(at, value, weights.axes[1])
    equations = (Equation(inner, _product(x, first), "cut"), Equation(at.output(*value.axes), value, "cut"))
    return Built(equations, (*own, first, second, *bias))


def _matmul(at: At) -> Built:
    left, right = at.matrix(0), at.matrix(1)
    labels = ("ji" if at.flag("transpose_left") else "ij", "kj" if at.flag("transpose_right") else "jk")
    at.fits(left.axes[labels[0].index("j")], right.axes[labels[1].index("j")], "the inner sides of the product")
    value = _product(left, right, ",".join(labels), at.factor())
    return Built((Equation(at.output(*value.axes), value, "cut"),))


def _attention(at: At) -> Built:
    queries, keys, values = (at.matrix(place) for place in range(3))
    at.fits(queries.axes[1], keys.axes[1], "the columns of queries and keys")
    at.fits(keys.axes[0], values.axes[0], "the rows of keys and values")
    mask = at.matrix(3) if len(at.of) == 4 else None
    if mask is not None:
        at.fits(mask.axes[0], queries.axes[0], "the rows of the mask and the queries")
        at.fits(mask.axes[1], keys.axes[0], "the columns of the mask and the rows of the keys")
    return _attended(at, (queries, keys, values), at.output(queries.axes[0], values.axes[1]), mask)


def _attended(at: At, of: tuple[Var, Var, Var], output: Var, mask: Var | None = None, tail: str = "") -> Built:
    """S = τ Q Kᵀ + M, P = softmax(S), O = P V."""
    queries, keys, values = of
    axes = (queries.axes[0], keys.axes[0])
    scores, shares = at.inner(f"S{tail}", *axes), at.inner(f"P{tail}", *axes)
    given = _product(queries, keys, "ij,kj", at.factor())
    softmax = read_activation("softmax")
    passes = activation_equations(softmax, scores, shares)
    equations = (
        Equation(scores, given if mask is None else add(given, mask), "cut"),
        *_cut(passes),
        Equation(output, _product(shares, values), "cut"),
    )
    return Built(equations, (), activation_facts(softmax, passes))


def _multi_head(at: At) -> Built:
    x, memory = at.matrix(0), at.matrix(len(at.of) - 1)
    heads = at.options["heads"]
    if isinstance(heads, bool) or not isinstance(heads, int) or not 1 <= heads <= MOST_HEADS:
        raise SpecError(f"heads of node {at.name} is {shorten(heads)}; it should be a number from 1 to {MOST_HEADS}")
    width, units = (Axis(read_size(at.options[key], f"{key} of node {at.name}")) for key in ("width", "units"))
    equations: list[Equation] = []
    parameters: list[Var] = []
    facts: list[Fact] = []
    terms: list[Tensor] = []
    for head in range(1, heads + 1):
        label = _head_label(head) if heads > 1 else ""
        tail = f"_{label}" if label else ""
        of: list[Var] = []
        for letter, source in (("Q", x), ("K", memory), ("V", memory)):
            weights = at.inner(f"W_{letter}{label}", source.axes[1], width)
            parameters.append(weights)
            of.append(at.inner(f"{letter}{tail}", source.axes[0], width))
            equations.append(Equation(of[-1], _product(source, weights), "cut"))
        built = _attended(at, (of[0], of[1], of[2]), at.inner(f"O{tail}", x.axes[0], width), None, tail)
        equations.extend(built.equations)
        facts.extend(built.facts)
        weights = at.inner(f"W_O{label}", width, units)
        parameters.append(weights)
        terms.append(_product(built.equations[-1].symbol, weights))
    equations.append(Equation(at.output(x.axes[0], units), add(*terms), "cut"))
    return Built(tuple(equations), tuple(parameters), tuple(facts))


def _head_label(head: int) -> str:
    """A, B, … Z, AA, AB …: a number would be read as an index."""
    first, second = divmod(head - 1, 26)
    return (chr(64 + first) if first else "") + chr(65 + second)


def _weight_norm(at: At) -> Built:
    x = at.matrix()
    units = Axis(read_size(at.options["units"], f"units of node {at.name}"))
    directions, gamma = at.parameter("D", units, x.axes[1]), at.parameter("gamma", units)
    length, weights = at.inner("s", units), at.inner("W", units, x.axes[1])
    square = contract(((map_(slot(0) ** 2, (directions,)), ("j", "k")),), ("j",), {})
    along = [broadcast(vector, directions.axes, (0,)) for vector in (gamma, length)]
    value, bias = _with_bias(at, _product(x, weights, "ij,kj"), units)
    equations = (
        Equation(length, map_(sympy.sqrt(slot(0)), (square,)), "auxiliary"),
        Equation(weights, map_(slot(0) * slot(1) / slot(2), (along[0], directions, along[1])), "cut"),
        Equation(at.output(*value.axes), value, "cut"),
    )
    return Built(equations, (directions, gamma, *bias))


def _cut(equations: tuple[Equation, ...]) -> tuple[Equation, ...]:
    """Equations of which each has a name for its gradient."""
    return tuple(Equation(each.symbol, each.definition, "cut") for each in equations)


def _entrywise(expr: Callable[..., sympy.Expr]) -> Callable[[At], Built]:
    def build(at: At) -> Built:
        for other in at.of[1:]:
            if other.axes != at.of[0].axes:
                raise SpecError(f"node {at.name}: {other.name} has sizes {other.shape}, and {at.of[0].name} {at.of[0].shape}")
        value = map_(expr(*(slot(i) for i in range(len(at.of)))), at.of)
        return Built((Equation(at.output(*value.axes), value, "cut"),))

    return build


def _sum(at: At) -> Built:
    for other in at.of[1:]:
        if other.axes != at.of[0].axes:
            raise SpecError(f"node {at.name} adds {other.name} of sizes {other.shape} to {at.of[0].name} of sizes {at.of[0].shape}")
    return Built((Equation(at.output(*at.of[0].axes), add(*at.of), "cut"),))


def _scaled(at: At) -> Built:
    return Built((Equation(at.output(*at.of[0].axes), scale(at.factor(), at.of[0]), "cut"),))


def _transposed(at: At) -> Built:
    x = at.matrix()
    return Built((Equation(at.output(*x.axes[::-1]), contract(((x, ("i", "j")),), ("j", "i"), {}), "cut"),))


def _affine(at: At) -> Built:
    x = at.matrix()
    equations, parameters = _affine_of(at, x)
    return Built(equations, parameters)


def _affine_of(at: At, x: Var) -> tuple[tuple[Equation, ...], tuple[Var, ...]]:
    gamma, beta = at.parameter("gamma", x.axes[1]), at.parameter("beta", x.axes[1])
    value = contract(((x, ("i", "j")), (gamma, ("j",))), ("i", "j"), {})
    parameters: tuple[Var, ...] = (gamma,)
    if at.options.get("shift", True):
        value, parameters = add(value, broadcast(beta, x.axes, (1,))), (gamma, beta)
    return (Equation(at.output(*x.axes), value, "cut"),), parameters


def _norm(along: int, is_centred: bool) -> Callable[[At], Built]:
    """Each row (along = 1) or column (along = 0) with mean 0, if it is centred, and mean square 1."""

    def build(at: At) -> Built:
        x = at.matrix()
        other = x.axes[1 - along]
        size = x.axes[along].size
        epsilon = at.factor("epsilon")
        labels = ("i", "j")
        keep = (labels[1 - along],)

        def mean(tensor: Tensor) -> Tensor:
            return scale(1 / size, contract(((tensor, labels),), keep, {}))

        def repeated(tensor: Tensor) -> Tensor:
            return broadcast(tensor, x.axes, (1 - along,))

        equations: list[Equation] = []
        centred: Tensor = x
        if is_centred:
            average = at.inner("mu", other)
            equations.append(Equation(average, mean(x), "auxiliary"))
            centred = map_(slot(0) - slot(1), (x, repeated(average)))
        deviation = at.inner("s", other)
        square = mean(map_((slot(0) - slot(1)) ** 2, (x, repeated(average)))) if is_centred else mean(map_(slot(0) ** 2, (x,)))
        equations.append(Equation(deviation, map_(sympy.sqrt(slot(0) + epsilon), (square,)), "auxiliary"))
        is_whole = not at.flag("affine")
        normal = at.output(*x.axes) if is_whole else at.inner("Xhat", *x.axes)
        value = (
            map_(slot(0) / slot(1), (centred, repeated(deviation)))
            if not is_centred
            else map_((slot(0) - slot(1)) / slot(2), (x, repeated(average), repeated(deviation)))
        )
        equations.append(Equation(normal, value, "cut"))
        facts = (Fact(normal, 0, is_assumed=False, axis=along),) if is_centred else ()
        if is_whole:
            return Built(tuple(equations), (), facts)
        ends, parameters = _affine_of(at, normal)
        return Built((*equations, *ends), parameters, facts)

    return build


def _embedding(at: At) -> Built:
    x = at.matrix()
    weights, own = _weights(at, x.axes[1], False)
    return Built((Equation(at.output(x.axes[0], weights.axes[1]), _product(x, weights), "cut"),), own)


def _graph_conv(at: At) -> Built:
    adjacency, x = at.matrix(0), at.matrix(1)
    at.fits(adjacency.axes[1], x.axes[0], "the columns of the adjacency matrix and the rows of its nodes")
    weights, own = _weights(at, x.axes[1], False)
    value = contract(((adjacency, ("i", "m")), (x, ("m", "j")), (weights, ("j", "k"))), ("i", "k"), {})
    value, bias = _with_bias(at, value, weights.axes[1])
    return Built((Equation(at.output(*value.axes), value, "cut"),), (*own, *bias))


def _pooled(is_mean: bool) -> Callable[[At], Built]:
    def build(at: At) -> Built:
        x = at.matrix()
        value = contract(((x, ("i", "j")),), ("j",), {})
        return Built((Equation(at.output(x.axes[1]), scale(1 / x.axes[0].size if is_mean else 1, value), "cut"),))

    return build


def activation_row(activation: Activation) -> NodeRow:
    """The row of an activation; its learnable parameters are one for each column."""

    def build(at: At) -> Built:
        x = at.of[0]
        if x.rank == 0:
            raise SpecError(f"node {at.name} is made of {x.name}, which is a number; it should have entries")
        learnable = {letter: at.parameter(letter, x.axes[-1]) for letter in activation.row.learnable}
        output = at.output(*x.axes)
        shares = at.inner("P", *x.axes) if activation.name == "log_softmax" else None
        equations = activation_equations(activation, x, output, learnable, shares)
        *before, last = equations
        ended = (*before, Equation(last.symbol, last.definition, "cut"))
        return Built(ended, tuple(learnable.values()), activation_facts(activation, equations))

    return NodeRow(str(activation), (1, 1), build, has_parameters=bool(activation.row.learnable))


_OWN = {"units": None, "weights": None, "bias": True}

NODES: dict[str, NodeRow] = {
    row.name: row
    for row in (
        NodeRow("linear", (1, 2), _linear, {**_OWN, "transposed": False}, has_parameters=True),
        NodeRow("low_rank", (1, 1), _low_rank, {**_OWN, "rank": ..., "scale": 1}, has_parameters=True),
        NodeRow("matmul", (2, 2), _matmul, {"transpose_left": False, "transpose_right": False, "scale": 1}),
        NodeRow("attention", (3, 4), _attention, {"scale": "tau"}),
        NodeRow("multi_head", (1, 2), _multi_head, {"heads": ..., "width": ..., "units": ..., "scale": "tau"}, has_parameters=True),
        NodeRow("weight_norm", (1, 1), _weight_norm, {"units": ..., "bias": True}, has_parameters=True),
        NodeRow("add", (1, MANY), _sum),
        NodeRow("subtract", (2, 2), _entrywise(lambda a, b: a - b)),
        NodeRow("multiply", (2, 2), _entrywise(lambda a, b: a * b)),
        NodeRow("dropout", (2, 2), _entrywise(lambda a, b: a * b)),
        NodeRow("scale", (1, 1), _scaled, {"scale": ...}),
        NodeRow("transpose", (1, 1), _transposed),
        NodeRow("affine", (1, 1), _affine, {"shift": True}, has_parameters=True),
        NodeRow("layer_norm", (1, 1), _norm(1, True), {"epsilon": "epsilon", "affine": True}, has_parameters=True),
        NodeRow("rms_norm", (1, 1), _norm(1, False), {"epsilon": "epsilon", "affine": True, "shift": False}, has_parameters=True),
        NodeRow("batch_norm", (1, 1), _norm(0, True), {"epsilon": "epsilon", "affine": True}, has_parameters=True),
        NodeRow("embedding", (1, 1), _embedding, _OWN, has_parameters=True),
        NodeRow("graph_conv", (2, 2), _graph_conv, _OWN, has_parameters=True),
        NodeRow("mean_rows", (1, 1), _pooled(True)),
        NodeRow("sum_rows", (1, 1), _pooled(False)),
    )
}
