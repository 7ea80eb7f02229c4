"""The order in which a reader expects the terms of a sum and the factors of a product.

SymPy keeps both in an order of its own: y before a's sign, a_k before δ_j.  A textbook writes a - y, not -y + a; δ_j a_k;
(a_j - y_j) σ'(z_j); σ'(z_j) Σ_k w_kj δ_k; 1 - a.  Three keys decide it: the first index, the kind of the factor, and the
rank of its letter.
"""

from functools import lru_cache

import sympy

__all__ = ["is_negative", "ordered_factors", "ordered_terms"]

_RANKS = (
    ("C",), ("W", "w"), ("delta", "Delta"), ("dC",), ("gamma", "alpha"), ("xhat", "Xhat", "x", "X"), ("a", "A"), ("p", "P", "q", "Q"),
    ("h", "H"), ("z", "Z"), (), ("y", "Y"), ("mu", "Mu", "beta", "b", "epsilon"),
)  # fmt: skip
_RANK_OF = {letter: rank for rank, letters in enumerate(_RANKS) for letter in letters}
_UNKNOWN = _RANKS.index(())
_INDEX_ORDER = {letter: place for place, letter in enumerate("jkimprhq")}  # samples do not order factors


def is_negative(term: sympy.Expr) -> bool:
    """Whether a term, a scalar or a matrix, is written with a minus sign."""
    scalar = term.as_coeff_matrices()[0] if isinstance(term, sympy.MatMul) else term
    return bool(scalar.as_coeff_Mul()[0].is_extended_negative)


def ordered_terms(terms: list[sympy.Expr]) -> list[sympy.Expr]:
    """Positive terms first; among them a number first, then by letter; a penalty, in weights alone, last."""
    return sorted(
        terms,
        key=lambda term: (is_negative(term), not term.is_number, _is_penalty(term), _letter_rank(term), term.count_ops(), term.sort_key()),
    )


def _is_penalty(term: sympy.Expr) -> bool:
    """Whether a term has weights in it and no other entries."""
    return {str(entry.base).split("^")[0] for entry in term.atoms(sympy.Indexed)} == {"W"}


def ordered_factors(factors: list[sympy.Expr]) -> list[sympy.Expr]:
    """By first index, then names before functions, then by letter; sums last.  Partial derivatives as a chain."""
    links = [factor for factor in factors if type(factor).__name__ == "PartialDerivative"]
    others = [factor for factor in factors if factor not in links]
    found = sorted(others, key=lambda factor: (*_kind(factor), _letter_rank(factor), factor.sort_key()))
    place = sum(not isinstance(factor, sympy.Sum) for factor in found)
    return [*found[:place], *_chained(links), *found[place:]]


def _chained(links: list[sympy.Expr]) -> list[sympy.Expr]:
    """∂C/∂a ∂a/∂z ∂z/∂w: each numerator after the denominator that it cancels."""
    chain: list[sympy.Expr] = []
    pending = sorted(links, key=lambda link: link.sort_key())
    while pending:
        below = {denominator for link in pending for denominator in link.denominators}
        follows = [link for link in pending if chain and link.numerator in chain[-1].denominators]
        first = next(iter(follows or [link for link in pending if link.numerator not in below] or pending))
        chain.append(first)
        pending.remove(first)
    return chain


def _kind(factor: sympy.Expr) -> tuple:
    """(group, first index, kind): numbers such as 3 and √2, plain scalars, then what has indices, then sums."""
    if not factor.free_symbols and factor.is_number:
        return (-1, 0, 0)
    base = factor.base if isinstance(factor, sympy.Pow) else factor
    entries = base.atoms(sympy.Indexed)
    if isinstance(base, sympy.Sum):
        return (3, 0, 0)
    if isinstance(base, sympy.Symbol):
        return (0, 0, 0)
    letters = {s for e in entries for index in e.indices for s in index.free_symbols}
    first = min((_INDEX_ORDER.get(s.name, len(_INDEX_ORDER)) for s in letters), default=0)
    if isinstance(base, sympy.KroneckerDelta):
        return (1, 0, 0)
    if isinstance(base, sympy.Add):
        return (2, first, 0 if len({e.base for e in entries}) > 1 else 2 if entries else 4)
    return (2, first, 1 if isinstance(base, sympy.Indexed) else 3)


@lru_cache(maxsize=4096)
def _letter_rank(expr: sympy.Expr) -> int:
    """The rank of the foremost letter in an expression."""
    texts = [str(e.base) for e in expr.atoms(sympy.Indexed)] or [s.name for s in expr.free_symbols if isinstance(s, sympy.Symbol)]
    return min((_rank_of(text) for text in texts), default=_UNKNOWN)


def _rank_of(text: str) -> int:
    """The rank of a name by its letter."""
    if text.startswith("dC/d"):
        return _RANK_OF["dC"]
    letter = text.split("^")[0]
    return _RANK_OF.get(letter, _RANK_OF["C"] if letter.startswith("C") else _UNKNOWN)
