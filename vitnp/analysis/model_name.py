"""What a model is called in a title."""

from vitnp import models

PREFIX = {"vit": "ViT-"}  # of a preset's name; of other families the family's name


def model_name(config):
    """ "ViT-B/16" of a configuration with the sizes of the preset "B/16"; "ViT", the family, of other sizes."""
    presets = models.module(config.family).PRESETS
    known = (
        name for name, sizes in presets.items() if all(getattr(config, k) == v for k, v in sizes.items())
    )
    prefix = PREFIX.get(config.family, f"{config.family} ")
    return (prefix + next(known, "")).rstrip(" -")
