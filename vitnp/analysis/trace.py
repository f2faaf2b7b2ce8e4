"""Look inside: every named tensor of a forward pass, and its gradient. Imports the model, `loss` and `checks`.

Nothing is hooked into the steps: most values are what the steps saved, the others come from the same ops.
Names are dotted, with the letters of the slides: `patches`, `z0`, `blocks.0.attention.S`, `logits`, `p`.
"""

import dataclasses
import difflib
import math
import numbers
from typing import Any, NamedTuple

import numpy as np

from vitnp.backend.arrays import array_module, to_device
from vitnp.blocks import encoder
from vitnp.engine import loss
from vitnp.errors import InputError, need_choice
from vitnp.inputs.checks import check_labels, parameter_of
from vitnp.inputs.images import check_images
from vitnp.models import vit
from vitnp.ops import gelu, heads, positions, relative, softmax
from vitnp.ops.linear import affine, input_gradient
from vitnp.steps import (
    s1_patchify,
    s2_project,
    s3_class_token,
    s4_position,
    s5_attention,
    s6_layer_norm,
    s7_feed_forward,
    s8_classify,
)

# The slide's number for every name, without `blocks.0.` and what follows the next dot; the Norms and sums are 6.
STEPS = {"image": 1, "grid": 1, "patches": 1, "patch_tokens": 2, "tokens": 3, "E_pos": 4, "z0": 4}
STEPS |= {"position": 4, "attention": 5, "feed_forward": 7, "y": 8, "pre_logits": 8, "logits": 8, "p": 8}
TABLES = ("1d", "2d", "sincos")  # of config.stem_position, what has an E_pos


class Record(NamedTuple):
    """One tensor: its name, the step it belongs to, its value. The first axis is the batch, save for E_pos."""

    name: str
    step: int
    value: Any

    shape = property(lambda self: self.value.shape)
    dtype = property(lambda self: self.value.dtype)
    nbytes = property(lambda self: self.value.nbytes)
    min = property(lambda self: float(self.value.min()))
    mean = property(lambda self: float(self.value.mean()))
    max = property(lambda self: float(self.value.max()))
    norm = property(lambda self: math.sqrt(float((self.value.astype("float64") ** 2).sum())))


@dataclasses.dataclass(frozen=True)
class Trace:
    """What `trace` saw: `t["z0"]` is a value, `t.gradient("z0")` is ∂loss/∂z0. Without labels no gradients."""

    forward: list  # of Record, in the order of the pass
    logits: Any  # (B, classes)
    probabilities: Any = None  # (B, classes); a model without a head has none
    loss: float | None = None
    backward: list | None = None  # of Record, in the order of the backward pass
    dp: dict | None = None  # the gradients of the parameters, the same tree as p

    @property
    def shapes(self):
        """{name: shape} of every tensor of the forward pass, batch axis included."""
        return {record.name: record.shape for record in self.forward}

    def __getitem__(self, name):
        return _find(self.forward, name)

    def gradient(self, name):
        """∂loss/∂tensor, in the tensor's shape. Raises InputError for an unknown name, or without labels."""
        if self.backward is None:
            raise InputError(f'no gradient of "{name}": the trace has no loss; make it with labels')
        return _find(self.backward, name)


def _find(records, name):
    for record in records:
        if record.name == name:
            return record.value
    near = difflib.get_close_matches(name, [record.name for record in records], n=3, cutoff=0)
    raise InputError(f'the trace has no "{name}"; the nearest names are {", ".join(near)}')


def trace(images, p, config, labels=None, *, of="loss"):
    """Run one image (Hᵢ, Wᵢ, C), or a batch (B, Hᵢ, Wᵢ, C), and keep every named tensor: a `Trace`.

    With labels, integers (B,) or one integer for one image, also back: the gradient of the mean loss with
    respect to each tensor; of="logit" gives the gradient of the labels' logits instead, each image's its own,
    which says what speaks for a class. Dropout is off. Raises InputError for images or labels that do not fit.
    """
    need_choice("of", of, ("loss", "logit"))
    images = images[None] if getattr(images, "ndim", 4) == 3 else images
    images = check_images(images, config, parameter_of(p).dtype)
    images = to_device(images, array_module(parameter_of(p)))
    logits, saved = vit.forward(images, p, config)
    values = _forward(images, p, config, logits, saved)
    if labels is None:
        return Trace(_records(values), logits, values.get("p"))
    if not config.num_classes:
        raise InputError("labels were given to a model without a head (num_classes 0); leave them out")
    if isinstance(labels, numbers.Integral):
        labels = np.asarray([labels])
    check_labels(labels, len(images), config.num_classes)
    mean_loss, saved_loss = loss.forward(logits, to_device(labels, array_module(logits)))
    gradients, dp = _backward(values["p"], config, saved, saved_loss, of)
    return Trace(_records(values), logits, values["p"], float(mean_loss), _records(gradients), dp)


