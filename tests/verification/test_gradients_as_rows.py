"""Pages in numerator layout, of a batch and of one sample, and open costs of samples; planted errors beside every truth."""

import pytest

from symback.verification.bound_letters import told_apart
from symback.verification.judge import verify
from symback.verification.mentions import Lexicon
from symback.verification.parser import parse
from symback.verification.tree import walk

ONE_SAMPLE = r"""Numerator layout: derivatives of the cost are rows.

$$z^{1} = W^{1} a^{0} + b^{1}$$
$$a^{1} = \sigma(z^{1})$$
$$C = \frac12 \sum_{j=1}^{2} (a^{1}_j - y_j)^2$$
$$\delta^{1} = \frac{\partial C}{\partial z^{1}}$$
$$W^{l}_{\mathrm{new}} = W^{l} - \eta \left( \frac{\partial C}{\partial W^{l}} \right)^{\mathsf T}$$
"""
BATCH = r"""Numerator layout: derivatives of the cost are rows.

$$Z^{1} = W^{1} A^{0} + b^{1} \mathbf{1}^{\mathsf T}$$
$$A^{1} = \sigma(Z^{1})$$
$$Z^{2} = W^{2} A^{1} + b^{2} \mathbf{1}^{\mathsf T}$$
$$A^{2} = \sigma(Z^{2})$$
$$C_{s} = \frac{1}{2} \sum_{j=1}^{2} (A^{2}_{js} - Y_{js})^{2}$$
$$C_{\Sigma} = \sum_{s=1}^{N} C_{s}$$
$$C = \frac{C_{\Sigma}}{N}$$
$$\Delta^{2}_{sj} = \frac{\partial C_{\Sigma}}{\partial Z^{2}_{js}}$$
$$\Delta^{1}_{sj} = \frac{\partial C_{\Sigma}}{\partial Z^{1}_{js}}$$
"""
OPEN_COLUMNS = r"""
$$Z^{l} = W^{l} A^{l-1} + b^{l} \mathbf{1}^{\mathsf T}$$
$$A^{l} = \sigma(Z^{l})$$
$$C_{s} = C(A^{L}_{s}, Y_{s})$$
$$C_{\Sigma} = \sum_{s=1}^{N} C_{s}$$
$$C = \frac{C_{\Sigma}}{N}$$
$$\Delta^{L} = \frac{\partial C_{\Sigma}}{\partial Z^{L}}$$
"""
OPEN_ROWS = (
    OPEN_COLUMNS.replace(
        "$$Z^{l} = W^{l} A^{l-1} + b^{l} \\mathbf{1}^{\\mathsf T}$$", "$$Z^{l} = A^{l-1} (W^{l})^T + \\mathbf{1} (b^{l})^T$$"
    )
    + "$$Z^{l}_{sj} = \\sum_k w^{l}_{jk} A^{l-1}_{sk} + b^l_j$$\n$$A^{l}_{sj} = \\sigma(Z^{l}_{sj})$$\n"
)


def last_verdict(tmp_path, page: str, formula: str) -> str:
    """What the judge says of a formula at the end of a page."""
    path = tmp_path / "page.md"
    path.write_text(f"{page}\n$${formula}$$\n", encoding="utf-8")
    return verify(path).formulas[-1].verdict


@pytest.mark.parametrize(
    ("page", "formula"),
    [
        (BATCH, r"\Delta^{2} = (A^{2} - Y)^{\mathsf T} \odot \sigma'(Z^{2})^{\mathsf T}"),
        (BATCH, r"\frac{\partial C}{\partial W^{2}} = \frac{1}{N} A^{1} \Delta^{2}"),
        (BATCH, r"\frac{\partial C}{\partial b^{2}} = \frac{1}{N} \mathbf{1}^{\mathsf T} \Delta^{2}"),
        (BATCH, r"\Delta^{1} = (\Delta^{2} W^{2}) \odot \sigma'(Z^{1})^{\mathsf T}"),
        (BATCH, r"\frac{\partial C_{\Sigma}}{\partial A^{0}} = \Delta^{1} W^{1}"),
        (ONE_SAMPLE, r"\delta^{1} = (a^{1} - y)^{\mathsf T} \operatorname{diag}(\sigma'(z^{1}))"),
        (ONE_SAMPLE, r"\frac{\partial C}{\partial W^{1}} = a^{0} \delta^{1}"),
        (ONE_SAMPLE, r"b^{l}_{\mathrm{new}} = b^{l} - \eta \left( \frac{\partial C}{\partial b^{l}} \right)^{\mathsf T}"),
        (OPEN_COLUMNS, r"\Delta^{L} = \frac{\partial C_{\Sigma}}{\partial A^{L}} \odot \sigma'(Z^{L})"),
        (OPEN_COLUMNS, r"\frac{\partial C}{\partial W^{L}} = \frac1N \Delta^{L} (A^{L-1})^T"),
        (OPEN_COLUMNS, r"\frac{\partial C}{\partial b^{L}} = \frac1N \Delta^{L} \mathbf{1}"),
        (OPEN_ROWS, r"\frac{\partial C}{\partial W^{L}} = \frac1N (\Delta^{L})^T A^{L-1}"),
    ],
)
def test_what_is_true_there_is_proved(page, formula, tmp_path):
    assert last_verdict(tmp_path, page, formula) == "proved"


