"""Jupyter: what a notebook shows of derivations, formulas, steps and reports, seen by executing a real one."""

import os
import re
from functools import cache
from importlib.util import find_spec

import pytest

import symback as sb
from symback.language.mathml import mathml
from symback.pipeline.notebook import MOST_ROWS
from symback.verification.report import Report, Verdict

MISSING = [name for name in ("nbclient", "nbformat", "ipykernel") if find_spec(name) is None]
needs_jupyter = pytest.mark.skipif(bool(MISSING) and not os.environ.get("CI"), reason=f"not installed: {', '.join(MISSING)}")
FORMULA = re.compile(r"\$\\displaystyle (.*)\$", re.DOTALL)
CELLS = {
    "derivation": 'import symback as sb\nd = sb.derive(sb.Network.from_spec("2-3-2"))\nd',
    "formula": "d.delta(1)",
    "step": "d.delta(1).steps[0]",
    "report": r'sb.verify(r"\delta^{2} = a^{2} + y", network=d.network)',
}


@cache
def executed() -> dict[str, dict]:
    """The data of what each cell showed, by media type."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return {name: cell.outputs[0].data for name, cell in zip(CELLS, notebook.cells, strict=True)}


@pytest.mark.slow
@needs_jupyter
@pytest.mark.filterwarnings("ignore")  # of the kernel and its client, not ours
def test_a_notebook_typesets_derivations_formulas_and_steps():
    shown = executed()
    for equation in (r"\delta^{2} &= (a^{2} - y) \odot \sigma'(z^{2})", r"\nabla_{W^{1}} C &= \delta^{1} (a^{0})^{\mathsf T}"):
        assert equation in shown["derivation"]["text/latex"]
    assert shown["derivation"]["text/latex"].startswith("$$\\begin{aligned}")
    assert r"\delta^{1} = ((W^{2})^{\mathsf T} \delta^{2}) \odot \sigma'(z^{1})" in shown["formula"]["text/latex"]
    assert r"\text{chain rule}" in shown["step"]["text/latex"]
    assert all("text/plain" in data for data in shown.values())


@pytest.mark.slow
@needs_jupyter
@pytest.mark.filterwarnings("ignore")
def test_a_notebook_shows_a_report_as_a_table_with_formulas():
    table = executed()["report"]["text/html"]
    assert "<table>" in table and "<math" in table
    assert re.search(r"<b>\S+ (refuted|undecided)</b>", table)


def derivations() -> list[sb.Derivation]:
    deep = sb.Network("d_0", [sb.Dense("d_1", "relu"), sb.LayerNorm("epsilon"), sb.Residual([sb.Dense("d_1", "prelu")])], "quadratic")
    return [
        sb.derive(deep), sb.derive(deep, batch=True), sb.derive(sb.Network.from_spec("j-k-m", activation="softmax", cost="cross_entropy")),
    ]  # fmt: skip


@pytest.mark.parametrize("derivation", derivations(), ids=["deep", "batch", "sizes called like indices"])
def test_everything_of_a_derivation_can_be_shown_and_is_well_formed(derivation):
    mathml(derivation._repr_latex_().strip("$"))
    for formula in derivation.formulas:
        mathml(FORMULA.fullmatch(formula._repr_latex_())[1])
        for step in formula.steps:
            mathml(FORMULA.fullmatch(step._repr_latex_())[1])


def test_no_index_of_a_shown_step_is_called_like_a_size():
    for formula in derivations()[-1].formulas:
        for step in formula.steps:
            assert re.search(r"\\sum_\{[jkm]=1\}", step._repr_latex_()) is None


def test_of_a_long_derivation_the_first_formulas_are_shown_and_the_rest_is_counted():
    derivation = sb.derive(sb.Network.from_spec("-".join("4" * 20)))
    shown = derivation._repr_latex_()
    assert shown.count("&=") == MOST_ROWS
    assert rf"and {len(derivation.formulas) - MOST_ROWS} more" in shown


def test_a_report_is_shown_without_what_claims_nothing_and_as_text():
    verdicts = (
        Verdict(1, 1, "x", "mention", "mention"),
        Verdict(2, 2, "a = b", "identity", "refuted", reason="<script>alert(1)</script>", correction="a = c"),
        Verdict(3, 3, r"\frac{<b>", "mention", "unreadable"),
    )
    table = Report("<i>.md", verdicts)._repr_html_()
    assert "<script>" not in table and "&lt;script&gt;" in table and "&lt;i&gt;.md" in table
    assert table.count("<tr") == 3
    assert "this would be right" in table
    assert "<table" not in Report("empty.md")._repr_html_()
