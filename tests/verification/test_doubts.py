r"""What is false whatever a page leaves open is refuted; what rests on what it leaves open is not.

Each small page states the equations, and a formula that no cost, no repetition of vectors and no other reading makes true;
beside it one that the same doubt protects.
"""

import pytest

from symback.verification.judge import verify

LAYERS = r"""
$$z^l = W^l a^{l-1} + b^l$$

$$a^l = \sigma(z^l)$$

$$\delta^l = \frac{\partial C}{\partial z^l}$$
"""

NORMED = r"""
$$\mu = \frac{1}{m} \sum_{i=1}^m x_i$$

$$s = \sqrt{\frac{1}{m} \sum_{i=1}^m (x_i - \mu)^2 + \epsilon}$$

$$\hat x_i = \frac{x_i - \mu}{s}$$

$$y_i = \gamma \hat x_i + \beta$$
"""

TWO_LAYERS = r"""
$$z^{(l)} = W^{(l)} a^{(l-1)} + b^{(l)}$$

$$a^{(l)} = \sigma(z^{(l)})$$

$$C = \frac{1}{2} \| a^{(2)} - y \|^2$$
"""

RECURRENT = r"""
$$a_t = W h_{t-1} + U x_t + b$$

$$h_t = \tanh(a_t)$$

$$o_t = V h_t + c$$
"""

COLUMN = r"""
$$z = W x + b$$

$$a = \sigma(z)$$
"""


def last(tmp_path, text, formula):
    """The verdict on the last formula of a page."""
    page = tmp_path / "page.md"
    page.write_text(f"{text}\nso\n\n$${formula}$$\n")
    return verify(page).formulas[-1]


@pytest.mark.parametrize(
    "formula",
    [
        r"\delta^l_j = \sum_k w^{l+1}_{kj} a^{l+1}_k \sigma'(z^l_j)",
        r"\frac{\partial C}{\partial W^l} = a^l (a^{l-1})^T",
        r"\frac{\partial C}{\partial a^l_k} = \sum_j w^{l+1}_{jk}",
        r"\delta^{L-1}_j = \sigma'(z^{L-1}_j)",
    ],
)
def test_no_cost_makes_a_hidden_gradient_of_states_and_weights_alone(tmp_path, formula):
    assert last(tmp_path, LAYERS, formula).verdict == "refuted"


@pytest.mark.parametrize(
    "formula",
    [r"\delta^L = a^L", r"\delta^L = a^L - y", r"\delta^l = (a^l - y)^2"],
)
def test_the_gradient_at_the_output_rests_on_the_cost(tmp_path, formula):
    assert last(tmp_path, LAYERS, formula).verdict == "undecided"


def test_a_cost_that_names_no_targets_may_have_such_a_gradient(tmp_path):
    page = f"{LAYERS}\n$$C = \\sum_j f(a^L_j)$$\n"
    assert last(tmp_path, page, r"\frac{\partial C}{\partial W^l} = a^l (a^{l-1})^T").verdict == "undecided"


def test_no_loss_behind_a_normalisation_makes_what_has_no_gradient_in_it(tmp_path):
    assert last(tmp_path, NORMED, r"\frac{\partial L}{\partial x_i} = \frac{1}{m s}").verdict == "refuted"
    assert last(tmp_path, NORMED, r"\frac{\partial L}{\partial y_i} = y_i").verdict == "undecided"


def test_a_layer_whose_output_the_cost_names_is_the_last(tmp_path):
    assert last(tmp_path, TWO_LAYERS, r"\frac{\partial C}{\partial a^{(2)}} = a^{(2)} - y").verdict == "proved"
    assert last(tmp_path, TWO_LAYERS, r"\frac{\partial C}{\partial a^{(2)}} = y").verdict == "refuted"


def test_a_vector_has_no_two_indices(tmp_path):
    found = last(tmp_path, LAYERS, r"\frac{\partial z^l_j}{\partial a^{l-1}_k} = b^l_{jk}")
    assert found.verdict == "refuted" and "vector" in found.reason


