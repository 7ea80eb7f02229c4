"""A routine as Python source for NumPy: gradients of some, of each sample, VJP, JVP and Hessian-vector products.

The lines that compute are written as those of the gradient function are (see `numpy_backend`).  What stands around them
is plainer: arguments are always taken apart and checked, which costs some microseconds.
"""

import textwrap
from collections.abc import Mapping, Sequence

import sympy

from symback.numerics.numpy_backend import Writer, heading, shape_table, size_names, wrapped
from symback.numerics.program import Group, Program
from symback.numerics.routine import Routine

__all__ = ["documentation", "groups_text", "routine_source", "title_of"]

BUFFERS = "routine_buffers"


def routine_source(routine: Routine, dtype: str) -> str:
    """The text of a module with the one function `routine.name`; it needs `runtime` (and `erf`) in its namespace."""
    sizes = size_names(routine.batch_size, routine.inputs, routine.assignments)
    writer = Writer(sizes)
    body = writer.body(routine.assignments, tuple(routine.results.values()))
    ending = _ending(routine, writer)
    name, arguments = routine.name, ", ".join(title_of(part) for part in routine.takes)
    lines = [
        *writer.buffer_maker(BUFFERS),
        "", "", f"def {name}({arguments}):", *documentation(routine, sizes), f"    return {BUFFERS}.quietly(_{name}, {arguments})",
        "", "", f"def _{name}({arguments}):", *_opening(routine, writer), *body, "", *ending,
    ]  # fmt: skip
    return "\n".join([*heading(writer, dtype), *shape_table(routine.inputs, sizes), *groups_text(routine), "", "", *lines]) + "\n"


def title_of(part: str | Group) -> str:
    """What an argument or a result is called."""
    return part if isinstance(part, str) else part.title


def documentation(routine: Program | Routine, sizes: Mapping[sympy.Symbol, str]) -> list[str]:
    """What it computes, what it gives, and the forms and shapes of what it takes."""
    shapes = ", ".join(f"{a.name} ({', '.join(sizes.get(size) or str(size) for size in a.shape)})" for a in routine.inputs)
    forms = "".join(f"  {group.title}: {_form(group)}." for group in (*routine.takes, *routine.gives) if isinstance(group, Group))
    text = f"Gives {', '.join(map(title_of, routine.gives))}.{forms}  Shapes: {shapes}."
    lines = textwrap.wrap(text, 116, initial_indent="    ", subsequent_indent="    ", break_long_words=False)
    return [f'    """{routine.meaning}', "", *lines, '    """']


def _form(group: Group) -> str:
    names = f"a dict of {', '.join(group.keys)}"
    return f"a list of (W, b), one pair for each layer, or {names}" if group.is_layered else names


def groups_text(routine: Program | Routine) -> list[str]:
    """What the arrays of each group are called by the caller, and how they pair."""
    lines: list[str] = []
    for group in (*routine.takes, *routine.gives):
        if isinstance(group, Group):
            lines += wrapped(_listed(group.keys), "", 0, f"{group.title}_names = ")
    if routine.layers is not None:
        lines += wrapped(f"[{', '.join(f'({w!r}, {b!r})' for w, b in routine.layers)}]".replace("'", '"'), "", 0, "pairs = ")
    return lines


def _listed(names: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _opening(routine: Routine, writer: Writer) -> list[str]:
    """Every array by its name inside, checked; then the sizes, and the buffers."""
    lines = []
    named = [f'"{part}": {part}' for part in routine.takes if isinstance(part, str)]
    for group in routine.takes:
        if isinstance(group, Group):
            pairs = "pairs" if group.is_layered else "None"
            lines.append(f'    {group.title} = members("{group.title}", {group.title}, {group.title}_names, {pairs})')
            named += [f'"{name}": {group.title}["{key}"]' for key, name in zip(group.keys, group.names, strict=True)]
    names = [argument.name for argument in routine.inputs]
    finite = ", ".join(f"{name}={name}" for name in names)
    form = ["    form = params"] if any(isinstance(part, Group) and part.is_layered for part in routine.gives) else []
    return [
        *form, *lines, *wrapped(f"{{{', '.join(named)}}}", "", 4, "named = "),
        *wrapped(f"[{', '.join([*names, *writer.sizes.values()])}]", "= checked(named, shapes, dtype)", 4),
        *wrapped(f"refuse_nonfinite({finite})", "", 4),
        *writer.fetching(BUFFERS),
    ]  # fmt: skip


def _ending(routine: Routine, writer: Writer) -> list[str]:
    """The results in their order, groups in their form; a single one by itself."""
    written = dict(zip(routine.results, writer.handed_over(tuple(routine.results.values())), strict=True))
    lines: list[str] = []
    given = []
    for part in routine.gives:
        if isinstance(part, str):
            given.append(written[part])
            continue
        arrays = f"[{', '.join(written[name] for name in part.names)}]"
        lines += wrapped(arrays, "", 4, f"{part.title} = ")
        given.append(f"packed({part.title}, {part.title}_names{', form' if part.is_layered else ''})")
    return [*lines, f"    return {', '.join(given)}"]
