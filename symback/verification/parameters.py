r"""Powers of a function's parameter, on pages whose superscripts count layers.

    \operatorname{GELU}(z) = z + z^{3}        ->   z + ((z))^{3}

Elsewhere on such a page z^{3} are the weighted inputs of layer 3.  What a function is given stands bare at its left side, as
one number, and a number has no layers.  The brackets are two because (z^{3}) and (z)^{3} are names as well.
"""

from __future__ import annotations

from dataclasses import replace

from symback.verification.mentions import FUNCTION_HEADS, KNOWN_LOSSES, integer_of, letter_of, printed_name
from symback.verification.tree import Tree, operands_of, walk

__all__ = ["with_powers_of_parameters"]


def with_powers_of_parameters(tree: Tree) -> Tree:
    """The formula with brackets around the parameter of a function, where a number stands above it."""
    children = tuple(map(with_powers_of_parameters, tree.children))
    tree = tree if children == tree.children else replace(tree, children=children)
    letter = _parameter_of(operands_of(tree)[0]) if tree.kind == "relation" else None
    if letter is None:
        return tree
    first, *others = tree.children
    if not all(_is_bare_or_power(node, letter) for other in others for node in walk(other) if node.kind == "scripts"):
        return tree
    return replace(tree, children=(first, *(_bracketed(other, letter) for other in others)))


def _parameter_of(left: Tree) -> str | None:
    """The z of σ(z), GELU'(z): a function that is no cost, at a letter without scripts."""
    if left.kind not in ("call", "function"):
        return None
    head, argument = left.children
    name = printed_name(head)
    if name is None or name.letter in KNOWN_LOSSES or name.below or name.above:
        return None
    inner = argument.children[0] if argument.kind == "group" else argument
    is_function = left.kind == "function" or name.letter in FUNCTION_HEADS
    return inner.text if is_function and inner.kind == "symbol" and letter_of(inner) == inner.text else None


def _is_bare_or_power(node: Tree, letter: str) -> bool:
    """Whether scripts are at another letter, or are the number of a power."""
    if letter_of(node.children[0]) != letter:
        return True
    contents = [script.children[0] for script in node.children[1:] if script.kind == "superscript"]
    return len(contents) == len(node.children) - 1 == 1 and integer_of(contents[0]) is not None


def _bracketed(tree: Tree, letter: str) -> Tree:
    """z^{3}  ->  ((z))^{3}."""
    if tree.kind == "scripts" and tree.children[0].kind == "symbol" and tree.children[0].text == letter:
        base = tree.children[0]
        inner = Tree("group", (base,), "( )", base.start, base.end)
        return replace(tree, children=(Tree("group", (inner,), "( )", base.start, base.end), *tree.children[1:]))
    return replace(tree, children=tuple(_bracketed(child, letter) for child in tree.children)) if tree.children else tree
