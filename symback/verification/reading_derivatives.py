r"""Derivatives: of the cost, of any quantity by any other, by entries and as a whole, and chains of them.

\\partial C/\\partial z^l                          a gradient, in the layout of what it is taken by
\\partial a_i/\\partial z_j                        an entry of a Jacobian
\\partial C/\\partial a \\, \\partial a/\\partial z      a chain of Jacobians, composed where the names meet
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from symback.language.expressions import Var, contract, slot
from symback.verification.definitions import FUNCTION_HEADS
from symback.verification.differentials import outermost_cost
from symback.verification.meaning import COL, ROW, Unread, Value, apply, elementwise, number, transposed
from symback.verification.mentions import SAMPLE_COUNTS, Mention, integer_of, letter_of, names_in, printed_name
from symback.verification.place import Place, read, stage_number, stage_of
from symback.verification.reading_names import indexed, is_loss_of_step, merged_labels, quantity, sampled
from symback.verification.tree import Tree
from symback.verification.world_costs import part_of_cost, share_of_cost
from symback.verification.world_gradients import cotangent_of, is_indirect, whole_derivative

if TYPE_CHECKING:
    from symback.verification.world import World

__all__ = ["composed", "gradient_of", "gradient_of_cost", "is_cost", "jacobian", "linked", "read_derivative", "root_of"]

DIRECT_LINK = "the direct dependence alone: the chain has a link for each of the others"


def linked(pairs: list[tuple[Tree, Tree]], place: Place) -> list[tuple[Tree, Tree]] | None:
    """The pairs in an order in which each denominator is the next numerator."""
    for order in (pairs, pairs[::-1]):
        if all(_same(left[1], right[0], place) for left, right in itertools.pairwise(order)):
            return order
    return None


def _same(left: Tree, right: Tree, place: Place) -> bool:
    first, second = printed_name(left), printed_name(right)
    return first is not None and second is not None and place.world.lexicon.mention(first) == place.world.lexicon.mention(second)


def composed(links: Sequence[tuple[Tree, Tree]], place: Place) -> Value:
    """Σ over everything between: ∂u/∂v ∂v/∂w, as the derivative of the first by the last."""
    above = links[0][0]
    if not is_cost(above, place):
        raise Unread("a chain that does not begin at the cost")
    target = _plain(links[0][1], place)
    found = cotangent_of(place.world, target, root_of(above, place)).tensor
    for of, wrt in links[1:]:
        upper, target = _plain(of, place), _plain(wrt, place, _stage_of_tree(of, place))
        if not isinstance(target.tensor, Var):
            raise Unread("a derivative by what is no single quantity")
        jacobian = whole_derivative(place.world, upper.tensor, target.tensor, is_direct=_is_direct_link(upper, target, place))
        bound = tuple(range(100, 100 + upper.tensor.rank))
        kept = tuple(range(target.tensor.rank))
        found = contract(((found, bound), (jacobian, (*bound, *kept))), kept, {})
    entry = _entry_of(Value(found, target.labels), links[-1][1], place)
    return entry if root_of(above, place) is not None else _shared(above, entry, place)


def _is_direct_link(upper: Value, lower: Value, place: Place) -> bool:
    """Σ_u ∂L/∂u ∂u/∂v: each ∂u/∂v holds what else stands in the sum."""
    if not isinstance(lower.tensor, Var) or not is_indirect(place.world, upper.tensor, lower.tensor):
        return False
    ways = ("of the direct dependence", "through everything between")
    return place.choices("a partial derivative in a chain", ways) == ways[0]


def _entry_of(value: Value, tree: Tree, place: Place) -> Value:
    name = printed_name(tree)
    mention = place.world.lexicon.mention(name) if name is not None else None
    if mention is None:
        return value
    if mention.sample is not None and "sample" in value.labels:
        value = sampled(value, mention.sample, place)
    return indexed(value, mention.indices, place) if mention.indices else value


def gradient_of(tree: Tree, place: Place, is_name: bool = False, root: Var | None = None) -> Value:
    """∂C/∂(tree); a transpose at it is a transpose of the whole.  Of the loss `root` if that is given."""
    name = printed_name(tree)
    if name is None or name.primes:
        raise Unread("a derivative by what is no single quantity")
    mention = _of_square(place.world.lexicon.mention(name), place)
    if mention.power is not None:
        raise Unread("a derivative by a power")
    plain = _variable(mention, place)
    family = _cost_of_differential(mention, plain, place) if is_name else None
    root = root if family is None else part_of_cost(place.world, family)
    value = cotangent_of(place.world, plain, root, place.has_step_losses, place.takes_share)
    sample_axes = [axis for axis in value.tensor.axes if axis.kind == "sample"]
    if family is not None:
        value = value if root is not None else _of_share(value, family, place)
    elif is_name and sample_axes and not place.world.sheet.differentials and not place.world.is_parameter(plain):
        way = place.choices("dZ in a batch", ("the derivative of the cost", "the derivative of the sum of the samples' costs"))
        if way != "the derivative of the cost":
            value = elementwise(value, number(sample_axes[0].size))
    if mention.sample is not None and "sample" in value.labels:
        value = sampled(value, mention.sample, place)
    if mention.indices:
        value = indexed(value, mention.indices, place)
    return transposed(value) if mention.is_transposed else value


def _cost_of_differential(mention: Mention, of: Value, place: Place) -> str | None:
    """The family of the cost that dX is of, where the page states for one name or more of which cost they are derivatives."""
    stated = place.world.sheet.differentials
    if not stated or place.world.window.is_clock or not place.world.is_built:
        return None
    if mention.family in stated:
        return stated[mention.family]
    if not _has_samples(of, place.world):
        return outermost_cost(place.world.edition.costs, place.world.lexicon)
    return next(iter(stated.values())) if len(set(stated.values())) == 1 else None


def _has_samples(value: Value, world: World) -> bool:
    """Whether it has an axis for the samples, of which the page may say how many there are."""
    counted = {axis for letter, axis in world.counts.items() if letter in SAMPLE_COUNTS and not world.is_of_weights(axis)}
    return any(axis.kind == "sample" or axis in counted for axis in value.tensor.axes)


def gradient_of_cost(cost: Tree, tree: Tree, place: Place, root: Var | None) -> Value:
    """∂(cost)/∂(tree) where the cost may be a share of the one that the world knows: C = C_Σ/N."""
    found = gradient_of(tree, place, root=root)
    return found if root is not None else _shared(cost, found, place)


def _shared(cost: Tree, value: Value, place: Place) -> Value:
    """The derivative of what is known, times the share of it that the printed cost is."""
    name = printed_name(cost.children[0] if cost.kind == "call" else cost)
    if name is None or place.world.window.is_clock or not place.world.is_built:
        return value
    return _of_share(value, place.world.lexicon.mention(name).family, place)


def _of_share(value: Value, family: str, place: Place) -> Value:
    share = share_of_cost(place.world, family)
    return value if share == 1 else elementwise(value, number(share))


def _of_square(mention: Mention, place: Place) -> Mention:
    """∂/∂σ²: the square has a name of its own."""
    if mention.power is not None and integer_of(mention.power) == 2 and place.world.has_square(mention.family):
        return replace(mention, family=f"{mention.family}^2", power=None)
    return mention


def _variable(mention: Mention, place: Place, at: int | None = None) -> Value:
    """What is derived by: a quantity as a whole; of a weight that all steps share, all its uses or that at one step."""
    own = place.own if at is None else at
    if mention.stage is None and mention.family in place.world.sheet.shared and place.world.window.is_clock and own is not None:
        inside = " under a sum over time" if place.is_in_sum else ""
        ways = ("at one step", "at all steps") if place.is_in_sum or at is not None else ("at all steps", "at one step")
        if place.choices(f"the use of a weight{' by a state' if at is not None else ''}{inside}", ways) == "at one step":
            return place.world.whole(mention.family, own, len(mention.indices))
    return quantity(mention.whole, place)


def root_of(tree: Tree, place: Place) -> Var | None:
    """The loss that is meant, where it is not the whole one: L_t, \\ell(y_t, \\hat y_t), and \\ell beside L = Σ_t \\ell(…)."""
    world = place.world
    if not world.window.is_clock:
        cost = printed_name(tree.children[0] if tree.kind == "call" else tree)
        return part_of_cost(world, world.lexicon.mention(cost).family) if cost is not None and world.is_built else None
    head = tree.children[0] if tree.kind == "call" else tree
    name = printed_name(head)
    if name is None:
        return None
    mention = world.lexicon.mention(name)
    if mention.stage is not None:
        return world.loss_of_step(stage_of(mention, place) or 0)
    stages = (
        [found.stage for _, inner in names_in(tree.children[1]) if (found := world.lexicon.mention(inner)).stage]
        if tree.kind == "call"
        else []
    )
    if stages and stages[0] is not None:
        return world.loss_of_step(stage_number(stages[0], place))
    if mention.family not in world.sheet.losses_under_sums:
        return None
    ways = ("of one step", "of all steps") if place.is_in_sum else ("of all steps", "of one step")
    way = place.choices(f"the loss {mention.family}{' under a sum over time' if place.is_in_sum else ''}", ways)
    return world.total if way == "of all steps" else world.loss_of_step(place.own if place.own is not None else world.window.last)


def is_cost(tree: Tree, place: Place) -> bool:
    """C, C_0, \\mathcal{L}, J(W, b)."""
    if tree.kind == "call" and printed_name(tree) is None:
        return is_cost(tree.children[0], place)
    name = printed_name(tree)
    if name is None or name.letter not in place.world.lexicon.losses or name.primes:
        return False
    mention = place.world.lexicon.mention(name)
    if is_loss_of_step(mention, place.world):
        return mention.sample is None
    return (
        mention.sample is None
        and not name.above
        and (not mention.indices or (len(mention.indices) == 1 and integer_of(mention.indices[0]) is not None))
    )


def read_derivative(tree: Tree, place: Place) -> Value:
    """∂u/∂v: a gradient where u is a cost, a Jacobian or an entry of one elsewhere."""
    sign, body, *variables = tree.children
    if sign.kind == "scripts" or len(variables) != 1:
        raise Unread("a higher derivative")
    if is_cost(body, place):
        return gradient_of_cost(body, variables[0], place, _root_for(tree, body, variables[0], place))
    return jacobian(body, variables[0], place)


def _root_for(tree: Tree, body: Tree, variable: Tree, place: Place) -> Var | None:
    """The loss that is derived; of a state that moves later losses as well, perhaps the loss of its own step alone."""
    root = root_of(body, place)
    name = printed_name(variable)
    mention = place.world.lexicon.mention(name) if name is not None else None
    if not place.world.window.is_clock or mention is None or mention.stage is None or mention.family in place.world.sheet.shared:
        return root
    if place.is_definition and root is not None and root is place.world.losses.get(stage_number(mention.stage, place)):
        way = place.choices("the loss in the name of a derivative", ("as printed", "the whole loss"))
        return root if way == "as printed" else None
    if id(tree) not in place.summands or root not in (None, place.world.total):
        return root
    ways = ("the whole derivative", "of its own step alone")
    way = place.choices("a loss by a state, as a term of a sum", ways[::-1] if id(tree) in place.held else ways)
    return root if way == "the whole derivative" else place.world.loss_of_step(stage_number(mention.stage, place))


def jacobian(body: Tree, variable: Tree, place: Place) -> Value:
    """∂(body)/∂(variable) with the indices that are printed; of whole vectors, a matrix or the entries of its diagonal."""
    below = _plain(variable, place, _stage_of_tree(body, place))
    if (head := letter_of(body)) in FUNCTION_HEADS and not place.world.defines(head) and place.world.function(head) is None:
        kind = place.world.activation(head)  # ∂σ/∂z is σ'(z)
        if kind is None:
            raise Unread("a derivative of softmax without its argument")
        return apply(kind.prime()(slot(0)), _entry_of(below, variable, place))
    above = read(body, place)
    if not isinstance(below.tensor, Var):
        raise Unread("a derivative by what is no single quantity")
    way = "through everything between"
    if is_indirect(place.world, above.tensor, below.tensor):
        direct = ("a link of a chain", DIRECT_LINK) if place.is_link else ("a partial derivative", "of the direct dependence alone")
        ways = ("through everything between", direct[1])  # the likelier first: the page may say that factors hold the others fixed
        way = place.choices(direct[0], ways[::-1] if place.world.sheet.holds_the_others else ways)
    found = whole_derivative(place.world, above.tensor, below.tensor, is_direct=way != "through everything between")
    target = _entry_of(below, variable, place)
    if target.tensor is not below.tensor:
        raise Unread("a derivative by a diagonal entry")
    inner, outer = above.labels, target.labels
    if not {ROW, COL} & set(inner) or not {ROW, COL} & set(outer):
        return merged_labels(
            Value(found, (*(f"·{i}" for i in range(len(inner))), *(f"·{i + 9}" for i in range(len(outer))))), (*inner, *outer)
        )
    return _whole_jacobian(found, above, target, place)


def _whole_jacobian(found, above: Value, below: Value, place: Place) -> Value:
    """Of a vector by a vector."""
    rest = tuple(label for label in (*above.labels, *below.labels) if label not in (ROW, COL))
    if len(above.sides) != 1 or len(below.sides) != 1 or rest:
        if above.labels == below.labels and above.tensor.axes == below.tensor.axes:
            own = tuple(range(above.tensor.rank))
            return Value(contract(((found, own + own),), own, {}), above.labels)
        raise Unread("a derivative of a vector or matrix by a matrix")
    way = place.choices("a derivative of a vector by a vector", ("Jacobian", "element-wise", "Jacobian, transposed"))
    if way == "element-wise":
        if above.tensor.axes != below.tensor.axes:
            raise Unread("an element-wise derivative between vectors of different sizes")
        return Value(contract(((found, ("i", "i")),), ("i",), {}), above.labels)
    return Value(found, (ROW, COL) if way == "Jacobian" else (COL, ROW))


def _stage_of_tree(tree: Tree, place: Place) -> int | None:
    """The step of a name with one, or of a name that is always that of the step at hand: a_f of f_t = σ(a_f)."""
    name = printed_name(tree)
    mention = place.world.lexicon.mention(name) if name is not None else None
    if mention is None or (mention.stage is None and mention.family not in place.world.sheet.stageless):
        return None
    return stage_of(mention, place) if mention.stage is not None else place.own


def _plain(tree: Tree, place: Place, at: int | None = None) -> Value:
    """A quantity as a whole; of a weight by which a state of step `at` is derived, perhaps its use at that step."""
    name = printed_name(tree)
    if name is None or name.primes:
        raise Unread("a derivative of what is no single quantity")
    mention = _of_square(place.world.lexicon.mention(name), place)
    if mention.power is not None or mention.is_transposed:
        raise Unread("a derivative of what is no single quantity")
    return quantity(mention.whole, place) if at is None else _variable(mention, place, at)
