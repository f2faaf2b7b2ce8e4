"""Mistakes in reading and writing the files of EfficientNet: names, orders of axes, constants, what is asked."""

from mutants.kinds import wrong_rules

WHERE, SAME = "test_golden_efficientnet", "test_logits_loss_and_every_gradient"
RUN = {"mode": "evaluation", "dtype": "float64", "tolerance": 2e-7}
wrong_rules(
    "weights/efficientnet/names.py",
    WHERE,
    SAME,
    ("gamma for mean", '("weight", "bias", "running_mean"', '("running_mean", "bias", "weight"'),
    ("rows and columns of a depthwise kernel exchanged", "transpose(1, 2, 0)", "transpose(2, 1, 0)"),
    ("the units that widen have one norm for two", "norm_3.*         bn3.*", "norm_3.*         bn2.*"),
    **RUN,
)
wrong_rules(
    "weights/efficientnet/profiles.py",
    WHERE,
    SAME,
    ("PyTorch's ε", '"batch_norm_eps": 1e-3', '"batch_norm_eps": 1e-5'),
    **RUN,
)
WHERE = "test_checkpoints_efficientnet"
wrong_rules(
    "weights/efficientnet/names.py",
    WHERE,
    "test_counters_of_batches_are_written_as_zero_and_not_read",
    ("the counters are read", '".num_batches_tracked"', '".num_batches"'),
)
wrong_rules(
    "weights/efficientnet/infer.py",
    WHERE,
    "test_the_squeeze_ratio_is_read_off_the_widths",
    ("the first units alone", "squeezed.add((inputs, second[0]))", "pass"),
    ratio=0.1,
)
wrong_rules(
    "weights/efficientnet/said.py",
    WHERE,
    "test_arguments_of_the_model",
    ("PyTorch's momentum for TensorFlow's", "= 1.0 - new", "= new"),
)
wrong_rules(
    "weights/efficientnet/files.py",
    WHERE,
    "test_strides_of_the_same_stages_in_another_width_are_taken_and_said",
    ("strides taken in silence", "if not profiles.published(seen):", "if False:"),
)
wrong_rules(
    "weights/vit/written.py",
    WHERE,
    "test_of_a_published_model_timms_own_words_say_all",
    ("read as a ViT's", ", Config=type(config)", ""),
)
wrong_rules(
    "weights/kinds.py",
    "test_golden_efficientnet",
    "test_what_is_written_is_what_was_read",
    ("a number as an array of one", 'np.asarray(array, order="C")', "np.ascontiguousarray(array)"),
)
