r"""Random computations of numbers and matrices beside a result that is right or wrong: no wrong one is proved, no right one refuted.

The truth is found with sixty digits and strict shapes (mpmath), a road that shares no code with the judge's intervals of floats.

`python -m tests.verification.test_random_numbers --count 10000 --seed 1` prints the figures.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import mpmath
import pytest

from symback.verification.judge import verify

PLACES = (0, 1, 2, 3, 4, 4, 6, 8, 12, 16)
SHAPES = ((1, 2), (2, 1), (2, 2), (1, 3), (3, 1), (2, 3))
KINDS = ("true", "true", "digit", "sign", "shape", "turned")
CONTEXT = mpmath.mp.clone()
CONTEXT.dps = 60


class Impossible(ValueError):
    """Operands that do not fit, or no value; another computation is drawn."""


@dataclass(frozen=True)
class Drawn:
    """A computation as it is printed, its value, and whether it is a number and no matrix."""

    latex: str
    value: mpmath.matrix
    is_number: bool


@dataclass(frozen=True)
class Claim:
    """An equation and what is the matter with it: `true`, or a kind of slip."""

    latex: str
    kind: str


# --- computations ---------------------------------------------------------------------------------------------------------------
def drawn(rng: random.Random, depth: int) -> Drawn:
    """A random computation of some depth."""
    if depth == 0:
        return _number(rng) if rng.random() < 0.8 else _matrix(rng)
    return rng.choice((_function, _power, _turned, _quotient, _sum, _product, _entries))(rng, depth - 1)


def _number(rng: random.Random) -> Drawn:
    """A short number mostly, and sometimes one of many digits."""
    short, whole = f"{rng.uniform(0, 3):.{rng.choice((1, 2, 3, 4))}f}", str(rng.randrange(20))
    digits = rng.choices(
        (short, whole, str(rng.randrange(10 ** rng.randrange(3, 18))), f"{rng.random():.{rng.randrange(8, 18)}f}"), (12, 6, 1, 1)
    )[0]
    return Drawn(digits, CONTEXT.matrix([[CONTEXT.mpf(digits)]]), True)


def _matrix(rng: random.Random) -> Drawn:
    """A matrix of one decimal each."""
    rows, columns = rng.choice(SHAPES)
    cells = [[f"{rng.uniform(-2, 2):.1f}" for _ in range(columns)] for _ in range(rows)]
    return Drawn(_in_brackets(cells), CONTEXT.matrix([[CONTEXT.mpf(cell) for cell in row] for row in cells]), False)


def _function(rng: random.Random, depth: int) -> Drawn:
    """A function of a number."""
    inside = drawn(rng, depth)
    name = rng.choice((r"\tanh", r"\exp", r"\ln", r"\sqrt"))
    at = inside.value[0, 0]
    if not inside.is_number or abs(at) > 100 or (name in (r"\ln", r"\sqrt") and at <= 0):
        raise Impossible
    function = {r"\tanh": CONTEXT.tanh, r"\exp": CONTEXT.exp, r"\ln": CONTEXT.log, r"\sqrt": CONTEXT.sqrt}[name]
    latex = rf"\sqrt{{{inside.latex}}}" if name == r"\sqrt" else f"{name}({inside.latex})"
    return Drawn(latex, CONTEXT.matrix([[function(at)]]), True)


def _power(rng: random.Random, depth: int) -> Drawn:
    """A square or a cube of a number."""
    base, exponent = drawn(rng, depth), rng.choice((2, 3))
    if not base.is_number:
        raise Impossible
    return Drawn(f"({base.latex})^{exponent}", CONTEXT.matrix([[base.value[0, 0] ** exponent]]), True)


def _turned(rng: random.Random, depth: int) -> Drawn:
    """A transpose."""
    inside = drawn(rng, depth)
    if inside.is_number:
        raise Impossible
    return Drawn(f"({inside.latex})^T", inside.value.T, False)


def _quotient(rng: random.Random, depth: int) -> Drawn:
    """A fraction with a number below."""
    above, below = drawn(rng, depth), drawn(rng, depth)
    if not below.is_number or below.value[0, 0] == 0:
        raise Impossible
    return Drawn(rf"\frac{{{above.latex}}}{{{below.latex}}}", above.value / below.value[0, 0], above.is_number)


def _shape(one: Drawn) -> tuple[int, int]:
    return one.value.rows, one.value.cols


def _sum(rng: random.Random, depth: int) -> Drawn:
    """A sum or a difference of equal shapes."""
    left, right, sign = drawn(rng, depth), drawn(rng, depth), rng.choice("+-")
    if _shape(left) != _shape(right) or left.is_number != right.is_number:
        raise Impossible
    value = left.value + right.value if sign == "+" else left.value - right.value
    return Drawn(f"{left.latex} {sign} ({right.latex})", value, left.is_number)


def _product(rng: random.Random, depth: int) -> Drawn:
    """A product by a number, or of matrices that fit."""
    left, right = drawn(rng, depth), drawn(rng, depth)
    latex = rf"({left.latex}) \cdot ({right.latex})"
    if left.is_number or right.is_number:
        number, other = (left, right) if left.is_number else (right, left)
        return Drawn(latex, other.value * number.value[0, 0], other.is_number)
    if left.value.cols != right.value.rows:
        raise Impossible
    return Drawn(latex, left.value * right.value, False)


def _entries(rng: random.Random, depth: int) -> Drawn:
    """A product entry by entry."""
    left, right = drawn(rng, depth), drawn(rng, depth)
    if _shape(left) != _shape(right) or left.is_number != right.is_number:
        raise Impossible
    rows, columns = _shape(left)
    value = CONTEXT.matrix([[left.value[row, column] * right.value[row, column] for column in range(columns)] for row in range(rows)])
    return Drawn(rf"({left.latex}) \odot ({right.latex})", value, left.is_number)


# --- results --------------------------------------------------------------------------------------------------------------------
def _in_brackets(cells: list[list[str]]) -> str:
    return r"\begin{bmatrix} " + r" \\ ".join(" & ".join(row) for row in cells) + r" \end{bmatrix}"


def _rounded(value: mpmath.mpf, places: int) -> str:
    """A value to so many decimals."""
    digits = str(int(CONTEXT.floor(abs(value) * CONTEXT.mpf(10) ** places + CONTEXT.mpf("0.5")))).rjust(places + 1, "0")
    return ("-" if value < 0 else "") + (digits if places == 0 else f"{digits[:-places]}.{digits[-places:]}")


def printed(value: mpmath.matrix, places: int, is_number: bool) -> str:
    """A number, or a matrix written out."""
    cells = [[_rounded(value[row, column], places) for column in range(value.cols)] for row in range(value.rows)]
    return cells[0][0] if is_number else _in_brackets(cells)


def with_slip(rng: random.Random, value: mpmath.matrix, kind: str, unit: mpmath.mpf) -> mpmath.matrix:
    """Another value: one entry off by two units or more, the other sign, one more row, or turned."""
    wrong = value.copy()
    if kind == "digit":
        wrong[rng.randrange(value.rows), rng.randrange(value.cols)] += rng.choice((-1, 1)) * rng.choice((2, 3, 10)) * unit
    if kind == "sign":
        wrong = -value
    if kind == "shape":
        wrong = CONTEXT.matrix([*value.tolist(), [CONTEXT.mpf(0)] * value.cols])
    if kind == "turned":
        wrong = value.T
    too_small = kind == "sign" and max(abs(cell) for cell in value) < 2 * unit
    if too_small or (kind == "turned" and value.rows == value.cols):
        raise Impossible
    return wrong


def claims(seed: int, count: int) -> Iterator[Claim]:
    """So many equations."""
    rng = random.Random(seed)
    while count:
        kind, places = rng.choice(KINDS), rng.choice(PLACES)
        try:
            found = drawn(rng, rng.choice((1, 1, 2, 2, 3)))
            value = with_slip(rng, found.value, kind, CONTEXT.mpf(10) ** -places)
        except Impossible:
            continue
        count -= 1
        result = printed(value, places, found.is_number and kind != "shape")
        yield Claim(f"{found.latex} {rng.choice(('=', chr(92) + 'approx'))} {result}", kind)


def judged(claim: Claim) -> str:
    """The verdict."""
    return verify(claim.latex).formulas[-1].verdict


def is_wrong(claim: Claim, verdict: str) -> bool:
    """Whether a slip is proved or a right result refuted."""
    return verdict == ("refuted" if claim.kind == "true" else "proved")


# --- tests ----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_wrong_result_is_proved_and_no_right_one_refuted(seed: int) -> None:
    print("seed", seed)
    found = [(claim, judged(claim)) for claim in claims(seed, 200)]
    assert [(verdict, claim) for claim, verdict in found if is_wrong(claim, verdict)] == []
    words = Counter((claim.kind, verdict) for claim, verdict in found)
    right, signs = (sum(count for (kind, _), count in words.items() if kind == wanted) for wanted in ("true", "sign"))
    assert words["true", "proved"] > 0.75 * right
    assert words["sign", "refuted"] > 0.9 * signs


def test_the_claims_are_what_they_say() -> None:
    for claim in claims(5, 300):
        left, right = claim.latex.rsplit(r"\approx" if r"\approx" in claim.latex else "=", 1)
        assert left.strip() and right.strip()
    assert {claim.kind for claim in claims(5, 300)} == set(KINDS)
    assert printed(CONTEXT.matrix([[CONTEXT.mpf("0.12345")]]), 4, True) == "0.1235"
    assert printed(CONTEXT.matrix([[CONTEXT.mpf("-1.5"), CONTEXT.mpf(2)]]), 1, False) == r"\begin{bmatrix} -1.5 & 2.0 \end{bmatrix}"


# --- the figures ----------------------------------------------------------------------------------------------------------------
def main(count: int, seed: int) -> None:
    """Judge so many claims and print the figures and what went wrong."""
    words: Counter[tuple[str, str]] = Counter()
    for claim in claims(seed, count):
        verdict = judged(claim)
        words[claim.kind, verdict] += 1
        if is_wrong(claim, verdict):
            print(f"{claim.kind} but {verdict}: {claim.latex}", flush=True)
    for (kind, verdict), times in sorted(words.items()):
        print(f"{kind} {verdict}: {times}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    main(given.count, given.seed)
