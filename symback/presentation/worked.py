"""Quantities worked out with printed numbers: every result follows, to the last digit, from the numbers printed before it.

    z^1 = W^1 a^0 + b^1       entries    w_11 a_1 + w_12 a_2 + b_1, …     the formula's own tensor, written out
                              results    0.3500, …                        its value at the printed numbers, rounded once
                              exact      0.35, …                          its value in floating point, never rounded

A function inside of a formula, σ'(z) in (a - y) ⊙ σ'(z), is worked out before, and the formula uses its printed value;
where the function has a form in terms of its output, a ⊙ (1 - a), that form is used.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import sympy
from sympy.core.function import AppliedUndef
from sympy.matrices.immutable import ImmutableDenseMatrix as Matrix

from symback.errors import NumericError
from symback.language.expressions import Map, Tensor, Var, map_, walk
from symback.language.functions import expand_functions
from symback.language.numerals import Numeral
from symback.numerics.decimals import decimal_text, rounded
from symback.numerics.evaluate import Setting, evaluate
from symback.simplification.engine import slopes_in_outputs
from symback.simplification.rules import Knowledge
from symback.simplification.scalar_form import scalar_form

__all__ = ["PrintedNumbers", "Worked", "functions_in"]

ALGEBRAIC = (sympy.Piecewise, sympy.Abs, sympy.sign, sympy.Heaviside, AppliedUndef)


@dataclass(frozen=True, eq=False)
class Worked:
    """`symbol` = `tensor`, entry by entry: `keys` are its entries by name, `entries` their formulas, `results` as printed.

    All matrices have the shape of the tensor, a vector is a column.  `rounded`: where a result is not the very value of
    its entry.
    """

    symbol: Tensor
    tensor: Tensor
    keys: Matrix
    entries: Matrix
    results: np.ndarray
    exact: np.ndarray
    rounded: np.ndarray

    @property
    def is_rounded(self) -> bool:
        """Whether any of the results is."""
        return bool(self.rounded.any())

    @property
    def largest_difference(self) -> tuple[float, tuple[int, int]]:
        """How far a printed number is from the exact one at most, and where."""
        differences = np.abs(self.results.astype(float) - self.exact)
        row, column = np.unravel_index(int(np.argmax(differences)), differences.shape)
        return float(differences[row, column]), (int(row), int(column))


class PrintedNumbers:
    """The numbers that stand on the page so far, by name; and beside them the exact ones."""

    def __init__(self, places: int, sizes: Mapping[sympy.Symbol, int], knowledge: Knowledge) -> None:
        self.places, self.knowledge = places, knowledge
        self.printed: dict[sympy.Basic, Decimal] = {}
        self.shown: dict[Tensor, Worked] = {}
        self.setting = Setting({}, dict(sizes))
        self.sizes = dict(sizes)
        self.printed |= {symbol: Decimal(size) for symbol, size in sizes.items()}
        self.has_rounded_inputs = False

    def give_scalar(self, symbol: sympy.Symbol, value: Decimal) -> None:
        """A number such as the learning rate."""
        self.printed[symbol] = value
        self.setting = replace(self.setting, sizes={**self.setting.sizes, symbol: float(value)})

    def give(self, name: Var, values: np.ndarray) -> Worked:
        """Numbers that are given; they are printed as they are, or rounded if they have more places than the page."""
        keys = as_matrix(scalar_form(name, self.sizes))
        given = np.reshape(values, keys.shape)
        results = np.vectorize(self._as_printed, otypes=[object])(given)
        is_rounded = np.asarray(results != given, dtype=bool)
        self.has_rounded_inputs |= bool(is_rounded.any())
        exact = given.astype(float)
        return self._keep(Worked(name, name, keys, keys, results, exact, is_rounded), values.astype(float))

    def _as_printed(self, value: Decimal) -> Decimal:
        """Without zeros at the end; at most as many places as the page has."""
        short = value.normalize()
        if -int(short.as_tuple().exponent) <= self.places:
            return short
        return rounded(sympy.Rational(str(value)), self.places)[0]

    def work_out(self, symbol: Tensor, tensor: Tensor) -> Worked:
        """`symbol` = `tensor` at the numbers printed so far; its results are printed from now on."""
        keys = as_matrix(scalar_form(symbol, self.sizes))
        entries = as_matrix(scalar_form(tensor, self.sizes)).applyfunc(self._chosen_case)
        results = np.empty(keys.shape, dtype=object)
        is_rounded = np.empty(keys.shape, dtype=bool)
        for place in np.ndindex(*keys.shape):
            results[place], is_rounded[place] = self._result(keys[place], entries[place])
        exact = evaluate(tensor, self.setting)
        return self._keep(Worked(symbol, tensor, keys, entries, results, np.reshape(exact, keys.shape), is_rounded), exact)

    def _result(self, key: sympy.Expr, entry: sympy.Expr) -> tuple[Decimal, bool]:
        """The printed value of an entry, and whether it had to be rounded."""
        value = self._value(entry)
        try:
            if value.has(sympy.nan, sympy.zoo, sympy.oo, sympy.I):
                raise NumericError("it divides by zero, or takes a logarithm of what is not positive")
            result, is_same = rounded(value, self.places)
            return result, not is_same
        except NumericError as error:
            remedy = "choose other values, a smaller learning rate if it is new, or more digits if a number was rounded to zero"
            raise NumericError(f"{key} has no value at the printed numbers: {error}; {remedy}") from error

    def _value(self, expr: sympy.Basic) -> sympy.Basic:
        """The expression with its numbers put in, as exact fractions."""
        numbers = {part: sympy.Rational(str(self.printed[part])) for part in self._parts(expr)}
        return expand_functions(expr.xreplace(numbers))

    def _parts(self, expr: sympy.Basic) -> Iterator[sympy.Basic]:
        """The largest parts that have a printed number."""
        if expr in self.printed:
            yield expr
        elif not isinstance(expr, sympy.IndexedBase):
            for arg in expr.args:
                yield from self._parts(arg)

    def _chosen_case(self, expr: sympy.Expr) -> sympy.Expr:
        """Of a case distinction the case that holds at the printed numbers."""
        if not expr.has(sympy.Piecewise):
            return expr
        return expr.replace(lambda part: isinstance(part, sympy.Piecewise), self._case)

    def _case(self, cases: sympy.Piecewise) -> sympy.Expr:
        return next(value for value, condition in cases.args if self._value(condition) is sympy.true)

    def _keep(self, worked: Worked, exact: np.ndarray) -> Worked:
        self.printed |= {worked.keys[place]: worked.results[place] for place in np.ndindex(*worked.keys.shape)}
        self.shown[worked.symbol] = worked
        if isinstance(worked.symbol, Var):
            self.setting = self.setting.with_values({worked.symbol: exact})
        return worked

    def function_values(self, tensor: Tensor) -> list[Worked]:
        """The functions inside of a formula that have not been worked out before."""
        found = []
        for function in functions_in(tensor):
            if function not in self.shown:
                in_output = slopes_in_outputs(function, self.knowledge)
                is_plain = not (isinstance(in_output, Map) and in_output.expr.has(sympy.Piecewise))
                found.append(self.work_out(function, in_output if is_plain else function))
        return found

    def numbers_in(self, expr: sympy.Basic, *, is_open: bool = False) -> list[tuple[sympy.Basic, sympy.Basic]]:
        """What is printed in the places of the names in an entry; `is_open`: inside of it, not for the whole of it."""
        parts = (part for arg in expr.args for part in self._parts(arg)) if is_open else self._parts(expr)
        return [(part, Numeral(decimal_text(self.printed[part]))) for part in dict.fromkeys(parts)]


def as_matrix(view: sympy.Expr | Matrix) -> Matrix:
    """A scalar as a matrix with one entry."""
    return view if isinstance(view, sympy.MatrixBase) else Matrix([[view]])


def functions_in(tensor: Tensor) -> list[Tensor]:
    """The values of functions that a formula has inside, each as a tensor:  (a - y) ⊙ σ'(z)  →  σ'(z).

    None of a formula that is nothing but a function, a = σ(z), or that is a single number.
    """
    if tensor.rank == 0 or (isinstance(tensor, Map) and _is_function(tensor.expr)):
        return []
    maps = (node for node in walk(tensor) if isinstance(node, Map))
    return list(dict.fromkeys(map_(part, node.args) for node in maps for part in _function_parts(node.expr)))


def _function_parts(expr: sympy.Basic) -> Sequence[sympy.Expr]:
    """The largest parts of a scalar expression that are functions of what it is made of."""
    if isinstance(expr, sympy.Expr) and _is_function(expr) and expr.free_symbols:
        return [expr]
    return [part for arg in expr.args for part in _function_parts(arg)]


def _is_function(expr: sympy.Basic) -> bool:
    return isinstance(expr, sympy.Function) and not isinstance(expr, ALGEBRAIC)
