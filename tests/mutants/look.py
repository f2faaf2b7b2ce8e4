"""Broken ways to look inside a model."""

# (what, file, old, new, the test of test_look.py that sees it)
LOOKING = [
    (what, "look.py", old, new, test)
    for what, old, new, test in (
        (
            "rollout: columns divided, as found in public code",
            "mixed.sum(axis=-1, keepdims=True)",
            "mixed.sum(axis=-1)",
            "test_rollout_takes_the_mean_of_the_heads_and_keeps_rows",
        ),
        (
            "rollout: rows not divided",
            "        mixed = mixed / mixed.sum(axis=-1, keepdims=True)\n",
            "",
            "test_rollout_takes_the_mean_of_the_heads_and_keeps_rows",
        ),
        (
            "rollout: no identity",
            "0.5 * (A.mean(axis=1) + identity)",
            "A.mean(axis=1)",
            "test_rollout_of_identity_and_uniform",
        ),
        ("rollout: layers in reverse", "else mixed @ R", "else R @ mixed", "test_rollout_of_one_hot_layers"),
        (
            "gradient rollout: layers in reverse",
            "else relevant @ R",
            "else R @ relevant",
            "test_gradient_rollout_by_hand",
        ),
        (
            "gradient rollout: negative relevance counts",
            "xp.maximum(dA * A, 0)",
            "abs(dA * A)",
            "test_gradient_rollout_by_hand",
        ),
        (
            "gradient rollout: positive after the mean",
            "xp.maximum(dA * A, 0).mean(axis=1)",
            "xp.maximum((dA * A).mean(axis=1), 0)",
            "test_gradient_rollout_by_hand",
        ),
        (
            "gradient rollout: no identity",
            " + xp.eye(A.shape[-1], dtype=A.dtype)",
            "",
            "test_gradient_rollout_by_hand",
        ),
        (
            "distance: rows not divided by what the class token leaves",
            "distance / xp.where(looks, total, 1)",
            "distance",
            "test_attention_distance",
        ),
        ("distance: class token kept", "A[..., first:, first:]", "A[..., :6, :6]", "test_attention_distance"),
        ("distance: in patches", "patch_size * xp.sqrt(", "xp.sqrt(", "test_patch_distances"),
        (
            "distance: rows and columns mixed",
            "i // cols, i % cols",
            "i // rows, i % rows",
            "test_patch_distances",
        ),
        (
            "distance: queries without one counted",
            "xp.maximum(queries, 1)",
            "xp.maximum(queries * 0 + A.shape[-1], 1)",
            "test_distance_of_queries_that_look_at_the_class_token_alone",
        ),
        ("class token: its column", "A[..., 0, 1:]", "A[..., 1:, 0]", "test_attention_from_class_token"),
        (
            "positions: not of norm 1",
            "    e = e / xp.where(norm > 0, norm, 1)\n",
            "",
            "test_position_similarity",
        ),
        ("filters: mean kept", "W.T - W.mean(axis=1)", "W.T", "test_filters_of_rank_one"),
        ("filters: sign left to chance", "* xp.sign(Vt[", "* abs(Vt[", "test_filters_of_rank_one"),
        (
            "filters: standard deviations",
            "Vt[:n], sigma * sigma",
            "Vt[:n], sigma",
            "test_filters_of_two_known_directions",
        ),
        ("norms: not rooted", "math.sqrt(square)", "square", "test_gradient_norms"),
    )
]
