"""What is printed is what a textbook prints, and means what the expression means."""

import random
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import pytest
import sympy

from symback.errors import UnsupportedError
from symback.language.expressions import (
    Axis,
    add,
    broadcast,
    contract,
    delta,
    einsum,
    map_,
    partial_derivative,
    scale,
    slot,
    total,
    unspecified,
    var,
)
from symback.language.functions import scalar_function
from symback.language.names import LAST_LAYER, LAYER, Name
from symback.language.notation import NOTATIONS
from symback.language.printing import to_latex, to_text
from symback.simplification.index_form import default_indices, index_form
from symback.simplification.matrix_form import LAYOUTS, matrix_form
from symback.simplification.scalar_form import scalar_form
from tests.language.latex_values import LatexValue
from tests.simplification.random_tensors import AXES, SIZES, Numbers, brute_force, places, random_tensor

AS_STORED = replace(NOTATIONS["nielsen"], layout="row")  # (sample, unit)


def units(layer) -> Axis:
    return Axis(sympy.Symbol(f"n_{{{str(layer).replace(' ', '')}}}", integer=True, positive=True))


BELOW, HERE, ABOVE = units(LAYER - 1), units(LAYER), units(LAYER + 1)
BATCH = Axis(sympy.Symbol("N", integer=True, positive=True), "sample")
X0, X1 = slot(0), slot(1)
SIGMA, SIGMOID = scalar_function("sigma"), scalar_function("sigmoid", 1 / (1 + sympy.exp(-X0)))

W, W_ABOVE = var(Name("W", LAYER), (HERE, BELOW)), var(Name("W", LAYER + 1), (ABOVE, HERE))
b, z, a = (var(Name(letter, LAYER), (HERE,)) for letter in "bza")
a_below, y = var(Name("a", LAYER - 1), (BELOW,)), var(Name("y"), (HERE,))
error, error_above = var(Name("delta", LAYER), (HERE,)), var(Name("delta", LAYER + 1), (ABOVE,))
Z, A, A_BELOW = var(Name("Z", LAYER), (BATCH, HERE)), var(Name("A", LAYER), (BATCH, HERE)), var(Name("A", LAYER - 1), (BATCH, BELOW))
ERROR, ERROR_ABOVE = var(Name("Delta", LAYER), (BATCH, HERE)), var(Name("Delta", LAYER + 1), (BATCH, ABOVE))
mu, s, xhat = var(Name("mu", 2), ()), var(Name("s", 2), ()), var(Name("xhat", 2), (HERE,))


def slope(of):
    return map_(SIGMA(X0).diff(X0), (of,))


HIDDEN_ERROR = einsum("ij,i,j->j", W_ABOVE, error_above, slope(z))
HIDDEN_ERRORS = einsum("si,ij,sj->sj", ERROR_ABOVE, W_ABOVE, slope(Z))
OUTPUT_ERROR = einsum("j,j->j", map_(X0 - X1, (a, y)), slope(z))
GRAD_W = einsum("j,k->jk", error, a_below)
GRADS_W = scale(1 / BATCH.size, einsum("sj,sk->jk", ERROR, A_BELOW))
GRADS_B = scale(1 / BATCH.size, total(einsum("sj->js", ERROR), keep=1))
SOFTMAX = map_(sympy.exp(X0) / X1, (z, broadcast(total(map_(sympy.exp(X0), (z,))), (HERE,), ())))
RELU_SLOPE = sympy.Piecewise((1, X0 > 0), (0, True))
ELU = sympy.Piecewise((X0, X0 > 0), (sympy.exp(X0) - 1, True))

