"""The MLP."""

from mutants.kinds import mistakes

mistakes(
    "models/mlp.py",
    ("mlp", "mlp, erf, one layer"),
    (
        "GELU's slope forgotten",
        "gelu.backward(dropout.backward(dx, saved_dropout), saved_gelu)",
        "dropout.backward(dx, saved_dropout)",
    ),
    (
        "the layer's gradient one layer early",
        'f"layers.{len(saved.layers)}"',
        'f"layers.{len(saved.layers) + 1}"',
    ),
    (
        "the pixels in another order",
        "return dx.reshape(saved.shape)",
        'return dx.reshape(saved.shape, order="F")',
    ),
)
mistakes(
    "models/mlp.py",
    ("mlp, dropout",),
    ("dropout forgotten on the way back", "dropout.backward(dx, saved_dropout)", "dx"),
)
