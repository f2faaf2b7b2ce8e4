"""The GPUs of several processes, joined by NCCL. Imports `arrays`, `errors`."""

from vitnp.backend.arrays import get
from vitnp.errors import InputError


def device_group(rank, size, place):
    """This process's GPU, number `place` of its machine, joined by NCCL with those of the other ranks of MPI.

    Raises InputError where a rank would have no GPU of its own, or NCCL is missing.
    """
    cupy = get("cupy")
    gpus = cupy.cuda.runtime.getDeviceCount()
    if place >= gpus:
        raise InputError(
            f"rank {rank} would be process {place + 1} on a machine with {gpus} GPUs; start one rank a GPU"
        )
    import cupyx.distributed

    cupy.cuda.Device(place).use()
    try:
        return cupyx.distributed.init_process_group(size, rank, use_mpi=True)
    except RuntimeError as problem:
        raise InputError(
            f"the GPUs cannot be joined ({problem}); pip install nvidia-nccl-cu12 or nvidia-nccl-cu13"
        ) from None