INDEX_FORMS = {
    "weighted input": (add(einsum("jk,k->j", W, a_below), b), r"\sum_{k=1}^{n_{l-1}} w^{l}_{jk} a^{l-1}_{k} + b^{l}_{j}"),
    "activation": (map_(SIGMA(X0), (z,)), r"\sigma(z^{l}_{j})"),
    "sigmoid": (map_(SIGMOID(X0), (z,)), r"\sigma(z^{l}_{j})"),
    "quadratic cost": (total(map_((X0 - X1) ** 2 / 2, (a, y))), r"\frac{1}{2} \sum_{j=1}^{n_{l}} (a^{l}_{j} - y_{j})^{2}"),
    "cross-entropy": (total(map_(-X1 * sympy.log(X0), (a, y))), r"-\sum_{j=1}^{n_{l}} y_{j} \ln(a^{l}_{j})"),
    "binary cross-entropy": (
        total(map_(-X1 * sympy.log(X0) - (1 - X1) * sympy.log(1 - X0), (a, y))),
        r"-\sum_{j=1}^{n_{l}} (y_{j} \ln(a^{l}_{j}) + (1 - y_{j}) \ln(1 - a^{l}_{j}))",
    ),
    "softmax": (SOFTMAX, r"\frac{e^{z^{l}_{j}}}{\sum_{k=1}^{n_{l}} e^{z^{l}_{k}}}"),
    "output error": (OUTPUT_ERROR, r"(a^{l}_{j} - y_{j}) \sigma'(z^{l}_{j})"),
    "twice the difference": (map_(2 * (X0 - X1), (a, y)), r"2 (a^{l}_{j} - y_{j})"),
    "error of squared error": (scale(2, OUTPUT_ERROR), r"2 (a^{l}_{j} - y_{j}) \sigma'(z^{l}_{j})"),
    "in terms of the output": (map_((X0 - X1) * X0 * (1 - X0), (a, y)), r"(a^{l}_{j} - y_{j}) a^{l}_{j} (1 - a^{l}_{j})"),
    "hidden error": (HIDDEN_ERROR, r"\sigma'(z^{l}_{j}) \sum_{k=1}^{n_{l+1}} w^{l+1}_{kj} \delta^{l+1}_{k}"),
    "hidden error of a batch": (HIDDEN_ERRORS, r"\sigma'(Z^{l}_{js}) \sum_{k=1}^{n_{l+1}} w^{l+1}_{kj} \Delta^{l+1}_{ks}"),
    "gradient of weights": (GRAD_W, r"\delta^{l}_{j} a^{l-1}_{k}"),
    "gradient of weights in a batch": (GRADS_W, r"\frac{1}{N} \sum_{s=1}^{N} \Delta^{l}_{js} A^{l-1}_{ks}"),
    "gradient with a penalty": (
        add(GRAD_W, scale(sympy.Symbol("lambda_2"), W)), r"\delta^{l}_{j} a^{l-1}_{k} + \lambda_{2} w^{l}_{jk}",
    ),
    "a mean": (scale(1 / HERE.size, total(a)), r"\frac{1}{n_{l}} \sum_{j=1}^{n_{l}} a^{l}_{j}"),
    "normalised": (
        map_((X0 - X1) / slot(2), (a, broadcast(mu, (HERE,), ()), broadcast(s, (HERE,), ()))),
        r"\frac{a^{l}_{j} - \mu^{2}}{s^{2}}",
    ),
    "xhat": (xhat, r"\hat{x}^{2}_{j}"),
    "Jacobian of softmax": (
        add(contract(((delta(HERE), (0, 1)), (a, (0,))), (0, 1), {}), scale(-1, einsum("j,k->jk", a, a))),
        r"\delta_{jk} a^{l}_{j} - a^{l}_{j} a^{l}_{k}",
    ),
    "unspecified cost": (unspecified("C", (a, y)), "C(a^{l}, y)"),
    "error of an unspecified cost": (
        einsum("j,j->j", unspecified("C", (a, y), (0,)), slope(z)), r"\frac{\partial C}{\partial a^{l}_{j}} \sigma'(z^{l}_{j})",
    ),
    "second derivative": (unspecified("C", (a, y), (0, 0)), r"\frac{\partial^{2} C}{\partial a^{l}_{j} \partial a^{l}_{k}}"),
    "partial": (partial_derivative(z, a_below), r"\frac{\partial z^{l}_{j}}{\partial a^{l-1}_{k}}"),
    "gradient name": (var(W.name.gradient, W.axes), r"\frac{\partial C}{\partial w^{l}_{jk}}"),
    "indicator": (map_(RELU_SLOPE, (z,)), r"\mathbf{1}[z^{l}_{j} > 0]"),
    "cases": (map_(ELU, (z,)), r"\begin{cases} z^{l}_{j} & \text{if } z^{l}_{j} > 0 \\ e^{z^{l}_{j}} - 1 & \text{otherwise} \end{cases}"),
    "a square": (map_(X0**2, (a,)), r"(a^{l}_{j})^{2}"),
    "square of a function": (map_(SIGMA(X0) ** 2, (z,)), r"\sigma(z^{l}_{j})^{2}"),
    "second slope": (map_(SIGMA(X0).diff(X0, 2), (z,)), r"\sigma''(z^{l}_{j})"),
    "one minus a square": (map_(1 - X0**2, (a,)), r"1 - (a^{l}_{j})^{2}"),
    "tanh": (map_(sympy.tanh(X0), (z,)), r"\tanh(z^{l}_{j})"),
    "absolute value": (map_(sympy.Abs(X0 - X1), (a, y)), r"\lvert a^{l}_{j} - y_{j} \rvert"),
    "product of sums": (einsum("j,k,l->j", y, a, y), r"y_{j} \left( \sum_{k=1}^{n_{l}} a^{l}_{k} \right) \sum_{k=1}^{n_{l}} y_{k}"),
    "decimal": (map_(X0 + sympy.Rational("0.044715") * X0**3, (z,)), r"z^{l}_{j} + 0.044715 (z^{l}_{j})^{3}"),
    "128 is no decimal": (scale(sympy.Rational(1, 128), a), r"\frac{1}{128} a^{l}_{j}"),
}  # fmt: skip


