"""The page of a graph: its nodes, their equations, and the gradient of each of its quantities, from the cost back to the inputs."""

from collections.abc import Sequence
from dataclasses import replace

import sympy

from symback.errors import UnsupportedError
from symback.language.expressions import Tensor, Unspecified, Var, leaves
from symback.language.notation import Notation
from symback.network.activations import ACTIVATIONS, Activation, read_activation
from symback.network.forward import Forward
from symback.network.graph import Graph
from symback.pipeline import Derivation, Formula
from symback.presentation.backward import results, told_formula
from symback.presentation.blocks import Block, Document, Heading, Math, Note, Prose, Size, Span, Spans, Table
from symback.presentation.manner import Manner, fact_math, matrix_or_index, shape_of
from symback.presentation.opening import (
    activation_blocks,
    entry_by_entry,
    facts_by_definition,
    forward_blocks,
    kinks_of_activation,
    kinks_of_cost,
)  # fmt: skip
from symback.presentation.scalars import spans_of_numbers
from symback.simplification.index_form import index_form, index_symbol

__all__ = ["graph_document"]


def graph_document(derivation: Derivation, notation: Notation, form: str, slopes: str, detail: str) -> Document:
    """The page of a graph's derivation; see `document` for the choices."""
    graph = derivation.network
    assert isinstance(graph, Graph)
    if form == "scalar":
        raise UnsupportedError("a graph has no scalar form; its quantities are matrices: choose the form 'matrix' or 'index'")
    if notation.layout == "jacobian":
        raise UnsupportedError("a graph's gradients have the shapes of their quantities; leave the layout 'jacobian' out")
    notation = replace(notation, layout="row")  # a matrix is shown as it is named, rows first
    forward = derivation.forward
    manner = Manner(form, notation.layout, slopes, detail, frozenset(index_symbol(letter) for letter in _letters_in_use(forward)))
    blocks: list[Block] = [
        Heading(("The graph",)),
        _table(graph, forward, manner),
        _given(graph, forward, manner),
        *_cost_words(graph, forward, manner),
        *activation_blocks(_stated(graph)),
        _conventions(graph, forward, manner),
        Heading(("Forward pass",)),
        *forward_blocks([equation for equation in forward.equations if not _is_open_cost(equation.definition)], manner),
        *facts_by_definition(forward.facts, manner),
        Heading(("Backward pass",)),
        *_backward(derivation, manner),
    ]
    ends = [equation.symbol.name.letter for equation in forward.equations if equation.role != "cost"]
    return Document(("Backpropagation through a graph that ends in ", Math((sympy.Symbol(ends[-1]),))), tuple(blocks), notation)


def _letters_in_use(forward: Forward) -> set[str]:
    """Letters that no index is to have: those of sizes, and of quantities."""
    names = [equation.symbol for equation in forward.equations] + [forward.inputs, *forward.parameters]
    sizes = {str(size) for name in names for size in name.shape}
    return sizes | {name.name.letter for name in names}


def _table(graph: Graph, forward: Forward, manner: Manner) -> Table:
    """Inputs, then nodes, with what they are made of."""
    symbols = {equation.symbol.name.letter: equation.symbol for equation in forward.equations}
    symbols |= {symbol.name.letter: symbol for symbol in (forward.inputs, *forward.parameters)}

    def named(name: str) -> Spans:
        return (Math((matrix_or_index(symbols[name], symbols[name], manner)[0],)),)

    rows: list[tuple[Spans, ...]] = [(named(name), ("input",), (), (_shape(symbols[name], manner),)) for name, _ in graph.inputs]
    for node in graph.nodes:
        of = tuple(span for i, name in enumerate(node.of) for span in ((", ",) if i else ()) + named(name))
        rows.append((named(node.name), (node.kind.replace("_", " "),), of, (_shape(symbols[node.name], manner),)))
    return Table((("quantity",), ("kind",), ("of",), ("size",)), tuple(rows))


def _given(graph: Graph, forward: Forward, manner: Manner) -> Block:
    """Inputs and parameters with their sizes."""
    symbols = [symbol for symbol in (forward.inputs, forward.target, *forward.parameters) if symbol is not None]
    inputs = {name for name, _ in graph.inputs} | {end.target for end in graph.costs}
    spans: list = []
    for words, is_input in (("Given: ", True), ("; parameters: ", False)):
        found = [symbol for symbol in symbols if (symbol.name.letter in inputs) == is_input]
        for i, symbol in enumerate(found):
            spans += [", " if i else words, Size(shape_of(symbol, manner).sizes, matrix_or_index(symbol, symbol, manner)[0])]
    return Prose((*spans, "."))


def _shape(symbol: Var, manner: Manner) -> Size | str:
    return shape_of(symbol, manner) if symbol.rank else "1"


def _is_open_cost(definition: Tensor) -> bool:
    return isinstance(definition, Unspecified)


def _cost_words(graph: Graph, forward: Forward, manner: Manner) -> list[Block]:
    if graph.costs:
        names = " and ".join(f"{str(end.cost).replace('_', ' ')}" for end in graph.costs)
        return [Prose((f"Cost: {names}.",))]
    given = leaves(forward.equations[-1].definition)
    symbols: list[Span] = []
    for i, leaf in enumerate(given):
        symbols += [" and " if i else "", Math((matrix_or_index(leaf, leaf, manner)[0],))]
    return [Prose(("The cost is any function ", Math((sympy.Symbol("C"),)), " of ", *symbols, "; the derivative by it is given."))]


def _stated(graph: Graph) -> list[Activation]:
    """The activations whose formulas the page states."""
    kinds = [node.kind for node in graph.nodes if node.kind.split("(")[0] in ACTIVATIONS]
    found = [read_activation(kind) for kind in dict.fromkeys(kinds)]
    return [activation for activation in found if activation.row.formula is not None and activation.name != "identity"]


def _conventions(graph: Graph, forward: Forward, manner: Manner) -> Note:
    items: list[Spans] = [
        (
            "A gradient has the shape of the quantity; a vector is a column, ",
            Math((sympy.OneMatrix(sympy.Symbol("n"), 1),)),
            " one of ones.",
        ),
        entry_by_entry(manner),
    ]
    if manner.shows_steps:
        items.append(("A factor of a chain rule is the derivative of one equation: the other quantities in it are held fixed.",))
    items.extend(spans_of_numbers(kinks_of_activation(activation)) for activation in _stated(graph) if activation.row.kinks)
    for cost in dict.fromkeys(end.cost for end in graph.costs):
        items.extend(map(spans_of_numbers, kinks_of_cost(cost.row)))
    items.extend(("Assumed of the targets: ", fact_math(fact, manner), ".") for fact in forward.facts if fact.is_assumed)
    return Note("Conventions", tuple(items))


def _backward(derivation: Derivation, manner: Manner) -> list[Block]:
    formulas = _wanted(derivation)
    if manner.detail == "results" or manner.form == "matrix":
        return results(formulas, manner)
    told: set[Tensor] = set()
    return [block for formula in formulas for block in told_formula(formula, manner, told)]


def _wanted(derivation: Derivation) -> Sequence[Formula]:
    """The gradients with names, and the inner ones that a step mentions, but for those that are given."""
    formulas = [Formula(record, derivation) for record in derivation.records]
    named = [formula for formula in formulas if formula.record.is_named]
    mentioned = {leaf for formula in named for step in formula.steps for leaf in leaves(step.after)}
    wanted = [formula for formula in formulas if formula.record.is_named or formula.symbol in mentioned]
    return [formula for formula in wanted if index_form(formula.tensor) != index_form(formula.symbol)]
