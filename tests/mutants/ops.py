"""Linear, softmax, GELU, dropout, heads."""

from mutants.kinds import mistakes, wrong_rules

DW, DB = "x.reshape(-1, x.shape[-1]).T @ dy.reshape(-1, dy.shape[-1])", "column_sums(dy)"
mistakes(
    "ops/linear.py",
    ("linear, square W", "s5_attention"),
    ("W in place of its transpose", "@ W.T)", "@ W)"),
    (
        "weight gradient transposed",
        DW,
        "dy.reshape(-1, dy.shape[-1]).T @ x.reshape(-1, x.shape[-1])",
    ),
)
mistakes(
    "ops/linear.py",
    ("linear", "vit"),
    ("sign of dx", "return input_gradient(dy, W), {", "return -input_gradient(dy, W), {"),
    ("forward forgets the bias", "    y += b\n", ""),
    (
        "weight gradient not summed over the batch",
        DW,
        "x.swapaxes(-1, -2) @ dy",
    ),
    (
        "weight gradient of the first image only",
        DW,
        "x[0].reshape(-1, x.shape[-1]).T @ dy[0].reshape(-1, dy.shape[-1])",
    ),
    (
        "weight gradient divided by the number of rows",
        DW,
        f"{DW} / (x.size // x.shape[-1])",
    ),
    (
        "bias gradient is the mean",
        DB,
        "dy.reshape(-1, dy.shape[-1]).mean(0)",
    ),
    (
        "bias gradient of the first row only",
        DB,
        "dy.reshape(-1, dy.shape[-1])[0]",
    ),
    ("bias gradient not summed over the batch", DB, "dy.sum(axis=-2)"),
    ("bias gradient under another name", '"b": bias_gradient(dy)', '"bias": bias_gradient(dy)'),
)
mistakes(
    "ops/linear.py",
    ("linear", "vit, no head"),
    (
        "dp in another order",
        '{"W": weight_gradient(x, dy), "b": bias_gradient(dy)}',
        '{"b": bias_gradient(dy), "W": weight_gradient(x, dy)}',
    ),
    clause="tree",
)

DSOFTMAX = "dx = wide(dy) * y\n    dx -= y * row_sums(dx)\n    return dx.astype(dtype, copy=False)"
mistakes(
    "ops/softmax.py",
    ("softmax", "s5_attention", "vit"),
    ("only the diagonal of the Jacobian (as found in public code)", DSOFTMAX, "return y * (1.0 - y) * dy"),
    ("the sum dropped", DSOFTMAX, "return y * dy"),
    ("sign of the sum", "dx -= y * row_sums(dx)", "dx += y * row_sums(dx)"),
    ("sum over the wrong axis", "dx -= y * row_sums(dx)", "dx -= y * dx.sum(axis=-2, keepdims=True)"),
    ("plain mean in place of the weighted one", "y * row_sums(dx)", "y * dy.mean(axis=-1, keepdims=True)"),
    ("leading factor y forgotten", DSOFTMAX, "return dy - (dy * y).sum(axis=-1, keepdims=True)"),
    ("factor y of the sum forgotten", "dx -= y * row_sums(dx)", "dx -= row_sums(dx)"),
    (
        "forward divides the columns, for want of keepdims (as found in public code)",
        "y /= row_sums(y)",
        "y /= y.sum(axis=-1)[..., None, :]",
    ),
)
mistakes(
    "ops/softmax.py",
    ("softmax", "s5_attention", "vit"),
    (
        "backward overwrites what was saved",
        DSOFTMAX,
        "y *= dy - (dy * y).sum(axis=-1, keepdims=True)\n    return y",
    ),
    clause="unmodified",
)
mistakes(
    "ops/softmax.py",
    ("softmax",),
    ("backward overwrites dy", "dx = wide(dy) * y", "dy *= y\n    dx = dy"),
    (
        "forward overwrites x",
        "y = xp.exp(x) if is_safe(x)",
        "x -= x.real.max(axis=-1, keepdims=True)\n    y = xp.exp(x) if is_safe(x)",
    ),
    clause="unmodified",
)

