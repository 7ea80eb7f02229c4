"""Whole pages, word by word."""

from symback.network import Network
from symback.pipeline import derive, derive_generic
from symback.presentation import render


def test_the_page_of_2_3_2(golden):
    golden("2-3-2.txt", render(derive(Network.from_spec("2-3-2")), "text"))


def test_the_page_of_p_m_n_with_softmax_in_latex(golden):
    network = Network.from_spec("p-m-n", activation="relu, softmax", cost="cross_entropy")
    golden("p-m-n.tex", render(derive(network), "latex"))


def test_the_page_of_every_depth(golden):
    golden("generic.txt", render(derive_generic(Network.from_spec("n_0-...-n_L", activation="sigma", cost="C")), "text"))


def test_the_batch_of_p_m_n_in_markdown(golden):
    golden("batch.md", render(derive(Network.from_spec("p-m-n"), batch=True), "markdown", layout="row"))
