"""The backward pass on the page: each gradient with the factors of its chain rule, its chain, and its matrices.

    ∂z²_i/∂a¹_k = Σ_m w²_im δ_mk = w²_ik                      a factor, from the definition of z²
    δ¹_j = ∂C/∂z¹_j = Σ_i Σ_k δ²_i ∂z²_i/∂a¹_k ∂a¹_k/∂z¹_j    the chain
         = σ'(z¹_j) Σ_i w²_ij δ²_i
    δ¹ = ((W²)ᵀ δ²) ⊙ σ'(z¹)                                  the result

The sections follow the order in which the gradients can be computed, and a factor is derived where it is met first.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import sympy

from symback.errors import UnsupportedError
from symback.language.expressions import Partial, Tensor, Unspecified, leaves, walk
from symback.language.printing import to_latex
from symback.language.steps import Step
from symback.pipeline import Derivation, Formula
from symback.pipeline.record import LocalDerivative
from symback.presentation.blocks import Block, Equations, Heading, Line, Math, Prose, Spans
from symback.presentation.manner import Manner, entry, fact_math, matrix_or_index, shape_of
from symback.simplification.index_form import PartialDerivative, index_form, named_entry
from symback.simplification.scalar_form import scalar_form

__all__ = ["definitions_of_errors", "formulas_of_layer", "layers_of", "results", "told_formula"]

Layer: TypeAlias = int | sympy.Expr
ERRORS = ("delta", "Delta")
KINDS = {"W": "weights", "b": "biases", "a": "activations", "A": "activations"}
MOST_ENTRIES = 60
DIFFERENTIATED = "differentiate each factor"
BY_OUTPUT = "slope in terms of the output"


def layers_of(derivation: Derivation) -> tuple[Layer, ...]:
    """The layers that have formulas, from the last to the input, whose number is 0."""
    return tuple(dict.fromkeys(record.target.name.layer for record in derivation.records if record.target.name.layer is not None))


def formulas_of_layer(derivation: Derivation, layer: Layer) -> tuple[Formula, ...]:
    """The gradients of a layer's quantities in order: named ones, ∂C/∂a, and the inner ones that a step mentions."""
    formulas = [Formula(record, derivation) for record in derivation.records if record.target.name.layer == layer]
    roles = derivation.context.roles
    mentioned = {leaf for formula in formulas if formula.record.is_named for step in formula.steps for leaf in leaves(step.after)}
    wanted = (f for f in formulas if f.record.is_named or roles.get(f.target) == "activation" or f.symbol in mentioned)
    return tuple(formula for formula in wanted if not _is_name_only(formula))


def _is_name_only(formula: Formula) -> bool:
    """Whether there is nothing to say: of an unspecified cost, ∂C/∂a is ∂C/∂a."""
    return index_form(formula.tensor) == index_form(formula.symbol)


def told_formula(formula: Formula, manner: Manner, told: set[Tensor]) -> list[Block]:
    """A formula with its heading, its steps and its result.  `told` holds the factors derived above; it grows."""
    heading = Heading(_title(formula, manner), 3)
    if manner.form == "scalar":
        return [heading, Equations(tuple(_entry_lines(formula, manner)))]
    result = Line(*matrix_or_index(formula.symbol, _answer(formula, manner), manner))
    if not manner.shows_indices:
        return [heading, Equations((result,))]
    before, lines = _steps(formula, manner, told)
    if manner.shows_matrices:
        lines = (*lines, replace(result, reason=(formula.steps[-1].rule,)))
    return [heading, *before, Equations(lines)]


def results(formulas: Sequence[Formula], manner: Manner) -> list[Block]:
    """Formulas without their steps: with matrices, and then entry by entry."""
    if manner.form == "scalar":
        return [Equations(tuple(line for formula in formulas for line in _entry_lines(formula, manner)))]
    answers = [(formula.symbol, _answer(formula, manner)) for formula in formulas]
    blocks: list[Block] = []
    if manner.shows_matrices:
        blocks.append(Equations(tuple(Line(*matrix_or_index(symbol, answer, manner)) for symbol, answer in answers)))
    if manner.shows_indices:
        blocks.append(Equations(tuple(Line(entry(symbol, manner), entry(answer, manner)) for symbol, answer in answers)))
    return blocks


def definitions_of_errors(formulas: Sequence[Formula], manner: Manner) -> list[Block]:
    """δ^l is ∂C/∂z^l, for each error among the formulas."""
    errors = [(formula.symbol, formula.steps[0].before) for formula in formulas if formula.name.letter in ERRORS and formula.steps]
    lines = tuple(Line(*matrix_or_index(symbol, meaning, manner), ("definition of the error",)) for symbol, meaning in errors)
    return [Equations(lines)] if lines else []


def _answer(formula: Formula, manner: Manner) -> Tensor:
    return formula.in_outputs.tensor if manner.slopes == "output" else formula.tensor


def _title(formula: Formula, manner: Manner) -> Spans:
    symbol, size = Math((matrix_or_index(formula.symbol, formula.symbol, manner)[0],)), shape_of(formula.symbol, manner)
    if formula.name.letter in ERRORS:
        return "The error ", symbol, ", ", size
    name = formula.target.name
    known = KINDS if name.layer is not None else {letter: KINDS[letter] for letter in ("W", "b")}  # the A of a graph may be anything
    kind = "input" if name.layer == 0 else known.get(name.letter)
    return f"The gradient of the {kind}, " if kind else "The gradient ", symbol, ", ", size


