"""How long a file of weights takes to load, and how much memory, beside reading the same bytes and nothing more.

    python benchmarks/load.py [--model B/16] [--repeats 5]

For each format a file of random float32 weights is written into a temporary folder. `read` is numpy.load or
safetensors taking every array into memory; `load` is vitnp.weights.load. Times are the best of the repeats, the
file in the page cache; memory is how much a process of its own grows at its peak, as a multiple of the file's size:
1.0 is the parameters alone.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import vitnp
from vitnp import vit, weights

FOLDER = str(Path(__file__).resolve().parent)


def read(path):
    """Every array of the file, with the library that defines its kind."""
    if path.endswith(".npz"):
        with np.load(path) as file:
            return dict(file.items())
    import safetensors.numpy

    return safetensors.numpy.load_file(path)


def write(path, model):
    """A file of random weights, in the format that its name says."""
    config = vitnp.preset(model)
    weights.save(path, vit.init(np.random.default_rng(0), config), config, format=Path(path).stem)


def times(path, repeats):
    """[best seconds of read, of load], taken in turn so that a busy machine slows both."""
    best = {read: float("inf"), weights.load: float("inf")}
    for _ in range(repeats):
        for run in best:
            start = time.perf_counter()
            run(path)
            best[run] = min(best[run], time.perf_counter() - start)
    return list(best.values())


def peak(run, path):
    """How many bytes this process grew at its peak."""
    import safetensors.numpy  # noqa: F401  its import is neither's to pay

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run(path)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def fresh(call):
    """What `call`, a line of Python about this file, gives in a process of its own."""
    code = f"import sys; sys.path.insert(0, {FOLDER!r}); import json, load; print(json.dumps(load.{call}))"
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def main():
    """Write the files, measure each, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="B/16", help="a preset (default B/16)")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each, the best counts (default 5)")
    args = parser.parse_args()
    print(f"{args.model}, best of {args.repeats}, memory as a multiple of the file")
    print(f"{'format':14}{'MiB':>8}{'read':>10}{'load':>10}{'ratio':>8}{'peak read':>12}{'peak load':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for format in weights.FORMATS:
            npz = format in ("vitnp", "google")
            path = str(Path(folder, format, f"{format}.{'npz' if npz else 'safetensors'}"))
            os.mkdir(Path(folder, format))  # a config.json is one model's
            fresh(f"write({path!r}, {args.model!r})")  # this process stays small: a child's peak starts at it
            size = os.path.getsize(path)
            t_read, t_load = fresh(f"times({path!r}, {args.repeats})")
            m_read, m_load = (
                fresh(f"peak(load.read, {path!r})"),
                fresh(f"peak(load.weights.load, {path!r})"),
            )
            print(
                f"{format:14}{size / 2**20:8.1f}{t_read:9.3f}s{t_load:9.3f}s{t_load / t_read:8.2f}"
                f"{m_read / size:12.2f}{m_load / size:12.2f}"
            )


if __name__ == "__main__":
    main()