@pytest.mark.parametrize("case", INDEX_FORMS)
def test_an_index_form_is_printed_as_in_a_textbook(case):
    tensor, expected = INDEX_FORMS[case]
    assert to_latex(index_form(tensor)) == expected


MATRIX_FORMS = {
    "weighted input": (add(einsum("jk,k->j", W, a_below), b), "column", "W^{l} a^{l-1} + b^{l}", "Wˡ aˡ⁻¹ + bˡ"),
    "output error": (OUTPUT_ERROR, "column", r"(a^{l} - y) \odot \sigma'(z^{l})", "(aˡ - y) ⊙ σ'(zˡ)"),
    "hidden error": (
        HIDDEN_ERROR, "column", r"((W^{l+1})^{\mathsf T} \delta^{l+1}) \odot \sigma'(z^{l})", "((Wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ'(zˡ)",
    ),
    "hidden error as a row": (
        HIDDEN_ERROR, "jacobian", r"\delta^{l+1} W^{l+1} \operatorname{diag}(\sigma'(z^{l}))", "δˡ⁺¹ Wˡ⁺¹ diag(σ'(zˡ))",
    ),
    "hidden error of a batch of rows": (HIDDEN_ERRORS, "row", r"(\Delta^{l+1} W^{l+1}) \odot \sigma'(Z^{l})", "(Δˡ⁺¹ Wˡ⁺¹) ⊙ σ'(Zˡ)"),
    "hidden error of a batch of columns": (
        HIDDEN_ERRORS, "column", r"((W^{l+1})^{\mathsf T} \Delta^{l+1}) \odot \sigma'(Z^{l})", "((Wˡ⁺¹)ᵀ Δˡ⁺¹) ⊙ σ'(Zˡ)",
    ),
    "gradient of weights": (GRAD_W, "column", r"\delta^{l} (a^{l-1})^{\mathsf T}", "δˡ (aˡ⁻¹)ᵀ"),
    "gradient of weights, numerator layout": (GRAD_W, "jacobian", r"a^{l-1} \delta^{l}", "aˡ⁻¹ δˡ"),
    "gradient of weights, rows": (GRADS_W, "row", r"\frac{1}{N} (\Delta^{l})^{\mathsf T} A^{l-1}", "(1/N) (Δˡ)ᵀ Aˡ⁻¹"),
    "gradient of weights, columns": (GRADS_W, "column", r"\frac{1}{N} \Delta^{l} (A^{l-1})^{\mathsf T}", "(1/N) Δˡ (Aˡ⁻¹)ᵀ"),
    "gradient of biases, rows": (GRADS_B, "row", r"\frac{1}{N} (\Delta^{l})^{\mathsf T} \mathbf{1}", "(1/N) (Δˡ)ᵀ 1"),
    "gradient of biases, columns": (GRADS_B, "column", r"\frac{1}{N} \Delta^{l} \mathbf{1}", "(1/N) Δˡ 1"),
    "weighted inputs, rows": (
        add(einsum("sk,jk->sj", A_BELOW, W), broadcast(b, (BATCH, HERE), (1,))), "row",
        r"A^{l-1} (W^{l})^{\mathsf T} + \mathbf{1} (b^{l})^{\mathsf T}", "Aˡ⁻¹ (Wˡ)ᵀ + 1 (bˡ)ᵀ",
    ),
    "in terms of the output": (
        map_((X0 - X1) * X0 * (1 - X0), (a, y)), "column", r"(a^{l} - y) \odot a^{l} \odot (1 - a^{l})", "(aˡ - y) ⊙ aˡ ⊙ (1 - aˡ)",
    ),
    "unspecified cost": (
        einsum("j,j->j", unspecified("C", (a, y), (0,)), slope(z)), "column",
        r"\nabla_{a^{l}} C \odot \sigma'(z^{l})", "(∂C/∂aˡ) ⊙ σ'(zˡ)",
    ),
    "quadratic cost": (total(map_((X0 - X1) ** 2 / 2, (a, y))), "column", r"\frac{1}{2} \lVert a^{l} - y \rVert^{2}", "(1/2) ‖aˡ - y‖²"),
    "cross-entropy": (total(map_(-X1 * sympy.log(X0), (a, y))), "column", r"-y^{\mathsf T} \ln(a^{l})", "-yᵀ ln(aˡ)"),
    "softmax": (SOFTMAX, "column", r"\frac{\exp(z^{l})}{\mathbf{1}^{\mathsf T} \exp(z^{l})}", "exp(zˡ)/(1ᵀ exp(zˡ))"),
    "Jacobian of softmax": (
        add(contract(((delta(HERE), (0, 1)), (a, (0,))), (0, 1), {}), scale(-1, einsum("j,k->jk", a, a))), "column",
        r"\operatorname{diag}(a^{l}) - a^{l} (a^{l})^{\mathsf T}", "diag(aˡ) - aˡ (aˡ)ᵀ",
    ),
    "penalty": (einsum("jk,jk->", W, W), "column", r"\lVert W^{l} \rVert_{F}^{2}", "‖Wˡ‖_F²"),
    "softmax-weighted sum": (add(einsum("j,k->j", a, y), scale(-1, y)), "column", r"(\mathbf{1}^{\mathsf T} y) a^{l} - y", "(1ᵀ y) aˡ - y"),
}  # fmt: skip


