r"""What a document defines: its forward equations, functions, costs and names of gradients, each where it stands.

    z^l = W^l a^{l-1} + b^l        a forward equation, a pattern for every layer
    \sigma(z) = 1/(1 + e^{-z})     a function of one number;   softmax(x)_j = e^{x_j} / \sum_k e^{x_k}   of a vector
    C = \frac12 \|a^L - y\|^2      the cost
    \delta^l = \partial C/\partial z^l    the name of a gradient

Bodies stay trees: what they mean depends on where they are used.  The common multilayer perceptron is a document too
(`COMMON`): it stands in for what is not stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symback.verification.mentions import FUNCTION_HEADS, Lexicon, Mention, Printed, integer_of, is_label, letter_of, names_in, printed_name
from symback.verification.tree import Tree, operands_of, operators_of, spelling, walk
from symback.verification.unparse import unparse

__all__ = [
    "arguments_of_activations", "chains_of", "Claim", "Definition", "definition_of", "definitions_in", "EQUALITIES", "Function",
    "FUNCTION_HEADS", "is_condition", "is_gradient_tree", "is_number", "is_pure_gradient", "is_repeated", "mention_of", "names_of_errors",
    "without_results",
]  # fmt: skip

EQUALITIES = frozenset(["=", ":=", r"\equiv", r"\triangleq", "=:", r"\doteq"])


@dataclass(frozen=True)
class Claim:
    """A chain of members, and the sign before each but the first; `condition` is what stands beside it: i ≠ j."""

    members: tuple[Tree, ...]
    signs: tuple[str, ...]
    conditions: tuple[Tree, ...] = ()


@dataclass(frozen=True)
class Definition:
    """`name` (a whole quantity, its index letters in `labels`) is `body`.  `role` is "forward", "cost" or "gradient"."""

    name: Mention
    labels: tuple[str, ...]
    body: Tree
    role: str
    order: int


@dataclass(frozen=True)
class Function:
    r"""`letter`(`parameter`) is `body`; `label` is the index of the result, and of the parameter if that is indexed."""

    letter: str
    parameter: str
    label: str | None
    body: Tree
    order: int


ARROWS = (r"\rightarrow", r"\to", r"\longrightarrow", r"\Rightarrow")
EQUATION_NUMBER = re.compile(r"(?:\\left|\\text|[\W_])*[Ee] ?q.{0,40}")


def chains_of(tree: Tree) -> Iterator[Claim]:
    """Every relation chain of a formula: statements, lists and implications taken apart, and what braces say of their parts."""
    yield from _chains(tree, ())
    for node in walk(tree):
        yield from _at_brace(node)


def _at_brace(tree: Tree) -> Iterator[Claim]:
    r"""\underbrace{\partial z/\partial a}_{= w}: what is said at the brace is a claim of its own."""
    if tree.kind != "annotated" or len(tree.children) != 2 or not tree.text.endswith("brace") or tree.children[1].kind != "relation":
        return
    body, note = tree.children
    first, *members = operands_of(note)
    signs = operators_of(note)
    if first.kind == "empty" and set(signs) <= EQUALITIES and body.kind not in ("relation", "statements", "aligned", "implication"):
        yield Claim((body, *members), signs)


def _chains(tree: Tree, conditions: tuple[Tree, ...]) -> Iterator[Claim]:
    if tree.kind in ("statements", "implication", "list", "given"):
        operands = operands_of(tree)
        beside = tuple(found for operand in operands if (found := condition_of(operand)) is not None)
        for operand in operands:
            if condition_of(operand) is None or len(operands) == 1:
                yield from _chains(operand, conditions + beside)
    elif tree.kind == "aligned" or (tree.kind == "group" and tree.text == "{ }") or _is_annotated_chain(tree):
        yield from _chains(tree.children[0], conditions)
    elif tree.kind == "relation":
        yield from _parted(tree, conditions)


def _is_annotated_chain(tree: Tree) -> bool:
    """A chain in a box, over a brace, or with words after it."""
    is_chain = tree.kind == "annotated" and tree.children[0].kind in ("relation", "statements", "aligned", "implication")
    return is_chain or (tree.kind == "annotated" and tree.text == r"\text")


def _parted(tree: Tree, conditions: tuple[Tree, ...]) -> Iterator[Claim]:
    """i = j : ∂y/∂z = … is a claim under a condition."""
    members, signs = operands_of(tree), operators_of(tree)
    members = (_without_title(members[0]), *members[1:])
    if len(members) > 2 and signs[-1] in ARROWS and EQUATION_NUMBER.fullmatch(unparse(members[-1])):
        members, signs = members[:-1], signs[:-1]  # … = δ aᵀ → (Eq 3)
    for at in range(len(signs) - 1, 0, -1):
        if signs[at - 1 : at + 1] == (":", "=") and members[at].kind == "empty":  # w : = w - a
            members, signs = members[:at] + members[at + 1 :], (*signs[: at - 1], ":=", *signs[at + 1 :])
    if ":" in signs:
        at = signs.index(":")
        before = _relation(members[: at + 1], signs[:at])
        if before is not None and condition_of(before) is not None:
            conditions = (*conditions, before)
        elif before is not None:
            yield Claim(members[: at + 1], signs[:at], conditions)
        members, signs = members[at + 1 :], signs[at + 1 :]
    if len(members) > 1:
        yield Claim(tuple(members), tuple(signs), conditions)


def _without_title(tree: Tree) -> Tree:
    """(Mean) μ: the words in brackets before a left side are no factor."""
    first = tree.children[0] if tree.kind in ("product", "call") else None
    if first is None or first.kind != "group" or len(spelling(first.children[0]) or "") < 4:
        return tree
    kept = tree.children[1:] if tree.kind == "call" else tree.children[2:]
    while len(kept) > 1 and kept[0].text in (r"\space", r"\ ", ""):
        kept = kept[1:]
    return kept[0] if len(kept) == 1 else replace(tree, children=kept)


def _relation(members: Sequence[Tree], signs: Sequence[str]) -> Tree | None:
    if len(members) < 2:
        return None
    children = [members[0]]
    for sign, member in zip(signs, members[1:], strict=True):
        children += [Tree("operator", (), sign), member]
    return Tree("relation", tuple(children))


def condition_of(tree: Tree) -> Tree | None:
    """(i ≠ j), if k = i: a relation between two index letters."""
    if tree.kind == "group" and tree.text in ("( )", "[ ]", "{ }", r"\{ \}"):
        return condition_of(tree.children[0])
    if tree.kind == "annotated" and tree.text == r"\text":
        return condition_of(tree.children[0])
    if tree.kind != "relation" or operators_of(tree) not in (("=",), ("==",), (r"\neq",)):
        return None
    is_indices = all(
        is_label(operand) or ((letter := letter_of(operand)) is not None and len(letter) == 1 and letter.lower() in "ijklmnpqrscdt")
        for operand in operands_of(tree)
    )
    return tree if is_indices else None


def is_repeated(tree: Tree, letter: str) -> bool:
    """Whether one product has an index twice, w_k x_k, as a sum that is not printed would."""
    if tree.kind == "sum":
        return any(is_repeated(operand, letter) for operand in operands_of(tree))
    return sum(node.kind == "subscript" and any(part.text == letter for part in walk(node)) for node in walk(tree)) > 1


def mention_of(tree: Tree, lexicon: Lexicon) -> Mention | None:
    """The name that a tree is, in the roles of its document."""
    name = printed_name(tree)
    return None if name is None else lexicon.mention(name)


def is_gradient_tree(tree: Tree) -> bool:
    """Whether derivatives stand in it, or a name of one: dW, ∇b."""
    nodes = tuple(walk(tree))
    if any(node.kind in ("derivative", "applied") for node in nodes):
        return True
    return any(_is_differential(node) for node in nodes)


def _is_differential(tree: Tree) -> bool:
    """d W, δ x: a d before a name."""
    if tree.kind != "product":
        return False
    parts, signs = operands_of(tree), operators_of(tree)
    return any(
        part.kind == "symbol" and part.text in ("d", r"\delta", r"\Delta") and sign == "" for part, sign in zip(parts, signs, strict=False)
    )


def definitions_in(claim: Claim, lexicon: Lexicon, order: int) -> Iterator[Definition | Function]:
    """What a claim may define."""
    if is_condition(claim) or (claim.conditions and any(condition.children[1].text != "=" for condition in claim.conditions)):
        return
    for left, sign, right in zip(claim.members, claim.signs, claim.members[1:], strict=False):
        if sign in EQUALITIES and (function := _function(left, right, lexicon, order)) is not None:
            yield function
            if left is not claim.members[0] and claim.members[1] is left and claim.members[0].kind == "word":
                yield replace(function, letter=claim.members[0].text)  # RBF = φ(z) = …: RBF is a second name of the function
    first, *others = claim.members
    definition = definition_of(
        first, [other for other, sign in zip(others, claim.signs, strict=True) if sign in EQUALITIES], lexicon, order
    )
    if definition is not None:
        yield definition
    is_alias = len(others) > 0 and printed_name(first) is not None and printed_name(others[0]) is not None
    is_late = definition is None and printed_name(first) is None and first.kind == "sign"  # -log L = C = …
    if len(others) > 1 and (is_alias or is_late) and claim.signs[1] in EQUALITIES:
        second = definition_of(others[0], others[1:], lexicon, order)  # y_c = s_c = …: both are defined
        if second is not None:
            yield second


def is_condition(claim: Claim) -> bool:
    """k = i: a case, and no equation."""
    return (
        len(claim.members) == 2
        and claim.signs[0] in ("=", "==", r"\neq")
        and _relation(claim.members, claim.signs) is not None
        and (
            condition_of(_relation(claim.members, claim.signs)) is not None  # type: ignore[arg-type]
        )
    )


def _function(left: Tree, right: Tree, lexicon: Lexicon, order: int) -> Function | None:
    r"""softmax(x)_j = …, σ(z) = …"""
    label: str | None = None
    if left.kind == "scripts" and left.children[0].kind in ("call", "function", "group") and left.children[1].kind == "subscript":
        label = letter_of(left.children[1].children[0])
        left = left.children[0].children[0] if left.children[0].kind == "group" else left.children[0]
    if left.kind not in ("call", "function"):
        return None
    head, argument = left.children
    if argument.kind == "scripts" and argument.children[0].kind == "group" and argument.children[1].kind == "subscript":
        label = letter_of(argument.children[1].children[0])
        argument = argument.children[0]
    letter = letter_of(head)
    inner = argument.children[0] if argument.kind == "group" else argument
    if label is None:
        inner, right = _of_one_number(inner, right)
    parameter = printed_name(inner)
    if letter is None or parameter is None or parameter.above or len(parameter.below) > 2 or is_gradient_tree(right):
        return None
    mention = lexicon.mention(parameter)
    if mention.indices:
        label = letter_of(mention.indices[-1])
    used = {name.letter for _, name in names_in(right)} | {found for node in walk(right) if (found := letter_of(node)) is not None}
    if parameter.letter not in used or letter in lexicon.losses or letter in used:
        return None
    return Function(letter, mention.family, label, right, order)


def _of_one_number(argument: Tree, body: Tree) -> tuple[Tree, Tree]:
    r"""σ(z_i) = 1/(1 + e^{-z_i}), σ(z^l) = …: one number goes in wherever it comes from, so its scripts say nothing.

    Not softmax(z_i) = e^{z_i} / Σ_k e^{z_k}, whose body has other entries.
    """
    name = printed_name(argument)
    if argument.kind != "scripts" or name is None or name.primes or any(node.kind in ("large", "matrix") for node in walk(body)):
        return argument, body
    if any(node != argument and other.letter != "e" for node, other in names_in(body)):
        return argument, body
    bare = argument.children[0]
    return bare, _with_bare(body, argument, bare)


def _with_bare(tree: Tree, name: Tree, bare: Tree) -> Tree:
    """A tree in which a name stands without its scripts."""
    if tree == name:
        return bare
    return replace(tree, children=tuple(_with_bare(child, name, bare) for child in tree.children)) if tree.children else tree


def definition_of(first: Tree, others: Sequence[Tree], lexicon: Lexicon, order: int) -> Definition | None:
    """What a chain that begins with `first` defines; None if that is no name, or nothing after it can be its meaning."""
    name, others = printed_name(first), [_without_words(other) for other in others]
    is_loss = False
    if name is None and first.kind == "call" and (head := printed_name(first.children[0])) is not None and head.letter in lexicon.losses:
        name, is_loss = Printed(head.letter, head.above, head.below), True
    if name is None or not others:
        return None
    mention = lexicon.mention(name)
    if mention.power is not None and integer_of(mention.power) == 2:  # σ² = …: the square has a name of its own
        mention = replace(mention, family=f"{mention.family}^2", power=None)
    if mention.is_transposed or mention.power is not None or mention.primes:
        return None
    labels = [letter_of(index) for index in ((mention.sample,) if mention.sample is not None else ()) + mention.indices]
    is_first = (
        len(labels) == 1
        and (only := mention.indices[0] if mention.indices else mention.sample) is not None
        and integer_of(only) is not None
        and name.letter in lexicon.losses
    )
    if is_first:
        labels = []
    if None in labels or len(set(labels)) != len(labels):
        return None
    is_loss = is_loss or (name.letter in lexicon.losses and not mention.family.endswith(" each"))
    bodies = [other for other in others if _can_define(other, mention, lexicon)]
    if not bodies or (any(is_number(other) for other in others) and printed_name(bodies[0]) is not None):
        return None  # u = v = 1 says what both are worth, and not what u is
    body = bodies[0]
    if _is_of_same_layer(body, mention, lexicon):
        labels = []
    is_error = mention.family in (r"\delta", r"\Delta")
    if is_error and len(labels) == 2 and mention.stage is None and not any(is_pure_gradient(other, lexicon) for other in bodies):
        return None  # Kronecker's
    if is_error or is_gradient_tree(body):
        role = "gradient"
        body = next((other for other in bodies if is_pure_gradient(other, lexicon)), body)
        if not is_pure_gradient(body, lexicon) and is_error and mention.stage is not None:
            return None
    elif is_loss:
        role, body = "cost", bodies[-1]
    else:
        role = "forward"
        body = next((other for other in bodies if not is_gradient_tree(other) and not _mentions_error(other, lexicon)), body)
    if mention.of_step is not None and role != "gradient":
        return None
    whole = Mention(mention.family, mention.stage, mention.of_step, mention.sample)
    return Definition(whole, tuple(label for label in labels if label is not None), body, role, order)


def _without_words(tree: Tree) -> Tree:
    r"""\frac{\partial C}{\partial z} \text{definition of the error} without its reason."""
    return tree.children[0] if tree.kind == "annotated" and tree.text == r"\text" else tree


def _is_of_same_layer(body: Tree, mention: Mention, lexicon: Lexicon) -> bool:
    r"""a^l_j = g(z^l): the index is left out at z, and the equation is that of the whole layer."""
    if body.kind != "call" or letter_of(body.children[0]) not in FUNCTION_HEADS or mention.stage is None:
        return False
    inner = mention_of(body.children[1], lexicon)
    return inner is not None and inner.stage == mention.stage and not inner.indices and inner.sample is None and len(mention.indices) == 1


def is_number(tree: Tree) -> bool:
    """1, -2."""
    return tree.kind == "number" or (tree.kind == "sign" and tree.children[0].kind == "number")


def is_pure_gradient(tree: Tree, lexicon: Lexicon) -> bool:
    """∂C/∂z, ∇_z C: one derivative of the cost and nothing else."""
    if tree.kind == "derivative":
        body = tree.children[1].children[0] if tree.children[1].kind == "call" else tree.children[1]
        name = printed_name(body)
        return len(tree.children) == 3 and name is not None and name.letter in lexicon.losses
    return tree.kind == "applied" and tree.children[0].kind in ("scripts", "symbol")


def without_results(definitions: Sequence[Definition], lexicon: Lexicon) -> list[Definition]:
    r"""Without e^L = (a^L - y) \odot \sigma'(z^L) where e is said to be \partial C/\partial z elsewhere: that is to be proved."""
    derivatives = {d.name.family for d in definitions if d.role == "gradient" and is_pure_gradient(d.body, lexicon)}
    return [d for d in definitions if d.role != "forward" or d.name.family not in derivatives]


