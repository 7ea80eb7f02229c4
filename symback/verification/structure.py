r"""Items in a line to a tree: the levels of `grammar.LEVELS`, loosest first, and at the bottom the products.

A product is kept as printed: a flat line of factors and signs.  What is settled here is only what belongs together on the
page: `\sum_i` and what it ranges over (all that follows in the product), `\log` and its argument, `\partial` and `\nabla`
and the factor they stand before, a symbol and the bracket that touches it (`call`: application or product, the reader
decides), and fractions of differentials (`derivative`).
"""

from __future__ import annotations

import re
from collections import deque
from itertools import islice

from symback.verification.grammar import COLUMN_BREAKS, DIFFERENTIALS, FUNCTIONS, LARGE, LEVEL_OF, LEVELS, PREFIX_OPERATORS, SIGNS
from symback.verification.tree import Tree
from symback.verification.unparse import unparse

__all__ = ["fraction", "is_equation_array", "matrix", "reduced", "rows_joined"]

REASON = re.compile(r"\s*(?:using|by|since|because|as)\b", re.IGNORECASE)

_LEVELS = tuple(LEVELS)
_SUM = _LEVELS.index("sum")
_BREAKS = frozenset(sign for sign in LEVELS["statements"] if sign != ";")
_IDLE = (*LEVELS["statements"], ",", ".")  # these are no marks on a letter: w^*, but not w^.
_CALLABLE = ("symbol", "accent", "font", "word")
_PLAIN = (
    "symbol",
    "number",
    "scripts",
    "accent",
    "font",
    "word",
    "fraction",
    "derivative",
    "root",
    "call",
    "binomial",
    "ellipsis",
    "matrix",
)


def reduced(items: list[Tree], level: int, script: bool = False) -> Tree:
    r"""The tree of a line of items; in a script a lone sign is a symbol (w^*, A^+).

    >>> a, plus, b = Tree("symbol", (), "a"), Tree("operator", (), "+"), Tree("symbol", (), "b")
    >>> reduced([a, plus, b], 0)
    sum(symbol('a'), operator('+'), symbol('b'))
    """
    if script and items and all(item.kind == "operator" and not item.children and item.text not in _IDLE for item in items):
        signs = [Tree("symbol", (), item.text, item.start, item.end) for item in items]
        return signs[0] if len(signs) == 1 else _flat("product", _juxtaposed(signs))
    if script and all(item.kind == "operator" and item.text == "." for item in items):
        return _empty_at(items[0].start if items else 0)
    if level == 0:
        items = _without_soft_breaks(_with_notes(items))
    return _split(items, level)


def _split(items: list[Tree], level: int) -> Tree:
    """Splits at the signs of a level; without any, at the next."""
    while level < len(_LEVELS):
        places = _split_places(items, level)
        if places:
            return _joined(items, places, level)
        level += 1
    return _product(items)


def _split_places(items: list[Tree], level: int) -> list[int]:
    """Where the signs of a level part the line; a sign before an operand parts nothing."""
    name = _LEVELS[level]
    if name == "product":
        return []
    if name == "statements":
        return [i for i, item in enumerate(items) if _is_level(item, name) or (item.kind == "text" and _stands_alone(items, i))]
    if name != "sum":
        return [i for i, item in enumerate(items) if _is_level(item, name)]
    return [i for i, item in enumerate(items) if _is_level(item, name) and (i == 0 or not _is_prefix(items, i))]


def _is_level(item: Tree, name: str) -> bool:
    """True for an operator of that level."""
    return item.kind == "operator" and (LEVEL_OF.get(item.text) or "relation") == name


def _is_prefix(items: list[Tree], place: int) -> bool:
    r"""True where + or - stands before an operand inside a product: a \cdot -b, \sum_i -x."""
    before = items[place - 1]
    if before.kind == "operator":
        return items[place].text in SIGNS
    base = before.children[0] if before.kind == "scripts" else before
    return items[place].text in SIGNS and base.kind == "symbol" and base.text in LARGE


def _joined(items: list[Tree], places: list[int], level: int) -> Tree:
    """One infix node: the pieces between the signs at `places`, each split further."""
    name = _LEVELS[level]
    if name == "sum" and places[0] == 0:
        return _signed(items, places, level)
    children: list[Tree] = []
    last = 0
    for place in [*places, len(items)]:
        piece = items[last:place]
        sign = items[place] if place < len(items) else None
        if piece or name not in ("statements", "list"):
            children.append(_piece(piece, level, sign or items[-1], sign is None))
        if sign is not None:
            children.append(sign)
        last = place + 1
    if name in ("statements", "list"):
        children = _without_idle_signs(children)
    if len(children) == 1 and children[0].kind != "operator":
        return children[0]
    return _flat(name, children) if children else _empty_at(items[0].start)


