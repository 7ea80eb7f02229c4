r"""Formula text to syntax tree: `parse(latex, macros) -> Tree`.  Positions are kept, nothing is evaluated, nothing is given a meaning.

A formula is read as a sequence of operands and infix signs (one loop, recursion only into brackets and arguments, so that
depth is bounded by `MAX_NESTING`); `structure.py` then splits the sequence by the levels of `grammar.py`, loosest first.
A Pratt parser was the road not taken: it holds one stack frame per level and nesting, and it wants to know the end of
`\sum`, `\log` and `\partial` before it has seen what follows.

Braces are invisible on the page, so `{a+b}c` is read as it is printed: a + bc.  What is malformed but unambiguous on the
page is read (`\sum_\limits{i}`, `W^{[l]^T}`, a missing operand); what is not gives a `ParseError`, never another exception.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from symback.verification.bars import with_bar_roles
from symback.verification.cursor import Cursor, after_skipped, has_option, row_end, shown, skip_length, skip_until, starts_operand
from symback.verification.grammar import (
    ACCENTS,
    ALIGNED,
    BRACES,
    CLOSING,
    DECLARED_FONTS,
    DERIVATIVE_MACROS,
    ELLIPSES,
    ENCLOSING,
    FONTS,
    FRACTIONS,
    FUNCTIONS,
    LARGE,
    LEVEL_OF,
    MATRICES,
    NAMING_FONTS,
    OPENING,
    PREFIX_OPERATORS,
    PROSE_SIGNS,
    PROSE_WORDS,
    SIGNS,
    SKIPPED,
    SKIPPED_WITH_ARGUMENTS,
    STACKED,
    TEXT_FONTS,
    TRANSPARENT,
    WITH_COLUMNS,
)  # fmt: skip
from symback.verification.lexer import MAX_DEPTH, MAX_NESTING, ParseError, Token, tokenize
from symback.verification.macros import Macro
from symback.verification.parser_words import begun_number, ellipsis, is_function, named, negated, prose_sign, symbol_at, text_at
from symback.verification.structure import fraction, is_equation_array, matrix, reduced, rows_joined
from symback.verification.tree import UNREADABLE, Tree, depth_of

__all__ = ["ParseError", "parse"]

_SCRIPT_SIGNS = ("^", "_")
MAX_BROKEN_ROWS = 8  # of one formula: each is read up to the place where it breaks
MAX_SIGNS = 20  # + and - in a row
MAX_PREFIXES = 60  # \\sum, \\log, \\partial ... in one product: each takes what follows, so they nest


def parse(latex: str, macros: Mapping[str, Macro] | None = None) -> Tree:
    r"""The syntax tree of a formula as printed; raises `ParseError` and nothing else.

    >>> parse(r"\frac{\partial C}{\partial w}")
    derivative(symbol('\\partial'), symbol('C'), symbol('w'))
    """
    cursor = Cursor(latex, with_bar_roles(tokenize(latex, macros)))
    items = _sequence(cursor, ())
    if cursor.place < len(cursor.tokens):
        raise cursor.fault(f"{shown(cursor.peek())} closes nothing; remove it, or open it before")
    tree = reduced(items, 0)
    if depth_of(tree, MAX_DEPTH) > MAX_DEPTH:
        raise cursor.fault(f"the tree of the formula is deeper than {MAX_DEPTH}")
    return tree


def _sequence(cursor: Cursor, until: tuple[str, ...], in_cell: bool = False, begun: tuple[Tree, ...] = ()) -> list[Tree]:
    """Operands and operators, after those already `begun`, up to a token in `until` (not taken), to a closing sign, or to the end."""
    cursor.depth += 1
    if cursor.depth > MAX_NESTING:
        raise cursor.fault(f"brackets and arguments are nested deeper than {MAX_NESTING}")
    items: list[Tree] = list(begun)
    while cursor.place < len(cursor.tokens):
        token = cursor.peek()
        if token.text in until and token.kind not in ("text", "open"):
            break
        if in_cell and (token.kind in ("row", "end") or (token.text == "&" and token.kind == "char")):
            break
        if token.text == "]" and (not items or items[-1].kind == "operator"):
            items.append(_reversed_interval(cursor))
            continue
        if token.kind in ("end", "close") or (
            token.kind in ("char", "command") and (token.text in CLOSING or token.text in ("}", r"\right"))
        ):
            break
        _step(cursor, items)
    _check_prefixes(cursor, items)
    cursor.depth -= 1
    return items


def _check_prefixes(cursor: Cursor, items: list[Tree]) -> None:
    r"""Raises where one product holds so many \sum, \log, \partial that the tree would be deep for no reader's sake."""
    in_product = 0
    for item in items:
        base = item.children[0] if item.kind == "scripts" else item
        if item.kind == "operator" and LEVEL_OF.get(item.text) != "product":
            in_product = 0
        elif (base.kind == "symbol" and (base.text in LARGE or base.text in PREFIX_OPERATORS or is_function(base))) or (
            base.kind == "derivative" and base.children[1].kind == "empty"
        ):
            in_product += 1
        if in_product > MAX_PREFIXES:
            raise cursor.fault(f"more than {MAX_PREFIXES} operators such as {base.text or 'd/dx'} in one product")


