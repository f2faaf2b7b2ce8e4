"""Run by `scaling.py measure` under mpiexec: training steps of one batch over the ranks. Rank 0 prints the seconds.

Each part of a step ends at a barrier, so a part is as long as on the slowest rank. The median of the steps after a
warm-up of two; random images.
"""

import json
import statistics
import sys
import time

import numpy as np

from vitnp import loss_and_grads, vit
from vitnp.engine import ranks
from vitnp.models import preset
from vitnp.training import optim


def main():
    """scaling_rank.py MODEL:BATCH STEPS."""
    model, _, batch_size = sys.argv[1].partition(":")
    config, B, times = preset(model), int(batch_size), []
    images = np.random.default_rng(0).standard_normal(
        (B, *config.image_size, config.in_channels), dtype=np.float32
    )
    labels = np.arange(B) % config.num_classes
    with ranks.connect() as comm:
        start, stop = comm.share(B)
        workers = max(1, min(comm.cores, stop - start))
        p = comm.broadcast(vit.init(np.random.default_rng(0), config))
        state, rng = optim.init(p), np.random.default_rng(1)
        for _ in range(2 + int(sys.argv[2])):
            moments = [at_once(comm)]
            _, dp = loss_and_grads(
                images[start:stop],
                labels[start:stop],
                p,
                config,
                workers=workers,
                rng=rng,
                part=(start, B),
            )
            moments.append(at_once(comm))
            comm.sum_gradients(dp)
            moments.append(at_once(comm))
            optim.update(p, dp, state, lr=1e-4)
            moments.append(at_once(comm))
            times.append(np.diff(moments))
        if comm.rank == 0:
            compute, total, update = map(statistics.median, zip(*times[2:], strict=True))
            print(
                json.dumps(
                    {"images": B, "workers": workers, "compute": compute, "sum": total, "update": update}
                )
            )


def at_once(comm):
    """The time when every rank is here."""
    comm.barrier()
    return time.perf_counter()


main()
