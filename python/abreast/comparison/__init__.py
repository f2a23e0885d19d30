"""Functions and plans compared by their runtimes over a range of sizes.

`compare` measures, a `Comparison` is what it found.
"""

from abreast.comparison.compare import compare
from abreast.comparison.crossover import Crossover
from abreast.comparison.found import Comparison
from abreast.comparison.rows import Omitted, Row

__all__ = ["compare", "Comparison", "Crossover", "Omitted", "Row"]
