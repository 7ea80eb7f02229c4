"""The roles of letters and scripts in a document, found from all its formulas: layers, times, samples, indices, costs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set

from symback.verification.grammar import NORMS
from symback.verification.mentions import (
    ALWAYS_STAGES,
    CAPITAL_GREEK,
    INDEX_LETTERS,
    KNOWN_LOSSES,
    LAYER_PARAMETERS,
    LAYERED,
    NAMED_BY_LAYER,
    TIMES,
    Lexicon,
    Printed,
    indices_of,
    integer_of,
    is_ones,
    letter_of,
    letters_of_stage,
    names_in,
    printed_name,
    script_shift,
)
from symback.verification.tree import Tree, operands_of, operators_of, walk

__all__ = ["bound_in", "lexicon_of"]


def lexicon_of(trees: Sequence[Tree], losses: frozenset[str] = frozenset()) -> Lexicon:
    """The roles of scripts, from all formulas of a document; `losses` are letters that are known to be costs."""
    names = [(node, name) for tree in trees for node, name in names_in(tree)]
    bound = _bound_letters(trees)
    bound.update(_letters_at_ones(trees))
    recursive = _recursive_letters(trees)
    above, below = _script_letters(names)
    times = frozenset(letter for letter in TIMES if letter in recursive or (letter == "T" and {"t", r"\tau"} & recursive.keys()))
    if not times and "t" in below and "t" not in bound and below["t"] >= 3:
        times = frozenset(["t", "T"])
    stages_above = (
        ALWAYS_STAGES | {letter for letter, places in recursive.items() if "above" in places} | (times if times & above.keys() else set())
    )
    stages_below = {letter for letter, places in recursive.items() if "below" in places} | (times if times & below.keys() else set())
    if "l" in below and not above.get("l") and "l" in recursive:
        stages_below = stages_below | ALWAYS_STAGES
    numbers, bracketed = _numbers_above(names)
    by_letters = _layered_by_letters(names)
    layered = (LAYERED | (frozenset() if bracketed else _layered_by_equations(trees))) if numbers else frozenset()
    layered = layered | by_letters
    costs = _losses(trees) | losses
    return Lexicon(
        frozenset(stages_above), frozenset(stages_below), times, layered, _numbers_below(names), bracketed, frozenset(bound),
        costs, _numbered_costs(trees, costs), _merged(trees), _tagged(names) | _named_by_steps(names, times, bound), _stray(trees),
        numbered=_numbered(names), sampled=_sampled(names, stages_above),
    )  # fmt: skip


def _sampled(names: Sequence[tuple[Tree, Printed]], stages: Set[str]) -> frozenset[str]:
    """Letters with numbers in round brackets that are samples: layers stand in square ones, or the letter has x^{(i)} and never x^{(l)}."""
    found: dict[str, set[str]] = {}
    has_square_layers = False
    for _, name in names:
        for content in name.above:
            shift = script_shift(content)
            if content.kind != "group" or shift is None:
                continue
            has_square_layers = has_square_layers or (content.text == "[ ]" and name.letter in LAYERED)
            if content.text == "( )":
                found.setdefault(name.letter, set()).add(
                    "" if not shift[0] else "stage" if shift[0] in stages or len(name.above) > 1 else "sample"
                )
    return frozenset(letter for letter, roles in found.items() if has_square_layers or ("sample" in roles and "stage" not in roles))


def _bound_letters(trees: Sequence[Tree]) -> Counter[str]:
    """Letters that stand under a summation sign."""
    found: Counter[str] = Counter()
    for tree in trees:
        for node in walk(tree):
            if node.kind == "large" and node.children[0].kind == "scripts":
                for script in node.children[0].children[1:]:
                    if script.kind == "subscript":
                        found.update(bound_in(script.children[0]))
    return found


def _summed(trees: Sequence[Tree]) -> frozenset[tuple[str, str]]:
    """(w, k) where w_k stands under a Σ_k."""
    found: set[tuple[str, str]] = set()
    for node in (node for tree in trees for node in walk(tree) if node.kind == "large"):
        bound = set(_bound_letters([node]))
        inside = (name for _, name in names_in(node.children[1]))
        found |= {(name.letter, letter) for name in inside for item in name.below if (letter := letter_of(item)) in bound and letter}
    return frozenset(found)


def _letters_at_ones(trees: Sequence[Tree]) -> list[str]:
    r"""Letters at a \mathbf 1_h are indices."""
    scripts = [node.children[1:] for tree in trees for node in walk(tree) if node.kind == "scripts" and is_ones(node.children[0])]
    return [
        letter
        for marks in scripts
        for mark in marks
        if mark.kind == "subscript"
        for letter in bound_in(mark.children[0])
        if letter.islower()
    ]


def bound_in(tree: Tree) -> list[str]:
    """j, j=0, {j,k}, j ≠ i: the letters that a large sign binds."""
    if tree.kind == "relation":
        return bound_in(operands_of(tree)[0])
    if tree.kind == "list":
        return [letter for operand in operands_of(tree) for letter in bound_in(operand)]
    return [letter for index in indices_of(tree) if (letter := letter_of(index)) is not None]


def _recursive_letters(trees: Sequence[Tree]) -> dict[str, set[str]]:
    """Letters that stand both plain and shifted at one place of scripts in one formula: h_t, h_{t-1}; z^{l+1}, a^l."""
    found: dict[str, set[str]] = {}
    for tree in trees:
        seen: set[tuple[str, str, bool]] = set()
        summed = _bound_letters([tree])
        factors = {part.text for node in walk(tree) if node.kind == "product" for part in node.children if part.kind == "symbol"}
        for _, name in names_in(tree):
            for place, scripts in (("above", name.above), ("below", name.below)):
                for script in scripts:
                    shift = script_shift(script)
                    if (
                        shift
                        and shift[0]
                        and len(letters_of_stage(shift[0])) == 1
                        and (place == "above" or shift[0] not in summed or shift[0] in TIMES)
                    ):
                        seen.add((shift[0], place, shift[1] != 0))
        for letter, place, _ in seen:
            if letter in factors and place == "above":
                continue  # n x^{n-1}
            is_both = (letter, place, True) in seen and ((letter, place, False) in seen or place == "above")
            if is_both and len(letter) <= 4 and (letter not in ("n", "m", "N", "M", "p") or place == "above"):
                found.setdefault(letter, set()).add(place)
    return found


def _script_letters(names: Sequence[tuple[Tree, Printed]]) -> tuple[Counter[str], Counter[str]]:
    above: Counter[str] = Counter()
    below: Counter[str] = Counter()
    for _, name in names:
        above.update(shift[0] for script in name.above if (shift := script_shift(script)))
        below.update(shift[0] for script in name.below if (shift := script_shift(script)))
    return above, below


def _numbers_above(names: Sequence[tuple[Tree, Printed]]) -> tuple[bool, bool]:
    """Whether numbers above network letters are layers, and whether these are printed in brackets."""
    bare: set[int] = set()
    all_bare: set[int] = set()
    bracketed = False
    for _, name in names:
        for content in name.above:
            shift = script_shift(content)
            if shift is None or name.letter not in LAYERED:
                continue
            if content.kind == "group" and (shift[0] in ("", "l", "L")):
                bracketed = True
            elif shift[0] == "":
                all_bare.add(shift[1])
                if name.letter in NAMED_BY_LAYER:
                    bare.add(shift[1])
    scripts = [script_shift(content) for _, name in names if name.letter in ("W", "w", "Z", "z", "b") for content in name.above]
    is_usual = bool(scripts) and (all_bare != {2} or any(shift is not None and shift[0] in ("l", "L") for shift in scripts))
    return bracketed or bool(bare - {2}) or is_usual, bracketed and not bare - {2}


def _layered_by_letters(names: Sequence[tuple[Tree, Printed]]) -> frozenset[str]:
    """The V of V^l, and the v of its entries: the 2 of v^2 is a layer as well."""
    found = {
        name.letter
        for _, name in names
        for content in name.above
        if content.kind != "group" and (shift := script_shift(content)) is not None and shift[0] in ("l", "L")
    }
    printed = {name.letter for _, name in names}
    return frozenset(found | {letter.swapcase() for letter in found if len(letter) == 1 and letter.swapcase() in printed})


def _layered_by_equations(trees: Sequence[Tree]) -> frozenset[str]:
    r"""Letters that an equation states for a layer, \mu^{2} = \frac13 1^T a^{1}, or that are derived by with a number, \partial \gamma^{2}.

    \sigma^2 and s^2 = \frac13 \sum (a - \mu)^2 are squares.
    """
    found = set()
    for node in (node for tree in trees for node in walk(tree)):
        if node.kind == "relation" and operators_of(node)[0] in ("=", ":="):
            name, right = printed_name(node.children[0]), node.children[2]
            number = _number_above(name)
            layers = {integer_of(content) for _, other in names_in(right) if other.letter in LAYERED for content in other.above}
            is_square = right.kind != "root" and any(part.kind == "superscript" and part.children[0].text == "2" for part in walk(right))
            if name is not None and number is not None and layers & {number, number - 1} and (1 in layers or number != 2 or not is_square):
                found.add(name.letter)
        for below in node.children[2:] if node.kind == "derivative" else ():
            name = printed_name(below)
            if name is not None and name.letter in LAYER_PARAMETERS and _number_above(name) is not None:
                found.add(name.letter)
    return frozenset(found - {r"\sigma"})


def _number_above(name: Printed | None) -> int | None:
    """The 2 of \\mu^2, if nothing else stands above."""
    return integer_of(name.above[0]) if name is not None and len(name.above) == 1 and name.above[0].kind != "group" else None


def _numbers_below(names: Sequence[tuple[Tree, Printed]]) -> bool:
    """W_3, z_3 = W_3 a_2: capital weights with a single number below, never with two."""
    single = {name.letter for _, name in names if len(name.below) == 1 and integer_of(name.below[0]) is not None and not name.above}
    double = {name.letter for _, name in names if len([item for item in name.below if script_shift(item) is not None]) > 1}
    return bool({"W", r"\Theta"} & single) and bool({"z", "a", "h", "Z", "A", "H", r"\delta"} & single) and not {"W", "w"} & double


def _losses(trees: Sequence[Tree]) -> frozenset[str]:
    """Letters that are differentiated and never differentiated by, among the usual ones or without any other use."""
    above: Counter[str] = Counter()
    below: Counter[str] = Counter()
    used: Counter[str] = Counter()
    whole: set[str] = set()
    for tree in trees:
        for node in walk(tree):
            if node.kind == "derivative":
                _count(node.children[1], above, must_be_plain=True)
                whole |= {node.children[1].text} if node.children[1].kind == "symbol" and node.children[1].text.isupper() else set()
                for variable in node.children[2:]:
                    if not _is_share(node.children[1], variable):
                        _count(variable, below)
            if node.kind in ("product", "sum", "call", "function"):
                for child in node.children[node.kind == "function" :]:
                    _count(child, used)
    unused = {letter for letter in above if not used[letter] and letter not in below and letter not in _left_sides(trees)}
    quantities = _left_sides(trees, has_index=True) - whole | _arrays(trees)  # ∂C/∂w beside C_s = …: the C_s is that of a sample
    factors = {letter for letter in ("c", "l") if used[letter]}
    factors |= _derivatives_by_name(trees)
    factors |= _beside_capitals(trees) - above.keys() - _left_sides(trees)
    return frozenset(letter for letter in KNOWN_LOSSES | unused if letter not in below and letter not in quantities | factors)


def _derivatives_by_name(trees: Sequence[Tree]) -> set[str]:
    """The E of E^L = ∂C/∂Z^L: an error, and no cost."""
    relations = (node for tree in trees for node in walk(tree) if node.kind == "relation")
    pairs = ((printed_name(node.children[0]), operands_of(node)[1]) for node in relations)
    return {name.letter for name, right in pairs if name is not None and name.above and right.kind == "derivative"}


def _beside_capitals(trees: Sequence[Tree]) -> set[str]:
    """The C of A(B + C) = AB + AC, a matrix as the others."""
    found: set[str] = set()
    for node in (node for tree in trees for node in walk(tree) if node.kind == "product"):
        letters = {part.text for part in operands_of(node) if part.kind == "symbol" and part.text.isupper()}
        found |= letters if len(letters) > 1 else set()
    return found


def _numbered_costs(trees: Sequence[Tree], losses: Set[str]) -> frozenset[str]:
    """The C of C = C_0 + λ Σ w²: C_0 is a term of the whole cost, and no name for the same."""
    found = set()
    for node in (node for tree in trees for node in walk(tree) if node.kind == "relation"):
        left, *others = operands_of(node)
        name = printed_name(left)
        if name is None or name.below or name.above or name.letter not in losses:
            continue
        terms = [term for other in others for term in (operands_of(other) if other.kind == "sum" else ())]
        inside = {found for term in terms if term.kind != "large" for _, found in names_in(term)}
        if any(part.letter == name.letter and len(part.below) == 1 and part.below[0].text == "0" for part in inside):
            found.add(name.letter)
    return frozenset(found)


def _left_sides(trees: Sequence[Tree], has_index: bool = False) -> set[str]:
    """Letters that a relation defines by what is no cost: no logarithm, no square, no norm; with an index if that is asked for."""
    found = set()
    for tree in trees:
        for node in walk(tree):
            if node.kind == "relation" and (name := printed_name(node.children[0])) is not None:
                if has_index and not any(integer_of(item) is None and item.text not in CAPITAL_GREEK for item in name.below):
                    continue
                inside = [part for member in operands_of(node)[1:] for part in walk(member)]
                is_cost = _is_function_of_same_letter(name, operands_of(node)[1]) or any(
                    part.text in (r"\log", r"\ln", *NORMS) or (part.kind == "superscript" and part.children[0].text == "2")
                    for part in inside
                )
                has_own_index = name.letter not in KNOWN_LOSSES and bool(
                    _free_letters(operands_of(node)[1:]) - set(_indices_in(node.children[0]))
                )
                if (not is_cost or has_own_index) and not any(part.kind == "derivative" for part in inside):
                    found.add(name.letter)
    return found


def _is_function_of_same_letter(name: Printed, member: Tree) -> bool:
    """C_s = C(a_s, y_s): the cost of a sample is the cost as a function of what belongs to the sample."""
    head = printed_name(member.children[0]) if member.kind == "call" else None
    return head is not None and head.letter == name.letter and not head.below and not head.above


def _arrays(trees: Sequence[Tree]) -> set[str]:
    """Letters that are transposed, or stand with two indices: a cost never does."""
    names = [name for tree in trees for _, name in names_in(tree)]
    return {
        name.letter
        for name in names
        if name.is_transposed or sum(bool((shift := script_shift(item)) and shift[0]) for item in name.below) > 1
    }


def _indices_in(tree: Tree) -> list[str]:
    """The index letters of the names in a formula."""
    return [shift[0] for _, name in names_in(tree) for item in name.below if (shift := script_shift(item)) is not None and shift[0]]


def _free_letters(members: Sequence[Tree]) -> set[str]:
    """Letters that count the entries of something and are bound by no sum."""
    letters = {letter for member in members for letter in _indices_in(member) if letter in INDEX_LETTERS}
    return letters - set(_bound_letters(members))


def _count(tree: Tree, counter: Counter[str], must_be_plain: bool = False) -> None:
    if tree.kind == "call":
        tree = tree.children[0]
    name = printed_name(tree)
    if name is not None and not (must_be_plain and (name.below or name.above) and name.letter not in KNOWN_LOSSES):
        counter[name.letter] += 1


def _is_share(whole: Tree, part: Tree) -> bool:
    r"""∂C_Σ/∂C_s: a cost is derived by the cost of a sample, which has the same letter and an index."""
    upper, lower = printed_name(whole), printed_name(part)
    if upper is None or lower is None or upper.letter != lower.letter:
        return False
    return upper.letter in KNOWN_LOSSES and bool(lower.below) and upper != lower


def _stray(trees: Sequence[Tree]) -> frozenset[tuple[str, str]]:
    """Letters that stand once where a quantity has its indices otherwise: y_f beside y_i is an index, and no other quantity.

    A w_{fj} stands beside the matrix W.
    """
    formulas: dict[str, set[int]] = {}
    pairs: set[tuple[str, str]] = set()
    elsewhere: dict[str, set[int]] = {}
    for number, tree in enumerate(trees):
        for _, name in names_in(tree):
            elsewhere.setdefault(name.letter, set()).add(number)
            for item in name.below:
                shift = script_shift(item)
                if shift is not None and not shift[1] and len(shift[0]) == 1 and shift[0].islower() and shift[0] not in INDEX_LETTERS:
                    formulas.setdefault(shift[0], set()).add(number)
                    pairs.add((name.letter, shift[0]))
    elsewhere["w"] = elsewhere.get("w", set()) | elsewhere.get("W", set())
    return frozenset((letter, tag) for letter, tag in pairs if len(formulas[tag]) == 1 and elsewhere[letter] - formulas[tag])


def _numbered(names: Sequence[tuple[Tree, Printed]]) -> frozenset[str]:
    """O_2[i,k]: the number belongs to the name, and the entry stands in the brackets."""
    heads = [node.children[0] for node, _ in names if node.kind == "call"]
    return frozenset(
        name.letter
        for head in heads
        if (name := printed_name(head)) is not None and any(integer_of(item) is not None for item in name.below)
    )


def _tagged(names: Sequence[tuple[Tree, Printed]]) -> frozenset[str]:
    """Letters whose subscripts are names of gates: W_f, W_o and then W_i too."""
    single: dict[str, set[str]] = {}
    for _, name in names:
        if len(name.below) == 1 and (shift := script_shift(name.below[0])) is not None and shift[0] and not shift[1]:
            single.setdefault(name.letter, set()).add(shift[0])
    return frozenset(
        letter for letter, items in single.items() if len({item for item in items if item not in INDEX_LETTERS and item not in TIMES}) >= 2
    )


def _named_by_steps(names: Sequence[tuple[Tree, Printed]], times: Set[str], bound: Mapping[str, int]) -> frozenset[str]:
    """Letters that have no step and whose subscripts are quantities that have one: a_u beside u_t is the argument of that gate."""
    below: dict[str, set[str]] = {}
    for _, name in names:
        below.setdefault(name.letter, set()).update(shift[0] for item in name.below if (shift := script_shift(item)) is not None)
    timed = {letter for letter, items in below.items() if items & times}
    return frozenset(letter for letter, items in below.items() if items and items <= timed - bound.keys() and letter not in timed)


def _merged(trees: Sequence[Tree]) -> dict[str, str]:
    """w is W; any other small letter is its capital's entry if it always has indices and the capital never.

    One with two indices is an entry also of a capital that has one, as Y_i is a row beside y_{ik}.  A rule of differentiation
    such as d(x²)/dx = 2x speaks of no quantity of the document, and the class t = 0 of no whole one.
    A hat at a bias, which is no estimate of anything, marks the vector of the b_j that are printed without it.
    """
    rules = [
        tree
        for tree in trees
        if any(node.kind == "derivative" for node in walk(tree)) and not any(node.kind == "subscript" for node in walk(tree))
    ]
    names = [name for tree in trees for _, name in names_in(tree)]
    boxed = {
        name.letter
        for tree in trees
        for node, name in names_in(tree)
        if name.below and node.kind == "scripts" and node.children[0].kind == "group"
    }
    with_index = {
        name.letter
        for tree in trees
        for node, name in names_in(tree)
        if name.below and (name.letter not in boxed or node.children[0].kind != "group")
    }
    said = [tree for tree in trees if tree not in rules and tree.kind != "symbol" and not _is_given_value(tree)]
    spoken = [name for tree in said for _, name in names_in(tree)]
    plain = {name.letter for name in names if not name.below and not name.letter.islower()} | {
        name.letter for name in spoken if not name.below
    }
    found = {"w": "W", r"\theta": r"\Theta"}
    for letter in with_index - plain:
        capital = letter.upper() if len(letter) == 1 else re.sub(r" ([a-z])$", lambda match: " " + match[1].upper(), letter)
        counts = _counts_of(letter, names)
        is_of_rows = 2 in counts and counts <= {1, 2} and _counts_of(capital, names) == {0, 1}
        if (
            capital != letter
            and capital in plain
            and (capital not in with_index or is_of_rows)
            and letter not in ("c", "l", "n", "i", "j", "k")
        ):
            found[letter] = capital
    marked = {rf"{mark} b" for mark in (r"\hat", r"\bar")} & (plain - with_index)
    return found | (dict.fromkeys(marked, "b") if "b" in with_index - plain and len(marked) == 1 else {})


def _counts_of(letter: str, names: Sequence[Printed]) -> set[int]:
    """How many signs a letter has below it."""
    return {len(name.below) for name in names if name.letter == letter}


def _is_given_value(tree: Tree) -> bool:
    """t = 0: what an entry is in one case."""
    return (
        tree.kind == "relation"
        and len(tree.children) == 3
        and tree.children[0].kind == "symbol"
        and integer_of(tree.children[2]) is not None
    )
