"""Page faults of a steady step, counted in fresh processes: is the memory that a step leaves there for the next one?

    python benchmarks/faults.py [--processes 100] [--steps N] [--models B/16,digits]

A step is loss_and_grads: ViT-B/16 with 2 images, digits with 32. Three situations: every step called from the main
thread; each in a new thread that ends with it, as a web server does; from the main thread, its images from a loader
(vitnp.data.batches) whose two threads augment the next ones meanwhile. The first three steps fill the memory; of
the others a process's mean counts. `grown` is what the peak of resident memory grew by after the third step. A loader's
own faults are not the step's: those of its threads are left out. Linux only.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import threading

import library
import numpy as np
from workloads import at_least

import vitnp
from vitnp import vit
from vitnp.data import ArraySource, augment, batches

FILL = 3
MODELS = {"B/16": (2, 6), "digits": (32, 100)}  # images in a batch, steps
SITUATIONS = {"main": "main thread", "threads": "a new thread each", "loader": "beside a loader"}


def faults(leave_out=()):
    """Of this process so far; threads by their system's number can be left out."""
    found = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for thread in leave_out:
        with open(f"/proc/self/task/{thread}/stat") as file:
            found -= int(file.read().rpartition(")")[2].split()[7])  # field 10, minflt
    return found


def loader(images, labels, augmentation, steps):
    """Batches of these images, shuffled and augmented in two threads."""
    source = ArraySource(images, labels)
    order = np.resize(np.arange(len(labels)), steps * len(labels))
    change = augment.composed([augmentation], source)
    return batches(source, order, batch_size=len(labels), seed=0, change=change)


def one(model, situation, steps):
    """In a process of its own: faults a step, and the peak of its memory in KiB after each."""
    batch_size, _ = MODELS[model]
    config = vitnp.preset(model)
    p = vit.init(np.random.default_rng(0), config)
    rng = np.random.default_rng(0)
    images = rng.random((batch_size, *config.image_size, config.in_channels), np.float32)
    labels = rng.integers(0, config.num_classes, batch_size)
    given = ((images, labels) for _ in range(steps))
    if situation == "loader":
        given = loader(images, labels, "flip" if model == "B/16" else "affine", steps)
    counted, peaks = [], []
    for images, labels in given:
        others = [t.native_id for t in threading.enumerate() if t.name.startswith("vitnp-data")]
        before = faults(others)
        if situation == "threads":
            thread = threading.Thread(target=vitnp.loss_and_grads, args=(images, labels, p, config))
            thread.start()
            thread.join()
        else:
            vitnp.loss_and_grads(images, labels, p, config)
        counted.append(faults(others) - before)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return {"faults": counted, "peaks": peaks}


def process(model, situation, steps):
    """What `one` gives in a fresh process."""
    command = [sys.executable, __file__, "--one", model, situation, str(steps)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def row(model, situation, found):
    """A row of the table, from what the processes gave."""
    steady = [statistics.mean(one["faults"][FILL:]) for one in found]
    worst = [max(one["faults"][FILL:]) for one in found]
    peak = [one["peaks"][-1] / 1024 for one in found]
    grown = [(one["peaks"][-1] - one["peaks"][FILL - 1]) / 1024 for one in found]
    cells = [model, SITUATIONS[situation], len(found), len(found[0]["faults"])]
    cells += [f"{statistics.median(of):,.0f} / {max(of):,.0f}" for of in (steady, worst, peak, grown)]
    return f"| {' | '.join(map(str, cells))} |"


HEAD = "| step of | called | processes | steps | faults a step | of a process's worst step | peak, MB | grown, MB |"


def machine():
    """The C library, NumPy with the kernels in use, the cores."""
    return f"{' '.join(platform.libc_ver())}, {library.numpy()}, {len(os.sched_getaffinity(0))} cores"


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--processes", type=at_least(1), default=100, help="of each row (default 100)")
    parser.add_argument("--steps", type=at_least(FILL + 1), help="of a process (default B/16 6, digits 100)")
    parser.add_argument("--models", default=",".join(MODELS), help="which (default both)")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.one:
        print(json.dumps(one(args.one[0], args.one[1], int(args.one[2]))))
        return
    models = args.models.split(",")
    if unknown := set(models) - set(MODELS):
        parser.error(f"no model {', '.join(sorted(unknown))} here; choose from {', '.join(MODELS)}")
    print(f"{machine()}; median / max over the processes\n", HEAD, "|---" * 8 + "|", sep="\n", flush=True)
    for model in models:
        for situation in SITUATIONS:
            steps = args.steps or MODELS[model][1]
            found = [process(model, situation, steps) for _ in range(args.processes)]
            print(row(model, situation, found), flush=True)


if __name__ == "__main__":
    main()
