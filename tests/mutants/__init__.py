"""Deliberately broken versions of the source, a file of them for each part of it: data for `test_mutants.py`.

A mutant is one exact piece of a source file, what stands there instead, and the cases (see `cases.py`) in which
the contract must fail. "As found in public code" marks mistakes made, and shipped, in other hand-written ViTs.
"""

from mutants import (  # noqa: F401 (importing adds their rows)
    attention,
    augment,
    backend,
    bias,
    bias_claims,
    contract,
    convolution,
    distilled,
    efficientnet,
    efficientnet_files,
    exercises,
    exercises_11_to_22,
    eye,
    fitting,
    hints,
    inputs,
    known,
    look,
    masked,
    mlp,
    model,
    neighbors,
    onnx,
    ops,
    paper,
    pictures,
    pixels,
    positions,
    resnet_files,
    resnet_maps,
    self_training,
    sentences,
    small_models,
    steps,
    template,
    trace,
    training,
    transformer,
    vtab,
    weights,
    workshop_folder,
)
from mutants.consistent import CONSISTENT
from mutants.kinds import MUTANTS, RULES
from mutants.ops import DSOFTMAX

__all__ = ["CONSISTENT", "DSOFTMAX", "MUTANTS", "RULES"]
