"""A program as Python source for NumPy: straight-line, readable, and the very text that is run.

Decision: one text.  Each named quantity has a comment with its formula (`# Z1 = x @ W1.T + b1`) and below it the calls
that compute it, which write to buffers (`Z1 = x.dot(W1.T, buffer1)`, `add(Z1, b1, Z1)`).  A plain `Z1 = x @ W1.T + b1`
would be one line shorter and two to three times slower on small networks; a second, hidden text would be a second
truth.  Why the calls look as they do, measured on NumPy 2.4: `x.dot(y, out)` has half the overhead of `x @ y`; a
constant kept as an array of rank 0 half that of a Python float; a sum as a product with ones half that of `.sum()`.
"""

import keyword
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import sympy

from symback.errors import UnsupportedError
from symback.numerics.comments import comment_of, number_text
from symback.numerics.memory import CONDITIONS, ENTRYWISE, VIEWS, Memory, is_array, plan_memory
from symback.numerics.operations import ONE, Shape, Value
from symback.numerics.program import Argument, Assignment, Program

__all__ = ["Writer", "heading", "numpy_source", "shape_table", "size_names", "wrapped"]

_NAMED_NUMBERS = {0: "zero", 1: "one", -1: "minus_one", 2: "two", sympy.S.Half: "half", -sympy.S.Half: "minus_half"}
_KEYWORD_OUT = frozenset({"maximum", "minimum"})  # a third positional argument is deprecated there
_RESERVED = frozenset({"x", "y", "v"})  # names of sizes are single letters, so that no longer word can be one


def numpy_source(program: Program, dtype: str) -> str:
    """The text of a module with `value_and_grad(params, x, y)` and `forward(params, x)`; dtype is float32 or float64.

    It still needs the functions of `runtime` (and `erf`) in its namespace; see `functions.module_source`.
    """
    sizes = size_names(program.batch_size, program.inputs, (*program.forward, *program.backward))
    writer = Writer(sizes)
    gradients = writer.function(_Whole(program))
    prediction = Writer(sizes, writer.constants, writer.functions)
    forward = prediction.function(_Forward(program))
    head = heading(writer, dtype)
    tables = _tables(program, sizes)
    return "\n".join([*head, *tables, "", "", *gradients, "", "", *forward]) + "\n"


def heading(writer: "Writer", dtype: str) -> list[str]:
    """Imports, the dtype, and the constants that the writer has used."""
    constants = [f"{name} = array({number_text(number)}, dtype)" for number, name in writer.constants.items()]
    imports = sorted(writer.functions | {"array", "empty", "ones"})
    needed = wrapped(f"({', '.join(imports)},)", "", 0, "from numpy import ")
    plain = f"from numpy import {', '.join(imports)}"
    return [
        "from math import isfinite",
        "",
        *([plain] if len(plain) < 118 else needed),
        "",
        f'dtype = array(0, "{dtype}").dtype',
        *constants,
    ]


def size_names(batch_size: sympy.Symbol, arguments: Sequence[Argument], assignments: Iterable[Assignment]) -> dict[sympy.Symbol, str]:
    """A Python name for each symbolic size, in order of appearance; N for the batch."""
    taken = {argument.name for argument in arguments} | {assignment.name for assignment in assignments} | _RESERVED
    names: dict[sympy.Symbol, str] = {batch_size: "N"}
    for argument in arguments:
        for size in argument.shape:
            if size.is_Integer or size in names:
                continue
            if not size.is_Symbol:
                raise UnsupportedError(f"{argument.name} has an axis of size {size}; sizes should be numbers or plain names")
            plain = size.name if size.name.isidentifier() and not keyword.iskeyword(size.name) else f"size{len(names)}"
            is_free = plain not in taken | set(names.values()) | ENTRYWISE | CONDITIONS
            names[size] = plain if is_free else f"{plain}_size"
    return names


