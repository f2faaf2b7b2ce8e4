"""What residual networks are made of: convolution, standardized kernels, GroupNorm, ReLU, pooling, units, models."""

from mutants.consistent import CONSISTENT
from mutants.kinds import Consistent, mistakes, wrong_rules

# ---- convolution ----

CONV = "ops/conv.py"
ONE = ("conv 3x3, stride 1, padding 1", "conv 3x3, stride 1, padding same", "conv 2x2, stride 1, padding 0")
STRIDED = (
    "conv 3x3, stride 2, padding 1",
    "conv 5x5, stride 2, padding same",
    "conv 7x7, stride 2, padding 3",
)
SAME = ("conv 3x3, stride 2, padding same", "conv 7x7, stride 2, padding same")
TURNED = "W[::-1, ::-1].swapaxes(2, 3)"
DOWN = "first + u : first + u + (n - 1) * stride + 1 : stride"
ADDED = "place[:, :, v : v + (cols - 1) * stride + 1 : stride] += dcolumns[:, :, :, u, v]"
mistakes(
    CONV,
    ONE,
    ("dx: the kernel is not turned round", TURNED, "W.swapaxes(2, 3)"),
    ("dx: the kernel is turned round in one direction", TURNED, "W[::-1].swapaxes(2, 3)"),
    ("dx: the kernel transposed, not turned", TURNED, "W.transpose(1, 0, 3, 2)"),
)
mistakes(
    CONV,
    ONE[:2],
    ("dx: dy with too few zeros around it", "((k - 1, k - 1),) * 2", "((k // 2, k // 2),) * 2"),
    ("dx: nothing is cut off", "return cropped(dpadded, around)\n    dpadded", "return dpadded\n    dpadded"),
)
mistakes(
    CONV,
    ("conv 3x3, stride 1, padding 1", "bottleneck pre, x", "bottleneck post, x"),
    ("dx: the channels are not exchanged", TURNED, "W[::-1, ::-1]"),
)
mistakes(
    CONV,
    STRIDED,
    ("dx: stride ignored across", ADDED, ADDED.replace("(cols - 1) * stride + 1 : stride", "cols")),
    ("dx: stride ignored down", DOWN, "first + u : first + u + n"),
    ("dx: of overlapping windows the last alone", ADDED, ADDED.replace("+=", "=")),
    ("dx: rows and columns of the window exchanged", ADDED, ADDED.replace("u, v]", "v, u]")),
    ("dx: the window before", DOWN, "first : first + (n - 1) * stride + 1 : stride"),
    (
        "dx: W's values as if it were transposed",
        "W.reshape(-1, W.shape[-1]))",
        "W.reshape(W.shape[-1], -1).T)",
    ),
    ("dW and y: the window transposed", "c * stride, r, c, i)", "c * stride, c, r, i)"),
    (
        "dW: stride ignored",
        "parts(windows(padded, len(W), stride))",
        "parts(windows(padded, len(W), 1)[:, : dy.shape[1], : dy.shape[2]])",
    ),
)
mistakes(
    CONV,
    SAME,
    (
        "what is cut off is on the other side",
        "padded[:, top : padded.shape[1] - bottom, left : padded.shape[2] - right]",
        "padded[:, bottom : padded.shape[1] - top, right : padded.shape[2] - left]",
    ),
    (
        "rows get the zeros of columns",
        "padded[:, top : top + height, left : left + width] = x",
        "padded[:, -height - top :, -width - left :][:, :height, :width] = x",
    ),
)
mistakes(
    CONV,
    ("conv 1x1, stride 2, padding 0",),
    (
        "dW of a pixel: stride ignored",
        "weight_gradient(padded[:, ::stride, ::stride], dy)",
        "weight_gradient(padded[:, : dy.shape[1], : dy.shape[2]], dy)",
    ),
)
mistakes(
    CONV,
    STRIDED,
    ("a part's rows without the stride", "else 0) * stride", "else 0)"),
    ("every part belongs to all images", "place = dpadded[images, ", "place = dpadded[:, "),
    ("dW: the last part alone", "dW = dW + wide(", "dW = wide("),
    (
        "dW: every part with the first rows of dy",
        "(columns, dy[part])",
        "(columns, dy[:1, : columns.shape[0] // dy.shape[2]])",
    ),
    ("y: every part in the same rows", "y[part] = (columns", "y[:1, :1] = (columns"),
    block=7,
)
mistakes(
    CONV,
    STRIDED,
    (
        "y without a dtype is float64",
        "(*view.shape[:3], W.shape[-1]), padded.dtype)",
        "(*view.shape[:3], W.shape[-1]))",
    ),
    (
        "dx without a dtype is float64",
        "dpadded = xp.zeros(padded.shape, dy.dtype)",
        "dpadded = xp.zeros(padded.shape)",
    ),
    clause="dtype",
)
wrong_rules(
    CONV,
    "test_conv",
    "test_same_as_tensorflow_and_jax_have_it",
    ("the larger half of the zeros above and to the left", "(t // 2, t - t // 2)", "(t - t // 2, t // 2)"),
    ("as many zeros on both sides", "(t // 2, t - t // 2)", "(-(-t // 2), -(-t // 2))"),
    ("zeros as if the size were divisible", "(-(-n // stride) - 1) * stride", "(n // stride - 1) * stride"),
    size=55,
    kernel=2,
    stride=2,
    around=(0, 1),
)
wrong_rules(
    CONV,
    "test_conv",
    "test_a_sum_over_many_places_is_taken_in_float32",
    ("dW adds its parts in float16", "dW = dW + wide(", "dW = dW + ("),
)
CONSISTENT += [
    Consistent(
        "the larger half of the zeros above and to the left",
        CONV,
        (("(t // 2, t - t // 2)", "(t - t // 2, t // 2)"),),
        "conv 3x3, stride 2, padding same",
    ),
    Consistent(
        "a true convolution: the kernel is turned round",
        CONV,
        (
            (
                "windows(padded, len(W), stride), W.reshape",
                "windows(padded, len(W), stride), W[::-1, ::-1].reshape",
            ),
            ("return dW.reshape(W.shape)", "return dW.reshape(W.shape)[::-1, ::-1]"),
        ),
        "conv 3x3, stride 1, padding 1",
    ),
]

