"""Signs of the quantities in a picture, as a notation writes them: w^1_{12}, δ_1^{(2)}, (W^2)ᵀ δ^2, ∂C/∂a^2.

In LaTeX a sign is exactly what `to_latex` writes for the same quantity, and a test holds them together.
"""

from collections.abc import Sequence
from dataclasses import replace

import sympy

from symback.language.formulas import is_input, split_letter
from symback.language.names import Name
from symback.language.notation import Glyph, Notation
from symback.language.printing import to_latex
from symback.presentation.drawing.shapes import LOWERED, RAISED, SCRIPT, THIN, Piece, Sign, Span, Words

__all__ = ["error_from_above", "error_of_output", "number_span", "power_sign", "quantity", "size_spans", "whole"]

_MINUS = "−"


def quantity(notation: Notation, letter: str, layer: object, indices: Sequence[sympy.Expr] = ()) -> Sign:
    """One entry of a quantity; the indices are those that are shown.

    >>> from symback.language.notation import NOTATIONS
    >>> quantity(NOTATIONS["lecture"], "W", 2, (sympy.Integer(0), sympy.Integer(1))).latex
    'w_{01}^{(2)}'
    """
    return _sign(notation, letter, layer, indices, is_entry=True)


def whole(notation: Notation, letter: str, layer: object) -> Sign:
    """A whole matrix or vector: W^2."""
    return _sign(notation, letter, layer, (), is_entry=False)


