r"""Documents of softmax, cross-entropy, normalisation and index notation, each in a notation of its own.

Every document is true as it stands but for the lines that a test plants; what is planted must be refuted and what is true
must never be.
"""

import re
from pathlib import Path

import pytest

from symback.verification.judge import verify
from symback.verification.report import Report, Verdict

INDEX_NOTATION = r"""
# Centre and scale, in index notation

$$
\begin{aligned}
c_{b} &= \frac{1}{H} \mathbf{1}_{h} u_{bh} \\
w_{bh} &= u_{bh} - \mathbf{1}_{h} c_{b} \\
r_{b} &= \sqrt{\frac{1}{H} \mathbf{1}_{h} w_{bh}^2 + \epsilon} \\
o_{bh} &= \frac{w_{bh}}{r_{b}} g_{h} + \mathbf{1}_{b} k_{h}
\end{aligned}
$$

The scale gets

$$\frac{\partial l}{\partial g_{q}} = \frac{\partial l}{\partial o_{bh}} \frac{\partial o_{bh}}{\partial g_{q}}$$

$$\frac{\partial o_{bh}}{\partial g_{q}} = \frac{w_{bh}}{r_{b}} \delta_{hq}$$

PLANTED
"""

ARRAY_PROGRAM = r"""
# 归一化

$X \in {R}^{M \times N}$

$mean(x)_i = \frac{1}{N} \sum_{j=0}^{N-1} x_{ij}$

$shift(x)_{ij} = (x_{ij} - mean(x)_i).\beta_{j}$

## mean

### $k \neq i$

$\frac{\partial mean(x)_k}{\partial x_{ij}} = 0$

### $k = i$

$\frac{\partial mean(x)_k}{\partial x_{ij}}$

$= \frac{1}{N}$

## f

$\frac{\partial f(shift(X))}{\partial \beta_{j}}$

$= \sum_{k=0}^{M-1} df_{kj}.(x_{kj} - mean(x)_k)$

PLANTED
"""

BATCH = r"""
# A layer for one feature

(Mean) of the batch, and the variance:

$$(Mean) \space \mu = \frac{1}{B} \sum_{i=1}^{B} x_i$$

$$\sigma^2 = \frac{1}{B} \sum_{i=1}^{B} (x_i - \mu)^2$$

$$\hat{x_i} = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}$$

$$y_i = \gamma \hat{x_i} + \beta$$

PLANTED
"""

BRACKETS = r"""
# Scores of a classifier with samples in rows

$$\mathrm{Z[i,k] = \sum_{p=1}^{D} X[i,p] \times W_2[p,k] + b_2[k]}$$

$$\mathrm{E[i,k] = e^{Z[i,k]}}$$

$$\mathrm{P[i,k] = \frac{E[i,k]}{\sum_{p=1}^{C} E[i,p]}}$$

$$L_i = -\log P[i, y_i]$$

If $k \ne y_i$,

$$\frac{\partial P[i,y_i]}{\partial Z[i,k]} = -P[i,y_i] \times P[i,k]$$

PLANTED
"""

NAMED_BY_WORDS = r"""
# The loss of a classifier

The outputs are $s_i$; we write $\phi$ for the softmax function. Here $a = \phi(z)$ and

$$\lambda = -\sum_i q_i \ln(a_i)$$

with targets that sum to one: $\sum_i q_i = 1$. PLANTED
"""

HIDDEN_INDEX = r"""
# The logarithm first

$$p_i = \frac{e^{o_i}}{\sum_j e^{o_j}}$$

Take one entry, and let

$$s = \ln(p_i)$$

PLANTED
"""


def judged(tmp_path: Path, document: str, planted: str, is_display: bool = True) -> Verdict:
    """The verdict on a formula at the planted place of a document."""
    line = f"$${planted}$$" if is_display else f"${planted}$"
    path = tmp_path / "document.md"
    path.write_text(document.replace("PLANTED", line))
    found = verify(path)
    return next(verdict for verdict in found.formulas if verdict.latex == planted)


