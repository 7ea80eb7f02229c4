"""C text of fused entry-wise loops: loads, one line for each value, stores; full vectors first, then what is left over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy

from symback.errors import UnsupportedError
from symback.numerics.c_plan import base_of
from symback.numerics.memory import CONDITIONS
from symback.numerics.operations import ONE, Shape, Value

__all__ = ["COMPARISONS", "LOGICAL", "SIGNS", "Loop", "constant_text", "expression_text", "loop_strides", "strides_of"]

SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
COMPARISONS = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!="}
LOGICAL = {"logical_and": "&", "logical_or": "|"}
Size = Callable[[sympy.Expr], str]


def constant_text(number: sympy.Expr) -> str:
    """A number in C, in double precision.

    >>> constant_text(sympy.Rational(1, 3))
    '0.3333333333333333'
    """
    text = repr(float(sympy.N(number, 25)))
    return {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}.get(text, text)


def expression_text(number: sympy.Expr, symbols: Mapping[sympy.Symbol, str]) -> str:
    """A number with sizes in it in C, in double precision; powers are of sizes, and whole.

    >>> N = sympy.Symbol("N")
    >>> expression_text(1 / (2 * N), {N: "(double)N"})
    '(0.5 * (1.0 / (double)N))'
    """
    if not number.free_symbols:
        return constant_text(number)
    if number.is_Symbol:
        return symbols[number]
    if number.is_Pow and number.exp.is_Integer:
        base = expression_text(number.base, symbols)
        size = " * ".join([base] * abs(int(number.exp)))
        return f"({size})" if number.exp > 0 else f"(1.0 / {size if number.exp == -1 else f'({size})'})"
    if number.is_Add or number.is_Mul:
        return f"({(' + ' if number.is_Add else ' * ').join(expression_text(arg, symbols) for arg in number.args)})"
    raise UnsupportedError(f"the C backend cannot write {number}")


def strides_of(value: Value, size: Size) -> tuple[str, ...]:
    """The distance between entries along each axis of an array or a view of one."""
    match value.operation:
        case "transpose":
            return strides_of(value.args[0], size)[::-1]
        case "column":
            return (*strides_of(value.args[0], size), "1")
        case "vector":
            return strides_of(value.args[0], size)[:1]
    return (size(value.shape[1]), "1") if len(value.shape) == 2 else ("1",) * len(value.shape)


def loop_strides(value: Value, shape: Shape, size: Size) -> tuple[str, str]:
    """The strides of an operand along (rows, columns) of a loop, 0 where it is repeated; a vector is one row."""
    own = strides_of(value, size)
    entries = [
        "0" if length == ONE and full != ONE else stride
        for stride, length, full in zip(own, value.shape, shape[len(shape) - len(own) :], strict=True)
    ]
    entries = ["0"] * (len(shape) - len(entries)) + entries
    return ("0", entries[0]) if len(entries) == 1 else (entries[0], entries[1])


@dataclass
class Loop:
    """The text of one loop, and the arguments it is called with."""

    values: list[Value]
    place: Callable[[Value], str | None]
    size: Size
    scalar: Callable[[Value], str]
    lines: list[str] = field(default_factory=list)
    registers: dict[Value, str] = field(default_factory=dict)
    loads: dict[tuple[str, str, str], str] = field(default_factory=dict)
    pointers: dict[str, str] = field(default_factory=dict)
    scalars: dict[str, str] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    outputs: dict[Value, str] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        """The shape of all values."""
        return self.values[0].shape

    def text(self, name: str) -> tuple[str, str]:
        """The function, and the arguments of the call after the first three."""
        stores = []
        for value in self.values:
            register = f"v{len(self.registers)}"
            self.lines.append(f"vec {register} = {self._expression(value)};")
            self.registers[value] = register
            place = self.outputs.get(value) or self.place(value)
            if place is not None:
                stores.append((value, register, place))
        outputs = {place: f"q{i}" for i, (_, _, place) in enumerate(stores)}
        is_column = len(self.shape) == 2 and self.shape[1] == ONE
        is_linear = len(self.shape) == 1 or is_column
        width = "1" if is_linear else self.size(self.shape[1])
        full = (width, "1")
        is_flat = not is_linear and all((rs, cs) in (full, ("0", "0")) for _, rs, cs in self.loads)
        is_flat = is_flat or self._is_repeating(is_linear, width)
        parameters = ["long N", "long first", "long last"]
        parameters += [f"const real *{name}" for name in self.pointers.values()]
        parameters += [f"real *{name}" for name in outputs.values()] + [f"real {name}" for name in self.scalars.values()]
        head = f"static __attribute__((noinline)) void {name}({', '.join(parameters)})"
        tables, self.tables = [], {}
        if is_flat:
            for (pointer, rs, cs), _ in self.loads.items():
                if (rs, cs) == ("0", "1"):
                    self.tables[pointer] = f"t{len(self.tables)}"
                    name_of = self.tables[pointer]
                    tables += [
                        f"real {name_of}[{width} * (BYTES / sizeof(real))];",
                        f"for (long i = 0; i < LANES; i++) memcpy({name_of} + i * {width}, {pointer}, {width} * sizeof(real));",
                    ]
            if tables:
                tables.append("long at = 0;")
        frames = [self._body(mode, stores, outputs, is_linear or is_flat, is_column) for mode in ("full", "part")]
        if tables:
            frames[0].append(f"at = at + LANES == {width} * LANES ? 0 : at + LANES;")
        bounds = ("first", "last") if is_linear else (f"first * {width}", f"last * {width}") if is_flat else ("0", width)
        inner = [
            *tables,
            f"long j = {bounds[0]};",
            f"for (; j + LANES <= {bounds[1]}; j += LANES) {{", *(f"    {line}" for line in frames[0]), "}",
            f"if (j < {bounds[1]}) {{", f"    const long n = {bounds[1]} - j;", *(f"    {line}" for line in frames[1]), "}",
        ]  # fmt: skip
        if not (is_linear or is_flat):
            inner = ["for (long r = first; r < last; r++) {", *(f"    {line}" for line in inner), "}"]
        body = "\n".join(["{", "    (void)N;", *(f"    {line}" for line in inner), "}"])
        return f"{head} {body}", ", ".join([*self.pointers, *outputs, *(f"(real)({text})" for text in self.scalars)])

    def _is_repeating(self, is_linear: bool, width: str) -> bool:
        """Whether rows are short, and what is not a matrix of this shape is a row or a number: then rows are run together.

        The row is written out as many times as a vector has entries, so that full vectors can be read from it.
        """
        return (
            not is_linear
            and width.isdigit()
            and int(width) <= 24
            and all((rs, cs) in ((width, "1"), ("0", "0"), ("0", "1")) for _, rs, cs in self.loads)
        )

    def _body(self, mode: str, stores: list, outputs: dict[str, str], is_straight: bool, is_column: bool) -> list[str]:
        lines = []
        for (pointer, row, column), register in self.loads.items():
            step = row if is_column else column
            if pointer in self.tables and (row, column) == ("0", "1"):
                lines.append(f"vec {register} = load({self.tables[pointer]} + at);")
                continue
            base = pointer if is_straight or row == "0" else f"{pointer} + r * {row}"
            lines.append(f"vec {register} = {_load(base, step, mode)};")
        lines += self.lines
        for _, register, place in stores:
            target = outputs[place] if is_straight else f"{outputs[place]} + r * {self.size(self.shape[1])}"
            lines.append(f"store({target} + j, {register});" if mode == "full" else f"store_part({target} + j, {register}, n);")
        return lines

    def _expression(self, value: Value) -> str:
        operation = value.operation
        if operation in SIGNS:
            return f"{self._operand(value.args[0])} {SIGNS[operation]} {self._operand(value.args[1])}"
        match operation:
            case "indicator":
                return f"from_mask({self._condition(value.args[0])})"
            case "where":
                return f"choose({self._condition(value.args[0])}, {self._operand(value.args[1])}, {self._operand(value.args[2])})"
            case "full":
                return self._operand(value.args[0])
            case "ones":
                return "splat(1)"
        return f"v_{operation}({', '.join(self._operand(arg) for arg in value.args)})"

    def _condition(self, value: Value) -> str:
        operation = value.operation
        if operation in LOGICAL:
            return f"({self._condition(value.args[0])} {LOGICAL[operation]} {self._condition(value.args[1])})"
        if operation in COMPARISONS:
            return f"({self._operand(value.args[0])} {COMPARISONS[operation]} {self._operand(value.args[1])})"
        return f"({self._operand(value)} != 0)"

    def _operand(self, value: Value) -> str:
        if value.operation in CONDITIONS:
            return f"from_mask({self._condition(value)})"
        if value in self.registers:
            return self.registers[value]
        if value.shape == ():
            is_constant = value.is_number and not value.number.free_symbols
            text = constant_text(value.number) if is_constant else self.scalar(value)
            return f"splat((real){text})" if is_constant else f"splat({self.scalars.setdefault(text, f's{len(self.scalars)}')})"
        place = self.place(base_of(value))
        if place is None:
            raise UnsupportedError(f"the C backend cannot read a {value.operation} here")
        pointer = self.pointers.setdefault(place, f"p{len(self.pointers)}")
        key = (pointer, *loop_strides(value, self.shape, self.size))
        return self.loads.setdefault(key, f"x{len(self.loads)}")


def _load(pointer: str, step: str, mode: str) -> str:
    if step == "0":
        return f"splat({'*' + pointer if pointer.isalnum() else f'*({pointer})'})"
    if step == "1":
        return f"load({pointer} + j)" if mode == "full" else f"load_part({pointer} + j, n)"
    return f"load_strided({pointer} + j * {step}, {step}, {'LANES' if mode == 'full' else 'n'})"
