"""Wrong forwards, each with the backward that fits it: no gradient check can see them."""

from mutants.kinds import Consistent
from mutants.positions import EXCHANGED, SUMS

CONSISTENT = [
    Consistent(
        "every patch transposed, there and back",
        "steps/s1_patchify.py",
        (
            ("P, C).swapaxes(2, 3)", "P, C).transpose(0, 1, 3, 4, 2, 5)"),
            ("small_images.swapaxes(2, 3)", "small_images.transpose(0, 1, 4, 2, 3, 5)"),
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
            ("scaled = Q * (1.0 / math.sqrt(Q.shape[-1]))", "scaled = Q * 1.0"),
            ("    dQ *= scale\n    dK *= scale\n", ""),
        ),
        "s5_attention",
    ),
    Consistent(
        "the mask is lost",
        "steps/s5_attention.py",
        (("if mask is not None:", "if mask is not None and mask.size < 0:"),),
        "s5_attention, cross, mask",
    ),
    Consistent(
        "True hides",
        "steps/s5_attention.py",
        (("where(mask, S, -math.inf)", "where(mask, -math.inf, S)"),),
        "s5_attention, cross, mask",
    ),
    Consistent(
        "the mask of another head",
        "steps/s5_attention.py",
        (("where(mask, S, -math.inf)", "where(mask[:, ::-1], S, -math.inf)"),),
        "s5_attention, cross, mask",
    ),
    Consistent(
        "every block computes the first row alone",
        "blocks/encoder.py",
        (("read if i == len(p) - 1 else None", "read"),),
        "encoder of 3, first row",
    ),
    Consistent(
        "the first block computes the first row alone",
        "blocks/encoder.py",
        (("read if i == len(p) - 1 else None", "read if i == 0 else None"),),
        "encoder of 3, first row",
    ),
    Consistent(
        "the first patch is taken for the class token",
        "models/vit/model.py",
        (("return slice(0, 1) if alone", "return slice(1, 2) if alone"),),
        "vit, less",
    ),
    Consistent(
        "of the mean over all tokens one is left",
        "models/vit/model.py",
        (('config.classifier == "token" and config', "config"),),
        "vit, gap, less",
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
        (("(stop - start) / B", "1.0 / plan.workers"),),
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
        (("range(0, n, micro_batch)", "range(0, n - 1, micro_batch)"),),
        "loss by two images, recomputed",
    ),
    Consistent(
        "every share the images of the first",
        "engine/batch.py",
        (
            (
                "a[start:stop] for a in arrays",
                "a[: stop - start] if a.ndim > 1 else a[start:stop] for a in arrays",
            ),
        ),
        "loss over two threads",
    ),
    Consistent(
        "every share the corruption of the first",
        "engine/batch.py",
        (
            (
                "[a[start:stop] for a in arrays]",
                "[a[start:stop] if i not in (1, 2) else a[: stop - start] for i, a in enumerate(arrays)]",
            ),
        ),
        "masked over two threads",
    ),
    Consistent(
        "every share the targets of the first",
        "engine/batch.py",
        (
            (
                "[a[start:stop] for a in arrays]",
                "[a[start:stop] if i < 3 else a[: stop - start] for i, a in enumerate(arrays)]",
            ),
        ),
        "masked over two threads",
    ),
    Consistent(
        "the head reads the token before the corrupted one",
        "models/vit/masked.py",
        (("first = x.shape[1] - config.num_patches", "first = 0"),),
        "masked color",
    ),
    Consistent(
        "the rows of a tile in reverse",
        "backend/tiles.py",
        (("result[tile] = values", "result[tile] = values[:, ::-1]"),),
        "s6_layer_norm",
        block=50,
    ),
    Consistent(
        "the mask is lost",
        "backend/tiles.py",
        (("None if a is None else", "None if a is None or a.dtype == bool else"),),
        "s5_attention, attention dropout",
        block=50,
    ),
]
