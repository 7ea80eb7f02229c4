"""A picture shows what the network is, says it in the notation's signs, and nothing in it covers anything else."""

import itertools
import random
import re
import shutil
import struct
import subprocess
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from functools import cache

import numpy as np
import pytest
import sympy

from symback.errors import NumericError, ShapeError, SpecError
from symback.language.notation import NOTATIONS
from symback.language.printing import to_latex
from symback.network import Dense, LayerNorm, Network, Residual
from symback.numerics import lambdify
from symback.presentation.drawing import DRAWING_FORMATS, draw, drawing, load_values
from symback.presentation.drawing.edges import BESIDE
from symback.presentation.drawing.palette import PAGE, ROLES, TEXT_ROLES
from symback.presentation.drawing.placement import covered_length
from symback.presentation.drawing.shapes import Box, Circle, Drawing, Frame, Label, Line
from symback.presentation.drawing.signs import number_span, quantity
from symback.presentation.drawing.svg import write_svg
from symback.presentation.drawing.tikz import write_tikz
from symback.presentation.drawing.values import numbers_of

SVG = "{http://www.w3.org/2000/svg}"
EXAMPLE = {
    "x": [0.9, 0.1],
    "y": [1, 0],
    "W1": [[0.1, 0.4], [0.2, 0.3], [0.5, -0.1]],
    "b1": [0.1, -0.1, 0.2],
    "W2": [[0.3, -0.7, 0.2], [0.6, 0.1, -0.5]],
    "b2": [0.05, -0.05],
}


def network(spec: str, **options) -> Network:
    return Network.from_spec(spec, **options)


def residual_network() -> Network:
    inner = Residual([Dense(4, "tanh")])
    layers = [
        Dense(4, "tanh"),
        Residual([Dense(4, "sigmoid"), inner]),
        LayerNorm(),
        Dense(4, "prelu", tied_to=1),
        Dense(2, "softmax", bias=False),
    ]
    return Network(4, layers, "cross_entropy", l2=0.1)


def tied_network() -> Network:
    return Network(3, [Dense(2, "tanh"), Dense(3, "sigmoid", tied_to=1, transpose=True)])


CASES = {
    "2-3-2": (network("2-3-2"), {}),
    "2-3-2 with errors": (network("2-3-2"), {"errors": True}),
    "2-3-2 with values": (network("2-3-2"), {"values": EXAMPLE}),
    "2-3-2 with values and errors": (network("2-3-2"), {"values": EXAMPLE, "errors": True}),
    "784-30-10": (network("784-30-10", activation="relu,softmax", cost="cross_entropy"), {}),
    "784-30-10 with errors": (network("784-30-10"), {"errors": True}),
    "784-30-10 with all outputs": (network("784-30-10"), {"units": 10}),
    "p-m-n": (network("p-m-n"), {"errors": True}),
    "d_model-n_1-n_2": (network("d_model-n_1-n_2"), {}),
    "generic": (network("n_0-...-n_L"), {"errors": True}),
    "12 layers": (network("-".join(["3"] * 13)), {"errors": True}),
    "20 layers": (network("-".join(["5"] * 21)), {"layers": 3}),
    "chain": (network("1-1-1-1"), {"errors": True}),
    "one to many": (network("1-6-1"), {"errors": True}),
    "wide names": (network("10-1000-784-100000"), {"units": 3, "errors": True}),
    "residual": (residual_network(), {"errors": True, "layers": 8}),
    "tied": (tied_network(), {"errors": True}),
    "unspecified": (network("2-2", activation="sigma", cost="C"), {}),
}


@pytest.fixture(params=CASES, ids=str)
def case(request):
    return request.param


@cache
def picture_of(case: str, notation: str = "nielsen") -> Drawing:
    """The picture of a case, drawn once."""
    network, options = CASES[case]
    return drawing(network, notation=notation, **options)


@pytest.fixture(params=("nielsen", "lecture"))
def notation(request):
    return request.param


def texts(picture: Drawing, role: str) -> list[str]:
    return [label.text for label in picture.of(Label, role)]


