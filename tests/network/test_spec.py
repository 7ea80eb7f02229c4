"""Specifications: what is read, what is refused and with which words, and that writing and reading agree."""

import contextlib
import random
import time

import pytest
import sympy

from symback.errors import SpecError, SymbackError
from symback.network import Dense, LayerNorm, Network, Residual
from symback.network.activations import ACTIVATIONS
from symback.network.costs import COSTS
from symback.network.forward import forward_equations

M = sympy.Symbol("m", integer=True, positive=True)


def sizes(network):
    return [network.inputs, *(layer.outputs for layer in network.numbered)]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("2-3-2", [2, 3, 2]),
        ("784-30-10", [784, 30, 10]),
        (" 2 - 3 - 2 ", [2, 3, 2]),
        ("m-3-m", [M, 3, M]),
        ("n_0-d_model", [sympy.Symbol("n_0", integer=True, positive=True), sympy.Symbol("d_model", integer=True, positive=True)]),
        ("1-1", [1, 1]),
    ],
)
def test_a_line_of_sizes_is_a_dense_network(spec, expected):
    assert sizes(Network.from_spec(spec)) == expected


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("3-0-2", "size 2 of the spec '3-0-2' is 0; a layer has at least 1 unit"),
        ("2-x y-3", r"size 2 of the spec '2-x y-3' is 'x y', which is no size; write a positive integer, or a name such as p or n_1"),
        ("2--3-2", "has nothing at position 2; sizes are positive and stand between single dashes, as in '784-30-10'"),
        ("-3-2", "has nothing at position 1"),
        ("3-2-", "has nothing at position 3"),
        ("", "the spec is empty; write the sizes of the layers, input first, such as '784-30-10'"),
        ("   ", "the spec is empty"),
        ("5", "the spec '5' is one size only; a network has inputs and at least one layer, such as '784-10'"),
        ("2-3.5-2", "'3.5', which is no size"),
        ("2-1e3-2", "'1e3', which is no size"),
        ("2-three-2", "'three', which is no size"),
        ("2-٣-2", "which is no size"),
        ("2-0x10-2", "'0x10', which is no size"),
        ("2-N-2", "'N', which already means the number of samples; choose another name"),
        ("2-L-2", "already means the number of the last layer"),
        ("2-1000000000-2", "is 1000000000; at most 10000000 units are allowed; give a name such as n"),
        ("2-" + "9" * 39 + "-2", "at most 10000000 units are allowed"),
        ("2-" + "9" * 5000 + "-2", "which is no size"),
        ("100000-100000-2", "the network has 10000200000 weights; at most 100000000 are allowed; give sizes by name"),
        ("2-...-3-...-2", "dots in a place where they mean nothing; a symbolic depth is written 'n_0-...-n_L'"),
        ("...-2", "dots in a place where they mean nothing"),
        ("2-3-...-2", "dots in a place where they mean nothing"),
        ("2-__import__('os').system('true')-2", "which is no size"),
        (None, "the spec is None; it should be text such as '784-30-10'"),
        (784, "the spec is 784; it should be text"),
    ],
)
def test_a_wrong_line_is_refused_with_the_remedy(spec, message):
    with pytest.raises(SpecError, match=message):
        Network.from_spec(spec)


def test_a_spec_of_five_megabytes_is_refused_before_it_is_read(tmp_path):
    start = time.perf_counter()
    with pytest.raises(SpecError, match="the spec has 5000000 characters; a network's description has at most 1000000"):
        Network.from_spec("3-" * 2_500_000)
    with pytest.raises(SpecError, match="the TOML text has 5000000 characters"):
        Network.from_toml("# " * 2_500_000)
    path = tmp_path / "big.toml"
    path.write_text("# " * 2_500_000)
    with pytest.raises(SpecError, match=r"big\.toml has 5000000 bytes; a network's description has at most 1000000"):
        Network.load(path)
    assert time.perf_counter() - start < 1


def test_more_than_a_hundred_thousand_layers_are_refused():
    with pytest.raises(SpecError, match="the spec has 100001 layers; at most 100000 are allowed"):
        Network.from_spec("-".join(["1"] * 100_002))


