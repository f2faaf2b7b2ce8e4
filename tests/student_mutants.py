"""The mutants of steps 5 to 8 (see `mutants`), written into the files of `student_files.py`.

Each row: the mutant as it prints, the step, the families that name it rightly, and the edits that make it there.
"""

ATTENTION, LINEAR, SOFTMAX = "steps/s5_attention: ", "ops/linear: ", "ops/softmax: "
NORM, FEED, HEAD, GELU = (
    "steps/s6_layer_norm: ",
    "steps/s7_feed_forward: ",
    "steps/s8_classify: ",
    "ops/gelu: ",
)
HEADS, BLOCK, LOSS = "ops/heads: ", "blocks/encoder: ", "engine/loss: "

ROOT_Q, ROOT_K = "g_scores, key) / k**0.5", "g_scores, q) / k**0.5"
LOOP = '(("Q", g_q), ("K", g_k), ("V", g_v))'
SUM = 'gx = gx + np.einsum("bne,de->bnd", part, p["W_" + name])'
SCORES = "g_scores = weights * g_weights - weights * inner"
OWN_W = 'g["W_" + name] = np.einsum("bnd,bne->de", x, part)'
CALL, INNER = "return out, {", '"bhqs,bhqs->bhq", weights, g_weights'
QUERY_SUM = 'inner = np.einsum("bhqs,bhqs->bhs", weights, g_weights)[:, :, None]'
WHOLE_INNER = 'inner = np.einsum("bhqs,bhqs->bhq", weights, g_weights)[..., None]'

