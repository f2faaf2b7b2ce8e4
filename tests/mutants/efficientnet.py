"""What EfficientNet is made of: BatchNorm, depthwise convolution, swish, gates, stochastic depth, units, the model."""

from mutants.consistent import CONSISTENT
from mutants.kinds import Consistent, mistakes, wrong_rules

# ---- BatchNorm ----

NORM = "ops/batch_norm.py"
TRAINING = ("batch_norm, training", "mbconv, training", "efficientnet, training")
EVALUATION = ("batch_norm, evaluation", "mbconv, evaluation", "efficientnet, evaluation")
ALONG_ONE, ALONG_X_HAT = "dx = dy - along_one / n\n", "        dx -= x_hat * (along_x_hat / n)\n"
OF_MEAN, OF_VAR = "-scale * along_one", "-0.5 * scale * inverse_std * along_x_hat"
mistakes(
    NORM,
    TRAINING,
    ("not through the mean of the batch", ALONG_ONE, "dx = dy.copy()\n"),
    ("not through the variance of the batch", ALONG_X_HAT, ""),
    ("the gradient of evaluation in training", "if batch is None:", "if True:"),
    (
        "along x̂ of the second image alone",
        "many_rows(dy * x_hat), many",
        "many_rows(dy[1:] * x_hat[1:]), many",
    ),
    ("factor x̂ forgotten", ALONG_X_HAT, "        dx -= along_x_hat / n\n"),
    ("a sum for the mean along one", ALONG_ONE, "dx = dy - along_one\n"),
    ("a sum for the mean along x̂", ALONG_X_HAT, "        dx -= x_hat * along_x_hat\n"),
    ("γ forgotten in dx", "        dx *= scale\n", "        dx *= inverse_std\n"),
    ("not divided by the standard deviation", "        dx *= scale\n", "        dx *= gamma\n"),
    ("dγ for dβ", '"beta": along_one}', '"beta": along_x_hat}'),
    ("dβ a mean", '"beta": along_one}', '"beta": along_one / n}'),
    ("running statistics get a gradient", "array_module(dy).zeros(along", "array_module(dy).ones(along"),
)
mistakes(
    NORM,
    EVALUATION,
    ("the gradient of training in evaluation", "if batch is None:", "if False:"),
    ("γ forgotten in evaluation", "dx = dy * scale", "dx = dy * inverse_std"),
    ("no division in evaluation", "dx = dy * scale", "dx = dy * gamma"),
    ("sign of the running mean's", OF_MEAN, "scale * along_one"),
    ("γ forgotten in the running mean's", OF_MEAN, "-inverse_std * along_one"),
    ("sign of the running variance's", OF_VAR, OF_VAR[1:]),
    ("the slope of a root forgotten", OF_VAR, OF_VAR.replace("0.5 * ", "")),
    ("the running variance's with one σ less", OF_VAR, OF_VAR.replace("inverse_std * ", "")),
)
wrong_rules(
    NORM,
    "test_efficientnet",
    "test_the_numbers_of_a_known_batch",
    ("the running variance is biased", "var * (n / (n - 1))", "var"),
    ("normalized with the unbiased variance", "many_rows(c * c) / n", "many_rows(c * c) / (n - 1)"),
    ("evaluation with the batch's statistics", "    if training:", "    if True:"),
    ("the place of the first value is forgotten", "mean = mean + shift", "mean = shift"),
)
wrong_rules(
    NORM,
    "test_efficientnet",
    "test_float32_keeps_its_digits",
    ("the first value takes the others' digits", "for _ in range(2):", "for _ in range(1):"),
)
wrong_rules(
    "training/statistics.py",
    "test_efficientnet",
    "test_the_numbers_of_a_known_batch",
    ("PyTorch's momentum for TensorFlow's", "leaf *= momentum\n", "leaf *= 1.0 - momentum\n"),
    ("the batch's whole value is added", "(1.0 - momentum) * value", "value"),
    ("no running: the last batch's", "leaf *= momentum\n", "leaf *= 0.0\n"),
)
wrong_rules(
    "training/statistics.py",
    "test_efficientnet",
    "test_the_average_has_the_statistics_too",
    ("averaged without the statistics", "return p if", "return task.learned(p) if"),
)

# ---- the statistics of a batch in the engine, and what learns ----

