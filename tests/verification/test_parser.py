r"""The laws of the parser: positions, structure, round trip, errors that point, and no text that brings it down."""

import contextlib
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symback.errors import SymbackError
from symback.verification.documents import read_document
from symback.verification.grammar import LEVEL_OF, LEVELS, UNICODE
from symback.verification.lexer import MAX_LENGTH, MAX_NESTING
from symback.verification.macros import Macro, defined, definitions_in
from symback.verification.parser import ParseError, parse
from symback.verification.tree import KINDS, Tree, base_of, operands_of, operators_of, scripts_of, spelling, walk
from symback.verification.unparse import unparse

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

# formulas of our own, one for each way of writing that the parser knows
FORMULAS = (
    r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)",
    r"\frac{\partial C}{\partial w^{(L)}_{jk}} = a^{(L-1)}_k \delta^{(L)}_j",
    r"C = -\frac{1}{m}\sum_{i=1}^{m}\left[y^{(i)}\log a^{(i)} + (1-y^{(i)})\log(1-a^{(i)})\right]",
    r"\frac{d}{dx}\left(x^2\right) = 2x, \quad \frac{d^2 f}{dx^2}, \quad \partial C/\partial w",
    r"\begin{bmatrix} w_{0,0} & \cdots & w_{0,m} \\ \vdots & \ddots & \vdots \\ w_{n,0} & \cdots & w_{n,m} \end{bmatrix}_{n\times m}",
    r"\begin{align*} a &= b \\ &= c + d \tag{1} \\ e &= f & g &= h \end{align*}",
    r"f(x) = \begin{cases} 1 & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\underbrace{\frac{\partial z}{\partial a}}_{=w_{jk}} \cdot \overset{!}{=} \underset{n \times m}{Z}",
    r"\nabla_W C = X^\top(\hat{\mathbf y} - \mathbf{y}), \; \textbf{W}^{(L)}_{m\times n}\top",
    r"\|a^L - y\|^2 = \sum_j |a_j - y_j|^2, \; p(y|x), \; f\big|_{x=0}, \; \{x \mid x > 0\}",
    r"a \cdot -0.0880 + 1.5e-3 - \sum_i -y_i \log p_i",
    r"\hat{y} = \operatorname{softmax}(z), \; \max(0, z), \; \arg\max_j z_j, \; \log_2(4), \; \tanh^2 x",
    r"z = Wx + b \Rightarrow a = \sigma(z) \implies C = C(a)",
    r"W^{[l]^T} dZ^{[l]}, \; W{^l}, \; {f^l}'(Z), \; \sigma^\prime, \; g^{[1]'}",
    r"{a \over b} + {n \choose k} + \sqrt[3]{x} + \tfrac12",
    r"z^1_0 + \cdots + z^1_k, \quad (\delta_0, \delta_1, ...\delta_n)",
    r"\forall i \in \{1, \dots, n\}: x_i \in \mathbb{R}^{n_l \times 1}",
    r"C: \mathbb{R}^n \to \mathbb{R}, \quad W_{(0:n-1,j)}, \quad h_{[i,j]}",
    r"\textcolor{blue}{a} + \boxed{b} \, \color{red} c",
    r"W_{new} := W_{old} - \eta \nabla W, \quad \Delta w \mathrel{+}= 1",
    r"\sum_\limits{i=1}^m x_i \approx 0.4431 \cdot (1 - 0.4431) \approx 0.2467",
)


def kinds(latex: str) -> set[str]:
    return {node.kind for node in walk(parse(latex))}


def printed_leaf(tree: Tree, latex: str) -> str:
    return latex[tree.start : tree.end]


# --- structure ------------------------------------------------------------------------------------------------------------
def test_a_chain_is_flat_and_keeps_its_signs_in_order():
    chain = parse(r"a = b \approx c \in d")
    assert (chain.kind, operators_of(chain), len(operands_of(chain))) == ("relation", ("=", r"\approx", r"\in"), 4)


def test_a_product_is_flat_because_shapes_decide_which_sign_binds_first():
    product = parse(r"W^T \cdot \delta \odot \sigma'(z)")
    assert product.kind == "product" and operators_of(product) == (r"\cdot", r"\odot")


def test_levels_bind_from_relation_to_product():
    tree = parse("y = a b + c")
    assert tree.kind == "relation" and tree.children[2].kind == "sum" and tree.children[2].children[0].kind == "product"


