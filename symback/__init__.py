"""symback derives backpropagation: every gradient of a network, the steps that lead there, and functions that compute them.

    import symback as sb
    net = sb.Network.from_spec("784-30-10", activation="sigmoid", cost="quadratic")
    d = sb.derive(net)
    print(sb.render(d, format="text"))
    f = sb.lambdify(d, dtype="float32")
    report = sb.verify("chapter.md")

Decision: the names are handed on when they are first asked for (PEP 562).  `import symback` and `symback --help` then
do not wait for SymPy, and no room imports the front door.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symback.network import Dense, EndCost, Gated, Graph, Highway, LayerNorm, Network, Node, Residual, RMSNorm, Scale
    from symback.numerics import lambdify
    from symback.pipeline import Derivation, Formula, derive, derive_generic
    from symback.presentation import document, draw, render, worked_example
    from symback.verification.judge import verify
    from symback.verification.report import Report, Verdict

__version__ = "0.1.0"

__all__ = [
    "Dense", "Derivation", "EndCost", "Formula", "Gated", "Graph", "Highway", "LayerNorm", "Network", "Node", "RMSNorm", "Report",
    "Residual", "Scale", "Verdict",
    "__version__", "derive", "derive_generic", "document", "draw", "lambdify", "render", "verify", "worked_example",
]  # fmt: skip

_ROOM_OF = {
    "Dense": "network",
    "Derivation": "pipeline",
    "Formula": "pipeline",
    "EndCost": "network",
    "Gated": "network",
    "Graph": "network",
    "Highway": "network",
    "LayerNorm": "network",
    "Network": "network",
    "Node": "network",
    "RMSNorm": "network",
    "Report": "verification.report",
    "Residual": "network",
    "Scale": "network",
    "Verdict": "verification.report",
    "derive": "pipeline",
    "derive_generic": "pipeline",
    "document": "presentation",
    "draw": "presentation",
    "lambdify": "numerics",
    "render": "presentation",
    "verify": "verification.judge",
    "worked_example": "presentation",
}


def __getattr__(name: str) -> object:
    """The public name `name`, from the room that it lives in."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'symback' has no attribute {name!r}; it has {', '.join(sorted(_ROOM_OF))}")
    value = getattr(import_module(f"symback.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, asked for or not."""
    return sorted({*globals(), *__all__})
