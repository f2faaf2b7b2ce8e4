"""The encoder–decoder: embeddings, both orders of a block, masks, the task and decoding."""

from mutants.consistent import CONSISTENT
from mutants.kinds import Consistent, mistakes, wrong_rules

BOTH = ("transformer", "transformer, pre")

# ---- embeddings and positions ----

ADDED = "dE += weight_gradient(one_hot, dx[i : i + rows])"
mistakes(
    "ops/embed.py",
    ("embed", *BOTH),
    ("a token that comes twice: the last one's gradient", ADDED, "dE[ids[:, 0]] = dx"),
    ("backward: √D forgotten", "    dE *= math.sqrt(D)\n", ""),
    ("backward: D for √D", "dE *= math.sqrt(D)", "dE *= D"),
    ("forward: √D forgotten", "E[ids] * math.sqrt(E.shape[1])", "E[ids]"),
    ("forward: divided by √D", "E[ids] * math.sqrt", "E[ids] / math.sqrt"),
)
mistakes(
    "ops/embed.py",
    ("embed logits", *BOTH),
    ("logits: nothing to the tokens", "return input_gradient(dz, E.T)", "return 0.0 * y"),
    ("logits: nothing to the table", '{"E": weight_gradient(dz, y)}', '{"E": 0.0 * E}'),
)
CONSISTENT += [
    Consistent(
        "√D forgotten, there and back",
        "ops/embed.py",
        (("E[ids] * math.sqrt(E.shape[1])", "E[ids] * 1.0"), ("    dE *= math.sqrt(D)\n", "")),
        "embed",
    ),
]
PE = "test_positions_of_the_paper"
SINES = "[xp.sin(angle), xp.cos(angle)], axis=-1"
wrong_rules(
    "ops/positions.py",
    "test_transformer",
    PE,
    ("sine and cosine exchanged", SINES, "[xp.cos(angle), xp.sin(angle)], axis=-1"),
    ("all sines, then all cosines, as tensor2tensor", SINES, SINES.replace("-1", "1")),
    ("half the exponent", "(-2.0 * math.log(LONGEST) / D)", "(-1.0 * math.log(LONGEST) / D)"),
    ("the exponent of step 4", "(-2.0 * math.log(LONGEST) / D)", "(-2.0 * math.log(LONGEST) / (D - 2))"),
    ("counted from 1", "xp.arange(first, first + N,", "xp.arange(first + 1, first + 1 + N,"),
    ("every token the first one", "xp.arange(first, first + N,", "xp.arange(0, N,"),
)
wrong_rules(
    "models/transformer/model.py",
    "test_transformer",
    PE,
    ("no positions", "    x = x + positions.interleaved(x, first=first)\n", ""),
)
wrong_rules(
    "ops/embed.py",
    "test_embed",
    "test_the_table_is_summed_up_a_few_tokens_at_a_time",
    ("the last tokens' gradient alone", ADDED, ADDED.replace("+=", "=")),
    ("the same tokens each time", "dx[i : i + rows])", "dx[: len(one_hot)])"),
)

# ---- a block ----

DECODER = "blocks/decoder.py"
POST = """    dy, dp_norm = s6_layer_norm.backward(dy, saved_norm)
    da, *others = f_backward(dy)
    return dy + da, dp_norm, *others
"""
PRE = """        da, dp_norm = s6_layer_norm.backward(da, saved_norm)
        return dy + da, dp_norm, *others
"""
mistakes(
    DECODER,
    ("decoder block", "decoder block without memory", "transformer"),
    ("post: the residual's way missing", POST, POST.replace("return dy + da", "return da")),
    ("post: the sublayer's way missing", POST, POST.replace("return dy + da", "return dy")),
    (
        "post: the residual passes by the LayerNorm, as pre",
        POST,
        POST.replace("    dy, dp_norm", "    dz, dp_norm").replace("f_backward(dy)", "f_backward(dz)"),
    ),
    (
        "post: the sublayer gets the gradient above the LayerNorm",
        POST,
        POST.replace("    dy, dp_norm", "    dz, dp_norm").replace("return dy", "return dz"),
    ),
    ("post: no LayerNorm on the way back", POST, POST.replace("    dy, dp_norm", "    _, dp_norm")),
)
mistakes(
    DECODER,
    ("decoder block, pre", "decoder block without memory, pre", "transformer, pre"),
    ("pre: the residual's way missing", PRE, PRE.replace("return dy + da", "return da")),
    ("pre: the sublayer's way missing", PRE, PRE.replace("return dy + da", "return dy")),
    ("pre: no LayerNorm on the way back", PRE, PRE.replace("        da, dp_norm", "        _, dp_norm")),
    ("pre: the residual counts twice", PRE, PRE.replace("return dy + da", "return dy + dy + da")),
)
BACK_TO_MEMORY = "return dx, dmemory, dict(reversed(dp.items()))"
mistakes(
    DECODER,
    ("decoder block", "decoder block, pre", *BOTH),
    ("nothing to the memory", BACK_TO_MEMORY, BACK_TO_MEMORY.replace("dmemory", "dmemory and 0.0 * dx", 1)),
)
mistakes(
    DECODER,
    ("transformer, pre, dropout, recomputed",),
    ("recomputed with what dropout draws next", "copy.deepcopy(rng)) if keep", "rng) if keep"),
)
mistakes(
    DECODER,
    ("transformer, pre, dropout, recomputed",),
    ("right the first time only", "rng=copy.deepcopy(block.rng)", "rng=block.rng"),
    clause="unmodified",
)
CONSISTENT += [
    Consistent(
        "post and pre exchanged",
        DECODER,
        (
            ('if config.norm == "pre":', 'if config.norm == "post":'),
            ('if norm == "pre":', 'if norm == "post":'),
        ),
        "decoder block",
    ),
    Consistent(
        "the memory seen whole",
        DECODER,
        (("mask=memory_mask, **how", "mask=None, **how"),),
        "decoder block",
    ),
    Consistent(
        "later tokens seen",
        DECODER,
        (
            (
                's5_attention.forward(a, p["attention"], mask=mask,',
                's5_attention.forward(a, p["attention"], mask=None,',
            ),
        ),
        "decoder block",
    ),
]

