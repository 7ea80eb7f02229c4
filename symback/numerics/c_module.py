"""A stand-alone C file: one function of named arrays, with a comment on top that says how to compile and call it."""

import textwrap

from symback.numerics.c_source import c_source, identifier
from symback.numerics.program import Argument, Program

__all__ = ["c_module_source"]

_HEAD = """/* Cost and gradients of a network, derived and written by symback.  Needs the C library and POSIX threads alone.

   A shared library:   cc {flags} -shared -fPIC grad.c -o grad.so -lm
   With a program:     cc {flags} main.c grad.c -o main -lm

   int value_and_grad(long N, int threads, const {c} *x, …, double *cost, {c} *dW1, …)   (declared in full at the end)

   N is the number of samples, at least 1; all arrays are {c}, row by row, without gaps:

{shapes}

   cost (one double) and the gradients, which have the shapes of the parameters, are averaged over the samples.  They are
   written to; the other arrays are not.  `threads` may be 1 or more.  The result is 0; 1 where the cost, an entry of x or a
   gradient is not finite; 2 where N is less than 1; 3 where there is no memory.  It may be called from several threads at once.
   The code is right for every processor, and fast for the one that -march=native names. */
"""
FLAGS = "-O2 -march=native -ffp-contract=fast -fno-math-errno -fno-trapping-math -pthread"


def c_module_source(program: Program, dtype: str) -> str:
    """The text of the file; its sizes have to be numbers."""
    body = c_source(program, dtype)
    scalar = "double" if dtype == "float64" else "float"
    shapes = "\n".join(f"       {_shape_text(argument)}" for argument in program.inputs)
    head = _HEAD.format(flags=FLAGS, c=scalar, shapes=shapes)
    return f"{head}{body}\n{_entry(program, scalar)}"


def _shape_text(argument: Argument) -> str:
    return f"{identifier(argument.name)}[{']['.join(map(str, argument.shape))}]" if argument.shape else f"*{identifier(argument.name)}"


def _entry(program: Program, scalar: str) -> str:
    """The function of named arrays."""
    names = [identifier(argument.name) for argument in program.inputs]
    gradients = [f"d{identifier(argument.name)}" for argument in program.parameters]
    given = [f"const {scalar} *{name}" for name in names]
    parameters = ["long N", "int threads", *given, "double *cost", *(f"{scalar} *{name}" for name in gradients)]
    signature = textwrap.wrap(f"int value_and_grad({', '.join(parameters)}) {{", 118, subsequent_indent="                   ")
    return "\n".join([
        *signature,
        *textwrap.wrap(f"const real *in[] = {{{', '.join(names)}}};", 110, initial_indent="    ", subsequent_indent="        "),
        *textwrap.wrap(f"real *out[] = {{{', '.join(gradients)}}};", 110, initial_indent="    ", subsequent_indent="        "),
        "    if (N < 1) return 2;",
        "    if (threads < 1) threads = 1;",
        "    if (threads > 64) threads = 64;",
        "    void *room = aligned_alloc(64, (symback_room(N, threads) + 127) / 64 * 64);",
        "    if (!room) return 3;",
        "    int result = symback_evaluate(N, threads, in, out, cost, room);",
        "    free(room);",
        "    return result;",
        "}",
        "",
    ])  # fmt: skip
