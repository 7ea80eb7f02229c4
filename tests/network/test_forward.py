"""The equations of a network compute what the network is: against forward passes written by hand in NumPy."""

import gc
import time

import numpy as np
import pytest
import sympy

from symback.calculus.jacobian import jacobian
from symback.errors import UnsupportedError
from symback.language.expressions import Unspecified, leaves
from symback.language.names import LAST_LAYER, LAYER
from symback.network import Dense, LayerNorm, Network, Residual
from symback.network.forward import L1_CONVENTION, forward_equations, generic_equations
from symback.network.sizes import SAMPLES
from tests.network.plain_numpy import by_text, run, value

SAMPLE_COUNT = 5


def names(tensors):
    return [str(each.name) for each in tensors]


def parameters_of(forward, seed=3):
    generator = np.random.default_rng(seed)
    return {parameter: generator.normal(size=[int(axis.size) for axis in parameter.axes]) for parameter in forward.parameters}


def computed(network, batch, x, y):
    """All values of the network by its equations, by the text of their names."""
    forward = forward_equations(network, batch)
    values = {**parameters_of(forward), forward.inputs: x, forward.target: y}
    return by_text(run(forward.equations, values, {SAMPLES: SAMPLE_COUNT, sympy.Symbol("lambda_1", positive=True): 0.3}))


def data(inputs, outputs, seed=4):
    generator = np.random.default_rng(seed)
    y = generator.uniform(0.1, 1, size=(SAMPLE_COUNT, outputs))
    return generator.normal(size=(SAMPLE_COUNT, inputs)), y / y.sum(-1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z)
    return e / e.sum(-1, keepdims=True)


def normalise(x, epsilon=1e-5):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + epsilon)


def affine(p, layer, x, epsilon=1e-5):
    return p[f"gamma^{layer}"] * normalise(x, epsilon) + p[f"beta^{layer}"]


def prelu(z, alpha):
    return np.where(z > 0, z, alpha * z)


def relu(z):
    return np.where(z > 0, z, 0)


