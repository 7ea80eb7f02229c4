r"""Quantities that a page names in passing, without an equation of their own.

a_t = \tanh(W x_t + U h_{t-1}) = \tanh(\hat a_t)            \hat a_t is what stands in the first bracket
f_t = \sigma \underbrace{(W x_t + U h_{t-1})}_{z_f}         z_f is what stands over the brace
\frac{\partial f_t}{\partial a_f} \frac{\partial a_f}{\partial W}     a_f is what the function of f_t is taken of
H = \sigma(X W + b) = \frac{1}{1 + e^{-(X W + b)}}      \sigma is the function of its bracket that stands beside it
\frac{\partial C}{\partial z_o} = \delta_o               where nothing else says what \delta_o is, this does
\ell(t_i, y_i) = -t_i \log y_i      where \ell_i is spoken of, it is this
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from symback.verification.definitions import EQUALITIES, FUNCTION_HEADS, Claim, Definition, Function, definition_of, is_gradient_tree
from symback.verification.mentions import Lexicon, Mention, letter_of, names_in, printed_name
from symback.verification.tree import Tree, operands_of, walk

__all__ = ["functions_by_use", "with_braces_applied", "with_implied"]

BRACKET = Tree("symbol", (), r"\bracket")  # what a function is taken of, where no letter is


@dataclass(frozen=True)
class Named:
    """A definition in passing, and the sign that the page prints for it."""

    definition: Definition
    sign: Tree


def with_braces_applied(tree: Tree) -> Tree:
    r"""\sigma \underbrace{(z)}_{…} is \sigma applied to z, and no product; \underbrace{z}_{\text{state}} is z."""
    children = tuple(with_braces_applied(child) for child in tree.children)
    if children != tree.children:
        tree = replace(tree, children=children)
    if tree.kind == "annotated" and len(tree.children) == 2 and tree.text.endswith("brace") and _is_prose(tree.children[1]):
        return tree.children[0]
    if tree.kind != "product":
        return tree
    kept: list[Tree] = []
    for child in tree.children:
        is_bracket = child.kind == "annotated" and child.children[0].kind == "group"
        if is_bracket and len(kept) > 1 and kept[-1].kind == "operator" and not kept[-1].text and _is_head(kept[-2]):
            kept[-2:] = [Tree("call", (kept[-2], child), "", kept[-2].start, child.end)]
        else:
            kept.append(child)
    return kept[0] if len(kept) == 1 else replace(tree, children=tuple(kept)) if len(kept) != len(tree.children) else tree


def _is_prose(tree: Tree) -> bool:
    """Words, and what stands between them."""
    leaves = [node for node in walk(tree) if not node.children and node.kind not in ("operator", "empty")]
    return bool(leaves) and all(node.kind in ("text", "word") for node in leaves)


def _is_head(tree: Tree) -> bool:
    name = printed_name(tree)
    return name is not None and name.letter in FUNCTION_HEADS and not name.above and not name.below


def with_implied(claims: Sequence[tuple[int, Claim]], stated: Sequence[Definition], lexicon: Lexicon) -> list[Definition]:
    """The definitions of a document and what its claims name in passing, whose names stand in the others' bodies in its place."""
    known = {definition.name.family for definition in stated if definition.role == "forward"}
    found: list[Named] = []
    for order, claim in claims:
        found += [*_of_brackets(claim, lexicon, order), *_of_braces(claim, lexicon, order)]
    found = [named for named in found if named.definition.role != "cost" and named.definition.name.family not in known]
    further = _of_derivatives(claims, [*stated, *(named.definition for named in found)], lexicon)
    known |= {named.definition.name.family for named in found}
    found += [named for named in further if named.definition.name.family not in known]
    names = {named.definition.body: named.sign for named in found if named.definition.role == "forward"}
    summands = {named.definition.body: named for named in _costs_of_samples(claims, known, lexicon)}
    return [
        *(_with_summand(_with_name(definition, names, lexicon), summands) for definition in stated),
        *(named.definition for named in (*found, *summands.values())),
        *_errors_named_last(claims, stated, lexicon),
    ]


