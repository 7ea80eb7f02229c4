"""A program as statements for several threads: phases with a barrier between them, loops fused, room for what is kept.

Every array is divided among the threads by its first axis.  A value that reads only the same share of its operands (the
rows of a batch, all the way up and down the network) can be computed without waiting; one that reads all of an operand
(a sum over the batch: every ∇W) stands in a later phase.  A dense network has two phases.  Scalars are the first
thread's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from symback.errors import UnsupportedError
from symback.numerics.memory import CONDITIONS, ENTRYWISE, VIEWS
from symback.numerics.operations import ONE, Shape, Value
from symback.numerics.program import Program

__all__ = ["INLINE", "LOOPED", "Plan", "Read", "Statement", "base_of", "plan_of"]

LOOPED = ENTRYWISE | {"erf", "where", "indicator", "full", "ones"}
REDUCED = frozenset({"matmul", "row_sums", "row_maxima", "column_sums", "einsum", "identity"})
INLINE = VIEWS | CONDITIONS | {"number"}


@dataclass(frozen=True, slots=True)
class Read:
    """An operand: the array read, whether a thread reads its own share alone, and whether entry by entry."""

    value: Value
    is_own_share: bool
    is_entrywise: bool


@dataclass(eq=False)
class Statement:
    """Values computed together: one loop over `shape`, or a single operation."""

    phase: int
    values: list[Value]
    is_loop: bool


@dataclass
class Plan:
    """Statements in order; `place[v]` is ("out", k) or ("room", k); `rooms` are the shapes of the rooms in the workspace."""

    statements: list[Statement]
    phases: int
    place: dict[Value, tuple[str, int]] = field(default_factory=dict)
    rooms: list[Shape] = field(default_factory=list)
    scalars: dict[Value, int] = field(default_factory=dict)
    copies: list[tuple[Value, int]] = field(default_factory=list)  # results that are written a second time


def base_of(value: Value) -> Value:
    """The array under views."""
    while value.operation in VIEWS:
        value = value.args[0]
    return value


def share_of(value: Value) -> object:
    """What is divided among the threads: the size of the first axis; None where the first thread does it all."""
    return value.shape[0] if value.shape and value.shape[0] != ONE else None


def reads_of(value: Value) -> Iterator[Read]:
    """The arrays and scalars that a value is computed from, through views and conditions."""
    for position, arg in enumerate(value.args):
        yield from _reads(value, arg, value.operation == "matmul" and position == 1)


def _reads(value: Value, arg: Value, is_right: bool) -> Iterator[Read]:
    if arg.operation in CONDITIONS:
        for inner in arg.args:
            yield from _reads(value, inner, False)
        return
    base = base_of(arg)
    if base.operation == "number":
        return
    is_turned = _is_turned(arg)
    rowwise = value.operation in LOOPED or value.operation in ("row_sums", "row_maxima") or (value.operation == "matmul" and not is_right)
    same_rank = value.operation != "matmul" or len(arg.shape) == 2
    leads = bool(arg.shape) and len(arg.shape) == len(value.shape) and arg.shape[:1] == value.shape[:1] and same_rank
    own = share_of(base) == share_of(value) and (share_of(value) is None or (rowwise and leads and not is_turned))
    yield Read(base, own, value.operation in LOOPED and not is_turned and base.shape == value.shape)


def _is_turned(value: Value) -> bool:
    turned = False
    while value.operation in VIEWS:
        turned ^= value.operation == "transpose"
        value = value.args[0]
    return turned


def plan_of(program: Program) -> Plan:
    """The statements of cost and gradients, and where their values live."""
    if not program.is_of_layers:
        raise UnsupportedError("the C backend shares out the rows of a batch, and those of a graph may depend on each other")
    order = _ordered([*(a.value for a in (*program.forward, *program.backward))], (program.cost, *program.gradients))
    phase: dict[Value, int] = {}
    for value in order:
        before = [phase[r.value] + (not r.is_own_share) for r in reads_of(value) if r.value in phase]
        phase[value] = max(before, default=0)
    statements = _fused(sorted(order, key=lambda value: phase[value]), phase)
    plan = Plan(statements, max(phase.values(), default=0) + 1)
    _settle(plan, program.gradients)
    return plan


def _ordered(named: Sequence[Value], results: Sequence[Value]) -> list[Value]:
    """What the results need, operands first, in the order of the names."""
    needed: set[Value] = set()
    pending = list(results)
    while pending:
        value = pending.pop()
        if value not in needed:
            needed.add(value)
            pending.extend(value.args)
    order: list[Value] = []
    placed: set[Value] = set()

    def append(value: Value) -> None:
        if value in placed:
            return
        placed.add(value)
        for arg in value.args:
            append(arg)
        if value.operation not in INLINE and value.operation != "input":
            _check(value)
            order.append(value)

    for value in (*(value for value in named if value in needed), *results):
        append(value)
    return order


def _check(value: Value) -> None:
    known = value.shape == () or value.operation in LOOPED or value.operation in REDUCED
    if not known or len(value.shape) > 2 or any(len(arg.shape) > 2 for arg in value.args):
        raise UnsupportedError(f"the C backend has no {value.operation} of {len(value.shape)} axes")


def _fused(order: Sequence[Value], phase: dict[Value, int]) -> list[Statement]:
    """Loops over the same shape become one where nothing between them is needed."""
    statements: list[Statement] = []
    index: dict[Value, int] = {}
    open_loops: dict[tuple, int] = {}
    for value in order:
        is_loop = value.shape != () and value.operation in LOOPED
        key = (phase[value], value.shape)
        at = open_loops.get(key) if is_loop else None
        joins = at is not None and all(
            index[r.value] < at or (index[r.value] == at and r.is_entrywise) for r in reads_of(value) if r.value in index
        )
        if joins and at is not None:
            statements[at].values.append(value)
            index[value] = at
            continue
        index[value] = len(statements)
        if is_loop:
            open_loops[key] = len(statements)
        statements.append(Statement(phase[value], [value], is_loop))
    return statements


def _settle(plan: Plan, gradients: Sequence[Value]) -> None:
    """Places: results in arrays of the caller, scalars in a table, what lives inside one loop nowhere, the rest in rooms."""
    at = {value: i for i, statement in enumerate(plan.statements) for value in statement.values}
    readers: dict[Value, list[tuple[int, Read]]] = {}
    for i, statement in enumerate(plan.statements):
        for value in statement.values:
            for read in reads_of(value):
                readers.setdefault(read.value, []).append((i, read))
    for k, value in enumerate(gradients):
        if value in at and value not in plan.place and value.shape != ():
            plan.place[value] = ("out", k)
        else:
            plan.copies.append((value, k))
    free: dict[Shape, list[tuple[int, Value]]] = {}
    for i, statement in enumerate(plan.statements):
        for value in statement.values:
            if value.shape == ():
                plan.scalars[value] = len(plan.scalars)
                continue
            is_local = all(j == i and read.is_entrywise for j, read in readers.get(value, [])) and statement.is_loop
            if value in plan.place or is_local:
                continue
            is_free = _freedom(plan, readers, i, at)
            kept = free.setdefault(value.shape, [])
            found = next((entry for entry in kept if is_free(entry[1])), None)
            if found is None:
                found = (len(plan.rooms), value)
                plan.rooms.append(value.shape)
            else:
                kept.remove(found)
            plan.place[value] = ("room", found[0])
            kept.append((found[0], value))


def _freedom(plan: Plan, readers: dict[Value, list[tuple[int, Read]]], now: int, at: dict[Value, int]) -> Callable[[Value], bool]:
    """Whether the room of a value may be written to by statement `now`: its readers are done, in all threads."""
    phase = plan.statements[now].phase

    def is_free(value: Value) -> bool:
        if at[value] >= now:
            return False
        for i, read in readers.get(value, []):
            if i > now or (i == now and not read.is_entrywise):
                return False
            if not read.is_own_share and plan.statements[i].phase >= phase:
                return False
        return True

    return is_free
