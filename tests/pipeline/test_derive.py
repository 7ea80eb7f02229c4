"""What comes out is what a textbook prints, for symbolic sizes, for each output layer and for a symbolic layer."""

import time

import pytest
import sympy

from symback.errors import SpecError
from symback.language.expressions import Axis, add, broadcast, einsum, leaves, map_, scale, slot, total
from symback.language.names import LAST_LAYER, LAYER
from symback.network import Dense, LayerNorm, Network, Residual
from symback.pipeline import derive, derive_generic
from symback.simplification.normal_form import prove_equal

X0, X1 = slot(0), slot(1)


def named(derivation, text):
    """A name of the derivation by its text, with the axes it has there."""
    equations = derivation.forward.equations
    found = {str(symbol.name): symbol for equation in equations for symbol in (equation.symbol, *leaves(equation.definition))}
    found |= {str(record.symbol.name): record.symbol for record in derivation.records}
    return found[text]


def minus(a, y):
    return map_(X0 - X1, (a, y))


@pytest.mark.parametrize(
    ("activation", "cost", "assumes"),
    [
        ("sigmoid", "binary_cross_entropy", False),
        ("softmax", "cross_entropy", True),
        ("identity", "quadratic", False),
        ("exp", "poisson", False),
    ],
)
def test_the_output_error_of_a_matched_pair_is_a_minus_y(activation, cost, assumes):
    d = derive(Network.from_spec("p-m-n", activation=f"tanh,{activation}", cost=cost))
    assert str(d.delta(2).index_form) == "a^2[j] - y[j]"
    assert bool([fact for fact in d.delta(2).facts if fact.is_assumed]) == assumes


def test_the_six_equations_of_the_lecture_come_out_as_printed():
    d = derive(Network.from_spec("p-m-n", activation="sigma", cost="squared_error"))
    texts = {str(formula.name): formula.latex() for formula in d.formulas}
    assert texts["delta^2"] == r"\delta^{2} = 2 (a^{2} - y) \odot \sigma'(z^{2})"
    assert texts["dC/db^2"] == r"\nabla_{b^{2}} C = \delta^{2}"
    assert texts["dC/dW^2"] == r"\nabla_{W^{2}} C = \delta^{2} (a^{1})^{\mathsf T}"
    assert texts["delta^1"] == r"\delta^{1} = ((W^{2})^{\mathsf T} \delta^{2}) \odot \sigma'(z^{1})"
    assert texts["dC/db^1"] == r"\nabla_{b^{1}} C = \delta^{1}"
    assert texts["dC/dW^1"] == r"\nabla_{W^{1}} C = \delta^{1} (a^{0})^{\mathsf T}"
    assert d.grad("a", 1).latex() == r"\nabla_{a^{1}} C = (W^{2})^{\mathsf T} \delta^{2}"


def test_the_generic_layer_is_derived_for_a_symbolic_l():
    output, hidden = derive_generic(Network.from_spec("n_0-...-n_L", activation="sigma", cost="C"))
    assert hidden.delta(LAYER).latex() == r"\delta^{l} = ((W^{l+1})^{\mathsf T} \delta^{l+1}) \odot \sigma'(z^{l})"
    assert hidden.grad_W(LAYER).latex() == r"\nabla_{W^{l}} C = \delta^{l} (a^{l-1})^{\mathsf T}"
    assert hidden.grad_b(LAYER).latex() == r"\nabla_{b^{l}} C = \delta^{l}"
    assert output.delta(LAST_LAYER).latex() == r"\delta^{L} = \nabla_{a^{L}} C \odot \sigma'(z^{L})"


def test_a_batch_gives_the_average_of_the_outer_products():
    d = derive(Network.from_spec("p-m-n"), batch=True)
    N = d.forward.inputs.axes[0]
    for layer in (1, 2):
        Delta, A = named(d, f"Delta^{layer}"), named(d, f"A^{layer - 1}")
        assert d.grad_W(layer).tensor is scale(1 / N.size, einsum("sj,sk->jk", Delta, A))
        assert d.grad_b(layer).tensor is scale(1 / N.size, einsum("sj->j", Delta))
    assert d.delta(1).tensor.axes == (N, Axis(sympy.Symbol("m", integer=True, positive=True)))