wrong_rules(
    "models/__init__.py",
    "test_efficientnet",
    "test_gradients_are_of_what_learns",
    ("statistics are learned", "lambda name: name not in STATISTICS", "lambda name: True"),
)
wrong_rules(
    "models/__init__.py",
    "test_efficientnet",
    "test_parameters",
    ("the variance is learned", "lambda name: name not in STATISTICS", 'lambda name: name != "mean"'),
    name="EfficientNet-B0",
)
wrong_rules(
    "training/loop.py",
    "test_efficientnet",
    "test_a_training_moves_the_statistics",
    ("the statistics stay", "    if of_batch:", "    if not of_batch:"),
    (
        "another momentum than the model's",
        "of_batch, s.config.batch_norm_momentum",
        "of_batch, s.config.batch_norm_momentum / 2",
    ),
)
wrong_rules(
    "engine/batch.py",
    "test_efficientnet",
    "test_a_batch_is_done_at_once_in_training",
    (
        "a batch is split over the threads",
        "workers = 1 if together else plan.workers",
        "workers = plan.workers",
    ),
    ("the statistics of no part are kept", "statistics.update(found)", "statistics.update({})"),
)
wrong_rules(
    "engine/batch.py",
    "test_efficientnet",
    "test_what_cannot_be_split",
    ("below a head alone a batch is not split either", ' and not getattr(task, "frozen", False)', ""),
    plan={"micro_batch": 2},
    said="micro_batch is 2",
)

# ---- swish ----

SWISH = ("swish", "squeeze_excite", "mbconv, evaluation")
mistakes(
    "ops/swish.py",
    SWISH,
    ("σ alone for the slope", "    dx *= x\n    dx += 1.0\n    dx *= y\n", "    dx = y\n"),
    ("the slope of σ alone", "    dx += 1.0\n", ""),
    ("factor x forgotten", "    dx *= x\n", ""),
    ("factor σ forgotten", "    dx *= y\n", ""),
    ("σ for 1 − σ", "dx = 1.0 - y", "dx = 1.0 * y"),
    ("dy forgotten", "    dx *= dy\n", ""),
)
mistakes("ops/sigmoid.py", SWISH, ("tanh(x) for tanh(x/2)", "t = 0.5 * x", "t = 1.0 * x"))
wrong_rules(
    "ops/swish.py",
    "test_trace_efficientnet",
    "test_every_value",
    ("σ without x: a gate", "    y *= x\n    return y", "    return y"),
    ("twice as much", "    y *= x\n    return y", "    y *= x + x\n    return y"),
    fields={},
)

# ---- depthwise convolution ----

DEPTHWISE = "ops/depthwise.py"
ONE = (
    "depthwise 3x3, stride 1, padding 1",
    "depthwise 3x3, stride 1, padding same",
    "depthwise 2x2, stride 1, padding 0",
)
STRIDED = (
    "depthwise 3x3, stride 2, padding 1",
    "depthwise 5x5, stride 2, padding same",
    "depthwise 7x7, stride 2, padding 3",
)
TURNED, ADDED = "W[::-1, ::-1], 1", "dpadded[slice_] += wide_dy * W_uv"
mistakes(
    DEPTHWISE,
    ONE,
    ("dx: the kernel is not turned round", TURNED, "W, 1"),
    ("dx: the kernel is turned round in one direction", TURNED, "W[::-1], 1"),
    ("dx: the kernel transposed, not turned", TURNED, "W.swapaxes(0, 1), 1"),
)
mistakes(
    DEPTHWISE,
    (ONE[2],),
    ("dx: as many zeros around dy as around x", "(k - 1 - before, k - 1 - after)", "(before, after)"),
)
mistakes(
    DEPTHWISE,
    STRIDED,
    ("dx: the way of stride 1 for every stride", "if stride == 1 and max", "if max"),
    ("dx: of overlapping windows the last alone", ADDED, ADDED.replace("+=", "=")),
    ("dx: the kernel forgotten", ADDED, "dpadded[slice_] += wide_dy"),
    (
        "dx: the kernel transposed",
        "wide(W).reshape(k * k, -1)",
        "wide(W).swapaxes(0, 1).reshape(k * k, -1)",
    ),
    (
        "dx: every value of the kernel the first",
        "zip(slices(padded.shape, k, stride), wide(W)",
        "zip(slices(padded.shape, k, stride), 0 * W + W[:1, :1]",
    ),
    ("dW: the window transposed", '"brcuvi,brci->uvi"', '"brcuvi,brci->vui"'),
    (
        "dW: stride ignored",
        "windows(wide(padded), len(W), stride), 0.0",
        "windows(wide(padded), len(W), 1)[:, : dy.shape[1], : dy.shape[2]], 0.0",
    ),
    ("y alone: the window transposed", '"brcuvi,uvi->brci"', '"brcuvi,vui->brci"'),
)
mistakes(
    DEPTHWISE,
    STRIDED,
    ("dW: the last part alone", "dW = dW + xp", "dW = xp"),
    ("dW: every part with the first rows of dy", "wide(dy[part])", "wide(dy[:1, : view[part].shape[1]])"),
    block=7,
)
CONSISTENT += [
    Consistent(
        "a true convolution: the kernel is turned round",
        DEPTHWISE,
        (
            ("view, wide(W))", "view, wide(W)[::-1, ::-1])"),
            ("return dW.astype", "return dW[::-1, ::-1].astype"),
        ),
        "depthwise 3x3, stride 1, padding 1",
    ),
    Consistent(
        "rows of the window for columns",
        DEPTHWISE,
        (("brcuvi,uvi", "brcvui,uvi"), ("brcuvi,brci", "brcvui,brci")),
        "depthwise 3x3, stride 1, padding 1",
    ),
]

