"""Whether one model is behind another with few training images and ahead with many: the decks' crossover."""

import statistics
from typing import NamedTuple


class Lead(NamedTuple):
    """How far model a is ahead of model b with so many images, over the seeds that both have."""

    images: int
    mean: float  # of the differences, a's accuracy − b's
    spread: float | None  # their standard deviation; None with one seed

    clear = property(lambda self: self.spread is not None and abs(self.mean) > self.spread)


def leads(a, b):
    """A `Lead` per number of images that both have: a, b are {images: {seed: accuracy}}.

    The differences are of one seed each: the two models then had the same images, so that luck with them cancels out.
    """
    found = []
    for images in sorted(a.keys() & b.keys()):
        apart = [a[images][seed] - b[images][seed] for seed in sorted(a[images].keys() & b[images].keys())]
        if apart:
            spread = statistics.stdev(apart) if len(apart) > 1 else None
            found.append(Lead(images, statistics.mean(apart), spread))
    return found


def crossing(found):
    """(how, before, after) of the last two neighboring `Lead`s between which a goes from behind b to ahead of it.

    how is "seen" where a is clearly behind somewhere up to the first and clearly ahead somewhere from the second on;
    "weakly" where only the means cross; None, with None twice, where a is not ahead with the most images, or never
    behind.
    """
    signs = [lead.mean > 0 for lead in found]
    if len(found) < 2 or not signs[-1] or all(signs):
        return None, None, None
    last = max(place for place, ahead in enumerate(signs) if not ahead)
    before = any(lead.clear and lead.mean < 0 for lead in found[: last + 1])
    after = any(lead.clear for lead in found[last + 1 :])
    return "seen" if before and after else "weakly", found[last], found[last + 1]