def test_an_l2_penalty_adds_lambda_w_and_leaves_the_error_alone():
    plain, penal = (derive(Network(inputs=2, layers=[Dense(3), Dense(2)], l2=value)) for value in (0, 0.5))
    assert plain.delta(1).tensor is penal.delta(1).tensor
    W = named(penal, "W^1")
    assert penal.grad_W(1).tensor is add(plain.grad_W(1).tensor, scale(sympy.Rational(1, 2), W))


def test_a_residual_connection_adds_the_two_ways():
    d = derive(Network(inputs=3, layers=[Dense(3, "tanh"), Residual([Dense(3, "tanh")]), Dense(2)]))
    assert len(d.grad("a", 1).record.terms) == 2


def test_layer_norm_has_the_published_form():
    """∂C/∂x = (1/s) (ĝ − mean ĝ − x̂ · mean(ĝ ⊙ x̂)), Ba, Kiros & Hinton 2016."""
    d = derive(Network(inputs="p", layers=[Dense("n", "identity"), LayerNorm()], cost="C"))
    x_hat = next(equation.symbol for equation in d.forward.equations if equation.symbol.name.letter == "xhat")
    s = next(equation.symbol for equation in d.forward.equations if equation.symbol.name.letter == "s")
    g = next(record.symbol for record in d.records if record.target is x_hat)
    (n,) = x_hat.axes
    mean = scale(-1 / n.size, broadcast(total(g), (n,), ()))
    correlation = scale(-1 / n.size, einsum("k,k,j->j", g, x_hat, x_hat))
    expected = einsum("j,->j", add(g, mean, correlation), map_(1 / X0, (s,)))
    assert prove_equal(d.grad("a", 1).tensor, expected) is not None
    assert sympy.count_ops(d.grad("a", 1).index_form) <= 22


def test_a_fact_used_in_what_is_written_out_is_a_fact_of_the_formula():
    """∂C/∂a = p - y needs Σ_k y_k = 1 and has no name of its own; δ = (p - y) ⊙ σ'(z), where it stands, needs it too."""
    d = derive(Network.from_spec("p-m-n", cost="cross_entropy_from_logits"))
    assert [str(fact.of.name) for fact in d.delta(2).facts if fact.is_assumed] == ["y"]
    assert not d.delta(1).facts


def test_a_formula_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(SpecError, match=r"no formula called delta\^7; it has dC/da\^2, delta\^2"):
        derive(Network.from_spec("2-3-2")).delta(7)


def seconds_to_derive(depth):
    network = Network.from_spec("-".join(["n"] * (depth + 1)), activation="sigma", cost="C")
    start = time.process_time()
    derive(network)
    return time.process_time() - start


@pytest.mark.parametrize(("depth", "limit"), [(3, 0.010), (64, 0.100), (1000, 2.0)])
def test_derivation_is_fast(depth, limit):
    """Processor time; three times what is asked for on a quiet machine, since tests share caches and clocks with others."""
    assert min(seconds_to_derive(depth) for _ in range(3)) < 3 * limit


def test_the_time_to_derive_is_linear_in_the_depth():
    seconds_to_derive(10)
    ratio = min(seconds_to_derive(1000) for _ in range(2)) / min(seconds_to_derive(100) for _ in range(5))
    assert ratio < 30  # linear is 10, quadratic 100; other processes on the machine take the caches away from the longer run


def test_no_index_is_called_like_a_size_of_the_network():
    d = derive(Network.from_spec("n-m-k"))
    assert str(d.delta(1).index_form) == "sigmoid_prime(z^1[j])*Sum(W^2[i, j]*delta^2[i], (i, 1, k))"
