"""The first pages: the network, the conventions, and the forward pass."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import sympy
from sympy.matrices.expressions.hadamard import HadamardPower, HadamardProduct

from symback.language.expressions import Equation, add, children, leaves
from symback.language.names import LAST_LAYER, LAYER
from symback.language.notation import Notation
from symback.language.steps import Fact
from symback.network import Network
from symback.network.activations import A, Activation, read_activation
from symback.network.costs import A as COST_OUTPUT
from symback.network.costs import CostRow
from symback.network.forward import OTHER_PENALTIES, Forward, penalties_of_layer
from symback.network.layers import Dense, Layer, Residual, number_layers, row_of
from symback.network.place import Numbered
from symback.presentation.blocks import Block, Equations, Line, Math, Note, Prose, Size, Spans, Table
from symback.presentation.manner import Manner, entry, fact_math, matrix_or_index, shape_of
from symback.presentation.scalars import of_numbers, spans_of_numbers
from symback.presentation.spoken import spoken_activation
from symback.simplification.index_form import default_indices, index_symbol, with_limits

__all__ = [
    "activation_blocks", "activations_of", "conventions", "costs_of_any_depth",
    "entry_by_entry", "facts_by_definition", "forward_blocks", "kinks_and_facts",
    "layer_table", "shape_conventions", "shortcut_words", "stated_activations",
]  # fmt: skip

Z = sympy.Symbol("z", real=True)


def layer_table(network: Network) -> Table:
    """One row for each run of layers that are alike: number, kind, activation, sizes."""
    runs: list[list[Numbered]] = []
    for layer in number_layers(network.layers, network.inputs):
        if runs and _is_alike(runs[-1][-1], layer):
            runs[-1].append(layer)
        else:
            runs.append([layer])
    rows = [_layer_row(run) for run in runs]
    return Table((("layer",), ("kind",), ("activation",), ("inputs",), ("units",), ("weights",)), tuple(rows))


def shortcut_words(network: Network) -> list[Block]:
    """A sentence for each residual: what it leads around."""
    sentences = [
        f"A shortcut leads around {f'layer {first}' if first == last else f'layers {first} to {last}'}: "
        f"what goes into layer {first} is added to what comes out of layer {last}."
        for first, last in _shortcuts(network.layers, 1)
    ]
    return [Prose((" ".join(sentences),))] if sentences else []


def _shortcuts(layers: Sequence[Layer], first: int) -> Iterator[tuple[int, int]]:
    """The first and the last layer of each residual branch, of which the outer comes before the inner."""
    for layer in layers:
        length = _length(layer)
        if isinstance(layer, Residual):
            yield first, first + length - 1
            yield from _shortcuts(layer.layers, first)
        first += length


def _length(layer: Layer) -> int:
    """How many numbers the layer takes."""
    return sum(map(_length, layer.layers)) if isinstance(layer, Residual) else 1


def _is_alike(one: Numbered, other: Numbered) -> bool:
    return (one.layer, one.inputs, one.outputs) == (other.layer, other.inputs, other.outputs)


def _layer_row(run: list[Numbered]) -> tuple[Spans, ...]:
    first, last = run[0], run[-1]
    numbers = f"{first.number}" if first is last else f"{first.number} to {last.number}"
    layer = first.layer
    kind = row_of(layer).said(layer)
    weights: Spans = (Size((first.outputs, first.inputs)),) if isinstance(layer, Dense) else ("none",)
    return (numbers,), (kind,), (spoken_activation(layer),), (Math((first.inputs,)),), (Math((first.outputs,)),), weights


def activations_of(network: Network) -> tuple[Activation, ...]:
    """The activations in use, each once."""
    return tuple(dict.fromkeys(layer.layer.activation for layer in number_layers(network.layers, network.inputs)))


def stated_activations(network: Network) -> tuple[Activation, ...]:
    """The activations of the layers, and the σ of a cost that takes logits: without it nobody can tell that p - y is right."""
    through = network.cost.row.through
    own = () if through is None else (read_activation(through),)
    return tuple(dict.fromkeys((*activations_of(network), *own)))


def activation_blocks(activations: Sequence[Activation]) -> list[Block]:
    """The formula of each element-wise activation, its derivative, and the derivative in terms of the output."""
    blocks: list[Block] = []
    for activation in activations:
        function = activation.function
        if function is None or activation.formula is None or activation.name == "identity":
            continue
        value, slope = function(Z), function.prime()(Z)
        lines = [Line(value, activation.formula), Line(slope, sympy.expand_mul(slope.expanded(), deep=False))]
        if activation.slope is not None and not activation.slope.has(sympy.Piecewise):
            lines.append(Line(None, activation.slope.xreplace({A: value})))
        blocks.append(of_numbers(Equations(tuple(_without_repetition(lines)))))
    title = "The activation and its slope:" if len(blocks) == 1 else "The activations and their slopes:"
    return [Prose((title,)), *blocks] if blocks else []


def _without_repetition(lines: list[Line]) -> list[Line]:
    """Lines that say something new: not tanh(z) = tanh(z), and no right side twice."""
    kept: list[Line] = []
    for line in lines:
        is_trivial = line.left is not None and str(line.left) == str(line.right)
        is_repeated = line.left is None and str(line.right) == str(kept[-1].right)
        if not is_trivial and not is_repeated:
            kept.append(line)
    return kept


def conventions(network: Network, forward: Forward, activations: Sequence[Activation], notation: Notation, manner: Manner) -> Note:
    """What is agreed upon, and what is assumed, in a short box."""
    items = [*_letters(forward, notation, manner), *shape_conventions(forward, manner)]
    if manner.shows_steps and _has_two_ways(network):
        items.append(("A factor of a chain rule is the derivative of one equation: the other quantities in it are held fixed.",))
    return Note("Conventions", (*items, *kinks_and_facts(network, forward, activations, manner)))


def _has_two_ways(network: Network) -> bool:
    """Whether an equation mentions u, and v that depends on u: a = u + v of a residual, (u - v) / s, a weight that is used twice.

    There ∂a/∂u, as a factor beside ∂a/∂v, is not the whole derivative of a by u, and the page has to say so.
    """
    layers = [numbered.layer for numbered in number_layers(network.layers, network.inputs)]
    is_tied = any(isinstance(layer, Dense) and layer.tied_to is not None for layer in layers)
    return is_tied or any(not row_of(layer).is_plain for layer in (*network.layers, *layers))


def kinks_and_facts(network: Network, forward: Forward, activations: Sequence[Activation], manner: Manner) -> list[Spans]:
    """What is agreed upon where there is no derivative, and what is assumed of the numbers."""
    items: list[Spans] = []
    items.extend(spans_of_numbers(kinks_of_activation(activation)) for activation in activations if activation.row.kinks)
    items.extend(map(spans_of_numbers, kinks_of_cost(network.cost.row)))
    items.extend(("Assumed of the targets: ", fact_math(fact, manner), ".") for fact in forward.facts if fact.is_assumed)
    return items


def facts_by_definition(facts: Sequence[Fact], manner: Manner) -> list[Block]:
    """What follows from the equations of the forward pass:  Σ_j x̂_j = 0."""
    shown = [(fact_math(fact, manner),) for fact in facts if not fact.is_assumed]
    return [Prose(("By definition, ", *_listed(shown), "."))] if shown else []


def kinks_of_activation(activation: Activation) -> Spans:
    """What the slope is where pieces of the function meet: ReLU'(0) = 0; in words where the function has no name on the page."""
    function, slopes = activation.function, _slopes_at_kinks(activation)
    opening = "At the kink: " if len(slopes) == 1 else "At the kinks: "
    if function is not None:
        return opening, *_listed([(Math((function.prime()(kink), slope)),) for kink, slope in slopes]), "."
    kinks = tuple(kink for kink, _ in slopes)
    order: Spans = (", with ", Math(kinks, "<")) if len(kinks) > 1 else ()
    places: list[Spans] = [(Math((slope,)), " at ", Math((Z, kink))) for kink, slope in slopes]
    return opening, "the slope is ", *_listed(places), *order, "."