# ---- standardized kernels ----

STANDARDIZE = "ops/standardize.py"
BOTH = ("standardize variance", "standardize std")
SECOND = "    dW -= y * ((dy * y).mean(axis=(0, 1, 2)) * along)\n"
FIRST = "(dy - dy.mean(axis=(0, 1, 2))) * scale"
mistakes(
    STANDARDIZE,
    (*BOTH, "bottleneck pre, x", "hybrid, root alone"),
    ("the second term dropped", SECOND, ""),
    ("the mean dropped", FIRST, "dy * scale"),
    ("sign of the second term", SECOND, SECOND.replace("-=", "+=")),
    ("factor ŵ of the second term forgotten", SECOND, SECOND.replace("y * ((dy * y)", "((dy * y)")),
    ("the second term of dy alone", SECOND, SECOND.replace("(dy * y)", "dy")),
    ("the mean over the window alone", FIRST, "(dy - dy.mean(axis=(0, 1))) * scale"),
    ("not divided by the standard deviation", FIRST, "(dy - dy.mean(axis=(0, 1, 2)))"),
)
mistakes(
    STANDARDIZE,
    BOTH,
    ("the mean over all output channels", FIRST, "(dy - dy.mean()) * scale"),
    ("a sum in place of the second mean", SECOND, SECOND.replace(".mean(", ".sum(")),
)
mistakes(
    STANDARDIZE,
    ("standardize std", "bottleneck post, wider"),
    ("ε beside the root: the second term as if it were below", SECOND, SECOND.replace("along", "scale")),
)
wrong_rules(
    STANDARDIZE,
    "test_standardize",
    "test_a_constant_kernel_becomes_0",
    ("the mean of the values themselves", "c = W - W[:1, :1, :1]", "c = W.copy()"),
    form="variance",
    dtype="float32",
    value=0.3,
)
wrong_rules(
    STANDARDIZE,
    "test_standardize",
    "test_a_constant_kernel_becomes_0",
    ("a constant kernel divides by 0", "xp.where(std > 0, 1 / xp.where(std > 0, std, 1), 0)", "1 / std"),
    form="std",
    dtype="float64",
    value=0.0,
)
wrong_rules(
    STANDARDIZE,
    "test_standardize",
    "test_a_large_mean_does_not_cancel",
    (
        "E[W²] − E[W]²",
        "v = (c * c).mean(axis=(0, 1, 2))",
        "v = (W * W).mean((0, 1, 2)) - W.mean((0, 1, 2)) ** 2",
    ),
)
wrong_rules(
    STANDARDIZE,
    "test_standardize",
    "test_float16_is_computed_in_float32",
    ("float16 in float16", "    W = wide(W)", "    W = 1 * W"),
    form="variance",
)
CONSISTENT += [
    Consistent(
        "ε below the root for ε beside it",
        STANDARDIZE,
        (('if form == "variance":', "if form:"),),
        "standardize std",
    ),
]

