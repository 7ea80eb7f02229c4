"""Where each value of a program lives: written over an operand that is not needed again, in a reused buffer, or fresh.

What is returned is always fresh, so that the caller owns it.  Arguments are never written to.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from symback.numerics.operations import Shape, Value

__all__ = ["ENTRYWISE", "VIEWS", "Memory", "is_array", "plan_memory"]

VIEWS = frozenset({"transpose", "column", "vector"})
ENTRYWISE = frozenset({
    "add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "negative", "exp", "log", "log1p", "expm1", "tanh",
    "sqrt", "square", "absolute", "sign", "sin", "cos", "sinh", "cosh", "arctan",
})  # fmt: skip
WRITES_TO_BUFFER = ENTRYWISE | {"matmul", "row_sums", "column_sums", "row_maxima", "indicator"}
CONDITIONS = frozenset({
    "greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and", "logical_or",
})  # fmt: skip


@dataclass
class Memory:
    """`over[v]` is the operand that v is written over; `buffer[v]` the number of the buffer that v is written to.

    A value in neither is allocated by the operation that makes it.  `shapes` are those of the buffers.
    """

    over: dict[Value, Value] = field(default_factory=dict)
    buffer: dict[Value, int] = field(default_factory=dict)
    shapes: list[Shape] = field(default_factory=list)

    def root(self, value: Value) -> Value:
        """The first of the values that are written in the same place one after the other."""
        while value in self.over:
            value = self.over[value]
        return value


def is_array(value: Value) -> bool:
    """Whether a value is an array that an instruction makes: no argument, number, scalar, view or condition."""
    is_given = value.operation in ("input", "number", "ones")
    return value.shape != () and not is_given and value.operation not in VIEWS and value.operation not in CONDITIONS


def base(value: Value) -> Value:
    """The array that a view looks at."""
    while value.operation in VIEWS:
        value = value.args[0]
    return value


def operands(value: Value, written: Collection[Value]) -> list[Value]:
    """The arrays that an instruction reads, through views, conditions and scalars that have no line of their own."""
    found: list[Value] = []
    for arg in value.args:
        under = base(arg)
        found.extend([under] if under in written or under.operation == "input" else operands(under, written))
    return found


def plan_memory(schedule: Sequence[Value], results: Iterable[Value]) -> Memory:
    """In-place chains first, then buffers for what is not returned, by a scan over the lifetimes."""
    written = set(schedule)
    last_use = {operand: i for i, value in enumerate(schedule) for operand in operands(value, written)}
    kept = {base(value) for value in results}
    memory = Memory()
    for i, value in enumerate(schedule):
        target = _overwritten(value, i, last_use, kept) if is_array(value) else None
        if target is not None:
            memory.over[value] = target
    root = {value: memory.root(value) for value in schedule if is_array(value)}
    returned = {root[value] for value in kept if value in root}
    _assign_buffers(schedule, root, returned, last_use, memory)
    return memory


def _overwritten(value: Value, now: int, last_use: dict[Value, int], kept: set[Value]) -> Value | None:
    """An operand of the same shape that is read here for the last time, and nowhere else in this instruction by a view."""
    if value.operation not in ENTRYWISE:
        return None
    for arg in value.args:
        is_free = is_array(arg) and last_use.get(arg) == now and arg not in kept
        if is_free and arg.shape == value.shape and not any(other is not arg and base(other) is arg for other in value.args):
            return arg
    return None


def _assign_buffers(
    schedule: Sequence[Value], root: dict[Value, Value], returned: set[Value], last_use: dict[Value, int], memory: Memory
) -> None:
    """A buffer is free again after the last use of the last value of its chain."""
    end: dict[Value, int] = {}
    for i, value in enumerate(schedule):
        if value in root:
            end[root[value]] = max(end.get(root[value], i), last_use.get(value, i))
    expiring: dict[int, list[Value]] = {}
    for first, when in end.items():
        expiring.setdefault(when, []).append(first)
    free: dict[Shape, list[int]] = {}
    for i, value in enumerate(schedule):
        if root.get(value) is value and value not in returned and value.operation in WRITES_TO_BUFFER:
            available = free.setdefault(value.shape, [])
            if not available:
                available.append(len(memory.shapes))
                memory.shapes.append(value.shape)
            memory.buffer[value] = available.pop()
        for first in expiring.get(i, ()):
            if first in memory.buffer:
                free[first.shape].append(memory.buffer[first])
