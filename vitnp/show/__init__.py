"""Every picture, one function each: arrays in, a matplotlib `Figure` out, sized and lettered for a projector.

page.py           the page, its colors and letters, saving
images.py         an image and its patches, filters, predictions
attention.py      where tokens look        positions.py   how alike positions are
comparison.py     trainings side by side
training.py       curves, gradients        architecture.py   the model in boxes        costs.py   accuracy and compute

Figures are made as objects, never through pyplot, so they need no display and may be made in any thread.
Nothing is told by color alone, and the colors can be told apart by color-blind eyes (Okabe & Ito, 2008).
`lang="ko"` letters a picture in Korean where a Korean font is installed, else in English.
What is computed is computed in `look`; here it is drawn. Nobody imports this room at the door: it loads matplotlib.
"""

from vitnp.show import _quiet  # noqa: F401  first
from vitnp.show.architecture import diagram
from vitnp.show.attention import attention_distance, attention_from_class_token, attention_of_patch, rollout
from vitnp.show.comparison import comparison
from vitnp.show.costs import accuracy_against_compute
from vitnp.show.images import filters, patch_grid, patch_sequence, predictions
from vitnp.show.page import save
from vitnp.show.positions import position_similarity
from vitnp.show.training import curves, gradient_norms

__all__ = [
    "accuracy_against_compute",
    "attention_distance",
    "attention_from_class_token",
    "attention_of_patch",
    "comparison",
    "curves",
    "diagram",
    "filters",
    "gradient_norms",
    "patch_grid",
    "patch_sequence",
    "position_similarity",
    "predictions",
    "rollout",
    "save",
]
