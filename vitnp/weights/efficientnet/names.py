"""The names of an EfficientNet's parameters in timm's files, and their layouts. Imports `residual`, `tables`.

| ours                                   | timm                                    |
|----------------------------------------|-----------------------------------------|
| a kernel W (k, k, I, O)                | (O, I, k, k)                            |
| a depthwise kernel W (k, k, C)         | (C, 1, k, k)                            |
| squeeze's and excite's W (I, O)        | (O, I, 1, 1), convolutions              |
| the head's W (I, O)                    | (O, I)                                  |
| BatchNorm's gamma, beta, mean, var     | weight, bias, running_mean, running_var |
"""

import numpy as np

from vitnp.weights import residual, tables

STEM = """
    ours         timm
    -            -
    stem.conv.W  conv_stem.weight
    stem.norm.*  bn1.*
    """
# A unit that widens its input, and one that does not: timm counts the norms of each from 1.
WIDE = """
    ours             timm
    stages.{s}.{u}.  blocks.{s}.{u}.
    expand.W         conv_pw.weight
    norm_1.*         bn1.*
    depthwise.W      conv_dw.weight
    norm_2.*         bn2.*
    squeeze.*        se.conv_reduce.*
    excite.*         se.conv_expand.*
    project.W        conv_pwl.weight
    norm_3.*         bn3.*
    """
PLAIN = """
    ours             timm
    stages.{s}.{u}.  blocks.{s}.{u}.
    depthwise.W      conv_dw.weight
    norm_2.*         bn1.*
    squeeze.*        se.conv_reduce.*
    excite.*         se.conv_expand.*
    project.W        conv_pw.weight
    norm_3.*         bn2.*
    """
TOP = """
    ours             timm
    -                -
    top.conv.W       conv_head.weight
    top.norm.*       bn2.*
    classify.head.*  classifier.*
    """
TABLES = (STEM, WIDE, PLAIN, TOP)
ENDINGS = {
    "ours": (("W", "b"), ("gamma", "beta", "mean", "var")),
    "timm": (("weight", "bias"), ("weight", "bias", "running_mean", "running_var")),
}
MEAN = ".running_mean"
COUNTER = ".num_batches_tracked"  # with a momentum, nothing reads it


def names(units, expansions):
    """{our name: timm's} of so many units in each stage, which widen their inputs so many times."""
    found = tables.names((STEM,), "timm", ENDINGS, ())
    for number in residual.numbers(units):
        table = WIDE if expansions[number["s"]] > 1 else PLAIN
        found |= tables.names((table,), "timm", ENDINGS, [number])
    return found | tables.names((TOP,), "timm", ENDINGS, ())


def to_file(name, array):
    """Our array called `name` as timm has it."""
    if array.ndim == 4:
        return residual.kernel_to_file("timm", array)
    if array.ndim == 3:
        return array.transpose(2, 0, 1)[:, None]
    if array.ndim == 2:
        return array.T if name == "classify.head.W" else array.T[:, :, None, None]
    return array


def to_ours(array, shape):
    """The inverse of `to_file`, for an array of ours of that shape."""
    if len(shape) == 4:
        return residual.kernel_to_ours("timm", array)
    if len(shape) == 3:
        return np.ascontiguousarray(array[:, 0].transpose(1, 2, 0))
    return array.reshape(array.shape[:2]).T if len(shape) == 2 else array
