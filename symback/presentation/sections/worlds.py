"""The two worlds: derivatives as Jacobians, in rows, and derivatives entry by entry, in columns; and all shapes.

    columns    δ^L = ∇_a C ⊙ σ'(z^L)                    n × 1 = (n × 1) ⊙ (n × 1)
    rows       (δ^L)ᵀ = (∇_a C)ᵀ ∂a^L/∂z^L              1 × n = (1 × n) (n × n)

Decision: what a book of the second kind calls δ is written δᵀ here, because δ is a column on the rest of the page, and a
letter that is a column in one line and a row in the next is how transposes get lost.
"""

from collections.abc import Sequence

import sympy
from sympy.matrices.expressions.diagonal import DiagMatrix

from symback.calculus.line_by_line import product
from symback.language.as_written import AsProduct
from symback.language.expressions import Var, map_, slot
from symback.language.names import LAST_LAYER, LAYER
from symback.network.layers import Dense
from symback.network.place import Numbered
from symback.presentation.blocks import Block, Equations, Heading, Line, Math, Prose, Size, Spans, Table
from symback.presentation.sections.subject import Subject
from symback.simplification.matrix_form import matrix_form

__all__ = ["shape_table", "worlds_section"]

MOST_WRITTEN_OUT = 3  # units of a layer whose Jacobian is written entry by entry
MOST_COLUMNS = 4  # layers in the table of shapes


def worlds_section(subject: Subject) -> list[Block]:
    """The last layer in both worlds, a hidden one, what is the same, and the table of shapes."""
    dense = [layer for layer in subject.network.numbered if isinstance(layer.layer, Dense)]
    derivation = subject.derivations[0]
    if derivation.forward.is_batch or not dense:
        return []
    words = "Derivatives of vectors are written in two ways. Entry by entry, a derivative of the cost has the shape of what it is "
    words += "taken by: a column. As Jacobians, rows belong to what is differentiated and columns to what it is taken by: a row."
    blocks: list[Block] = [Heading(("Two worlds: columns and Jacobians",)), Prose((words,))]
    blocks += _last_layer(subject, dense[-1])
    if len(subject.derivations) > 1 or len(dense) > 1:
        blocks += _hidden_layer(subject)
    return [*blocks, *_difference(subject), Heading(("All shapes",), 2), shape_table(subject)]


def _symbol(subject: Subject, letter: str, layer: object, which: int = 0) -> Var | None:
    """A quantity of the forward pass by its letter and layer."""
    forward = subject.derivations[which].forward
    names = (*(equation.symbol for equation in forward.equations), *forward.parameters, forward.inputs)
    return next((name for name in names if name.name.letter == letter and name.name.layer == layer), None)


def _whole(symbol: Var) -> sympy.MatrixExpr:
    return matrix_form(symbol)


def _jacobian(above: Var, below: Var) -> sympy.MatrixSymbol:
    """∂a/∂z as one sign."""
    return sympy.MatrixSymbol(f"d{above.name}/d{below.name}", above.axes[0].size, below.axes[0].size)


def _slopes(subject: Subject, number: Numbered, z: Var) -> sympy.MatrixExpr | None:
    """σ'(z) of a layer; None if it is not element-wise or has parameters that are learned."""
    function = number.layer.activation.function
    if function is None or number.layer.activation.name == "identity":
        return None
    return matrix_form(map_(function.prime()(slot(0)), (z,)))


# The last layer --------------------------------------------------------------------------------------------------


def _last_layer(subject: Subject, number: Numbered) -> list[Block]:
    """δ^L in both worlds, and entry by entry where the layer is small."""
    derivation, layer = subject.derivations[0], (LAST_LAYER if subject.network.is_generic else number.number)
    z, a = _symbol(subject, "z", layer), _symbol(subject, "a", layer)
    if z is None or a is None:
        return []
    size = a.axes[0].size
    delta = matrix_form(derivation.delta(layer).symbol)
    gradient = sympy.MatrixSymbol(f"dC/d{a.name}", size, 1)
    record = next((r for r in derivation.records if r.target is a), None)
    known = None if record is None else matrix_form(record.tensor)
    slopes = _slopes(subject, number, z)
    blocks: list[Block] = [Heading(("The last layer" if subject.network.is_generic else f"Layer {layer}, the last",), 2)]
    if slopes is None:
        return [*blocks, *_without_slopes(number, gradient, delta, _jacobian(a, z), matrix_form(derivation.delta(layer).tensor))]
    given = gradient if known is None else known
    columns = [Line(delta, sympy.HadamardProduct(gradient, slopes)), Line(None, sympy.HadamardProduct(given, slopes))]
    rows = [
        Line(_jacobian(a, z), DiagMatrix(slopes)),
        Line(delta.T, sympy.MatMul(gradient.T, _jacobian(a, z), evaluate=False)),
        Line(None, sympy.MatMul(sympy.Transpose(given), DiagMatrix(slopes), evaluate=False)),
    ]
    keep = 1 if known is None or known == gradient else 2
    blocks += [Prose(("In columns, ", Size((size, 1)), ":")), Equations(tuple(columns[:keep]))]
    words = "In rows, a row of ", Size((1, size)), " times a diagonal matrix of ", Size((size, size))
    blocks += [Prose((*words, ", because each unit has its own slope:")), Equations(tuple(rows))]
    return [*blocks, *_written_out(subject, number, z, a, known)]


