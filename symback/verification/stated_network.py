r"""A network in the words of a page: the equations that a document about it would state before the formula to be judged.

stated(Network.from_spec("2-3-2"))   ->   z^l = W^l a^{l-1} + b^l,  a^l = \sigma(z^l),  \sigma(z) = 1/(1 + e^{-z}),  C = …
"""

from __future__ import annotations

from symback.errors import SpecError
from symback.network import Dense, Network

__all__ = ["stated"]

ACTIVATIONS = {
    "sigmoid": r"\sigma(z) = \frac{1}{1 + e^{-z}}",
    "tanh": r"\sigma(z) = \tanh(z)",
    "relu": r"\sigma(z) = \max(0, z)",
    "identity": r"\sigma(z) = z",
    "unspecified": "",
}
OUTPUTS = {"softmax": r"a^L_i = \frac{e^{z^L_i}}{\sum_k e^{z^L_k}}"}
COSTS = {
    "quadratic": r"C = \frac{1}{2} \|a^L - y\|^2",
    "squared_error": r"C = \|a^L - y\|^2",
    "cross_entropy": r"C = -\sum_k y_k \log a^L_k",
    "binary_cross_entropy": r"C = -\sum_k \left( y_k \log a^L_k + (1 - y_k) \log(1 - a^L_k) \right)",
    "unspecified": "",
}


def stated(network: Network | str) -> tuple[str, ...]:
    r"""The formulas that state a network, given as one or by its spec; `SpecError` for one that has no such formulas here.

    >>> stated("2-3-1")[0]
    'z^l = W^l a^{l-1} + b^l'
    """
    network = Network.from_spec(network) if isinstance(network, str) else network
    if not network.is_plain:
        raise SpecError("formulas are judged for networks of dense layers, each with its own weights and a bias")
    names = [layer.activation.name for layer in network.layers if isinstance(layer, Dense)]
    hidden, last = set(names[:-1]) or {names[-1]}, names[-1]
    unknown = sorted((hidden | {last}) - ACTIVATIONS.keys() - OUTPUTS.keys())
    if unknown or len(hidden - {last}) > 1 or hidden & OUTPUTS.keys():
        raise SpecError(
            f"formulas are judged for one activation in all hidden layers, of {', '.join(ACTIVATIONS)}; found {', '.join(names)}"
        )
    if network.cost.name not in COSTS:
        raise SpecError(f"formulas are judged with the costs {', '.join(COSTS)}; found {network.cost.name}")
    found = [r"z^l = W^l a^{l-1} + b^l", r"a^l = \sigma(z^l)", r"\delta^l = \frac{\partial C}{\partial z^l}"]
    if last in OUTPUTS:
        found += [OUTPUTS[last], r"\sum_k y_k = 1", *(ACTIVATIONS[name] for name in hidden if len(names) > 1)]
    elif hidden == {last}:
        found.append(ACTIVATIONS[last])
    else:
        raise SpecError(f"formulas are judged for one activation in all layers, or softmax in the last; found {', '.join(names)}")
    return tuple(line for line in (*found, COSTS[network.cost.name]) if line)
