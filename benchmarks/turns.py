"""Contenders taking turns: each in a process of its own that waits while another runs."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
# What would decide for OpenBLAS, oneDNN or JAX how they run; a comparison leaves that to them.
DECIDE = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
)
PAUSE = 0.5  # seconds between turns: a library's threads go on looking for work a while, each on a core


class Result(NamedTuple):
    """What one contender showed."""

    times: list  # seconds, one a round
    peak: int  # bytes above the process with its parameters (and AdamW's two means) loaded
    whole: int  # bytes of the whole process at that peak
    about: str  # its library, version and kernels


class Left(Exception):
    """A contender that cannot run here, with the reason."""


class Contender:
    """A process that runs one contender's case when told."""

    def __init__(self, name, case):
        self.name, self.times = name, []
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "contenders.py"), name, case],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def answer(self):
        """The process's next line."""
        line = self.process.stdout.readline()
        if not line:
            self.close()
            raise Left(f"{self.name} ended with status {self.process.returncode}")
        found = json.loads(line)
        if "failed" in found:
            self.close()
            raise Left(f"{self.name}: {found['failed']}")
        return found

    def ask(self, command):
        """Its answer to a command: run, reset or quit."""
        print(command, file=self.process.stdin, flush=True)
        return self.answer()

    def close(self):
        """End the process; nothing that it still holds is missed."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def refusal():
    """One line on what the environment decides for the libraries, or None."""
    found = [name for name in DECIDE if name in os.environ]
    if not found:
        return None
    unset = " ".join(f"-u {name}" for name in found)
    return f"{', '.join(found)} set: the libraries would not choose for themselves; run with env {unset}"


def measure(case, names, runs, *, warm_ups=2):
    """{name: Result} of the contenders that run here, in rounds, each round starting with another one.

    Loading, compiling and warming up are not counted, in time or in memory. Prints a line for whoever is left out.
    """
    able = everyone = [Contender(name, case) for name in names]

    def each(contenders, act):
        """Those that did it; a line for whoever did not."""
        done = []
        for contender in contenders:
            try:
                act(contender)
                done.append(contender)
            except Left as problem:
                print(f"  left out: {problem}", flush=True)
        return done

    def take(contender):
        time.sleep(PAUSE)
        contender.times.append(contender.ask("run")["seconds"])

    def warm(contender):
        contender.about = contender.answer()["about"]
        for _ in range(warm_ups):
            contender.ask("run")
        contender.ask("reset")

    try:
        able = each(able, warm)
        for turn in range(runs):
            first = turn % max(len(able), 1)
            done = each(able[first:] + able[:first], take)
            able = [contender for contender in able if contender in done]
        memory = {c.name: c.ask("quit") for c in able}
        return {
            c.name: Result(c.times, memory[c.name]["peak"], memory[c.name]["whole"], c.about) for c in able
        }
    finally:
        for contender in everyone:
            contender.close()


def ratio(a, b):
    """The median of the quotients round by round, and their quartiles."""
    quotients = [x / y for x, y in zip(a.times, b.times, strict=True)]
    if len(quotients) == 1:
        return quotients[0], quotients[0], quotients[0]
    low, middle, high = statistics.quantiles(quotients, n=4, method="inclusive")
    return middle, low, high