def _step(cursor: Cursor, items: list[Tree]) -> None:
    """Reads one operand, sign or script and adds it to `items`."""
    token = cursor.peek()
    if (
        token.kind == "prime"
        or token.text in _SCRIPT_SIGNS
        or (token.text in (r"\top", "!") and items and items[-1].kind not in ("operator", "text"))
    ):
        _script(cursor, items)
    elif token.kind == "char" and token.text == "{":
        _brace_group(cursor, items)
    elif token.kind in ("command", "char", "letter", "number", "row") and token.text in LEVEL_OF:
        cursor.take()
        _add_operator(token, items, cursor)
    elif (handler := _handler(token)) is not None:
        items.extend(handler(cursor))
        if items and items[-1].kind == "ellipsis" and _listed(items) and starts_operand(cursor.peek()):
            items.append(Tree("operator", (), ",", items[-1].end, items[-1].end))  # "a, ...b": the comma is missing on the page
    elif token.kind == "word":
        cursor.take()
        items.append(named(token.text, token.start, token.end))
    elif token.kind in ("letter", "number") or token.text == "!":
        cursor.take()
        if token.kind == "number" and (begun := begun_number(cursor, token)) is not None:
            items.append(begun)
            return
        items.append(Tree("number" if token.kind == "number" else "symbol", (), token.text, token.start, token.end))
    else:
        raise cursor.fault(f"{shown(token)} cannot be read here; an operand or a sign is expected")


def _add_operator(token: Token, items: list[Tree], cursor: Cursor) -> None:
    """An infix sign; a dot at the end of something is punctuation."""
    following = after_skipped(cursor)
    ends = following.kind in ("end of formula", "end", "row", "close") or following.text in ("}", r"\quad", r"\qquad", "&", ";", ",")
    if token.text == "." and (
        ends or (following.kind == "text" and (" " in following.text.strip() or following.text.strip() in PROSE_WORDS))
    ):
        return
    children: tuple[Tree, ...] = ()
    if token.text in (r"\xrightarrow", r"\xleftarrow"):
        children = (reduced(_argument(cursor), 0),)
    items.append(Tree("operator", children, token.text, token.start, cursor.last_end()))
    if len(items) > MAX_SIGNS and all(item.kind == "operator" and item.text in SIGNS for item in items[-MAX_SIGNS:]):
        raise cursor.fault(f"more than {MAX_SIGNS} signs in a row", token)


def _listed(items: list[Tree]) -> bool:
    """True where the ellipsis at the end of `items` follows a comma."""
    return len(items) > 1 and items[-2].kind == "operator" and items[-2].text == ","


