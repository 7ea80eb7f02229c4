r"""The near miss that holds: small changes at the tree of a refuted claim, so that the correction is in the author's own notation.

Each row of `CHANGES` proposes trees in place of one; the first change anywhere in the wrong member that makes the claim
provable is the diagnosis.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from symback.verification.definitions import FUNCTION_HEADS, Claim
from symback.verification.mentions import letter_of, printed_name
from symback.verification.tree import Tree, base_of, operands_of, operators_of, walk
from symback.verification.unparse import unparse

__all__ = ["chain_text", "diagnose", "variants", "with_other_bounds"]

MOST_TRIALS = 160
_TIMES = ("", ".", r"\cdot", r"\times", "*")  # signs of a product of numbers


def diagnose(
    claim: Claim,
    holds: Callable[[Claim], bool],
    until: float,
    suspect: int = 0,
    likely: Callable[[Tree], Iterable[tuple[Tree, str]]] | None = None,
    is_false: Callable[[Claim], bool] = lambda claim: True,
) -> tuple[Claim | None, str]:
    """The corrected chain and what was wrong, or None and an empty text; `suspect` is the first member that differs from the one before.

    `likely` are changes of a member that are tried first: the slips that are usual in a document of its kind.  A later member that
    is not understood, so that it neither holds nor `is_false`, stays as it is.
    """
    members, found = list(claim.members), ""
    place = suspect or len(members) - 1
    while place < len(members):
        fixed, what = _fixed(claim, members, place, holds, until, likely)
        if fixed is None:
            return None, ""
        members[place] = fixed
        found = found or what
        pairs = ((k, _pair(claim, members[k - 1], members[k])) for k in range(place + 1, len(members)))
        place = next((k for k, pair in pairs if not holds(pair) and is_false(pair)), len(members))
    return (replace(claim, members=tuple(members)), found) if found else (None, "")


def _pair(claim: Claim, left: Tree, right: Tree) -> Claim:
    return Claim((left, right), ("=",), claim.conditions)


def _fixed(
    claim: Claim,
    members: list[Tree],
    place: int,
    holds: Callable[[Claim], bool],
    until: float,
    likely: Callable[[Tree], Iterable[tuple[Tree, str]]] | None,
) -> tuple[Tree | None, str]:
    """The member at a place with one change that makes it equal to the one before; of the first two, the left one may be wrong."""
    letters = index_letters(claim.members)
    left = printed_name(members[place - 1])
    rest_agrees = place == 1 < len(members) - 1 and holds(_pair(claim, members[1], members[2]))
    places = [place] if place > 1 else [0, 1] if rest_agrees else [1, 0]
    for own in places:
        first = likely(members[own]) if likely is not None else ()
        for trials, (changed, what) in enumerate(itertools.chain(first, variants(members[own], letters))):
            if trials > MOST_TRIALS or time.thread_time() > until:
                break
            name = printed_name(changed)
            if what == "extra factor" and left is not None and name is not None and name.letter == left.letter:
                continue  # u = u says nothing
            pair = _pair(claim, members[place - 1], changed) if own == place else _pair(claim, changed, members[place])
            if holds(pair):
                if own == place:
                    return changed, what
                members[own] = changed
                return members[place], what
    shadowed = _without_shadowed_sums(members[0], members[place])
    for changed, what in (
        itertools.chain(likely(shadowed) if likely is not None else (), variants(shadowed, letters)) if shadowed != members[place] else ()
    ):
        if time.thread_time() > until:
            break
        if holds(_pair(claim, members[place - 1], changed)):
            return changed, f"a sum over an index of the left side, and {what}"
    for what, found in (
        ("wrong link of the chain rule", _links(members, place)),
        ("missing factor", itertools.chain(_with_factors_of(members, place), _with_factors_inside(members, place))),
        ("index", _renamings(members[place], letters)),
    ):
        for changed in found:
            if time.thread_time() > until:
                break
            if holds(_pair(claim, members[place - 1], changed)):
                return changed, what
    return None, ""


def index_letters(members: Sequence[Tree]) -> str:
    """The letters that a claim has as indices, in the order in which they are printed; the usual ones if there are none."""
    found = [
        node.text for member in members for mark in walk(member) if mark.kind == "subscript" for node in walk(mark) if node.kind == "symbol"
    ]
    return "".join(dict.fromkeys(letter for letter in found if len(letter) == 1 and letter.islower())) or "ijkm"


def with_other_bounds(claim: Claim) -> Iterator[Claim]:
    """The claim with every Σ ended one earlier, then with every Σ begun one later."""

    def corrected(tree: Tree, which: int) -> Tree:
        tree = replace(tree, children=tuple(corrected(child, which) for child in tree.children))
        found = list(_bounds(tree))
        return found[which] if which < len(found) else tree

    for which in (0, 1):
        members = tuple(corrected(member, which) for member in claim.members)
        if members != claim.members:
            yield replace(claim, members=members)


def _with_factors_inside(members: Sequence[Tree], place: int) -> Iterator[Tree]:
    """A member with a name or derivative of the chain as a further factor of one of its products, under its index."""
    names = dict.fromkeys(node for member in members for node in walk(member) if _is_factor(node))
    own = members[place]
    signs = list(_signs_of_products(own))
    times = _leaf("operator", max(signs, key=signs.count, default=""))

    def changes(tree: Tree) -> Iterator[Tree]:
        if tree.kind in ("product", "large"):
            inside = tree if tree.kind == "product" else tree.children[1]
            bound = index_letters((tree.children[0],)) if tree.kind == "large" else ""
            parts = inside.children if inside.kind == "product" else (_bracketed(inside),)
            for name in names:
                for factor in (name, *(_renamed(name, letter) for letter in bound[:1])):
                    grown = Tree("product", (factor, times, *parts))
                    yield grown if tree.kind == "product" else replace(tree, children=(tree.children[0], grown))
        if tree.kind == "fraction":
            for name in names:
                above = tree.children[0]
                parts = above.children if above.kind == "product" else (above,)
                yield replace(tree, children=(Tree("product", (*parts, times, name)), tree.children[1]))

    yield from _everywhere(own, changes, False)


def _signs_of_products(tree: Tree) -> Iterator[str]:
    """How the author multiplies numbers, indices aside."""
    if tree.kind == "product":
        yield from (sign for sign in operators_of(tree) if sign in _TIMES)
    for child in tree.children if tree.kind not in ("subscript", "superscript") else ():
        yield from _signs_of_products(child)


def _is_factor(tree: Tree) -> bool:
    return tree.kind == "derivative" or (
        tree.kind == "scripts" and tree.children[0].kind in ("symbol", "word", "accent") and printed_name(tree) is not None
    )


def _renamed(tree: Tree, letter: str) -> Tree:
    """The last index of a name is another letter."""
    if tree.kind == "subscript":
        content = tree.children[0]
        if content.kind in ("product", "list"):
            return replace(tree, children=(replace(content, children=(*content.children[:-1], _leaf("symbol", letter))),))
        return replace(tree, children=(_leaf("symbol", letter),))
    if tree.kind == "derivative":
        return replace(tree, children=(*tree.children[:2], _renamed(tree.children[2], letter)))
    return replace(tree, children=tuple(_renamed(child, letter) if child.kind == "subscript" else child for child in tree.children))


def _with_factors_of(members: Sequence[Tree], position: int) -> Iterator[Tree]:
    """A member with a factor that another member of its chain has."""
    own = members[position]
    present = set(operands_of(own) if own.kind == "product" else (own,))
    for other in (*members[:position], *members[position + 1 :]):
        for node in walk(other):
            for factor in operands_of(node) if node.kind == "product" else ():
                if factor.kind in ("call", "function", "scripts", "fraction") and factor not in present:
                    present.add(factor)
                    blank = _leaf("operator", "")
                    inside = own.children if own.kind == "product" else (_bracketed(own),)
                    if inside[-1].kind in ("large", "applied", "function"):  # what follows it would belong to it
                        yield Tree("product", (*inside[:-1], factor, blank, inside[-1]))
                    else:
                        yield Tree("product", (*inside, blank, factor))


def chain_text(members: Sequence[Tree], signs: Sequence[str]) -> str:
    """A chain in LaTeX."""
    text = unparse(members[0])
    for sign, member in zip(signs, members[1:], strict=True):
        text += f" {sign} {unparse(member)}"
    return text


def variants(tree: Tree, letters: str = "ijkm") -> Iterator[tuple[Tree, str]]:
    """Every tree that differs from this one by one change, nearest first, with the name of what was wrong."""
    for what, change in CHANGES:
        change = partial(_indices, letters=letters) if what == "index" else change
        for changed in _everywhere(tree, change, what in ("layer", "index", "wrong symbol")):
            yield changed, what


def _everywhere(tree: Tree, change: Callable[[Tree], Iterator[Tree]], in_names: bool) -> Iterator[Tree]:
    """One change anywhere; inside names (scripts, what is derived, function heads) only changes of names."""
    yield from change(tree)
    for i, child in enumerate(tree.children):
        if not in_names and not _is_open(tree, i):
            continue
        for changed in _everywhere(child, change, in_names):
            yield replace(tree, children=(*tree.children[:i], changed, *tree.children[i + 1 :]))


def _is_open(tree: Tree, child: int) -> bool:
    """Whether a child of a node is an expression of its own."""
    if tree.kind == "scripts":
        return child == 0 and tree.children[0].kind == "group"
    if tree.kind == "call" and child == 0:
        return not is_head(tree.children[0])
    if tree.kind in ("large", "function", "applied") and child == 0:
        return False
    return tree.kind not in ("derivative", "applied", "superscript", "subscript")


def _leaf(kind: str, text: str) -> Tree:
    return Tree(kind, (), text)


def _bracketed(tree: Tree) -> Tree:
    return Tree("group", (tree,), "( )") if tree.kind in ("sum", "relation", "large", "sign") else tree


def _signs(tree: Tree) -> Iterator[Tree]:
    """+ for -, and the other way round."""
    if tree.kind == "sum":
        for i, child in enumerate(tree.children):
            if child.kind == "operator" and child.text in "+-":
                yield replace(
                    tree, children=(*tree.children[:i], _leaf("operator", "-" if child.text == "+" else "+"), *tree.children[i + 1 :])
                )
        if len(tree.children) == 3 and tree.children[1].text == "-":
            yield replace(tree, children=(tree.children[2], tree.children[1], tree.children[0]))
    if tree.kind == "sign" and tree.text == "-":
        yield tree.children[0]


def _turned(tree: Tree) -> Iterator[Tree]:
    """A transpose more or less, at a name or a bracket."""
    turn = Tree("superscript", (_leaf("symbol", "T"),))
    if tree.kind == "scripts":
        kept = tuple(
            script for script in tree.children[1:] if not (script.kind == "superscript" and letter_of(script.children[0]) in ("T", r"\top"))
        )
        if len(kept) < len(tree.children) - 1:
            yield replace(tree, children=(tree.children[0], *kept)) if kept else tree.children[0]
        elif letter_of(tree.children[0]) is not None and not any(script.kind == "subscript" for script in tree.children[1:]):
            yield Tree("scripts", (Tree("group", (tree,), "( )"), turn))
    elif _is_bare_matrix(tree) or (tree.kind == "group" and tree.text == "( )" and tree.children[0].kind in ("scripts", "symbol", "font")):
        yield Tree("scripts", (tree, turn))


def _swapped(tree: Tree) -> Iterator[Tree]:
    """Neighbouring factors in the other order."""
    if tree.kind == "product":
        places = [i for i, child in enumerate(tree.children) if child.kind != "operator"]
        for left, right in itertools.pairwise(places):
            children = list(tree.children)
            children[left], children[right] = children[right], children[left]
            yield replace(tree, children=tuple(children))


def _dropped(tree: Tree) -> Iterator[Tree]:
    """A factor less."""
    if tree.kind == "product":
        places = [i for i, child in enumerate(tree.children) if child.kind != "operator"]
        for place in places:
            kept = (
                tree.children[:place] + tree.children[place + 2 :]
                if place == 0
                else tree.children[: place - 1] + tree.children[place + 1 :]
            )
            yield kept[0] if len(kept) == 1 else replace(tree, children=kept)
    if tree.kind == "call" and tree.children[0].kind == "number":
        yield tree.children[1]


def _layers(tree: Tree) -> Iterator[Tree]:
    """A layer up or down."""
    if tree.kind == "superscript":
        content = tree.children[0]
        inner = content.children[0] if content.kind == "group" else content
        for moved in _moved(inner):
            yield replace(tree, children=(replace(content, children=(moved,)) if content.kind == "group" else moved,))


def _moved(tree: Tree) -> Iterator[Tree]:
    if tree.kind == "number" and tree.text.isdigit() and len(tree.text) < 4:
        yield _leaf("number", str(int(tree.text) + 1))
        if int(tree.text):
            yield _leaf("number", str(int(tree.text) - 1))
    elif tree.kind == "symbol" and tree.text in ("l", "L"):
        for sign in "-+":
            yield Tree("sum", (tree, _leaf("operator", sign), _leaf("number", "1")))
    elif tree.kind == "sum" and tree.children[0].kind == "symbol" and tree.children[0].text in ("l", "L") and len(tree.children) == 3:
        yield tree.children[0]
        yield replace(tree, children=(tree.children[0], _leaf("operator", "+" if tree.children[1].text == "-" else "-"), tree.children[2]))


def _indices(tree: Tree, letters: str = "ijkm") -> Iterator[Tree]:
    """jk for kj, and another index letter."""
    if tree.kind != "subscript":
        return
    content = tree.children[0]
    if content.kind == "relation" and content.children[0].kind == "symbol":  # what a Σ runs over
        for letter in letters:
            if letter != content.children[0].text:
                yield replace(tree, children=(replace(content, children=(_leaf("symbol", letter), *content.children[1:])),))
    if content.kind in ("product", "list") and len(content.children) == 3:
        first, sign, second = content.children
        yield replace(tree, children=(replace(content, children=(second, sign, first)),))
    if content.kind == "symbol":
        for letter in letters:
            if letter != content.text:
                yield replace(tree, children=(_leaf("symbol", letter),))
    elif content.kind in ("product", "list"):
        for i, child in enumerate(content.children):
            if child.kind == "symbol":
                for letter in letters:
                    if letter != child.text:
                        children = (*content.children[:i], _leaf("symbol", letter), *content.children[i + 1 :])
                        yield replace(tree, children=(replace(content, children=children),))


def _letters(tree: Tree) -> Iterator[Tree]:
    """a for z, W for b."""
    swaps = {"a": "z", "z": "a", "A": "Z", "Z": "A", "w": "b", "b": "w", "W": "b"}
    if tree.kind == "symbol" and tree.text in swaps:
        yield _leaf("symbol", swaps[tree.text])


def _primes(tree: Tree) -> Iterator[Tree]:
    """σ' for σ, and the other way round."""
    if tree.kind == "call":
        head, argument = tree.children
        if head.kind == "symbol" and head.text in (r"\sigma", "f", "g", r"\phi"):
            yield replace(tree, children=(Tree("scripts", (head, _leaf("prime", "'"))), argument))
        if head.kind == "scripts" and head.children[-1].kind == "prime" and len(head.children) == 2:
            yield replace(tree, children=(head.children[0], argument))


