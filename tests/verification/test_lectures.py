r"""How a lecture writes: matrices written out, sizes beneath them, examples of two neurons, an equation in several spellings.

Each true line stands beside a planted error that must not be proved.
"""

import pytest

from symback.verification.judge import verify

LAYERS = r"""
$$z^l = W^l a^{l-1} + b^l$$

$$a^l = \sigma(z^l)$$

$$\delta^l = \frac{\partial C}{\partial z^l}$$
"""

SLOPES = r"\frac{\partial a^L}{\partial z^L} = \begin{bmatrix} \sigma'(z^L_1) & 0 \\ 0 & \sigma'(z^L_2) \end{bmatrix}"
WEIGHTS = r"""W^L_{n \times m} = \begin{bmatrix}
w_{0,0}^L & w_{0,1}^L & \cdots & w_{0,m-1}^L \\
w_{1,0}^L & w_{1,1}^L & \cdots & w_{1,m-1}^L \\
\vdots & \vdots & \ddots & \vdots \\
w_{n-1,0}^L & w_{n-1,1}^L & \cdots & w_{n-1,m-1}^L
\end{bmatrix}_{SIZE}"""


def last(tmp_path, text, formula):
    """The verdict on the last formula of a page."""
    page = tmp_path / "page.md"
    page.write_text(f"{text}\nso\n\n$${formula}$$\n")
    return verify(page).formulas[-1]


@pytest.mark.parametrize(
    ("entries", "verdict"),
    [
        (r"z^l_1 \\ z^l_2", "proved"),
        (r"z^l_0 \\ z^l_1 \\ z^l_2", "proved"),
        (r"z^l_2 \\ z^l_1", "undecided"),
        (r"z^l_2 \\ z^l_3", "undecided"),
        (r"z^l_1 \\ z^l_1", "undecided"),
    ],
)
def test_entries_are_a_whole_if_they_are_all_of_them_in_their_order(tmp_path, entries, verdict):
    assert last(tmp_path, LAYERS, rf"z^l = \begin{{bmatrix}} {entries} \end{{bmatrix}}").verdict == verdict


def test_rows_in_another_order_are_another_matrix(tmp_path):
    first, second = r"\delta^l_1 a^{l-1}_1 & \delta^l_1 a^{l-1}_2", r"\delta^l_2 a^{l-1}_1 & \delta^l_2 a^{l-1}_2"
    product = r"\delta^l (a^{l-1})^T = \begin{bmatrix} ONE \\ OTHER \end{bmatrix}"
    assert last(tmp_path, LAYERS, product.replace("ONE", first).replace("OTHER", second)).verdict == "proved"
    assert last(tmp_path, LAYERS, product.replace("ONE", second).replace("OTHER", first)).verdict != "proved"


def test_a_small_diagonal_matrix_is_written_out(tmp_path):
    assert last(tmp_path, LAYERS, SLOPES).verdict == "proved"
    assert last(tmp_path, LAYERS, SLOPES.replace("z^L_2", "z^L_1")).verdict != "proved"
    assert last(tmp_path, LAYERS, SLOPES.replace(r"\sigma'", r"\sigma")).verdict != "proved"


@pytest.mark.parametrize(
    ("size", "verdict"), [(r"2 \times 2", "proved"), (r"n \times n", "proved"), (r"3 \times 3", "refuted"), (r"2 \times 3", "refuted")]
)
def test_the_size_of_a_matrix_that_is_written_out_is_counted(tmp_path, size, verdict):
    assert last(tmp_path, LAYERS, SLOPES + rf"\in \mathbb{{R}}^{{{size}}}").verdict == verdict


@pytest.mark.parametrize(("size", "verdict"), [(r"n \times m", "proved"), (r"m \times n", "refuted")])
def test_a_size_beneath_a_matrix_is_no_index_and_must_be_right(tmp_path, size, verdict):
    assert last(tmp_path, LAYERS, WEIGHTS.replace("SIZE", size)).verdict == verdict


def test_an_equation_that_cannot_be_read_is_read_where_it_stands_in_another_spelling(tmp_path):
    page = r"""
$$z_j^{(L)} = \sum_{i=0}^{m-1} w_{ji}^{(L)} a_i^{(L-1)} + b_j^{(L)}$$

$$a_j^{(L)} = \sigma(z_j^{(L)})$$

$$z_j^{(L)} = w_{j,0}^{(L)} \times a_0^{(L-1)} + w_{j,1}^{(L)} \times a_1^{(L-1)} + \cdots + w_{j,i}^{(L)} \times a_i^{(L-1)} + \cdots
 + w_{j,k}^{(L)} \times a_k^{(L-1)} + b_j$$
"""
    slope = r"\frac{\partial z_j^{(L)}}{\partial a_k^{(L-1)}} = w_{jk}^{(L)}"
    assert last(tmp_path, page, slope).verdict == "proved"
    assert last(tmp_path, page, slope.replace("w_{jk}", "w_{kj}")).verdict == "undecided"
