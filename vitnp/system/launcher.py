"""Whether mpiexec started this process beside others, the MPI that they then speak, and whether it listens.

Imports `errors`.
"""

import os
import stat
import sys
import time

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


def wait_until_read(patience=3.0):
    """Wait until mpiexec has read all that this process said on stderr, at most `patience` seconds.

    MPI_Abort goes another way and may overtake it: what is in the pipe then is lost, and nobody learns the reason.
    """
    end = time.monotonic() + patience
    while unread(sys.stderr) and time.monotonic() < end:
        time.sleep(0.001)


def unread(stream):
    """How many bytes of the stream its reader has yet to take; 0 where there is no asking (not a pipe, Windows)."""
    try:
        import fcntl
        import termios

        descriptor = stream.fileno()
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return 0
        return int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)), sys.byteorder)
    except (ImportError, OSError):
        return 0
