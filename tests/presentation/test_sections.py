"""What the sections say is true: slopes against differences, bounds against norms, and every form readable."""

import numpy as np
import pytest
import sympy

from symback.calculus.line_by_line import slope_lines
from symback.errors import SpecError
from symback.language.as_written import DerivativeOf, value_of
from symback.language.functions import expand_functions
from symback.network import Network
from symback.network.activations import ACTIVATIONS, Z, read_activation
from symback.network.costs import COSTS, A, read_cost
from symback.numerics.depth import SCALES, measure_depth
from symback.numerics.scalars import evaluate_scalar
from symback.pipeline import derive, derive_generic
from symback.presentation import document, render, write_document
from symback.presentation.blocks import Equations, Figure, Heading, Line
from symback.presentation.sections import SECTIONS, chosen_sections
from symback.presentation.sections.chain import TARGET, chain_of, scalar
from symback.presentation.sections.jacobians import jacobian_lines
from symback.presentation.sections.slope_plots import SHOWN_WITH, largest_slope
from symback.presentation.sections.slopes import function_named, lines_of, one_sided_slopes

from .test_pages import assert_readable

ELEMENTWISE = [name for name, row in ACTIVATIONS.items() if row.formula is not None]
POINTS = np.array([-4.3, -2.1, -0.7, -0.2, 0.3, 0.8, 1.7, 3.6])  # away from kinks
PARAMETERS = {sympy.Symbol(letter, real=True): value for letter, value in SHOWN_WITH.items()}


def numbers(expr: sympy.Expr, variable: sympy.Symbol, points: np.ndarray) -> np.ndarray:
    """The values of an expression at points, parameters put in; functions by their formulas."""
    plain = expand_functions(value_of(expr)).xreplace(PARAMETERS)
    return np.broadcast_to(evaluate_scalar(plain, {variable: points}), points.shape)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_line_of_a_slope_is_what_differences_measure(name):
    activation = read_activation(name)
    h = 1e-6
    measured = (numbers(activation.formula, Z, POINTS + h) - numbers(activation.formula, Z, POINTS - h)) / (2 * h)
    for line in lines_of(activation):
        assert numbers(line.expr, Z, POINTS) == pytest.approx(measured, abs=1e-8), line  # h² and rounding / h


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_line_of_a_slope_says_something_new_and_the_last_has_no_derivative_in_it(name):
    lines = lines_of(read_activation(name))
    assert len({line.expr for line in lines}) == len(lines) <= 11
    assert not lines[-1].expr.has(DerivativeOf)
    assert all(line.reason for line in lines)


def test_the_slope_of_the_sigmoid_comes_out_in_nine_lines_as_its_own_product():
    lines = lines_of(read_activation("sigmoid"))
    f = function_named(read_activation("sigmoid"))(Z)
    assert len(lines) == 9
    assert sympy.expand(value_of(lines[-1].expr) - f * (1 - f)) == 0


@pytest.mark.parametrize("name", [name for name, row in COSTS.items() if row.formula is not None])
def test_every_line_of_the_derivative_of_a_cost_is_what_differences_measure(name):
    points, h, y = np.array([0.21, 0.47, 0.83]), 1e-6, sympy.Rational(1, 3)
    formula = read_cost(name).formula
    target = {sympy.Symbol("y", real=True): y}
    measured = (numbers(formula.xreplace(target), A, points + h) - numbers(formula.xreplace(target), A, points - h)) / (2 * h)
    for line in slope_lines(formula, A):
        assert numbers(value_of(line.expr).xreplace(target), A, points) == pytest.approx(measured, abs=1e-8), line


@pytest.mark.parametrize(
    ("name", "expected"),
    [("relu", [(0, 0, 1)]), ("hard_tanh", [(-1, 0, 1), (1, 1, 0)]), ("softsign", [(0, 1, 1)]), ("elu", [(0, 1, 1)]), ("tanh", [])],
)
def test_slopes_at_kinks_are_told_from_both_sides(name, expected):
    assert one_sided_slopes(read_activation(name)) == expected


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_every_line_of_a_jacobian_is_what_differences_measure(name):
    generator = np.random.default_rng(3)
    z, h = generator.standard_normal(3), 1e-6

    def plain(values: np.ndarray) -> np.ndarray:
        shares = np.exp(values) / np.exp(values).sum()
        return shares if name == "softmax" else np.log(shares)

    for j in range(3):
        for i in range(3):
            step = h * np.eye(3)[i]
            measured = (plain(z + step) - plain(z - step))[j] / (2 * h)
            for line in jacobian_lines(name, (1, sympy.Integer(3)))[1:]:
                assert entry_value(line, z, plain(z), j, i) == pytest.approx(measured, abs=1e-8), line


