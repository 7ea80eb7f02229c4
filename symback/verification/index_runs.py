r"""Things that are written out with dots: `a_0, a_1, ..., a_{n-1}` is the one item `a_i` with i running from 0 to n - 1.

`generalise(items)` compares the printed items leaf by leaf (anti-unification).  What differs must be an index alone: whole
numbers in turn, letters such as n - 1 at the end, a general letter between two dots; several indices may run together
(`w_{j,0} a_0`), also at a fixed distance (`\partial S_k / \partial S_{k-1}`).  The item is then a tree with a placeholder
where the index stood.  Indices that touch (`x_{11}`, `w_{jm-1}`) are told apart only where they cannot be read as one, and
scripts may stand in either order.  Nothing here knows what a letter means; whatever does not fit gives None, never a guess.

Guessing a rule from the first numbers (1, 4, ... as squares) was the road not taken: steps are +1 or -1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from symback.verification.tree import Tree, operands_of, operators_of, walk

__all__ = [
    "Axis", "Difference", "Family", "IndexValue", "Run",
    "attempts", "axis_of", "count_of", "filled", "generalise", "index_value", "is_dots", "items_of", "placeholder", "run_along", "run_step",
    "shift_between", "shifted", "value_tree",
]  # fmt: skip

TOO_FAR = 9  # between two indices of one item: in w_{11} a_1, …, w_{14} a_4 the digits of 11 are two indices
MAX_NODES = 6000  # of all items together
MAX_ITEMS = 400
MAX_SEGMENTS = 12
_DIGITS = 6
_LETTER_KINDS = ("symbol", "word", "font", "accent", "scripts")
_SCRIPTS = ("superscript", "subscript")
_PLACEHOLDER = r"\placeholder"


@dataclass(frozen=True, slots=True)
class IndexValue:
    """A printed index as letters, each with a whole factor, and a whole number: n - 1 is ((n, 1),), -1."""

    letters: tuple[tuple[Tree, int], ...]
    number: int


@dataclass(frozen=True, slots=True)
class Axis:
    """How items are printed along one direction: as many items between dots as `segments` say; `open` where dots end it."""

    segments: tuple[int, ...]
    open: bool = False

    @property
    def dotted(self) -> bool:
        """True where something is left out."""
        return self.open or len(self.segments) > 1

    def cut(self, values: Sequence[IndexValue]) -> list[Sequence[IndexValue]]:
        """The values, segment by segment."""
        starts = [sum(self.segments[:place]) for place in range(len(self.segments) + 1)]
        return [values[start:end] for start, end in pairwise(starts)]


@dataclass(frozen=True, slots=True)
class Run:
    """An index run: from `first` to `last` in steps of +1 or -1; `printed` are the values on the page.

    `last` is None where dots end it; both are None where the items do not differ, so that the page does not say how many
    there are.
    """

    first: Tree | None
    last: Tree | None
    printed: tuple[Tree, ...]
    axis: Axis
    step: int = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where items differ: the value and the printed tree in each; `inside` a script or an argument."""

    values: tuple[IndexValue, ...]
    printed: tuple[Tree, ...]
    inside: bool


@dataclass(frozen=True, slots=True)
class Family:
    """The general item, its run, and the items that break it: (place among the items given, what it should be)."""

    entry: Tree
    run: Run
    slips: tuple[tuple[int, Tree], ...] = ()


# --- values -------------------------------------------------------------------------------------------------------------
def is_dots(tree: Tree) -> bool:
    """True for an ellipsis, also with nothing but empty places beside it."""
    if tree.kind == "product":
        return any(map(is_dots, operands_of(tree))) and all(item.kind == "empty" or is_dots(item) for item in operands_of(tree))
    return tree.kind == "ellipsis"


def items_of(operands: Sequence[Tree]) -> list[Tree]:
    r"""The items of a line, where `a_3 \cdots a_n` without a sign between them are three."""
    line: list[Tree] = []
    for operand in operands:
        touching = operand.kind == "product" and not any(operators_of(operand)) and any(map(is_dots, operand.children))
        line += operands_of(operand) if touching else (operand,)
    return line