def _slopes_at_kinks(activation: Activation) -> list[tuple[sympy.Expr, sympy.Expr]]:
    """Each kink with the derivative there, by the branch that the formula's conditions choose, the kinks being in order."""
    assert activation.formula is not None
    derivative = sympy.diff(activation.formula, Z)
    pairs = list(pairwise(activation.row.kinks))
    known = {relation(upper, lower): sympy.true for lower, upper in pairs for relation in (sympy.Gt, sympy.Ge)}
    known |= {relation(lower, upper): sympy.true for lower, upper in pairs for relation in (sympy.Lt, sympy.Le)}
    known |= {sympy.Not(relation): sympy.false for relation in known}
    return [(kink, derivative.xreplace({Z: kink}).xreplace(known)) for kink in activation.row.kinks]


def _listed(parts: Sequence[Spans]) -> Spans:
    """Parts with "and" between."""
    return tuple(span for place, part in enumerate(parts) for span in ((" and ",) if place else ()) + part)


def kinks_of_cost(row: CostRow) -> list[Spans]:
    """What the derivative of the cost is where pieces of it meet."""
    if row.formula is None:
        return []
    derivative = sympy.diff(row.formula, COST_OUTPUT)
    at = [(kink, derivative.subs(COST_OUTPUT, sympy.solve(kink, COST_OUTPUT)[0])) for kink in row.kinks]
    by = (", its derivative by ", Math((COST_OUTPUT,)), " is ")
    return [("At the kink of the cost, where ", Math((kink, sympy.S.Zero)), *by, Math((slope,)), ".") for kink, slope in at]


