"""What a formula looks like on paper, whatever the paper: order, parentheses, fractions, names.

`Formulas` is mixed into one of SymPy's printers by the media of `printing`, which know the signs.  Precedence has five
levels, from a sum, which needs parentheses nearly everywhere, to an atom, which never does.  The nodes that the views
add to SymPy (`AsScalar`, `ElementwiseFunction`, `PartialDerivative`) live on a floor above and are known here by the name
of their class, as SymPy's own printers do it.
"""

import re
from collections.abc import Sequence

import sympy
from sympy.matrices.expressions.matexpr import MatrixExpr
from sympy.matrices.expressions.special import OneMatrix

from symback.errors import NotationError
from symback.language.as_written import AsNegative
from symback.language.as_written_forms import AsWrittenForms
from symback.language.medium import ATOM, HADAMARD, POWER, PRODUCT, SUM
from symback.language.names import Name
from symback.language.notation import FUNCTIONS, Glyph, Notation
from symback.language.numerals import Numeral, Relations, WithNumbers
from symback.language.reading_order import is_negative, ordered_factors, ordered_terms

__all__ = ["ATOM", "HADAMARD", "POWER", "PRODUCT", "SUM", "Formulas", "is_input", "is_of_batch", "split_letter"]

MOST_TERMS_IN_PARENTHESES = 4  # of numbers; a longer sum, of which each term has the factor, can be broken into lines
MOST_DIGITS = 14  # of a decimal; a longer one, such as a product of SELU's constants, ends in an ellipsis

_LED_BY_MINUS = re.compile(r"\(-([0-9.]+)\)(?= |$)")
_PARTIAL_TEXT = re.compile(r"d(?P<of>[^/]+)/d(?P<wrt>[^/]+)")