def test_one_activation_serves_all_layers_or_each_has_its_own():
    def names(activation):
        return [str(layer.activation) for layer in Network.from_spec("2-3-4-2", activation=activation).layers]

    assert names("relu") == names(["relu"]) == ["relu", "relu", "relu"]
    assert names("relu, leaky_relu(0.2),softmax") == names(["relu", "leaky_relu(0.2)", "softmax"]) == ["relu", "leaky_relu(0.2)", "softmax"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"activation": "relu,softmax,relu,tanh"}, "4 activations are given for 3 layers; give one for all, or one for each"),
        ({"activation": ["relu", "tanh"]}, "2 activations are given for 3 layers"),
        ({"activation": "relu,,tanh"}, "activation '' cannot be read"),
        ({"activation": "rleu"}, r"unknown activation 'rleu'; did you mean 'relu'\?"),
        ({"activation": 3}, "the activation is 3; it should be a name, such as 'sigmoid', or a list with one for each layer"),
        ({"activation": "leaky_relu(nan)"}, "alpha of leaky_relu is 'nan'; it should be a finite number"),
        ({"cost": "quadratics"}, r"unknown cost 'quadratics'; did you mean 'quadratic'\?"),
        ({"cost": None}, "the cost is None; it should be a name"),
        ({"l2": -1}, "l2 is -1; a penalty is 0 or positive, or 'lambda' to keep it a symbol"),
        ({"l2": float("nan")}, "l2 is nan; it should be a finite number"),
        ({"l1": float("inf")}, "l1 is inf; it should be a finite number"),
        ({"l1": True}, "l1 is True; it should be a finite number"),
        ({"l1": [1]}, r"l1 is \[1\]; it should be a finite number"),
        ({"bias": "no"}, "bias is 'no'; it should be true or false"),
    ],
)
def test_a_wrong_argument_is_refused_with_the_remedy(arguments, message):
    with pytest.raises(SpecError, match=message):
        Network.from_spec("2-3-4-2", **arguments)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Dense("three"), "units is 'three', which is no size"),
        (lambda: Dense(3.0), "units is 3.0, which is no size"),
        (lambda: Dense(True), "units is True, which is no size"),
        (lambda: Dense(0), "units is 0; a layer has at least 1 unit"),
        (lambda: Dense(-3), "units is -3; a layer has at least 1 unit"),
        (lambda: Dense(10**9), "units is 1000000000; at most 10000000 units are allowed"),
        (lambda: Dense(10**5000), "units is an integer of about (4999|5000|5001) digits"),
        (lambda: Dense(sympy.Symbol("x y")), "units is the symbol 'x y', which is no size"),
        (lambda: Dense(3, transpose=True), "transpose=True without tied_to"),
        (lambda: Dense(3, tied_to=0), "tied_to is 0; it should be the number of an earlier layer, counted from 1"),
        (lambda: Dense(3, tied_to="1"), "tied_to is '1'; it should be the number of an earlier layer"),
        (lambda: LayerNorm(epsilon=0), "epsilon is 0; it should be positive"),
        (lambda: LayerNorm(epsilon=float("nan")), "epsilon is nan; it should be a finite number"),
        (lambda: Residual([]), "a residual's layers are empty; give at least one"),
        (lambda: Residual(Dense(3)), "a residual's layers are Dense"),
        (lambda: Network(2, []), "the layers are empty"),
        (lambda: Network(2, Dense(3)), r"the layers are Dense.* they should be a list, such as \[Dense\(30, 'relu'\), Dense\(10\)\]"),
        (lambda: Network(2, "2-3"), "the layers are '2-3'; they should be a list"),
        (
            lambda: Network(2, [Dense(3), 4]),
            "entry 2 of the layers is 4; it should be one of Dense, LayerNorm, RMSNorm, Scale, Gated, Highway, Residual",
        ),
        (lambda: Network(0, [Dense(3)]), "inputs is 0; a layer has at least 1 unit"),
        (
            lambda: Network(2, [Residual([Dense(3)])]),
            "the residual around layers 1 to 1 adds 2 inputs to 3 outputs; its last layer should have 2 units",
        ),
        (lambda: Network("m", [Residual([Dense("n")])]), "adds m inputs to n outputs; its last layer should have m units"),
        (lambda: Network(2, [Dense(3, tied_to=1)]), "layer 1 is tied to layer 1, but there is no dense layer before it"),
        (lambda: Network(2, [Dense(3), Dense(4, tied_to=3)]), "layer 2 is tied to layer 3, but the dense layers before it are 1"),
        (
            lambda: Network(2, [Dense(2), LayerNorm(), Dense(2, tied_to=2)]),
            "layer 3 is tied to layer 2, but the dense layers before it are 1",
        ),
        (
            lambda: Network(2, [Dense(2), Dense(2, tied_to=1), Dense(2, tied_to=2)]),
            "whose weights are themselves those of layer 1; write tied_to=1",
        ),
        (lambda: Network(2, [Dense(3), Dense(2, tied_to=1)]), r"layer 2 needs weights of shape 2 x 3, but W\^1 is 3 x 2"),
        (
            lambda: Network(2, [Dense(3), Dense(3, tied_to=1, transpose=True)]),
            r"weights of shape 3 x 3, but the transpose of W\^1 is 2 x 3",
        ),
    ],
)
def test_wrong_layers_are_refused_with_the_remedy(build, message):
    with pytest.raises(SpecError, match=message):
        build()