TANH = ("gelu tanh", "s7_feed_forward", "vit")
ERF = ("gelu erf", "s7_feed_forward, erf", "vit, erf")
RULE = "    slope *= x\n    slope += Phi\n"
mistakes(
    "ops/gelu.py",
    TANH,
    (
        "x³ in place of x² in the derivative (as found in public code)",
        "x2 *= 6.0 * CUBIC",
        "x2 *= x * (6.0 * CUBIC)",
    ),
    (
        "tanh of the inner function's derivative (as found in public code)",
        "slope = 1.0 - Phi\n    slope *= Phi\n    x2",
        "u = array_module(x).tanh(LINEAR + 3.0 * CUBIC * x2)\n    slope = 0.25 - 0.25 * u * u\n    x2",
    ),
    ("tanh′ forgotten", "slope = 1.0 - Phi\n    slope *= Phi\n    x2", "slope = 0.25 + 0.0 * Phi\n    x2"),
    ("tanh′ without its second factor", "    slope *= Phi\n    x2", "    x2"),
    ("factor 3 of the cube forgotten", "6.0 * CUBIC", "2.0 * CUBIC"),
    ("derivative of the erf form", "(gelu_tanh, both_tanh)", "(gelu_tanh, both_erf)"),
    ("inner derivative √(2/π) forgotten", "x2 += 2.0 * LINEAR", "x2 += 2.0"),
    ("forward without the cube's coefficient", "    t *= CUBIC\n", ""),
    ("backward with x² in place of its product with the coefficient", "CUBIC * x2)", "1.0 * x2)"),
)
mistakes(
    "ops/gelu.py",
    ("gelu tanh", "gelu erf"),
    ("backward returns y", "_, dx = again_and_backward", "dx, _ = again_and_backward"),
    ("x·Φ′ dropped", RULE, "    slope = Phi + 0.0\n"),
    ("x forgotten before Φ′", "    slope *= x\n", ""),
    ("Φ dropped", "    slope += Phi\n", ""),
    ("dy forgotten", "    slope *= dy\n", ""),
)
# The layer needs y again; GELU's own backward throws it away.
mistakes(
    "ops/gelu.py",
    ("s7_feed_forward", "vit", "s7_feed_forward, erf", "vit, erf"),
    ("y made again without Φ", "    Phi *= x\n    return Phi, slope", "    return x, slope"),
    ("y made again without x", "    Phi *= x\n    return Phi, slope", "    return Phi, slope"),
    ("y made again times dy", "    Phi *= x\n    return Phi, slope", "    Phi *= dy\n    return Phi, slope"),
)
mistakes(
    "ops/gelu.py",
    ERF,
    ("erf: derivative of the tanh form", "(gelu_erf, both_erf)", "(gelu_erf, both_tanh)"),
    ("erf: φ without 1/√(2π)", "    density *= 1.0 / SQRT_2_PI\n", ""),
    ("erf: exp(−x²) in place of exp(−x²/2)", "x2 *= -0.5", "x2 *= -1.0"),
)
mistakes(
    "ops/gelu.py",
    ERF,
    (
        "erf: −x²/2 in place of x² for Φ",
        "    Phi = Phi_erf(x, x2)\n    x2 *= -0.5\n",
        "    x2 *= -0.5\n    Phi = Phi_erf(x, x2)\n",
    ),
    clause="precision",
)
mistakes(
    "ops/gelu.py",
    ("s7_feed_forward, erf", "vit, erf"),
    (
        "erf: y made again by the tanh form",
        "return product_rule(x, dy, Phi, density)",
        "return gelu_tanh(x), product_rule(x, dy, Phi, density)[1]",
    ),
)
# What `tiled` hands a formula is a view of the caller's arrays.
mistakes(
    "ops/gelu.py",
    ("gelu tanh", "gelu erf"),
    ("GELU overwrites dy", "    slope *= dy\n", "    dy *= slope\n    slope = dy\n"),
    ("GELU overwrites x", "    Phi *= x\n    return", "    x *= Phi\n    Phi = x\n    return"),
    clause="unmodified",
)
mistakes(
    "ops/gelu.py",
    ("gelu tanh",),
    ("GELU overwrites x to begin with", "    t = x * x\n", "    x *= x\n    t = x\n"),
    clause="unmodified",
)

