"""The staircase: `derive(network) -> Derivation`."""

from symback.pipeline.derivation import Derivation, Formula
from symback.pipeline.derive import derive, derive_generic

__all__ = ["Derivation", "Formula", "derive", "derive_generic"]
