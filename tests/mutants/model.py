"""Block, encoder, whole model, loss, and a batch in shares."""

from mutants.kinds import mistakes, wrong_rules

BLOCK = ("block", "encoder of 3", "vit")
mistakes(
    "blocks/encoder.py",
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
    "blocks/encoder.py",
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
    "blocks/encoder.py",
    ("vit, both dropouts, recomputed",),
    ("recomputed with other masks", "config, copy.deepcopy(rng))", "config, rng)"),
    ("the first block's input for all", "BlockInput(x, p[i]", "BlockInput(x if i == 0 else saved[0].x, p[i]"),
    ("the first block's weights for all", "BlockInput(x, p[i]", "BlockInput(x, p[0]"),
)
mistakes(
    "blocks/encoder.py",
    ("vit, both dropouts, recomputed",),
    (
        "the saved generator is drawn from",
        "rng=copy.deepcopy(rng))\n    return saved",
        "rng=rng)\n    return saved",
    ),
    clause="unmodified",
)
mistakes(
    "blocks/encoder.py",
    ("encoder of 3",),
    ("what a block hands down is thrown away", "dx, dp[i] = dx_i, dp_i", "_, dp[i] = dx_i, dp_i"),
    ("blocks numbered from the end", "dx, dp[i] = dx_i, dp_i", "dx, dp[len(saved) - 1 - i] = dx_i, dp_i"),
)
mistakes(
    "blocks/encoder.py",
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
    "models/vit/model.py",
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
    "models/vit/model.py",
    ("vit, dropout",),
    (
        "the patches get the gradient from before the positions' dropout",
        "dx, dp = s4_position",
        "_, dp = s4_position",
    ),
)
mistakes(
    "models/vit/model.py",
    ("vit", "vit, gap"),
    ("dp in the order of the way back", "tree.from_leaves(reversed(parts))", "tree.from_leaves(parts)"),
    clause="tree",
)

LOSS = ("loss", "vit and loss")
mistakes(
    "engine/loss.py",
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
    "engine/loss.py",
    ("loss, smoothing", "loss, soft targets, smoothing"),
    (
        "label smoothing forgotten",
        "/ B, (logits, t)",
        "/ B, (logits, targets(labels, num_classes, logits.real.dtype))",
    ),
)

SHARES = ("loss over two threads", "loss by two images, recomputed")
mistakes(
    "engine/batch.py",
    SHARES,
    (
        "a share's weight forgotten",
        "loss.backward(weight * loss_scale, saved_loss)",
        "loss.backward(1.0, saved_loss)",
    ),
)
mistakes(
    "engine/sums.py",
    SHARES,
    (
        "the first share's gradients only",
        "dp if total is None else",
        "dp if total is None else total or",
    ),
    ("the last share's gradients only", "dp if total is None else", "dp or"),
    ("the first share added to itself", "operator.iadd, total, dp)", "operator.iadd, total, total)"),
    ("the second share subtracted", "operator.iadd", "operator.isub"),
    ("what was used is handed out from the front", "return self.pop(i)", "return self.pop(0)"),
)
mistakes(
    "engine/sums.py",
    SHARES,
    ("parts joined in the order of the way back", "reversed(self.total.items())", "self.total.items()"),
    clause="tree",
)
wrong_rules(
    "engine/sums.py",
    "test_parallel",
    "test_the_sum_does_not_depend_on_who_comes_first",
    ("a share that comes early is added at once", "if share > self.added", "if share < self.added"),
    ("the shares that waited are not added", "dp = waiting.pop(self.added[name], None)", "dp = None"),
    ("what was added is kept", "waiting.pop(self.added[name], None)", "waiting.get(self.added[name])"),
    order=(2, 0, 1),
)
mistakes(
    "engine/batch.py",
    SHARES,
    ("the images' gradient among the parameters'", '            if name != "images":\n    ', ""),
    clause="tree",
)
