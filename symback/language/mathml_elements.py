r"""Elements of MathML Core that every writer of formulas needs: letters, names, brackets, scripts, tables.

Two writers share them.  `mathml` writes what a printer printed; the judge of documents writes the tree that it read.

Core has no font but Unicode's mathematical alphabets, leaves the columns of a table to the style sheet, and knows of
brackets only whether they stretch; what follows from that stands here, and nowhere else.
"""

from __future__ import annotations

from html import escape

from symback.language.mathml_signs import ALPHABETS, BRACKETS, UPRIGHT, styled

__all__ = [
    "GAP", "HAIR", "MATHML_STYLE", "QUAD", "SIDES", "THIN", "TIGHT", "UPRIGHT_FONTS", "WITH_LIMITS",
    "attribute", "fenced", "function_name", "letter", "mrow", "mtable", "prime_sign", "scripted", "word_name",
]  # fmt: skip

# For the page around: columns of equations meet without a gap, cases and statements stand left.
MATHML_STYLE = """
mtd { padding: 0.2em 0.4em; }
mtd.left { text-align: left; text-align: -webkit-left; }
mtd.before { text-align: right; text-align: -webkit-right; padding-right: 0; }
mtd.after { text-align: left; text-align: -webkit-left; padding-left: 0; }
mtd.center { text-align: center; text-align: -webkit-center; }
"""

HAIR, THIN, GAP, QUAD = (f'<mspace width="{width}em"/>' for width in ("0.1", "0.17", "0.3", "1"))
TIGHT = ' lspace="0" rspace="0"'  # print leaves no room around signs in scripts
WITH_LIMITS = frozenset([r"\lim", r"\limsup", r"\liminf", r"\max", r"\min", r"\sup", r"\inf", r"\det", r"\gcd", r"\Pr"]) | {
    r"\operatorname{argmax}",
    r"\operatorname{argmin}",
}
UPRIGHT_FONTS = frozenset([r"\mathrm", r"\text", r"\textrm", r"\textnormal", r"\textup", r"\symup", r"\mbox", r"\hbox", r"\textsc"])
SIDES = {"pmatrix": "( )", "bmatrix": "[ ]", "Bmatrix": r"\{ \}", "vmatrix": "| |", "Vmatrix": r"\| \|", "psmallmatrix": "( )"} | {
    "bsmallmatrix": "[ ]", "cases": r"\{ .", "dcases": r"\{ .", "numcases": r"\{ .", "rcases": r". \}", "drcases": r". \}",
}  # fmt: skip
_PRIMES = {1: "′", 2: "″", 3: "‴", 4: "⁗"}


def attribute(text: str) -> str:
    """A text between double quotes; primes, which formulas are full of, stay as they are.

    >>> attribute("f'(z) < 1")
    "f'(z) &lt; 1"
    """
    return escape(text, quote=False).replace('"', "&quot;")


def mrow(*markup: str) -> str:
    """Elements side by side, as one."""
    return f"<mrow>{''.join(markup)}</mrow>"


def function_name(text: str) -> str:
    r"""\log -> log, \operatorname{softmax} -> softmax, \limsup -> lim sup."""
    if text in (r"\limsup", r"\liminf"):
        return f"lim\u2009{text[4:]}"
    return text.removeprefix(r"\operatorname").strip("{}").removeprefix("\\")


def letter(sign: str, font: str) -> str:
    """One letter: italic by itself, unless it is a sign that stands upright or its font says so."""
    shown = styled(sign, font)
    is_upright = shown == sign and (sign in UPRIGHT or font in UPRIGHT_FONTS)
    return f'<mi mathvariant="normal">{escape(shown)}</mi>' if is_upright else f"<mi>{escape(shown)}</mi>"


def word_name(word: str, font: str) -> str:
    """A word that names something: upright, or in the alphabet of its font."""
    shown = "".join(styled(sign, font) for sign in word) if font in ALPHABETS else word
    variant = ' mathvariant="normal"' if len(shown) == 1 and font not in ALPHABETS else ""
    return f"<mi{variant}>{escape(shown)}</mi>"


def prime_sign(count: int) -> str:
    """As many primes as are printed; the sign itself is high, and as a superscript it would be tiny and higher still."""
    return f'<mo lspace="0" rspace="0">{_PRIMES.get(count, "′" * count)}</mo>'


def scripted(base: str, lower: str, upper: str, names: tuple[str, str, str]) -> str:
    """The element for one script or both."""
    if not lower and not upper:
        return base
    element = names[2] if lower and upper else names[0] if lower else names[1]
    return f"<{element}>{base}{lower}{upper}</{element}>"


def fenced(inside: str, signs: str, is_tall: bool) -> str:
    """An element between two brackets, of which one or both may not be printed."""
    opening, closing = (BRACKETS.get(sign, sign) for sign in signs.split(" "))
    stretchy = "true" if is_tall else "false"
    before = f'<mo form="prefix" fence="true" lspace="0" rspace="0" stretchy="{stretchy}">{escape(opening)}</mo>' if opening else ""
    after = f'<mo form="postfix" fence="true" lspace="0" rspace="0" stretchy="{stretchy}">{escape(closing)}</mo>' if closing else ""
    return mrow(before, inside, after)


def mtable(rows: list[list[str]], sides: list[str], is_display: bool = False) -> str:
    """A table; its columns have the classes of `MATHML_STYLE`, as Core leaves alignment to the style sheet."""
    lines = ("".join(f'<mtd class="{side}">{cell}</mtd>' for cell, side in zip(cells, sides, strict=False)) for cells in rows)
    body = "".join(f"<mtr>{line}</mtr>" for line in lines)
    return f'<mtable displaystyle="true">{body}</mtable>' if is_display else f"<mtable>{body}</mtable>"