def _factors(tree: Tree) -> Iterator[Tree]:
    """2, ½ or -1 in front of the whole."""
    if tree.kind in ("product", "scripts", "symbol", "large", "sum", "fraction", "call"):
        inner = tree if tree.kind == "large" else _bracketed(tree)
        blank = _leaf("operator", "")
        yield Tree("sign", (inner,), "-")
        yield Tree("product", (_leaf("number", "2"), blank, inner))
        yield Tree("product", (Tree("fraction", (_leaf("number", "1"), _leaf("number", "2"))), blank, inner))


def _numbers(tree: Tree) -> Iterator[Tree]:
    """2 for 1, 1 for 2."""
    if tree.kind == "number" and tree.text in ("1", "2"):
        yield _leaf("number", "2" if tree.text == "1" else "1")
    if tree.kind == "relation" and letter_of(tree.children[0]) in ("dim", "axis") and tree.children[-1].text in ("0", "1"):
        yield replace(tree, children=(*tree.children[:-1], _leaf("number", "1" if tree.children[-1].text == "0" else "0")))


def _bounds(tree: Tree) -> Iterator[Tree]:
    """Σ from 1 for Σ from 0, Σ up to N - 1 for Σ up to N."""
    if tree.kind != "large" or tree.children[0].kind != "scripts":
        return
    sign = tree.children[0]
    for i, script in sorted(enumerate(sign.children), key=lambda pair: pair[1].kind != "superscript"):
        content = script.children[0] if script.kind in ("subscript", "superscript") else None
        changed = None
        if script.kind == "superscript" and content is not None and content.kind == "symbol":
            changed = Tree("sum", (content, _leaf("operator", "-"), _leaf("number", "1")))
        elif content is not None and content.kind == "relation" and content.children[-1].text == "0":
            changed = replace(content, children=(*content.children[:-1], _leaf("number", "1")))
        if changed is not None:
            scripts = (*sign.children[:i], replace(script, children=(changed,)), *sign.children[i + 1 :])
            yield replace(tree, children=(replace(sign, children=scripts), tree.children[1]))


