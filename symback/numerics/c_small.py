"""C text for small programs: everything written out, entry by entry, for as many samples at once as a vector has lanes.

A value with an axis of samples becomes one vector for each of its entries, what is summed over the samples a vector of
sums; parameters are read as numbers.  Nothing is stored on the way, and no loop but the one over blocks of samples is
left.  Programs that are too long for it, or that need a sum over the batch on the way to another (batch norm), have none.
"""

from collections.abc import Callable, Mapping
from itertools import product

import sympy

from symback.errors import UnsupportedError
from symback.numerics.c_loops import COMPARISONS, LOGICAL, SIGNS
from symback.numerics.c_plan import LOOPED
from symback.numerics.memory import CONDITIONS
from symback.numerics.operations import ONE, Value
from symback.numerics.program import Program

__all__ = ["COLUMNS", "small_text"]

MOST_OPERATIONS = 1200
_SCALARS = {"negative": "-{0}", "square": "{0} * {0}", "absolute": "fabs({0})", "sign": "(({0} > 0) - ({0} < 0))", "sqrt": "sqrt({0})"}
_COSTS = {"tanh": 30, "exp": 20, "expm1": 25, "log": 30, "log1p": 40, "erf": 60, "divide": 4, "sqrt": 6}
Index = tuple[int, ...]

COLUMNS = r"""
#if BYTES / 8 == 8 && !defined(SINGLE) || BYTES / 4 == 8 && defined(SINGLE)
#define EACH_LANE(F) F(0), F(1), F(2), F(3), F(4), F(5), F(6), F(7)
#elif BYTES / 4 == 16 && defined(SINGLE)
#define EACH_LANE(F) F(0), F(1), F(2), F(3), F(4), F(5), F(6), F(7), F(8), F(9), F(10), F(11), F(12), F(13), F(14), F(15)
#elif BYTES / 8 == 2 && !defined(SINGLE)
#define EACH_LANE(F) F(0), F(1)
#else
#define EACH_LANE(F) F(0), F(1), F(2), F(3)
#endif
/* n samples of `width` numbers, column by column: one vector has one number of each sample; 0 where there is no sample */
INLINE void columns(const int width, long n, const real *p, vec *column) {
    enum { L = BYTES / sizeof(real) };
    vec rows[8];
    _Pragma("GCC unroll 8") for (int v = 0; v < width && v < 8; v++) {
        const long left = n * width - v * L;
        rows[v] = left >= L ? load(p + v * L) : left > 0 ? load_part(p + v * L, left) : (vec){0};
    }
    _Pragma("GCC unroll 32") for (int c = 0; c < width; c++) {
        if (width > 8) { column[c] = load_strided(p + c, width, n < L ? n : L); continue; }
        vec found = rows[0];
        _Pragma("GCC unroll 8") for (int v = 0; v < width; v++) {
#define FROM(i) ((c + (i) * width) / L == v ? (c + (i) * width) % L + (v ? L : 0) : v || (c + (i) * width) / L ? (i) : 0)
            if (width > 1) found = __builtin_shuffle(found, rows[v], (ivec){EACH_LANE(FROM)});
#undef FROM
        }
        column[c] = found;
    }
}
static const whole lane_numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
INLINE ivec lanes_below(long n) {
    ivec numbers;
    memcpy(&numbers, lane_numbers, sizeof numbers);
    return numbers < (whole)(n < LANES ? n : LANES);
}
"""

_FUNCTION = r"""
long symback_room(long N, int threads) { (void)N, (void)threads; return 0; }

/* 0, or 1 where the cost, an entry of x or a gradient is not finite; one thread does it, and no `room` is needed */
int symback_evaluate(long N, int threads, const real *const *in, real *const *out, double *cost, void *room) {
    (void)threads, (void)room;
LOCALS
    vec check = {0};
    double sum[SUMS] = {0};
    for (long from = 0; from < N; from += 4096) {
        const long to = N - from < 4096 ? N : from + 4096;
        vec sums[SUMS] = {0};
        long at = from;
        for (; at + LANES <= to; at += LANES) {
#define KEPT(v) (v)
            const long n = LANES;
BODY
#undef KEPT
        }
        if (at < to) {
#define KEPT(v) choose(kept, v, (vec){0})
            const long n = to - at;
            const ivec kept = lanes_below(n);
BODY
#undef KEPT
        }
        if (N == 1) for (int i = 0; i < SUMS; i++) sum[i] = sums[i][0];
        else for (int i = 0; i < SUMS; i++) sum[i] += sum_of(sums[i]);
    }
AFTER
    return sum_of(check) + *cost * 0CHECK != 0;
}
"""


def small_text(program: Program, names: Mapping[str, str], size: Callable, number: Callable, last: int | None) -> str:
    """The function `symback_evaluate`; "" where the program is not small, or not of this kind."""
    entries = sum(int(sympy.prod([int(size(length)) for length in argument.shape])) for argument in program.parameters)
    if 3 * entries > MOST_OPERATIONS:
        return ""
    try:
        return _Small(program, names, size, number).text(last)
    except UnsupportedError:
        return ""


