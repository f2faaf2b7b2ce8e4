"""A graph as (fields of ViTConfig, {our name: Constant}), or the reason why it is none. Imports its neighbors."""

import math

from vitnp.errors import InputError, quoted, shown
from vitnp.weights.onnx import vit
from vitnp.weights.onnx.layout import Unlike
from vitnp.weights.onnx.tensors import depth
from vitnp.weights.onnx.walk import Walk

MOST_SIDE = 2**14  # pixels
FLOATS = (1, 10, 11, 16)


def read(path, model, image_size=None):
    """The `vit.Found` of a model. image_size: of a graph that takes pictures of any size, where its table is no square.

    Raises InputError for a graph that is no ViT, saying the first thing that does not fit.
    """
    picture, dims = picture_of(path, model)
    best, reason, cut = -1, None, False
    for shape in shapes(path, model, dims, image_size):
        walk = Walk(path, model, picture, shape)
        try:
            found = vit.read(walk)
        except Unlike as problem:
            if depth(walk.stream) > best:
                best, reason, cut = depth(walk.stream), problem, walk.stream is not None
            continue
        found.notes.extend(left_out(walk, found))
        return found
    if reason is None:
        raise InputError(
            f"{path} takes pictures of any size, and no table tells one; give image_size= or --image-size HxW"
        )
    raise InputError(
        f"{path} holds {kind_of(model, cut)}, not a ViT that vitnp has: {reason}; name another file"
    ) from reason


def picture_of(path, model):
    """(name, {"B": side or None, …} in the input's order) of the graph's input that is a picture."""
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [one for one in model.graph.input if one.name not in stored]
    for one in inputs:
        kind = one.type.tensor_type
        sides = [side.dim_value if side.HasField("dim_value") else None for side in kind.shape.dim]
        if kind.elem_type in FLOATS and len(sides) == 4:
            last = sides[3] in (1, 3, 4) and sides[1] not in (1, 3, 4)
            dims = dict(zip("BHWC" if last else "BCHW", sides, strict=True))
            if any(side is not None and not 0 < side <= MOST_SIDE for side in sides):
                raise InputError(
                    f"{path} takes pictures {shown(tuple(sides))}; need sides of 1 to {MOST_SIDE:,}"
                )
            return one.name, dims
    what = ", ".join(
        f"{quoted(one.name)} with {len(one.type.tensor_type.shape.dim)} axes" for one in inputs[:3]
    )
    raise InputError(
        f"{path} takes {what or 'nothing'} and no picture (images, channels, height, width): it is a model of text "
        "or sound, not a ViT; name another file"
    )


def shapes(path, model, dims, image_size):
    """Yield the shapes to try: where the graph leaves a side open, those that its arrays tell."""
    stored = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    kernel = next(
        (
            stored.get(node.input[1], ())
            for node in model.graph.node
            if node.op_type == "Conv" and len(node.input) > 1
        ),
        (),
    )
    D, C, P = kernel[:3] if len(kernel) == 4 and kernel[2] == kernel[3] else (None, 3, 16)
    sizes = [(dims["H"], dims["W"])]
    if None in sizes[0]:
        counts = {
            shape[-2]
            for shape in stored.values()
            if len(shape) in (2, 3) and shape[-1] == D and shape[-2] > 1
        }
        sides = {
            math.isqrt(n): None
            for rows in sorted(counts)
            for n in (rows - 1, rows)
            if math.isqrt(n) ** 2 == n
        }
        grids = [(side * P, side * P) for side in sides if 0 < side * P <= MOST_SIDE][:8]
        sizes = grids + ([tuple(image_size)] if image_size else [])
        sizes = [
            tuple(given or side for given, side in zip((dims["H"], dims["W"]), size, strict=True))
            for size in sizes
        ]
    for B in [dims["B"]] if dims["B"] else [2, 1]:
        for H, W in sizes:
            known = {"B": B, "C": dims["C"] or C, "H": H, "W": W}
            yield {axis: known[axis] for axis in dims}


def kind_of(model, cut):
    """What a graph looks like, in words, by its operators; cut: whether it cuts the picture into patches."""
    count = {}
    for node in model.graph.node:
        count[node.op_type] = count.get(node.op_type, 0) + 1
    if any("quant" in op.lower() or op in ("MatMulInteger", "ConvInteger") for op in count):
        return "a quantized model"
    softmax, attention = count.get("Softmax", 0), count.get("Attention", 0)
    if count.get("Conv", 0) > 1 and softmax < 2 and not attention:
        return "a CNN"
    if count.get("Conv", 0) > 1 and not cut:
        return "a hybrid of convolutions and attention"
    return "a Transformer" if softmax + attention else "a network"


def left_out(walk, found):
    """[a sentence] on what stands after the ViT, [] if nothing does."""
    first = {}  # the name under which each end is first there
    for name, value in walk.values.items():
        first.setdefault(getattr(value, "base", None), name)
    needed, waiting = set(), [first[end] for end in found.ends]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += walk.makers[name].input if name in walk.makers else []
    graph = walk.model.graph
    nodes = [node for node in graph.node if node.op_type != "Constant" and not needed & set(node.output)]
    arrays = [tensor for tensor in graph.initializer if tensor.name not in needed]
    if not nodes:
        return []
    return [
        f"what stands after the ViT is left out: {len(nodes):,} operators ({nodes[0].op_type} the first), "
        f"{len(arrays):,} arrays"
    ]
