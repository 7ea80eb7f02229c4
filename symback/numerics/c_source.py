"""A program as C text: one function that computes cost and gradients, for known sizes and any batch size."""

import re
from collections.abc import Mapping

import sympy

from symback.errors import UnsupportedError
from symback.numerics.c_elementary import elementary_text
from symback.numerics.c_loops import Loop, expression_text, strides_of
from symback.numerics.c_plan import Plan, Statement, base_of, plan_of, share_of
from symback.numerics.c_products import LINKED_PRODUCTS, PRODUCTS
from symback.numerics.c_small import COLUMNS, small_text
from symback.numerics.c_threads import RUN, THREADS
from symback.numerics.memory import CONDITIONS
from symback.numerics.operations import Shape, Value
from symback.numerics.program import Program

__all__ = ["c_source", "identifier"]

_SUMS = r"""
/* sums along rows, columns, and of all entries; accumulated in double over blocks */
static void row_sums(long first, long last, long C, const real *p, long rs, long cs, real *q) {
    for (long r = first; r < last; r++) {
        vec sum = {0};
        long j = 0;
        for (; cs == 1 && j + LANES <= C; j += LANES) sum += load(p + r * rs + j);
        for (; cs != 1 && j + LANES <= C; j += LANES) sum += load_strided(p + r * rs + j * cs, cs, LANES);
        if (j < C) sum += load_strided(p + r * rs + j * cs, cs, C - j);
        q[r] = sum_of(sum);
    }
}
static void row_maxima(long first, long last, long C, const real *p, long rs, long cs, real *q) {
    for (long r = first; r < last; r++) {
        const real *row = p + r * rs;
        real most = row[0];
        long j = 0;
        if (cs == 1 && C >= LANES) {
            vec greatest = load(row);
            for (j = LANES; j + LANES <= C; j += LANES) greatest = v_maximum(load(row + j), greatest);
            for (int i = 0; i < LANES; i++) most = most != most || most > greatest[i] ? most : greatest[i];
        }
        for (; j < C; j++) most = most != most || most > row[j * cs] ? most : row[j * cs];
        q[r] = most;
    }
}
static void column_sums(long first, long last, long R, const real *p, long rs, long cs, real *q) {
    long j = first;
    for (; j < last; j += LANES) {
        const long n = last - j < LANES ? last - j : LANES;
        vec sum = {0}, other = {0};
        long r = 0;
        if (cs == 1 && n == LANES) {
            for (; r + 2 <= R; r += 2) sum += load(p + r * rs + j), other += load(p + (r + 1) * rs + j);
            for (; r < R; r++) sum += load(p + r * rs + j);
        } else if (cs == 1)
            for (; r < R; r++) sum += load_part(p + r * rs + j, n);
        else
            for (; r < R; r++) sum += load_strided(p + r * rs + j * cs, cs, n);
        store_part(q + j, sum + other, n);
    }
}
static double inner(long R, long C, const real *p, long rs, long cs, const real *q, long rt, long ct) {
    double result = 0;
    if (rs == C && cs == 1 && rt == C && ct == 1) C *= R, R = 1;
    for (long r = 0; r < R; r++)
        for (long from = 0; from < C; from += 64 * LANES) {
            const long to = C - from < 64 * LANES ? C : from + 64 * LANES;
            vec sum = {0};
            long j = from;
            for (; cs == 1 && ct == 1 && j + LANES <= to; j += LANES) sum += load(p + r * rs + j) * load(q + r * rt + j);
            real rest = 0;
            for (; j < to; j++) rest += p[r * rs + j * cs] * q[r * rt + j * ct];
            result += (double)(sum_of(sum) + rest);
        }
    return result;
}
static double total(long R, long C, const real *p, long rs, long cs) {
    double result = 0;
    for (long r = 0; r < R; r++) {
        real sum = 0;
        row_sums(0, 1, C, p + r * rs, 0, cs, &sum);
        result += (double)sum;
    }
    return result;
}
static int is_finite(const real *p, long n) {
    vec sum = {0}, other = {0};
    long j = 0;
    for (; j + 2 * LANES <= n; j += 2 * LANES) sum += load(p + j) * 0, other += load(p + j + LANES) * 0;
    for (; j < n; j++) sum[0] += p[j] * 0;
    return sum_of(sum + other) == 0;
}
"""