def _records(tensors):
    """{name: value} as a list of Record."""
    parts = {name: name.split(".")[2 if name.startswith("blocks.") else 0] for name in tensors}
    return [Record(name, STEPS.get(parts[name], 6), value) for name, value in tensors.items()]


def _forward(images, p, config, logits, saved):
    """{name: value} from the image to the probabilities."""
    t = {"image": images, "grid": s1_patchify.to_grid(images, patch_size=config.patch_size)}
    t["patches"], _ = saved.project
    z = t["patch_tokens"] = s2_project.forward(t["patches"], p["project"])[0]
    if saved.class_token is not None:
        z = t["tokens"] = s3_class_token.forward(z, p["class_token"])[0]
    tables, how = p.get("position", {}), {"kind": config.stem_position, "grid": config.grid}
    if config.stem_position in TABLES:
        t["E_pos"], _ = positions.forward(tables, like=z, **how)
    z = t["z0"] = s4_position.forward(z, tables, **how)[0]
    E_pos, _ = encoder.positions_forward(tables, config=config, like=z)
    for i, block in enumerate(saved.blocks):
        if E_pos is not None:
            t[f"blocks.{i}.E_pos"] = E_pos[i]
            z = t[f"blocks.{i}.position"] = z + E_pos[i]
        z = _block_forward(z, block, t, f"blocks.{i}.")
    z = t["norm"] = s6_layer_norm.forward(z, p["norm"], eps=config.layer_norm_eps)[0]
    t["y"] = z[:, 0] if config.classifier == "token" else z.mean(axis=1)
    _, _, saved_pre_logits, _ = saved.classify
    if saved_pre_logits is not None:
        _, t["pre_logits"] = saved_pre_logits
    if config.num_classes:
        t["logits"] = logits
        t["p"], _ = softmax.forward(logits)
    return t


def _block_forward(z, saved, t, block):
    """z (B, N, D) at the block's input → z at its output; its tensors go into t."""
    t[block + "norm_1"], _, p, Q, K, V, A, _, _, concat, _ = saved.attention
    for name, value in (("Q", Q), ("K", K), ("V", V)):
        t[f"{block}attention.{name}"] = heads.merge(value)
        t[f"{block}attention.{name}_heads"] = value
    S = Q @ K.swapaxes(-1, -2) * (1.0 / math.sqrt(Q.shape[-1]))
    if "E_rel" in p:
        S_rel, _ = relative.forward(Q * (1.0 / math.sqrt(Q.shape[-1])), p["E_rel"])
        t |= {f"{block}attention.E_rel": p["E_rel"], f"{block}attention.S_rel": S_rel}
        S += S_rel
    t[block + "attention.S"] = S
    t[block + "attention.A"] = A
    t[block + "attention.O"] = heads.split(concat, Q.shape[1])
    t[block + "attention.concat"] = concat
    y = t[block + "attention.output"] = affine(concat, p["W_O"], p["b_O"])
    z = t[block + "residual_1"] = z + y
    t[block + "norm_2"], p, (u, form), _, _ = saved.feed_forward
    t[block + "feed_forward.u"] = u
    g, _ = gelu.forward(u, form=form)
    t[block + "feed_forward.g"] = g
    v = t[block + "feed_forward.output"] = affine(g, p["W2"], p["b2"])
    z = t[block + "residual_2"] = z + v
    return z


