"""The functions of the Python door, with arguments as they should be, and of what kind each argument is."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import vitnp
from fuzz.judge import Wrong
from vitnp import gradcheck, preset, tree, vit, weights
from vitnp.analysis import linear_eval
from vitnp.data.sources import ArraySource
from vitnp.engine import loss
from vitnp.engine.batch import Plan
from vitnp.tasks.classification import Classification
from vitnp.training import optim, schedules

CONFIG = preset(
    "tiny",
    image_size=(4, 8),
    patch_size=2,
    hidden_size=12,
    num_heads=3,
    num_layers=1,
    mlp_dim=5,
    num_classes=4,
)


class Call(NamedTuple):
    """A function of the door. proper(folder) → {argument: as it should be}, made anew for each call."""

    function: Callable
    proper: Callable
    kinds: dict  # {argument: a key of `values.VALUES`}


def model():
    """Parameters, no two alike."""
    return tree.map(np.float32, random())


@functools.cache
def random():
    """Random parameters in float64."""
    return gradcheck.random_like(vit.init(None, CONFIG), np.random.default_rng(0))


def images():
    """Two images for the model."""
    return np.random.default_rng(1).standard_normal((2, 4, 8, 3)).astype(np.float32)


LABELS = np.array([3, 1])
FEATURES = np.random.default_rng(2).standard_normal((6, 5))


def small():
    """A tree of two leaves."""
    return {"a": {"W": np.linspace(-1, 1, 6).reshape(2, 3)}, "b": np.linspace(0.5, 1, 4)}


def update(p, dp, state, **rule):
    """`optim.update`, and what it changed."""
    optim.update(p, dp, state, **rule)
    return p, state


def clip(dp, max_norm):
    """`optim.clip`, and what it changed."""
    return optim.clip(dp, max_norm), dp


def average(mean, p, decay):
    """`optim.average`, and what it changed."""
    optim.average(mean, p, decay)
    return mean


def backward(images, p, keep):
    """`vit.backward` of ones, after `vit.forward`."""
    y, saved = vit.forward(images, p, CONFIG, keep=keep)
    return vit.backward(np.ones_like(y), saved)


def dlogits_of(dlogits):
    """`vit.backward` of a gradient."""
    _, saved = vit.forward(images(), model(), CONFIG)
    return vit.backward(dlogits, saved)


def checked(x, seeds, complex_step):
    """`gradcheck.check` of a wrong backward, which may not be found right."""
    report = gradcheck.check(doubled, lambda dy, saved: 7 * dy, x, seeds=seeds, complex_step=complex_step)
    if report.ok:
        raise Wrong("gradcheck.check finds a wrong backward right")


def doubled(x):
    """A forward."""
    return x * 2, ()


def loss_and_grads(images, labels, p, config, rng, smoothing, workers, micro_batch):
    """`vitnp.loss_and_grads`."""
    plan = Plan(workers=workers, micro_batch=micro_batch)
    return vitnp.loss_and_grads(images, labels, p, config, Classification(smoothing), rng, **plan._asdict())


def traced(images, p, config, labels):
    """All that `vitnp.trace` keeps, as arrays."""
    made = vitnp.trace(images, p, config, labels)
    return [record.value for record in [*made.forward, *(made.backward or ())]]


def saved(path, p, config, format):
    """`weights.save`, and what `weights.load` then finds."""
    weights.save(path, p, config, format=format)
    return weights.load(path)[0]


def loaded(path, num_classes):
    """`weights.load` of a proper file."""
    return weights.load(path, num_classes=num_classes)[0]


def file(folder):
    """A proper file of weights."""
    weights.save(folder / "model.npz", model(), CONFIG)
    return folder / "model.npz"


def started(rng, config, dtype):
    """`vit.init`."""
    return vit.init(rng, config, dtype)


def source(images, labels):
    """An `ArraySource`'s images and labels."""
    made = ArraySource(images, labels)
    return made.images(np.arange(len(made))), made.labels


def batch():
    """Images, labels, parameters, configuration."""
    return {"images": images(), "labels": LABELS.copy(), "p": model(), "config": CONFIG}


MODEL = {"images": "floats", "p": "tree", "config": "config"}
RULE = dict.fromkeys(("lr", "weight_decay", "beta1", "beta2", "eps"), "real")
SCHEDULE = {"step": "whole", "lr": "real", "warmup_steps": "whole", "total_steps": "whole"}


def at_step(folder):
    """The arguments of a schedule."""
    return {"step": 3, "lr": 0.1, "warmup_steps": 2, "total_steps": 10}


def ruled(folder):
    """The arguments of an update."""
    rule = {"lr": 0.1, "weight_decay": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8}
    return {"p": small(), "dp": small(), "state": optim.init(small())} | rule


