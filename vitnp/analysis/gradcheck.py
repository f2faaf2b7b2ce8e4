"""`vitnp.gradcheck`, for anybody's code.

`check` compares gradients leaf by leaf, `check_at_once` all of them together; `check_contract` checks every clause.
"""

from vitnp.analysis.at_once import check_at_once
from vitnp.analysis.contract import check_contract
from vitnp.analysis.derivatives import (
    COMPLEX_TOLERANCE,
    DIFFERENCE_TOLERANCE,
    FLOOR,
    Leaf,
    Report,
    check,
    random_like,
)

__all__ = [
    "COMPLEX_TOLERANCE",
    "DIFFERENCE_TOLERANCE",
    "FLOOR",
    "Leaf",
    "Report",
    "check",
    "check_at_once",
    "check_contract",
    "random_like",
]