def test_a_name_beside_a_bracket_stays_undecided_between_call_and_product():
    assert parse("f(z)").kind == parse("a(1-a)").kind == "call"
    assert parse(r"\sigma(z)(1-\sigma(z))").kind == "product"


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{\partial C}{\partial w}",
        r"\partial C/\partial w",
        r"\frac{dC}{dw}",
        r"\frac{\mathrm{d}C}{\mathrm{d}w}",
        r"\frac{\delta C}{\delta w}",
    ],
)
def test_fractions_of_differentials_are_derivatives(latex):
    derivative = parse(latex)
    assert derivative.kind == "derivative"
    assert derivative.children[1:] == (Tree("symbol", (), "C"), Tree("symbol", (), "w"))


def test_a_fraction_without_differential_above_is_no_derivative():
    assert parse(r"\frac{\sigma(x)}{\partial x}").kind == "fraction"
    assert parse(r"\frac{\delta_3}{\delta_2}").kind == "fraction"
    assert parse(r"\frac{d}{n}").kind == "fraction"


def test_a_bodiless_derivative_takes_a_bracket_or_the_whole_product():
    bracket = parse(r"\frac{d}{dx}(x^2) y")
    assert bracket.kind == "product" and bracket.children[0].kind == "applied"
    product = parse(r"\frac{d}{dx} w x + b")
    assert product.kind == "sum" and product.children[0].kind == "applied" and product.children[0].children[1].kind == "product"


def test_a_large_operator_takes_the_product_that_follows_and_no_more():
    tree = parse(r"2\sum_{i=1}^n a_i b_i + c")
    large = tree.children[0].children[2]
    assert tree.kind == "sum" and large.kind == "large" and large.children[1].kind == "product"
    assert [script.kind for script in scripts_of(large.children[0])] == ["subscript", "superscript"]


def test_a_function_takes_its_bracket_or_the_factors_that_follow():
    assert operands_of(parse(r"y\log(p)(1-q)"))[1].kind == "function"
    assert parse(r"\log 2x").children[1].kind == "product"
    assert parse(r"\log{a+b}").children[1].kind == "sum"


def test_scripts_keep_their_printed_order():
    one, other = parse(r"a^{(L)}_j"), parse(r"a_j^{(L)}")
    assert [s.kind for s in scripts_of(one)] == ["superscript", "subscript"]
    assert [s.kind for s in scripts_of(other)] == ["subscript", "superscript"]
    assert base_of(one) == base_of(other)


@pytest.mark.parametrize("prime", [r"\sigma'", r"\sigma^{\prime}", r"\sigma^\prime", r"\sigma^{'}", "σ′", r"\sigma{'}"])
def test_primes_are_one_thing_however_printed(prime):
    assert parse(prime) == parse(r"\sigma'")


def test_braces_are_invisible_but_hold_arguments_and_bases_together():
    assert parse("{a+b}c") == parse("a+bc")
    assert parse("{W^l}^T") == parse("W^l^T")
    assert parse("{a b}^2").children[0].kind == "group"


@pytest.mark.parametrize(
    ("latex", "group"),
    [
        ("|x|", "| |"),
        (r"\|x\|", r"\| \|"),
        ("||x||", r"\| \|"),
        (r"\left|x\right|", "| |"),
        (r"f|_{x=0}", ". |"),
        (r"\lVert x \rVert", r"\lVert \rVert"),
    ],
)
def test_bars_that_enclose_are_brackets(latex, group):
    assert next(node.text for node in walk(parse(latex)) if node.kind == "group") == group


def test_a_bar_that_parts_is_a_sign():
    inside = parse("p(y|x)").children[1].children[0]
    assert inside.kind == "given" and operands_of(inside) == (Tree("symbol", (), "y"), Tree("symbol", (), "x"))
    assert parse("|a||b|").kind == "product"


def test_a_continuation_row_chains_to_the_row_before():
    tree = parse(r"\begin{aligned} a &= b \\ &= c \\ &\quad + d \end{aligned}")
    assert tree.kind == "aligned" and tree.children[0] == parse("a = b = c + d")


def test_a_row_with_its_own_left_side_is_its_own_statement():
    tree = parse(r"\begin{aligned} a &= b \\ -c &= d \end{aligned}").children[0]
    assert tree.kind == "statements" and operands_of(tree) == (parse("a=b"), parse("-c=d"))


