"""Which patch of one photo is which of another: cosines of tokens, and the best match of each."""

from vitnp.analysis.look.checks import need_finite, need_grid, scaled
from vitnp.backend.arrays import array_module
from vitnp.errors import InputError


def similarity(a, b):
    """The cosine of every token of a with every token of b: (…, N, D), (…, M, D) → (…, N, M), −1…1.

    cos(x, y) = x·y / (‖x‖·‖y‖). A token of zeros has no direction: its cosines are 0. Leave out [CLS], which is no
    patch: `t["norm"][0, 1:]`. Raises InputError for tokens of two widths, or that are not finite floats.
    """
    for name, tokens in (("a", a), ("b", b)):
        need_finite(name, tokens)
        if tokens.ndim < 2:
            raise InputError(f"{name} is {tokens.shape}; need tokens (…, tokens, D)")
    if a.shape[-1] != b.shape[-1] or a.shape[:-2] != b.shape[:-2]:
        raise InputError(
            f"a is {a.shape} and b is {b.shape}; need (…, N, D) and (…, M, D), tokens of one model"
        )
    return _directions(a) @ _directions(b).swapaxes(-1, -2)


def matches(cosine):
    """Every token's best match, and whether it is mutual: (…, N, M) → best (…, N), mutual (…, N).

    best[i] = argmax_j cosine[i, j], the first of ties; mutual[i] is true if i is also the best match of best[i].
    """
    need_finite("cosine", cosine)
    if cosine.ndim < 2:
        raise InputError(f"cosine is {cosine.shape}; need (…, N, M): similarity(a, b)")
    xp = array_module(cosine)
    best, back = cosine.argmax(axis=-1), cosine.argmax(axis=-2)
    mutual = xp.take_along_axis(back, best, axis=-1) == xp.arange(cosine.shape[-2])
    return best, mutual


def mirrored(grid, *, like):
    """The number of the patch in the mirror image that shows what patch i shows: (N,), in the library of `like`.

    Patch (r, c) of the photo is patch (r, cols − 1 − c) of its mirror image, image[:, ::-1].
    """
    need_finite("like", like)
    rows, cols = need_grid(grid)
    return array_module(like).arange(rows * cols).reshape(rows, cols)[:, ::-1].reshape(-1)


def mirror_matches(tokens, of_mirror, *, grid):
    """The share of patches that find themselves in the mirror image: (…, N, D) twice → (…), 0…1.

    tokens are a photo's, of_mirror those of image[:, ::-1]. A patch is right if its best match by cosine shows the same
    part of the picture. What a model has learned about the part, beyond its place and its pixels, decides.
    """
    right = mirrored(grid, like=tokens)
    best, _ = matches(similarity(tokens, of_mirror))
    if tokens.shape != of_mirror.shape or len(right) != best.shape[-1]:
        raise InputError(
            f"tokens are {tokens.shape} and {of_mirror.shape}; need (…, {len(right)}, D) of both, without [CLS]"
        )
    return (best == right).astype(tokens.dtype).mean(axis=-1)


def _directions(tokens):
    xp = array_module(tokens)
    tokens, _ = scaled(tokens, axis=-1)
    norm = xp.sqrt((tokens * tokens).sum(axis=-1, keepdims=True))
    return tokens / xp.where(norm > 0, norm, 1)
