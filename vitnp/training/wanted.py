"""What a training is asked for. The command line's options end here. Imports `inputs`, `errors`."""

import dataclasses
from typing import ClassVar

from vitnp.errors import InputError, shown
from vitnp.inputs.fields import Checked, declared

KINDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    list: "a list of texts",
}


def kept(kind, default=None):
    """A field for a value of this kind; which values are right is checked where they are used."""

    def check(name, value):
        kinds = (int, float) if kind is float else kind
        right = isinstance(value, kinds) and (kind is bool or not isinstance(value, bool))
        if kind is list:
            right = isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)
        if not right:
            raise InputError(f"{name} is {shown(value)}; need {KINDS[kind]}")
        return list(value) if kind is list else value

    return declared(check, default)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wanted(Checked):
    """What a training is asked for; the names are those of the options, and what `run.json` keeps."""

    called: ClassVar[str] = "option"
    data: str = kept(str, "digits")  # the name of a data set, or a folder of pictures
    on_corrupt: str = kept(str, "stop")  # or "skip": a picture that cannot be read
    seed: int = kept(int, 0)
    model: str | None = kept(str)  # None: the recipe's
    init: str | None = kept(str)  # a file of weights, or the name of one
    source_format: str | None = kept(str)
    image_size: str | None = kept(str)  # "HxW"
    set: list = kept(list, ())  # of "FIELD=VALUE", of the configuration
    dropout: float | None = kept(float)
    recipe: str | None = kept(str)
    epochs: int | None = kept(int)
    steps: int | None = kept(int)
    batch_size: int | None = kept(int)
    micro_batch: int | None = kept(int)
    lr: float | None = kept(float)
    weight_decay: float | None = kept(float)
    no_augment: bool = kept(bool, False)
    set_recipe: list = kept(list, ())  # of "FIELD=VALUE", of the recipe
    freeze: str | None = kept(str)  # or "backbone"
    new_head: bool = kept(bool, False)  # also where the file's head has as many classes
    labels: float | None = kept(float)  # the fraction of the training images that is used
    hold_out: float | None = kept(
        float
    )  # the fraction of them that is measured on in place of the test images
    task: str | None = kept(str)  # None: classes; or "masked-patches"
    target: str | None = kept(str)  # what is predicted of a corrupted patch
    mask_ratio: float | None = kept(float)
    workers: int | None = kept(int)
    dtype: str = kept(str, "float32")
    backend: str = kept(str, "numpy")
    save_every: int | None = kept(int)
    keep: int = kept(int, 2)
    log_every: int = kept(int, 10)