def _piece(piece: list[Tree], level: int, beside: Tree, at_end: bool) -> Tree:
    """What stands between two signs; nothing is `empty`, beside the sign."""
    if piece:
        return _split(piece, level if _LEVELS[level] == "sum" else level + 1)
    return _empty_at(beside.end if at_end else beside.start)


def _signed(items: list[Tree], places: list[int], level: int) -> Tree:
    """-a b + c: the first sign goes with the first term."""
    sign = items[0]
    if len(places) > 1 and places[1] == 1:  # two signs in a row
        return _sign_node(sign, _split(items[1:], level))
    stop = places[1] if len(places) > 1 else len(items)
    term = _split(items[1:stop], level + 1) if stop > 1 else _empty_at(sign.end)
    first = _sign_node(sign, term)
    if stop == len(items):
        return first
    return _joined([first, *items[stop:]], [place - stop + 1 for place in places[1:]], level)


def _sign_node(sign: Tree, term: Tree) -> Tree:
    """A sign before an operand."""
    return Tree("sign", (term,), sign.text, sign.start, term.end)


def _without_idle_signs(children: list[Tree]) -> list[Tree]:
    r"""Separators that part nothing (at the ends, or a \quad after a \\) are only space."""
    kept: list[Tree] = []
    for child in children:
        if child.kind == "operator" and (not kept or kept[-1].kind == "operator"):
            if kept and child.text == r"\\":
                kept[-1] = child
            continue
        kept.append(child)
    if kept and kept[-1].kind == "operator":
        kept.pop()
    return kept


def _flat(kind: str, children: list[Tree]) -> Tree:
    """An infix node over its children."""
    return Tree(kind, tuple(children), "", children[0].start, children[-1].end)


def _empty_at(place: int) -> Tree:
    """Nothing, at a place."""
    return Tree("empty", (), "", place, place)


# --- rows, breaks and words -----------------------------------------------------------------------------------------------
def rows_joined(rows: list[list[list[Tree]]], name: str) -> list[Tree]:
    """The rows of an aligning environment as one line of items: a row that continues the one before is joined to it."""
    line: list[Tree] = []
    for row in rows:
        items = _row_items(row, name)
        if not items:
            continue
        bare = _without_indent(items)
        if line and bare[0].kind == "operator" and bare[0].text in SIGNS and len(bare) < len(items) and not row[0]:
            items = bare
        if line and _continues(row, items, line[-1]):
            _words_in_line(line)
        elif line:
            line.append(Tree("operator", (), r"\\", items[0].start, items[0].start))
        line.extend(items)
    return line


def _without_indent(items: list[Tree]) -> list[Tree]:
    r"""A row without the space at its beginning: \quad {} - x."""
    place = 0
    while place < len(items) - 1 and (_is_break(items[place]) or items[place].kind == "empty"):
        place += 1
    return items[place:]


def _words_in_line(line: list[Tree]) -> None:
    r"""A row of words alone, after which the chain goes on, is no row of its own: its \\ is taken out."""
    place = len(line) - 1
    while place > 0 and line[place].kind == "text" and line[place - 1].kind == "operator" and line[place - 1].text == r"\\":
        del line[place - 1]
        place -= 2


def _row_items(row: list[list[Tree]], name: str) -> list[Tree]:
    r"""The cells of a row; every second & of `align` is as wide as a \quad, also where the cell after it is empty: a = b && \text{why}."""
    items: list[Tree] = []
    is_apart = False
    for column, cell in enumerate(row):
        is_apart |= bool(column) and column % 2 == 0 and name in COLUMN_BREAKS and bool(items)
        if is_apart and cell:
            items.append(Tree("operator", (), r"\quad", cell[0].start, cell[0].start))
            cell = _remark(cell)
            is_apart = False
        items.extend(cell)
    return items


def _remark(cell: list[Tree]) -> list[Tree]:
    r"""A cell beside an equation that begins with words and states nothing, or why it holds, as one piece of words.

    `\text{differentiate $C$}`, `\text{using $\sum_k y_k = 1$}`; but not `\text{where $z = W a$}`.
    """
    is_claim = any(item.kind == "operator" and item.text not in (",", ".") for item in cell)
    if cell[0].kind not in ("text", "word") or (is_claim and not REASON.match(cell[0].text)):
        return cell
    words = " ".join(item.text.strip() if item.kind in ("text", "word") else f"${unparse(item)}$" for item in cell)
    return [Tree("text", (), words, cell[0].start, cell[-1].end)]