def neurons(picture: Drawing) -> list[Circle]:
    return [circle for circle in picture.of(Circle) if circle.role in ("input", "hidden", "norm", "output")]


def dots(picture: Drawing) -> int:
    """How many times something is left out."""
    assert len(picture.of(Circle, "dot")) % 3 == 0
    return len(picture.of(Circle, "dot")) // 3


# What is drawn ---------------------------------------------------------------------------------------------------


def test_every_neuron_weight_and_bias_of_a_small_network_has_its_name():
    picture = drawing(network("2-3-2"))
    assert len(neurons(picture)) == 7
    assert sorted(texts(picture, "weight")) == sorted(
        [f"w1{j}{k}" for j in (1, 2, 3) for k in (1, 2)] + [f"w2{j}{k}" for j in (1, 2) for k in (1, 2, 3)]
    )
    assert sorted(texts(picture, "bias")) == ["b11", "b12", "b13", "b21", "b22"]
    assert {"a01", "a02", "a11", "a12", "a13", "a21", "a22", "C"} == set(texts(picture, "neuron"))
    assert set(texts(picture, "text")) == {"x1", "x2", "y1", "y2"}
    assert texts(picture, "caption") == ["layer 0", "layer 1", "layer 2", "cost", "target"]
    assert texts(picture, "detail") == ["2 inputs", "3 neurons", "sigmoid", "2 neurons", "sigmoid", "quadratic"]


def test_the_notation_decides_the_index_base_and_the_scripts():
    picture = drawing(network("2-3-2"), notation="lecture", errors=True)
    assert "w(2)12" in texts(picture, "weight") and "w(2)33" not in texts(picture, "weight")
    assert sorted(texts(picture, "bias")) == ["b(1)0", "b(1)1", "b(1)2", "b(2)0", "b(2)1"]
    assert {"x0", "x1", "y0", "y1"} == set(texts(picture, "text"))
    assert "dz[1]3" in texts(drawing(network("2-3-2"), notation="ng", errors=True), "error")
    assert "a01" in texts(drawing(network("2-3-2"), notation="nielsen"), "neuron")
    by_rows = drawing(network("2-3-2"), notation="row")
    assert "x1" in texts(by_rows, "neuron") and "x1" not in texts(by_rows, "text")


@pytest.mark.parametrize("name", NOTATIONS)
@pytest.mark.parametrize("letter", ["W", "a", "b", "delta", "gamma", "beta"])
def test_a_sign_is_written_as_the_printer_of_formulas_writes_it(name, letter):
    shown = NOTATIONS[name]
    layers = (0, 2, sympy.Symbol("l", integer=True, positive=True)) if letter == "a" else (2,)
    for layer, positions in itertools.product(layers, ((1, 2), (30, 784)) if letter == "W" else ((1,), (10,))):
        printed = to_latex(sympy.Indexed(f"{letter}^{layer}", *positions), shown)
        indices = [sympy.Integer(position - 1 + shown.index_base) for position in positions]
        assert quantity(shown, letter, layer, indices).latex == printed


def test_large_layers_are_elided_and_say_how_many_neurons_they_have():
    picture = drawing(network("784-30-10"))
    assert len(neurons(picture)) == 4 + 4 + 4
    assert dots(picture) == 4  # three layers and the targets
    assert {"a01", "a02", "a03", "a0784", "a130", "a210"} <= set(texts(picture, "neuron"))
    assert {"w111", "w11,784", "w130,1", "w130,784", "w210,30"} <= set(texts(picture, "weight"))
    assert {"784 inputs", "30 neurons", "10 neurons"} <= set(texts(picture, "detail"))
    assert len(neurons(drawing(network("784-30-10"), units=10))) == 6 + 6 + 10
    assert "a(0)783" in texts(drawing(network("784-30-10"), notation="lecture"), "neuron")


def test_symbolic_sizes_are_shown_as_first_second_dots_last():
    picture = drawing(network("p-m-n"))
    assert [text for text in texts(picture, "neuron") if text.startswith("a0")] == ["a01", "a02", "a0p"]
    assert dots(picture) == 4
    assert "w1mp" in texts(picture, "weight")
    lecture = drawing(network("p-m-n"), notation="lecture")
    assert "w(1)m−1,p−1" in texts(lecture, "weight") and "a(0)0" in texts(lecture, "neuron")


