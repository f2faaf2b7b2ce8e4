"""`python patient.py WORDS…`: `vitnp WORDS…`, whose training waits after its second step until a signal has come.

So a test can stop it in the middle, however fast the machine is.
"""

import sys
import time

from vitnp.commands import cli
from vitnp.training import signals
from vitnp.training.run import Run

wishes, on_step = [], Run.on_step


class Wish(signals.Wish):
    """The real one, kept where `wait` finds it."""

    def __init__(self):
        wishes.append(self)


def wait(run, progress, step):
    """Do what is to be done after a step; after the second, say so and wait."""
    on_step(run, progress, step)
    if step.step == 2:
        print("waiting", flush=True)
        while not wishes[-1]():
            time.sleep(0.001)


if __name__ == "__main__":
    signals.Wish, Run.on_step = Wish, wait
    sys.exit(cli.main(sys.argv[1:]))