def test_the_valid_neighbours_of_the_wrong_layers_are_accepted():
    Network(2, [Dense(3), Dense(2, tied_to=1, transpose=True)])
    Network(3, [Dense(3), Dense(3, tied_to=1), Dense(3, tied_to=1, transpose=True)])
    Network("m", [Residual([Dense("n"), Dense("m")]), LayerNorm()])
    Network(2, [Dense(10**7)])
    assert LayerNorm("epsilon").epsilon == sympy.Symbol("epsilon", positive=True)
    assert Dense(sympy.Symbol("m")).units == M


def test_residuals_nested_too_deep_are_refused():
    layer = Dense(2)
    for _ in range(50):
        layer = Residual([layer])
    assert Network(2, [layer]).depth == 1
    with pytest.raises(SpecError, match="nested more than 50 deep"):
        Network(2, [Residual([layer])])


def test_layers_are_numbered_in_order_of_application():
    network = Network(2, [Dense(3), Residual([Dense(4), Residual([Dense(4)]), Dense(3)]), LayerNorm(), Dense(1)])
    assert [layer.number for layer in network.numbered] == [1, 2, 3, 4, 5, 6]
    assert sizes(network) == [2, 3, 4, 4, 3, 3, 1]
    assert (network.depth, network.outputs) == (6, 1)


@pytest.mark.parametrize(
    ("activation", "cost", "remarks"),
    [
        ("sigmoid", "nll", ("the cost nll expects log-probabilities, as log_softmax gives, but the last activation is sigmoid",)),
        (
            "relu",
            "bce",
            ("the cost binary_cross_entropy expects outputs between 0 and 1, as sigmoid gives, but the last activation is relu",),
        ),
        ("tanh", "poisson", ("the cost poisson expects positive outputs, but the last activation is tanh",)),
        ("log_softmax", "nll", ()),
        ("softmax", "bce", ()),
        ("softmax", "cross_entropy", ()),
        ("identity", "cross_entropy_from_logits", ()),
        ("sigma", "cross_entropy", ()),
        ("sigmoid", "C", ()),
    ],
)
def test_a_cost_that_contradicts_the_output_is_a_remark_and_no_error(activation, cost, remarks):
    assert Network.from_spec("2-3-2", activation, cost).remarks == remarks


# TOML ------------------------------------------------------------------------------------------------------------

EXAMPLE = """
inputs = 784
cost = "cross_entropy"
l2 = 0.01

[[layers]]
type = "dense"
units = 30
activation = "leaky_relu(0.2)"

[[layers]]
type = "residual"
layers = [{ units = 30, activation = "relu" }, { units = 30, activation = "identity", bias = false }]

[[layers]]
type = "layer_norm"

[[layers]]
units = 10
activation = "softmax"
"""


