"""The Vision Transformer: the eight steps in order, then in reverse."""

from vitnp.models.vit.config import PRESETS, ViTConfig
from vitnp.models.vit.inside import tensors
from vitnp.models.vit.model import (
    Saved,
    backward,
    backward_parts,
    encode,
    encode_backward_parts,
    forward,
    init,
    shapes,
)

__all__ = [
    "PRESETS",
    "Saved",
    "ViTConfig",
    "backward",
    "backward_parts",
    "encode",
    "encode_backward_parts",
    "forward",
    "init",
    "shapes",
    "tensors",
]
