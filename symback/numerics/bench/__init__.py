"""How fast the gradient functions are on this machine, beside bare matrix products, hand-tuned NumPy and other libraries."""

from symback.numerics.bench.configurations import CONFIGURATIONS, Configuration
from symback.numerics.bench.contestants import CONTESTANTS
from symback.numerics.bench.measuring import BenchReport, measure

__all__ = ["CONFIGURATIONS", "CONTESTANTS", "BenchReport", "Configuration", "measure"]
