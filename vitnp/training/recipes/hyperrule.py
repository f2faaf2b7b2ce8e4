"""BiT-HyperRule: fine-tuning by the number of the pictures and their size alone (Kolesnikov et al., 2020, §3.3).

Where the paper and the released code differ (its schedule below 20,000 pictures), it is the code.
"""

import dataclasses

from vitnp.training.recipes.photos import TYPICAL
from vitnp.training.recipes.recipe import Recipe

MEDIUM, LARGE = 20_000, 500_000  # training images, from here on
SMALL_PICTURE = 96 * 96  # pixels, below this
BASE = Recipe(
    steps=500, batch_size=512, lr=0.003, schedule="staircase", optimizer="sgd", momentum=0.9, dropout=0.0
)


def recipe(count=TYPICAL, steps=None):
    """The `Recipe` for so many training images, large ones; steps: where another number of them is asked for."""
    if count < MEDIUM:
        own, warm_up, decay_at, mixup = 500, 100, (0.4, 0.6, 0.8), 0.0
    else:
        own, warm_up, decay_at, mixup = (10_000 if count < LARGE else 20_000), 500, (0.3, 0.6, 0.9), 0.1
    steps = steps or own
    return dataclasses.replace(
        BASE,
        steps=steps,
        warmup_steps=warm_up * steps // own,
        decay_at=decay_at,
        mixup=mixup,
        augment=seen_of((384, 384))[1],
    )


def seen_of(pictures, asked=None):
    """(image_size, augment) for pictures of (height, width) pixels; asked: the image size that was asked for.

    Small ones become 160x160, of which 128x128 are cut out; others 448x448 and 384x384, or 512x512 and 480x480, the
    paper's for R152x4, where images of 480 and more are asked for.
    """
    small = pictures[0] * pictures[1] < SMALL_PICTURE
    image_size = asked or ((128, 128) if small else (384, 384))
    large = "crop_480_of_512" if min(image_size) >= 480 else "crop_384_of_448"
    return image_size, ("crop_128_of_160" if small else large, "flip")
