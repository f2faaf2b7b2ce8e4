"""The running statistics of BatchNorm, which no gradient step changes: after every step they follow the batch's."""

from vitnp import tree


def follow(p, batch, momentum):
    """leaf ← momentum·leaf + (1 − momentum)·value in place; batch: {dotted name of a leaf: value of the last batch}.

    As TensorFlow has it: a momentum of 0.99 keeps 99% of the old value; PyTorch writes 0.01 for the same.
    """
    for name, value in batch.items():
        leaf = tree.get(p, name)
        leaf *= momentum
        leaf += (1.0 - momentum) * value


def averaged(task, p, config):
    """The leaves that Polyak averaging is of: those that learn, and the statistics that change with them."""
    frozen = getattr(task, "frozen", False)
    return p if config.batch_statistics and not frozen else task.learned(p)
