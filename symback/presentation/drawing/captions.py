"""The words of a picture: what stands below each layer, the title, and the description that is read aloud."""

from symback.language.notation import Notation
from symback.network import Dense, Network
from symback.network.layers import row_of
from symback.presentation.drawing.plan import Column, Gap, Plan
from symback.presentation.drawing.shapes import Sign, Span, Words
from symback.presentation.drawing.signs import size_spans, whole
from symback.presentation.spoken import spoken_activation

__all__ = ["caption_of", "cost_caption", "description_of", "gap_caption", "title_of"]

MOST_SIZES = 12

Caption = tuple[tuple[Span, ...], ...]


def caption_of(column: Column, notation: Notation) -> Caption:
    """The number of the layer, its neurons, its activation, and what else is special about it."""
    number = str(column.number).replace(" ", "")
    is_counted = isinstance(column.number, int)
    head: tuple[Span, ...] = (Words(f"layer {number}"),) if is_counted else (Words("layer "), Sign(number, number.replace("-", "−")))
    unit = "input" if column.layer is None else "neuron"
    count = (*size_spans(column.size), Words(f" {unit}" if column.size == 1 else f" {unit}s"))
    if column.layer is None:
        return head, count
    lines = [head, count, (Words(spoken_activation(column.layer)),)]
    if not isinstance(column.layer, Dense):
        lines[2] = (Words(row_of(column.layer).said(column.layer)),)
        if column.layer.activation.name != "identity":
            lines.append((Words(f"then {spoken_activation(column.layer)}"),))
    elif column.layer.tied_to is not None:
        end = " transposed" if column.layer.transpose else " again"
        lines.append((whole(notation, "W", column.layer.tied_to), Words(end)))
    return tuple(lines)


def gap_caption(gap: Gap) -> Caption:
    """Which layers are left out."""
    if gap.first is None or gap.last is None:
        return ()
    if gap.first == gap.last:
        return (Words(f"layer {gap.first}"),), (Words("not drawn"),)
    return (Words(f"layers {gap.first} to {gap.last}"),), (Words("not drawn"),)


def cost_caption(network: Network) -> Caption:
    """The name of the cost, and its penalties."""
    name = str(network.cost).replace("_", " ")
    lines = [(Words("cost"),), (Words("not specified" if network.cost.row.formula is None else name),)]
    penalties = [name for name, weight in (("L1", network.l1), ("L2", network.l2)) if weight != 0]
    if penalties:
        lines.append((Words(f"with {' and '.join(penalties)} penalty"),))
    return tuple(lines)


def title_of(network: Network) -> str:
    """The sizes, or how many layers there are."""
    if network.is_generic:
        return "Neural network of symbolic depth"
    sizes = [network.inputs, *(each.outputs for each in network.numbered)]
    return f"Neural network of {network.depth} layers" if len(sizes) > MOST_SIZES else f"Neural network {'-'.join(map(str, sizes))}"


def description_of(plan: Plan, has_numbers: bool, has_errors: bool) -> str:
    """The layers from left to right, in words."""
    parts = []
    for place in plan.places:
        if isinstance(place, Gap):
            parts.append("further layers" if place.first is None else f"layers {place.first} to {place.last}, not drawn")
        elif place.layer is None:
            parts.append(f"layer {place.number} with {place.size} input{'' if place.size == 1 else 's'}")
        else:
            kind = "" if isinstance(place.layer, Dense) else "normalising "
            neurons = f"neuron{'' if place.size == 1 else 's'}"
            parts.append(f"{kind}layer {place.number} with {place.size} {neurons}, activation {spoken_activation(place.layer)}")
    network = plan.network
    cost = "not specified" if network.cost.row.formula is None else str(network.cost).replace("_", " ")
    text = f"From left to right: {'; '.join(parts)}. Cost: {cost}."
    shown = [words for flag, words in ((has_numbers, "the values of one example"), (has_errors, "the error flowing back")) if flag]
    shortcuts = [f"A shortcut adds the output of layer {each.layer} further on." for each in plan.shortcuts]
    return " ".join([text, *shortcuts, *([f"Shown are {' and '.join(shown)}."] if shown else [])])