NETWORKS = {
    "dense": (
        Network.from_spec("4-3-2", activation="relu,softmax", cost="cross_entropy"),
        lambda p, x: softmax(relu(x @ p["W^1"].T + p["b^1"]) @ p["W^2"].T + p["b^2"]),
        lambda a, y: -(y * np.log(a)).sum(-1),
    ),
    "no bias": (
        Network.from_spec("4-3-2", bias=False),
        lambda p, x: sigmoid(sigmoid(x @ p["W^1"].T) @ p["W^2"].T),
        lambda a, y: ((a - y) ** 2).sum(-1) / 2,
    ),
    "residual": (
        Network(4, [Residual([Dense(3, "relu"), Dense(4, "tanh")]), Dense(2, "identity")]),
        lambda p, x: (x + np.tanh(relu(x @ p["W^1"].T + p["b^1"]) @ p["W^2"].T + p["b^2"])) @ p["W^3"].T + p["b^3"],
        lambda a, y: ((a - y) ** 2).sum(-1) / 2,
    ),
    "residual, branch without activation": (
        Network(4, [Residual([Dense(4, "identity")])], cost="mse"),
        lambda p, x: x + x @ p["W^1"].T + p["b^1"],
        lambda a, y: ((a - y) ** 2).mean(-1),
    ),
    "residual in residual": (
        Network(4, [Residual([Dense(4, "relu"), Residual([Dense(4, "softmax")])])]),
        lambda p, x: (h := relu(x @ p["W^1"].T + p["b^1"])) + x + softmax(h @ p["W^2"].T + p["b^2"]),
        lambda a, y: ((a - y) ** 2).sum(-1) / 2,
    ),
    "tied": (
        Network(4, [Dense(4, "tanh"), Dense(4, "sigmoid", tied_to=1)]),
        lambda p, x: sigmoid(np.tanh(x @ p["W^1"].T + p["b^1"]) @ p["W^1"].T + p["b^2"]),
        lambda a, y: ((a - y) ** 2).sum(-1) / 2,
    ),
    "tied, transposed, and again": (
        Network(4, [Dense(3), Dense(4, tied_to=1, transpose=True, bias=False), Dense(4), Dense(3, tied_to=1)]),
        lambda p, x: sigmoid(
            sigmoid(sigmoid(sigmoid(x @ p["W^1"].T + p["b^1"]) @ p["W^1"]) @ p["W^3"].T + p["b^3"]) @ p["W^1"].T + p["b^4"]
        ),
        lambda a, y: ((a - y) ** 2).sum(-1) / 2,
    ),
    "layer norm": (
        Network(4, [Dense(3, "identity"), LayerNorm(0.1, "relu"), Dense(2, "log_softmax")], cost="nll"),
        lambda p, x: np.log(softmax(relu(affine(p, 2, x @ p["W^1"].T + p["b^1"], 0.1)) @ p["W^3"].T + p["b^3"])),
        lambda a, y: -(y * a).sum(-1),
    ),
    "layer norm first and last": (
        Network(4, [LayerNorm(), Dense(3, "prelu"), LayerNorm()]),
        lambda p, x: affine(p, 3, prelu(affine(p, 1, x) @ p["W^2"].T + p["b^2"], p["alpha^2"])),
        lambda a, y: ((a - y) ** 2).sum(-1) / 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("network", "outputs", "cost"), NETWORKS.values(), ids=NETWORKS)
def test_the_equations_compute_the_forward_pass_and_the_mean_cost(network, outputs, cost):
    x, y = data(4, network.outputs)
    parameters = by_text(parameters_of(forward_equations(network)))
    expected = outputs(parameters, x)
    values = computed(network, True, x, y)
    np.testing.assert_allclose(values[f"A^{network.depth}"], expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(values["C_s"], cost(expected, y), rtol=1e-12)
    np.testing.assert_allclose(values["C"], cost(expected, y).mean(), rtol=1e-12)


@pytest.mark.parametrize(("network", "outputs", "cost"), NETWORKS.values(), ids=NETWORKS)
def test_a_batch_is_its_samples_one_by_one(network, outputs, cost):
    x, y = data(4, network.outputs)
    batch = computed(network, True, x, y)
    for s in range(SAMPLE_COUNT):
        single = computed(network, False, x[s], y[s])
        np.testing.assert_allclose(single["C"], batch["C_s"][s], rtol=1e-12)
        for name, array in single.items():
            other = batch.get("Dev" + name[1:] if name[0] == "s" else name[0].upper() + name[1:], batch.get(name))
            if other.shape[:1] == (SAMPLE_COUNT,) and other.ndim == array.ndim + 1:
                np.testing.assert_allclose(other[s], array, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("network", [case[0] for case in NETWORKS.values()], ids=NETWORKS)
def test_each_name_is_defined_once_and_before_it_is_used(network, batch):
    forward = forward_equations(network, batch)
    known = {*forward.parameters, forward.inputs, forward.target}
    assert len(known) == len(forward.parameters) + 2
    for equation in forward.equations:
        assert set(leaves(equation.definition)) <= known, equation.symbol.name
        assert equation.symbol not in known
        assert equation.symbol.axes == equation.definition.axes
        known.add(equation.symbol)
    used = {leaf for equation in forward.equations for leaf in leaves(equation.definition)}
    assert set(forward.parameters) <= used
    assert forward.is_batch == batch


@pytest.mark.parametrize("network", [case[0] for case in NETWORKS.values()], ids=NETWORKS)
def test_facts_that_follow_from_definitions_hold(network):
    x, y = data(4, network.outputs)
    values = computed(network, True, x, y)
    for fact in forward_equations(network, batch=True).facts:
        np.testing.assert_allclose(values[str(fact.of.name)].sum(-1), fact.value, atol=1e-12)


def test_the_names_of_one_sample_and_of_a_batch():
    network = Network.from_spec("4-3-2")
    one, many = forward_equations(network), forward_equations(network, batch=True)
    assert names(equation.symbol for equation in one.equations) == ["z^1", "a^1", "z^2", "a^2", "C"]
    assert names(equation.symbol for equation in many.equations) == ["Z^1", "A^1", "Z^2", "A^2", "C_s", "C_sum", "C"]
    assert [equation.role for equation in one.equations] == ["cut", "activation", "cut", "activation", "cost"]
    assert names(one.parameters) == names(many.parameters) == ["W^1", "b^1", "W^2", "b^2"]
    assert names([one.inputs, one.target, one.cost, one.pivot]) == ["a^0", "y", "C", "C"]
    assert names([many.inputs, many.target, many.cost, many.pivot]) == ["A^0", "Y", "C", "C_sum"]


def test_the_names_of_a_layer_norm_and_of_a_residual():
    network = Network(4, [Dense(4, "srelu"), Residual([Dense(3, "relu"), Dense(4, "tanh")]), LayerNorm()])
    forward = forward_equations(network)
    expected = "z^1 a^1 z^2 a^2 z^3 f^3 a^3 mu^4 s^4 xhat^4 z^4 a^4 C"
    assert names(equation.symbol for equation in forward.equations) == expected.split()
    roles = {str(equation.symbol.name): equation.role for equation in forward.equations}
    assert [roles[name] for name in ("f^3", "xhat^4", "mu^4", "s^4", "z^4")] == ["activation"] * 2 + ["auxiliary"] * 2 + ["cut"]
    assert " ".join(names(forward.parameters)) == "W^1 b^1 t_low^1 alpha_low^1 t_high^1 alpha_high^1 W^2 b^2 W^3 b^3 gamma^4 beta^4"
    batch = forward_equations(network, batch=True)
    assert "F^3 A^3 Mu^4 Dev^4 Xhat^4" in " ".join(names(equation.symbol for equation in batch.equations))


def test_a_tied_weight_is_one_name_used_twice():
    forward = forward_equations(Network(3, [Dense(3), Dense(3, tied_to=1)]))
    assert names(forward.parameters) == ["W^1", "b^1", "b^2"]
    uses = [str(equation.symbol.name) for equation in forward.equations if forward.parameters[0] in leaves(equation.definition)]
    assert uses == ["z^1", "z^2"]


@pytest.mark.parametrize("batch", [False, True])
def test_a_penalty_counts_every_weight_once_and_no_bias(batch):
    layers = [Dense(3), Dense(4, tied_to=1, transpose=True), LayerNorm(), Dense(2)]
    plain, penal = Network(4, layers), Network(4, layers, l1="lambda", l2=0.01)
    x, y = data(4, 2)
    if not batch:
        x, y = x[0], y[0]
    weights = [w for name, w in by_text(parameters_of(forward_equations(plain))).items() if name.startswith("W")]
    assert len(weights) == 2
    penalty = 0.3 * sum(np.abs(w).sum() for w in weights) + 0.005 * sum((w**2).sum() for w in weights)
    values = computed(penal, batch, x, y)
    np.testing.assert_allclose(values["C"] - computed(plain, batch, x, y)["C"], penalty, rtol=1e-12)
    forward = forward_equations(penal, batch)
    assert str(forward.pivot.name) == ("C_sum" if batch else "C_0")
    assert str(forward.cost.name) == "C"


def test_the_slope_of_the_l1_penalty_at_zero_is_the_convention():
    forward = forward_equations(Network(1, [Dense(1, bias=False)], l1=2))
    slope = jacobian(forward.equations[-1], forward.parameters[0])
    for weight, expected in ((-0.5, -2), (0.0, 0), (0.5, 2)):
        assert value(slope, {forward.parameters[0]: np.array([[weight]])}, {}) == expected
    assert L1_CONVENTION == "the derivative of |w| is 0 at w = 0"


def test_assumed_and_derived_facts_are_told_apart():
    forward = forward_equations(Network(4, [LayerNorm(), Dense(2, "softmax")], cost="cross_entropy"))
    assert [(str(fact.of.name), fact.value, fact.is_assumed) for fact in forward.facts] == [
        ("xhat^1", 0, False), ("a^2", 1, False), ("y", 1, True),
    ]  # fmt: skip


def test_a_fact_follows_its_quantity_into_a_residual_branch():
    named = forward_equations(Network(4, [Residual([Dense(4, "softmax")])]))
    assert [str(fact.of.name) for fact in named.facts] == ["f^1"]


# The generic layer -----------------------------------------------------------------------------------------------


def test_the_generic_layers_are_the_last_and_a_hidden_one():
    output, hidden = generic_equations(Network.from_spec("n_0-...-n_L", activation="sigma", cost="C"))
    assert names(equation.symbol for equation in output.equations) == ["z^L", "a^L", "C"]
    assert names(output.parameters) == ["W^L", "b^L"]
    assert names(equation.symbol for equation in hidden.equations)[:3] == ["z^l", "a^l", "z^(l+1)"]
    assert names(hidden.parameters) == ["W^l", "b^l"]
    assert [names(pair) for pair in hidden.seeds] == [["z^(l+1)", "delta^(l+1)"]]
    assert [str(size) for size in hidden.parameters[0].shape] == ["n_{l}", "n_{l-1}"]
    assert [str(size) for size in hidden.seeds[0][1].shape] == ["n_{l+1}"]
    assert [str(size) for size in output.parameters[0].shape] == ["n_{L}", "n_{L-1}"]
    assert (output.inputs.name.layer, hidden.inputs.name.layer) == (LAST_LAYER - 1, LAYER - 1)


@pytest.mark.parametrize("batch", [False, True])
def test_the_generic_layers_at_numbers_are_the_layers_of_the_network(batch):
    """Names and sizes at l = 1, L = 2 put in, the equations compute what those of the whole network do."""
    network = Network.from_spec("4-3-2", activation="tanh,softmax", cost="cross_entropy")
    output, hidden = generic_equations(network, batch)
    x, y = data(4, 2)
    x, y = (x, y) if batch else (x[0], y[0])
    expected = computed(network, batch, x, y)
    whole = by_text(parameters_of(forward_equations(network)))
    n = {f"n_{{{key}}}": size for key, size in {"l-1": 4, "l": 3, "l+1": 2, "L-1": 3, "L": 2}.items()}
    sizes = {sympy.Symbol(name, integer=True, positive=True): size for name, size in n.items()} | {SAMPLES: SAMPLE_COUNT}
    at = {"l-1": 0, "l": 1, "l+1": 2, "L-1": 1, "L": 2}

    def value_of(leaf):
        name = leaf.name
        text = name.letter if name.layer is None else f"{name.letter}^{at[str(name.layer).replace(' ', '')]}"
        return {**whole, **expected}[text]

    for equation in [*output.equations, *(equation for equation in hidden.equations if equation.role != "cost")]:
        found = run([equation], {leaf: value_of(leaf) for leaf in leaves(equation.definition)}, sizes)[equation.symbol]
        np.testing.assert_allclose(found, value_of(equation.symbol), rtol=1e-12)


@pytest.mark.parametrize("batch", [False, True])
def test_a_hidden_layer_reaches_the_cost_by_a_function_of_z_above_that_is_left_open(batch):
    for l2, expected in ((0, ["C_s", "C_sum", "C"] if batch else ["C"]), (0.1, ["C_s", "C_sum", "C"] if batch else ["C_0", "C"])):
        _, hidden = generic_equations(Network.from_spec("n_0-...-n_L", l2=l2), batch)
        costs = [equation for equation in hidden.equations if equation.role == "cost"]
        assert names(equation.symbol for equation in costs) == expected
        assert isinstance(costs[0].definition, Unspecified)
        assert costs[0].definition.args == (hidden.seeds[0][0],)
        assert costs[0].definition.shared == int(batch)
        assert str(hidden.pivot.name) == ("C_sum" if batch else expected[0])
        penalised = {str(leaf.name) for leaf in leaves(costs[-1].definition)} & {"W^l", "R_other"}
        assert penalised == ({"W^l", "R_other"} if l2 else set())


@pytest.mark.parametrize(
    "network",
    [
        Network.from_spec("4-3-3-2", activation="relu,tanh,softmax"),
        Network.from_spec("4-2"),
        Network(4, [Dense(4), Dense(4, tied_to=1), Dense(2)]),
        Network(4, [Dense(4), LayerNorm(), Dense(2)]),
        Network(4, [Residual([Dense(4)]), Dense(2)]),
        Network(4, [Dense(4), Dense(4, bias=False), Dense(2)]),
    ],
    ids=["different activations", "no hidden layer", "tied", "layer norm", "residual", "different biases"],
)
def test_there_is_no_generic_layer_where_no_one_formula_holds(network):
    assert generic_equations(network) is None


def test_the_valid_neighbours_have_a_generic_layer():
    for spec, activation in (("4-3-3-2", "relu,relu,softmax"), ("4-3-2", "tanh"), ("m-n-p-q", "prelu,prelu,identity")):
        _, hidden = generic_equations(Network.from_spec(spec, activation=activation))
        assert ("alpha^l" in names(hidden.parameters)) == ("prelu" in activation)


def test_a_symbolic_depth_has_no_list_of_all_equations():
    with pytest.raises(UnsupportedError, match="no list of all its formulas; use derive_generic, or give every size"):
        forward_equations(Network.from_spec("n_0-...-n_L"))


def test_the_equations_of_a_thousand_layers_are_no_event():
    network = Network.from_spec("-".join(["64"] * 1001))
    times = {}
    for depth in (100, 1000):
        part = Network(64, network.layers[:depth])
        kept = [forward_equations(part)]  # the nodes stay known, as they do while a network is derived
        best = float("inf")
        for _ in range(3):
            gc.collect()
            start = time.process_time()
            kept.append(forward_equations(part))
            best = min(best, time.process_time() - start)
        times[depth] = best
    assert times[1000] < 0.5, times  # 0.07 s on an idle machine
    assert times[1000] < 20 * times[100], times  # linear; a square would be 100
