"""The search in one target as a process of its own: what it has found is in a file, so that its death loses nothing.

`python -m fuzz.child STATE` reads what to do from STATE.todo.json and writes what it has found to STATE.
"""

import json
import os
import pickle
import subprocess
import sys
import time
import traceback
from pathlib import Path

from fuzz import search, targets, watch
from fuzz.judge import Finding

GRACE = 60.0  # seconds that a process may take beyond its time, before it is ended
NUMBERS = ("inputs", "accepted", "memory", "longest")
SAVE_EVERY = 50  # inputs


class Result:
    """What all processes of one target have found together."""

    def __init__(self, target):
        self.target, self.minutes, self.found = target, 0.0, {}
        self.numbers = dict.fromkeys(NUMBERS, 0)

    def add(self, state):
        """Take in what one process left: (numbers, {kind: (Case, Finding)})."""
        numbers, found = state
        for name, number in numbers.items():
            together = sum if name in ("inputs", "accepted") else max
            self.numbers[name] = together((self.numbers[name], number))
        for kind, (case, finding) in found.items():
            if kind not in self.found or case.size < self.found[kind][0].size:
                self.found[kind] = case, finding


def run(target, folder, *, seconds, seed, guided=False):
    """Search in a target for so many seconds: a `Result`. A process that dies is a finding, and another goes on."""
    result, start, number = Result(target), time.monotonic(), 0
    while (left := seconds - (time.monotonic() - start)) > 0:
        number += 1
        state = folder / f"{target}-{number}"
        todo = {"target": target, "seconds": left, "seed": seed + 1000 * (number - 1), "guided": guided}
        todo["known"] = sorted(result.found)
        state.with_suffix(".todo.json").write_text(json.dumps(todo), "utf-8")
        ending = wait(state, left + GRACE)
        if state.exists():
            result.add(pickle.loads(state.read_bytes()))
        log, current = state.with_suffix(".log"), state.with_suffix(".now")
        if ending == f"status {search.DEFECT}":
            raise RuntimeError(f"the search in {target} failed: {log.read_text('utf-8', 'replace')}")
        if current.exists():  # the input that was being tried
            case, kind = pickle.loads(current.read_bytes()), f"died {ending}"
            result.add(({}, {kind: (case, Finding(kind, ending))}))
        elif not guided:
            break
    result.minutes = (time.monotonic() - start) / 60
    return result


def wait(state, seconds):
    """How the process ended: "status 0", "signal 11"."""
    with open(state.with_suffix(".log"), "wb") as log:
        words = [sys.executable, "-m", "fuzz.child", str(state)]
        process = subprocess.Popen(
            words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment(state)
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "too slow to be ended"
    return f"status {status}" if status >= 0 else f"signal {-status}"


def environment(state):
    """One BLAS thread, no window, and caches in a folder of the search's own."""
    home = str(state.parent / "home")
    own = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"), home)
    return os.environ | own | {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONHASHSEED": "0"}


def main(state):
    """What the process does."""
    todo = json.loads(state.with_suffix(".todo.json").read_text("utf-8"))
    if todo["guided"]:
        import atheris

        with atheris.instrument_imports(include=["vitnp"]):
            target = targets.named(todo["target"])
    else:
        target = targets.named(todo["target"])
    watch.limit_addresses()
    current = state.with_suffix(".now")

    def save(made):
        part = state.with_suffix(".part")
        part.write_bytes(pickle.dumps(({name: getattr(made, name) for name in NUMBERS}, made.found)))
        part.replace(state)

    def before(case):
        current.write_bytes(pickle.dumps(case))

    def after(made):
        current.unlink()
        if made.new or made.inputs % SAVE_EVERY == 0:
            save(made)

    made = search.Search(
        target,
        state.parent / "work" / "case",
        seconds=todo["seconds"],
        known=todo["known"],
        before=before,
        after=after,
    )

    def ended(status):
        save(made)
        sys.stderr.flush()
        os._exit(status)

    if todo["guided"]:
        search.guided(made, todo["seed"], ended)
    search.seeded(made, todo["seed"])
    save(made)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except BaseException:
        traceback.print_exc()
        sys.exit(search.DEFECT)
