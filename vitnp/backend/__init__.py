"""NumPy or CuPy: the only folder that imports cupy."""
