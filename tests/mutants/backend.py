"""What `backend` does a block of values or of rows at a time, and its erf."""

from mutants.kinds import mistakes

RESULTS = "return results if isinstance(part, tuple) else results[0]"
PART = "part = f(*(a[start : start + BLOCK] for a in flat))"
STORE = "result[start : start + BLOCK] = values"
mistakes(
    "backend/tiles.py",
    ("gelu tanh", "s7_feed_forward", "block"),
    ("fuse: the last value of a block missing", STORE, "result[start : start + BLOCK - 1] = values[:-1]"),
    (
        "fuse: the last, shorter block missing",
        "range(0, x.size, BLOCK)",
        "range(0, x.size - BLOCK + 1, BLOCK)",
    ),
    ("fuse: the first block missing", "range(0, x.size, BLOCK)", "range(BLOCK, x.size, BLOCK)"),
    ("fuse: the wrong one of two results", RESULTS, RESULTS.replace("results if", "results[::-1] if")),
    ("fuse: the first result twice", RESULTS, RESULTS.replace("results if", "results[:1] * 2 if")),
    (
        "fuse: the values one place early",
        PART,
        "part = f(*(a.take(range(start - 1, min(start + BLOCK, a.size) - 1)) for a in flat))",
    ),
    (
        "fuse: every block but the first array's is the first",
        PART,
        "n = flat[0][start:][:BLOCK].size\n            part = f(flat[0][start:][:n], *(a[:n] for a in flat[1:]))",
    ),
    ("fuse: the axes in reverse", "result.reshape(x.shape)", 'result.reshape(x.shape, order="F")'),
    clause="gradient",
    block=11,
)
mistakes(
    "backend/tiles.py",
    ("gelu tanh", "s7_feed_forward", "block"),
    ("fuse: results without a dtype are float64", "np.empty(x.size, a.dtype)", "np.empty(x.size)"),
    clause="dtype",
    block=11,
)
mistakes(
    "backend/tiles.py",
    ("s5_attention", "s6_layer_norm", "block"),
    (
        "blocked: the first array's rows from the front, the others' from the end",
        "None if a is None else a[rows] for a in arrays",
        "None if a is None else (a if a is first else a[::-1, ::-1])[rows] for a in arrays",
    ),
    (
        "blocked: the first result for all",
        "        return results\n\n    return in_blocks",
        "        return results[:1] * len(results)\n\n    return in_blocks",
    ),
    block=50,
)
mistakes(
    "backend/tiles.py",
    ("s5_attention", "s6_layer_norm", "block"),
    ("blocked: results without a dtype are float64", "*a.shape[2:]), a.dtype)", "*a.shape[2:]))"),
    clause="dtype",
    block=50,
)
# 97 values are 8 rows of the LayerNorm's 12: more than the 5 of an image. 30 values are 2 rows, so of 5 one is over.
mistakes(
    "backend/tiles.py",
    ("s5_attention", "s6_layer_norm"),
    ("row_blocks: the last images missing", "range(0, B, rows // J)", "range(0, B - rows // J, rows // J)"),
    ("row_blocks: the first images missing", "range(0, B, rows // J)", "range(rows // J, B, rows // J)"),
    (
        "row_blocks: the last image of a block missing",
        "slice(i, i + rows // J), slice(None)",
        "slice(i, i + rows // J - 1), slice(None)",
    ),
    (
        "row_blocks: the first row of every image missing",
        "slice(i, i + rows // J), slice(None)",
        "slice(i, i + rows // J), slice(1, None)",
    ),
    block=97,
)
mistakes(
    "backend/tiles.py",
    ("s5_attention", "s6_layer_norm", "block"),
    ("row_blocks: the last rows missing", "range(0, J, step)", "range(0, J - step, step)"),
    ("row_blocks: the first rows missing", "range(0, J, step)", "range(step, J, step)"),
    ("row_blocks: the last row of a block missing", "slice(j, j + step))", "slice(j, j + step - 1))"),
    ("row_blocks: the last image missing", "for i in range(B) for j", "for i in range(B - 1) for j"),
    ("row_blocks: every image written as the first", "(slice(i, i + 1), slice(j,", "(slice(0, 1), slice(j,"),
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
