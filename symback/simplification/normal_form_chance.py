"""A quick look whether a difference can vanish at all, before it is brought to a common denominator.

Atoms are given pseudo-random values modulo a prime, 1/d the inverse of the value of d.  That respects every relation
between atoms, so a value that is not 0 shows that the difference is not 0 either.  A value of 0 shows nothing: it is never part of a
proof, and only means that the work of a common denominator is worth while.
"""

from collections.abc import Iterable

from symback.simplification.normal_form_algebra import leading_monomial
from symback.simplification.normal_form_atoms import Atom, Monomial, Number, Polynomial

__all__ = ["is_visibly_nonzero"]

PRIME = 2**61 - 1
SCALE = 5040  # exponents up to sevenths are whole numbers of 5040ths
_ROOTS = ("root", "prime")


def is_visibly_nonzero(difference: Polynomial) -> bool:
    """Whether the polynomial in atoms is certainly not 0; False where that cannot be seen.

    A term with a Kronecker delta is left out (the delta is given the value 0), and roots, which have no value here, are
    kept apart: terms with different roots cannot cancel.
    """
    if not any(factor.kind == "inverse" for monomial in difference for factor, _ in monomial):
        return bool(difference)
    totals: dict[Monomial, int] = {}
    for monomial, coefficient in difference.items():
        if any(factor.kind == "delta" for factor, _ in monomial):
            continue
        roots = frozenset(power for power in monomial if power[0].kind in _ROOTS)
        value = _value([(monomial - roots, coefficient)])
        if value is None:
            return False
        totals[roots] = (totals.get(roots, 0) + value) % PRIME
    return any(totals.values())


def _value(polynomial: Iterable[tuple[Monomial, Number]]) -> int | None:
    """The value modulo the prime, or None where there is none."""
    total = 0
    for monomial, coefficient in polynomial:
        value = coefficient.numerator * pow(coefficient.denominator, -1, PRIME)
        for factor, exponent in monomial:
            base, times = _value_of(factor), exponent * SCALE
            if base is None or times != int(times) or (base == 0 and times < 0):
                return None
            value = value * pow(base, int(times) if factor.kind != "inverse" else int(exponent), PRIME) % PRIME
        total += value
    return total % PRIME


def _value_of(factor: Atom) -> int | None:
    """A value for an atom: 1/d follows d; a step is 1 for the standing sign of its argument and 0 for the other."""
    if factor.kind == "inverse":
        below = _value(factor.parts[0])
        return pow(below, -1, PRIME) if below else None
    if factor.kind == "step":
        inside = dict(factor.parts[0])
        return int(inside[leading_monomial(inside)] > 0)
    if factor.kind in _ROOTS or factor.kind == "delta":
        return None
    return (factor.code * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % PRIME or 1
