"""Wrong forwards, each with the backward that fits it: no gradient check can see them."""

from mutants.kinds import Consistent
from mutants.positions import EXCHANGED, SUMS

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
        "blocks/encoder.py",
        (("    x = x + f\n", "    x = f\n"), ("    dx = dx + df\n", "    dx = df\n")),
        "block",
    ),
    Consistent(
        "mean over unequal shares",
        "engine/batch.py",
        (("(stop - start) / B", "1.0 / workers"),),
        "loss over two threads",
    ),
    Consistent(
        "micro-batches: each weighs as a batch",
        "engine/batch.py",
        (("(stop - start) / B", "(stop - start) / min(B, micro_batch)"),),
        "loss by two images, recomputed",
    ),
    Consistent(
        "micro-batches: the last is left out",
        "engine/batch.py",
        (("range(0, len(images), micro_batch)", "range(0, len(images) - 1, micro_batch)"),),
        "loss by two images, recomputed",
    ),
    Consistent(
        "every share the images of the first",
        "engine/batch.py",
        (("vit.forward(images[start:stop]", "vit.forward(images[: stop - start]"),),
        "loss over two threads",
    ),
    Consistent(
        "every share the corruption of the first",
        "tasks/masked.py",
        (("config, drawn.images(own), drop)", "config, drawn.images(slice(0, stop - start)), drop)"),),
        "masked over two threads",
    ),
    Consistent(
        "every share the targets of the first",
        "tasks/masked.py",
        (("masked.loss_forward(y, t[own]", "masked.loss_forward(y, t[: stop - start]"),),
        "masked over two threads",
    ),
    Consistent(
        "the head reads the token before the corrupted one",
        "models/vit/masked.py",
        (("first = x.shape[1] - config.num_patches", "first = 0"),),
        "masked color",
    ),
    Consistent(
        "blocked: the rows of a block in reverse",
        "backend/tiles.py",
        (("result[rows] = values", "result[rows] = values[:, ::-1]"),),
        "s6_layer_norm",
        block=50,
    ),
    Consistent(
        "blocked: the mask is lost",
        "backend/tiles.py",
        (("None if a is None else", "None if a is None or a.dtype == bool else"),),
        "s5_attention, attention dropout",
        block=50,
    ),
]