def _letters(forward: Forward, notation: Notation, manner: Manner) -> list[Spans]:
    inputs = Math((matrix_or_index(forward.inputs, forward.inputs, manner)[0],))
    items: list[Spans] = []
    if forward.target is not None:
        target = Math((matrix_or_index(forward.target, forward.target, manner)[0],))
        words: Spans = (inputs, " is the input, ", target, " the target") if forward.inputs.name.layer == 0 else (target, " is the target")
        items.append((*words, "; superscripts number layers."))
    weights = next((parameter for parameter in forward.parameters if parameter.name.letter == "W"), None)
    if weights is not None and weights.name.layer is not None:
        above, below = weights.name.layer, weights.name.layer - 1
        indices = default_indices(weights.axes, manner.reserved)
        j, k = (Math((index,)) for index in indices)
        upper, lower = (str(layer) if isinstance(layer, int) else Math((layer,)) for layer in (above, below))
        weight = ("The weight ", Math((entry(weights, manner),)), " leads from unit ", k, " of layer ", lower, " to unit ", j)
        items.append((*weight, " of layer ", upper, f"; indices count from {notation.index_base}."))
        kronecker = Math((sympy.KroneckerDelta(*indices),))
        items.append((kronecker, ", without a layer, is the Kronecker delta: 1 where the indices agree, and 0 elsewhere."))
    return [*items, entry_by_entry(manner)]


def entry_by_entry(manner: Manner) -> Spans:
    """What ⊙ and ⊘ mean, of two letters that are nothing else on the page."""
    free = [letter for letter in "uvpqrcd" if index_symbol(letter) not in manner.reserved]
    u, v = (sympy.MatrixSymbol(letter, sympy.Symbol("n"), 1) for letter in free[:2])
    product, quotient = (Math((HadamardProduct(u, other),)) for other in (v, HadamardPower(v, -1)))
    return product, " is the product and ", quotient, " the quotient entry by entry."


def shape_conventions(forward: Forward, manner: Manner) -> list[Spans]:
    """How vectors and matrices stand, and what the errors of a batch are derivatives of."""
    items: list[Spans] = []
    if manner.layout == "jacobian":
        items.append(("Numerator layout: vectors are columns, derivatives of the cost with respect to them are rows.",))
    elif forward.is_batch:
        across = "row" if manner.layout == "row" else "column"
        items.append((f"Each {across} of a capital letter is one sample; biases are columns.",))
    else:
        items.append(("Vectors are columns; a gradient has the shape of the quantity.",))
    if forward.is_batch and forward.pivot is not None and forward.cost is not None:
        error = "Errors belong to single samples: they are derivatives of "
        items.append((error, Math((entry(forward.pivot, manner),)), ", without the factor of the average."))
    return items


def forward_blocks(equations: Sequence[Equation], manner: Manner) -> list[Block]:
    """The equations in order, with matrices and then entry by entry; costs entry by entry only."""
    costs = [_entry_line(equation, manner) for equation in equations if equation.role == "cost"]
    others = [equation for equation in equations if equation.role != "cost"]
    blocks = [_matrix_line(equation, manner) for equation in others] if manner.shows_matrices else []
    entries = [_entry_line(equation, manner) for equation in others] if not manner.shows_matrices or manner.shows_indices else []
    return [Equations(tuple(lines)) for lines in (blocks, entries, costs) if lines]


def costs_of_any_depth(equations: Sequence[Equation], network: Network, manner: Manner) -> list[Block]:
    """The costs of layer L entry by entry, the penalties as a sum over all layers."""
    lines = []
    for equation in equations:
        line = _entry_line(equation, manner)
        if OTHER_PENALTIES in leaves(equation.definition):
            terms = children(equation.definition)
            own = add(*(term for term in terms if all(leaf.name.layer is None and leaf is not OTHER_PENALTIES for leaf in leaves(term))))
            of_layers = [_over_layers(entry(penalty, manner)) for penalty in penalties_of_layer(network)]
            line = replace(line, right=sympy.Add(entry(own, manner), *of_layers))
        lines.append(line)
    return [Equations(tuple(lines))] if lines else []


def _over_layers(expr: sympy.Expr) -> sympy.Expr:
    """λ Σ_j Σ_k … as λ Σ_l Σ_j Σ_k …, from the first layer to the last."""
    of_layers = sympy.Tuple(LAYER, sympy.S.One, LAST_LAYER)
    return expr.xreplace({inner: with_limits(inner.args[0], [*inner.args[1:], of_layers]) for inner in expr.atoms(sympy.Sum)})


def _matrix_line(equation: Equation, manner: Manner) -> Line:
    return Line(*matrix_or_index(equation.symbol, equation.definition, manner), (shape_of(equation.symbol, manner),))


def _entry_line(equation: Equation, manner: Manner) -> Line:
    return Line(entry(equation.symbol, manner), entry(equation.definition, manner))
