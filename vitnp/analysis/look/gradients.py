"""The size of the gradient, part by part."""

import math
import re

from vitnp import tree
from vitnp.analysis.look.checks import need_floats
from vitnp.errors import InputError, shown

PART = re.compile(r"((stem\.)?(blocks|stages)\.\d+|stem\.root|[^.]*)")


def gradient_norms(dp):
    """The norm of the loss's gradient by part of the model: {part: float}, each block a part ("blocks.0").

    Of a ResNet the root and each stage are parts, "root" and "stages.0", of a hybrid "stem.root" and "stem.stages.0".

    ‖g‖ = √Σg² over all of the part's parameters, summed in float64; dp is the tree that backward returns.
    """
    if not isinstance(dp, dict):
        raise InputError(f"dp is {shown(dp)}; need the tree that backward returns")
    squares = {}
    for name, g in tree.leaves(dp):
        need_floats(f"dp.{name}", g)
        part = PART.match(name)[0]
        squares[part] = squares.get(part, 0.0) + float((g.astype("float64") ** 2).sum())
    return {name: math.sqrt(square) for name, square in squares.items()}
