"""What a training is asked for. The command line's options end here. Imports nothing of vitnp."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a training is asked for; the names are those of the options, and what `run.json` keeps."""

    data: str = "digits"  # the name of a data set, or a folder of pictures
    on_corrupt: str = "stop"  # or "skip": a picture that cannot be read
    seed: int = 0
    model: str | None = None  # None: the recipe's
    init: str | None = None  # a file of weights, or the name of one
    source_format: str | None = None
    image_size: str | None = None  # "HxW"
    set: list = ()  # of "FIELD=VALUE", of the configuration
    dropout: float | None = None
    recipe: str | None = None
    epochs: int | None = None
    steps: int | None = None
    batch_size: int | None = None
    micro_batch: int | None = None
    lr: float | None = None
    weight_decay: float | None = None
    no_augment: bool = False
    set_recipe: list = ()  # of "FIELD=VALUE", of the recipe
    freeze: str | None = None  # or "backbone"
    labels: float | None = None  # the fraction of the training images that is used
    task: str | None = None  # None: classes; or "masked-patches"
    target: str | None = None  # what is predicted of a corrupted patch
    mask_ratio: float | None = None
    workers: int | None = None
    dtype: str = "float32"
    backend: str = "numpy"
    save_every: int | None = None
    keep: int = 2
    log_every: int = 10
