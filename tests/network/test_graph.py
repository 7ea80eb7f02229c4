"""Graphs: what a specification may say, what is refused and how, and the equations it stands for."""

import pytest

from symback.errors import SpecError
from symback.network import EndCost, Graph, Node
from symback.network.graph import NODES
from symback.pipeline import derive

ATTENTION = """
[inputs]
Q = ["n", "d"]
K = ["m", "d"]
V = ["m", "v"]

[[nodes]]
name = "O"
kind = "attention"
of = ["Q", "K", "V"]
"""


def graph(*nodes: Node, **inputs) -> Graph:
    return Graph(inputs or {"X": ("n", "d")}, nodes)


def test_toml_and_python_describe_the_same_graph():
    made = graph(Node("O", "attention", ("Q", "K", "V")), Q=("n", "d"), K=("m", "d"), V=("m", "v"))
    assert Graph.from_toml(ATTENTION) == made


def test_nodes_may_stand_in_any_order():
    later = graph(Node("Y", "relu", "Z"), Node("Z", "linear", "X", units="k"))
    assert [node.name for node in later.nodes] == ["Z", "Y"]


@pytest.mark.parametrize(
    ("formulas", "kind", "options"),
    [
        (r"\nabla_{X} C = (\nabla_{Y} C - (\nabla_{Y} C \odot Y) \mathbf{1} \mathbf{1}^{\mathsf T}) \odot Y", "softmax", {}),
        (r"\nabla_{W} C = (\nabla_{Y} C)^{\mathsf T} X", "linear", {"units": "k", "transposed": True}),
        (r"\nabla_{X} C = \nabla_{Y} C W^{\mathsf T}", "linear", {"units": "k"}),
        (r"\nabla_{X} C = -\nabla_{Y} C", "scale", {"scale": -1}),
        (r"\nabla_{X} C = (\nabla_{Y} C)^{\mathsf T}", "transpose", {}),
    ],
)
def test_closed_forms_are_as_published(formulas, kind, options):
    derivation = derive(graph(Node("Y", kind, "X", **options)))
    assert formulas in [formula.latex() for formula in derivation.formulas]


def test_attention_is_as_published():
    formulas = {formula.latex(notation="ng") for formula in derive(Graph.from_toml(ATTENTION)).formulas}
    assert {"dV = P^{T} dO", "dP = dO V^{T}", r"dQ = \tau dS K", r"dK = \tau (dS)^{T} Q"} <= formulas


def test_weights_may_be_shared():
    tied = graph(
        Node("M", "embedding", "X", units="k"),
        Node("Y", "linear", "M", weights="W_M", transposed=True, bias=False),
        Node("B", "linear", "X", units=2),
    )
    assert [str(parameter.name) for parameter in tied.forward().parameters] == ["W_M", "W_B", "b_B"]
    (found,) = [formula for formula in derive(tied).formulas if str(formula.target.name) == "W_M"]
    assert "X" in found.latex() and "Y" in found.latex()


def test_a_cross_entropy_of_a_softmax_meets_it():
    ended = Graph({"X": ("n", "d")}, [Node("P", "softmax", "X")], [EndCost("cross_entropy", "P", "T")])
    text = {formula.latex(notation="ng") for formula in derive(ended).formulas}
    assert any(formula.startswith("dX") for formula in text)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([Node("Y", "relux", "X")], "node Y is of the unknown kind 'relux'"),
        ([Node("Y", "relu", "Z")], "node Y is made of 'Z', which is no input and no node"),
        ([Node("Y", "relu", "Z"), Node("Z", "relu", "Y")], "the nodes Y, Z are made of each other"),
        ([Node("Y", "linear", "X")], "node Y has no 'units'"),
        ([Node("Y", "linear", "X", unit=3)], "node Y \\(linear\\) has an unknown option 'unit'"),
        ([Node("Y", "scale", "X")], "node Y \\(scale\\) has no 'scale'"),
        ([Node("Y", "matmul", ("X", "X"))], "the inner sides of the product have sizes d and n"),
        ([Node("Y", "add", ("X", "Z")), Node("Z", "transpose", "X")], "node Y adds Z of sizes"),
        ([Node("Y", "softmax", ("X", "X"))], "node Y \\(softmax\\) is made of 2 quantities; it should be made of 1"),
        ([Node("X", "relu", "X")], "X is defined twice"),
        ([Node("Y", "linear", "X", weights="W_Z")], "node Y has the weights 'W_Z'"),
        ([Node("Y", "linear", "X", units=3, bias="no")], "bias of node Y is 'no'; it should be true or false"),
        ([Node("Y", "multi_head", "X", heads=0, width=2, units=2)], "heads of node Y is 0; it should be a number from 1 to"),
        ([], "the graph has no nodes"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_node_named(nodes, message):
    with pytest.raises(SpecError, match=message):
        graph(*nodes)


@pytest.mark.parametrize("name", ["C", "delta", "2", "a-b", "dC/dX", "X^2", "", 3])
def test_names_that_mean_something_else_are_refused(name):
    with pytest.raises(SpecError, match="is called"):
        Node(name, "relu", "X")


@pytest.mark.parametrize(
    "text", ["[inputs]\nX = 3\n[[nodes]]\nname = 'Y'\n", "nodes = 3\n[inputs]\nX = ['n', 'd']", "[inputs]\nY = ['n', 'd', 'e']"]
)
def test_a_wrong_file_says_what_is_wrong(text):
    with pytest.raises(SpecError, match="the file"):
        Graph.from_toml(text, "the file")


def test_every_kind_is_met_by_the_random_graphs():
    from tests.random_graphs import random_graph

    met = {node.kind for seed in range(120) for node in random_graph(seed).graph.nodes}
    assert set(NODES) <= met
