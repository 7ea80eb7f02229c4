"""What symback's own pages taught the judge: norms, the Kronecker delta beside errors, factors that hold the others fixed, printed sizes.

Each law stands here twice: what is true is proved, and the false neighbour is refuted.
"""

from pathlib import Path

import pytest

import symback as sb

LAYERS = "$$z^L = W^L a^{L-1} + b^L$$\n\n$$a^L = \\sigma(z^L)$$\n\n"
NORM_SIGNS = ((r"\|", r"\|"), (r"\lVert", r"\rVert"), (r"\left\lVert", r"\right\rVert"))
BAR_SIGNS = (("|", "|"), (r"\lvert", r"\rvert"), (r"\left|", r"\right|"))


def last_verdict(folder: Path, page: str, claim: str) -> str:
    """The verdict on a claim at the end of a page."""
    path = folder / "page.md"
    path.write_text(f"{page}\n\n$$\n{claim}\n$$\n", encoding="utf-8")
    return sb.verify(path).formulas[-1].verdict


@pytest.mark.parametrize(("opening", "closing"), NORM_SIGNS + BAR_SIGNS)
def test_a_squared_norm_is_the_sum_of_the_squares(opening: str, closing: str, tmp_path: Path):
    assert last_verdict(tmp_path, LAYERS, rf"{opening} a^L - y {closing}^2 = \sum_j (a_j^L - y_j)^2") == "proved"
    assert last_verdict(tmp_path, LAYERS, rf"{opening} W^L {closing}_F^2 = \sum_{{j,k}} (w^L_{{jk}})^2") == "proved"
    assert last_verdict(tmp_path, LAYERS, rf"{opening} z^L {closing}^2 = 2 \sum_j (z_j^L)^2") == "refuted"


@pytest.mark.parametrize(("opening", "closing"), NORM_SIGNS)
def test_a_squared_norm_is_no_vector(opening: str, closing: str, tmp_path: Path):
    assert last_verdict(tmp_path, LAYERS, rf"{opening} a^L - y {closing}^2 = (a^L - y)^2") == "refuted"


@pytest.mark.parametrize(("opening", "closing"), NORM_SIGNS + BAR_SIGNS)
def test_an_odd_power_of_an_absolute_value_is_not_that_of_the_number(opening: str, closing: str, tmp_path: Path):
    assert last_verdict(tmp_path, LAYERS, rf"{opening} z_j^L {closing}^3 = (z_j^L)^3") != "proved"
    assert last_verdict(tmp_path, LAYERS, rf"{opening} z_j^L {closing}^2 = (z_j^L)^2") == "proved"


NUMBERED_ERRORS = (
    "$$z^{1} = W^{1} x + b^{1}$$\n\n$$a^{1} = \\sigma(z^{1})$$\n\n$$C = \\frac{1}{2} \\sum_j (a^{1}_j - y_j)^2$$\n\n"
    "$$\\delta^{1}_j = \\frac{\\partial C}{\\partial z^{1}_j}$$\n"
)


def test_two_indices_and_no_layer_make_a_kronecker_delta_beside_errors_with_layers(tmp_path: Path):
    true = r"\frac{\partial a^{1}_j}{\partial z^{1}_k} = \delta_{jk} \sigma'(z^{1}_k)"
    assert last_verdict(tmp_path, NUMBERED_ERRORS, true) == "proved"
    assert last_verdict(tmp_path, NUMBERED_ERRORS, true.replace(r"\delta_{jk}", r"2 \delta_{jk}")) == "refuted"


def test_errors_of_samples_with_two_indices_stay_errors(tmp_path: Path):
    page = r"$$p_{ij} = \frac{e^{z_{ij}}}{\sum_k e^{z_{ik}}}$$ $$C = -\sum_i \sum_j y_{ij} \log p_{ij}$$ with $\sum_j y_{ij} = 1$"
    page += "\n\n$$\\delta_{ij} = \\frac{\\partial C}{\\partial z_{ij}}$$\n"
    assert last_verdict(tmp_path, page, r"\delta_{ij} = p_{ij} - y_{ij}") == "proved"
    assert last_verdict(tmp_path, page, r"\delta_{ij} = 2 (p_{ij} - y_{ij})") == "refuted"