# ---- GroupNorm ----

NORM = "ops/group_norm.py"
GROUPS = ("group_norm of 1", "group_norm of 3", "bottleneck pre, x", "bottleneck post, x")
ALONG_X_HAT = "    dx -= x_hat * of_channels(group_mean(along_x_hat * gamma, groups))\n"
ALONG_MEAN = "    dx -= of_channels(group_mean(along_mean * gamma, groups))\n"
mistakes(
    NORM,
    GROUPS,
    ("the mean of γ·x̂ dropped", ALONG_X_HAT, ""),
    ("the mean of γ dropped", ALONG_MEAN, ""),
    ("γ forgotten in the mean", ALONG_MEAN, ALONG_MEAN.replace(" * gamma", "")),
    ("γ forgotten along x̂", ALONG_X_HAT, ALONG_X_HAT.replace(" * gamma", "")),
    ("γ after the mean", ALONG_MEAN, "    dx -= of_channels(group_mean(along_mean, groups) * gamma)\n"),
    ("x̂ forgotten", ALONG_X_HAT, ALONG_X_HAT.replace("x_hat * of", "of")),
    ("not divided by the standard deviation", "    dx *= inverse_std\n", ""),
    ("γ forgotten in dx", "dx = dy * gamma", "dx = dy * 1.0"),
    ("dγ a mean", "along_x_hat.sum(axis=0) * places", "along_x_hat.sum(axis=0)"),
    ("dβ a mean", "along_mean.sum(axis=0) * places", "along_mean.sum(axis=0)"),
    ("dγ of the first image", "along_x_hat.sum(axis=0)", "along_x_hat[0]"),
    ("every channel its own mean", ALONG_MEAN, "    dx -= of_channels(along_mean * gamma)\n"),
    ("every channel its own along x̂", ALONG_X_HAT, "    dx -= x_hat * of_channels(along_x_hat * gamma)\n"),
)
mistakes(
    NORM,
    ("group_norm of 3", "group_norm of 12"),
    ("one group for all in the backward pass", ALONG_X_HAT, ALONG_X_HAT.replace("gamma, groups", "gamma, 1")),
)
wrong_rules(
    NORM,
    "test_group_norm",
    "test_float16_takes_its_statistics_in_float32",
    ("statistics in float16", "dtype, x = x.dtype, wide(x)", "dtype, x = x.dtype, x"),
    ("the backward pass in float16", "dy, x_hat = wide(dy), wide(x_hat)", "dy, x_hat = dy, x_hat"),
)
wrong_rules(
    NORM,
    "test_group_norm",
    "test_a_large_mean_does_not_cancel",
    (
        "E[x²] − E[x]²",
        "variance = group_mean(place_mean(c * c), groups)",
        "variance = group_mean(place_mean(x * x), groups) - group_mean(place_mean(x), groups) ** 2",
    ),
)
wrong_rules(
    NORM,
    "test_group_norm",
    "test_a_group_of_equal_values_becomes_beta",
    ("the mean of the values themselves", "c = x - of_channels(group_first(x, groups))", "c = x.copy()"),
    value=1000.1,
)
CONSISTENT += [
    Consistent(
        "the groups interleaved",
        NORM,
        (
            ("a.reshape(B, groups, C // groups)", "a.reshape(B, C // groups, groups)"),
            ("grouped.mean(axis=2, keepdims=True)", "grouped.mean(axis=1, keepdims=True)"),
            ("x[:, 0, 0].reshape(B, groups, C // groups)", "x[:, 0, 0].reshape(B, C // groups, groups)"),
            ("grouped[:, :, :1]", "grouped[:, :1]"),
        ),
        "group_norm of 3",
    ),
    Consistent(
        "groups of as many channels as there should be groups",
        NORM,
        (
            ("a.reshape(B, groups, C // groups)", "a.reshape(B, C // groups, groups)"),
            ("x[:, 0, 0].reshape(B, groups, C // groups)", "x[:, 0, 0].reshape(B, C // groups, groups)"),
        ),
        "group_norm of 3",
    ),
]