def _without_slopes(number: Numbered, gradient, delta, jacobian, result: sympy.Expr) -> list[Block]:
    """A layer without a slope for each unit: identity, or softmax, whose Jacobian is not diagonal."""
    rows = (Line(delta.T, sympy.MatMul(gradient.T, jacobian, evaluate=False)),)
    if number.layer.activation.name == "identity":
        same = Line(jacobian, sympy.Identity(jacobian.rows))
        return [Prose(("Nothing is activated, so the Jacobian is the identity, and both worlds say the same:",)), Equations((same, *rows))]
    columns: tuple[Line, ...] = (Line(delta, sympy.MatMul(jacobian.T, gradient, evaluate=False)),)
    if result not in (columns[0].right, delta):
        columns = (*columns, Line(None, result, ("with the cost of this page",)))
    words = "Here the Jacobian is not diagonal: each output depends on every weighted input, so the product entry by entry does not exist."
    below = "In columns the same matrix stands transposed on the left:"
    return [Prose((words + " In rows:",)), Equations(rows), Prose((below,)), Equations(columns)]


def _written_out(subject: Subject, number: Numbered, z: Var, a: Var, known: sympy.Expr | None) -> list[Block]:
    """Both products with their entries, and that these are the same."""
    size = a.axes[0].size
    function = number.layer.activation.function
    if not size.is_Integer or size > MOST_WRITTEN_OUT or known is None or function is None:
        return []
    ranges = range(1, int(size) + 1)
    base = sympy.IndexedBase(str(z.name))
    slopes = [function.prime()(base[sympy.Integer(j)]) for j in ranges]
    gradient = [_entry_of(known, j) for j in ranges]
    products = [product(*sympy.Mul.make_args(each), slope) for each, slope in zip(gradient, slopes, strict=True)]
    delta = matrix_form(subject.derivations[0].delta(a.name.layer).symbol)
    row = AsProduct(sympy.ImmutableMatrix([gradient]), sympy.ImmutableMatrix(sympy.diag(*slopes)))
    column = sympy.HadamardProduct(sympy.ImmutableMatrix(gradient), sympy.ImmutableMatrix(slopes), evaluate=False)
    rows = (Line(delta.T, row), Line(None, sympy.ImmutableMatrix([products])))
    columns = (Line(delta, column), Line(None, sympy.ImmutableMatrix(products)))
    words = "Written out, the matrix has zeros wherever the product entry by entry has nothing to say:"
    return [Prose((words,)), Equations(rows), Equations(columns), Prose(("The same numbers, once in a row and once in a column.",))]


def _entry_of(vector: sympy.MatrixExpr, j: int) -> sympy.Expr:
    """The j-th entry with indexed names."""
    entry = vector[j - 1, 0]
    names = {e: sympy.Indexed(str(e.parent), sympy.Integer(j)) for e in entry.atoms(sympy.matrices.expressions.matexpr.MatrixElement)}
    return entry.xreplace(names)


# A hidden layer --------------------------------------------------------------------------------------------------