# --- scripts and groups -------------------------------------------------------------------------------------------------
def _script(cursor: Cursor, items: list[Tree]) -> None:
    """One superscript, subscript, prime or postfix mark, attached to the item before it."""
    token = cursor.take()
    if token.kind == "prime":
        script = Tree("prime", (), token.text, token.start, token.end)
    elif token.text not in _SCRIPT_SIGNS:
        script = Tree("postfix", (), token.text, token.start, token.end)
    else:
        inside = _argument(cursor)
        content = reduced(inside, 0, script=True)
        script = _script_node(token, content, cursor)
    if (
        items
        and items[-1].kind == "annotated"
        and len(items[-1].children) == 1
        and items[-1].text in BRACES
        and script.kind.endswith("script")
    ):
        brace = items.pop()
        items.append(Tree("annotated", (*brace.children, script.children[0]), brace.text, brace.start, script.end))
        return
    if len(items) > 1 and items[-1].kind == "operator" and items[-1].text == r"\mid" and items[-2].kind not in ("operator", "text"):
        bar, body = items.pop(), items.pop()  # f|_{x=0}
        base: Tree = Tree("group", (body,), ". |", body.start, bar.end)
    elif not items or (items[-1].kind == "operator" and items[-1].text != r"\xrightarrow") or items[-1].kind == "text":
        base = Tree("empty", (), "", token.start, token.start)
    else:
        base = items.pop()
    children = base.children if base.kind == "scripts" else (base,)
    items.append(Tree("scripts", (*_merged_primes(children, script),), "", base.start, script.end))


def _script_node(token: Token, content: Tree, cursor: Cursor) -> Tree:
    r"""A superscript or subscript; `^\prime` and `^{\prime\prime}` are primes."""
    if token.text == "^":
        signs = content.children[::2] if content.kind == "product" and not any(sign.text for sign in content.children[1::2]) else (content,)
        if all(sign.kind == "symbol" and sign.text == r"\prime" for sign in signs):
            return Tree("prime", (), "'" * len(signs), token.start, cursor.last_end())
        if (
            content.kind == "scripts"
            and content.children[0].kind == "empty"
            and all(child.kind == "prime" for child in content.children[1:])
        ):
            return Tree("prime", (), "".join(child.text for child in content.children[1:]), token.start, cursor.last_end())
    return Tree("superscript" if token.text == "^" else "subscript", (content,), "", token.start, cursor.last_end())


def _merged_primes(children: tuple[Tree, ...], script: Tree) -> tuple[Tree, ...]:
    """Base and scripts with one more script; primes that touch are one."""
    last = children[-1]
    if script.kind == "prime" and len(children) > 1 and last.kind == "prime":
        return (*children[:-1], Tree("prime", (), last.text + script.text, last.start, script.end))
    return (*children, script)


def _argument(cursor: Cursor) -> list[Tree]:
    r"""What a command or script sign takes: a brace group, or the next single thing (`\frac12`, `^T`, `\hat \mathbf y`)."""
    while cursor.peek().kind == "command" and cursor.peek().text in SKIPPED:
        cursor.take()
    token = cursor.peek()
    if token.kind == "char" and token.text == "{":
        cursor.take()
        inside = _sequence(cursor, ("}",))
        _expect_brace(cursor, token)
        return inside
    if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
        first = Token("number", token.text[0], token.start, min(token.start + 1, token.end))
        cursor.tokens[cursor.place] = Token("number", token.text[1:], first.end, token.end)
        return [Tree("number", (), first.text, first.start, first.end)]
    if token.kind == "prime":
        cursor.take()
        return [Tree("symbol", (), r"\prime", token.start, token.end)] * len(token.text)
    if token.text in (".", ",", ";", ":") or (
        not starts_operand(token) and token.text not in LEVEL_OF and token.kind != "text" and token.text != r"\top"
    ):
        raise cursor.fault(f"{shown(token)} stands where an argument is expected")
    items: list[Tree] = []
    _nested_step(cursor, items)
    return items


