r"""The judge of single formulas and small documents: what it says beyond true and false."""

import time

import pytest

from symback.errors import SymbackError
from symback.network import Network
from symback.verification.judge import verify


def judged(tmp_path, text: str) -> list:
    """The verdicts on a small Markdown document."""
    path = tmp_path / "page.md"
    path.write_text(text)
    return list(verify(path).formulas)


def test_a_correction_is_in_the_notation_of_the_author():
    found = verify(r"\delta^{(l)} = -(W^{(l+1)})^T \delta^{(l+1)} \odot \sigma'(z^{(l)})").formulas[0]
    assert found.verdict == "refuted" and found.diagnosis == "sign"
    assert found.correction == r"\delta^{(l)} = (W^{(l+1)})^T \delta^{(l+1)} \odot \sigma'(z^{(l)})"


def test_a_given_network_decides_the_cost():
    formula = r"\delta^L = (a^L - y) \odot \sigma'(z^L)"
    assert verify(formula, network="2-3-2").formulas[0].verdict == "proved"
    twice = verify(r"\delta^L = 2 (a^L - y) \odot \sigma'(z^L)", network="2-3-2").formulas[0]
    assert twice.verdict == "refuted"


def test_an_unknown_network_is_refused_in_words():
    with pytest.raises(SymbackError, match="one activation in all hidden layers"):
        verify("a = b", network=Network.from_spec("2-3-2", activation="gelu"))


def test_the_cost_in_force_is_the_one_stated_last_and_an_earlier_one_makes_a_claim_conditional(tmp_path):
    page = """
$z^L = W^L a^{L-1} + b^L$ and $a^L = \\sigma(z^L)$ with $C = \\sum_j (a_j^L - y_j)^2$.

$$\\frac{\\partial C}{\\partial a^L_j} = 2 (a^L_j - y_j)$$

From now on $C = \\frac12 \\|a^L - y\\|^2$.

$$\\frac{\\partial C}{\\partial a^L_j} = a^L_j - y_j$$

$$\\frac{\\partial C}{\\partial a^L_j} = 2 (a^L_j - y_j)$$
"""
    verdicts = [verdict.verdict for verdict in judged(tmp_path, page)]
    assert verdicts[3:] == ["proved", "definition", "proved", "conditional"]


def test_every_member_of_a_chain_is_checked(tmp_path):
    page = """
$$z = W x + b, \\quad a = \\sigma(z)$$

$$\\frac{\\partial C}{\\partial x} = W \\frac{\\partial C}{\\partial z} = W^T \\frac{\\partial C}{\\partial z}$$
"""
    assert judged(tmp_path, page)[-1].verdict == "refuted"


def test_nothing_is_refuted_by_a_cost_that_the_document_does_not_state(tmp_path):
    page = "$$z^l = W^l a^{l-1} + b^l, \\quad a^l = \\sigma(z^l)$$\n\n$$\\delta^L = 3 (a^L - y)$$\n"
    assert judged(tmp_path, page)[-1].verdict == "undecided"


def test_a_formula_that_is_too_long_is_not_judged_and_ends_quickly():
    began = time.process_time()
    found = verify(" + ".join(["a_i"] * 3000) + " = 0").formulas[0]
    assert found.verdict in ("undecided", "unreadable", "mention") and time.process_time() - began < 5


@pytest.mark.parametrize(
    "text", ["", "=", "a =", r"\frac{}{}", "x" * 400, "a" * 260 + ".md", r"\sum_{i=1}^{10^{10^{10}}} i = 3", "δ^l = ∂C/∂z^l"]
)
def test_texts_that_are_hardly_formulas_get_a_verdict_and_no_exception(text):
    assert verify(text).formulas[0].verdict in ("undecided", "unreadable", "mention", "definition", "refuted", "proved")


def test_a_sum_over_time_that_leaves_a_step_out_is_not_proved(tmp_path):
    page = "$$a_t = W h_{t-1} + U x_t + b$$\n\n$$h_t = \\tanh(a_t)$$\n\n$$\\frac{\\partial L}{\\partial U} = \\sum_{t=%s} \\frac{\\partial L}{\\partial a_t} x_t^T$$\n"
    verdicts = [judged(tmp_path, page % bounds)[-1].verdict for bounds in ("1}^{T", "2}^{T", "1}^{T-1")]
    assert verdicts[0] == "proved" and "proved" not in verdicts[1:]
