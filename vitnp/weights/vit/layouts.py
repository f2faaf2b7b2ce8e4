"""How each library lays out an array: the only file where a weight is transposed. Imports nothing of vitnp.

| ours                           | Google: only reshaped         | torch: (out, in), joined            |
|--------------------------------|-------------------------------|-------------------------------------|
| project.W (P·P·C, D)           | (P, P, C, D)                  | (D, C, P, P)                        |
| W_Q, W_K, W_V (D, D), b (D,)   | (D, H, K), (H, K)             | (D, D), or the three joined: (3D, D) |
| W_O (D, D)                     | (H, K, D)                     | (D, D), transposed                  |
| W1 (D, M), W2 (M, D), head     | the same                      | transposed                          |
| cls, probe (D,), E_pos (N+1, D)| (1, 1, D), (1, N+1, D)        | (1, 1, D), (1, N+1, D)              |
| reg (R, D)                     |                               | (1, R, D)                           |
| biases, gamma, beta            | the same                      | the same                            |

A patch vector has the order (row, column, channel), so Google's kernel needs no move; torch has the channel first.
A head's K columns lie side by side in W_Q, so D = H·K is a reshape. Every function gives a view where NumPy can:
a transposed weight stays a view, which matrix products read as fast, and no second copy of a model is made.
"""

import numpy as np

ROWS = ("cls", "reg", "probe", "E_pos")  # of D numbers


def to_file(family, name, array, config):
    """Our array called `name` as the family has it."""
    last = name.rpartition(".")[2]
    P, C, H, K = config.patch_size, config.map_channels, config.num_heads, config.head_dim
    if last in ROWS:
        return array.reshape(1, -1, array.shape[-1])
    if name == "project.W":
        kernel = array.reshape(P, P, C, -1)
        return kernel if family == "google" else kernel.transpose(3, 2, 0, 1)
    if family == "google":
        shapes = dict.fromkeys(("W_Q", "W_K", "W_V"), (-1, H, K)) | {"W_O": (H, K, -1)}
        shapes |= dict.fromkeys(("b_Q", "b_K", "b_V"), (H, K))
        return array.reshape(shapes.get(last, array.shape))
    return array.T


def to_ours(family, name, array, shape):
    """The inverse of `to_file`, for one array of ours of that shape."""
    if family == "google" or name.rpartition(".")[2] in ROWS:
        return array.reshape(shape)
    if name == "project.W":
        return array.transpose(2, 3, 1, 0).reshape(shape)
    return array.T


def join(arrays):
    """Several arrays below each other, as torch keeps W_Q, W_K and W_V."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def split(array, parts):
    """The inverse of `join`."""
    size = len(array) // parts
    return [array[i * size : (i + 1) * size] for i in range(parts)]
