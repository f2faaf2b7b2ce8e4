"""The other steps: patches, class token, LayerNorm, feed-forward, classification."""

from mutants.kinds import mistakes, wrong_rules

IMAGE = ("s1_patchify", "vit")
mistakes(
    "steps/s1_patchify.py",
    IMAGE,
    (
        "forward reads (B, H, W, C) as (B, C, H, W): pixels scrambled (as found in public code)",
        "images.reshape(B, height // P, P, width // P, P, C).swapaxes(2, 3)",
        "images.reshape(B, C, height // P, P, width // P, P).transpose(0, 2, 4, 3, 5, 1)",
    ),
    ("backward forgets to swap the axes", "small_images.swapaxes(2, 3)", "small_images"),
    (
        "rows and columns inside a patch exchanged",
        "small_images.swapaxes(2, 3)",
        "small_images.transpose(0, 1, 4, 2, 3, 5)",
    ),
    (
        "backward takes the channel as slowest",
        "patches.reshape(B, rows, cols, P, P, values // (P * P))",
        "patches.reshape(B, rows, cols, values // (P * P), P, P).transpose(0, 1, 2, 4, 5, 3)",
    ),
    (
        "height and width exchanged (as found in public code)",
        "(rows, cols), P = grid, patch_size",
        "(cols, rows), P = grid, patch_size",
    ),
)

mistakes(
    "steps/s3_class_token.py",
    ("s3_class_token", "vit"),
    ("not summed over the batch (as found in public code)", "dz[:, 0].sum(axis=0)", "dz[:, 0]"),
    ("mean over the batch", "dz[:, 0].sum(axis=0)", "dz[:, 0].mean(axis=0)"),
    ("gradient from the last row", "dz[:, 0].sum(axis=0)", "dz[:, -1].sum(axis=0)"),
    ("gradient summed over the patches too", "dz[:, 0].sum(axis=0)", "dz.sum(axis=(0, 1))"),
    ("no gradient for the class token (as found in public code)", '{"cls": dz[:, 0].sum(axis=0)}', "{}"),
    ("zero gradient for the class token", "dz[:, 0].sum(axis=0)", "0.0 * dz[:, 0].sum(axis=0)"),
    ("dx from the wrong rows", "return dz[:, 1:]", "return dz[:, :-1]"),
    ("forward puts it last", "[cls, x]", "[x, cls]"),
)

NORM = ("s6_layer_norm", "block", "vit")
DGAMMA = '{"gamma": column_sums(dy * x_hat), "beta": column_sums(dy)}'
mistakes(
    "steps/s6_layer_norm.py",
    NORM,
    ("without along_mean", "    dx -= along_mean\n", ""),
    ("without along_x_hat", "    dx -= x_hat * along_x_hat\n", ""),
    ("sign of along_x_hat", "dx -= x_hat * along_x_hat", "dx += x_hat * along_x_hat"),
    ("x̂ forgotten beside along_x_hat", "dx -= x_hat * along_x_hat", "dx -= along_x_hat"),
    (
        "sum in place of the mean",
        "along_x_hat = row_means(dx_hat * x_hat)",
        "along_x_hat = (dx_hat * x_hat).sum(-1)[..., None]",
    ),
    (
        "means taken over the tokens",
        "along_mean = row_means(dx_hat)",
        "along_mean = dx_hat.mean(axis=-2, keepdims=True)",
    ),
    ("gamma forgotten in dx", "dx_hat = dy * gamma", "dx_hat = dy * 1.0"),
    (
        "gamma updated before it is used (as found in public code)",
        "dx_hat = dy * gamma",
        "dx_hat = dy * (gamma - 0.1 * column_sums(dy * x_hat))",
    ),
    ("1/σ forgotten", "    dx *= inverse_std\n", ""),
    ("σ in place of 1/σ", "dx *= inverse_std", "dx /= inverse_std"),
    ("1/σ² in place of 1/σ", "dx *= inverse_std", "dx *= inverse_std**2"),
    ("gamma's gradient without x̂", "column_sums(dy * x_hat)", "column_sums(dy)"),
    (
        "gamma's gradient not summed over the batch",
        "column_sums(dy * x_hat)",
        "(dy * x_hat).sum(axis=1)",
    ),
    ("beta's gradient not summed over the tokens", '"beta": column_sums(dy)', '"beta": dy.sum(axis=0)'),
    ("beta's gradient with gamma", '"beta": column_sums(dy)', '"beta": column_sums(dy * gamma)'),
    (
        "gamma and beta exchanged",
        DGAMMA,
        '{"gamma": column_sums(dy), "beta": column_sums(dy * x_hat)}',
    ),
    (
        "forward divides by D − 1",
        "variance = row_means(c * c)",
        "variance = (c * c).sum(axis=-1, keepdims=True) / (x.shape[-1] - 1)",
    ),
    (
        "forward normalizes over the tokens",
        "c -= row_means(c)",
        "c -= c.mean(axis=-2, keepdims=True)",
    ),
    ("what is saved is y", "return y, (x_hat, inverse_std,", "return y, (y, inverse_std,"),
    (
        "gradient at y in place of x̂",
        "dx = normalize_backward(dy, x_hat,",
        "dx = normalize_backward(dy, x_hat * gamma,",
    ),
)
wrong_rules(
    "steps/s6_layer_norm.py",
    "test_s6_layer_norm",
    "test_a_token_of_equal_values_becomes_beta",
    ("the mean of the values themselves", "c = x - x[..., :1]", "c = x.copy()"),
    hidden_size=191,
    dtype="float32",
)
mistakes(
    "steps/s6_layer_norm.py",
    NORM,
    (
        "gamma updated in place (as found in public code)",
        "    dx = normalize_backward(",
        '    gamma -= 0.1 * dp["gamma"]\n    dx = normalize_backward(',
    ),
    clause="unmodified",
)