def entry_value(line: Line, z: np.ndarray, a: np.ndarray, j: int, i: int) -> float:
    """The value of a right side at indices j and i, derivatives inside of it taken by hand."""
    shares = np.exp(z) / np.exp(z).sum()
    right = line.right.replace(lambda e: type(e).__name__ == "PartialDerivative", lambda e: taken(e))
    right = value_of(right).doit()
    places = {symbol: place + 1 for symbol in right.free_symbols for letter, place in (("j", j), ("i", i)) if symbol.name == letter}
    right = right.subs(places).doit()
    values = {"z": z, "a": a, "p": shares}
    entries = {e: values[str(e.base)[0]][int(e.indices[0]) - 1] for e in right.atoms(sympy.Indexed)}
    return float(right.xreplace(entries))


def taken(partial) -> sympy.Expr:
    """∂e^(z_j)/∂z_i and ∂Σ/∂z_i, by SymPy's own rule for indexed names."""
    return sympy.diff(partial.numerator, partial.denominators[0]).doit()


# The chain -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("activation", "cost"), [("sigmoid", "quadratic"), ("tanh", "squared_error"), ("silu", "huber")])
def test_the_factors_of_the_chain_multiply_to_what_differences_measure(activation, cost):
    chain = chain_of(Network.from_spec("2-3-2", activation=activation, cost=cost))
    point = {scalar("w"): 0.7, scalar("b"): -0.2, scalar("a", -1): 0.4, TARGET: 0.9}

    def cost_at(values: dict) -> float:
        z = chain.weighted(0).subs(values)
        output = expand_functions(chain.activated(0)).subs(scalar("z"), z)
        return float(chain.cost.subs(values).subs(scalar("a"), output))

    z = chain.weighted(0).subs(point)
    inner = {scalar("z"): z, scalar("a"): expand_functions(chain.activated(0)).subs(scalar("z"), z), **point}
    for by, symbol in (("w", scalar("w")), ("b", scalar("b")), ("a", scalar("a", -1))):
        product = sympy.Mul(*(expand_functions(chain.factor(*link, 0)) for link in (("C", "a"), ("a", "z"), ("z", by))))
        moved = [cost_at({**point, symbol: point[symbol] + step}) for step in (-1e-5, 1e-5)]
        assert float(product.subs(inner)) == pytest.approx((moved[1] - moved[0]) / 2e-5, abs=1e-8)


# Depth -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_no_measured_error_is_longer_than_its_bound(activation, scale):
    measured = measure_depth(activation, scale, layers=8, width=12, networks=1)
    assert all(ratio <= bound * (1 + 1e-12) for ratio, bound in zip(measured.ratios, measured.bounds, strict=True))
    assert measured.ratios[-1] == measured.bounds[-1] == 1


def test_the_measured_errors_are_those_of_the_engine():
    """Two layers by hand-written NumPy: the same numbers as δ^1 / δ^2 of a network with the same weights."""
    one = measure_depth("tanh", "Glorot", layers=2, width=5, networks=1, seed=4)
    generator = np.random.default_rng(4)
    weights = [np.sqrt(1 / 5) * generator.standard_normal((5, 5)) for _ in range(2)]
    x, delta = generator.standard_normal(5), generator.standard_normal(5)
    below = (weights[1].T @ delta) * (1 - np.tanh(weights[0] @ x) ** 2)
    assert one.ratios[0] == pytest.approx(np.linalg.norm(below) / np.linalg.norm(delta), rel=1e-12)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_largest_slope_is_not_exceeded_anywhere(name):
    activation = read_activation(name)
    if name == "exp":
        pytest.skip("the slope of exp grows without end")
    points = np.random.default_rng(1).uniform(-8, 8, 4000)
    slopes = numbers(sympy.diff(activation.formula, Z), Z, points)
    assert np.max(np.abs(slopes)) <= largest_slope(activation) + 1e-7


