"""Is what the engine derived what a person derives?  Each formula of a derivation against its equation, by proof.

An equation of the textbook is stated for a layer of a certain kind: (4) for a^l = σ(z^l) entry by entry, with a^l used
by z^{l+1} = W^{l+1} a^l + b^{l+1} and by nothing else.  So its premises are looked up in the forward equations first;
where they do not hold the equation does not apply, and the row says why.  Where they hold, the engine's right side and
the hand-derived one are proved equal with the sizes as they are, symbols or numbers.

    proved          a proof was found; the side facts it used are named
    refuted         no proof was found, and the two sides differ at random values: the counterexample
    not proved      no proof was found, and no counterexample
    does not apply  the network is not of the kind that the equation speaks of

The time is linear in the number of formulas: premises and proofs look at one layer.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

import numpy as np
import sympy

from symback.language.expressions import (
    Add,
    Axis,
    Contract,
    Equation,
    Map,
    Tensor,
    Var,
    add,
    einsum,
    leaves,
    map_,
    scale,
    slot,
    var,
)
from symback.language.functions import ScalarFunction
from symback.language.names import Name
from symback.language.steps import Fact
from symback.network.activations import softmax_of
from symback.network.costs import read_cost
from symback.numerics.evaluate import random_setting
from symback.pipeline import Derivation, Formula
from symback.simplification.normal_form import prove_equal
from symback.verification.textbook_equations import (
    COST_GRADIENTS,
    SHORT_ERRORS,
    STATEMENTS,
    Layer,
    Page,
    Statement,
    average,
    for_every_sample,
    written,
)

__all__ = [
    "NOT_PROVED", "PROVED", "REFUTED", "CheckedFormula", "Judgement", "Subject",
    "check_against_textbook", "judge", "right_side", "subject_of",
]  # fmt: skip

PROVED, REFUTED, NOT_PROVED, DOES_NOT_APPLY = "proved", "refuted", "not proved", "does not apply"
DRAWS = 3
TOLERANCE = 1e-6  # both sides are sums of a few products in float64: rounding stays far below, a wrong sign or factor far above


@dataclass(frozen=True)
class Judgement:
    """A verdict, why, and the side facts that it relies on."""

    verdict: str
    reason: str = ""
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckedFormula:
    """One formula of a derivation beside the textbook's equation for it; `number` is empty where none applies.

    `latex` and `text` are the equation as it is taught, of one sample and with σ for the activation; `symbol` = `stated` is
    what was compared: the same equation of this network, with its own activation, and its average where there is a batch.
    """

    formula: str
    number: str
    title: str
    latex: str
    text: str
    verdict: str
    reason: str = ""
    facts: tuple[str, ...] = ()
    symbol: Var | None = None
    stated: Tensor | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong: proved, or not spoken of by the textbook."""
        return self.verdict in (PROVED, DOES_NOT_APPLY)

    def to_dict(self) -> dict[str, object]:
        """The row as plain data, without the expressions."""
        row = asdict(replace(self, symbol=None, stated=None))
        return {name: value for name, value in row.items() if name not in ("symbol", "stated")}


@dataclass(frozen=True)
class Subject:
    """A derivation as the equations see it: the quantities of one sample, the rows that hold them in a batch, and the uses.

    `rows` is empty and `samples` None where the derivation is of one sample.
    """

    derivation: Derivation
    page: Page
    rows: Mapping[Var, Var]
    samples: Axis | None
    users: Mapping[Var, tuple[Equation, ...]]
    definitions: Mapping[Var, Tensor]
    inner: Mapping[Layer | None, Mapping[Var, Tensor]]

    def has(self, *letters: str, layer: Layer) -> bool:
        """Whether the network has all those quantities in that layer."""
        return all(Name(letter, layer) in self.page.named for letter in letters)

    def own(self, letter: str, layer: Layer) -> Var:
        """The network's own tensor for a quantity of one sample: Z^l with its sample axis for z^l."""
        one = self.page(letter, layer)
        return self.rows.get(one, one)

    def users_of(self, letter: str, layer: Layer) -> tuple[Equation, ...]:
        """The equations that mention the quantity."""
        return self.users.get(self.own(letter, layer), ())

    @property
    def cost(self) -> str:
        """The name of the network's cost."""
        return read_cost(self.derivation.network.cost).name

    def near(self, layer: Layer) -> dict[Var, Tensor]:
        """What a proof about a layer may unfold: the definitions of its activations and inner quantities, and those of the cost."""
        return {**self.inner.get(None, {}), **self.inner.get(layer, {})}

    def whole(self, of_one_sample: Tensor) -> Tensor:
        """An expression of one sample, for all samples where there is a batch."""
        return of_one_sample if self.samples is None else for_every_sample(of_one_sample, self.rows, self.samples)