def test_deep_networks_are_elided_in_the_middle():
    picture = drawing(network("-".join(["2"] * 21)))
    assert len(neurons(picture)) == 5 * 2
    assert dots(picture) == 1
    assert [text for text in texts(picture, "caption") if text[-1].isdigit()] == [
        "layer 0", "layer 1", "layer 2", "layers 3 to 18", "layer 19", "layer 20",
    ]  # fmt: skip
    assert dots(drawing(network("-".join(["2"] * 6)))) == 0


def test_any_depth_shows_a_layer_l_with_neurons_j_and_k():
    picture = drawing(network("n_0-...-n_L"), errors=True)
    assert texts(picture, "weight") == ["wljk"]
    assert {"al−1k", "alj", "aLnL"} <= set(texts(picture, "neuron"))
    back = picture.of(Line, "error-flow")
    k = next(circle.center for circle, name in zip(neurons(picture), _names(picture), strict=True) if name == "al−1k")
    assert len(back) == 3, "what arrives at k from the layer above"
    assert any(abs(line.points[0][1] - k[1]) < 1e-9 and abs(line.points[0][0] - k[0]) < 30 for line in picture.of(Line, "flow"))
    assert all(abs(line.points[-1][0] - k[0]) < 30 and abs(line.points[-1][1] - k[1]) < 30 for line in back)


def _names(picture: Drawing) -> list[str]:
    """The name of each neuron, in order."""
    return [text for text in texts(picture, "neuron") if text not in ("C", "norm")]


def test_a_chain_of_single_neurons_needs_no_index():
    picture = drawing(network("1-1-1-1"), notation="lecture", errors=True)
    assert texts(picture, "weight") == ["w(1)", "w(2)", "w(3)"]
    assert {"a(0)", "a(3)"} <= set(texts(picture, "neuron"))
    assert "∂C/∂a(3)" in texts(picture, "error")


def test_tied_weights_have_the_names_of_their_owner():
    assert sorted(texts(drawing(tied_network()), "weight")) == sorted([f"w1{j}{k}" for j in (1, 2) for k in (1, 2, 3)] * 2)
    assert "W1 transposed" in texts(drawing(tied_network()), "detail")
    assert "W1\u2009δ2" in texts(drawing(tied_network(), errors=True), "error"), "Wᵀ forward, W back"


def test_residuals_are_shortcuts_and_normalisations_bars():
    picture = drawing(residual_network(), layers=8)
    arcs = [line for line in picture.of(Line, "shortcut") if line.has_arrow]
    assert len(arcs) == 2 and sorted(texts(picture, "shortcut-text")) == ["+ a1", "+ a2"]
    at = dict(zip(_names(picture), (circle.center[0] for circle in neurons(picture)), strict=True))
    for arc, start in zip(arcs, sorted(texts(picture, "shortcut-text"), reverse=True), strict=True):
        assert abs(arc.points[0][0] - at[f"{start[2:]}1"]) < 20 and abs(arc.points[-1][0] - at["a31"]) < 20
    assert len(picture.of(Frame, "norm")) == 1
    assert {"γ41", "γ44"} <= set(texts(picture, "weight")) and "β41" in texts(picture, "bias")
    assert not any(text.startswith("b6") for text in texts(picture, "bias")), "layer 6 has no bias"
    assert "with L2 penalty" in texts(picture, "detail")


def test_a_shortcut_into_elided_layers_ends_at_their_dots():
    layers = [Residual([Dense(3) for _ in range(5)]), Residual([Dense(3) for _ in range(5)]), Residual([Dense(3), Dense(3)])]
    picture = drawing(Network(3, [*layers, Dense(3)]), layers=5)
    assert len([line for line in picture.of(Line, "shortcut") if line.has_arrow]) == 2  # the middle one begins and ends out of sight


# Nothing covers anything -----------------------------------------------------------------------------------------


