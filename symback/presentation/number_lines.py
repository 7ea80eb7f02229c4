"""The lines of one quantity in a worked example: its formula, the formula with matrices of numbers, the sums, the results.

    z^1 = W^1 a^0 + b^1
        = (0.1 0.3; 0.2 0.4) (1; 0.5) + (0.1; -0.1)
        = (0.1 · 1 + 0.3 · 0.5 + 0.1; 0.2 · 1 + 0.4 · 0.5 - 0.1) = (0.3500; 0.3000)

As many of them as fit stand in one line.  Sums too wide for the page are written entry by entry, one in a line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import sympy
from sympy.matrices.expressions.matexpr import MatrixExpr
from sympy.matrices.expressions.special import OneMatrix
from sympy.matrices.expressions.transpose import Transpose
from sympy.matrices.immutable import ImmutableDenseMatrix as Matrix

from symback.errors import UnsupportedError
from symback.language.expressions import Tensor, Var, leaves
from symback.language.notation import Notation
from symback.language.numerals import Numeral, Relations, WithNumbers
from symback.language.printing import to_text
from symback.numerics.decimals import decimal_text
from symback.presentation.blocks import Equations, Line
from symback.presentation.boxes import text_width
from symback.presentation.manner import Manner, entry, matrix_or_index
from symback.presentation.worked import PrintedNumbers, Worked, functions_in
from symback.simplification.matrix_form import is_shown_transposed, matrix_form

__all__ = ["Board", "equations_in_lines", "given_lines", "input_letter", "number_blocks", "result_blocks"]

WIDEST_LINE = 76  # columns of text in a line of several members, its left side included; an A4 page holds these
WIDEST_MATRIX = 84  # of sums in a line of their own, in smaller letters
MOST_SUMS = 12  # entry by entry; the others are left to the reader, their results are not

Member = tuple[str, sympy.Basic]


@dataclass(frozen=True, eq=False)
class Board:
    """What the lines are written with: the numbers so far, and the way in which formulas are shown."""

    numbers: PrintedNumbers
    manner: Manner
    notation: Notation

    def width(self, expr: sympy.Basic) -> int:
        """How many columns of text an expression is wide."""
        return text_width(expr, self.notation)

    def oriented(self, matrix: Matrix, tensor: Tensor) -> sympy.Basic:
        """A matrix as stored in the orientation in which the layout shows the tensor; a single entry without brackets."""
        if len(matrix) == 1:
            return matrix[0, 0]
        return matrix.T if is_shown_transposed(tensor, self.manner.layout) else matrix

    def results(self, worked: Worked) -> sympy.Basic:
        """The results as they are printed."""
        return self.oriented(_numerals(worked.results), worked.symbol)


def _numerals(values: np.ndarray) -> Matrix:
    return Matrix(*values.shape, [Numeral(decimal_text(value)) for value in values.flat])


def given_lines(worked: Sequence[Worked], board: Board) -> list[Line]:
    """W^1 = (0.1 0.3; 0.2 0.4), b^1 = (0.1; -0.1); the input under its letter, x"""
    equations: list[tuple[sympy.Basic, str, sympy.Basic]] = []
    for each in worked:
        left, _ = matrix_or_index(each.symbol, each.symbol, board.manner)
        is_input = isinstance(each.symbol, Var) and each.symbol.name.layer == 0
        letter = input_letter(each.symbol) if is_input else left
        equations.append((letter, _sign(each), board.results(each)))
        if is_input and each.symbol.rank > 1 and to_text(letter, board.notation) != to_text(left, board.notation):
            equations.append((left, "=", letter))
    return equations_in_lines(equations, board)


def equations_in_lines(equations: Sequence[tuple[sympy.Basic, str, sympy.Basic]], board: Board) -> list[Line]:
    """As many equations in a line as fit, with commas between."""
    lines: list[list[Member]] = []
    room = 0
    for left, sign, right in equations:
        members = [(",", left), (sign, right)]
        width = sum(board.width(member) + len(" = ") for _, member in members)
        if lines and width <= room:
            lines[-1].extend(members)
        else:
            lines.append(members)
            room = WIDEST_LINE
        room -= width
    return [Line(line[0][1], _joined(line[1:]), (), line[1][0]) for line in lines]


def input_letter(symbol: Tensor) -> sympy.MatrixSymbol:
    """x, which is a^0; of a batch X, which is A^0.

    Decision: of x, a name that everybody knows, the page says so in words alone; of X with an equation as well.
    """
    return sympy.MatrixSymbol("x" if symbol.rank == 1 else "X", *(*symbol.shape, sympy.S.One)[:2])


def result_blocks(worked: Worked, board: Board) -> list[Equations]:
    """The formula and its results, in one line where they fit."""
    left, formula = matrix_or_index(worked.symbol, worked.tensor, board.manner)
    result = (_sign(worked), board.results(worked))
    if formula == left:  # a function of what was worked out before
        return [_chain(left, [result], board)]
    if _is_told_by_index(formula, worked):
        told = Line(entry(worked.symbol, board.manner), entry(worked.tensor, board.manner))
        return [Equations((told,)), _chain(left, [result], board)]
    return [_chain(left, [("=", formula), result], board)]


def number_blocks(worked: Worked, board: Board, further: Sequence[sympy.Basic] = ()) -> list[Equations]:
    """All lines of a quantity; `further` are other forms of its formula, to stand after it.

    One chain; where the formula is written with indices, a line of its own before; where the sums are too wide for the
    page, three blocks: the formula, each entry, the results.
    """
    left, formula = matrix_or_index(worked.symbol, worked.tensor, board.manner)
    result = (_sign(worked), board.results(worked))
    before: list[Equations] = []
    forms = [] if formula == left else [formula, *further]
    if _is_told_by_index(formula, worked):
        told = entry(worked.symbol, board.manner), entry(worked.tensor, board.manner)
        before, forms = ([], [told[1]]) if told[0] == left else ([Equations((Line(*told),))], [])
    members: list[Member] = [("=", form) for form in forms]
    if all(each in board.numbers.printed for each in worked.entries) and worked.entries != worked.keys:
        return [_chain(left, [*members, result], board)]  # a mere name: ∂C/∂b = δ
    matrices = _with_matrices(worked, formula, board) if forms else None
    if matrices is not None and board.width(matrices) <= WIDEST_MATRIX:
        members.append(("=", matrices))
    numbers = dict.fromkeys(pair for each in worked.entries for pair in _numbers_of(worked, each, board))
    sums = WithNumbers(board.oriented(worked.entries, worked.symbol), numbers)
    if board.width(sums) <= WIDEST_MATRIX or len(worked.keys) == 1:
        return [*before, _chain(left, [*members, ("=", sums), result], board)]
    before += [_chain(left, members, board)] if members else []
    return [*before, Equations(tuple(_each_entry(worked, board))), Equations((Line(left, result[1], (), result[0]),))]


def _is_told_by_index(formula: sympy.Basic, worked: Worked) -> bool:
    """Whether sums say more than vectors of ones do: in a softmax, and in the costs of samples."""
    letter = worked.symbol.name.letter if isinstance(worked.symbol, Var) else ""
    if letter.startswith("C"):
        return formula.has(OneMatrix) and not letter.startswith("C_sum")
    holders = (node for node in sympy.preorder_traversal(formula) if type(node).__name__ in ("AsScalar", "DiagMatrix"))
    return any(node.has(OneMatrix) for node in holders)


def _sign(worked: Worked) -> str:
    return "≈" if worked.is_rounded else "="


def _numbers_of(worked: Worked, entry: sympy.Expr, board: Board) -> list[tuple[sympy.Basic, sympy.Basic]]:
    """What is printed in the places of the names in an entry; of σ'(z_j) that stands for itself, in the place of z_j."""
    return board.numbers.numbers_in(entry, is_open=worked.symbol is worked.tensor)


