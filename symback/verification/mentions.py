r"""What a printed sign names: family, stage, sample, indices.

    \mathbf{W}^{(l+1)T}_{jk}   ->   W, stage l+1, indices j k, transposed
    h_{t-1}                    ->   h, stage t-1
    W_{hx}                     ->   W_{hx}: letters that are no indices belong to the name
    x^{(i)}_j                  ->   x, sample i, index j

`printed_name` takes a sign apart; which script is a stage (a layer, a time step), a sample, an index, a power or part of
the name is a matter of the whole document, so the roles are decided once for it, by its `Lexicon`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from symback.verification.tree import Tree, operands_of, operators_of, spelling, walk

__all__ = [
    "FUNCTION_HEADS", "KNOWN_LOSSES", "Lexicon", "Mention", "Printed", "SAMPLE_COUNTS", "index_name",
    "indices_of", "integer_of", "is_ones", "is_transpose", "is_transposing",
    "letter_of", "letters_of_stage", "letters_with_commas", "number_of_stage", "printed_name", "script_shift", "with_listed_indices",
]  # fmt: skip

KNOWN_LOSSES = frozenset(
    [
        "C", "J", "E", "L", r"\ell", "c", "l", "Loss", "loss", "Cost", "cost", "Err", "MSE", "CE", "BCE", r"\xi", r"\mathcal L",
        r"\mathcal J", r"\mathcal E", r"\mathcal C", r"\mathfrak L", r"\mathbb L", "cross", "SSE",
    ]
)  # fmt: skip
TRANSPOSES = frozenset(["T", r"\top", "t", r"\intercal", r"\mathsf T", "Tr", r"\mathrm T"])
PLAIN_ACCENTS = frozenset([r"\vec", r"\underline", r"\overrightarrow"])
INDEX_LETTERS = frozenset("ijklmnpqrsuvcdIJKMN")
ALWAYS_STAGES = frozenset(["l", "L", r"\ell"])
TIMES = frozenset(["t", "T", r"\tau"])
CAPITAL_GREEK = frozenset([r"\Sigma", r"\Omega", r"\Lambda", r"\Pi", r"\Phi", r"\Psi"])  # C_Σ is another C, and no entry of it
LAYERED = frozenset(["W", "w", "z", "Z", "a", "A", "b", r"\delta", r"\Delta", "h", "H", r"\Theta", r"\theta"])
WEIGHTS_OF_STEPS = frozenset(["W", "U", "V", "b", "B", "w", "u", "v", "R"])
FUNCTION_HEADS = frozenset(
    [r"\sigma", r"\varsigma", "f", "g", "h", r"\phi", r"\varphi", r"\psi", "s", "S", r"\rho", "act"]
    + [rf"\operatorname{{{name}}}" for name in ("softmax", "sigmoid", "Sigmoid", "relu", "ReLU", "Relu", "rms", "LeakyReLU", "softplus")]
)  # fmt: skip
SAMPLE_COUNTS = frozenset(["m", "N", "n", "M", "B"])  # letters that usually say how many samples there are
LAYER_PARAMETERS = frozenset([r"\gamma", r"\beta", r"\alpha", "t"])
NAMED_BY_LAYER = frozenset(["W", "w", "z", "Z", "b", r"\Theta", r"\theta"])


@dataclass(frozen=True)
class Printed:
    """A sign taken apart: its letter, what stands above (no transposes, no primes), and the items below."""

    letter: str
    above: tuple[Tree, ...] = ()
    below: tuple[Tree, ...] = ()
    is_transposed: bool = False
    primes: int = 0


@dataclass(frozen=True)
class Mention:
    """A name in its document's roles.  `stage` is (letter or "", number): l + 1 is ("l", 1), layer 2 is ("", 2).

    `of_step` is a second stage, that of the loss which a derivative is taken of: γ_t^{(k)} = ∂J^{(t)}/∂h^{(k)}.
    """

    family: str
    stage: tuple[str, int] | None = None
    of_step: tuple[str, int] | None = None
    sample: Tree | None = None
    indices: tuple[Tree, ...] = ()
    power: Tree | None = None
    is_transposed: bool = False
    primes: int = 0

    @property
    def whole(self) -> Mention:
        """The quantity without its indices."""
        return Mention(self.family, self.stage, self.of_step)


def letter_of(tree: Tree) -> str | None:
    r"""The sign itself, fonts aside: \mathbf{a} -> a, \hat{y} -> \hat y, \mathcal{L} -> \mathcal L."""
    match tree.kind:
        case "symbol" | "word":
            return tree.text
        case "font":
            inner = letter_of(tree.children[0])
            return None if inner is None else rf"\mathcal {inner}" if tree.text in (r"\mathcal", r"\mathscr") else inner
        case "accent":
            inner = letter_of(tree.children[0])
            if inner is None or tree.text in PLAIN_ACCENTS:
                return inner
            return f"{tree.text} {inner}".replace(r"\widehat", r"\hat").replace(r"\widetilde", r"\tilde")
        case "group" if tree.text == "{ }":
            return letter_of(tree.children[0])
    return None


def is_ones(tree: Tree) -> bool:
    r"""\mathbf 1, \mathbb 1, 𝟏: a vector or matrix of ones."""
    return tree.kind == "font" and tree.children[0].kind == "number" and tree.children[0].text == "1"


def integer_of(tree: Tree) -> int | None:
    """A printed whole number."""
    return int(tree.text) if tree.kind == "number" and re.fullmatch(r"\d{1,6}", tree.text) else None


def script_shift(tree: Tree) -> tuple[str, int] | None:
    """l -> ("l", 0), (t+1) -> ("t", 1), 2 -> ("", 2); None for anything else."""
    if tree.kind == "group" and tree.text in ("( )", "[ ]", "{ }", r"\langle \rangle", "< >"):
        return script_shift(tree.children[0])
    if (whole := integer_of(tree)) is not None:
        return "", whole
    letter = letter_of(tree) if tree.kind in ("symbol", "font") else None
    if letter is not None:
        return ("l" if letter == r"\ell" else letter), 0
    return _sum_shift(tree) if tree.kind == "sum" else None


def _sum_shift(tree: Tree) -> tuple[str, int] | None:
    """t-1 -> ("t", -1); t-k+1 -> ("t-k", 1): letters in their order, each once, and what is added to them."""
    letters, shift = "", 0
    for sign, operand in zip(("+", *operators_of(tree)), operands_of(tree), strict=True):
        whole = integer_of(operand)
        letter = {r"\ell": "l"}.get(name := letter_of(operand) or "", name) if whole is None and operand.kind in ("symbol", "font") else ""
        if sign not in ("+", "-") or (whole is None and not letter):
            return None
        if whole is not None:
            shift += whole if sign == "+" else -whole
        else:
            letters += f"{sign}{letter}"
    plain = letters.removeprefix("+")
    return (plain, shift) if plain and not plain.startswith("-") and plain not in ("+", "-") else None


def letters_of_stage(base: str) -> tuple[tuple[int, str], ...]:
    """The letters of a stage, with their signs: "t-k" -> ((1, "t"), (-1, "k")); none for a number."""
    return tuple((-1 if sign == "-" else 1, letter) for sign, letter in re.findall(r"([+-]?)([^+-]+)", base))


def number_of_stage(base: str, bases: Mapping[str, int]) -> int | None:
    """What the letters of a stage come to; None if one of them stands for no number."""
    if base in bases:
        return bases[base]
    parts = letters_of_stage(base)
    if not parts or any(letter not in bases for _, letter in parts):
        return None
    return sum(sign * bases[letter] for sign, letter in parts)


def is_transpose(tree: Tree) -> bool:
    """T, ⊤."""
    return letter_of(tree) in TRANSPOSES or spelling(tree) in TRANSPOSES


def is_transposing(script: Tree) -> bool:
    r"""^T, ^\top, and \top alone behind what it transposes; not the mark of a factorial."""
    if script.kind == "postfix":
        return script.text in TRANSPOSES
    return script.kind == "superscript" and is_transpose(script.children[0])


def indices_of(tree: Tree) -> tuple[Tree, ...]:
    """jk, {j,k}, [j, k], 12 -> the items; a word such as new is one, and h[i,j] is the tag h and two items."""
    word = spelling(tree)
    if word is not None and len(word) > 2:
        return (Tree("word", (), word, tree.start, tree.end),)
    if tree.kind == "product" and len(tree.children) == 3 and tree.children[0].text == "t" and integer_of(tree.children[2]) is not None:
        return tree.children[0], replace(tree.children[2], kind="word")  # y_{t0}: another y at the time t
    if tree.kind == "list" and set(operators_of(tree)) == {","} and any(operand.kind == "number" for operand in operands_of(tree)):
        return tuple(i for one in operands_of(tree) for i in ((one,) if one.kind == "number" else indices_of(one)))  # 30,784: two numbers
    if tree.kind in ("product", "list") and all(sign in ("", ",") for sign in operators_of(tree)):
        return tuple(index for operand in operands_of(tree) for index in indices_of(operand))
    if tree.kind == "group" and tree.text in ("[ ]", "( )"):
        return indices_of(tree.children[0])
    if _is_size_of_layer(tree):
        return (tree,)
    if tree.kind == "scripts" and all(script.kind == "subscript" for script in tree.children[1:]):  # W_{i_{new}}
        return tuple(
            index for part in (tree.children[0], *(script.children[0] for script in tree.children[1:])) for index in indices_of(part)
        )
    if tree.kind == "call":
        return (*indices_of(tree.children[0]), *indices_of(tree.children[1]))
    if tree.kind == "number" and re.fullmatch(r"\d\d", tree.text):
        return tuple(Tree("number", (), digit, tree.start, tree.end) for digit in tree.text)
    return (tree,)


def letters_with_commas(tree: Tree) -> frozenset[str]:
    """The letters of names that have several indices with commas between them."""
    scripted = [node for node in walk(tree) if node.kind == "scripts"]
    return frozenset(
        letter
        for node in scripted
        for script in node.children[1:]
        if script.kind == "subscript" and script.children[0].kind == "list" and (letter := letter_of(node.children[0])) is not None
    )


def with_listed_indices(tree: Tree, letters: frozenset[str] | None = None) -> Tree:
    """The same with commas between indices, of these letters alone if some are given: w_{11} beside w_{1,784} is an entry of a matrix."""
    if not tree.children or (letters is not None and tree.kind == "scripts" and letter_of(tree.children[0]) not in letters):
        return tree
    children = tuple(with_listed_indices(child, letters) for child in tree.children)
    if tree.kind == "subscript" and len(items := indices_of(tree.children[0])) > 1:
        commas = [piece for item in items for piece in (Tree("operator", (), ","), item)]
        children = (Tree("list", tuple(commas[1:]), "", tree.children[0].start, tree.children[0].end),)
    return tree if children == tree.children else replace(tree, children=children)


def _is_whole_power(script: Tree) -> bool:
    return script.kind == "superscript" and script.children[0].kind == "number"


def _is_size_of_layer(tree: Tree) -> bool:
    """n_l, n_{l-1}: how many units a layer has, as the last of an index."""
    if tree.kind != "scripts" or len(tree.children) != 2 or tree.children[0].text != "n" or tree.children[1].kind != "subscript":
        return False
    stage = script_shift(tree.children[1].children[0])
    return stage is not None and stage[0] in ("l", "L")


@lru_cache(maxsize=1 << 16)
def printed_name(tree: Tree) -> Printed | None:
    r"""The name that a sign with its scripts prints; None if it is no name.

    >>> from symback.verification.parser import parse
    >>> printed_name(parse(r"(W^{l+1})^T")).is_transposed
    True
    """
    if tree.kind == "annotated":
        return None
    if tree.kind == "call" and tree.children[1].kind in ("group", "scripts"):
        return _bracketed_indices(tree)
    if tree.kind == "group" and tree.text in ("( )", "{ }", "[ ]") and tree.children[0].kind in ("scripts", "symbol", "font", "accent"):
        return printed_name(tree.children[0])
    if tree.kind != "scripts":
        letter = letter_of(tree)
        return None if letter is None else Printed(letter)
    if tree.children[0].kind == "group" and tree.children[0].text == "( )" and any(_is_whole_power(script) for script in tree.children[1:]):
        return None  # (z)^2, of which the 2 is no layer
    found = printed_name(tree.children[0])
    for script in tree.children[1:]:
        if found is None:
            return None
        found = _with_script(found, script)
    return found


def _bracketed_indices(tree: Tree) -> Printed | None:
    """U[i,k], and U[i,k]^2."""
    head, inside = tree.children
    group = inside.children[0] if inside.kind == "scripts" else inside
    if group.kind != "group" or group.text != "[ ]":
        return None
    found = printed_name(head)
    items = tuple(item for part in operands_of(group.children[0]) for item in ((part,) if is_label(part) else indices_of(part)))
    if found is None or any(script_shift(item) is None and not is_label(item) for item in items):
        return None
    found = replace(found, below=(*found.below, *items))
    for script in inside.children[1:] if inside.kind == "scripts" else ():
        found = found and _with_script(found, script)
    return found


def index_name(tree: Tree) -> str | None:
    """i, or y_i: how an index is called."""
    if is_label(tree):
        return f"{tree.children[0].text}_{tree.children[1].children[0].text}"
    return letter_of(tree)


def is_label(tree: Tree) -> bool:
    """y_i as an index: the class of sample i, which is the same wherever it is printed."""
    if tree.kind != "scripts" or len(tree.children) != 2 or tree.children[1].kind != "subscript" or tree.children[0].kind != "symbol":
        return False
    return tree.children[1].children[0].kind == "symbol"


def _with_script(name: Printed, script: Tree) -> Printed | None:
    if script.kind == "prime":
        return replace(name, primes=name.primes + len(script.text))
    if script.kind == "postfix":
        return replace(name, is_transposed=not name.is_transposed) if script.text == r"\top" else None
    content = script.children[0]
    if content.kind == "product" and content.children[0].kind == "empty":
        return None  # A^{\odot 2}, a power entry by entry
    if script.kind == "subscript":
        if content.kind == "empty":
            return name
        if content.kind == "product" and set(operators_of(content)) & {r"\times", ":"}:
            return name  # W_{n × m}: its shape is noted, no entry is meant
        return replace(name, below=(*name.below, *indices_of(content)))
    return _with_superscript(name, content)


def _with_superscript(name: Printed, content: Tree) -> Printed:
    if name.letter == "e" and content.kind in ("call", "scripts"):
        return replace(name, above=(*name.above, content))
    if is_transpose(content) and not (content.kind == "symbol" and content.text == "t"):  # h^t may be a time: the lexicon decides
        return replace(name, is_transposed=not name.is_transposed)
    if content.kind == "symbol" and content.text in (r"\prime", "'"):
        return replace(name, primes=name.primes + 1)
    if content.kind == "group" and content.children[0].kind == "list":
        for item in operands_of(content.children[0]):
            name = replace(name, above=(*name.above, replace(content, children=(item,))))
        return name
    if content.kind in ("product", "list") and all(sign in ("", ",") for sign in operators_of(content)):
        parts = operands_of(content)
        if any(part.kind == "group" or is_transpose(part) for part in parts):
            for part in parts:
                name = _with_superscript(name, part)
            return name
    if content.kind == "call" and content.children[0].kind in ("group", "symbol"):  # [l](i)
        return _with_superscript(_with_superscript(name, content.children[0]), content.children[1])
    if content.kind == "scripts" and len(content.children) == 2 and content.children[1].kind in ("superscript", "postfix"):
        mark = content.children[1]
        if is_transposing(mark):
            return replace(_with_superscript(name, content.children[0]), is_transposed=not name.is_transposed)
    return replace(name, above=(*name.above, content))


# The roles of scripts in one document


@dataclass(frozen=True)
class Lexicon:
    """Which letters are stages, samples, indices, losses in a document, and how its numbers are meant.

    `stages_above`, `stages_below`   letters that count layers or time steps;
    `times`                          those among them that count time;
    `layered`                        letters whose numbers above are layers: a^2, W^{(1)};
    `has_layers_below`               numbers below are layers: W_3 a_2;
    `bound`                          letters that some Σ runs over;
    `summed`                         (W, i) where some Σ_i has a W_i in its terms;
    `losses`                         letters of the cost;
    `numbered_costs`                 those of which C_0 is a part of C, and another cost;
    `sampled`                        letters whose numbers in round brackets are samples: x^{(1)}, beside x^{(i)};
    `merged`                         small letters that are the entries of a capital one: w_{jk} of W;
    `marks`                          letters beneath a name that belong to it: a^2_l and a^2_r, the slopes of an activation;
    `is_recurrent`                   whether a network goes on in time, with the same weights at each step;
    `timed_above`, `timed_below`     letters that have a time there;
    `clock`                          what these times are called.
    """

    stages_above: frozenset[str] = frozenset(["l", "L"])
    stages_below: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    layered: frozenset[str] = LAYERED
    has_layers_below: bool = False
    has_bracketed_layers: bool = False
    bound: frozenset[str] = frozenset()
    losses: frozenset[str] = KNOWN_LOSSES
    numbered_costs: frozenset[str] = frozenset()
    merged: dict[str, str] = field(default_factory=dict)
    tagged: frozenset[str] = frozenset()
    stray: frozenset[tuple[str, str]] = frozenset()
    numbered: frozenset[str] = frozenset()
    is_recurrent: bool = False
    timed_above: frozenset[str] = frozenset()
    timed_below: frozenset[str] = frozenset()
    clock: frozenset[str] = frozenset()
    sampled: frozenset[str] = frozenset()
    marks: frozenset[tuple[str, str]] = frozenset()
    summed: frozenset[tuple[str, str]] = frozenset()

    def mention(self, name: Printed) -> Mention:
        """The name in this document's roles."""
        found = Mention(self.merged.get(name.letter, name.letter), is_transposed=name.is_transposed, primes=name.primes)
        for content in name.above:
            found = self._above(found, name.letter, content)
        tags = ""
        for item in name.below:
            found, tag = self._below(found, name.letter, item, len(name.below))
            tags += tag
        found = replace(found, family=f"{found.family}_{tags}") if tags else found
        if name.letter in self.numbered_costs and len(found.indices) == 1 and integer_of(found.indices[0]) == 0:
            return replace(found, family=f"{found.family}_0", indices=())  # C = C_0 + λ Σ w²: the cost without the penalty
        if found.family in self.losses and len(found.indices) == 1 and integer_of(found.indices[0]) is None:
            return replace(found, family=f"{found.family} each")  # L_i, the cost of sample i
        return found

    def _above(self, found: Mention, letter: str, content: Tree) -> Mention:
        is_bracketed = content.kind == "group"
        shift = script_shift(content)
        if shift is None or (found.power is not None):
            return replace(found, power=content)
        base, number = shift
        if base == "":
            is_layer = letter in self.layered if not is_bracketed else bool(self.layered) or letter in LAYERED
            if not is_bracketed and (letter not in self.layered or (self.has_bracketed_layers and number == 2)):
                return replace(found, power=content)
            if is_bracketed and content.text == "( )" and letter in self.sampled and found.sample is None:
                return replace(found, sample=content.children[0])
            if is_layer and found.stage is None:
                return replace(found, stage=shift)
            return replace(found, sample=content.children[0]) if is_bracketed else replace(found, power=content)
        if found.stage is None and (base in self.stages_above or (letter in self.timed_above and is_any_of(base, self.stages_above))):
            return replace(found, stage=shift)
        if base == "t" and not number and not is_bracketed and "t" not in self.stages_above:
            return replace(found, is_transposed=not found.is_transposed)
        if (is_bracketed or base in self.bound) and found.sample is None and number == 0:
            return replace(found, sample=content.children[0] if is_bracketed else content)
        return replace(found, power=content)

    def _below(self, found: Mention, letter: str, item: Tree, count: int) -> tuple[Mention, str]:
        shift = script_shift(item)
        if shift is None:
            word = spelling(item)
            return (found, word) if word is not None else (replace(found, indices=(*found.indices, item)), "")
        base, number = shift
        if base == "" and letter in self.numbered:
            return found, str(number)
        if (letter, base) in self.marks and not number:
            return found, base
        if (
            base
            and found.stage is None
            and (is_any_of(base, self.stages_below) or (count == 1 and letter in self.timed_below and base in self.clock))
        ):
            return replace(found, stage=shift), ""
        if base and found.stage is not None and is_any_of(base, self.times):
            return replace(found, of_step=shift), ""
        if base == "":
            if count == 1 and found.stage is None and (self.has_layers_below or letter in self.timed_below):
                return replace(found, stage=shift), ""
            if count == 1 and self.times and letter in WEIGHTS_OF_STEPS:
                return found, str(number)  # b_1, b_2: the biases of the state and of the output
            return replace(found, indices=(*found.indices, item)), ""
        is_free = base not in self.bound
        is_alone = count == 1 and (letter, base) not in self.summed
        is_tag = (letter in self.tagged and count == 1 and is_free) or (self._is_gate(letter, base) and (is_free or is_alone))
        if is_tag and not number:
            return found, base
        if (letter, base) in self.stray:
            return replace(found, indices=(*found.indices, item)), ""
        is_index = base in INDEX_LETTERS or base in self.bound or number or base in TIMES or len(base) > 1
        if item.kind == "word" or base in CAPITAL_GREEK or not is_index:
            return found, base
        return replace(found, indices=(*found.indices, item)), ""

    def _is_gate(self, letter: str, tag: str) -> bool:
        """W_{xi}, b_c: weights that are called by a quantity with a time, i_t or c_t."""
        return letter in WEIGHTS_OF_STEPS and (tag in self.timed_below or tag in self.timed_above)