def assert_clear(picture: Drawing) -> None:
    """Labels lie on the page, apart from each other and from the neurons they do not stand in, and on no foreign name's line."""
    labels, page = picture.of(Label), Box(0, 0, picture.width, picture.height)
    for label in labels:
        assert page.contains(label.box), label.text
    for one, other in itertools.combinations(labels, 2):
        assert not one.box.overlaps(other.box), (one.text, other.text)
    for label, circle in itertools.product(labels, picture.of(Circle)):
        assert label.role == "neuron" or not label.box.overlaps(circle.box), (label.text, circle.role)
    for one, other in itertools.combinations([circle.box for circle in picture.of(Circle)], 2):
        assert not one.overlaps(other)
    for label in (label for label in labels if label.role in ("bias", "error")):
        for line in picture.of(Line):
            assert covered_length((line.points[0], line.points[-1]), label.box.grown(-1)) < 4 or len(line.points) > 2, label.text


def test_nothing_covers_anything(case, notation):
    assert_clear(picture_of(case, notation))


def test_nothing_covers_anything_in_random_networks():
    seed = random.randrange(10**9)
    print("seed", seed)
    chance = random.Random(seed)
    for _ in range(15):
        sizes = [chance.choice([1, 1, 2, 2, 3, 3, 4, 5, 6, 12, 784, "p", "m", "n_1", "d_model"]) for _ in range(chance.randint(2, 8))]
        spec, notation, errors = "-".join(map(str, sizes)), chance.choice(list(NOTATIONS)), chance.random() < 0.5
        print(spec, notation, errors)
        assert_clear(drawing(network(spec), notation=notation, errors=errors, units=chance.choice([3, 6, 8])))


def test_each_weight_stands_on_its_edge(case):
    picture = picture_of(case)
    edges = [line.points for line in picture.of(Line) if line.role in ("edge", "flow")]
    for label in picture.of(Label, "weight"):
        box = label.box
        middle = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        assert any(_distance(middle, edge) < 1e-6 for edge in edges), label.text


@pytest.mark.parametrize("values", [None, EXAMPLE], ids=["names", "numbers"])
def test_the_weight_jk_stands_on_the_edge_from_neuron_k_to_neuron_j(values):
    picture = drawing(network("2-3-2"), values=values)
    at = {}  # the names of neurons, column by column, in the order in which they are drawn
    for circle, name in zip(neurons(picture), [f"a{l}{j}" for l, n in enumerate((2, 3, 2)) for j in range(1, n + 1)], strict=True):
        at[name] = circle.center
    for layer, rows, columns in ((1, 3, 2), (2, 2, 3)):
        for j, k in itertools.product(range(1, rows + 1), range(1, columns + 1)):
            said = f"w{layer}{j}{k}" if values is None else number_span(EXAMPLE[f"W{layer}"][j - 1][k - 1], is_given=True).text
            edge = (at[f"a{layer - 1}{k}"], at[f"a{layer}{j}"])
            standing = [label.text for label in picture.of(Label, "weight") if _is_on(label, edge)]
            assert standing == [said]


def _is_on(label: Label, edge) -> bool:
    middle = ((label.box.left + label.box.right) / 2, (label.box.top + label.box.bottom) / 2)
    return edge[0][0] < middle[0] < edge[1][0] and _distance(middle, edge) < 1e-6


def _distance(point, segment) -> float:
    (x0, y0), (x1, y1) = segment
    return abs((x1 - x0) * (y0 - point[1]) - (x0 - point[0]) * (y1 - y0)) / np.hypot(x1 - x0, y1 - y0)


def test_every_label_that_a_small_network_promises_finds_a_place():
    for spec in itertools.product((1, 2, 3, 4), repeat=2):
        picture = drawing(network("-".join(map(str, (*spec, 2)))), errors=True)
        expected = (spec[0] * spec[1] if spec[0] * spec[1] <= 12 else 4) + spec[1] * 2
        assert len(picture.of(Label, "weight")) == expected, spec


def test_signs_fit_into_their_neurons(case, notation):
    picture = picture_of(case, notation)
    holders = [*(circle.box for circle in picture.of(Circle)), *(frame.box for frame in picture.of(Frame))]
    for label in picture.of(Label, "neuron"):
        assert any(holder.contains(label.box) for holder in holders), label.text


