"""Mistakes in reading other libraries' files: LayerScale, rows of zeros, kinds of model, processors."""

from mutants.kinds import wrong_rules

WHERE, TOKENS = "test_golden_dinov2", "test_tokens_and_logits_at_every_size"
DEIT3, HUGGINGFACE = "deit3_timm/model.safetensors", "dinov2_huggingface/model.safetensors"

wrong_rules(
    "weights/vit/layer_scale.py",
    WHERE,
    TOKENS,
    ("λ is left out", "* scale.astype(np.float64).reshape(shape)", "* 1.0"),
    (
        "λ² for λ",
        "* scale.astype(np.float64).reshape(shape)",
        "* scale.astype(np.float64).reshape(shape) ** 2",
    ),
    ("λ for the inputs of W", "axis=0))", "axis=-1))"),
    ("λ not for b_O", '("attention.W_O", "attention.b_O")', '("attention.W_O",)'),
    ("λ not for b2", '("feed_forward.W2", "feed_forward.b2")', '("feed_forward.W2",)'),
    (
        "the other layer's λ",
        "for scale, leaves in zip(SCALES[family], LAYERS",
        "for scale, leaves in zip(SCALES[family][::-1], LAYERS",
    ),
    name=DEIT3,
)
wrong_rules(
    "weights/vit/layer_scale.py",
    WHERE,
    "test_layer_scale_is_taken_in_with_one_rounding",
    ("rounded to float16", ".astype(array.dtype)", ".astype(np.float16).astype(array.dtype)"),
)
wrong_rules(
    "weights/vit/prefix.py",
    WHERE,
    TOKENS,
    (
        "the first patch's row",
        "[first, zeros, E_pos[:, rows:]]",
        "[first, E_pos[:, rows : rows + 1], E_pos[:, rows:]]",
    ),
    ("the row last", "[first, zeros, E_pos[:, rows:]]", "[first, E_pos[:, rows:], zeros]"),
    name=DEIT3,
)
NEIGHBORS, ROWS = "test_neighbors", "test_registers_and_rows_of_the_table"
wrong_rules(
    "weights/vit/prefix.py",
    NEIGHBORS,
    ROWS,
    ("registers without their positions", "if with_row:", "if False:"),
    ("the class token's row for the first register", "[:, kept:rows]", "[:, : rows - kept]"),
    ("the patches' rows begin with the registers'", "E_pos[:, rows:]", "E_pos[:, kept : kept + 16]"),
    rows=21,
    token=True,
    registers=4,
)
wrong_rules(
    "weights/vit/prefix.py",
    NEIGHBORS,
    "test_dinov2s_registers_have_no_rows",
    ("DINOv2's registers have positions", "return [token]", "return [token + 4]"),
)
wrong_rules(
    "weights/vit/biases.py",
    NEIGHBORS,
    "test_layers_without_a_bias",
    ("ones", 'np.zeros(shape, "f4")', 'np.ones(shape, "f4")'),
    how={"qkv_bias": False, "proj_bias": False},
)
wrong_rules(
    "weights/vit/neighbors.py",
    NEIGHBORS,
    "test_a_norm_after_the_mean",
    ("the norm before the mean", 'fields["pooled_norm"] = True', "pass"),
    ("the class token is read", '"gap" if after_pooling else "token"', '"token"'),
    token=True,
)
wrong_rules(
    "weights/vit/neighbors.py",
    NEIGHBORS,
    "test_attention_pooling",
    ("the encoder's width", 'fields["pool_mlp_dim"] = b1[0] if b1 else None', "pass"),
    width=32,
    pool_mlp_dim=32,
    gelu="tanh",
)
wrong_rules(
    "weights/vit/profiles.py",
    WHERE,
    TOKENS,
    (
        "DINOv2's own positions as timm's",
        '"position_interpolation": "bicubic-offset"',
        '"position_interpolation": "bicubic"',
    ),
    ("DINOv2's own file taken for timm's", 'if reg or "mask_token" in found:', "if False:"),
    name="dinov2_own/dinov2.pth",
)
wrong_rules(
    "weights/vit/profiles.py",
    WHERE,
    TOKENS,
    (
        "DeiT-III's own file taken for timm's",
        'if any("gamma_" in in_file for in_file in found.values()):',
        "if False:",
    ),
    name="deit3_own/deit_3.pth",
)
wrong_rules(
    "weights/vit/profiles.py",
    WHERE,
    TOKENS,
    ("Hugging Face's DINOv2 taken for its ViT", 'return f"huggingface-dinov2{reg}"', 'return "huggingface"'),
    name=HUGGINGFACE,
)
wrong_rules(
    "weights/vit/processors.py",
    WHERE,
    "test_a_picture_through_the_processor_and_the_model",
    ("the crop rounds as torchvision's", '{"crop_rounding": "down"} if', '{"crop_rounding": "nearest"} if'),
    ("the longer side", "fraction = after[0] / before[0]", "fraction = 1.0"),
    ("stretched", 'side, keep = side["shortest_edge"], True', 'side, keep = side["shortest_edge"], False'),
)
wrong_rules(
    "data/preprocess.py",
    WHERE,
    "test_a_picture_through_the_processor_and_the_model",
    ("every crop rounds alike", 'round if config.preprocessing.crop_rounding == "nearest" else int', "round"),
)
wrong_rules(
    "weights/vit/infer.py",
    WHERE,
    "test_a_note_says_that_the_processor_asks_for_another_size",
    (
        "the size of the table, whatever the processor makes",
        "questions, used_at, rows_before, taken)",
        "questions, None, rows_before, taken)",
    ),
)