def _errors_named_last(claims: Sequence[tuple[int, Claim]], stated: Sequence[Definition], lexicon: Lexicon) -> Iterator[Definition]:
    r"""\partial C/\partial z_o = \delta_o, of an error that has no layer and no equation that begins with it."""
    known = {definition.name.family for definition in stated}
    for order, claim in claims:
        if len(claim.members) != 2 or claim.signs[0] not in EQUALITIES or claim.members[0].kind != "derivative":
            continue
        definition = definition_of(claim.members[1], claim.members[:1], lexicon, order)
        if definition is None or definition.role != "gradient" or definition.name.stage is not None or definition.name.family in known:
            continue
        if definition.name.family.split("_")[0] in (r"\delta", r"\Delta"):
            known.add(definition.name.family)
            yield definition


def _with_summand(definition: Definition, summands: Mapping[Tree, Named]) -> Definition:
    r"""\ell = \ell_i, whose i is summed over, where \ell_i has the body of the cost."""
    is_sum = definition.role == "cost" and definition.body in summands
    return replace(definition, body=summands[definition.body].sign) if is_sum else definition


def _costs_of_samples(claims: Sequence[tuple[int, Claim]], known: Set[str], lexicon: Lexicon) -> Iterator[Named]:
    r"""The \ell_i that claims speak of, where \ell is stated for entries that all have the index i: \ell(t_i, y_i) = …"""
    used = {lexicon.mention(name).family for _, claim in claims for member in claim.members for _, name in names_in(member)}
    for order, claim in claims:
        left = claim.members[0]
        letter = letter_of(left.children[0]) if left.kind == "call" else None
        family = f"{letter} each"
        if letter not in lexicon.losses or family not in used - known or any(sign not in EQUALITIES for sign in claim.signs):
            continue
        given = {name.below for _, name in names_in(left.children[1])}
        inside = {name.below for _, name in names_in(claim.members[-1])}
        index = letter_of(next(iter(given))[0]) if len(given) == 1 and all(len(items) == 1 for items in given) else None
        if index is not None and inside == given:
            known = {*known, family}
            sign = Tree("scripts", (left.children[0], Tree("subscript", (Tree("symbol", (), index),))))
            yield Named(Definition(Mention(family), (index,), claim.members[-1], "forward", order), sign)


def functions_by_use(claims: Sequence[tuple[int, Claim]], stated: Sequence[Function]) -> Iterator[Function]:
    r"""What \sigma(X) = 1/(1 + e^{-X}) says of an activation that no formula defines by itself: X is more than a name."""
    known = {function.letter for function in stated}
    for order, claim in claims:
        for left, sign, right in zip(claim.members, claim.signs, claim.members[1:], strict=False):
            letter = letter_of(left.children[0]) if left.kind == "call" else None
            if sign not in EQUALITIES or letter not in FUNCTION_HEADS - known or left.children[1].kind != "group":
                continue
            inner = left.children[1].children[0]
            body = with_part_exchanged(right, inner, BRACKET)
            names = {name.letter for _, name in names_in(body)}
            if printed_name(inner) is None and BRACKET.text in names <= {BRACKET.text, "e"} and not is_gradient_tree(body):
                known.add(letter)
                yield Function(letter, BRACKET.text, None, body, order)


def with_part_exchanged(tree: Tree, old: Tree, new: Tree) -> Tree:
    """The tree with another one wherever a certain part stands."""
    if tree == old:
        return new
    children = tuple(with_part_exchanged(child, old, new) for child in tree.children)
    return tree if children == tree.children else replace(tree, children=children)


