r"""The usual multilayer perceptron, which stands in for what a document leaves open.

    z^l = W^l a^{l-1} + b^l,  a^l = \sigma(z^l)      the weights are called by the layer that they lead to
    z^{l+1} = \Theta^l a^l,   a^l = \sigma(z^l)      \Theta by the layer that they start from, if (\Theta^l)^T \delta^{l+1} is printed

How a page counts its \Theta is read off its own products: (\Theta^l)^T \delta^{l+1} and \Theta^l a^l against
(\Theta^l)^T \delta^l.  One product that differs is a slip, and not a second way of counting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from symback.verification.definitions import Definition, arguments_of_activations, chains_of, definitions_in
from symback.verification.mentions import Lexicon, names_in
from symback.verification.parser import parse
from symback.verification.tree import Tree, operands_of, walk

__all__ = ["usual_definitions"]

Table = tuple[tuple[str, tuple[str, ...], str], ...]

# What stands in for what is not stated: (family that must be missing, families of which one must be used, formula)
ACTIVATIONS_OF_LAYERS: Table = (("a", ("z", "a", r"\delta"), r"a^l = \sigma(z^l)"),)
COMMON_LAYERS: Table = (("z", ("z", r"\delta"), r"z^l = W^l a^{l-1} + b^l"), *ACTIVATIONS_OF_LAYERS)
THETA_LAYERS: dict[int, Table] = {
    0: (("z", ("z", r"\delta"), r"z^l = \Theta^l a^{l-1}"), *ACTIVATIONS_OF_LAYERS),
    1: (("z", ("z", r"\delta"), r"z^{l+1} = \Theta^l a^l"), *ACTIVATIONS_OF_LAYERS),
}
COMMON_FLAT: Table = (
    ("z", ("z", r"\delta"), r"z = W x + b"),
    ("a", ("a",), r"a = \sigma(z)"),
)
COMMON_ROWS: Table = (
    ("Z", ("Z",), r"Z = X W + b"),
    ("A", ("A",), r"A = \sigma(Z)"),
)


def usual_definitions(definitions: Sequence[Definition], trees: Sequence[Tree], lexicon: Lexicon) -> tuple[list[Definition], list[Tree]]:
    """The usual equations, as far as the document uses their names and does not define them; and the same as trees."""
    defined = {definition.name.family for definition in definitions if definition.role == "forward"}
    used = {lexicon.mention(name) for tree in trees for _, name in names_in(tree)}
    families = {mention.family for mention in used}
    staged = {mention.family for mention in used if mention.stage is not None}
    has_stages = bool(staged & {"z", "a", "W", "b", r"\delta", "Z", "A"})
    if has_stages and lexicon.times and not {"z", "a"} & {m.family for m in used if m.stage and m.stage[0] in ("l", "L")}:
        return [], []
    table = COMMON_LAYERS if has_stages else COMMON_ROWS if {"Z", "A"} & families and not {"z", "a"} & families else COMMON_FLAT
    if r"\Theta" in staged - defined and "W" not in families:
        distance = _distance_of_theta(trees, lexicon)
        table = THETA_LAYERS.get(distance, COMMON_LAYERS) if distance is not None else COMMON_LAYERS
    inputs = {lexicon.mention(name).family for d in definitions if d.role == "forward" for _, name in names_in(d.body)}
    given = defined if has_stages else defined | inputs  # the a of z = W a + b is the input
    spoken = staged if {"Z", "A"} <= defined & staged else families  # where layers of samples are stated, a bare z is that of \sigma(z)
    if not has_stages and "Z" in defined:
        spoken = spoken - {"z", r"\delta"}
    found: list[Definition] = []
    common_trees: list[Tree] = []
    if has_stages and arguments_of_activations(definitions, lexicon) & defined:
        given = given | {"z", "a"} - staged  # h^l = \sigma(u^l): both are called otherwise
    for family, triggers, latex in table:
        if family not in given and set(triggers) & spoken and (has_stages or families & {"W", "z", "Z"} - {family}):
            common_trees.append(parse(latex))
            for claim in chains_of(common_trees[-1]):
                found += [item for item in definitions_in(claim, lexicon, -1) if isinstance(item, Definition)]
    return found, common_trees


def _distance_of_theta(trees: Sequence[Tree], lexicon: Lexicon) -> int | None:
    r"""From the number at \Theta to that of the layer it leads to, by most products with \delta or a; None where none says."""
    found: Counter[int] = Counter()
    for node in (node for tree in trees for node in walk(tree) if node.kind == "product"):
        mentions = [lexicon.mention(name) for part in operands_of(node) for _, name in names_in(part)]
        weights = [mention for mention in mentions if mention.family == r"\Theta" and mention.stage is not None]
        for other in mentions if len(weights) == 1 else ():
            own = weights[0].stage
            if own is None or other.stage is None or own[0] != other.stage[0]:
                continue
            distance = other.stage[1] - own[1]
            if other.family == r"\delta" and weights[0].is_transposed and distance in THETA_LAYERS:
                found[distance] += 1
            elif other.family == "a" and not weights[0].is_transposed and distance + 1 in THETA_LAYERS:
                found[distance + 1] += 1
    ranked = found.most_common(2)
    return None if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]) else ranked[0][0]
