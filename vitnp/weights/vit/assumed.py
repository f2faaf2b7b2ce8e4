"""What is taken to be so: not the arrays, not the JSON beside them, not the caller say it. Imports `errors`, `said`.

Per library, only what differs among the files that are published in its form: Google's arrays show the heads, and
its code has one GELU and one ε; torchvision's code, too.
"""

import os

from vitnp.errors import some_of
from vitnp.weights.vit.said import NOTHING

OPEN = {
    "timm": ("num_heads", "gelu", "layer_norm_eps"),
    "huggingface": ("num_heads", "gelu", "layer_norm_eps"),
    "torchvision": ("num_heads",),
    "google": (),
    "bit": (),
    "onnx": (),
}
# Of the preprocessing: what changes a picture most, and how it is written in a line.
PICTURE = ("mean", "std", "resize_filter", "crop_fraction")
UNKNOWN = "unknown"
PARTS = ("head", "pre_logits", "image_size")  # which no --set answers
NAMES = {"resize_filter": "filter", "crop_fraction": "crop"}


def of(format, config, told, beside=NOTHING, *, picture=True):
    """[(field of the configuration, text of its value)], the preprocessing as one.

    told: the fields that the caller says, beside: what the JSON files say, a `said.Beside`; picture: whether the
    preprocessing is open.
    """
    said = {*told, *beside.fields}
    taken = [(name, _text(getattr(config, name))) for name in OPEN[format] if name not in said]
    inner = {*beside.preprocessing, *(name.partition(".")[2] for name in told)}
    how = [name for name in PICTURE if name not in inner] if picture and "preprocessing" not in said else []
    if how:
        text = ", ".join(
            f"{NAMES.get(name, name)} {_text(getattr(config.preprocessing, name))}" for name in how
        )
        taken.append(("preprocessing", text))
    return taken + [(name, UNKNOWN) for name in beside.unknown]


def _text(value):
    """A number, a word, or the mean of three channels, as a line has it."""
    if isinstance(value, tuple):
        return "/".join(f"{number:.3g}" for number in value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def line(path, taken, most):
    """The one line that says it; the path is cut to its name where the line would be longer than `most`."""
    fields = [f"{name} ({text})" for name, text in taken if text != UNKNOWN]
    unknown = [name for name, text in taken if text == UNKNOWN]
    clauses = []
    if fields:
        names = [name for name, text in taken if name not in PARTS and text != UNKNOWN]
        what = f" does not say these, and the usual values are taken: {', '.join(fields)}"
        if names:
            first = "num_heads" if "num_heads" in names else names[0]
            first = "preprocessing.FIELD" if first == "preprocessing" else first
            what = f"{what}; another: --set {first}=VALUE"
        clauses.append(what)
    if unknown:
        clauses.append(
            f"{'' if fields else ': '}fields that are not known here are left out: {some_of(unknown)}"
        )
    text = "; ".join(clauses)
    return f"{path if len(str(path)) + len(text) <= most else os.path.basename(os.fspath(path))}{text}"
