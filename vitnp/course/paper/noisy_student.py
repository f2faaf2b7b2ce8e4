"""EfficientNet with and without Noisy Student: top-1 accuracy on ImageNet, in %.

Data: Xie et al., "Self-training with Noisy Student improves ImageNet classification", CVPR 2020, as its released models
are listed; "without" are the released EfficientNets (Tan and Le, 2019) with AutoAugment.
"""

from typing import NamedTuple


class Student(NamedTuple):
    """`preset("EfficientNet-NAME")`: the side of its images, its accuracies in % with labels alone and as a student."""

    name: str
    pixels: int
    labels_only: float | None
    noisy_student: float


NOISY_STUDENT = (
    Student("B0", 224, 77.1, 78.8),
    Student("B1", 240, 79.1, 81.5),
    Student("B2", 260, 80.1, 82.4),
    Student("B3", 300, 81.6, 84.1),
    Student("B4", 380, 82.9, 85.3),
    Student("B5", 456, 83.6, 86.1),
    Student("B6", 528, 84.0, 86.4),
    Student("B7", 600, 84.3, 86.9),
    Student("L2", 475, None, 88.2),
    Student("L2", 800, None, 88.4),
)
