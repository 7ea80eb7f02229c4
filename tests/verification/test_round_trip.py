r"""What the pages say is read back by the judge and proved; what is changed in them is not."""

import pytest

import symback
from symback.network import Dense, LayerNorm, Network, Residual
from symback.pipeline import derive
from symback.presentation import render

NETWORKS = {
    "residual": Network(3, [Residual([Dense(4, "relu"), Dense(3, "identity")]), Dense(2, "identity")]),
    "absolute error": Network.from_spec("3-2-2", activation="tanh", cost="absolute_error"),
    "average over the outputs": Network.from_spec("2-3-3", activation="softmax", cost="mean_squared_error"),
    "layer norm": Network(3, [Dense(4, "identity"), LayerNorm(), Dense(2, "tanh")]),
}
FINE = {"proved", "definition", "mention"}
# Of "any layer" and of batches, other tests speak.
END = "## The average over a batch"


def page_of(name: str) -> str:
    return render(derive(NETWORKS[name]), "markdown").split(END)[0]


def judged(tmp_path, page: str) -> list:
    path = tmp_path / "page.md"
    path.write_text(page, encoding="utf-8")
    return list(symback.verify(path).formulas)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_every_formula_of_a_page_is_proved(name, tmp_path):
    assert [(each.line, each.verdict, each.reason) for each in judged(tmp_path, page_of(name)) if each.verdict not in FINE] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "right", "wrong", "word"),
    [
        (
            "layer norm",
            r"- \frac{1}{4} \sum_{k=1}^{4} \frac{\partial C}{\partial \hat{x}^{2}_{k}}",
            r"- \sum_{k=1}^{4} \frac{\partial C}{\partial \hat{x}^{2}_{k}}",
            "refuted",
        ),
        ("layer norm", r"- \frac{1}{4} \hat{x}^{2}_{j} \sum_{k=1}^{4}", r"- \frac{1}{2} \hat{x}^{2}_{j} \sum_{k=1}^{4}", "refuted"),
        ("layer norm", r"\frac{a^{1}_{j} - \mu^{2}}{4 \sqrt{0.00001", r"\frac{a^{1}_{j} - \mu^{2}}{2 \sqrt{0.00001", "undecided"),
        ("residual", r"\delta^{1} + \nabla_{a^{2}} C", r"\delta^{1} + 2 \nabla_{a^{2}} C", "refuted"),
        (
            "residual",
            r"\frac{\partial a^{2}_{j}}{\partial a^{0}_{k}} &= \delta_{jk}",
            r"\frac{\partial a^{2}_{j}}{\partial a^{0}_{k}} &= -\delta_{jk}",
            "refuted",
        ),
    ],
)
def test_a_page_with_an_error_in_it_is_not_proved(name, right, wrong, word, tmp_path):
    page = page_of(name)
    assert right in page
    changed = judged(tmp_path, page.replace(right, wrong, 1))
    where = page[: page.index(right)].count("\n") + 1
    assert [each.verdict for each in changed if each.line <= where <= each.end_line] == [word]
    assert {each.verdict for each in changed} <= {*FINE, word}