def test_a_file_says_the_same_as_python(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text(EXAMPLE)
    layers = [
        Dense(30, "leaky_relu(0.2)"),
        Residual([Dense(30, "relu"), Dense(30, "identity", bias=False)]),
        LayerNorm(epsilon=1e-5),
        Dense(10, "softmax"),
    ]
    assert Network.load(path) == Network.load(str(path)) == Network(inputs=784, layers=layers, cost="cross_entropy", l2=0.01)


def test_a_file_may_hold_one_line():
    network = Network.from_toml('spec = "784-30-10"\nactivation = "relu, softmax"\ncost = "ce"\nbias = false\nl1 = "lambda"')
    assert network == Network.from_spec("784-30-10", ["relu", "softmax"], "cross_entropy", l1="lambda", bias=False)
    assert network.l1 == sympy.Symbol("lambda_1", positive=True)
    assert Network.from_toml('spec = "2-3-2"\nactivation = ["relu", "tanh"]') == Network.from_spec("2-3-2", "relu,tanh")


def random_network(generator):
    """A valid network of any kind."""

    def layer(width, nesting):
        choice = generator.random()
        if choice < 0.15:
            return LayerNorm(generator.choice([1e-5, "1/3", "epsilon"]), generator.choice(["identity", "relu"]))
        if choice < 0.35 and nesting < 3:
            inner = [layer(width, nesting + 1) for _ in range(generator.randint(1, 3))]
            return Residual([*inner, Dense(width, activation())])
        return Dense(width, activation(), generator.random() < 0.7)

    def activation():
        return generator.choice([*ACTIVATIONS, "elu(0.3)", "elu(1/7)", "leaky_relu(0.2)"])

    width = generator.choice([1, 3, 17, "m", "n_1"])
    layers = [layer(width, 0) for _ in range(generator.randint(1, 5))]
    if generator.random() < 0.3:
        layers = [Dense(width, "tanh"), *layers, Dense(generator.choice([1, 5]), "sigmoid"), Dense(width), Dense(width, tied_to=1)]
        layers.append(Dense(width, tied_to=1, transpose=True))
    penalties = {key: generator.choice([0, 0.01, "1/3", "lambda"]) for key in ("l1", "l2")}
    return Network(width, layers, generator.choice([*COSTS, "huber(1.5)"]), **penalties)


def test_what_is_written_is_read_back_as_an_equal_network():
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    generator = random.Random(seed)
    for _ in range(100):
        network = random_network(generator)
        text = network.to_toml()
        assert Network.from_toml(text) == network, text
        assert Network.from_dict(network.to_dict()) == network
        forward_equations(network)


@pytest.mark.parametrize("spec", ["n_0-...-n_L", "784-…-10", "p-...-q"])
def test_a_symbolic_depth_is_written_and_read_back(spec):
    network = Network.from_spec(spec, activation="relu, softmax", cost="cross_entropy", l2="lambda", bias=False)
    assert network.is_generic
    assert Network.from_toml(network.to_toml()) == network


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("inputs = 2\nlayerz = []", r"the TOML text: the network has an unknown key 'layerz'; did you mean 'layers'\?"),
        ('spec = "2-3"\nactivaton = "relu"', r"the network has an unknown key 'activaton'; did you mean 'activation'\?"),
        ("inputs = 2\n[[layers]]\nunit = 3", r"layers\[1\] has an unknown key 'unit'; did you mean 'units'\?"),
        (
            'inputs = 2\n[[layers]]\nunits = 3\n[[layers]]\ntype = "dens"',
            r"layers\[2\] has the unknown type 'dens'; did you mean 'dense'\?",
        ),
        (
            "inputs = 2\n[[layers]]\ntype = 3",
            r"layers\[1\] has the unknown type 3; known are dense, layer_norm, rms_norm, scale, gated, highway, residual",
        ),
        ('inputs = 2\n[[layers]]\nactivation = "relu"', r"layers\[1\] has no 'units'; say how many units the layer has"),
        ("inputs = 2\n[[layers]]\nunits = 0", r"layers\[1\]: units is 0; a layer has at least 1 unit"),
        ('inputs = 2\n[[layers]]\nunits = "three"', r"layers\[1\]: units is 'three', which is no size"),
        ('inputs = 2\n[[layers]]\ntype = "residual"', r"layers\[1\]: a residual's layers are empty"),
        (
            'inputs = 2\n[[layers]]\ntype = "residual"\nlayers = [{ units = 2 }, { unit = 2 }]',
            r"layers\[1\]\.layers\[2\] has an unknown key 'unit'",
        ),
        ("inputs = 2\nlayers = 3", "layers is 3; it should be a list of tables"),
        ("inputs = 2\nlayers = [3]", r"layers\[1\] is 3; it should be a table"),
        ("inputs = 2", "the network has no 'layers'; give inputs and layers, or a spec"),
        ("[[layers]]\nunits = 2", "the network has no 'inputs'"),
        ("", "the network has no 'inputs'"),
        ("inputs = 2\ninputs = 3", "the TOML text is not valid TOML: Cannot overwrite a value"),
        ("inputs = = 2", r"is not valid TOML: .*line 1, column 10"),
        ("spec = [2, 3]", r"the spec is \[2, 3\]; it should be text"),
        ("x = " + "[" * 100_000, "is not valid TOML: it is nested too deep"),
        ("inputs = " + "9" * 10_000, "a number that is too long"),
        ("inputs = 2\nlayers = [" + '{ type = "residual", layers = [' * 60 + "{ units = 2 }" + "] }" * 60 + "]", "is nested too deep"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_the_remedy(text, message):
    with pytest.raises(SpecError, match=message):
        Network.from_toml(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SpecError, match=r"cannot read '.*missing\.toml': No such file or directory; give the path of a TOML file"):
        Network.load(tmp_path / "missing.toml")
    with pytest.raises(SpecError, match="Is a directory"):
        Network.load(tmp_path)
    path = tmp_path / "latin.toml"
    path.write_bytes(b'spec = "2-3"  # \xe9')
    with pytest.raises(SpecError, match=r"latin\.toml is not UTF-8 text, at byte 16"):
        Network.load(path)
    with pytest.raises(SpecError, match="cannot read"):
        Network.load("a\0b")


def test_random_text_is_read_or_refused_but_never_breaks():
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    generator = random.Random(seed)
    pieces = [*"2-3-x N0()é\0,l=…", "...", "n_0", "relu", "1e9", "leaky_relu(", "nan"]
    for _ in range(3000):
        spec, activation, cost = ("".join(generator.choices(pieces, k=generator.randint(0, 8))) for _ in range(3))
        with contextlib.suppress(SymbackError):
            Network.from_spec(spec, activation or "relu", cost or "quadratic")
        with contextlib.suppress(SymbackError):
            Network.from_toml(f'spec = "{spec}"\nactivation = "{activation}"')
