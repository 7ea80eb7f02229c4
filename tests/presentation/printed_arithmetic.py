r"""A calculator for printed pages: reads `0.3 \cdot 0.5597 - 0.7 \cdot 0.5275 + 0.05` from Markdown and works it out.

It shares no code with symback: the page is cut up by patterns; numbers are fractions, functions of them `decimal` at 60
digits.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>\\operatorname\{[A-Za-z]+\}'?|\\sigma'?|\\tanh'?|\\ln|\\log|\\exp|\\sqrt|\\frac|\\cdot|\\left|\\right|e\^)"
    r"|(?P<sign>[-+()/{}^]))"
)
DIGITS = 60


class NotArithmeticError(Exception):
    """There is a name in it, or something else that a calculator has no key for."""


@dataclass(frozen=True)
class Chain:
    """What stands between equality signs, from the left; `signs[i]` stands before `members[i + 1]`."""

    members: tuple[str, ...]
    signs: tuple[str, ...]


def chains_of(page: str) -> list[Chain]:
    """Every chain of the displayed formulas, in order; lines that go on without a sign belong to the line above."""
    found: list[Chain] = []
    for block in re.findall(r"\\begin\{aligned\}\n(.*?)\n\\end\{aligned\}", page, re.DOTALL):
        matrices: list[str] = []

        def kept(match: re.Match, matrices: list[str] = matrices) -> str:
            matrices.append(match[0])
            return f"@{len(matrices) - 1}@"

        text = re.sub(r"\\begin\{(pmatrix|cases)\}.*?\\end\{\1\}", kept, block, flags=re.DOTALL)
        text = re.sub(r"&& \\text\{.*?\}\s*(?=\\\\|$)", "", text)
        text = re.sub(r"\\\\\s*&\\hspace\{1em\}", " ", text).replace("{} ", " ")
        equations: list[str] = []
        for line in text.split(r"\\"):
            left, relation, right = re.fullmatch(r"\s*(.*?)\s*&(=|\\approx)\s*(.*?)\s*", line, re.DOTALL).groups()
            if left:
                equations.append(f"{left} {relation} {right}")
            else:
                equations[-1] += f" {relation} {right}"
        for equation in (part for each in equations for part in re.split(r", \\quad", each)):
            *pieces, last = re.split(r"\s(=|\\approx)\s", equation)
            members = [_restored(piece, matrices) for piece in [*pieces[::2], last]]
            found.append(Chain(tuple(members), tuple(pieces[1::2])))
    return found


def _restored(piece: str, matrices: list[str]) -> str:
    return re.sub(r"@(\d+)@", lambda match: matrices[int(match[1])], piece)


def cells_of(member: str) -> list[list[str]] | None:
    """The cells of a member that is one matrix, or a single number's sum; None for a product of matrices."""
    match = re.fullmatch(r"\\begin\{pmatrix\} (.*) \\end\{pmatrix\}", member.strip(), re.DOTALL)
    if match is None:
        return None if "pmatrix" in member else [[member]]
    return None if "pmatrix" in match[1] else [row.split("&") for row in match[1].split(r"\\")]


def is_number(text: str) -> bool:
    return re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", text) is not None


def literals(text: str) -> list[str]:
    """The unsigned numbers in a sum."""
    return re.findall(r"\d+(?:\.\d+)?", text)


class Calculator:
    """Works out one cell by recursive descent: sums, products, powers, functions."""

    def __init__(self, functions: dict) -> None:
        self.functions = functions

    def value(self, text: str) -> Fraction:
        self.tokens, self.place = self._tokens(text), 0
        result = self._sum()
        if self.place < len(self.tokens):
            raise NotArithmeticError(text)
        return result

    @staticmethod
    def _applied(function, argument: Fraction) -> Fraction:
        with localcontext() as context:
            context.prec = DIGITS
            return Fraction(function(Decimal(argument.numerator) / Decimal(argument.denominator)))

    @staticmethod
    def _tokens(text: str) -> list[str]:
        found, place = [], 0
        text = text.rstrip()
        while place < len(text):
            match = TOKEN.match(text, place)
            if match is None:
                raise NotArithmeticError(text)
            if match["name"] not in (r"\left", r"\right"):
                found.append(match[0].strip())
            place = match.end()
        return found

    def _peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self._peek()
        if not token or (wanted and token != wanted):
            raise NotArithmeticError(f"{wanted} in {self.tokens}")
        self.place += 1
        return token

    def _sum(self) -> Fraction:
        total = -self._product() if self._peek() == "-" and self._take() else self._product()
        while self._peek() in ("+", "-"):
            sign = self._take()
            total = total + self._product() if sign == "+" else total - self._product()
        return total

    def _product(self) -> Fraction:
        result = self._power()
        while self._peek() in (r"\cdot", "/"):
            sign = self._take()
            result = result * self._power() if sign == r"\cdot" else result / self._power()
        return result

    def _power(self) -> Fraction:
        base = self._atom()
        if self._peek() == "^":
            self._take()
            return base ** int(self._group("{", "}"))
        return base

    def _group(self, opening: str, closing: str) -> Fraction:
        self._take(opening)
        inner = self._sum()
        self._take(closing)
        return inner

    def _atom(self) -> Fraction:
        token = self._peek()
        if token == "(":
            return self._group("(", ")")
        self._take()
        if token == r"\frac":
            above = self._group("{", "}")
            return above / self._group("{", "}")
        if token == r"\sqrt":
            return self._applied(Decimal.sqrt, self._group("{", "}"))
        if token == "e^":
            return self._applied(Decimal.exp, self._group("{", "}"))
        if token in (r"\ln", r"\log"):
            return self._applied(Decimal.ln, self._group("(", ")"))
        if token in self.functions:
            return self._applied(self.functions[token], self._group("(", ")"))
        if not is_number(token):
            raise NotArithmeticError(token)
        return Fraction(token)


def rounded(value: Fraction, places: int) -> Fraction:
    """The nearest decimal; halves go away from zero."""
    whole = int(abs(value) * 10**places + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**places)
