"""The process that forks: it has imported all that tests import, but for vitnp, which each child imports anew."""

import gc
import importlib
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from mutation.worker import Job, Worker, end_all_of

__all__ = ["Job", "import_all_else", "run"]

ALL_ELSE = """
    hypothesis.strategies matplotlib.pyplot PIL.Image safetensors.numpy scipy.ndimage scipy.special sklearn.datasets
    threadpoolctl
""".split()


def import_all_else():
    """What costs most of a test's start."""
    for name in ALL_ELSE:
        importlib.import_module(name)
    sys.modules["matplotlib"].use("Agg")
    assert "vitnp" not in sys.modules
    gc.freeze()


def run(root, jobs, seconds, *, workers):
    """Yield (job, Outcome) of each job as it ends. `seconds` is what each test takes."""
    os.environ["VITNP_ROOT"] = str(root)
    jobs = list(reversed(jobs))
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        free = [
            Worker(root, Path(folder).resolve() / str(i), seconds) for i in range(min(workers, len(jobs)))
        ]
        busy = []
        try:
            while jobs or busy:
                while jobs and free:
                    free[-1].start(jobs.pop())
                    busy.append(free.pop())
                for worker in list(busy):
                    job = worker.job
                    if result := worker.poll():
                        busy.remove(worker)
                        free.append(worker)
                        yield job, result
                time.sleep(0.01)
        finally:
            for worker in busy:
                os.kill(worker.pid, signal.SIGKILL)
                end_all_of(worker.tree.folder)