def _nested_step(cursor: Cursor, items: list[Tree]) -> None:
    """One step that counts as a nesting (an argument without braces may have such arguments itself)."""
    cursor.depth += 1
    if cursor.depth > MAX_NESTING:
        raise cursor.fault(f"arguments are nested deeper than {MAX_NESTING}")
    while not items and cursor.place < len(cursor.tokens):
        _step(cursor, items)
    cursor.depth -= 1


def _expect_brace(cursor: Cursor, opening: Token) -> Token:
    """Takes the closing brace, or says which brace is open."""
    if cursor.peek().text != "}" or cursor.peek().kind != "char":
        raise cursor.fault(f"{shown(cursor.peek())} found where '}}' must close the brace of column {opening.start + 1}")
    return cursor.take()


def _brace_group(cursor: Cursor, items: list[Tree]) -> None:
    """A brace group in the line: invisible, so its content joins the line; as the base of a script or an argument it is one thing."""
    opening = cursor.take()
    begun: tuple[Tree, ...] = ()
    if (cursor.peek().text in _SCRIPT_SIGNS or cursor.peek().kind == "prime") and items and items[-1].kind not in ("operator", "text"):
        begun = (items.pop(),)  # W{^T} is printed as W^T
    inside = _sequence(cursor, ("}",), begun=begun)
    closing = _expect_brace(cursor, opening)
    over = next((i for i, item in enumerate(inside) if item.kind == "operator" and item.text in _OVER), None)
    if over is not None:
        items.append(_over(inside, over, opening, closing))
        return
    scripted = cursor.peek().text in _SCRIPT_SIGNS or cursor.peek().kind == "prime"
    if is_function(items[-1] if items else None) or (scripted and len(inside) > 1):
        items.append(Tree("group", (reduced(inside, 0),), "{ }", opening.start, closing.end))
    elif scripted and not inside:
        items.append(Tree("empty", (), "", opening.start, closing.end))
    else:
        items.extend(inside)


_OVER = (r"\over", r"\choose", r"\atop")


def _over(inside: list[Tree], place: int, opening: Token, closing: Token) -> Tree:
    r"""{a \over b}."""
    upper, lower = inside[:place], inside[place + 1 :]
    if inside[place].text == r"\choose":
        return Tree("binomial", (reduced(upper, 0), reduced(lower, 0)), "", opening.start, closing.end)
    return fraction(upper, lower, opening.start, closing.end)


def _bracketed(cursor: Cursor) -> list[Tree]:
    """( ... ), [ ... ), \\{ ... \\}, | ... |."""
    opening = cursor.take()
    closers = OPENING[opening.text] if opening.kind != "open" else (opening.text,)
    inside = _inside_brackets(cursor, closers)
    closing = cursor.take()
    if closing.text not in closers or (opening.kind == "open") != (closing.kind == "close"):
        raise cursor.fault(f"{shown(opening)} of column {opening.start + 1} is not closed before {shown(closing)}", closing)
    return [Tree("group", (reduced(inside, 0),), f"{opening.text} {closing.text}", opening.start, closing.end)]


def _reversed_interval(cursor: Cursor) -> Tree:
    """]0, 1] and ]0, 1[: a bracket that closes where an operand begins opens an interval."""
    opening = cursor.take()
    inside = _sequence(cursor, ("]", "["), in_cell=True)
    closing = cursor.take()
    if closing.text not in ("]", "["):
        raise cursor.fault(f"']' of column {opening.start + 1} closes nothing; remove it, or open it before", opening)
    return Tree("group", (reduced(inside, 0),), f"] {closing.text}", opening.start, closing.end)


