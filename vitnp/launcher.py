"""Whether mpiexec started this process beside others, and the MPI that they then speak. Imports `errors`."""

import os

from vitnp.errors import InputError

# What a launcher tells each process it starts: mpich and Intel MPI, Open MPI, MVAPICH, and srun with PMIx.
RANKS = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK", "PMIX_RANK")
SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")


def joined():
    """mpi4py's MPI where mpiexec started several processes, else None, and mpi4py is not loaded.

    Raises InputError under an mpiexec that mpi4py cannot join.
    """
    rank, size = told(RANKS), told(SIZES)
    if rank is None or size == "1":
        return None
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as problem:
        return refuse(
            rank,
            f"mpiexec started this, but mpi4py cannot be used ({problem}); pip install 'vitnp[mpi]', "
            "or start one process without mpiexec",
        )
    if size is not None and MPI.COMM_WORLD.size != int(size):
        return refuse(
            rank,
            f"mpiexec started {size} processes, but mpi4py sees {MPI.COMM_WORLD.size}: they belong to different "
            f"MPIs; start with the mpiexec of {MPI.Get_library_version().splitlines()[0]}",
        )
    return MPI if MPI.COMM_WORLD.size > 1 else None


def told(names):
    """The first of these environment variables that is set, or None."""
    return next((os.environ[name] for name in names if name in os.environ), None)


def refuse(rank, message):
    """Raise InputError on rank 0; the other ranks, which cannot speak with it, end quietly."""
    if rank != "0":
        raise SystemExit(2)
    raise InputError(message)
