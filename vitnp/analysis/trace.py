"""Look inside: every named tensor of a forward pass, and its gradient.

The values are those of a real run of the model, forward and backward; no formula of it stands here. Which tensors
have a name, and where they are, is in the model's own table, such as `models/vit/inside.py`.
"""

import dataclasses
import math
import numbers
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from vitnp import models, tree
from vitnp.analysis import tensor_names, trace_table
from vitnp.analysis.recording import record
from vitnp.backend.arrays import array_module, to_device
from vitnp.engine import loss, probabilities
from vitnp.errors import InputError, known, need_choice, quoted
from vitnp.inputs.checks import check_labels, check_parameters, parameter_of
from vitnp.inputs.images import check_images


class Record(NamedTuple):
    """One tensor: its name, the step it belongs to, its value. The first axis is the batch, save for E_pos."""

    name: str
    step: int
    value: Any

    def __repr__(self):
        return f"Record({self.name}, step {self.step}, {self.shape}, {self.dtype})"

    shape = property(lambda self: self.value.shape)
    dtype = property(lambda self: self.value.dtype)
    nbytes = property(lambda self: self.value.nbytes)
    min = property(lambda self: float(self.value.min()))
    mean = property(lambda self: float(self.value.mean()))
    max = property(lambda self: float(self.value.max()))
    norm = property(lambda self: math.sqrt(float((self.value.astype("float64") ** 2).sum())))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Trace(Mapping):
    """What `trace` saw, {name: value} in the order of the forward pass; `t.gradient("z0")` is ∂loss/∂z0.

    Without labels there are no gradients.
    """

    forward: list  # of Record, in the order of the pass
    logits: Any  # (B, classes)
    probabilities: Any = None  # (B, classes); a model without a head has none
    loss: float | None = None
    backward: list | None = None  # of Record, in the order of the backward pass
    dp: dict | None = None  # the gradients of the parameters, the same tree as p

    __eq__, __hash__ = object.__eq__, object.__hash__  # Mapping's would ask whether arrays are true

    @property
    def shapes(self):
        """{name: shape} of every tensor of the forward pass, batch axis included."""
        return {record.name: record.shape for record in self.forward}

    def __getitem__(self, name):
        return self._of(self.forward, name, "")

    def __iter__(self):
        return (record.name for record in self.forward)

    def __len__(self):
        return len(self.forward)

    def __contains__(self, name):
        return known(name, list(self))

    def __repr__(self):
        return trace_table.text(self)

    @property
    def nbytes(self):
        """How many bytes of memory it holds, gradients included; what several names share is counted once."""
        dp = [leaf for _, leaf in tree.leaves(self.dp or {})]
        return trace_table.nbytes(trace_table.values(self.forward), trace_table.values(self.backward), dp)

    def get(self, name, default=None):
        """The value; the default for an unknown name, where `t[name]` raises InputError."""
        try:
            return self[name]
        except InputError:
            return default

    def gradient(self, name):
        """∂loss/∂tensor, in the tensor's shape. Raises InputError for an unknown name, or without labels."""
        if self.backward is None:
            raise InputError(f"no gradient of {quoted(name)}: the trace has no loss; make it with labels")
        if name in self and not any(record.name == name for record in self.backward):
            raise InputError(f'no gradient of {quoted(name)}: with of="logit" the first is that of "logits"')
        return self._of(self.backward, name, "gradient of ")

    def _of(self, records, name, what):
        values = {record.name: record.value for record in records}
        if not known(name, values):
            names = [own for own in self if own in values]
            raise InputError(f"the trace has no {what}{quoted(name)}{tensor_names.missing(name, names)}")
        return values[name]


def trace(images, p, config, labels=None, *, of="loss"):
    """Run one image (Hᵢ, Wᵢ, C), or a batch (B, Hᵢ, Wᵢ, C), and keep every named tensor: a `Trace`.

    With labels, integers (B,) or one integer for one image, also back: the gradient of the mean loss with
    respect to each tensor; of="logit" gives the gradient of the labels' logits instead, each image's its own,
    which says what speaks for a class. Dropout is off. Raises InputError for images or labels that do not fit.
    """
    need_choice("of", of, ("loss", "logit"))
    images = images[None] if getattr(images, "ndim", 4) == 3 else images
    check_parameters(p, models.of(config).init, config)
    images = check_images(images, config, parameter_of(p).dtype)
    images = to_device(images, array_module(parameter_of(p)))
    model, tensors = models.of(config), list(models.ask(config, "tensors", "named tensors")(config))
    values = [tensor.value for tensor in tensors]
    (logits, saved), arrays = record(values, model.forward, images, p, config)
    forward, p_of_classes = _records(tensors, arrays), None
    if config.num_classes:
        p_of_classes = probabilities.of(logits, config)
        forward += [Record("logits", 8, logits), Record("p", 8, p_of_classes)]
    if labels is None:
        return Trace(forward, logits, p_of_classes)
    if of == "loss":
        probabilities.need_one_of(config)
    labels = _checked(labels, len(images), config)
    labels = to_device(labels, array_module(logits))
    mean_loss, saved_loss = loss.forward(logits, labels)
    backward = []
    t = loss.targets(labels, config.num_classes, logits.dtype)
    if of == "loss":
        backward += [Record("p", 8, _of_probabilities(p_of_classes, t))]
        dlogits = loss.backward(1.0, saved_loss)
    else:
        dlogits = t  # one-hot: the logit of the label alone
    tensors.reverse()
    gradients = [tensor.gradient for tensor in tensors]
    (_, dp), arrays = record(gradients, model.backward, dlogits, saved)
    backward += [Record("logits", 8, dlogits), *_records(tensors, arrays)]
    return Trace(forward, logits, p_of_classes, float(mean_loss), backward, dp)


def _checked(labels, batch_size, config):
    """Labels that fit the images and the model; a lone integer as an array."""
    if not config.num_classes:
        raise InputError("labels were given to a model without a head (num_classes 0); leave them out")
    if isinstance(labels, numbers.Integral):
        labels = np.asarray([labels])
    check_labels(labels, batch_size, config.num_classes)
    return labels


def _records(tensors, arrays):
    return [Record(tensor.name, tensor.step, array) for tensor, array in zip(tensors, arrays, strict=True)]


def _of_probabilities(p, t):
    """∂loss/∂p. The loss does not pass through p, which may underflow; here 1/p is then that of the smallest number."""
    # loss = −Σ t·log(p) / B
    xp = array_module(p)
    return -t / xp.maximum(p, float(xp.finfo(p.dtype).tiny)) / len(p)
