"""Rules of what is seen inside a model: rollout, attention distances, positions, filters, tokens, sinks."""

from mutants.kinds import wrong_rules

wrong_rules(
    "analysis/look/rollout.py",
    "test_look",
    "test_rollout_takes_the_mean_of_the_heads_and_keeps_rows",
    (
        "rollout: columns divided, as found in public code",
        "mixed.sum(axis=-1, keepdims=True)",
        "mixed.sum(axis=-1)",
    ),
    ("rollout: rows not divided", "        mixed = mixed / mixed.sum(axis=-1, keepdims=True)\n", ""),
)
wrong_rules(
    "analysis/look/rollout.py",
    "test_look",
    "test_rollout_of_identity_and_uniform",
    ("rollout: no identity", "0.5 * (A.mean(axis=1) + identity)", "A.mean(axis=1)"),
)
wrong_rules(
    "analysis/look/rollout.py",
    "test_look",
    "test_rollout_of_one_hot_layers",
    ("rollout: layers in reverse", "else mixed @ R", "else R @ mixed"),
)
wrong_rules(
    "analysis/look/rollout.py",
    "test_look",
    "test_gradient_rollout_by_hand",
    ("gradient rollout: layers in reverse", "else relevant @ R", "else R @ relevant"),
    ("gradient rollout: negative relevance counts", "xp.maximum(dA * A, 0)", "abs(dA * A)"),
    (
        "gradient rollout: positive after the mean",
        "xp.maximum(dA * A, 0).mean(axis=1)",
        "xp.maximum((dA * A).mean(axis=1), 0)",
    ),
    ("gradient rollout: no identity", " + xp.eye(A.shape[-1], dtype=A.dtype)", ""),
)
wrong_rules(
    "analysis/look/attention.py",
    "test_look",
    "test_attention_distance",
    (
        "distance: rows not divided by what the class token leaves",
        "distance / xp.where(looks, total, 1)",
        "distance",
    ),
    ("distance: class token kept", "A[..., first:, first:]", "A[..., :6, :6]"),
    class_token=1,
)
wrong_rules(
    "analysis/look/attention.py",
    "test_look",
    "test_patch_distances",
    ("distance: in patches", "patch_size * xp.sqrt(", "xp.sqrt("),
    ("distance: rows and columns mixed", "i // cols, i % cols", "i // rows, i % rows"),
)
wrong_rules(
    "analysis/look/attention.py",
    "test_look",
    "test_distance_of_queries_that_look_at_the_class_token_alone",
    (
        "distance: queries without one counted",
        "xp.maximum(queries, 1)",
        "xp.maximum(queries * 0 + A.shape[-1], 1)",
    ),
)
wrong_rules(
    "analysis/look/attention.py",
    "test_look",
    "test_attention_from_class_token",
    ("class token: its column", "A[..., 0, 1 + registers :]", "A[..., 1 + registers :, 0]"),
)
wrong_rules(
    "analysis/look/matching.py",
    "test_look",
    "test_position_similarity",
    ("positions: not of norm 1", "tokens / xp.where(norm > 0, norm, 1)", "tokens"),
    class_token=1,
)
wrong_rules(
    "analysis/look/components.py",
    "test_look",
    "test_filters_of_rank_one",
    ("filters: mean kept", "svd(rows - rows.mean(axis=0),", "svd(rows,"),
    ("filters: sign left to chance", "* xp.sign(Vt[", "* abs(Vt["),
)
wrong_rules(
    "analysis/look/components.py",
    "test_look",
    "test_filters_of_two_known_directions",
    ("filters: standard deviations", "variance = sigma * sigma", "variance = sigma"),
)
wrong_rules(
    "analysis/look/gradients.py",
    "test_look",
    "test_gradient_norms",
    ("norms: not rooted", "math.sqrt(square)", "square"),
)
wrong_rules(
    "analysis/look/components.py",
    "test_look_tokens",
    "test_the_basis_is_that_of_all_photos",
    ("components: mean kept", "(z - z.mean(axis=0)) @ Vt[:n].T", "z @ Vt[:n].T"),
)
wrong_rules(
    "analysis/look/components.py",
    "test_look_tokens",
    "test_colors_go_from_quantile_to_quantile",
    ("colors: not cut off", "xp.maximum(xp.minimum(scaled, 1), 0)", "scaled"),
    ("colors: one scale for all components", "xp.quantile(each, clip, axis=0)", "xp.quantile(each, clip)"),
)
wrong_rules(
    "analysis/look/matching.py",
    "test_look_tokens",
    "test_similarity_of_known_directions",
    ("similarity: lengths count", "_directions(a) @", "a @"),
)
wrong_rules(
    "analysis/look/matching.py",
    "test_look_tokens",
    "test_matches_and_which_are_mutual",
    (
        "matches: the wrong way back",
        "take_along_axis(back, best, axis=-1)",
        "take_along_axis(best, back, axis=-1)",
    ),
)
wrong_rules(
    "analysis/look/matching.py",
    "test_look_tokens",
    "test_the_mirror_image_of_a_grid",
    ("mirror: upside down", "reshape(rows, cols)[:, ::-1]", "reshape(rows, cols)[::-1]"),
)
wrong_rules(
    "analysis/look/sinks.py",
    "test_look_tokens",
    "test_sinks",
    (
        "sinks: of the query",
        "received = A[..., first:, first:].mean(axis=-2)",
        "received = A[..., first:, first:].mean(axis=-1)",
    ),
    ("sinks: [CLS] asks too", "A[..., first:, first:].mean(axis=-2)", "A[..., first:].mean(axis=-2)"),
    class_token=1,
)
wrong_rules(
    "data/preprocess.py",
    "test_preprocess",
    "test_where_the_model_sees_a_pixel",
    ("a place: no crop", "return top * down, left * across,", "return 0 * down, 0 * across,"),
    ("a place: scales exchanged", "return top * down, left * across,", "return top * across, left * down,"),
    how="other aspect",
    size=(300, 451),
)