def check_against_textbook(derivation: Derivation) -> tuple[CheckedFormula, ...]:
    """Every named formula of a derivation against the equation of the textbook that speaks of it.

    >>> from symback.network import Network
    >>> from symback.pipeline import derive
    >>> for row in check_against_textbook(derive(Network.from_spec("p-m-n"))):
    ...     print(row.formula, row.number, row.verdict)
    delta^2 (1) ½ proved
    dC/dW^2 (3) proved
    dC/db^2 (2) proved
    delta^1 (4) proved
    dC/dW^1 (6) proved
    dC/da^0 ∂a proved
    dC/db^1 (5) proved
    """
    subject = subject_of(derivation)
    return tuple(_checked(formula, subject) for formula in derivation.formulas)


def _checked(formula: Formula, subject: Subject) -> CheckedFormula:
    chosen = _statement_for(formula, subject)
    if isinstance(chosen, str):
        return CheckedFormula(str(formula.name), "", "", "", "", DOES_NOT_APPLY, chosen)
    statement, layer, remark = chosen
    is_of_mean = subject.samples is not None and (statement.target in ("W", "b") or formula.record.pivot_factor is not None)
    stated = right_side(statement, layer, subject, is_of_mean)
    found = judge(formula.tensor, stated, subject, layer)
    facts = tuple(dict.fromkeys((*map(fact_text, formula.facts), *found.facts)))
    return CheckedFormula(
        str(formula.name), statement.number, statement.title,
        written(statement.latex, layer, is_latex=True), written(statement.text, layer),
        found.verdict, "; ".join(filter(None, (found.reason, remark, *_readings(statement, subject, is_of_mean)))), facts,
        formula.symbol, stated,
    )  # fmt: skip


def _readings(statement: Statement, subject: Subject, is_of_mean: bool) -> Iterator[str]:
    """How the equation of one sample was read for this derivation."""
    network = subject.derivation.network
    if subject.samples is not None:
        yield "averaged over the batch" if is_of_mean else "for every sample of the batch"
    if statement.target == "W" and network.l2 != 0:
        yield "with λ w from the L2 penalty added"
    if statement.target == "W" and network.l1 != 0:
        yield "with λ sgn(w) from the L1 penalty added"


# What the network says of itself


def subject_of(derivation: Derivation) -> Subject:
    """The quantities, uses and definitions of the network behind a derivation."""
    forward = derivation.forward
    symbols = [name for equation in forward.equations for name in (equation.symbol, *leaves(equation.definition))]
    symbols += [cotangent for _, cotangent in forward.seeds] + [record.symbol for record in derivation.records]
    one_of = {symbol: _of_one_sample(symbol) for symbol in symbols}
    rows = {one: symbol for symbol, one in one_of.items() if one is not symbol}
    samples = next((row.axes[0] for row in rows.values()), None)
    definitions = {equation.symbol: equation.definition for equation in forward.equations}
    of_one = {one_of[symbol]: one for symbol, definition in definitions.items() if (one := _one(definition, one_of)) is not None}
    page = Page({one.name: one for one in one_of.values()}, of_one)
    return Subject(derivation, page, rows, samples, _users_by_name(forward.equations), definitions, _inner_by_layer(derivation))


def _users_by_name(equations: Sequence[Equation]) -> dict[Var, tuple[Equation, ...]]:
    users: dict[Var, list[Equation]] = {}
    for equation in equations:
        for name in leaves(equation.definition):
            users.setdefault(name, []).append(equation)
    return {name: tuple(equations) for name, equations in users.items()}


def _inner_by_layer(derivation: Derivation) -> dict[Layer | None, dict[Var, Tensor]]:
    """What stands between the cut-points z^l of a layer: its activation and inner quantities, and what is derived for them."""
    inner: dict[Layer | None, dict[Var, Tensor]] = {}
    between = [equation for equation in derivation.forward.equations if equation.role != "cut"]
    for equation in between:
        inner.setdefault(equation.symbol.name.layer, {})[equation.symbol] = equation.definition
    symbols = {equation.symbol for equation in between}
    for record in derivation.records:
        if record.target in symbols:
            inner.setdefault(record.symbol.name.layer, {})[record.symbol] = record.tensor
    return inner


