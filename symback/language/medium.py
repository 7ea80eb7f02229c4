"""The signs of one medium, LaTeX or text, that `formulas` writes with, and the five levels of precedence.

From a sum, which needs parentheses nearly everywhere, to an atom, which never does.
"""

from abc import ABCMeta, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import sympy
from sympy.printing.printer import Printer

from symback.language.names import Name
from symback.language.notation import Glyph, Notation

__all__ = ["ATOM", "HADAMARD", "POWER", "PRODUCT", "SUM", "Medium"]

SUM, HADAMARD, PRODUCT, POWER, ATOM = range(5)


class Medium(Printer, metaclass=ABCMeta):
    """The signs of one medium; `printing` has two.  All take and give text, but for `fraction`."""

    notation: Notation
    space = " "
    dot = " · "
    ellipsis = "…"
    relations: Mapping[str, str] = MappingProxyType({"=": " = ", "≈": " ≈ ", ",": ",   "})
    is_numeric = False
    is_in_cell = False

    @abstractmethod
    def name(self, name: Name, indices: Sequence[str] = (), is_whole: bool = False) -> str:
        """A scalar, one entry of a quantity, or the whole of a vector or matrix."""

    @abstractmethod
    def raw(self, text: str, indices: Sequence[str]) -> str:
        """A text that is no name."""

    @abstractmethod
    def parentheses(self, text: str) -> str:
        """( text )"""

    @abstractmethod
    def fraction(self, above: Sequence[sympy.Expr], below: Sequence[sympy.Expr]) -> str:
        """The product of what is above over that of what is below."""

    @abstractmethod
    def wrapped(self, expr: sympy.Basic, level: int) -> str:
        """`expr`, in parentheses if it binds less tightly than `level`."""

    @abstractmethod
    def level(self, expr: sympy.Basic) -> int:
        """How tightly the outermost operation of what is written binds."""

    @abstractmethod
    def joined_terms(self, terms: Sequence[sympy.Expr]) -> str:
        """a - y: the sign of a term is the sign before it."""

    @abstractmethod
    def base_of_power(self, base: sympy.Basic) -> str:
        """What can be raised."""

    @abstractmethod
    def juxtaposed(self, factors: Sequence[sympy.Expr]) -> str:
        """Factors side by side."""

    def fraction_on_one_line(self, above: Sequence[sympy.Expr], below: Sequence[sympy.Expr]) -> str:
        """(a b)/(c + d)"""
        upper = self.wrapped(above[0], PRODUCT) if len(above) == 1 else self.juxtaposed(above)
        lower = self.wrapped(below[0], POWER) if len(below) == 1 else self.parentheses(self.juxtaposed(below))
        return f"{upper}/{lower}"

    @abstractmethod
    def quotient(self, above: int, below: int) -> str:
        """A fraction of integers."""

    def prefixed(self, prefix: str, rest: str) -> str:
        """1/N before the rest."""
        return f"{prefix}{self.times}{rest}"

    @property
    def times(self) -> str:
        """What stands between factors: numbers need a sign."""
        return self.dot if self.is_numeric else self.space

    @abstractmethod
    def power(self, base: str, exponent: str) -> str:
        """base to the exponent."""

    @abstractmethod
    def root(self, text: str) -> str:
        """√"""

    @abstractmethod
    def partial(self, of: str, wrt: Sequence[str], indices: Sequence[str]) -> str:
        """∂of/∂wrt, or an entry of it."""

    @abstractmethod
    def derivative(self, wrt: str, of: str) -> str:
        """d/dwrt of"""

    @abstractmethod
    def sum_sign(self, letter: sympy.Symbol, low: sympy.Expr, high: sympy.Expr) -> str:
        """Σ with its range."""

    @abstractmethod
    def partial_of(self, wrt: str, of: str) -> str:
        """∂/∂wrt of"""

    @abstractmethod
    def product_sign(self, letter: sympy.Symbol, low: sympy.Expr, high: sympy.Expr) -> str:
        """Π with its range."""

    @abstractmethod
    def magnitude(self, text: str) -> str:
        """‖text‖"""

    @abstractmethod
    def largest(self, index: str, text: str) -> str:
        """The largest of the absolute values."""

    @abstractmethod
    def gradient_of(self, text: str) -> str:
        """∇ text"""

    @abstractmethod
    def dots(self, kind: str) -> str:
        """⋯, ⋮ or ⋱"""

    @abstractmethod
    def operator(self, letter: str) -> Glyph:
        """A name as that of a function."""

    @abstractmethod
    def apply(self, glyph: Glyph, order: int, arguments: str) -> str:
        """f'(arguments)"""

    @abstractmethod
    def indicator(self, condition: str) -> str:
        """1[condition]"""

    @abstractmethod
    def cases(self, rows: Sequence[tuple[str, str | None]]) -> str:
        """Values with their conditions; None: otherwise."""

    @abstractmethod
    def hadamard_sign(self) -> str:
        """⊙"""

    @abstractmethod
    def hadamard_division(self) -> str:
        """⊘"""

    @abstractmethod
    def norm(self, text: str, kind: str) -> str:
        """‖text‖², of the kind "" or "F"."""