def _sign(notation: Notation, letter: str, layer: object, indices: Sequence[sympy.Expr], is_entry: bool) -> Sign:
    """The letter, the layer above and the indices below it, in the order of the notation."""
    name = Name(letter, layer)  # type: ignore[arg-type]
    glyph, lettered = split_letter(notation, name, is_entry)
    number = "" if layer is None or is_input(notation, name) else notation.layer.format(str(layer).replace(" ", ""))
    parts = [*lettered, *(to_latex(index, notation).replace(" ", "") for index in indices)]
    is_parted = any(len(part) > 1 for part in parts)
    separator = notation.index_separator or (", " if is_parted else "")
    below = f"_{{{separator.join(parts)}}}" if parts else ""
    above = f"^{{{number}}}" if number else ""
    latex = glyph.latex + (above + below if notation.is_layer_first else below + above)
    pieces: list[Piece] = []
    for part in (*(Piece(each) for each in lettered), *indices):
        pieces += [Piece(",")] if pieces and is_parted else []
        pieces += [part] if isinstance(part, Piece) else _index_pieces(part)
    return Sign(latex, glyph.text, _plain(number), _joined(pieces), _style(glyph))


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The same with fewer pieces: neighbours that look alike as one.

    >>> [piece.text for piece in _joined([Piece("1"), Piece("2"), Piece("p")])]
    ['12', 'p']
    """
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last is not None and (last.rise, last.scale, last.is_italic) == (piece.rise, piece.scale, piece.is_italic):
            joined[-1] = replace(last, text=last.text + piece.text)
        else:
            joined.append(piece)
    return tuple(joined)


def _style(glyph: Glyph) -> str:
    """Bold where the notation writes it so."""
    return "bold" if r"\mathbf" in glyph.latex or r"\boldsymbol" in glyph.latex else "italic"


def _plain(text: str) -> tuple[Piece, ...]:
    """A script of one piece; none for nothing."""
    return (Piece(text.replace("-", _MINUS)),) if text else ()


def _index_pieces(index: sympy.Expr) -> list[Piece]:
    """12; p; p−1; n with a small l below it."""
    name, _, below = str(index).replace(" ", "").partition("_")
    nested, _, rest = below.replace("{", "").partition("}") if "{" in below else _split_shift(below)
    pieces = [Piece(name.replace("-", _MINUS))]
    if nested:
        pieces.append(Piece(nested.replace("-", _MINUS), LOWERED, SCRIPT))
    return [*pieces, *_plain(rest)]


def _split_shift(text: str) -> tuple[str, str, str]:
    """1-1  →  1, -1: what is subtracted from a name with a plain subscript."""
    stem, sign, rest = text.partition("-")
    return stem, "", sign + rest


def size_spans(size: object) -> tuple[Span, ...]:
    """How many units: a number, or a name in italics."""
    if isinstance(size, int):
        return (Words(str(size)),)
    first, *below = _index_pieces(size)  # type: ignore[arg-type]
    lowered = tuple(Piece(piece.text) for piece in below)
    return (Sign(to_latex(size).replace(" ", ""), first.text, (), lowered),)  # type: ignore[arg-type]


# Numbers ---------------------------------------------------------------------------------------------------------


def number_span(value: float, is_given: bool = False) -> Span:
    """A number in at most seven characters: four decimals; for what was given, without zeros at the end.

    >>> number_span(0.55971).text, number_span(-0.5, is_given=True).text, number_span(1234567.0).latex
    ('0.5597', '−0.5', '1.2 \\\\cdot 10^{6}')
    """
    size = abs(value)
    if value != 0 and (size < 5e-4 or size >= 99999.5):
        return _power_of_ten(value)
    decimals = 4 if size < 10 else 3 if size < 100 else 1 if size < 10000 else 0
    text = f"{value:.{decimals}f}"
    if (is_given or value == 0) and "." in text:
        text = text.rstrip("0").rstrip(".")
    return Words(text.replace("-", _MINUS), text, is_math=True)


def _power_of_ten(value: float) -> Sign:
    """1.2 · 10^6."""
    mantissa, exponent = f"{value:.1e}".split("e")
    power = str(int(exponent))
    latex = rf"{mantissa} \cdot 10^{{{power}}}"
    return Sign(latex, f"{mantissa}·10".replace("-", _MINUS), _plain(power), (), "upright")


# The way back ----------------------------------------------------------------------------------------------------


def power_sign(sign: Sign, notation: Notation) -> tuple[Span, ...]:
    """The transpose of a matrix with a layer: (W^2)ᵀ."""
    mark = Piece("⊤" if notation.transpose == r"\top" else "T", is_upright=notation.transpose != "T")
    closing = Sign(rf")^{{{notation.transpose}}}", ")", (mark,), (), "upright")
    return Words("(", "(", is_math=True), sign, closing


def error_from_above(notation: Notation, weights: Sign, delta: Sign, is_transposed: bool, is_scalar: bool) -> tuple[Span, ...]:
    """What a dense layer sends back: (W^{l+1})ᵀ δ^{l+1} in columns, δ^{l+1} W^{l+1} in rows.

    `is_transposed`: the layer uses the transpose of a matrix that has a name, so the matrix itself leads back.
    """
    space = Words(THIN, r"\,", is_math=True)
    is_row = notation.layout in ("row", "jacobian")
    matrix = (weights,) if is_scalar or is_transposed != is_row else power_sign(weights, notation)
    return (delta, space, *matrix) if is_row and not is_scalar else (*matrix, space, delta)


def error_of_output(notation: Notation, layer: object, is_scalar: bool) -> tuple[Span, ...]:
    """∂C/∂a^L in the notation's manner: ∇ with a subscript, a fraction, or da."""
    output = quantity(notation, "a", layer) if is_scalar else whole(notation, "a", layer)
    if notation.gradient == "prefix":
        return (replace(output, latex=f"d{output.latex}", letter=f"d{output.letter}"),)
    if notation.gradient == "nabla" and not is_scalar:
        scripts = tuple(Piece(piece.text, RAISED, SCRIPT) for piece in output.above)
        nabla = Sign(rf"\nabla_{{{output.latex}}} C", "∇", (), (Piece(output.letter), *scripts), "upright")
        return nabla, Sign("", "C")
    return Sign(r"\partial C / \partial", "∂C/∂"), output