def _hidden_layer(subject: Subject) -> list[Block]:
    """δ of the layer below in both worlds."""
    is_generic = len(subject.derivations) > 1
    which = 1 if is_generic else 0
    layer = LAYER if is_generic else subject.network.depth - 1
    parts = [_symbol(subject, "z", layer, which), _symbol(subject, "a", layer, which), _symbol(subject, "z", layer + 1, which)]
    weights = _symbol(subject, "W", layer + 1, which)
    numbers = subject.network.numbered
    number = numbers[-2] if len(numbers) > 1 else numbers[-1]
    if any(part is None for part in (*parts, weights)) or not isinstance(number.layer, Dense):
        return []
    z, a, above = parts
    assert z is not None and a is not None and above is not None and weights is not None
    slopes = _slopes(subject, number, z)
    if slopes is None:
        return []
    here, next_one = (sympy.MatrixSymbol(f"delta^{n if str(n).isalnum() else f'({n})'}".replace(" ", ""), s.axes[0].size, 1)
                      for n, s in ((layer, z), (layer + 1, above)))  # fmt: skip
    w = _whole(weights)
    columns = Line(here, sympy.HadamardProduct(w.T * next_one, slopes))
    rows = (
        Line(here.T, sympy.MatMul(next_one.T, _jacobian(above, a), _jacobian(a, z), evaluate=False)),
        Line(None, sympy.MatMul(next_one.T, w, DiagMatrix(slopes), evaluate=False)),
    )
    return [
        Heading(("A hidden layer",), 2),
        Prose(("In columns the weights stand transposed and on the left:",)),
        Equations((columns,)),
        Prose(("In rows they stand as they are and on the right, since ", Math((_jacobian(above, a), w)), ":")),
        Equations(rows),
    ]


def _difference(subject: Subject) -> list[Block]:
    """Which world the page lives in."""
    own = "rows" if subject.manner.layout == "jacobian" else "columns"
    words = f"One is the transpose of the other, line by line. This page is written in {own}. Programs use columns and the product entry "
    words += "by entry: a diagonal matrix is nearly all zeros."
    return [Prose((words,))]


# Shapes ----------------------------------------------------------------------------------------------------------


def shape_table(subject: Subject) -> Table:
    """Every quantity with its shape for a layer l, and for layers of this network."""
    numbers = [] if subject.network.is_generic else [n for n in subject.network.numbered if isinstance(n.layer, Dense)]
    shown = numbers if len(numbers) <= MOST_COLUMNS else [*numbers[:2], numbers[-1]]
    rows, columns = (sympy.Symbol(name, integer=True, positive=True) for name in ("n_{l}", "n_{l-1}"))
    header: tuple[Spans, ...] = (("quantity",), ("what it is",), ("shape",), *((f"layer {n.number}",) for n in shown))
    body: list[tuple[Spans, ...]] = []
    for sign, words, shape in _quantities(rows, columns):
        sizes: list[Spans] = [(Size(shape),), *((Size(tuple(_put(side, rows, columns, n) for side in shape)),) for n in shown)]
        body.append(((Math((sign,)),), (words,), *sizes))
    return Table(header, tuple(body))


def _put(side: sympy.Expr, rows: sympy.Symbol, columns: sympy.Symbol, number: Numbered) -> sympy.Expr:
    return side.xreplace(
        {
            rows: sympy.Integer(number.outputs) if isinstance(number.outputs, int) else number.outputs,
            columns: sympy.Integer(number.inputs) if isinstance(number.inputs, int) else number.inputs,
        }
    )


def _quantities(n: sympy.Symbol, m: sympy.Symbol) -> Sequence[tuple[sympy.Expr, str, tuple[sympy.Expr, ...]]]:
    """Sign, words and shape of what a dense layer l has."""
    one = sympy.S.One

    def whole(text: str, *shape: sympy.Expr) -> sympy.MatrixSymbol:
        return sympy.MatrixSymbol(text, *shape)

    delta = whole("delta^l", n, 1)
    return (
        (whole("a^(l-1)", m, 1), "input of the layer", (m, one)),
        (whole("W^l", n, m), "weights", (n, m)),
        (whole("b^l", n, 1), "biases", (n, one)),
        (whole("z^l", n, 1), "weighted input", (n, one)),
        (whole("a^l", n, 1), "output", (n, one)),
        (sympy.Symbol("C", real=True), "cost, a number", ()),
        (whole("da^l/dz^l", n, n), "Jacobian of the activation", (n, n)),
        (whole("dz^l/da^(l-1)", n, m), "Jacobian of the weighted input", (n, m)),
        (delta, "error, in columns", (n, one)),
        (delta.T, "error, in rows", (one, n)),
        (whole("dC/da^l", n, 1), "gradient of the output", (n, one)),
        (whole("dC/dW^l", n, m), "gradient of the weights", (n, m)),
        (whole("dC/db^l", n, 1), "gradient of the biases", (n, one)),
    )