def shape_table(arguments: Sequence[Argument], sizes: dict[sympy.Symbol, str]) -> list[str]:
    """The shapes of all arguments, for the checks."""
    lines = ["shapes = {"]
    for argument in arguments:
        entries = [f'"{sizes[size]}"' if size in sizes else str(size) for size in argument.shape]
        lines.append(f'    "{argument.name}": ({", ".join(entries)}{"," if len(entries) == 1 else ""}),')
    return [*lines, "}"]


def _tables(program: Program, sizes: dict[sympy.Symbol, str]) -> list[str]:
    """Shapes, and the pairing of parameters."""
    lines = shape_table(program.inputs, sizes)
    if program.layers is None:
        return [*lines, "pairs = None"]
    pairs = ", ".join(f'("{w}", "{b}")' for w, b in program.layers)
    return [*lines, *wrapped(f"[{pairs}]", "", 0, "pairs = ")]


@dataclass(frozen=True)
class _Whole:
    """The function of cost and gradients: its name, what it takes, computes and returns."""

    program: Program
    name = "value_and_grad"
    buffers = "gradient_buffers"
    arguments = "params, x, y"
    needs_target = True

    @property
    def inputs(self) -> tuple[Argument, ...]:
        return self.program.inputs

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        return (*self.program.forward, *self.program.backward)

    @property
    def results(self) -> tuple[Value, ...]:
        return (self.program.cost, *self.program.gradients)

    def documentation(self, shapes: str) -> list[str]:
        form = "a list of (W, b), one pair for each layer" if self.program.layers else "a dict of named arrays"
        text = f"params, and likewise the gradients, and `out` which they are written to if it is given: {form}.  Shapes: {shapes}."
        lines = textwrap.wrap(text, 116, initial_indent="    ", subsequent_indent="    ")
        return ['    """The cost and its gradients, both averaged over the batch.', "", *lines, '    """']


@dataclass(frozen=True)
class _Forward:
    """The function of the output alone."""

    program: Program
    name = "forward"
    buffers = "forward_buffers"
    arguments = "params, x"
    needs_target = False

    @property
    def inputs(self) -> tuple[Argument, ...]:
        return (self.program.x, *self.program.parameters)

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        return self.program.forward

    @property
    def results(self) -> tuple[Value, ...]:
        return (self.program.output,)

    def documentation(self, shapes: str) -> list[str]:
        return ['    """The output of the network for each row of x."""']