def _squares(tree: Tree) -> Iterator[Tree]:
    """(Σ_k u_k)² for Σ_k u_k², and u² for u."""
    if tree.kind == "large" and tree.children[1].kind in ("scripts", "call"):
        body = tree.children[1]
        marked = body.children[1] if body.kind == "call" else body
        powers = [script for script in marked.children[1:] if script.kind == "superscript"] if marked.kind == "scripts" else []
        if len(powers) == 1:
            kept = tuple(child for child in marked.children if child is not powers[0])
            bare = kept[0] if len(kept) == 1 else replace(marked, children=kept)
            inside = replace(
                tree, children=(tree.children[0], replace(body, children=(body.children[0], bare)) if body.kind == "call" else bare)
            )
            yield Tree("scripts", (Tree("group", (inside,), "( )"), powers[0]))
    if tree.kind in ("word", "call"):
        for power in "23":
            yield Tree("scripts", (tree, Tree("superscript", (_leaf("number", power),))))


def _diagonal(tree: Tree) -> Iterator[Tree]:
    r"""diag(u) for u, a factor of a product: a column beside a matrix for the matrix that has it on its diagonal."""
    if tree.kind == "product":
        for i, child in enumerate(tree.children):
            if child.kind in ("call", "scripts", "group"):
                inside = child if child.kind == "group" and child.text == "( )" else Tree("group", (child,), "( )")
                name = _leaf("symbol", r"\operatorname{diag}")
                changed = Tree("function", (name, inside), r"\operatorname{diag}")
                yield replace(tree, children=(*tree.children[:i], changed, *tree.children[i + 1 :]))