# ---- ReLU and pooling ----

mistakes(
    "ops/relu.py",
    ("relu", "bottleneck pre, x", "bottleneck post, x"),
    ("slope 1 everywhere", "saved > 0", "saved >= 0"),
    ("its value for its slope", "dy * (saved > 0)", "dy * saved"),
    ("the other side", "saved > 0", "saved <= 0"),
)
POOL = "ops/pool.py"
LARGEST = ("pool, largest of 3x3, stride 2, padding 1", "pool, largest of 3x3, stride 1, padding 1")
MEAN = ("pool, mean of 3x3, stride 2", "pool, mean of 3x3, stride 1")
BACK = "dpadded[slice_] += dy * (first == number)"
mistakes(
    POOL,
    LARGEST,
    ("largest: of overlapping windows the last alone", BACK, BACK.replace("+=", "=")),
    ("largest: all places of the window", BACK, "dpadded[slice_] += dy"),
    ("largest: the place after", "(numbers) * number", "(numbers) * (number + 1)"),
    ("largest: always the first place", "(numbers) * number", "(numbers) * 0"),
    ("largest: nothing is cut off", "return cropped(dpadded, around)", "return dpadded"),
)
mistakes(
    POOL,
    MEAN,
    ("mean: of overlapping windows the last alone", "dx[slice_] += share", "dx[slice_] = share"),
    ("mean: the whole gradient to every place", "dy.dtype), dy / kernel**2", "dy.dtype), dy"),
    ("mean: divided by a side", "dy.dtype), dy / kernel**2", "dy.dtype), dy / kernel"),
)
wrong_rules(
    POOL,
    "test_pool",
    "test_the_first_of_equal_values_takes_all",
    ("the last of equal values takes all", "larger = taken > y", "larger = taken >= y"),
    (
        "equal values get all of it each",
        '''    return y, (first, padded.shape, around, kernel, stride)


def max_backward(dy, saved):
    """dy (B, Ho, Wo, C) → dx (B, H, W, C): all of it to the place that was taken."""
    first, shape, around, kernel, stride = saved
    dpadded = array_module(dy).zeros(shape, dy.dtype)
    for number, slice_ in enumerate(slices(shape, kernel, stride)):
        dpadded[slice_] += dy * (first == number)''',
        '''    return y, ((padded, y), padded.shape, around, kernel, stride)


def max_backward(dy, saved):
    """dy (B, Ho, Wo, C) → dx (B, H, W, C): all of it to the place that was taken."""
    (padded, y), shape, around, kernel, stride = saved
    dpadded = array_module(dy).zeros(shape, dy.dtype)
    for slice_ in slices(shape, kernel, stride):
        dpadded[slice_] += dy * (padded[slice_] == y)''',
    ),
    (
        "column by column",
        "    for u in range(kernel):\n        for v in",
        "    for v in range(kernel):\n        for u in",
    ),
)
wrong_rules(
    POOL,
    "test_pool",
    "test_dtype_in_is_dtype_out",
    ("the mean's sum in float16", "y = y + wide(x[slice_])", "y = y + x[slice_]"),
    dtype="float16",
)
AROUND = "pad(x, around, value)"
CONSISTENT += [
    Consistent("zeros around for −∞", POOL, ((AROUND, "pad(x, around)"),), LARGEST[1]),
    Consistent("−∞ around for zeros", POOL, ((AROUND, "pad(x, around, -math.inf)"),), LARGEST[0]),
    Consistent(
        "the smallest",
        POOL,
        (("larger = taken > y", "larger = taken < y"), ("xp.maximum(y, taken", "xp.minimum(y, taken")),
        "pool, largest of 2x2, stride 3, padding 0",
    ),
    Consistent(
        "stride ignored, there and back",
        POOL,
        (("slice(u, u + (rows - 1) * stride + 1, stride)", "slice(u, u + rows)"),),
        MEAN[0],
    ),
]

