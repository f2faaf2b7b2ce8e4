"""What `vitnp translate` says of a training: what it is, what came of it."""

import shlex
from pathlib import Path

from vitnp import tree
from vitnp.errors import counted
from vitnp.training.display import duration


def title(setup, comm, resume):
    """What is trained on what, and from where on."""
    wanted, config, data = setup.wanted, setup.config, setup.data
    begin = "" if resume is None else f", resumed after step {resume.step:,}"
    return (
        f"model {setup.name} on {wanted.task}: {tree.count(setup.p):,} parameters, "
        f"{counted(len(config.symbols), 'symbol')}, sentences of at most {config.source_length:,} → "
        f"{counted(config.target_length, 'symbol')}, {len(data.train):,} training sentences per epoch, "
        f"{counted(len(data.test), 'test sentence')}, seed {wanted.seed}, {counted(wanted.workers, 'thread')}{begin}"
    )


def summary(result, where):
    """What came of it, where it is, and how to use it."""
    right, seconds = result.history[-1].test_accuracy, sum(epoch.seconds for epoch in result.history)
    model = shlex.quote(str(Path(where) / "model.npz"))
    return (
        f"{right:.2%} of the test sentences are right as a whole after {duration(seconds)} s "
        f"of training; model.npz, history.csv and curves.png are in {where}\n"
        f"to translate: vitnp translate --weights {model} TEXT"
    )
