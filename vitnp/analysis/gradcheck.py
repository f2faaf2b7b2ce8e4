"""`vitnp.gradcheck`, for anybody's code: `check` compares gradients, `check_contract` checks every clause."""

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
    "check_contract",
    "random_like",
]