# Errors flow back ------------------------------------------------------------------------------------------------


def test_errors_flow_from_right_to_left_and_not_into_the_input():
    picture = drawing(network("2-3-2"), errors=True)
    back = [line for role in ("error-flow", "error-arrow") for line in picture.of(Line, role)]
    assert len(picture.of(Line, "error-flow")) == 6 and len(picture.of(Line, "error-arrow")) == 2
    assert all(line.has_arrow and line.points[0][0] > line.points[-1][0] for line in back)
    assert [text for text in texts(picture, "error") if len(text) == 3] == ["δ11", "δ12", "δ13", "δ21", "δ22"]
    assert "(W2)T\u2009δ2" in texts(picture, "error") and "∇a2C" in texts(picture, "error")
    assert picture.of(Label, "error") != () and drawing(network("2-3-2")).of(Label, "error") == ()


def test_the_way_back_is_written_in_the_layout_of_the_notation():
    def message(notation: str) -> str:
        return next(text for text in texts(drawing(network("2-3-2"), notation=notation, errors=True), "error") if "W" in text)

    assert message("lecture") == "(W(2))⊤\u2009δ(2)"
    assert message("jacobian") == "δ2\u2009W2"


def test_errors_lie_beside_their_edges():
    picture = drawing(network("1-1-1"), errors=True)
    (back,), edges = picture.of(Line, "error-flow"), picture.of(Line, "edge")
    assert any(abs(back.points[0][1] - edge.points[0][1] - BESIDE) < 1e-9 for edge in edges)


# Numbers ---------------------------------------------------------------------------------------------------------


def test_numbers_are_those_of_the_compiled_gradient_function():
    numbers = numbers_of(network("2-3-2"), EXAMPLE, with_errors=True)
    function = lambdify(network("2-3-2"))
    parameters = [(np.array(EXAMPLE[f"W{layer}"]), np.array(EXAMPLE[f"b{layer}"])) for layer in (1, 2)]
    cost, gradients = function(parameters, np.array([EXAMPLE["x"]]), np.array([EXAMPLE["y"]], dtype=float))
    assert numbers.entry("C") == pytest.approx(cost, rel=1e-12)
    for layer in (1, 2):
        assert numbers.arrays[f"delta^{layer}"] == pytest.approx(gradients[layer - 1][1], rel=1e-12)
    assert numbers.arrays["a^2"] == pytest.approx(function.forward(parameters, np.array([EXAMPLE["x"]]))[0], rel=1e-12)


def test_numbers_of_residuals_normalisations_and_tied_weights_are_those_of_the_compiled_gradient_function():
    net = residual_network()
    function = lambdify(net)
    chance = np.random.default_rng(7)
    shapes = {argument.name: tuple(int(size) for size in argument.shape) for argument in function.program.parameters}
    values = {name: chance.normal(size=shape) for name, shape in shapes.items()}
    x, y = chance.normal(size=4), np.array([0.3, 0.7])
    numbers = numbers_of(net, {**values, "x": x, "y": y}, with_errors=True)
    cost, gradients = function(values, x[None], y[None])
    assert numbers.entry("C") == pytest.approx(cost, rel=1e-10)
    for layer, parameter in ((2, "b2"), (3, "b3"), (4, "beta4"), (5, "b5")):
        assert numbers.arrays[f"delta^{layer}"] == pytest.approx(gradients[parameter], rel=1e-9)
    assert_clear(drawing(net, values={**values, "x": x, "y": y}, errors=True))


def test_values_stand_in_neurons_and_on_edges():
    picture = drawing(network("2-3-2"), values=EXAMPLE, errors=True)
    a1 = 1 / (1 + np.exp(-(np.array(EXAMPLE["W1"]) @ EXAMPLE["x"] + EXAMPLE["b1"])))
    assert {f"{value:.4f}" for value in a1} <= set(texts(picture, "neuron"))
    assert sorted(texts(picture, "weight")) == sorted(
        ["0.1", "0.4", "0.2", "0.3", "0.5", "−0.1", "0.3", "−0.7", "0.2", "0.6", "0.1", "−0.5"]
    )
    assert "b23 = 0.05" not in texts(picture, "bias") and "b22 = −0.05" in texts(picture, "bias")
    assert "y1 = 1" in texts(picture, "text")
    assert "δ13 = −0.0199" in texts(picture, "error")


