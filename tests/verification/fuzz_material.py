"""Mangled formulas, mangled documents and certain nonsense, all from a `random.Random`: what a hostile page may hold.

A mangled formula is a true one (or one from a document) with tokens dropped, doubled, exchanged or put in, cut and joined
with another, nested, blown up or unbalanced; it may still be true.  Nonsense is an equation that numbers show to be false.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from symback.verification.documents import read_document
from symback.verification.parser import parse
from symback.verification.tree import Tree, walk
from symback.verification.unparse import unparse
from tests.verification.independent import verdict_of
from tests.verification.true_formulas import SETTINGS, TRUE_FORMULAS, TrueFormula, page_with

__all__ = ["FORMATS", "Mangled", "corpus", "mangled_document", "mangled_formula", "nonsense", "pages"]

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"  # beside the repository where there is one; nothing depends on it
FORMATS = (".md", ".tex", ".ipynb", ".rst", ".qmd")
MOST_LINES = 60  # of a document that is cut from the corpus

_TOKENS = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_STRANGE = (
    "\u0000", "\u202e", "\ufeff", "\U0001d6f9", "ﬁ", "é", "日", "\u0301", "∂", "Σ", "²", "₃", "⊙", "′", "\t", "\x7f", "😀", "\ud7ff", "ⅷ",
    "\u2028", "٣", "－", "½",
)  # fmt: skip
_SIGNS = (
    "=", "+", "-", r"\cdot", r"\odot", "^", "_", "{", "}", "(", ")", "[", "]", "|", r"\|", "&", r"\\", "'", ",", "T", "2", "0", "1",
    r"\sum", r"\partial", r"\frac", r"\left", r"\right", r"\sqrt", r"\nabla", r"\hat", r"\mathbf", r"\text", r"\begin{aligned}",
    r"\end{aligned}", r"\begin{bmatrix}", r"\end{bmatrix}", r"\Rightarrow", r"\underbrace", r"\cdots", r"\max", r"\operatorname{diag}",
    r"\log", "e", "i", "j", "L", "l", r"\delta", r"\sigma", "!", "~", "#", "%", "$", ";", ":", "<", r"\in", r"\mathbb{R}", r"\times",
)  # fmt: skip
_MACROS = (
    r"\newcommand{\a}{\a\a}", r"\def\b{\c\c}\def\c{\d\d}\def\d{\e\e}\def\e{x+}", r"\newcommand{\f}[1]{\f{#1}\f{#1}}",
    r"\gdef\g#1#2{#1#2#1#2}", r"\newcommand{\sum}{\partial}", r"\def\h{", r"\newcommand{\frac}[9]{#9#8#7}",
    "".join(rf"\def\{chr(105 + k)}{{{(chr(92) + chr(106 + k)) * 9}}}" for k in range(14)),
)  # fmt: skip
_CALLS = (r"\a", r"\b", r"\f{x}", r"\g{a}{b}", r"\h", r"\i", r"\frac{1}{2}")


@dataclass(frozen=True)
class Mangled:
    """A formula, the setting it stands in (None: alone), and what was done to it."""

    latex: str
    setting: str | None
    how: str


@cache
def corpus() -> tuple[str, ...]:
    """Every formula of the documents beside the repository, none where there are none."""
    if not CORPUS.is_dir():
        return ()
    paths = [path for path in sorted(CORPUS.glob("[0-9]*")) if path.suffix in FORMATS]
    return tuple(formula.latex for path in paths for formula in read_document(path).formulas if len(formula.latex) < 1_000)


# --- formulas -----------------------------------------------------------------------------------------------------------------
def mangled_formula(rng: random.Random) -> Mangled:
    """A formula of the table or of the corpus, mangled once to three times."""
    known = corpus()
    if known and rng.random() < 0.4:
        setting, text = None, rng.choice(known)
    else:
        chosen = rng.choice(TRUE_FORMULAS)
        setting, text = (chosen.setting if rng.random() < 0.3 else None), chosen.latex
    done = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        name, mangle = rng.choice(MANGLERS)
        text = mangle(text, rng)
        done.append(name)
    if setting is not None and ("$" in text or "```" in text):
        setting = None  # it would end its display
    return Mangled(text, setting, ", ".join(done))


def _tokens(text: str) -> list[str]:
    return _TOKENS.findall(text) or ["x"]


def _with_tokens_dropped(text: str, rng: random.Random) -> str:
    tokens = _tokens(text)
    start = rng.randrange(len(tokens))
    del tokens[start : start + rng.choice((1, 1, 1, 2, 5))]
    return "".join(tokens)


def _with_tokens_doubled(text: str, rng: random.Random) -> str:
    tokens = _tokens(text)
    start = rng.randrange(len(tokens))
    piece = tokens[start : start + rng.choice((1, 1, 2, 8))]
    return "".join([*tokens[:start], *piece * rng.choice((2, 2, 3, 40)), *tokens[start + len(piece) :]])


def _with_tokens_exchanged(text: str, rng: random.Random) -> str:
    tokens = _tokens(text)
    one, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    tokens[one], tokens[other] = tokens[other], tokens[one]
    return "".join(tokens)


def _with_a_sign_put_in(text: str, rng: random.Random) -> str:
    tokens = _tokens(text)
    place = rng.randrange(len(tokens) + 1)
    return "".join([*tokens[:place], f" {rng.choice(_SIGNS)} ", *tokens[place:]])


def _with_strange_letters(text: str, rng: random.Random) -> str:
    place = rng.randrange(len(text) + 1)
    return text[:place] + "".join(rng.choices(_STRANGE, k=rng.choice((1, 1, 3)))) + text[place:]


def _joined_with_another(text: str, rng: random.Random) -> str:
    other = rng.choice(TRUE_FORMULAS).latex
    first, second = _tokens(text), _tokens(other)
    return "".join(first[: rng.randrange(len(first) + 1)] + second[rng.randrange(len(second) + 1) :])


def _nested(text: str, rng: random.Random) -> str:
    depth = rng.choice((2, 10, 50, 300, 2000))
    opening, closing = rng.choice(
        (("(", ")"), ("{", "}"), (r"\frac{1}{", "}"), (r"\sqrt{", "}"), ("x^{", "}"), ("x_{", "}"), (r"\left(", r"\right)"), ("-", ""),
         (r"\hat{", "}"), (r"\sum_i", ""), (r"\partial", ""), (r"\log", ""), ("[", ""), (r"\begin{matrix}", r"\end{matrix}"))
    )  # fmt: skip
    left, sign, right = text.partition("=")
    return f"{left}{sign}{opening * depth}{right}{closing * depth}"


def _blown_up(text: str, rng: random.Random) -> str:
    huge = rng.choice(
        ("9" * 40, "9" * 4000, "1e999", "0." + "0" * 300 + "1", "10^{10^{10}}", "2^{2^{2^{2^{2^{2}}}}}", "99999!", "x^{-99999999}")
    )
    numbers = list(re.finditer(r"\d+|(?<![\\A-Za-z])[a-z](?![A-Za-z])", text))
    if not numbers:
        return f"{text} + {huge}"
    found = rng.choice(numbers)
    return text[: found.start()] + huge + text[found.end() :]


def _unbalanced(text: str, rng: random.Random) -> str:
    places = [place for place, letter in enumerate(text) if letter in "{}()[]|"]
    if places and rng.random() < 0.6:
        place = rng.choice(places)
        return text[:place] + text[place + 1 :]
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice("{}()[]|") * rng.choice((1, 2, 30)) + text[place:]


def _repeated(text: str, rng: random.Random) -> str:
    return rng.choice((" ", " = ", " + ", r" \\ ", ", ")).join([text] * rng.choice((2, 3, 30)))


MANGLERS: tuple[tuple[str, Callable[[str, random.Random], str]], ...] = (
    ("tokens dropped", _with_tokens_dropped), ("tokens doubled", _with_tokens_doubled), ("tokens exchanged", _with_tokens_exchanged),
    ("a sign put in", _with_a_sign_put_in), ("strange letters", _with_strange_letters), ("joined with another", _joined_with_another),
    ("nested", _nested), ("blown up", _blown_up), ("unbalanced", _unbalanced), ("repeated", _repeated),
)  # fmt: skip


# --- nonsense -----------------------------------------------------------------------------------------------------------------
_CERTAIN = (
    "0 = 1", "2 + 2 = 5", "a = a + 1", r"\delta^l = \delta^l + 1", r"z^l = z^l + a^l", r"x^{99999999999} = 1", "10^{10^{10}} = 0", "= =",
    r"\sigma = \sigma'", r"\frac{1}{0} = 1", r"\partial = \partial C", r"\delta^l = \delta^{l+1}", r"W^l = (W^l)^T", r"a^l = \sigma'(z^l)",
    r"\sum_i 1 = 0", r"\frac{\partial C}{\partial C} = 2", r"e^{x} = e^{-x}", r"\delta_{ij} = 2", "0.5 = 0.51", r"3 \cdot 4 = 13",
    r"\frac{\partial x}{\partial x} = 0", r"\log e^{x} = x + 1", r"\sqrt{x^2 + 1} = x", r"C = C + 1", r"y = y - 1", r"\| x \|^2 = -1",
)  # fmt: skip


@cache
def _pieces(setting: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The left sides of the true formulas of a setting, and the pieces that their right sides are made of."""
    lefts, pieces = [], set()
    for formula in TRUE_FORMULAS:
        if formula.setting == setting:
            *left, right = parse(formula.latex).children
            lefts.append(unparse(left[0]))
            pieces |= {unparse(node) for node in walk(right) if _is_piece(node)}
    return tuple(lefts), tuple(sorted(pieces))


