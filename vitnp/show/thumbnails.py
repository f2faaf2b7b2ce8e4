"""What is in a model's tensors, each drawn into axes of 72 pixels: the photo, its patches, tokens as colors, logits."""

import functools

import numpy as np

from vitnp.analysis import look
from vitnp.backend.arrays import to_host
from vitnp.show import images, page
from vitnp.show.styling import BLUE, ORANGE
from vitnp.steps import s1_patchify

TOKENS = ("patch_tokens", "tokens", "z0", "norm")  # drawn as colors, one basis for each


def of(t, config):
    """{tensor: functions that draw into axes}, one or two for each, of the first image of a trace."""
    photo = page.of_model(to_host(t["image"])[0], config)
    drawn = {"image": [functools.partial(_photo, photo)]}
    value = {name: to_host(t[name])[0] for name in (*TOKENS, "y", "logits", "p") if name in t}
    middle = config.num_patches // 2 + config.grid[1] // 2
    if "patches" in t:
        P = config.patch_size
        patches = s1_patchify.to_grid(photo[None], patch_size=P)[0]
        one = patches.reshape(-1, P, P, 3)[middle]
        drawn["patches"] = [functools.partial(_photo, images.apart(patches)), functools.partial(_photo, one)]
    for name in TOKENS:
        if name in value and config.num_patches > 1:
            drawn[name] = [functools.partial(_colors, value[name], config)]
    if "patch_tokens" in drawn:
        drawn["patch_tokens"].append(functools.partial(_vector, value["patch_tokens"][middle]))
    A = to_host(t["blocks.0.attention.A"])[0].mean(axis=0)
    drawn["blocks.0.attention.output"] = [functools.partial(_heat, A)]
    if "y" in value:
        drawn["y"] = [functools.partial(_vector, value["y"])]
    for name in ("logits", "p"):
        if name in value:
            drawn[name] = [functools.partial(_bars, value[name])]
    return drawn


def _photo(picture, axes):
    """A picture with a value per pixel."""
    axes.imshow(picture, interpolation="nearest")
    axes.set_axis_off()


def _heat(values, axes):
    """A matrix in the colors of a map."""
    axes.imshow(values, cmap=page.HEAT, interpolation="nearest", aspect="auto")
    axes.set_axis_off()


def _colors(tokens, config, axes):
    """Every patch in the color of its token: its three principal components."""
    components = look.token_components(tokens[-config.num_patches :])[0]
    components = np.pad(components, [(0, 0), (0, 3 - components.shape[-1])])
    _photo(look.colors(components).reshape(*config.grid, 3), axes)


def _vector(values, axes):
    """The values of one token, from top to bottom, as a bar."""
    _heat(np.repeat(values[:, None], 1, axis=1), axes)
    axes.set_box_aspect(3.2)


def _bars(values, axes):
    """A value per class as a line, its largest in orange."""
    axes.bar(range(len(values)), values, width=1.0, color=BLUE)
    axes.bar(values.argmax(), values.max(), width=max(1.0, len(values) / 25), color=ORANGE)
    axes.set(xticks=[], yticks=[])
    axes.spines[["left", "top", "right"]].set_visible(False)
