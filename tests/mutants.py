"""Deliberately broken backwards, and forwards whose backward no longer fits: data for `test_mutants.py`.

A mutant is one exact piece of a source file, what stands there instead, and the cases (see `cases.py`) in which
the contract must fail. "As found in public code" marks mistakes made, and shipped, in other hand-written ViTs.
"""

from typing import NamedTuple


class Mutant(NamedTuple):
    """One mistake."""

    what: str
    file: str  # under vitnp/
    old: str
    new: str
    cases: tuple  # every one of them must catch it
    clause: str  # of the contract
    block: int | None  # backend.BLOCK, for what is only done to arrays larger than that

    def __str__(self):
        return f"{self.file.removesuffix('.py')}: {self.what}"


MUTANTS = []


def mistakes(file, cases, *rows, clause="gradient", block=None):
    """Add a mutant for every row (what, old, new)."""
    for what, old, new in rows:
        MUTANTS.append(Mutant(what, file, old, new, cases, clause, block))


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

DSOFTMAX = "dx = dy * y\n    dx -= y * row_sums(dx)\n    return dx"
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
    ("backward overwrites dy", "dx = dy * y", "dy *= y\n    dx = dy"),
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
        "slope = 1.0 - Phi\n    slope *= Phi",
        "u = array_module(x).tanh(LINEAR + 3.0 * CUBIC * x2)\n    slope = 0.25 - 0.25 * u * u",
    ),
    ("tanh′ forgotten", "slope = 1.0 - Phi\n    slope *= Phi", "slope = 0.25 + 0.0 * Phi"),
    ("tanh′ without its second factor", "    slope *= Phi\n", ""),
    ("factor 3 of the cube forgotten", "6.0 * CUBIC", "2.0 * CUBIC"),
    ("derivative of the erf form", "both_tanh if form", "both_erf if form"),
    ("inner derivative √(2/π) forgotten", "x2 += 2.0 * LINEAR", "x2 += 2.0"),
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
    ("erf: derivative of the tanh form", "else both_erf)", "else both_tanh)"),
    ("erf: φ without 1/√(2π)", "    density *= 1.0 / SQRT_2_PI\n", ""),
    ("erf: exp(−x²) in place of exp(−x²/2)", "density *= -0.5", "density *= -1.0"),
    ("erf: √2 forgotten", "erf(x * (1.0 / SQRT_2))", "erf(x)"),
)
mistakes(
    "ops/gelu.py",
    ("s7_feed_forward, erf", "vit, erf"),
    (
        "erf: y made again by the tanh form",
        "return product_rule(x, dy, Phi_erf(x), density)",
        "return gelu_tanh(x), product_rule(x, dy, Phi_erf(x), density)[1]",
    ),
)
# What fuse hands a formula is a view of the caller's arrays.
mistakes(
    "ops/gelu.py",
    ("gelu tanh", "gelu erf"),
    ("GELU overwrites dy", "    slope *= dy\n", "    dy *= slope\n    slope = dy\n"),
    ("GELU overwrites x", "    Phi *= x\n    return", "    x *= Phi\n    Phi = x\n    return"),
    clause="unmodified",
)

DROPOUT = ("dropout", "s5_attention, both dropouts", "s7_feed_forward, dropout", "vit, dropout")
DDROPOUT = "return apply(dy, keep, rate=rate)"
mistakes(
    "ops/dropout.py",
    DROPOUT,
    ("mask forgotten", DDROPOUT, "return dy * (1.0 / (1.0 - rate))"),
    ("mask inverted", DDROPOUT, "return apply(dy, ~keep, rate=rate)"),
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
    ("mask in float64", DDROPOUT, 'return apply(dy, keep.astype("float64"), rate=rate)'),
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
    "ops/interpolate.py",
    (
        "interpolate bilinear-aligned, 7 rows",
        "interpolate bicubic, 7 rows",
        "interpolate bicubic-antialias, 6 rows",
    ),
    ("rows and columns exchanged", "dE_pos, W_rows.T, W_cols.T", "dE_pos, W_cols.T, W_rows.T"),
    ("not transposed", "dE_pos, W_rows.T, W_cols.T", "dE_pos, W_rows, W_cols"),
)

SUMS = '{"E_rows": patches[..., half:].sum(axis=1), "E_cols": patches[..., :half].sum(axis=0)}'
EXCHANGED = '{"E_rows": patches[..., :half].sum(axis=1), "E_cols": patches[..., half:].sum(axis=0)}'
mistakes(
    "ops/positions.py",
    ("positions 2d", "vit, 2d", "vit, 2d in every layer, shared"),
    ("a row's gradient is the mean of its patches", "half:].sum(axis=1)", "half:].mean(axis=1)"),
    ("a column's gradient from the first row of patches", ":half].sum(axis=0)", ":half][0]"),
    ("the halves exchanged on the way back", SUMS, EXCHANGED),
    ("forward: the halves exchanged", "[in_cols, in_rows]", "[in_rows, in_cols]"),
    (
        "forward: the class token's row last",
        "return xp.concatenate(parts)",
        "return xp.concatenate(parts[::-1])",
    ),
    ("the class token's row taken for a patch", "dE_pos[cls:]", "dE_pos[: rows * cols]"),
    ("no gradient for the class token's place", '{"E_cls": dE_pos[0]}', '{"E_cls": 0.0 * dE_pos[0]}'),
)
mistakes(
    "ops/relative.py",
    ("relative, 5 tokens", "s5_attention, relative", "vit, relative"),
    (
        "forward: every window one column late",
        "[..., T - 1 : T - 1 + T * step]\n",
        "[..., T : T + T * step]\n",
    ),
    ("forward: the windows go the other way", "return windows(G), (Q", "return windows(G)[..., ::-1], (Q"),
    (
        "the windows spread from the first column",
        "flat[..., T - 1 : T - 1 + T * step] =",
        "flat[..., : T * step] =",
    ),
    ("no gradient for the queries", "return dG @ E_rel, dG", "return 0.0 * Q, dG"),
    ("no gradient for the distances", "dG.swapaxes(-1, -2) @ Q", "0.0 * (dG.swapaxes(-1, -2) @ Q)"),
    ("distances from the wrong end", "dG.swapaxes(-1, -2) @ Q", "(dG.swapaxes(-1, -2) @ Q)[..., ::-1, :]"),
)