def _is_piece(tree: Tree) -> bool:
    return tree.kind in ("derivative", "call", "group", "fraction") or (tree.kind == "scripts" and tree.children[0].kind == "symbol")


def nonsense(rng: random.Random) -> TrueFormula:
    """An equation of random operands that numbers show to be false, or one that is false on sight, and its setting."""
    setting = rng.choice(list(SETTINGS))
    if rng.random() < 0.1:
        return TrueFormula(setting, rng.choice(_CERTAIN))
    lefts, pieces = _pieces(setting)
    while True:
        signs = (" ", r" \cdot ", r" \odot ", " + ", " - ")
        terms = [rng.choice(pieces) for _ in range(rng.choice((1, 2, 2, 3, 4)))]
        text = terms[0] + "".join(rng.choice(signs) + term for term in terms[1:])
        latex = f"{rng.choice(lefts)} = {text}"
        if verdict_of(latex, SETTINGS[setting].model) in ("different", "shape"):
            return TrueFormula(setting, latex)


# --- documents ----------------------------------------------------------------------------------------------------------------
@cache
def pages() -> tuple[str, ...]:
    """Documents of our own, and pieces of those beside the repository."""
    own = [
        page_with(setting, "\n$$\n\nand\n\n$$\n".join(formula.latex for formula in TRUE_FORMULAS if formula.setting == setting)[:3000])
        for setting in SETTINGS
    ]
    paths = [path for path in sorted(CORPUS.glob("[0-9]*")) if path.suffix in FORMATS] if CORPUS.is_dir() else []
    return (*own, *(path.read_text(encoding="utf-8", errors="replace") for path in paths))