def test_without_a_target_there_are_activations_but_no_cost():
    values = {key: value for key, value in EXAMPLE.items() if key != "y"}
    picture = drawing(network("2-3-2"), values=values)
    assert "0.5572" in texts(picture, "neuron") and "0.2539" not in texts(picture, "neuron")
    with pytest.raises(SpecError, match="add y with its 2 entries"):
        drawing(network("2-3-2"), values=values, errors=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1.0, "1.0000"), (0.55971, "0.5597"), (-12.3456, "−12.346"), (1e-5, "1.0·10−5"), (-2.5e7, "−2.5·107"), (98765.4, "98765")],
)
def test_numbers_are_rounded_to_what_a_neuron_can_hold(value, text):
    span = number_span(value)
    assert getattr(span, "text", "") == text or "".join([span.letter, *(piece.text for piece in span.above)]) == text


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"W1": [[1, 2]]}, ShapeError, "W1 has the shape 1 x 2; it should have 3 rows of 2 entries"),
        ({"W1": [[1, 2], [3]]}, ShapeError, "rows of different lengths"),
        ({"b1": ["a", "b", "c"]}, SpecError, "all of them numbers"),
        ({"b1": [True, 1, 2]}, SpecError, "all of them numbers"),
        ({"x": [float("inf"), 1]}, NumericError, "not finite"),
        ({"bb1": [1]}, SpecError, "unknown key 'bb1'; did you mean 'b1'?"),
        ({"x": 3}, ShapeError, "a single number"),
    ],
)
def test_values_that_do_not_fit_are_named(change, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        draw(network("2-3-2"), values={**EXAMPLE, **change})


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("p-3-2", {}, "the size p"),
        ("n_0-...-n_L", {}, "symbolic depth"),
        ("2-3-2", {"activation": "sigma"}, "known by name only"),
        ("2-3-2", {"cost": "C"}, "known by name only"),
        ("2-3-2", {"l2": "lambda"}, "lambda_2"),
    ],
)
def test_networks_without_numbers_take_no_values(spec, options, message):
    with pytest.raises(SpecError, match=message):
        draw(network(spec, **options), values=EXAMPLE)


def test_values_where_the_cost_is_infinite_are_refused():
    net = network("1-1", activation="relu", cost="binary_cross_entropy")
    with pytest.raises(NumericError, match="C is not finite"):
        draw(net, values={"x": [1], "y": [1], "W1": [[-1]], "b1": [0]})


def test_values_are_read_from_toml(tmp_path):
    path = tmp_path / "values.toml"
    path.write_text("\n".join(f"{key} = {value}" for key, value in EXAMPLE.items()), encoding="utf-8")
    assert load_values(path) == EXAMPLE
    path.write_text("x = [", encoding="utf-8")
    with pytest.raises(SpecError, match="not valid TOML"):
        load_values(path)
    with pytest.raises(SpecError, match="cannot read"):
        load_values(tmp_path / "none.toml")


def test_of_several_samples_the_first_is_drawn_and_single_numbers_are_lists_of_one():
    several = {**EXAMPLE, "x": [[0.9, 0.1], [5, 5]], "y": [[1, 0], [0, 0]]}
    assert draw(network("2-3-2"), values=several, errors=True) == draw(network("2-3-2"), values=EXAMPLE, errors=True)
    single = {"x": Decimal("0.5"), "y": 1, "W1": [[Decimal("2")]], "b1": 0}
    assert numbers_of(network("1-1", activation="identity"), single, with_errors=True).entry("a^1", 0) == 1.0


def test_targets_that_break_what_the_derivation_assumes_are_refused():
    net = network("2-3-2", activation="sigmoid,softmax", cost="cross_entropy")
    with pytest.raises(SpecError, match="y sums to 2, but this cost assumes targets that sum to 1"):
        draw(net, values={**EXAMPLE, "y": [1, 1]}, errors=True)
    assert draw(net, values={**EXAMPLE, "y": [0.25, 0.75]}, errors=True)