DROPOUT = ("dropout", "s5_attention, both dropouts", "s7_feed_forward, dropout", "vit, dropout")
DDROPOUT = "return apply(dy, keep, rate=rate)"
mistakes(
    "ops/dropout.py",
    DROPOUT,
    ("mask forgotten", DDROPOUT, "return dy * (1.0 / (1.0 - rate))"),
    ("mask inverted", DDROPOUT, "return apply(dy, keep if keep is None else ~keep, rate=rate)"),
    ("scale forgotten", DDROPOUT, "return apply(dy, keep, rate=0.0)"),
    (
        "forward forgets the scale",
        "return apply(x, keep, rate=rate), (",
        "return apply(x, keep, rate=0.0), (",
    ),
    (
        "forward forgets the mask",
        "return apply(x, keep, rate=rate), (",
        "return apply(x, None, rate=rate), (",
    ),
    ("scaled by 1/rate", DDROPOUT, "return apply(dy, keep, rate=1.0 - rate)"),
    ("backward lets everything through", DDROPOUT, "return dy"),
)
mistakes(
    "ops/dropout.py",
    ("dropout", "s4_position, dropout"),
    ("backward overwrites dy", DDROPOUT, f"dy *= keep\n    {DDROPOUT}"),
    ("the mask is written into what came in", "    y = x * keep\n", "    y = x\n    y *= keep\n"),
    clause="unmodified",
)
mistakes(
    "ops/dropout.py",
    DROPOUT,
    (
        "mask in float64",
        DDROPOUT,
        'return apply(dy, keep if keep is None else keep.astype("float64"), rate=rate)',
    ),
    clause="dtype",
)

mistakes(
    "ops/heads.py",
    ("heads split", "heads merge", "s5_attention", "vit"),
    (
        "merge forgets to bring the heads together",
        "x.swapaxes(1, 2).reshape(B, N, H * K)",
        "x.reshape(B, N, H * K)",
    ),
    ("merge in another order of heads", "x.swapaxes(1, 2).reshape", "x[:, ::-1].swapaxes(1, 2).reshape"),
    (
        "split deals the columns out in turn",
        "x.reshape(B, N, num_heads, D // num_heads).swapaxes(1, 2)",
        "x.reshape(B, N, D // num_heads, num_heads).transpose(0, 3, 1, 2)",
    ),
)
mistakes(
    "ops/rows.py",
    ("rows every other", "block, two rows"),
    ("the first rows in place of those that were read", "dx[:, rows] = dy", "dx[:, : dy.shape[1]] = dy"),
    ("images in place of rows", "x[:, rows], (", "x[rows], ("),
)
mistakes(
    "ops/rows.py",
    ("rows first", "rows every other", "block, first row", "vit, less"),
    ("the other rows get a gradient", "dx[:, rows] = dy", "dx[:] = dy[:, :1]"),
    ("those that were read get none", "    dx[:, rows] = dy\n", ""),
)
wrong_rules(
    "backend/draws.py",
    "test_parallel",
    "test_dropout_differs_between_the_images_of_a_batch",
    ("every share draws as the first", "skip(self.before * words)", "skip(0)"),
    ("the images after a share are not skipped", "skip(self.after * words)", "skip(0)"),
    ("a word too few is skipped", "skip(self.before * words)", "skip(self.before * (words - 1))"),
    (
        "every image draws as the first",
        ".reshape(images, 4 * words)",
        ".reshape(images, 4 * words)[:1].repeat(images, 0)",
    ),
)
wrong_rules(
    "backend/draws.py",
    "test_device",
    "test_the_rate_of_dropout_on_the_device",
    ("the device drops what it should keep", ">= rate", "< rate"),
)
wrong_rules(
    "backend/draws.py",
    "test_device",
    "test_micro_batches_draw_each_its_own",
    ("every draw of the device is the first", "        self.draws += 1\n", ""),
    ("the device forgets which images", "[*self.seeds, self.draws]", "[self.seeds[0], self.draws]"),
)