def test_a_page_that_writes_a_bias_with_two_indices_is_left_alone(tmp_path):
    page = f"{LAYERS}\nThe bias is stored as a row, $b^l_{{jk}} = b^l_{{j1}}$ and $b^l_{{j1}} = b^l_{{jk}}$.\n"
    assert last(tmp_path, page, r"\frac{\partial z^l_j}{\partial a^{l-1}_k} = b^l_{jk}").verdict == "undecided"


def test_a_vector_beside_a_matrix_is_a_misfit_if_repeating_it_does_not_help(tmp_path):
    assert last(tmp_path, LAYERS, r"\delta^2 = (W^3)^T \odot \sigma'(z^2)").verdict == "refuted"
    assert last(tmp_path, f"{LAYERS}\nWe write $u * v$.\n", r"\delta^2 = (W^3)^T * \sigma'(z^2)").verdict != "proved"


def test_a_row_is_not_turned_round_to_fit(tmp_path):
    assert last(tmp_path, LAYERS, r"\delta^2 = \sigma'(z^2) \odot (W^3)^T \delta^3").verdict == "proved"
    assert last(tmp_path, LAYERS, r"\delta^2 = \sigma'((z^2)^T) \odot (W^3)^T \delta^3").verdict in ("refuted", "undecided")


def test_a_sum_over_no_letter_of_its_term_is_wrong_where_the_term_has_steps(tmp_path):
    assert last(tmp_path, RECURRENT, r"\frac{\partial L}{\partial b} = \sum_{t=1}^T \frac{\partial L}{\partial a_t}").verdict == "proved"
    assert last(tmp_path, RECURRENT, r"\frac{\partial L}{\partial b} = \sum_{j=1}^T \frac{\partial L}{\partial a_t}").verdict == "refuted"


def test_one_step_of_a_shared_weight_is_not_its_whole_derivative(tmp_path):
    found = last(tmp_path, RECURRENT, r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial a_t} h_{t-1}^T")
    assert found.verdict == "conditional" and "sum over the steps" in found.reason


def test_a_derivative_that_comes_back_in_a_product_is_no_assignment(tmp_path):
    formula = r"\frac{\partial L}{\partial h_t} = V^T \frac{\partial L}{\partial %s_t} + W^T \frac{\partial L}{\partial a_{t+1}}"
    assert last(tmp_path, RECURRENT, formula % "o").verdict == "proved"
    assert last(tmp_path, RECURRENT, formula % "h").verdict == "refuted"
    assert last(tmp_path, RECURRENT, r"\frac{\partial L}{\partial b} = \frac{\partial L}{\partial b} + \delta_t").verdict == "mention"


def test_a_kronecker_delta_tells_its_cases_apart(tmp_path):
    assert last(tmp_path, COLUMN, r"\frac{\partial a_i}{\partial z_j} = \delta_{ij} \sigma'(z_i)").verdict == "proved"
    assert last(tmp_path, COLUMN, r"\frac{\partial a_i}{\partial z_j} = \delta_{ii} \sigma'(z_i)").verdict == "refuted"
    assert last(tmp_path, COLUMN, r"\frac{\partial a_i}{\partial z_j} = \sigma'(z_i)").verdict == "conditional"


def test_what_has_no_value_at_some_entries_is_compared_at_the_others(tmp_path):
    page = r"$$r = \sqrt{\frac{1}{n} \sum_{k=1}^n x_k^2 + \epsilon}$$" + "\n\n" + r"$$y_i = g_i \frac{x_i}{r}$$" + "\n"
    formula = r"\frac{\partial y_i}{\partial x_j} = g_i \left( \frac{%s}{%s} - \frac{x_i x_j}{n r^3} \right)"
    assert last(tmp_path, page, formula % (r"\delta_{ij}", "r")).verdict == "proved"
    assert last(tmp_path, page, formula % ("r", r"\delta_{ij}")).verdict == "refuted"


def test_a_kronecker_delta_is_no_value_of_an_example(tmp_path):
    page = r"$$z = W x + b$$" + "\n\n" + r"$$a_i = \frac{e^{z_i}}{\sum_k e^{z_k}}$$" + "\n"
    assert last(tmp_path, page, r"\frac{\partial \log a_i}{\partial z_j} = \delta_{ij} - a_j").verdict == "proved"
    assert last(tmp_path, page, r"\frac{\partial \log a_i}{\partial z_j} = \delta_{ij}").verdict == "refuted"


