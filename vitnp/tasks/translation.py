"""Learning to translate: each token of the target is predicted from the source and the tokens before it."""

from typing import NamedTuple

import numpy as np

from vitnp import models
from vitnp.backend.arrays import array_module, on_host, to_device
from vitnp.engine import loss
from vitnp.errors import InputError
from vitnp.inputs.checks import check_config, check_parameters, parameter_of
from vitnp.inputs.sequences import PADDING, SequenceConfig, check_ids


class Translation(NamedTuple):
    """Inputs are source ids (B, S), labels target ids (B, T + 1): START, symbols, END, PADDING.

    The loss is the mean cross-entropy over all goals of the batch that are not padding. Label smoothing ε as in
    `engine.loss.targets`.
    """

    label_smoothing: float = 0.0

    uses_labels = True

    def batch(self, source, target, p, config, rng, part):
        """Source, what goes in of the target, the goals, and the weight of each goal (B, T), in the memory of p.

        The engine takes the mean over sentences; with these weights that is the mean over goals.
        """
        check_config(config, SequenceConfig)
        like = parameter_of(p)
        check_parameters(p, models.of(config).init, config)
        check_ids("source", source, config)
        check_ids("target", target, config)
        if len(source) != len(target) or target.shape[1] < 2:
            raise InputError(
                f"source and target are {source.shape} and {target.shape}; need a target of at least two ids for each "
                "source: START and a goal"
            )
        if part != (0, len(source)):
            raise InputError(
                f"{len(source)} sentences are a part of a batch of {part[1]}, whose mean over tokens needs them "
                "all; give the whole batch to one process"
            )
        known = target[:, 1:] != PADDING
        if on_host(target) and not known.any(axis=1).all():
            row = int(known.any(axis=1).argmin())
            raise InputError(f"target has nothing to learn in row {row}; need at least END after START")
        # float16 would neither count the goals nor hold one's share of a large batch; loss is float32 then too
        goals = known.astype(np.result_type(like.real.dtype, "float32"))
        weights = goals * (len(goals) / goals.sum())
        arrays = source, target[:, :-1], target[:, 1:], weights
        return tuple(to_device(a, array_module(like)) for a in arrays)

    def loss(self, arrays, p, config, rng=None, *, keep="all"):
        """The loss of a slice; a generator turns dropout on."""
        source, target, goals, weights = arrays
        model = models.of(config)
        logits, saved = model.forward((source, target), p, config, rng, keep=keep, whole=False)
        rows = logits.reshape(-1, logits.shape[-1])
        how = {"label_smoothing": self.label_smoothing, "weights": weights.reshape(-1) / len(weights)}
        value, saved_loss = loss.forward(rows, goals.reshape(-1), **how)

        def back(dloss):
            return model.backward_parts(loss.backward(dloss, saved_loss).reshape(logits.shape), saved)

        return value, back, {}

    def right(self, arrays, p, config):
        """How many sentences have the largest logit right at every goal; greedy decoding gets these right."""
        source, target, goals, _ = arrays
        logits, _ = models.of(config).forward((source, target), p, config, keep="nothing", whole=False)
        return ((logits.argmax(-1) == goals) | (goals == PADDING)).all(axis=1).sum()

    def learned(self, p):
        """All of it."""
        return p
