"""What a training is asked for. The command line's options end here. Imports `data`, `inputs`, `errors`."""

import dataclasses
import os
from typing import ClassVar

from vitnp import data
from vitnp.data.sentences import TASKS
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
class Asked(Checked):
    """What any training is asked for; the names are those of the options, and what `run.json` keeps."""

    called: ClassVar[str] = "option"
    reads: ClassVar[str]  # what the model to train reads
    of: ClassVar[str]  # the option that names the data
    divides: ClassVar[bool] = True  # a batch over several ranks
    start: ClassVar[tuple]  # what the first step depends on, beside the model, the recipe and the data
    init = None  # options that one kind of training alone has
    no_augment = False
    seed: int = kept(int, 0)
    model: str | None = kept(str)  # None: the recipe's
    set: list = kept(list, ())  # of "FIELD=VALUE", of the configuration
    dropout: float | None = kept(float)
    recipe: str | None = kept(str)
    epochs: int | None = kept(int)
    steps: int | None = kept(int)
    batch_size: int | None = kept(int)
    micro_batch: int | None = kept(int)
    lr: float | None = kept(float)
    weight_decay: float | None = kept(float)
    set_recipe: list = kept(list, ())  # of "FIELD=VALUE", of the recipe
    workers: int | None = kept(int)
    dtype: str = kept(str, "float32")
    backend: str = kept(str, "numpy")
    save_every: int | None = kept(int)
    keep: int = kept(int, 2)
    log_every: int = kept(int, 10)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wanted(Asked):
    """A training on images: `vitnp train`, or `vitnp pretrain` where it has a task."""

    reads: ClassVar[str] = "images"
    of: ClassVar[str] = "data"
    start: ClassVar[tuple] = tuple(
        "seed init freeze labels task target mask_ratio ratio round backend dtype".split()
    )
    data: str = kept(str, "digits")  # the name of a data set, or a folder of pictures
    on_corrupt: str = kept(str, "stop")  # or "skip": a picture that cannot be read
    init: str | None = kept(str)  # a file of weights, or the name of one
    source_format: str | None = kept(str)
    image_size: str | None = kept(str)  # "HxW"
    no_augment: bool = kept(bool, False)
    freeze: str | None = kept(str)  # or "backbone"
    new_head: bool = kept(bool, False)  # also where the file's head has as many classes
    labels: float | None = kept(float)  # the fraction of the training images that is used
    hold_out: float | None = kept(float)  # the fraction that is measured on in place of the test images
    vtab: str | None = kept(
        str
    )  # the task of VTAB whose files `data` holds; hold_out: its 200 images to choose by
    task: str | None = kept(str)  # None: classes; or "masked-patches"
    target: str | None = kept(str)  # what is predicted of a corrupted patch
    mask_ratio: float | None = kept(float)
    pseudo: str | None = kept(str)  # the file of pseudo-labels that a student of self-training has
    ratio: int | None = kept(int)  # images with a pseudo-label per labeled one
    round: int | None = kept(int)  # of the students, from 1: each draws other weights and another order

    command = property(lambda self: "pretrain" if self.task else "train")
    divides = property(lambda self: self.pseudo is None)  # a step's rows are more images than rows

    @staticmethod
    def place(given):
        """The path of the data that the option `of` names, where it is files; else None."""
        return data.place(given)[1]

    @staticmethod
    def is_folder(given):
        """Whether the data, as a run keeps it, is a folder of pictures, which may not be there any more."""
        return given not in data.SETS


@dataclasses.dataclass(frozen=True, kw_only=True)
class WantedSentences(Asked):
    """A training on pairs of sentences: `vitnp translate`."""

    reads: ClassVar[str] = "sequences"
    of: ClassVar[str] = "task"
    divides: ClassVar[bool] = False  # its loss is a mean over the tokens of all
    start: ClassVar[tuple] = ("seed", "task", "split", "backend", "dtype")
    task: str | None = kept(str)  # the name of a task, or a file of pairs
    split: str | None = kept(str)  # what a symbol of the file's texts is

    command = "translate"

    @staticmethod
    def place(given):
        """As for `Wanted`."""
        return given if given is not None and given not in TASKS and os.path.isfile(given) else None


TRAININGS = (Wanted, WantedSentences)