def test_words_inside_a_chain_become_a_note_and_do_not_break_it():
    tree = parse(r"a = b \quad \text{(chain rule)} \quad = c")
    assert tree.kind == "relation" and operators_of(tree) == ("=", "=")
    assert tree.children[2].kind == "annotated" and tree.children[2].children[1] == Tree("text", (), "(chain rule)")


def test_conditions_and_quads_part_statements():
    tree = parse(r"\frac{\partial p_i}{\partial z_k} = -p_i p_k \quad \text{if } k \ne i")
    assert [part.kind for part in operands_of(tree)] == ["relation", "text", "relation"]
    assert len(operands_of(parse(r"a = b \\ c = d"))) == 2


def test_a_matrix_has_rows_of_cells_and_an_array_of_equations_has_statements():
    matrix = parse(r"\begin{pmatrix} 1 & -2 \\ \vdots & \\ \end{pmatrix}")
    assert [[cell.kind for cell in row.children] for row in matrix.children] == [["number", "sign"], ["ellipsis", "empty"]]
    assert parse(r"\begin{array}{rcl} z & = & Wx \\ a & = & z \end{array}").kind == "aligned"


def test_underbraces_keep_their_notes():
    body, note = parse(r"\underbrace{a-b}_{=c}").children
    assert body.kind == "sum" and note.kind == "relation" and note.children[0].kind == "empty"


def test_names_of_several_letters():
    assert spelling(parse(r"W_{new}").children[1].children[0]) == "new"
    assert spelling(parse(r"\mathrm{loss}")) == spelling(parse(r"\text{loss}")) == "loss"
    assert spelling(parse("softmax")) == spelling(parse(r"\operatorname{softmax}")) == "softmax"
    assert spelling(parse("w x")) is None and spelling(parse("a+b")) is None


def test_a_missing_operand_is_empty_and_not_an_error():
    assert operands_of(parse("= b"))[0].kind == "empty"
    assert operands_of(parse(r"\odot \sigma'(z)"))[0].kind == "empty"
    assert operands_of(parse(r"W \times"))[1].kind == "empty"


def test_a_dot_after_a_number_is_no_product():
    assert parse("1.-a") == parse("1-a")
    assert parse("a = 1.") == parse("a = 1")
    assert operators_of(parse("a.b")) == (".",)


def test_a_comma_that_the_author_left_out_after_an_ellipsis_is_there():
    assert operators_of(parse("(a_0,...a_n)").children[0]) == (",", ",")


# --- macros ---------------------------------------------------------------------------------------------------------------
def test_macros_expand_with_arguments_defaults_and_in_each_other():
    macros = defined(r"\newcommand{\pd}[2][C]{\frac{\partial #1}{\partial #2}} \def\dCdw{\pd{w}} \DeclareMathOperator{\sm}{softmax}", {})
    assert parse(r"\dCdw", macros) == parse(r"\frac{\partial C}{\partial w}")
    assert parse(r"\pd[L]w", macros) == parse(r"\frac{\partial L}{\partial w}")
    assert parse(r"\sm(z)", macros) == parse(r"\operatorname{softmax}(z)")


def test_a_macro_may_take_the_name_of_a_primitive():
    assert parse(r"\par{C}{w}", defined(r"\gdef\par#1#2{\frac{\partial #1}{\partial #2}}", {})) == parse(r"\frac{\partial C}{\partial w}")


def test_a_definition_inside_a_formula_is_in_force_from_there():
    assert parse(r"\def\x{a} \x + \x") == parse("a + a")
    assert parse(r"\newcommand{\subk}[1]{#1_k}").kind == "empty"


def test_what_came_out_of_a_macro_stands_where_the_call_stands_and_arguments_where_they_were_written():
    latex = r"q = \pd{C}{w}"
    tree = parse(latex, {r"\pd": Macro(r"\pd", r"\frac{\partial #1}{\partial #2}", 2)})
    variable = tree.children[2].children[2]
    assert variable.text == "w" and printed_leaf(variable, latex) == "w"


def test_definitions_that_cannot_be_read_are_none():
    assert [d.macro for d in definitions_in(r"\def\a#1.{x} \newcommand{\b}{y")] == [None, None]


@pytest.mark.parametrize("latex", [r"\def\a{\a}\a", r"\def\a{\a\a}\a", r"\newcommand{\a}[1]{\a{#1#1}}\a{x}"])
def test_a_macro_without_end_is_an_error_that_says_so(latex):
    with pytest.raises(ParseError, match=r"expands without end|more than"):
        parse(latex)