def is_any_of(base: str, stages: frozenset[str]) -> bool:
    """Whether a stage counts in given letters: t, or t-k where one of the two is a stage."""
    return base in stages or (len(base) > 1 and any(letter in stages for _, letter in letters_of_stage(base)))


def names_in(tree: Tree) -> Iterator[tuple[Tree, Printed]]:
    """Every name in a formula, outermost scripts included, without what stands in scripts."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node.kind in ("symbol", "scripts", "font", "accent", "word", "call"):
            name = printed_name(node)
            if name is not None:
                yield node, name
                waiting.extend(name.above if name.letter == "e" else ())
                continue
        if (
            node.kind == "call"
            and (head := printed_name(node.children[0])) is not None
            and head.letter in FUNCTION_HEADS
            and not head.below
        ):
            waiting.append(node.children[1])
        elif node.kind == "call" and node.children[0].text == "sum" and node.children[1].kind == "group":
            waiting.append(operands_of(node.children[1].children[0])[0])  # sum(A, dim=0): the options are no quantities
        elif node.kind == "scripts":
            waiting.append(node.children[0])
        elif node.kind == "derivative":
            waiting.extend(reversed(node.children[1:]))
        elif node.kind == "function" or node.kind == "large":
            waiting.append(node.children[1])
        elif node.kind == "applied":
            waiting.extend(child for inner in walk(node.children[0]) if inner.kind == "subscript" for child in inner.children)
            waiting.append(node.children[1])
        else:
            waiting.extend(reversed(node.children))