@pytest.mark.parametrize(
    ("page", "formula"),
    [
        (BATCH, r"\frac{\partial C}{\partial W^{2}} = A^{1} \Delta^{2}"),
        (BATCH, r"\frac{\partial C}{\partial W^{2}} = \frac{1}{N} A^{1} (\Delta^{2})^{\mathsf T}"),
        (BATCH, r"\Delta^{1} = (\Delta^{2} (W^{2})^{\mathsf T}) \odot \sigma'(Z^{1})^{\mathsf T}"),
        (BATCH, r"\Delta^{1} = (\Delta^{2} W^{2}) \odot \sigma'(Z^{2})^{\mathsf T}"),
        (BATCH, r"\frac{\partial C_{\Sigma}}{\partial A^{0}} = 2 \Delta^{1} W^{1}"),
        (ONE_SAMPLE, r"\frac{\partial C}{\partial W^{1}} = 2 a^{0} \delta^{1}"),
        (ONE_SAMPLE, r"W^{l}_{\mathrm{new}} = W^{l} - \eta \frac{\partial C}{\partial W^{l}}"),
        (OPEN_COLUMNS, r"\frac{\partial C}{\partial W^{L}} = \Delta^{L} (A^{L-1})^T"),
        (OPEN_COLUMNS, r"\frac{\partial C}{\partial W^{L}} = \frac1N \Delta^{L} (A^{L})^T"),
        (OPEN_COLUMNS, r"\Delta^{L} = \frac{\partial C}{\partial A^{L}} \odot \sigma'(Z^{L})"),
        (OPEN_ROWS, r"\frac{\partial C}{\partial W^{L}} = (\Delta^{L})^T A^{L-1}"),
    ],
)
def test_what_is_false_there_is_not_proved(page, formula, tmp_path):
    assert last_verdict(tmp_path, page, formula) in ("refuted", "undecided", "conditional")


def test_what_a_cost_depends_on_is_a_definition(tmp_path):
    assert last_verdict(tmp_path, OPEN_COLUMNS, r"C_{s} = C(A^{L}_{s}, Y_{s})") == "definition"


def test_sums_never_run_out_of_letters():
    sums = " + ".join(r"\sum_{k=1}^{3} \sum_{i=1}^{2} w_{ki}" for _ in range(20))
    (found,) = told_apart([parse(sums)], Lexicon())
    bound = [node.children[0].children[1].children[0].children[0].text for node in walk(found) if node.kind == "large"]
    assert len(bound) == len(set(bound)) == 40


# Numbers -----------------------------------------------------------------------------------------------------------

WORKED = r"""
$$z^{[1]} = \begin{pmatrix} 0.5 \\ -0.2 \end{pmatrix}$$
$$a^{[1]} = \begin{pmatrix} 0.6000 \\ 0.4000 \end{pmatrix}$$
$$dz^{[1]} = \begin{pmatrix} 0.1000 \\ 0.3000 \end{pmatrix}$$
"""


@pytest.mark.parametrize(
    ("formula", "word"),
    [
        (r"dW^{[1]} = dz^{[1]} (a^{[1]})^T = \begin{pmatrix} 0.06 & 0.04 \\ 0.18 & 0.12 \end{pmatrix}", "proved"),
        (r"dW^{[1]} = dz^{[1]} (a^{[1]})^T = \begin{pmatrix} 0.06 & 0.04 \\ 0.18 & 0.13 \end{pmatrix}", "refuted"),
        (r"db^{[1]} = dz^{[1]} = \begin{pmatrix} 0.1 \\ 0.4 \end{pmatrix}", "refuted"),
        (
            r"(a^{[1]})^T \operatorname{diag}\left(\begin{pmatrix} 2 \\ 3 \end{pmatrix}\right) = \begin{pmatrix} 1.2 & 1.2 \end{pmatrix}",
            "proved",
        ),
        (
            r"(a^{[1]})^T \operatorname{diag}\left(\begin{pmatrix} 2 \\ 3 \end{pmatrix}\right) = \begin{pmatrix} 1.2 & 1.8 \end{pmatrix}",
            "refuted",
        ),
    ],
)
def test_differentials_and_diagonals_have_values(formula, word, tmp_path):
    assert last_verdict(tmp_path, WORKED, formula) == word