def _inside_brackets(cursor: Cursor, closers: tuple[str, ...]) -> list[Tree]:
    """The items up to the closing sign; inside brackets a row break or & is only a line break."""
    inside: list[Tree] = []
    while True:
        inside.extend(_sequence(cursor, closers, in_cell=True))
        if cursor.peek().kind == "row" or (cursor.peek().kind == "char" and cursor.peek().text == "&"):
            cursor.take()
            continue
        return inside


def _left_right(cursor: Cursor) -> list[Tree]:
    r"""\left( ... \right)."""
    left = cursor.take()
    opening = cursor.take()
    inside = _inside_brackets(cursor, (r"\right",))
    right = cursor.take()
    if right.text != r"\right":
        raise cursor.fault(rf"\left{opening.text} of column {left.start + 1} has no \right before {shown(right)}", right)
    closing = cursor.take()
    for sign in (opening, closing):
        if sign.kind not in ("char", "command", "open", "close"):
            raise cursor.fault(f"{shown(sign)} is no bracket", sign)
    return [Tree("group", (reduced(inside, 0),), f"{opening.text} {closing.text}", left.start, closing.end)]


# --- commands -----------------------------------------------------------------------------------------------------------
def _skip(cursor: Cursor) -> list[Tree]:
    """Spacing and other things that say nothing."""
    cursor.take()
    return []


def _skip_arguments(cursor: Cursor) -> list[Tree]:
    r"""\label{...}, \hspace{...}, \color{...}: command and arguments say nothing."""
    command = cursor.take()
    if command.text in (r"\hskip", r"\kern", r"\mkern"):
        skip_length(cursor)
    if cursor.peek().text == "[":
        skip_until(cursor, "[", "]")
    for _ in range(SKIPPED_WITH_ARGUMENTS[command.text]):
        if cursor.peek().text == "{" and cursor.peek().kind == "char":
            skip_until(cursor, "{", "}")
    return []


def _transparent(cursor: Cursor) -> list[Tree]:
    r"""\boxed{x}, \textcolor{red}{x}: x in the line, the rest unread."""
    command = cursor.take()
    if cursor.peek().text == "[":
        skip_until(cursor, "[", "]")
    for _ in range(TRANSPARENT[command.text]):
        if cursor.peek().text == "{" and cursor.peek().kind == "char":
            skip_until(cursor, "{", "}")
    if cursor.peek().kind == "char" and cursor.peek().text == "{":
        return _argument(cursor)
    return []


def _fraction(cursor: Cursor) -> list[Tree]:
    r"""\frac{a}{b}, \binom{n}{k}."""
    command = cursor.take()
    upper = _argument(cursor)
    lower = _argument(cursor)
    if command.text in FRACTIONS:
        return [fraction(upper, lower, command.start, cursor.last_end())]
    return [Tree("binomial", (reduced(upper, 0), reduced(lower, 0)), "", command.start, cursor.last_end())]


def _derivative_macro(cursor: Cursor) -> list[Tree]:
    r"""\pdv{C}{w} of the physics package."""
    command = cursor.take()
    operator = Tree("symbol", (), DERIVATIVE_MACROS[command.text], command.start, command.end)
    body, variable = _argument(cursor), _argument(cursor)
    return [Tree("derivative", (operator, reduced(body, 0), reduced(variable, 0)), "", command.start, cursor.last_end())]


def _enclosing(cursor: Cursor) -> list[Tree]:
    r"""\abs{x}, \norm{x}."""
    command = cursor.take()
    return [Tree("group", (reduced(_argument(cursor), 0),), ENCLOSING[command.text], command.start, cursor.last_end())]


def _root(cursor: Cursor) -> list[Tree]:
    r"""\sqrt[3]{x}."""
    command = cursor.take()
    index: list[Tree] = []
    indexed = cursor.peek().text == "["
    if indexed:
        cursor.take()
        index = _sequence(cursor, ("]",))
        if cursor.take().text != "]":
            raise cursor.fault("'[' of the root is never closed; add ']'", command)
    body = reduced(_argument(cursor), 0)
    return [Tree("root", (body, reduced(index, 0)) if indexed else (body,), "", command.start, cursor.last_end())]


