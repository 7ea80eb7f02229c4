"""Formulas as LaTeX and as one line of text, in a notation.

    to_latex(index_form(…))    \\sigma'(z^{l}_{j}) \\sum_{k=1}^{n_{l+1}} w^{l+1}_{kj} \\delta^{l+1}_{k}
    to_text(matrix_form(…))    ((Wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ'(zˡ)

What is written is decided in `formulas`; here are the signs of the two media.  Both inherit from SymPy's printers what is
not a formula of ours.  The names inside SymPy symbols are read back by `Name.parse`; text that is no name is written as
it stands.
"""

import re
from collections.abc import Iterable, Sequence
from types import MappingProxyType

import sympy
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from symback.language.formulas import HADAMARD, Formulas, is_input, is_of_batch, split_letter
from symback.language.letters import notation_named
from symback.language.names import LAYER, Name
from symback.language.notation import Glyph, Notation

__all__ = ["Grid", "to_latex", "to_text", "to_text_with_grids"]

Grid = tuple[tuple[str, ...], ...]

FRACTION = r"\frac{\partial"  # taller than the rows of a matrix are apart
LONGEST_WHOLE = 90  # characters of LaTeX

_FIRST_GRID = 0xE000  # of the characters that Unicode leaves for private use

_SUPERSCRIPTS = dict(zip("0123456789+-()lLnijktT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ˡᴸⁿⁱʲᵏᵗᵀ", strict=True))
_SUBSCRIPTS = dict(zip("0123456789+-()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))


def to_latex(expr: sympy.Basic, notation: Notation | str = "nielsen") -> str:
    """A formula as LaTeX.

    >>> to_latex(sympy.Indexed("a^2", sympy.Symbol("j")) - sympy.Indexed("y", sympy.Symbol("j")))
    'a^{2}_{j} - y_{j}'
    """
    return _Latex(notation_named(notation)).doprint(expr)


def to_text(expr: sympy.Basic, notation: Notation | str = "nielsen") -> str:
    """A formula as one line of Unicode.

    >>> to_text(sympy.Indexed("a^2", sympy.Symbol("j")) - sympy.Indexed("y", sympy.Symbol("j")))
    'a²ⱼ - yⱼ'
    """
    return _Text(notation_named(notation)).doprint(expr)


def to_text_with_grids(expr: sympy.Basic, notation: Notation | str = "nielsen") -> tuple[str, dict[str, Grid]]:
    """A formula as one line in which a single character stands for each matrix that is written out; and those matrices.

    >>> line, grids = to_text_with_grids(sympy.ImmutableMatrix([[1, 2], [3, 4]]))
    >>> grids[line]
    (('1', '2'), ('3', '4'))
    """
    printer = _Text(notation_named(notation))
    printer.grids = {}
    return printer.doprint(expr), printer.grids


class _Latex(Formulas, LatexPrinter):
    """The signs of LaTeX."""

    dot = r" \cdot "
    ellipsis = r"\ldots"
    relations = MappingProxyType({"=": " = ", "≈": r" \approx ", ",": r", \quad "})

    def parentheses(self, text: str) -> str:
        """Plain ones, or growing ones around what is tall."""
        is_tall = any(sign in text for sign in (r"\frac", r"\sum", r"\begin")) and not self.is_too_long(text)
        return rf"\left( {text} \right)" if is_tall else f"({text})"

    def name(self, name: Name, indices: Sequence[str] = (), is_whole: bool = False) -> str:
        if not name.is_gradient:
            return self.plain_name(name, indices)
        plain = Name(name.letter, name.layer)
        style = self.notation.gradient
        if style == "prefix":
            return "d" + self.plain_name(plain, indices)
        cost = self.plain_name(Name("C_sum" if is_of_batch(name) else "C"), ())
        if style == "nabla" and is_whole:
            return rf"\nabla_{{{self.plain_name(plain, ())}}} {cost}"
        return self.partial(cost, [self.plain_name(plain, indices)], ())

    def plain_name(self, name: Name, indices: Sequence[str]) -> str:
        """Letter, layer and indices in the notation's order."""
        glyph, words = split_letter(self.notation, name, bool(indices))
        labels = (rf"\mathrm{{{word}}}" if word.isalpha() and (len(word) > 1 or word.isupper()) else word for word in words)
        below = self.subscript([*labels, *indices])
        layer = "" if name.layer is None or is_input(self.notation, name) else f"^{{{self.notation.layer.format(_spaceless(name.layer))}}}"
        return glyph.latex + (layer + below if self.notation.is_layer_first else below + layer)

    def subscript(self, parts: Sequence[str]) -> str:
        """_{jk}; with commas where the parts would run together, as in _{11, 1}."""
        separator = self.notation.index_separator or (", " if any(len(part) > 1 for part in parts) else "")
        return f"_{{{separator.join(parts)}}}" if parts else ""

    def raw(self, text: str, indices: Sequence[str]) -> str:
        if re.fullmatch(r"n_\{[^{}]*\}", text):
            return text
        return rf"\mathrm{{{_escaped(text)}}}{self.subscript(indices)}"

    def partial(self, of: str, wrt: Sequence[str], indices: Sequence[str]) -> str:
        order = f"^{{{len(wrt)}}}" if len(wrt) > 1 else ""
        below = self.subscript(indices)
        denominator = " ".join(rf"\partial {x}" for x in wrt)
        whole = rf"\frac{{\partial{order} {of}}}{{{denominator}}}"
        return rf"\left[ {whole} \right]{below}" if below else whole

    def product_sign(self, letter: sympy.Symbol, low: sympy.Expr, high: sympy.Expr) -> str:
        return rf"\prod_{{{self._print(letter)}={self._print(low)}}}^{{{self._print_size(high)}}}"

    def magnitude(self, text: str) -> str:
        return rf"\lVert {text} \rVert"

    def largest(self, index: str, text: str) -> str:
        return rf"\max_{{{index}}} \lvert {text} \rvert"

    def gradient_of(self, text: str) -> str:
        return rf"\nabla {text}"

    def dots(self, kind: str) -> str:
        return {"horizontal": r"\cdots", "vertical": r"\vdots", "diagonal": r"\ddots"}[kind]

    def partial_of(self, wrt: str, of: str) -> str:
        return rf"\frac{{\partial}}{{\partial {wrt}}} {of}"

    def derivative(self, wrt: str, of: str) -> str:
        return rf"\frac{{d}}{{d{wrt}}} {of}"

    def fraction(self, above: Sequence[sympy.Expr], below: Sequence[sympy.Expr]) -> str:
        upper = self.alone(above)
        is_dense = self.is_in_cell and not all(factor.is_Integer for factor in below)  # it would touch the row below
        if is_dense or self.is_too_long(upper):
            return self.fraction_on_one_line(above, below)
        return rf"\frac{{{upper}}}{{{self.alone(below)}}}"

    def is_too_long(self, text: str) -> bool:
        """Whether numbers would not fit into one line, so that nothing around them may keep them from being broken."""
        return self.is_numeric and len(text) > LONGEST_WHOLE and r"\begin" not in text

    def alone(self, factors: Sequence[sympy.Expr]) -> str:
        """A product with the fraction bar for its parentheses."""
        return self._print(factors[0]) if len(factors) == 1 else self.juxtaposed(factors)

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def root(self, text: str) -> str:
        return rf"\sqrt{{{text}}}"

    def sum_sign(self, letter: sympy.Symbol, low: sympy.Expr, high: sympy.Expr) -> str:
        shift = 0 if letter == LAYER else self.notation.index_base - 1  # layers are counted from 1 everywhere
        return rf"\sum_{{{self._print(letter)}={self._print(low + shift)}}}^{{{self._print_size(high + shift)}}}"

    def _print_size(self, size: sympy.Expr) -> str:
        return self._print(size).replace(" ", "") if size.is_Add else self._print(size)

    def operator(self, letter: str) -> Glyph:
        return Glyph(rf"\operatorname{{{_escaped(letter)}}}", letter)

    def apply(self, glyph: Glyph, order: int, arguments: str) -> str:
        primes = "'" * order if order <= 3 else f"^{{({order})}}"
        return glyph.latex + primes + self.parentheses(arguments)

    def _print_exp(self, expr: sympy.exp, exp=None) -> str:
        text = f"e^{{{self._print(expr.args[0])}}}"
        return text if exp is None else self.power(f"({text})", exp)

    def _print_Abs(self, expr: sympy.Abs, exp=None) -> str:
        text = rf"\lvert {self._print(expr.args[0])} \rvert"
        return text if exp is None else self.power(text, exp)

    def _print_KroneckerDelta(self, expr: sympy.KroneckerDelta, exp=None) -> str:
        indices = [self.index(index) for index in expr.args]
        text = r"\delta" + self.subscript(indices)
        return text if exp is None else self.power(text, exp)

    def indicator(self, condition: str) -> str:
        return rf"\mathbf{{1}}[{condition}]"

    def cases(self, rows: Sequence[tuple[str, str | None]]) -> str:
        lines = (rf"{value} & " + (r"\text{otherwise}" if condition is None else rf"\text{{if }} {condition}") for value, condition in rows)
        return _environment("cases", lines, "[6pt]" if any(r"\frac" in value for value, _ in rows) else "")

    def _print_Relational(self, expr) -> str:
        signs = {">": ">", "<": "<", ">=": r"\geq", "<=": r"\leq", "!=": r"\neq"}
        return f"{self._print(expr.lhs)} {signs.get(expr.rel_op, expr.rel_op)} {self._print(expr.rhs)}"

    def hadamard_sign(self) -> str:
        return self.notation.elementwise

    def _print_Or(self, expr: sympy.Or) -> str:
        return r" \text{ or } ".join(self._print(arg) for arg in sorted(expr.args, key=str))

    def _print_And(self, expr: sympy.And) -> str:
        return r" \text{ and } ".join(self._print(arg) for arg in sorted(expr.args, key=str))

    def hadamard_division(self) -> str:
        return r"\oslash" if self.notation.elementwise == r"\odot" else "/"

    def norm(self, text: str, kind: str) -> str:
        return rf"\lVert {text} \rVert" + (f"_{{{kind}}}" if kind else "") + "^{2}"

    def _print_Transpose(self, expr: sympy.Transpose) -> str:
        return self.power(self.base_of_power(expr.arg), self.notation.transpose)

    def _print_OneMatrix(self, expr) -> str:
        rows, cols = expr.shape
        if cols == 1:
            return r"\mathbf{1}"
        if rows == 1:
            return rf"\mathbf{{1}}^{{{self.notation.transpose}}}"
        return rf"\mathbf{{1}}_{{{self._print(rows)} \times {self._print(cols)}}}"

    def _print_ImmutableDenseMatrix(self, expr) -> str:
        rows = [" & ".join(self.cell(expr[i, j]) for j in range(expr.cols)) for i in range(expr.rows)]
        return _environment("pmatrix", rows, "[4pt]" if any(FRACTION in row for row in rows) else "")

    _print_MutableDenseMatrix = _print_ImmutableDenseMatrix

    def quotient(self, above: int, below: int) -> str:
        return rf"\frac{{{above}}}{{{below}}}"


class _Text(Formulas, StrPrinter):
    """The signs of Unicode, on one line."""

    printmethod = "_symback_text"  # SymPy's own nodes bring a `_sympystr` that would take precedence
    grids: dict[str, Grid] | None = None

    def level(self, expr: sympy.Basic) -> int:
        """∂C/∂a is a fraction on one line."""
        if expr in self.held:
            return self.level(self.held[expr])
        text = str(expr.base) if isinstance(expr, sympy.Indexed) else getattr(expr, "name", "")
        is_fraction = isinstance(expr, sympy.Indexed | sympy.Symbol | sympy.MatrixSymbol) and "/" in text
        return HADAMARD if is_fraction and self.notation.gradient != "prefix" else super().level(expr)

    def parentheses(self, text: str) -> str:
        """Round ones."""
        return f"({text})"

    def name(self, name: Name, indices: Sequence[str] = (), is_whole: bool = False) -> str:
        if not name.is_gradient:
            return self.plain_name(name, indices)
        plain = self.plain_name(Name(name.letter, name.layer), indices)
        if self.notation.gradient == "prefix":
            return "d" + plain
        return f"∂{self.plain_name(Name('C_sum' if is_of_batch(name) else 'C'), ())}/∂{plain}"

    def plain_name(self, name: Name, indices: Sequence[str]) -> str:
        """Letter, layer and indices, raised and lowered as far as Unicode goes."""
        glyph, subscript = split_letter(self.notation, name, bool(indices))
        layer = "" if name.layer is None or is_input(self.notation, name) else _raised(self.notation.layer.format(_spaceless(name.layer)))
        if indices and any(len(part) > 1 and part.isalpha() for part in subscript):
            below = _lowered([*subscript, *indices])
        else:
            below = "".join(_lowered([part]) for part in subscript) + (_lowered(indices) if indices else "")
        return glyph.text + (layer + below if self.notation.is_layer_first else below + layer)

    def raw(self, text: str, indices: Sequence[str]) -> str:
        match = re.fullmatch(r"([A-Za-z]+)_\{([^{}]*)\}", text)
        return (match[1] + _lowered([match[2]]) if match else text) + (_lowered(indices) if indices else "")

    def partial(self, of: str, wrt: Sequence[str], indices: Sequence[str]) -> str:
        order = _raised(str(len(wrt))) if len(wrt) > 1 else ""
        return f"∂{order}{of}/{''.join('∂' + x for x in wrt)}" + (_lowered(indices) if indices else "")

    def product_sign(self, letter: sympy.Symbol, low: sympy.Expr, high: sympy.Expr) -> str:
        return "Π" + _lowered([self._print(letter)])

    def magnitude(self, text: str) -> str:
        return f"‖{text}‖"

    def largest(self, index: str, text: str) -> str:
        return f"max{_lowered([index])} |{text}|"

    def gradient_of(self, text: str) -> str:
        return f"∇{text}"

    def dots(self, kind: str) -> str:
        return {"horizontal": "⋯", "vertical": "⋮", "diagonal": "⋱"}[kind]

    def partial_of(self, wrt: str, of: str) -> str:
        return f"∂/∂{wrt} {of}"

    def derivative(self, wrt: str, of: str) -> str:
        return f"d/d{wrt} {of}"

    def fraction(self, above: Sequence[sympy.Expr], below: Sequence[sympy.Expr]) -> str:
        return self.fraction_on_one_line(above, below)

    def prefixed(self, prefix: str, rest: str) -> str:
        is_fraction = "/" in prefix and not prefix.startswith("(")
        return f"({prefix}){self.times}{rest}" if is_fraction else f"{prefix}{self.times}{rest}"

    def power(self, base: str, exponent: str) -> str:
        return base + _raised(exponent.replace("⊙ ", "⊙"))

    def root(self, text: str) -> str:
        return f"√({text})"

    def sum_sign(self, letter: sympy.Symbol, low: sympy.Expr, high: sympy.Expr) -> str:
        return "Σ" + _lowered([self._print(letter)])

    def operator(self, letter: str) -> Glyph:
        return Glyph(letter, letter)

    def apply(self, glyph: Glyph, order: int, arguments: str) -> str:
        primes = "'" * order if order <= 3 else _raised(f"({order})")
        return f"{glyph.text}{primes}({arguments})"

    def _print_exp(self, expr: sympy.exp, exp=None) -> str:
        return f"exp({self._print(expr.args[0])})"

    def _print_Abs(self, expr: sympy.Abs) -> str:
        return f"|{self._print(expr.args[0])}|"

    def _print_KroneckerDelta(self, expr: sympy.KroneckerDelta) -> str:
        return "δ" + _lowered([self.index(index) for index in expr.args])

    def indicator(self, condition: str) -> str:
        return f"1[{condition}]"

    def cases(self, rows: Sequence[tuple[str, str | None]]) -> str:
        return "{" + "; ".join(value + (" otherwise" if condition is None else f" if {condition}") for value, condition in rows) + "}"

    def _print_Relational(self, expr) -> str:
        signs = {">=": "≥", "<=": "≤", "!=": "≠"}
        return f"{self._print(expr.lhs)} {signs.get(expr.rel_op, expr.rel_op)} {self._print(expr.rhs)}"

    def hadamard_sign(self) -> str:
        return "⊙" if self.notation.elementwise == r"\odot" else self.notation.elementwise

    def _print_Or(self, expr: sympy.Or) -> str:
        return " or ".join(self._print(arg) for arg in sorted(expr.args, key=str))

    def _print_And(self, expr: sympy.And) -> str:
        return " and ".join(self._print(arg) for arg in sorted(expr.args, key=str))

    def _print_Pi(self, expr) -> str:
        return "π"

    def hadamard_division(self) -> str:
        return "⊘" if self.notation.elementwise == r"\odot" else "/"

    def norm(self, text: str, kind: str) -> str:
        return f"‖{text}‖{'_' + kind if kind else ''}²"

    def _print_Transpose(self, expr: sympy.Transpose) -> str:
        return self.base_of_power(expr.arg) + "ᵀ"

    def _print_OneMatrix(self, expr) -> str:
        return "1ᵀ" if expr.shape[0] == 1 and expr.shape[1] != 1 else "1"

    def _print_ImmutableDenseMatrix(self, expr) -> str:
        rows = tuple(tuple(self.cell(expr[i, j]) for j in range(expr.cols)) for i in range(expr.rows))
        if self.grids is None:
            return "[" + "; ".join(map(", ".join, rows)) + "]"
        sign = chr(_FIRST_GRID + len(self.grids))
        self.grids[sign] = rows
        return sign

    _print_MutableDenseMatrix = _print_ImmutableDenseMatrix

    def quotient(self, above: int, below: int) -> str:
        return f"{above}/{below}"


def _environment(name: str, lines: Iterable[str], gap: str = "") -> str:
    """An environment of that name around its lines, with a gap such as "[4pt]" between them."""
    return rf"\begin{{{name}}} " + rf" \\{gap} ".join(lines) + rf" \end{{{name}}}"


def _spaceless(layer: int | sympy.Expr) -> str:
    """l + 1  →  l+1"""
    return str(layer).replace(" ", "")


def _escaped(text: str) -> str:
    """A text that LaTeX prints as it stands."""
    return re.sub(r"([_^{}\\$&#%~])", lambda match: "\\" + match[1] if match[1] in "_{}$&#%" else r"\ ", text)


def _raised(text: str) -> str:
    """In superscript characters, or after ^ where Unicode lacks one."""
    if all(character in _SUPERSCRIPTS for character in text):
        return "".join(_SUPERSCRIPTS[character] for character in text)
    return f"^{text}" if text.isalnum() or text.startswith("[") else f"^({text})"


def _lowered(parts: Sequence[str]) -> str:
    """In subscript characters, or in brackets where Unicode lacks one or two numbers would run together."""
    text = "".join(parts)
    if all(character in _SUBSCRIPTS for character in text) and not (len(parts) > 1 and any(len(part) > 1 for part in parts)):
        return "".join(_SUBSCRIPTS[character] for character in text)
    return f"[{','.join(parts)}]" if len(parts) > 1 else f"_{text}" if text.isalnum() else f"_({text})"
