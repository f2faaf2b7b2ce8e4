"""What an ONNX graph is taken for."""

from mutants.kinds import wrong_rules

LOGITS = "test_logits_of_exports"
TIMM = {"name": "onnx_timm_opset_11"}  # q, k, v in one matrix, LayerScale, norms written out
wrong_rules(
    "weights/onnx/layout.py",
    "test_onnx",
    LOGITS,
    ("a part begins at its number", "{root: start * stride}", "{root: start}"),
    ("an outer stride too small", "size, atom.stride * inner)", "size, atom.stride)"),
    **TIMM,
)
wrong_rules(
    "weights/onnx/attention.py",
    "test_onnx",
    LOGITS,
    ("queries for keys and values", "x.offsets.get(root, 0))", "0)"),
    ("the scale forgotten", "factor = None if c is None else c * x.base.factor", "factor = c"),
    **TIMM,
)
wrong_rules(
    "weights/onnx/products.py",
    "test_onnx",
    LOGITS,
    ("rows and columns of a patch exchanged", "array.transpose(2, 3, 1, 0))", "array.transpose(3, 2, 1, 0))"),
    **TIMM,
)
wrong_rules(
    "weights/onnx/stem.py",
    "test_onnx",
    LOGITS,
    ("LayerScale forgotten in W", 'if any(op == "Mul" for op, _ in after):', "if False:"),
    ("LayerScale forgotten in b", "scaled(vector.read(), scale(i), 0)", "vector.read()"),
    **TIMM,
)
wrong_rules(
    "weights/onnx/functions.py",
    "test_onnx",
    LOGITS,
    ("ε not squared", "eps = 1 / values[ZERO] ** 2", "eps = 1 / values[ZERO]"),
    **TIMM,
)
wrong_rules(
    "weights/onnx/resize.py",
    "test_onnx",
    "test_positions_resized_in_the_graph",
    (
        "corners aligned",
        '("cubic", "half_pixel", 0): ("bicubic", -0.75)',
        '("cubic", "half_pixel", 0): ("bicubic-aligned", -0.75)',
    ),
)
wrong_rules(
    "weights/onnx/graph.py",
    "test_onnx",
    "test_another_size_comes_from_the_table_before_it_was_resized",
    ("another size from the resized table", "if not graphs_own:", "if False:"),
)
