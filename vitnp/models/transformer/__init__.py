"""The encoder–decoder Transformer (Vaswani et al., 2017), of which ViT has the encoder.

config.py  its sizes    model.py  forward, backward    one_by_one.py  a target token by token, see `engine.decoding`
"""

from vitnp.models.transformer.config import PRESETS, TransformerConfig
from vitnp.models.transformer.model import backward, backward_parts, forward, init, multiply_adds
from vitnp.models.transformer.one_by_one import begin, step

Config = TransformerConfig  # as every model calls it

__all__ = [
    "PRESETS",
    "Config",
    "TransformerConfig",
    "backward",
    "backward_parts",
    "begin",
    "forward",
    "init",
    "multiply_adds",
    "step",
]