class _Small:
    """The lines while they are written: before the loop over the samples, in it, and after it."""

    def __init__(self, program: Program, names: Mapping[str, str], size: Callable, number: Callable) -> None:
        self.program, self.names, self.size, self.number = program, names, size, number
        self.before: list[str] = []
        self.inside: list[str] = []
        self.after: list[str] = []
        self.known: dict[tuple[Value, Index], str] = {}
        self.late: dict[Value, bool] = {}
        self.sums = self.cost = 0

    def text(self, last: int | None) -> str:
        """All of the function; `last` is the gradient that is looked at for what is not finite."""
        writes = [f"*cost = {self.fixed(self.program.cost, ())};"]
        for k, (value, parameter) in enumerate(zip(self.program.gradients, self.program.parameters, strict=True)):
            shape = self.shape(parameter.shape)
            for place, index in enumerate(product(*map(range, shape))):
                writes.append(f"out[{k}][{place}] = (real)({self.fixed(value, self.aligned(value, index))});")
        length = 0 if last is None else int(self.shape(self.program.gradients[last].shape)[0])
        check = "".join(f" + out[{last}][{i}] * 0" for i in range(length))
        positions = {argument.name: i for i, argument in enumerate(self.program.inputs)}
        pointers = [f"const real *{name} = in[{positions[key]}];" for key, name in self.names.items()]
        columns = [line for argument in (self.program.x, self.program.y) for line in self._columns(argument.name, argument.shape)]
        columns += [f"check += {self.names[self.program.x.name]}_c[{j}] * 0;" for j in range(int(self.size(self.program.x.shape[1])))]
        pieces = {
            "LOCALS": [*pointers, *self.before],
            "BODY": [*columns, *self.inside],
            "AFTER": [*self.after, *writes],
        }
        text = _FUNCTION
        for key, lines in pieces.items():
            text = text.replace(key, "\n".join(f"    {'        ' if key == 'BODY' else ''}{line}" for line in lines))
        return text.replace("SUMS", str(max(1, self.sums))).replace("CHECK", check)

    def _columns(self, key: str, shape: tuple) -> list[str]:
        name = self.names[key]
        if len(shape) != 2 or self.program.batch_size in shape[1:]:
            raise UnsupportedError("samples are rows here")
        width = self.size(shape[1])
        return [f"vec {name}_c[{width}];", f"columns({width}, n, {name} + at * {width}, {name}_c);"]

    # What is what

    def shape(self, shape: tuple) -> tuple[int, ...]:
        """Sizes in numbers."""
        return tuple(int(self.size(size)) for size in shape)

    def has_samples(self, value: Value) -> bool:
        """Whether there is one for each sample; the samples stand first."""
        if self.program.batch_size not in value.shape:
            return False
        if value.shape[0] != self.program.batch_size or self.program.batch_size in value.shape[1:]:
            raise UnsupportedError("samples stand first here")
        return True

    def is_late(self, value: Value) -> bool:
        """Whether it is known only when all samples are summed up."""
        if value not in self.late:
            sums = any(self.program.batch_size in arg.shape for arg in value.args) and self.program.batch_size not in value.shape
            self.late[value] = sums or any(self.is_late(arg) for arg in value.args)
        return self.late[value]

    def aligned(self, value: Value, index: Index) -> Index:
        """The entry of an operand that belongs to an entry of the result."""
        index = index[len(index) - len(value.shape) :]
        return tuple(0 if size == ONE else i for size, i in zip(value.shape, index, strict=True))

    def spend(self, operation: str) -> None:
        """Refuse what would be too long."""
        self.cost += _COSTS.get(operation, 1)
        if self.cost > MOST_OPERATIONS:
            raise UnsupportedError("too long to be written out")

    # Numbers without samples

    def fixed(self, value: Value, index: Index) -> str:
        """The C expression of an entry."""
        if self.has_samples(value):
            raise UnsupportedError("a number for each sample")
        match value.operation:
            case "number":
                return self.number(value.number)
            case "input":
                place = sum(i * int(sympy.prod(self.shape(value.shape[axis + 1 :]))) for axis, i in enumerate(index))
                return f"{self.names[str(value.detail)]}[{place}]"
            case "ones":
                return "1.0"
            case "identity":
                return "1.0" if index[0] == index[1] else "0.0"
            case "full":
                return self.fixed(value.args[0], self.aligned(value.args[0], index))
            case "transpose":
                return self.fixed(value.args[0], index[::-1])
            case "column":
                return self.fixed(value.args[0], index[:1])
            case "vector":
                return self.fixed(value.args[0], (index[0], 0))
        if (value, index) not in self.known:
            self.known[value, index] = self._made(value, index)
        return self.known[value, index]

    def _made(self, value: Value, index: Index) -> str:
        """The name of a number that has a line of its own."""
        terms = self._terms(value, index)
        if terms is not None and any(self.program.batch_size in arg.shape for arg in value.args):
            return self._summed(terms)
        if terms is not None:
            text = " + ".join(" * ".join(f"(double){self.fixed(*factor)}" for factor in term) for term in terms)
        else:
            args = [f"(double){self.fixed(arg, self.aligned(arg, index))}" for arg in value.args]
            form = f"{{0}} {SIGNS[value.operation]} {{1}}" if value.operation in SIGNS else _SCALARS.get(value.operation)
            if form is None:
                raise UnsupportedError(f"no {value.operation} of numbers here")
            self.spend(value.operation)
            text = form.format(*args)
        name = f"number_{len(self.known)}"
        (self.after if self.is_late(value) else self.before).append(f"const double {name} = {text};")
        return name

    def _terms(self, value: Value, index: Index) -> list[list[tuple[Value, Index]]] | None:
        """The products that an entry is the sum of; the axis of the samples is left out, since each sample has its lane."""
        args = value.args
        match value.operation:
            case "matmul":
                inner = self._range(args[0].shape[1])
                return [[(args[0], (index[0], k)), (args[1], (k, index[1]))] for k in inner]
            case "column_sums":
                return [[(args[0], (k, *index))] for k in self._range(args[0].shape[0])]
            case "row_sums":
                return [[(args[0], (*index[:-1], k))] for k in self._range(args[0].shape[-1])]
            case "total" | "inner":
                return [[(arg, entry) for arg in args] for entry in product(*map(self._range, args[0].shape))]
        return None

    def _range(self, size: sympy.Expr) -> range:
        return range(1) if size == self.program.batch_size else range(int(self.size(size)))

    def _summed(self, terms: list[list[tuple[Value, Index]]]) -> str:
        """A sum over the samples: added up in a vector, block by block."""
        number, self.sums = self.sums, self.sums + 1
        for term in terms:
            self.spend("add")
            self.inside.append(f"sums[{number}] += KEPT({' * '.join(self.lane(*factor) for factor in term)});")
        return f"sum[{number}]"

    # Numbers of each sample

    def lane(self, value: Value, index: Index) -> str:
        """The vector of an entry, one lane for each sample; `index` counts the axis of samples too."""
        if value.operation == "transpose":
            return self.lane(value.args[0], index[::-1])
        if not self.has_samples(value):
            if self.is_late(value):
                raise UnsupportedError("a sum over the samples on the way")
            return f"splat((real)({self.fixed(value, index)}))"
        match value.operation:
            case "input":
                return f"{self.names[str(value.detail)]}_c[{index[1]}]"
            case "ones":
                return "splat(1)"
            case "full":
                return self.lane(value.args[0], self.aligned(value.args[0], index))
            case "column":
                return self.lane(value.args[0], index[:1])
            case "vector":
                return self.lane(value.args[0], (index[0], 0))
        if (value, index) not in self.known:
            text = self._lane_text(value, index)
            name = self.known[value, index] = f"v_{len(self.known)}"
            self.inside.append(f"const vec {name} = {text};")
        return self.known[value, index]

    def _lane_text(self, value: Value, index: Index) -> str:
        self.spend(value.operation)
        terms = self._terms(value, index)
        if terms is not None and value.operation in ("matmul", "row_sums"):
            self.cost += len(terms)
            return " + ".join(" * ".join(self.lane(*factor) for factor in term) for term in terms)
        if value.operation == "row_maxima":
            text = self.lane(value.args[0], (*index[:-1], 0))
            for k in self._range(value.args[0].shape[-1])[1:]:
                text = f"v_maximum({text}, {self.lane(value.args[0], (*index[:-1], k))})"
            return text
        if value.operation not in LOOPED:
            raise UnsupportedError(f"no {value.operation} for each sample here")
        args = [self._condition(arg, index) if arg.operation in CONDITIONS else self._operand(arg, index) for arg in value.args]
        if value.operation in SIGNS:
            return f"{args[0]} {SIGNS[value.operation]} {args[1]}"
        if value.operation in ("indicator", "where"):
            condition = args[0] if value.args[0].operation in CONDITIONS else f"({args[0]} != 0)"
            return f"from_mask({condition})" if value.operation == "indicator" else f"choose({condition}, {args[1]}, {args[2]})"
        return f"v_{value.operation}({', '.join(args)})"

    def _operand(self, value: Value, index: Index) -> str:
        if value.operation in CONDITIONS:
            return f"from_mask({self._condition(value, index)})"
        return self.lane(value, self.aligned(value, index))

    def _condition(self, value: Value, index: Index) -> str:
        if value.operation in LOGICAL:
            left, right = (self._condition(arg, index) for arg in value.args)
            return f"({left} {LOGICAL[value.operation]} {right})"
        if value.operation in COMPARISONS:
            left, right = (self._operand(arg, index) for arg in value.args)
            return f"({left} {COMPARISONS[value.operation]} {right})"
        return f"({self._operand(value, index)} != 0)"