def _chain(left: sympy.Basic, members: Sequence[Member], board: Board) -> Equations:
    """The members of a chain in as few lines as hold them; sums and their results are parted only where they must be."""
    widths = [board.width(member) + len(" = ") for _, member in members]
    lines: list[list[Member]] = []
    start = WIDEST_LINE - board.width(left)
    room = 0
    for place, member in enumerate(members):
        is_sums = place == len(members) - 2
        together = sum(widths[place:]) if is_sums and sum(widths[place:]) <= start else widths[place]
        if lines and together <= room:
            lines[-1].append(member)
        else:
            lines.append([member])
            room = start
        room -= widths[place]
    return Equations(tuple(Line(None if place else left, _joined(line), (), line[0][0]) for place, line in enumerate(lines)))


def _joined(members: Sequence[Member]) -> sympy.Basic:
    """Members of one line; the sign before the first is that of the line."""
    if len(members) == 1:
        return members[0][1]
    return Relations([member for _, member in members], [sign for sign, _ in members[1:]])


def _each_entry(worked: Worked, board: Board) -> list[Line]:
    """The sum of each entry in a line, and its result in the same one or below."""
    lines: list[Line] = []
    all_entries = zip(worked.keys, worked.entries, worked.results.flat, worked.rounded.flat, strict=True)
    for key, each, value, is_rounded in islice(all_entries, MOST_SUMS):
        sums, result = WithNumbers(each, _numbers_of(worked, each, board)), Numeral(decimal_text(value))
        sign = "≈" if is_rounded else "="
        if board.width(Relations((key, sums, result), "==")) <= WIDEST_LINE:
            lines.append(Line(key, Relations((sums, result), sign)))
        else:
            lines += [Line(key, sums), Line(None, result, (), sign)]
    left_out = len(worked.keys) - MOST_SUMS
    if left_out > 0:
        lines[-1] = replace(lines[-1], reason=(f"and {left_out} more in the same way",))
    return lines


# Matrices of numbers in the places of their names ----------------------------------------------------------------


def _with_matrices(worked: Worked, formula: sympy.Basic, board: Board) -> sympy.Basic | None:
    """The formula with numbers for its names, if it has a product of matrices: else the sums say the same."""
    if not worked.symbol.rank or not any(
        isinstance(node, sympy.MatMul) and _is_product(node) for node in sympy.preorder_traversal(formula)
    ):
        return None
    try:
        held = _matrices_of(worked.tensor, board)
    except UnsupportedError:
        return None
    if not any(isinstance(value, Matrix) for value in held.values()):
        return None
    turned = {Transpose(name): value.T for name, value in held.items() if isinstance(value, Matrix)}
    single = {Transpose(name): value for name, value in held.items() if not isinstance(value, Matrix)}
    scalars = board.numbers.numbers_in(sympy.Tuple(*formula.free_symbols))
    return WithNumbers(formula, [*(turned | single | held).items(), *scalars])


def _is_product(node: sympy.MatMul) -> bool:
    """Whether two matrices are multiplied that are neither ones nor diagonal."""
    factors = node.as_coeff_matrices()[1]
    return sum(not isinstance(factor, OneMatrix) for factor in factors) > 1


def _matrices_of(tensor: Tensor, board: Board) -> dict[MatrixExpr, sympy.Basic]:
    """The names of a formula, and the functions in it that were worked out before, with their results."""
    parts = [*functions_in(tensor), *leaves(tensor)]
    found = {}
    for part in parts:
        if part.rank and part in board.numbers.shown:
            found[matrix_form(part, board.manner.layout)] = board.results(board.numbers.shown[part])
    return found
