"""Rules of what is shown and counted of a ResNet: its named tensors, its rows, its maps over the photo, its memory."""

from mutants.kinds import wrong_rules

NAMED, BIT, HYBRID = "models/feature_maps.py", {"name": "bit-tiny"}, {"name": "hybrid-tiny"}
wrong_rules(
    NAMED,
    "test_trace_resnets",
    "test_every_value",
    ("the last norm for the first", '"relu_1": _relu(0, 2)', '"relu_1": _relu(2, 2)'),
    (
        "the kernels in reverse",
        '"conv_1": _conv(-3),\n    "relu_2": _relu(1, 1)',
        '"conv_1": _conv(-1),\n    "relu_2": _relu(1, 1)',
    ),
    ("always the first unit", "inside = (forward, number)", "inside = (forward, 0)"),
    fields={},
    **BIT,
)
wrong_rules(
    NAMED,
    "test_trace_resnets",
    "test_every_value",
    ("the root's norm left out", "if not pre:", "if pre:"),
    (
        "the shortcut's norm for the last",
        "_output(norm_forward, -1, group_norm.backward, -3)",
        "_output(norm_forward, 0, group_norm.backward, -3)",
    ),
    fields={},
    **HYBRID,
)
wrong_rules(
    NAMED,
    "test_trace_resnets",
    "test_every_gradient_by_the_complex_step",
    ("the gradients of the units forward", "(backward, last - number)", "(backward, number)"),
    ("the kernels' gradients forward", "backward, -4 - call)", "backward, call)"),
    (
        "the pool's gradient for its input's",
        'Local(resnet.root_backward, "dx")',
        "Local(resnet.root_backward, RETURNED)",
    ),
    fields={"image_size": (16, 12)},
    **BIT,
)
wrong_rules(
    "models/bit.py",
    "test_trace_resnets",
    "test_every_value",
    (
        "the first norm for the last",
        "Local(norm_relu_forward, RETURNED, -1)",
        "Local(norm_relu_forward, RETURNED, 0)",
    ),
    fields={},
    **BIT,
)
wrong_rules(
    "analysis/trace_table.py",
    "test_trace_resnets",
    "test_the_table_of_a_large_one_has_the_stages_alone",
    ("every row of a unit", "section.rows[-1:]", "section.rows"),
    ("units of a stage not joined", "if before.blocks and _alike(before.rows, rows):", "if False:"),
)
wrong_rules(
    "course/letters.py",
    "test_slides",
    "test_the_rows_of_a_resnet_and_of_a_hybrid",
    ("halves rounded down", "-(-n // 2**i)", "n // 2**i"),
    ("a unit left out", "for i in range(number)]", "for i in range(number - 1)]"),
    fields={},
    **HYBRID,
)
wrong_rules(
    "show/page.py",
    "test_look_resnets",
    "test_a_patch_of_the_feature_map_lies_over_its_pixels",
    ("stretched over the image", "extent=(0, cols * side, rows * side, 0)", "extent=(0, width, height, 0)"),
    ("the image grows", "    axes.set(xlim=(0, width), ylim=(height, 0))\n", ""),
    (
        "a mark of the feature map's places",
        "(row, column), P = patch, config.patch_pixels",
        "(row, column), P = patch, config.patch_size",
    ),
)
wrong_rules(
    "models/vit/config.py",
    "test_look_resnets",
    "test_a_patch_of_the_feature_map_lies_over_its_pixels",
    ("a patch of so many places", "return self.patch_size * self.map_scale", "return self.patch_size"),
)
wrong_rules(
    "commands/look/seen.py",
    "test_look_resnets",
    "test_the_patch_at_a_pixel",
    ("patches stretched over the image", "share[at] * (n / side)", "share[at] * round(n / side)"),
    place=(45, 81),
    patch=(2, 5),
)
wrong_rules(
    "analysis/look/maps.py",
    "test_look_resnets",
    "test_the_numbers_of_a_feature_map",
    ("the mean, not of the squares", "xp.sqrt((a * a).mean(axis=-1))", "abs(a.mean(axis=-1))"),
    ("large channels, not those that vary", "a.std(axis=(0, 1))", "abs(a).mean(axis=(0, 1))"),
)
wrong_rules(
    "models/resnet_cost.py",
    "test_cost_resnets",
    "test_saved_bytes_are_those_of_saved",
    ("the padding not counted", "(n + sum(pad) for n, pad in", "(n for n, pad in"),
    ("no 1/std", "places * channels * (1 + relu) + channels", "places * channels * (1 + relu)"),
    ("one scale of a kernel", "body.scales * outputs", "outputs"),
    ("the first unit's input not counted", "if body.units else kept", "if False else kept"),
    fields={},
    dtype="float32",
    whole=True,
    **HYBRID,
)
wrong_rules(
    "models/hybrid.py",
    "test_cost_resnets",
    "test_saved_bytes_are_those_of_saved",
    ("the patches counted twice", "if config.patch_size == 1 and config.stem_units:", "if False:"),
    fields={},
    dtype="float32",
    whole=True,
    **HYBRID,
)