def _continues(row: list[list[Tree]], items: list[Tree], before: Tree) -> bool:
    """True where a row goes on with what the row before began: it starts with a sign, or that one ends with one."""
    if before.kind == "operator" and before.text not in _BREAKS and before.text not in (",", ";", "."):
        return True
    first = items[0]
    if first.kind != "operator" or LEVEL_OF.get(first.text) in ("statements", "list", "implication"):
        return False
    if first.text not in SIGNS:
        return True
    return (len(row) > 1 and not row[0]) or not any(_is_level(item, "relation") for item in items)


def _without_soft_breaks(items: list[Tree]) -> list[Tree]:
    r"""A \\ or \quad beside a sign is only space: a = \\ b, a \quad = b."""
    kept: list[Tree] = []
    following = _after_breaks(items)
    for place, item in enumerate(items):
        if not _is_break(item):
            kept.append(item)
            continue
        after_sign = bool(kept) and kept[-1].kind == "operator" and LEVEL_OF.get(kept[-1].text) not in ("statements", "list")
        if not after_sign and not (kept and _must_continue(items, following[place])):
            kept.append(item)
    return kept


def _is_break(item: Tree) -> bool:
    r"""True for \\, \quad and the like."""
    return item.kind == "operator" and item.text in _BREAKS


def _after_breaks(items: list[Tree]) -> list[int]:
    """For each item the place of the next one that is no break (the length where there is none)."""
    places = [len(items)] * len(items)
    for place in range(len(items) - 2, -1, -1):
        places[place] = places[place + 1] if _is_break(items[place + 1]) else place + 1
    return places


def _must_continue(items: list[Tree], place: int) -> bool:
    """True where the item after a break is a sign that goes on with the line before it."""
    if place == len(items) or items[place].kind != "operator" or LEVEL_OF.get(items[place].text) in ("statements", "list"):
        return False
    if items[place].text not in SIGNS or items[place].text == "+":
        return True
    for item in islice(items, place + 1, None):  # -c = d is a statement of its own, - c is not
        if _is_break(item):
            break
        if _is_level(item, "relation"):
            return False
    return True


def _with_notes(items: list[Tree]) -> list[Tree]:
    r"""Words inside a chain (a = b \quad \text{(why)} = c) become a note at the operand before them."""
    if not any(item.kind == "text" for item in items):
        return items
    kept: list[Tree] = []
    next_places = _after_breaks(items)
    for place, item in enumerate(items):
        following = items[next_places[place]] if next_places[place] < len(items) else None
        goes_on = following is not None and following.kind == "operator" and LEVEL_OF.get(following.text) in ("relation", "product")
        back = _before_breaks(kept, over_rows=goes_on and items[place + 1] is not following and items[place + 1].text == r"\\")
        if item.kind == "text" and goes_on and back and kept[back - 1].kind not in ("operator", "text"):
            body = kept[back - 1]
            kept[back - 1 :] = [Tree("annotated", (body, item), r"\text", body.start, item.end)]
        else:
            kept.append(item)
    return kept


def _before_breaks(kept: list[Tree], over_rows: bool) -> int:
    r"""How many items are left without the breaks at the end; a \\ is passed only `over_rows`."""
    back = len(kept)
    while back and kept[back - 1].kind == "operator" and kept[back - 1].text in _BREAKS and (over_rows or kept[back - 1].text != r"\\"):
        back -= 1
    return back


def _stands_alone(items: list[Tree], place: int) -> bool:
    r"""True for words between statements; false for words that are an operand (\text{input size} = 3)."""
    before = items[place - 1] if place else None
    after = items[place + 1] if place + 1 < len(items) else None
    if before is not None and before.kind == "operator" and before.text not in _BREAKS and before.text not in (",", ";"):
        return LEVEL_OF.get(before.text) == "implication"
    infix_after = after is not None and after.kind == "operator" and after.text not in SIGNS
    if after is None or not infix_after or LEVEL_OF.get(after.text) in ("statements", "list", "implication"):
        return len(items) > 1
    return False


