"""What a document leaves open about a claim, and which readings of it a good reader tries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from symback.verification.claim_forms import bound_letters, divided_by, head_of, letter_at
from symback.verification.claim_windows import mentions_in
from symback.verification.definitions import EQUALITIES, FUNCTION_HEADS, Claim, Definition, Function, definitions_in, is_gradient_tree
from symback.verification.fitting import fitting_definitions
from symback.verification.mentions import Lexicon, letter_of, names_in, printed_name
from symback.verification.read_formulas import Page
from symback.verification.sheet import Edition, Sheet
from symback.verification.tree import Tree, walk
from symback.verification.unparse import unparse
from symback.verification.window import Assumed

__all__ = ["OpenReadings", "shows_matrices", "softmax_in_words", "sums_to_one"]

LOGARITHMS = (r"\log", r"\ln")
NEAR = 30  # formulas: the definitions around a claim, where a document defines a name more than once
SOFTMAX_AFTER = re.compile(r"\W*(?:is|be|denotes?|represents?|to (?:indicate|denote|represent)|indicates?|for|,)?\W*(?:the |a )?softmax")
SOFTMAX_BEFORE = re.compile(r"softmax(?: activation)?(?: function)?(?: is|,| denoted by| called)?\W*$")


@dataclass(frozen=True)
class OpenReadings:
    """A document as far as it decides how its claims are read."""

    lexicon: Lexicon
    sheet: Sheet
    words: str
    is_alone: bool
    stated: frozenset[str]  # families with a forward equation
    softmax_letters: frozenset[str]
    first_matrix: int  # the first formula in which layers have more than one neuron
    pages: Sequence[Page]

    def kind(self, claim: Claim) -> str:
        """What a claim is about."""
        if any(sign not in EQUALITIES for sign in claim.signs):
            return "shape" if r"\in" in claim.signs else "mention"
        if not any(True for member in claim.members for _ in names_in(member)):
            return "mention"
        if any(is_gradient_tree(member) for member in claim.members):
            return "gradient"
        families = self.families(claim.members)
        if any(family.split("_")[0] in (r"\delta", r"\Delta") for family in families):
            return "gradient"
        first = printed_name(claim.members[0])
        return "forward" if first is not None else "identity"

    def families(self, trees: Sequence[Tree]) -> set[str]:
        found = {mention.family for mention in mentions_in(trees, self.sheet)}
        return found | {f"{family}^2" for family in found}

    def states_cost(self, claim: Claim, order: int) -> bool:
        return any(isinstance(found, Definition) and found.role == "cost" for found in definitions_in(claim, self.lexicon, order))

    def alternatives(self, claim: Claim, order: int) -> list[Assumed]:
        """What the document leaves open."""
        base = Assumed(is_scalar=getattr(self.sheet, "is_scalar", False))
        found = [base]
        if self.may_sum_to_one():
            found.append(replace(base, has_unit_targets=True))
        if not self.softmax_letters and not any(function.letter in FUNCTION_HEADS for function in self.sheet.edition(order).functions):
            stated = [name for name in ("sigmoid", "tanh", "relu") if name in self.words]
            if self.is_alone:
                stated = ["sigmoid", "tanh"]
            if self.has_gates(order):  # the page tells its \sigma from \tanh
                stated = [*(name for name in stated if name not in ("sigmoid", "tanh")), "sigmoid"]
            elif self.has_logistic_cost(order) and "sigmoid" not in stated:
                stated.append("sigmoid")
            found += [replace(base, activation=name) for name in stated]
            if "softmax" in self.words:
                found.append(replace(base, activation="softmax"))
                found.append(replace(base, activation="softmax", has_unit_targets=True))
        if any(function.letter in FUNCTION_HEADS and self.is_redefined(function) for function in self.sheet.edition(order).functions):
            found.append(replace(base, activation="unspecified"))
        has_cost = any(definition.role == "cost" for definition in self.sheet.definitions)
        if not has_cost and self.names_target(claim):
            found += [
                replace(item, cost=cost)
                for item in list(found)
                for cost in ("quadratic", "squared_error", "binary_cross_entropy", "cross_entropy")
            ]
        if not base.is_scalar and order <= self.first_matrix and self.may_be_scalar(claim):
            found += [replace(item, is_scalar=True) for item in list(found)]
        if self.sheet.with_samples and not self.is_of_all_samples(claim):
            found = [*(replace(item, is_single=True) for item in found), *found]
        if fitting := fitting_definitions(claim, self.sheet, order):
            found += [replace(item, fitting=fitting) for item in found]
        near = [base, *([replace(base, has_unit_targets=True)] if self.may_sum_to_one() else [])]
        return [*found, *(replace(item, reach=NEAR) for item in near)] if len(self.pages) > NEAR else found

    def is_of_all_samples(self, claim: Claim) -> bool:
        """A sample is numbered in it, or it divides by the number of samples as the cost does: it is not about a single one."""
        counted = divided_by([cost.body for cost in self.sheet.definitions if cost.role == "cost"])
        is_numbered = any(mention.sample is not None for mention in mentions_in(claim.members, self.sheet))
        return is_numbered or bool(divided_by(claim.members) & counted)

    def is_redefined(self, function: Function) -> bool:
        """Whether an activation has another definition elsewhere, or is one of a whole vector."""
        others = [
            other for other in self.sheet.functions if other.letter == function.letter and unparse(other.body) != unparse(function.body)
        ]
        return bool(others) or any(node.kind == "large" for node in walk(function.body))

    def may_sum_to_one(self) -> bool:
        return (
            "softmax" in self.words
            or "one-hot" in self.words
            or "one hot" in self.words
            or any(any(node.kind == "large" for node in walk(function.body)) for function in self.sheet.functions)
            or any(
                d.role == "cost" and any(node.kind == "function" and node.text in (r"\log", r"\ln") for node in walk(d.body))
                for d in self.sheet.definitions
            )
        )

    def names_target(self, claim: Claim) -> bool:
        """Whether targets stand in it, so that the cost decides; of a layer l anywhere in the network it never does."""
        mentions = mentions_in(claim.members, self.sheet)
        if {mention.stage[0] for mention in mentions if mention.stage is not None} == {"l"}:
            return False
        return any(
            mention.family.split("_")[0] in ("y", "Y", "t") and mention.stage is None and mention.family not in self.stated
            for mention in mentions
        )

    def may_be_scalar(self, claim: Claim) -> bool:
        """No index, no transpose, no element-wise sign in the claim, and no weight matrix in capitals."""
        for member in claim.members:
            for node in walk(member):
                if node.kind == "operator" and node.text in (r"\odot", r"\circ", r"\otimes"):
                    return False
                if node.kind == "font" and node.text in (r"\mathbf", r"\boldsymbol", r"\textbf", r"\bm"):
                    return False
        mentions = [(node, self.lexicon.mention(name)) for member in claim.members for node, name in names_in(member)]
        if any((mention.indices and mention.family not in self.lexicon.losses) or mention.is_transposed for _, mention in mentions):
            return False
        if any(mention.family in self.sheet.multiplied and (letter_at(node) or "")[:1].isupper() for node, mention in mentions):
            return False
        return not any(letter in ("W", "A", "X", "Z") for node, mention in mentions for letter in (letter_at(node),))

    def has_open_activation(self, edition: Edition) -> bool:
        """Whether a forward equation applies a function that the document does not define."""
        known = {function.letter for function in edition.functions}
        for definition in edition.definitions:
            for node in walk(definition.body):
                letter = letter_of(head_of(node)) if node.kind == "call" else None
                if letter in FUNCTION_HEADS and letter not in known:
                    return True
        return False

    def open_heads(self, order: int) -> set[str]:
        r"""The letters of activations in the forward equations in force, and \tanh."""
        bodies = [definition.body for definition in self.sheet.edition(order).definitions if definition.role == "forward"]
        heads = [head_of(node) for body in bodies for node in walk(body) if node.kind in ("call", "function")]
        return {letter for head in heads if (letter := letter_of(head)) in FUNCTION_HEADS or letter == r"\tanh"}

    def has_gates(self, order: int) -> bool:
        r"""\sigma beside \tanh in the equations of a step: by common use the logistic function."""
        return self.lexicon.is_recurrent and {r"\sigma", r"\tanh"} <= self.open_heads(order)

    def has_logistic_cost(self, order: int) -> bool:
        """log a beside log(1 - a) in the cost in force: a is a chance, by common use of the logistic function."""
        costs = [cost.body for cost in self.sheet.edition(order).costs[:1]]
        logs = [
            node.children[1]
            for body in costs
            for node in walk(body)
            if node.kind == "function" and letter_at(node.children[0]) in LOGARITHMS
        ]
        return any(
            node.kind == "sum" and node.children[0].text == "1" and node.children[1].text == "-" for log in logs for node in walk(log)
        )


def shows_matrices(lexicon: Lexicon, tree: Tree) -> bool:
    """Transposes, element-wise products, arrays, capital weights or entries: layers have more than one neuron."""
    for node in walk(tree):
        if node.kind == "operator" and node.text in (r"\odot", r"\otimes"):
            return True
        if node.kind == "subscript" and node.children[0].kind == "product" and any(c.text == r"\times" for c in node.children[0].children):
            return True
    for _, name in names_in(tree):
        mention = lexicon.mention(name)
        if mention.is_transposed or name.letter in ("W", "X", "Z", "A"):
            return True
        if mention.indices and mention.family in ("W", "a", "z", "b", r"\delta"):
            return True
    return False


def sums_to_one(lexicon: Lexicon, claim: Claim) -> str | None:
    """The y of Σ_k y_k = 1, summed over its last index."""
    if len(claim.members) != 2 or claim.members[1].text != "1" or claim.members[0].kind != "large":
        return None
    sign, body = claim.members[0].children
    name = printed_name(body)
    if name is None or not name.below or letter_of(sign.children[0] if sign.kind == "scripts" else sign) != r"\sum":
        return None
    return lexicon.mention(name).family if bound_letters(sign) == {letter_of(name.below[-1])} else None


def softmax_in_words(pages: Sequence[Page]) -> frozenset[str]:
    """The letters that the words call the softmax function: "where σ is the softmax function"."""
    found = set()
    for page in pages:
        letter = letter_of(page.tree) if page.tree is not None and page.printed is not None else None
        if letter is None or page.printed is None:
            continue
        if SOFTMAX_AFTER.match(page.printed.after.lower()) or SOFTMAX_BEFORE.search(page.printed.before.lower()):
            found.add(letter)
    return frozenset(found & FUNCTION_HEADS)
