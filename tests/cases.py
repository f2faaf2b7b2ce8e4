"""Every op, step, block, stack and model as the same kind of thing: forward, backward, and a generic point.

`test_contract.py` holds every case to the contract, `test_mutants.py` breaks the source below one and sees the
same checks fail. Generic means random and not the initial weights: zero heads and zero biases hide mistakes.
"""

import functools
import math
import types
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from vitnp import gradcheck, tree, vit
from vitnp.backend.arrays import array_module, to_device
from vitnp.blocks import (
    attention_pool,
    bottleneck,
    conv_stage,
    decoder,
    encoder,
    mbconv,
    resnet,
    squeeze_excite,
)
from vitnp.blocks.convolution import How
from vitnp.engine import loss
from vitnp.inputs.sequences import causal_mask
from vitnp.models import bit, cnn, efficientnet, hybrid, mlp, preset, rnn, transformer
from vitnp.models.vit import distilled, masked
from vitnp.ops import (
    batch_norm,
    conv,
    depthwise,
    dropout,
    embed,
    gelu,
    group_norm,
    gru,
    heads,
    interpolate,
    linear,
    patch_mean,
    pool,
    positions,
    registers,
    relative,
    relu,
    rows,
    sigmoid,
    softmax,
    standardize,
    stochastic_depth,
    swish,
)
from vitnp.ops.initializers import Weightless
from vitnp.ops.interpolate import INTERPOLATIONS
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
from vitnp.tasks import Classification, distillation, loss_and_grads, targets
from vitnp.tasks.masked import MaskedPatches, with_task, without_head
from vitnp.tasks.translation import Translation


class Case(NamedTuple):
    """One thing with a hand-written backward, and where to look at it."""

    name: str
    forward: Callable  # (x, p) → (y, saved)
    backward: Callable  # (dy, saved) → (dx, dp)
    x: np.ndarray  # float64
    p: dict  # float64
    per_image: bool = True  # a batch gives what its images give one by one: not the losses, not dropout


def generator(seed=7):
    """A generator made anew in every call of a forward, so that dropout drops the same values."""
    return np.random.default_rng(seed)


def generic(*shape):
    """Normal(0, 1) in a shape."""
    return generator(sum(shape)).standard_normal(shape)


def op(name, forward, backward, x, **options):
    """A case without parameters."""
    return Case(name, lambda x, p: forward(x), lambda dy, saved: (backward(dy, saved), {}), x, {}, **options)


def step(name, module, x, shapes, *, per_image=True, **static):
    """A case with parameters in the shapes of `shapes`; `static` goes to its forward."""
    p = gradcheck.random_like(shapes, generator(1))
    if per_image:
        return Case(name, lambda x, p: module.forward(x, p, **static), module.backward, x, p)
    return Case(
        name, lambda x, p: module.forward(x, p, rng=generator(), **static), module.backward, x, p, False
    )


def ops():
    """Everything in `vitnp/ops` that has a backward."""
    x, square = generic(2, 3, 4), {"W": np.zeros((4, 4)), "b": np.zeros(4)}
    yield step("linear", linear, x, {"W": np.zeros((4, 5)), "b": np.zeros(5)})
    yield step("linear, square W", linear, x, square)
    yield step("linear, one row an image", linear, generic(2, 4), square)
    yield op("softmax", softmax.forward, softmax.backward, generic(2, 3, 4, 5))
    for form in gelu.GELUS:
        yield op(f"gelu {form}", lambda x, form=form: gelu.forward(x, form=form), gelu.backward, 2 * x)
    yield op(
        "heads split", lambda x: (heads.split(x, 3), ()), lambda dy, _: heads.merge(dy), generic(2, 5, 12)
    )
    yield op(
        "heads merge", lambda x: (heads.merge(x), ()), lambda dy, _: heads.split(dy, 3), generic(2, 3, 5, 4)
    )
    yield op(
        "dropout",
        lambda x: dropout.forward(x, rate=0.4, rng=generator()),
        dropout.backward,
        generic(2, 4, 5),
        per_image=False,
    )
    yield op("sigmoid", sigmoid.forward, sigmoid.backward, 2 * x)
    yield op("swish", swish.forward, swish.backward, 2 * x)
    yield op(
        "stochastic_depth",
        lambda x: stochastic_depth.forward(x, rate=0.4, rng=generator()),
        stochastic_depth.backward,
        generic(5, 4, 3),
        per_image=False,
    )
    shapes = gru.init(None, inputs=3, width=5, dtype="float64")
    for name, length in (("gru", 4), ("gru, one input", 1)):
        yield step(name, gru, generic(2, length, 3), shapes)
    yield op("dropout off", lambda x: dropout.forward(x, rate=0.4, rng=None), dropout.backward, x)
    for name, read in {"first": slice(0, 1), "every other": slice(1, 5, 2), "all": None}.items():
        yield op(f"rows {name}", lambda x, read=read: rows.forward(x, read), rows.backward, generic(2, 5, 3))
    for after in (0, 1):
        shapes = registers.init(None, count=5, hidden_size=4, dtype="float64")
        yield step(f"registers after {after}", registers, x, shapes, after=after)
        name = f"patch_mean from {after}"
        yield op(name, lambda x, n=after: patch_mean.forward(x, first=n), patch_mean.backward, x)

    for method in INTERPOLATIONS:
        for tokens, new_grid in ((13, (5, 2)), (12, (1, 7))):  # with the class token's row, and without
            yield op(
                f"interpolate {method}, {tokens} rows",
                lambda x, new=new_grid, how=method: interpolate.forward(
                    x, grid=(4, 3), new_grid=new, method=how
                ),
                interpolate.backward,
                generic(tokens, 9),
                per_image=False,
            )

    yield from tables()
    for tokens in (5, 2, 1):
        yield Case(
            f"relative, {tokens} tokens",
            lambda x, p: relative.forward(x, p["E_rel"]),
            relative_backward,
            generic(7, 6, tokens, 4),
            {"E_rel": generic(2 * tokens - 1, 4)},
        )


