"""Numbers: brute-force evaluation, compiled gradient functions, and the check of the one against the other."""

from symback.numerics.functions import lambdify, module_source, write_module

__all__ = ["lambdify", "module_source", "write_module"]