@dataclass
class Writer:
    """Turns the assignments of one function into lines; collects constants and the NumPy functions in use."""

    sizes: dict[sympy.Symbol, str]
    constants: dict[sympy.Expr, str] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    named: dict[Value, str] = field(default_factory=dict)
    local: dict[Value, str] = field(default_factory=dict)
    prepared: dict[str, str] = field(default_factory=dict)  # made once for each batch size: name -> how
    memory: Memory = field(default_factory=Memory)

    def function(self, what: "_Whole | _Forward") -> list[str]:
        """The maker of its buffers and the function."""
        body = self.body(what.assignments, what.results)
        ending = self._ending(what)
        return [*self.buffer_maker(what.buffers), "", "", *self._opening(what), *body, "", *ending]

    def body(self, assignments: Sequence[Assignment], results: Sequence[Value]) -> list[str]:
        """The lines that compute the results, each named quantity below its formula."""
        schedule, headings = _schedule(assignments, results)
        self.memory = memory = plan_memory(schedule, results)
        self._name_values(schedule, assignments, memory)
        body: list[str] = []
        for value in schedule:
            if value in headings:
                body += ["", *self._heading(headings[value])]
            body += self._statement(value, memory)
        return body

    def _name_values(self, schedule: Sequence[Value], assignments: Iterable[Assignment], memory: Memory) -> None:
        """Names by assignment; an unnamed value takes the name of what will be written over it."""
        for assignment in assignments:
            if assignment.value.operation not in ("input", "number"):
                self.named.setdefault(assignment.value, assignment.name)
        self.local.update(self.named)
        heirs = {under: value for value, under in memory.over.items()}
        count = 0
        for value in schedule:
            if value not in self.local:
                last = value
                while last in heirs and last not in self.named:
                    last = heirs[last]
                count += last not in self.local
                self.local[value] = self.local.setdefault(last, f"t{count}")

    def _heading(self, assignment: Assignment) -> list[str]:
        """The formula of what is computed below, in terms of what has a name."""
        text = f"{assignment.name} = {comment_of(assignment.value, self.named, self.sizes)}"
        return textwrap.wrap(text, 114, initial_indent="    # ", subsequent_indent="    #     ", break_long_words=False)

    # Statements

    def _statement(self, value: Value, memory: Memory) -> list[str]:
        """The line that computes a value, with its name in front unless it is written over its own name."""
        name = self.local[value]
        if value.shape == ():
            text = f"{name} = {self._scalar(value)[0]}"
            return ["    " + text] if len(text) < 115 else wrapped(f"({self._scalar(value)[0]})", "", 4, f"{name} = ")
        under = memory.over.get(value)
        out = self.local[under] if under is not None else self._buffer(memory.buffer.get(value))
        call = self._call(value, out)
        return ["    " + (call if under is not None and self.local[under] == name else f"{name} = {call}")]

    def _buffer(self, number: int | None) -> str | None:
        return None if number is None else f"buffer{number + 1}"

    def _call(self, value: Value, out: str | None) -> str:
        """The NumPy call that makes an array."""
        last = [] if out is None else [out]
        operation = value.operation
        if operation in ENTRYWISE or operation == "indicator":
            return self._entrywise(value.args[0] if operation == "indicator" else value, out)
        args = [self._operand(arg) for arg in value.args]
        match operation:
            case "matmul":
                return f"{args[0]}.dot({', '.join([args[1], *last])})"
            case "row_sums":
                return f"{args[0]}.dot({', '.join([self._ones((value.args[0].shape[-1], ONE)), *last])})"
            case "column_sums":
                return f"{self._ones((value.args[0].shape[0],))}.dot({', '.join([args[0], *last])})"
            case "row_maxima":
                return f"{args[0]}.max(axis={len(value.shape) - 1}, keepdims=True{f', out={out}' if out else ''})"
            case "where":
                return f"{self._use('where')}({', '.join(args)})"
            case "erf":
                return f"erf({args[0]})"
            case "einsum":
                return f'{self._use("einsum")}("{value.detail}", {", ".join(args)})'
            case "identity":
                return f"{self._use('eye')}({self._size(value.shape[0])}, dtype=dtype)"
            case "full":
                return f"{self._use('full')}({self._shape(value.shape)}, {args[0]}, dtype)"
        raise UnsupportedError(f"no NumPy call is known for the operation {operation}")

    def _entrywise(self, value: Value, out: str | None) -> str:
        """A universal function; a comparison is written as 0 and 1 into an array of numbers."""
        function = self._use(value.operation)
        args = ", ".join(self._operand(arg) for arg in value.args)
        if out is None:
            return f"{function}({args}).astype(dtype)" if value.operation in CONDITIONS else f"{function}({args})"
        return f"{function}({args}, {'out=' if function in _KEYWORD_OUT else ''}{out})"

    def _operand(self, value: Value) -> str:
        """How an operand is written where it is used."""
        if value.is_number:
            return self._constant(value.number)
        match value.operation:
            case "input":
                return str(value.detail)
            case "ones":
                return self._ones(value.shape)
            case "transpose":
                return f"{self._operand(value.args[0])}.T"
            case "column":
                return f"{self._operand(value.args[0])}[:, None]"
            case "vector":
                return f"{self._operand(value.args[0])}[:, 0]"
            case "indicator" if value not in self.local:
                return self._call(value, None)
        if value.operation in CONDITIONS:
            return f"{self._use(value.operation)}({', '.join(map(self._operand, value.args))})"
        return self.local[value]

    def _use(self, function: str) -> str:
        self.functions.add(function)
        return function

    def _constant(self, number: sympy.Expr) -> str:
        """A number among arrays: an array of rank 0, made once, or once for each batch size."""
        if number.free_symbols:
            text = number_text(number, self.sizes)
            name = next((n for n, how in self.prepared.items() if how == f"array({text}, dtype)"), None)
            name = name or f"factor{1 + sum(n.startswith('factor') for n in self.prepared)}"
            self.prepared[name] = f"array({text}, dtype)"
            return name
        return self.constants.setdefault(number, _NAMED_NUMBERS.get(number) or f"constant{1 + len(self.constants)}")

    def _ones(self, shape: Shape) -> str:
        how = f"ones({self._shape(shape)}, dtype)"
        name = next((n for n, known in self.prepared.items() if known == how), None)
        name = name or f"ones{1 + sum(n.startswith('ones') for n in self.prepared)}"
        self.prepared[name] = how
        return name

    def _size(self, size: sympy.Expr) -> str:
        return self.sizes.get(size) or number_text(size, self.sizes)

    def _shape(self, shape: Shape) -> str:
        entries = [self._size(size) for size in shape]
        return entries[0] if len(entries) == 1 else f"({', '.join(entries)})"

    # Scalars of the data: Python floats

    def _scalar(self, value: Value) -> tuple[str, int]:
        """The expression that computes a scalar, and how tightly it binds: 1 a sum, 2 a product, 3 an atom."""
        match value.operation:
            case "inner":
                return self._inner(value), 3
            case "total":
                return f"float({self._operand(value.args[0])}.sum())", 3
        sign, level = {"add": ("+", 1), "subtract": ("-", 1), "multiply": ("*", 2), "divide": ("/", 2)}.get(value.operation, ("", 3))
        if sign:
            left, right = value.args
            return f"{self._scalar_operand(left, level)} {sign} {self._scalar_operand(right, level + (sign in '-/'))}", level
        args = [self._scalar_operand(arg, 3) for arg in value.args]
        match value.operation:
            case "negative":
                return f"-{args[0]}", 2
            case "square":
                return f"{args[0]} * {args[0]}", 2
        return f"float({self._use(value.operation)}({', '.join(args)}))", 3

    def _inner(self, value: Value) -> str:
        """An inner product of all entries; of a buffer with itself by its flat view, which takes half the time of `vdot`."""
        left, right = value.args
        number = self.memory.buffer.get(self.memory.root(left))
        if left is right and number is not None:
            flat = f"flat{number + 1}"
            self.prepared[flat] = f"{self._buffer(number)}.reshape(-1)"
            return f"float({flat}.dot({flat}))"
        return f"float({self._use('vdot')}({self._operand(left)}, {self._operand(right)}))"

    def _scalar_operand(self, value: Value, level: int = 3) -> str:
        """A scalar inside an expression, in brackets if it binds less tightly than its place asks for."""
        if value.is_number:
            text = number_text(value.number, self.sizes)
            own = 2 if " " in text or text.startswith("-") else 3
        elif value in self.local:
            return self.local[value]
        else:
            text, own = self._scalar(value)
        return text if own >= level else f"({text})"

    # The frame

    def buffer_maker(self, buffers: str) -> list[str]:
        """The function that makes the buffers of one function, and where they are kept."""
        made = {f"buffer{i + 1}": f"empty({self._shape(shape)}, dtype)" for i, shape in enumerate(self.memory.shapes)} | self.prepared
        name = f"make_{buffers}"
        return [
            f"def {name}({', '.join(self.sizes.values())}):",
            '    """Room for what is computed on the way, and numbers that depend on the batch size."""',
            *(f"    {made_name} = {how}" for made_name, how in made.items()),
            *wrapped(f"({', '.join(made)}{',' if len(made) == 1 else ''})", "", 4, "return "),
            "", "", f"{buffers} = Buffers({name})",
        ]  # fmt: skip

    def _opening(self, what: "_Whole | _Forward") -> list[str]:
        """Arguments unpacked and checked, quickly where all is well; buffers fetched."""
        names = [argument.name for argument in what.inputs]
        own = [name for name in names if name not in ("x", "y")]
        target = "y" if what.needs_target else "None"
        taken = [name if name in names else "_" for name in ("x", "y", *own)] + list(self.sizes.values())
        call = f"{what.buffers}.quietly(_{what.name}, {what.arguments})"
        ending = [f"    return {call}"]
        if what.needs_target:
            copy = "        grads = written(out, grads, list(shapes)[2:], pairs)"
            ending = [f"    cost, grads = {call}", "    if out is not None:", copy, "    return cost, grads"]
        return [
            f"def {what.name}({what.arguments}{', out=None' if what.needs_target else ''}):",
            *what.documentation(", ".join(self._argument_text(a) for a in what.inputs)),
            *ending,
            "", "", f"def _{what.name}({what.arguments}):",
            "    try:",
            *self._unpacking(what, own),
            *(f"        {line}" for line in self._sizes_from_shapes(what)),
            *self._fits(what),
            "    except (AttributeError, IndexError, KeyError, TypeError, ValueError):",
            "        fits = False",
            "    if not fits:",
            *wrapped(f"[{', '.join(taken)}]", f"= prepared(params, x, {target}, shapes, pairs, dtype)", 8),
            *self.fetching(what.buffers),
        ]  # fmt: skip

    def fetching(self, buffers: str) -> list[str]:
        """The line that gets the buffers of this thread for these sizes."""
        all_sizes = list(self.sizes.values())
        fetched = [f"buffer{i + 1}" for i in range(len(self.memory.shapes))] + list(self.prepared)
        key = f"({', '.join(all_sizes)})" if len(all_sizes) > 1 else "N"
        room = f"= {buffers}.known.get({key}) or {buffers}.fresh({key})"
        return wrapped(f"[{', '.join(fetched)}]", room, 4) if fetched else []

    def _argument_text(self, argument: Argument) -> str:
        return f"{argument.name} ({', '.join(self._size(size) for size in argument.shape)})"

    def _unpacking(self, what: "_Whole | _Forward", names: list[str]) -> list[str]:
        if what.program.layers is not None:
            pairs = [f"({w}, {b})" for w, b in what.program.layers]
            return wrapped(f"[{', '.join(pairs)}]", "= params", 8)
        return [f'        {name} = params["{name}"]' for name in names]

    def _sizes_from_shapes(self, what: "_Whole | _Forward") -> Iterator[str]:
        for size, name in self.sizes.items():
            argument = next((a for a in what.inputs if size in a.shape), None)
            if argument is not None:
                yield f"{name} = {argument.name}.shape[{argument.shape.index(size)}]"

    def _fits(self, what: "_Whole | _Forward") -> list[str]:
        """The quick test that nothing need be converted or refused: one comparison for each shape, one chain of dtypes."""
        clauses = ["N > 0"]
        for argument in what.inputs:
            entries = [self._size(size) for size in argument.shape]
            clauses.append(f"and {argument.name}.shape == ({', '.join(entries)}{',' if len(entries) == 1 else ''})")
        clauses.append("and dtype is " + " is ".join(f"{a.name}.dtype" for a in what.inputs))
        unbreakable = " ".join(clause.replace(" ", "\0") if len(clause) < 100 else clause for clause in clauses)
        lines = [line.replace("\0", " ") for line in textwrap.wrap(unbreakable, 108)]
        return ["        fits = (", *(f"            {line}" for line in lines), "        )"]

    def _ending(self, what: "_Whole | _Forward") -> list[str]:
        own = ", ".join(f"{a.name}={a.name}" for a in what.inputs)
        check = wrapped(f"refuse_nonfinite({own})", "", 8)
        if not what.needs_target:
            output = self._operand(what.program.output)
            returned = output if is_array(what.program.output) else f"{output}.copy()"
            return [f"    if not isfinite({output}.sum()):", *check, f"    return {returned}"]
        cost = self._scalar_operand(what.program.cost, 1)
        grads = self.handed_over(what.program.gradients)
        lines = [] if cost == "cost" else [f"    cost = {cost}"]
        lines += ["    flat_x = x.ravel()", f"    if not ({self._finiteness_test(what, grads)}):", *check]
        named = ", ".join(f'"{a.name}": {g}' for a, g in zip(what.program.parameters, grads, strict=True))
        if what.program.layers is None:
            return [*lines, *wrapped(f"return cost, {{{named}}}", "", 4)]
        pairs = ", ".join(f"({w}, {b})" for w, b in zip(grads[::2], grads[1::2], strict=True))
        by_name, by_layer = wrapped(f"return cost, {{{named}}}", "", 8), wrapped(f"return cost, [{pairs}]", "", 4)
        return [*lines, "    if isinstance(params, dict):", *by_name, *by_layer]

    def _finiteness_test(self, what: "_Whole | _Forward", grads: list[str]) -> str:
        """A cheap test that every nan or infinity in an argument fails, if it spoils any result.

        A nan reaches the cost.  An infinity may not (a unit saturates), but times 0 it gives a nan in the gradients: one
        in x in those of its layer, one in a weight in all those below, of which the last computed vector is looked at.
        """
        rank = {name: len(value.shape) for name, value in zip(grads, what.program.gradients, strict=True)}
        order = [assignment.name for assignment in what.program.backward if rank.get(assignment.name) == 1]
        last = f" and isfinite({order[-1]}.dot({order[-1]}))" if order else ""
        return f"isfinite(cost) and isfinite(flat_x.dot(flat_x)){last}"

    def handed_over(self, values: Sequence[Value]) -> list[str]:
        """How results are written: a scalar as it is; an array that is an argument, a view or handed over before is copied."""
        names: list[str] = []
        for value in values:
            if value.shape == ():
                names.append(self._scalar_operand(value, 1))
                continue
            name = self._operand(value)
            is_own = is_array(value) and name not in names
            names.append(name if is_own else f"{name}.copy()")
        return names


