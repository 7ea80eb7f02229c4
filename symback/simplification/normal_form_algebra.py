"""Products and sums in normal form: what happens when atoms meet under a product, and when a product is summed.

Everything here keeps the value.  Each relation between atoms is used in one direction, so that equal things end up equal:

    δ_jk x_k = δ_jk x_j        [p > 0]² = [p > 0]        √d · √d = d        d · (1/d) = 1
    Σ_k δ_jk x_k = x_j         Σ_k 1 = n                 Σ_k y_k = 1 where that is a fact
    Σ_k c x_k = c Σ_k x_k      Σ_k Σ_m x_k y_m = (Σ_k x_k) (Σ_m y_m)

Decision: a denominator is an atom 1/d with the rule  g^e · (1/d) → (1 - (d - c g^e)/d) / c  for the leading power g^e of d.
That is a partial fraction, done term by term, so it also works under a summation sign, where nothing can be brought to a
common denominator.  It terminates because the leading atom is the highest of d in one fixed order of all atoms.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from math import floor

import sympy

from symback.language.expressions import Axis
from symback.simplification.normal_form_atoms import (
    KINDS,
    ONE,
    Atom,
    Frozen,
    Monomial,
    NoNormalForm,
    Number,
    Polynomial,
    Work,
    accumulate,
    atom,
    bound_labels,
    canonical_labels,
    frozen,
    relabelled,
    relabelled_polynomial,
    signature,
    symbol_atom,
)

__all__ = [
    "Terms", "constant", "leading_monomial", "monomial_of", "multiply", "negated", "product", "size_polynomial", "summed", "whole_power",
]  # fmt: skip

MOST_BOUND = 14
MOST_POWER = 64
MOST_SPLIT = 400  # terms times terms of two denominators that are taken apart
MOST_BITS = 20_000  # of a coefficient
Terms = Mapping[Monomial, Number]
_UNKNOWN = sympy.Dummy("g")
_NOT_INVERTIBLE = frozenset({"delta", "step", "root", "prime", "inverse"})  # no negative powers of these in a monomial


def constant(number: Number) -> Polynomial:
    """A number as a polynomial."""
    return {ONE: number.numerator if number.denominator == 1 else number} if number else {}


def monomial_of(*factors: tuple[Atom, Number]) -> Polynomial:
    """A product of powers of different atoms, as it stands."""
    return {frozenset(factors): 1}


def negated(polynomial: Terms) -> Polynomial:
    """-p."""
    return {monomial: -coefficient for monomial, coefficient in polynomial.items()}


def multiply(work: Work, left: Terms, right: Terms) -> Polynomial:
    """The product, distributed and reduced."""
    result: Polynomial = {}
    for first, a in left.items():
        for second, b in right.items():
            work.tick()
            if not first or not second:
                accumulate(result, {first or second: a * b})
                continue
            powers = dict(first)
            for factor, exponent in second:
                powers[factor] = powers.get(factor, 0) + exponent
            accumulate(result, reduced(work, powers), a * b)
    return result


def product(work: Work, factors: Iterable[Terms]) -> Polynomial:
    """The product of any number of polynomials."""
    result = constant(1)
    for factor in factors:
        result = multiply(work, result, factor)
    return result


def whole_power(work: Work, base: Terms, exponent: int) -> Polynomial:
    """base**exponent for a whole number that is not negative."""
    if exponent == 0:
        return constant(1)
    if len(base) == 1:
        ((monomial, coefficient),) = base.items()
        if max(abs(coefficient.numerator), coefficient.denominator).bit_length() * exponent > MOST_BITS and coefficient not in (1, -1):
            raise NoNormalForm(f"the power {exponent} of a number")
        if all(factor.kind not in _NOT_INVERTIBLE for factor, _ in monomial):
            return {frozenset((factor, e * exponent) for factor, e in monomial): coefficient**exponent}
    if exponent > MOST_POWER:
        raise NoNormalForm(f"the power {exponent} of a sum")
    half = whole_power(work, base, exponent // 2)
    square = multiply(work, half, half)
    return multiply(work, square, base) if exponent % 2 else square


# -- when atoms meet in a product ------------------------------------------------------------------------------------


def reduced(work: Work, powers: Mapping[Atom, Number]) -> Polynomial:
    """A product of powers after all relations between its atoms."""
    powers = {factor: exponent for factor, exponent in powers.items() if exponent}
    for factor in powers:
        relation = _RELATIONS.get(factor.kind)
        found = None if relation is None else relation(work, powers, factor)
        if found is not None:
            work.tick()
            return found
    return {frozenset(powers.items()): 1}


def _without(powers: Mapping[Atom, Number], *gone: Atom) -> dict[Atom, Number]:
    """The powers of all other atoms."""
    return {factor: exponent for factor, exponent in powers.items() if factor not in gone}


def _idempotent(work: Work, powers: dict[Atom, Number], factor: Atom) -> Polynomial | None:
    """δ² = δ and [p > 0]² = [p > 0]; neither can be divided by."""
    if powers[factor] == 1:
        return None
    if powers[factor] < 0:
        raise NoNormalForm("division by what may be zero")
    return reduced(work, powers | {factor: 1})


def _meet_delta(work: Work, powers: dict[Atom, Number], factor: Atom) -> Polynomial | None:
    """δ_jk x_k  →  δ_jk x_j."""
    if powers[factor] != 1:
        return _idempotent(work, powers, factor)
    stays, goes = factor.labels
    others = _without(powers, factor)
    if not any(goes in other.free for other in others):
        return None
    renamed = relabelled_polynomial({frozenset(others.items()): 1}, {goes: stays})
    return multiply(work, monomial_of((factor, 1)), _reduced_terms(work, renamed))


def _reduced_terms(work: Work, polynomial: Terms) -> Polynomial:
    """Every term of a polynomial after all relations between its atoms."""
    result: Polynomial = {}
    for monomial, coefficient in polynomial.items():
        accumulate(result, reduced(work, dict(monomial)), coefficient)
    return result


def _meet_step(work: Work, powers: dict[Atom, Number], factor: Atom) -> Polynomial | None:
    """[p > 0] [-p > 0] = 0;  [p > 0] [p + 1 > 0] = [p > 0];  p [-p > 0] = p - p [p > 0], for the standing sign of p."""
    if powers[factor] != 1:
        return _idempotent(work, powers, factor)
    inside = dict(factor.parts[0])
    for other in powers:
        if other.kind == "step" and other is not factor:
            both, excess = dict(other.parts[0]), dict(other.parts[0])
            accumulate(both, inside)
            accumulate(excess, inside, -1)
            if not both or (both.keys() == {ONE} and both[ONE] < 0):
                return {}
            if excess.keys() == {ONE} and excess[ONE] > 0:
                return reduced(work, _without(powers, other))
    lead = leading_monomial(inside)
    if inside[lead] > 0 or not all(powers.get(part, 0) >= e for part, e in lead):
        return None
    opposite = atom("step", parts=(frozen(negated(inside)),))
    swapped: Polynomial = {lead: 1, lead | {(opposite, 1)}: -1}
    for monomial, coefficient in inside.items():
        if monomial != lead:
            share = coefficient / Fraction(inside[lead])
            accumulate(swapped, {monomial: share, monomial | {(opposite, 1)}: -share, monomial | {(factor, 1)}: -share})
    shared = _without(powers, factor) | {part: powers[part] - e for part, e in lead}
    return multiply(work, reduced(work, shared), swapped)


def _meet_root(work: Work, powers: dict[Atom, Number], factor: Atom) -> Polynomial | None:
    """√d · √d  →  d."""
    exponent = powers[factor]
    if 0 < exponent < 1:
        return None
    whole = floor(exponent)
    if whole < 0:
        raise NoNormalForm("a root in a denominator that was not rationalised")
    rest = reduced(work, powers | {factor: exponent - whole})
    return multiply(work, rest, whole_power(work, dict(factor.parts[0]), whole))


def _meet_prime(work: Work, powers: dict[Atom, Number], factor: Atom) -> Polynomial | None:
    """√2 · √2  →  2."""
    exponent = powers[factor]
    if 0 < exponent < 1:
        return None
    whole = floor(exponent)
    result: Polynomial = {}
    accumulate(result, reduced(work, powers | {factor: exponent - whole}), Fraction(factor.head) ** whole)
    return result


def _meet_inverse(work: Work, powers: dict[Atom, Number], factor: Atom) -> Polynomial | None:
    """1/d among other factors, decomposed into partial fractions in the highest atom g of d."""
    for split in (_divide_out, _split_from_power, _split_from_denominator):
        found = split(work, powers, factor)
        if found is not None:
            return found
    return None


def _divide_out(work: Work, powers: dict[Atom, Number], factor: Atom) -> Polynomial | None:
    """g^e / d  →  (1 - (d - c g^e) / d) / c,  where c g^e is the leading term of d."""
    needed, scale, rest = _division(factor)
    if not all(powers.get(part, 0) >= e for part, e in needed):
        return None
    shared = _times(powers, {(factor, -1)}, {(part, -e) for part, e in needed | scale[0]})
    quotient = constant(1)
    for monomial, coefficient in rest:
        accumulate(quotient, {monomial | {(factor, 1)}: -coefficient})
    return _scaled(multiply(work, reduced(work, shared), quotient), Fraction(1) / scale[1])


def _split_from_power(work: Work, powers: dict[Atom, Number], factor: Atom) -> Polynomial | None:
    """1/(g d)  →  (1/g - (d - c)/(g d)) / c,  where c is the value of d at g = 0 and one term."""
    top = _top(factor)
    if powers.get(top, 0) >= 0:
        return None
    constants = [(m, c) for m, c in factor.parts[0] if all(part is not top for part, _ in m)]
    if len(constants) != 1 or any(part.kind in _NOT_INVERTIBLE for part, _ in constants[0][0]):
        return None
    shared = _times(powers, {(factor, -1)}, {(part, -e) for part, e in constants[0][0]})
    quotient = constant(1)
    for monomial, coefficient in factor.parts[0]:
        if monomial != constants[0][0]:
            accumulate(quotient, {monomial | {(factor, 1)}: -coefficient})
    return _scaled(multiply(work, reduced(work, shared), quotient), Fraction(1) / constants[0][1])


def _split_from_denominator(work: Work, powers: dict[Atom, Number], factor: Atom) -> Polynomial | None:
    """1/(d e)  →  (u/e + v/d) / r,  where u d + v e = r and r is one term."""
    for other in powers:
        if other.kind != "inverse" or other is factor or _top(other) is not _top(factor):
            continue
        cofactors = _cofactors(factor.parts[0], other.parts[0])
        if cofactors is not None:
            first, second, (below, number) = cofactors
            shared = _times(powers, {(factor, -1), (other, -1)}, {(part, -e) for part, e in below})
            mixed: Polynomial = {}
            accumulate(mixed, {monomial | {(other, 1)}: c for monomial, c in first.items()})
            accumulate(mixed, {monomial | {(factor, 1)}: c for monomial, c in second.items()})
            return _scaled(multiply(work, reduced(work, shared), mixed), Fraction(1) / number)
    return None


@lru_cache(maxsize=4096)
def _cofactors(first: Frozen, second: Frozen) -> tuple[Terms, Terms, tuple[Monomial, Number]] | None:
    """u, v and r with u · first + v · second = r, where both are linear in a power of their top atom, or have no other."""
    if len(first) * len(second) > MOST_SPLIT:
        return None
    top = max((part for monomial, _ in first for part, _ in monomial), key=_rank)
    (c, r, degree), (d, s, other_degree) = _linear(first, top), _linear(second, top)
    if c and d and degree == other_degree:
        idle = Work(float("inf"))
        remainder = multiply(idle, d, r)
        accumulate(remainder, multiply(idle, c, s), -1)
        is_unit = len(remainder) == 1 and all(part.kind not in _NOT_INVERTIBLE for monomial in remainder for part, _ in monomial)
        return (d, negated(c), next(iter(remainder.items()))) if is_unit else None
    if any(part is not top or e != int(e) for polynomial in (first, second) for monomial, _ in polynomial for part, e in monomial):
        return None
    u, v, gcd = _univariate(first, top).gcdex(_univariate(second, top))
    return (_multivariate(u, top), _multivariate(v, top), (ONE, 1)) if gcd.is_one else None


def _univariate(part: Frozen, top: Atom) -> sympy.Poly:
    """A polynomial in one atom as SymPy knows it."""
    return sympy.Poly.from_dict({(int(dict(monomial).get(top, 0)),): int(c) for monomial, c in part}, _UNKNOWN, domain=sympy.QQ)


def _multivariate(polynomial: sympy.Poly, top: Atom) -> Polynomial:
    """And back."""
    return {frozenset({(top, e)} if e else ()): Fraction(int(c.p), int(c.q)) for (e,), c in polynomial.terms() if c}


def _linear(part: Frozen, top: Atom) -> tuple[Polynomial, Polynomial, Number]:
    """c, r and e of c g^e + r; c is empty if the polynomial is not of that form."""
    degrees = {monomial: dict(monomial).get(top, 0) for monomial, _ in part}
    degree = max(degrees.values())
    if not set(degrees.values()) <= {0, degree}:
        return {}, {}, degree
    slope = {monomial - {(top, degree)}: c for monomial, c in part if degrees[monomial]}
    return slope, {monomial: c for monomial, c in part if not degrees[monomial]}, degree


def _times(powers: Mapping[Atom, Number], *factors: Iterable[tuple[Atom, Number]]) -> dict[Atom, Number]:
    """A product of powers, exponents added."""
    result = dict(powers)
    for factor in factors:
        for part, exponent in factor:
            result[part] = result.get(part, 0) + exponent
    return result


def _scaled(polynomial: Terms, number: Number) -> Polynomial:
    """A number times a polynomial."""
    return dict(polynomial) if number == 1 else {monomial: c * number for monomial, c in polynomial.items()}


@lru_cache(maxsize=4096)
def _division(factor: Atom) -> tuple[Monomial, tuple[Monomial, Number], tuple[tuple[Monomial, Number], ...]]:
    """For 1/d: the power that the rule takes away, what it divides by, and the rest of d."""
    polynomial = dict(factor.parts[0])
    lead, top = leading_monomial(polynomial), _top(factor)
    degree = dict(lead)[top]
    with_top = [monomial for monomial in polynomial if dict(monomial).get(top, 0) == degree]
    others = lead - {(top, degree)}
    rest = tuple((monomial, coefficient) for monomial, coefficient in polynomial.items() if monomial != lead)
    if len(with_top) == 1 and not any(other.kind in _NOT_INVERTIBLE for other, _ in others):
        return frozenset({(top, degree)}), (others, polynomial[lead]), rest
    return lead, (ONE, polynomial[lead]), rest


@lru_cache(maxsize=4096)
def _top(factor: Atom) -> Atom:
    """The highest atom of a denominator."""
    return max((part for monomial, _ in factor.parts[0] for part, _ in monomial), key=_rank)


@lru_cache(maxsize=16384)
def _rank(factor: Atom) -> tuple:
    """The place of an atom in the order of atoms; the same in every run."""
    return KINDS.index(factor.kind), not factor.is_positive, factor.shape, signature(factor, {})


def leading_monomial(polynomial: Iterable[Monomial]) -> Monomial:
    """The lexicographically highest monomial."""
    return max(polynomial, key=lambda monomial: sorted(((_rank(factor), e) for factor, e in monomial), reverse=True))


_RELATIONS = {"delta": _meet_delta, "step": _meet_step, "root": _meet_root, "prime": _meet_prime, "inverse": _meet_inverse}


# -- when a product is summed ----------------------------------------------------------------------------------------


def summed(work: Work, polynomial: Terms, bound: frozenset[int]) -> Polynomial:
    """The sum of every term over the labels in `bound`."""
    if not bound:
        return dict(polynomial)
    if len(bound) > MOST_BOUND:
        raise NoNormalForm(f"{len(bound)} summation signs over one product")
    result: Polynomial = {}
    for monomial, coefficient in polynomial.items():
        accumulate(result, _summed_product(work, monomial, bound), coefficient)
    return result


def _summed_product(work: Work, monomial: Monomial, bound: frozenset[int]) -> Polynomial:
    """The sum of one product: the first rule that applies, or the sum as an atom."""
    work.tick()
    for rule in (_collapse, _count, _open, _use_fact, _cancel_inner):
        found = rule(work, monomial, bound)
        if found is not None:
            return summed(work, *found)
    return _closed(work, monomial, bound)


Partly = tuple[Terms, frozenset[int]] | None  # what is left to be summed, and over which labels


def _collapse(work: Work, monomial: Monomial, bound: frozenset[int]) -> Partly:
    """Σ_k δ_jk x_k  →  x_j."""
    for factor, _ in monomial:
        if factor.kind == "delta" and not bound.isdisjoint(factor.labels):
            stays, goes = factor.labels if factor.labels[1] in bound else factor.labels[::-1]
            renamed = relabelled_polynomial({frozenset(power for power in monomial if power[0] is not factor): 1}, {goes: stays})
            return _reduced_terms(work, renamed), bound - {goes}
    return None


def _count(work: Work, monomial: Monomial, bound: frozenset[int]) -> Partly:
    """Σ_k 1  →  n."""
    idle = bound.difference(*(factor.free for factor, _ in monomial))
    if not idle:
        return None
    sizes = [work.axis_of[label].size for label in sorted(idle)]
    counts = [constant(work.sizes[size]) if size in work.sizes else size_polynomial(size) for size in sizes]
    return product(work, [{monomial: 1}, *counts]), bound - idle


def _open(work: Work, monomial: Monomial, bound: frozenset[int]) -> Partly:
    """Σ_k x_k (Σ_m w_km)  →  Σ_k Σ_m x_k w_km, so that the order of summation does not matter."""
    for factor, exponent in monomial:
        if factor.kind != "sum" or exponent < 0 or bound.isdisjoint(factor.free):
            continue
        if exponent > MOST_BOUND:
            raise NoNormalForm(f"the power {exponent} of a sum")
        result: Polynomial = {monomial - {(factor, exponent)}: 1}
        opened = set(bound)
        for _ in range(int(exponent)):
            fresh = [work.label(axis) for axis in factor.bound]
            opened.update(fresh)
            inside = relabelled_polynomial(dict(factor.parts[0]), dict(zip(factor.own_labels, fresh, strict=True)))
            result = multiply(work, result, inside)
        return result, frozenset(opened)
    return None


def _use_fact(work: Work, monomial: Monomial, bound: frozenset[int]) -> Partly:
    """Σ_k y_k  →  1, where that is a fact and nothing else in the product depends on k."""
    for factor, exponent in monomial:
        fact = work.facts.get(factor.head) if factor.kind == "var" and exponent == 1 else None
        if fact is None:
            continue
        label = factor.labels[fact.axis] if factor.labels else None
        if label not in bound or factor.labels.count(label) > 1:
            continue
        if all(label not in other.free for other, _ in monomial if other is not factor):
            work.used[fact] = None
            return ({monomial - {(factor, exponent)}: fact.value} if fact.value else {}), bound - {label}
    return None


def _cancel_inner(work: Work, monomial: Monomial, bound: frozenset[int]) -> Partly:
    """Σ_j Σ_k x_j w_jk / (Σ_m w_jm)  →  Σ_j x_j: sums inside are closed where that lets a denominator meet its sum."""
    for factor, exponent in monomial:
        is_denominator = factor.kind == "inverse" or (factor.kind == "sum" and exponent < 0)
        outer = bound & factor.free
        if not is_denominator or not outer or outer == bound:
            continue
        inner = bound - outer
        powers, has_met = {other: e for other, e in monomial if inner.isdisjoint(other.free)}, False
        before = set(powers)
        for closed, times in _components(work, [power for power in monomial if not inner.isdisjoint(power[0].free)], inner).items():
            powers[closed] = powers.get(closed, 0) + times
            has_met = has_met or closed in before
        result = reduced(work, powers)
        if has_met or result != {frozenset(powers.items()): 1}:
            return result, outer
    return None


def _closed(work: Work, monomial: Monomial, bound: frozenset[int]) -> Polynomial:
    """Σ_k Σ_m c x_k y_m  →  c (Σ_k x_k) (Σ_m y_m), each connected part an atom."""
    powers = {factor: e for factor, e in monomial if bound.isdisjoint(factor.free)}
    for closed, times in _components(work, [power for power in monomial if not bound.isdisjoint(power[0].free)], bound).items():
        powers[closed] = powers.get(closed, 0) + times
    return reduced(work, powers)


def _components(work: Work, powers: list[tuple[Atom, Number]], bound: frozenset[int]) -> dict[Atom, int]:
    """The sums over the connected parts of a product: atoms that share no bound label are summed apart."""
    parts: list[tuple[set[int], list[tuple[Atom, Number]]]] = []
    for power in powers:
        labels, members = set(power[0].free & bound), [power]
        apart = []
        for part in parts:
            if part[0].isdisjoint(labels):
                apart.append(part)
            else:
                labels |= part[0]
                members += part[1]
        parts = [*apart, (labels, members)]
    found: dict[Atom, int] = {}
    for labels, members in parts:
        closed = _sum_atom(frozenset(members), {label: work.axis_of[label] for label in sorted(labels)})
        found[closed] = found.get(closed, 0) + 1
    return found


def _sum_atom(monomial: Monomial, bound: dict[int, Axis]) -> Atom:
    """Σ over `bound` of a connected product, its labels in canonical order."""
    order = canonical_labels(monomial, bound)
    height = 1 + max(factor.height for factor, _ in monomial)
    mapping = dict(zip(order, bound_labels(height, len(order)), strict=True))
    inside = frozenset((relabelled(factor, mapping), e) for factor, e in monomial)
    return atom("sum", parts=(frozenset({(inside, 1)}),), bound=tuple(bound[label] for label in order))


def size_polynomial(size: sympy.Expr) -> Polynomial:
    """The size of an axis as a number or a polynomial in size symbols."""
    if size.is_Integer:
        return constant(int(size))
    if size.is_Symbol:
        return monomial_of((symbol_atom(size), 1))
    raise NoNormalForm(f"a sum over {size} entries")
