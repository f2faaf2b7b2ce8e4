"""Run by mpiexec: `use` on a stand-in for CuPy that is handed the calls of its documentation, and sums by MPI.

What it shows is who is called, with what; NCCL itself needs a GPU a rank.
"""

import sys
import types

import numpy as np

from vitnp.backend import arrays
from vitnp.engine import ranks

ranks.PATIENCE = 0.3
used = []


class OnGpu(np.ndarray):
    """Stands for an array on a GPU."""


class Group:
    """Stands for cupyx.distributed.NCCLBackend."""

    def __init__(self, n_devices, rank, *, use_mpi):
        from mpi4py import MPI

        assert use_mpi and (n_devices, rank) == (MPI.COMM_WORLD.size, MPI.COMM_WORLD.rank)
        assert used == [rank], "each rank its own GPU, before the group is made"
        self.MPI, self.calls = MPI, []

    def all_reduce(self, in_array, out_array):
        assert in_array is out_array and in_array.flags.c_contiguous
        self.calls.append("all_reduce")
        self.MPI.COMM_WORLD.Allreduce(self.MPI.IN_PLACE, in_array)

    def broadcast(self, array, root):
        assert isinstance(array, OnGpu) and root == 0
        self.calls.append("broadcast")
        self.MPI.COMM_WORLD.Bcast(array, root)


def device(number):
    """Stands for cupy.cuda.Device."""
    return types.SimpleNamespace(use=lambda: used.append(number))


runtime = types.SimpleNamespace(getDeviceCount=lambda: int(sys.argv[1]))
sys.modules["cupy"] = types.SimpleNamespace(
    cuda=types.SimpleNamespace(Device=device, runtime=runtime), zeros=np.zeros
)
sys.modules["cupyx.distributed"] = types.SimpleNamespace(init_process_group=Group)
sys.modules["cupyx"] = types.SimpleNamespace(distributed=sys.modules["cupyx.distributed"])
arrays.on_host = lambda x: not isinstance(x, OnGpu)
on_gpu = types.SimpleNamespace(
    empty=lambda *shape_dtype: np.empty(*shape_dtype).view(OnGpu), concatenate=np.concatenate
)
arrays.array_module = lambda x: on_gpu if isinstance(x, OnGpu) else np


def run():
    """What a command does."""
    with ranks.connect() as comm:
        comm.use(np)
        assert not used
        comm.use(sys.modules["cupy"])
        dp = {"W": np.full((2, 3), comm.rank + 1.0).view(OnGpu), "b": np.ones(2).view(OnGpu)}
        comm.sum_gradients(dp)
        np.testing.assert_array_equal(dp["W"], sum(range(comm.size + 1)))
        np.testing.assert_array_equal(dp["b"], comm.size)
        p = comm.broadcast(
            {"step": comm.rank, "W": np.full(3, comm.rank).view(OnGpu), "host": np.full(2, comm.rank)}
        )
        assert p["step"] == 0 and not p["W"].any() and not p["host"].any()
        assert comm.sum_numbers(1) == (comm.size,)
        assert comm.gpus.calls == ["all_reduce", "broadcast"]


try:
    run()
except ranks.InputError as problem:
    sys.exit(f"vitnp: {problem}")
