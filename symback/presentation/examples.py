"""The worked example: a network with numbers, forward, backward, and one step down the gradient.

The page is made of the engine's own formulas: `derive` gives them, `PrintedNumbers` works them out from what is
printed, `number_lines` writes them.  Several samples are worked as a batch, with the cost averaged over it.

A page prints every number, so it is for small networks; see `MOST_UNITS`, `MOST_SAMPLES` and `MOST_NUMBERS`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import sympy

from symback.errors import SpecError, UnsupportedError
from symback.language.expressions import Const, Equation, Map, Unspecified, Var, slot, walk
from symback.language.letters import notation_named
from symback.language.notation import Notation
from symback.language.numerals import Numeral
from symback.language.printing import to_text
from symback.network import Network
from symback.network.options import shorten
from symback.network.sizes import SAMPLES
from symback.numerics.decimals import MOST_PLACES, decimal_text
from symback.pipeline import Derivation, derive
from symback.presentation.blocks import Block, Document, Equations, Heading, Math, Note, Prose, Spans, Table
from symback.presentation.descent import RATE, equations_after, general_updates, updates
from symback.presentation.document import cost_words, sizes_of
from symback.presentation.example_tables import accuracy_blocks, error_tables, forward_tables, gradient_tables
from symback.presentation.manner import Manner, entry, matrix_or_index, size_letters
from symback.presentation.number_lines import Board, equations_in_lines, given_lines, input_letter, number_blocks, result_blocks
from symback.presentation.opening import (
    activation_blocks,
    activations_of,
    entry_by_entry,
    kinks_and_facts,
    layer_table,
    shape_conventions,
    shortcut_words,
    stated_activations,
)  # fmt: skip
from symback.presentation.values import Values, check_counted, default_values, read_values
from symback.presentation.worked import PrintedNumbers, Worked

__all__ = ["MOST_NUMBERS", "MOST_SAMPLES", "MOST_UNITS", "worked_example"]

MOST_UNITS = 10
MOST_SAMPLES = 6
MOST_NUMBERS = 400  # of parameters, and of units in all samples
WIDEST_ROW = 90
LARGEST_RATE = Decimal(10**6)


def worked_example(
    network: Network,
    values: str | Path | Mapping[str, Any] | Values | None = None,
    *,
    digits: int = 4,
    rate: float | Decimal | str = "0.5",
    notation: Notation | str = "nielsen",
) -> Document:
    """The page of a network worked with numbers: those of `read_values`, or without `values` short decimals by a fixed rule.

    Results are rounded to `digits` places, halves away from zero, and follow from what is printed, to the last digit;
    `rate` is the learning rate η of the step at the end.

    >>> from symback.presentation import write_document
    >>> page = worked_example(Network.from_spec("1-1"), {"x": [0.5], "y": [1], "W1": [[0.2]], "b1": [0.1]})
    >>> next(line.strip() for line in write_document(page, "text").splitlines() if line.strip().startswith("z¹ ="))
    'z¹ = W¹ a⁰ + b¹ = 0.2 · 0.5 + 0.1 = 0.2000'
    """
    chosen = notation_named(notation)
    check_counted(network)
    _check_size(network, _places(digits))
    given = default_values(network) if values is None else read_values(values, network)
    _check_size(network, digits, given.samples)
    derivation = derive(network, batch=given.samples > 1)
    _check_known(derivation)
    numbers = PrintedNumbers(digits, {SAMPLES: given.samples} if given.samples > 1 else {}, derivation.knowledge)
    board = Board(numbers, Manner(layout=chosen.layout, reserved=size_letters(network, chosen)), chosen)
    before = _given(derivation, given, _rate(rate), board)
    forward, values_forward = _forward(derivation, board)
    backward, values_backward = _backward(derivation, board)
    step, values_after = _step(derivation, board)
    accuracy = accuracy_blocks((*values_forward, *values_backward, *values_after), numbers.places)
    opening = _opening(derivation, board)  # what it says of rounding is known at the end
    return Document(("Worked example: the network ", sizes_of(network)), (*opening, *before, *forward, *backward, *step, *accuracy), chosen)


# What is refused -------------------------------------------------------------------------------------------------


def _check_size(network: Network, digits: int, samples: int = 1) -> None:
    """Not more numbers than a page can print."""
    sizes = [int(network.inputs), *(int(layer.outputs) for layer in network.numbered)]
    weights = sum(int(layer.inputs) * int(layer.outputs) for layer in network.numbered if layer.weight_shape is not None)
    columns = WIDEST_ROW // (digits + 5)  # of a matrix of results, each with its sign and a gap
    found = {
        f"units in a layer, at {digits} digits": (max(sizes), min(MOST_UNITS, columns)),
        "samples": (samples, min(MOST_SAMPLES, columns)),
        "numbers in weights and layers": (weights + samples * sum(sizes), MOST_NUMBERS),
    }
    for what, (number, most) in found.items():
        if number > most:
            limits = ", ".join(f"{limit} {name}" for name, (_, limit) in found.items())
            raise UnsupportedError(
                f"a worked example prints every number, and this one has {number} {what}; a page holds at most {limits}. "
                "Take a smaller network; derive shows the formulas of this one, and lambdify computes with it"
            )


def _check_known(derivation: Derivation) -> None:
    """Every function has a formula, and every symbol a number."""
    for equation in derivation.forward.equations:
        for node in walk(equation.definition):
            unknown = _unknown_in(node)
            if unknown:
                where = f"{equation.symbol.name} holds {unknown}"
                raise UnsupportedError(f"{where}, which has no numbers; choose one that has a formula, or a number for it")


def _unknown_in(node: object) -> str:
    """What has no value: an unspecified function, or a symbol such as λ."""
    if isinstance(node, Unspecified):
        return f"the unspecified function {node.letter}"
    if isinstance(node, Map):
        functions = [part for part in node.expr.atoms(sympy.Function) if getattr(part, "formula", 0) is None]
        symbols = node.expr.free_symbols - {slot(i) for i in range(len(node.args))}
        return f"the unspecified function {functions[0].func.__name__}" if functions else _symbol_in(symbols)
    return _symbol_in(node.value.free_symbols) if isinstance(node, Const) else ""


def _symbol_in(symbols: set) -> str:
    names = sorted(str(symbol) for symbol in symbols if symbol != SAMPLES)
    return f"the symbol {names[0]}" if names else ""


def _places(digits: int) -> int:
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= MOST_PLACES:
        raise SpecError(f"digits is {shorten(digits)}; results can have 1 to {MOST_PLACES} digits after the point")
    return digits


def _rate(rate: float | Decimal | str) -> Decimal:
    """The learning rate as the decimal that was written."""
    try:
        number = Decimal(rate.strip() if isinstance(rate, str) else repr(rate) if isinstance(rate, float) else rate)
    except (InvalidOperation, TypeError, ValueError):
        number = Decimal("nan")
    if not number.is_finite() or not 0 < number <= LARGEST_RATE or int(number.as_tuple().exponent) < -MOST_PLACES:
        raise SpecError(
            f"the learning rate is {shorten(rate)}; it should be a positive number with at most {MOST_PLACES} decimals, such as 0.5"
        )
    return number.normalize()


# The sections ----------------------------------------------------------------------------------------------------


def _opening(derivation: Derivation, board: Board) -> list[Block]:
    """The network, its functions, and how the page counts and rounds."""
    network, forward, manner = derivation.network, derivation.forward, board.manner
    activations = activations_of(network)
    blocks: list[Block] = [
        Heading(("The network",)),
        layer_table(network),
        *shortcut_words(network),
        *cost_words(network),
        *activation_blocks(stated_activations(network)),
    ]
    inputs = Math((matrix_or_index(forward.inputs, forward.inputs, manner)[0],))
    target = Math((matrix_or_index(forward.target, forward.target, manner)[0],)) if forward.target is not None else ""
    places = board.numbers.places
    named = _named_input(inputs, input_letter(forward.inputs), board)
    counted = f"superscripts number layers, units count from {board.notation.index_base}."
    items: list[Spans] = [
        (*named, ", ", target, f" the target; {counted}"),
        *shape_conventions(forward, manner),
        *_batch_conventions(derivation, board),
        entry_by_entry(manner),
        (f"Results are rounded to {places} decimals, halves away from zero. Each is worked out from the numbers printed above it and "
         "rounded once, so a calculator gives the same digits; ≈ stands before results that were rounded, = before those that are exact.",),
        *kinks_and_facts(network, forward, activations, manner),
    ]  # fmt: skip
    if board.numbers.has_rounded_inputs:
        items.append((f"Some of the given numbers have more than {places} decimals; the page works with the rounded ones it prints.",))
    return [*blocks, Note("Conventions", tuple(items))]


def _named_input(inputs: Math, letter: sympy.Basic, board: Board) -> Spans:
    """a^0 is the input x; in a notation that calls it x, x is the input."""
    is_same = to_text(letter, board.notation) == to_text(inputs.sides[0], board.notation)
    return (inputs, " is the input") if is_same else (inputs, " is the input ", Math((letter,)))


def _batch_conventions(derivation: Derivation, board: Board) -> list[Spans]:
    """Which index of an entry is the sample's."""
    symbol = next((e.symbol for e in derivation.forward.equations if [axis.kind for axis in e.symbol.axes] == ["sample", "unit"]), None)
    return (
        []
        if symbol is None
        else [("In an entry such as ", Math((entry(symbol, board.manner),)), " the first index is that of the sample.")]
    )


