"""Quotients, roots, exponentials, logarithms and steps of polynomials in normal form.

What is used, and what makes it sound:

    exp(a + b) = exp(a) exp(b)                 always
    log(x y) = log(x) + log(y)                 only for factors known to be positive: exponentials, their sums, sizes, 1/…
    √(x y) = √x √y                             only for the same
    1/d                                        d cleared of denominators, made primitive, split into irreducible factors
    f([p > 0] u + v) = [p > 0] f(u + v) + (1 - [p > 0]) f(v)       a step is 0 or 1, and so is a Kronecker delta

All names stand for real numbers, and an equality is meant wherever both sides are defined.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import floor, gcd, lcm

import sympy

from symback.simplification.normal_form_algebra import (
    Terms,
    constant,
    leading_monomial,
    monomial_of,
    multiply,
    negated,
    product,
    whole_power,
)
from symback.simplification.normal_form_atoms import (
    ONE,
    Atom,
    Frozen,
    NoNormalForm,
    Number,
    Polynomial,
    Work,
    accumulate,
    atom,
    frozen,
    is_positive,
    relabelled_polynomial,
)

__all__ = ["absolute", "apply", "cleared", "exponential", "inverse", "logarithm", "power", "step", "symbolic_power"]

MOST_CASES = 8
MOST_FACTORED = 16  # a denominator with more terms, or of a higher degree, is not split into factors
MOST_BITS, SMALL_PRIMES = 1_000, 10_000
_ANY_EXPONENT = ("exp", "symbol")  # if positive, these carry rational exponents themselves


@dataclass(frozen=True, slots=True)
class Factored:
    """coefficient · Π atoms · Π factors, the factors primitive polynomials of two terms or more."""

    coefficient: Fraction
    powers: tuple[tuple[Atom, Number], ...]
    factors: tuple[tuple[Frozen, int], ...]


def by_cases(work: Work, arguments: tuple[Terms, ...], function: Callable[..., Polynomial], depth: int = 0) -> Polynomial:
    """function(arguments), its arguments freed of steps and deltas by telling the cases apart."""
    switch = next((f for argument in arguments for m in argument for f, _ in m if f.kind in ("step", "delta")), None)
    if switch is None:
        return function(work, *arguments)
    if depth == MOST_CASES:
        raise NoNormalForm("too many cases")
    on, off = [], []
    for argument in arguments:
        without = {m: c for m, c in argument.items() if not any(f is switch for f, _ in m)}
        inside: Polynomial = dict(without)
        accumulate(inside, {m - {(switch, 1)}: c for m, c in argument.items() if m not in without})
        if switch.kind == "delta":
            inside = relabelled_polynomial(inside, {switch.labels[1]: switch.labels[0]})
        on.append(inside)
        off.append(without)
    chosen = monomial_of((switch, 1))
    result = multiply(work, chosen, by_cases(work, tuple(on), function, depth + 1))
    accumulate(result, multiply(work, {ONE: 1, **negated(chosen)}, by_cases(work, tuple(off), function, depth + 1)))
    return result


def cleared(work: Work, polynomial: Terms) -> tuple[Terms, dict[Atom, int]]:
    """Numerator and denominators: polynomial · Π d^e = numerator, for the 1/d that stand under no sum."""
    most: dict[Atom, int] = {}
    for monomial in polynomial:
        for factor, exponent in monomial:
            if factor.kind == "inverse":
                most[factor] = max(most.get(factor, 0), exponent)
    if not most:
        return polynomial, most
    numerator: Polynomial = {}
    for monomial, coefficient in polynomial.items():
        powers = dict(monomial)
        missing = [whole_power(work, dict(d.parts[0]), e - powers.pop(d, 0)) for d, e in most.items()]
        accumulate(numerator, product(work, [{frozenset(powers.items()): coefficient}, *missing]))
    return numerator, most


def factored(work: Work, polynomial: Terms) -> Factored:
    """A polynomial without steps as a product, over the rationals."""
    numerator, denominators = cleared(work, polynomial)
    if not numerator:
        raise NoNormalForm("division by zero, or its logarithm")
    content = dict(next(iter(numerator)))
    for monomial in numerator:
        powers = dict(monomial)
        content = {f: min(content.get(f, 0), powers.get(f, 0)) for f in content.keys() | powers.keys()}
    content = {factor: e for factor, e in content.items() if e}
    bare: Polynomial = {}
    for monomial, coefficient in numerator.items():
        powers = dict(monomial)
        bare[frozenset((f, e) for f in powers.keys() | content.keys() if (e := powers.get(f, 0) - content.get(f, 0)))] = coefficient
    number, primitive = _primitive(bare)
    factors = [] if primitive == {ONE: 1} else list(_irreducible(frozen(primitive)))
    factors += [(d.parts[0], -e) for d, e in denominators.items()]
    return Factored(number, tuple(content.items()), tuple(factors))


def _primitive(polynomial: Terms) -> tuple[Fraction, Polynomial]:
    """c · p with whole coefficients without a common divisor, the leading one positive."""
    fractions = [Fraction(c) for c in polynomial.values()]
    number = Fraction(gcd(*(c.numerator for c in fractions)), lcm(*(c.denominator for c in fractions)))
    if polynomial[leading_monomial(polynomial)] < 0:
        number = -number
    return number, {monomial: int(c / number) for monomial, c in polynomial.items()}


@lru_cache(maxsize=4096)
def _irreducible(part: Frozen) -> tuple[tuple[Frozen, int], ...]:
    """The irreducible factors of a primitive polynomial, by SymPy; the polynomial itself where it is large or plainly irreducible."""
    exponents: dict[Atom, list[Number]] = {}
    for monomial, _ in part:
        for factor, e in monomial:
            exponents.setdefault(factor, []).append(e)
    degrees = {factor: max(e) for factor, e in exponents.items()}
    is_linear = any(len(e) == 1 and e[0] == 1 and frozenset({(f, 1)}) in dict(part) for f, e in exponents.items())
    is_large = len(part) > MOST_FACTORED or sum(degrees.values()) > MOST_FACTORED
    if is_linear or is_large or any(e != int(e) for es in exponents.values() for e in es):
        return ((part, 1),)
    atoms = list(exponents)
    symbols = [sympy.Dummy() for _ in atoms]
    terms = {tuple(int(dict(m).get(f, 0)) for f in atoms): sympy.Integer(c) for m, c in part}
    sign, split = sympy.Poly.from_dict(terms, *symbols, domain=sympy.ZZ).factor_list()
    found = []
    for factor, e in split:
        terms_of_factor = {frozenset((f, d) for f, d in zip(atoms, ds, strict=True) if d): int(c) for ds, c in factor.terms()}
        number, primitive = _primitive(terms_of_factor)
        sign *= int(number) ** e
        found.append((frozen(primitive), e))
    return tuple(found) if sign == 1 else ((part, 1),)


def inverse(work: Work, polynomial: Terms) -> Polynomial:
    """1/p."""
    return by_cases(work, (polynomial,), _inverse)


def _inverse(work: Work, polynomial: Terms) -> Polynomial:
    """1/p for a polynomial without steps: the inverse of every factor."""
    parts = factored(work, polynomial)
    factors = [constant(1 / parts.coefficient)]
    for factor, e in parts.powers:
        if factor.kind == "root":
            below = whole_power(work, _inverse(work, dict(factor.parts[0])), 1)
            factors += [monomial_of((factor, 1 - e)), below]
        elif factor.kind == "prime":
            factors += [monomial_of((factor, 1 - e)), constant(Fraction(1, factor.head))]
        else:
            factors.append(monomial_of((factor, -e)))
    factors += [_power_of_factor(work, factor, -e) for factor, e in parts.factors]
    return product(work, factors)


def _power_of_factor(work: Work, factor: Frozen, exponent: int) -> Polynomial:
    """A primitive polynomial, or one over it, to a whole power."""
    return whole_power(work, dict(factor), exponent) if exponent >= 0 else monomial_of((atom("inverse", parts=(factor,)), -exponent))


def power(work: Work, base: Terms, exponent: Number) -> Polynomial:
    """base**exponent for a rational exponent."""
    whole = floor(exponent)
    result = whole_power(work, base if whole >= 0 else inverse(work, base), abs(whole))
    rest = exponent - whole
    return multiply(work, result, by_cases(work, (base,), lambda w, p: _root(w, p, rest))) if rest else result


def _root(work: Work, polynomial: Terms, exponent: Number) -> Polynomial:
    """p**exponent for 0 < exponent < 1: what is known to be positive comes out from under the root, the rest is one atom."""
    if not polynomial:
        return {}
    parts = factored(work, polynomial)
    outside = _number_root(abs(parts.coefficient), exponent)
    inside = [constant(1 if parts.coefficient > 0 else -1)]
    for factor, e in parts.powers:
        if factor.kind in ("root", "prime") or (factor.is_positive and factor.kind in _ANY_EXPONENT):
            outside.append(monomial_of((factor, e * exponent)))
        elif factor.is_positive:
            outside.append(_root_of_positive(work, frozen(monomial_of((factor, 1))), e * exponent))
        else:
            even, rest = _even_root(work, monomial_of((factor, 1)), e, exponent)
            outside.append(even)
            inside.append(monomial_of((factor, rest)) if rest else constant(1))
    for base, e in parts.factors:
        if is_positive(base):
            outside.append(_root_of_positive(work, base, e * exponent))
        else:
            even, rest = _even_root(work, dict(base), e, exponent)
            outside.append(even)
            inside.append(_power_of_factor(work, base, int(rest)))
    remainder = product(work, inside)
    if remainder != {ONE: 1}:
        outside.append(monomial_of((atom("root", parts=(frozen(remainder),)), exponent)))
    return product(work, outside)


def _even_root(work: Work, base: Terms, power_of_base: Number, exponent: Number) -> tuple[Polynomial, Number]:
    """√(x² r) = |x| √r: what an even power gives outside of a root, and the power that stays inside."""
    even = 2 * (power_of_base // 2)
    outside = even * exponent
    if not even or outside != int(outside):
        return constant(1), power_of_base
    result = power(work, base, int(outside) - int(outside) % 2)
    return (multiply(work, result, absolute(work, base)) if outside % 2 else result), power_of_base - even


def absolute(work: Work, polynomial: Terms) -> Polynomial:
    """|p| = 2 p [p > 0] - p."""
    result = negated(polynomial)
    accumulate(result, multiply(work, polynomial, step(work, polynomial)), 2)
    return result


def _number_root(number: Fraction, exponent: Number) -> list[Polynomial]:
    """A positive number to a power, as powers of primes."""
    found = []
    for prime, e in _primes(number):
        whole = floor(e * exponent)
        found.append(constant(Fraction(prime) ** whole))
        if e * exponent != whole:
            found.append(monomial_of((atom("prime", prime), e * exponent - whole)))
    return found


@lru_cache(maxsize=1024)
def _primes(number: Fraction) -> tuple[tuple[int, int], ...]:
    """A positive number as powers of its primes; what has no small prime factor counts as one."""
    if max(number.numerator, number.denominator).bit_length() > MOST_BITS:
        raise NoNormalForm("a root or logarithm of a very long number")
    above, below = (sympy.factorint(n, limit=SMALL_PRIMES, use_rho=False, use_pm1=False) for n in (number.numerator, number.denominator))
    return (*((int(p), int(e)) for p, e in above.items()), *((int(p), -int(e)) for p, e in below.items()))


def _root_of_positive(work: Work, factor: Frozen, exponent: Number) -> Polynomial:
    """A positive polynomial to any rational power."""
    whole = floor(exponent)
    result = whole_power(work, dict(factor) if whole >= 0 else _inverse(work, dict(factor)), abs(whole))
    if exponent == whole:
        return result
    return multiply(work, result, monomial_of((atom("root", parts=(factor,)), exponent - whole)))


def exponential(work: Work, polynomial: Terms) -> Polynomial:
    """exp(p), a product over the terms of p; exp(log x) is x."""
    return by_cases(work, (polynomial,), _exponential)


def _exponential(work: Work, polynomial: Terms) -> Polynomial:
    """exp(p) for a polynomial without steps."""
    factors = []
    for monomial, coefficient in polynomial.items():
        only = next(iter(monomial))[0] if len(monomial) == 1 and next(iter(monomial))[1] == 1 else None
        if only is not None and only.kind == "log":
            factors.append(power(work, dict(only.parts[0]), Fraction(coefficient)))
        else:
            factors.append(monomial_of((atom("exp", parts=(frozenset({(monomial, 1)}),)), coefficient)))
    return product(work, factors)


def logarithm(work: Work, polynomial: Terms) -> Polynomial:
    """log(p), a sum over those factors of p that are known to be positive; log(exp x) is x."""
    return by_cases(work, (polynomial,), _logarithm)


def _logarithm(work: Work, polynomial: Terms) -> Polynomial:
    """log(p) for a polynomial without steps."""
    parts = factored(work, polynomial)
    result = _number_logarithm(abs(parts.coefficient))
    inside = [constant(1 if parts.coefficient > 0 else -1)]
    for factor, e in parts.powers:
        if factor.kind == "exp":
            accumulate(result, dict(factor.parts[0]), e)
        elif factor.kind == "root":
            accumulate(result, _logarithm(work, dict(factor.parts[0])), e)
        elif factor.is_positive:
            accumulate(result, _log_atom(constant(factor.head) if factor.kind == "prime" else monomial_of((factor, 1))), e)
        else:
            inside.append(monomial_of((factor, e)))
    for base, e in parts.factors:
        if is_positive(base):
            accumulate(result, _log_atom(dict(base)), e)
        else:
            inside.append(_power_of_factor(work, base, e))
    remainder = product(work, inside)
    if remainder != {ONE: 1}:
        _accumulate_logarithm(result, remainder)
    return result


def _accumulate_logarithm(result: Polynomial, remainder: Polynomial) -> None:
    """Add log of what may be negative: an odd power of one atom is positive where the logarithm is defined, and so is the atom."""
    ((monomial, coefficient),) = remainder.items() if len(remainder) == 1 else ((ONE, 0),)
    if coefficient == 1 and len(monomial) == 1:
        ((factor, e),) = monomial
        if e % 2 == 1:
            accumulate(result, _log_atom({frozenset({(factor, 1)}): 1}), e)
            return
    accumulate(result, _log_atom(remainder))


def _log_atom(polynomial: Terms) -> Polynomial:
    """log(p) as an atom."""
    return monomial_of((atom("log", parts=(frozen(polynomial),)), 1))


def _number_logarithm(number: Fraction) -> Polynomial:
    """log of a positive number: Σ e log(prime)."""
    result: Polynomial = {}
    for prime, e in _primes(number):
        accumulate(result, _log_atom(constant(prime)), e)
    return result


def step(work: Work, polynomial: Terms) -> Polynomial:
    """[p > 0]: 1 where p is positive, else 0."""
    return by_cases(work, (polynomial,), _step)


def _step(work: Work, polynomial: Terms) -> Polynomial:
    """Positive factors do not matter, and an odd power has the sign of its base."""
    if not polynomial:
        return {}
    parts = factored(work, polynomial)
    powers = [(f, 1 if e % 2 == 1 else e) for f, e in parts.powers if not f.is_positive]
    factors = [_power_of_factor(work, f, 1 if e % 2 == 1 else e) for f, e in parts.factors if not is_positive(f)]
    sign = constant(1 if parts.coefficient > 0 else -1)
    inside = product(work, [sign, monomial_of(*powers), *factors])
    if is_positive(inside.items()):
        return constant(1)
    if is_positive(negated(inside).items()):
        return {}
    return monomial_of((atom("step", parts=(frozen(inside),)), 1))


def apply(work: Work, function: type, *arguments: Terms) -> Polynomial:
    """A function that the prover does not look into: equal for equal arguments."""
    return by_cases(
        work, arguments, lambda work, *parts: monomial_of((atom("apply", function, parts=tuple(frozen(part) for part in parts)), 1))
    )


def symbolic_power(work: Work, base: Terms, exponent: Terms) -> Polynomial:
    """base**exponent where the exponent is not a number: exp(exponent · log base) for a positive base, else an atom per term."""
    if is_positive(base.items()):
        return exponential(work, multiply(work, exponent, logarithm(work, base)))
    symbolic = dict(exponent)
    result = power(work, base, symbolic.pop(ONE, 0))
    whole = all(Fraction(c).denominator == 1 for c in symbolic.values())
    terms: list[tuple[Terms, Number]] = [({m: 1}, c) for m, c in symbolic.items()] if whole else [(symbolic, 1)]
    for part, times in terms:
        root = monomial_of((atom("power", parts=(frozen(base), frozen(part))), 1))
        result = multiply(work, result, power(work, root, times))
    return result