def _of_one_sample(symbol: Var) -> Var:
    """Z^l with a leading sample axis  →  z^l without it; anything else stays."""
    if not symbol.axes or symbol.axes[0].kind != "sample":
        return symbol
    letter = symbol.name.letter
    return var(Name(letter[0].lower() + letter[1:], symbol.name.layer, symbol.name.is_gradient), symbol.axes[1:])


def _one(definition: Tensor, one_of: Mapping[Var, Var]) -> Tensor | None:
    """An element-wise definition, read for one sample; None for any other, of which the equations know nothing."""
    if isinstance(definition, Var):
        return one_of[definition]
    if not isinstance(definition, Map):
        return None
    args = [one for arg in definition.args if (one := _argument(arg, one_of)) is not None]
    return map_(definition.expr, args) if len(args) == len(definition.args) else None


def _argument(arg: Tensor, one_of: Mapping[Var, Var]) -> Tensor | None:
    """A name, or a parameter of each unit that a batch repeats for every sample."""
    if isinstance(arg, Var):
        return one_of[arg]
    if isinstance(arg, Contract) and arg.rank == 2 and arg.axes[0].kind == "sample" and arg.labels == ((1,),):
        return arg.args[0]
    return None


def is_dense(layer: Layer, subject: Subject) -> bool:
    """Whether z^l = W^l a^{l-1} + b^l, with a bias or without."""
    if not (subject.has("z", "W", layer=layer) and subject.has("a", layer=layer - 1)):
        return False
    page = subject.page
    weighted = einsum("jk,k->j", page("W", layer), page("a", layer - 1))
    stated = subject.whole(weighted + page("b", layer) if subject.has("b", layer=layer) else weighted)
    return subject.definitions.get(subject.own("z", layer)) is stated


def _is_added(layer: Layer, subject: Subject) -> bool:
    """Whether z^l = (…) + b^l, with b^l nowhere else in it."""
    bias = subject.page("b", layer)
    definition = subject.definitions.get(subject.own("z", layer))
    added = bias if subject.samples is None else for_every_sample(bias, {}, subject.samples)
    if not isinstance(definition, Add) or definition.args.count(added) != 1:
        return False
    return all(bias not in leaves(term) for term in definition.args if term is not added)


# Which equation speaks of a formula

Chosen = tuple[Statement, Layer, str]


def _statement_for(formula: Formula, subject: Subject) -> Chosen | str:
    """The equation, the layer it is stated for, and a remark; or why none applies."""
    name = _of_one_sample(formula.target).name
    choose = _CHOICES.get(name.letter)
    return f"the equations do not speak of {name}" if choose is None else choose(name.layer, subject)


def _for_error(layer: Layer, subject: Subject) -> Chosen | str:
    """(1) where a^l enters the cost alone, (4) where it enters the next dense layer alone."""
    if not subject.has("a", layer=layer):
        return f"there is no a^{_text(layer)} that is made of z^{_text(layer)}"
    if len(subject.users_of("z", layer)) != 1:
        return f"{_called('z', layer, subject)} is used by {_users('z', layer, subject)}"
    if _is_output(layer, subject):
        return _for_output_error(layer, subject)
    if not _enters_next_layer_alone(layer, subject):
        output, users = _called("a", layer, subject), _users("a", layer, subject)
        return f"{output} does not enter the dense layer after it alone; it is used by {users}"
    return _if_elementwise(STATEMENTS["(4)"], layer, subject)


def _is_output(layer: Layer, subject: Subject) -> bool:
    """Whether a^l enters the cost, and nothing that belongs to a layer."""
    users = subject.users_of("a", layer)
    return bool(users) and all(user.role == "cost" or user.symbol.name.layer is None for user in users)


def _enters_next_layer_alone(layer: Layer, subject: Subject) -> bool:
    """Whether z^{l+1} = W^{l+1} a^l + b^{l+1} is the one equation that mentions a^l."""
    return len(subject.users_of("a", layer)) == 1 and is_dense(layer + 1, subject)


def _for_output_error(layer: Layer, subject: Subject) -> Chosen | str:
    """a - y for the pairs that have it; otherwise (1) with ∇_a C by hand, or as derived for a cost not worked out by hand."""
    cost = subject.cost
    short = SHORT_ERRORS.get((_activation_name(layer, subject), cost))
    if short is not None:
        return short, layer, ""
    if cost in _BY_COST:
        return _if_elementwise(STATEMENTS[_BY_COST[cost]], layer, subject)
    if cost in COST_GRADIENTS:
        return _if_elementwise(_error_for(cost), layer, subject)
    return _if_elementwise(_WITH_DERIVED_GRADIENT, layer, subject, "∇ₐC as derived")