def test_a_derivative_of_a_state_has_no_penalty(tmp_path):
    chain = r"\frac{\partial z^{l+1}_k}{\partial z^l_j} = w^{l+1}_{kj} SIGN \sigma'(z^l_j)"
    assert last(tmp_path, LAYERS, chain.replace("SIGN", "")).verdict == "proved"
    assert last(tmp_path, LAYERS, chain.replace("SIGN", "-")).verdict == "refuted"
    penalized = r"\frac{\partial C}{\partial W^l} = \delta^l (a^{l-1})^T + \lambda W^l"
    assert last(tmp_path, LAYERS, penalized).verdict == "undecided"


def test_what_divides_by_the_number_of_samples_is_about_all_of_them(tmp_path):
    page = r"""
$$z^{(i)} = w^T x^{(i)} + b$$

$$a^{(i)} = \sigma(z^{(i)})$$

$$J = -\frac{1}{m} \sum_{i=1}^m \left[ y^{(i)} \log a^{(i)} + (1 - y^{(i)}) \log(1 - a^{(i)}) \right]$$
"""
    assert (
        last(tmp_path, page, r"\frac{\partial J}{\partial b} = \frac{1}{m} \sum_{i=1}^m (\sigma(z^{(i)}) - y^{(i)})").verdict != "refuted"
    )
    assert last(tmp_path, page, r"\frac{\partial J}{\partial b} = \frac{1}{m}").verdict == "refuted"


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (r"\frac{\partial L}{\partial \gamma} = \sum_{i=1}^m \frac{\partial L}{\partial y_i} \hat x_i", "proved"),
        (r"\frac{\partial L}{\partial \gamma} = \sum_{i=1}^m \hat x_i", "refuted"),
        (r"\frac{\partial L}{\partial \hat x_i} = \gamma", "undecided"),
        (r"\frac{\partial L}{\partial y_i} = 1", "undecided"),
    ],
)
def test_the_gradient_of_a_parameter_has_a_factor_that_the_cost_decides(tmp_path, formula, verdict):
    assert last(tmp_path, NORMED, formula).verdict == verdict


def test_the_activation_below_a_cost_of_two_chances_is_logistic_if_nothing_else_is_said(tmp_path):
    page = COLUMN + r"$$C = -\sum_j \left( y_j \log a_j + (1 - y_j) \log(1 - a_j) \right)$$"
    assert last(tmp_path, page, r"\frac{\partial C}{\partial z} = a - y").verdict == "proved"
    assert last(tmp_path, page, r"\frac{\partial C}{\partial z} = y - a").verdict == "refuted"
    assert last(tmp_path, page, r"\frac{\partial C}{\partial a} = a - y").verdict == "refuted"
    tanh = page.replace(r"\sigma", r"\tanh")
    assert last(tmp_path, tanh, r"\frac{\partial C}{\partial z} = a - y").verdict == "refuted"


def test_a_chain_in_the_last_layer_does_not_end_before_the_cost(tmp_path):
    chain = r"\frac{\partial C}{\partial w_{jk}^L} = \frac{\partial z_j^L}{\partial w_{jk}^L} \frac{\partial a_j^L}{\partial z_j^L}"
    assert last(tmp_path, LAYERS, chain + r"\frac{\partial C}{\partial a_j^L}").verdict == "proved"
    assert last(tmp_path, LAYERS, chain).verdict == "refuted"


def test_a_derivative_that_vanishes_is_no_value_of_an_example(tmp_path):
    error = r"\delta^l = \left( \frac{\partial z^{l+1}}{\partial a^LAYER} \right)^T \frac{\partial C}{\partial z^{l+1}} \odot \sigma'(z^l)"
    assert last(tmp_path, LAYERS, error.replace("LAYER", "l")).verdict == "proved"
    assert last(tmp_path, LAYERS, error.replace("LAYER", "{l+1}")).verdict == "refuted"
    assert last(tmp_path, COLUMN, "a = 3").verdict != "refuted"