def whole(tmp_path: Path, document: str) -> Report:
    """The report of a document without anything planted."""
    path = tmp_path / "document.md"
    path.write_text(document.replace("PLANTED", ""))
    return verify(path)


@pytest.mark.parametrize("document", [INDEX_NOTATION, ARRAY_PROGRAM, BATCH, BRACKETS, NAMED_BY_WORDS, HIDDEN_INDEX])
def test_a_true_document_has_nothing_refuted(tmp_path, document):
    wrong = [
        (verdict.latex, verdict.reason) for verdict in whole(tmp_path, document).formulas if verdict.verdict in ("refuted", "conditional")
    ]
    assert not wrong


TRUE = [
    (INDEX_NOTATION, r"\frac{\partial l}{\partial k_{q}} = \frac{\partial l}{\partial o_{bq}} \mathbf{1}_{b}"),
    (INDEX_NOTATION, r"\frac{\partial l}{\partial g_{q}} = \frac{\partial l}{\partial o_{bq}} \frac{w_{bq}}{r_{b}}"),
    (INDEX_NOTATION, r"\mathbf{1}_{h} w_{ph} = 0"),
    (BATCH, r"\frac{\partial \sigma^2}{\partial x_i} = \frac{2}{B} (x_i - \mu)"),
    (
        BATCH,
        r"\frac{\partial y_k}{\partial x_i} = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} \left( 1(k == i) - \frac1B - \frac1B \hat{x_i} \hat{x_k} \right)",
    ),
    (BATCH, r"\frac{\partial L}{\partial \gamma} = \sum_{i=1}^{B} \frac{\partial L}{\partial y_i} \hat{x_i}"),
    (BRACKETS, r"\frac{\partial E[i,k]}{\partial Z[i,k]} = E[i,k]"),
    (NAMED_BY_WORDS, r"\frac{\partial \lambda}{\partial z_j} = \phi(z_j) - q_j"),
    (NAMED_BY_WORDS, r"\frac{\partial a_i}{\partial z_j} = \phi(z_i) (\delta_{ij} - \phi(z_j))"),
    (HIDDEN_INDEX, r"\frac{\partial s}{\partial o_j} = \delta_{ij} - p_j"),
    (HIDDEN_INDEX, r"\frac{\partial s}{\partial o_j} = \frac{1}{p_i} \frac{\partial p_i}{\partial o_j}"),
]


@pytest.mark.parametrize(("document", "formula"), TRUE, ids=[formula for _, formula in TRUE])
def test_a_true_formula_is_proved(tmp_path, document, formula):
    verdict = judged(tmp_path, document, formula)
    assert verdict.verdict == "proved", verdict.reason


FALSE = [
    (INDEX_NOTATION, r"\frac{\partial l}{\partial g_{q}} = \frac{\partial l}{\partial o_{bq}} w_{bq} r_{b}", None),
    (
        BATCH,
        r"\frac{\partial \sigma^2}{\partial x_i} = \frac{1}{B} (x_i - \mu)",
        r"\frac{\partial \sigma^{2}}{\partial x_{i}} = \frac{2}{B} \left( x_{i} - \mu \right)",
    ),
    (BRACKETS, r"L = \sum_{p=0}^{D} \sum_{p=1}^{D} L_p", None),
    (
        BRACKETS,
        r"\frac{\partial P[i,y_i]}{\partial Z[i,y_i]} = \frac{E[i,y_i]}{\sum_{p=1}^{C} E[i,p]} - \frac{E[i,y_i]^2}{\sum_{p=1}^{C} E[i,p]^2}",
        r"\left( \sum_{p = 1}^{C} E \left[ i , p \right] \right)^{2}",
    ),
    (NAMED_BY_WORDS, r"\frac{\partial \lambda}{\partial z_j} = q_j - \phi(z_j)", r"\phi \left( z_{j} \right) - q_{j}"),
    (NAMED_BY_WORDS, r"\frac{\partial a_i}{\partial z_i} = \phi(z_i) (\delta_{ij} - \phi(z_j))", None),
    (HIDDEN_INDEX, r"\frac{\partial s}{\partial o_j} = \delta_{ij} + p_j", r"\delta_{i j} - p_{j}"),
    (HIDDEN_INDEX, r"\frac{\partial p_i}{\partial o_j} = p_i (\delta_{ij} - p_i)", r"p_{j}"),
]


