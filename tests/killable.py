"""`python killable.py FOLDER write N | wait N`: a tiny training that goes on where FOLDER's last checkpoint stands.

test_resume.py starts it as a process. With `write N` it kills itself halfway through writing its Nth checkpoint; with
`wait N` it waits after N steps to be killed. It has all chance there is: order, augmentation, mixup, dropout; and an
average.
"""

import os
import signal
import sys

import numpy as np

from vitnp import preset
from vitnp.data import ArraySource, DataSet
from vitnp.training import loop, setup
from vitnp.training.recipes import Recipe
from vitnp.training.run import Run

CONFIG = preset(
    "digits", num_layers=1, hidden_size=8, num_heads=2, mlp_dim=8, num_classes=3, dropout_rate=0.2
)
RECIPE = Recipe(
    epochs=40,
    batch_size=8,
    lr=3e-3,
    warmup_steps=5,
    weight_decay=0.1,
    clip=1.0,
    augment=("affine",),
    mixup=0.2,
    average=0.9,
)
ABOUT = {"run": {"recipe": "killable"}, "options": {}}


def data(n=30):
    """Noise with a label each."""
    rng = np.random.default_rng(0)
    images, labels = rng.uniform(-1, 1, (n, 8, 8, 1)).astype("float32"), np.arange(n) % 3
    return DataSet(ArraySource(images, labels), ArraySource(images[:9], labels[:9]), ("a", "b", "c"))


def go(folder, recipe=RECIPE, every=1, dtype="float32", **options):
    """Train in the folder, from its last checkpoint on; the parameters."""
    run = Run(folder, ABOUT, every=every, log_every=1)
    rng = np.random.default_rng(0)
    p = setup.initial_parameters(rng, CONFIG, recipe)
    options = {"on_step": run.on_step, "on_epoch": run.on_epoch} | options
    try:
        loop.train(
            p,
            CONFIG,
            data(),
            recipe,
            rng=rng,
            how=loop.How(workers=1, dtype=dtype),
            resume=run.resume,
            watch=loop.Watch(**options),
        )
    finally:
        run.close()
    return p


def kill_in_write(number):
    """Let the process die when half of its checkpoint with this number is on the disk."""
    savez, written = np.savez, 0

    def half(file, **arrays):
        nonlocal written
        written += 1
        savez(file, **arrays)
        if written == number:
            file.truncate(file.tell() // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    np.savez = half


def wait_after(number):
    """Let the process do `number` steps and then wait."""
    on_step, done = Run.on_step, 0

    def waiting(run, progress, step):
        nonlocal done
        done += 1
        on_step(run, progress, step)
        while done == number:
            signal.pause()

    Run.on_step = waiting


if __name__ == "__main__":
    folder, how, number = sys.argv[1:]
    {"write": kill_in_write, "wait": wait_after}[how](int(number))
    print("ready", flush=True)
    go(folder)
