"""The search in one target as a process of its own: what it has found is in a file, so that its death loses nothing.

`python -m fuzz.child STATE` reads what to do from STATE.todo and writes what it has found to STATE.
"""

import importlib
import itertools
import json
import os
import pickle
import pkgutil
import subprocess
import sys
import time
import traceback
from pathlib import Path

import vitnp
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


def run(target, folder, *, seed, seconds=None, most=None, guided=False):
    """Search in a target for so many seconds or inputs: a `Result`. After a process that died another goes on."""
    result, start, left = Result(target), time.monotonic(), seconds
    for number in itertools.count():
        state = folder / f"{target}-{number}"
        todo = {
            "target": target,
            "seconds": left,
            "most": most,
            "seed": seed + 1000 * number,
            "guided": guided,
        }
        state.with_suffix(".todo").write_text(json.dumps(todo | {"known": sorted(result.found)}), "utf-8")
        ending = wait(state, None if left is None else left + GRACE)
        died = state.with_suffix(".now").exists()
        if ending != "status 0" and (not died or ending == f"status {search.DEFECT}"):
            log = state.with_suffix(".log").read_text("utf-8", "replace")[-2000:]
            raise RuntimeError(f"the search in {target} failed: {log}")
        if state.exists():
            result.add(pickle.loads(state.read_bytes()))
        if died:  # by the input that was being tried
            case, kind = pickle.loads(state.with_suffix(".now").read_bytes()), f"died {ending}"
            result.add(({}, {kind: (case, Finding(kind, ending))}))
        left = None if seconds is None else seconds - (time.monotonic() - start)
        if not died or (left is not None and left <= 0):
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
    own = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"), str(state.parent / "home"))
    own |= {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONHASHSEED": "0"}
    return os.environ | own | {"PYTHONPATH": os.pathsep.join(sys.path)}


def followed(name):
    """The module of a target, with all of vitnp imported so that atheris sees which lines are reached."""
    import atheris

    with atheris.instrument_imports(include=["vitnp"]):
        target = targets.named(name)
        for module in pkgutil.walk_packages(vitnp.__path__, "vitnp."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    return target


def main(state):
    """What the process does."""
    todo = json.loads(state.with_suffix(".todo").read_text("utf-8"))
    target = followed(todo["target"]) if todo["guided"] else targets.named(todo["target"])
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

    bounds = {name: todo[name] for name in ("seconds", "most", "known")}
    made = search.Search(target, state.parent / "case", before=before, after=after, **bounds)

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