# --- positions, round trip, errors -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("latex", FORMULAS)
def test_every_letter_and_number_is_found_at_its_place(latex):
    for node in walk(parse(latex)):
        assert 0 <= node.start <= node.end <= len(latex)
        if node.kind in ("symbol", "number") and len(node.text) == 1:
            assert node.text in printed_leaf(node, latex)


@pytest.mark.parametrize("latex", FORMULAS)
def test_a_child_lies_inside_its_parent(latex):
    for node in walk(parse(latex)):
        for child in node.children:
            if child.kind != "empty" and node.kind not in ("operator", "annotated", "scripts"):
                assert node.start <= child.start and child.end <= node.end, (node, child)


@pytest.mark.parametrize("latex", FORMULAS)
def test_a_tree_unparses_to_itself(latex):
    tree = parse(latex)
    assert parse(unparse(tree)) == tree


@pytest.mark.parametrize("latex", FORMULAS)
def test_every_node_is_of_a_kind_in_the_table_with_as_many_children(latex):
    for node in walk(parse(latex)):
        fewest, most, _ = KINDS[node.kind]
        assert len(node.children) >= fewest and (most is None or len(node.children) <= most)


def test_the_formulas_of_this_test_show_every_kind():
    shown = set().union(*map(kinds, FORMULAS))
    assert shown | {"empty", "implication"} >= set(KINDS) - {"postfix"}, set(KINDS) - shown


@pytest.mark.parametrize(
    "sign", [sign for signs in LEVELS.values() for sign in signs if sign not in ("-", ".", r"\\", r"\newline", r"\cr")]
)
def test_every_sign_of_the_table_stands_between_operands_at_its_level(sign):
    tree = parse(f"a {sign}{{x}} b" if sign.startswith(r"\x") else f"a {sign} b")
    assert tree.kind == LEVEL_OF[sign] and operators_of(tree)[0] in (sign, *UNICODE.values())


@pytest.mark.parametrize("letter", sorted(UNICODE))
def test_every_unicode_sign_reads_as_its_command(letter):
    other = UNICODE[letter]
    frame = "a{}b" if other not in ("^{-}", "^{+}") else "a{}"
    if other in (r"\langle", r"\lfloor", r"\lceil", "("):
        return
    if other in (r"\rangle", r"\rfloor", r"\rceil", ")"):
        opening = {r"\rangle": r"\langle", r"\rfloor": r"\lfloor", r"\rceil": r"\lceil", ")": "("}[other]
        frame = opening + " a{}"
    if other in ("|", r"\|"):
        frame = "{}a{}"
    assert parse(frame.replace("{}", f" {letter} ")) == parse(frame.replace("{}", f" {other} "))


@pytest.mark.parametrize(
    ("latex", "line", "column", "words"),
    [
        (r"h^{(k-1}", 1, 8, "not closed"),
        ("a = b\n + )c", 2, 4, "closes nothing"),
        (r"\frac{a}", 1, 9, "argument is expected"),
        (r"\begin{bmatrix} 1 & 2", 1, 22, r"\\end\{bmatrix\}"),
        (r"\begin{itemize} x \end{itemize}", 1, 1, "not one of formulas"),
        (r"\left( a", 1, 9, r"no \\right"),
        (r"x \unknowncommand{a}{b}", 1, 3, "not known"),
        (r"\text{if x", 1, 6, "never closed"),
        (r"{a", 1, 3, "must close"),
    ],
)
def test_an_error_says_what_was_found_and_where(latex, line, column, words):
    with pytest.raises(ParseError, match=words) as caught:
        parse(latex)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert isinstance(caught.value, SymbackError)


def test_sizes_are_bounded():
    with pytest.raises(ParseError, match="characters"):
        parse("a" * (MAX_LENGTH + 1))
    with pytest.raises(ParseError, match="nested deeper"):
        parse("(" * (MAX_NESTING + 1) + "a" + ")" * (MAX_NESTING + 1))
    assert parse("(" * (MAX_NESTING - 2) + "a" + ")" * (MAX_NESTING - 2)).kind == "group"
    deep = parse("+".join(["a_{i}"] * 3_000))
    assert len(operands_of(deep)) == 3_000


REPEATED = (
    "(", "{", "[", "|", r"\left(", r"\frac", r"\hat", "^", "_", r"\text{", r"\begin{matrix}", "a_{", r"\sqrt[", r"\|", "a|", "'", r"\sum",
    r"\\", "&", "a,", r"\def\a{", "#1", r"\log", "f|_x", r"a\text{x y}=",
)  # fmt: skip


