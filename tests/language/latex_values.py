"""A small reader of printed index forms that works out their number: the second road to what the printer wrote.

It knows nothing of SymPy's trees: it reads the characters, so a lost parenthesis, a wrong sign or a sum that swallows its
neighbour gives another number.
"""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction

TOKEN = re.compile(
    r"\s*(\\left\(|\\right\)|\\left\[|\\right\]|\\frac|\\partial|\\sum|\\sigma|\\delta|\\Delta|\\Sigma|\d+|[A-Za-z]|[-+=^_{}(),/'])"
)


class LatexValue:
    """Recursive descent over sums, products, powers and names."""

    def __init__(self, text: str, entry: Callable[[str, tuple[int, ...]], Fraction], sizes: Mapping[str, int]) -> None:
        self.tokens = [match[1].replace(r"\left(", "(").replace(r"\right)", ")") for match in TOKEN.finditer(text)]
        assert "".join(TOKEN.sub("", text).split()) == "", f"cannot read {TOKEN.sub('', text)!r} in {text}"
        self.entry, self.sizes, self.place = entry, sizes, 0

    def peek(self, ahead: int = 0) -> str:
        """The next token, or the empty text."""
        return self.tokens[self.place + ahead] if self.place + ahead < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> str:
        """The next token, consumed."""
        token = self.peek()
        assert token and (expected is None or token == expected), f"{expected} expected, {token} found at {self.place} of {self.tokens}"
        self.place += 1
        return token

    def value(self, at: Mapping[str, int]) -> Fraction:
        """The number that the whole text stands for, with indices at these places."""
        self.place = 0
        result = self.sum(at)
        assert self.peek() == "", f"{self.peek()} is left over in {self.tokens}"
        return result

    def sum(self, at: Mapping[str, int]) -> Fraction:
        """± product ± product …"""
        sign = -1 if self.peek() == "-" else 1
        if sign < 0:
            self.take()
        result = sign * self.product(at)
        while self.peek() in ("+", "-"):
            sign = 1 if self.take() == "+" else -1
            result += sign * self.product(at)
        return result

    def product(self, at: Mapping[str, int]) -> Fraction:
        """Factors side by side."""
        result = Fraction(1)
        while self.peek() not in ("", "+", "-", ")", "}"):
            result *= self.factor(at)
        return result

    def factor(self, at: Mapping[str, int]) -> Fraction:
        """A number, a fraction, a sum, a function, a name or a parenthesis, with a power after a parenthesis."""
        token = self.peek()
        if token.isdigit():
            return Fraction(int(self.take()))
        if token == r"\frac":
            return self.derivative_name(at) if self.peek(2) == r"\partial" else self.fraction(at)
        if token == r"\sum":
            return self.summation(at)
        if token == r"\sigma":
            self.take()
            x = self.parenthesis(at)
            return self.powered(x * x / 2 + x, at)
        if token == "(":
            return self.powered(self.parenthesis(at), at)
        if token == "N" or (token == "n" and self.peek(1) == "_"):
            size = Fraction(self.sizes["N" if self.take() == "N" else "n" + "".join(self.take() for _ in range(4))])
            return self.powered(size, at)
        return self.name(at, "")

    def powered(self, base: Fraction, at: Mapping[str, int]) -> Fraction:
        """base^{n}"""
        if self.peek() != "^":
            return base
        self.take()
        self.take("{")
        exponent = self.sum(at)
        self.take("}")
        return base ** int(exponent)

    def parenthesis(self, at: Mapping[str, int]) -> Fraction:
        """( sum )"""
        self.take("(")
        result = self.sum(at)
        self.take(")")
        return result

    def fraction(self, at: Mapping[str, int]) -> Fraction:
        """\\frac{ sum }{ sum }"""
        self.take(r"\frac")
        parts = []
        for _ in range(2):
            self.take("{")
            parts.append(self.sum(at))
            self.take("}")
        return parts[0] / parts[1]

    def summation(self, at: Mapping[str, int]) -> Fraction:
        """\\sum_{k=1}^{n} product"""
        self.take(r"\sum")
        self.take("_")
        self.take("{")
        letter = self.text_until("=")
        low = int(self.text_until("}"))
        self.take("^")
        self.take("{")
        size = self.sizes[self.braced().replace(" ", "")]
        start, result = self.place, Fraction(0)
        for i in range(low, low + size):
            self.place = start
            result += self.product({**at, letter: i})
        return result

    def text_until(self, end: str) -> str:
        """The tokens before `end`, which is consumed."""
        parts = []
        while self.peek() != end:
            parts.append(self.take())
        self.take(end)
        return "".join(parts)

    def braced(self) -> str:
        """The text up to the closing brace, inner braces included."""
        parts, depth = [], 1
        while depth:
            token = self.take()
            depth += (token == "{") - (token == "}")
            parts.append(token)
        return "".join(parts[:-1])

    def derivative_name(self, at: Mapping[str, int]) -> Fraction:
        """\\frac{\\partial C}{\\partial name}"""
        self.take(r"\frac")
        self.take("{")
        self.take(r"\partial")
        self.braced()
        self.take("{")
        self.take(r"\partial")
        result = self.name(at, "dC/d")
        self.take("}")
        return result

    def name(self, at: Mapping[str, int], prefix: str) -> Fraction:
        """letter^{layer}_{below}, below being the part of the name after _ and then the indices; δ_{jk} alone is Kronecker's."""
        letter = self.take().lstrip("\\").replace("w", "W")
        layer = ""
        if self.peek() == "^":
            self.take()
            self.take("{")
            layer = "^" + self.braced()
        self.take("_")
        self.take("{")
        below = self.braced()
        if letter == "delta" and not layer:
            left, right = self.indices(below, at)
            return Fraction(left == right)
        kinds, *indices = below.split(",")
        return self.entry(f"{prefix}{letter}_{kinds}{layer}", self.indices(",".join(indices), at))

    @staticmethod
    def indices(text: str, at: Mapping[str, int]) -> tuple[int, ...]:
        """j, k or jk as places."""
        letters = text.split(",") if "," in text else re.findall(r"[a-z](?:_\{?\d\}?)?", text)
        return tuple(at[letter] for letter in letters if letter)
