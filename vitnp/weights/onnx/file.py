"""An ONNX file, read by the package `onnx`, an extra; nothing in it is executed. Imports `errors`, its neighbors.

What is checked before any number is read: that all numbers are in the file, that each array has as many bytes as its
shape needs, that every operator is ONNX's own.
"""

import math
import os

import numpy as np

from vitnp.errors import InputError, install, quoted, shown
from vitnp.weights.onnx.constants import Constant
from vitnp.weights.onnx.layout import Unlike
from vitnp.weights.stored import are_counts, widened

GRAPH = "onnx.graph"  # the one entry of an ONNX file among {name: Stored}
TAGS = b"\x12\x1a\x22\x28\x32\x3a\x42"  # what may follow the version in a ModelProto: its fields 2 to 8
MOST = 100_000  # operators: the largest ViT has 8,000
LARGEST = 2**31 - 1  # bytes: more do not fit into one protobuf message
FIELDS = {  # ONNX's number of a dtype: (NumPy's, the field of numbers that are not raw bytes)
    1: ("<f4", "float_data"),
    2: ("u1", "int32_data"),
    3: ("i1", "int32_data"),
    5: ("<i2", "int32_data"),
    6: ("<i4", "int32_data"),
    7: ("<i8", "int64_data"),
    9: ("?", "int32_data"),
    10: ("<f2", "int32_data"),
    11: ("<f8", "double_data"),
    16: ("V2", "int32_data"),
}


def looks_like(start):
    """Whether a file with these first bytes may be ONNX: it begins with the version of the format."""
    return len(start) > 2 and start[0] == 8 and 0 < start[1] < 64 and start[2] in TAGS


def package():
    """The package onnx. Raises InputError where it is not installed."""
    try:
        import onnx
    except ImportError:
        raise InputError(f"ONNX files need the package onnx; install it with {install('onnx')}") from None
    return onnx


def parsed(path):
    """The model in the file, its functions inlined. Raises InputError, naming the file, for one that is refused."""
    onnx = package()
    from google.protobuf.message import DecodeError

    if os.path.getsize(path) > LARGEST:
        raise InputError(
            f"{path} has more than 2 GB, which no ONNX file in one piece has; export the model again"
        )
    model = onnx.ModelProto()
    try:
        with open(path, "rb") as file:
            model.ParseFromString(file.read())
    except DecodeError:
        raise InputError(
            f"{path} is cut off or damaged (it is no ONNX model); fetch or export it again"
        ) from None
    if not model.graph.node:
        raise InputError(
            f"{path} is cut off or damaged (its graph has no operators); fetch or export it again"
        )
    for tensor in tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise InputError(
                f"{path} keeps {quoted(tensor.name)} in another file, which is never read; "
                "export the model with all its numbers in one file"
            )
    count(path, model)
    if model.functions:
        import onnx.inliner

        try:
            model = onnx.inliner.inline_local_functions(model)
        except Exception as problem:  # the package's own, of several kinds
            raise InputError(
                f"{path} has functions that cannot be written out ({problem}); export it without them"
            ) from None
    need_own_operators(path, model)
    return model


def tensors(message):
    """Yield every TensorProto in a message, however deep."""
    waiting = [message]
    while waiting:
        message = waiting.pop()
        if message.DESCRIPTOR.name == "TensorProto":
            yield message
            continue
        for field, value in message.ListFields():
            if field.message_type is not None:
                waiting.extend([value] if hasattr(value, "ListFields") else _messages(value))


def _messages(values):
    return [value for value in values if hasattr(value, "ListFields")]


def count(path, model):
    """Raise InputError for more operators, written out, than a ViT has, and for functions that call themselves."""
    bodies = {(one.domain, one.name): one for one in model.functions}
    sizes, inside = {}, set()

    def size(nodes):
        total = 0
        for node in nodes:
            key = node.domain, node.op_type
            total += 1
            if key in bodies:
                if key in inside or len(inside) > 50:
                    raise InputError(
                        f"{path}: its function {quoted(node.op_type)} calls itself; export it again"
                    )
                if key not in sizes:
                    inside.add(key)
                    sizes[key] = size(bodies[key].node)
                    inside.remove(key)
                total += sizes[key]
        return total

    if (total := size(model.graph.node)) > MOST:
        raise InputError(f"{path} has {total:,} operators; the largest ViT has a tenth of {MOST:,}")


def need_own_operators(path, model):
    """Raise InputError for an operator of another domain than ONNX's, in subgraphs too."""
    graphs = [model.graph]
    while graphs:
        for node in graphs.pop().node:
            if node.domain not in ("", "ai.onnx"):
                raise InputError(
                    f"{path} has the operator {quoted(node.op_type)} of {quoted(node.domain)}, not ONNX's own; "
                    "export the model without it, or before it is optimized for one runtime"
                )
            for attribute in node.attribute:
                graphs.extend([attribute.g] if attribute.HasField("g") else [])
                graphs.extend(attribute.graphs)


def constant(path, tensor):
    """The Constant of a TensorProto; its shape is compared with its bytes. Raises Unlike for strange numbers."""
    name, shape = tensor.name, tuple(tensor.dims)
    if tensor.data_type not in FIELDS:
        raise Unlike(f"the array {quoted(name)} has numbers of a kind that no ViT has: a quantized model")
    kind, field = FIELDS[tensor.data_type]
    dtype = np.dtype(kind)
    size = math.prod(shape)
    raw = tensor.HasField("raw_data")
    held = len(tensor.raw_data) if raw else len(getattr(tensor, field)) * dtype.itemsize
    if not are_counts(shape) or size * dtype.itemsize != held:
        raise InputError(
            f"{path}: the array {quoted(name)} has {held:,} bytes, too few or too many for {dtype.name} "
            f"{shown(shape)}; fetch or export it again"
        )

    def read():
        if raw:
            array = np.frombuffer(tensor.raw_data, dtype)
        elif dtype.itemsize == 2 and dtype.kind in "fV":
            array = np.array(getattr(tensor, field)[:], "<u2").view(dtype)
        else:
            array = np.array(getattr(tensor, field)[:], dtype)
        return (widened(array) if dtype.kind in "fV" else array).reshape(shape)

    return Constant(shape, dtype, read, name)


def attributes(path, node):
    """{name: value} of a node's attributes: numbers, lists, texts, Constants and GraphProtos."""
    onnx, found = package(), {"outputs": len(node.output)}
    for one in node.attribute:
        value = onnx.helper.get_attribute_value(one)
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        elif isinstance(value, onnx.TensorProto):
            value = constant(path, value)
        elif not isinstance(value, int | float | onnx.GraphProto):
            value = list(value)
        found[one.name] = value
    return found
