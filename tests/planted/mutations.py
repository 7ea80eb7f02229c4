"""MUTATIONS: errors to plant in the package, each with the tests that have to notice it.

A row replaces one piece of text, which stands in its file exactly once.  Each is an error that somebody could make: a
sign, an order, a missing factor, an index, a condition that is forgotten.  The tests named are those of the room, and of the laws.
"""

from dataclasses import dataclass

__all__ = ["MUTATIONS", "Mutation"]


@dataclass(frozen=True)
class Mutation:
    """`old` becomes `new` in `file`; `tests` must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


RULES = "tests/simplification/test_rules.py"
VIEWS = "tests/simplification/test_views.py"
SOLVED = "test_a_definition_with_a_number_and_a_root_in_it_is_solved_for_its_function"
BELOW = "test_a_slope_below_the_line_is_written_in_the_output_below_the_line"
JACOBIAN = "tests/calculus/test_jacobian.py"
CHAIN = "tests/calculus/test_chain_rule.py"
ACTIVATIONS = "tests/network/test_activations.py"
COSTS = "tests/network/test_costs.py"
FORWARD = "tests/network/test_forward.py"
STEPS = "tests/pipeline/test_steps.py"
DERIVE = "tests/pipeline/test_derive.py"
PRINTING = "tests/language/test_printing.py"
NOTATION = "tests/language/test_notation.py"
TEXTBOOK = "tests/verification/test_textbook.py::test_every_equation_is_proved_and_agrees_with_all_three_roads"
SPECS = "tests/laws/test_random_specs.py"
GRAPHS = "tests/laws/test_random_graphs.py::test_random_graphs_agree_with_the_complex_step"
FORMULAS = "tests/laws/test_views_of_formulas.py"
TABLES = "tests/laws/test_tables.py"
BATCHES = "tests/laws/test_batches.py"
GENERIC = "tests/laws/test_generic_layer.py"
STABILITY = "tests/numerics/test_stability.py"
PROGRAM = "tests/numerics/test_program.py"
FUNCTIONS = "tests/numerics/test_functions.py"
EVALUATE = "tests/numerics/test_evaluate.py"
EXPRESSIONS = "tests/language/test_expressions.py"
PROOFS = "tests/simplification/test_normal_form.py"

_R = "simplification/rules.py"
_P = "simplification/products.py"
_J = "calculus/jacobian.py"
_C = "calculus/chain_rule.py"
_A = "network/activations.py"
_K = "network/costs.py"
_L = "network/layers.py"
_N = "network/norms.py"
_W = "network/place.py"
_H = "network/gates.py"
_Q = "network/graph_nodes.py"
_F = "network/forward.py"
_D = "pipeline/derive.py"
_I = "simplification/index_form.py"
_M = "simplification/matrix_form.py"
_G = "simplification/plan.py"
_S = "simplification/scalar_form.py"

SIMPLIFICATION = (
    Mutation("the delta is collapsed without renaming its index", _R,
        "tuple(stays if label == gone else label for label in other_labels)", "other_labels", (RULES,)),
    Mutation("a delta between two free indices is collapsed", _R,
        "if gone < rank and gone != stays:", "if False:", (RULES,)),
    Mutation("the trace of the identity is 1", _R,
        "if pair[0] != gone or gone == stays)", "if pair[0] != gone)", (RULES,)),
    Mutation("a product is distributed over one term of a sum alone", _R,
        "for term in base.args]\n        return add(*terms), ()", "for term in base.args[:1]]\n        return add(*terms), ()", (RULES,)),
    Mutation("a side fact is used where its index stands elsewhere too", _R,
        "if sum(label in other for (_, other), _ in product.powers) > 1 or labels.count(label) > 1:", "if False:", (RULES,)),
    Mutation("a side fact is used for a free index", _R,
        "if base is not fact.of or exponent != 1 or labels[fact.axis] < rank:", "if base is not fact.of or exponent != 1:", (RULES,)),
    Mutation("a side fact is used for a power", _R,
        "if base is not fact.of or exponent != 1 or labels[fact.axis] < rank:", "if base is not fact.of or labels[fact.axis] < rank:", (RULES,)),
    Mutation("a side fact is used without its value", _R,
        "product.coefficient * fact.value", "product.coefficient", (f"{RULES}::test_a_fact_brings_its_value",)),
    Mutation("a side fact is used and not reported", _R,
        "return shorter.to_tensor(), (fact,)", "return shorter.to_tensor(), ()", (f"{RULES}::test_a_fact_is_reported_by_the_step_that_used_it",)),
    Mutation("like terms are counted once", _R,
        "coefficients[key] = coefficients.get(key, sympy.S.Zero) + product.coefficient", "coefficients[key] = product.coefficient", (RULES,)),
    Mutation("the common factor stays in the terms as well", _R,
        "{f: e - common.get(f, 0) for f, e in product.powers}", "dict(product.powers)", (RULES,)),
    Mutation("a factor of some terms is called common", _R,
        "if all(e > 0 for e in shared) or all(e < 0 for e in shared):", "if any(e > 0 for e in shared):", (RULES,)),
    Mutation("a folded definition keeps its exponent", _R,
        "power = exponent / known.exponent", "power = exponent", (f"{RULES}::{SOLVED}",)),
    Mutation("a folded definition loses its coefficient", _R,
        "product.coefficient * known.coefficient**-power)", "product.coefficient)", (f"{RULES}::{SOLVED}",)),
    Mutation("a slope in the output loses its exponent", _R,
        "tuple(labels[i] for i in own)), e * exponent)", "tuple(labels[i] for i in own)), e)", (f"{RULES}::{BELOW}",)),
    Mutation("equal factors do not meet", _P,
        "        for factor, exponent in parts:\n            powers[factor] = powers.get(factor, sympy.S.Zero) + exponent",
        "        for factor, exponent in parts:\n            powers[factor] = exponent", (RULES,)),
    Mutation("a factor takes the place of its equal", _P,
        "powers = dict(self.powers)\n        powers[factor] = powers.get(factor, sympy.S.Zero) + exponent",
        "powers = dict(self.powers)\n        powers[factor] = exponent", (RULES,)),
    Mutation("a sum over nothing is 1", _P,
        "coefficient = coefficient * axis.size", "coefficient = coefficient * 1", (RULES,)),
    Mutation("rules apply inside one term of a sum alone", "simplification/engine.py",
        "terms = [term if result is None else result[0] for term, result in zip(total.args, results, strict=True)]",
        "terms = [result[0] for term, result in zip(total.args, results, strict=True) if result is not None]", (RULES,)),
)  # fmt: skip

CALCULUS = (
    Mutation("the derivative of a function is taken twice", _J,
        "(map_(slope, node.args), own)", "(map_(slope * slope, node.args), own)", (JACOBIAN,)),
    Mutation("a node's cotangent is that of its last use", _J,
        "upstream = add(*cotangents.pop(node))", "upstream = cotangents.pop(node)[-1]", (JACOBIAN,)),
    Mutation("a factor that stands twice is differentiated at its first place", _J,
        "others = [factor for i, factor in enumerate(node.factors) if i != position]",
        "others = [factor for factor in node.factors if factor[0] is not arg]", (JACOBIAN,)),
    Mutation("the diagonal of a matrix is taken for the whole", _J,
        "deltas.append((delta(arg.axes[i]), (label, own[-1])))", "pass", (JACOBIAN,)),
    Mutation("the second derivative of an unspecified function forgets the first", _J,
        "further = unspecified(node.letter, node.args, (*node.wrt, i), node.shared)",
        "further = unspecified(node.letter, node.args, (*node.wrt, 0), node.shared)", (JACOBIAN,)),
    Mutation("the sign of a denominator is flipped without its exponent", _J,
        "sympy.Pow(-base, power.exp) * (-1) ** power.exp", "sympy.Pow(-base, power.exp)", (JACOBIAN,)),
    Mutation("a name used twice has the cotangent of its first use", _C,
        "inner = [through(edge) for edge in edges]", "inner = [through(edge) for edge in edges[:1]]", (CHAIN,)),
    Mutation("the chain rule loses the average", _C,
        "inner = [_times(pivot_factor, add(*inner))]", "inner = [add(*inner)]", (CHAIN,)),
    Mutation("a penalty is not differentiated", _C,
        "return add(*inner, *(through(edge) for edge in past_pivot))", "return add(*inner) if inner else through(past_pivot[0])", (CHAIN,)),
    Mutation("a pivot that is passed by is used all the same", _C,
        "return all(name is pivot or all(use.symbol in inside for use in uses.get(name, ())) for name in inside)", "return True", (CHAIN,)),
    Mutation("the chain rule sums over the wrong axes", _C,
        "labels[rank:], {})", "labels[rank:][::-1], {})", (CHAIN,)),
)  # fmt: skip

NETWORK = (
    Mutation("the logistic function has the wrong sign", _A, "1 / (1 + exp(-Z)), r\"\\sigma\"", "1 / (1 + exp(Z)), r\"\\sigma\"", (ACTIVATIONS,)),
    Mutation("the slope of tanh is 1 - a", _A, "slope=1 - A**2)", "slope=1 - A)", (ACTIVATIONS,)),
    Mutation("the slope of softplus is exp(-a)", _A, "slope=1 - exp(-A)", "slope=exp(-A)", (ACTIVATIONS,)),
    Mutation("ReLU'(0) is 1", _A,
        '"relu", Piecewise((Z, Z > 0), (0, True))', '"relu", Piecewise((Z, Z >= 0), (0, True))', (ACTIVATIONS,)),
    Mutation("the kink of hard_tanh falls to the other side", _A,
        '"hard_tanh", Piecewise((1, Z >= 1)', '"hard_tanh", Piecewise((1, Z > 1)', (ACTIVATIONS,)),
    Mutation("elu starts at 0", _A, '"elu", Piecewise((Z, Z > 0), (ALPHA * (exp(Z) - 1), True))', '"elu", Piecewise((Z, Z > 0), (ALPHA * exp(Z), True))', (TABLES,)),
    Mutation("SELU's constant has a wrong digit", _A, "1.6732632423543772848", "1.6732623423543772848", (TABLES,)),
    Mutation("gelu_tanh has a wrong coefficient", _A, '"0.044715"', '"0.044175"', (TABLES,)),
    Mutation("srelu joins its thresholds wrongly", _A, "T_LOW + ALPHA_LOW * (Z - T_LOW)", "ALPHA_LOW * (Z - T_LOW)", (TABLES,)),
    Mutation("softmax normalises the whole batch", _A,
        "normaliser = total(map_(exp(slot(0)), (z,)), keep=last)", "normaliser = broadcast(total(map_(exp(slot(0)), (z,))), z.axes[:last], ())", (FORWARD,)),
    Mutation("the quadratic cost loses its half", _K, 'CostRow("quadratic", (A - Y) ** 2 / 2)', 'CostRow("quadratic", (A - Y) ** 2)', (TABLES,)),
    Mutation("a mean over the outputs is a sum", _K,
        'CostRow("mean_squared_error", (A - Y) ** 2, is_mean=True)', 'CostRow("mean_squared_error", (A - Y) ** 2)', (TABLES,)),
    Mutation("huber's line does not meet its parabola", _K, "(DELTA * (Y - A) - DELTA**2 / 2, A - Y < -DELTA)", "(DELTA * (Y - A) - DELTA / 2, A - Y < -DELTA)", (TABLES,)),
    Mutation("the hinge's derivative at its kink is -y", _K, "(1 - Y * A, Y * A < 1)", "(1 - Y * A, Y * A <= 1)", (COSTS,)),
    Mutation("the binary cross-entropy forgets the other class", _K, "_BINARY = -Y * log(A) - (1 - Y) * log(1 - A)", "_BINARY = -Y * log(A) - (1 - Y) * log(A)", (TABLES,)),
    Mutation("logits go through the wrong function", _K,
        '"binary_cross_entropy_from_logits", _BINARY, through="sigmoid"', '"binary_cross_entropy_from_logits", _BINARY, through="softmax"', (SPECS,)),
    Mutation("a cost assumes what its targets do not have", _K,
        'assumed = (Fact(y, 1, is_assumed=True),) if cost.row.targets == "probabilities" else ()', 'assumed = (Fact(y, 1, is_assumed=True),)', (COSTS,)),
    Mutation("the residual connection is forgotten", _L,
        'Equation(last.symbol, add(place.inputs, output), "activation")', 'Equation(last.symbol, output, "activation")', (FORWARD,)),
    Mutation("a residual of names alone forgets its shortcut", _L,
        "add(place.inputs, *terms)", "add(*terms)", (FORWARD,)),
    Mutation("tied weights are not transposed", _L, '"kj" if layer.transpose else "jk"', '"jk"', (FORWARD,)),
    Mutation("layer norm divides by the variance", _N, "map_(sympy.sqrt(slot(0) + layer.epsilon), (variance,))", "map_(slot(0) + layer.epsilon, (variance,))", (FORWARD,)),
    Mutation("layer norm forgets its epsilon", _N, "map_(sympy.sqrt(slot(0) + layer.epsilon), (variance,))", "map_(sympy.sqrt(slot(0)), (variance,))", (FORWARD,)),
    Mutation("layer norm adds gamma where beta belongs", _N, "scaled(gamma, normalised), spread(beta, x)", "scaled(gamma, normalised), spread(gamma, x)", (FORWARD,)),
    Mutation("the bias is left out", _W,
        "return product if bias is None else add(product, spread(bias, product))", "return product", (FORWARD,)),
    Mutation("the RMS norm divides by the root of a sum", _N,
        "scale(1 / size, total(map_(slot(0) ** 2, (x,)), keep))", "total(map_(slot(0) ** 2, (x,)), keep)", (SPECS,)),
    Mutation("a scale forgets its shift", _N, "if shift else value", "if not shift else value", (SPECS,)),
    Mutation("the gate of a gated layer is not activated", _H, "(sums[0].symbol, open_)", "(sums[0].symbol, sums[1].symbol)", (SPECS,)),
    Mutation("the highway's way past is open when the gate is", _H, "(1 - slot(0)) * slot(2)", "slot(0) * slot(2)", (SPECS,)),
    Mutation("a graph's batch norm goes along the rows", _Q, '"batch_norm", (1, 1), _norm(0, True)', '"batch_norm", (1, 1), _norm(1, True)', (GRAPHS,)),
    Mutation("attention forgets its scale", _Q, 'given = _product(queries, keys, "ij,kj", at.factor())', 'given = _product(queries, keys, "ij,kj")', (GRAPHS,)),
    Mutation("a low-rank addition replaces the weights", _Q, "value = add(_product(x, weights), _product(inner, second, factor=at.factor()))",
        "value = _product(inner, second, factor=at.factor())", (GRAPHS,)),
    Mutation("costs of a graph are averaged over the columns", "network/graph.py", "outputs_of.axes[:-1])", "outputs_of.axes[1:])", (GRAPHS,)),
    Mutation("a batch is summed, not averaged", _F, "scale(1 / each.axes[0].size, pivot) if each.rank", "scale(1, pivot) if each.rank", (FORWARD,)),
    Mutation("the L2 penalty has no half", _F, "scale(network.l2 / 2,", "scale(network.l2,", (FORWARD,)),
    Mutation("the L1 penalty falls on the first layer alone", _F,
        "for w in weights if network.l1 != 0]", "for w in weights[:1] if network.l1 != 0]", (FORWARD,)),
    Mutation("biases are penalised", _F, 'for parameter in parameters if parameter.name.letter.split("_")[0] == "W"]', "for parameter in parameters if parameter.rank]", (FORWARD,)),
)  # fmt: skip

PIPELINE = (
    Mutation("an unnamed cotangent is taken for a named one", _D,
        'is_named = role in ("parameter", "cut")', 'is_named = role in ("parameter",)', (f"{DERIVE}::test_the_six_equations_of_the_lecture_come_out_as_printed",)),
    Mutation("facts of what was written out are forgotten", _D,
        "return tuple(dict.fromkeys((*own, *inner)))", "return tuple(dict.fromkeys(own))", (f"{DERIVE}::test_a_fact_used_in_what_is_written_out_is_a_fact_of_the_formula",)),
    Mutation("a chain is told over its first path alone", "pipeline/explanation.py",
        "return add(*(_product(record, path, context, write) for path in unique))", "return _product(record, unique[0], context, write)", (f"{STEPS}::test_every_step_of_every_derivation_is_true[residual]",)),
    Mutation("the explanation leaves the average out", "pipeline/explanation.py",
        "inner = contract(((record.pivot_factor, ()), (inner, own)), own, {})", "pass", (f"{STEPS}::test_every_step_of_every_derivation_is_true[symbolic sizes]",)),
    Mutation("the slope of one activation serves for another", "network/activations.py",
        "activation.slope.xreplace({A: slot(0)})", "ACTIVATIONS['sigmoid'].slope.xreplace({A: slot(0)})", (f"{FORMULAS}::test_a_slope_in_terms_of_the_output_keeps_the_value",)),
)  # fmt: skip

SEEN = (
    Mutation("sums run from 0", _I, "Tuple(letter, sympy.S.One, size)", "Tuple(letter, sympy.S.Zero, size)", (VIEWS,)),
    Mutation("bound letters clash with those in scope", _I,
        "letters[label] = next(_fresh(axis_of[label].kind, inner))", "letters[label] = next(_fresh(axis_of[label].kind, ()))", (VIEWS,)),
    Mutation("what depends on the index is pulled out of its sum", _I,
        "outside, inside = body.as_independent(*(letter for letter, _ in ranges), as_Add=False)", "outside, inside = body, sympy.S.One", (VIEWS,)),
    Mutation("a matrix is multiplied from the wrong side", _G,
        "factor if labels == (low, high) else _transposed(factor)", "factor", (VIEWS,)),
    Mutation("the weights of a sum are dropped", _G,
        "left = ScaledAlong(left.axes, left, _hadamard(weights), 1)", "pass", (f"{VIEWS}::test_a_sum_between_two_matrices_keeps_the_weights_of_its_index",)),
    Mutation("rows are scaled where columns should be", _G,
        "ScaledAlong(axes, matrix, side, position)", "ScaledAlong(axes, matrix, side, 1 - position)", (VIEWS,)),
    Mutation("scalars are dropped from a product", _G,
        "return Scaled(body.axes, tuple(scalars), body)", "return body", (VIEWS,)),
    Mutation("the trace of the identity is 1 in matrices", _G,
        "self.scalars += [Number((), self.axis_of[label].size) for label in self.bound if label not in merged | used]", "pass", (VIEWS,)),
    Mutation("a matrix product is transposed without turning its order", _M,
        "return _product(self.matrix(right, True), self.matrix(left, True))", "return _product(self.matrix(left, True), self.matrix(right, True))", (VIEWS,)),
    Mutation("an outer product has its factors exchanged", _M,
        "first, second = (right, left) if turned else (left, right)", "first, second = (left, right)", (VIEWS,)),
    Mutation("rows are summed where columns should be", _M,
        "wanted = (position == 1) if turned else (position == 0)", "wanted = position == 1", (VIEWS,)),
    Mutation("errors are columns in the layout of rows", _M,
        'return kinds == ("unit", "sample")', 'return kinds == ("sample", "unit")', (FORMULAS,)),
    Mutation("the Jacobian layout forgets that a formula is a derivative", "pipeline/derivation.py",
        "        return matrix_form(self.tensor, layout or self.derivation.layout, is_cotangent=True)",
        "        return matrix_form(self.tensor, layout or self.derivation.layout)", (FORMULAS,)),
    Mutation("entries are written out from 0", _S,
        "product(*(range(1, size + 1) for size in shape))", "product(*(range(size) for size in shape))", (VIEWS,)),
)  # fmt: skip

WRITTEN = (
    Mutation("y stands before a", "language/reading_order.py", "key=lambda term: (is_negative(term),", "key=lambda term: (not is_negative(term),", (PRINTING,)),
    Mutation("a difference loses its parentheses", "language/formulas.py",
        "return self.parentheses(text) if self.level(expr) < level else text", "return text", (PRINTING,)),
    Mutation("the prime of a derivative is not written", "language/printing.py",
        'primes = "\'" * order if order <= 3 else f"^{{({order})}}"', 'primes = ""', (PRINTING,)),
    Mutation("indices are counted from 1 in every notation", "language/formulas.py",
        "return str(int(index) - 1 + self.notation.index_base)", "return str(int(index))", (PRINTING,)),
    Mutation("the transpose is not written", "language/printing.py",
        "return self.power(self.base_of_power(expr.arg), self.notation.transpose)", "return self.base_of_power(expr.arg)", (PRINTING,)),
    Mutation("the layer of a name is read wrongly", "language/names.py", "return symbol + int(shift) if shift else symbol", "return symbol", ("tests/language/test_printing.py",)),
)  # fmt: skip

NUMERICS = (
    Mutation("the brute-force evaluator counts an axis once", "numerics/evaluate.py",
        "operands += [np.ones(_size(axis, setting)), [label]]", "operands += [np.ones(1), [label]]", (EVALUATE,)),
    Mutation("the exponentials of a softmax are not shifted", "numerics/lowering.py",
        "                    found.add(arg.args[0])", "                    pass", (STABILITY,)),
    Mutation("the logistic function has the wrong sign in NumPy", "numerics/scalar_lowering.py",
        'exponential = graph.unary("exp", graph.unary("negative", lower_scalar(argument, values, graph)))', 'exponential = graph.unary("exp", lower_scalar(argument, values, graph))', (SPECS,)),
    Mutation("softplus is log1p alone", "numerics/scalar_lowering.py",
        'return graph.add(graph.binary("maximum", u, graph.number(0)), small)', "return small", (SPECS,)),
    Mutation("1/N is paid for twice", "numerics/program.py",
        "rescaled = [scale(1 / factor if is_outer else factor, add(*changed))] if changed else []", "rescaled = [scale(factor, add(*changed))] if changed else []", (SPECS,)),
    Mutation("the gradient of a broadcast is a row", "numerics/operations.py",
        'return self.make("transpose", (x,), x.shape[::-1])', "return x", (SPECS,)),
    Mutation("log(1 - logistic) is left as it stands", "numerics/stable.py",
        "return -softplus((-other).args[0])", "return call", (STABILITY,)),
    Mutation("an exponential near 0 cancels", "numerics/stable.py",
        "return coefficient * expm1(rest.args[0])", "return total", (STABILITY,)),
    Mutation("the shape of an argument is not checked", "numerics/forms.py",
        "if tuple(found) != expected:", "if False:", (FUNCTIONS,)),
    Mutation("buffers are shared by threads", "numerics/runtime.py",
        "class Buffers(threading.local):", "class Buffers:", (FUNCTIONS,)),
    Mutation("x - y is y - x", "numerics/operations.py",
        'return self.binary("subtract", x, y.args[0])', 'return self.binary("subtract", y.args[0], x)', (SPECS,)),
    Mutation("a log of a scaled sum forgets its scale", "numerics/lowering.py",
        "expr = expr.xreplace({log: sympy.log(rest) + times * exponent})", "expr = expr.xreplace({log: sympy.log(rest)})", (SPECS,)),
    Mutation("a layer of one unit is taken for a repeated row", "numerics/lowering.py",
        "None if size == ONE != axes[k].size else k", "None if size == ONE else k", (SPECS,)),
    Mutation("a buffer is given away before its last use", "numerics/memory.py",
        "max(end.get(root[value], i), last_use.get(value, i))", "max(end.get(root[value], i), i)", (SPECS,)),
    Mutation("a value that is needed later is written over", "numerics/memory.py",
        "is_free = is_array(arg) and last_use.get(arg) == now and arg not in kept", "is_free = is_array(arg) and arg not in kept", (SPECS,)),
)  # fmt: skip

TEXTBOOK_ERRORS = (
    Mutation("equation (1) without its 2", "verification/textbook_equations.py",
        'return scale(2, _halved(page, layer))', 'return _halved(page, layer)', (TEXTBOOK,)),
    Mutation("equation (4) with the slope of the layer above", "verification/textbook_equations.py",
        'page("delta", layer + 1), page.slope(layer))', 'page("delta", layer + 1), page.slope(layer + 1))', (TEXTBOOK,)),
    Mutation("equation (6) with the activation of its own layer", "verification/textbook_equations.py",
        'page("delta", layer), page("a", layer - 1))', 'page("delta", layer), page("a", layer))', (TEXTBOOK,)),
    Mutation("the generic layer takes the activation of layer l", "network/forward.py",
        'inputs = layer_var("a", LAYER - 1, samples, _size(LAYER - 1))', 'inputs = layer_var("a", LAYER, samples, _size(LAYER - 1))', (GENERIC,)),
)  # fmt: skip

MUTATIONS: tuple[Mutation, ...] = (
    *SIMPLIFICATION, *CALCULUS, *NETWORK, *PIPELINE, *SEEN, *WRITTEN, *NUMERICS, *TEXTBOOK_ERRORS,
)  # fmt: skip