def _given(derivation: Derivation, given: Values, rate: Decimal, board: Board) -> list[Block]:
    """Input, target, parameters and learning rate."""
    forward, numbers = derivation.forward, board.numbers
    assert forward.target is not None  # a whole network has one
    inputs, targets = (given.inputs, given.targets) if forward.is_batch else (given.inputs[0], given.targets[0])
    sample = [numbers.give(forward.inputs, inputs), numbers.give(forward.target, targets)]
    layers: dict[object, list[Worked]] = {}
    for parameter in forward.parameters:
        layers.setdefault(parameter.name.layer, []).append(numbers.give(parameter, given.parameters[parameter]))
    numbers.give_scalar(RATE, rate)
    parameters = [line for layer in layers.values() for line in given_lines(layer, board)]
    words: Spans = ("The learning rate of the step at the end is ", Math((RATE, Numeral(decimal_text(rate)))), ".")
    if forward.is_batch:
        words = ("There are ", Math((SAMPLES, sympy.Integer(given.samples))), " samples. ", *words)
    blocks: list[Block] = [Heading(("Given numbers",)), Equations(tuple(given_lines(sample, board)))]
    return [*blocks, *([Equations(tuple(parameters))] if parameters else []), Prose(words)]


def _forward(derivation: Derivation, board: Board) -> tuple[list[Block], list[Worked]]:
    """z and a layer by layer, then the cost."""
    blocks: list[Block] = [Heading(("Forward pass",))]
    worked: list[Worked] = []
    layer: object = 0
    for equation in derivation.forward.equations:
        if equation.symbol.name.layer != layer:
            layer = equation.symbol.name.layer
            blocks.append(Heading((f"Layer {layer}" if layer is not None else "The cost",), 2))
        for each in _worked(equation, board):
            blocks.extend(number_blocks(each, board))
            worked.append(each)
    return [*blocks, *_titled("Results of the forward pass", forward_tables(derivation.forward, _by_name(worked)))], worked


