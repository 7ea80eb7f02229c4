"""A derivation is its steps: each is true by itself, each follows on the one before, and the last one is the answer."""

from itertools import pairwise

import numpy as np
import pytest

from symback.language.expressions import add, unspecified
from symback.language.steps import Step
from symback.network import Dense, LayerNorm, Network, Residual
from symback.network.activations import ACTIVATIONS
from symback.network.costs import COSTS
from symback.numerics.evaluate import evaluate, random_setting
from symback.pipeline import derive, derive_generic

NETWORKS = {
    **{f"{activation} hidden": Network.from_spec("2-3-2", activation=f"{activation},sigmoid") for activation in ACTIVATIONS},
    **{f"{activation} output": Network.from_spec("2-3-2", activation=activation) for activation in ACTIVATIONS},
    **{f"{cost} after sigmoid": Network.from_spec("3-2-4", cost=cost) for cost in COSTS},
    **{f"{cost} after softmax": Network.from_spec("3-2-4", activation="tanh,softmax", cost=cost) for cost in COSTS},
    **{
        f"{cost} after log_softmax": Network.from_spec("3-2-4", activation="tanh,log_softmax", cost=cost)
        for cost, row in COSTS.items()
        if row.outputs == "real" or row.outputs == "log_probabilities"  # the logarithm of a negative number is no cost
    },
    "symbolic sizes": Network.from_spec("p-m-n", activation="sigma", cost="C"),
    "one neuron each": Network.from_spec("1-1-1-1", cost="squared_error"),
    "l2": Network(inputs=2, layers=[Dense(3), Dense(2)], l2=0.1),
    "l1 and l2": Network(inputs=2, layers=[Dense(3), Dense(2)], l1=0.2, l2=0.1),
    "no bias": Network(inputs=2, layers=[Dense(3, bias=False), Dense(2)]),
    "residual": Network(inputs=3, layers=[Residual([Dense(4, "tanh"), Dense(3, "relu")]), Dense(2, "softmax")], cost="cross_entropy"),
    "residual in residual": Network(inputs=3, layers=[Residual([Dense(3), Residual([Dense(3, "tanh")])]), Dense(2)]),
    "tied": Network(inputs=3, layers=[Dense(3, "tanh"), Dense(3, "tanh", tied_to=1), Dense(2)]),
    "tied, transposed": Network(inputs=3, layers=[Dense(4, "tanh"), Dense(3, "sigmoid", tied_to=1, transpose=True)]),
    "layer norm": Network(inputs=3, layers=[Dense(4, "tanh"), LayerNorm(), Dense(2, "softmax")], cost="cross_entropy"),
    "layer norm last": Network(inputs=3, layers=[Dense(4, "tanh"), LayerNorm()]),
}


def settings(derivation, seed):
    """Random numbers for every name of a derivation, its cotangents included, and a cost for those that lack one."""
    forward = derivation.forward
    setting = random_setting(forward.equations, np.random.default_rng(seed), facts=forward.facts, seeds=forward.seeds)
    for symbol, given in forward.seeds:  # what is given from above is the gradient of the layers above
        beyond = unspecified("C", (symbol,), (0,), shared=symbol.rank - 1)
        setting = setting.with_values({given: evaluate(beyond, setting)})
    for record in derivation.records:
        setting = setting.with_values({record.symbol: evaluate(record.tensor, setting)})
    return setting


def close(before, after, message):
    np.testing.assert_allclose(after, before, rtol=1e-7, atol=1e-9 * (1 + np.abs(before).max(initial=0)), err_msg=message)


def every_step(derivation):
    for record in derivation.records:
        formula = derivation._by_name[record.symbol.name]
        for step in formula.steps:
            yield formula, step
        for _, steps in formula.factors:
            for step in steps:
                yield formula, step


def derivations(network):
    yield derive(network)
    yield derive(network, batch=True)
    yield from derive_generic(network) or ()
    yield from derive_generic(network, batch=True) or ()


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_every_step_of_every_derivation_is_true(network):
    for derivation in derivations(network):
        setting = settings(derivation, seed=11)
        values = {}
        for formula, step in every_step(derivation):
            for side in (step.before, step.after):
                if side not in values:
                    values[side] = evaluate(side, setting)
            close(values[step.before], values[step.after], f"{formula.name}: {step.rule}")


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_steps_lead_from_the_derivative_to_the_formula(network):
    for derivation in derivations(network):
        for record in derivation.records:
            formula = derivation._by_name[record.symbol.name]
            steps = formula.steps
            assert all(first.after is second.before for first, second in pairwise(steps))
            assert steps[0].before.wrt is record.target
            assert steps[-1].after is record.tensor
            assert steps[-1].form == "matrix"


def test_a_wrong_step_is_noticed():
    derivation = derive(NETWORKS["symbolic sizes"])
    setting = settings(derivation, seed=1)
    step = derivation.grad_W(1).steps[0]
    wrong = Step(step.rule, step.before, add(step.after, step.after))
    with pytest.raises(AssertionError):
        close(evaluate(wrong.before, setting), evaluate(wrong.after, setting), "planted")


def test_a_weight_gradient_is_told_with_all_its_factors():
    rules = [step.rule for step in derive(Network.from_spec("2-3-2")).grad_W(1).steps]
    assert rules == [
        "chain rule",
        "chain rule",
        "name the error",
        "differentiate each factor",
        "collapse the Kronecker delta",
        "by the formula of the error",
        "write with matrices",
    ]
