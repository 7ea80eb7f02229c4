"""From a derivation to a page: the network, the forward pass, the backward pass layer by layer, any layer l, any batch.

A network of many layers that are alike is told once for each kind of layer, and the page says which layers it left
out.  Two layers are alike if their equations and gradients are equal up to their number and their sizes.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

import sympy

from symback.errors import UnsupportedError
from symback.language.expressions import Add, Const, Contract, Delta, Equation, Map, Tensor, Unspecified, Var, leaves, walk
from symback.language.letters import notation_named
from symback.language.names import LAST_LAYER, LAYER
from symback.language.notation import Notation
from symback.network import Network
from symback.network.forward import OTHER_PENALTIES
from symback.network.graph import Graph
from symback.pipeline import Derivation, Formula, derive_generic
from symback.presentation.backward import definitions_of_errors, formulas_of_layer, layers_of, results, told_formula
from symback.presentation.blocks import Block, Document, Equations, Heading, Math, Prose, Spans
from symback.presentation.graph_pages import graph_document
from symback.presentation.manner import Manner, size_letters
from symback.presentation.opening import (
    activation_blocks,
    activations_of,
    conventions,
    costs_of_any_depth,
    facts_by_definition,
    forward_blocks,
    layer_table,
    shortcut_words,
    stated_activations,
)  # fmt: skip
from symback.presentation.sections import PLACES, Subject, chosen_sections, section_blocks
from symback.presentation.spoken import spoken_activation

__all__ = ["GenericDerivation", "cost_words", "document", "sizes_of"]

GenericDerivation: TypeAlias = tuple[Derivation, Derivation]
Layer: TypeAlias = int | sympy.Expr
Extra: TypeAlias = dict[str, list[Block]]  # further sections, by their place
MOST_LAYERS_TOLD = 4  # up to here every layer is told by itself
MOST_LAYERS_WRITTEN = 12  # up to here the forward pass has the equations of every layer
MOST_SIZES_IN_TITLE = 8


def document(
    derivation: Derivation | GenericDerivation,
    *,
    form: str = "all",
    layout: str | None = None,
    notation: Notation | str = "nielsen",
    detail: str = "steps",
    slopes: str = "function",
    sections: str | Iterable[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Document:
    """The page of a derivation, or of the pair that `derive_generic` gives: output layer L, hidden layer l.

    Without `layout`, the layout that goes with the notation.  `sections` adds what a lecture says around the derivation:
    "chain", "slopes", "costs", "worlds", "vanishing", "descent", several of them with commas between, or "all"; see `sections`.
    See `Manner` for the other choices.  `progress` is called with the number of layers that are told, and of all.
    """
    names = chosen_sections(sections)
    chosen = notation_named(notation)
    chosen = chosen if layout is None else in_layout(chosen, layout)
    network = derivation.network if isinstance(derivation, Derivation) else derivation[0].network
    if isinstance(network, Graph):
        assert isinstance(derivation, Derivation)
        if names:
            raise UnsupportedError("a graph's page has no further sections; leave them out")
        return graph_document(derivation, chosen, form, slopes, detail)
    manner = Manner(form, chosen.layout, slopes, detail, size_letters(network, chosen))
    subject = Subject((derivation,) if isinstance(derivation, Derivation) else derivation, chosen, manner)
    extra = {place: section_blocks(subject, names, place) for place in PLACES}
    if isinstance(derivation, Derivation):
        blocks = _of_network(derivation, chosen, manner, extra, progress)
    else:
        blocks = _of_any_depth(derivation, chosen, manner, extra)
    return Document(_title(network), (*extra["first"], *blocks), chosen)


def in_layout(notation: Notation, layout: str) -> Notation:
    """The notation in another layout; a derivative that is a row is no gradient: it is written ∂C/∂W, and an error δ.

    >>> in_layout(Notation("nielsen"), "jacobian").gradient
    'partial'
    """
    if layout != "jacobian" or notation.gradient == "partial":
        return replace(notation, layout=layout)
    letters, entries = (
        {letter: sign for letter, sign in signs.items() if letter not in ("delta", "Delta")} if notation.gradient == "prefix" else signs
        for signs in (notation.letters, notation.entries)
    )
    return replace(notation, layout=layout, gradient="partial", letters=letters, entries=entries)


def _title(network: Network) -> Spans:
    if network.is_generic:
        return ("Backpropagation for a network of ", Math((LAST_LAYER,)), " layers")
    if network.depth >= MOST_SIZES_IN_TITLE:
        return (f"Backpropagation for a network of {network.depth} layers",)
    return "Backpropagation for the network ", sizes_of(network)


def sizes_of(network: Network) -> Math:
    """2-3-2"""
    sizes = [network.inputs, *(layer.outputs for layer in network.numbered)]
    return Math(tuple(sympy.Integer(size) if isinstance(size, int) else size for size in sizes), "-")


def _of_network(
    derivation: Derivation, notation: Notation, manner: Manner, extra: Extra, progress: Callable[[int, int], None] | None
) -> list[Block]:
    """All sections for a network whose layers are counted, with the further ones in their places."""
    network, forward = derivation.network, derivation.forward
    activations = activations_of(network)
    groups = _groups(derivation, manner)
    told_layers = {group[0] for group in groups}
    is_whole = network.depth <= MOST_LAYERS_WRITTEN
    equations = [equation for equation in forward.equations if is_whole or equation.symbol.name.layer in (*told_layers, None)]
    blocks: list[Block] = [
        Heading(("The network",)),
        layer_table(network),
        *shortcut_words(network),
        *cost_words(network),
        *activation_blocks(stated_activations(network)),
    ]
    blocks.append(conventions(network, forward, activations, notation, manner))
    left_out = [] if is_whole else _left_out(groups, "equations")
    blocks.extend((*extra["before"], Heading(("Forward pass",)), *left_out, *forward_blocks(equations, manner)))
    facts = [fact for fact in forward.facts if is_whole or fact.of.name.layer in (*told_layers, None)]
    blocks.extend(facts_by_definition(facts, manner))
    told_formulas = [formula for layer in sorted(told_layers, reverse=True) for formula in formulas_of_layer(derivation, layer)]
    left_out = _left_out(groups, "gradients") if is_whole else []
    blocks.extend((Heading(("Backward pass",)), *left_out, *_errors(told_formulas, manner)))
    told: set[Tensor] = set()
    for number, layers in enumerate(groups):
        if progress is not None:
            progress(number, len(groups))
        blocks.extend(_layer_section(derivation, layers, manner, told))
    blocks.extend((*_every_layer(network, forward.is_batch, manner), *extra["after"]))
    return [*blocks, *_average(network, forward.is_batch, manner), *extra["end"]]


def _errors(formulas: Sequence[Formula], manner: Manner) -> list[Block]:
    """What δ is, on a page that leaves out the steps which begin with it."""
    definitions = [] if manner.shows_steps else definitions_of_errors(formulas, manner)
    return (
        [Prose(("The error of a layer is the derivative of the cost with respect to the layer's weighted inputs:",)), *definitions]
        if definitions
        else []
    )


def cost_words(network: Network) -> list[Block]:
    """The cost by its name."""
    name = str(network.cost).replace("_", " ")
    if network.cost.row.formula is None:
        return [Prose(("The cost is not specified: of ", Math((sympy.Symbol("C"),)), " only the name is known."))]
    return [Prose((f"Cost: {name}.",))]


def _left_out(groups: Sequence[tuple[Layer, ...]], what: str) -> list[Block]:
    """Which layers are told by which; `what` they have alike."""
    lines = []
    for told, *others in groups:
        if others:
            are = f"Layers {_ranges(others)} have" if len(others) > 1 else f"Layer {others[0]} has"
            lines.append(f"{are} the {what} of layer {told}, up to numbers and sizes.")
    return [Prose((" ".join(lines) + " Those are not written out again.",))] if lines else []


def _ranges(layers: Sequence[Layer]) -> str:
    """Descending numbers as ascending ranges: (9, 8, 7, 3) is "3 and 7 to 9"."""
    runs: list[list[int]] = []
    for layer in sorted(layers):
        if runs and layer == runs[-1][-1] + 1:
            runs[-1].append(layer)
        else:
            runs.append([layer])
    words = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _layer_section(derivation: Derivation, layers: tuple[Layer, ...], manner: Manner, told: set[Tensor]) -> list[Block]:
    layer, *others = layers
    title = "The input" if layer == 0 else f"Layer {layer}" + (" (output)" if layer == derivation.network.depth else "")
    blocks: list[Block] = [Heading((title,), 2)]
    if others:
        blocks.append(Prose((f"The same holds for {'layers' if len(others) > 1 else 'layer'} {_ranges(others)}.",)))
    return [*blocks, *_told(formulas_of_layer(derivation, layer), manner, told)]


def _told(formulas: Sequence[Formula], manner: Manner, told: set[Tensor]) -> list[Block]:
    if manner.detail == "results" or manner.form == "matrix":
        return results(formulas, manner)
    return [block for formula in formulas for block in told_formula(formula, manner, told)]


# Layers that are alike -------------------------------------------------------------------------------------------


def _groups(derivation: Derivation, manner: Manner) -> list[tuple[Layer, ...]]:
    """The layers from the last down to the input; those that are told by one formula stand together."""
    layers = layers_of(derivation)
    if manner.detail == "full" or derivation.network.depth <= MOST_LAYERS_TOLD:
        return [(layer,) for layer in layers]
    content: dict[Layer, list[Tensor]] = {}
    for equation in derivation.forward.equations:
        content.setdefault(equation.symbol.name.layer, []).extend((equation.symbol, equation.definition))
    for record in derivation.records:
        content.setdefault(record.target.name.layer, []).extend((record.target, record.tensor))
    groups: dict[Hashable, list[Layer]] = {}
    for layer in layers:
        key = tuple(_shifted(tensor, layer) for tensor in content[layer])
        groups.setdefault(key, []).append(layer)
    return [tuple(group) for group in groups.values()]


def _shifted(tensor: Tensor, layer: int) -> Hashable:
    """The expression with layers counted from `layer` and sizes forgotten; equal for layers that are alike."""
    match tensor:
        case Var():
            name = tensor.name
            return "name", name.letter, None if name.layer is None else name.layer - layer, name.is_gradient, tensor.rank
        case Const():
            return "number", tensor.value
        case Delta():
            return "delta"
        case Map():
            return "map", tensor.expr, tuple(_shifted(arg, layer) for arg in tensor.args)
        case Contract():
            return "product", tensor.labels, tuple(_shifted(arg, layer) for arg in tensor.args)
        case Unspecified():
            return "function", tensor.letter, tensor.wrt, tuple(_shifted(arg, layer) for arg in tensor.args)
        case Add():
            return "sum", tuple(_shifted(arg, layer) for arg in tensor.args)
    return tensor


# Any layer, any depth, any batch ---------------------------------------------------------------------------------


def _every_layer(network: Network, is_batch: bool, manner: Manner) -> list[Block]:
    """The formulas of layer L and of a hidden layer l, without their steps, where all hidden layers are alike."""
    pieces = None if manner.form == "scalar" else derive_generic(network, batch=is_batch)
    if pieces is None:
        return []
    output, hidden = pieces
    below = Math((LAYER, LAST_LAYER), "<")
    introduction: Spans = ("In general, for the last layer ", Math((LAST_LAYER,)), " and for every layer ", below, ":")
    formulas = [*_named(output, LAST_LAYER), *_named(hidden, LAYER)]
    own = _with_own_outputs(results(formulas, manner), network, output)
    return [Heading(("Every layer",)), *_passed_by_cost(output, manner), *_with_penalties(output, manner), Prose(introduction), *own]


def _with_own_outputs(blocks: list[Block], network: Network, output: Derivation) -> list[Block]:
    """The number of outputs of this network in the place of n_L, where the cost is an average over them and so has it in it."""
    size = output.forward.target.axes[-1].size if output.forward.target is not None else sympy.S.One
    cost = next((equation.definition for equation in output.forward.equations if equation.role == "cost"), None)
    is_average = cost is not None and any(isinstance(node, Const) and node.value.has(size) for node in walk(cost))
    if not is_average or not isinstance(network.outputs, int):
        return blocks
    number = {size: sympy.Integer(network.outputs)}
    return [
        Equations(
            tuple(replace(line, left=line.left and line.left.xreplace(number), right=line.right.xreplace(number)) for line in block.lines)
        )
        if isinstance(block, Equations)
        else block
        for block in blocks
    ]


def _with_penalties(output: Derivation, manner: Manner) -> list[Block]:
    """C = C_0 + the penalties on the weights of all layers, where there are some."""
    whole = [equation for equation in output.forward.equations if OTHER_PENALTIES in leaves(equation.definition)]
    costs = costs_of_any_depth(whole, output.network, manner)
    return [Prose(("The cost of ", Math((LAST_LAYER,)), " layers:")), *costs] if costs else []


def _passed_by_cost(output: Derivation, manner: Manner) -> list[Block]:
    """p = softmax(a^L), of which the formulas of layer L speak where the cost takes logits."""
    passed = _equations_between(output)
    return [Prose(("The cost makes of the outputs of the last layer:",)), *forward_blocks(passed, manner)] if passed else []


def _equations_between(output: Derivation) -> list[Equation]:
    """Those after the last layer and before the cost."""
    return [equation for equation in output.forward.equations if equation.symbol.name.layer is None and equation.role != "cost"]


def _named(derivation: Derivation, layer: Layer) -> list[Formula]:
    return [formula for formula in derivation.formulas if formula.target.name.layer == layer]


def _average(network: Network, is_batch: bool, manner: Manner) -> list[Block]:
    """N samples at once: their forward pass, what the average over them is, and what it makes of the gradients."""
    if is_batch or manner.form == "scalar" or manner.detail == "results":
        return []
    pieces = derive_generic(network, batch=True)
    if pieces is None:
        return []
    output, hidden = pieces
    layers = [_equations_of(hidden, LAYER), _equations_of(output, LAST_LAYER)]
    shapes = [[_shifted(tensor, layer) for equation in equations for tensor in (equation.symbol, equation.definition)]
              for equations, layer in zip(layers, (LAYER, LAST_LAYER), strict=True)]  # fmt: skip
    forward = layers[0] if shapes[0] == shapes[1] else [*layers[0], *layers[1]]
    costs = [equation for equation in output.forward.equations if equation.role == "cost"]
    formulas = [*_named(output, LAST_LAYER), *_named(hidden, LAYER)]
    in_matrices = replace(manner, form="matrix")
    across = "row" if manner.layout == "row" else "column"
    samples = Math((sympy.Symbol("N", integer=True, positive=True),))
    return [
        Heading(("The average over a batch",)),
        Prose(("For ", samples, f" samples, one in each {across} of a capital letter:")),
        *forward_blocks([*forward, *_equations_between(output)], in_matrices),
        *costs_of_any_depth(costs, network, manner),
        Prose(("Errors belong to single samples: they are derivatives of the sum, without the factor of the average.",)),
        *definitions_of_errors(formulas, in_matrices),
        *results(formulas, in_matrices),
    ]


def _equations_of(derivation: Derivation, layer: Layer) -> list[Equation]:
    return [equation for equation in derivation.forward.equations if equation.symbol.name.layer == layer]


def _of_any_depth(pieces: GenericDerivation, notation: Notation, manner: Manner, extra: Extra) -> list[Block]:
    """All sections for a network of symbolic depth: layer L, then a layer l < L."""
    output, hidden = pieces
    network = output.network
    activations = activations_of(network)
    blocks: list[Block] = [
        Heading(("The network",)),
        *_depth_words(network),
        *cost_words(network),
        *activation_blocks(stated_activations(network)),
    ]
    blocks.append(conventions(network, output.forward, activations, notation, manner))
    equations: list[Equation] = [equation for equation in hidden.forward.equations if equation.symbol.name.layer == LAYER]
    equations += [equation for equation in output.forward.equations if equation.role != "cost"]
    costs = [equation for equation in output.forward.equations if equation.role == "cost"]
    blocks.extend((*extra["before"], Heading(("Forward pass",)), *forward_blocks(equations, manner)))
    blocks.extend(costs_of_any_depth(costs, network, manner))
    blocks.extend(facts_by_definition([*hidden.forward.facts, *output.forward.facts], manner))
    blocks.extend((Heading(("Backward pass",)), *_errors([*output.formulas, *_named(hidden, LAYER)], manner)))
    told: set[Tensor] = set()
    below = Math((LAYER, LAST_LAYER), "<")
    blocks.append(Heading(("The last layer, ", Math((LAST_LAYER,))), 2))
    blocks.extend(_told([formula for layer in layers_of(output) for formula in formulas_of_layer(output, layer)], manner, told))
    blocks.append(Heading(("Every layer ", below), 2))
    blocks.extend(_told(formulas_of_layer(hidden, LAYER), manner, told))
    return [*blocks, *extra["after"], *_average(network, output.forward.is_batch, manner), *extra["end"]]


def _depth_words(network: Network) -> list[Block]:
    hidden, output = (spoken_activation(layer.layer) for layer in network.numbered)
    alike = f" units. All layers are activated by {hidden}."
    words = alike if hidden == output else f" units. The layers below the last are activated by {hidden}, the last by {output}."
    return [Prose(("Layer ", Math((LAYER,)), " has ", Math((sympy.Symbol("n_{l}"),)), words))]
