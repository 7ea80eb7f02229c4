"""From tensor expressions to array operations: sums of products become matrix products, scalars become NumPy functions.

A contraction is worked out by eliminating its bound indices one after the other, the cheapest first.  What carries the
index falls into two groups that share nothing else, and that is a matrix product; or it does not, and then it is
multiplied entry by entry and summed.

    Σ_i W_ij δ_si σ'(z_sj)    →   (Delta @ W) * σ'(Z)              Σ_k p_sk g_sk   →   row_sums(P * G)

Exponentials that are summed over the last axis are shifted by their greatest exponent m, and M = exp(m) is carried as
a symbol until it cancels:  exp(z) / Σ exp(z) = (e M) / (s M) = e / s,  log Σ exp(z) = log(s M) = log(s) + m.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sympy

from symback.errors import UnsupportedError
from symback.language.expressions import Add, Axis, Const, Contract, Delta, Map, Tensor, Var, slot, walk
from symback.language.functions import ScalarFunction
from symback.numerics.operations import ONE, Graph, Value
from symback.numerics.scalar_lowering import lower_scalar
from symback.numerics.stable import logistic, stable_form

__all__ = ["Lowering", "bases_of", "summed_exponentials"]

Labels = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Operand:
    """An array and the index of each of its axes; None where it is merely repeated."""

    value: Value
    labels: Labels

    @property
    def carried(self) -> frozenset[int]:
        """The indices along which it varies."""
        return frozenset(label for label in self.labels if label is not None)


@dataclass(frozen=True, slots=True)
class Shifted:
    """`value` · exp(`shift`)^`power`, where `shift` is the greatest entry of each row."""

    value: Value
    shift: Value | None = None
    power: int = 0


@dataclass
class Lowering:
    """What is known while a program is lowered: the values of names, their definitions, functions and shifts in use."""

    graph: Graph
    values: dict[Var, Value] = field(default_factory=dict)
    definitions: Mapping[Var, Tensor] = field(default_factory=dict)
    bases: dict[type[ScalarFunction], type[ScalarFunction]] = field(default_factory=dict)
    shifted: frozenset[Tensor] = frozenset()
    known: dict[Tensor, Shifted] = field(default_factory=dict)
    stable: dict[sympy.Expr, sympy.Expr] = field(default_factory=dict)

    def lower(self, tensor: Tensor) -> Value:
        """The array that `tensor` stands for; axes along which it is constant may have size 1."""
        return self._settled(self._lower(tensor), tensor.rank)

    def _settled(self, shifted: Shifted, rank: int) -> Value:
        """The value with its scale multiplied in."""
        if shifted.shift is None or shifted.power == 0:
            return shifted.value
        shift = self._fitting(shifted.shift, rank)
        scale = self.graph.unary("exp", self.graph.multiply(self.graph.number(shifted.power), shift))
        return self.graph.multiply(shifted.value, scale)

    def _fitting(self, shift: Value, rank: int) -> Value:
        """The greatest exponents as a column beside a matrix, as a vector beside a vector."""
        return self.graph.vector(shift) if rank == 1 else shift

    def _lower(self, tensor: Tensor) -> Shifted:
        if tensor not in self.known:
            self.known[tensor] = self._lower_node(tensor)
        return self.known[tensor]

    def _lower_node(self, tensor: Tensor) -> Shifted:
        match tensor:
            case Var():
                if tensor not in self.values:
                    raise UnsupportedError(f"{tensor.name} is used before it is computed")
                return Shifted(self.values[tensor])
            case Const():
                return Shifted(self.graph.number(tensor.value))
            case Delta():
                size = tensor.axes[0].size
                return Shifted(self.graph.make("identity", (), (size, size)))
            case Add():
                return Shifted(self._lower_sum(tensor))
            case Map():
                return self._lower_map(tensor)
            case Contract():
                return self._lower_contract(tensor)
        raise UnsupportedError(f"a node of kind {type(tensor).__name__} has no numeric form")

    def _lower_sum(self, tensor: Add) -> Value:
        """The terms one after the other, those with a plus first."""
        terms = sorted((self.lower(arg) for arg in tensor.args), key=lambda value: value.operation == "negative")
        total = terms[0]
        for term in terms[1:]:
            total = self.graph.add(total, term)
        return total

    # Scalars, entry by entry

    def _stable(self, expr: sympy.Expr) -> sympy.Expr:
        """The stable form, found once for all layers that are alike."""
        if expr not in self.stable:
            self.stable[expr] = stable_form(expr, self.bases)
        return self.stable[expr]

    def _lower_map(self, tensor: Map) -> Shifted:
        """The expression in stable form, exp(z) as e·M where it is shifted; a single power of M may be left over."""
        expr = self._stable(tensor.expr)
        values: dict[sympy.Symbol, Value] = {}
        shifts: dict[sympy.Symbol, Value] = {}
        replacements: dict[sympy.Expr, sympy.Expr] = {}
        expr, args = self._unfold_logarithms(expr, list(tensor.args))
        for i, arg in enumerate(args):
            lowered = self._lower(arg)
            symbol = values_symbol(i)
            values[symbol] = lowered.value
            replacements[slot(i)] = symbol
            if lowered.shift is not None:
                replacements[slot(i)] = symbol * self._scale_symbol(lowered.shift, shifts) ** lowered.power
            if arg in self.shifted:
                exponential, scale = self._shifted_exponential(arg, i, values, shifts)
                expr = expr.xreplace({sympy.exp(slot(i)): exponential * scale})
        fitting = {symbol: self._fitting(shift, tensor.rank) for symbol, shift in shifts.items()}
        expr = _logarithms_of_scales(expr.xreplace(replacements), fitting, values)
        return self._without_scales(expr, shifts, fitting, values)

    def _unfold_logarithms(self, expr: sympy.Expr, args: list[Tensor]) -> tuple[sympy.Expr, list[Tensor]]:
        """log a  →  z - log Σ exp z,  where a is defined as exp(z)/Σ exp(z);  log a → -softplus(-z), where a = σ(z)."""
        for i, arg in enumerate(list(args)):
            definition = self.definitions.get(arg) if isinstance(arg, Var) else None
            if not isinstance(definition, Map) or not expr.has(sympy.log) or len(args) + len(definition.args) > 16:
                continue
            own = {slot(k): slot(len(args) + k) for k in range(len(definition.args))}
            inside = self._stable(definition.expr).xreplace(own)
            if inside.has(sympy.exp) or isinstance(inside, logistic):
                logarithms = [log for log in expr.atoms(sympy.log) if log.has(slot(i))]
                expr = expr.xreplace({log: stable_form(_expanded_log(log.xreplace({slot(i): inside}))) for log in logarithms})
                args.extend(definition.args)
        return expr, args

    def _shifted_exponential(
        self, z: Tensor, i: int, values: dict[sympy.Symbol, Value], shifts: dict[sympy.Symbol, Value]
    ) -> tuple[sympy.Symbol, sympy.Symbol]:
        """exp(z) as e · M, e = exp(z - m)."""
        argument = self.lower(z)
        shift = self.graph.row_maxima(argument)
        exponential = sympy.Symbol(f"e{i}", positive=True)
        values[exponential] = self.graph.unary("exp", self.graph.binary("subtract", argument, shift))
        return exponential, self._scale_symbol(shift, shifts)

    @staticmethod
    def _scale_symbol(shift: Value, shifts: dict[sympy.Symbol, Value]) -> sympy.Symbol:
        for symbol, other in shifts.items():
            if other is shift:
                return symbol
        symbol = sympy.Symbol(f"M{len(shifts)}", positive=True)
        shifts[symbol] = shift
        return symbol

    def _without_scales(
        self, expr: sympy.Expr, shifts: dict[sympy.Symbol, Value], fitting: dict[sympy.Symbol, Value], values: dict[sympy.Symbol, Value]
    ) -> Shifted:
        """The scalar lowered; one power of one scale is carried on, anything else is multiplied in."""
        left = [symbol for symbol in shifts if expr.has(symbol)]
        if len(left) == 1:
            rest, power = expr.as_independent(left[0], as_Add=False)
            base, exponent = power.as_base_exp()
            if base == left[0] and exponent.is_Integer:
                return Shifted(lower_scalar(rest, values, self.graph), shifts[left[0]], int(exponent))
        scales = {symbol: self.graph.unary("exp", fitting[symbol]) for symbol in left}
        return Shifted(lower_scalar(expr, values | scales, self.graph))

    # Sums of products

    def _lower_contract(self, tensor: Contract) -> Shifted:
        coefficient: sympy.Expr = ONE
        operands: list[Operand] = []
        shift, power = None, 0
        axes = tensor.label_axes
        for arg, labels in tensor.factors:
            if isinstance(arg, Const):
                coefficient = arg.value
                continue
            lowered = self._lower(arg)
            if lowered.shift is not None and (shift is None or lowered.shift is shift) and labels[-1:] != () and self._is_row_wise(tensor):
                shift, power = lowered.shift, power + lowered.power
                value = lowered.value
            else:
                value = self._settled(lowered, arg.rank)
            operands.append(_operand(value, labels, axes))
        result = self._product(operands, tensor.rank, axes)
        return Shifted(self.graph.multiply(self.graph.number(coefficient), result), shift if power else None, power)

    @staticmethod
    def _is_row_wise(tensor: Contract) -> bool:
        """Whether no index but the last axis of its factors is summed, so that a shift of each row goes through the sum."""
        lead = tuple(range(tensor.rank))[:1]
        return all(labels[:-1] in (lead, ()) or not labels for labels in tensor.labels)

    def _product(self, operands: list[Operand], rank: int, axes: Mapping[int, Axis]) -> Value:
        """Bound indices eliminated, and what is left multiplied entry by entry."""
        bound = {label for operand in operands for label in operand.carried if label >= rank}
        repeated = [label for label in axes if label >= rank and label not in bound]
        count = sympy.Mul(*(axes[label].size for label in repeated))
        if rank > 2 or any(len(set(o.carried)) < sum(label is not None for label in o.labels) or len(o.carried) > 2 for o in operands):
            return self._by_einsum(operands, rank, axes)
        remaining = list(operands)
        while bound:
            label = min(bound, key=lambda k: (len(_others(remaining, k)), k))
            if len(_others(remaining, label)) > 2:
                return self._by_einsum(operands, rank, axes)
            group = [operand for operand in remaining if label in operand.carried]
            remaining = [operand for operand in remaining if label not in operand.carried]
            remaining.append(self._eliminate(group, label, rank, axes))
            bound.remove(label)
        return self.graph.multiply(self.graph.number(count), self._hadamard(remaining, tuple(range(rank))))

    def _eliminate(self, group: list[Operand], label: int, rank: int, axes: Mapping[int, Axis]) -> Operand:
        """Σ over `label` of the product of a group: a matrix product where the others part in two, else a sum."""
        others = sorted(_others(group, label), key=lambda k: (k >= rank, k))
        if len(others) == 2:
            row, column = others
            left = self._hadamard([o for o in group if row in o.carried or column not in o.carried], (row, label))
            right = self._hadamard([o for o in group if column in o.carried], (label, column))
            return _operand(self.graph.matmul(left, right), (row, column), axes)
        matrices = [o for o in group if len(o.carried) == 2]
        vectors = [o for o in group if len(o.carried) == 1]
        if not matrices:
            return Operand(self.graph.total(self._hadamard(vectors, (label,))), ())
        other = others[0]
        if len(matrices) == 1 and vectors:
            matrix = self._hadamard(matrices, (other, label))
            weights = self.graph.column(self._hadamard(vectors, (label,)))
            return Operand(self.graph.matmul(matrix, weights), (other, None))
        if matrices[0].labels[-1] == other:
            return Operand(self.graph.column_sums(self._hadamard(group, (label, other))), (other,))
        return Operand(self.graph.row_sums(self._hadamard(group, (other, label))), (other, None))

    def _hadamard(self, operands: Sequence[Operand], order: tuple[int, ...]) -> Value:
        """The product entry by entry, axes in `order`; products of matrices first, so that they can be written over."""
        if not operands:
            return self.graph.number(1)
        aligned = [self._aligned(operand, order) for operand in operands]
        aligned.sort(key=lambda value: (-len(value.shape), not _has_product(value)))
        result = aligned[0]
        for value in aligned[1:]:
            result = self.graph.multiply(result, value)
        return result

    def _aligned(self, operand: Operand, order: tuple[int, ...]) -> Value:
        """The array with its axes in `order`, a size of 1 where it carries none of them."""
        labels, value = operand.labels, operand.value
        kept = [label for label in labels if label is not None]
        wanted = [label for label in order if label in kept]
        if not kept:
            return value
        if len(kept) == 2:
            return value if kept == wanted else self.graph.transpose(value)
        is_column = len(labels) == 2 and labels[1] is None
        stands_last = order[-1] == kept[0]
        if stands_last:
            return self.graph.vector(value) if is_column else value
        return value if is_column else self.graph.column(value)

    def _by_einsum(self, operands: list[Operand], rank: int, axes: Mapping[int, Axis]) -> Value:
        """What matrices cannot say, with ones for what is merely repeated."""
        letters = {label: chr(ord("a") + i) for i, label in enumerate(axes)}
        parts, values = [], []
        for operand in operands:
            value = operand.value
            if None in operand.labels:
                value = self.graph.full(value, tuple(axes[k].size for k in operand.labels if k is not None))
            parts.append("".join(letters[k] for k in operand.labels if k is not None))
            values.append(value)
        carried = {k for operand in operands for k in operand.carried}
        for label in range(rank):
            if label not in carried:
                parts.append(letters[label])
                values.append(self.graph.make("ones", (), (axes[label].size,)))
        pattern = f"{','.join(parts)}->{''.join(letters[k] for k in range(rank))}"
        return self.graph.einsum(values, pattern, tuple(axes[k].size for k in range(rank)))


def values_symbol(i: int) -> sympy.Symbol:
    """The symbol of the mantissa of argument i."""
    return sympy.Symbol(f"v{i}", real=True)


def _operand(value: Value, labels: Sequence[int], axes: Mapping[int, Axis]) -> Operand:
    """Labels for the axes that a value has; leading axes that are merely repeated are not there.

    A size of 1 means "merely repeated", but for an axis that has one entry (a layer of one unit).
    """
    missing = len(labels) - len(value.shape)
    kept = labels[missing:]
    return Operand(value, tuple(None if size == ONE != axes[k].size else k for size, k in zip(value.shape, kept, strict=True)))


def _others(operands: Sequence[Operand], label: int) -> frozenset[int]:
    """The indices that stand beside `label` in the operands that carry it."""
    return frozenset(k for operand in operands if label in operand.carried for k in operand.carried) - {label}


def _has_product(value: Value) -> bool:
    return value.operation == "matmul" or any(arg.operation == "matmul" for arg in value.args)


def _expanded_log(call: sympy.Expr) -> sympy.Expr:
    """log of a product of exponentials and sums of exponentials, term by term; all of them are positive."""
    if not isinstance(call, sympy.log):
        return call
    total: sympy.Expr = sympy.S.Zero
    for factor in sympy.Mul.make_args(call.args[0]):
        base, exponent = factor.as_base_exp() if factor.is_Pow else (factor, ONE)
        total += exponent * (base.args[0] if isinstance(base, sympy.exp) else sympy.log(base))
    return total


def _logarithms_of_scales(expr: sympy.Expr, shifts: Mapping[sympy.Symbol, Value], values: dict[sympy.Symbol, Value]) -> sympy.Expr:
    """log(s M)  →  log(s) + m."""
    for scale, shift in shifts.items():
        exponent = sympy.Symbol(f"m_{scale}", real=True)
        for log in expr.atoms(sympy.log):
            rest, power = log.args[0].as_independent(scale, as_Add=False)
            base, times = power.as_base_exp()
            if base == scale:
                values[exponent] = shift
                expr = expr.xreplace({log: sympy.log(rest) + times * exponent})
    return expr


def summed_exponentials(tensors: Sequence[Tensor]) -> frozenset[Tensor]:
    """The tensors z of which Σ exp(z) over the last axis is taken somewhere: their exponentials are shifted."""
    found = set()
    for tensor in tensors:
        for node in walk(tensor):
            if not isinstance(node, Contract):
                continue
            for arg, labels in node.factors:
                if isinstance(arg, Map) and arg.expr == sympy.exp(slot(0)) and labels and labels[-1] >= node.rank:
                    found.add(arg.args[0])
    return frozenset(found)


def bases_of(tensors: Sequence[Tensor]) -> dict[type[ScalarFunction], type[ScalarFunction]]:
    """For each σ' the function σ that it is the derivative of, and for each σ'' the σ', for all named functions in use."""
    functions = {type(f) for tensor in tensors for node in walk(tensor) if isinstance(node, Map) for f in node.expr.atoms(ScalarFunction)}
    slopes = {function.prime(): function for function in functions if function.order == 0}
    return slopes | {slope.prime(): slope for slope in slopes if any(function.order > 1 for function in functions)}