ROWS = [
    # attention.py
    (ATTENTION + "1/√d_k forgotten", 5, "scale", (ROOT_Q, "g_scores, key)"), (ROOT_K, "g_scores, q)")),
    (ATTENTION + "1/√d_k forgotten for the keys", 5, "scale", (ROOT_K, "g_scores, q)")),
    (
        ATTENTION + "1/d_k in place of 1/√d_k",
        5,
        "scale",
        (ROOT_Q, "g_scores, key) / k"),
        (ROOT_K, "g_scores, q) / k"),
    ),
    (
        ATTENTION + "forward scales by the model width",
        5,
        "scale",
        ("q, key) / k**0.5", "q, key) / width**0.5"),
    ),
    (
        ATTENTION + "scores' gradient divided by the number of tokens (as found in public code)",
        5,
        "scale",
        (SCORES, SCORES.replace("= ", "= (") + ") / tokens"),
    ),
    (ATTENTION + "dQ and dK exchanged", 5, "exchanged", (LOOP, '(("Q", g_k), ("K", g_q), ("V", g_v))')),
    (ATTENTION + "dV and dQ exchanged", 5, "exchanged", (LOOP, '(("Q", g_v), ("K", g_k), ("V", g_q))')),
    (
        ATTENTION + "dQ with the scores transposed",
        5,
        "transposed",
        ('"bhqs,bshk->bqhk", g_s', '"bhsq,bshk->bqhk", g_s'),
    ),
    (
        ATTENTION + "dK with the scores not transposed",
        5,
        "transposed",
        ('"bhqs,bqhk->bshk", g_s', '"bhsq,bqhk->bshk", g_s'),
    ),
    (
        ATTENTION + "dK and dQ handed back in the other order",
        5,
        "exchanged",
        (LOOP, '(("K", g_q), ("Q", g_k), ("V", g_v))'),
    ),
    (
        ATTENTION + "dQ from Q and dK from K",
        5,
        "exchanged",
        (ROOT_Q, "g_scores, q) /k**0.5"),
        (ROOT_K, "g_scores, key) / k**0.5"),
    ),
    (
        ATTENTION + "dV with the weights not transposed",
        5,
        "transposed",
        ('"bhqs,bqhk->bshk", w', '"bhsq,bqhk->bshk", w'),
    ),
    (
        ATTENTION + "dA with the values not transposed",
        5,
        "transposed",
        ('"bqhk,bshk->bhqs", g_mixed', '"bqhk,bshk->bhsq", g_mixed'),
    ),
    (
        ATTENTION + "softmax's gradient at the scores",
        5,
        "softmax_jacobian",
        (
            'weights = saved["weights"]',
            'weights = saved["weights"]; raw = np.einsum("bqhk,bshk->bhqs", q, key)',
        ),
        (SCORES, "g_scores = raw * g_weights - raw * inner"),
        (INNER, INNER.replace("weights,", "raw,")),
    ),
    (ATTENTION + "the softmax forgotten", 5, "softmax_jacobian", (SCORES, "g_scores = g_weights")),
    (
        ATTENTION + "the heads' gradients not split",
        5,
        "heads",
        ("g_flat.reshape(q.shape)", "g_flat.reshape(batch, num_heads, tokens, k).swapaxes(1, 2)"),
    ),
    (ATTENTION + "the way through Q missing", 5, "path", (SUM, f'if name != "Q": {SUM}')),
    (ATTENTION + "the way through K missing", 5, "path", (SUM, f'if name != "K": {SUM}')),
    (ATTENTION + "the way through V missing", 5, "path", (SUM, f'if name != "V": {SUM}')),
    (
        ATTENTION + "no way back through W_Q, W_K, W_V (as found in public code)",
        5,
        "path",
        (SUM, "gx = gx + part"),
    ),
    (
        ATTENTION + "dx returned from the concatenated values (as found in public code)",
        5,
        "path",
        (SUM, "gx = part"),
    ),
    (
        ATTENTION + "W_K's way back through W_Q",
        5,
        "wrong_weight",
        (SUM, SUM.replace('p["W_" + name]', 'p["W_V" if name == "V" else "W_Q"]')),
    ),
    (
        ATTENTION + "W_O forgotten on the way back",
        5,
        "path",
        ('np.einsum("bnf,ef->bne", grad, p["W_O"])', "grad"),
    ),
    (ATTENTION + "W_O not transposed", 5, "transposed", ('"bnf,ef->bne"', '"bnf,fe->bne"')),
    (
        ATTENTION + "W_O's gradient with the output in place of concat (as found in public code)",
        5,
        "wrong_input",
        ('"flat": flat', '"flat": out'),
    ),
    (
        ATTENTION + "W_O's gradient with the values, unweighted",
        5,
        "wrong_input",
        ('saved["flat"]', "v.reshape(x.shape)"),
    ),
    (
        ATTENTION + "W_K's gradient from dQ",
        5,
        "exchanged",
        (OWN_W, f'{OWN_W[:-5]}(g_q.reshape(x.shape) if name == "K" else part))'),
    ),
    (
        ATTENTION + "forward without W_O: heads never mix (as found in public code)",
        5,
        "output_projection",
        ('out = np.einsum("bne,ef->bnf", flat, p["W_O"]) + p["b_O"]', "out = flat"),
    ),
    (
        ATTENTION + "forward without softmax, as the slide's caption reads",
        5,
        "softmax_missing",
        ("weights = np.exp(scores)", "weights = scores"),
        ("weights = weights / weights.sum(-1)[..., None]", "weights = scores"),
    ),
    (
        ATTENTION + "forward: softmax over the queries",
        5,
        "softmax_axis",
        ("weights.sum(-1)[..., None]", "weights.sum(-2)[:, :, None]"),
    ),
    (ATTENTION + "forward: b_K used for V", 5, "forward_bias", ('p["b_V"]', 'p["b_K"]')),
    (
        ATTENTION + "forward: every head sees the first head's keys",
        5,
        "heads",
        ('hqs", q, key)', 'hqs", q, 0 * key + key[:, :, :1])'),
    ),
    (
        ATTENTION + "right the first time only: the scale is written into Q and K",
        5,
        "writes",
        (WHOLE_INNER, f"q *= k**-0.5; key *= k**-0.5; {WHOLE_INNER}"),
        (ROOT_Q, "g_scores, key)"),
        (ROOT_K, "g_scores, q)"),
    ),
    (
        ATTENTION + "one place for what all calls save",
        5,
        "writes",
        (CALL, "return out, one_place({"),
        (
            '"flat": flat}',
            '"flat": flat})\n\nPLACE = {}\n\ndef one_place(saved):\n    PLACE.update(saved)\n    return PLACE',
        ),
    ),
    # ops.py: linear layers
    (
        LINEAR + "W in place of its transpose",
        5,
        "transposed",
        (SUM, SUM.replace("bne,de->bnd", "bne,ed->bnd")),
    ),
    (LINEAR + "weight gradient transposed", 5, "transposed", (OWN_W, OWN_W.replace("->de", "->ed"))),
    (
        LINEAR + "sign of dx",
        7,
        "sign",
        ('return np.einsum("bnm,dm->bnd", du', 'return -np.einsum("bnm,dm->bnd", du'),
    ),
    (LINEAR + "forward forgets the bias", 7, "forward_bias", (' + p["b1"]', ""), (' + p["b2"]', "")),
    (
        LINEAR + "weight gradient not summed over the batch",
        7,
        "sum",
        ("bnd,bnm->dm", "bnd,bnm->bdm"),
        ("bnm,bnd->md", "bnm,bnd->bmd"),
    ),
    (
        LINEAR + "weight gradient of the first image only",
        5,
        "sum",
        (OWN_W, OWN_W.replace("x, part", "x[:1], part[:1]")),
    ),
    (
        LINEAR + "weight gradient divided by the number of rows",
        7,
        "sum",
        ('"bnd,bnm->dm", x, du)', '"bnd,bnm->dm", x, du) / u[..., 0].size'),
    ),
    (LINEAR + "bias gradient is the mean", 5, "sum", ('np.einsum("bne->e", part)', "part.mean((0, 1))")),
    (LINEAR + "bias gradient of the first row only", 7, "sum", ('np.einsum("bnd->d", grad)', "grad[0, 0]")),
    (
        LINEAR + "bias gradient not summed over the batch",
        5,
        "sum",
        ('np.einsum("bne->e", part)', "part.sum(1)"),
    ),
    (LINEAR + "bias gradient under another name", 7, "zero", ('"b1":', '"bias1":')),
    (LINEAR + "dp in another order", 7, None, ('"W1": np', '"b1": np.einsum("bnm->m", du), "W1": np')),
    # ops.py: softmax
    (
        SOFTMAX + "only the diagonal of the Jacobian (as found in public code)",
        5,
        "softmax_jacobian",
        (SCORES, "g_scores = (weights - weights**2) * g_weights"),
    ),
    (SOFTMAX + "the sum dropped", 5, "softmax_jacobian", (SCORES, "g_scores = weights * g_weights")),
    (SOFTMAX + "sign of the sum", 5, "softmax_jacobian", (SCORES, SCORES.replace(" - ", " + "))),
    (SOFTMAX + "sum over the wrong axis", 5, "softmax_jacobian", (WHOLE_INNER, QUERY_SUM)),
    (
        SOFTMAX + "plain mean in place of the weighted one",
        5,
        "softmax_jacobian",
        (WHOLE_INNER, "inner = g_weights.mean(-1)[..., None]"),
    ),
    (SOFTMAX + "leading factor y forgotten", 5, "softmax_jacobian", (SCORES, "g_scores = g_weights - inner")),
    (
        SOFTMAX + "factor y of the sum forgotten",
        5,
        "softmax_jacobian",
        (SCORES, "g_scores = weights * g_weights - inner"),
    ),
    (
        SOFTMAX + "forward divides the columns, for want of keepdims (as found in public code)",
        5,
        "softmax_axis",
        ("weights.sum(-1)[..., None]", "weights.sum(-1)[..., None, :]"),
    ),
    (
        SOFTMAX + "backward overwrites what was saved",
        5,
        "writes",
        (SCORES, "weights *= g_weights - inner; g_scores = weights"),
    ),
    # ops.py: GELU
    (
        GELU + "x³ in place of x² in the derivative (as found in public code)",
        7,
        "gelu_derivative",
        ("0.044715 * u * u\n", "0.044715 * u * u * u\n    \n"),
    ),
    (
        GELU + "tanh of the inner function's derivative (as found in public code)",
        7,
        "gelu_derivative",
        ("u * 2 * phi * (1 - phi) * dz", "u * 0.5 * (1 - np.tanh(dz) ** 2) * dz"),
    ),
    (GELU + "tanh′ forgotten", 7, "gelu_derivative", ("u * 2 * phi * (1 - phi) * dz", "u * 0.5 * dz")),
    (GELU + "tanh′ without its second factor", 7, "gelu_derivative", (" * (1 - phi) * dz", " * dz")),
    (GELU + "factor 3 of the cube forgotten", 7, "gelu_derivative", ("C + 3 * C", "C + C")),
    (
        GELU + "derivative of the erf form",
        7,
        "gelu_derivative",
        (
            "    du = ",
            "    from math import erf\n    cdf = 0.5 + 0.5 * np.vectorize(erf)(u / 2**0.5)\n"
            "    slope = cdf + u * np.exp(-u * u / 2) * (2 * np.pi) ** -0.5\n    du = ",
        ),
    ),
    (GELU + "inner derivative √(2/π) forgotten", 7, "gelu_derivative", ("dz = C +", "dz = 1 +")),
    (
        GELU + "forward without the cube's coefficient",
        7,
        "gelu_forward",
        ("C * 0.044715 * u * u * u", "C * u * u * u"),
    ),
    (
        GELU + "backward with x² in place of its product with the coefficient",
        7,
        "gelu_derivative",
        (
            "    dz = ",
            "    true, phi = phi, 1 / (1 + np.exp(-2 * (C * u + C * u**3)))\n    g = u * true\n    dz = ",
        ),
    ),
    (GELU + "backward returns y", 7, "gelu_derivative", ("du = back * slope", "du = u * phi")),
    (
        GELU + "x·Φ′ dropped",
        7,
        "gelu_derivative",
        ("slope = phi + u * 2 * phi * (1 - phi) * dz", "slope = phi"),
    ),
    (GELU + "x forgotten before Φ′", 7, "gelu_derivative", ("phi + u * 2", "phi + 2")),
    (GELU + "Φ dropped", 7, "gelu_derivative", ("slope = phi + u", "slope = u")),
    (GELU + "dy forgotten", 7, "gelu_derivative", ("du = back * slope", "du = slope")),
    (GELU + "y made again without Φ", 7, "gelu_place", ("    g = u * phi", "    g = u")),
    (GELU + "y made again without x", 7, "gelu_place", ("    g = u * phi", "    g = phi")),
    (GELU + "y made again times dy", 7, "gelu_place", ("    dz = ", "    g = phi * back\n    dz = ")),
    (GELU + "GELU overwrites dy", 7, "writes", ("    du = ", "    grad *= 2\n    du = ")),
    (GELU + "GELU overwrites x", 7, "writes", ("    du = ", "    u *= phi\n    du = ")),
    (
        GELU + "GELU overwrites x to begin with",
        7,
        "writes",
        ("    u = np", "    x *= 2\n    u = 0.5 * np"),
        ('x, p["W1"]) + p["b1"]', 'x, p["W1"]) + p["b1"]'),
    ),
    # ops.py: heads
    (
        HEADS + "merge forgets to bring the heads together",
        5,
        "heads",
        ('"bhqs,bshk->bqhk", weights', '"bhqs,bshk->bhqk", weights'),
    ),
    (
        HEADS + "merge in another order of heads",
        5,
        "heads",
        ("weights, v).reshape", "weights, v)[:, :, ::-1].reshape"),
        ("g_flat.reshape(q.shape)", "g_flat.reshape(q.shape)[:, :, ::-1]"),
        ("part = part.reshape", "part = part[:, :, ::-1].reshape"),
    ),
    (
        HEADS + "split deals the columns out in turn",
        5,
        "heads",
        (
            'p["b_Q"]).reshape(batch, tokens, num_heads, k)',
            'p["b_Q"]).reshape(batch, tokens, k, num_heads).swapaxes(2, 3)',
        ),
        (
            'p["b_K"]).reshape(batch, tokens, num_heads, k)',
            'p["b_K"]).reshape(batch, tokens, k, num_heads).swapaxes(2, 3)',
        ),
        (
            'p["b_V"]).reshape(batch, tokens, num_heads, k)',
            'p["b_V"]).reshape(batch, tokens, k, num_heads).swapaxes(2, 3)',
        ),
    ),
    # steps.py: LayerNorm
    (NORM + "without along_mean", 6, "norm_subtractions", ("d * g - total -", "d * g -")),
    (NORM + "without along_x_hat", 6, "norm_subtractions", (" - normal * along)", ")")),
    (NORM + "sign of along_x_hat", 6, "norm_subtractions", ("- normal * along)", "+ normal * along)")),
    (NORM + "x̂ forgotten beside along_x_hat", 6, "norm_subtractions", ("- normal * along)", "- along)")),
    (
        NORM + "sum in place of the mean",
        6,
        "norm_subtractions",
        ("- normal * along)", "- d * normal * along)"),
    ),
    (
        NORM + "means taken over the tokens",
        6,
        "norm_subtractions",
        ('total = np.einsum("bnd->bn", g)[..., None]', "total = d * g.mean(1)[:, None]"),
    ),
    (NORM + "gamma forgotten in dx", 6, "gamma_backward", ("g = grad * gamma", "g = grad")),
    (
        NORM + "gamma updated before it is used (as found in public code)",
        6,
        "gamma_backward",
        ("g = grad * gamma", "g = grad * (gamma - 0.1 * g_gamma)"),
    ),
    (NORM + "1/σ forgotten", 6, "norm_std", ("/ (d * sigma)", "/ d")),
    (NORM + "σ in place of 1/σ", 6, "norm_std", ("/ (d * sigma)", "/ d * sigma")),
    (NORM + "1/σ² in place of 1/σ", 6, "norm_std", ("/ (d * sigma)", "/ (d * sigma**2)")),
    (
        NORM + "gamma's gradient without x̂",
        6,
        "gamma_backward",
        ('np.einsum("bnd,bnd->d", grad, normal)', "grad.sum((0, 1))"),
    ),
    (NORM + "gamma's gradient not summed over the batch", 6, "sum", ("bnd,bnd->d", "bnd,bnd->bd")),
    (
        NORM + "beta's gradient not summed over the tokens",
        6,
        "sum",
        ('np.einsum("bnd->d", grad)', "grad.sum(0)"),
    ),
    (
        NORM + "beta's gradient with gamma",
        6,
        "gamma_backward",
        ('np.einsum("bnd->d", grad)', "(grad * gamma).sum((0, 1))"),
    ),
    (
        NORM + "gamma and beta exchanged",
        6,
        "exchanged",
        ('"gamma": g_gamma, "beta": g_beta', '"beta": g_gamma, "gamma": g_beta'),
    ),
    (
        NORM + "forward divides by D − 1",
        6,
        "norm_statistics",
        ("np.var(x, axis=-1)", "np.var(x, axis=-1, ddof=1)"),
    ),
    (
        NORM + "forward normalizes over the tokens",
        6,
        "norm_statistics",
        ('np.einsum("bnd->bn", x)[..., None] / x.shape[-1]', "x.mean(1)[:, None]"),
        ("np.var(x, axis=-1)[..., None]", "((x - mu) ** 2).mean(-1)[..., None]"),
    ),
    (NORM + "what is saved is y", 6, "norm_saved", ('"normal": (x - mu) / sigma', '"normal": out')),
    (
        NORM + "gradient at y in place of x̂",
        6,
        "norm_saved",
        ("g = grad * gamma", "g = grad * gamma; normal = normal * gamma"),
    ),
    (
        NORM + "gamma updated in place (as found in public code)",
        6,
        "writes",
        ("g = grad * gamma", "gamma -= 0.1 * g_gamma; g = grad * gamma"),
    ),
    # steps.py: the feed-forward layer
    (FEED + "GELU forgotten", 7, "gelu_place", ("du = back * slope", "du = back")),
    (
        FEED + "GELU's derivative at its output",
        7,
        "gelu_place",
        ("    dz = ", "    u, phi = g, 1 / (1 + np.exp(-2 * (C * g + C * 0.044715 * g**3)))\n    dz = "),
    ),
    (
        FEED + "GELU made again twice",
        7,
        "gelu_place",
        ("    dz = ", "    g = g / (1 + np.exp(-2 * (C * g + C * 0.044715 * g**3)))\n    dz = "),
    ),
    (FEED + "g and du exchanged", 7, "exchanged", ("du = back * slope", "du, g = g, back * slope")),
    (
        FEED + "W1's bias gradient before the GELU",
        7,
        "gelu_place",
        ('np.einsum("bnm->m", du)', "back.sum((0, 1))"),
    ),
    (
        FEED + "W2's gradient before the GELU",
        7,
        "gelu_place",
        ('"bnm,bnd->md", g, grad', '"bnm,bnd->md", u, grad'),
    ),
    (
        FEED + "W1's gradient before the GELU",
        7,
        "gelu_place",
        ('"bnd,bnm->dm", x, du', '"bnd,bnm->dm", x, back'),
    ),
    (
        FEED + "dx cut off",
        7,
        "zero",
        ('return np.einsum("bnm,dm->bnd", du', 'return np.einsum("bnm,dm->bnd", 0 * du'),
    ),
    # steps.py: the classification
    (HEAD + "gradient to the last token", 8, "class_extract", ("gx[image, 0] =", "gx[image, -1] =")),
    (HEAD + "gradient to every token", 8, "class_extract", ("gx[image, 0] =", "gx[image, :] =")),
    (HEAD + "forward takes the last token", 8, "class_extract", ("image[0] for", "image[-1] for")),
    (
        HEAD + "zeros without a dtype are float64 (as found in public code)",
        8,
        None,
        ("first.shape[1]))", "first.shape[1]), dtype=float)"),
    ),
    # model.py: the block
    (
        BLOCK + "the residual around the MLP forgotten",
        6,
        "residual",
        ("g_middle = grad + back", "g_middle = back"),
    ),
    (
        BLOCK + "the residual around the attention forgotten",
        6,
        "residual",
        ("gx = g_middle + g_first", "gx = g_first"),
    ),
    (BLOCK + "the way through the MLP forgotten", 6, "path", ("g_middle = grad + back", "g_middle = grad")),
    (
        BLOCK + "the residual added twice",
        6,
        "residual",
        ("gx = g_middle + g_first", "gx = 2 * g_middle + g_first"),
    ),
    (
        BLOCK + "the residual inside the norm",
        6,
        "residual",
        ("back, of_second = backward(back,", "back, of_second = backward(grad + back,"),
        ("g_middle = grad + back", "g_middle = back"),
    ),
    (
        BLOCK + "forward: the residual takes the normalized tokens",
        6,
        "residual",
        ("middle = x + looked", "middle = first + looked"),
    ),
    (
        BLOCK + "forward: norm after the residual",
        6,
        "norm_place",
        ("return middle + fed, kept", 'return forward(middle + fed, p["norm_2"], eps=eps)[0], kept'),
    ),
    (BLOCK + "forward: one residual forgotten", 6, "residual", ("middle = x + looked", "middle = looked")),
    (
        BLOCK + "what the first norm saved used for the second",
        6,
        "block_order",
        ('backward(back, kept["second"])', 'backward(back, kept["first"])'),
    ),
    (
        BLOCK + "the attention gets the gradient from after the MLP",
        6,
        "block_order",
        ("attention_step.backward(g_middle,", "attention_step.backward(grad,"),
    ),
    (
        BLOCK + "gradients of the two norms exchanged",
        6,
        "exchanged",
        ('"norm_1": of_first', '"norm_1": of_second'),
    ),
    # model.py: the loss
    (LOSS + "1/B forgotten", 8, "loss_mean", (" / len(gz)", "")),
    (LOSS + "divided by the classes, not the batch", 8, "loss_mean", ("/ len(gz)", "/ len(t)")),
    (LOSS + "sign", 8, "loss_gradient", ("(gz[i] - t)", "(t - gz[i])")),
    (LOSS + "dloss forgotten", 8, "loss_gradient", ("= grad * (gz", "= (gz")),
    (LOSS + "the labels forgotten", 8, "loss_gradient", ("(gz[i] - t)", "gz[i]")),
    (
        LOSS + "log probabilities in place of probabilities",
        8,
        "loss_gradient",
        ('saved["prob"].copy()', 'saved["z"].copy()'),
    ),
    (
        LOSS + "softmax over the batch",
        8,
        "loss_softmax",
        ('saved["prob"].copy()', 'np.exp(saved["z"]) / np.exp(saved["z"]).sum(0)'),
    ),
    (
        LOSS + "forward: softmax applied twice (as found in public code)",
        8,
        "loss_softmax",
        ("    each = ", "    twice = [np.exp(row) / np.exp(row).sum() for row in prob]\n    each = "),
        ("zip(prob, target)", "zip(twice, target)"),
    ),
    # consistent.py
    (
        ATTENTION + "scores not divided by √d_k",
        5,
        "scale",
        ("q, key) / k**0.5", "q, key)"),
        (ROOT_Q, "g_scores, key)"),
        (ROOT_K, "g_scores, q)"),
    ),
    (
        BLOCK + "residual around the MLP left out",
        6,
        "residual",
        ("return middle + fed, kept", "return fed, kept"),
        ("g_middle = grad + back", "g_middle = back"),
    ),
]

# In the library these change an argument of a public function; inside one student function nobody sees the change.
HARMLESS = {SOFTMAX + "backward overwrites dy", SOFTMAX + "forward overwrites x"}
