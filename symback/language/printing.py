"""Formulas as LaTeX and as one line of text, in a notation.

    to_latex(index_form(…))    \\sigma'(z^{l}_{j}) \\sum_{k=1}^{n_{l+1}} w^{l+1}_{kj} \\delta^{l+1}_{k}
    to_text(matrix_form(…))    ((Wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ'(zˡ)

One class, `_Formulas`, decides what is written: the order of terms and factors, where parentheses are needed, what
becomes a fraction.  Its two subclasses know the signs of their medium and inherit from SymPy's printers what is not a
formula of ours.  The names inside SymPy symbols are read back by `Name.parse`; text that is no name is written as it is.
"""

import re
from collections.abc import Iterable, Sequence

import sympy
from sympy.matrices.expressions.matexpr import MatrixExpr
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from symback.errors import NotationError
from symback.language.names import LAST_LAYER, Name
from symback.language.notation import FUNCTIONS, Glyph, Notation, notation_named
from symback.language.reading_order import is_negative, ordered_factors, ordered_terms

__all__ = ["to_latex", "to_text"]

SUM, HADAMARD, PRODUCT, POWER, ATOM = range(5)

_SUPERSCRIPTS = dict(zip("0123456789+-()lLnijktT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ˡᴸⁿⁱʲᵏᵗᵀ", strict=True))
_SUBSCRIPTS = dict(zip("0123456789+-()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_PARTIAL_TEXT = re.compile(r"d(?P<of>[^/]+)/d(?P<wrt>[^/]+)")


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


class _Formulas:
    """What is written, in any medium; mixed into one of SymPy's printers."""

    notation: Notation
    space = " "

    def __init__(self, notation: Notation) -> None:
        super().__init__()
        self.notation = notation
        self.held: dict[sympy.Symbol, sympy.Expr] = {}

    # What a medium has to say

    def name(self, name: Name, indices: Sequence[str] = ()) -> str:
        """A quantity, or one entry of it."""
        raise NotImplementedError

    # Parentheses

    def level(self, expr: sympy.Basic) -> int:
        """How tightly the outermost operation of what is written binds."""
        if isinstance(expr, sympy.Symbol) and expr in self.held:
            return self.level(self.held[expr])
        if isinstance(expr, sympy.MatAdd | sympy.Add):
            return SUM
        if isinstance(expr, sympy.MatMul):
            return self.level_of_matmul(expr)
        if isinstance(expr, sympy.Mul | sympy.Number):
            return SUM if is_negative(expr) else ATOM if expr.is_Integer else PRODUCT
        if isinstance(expr, sympy.HadamardProduct):
            return HADAMARD
        if isinstance(expr, sympy.Sum):
            return PRODUCT
        if isinstance(expr, sympy.Pow | sympy.HadamardPower):
            return ATOM if expr.exp == sympy.Rational(1, 2) else PRODUCT if expr.exp.could_extract_minus_sign() else POWER
        if type(expr).__name__ == "AsScalar":
            return POWER if self.norm_of(expr.matrix) is not None else self.level(expr.matrix)
        if type(expr).__name__ == "PartialDerivative":
            return PRODUCT
        if isinstance(expr, sympy.Transpose) or type(expr).__name__ == "exp":
            return POWER
        if type(expr).__name__ in ("ElementwiseApplyFunction", "ElementwiseFunction"):
            return self.level_of_function(expr)
        return SUM if isinstance(expr, sympy.core.relational.Relational) else ATOM

    def level_of_matmul(self, expr: sympy.MatMul) -> int:
        """A product with a minus is a sum; a scalar times ⊙ binds like ⊙."""
        scalar, factors = expr.as_coeff_matrices()
        if is_negative(scalar):
            return SUM
        return HADAMARD if len(factors) == 1 and isinstance(factors[0], sympy.HadamardProduct) else PRODUCT

    def level_of_function(self, expr: MatrixExpr) -> int:
        """f(M) is an atom if f is a named function."""
        return ATOM if isinstance(expr.function.expr, sympy.Function) else PRODUCT

    def wrapped(self, expr: sympy.Basic, level: int) -> str:
        """`expr`, in parentheses if it binds less tightly than `level`."""
        text = self._print(expr)
        return self.parentheses(text) if self.level(expr) < level else text

    # Sums

    def _print_Add(self, expr: sympy.Add, order=None) -> str:
        content, rest = expr.primitive()
        if content != 1 and rest.is_Add and all(abs(term.as_coeff_Mul()[0]) == 1 for term in rest.args):
            return self._print_Mul(sympy.Mul(content, rest, evaluate=False))
        return self.joined_terms(ordered_terms(list(expr.args)))

    def _print_MatAdd(self, expr: sympy.MatAdd) -> str:
        return self.joined_terms(list(expr.args))

    def joined_terms(self, terms: Sequence[sympy.Expr]) -> str:
        """a - y: the sign of a term is the sign before it."""
        text = ""
        for term in terms:
            is_minus, body = self.signed(term)
            joint = ("- " if is_minus else "+ ") if text else ("-" if is_minus else "")
            text += (" " if text else "") + joint + body
        return text

    def signed(self, term: sympy.Expr) -> tuple[bool, str]:
        """Whether a term has a minus, and the term without it."""
        if isinstance(term, sympy.MatMul):
            scalar, factors = term.as_coeff_matrices()
            is_minus = is_negative(scalar)
            positive = -scalar if is_minus else scalar
            if len(factors) == 1 and isinstance(factors[0], sympy.matrices.expressions.special.OneMatrix) and not self.has_matrix(scalar):
                return is_minus, self._print(positive)
            return is_minus, self.product_of_matrices(positive, factors)
        if isinstance(term, sympy.matrices.expressions.special.OneMatrix):
            return False, "1"
        if isinstance(term, MatrixExpr) or not is_negative(term):
            return False, self.wrapped(term, HADAMARD)
        positive = -term
        return True, self.wrapped(positive, HADAMARD)

    # Products of scalars

    def _print_Mul(self, expr: sympy.Mul) -> str:
        number, rest = expr.as_coeff_Mul()
        if number.is_extended_negative:
            return "-" + self.product(-number, sympy.Mul.make_args(rest))
        return self.product(number, sympy.Mul.make_args(rest))

    def product(self, number: sympy.Expr, factors: Sequence[sympy.Expr]) -> str:
        """Numerator over denominator; a denominator of plain numbers and sizes stands before, as in 1/N Σ_s …."""
        is_fraction = number.is_Rational and _decimal(number) is None
        above = [number] if not is_fraction else [sympy.Integer(number.p)] if number.p != 1 else []
        below = [sympy.Integer(number.q)] if is_fraction and number.q != 1 else []
        upper: list[sympy.Expr] = []
        for factor in factors:
            if factor.is_Pow and not isinstance(factor, sympy.exp) and factor.exp.could_extract_minus_sign():
                below.append(factor.base ** (-factor.exp))
            elif factor != 1:
                upper.append(factor)
        upper, below = ordered_factors(upper), ordered_factors(below)
        if not below:
            return self.juxtaposed([*above, *upper])
        if all(map(self.is_plain, below)):
            plain = [factor for factor in upper if self.is_plain(factor)]
            others = [factor for factor in upper if not self.is_plain(factor)]
            prefix = self.fraction([*above, *plain], below)
            return prefix if not others else self.prefixed(prefix, self.juxtaposed(others))
        return self.fraction([*above, *upper], below)

    @staticmethod
    def is_plain(factor: sympy.Expr) -> bool:
        """A number, a size, a hyper-parameter: nothing with a layer or an index."""
        return not factor.has(sympy.Indexed, sympy.Function, MatrixExpr) and not any("^" in s.name for s in factor.free_symbols)

    def juxtaposed(self, factors: Sequence[sympy.Expr]) -> str:
        """Factors side by side; a sum sign needs parentheses unless it stands last."""
        if not factors:
            return "1"
        if len(factors) == 1:
            return self.wrapped(factors[0], HADAMARD)
        texts = []
        for place, factor in enumerate(factors):
            is_closed = not isinstance(factor, sympy.Sum) or place == len(factors) - 1
            text = self.wrapped(factor, PRODUCT)
            if not is_closed or self.needs_separation(factor):
                text = self.parentheses(self._print(factor))
            texts.append(text)
        return self.space.join(texts)

    @staticmethod
    def needs_separation(factor: sympy.Expr) -> bool:
        """uᵀv among scalars: without parentheses it would run into its neighbours."""
        return type(factor).__name__ == "AsScalar" and isinstance(factor.matrix, sympy.MatMul) and _Formulas.norm_of(factor.matrix) is None

    def fraction(self, above: Sequence[sympy.Expr], below: Sequence[sympy.Expr]) -> str:
        """above / below."""
        raise NotImplementedError

    def prefixed(self, prefix: str, rest: str) -> str:
        """1/N before the rest."""
        return f"{prefix}{self.space}{rest}"

    def _print_Integer(self, expr: sympy.Integer) -> str:
        return str(expr.p)

    def _print_Rational(self, expr: sympy.Rational) -> str:
        sign = "-" if expr.p < 0 else ""
        return sign + (_decimal(abs(expr)) or self.quotient(abs(expr.p), expr.q))

    def quotient(self, above: int, below: int) -> str:
        """A fraction of integers."""
        raise NotImplementedError

    # Sums over indices, deltas, derivatives

    def index(self, index: sympy.Expr) -> str:
        """An index; numbers are counted from the notation's base."""
        if index.is_Integer:
            return str(int(index) - 1 + self.notation.index_base)
        return self._print(index)

    def _print_Indexed(self, expr: sympy.Indexed) -> str:
        indices = [self.index(index) for index in expr.indices]
        text = str(expr.base)
        try:
            return self.name(Name.parse(text), indices)
        except NotationError:
            return self.unknown_name(text, indices)

    def _print_Symbol(self, expr: sympy.Symbol) -> str:
        if expr in self.held:
            return self._print(self.held[expr])
        try:
            return self.name(Name.parse(expr.name))
        except NotationError:
            return self.unknown_name(expr.name, ())

    _print_Dummy = _print_Symbol

    def _print_MatrixSymbol(self, expr: sympy.MatrixSymbol) -> str:
        try:
            return self.name(Name.parse(expr.name))
        except NotationError:
            return self.unknown_name(expr.name, ())

    def unknown_name(self, text: str, indices: Sequence[str]) -> str:
        """A text that is no `Name`: d(of)/d(wrt), a size such as n_{l-1}, or anything else."""
        match = _PARTIAL_TEXT.fullmatch(text)
        if match is not None:
            of, wrt = (self._print(sympy.MatrixSymbol(match[part], 1, 1)) for part in ("of", "wrt"))
            return self.partial(of, [wrt], indices)
        return self.raw(text, indices)

    def _print_PartialDerivative(self, expr) -> str:
        return self.partial(self._print(expr.numerator), [self._print(x) for x in expr.denominators], ())

    def _print_Sum(self, expr: sympy.Sum) -> str:
        signs = [self.sum_sign(*limit) for limit in reversed(expr.limits)]
        return self.space.join([*signs, self.wrapped(expr.function, PRODUCT)])

    # Functions

    def function_glyph(self, function: type) -> tuple[Glyph, int]:
        """The sign of a function, and how often it has been differentiated."""
        letter, order = getattr(function, "letter", "") or function.__name__, getattr(function, "order", 0)
        if letter == "log":
            return Glyph(self.notation.logarithm, self.notation.logarithm.lstrip("\\")), 0
        known = FUNCTIONS.get(letter)
        return (known or self.operator(letter)), order

    def _print_Function(self, expr: sympy.Function, exp=None) -> str:
        glyph, order = self.function_glyph(type(expr))
        arguments = ", ".join(self._print(arg) for arg in expr.args)
        text = self.apply(glyph, order, arguments)
        return text if exp is None else self.power(text, exp)

    _print_log = _print_sign = _print_tanh = _print_sinh = _print_cosh = _print_sin = _print_cos = _print_tan = _print_erf = _print_Function
    _print_Max = _print_Min = _print_Heaviside = _print_Function

    def _print_AppliedUndef(self, expr: sympy.Function, exp=None) -> str:
        try:
            head = self.name(Name.parse(type(expr).__name__))
        except NotationError:
            head = type(expr).__name__
        text = f"{head}({', '.join(map(self._print, expr.args))})"
        return text if exp is None else self.power(f"({text})", exp)

    def _print_Piecewise(self, expr: sympy.Piecewise) -> str:
        (value, condition), *others = expr.args
        if value == 1 and len(others) == 1 and tuple(others[0]) == (0, True):
            return self.indicator(self._print(condition))
        rows = [(self._print(value), None if condition is sympy.true else self._print(condition)) for value, condition in expr.args]
        return self.cases(rows)

    def _print_Pow(self, expr: sympy.Pow, rational=False) -> str:
        base, exponent = expr.base, expr.exp
        if exponent == sympy.Rational(1, 2):
            return self.root(self._print(base))
        if exponent.could_extract_minus_sign():
            return self.product(sympy.S.One, (expr,))
        return self.power(self.base_of_power(base), self._print(exponent))

    def base_of_power(self, base: sympy.Basic) -> str:
        """A name with a layer has a superscript already, so it needs parentheses to be raised."""
        text = self._print(base)
        return text if self.level(base) >= ATOM and not self.has_superscript(base) else self.parentheses(text)

    def has_superscript(self, base: sympy.Basic) -> bool:
        """Whether the layer of a name, or the form of a gradient, would collide with an exponent."""
        base = self.held.get(base, base)
        if not isinstance(base, sympy.Symbol | sympy.Indexed | sympy.MatrixSymbol):
            return False
        text = str(base.base) if isinstance(base, sympy.Indexed) else base.name
        return "^" in text or "/" in text

    # Matrices

    def _print_MatMul(self, expr: sympy.MatMul) -> str:
        scalar, factors = expr.as_coeff_matrices()
        is_minus = is_negative(scalar)
        return ("-" if is_minus else "") + self.product_of_matrices(-scalar if is_minus else scalar, factors)

    def product_of_matrices(self, scalar: sympy.Expr, factors: Sequence[MatrixExpr]) -> str:
        """scalar · M₁ M₂ …."""
        _, below = scalar.as_numer_denom() if not scalar.is_Add else (scalar, sympy.S.One)
        if len(factors) == 1 and not self.is_plain(below):
            return self.fraction([scalar * below, factors[0]] if scalar * below != 1 else [factors[0]], [below])
        body = self.space.join(self.wrapped(factor, HADAMARD if len(factors) == 1 else PRODUCT) for factor in factors)
        separate = [factor for factor in sympy.Mul.make_args(scalar) if self.needs_separation(factor)]
        body = self.space.join([*(self.parentheses(self._print(factor)) for factor in separate), body])
        rest = scalar.func(*(factor for factor in scalar.args if factor not in separate)) if scalar.is_Mul else scalar
        return body if rest == 1 or [rest] == separate else self.prefixed(self.wrapped(rest, PRODUCT), body)

    @staticmethod
    def has_matrix(scalar: sympy.Expr) -> bool:
        """Whether a scalar is made of matrices: then it is not to be read as an entry."""
        return any(type(node).__name__ == "AsScalar" for node in sympy.preorder_traversal(scalar))

    def _print_HadamardProduct(self, expr: sympy.HadamardProduct) -> str:
        parts = [self.wrapped(arg, POWER) for arg in expr.args]
        return f" {self.hadamard_sign()} ".join(parts)

    def _print_HadamardPower(self, expr: sympy.HadamardPower) -> str:
        if expr.exp == sympy.Rational(1, 2):
            return self.root(self._print(expr.base))
        return self.power(self.base_of_power(expr.base), self.hadamard_sign() + self.space + str(expr.exp))

    def _print_AsScalar(self, expr) -> str:
        square = self.norm_of(expr.matrix)
        if square is None:
            return self._print(expr.matrix)
        return self.norm(self._print(square[0]), square[1])

    @staticmethod
    def norm_of(matrix: MatrixExpr) -> tuple[MatrixExpr, str] | None:
        """u of uᵀu, or M of 1ᵀ (M⊙M) 1, which is the square of its Frobenius norm."""
        factors = matrix.args if isinstance(matrix, sympy.MatMul) else ()
        if len(factors) == 2 and isinstance(factors[0], sympy.Transpose) and factors[0].arg == factors[1]:
            return factors[1], ""
        if len(factors) == 2 and isinstance(factors[1], sympy.Transpose) and factors[1].arg == factors[0] and factors[0].shape[0] == 1:
            return factors[0], ""
        if len(factors) == 3 and isinstance(factors[1], sympy.HadamardPower) and factors[1].exp == 2:
            return factors[1].base, "F"
        return None

    def _print_ElementwiseApplyFunction(self, expr) -> str:
        return self.function_of(expr.function, [expr.expr])

    def _print_ElementwiseFunction(self, expr) -> str:
        return self.function_of(expr.function, list(expr.matrices))

    def function_of(self, function: sympy.Lambda, matrices: Sequence[MatrixExpr]) -> str:
        """The body of a Lambda with the matrices in the places of its variables."""
        stand_ins = [sympy.Dummy(f"held{i}", real=True) for i in range(len(matrices))]
        body = function.expr.xreplace(dict(zip(function.variables, stand_ins, strict=True)))
        self.held.update(zip(stand_ins, matrices, strict=True))
        text = self.apply(Glyph(r"\exp", "exp"), 0, self._print(body.args[0])) if isinstance(body, sympy.exp) else self._print(body)
        for stand_in in stand_ins:
            del self.held[stand_in]
        return text

    def _print_DiagMatrix(self, expr) -> str:
        vector = expr.args[0]
        if isinstance(vector, sympy.HadamardPower) and vector.exp == -1:
            return self.power(self.apply(self.operator("diag"), 0, self._print(vector.base)), "-1")
        return self.apply(self.operator("diag"), 0, self._print(vector))

    def _print_DiagonalOf(self, expr) -> str:
        return self.apply(self.operator("diagonal"), 0, self._print(expr.arg))

    def _print_Identity(self, expr) -> str:
        return "I"

    def _print_ZeroMatrix(self, expr) -> str:
        return "0"

    def _print_Equality(self, expr: sympy.Eq) -> str:
        return f"{self._print(expr.lhs)} = {self._print(expr.rhs)}"


class _Latex(_Formulas, LatexPrinter):
    """The signs of LaTeX."""

    def parentheses(self, text: str) -> str:
        """Plain ones, or growing ones around what is tall."""
        is_tall = any(sign in text for sign in (r"\frac", r"\sum", r"\begin"))
        return rf"\left( {text} \right)" if is_tall else f"({text})"

    def name(self, name: Name, indices: Sequence[str] = ()) -> str:
        if not name.is_gradient:
            return self.plain_name(name, indices)
        plain = Name(name.letter, name.layer)
        style = self.notation.gradient
        if style == "prefix":
            return "d" + self.plain_name(plain, indices)
        cost = self.plain_name(Name("C_sum" if _is_of_batch(name) else "C"), ())
        if style == "nabla" and not indices and name.letter not in ("C_s", "C_sum"):
            return rf"\nabla_{{{self.plain_name(plain, ())}}} {cost}"
        return self.partial(cost, [self.plain_name(plain, indices)], ())

    def plain_name(self, name: Name, indices: Sequence[str]) -> str:
        """Letter, layer and indices in the notation's order."""
        glyph, subscript = _split_letter(self.notation, name, bool(indices))
        separator = self.notation.index_separator or (", " if any(len(index) > 1 for index in indices) else "")
        below = f"_{{{separator.join([*subscript, *indices])}}}" if subscript or indices else ""
        layer = "" if name.layer is None or _is_input(self.notation, name) else f"^{{{self.notation.layer.format(_spaceless(name.layer))}}}"
        return glyph.latex + (layer + below if self.notation.is_layer_first else below + layer)

    def raw(self, text: str, indices: Sequence[str]) -> str:
        if re.fullmatch(r"n_\{[^{}]*\}", text):
            return text
        below = f"_{{{', '.join(indices)}}}" if indices else ""
        return rf"\mathrm{{{_escaped(text)}}}{below}"

    def partial(self, of: str, wrt: Sequence[str], indices: Sequence[str]) -> str:
        order = f"^{{{len(wrt)}}}" if len(wrt) > 1 else ""
        below = f"_{{{', '.join(indices)}}}" if indices else ""
        denominator = " ".join(rf"\partial {x}" for x in wrt)
        whole = rf"\frac{{\partial{order} {of}}}{{{denominator}}}"
        return rf"\left[ {whole} \right]{below}" if below else whole

    def fraction(self, above: Sequence[sympy.Expr], below: Sequence[sympy.Expr]) -> str:
        return rf"\frac{{{self.alone(above)}}}{{{self.alone(below)}}}"

    def alone(self, factors: Sequence[sympy.Expr]) -> str:
        """A product with the fraction bar for its parentheses."""
        return self._print(factors[0]) if len(factors) == 1 else self.juxtaposed(factors)

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def root(self, text: str) -> str:
        return rf"\sqrt{{{text}}}"

    def sum_sign(self, letter: sympy.Symbol, low: sympy.Expr, high: sympy.Expr) -> str:
        shift = self.notation.index_base - 1
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
        text = rf"\delta_{{{(', ' if any(len(index) > 1 for index in indices) else '').join(indices)}}}"
        return text if exp is None else self.power(text, exp)

    def indicator(self, condition: str) -> str:
        return rf"\mathbf{{1}}[{condition}]"

    def cases(self, rows: Sequence[tuple[str, str | None]]) -> str:
        lines = (rf"{value} & " + (r"\text{otherwise}" if condition is None else rf"\text{{if }} {condition}") for value, condition in rows)
        return _environment("cases", lines)

    def _print_Relational(self, expr) -> str:
        signs = {">": ">", "<": "<", ">=": r"\geq", "<=": r"\leq", "!=": r"\neq"}
        return f"{self._print(expr.lhs)} {signs.get(expr.rel_op, expr.rel_op)} {self._print(expr.rhs)}"

    def hadamard_sign(self) -> str:
        return self.notation.elementwise

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
        rows = (" & ".join(self._print(expr[i, j]) for j in range(expr.cols)) for i in range(expr.rows))
        return _environment("pmatrix", rows)

    _print_MutableDenseMatrix = _print_ImmutableDenseMatrix

    def quotient(self, above: int, below: int) -> str:
        return rf"\frac{{{above}}}{{{below}}}"


class _Text(_Formulas, StrPrinter):
    """The signs of Unicode, on one line."""

    printmethod = "_symback_text"  # SymPy's own nodes bring a `_sympystr` that would take precedence

    def level(self, expr: sympy.Basic) -> int:
        """∂C/∂a is a fraction on one line."""
        text = str(expr.base) if isinstance(expr, sympy.Indexed) else getattr(expr, "name", "")
        is_fraction = isinstance(expr, sympy.Indexed | sympy.Symbol | sympy.MatrixSymbol) and "/" in text
        return HADAMARD if is_fraction and self.notation.gradient != "prefix" else super().level(expr)

    def parentheses(self, text: str) -> str:
        """Round ones."""
        return f"({text})"

    def name(self, name: Name, indices: Sequence[str] = ()) -> str:
        if not name.is_gradient:
            return self.plain_name(name, indices)
        plain = self.plain_name(Name(name.letter, name.layer), indices)
        if self.notation.gradient == "prefix":
            return "d" + plain
        return f"∂{self.plain_name(Name('C_sum' if _is_of_batch(name) else 'C'), ())}/∂{plain}"

    def plain_name(self, name: Name, indices: Sequence[str]) -> str:
        """Letter, layer and indices, raised and lowered as far as Unicode goes."""
        glyph, subscript = _split_letter(self.notation, name, bool(indices))
        layer = "" if name.layer is None or _is_input(self.notation, name) else _raised(self.notation.layer.format(_spaceless(name.layer)))
        below = "".join(_lowered([part]) for part in subscript) + (_lowered(indices) if indices else "")
        return glyph.text + (layer + below if self.notation.is_layer_first else below + layer)

    def raw(self, text: str, indices: Sequence[str]) -> str:
        match = re.fullmatch(r"([A-Za-z]+)_\{([^{}]*)\}", text)
        return (match[1] + _lowered([match[2]]) if match else text) + (_lowered(indices) if indices else "")

    def partial(self, of: str, wrt: Sequence[str], indices: Sequence[str]) -> str:
        order = _raised(str(len(wrt))) if len(wrt) > 1 else ""
        return f"∂{order}{of}/{''.join('∂' + x for x in wrt)}" + (_lowered(indices) if indices else "")

    def fraction(self, above: Sequence[sympy.Expr], below: Sequence[sympy.Expr]) -> str:
        upper = self.wrapped(above[0], PRODUCT) if len(above) == 1 else self.juxtaposed(above)
        lower = self.wrapped(below[0], POWER) if len(below) == 1 else self.parentheses(self.juxtaposed(below))
        return f"{upper}/{lower}"

    def prefixed(self, prefix: str, rest: str) -> str:
        is_fraction = "/" in prefix and not prefix.startswith("(")
        return f"({prefix}) {rest}" if is_fraction else f"{prefix} {rest}"

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

    def norm(self, text: str, kind: str) -> str:
        return f"‖{text}‖{'_' + kind if kind else ''}²"

    def _print_Transpose(self, expr: sympy.Transpose) -> str:
        return self.base_of_power(expr.arg) + "ᵀ"

    def _print_OneMatrix(self, expr) -> str:
        return "1ᵀ" if expr.shape[0] == 1 and expr.shape[1] != 1 else "1"

    def _print_ImmutableDenseMatrix(self, expr) -> str:
        rows = (", ".join(self._print(expr[i, j]) for j in range(expr.cols)) for i in range(expr.rows))
        return "[" + "; ".join(rows) + "]"

    _print_MutableDenseMatrix = _print_ImmutableDenseMatrix

    def quotient(self, above: int, below: int) -> str:
        return f"{above}/{below}"


def _environment(name: str, lines: Iterable[str]) -> str:
    return rf"\begin{{{name}}} " + r" \\ ".join(lines) + rf" \end{{{name}}}"


def _decimal(number: sympy.Rational) -> str | None:
    """A number such as 0.044715, if it was surely meant as a decimal and not as 1/128: a large denominator of twos and fives."""
    if number.q <= 100 or number.q % 10 or number.p == 1 and number.q != 10 ** (len(str(number.q)) - 1):
        return None
    places = next((n for n in range(3, 60) if 10**n % number.q == 0), None)
    if places is None:
        return None
    digits = str(number.p * 10**places // number.q).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}".rstrip("0")


def _is_of_batch(name: Name) -> bool:
    """Whether a gradient is taken of the sum over the samples: that of a batch quantity, a capital letter other than W.

    The inputs (of the network, or of its last layer when that is derived alone) are leaves, and have that of the average.
    """
    is_input = name.layer is not None and name.layer in (0, LAST_LAYER - 1)
    return name.letter[0].isupper() and name.letter[0] not in "WC" and not is_input


def _is_input(notation: Notation, name: Name) -> bool:
    return name.layer == 0 and name.letter in notation.inputs


def _split_letter(notation: Notation, name: Name, is_entry: bool) -> tuple[Glyph, list[str]]:
    """The sign of a letter, and what stands below it:  lambda_2  →  λ, 2."""
    if _is_input(notation, name):
        return notation.inputs[name.letter], []
    known = notation.glyph(name.letter, is_entry)
    if known is not None:
        return known, []
    stem, *below = name.letter.split("_")
    known = notation.glyph(stem)
    if known is None:
        known = Glyph(stem if len(stem) == 1 else rf"\mathit{{{stem}}}", stem)
    return known, below


def _spaceless(layer: int | sympy.Expr) -> str:
    return str(layer).replace(" ", "")


def _escaped(text: str) -> str:
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
