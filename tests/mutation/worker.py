"""One copy of the tree, and the child that runs in it; what a job came to."""

import json
import os
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import NamedTuple

from mutation import child
from mutation.trees import Tree

OURS = 70  # the status of a child that could not even start pytest
BROKEN = {
    -1: "another vitnp",
    3: "pytest itself failed",
    4: "pytest was called wrongly",
    5: "no test was found",
}


class Job(NamedTuple):
    """What a child has to do."""

    key: object
    file: str | None  # the file that is changed
    source: str | None
    rounds: list  # of lists of tests
    options: dict


class Outcome(NamedTuple):
    """What a job came to."""

    status: str  # caught, survived, broken
    by: str  # the test that failed, or what is broken
    seconds: float
    tests: int
    found: dict  # as the last child wrote it


def fork(tree, wanted, seconds, out, options):
    """The child's process id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        child.go(tree.folder, wanted, seconds, out, **options)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(OURS)


def patience(wanted, seconds):
    """How long a child may take in all."""
    return 60.0 + 5 * sum(seconds[name] for name in wanted)


def end_all_of(folder):
    """End the processes that the tests of one copy have started and left: each has the copy in its environment."""
    mark = f"PYTHONPATH={folder}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes():
                os.kill(int(path.parent.name), signal.SIGKILL)
        except OSError:
            pass  # another's, or it has just ended


class Worker:
    """One copy of the tree, and the child that runs in it."""

    def __init__(self, root, folder, seconds):
        self.tree, self.seconds, self.out = Tree(root, folder / "tree"), seconds, folder / "last"
        self.job = None

    def start(self, job):
        """Begin the job's first round."""
        self.job, self.round, self.began, self.tests = job, 0, time.monotonic(), 0
        if job.file:
            self.tree.change(job.file, job.source)
        self.next_round()

    def next_round(self):
        """Fork for a round."""
        wanted = self.job.rounds[self.round]
        Path(f"{self.out}.json").unlink(missing_ok=True)
        self.ends = time.monotonic() + patience(wanted, self.seconds)
        self.pid = fork(self.tree, wanted, self.seconds, self.out, self.job.options)
        self.tests += len(wanted)

    def poll(self):
        """The Outcome if there is one."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        late = pid == 0 and time.monotonic() > self.ends
        if pid == 0 and not late:
            return None
        if late:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        end_all_of(self.tree.folder)
        result = self.judged(status, late)
        if result is None:
            self.round += 1
            self.next_round()
            return None
        self.tree.restore()
        shutil.rmtree(f"{self.out}.tmp", ignore_errors=True)
        self.job = None
        return result

    def judged(self, status, late):
        """The Outcome, or None where another round is to come."""
        path = Path(f"{self.out}.json")
        found = json.loads(path.read_text("utf-8")) if path.exists() and not late else {}
        if late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM):
            return self.outcome("caught", "it takes too long", found)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == OURS:
            return self.outcome("broken", Path(f"{self.out}.log").read_text("utf-8", "replace")[-300:], found)
        if not found:
            return self.outcome("caught", f"the process ended ({status})", found)
        if found["code"] in BROKEN and not found["failed"]:
            return self.outcome("broken", BROKEN[found["code"]], found)
        if found["code"]:
            return self.outcome("caught", (found["failed"] or ["?"])[0], found)
        return None if self.round + 1 < len(self.job.rounds) else self.outcome("survived", "", found)

    def outcome(self, status, by, found):
        return Outcome(status, by, time.monotonic() - self.began, self.tests, found)
