"""The page says everything, says it in the reader's words, and says it in every format."""

import re
import shutil
import subprocess
from itertools import pairwise

import pytest
import sympy

from symback.errors import NotationError, SpecError, UnsupportedError
from symback.language.notation import NOTATIONS
from symback.language.printing import to_latex, to_text
from symback.network import Dense, LayerNorm, Network, Residual
from symback.network.activations import ACTIVATIONS, read_activation
from symback.network.costs import COSTS
from symback.pipeline import derive, derive_generic
from symback.presentation import FORMATS, document, render, with_picture, write_document
from symback.presentation.blocks import Document, Equations, Figure, Heading, Note, Prose, Table
from symback.presentation.opening import kinks_of_activation
from symback.presentation.text import text_words, write_text
from symback.simplification.index_form import index_form
from symback.simplification.matrix_form import matrix_form

INTERNAL = re.compile(
    r"Lambda|\bx\d|slot|Piecewise|_prime|Kronecker(?! delta)|Sum\(|MatMul|Indexed|Hadamard|Symbol|Matrix|object at|AsScalar|Partial"
    r"|C_sum|C_s\b|xhat|Xhat|dC/d|(?<![\\A-Za-z])(?:delta|Delta|sigma|alpha|gamma|beta|lambda)[\^_(]|Dummy|Tuple|(?<![\\\\A-Za-z])pi\b|oo\b|True|None"
)
OUTPUTS = {"unit": "sigmoid", "probabilities": "softmax", "log_probabilities": "log_softmax", "positive": "softplus"}
COST_PAIRS = [(OUTPUTS.get(row.outputs, "identity"), name) for name, row in COSTS.items()]
PAIRS = [*((name, "quadratic") for name in ACTIVATIONS), *COST_PAIRS]
ALL_PAIRS = [(activation, cost) for activation in ACTIVATIONS for cost in COSTS if (activation, cost) not in PAIRS]


def blocks_of(page: Document, kind: type) -> list:
    return [block for block in page.blocks if isinstance(block, kind)]


def right_sides(page: Document) -> set[str]:
    """As written: ∂C/∂a through every path and through the only one are written alike."""
    return {to_text(line.right) for block in blocks_of(page, Equations) for line in block.lines}


def reasons(page: Document) -> list:
    return [line.reason for block in blocks_of(page, Equations) for line in block.lines if line.reason]


def assert_readable(page: Document) -> None:
    for name in FORMATS:
        text = re.sub(r"<style>.*?</style>|<svg .*?</svg>|base64,[^)]*", "", write_document(page, name), flags=re.DOTALL)
        assert INTERNAL.search(text) is None, f"{name}: {text[max(0, INTERNAL.search(text).start() - 60) :][:120]!r}"
        if name.startswith("latex"):
            assert_compilable(text)


def assert_compilable(text: str) -> None:
    """What can be seen of it without a LaTeX: no letter outside ASCII, everything that is opened is closed."""
    assert text.isascii(), re.findall(r"[^\x00-\x7f].{,20}", text)[:3]
    plain = text.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    assert len(re.findall(r"\\left\b", text)) == len(re.findall(r"\\right\b", text))
    opened = re.findall(r"\\(begin|end)\{(\w+\*?)\}", text)
    stack: list[str] = []
    for kind, name in opened:
        if kind == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert stack == []


@pytest.mark.parametrize(("activation", "cost"), PAIRS, ids=str)
def test_every_activation_and_every_cost_makes_a_readable_page(activation, cost):
    network = Network.from_spec("2-3-2", activation=["tanh", activation], cost=cost)
    assert_readable(document(derive(network)))


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "cost"), ALL_PAIRS, ids=str)
def test_every_activation_with_every_cost_makes_a_readable_page(activation, cost):
    assert_readable(document(derive(Network.from_spec("p-n", activation=activation, cost=cost))))


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("layout", ["column", "row", "jacobian"])
def test_every_notation_in_every_layout_makes_a_readable_page(notation, layout):
    network = Network.from_spec("3-2", activation="softmax", cost="cross_entropy", l2="lambda")
    assert_readable(document(derive(network, batch=layout == "row"), notation=notation, layout=layout, detail="results"))


@pytest.mark.parametrize("slopes", ["function", "output"])
@pytest.mark.parametrize("form", ["all", "matrix", "index", "scalar"])
@pytest.mark.parametrize("detail", ["results", "steps"])
def test_every_manner_makes_a_readable_page(form, slopes, detail):
    assert_readable(document(derive(Network.from_spec("2-2-1")), form=form, slopes=slopes, detail=detail))