_JOB = r"""
typedef struct Job {
    long N;
    int threads;
    const real *const *in;
    real *const *out;
    real *room;
    double scalar[SCALARS];
    _Atomic int is_bad;
    _Atomic int claimed[PHASES], done[PHASES]; /* shares of each phase */
} Job;
static void run(Job *job);
#define ROUNDED(length) (((length) + 31) / 32 * 32)
#define START(length) ((long)(length) * thread / job->threads)
#define END(length) ((long)(length) * (thread + 1) / job->threads)
"""

_ENTRY = r"""
long symback_room(long N, int threads) { (void)N; return (ROOM + threads * (PANEL_SIZE * HAS_PANELS)) * (long)sizeof(real); }

/* 0, or 1 where the cost, an entry of x or a gradient is not finite; `room` has symback_room(N, threads) bytes, on a multiple of 64 */
int symback_evaluate(long N, int threads, const real *const *in, real *const *out, double *cost, void *room) {
    Job job;
    job.N = N;
    job.in = in;
    job.out = out;
    job.room = room;
    atomic_init(&job.is_bad, 0);
    for (int p = 0; p < PHASES; p++) atomic_init(&job.claimed[p], 0), atomic_init(&job.done[p], 0);
    job.threads = threads > MOST_THREADS ? MOST_THREADS : threads < 1 ? 1 : threads;
    run_together(&job);
    *cost = RESULT;
    return atomic_load(&job.is_bad) || !isfinite(*cost)LAST_CHECK;
}
"""


def c_source(program: Program, dtype: str, sizes: Mapping[sympy.Symbol, int] | None = None, is_linked: bool = False) -> str:
    """The text of a C file with `symback_evaluate` and `symback_room`; `sizes` are those that the program leaves open.

    `is_linked`: products of matrices are given to it by `symback_link`, which it has if it needs them.
    """
    return _Source(program, dtype, dict(sizes or {})).text(LINKED_PRODUCTS if is_linked else PRODUCTS)


