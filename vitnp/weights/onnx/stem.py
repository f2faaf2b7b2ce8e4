"""Steps 1 to 4 of a graph's ViT, and the layers with what is added and multiplied after them. Imports its neighbors."""

import math

import numpy as np

from vitnp.ops import interpolate
from vitnp.weights.onnx.constants import Constant, known, laid_out
from vitnp.weights.onnx.tensors import Positioned, Tokens
from vitnp.weights.vit.layer_scale import folded

NONE = "—"  # the label of a vector that the graph leaves out


def stem(stream, arrays):
    """Steps 1 to 4: (Patches, fields of the positions, what they were resized from); the arrays are added."""
    tables, cls = [], None
    while isinstance(stream, Positioned | Tokens):
        if isinstance(stream, Tokens):
            cls = stream.cls
            # what was added before has no row for the class token
            tables = [(table, False) for table, _ in tables]
        else:
            tables.append((stream.table, cls is not None))
        stream = stream.stream.base
    patches = stream
    P, _, C, D = patches.W.shape
    tables = [(table, cls is not None and not beside) for table, beside in tables]
    flat = laid_out(patches.W, lambda array: array.reshape(P * P * C, D))
    arrays["project.W"], arrays["project.b"] = affine(flat, patches.after, D)
    if cls is not None:
        arrays["class_token.cls"] = cls
    if not tables:
        return patches, {"position_embedding": "none"}, None
    height, width = (side // P for side in patches.image.size)
    rows = height * width + (cls is not None)
    E_pos = table = tables[0][0]
    if len(tables) > 1 or E_pos.shape[0] < rows:
        E_pos = Constant(
            (rows, D),
            table.dtype,
            lambda: sum(_with_row(one.read(), rows) for one, _ in tables),
            table.label,
            table.table,
        )
    arrays["position.E_pos"] = E_pos
    if table.table is None:
        return patches, {"position_interpolation": "bicubic"}, None
    return patches, {"position_interpolation": table.table.method}, _original(E_pos, (height, width))


def _with_row(table, rows):
    """A table with zeros for the class token, if it has no row for it."""
    return np.concatenate([np.zeros_like(table[: rows - len(table)]), table])


def _original(E_pos, grid):
    """((rows, columns), Constant) of the table that was resized to E_pos."""
    source, method = E_pos.table
    _, D, *old = source.shape

    def read():
        made = E_pos.read()
        table = source.read()[0].transpose(1, 2, 0).reshape(-1, D)
        whole = np.concatenate([made[: len(made) - math.prod(grid)], table])
        again, _ = interpolate.forward(whole, grid=tuple(old), new_grid=grid, method=method)
        if abs(again - made).max() > 1e-3 * abs(made).max():
            raise ValueError("its positions are resized and then changed; load it at its own size")
        return whole

    rows = math.prod(old) + E_pos.shape[0] - math.prod(grid)
    return tuple(old), Constant((rows, D), E_pos.dtype, read, source.label)


def affine(W, after, size):
    """(W, b) of a layer and the vectors added and multiplied after it, LayerScale among them."""
    adds = [(i, vector) for i, (op, vector) in enumerate(after) if op == "Add"]

    def scale(start=-1):
        vectors = [vector.read().astype(np.float64) for op, vector in after[start + 1 :] if op == "Mul"]
        return math.prod(vectors[1:], start=np.broadcast_to(vectors[0], size)) if vectors else None

    def scaled(array, by, axis):
        return array if by is None else folded(array, by, axis)

    def bias():
        parts = [scaled(vector.read(), scale(i), 0) for i, vector in adds]
        return (
            parts[0]
            if len(parts) == 1
            else sum(part.astype(np.float64) for part in parts).astype(parts[0].dtype)
        )

    if any(op == "Mul" for op, _ in after):
        W = W._replace(read=lambda W=W: scaled(W.read(), scale(), 1))
    if not adds:
        return W, zeros(size, W.dtype)
    first = adds[0][1]
    return W, first._replace(shape=(size,), read=bias)


def zeros(size, dtype, value=0.0):
    """A vector that the graph leaves out."""
    kind = np.float32 if dtype.itemsize == 2 else dtype
    return known(np.full(size, value, kind), NONE)
