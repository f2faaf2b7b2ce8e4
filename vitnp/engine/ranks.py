"""Several processes train one model: MPI's ranks, each with a share of every batch.

    with connect() as comm:
        start, stop = comm.share(len(batch))    # this rank's images
        …                                       # gradients of their part of the mean over the whole batch
        comm.sum_gradients(dp)                  # now every rank has those of the whole batch

Started without mpiexec there is one rank, `Alone`, and none of this costs anything; mpi4py is loaded under
mpiexec only.
"""

import os
import sys
import time
import traceback
from typing import NamedTuple

import numpy as np

from vitnp import tree
from vitnp.backend import arrays, gpu
from vitnp.errors import InputError
from vitnp.system import blas, cores, launcher

CHUNK = 1 << 26  # bytes that travel at a time: the 2.5 GB of H/14's gradients need no second 2.5 GB
PATIENCE = 3.0  # seconds a failed rank waits to see whether all of them failed


class Array(NamedTuple):
    """What a rank must know of an array before it comes."""

    shape: tuple
    dtype: np.dtype


def described(leaf):
    """An `Array` for an array, anything else as it is."""
    return Array(leaf.shape, leaf.dtype) if getattr(leaf, "ndim", 0) else leaf


class Alone:
    """One process: rank 0 of 1."""

    rank, size = 0, 1

    def __init__(self):
        self.cores = len(cores.own())

    def __enter__(self):
        return self

    def __exit__(self, kind, problem, trace):
        return None

    def use(self, xp):
        """The arrays will be those of xp; call it before any is made."""

    def share(self, n):
        """(start, stop): which of n things are this rank's; sizes differ by at most one, and may be 0."""
        return n * self.rank // self.size, n * (self.rank + 1) // self.size

    def sum_gradients(self, dp):
        """Add up every rank's dp, in place: the same bits on every rank."""

    def sum_numbers(self, *numbers):
        """The sums over the ranks, a tuple of floats."""
        return tuple(map(float, numbers))

    def broadcast(self, values):
        """What rank 0 gives, a nested dict of anything, on every rank; arrays of the others are overwritten."""
        return values

    def barrier(self):
        """Wait until every rank is here."""

    def abort(self, message, status=2):
        """Say why, and end every rank with this exit status."""
        print(f"vitnp: {message}", file=sys.stderr, flush=True)
        raise SystemExit(status)