_BY_COST = {"squared_error": "(1)", "quadratic": "(1) ½", "unspecified": "(1) C"}


@lru_cache
def _error_for(cost: str) -> Statement:
    """(1) with the hand-derived ∇_a C of `cost`."""
    gradient = COST_GRADIENTS[cost]

    def state(page: Page, layer: Layer) -> Tensor:
        return einsum("j,j->j", gradient.state(page, layer), page.slope(layer))

    title = f"error of the output layer, {cost.replace('_', ' ')}"
    latex = rf"\delta^{{<l>}} = {gradient.latex} \odot \sigma'(z^{{<l>}})"
    return Statement("(1)", title, latex, f"δ<l> = {gradient.text} ⊙ σ'(z<l>)", "z", state)


@lru_cache
def _gradient_of(cost: str) -> Statement:
    """∂C/∂a^L = the hand-derived ∇_a C of `cost`."""
    gradient = COST_GRADIENTS[cost]
    latex = rf"\frac{{\partial C}}{{\partial a^{{<l>}}}} = {gradient.latex}"
    return Statement("∇C", f"gradient of the cost, {cost.replace('_', ' ')}", latex, f"∂C/∂a<l> = {gradient.text}", "a", gradient.state)


def _derived_gradient(page: Page, layer: Layer) -> Tensor:
    return einsum("j,j->j", page.named[Name("a", layer).gradient], page.slope(layer))


_WITH_DERIVED_GRADIENT = replace(STATEMENTS["(1) C"], title="error of the output layer", state=_derived_gradient)


def _activation_name(layer: Layer, subject: Subject) -> str:
    """The name of the function that makes a^l of z^l, where the choice of an equation depends on it."""
    z, definition = subject.own("z", layer), subject.definitions[subject.own("a", layer)]
    if isinstance(definition, Map) and isinstance(definition.expr, ScalarFunction):
        return definition.expr.letter
    if definition is softmax_of(z):
        return "softmax"
    is_log = subject.has("p", layer=layer) and subject.definitions[subject.own("p", layer)] is softmax_of(z)
    return "log_softmax" if is_log else ""


def _if_elementwise(statement: Statement, layer: Layer, subject: Subject, remark: str = "") -> Chosen | str:
    if not subject.page.is_elementwise(layer):
        output, weighted = _called("a", layer, subject), _called("z", layer, subject)
        return f"the activation {output} is not an element-wise function of {weighted}"
    return statement, layer, remark


def _for_weights(layer: Layer, subject: Subject) -> Chosen | str:
    return _for_parameter("W", layer, subject, "(3)", "(6)")


def _for_bias(layer: Layer, subject: Subject) -> Chosen | str:
    return _for_parameter("b", layer, subject, "(2)", "(5)")


def _for_parameter(letter: str, layer: Layer, subject: Subject, in_output: str, in_hidden: str) -> Chosen | str:
    """(2) and (3) in the output layer, (5) and (6) in a hidden one, for a parameter that is used once, by a dense layer."""
    if sum(user.role != "cost" for user in subject.users_of(letter, layer)) != 1:  # a penalty uses W as well, and is added
        return f"{letter}^{_text(layer)} is used by {_users(letter, layer, subject)}"
    if letter == "W" and not is_dense(layer, subject):
        return f"z^{_text(layer)} is not W^{_text(layer)} a^{_text(layer - 1)} + b^{_text(layer)}"
    if letter == "b" and not _is_added(layer, subject):
        return f"z^{_text(layer)} is not a sum in which b^{_text(layer)} occurs once"
    return STATEMENTS[in_output if _is_output(layer, subject) else in_hidden], layer, ""


def _for_activation(layer: Layer, subject: Subject) -> Chosen | str:
    """∂C/∂a^l where a^l enters the next dense layer alone (for the inputs of a network, l = 0), and where it is the output."""
    if _is_output(layer, subject) and subject.cost in COST_GRADIENTS:
        return _gradient_of(subject.cost), layer, ""
    if _enters_next_layer_alone(layer, subject):
        return STATEMENTS["∂a"], layer + 1, ""
    return f"{_called('a', layer, subject)} is used by {_users('a', layer, subject)}"


