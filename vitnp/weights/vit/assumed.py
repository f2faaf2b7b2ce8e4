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
    "efficientnet": ("batch_norm_eps",),
    "onnx": (),
}
# Of the preprocessing: what changes a picture most, and how it is written in a line.
PICTURE = ("mean", "std", "resize_filter", "crop_fraction")
UNKNOWN = "unknown"
LEFT_OUT, HEAD = "left out", "head"  # of arrays beside the model
PARTS = (LEFT_OUT, HEAD, "pre_logits", "image_size", "padding")  # which no --set answers
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
    """The one line that says it. Where it would be longer than `most`, the path is cut to its name, and then the
    preprocessing is named alone.
    """
    fields = [f"{name} ({text})" for name, text in taken if text != UNKNOWN and name != LEFT_OUT]
    left = [text for name, text in taken if name == LEFT_OUT]
    unknown = [name for name, text in taken if text == UNKNOWN]
    clauses = []
    if left:
        clauses.append(f": left out, beside the model: {some_of(left)}")
    if fields:
        it = "it" if left else ""
        clauses.append(f"{it} does not say these, and the usual values are taken: {', '.join(fields)}")
        names = [name for name, text in taken if name not in PARTS and text != UNKNOWN]
        first = "num_heads" if "num_heads" in names else next(iter(names), None)
        first = "preprocessing.FIELD" if first == "preprocessing" else first
        clauses += [f"another: --set {first}=VALUE"] if first else []
    if unknown:
        clauses.append(
            f"{'' if clauses else ': '}fields that are not known here are left out: {some_of(unknown)}"
        )
    text = "; ".join(clauses)
    for place in (path, os.path.basename(os.fspath(path))):
        if len(str(place)) + len(text) <= most:
            return f"{place}{text}"
    how = dict(taken).get("preprocessing")
    return f"{place}{text.replace(f'preprocessing ({how})', 'preprocessing')}"