# --- matrices ---------------------------------------------------------------------------------------------------------------
def is_equation_array(name: str, rows: list[list[list[Tree]]]) -> bool:
    """True for an array whose middle cells are bare relation signs: equations, not a matrix."""
    if name not in ("array", "darray", "tabular"):
        return False
    return any(cell and cell[0].kind == "operator" and LEVEL_OF.get(cell[0].text) == "relation" for row in rows for cell in row[1:])


def matrix(rows: list[list[list[Tree]]], name: str, start: int, end: int) -> Tree:
    r"""Rows of cells; an empty last row (a \\ before the end) is none, and neither is one between doubled \\."""
    kept = [row for row in rows if len(row) > 1 or row[0]]
    return Tree("matrix", tuple(_row(row, start) for row in kept), name, start, end)


def _row(row: list[list[Tree]], fallback: int) -> Tree:
    """One row of a matrix."""
    cells: list[Tree] = []
    place = next((cell[0].start for cell in row if cell), fallback)
    for cell in row:
        cells.append(reduced(cell, 0) if cell else Tree("empty", (), "", place, place))
        place = cells[-1].end
    return Tree("row", tuple(cells), "", cells[0].start, cells[-1].end)


# --- products ---------------------------------------------------------------------------------------------------------------
def _product(items: list[Tree]) -> Tree:
    """A line of factors and product signs."""
    if not items:
        return _empty_at(0)
    if len(items) == 1 and items[0].kind != "operator":
        return items[0]
    return _as_product(list(_prefixes_applied(_with_calls(items))))


def _as_product(factors: list[Tree]) -> Tree:
    """Factors and signs, nothing left to settle but missing operands, juxtaposition and a/b of differentials."""
    return _line(_slashed_derivatives(_juxtaposed(factors)))


def _line(children: list[Tree]) -> Tree:
    """A product of the children, or the only one."""
    return children[0] if len(children) == 1 else _flat("product", children)


def _juxtaposed(factors: list[Tree]) -> list[Tree]:
    """Operands and signs in turn: an empty sign between neighbours, `empty` where an operand is missing."""
    line: list[Tree] = []
    for factor in factors:
        after_operand = bool(line) and line[-1].kind != "operator"
        if factor.kind == "operator":
            if not after_operand:
                line.append(_empty_at(factor.start))
        elif after_operand:
            line.append(Tree("operator", (), "", min(line[-1].end, factor.start), factor.start))
        line.append(factor)
    if line[-1].kind == "operator":
        line.append(_empty_at(line[-1].end))
    return line


def _with_calls(items: list[Tree]) -> list[Tree]:
    """A symbol and the bracket after it side by side are a `call`."""
    line: list[Tree] = []
    for item in items:
        group = item.children[0] if item.kind == "scripts" else item
        if group.kind == "group" and group.text[0] in "([" and line and _can_be_called(line[-1]):
            head = line.pop()
            line.append(Tree("call", (head, item), "", head.start, item.end))
        else:
            line.append(item)
    return line


def _can_be_called(head: Tree) -> bool:
    """True for a name; not for \\sum, \\log, \\partial, which have their own rules."""
    base = head.children[0] if head.kind == "scripts" else head
    if base.kind == "symbol" and (base.text in LARGE or base.text in PREFIX_OPERATORS or _is_function_name(base)):
        return False
    return base.kind in _CALLABLE


def _is_function_name(base: Tree) -> bool:
    r"""True for \log and \operatorname{...}."""
    return base.kind == "symbol" and (base.text in FUNCTIONS or base.text.startswith(r"\operatorname"))


def _prefixes_applied(items: list[Tree]) -> deque[Tree]:
    r"""From right to left, each \sum, \log, \partial, sign takes what follows it."""
    line: deque[Tree] = deque()
    for item in reversed(items):
        base = item.children[0] if item.kind == "scripts" else item
        if item.kind == "operator" and item.text in SIGNS:
            operand = line.popleft() if line and line[0].kind != "operator" else _empty_at(item.end)
            line.appendleft(_sign_node(item, operand))
        elif not line or line[0].kind == "operator" or base.kind not in ("symbol", "derivative"):
            line.appendleft(item)
        elif base.text in LARGE and base.kind == "symbol":
            body = _as_product(list(line))
            line = deque([Tree("large", (item, body), base.text, item.start, body.end)])
        elif _is_function_name(base):
            argument = _function_argument(line)
            line.appendleft(Tree("function", (item, argument), base.text, item.start, argument.end))
        elif base.kind == "symbol" and base.text in PREFIX_OPERATORS:
            operand = line.popleft()
            line.appendleft(Tree("applied", (item, operand), base.text, item.start, operand.end))
        elif base.kind == "derivative" and base.children[1].kind == "empty":
            operand = _derived(line)
            line.appendleft(Tree("applied", (item, operand), "derivative", item.start, operand.end))
        else:
            line.appendleft(item)
    return line


