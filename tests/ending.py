"""`python ending.py WAY WORDS…`: `vitnp train WORDS…`, which ends in this way after its sixth step.

test_endings.py starts it as a process, and docs/training.md has the table of the ways.
"""

import os
import resource
import shutil
import signal
import sys
from pathlib import Path

import numpy as np

from vitnp import InputError
from vitnp.commands import cli
from vitnp.training import loop, optim
from vitnp.training.run import Run

STEP = 6


def raising(problem):
    def end(folder):
        raise problem

    return end


def signaled(number):
    return lambda folder: signal.raise_signal(number)


def full(folder):
    """From now on no file may grow beyond 1 kB, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))


def killed_in_write(folder):
    """The next checkpoint is cut in half by the end of the process."""
    savez = np.savez

    def half(file, **arrays):
        savez(file, **arrays)
        file.truncate(file.tell() // 2)
        os.kill(os.getpid(), signal.SIGKILL)

    np.savez = half


AFTER = {  # the sixth step
    "kill": signaled(signal.SIGKILL),
    "kill in a write": killed_in_write,
    "ctrl-c": signaled(signal.SIGINT),
    "terminate": signaled(signal.SIGTERM),
    "hang up": signaled(signal.SIGHUP),
    "disk full": full,
    "removed": shutil.rmtree,
    "moved": lambda folder: os.rename(folder, f"{folder}-moved"),
    "nothing": lambda folder: None,
}
WITHIN = {  # the seventh: before the update, or in the middle of it
    "corrupt picture": ("gradients", InputError("7.png cannot be read; give a JPEG or PNG")),
    "no memory": ("gradients", MemoryError()),
    "no memory in an update": ("update", MemoryError()),
    "defect": ("gradients", RuntimeError("a defect of ours")),
}


def after_the_sixth(end):
    on_step = Run.on_step

    def ending(run, progress, step):
        on_step(run, progress, step)
        if step.step == STEP:
            end(run.folder)

    Run.on_step = ending


def within_the_seventh(place, problem):
    real = getattr(loop, place)

    def ending(now, *rest):
        if now.step == STEP:
            if place == "update":  # half of it is done
                optim.update(now.p, rest[2], now.optimizer, lr=1.0)
            raise problem
        return real(now, *rest)

    setattr(loop, place, ending)


if __name__ == "__main__":
    way, *words = sys.argv[1:]
    # What started the tests may ignore them, as nohup does, and a process hands that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if way in WITHIN:
        within_the_seventh(*WITHIN[way])
    else:
        after_the_sixth(AFTER[way])
    Path("started").touch()
    sys.exit(cli.main(["train", *words]))
