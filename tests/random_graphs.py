"""Random graphs of all kinds of nodes, with numbers for their sizes, inputs and parameters, and a plain forward pass of each kind.

The forward pass is written for arrays of NumPy (complex ones too, for the complex step) and of PyTorch alike, and shares no
code with symback: it is what the derived gradients are compared with.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from symback.network import EndCost, Graph, Node
from symback.network.graph import NODES

SMOOTH = ("sigmoid", "tanh", "softplus", "silu", "softmax", "log_softmax", "identity", "exp")
KINKED = ("relu", "leaky_relu(0.2)", "elu")
EPSILON = 0.01


@dataclass(frozen=True)
class Case:
    """A graph, the numbers that its letters stand for, and arrays for its inputs, targets and parameters by name."""

    graph: Graph
    sizes: dict[str, int]
    arrays: dict[str, np.ndarray]


class Maker:
    """Adds nodes to a graph; each has a shape of letters or numbers."""

    def __init__(self, draw: np.random.Generator, is_smooth: bool) -> None:
        self.draw = draw
        self.activations = SMOOTH if is_smooth else SMOOTH + KINKED
        self.inputs: dict[str, tuple] = {"X": ("n", "d"), "U": ("m", "d"), "G": ("n", "n")}
        self.shapes: dict[str, tuple] = dict(self.inputs)
        self.nodes: list[Node] = []
        self.units = ["d", "h", 3, "k"]

    def pick(self, fits=lambda shape: len(shape) == 2) -> str | None:
        """One of the quantities with such a shape, the later ones rather than the earlier."""
        names = [name for name, shape in self.shapes.items() if fits(shape) and name != "G"]
        if not names:
            return None
        weights = np.arange(1, len(names) + 1) ** 1.5
        return str(self.draw.choice(names, p=weights / weights.sum()))

    def add(self, kind: str, of: tuple[str, ...], shape: tuple, **options: Any) -> None:
        name = f"H_{len(self.nodes) + 1}"
        self.nodes.append(Node(name, kind, of, **options))
        self.shapes[name] = shape
        for letter in ("S", "P"):
            if kind == "attention":
                self.shapes.pop(letter, None)

    def step(self) -> None:
        """One more node, of a kind that fits."""
        kind = str(self.draw.choice([*NODES, "activation", "activation", "activation"]))
        x = self.pick()
        assert x is not None
        rows, columns = self.shapes[x]
        units = self.units[self.draw.integers(len(self.units))]
        flag = bool(self.draw.integers(2))
        match kind:
            case "activation":
                self.add(str(self.draw.choice(self.activations)), (x,), (rows, columns))
            case "linear":
                self.add(kind, (x,), (rows, units), units=units, transposed=flag, bias=bool(self.draw.integers(2)))
            case "embedding":
                self.add(kind, (x,), (rows, units), units=units)
            case "low_rank":
                self.add(kind, (x,), (rows, units), units=units, rank=2, scale=0.7, bias=flag)
            case "matmul":
                left, right = flag, bool(self.draw.integers(2))
                inner, outer = (rows, columns) if left else (columns, rows)
                z = self.pick(lambda shape: len(shape) == 2 and shape[1 if right else 0] == inner)
                if z is not None:
                    shape = (outer, self.shapes[z][0 if right else 1])
                    self.add(kind, (x, z), shape, transpose_left=left, transpose_right=right, scale=0.6)
            case "attention":
                keys = self.pick(lambda shape: len(shape) == 2 and shape[1] == columns)
                values = keys and self.pick(lambda shape: len(shape) == 2 and shape[0] == self.shapes[keys][0])
                if keys and values:
                    self.add(kind, (x, keys, values), (rows, self.shapes[values][1]), scale=0.8)
            case "multi_head":
                memory = self.pick(lambda shape: len(shape) == 2) if flag else None
                self.add(kind, (x, memory) if memory else (x,), (rows, units), heads=2, width=2, units=units, scale=0.8)
            case "weight_norm":
                self.add(kind, (x,), (rows, units), units=units, bias=flag)
            case "add" | "subtract" | "multiply" | "dropout":
                z = self.pick(lambda shape: shape == (rows, columns))
                if z is not None:
                    self.add(kind, (x, z), (rows, columns))
            case "scale":
                self.add(kind, (x,), (rows, columns), scale=-1.3)
            case "transpose":
                self.add(kind, (x,), (columns, rows))
            case "affine":
                self.add(kind, (x,), (rows, columns), shift=flag)
            case "layer_norm" | "rms_norm" | "batch_norm":
                self.add(kind, (x,), (rows, columns), epsilon=EPSILON, affine=flag)
            case "graph_conv":
                if rows == "n":
                    self.add(kind, ("G", x), (rows, units), units=units, bias=flag)
            case "mean_rows" | "sum_rows":
                if len(self.nodes) > 4 and self.draw.integers(3) == 0:
                    self.add(kind, (x,), (columns,))


def random_graph(seed: int, is_smooth: bool = True) -> Case:
    """A graph of three to ten nodes with one or two costs."""
    draw = np.random.default_rng([55, seed])
    maker = Maker(draw, is_smooth)
    wanted = draw.integers(3, 11)
    while len(maker.nodes) < wanted:
        maker.step()
    used = {name for node in maker.nodes for name in node.of}
    ends = [node.name for node in maker.nodes if node.name not in used][:2]
    costs = [
        EndCost(str(draw.choice(["quadratic", "squared_error"])), end, f"T_{i}", mean=bool(draw.integers(2))) for i, end in enumerate(ends)
    ]
    needed = {name: shape for name, shape in maker.inputs.items() if name in used or name == "X"}
    graph = Graph(needed, maker.nodes, costs)
    sizes = dict(zip(("n", "m", "d", "h", "k"), (int(size) for size in draw.permutation([2, 4, 5, 6, 7])), strict=True))
    letters = {sympy.Symbol(letter, integer=True, positive=True): size for letter, size in sizes.items()}
    forward = graph.forward()
    leaves = [forward.inputs, forward.target, *forward.parameters]
    arrays = {
        str(leaf.name): draw.normal(size=[int(sympy.sympify(size).xreplace(letters)) for size in leaf.shape]) * 0.7 for leaf in leaves
    }
    return Case(graph, sizes, arrays)


class Plain:
    """The forward pass of a graph in an array library: `xp` is numpy or torch."""

    def __init__(self, xp: Any, arrays: dict[str, Any]) -> None:
        self.xp, self.values = xp, dict(arrays)

    def cost(self, graph: Graph) -> Any:
        for node in graph.nodes:
            self.values[node.name] = self.value(node, dict(node.options), *(self.values[name] for name in node.of))
        total = 0
        for end in graph.costs:
            outputs, target = self.values[end.of], self.values[end.target]
            each = ((outputs - target) ** 2).sum() * (0.5 if end.cost.name == "quadratic" else 1.0)
            rows = outputs.shape[0] if len(outputs.shape) == 2 else 1
            total = total + (each / rows if end.mean else each)
        return total

    def value(self, node: Node, options: dict, x: Any, *others: Any) -> Any:
        xp = self.xp

        def own(letter: str) -> Any:  # of the only node that has parameters there is W, and no W_Y
            return self.values.get(f"{letter}_{node.name}", self.values.get(letter))

        match node.kind:
            case "linear":
                weights = own("W").T if options.get("transposed") else own("W")
                return x @ weights + (own("b") if options.get("bias", True) else 0)
            case "embedding":
                return x @ own("W")
            case "low_rank":
                return x @ own("W") + 0.7 * ((x @ own("A")) @ own("B")) + (own("b") if options.get("bias", True) else 0)
            case "matmul":
                left = x.T if options["transpose_left"] else x
                return 0.6 * (left @ (others[0].T if options["transpose_right"] else others[0]))
            case "attention":
                return self.shares(0.8 * (x @ others[0].T)) @ others[1]
            case "multi_head":
                memory = others[0] if others else x
                total = 0
                for head in "AB":
                    queries, keys, values = (of @ own(f"W_{letter}{head}") for letter, of in (("Q", x), ("K", memory), ("V", memory)))
                    total = total + self.shares(0.8 * (queries @ keys.T)) @ values @ own(f"W_O{head}")
                return total
            case "weight_norm":
                lengths = xp.sqrt((own("D") ** 2).sum(1))
                return x @ (own("D").T * (own("gamma") / lengths)) + (own("b") if options["bias"] else 0)
            case "add":
                return x + others[0]
            case "subtract":
                return x - others[0]
            case "multiply" | "dropout":
                return x * others[0]
            case "scale":
                return -1.3 * x
            case "transpose":
                return x.T
            case "affine":
                return x * own("gamma") + (own("beta") if options["shift"] else 0)
            case "layer_norm" | "rms_norm" | "batch_norm":
                axis = 0 if node.kind == "batch_norm" else 1
                centred = x if node.kind == "rms_norm" else x - x.mean(axis).reshape(*(-1, 1)[:: 1 if axis else -1])
                spread = xp.sqrt((centred**2).mean(axis) + EPSILON).reshape(*(-1, 1)[:: 1 if axis else -1])
                normal = centred / spread
                if not options["affine"]:
                    return normal
                return normal * own("gamma") + (0 if node.kind == "rms_norm" else own("beta"))
            case "graph_conv":
                return x @ (others[0] @ own("W")) + (own("b") if options.get("bias", True) else 0)
            case "mean_rows":
                return x.mean(0)
            case "sum_rows":
                return x.sum(0)
        return self.activated(node.kind, x)

    def shares(self, x: Any) -> Any:
        powers = self.xp.exp(x)
        return powers / (powers @ self.xp.ones_like(powers).T)[:, :1] if len(x.shape) == 2 else powers / powers.sum()

    def activated(self, kind: str, x: Any) -> Any:
        xp = self.xp
        match kind:
            case "identity":
                return x
            case "sigmoid":
                return 1 / (1 + xp.exp(-x))
            case "tanh":
                return xp.tanh(x)
            case "softplus":
                return xp.log(1 + xp.exp(x))
            case "silu":
                return x / (1 + xp.exp(-x))
            case "exp":
                return xp.exp(x)
            case "softmax":
                return self.shares(x)
            case "log_softmax":
                return xp.log(self.shares(x))
            case "relu":
                return x * (x > 0)
            case "leaky_relu(0.2)":
                return xp.where(x > 0, x, 0.2 * x)
            case "elu":
                return xp.where(x > 0, x, xp.exp(x) - 1)
        raise AssertionError(kind)