# ---- squeeze-and-excite ----

GATE = "blocks/squeeze_excite.py"
mistakes(
    GATE,
    ("squeeze_excite", "mbconv, training", "efficientnet, evaluation"),
    ("not through the mean", "    dx += of_channels((wide(du) / places).astype(dy.dtype, copy=False))\n", ""),
    ("not through the gate", "dx = dy * of_channels(g)", "dx = 0.0 * dy"),
    ("the gate forgotten", "dx = dy * of_channels(g)", "dx = dy.copy()"),
    ("a sum for the mean", "wide(du) / places", "wide(du)"),
    ("dg a mean", "wide(x)) * places)", "wide(x)))"),
    ("dg without x", "wide(dy) * wide(x)", "wide(dy)"),
    ("the slope of σ forgotten", "sigmoid.backward(dg, g)", "dg"),
    ("the slope of swish forgotten", "swish.backward(du, saved_swish)", "du"),
)
CONSISTENT += [
    Consistent(
        "a sum over the places for their mean",
        GATE,
        (
            ("s = place_mean(wide(x))", "s = x.shape[1] * x.shape[2] * place_mean(wide(x))"),
            ("wide(du) / places", "wide(du)"),
        ),
        "squeeze_excite",
    ),
    Consistent(
        "the gate beside x itself",
        GATE,
        (
            ("return x * of_channels(g)", "return x * of_channels(1.0 + g)"),
            ("dx = dy * of_channels(g)", "dx = dy * of_channels(1.0 + g)"),
        ),
        "squeeze_excite",
    ),
]

wrong_rules(
    GATE,
    "test_trace_efficientnet",
    "test_the_mean_of_a_large_map_is_taken_in_float32",
    ("the mean in float16", "s = place_mean(wide(x))", "s = place_mean(x)"),
)

# ---- stochastic depth ----

DEPTH = "ops/stochastic_depth.py"
PER_IMAGE = "(len(x), *(1 for _ in x.shape[1:]))"
mistakes(
    DEPTH,
    ("stochastic_depth", "mbconv, training"),
    ("nothing dropped in the backward pass", "return dropout.backward(dy, saved)", "return dy"),
    (
        "not rescaled in the backward pass",
        "dropout.backward(dy, saved)",
        "dropout.backward(dy, (saved[0], 0.0))",
    ),
)
CONSISTENT += [
    Consistent("one draw per value", DEPTH, ((PER_IMAGE, "x.shape"),), "stochastic_depth"),
    Consistent("one draw for the whole batch", DEPTH, ((PER_IMAGE, "(1,) * x.ndim"),), "stochastic_depth"),
    Consistent(
        "what is kept is not rescaled",
        DEPTH,
        (
            (
                "dropout.apply(x, keep, rate=rate), (keep, rate)",
                "dropout.apply(x, keep, rate=0.0), (keep, 0.0)",
            ),
        ),
        "stochastic_depth",
    ),
]

# ---- MBConv ----

