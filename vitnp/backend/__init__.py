"""NumPy or CuPy: the only folder that imports cupy."""

from vitnp.backend import accelerate, replaced

replaced.need_one_numpy()
accelerate.ignore_false_warnings()