def _unsummed(tree: Tree) -> Iterator[Tree]:
    """A summation sign less."""
    if tree.kind == "large" and letter_of(base_of(tree.children[0])) == r"\sum":
        yield tree.children[1]


def _powers(tree: Tree) -> Iterator[Tree]:
    r"""\prod_k D_k W for W^n \prod_k D_k: the power of a matrix is not to be taken out of a product of matrices."""
    factors = operands_of(tree) if tree.kind == "product" else ()
    if len(factors) == 2 and factors[0].kind == "scripts" and factors[1].kind == "large":
        powered, (sign, body) = factors[0], factors[1].children
        kept = tuple(script for script in powered.children[1:] if script.kind != "superscript")
        if letter_of(base_of(sign)) != r"\prod" or len(kept) == len(powered.children) - 1:
            return
        matrix = Tree("scripts", (powered.children[0], *kept)) if kept else powered.children[0]
        blank = _leaf("operator", "")
        for pair in ((body, blank, matrix), (matrix, blank, body)):
            for turned in (_turned_round(sign), sign):
                yield Tree("large", (turned, Tree("product", pair)), factors[1].text)


def _turned_round(sign: Tree) -> Tree:
    r"""\prod_{k=t}^{s+1} for \prod_{k=s+1}^t: the factors in the other order."""
    below = next((mark for mark in sign.children[1:] if mark.kind == "subscript"), None)
    above = next((mark for mark in sign.children[1:] if mark.kind == "superscript"), None)
    if below is None or above is None or below.children[0].kind != "relation":
        return sign
    first, last = below.children[0].children[-1], above.children[0]
    lower = replace(below, children=(replace(below.children[0], children=(*below.children[0].children[:-1], last)),))
    upper = replace(above, children=(first,))
    return replace(sign, children=tuple(lower if mark is below else upper if mark is above else mark for mark in sign.children))


