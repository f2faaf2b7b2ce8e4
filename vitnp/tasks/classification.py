"""Learning classes: softmax cross-entropy of the logits, by all of the model or by its head alone."""

from typing import NamedTuple

from vitnp import models
from vitnp.backend.arrays import array_module, is_array, to_device
from vitnp.engine import loss, probabilities
from vitnp.errors import InputError
from vitnp.inputs.checks import check_labels, check_parameters, parameter_of
from vitnp.inputs.images import for_batch
from vitnp.ops import linear


class Classification(NamedTuple):
    """Labels are integers (B,) or probabilities (B, classes); label smoothing ε as in `engine.loss.targets`."""

    label_smoothing: float = 0.0

    uses_labels = True

    def batch(self, images, labels, p, config, rng, part):
        """Images and labels in the memory of p."""
        return labeled(images, labels, p, config)

    def loss(self, arrays, p, config, rng=None, *, keep="all"):
        """The mean cross-entropy of a slice; a generator turns dropout on."""
        images, labels = arrays
        model = models.of(config)
        logits, saved = model.forward(images, p, config, rng, keep=keep, whole=False)
        value, saved_loss = loss.forward(logits, labels, label_smoothing=self.label_smoothing)

        def back(dloss):
            return model.backward_parts(loss.backward(dloss, saved_loss), saved)

        return value, back, models.statistics(saved, config)

    def right(self, arrays, p, config):
        """How many of the largest logits are the labels'."""
        images, labels = arrays
        logits, _ = models.of(config).forward(images, p, config, keep="nothing", whole=False)
        return count_right(logits, labels)

    def learned(self, p):
        """All of it, but no statistics."""
        return models.learned(p)


class Head(NamedTuple):
    """The same for the head alone: z = r·W + b, r the representation that the frozen model gives, without dropout.

    In place of images (B, Hᵢ, Wᵢ, C) it takes the representations (B, D) themselves, see `tasks.frozen`.
    """

    label_smoothing: float = 0.0

    uses_labels = True
    frozen = True

    def batch(self, images, labels, p, config, rng, part):
        """Images and labels in the memory of p."""
        if is_representations(images, p, config):
            probabilities.need_one_of(config)
            check_labels(labels, len(images), config.num_classes)
            return tuple(to_device(a, array_module(parameter_of(p))) for a in (images, labels))
        arrays = labeled(images, labels, p, config)
        check_parameters(p, models.of(config).init, config)  # forward sees p without its head
        return arrays

    def loss(self, arrays, p, config, rng=None, *, keep="all"):
        """The mean cross-entropy of a slice; below the head nothing is saved, and no gradient goes."""
        r, labels = self.representations(arrays[0], p, config), arrays[1]  # (B, D)
        logits, saved = linear.forward(r, p["classify"]["head"])
        value, saved_loss = loss.forward(logits, labels, label_smoothing=self.label_smoothing)

        def back(dloss):
            _, dp = linear.backward(loss.backward(dloss, saved_loss), saved)
            yield "classify.head", dp

        return value, back, {}

    def right(self, arrays, p, config):
        """As for `Classification`."""
        r, labels = self.representations(arrays[0], p, config), arrays[1]
        logits, _ = linear.forward(r, p["classify"]["head"])
        return count_right(logits, labels)

    def representations(self, images, p, config):
        """What the frozen model makes of images; representations as they are."""
        if images.ndim == 2:
            return images
        body, body_config = models.below_head(p, config)
        return models.of(config).forward(images, body, body_config, keep="nothing", whole=False)[0]

    def learned(self, p):
        """The head."""
        return {"classify": {"head": p["classify"]["head"]}}


def is_representations(x, p, config):
    """Whether x is (B, D), floats that the head of p takes. Raises InputError for a p that is not the config's."""
    if not is_array(x) or x.ndim != 2 or x.dtype.kind != "f" or not config.num_classes:
        return False
    check_parameters(p, models.of(config).init, config)
    return len(x) > 0 and x.shape[1] == len(p["classify"]["head"]["W"])


def count_right(logits, labels):
    """How many of the largest logits are the labels', which may be probabilities."""
    classes = labels.argmax(-1) if labels.ndim == 2 else labels
    return (logits.argmax(-1) == classes).sum()


def labeled(images, labels, p, config):
    """Images and labels, checked, in the memory of p. Raises InputError for what does not fit."""
    like = parameter_of(p)
    images = for_batch(images, config, like)
    if not config.num_classes:
        raise InputError("the model has no head (num_classes=0), so no loss; give it num_classes")
    probabilities.need_one_of(config)
    check_labels(labels, len(images), config.num_classes)
    return images, to_device(labels, array_module(like))
