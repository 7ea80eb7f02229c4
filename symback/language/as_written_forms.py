"""How the nodes of `as_written` are printed, in any medium; mixed into `formulas`."""

from dataclasses import replace

import sympy

from symback.language.as_written import (
    AsCases,
    AsNegative,
    AsPower,
    AsProduct,
    AsQuotient,
    AsSum,
    DerivativeOf,
    Dots,
    GradientOf,
    Largest,
    Norm,
    PartialOf,
    ScalarName,
)  # fmt: skip
from symback.language.medium import ATOM, HADAMARD, POWER, PRODUCT, SUM, Medium

__all__ = ["AsWrittenForms"]


class AsWrittenForms(Medium):
    """Sums, products and fractions as they stand."""

    def level_as_written(self, expr: sympy.Basic) -> int | None:
        """How tightly such a node binds; None of any other."""
        if isinstance(expr, DerivativeOf | PartialOf) or (isinstance(expr, AsProduct) and isinstance(expr.args[-1], DerivativeOf)):
            return HADAMARD
        levels = {AsSum: SUM, AsNegative: SUM, AsProduct: PRODUCT, AsQuotient: PRODUCT, AsPower: POWER, AsCases: ATOM}
        return PRODUCT if isinstance(expr, sympy.Product) else levels.get(type(expr))

    def _print_AsSum(self, expr: AsSum) -> str:
        return self.joined_terms(list(expr.args))

    def _print_AsNegative(self, expr: AsNegative) -> str:
        return "-" + self.wrapped(expr.args[0], HADAMARD)

    def _print_AsProduct(self, expr: AsProduct) -> str:
        *others, last = expr.args
        is_open = isinstance(last, DerivativeOf | sympy.Sum)
        return self.space.join([*map(self.closed, others), self._print(last) if is_open else self.closed(last)])

    def closed(self, factor: sympy.Expr) -> str:
        """A factor that does not run into the next one: of a sum, a derivative and a fraction without a bar in parentheses."""
        text = self.wrapped(factor, PRODUCT)
        is_open = isinstance(factor, sympy.Sum) or ("/" in text and self.level(factor) == PRODUCT)
        return self.parentheses(text) if is_open else text

    def _print_AsQuotient(self, expr: AsQuotient) -> str:
        return self.fraction(expr.args[:1], expr.args[1:])

    def _print_AsPower(self, expr: AsPower) -> str:
        return self.power(self.base_of_power(expr.args[0]), self._print(expr.args[1]))

    def _print_AsCases(self, expr: AsCases) -> str:
        return self.cases(
            [(self._print(value), None if condition is sympy.true else self._print(condition)) for value, condition in expr.args]
        )

    def _print_DerivativeOf(self, expr: DerivativeOf) -> str:
        return self.derivative(self._print(expr.args[1]), self.wrapped(expr.args[0], POWER))

    def _print_PartialOf(self, expr: PartialOf) -> str:
        return self.partial_of(self._print(expr.args[1]), self.wrapped(expr.args[0], POWER))

    def _print_Product(self, expr: sympy.Product) -> str:
        signs = [self.product_sign(*limit) for limit in reversed(expr.limits)]
        return self.space.join([*signs, self.wrapped(expr.function, PRODUCT)])

    def _print_ScalarName(self, expr: ScalarName) -> str:
        before = self.notation
        self.notation = replace(before, letters=before.entries)
        text = self._print_Symbol(expr)  # type: ignore[attr-defined]
        self.notation = before
        return text

    def _print_Norm(self, expr: Norm) -> str:
        return self.magnitude(self._print(expr.args[0]))

    def _print_Largest(self, expr: Largest) -> str:
        return self.largest(self._print(expr.args[1]), self._print(expr.args[0]))

    def _print_GradientOf(self, expr: GradientOf) -> str:
        return self.gradient_of(self._print(expr.args[0]))

    def _print_Dots(self, expr: Dots) -> str:
        return self.dots(str(expr.args[0]))
