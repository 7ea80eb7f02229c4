"""What can go wrong, as types.  Each message says what was found, where, and what would be right.

The command line turns any `SymbackError` into one line on stderr and exit code 2.
"""

__all__ = ["NotationError", "NumericError", "ShapeError", "SpecError", "SymbackError", "UnsupportedError"]


class SymbackError(Exception):
    """Root of every error that symback raises on purpose."""


class SpecError(SymbackError, ValueError):
    """A network specification that cannot be built: unknown name, bad size, malformed TOML."""


class ShapeError(SymbackError, ValueError):
    """Two things whose axes do not fit together."""


class NotationError(SymbackError, ValueError):
    """A name or symbol that the chosen notation cannot write or read."""


class NumericError(SymbackError, ArithmeticError):
    """Numbers that no gradient can be computed from: NaN or infinity in an argument."""


class UnsupportedError(SymbackError):
    """True and well-formed, but not built: the message says what is."""