def tables():
    """The learned position tables, of which x is one part, and p the others."""
    for name, cls in (("2d", {"E_cls": (8,)}), ("2d, gap", {})):

        def forward(x, p):
            like = array_module(x).zeros((1, 15 + ("E_cls" in p), 8), x.dtype)
            return positions.forward({"E_rows": x, **p}, kind="2d", grid=(3, 5), like=like)

        def backward(dy, saved):
            dp = positions.backward(dy, saved)
            return dp.pop("E_rows"), dp

        shapes = {"E_cols": (5, 4), **cls}
        p = {name: generic(*shape) for name, shape in shapes.items()}
        yield Case(f"positions {name}", forward, backward, generic(3, 4), p, per_image=False)


def relative_backward(dy, saved):
    """dE_rel as it is a parameter's: the sum over the heads of all images."""
    dQ, dE_rel = relative.backward(dy, saved)
    return dQ, {"E_rel": dE_rel.sum(axis=(0, 1))}


# (kernel, stride, padding, height, width): zeros on one side only, rows that no window reaches, more zeros than needed.
CONVOLUTIONS = (
    (1, 1, 0, 7, 9),
    (1, 2, 0, 7, 10),
    (1, 1, 1, 7, 9),
    (2, 1, 0, 6, 9),
    (2, 3, 1, 7, 9),
    (3, 1, 1, 7, 9),
    (3, 1, "same", 6, 11),
    (3, 2, 1, 7, 10),
    (3, 2, "same", 8, 11),
    (3, 3, 2, 7, 9),
    (5, 2, "same", 9, 12),
    (7, 2, "same", 11, 16),
    (7, 2, 3, 11, 16),
)
POOLS = (  # the same, and the value around
    (3, 2, 1, 0.0, 7, 10),
    (3, 2, "same", -math.inf, 8, 11),
    (2, 3, 0, -math.inf, 7, 9),
    (3, 1, 1, -math.inf, 6, 9),
)


def convolutions():
    """What residual networks are made of."""
    for kernel, stride, padding, height, width in CONVOLUTIONS:
        yield step(
            f"conv {kernel}x{kernel}, stride {stride}, padding {padding}",
            types.SimpleNamespace(forward=conv_forward, backward=conv_backward),
            generic(2, height, width, 4),
            {"W": np.zeros((kernel, kernel, 4, 8))},
            stride=stride,
            padding=padding,
        )
    x = generic(2, 4, 5, 12)
    yield op("relu", relu.forward, relu.backward, x)
    shapes = conv_stage.init(None, kernel=3, inputs=4, outputs=5, layers=2, dtype="float64")
    for name, keep in (("conv_stage", "all"), ("conv_stage, recomputed", "inputs")):
        yield step(name, conv_stage, generic(2, 8, 7, 4), shapes, pool_size=2, keep=keep)
    for form, eps in (("variance", 1e-2), ("std", 1e-1)):
        yield op(
            f"standardize {form}",
            lambda W, form=form, eps=eps: standardize.forward(W, eps=eps, form=form),
            standardize.backward,
            0.3 * generic(3, 5, 4, 6),
            per_image=False,
        )
    for groups in (1, 3, 12):
        shapes = group_norm.init(channels=12, dtype="float64")
        yield step(f"group_norm of {groups}", group_norm, x, shapes, groups=groups, eps=1e-2)
    for kernel, stride, padding, value, height, width in POOLS:
        how = {"kernel": kernel, "stride": stride, "padding": padding, "value": value}
        yield op(
            f"pool, largest of {kernel}x{kernel}, stride {stride}, padding {padding}",
            lambda x, how=how: pool.max_forward(x, **how),
            pool.max_backward,
            generic(2, height, width, 4),
        )
    for kernel, stride in ((3, 2), (2, 3), (3, 1)):
        yield op(
            f"pool, mean of {kernel}x{kernel}, stride {stride}",
            lambda x, how=(kernel, stride): pool.mean_forward(x, kernel=how[0], stride=how[1]),
            pool.mean_backward,
            generic(2, 7, 10, 4),
        )


def mobile():
    """What EfficientNet is made of, in training and in evaluation."""
    for kernel, stride, padding, height, width in CONVOLUTIONS:
        yield step(
            f"depthwise {kernel}x{kernel}, stride {stride}, padding {padding}",
            types.SimpleNamespace(forward=depthwise_forward, backward=depthwise_backward),
            generic(2, height, width, 4),
            {"W": np.zeros((kernel, kernel, 4))},
            stride=stride,
            padding=padding,
        )
    shapes = squeeze_excite.init(None, channels=6, squeezed=5, dtype="float64")
    yield step("squeeze_excite", squeeze_excite, generic(2, 3, 4, 6), shapes)
    shapes = batch_norm.init(channels=6, dtype="float64")
    for training in (True, False):
        name = "training" if training else "evaluation"
        norm = functools.partial(batch_norm.forward, eps=1e-2, training=training)
        p = gradcheck.random_like(shapes, generator(1))
        x = generic(2, 3, 4, 6)
        yield Case(f"batch_norm, {name}", norm, batch_norm.backward, x, p, per_image=not training)
        for what, outputs, expansion, stride in (
            ("", 6, 3, 1),
            (", wider", 7, 1, 1),
            (", stride 2", 6, 3, 2),
        ):
            sizes = {"inputs": 6, "outputs": outputs, "kernel": 3, "expansion": expansion, "squeezed": 5}
            unit = mbconv.init(None, **sizes, dtype=Weightless("float64"))
            yield Case(
                f"mbconv{what}, {name}",
                functools.partial(mbconv_forward, how=mbconv.How(1e-2, training, stride, 0.3)),
                mbconv.backward,
                generic(2, 7, 8, 6),
                gradcheck.random_like(unit, generator(1)),
                per_image=not training,
            )