def _worked(equation: Equation, board: Board) -> list[Worked]:
    """A quantity of the forward pass, after the functions inside of it; those in a cost are written in place."""
    functions = [] if equation.role == "cost" else board.numbers.function_values(equation.definition)
    return [*functions, board.numbers.work_out(equation.symbol, equation.definition)]


def _backward(derivation: Derivation, board: Board) -> tuple[list[Block], list[Worked]]:
    """The errors and gradients, from the last layer to the first."""
    forward, numbers = derivation.forward, board.numbers
    blocks: list[Block] = [Heading(("Backward pass",))]
    worked: list[Worked] = []
    layer: object = None
    for formula in derivation.formulas:
        if formula.target is forward.inputs:
            continue
        if formula.target.name.layer != layer:
            layer = formula.target.name.layer
            blocks.append(Heading((f"Layer {layer}" + (" (output)" if layer == derivation.network.depth else ""),), 2))
        for each in (*numbers.function_values(formula.tensor), numbers.work_out(formula.symbol, formula.tensor)):
            blocks.extend(number_blocks(each, board))
            worked.append(each)
    by_name = _by_name(worked)
    errors = _titled("Errors", error_tables(forward, by_name))
    return [*blocks, *errors, *_titled("Results of the backward pass", gradient_tables(forward, by_name))], worked


