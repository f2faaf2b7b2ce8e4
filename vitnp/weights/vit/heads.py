"""A head that somebody put in place of the library's own. Imports `errors`, `stored`.

`model.heads = nn.Linear(…)` and `model.heads = nn.Sequential(nn.Dropout(), nn.Linear(…))` are the same dense layer
under other names.
"""

import re

from vitnp.errors import InputError, some_of
from vitnp.weights.stored import called

# The names of a head in place of the library's, and the library's own.
HEADS = {
    "timm": (r"head\.(.+\.)?(weight|bias)", "head."),
    "huggingface": (r"classifier\.(.+\.)?(weight|bias)", "classifier."),
    "torchvision": (r"heads\.(?!pre_logits\.)(.+\.)?(weight|bias)", "heads.head."),
}


def replaced(path, family, found):
    """{name in `names.TABLES`: name in the file}, a head of one dense layer under the library's own name.

    Raises InputError for a head of several layers.
    """
    pattern, own = HEADS.get(family, ("(?!)", ""))
    of_head = {name: match for name in found if (match := re.fullmatch(pattern, name))}
    layers = {match[1]: None for match in of_head.values()}
    if len(layers) > 1:
        raise InputError(
            f"{path} has a head of {len(layers)} layers ({some_of([called(found[name]) for name in of_head])}); "
            "vitnp's head is one dense layer: train one, or save the model without its head"
        )
    return {
        f"{own}{of_head[name][2]}" if name in of_head else name: in_file for name, in_file in found.items()
    }