def mbconv_forward(x, p, how):
    """A unit with a generator in training."""
    return mbconv.forward(x, p, how, generator() if how.training else None)


def depthwise_forward(x, p, **static):
    """`depthwise.forward` with the kernel as a parameter."""
    return depthwise.forward(x, p["W"], **static)


def depthwise_backward(dy, saved):
    """The kernel's gradient as a parameter's."""
    dx, dW = depthwise.backward(dy, saved)
    return dx, {"W": dW}


def conv_forward(x, p, **static):
    """`conv.forward` with the kernel as a parameter."""
    return conv.forward(x, p["W"], **static)


def conv_backward(dy, saved):
    """The kernel's gradient as a parameter's."""
    dx, dW = conv.backward(dy, saved)
    return dx, {"W": dW}


def steps():
    """The eight steps: B = 2, H = 3, d_k = 4, N = 5, M = 7, D = 12; no two alike, so that no exchange goes unseen."""
    yield op(
        "s1_patchify",
        lambda x: s1_patchify.forward(x, patch_size=3),
        s1_patchify.backward,
        generic(2, 15, 21, 4),  # 5 rows of 7 patches
    )
    yield step(
        "s2_project",
        s2_project,
        generic(2, 5, 8),
        s2_project.init(None, patch_dim=8, hidden_size=12, dtype="float64"),
    )
    x = generic(2, 5, 12)
    yield step("s3_class_token", s3_class_token, x, s3_class_token.init(hidden_size=12, dtype="float64"))
    shapes = s4_position.init(None, num_tokens=5, hidden_size=12, dtype="float64")
    yield step("s4_position", s4_position, x, shapes)
    yield step("s4_position, dropout", s4_position, x, shapes, per_image=False, dropout_rate=0.3)
    for kind in ("none", "2d", "sincos"):
        how = {"kind": kind, "grid": (3, 4)}
        tokens = generic(2, 13, 20)
        shapes = s4_position.init(None, num_tokens=13, hidden_size=20, dtype="float64", **how)
        yield step(f"s4_position, {kind}", s4_position, tokens, shapes, **how)
        yield step(
            f"s4_position, {kind}, dropout",
            s4_position,
            tokens,
            shapes,
            per_image=False,
            dropout_rate=0.3,
            **how,
        )
    yield from attention(x)
    yield step(
        "s6_layer_norm", s6_layer_norm, x, s6_layer_norm.init(hidden_size=12, dtype="float64"), eps=1e-6
    )
    shapes = s7_feed_forward.init(None, hidden_size=12, mlp_dim=7, dtype="float64")
    yield step("s7_feed_forward", s7_feed_forward, x, shapes)
    yield step("s7_feed_forward, erf", s7_feed_forward, x, shapes, gelu_form="erf")
    yield step("s7_feed_forward, dropout", s7_feed_forward, x, shapes, per_image=False, dropout_rate=0.3)
    yield step("s7_feed_forward, relu", s7_feed_forward, x, shapes, activation="relu")
    rates = {"dropout_rate": 0.3, "inner_dropout_rate": 0.4}
    name = "s7_feed_forward, relu, both dropouts"
    yield step(name, s7_feed_forward, x, shapes, per_image=False, activation="relu", **rates)
    yield from classify(x)


def attention(x):
    """Step 5, with one head or three and every dropout."""
    shapes = s5_attention.init(None, hidden_size=12, dtype="float64")
    yield step("s5_attention", s5_attention, x, shapes, num_heads=3)
    yield step("s5_attention, one head", s5_attention, x, shapes, num_heads=1)
    no_bias = s5_attention.init(None, hidden_size=12, dtype="float64", bias=False)
    yield step("s5_attention, no bias", s5_attention, x, no_bias, num_heads=3)
    for name, rates in {
        "dropout": {"dropout_rate": 0.3},
        "attention dropout": {"attention_dropout_rate": 0.3},
        "both dropouts": {"dropout_rate": 0.3, "attention_dropout_rate": 0.4},
    }.items():
        yield step(f"s5_attention, {name}", s5_attention, x, shapes, per_image=False, num_heads=3, **rates)
    with_distances = shapes | {"E_rel": np.zeros((9, 4))}  # five tokens, d_k = 4
    yield step("s5_attention, relative", s5_attention, x, with_distances, num_heads=3)
    rates = {"dropout_rate": 0.3, "attention_dropout_rate": 0.4}
    name = "s5_attention, relative, both dropouts"
    yield step(name, s5_attention, x, with_distances, per_image=False, num_heads=3, **rates)
    causal = np.tri(5, dtype=bool)
    yield masked_attention("s5_attention, causal", s5_attention, x, shapes, causal, num_heads=3)
    name = "s5_attention, relative, causal, both dropouts"
    yield masked_attention(name, s5_attention, x, with_distances, causal, num_heads=3, **rates)
    yield from cross_attention()


def cross_attention():
    """3 tokens look at 7, in 4 heads of width 5: no two sizes are the same. One key is seen by nobody."""
    shapes, x = s5_attention.init(None, hidden_size=20, dtype="float64"), generic(2, 3 + 7, 20)
    mask = generator().random((4, 3, 7)) > 0.4
    mask[..., 2], mask[..., 4] = False, True
    crossed = types.SimpleNamespace(forward=cross_forward, backward=cross_backward)
    yield step("s5_attention, cross", crossed, x, shapes, num_heads=4)
    yield masked_attention("s5_attention, cross, mask", crossed, x, shapes, mask, num_heads=4)
    yield masked_attention("s5_attention, cross, mask of keys", crossed, x, shapes, mask[0, :1], num_heads=4)
    name, rates = (
        "s5_attention, cross, mask, both dropouts",
        {"dropout_rate": 0.3, "attention_dropout_rate": 0.4},
    )
    yield masked_attention(name, crossed, x, shapes, mask, num_heads=4, **rates)


