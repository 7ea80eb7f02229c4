"""Formulas with numbers in the places of their names: 0.1 · 0.9 + 0.4 · 0.1 + 0.1 for w_11 a_1 + w_12 a_2 + b_1.

Decision: the formula stays a formula, and carries its numbers beside it; they are put in while it is printed.  Put in
before, SymPy would take them for numbers: it adds them up, turns 0.2 · 0.2 into a square and forgets the order in which
the formula is read.
"""

from collections.abc import Iterable

import sympy
from sympy.core.containers import Tuple
from sympy.core.expr import AtomicExpr
from sympy.core.symbol import Str

__all__ = ["Numeral", "Relations", "WithNumbers"]


class Numeral(AtomicExpr):
    """A number as its digits are printed, with zeros at the end: `Numeral("-0.0880")`."""

    is_commutative = True

    def __new__(cls, digits: str) -> "Numeral":
        numeral = AtomicExpr.__new__(cls)
        numeral.digits = digits
        return numeral

    @property
    def is_minus(self) -> bool:
        """Whether it begins with a minus sign."""
        return self.digits.startswith("-")

    def _hashable_content(self) -> tuple:
        return (self.digits,)

    def __getnewargs__(self) -> tuple:
        return (self.digits,)

    def _sympystr(self, printer) -> str:
        return self.digits


class WithNumbers(sympy.Basic):
    """`formula`, a scalar or a matrix, with what stands beside them printed in the places of some of its parts."""

    def __new__(cls, formula: sympy.Basic, numbers: Iterable[tuple[sympy.Basic, sympy.Basic]]) -> "WithNumbers":
        return sympy.Basic.__new__(cls, formula, Tuple(*(Tuple(*pair) for pair in numbers)))

    @property
    def formula(self) -> sympy.Basic:
        """What is printed."""
        return self.args[0]

    @property
    def numbers(self) -> dict[sympy.Basic, sympy.Basic]:
        """What is printed in the place of what."""
        return {pair[0]: pair[1] for pair in self.args[1]}


class Relations(sympy.Basic):
    """Expressions in one line with signs between them: `Relations((a, b, c), "=≈")` is a = b ≈ c.

    A comma parts equations: `Relations((a, b, c), ",=")` goes on with a, b = c.
    """

    def __new__(cls, members: Iterable[sympy.Basic], signs: Iterable[str]) -> "Relations":
        return sympy.Basic.__new__(cls, Tuple(*members), Tuple(*map(Str, signs)))

    @property
    def members(self) -> tuple[sympy.Basic, ...]:
        """The expressions."""
        return tuple(self.args[0])

    @property
    def signs(self) -> tuple[str, ...]:
        """The signs, one less than the expressions."""
        return tuple(sign.name for sign in self.args[1])
