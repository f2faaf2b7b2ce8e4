"""Run by mpiexec: what the communicator of each rank does. Prints nothing where all is well."""

import numpy as np

from vitnp.engine import ranks
from vitnp.system import cores

with ranks.connect() as comm:
    rank, size = comm.rank, comm.size
    assert size > 1
    edges = comm.world.allgather(comm.share(7))
    assert [i for start, stop in edges for i in range(start, stop)] == list(range(7))
    assert comm.cores == max(1, len(cores.own()) // size)

    for dtype in ("float64", "float32"):
        for ranks.CHUNK in (8, 24, 56, 1 << 26):
            dp = {
                "W": np.arange(6, dtype=dtype).reshape(2, 3) * (rank + 1),
                "blocks": {0: {"b": np.ones(5, dtype)}},
            }
            kept = dp["W"]
            comm.sum_gradients(dp)
            assert kept is dp["W"] and kept.dtype == dtype
            np.testing.assert_array_equal(kept, np.arange(6).reshape(2, 3) * sum(range(size + 1)))
            np.testing.assert_array_equal(dp["blocks"][0]["b"], size)

    alone = {"b": np.full(2, rank + 1.0)}
    comm.sum_gradients(alone)
    np.testing.assert_array_equal(alone["b"], sum(range(size + 1)))

    assert comm.sum_numbers(rank, 0.5) == (sum(range(size)), 0.5 * size)

    p = {"step": rank + 7, "W": np.full(3, float(rank))}
    own = p["W"]
    p = comm.broadcast(p)
    assert p["step"] == 7 and p["W"] is own and not own.any()
    assert comm.broadcast("of rank 0" if rank == 0 else None) == "of rank 0"
    given = {"about": {"a": 1, "b": {"c": [2, 3]}}, "W": np.arange(3), "b": np.ones(2)}
    others = {"about": None, "W": np.zeros(3, int), "b": np.zeros(3)}  # not the same form
    kept = others["W"]
    got = comm.broadcast(given if rank == 0 else others)
    assert got["about"] == given["about"]
    np.testing.assert_array_equal(got["W"], [0, 1, 2])
    np.testing.assert_array_equal(got["b"], [1, 1])
    assert rank == 0 or got["W"] is kept
    comm.barrier()