@pytest.mark.parametrize(("document", "formula", "correction"), FALSE, ids=[formula for _, formula, _ in FALSE])
def test_a_planted_error_is_never_proved(tmp_path, document, formula, correction):
    verdict = judged(tmp_path, document, formula)
    assert verdict.verdict != "proved"
    if correction is not None:
        assert verdict.verdict == "refuted", verdict.reason
        assert _bare(correction) in _bare(verdict.correction)


def test_a_sum_with_a_term_too_many_is_refuted_and_its_bound_corrected(tmp_path):
    document = ARRAY_PROGRAM.replace(r"mean(x)_i = \frac{1}{N} \sum_{j=0}^{N-1} x_{ij}", r"mean(x)_i = \frac{1}{N} \sum_{j=0}^{N} x_{ij}")
    wrong = [verdict for verdict in whole(tmp_path, document).formulas if verdict.verdict == "refuted"]
    assert [verdict.diagnosis for verdict in wrong] == ["sum bound"]
    assert "N - 1" in wrong[0].correction


def test_a_sum_of_an_array_program_runs_along_its_dimension(tmp_path):
    true = ARRAY_PROGRAM.replace("PLANTED", "$= sum(df.(X - sum(X, dim=1, keepdim=True).\\frac{1}{N}), dim=0)$")
    path = tmp_path / "document.md"
    path.write_text(true)
    assert verify(path).formulas[-1].verdict in ("proved", "conditional")
    path.write_text(true.replace("dim=0)", "dim=1)"))
    assert verify(path).formulas[-1].verdict not in ("proved", "conditional")


def test_a_sum_over_an_index_that_its_terms_lack_is_refuted(tmp_path):
    verdict = judged(tmp_path, BATCH, r"\frac{\partial \mu}{\partial x_k} = \frac{\partial \frac1B \sum_{j=1}^{B} x_i}{\partial x_k}")
    assert (verdict.verdict, verdict.diagnosis) == ("refuted", "index")
    assert r"\sum_{i=1}^{B} x_i" in verdict.correction or r"\sum_{j=1}^{B} x_j" in verdict.correction


def test_the_case_of_a_heading_holds_for_what_stands_below_it(tmp_path):
    document = ARRAY_PROGRAM.replace(r"### $k \neq i$", r"### $k = i$", 1)
    found = whole(tmp_path, document)
    verdict = next(verdict for verdict in found.formulas if verdict.latex.endswith("= 0"))
    assert verdict.verdict == "conditional"
    assert r"k \neq i" in verdict.reason


def test_a_missing_sum_is_conditional_where_sums_are_printed(tmp_path):
    verdict = judged(tmp_path, BATCH, r"\frac{\partial L}{\partial \gamma} = \frac{\partial L}{\partial y_i} \hat{x_i}")
    assert verdict.verdict == "conditional"
    assert "summation sign" in verdict.reason


def test_a_derivative_of_an_unknown_cost_is_not_refuted(tmp_path):
    verdict = judged(tmp_path, BATCH, r"\frac{\partial L}{\partial y_i} = y_i - t_i")
    assert verdict.verdict in ("undecided", "mention")


def _bare(latex: str) -> str:
    """Without blanks, braces and sizes of brackets: what is right is printed as the author prints it."""
    return re.sub(r"\\left|\\right|[{}\s]", "", latex)