def _links(members: Sequence[Tree], place: int) -> Iterator[Tree]:
    """A member with a link of its chain rule mended: what is derived, or by what, is what another link or the left side has."""
    derivatives = [node for member in members for node in walk(member) if node.kind == "derivative" and len(node.children) == 3]
    parts = dict.fromkeys(part for node in derivatives for part in node.children[1:] if part.kind != "empty")

    def changes(tree: Tree) -> Iterator[Tree]:
        if tree.kind == "derivative" and len(tree.children) == 3:
            for which in (2, 1):
                for part in parts:
                    if part not in tree.children:
                        yield replace(tree, children=(*tree.children[:which], part, *tree.children[which + 1 :]))

    yield from _everywhere(members[place], changes, False)


def _without_shadowed_sums(left: Tree, tree: Tree) -> Tree:
    """Without the sums over a letter that the left side has free: x_t = Σ_t u_t."""
    if tree.kind == "large" and letter_of(base_of(tree.children[0])) == r"\sum":
        below = [mark.children[0] for mark in tree.children[0].children[1:] if mark.kind == "subscript"]
        names = {operand.text for content in below for operand in operands_of(content)[:1]}
        if any(_has_index(left, name) for name in names):
            return _without_shadowed_sums(left, tree.children[1])
    return replace(tree, children=tuple(_without_shadowed_sums(left, child) for child in tree.children))


