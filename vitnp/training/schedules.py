"""Learning-rate schedules: pure functions of the step, Python floats in and out. Imports `errors`.

Steps count from 1, the first update, to `total_steps`, the last.
"""

import math

from vitnp.errors import InputError, need_int, need_real, shown

MOST_STEPS = 2**53  # beyond it a float does not count


def cosine(step, *, lr, warmup_steps, total_steps):
    """The learning rate at `step`: a linear warm-up, then half a cosine down to 0.

        lr · ½(1 + cos(π·p)) · min(1, step/warmup_steps),   p = (step − warmup_steps)/(total_steps − warmup_steps)

    with p held in 0…1. As the released ViT code (ViT App. B.1).
    """
    step, warmup_steps, total_steps = checked(step, warmup_steps, total_steps)
    lr = need_real("lr", lr, low=0)
    p = progress(step, warmup_steps, total_steps)
    return lr * 0.5 * (1.0 + math.cos(math.pi * p)) * warmup(step, warmup_steps)


def linear(step, *, lr, warmup_steps, total_steps, end=1e-5):
    """The learning rate at `step`: a linear warm-up, then a straight line down to `end`.

        (end + (lr − end)·(1 − p)) · min(1, step/warmup_steps),   p as in `cosine`

    As the released ViT code, whose end is 10⁻⁵ (ViT App. B.1).
    """
    step, warmup_steps, total_steps = checked(step, warmup_steps, total_steps)
    lr = need_real("lr", lr, low=0)
    end = need_real("end", end, low=0)
    p = progress(step, warmup_steps, total_steps)
    return (end + (lr - end) * (1.0 - p)) * warmup(step, warmup_steps)


def staircase(step, *, lr, warmup_steps, total_steps, decay_at=(0.3, 0.6, 0.9)):
    """The learning rate at `step`: a linear warm-up, and a tenth of it after each share of all steps.

        lr · 10⁻ⁿ · min(1, step/warmup_steps),   n = how many of the round(share · total_steps) are over

    As BiT (Kolesnikov et al., 2020, §3.3), whose fine-tuning has these shares.
    """
    step, warmup_steps, total_steps = checked(step, warmup_steps, total_steps)
    lr = need_real("lr", lr, low=0)
    decays = sum(step > round(share * total_steps) for share in shares("decay_at", decay_at))
    return lr * 0.1**decays * warmup(step, warmup_steps)


def inverse_sqrt(step, *, lr, warmup_steps, total_steps):
    """The learning rate at `step`: a linear warm-up, then a fall by the root of the step, without an end.

        lr · min(step/w, √(w/step)),   w = warmup_steps, or 1 where that is 0

    As the Transformer (Vaswani et al., 2017, §5.3), whose lr is d^−0.5 · w^−0.5: the largest rate, at step w.
    """
    step, warmup_steps, total_steps = checked(step, warmup_steps, total_steps)
    lr = need_real("lr", lr, low=0)
    return lr * warmup(step, warmup_steps) * min(1.0, math.sqrt(max(warmup_steps, 1) / step))


def shares(name, value):
    """A tuple of shares of all steps, rising. Raises InputError for anything else."""
    if not isinstance(value, tuple | list):
        raise InputError(
            f"{name} is {shown(value)}; need a tuple of numbers from 0 to 1, such as (0.3, 0.6, 0.9)"
        )
    found = tuple(need_real(name, share, low=0, at_most=1) for share in value)
    if list(found) != sorted(set(found)):
        raise InputError(f"{name} is {shown(value)}; need each number larger than the one before")
    return found


def checked(step, warmup_steps, total_steps):
    """The same as ints. Raises InputError for a step before the first, and for numbers that cannot be."""
    return (
        need_int("step", step, at_least=1, at_most=MOST_STEPS),
        need_int("warmup_steps", warmup_steps, at_least=0, at_most=MOST_STEPS),
        need_int("total_steps", total_steps, at_least=1, at_most=MOST_STEPS),
    )


def progress(step, warmup_steps, total_steps):
    """How much of the time after the warm-up is over, 0…1."""
    return min(max((step - warmup_steps) / max(total_steps - warmup_steps, 1), 0.0), 1.0)


def warmup(step, warmup_steps):
    """How far the warm-up has come, 0…1."""
    return min(1.0, step / warmup_steps) if warmup_steps else 1.0


SCHEDULES = {"cosine": cosine, "linear": linear, "staircase": staircase, "inverse-sqrt": inverse_sqrt}
