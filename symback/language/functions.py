"""Scalar functions that keep their name when they are differentiated: σ, then σ', then σ''.

SymPy's own undefined functions differentiate to `Subs(Derivative(…))`; a textbook writes σ'(z).  A `ScalarFunction`
subclass has a name, an order of differentiation and, if it is a specified one, its one-line formula; its derivative
is the function of the next order, whose formula SymPy derives.
"""

from functools import cache

import sympy

__all__ = ["ScalarFunction", "expand_functions", "scalar_function"]

ARGUMENT = sympy.Symbol("x0", real=True)


class ScalarFunction(sympy.Function):
    """Base of the functions made by `scalar_function`.  Never evaluates by itself."""

    nargs = 1
    letter: str = ""
    order: int = 0
    formula: sympy.Expr | None = None

    @classmethod
    def eval(cls, argument):
        return None

    def fdiff(self, argindex=1):
        return type(self).prime()(self.args[0])

    def _eval_is_extended_real(self):
        return self.args[0].is_extended_real

    def expanded(self) -> sympy.Expr:
        """The value by the function's formula, or itself where there is none."""
        return self if self.formula is None else self.formula.xreplace({ARGUMENT: self.args[0]})

    @classmethod
    def prime(cls) -> type["ScalarFunction"]:
        """The derivative: the function of the next order."""
        derivative = None if cls.formula is None else sympy.diff(cls.formula, ARGUMENT)
        return _function(cls.letter, derivative, cls.order + 1)


@cache
def _function(letter: str, formula: sympy.Expr | None, order: int) -> type[ScalarFunction]:
    name = letter + "_prime" * order
    return type(name, (ScalarFunction,), {"letter": letter, "order": order, "formula": formula})


def scalar_function(letter: str, formula: sympy.Expr | None = None) -> type[ScalarFunction]:
    """The function called `letter`, with `formula` in the real symbol x0, or unspecified without one.

    >>> z = sympy.Symbol("z", real=True)
    >>> scalar_function("sigma")(z).diff(z)
    sigma_prime(z)
    >>> expand_functions(scalar_function("square", ARGUMENT**2)(z).diff(z))
    2*z
    """
    return _function(letter, formula, 0)


def expand_functions(expr: sympy.Expr) -> sympy.Expr:
    """Every specified function replaced by its formula; the unspecified stay."""
    return expr.replace(lambda e: isinstance(e, ScalarFunction) and e.formula is not None, lambda e: e.expanded())