# The page --------------------------------------------------------------------------------------------------------


def test_sections_are_asked_for_by_name_and_stand_in_the_order_of_the_page():
    assert chosen_sections("descent, chain") == ("chain", "descent")
    assert chosen_sections(["all"]) == tuple(SECTIONS)
    assert chosen_sections("") == ()
    with pytest.raises(SpecError, match="chain, slopes, matrices, costs, worlds, vanishing, descent, and all"):
        chosen_sections("world")


def test_no_section_stands_on_a_page_that_does_not_ask():
    derivation = derive(Network.from_spec("2-3-2"))
    plain, whole = document(derivation), document(derivation, sections="all")
    assert not any(isinstance(block, Figure) for block in plain.blocks)
    kept = iter(whole.blocks)
    assert all(any(block == other for other in kept) for block in plain.blocks)  # the page itself is unchanged


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize(
    ("spec", "activation", "cost"),
    [("2-3-2", ["relu", "softmax"], "cross_entropy"), ("p-m-n", ["prelu", "identity"], "mean_squared_error"), ("2-2-1", "srelu", "huber"),
     ("3-2-2-2", ["silu", "softsign", "log_softmax"], "nll"), ("2-1", "sigma", "C")],
)  # fmt: skip
def test_every_section_is_readable_for_every_network(section, spec, activation, cost):
    network = Network.from_spec(spec, activation=activation, cost=cost)
    assert_readable(document(derive(network), sections=section, detail="results", form="matrix"))


def test_sections_of_a_network_of_any_depth_are_readable():
    pieces = derive_generic(Network.from_spec("n_0-...-n_L", activation=["tanh", "softmax"], cost="cross_entropy"))
    assert_readable(document(pieces, sections="all", detail="results"))


@pytest.mark.parametrize("notation", ["lecture", "ng", "row", "jacobian"])
def test_sections_are_readable_in_every_notation(notation):
    assert_readable(document(derive(Network.from_spec("2-3-2")), sections="all", notation=notation, detail="results"))


def test_sections_that_speak_of_one_sample_are_left_out_for_a_batch():
    page = document(derive(Network.from_spec("2-3-2"), batch=True), sections="all", detail="results")
    titles = [block.title[0] for block in page.blocks if isinstance(block, Heading)]
    assert "Gradient descent" in titles
    assert not any(title.startswith("Two worlds") for title in titles)


def test_the_three_customs_of_the_squared_error_differ_by_their_numbers():
    text = render(derive(Network.from_spec("2-3-4")), "text", sections="costs")
    assert "= 2 (a²ⱼ - yⱼ)" in text
    assert "= 2 ∂C/∂a²ⱼ" in text
    assert "= (1/2) (a²ⱼ - yⱼ)" in text  # 2/n with n = 4
    assert "= (1/2) ∂C/∂a²ⱼ" in text


def test_both_worlds_write_the_same_entries():
    page = document(derive(Network.from_spec("2-3-2")), sections="worlds", detail="results")
    matrices = [line.right for block in page.blocks if isinstance(block, Equations) for line in block.lines]
    products = [each for each in matrices if isinstance(each, sympy.ImmutableDenseMatrix)]
    assert [each.shape for each in products] == [(1, 2), (2, 1)]
    assert products[1] == products[0].T


def test_the_same_page_is_the_same_text():
    derivation = derive(Network.from_spec("2-3-2"))
    first, second = (write_document(document(derivation, sections="all"), "latex") for _ in range(2))
    assert first == second


def test_a_unit_by_itself_is_no_vector():
    """The lecture writes vectors in bold; the chain of single neurons has none."""
    section = render(derive(Network.from_spec("2-3-2")), "latex-fragment", sections="chain", notation="lecture").split(
        r"\section*{The network}"
    )[0]
    assert r"z^{(L)} &= w^{(L)} a^{(L-1)} + b^{(L)}" in section
    assert r"\mathbf" not in section
