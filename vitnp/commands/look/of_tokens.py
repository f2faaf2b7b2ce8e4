"""The pictures of patch tokens: as colors, in the mirror image, in another photo."""

import numpy as np

from vitnp.analysis import look
from vitnp.backend.arrays import to_host
from vitnp.commands.look.of_image import place
from vitnp.commands.look.seen import layers
from vitnp.errors import counted


def components(images, how):
    """The patch tokens of all images as colors, with one basis."""
    from vitnp import show

    tokens = np.stack([to_host(seen.tokens) for seen in images])
    _, shares = look.token_components(tokens)
    count = f"{len(images)} images" if len(images) > 1 else "the image"
    said = f"{counted(len(shares), 'principal component')} of the patch tokens of {count}, {after(how)}: "
    said += f"{to_host(shares).sum():.1%} of the variance"
    photos = np.stack([seen.image for seen in images])
    return show.token_colors(photos, tokens, images[0].config, block=how.block, lang=how.lang), said


def mirror(seen, how):
    """How many patches find themselves in the mirror image: by their pixels, and by their tokens in every layer."""
    from vitnp import show
    from vitnp.show.page import in_language

    say, config = in_language(how.lang), seen.config
    pair = [layers(t, config) for t in (seen.trace, seen.mirrored)]
    shares = {
        name: float(look.mirror_matches(pair[0][name], pair[1][name], grid=config.grid)) for name in pair[0]
    }
    start, in_korean = ("feature map", "특징 맵") if seen.model.config.residual else ("pixels", "픽셀")
    shares = {say(start, in_korean): shares.pop("pixels")} | shares
    percent = [f"{100 * share:.0f}" for share in shares.values()]
    said = (
        f"patches that find themselves in the mirror image: {start} {percent[0]}%, z0 {percent[1]}%, "
        f"blocks 1 to {config.num_layers} {' '.join(percent[2:-1])}%, last norm {percent[-1]}%"
    )
    return show.mirror(seen.image, shares, config, lang=how.lang), said


def against(pair, how):
    """One patch of the first image looked for in the second."""
    from vitnp import show

    (a, b), config = pair, pair[0].config
    row, column = a.patch
    cosine = to_host(look.similarity(a.tokens, b.tokens))[row * config.grid[1] + column]
    best = np.unravel_index(cosine.argmax(), config.grid)
    said = f"the patch in {place(a.patch)} is most like that in {place(best)}: cosine {cosine.max():.2f}, {after(how)}"
    images, tokens = [a.image, b.image], [a.tokens, b.tokens]
    return show.patch_match(images, tokens, config, patch=a.patch, block=how.block, lang=how.lang), said


def matches(pair, how):
    """The patches of two images that are each other's best match."""
    from vitnp import show

    (a, b), config = pair, pair[0].config
    images, tokens = [a.image, b.image], [a.tokens, b.tokens]
    _, mutual = look.matches(look.similarity(*tokens))
    said = f"{int(mutual.sum())} of {config.num_patches} patches are each other's best match, {after(how)}"
    return show.patch_matches(images, tokens, config, block=how.block, lang=how.lang), said


def after(how):
    """Where the tokens were taken from, in words."""
    return "after the last norm" if how.block is None else f"after block {how.block + 1}"