def masked_attention(name, module, x, shapes, mask, **static):
    """Step 5 with a mask, which goes where x is."""

    def forward(x, p):
        return module.forward(x, p, mask=to_device(mask, array_module(x)), rng=generator(), **static)

    p = gradcheck.random_like(shapes, generator(1))
    return Case(name, forward, module.backward, x, p, per_image="dropout" not in name)


def cross_forward(x, p, **static):
    """`s5_attention.attention` of the first 3 rows of x to the others, so that x is the one array of a case."""
    return s5_attention.attention(x[:, :3], x[:, 3:], p, **static)


def cross_backward(dy, saved):
    """Both gradients as the one of x."""
    dx, dm, dp = s5_attention.attention_backward(dy, saved)
    return array_module(dx).concatenate([dx, dm], axis=1), dp


def classify(x):
    """Step 8: token or gap, with a pre-logits layer, a head, both or neither."""
    for classifier in ("token", "gap"):
        for representation_size, num_classes in ((None, 3), (4, 3), (4, 0), (None, 0)):
            shapes = s8_classify.init(
                None,
                hidden_size=12,
                num_classes=num_classes,
                representation_size=representation_size,
                dtype="float64",
            )
            name = f"s8_classify, {classifier}, {' and '.join(shapes) or 'nothing else'}"
            yield step(name, s8_classify, x, shapes, classifier=classifier)


TINY = preset("tiny")
P = TINY.patch_size
DROPOUTS = {"dropout_rate": 0.2, "attention_dropout_rate": 0.3}
# Gray, and 5x2 patches, for what takes a forward and a backward for every value of a derivative.
FEW_PATCHES = {"image_size": (5 * P, 2 * P), "in_channels": 1}


def blocks():
    """One block, and stacks."""
    distances = {"position_embedding": "relative", "image_size": (P, 4 * P)}  # five tokens
    x = generic(2, 5, TINY.hidden_size)
    depth = {"depth_rate": 0.3}  # leaves out one branch of each image
    for name, fields, how in (
        ("", {}, {}),
        (", erf", {"gelu": "erf"}, {}),
        (", dropout", DROPOUTS, {}),
        (", relative", distances, {}),
        (", stochastic depth", {}, depth),
        (", first row", {}, {"read": slice(0, 1)}),
        (", two rows", {}, {"read": slice(1, 3)}),
        (", first row, dropout", DROPOUTS, {"read": slice(0, 1)}),
        (", first row, stochastic depth", {}, depth | {"read": slice(0, 1)}),
    ):
        config = preset("tiny", **fields)
        yield Case(
            f"block{name}",
            lambda x, p, config=config, how=how: encoder.block_forward(
                x, p, config=config, rng=generator(), **how
            ),
            encoder.block_backward,
            x,
            gradcheck.random_like(encoder.init_block(None, config, "float64"), generator(1)),
            per_image=fields is not DROPOUTS and depth.keys().isdisjoint(how),
        )
    shapes = attention_pool.init(None, hidden_size=12, mlp_dim=7, dtype="float64")
    how = {"num_heads": 3, "eps": 1e-6, "gelu": "quick"}
    yield step("attention_pool", attention_pool, generic(2, 5, 12), shapes, **how)
    for layers, read in ((1, None), (3, None), (3, slice(0, 1))):
        config = preset("tiny", num_layers=layers)
        yield Case(
            f"encoder of {layers}{', first row' if read else ''}",
            lambda x, p, config=config, read=read: encoder.forward(x, p, config=config, read=read),
            encoder.backward,
            x,
            gradcheck.random_like(encoder.init(None, config, "float64"), generator(1)),
        )


AS_BIT = How(groups=3, norm_eps=1e-2, kernel_eps=1e-2, kernel_eps_at="variance", same=False)
AS_STEM = How(groups=3, norm_eps=1e-2, kernel_eps=1e-1, kernel_eps_at="std", same=True)


def residual():
    """The units of both kinds, with the shortcut that is x and the one that is a convolution, and both roots."""
    for pre, how in ((True, AS_BIT), (False, AS_STEM)):
        kind, module = "pre" if pre else "post", types.SimpleNamespace()
        module.forward = bottleneck.pre_forward if pre else bottleneck.post_forward
        module.backward = bottleneck.pre_backward if pre else bottleneck.post_backward
        for name, inputs, width, stride in ((", x", 24, 6, 1), (", wider", 9, 6, 1), (", stride 2", 9, 6, 2)):
            shapes = bottleneck.init(
                None, inputs=inputs, width=width, stride=stride, pre=pre, dtype=Weightless("float64")
            )
            x = generic(2, 7, 8, inputs)
            yield step(f"bottleneck {kind}{name}", module, x, shapes, how=how, stride=stride)
        shapes = resnet.init_root(None, inputs=3, width=6, pre=pre, dtype=Weightless("float64"))
        root = types.SimpleNamespace(forward=resnet.root_forward, backward=root_backward)
        yield step(f"resnet root {kind}", root, generic(2, 13, 18, 3), shapes, how=how)


def root_backward(dx, saved):
    """dimages and the parameter gradients of a root, which models take one after the other."""
    dx, dp = resnet.root_backward(dx, saved)
    return resnet.images_backward(dx, saved), dp