def index_value(tree: Tree) -> IndexValue | None:
    """The value of what stands as an index: sums of letters and whole numbers; None for anything else.

    >>> index_value(Tree("number", (), "5"))
    IndexValue(letters=(), number=5)
    """
    letters: dict[Tree, int] = {}
    number = 0
    signs = ("+", *operators_of(tree)) if tree.kind == "sum" else ("+",)
    for sign, part in zip(signs, operands_of(tree) if tree.kind == "sum" else (tree,), strict=True):
        factor = {"+": 1, "-": -1}.get(sign, 0)
        if part.kind == "sign":
            factor *= {"+": 1, "-": -1}.get(part.text, 0)
            part = part.children[0]
        if part.kind == "number" and _is_whole(part.text):
            number += factor * int(part.text)
        elif part.kind in _LETTER_KINDS and _is_letter(part):
            letters[part] = letters.get(part, 0) + factor
        else:
            return None
        if not factor:
            return None
    kept = [(letter, factor) for letter, factor in letters.items() if factor]
    return IndexValue(tuple(sorted(kept, key=repr) if len(kept) > 1 else kept), number)


def _is_letter(tree: Tree) -> bool:
    r"""True for n, \ell, n_L, N_{\text{out}}; not for a scripted bracket."""
    base = tree
    while base.kind in ("scripts", "font", "accent"):
        base = base.children[0]
    return base.kind in ("symbol", "word")


def _is_whole(text: str) -> bool:
    """True for 0, 7 and 12; not for 00, 1.5 or digits of other scripts."""
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS and (text == "0" or text[0] != "0")


def value_tree(value: IndexValue) -> Tree:
    """The value as it would be printed: letters first, then the number."""
    parts = [(factor < 0, letter) for letter, factor in value.letters for _ in range(abs(factor))]
    parts.sort(key=lambda part: part[0])
    if value.number or not parts:
        parts.append((value.number < 0, Tree("number", (), str(abs(value.number)))))
    minus, first = parts[0]
    line = [Tree("sign", (first,), "-") if minus else first]
    for negative, part in parts[1:]:
        line += [Tree("operator", (), "-" if negative else "+"), part]
    return line[0] if len(line) == 1 else Tree("sum", tuple(line))


def shifted(tree: Tree, by: int) -> Tree:
    """The index `tree` and a whole number."""
    if not by:
        return tree
    value = index_value(tree)
    if value is None:
        return Tree("sum", (tree, Tree("operator", (), "-" if by < 0 else "+"), Tree("number", (), str(abs(by)))))
    return value_tree(replace(value, number=value.number + by))


def shift_between(base: Sequence[IndexValue], other: Sequence[IndexValue]) -> int | None:
    """The fixed distance of two runs that go together, if there is one."""
    distances = {b.number - a.number if a.letters == b.letters else None for a, b in zip(base, other, strict=True)}
    return distances.pop() if len(distances) == 1 else None


# --- runs ---------------------------------------------------------------------------------------------------------------
def axis_of(dots: Sequence[bool]) -> Axis | None:
    """The segments between dots; None where dots come first, so that nobody knows where the run begins."""
    segments: list[int] = [0]
    for is_left_out in dots:
        if not is_left_out:
            segments[-1] += 1
        elif segments[-1]:
            segments.append(0)
        elif len(segments) == 1:
            return None
    ends_open = len(segments) > 1 and not segments[-1]
    return Axis(tuple(segments[:-1] if ends_open else segments), ends_open) if segments[0] else None


def run_step(values: Sequence[IndexValue], axis: Axis, inside: bool = True) -> int | None:
    """The step of the run that the values print, +1 or -1; None if they are none.

    Neighbours differ by the step; what stands on the two sides of dots must not come in the wrong order.  Letters alone
    (x, ..., y) are a run only `inside` a script or an argument.
    """
    segments = axis.cut(values)
    if len(segments) > MAX_SEGMENTS:
        return None
    steps = {b.number - a.number if a.letters == b.letters else None for segment in segments for a, b in pairwise(segment)}
    if steps:
        step = steps.pop()
    elif len(segments) < 2 or (not inside and values[0].letters):
        return None
    else:
        step = _likely_step(values[0], values[-1])
    if steps or step not in (1, -1):
        return None
    for left, right in combinations(segments, 2):
        if left[-1].letters == right[0].letters and (right[0].number - left[-1].number) * step <= 0:
            return None
    return step


