"""What `backend` does a tile at a time, and its erf."""

from mutants.kinds import mistakes

TILES = "backend/tiles.py"
RESULTS = "return results if isinstance(part, tuple) else results[0]"
PART = "part = f(*(None if a is None else a[tile] for a in arrays), **same)"
STORE = "result[tile] = values"
FLAT = "[a.reshape(-1) for a in arrays]"
mistakes(
    TILES,
    ("gelu tanh", "s7_feed_forward", "block"),
    ("the wrong one of two results", RESULTS, RESULTS.replace("results if", "results[::-1] if")),
    ("the first result twice", RESULTS, RESULTS.replace("results if", "results[:1] * 2 if")),
    (
        "every tile but the first array's in reverse",
        FLAT,
        "[a.reshape(-1)[:: 1 if a is x else -1] for a in arrays]",
    ),
    ("the axes in reverse", "a.reshape(x.shape)", 'a.reshape(x.shape, order="F")'),
    ("the last value missing", "(x.size,), BLOCK)", "(x.size - 1,), BLOCK)"),
    ("the last values missing", "range(0, n, step)", "range(0, n - step, step)"),
    ("the first values missing", "range(0, n, step)", "range(step, n, step)"),
    ("the last value of a tile missing", "(slice(i, i + step),)", "(slice(i, i + step - 1),)"),
    clause="gradient",
    block=11,
)
mistakes(
    TILES,
    ("gelu tanh", "s6_layer_norm", "block"),
    ("results without a dtype are float64", "len(lead) :]), a.dtype)", "len(lead) :]))"),
    clause="dtype",
    block=11,
)
mistakes(
    TILES,
    ("s5_attention", "s6_layer_norm", "block"),
    (
        "the first array's rows from the front, the others' from the end",
        "None if a is None else a[tile] for a in arrays",
        "None if a is None else (a if a is arrays[0] else a[::-1])[tile] for a in arrays",
    ),
    (
        "the first result for all",
        RESULTS,
        "return results[:1] * len(results) if isinstance(part, tuple) else results[0]",
    ),
    block=50,
)
# 97 values are 8 rows of the LayerNorm's 12: more than the 5 of an image. 30 values are 2 rows, so of 5 one is over.
mistakes(
    TILES,
    ("s6_layer_norm",),
    ("the last tile missing", "range(0, n, step)", "range(0, n - step, step)"),
    ("the first tile missing", "range(0, n, step)", "range(step, n, step)"),
    ("the last row or image of a tile missing", "(slice(i, i + step),)", "(slice(i, i + step - 1),)"),
    block=97,
)
mistakes(
    TILES,
    ("s5_attention", "s6_layer_norm", "block"),
    ("the last rows of an image missing", "range(0, n, step)", "range(0, n - step, step)"),
    ("the first rows of an image missing", "range(0, n, step)", "range(step, n, step)"),
    ("the last image missing", "for i in range(n) for rest", "for i in range(n - 1) for rest"),
    ("every image written as the first", "(slice(i, i + 1), *rest)", "(slice(0, 1), *rest)"),
    ("every image has the rows of the first", STORE, "result[(slice(0, 1), *tile[1:])] = values"),
    block=30,
)
mistakes(
    "backend/erf.py",
    ("gelu erf", "s7_feed_forward, erf", "vit, erf"),
    ("erf in float32: a coefficient changed", "-147.0595,", "-147.1595,"),
    ("erf in float32: sign of a coefficient", "-23.586313,", "23.586313,"),
    ("erf in float32: the fraction from the other end", "((a2, b1), (a1, b0))", "((a1, b0), (a2, b1))"),
    ("erf in float32: a step of the fraction left out", "((a2, b1), (a1, b0))", "((a1, b0),)"),
    ("erf in float32: x² left out", "            R += x2\n", ""),
    ("erf in float32: even, not odd", "return np.tanh(R, out=R)", "return np.tanh(abs(R))"),
    clause="precision",
)
mistakes(
    "backend/erf.py",
    ("gelu erf", "s7_feed_forward, erf", "vit, erf"),
    (
        "erf of float32 in float64 too",
        "if x.dtype == np.float32:\n        return erf_float32(x, x2)",
        "if x.dtype == np.float64:\n        return erf_float32(x, x2)",
    ),
    ("erf: √2 forgotten", "return scipy.special.erf(x * SQRT_HALF)", "return scipy.special.erf(x)"),
)
mistakes(
    "backend/erf.py",
    ("gelu erf", "s7_feed_forward, erf", "vit, erf"),
    (
        "erf of float32 by way of float64",
        "return erf_float32(x, x2)",
        "import scipy.special\n\n        return scipy.special.erf(SQRT_HALF * x.astype(float))",
    ),
    clause="dtype",
)