UNIT = "blocks/mbconv.py"
ADDS = "dx = da if saved.depth is None else da + dy"
mistakes(
    UNIT,
    ("mbconv, training", "efficientnet, training"),
    ("not through the shortcut", ADDS, "dx = da"),
    ("not through stochastic depth", "da = stochastic_depth.backward(dy, saved.depth)", "da = dy"),
)
mistakes(
    UNIT,
    ("mbconv, wider, evaluation", "mbconv, stride 2, training"),
    ("a shortcut where there is none", ADDS, "dx = da + dy"),
)
mistakes(
    UNIT,
    ("mbconv, training", "mbconv, stride 2, evaluation"),
    ("not through swish", "swish.backward(dy, saved_swish)", "dy"),
    (
        "not through the norm behind the last 1x1",
        'da, dp["norm_3"] = batch_norm.backward(da, saved_norm)',
        '_, dp["norm_3"] = batch_norm.backward(da, saved_norm)',
    ),
    ("not through the gate", "da, dp_gate = squeeze_excite.backward", "_, dp_gate = squeeze_excite.backward"),
)
CONSISTENT += [
    Consistent(
        "nothing is added",
        UNIT,
        (("        y = x + a\n", "        y = a\n"), (ADDS, "dx = da")),
        "mbconv, evaluation",
    ),
    Consistent(
        "PyTorch's zeros around the image, as many on both sides",
        UNIT,
        (('padding="same"', 'padding=(len(p["W"]) - 1) // 2'),),
        "mbconv, stride 2, evaluation",
    ),
    Consistent(
        "the norms before swish with the running statistics in training",
        UNIT,
        (("p_norm, eps=how.eps, training=how.training", "p_norm, eps=how.eps, training=False"),),
        "mbconv, training",
    ),
]
wrong_rules(
    UNIT,
    "test_trace_efficientnet",
    "test_one_place_with_a_stride_is_not_added",
    ("added where the stride is 2", "if how.stride == 1 and y.shape", "if y.shape"),
)

# ---- the model ----

MODEL = "models/efficientnet/model.py"
mistakes(
    MODEL,
    ("efficientnet, training",),
    ("not through the dropout", "dropout.backward(dx, saved.dropout)", "dx"),
)
mistakes(
    MODEL,
    ("efficientnet, training, recomputed",),
    ("recomputed with the generator of later units", "copy.deepcopy(rng)) if keep", "rng) if keep"),
    ("recomputed without what was dropped", "rng=copy.deepcopy(saved_unit.rng)", "rng=None"),
)
wrong_rules(
    MODEL,
    "test_efficientnet",
    "test_parameters",
    (
        "the gate's width from the wide channels",
        "config.squeezed(inputs)",
        "config.squeezed(6 * inputs)",
    ),
    name="EfficientNet-B0",
)
wrong_rules(
    MODEL,
    "test_trace_efficientnet",
    "test_every_value_of_training",
    ("evaluation's statistics in training", "training=rng is not None)", "training=False)"),
)
CONFIG = "models/efficientnet/config.py"
wrong_rules(
    CONFIG,
    "test_efficientnet",
    "test_parameters",
    ("channels may be 10% fewer", "new if new >= 0.9 * n * width else new + 8", "new"),
    ("units are rounded", "math.ceil(n * depth)", "round(n * depth)"),
    name="EfficientNet-B3",
)
wrong_rules(
    CONFIG,
    "test_trace_efficientnet",
    "test_the_units_of_b0",
    (
        "the rate of the unit after",
        "stochastic_depth_rate * number / total",
        "stochastic_depth_rate * (number + 1) / total",
    ),
    ("the whole rate in every unit", "stochastic_depth_rate * number / total", "stochastic_depth_rate"),
    ("the last unit has the whole rate", "rate * number / total", "rate * number / (total - 1)"),
    ("every unit has the stride of its stage", "1 if unit else config.strides", "config.strides"),
)
wrong_rules(
    UNIT,
    "test_trace_efficientnet",
    "test_an_initial_model_is_what_it_was_built_to_be",
    (
        "fan in",
        "initializers.normal(rng, shape, (2.0 / (shape[0] * shape[1] * outputs))",
        "initializers.normal(rng, shape, (2.0 / (shape[0] * shape[1] * shape[-2]))",
    ),
    ("variance 1/fan out", "(2.0 / (shape[0]", "(1.0 / (shape[0]"),
    (
        "a depthwise kernel's fan out counts the channels",
        "(kernel, kernel, channels), 1, dtype",
        "(kernel, kernel, channels), channels, dtype",
    ),
)
wrong_rules(
    "models/efficientnet/inside.py",
    "test_trace_efficientnet",
    "test_every_gradient_by_the_complex_step",
    (
        "the gradients of the units in the order of the forward pass",
        '"dy", count - 1 - number',
        '"dy", number',
    ),
    ("the gradient of the stem for the last map's", "*_layer(-1, 0)", "*_layer(-1, -1)"),
    fields={},
)
