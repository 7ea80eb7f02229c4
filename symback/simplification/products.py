"""A contraction as a product of powers: the form in which factors meet, cancel and are recognised.

    Σ_k  c · Π  base_i[labels_i] ^ exponent_i

`Contract` keeps an element-wise quotient such as y_k / a_k inside a `Map`; here it is taken apart into y_k^1 a_k^-1, so
that a factor a_k from elsewhere meets it.  Reading a tensor as a `Product` and writing it back keeps its value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sympy

from symback.language.expressions import Add, Axis, Const, Contract, Map, Tensor, Var, add, children, const, contract, map_, slot, walk

__all__ = ["Factor", "Labels", "Product", "factor_signatures", "product_of", "signature"]

Labels = tuple[int, ...]
Factor = tuple[Tensor, Labels]


@dataclass(frozen=True, slots=True)
class Product:
    """`coefficient` × Π base[labels]**exponent, labels 0 … len(axes)-1 free, the others summed over `bound`.

    `written` counts the factors of the tensor it was read from, before equal ones met.
    """

    coefficient: sympy.Expr
    powers: tuple[tuple[Factor, sympy.Expr], ...]
    axes: tuple[Axis, ...]
    bound: tuple[tuple[int, Axis], ...]
    written: int = 0

    @property
    def size(self) -> int:
        """How long the product is to read: the nodes of its factors, a quotient or a power counted for one more."""
        return sum(len(walk(base)) + (exponent != 1) for (base, _), exponent in self.powers)

    def to_tensor(self) -> Tensor:
        """The same value as a `Contract` (or its single argument)."""
        used = {label for (_, labels), _ in self.powers for label in labels}
        coefficient = self.coefficient
        for label, axis in self.bound:
            if label not in used:
                coefficient = coefficient * axis.size
        factors = [(_power(base, exponent), labels) for (base, labels), exponent in self.powers]
        axis_of = dict(enumerate(self.axes)) | dict(self.bound)
        return contract(((const(coefficient), ()), *factors), tuple(range(len(self.axes))), axis_of)

    def times(self, factor: Factor, exponent: sympy.Expr) -> "Product":
        """The product with one more power; it meets the same factor if that is there already."""
        powers = dict(self.powers)
        powers[factor] = powers.get(factor, sympy.S.Zero) + exponent
        return self.replaced(powers)

    def without(self, factor: Factor) -> "Product":
        """The product with all powers of one factor left out."""
        return self.replaced({other: exponent for other, exponent in self.powers if other != factor})

    def replaced(self, powers: Mapping[Factor, sympy.Expr], coefficient: sympy.Expr | None = None) -> "Product":
        """The same product with other factors."""
        kept = tuple((factor, exponent) for factor, exponent in powers.items() if exponent != 0)
        return Product(self.coefficient if coefficient is None else coefficient, kept, self.axes, self.bound)


def _power(base: Tensor, exponent: sympy.Expr) -> Tensor:
    return base if exponent == 1 else map_(slot(0) ** exponent, (base,))


@lru_cache(maxsize=256)
def product_of(tensor: Tensor) -> Product:
    """Any tensor as a product; a sum is one factor.  Remembered for a while, since every rule asks for it."""
    if isinstance(tensor, Contract):
        factors: Iterable[Factor] = tensor.factors
        bound = tuple((label, axis) for label, axis in tensor.label_axes.items() if label >= tensor.rank)
    else:
        factors, bound = ((tensor, tuple(range(tensor.rank))),), ()
    coefficient: sympy.Expr = sympy.S.One
    powers: dict[Factor, sympy.Expr] = {}
    written = 0
    for arg, labels in factors:
        number, parts = _parts(arg, labels)
        coefficient *= number
        written += len(parts)
        for factor, exponent in parts:
            powers[factor] = powers.get(factor, sympy.S.Zero) + exponent
    kept = tuple((factor, exponent) for factor, exponent in powers.items() if exponent != 0)
    carried = {label for (_, labels), _ in kept for label in labels}
    for label, axis in bound:
        coefficient *= 1 if label in carried else axis.size  # Σ_k x_k / x_k has nothing left to sum but ones
    return Product(coefficient, kept, tensor.axes, tuple(pair for pair in bound if pair[0] in carried), written)


def _parts(arg: Tensor, labels: Labels) -> tuple[sympy.Expr, list[tuple[Factor, sympy.Expr]]]:
    """One argument of a contraction, taken apart: a number and powers of what cannot be taken apart."""
    if isinstance(arg, Const):
        return arg.value, []
    if not isinstance(arg, Map):
        return sympy.S.One, [(_reduced(arg, labels), sympy.S.One)]
    number: sympy.Expr = sympy.S.One
    parts: list[tuple[Factor, sympy.Expr]] = []
    for factor in sympy.Mul.make_args(arg.expr):
        base, exponent = factor.as_base_exp() if factor.is_Pow and factor.exp.is_Rational else (factor, sympy.S.One)
        if not base.free_symbols & {slot(i) for i in range(len(arg.args))}:
            number *= factor
            continue
        parts.append((_reduced(map_(base, arg.args), labels), exponent))
    return number, parts


def _reduced(tensor: Tensor, labels: Labels) -> Factor:
    """A factor without the axes over which it is merely repeated:  (1_j s)_j  →  s."""
    kept = sorted(_carried(tensor))
    if len(kept) == tensor.rank:
        return tensor, labels
    return _restricted(tensor, kept), tuple(labels[label] for label in kept)


def _carried(tensor: Tensor) -> set[int]:
    """The axes along which a tensor can vary."""
    match tensor:
        case Contract():
            return {label for labels in tensor.labels for label in labels if label < tensor.rank}
        case Map() | Add():
            return set().union(*map(_carried, tensor.args))
    return set(range(tensor.rank))


def _restricted(tensor: Tensor, kept: list[int]) -> Tensor:
    """A tensor that is repeated along its other axes, on the axes `kept` alone."""
    match tensor:
        case Contract():
            return contract(tensor.factors, kept, tensor.label_axes)
        case Map():
            return map_(tensor.expr, [_restricted(arg, kept) for arg in tensor.args])
        case Add():
            return add(*(_restricted(arg, kept) for arg in tensor.args))
    return tensor


Signature = tuple


def signature(tensor: Tensor) -> Signature:
    """A value that is equal only for tensors that are the same up to the order of factors, of terms and of bound labels.

    Equal signatures mean equal tensors; different ones mean nothing (a tie between bound labels may be broken either
    way).  It is made of texts alone, so that it does not depend on where objects lie in memory.
    """
    if isinstance(tensor, Add):
        return ("sum", tuple(sorted(map(signature, tensor.args), key=str)))
    product = product_of(tensor)
    return ("product", str(product.coefficient), *factor_signatures(product))


def factor_signatures(product: Product) -> tuple[Signature, ...]:
    """The factors of a product in an order of their own, its bound labels numbered along them."""
    rank = len(product.axes)
    written = [
        ((_base_text(base), tuple(min(i, rank) for i in labels), str(exponent)), labels) for (base, labels), exponent in product.powers
    ]
    numbers: dict[int, int] = {}
    factors = []
    for (text, _, exponent), labels in sorted(written, key=lambda item: item[0]):
        factors.append((text, tuple(i if i < rank else rank + numbers.setdefault(i, len(numbers)) for i in labels), exponent))
    sizes = tuple(sorted((numbers[i], str(axis.size)) for i, axis in product.bound if i in numbers))
    return (*sorted(factors), sizes)


@lru_cache(maxsize=65536)
def _base_text(base: Tensor) -> str:
    """A text that tells one factor from another: kind, names, expressions, axes."""
    if isinstance(base, Add):
        return str(signature(base))
    own = str(base.name) if isinstance(base, Var) else str([getattr(base, name) for name in _OWN_FIELDS if hasattr(base, name)])
    shape = [(str(axis.size), axis.kind) for axis in base.axes]
    return f"{type(base).__name__} {own} {shape} {[_base_text(child) for child in children(base)]}"


_OWN_FIELDS = ("expr", "labels", "letter", "wrt", "shared", "of", "is_total")