def _backward(probabilities, config, saved, saved_loss, of):
    """{name: gradient} from the probabilities, or from the labels' logits, back to the image, and dp."""
    d, dp = {}, {}
    _, t = saved_loss  # one-hot
    if of == "loss":
        # loss = −Σ t·log(p) / B; where p underflows, 1/p of the smallest normal number
        xp = array_module(t)
        smallest = float(xp.finfo(probabilities.dtype).tiny)
        d["p"] = -t / xp.maximum(probabilities, smallest) / len(t)
    d["logits"] = loss.backward(1.0, saved_loss) if of == "loss" else t
    _, _, saved_pre_logits, (_, W) = saved.classify
    dy = input_gradient(d["logits"], W)
    if saved_pre_logits is not None:
        d["pre_logits"] = dy
        (_, W), r = saved_pre_logits
        dy = input_gradient(dy * (1.0 - r * r), W)
    d["y"] = dy
    d["norm"], dp["classify"] = s8_classify.backward(d["logits"], saved.classify)
    dz, dp["norm"] = s6_layer_norm.backward(d["norm"], saved.norm)
    dp["blocks"] = {i: {} for i in range(len(saved.blocks))}
    for i in reversed(dp["blocks"]):
        dz, dp["blocks"][i] = _block_backward(dz, saved.blocks[i], d, f"blocks.{i}.")
        if saved.every_layer is not None:
            d[f"blocks.{i}.position"], d[f"blocks.{i}.E_pos"] = dz, dz.sum(axis=0)
    d["z0"] = dz
    d |= {"E_pos": dz.sum(axis=0)} if config.stem_position in TABLES else {}
    dz, dp_position = s4_position.backward(dz, saved.position)
    if saved.every_layer is not None:
        of_layers = {i: d[f"blocks.{i}.E_pos"] for i in dp["blocks"]}
        dp_position = encoder.positions_backward(of_layers, saved.every_layer)
    dp |= {"position": dp_position} if dp_position else {}
    if saved.class_token is not None:
        d["tokens"] = dz
        dz, dp["class_token"] = s3_class_token.backward(dz, saved.class_token)
    d["patch_tokens"] = dz
    d["patches"], dp["project"] = s2_project.backward(dz, saved.project)
    dimages = s1_patchify.backward(d["patches"], saved.patchify)
    d["grid"] = s1_patchify.to_grid(dimages, patch_size=saved.patchify[2])
    d["image"] = dimages
    return d, dict(reversed(dp.items()))  # in p's order


def _block_backward(dz, saved, d, block):
    """dz at the block's output → dz at its input, and dp; the gradients of its tensors go into d."""
    dp = {}
    d[block + "residual_2"] = dv = d[block + "feed_forward.output"] = dz
    _, p, saved_gelu, _, _ = saved.feed_forward
    dg = d[block + "feed_forward.g"] = input_gradient(dv, p["W2"])
    d[block + "feed_forward.u"] = gelu.backward(dg, saved_gelu)
    df, dp["feed_forward"] = s7_feed_forward.backward(dv, saved.feed_forward)
    d[block + "norm_2"] = df
    df, dp["norm_2"] = s6_layer_norm.backward(df, saved.norm_2)
    dz = d[block + "residual_1"] = dy = d[block + "attention.output"] = dz + df
    _, _, p, Q, K, V, A, _, _, _, _ = saved.attention
    dconcat = d[block + "attention.concat"] = input_gradient(dy, p["W_O"])
    dO = d[block + "attention.O"] = heads.split(dconcat, Q.shape[1])
    dA = d[block + "attention.A"] = dO @ V.swapaxes(-1, -2)
    dS = d[block + "attention.S"] = softmax.backward(dA, A)
    dQK = dS * (1.0 / math.sqrt(Q.shape[-1]))  # S = Q·Kᵀ / √d_k
    dV, dQ, dK = A.swapaxes(-1, -2) @ dO, dQK @ K, dQK.swapaxes(-1, -2) @ Q
    if "E_rel" in p:
        d[block + "attention.S_rel"] = dS
        dQ_rel, dE_rel = relative.backward(dQK, (Q, p["E_rel"]))
        dQ, d[block + "attention.E_rel"] = dQ + dQ_rel, dE_rel.sum(axis=(0, 1))
    for name, value in (("V", dV), ("K", dK), ("Q", dQ)):
        d[f"{block}attention.{name}_heads"] = value
        d[f"{block}attention.{name}"] = heads.merge(value)
    da, dp["attention"] = s5_attention.backward(dy, saved.attention)
    d[block + "norm_1"] = da
    da, dp["norm_1"] = s6_layer_norm.backward(da, saved.norm_1)
    return dz + da, dict(reversed(dp.items()))