IMAGE = ("s1_patchify", "vit")
mistakes(
    "steps/s1_patchify.py",
    IMAGE,
    (
        "forward reads (B, H, W, C) as (B, C, H, W): pixels scrambled (as found in public code)",
        "images.reshape(B, height // P, P, width // P, P, C).swapaxes(2, 3)",
        "images.reshape(B, C, height // P, P, width // P, P).transpose(0, 2, 4, 3, 5, 1)",
    ),
    ("backward forgets to swap the axes", "values // (P * P)).swapaxes(2, 3)", "values // (P * P))"),
    (
        "rows and columns inside a patch exchanged",
        "values // (P * P)).swapaxes(2, 3)",
        "values // (P * P)).transpose(0, 1, 4, 2, 3, 5)",
    ),
    (
        "backward takes the channel as slowest",
        "patches.reshape(B, rows, cols, P, P, values // (P * P)).swapaxes(2, 3)",
        "patches.reshape(B, rows, cols, values // (P * P), P, P).transpose(0, 1, 4, 2, 5, 3)",
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

mistakes(
    "steps/s4_position.py",
    ("s4_position", "vit"),
    ("not summed over the batch (as found in public code)", "dx.sum(axis=0)", "dx"),
    ("mean over the batch", "dx.sum(axis=0)", "dx.mean(axis=0)"),
    ("one sum for all rows", "dx.sum(axis=0)", "0.0 * dx[0] + dx.sum(axis=(0, 1))"),
    ("forward never adds it", "x + E_pos, rate", "x, rate"),
)
mistakes(
    "steps/s4_position.py",
    ("s4_position, dropout", "vit, dropout"),
    ("gradient before the dropout", "dx.sum(axis=0)", "dy.sum(axis=0)"),
    ("dropout forgotten", "dx = dropout.backward(dy, saved_dropout)", "dx = dy"),
)

ATTENTION = ("s5_attention", "block", "vit")
THREE_WAYS = 'input_gradient(dQ, p["W_Q"]) + input_gradient(dK, p["W_K"]) + input_gradient(dV, p["W_V"])'
MERGED = "dQ, dK, dV = heads.merge(dQ), heads.merge(dK), heads.merge(dV)"
RETURN = "return y, Saved(x, p, Q, K, V, A, A_keep, attention_dropout_rate, concat, y_dropout)"
DQDKDV = "dQ, dK = dS @ K, dS.swapaxes(-1, -2) @ Q"
DA = "dA = dropout.apply(dO @ V.swapaxes(-1, -2), A_keep, rate=rate)"
DV = "dV = dropout.apply(A, A_keep, rate=rate).swapaxes(-1, -2) @ dO"
mistakes(
    "steps/s5_attention.py",
    ATTENTION,
    ("1/√d_k forgotten", "    dS *= 1.0 / math.sqrt(Q.shape[-1])\n", ""),
    ("1/d_k in place of 1/√d_k", "dS *= 1.0 / math.sqrt(Q.shape[-1])", "dS *= 1.0 / Q.shape[-1]"),
    (
        "forward scales by the model width",
        "    S *= 1.0 / math.sqrt(Q.shape[-1])",
        "    S *= 1.0 / math.sqrt(Q.shape[1] * Q.shape[-1])",
    ),
    (
        "scores' gradient divided by the number of tokens (as found in public code)",
        "    dS *= 1.0 / math.sqrt(Q.shape[-1])\n",
        "    dS *= 1.0 / math.sqrt(Q.shape[-1]) / Q.shape[2]\n",
    ),
    ("dQ and dK exchanged", MERGED, "dQ, dK, dV = heads.merge(dK), heads.merge(dQ), heads.merge(dV)"),
    ("dV and dQ exchanged", MERGED, "dQ, dK, dV = heads.merge(dV), heads.merge(dK), heads.merge(dQ)"),
    ("dQ with the scores transposed", DQDKDV, DQDKDV.replace("dS @ K", "dS.swapaxes(-1, -2) @ K")),
    ("dK with the scores not transposed", DQDKDV, "dQ, dK = dS @ K, dS @ Q"),
    ("dK and dQ handed back in the other order", DQDKDV, "dQ, dK = dS.swapaxes(-1, -2) @ Q, dS @ K"),
    ("dQ from Q and dK from K", DQDKDV, "dQ, dK = dS @ Q, dS.swapaxes(-1, -2) @ K"),
    ("dV with the weights not transposed", DV, DV.replace(".swapaxes(-1, -2)", "")),
    (
        "dA with the values not transposed",
        DA,
        DA.replace("dO @ V.swapaxes(-1, -2)", "V @ dO.swapaxes(-1, -2)"),
    ),
    (
        "softmax's gradient at the scores",
        "softmax.backward(dA, A)",
        "softmax.backward(dA, Q @ K.swapaxes(-1, -2))",
    ),
    ("the softmax forgotten", "dS = softmax.backward(dA, A)", "dS = dA * 1.0"),
    (
        "the heads' gradients not split",
        "dO = heads.split(dconcat, Q.shape[1])",
        "dO = dconcat.reshape(Q.shape)",
    ),
    ("the way through Q missing", THREE_WAYS, 'input_gradient(dK, p["W_K"]) + input_gradient(dV, p["W_V"])'),
    ("the way through K missing", THREE_WAYS, 'input_gradient(dQ, p["W_Q"]) + input_gradient(dV, p["W_V"])'),
    ("the way through V missing", THREE_WAYS, 'input_gradient(dQ, p["W_Q"]) + input_gradient(dK, p["W_K"])'),
    ("no way back through W_Q, W_K, W_V (as found in public code)", THREE_WAYS, "dQ + dK + dV"),
    ("dx returned from the concatenated values (as found in public code)", THREE_WAYS, "dV"),
    ("W_K's way back through W_Q", 'input_gradient(dK, p["W_K"])', 'input_gradient(dK, p["W_Q"])'),
    ("W_O forgotten on the way back", 'dconcat = input_gradient(dy, p["W_O"])', "dconcat = dy"),
    ("W_O not transposed", 'dconcat = input_gradient(dy, p["W_O"])', 'dconcat = dy @ p["W_O"]'),
    (
        "W_O's gradient with the output in place of concat (as found in public code)",
        RETURN,
        RETURN.replace("concat", "y"),
    ),
    ("W_O's gradient with the values, unweighted", '("O", concat, dy)', '("O", heads.merge(V), dy)'),
    ("W_K's gradient from dQ", '("K", x, dK)', '("K", x, dQ)'),
    (
        "forward without W_O: heads never mix (as found in public code)",
        'y = affine(concat, p["W_O"], p["b_O"])',
        "y = concat",
    ),
    ("forward without softmax, as the slide's caption reads", "A, _ = softmax.forward(S)", "A = S"),
    (
        "forward: softmax over the queries",
        "A, _ = softmax.forward(S)",
        "A = softmax.forward(S.swapaxes(-1, -2))[0].swapaxes(-1, -2)",
    ),
    ("forward: b_K used for V", 'affine(x, p["W_V"], p["b_V"])', 'affine(x, p["W_V"], p["b_K"])'),
    ("forward: every head sees the first head's keys", "S = Q @ K.swapaxes", "S = Q @ K[:, :1].swapaxes"),
)
mistakes(
    "steps/s5_attention.py",
    ("s5_attention, relative", "block, relative", "vit, relative"),
    ("the distances' way back to Q missing", "return dQ + dQ_rel, dK", "return dQ, dK"),
    ("the content's way back to Q missing", "return dQ + dQ_rel, dK", "return dQ_rel, dK"),
    ("forward: the keys ask for the distance", "relative.forward(Q, E_rel)", "relative.forward(K, E_rel)"),
    ("forward: the distances do not count", "S += relative", "relative"),
    ("E_rel's gradient of the first image", "column_sums(part.resh", "column_sums(part[:1].resh"),
    (
        "E_rel's gradient not scaled as its scores",
        "relative.backward(dS, (Q, E_rel))",
        "relative.backward(dS * math.sqrt(Q.shape[-1]), (Q, E_rel))",
    ),
)
mistakes(
    "steps/s5_attention.py",
    ("s5_attention, attention dropout", "vit, attention dropout"),
    ("dV without attention dropout", DV, "dV = A.swapaxes(-1, -2) @ dO"),
    ("dA without attention dropout", DA, "dA = dO @ V.swapaxes(-1, -2)"),
    ("dV: mask inverted", DV, DV.replace("A_keep", "~A_keep")),
    ("dA: mask inverted", DA, DA.replace("A_keep", "~A_keep")),
    ("dV: scale forgotten", DV, DV.replace("rate=rate", "rate=0.0")),
    ("dA: scale forgotten", DA, DA.replace("rate=rate", "rate=0.0")),
    ("mask transposed: queries for keys", DA, DA.replace("A_keep", "A_keep.swapaxes(-1, -2)")),
    ("mask of another head", DA, DA.replace("A_keep", "A_keep[:, ::-1]")),
    ("mask not handed to backward", "Q, K, V, A, A_keep, rate=A_rate", "Q, K, V, A, None, rate=A_rate"),
    (
        "the rate of the output's dropout handed to backward",
        "Q, K, V, A, A_keep, rate=A_rate",
        "Q, K, V, A, A_keep, rate=0.0",
    ),
    (
        "softmax's gradient at the dropped weights",
        "softmax.backward(dA, A)",
        "softmax.backward(dA, dropout.apply(A, A_keep, rate=rate))",
    ),
    (
        "what is saved are the dropped weights",
        "return dropout.apply(A, A_keep, rate=rate) @ V, A",
        "A = dropout.apply(A, A_keep, rate=rate)\n    return A @ V, A",
    ),
    (
        "forward drops nothing",
        "return dropout.apply(A, A_keep, rate=rate) @ V, A",
        "return A @ V, A",
    ),
)
mistakes(
    "steps/s5_attention.py",
    ("s5_attention, dropout", "vit, dropout"),
    ("output dropout forgotten", "    dy = dropout.backward(dy, y_dropout)\n", ""),
)
mistakes(
    "steps/s5_attention.py",
    ATTENTION,
    (
        "right the first time only: the scale is written into Q and K",
        "    dS *= 1.0 / math.sqrt(Q.shape[-1])\n",
        "    Q *= 1.0 / math.sqrt(Q.shape[-1])\n    K *= 1.0 / math.sqrt(K.shape[-1])\n",
    ),
    clause="unmodified",
)
mistakes(
    "steps/s5_attention.py",
    ATTENTION,
    (
        "one place for what all calls save",
        RETURN,
        'place = forward.__dict__.setdefault("place", [])\n'
        + RETURN.replace("return y, Saved(", "    place[:] = Saved(")
        + "\n    return y, place",
    ),
    clause="interleaved",
)

NORM = ("s6_layer_norm", "block", "vit")
DGAMMA = '{"gamma": column_sums(dy * x_hat), "beta": column_sums(dy)}'
mistakes(
    "steps/s6_layer_norm.py",
    NORM,
    ("without along_mean", "dx_hat - along_mean - x_hat", "dx_hat - x_hat"),
    ("without along_x_hat", "dx_hat - along_mean - x_hat * along_x_hat", "dx_hat - along_mean"),
    ("sign of along_x_hat", "- x_hat * along_x_hat", "+ x_hat * along_x_hat"),
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
    ("1/σ forgotten", "along_x_hat) * inverse_std,)", "along_x_hat),)"),
    ("σ in place of 1/σ", "along_x_hat) * inverse_std,)", "along_x_hat) / inverse_std,)"),
    ("1/σ² in place of 1/σ", "along_x_hat) * inverse_std,)", "along_x_hat) * inverse_std**2,)"),
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
        "c = x - row_means(x)",
        "c = x - x.mean(axis=-2, keepdims=True)",
    ),
    ("what is saved is y", "return y, (x_hat, inverse_std,", "return y, (y, inverse_std,"),
    (
        "gradient at y in place of x̂",
        "(dx,) = normalize_backward(dy, x_hat,",
        "(dx,) = normalize_backward(dy, x_hat * gamma,",
    ),
)
mistakes(
    "steps/s6_layer_norm.py",
    NORM,
    (
        "gamma updated in place (as found in public code)",
        "    (dx,) = normalize_backward(",
        '    gamma -= 0.1 * dp["gamma"]\n    (dx,) = normalize_backward(',
    ),
    clause="unmodified",
)

FEED = ("s7_feed_forward", "block", "vit")
mistakes(
    "steps/s7_feed_forward.py",
    FEED,
    (
        "GELU forgotten",
        "g, du = gelu.again_and_backward(dg, saved_gelu)",
        "g, du = gelu.forward(saved_gelu[0])[0], dg",
    ),
    (
        "GELU's derivative at its output",
        "g, du = gelu.again_and_backward(dg, saved_gelu)",
        "g = gelu.forward(saved_gelu[0])[0]\n    du = gelu.backward(dg, (g, saved_gelu[1]))",
    ),
    (
        "GELU made again twice",
        "g, du = gelu.again_and_backward(dg, saved_gelu)",
        "g, du = gelu.again_and_backward(dg, saved_gelu)\n    g = gelu.forward(g)[0]",
    ),
    ("g and du exchanged", "g, du = gelu.again", "du, g = gelu.again"),
    ("W1's bias gradient before the GELU", '"b1": bias_gradient(du)', '"b1": bias_gradient(dg)'),
    (
        "W2's gradient before the GELU",
        '"W2": weight_gradient(g, dv)',
        '"W2": weight_gradient(saved_gelu[0], dv)',
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
        "saved_gelu, g_dropout, v_dropout = saved",
        "saved_gelu, v_dropout, g_dropout = saved",
    ),
    (
        "W2's gradient with the values before dropout",
        '"W2": weight_gradient(g, dv)',
        '"W2": weight_gradient(gelu.forward(saved_gelu[0], form=saved_gelu[1])[0], dv)',
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
    ("tanh′ forgotten", "dy * (1.0 - r * r)", "dy"),
    ("1 − tanh in place of 1 − tanh²", "dy * (1.0 - r * r)", "dy * (1.0 - r)"),
    ("forward without the tanh", "        y = xp.tanh(y)\n", ""),
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

BLOCK = ("block", "encoder of 3", "vit")
mistakes(
    "encoder.py",
    BLOCK,
    ("the residual around the MLP forgotten", "    dx = dx + df\n", "    dx = df\n"),
    ("the residual around the attention forgotten", "    dx = dx + da\n", "    dx = da\n"),
    ("the way through the MLP forgotten", "    dx = dx + df\n", ""),
    ("the residual added twice", "    dx = dx + da\n", "    dx = dx + dx + da\n"),
    (
        "the residual inside the norm",
        "    df, dp_norm_2 = s6_layer_norm.backward(df, saved.norm_2)\n    dx = dx + df\n",
        "    dx, dp_norm_2 = s6_layer_norm.backward(dx + df, saved.norm_2)\n",
    ),
    (
        "forward: the residual takes the normalized tokens",
        "    x = x + a\n",
        '    x = norm_1[0] * p["norm_1"]["gamma"] + p["norm_1"]["beta"] + a\n',
    ),
    (
        "forward: norm after the residual",
        "    x = x + f\n",
        '    x, _ = s6_layer_norm.forward(x + f, p["norm_2"], eps=config.layer_norm_eps)\n',
    ),
    ("forward: one residual forgotten", "    x = x + a\n", "    x = a\n"),
    (
        "what the first norm saved used for the second",
        "backward(df, saved.norm_2)",
        "backward(df, saved.norm_1)",
    ),
    (
        "the attention gets the gradient from after the MLP",
        "s5_attention.backward(dx, saved.attention)",
        "s5_attention.backward(dx - df, saved.attention)",
    ),
    ("gradients of the two norms exchanged", '        "norm_1": dp_norm_1,', '        "norm_1": dp_norm_2,'),
)
mistakes(
    "encoder.py",
    ("encoder of 3", "vit"),
    ("blocks not in reverse", "for i in reversed(range(len(saved))):", "for i in range(len(saved)):"),
    (
        "only the last block passes its gradient on",
        "        dx, dp = block_backward(dx, everything(saved[i]))\n        yield i, dx, dp",
        "        dx_i, dp = block_backward(dx, everything(saved[i]))\n        yield i, dx_i, dp",
    ),
    (
        "every block gets the last one's gradient",
        "block_backward(dx, everything(saved[i]))",
        "block_backward(dx, everything(saved[-1]))",
    ),
    ("the first block forgotten", "reversed(range(len(saved)))", "reversed(range(1, len(saved)))"),
)
mistakes(
    "encoder.py",
    ("vit, both dropouts, recomputed",),
    ("recomputed with other masks", "config, copy.deepcopy(rng))", "config, rng)"),
    ("the first block's input for all", "BlockInput(x, p[i]", "BlockInput(x if i == 0 else saved[0].x, p[i]"),
    ("the first block's weights for all", "BlockInput(x, p[i]", "BlockInput(x, p[0]"),
)
mistakes(
    "encoder.py",
    ("vit, both dropouts, recomputed",),
    (
        "the saved generator is drawn from",
        "rng=copy.deepcopy(rng))\n    return saved",
        "rng=rng)\n    return saved",
    ),
    clause="unmodified",
)
mistakes(
    "encoder.py",
    ("encoder of 3",),
    ("what a block hands down is thrown away", "dx, dp[i] = dx_i, dp_i", "_, dp[i] = dx_i, dp_i"),
    ("blocks numbered from the end", "dx, dp[i] = dx_i, dp_i", "dx, dp[len(saved) - 1 - i] = dx_i, dp_i"),
)
mistakes(
    "encoder.py",
    ("encoder of 3",),
    ("dp in the order of the way back", "return dx, dict(reversed(dp.items()))", "return dx, dp"),
    clause="tree",
)

DCLASS = "        dx, dp = s3_class_token.backward(dx, saved.class_token)\n"
IF_CLASS, YIELD_CLASS = "    if saved.class_token is not None:\n", '        yield "class_token", dp\n'
DPOSITION = """\
    dx, dp = s4_position.backward(dx, saved.position)
    if saved.every_layer is not None:
        dp = encoder.positions_backward(dE_pos, saved.every_layer)
    if dp:
        yield "position", dp
"""
mistakes(
    "vit.py",
    ("vit", "vit and loss"),
    ("the final norm's gradient forgotten", "dx, dp = s6_layer_norm", "_, dp = s6_layer_norm"),
    ("forward: the final norm forgotten", "x, norm = s6_layer_norm", "_, norm = s6_layer_norm"),
    (
        "class token's backward called twice (as found in public code)",
        DCLASS,
        DCLASS + DCLASS,
    ),
    ("the blocks' gradient never reaches the patches", "        dx = dx_i\n", ""),
    ("blocks numbered from the end", 'f"blocks.{i}"', 'f"blocks.{len(saved.blocks) - 1 - i}"'),
    (
        "positions added before the class token on the way back",
        f"{DPOSITION}{IF_CLASS}{DCLASS}{YIELD_CLASS}",
        f"{IF_CLASS}{DCLASS}{YIELD_CLASS}{DPOSITION}",
    ),
    (
        "no gradient for the image",
        'yield "images", s1_patchify.backward(dx, saved.patchify)',
        'yield "images", 0.0 * s1_patchify.backward(dx, saved.patchify)',
    ),
)
mistakes(
    "vit.py",
    ("vit, 1d in every layer", "vit, 2d in every layer, shared", "loss over two threads, every-layer"),
    (
        "a layer's positions: the mean over the batch",
        "dE_pos[i] = dx.sum(axis=0)",
        "dE_pos[i] = dx.mean(axis=0)",
    ),
    (
        "the positions of every layer get the stem's gradient",
        "dE_pos[i] = dx.sum(axis=0)",
        "dE_pos[i] = dx.sum(axis=0)\n            dE_pos = dict.fromkeys(dE_pos, dE_pos[i])",
    ),
)
mistakes(
    "encoder.py",
    (
        "vit, 1d in every layer, shared",
        "vit, 2d in every layer, shared",
        "loss over two threads, every-layer-shared",
    ),
    ("shared positions: the last layer's gradient alone", "total = total + dE\n", "total = dE\n"),
)
mistakes(
    "encoder.py",
    ("vit, 1d in every layer", "vit, 2d in every layer, shared"),
    ("forward: the layers add nothing", "x = x + E_pos[i]", "x = x + 0.0 * E_pos[i]"),
    ("forward: every layer adds the first's", "x = x + E_pos[i]", "x = x + E_pos[0] * (i + 1)"),
)
mistakes(
    "vit.py",
    ("vit, dropout",),
    (
        "the patches get the gradient from before the positions' dropout",
        "dx, dp = s4_position",
        "_, dp = s4_position",
    ),
)
mistakes(
    "vit.py",
    ("vit", "vit, gap"),
    ("dp in the order of the way back", "tree.from_leaves(reversed(parts))", "tree.from_leaves(parts)"),
    clause="tree",
)

LOSS = ("loss", "vit and loss")
mistakes(
    "loss.py",
    LOSS,
    ("1/B forgotten", "(p - t) * (dloss / t.shape[0])", "(p - t) * dloss"),
    ("divided by the classes, not the batch", "t.shape[0]", "t.shape[1]"),
    ("sign", "(p - t) *", "(t - p) *"),
    ("dloss forgotten", "(dloss / t.shape[0])", "(1.0 / t.shape[0])"),
    ("the labels forgotten", "(p - t) *", "p *"),
    ("log probabilities in place of probabilities", "p, _ = softmax.forward(wide(logits))", "p = logits"),
    ("softmax over the batch", "p, _ = softmax.forward(wide(logits))", "p = softmax.forward(logits.T)[0].T"),
    (
        "forward: softmax applied twice (as found in public code)",
        "z = z - z.real.max(axis=-1, keepdims=True)",
        "z, _ = softmax.forward(logits)",
    ),
)
mistakes(
    "loss.py",
    ("loss, smoothing", "loss, soft targets, smoothing"),
    (
        "label smoothing forgotten",
        "/ B, (logits, t)",
        "/ B, (logits, targets(labels, num_classes, logits.real.dtype))",
    ),
)

SHARES = ("loss over two threads", "loss by two images, recomputed")
mistakes(
    "parallel.py",
    SHARES,
    (
        "a share's weight forgotten",
        "loss.backward(weight * loss_scale, saved_loss)",
        "loss.backward(1.0, saved_loss)",
    ),
    (
        "the first share's gradients only",
        "dp if part.total is None else",
        "dp if part.total is None else part.total or",
    ),
    ("the last share's gradients only", "dp if part.total is None else", "dp or"),
    ("the first share added to itself", "part.total, dp)", "part.total, part.total)"),
    ("the second share subtracted", "operator.iadd", "operator.isub"),
    ("what was used is handed out from the front", "return self.pop(i)", "return self.pop(0)"),
)
mistakes(
    "parallel.py",
    SHARES,
    ("parts joined in the order of the way back", "reversed(self.parts.items())", "self.parts.items()"),
    ("the images' gradient among the parameters'", '            if name != "images":\n    ', ""),
    clause="tree",
)

mistakes(
    "masked.py",
    ("masked corruption", "masked color"),
    ("A in place of its transpose", "A.swapaxes(-1, -2) @ dy", "A @ dy"),
    ("patches that are gone get a gradient", "A.swapaxes(-1, -2) @ dy", "dy"),
    ("[mask] gets the gradient of every patch", "(m * dy).sum", "dy.sum"),
    ("[mask]: the mean over the batch", "(m * dy).sum(axis=(0, 1))", "(m * dy).sum(axis=1).mean(axis=0)"),
    ("forward: [mask] twice where it stands", 'm * p["mask"], (A, m)', '2.0 * m * p["mask"], (A, m)'),
)
mistakes(
    "masked.py",
    ("masked color", "masked downsized", "masked patch", "masked over two threads"),
    ("the corruption forgotten on the way back", "dx, dp = corrupt_backward", "_, dp = corrupt_backward"),
    (
        "the head's gradient one token early",
        "(x.shape, image, first + corruption.rows)",
        "(x.shape, image, corruption.rows)",
    ),
    ("the tokens' gradient forgotten", "dx[image, rows] = dx_rows", "dx[image, rows] = 0.0 * dx_rows"),
)
mistakes(
    "masked.py",
    ("masked patch", "masked patch, gap, dropout"),
    ("the 2 of the square", "2.0 * dloss", "dloss"),
    ("the mean's divisor forgotten", "(2.0 * dloss / saved.size)", "(2.0 * dloss)"),
    ("dloss forgotten", "2.0 * dloss", "2.0"),
)
mistakes(
    "masked.py",
    ("masked color", "masked downsized"),
    ("classes: dloss forgotten", "loss.backward(dloss, saved_loss)", "loss.backward(1.0, saved_loss)"),
)
mistakes(
    "training/masked.py",
    ("masked over two threads", "masked patch by two images"),
    ("a share's weight forgotten", "masked.loss_backward(dloss,", "masked.loss_backward(1.0,"),
)

RESULTS = "return results if isinstance(part, tuple) else results[0]"
PART = "part = f(*(a[start : start + BLOCK] for a in flat))"
STORE = "result[start : start + BLOCK] = values"
mistakes(
    "backend.py",
    ("gelu tanh", "s7_feed_forward", "vit"),
    ("fuse: the last value of a block missing", STORE, "result[start : start + BLOCK - 1] = values[:-1]"),
    (
        "fuse: the last, shorter block missing",
        "range(0, x.size, BLOCK)",
        "range(0, x.size - BLOCK + 1, BLOCK)",
    ),
    ("fuse: the first block missing", "range(0, x.size, BLOCK)", "range(BLOCK, x.size, BLOCK)"),
    ("fuse: the wrong one of two results", RESULTS, RESULTS.replace("results if", "results[::-1] if")),
    ("fuse: the first result twice", RESULTS, RESULTS.replace("results if", "results[:1] * 2 if")),
    (
        "fuse: the values one place early",
        PART,
        "part = f(*(a.take(range(start - 1, min(start + BLOCK, a.size) - 1)) for a in flat))",
    ),
    (
        "fuse: every block but the first array's is the first",
        PART,
        "n = flat[0][start:][:BLOCK].size\n            part = f(flat[0][start:][:n], *(a[:n] for a in flat[1:]))",
    ),
    ("fuse: the axes in reverse", "result.reshape(x.shape)", 'result.reshape(x.shape, order="F")'),
    clause="gradient",
    block=11,
)
mistakes(
    "backend.py",
    ("gelu tanh", "s7_feed_forward", "vit"),
    ("fuse: results without a dtype are float64", "np.empty(x.size, a.dtype)", "np.empty(x.size)"),
    clause="dtype",
    block=11,
)
mistakes(
    "backend.py",
    ("s5_attention", "s6_layer_norm", "vit"),
    (
        "blocked: the first array's rows from the front, the others' from the end",
        "None if a is None else a[rows] for a in arrays",
        "None if a is None else (a if a is first else a[::-1, ::-1])[rows] for a in arrays",
    ),
    (
        "blocked: the first result for all",
        "        return results\n\n    return in_blocks",
        "        return results[:1] * len(results)\n\n    return in_blocks",
    ),
    block=50,
)
mistakes(
    "backend.py",
    ("s5_attention", "s6_layer_norm", "vit"),
    ("blocked: results without a dtype are float64", "*a.shape[2:]), a.dtype)", "*a.shape[2:]))"),
    clause="dtype",
    block=50,
)
# 50 values are 8 rows of the LayerNorm's 6: more than the 5 of an image. 13 values are 2 rows, so of 5 one is over.
mistakes(
    "backend.py",
    ("s6_layer_norm", "encoder of 3"),
    ("row_blocks: the last images missing", "range(0, B, rows // J)", "range(0, B - rows // J, rows // J)"),
    ("row_blocks: the first images missing", "range(0, B, rows // J)", "range(rows // J, B, rows // J)"),
    (
        "row_blocks: the last image of a block missing",
        "slice(i, i + rows // J), slice(None)",
        "slice(i, i + rows // J - 1), slice(None)",
    ),
    (
        "row_blocks: the first row of every image missing",
        "slice(i, i + rows // J), slice(None)",
        "slice(i, i + rows // J), slice(1, None)",
    ),
    block=50,
)
mistakes(
    "backend.py",
    ("s5_attention", "s6_layer_norm", "vit"),
    ("row_blocks: the last rows missing", "range(0, J, step)", "range(0, J - step, step)"),
    ("row_blocks: the first rows missing", "range(0, J, step)", "range(step, J, step)"),
    ("row_blocks: the last row of a block missing", "slice(j, j + step))", "slice(j, j + step - 1))"),
    ("row_blocks: the last image missing", "for i in range(B) for j", "for i in range(B - 1) for j"),
    ("row_blocks: every image written as the first", "(slice(i, i + 1), slice(j,", "(slice(0, 1), slice(j,"),
    block=13,
)
mistakes(
    "backend.py",
    ("gelu erf", "s7_feed_forward, erf", "vit, erf"),
    ("erf in float32: a coefficient changed", "    0.1027654815,", "    0.1037654815,"),
    ("erf in float32: sign of a coefficient", "    -0.000625718519,", "    0.000625718519,"),
    (
        "erf in float32: the coefficients from the other end",
        "ERF_COEFFICIENTS[-2:0:-1]:",
        "ERF_COEFFICIENTS[1:-1]:",
    ),
    ("erf in float32: a coefficient left out", "ERF_COEFFICIENTS[-2:0:-1]:", "ERF_COEFFICIENTS[-2:1:-1]:"),
    ("erf in float32: even, not odd", "return np.tanh(P)", "return np.tanh(abs(P))"),
    clause="precision",
)
mistakes(
    "backend.py",
    ("gelu erf", "s7_feed_forward, erf", "vit, erf"),
    (
        "erf of float32 in float64 too",
        "erf_float32(x) if x.dtype == np.float32 else scipy",
        "erf_float32(x) if x.dtype == np.float64 else scipy",
    ),
)
mistakes(
    "backend.py",
    ("gelu erf", "s7_feed_forward, erf", "vit, erf"),
    (
        "erf of float32 by way of float64",
        "erf_float32(x) if x.dtype",
        "scipy.special.erf(x.astype(float)) if x.dtype",
    ),
    clause="dtype",
)


class Consistent(NamedTuple):
    """A wrong forward with the backward that fits it: no gradient check can see it."""

    what: str
    file: str
    changes: tuple  # of (old, new)
    case: str
    block: int | None = None

    def __str__(self):
        return f"{self.file.removesuffix('.py')}: {self.what}"


CONSISTENT = [
    Consistent(
        "every patch transposed, there and back",
        "steps/s1_patchify.py",
        (
            ("P, C).swapaxes(2, 3)", "P, C).transpose(0, 1, 3, 4, 2, 5)"),
            ("values // (P * P)).swapaxes(2, 3)", "values // (P * P)).transpose(0, 1, 4, 2, 3, 5)"),
        ),
        "s1_patchify",
    ),
    Consistent(
        "class token last",
        "steps/s3_class_token.py",
        (("[cls, x]", "[x, cls]"), ("dz[:, 1:]", "dz[:, :-1]"), ("dz[:, 0].sum", "dz[:, -1].sum")),
        "s3_class_token",
    ),
    Consistent(
        "2-D positions: rows for columns",
        "ops/positions.py",
        (("[in_cols, in_rows]", "[in_rows, in_cols]"), (SUMS, EXCHANGED)),
        "positions 2d",
    ),
    Consistent(
        "distances counted from the key",
        "ops/relative.py",
        (
            ("G = Q @ E_rel.T", "G = Q @ E_rel[::-1].T"),
            (
                "return dG @ E_rel, dG.swapaxes(-1, -2) @ Q",
                "return dG @ E_rel[::-1], (dG.swapaxes(-1, -2) @ Q)[..., ::-1, :]",
            ),
        ),
        "s5_attention, relative",
    ),
    Consistent(
        "scores not divided by √d_k",
        "steps/s5_attention.py",
        (
            ("    S *= 1.0 / math.sqrt(Q.shape[-1])\n", ""),
            ("    dS *= 1.0 / math.sqrt(Q.shape[-1])\n", ""),
        ),
        "s5_attention",
    ),
    Consistent(
        "residual around the MLP left out",
        "encoder.py",
        (("    x = x + f\n", "    x = f\n"), ("    dx = dx + df\n", "    dx = df\n")),
        "block",
    ),
    Consistent(
        "mean over unequal shares",
        "parallel.py",
        (("(stop - start) / B", "1.0 / workers"),),
        "loss over two threads",
    ),
    Consistent(
        "micro-batches: each weighs as a batch",
        "parallel.py",
        (("(stop - start) / B", "(stop - start) / min(B, micro_batch)"),),
        "loss by two images, recomputed",
    ),
    Consistent(
        "micro-batches: the last is left out",
        "parallel.py",
        (("range(0, len(images), micro_batch)", "range(0, len(images) - 1, micro_batch)"),),
        "loss by two images, recomputed",
    ),
    Consistent(
        "every share the images of the first",
        "parallel.py",
        (("vit.forward(images[start:stop]", "vit.forward(images[: stop - start]"),),
        "loss over two threads",
    ),
    Consistent(
        "every share the corruption of the first",
        "training/masked.py",
        (("config, drawn.images(own), drop)", "config, drawn.images(slice(0, stop - start)), drop)"),),
        "masked over two threads",
    ),
    Consistent(
        "every share the targets of the first",
        "training/masked.py",
        (("masked.loss_forward(y, t[own]", "masked.loss_forward(y, t[: stop - start]"),),
        "masked over two threads",
    ),
    Consistent(
        "the head reads the token before the corrupted one",
        "masked.py",
        (("first = x.shape[1] - config.num_patches", "first = 0"),),
        "masked color",
    ),
    Consistent(
        "blocked: the rows of a block in reverse",
        "backend.py",
        (("result[rows] = values", "result[rows] = values[:, ::-1]"),),
        "s6_layer_norm",
        block=50,
    ),
    Consistent(
        "blocked: the mask is lost",
        "backend.py",
        (("None if a is None else", "None if a is None or a.dtype == bool else"),),
        "s5_attention, attention dropout",
        block=50,
    ),
]


class Rule(NamedTuple):
    """A mistake in what no gradient check sees; the test `where.test`, called with `given`, must fail."""

    what: str
    file: str
    old: str
    new: str
    where: str
    test: str
    given: dict

    def __str__(self):
        return f"{self.file.removesuffix('.py')}: {self.what}"


RULES = []


def wrong_rules(file, where, test, *rows, **given):
    """Add a `Rule` for every row (what, old, new)."""
    for what, old, new in rows:
        RULES.append(Rule(what, file, old, new, where, test, given))


TWENTY = "test_twenty_steps_of_the_textbook"
MEAN1, MEAN2 = "    m += (1.0 - beta1) * g\n", "    square *= 1.0 - beta2\n"
SORTED = "in sorted(tree.leaves(p), key=lambda pair: pair[0]):"
wrong_rules(
    "optim.py",
    "test_optim",
    TWENTY,
    ("m without its factor", MEAN1, "    m += g\n"),
    ("m not forgotten", "    m *= beta1\n", ""),
    ("β₁ and β₂ exchanged in m", MEAN1, "    m += (1.0 - beta2) * g\n"),
    ("v without its factor", MEAN2, ""),
    ("v not forgotten", "    v *= beta2\n", ""),
    ("v of g, not of g²", "square = g * g", "square = abs(g)"),
    ("the root of v forgotten", "change = v**0.5", "change = v**1.0"),
    ("ε forgotten", "    change += eps\n", "    change += 0.1 * eps + 1e-7\n"),
    ("m̂ without its correction", "correction2**0.5 / correction1, eps", "correction2**0.5, eps"),
    (
        "v̂ without its correction",
        "rate, tiny = lr * correction2**0.5 / correction1",
        "rate, tiny = lr / correction1",
    ),
    ("steps counted from 2", "1.0 - beta1 ** state", "1.0 - beta1 * beta1 ** state"),
    ("the step not counted", '    state["step"] += 1\n', '    state["step"] += state["step"] == 0\n'),
    ("decay of every leaf", "if decayed and shrink != 1.0:", "if shrink != 1.0:"),
    ("decay of none", "if decayed and shrink != 1.0:", "if False:"),
    ("decay without the learning rate", "1.0 - lr * weight_decay", "1.0 - weight_decay"),
    ("decay in the gradient (Adam with L2)", "added = 0.0 if optimizer ==", "added = 0.0 if optimizer !="),
    ("uphill", "theta -= change", "theta += change"),
    ("every group gets the first one's moments", "        start += g.size\n", ""),
    ("the last group forgotten", "    if group:\n        yield group\n", ""),
    optimizer="adamw",
    together=6,
)
wrong_rules(
    "optim.py",
    "test_optim",
    TWENTY,
    ("decay of every leaf, in the gradient", "if added and decayed else g", "if added else g"),
    ("decay of none, in the gradient", "g + added * theta if added and decayed else g", "g"),
    ("every leaf gets the first one's change", "            end += theta.size\n", ""),
    ("decay decoupled for Adam", 'if optimizer == "adamw" else 1.0', "if True else 1.0"),
    optimizer="adam",
    together=1000,
)
wrong_rules(
    "optim.py",
    "test_optim",
    TWENTY,
    ("momentum forgotten", "    m *= momentum\n", "    m *= 0.0\n"),
    (
        "momentum in the gradient's place",
        "    m += g\n    return",
        "    m += (1.0 - momentum) * g\n    return",
    ),
    ("the gradient alone", "return lr * m", "return lr * g"),
    ("the learning rate forgotten", "return lr * m", "return 1.0 * m"),
    ("the learning rate in the momentum", "m += g\n    return lr * m", "m += lr * g\n    return 1.0 * m"),
    optimizer="sgd",
    together=1,
)
wrong_rules(
    "optim.py",
    "test_optim",
    "test_the_order_of_the_leaves_is_nothing",
    ("moments in the order of the tree", SORTED, "in tree.leaves(p):"),
    optimizer="adamw",
)
wrong_rules(
    "optim.py",
    "test_optim",
    "test_a_leaf_without_a_flat_view",
    ("a copy is updated in place of the leaf", " and theta.flags.c_contiguous:", ":"),
)
wrong_rules(
    "optim.py",
    "test_optim",
    "test_clip_scales_all_leaves_alike",
    ("the norm a leaf at a time", "squares = sum(g @ g for g in flat)", "squares = max(g @ g for g in flat)"),
    ("scaled to 1/norm", "scale(dp, max_norm / norm)", "scale(dp, 1.0 / norm**2)"),
    ("not scaled", "            scale(dp, max_norm / norm)", "            pass"),
)
wrong_rules(
    "optim.py",
    "test_optim",
    "test_clip_leaves_a_small_gradient_alone",
    ("small gradients made larger", "if max_norm < norm < math.inf:", "if max_norm < 1e300:"),
)
wrong_rules(
    "optim.py",
    "test_optim",
    "test_polyak_averaging",
    (
        "the share of the past and of the present exchanged",
        "(1.0 - decay) * (theta - mean)",
        "decay * (theta - mean)",
    ),
    ("the sum of all", "(theta - mean)", "theta"),
)
wrong_rules(
    "schedules.py",
    "test_schedules",
    "test_warm_up_is_linear",
    ("no warm-up", "min(1.0, step / warmup_steps)", "min(1.0, step)"),
    ("a warm-up from 0", "step / warmup_steps)", "(step - 1) / warmup_steps)"),
)
wrong_rules(
    "schedules.py",
    "test_schedules",
    "test_the_end_is_zero_and_stays_zero",
    ("a cosine from the start of the warm-up", "max(total_steps - warmup_steps, 1)", "total_steps"),
    ("a whole cosine", "math.cos(math.pi * p)", "math.cos(2.0 * math.pi * p)"),
    ("beyond the end the rate rises again", "min(max((step", "max(max((step"),
)
wrong_rules(
    "schedules.py",
    "test_schedules",
    "test_linear_ends_where_the_released_code_does",
    ("an end of 0", "end=1e-5", "end=0.0"),
    ("the end added", "end + (lr - end)", "end + lr"),
)
wrong_rules(
    "linear_eval.py",
    "test_linear_eval",
    "test_against_least_squares",
    ("targets of 0 and 1", "1.0, -1.0)", "1.0, 0.0)"),
    ("not centered", "(x - mean) / std", "x / std"),
    ("not scaled", "(x - mean) / std", "(x - mean)"),
    ("no penalty", "l2 * np.eye(D)", "0.0 * np.eye(D)"),
    n=200,
    l2=1024.0,
)
wrong_rules(
    "linear_eval.py",
    "test_linear_eval",
    "test_against_least_squares",
    ("no penalty, few images", "l2 * np.eye(n)", "1e-6 * np.eye(n)"),
    ("a penalty of l2², few images", "l2 * np.eye(n)", "l2 * l2 * np.eye(n)"),
    n=12,
    l2=1024.0,
)
# Broken ways to look inside: (what, file, old, new, the test of test_look.py that sees it).
LOOKING = [
    (what, "look.py", old, new, test)
    for what, old, new, test in (
        (
            "rollout: columns divided, as found in public code",
            "mixed.sum(axis=-1, keepdims=True)",
            "mixed.sum(axis=-1)",
            "test_rollout_takes_the_mean_of_the_heads_and_keeps_rows",
        ),
        (
            "rollout: rows not divided",
            "        mixed = mixed / mixed.sum(axis=-1, keepdims=True)\n",
            "",
            "test_rollout_takes_the_mean_of_the_heads_and_keeps_rows",
        ),
        (
            "rollout: no identity",
            "0.5 * (A.mean(axis=1) + identity)",
            "A.mean(axis=1)",
            "test_rollout_of_identity_and_uniform",
        ),
        ("rollout: layers in reverse", "else mixed @ R", "else R @ mixed", "test_rollout_of_one_hot_layers"),
        (
            "gradient rollout: layers in reverse",
            "else relevant @ R",
            "else R @ relevant",
            "test_gradient_rollout_by_hand",
        ),
        (
            "gradient rollout: negative relevance counts",
            "xp.maximum(dA * A, 0)",
            "abs(dA * A)",
            "test_gradient_rollout_by_hand",
        ),
        (
            "gradient rollout: positive after the mean",
            "xp.maximum(dA * A, 0).mean(axis=1)",
            "xp.maximum((dA * A).mean(axis=1), 0)",
            "test_gradient_rollout_by_hand",
        ),
        (
            "gradient rollout: no identity",
            " + xp.eye(A.shape[-1], dtype=A.dtype)",
            "",
            "test_gradient_rollout_by_hand",
        ),
        (
            "distance: rows not divided by what the class token leaves",
            "distance / xp.where(looks, total, 1)",
            "distance",
            "test_attention_distance",
        ),
        ("distance: class token kept", "A[..., first:, first:]", "A[..., :6, :6]", "test_attention_distance"),
        ("distance: in patches", "patch_size * xp.sqrt(", "xp.sqrt(", "test_patch_distances"),
        (
            "distance: rows and columns mixed",
            "i // cols, i % cols",
            "i // rows, i % rows",
            "test_patch_distances",
        ),
        (
            "distance: queries without one counted",
            "xp.maximum(queries, 1)",
            "xp.maximum(queries * 0 + A.shape[-1], 1)",
            "test_distance_of_queries_that_look_at_the_class_token_alone",
        ),
        ("class token: its column", "A[..., 0, 1:]", "A[..., 1:, 0]", "test_attention_from_class_token"),
        (
            "positions: not of norm 1",
            "    e = e / xp.where(norm > 0, norm, 1)\n",
            "",
            "test_position_similarity",
        ),
        ("filters: mean kept", "W.T - W.mean(axis=1)", "W.T", "test_filters_of_rank_one"),
        ("filters: sign left to chance", "* xp.sign(Vt[", "* abs(Vt[", "test_filters_of_rank_one"),
        (
            "filters: standard deviations",
            "Vt[:n], sigma * sigma",
            "Vt[:n], sigma",
            "test_filters_of_two_known_directions",
        ),
        ("norms: not rooted", "math.sqrt(square)", "square", "test_gradient_norms"),
    )
]
HALF = "test_half_of_the_patches_and_four_fifths_of_them_masked"
wrong_rules(
    "masked.py",
    "test_masked",
    HALF,
    ("nine tenths masked", "REPLACED, EXCHANGED = 0.8, 0.1", "REPLACED, EXCHANGED = 0.9, 0.05"),
    ("none exchanged", "kind < REPLACED + EXCHANGED, other, rows", "kind < REPLACED + EXCHANGED, rows, rows"),
    ("another may be the patch itself", "rng.integers(1, N, (B, n))", "rng.integers(0, N, (B, n))"),
    ("another is the next one", "rng.integers(1, N, (B, n))", "1"),
    (
        "the first half in place of any",
        "rng.random((B, N)).argsort(axis=1)",
        "rng.random((B, N)).cumsum(1).argsort(1)",
    ),
    ("others are corrupted too", "source = xp.arange(N) + xp", "source = xp.arange(N)[::-1] + xp"),
)
wrong_rules(
    "masked.py",
    "test_masked",
    "test_the_color_of_a_patch",
    ("blue in the place of red", "LEVELS ** (x.shape[-1] - 1 - c)", "LEVELS**c"),
    ("the highest level is one too many", "0), LEVELS - 1).astype", "0), LEVELS).astype"),
    ("the models' scale in place of the picture's", "(x * std + mean) * LEVELS", "x * LEVELS"),
    (
        "the corrupted patch's neighbor",
        "corruption.rows]  # (B, n, P·P·C)",
        "corruption.rows - 1]  # (B, n, P·P·C)",
    ),
)
wrong_rules(
    "masked.py",
    "test_masked",
    "test_the_steps_of_gray",
    ("rounded in place of cut off", "xp.floor((", "xp.rint(("),
    ("four levels", "LEVELS = 8 ", "LEVELS = 4 "),
)
wrong_rules(
    "masked.py",
    "test_masked",
    "test_the_down_sized_patch",
    (
        "rows and columns mixed",
        "side, P // side, side, P // side, config",
        "P // side, side, P // side, side, config",
    ),
    ("the mean over other pixels", ".mean(axis=(3, 5))", ".mean(axis=(2, 4))"),
)
wrong_rules(
    "masked.py",
    "test_masked",
    "test_losses_by_hand",
    ("patch: the sum", "(difference * difference).mean()", "(difference * difference).sum()"),
    ("patch: the distance", "(difference * difference).mean()", "abs(difference).mean()"),
)
wrong_rules(
    "masked.py",
    "test_masked",
    "test_how_often_it_is_right",
    ("the smallest logit", ".argmax(axis=-1) == t", ".argmin(axis=-1) == t"),
    ("patch: the first pixel", ".reshape(flat).mean(axis=2)", ".reshape(flat)[:, :, 0]"),
)
wrong_rules(
    "ops/relative.py",
    "test_positions",
    "test_relative_distances_pair_by_pair",
    (
        "resized: all readings of a distance count alike",
        "embeddings * count.astype(dtype)[:, None], pairs + count",
        "embeddings, pairs + 0 * count + 1",
    ),
    ("resized: only one reading of a distance", "for extra in (0, 1):", "for extra in (0,):"),
    (
        "resized: the way back to the class token as the way from it",
        "E_rel[zero - 1 :: -1]",
        "E_rel[zero + 1 :]",
    ),
    (
        "resized: rows and columns exchanged",
        "picture = E_rel[down * cols + on +",
        "picture = E_rel[on * rows + down +",
    ),
    new_grid=(5, 4),
    cls=1,
)
wrong_rules(
    "ops/relative.py",
    "test_positions",
    "test_relative_distances_pair_by_pair",
    ("resized: a single row is the first of the picture", "picture[rows - 1 : rows]", "picture[:1]"),
    new_grid=(1, 3),
    cls=0,
)
wrong_rules(
    "ops/positions.py",
    "test_positions",
    "test_2d_tables_interpolated_are_their_whole_table_interpolated",
    (
        "resized: the old size and the new exchanged",
        "matrix(xp, new, old, method)",
        "matrix(xp, old, new, method).T",
    ),
    new_grid=(5, 4),
    cls=1,
    method="bilinear-aligned",
)
wrong_rules(
    "ops/positions.py",
    "test_positions",
    "test_the_table_patch_by_patch",
    ("sincos: cosine first", "[xp.sin(angle), xp.cos(angle)]", "[xp.cos(angle), xp.sin(angle)]"),
    ("sincos: MoCo v3's wavelengths", "max(width // 2 - 1, 1)", "max(width // 2, 1)"),
    ("sincos: rows for columns", "[in_cols, in_rows]", "[in_rows, in_cols]"),
    kind="sincos",
    classifier="token",
)