def deep_network() -> Network:
    branch = Residual([Dense("d_1", "prelu"), Dense("d_1", "identity")])
    layers = [Dense("d_1", "relu"), LayerNorm("epsilon"), branch, Dense("d_2", "softmax")]
    return Network("d_0", layers, "cross_entropy", l1=0.5, l2="lambda")


@pytest.mark.parametrize("batch", [False, True], ids=["sample", "batch"])
def test_residuals_norms_and_penalties_make_a_readable_page(batch):
    assert_readable(document(derive(deep_network(), batch=batch)))


def test_a_network_without_weights_makes_a_readable_page():
    assert_readable(document(derive(Network(3, [LayerNorm()]))))


def test_every_formula_stands_on_the_page_in_both_forms():
    derivation = derive(deep_network())
    shown = right_sides(document(derivation))
    for formula in derivation.formulas:
        assert to_text(index_form(formula.tensor)) in shown, formula.name
        assert to_text(matrix_form(formula.tensor)) in shown, formula.name


def test_a_fragment_is_the_article_without_its_head():
    derivation = derive(Network.from_spec("2-1"))
    article, fragment = render(derivation, "latex"), render(derivation, "latex-fragment")
    assert fragment in article
    assert "documentclass" not in fragment


def test_every_step_stands_on_the_page_with_its_reason():
    derivation = derive(Network.from_spec("2-3-2"))
    page = document(derivation)
    shown, given = right_sides(page), {reason[0] for reason in reasons(page)}
    for formula in derivation.formulas:
        for step in formula.steps:
            assert step.rule in given
            assert step.form == "matrix" or to_text(index_form(step.after)) in shown
        for partial, steps in formula.factors:
            assert any(line.left == index_form(partial) for block in blocks_of(page, Equations) for line in block.lines)
            assert all(to_text(index_form(step.after)) in shown for step in steps)


def test_every_forward_equation_stands_on_the_page():
    derivation = derive(deep_network())
    shown = right_sides(document(derivation))
    for equation in derivation.forward.equations:
        assert to_text(index_form(equation.definition)) in shown


def test_no_index_is_called_as_a_size():
    sizes = {"j", "k", "m", "s"}
    page = document(derive(Network.from_spec("j-k-m-s", activation="softmax", cost="cross_entropy")))
    for block in blocks_of(page, Equations):
        for line in block.lines:
            indices = {symbol.name for expr in (line.left, line.right) if expr is not None for symbol in indices_of(expr)}
            assert not indices & sizes, line


def indices_of(expr) -> set:
    """Symbols that stand as an index; sizes are positive, indices are integers of which nothing is said."""
    return {symbol for symbol in expr.atoms(sympy.Symbol) if symbol.is_integer and not symbol.is_positive}


def test_a_side_fact_is_named_where_it_is_used():
    text = render(derive(Network.from_spec("2-3", activation="softmax", cost="cross_entropy")), "text")
    assert re.search(r"= a¹ⱼ - yⱼ +using Σⱼ yⱼ = 1", text)
    assert "Assumed of the targets: Σⱼ yⱼ = 1" in text


def test_the_convention_at_a_kink_is_stated():
    text = render(derive(Network.from_spec("2-3", activation="relu", cost="absolute_error")), "text")
    assert "ReLU'(0) = 0" in text
    assert "where a - y = 0, its derivative by a is 0" in text


def test_shapes_are_those_of_the_layout():
    network = Network.from_spec("p-m-n")

    def title_of_weights(layout: str, batch: bool = False) -> tuple:
        page = document(derive(network, batch=batch), layout=layout)
        heading = next(b for b in blocks_of(page, Heading) if b.title[0].startswith("The gradient of the weights"))
        return tuple(map(str, heading.title[-1].sizes))

    assert title_of_weights("column") == ("n", "m")
    assert title_of_weights("row", batch=True) == ("n", "m")
    assert title_of_weights("jacobian") == ("m", "n")


def test_layers_that_are_alike_are_told_once_and_the_page_says_which():
    network = Network.from_spec("5-" + "4-" * 12 + "2", activation=["tanh"] * 12 + ["sigmoid"])
    told = document(derive(network))
    headings = [block.title[0] for block in blocks_of(told, Heading) if block.level == 2]
    assert headings == ["Layer 13 (output)", "Layer 12", "The input"]
    words = [block.spans[0] for block in blocks_of(told, Prose)]
    assert any(isinstance(word, str) and word.startswith("Layers 1 to 11 have the equations of layer 12") for word in words)
    assert len(blocks_of(told, Table)[0].rows) == 3  # 5 -> 4, 4 -> 4 eleven times, 4 -> 2
    full = document(derive(network), detail="full")
    assert len([block for block in blocks_of(full, Heading) if block.level == 2]) == 14


