"""Step 5, multi-head self-attention."""

from mutants.kinds import mistakes

ATTENTION = ("s5_attention", "block", "vit")
MASKED = """\
        S = array_module(S).where(mask, S, -math.inf)
    A, _ = softmax.forward(S)
"""
MASKED_AFTER = """\
        S = S + 0.0
    A, _ = softmax.forward(S)
    A = A if mask is None else A * mask
"""
THREE_WAYS = """\
    dx = input_gradient(dQ, p["W_Q"])
    dm_K, dm_V = input_gradient(dK, p["W_K"]), input_gradient(dV, p["W_V"])
"""
SUM = "    dx += dm_K\n    dx += dm_V\n"
MERGED = "dQ, dK, dV = heads.merge(dQ), heads.merge(dK), heads.merge(dV)"
RETURN = "return y, Saved(x, m, p, Q, K, V, A, A_keep, attention_dropout_rate, concat, y_dropout)"
DQDKDV = "dQ, dK = dS @ K, dS.swapaxes(-1, -2) @ Q"
SCALED = "    dQ *= scale\n    dK *= scale\n"
SCALE_BACK = "# S = Q·Kᵀ / √d_k\n    scale = 1.0 / math.sqrt(Q.shape[-1])"
DA = "dA = dropout.apply(dO @ V.swapaxes(-1, -2), A_keep, rate=rate)"
DV = "dV = dropout.apply(A, A_keep, rate=rate).swapaxes(-1, -2) @ dO"
mistakes(
    "steps/s5_attention.py",
    ATTENTION,
    ("1/√d_k forgotten", SCALED, ""),
    ("1/√d_k forgotten for the keys", SCALED, "    dQ *= scale\n"),
    ("1/d_k in place of 1/√d_k", SCALE_BACK, "scale = 1.0 / Q.shape[-1]"),
    (
        "forward scales by the model width",
        "scaled = Q * (1.0 / math.sqrt(Q.shape[-1]))",
        "scaled = Q * (1.0 / math.sqrt(Q.shape[1] * Q.shape[-1]))",
    ),
    (
        "scores' gradient divided by the number of tokens (as found in public code)",
        SCALE_BACK,
        "scale = 1.0 / math.sqrt(Q.shape[-1]) / Q.shape[2]",
    ),
    ("dQ and dK exchanged", MERGED, "dQ, dK, dV = heads.merge(dK), heads.merge(dQ), heads.merge(dV)"),
    ("dV and dQ exchanged", MERGED, "dQ, dK, dV = heads.merge(dV), heads.merge(dK), heads.merge(dQ)"),
    ("dQ with the scores transposed", DQDKDV, DQDKDV.replace("dS @ K", "dS.swapaxes(-1, -2) @ K")),
    ("dK with the scores not transposed", DQDKDV, DQDKDV.replace("dS.swapaxes(-1, -2) @ Q", "dS @ Q")),
    ("dK and dQ handed back in the other order", DQDKDV, DQDKDV.replace("dQ, dK =", "dK, dQ =")),
    (
        "dQ from Q and dK from K",
        DQDKDV,
        "dQ, dK = dS @ Q * scale, dS.swapaxes(-1, -2) @ K * scale",
    ),
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
    ("the way through Q missing", SUM, "    dx = dm_K + dm_V\n"),
    ("the way through K missing", SUM, "    dx += dm_V\n"),
    ("the way through V missing", SUM, "    dx += dm_K\n"),
    (
        "no way back through W_Q, W_K, W_V (as found in public code)",
        THREE_WAYS,
        "    dx, dm_K, dm_V = 1.0 * dQ, dK, dV\n",
    ),
    (
        "dx returned from the concatenated values (as found in public code)",
        THREE_WAYS,
        "    dx, dm_K, dm_V = 1.0 * dV, 0.0 * dK, 0.0 * dV\n",
    ),
    ("W_K's way back through W_Q", 'input_gradient(dK, p["W_K"])', 'input_gradient(dK, p["W_Q"])'),
    ("W_O forgotten on the way back", 'dconcat = input_gradient(dy, p["W_O"])', "dconcat = dy"),
    ("W_O not transposed", 'dconcat = input_gradient(dy, p["W_O"])', 'dconcat = dy @ p["W_O"]'),
    (
        "W_O's gradient with the output in place of concat (as found in public code)",
        RETURN,
        RETURN.replace("concat", "y"),
    ),
    ("W_O's gradient with the values, unweighted", '("O", concat, dy)', '("O", heads.merge(V), dy)'),
    ("W_K's gradient from dQ", '("K", m, dK)', '("K", m, dQ)'),
    (
        "forward without W_O: heads never mix (as found in public code)",
        'y = affine(concat, p["W_O"], p.get("b_O"))',
        "y = concat",
    ),
    ("forward without softmax, as the slide's caption reads", "A, _ = softmax.forward(S)", "A = S"),
    (
        "forward: softmax over the queries",
        "A, _ = softmax.forward(S)",
        "A = softmax.forward(S.swapaxes(-1, -2))[0].swapaxes(-1, -2)",
    ),
    ("forward: b_K used for V", 'affine(m, p["W_V"], p.get("b_V"))', 'affine(m, p["W_V"], p.get("b_K"))'),
    (
        "forward: every head sees the first head's keys",
        "S = scaled @ K.swapaxes",
        "S = scaled @ K[:, :1].swapaxes",
    ),
)
BOTH = "return dx, dm_K + dm_V, dp"
mistakes(
    "steps/s5_attention.py",
    ("s5_attention, cross", "s5_attention, cross, mask", "block, two rows"),
    ("the tokens looked at get nothing through K", BOTH, "return dx, dm_V, dp"),
    ("the tokens looked at get nothing through V", BOTH, "return dx, dm_K, dp"),
    ("K's way back added twice", BOTH, "return dx, dm_K + dm_K, dp"),
    ("W_K's gradient from the tokens that look", '("K", m, dK)', '("K", x, dK)'),
    ("W_V's gradient from the tokens that look", '("V", m, dV)', '("V", x, dV)'),
    ("W_Q's gradient from the tokens that are looked at", '("Q", x, dQ)', '("Q", m, dQ)'),
    ("forward: the queries of the tokens that are looked at", 'affine(x, p["W_Q"]', 'affine(m, p["W_Q"]'),
)
mistakes(
    "steps/s5_attention.py",
    ("s5_attention, cross", "s5_attention, cross, mask"),
    ("those who look and those who are looked at exchanged", BOTH, "return dm_K + dm_V, dx, dp"),
)
mistakes(
    "steps/s5_attention.py",
    ("s5_attention, causal", "s5_attention, cross, mask", "s5_attention, cross, mask, both dropouts"),
    ("a hidden score is 0, and gets a gradient", "(mask, S, -math.inf)", "(mask, S, 0.0)"),
    ("hidden after the softmax: rows do not sum to 1", MASKED, MASKED_AFTER),
)
mistakes(
    "steps/s5_attention.py",
    ("s5_attention, relative", "block, relative", "vit, relative"),
    ("the distances' way back to Q missing", "return dQ + dQ_rel * scale, dK", "return dQ, dK"),
    ("the content's way back to Q missing", "return dQ + dQ_rel * scale, dK", "return dQ_rel * scale, dK"),
    ("forward: the keys ask for the distance", "relative.forward(scaled, ", "relative.forward(K, "),
    ("forward: the distances not scaled", "relative.forward(scaled, ", "relative.forward(Q, "),
    ("forward: the distances do not count", "        S += S_rel\n", ""),
    ("E_rel's gradient of the first image", "column_sums(part.resh", "column_sums(part[:1].resh"),
    (
        "E_rel's gradient not scaled as its scores",
        "relative.backward(dS, (Q * scale, E_rel))",
        "relative.backward(dS, (Q, E_rel))",
    ),
    ("the distances' way back to Q not scaled", "dQ_rel * scale", "dQ_rel"),
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
        f"    {DQDKDV}\n{SCALED}",
        f"    Q *= scale\n    K *= scale\n    {DQDKDV}\n",
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