def _likely_step(first: IndexValue, last: IndexValue) -> int:
    """From the ends alone: 1, ..., n rises, t, ..., 1 and n, ..., n - 3 fall."""
    if first.letters == last.letters:
        return 1 if last.number > first.number else -1
    return -1 if first.letters and not last.letters else 1


def run_along(printed: Sequence[Tree], axis: Axis, step: int) -> Run:
    """The run with these values on the page."""
    return Run(printed[0], None if axis.open else printed[-1], tuple(printed), axis, step)


def count_of(run: Run) -> IndexValue | None:
    """How many items a run has: 0 ... n - 1 are n; None if the page does not say."""
    if run.first is None or run.last is None:
        return None
    first, last = index_value(run.first), index_value(run.last)
    if first is None or last is None:
        return None
    low, high = (first, last) if run.step > 0 else (last, first)
    letters = dict(high.letters)
    for letter, factor in low.letters:
        letters[letter] = letters.get(letter, 0) - factor
    kept = [(letter, factor) for letter, factor in letters.items() if factor]
    return IndexValue(tuple(sorted(kept, key=repr)), high.number - low.number + 1)


# --- placeholders -------------------------------------------------------------------------------------------------------
def placeholder(slot: int) -> Tree:
    r"""The leaf that stands for the index of direction `slot`: 0 counts rows or items, 1 columns."""
    return Tree("symbol", (), f"{_PLACEHOLDER}{{{slot}}}")


def filled(tree: Tree, values: Mapping[int, Tree]) -> Tree:
    """The general item with values for its placeholders; 3 + 1 becomes 4, and touching digits become one number again.

    >>> filled(Tree("sum", (placeholder(0), Tree("operator", (), "+"), Tree("number", (), "1"))), {0: Tree("number", (), "3")})
    number('4')
    """
    if tree.kind == "symbol":
        slot = _slot(tree)
        return tree if slot is None else values.get(slot, tree)
    if not tree.children:
        return tree
    children = tuple(filled(child, values) for child in tree.children)
    if all(new is old for new, old in zip(children, tree.children, strict=True)):
        return tree
    whole = replace(tree, children=children)
    if tree.kind == "sum" and any(_slot(child) is not None for child in tree.children):
        value = index_value(whole)
        return whole if value is None or _has_placeholder(whole) else value_tree(value)
    if tree.kind in _SCRIPTS and tree.children[0].kind == "product":
        return replace(whole, children=(_packed(children[0]),))
    return whole


def _slot(tree: Tree) -> int | None:
    """Which placeholder the leaf is."""
    if tree.kind != "symbol" or not tree.text.startswith(_PLACEHOLDER):
        return None
    return int(tree.text[len(_PLACEHOLDER) + 1 : -1])


def _has_placeholder(tree: Tree) -> bool:
    """True where an index is still open."""
    return any(_slot(node) is not None for node in walk(tree))


def _packed(content: Tree) -> Tree:
    """Touching indices: digits as one number (x_{12}); with a comma where touching would be read differently."""
    parts = operands_of(content)
    if any(operators_of(content)) or any(index_value(part) is None for part in parts):
        return content
    if all(part.kind == "number" and len(part.text) == 1 for part in parts):
        return Tree("number", (), "".join(part.text for part in parts), content.start, content.end)
    if all(part.kind in _LETTER_KINDS or (part.kind == "number" and len(part.text) == 1) for part in parts):
        return content
    line = [piece for part in parts for piece in (Tree("operator", (), ","), part)]
    return Tree("list", tuple(line[1:]), "", content.start, content.end)


# --- what items have in common --------------------------------------------------------------------------------------------
def attempts(trees: Sequence[Tree]) -> Iterator[tuple[Tree, list[Difference]]]:
    """The general item with raw placeholders 0, 1, ... and the difference behind each, in up to four readings.

    As printed; with touching indices told apart; and both again with scripts in one order.  The caller takes the first
    reading in which the differences are runs.
    """
    if sum(1 for tree in trees for _ in walk(tree)) > MAX_NODES:
        return
    plain = [canonical(tree) for tree in trees]
    for prepared in (trees, plain) if any(a != b for a, b in zip(trees, plain, strict=True)) else (trees,):
        for packed in (False, True):
            found: list[Difference] = []
            template = _unified(prepared, packed, False, found)
            if template is not None:
                yield template, found


