"""Learning-rate schedules: pure functions of the step, Python floats in and out. Imports nothing.

Steps count from 1, the first update, to `total_steps`, the last.
"""

import math


def cosine(step, *, lr, warmup_steps, total_steps):
    """The learning rate at `step`: a linear warm-up, then half a cosine down to 0.

        lr · ½(1 + cos(π·p)) · min(1, step/warmup_steps),   p = (step − warmup_steps)/(total_steps − warmup_steps)

    with p held in 0…1. As the released ViT code (ViT App. B.1).
    """
    progress = (step - warmup_steps) / max(total_steps - warmup_steps, 1)
    progress = min(max(progress, 0.0), 1.0)
    warmup = min(1.0, step / warmup_steps) if warmup_steps else 1.0
    return lr * 0.5 * (1.0 + math.cos(math.pi * progress)) * warmup
