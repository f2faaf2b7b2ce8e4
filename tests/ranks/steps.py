"""steps.py OUT DROPOUT BATCH_SIZE: training steps in float64, alone or under mpiexec; rank 0 saves the parameters.

The steps are plain descent: AdamW divides by the gradient's size, so where a gradient is 0 but for rounding it would
show the rounding.
"""

import sys

import numpy as np
from cases import DROPOUTS, model_point

from vitnp import loss_and_grads, tree
from vitnp.engine import ranks
from vitnp.models import preset
from vitnp.training import optim

NUM_IMAGES = 11


def train(comm, *, dropout, batch_size):
    """Two epochs; returns the losses and the parameters. The last batch of an epoch is smaller."""
    config = preset("tiny", **(DROPOUTS if dropout else {}))
    images, p = model_point(config, batch_size=NUM_IMAGES)
    labels = np.arange(NUM_IMAGES) % config.num_classes
    rng, losses = np.random.default_rng(comm.rank), []
    p = tree.map(lambda leaf: leaf * (comm.rank == 0), p)  # only rank 0 knows where to start …
    p = comm.broadcast(p)
    rng.bit_generator.state = comm.broadcast(rng.bit_generator.state)  # … and with which chance
    for order in (rng.permutation(NUM_IMAGES), rng.permutation(NUM_IMAGES)):
        for first in range(0, NUM_IMAGES, batch_size):
            batch = order[first : first + batch_size]
            start, stop = comm.share(len(batch))
            rows = batch[start:stop]
            loss, dp = loss_and_grads(
                images[rows], labels[rows], p, config, workers=2, rng=rng, part=(start, len(batch))
            )
            comm.sum_gradients(dp)
            losses.append(*comm.sum_numbers(loss))
            optim.clip(dp, 1.0)
            tree.map(descend, p, dp)
    return losses, p


def descend(theta, g):
    """θ ← θ − g/2."""
    theta -= 0.5 * g


if __name__ == "__main__":
    out, dropout, batch_size = sys.argv[1:]
    with ranks.connect() as comm:
        losses, p = train(comm, dropout=dropout == "dropout", batch_size=int(batch_size))
        bits = b"".join(leaf.tobytes() for _, leaf in tree.leaves(p))
        assert comm.broadcast(bits) == bits, "the ranks' parameters differ"
        if comm.rank == 0:
            np.savez(out, losses=losses, **dict(tree.leaves(p)))
