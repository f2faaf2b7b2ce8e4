"""How a batch is split over threads. Imports `models`, `system`, `errors`."""

import functools
import itertools

from vitnp import models
from vitnp.errors import need_int
from vitnp.system import cores

# A thread must pay: with fewer multiply–adds of a forward pass for each, two threads wait for Python's lock longer
# than they gain. Of the digits model that is 31 images, of ViT-B/16 not even one.
PER_WORKER = 72_000_000
MOST_WORKERS = 1024  # each is a thread that is kept


@functools.lru_cache
def multiply_adds(config):
    """Multiply–adds of one input's forward pass."""
    return sum(models.of(config).multiply_adds(config).values())


def choose_workers(batch_size, config):
    """How many threads a batch is split over: one per core, as far as each has `PER_WORKER` to do."""
    return max(1, min(len(cores.own()), batch_size, enough_for(batch_size, config)))


def enough_for(batch_size, config):
    """How many threads have enough to do."""
    return batch_size * multiply_adds(config) // PER_WORKER


def is_small(config):
    """Whether BLAS's threads would wait for each other longer than they gain: an input is not enough for two.

    On a machine busy with something else 64 digits took 404 ms with two such threads, 14 ms with one.
    """
    return enough_for(1, config) < 2


def need_workers(workers):
    """The number of threads, or None. Raises InputError for anything else."""
    return None if workers is None else need_int("workers", workers, at_least=1, at_most=MOST_WORKERS)


def slices(start, stop, config, workers, on_cpu):
    """The (start, stop) of each worker's inputs of start…stop; sizes differ by at most one.

    A device takes them all at once, whatever number of workers is asked for.
    """
    workers = need_workers(workers) or choose_workers(stop - start, config)
    workers = min(workers, stop - start if on_cpu else 1)
    edges = [start + (stop - start) * i // workers for i in range(workers + 1)]
    return list(itertools.pairwise(edges))
