"""The textbook test passes, and fails when anything in it is wrong: the hand equations, the engine, or the NumPy by hand."""

import dataclasses
import json
import time

import numpy as np
import pytest
import sympy

from symback.cli import main
from symback.errors import SpecError
from symback.language.expressions import Add, Contract, Map, Tensor, Var, add, contract, einsum, leaves, map_, scale, slot, var
from symback.language.functions import ScalarFunction
from symback.language.names import Name
from symback.network import Dense, LayerNorm, Network, Residual
from symback.network.activations import ACTIVATIONS
from symback.network.costs import COSTS
from symback.numerics.evaluate import evaluate
from symback.pipeline import Derivation, derive, derive_generic
from symback.verification import textbook, textbook_equations, textbook_numbers, textbook_numpy, textbook_proofs
from symback.verification.textbook import check_against_textbook, run_textbook
from symback.verification.textbook_equations import STATEMENTS, for_every_sample

SEED = 20240601
EXPECTED = {  # the equation that speaks of each formula of a plain network of two layers
    "delta^2": "(1) ½", "dC/dW^2": "(3)", "dC/db^2": "(2)", "delta^1": "(4)", "dC/dW^1": "(6)", "dC/db^1": "(5)", "dC/da^0": "∂a",
}  # fmt: skip
OUTPUT_FOR = {"unit": "sigmoid", "probabilities": "softmax", "log_probabilities": "log_softmax", "positive": "softplus", "real": "tanh"}


def verdicts(derivation: Derivation) -> dict[str, tuple[str, str]]:
    return {row.formula: (row.number, row.verdict) for row in check_against_textbook(derivation)}


# What is true is proved, and agrees


@pytest.fixture(scope="module")
def report():
    print(f"seed {SEED}")
    return run_textbook(trials=10, seed=SEED)


def test_every_equation_is_proved_and_agrees_with_all_three_roads(report):
    assert [row.number for row in report.rows] == list(STATEMENTS)
    for row in report.rows:
        assert row.proof == "proved", (row.number, row.reason)
        assert row.ok, (row.number, row.deviations)
        assert row.number == "(1) C" or (set(row.deviations) == set(textbook_numbers.ROADS) and row.trials > 0)
    assert report.ok


