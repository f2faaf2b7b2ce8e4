"""Every picture, one function each: arrays in, a matplotlib `Figure` out, with sizes for a projector.

page.py         the page, its fonts and words, saving    styling.py       colors, axes; light or dark
images.py       an image, its patches, predictions       training.py      training curves, gradient norms
attention.py    attention in one block                   comparison.py    several trainings
layers.py       distances, rollout, sinks                costs.py         accuracy against compute
positions.py    similarity of position embeddings        architecture.py  the model as boxes and arrows
tokens.py       patch tokens as colors, matched          thumbnails.py    what is in the model's tensors, small
kept.py         pictures of a trained ViT, kept          tensors.py       the shapes and the memory of a trace
maps.py         root filters, feature maps               bias.py          models on moved pictures, and few images
moved_maps.py   equivariance of layers                   receptive.py     which pixels a place sees
two_images.py   weights that the image chooses           dimension.py     accuracy among noise values
translation.py  cross-attention, masks, sine positions   symbols.py       symbols of any alphabet as labels
workshop.py     the page that ends the workshop          sheet.py         the formula sheet and the errata, A4

Figures are created without pyplot, so they need no display and can be made in any thread. No information is given by
color alone, and color-blind readers can distinguish the colors (Okabe & Ito, 2008). The text is in the language that
`system.language` has chosen, or in `lang`; Korean needs an installed font, else it is English. `alt(figure)` says in
words what is to be seen. `analysis.look` computes, this folder draws. Import it only where it is used: it loads
matplotlib.
"""

from vitnp.show import _quiet  # noqa: F401  first
from vitnp.show.architecture import diagram
from vitnp.show.attention import attention_from_class_token, attention_of_patch
from vitnp.show.bias import more_images, moved_pictures
from vitnp.show.comparison import comparison
from vitnp.show.costs import accuracy_against_compute
from vitnp.show.dimension import dimensions
from vitnp.show.images import filters, patch_grid, patch_sequence, predictions
from vitnp.show.kept import trained
from vitnp.show.layers import attention_distance, rollout, sinks
from vitnp.show.maps import feature_maps, root_filters
from vitnp.show.moved_maps import moved_maps
from vitnp.show.page import alt, save
from vitnp.show.positions import position_similarity
from vitnp.show.receptive import receptive_fields
from vitnp.show.styling import style
from vitnp.show.tensors import trace_shapes
from vitnp.show.tokens import mirror, patch_match, patch_matches, token_colors
from vitnp.show.training import curves, gradient_norms
from vitnp.show.translation import cross_attention, mask, sine_positions
from vitnp.show.two_images import weights_of_two_images

__all__ = [
    "accuracy_against_compute",
    "alt",
    "attention_distance",
    "attention_from_class_token",
    "attention_of_patch",
    "comparison",
    "cross_attention",
    "curves",
    "diagram",
    "dimensions",
    "feature_maps",
    "filters",
    "gradient_norms",
    "mask",
    "mirror",
    "more_images",
    "moved_maps",
    "moved_pictures",
    "patch_grid",
    "patch_match",
    "patch_matches",
    "patch_sequence",
    "position_similarity",
    "predictions",
    "receptive_fields",
    "rollout",
    "root_filters",
    "save",
    "sine_positions",
    "sinks",
    "style",
    "token_colors",
    "trace_shapes",
    "trained",
    "weights_of_two_images",
]
