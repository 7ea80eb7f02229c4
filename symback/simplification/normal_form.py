"""The prover: are two tensor expressions equal, for all values of their names and all sizes of their axes?

    prove_equal(left, right, definitions, facts)  ->  Proof, or None where no proof was found

Both sides are read as polynomials in atoms (see `normal_form_atoms`), one entry at free index labels, and their
difference has to vanish.  Proofs are local: names are left alone until the difference says otherwise.  The attempts, each
of which keeps what the one before allowed:

    1. as they stand
    2. with the facts about names that occur in the difference            Σ_k y_k = 1
    3. with the formulas of functions that occur in the difference        σ(z) = 1/(1 + exp(-z))
    4. with the definitions of names in the difference, last first        p = exp(z) / Σ exp(z), then z = W a + b, …

None is not a refutation: the normal form is complete for sums, products and quotients of independent atoms under one
common denominator, and only nearly so for denominators under summation signs, for roots of roots and for conditions.
Everything that it does is sound, where both sides are defined and all names stand for real numbers.

Hostile input: work is bounded by a deadline and by the number of terms, nesting and powers; beyond that the answer is None.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import sympy

from symback.language.expressions import Tensor, Var, leaves
from symback.language.functions import ScalarFunction
from symback.language.steps import Fact
from symback.simplification.normal_form_atoms import ONLY, Frozen, NoNormalForm, Polynomial, Work, accumulate, frozen, variables
from symback.simplification.normal_form_chance import is_visibly_nonzero
from symback.simplification.normal_form_functions import cleared
from symback.simplification.normal_form_reading import entry

__all__ = ["NormalForm", "Proof", "normal_form", "prove_equal"]

DEADLINE = 2.0  # seconds of computing in this thread, so that a busy machine changes no verdict
MOST_UNFOLDINGS = 8


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof rests on: side facts, definitions of names, formulas of functions.  Empty: true as it stands."""

    facts: tuple[Fact, ...] = ()
    definitions: tuple[Var, ...] = ()
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NormalForm:
    """The entry of a tensor as a polynomial in atoms.  Equal normal forms are equal tensors; they hash alike."""

    shape: tuple
    entry: Frozen


def normal_form(tensor: Tensor, deadline: float = DEADLINE) -> NormalForm | None:
    """The normal form of a tensor as it stands, or None if there is none within the deadline, in seconds.

    >>> from symback.language.expressions import Axis, einsum, var
    >>> from symback.language.names import Name
    >>> n, m = Axis(3), Axis(2)
    >>> W, a = var(Name("W", 1), (n, m)), var(Name("a", 0), (m,))
    >>> normal_form(einsum("jk,k->j", W, a)) == normal_form(einsum("i,ji->j", a, W))
    True
    """
    try:
        polynomial = _entry(Work(time.thread_time() + deadline), tensor)
    except (NoNormalForm, RecursionError):
        return None
    return NormalForm(tensor.shape, frozen(polynomial))


def prove_equal(
    left: Tensor,
    right: Tensor,
    definitions: Mapping[Var, Tensor] | None = None,
    facts: Sequence[Fact] = (),
    deadline: float = DEADLINE,
    sizes: Mapping[sympy.Symbol, int] | None = None,
) -> Proof | None:
    """A proof that the tensors are equal for all values and sizes, or None if none was found within `deadline` seconds.

    With `sizes`, numbers for some of the size letters, the proof holds for these.

    >>> from symback.language.expressions import Axis, einsum, var
    >>> from symback.language.names import Name
    >>> n = Axis(3)
    >>> u, v = var(Name("u"), (n,)), var(Name("v"), (n,))
    >>> prove_equal(einsum("j,j->", u, v), einsum("k,k->", v, u))
    Proof(facts=(), definitions=(), functions=())
    >>> prove_equal(einsum("j,k->jk", u, v), einsum("j,k->jk", v, u)) is None
    True
    """
    if left.shape != right.shape:
        return None
    if left is right:
        return Proof()
    try:
        start = Work(time.thread_time() + deadline, definitions or {}, facts={fact.of: fact for fact in reversed(facts)}, sizes=sizes or {})
        return _search(left, right, start)
    except (NoNormalForm, RecursionError):
        return None


def _search(left: Tensor, right: Tensor, start: Work) -> Proof | None:
    """The attempts in their order; each one widens what may be used by what the difference left over mentions."""
    definitions, facts = start.definitions, start.facts
    allowed = Work(start.until)
    for _ in range(MOST_UNFOLDINGS):
        work = Work(start.until, definitions, allowed.unfolded, allowed.facts, allowed.expand, start.sizes)
        difference = _difference(work, left, right)
        if not difference:
            return _minimal(work, left, right)
        mentioned = variables(difference)
        helpful = {name: fact for name, fact in facts.items() if name in mentioned}
        has_formulas = any(isinstance(name, type) and issubclass(name, ScalarFunction) and name.formula is not None for name in mentioned)
        if not helpful.keys() <= allowed.facts.keys():
            allowed.facts = {**allowed.facts, **helpful}
        elif has_formulas and not allowed.expand:
            allowed.expand = True
        else:
            further = _last(definitions.keys() & mentioned, definitions)
            if not further:
                return None
            allowed.unfolded |= further
    return None


def _last(names: Iterable[Var], definitions: Mapping[Var, Tensor]) -> frozenset[Var]:
    """The names that no other of them is defined by."""
    names = frozenset(names)
    below: set[Var] = set()
    for name in names:
        pending, seen = [name], set()
        while pending:
            for inner in leaves(definitions[pending.pop()]):
                if inner in definitions and inner not in seen:
                    seen.add(inner)
                    pending.append(inner)
        below |= seen
    return names - below


def _difference(work: Work, left: Tensor, right: Tensor) -> Polynomial:
    """left - right at one entry; what stands under no sum is brought to a common denominator if that can help."""
    difference = dict(_entry(work, left))
    accumulate(difference, _entry(work, right), -1)
    return difference if is_visibly_nonzero(difference) else dict(cleared(work, difference)[0])


def _entry(work: Work, tensor: Tensor) -> Polynomial:
    """The entry of a tensor at the free labels 0, 1, …"""
    labels = tuple(ONLY if axis.size == 1 else i for i, axis in enumerate(tensor.axes))
    work.axis_of.update((label, axis) for label, axis in zip(labels, tensor.axes, strict=True) if label != ONLY)
    return entry(work, tensor, labels)


def _minimal(work: Work, left: Tensor, right: Tensor) -> Proof:
    """The proof without facts and definitions that it can do without, so that it does not claim to rest on them."""
    for item in list(work.used) if len(work.used) > 1 else ():
        if item in work.used and not isinstance(item, type):
            facts = {name: fact for name, fact in work.facts.items() if fact is not item}
            fewer = Work(work.until, work.definitions, work.unfolded - {item}, facts, work.expand, work.sizes)
            with suppress(NoNormalForm):
                work = work if _difference(fewer, left, right) else fewer
    used = list(work.used)
    return Proof(
        facts=tuple(item for item in used if isinstance(item, Fact)),
        definitions=tuple(item for item in used if isinstance(item, Var)),
        functions=tuple(dict.fromkeys(item.__name__ for item in used if isinstance(item, type))),
    )