class Formulas(AsWrittenForms):
    """What is written, in any medium; mixed into one of SymPy's printers."""

    def __init__(self, notation: Notation) -> None:
        super().__init__()
        self.notation = notation
        self.held: dict[sympy.Basic, sympy.Basic] = {}

    def _print(self, expr, **kwargs) -> str:
        """What is held in the place of an expression, or the expression."""
        held = self.held.get(expr) if self.held and isinstance(expr, sympy.Basic) else None
        return super()._print(expr if held is None else held, **kwargs)

    # Numbers

    def _print_Numeral(self, expr: Numeral) -> str:
        return expr.digits

    def _print_WithNumbers(self, expr: WithNumbers) -> str:
        before = self.held, self.is_numeric
        self.held, self.is_numeric = self.held | expr.numbers, True
        text = self.led_by_sign(self._print(expr.formula))
        self.held, self.is_numeric = before
        return text

    def _print_Relations(self, expr: Relations) -> str:
        first, *others = expr.members
        pairs = zip(expr.signs, others, strict=True)
        return self._print(first) + "".join(self.relations[sign] + self._print(other) for sign, other in pairs)

    def led_by_sign(self, text: str) -> str:
        """A product of numbers whose first one is negative without its parentheses:  (-0.2) · 0.3  →  -0.2 · 0.3."""
        return _LED_BY_MINUS.sub(r"-\1", text, count=1) if self.is_numeric and _LED_BY_MINUS.match(text) else text

    def cell(self, expr: sympy.Basic) -> str:
        """An entry of a matrix that is written out."""
        before, self.is_in_cell = self.is_in_cell, True
        text = self.led_by_sign(self._print(expr))
        self.is_in_cell = before
        return text

    # Parentheses

    def level(self, expr: sympy.Basic) -> int:
        """How tightly the outermost operation of what is written binds."""
        if expr in self.held:
            return self.level(self.held[expr])
        if isinstance(expr, Numeral):
            return SUM if expr.is_minus else ATOM
        if isinstance(expr, sympy.MatAdd | sympy.Add):
            return PRODUCT if isinstance(expr, sympy.Add) and self.in_common(expr) is not None else SUM
        as_written = self.level_as_written(expr)
        if as_written is not None:
            return as_written
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
        parts = self.in_common(expr)
        if parts is not None:
            return self._print_Mul(sympy.Mul(*parts, evaluate=False))
        return self.joined_terms(ordered_terms(list(expr.args)))

    def in_common(self, expr: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr] | None:
        """2 and a - y of 2 a - 2 y: a number that all terms have in common, where none is left at any of them."""
        if not expr.is_Add or (self.is_numeric and len(expr.args) > MOST_TERMS_IN_PARENTHESES):
            return None
        content, rest = expr.primitive()
        is_plain = content != 1 and rest.is_Add and all(abs(term.as_coeff_Mul()[0]) == 1 for term in rest.args)
        return (content, rest) if is_plain else None

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
            if len(factors) == 1 and isinstance(factors[0], OneMatrix) and not self.has_matrix(scalar):
                return is_minus, self._print(positive)
            return is_minus, self.product_of_matrices(positive, factors)
        if isinstance(term, OneMatrix):
            return False, "1"
        if isinstance(term, AsNegative):
            return True, self.wrapped(term.args[0], HADAMARD)
        if isinstance(term, MatrixExpr) or not is_negative(term):
            text = self.wrapped(term, HADAMARD)
            led = self.led_by_sign(text)
            return led != text, led.removeprefix("-") if led != text else text
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
        number, factors = self.with_numbers_in_front(number, factors)
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

    def with_numbers_in_front(self, number: sympy.Expr, factors: Sequence[sympy.Expr]) -> tuple[sympy.Expr, list[sympy.Expr]]:
        """What the terms of a factor have in common meets the other numbers:  1/8 (2 a - 2 y)  →  1/4 (a - y)."""
        rest: list[sympy.Expr] = []
        for factor in factors:
            is_sum = isinstance(factor, sympy.Sum) and not factor.has(sympy.Piecewise)  # of cases, SymPy's `Sum` makes others
            parts = self.in_common(factor.function if is_sum else factor)
            if parts is None:
                rest.append(factor)
                continue
            number = number * parts[0]
            rest.append(sympy.Sum(parts[1], *factor.limits) if is_sum else parts[1])
        return number, rest

    @staticmethod
    def is_plain(factor: sympy.Expr) -> bool:
        """A number, a size, a hyper-parameter: nothing with a layer or an index."""
        return not factor.has(sympy.Indexed, sympy.Function, sympy.Sum, MatrixExpr) and not any("^" in s.name for s in factor.free_symbols)

    def juxtaposed(self, factors: Sequence[sympy.Expr]) -> str:
        """Factors side by side; a sum sign needs parentheses unless it stands last."""
        if not factors:
            return "1"
        if len(factors) == 1:
            return self.wrapped(factors[0], HADAMARD)
        entrywise = [factor for factor in factors if self.holds_matrix(factor)]
        if len(entrywise) > 1:
            others = [factor for factor in factors if factor not in entrywise]
            text = f" {self.hadamard_sign()} ".join(self.wrapped(factor, POWER) for factor in entrywise)
            return self.prefixed(self.juxtaposed(others), text) if others else text
        texts = []
        for place, factor in enumerate(factors):
            is_closed = not isinstance(factor, sympy.Sum) or place == len(factors) - 1
            text = self.wrapped(factor, PRODUCT)
            if not is_closed or self.needs_separation(factor):
                text = self.parentheses(self._print(factor))
            texts.append(text)
        return self.times.join(texts)

    def holds_matrix(self, factor: sympy.Expr) -> bool:
        """Whether a part of a function of matrices is a matrix by itself: z and α in the cases z, α ⊙ z."""
        held = (self.held.get(symbol) for symbol in factor.free_symbols) if self.held else ()
        return any(isinstance(matrix, MatrixExpr) and matrix.shape != (1, 1) for matrix in held)

    @staticmethod
    def needs_separation(factor: sympy.Expr) -> bool:
        """uᵀv among scalars: without parentheses it would run into its neighbours."""
        return type(factor).__name__ == "AsScalar" and isinstance(factor.matrix, sympy.MatMul) and Formulas.norm_of(factor.matrix) is None

    def _print_Integer(self, expr: sympy.Integer) -> str:
        return str(expr.p)

    def _print_Rational(self, expr: sympy.Rational) -> str:
        sign = "-" if expr.p < 0 else ""
        decimal = _decimal(abs(expr))
        if decimal and len(decimal) > MOST_DIGITS:
            decimal = decimal[: MOST_DIGITS - 2] + self.ellipsis
        return sign + (decimal or self.quotient(abs(expr.p), expr.q))

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
            name = Name.parse(text)
        except NotationError:
            return self.unknown_name(text, indices)
        is_error = self.notation.layout == "jacobian" and name.letter == "Delta"  # its rows are samples there
        has_samples = name.letter[0].isupper() and name.letter[0] not in "WC"
        is_turned = len(indices) == 2 and has_samples and self.notation.layout != "row" and not is_error
        return self.name(name, indices[::-1] if is_turned else indices)  # (sample, unit) as stored; row, column as on the page

    def _print_Symbol(self, expr: sympy.Symbol) -> str:
        try:
            return self.name(Name.parse(expr.name))
        except NotationError:
            return self.unknown_name(expr.name, ())

    _print_Dummy = _print_Symbol

    def _print_MatrixSymbol(self, expr: sympy.MatrixSymbol) -> str:
        try:
            return self.name(Name.parse(expr.name), is_whole=True)
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
        by_sign = _of_sign(expr)
        if by_sign is not None:
            return self._print(by_sign)
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
        texts = [self.wrapped(factor, HADAMARD if len(factors) == 1 else PRODUCT) for factor in factors]
        for place, following in enumerate(texts[1:]):
            if texts[place].startswith(r"\nabla") and following.removeprefix(r"\left").startswith("("):
                texts[place] = self.parentheses(texts[place])  # ∇_Y C (W ⊙ R) would be C of W ⊙ R
        body = self.space.join(texts)
        separate = [factor for factor in sympy.Mul.make_args(scalar) if self.needs_separation(factor)]
        body = self.space.join([*(self.parentheses(self._print(factor)) for factor in separate), body])
        rest = scalar.func(*(factor for factor in scalar.args if factor not in separate)) if scalar.is_Mul else scalar
        return body if rest == 1 or [rest] == separate else self.prefixed(self.wrapped(rest, PRODUCT), body)

    @staticmethod
    def has_matrix(scalar: sympy.Expr) -> bool:
        """Whether a scalar is made of matrices: then it is not to be read as an entry."""
        return any(type(node).__name__ == "AsScalar" for node in sympy.preorder_traversal(scalar))

    def _print_HadamardProduct(self, expr: sympy.HadamardProduct) -> str:
        """u ⊙ v, and u ⊘ v for u ⊙ v^(⊙-1)."""
        below = [arg for arg in expr.args if isinstance(arg, sympy.HadamardPower) and arg.exp == -1]
        above = [arg for arg in expr.args if arg not in below]
        if not above:
            above, below = below, []
        numerator = f" {self.hadamard_sign()} ".join(self.wrapped(arg, POWER) for arg in above)
        return "".join([numerator, *(f" {self.hadamard_division()} {self.wrapped(arg.base, POWER)}" for arg in below)])

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
        factors: tuple[MatrixExpr, ...] = matrix.args if isinstance(matrix, sympy.MatMul) else ()
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


