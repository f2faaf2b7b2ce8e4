"""The guided tour of the explore page: twelve stops, each with what the page shows and what to look at.

The texts are in `tour_words`; here is which of them are true of a model, with its numbers.
"""

import math

import numpy as np

from vitnp.backend.arrays import to_host
from vitnp.course import slides
from vitnp.course.letters import letters
from vitnp.course.page.tour_words import STOPS, TITLES
from vitnp.engine import probabilities

# stop: the tensor that is shown (i: the chosen block, last: the last one), the map over the photo, what is pointed at
SHOWN = {
    "patches": ("patches", "norm", "#photo"),
    "tokens": ("z0", "norm", "#tokens"),
    "heads": ("i.attention.Q_heads", "norm", "#heat"),
    "scores": ("i.attention.S", "token", "#formula"),
    "softmax": ("i.attention.A", "token", "#map"),
    "values": ("i.attention.output", "token", "#code"),
    "residual": ("i.residual_1", "norm", "#rows"),
    "mlp": ("i.feed_forward.g", "norm", "#stats"),
    "blocks": ("last.residual_2", "rollout", "#layer"),
    "classes": ("p", "cls", "#heat"),
    "loss": ("last.residual_2", "norm", "#heat"),
    "back": ("last.attention.V_heads", "norm", "#photo"),
}
BACK = ("loss", "back")  # the stops of the backward pass
OF_CLASS_TOKEN = ("blocks", "loss")  # the stops that choose [CLS]


def stops(config, *, trained, best=None, loss=None):
    """The stops as the page's JSON has them. best: what `best` found; loss: whether the page has gradients.

    By default those of a model with a head.
    """
    loss = config.num_classes > 0 if loss is None else loss
    best = (best if trained else None) or middle(config)
    kinds, sizes = kinds_of(config, trained, best, loss), numbers(config, best)
    found = []
    for name, (tensor, over, at) in SHOWN.items():
        title, texts = TITLES[name], STOPS[name]
        parts = [text for kind, text in texts if kind is None or kind in kinds]
        shown = state(name, tensor, over, config, best)
        shown["back"] = name in BACK and loss
        found.append(
            {
                "title": {"ko": title.ko.format_map(sizes), "en": title.en.format_map(sizes)},
                "text": {
                    "ko": " ".join(text.ko for text in parts).format_map(sizes),
                    "en": " ".join(text.en for text in parts).format_map(sizes),
                },
                "show": shown,
                "at": at,
            }
        )
    return found


def state(name, tensor, over, config, best):
    """What the page shows at a stop, but for the direction."""
    layer = config.num_layers - 1 if tensor.startswith("last.") or name == "classes" else best["layer"]
    token = 0 if name in OF_CLASS_TOKEN and config.classifier == "token" else best["token"]
    if over == "cls" and config.classifier != "token":
        over = "rollout"
    block, _, rest = tensor.partition(".")
    if block in ("i", "last"):
        tensor = f"blocks.i.{rest}"
    if tensor == "p" and not config.num_classes:
        tensor = "y"
    row = next(row.key for row in slides.rows(config) if tensor in [t.name for t in row.tensors])
    chosen = {"layer": layer, "head": best["head"], "token": token}
    return {"row": row, "tensor": tensor, **chosen, "map": over}


def kinds_of(config, trained, best, loss):
    """The kinds of text that are true of the page."""
    kinds = {config.classifier, "loss" if loss else "no loss", "trained" if trained else "random"}
    kinds.add("pair" if "weight" in best else "no pair")
    if config.position_embedding in ("1d", "2d", "sincos"):
        kinds.add("positions")
    if config.num_registers:
        kinds.add("registers")
    if config.num_classes:
        kinds.add("sigmoid" if probabilities.independent(config) else "softmax")
    else:
        kinds.add("no head")
    return kinds


def numbers(config, best):
    """What the texts count with."""
    size = letters(config)
    found = {
        "rows": size["rows"], "cols": size["cols"], "P": size["P"], "C": size["C"], "PPC": size["P·P·C"],
        "N": size["N"], "D": size["D"], "H": size["H"], "K": size["K"], "M": size["M"], "T": config.num_tokens,
        "L": config.num_layers, "classes": config.num_classes, "root": f"{math.sqrt(size['K']):.3g}",
        "registers": config.num_registers, "layer": best["layer"] + 1, "head": best["head"] + 1,
    }  # fmt: skip
    found["row"], found["column"] = place(best["token"], config)
    if "weight" in best:
        found["percent"] = f"{100 * best['weight']:.0f}"
        found["other_row"], found["other_column"] = place(best["other"], config)
    return found


def place(token, config):
    """(row, column) of a patch's token, from 1."""
    row, column = divmod(token - config.num_prefix, config.grid[1])
    return row + 1, column + 1


def middle(config):
    """The patch in the middle of the photo, head 1 of the block in the middle."""
    rows, cols = config.grid
    token = config.num_prefix + rows // 2 * cols + cols // 2
    return {"layer": (config.num_layers - 1) // 2, "head": 0, "token": token}


def best(t, config):
    """A telling patch: of two patches far apart that look at each other, the pair of largest mutual weight.

    {"layer", "head", "token", "other", "weight"}: weight is A[token, other], and A[other, token] is at least as large.
    Far apart is ⅜ of the grid's shorter side; only the second half of the blocks is searched, where attention depends
    more on what is in a patch than on where it is. None where no two patches are that far apart.
    """
    (rows, cols), first, found = config.grid, config.num_prefix, []
    r, c = np.divmod(np.arange(rows * cols), cols)
    distance = np.maximum(abs(r[:, None] - r), abs(c[:, None] - c))
    far = distance >= max(3 * min(rows, cols) / 8, 1)
    if not far.any():
        return None
    for layer in range(config.num_layers // 2, config.num_layers):
        A = to_host(t[f"blocks.{layer}.attention.A"])[0, :, first:, first:]
        mutual = np.minimum(A, A.swapaxes(-1, -2)) * far
        head, token, other = np.unravel_index(mutual.argmax(), mutual.shape)
        if A[head, token, other] > A[head, other, token]:
            token, other = other, token
        found.append((float(mutual.max()), layer, int(head), first + int(token), first + int(other)))
    weight, layer, head, token, other = max(found)
    return {"layer": layer, "head": head, "token": token, "other": other, "weight": weight}