class _Source:
    """The text while it is written: functions for distinct loops, and the calls."""

    def __init__(self, program: Program, dtype: str, sizes: dict[sympy.Symbol, int]) -> None:
        self.program, self.dtype, self.sizes = program, dtype, sizes
        self.plan: Plan = plan_of(program)
        self.inputs = {argument.name: identifier(argument.name) for argument in program.inputs}
        self.functions: dict[str, str] = {}  # body -> name
        self.has_panels = False

    def size(self, size: sympy.Expr) -> str:
        """A size in C."""
        value = size.xreplace({symbol: sympy.Integer(n) for symbol, n in self.sizes.items()})
        if value == self.program.batch_size:
            return "N"
        if not value.is_Integer:
            raise UnsupportedError(f"the C backend needs to know the size {size}")
        return str(int(value))

    def text(self, products: str) -> str:
        """All of it."""
        last = self._last_vector()
        small = small_text(self.program, self.inputs, self.size, self._number, None if last is None else last[0])
        if small:
            return "\n".join([elementary_text(self.dtype), COLUMNS, small])
        phases = self._phases()
        room = " + ".join(f"ROUNDED({self._length(shape)})" for shape in self.plan.rooms) or "0"
        cost = self._scalar(self.program.cost, "job.")
        check = "" if last is None else f" || !is_finite(out[{last[0]}], {last[1]})"
        pieces = [
            elementary_text(self.dtype), products, _SUMS,
            f"#define SCALARS {max(1, len(self.plan.scalars))}", f"#define HAS_PANELS {int(self.has_panels)}",
            f"#define PHASES {len(phases)}", _JOB, THREADS,
            *(f"{body.replace('NAME', name, 1)}" for body, name in self.functions.items()),
            *(line for k, calls in enumerate(phases) for line in self._phase(k, calls)),
            f"static void (*const phases[])(Job *, int) = {{{', '.join(f'phase_{k}' for k in range(len(phases)))}}};",
            RUN,
            f"#define ROOM ({room})",
            _ENTRY.replace("RESULT", cost).replace("LAST_CHECK", check),
        ]  # fmt: skip
        return "\n".join(pieces)

    def _phase(self, number: int, calls: list[str]) -> list[str]:
        """The function that does one thread's share of a phase."""
        return [f"static void phase_{number}(Job *job, int thread) {{", *(f"    {line}" for line in [*self._locals(), *calls]), "}"]

    def _length(self, shape: Shape) -> str:
        return " * ".join(f"(long){self.size(size)}" for size in shape) or "1"

    def _locals(self) -> list[str]:
        lines = ["const long N = job->N;", "(void)N;"]
        lines += [f"const real *{name} = job->in[{i}];" for i, name in enumerate(self.inputs.values())]
        lines += [f"real *out{k} = job->out[{k}];" for k in range(len(self.program.gradients))]
        lines.append("real *room = job->room;")
        for k, shape in enumerate(self.plan.rooms):
            lines += [f"real *room{k} = room;", f"room += ROUNDED({self._length(shape)});"]
        lines.append("real *panel = room + thread * PANEL_SIZE * HAS_PANELS;")
        names = [*self.inputs.values(), *(f"out{k}" for k in range(len(self.program.gradients))), "panel"]
        return [*lines, " ".join(f"(void){name};" for name in names)]

    def _phases(self) -> list[list[str]]:
        """The calls of each phase."""
        x = self.program.x
        width = self.size(x.shape[1])
        name = self.inputs[x.name]
        phases: list[list[str]] = [[] for _ in range(self.plan.phases)]
        phases[0].append(f"if (!is_finite({name} + START(N) * {width}, (END(N) - START(N)) * {width})) atomic_store(&job->is_bad, 1);")
        for statement in self.plan.statements:
            phases[statement.phase] += self._loop(statement) if statement.is_loop else self._single(statement.values[0])
        copies = self._copies()
        if copies:
            phases.append(["if (thread == 0) {", *(f"    {line}" for line in copies), "}"])
        return phases

    def _copies(self) -> list[str]:
        """Results that are arguments, scalars or results already."""
        lines = []
        for value, k in self.plan.copies:
            shape = self.program.parameters[k].shape
            loop = Loop([Value("full", (value,), None, shape)], self._place, self.size, lambda v: self._scalar(v, "job->"))
            loop.outputs = {loop.values[0]: f"out{k}"}
            lines.append(self._call(loop, "0", self.size(shape[0])))
        return lines

    def _place(self, value: Value) -> str | None:
        if value.operation == "input":
            return self.inputs[str(value.detail)]
        found = self.plan.place.get(value)
        return None if found is None else f"{found[0]}{found[1]}"

    def _array(self, value: Value) -> tuple[str, tuple[str, ...]]:
        """Pointer and strides of an operand of an operation."""
        place = self._place(base_of(value))
        if place is None or value.operation in CONDITIONS:
            raise UnsupportedError(f"the C backend cannot read a {value.operation} here")
        return place, strides_of(value, self.size)

    def _loop(self, statement: Statement) -> list[str]:
        loop = Loop(statement.values, self._place, self.size, lambda v: self._scalar(v, "job->"))
        share = share_of(statement.values[0])
        if share is None:
            return [f"if (thread == 0) {self._call(loop, '0', self.size(statement.values[0].shape[0]))}"]
        length = self.size(statement.values[0].shape[0])
        return [self._call(loop, f"START({length})", f"END({length})")]

    def _call(self, loop: Loop, first: str, last: str) -> str:
        body, arguments = loop.text("NAME")
        name = self.functions.setdefault(body, f"loop{len(self.functions) + 1}")
        return f"{name}(N, {first}, {last}{', ' + arguments if arguments else ''});"

    # Single operations

    def _single(self, value: Value) -> list[str]:
        if value.shape == ():
            return [f"if (thread == 0) job->scalar[{self.plan.scalars[value]}] = {self._scalar_text(value)};"]
        place = self._place(value)
        length = self.size(value.shape[0])
        first, last = (f"START({length})", f"END({length})") if share_of(value) is not None else ("0", f"(thread == 0 ? {length} : 0)")
        match value.operation:
            case "matmul":
                return [self._product(value, first, last, str(place))]
            case "row_sums" | "row_maxima":
                pointer, steps = self._array(value.args[0])
                width = self.size(value.args[0].shape[-1])
                row = steps[0] if len(steps) == 2 else "0"
                return [f"{value.operation}({first}, {last}, {width}, {pointer}, {row}, {steps[-1]}, {place});"]
            case "column_sums":
                pointer, steps = self._array(value.args[0])
                height = self.size(value.args[0].shape[0])
                return [f"column_sums({first}, {last}, {height}, {pointer}, {steps[0]}, {steps[1]}, {place});"]
            case "identity":
                body = f"{place}[r * {length} + j] = r == j"
                return [f"for (long r = {first}; r < {last}; r++) for (long j = 0; j < {length}; j++) {body};"]
            case "einsum":
                return self._einsum(value, first, last, str(place))
        raise UnsupportedError(f"the C backend has no operation {value.operation}")

    def _product(self, value: Value, first: str, last: str, place: str) -> str:
        left, right = value.args
        (a, a_steps), (b, b_steps) = self._array(left), self._array(right)
        self.has_panels = True
        n, k = self.size(value.shape[1]), self.size(left.shape[1])
        return f"product({first}, {last}, {n}, {k}, {a}, {a_steps[0]}, {a_steps[1]}, {b}, {b_steps[0]}, {b_steps[1]}, {place}, {n}, panel);"

    def _einsum(self, value: Value, first: str, last: str, place: str) -> list[str]:
        """A sum of products by plain loops."""
        inputs, result = str(value.detail).split("->")
        length: dict[str, str] = {}
        factors = []
        for letters, arg in zip(inputs.split(","), value.args, strict=True):
            pointer, steps = self._array(arg)
            length |= {letter: self.size(size) for letter, size in zip(letters, arg.shape, strict=True)}
            index = " + ".join(f"i_{letter} * {step}" for letter, step in zip(letters, steps, strict=True)) or "0"
            factors.append(f"{pointer}[{index}]")
        own = " ".join(
            f"for (long i_{c} = {first if i == 0 else 0}; i_{c} < {last if i == 0 else length[c]}; i_{c}++)" for i, c in enumerate(result)
        )
        bound = " ".join(f"for (long i_{c} = 0; i_{c} < {length[c]}; i_{c}++)" for c in length if c not in result)
        target = f"{place}[i_{result[0]}{f' * {length[result[1]]} + i_{result[1]}' if len(result) == 2 else ''}]"
        return [f"{own} {{ double sum = 0; {bound} sum += (double){' * '.join(factors)}; {target} = (real)sum; }}"]

    # Scalars

    def _scalar(self, value: Value, job: str) -> str:
        if value.is_number:
            return self._number(value.number)
        if value not in self.plan.scalars:
            raise UnsupportedError(f"the C backend has no scalar for a {value.operation}")
        return f"{job}scalar[{self.plan.scalars[value]}]"

    def _number(self, number: sympy.Expr) -> str:
        number = number.xreplace({symbol: sympy.Integer(n) for symbol, n in self.sizes.items()})
        return expression_text(number, {self.program.batch_size: "(double)N"})

    def _scalar_text(self, value: Value) -> str:
        if value.operation in ("total", "inner", "einsum"):
            return self._sum_text(value)
        args = [self._scalar_operand(arg) for arg in value.args]
        sign = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}.get(value.operation)
        if sign:
            return f"{args[0]} {sign} {args[1]}"
        functions = {
            "negative": "-{0}", "square": "{0} * {0}", "absolute": "fabs({0})", "arctan": "atan({0})", "power": "pow({0}, {1})",
            "maximum": "({0} > {1} || {0} != {0} ? {0} : {1})", "minimum": "({0} < {1} || {0} != {0} ? {0} : {1})",
            "sign": "(({0} > 0) - ({0} < 0))", "indicator": "(double)({0})", "where": "({0} ? {1} : {2})",
        }  # fmt: skip
        return functions.get(value.operation, value.operation + "({0})").format(*args)

    def _sum_text(self, value: Value) -> str:
        shape = value.args[0].shape
        rows, columns = (self.size(shape[0]), self.size(shape[1])) if len(shape) == 2 else ("1", self.size(shape[0]))
        if value.operation == "einsum":
            raise UnsupportedError("the C backend has no einsum to a scalar")
        parts = []
        for arg in value.args:
            pointer, steps = self._array(arg)
            parts.append(f"{pointer}, {steps[0] if len(steps) == 2 else '0'}, {steps[-1]}")
        return f"{value.operation}({rows}, {columns}, {', '.join(parts)})"

    def _scalar_operand(self, value: Value) -> str:
        if value.operation in CONDITIONS:
            signs = {
                "greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!=",
                "logical_and": "&&", "logical_or": "||",
            }  # fmt: skip
            return f"({self._scalar_operand(value.args[0])} {signs[value.operation]} {self._scalar_operand(value.args[1])})"
        return self._scalar(value, "job->")

    def _last_vector(self) -> tuple[int, str] | None:
        """The gradient by a vector that is computed last: what is not finite anywhere has reached it."""
        order = [assignment.value for assignment in self.program.backward]
        found = None
        for value in order:
            for k, gradient in enumerate(self.program.gradients):
                if gradient is value and len(value.shape) == 1:
                    found = k, self._length(value.shape)
        return found


def identifier(name: str) -> str:
    """A name that C takes: letters, digits and _."""
    plain = re.sub(r"\W", lambda match: f"_{ord(match.group()):x}", name, flags=re.ASCII)
    return plain if re.fullmatch(r"[A-Za-z]+\d+|x|y", plain) else f"in_{plain}"