def _unified(trees: Sequence[Tree], packed: bool, inside: bool, found: list[Difference]) -> Tree | None:
    """What the trees have in common, placeholders where index values differ; None if they differ in anything else."""
    first = trees[0]
    if all(tree == first for tree in trees):
        return first
    before = len(found)
    if packed and first.kind in _SCRIPTS and all(tree.kind == first.kind for tree in trees):
        parts = _told_apart([tree.children[0] for tree in trees])
        if parts is not None:
            content = _unified(parts, packed, True, found)
            if content is not None:
                return replace(first, children=(content,))
            del found[before:]
    if first.children and all((t.kind, t.text, len(t.children)) == (first.kind, first.text, len(first.children)) for t in trees):
        children = _unified_children(trees, packed, inside, found)
        if children is not None:
            return replace(first, children=children)
        del found[before:]
    values = [index_value(tree) for tree in trees]
    if any(value is None for value in values):
        return None
    found.append(Difference(tuple(value for value in values if value is not None), tuple(trees), inside))
    return replace(placeholder(len(found) - 1), start=first.start, end=first.end)


def _unified_children(trees: Sequence[Tree], packed: bool, inside: bool, found: list[Difference]) -> tuple[Tree, ...] | None:
    """The children of nodes of one form, unified one by one."""
    children = []
    for place, column in enumerate(zip(*(tree.children for tree in trees), strict=True)):
        argument = trees[0].kind in _SCRIPTS or (trees[0].kind in ("call", "function") and place == 1)
        child = _unified(column, packed, inside or argument, found)
        if child is None:
            return None
        children.append(child)
    return tuple(children)


def _told_apart(contents: Sequence[Tree]) -> list[Tree] | None:
    """Scripts of several touching indices as products of equally many; None where that cannot be done for all."""
    counts = {len(_tokens(content)) for content in contents if content.kind == "product" and not any(operators_of(content))}
    if not counts:
        counts = {len(content.text) for content in contents if content.kind == "number" and content.text.isdecimal()}
    if len(counts) != 1 or (count := counts.pop()) < 2:
        return None
    split = [_indices(content, count) for content in contents]
    if any(indices is None for indices in split):
        return None
    sign = Tree("operator", (), "")
    lines = [[piece for index in indices or () for piece in (sign, index)][1:] for indices in split]
    return [Tree("product", tuple(line), "", old.start, old.end) for line, old in zip(lines, contents, strict=True)]


def _tokens(content: Tree) -> list[Tree]:
    """Letters, single digits and the signs between them, in the printed order."""
    if content.kind == "number" and content.text.isdecimal():
        return [Tree("number", (), digit, content.start, content.end) for digit in content.text]
    if content.kind in ("product", "sum"):
        return [token for child in content.children if child.kind != "operator" or child.text for token in _tokens(child)]
    return [content]


def _indices(content: Tree, count: int) -> list[Tree] | None:
    """The touching indices of a script: jm-1 is j and m - 1."""
    indices: list[list[Tree]] = []
    for token in _tokens(content):
        if token.kind == "operator" and token.text in ("+", "-") and indices and len(indices[-1]) == 1:
            indices[-1].append(token)
        elif token.kind not in _LETTER_KINDS and token.kind != "number":
            return None
        elif indices and len(indices[-1]) == 2:
            if token.kind != "number":
                return None  # i + k and j touching: nobody can tell
            indices[-1].append(token)
        else:
            indices.append([token])
    if len(indices) != count or any(len(index) == 2 for index in indices):
        return None
    return [index[0] if len(index) == 1 else Tree("sum", tuple(index)) for index in indices]


def canonical(tree: Tree) -> Tree:
    r"""Subscripts before superscripts, and \partial x^2 as \partial x \partial x, so that what is the same looks the same."""
    if not tree.children:
        return tree
    tree = replace(tree, children=tuple(map(canonical, tree.children)))
    if tree.kind == "scripts" and sorted(script.kind for script in tree.children[1:]) == ["subscript", "superscript"]:
        return replace(tree, children=(tree.children[0], *sorted(tree.children[1:], key=lambda script: script.kind)))
    if tree.kind == "derivative" and len(tree.children) == 3 and tree.children[0].kind == "scripts":
        order, variable = tree.children[0].children[-1], tree.children[2]
        if order.children and variable.kind == "scripts" and variable.children[-1] == order and order.children[0].text in ("2", "3"):
            kept = variable.children[:-1]
            bare = kept[0] if len(kept) == 1 else replace(variable, children=kept)
            return replace(tree, children=(*tree.children[:2], *[bare] * int(order.children[0].text)))
    return tree


