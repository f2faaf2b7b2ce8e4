"""Table 6 (App. D.5): models pre-trained on JFT-300M, fine-tuned on each data set; the compute of a training.

Figure 5 plots it: the mean of five data sets against the compute. Imports `cost`, `models`.
"""

from typing import NamedTuple

from vitnp.analysis import cost
from vitnp.models import preset

JFT_IMAGES = 303e6  # of JFT-300M, as the paper counts it


class Row(NamedTuple):
    """A model of Table 6: accuracies in %, the compute of its pre-training in exaFLOPs."""

    name: str
    kind: str  # ViT, ResNet or Hybrid
    epochs: int
    imagenet: float
    real: float
    cifar10: float
    cifar100: float
    pets: float
    flowers: float
    exaflops: float

    @property
    def mean(self):
        """Of the five data sets of Fig. 5: all but ReaL, which are ImageNet's images again."""
        return (self.imagenet + self.cifar10 + self.cifar100 + self.pets + self.flowers) / 5


TABLE_6 = (
    Row("B/32", "ViT", 7, 80.73, 86.27, 98.61, 90.49, 93.40, 99.27, 55),
    Row("B/16", "ViT", 7, 84.15, 88.85, 99.00, 91.87, 95.80, 99.56, 224),
    Row("L/32", "ViT", 7, 84.37, 88.28, 99.19, 92.52, 95.83, 99.45, 196),
    Row("L/16", "ViT", 7, 86.30, 89.43, 99.38, 93.46, 96.81, 99.66, 783),
    Row("L/16", "ViT", 14, 87.12, 89.99, 99.38, 94.04, 97.11, 99.56, 1567),
    Row("H/14", "ViT", 14, 88.08, 90.36, 99.50, 94.71, 97.11, 99.71, 4262),
    Row("R50x1", "ResNet", 7, 77.54, 84.56, 97.67, 86.07, 91.11, 94.26, 50),
    Row("R50x2", "ResNet", 7, 82.12, 87.94, 98.29, 89.20, 93.43, 97.02, 199),
    Row("R101x1", "ResNet", 7, 80.67, 87.07, 98.48, 89.17, 94.08, 95.95, 96),
    Row("R152x1", "ResNet", 7, 81.88, 87.96, 98.82, 90.22, 94.17, 96.94, 141),
    Row("R152x2", "ResNet", 7, 84.97, 89.69, 99.06, 92.05, 95.37, 98.62, 563),
    Row("R152x2", "ResNet", 14, 85.56, 89.89, 99.24, 91.92, 95.75, 98.75, 1126),
    Row("R200x3", "ResNet", 14, 87.22, 90.15, 99.34, 93.53, 96.32, 99.04, 3306),
    Row("R50+B/32", "Hybrid", 7, 84.90, 89.15, 99.01, 92.24, 95.75, 99.46, 106),
    Row("R50+B/16", "Hybrid", 7, 85.58, 89.65, 99.14, 92.63, 96.65, 99.40, 274),
    Row("R50+L/32", "Hybrid", 7, 85.68, 89.04, 99.24, 92.93, 96.97, 99.43, 246),
    Row("R50+L/16", "Hybrid", 7, 86.60, 89.72, 99.18, 93.64, 97.03, 99.40, 859),
    Row("R50+L/16", "Hybrid", 14, 87.12, 89.76, 99.31, 93.89, 97.36, 99.11, 1668),
)


def config_of(row):
    """The configuration of a row's model at 224 pixels. R200x3 is no preset: no weights of it were published."""
    return preset("R50x3", units=(3, 24, 36, 3)) if row.name == "R200x3" else preset(row.name)


def exaflops(config, *, epochs, images=JFT_IMAGES, **how):
    """The compute of a training in exaFLOPs (10¹⁸ operations): 6 · multiply–adds of a forward pass · images · epochs.

    2 operations a multiply–add; forward once, and backward as much twice. how: options of `cost.multiply_adds`.
    Reproduces Table 6 with `config_of(row)`: the ViT rows within 2.1%, the hybrids within 3.0%, and the ResNets within
    4.1%, within 0.9% with padding=False.
    """
    return 6 * sum(cost.multiply_adds(config, **how).values()) * images * epochs / 1e18


def cheaper_as_good(row, *, kind="ViT"):
    """The row of `kind` with the least compute of those whose mean accuracy is at least that of `row`, or None."""
    as_good = [other for other in TABLE_6 if other.kind == kind and other.mean >= row.mean]
    return min(as_good, key=lambda other: other.exaflops, default=None)