def _entry_lines(formula: Formula, manner: Manner) -> list[Line]:
    """One line for each entry, written out."""
    entries = scalar_form(_answer(formula, manner))
    if not isinstance(entries, sympy.MatrixBase):
        return [Line(entry(formula.symbol, manner), entries)]
    if len(entries) > MOST_ENTRIES:
        remedy = f"at most {MOST_ENTRIES} are written out; use smaller sizes, or the form 'matrix' or 'index'"
        raise UnsupportedError(f"{formula.name} has {len(entries)} entries, and {remedy}")
    text, is_vector = str(formula.name), formula.symbol.rank == 1
    places = [(sympy.Integer(row + 1), sympy.Integer(column + 1)) for row in range(entries.rows) for column in range(entries.cols)]
    return [Line(named_entry(text, place[:1] if is_vector else place), value) for place, value in zip(places, entries, strict=True)]


def _steps(formula: Formula, manner: Manner, told: set[Tensor]) -> tuple[list[Block], tuple[Line, ...]]:
    """The factors that are new, and the lines of the chain."""
    steps = [step for step in formula.steps if step.form == "index"]
    factors = []
    for partial in _partials(steps):
        derivative = None if partial in told else _local(partial, formula.derivation)
        if derivative is not None and not isinstance(derivative.tensor, Unspecified):  # of C, only the name is known
            factors.append(_factor(partial, derivative, manner))
    told.update(_partials(steps))
    if _is_direct(formula) and factors:
        return [Equations(lines) for lines in factors[:-1]], factors[-1]
    chain = tuple(_chain(formula, steps, manner))
    if not factors:
        return [], chain
    opening = "The factor of the chain rule:" if len(factors) == 1 else "The factors of the chain rule:"
    return [Prose((opening,)), *map(Equations, factors), Prose(("The chain:",))], chain


def _partials(steps: list[Step]) -> list[Partial]:
    """The derivatives of single equations that the steps mention, each once."""
    found = (node for step in steps for node in walk(step.after) if isinstance(node, Partial) and not node.is_total)
    return list(dict.fromkeys(found))


def _local(partial: Partial, derivation: Derivation) -> LocalDerivative | None:
    record = derivation.context.by_target.get(partial.wrt)
    terms = () if record is None else record.terms
    return next((term for term in terms if term.consumer.symbol is partial.of), None)


def _is_direct(formula: Formula) -> bool:
    """Whether the cost is the only equation that uses the target: the chain is then its one factor."""
    terms = formula.record.terms
    return len(terms) == 1 and not formula.record.past_pivot and terms[0].consumer.symbol is formula.derivation.context.root


def _factor(partial: Partial, derivative: LocalDerivative, manner: Manner) -> tuple[Line, ...]:
    """∂z_i/∂w_jk, from the definition of z to δ_ij a_k."""
    defined = Math((entry(partial.of, manner),))
    first = Line(entry(partial, manner), entry(derivative.raw, manner), ("differentiate ", defined), cites=defined.sides)
    return (first, *(Line(None, entry(step.after, manner), _reason(step, manner)) for step in derivative.steps))


def _chain(formula: Formula, steps: list[Step], manner: Manner) -> list[Line]:
    """The equalities from ∂C/∂(target) to the formula, one line for each step."""
    lines: list[Line] = []
    left: sympy.Expr | None = entry(steps[0].before, manner)
    if formula.name.letter in ERRORS:
        lines.append(Line(entry(formula.symbol, manner), entry(steps[0].before, manner), ("definition of the error",)))
        left = None
    for step in steps:
        after = entry(step.after, manner)
        if _reads_the_same(entry(step.before, manner), after):
            continue
        reason = _reason(step, manner)
        again = (" once more",) if lines and lines[-1].reason == reason else ()
        lines.append(Line(left, after, (*reason, *again), cites=_cited(step, manner)))
        left = None
    answer = _answer(formula, manner)
    if left is not None:  # nothing was worth a line of its own
        lines.append(Line(left, entry(answer, manner)))
    elif answer is not formula.tensor:
        lines.append(Line(None, entry(answer, manner), (BY_OUTPUT,)))
    return lines


def _cited(step: Step, manner: Manner) -> tuple[sympy.Expr, ...]:
    """The left sides of the equations that a step puts in: of each factor that is differentiated, and of each error that is named."""
    if step.rule == DIFFERENTIATED:
        return tuple(entry(partial, manner) for partial in _partials([replace(step, after=step.before)]))
    named = set(leaves(step.after)) - set(leaves(step.before))
    return tuple(entry(symbol, manner) for symbol in leaves(step.after) if symbol in named and symbol.name.letter in ERRORS)


def _reads_the_same(before: sympy.Expr, after: sympy.Expr) -> bool:
    """Whether the reader would see one line twice: ∂C/∂a through every path, through the only one, and by its name."""
    return before == after or (before.has(PartialDerivative) and to_latex(before) == to_latex(after))


def _reason(step: Step, manner: Manner) -> Spans:
    """The name of the rule, or the fact that it used."""
    if not step.facts:
        return (step.rule,)
    spans: list = ["using "]
    for i, fact in enumerate(step.facts):
        spans.extend((" and ", fact_math(fact, manner)) if i else (fact_math(fact, manner),))
    return tuple(spans) if step.rule == "use the side fact" else (f"{step.rule}, ", *spans)
