"""A program as a pure function of arrays, for JAX and for PyTorch: nothing is written in place, nothing is checked but shapes.

One line for each named quantity, in the operators of the library; what is needed once stands where it is used.  The two
differ in a handful of names, which are the rows of `LIBRARIES`.  The batch size is read off x when the function is called
or traced, so one function serves every batch size, and JAX compiles it once for each.

Many devices.  The function is pure and its sums over the batch are ordinary sums, so that JAX distributes it by itself:
lay the rows of x and y over the devices and repeat the parameters, and the compiler adds up the gradients of the parts.

    import jax, numpy as np
    from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
    f = symback.lambdify(network, dtype="float32", backend="jax")
    mesh = Mesh(np.array(jax.devices()), ("data",))
    x = jax.device_put(x, NamedSharding(mesh, P("data")))          # so many rows on each device
    y = jax.device_put(y, NamedSharding(mesh, P("data")))
    params = jax.device_put(params, NamedSharding(mesh, P()))      # the same on all
    cost, grads = f(params, x, y)                                  # averaged over all rows, the same on all devices

Many machines.  Each machine runs the same script; `jax.devices()` are then the devices of all of them, and each machine
hands over the rows that it has itself:

    jax.distributed.initialize(coordinator_address="10.0.0.1:1234", num_processes=4, process_id=which_one_am_i)
    mesh = Mesh(np.array(jax.devices()), ("data",))
    rows = NamedSharding(mesh, P("data"))
    x = jax.make_array_from_process_local_data(rows, own_x)        # own_x: this machine's share of the batch
    y = jax.make_array_from_process_local_data(rows, own_y)
    params = jax.make_array_from_process_local_data(NamedSharding(mesh, P()), params)   # for each array of params
    cost, grads = f(params, x, y)                                  # every machine gets the averaged gradient

In PyTorch, average the results over the processes:  torch.distributed.all_reduce(g, op=torch.distributed.ReduceOp.AVG)
for each gradient g, where all have equally many rows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sympy

from symback.errors import UnsupportedError
from symback.numerics.comments import number_text
from symback.numerics.numpy_backend import size_names, wrapped
from symback.numerics.numpy_routine import documentation, groups_text, title_of
from symback.numerics.operations import Shape, Value
from symback.numerics.program import Argument, Assignment, Group, Program
from symback.numerics.routine import Routine

__all__ = ["LIBRARIES", "Library", "array_source"]

ATOM = 6
LONGEST = 72  # what is longer gets a line of its own
_INFIX = {
    "add": ("+", 3), "subtract": ("-", 3), "matmul": ("@", 4), "multiply": ("*", 4), "divide": ("/", 4), "power": ("**", 5),
    "greater": (">", 1), "greater_equal": (">=", 1), "less": ("<", 1), "less_equal": ("<=", 1), "equal": ("==", 1),
    "not_equal": ("!=", 1), "logical_and": ("&", 2), "logical_or": ("|", 2),
}  # fmt: skip
_FUNCTIONS = frozenset({
    "exp", "log", "log1p", "expm1", "tanh", "sqrt", "square", "absolute", "sign", "sin", "cos", "sinh", "cosh", "arctan", "erf",
})  # fmt: skip
_SUFFIXES = {"transpose": ".T", "column": "[:, None]", "vector": "[:, 0]", "total": ".sum()", "column_sums": ".sum(axis=0)"}


@dataclass(frozen=True)
class Library:
    """How one library is imported and spelled: {0}, {1} are operands, {shape} a shape; `elsewhere` functions of other modules.

    `sigmoid`: the library's own 1/(1 + exp(-u)), where one call is quicker than four; a compiler of arrays fuses the four.
    """

    module: str
    elsewhere: Mapping[str, str]
    dtype: str
    asarray: str
    row_sums: str = "{0}.sum(axis=-1, keepdims=True)"
    row_maxima: str = "{0}.max(axis=-1, keepdims=True)"
    indicator: str = "({0}).astype(dtype)"
    constant: str = "asarray({0}, dtype)"
    identity: str = "eye({0}, dtype=dtype)"
    ones: str = "ones({shape}, dtype)"
    full: str = "broadcast_to({0}, {shape})"
    sigmoid: str = ""
    above: str = "maximum({0}, {1})"
    below: str = "minimum({0}, {1})"


LIBRARIES: dict[str, Library] = {
    "jax": Library(
        module="jax.numpy", elsewhere={"erf": "jax.scipy.special"}, dtype='"{0}"', asarray="asarray({0}, dtype)",
    ),
    "torch": Library(
        module="torch", elsewhere={}, dtype="{0}", asarray="as_tensor({0}, dtype=dtype)",
        row_maxima="{0}.amax(dim=-1, keepdim=True)", indicator="({0}).to(dtype)", constant="x.new_tensor({0})",
        identity="eye({0}, dtype=dtype, device=x.device)", ones="ones({shape}, dtype=dtype, device=x.device)",
        sigmoid="sigmoid",
        above="clamp({0}, min={1})", below="clamp({0}, max={1})",
    ),
}  # fmt: skip


def array_source(program: Program | Routine, dtype: str, library: str) -> str:
    """The text of a module with the function, and for a whole gradient also `forward(params, x)`; it needs `runtime`."""
    sizes = size_names(program.batch_size, program.inputs, program.assignments)
    row = LIBRARIES[library]
    writer = _Writer(row, sizes)
    body = writer.function(program.takes, program.gives, program.inputs, program.assignments, program.results)
    arguments = ", ".join(map(title_of, program.takes))
    lines = [f"def {program.name}({arguments}):", *documentation(program, sizes), *body]
    if isinstance(program, Program):
        known = tuple(argument for argument in program.inputs if argument is not program.y)
        takes = (program.takes[0], "x")
        forward = writer.function(takes, ("output",), known, program.forward, {"output": program.output})
        lines += ["", "", "def forward(params, x):", '    """The output of the network for each row of x."""', *forward]
    head = [*_imports(row, writer.functions, dtype), "", "from symback.numerics.forms import fitting, members, packed", ""]
    head += [f"dtype = {row.dtype.format(dtype)}"]
    return "\n".join([*head, *groups_text(program), "", "", *lines]) + "\n"


def _imports(library: Library, functions: set[str], dtype: str) -> list[str]:
    """What the module takes from the library."""
    own = functions - set(library.elsewhere) | {library.asarray.split("(")[0]} | ({dtype} if library.dtype == "{0}" else set())
    plain = f"from {library.module} import {', '.join(sorted(own))}"
    lines = [plain] if len(plain) < 118 else wrapped(f"({', '.join(sorted(own))},)", "", 0, f"from {library.module} import ")
    return lines + [f"from {module} import {function}" for function, module in library.elsewhere.items() if function in functions]


@dataclass
class _Writer:
    """Turns values into lines of one library; collects the functions that it uses."""

    library: Library
    sizes: Mapping[sympy.Symbol, str]
    functions: set[str] = field(default_factory=set)
    local: dict[Value, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    uses: Counter = field(default_factory=Counter)
    count: int = 0

    def function(
        self,
        takes: Sequence[str | Group],
        gives: Sequence[str | Group],
        inputs: Sequence[Argument],
        assignments: Iterable[Assignment],
        results: Mapping[str, Value],
    ) -> list[str]:
        """The lines between the documentation and the end."""
        self.local, self.lines, self.count = {}, [], 0
        needed = _reachable(results.values())
        self.uses = Counter(arg for value in needed for arg in value.args) + Counter(results.values())
        for assignment in assignments:
            if assignment.value in needed and assignment.value.operation not in ("input", "number"):
                self._assign(assignment.value, assignment.name)
        written = {result: self._text(value)[0] for result, value in results.items()}
        return [*self._opening(takes, gives, inputs), "", *self.lines, "", *_ending(gives, written)]

    def _assign(self, value: Value, name: str) -> None:
        """A line for `value`, unless it has one."""
        if value not in self.local:
            text = self._formula(value)[0]
            self.local[value] = name
            self.lines.append(f"    {name} = {text}")

    def _text(self, value: Value) -> tuple[str, int]:
        """How a value is written where it is used, and how tightly that binds."""
        if value.is_number:
            text = number_text(value.number, self.sizes)
            return text, 4 if "/" in text or "*" in text else 3 if text.startswith("-") else ATOM
        if value.operation == "input":
            return str(value.detail), ATOM
        if value in self.local:
            return self.local[value], ATOM
        text, level = self._formula(value)
        is_cheap = value.operation in ("transpose", "column", "vector") and len(text) < LONGEST
        if (self.uses[value] > 1 and not is_cheap) or len(text) > LONGEST:
            self.count += 1
            name = f"t{self.count}"
            self.lines.append(f"    {name} = {text}")
            self.local[value] = name
            return name, ATOM
        return text, level

    def _operand(self, value: Value, level: int = ATOM) -> str:
        text, own = self._text(value)
        return text if own >= level else f"({text})"

    def _formula(self, value: Value) -> tuple[str, int]:
        """The operation, written with its operands."""
        operation, args, library = value.operation, value.args, self.library
        logit = _logit(value) if library.sigmoid else None
        if logit is not None:
            return f"{self._use(library.sigmoid)}({self._operand(logit, 0)})", ATOM
        if operation in _INFIX:
            sign, level = _INFIX[operation]
            is_strict = operation == "power" or level < 3
            return f"{self._operand(args[0], level + is_strict)} {sign} {self._operand(args[1], level + 1)}", level
        if operation in _FUNCTIONS:
            inner = self._operand(args[0], 0) if args[0].shape else self._constant(args[0])  # torch takes no numbers of Python's
            return f"{self._use(operation)}({inner})", ATOM
        if operation in _SUFFIXES:
            return f"{self._operand(args[0])}{_SUFFIXES[operation]}", ATOM
        shape = self._shape(value.shape)
        match operation:
            case "negative":
                return f"-{self._operand(args[0], 5)}", 4
            case "maximum" | "minimum":
                return self._cut(operation, args), ATOM
            case "row_sums" | "row_maxima":
                return getattr(library, operation).format(self._operand(args[0])), ATOM
            case "inner":
                return f"({self._operand(args[0], 4)} * {self._operand(args[1], 5)}).sum()", ATOM
            case "where":
                return self._choice(args), ATOM
            case "indicator":
                return library.indicator.format(self._operand(args[0], 0)), ATOM
            case "einsum":
                return f'{self._use("einsum")}("{value.detail}", {", ".join(self._operand(arg, 0) for arg in args)})', ATOM
            case "identity":
                self._use("eye")
                return library.identity.format(self._size(value.shape[0])), ATOM
            case "ones":
                self._use("ones")
                return library.ones.format(shape=shape), ATOM
            case "full":
                self._use("broadcast_to")
                return library.full.format(self._constant(args[0]), shape=shape), ATOM
        raise UnsupportedError(f"no form of the operation {operation} is known for {library.module}")

    def _cut(self, operation: str, args: Sequence[Value]) -> str:
        """max and min, of which one operand may be a number."""
        numbers = [arg for arg in args if arg.is_number]
        arrays = [arg for arg in args if not arg.is_number]
        form = self.library.above if operation == "maximum" else self.library.below
        if numbers and arrays:
            self._use(form.split("(")[0])
            return form.format(self._operand(arrays[0], 0), self._operand(numbers[0], 0))
        return f"{self._use(operation)}({', '.join(self._operand(arg, 0) for arg in args)})"

    def _choice(self, args: Sequence[Value]) -> str:
        """where: of two numbers, one is made an array, so that the dtype is known."""
        condition, first, second = args
        left = self._constant(first) if second.is_number else self._operand(first, 0)
        return f"{self._use('where')}({self._operand(condition, 0)}, {left}, {self._operand(second, 0)})"

    def _constant(self, value: Value) -> str:
        """An operand that has to be an array."""
        if not value.is_number:
            return self._operand(value, 0)
        self.functions.update({"asarray"} & {self.library.constant.split("(")[0]})
        return self.library.constant.format(self._operand(value, 0))

    def _use(self, function: str) -> str:
        self.functions.add(function)
        return function

    def _size(self, size: sympy.Expr) -> str:
        return self.sizes.get(size) or number_text(size, self.sizes)

    def _shape(self, shape: Shape) -> str:
        return f"({', '.join(map(self._size, shape))}{',' if len(shape) == 1 else ''})"

    def _opening(self, takes: Sequence[str | Group], gives: Sequence[str | Group], inputs: Sequence[Argument]) -> list[str]:
        """Every array by its name inside, in the dtype; shapes checked, sizes read off."""
        lines = ["    form = params"] if any(isinstance(part, Group) and part.is_layered for part in gives) else []
        named = {part: part for part in takes if isinstance(part, str)}
        for group in takes:
            if isinstance(group, Group):
                pairs = "pairs" if group.is_layered else "None"
                lines.append(f'    {group.title} = members("{group.title}", {group.title}, {group.title}_names, {pairs})')
                named |= {name: f'{group.title}["{key}"]' for key, name in zip(group.keys, group.names, strict=True)}
        for argument in inputs:
            lines.append(f"    {argument.name} = {self.library.asarray.format(named[argument.name])}")
        shapes = ", ".join(f'("{a.name}", {a.name}.shape, {self._checked_shape(a.shape)})' for a in inputs)
        return [*lines, *wrapped(f"fitting({shapes})", "", 4, f"[{', '.join(self._open_sizes(inputs))}] = ")]

    def _checked_shape(self, shape: Shape) -> str:
        entries = [f'"{self.sizes[size]}"' if size in self.sizes else str(size) for size in shape]
        return f"({', '.join(entries)}{',' if len(entries) == 1 else ''})"

    def _open_sizes(self, inputs: Sequence[Argument]) -> list[str]:
        return list(dict.fromkeys(self.sizes[size] for argument in inputs for size in argument.shape if size in self.sizes))


def _ending(gives: Sequence[str | Group], written: Mapping[str, str]) -> list[str]:
    """The results in their order, groups in their form."""
    lines: list[str] = []
    given = []
    for part in gives:
        if isinstance(part, str):
            given.append(written[part])
            continue
        lines += wrapped(f"[{', '.join(written[name] for name in part.names)}]", "", 4, f"{part.title} = ")
        given.append(f"packed({part.title}, {part.title}_names{', form' if part.is_layered else ''})")
    return [*lines, f"    return {', '.join(given)}"]


def _logit(value: Value) -> Value | None:
    """u of 1 / (1 + exp(-u))."""
    if value.operation != "divide" or not (value.args[0].is_number and value.args[0].number == 1 and value.args[1].operation == "add"):
        return None
    one, other = sorted(value.args[1].args, key=lambda arg: not arg.is_number)
    if not one.is_number or one.number != 1 or other.operation != "exp" or other.args[0].operation != "negative":
        return None
    return other.args[0].args[0]


def _reachable(results: Iterable[Value]) -> set[Value]:
    found: set[Value] = set()
    pending = list(results)
    while pending:
        value = pending.pop()
        if value not in found:
            found.add(value)
            pending.extend(value.args)
    return found
