"""What the pickle of torch.save may call: nothing but makers of dicts and of Tensor records. Imports `system`."""

from typing import NamedTuple

from vitnp.system.pickles import Call, Refused
from vitnp.system.placeholders import Placeholder

DTYPES = {
    "float64": ("Double", "<f8"),
    "float32": ("Float", "<f4"),
    "float16": ("Half", "<f2"),
    "bfloat16": ("BFloat16", "V2"),
    "int64": ("Long", "<i8"),
    "int32": ("Int", "<i4"),
    "int16": ("Short", "<i2"),
    "int8": ("Char", "i1"),
    "uint8": ("Byte", "u1"),
    "bool": ("Bool", "?"),
}
UNTYPED = "untyped"  # a storage of which the tensor says the type
STORAGES = {("torch", f"{name}Storage"): dtype for name, dtype in DTYPES.values()}
STORAGES |= {("torch.storage", "UntypedStorage"): UNTYPED}
STORAGES |= {("torch", name): dtype for name, (_, dtype) in DTYPES.items()}
# Classes whose objects are tensors and nothing more.
PLAIN = ("torch", "Tensor"), ("torch.nn.parameter", "Parameter"), ("torch.nn.parameter", "Buffer")
# Parts of the names of what else makes a tensor, and what a message calls it.
UNREAD = {
    "_load_from_bytes": "pickled within the pickle",
    "_rebuild_qtensor": "quantized",
    "torch.Q": "quantized",
    "_rebuild_sparse": "sparse",
    "_rebuild_meta_tensor": "without numbers, as it was on the device meta",
    "Complex": "complex",
    "torch.float8": "of 8-bit floats",
    "torch.": "of a kind that NumPy has not",
    "multiarray._reconstruct": "a NumPy array inside a pickle",
}
MAKERS = ("_rebuild_", "_reconstruct", "_load_from_bytes")


class Tensor(NamedTuple):
    """What the pickle says of one tensor; counts are in elements."""

    dtype: str
    key: str  # of the storage
    offset: int
    shape: tuple
    strides: tuple


class Unread(NamedTuple):
    """A tensor whose numbers are not read."""

    what: str


class Dict(dict):
    """An OrderedDict whose attributes, `_metadata` in a state dict, are thrown away."""

    __slots__ = ()

    def __setstate__(self, state):
        pass


class MakeDict(Call):
    """A dict, of which the attributes are thrown away."""

    __slots__ = ()
    stands_for = ("collections", "OrderedDict")

    def function(self):
        return Dict()


class MakeTensor(Call):
    """A Tensor. Of what comes after the strides the gradient and the hooks are left unread."""

    __slots__ = ()
    stands_for = ("torch._utils", "_rebuild_tensor_v2")

    def function(self, storage, offset, shape, strides, requires_grad=None, hooks=None, view=None):
        return made(storage, storage[0], offset, (shape, strides), view)


class MakeEarlyTensor(MakeTensor):
    """The same, of PyTorch before 0.4."""

    __slots__ = ()
    stands_for = ("torch._utils", "_rebuild_tensor")


class MakeTypedTensor(Call):
    """A Tensor that says its own type."""

    __slots__ = ()
    stands_for = ("torch._utils", "_rebuild_tensor_v3")

    def function(self, storage, offset, shape, strides, requires_grad, hooks, dtype, view=None):
        return made(storage, dtype, offset, (shape, strides), view)


class TakeTensor(Call):
    """The Tensor in a Parameter."""

    __slots__ = ()
    stands_for = ("torch._utils", "_rebuild_parameter")

    def function(self, tensor, *rest):
        return tensor


class TakeTensorWithState(TakeTensor):
    """The Tensor in a Parameter that has attributes."""

    __slots__ = ()
    stands_for = ("torch._utils", "_rebuild_parameter_with_state")


class TakeTyped(Call):
    """The Tensor in an object of one of the classes that are tensors and nothing more."""

    __slots__ = ()
    stands_for = ("torch._tensor", "_rebuild_from_type_v2")

    def function(self, make, kind, arguments, state):
        if kind not in PLAIN or not isinstance(make, Call):
            return Unread("of a class of its own")
        return make(*arguments)


CALLS = (MakeDict, MakeTensor, MakeEarlyTensor, MakeTypedTensor, TakeTensor, TakeTensorWithState, TakeTyped)
ADMITTED = STORAGES | {kind: kind for kind in PLAIN} | {call.stands_for: call() for call in CALLS}


def made(storage, dtype, offset, layout, view):
    """A Tensor, or an Unread. Raises TypeError for what is none.

    view: {"neg": True} or {"conj": True} for a tensor whose numbers are not those in its storage.
    """
    if any(type(part) is not tuple for part in layout):  # what is in a list was not counted
        raise TypeError
    if isinstance(dtype, type) and issubclass(dtype, Placeholder):
        return Unread(unread(dtype.stands_for))
    if view or dtype not in STORAGES.values() or dtype == UNTYPED:
        raise TypeError
    return Tensor(dtype, storage[1], offset, *layout)


def unread(name):
    """What a message calls a tensor that this name makes; "" where it makes none."""
    return next((what for part, what in UNREAD.items() if part in name), "")


def unread_value(value):
    """The same of a value in a dict; of a quantized layer's, which is (weights, bias), that of the weights."""
    if type(value) is tuple and value:
        value = value[0]
    if isinstance(value, Unread):
        return value.what
    makes = isinstance(value, Placeholder) and any(part in value.stands_for for part in MAKERS)
    return unread(value.stands_for) if makes else ""


def storage(pid):
    """("storage", type, key, device, count) → (dtype, key)."""
    kind, dtype, key, _, _ = pid
    known = isinstance(dtype, type) or dtype in STORAGES.values()
    if kind != "storage" or not known or not isinstance(key, str):
        raise Refused("a storage of another kind")  # not shown: a small tuple can have a text without end
    return dtype, key