def test_an_error_that_is_nowhere_introduced_is_not_refuted_as_a_kronecker_delta(tmp_path: Path):
    assert last_verdict(tmp_path, r"$$p_{ij} = \frac{e^{z_{ij}}}{\sum_k e^{z_{ik}}}$$", r"\delta_{ij} = p_{ij} - y_{ij}") != "refuted"


FACTORS = "A factor of a chain rule is the derivative of one equation: the other quantities in it are held fixed."


def page_of(network: sb.Network) -> str:
    """The Markdown of a network's derivation."""
    return sb.render(sb.derive(network), format="markdown")


def verdicts(folder: Path, page: str) -> set[str]:
    """What `verify` says of the formulas of a page."""
    path = folder / "page.md"
    path.write_text(page, encoding="utf-8")
    return {found.verdict for found in sb.verify(path).formulas}


def residual() -> sb.Network:
    """A shortcut around two layers: a^2 depends on a^0 in two ways."""
    return sb.Network(inputs=3, layers=[sb.Residual([sb.Dense(4, "relu"), sb.Dense(3)]), sb.Dense(2)])


def test_every_formula_of_a_page_with_a_shortcut_is_proved(tmp_path: Path):
    assert verdicts(tmp_path, page_of(residual())) <= {"proved", "definition", "mention"}


DIRECT = r"\frac{\partial a^{2}_{j}}{\partial a^{0}_{k}} = \delta_{jk}"
WHOLE = r"\frac{\partial C}{\partial a^{0}_j} = \sum_k w^{1}_{kj} \delta^{1}_k + \frac{\partial C}{\partial a^{2}_j}"


def test_a_factor_is_the_whole_derivative_where_no_page_says_otherwise(tmp_path: Path):
    forward, _, _ = page_of(residual()).partition("## Backward")
    assert FACTORS in forward
    assert last_verdict(tmp_path, forward, DIRECT) == "proved"
    everything = "The partial derivative is taken while everything else is held constant."
    for said in ("", FACTORS.replace("are held", "are not held"), everything):
        assert last_verdict(tmp_path, forward.replace(FACTORS, said), DIRECT) == "conditional"


def test_a_false_derivative_is_refuted_although_factors_hold_the_others_fixed(tmp_path: Path):
    forward, _, _ = page_of(residual()).partition("## Backward")
    assert last_verdict(tmp_path, forward, DIRECT.replace(r"\delta", r"2 \delta")) == "refuted"
    assert last_verdict(tmp_path, forward, WHOLE) == "proved"
    assert last_verdict(tmp_path, forward, WHOLE.replace(r" + \frac{\partial C}{\partial a^{2}_j}", "")) == "refuted"


def test_only_pages_that_need_it_speak_of_what_factors_hold_fixed():
    assert FACTORS not in page_of(sb.Network.from_spec("2-3-2"))


def normalised() -> str:
    """The page of a network with layer normalisation, before its backward pass."""
    network = sb.Network(inputs=3, layers=[sb.Dense(4), sb.LayerNorm(), sb.Dense(2)])
    return page_of(network).partition("## Backward")[0]


SPREAD = r"\frac{\partial s^{2}}{\partial a^{1}_{j}} = \frac{a^{1}_{j} - \mu^{2}}{4 s^{2}}"
INPUT = (
    r"\frac{\partial C}{\partial a^{1}_{j}} = \frac{1}{s^{2}} \left( \frac{\partial C}{\partial \hat{x}^{2}_{j}}"
    r" - \frac{1}{4} \sum_{k=1}^{4} \frac{\partial C}{\partial \hat{x}^{2}_{k}}"
    r" - \frac{1}{4} \hat{x}^{2}_{j} \sum_{k=1}^{4} \frac{\partial C}{\partial \hat{x}^{2}_{k}} \hat{x}^{2}_{k} \right)"
)


