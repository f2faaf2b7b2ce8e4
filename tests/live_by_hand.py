"""The same numbers as the live page's ViT, made by `trace`, with what a visitor changes done by hand."""

import functools
import math

import numpy as np

from vitnp import tree, vit
from vitnp.analysis.trace import trace
from vitnp.steps import s1_patchify

FLOOR = 1e-3  # of the largest tensor: the gradient of b_K is exactly 0, so rounding over rounding
# No two sizes alike, so that exchanged axes cannot go unseen, and some that are no whole tiles of `one_product`.
ODD = vit.Config(
    image_size=(6, 12),
    patch_size=3,
    in_channels=7,
    hidden_size=30,
    num_layers=2,
    num_heads=5,
    mlp_dim=17,
    num_classes=11,
    representation_size=13,
    gelu="erf",
    layer_norm_eps=1e-2,
)
LABEL = 3
ORDER = np.random.default_rng(2).permutation(8)
HEADS = [[True, False, True, True, True], [False, True, True, False, True]]
PLAIN = {"scale": True, "temperature": 1, "positions": True, "heads": None, "order": None}
CHANGES = {
    "plain": {},
    "temperature": {"temperature": 0.7},
    "no scale": {"scale": False},
    "no positions": {"positions": False},
    "heads off": {"heads": HEADS},
    "shuffled": {"order": ORDER.tolist()},
}
CHANGES["all but the scale"] = {
    name: value for change in CHANGES.values() for name, value in change.items() if name != "scale"
}


def odd(config=ODD):
    """(pixels 0 … 16, p) at random."""
    rng = np.random.default_rng(1)
    p = tree.map(lambda leaf: rng.normal(0, 0.3, leaf.shape), vit.init(None, config))
    return rng.integers(0, 17, (*config.image_size, config.in_channels)).astype(float), p


@functools.cache
def right_numbers(change):
    """`by_hand` of the odd model with one of CHANGES."""
    pixels, p = odd()
    return by_hand(pixels, p, ODD, LABEL, CHANGES[change])


def by_hand(pixels, p, config, label, how):
    """(tensors, gradients, dp, loss) of `trace`, with the same change made to the parameters and the image."""
    how = PLAIN | how
    order, width, D = how["order"], config.head_dim, config.hidden_size
    queries = (1 if how["scale"] else math.sqrt(width)) / how["temperature"]  # times W_Q and b_Q
    heads = how["heads"] or [[True] * config.num_heads] * config.num_layers
    on = {f"blocks.{i}.attention.": np.repeat(row, width) for i, row in enumerate(heads)}  # the columns of V

    changed = dict(tree.leaves(p))
    for at, columns in on.items():
        for W, b, factor in (("W_Q", "b_Q", queries), ("W_V", "b_V", columns)):
            changed |= {at + W: changed[at + W] * factor, at + b: changed[at + b] * factor}
    changed["position.E_pos"] = changed["position.E_pos"] * how["positions"]
    image = pixels / 8 - 1
    patches, _ = s1_patchify.forward(image[None], patch_size=config.patch_size)
    seen = s1_patchify.unpatchify(
        patches if order is None else patches[:, order], grid=config.grid, patch_size=config.patch_size
    )
    t = trace(seen, tree.from_leaves(changed.items()), config, labels=label)

    tensors = {name: t[name] if name == "E_pos" else t[name][0] for name in t}
    gradients = {name: t.gradient(name) if name == "E_pos" else t.gradient(name)[0] for name in t}
    dp = dict(tree.leaves(t.dp))
    for at, columns in on.items():
        for name in ("Q", "Q_heads"):
            tensors[at + name] = tensors[at + name] / queries
            gradients[at + name] = gradients[at + name] * queries
        tensors[at + "S"] = tensors[at + "S"] * how["temperature"]
        gradients[at + "S"] = gradients[at + "S"] / how["temperature"]
        for name, leaf in (("W_Q", queries), ("b_Q", queries), ("W_V", columns), ("b_V", columns)):
            dp[at + name] = dp[at + name] * leaf
        inputs = tensors[at.replace("attention.", "norm_1")]
        V = inputs @ dict(tree.leaves(p))[at + "W_V"] + dict(tree.leaves(p))[at + "b_V"]
        dV = gradients[at + "V"] * columns
        for values, of in ((tensors, V), (gradients, dV)):
            values |= {at + "V": of, at + "V_heads": of.reshape(-1, D // width, width).swapaxes(0, 1)}
    if not how["positions"]:
        gradients["E_pos"] = dp["position.E_pos"] = np.zeros_like(dp["position.E_pos"])
    if order is not None:
        back = np.argsort(order)
        dimage = s1_patchify.unpatchify(
            gradients["patches"][None, back], grid=config.grid, patch_size=config.patch_size
        )
        grids = (s1_patchify.to_grid(x, patch_size=config.patch_size)[0] for x in (image[None], dimage))
        tensors["grid"], gradients["grid"] = grids
        tensors["image"], gradients["image"] = image, dimage[0]
    return tensors, gradients, dp, t.loss


def difference(found, expected):
    """The largest difference in any tensor, over the tensor's own largest number; the names must be the same."""
    *found, found_loss = found
    *expected, expected_loss = expected
    worst = abs(found_loss - expected_loss) / expected_loss
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.keys() == theirs.keys()
        floor = FLOOR * max(np.abs(array).max() for name, array in theirs.items() if name != "p")
        for name, array in theirs.items():
            assert [n for n in ours[name].shape if n > 1] == [n for n in array.shape if n > 1], name
            error = np.abs(ours[name].ravel() - array.ravel()).max() / max(np.abs(array).max(), floor)
            worst = max(worst, error if np.isfinite(error) else math.inf)
    return worst