# ---- units ----

UNIT = "blocks/bottleneck.py"
WIDER = ("bottleneck pre, wider", "bottleneck pre, stride 2", "bit")
X = ("bottleneck pre, x", "bit")
POST_WIDER, POST_X = ("bottleneck post, wider", "bottleneck post, stride 2"), ("bottleneck post, x", "hybrid")
FROM_H = 'conv_forward(h, p["conv_shortcut"], how, stride=stride)'
SUM = "relu.forward(a + shortcut)"
NORM_2 = 'norm_relu_forward(a, p["norm_2"], how)'
mistakes(
    UNIT,
    WIDER,
    ("pre: the shortcut from x in place of h", FROM_H, FROM_H.replace("(h,", "(x,")),
    ("pre: h was used twice, and counts once", "dh = dh + dh_shortcut", "dh = dh"),
    ("pre: of h the shortcut alone", "dh = dh + dh_shortcut", "dh = dh_shortcut"),
)
mistakes(
    UNIT,
    X,
    ("pre: the shortcut's gradient forgotten", "dx = dx + dy  # shortcut = x", "dx = dx"),
    ("pre: the branch's gradient forgotten", "dx = dx + dy  # shortcut = x", "dx = dy"),
)
mistakes(
    UNIT,
    ("bottleneck pre, stride 2", "bit"),
    ("pre: the shortcut without the stride", FROM_H, FROM_H.replace(", stride=stride", "")),
)
mistakes(
    UNIT,
    POST_X,
    ("post: the last ReLU forgotten in the backward pass", "    dy = relu.backward(dy, saved.relu)\n", ""),
    (
        "post: ReLU before the sum",
        "y, saved_relu = " + SUM,
        "y, saved_relu = relu.forward(a)\n    y = y + shortcut",
    ),
    (
        "post: the shortcut's gradient before ReLU",
        "dx_shortcut = dy  # shortcut = x",
        "dx_shortcut = dy * 0.0",
    ),
)
mistakes(
    UNIT,
    POST_WIDER,
    ("post: the shortcut's norm forgotten", "conv_backward(dshortcut, conv_0)", "conv_backward(dy, conv_0)"),
    ("post: x was used twice, and counts once", "return dx + dx_shortcut, ", "return dx, "),
    (
        "post: the shortcut without its norm's gradient",
        "group_norm.backward(dy, norm_0)",
        "group_norm.backward(dy, norm_3)",
    ),
)
mistakes(
    UNIT,
    POST_WIDER,
    (
        "post: dp as it was found",
        "return dx + dx_shortcut, dict(reversed(dp.items()))",
        "return dx + dx_shortcut, dp",
    ),
    clause="tree",
)
CONSISTENT += [
    Consistent(
        "pre: the shortcut from x, there and back",
        UNIT,
        (
            (FROM_H, FROM_H.replace("(h,", "(x,")),
            ("        dh = dh + dh_shortcut  # h was used twice: a sum\n", "        pass\n"),
            (
                "    if saved.shortcut is None:\n        dx = dx + dy  # shortcut = x",
                "    dx = dx + (dy if saved.shortcut is None else dh_shortcut)",
            ),
        ),
        "bottleneck pre, wider",
    ),
    Consistent(
        "post: ReLU before the sum, there and back",
        UNIT,
        (
            ("y, saved_relu = " + SUM, "y, saved_relu = relu.forward(a)\n    y = y + shortcut"),
            ("    dy = relu.backward(dy, saved.relu)\n", ""),
            ("group_norm.backward(dy, norm_3)", "group_norm.backward(relu.backward(dy, saved.relu), norm_3)"),
        ),
        "bottleneck post, x",
    ),
    Consistent(
        "pre: the stride at the first convolution",
        UNIT,
        (
            ('conv_forward(h, p["conv_1"], how)', 'conv_forward(h, p["conv_1"], how, stride=stride)'),
            (
                f'{NORM_2}\n    a, conv_2 = conv_forward(a, p["conv_2"], how, stride=stride)',
                f'{NORM_2}\n    a, conv_2 = conv_forward(a, p["conv_2"], how)',
            ),
        ),
        "bottleneck pre, stride 2",
    ),
]
LAYER = "blocks/convolution.py"
mistakes(
    LAYER,
    ("bottleneck pre, x", "bottleneck post, wider", "resnet root pre", "bit", "hybrid, root alone"),
    ("standardization forgotten in the backward pass", "standardize.backward(dW, saved_W)", "dW"),
)
mistakes(
    LAYER,
    ("bottleneck pre, x", "bottleneck post, wider", "resnet root post", "bit"),
    (
        "ReLU forgotten in the backward pass",
        "group_norm.backward(relu.backward(dy, saved_relu), ",
        "group_norm.backward(dy, ",
    ),
)
RESNET = "blocks/resnet.py"
mistakes(
    RESNET,
    ("resnet root post", "hybrid, root alone"),
    ("the root's norm gives its dy on", 'dx, dp["norm"] = norm_relu', '_, dp["norm"] = norm_relu'),
)
mistakes(
    RESNET,
    ("resnet root post", "hybrid, root alone"),
    ("the root's dp as it was found", "return dx, dict(reversed(dp.items()))", "return dx, dp"),
    clause="tree",
)
CONSISTENT += [
    Consistent(
        "kernels as they are",
        LAYER,
        (("conv.forward(x, W, ", 'conv.forward(x, p["W"], '), ("standardize.backward(dW, saved_W)", "dW")),
        "bottleneck pre, x",
    ),
    Consistent(
        'zeros on both sides for "same"',
        LAYER,
        (('"same" if how.same else len(W) // 2', "len(W) // 2"),),
        "resnet root post",
    ),
    Consistent(
        "BiT's pool with −∞ around",
        RESNET,
        (('{"padding": 1, "value": 0.0}', '{"padding": 1}'),),
        "resnet root pre",
    ),
    Consistent(
        "the first stage halves too", RESNET, (("2 if stage > 0 and unit == 0", "2 if unit == 0"),), "bit"
    ),
]

