r"""What a page says of whole arrays at once: an entry in brackets with its index, equations of all samples, sums over i + m.

Each document is true as it stands; what is planted in it is proved where it is true, and never where it is false.
"""

import pytest

from tests.verification.test_judge_normalisation import judged, whole

ENTRIES = r"""
# A layer

$$u_j = \sum_{i=1}^{m} w_{ji} \cdot r_i$$

or $u = W \times r$. Then the softmax

$$s_i = \frac{e^{u_i}}{\sum_{k=1}^{n} e^{u_k}}$$

$$
\begin{aligned}
\frac{\partial E}{\partial u_i} &= \sum_{j=1}^{n} K_{ij} \times \frac{\partial E}{\partial s_j}\\
\text{Where} \quad K_{ij} &= s_i \cdot (1\{i=j\} - s_j)
\end{aligned}
$$

PLANTED
"""

CLASSES = r"""
# A softmax classifier

One sample $x \in \mathbb{R}^D$ has $z = Wx + b$, with $W \in \mathbb{R}^{K \times D}$, and

$$q(c=k \mid x) = \frac{e^{z_k}}{\sum_{j=1}^K e^{z_j}}$$

With one-hot targets the cost is

$$J(W, b) = - \frac{1}{M} \sum_{i=1}^M \sum_{k=1}^K t_{i,k} \log q(c=k \mid x_i)$$

Let $Q \in \mathbb{R}^{M \times K}$ be the predicted probabilities and $T_i$ the row $i$ of the targets $T$.

PLANTED

All samples at once: $z = XW^T + b$ and $Q = \text{softmax}(z)$
"""

SLIDING = r"""
# A layer that slides

The signal $S \in \mathbb{R}^{A \times N}$, the kernel $K \in \mathbb{R}^{B \times A \times F}$, the output $R \in \mathbb{R}^{B \times M}$.

$$R_{b,i} = \sum_{a=0}^{A-1} \sum_{u=0}^{F-1} K_{b,a,u} S_{a,i+u} + d_b$$

PLANTED
"""

TRUE = [
    (SLIDING, r"\frac{\partial E}{\partial K_{b,a,u}} = \sum_{i} \frac{\partial E}{\partial R_{b,i}} S_{a,i+u}"),
    (SLIDING, r"\frac{\partial E}{\partial d_b} = \sum_{i} \frac{\partial E}{\partial R_{b,i}}"),
    (SLIDING, r"\frac{\partial E}{\partial S_{a,p}} = \sum_{b} \sum_{i} \frac{\partial E}{\partial R_{b,i}} K_{b,a,p-i}"),
    (
        SLIDING,
        r"\frac{\partial R_{b,i}}{\partial S_{a,p}} = \begin{cases} K_{b,a,p-i} & \text{if } 0 \le p-i < F \\ 0 & \text{otherwise} \end{cases}",
    ),
    (ENTRIES, r"\left[ \frac{\partial E}{\partial r_i} \right]_i = W^T \times \frac{\partial E}{\partial u}"),
    (ENTRIES, r"\left[ \frac{\partial E}{\partial w_{ji}} \right]_{ji} = \frac{\partial E}{\partial u} \times r^T"),
    (ENTRIES, r"\left[ \frac{\partial E}{\partial u_i} \right]_i = K \times \frac{\partial E}{\partial s}"),
    (CLASSES, r"\nabla_W = \frac{1}{M} (Q-T)^T X"),
    (CLASSES, r"\nabla_b = \frac{1}{M} \sum_{i=1}^M (Q_i - T_i)"),
]


@pytest.mark.parametrize(("document", "formula"), TRUE, ids=[formula for _, formula in TRUE])
def test_a_true_formula_is_proved(tmp_path, document, formula):
    verdict = judged(tmp_path, document, formula)
    assert verdict.verdict == "proved", verdict.reason


FALSE = [
    (SLIDING, r"\frac{\partial E}{\partial K_{b,a,u}} = \sum_{i} \frac{\partial E}{\partial R_{b,i}} S_{a,i-u}"),
    (SLIDING, r"\frac{\partial E}{\partial S_{a,p}} = \sum_{b} \sum_{i} \frac{\partial E}{\partial R_{b,i}} K_{b,a,p+i}"),
    (SLIDING, r"\frac{\partial E}{\partial S_{a,p}} = \sum_{b} \sum_{i} \frac{\partial E}{\partial R_{b,i}} K_{b,a,i-p}"),
    (
        SLIDING,
        r"\frac{\partial R_{b,i}}{\partial S_{a,p}} = \begin{cases} K_{b,a,p-i} & \text{if } 0 \le p-i < M \\ 0 & \text{otherwise} \end{cases}",
    ),
    (ENTRIES, r"\left[ \frac{\partial E}{\partial w_{ji}} \right]_{ij} = \frac{\partial E}{\partial u} \times r^T"),
    (ENTRIES, r"\left[ \frac{\partial E}{\partial u_i} \right]_i = -K \times \frac{\partial E}{\partial s}"),
    (ENTRIES, r"\left[ \frac{\partial E}{\partial r_i} \right]_i = W \times \frac{\partial E}{\partial u}"),
    (CLASSES, r"\nabla_W = \frac{1}{M} (T-Q)^T X"),
    (CLASSES, r"\nabla_W = (Q-T)^T X"),
    (CLASSES, r"\nabla_W = \frac{1}{M} X^T (Q-T)"),
    (CLASSES, r"\nabla_b = \sum_{i=1}^M (Q_i - T_i)"),  # whether Q_i is a row or a column is open: undecided
    (CLASSES, r"\nabla_b = \frac{1}{M} \sum_{i=1}^M (T_i - Q_i)"),
]


@pytest.mark.parametrize(("document", "formula"), FALSE, ids=[formula for _, formula in FALSE])
def test_a_planted_error_is_never_proved(tmp_path, document, formula):
    is_open = "Q_i" in formula or "cases" in formula  # of bounds that are not those of the index nothing is concluded
    assert judged(tmp_path, document, formula).verdict == ("undecided" if is_open else "refuted")


@pytest.mark.parametrize("document", [ENTRIES, CLASSES, SLIDING])
def test_a_true_document_has_nothing_refuted(tmp_path, document):
    wrong = [(verdict.latex, verdict.reason) for verdict in whole(tmp_path, document).formulas if verdict.verdict == "refuted"]
    assert not wrong