# ---- the model ----

MODEL = "models/transformer/model.py"
MEMORY = "dmemory = dmemory + dm  # every"
mistakes(
    MODEL,
    (*BOTH, "transformer, tied target"),
    ("the memory's gradient of one block of the decoder alone", MEMORY, "dmemory = dm  # every"),
    ("the memory's gradient of the last block alone", MEMORY, "dmemory = dmemory if i == 0 else dm  # every"),
    ("the memory's gradient forgotten", MEMORY, "dmemory = 0.0 * dm  # every"),
)
OF_LOGITS, OF_TARGET, OF_SOURCE = (
    "dy, dE = embed.logits_backward(dlogits, saved.logits)",
    "dE = added(dE, placed_backward(dy, saved.target))",
    "dE = added(dE, placed_backward(dx, saved.source))",
)
mistakes(
    MODEL,
    BOTH,
    ("the table's use for the logits forgotten", OF_LOGITS, OF_LOGITS.replace("dy, dE", "dy, _")),
    ("the table's use for the target forgotten", OF_TARGET, OF_TARGET.replace("added(dE, ", "dE or (")),
    ("the table's use for the source forgotten", OF_SOURCE, OF_SOURCE.replace("added(dE, ", "dE or (")),
)
mistakes(
    MODEL,
    ("transformer, tied target", "transformer, tied none"),
    (
        "two tables: the target's gradient to the source's too",
        '        yield "embed_target", dE\n        dE = {}\n',
        '        yield "embed_target", dE\n',
    ),
)
mistakes(
    MODEL,
    ("transformer, tied none",),
    ("three tables: nothing to the logits'", "linear.weight_gradient(y, dlogits)", "0.0 * W"),
    ("three tables: nothing below the logits", "dy = linear.input_gradient(dlogits, W)", "dy = 0.0 * y"),
)
mistakes(
    MODEL,
    ("transformer, pre", "transformer, post, final norm, erf"),
    (
        "the decoder's LayerNorm passed by",
        "dy, dp = s6_layer_norm.backward(dy, saved.decoder",
        "_, dp = s6_layer_norm.backward(dy, saved.decoder",
    ),
    (
        "the encoder's LayerNorm passed by",
        "dx, dp = s6_layer_norm.backward(dx, saved.encoder",
        "_, dp = s6_layer_norm.backward(dx, saved.encoder",
    ),
)
mistakes(
    MODEL,
    ("transformer, dropout", "transformer, pre, dropout, recomputed"),
    ("the tokens' dropout forgotten", "dropout.backward(dx, drop)", "dx"),
)
LATER, PADDED = "test_a_token_sees_only_those_before_it", "test_a_padded_batch_gives_what_its_sentences_give"
MASK = "padding_mask(target) & causal_mask(target.shape[1], target)"
wrong_rules(
    "inputs/sequences.py",
    "test_transformer",
    LATER,
    ("the causal mask off by one: the next token seen", "i[:, None] >= i", "i[:, None] + 1 >= i"),
    ("only what comes later is seen", "i[:, None] >= i", "i[:, None] <= i"),
    norm="post",
)
wrong_rules(
    "inputs/sequences.py",
    "test_sequences",
    "test_the_masks",
    ("the causal mask off by one: itself hidden", "i[:, None] >= i", "(i[:, None] > i) | (i == 0)"),
)
wrong_rules(
    MODEL,
    "test_transformer",
    LATER,
    ("no causal mask", MASK, "padding_mask(target)"),
    norm="pre",
)
for _norm in ("post", "pre"):
    wrong_rules(
        MODEL,
        "test_transformer",
        PADDED,
        (f"{_norm}: padding seen in the encoder", '"mask": padding_mask(source)}', '"mask": None}'),
        (f"{_norm}: padding seen in the decoder", MASK, "causal_mask(target.shape[1], target)"),
        (
            f"{_norm}: padding seen between them",
            '"memory_mask": padding_mask(source)}',
            '"memory_mask": None}',
        ),
        norm=_norm,
    )