@pytest.mark.parametrize("case", MATRIX_FORMS)
def test_a_matrix_form_is_printed_as_in_a_textbook(case):
    tensor, layout, latex, text = MATRIX_FORMS[case]
    view = matrix_form(tensor, layout)
    assert (to_latex(view), to_text(view)) == (latex, text)


IN_NOTATION = {
    "lecture": (
        r"\sigma'(z_{j}^{(l)}) \sum_{k=0}^{n_{l+1}-1} w_{kj}^{(l+1)} \delta_{k}^{(l+1)}",
        r"((\mathbf{W}^{(l+1)})^{\top} \boldsymbol{\delta}^{(l+1)}) \odot \sigma'(\mathbf{z}^{(l)})",
        r"\frac{\partial C}{\partial \mathbf{W}^{(l)}}",
    ),
    "ng": (
        r"\sigma'(z^{[l]}_{j}) \sum_{k=1}^{n_{l+1}} w^{[l+1]}_{kj} dz^{[l+1]}_{k}",
        r"((W^{[l+1]})^{T} dz^{[l+1]}) * \sigma'(z^{[l]})",
        r"dW^{[l]}",
    ),
    "row": (
        r"\sigma'(z^{l}_{j}) \sum_{k=1}^{n_{l+1}} w^{l+1}_{kj} \delta^{l+1}_{k}",
        r"((W^{l+1})^{\mathsf T} \delta^{l+1}) \odot \sigma'(z^{l})",
        r"\nabla_{W^{l}} C",
    ),
    "jacobian": (
        r"\sigma'(z^{l}_{j}) \sum_{k=1}^{n_{l+1}} w^{l+1}_{kj} \delta^{l+1}_{k}",
        r"((W^{l+1})^{\mathsf T} \delta^{l+1}) \odot \sigma'(z^{l})",
        r"\frac{\partial C}{\partial W^{l}}",
    ),
}