@pytest.mark.parametrize("piece", REPEATED)
def test_a_piece_repeated_without_end_takes_little_time(piece):
    started = time.process_time()
    with contextlib.suppress(ParseError):
        unparse(parse(piece * (MAX_LENGTH // len(piece))))
    assert time.process_time() - started < 3


PIECES = (
    "a", "b_j", "1", "0.5", r"\sigma", "'", "^", "_", "{", "}", "(", ")", "[", "]", "|", r"\|", r"\left(", r"\right)", r"\left|",
    r"\right.", "+", "-", "=", ",", ".", "&", r"\\", r"\quad", r"\cdot", "/", r"\frac", r"\sum", r"\log", r"\partial", "d",
    r"\text{if }", r"\text{", r"\mathbf", r"\hat", r"\underbrace", r"\overset", r"\sqrt", r"\begin{bmatrix}", r"\end{bmatrix}",
    r"\begin{aligned}", r"\end{aligned}", r"\over", "%", "\n", "$", "#1", r"\def\a{\b}", r"\a", "\x00", "é", "中", "²", "&lt;", "...",
    r"\Rightarrow", r"\not", r"\color", r"\tag{1}", "!", r"\top", r"\substack",
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_nothing_but_a_parse_error_comes_out_of_nonsense(latex):
    try:
        tree = parse(latex)
    except ParseError:
        return
    assert all(node.kind in KINDS and 0 <= node.start <= node.end <= len(latex) for node in walk(tree))
    unparse(tree)


def mangled(random_one: random.Random, text: str) -> str:
    place = random_one.randrange(len(text) + 1)
    stop = min(len(text), place + random_one.randrange(1, 10))
    return random_one.choice(
        (
            text[:place] + text[stop:],
            text[:place] + random_one.choice(PIECES) + text[place:],
            text[:place] + random_one.choice(PIECES) + text[stop:],
            text[:place] + text[place:stop] * 2 + text[stop:],
            text[:place] + text[place:stop][::-1] + text[stop:],
        )
    )


@pytest.mark.parametrize("seed", range(4))
def test_mangled_formulas_give_a_tree_or_a_parse_error(seed):
    print("seed", seed)
    random_one = random.Random(seed)
    read = 0
    for _ in range(500):
        latex = mangled(random_one, mangled(random_one, random_one.choice(FORMULAS)))
        try:
            tree = parse(latex)
        except ParseError:
            continue
        read += 1
        assert all(0 <= node.start <= node.end <= len(latex) for node in walk(tree))
    assert read > 100


expressions = st.recursive(
    st.sampled_from(["a", "W", "z^{l}", "b_j", r"\delta^{(L)}_{j}", "1", "0.25", r"\hat{y}", r"\mathbf{x}", r"\sigma'"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", " - ", r" \odot ", r" \cdot ", " ", " / ", " = ", r" \approx ", ", "]), inner).map(
            "".join
        ),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: rf"\left[{text}\right]"),
        st.tuples(inner, inner).map(lambda pair: rf"\frac{{{pair[0]}}}{{{pair[1]}}}"),
        st.tuples(inner, inner).map(lambda pair: rf"\frac{{\partial {pair[0]}}}{{\partial {pair[1]}}}"),
        inner.map(lambda text: rf"\sum_{{i=1}}^n {text}"),
        inner.map(lambda text: rf"\log({text})"),
        inner.map(lambda text: rf"\|{text}\|^2"),
        inner.map(lambda text: rf"({text})^T"),
        st.tuples(inner, inner).map(lambda pair: rf"\begin{{bmatrix}} {pair[0]} \\ {pair[1]} \end{{bmatrix}}"),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(expressions)
def test_every_well_formed_formula_is_read_and_comes_back(latex):
    tree = parse(latex)
    assert parse(unparse(tree)) == tree


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the documents to read are not here")
def test_nearly_every_formula_of_the_documents_is_read_and_comes_back():
    read = failed = 0
    for path in sorted(CORPUS.glob("[01]*")):
        for formula in read_document(path).formulas:
            try:
                tree = parse(formula.latex, formula.macros)
            except ParseError:
                failed += 1
                continue
            read += 1
            assert parse(unparse(tree)) == tree, (path.name, formula.line)
    print(f"{read} read, {failed} not")
    assert failed <= 0.002 * read