# The whole model: preset "tiny" (pre-logits, class token, tanh GELU), and what is changed in it.
MODELS = {
    "vit": {},
    "vit, erf": {"gelu": "erf"},
    "vit, gap": {"classifier": "gap"},
    "vit, gap, erf, no pre-logits": {"classifier": "gap", "gelu": "erf", "representation_size": None},
    "vit, square": {"image_size": 5 * P},
    "vit, square, no pre-logits": {"image_size": 5 * P, "representation_size": None},
    "vit, wide image": {"image_size": (P, 5 * P)},
    "vit, no head": {"num_classes": 0},
    "vit, no head, no pre-logits": {"num_classes": 0, "representation_size": None},
    "vit, no head, no pre-logits, gap": {"num_classes": 0, "representation_size": None, "classifier": "gap"},
    "vit, gray": {"in_channels": 1},
    "vit, patches of one pixel": {"image_size": (5, 9), "patch_size": 1},
    "vit, one patch": {"image_size": P},
    "vit, one head": {"num_heads": 1},
    "vit, one layer": {"num_layers": 1},
    "vit, large epsilon": {"layer_norm_eps": 0.1},
    "vit, dropout": {"dropout_rate": 0.2},
    "vit, attention dropout": {"attention_dropout_rate": 0.3},
    "vit, both dropouts": DROPOUTS,
    "vit, both dropouts, recomputed": DROPOUTS,
    "vit, stochastic depth, recomputed": {"stochastic_depth_rate": 0.25, "num_layers": 3},
    "vit, recomputed": {},
    "vit, both dropouts, gap, erf": DROPOUTS | {"classifier": "gap", "gelu": "erf"},
}
POSITIONS = {
    "none": {"position_embedding": "none"},
    "2d": {"position_embedding": "2d"},
    "sincos": {"position_embedding": "sincos"},
    "relative": {"position_embedding": "relative"},
    "1d in every layer": {"position_at": "every-layer"},
    "2d in every layer": {"position_embedding": "2d", "position_at": "every-layer"},
    "1d in every layer, shared": {"position_at": "every-layer-shared"},
    "2d in every layer, shared": {"position_embedding": "2d", "position_at": "every-layer-shared"},
    "sincos in every layer": {"position_embedding": "sincos", "position_at": "every-layer-shared"},
}
for _name, _fields in POSITIONS.items():
    MODELS |= {
        f"vit, {_name}": _fields,
        f"vit, {_name}, gap": _fields | {"classifier": "gap"},
        f"vit, {_name}, both dropouts, recomputed": _fields | DROPOUTS,
    }
NEIGHBORS = {  # what other libraries' ViTs have
    "quick gelu": {"gelu": "quick"},
    "registers": {"num_registers": 3},
    "registers, sincos": {"num_registers": 3, "position_embedding": "sincos"},
    "registers, gap": {"num_registers": 5, "classifier": "gap"},
    "norm of the mean": {"classifier": "gap", "pooled_norm": True},
    "norm of the mean, registers": {"classifier": "gap", "pooled_norm": True, "num_registers": 1},
    "norm before the blocks": {"input_norm": True},
    "attention pooling": {"classifier": "map", "pool_mlp_dim": 11},
    "attention pooling, everything": {"classifier": "map", "num_registers": 1, "input_norm": True},
}
for _name, _fields in NEIGHBORS.items():
    MODELS |= {f"vit, {_name}": _fields}
MODELS["vit, attention pooling, everything, both dropouts, recomputed"] = (
    NEIGHBORS["attention pooling, everything"] | DROPOUTS
)
# Those that are also run without what nobody reads.
LESS = "vit", "vit, erf", "vit, no head, no pre-logits", "vit, one patch", "vit, one layer", "vit, recomputed"
LESS += tuple(f"vit, {name}" for name in ("gap", "none", "2d", "relative", "1d in every layer"))
LESS += (
    "vit, registers",
    "vit, norm before the blocks",
    "vit, 2d in every layer, shared",
    "vit, both dropouts",
    "vit, both dropouts, recomputed",
)


def models():
    """The whole ViT in many configurations."""
    for name, fields in MODELS.items():
        yield name, functools.partial(model, name, fields)
    for name in LESS:
        yield f"{name}, less", functools.partial(model, f"{name}, less", MODELS[name], whole=False)


def model(name, fields, whole=True):
    """The whole ViT in one of them, or what is read of it."""
    config = preset("tiny", **fields)
    keep = "inputs" if "recomputed" in name else "all"

    def forward(x, p):
        return vit.forward(x, p, config, rng=generator(), keep=keep, whole=whole)

    return Case(name, forward, vit.backward, *model_point(config), per_image=not config.drops)


def model_point(config, batch_size=2):
    """Generic images and parameters for a configuration."""
    images = generic(batch_size, *config.image_size, config.in_channels)
    return images, gradcheck.random_like(vit.init(None, config, "float64"), generator(1))


def losses():
    """The loss alone, the model with its loss, and the same with the batch split over threads."""
    labels = np.array([1, 4, 1])
    soft = generator().dirichlet(np.ones(TINY.num_classes), 3)
    for name, labels_, smoothing in (
        ("loss", labels, 0.0),
        ("loss, smoothing", labels, 0.1),
        ("loss, soft targets", soft, 0.0),
        ("loss, soft targets, smoothing", soft, 0.1),
    ):
        yield op(
            name,
            lambda z, labels=labels_, smoothing=smoothing: loss.forward(
                z, to_device(labels, array_module(z)), label_smoothing=smoothing
            ),
            loss.backward,
            generic(3, TINY.num_classes),
            per_image=False,
        )
    weights = np.array([0.25, 0.0, 1.5])
    yield op(
        "loss, weights, smoothing",
        lambda z: loss.forward(
            z,
            to_device(labels, array_module(z)),
            label_smoothing=0.1,
            weights=to_device(weights.astype(z.real.dtype), array_module(z)),
        ),
        loss.backward,
        generic(3, TINY.num_classes),
        per_image=False,
    )
    yield "vit and loss", functools.partial(model_with_loss, "vit and loss", labels[:2])
    for name, config, how in (
        ("loss over two threads", preset("tiny", **FEW_PATCHES), {}),
        (
            "loss by two images, recomputed",
            preset("tiny", **FEW_PATCHES),
            {"micro_batch": 2, "recompute": True},
        ),
        *(
            (
                f"loss over two threads, {at}",
                preset("tiny", position_embedding="2d", position_at=at, **FEW_PATCHES),
                {"recompute": True},
            )
            for at in ("every-layer", "every-layer-shared")
        ),
    ):
        yield name, functools.partial(threads, name, labels, config, workers=2, **how)