def mangled_document(rng: random.Random) -> tuple[str, bytes]:
    """A suffix, and the bytes of a document that is mangled as a whole."""
    lines = rng.choice(pages()).split("\n")
    start = rng.randrange(max(1, len(lines) - MOST_LINES))
    text = "\n".join(lines[start : start + MOST_LINES])[:12_000]
    for _ in range(rng.choice((1, 2, 4, 8))):
        text = rng.choice(_PAGE_MANGLERS)(text, rng)[:20_000]
    suffix = rng.choice(FORMATS)
    if suffix == ".ipynb" and rng.random() < 0.7:
        text = json.dumps({"cells": [{"cell_type": "markdown", "source": text.splitlines(keepends=True)}], "metadata": {}, "nbformat": 4})
    raw = text.encode("utf-8", errors="replace")
    if rng.random() < 0.2:
        place = rng.randrange(len(raw) + 1)
        raw = raw[:place] + bytes(rng.randrange(256) for _ in range(5)) + raw[place:]
    return suffix, raw


def _piece_dropped(text: str, rng: random.Random) -> str:
    start = rng.randrange(len(text) + 1)
    return text[:start] + text[start + rng.choice((1, 3, 30, 300)) :]


def _piece_repeated(text: str, rng: random.Random) -> str:
    start = rng.randrange(len(text) + 1)
    piece = text[start : start + rng.choice((1, 10, 100))]
    return text[:start] + piece * rng.choice((2, 5)) + text[start:]


def _delimiter_put_in(text: str, rng: random.Random) -> str:
    signs = (
        "$",
        "$$",
        r"\[",
        r"\]",
        r"\(",
        r"\)",
        "```math\n",
        "```",
        r"\begin{align}",
        r"\end{align}",
        "|",
        "---\n",
        "> ",
        "{",
        "}",
        "%",
        "\\",
    )
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice(signs) + text[place:]


def _macro_put_in(text: str, rng: random.Random) -> str:
    return f"{rng.choice(_MACROS)}\n\n{text}\n\n$${rng.choice(_CALLS)} = {rng.choice(_CALLS)}$$\n"


def _formula_put_in(text: str, rng: random.Random) -> str:
    place = rng.randrange(len(text) + 1)
    return f"{text[:place]}\n\n$${mangled_formula(rng).latex[:2000]}$$\n\n{text[place:]}"


def _joined_pages(text: str, rng: random.Random) -> str:
    other = rng.choice(pages())
    return text[: rng.randrange(len(text) + 1)] + other[rng.randrange(len(other) + 1) :][:3000]


_PAGE_MANGLERS: Sequence[Callable[[str, random.Random], str]] = (
    _piece_dropped, _piece_repeated, _delimiter_put_in, _macro_put_in, _formula_put_in, _joined_pages, _with_strange_letters,
)  # fmt: skip
