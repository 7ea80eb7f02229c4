"""The formula of a value in NumPy's operators, for the comment above the calls that compute it: x @ W1.T + b1."""

from collections.abc import Mapping

import sympy

from symback.numerics.operations import Value

__all__ = ["comment_of", "number_text"]

_INFIX = {
    "add": ("+", 1), "subtract": ("-", 1), "matmul": ("@", 2), "multiply": ("*", 3), "divide": ("/", 3), "power": ("**", 4),
    "greater": (">", 0), "greater_equal": (">=", 0), "less": ("<", 0), "less_equal": ("<=", 0), "equal": ("==", 0),
}  # fmt: skip
_METHODS = {
    "row_sums": "sum(axis={last}, keepdims=True)", "row_maxima": "max(axis={last}, keepdims=True)",
    "column_sums": "sum(axis=0)", "total": "sum()",
}  # fmt: skip
_ATOM = 5


def number_text(number: sympy.Expr, sizes: Mapping[sympy.Symbol, str] | None = None) -> str:
    """A number as Python writes it: 0.5, 1 / N.

    >>> N = sympy.Symbol("N")
    >>> number_text(sympy.Rational(1, 2)), number_text(1 / (2 * N), {N: "N"})
    ('0.5', '0.5 / N')
    """
    if not number.free_symbols:
        value = float(number)
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    above, below = sympy.fraction(sympy.together(number))
    coefficient, rest = above.as_coeff_Mul()
    divisor, below = below.as_coeff_Mul()
    parts = [number_text(coefficient / divisor)] if coefficient != divisor or rest == 1 else []
    parts += [] if rest == 1 else [_symbols_text(rest, sizes or {})]
    text = " * ".join(parts)
    return text if below == 1 else f"{text} / {_symbols_text(below, sizes or {})}"


def _symbols_text(expr: sympy.Expr, sizes: Mapping[sympy.Symbol, str]) -> str:
    """A product or sum of sizes."""
    if expr.is_Symbol:
        return sizes.get(expr, expr.name)
    if not expr.free_symbols:
        return number_text(expr)
    parts = [_symbols_text(arg, sizes) for arg in expr.args]
    sign = {sympy.Add: " + ", sympy.Mul: " * ", sympy.Pow: " ** "}[expr.func]
    return f"({sign.join(parts)})"


def comment_of(value: Value, names: Mapping[Value, str], sizes: Mapping[sympy.Symbol, str]) -> str:
    """The formula of `value`, down to other values with a name."""
    return _formula(value, names, sizes)[0]


def _text(value: Value, names: Mapping[Value, str], sizes: Mapping[sympy.Symbol, str]) -> tuple[str, int]:
    """The text and how tightly it binds."""
    return (names[value], _ATOM) if value in names else _formula(value, names, sizes)


def _formula(value: Value, names: Mapping[Value, str], sizes: Mapping[sympy.Symbol, str]) -> tuple[str, int]:
    if value.is_number:
        text = number_text(value.number, sizes)
        return text, 3 if "/" in text or text.startswith("-") else _ATOM
    if value.operation == "input":
        return str(value.detail), _ATOM
    logits = _softmax_of(value)
    if logits is not None:
        return f"softmax({_text(logits, names, sizes)[0]})", _ATOM
    logits = _log_softmax_of(value)
    if logits is not None:
        return f"log(softmax({_text(logits, names, sizes)[0]}))", _ATOM
    parts = [_text(arg, names, sizes) for arg in value.args]
    if value.operation in _INFIX:
        sign, level = _INFIX[value.operation]
        return f"{_bracketed(parts[0], level)} {sign} {_bracketed(parts[1], level + (sign not in ('+', '*')))}", level
    if value.operation in _METHODS:
        method = _METHODS[value.operation].format(last=len(value.args[0].shape) - 1)
        return f"{_bracketed(parts[0], _ATOM)}.{method}", _ATOM
    match value.operation:
        case "negative":
            return f"-{_bracketed(parts[0], 3)}", 3
        case "square":
            return f"{_bracketed(parts[0], _ATOM)}**2", 4
        case "inner":
            product = f"{_bracketed(parts[0], _ATOM)}**2" if value.args[0] is value.args[1] else " * ".join(_bracketed(p, 3) for p in parts)
            return f"({product}).sum()", _ATOM
        case "transpose":
            return f"{_bracketed(parts[0], _ATOM)}.T", _ATOM
        case "column":
            return f"{_bracketed(parts[0], _ATOM)}[:, None]", _ATOM
        case "vector":
            return f"{_bracketed(parts[0], _ATOM)}[:, 0]", _ATOM
        case "indicator":
            return f"({parts[0][0]})", _ATOM
        case "full" | "identity" | "ones":
            return f"{value.operation}({', '.join(text for text, _ in parts)})", _ATOM
    return f"{value.operation}({', '.join(text for text, _ in parts)})", _ATOM


def _shifted_by_maximum(value: Value) -> Value | None:
    """z of z - z.max(axis=1)."""
    if value.operation == "subtract" and value.args[1].operation == "row_maxima" and value.args[1].args[0] is value.args[0]:
        return value.args[0]
    return None


def _softmax_of(value: Value) -> Value | None:
    """z, if the value is exp(z - m) / Σ exp(z - m)."""
    if value.operation == "divide" and value.args[1].operation == "row_sums" and value.args[1].args[0] is value.args[0]:
        return _shifted_by_maximum(value.args[0].args[0]) if value.args[0].operation == "exp" else None
    return None


def _log_softmax_of(value: Value) -> Value | None:
    """z, if the value is z - m - log Σ exp(z - m)."""
    if value.operation != "subtract" or value.args[1].operation != "log":
        return None
    exponent, total = value.args[0], value.args[1].args[0]
    is_same = total.operation == "row_sums" and total.args[0].operation == "exp" and total.args[0].args[0] is exponent
    return _shifted_by_maximum(exponent) if is_same else None


def _bracketed(part: tuple[str, int], level: int) -> str:
    text, own = part
    return text if own >= level else f"({text})"