def arguments_of_activations(definitions: Sequence[Definition], lexicon: Lexicon) -> set[str]:
    r"""The u of a = \sigma(u): families that layers take their activation of; not the a of q = \sigma(a^L), which is one itself."""
    found, activations = set(), set()
    for definition in definitions:
        body = definition.body
        is_call = body.kind in ("call", "function") and body.children[1].kind == "group" and _is_activation(body.children[0])
        name = printed_name(body.children[1].children[0]) if is_call else None
        if definition.role == "forward" and is_call and definition.name.stage is not None:
            activations.add(definition.name.family)
            found |= {lexicon.mention(name).family} if name is not None else set()
    return found - activations


def _is_activation(head: Tree) -> bool:
    r"""\sigma, \tanh, \operatorname{ReLU}; no logarithm, and nothing that is taken of several numbers."""
    return letter_of(head) in FUNCTION_HEADS | {r"\tanh"} or head.text.startswith(r"\operatorname")


def names_of_errors(definitions: Sequence[Definition], lexicon: Lexicon) -> dict[str, str]:
    r"""The e of e^l = \partial C/\partial z^l, and the E of E^l = \partial C/\partial Z^l: errors by another name than δ and Δ."""
    found: dict[str, str] = {}
    arguments = {"z", "Z"} | arguments_of_activations(definitions, lexicon)
    for definition in definitions:
        family, stage = definition.name.family, definition.name.stage
        if (
            definition.role != "gradient"
            or stage is None
            or len(family.lstrip("\\")) > 10
            or not is_pure_gradient(definition.body, lexicon)
        ):
            continue
        below = printed_name(definition.body.children[-1]) if definition.body.kind == "derivative" else None
        mention = lexicon.mention(below) if below is not None else None
        if mention is not None and mention.stage == stage and mention.family in arguments:
            found[family] = r"\Delta" if mention.family.isupper() else r"\delta"
    used = {definition.name.family for definition in definitions}
    is_free = not {r"\delta", r"\Delta"} & used and not lexicon.times
    return found if is_free else {}


def _mentions_error(tree: Tree, lexicon: Lexicon) -> bool:
    return any(lexicon.mention(name).family in (r"\delta", r"\Delta") for _, name in names_in(tree))


def _can_define(body: Tree, mention: Mention, lexicon: Lexicon) -> bool:
    """A body that does not mention what it defines, and is more than a number or an array of numbers."""
    is_array = body.kind == "matrix" and body.text != "cases"
    if is_array or body.kind in ("number", "text", "empty", "ellipsis", "sign") or any(node.kind == "ellipsis" for node in walk(body)):
        return body.kind == "sign" and not is_number(body)
    if all(node.kind not in ("symbol", "word") or node.text in ("T", r"\top") for node in walk(body)):
        return False
    for _, name in names_in(body):
        other = lexicon.mention(name)
        if mention.stage is not None and other.stage is not None and {mention.stage[0], other.stage[0]} == {"l", "L"}:
            return False
        is_square = other.power is not None and integer_of(other.power) == 2 and not mention.family.endswith("^2")
        if other.family == mention.family and other.stage in (mention.stage, None) and not is_square:
            return False
    return True