def _renamings(tree: Tree, letters: str) -> Iterator[Tree]:
    """A factor in which two indices have other names at once: p_k (δ_{ik} - p_i) for p_i (δ_{ij} - p_j)."""

    def changes(own: Tree) -> Iterator[Tree]:
        if own.kind not in ("call", "product", "group"):
            return
        used = [letter for letter in letters if letter in index_letters((own,)) and _has_index(own, letter)]
        for one, other in itertools.permutations(used, 2):
            for new in itertools.permutations(letters, 2):
                if new[0] != one and new[1] != other:
                    yield _with_letters(own, {one: new[0], other: new[1]})

    yield from _everywhere(tree, changes, False)


def _has_index(tree: Tree, letter: str) -> bool:
    return any(node.kind == "subscript" and any(part.text == letter for part in walk(node)) for node in walk(tree))


def _with_letters(tree: Tree, names: dict[str, str], is_index: bool = False) -> Tree:
    """Other letters for indices, all at once."""
    if is_index and tree.kind == "symbol":
        return replace(tree, text=names.get(tree.text, tree.text))
    inside = is_index or tree.kind == "subscript"
    return replace(tree, children=tuple(_with_letters(child, names, inside) for child in tree.children))


CHANGES: tuple[tuple[str, Callable[[Tree], Iterator[Tree]]], ...] = (
    ("power of a matrix outside a product", _powers),
    ("sum bound", _bounds),
    ("sign", _signs),
    ("extra sum", _unsummed),
    ("missing diag", _diagonal),
    ("transpose", _turned),
    ("order of the factors", _swapped),
    ("prime at the activation", _primes),
    ("wrong symbol", _letters),
    ("layer", _layers),
    ("index", _indices),
    ("power", _squares),
    ("extra factor", _dropped),
    ("number", _numbers),
    ("missing factor", _factors),
)


def _is_bare_matrix(tree: Tree) -> bool:
    """A letter without scripts, or a product in round brackets: what a ᵀ can be put on."""
    is_bracketed_product = tree.kind == "group" and tree.text == "( )" and tree.children[0].kind == "product"
    return is_bracketed_product or (tree.kind == "symbol" and tree.text.isalpha())


def is_head(tree: Tree) -> bool:
    """σ, σ', f before a bracket."""
    name = printed_name(tree)
    return name is not None and name.letter in FUNCTION_HEADS
