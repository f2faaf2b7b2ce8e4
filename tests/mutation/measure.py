"""The suite, run once under coverage: what each test reaches, and how long it takes."""

import collections
import json
import os
import shutil
import subprocess
import sys

from coverage import CoverageData
from coverage.exceptions import CoverageException

from mutation.lines import digest, joined, load, save, sources, stale

# Left out. They break the source by its text, test this folder, or look at pages, notebooks and other hardware.
LEFT_OUT = (
    "mutants",
    "mutation",
    "notebooks",
    "docs",
    "benchmarks",
    "gpu",
    "gpu_benchmark",
    "names",
    "scaling",
)
CONFIG = """[run]
data_file = {folder}/.coverage
include = {root}/vitnp/*
parallel = true
context = ${{VITNP_TEST-}}
concurrency = thread
disable_warnings = no-data-collected,module-not-measured,couldnt-parse
"""
THREADS = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def test_files(root):
    """Every file of tests that counts."""
    left_out = {f"test_{name}.py" for name in LEFT_OUT}
    return sorted(
        f"tests/{path.name}" for path in (root / "tests").glob("test_*.py") if path.name not in left_out
    )


def make(root, kept, *, workers, files=None):
    """Run the tests once and write the map; with `files`, only theirs are new and the rest stays."""
    old = load(kept) if files and (kept / "map.json").exists() else None
    if old and stale(root, old):
        raise SystemExit("vitnp has changed since the map was made; make all of it with --map")
    folder = kept / "reach"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "coveragerc").write_text(CONFIG.format(folder=folder, root=root), "utf-8")
    environ = os.environ | THREADS
    environ |= {"COVERAGE_PROCESS_START": str(folder / "coveragerc"), "VITNP_REACH": str(folder)}
    environ["PYTHONPATH"] = os.pathsep.join((str(root), str(root / "tests")))
    words = ["--tb=line", "-p", "mutation.reach", "-p", "no:cacheprovider"]
    words += ["-n", str(workers), "--dist", "worksteal"] if workers > 1 else []
    with open(kept / "map.log", "w", encoding="utf-8") as log:
        command = [sys.executable, "-m", "pytest", *words, *(files or test_files(root))]
        subprocess.run(command, cwd=root, env=environ, stdout=log, stderr=subprocess.STDOUT, check=False)
    new = read(root, folder)
    save(kept, joined(old, new, files) if old else new)
    shutil.rmtree(folder)


def read(root, folder):
    """The map from what one run has left in the folder."""
    tests, fixtures = {}, {}
    for path in folder.glob("tests-*.json"):
        found = json.loads(path.read_text("utf-8"))
        tests |= found["tests"]
        fixtures |= found["fixtures"]
    share = collections.defaultdict(list)  # context: the tests
    for name, about in tests.items():
        share[about["context"]].append(name)
        for context, (where, fixture) in fixtures.items():
            if fixture in about["fixtures"] and name.startswith(where):
                share[context].append(name)
                about["group"] = context
    reached = collections.defaultdict(lambda: collections.defaultdict(set))
    at_import = collections.defaultdict(set)
    for path in folder.glob(".coverage.*"):
        data = CoverageData(basename=str(path))
        try:
            data.read()
        except CoverageException:
            continue  # its process was killed as it wrote
        for file in data.measured_files():
            name = os.path.relpath(file, root)
            for line, contexts in data.contexts_by_lineno(file).items():
                for context in contexts:
                    if context in share:
                        reached[name][line].update(share[context])
                    else:
                        at_import[name].add(line)
    tests = {
        name: {"seconds": round(about["seconds"], 4), "group": about.get("group", "")}
        for name, about in tests.items()
        if about["passed"]
    }
    reached = {
        file: {line: who & tests.keys() for line, who in lines.items()} for file, lines in reached.items()
    }
    digests = {path: digest(root, path) for path in sources(root)}
    return {"tests": tests, "reached": reached, "at_import": at_import, "digests": digests}
