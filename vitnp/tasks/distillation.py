"""Distillation as a task: a small ViT learns the tokens of a large one, and where its [CLS] looks. No labels."""

import dataclasses
from typing import Any, NamedTuple

from vitnp.backend.arrays import array_module, need_array, to_device
from vitnp.engine import loss
from vitnp.errors import InputError, need_real, shown
from vitnp.inputs.checks import check_config, check_part, parameter_of
from vitnp.inputs.images import check_images
from vitnp.models.vit import ViTConfig, distilled


class Taught(NamedTuple):
    """What the teacher makes of a batch of images; it takes the place of labels."""

    tokens: Any  # (B, N+1, J)
    attention: Any  # (B, H, N+1): the attention of [CLS] that each head of the student's last block learns


class Tokens(NamedTuple):
    """The loss, of the student's ŷ and S, and of the teacher's t and A:

    mean (ŷ − t)² of the patches + class_weight · mean (ŷ − t)² of [CLS] − attention_weight · mean Σ A·log softmax(S)
    """

    class_weight: float = 0.1
    attention_weight: float = 0.1

    uses_labels = True

    def batch(self, images, taught, p, config, rng, part):
        """Images, the teacher's tokens and attention, all in the memory of p."""
        for name, value in self._asdict().items():
            need_real(name, value, low=0)
        like = parameter_of(p)
        if "distilled" not in p:
            raise InputError(
                "p has no distilled.head; make the tree of a student with tasks.distillation.student"
            )
        distilled.check_tree(p, config)
        images = check_images(images, config, like.dtype)
        check_part(part, len(images))
        taught = checked(taught, len(images), p, config)
        taught = (a.astype(like.real.dtype, copy=False) for a in taught)  # constants, not complex in a check
        return tuple(to_device(a, array_module(like)) for a in (images, *taught))

    def loss(self, arrays, p, config, rng=None, *, keep="all"):
        """The mean loss of a slice; a generator turns dropout on."""
        images, *taught = arrays
        y, saved = distilled.forward(images, p, config, rng, keep=keep)
        value, saved_loss = loss_forward(y, Taught(*taught), **self._asdict())

        def back(dloss):
            return distilled.backward_parts(loss_backward(dloss, saved_loss), saved)

        return value, back, {}

    def right(self, arrays, p, config):
        """How many images' worth of patches are most like the teacher's token of their own place, by the cosine."""
        images, t, _ = arrays
        y, _ = distilled.forward(images, p, config, keep="nothing")
        y, t = (z[:, 1:] / (z[:, 1:] * z[:, 1:]).sum(axis=-1, keepdims=True) ** 0.5 for z in (y.tokens, t))
        best = (y @ t.swapaxes(-1, -2)).argmax(axis=-1)  # (B, N)
        return (best == array_module(best).arange(best.shape[1])).mean(axis=1).sum()

    def learned(self, p):
        """All of it."""
        return p


def checked(taught, batch_size, p, config):
    """The `Taught`; InputError unless it is that of so many images for this student."""
    if not isinstance(taught, Taught):
        raise InputError(
            f"in place of labels is {shown(taught)}; need a tasks.distillation.Taught(tokens, attention)"
        )
    J = p["distilled"]["head"]["b"].size
    shapes = {"tokens": (config.num_tokens, J), "attention": (config.num_heads, config.num_tokens)}
    for name, shape in shapes.items():
        array = getattr(taught, name)
        need_array(f"taught.{name}", array, f" of shape {(batch_size, *shape)}")
        if array.shape != (batch_size, *shape) or array.dtype.kind != "f":
            raise InputError(
                f"taught.{name} is {array.dtype} of shape {array.shape}; need floats {(batch_size, *shape)}"
            )
    return taught


def loss_forward(y, taught, *, class_weight, attention_weight):
    """The loss of `Tokens`: `distilled.Outputs` and `Taught` → a number."""
    d = y.tokens - taught.tokens
    T = y.scores.shape[-1]
    attention, saved = loss.forward(y.scores.reshape(-1, T), taught.attention.reshape(-1, T))
    squares = (d * d).mean(axis=(0, 2))  # of each token
    value = squares[1:].mean() + class_weight * squares[0] + attention_weight * attention
    return value, (d, y.scores.shape, saved, class_weight, attention_weight)


def loss_backward(dloss, saved):
    """The gradient of both outputs, `distilled.Outputs`."""
    d, shape, saved_attention, class_weight, attention_weight = saved
    B, T, J = d.shape
    weights = array_module(d).ones((T, 1), d.real.dtype)
    weights /= T - 1
    weights[0] = class_weight
    tokens = d * weights * (2.0 * dloss / (B * J))
    scores = loss.backward(attention_weight * dloss, saved_attention).reshape(shape)
    return distilled.Outputs(tokens, scores)


def without_head(config):
    """The configuration of the student: the same without a head."""
    check_config(config, ViTConfig)
    return dataclasses.replace(config, num_classes=0, representation_size=None)


def student(p, rng, config, *, outputs):
    """The tree that learns: a ViT's without "classify", with "distilled" for so many outputs, in p's dtype."""
    like = parameter_of(p)
    p = {name: part for name, part in p.items() if name != "classify"}
    p |= {"distilled": distilled.init(rng, config, outputs=outputs, dtype=like.dtype)}
    distilled.check_tree(p, config)
    return p


def model(p):
    """The ViT in such a tree, without a head."""
    return {name: part for name, part in p.items() if name != "distilled"} | {"classify": {}}