class Mpi(Alone):
    """One of several processes that mpiexec started; every method but `share` and `abort` is for all ranks at once.

    As a context manager it lets no rank wait for one that failed: an exception on every rank is raised on rank 0
    and quiet on the others; on one rank alone it is printed with the rank's number and ends the run.
    """

    def __init__(self, MPI):
        self.MPI, self.world = MPI, MPI.COMM_WORLD
        self.rank, self.size = self.world.rank, self.world.size
        self.failed = self.world.Dup()  # failed ranks meet here, whatever the others are doing
        self.buffer = np.empty(0, np.uint8)
        node = self.world.Split_type(MPI.COMM_TYPE_SHARED)
        self.place = node.rank  # among the ranks of this machine
        mine = cores.own()
        neighbors = sum(bool(mine & theirs) for theirs in node.allgather(mine))
        node.Free()
        self.cores = max(1, len(mine) // neighbors)
        blas.controller().limit(
            limits=self.cores, user_api="blas"
        )  # else every rank's BLAS takes all of them

    def sum_gradients(self, dp):
        """Add up every rank's dp, in place: one Allreduce over a flat buffer, or several of CHUNK bytes."""
        leaves = [leaf for _, leaf in tree.leaves(dp)]
        xp, dtype = arrays.array_module(leaves[0]), leaves[0].dtype
        size = min(sum(leaf.size for leaf in leaves), CHUNK // dtype.itemsize)
        if self.buffer.dtype != dtype or self.buffer.size < size:
            self.buffer = xp.empty(size, dtype)
        for views in chunks([leaf.reshape(-1) for leaf in leaves], size):
            flat = self.buffer[: sum(view.size for view in views)]
            xp.concatenate(views, out=flat)
            self.sum_array(flat)
            first = 0
            for view in views:
                view[...] = flat[first : first + view.size]
                first += view.size

    def sum_numbers(self, *numbers):
        """The sums over the ranks, a tuple of floats."""
        sums = np.array(numbers, np.float64)
        self.sum_array(sums)
        return tuple(sums.tolist())

    def broadcast(self, values):
        """What rank 0 gives, on every rank; the others need not know its form.

        An array that a rank has in the same place, of the same shape and dtype, is overwritten; other arrays are made.
        """
        return self.receive(self.world.bcast(tree.map(described, values) if self.rank == 0 else None), values)

    def receive(self, description, values):
        """What is described, with rank 0's arrays."""
        if isinstance(description, dict):
            own = values if isinstance(values, dict) else {}
            return {key: self.receive(part, own.get(key)) for key, part in description.items()}
        if not isinstance(description, Array):
            return description
        if described(values) != description:
            values = np.empty(*description)
        self.send_array(values)
        return values

    def use(self, xp):
        """Where xp is CuPy: a GPU of its own for this rank, joined with the others by NCCL."""
        if xp is not np:
            self.gpus = gpu.device_group(self.rank, self.size, self.place)

    def sum_array(self, flat):
        """Add up every rank's array, in place: from GPU to GPU by NCCL, on the host by MPI."""
        if arrays.on_host(flat):
            self.world.Allreduce(self.MPI.IN_PLACE, flat)
        else:
            self.gpus.all_reduce(flat, flat)

    def send_array(self, array):
        """Overwrite the array with rank 0's."""
        if arrays.on_host(array):
            self.world.Bcast(array)
        else:
            self.gpus.broadcast(array, 0)

    def barrier(self):
        """Wait until every rank is here."""
        self.world.Barrier()

    def abort(self, message, status=2):
        """Say which rank stops and why, and end every rank with this exit status."""
        print(f"vitnp: rank {self.rank} of {self.size}: {message}", file=sys.stderr, flush=True)
        launcher.wait_until_read()
        self.world.Abort(status)
        os._exit(status)  # Abort may return before mpiexec has ended this rank

    def __exit__(self, kind, problem, trace):
        if problem is None:
            return None
        status = exit_status(problem)
        if self.all_failed():
            if self.rank == 0:
                return None  # it is raised again here, and said once
            raise SystemExit(status) from None
        if not isinstance(problem, InputError | KeyboardInterrupt | SystemExit):
            traceback.print_exception(kind, problem, trace)
        return self.abort(str(problem) or kind.__name__, status)

    def all_failed(self):
        """Whether every rank comes here within PATIENCE seconds."""
        everyone, started = self.failed.Ibarrier(), time.monotonic()
        while not everyone.Test():
            if time.monotonic() - started > PATIENCE:
                return False
            time.sleep(0.01)
        return True


def connect():
    """The communicator of this process: `Mpi` where mpiexec started several, else `Alone`.

    Raises InputError under an mpiexec that mpi4py cannot join.
    """
    MPI = launcher.joined()
    return Alone() if MPI is None else Mpi(MPI)


def exit_status(problem):
    """What the command line ends with for this exception."""
    if isinstance(problem, SystemExit):
        return problem.code if isinstance(problem.code, int) else 1
    return 2 if isinstance(problem, InputError) else 130 if isinstance(problem, KeyboardInterrupt) else 1


def chunks(arrays, size):
    """Lists of consecutive pieces of the flat arrays; each list holds `size` numbers, the last one perhaps fewer."""
    found, room = [], size
    for array in arrays:
        first = 0
        while first < array.size:
            piece = array[first : first + room]
            found.append(piece)
            first, room = first + piece.size, room - piece.size
            if not room:
                yield found
                found, room = [], size
    if found:
        yield found
