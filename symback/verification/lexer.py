r"""Formula text to tokens: comments and definitions dropped, macros expanded, every token with its place in the author's text.

Budgets: a formula has at most `MAX_LENGTH` characters and `MAX_TOKENS` tokens after expansion, a macro at most
`MAX_EXPANSION` levels; beyond that a `ParseError` says so.  Work is linear in the tokens.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace

from symback.errors import SymbackError
from symback.verification.grammar import BARE_FUNCTIONS, BARE_PROSE, NAMES, SYNONYMS, TEXT_FONTS, UNICODE
from symback.verification.macros import BUILT_IN, Macro, balanced_end, definitions_in

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "MAX_NESTING", "MAX_TOKENS", "ParseError", "Token", "tokenize"]

MAX_LENGTH = 20_000
MAX_TOKENS = 20_000
MAX_EXPANSION = 30
MAX_NESTING = 100
MAX_DEPTH = 200  # of the tree, so that what walks it by recursion is safe
NAME_LENGTH = 5  # so many letters in a run are no product


class ParseError(SymbackError, ValueError):
    """A formula that cannot be read: where (`position`, `line` and `column` from 1 in the formula), what was found, what would be right."""

    def __init__(self, message: str, latex: str = "", position: int = 0) -> None:
        """`position` is an offset into `latex`."""
        self.reason = message
        self.position = min(position, len(latex))
        self.line = latex.count("\n", 0, self.position) + 1
        self.column = self.position - (latex.rfind("\n", 0, self.position) + 1) + 1
        super().__init__(f"line {self.line}, column {self.column}: {message}")


@dataclass(frozen=True, slots=True)
class Token:
    r"""One sign: kind is command, letter, word, number, text, begin, end, row, prime, open, close or char.

    `text` of a `text` token is what stands between its braces, `font` the command before them; a token from a macro
    carries the place of the macro call.
    """

    kind: str
    text: str
    start: int
    end: int
    font: str = ""


_TOKEN = re.compile(
    r"""(?P<comment>%[^\n]*(?:\n|$))
    |(?P<space>[\s\u200b\u200c\u200d\ufeff\u2060\u00ad\u00a0\x00]+)
    |\\(?P<environment>begin|end)\s*\{(?P<name>[^{}\\]{1,30})\}
    |(?P<row>\\\\\*?(?:[ \t]*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|px|in|mu|\\[a-z]+)\s*\])?)
    |(?P<plusequals>\\mathrel\s*\{\s*(?P<sign>[-+*:])\s*\}\s*=)
    |(?P<starred>\\(?:operatorname|tag|hspace|vspace)\*)
    |(?P<command>\\(?:[A-Za-z@]+|.))
    |(?P<entity>&(?:amp|lt|gt|nbsp|quot|\#39);)
    |(?P<number>\d+\.(?=\s*(?:[-+=)\]}]|\\(?:cdot|times|odot|right|big|Big)))|\d+\.\d+(?:[eE][+-]?\d+(?![A-Za-z]))?|\d+[eE][+-]\d+(?![A-Za-z])|\d+|\.\d+)
    |(?P<letters>[A-Za-z]+)
    |(?P<prime>'+)
    |(?P<multiple>:=|=:|==|!=|<=|>=|=>|->|<-|\+=|-=|\.\*|\.\.\.|\.\.)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&nbsp;": "~", "&quot;": '"', "&#39;": "'"}
_NESTED_MATH = re.compile(r"\\?\$\$?|\\[()]")


def tokenize(latex: str, macros: Mapping[str, Macro] | None = None) -> list[Token]:
    r"""The tokens of a formula, with `macros` (and those defined in it) expanded.

    >>> [token.text for token in tokenize(r"\sigma'(z_1)")]
    ['\\sigma', "'", '(', 'z', '_', '1', ')']
    """
    if len(latex) > MAX_LENGTH:
        raise ParseError(f"{len(latex)} characters; a formula may have {MAX_LENGTH}", latex)
    known = dict(BUILT_IN) | dict(macros or {})
    found: list[Token] = []
    place = 0
    for definition in definitions_in(latex):
        found.extend(_expand(list(_scan(latex, place, definition.start)), known, latex))
        if definition.macro is not None:
            known[definition.macro.name] = definition.macro
        place = definition.end
    found.extend(_expand(list(_scan(latex, place, len(latex))), known, latex))
    return found


def _scan(latex: str, start: int, end: int) -> Iterator[Token]:
    """Tokens of a stretch of text, nothing expanded."""
    place = start
    while place < end:
        match = _TOKEN.match(latex, place, end)
        if match is None:  # cannot be: the last alternative takes any character
            raise ParseError(f"{latex[place]!r} cannot be read", latex, place)
        kind, place = match.lastgroup or "", match.end()
        if kind in ("comment", "space"):
            continue
        if kind in ("command", "starred") and match.group() in TEXT_FONTS:
            place = yield from _text_tokens(latex, match, end)
        elif match["environment"]:
            yield Token(match["environment"], match["name"].strip(), match.start(), match.end())
        elif kind == "letters":
            yield from _letter_tokens(latex, match)
        elif kind == "other" and match.group() in UNICODE:
            for token in _scan(UNICODE[match.group()], 0, len(UNICODE[match.group()])):
                yield replace(token, start=match.start(), end=match.end())
        else:
            yield _plain_token(kind, match)


def _plain_token(kind: str, match: re.Match[str]) -> Token:
    """A token whose text is what it matched, in the spelling that the grammar keeps."""
    text = match.group()
    if kind == "plusequals":
        kind, text = "char", match["sign"] + "="
    elif kind == "row":
        text = r"\\"
    elif kind == "entity":
        kind, text = "char", _ENTITIES[text]
    elif kind == "command" and text[1:].isspace():
        text = "\\ "
    elif kind in ("multiple", "other"):
        kind = "letter" if text.isalpha() else "char"
    elif kind == "number":
        text = text.rstrip(".")
    text = SYNONYMS.get(text, text)
    if kind == "starred":
        kind = "command"
    if text == "?":
        kind, text = "command", r"\?"  # stands for what the author left open
    if text == "'":
        kind = "prime"
    if not text.startswith("\\") and kind == "command":
        kind = "char"
    return Token(kind, text, match.start(), match.end())


def _letter_tokens(latex: str, match: re.Match[str]) -> Iterator[Token]:
    """A run of letters: one token for each, or one for all where the run is a word (`bias_j`, `ones(N, 1)`)."""
    run, start = match.group(), match.start()
    before = latex[start - 1] if start else " "
    if run in BARE_FUNCTIONS and before != "\\":
        yield Token("command", BARE_FUNCTIONS[run], start, match.end())
    elif (
        run in BARE_PROSE and len(run) > 1 and before not in "_^{" and latex[match.end() : match.end() + 1] not in ("_", "^", "(", "}", "'")
    ):
        yield Token("text", run, start, match.end(), r"\text")
    elif run in NAMES or len(run) >= NAME_LENGTH or (len(run) > 2 and latex[match.end() : match.end() + 1] == "("):
        yield Token("word", run, start, match.end())
    else:
        for offset, letter in enumerate(run, start):
            yield Token("letter", letter, offset, offset + 1)


def _text_tokens(latex: str, match: re.Match[str], end: int) -> Generator[Token, None, int]:
    r"""\text{if $k=i$}: words as one token, the mathematics in it as its own tokens; gives back where it ends."""
    place = match.end()
    while place < end and latex[place].isspace():
        place += 1
    if place >= end or latex[place] != "{":
        # \textbf W, \text\sigma: the next token alone wears the font
        yield Token("command", match.group(), match.start(), match.end())
        return match.end()
    closing = balanced_end(latex, place)
    if closing is None or closing > end:
        raise ParseError(f"the brace after {match.group()} is never closed; add }}", latex, place)
    piece = place + 1
    inside_math = False
    for sign in [*_NESTED_MATH.finditer(latex, place + 1, closing - 1), None]:
        if sign is not None and sign.group().startswith("\\$"):
            continue
        stop = closing - 1 if sign is None else sign.start()
        if inside_math:
            yield from _scan(latex, piece, stop)
        elif latex[piece:stop].strip() or stop - piece == closing - place - 2:
            yield Token(
                "text", latex[piece:stop], match.start() if piece == place + 1 else piece, closing if sign is None else stop, match.group()
            )
        piece = stop if sign is None else sign.end()
        inside_math = not inside_math
    return closing


def _expand(tokens: list[Token], macros: Mapping[str, Macro], latex: str) -> list[Token]:
    """The tokens with every macro replaced by its body, arguments in place."""
    waiting = [(token, 0) for token in reversed(tokens)]
    done: list[Token] = []
    bodies: dict[str, list[Token]] = {}
    while waiting:
        token, depth = waiting.pop()
        macro = macros.get(token.text) if token.kind == "command" else None
        if macro is None:
            done.append(token)
        elif depth >= MAX_EXPANSION:
            raise ParseError(f"the macro {macro.name} expands without end", latex, token.start)
        else:
            arguments = _arguments(macro, waiting, token, latex)
            if macro.name not in bodies:
                bodies[macro.name] = list(_body_tokens(macro, latex, token.start))
            inside = _substituted(bodies[macro.name], arguments, token)
            waiting.extend((part, depth + 1) for part in reversed(inside))
        if len(done) + len(waiting) > MAX_TOKENS:
            raise ParseError(f"more than {MAX_TOKENS} signs after macros are expanded", latex, token.start)
    return done


def _body_tokens(macro: Macro, latex: str, place: int) -> Iterator[Token]:
    """The tokens of a macro's body; a fault in it is reported at the call."""
    try:
        yield from _scan(macro.body, 0, len(macro.body))
    except ParseError as error:
        raise ParseError(f"in the macro {macro.name}: {error.reason}", latex, place) from error


def _arguments(macro: Macro, waiting: list[tuple[Token, int]], call: Token, latex: str) -> list[list[Token]]:
    """The arguments that follow a macro call, taken off `waiting` (whose end is what comes next)."""
    arguments: list[list[Token]] = []
    for number in range(macro.parameters):
        if number == 0 and macro.default is not None:
            optional = _optional(waiting)
            arguments.append(list(_scan(macro.default, 0, len(macro.default))) if optional is None else optional)
            continue
        if not waiting:
            raise ParseError(f"{macro.name} takes {macro.parameters} arguments, found {number}", latex, call.start)
        token, depth = waiting.pop()
        if token.text == "{" and token.kind == "char":
            arguments.append(_until_brace(waiting, call, latex))
        elif token.kind == "number" and len(token.text) > 1:
            waiting.append((replace(token, text=token.text[1:], start=min(token.start + 1, token.end)), depth))
            arguments.append([replace(token, text=token.text[0])])
        else:
            arguments.append([token])
    return arguments


def _optional(waiting: list[tuple[Token, int]]) -> list[Token] | None:
    """The argument in square brackets that comes next, if one does."""
    if not waiting or waiting[-1][0].text != "[":
        return None
    closing = next((i for i in range(len(waiting) - 1, -1, -1) if waiting[i][0].text == "]"), None)
    if closing is None:
        return None
    inside = [token for token, _ in reversed(waiting[closing + 1 : -1])]
    del waiting[closing:]
    return inside


def _until_brace(waiting: list[tuple[Token, int]], call: Token, latex: str) -> list[Token]:
    """The tokens up to the closing brace, which is taken too."""
    inside: list[Token] = []
    depth = 1
    while waiting:
        token, _ = waiting.pop()
        if token.kind == "char" and token.text in "{}":
            depth += 1 if token.text == "{" else -1
            if depth == 0:
                return inside
        inside.append(token)
    raise ParseError(f"an argument of {call.text} opens a brace that is never closed; add }}", latex, call.start)


def _substituted(body: list[Token], arguments: list[list[Token]], call: Token) -> list[Token]:
    """The body at the place of the call, with its #1, #2 ... replaced."""
    result: list[Token] = []
    place = 0
    while place < len(body):
        token = body[place]
        following = body[place + 1] if place + 1 < len(body) else None
        if token.text == "#" and following is not None and following.kind == "number":
            number = int(following.text[0])
            result.extend(arguments[number - 1] if 1 <= number <= len(arguments) else [])
            if len(following.text) > 1:
                result.append(replace(following, text=following.text[1:], start=call.start, end=call.end))
            place += 2
            continue
        text = token.text
        if token.kind == "text" and "#" in text:
            for number, argument in enumerate(arguments, 1):
                text = text.replace(f"#{number}", "".join(part.text for part in argument))
        result.append(replace(token, text=text, start=call.start, end=call.end))
        place += 1
    return result
