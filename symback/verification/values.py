r"""Functions that a page treats as quantities: `rms(x)_i`, `softmax(x_{ij})`, `linear(input)_{pq}`, `MSE(A, B)` are names.

    rms(x)_i = \sqrt{\frac1N \sum_j x_{ij}^2}        ->   rms_i = …
    \frac{\partial linear(input)_{pq}}{\partial input_{ij}}    ->   ∂linear_{pq}/∂input_{ij}
    \frac{\partial f(linear(input)_{kl})}{\partial input_{ij}}   ->   ∂f/∂input_{ij},   f the cost,   df_{ij} = ∂f/∂linear_{ij}

A function with a definition is such a name if the page applies it to nothing but the names that it is made of.  What depends
on them is then said by the definition, and the derivative by `rms(x)_i` itself has a meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from symback.verification.mentions import KNOWN_LOSSES, letter_of, printed_name, script_shift
from symback.verification.tree import Tree, operands_of, walk

__all__ = ["NamedValues", "named_values_of"]

EQUALITY_SIGNS = ("=", ":=", r"\equiv")


@dataclass(frozen=True)
class NamedValues:
    """The heads that are names, and for each outer function the name that it is applied to: {"f": "linear"}."""

    heads: frozenset[str] = frozenset()
    outer: dict[str, str] = field(default_factory=dict)

    def plain(self, tree: Tree) -> Tree:
        """The tree with names in place of the calls."""
        children = tuple(self.plain(child) for child in tree.children)
        tree = replace(tree, children=children) if children != tree.children else tree
        if tree.kind == "product":
            return self._differential(tree)
        head = _head_of(tree)
        if head in self.outer:
            return Tree("symbol", (), head, tree.start, tree.end)
        if head not in self.heads:
            return tree
        return _as_name(head, tree)

    def _differential(self, tree: Tree) -> Tree:
        """df_{ij} is the derivative of f by what it is applied to, entry i j."""
        children: list[Tree] = []
        for child in tree.children:
            name = printed_name(child) if child.kind in ("symbol", "scripts") else None
            is_after_d = len(children) > 1 and children[-1].kind == "operator" and not children[-1].text and children[-2].text == "d"
            if name is None or name.letter not in self.outer or not is_after_d:
                children.append(child)
                continue
            del children[-2:]
            output = Tree("word", (), self.outer[name.letter], child.start, child.end)
            scripts = tuple(script for script in child.children[1:] if not _is_whole(script)) if child.kind == "scripts" else ()
            below = replace(child, kind="scripts", children=(output, *scripts)) if scripts else output
            children.append(
                Tree("derivative", (Tree("symbol", (), r"\partial"), Tree("symbol", (), name.letter), below), "", child.start, child.end)
            )
        return children[0] if len(children) == 1 else replace(tree, children=tuple(children))


def _is_whole(script: Tree) -> bool:
    """df_X: the matrix of all of them."""
    letter = letter_of(script.children[0]) if script.kind == "subscript" else None
    return letter is not None and letter.isupper()


def _as_name(head: str, call: Tree) -> Tree:
    """F(x)_{ij}, F(x_{ij}) -> F_{ij};  F(x)^2 -> F^2."""
    name = Tree("word" if len(head) > 1 and not head.startswith("\\") else "symbol", (), head, call.start, call.end)
    argument = call.children[1]
    outside = argument.children[1:] if argument.kind == "scripts" else ()
    group = argument.children[0] if argument.kind == "scripts" else argument
    inner = group.children[0] if group.kind == "group" else group
    inside: tuple[Tree, ...] = ()
    if not any(script.kind == "subscript" for script in outside) and inner.kind == "scripts":
        inside = tuple(script for script in inner.children[1:] if script.kind == "subscript")
    scripts = (*inside, *outside)
    return Tree("scripts", (name, *scripts), "", call.start, call.end) if scripts else name


def _head_of(tree: Tree) -> str | None:
    """The letter or word that is applied, without scripts of its own."""
    if tree.kind not in ("call", "function"):
        return None
    group = tree.children[1].children[0] if tree.children[1].kind == "scripts" else tree.children[1]
    if group.kind != "group" or group.text != "( )":
        return None
    letter = letter_of(tree.children[0]) if tree.children[0].kind in ("symbol", "word", "font") else None
    return None if letter is None else letter.removeprefix(r"\operatorname").strip("{}")


def _arguments(tree: Tree) -> tuple[Tree, ...]:
    group = tree.children[1].children[0] if tree.children[1].kind == "scripts" else tree.children[1]
    return operands_of(group.children[0]) if group.children[0].kind == "list" else (group.children[0],)


def _plain_letter(tree: Tree) -> str | None:
    """x of x, X, x_{ij}: a name without a layer; letters of any case are one."""
    name = printed_name(tree) if tree.kind in ("symbol", "word", "scripts", "font", "accent") else None
    if name is None or name.above or name.primes or name.is_transposed:
        return None
    if not all(_is_index(item) for item in name.below):
        return None
    return name.letter if len(name.letter) > 1 else name.letter.lower()


def _is_index(tree: Tree) -> bool:
    """i, or i: for a whole row."""
    if tree.kind == "relation" and tree.children[1].text == ":":
        return all(child.kind in ("symbol", "empty", "operator") for child in tree.children)
    shift = script_shift(tree)
    return shift is not None and bool(shift[0]) and not shift[1]


def named_values_of(trees: Sequence[Tree]) -> NamedValues:
    """The functions of a document that are names of quantities."""
    calls = [(head, node) for tree in trees for node in walk(tree) if (head := _head_of(node)) is not None]
    heads = {head for head, _ in calls}
    primed = {letter_of(node.children[0]) for tree in trees for node in walk(tree) if node.kind == "scripts" and _is_primed(node)}
    bodies: dict[str, list[Tree]] = {}
    for tree in trees:
        for left, right in _equations(tree):
            head = _head_of(left) or _word_of(left)
            if head in heads:
                bodies.setdefault(head, []).append(right)
    below = {
        letter for tree in trees for node in walk(tree) if node.kind == "derivative" for v in node.children[2:] if (letter := _word_of(v))
    }
    below |= {
        head for tree in trees for node in walk(tree) if node.kind == "derivative" for v in node.children[2:] if (head := _head_of(v))
    }
    found = set()
    for head in bodies:
        used = [_plain_letter(argument) for one, node in calls if one == head for argument in _arguments(node)]
        made_of = {letter for body in bodies[head] for letter in _letters_in(body)}
        is_loss = head in KNOWN_LOSSES and head not in below
        if None in used or is_loss or head in primed or not set(used) <= made_of | {letter for letter in used if len(set(used)) == 1}:
            continue
        if any(node.kind == "large" or _head_of(node) in bodies.keys() - {head} for body in bodies[head] for node in walk(body)):
            found.add(head)
    return NamedValues(frozenset(found), _outer(calls, found))


def _is_primed(tree: Tree) -> bool:
    return any(script.kind == "prime" for script in tree.children[1:])


def _word_of(tree: Tree) -> str | None:
    name = printed_name(tree) if tree.kind in ("symbol", "word", "scripts") else None
    return None if name is None else name.letter


def _letters_in(body: Tree) -> Iterator[str]:
    for node in walk(body):
        if node.kind in ("symbol", "word"):
            yield node.text if len(node.text) > 1 else node.text.lower()
        elif (head := _head_of(node)) is not None:
            yield head


def _equations(tree: Tree) -> Iterator[tuple[Tree, Tree]]:
    """Each member before an equality sign with the one after it."""
    for node in walk(tree):
        if node.kind == "relation":
            members = node.children
            for i in range(0, len(members) - 2, 2):
                if members[i + 1].text in EQUALITY_SIGNS:
                    yield members[i], members[i + 2]


def _outer(calls: Sequence[tuple[str, Tree]], heads: set[str]) -> dict[str, str]:
    """f of f(linear(input)): a function of a named value that is no named value itself."""
    found: dict[str, str] = {}
    for head, node in calls:
        arguments = _arguments(node)
        inner = _head_of(arguments[0]) if len(arguments) == 1 else None
        if head not in heads and len(head) == 1 and inner in heads:
            found.setdefault(head, inner)
    return found