wrong_rules(
    "inputs/sequences.py",
    "test_transformer",
    PADDED,
    ("END for PADDING", "return (ids != PADDING)", "return (ids != END)"),
    ("padding alone is seen", "return (ids != PADDING)", "return (ids == PADDING) | (ids == ids[:, :1])"),
    norm="post",
)
mistakes(
    "steps/s5_attention.py",
    ("decoder block", "s5_attention, cross, mask"),
    (
        "the mask before the scale: −9 is not far then",
        "(mask, S, -math.inf)",
        "(mask, S, -9.0 / math.sqrt(Q.shape[-1]))",
    ),
)
wrong_rules(
    "models/transformer/config.py",
    "test_transformer",
    "test_torchs_defaults",
    ("no LayerNorm after a stack", 'self.norm == "pre" or self.final_norm', 'self.norm == "pre"'),
)
wrong_rules(
    "steps/s7_feed_forward.py",
    "test_s7_feed_forward",
    "test_dropout_inside_has_a_rate_of_its_own",
    ("one rate for both", "rate=inner, rng", "rate=dropout_rate, rng"),
    rates=(0.5, 0.0),
    inner=0,
    outer=1,
)

# ---- the task ----

TASK = "tasks/translation.py"
mistakes(
    TASK,
    ("translation over two threads", "translation one by one, recomputed"),
    ("a share's weight forgotten", "loss.backward(dloss, saved_loss)", "loss.backward(1.0, saved_loss)"),
)
SHARE = "share = dloss / t.shape[0] if weights is None else (dloss * weights)[:, None]"
mistakes(
    "engine/loss.py",
    ("loss, weights, smoothing",),
    ("the weights forgotten", SHARE, "share = dloss / t.shape[0]"),
    ("the weights and 1/B", SHARE, SHARE.replace("(dloss * weights)", "(dloss * weights / t.shape[0])")),
    ("weights: dloss forgotten", SHARE, SHARE.replace("(dloss * weights)", "weights")),
    ("forward: the weights and 1/B", "t_log_p.sum(axis=1)).sum()", "t_log_p.sum(axis=1)).sum() / B"),
)
KNOWN, WEIGHTS = "known = target[:, 1:] != PADDING", "weights = goals * (len(goals) / goals.sum())"
wrong_rules(
    TASK,
    "test_translation",
    "test_the_mean_over_goals",
    ("the label of padding counts", KNOWN, "known = target[:, 1:] >= PADDING"),
    ("END does not count", KNOWN, "known = target[:, 1:] > 2"),
    ("the weights not divided", WEIGHTS, "weights = goals"),
    ("divided by the goals and the padding", WEIGHTS, "weights = goals / goals.shape[1]"),
    ("each sentence as much as another", WEIGHTS, "weights = goals / goals.sum(axis=1, keepdims=True)"),
    (
        "the goal goes in",
        "source, target[:, :-1], target[:, 1:], weights",
        "source, target[:, 1:], target[:, 1:], weights",
    ),
    ("the smoothing forgotten", '"label_smoothing": self.label_smoothing', '"label_smoothing": 0.0'),
    smoothing=0.1,
)
wrong_rules(
    TASK,
    "test_translation",
    "test_over_threads_and_micro_batches",
    (
        "the mean over a slice's own goals",
        "weights.reshape(-1) / len(weights)",
        "weights.reshape(-1) / weights.sum()",
    ),
    norm="post",
    rates={},
)
wrong_rules(
    TASK,
    "test_translation",
    "test_a_step_in_float16",
    ("goals counted in float16", 'np.result_type(like.real.dtype, "float32")', "like.real.dtype"),
)
wrong_rules(
    TASK,
    "test_translation",
    "test_right_is_what_greedy_decoding_gets_right",
    ("right: padding has to be guessed too", " | (goals == PADDING)", ""),
    (
        "right: one token is enough",
        ".all(axis=1).sum()\n\n    def learned",
        ".any(axis=1).sum()\n\n    def learned",
    ),
)

# ---- decoding ----

