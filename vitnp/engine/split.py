"""How a batch is split over threads. Imports `backend`, `system`, `errors`."""

import itertools

from vitnp.backend.arrays import on_host
from vitnp.errors import need_int
from vitnp.system import cores

# A thread must pay: with fewer activations (images · tokens · hidden size · layers) for each, two threads wait for
# Python's lock longer than they gain. Of the digits model that is 31 images, of ViT-B/16 not even one.
ACTIVATIONS_PER_WORKER = 131_072


def choose_workers(batch_size, config):
    """How many threads a batch is split over: one a core, as far as each has `ACTIVATIONS_PER_WORKER` to do."""
    return max(1, min(len(cores.own()), batch_size, enough_for(batch_size, config)))


def enough_for(batch_size, config):
    """How many threads have enough to do."""
    activations = batch_size * config.num_tokens * config.hidden_size * config.num_layers
    return activations // ACTIVATIONS_PER_WORKER


def is_small(config):
    """Whether BLAS's threads would wait for each other longer than they gain: an image is not enough for two.

    On a machine busy with something else 64 digits took 404 ms with two such threads, 14 ms with one.
    """
    return enough_for(1, config) < 2


def shares(images, start, stop, config, workers):
    """Of the images start…stop the (start, stop) of each worker; sizes differ by at most one.

    A device takes them all at once, whatever number of workers is asked for.
    """
    workers = choose_workers(stop - start, config) if workers is None else workers
    workers = min(need_int("workers", workers, at_least=1), stop - start if on_host(images) else 1)
    edges = [start + (stop - start) * i // workers for i in range(workers + 1)]
    return list(itertools.pairwise(edges))