def _accent(cursor: Cursor) -> list[Tree]:
    r"""\hat{y}, \vec x."""
    command = cursor.take()
    return [Tree("accent", (reduced(_argument(cursor), 0),), command.text, command.start, cursor.last_end())]


def _font(cursor: Cursor) -> list[Tree]:
    r"""\mathbf{W}, \mathrm{net}; several upright letters are one word."""
    command = cursor.take()
    font = DECLARED_FONTS.get(command.text, command.text)
    inside = _argument(cursor) if command.text not in DECLARED_FONTS else _letters_ahead(cursor)
    if not inside:
        return []
    if len(inside) == 1 and (
        inside[0].kind in ("text", "word") or inside[0].text.startswith(r"\operatorname") or inside[0].text in FUNCTIONS
    ):
        return inside
    if font in TEXT_FONTS and (len(inside) > 1 or inside[0].kind != "symbol" or not inside[0].text.isalpha()):
        return inside  # \text1, \text\sigma: the font says nothing
    if len(inside) > 1 and font in NAMING_FONTS and all(item.kind == "symbol" and len(item.text) == 1 for item in inside):
        return [named("".join(item.text for item in inside), command.start, cursor.last_end())]
    return [Tree("font", (reduced(inside, 0),), font, command.start, cursor.last_end())]


def _letters_ahead(cursor: Cursor) -> list[Tree]:
    r"""What {\bf W} or {\rm net} sets: the letters that follow."""
    letters: list[Tree] = []
    if cursor.peek().kind == "word":
        token = cursor.take()
        return [named(token.text, token.start, token.end)]
    while cursor.peek().kind == "letter" and (not letters or letters[-1].end == cursor.peek().start):
        token = cursor.take()
        letters.append(Tree("symbol", (), token.text, token.start, token.end))
    if not letters and starts_operand(cursor.peek()) and cursor.peek().kind == "command":
        _nested_step(cursor, letters)
    return letters


def _braced(cursor: Cursor) -> list[Tree]:
    r"""\underbrace{body}; the note comes as a script."""
    command = cursor.take()
    return [Tree("annotated", (reduced(_argument(cursor), 0),), command.text, command.start, cursor.last_end())]


def _stacked(cursor: Cursor) -> list[Tree]:
    r"""\stackrel{(1)}{=} is a sign with a note, \underset{n \times m}{Z} an operand with a note."""
    command = cursor.take()
    note = reduced(_argument(cursor), 0, script=True)
    body = _argument(cursor)
    if len(body) == 1 and body[0].kind == "operator":
        return [Tree("operator", (note,), body[0].text, command.start, cursor.last_end())]
    if len(body) == 1 and body[0].text in (*LARGE, *FUNCTIONS) and body[0].kind == "symbol":
        kind = "subscript" if command.text == r"\underset" else "superscript"
        script = Tree(kind, (note,), "", note.start, note.end)
        return [Tree("scripts", (body[0], script), "", command.start, cursor.last_end())]
    return [Tree("annotated", (reduced(body, 0), note), command.text, command.start, cursor.last_end())]


# --- environments ---------------------------------------------------------------------------------------------------------
def _environment(cursor: Cursor) -> list[Tree]:
    r"""\begin{bmatrix} ... \end{bmatrix} and the environments that align equations."""
    opening = cursor.take()
    name = opening.text
    if name not in MATRICES and name not in ALIGNED:
        raise cursor.fault(f"the environment {name} is not one of formulas", opening)
    if cursor.peek().text == "[" and name in (*ALIGNED, "array", "tabular", "matrix*", "bmatrix*", "pmatrix*") and has_option(cursor):
        skip_until(cursor, "[", "]")
    if name in WITH_COLUMNS and cursor.peek().text == "{":
        skip_until(cursor, "{", "}")
    rows = _rows(cursor, name)
    if name in ALIGNED or is_equation_array(name, rows):
        items = rows_joined(rows, name)
        return [Tree("aligned", (reduced(items, 0),), name if name in ALIGNED else "aligned", opening.start, cursor.last_end())]
    return [matrix(rows, name, opening.start, cursor.last_end())]