def _with_name(definition: Definition, names: Mapping[Tree, Tree], lexicon: Lexicon) -> Definition:
    r"""\sigma(z) for \sigma(W x + b), where z names what stands in the bracket."""
    argument = _argument(definition, lexicon) if definition.role == "forward" else None
    if argument is None or argument not in names:
        return definition
    bracket = Tree("group", (names[argument],), "( )", argument.start, argument.end)
    return replace(definition, body=replace(definition.body, children=(definition.body.children[0], bracket)))


def _of_brackets(claim: Claim, lexicon: Lexicon, order: int) -> Iterator[Named]:
    """f(X) = f(n): n is X."""
    applied = [
        member
        for member, sign in zip(claim.members, ("=", *claim.signs), strict=True)
        if sign in EQUALITIES and member.kind in ("call", "function")
    ]
    for left, right in itertools.pairwise(applied):
        inner = [call.children[1].children[0] if call.children[1].kind == "group" else call.children[1] for call in (left, right)]
        if left.children[0] == right.children[0]:
            for name, body in (inner[::-1], inner):
                definition = definition_of(name, [body], lexicon, order) if printed_name(name) is not None else None
                if definition is not None and printed_name(body) is None:
                    yield Named(definition, name)


def _of_braces(claim: Claim, lexicon: Lexicon, order: int) -> Iterator[Named]:
    """What stands over or under a brace with a name at it, at the stage of what the formula is about."""
    first = printed_name(claim.members[0])
    stage = lexicon.mention(first).stage if first is not None else None
    for member in claim.members:
        for node in walk(member):
            if (
                node.kind != "annotated"
                or len(node.children) != 2
                or not node.text.endswith("brace")
                or printed_name(node.children[1]) is None
            ):
                continue
            body = node.children[0].children[0] if node.children[0].kind == "group" else node.children[0]
            is_word = any(inner.kind in ("text", "word") for inner in walk(node.children[1]))
            if is_word or printed_name(body) is not None:
                continue
            definition = definition_of(node.children[1], [body], lexicon, order)
            if definition is not None and definition.name.stage is None and definition.role == "forward" and lexicon.times:
                definition = replace(definition, name=replace(definition.name, stage=stage))
            if definition is not None:
                yield Named(definition, node.children[1])


def _of_derivatives(claims: Sequence[tuple[int, Claim]], stated: Sequence[Definition], lexicon: Lexicon) -> Iterator[Named]:
    """∂f/∂n ∂n/∂w: n is what the function of f is taken of."""
    bodies = {definition.name.family: definition for definition in stated if definition.role == "forward"}
    used = {lexicon.mention(name).family for definition in stated for _, name in names_in(definition.body)}
    for order, claim in claims:
        for member in claim.members:
            nodes = [node for node in walk(member) if node.kind == "derivative" and len(node.children) == 3]
            links = [(_mention(node.children[1], lexicon), _mention(node.children[2], lexicon), node.children[2]) for node in nodes]
            above = {upper.family for upper, _, _ in links if upper is not None}
            for upper, lower, sign in links:
                if upper is None or lower is None or lower.family not in above or lower.family in used | bodies.keys() | lexicon.losses:
                    continue
                argument = _argument(bodies.get(upper.family), lexicon)
                if argument is not None:
                    yield Named(Definition(Mention(lower.family, bodies[upper.family].name.stage), (), argument, "forward", order), sign)


def _mention(tree: Tree, lexicon: Lexicon) -> Mention | None:
    name = printed_name(tree)
    return lexicon.mention(name) if name is not None else None


def _argument(definition: Definition | None, lexicon: Lexicon) -> Tree | None:
    r"""The X of \sigma(X), if the whole body is that and X is no name."""
    if definition is None or definition.labels or definition.body.kind not in ("call", "function"):
        return None
    head, argument = definition.body.children
    letter = letter_of(head)
    if definition.body.kind == "call" and letter not in FUNCTION_HEADS:
        return None
    inner = argument.children[0] if argument.kind in ("group", "annotated") else argument
    return None if printed_name(inner) is not None or letter in lexicon.losses or len(operands_of(inner)) < 2 else inner