def _function_argument(line: deque[Tree]) -> Tree:
    r"""The argument of \log: one bracket, or the factors that follow it without a sign."""
    first = line.popleft()
    if first.kind == "group" and first.text == "{ }":
        return first.children[0]
    if first.kind not in _PLAIN or (first.kind == "scripts" and first.children[0].kind == "group"):
        return first
    factors = [first]
    while line and line[0].kind in _PLAIN and not (line[0].kind == "scripts" and line[0].children[0].kind == "group"):
        factors.append(line.popleft())
    return _as_product(factors)


def _derived(line: deque[Tree]) -> Tree:
    r"""What \frac{d}{dx} is applied to: one bracket, or the whole product that follows."""
    base = line[0].children[0] if line[0].kind == "scripts" else line[0]
    if base.kind == "group":
        return line.popleft()
    factors = list(line)
    line.clear()
    return _as_product(factors)


def _slashed_derivatives(line: list[Tree]) -> list[Tree]:
    r"""\partial C/\partial w is the fraction; other slashes stay signs."""
    result: list[Tree] = []
    for item in line:
        if (
            item.kind == "applied"
            and item.text == r"\partial"
            and len(result) > 1
            and (result[-1].text, result[-1].kind) == ("/", "operator")
            and result[-2].kind == "applied"
            and result[-2].text == r"\partial"
        ):
            result.pop()
            upper = result.pop()
            children = (*upper.children, item.children[1])
            result.append(Tree("derivative", children, "", upper.start, item.end))
        else:
            result.append(item)
    return result


# --- fractions ----------------------------------------------------------------------------------------------------------------
def fraction(upper: list[Tree], lower: list[Tree], start: int, end: int) -> Tree:
    r"""\frac{upper}{lower}; with the same differential in front of both it is a derivative.

    >>> d, x = Tree("symbol", (), "d"), Tree("symbol", (), "x")
    >>> fraction([d], [d, x], 0, 0)
    derivative(symbol('d'), empty(), symbol('x'))
    """
    upper, lower = _without_edges(upper), _without_edges(lower)
    derivative = _derivative(upper, lower, start, end)
    return derivative or Tree("fraction", (reduced(upper, 0), reduced(lower, 0)), "", start, end)


def _without_edges(items: list[Tree]) -> list[Tree]:
    """The items without separators at their ends."""
    kept = [place for place, item in enumerate(items) if not (item.kind == "operator" and item.text in LEVELS["statements"])]
    return items[kept[0] : kept[-1] + 1] if kept else []


def _derivative(upper: list[Tree], lower: list[Tree], start: int, end: int) -> Tree | None:
    """The derivative that a fraction of differentials is, if it is one."""
    sign = _differential(upper[0]) if upper else None
    if sign is None or len(lower) < 2 or _differential(lower[0]) != sign or lower[0].kind == "scripts":
        return None
    if sum(_differential(item) == sign for item in upper) > 1:
        return None  # a product of differentials above
    if any(item.kind == "operator" and item.text in (",", ";") for item in (*upper, *lower)):
        return None  # ∂ , L: a sign stands between the differential and what it is of
    variables: list[list[Tree]] = []
    for item in lower:
        if _differential(item) == sign and item.kind != "scripts":
            variables.append([])
        else:
            variables[-1].append(item)
    if not all(variables):
        return None
    body = reduced(upper[1:], 0) if len(upper) > 1 else _empty_at(upper[0].end)
    return Tree("derivative", (upper[0], body, *(reduced(items, 0) for items in variables)), "", start, end)


def _differential(item: Tree) -> str | None:
    r"""\partial, d or \delta, also upright and with an order: \mathrm{d}, \partial^2."""
    if item.kind == "scripts":
        powers = item.children[1:]
        if len(powers) != 1 or powers[0].kind != "superscript" or powers[0].children[0].kind not in ("number", "symbol"):
            return None
        if powers[0].children[0].kind == "symbol" and item.children[0].text != r"\partial":
            return None
        item = item.children[0]
    if item.kind == "font" and item.text in (r"\mathrm", r"\text", r"\textrm"):
        item = item.children[0]
    return item.text if item.kind == "symbol" and item.text in DIFFERENTIALS else None