def fully_connected():
    """The MLP, with every option."""
    for name, fields in {
        "mlp": {},
        "mlp, erf, one layer": {"gelu": "erf", "num_layers": 1},
        "mlp, no head": {"num_classes": 0},
        "mlp, dropout": {"dropout_rate": 0.3},
    }.items():
        config = preset("mlp-tiny", **fields)
        p = gradcheck.random_like(mlp.init(None, config, "float64"), generator(1))
        x = generic(2, *config.image_size, config.in_channels)
        yield Case(
            name,
            lambda x, p, config=config: mlp.forward(x, p, config, rng=generator() if config.drops else None),
            mlp.backward,
            x,
            p,
            per_image=not config.drops,
        )


# Each one of its kind: the preset, what is changed in it, and what of it is kept.
OTHERS = {
    "bit": ("bit-tiny", {}, "all"),
    "bit, recomputed": ("bit-tiny", {}, "inputs"),
    "bit, root alone": ("bit-tiny", {"units": ()}, "all"),
    "bit, one stage, one group": ("bit-tiny", {"units": (2,), "groups": 1}, "all"),
    "bit, no head": ("bit-tiny", {"num_classes": 0}, "all"),
    "hybrid": ("hybrid-tiny", {}, "all"),
    "hybrid, root alone": ("hybrid-tiny", {"stem_units": (), "patch_size": 4, "image_size": (29, 45)}, "all"),
    "hybrid, as timm": (
        "hybrid-tiny",
        {"kernel_eps_at": "variance", "gelu": "erf", "classifier": "gap", "groups": 6},
        "all",
    ),
    "hybrid, both dropouts, recomputed": ("hybrid-tiny", DROPOUTS, "inputs"),
    "hybrid, less": ("hybrid-tiny", {}, "all"),
    "efficientnet, training": ("efficientnet-tiny", {}, "all"),
    "efficientnet, training, recomputed": ("efficientnet-tiny", {}, "inputs"),
    "efficientnet, evaluation": ("efficientnet-tiny", {}, "all"),
    "efficientnet, training, no head": ("efficientnet-tiny", {"num_classes": 0, "units": (1, 1)}, "all"),
    "cnn": ("cnn-tiny", {}, "all"),
    "cnn, recomputed": ("cnn-tiny", {}, "inputs"),
    "cnn, one stage, even kernel": (
        "cnn-tiny",
        {"channels": (5,), "convolutions": 1, "kernel_size": 4, "pool_size": 3},
        "all",
    ),
    "cnn, no head": ("cnn-tiny", {"num_classes": 0, "convolutions": 1}, "all"),
    "rnn": ("rnn-tiny", {}, "all"),
    "rnn, recomputed": ("rnn-tiny", {}, "inputs"),
    "rnn, patches, gap": ("rnn-tiny", {"sequence": "patches", "classifier": "gap", "num_layers": 1}, "all"),
    "rnn, one row, no head": ("rnn-tiny", {"image_size": (1, 6), "num_classes": 0}, "all"),
}


def other_models():
    """BiT, the hybrid, and the plain CNN and RNN."""
    for name, how in OTHERS.items():
        yield name, functools.partial(other_model, name, *how)


def other_model(name, of, fields, keep):
    """One of them."""
    config, whole = preset(of, **fields), "less" not in name
    modules = {"bit": bit, "hybrid": hybrid, "efficientnet": efficientnet, "cnn": cnn, "rnn": rnn}
    module, training = modules[config.family], config.drops and "evaluation" not in name
    rng = generator if training else lambda: None

    def forward(x, p):
        return module.forward(x, p, config, rng(), keep=keep, whole=whole)

    p = gradcheck.random_like(module.init(None, config, "float64"), generator(1))
    x = generic(2, *config.image_size, config.in_channels)
    return Case(name, forward, module.backward, x, p, per_image=not training)


def model_with_loss(name, labels):
    """Images → the loss: what a training step differentiates."""
    config = preset("tiny")

    def forward(x, p):
        logits, saved = vit.forward(x, p, config)
        value, saved_loss = loss.forward(logits, to_device(labels, array_module(logits)))
        return value, (saved, saved_loss)

    def backward(dy, saved):
        return vit.backward(loss.backward(dy, saved[1]), saved[0])

    return Case(name, forward, backward, *model_point(config, len(labels)), per_image=False)


def threads(name, labels, config, **how):
    """`loss_and_grads`, its own gradients as backward; x is a parameter, as the images get none.

    Three images for two workers: shares of one and two, or of one, one and one.
    """
    images, p = model_point(config, len(labels))
    filters = p["project"].pop("W")

    def forward(x, p):
        whole = p | {"project": p["project"] | {"W": x}}
        return loss_and_grads(images, labels, whole, config, Classification(0.1), **how)

    def backward(dy, saved):
        dp = saved | {"project": {"b": saved["project"]["b"]}}
        return dy * saved["project"]["W"], tree.map(lambda leaf: dy * leaf, dp)

    return Case(name, forward, backward, filters, p, per_image=False)


def masked_patches():
    """The corruption, the model that predicts what was there, its losses, and all of it over threads.

    Images, labels (classes 0 … 7 or 0 … 511) and what is corrupted are fixed: five of nine patches per image, among
    them some that take the place of others, one of these twice, and some that are corrupted and stay what they were.
    """
    drawn = masked.Corruption(
        np.array([[0, 2, 5, 7, 8], [1, 3, 4, 6, 8]]),
        np.array([[-1, 1, 1, 3, 4, -1, 6, 1, 8], [0, -1, 2, 2, 4, 5, -1, 7, 3]]),
    )
    yield Case(
        "masked corruption",
        lambda x, p: masked.corrupt_forward(x, p, to_device(drawn.source, array_module(x))),
        masked.corrupt_backward,
        generic(2, 9, 6),
        {"mask": generic(6)},
        per_image=False,  # which image it is decides
    )
    for target in targets.TARGETS:
        for name, fields in {"": {}, ", gap, dropout": DROPOUTS | {"classifier": "gap"}}.items():
            name = f"masked {target}{name}"
            yield name, functools.partial(masked_model, name, target, drawn, fields)
    for name, target, how in (
        ("masked over two threads", "color", {}),
        ("masked patch by two images", "patch", {"micro_batch": 2}),
    ):
        yield name, functools.partial(masked_threads, name, target, workers=2, **how)