@pytest.mark.parametrize("notation", IN_NOTATION)
def test_each_notation_writes_the_hidden_error_its_own_way(notation):
    views = (index_form(HIDDEN_ERROR), matrix_form(HIDDEN_ERROR), matrix_form(var(W.name.gradient, W.axes)))
    assert tuple(to_latex(view, notation) for view in views) == IN_NOTATION[notation]


def test_the_inputs_of_a_batch_are_X_in_the_row_notation():
    inputs = var(Name("A", 0), (BATCH, BELOW))
    assert to_latex(matrix_form(inputs, "row"), "row") == "X"
    assert to_latex(index_form(inputs), "row") == "X_{sj}"


def test_a_derivative_inside_a_batch_is_of_the_sum_and_that_of_a_parameter_of_the_average():
    assert to_latex(index_form(var(Name("A", 2).gradient, (BATCH, HERE)))) == r"\frac{\partial C_{\Sigma}}{\partial A^{2}_{js}}"
    assert to_latex(index_form(var(Name("A", 0).gradient, (BATCH, HERE)))) == r"\frac{\partial C_{\Sigma}}{\partial A^{0}_{js}}"
    assert to_latex(index_form(var(Name("W", 2).gradient, (HERE, BELOW)))) == r"\frac{\partial C}{\partial w^{2}_{jk}}"


def test_the_entries_of_a_batch_have_their_indices_in_the_order_of_the_layout():
    entry = index_form(var(Name("A", 2), (BATCH, HERE)))
    assert [to_latex(entry, replace(NOTATIONS["nielsen"], layout=layout)) for layout in ("column", "row", "jacobian")] == [
        "A^{2}_{js}", "A^{2}_{sj}", "A^{2}_{js}",
    ]  # fmt: skip
    error = index_form(var(Name("Delta", 2), (BATCH, HERE)))
    assert to_latex(error, replace(NOTATIONS["nielsen"], layout="jacobian")) == r"\Delta^{2}_{sj}"
    assert to_latex(index_form(var(Name("W", 2), (HERE, BELOW)))) == "w^{2}_{jk}"


def test_numbers_as_indices_count_from_the_base_of_the_notation():
    entries = scalar_form(einsum("j,k->jk", var(Name("delta", 1), (Axis(1),)), var(Name("a", 0), (Axis(2),))))
    assert to_latex(entries) == r"\begin{pmatrix} \delta^{1}_{1} a^{0}_{1} & \delta^{1}_{1} a^{0}_{2} \end{pmatrix}"
    assert to_latex(entries, "lecture") == r"\begin{pmatrix} \delta_{0}^{(1)} a_{0}^{(0)} & \delta_{0}^{(1)} a_{1}^{(0)} \end{pmatrix}"
    assert to_text(entries) == "[δ¹₁ a⁰₁, δ¹₁ a⁰₂]"


def test_indices_of_two_digits_do_not_run_together():
    weight = sympy.Indexed("W^1", 11, 1)
    assert to_latex(weight) == "w^{1}_{11, 1}" != to_latex(sympy.Indexed("W^1", 1, 11))
    assert to_text(weight) == "w¹[11,1]" != to_text(sympy.Indexed("W^1", 1, 11))


def test_the_chain_rule_reads_from_the_cost_down():
    cost, j = var(Name("C"), ()), sympy.Symbol("j", integer=True)
    chain = [partial_derivative(z, b), partial_derivative(cost, a, True), partial_derivative(a, z)]
    whole = contract([(chain[0], (0, 0)), (chain[1], (0,)), (chain[2], (0, 0))], (0,), {})
    assert to_text(index_form(whole, (j,))) == "∂C/∂aˡⱼ ∂aˡⱼ/∂zˡⱼ ∂zˡⱼ/∂bˡⱼ"


@pytest.mark.parametrize("last", [LAST_LAYER, LAST_LAYER - 1, LAYER + 1, 3])
def test_layers_are_printed_symbolic_or_not(last):
    shown = str(last).replace(" ", "")
    assert to_latex(sympy.Symbol(str(Name("a", last)))) == f"a^{{{shown}}}"