ONE, DECODING = "models/transformer/one_by_one.py", "engine/decoding.py"
wrong_rules(
    ONE,
    "test_decoding",
    "test_a_step_is_the_last_row_of_a_whole_forward",
    ("every token stands first", "first=place)", "first=0)"),
    ("every token stands one later", "first=place)", "first=place + 1)"),
    ("padding seen", '"memory_mask": seen.memory_mask}', '"memory_mask": None}'),
    (
        "what was written is forgotten",
        "written.append((saved.attention.K, saved.attention.V))",
        "written.append(before)",
    ),
    (
        "no LayerNorm at the end",
        'model.normed(x, p.get("decoder_norm"), config)',
        "model.normed(x, None, config)",
    ),
    norm="pre",
)
ROWS = "Seen(memory, self.memory_mask[rows], written)"
wrong_rules(
    ONE,
    "test_decoding",
    "test_rows_can_be_exchanged_between_two_tokens",
    ("the mask of other rows", ROWS, ROWS.replace("[rows]", "[: len(rows)]")),
    (
        "the sources of other rows",
        ROWS,
        ROWS.replace("(memory,", "([tuple(a[: len(rows)] for a in m) for m in self.memory],"),
    ),
    (
        "what others have written",
        ROWS,
        ROWS.replace("written)", "[tuple(a[: len(rows)] for a in w) for w in self.written])"),
    ),
)
wrong_rules(
    ONE,
    "test_decoding",
    "test_float16_decodes_as_float32",
    ("log-probabilities in float16", "softmax.log(wide(z))", "softmax.log(z)"),
)
wrong_rules(
    DECODING,
    "test_decoding",
    "test_every_answer_ends",
    ("greedy goes on without end", "if t < most else np.full", "if t <= most else np.full"),
    ("symbols after END", "np.where(open_rows, best, PADDING)", "best"),
    writer=0,
)
wrong_rules(
    DECODING,
    "test_decoding",
    "test_the_likeliest_token_without_what_cannot_be_written",
    ("START is written", "[PADDING, START]] = -np.inf", "[PADDING]] = -np.inf"),
    ("PADDING is written", "[PADDING, START]] = -np.inf", "[START]] = -np.inf"),
)
wrong_rules(
    DECODING,
    "test_decoding",
    "test_greedy_is_the_likeliest_token_each_time",
    (
        "greedy: the last token's log-probability alone",
        "total += np.where(open_rows,",
        "total = np.where(open_rows,",
    ),
    (
        "greedy: what follows END counts",
        "np.where(open_rows, log_p[np.arange(B), last], 0.0)",
        "log_p[np.arange(B), best]",
    ),
    ("one symbol too few", "if t < most else np.full", "if t < most - 1 else np.full"),
    writer=0,
    most=4,
)
wrong_rules(
    DECODING,
    "test_decoding",
    "test_the_search_is_the_one_that_is_told",
    ("keys and values stay where they are", "seen = seen.of(to_device(came_from, xp))", "pass"),
    ("the rows of another sentence", "+ np.arange(B)[:, None] * width", "+ 0 * np.arange(B)[:, None]"),
    ("the worst of all", "if score > self.scores[b]", "if score < self.scores[b]"),
    ("only the first", "np.argsort(-scores, axis=1", "np.argsort(scores, axis=1"),
    (
        "the beam: log-probabilities not added up",
        "(total[:, None] + log_p)",
        "(0.0 * np.isfinite(total)[:, None] + log_p)",
    ),
    ("the beam goes on without end", "        if t == most:\n", "        if t > most:\n"),
    width=2,
    length_penalty=1.0,
)
wrong_rules(
    DECODING,
    "test_decoding",
    "test_the_score_of_the_paper",
    ("END not counted", "(SHORTEST + length)", "(SHORTEST + length - 1)"),
    ("the penalty upside down", "** self.alpha", "** -self.alpha"),
    ("divided by the length itself", "((SHORTEST + length) / (SHORTEST + 1.0))", "length"),
)
wrong_rules(
    DECODING,
    "test_decoding",
    "test_stopping_early_changes_no_answer",
    ("stopped as if nothing longer could win", "self.score(value, most + 1)", "self.score(value, 1)"),
    length_penalty=5.0,
    width=5,
)
wrong_rules(
    DECODING,
    "test_decoding",
    "test_stopping_early_changes_no_answer",
    ("stopped when one sentence is done", "return all(\n", "return any(\n"),
    length_penalty=0.0,
    width=5,
)
wrong_rules(
    DECODING,
    "test_decoding",
    "test_the_search_is_the_one_that_is_told",
    ("goes on below END", "        total[new == END] = -np.inf  # nothing follows it\n", ""),
    width=5,
    length_penalty=3.0,
)
