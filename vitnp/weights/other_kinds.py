"""Files that are not weights, or are another program's: what they are, by their first bytes, and what to do.

Imports `errors`.
"""

from vitnp.errors import InputError
from vitnp.weights.stored import called

START = 512  # bytes that are looked at: a tar is known by those at 257
NEEDED = "need .npz, .safetensors, .onnx or a .pth, .pt or .bin of torch.save"
UNPACK = "unpack it, and name the file of weights in it"
KERAS = "take the .npz of the same model, or save its weights as .npz"
PYTORCH = "load it with PyTorch, and save its state_dict() as .safetensors"
TORCHSCRIPT = "load it with PyTorch, and save its numbers: torch.save(torch.jit.load(FILE).state_dict(), NEW)"
# (first bytes, what it is, what to do)
STARTS = (
    (
        b"version https://git-lfs",
        "a pointer of Git LFS in place of the file",
        "run git lfs pull, or download the file",
    ),
    (b"<!doctype html", "a web page in place of the file", "download the file itself"),
    (b"<html", "a web page in place of the file", "download the file itself"),
    (b"<?xml", "an XML text in place of the file", "download the file itself"),
    (b"\x89hdf", "an HDF5 file, of Keras, of TensorFlow or of the TF2 code", KERAS),
    (b"\x93numpy", "a single array of NumPy", "name a file with all arrays of a model"),
    (b"gguf", "a GGUF file, of llama.cpp", "name the model from which it was made"),
    (b"ggml", "a GGML file, of llama.cpp", "name the model from which it was made"),
    (b"\x1f\x8b", "packed by gzip", UNPACK),
    (b"bzh", "packed by bzip2", UNPACK),
    (b"\xfd7zxz", "packed by xz", UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed by Zstandard", UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", UNPACK),
    (b"rar!", "a RAR archive", UNPACK),
    (b"\xff\xd8\xff", "a picture", "name a file of weights"),
    (b"\x89png", "a picture", "name a file of weights"),
    (b"%pdf", "a PDF", "name a file of weights"),
    (b"\x80", "a bare pickle, as pickle.dump writes and torch.save wrote before PyTorch 1.6", PYTORCH),
)
ENDINGS = {
    ".index": ("a checkpoint of TensorFlow", KERAS),
    ".data-00000-of-00001": ("a checkpoint of TensorFlow", KERAS),
    ".meta": ("a checkpoint of TensorFlow", KERAS),
    ".pb": ("a graph of TensorFlow", KERAS),
    ".tflite": ("a model of TensorFlow Lite", KERAS),
    ".msgpack": ("a Flax model in MessagePack", "save its parameters as .npz, or take the PyTorch file"),
    ".json": ("a JSON text", "name the file of weights beside it"),
    ".t7": ("a model of Lua's Torch", "name a file that is read here"),
}
# Members of a zip, by a part of their names.
IN_ZIP = {
    "/constants.pkl": ("a TorchScript archive, a program with its weights", TORCHSCRIPT),
    "/code/": ("a TorchScript archive, a program with its weights", TORCHSCRIPT),
    "serialized_exported_program": ("a program of torch.export", PYTORCH),
    "models/model.json": ("a program of torch.export", PYTORCH),
    "model.weights.h5": ("a model of Keras", KERAS),
    "AndroidManifest.xml": ("an Android program", "name a file of weights"),
}


def unknown(path, start):
    """The InputError for a file with these first bytes."""
    if not start:
        return InputError(f"{path} is empty; fetch or save it again")
    if start[257:262] == b"ustar":
        return InputError(f"{path} is a tar archive; {UNPACK}")
    lower = start.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for first, what, advice in STARTS:
        if lower.startswith(first) or start.startswith(first):
            return InputError(f"{path} is {what}, not a file of weights that is read here; {advice}")
    for ending, (what, advice) in ENDINGS.items():
        if path.endswith(ending):
            return InputError(f"{path} is {what}, not a file of weights that is read here; {advice}")
    return InputError(f"{path} is not a file of weights; {NEEDED}")


def check_zip(path, names):
    """Raise InputError for a zip with such members that is neither NumPy's nor a state dict of torch.save."""
    for part, (what, advice) in IN_ZIP.items():
        if any(part in f"/{name}" for name in names):
            raise InputError(f"{path} is {what}, not a file of weights that is read here; {advice}")
    if names and not any(name.endswith((".npy", "/data.pkl")) or "." not in name for name in names):
        raise InputError(f"{path} is a zip of other files, {called(names[0])} the first; {UNPACK}")
