"""What `vitnp translate` says of a training: what it is, what came of it."""

import shlex
from pathlib import Path

from vitnp import tree
from vitnp.errors import counted
from vitnp.system.language import translated
from vitnp.training.display import duration


def title(setup, comm, resume):
    """What is trained on what, and from where on."""
    wanted, config, data = setup.wanted, setup.config, setup.data
    begin = "" if resume is None else f", resumed after step {resume.step:,}"
    lines = [
        f"model {setup.name}: {tree.count(setup.p):,} parameters, {counted(len(config.symbols), 'symbol')}",
        f"task {wanted.task}: at most {config.source_length:,} → {counted(config.target_length, 'symbol')}",
        f"{len(data.train):,} training sentences per epoch, {counted(len(data.test), 'test sentence')}",
        f"seed {wanted.seed}, {counted(wanted.workers, 'thread')}{begin}",
    ]
    return "\n".join(map(translated, lines))


def summary(result, where):
    """What came of it, where it is, and how to use it."""
    right, seconds = result.history[-1].test_accuracy, sum(epoch.seconds for epoch in result.history)
    model = shlex.quote(str(Path(where) / "model.npz"))
    lines = [
        f"{right:.2%} of the test sentences are right as a whole after {duration(seconds)} s of training",
        f"model.npz, history.csv and curves.png are in {where}",
        f"to translate: vitnp translate --weights {model} TEXT",
    ]
    return "\n".join(map(translated, lines))