def masked_model(name, target, drawn, fields):
    """Images of one row of nine patches → the loss of masked patch prediction."""
    config = preset("tiny", image_size=(P, 9 * P), **fields)
    x, p = masked_point(config, target, 2)
    t = targets.targets(generic(*x.shape), config, drawn, target)  # not of x: the targets are constants

    def forward(x, p):
        xp = array_module(x)
        here = masked.Corruption(*(to_device(a, xp) for a in drawn))
        y, saved = masked.forward(x, p, config, here, generator())
        like = t.astype(y.real.dtype) if target == "patch" else t
        value, saved_loss = targets.loss_forward(y, to_device(like, xp), target=target)
        return value, (saved, saved_loss)

    def backward(dy, saved):
        dy = targets.loss_backward(dy, saved[1], target=target)
        return masked.backward(dy, saved[0])

    return Case(name, forward, backward, x, p, per_image=False)


def masked_threads(name, target, **how):
    """`loss_and_grads` of `MaskedPatches`, its own gradients as backward; x is [mask], as the images get none."""
    config = preset("tiny", dropout_rate=0.2, **FEW_PATCHES)
    images, p = masked_point(config, target, 3)
    mask = p["masked"].pop("mask")

    def forward(x, p):
        whole = p | {"masked": {"mask": x, **p["masked"]}}
        task, like = MaskedPatches(target), images.astype(p["norm"]["gamma"].real.dtype)
        return loss_and_grads(like, None, whole, without_head(config), task, rng=generator(), **how)

    def backward(dy, saved):
        dp = saved | {"masked": {"head": saved["masked"]["head"]}}
        return dy * saved["masked"]["mask"], tree.map(lambda leaf: dy * leaf, dp)

    return Case(name, forward, backward, mask, p, per_image=False)


def masked_point(config, target, batch_size):
    """Generic images and parameters of a pre-training."""
    p = with_task(vit.init(None, without_head(config), "float64"), None, config, MaskedPatches(target))
    x = generic(batch_size, *config.image_size, config.in_channels)
    return x, gradcheck.random_like(p, generator(1))


def distillations():
    """The student's tokens and scores with their loss, and all of it over threads; what the teacher said is fixed."""
    for name, fields in {"": {}, ", dropout": DROPOUTS}.items():
        yield f"distilled{name}", functools.partial(distilled_model, f"distilled{name}", fields)
    for name, how in {" over two threads": {"workers": 2}, " recomputed": {"recompute": True}}.items():
        yield f"distilled{name}", functools.partial(distilled_batch, f"distilled{name}", **how)


def distilled_model(name, fields):
    """Images → the loss of a student, of both its outputs."""
    config, x, p, t = distilled_point(2, **fields)
    weights = {"class_weight": 0.3, "attention_weight": 0.7}

    def forward(x, p):
        xp = array_module(x)
        y, saved = distilled.forward(x, p, config, generator())
        here = distillation.Taught(*(to_device(a.astype(y.tokens.real.dtype), xp) for a in t))
        value, saved_loss = distillation.loss_forward(y, here, **weights)
        return value, (saved, saved_loss)

    def backward(dy, saved):
        return distilled.backward(distillation.loss_backward(dy, saved[1]), saved[0])

    return Case(name, forward, backward, x, p, per_image=False)


def distilled_batch(name, **how):
    """`loss_and_grads` of `Tokens`, its own gradients as backward; x is the head, as the images get none."""
    config, images, p, t = distilled_point(3, dropout_rate=0.2, **FEW_PATCHES)
    W = p["distilled"]["head"].pop("W")

    def forward(x, p):
        whole = p | {"distilled": {"head": {"W": x, **p["distilled"]["head"]}}}
        like = images.astype(p["norm"]["gamma"].real.dtype)
        task = distillation.Tokens(0.3, 0.7)
        return loss_and_grads(like, t, whole, config, task, rng=generator(), **how)

    def backward(dy, saved):
        head = saved["distilled"]["head"]
        dp = saved | {"distilled": {"head": {"b": head["b"]}}}
        return dy * head["W"], tree.map(lambda leaf: dy * leaf, dp)

    return Case(name, forward, backward, W, p, per_image=False)


def distilled_point(batch_size, **fields):
    """A student's configuration, generic images and parameters, and a `Taught` of nine numbers a token."""
    config = distillation.without_head(preset("tiny", **fields))
    p = distillation.student(vit.init(None, config, "float64"), None, config, outputs=9)
    x = generic(batch_size, *config.image_size, config.in_channels)
    H, T = config.num_heads, config.num_tokens
    attention, _ = softmax.forward(generic(batch_size, H, T))
    return (
        config,
        x,
        gradcheck.random_like(p, generator(1)),
        distillation.Taught(generic(batch_size, T, 9), attention),
    )


# Ids in which one comes several times; the second sentence is shorter, in the source and in the target.
SOURCE = np.array([[5, 3, 18, 5, 7, 5, 4], [9, 5, 9, 2, 0, 0, 0]])
TARGET = np.array([[1, 6, 11, 6, 13, 2], [1, 9, 6, 2, 0, 0]])