@pytest.mark.parametrize("claim", [SPREAD, INPUT])
def test_a_size_that_the_page_prints_is_the_size_of_its_layer(claim: str, tmp_path: Path):
    assert last_verdict(tmp_path, normalised(), claim) == "proved"
    other = claim.replace(r"{4 s^{2}}", r"{3 s^{2}}").replace(r"\frac{1}{4} \hat", r"\frac{1}{3} \hat")
    assert last_verdict(tmp_path, normalised(), other) == "refuted"


def test_a_wrong_bound_elsewhere_does_not_refute_what_is_true_at_the_printed_size(tmp_path: Path):
    misprint = "\n\n$$\\sum_{k=1}^{3} \\hat{x}^{2}_{k} \\hat{x}^{2}_{k} = \\sum_{k=1}^{3} (\\hat{x}^{2}_{k})^2$$\n"
    assert last_verdict(tmp_path, normalised() + misprint, INPUT) != "refuted"


def test_a_decimal_of_the_equations_is_a_constant_and_another_is_an_example(tmp_path: Path):
    root = r"\sqrt{0.00001 + \frac{1}{4} \sum_{k=1}^{4} (a^{1}_{k} - \mu^{2})^{2}}"
    claim = SPREAD.replace("4 s^{2}", f"4 {root}")
    assert last_verdict(tmp_path, normalised(), claim) == "proved"
    assert last_verdict(tmp_path, normalised(), claim.replace("0.00001", "0.0001")) == "undecided"
    example = "$$z = w x + b$$\n\n$$C = 0.5 (z - y)^2$$\n\nHere the error is 0.5, so"
    assert last_verdict(tmp_path, example, r"\frac{\partial C}{\partial w} = 0.5 x") != "refuted"


LAYER_WITH_G = "$$z^1 = W^1 x + b^1$$\n\n$$a^1 = g(z^1)$$\n\n"


@pytest.mark.parametrize(
    ("function", "slope", "wrong"),
    [
        ("z^3", "3 z^2", "3 z^3"),
        ("e^{-z^{2}}", "-2 z e^{-z^{2}}", "-z e^{-z^{2}}"),
        (r"\operatorname{erf}(z)", r"\frac{2}{\sqrt{\pi}} e^{-z^2}", r"\frac{1}{\sqrt{\pi}} e^{-z^2}"),
    ],
)
def test_a_number_above_the_parameter_of_a_function_is_a_power_and_no_layer(function: str, slope: str, wrong: str, tmp_path: Path):
    page = LAYER_WITH_G + f"$$g(z) = {function}$$"
    assert last_verdict(tmp_path, page, f"g'(z) = {slope}") == "proved"
    assert last_verdict(tmp_path, page, f"g'(z) = {wrong}") == "refuted"


def test_a_number_above_what_a_cost_is_a_function_of_stays_its_layer(tmp_path: Path):
    page = "$$z^2 = W^2 a^1 + b^2$$\n\n$$a^2 = \\sigma(z^2)$$\n\n$$J(a) = (a^2 - y)^2$$"
    assert last_verdict(tmp_path, page, r"\frac{\partial J}{\partial a^2} = 2 (a^2 - y)") == "proved"


def test_pi_with_scripts_or_an_argument_is_no_circle_number(tmp_path: Path):
    assert last_verdict(tmp_path, LAYER_WITH_G + r"A policy is $\pi(a)$.", r"\sin(\pi) = 0") != "proved"


def test_what_is_equal_for_all_values_is_proved_whatever_its_decimals_are(tmp_path: Path):
    page = LAYER_WITH_G + "$$g(z) = z^3 + 0.25 z^2$$"
    assert last_verdict(tmp_path, page, "g'(z) = 3 z^2 + 0.5 z") == "proved"
    assert last_verdict(tmp_path, page, "g'(z) = 3 z^2 + 0.75 z") == "undecided"


