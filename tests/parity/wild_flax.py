"""Files in big_vision's layout, whose code is not here: written from the plain float64 model of `neighbor_files`."""

import neighbor_files as plain
import numpy as np
from neighbor_names import flax, sincos
from wild import Wild


def stacked(found):
    """The blocks in one array each, big_vision's scan."""
    new = {name: array for name, array in found.items() if "encoderblock_" not in name}
    for name, array in found.items():
        if "encoderblock_0" in name:
            other = found[name.replace("encoderblock_0", "encoderblock_1")]
            new[name.replace("encoderblock_0", "encoderblock")] = np.stack([array, other])
    return new


def with_text(found):
    """SigLIP's two towers."""
    text = {"params/txt/head/bias": np.ones(4), "params/t": np.ones(1), "params/b": np.ones(1)}
    return {name.replace("params/", "params/img/"): array for name, array in found.items()} | text


def of_flax(name, pool, images, *, more=None, told=None, change=None, fixed=False, **how):
    """A file of big_vision; fixed: its positions are not in it."""

    def write(folder):
        rng = np.random.default_rng(7)
        a = plain.arrays(rng, token=pool == "token", rows=16, **how) | (more(rng) if more else {})
        if fixed:
            a["pos_embed"] = sincos(4, 4)
        want = plain.forward(a, images, gelu="tanh", pool=pool)
        found = flax({key: array for key, array in a.items() if key != "pos_embed" or not fixed})
        np.savez(folder / "model.npz", **(change or dict)(found))
        return folder / "model.npz", want

    return Wild(f"big_vision, {name}", write, told or {})


SMALL = np.random.default_rng(24).normal(size=(2, 16, 16, 3))  # `neighbor_files` has patches of 4
FLAX = [
    of_flax("class token", "token", SMALL),
    of_flax("mean", "gap", SMALL),
    of_flax("scan", "gap", SMALL, change=stacked),
    of_flax("sincos, not said", "gap", SMALL, told={"image_size": 16}, fixed=True),
    of_flax(
        "sincos, said", "gap", SMALL, told={"image_size": 16, "position_embedding": "sincos"}, fixed=True
    ),
    of_flax("attention pooling", "map", SMALL, more=plain.pooling),
    of_flax("attention pooling of another width", "map", SMALL, more=lambda rng: plain.pooling(rng, 48)),
    of_flax("SigLIP's two towers", "map", SMALL, more=plain.pooling, change=with_text, classes=0),
]