def _by_name(worked: Sequence[Worked]) -> dict[Var, Worked]:
    return {each.symbol: each for each in worked if isinstance(each.symbol, Var)}


def _titled(title: str, tables: Sequence[Table]) -> list[Block]:
    return [Heading((title,), 2), *tables] if tables else []


def _step(derivation: Derivation, board: Board) -> tuple[list[Block], list[Worked]]:
    """The parameters moved against their gradients, and the cost with the new ones."""
    numbers = board.numbers
    is_batch = derivation.forward.is_batch
    worked = []
    blocks: list[Block] = [Heading(("One step of gradient descent",)), Prose(_step_words(is_batch)), _update_formulas(derivation, board)]
    for update in updates(derivation):
        each = numbers.work_out(update.symbol, update.tensor)
        in_full = [matrix_or_index(update.symbol, update.in_full, board.manner)[1]] if is_batch else []
        blocks.extend(number_blocks(each, board, in_full))
        worked.append(each)
    blocks.append(Heading(("The cost after the step",), 2))
    blocks.append(Prose(("The same forward pass with the new parameters:",)))
    for equation in equations_after(derivation):
        for each in _worked(equation, board):
            blocks.extend(number_blocks(each, board) if equation.role == "cost" else result_blocks(each, board))
            worked.append(each)
    return [*blocks, _change_of_cost(derivation, worked[-1], board)], worked


def _step_words(is_batch: bool) -> Spans:
    of = "The cost is the average over the batch, and so are its gradients. " if is_batch else ""
    return (f"{of}Every parameter moves against its gradient, by as much as the learning rate ", Math((RATE,)), " says; in each layer:")


def _update_formulas(derivation: Derivation, board: Board) -> Block:
    """W^l_new = W^l - η ∂C/∂W^l, and so on for the other parameters of a layer."""
    pairs = (matrix_or_index(update.symbol, update.tensor, board.manner) for update in general_updates(derivation))
    return Equations(tuple(equations_in_lines([(left, "=", right) for left, right in pairs], board)))


def _change_of_cost(derivation: Derivation, after: Worked, board: Board) -> Block:
    """The cost goes from 0.0637 to 0.0589."""
    old, new = (board.numbers.shown[symbol].results[0, 0] for symbol in (derivation.forward.cost, after.symbol))
    old_text, new_text, change = (Math((Numeral(decimal_text(number)),)) for number in (old, new, abs(new - old)))
    if new == old:
        return Prose(("To the digits printed, the cost is ", new_text, " before and after the step."))
    direction = "falls" if new < old else "rises"
    remedy = "." if new < old else ": a smaller learning rate is called for."
    return Prose((f"With this step the cost {direction} from ", old_text, " to ", new_text, ", by ", change, remedy))