@pytest.mark.parametrize("activation", ["gelu", "gelu_tanh"])
def test_pages_with_gelu_are_read_back(activation: str, tmp_path: Path):
    network = sb.Network.from_spec("2-1", activation=activation)
    assert verdicts(tmp_path, page_of(network)) <= {"proved", "definition", "mention"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hidden", "cost"),
    [("tanh", "cross_entropy_from_logits"), ("log_softmax", "binary_cross_entropy_from_logits")],
)
def test_pages_with_a_cost_of_logits_say_what_it_makes_of_them(hidden: str, cost: str, tmp_path: Path):
    network = sb.Network.from_spec("1-2-2", activation=[hidden, "identity"], cost=cost)
    page = page_of(network)
    assert verdicts(tmp_path, page) <= {"proved", "definition", "mention"}
    letter = "Q" if hidden == "log_softmax" else "P"  # a log-softmax layer has its own P^l
    batch = page.partition("## The average over a batch")[2]
    assert f"{letter} &= " in batch
    assert "refuted" in verdicts(tmp_path, page.replace(rf"\Delta^{{L}} &= {letter} - Y", rf"\Delta^{{L}} &= Y - {letter}"))


def with_penalty(notation: str) -> str:
    """The page of a network with a cost C = C_0 + a penalty."""
    network = sb.Network(inputs=3, layers=[sb.Dense(4, "tanh"), sb.Dense(2)], l1="0.3")
    return sb.render(sb.derive(network), format="markdown", notation=notation)


GRADIENT = (
    r"\frac{\partial C}{\partial w^{2}_{jk}} = \frac{\partial C_{0}}{\partial w^{2}_{jk}} + \frac{3}{10} \operatorname{sgn}(w^{2}_{jk})"
)
BIAS = (
    r"\frac{\partial C}{\partial b^{1}_{j}}"
    r" = \sum_{k=1}^{4} \frac{\partial C_{0}}{\partial z^{1}_{k}} \frac{\partial z^{1}_{k}}{\partial b^{1}_{j}}"
)


@pytest.mark.parametrize("claim", [GRADIENT, BIAS, r"\nabla_{b^{1}} C = \nabla_{b^{1}} C_{0}"])
def test_a_cost_that_is_another_one_and_more_is_derived_as_a_whole(claim: str, tmp_path: Path):
    forward, _, _ = with_penalty("nielsen").partition("## Backward")
    assert last_verdict(tmp_path, forward, claim) == "proved"
    left, _, right = claim.partition(" = ")
    assert last_verdict(tmp_path, forward, f"{left} = 2 ({right})") in ("refuted", "undecided")


def test_the_part_of_a_cost_without_the_penalty_is_not_the_whole(tmp_path: Path):
    forward, _, _ = with_penalty("nielsen").partition("## Backward")
    assert last_verdict(tmp_path, forward, r"\nabla_{W^{1}} C = \nabla_{W^{1}} C_{0}") == "refuted"


@pytest.mark.parametrize("notation", ["nielsen", "ng"])
def test_pages_with_a_penalty_are_read_back(notation: str, tmp_path: Path):
    before, _, _ = with_penalty(notation).partition("## Every layer")
    assert verdicts(tmp_path, before) <= {"proved", "definition", "mention"}


BEGUN = LAYER_WITH_G + r"$$g(z) = \begin{cases} 1.05070098\ldots z & \text{if } z > 0 \\ 1.7581 z & \text{otherwise} \end{cases}$$"


def test_a_number_of_which_the_first_digits_are_printed_is_a_number_and_no_other(tmp_path: Path):
    slope = r"\begin{cases} 1.05070098\ldots & \text{if } z > 0 \\ 1.7581 & \text{otherwise} \end{cases}"
    assert last_verdict(tmp_path, BEGUN, f"g'(z) = {slope}") == "proved"
    for other in ("1.05070098", r"1.0507009873\ldots", r"2.05070098\ldots"):
        assert last_verdict(tmp_path, BEGUN, "g'(z) = " + slope.replace(r"1.05070098\ldots", other)) == "undecided"


