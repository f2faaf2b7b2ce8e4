"""Looking inside, in numbers: what the pictures of ViT Fig. 6 and 7 show, and what the tokens of a trained model know.

filters.py     what the embedding has learned to see       rollout.py     attention through several layers
positions.py   how alike the positions are                 sinks.py       heads that send everything to one patch
attention.py   how far a head looks, where [CLS] looks     components.py  patch tokens as colors
gradients.py   the gradient's norm, part by part           matching.py    which patch of one photo is which of another
maps.py        feature maps of a ResNet

Pure functions on arrays of the library that came in: parameters and the values of a `trace`, such as `A`,
`t["blocks.0.attention.A"]`, or the patch tokens z, `t["norm"][:, 1:]`. Drawn by `show`.
A grid is (rows, cols) of patches; N = rows·cols; T, the tokens, is N, or N + 1 with the class token, which comes first.
"""

from vitnp.analysis.look.attention import (
    attention_distance,
    attention_from_class_token,
    patch_distances,
    uniform_distance,
)
from vitnp.analysis.look.components import colors, token_components
from vitnp.analysis.look.filters import filter_components
from vitnp.analysis.look.gradients import gradient_norms
from vitnp.analysis.look.maps import strength, strongest_channels
from vitnp.analysis.look.matching import matches, mirror_matches, mirrored, similarity
from vitnp.analysis.look.positions import position_similarity
from vitnp.analysis.look.rollout import gradient_rollout, rollout
from vitnp.analysis.look.sinks import sinks

__all__ = [
    "attention_distance",
    "attention_from_class_token",
    "colors",
    "filter_components",
    "gradient_norms",
    "gradient_rollout",
    "matches",
    "mirror_matches",
    "mirrored",
    "patch_distances",
    "position_similarity",
    "rollout",
    "similarity",
    "sinks",
    "strength",
    "strongest_channels",
    "token_components",
    "uniform_distance",
]