def _rows(cursor: Cursor, name: str) -> list[list[list[Tree]]]:
    r"""The rows up to \end, cell by cell; of an aligning environment, a row that cannot be read is left out, and the others are read."""
    rows: list[list[list[Tree]]] = [[]]
    first, depth, is_read = cursor.place, cursor.depth, False
    while True:
        try:
            rows[-1].append(_sequence(cursor, (), in_cell=True))
            sign = _sign_after_cell(cursor)
            if (sign.kind not in ("row", "end") and sign.text != "&") or (sign.kind == "end" and sign.text != name):
                raise cursor.fault(rf"{shown(sign)} found before \end{{{name}}}", sign)
        except ParseError:
            cursor.broken_rows += 1
            if name not in ALIGNED or cursor.broken_rows > MAX_BROKEN_ROWS:
                raise
            place = row_end(cursor, first)
            if place is None or (cursor.tokens[place].kind == "end" and not is_read):
                raise
            rows[-1] = [[Tree("text", (), UNREADABLE, cursor.tokens[first].start, cursor.tokens[place].start)]]
            cursor.place, cursor.depth = place, depth
            sign = cursor.take()
        else:
            is_read = is_read or sign.kind == "row"
        if sign.kind == "end":
            return rows
        if sign.kind == "row":
            rows.append([])
            first = cursor.place


def _sign_after_cell(cursor: Cursor) -> Token:
    """What ends a cell; a round bracket before it that closes nothing is a slip of the pen."""
    ahead = cursor.place
    while cursor.peek().text == ")" and cursor.peek().kind == "char":
        cursor.take()
    if cursor.place > ahead and cursor.peek().kind not in ("row", "end"):
        cursor.place = ahead
    return cursor.take()


_HANDLERS: dict[str, Callable[[Cursor], list[Tree]]] = {
    **dict.fromkeys(SKIPPED, _skip),
    **dict.fromkeys(SKIPPED_WITH_ARGUMENTS, _skip_arguments),
    **dict.fromkeys(TRANSPARENT, _transparent),
    **dict.fromkeys(FRACTIONS, _fraction),
    **dict.fromkeys((r"\binom", r"\dbinom", r"\tbinom"), _fraction),
    **dict.fromkeys(DERIVATIVE_MACROS, _derivative_macro),
    **dict.fromkeys(ENCLOSING, _enclosing),
    **dict.fromkeys(ACCENTS, _accent),
    **dict.fromkeys(FONTS, _font),
    **dict.fromkeys(TEXT_FONTS, _font),
    **dict.fromkeys(DECLARED_FONTS, _font),
    **dict.fromkeys(BRACES, _braced),
    **dict.fromkeys(STACKED, _stacked),
    **dict.fromkeys(ELLIPSES, ellipsis),
    **dict.fromkeys(OPENING, _bracketed),
    r"\left": _left_right,
    r"\sqrt": _root,
    r"\not": negated,
}


def _handler(token: Token) -> Callable[[Cursor], list[Tree]] | None:
    """The function that reads what begins with `token`, if it is more than a letter, number or sign."""
    if token.kind == "text":
        return text_at
    if token.text in PROSE_SIGNS:
        return prose_sign
    if token.kind == "begin":
        return _environment
    if token.kind == "open":
        return _bracketed
    if token.kind in ("command", "char"):
        return _HANDLERS.get(token.text, symbol_at if token.kind == "command" else None)
    return None