def test_the_six_equations_are_proved_for_a_generic_layer_for_symbolic_sizes_and_for_a_batch(report):
    for row in report.rows:
        if row.number in ("(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "∂a"):
            assert row.proved_for == ("layers l and L", "p-m-n", "layers l and L, in a batch", "p-m-n, in a batch")


def test_equations_are_written_for_the_layer_they_speak_of(report):
    written = {row.number: (row.text, row.latex) for row in report.rows}
    assert written["(1)"] == ("δᴸ = 2(aᴸ - y) ⊙ σ'(zᴸ)", r"\delta^{L} = 2(a^{L} - y) \odot \sigma'(z^{L})")
    assert written["(3)"] == ("∂C/∂Wᴸ = δᴸ (aᴸ⁻¹)ᵀ", r"\frac{\partial C}{\partial W^{L}} = \delta^{L} (a^{L-1})^{\mathsf{T}}")
    assert written["(4)"] == ("δˡ = ((Wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ'(zˡ)", r"\delta^{l} = ((W^{l+1})^{\mathsf{T}} \delta^{l+1}) \odot \sigma'(z^{l})")
    assert written["∂a"][0] == "∂C/∂aᴸ⁻¹ = (Wᴸ)ᵀ δᴸ"
    assert written["mean W"][0] == "∂C/∂Wᴸ = (1/n) Σₖ ∂Cₖ/∂Wᴸ"
    for text, latex in written.values():
        assert "<" not in text + latex and latex.count("{") == latex.count("}")


def test_the_report_is_the_same_for_the_same_seed_and_is_plain_data(report):
    again = run_textbook(trials=10, seed=SEED)
    assert again == report
    data = json.loads(report.to_json())
    assert data["ok"] is True and data["seed"] == SEED and len(data["equations"]) == len(STATEMENTS)
    assert data["equations"][0]["deviations"].keys() == set(textbook_numbers.ROADS)


def test_too_few_trials_to_meet_every_equation_are_refused():
    with pytest.raises(SpecError, match="at least 5"):
        run_textbook(trials=4)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_least_number_of_trials_meets_every_equation_that_has_numbers(seed):
    print(f"seed {seed}")
    assert textbook_numbers.measure(textbook_numbers.LEAST, seed).keys() == STATEMENTS.keys() - set(textbook.WITHOUT_NUMBERS)


@pytest.mark.slow
def test_many_random_networks_agree_with_all_three_roads():
    print(f"seed {SEED + 1}")
    report = run_textbook(trials=300, seed=SEED + 1)
    assert report.ok, [row.to_dict() for row in report.rows if not row.ok]


@pytest.mark.parametrize("spec", ["2-3-2", "p-m-n", "n-n-n", "1-1-1"])
@pytest.mark.parametrize("batch", [False, True])
def test_each_formula_of_a_network_is_proved_by_the_equation_that_speaks_of_it(spec, batch):
    found = verdicts(derive(Network.from_spec(spec), batch=batch))
    assert {name.replace("delta", "Delta").replace("a^0", "A^0") if batch else name for name in EXPECTED} == set(found)
    assert found == {name: (EXPECTED[name.replace("Delta", "delta").replace("A^0", "a^0")], "proved") for name in found}


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_no_formula_contradicts_the_textbook_for_any_activation(activation):
    for cost, batch in (("quadratic", False), ("squared_error", True), ("C", True)):
        found = check_against_textbook(derive(Network.from_spec("2-3-2", activation, cost), batch=batch))
        assert all(row.ok for row in found), [row for row in found if not row.ok]
        applies = ACTIVATIONS[activation].is_elementwise
        assert all((row.verdict == "proved") is applies for row in found if row.formula.lower().startswith("delta"))


@pytest.mark.parametrize("cost", COSTS)
def test_no_formula_contradicts_the_textbook_for_any_cost(cost):
    activation = f"tanh,{OUTPUT_FOR[COSTS[cost].outputs]}"
    for batch in (False, True):
        found = check_against_textbook(derive(Network.from_spec("2-3-2", activation, cost, l1="1/10", l2="lambda"), batch=batch))
        assert {row.verdict for row in found} == {"proved"}, found


def test_softmax_with_cross_entropy_is_a_minus_y_and_says_that_targets_sum_to_one():
    row = check_against_textbook(derive(Network.from_spec("2-3-2", "sigmoid,softmax", "cross_entropy")))[0]
    assert (row.text, row.verdict, row.facts) == ("δ² = a² - y", "proved", ("Σₖ yₖ = 1 (assumed of the data)",))


def test_equations_that_do_not_apply_say_why_and_are_not_counted_as_proofs():
    branch = Residual([Dense(4, "relu"), Dense(4, "identity")])
    layers = [Dense(4, "tanh"), branch, LayerNorm(), Dense(4, "sigmoid", tied_to=1), Dense(2, "softmax")]
    found = {row.formula: row for row in check_against_textbook(derive(Network(4, layers)))}
    assert all(row.ok for row in found.values())
    assert found["dC/dW^1"].reason == "W^1 is used by z^1, z^5"
    assert found["delta^6"].reason == "the activation a^6 is not an element-wise function of z^6"
    assert found["delta^1"].verdict == "does not apply"  # a^1 goes around the residual branch as well
    assert found["dC/dgamma^4"].reason == "the equations do not speak of gamma^4"
    assert found["dC/dW^2"].verdict == found["dC/db^5"].verdict == found["delta^2"].verdict == "proved"


def test_checking_a_derivation_takes_milliseconds_and_time_linear_in_its_depth():
    def seconds(layers: int) -> float:
        derivation = derive(Network.from_spec("-".join(["3"] * (layers + 1))))
        times = []
        for _ in range(3):
            start = time.perf_counter()
            check_against_textbook(derivation)
            times.append(time.perf_counter() - start)
        return min(times)

    assert seconds(2) < 0.05
    assert seconds(100) < 30 * seconds(10)


# The pieces


def test_an_equation_for_every_sample_holds_row_by_row():
    print(f"seed {SEED}")
    generator = np.random.default_rng(SEED)
    single, batch = (derive(Network.from_spec("3-4-2", "tanh"), batch=batch) for batch in (False, True))
    subject = textbook_proofs.subject_of(batch)
    for formula in single.formulas:
        lifted = for_every_sample(formula.tensor, subject.rows, subject.samples)
        values = {name: generator.normal(size=[int(size) if size.is_Integer else 5 for size in name.shape]) for name in leaves(lifted)}
        rows = evaluate(lifted, values, {subject.samples.size: 5})
        for sample in range(5):
            own = {name: values[subject.rows[name]][sample] if name in subject.rows else values[name] for name in leaves(formula.tensor)}
            assert np.allclose(rows[sample], evaluate(formula.tensor, own), rtol=1e-13, atol=0)


def test_the_numpy_by_hand_gives_the_numbers_of_a_lecture():
    """A network 2-2-1 worked out with pencil to four digits: δ² = -0.0880, δ¹ = (-0.0149, 0.0258)."""
    parameters = [(np.array([[0.1, 0.3], [0.2, 0.4]]), np.array([0.1, -0.1])), (np.array([[0.7, -1.2]]), np.array([0.05]))]
    page = textbook_numpy.backpropagate(parameters, ["sigmoid", "sigmoid"], "quadratic", np.array([1.0, 0.5]), np.array([0.8]))
    assert np.allclose(page.delta[2], [-0.0880], atol=1e-4)
    assert np.allclose(page.delta[1], [-0.0149, 0.0258], atol=1e-4)
    assert np.allclose(page.grad_W[2], [[-0.0516, -0.0505]], atol=1e-4)
    assert np.allclose(page.grad_W[1], [[-0.0149, -0.0075], [0.0258, 0.0129]], atol=1e-4)


@pytest.mark.parametrize("name", textbook_numpy.ACTIVATIONS)
def test_derivatives_typed_in_by_hand_are_those_of_the_functions(name):
    function, slope = textbook_numpy.ACTIVATIONS[name]
    at = np.linspace(-3, 3, 13)
    stepped = textbook_numpy.complex_step(lambda z: np.sum(function(z)), at)
    assert np.allclose(slope(at), stepped, rtol=1e-13, atol=1e-15)
    assert np.allclose(slope(at), textbook_numpy.central_difference(lambda z: np.sum(function(z)), at), rtol=0, atol=1e-10)


def test_a_deviation_is_relative_and_a_wrong_shape_or_nan_is_infinite():
    deviation = textbook_numbers.relative_deviation
    assert deviation(np.array([3.0, 1e-9]), np.array([4.0, 2e-9])) == 0.25
    assert deviation(np.array([1e-9]), np.array([2e-9])) < 1e-5  # below what can be resolved
    assert deviation(np.zeros(2), np.zeros(2)) == 0
    assert deviation(np.zeros((2, 1)), np.zeros(2)) == deviation(np.array([np.nan]), np.zeros(1)) == np.inf


# Planted errors

OUTPUT = {"z": "a", "Z": "A"}


def rebuilt(tensor: Tensor, change) -> Tensor:
    """The tensor with `change` applied to its leaves and element-wise factors."""
    if isinstance(tensor, Contract):
        factors = [(rebuilt(arg, change), labels) for arg, labels in tensor.factors]
        return contract(factors, tuple(range(tensor.rank)), tensor.label_axes)
    if isinstance(tensor, Add):
        return add(*(rebuilt(arg, change) for arg in tensor.args))
    return change(tensor)


def negated(tensor: Tensor) -> Tensor:
    return scale(-1, tensor)


def doubled(tensor: Tensor) -> Tensor:
    return scale(2, tensor)


def transposed(tensor: Tensor) -> Tensor:
    """Every square W by its transpose, and a square result by its own."""

    def change(leaf: Tensor) -> Tensor:
        return einsum("jk->kj", leaf) if isinstance(leaf, Var) and leaf.rank == 2 and leaf.axes[0] == leaf.axes[1] else leaf

    if tensor.rank == 2 and tensor.axes[0] == tensor.axes[1]:
        return einsum("jk->kj", tensor)
    return rebuilt(tensor, change)


def without_slope(tensor: Tensor) -> Tensor:
    """σ'(z) left out."""

    def change(leaf: Tensor) -> Tensor:
        is_slope = isinstance(leaf, Map) and any(f.order == 1 for f in leaf.expr.atoms(ScalarFunction))
        return map_(sympy.S.One + 0 * slot(0), leaf.args) if is_slope else leaf

    return rebuilt(tensor, change)


def a_for_z(tensor: Tensor) -> Tensor:
    """σ'(a) for σ'(z)."""

    def change(leaf: Tensor) -> Tensor:
        is_slope = isinstance(leaf, Map) and any(f.order == 1 for f in leaf.expr.atoms(ScalarFunction))
        if not is_slope:
            return leaf
        return map_(leaf.expr, [var(Name(OUTPUT.get(arg.name.letter, arg.name.letter), arg.name.layer), arg.axes) for arg in leaf.args])

    return rebuilt(tensor, change)


def shifted(tensor: Tensor) -> Tensor:
    """The factors of the neighbouring layer, where the shapes let them pass: W^1 for W^2, δ^1 for δ^2, a^2 for a^1."""
    partner = {1: 2, 2: 1, sympy.Symbol("l"): sympy.Symbol("l") + 1}

    def change(leaf: Tensor) -> Tensor:
        if isinstance(leaf, Var) and leaf.name.layer in partner:
            return var(Name(leaf.name.letter, partner[leaf.name.layer], leaf.name.is_gradient), leaf.axes)
        return leaf

    return rebuilt(tensor, change)


def target_for_output(tensor: Tensor) -> Tensor:
    """(y - a) for (a - y)."""

    def change(leaf: Tensor) -> Tensor:
        if isinstance(leaf, Map) and [arg.name.letter.lower() for arg in leaf.args[:2]] == ["a", "y"]:
            return map_(leaf.expr, (leaf.args[1], leaf.args[0], *leaf.args[2:]))
        return leaf

    return rebuilt(tensor, change)


MUTATIONS = (negated, doubled, transposed, without_slope, a_for_z, shifted, target_for_output)


def planted(derivation: Derivation, name: Name, mutation) -> Derivation | None:
    """The derivation with one formula spoilt; None where the mutation changes nothing."""
    records = []
    for record in derivation.records:
        tensor = mutation(record.tensor) if record.symbol.name == name else record.tensor
        records.append(dataclasses.replace(record, tensor=tensor))
    is_changed = any(new.tensor is not old.tensor for new, old in zip(records, derivation.records, strict=True))
    return Derivation(derivation.network, derivation.forward, derivation.knowledge, tuple(records)) if is_changed else None


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("spec", ["2-3-2", "n-n-n"])
def test_an_error_planted_in_a_derivation_is_refuted_and_named(mutation, spec):
    planted_ones = 0
    for activation, batch in (("sigma", False), ("tanh", True)):
        right = derive(Network.from_spec(spec, activation, "squared_error"), batch=batch)
        for formula in right.formulas:
            wrong = planted(right, formula.name, mutation)
            if wrong is None:
                continue
            planted_ones += 1
            found = verdicts(wrong)
            assert found[str(formula.name)][1] == "refuted", (formula, mutation)
            assert all(verdict == "proved" for name, (_, verdict) in found.items() if name != str(formula.name))
    assert planted_ones >= (2 if spec == "n-n-n" or mutation is not transposed else 0)


def mutated(statement: textbook_equations.Statement, mutation) -> textbook_equations.Statement:
    return dataclasses.replace(statement, state=lambda page, layer: mutation(statement.state(page, layer)))


@pytest.mark.parametrize("mutation", [negated, doubled, without_slope, target_for_output], ids=lambda mutation: mutation.__name__)
def test_an_error_planted_in_a_hand_derived_equation_is_refuted(monkeypatch, mutation):
    chain = derive(Network.from_spec("1-1-1-1", "sigma", "squared_error"))
    derived = [chain, *(derive(Network.from_spec("p-m-n", "sigma", cost)) for cost in ("squared_error", "quadratic", "C"))]
    subject = textbook_proofs.subject_of(chain)

    def numbered(derivation: Derivation) -> list[tuple[str, str]]:
        rows = [(row.number, row.verdict) for row in check_against_textbook(derivation)]
        return rows + [(number, judgement.verdict) for number, _, judgement in textbook.of_chain(chain)] if derivation is chain else rows

    spoilt = 0
    for number, statement in STATEMENTS.items():
        right = statement.state(subject.page, 2 if number in textbook.HIDDEN else 3)
        if mutation(right) is right or number.startswith("mean"):
            continue
        spoilt += 1
        with monkeypatch.context() as patch:
            patch.setitem(STATEMENTS, number, mutated(statement, mutation))
            found = [verdict for derivation in derived for other, verdict in numbered(derivation) if other == number]
        assert found and set(found) == {"refuted"}, number
    assert spoilt >= {negated: 15, doubled: 15, without_slope: 10, target_for_output: 8}[mutation]


def test_an_average_without_its_factor_is_not_proved(monkeypatch):
    monkeypatch.setattr(textbook, "average", lambda each: scale(each.axes[0].size, textbook_equations.average(each)))
    found = {judgement.verdict for number, _, judgement in textbook.proofs() if number.startswith("mean")}
    assert found == {"refuted"}


@pytest.mark.parametrize("mutation", [negated, doubled, without_slope], ids=lambda mutation: mutation.__name__)
def test_an_error_planted_in_the_engine_fails_the_whole_report(monkeypatch, mutation):
    """By proof and by numbers: the roads share no code, so both see it."""

    def wrong_derive(network, *, batch=False):
        right = derive(network, batch=batch)
        name = Name("Delta" if batch else "delta", 1)
        return planted(right, name, mutation) or right

    monkeypatch.setattr(textbook, "derive", wrong_derive)
    monkeypatch.setattr(textbook_numbers, "derive", wrong_derive)
    report = run_textbook(trials=5, seed=SEED)
    rows = {row.number: row for row in report.rows}
    assert not report.ok and not rows["(4)"].ok
    assert rows["(4)"].proof == "refuted" and "p-m-n: the two sides differ" in rows["(4)"].reason
    assert min(rows["(4)"].deviations.values()) > 0.01
    assert rows["(1)"].proof == "proved"


def test_the_command_exits_with_one_if_anything_fails_and_names_it(monkeypatch, capsys):
    assert main(["textbook", "--trials", "5"]) == 0
    monkeypatch.setitem(STATEMENTS, "(4)", mutated(STATEMENTS["(4)"], negated))
    assert main(["textbook", "--trials", "5"]) == 1
    assert "(4): layers l and L: the two sides differ" in capsys.readouterr().out
    assert main(["derive", "2-3-2"]) == 1  # the check at the end of a derivation uses the same equations


WRONG_NUMPY = {
    "sign": lambda page: {**page, "delta": {layer: -value for layer, value in page["delta"].items()}},
    "factor 2": lambda page: {**page, "grad_W": {layer: 2 * value for layer, value in page["grad_W"].items()}},
    "shifted layer": lambda page: {**page, "grad_a": dict.fromkeys(page["grad_a"], page["grad_a"][0])},
    "transposed": lambda page: {**page, "grad_W": {layer: value.T for layer, value in page["grad_W"].items()}},
}


@pytest.mark.parametrize("mistake", WRONG_NUMPY)
def test_an_error_in_the_numpy_by_hand_is_seen_by_that_road_alone(monkeypatch, mistake):
    honest = textbook_numpy.backpropagate

    def wrong(*arguments):
        page = honest(*arguments)
        return textbook_numpy.Backpropagation(**WRONG_NUMPY[mistake]({f.name: getattr(page, f.name) for f in dataclasses.fields(page)}))

    monkeypatch.setattr(textbook_numpy, "backpropagate", wrong)
    report = run_textbook(trials=5, seed=SEED)
    assert not report.ok
    worst = [max((row.deviations.get(road, 0) for row in report.rows), default=0) for road in textbook_numbers.ROADS]
    assert worst[0] > 0.1 and worst[1] < 1e-10 and worst[2] < 1e-6


def test_a_wrong_derivative_of_an_activation_typed_in_by_hand_is_seen(monkeypatch):
    function, _ = textbook_numpy.ACTIVATIONS["sigmoid"]
    monkeypatch.setitem(textbook_numpy.ACTIVATIONS, "sigmoid", (function, lambda z: function(z)))
    assert not run_textbook(trials=10, seed=SEED).ok


def test_a_generic_layer_is_checked_for_symbolic_l():
    output, hidden = derive_generic(Network.from_spec("n_0-...-n_L", "sigma", "C"))
    assert verdicts(output)["delta^L"] == ("(1) C", "proved")
    assert verdicts(hidden) == {name: (number, "proved") for name, number in {
        "delta^l": "(4)", "dC/dW^l": "(6)", "dC/db^l": "(5)", "dC/da^(l-1)": "∂a"}.items()}  # fmt: skip