def test_digits_that_go_on_prove_nothing_about_fractions(tmp_path: Path):
    assert last_verdict(tmp_path, LAYER_WITH_G, r"0.33333\ldots z_j^1 = \frac{1}{3} z_j^1") == "undecided"
    assert last_verdict(tmp_path, LAYER_WITH_G, r"0.50000\ldots z_j^1 = \frac{1}{2} z_j^1") == "undecided"


def test_a_list_of_numbers_is_no_number_that_goes_on(tmp_path: Path):
    assert last_verdict(tmp_path, LAYER_WITH_G, r"\{0.1234, \ldots, 0.4321\}") == "mention"


def test_a_page_with_selu_is_read_back(tmp_path: Path):
    assert verdicts(tmp_path, page_of(sb.Network.from_spec("2-2", activation="selu"))) <= {"proved", "definition", "mention"}


def test_no_vector_is_called_as_a_number_of_units(tmp_path: Path):
    page = page_of(sb.Network.from_spec("p-m", activation="identity", cost="cross_entropy_from_logits"))
    assert "q_{j} &= " in page and "p_{j}" not in page
    assert verdicts(tmp_path, page) <= {"proved", "definition", "mention"}


@pytest.mark.parametrize("notation", ["nielsen", "ng", "lecture"])
def test_derivatives_that_are_rows_are_no_gradients_in_any_notation(notation: str, tmp_path: Path):
    page = sb.render(sb.derive(sb.Network.from_spec("2-3", activation="tanh")), format="markdown", notation=notation, layout="jacobian")
    assert r"\nabla" not in page and "dW" not in page
    assert verdicts(tmp_path, page) <= {"proved", "definition", "mention"}


def test_layers_with_numbers_have_their_own_sizes_although_the_page_speaks_of_any_layer_too(tmp_path: Path):
    page = page_of(sb.Network.from_spec("r-m-r", activation="tanh"))
    before, words, _ = page.partition("## Every layer")
    batch = page.partition("## The average over a batch")[2]
    assert words and verdicts(tmp_path, before + batch) <= {"proved", "definition", "mention"}
    true = r"\nabla_{W^{2}} C &= \delta^{2} (a^{1})^{\mathsf T}"
    assert true in page
    assert "refuted" in verdicts(tmp_path, page.replace(true, true.replace("a^{1}", "a^{0}")))


def test_an_equation_of_any_layer_on_which_numbered_ones_rest_is_not_left_out(tmp_path: Path):
    page = "$$a^l = \\sigma(z^l)$$\n\n$$z^1 = W^1 x + b^1$$\n\n$$z^2 = W^2 a^1 + b^2$$\n\n$$C = \\frac{1}{2} \\| y - a^2 \\|^2$$"
    true = r"\frac{\partial C}{\partial z^1} = ((W^2)^T \frac{\partial C}{\partial z^2}) \odot \sigma'(z^1)"
    assert last_verdict(tmp_path, page, true) == "proved"
    assert last_verdict(tmp_path, page, true.replace(r"\sigma'(z^1)", r"\sigma'(z^2)")) == "refuted"


def test_a_power_with_a_ring_is_taken_entry_by_entry(tmp_path: Path):
    for sign in (r"\odot", r"\circ"):
        true = rf"(z^L)^{{{sign} -1}} \odot z^L = \mathbf{{1}}"
        assert last_verdict(tmp_path, LAYERS, true) == "proved"
        assert last_verdict(tmp_path, LAYERS, true.replace("-1", "-2")) != "proved"


def test_ones_beside_rows_of_derivatives_are_read_as_the_page_says(tmp_path: Path):
    network = sb.Network.from_spec("3-4", activation="softmax", cost="squared_error")
    page = sb.render(sb.derive(network), format="markdown", layout="jacobian")
    assert verdicts(tmp_path, page) <= {"proved", "definition", "mention"}
    true = r"\delta^{1} &= (2 (a^{1} - y)"
    assert true in page
    assert "proved" not in {v.verdict for v in changed_formulas(tmp_path, page, true, true.replace("2", "3"))}