FEED = ("s7_feed_forward", "block", "vit")
mistakes(
    "steps/s7_feed_forward.py",
    FEED,
    (
        "GELU forgotten",
        "g, du = NONLINEAR[activation].again_and_backward(dg, saved_g)",
        "g, du = gelu.forward(saved_g[0])[0], dg",
    ),
    (
        "GELU's derivative at its output",
        "g, du = NONLINEAR[activation].again_and_backward(dg, saved_g)",
        "g = gelu.forward(saved_g[0])[0]\n    du = gelu.backward(dg, (g, saved_g[1]))",
    ),
    (
        "GELU made again twice",
        "g, du = NONLINEAR[activation].again_and_backward(dg, saved_g)",
        "g, du = NONLINEAR[activation].again_and_backward(dg, saved_g)\n    g = gelu.forward(g)[0]",
    ),
    ("g and du exchanged", "g, du = NONLINEAR", "du, g = NONLINEAR"),
    ("W1's bias gradient before the GELU", '"b1": bias_gradient(du)', '"b1": bias_gradient(dg)'),
    (
        "W2's gradient before the GELU",
        '"W2": weight_gradient(g, dv)',
        '"W2": weight_gradient(saved_g[0], dv)',
    ),
    ("W1's gradient before the GELU", '"W1": weight_gradient(x, du)', '"W1": weight_gradient(x, dg)'),
    ("dx cut off", 'dx = input_gradient(du, p["W1"])', 'dx = 0.0 * input_gradient(du, p["W1"])'),
)
mistakes(
    "steps/s7_feed_forward.py",
    ("s7_feed_forward, dropout", "vit, dropout"),
    ("output dropout forgotten", "    dv = dropout.backward(dv, v_dropout)\n", ""),
    (
        "hidden dropout forgotten",
        'dropout.backward(input_gradient(dv, p["W2"]), g_dropout)',
        'input_gradient(dv, p["W2"])',
    ),
    (
        "masks exchanged",
        "saved_g, g_dropout, v_dropout, activation = saved",
        "saved_g, v_dropout, g_dropout, activation = saved",
    ),
    (
        "W2's gradient with the values before dropout",
        '"W2": weight_gradient(g, dv)',
        '"W2": weight_gradient(gelu.forward(saved_g[0], form=saved_g[1])[0], dv)',
    ),
    (
        "GELU made again is not dropped",
        "    g = dropout.backward(g, g_dropout)  # the same",
        "    # the same",
    ),
    (
        "GELU made again is dropped twice",
        "g = dropout.backward(g, g_dropout)",
        "g = dropout.backward(dropout.backward(g, g_dropout), g_dropout)",
    ),
)

mistakes(
    "steps/s8_classify.py",
    ("s8_classify, token, head", "s8_classify, token, pre_logits and head", "vit"),
    ("gradient to the last token", "dx[:, 0] = dy", "dx[:, -1] = dy"),
    ("gradient to every token", "dx[:, 0] = dy", "dx[:] = dy[:, None]"),
    ("forward takes the last token", "x[:, 0] if classifier", "x[:, -1] if classifier"),
)
mistakes(
    "steps/s8_classify.py",
    ("s8_classify, gap, head", "s8_classify, gap, nothing else", "vit, gap"),
    ("gap without 1/N", "dy[:, None] / N", "dy[:, None]"),
    ("gap: gradient to the first token only", "dx[:] = dy[:, None] / N", "dx[:, 0] = dy"),
    ("gap: forward skips the first token", "x.mean(axis=1)", "x[:, 1:].mean(axis=1)"),
)
mistakes(
    "steps/s8_classify.py",
    ("s8_classify, token, pre_logits and head", "s8_classify, gap, pre_logits", "vit"),
    ("tanh′ forgotten", "dr * (1.0 - r * r)", "dr"),
    ("1 − tanh in place of 1 − tanh²", "dr * (1.0 - r * r)", "dr * (1.0 - r)"),
    ("forward without the tanh", "r = xp.tanh(u)", "r = u"),
    ("pre-logits layer gets no gradient", '        dp = {"pre_logits": dp_pre, **dp}\n', ""),
)
mistakes(
    "steps/s8_classify.py",
    ("s8_classify, token, pre_logits and head", "vit"),
    ("dp in the order of the way back", 'dp = {"pre_logits": dp_pre, **dp}', 'dp["pre_logits"] = dp_pre'),
    clause="tree",
)
mistakes(
    "steps/s8_classify.py",
    ("s8_classify, token, head", "s8_classify, gap, head", "vit"),
    (
        "zeros without a dtype are float64 (as found in public code)",
        "xp.zeros((B, N, D), dy.dtype)",
        "xp.zeros((B, N, D))",
    ),
    clause="dtype",
)
