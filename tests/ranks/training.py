"""training.py OUT FREEZE: `loop.train` in float64, alone or under mpiexec; rank 0 saves what came of it."""

import sys

import numpy as np
from killable import CONFIG, data

from vitnp import tree
from vitnp.engine import ranks
from vitnp.tasks.classification import Head
from vitnp.training import loop, setup
from vitnp.training.recipes import Recipe

# Plain descent, see steps.py; no augmentation, whose chance is each rank's own. The last batch has two of 30 images.
RECIPE = Recipe(epochs=3, batch_size=7, lr=0.3, clip=0.5, optimizer="sgd", label_smoothing=0.1, average=0.7)


def run(comm, freeze):
    """(history as rows, parameters)"""
    rng = np.random.default_rng(5)
    p = setup.initial_parameters(rng, CONFIG, RECIPE)
    p = tree.map(lambda leaf: leaf + 0.2 * rng.standard_normal(leaf.shape), p)
    how = loop.How(Head(0.1) if freeze == "backbone" else None, workers=1, comm=comm)
    history = loop.train(p, CONFIG, data(), RECIPE, rng=rng, how=how)
    return [epoch[:5] for epoch in history], p


if __name__ == "__main__":
    with ranks.connect() as comm:
        history, p = run(comm, sys.argv[2])
        if comm.rank == 0:
            np.savez(sys.argv[1], history=history, **dict(tree.leaves(p)))