def test_diag_of_one_is_an_identity_matrix(tmp_path):
    assert last(tmp_path, RECURRENT, r"\frac{\partial a_t}{\partial b} = \operatorname{diag}(1)").verdict == "proved"
    assert last(tmp_path, RECURRENT, r"\frac{\partial h_t}{\partial a_t} = \operatorname{diag}(1)").verdict == "refuted"


def test_a_formula_that_prints_one_sum_does_not_leave_out_another_by_custom(tmp_path):
    page = "$$\\hat y = X w$$\n\n$$J = \\frac{1}{2m} \\|\\hat y - y\\|^2$$\n"
    gradient = r"\frac{\partial J}{\partial w_j} = \frac{1}{m} \sum_{i=1}^m \left( SUM X_{ik} w_k - y_i \right) X_{ij}"
    assert last(tmp_path, page, gradient.replace("SUM", r"\sum_k")).verdict == "proved"
    found = last(tmp_path, page, gradient.replace("SUM", ""))
    assert found.verdict == "refuted" and found.diagnosis == "missing sum" and r"\sum_{k}" in found.correction


SOFTMAX = r"""
$$z = W x + b$$

$$a_i = \frac{e^{z_i}}{\sum_k e^{z_k}}$$

$$C = -\sum_i y_i \log a_i$$

$$\sum_i y_i = 1$$
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("a_i \\delta_{ij} - a_i a_j", "a_i a_{ij} - a_i a_j"),
        ("a_i (\\delta_{ij} - a_j)", "a_i (\\delta_{ij})"),
    ],
)
def test_a_vector_that_is_defined_by_its_entries_has_one_index(tmp_path, right, wrong):
    slope = r"\frac{\partial a_i}{\partial z_j} = "
    assert last(tmp_path, SOFTMAX, slope + right).verdict == "proved"
    assert last(tmp_path, SOFTMAX, slope + wrong).verdict == "refuted"


def test_a_column_before_a_matrix_is_a_diagonal_matrix_on_that_condition_alone(tmp_path):
    slope = r"\frac{\partial h_t}{\partial h_{t-1}} = "
    assert last(tmp_path, RECURRENT, slope + r"\operatorname{diag}(1 - h_t^2) W").verdict == "proved"
    assert last(tmp_path, RECURRENT, slope + r"(1 - h_t^2) W").verdict == "conditional"
    assert last(tmp_path, RECURRENT, slope + r"(1 - h_t) W").verdict != "proved"


def test_a_factor_that_vanishes_makes_no_gradient(tmp_path):
    factors = r"\frac{\partial C}{\partial a^l} \frac{\partial a^l}{\partial z^LAYER} \frac{\partial z^l}{\partial b^l}"
    chain = r"\frac{\partial C}{\partial b^l} = " + factors
    neurons = LAYERS.replace("W^l", "w^l") + "Each layer has one neuron."
    assert last(tmp_path, neurons, chain.replace("LAYER", "l")).verdict != "refuted"
    assert last(tmp_path, neurons, chain.replace("LAYER", "{l+1}")).verdict == "refuted"


def test_a_sum_without_its_first_term_is_not_the_sum(tmp_path):
    page = "$$\\hat y = X w$$\n\n$$J = \\frac{1}{2m} \\|\\hat y - y\\|^2$$\n"
    gradient = r"\frac{\partial J}{\partial w_j} = \frac{1}{m} \sum_{i=1}^m (\hat y_i - y_i) X_{ij}"
    assert last(tmp_path, page, gradient).verdict == "proved"
    assert last(tmp_path, page, gradient.replace("i=1", "i=2")).verdict == "refuted"


def test_a_sum_over_the_steps_with_another_letter_adds_equal_terms(tmp_path):
    page = RECURRENT + r"$$i_t = \sigma(W_i h_{t-1})$$"  # a quantity that is called like the letter
    gradient = r"\frac{\partial L}{\partial b} = \sum_{LETTER=1}^T \frac{\partial L}{\partial a_t}"
    assert last(tmp_path, page, gradient.replace("LETTER", "t")).verdict == "proved"
    assert last(tmp_path, page, gradient.replace("LETTER", "i")).verdict == "refuted"