def is_balanced(text: str) -> bool:
    """Braces, \\left and \\right, \\begin and \\end."""
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0 and text.count(r"\left") == text.count(r"\right") and text.count(r"\begin") == text.count(r"\end")


def random_case(seed: int):
    chooser = random.Random(seed)
    return random_tensor(chooser, tuple(chooser.choice(AXES) for _ in range(chooser.randint(0, 2))))


@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_notation_prints_every_view_with_balanced_braces(notation):
    layout = NOTATIONS[notation].layout
    for seed in range(100 * list(NOTATIONS).index(notation), 100 * (list(NOTATIONS).index(notation) + 1)):
        tensor = random_case(seed)
        views = [index_form(tensor)]
        with suppress(UnsupportedError):
            views.append(matrix_form(tensor, layout))
        for view in views:
            latex = to_latex(view, notation)
            assert is_balanced(latex), f"seed {seed}: {latex}"
            assert "\n" not in to_text(view, notation), f"seed {seed}"


@pytest.mark.parametrize("block", range(4))
def test_the_printed_index_form_has_the_value_of_the_tensor(block):
    sizes = {str(size): number for size, number in SIZES.items()}
    for seed in range(block * 100, (block + 1) * 100):
        tensor, numbers = random_case(seed), Numbers(seed)
        if index_form(tensor).has(sympy.Piecewise):
            continue
        expected = brute_force(tensor, numbers)
        if any(value.has(sympy.zoo, sympy.nan) for value in expected.values()):
            continue

        def entry(name, indices, numbers=numbers):
            return Fraction(str(numbers[name, indices]))

        text, indices = to_latex(index_form(tensor), AS_STORED), [str(index) for index in default_indices(tensor.axes)]
        for spot in places(tensor):
            found = LatexValue(text, entry, sizes).value(dict(zip(indices, spot, strict=True)))
            assert found == Fraction(str(expected[spot])), f"seed {seed}, at {spot}: {text}"


def test_layouts_are_printed_in_every_notation():
    for notation in NOTATIONS:
        for layout in LAYOUTS:
            for tensor in (HIDDEN_ERROR, HIDDEN_ERRORS, GRAD_W, GRADS_W, GRADS_B, SOFTMAX):
                assert is_balanced(to_latex(matrix_form(tensor, layout), notation))


def test_a_number_that_terms_have_in_common_stands_before_the_product_without_parentheses_of_its_own():
    a, y, s = sympy.Indexed("a^2", sympy.Symbol("j")), sympy.Indexed("y", sympy.Symbol("j")), sympy.Symbol("s^2")
    delta = sympy.KroneckerDelta(*sympy.symbols("j k", integer=True))
    assert to_text(delta * (2 * a - 2 * y)) == "2 δⱼₖ (a²ⱼ - yⱼ)"
    assert to_text((2 * a - 2 * y) / (8 * s)) == "(a²ⱼ - yⱼ)/(4 s²)"
    assert to_text(s * sympy.Sum(2 * a - 2 * y, (sympy.Symbol("j"), 1, 4)) / 8) == "(1/4) s² Σⱼ (a²ⱼ - yⱼ)"
    assert to_text(sympy.exp(s) * (2 * a - 2 * y) ** 2) == to_text((2 * a - 2 * y) ** 2 * sympy.exp(s))


def test_numbers_stand_first_in_a_denominator():
    assert to_text(sympy.Indexed("xhat^6", sympy.Symbol("j")) / (3 * sympy.Symbol("s^6"))) == "x̂⁶ⱼ/(3 s⁶)"


def test_pieces_that_say_no_more_than_a_sign_are_written_as_absolute_value_and_sign():
    x, y = sympy.symbols("a y", real=True)
    pieces = [(x - y, x - y > 0), (y - x, x - y < 0), (0, True)]
    assert to_text(sympy.Piecewise(*pieces)) == "|a - y|"
    assert to_latex(sympy.Piecewise((1, x > 0), (-1, x < 0), (0, True))) == r"\operatorname{sgn}(a)"
    for others in ([*pieces[:2], (1, True)], [pieces[0], (y, x - y < 0), (0, True)], [(1, x > 0), (-1, x < y), (0, True)]):
        assert "if" in to_text(sympy.Piecewise(*others))
