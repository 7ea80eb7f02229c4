"""Compiled gradients against derivatives found without any calculus, on every table row; random networks are in tests/laws."""

import numpy as np
import pytest

from symback.network import Network
from symback.network.activations import ACTIVATIONS
from symback.network.costs import COSTS
from symback.numerics import gradient_check, lambdify

OUTPUT_FOR = {
    "probabilities": "softmax", "unit": "sigmoid", "positive": "exp", "log_probabilities": "log_softmax", "real": "tanh",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "unspecified"])
def test_every_activation_has_a_right_gradient_inside_and_on_top(name):
    report = gradient_check(Network.from_spec("3-4-2", activation=[name, name]), seed=1)
    assert report.is_passed, report


@pytest.mark.parametrize("name", [name for name in COSTS if name != "unspecified"])
def test_every_cost_has_a_right_gradient(name):
    output = OUTPUT_FOR[COSTS[name].outputs]
    report = gradient_check(Network.from_spec("3-4-2", activation=["tanh", output], cost=name), seed=2)
    assert report.is_passed, report


@pytest.mark.parametrize("spec", ["1-1", "2-1-2", "1-3-1", "3-1-1-2", "p-m-p", "p-p-p"])
@pytest.mark.parametrize("activation", ["sigmoid", "softmax", "gelu"])
def test_layers_of_one_unit_and_repeated_names_are_nothing_special(spec, activation):
    for samples in (1, 3):
        report = gradient_check(Network.from_spec(spec, activation=activation), samples=samples)
        assert report.is_passed, report


def test_a_wrong_gradient_does_not_pass():
    network = Network.from_spec("2-3-2")
    right = lambdify(network)

    def wrong(params, x, y):
        cost, grads = right(params, x, y)
        return cost, grads | {"W1": grads["W1"] * (1 + 1e-4)}

    report = gradient_check(network, function=wrong)
    assert not report.is_passed
    assert {d.name for d in report.deviations if d.largest > 2e-5} == {"W1"}


def test_a_cost_compiled_wrong_is_seen():
    network = Network.from_spec("2-3-2")
    right = lambdify(network)

    def wrong(params, x, y):
        cost, grads = right(params, x, y)
        return 2 * cost, grads

    report = gradient_check(network, function=wrong)
    assert report.largest("cost") > 0.5
    assert report.largest("complex step") < 1e-12
    assert report.largest("central differences") > 0.1


def test_a_kink_follows_the_convention_of_its_row():
    """ReLU'(0) = 0 and |a - y|' = 0 at a = y, in the compiled function too."""
    zeros = [(np.zeros((2, 2)), np.zeros(2)), (np.ones((2, 2)), np.zeros(2))]
    _, grads = lambdify(Network.from_spec("2-2-2", activation="relu,identity"))(zeros, np.ones((3, 2)), np.ones((3, 2)))
    assert not grads[0][0].any()
    absolute = lambdify(Network.from_spec("2-2", activation="identity", cost="absolute_error"))
    _, grads = absolute([zeros[1]], np.zeros((3, 2)), np.zeros((3, 2)))
    assert not grads[0][1].any()
