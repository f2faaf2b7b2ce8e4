"""A submission's steps, each in a process of its own: fresh, with limits, and ended with all that it has begun.

Of a step that takes too long, or ends its process, the row says so, and the steps after it are checked all the
same. Imports `errors`, `judge` (by its name).
"""

import contextlib
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from vitnp.course.workshop import template
from vitnp.errors import InputError, one_line
from vitnp.system.language import Text

JUDGE = "vitnp.course.workshop.grading.judge"
START = 60.0  # seconds until the process is ready: it loads NumPy and SciPy
MOST_ANSWER = 2**18  # bytes that one process may answer
KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TZ")  # of the environment
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
FORKS = (
    sys.platform == "linux"
)  # one process a submission, a fork a step; on macOS the BLAS does not outlive a fork
POLL = 0.2  # seconds between looks at `stop`
TOO_LONG = Text("{seconds:g}초가 지나도 끝나지 않음", "not at its end after {seconds:g} s")
ENDED = Text("프로그램을 스스로 끝냄 ({how})", "ended the program by itself ({how})")
CHATTY = Text("채점 결과의 자리에 너무 많이 씀", "wrote too much where the grades go")


class Limits(NamedTuple):
    """Of one step, in seconds; of the process, in MB."""

    seconds: float = 20.0
    memory: int = 2048


DEFAULT = Limits()


class Job(NamedTuple):
    """How every submission is checked."""

    seed: int
    sizes: dict
    lang: str
    limits: Limits


class Result(NamedTuple):
    """What came out for a step; the names are those of an `Outcome`."""

    step: int
    status: str
    stage: str = "import"
    lines: tuple = ()
    part: str | None = None
    mistake: str | None = None
    family: str | None = None
    passed: tuple = ()
    seconds: float | None = None
    defect: str | None = None  # of vitnp, not of the student


def checked(files, steps, job, stop):
    """{step: Result} of a student's files; stop: a threading.Event that ends it early."""
    found, left = {}, list(steps)
    while left and not stop.is_set():
        results = run(files, left if FORKS else left[:1], job, stop)
        found |= results
        left = [step for step in left if step not in results]
    return found


def run(files, steps, job, stop):
    """{step: Result} up to the step, with it, at which the process ended."""
    with tempfile.TemporaryDirectory(prefix="vitnp-grade-", ignore_cleanup_errors=True) as folder:
        for name, data in files.items():
            Path(folder, name).write_bytes(data)
        with tempfile.TemporaryFile() as errors:
            process = started(folder, errors)
            conversation = Conversation(process, steps, job, stop, errors)
            try:
                return conversation.results()
            finally:
                end(process, conversation.fork)
                conversation.ears.join(
                    POLL
                )  # nobody writes any more, unless a process of the student's got away


def started(folder, errors):
    """The process, in a session of its own, with an environment that has nothing of the teacher's."""
    environ = {name: os.environ[name] for name in KEPT if name in os.environ}
    environ |= dict.fromkeys(ONE_THREAD, "1") | {
        "HOME": folder,
        "TMPDIR": folder,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environ |= {"PYTHONPATH": str(Path(template.__file__).parents[3]), "PYTHONUTF8": "1"}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", JUDGE],  # -P: a student's numpy.py is not NumPy
        cwd=folder,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
    )


def end(process, fork=None):
    """End the process, its fork that checks a step, and those that they have begun."""
    for group in filter(None, (process.pid, fork)):
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
    process.kill()
    process.wait()
    with contextlib.suppress(OSError):  # of a process that did not read its job
        process.stdin.close()


class Conversation:
    """The job and the answers of one process. An answer without the token is a student's, and is not heard."""

    def __init__(self, process, steps, job, stop, errors):
        self.process, self.steps, self.job, self.stop, self.errors = process, steps, job, stop, errors
        self.token = secrets.token_hex(16)
        self.answers = queue.Queue()
        self.ears = threading.Thread(target=self.hear, daemon=True)
        self.fork = None  # the number of the process in which a step is being checked

    def results(self):
        """{step: Result}."""
        self.ask()
        self.ears.start()
        found, ready = {}, False
        deadline = time.monotonic() + START
        while left := [step for step in self.steps if step not in found]:
            step = left[0]  # the steps come in order: whatever happens, it is this one that is being checked
            answer = self.next(deadline)
            if answer is None or isinstance(answer, Text):
                if self.stop.is_set():
                    return found
                if not ready:
                    raise self.not_ready()
                return found | {step: self.ended(step, answer or self.how_it_ended(self.process.wait()))}
            ready = ready or "ready" in answer
            if "begin" in answer:
                deadline = time.monotonic() + self.job.limits.seconds
                self.fork = answer.get("process")
            elif "end" in answer:
                self.fork = None
                if answer["end"] == step:  # it has not answered
                    found[step] = self.ended(step, self.how_it_ended(answer["exit"]))
            elif "defect" in answer:
                found[step] = Result(step, "broken", defect=answer["defect"])
            elif "step" in answer:
                values = {name: answer[name] for name in Result._fields if name in answer}
                found[step] = Result(**values | {"step": step})
        return found

    def ask(self):
        """Hand over the job."""
        limits = self.job.limits
        files = {step: f"{template.STEPS[step]}.py" for step in self.steps}
        job = {"token": self.token, "steps": files, "seconds": limits.seconds, "memory": limits.memory}
        job |= {"seed": self.job.seed, "sizes": self.job.sizes, "lang": self.job.lang, "forks": FORKS}
        with contextlib.suppress(BrokenPipeError):  # it has ended; why is read below
            self.process.stdin.write(json.dumps(job).encode() + b"\n")
            self.process.stdin.flush()

    def hear(self):
        """Put every answer into the queue, then how it ended: None, or what was too much."""
        left = MOST_ANSWER
        with self.process.stdout as answers:
            while left > 0 and (line := answers.readline(left)):
                left -= len(line)
                if line.startswith(f"{self.token} ".encode()):
                    self.answers.put(json.loads(line[len(self.token) :]))
        self.answers.put(None if left > 0 else CHATTY)

    def next(self, deadline):
        """The next answer; None at the end, the words for too long a time."""
        while not self.stop.is_set():
            if time.monotonic() > deadline:
                return Text(*(text.format(seconds=self.job.limits.seconds) for text in TOO_LONG))
            with contextlib.suppress(queue.Empty):
                return self.answers.get(timeout=POLL)
        return None

    def ended(self, step, how):
        """The `Result` of a step whose check did not come to its end."""
        return Result(step, "broken", "time", (how.in_(self.job.lang),))

    def how_it_ended(self, status):
        """The words for a process that is gone before its answer."""
        if -status in (getattr(signal, "SIGXCPU", None), signal.SIGTERM):
            return Text(*(text.format(seconds=self.job.limits.seconds) for text in TOO_LONG))
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return Text(*(text.format(how=how) for text in ENDED))

    def not_ready(self):
        """The InputError for a process that did not come to a student's code."""
        self.process.kill()
        self.process.wait()
        self.errors.seek(0)
        said = self.errors.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
        why = one_line(said[-1], 120) if said else f"no answer in {START:g} s"
        return InputError(
            f"the process that grades does not start ({why}); close other programs, or give fewer --workers"
        )
