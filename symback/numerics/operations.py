"""Array operations as values: what NumPy is asked to do, before it is decided in what order and into which memory.

A `Value` is the result of one operation on other values.  Equal operations are the same object, so everything that is
computed twice in a network and its gradients (the exponentials of a softmax, a factor a(1 - a)) is computed once.
The functions here also know the identities that save work without changing a formula's meaning: x·1 = x,
Σ c x = c Σ x,  x + (-y) = x - y,  Σ_sj x_sj y_sj is one inner product.

Shapes are symbolic, aligned to the right as in NumPy; a size of 1 means "merely repeated".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sympy

from symback.errors import ShapeError, UnsupportedError

__all__ = ["Graph", "Shape", "Value"]

Shape = tuple[sympy.Expr, ...]
ONE = sympy.S.One


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """`operation` applied to `args`; `detail` is what else it needs: a name, a number, an axis."""

    operation: str
    args: tuple["Value", ...]
    detail: object
    shape: Shape

    @property
    def is_number(self) -> bool:
        """Whether it is known once the sizes are: 0.5, 1/N."""
        return self.operation == "number"

    @property
    def number(self) -> sympy.Expr:
        """The SymPy expression of a number, in size symbols."""
        assert isinstance(self.detail, sympy.Expr)
        return self.detail


def broadcast_shape(*shapes: Shape) -> Shape:
    """The common shape of arrays that are combined entry by entry."""
    rank = max(map(len, shapes))
    result: list[sympy.Expr] = [ONE] * rank
    for shape in shapes:
        for i, size in enumerate(shape, start=rank - len(shape)):
            if size == ONE:
                continue
            if result[i] not in (ONE, size):
                raise ShapeError(f"cannot combine arrays of shapes {shapes}")
            result[i] = size
    return tuple(result)


@dataclass
class Graph:
    """The maker of values; each value is made once."""

    known: dict[tuple, Value] = field(default_factory=dict)

    def make(self, operation: str, args: Sequence[Value], shape: Shape, detail: object = None) -> Value:
        """The value with these fields, without any identity applied."""
        key = (operation, tuple(args), detail, shape)
        if key not in self.known:
            self.known[key] = Value(operation, tuple(args), detail, shape)
        return self.known[key]

    def input(self, name: str, shape: Shape) -> Value:
        """An argument of the function."""
        return self.make("input", (), shape, name)

    def number(self, value: sympy.Expr | int) -> Value:
        """A number, or an expression in sizes, which are the integer symbols."""
        unknown = [] if isinstance(value, int) else sorted(str(symbol) for symbol in value.free_symbols if not symbol.is_integer)
        if unknown:
            raise UnsupportedError(f"{unknown[0]} has no number; give the network one, as in l2=0.01")
        return self.make("number", (), (), sympy.Integer(value) if isinstance(value, int) else value)

    def unary(self, operation: str, x: Value) -> Value:
        """An entry-wise function of one array."""
        match operation, x.operation:
            case "negative", "negative":
                return x.args[0]
            case "negative", "subtract":
                return self.binary("subtract", x.args[1], x.args[0])
            case "absolute", "negative" | "absolute":
                return self.unary("absolute", x.args[0])
            case "negative", "number":
                return self.number(-x.number)
            case "sqrt" | "exp" | "log", "number" if x.number.is_number and (operation == "exp" or x.number.is_positive):
                return self.number(getattr(sympy, operation)(x.number))
            case "negative", "multiply" if x.args[0].is_number:
                return self.multiply(self.number(-x.args[0].number), x.args[1])
        return self.make(operation, (x,), x.shape)

    def binary(self, operation: str, x: Value, y: Value) -> Value:
        """An entry-wise function of two arrays, with NumPy's broadcasting.

        x > c  is asked of max(x, c) where that is there already: the same answer, and x is not needed any more.
        """
        if operation == "subtract" and x.is_number and y.is_number:
            return self.number(x.number - y.number)
        if operation == "greater":
            cut = self.known.get(("maximum", (x, y), None, broadcast_shape(x.shape, y.shape)))
            return self.make("greater", (cut or x, y), broadcast_shape(x.shape, y.shape))
        return self.make(operation, (x, y), broadcast_shape(x.shape, y.shape))

    def add(self, x: Value, y: Value) -> Value:
        """x + y."""
        if x.is_number and y.is_number:
            return self.number(x.number + y.number)
        for one, other in ((x, y), (y, x)):
            if one.is_number and one.number == 0:
                return other
        if y.operation == "negative":
            return self.binary("subtract", x, y.args[0])
        if x.operation == "negative":
            return self.binary("subtract", y, x.args[0])
        return self.binary("add", x, y)

    def multiply(self, x: Value, y: Value) -> Value:
        """x · y; a number comes first, and a sign is kept outside."""
        if y.is_number and not x.is_number:
            x, y = y, x
        if x.is_number:
            if y.is_number:
                return self.number(x.number * y.number)
            if x.number in (1, -1):
                return y if x.number == 1 else self.unary("negative", y)
            if y.operation == "multiply" and y.args[0].is_number:
                return self.multiply(self.number(x.number * y.args[0].number), y.args[1])
            if y.operation == "negative":
                return self.multiply(self.number(-x.number), y.args[0])
            return self.binary("multiply", x, y)
        for one, other in ((x, y), (y, x)):
            if one.operation == "negative":
                return self.unary("negative", self.multiply(one.args[0], other))
        if x is y:
            return self.unary("square", x)
        return self.binary("multiply", x, y)

    def divide(self, x: Value, y: Value) -> Value:
        """x / y; division by a number is multiplication."""
        if y.is_number:
            return self.multiply(self.number(1 / y.number), x)
        return self.binary("divide", x, y)

    def where(self, condition: Value, x: Value, y: Value) -> Value:
        """x where the condition holds, y elsewhere."""
        return self.make("where", (condition, x, y), broadcast_shape(condition.shape, x.shape, y.shape))

    def matmul(self, x: Value, y: Value) -> Value:
        """x @ y for two matrices, or a matrix and a column."""
        if len(x.shape) != 2 or len(y.shape) != 2 or x.shape[1] != y.shape[0]:
            raise ShapeError(f"cannot multiply matrices of shapes {x.shape} and {y.shape}")
        return self.make("matmul", (x, y), (x.shape[0], y.shape[1]))

    def transpose(self, x: Value) -> Value:
        """The transposed matrix."""
        if x.operation == "transpose":
            return x.args[0]
        return self.make("transpose", (x,), x.shape[::-1])

    def column(self, x: Value) -> Value:
        """A vector as a matrix of one column."""
        if x.operation == "vector":
            return x.args[0]
        return self.make("column", (x,), (*x.shape, ONE))

    def vector(self, x: Value) -> Value:
        """A matrix of one column as a vector."""
        if x.operation == "column":
            return x.args[0]
        return self.make("vector", (x,), x.shape[:1])

    def row_sums(self, x: Value) -> Value:
        """Σ over the last axis, which stays as an axis of size 1."""
        return self.make("row_sums", (x,), (*x.shape[:-1], ONE))

    def column_sums(self, x: Value) -> Value:
        """Σ over the first axis of a matrix: a vector."""
        return self.make("column_sums", (x,), x.shape[1:])

    def row_maxima(self, x: Value) -> Value:
        """The greatest entry along the last axis, which stays as an axis of size 1; of what is the same in all of it, itself."""
        if x.is_number or not x.shape or x.shape[-1] == ONE:
            return x
        return self.make("row_maxima", (x,), (*x.shape[:-1], ONE))

    def total(self, x: Value) -> Value:
        """Σ over all entries; of a product or a square it is an inner product."""
        if x.operation in ("row_sums", "column_sums", "column", "vector"):
            return self.total(x.args[0])
        if x.operation == "square":
            return self.make("inner", (x.args[0], x.args[0]), ())
        if x.operation == "multiply" and x.args[0].shape == x.args[1].shape:
            return self.make("inner", x.args, ())
        if x.operation == "negative":
            return self.unary("negative", self.total(x.args[0]))
        if x.operation == "multiply" and x.args[0].is_number:
            return self.multiply(x.args[0], self.total(x.args[1]))
        return self.make("total", (x,), ())

    def einsum(self, operands: Sequence[Value], pattern: str, shape: Shape) -> Value:
        """What no product of matrices says: more than two axes at once."""
        return self.make("einsum", operands, shape, pattern)

    def full(self, x: Value, shape: Shape) -> Value:
        """x, repeated in fact where it was merely said to be repeated."""
        if x.shape == shape:
            return x
        return self.make("full", (x,), shape)
