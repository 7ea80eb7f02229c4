"""What a section is about: a derivation, or the pair for any depth, and the manner in which the page shows formulas."""

from dataclasses import dataclass

from symback.language.notation import Notation
from symback.network import Network
from symback.pipeline import Derivation
from symback.presentation.manner import Manner

__all__ = ["Subject"]


@dataclass(frozen=True, eq=False)
class Subject:
    """`derivations` are that of a network, or those of layer L and of a layer l."""

    derivations: tuple[Derivation, ...]
    notation: Notation
    manner: Manner

    @property
    def network(self) -> Network:
        """The network of the page."""
        return self.derivations[0].network