def test_the_forward_pass_of_a_dozen_layers_is_whole():
    network = Network.from_spec("5-4-4-4-4-4-2", activation=["tanh"] * 5 + ["sigmoid"])
    page = render(derive(network), "markdown")
    assert "Layers 1 to 4 have the gradients of layer 5" in page
    assert all(f"z^{{{layer}}} &= W^{{{layer}}}" in page for layer in range(1, 7))


def test_a_layer_that_differs_is_not_taken_for_another():
    network = Network.from_spec("4-4-4-4-4-4-2", activation=["tanh", "tanh", "relu", "tanh", "tanh", "tanh"])
    headings = [block.title[0] for block in blocks_of(document(derive(network)), Heading) if block.level == 2]
    assert "Layer 3" in headings


def test_the_generic_layer_is_told_with_base_and_step():
    page = document(derive_generic(Network.from_spec("n_0-...-n_L", activation="sigma", cost="C")))
    text = write_document(page, "text")
    assert "δᴸ = (∂C/∂aᴸ) ⊙ σ'(zᴸ)" in text
    assert "δˡ = ((Wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ'(zˡ)" in text
    assert "∂C/∂Wˡ = δˡ (aˡ⁻¹)ᵀ" in text
    assert_readable(page)


def test_the_average_over_a_batch_is_told_with_its_forward_pass_and_what_its_errors_are():
    text = render(derive(Network.from_spec("p-m-n")), "text")
    for line in ("Zˡ = Wˡ Aˡ⁻¹ + bˡ 1ᵀ", "(Aᴸⱼₛ - Yⱼₛ)²", "Δˡ = ∂C_Σ/∂Zˡ", "∂C/∂Wˡ = (1/N) Δˡ (Aˡ⁻¹)ᵀ"):
        assert line in text


def test_an_unspecified_cost_is_not_explained_by_itself():
    text = render(derive(Network.from_spec("2-3", cost="C")), "text")
    assert re.search(r"(∂C/∂a¹ⱼ?) = \1 ", text) is None
    assert "(∂C/∂a¹) ⊙ σ'(z¹)" in text


def test_the_scalar_form_writes_every_entry():
    text = render(derive(Network.from_spec("2-2-1")), "text", form="scalar")
    assert "∂C/∂w¹₂₁ = δ¹₂ a⁰₁" in text
    assert "δ¹₂ = w²₁₂ δ²₁ σ'(z¹₂)" in text


def test_too_many_entries_are_refused_with_a_remedy():
    with pytest.raises(UnsupportedError, match="matrix"):
        document(derive(Network.from_spec("20-20")), form="scalar")


@pytest.mark.parametrize(
    ("choice", "value", "error", "known"),
    [
        ("format", "pdf", SpecError, "html, latex, latex-fragment, markdown, text"),
        ("form", "matrices", SpecError, "all, matrix, index, scalar"),
        ("layout", "rows", SpecError, "column, row, jacobian"),
        ("detail", "much", SpecError, "results, steps, full"),
        ("slopes", "outputs", SpecError, "function, output"),
        ("notation", "nilsen", NotationError, "nielsen, lecture"),
    ],
)
def test_an_unknown_choice_is_answered_with_the_known_ones(choice, value, error, known):
    derivation = derive(Network.from_spec("2-1"))
    with pytest.raises(error, match=known):
        render(derivation, **{choice: value})


def test_words_are_escaped_in_every_format():
    page = Document(("100 % of a_b & {c}",), (Note("a # b", (("~x^2 | y",),)),), NOTATIONS["nielsen"])
    assert r"100 \% of a\_b \& \{c\}" in write_document(page, "latex")
    assert r"\textasciitilde{}x\textasciicircum{}2" in write_document(page, "latex")
    assert r"a\_b & \{c\}" in write_document(page, "markdown")
    assert "100 % of a_b & {c}" in write_document(page, "text")


def test_no_line_of_text_is_wider_than_the_page_allows_but_for_products():
    text = render(derive(deep_network()), "text")
    for line in text.splitlines():
        assert len(line) <= 150, line


