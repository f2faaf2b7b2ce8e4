"""Distillation: its gradients."""

from mutants.kinds import mistakes

mistakes(
    "models/vit/distilled.py",
    ("distilled", "distilled, dropout"),
    (
        "the scores' gradient stops at the block",
        "blocks_backward_parts(dx + dx_scores, saved)",
        "blocks_backward_parts(dx, saved)",
    ),
    ("[CLS]'s query forgotten", "da[:, :1] += ", "da[:, :1] += 0.0 * "),
    ("[CLS]'s query in place of the sum", "da[:, :1] += ", "da[:, :1] = "),
    ("√d_k forgotten on the way back", "dS = dS[:, :, None] * scale", "dS = dS[:, :, None]"),
    (
        "the block's own gradient lost",
        "tree.get(dp, name)[...] += gradient",
        "tree.get(dp, name)[...] = gradient",
    ),
)
mistakes(
    "tasks/distillation.py",
    ("distilled", "distilled over two threads"),
    ("the 2 of the square", "(2.0 * dloss / (B * J))", "(dloss / (B * J))"),
    ("[CLS] weighs as a patch", "    weights[0] = class_weight\n", ""),
    ("the attention's weight forgotten", "loss.backward(attention_weight * dloss", "loss.backward(dloss"),
)
