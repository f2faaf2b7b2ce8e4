"""Run by mpiexec: one rank, or all of them, end in one of several ways while the others wait."""

import os
import signal
import subprocess
import sys
import time

from vitnp import InputError
from vitnp.engine import ranks

how, who = sys.argv[1:]
if who != "all":
    ranks.PATIENCE = 0.3  # nobody else will come


def run():
    """What a command does."""
    with ranks.connect() as comm:
        if who in ("all", str(comm.rank)):
            match how:
                case "input":
                    raise InputError("batch_size is 0; need at least 1")
                case "unheard":  # mpiexec's helper sleeps while this rank says why it ends
                    helper = os.getppid()
                    subprocess.Popen(["sh", "-c", f"sleep 1; kill -CONT {helper}"])
                    os.kill(helper, signal.SIGSTOP)
                    raise InputError("batch_size is 0; need at least 1")
                case "bug":
                    raise ZeroDivisionError("a bug")
                case "exit":
                    raise SystemExit(5)
                case "killed":
                    os.kill(os.getpid(), signal.SIGKILL)
                case "interrupted":
                    print("ready", flush=True)
                    time.sleep(60)
        comm.barrier()
        time.sleep(60)


try:
    run()
except InputError as problem:  # as the command line does
    print(f"vitnp: {problem}", file=sys.stderr)
    sys.exit(2)
