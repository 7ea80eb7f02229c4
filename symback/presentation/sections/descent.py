"""Gradient descent: what the gradients are for.  The step, the same with a mini-batch, and why the cost gets smaller."""

import sympy

from symback.language.as_written import AsSum
from symback.language.names import LAYER
from symback.network.sizes import SAMPLES
from symback.presentation.blocks import Block, Equations, Heading, Items, Line, Math, Prose, Spans
from symback.presentation.descent import RATE, general_updates
from symback.presentation.manner import matrix_or_index
from symback.presentation.sections.subject import Subject
from symback.simplification.index_form import PartialDerivative, index_symbol

__all__ = ["descent_section"]

BATCH = sympy.Symbol("m", integer=True, positive=True)


def descent_section(subject: Subject) -> list[Block]:
    """The update of the parameters of a layer l, for one sample or the average of all, and for a mini-batch."""
    derivation = subject.derivations[-1]
    steps = general_updates(derivation)
    if not steps:
        return []
    lines = tuple(Line(*matrix_or_index(step.symbol, step.tensor, subject.manner)) for step in steps)
    rate, batch, samples = (Math((symbol,)) for symbol in (RATE, BATCH, SAMPLES))
    blocks: list[Block] = [
        Heading(("Gradient descent",)),
        Prose(("The gradient points to where the cost grows most. A step of learning rate ", rate,
               " goes the other way, in every layer ", Math((LAYER,)), ":")),
        Equations(lines),
        Prose(("All gradients are computed before any parameter is changed: those below need the old weights of the layers above.",)),
        Heading(("Mini-batches",), 2),
        Prose(("With ", samples, " samples the cost is the average of theirs, and a step needs all of them. A mini-batch of ", batch,
               " samples drawn at random gives an estimate of the same gradient, right on average, for a part of the work:")),
        Equations(_of_batch(subject)),
        *_remarks(samples, batch),
    ]  # fmt: skip
    return blocks


def _of_batch(subject: Subject) -> tuple[Line, ...]:
    """W_new = W - η/m Σ_s ∂C_s/∂W, and the same for b; their entries where a gradient is not shaped like what it is of."""
    s = index_symbol("s")
    each = sympy.Indexed("C_s", s)
    indices = {"W": (index_symbol("j"), index_symbol("k")), "b": (index_symbol("j"),)}
    lines = []
    for letter in ("W", "b"):
        old, new = (sympy.Symbol(f"{name}^l", real=True) for name in (letter, f"{letter}_new"))
        if subject.manner.layout == "jacobian":
            old, new = (sympy.Indexed(str(name), *indices[letter]) for name in (old, new))
        mean = sympy.Sum(PartialDerivative(each, old), (s, 1, BATCH))
        lines.append(Line(new, AsSum(old, -(RATE / BATCH) * mean)))
    return tuple(lines)


def _remarks(samples: Math, batch: Math) -> list[Block]:
    """Epochs, extremes, and the size of a step."""
    items: tuple[Spans, ...] = (
        ("An epoch is one pass over all samples, ", samples, " divided by ", batch, " steps."),
        (batch, " = 1 is stochastic gradient descent, ", batch, " = ", samples, " is descent with the whole training set."),
        ("The standard deviation of the estimate falls like one over the root of ", batch, ": four times the work halves the noise.",),
        ("To first order a step changes the cost by minus the learning rate times the square of the length of the gradient. "
         "A long step leaves the range where first order holds, and the cost may grow.",),
    )  # fmt: skip
    return [Items(items)]
