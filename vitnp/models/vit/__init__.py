"""The Vision Transformer. `model.py` has the eight steps in order, then in reverse; see `models` for the names here."""

from vitnp.models.vit.config import PRESETS, ViTConfig
from vitnp.models.vit.cost import multiply_adds, saved_bytes, step_bytes, step_moments
from vitnp.models.vit.inside import tensors
from vitnp.models.vit.layers import layers
from vitnp.models.vit.model import (
    Saved,
    backward,
    backward_parts,
    encode,
    forward,
    init,
    rows_read,
    steps_forward,
    steps_init,
    tokens,
)
from vitnp.models.vit.resized import resized, steps_resized

Config = ViTConfig  # as every model calls it

__all__ = [
    "PRESETS",
    "Config",
    "Saved",
    "ViTConfig",
    "backward",
    "backward_parts",
    "encode",
    "forward",
    "init",
    "layers",
    "multiply_adds",
    "resized",
    "rows_read",
    "saved_bytes",
    "step_bytes",
    "step_moments",
    "steps_forward",
    "steps_init",
    "steps_resized",
    "tensors",
    "tokens",
]
