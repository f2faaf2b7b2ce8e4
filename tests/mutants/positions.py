"""Positions: 2-D tables, relative distances, positions of every layer, tables resized to another grid."""

from mutants.kinds import mistakes, wrong_rules

mistakes(
    "ops/interpolate.py",
    (
        "interpolate bilinear-aligned, 13 rows",
        "interpolate bicubic, 13 rows",
        "interpolate bicubic-antialias, 12 rows",
    ),
    ("rows and columns exchanged", "dE_pos, W_rows.T, W_cols.T", "dE_pos, W_cols.T, W_rows.T"),
    ("not transposed", "dE_pos, W_rows.T, W_cols.T", "dE_pos, W_rows, W_cols"),
)
wrong_rules(
    "ops/interpolate.py",
    "test_interpolation",
    "test_the_offset_place_by_place",
    ("offset: nothing is added to the new size", 'new + OFFSET if method.endswith("offset") else new', "new"),
    ("offset: 0.1 is taken off the new size", "size = new + OFFSET if", "size = new - OFFSET if"),
    ("offset: of the other cubic kernel", "W = cubic(place - j, a=-0.75)", "W = cubic(place - j, a=-0.5)"),
    ("offset: what lies beyond the first edge is lost", "W[:, 2] += W[:, :2].sum(axis=1)", "pass"),
    new=16,
    old=37,
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

mistakes(
    "models/vit/model.py",
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
    "blocks/encoder.py",
    (
        "vit, 1d in every layer, shared",
        "vit, 2d in every layer, shared",
        "loss over two threads, every-layer-shared",
    ),
    ("shared positions: the last layer's gradient alone", "total = total + dE\n", "total = dE\n"),
)
mistakes(
    "blocks/encoder.py",
    ("vit, 1d in every layer", "vit, 2d in every layer, shared"),
    ("forward: the layers add nothing", "x = x + E_pos[i]", "x = x + 0.0 * E_pos[i]"),
    ("forward: every layer adds the first's", "x = x + E_pos[i]", "x = x + E_pos[0] * (i + 1)"),
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
    (
        "sincos: cosine first",
        "[xp.sin(angle), xp.cos(angle)], axis=1",
        "[xp.cos(angle), xp.sin(angle)], axis=1",
    ),
    ("sincos: MoCo v3's wavelengths", "max(width // 2 - 1, 1)", "max(width // 2, 1)"),
    ("sincos: rows for columns", "[in_cols, in_rows]", "[in_rows, in_cols]"),
    kind="sincos",
    classifier="token",
)
