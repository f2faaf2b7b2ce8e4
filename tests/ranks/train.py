"""train.py WHO STEP OPTION…: `vitnp train`, and before the gradients of this step are summed rank WHO is killed."""

import os
import signal
import sys

from vitnp.commands import cli
from vitnp.engine import ranks

who, step, *options = sys.argv[1:]
left = int(step)
add_up = ranks.Mpi.sum_gradients


def killed_there(comm, dp):
    """As it was, until then."""
    global left
    left -= 1
    if left == 0 and comm.rank == int(who):
        os.kill(os.getpid(), signal.SIGKILL)
    add_up(comm, dp)


ranks.Mpi.sum_gradients = killed_there
sys.exit(cli.main(["train", *options]))