def test_bold_and_dim_come_only_when_asked_for():
    page = document(derive(Network.from_spec("2-1")))
    assert "\x1b" not in write_text(page)
    assert "\x1b[1mForward pass\x1b[0m" in write_text(page, is_styled=True)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
@pytest.mark.parametrize("cost", ["cross_entropy", "quadratic"])
def test_the_article_compiles(cost, tmp_path):
    network = deep_network() if cost == "cross_entropy" else Network.from_spec("2-3-2", activation="srelu, elu")
    (tmp_path / "page.tex").write_text(render(derive(network)), encoding="ascii")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:].decode(errors="replace")


def test_kinks_are_stated_as_mathematics_in_the_order_of_the_kinks():
    said = {name: text_words(kinks_of_activation(read_activation(name)), NOTATIONS["nielsen"]) for name in ("hard_tanh", "prelu", "srelu")}
    assert said == {
        "hard_tanh": "At the kinks: HardTanh'(-1) = 0 and HardTanh'(1) = 0.",
        "prelu": "At the kink: the slope is α at z = 0.",
        "srelu": "At the kinks: the slope is α_low at z = t_low and α_high at z = t_high, with t_low < t_high.",
    }


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_the_argument_of_an_activation_is_a_number_and_not_bold(activation):
    page = render(derive(Network.from_spec("2-2", activation=activation)), "latex", notation="lecture")
    assert re.search(r"\(z\)", page) and not re.search(r"\(\\mathbf\{z\}\)", page)


def test_a_page_says_around_which_layers_a_shortcut_leads():
    inner = Residual([Dense(3)])
    network = Network(3, [Dense(3), Residual([Dense(4), Dense(3), inner]), Dense(2)])
    text = " ".join(render(derive(network), "text").split())
    assert "around layers 2 to 4: what goes into layer 2 is added to what comes out of layer 4" in text
    assert "around layer 4: what goes into layer 4 is added to what comes out of layer 4" in text
    assert "shortcut" not in render(derive(Network.from_spec("2-2")), "text")


@pytest.mark.parametrize("notation", ["nielsen", "lecture"])
def test_no_line_of_a_chain_is_the_one_above_it(notation):
    """As it is written: a step that renames a derivative which is written as before has no line."""
    network = Network(3, [Dense(4, "identity"), LayerNorm(), Dense(2, "softmax")], "cross_entropy")
    for block in blocks_of(document(derive(network), notation=notation), Equations):
        written = [to_latex(line.right, notation) for line in block.lines]
        assert [line for above, line in pairwise(written) if above == line and "partial" in line] == []


def test_the_picture_of_the_network_stands_at_the_head_of_its_section():
    network = Network.from_spec("2-3-2")
    page = with_picture(document(derive(network), sections="chain"), network)
    place = page.blocks.index(Heading(("The network",)))
    assert isinstance(page.blocks[place + 1], Figure)
    assert page.blocks[place + 1].drawing.title in write_document(page, "html")


@pytest.mark.parametrize("size", [6, 14])
def test_a_picture_wider_than_the_page_is_made_smaller_in_latex(size):
    network = Network.from_spec("-".join("2" * size))
    page = write_document(with_picture(document(derive(network), form="matrix"), network), "latex")
    assert r"\resizebox{\linewidth}{!}{%" in page


@pytest.mark.parametrize(
    ("cost", "gradient"), [("squared_error", "∂C/∂a² = 2 (a² - y)"), ("mean_squared_error", "∂C/∂a² = (2/n) (a² - y)")]
)
def test_a_number_that_all_terms_have_in_common_stands_in_front(cost, gradient):
    assert gradient in render(derive(Network.from_spec("p-m-n", cost=cost)), "text")


@pytest.mark.parametrize("notation", ["nielsen", "row"])
def test_no_two_lines_of_a_chain_have_the_same_reason(notation):
    network = Network(3, [Dense(4, "identity"), LayerNorm(), Dense(1, "sigmoid")], "binary_cross_entropy")
    for block in blocks_of(document(derive(network), notation=notation), Equations):
        words = [line.reason for line in block.lines if line.reason and line.left is None]
        assert [one for one, other in pairwise(words) if one == other] == []


def test_numbers_of_a_factor_meet_those_before_it():
    """The derivative of a deviation of seven units has 2/14 in it, which is 1/7."""
    text = render(derive(Network(3, [Dense(7, "identity"), LayerNorm()])), "text")
    assert "∂s²/∂a¹ⱼ = (a¹ⱼ - μ²)/(7 √(" in text
    assert "(2 (a²ⱼ" not in text