@pytest.mark.parametrize("limits", [{"units": 2}, {"layers": 0}, {"units": 41}, {"units": True}, {"layers": 2.5}])
def test_limits_are_checked(limits):
    with pytest.raises(SpecError, match="choose a number from 3 to 40"):
        draw(network("2-3-2"), **limits)


# The two media ---------------------------------------------------------------------------------------------------


def test_svg_is_wellformed_selfcontained_and_says_what_it_shows(case, notation):
    text = write_svg(picture_of(case, notation))
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg" and root.get("role") == "img"
    title, description = root[0], root[1]
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc") and title.text and "layer 0" in (description.text or "")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert not re.search(r"href|url\(|@import|@font-face|<script|<image|<!", text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "style", "rect", "circle", "line", "path", "polygon", "text", "tspan",
    }  # fmt: skip


def test_svg_has_the_same_shapes_as_the_picture(case):
    picture = picture_of(case)
    root = ElementTree.fromstring(write_svg(picture))
    assert len(list(root.iter(f"{SVG}circle"))) == len(picture.of(Circle))
    written = ["".join(element.itertext()).replace(" ", "") for element in root.iter(f"{SVG}text")]
    assert written == [re.sub(r"\s", "", label.text) for label in picture.of(Label)]
    width, height = (float(side) for side in root.get("viewBox").split()[2:])
    assert (width, height) == (pytest.approx(picture.width, abs=0.01), pytest.approx(picture.height, abs=0.01))


def test_scripts_are_raised_and_lowered():
    root = ElementTree.fromstring(draw(network("2-3-2")))
    weight = next(element for element in root.iter(f"{SVG}text") if "".join(element.itertext()) == "w212")
    letter, above, below = weight
    assert float(above.get("y")) < float(letter.get("y")) < float(below.get("y"))
    assert above.get("x") == below.get("x") == letter.get("x") and letter.get("text-anchor") == "end"
    assert float(above.get("font-size")) < float(weight.get("font-size"))


def test_every_colour_has_its_dark_counterpart(case):
    root = ElementTree.fromstring(write_svg(picture_of(case)))
    style = root.find(f"{SVG}style").text
    light, dark = style.split("@media (prefers-color-scheme:dark)")
    coloured = set(re.findall(r"\.(sb-[\w-]+)\{[^}]*#", light))
    assert coloured == set(re.findall(r"\.(sb-[\w-]+)\{[^}]*#", dark))
    used = {word for element in root.iter() for word in (element.get("class") or "").split()}
    assert used - {"sb-net", "sb-i", "sb-b"} <= coloured


