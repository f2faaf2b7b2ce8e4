"""Detects a start by mpiexec, imports mpi4py then, and waits until mpiexec has read stderr before an abort.

Imports `errors`.
"""

import os
import stat
import sys
import time

from vitnp.errors import InputError, install

# Environment variables that a launcher sets: mpich and Intel MPI, Open MPI, MVAPICH, and srun with PMIx.
RANKS = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK", "PMIX_RANK")
SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")


def joined():
    """mpi4py's MPI if mpiexec started several processes; else None, and mpi4py is not loaded.

    Raises InputError if mpi4py cannot join the mpiexec that started this process.
    """
    rank, size = first_set(RANKS), first_set(SIZES)
    if rank is None or size == "1":
        return None
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as problem:
        return refuse(
            rank,
            f"mpiexec started this, but mpi4py cannot be used ({problem}); {install('mpi')}, "
            "or start one process without mpiexec",
        )
    if size is not None and MPI.COMM_WORLD.size != int(size):
        return refuse(
            rank,
            f"mpiexec started {size} processes, but mpi4py sees {MPI.COMM_WORLD.size}: they belong to different "
            f"MPIs; start with the mpiexec of {MPI.Get_library_version().splitlines()[0]}",
        )
    return MPI if MPI.COMM_WORLD.size > 1 else None


def first_set(names):
    """The value of the first of these environment variables that is set, or None."""
    return next((os.environ[name] for name in names if name in os.environ), None)


def refuse(rank, message):
    """Raise InputError on rank 0; the other ranks, which cannot communicate with it, exit without a message."""
    if rank != "0":
        raise SystemExit(2)
    raise InputError(message)


def wait_until_read(patience=3.0):
    """Wait, at most `patience` seconds, until mpiexec has read everything that this process wrote to stderr.

    MPI_Abort takes another channel and may be faster: mpiexec would stop before it has read and shown the reason.
    """
    end = time.monotonic() + patience
    while unread(sys.stderr) and time.monotonic() < end:
        time.sleep(0.001)


def unread(stream):
    """How many bytes of the stream its reader has not read yet; 0 if that is unknown (not a pipe, Windows)."""
    try:
        import fcntl
        import termios

        descriptor = stream.fileno()
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return 0
        return int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)), sys.byteorder)
    except (ImportError, OSError):
        return 0