def embeddings():
    """Ids into tokens, of which x is the table, and tokens into logits."""

    def forward(E, p):
        return embed.forward(to_device(SOURCE, array_module(E)), {"E": E})

    def backward(dx, saved):
        return embed.backward(dx, saved)["E"], {}

    yield Case("embed", forward, backward, generic(19, 12), {}, per_image=False)
    logits = types.SimpleNamespace(forward=embed.logits_forward, backward=embed.logits_backward)
    yield step("embed logits", logits, generic(2, 3, 12), {"E": np.zeros((19, 12))})


SEQUENCE_DROPOUTS = {"dropout_rate": 0.2, "attention_dropout_rate": 0.3, "inner_dropout_rate": 0.25}
SEQUENCES = {  # what is changed in the preset "transformer-tiny", and what is kept
    "transformer": ({}, "all"),
    "transformer, pre": ({"norm": "pre", "activation": "gelu"}, "all"),
    "transformer, post, final norm, erf": ({"final_norm": True, "activation": "gelu", "gelu": "erf"}, "all"),
    "transformer, tied target": ({"tied": "target", "norm": "pre"}, "all"),
    "transformer, tied none": ({"tied": "none", "attention_bias": False}, "all"),
    "transformer, one head, one layer": ({"num_heads": 1, "num_layers": 1}, "all"),
    "transformer, dropout": (SEQUENCE_DROPOUTS, "all"),
    "transformer, pre, dropout, recomputed": (SEQUENCE_DROPOUTS | {"norm": "pre"}, "inputs"),
}


def decoder_blocks():
    """One block, 4 tokens that look at 7: of x both are parts. The last keys of the memory are hidden."""
    x, hidden = generic(2, 4 + 7, 12), np.arange(7) < 5
    masks = {"mask": causal_mask(4, x), "memory_mask": hidden}
    for name, (fields, _) in SEQUENCES.items():
        config = preset("transformer-tiny", **fields)
        for cross in (True, False):
            of = name.removeprefix("transformer")
            if of.startswith((", tied", ", one")) or (not cross and "dropout" in of):
                continue
            shapes = decoder.init_block(None, config, Weightless("float64"), cross=cross)
            forward, backward = block_of_decoder(config, masks, cross=cross)
            p = gradcheck.random_like(shapes, generator(1))
            tokens = x if cross else x[:, :5]
            name_of = f"decoder block{of}" if cross else f"decoder block without memory{of}"
            yield Case(name_of, forward, backward, tokens, p, per_image="dropout" not in of)


def block_of_decoder(config, masks, *, cross):
    """(forward, backward) of one block, the tokens and the memory in one array."""

    def forward(x, p):
        xp = array_module(x)
        how = {"config": config, "rng": generator()}
        if not cross:
            return decoder.block_forward(x, p, mask=to_device(np.arange(5) < 4, xp)[None], **how)
        mask, hidden = (to_device(a, xp) for a in masks.values())
        return decoder.block_forward(x[:, :4], p, mask=mask, memory=x[:, 4:], memory_mask=hidden[None], **how)

    def backward(dy, saved):
        dx, dmemory, dp = decoder.block_backward(dy, saved)
        return dx if dmemory is None else array_module(dx).concatenate([dx, dmemory], axis=1), dp

    return forward, backward


def sequence_models():
    """The encoder–decoder, of which x is the table that the target's ids are looked up in, and its task."""
    for name, how in SEQUENCES.items():
        yield name, functools.partial(sequence_model, name, *how)
    for name, how in {
        "translation over two threads": {"workers": 2},
        "translation one by one, recomputed": {"micro_batch": 1, "recompute": True},
    }.items():
        yield name, functools.partial(translation, name, **how)


def sequence_point(config):
    """Generic parameters, the target's table taken out, and its name."""
    p = gradcheck.random_like(transformer.init(None, config, "float64"), generator(1))
    name = "embed" if config.tied == "all" else "embed_target"
    return p, name, p.pop(name)["E"]


def in_order(p, name, E, config):
    """The tree with the table where it belongs."""
    p = p | {name: {"E": E}}
    return {part: p[part] for part in transformer.init(None, config)}


def sequence_model(name, fields, keep):
    """Source and target → logits."""
    config = preset("transformer-tiny", **fields)
    p, table, E = sequence_point(config)

    def forward(x, p):
        pair = tuple(to_device(ids, array_module(x)) for ids in (SOURCE, TARGET[:, :-1]))
        p = in_order(p, table, x, config)
        return transformer.forward(pair, p, config, generator() if config.drops else None, keep=keep)

    def backward(dy, saved):
        _, dp = transformer.backward(dy, saved)
        return dp.pop(table)["E"], dp

    return Case(name, forward, backward, E, p, per_image=False)


def translation(name, **how):
    """`loss_and_grads` of `Translation`, its own gradients as backward."""
    config = preset("transformer-tiny")  # without dropout, which a device draws otherwise
    p, table, E = sequence_point(config)

    def forward(x, p):
        whole = in_order(p, table, x, config)
        return loss_and_grads(SOURCE, TARGET, whole, config, Translation(0.1), **how)

    def backward(dy, saved):
        dp = tree.map(lambda leaf: dy * leaf, saved)
        return dp.pop(table)["E"], dp

    return Case(name, forward, backward, E, p, per_image=False)


class Cases(Mapping):
    """{name: `Case`}; those of models, which the parts above yield as (name, function), are made when asked for."""

    def __init__(self, *parts):
        self.found, self.models = {}, set()
        for part in parts:
            for item in part():
                name, case = (item.name, item) if isinstance(item, Case) else item
                self.found[name] = case
                if case is not item:
                    self.models.add(name)

    def __getitem__(self, name):
        if not isinstance(self.found[name], Case):
            self.found[name] = self.found[name]()
        return self.found[name]

    def __iter__(self):
        return iter(self.found)

    def __len__(self):
        return len(self.found)


CASES = Cases(
    *(ops, convolutions, mobile, steps, blocks, residual, models, fully_connected, other_models),
    *(losses, masked_patches, distillations, embeddings, decoder_blocks, sequence_models),
)
