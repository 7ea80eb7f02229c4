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


def last(tmp_path, text, formula, before="so"):
    """The verdict on the last formula of a page."""
    page = tmp_path / "page.md"
    page.write_text(f"{text}\n{before}\n\n$${formula}$$\n")
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


def test_entries_belong_to_the_layer_that_was_stated_for_them(tmp_path):
    page = (
        LAYERS
        + r"""
If $\delta^L = \begin{bmatrix} \delta_1 \\ \delta_2 \end{bmatrix}$ and $a^{L-1} = \begin{bmatrix} a_1 \\ a_2 \\ a_3 \end{bmatrix}$, then
"""
    )
    rows = r"\delta_1 a_1 & \delta_1 a_2 & \delta_1 a_3 \\ \delta_2 a_1 & \delta_2 a_2 & \delta_2 a_3"
    product = rf"\delta^L (a^{{L-1}})^T = \begin{{bmatrix}} {rows} \end{{bmatrix}}"
    assert last(tmp_path, page, product).verdict == "proved"
    assert last(tmp_path, page, product.replace(r"\delta_2 a_3", r"\delta_3 a_2")).verdict != "proved"
    assert last(tmp_path, page.replace("a^{L-1}", "a^L"), product).verdict != "proved"


def test_a_chain_that_leads_to_a_number_keeps_no_layout(tmp_path):
    page = LAYERS + r"$$z^l_j = \sum_k w^l_{jk} a^{l-1}_k + b^l_j$$"
    factors = r"\frac{\partial C}{\partial a^l} \frac{\partial a^l}{\partial z^l} \frac{\partial z^l}{\partial b^l_1}"
    chain = r"\frac{\partial C}{\partial b^l_1} = " + factors
    assert last(tmp_path, page, chain).verdict == "proved"
    swapped = chain.replace(
        r"\frac{\partial C}{\partial a^l} \frac{\partial a^l}{\partial z^l}",
        r"\frac{\partial a^l}{\partial z^l} \frac{\partial C}{\partial a^l}",
    )
    assert last(tmp_path, page, swapped).verdict != "proved"
    assert (
        last(tmp_path, page, chain.replace(r"\frac{\partial a^l}{\partial z^l}", r"\frac{\partial a^l}{\partial z^{l-1}}")).verdict
        != "proved"
    )


def test_an_average_of_costs_may_be_told_in_words(tmp_path):
    words = "The cost of all is the average cost of all examples:"
    mean = r"\frac{\partial C}{\partial w^L} = \frac{1}{n} \sum_{k=0}^{n-1} \frac{\partial C_k}{\partial w^L}"
    assert last(tmp_path, LAYERS, mean, words).verdict == "proved"
    assert last(tmp_path, LAYERS, mean, "The cost of all examples:").verdict == "undecided"
    slips = [("n-1", "n"), (r"\frac{1}{n}", ""), (r"\frac{1}{n}", r"\frac{1}{m}"), (r"C_k}{\partial w", r"C_k}{\partial b"), ("C_k", "C_j")]
    for right, wrong in slips:
        assert right in mean
        assert last(tmp_path, LAYERS, mean.replace(right, wrong), words).verdict != "proved"


def test_a_gradient_without_a_name_beneath_it_collects_derivatives(tmp_path):
    first, last_one = r"\frac{\partial C}{\partial W^1} \\ \frac{\partial C}{\partial b^1}", r"\frac{\partial C}{\partial b^L}"
    gradient = rf"\nabla C = \begin{{bmatrix}} {first} \\ \vdots \\ {last_one} \end{{bmatrix}}"
    assert last(tmp_path, LAYERS, gradient).verdict == "definition"
    assert last(tmp_path, LAYERS, gradient.replace("W^1", "b^1")).verdict == "undecided"
    assert last(tmp_path, LAYERS, gradient.replace(r"\partial C}{\partial W^1", r"\partial a}{\partial W^1")).verdict == "undecided"