def contrast(one: str, other: str) -> float:
    """The ratio that WCAG defines."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("page", [0, 1], ids=["light", "dark"])
def test_contrast_is_good_on_both_pages(page):
    for role, colours in TEXT_ROLES.items():
        assert contrast(colours[page], PAGE[page]) >= 4.5, role
    for role, ink in ROLES.items():
        for colours in (ink.stroke, ink.fill if ink.stroke is None else None):
            assert colours is None or contrast(colours[page], PAGE[page]) >= 3, role
        if ink.fill is not None and ink.stroke is not None:
            assert contrast(TEXT_ROLES["neuron"][page], ink.fill[page]) >= 4.5, role


def test_tikz_says_the_same_in_ascii(case, notation):
    picture = picture_of(case, notation)
    text = write_tikz(picture)
    assert text.isascii() and text.count("{") == text.count("}")
    assert text.count(r"\node[") == len(picture.of(Label)) and text.count("circle[") == len(picture.of(Circle))
    defined = set(re.findall(r"\\definecolor\{(sb-[\w-]+)\}", text))
    assert set(re.findall(r"(?:fill|draw|text)=(sb-[\w-]+)", text)) <= defined


def test_a_fragment_is_the_picture_without_its_document():
    fragment = draw(network("2-3-2"), "tikz-fragment")
    assert fragment in draw(network("2-3-2"), "tikz") and r"\documentclass" not in fragment
    assert fragment.startswith("%") and r"$w^{2}_{13}$" in fragment


def test_the_same_picture_is_the_same_text(case):
    network, options = CASES[case]
    assert draw(network, **options) == write_svg(picture_of(case))
    assert draw(network, "tikz", **options) == write_tikz(picture_of(case))
    assert set(DRAWING_FORMATS) == {"svg", "tikz", "tikz-fragment"}


def test_an_unknown_format_is_named():
    with pytest.raises(SpecError, match="'png' is not a format of pictures; there are svg, tikz, tikz-fragment"):
        draw(network("2-3-2"), "png")


# In real programs ------------------------------------------------------------------------------------------------


def has_tikz() -> bool:
    if shutil.which("pdflatex") is None or shutil.which("kpsewhich") is None:
        return False
    return bool(subprocess.run(["kpsewhich", "tikz.sty"], capture_output=True, text=True, check=False).stdout.strip())


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_tikz_compiles_to_one_page(name, tmp_path):
    if not has_tikz():
        pytest.skip("needs pdflatex and TikZ")
    network, options = CASES[name]
    for notation in NOTATIONS if name == "2-3-2 with errors" else ("nielsen", "lecture"):
        (tmp_path / "net.tex").write_text(draw(network, "tikz", notation=notation, **options), encoding="ascii")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "net.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
        assert done.returncode == 0, done.stdout[-2000:]
        assert "(1 page" in done.stdout and "Overfull" not in done.stdout


@pytest.mark.slow
def test_a_fragment_compiles_inside_a_document(tmp_path):
    if not has_tikz():
        pytest.skip("needs pdflatex and TikZ")
    (tmp_path / "net.tex").write_text(draw(network("2-3-2"), "tikz-fragment", errors=True), encoding="ascii")
    page = r"\documentclass{article}\usepackage{tikz}\begin{document}\resizebox{\linewidth}{!}{\input{net}}\end{document}"
    (tmp_path / "page.tex").write_text(page, encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]


MEASURE = """
const page = document.querySelector('svg').viewBox.baseVal, found = [];
const boxes = [...document.querySelectorAll('text')].map(t => {
  const b = t.getBBox(); return {text: t.textContent, l: b.x, r: b.x + b.width, t: b.y + b.height / 4, b: b.y + b.height * 3 / 4};
});
boxes.forEach((a, i) => {
  if (a.l < 0 || a.r > page.width || a.t < 0 || a.b > page.height) found.push(a.text + ' off the page');
  boxes.slice(0, i).forEach(b => { if (a.l < b.r && b.l < a.r && a.t < b.b && b.t < a.b) found.push(a.text + ' on ' + b.text); });
});
document.title = 'measured ' + boxes.length + ' ' + JSON.stringify(found);
"""


@pytest.mark.slow
def test_nothing_covers_anything_in_a_browser(tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("needs chromium")
    page = tmp_path / "page.html"
    for name, (net, options) in CASES.items():
        page.write_text(f'<meta charset="utf-8"><body>{draw(net, **options)}<script>{MEASURE}</script>', encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", f"file://{page}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        measured = re.search(r"<title>measured (\d+) (.*?)</title>", done.stdout)
        assert measured is not None, done.stderr[-500:]
        assert int(measured[1]) == len(drawing(net, **options).of(Label))
        assert measured[2] == "[]", name


@pytest.mark.slow
def test_a_browser_shows_it_on_light_and_on_dark_pages(tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("needs chromium")
    path = tmp_path / "net.svg"
    path.write_text(draw(network("2-3-2")), encoding="utf-8")
    pictures = []
    for scheme in (1, 0):  # light, dark
        target = tmp_path / f"{scheme}.png"
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--blink-settings=preferredColorScheme={scheme}", "--window-size=620,340"]
        subprocess.run([browser, *flags, f"--screenshot={target}", f"file://{path}"], capture_output=True, check=False, timeout=60)
        pictures.append(target.read_bytes())
    assert all(struct.unpack(">II", picture[16:24]) == (620, 340) for picture in pictures)
    assert all(len(picture) > 8000 for picture in pictures), "more than a page of one colour"
    assert pictures[0] != pictures[1]