# --- families -----------------------------------------------------------------------------------------------------------
def generalise(items: Sequence[Tree], slot: int = 0) -> Family | None:
    r"""The general item of a line of items, dots among them, with `placeholder(slot)` for its index; None if there is none.

    >>> from symback.verification.parser import parse
    >>> family = generalise([parse(text) for text in ("a_0", "a_1", r"\cdots", "a_{n-1}")])
    >>> family.entry, family.run.first, family.run.last.children[0]
    (scripts(symbol('a'), subscript(symbol('\\placeholder{0}'))), number('0'), symbol('n'))
    """
    axis = axis_of([is_dots(item) for item in items])
    places = [place for place, item in enumerate(items) if not is_dots(item)]
    if axis is None or not 2 <= len(places) <= MAX_ITEMS:
        return None
    real = [items[place] for place in places]
    family = _exact_family(real, axis, slot) or _broken_family(real, axis, slot)
    if family is None or not family.slips:
        return family
    return replace(family, slips=tuple((places[place], expected) for place, expected in family.slips))


def _exact_family(items: Sequence[Tree], axis: Axis, slot: int) -> Family | None:
    """The family that every item fits."""
    for template, differences in attempts(items):
        if not differences:
            return Family(template, Run(None, None, (), axis))
        base = differences[0]
        step = run_step(base.values, axis, any(difference.inside for difference in differences))
        shifts = [shift_between(base.values, difference.values) for difference in differences]
        if step is None or None in shifts or any(abs(by or 0) >= TOO_FAR for by in shifts):
            continue
        values = {raw: shifted(placeholder(slot), by or 0) for raw, by in enumerate(shifts)}
        return Family(filled(template, values), run_along(base.printed, axis, step))
    return None


def _broken_family(items: Sequence[Tree], axis: Axis, slot: int) -> Family | None:
    """The family that all items but one fit, where it is certain which index is wrong.

    One index runs as it should, another goes with it in all items but one and is no run itself.  A value that is only
    repeated from its neighbour is no proof: pairs may be listed row by row (x_1 y_1, x_1 y_2, ..., x_n y_n).
    """
    for template, differences in attempts(items):
        steps = [run_step(difference.values, axis, difference.inside) for difference in differences]
        if len(items) < 3 or not any(steps) or all(steps):
            continue
        base = next(difference for difference, step in zip(differences, steps, strict=True) if step)
        fits = [_fit(base.values, difference.values) for difference in differences]
        known = [fit for fit in fits if fit is not None]
        odd = {place for _, place in known if place is not None}
        sound = all(fit is not None and fit[1] is None for fit, step in zip(fits, steps, strict=True) if step)
        if len(known) < len(fits) or len(odd) != 1 or not sound:
            continue
        place = odd.pop()
        expected = filled(template, {raw: shifted(base.printed[place], by) for raw, (by, _) in enumerate(known)})
        entry = filled(template, {raw: shifted(placeholder(slot), by) for raw, (by, _) in enumerate(known)})
        return Family(entry, run_along(base.printed, axis, next(filter(None, steps))), ((place, expected),))
    return None


def _fit(base: Sequence[IndexValue], other: Sequence[IndexValue]) -> tuple[int, int | None] | None:
    """The distance of two runs that go together, and the one place where they do not; None if they do not go together."""
    distances = [b.number - a.number if a.letters == b.letters else None for a, b in zip(base, other, strict=True)]
    by = max(set(distances), key=distances.count)
    odd = [place for place, distance in enumerate(distances) if distance != by]
    if by is None or len(odd) > 1:
        return None
    if odd and other[odd[0]] in (*other[max(0, odd[0] - 1) : odd[0]], *other[odd[0] + 1 : odd[0] + 2]):
        return None
    return by, odd[0] if odd else None