def _of_sign(expr: sympy.Piecewise) -> sympy.Expr | None:
    """|x| or sgn(x), where the pieces say so: x and -x, or 1 and -1, above and below 0, and 0 there."""
    if len(expr.args) != 3 or tuple(expr.args[2]) != (0, True):
        return None
    (above, over), (below, under), _ = expr.args
    if not (isinstance(over, sympy.Gt) and isinstance(under, sympy.Lt) and over.args == under.args) or below != -above:
        return None
    x = over.lhs - over.rhs
    if above == 1:
        return sympy.sign(x, evaluate=False)
    return sympy.Abs(x, evaluate=False) if above == x else None


def _decimal(number: sympy.Rational) -> str | None:
    """A number such as 0.044715, if it was surely meant as a decimal and not as 1/128: a large denominator of twos and fives."""
    if number.q <= 100 or number.q % 10 or (number.p == 1 and number.q != 10 ** (len(str(number.q)) - 1)):
        return None
    places = next((n for n in range(3, 60) if 10**n % number.q == 0), None)
    if places is None:
        return None
    digits = str(number.p * 10**places // number.q).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}".rstrip("0")


def is_of_batch(name: Name) -> bool:
    """Whether a gradient is taken of the sum over the samples: that of a batch quantity, a capital letter other than W, of a layer.

    Parameters have that of the average, and so have the quantities of a graph, which have no layer.
    """
    return name.letter[0].isupper() and name.letter[0] not in "WC" and name.layer is not None


def is_input(notation: Notation, name: Name) -> bool:
    """Whether a name is the input of the network, in a notation that has a letter for it: X for A^0."""
    return name.layer == 0 and name.letter in notation.inputs


def split_letter(notation: Notation, name: Name, is_entry: bool) -> tuple[Glyph, list[str]]:
    """The sign of a letter, and what stands below it:  lambda_2  →  λ, 2."""
    if is_input(notation, name):
        return notation.inputs[name.letter], []
    known = notation.glyph(name.letter, is_entry)
    if known is not None:
        return known, []
    stem, *below = name.letter.split("_")
    known = notation.glyph(stem, is_entry)
    if known is None:
        known = Glyph(stem if len(stem) == 1 else rf"\mathit{{{stem}}}", stem)
    return known, below