def _schedule(assignments: Sequence[Assignment], results: Sequence[Value]) -> tuple[list[Value], dict[Value, Assignment]]:
    """The values that are needed, operands first, in the order of the assignments; and where a heading belongs.

    A heading stands above the first value that is made for it.
    """
    needed = _reachable(results)
    shared = _shared_scalars(needed, (*(a.value for a in assignments), *results))
    order: list[Value] = []
    placed: set[Value] = set()
    headings: dict[Value, Assignment] = {}
    pending = [a for a in assignments if a.value in needed] + [Assignment("", value) for value in results]
    for assignment in pending:
        before = len(order)
        _append(assignment.value, order, placed, shared)
        if len(order) > before and assignment.name:
            headings[order[before]] = assignment
    return order, headings


def _reachable(results: Sequence[Value]) -> set[Value]:
    found: set[Value] = set()
    pending = list(results)
    while pending:
        value = pending.pop()
        if value not in found:
            found.add(value)
            pending.extend(value.args)
    return found


def _append(value: Value, order: list[Value], placed: set[Value], shared: frozenset[Value]) -> None:
    """`value` after its operands; what is written where it is used has no line of its own."""
    if value in placed or value.operation in ("input", "number", "ones"):
        return
    placed.add(value)
    for arg in value.args:
        _append(arg, order, placed, shared)
    is_inline = value.operation in VIEWS or value.operation in CONDITIONS or (value.shape == () and value not in shared)
    if not is_inline:
        order.append(value)


def _shared_scalars(values: Iterable[Value], named: Iterable[Value]) -> frozenset[Value]:
    """The scalars that need a line: those with a name, those used twice, and those used by an array."""
    uses = Counter(arg for value in values for arg in value.args if arg.shape == ())
    by_arrays = {arg for value in values if value.shape != () for arg in value.args}
    return frozenset(named) | {scalar for scalar, count in uses.items() if count > 1 or scalar in by_arrays}


def wrapped(left: str, right: str, indent: int, before: str = "") -> list[str]:
    """`before` `left` `right` in as many lines as it needs; `left` is wrapped inside its brackets."""
    whole = f"{before}{left} {right}".rstrip()
    if len(whole) + indent <= 118:
        return [" " * indent + whole]
    opening = next(i for i, letter in enumerate(left) if letter in "([{")
    inner = textwrap.wrap(left[opening + 1 : -1], 112 - indent, break_long_words=False)
    tail = f"{left[-1]} {right}".rstrip()
    return [" " * indent + before + left[: opening + 1], *(" " * (indent + 4) + line for line in inner), " " * indent + tail]
