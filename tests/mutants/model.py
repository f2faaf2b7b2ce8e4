"""Block, encoder, whole model, loss, and a batch in shares."""

from mutants.kinds import mistakes, wrong_rules

BLOCK = ("block", "encoder of 3", "vit")
DRESIDUAL = "    dx = rows.backward(dx, saved.asked) + da\n"
LOOKED = "        da = da + rows.backward(da_read, saved.asked)\n"
mistakes(
    "blocks/encoder.py",
    BLOCK,
    ("the residual around the MLP forgotten", "    dx = dx + df\n", "    dx = df\n"),
    ("the residual around the attention forgotten", DRESIDUAL, "    dx = da\n"),
    ("the way through the MLP forgotten", "    dx = dx + df\n", ""),
    ("the residual added twice", DRESIDUAL, f"    dx = dx + dx\n{DRESIDUAL}"),
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
        "s5_attention.backward(da, saved.attention)",
        "s5_attention.backward(da - df, saved.attention)",
    ),
    ("gradients of the two norms exchanged", '        "norm_1": dp_norm_1,', '        "norm_1": dp_norm_2,'),
)
mistakes(
    "blocks/encoder.py",
    ("block, stochastic depth",),
    (
        "a branch that was left out gets a gradient",
        "df = stochastic_depth.backward(dx, saved.depth_2)",
        "df = dx",
    ),
    (
        "what was left out of the other branch",
        "da = stochastic_depth.backward(dx, saved.depth_1)",
        "da = stochastic_depth.backward(dx, saved.depth_2)",
    ),
    (
        "the residual is left out with the branch",
        "    da = stochastic_depth.backward(dx, saved.depth_1)\n",
        "    da = dx = stochastic_depth.backward(dx, saved.depth_1)\n",
    ),
)
mistakes(
    "blocks/encoder.py",
    ("vit, stochastic depth, recomputed",),
    (
        "recomputed without stochastic depth",
        "copy.deepcopy(rng), of_block, rates[i])",
        "copy.deepcopy(rng), of_block, 0.0)",
    ),
)
wrong_rules(
    "models/vit/config.py",
    "test_encoder",
    "test_the_rate_of_stochastic_depth_rises_with_the_blocks",
    ("the last block has less than the rate", "i / max(L - 1, 1)", "i / L"),
    ("the first block has a rate", "i / max(L - 1, 1)", "(i + 1) / L"),
    layers=5,
    rates=[0.0, 0.1, 0.2, 0.3, 0.4],
)
mistakes(
    "blocks/encoder.py",
    ("block, first row", "block, two rows", "encoder of 3, first row", "vit, less"),
    ("the rows that look get nothing through it", LOOKED, ""),
    ("the rows that are looked at get nothing", LOOKED, LOOKED.replace("da + ", "")),
    ("every row gets the residual of those that are read", DRESIDUAL, "    dx = dx + da\n"),
    ("the residual forgotten where rows are read", DRESIDUAL, "    dx = da\n"),
    (
        "forward: all rows get the residual",
        "    x, asked = rows.forward(x, read)\n",
        "    asked = rows.forward(x, read)[1]\n",
    ),
)
mistakes(
    "blocks/encoder.py",
    ("vit, recomputed, less", "vit, both dropouts, recomputed, less"),
    ("recomputed in every row", "rng=copy.deepcopy(rng), read=read,", "rng=copy.deepcopy(rng), read=None,"),
    ("which rows were read not kept", "copy.deepcopy(rng), of_block,", "copy.deepcopy(rng), None,"),
)
mistakes(
    "blocks/encoder.py",
    ("encoder of 3", "vit"),
    ("blocks not in reverse", "saved_block(saved.pop())", "saved_block(saved.pop(0))"),
    (
        "only the last block passes its gradient on",
        "        dx, dp = block_backward(dx, saved_block(saved.pop()))\n        yield len(saved), dx, dp",
        "        dx_i, dp = block_backward(dx, saved_block(saved.pop()))\n        yield len(saved), dx_i, dp",
    ),
    (
        "every block gets the last one's gradient",
        "    while saved:\n        dx, dp = block_backward(dx, saved_block(saved.pop()))",
        "    last = saved[-1]\n    while saved:\n        saved.pop()\n        dx, dp = block_backward(dx, "
        "saved_block(last))",
    ),
    ("the first block forgotten", "while saved:", "while len(saved) > 1:"),
)
mistakes(
    "blocks/encoder.py",
    ("vit, both dropouts, recomputed",),
    ("recomputed with other masks", "config, copy.deepcopy(rng), of_block,", "config, rng, of_block,"),
    ("the first block's input for all", "BlockInput(x, p[i]", "BlockInput(x if i == 0 else saved[0].x, p[i]"),
    ("the first block's weights for all", "BlockInput(x, p[i]", "BlockInput(x, p[0]"),
)
mistakes(
    "blocks/encoder.py",
    ("vit, both dropouts, recomputed",),
    (
        "the saved generator is drawn from",
        "rng=copy.deepcopy(rng), read=read,",
        "rng=rng, read=read,",
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

mistakes(
    "blocks/encoder.py",
    ("encoder of 3",),
    ("what was saved is used up", "backward_parts(dx, list(saved))", "backward_parts(dx, saved)"),
    clause="unmodified",
)

DCLASS = "        dx, dp = s3_class_token.backward(dx, class_token)\n"
IF_CLASS, YIELD_CLASS = "    if class_token is not None:\n", '        yield "class_token", dp\n'
DPOSITION = """\
    dx, dp = s4_position.backward(dx, position)
    if dp or of_layers:
        yield "position", dp or of_layers
"""
mistakes(
    "models/vit/model.py",
    ("vit", "vit and loss"),
    (
        "the final norm's gradient forgotten",
        "dx, dp = s6_layer_norm.backward(dx, saved.norm)",
        "_, dp = s6_layer_norm.backward(dx, saved.norm)",
    ),
    ("forward: the final norm forgotten", "x, norm = s6_layer_norm", "_, norm = s6_layer_norm"),
    (
        "class token's backward called twice (as found in public code)",
        DCLASS,
        DCLASS + DCLASS,
    ),
    ("the blocks' gradient never reaches the patches", "        dx = dx_i\n", ""),
    ("blocks numbered from the end", 'f"blocks.{i}"', 'f"blocks.{i ^ 1}"'),
    (
        "positions added before the class token on the way back",
        f"{DPOSITION}{IF_CLASS}{DCLASS}{YIELD_CLASS}",
        f"{IF_CLASS}{DCLASS}{YIELD_CLASS}{DPOSITION}",
    ),
    (
        "no gradient for the image",
        "return s1_patchify.backward(dx, saved.patchify)",
        "return 0.0 * s1_patchify.backward(dx, saved.patchify)",
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
    "models/parts.py",
    ("vit", "vit, gap"),
    ("dp in the order of the backward pass", "tree.from_leaves(reversed(found))", "tree.from_leaves(found)"),
    clause="tree",
)
mistakes(
    "models/parts.py",
    ("vit", "vit, gap"),
    ("what was saved is used up", "backward_parts(dy, copied(saved))", "backward_parts(dy, saved)"),
    clause="unmodified",
)

wrong_rules(
    "tasks/classification.py",
    "test_parallel",
    "test_what_nobody_reads_is_left_out",
    ("training computes every row", "rng, keep=keep, whole=False)", "rng, keep=keep)"),
)
wrong_rules(
    "engine/batch.py",
    "test_parallel",
    "test_what_nobody_reads_is_left_out",
    ("prediction computes every row", 'keep="nothing", whole=False)', 'keep="nothing")'),
)

wrong_rules(
    "models/vit/model.py",
    "test_tokens",
    "test_they_are_those_of_the_trace",
    ("the class token alone", 'keep="nothing")[0]', 'keep="nothing", read=slice(0, 1))[0]'),
    how={"batch_size": 2},
)
wrong_rules(
    "engine/batch.py",
    "test_tokens",
    "test_they_are_those_of_the_trace",
    ("the first batch again", "f(images[slice(*s)])", "f(images[: s[1] - s[0]])"),
    (
        "the last images left out",
        "range(0, len(images), batch_size)",
        "range(0, len(images) - 2, batch_size)",
    ),
    how={"batch_size": 2},
)

LOSS = ("loss", "vit and loss")
mistakes(
    "engine/loss.py",
    LOSS,
    ("1/B forgotten", "share = dloss / t.shape[0]", "share = dloss"),
    ("divided by the classes, not the batch", "t.shape[0]", "t.shape[1]"),
    ("sign", "(p - t) *", "(t - p) *"),
    ("dloss forgotten", "share = dloss / t.shape[0]", "share = 1.0 / t.shape[0]"),
    ("the labels forgotten", "(p - t) *", "p *"),
    ("log probabilities in place of probabilities", "p, _ = softmax.forward(wide(logits))", "p = logits"),
    ("softmax over the batch", "p, _ = softmax.forward(wide(logits))", "p = softmax.forward(logits.T)[0].T"),
    (
        "forward: softmax applied twice (as found in public code)",
        "t * softmax.log(z)",
        "t * softmax.log(softmax.forward(z)[0])",
    ),
)
mistakes(
    "engine/loss.py",
    ("loss, smoothing", "loss, soft targets, smoothing"),
    (
        "label smoothing forgotten",
        "/ B, Saved(logits, t)",
        "/ B, Saved(logits, targets(labels, num_classes, logits.real.dtype))",
    ),
)

SHARES = ("loss over two threads", "loss by two images, recomputed")
mistakes(
    "engine/batch.py",
    SHARES,
    ("a slice's weight forgotten", "back(weight * plan.loss_scale)", "back(1.0)"),
)
mistakes(
    "tasks/classification.py",
    SHARES,
    (
        "dloss forgotten",
        "backward_parts(loss.backward(dloss, saved_loss), saved)",
        "backward_parts(loss.backward(1.0, saved_loss), saved)",
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