def batch_without(*names):
    """The arguments of a model without some of them."""
    return {name: value for name, value in batch().items() if name not in names}


CALLS = {
    "loss_and_grads": Call(
        loss_and_grads,
        lambda folder: batch() | {"rng": None, "smoothing": 0.1, "workers": 1, "micro_batch": 2},
        MODEL
        | {
            "labels": "labels",
            "rng": "generator or None",
            "smoothing": "real",
            "workers": "whole or None",
            "micro_batch": "whole or None",
        },
    ),
    "predict": Call(
        vitnp.predict,
        lambda folder: batch_without("labels") | {"workers": 1, "batch_size": 2},
        MODEL | {"workers": "whole or None", "batch_size": "whole"},
    ),
    "vit.forward": Call(
        lambda **given: vit.forward(**given)[0],
        lambda folder: batch_without("labels") | {"rng": None, "keep": "all"},
        MODEL | {"rng": "generator or None", "keep": "choice"},
    ),
    "vit.backward after forward": Call(
        backward,
        lambda folder: batch_without("labels", "config") | {"keep": "all"},
        {"images": "floats", "p": "tree", "keep": "keep"},
    ),
    "vit.backward": Call(
        dlogits_of, lambda folder: {"dlogits": np.ones((2, 4), np.float32)}, {"dlogits": "inside"}
    ),
    "vit.init": Call(
        started,
        lambda folder: {"rng": np.random.default_rng(0), "config": CONFIG, "dtype": "float32"},
        {"rng": "generator or None", "config": "config", "dtype": "dtype"},
    ),
    "trace": Call(
        traced, lambda folder: batch(), MODEL | {"images": "one image or more", "labels": "labels or None"}
    ),
    "loss.forward": Call(
        lambda **given: loss.forward(**given)[0],
        lambda folder: {"logits": FEATURES[:2, :4].copy(), "labels": LABELS.copy(), "label_smoothing": 0.1},
        {"logits": "inside", "labels": "labels", "label_smoothing": "real"},
    ),
    "gradcheck.check": Call(
        checked,
        lambda folder: {"x": FEATURES.copy(), "seeds": (0, 1), "complex_step": True},
        {"x": "point", "seeds": "seeds"},
    ),
    "optim.init": Call(
        optim.init,
        lambda folder: {"p": small(), "optimizer": "adamw"},
        {"p": "any tree", "optimizer": "choice"},
    ),
    "optim.update": Call(update, ruled, RULE | {"p": "tree", "dp": "tree", "state": "state"}),
    "optim.clip": Call(
        clip, lambda folder: {"dp": small(), "max_norm": 0.1}, {"dp": "any tree", "max_norm": "real"}
    ),
    "optim.average": Call(
        average,
        lambda folder: {"mean": small(), "p": small(), "decay": 0.9},
        {"mean": "tree", "p": "tree", "decay": "real"},
    ),
    "schedules.cosine": Call(schedules.cosine, at_step, SCHEDULE),
    "schedules.linear": Call(
        schedules.linear, lambda folder: at_step(folder) | {"end": 1e-5}, SCHEDULE | {"end": "real"}
    ),
    "schedules.staircase": Call(
        schedules.staircase,
        lambda folder: at_step(folder) | {"decay_at": (0.3, 0.6)},
        SCHEDULE | {"decay_at": "shares"},
    ),
    "linear_eval.fit": Call(
        linear_eval.fit,
        lambda folder: {
            "x": FEATURES.copy(),
            "labels": np.array([0, 1, 2, 0, 1, 2]),
            "num_classes": 3,
            "l2": 2.0,
        },
        {"x": "features", "labels": "labels", "num_classes": "whole", "l2": "real"},
    ),
    "linear_eval.features": Call(
        linear_eval.features,
        lambda folder: batch_without("labels") | {"batch_size": 2},
        MODEL | {"batch_size": "whole"},
    ),
    "ArraySource": Call(
        source,
        lambda folder: {"images": images(), "labels": LABELS.copy()},
        {"images": "images of a source", "labels": "labels of a source"},
    ),
    "preset": Call(
        lambda **given: vars(preset(**given)),
        lambda folder: {"name": "tiny", "num_classes": 4, "hidden_size": 28, "dropout_rate": 0.1},
        {"name": "choice", "num_classes": "whole", "hidden_size": "whole", "dropout_rate": "real"},
    ),
    "weights.save": Call(
        saved,
        lambda folder: {"path": folder / "a.npz", "p": model(), "config": CONFIG, "format": "vitnp"},
        {"path": "path", "p": "tree", "config": "config", "format": "choice"},
    ),
    "weights.load": Call(
        loaded,
        lambda folder: {"path": file(folder), "num_classes": 3},
        {"path": "path", "num_classes": "whole or None"},
    ),
}
