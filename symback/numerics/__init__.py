"""Numbers: brute-force evaluation, compiled gradient functions, and the check of the one against the other."""

from symback.numerics.functions import GradientFunction, lambdify, module_source
from symback.numerics.gradcheck import GradientReport, gradient_check

__all__ = ["GradientFunction", "GradientReport", "gradient_check", "lambdify", "module_source"]