# ---- models ----

mistakes(
    "models/bit.py",
    ("bit", "bit, recomputed"),
    ("a unit's gradient under another's name", 'f"stages.{stage}.{unit}"', 'f"stages.{unit}.{stage}"'),
    ("every unit gets the same dx", "        dx = dx_unit\n", ""),
)
mistakes(
    "models/hybrid.py",
    ("hybrid", "hybrid, both dropouts, recomputed"),
    ("the root gets the feature map's dx", "        dx = dx_unit\n", ""),
)
wrong_rules(
    "models/hybrid.py",
    "test_hybrid",
    "test_the_advice_for_an_image_size_works",
    (
        "an image size as if places were pixels",
        "return 4 * 2 ** max(len(self.stem_units) - 1, 0)",
        "return 1",
    ),
    ("half of what is needed", "return 4 * 2 ** max(len(self.stem_units) - 1, 0)", "return 2"),
    name="R+Ti/16",
    fields={"image_size": (224, 225)},
)
wrong_rules(
    RESNET,
    "test_bit",
    "test_multiply_adds_are_those_of_a_run",
    ("the 3x3 counted as 1x1", 'how["kernel"] ** 2', "1"),
    ("the first convolution at the output's places", "if unit == 0 else after", "if unit > 99 else after"),
    (
        "no shortcut",
        "if stride > 1 or channels != outputs:\n            count",
        "if stride > 9:\n            count",
    ),
    fields={},
)
wrong_rules(
    "models/bit.py",
    "test_bit",
    "test_parameters",
    ("R50x3 twice as wide", '64 * int(name.partition("x")[2])', '64 * min(int(name.partition("x")[2]), 2)'),
    name="R50x3",
)
