"""The page of each kind of node, read back by the judge with sizes by name: all of it is proved, and a planted error is not."""

import pytest

from symback.network import EndCost, Graph, Node
from symback.network.graph import NODES
from symback.pipeline import derive
from symback.presentation import render
from symback.verification.judge import verify

FINE = ("proved", "definition", "mention")
OPTIONS = {
    "linear": {"units": "u"}, "low_rank": {"units": "u", "rank": "r"}, "embedding": {"units": "u"}, "graph_conv": {"units": "u"},
    "weight_norm": {"units": "u"}, "multi_head": {"heads": 2, "width": "w", "units": "u"}, "scale": {"scale": "tau"},
}  # fmt: skip
INPUTS = {
    "attention": {"Q": ("n", "h"), "K": ("m", "h"), "V": ("m", "v")}, "graph_conv": {"A": ("n", "n"), "X": ("n", "h")},
    "matmul": {"X": ("n", "h"), "Z": ("h", "v")},
    **{key: {"X": ("n", "h"), "R": ("n", "h")} for key in ("add", "subtract", "multiply", "dropout")},
}  # fmt: skip


def page_of(kind: str, notation: str = "nielsen") -> str:
    inputs = INPUTS.get(kind, {"X": ("n", "h")})
    graph = Graph(inputs, [Node("Y", kind, tuple(inputs), **OPTIONS.get(kind, {}))])
    return render(derive(graph), "markdown", notation=notation)


def verdicts_of(page: str, tmp_path) -> list[tuple[int, str, str]]:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    return [(found.line, found.verdict, found.reason) for found in verify(tmp_path / "page.md").formulas if found.verdict not in FINE]


@pytest.mark.parametrize("kind", [*NODES, "softmax", "log_softmax", "relu", "srelu", "gelu"])
def test_the_page_of_each_kind_is_proved(kind, tmp_path):
    assert verdicts_of(page_of(kind), tmp_path) == []


@pytest.mark.parametrize("notation", ["lecture", "ng", "row"])
def test_so_it_is_in_other_notations(notation, tmp_path):
    assert verdicts_of(page_of("attention", notation), tmp_path) == []


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("attention", r"\nabla_{K} C &= \tau (\nabla_{S} C)^{\mathsf T} Q", r"\nabla_{K} C &= \tau Q (\nabla_{S} C)^{\mathsf T}"),
        ("attention", r"\nabla_{V} C &= P^{\mathsf T} \nabla_{Y} C", r"\nabla_{V} C &= P \nabla_{Y} C"),
        ("low_rank", r"\nabla_{A} C &= X^{\mathsf T} \nabla_{H} C", r"\nabla_{A} C &= \nabla_{H} C X^{\mathsf T}"),
        ("softmax", r"\odot Y) \mathbf{1} \mathbf{1}^{\mathsf T}) \odot Y", r"\odot Y) \mathbf{1} \mathbf{1}^{\mathsf T})"),
    ],
)
def test_an_error_on_such_a_page_is_refuted(kind, right, wrong, tmp_path):
    page = page_of(kind)
    assert right in page
    found = verdicts_of(page.replace(right, wrong), tmp_path)
    assert "refuted" in {verdict for _, verdict, _ in found}


def test_two_costs_of_one_graph_are_added(tmp_path):
    nodes = [Node("Z", "linear", "X", units="u"), Node("P", "softmax", "Z"), Node("R", "linear", "X", units="v")]
    graph = Graph({"X": ("n", "h")}, nodes, [EndCost("cross_entropy", "P", "T"), EndCost("quadratic", "R", "B")])
    assert {verdict for _, verdict, _ in verdicts_of(render(derive(graph), "markdown"), tmp_path)} <= {"undecided"}