def changed_formulas(folder: Path, page: str, before: str, after: str) -> list:
    """The formulas in which a page was changed."""
    path = folder / "page.md"
    path.write_text(page.replace(before, after, 1), encoding="utf-8")
    return [found for found in sb.verify(path).formulas if after in found.latex]


def test_errors_of_layers_that_share_their_weights_are_brought_to_the_last_of_them(tmp_path: Path):
    layers = [sb.Dense(4, "tanh"), sb.Dense(3, "tanh", tied_to=1, transpose=True), sb.Dense(2)]
    page = page_of(sb.Network(inputs=3, layers=layers))
    assert verdicts(tmp_path, page) <= {"proved", "definition", "mention"}
    true = r"\nabla_{W^{1}} C &= \delta^{1} (a^{0})^{\mathsf T} + a^{1} (\delta^{2})^{\mathsf T}"
    assert true in page
    assert {v.verdict for v in changed_formulas(tmp_path, page, true, true.replace("+ a", "+ 2 a"))} == {"refuted"}


SLOPE_OF_RELU = r"\begin{cases} \frac{d}{dz} z & \text{if } z > 0 \\ \frac{d}{dz} 0 & \text{otherwise} \end{cases}"


def test_the_slope_of_a_piece_is_a_piece_of_the_slope(tmp_path: Path):
    page = page_of(sb.Network.from_spec("3-2", activation="relu"))
    assert last_verdict(tmp_path, page, rf"\operatorname{{ReLU}}'(z) = {SLOPE_OF_RELU}") == "proved"
    assert last_verdict(tmp_path, page, rf"\operatorname{{ReLU}}'(z) = {SLOPE_OF_RELU.replace('} z &', '} 2 z &')}") != "proved"


def test_single_neurons_before_the_matrices_are_another_network(tmp_path: Path):
    chain = "$$z^{L} = w^{L} a^{L-1} + b^{L}$$\n\n$$a^{L} = \\sigma(z^{L})$$\n\n"
    rows = "$$Z^{l} = A^{l-1} (W^{l})^{\\mathsf T} + \\mathbf{1} (b^{l})^{\\mathsf T}$$\n\n$$A^{l} = \\sigma(Z^{l})$$\n\n"
    rows += "$$\\Delta^{l} = \\frac{\\partial C}{\\partial Z^{l}}$$\n"
    true = r"\Delta^{l} = (\Delta^{l+1} W^{l+1}) \odot \sigma'(Z^{l})"
    assert last_verdict(tmp_path, chain + rows, true) == "proved"
    assert last_verdict(tmp_path, chain + rows, true.replace("W^{l+1})", r"(W^{l+1})^{\mathsf T})")) == "refuted"


def test_a_number_at_brackets_is_a_power_and_no_layer(tmp_path: Path):
    rows = "$$Z^{1} = X (W^{1})^{\\mathsf T} + \\mathbf{1} (b^{1})^{\\mathsf T}$$\n\n$$A^{1} = \\tanh(Z^{1})$$\n\n"
    slope = "$$\\tanh'(z) = 1 - \\tanh(z)^{2}$$\n\n$$C = \\frac{1}{2} \\sum_{s=1}^{N} \\sum_j (A^{1}_{sj} - Y_{sj})^{2}$$\n\n"
    slope += "$$\\Delta^{1} = \\frac{\\partial C}{\\partial Z^{1}}$$\n"
    true = r"\Delta^{1} = (A^{1} - Y) \odot \tanh'(Z^{1})"
    assert last_verdict(tmp_path, rows + slope, true) == "proved"
    assert last_verdict(tmp_path, rows + slope, true.replace("A^{1} - Y", "Y - A^{1}")) == "refuted"
