"""Corrections in the author's own text: what was not wrong stays letter by letter."""

import pytest

from symback.verification.definitions import chains_of
from symback.verification.judge import verify
from symback.verification.parser import ParseError, parse
from symback.verification.splicing import edits_between, in_authors_text, spliced

WEIGHT = r"\dfrac{\partial C}{\partial w^l_{jk}} &= a_k^{l}\,\delta_j^l"  # the layer of a is wrong


def correction_of(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    (found,) = [verdict for verdict in verify(page).formulas if verdict.correction]
    return found


@pytest.mark.parametrize(
    ("printed", "corrected", "expected"),
    [
        (r"c\,=\,\left(a + b\right)x", r"c=(a-b)x", r"c\,=\,\left(a - b\right)x"),
        (r"\mathbf{a}\;+\;b", r"\mathbf{a} - b", r"\mathbf{a}\;-\;b"),
        (r"y = W^T\!\delta", r"y = W\delta", r"y = W\!\delta"),
        (r"y = \dfrac{a}{b}\,c\,d", r"y = \frac{a}{b} d", r"y = \dfrac{a}{b}\,d"),
        (r"\alpha b", r"a b", "a b"),
        (r"a b", r"\alpha b", r"\alpha b"),
        (r"ab", r"\alpha b", r"\alpha b"),
        (r"y=-\dfrac xn", r"y=\dfrac xn", r"y=\dfrac xn"),
    ],
)
def test_only_what_differs_is_exchanged(printed, corrected, expected):
    text = spliced(printed, edits_between(printed, parse(printed), parse(corrected)))
    assert parse(text) == parse(corrected)
    assert text.replace(" ", "") == expected.replace(" ", "")


def test_a_text_that_would_read_otherwise_is_not_given():
    tree = parse("a + b")
    assert in_authors_text("a + b", tree, [(tree.children[2], parse("c"))], parse) == "a + c"
    assert in_authors_text("a + b", tree, [(tree.children[2], parse("c"))], lambda text: tree) == ""


def test_one_wrong_place_of_a_display_is_changed_and_the_rest_stays():
    first = r"\delta^l &= ((W^{l+1})^T\,\delta^{l+1}) \odot \sigma'(z^l)"
    rows = rf"\begin{{align}}{first}\\ {WEIGHT}\end{{align}}"
    found = verify(rows).formulas[0]
    assert found.verdict == "refuted"
    assert found.correction.replace(" ", "") == rows.replace("a_k^{l}", "a_k^{l-1}").replace(" ", "")


def test_every_wrong_place_of_a_display_is_changed():
    rows = rf"\begin{{align}}\dfrac{{\partial C}}{{\partial b^l}} &= \delta^{{l+1}}\\ {WEIGHT}\end{{align}}"
    wanted = rows.replace("a_k^{l}", "a_k^{l-1}").replace(r"= \delta^{l+1}", r"= \delta^{l}")
    assert verify(rows).formulas[0].correction.replace(" ", "") == wanted.replace(" ", "")


def test_macros_of_the_author_stay(tmp_path):
    text = r"""
$\newcommand{\der}[2]{\frac{\partial #1}{\partial #2}}$

$$z^l = W^l a^{l-1} + b^l, \qquad a^l = \sigma(z^l)$$

$$\der{C}{a^{l-1}} = W^l\,\der{C}{z^l}$$
"""
    found = correction_of(tmp_path, text)
    assert found.verdict == "refuted"
    assert found.correction.startswith(r"\der{C}{a^{l-1}} = ") and found.correction.endswith(r"\der{C}{z^l}")


def test_a_product_beside_a_matrix_misses_its_diagonal():
    found = verify(r"\frac{\partial z^{l+1}}{\partial z^l} = W^{l+1} \cdot \sigma'(z^l)").formulas[0]
    assert found.verdict == "refuted" and found.diagnosis == "missing diag"
    assert verify(found.correction).formulas[0].verdict == "proved"


def test_a_link_of_a_chain_rule_is_mended():
    found = verify(r"\frac{\partial C}{\partial b^l} = \frac{\partial C}{\partial z^l} \frac{\partial z^l}{\partial a^{l-1}}").formulas[0]
    assert found.verdict == "refuted"
    assert verify(found.correction).formulas[0].verdict == "proved"


NETWORK = r"""
The layers are $z^l = W^l a^{l-1} + b^l$ and $a^l = \sigma(z^l)$, and $p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$.

$$PLANTED$$
"""


@pytest.mark.parametrize(
    ("planted", "correction"),
    [
        (r"q_i = \frac{e^{u_i}}{\sum_{j=1}^{n} e^{u_i}}", r"q_i = \frac{e^{u_i}}{\sum_{j=1}^{n} e^{u_j}}"),
        (r"\frac{\sigma(x)}{\partial x} = \sigma'(x)", r"\frac{\partial \sigma(x)}{\partial x} = \sigma'(x)"),
    ],
)
def test_what_is_malformed_is_refuted_whatever_the_document_says(tmp_path, planted, correction):
    found = correction_of(tmp_path, NETWORK.replace("PLANTED", planted))
    assert found.verdict == "refuted" and found.correction == correction


@pytest.mark.parametrize(
    "true",
    [
        r"q_i = \frac{e^{u_i}}{\sum_{j=1}^{n} e^{u_j}}",
        r"q = \frac{u_i}{\sum_{i=1}^{n} u_i}",
        r"\frac{\partial\sigma(x)}{\partial x} = \sigma'(x)",
        r"\frac{d\sigma(x)}{dx} = \sigma'(x)",
        r"\frac{1}{\partial x} \partial \sigma(x) = \sigma'(x)",
    ],
)
def test_what_is_well_formed_is_not(tmp_path, true):
    page = tmp_path / "page.md"
    page.write_text(NETWORK.replace("PLANTED", true), encoding="utf-8")
    assert all(verdict.verdict != "refuted" for verdict in verify(page).formulas)


def test_a_sum_over_an_index_that_stands_elsewhere_in_its_terms_is_corrected(tmp_path):
    page = r"""
$$y_i = \frac{e^{x_i}}{\sum_{k=1}^{n} e^{x_k}}$$

$$E = -\sum_{i=1}^{n} t_i \ln y_i$$

$$\frac{\partial E}{\partial x_i} = \sum_{j=1}^{n} \frac{\partial E}{\partial y_i} \cdot \frac{\partial y_i}{\partial x_i}$$
"""
    found = correction_of(tmp_path, page)
    assert found.verdict == "refuted" and found.diagnosis == "index"
    assert found.correction.replace(" ", "").endswith(r"\frac{\partialE}{\partialy_j}\cdot\frac{\partialy_j}{\partialx_i}")


@pytest.mark.parametrize(
    ("rows", "read"),
    [
        (r"u &= vw \\ x &= \frac{y \\ z &= ab", 2),
        (r"u &= \frac{v \\ x &= ay \\ z &= ab", 2),
        (r"u &= vw \\ x &= ay )", 2),
        (r"u &= (v \\ &+ w) \\ x &= ay", 2),
    ],
)
def test_a_row_that_cannot_be_read_does_not_lose_the_others(rows, read):
    assert len(list(chains_of(parse(rf"\begin{{align}} {rows} \end{{align}}")))) == read


@pytest.mark.parametrize("text", [r"\begin{align} a &= \frac{b \end{align}", r"\begin{matrix} a \\ \frac{b \end{matrix}", "a = b)"])
def test_what_has_no_other_row_is_unreadable(text):
    with pytest.raises(ParseError):
        parse(text)


def test_a_display_with_a_row_that_cannot_be_read_is_never_proved():
    display = r"\begin{align} \delta^l &= ((W^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l) \\ c &= \frac{d \end{align}"
    assert verify(display).formulas[0].verdict == "undecided"
    assert verify(display.replace(r"\sigma'", r"\sigma")).formulas[0].verdict == "refuted"