_CHOICES: Mapping[str, Callable[[Layer, Subject], Chosen | str]] = {
    "z": _for_error, "W": _for_weights, "b": _for_bias, "a": _for_activation,
}  # fmt: skip


def _users(letter: str, layer: Layer, subject: Subject) -> str:
    return ", ".join(str(user.symbol.name) for user in subject.users_of(letter, layer))


def _called(letter: str, layer: Layer, subject: Subject) -> str:
    """z^l of one sample, Z^l of a batch."""
    own = subject.own(letter, layer).name.letter if subject.has(letter, layer=layer) else letter
    return f"{own}^{_text(layer)}"


def _text(layer: Layer) -> str:
    text = str(layer).replace(" ", "")
    return text if text.isalnum() else f"({text})"


# The right side, and the verdict


def right_side(statement: Statement, layer: Layer, subject: Subject, is_of_mean: bool = False) -> Tensor:
    """The hand-derived right side for the derivation's kind: one sample, or a batch with its average, and the penalty on W.

    `is_of_mean`: in a batch, δ^l and ∂C/∂a^l are of the summed cost, so that their rows are those of the samples, unless
    the engine says of one (the inputs) that it is of the averaged cost; then it has 1/N in front.
    """
    stated = subject.whole(statement.state(subject.page, layer))
    if statement.target in ("W", "b"):
        gradient = stated if subject.samples is None else average(stated)
        return add(gradient, *_penalty(layer, subject)) if statement.target == "W" else gradient
    return scale(1 / subject.samples.size, stated) if is_of_mean and subject.samples is not None else stated


def judge(left: Tensor, right: Tensor, subject: Subject, layer: Layer) -> Judgement:
    """Whether the two sides are equal; definitions of the layer may be used, and the facts of the network."""
    if left.axes != right.axes:
        return Judgement(REFUTED, f"the derived side has shape {left.shape}, the equation {right.shape}")
    facts = [fact for fact in subject.derivation.forward.facts if fact.of.name.layer in (layer, None)]
    proof = prove_equal(left, right, subject.near(layer), facts)
    if proof is not None:
        return Judgement(PROVED, "", tuple(map(fact_text, proof.facts)))
    deviation = _deviation(left, right, subject, layer)
    if deviation is None:
        return Judgement(NOT_PROVED, "no proof was found, and no numbers at which both sides are defined")
    if deviation > TOLERANCE:
        return Judgement(REFUTED, f"the two sides differ by {deviation:.2g} of their size at random values")
    return Judgement(NOT_PROVED, f"no proof was found; at random values the two sides agree to {deviation:.1g}")


def fact_text(fact: Fact) -> str:
    """Σₖ yₖ = 1, in words that say whether it is assumed."""
    entry = f"{fact.of.name.letter}ₖ"
    return f"Σₖ {entry} = {fact.value}" + (" (assumed of the data)" if fact.is_assumed else "")


def _penalty(layer: Layer, subject: Subject) -> tuple[Tensor, ...]:
    """What a penalty adds to ∂C/∂W:  λ w for (λ/2) Σ w²,  λ sgn(w) for λ Σ |w|."""
    network, weights = subject.derivation.network, subject.page("W", layer)
    terms = ((network.l2, slot(0)), (network.l1, _SIGN))
    return tuple(scale(factor, map_(expr, (weights,))) for factor, expr in terms if factor != 0)


_SIGN = sympy.Piecewise((1, slot(0) > 0), (-1, slot(0) < 0), (0, True))


def _deviation(left: Tensor, right: Tensor, subject: Subject, layer: Layer) -> float | None:
    """The largest difference of the two sides at random values that obey the layer's definitions, relative to their size.

    None where no draw gives numbers, outside the domain of a logarithm for example.
    """
    near = subject.near(layer)
    order = [e.symbol for e in subject.derivation.forward.equations if e.role != "cost"] + [r.symbol for r in subject.derivation.records]
    equations = [Equation(symbol, near[symbol]) for symbol in order if symbol in near]
    probes = [var(Name(letter), left.axes) for letter in ("left", "right")]
    equations += [Equation(probe, side) for probe, side in zip(probes, (left, right), strict=True)]
    deviations = []
    for seed in range(DRAWS):
        setting = random_setting(equations, np.random.default_rng(seed), subject.derivation.forward.facts)
        values = [setting.values[probe] for probe in probes]
        if np.all(np.isfinite(values)):
            deviations.append(float(np.max(np.abs(values[0] - values[1])) / max(np.max(np.abs(values)), 1e-12)))
    return max(deviations, default=None)
