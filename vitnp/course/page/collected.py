"""A trace as the data of the explore page: a description, for JSON, and the bytes that it points into.

Imports its neighbors, `slides`, `deck`.
"""

import math

import numpy as np

from vitnp.backend.arrays import to_host
from vitnp.course import slides
from vitnp.course.page import code, encode, formulas
from vitnp.course.page.encode import Binary
from vitnp.errors import InputError

SCORES = ("attention.S", "attention.A")
OF_HEADS = {"Q_heads": "Q", "K_heads": "K", "V_heads": "V", "O": "concat"}  # the same numbers, cut otherwise
WHOLE = ("image", "grid")  # of pixels, not of tokens
TABLES = ("E_pos", "E_rel")  # parameters: the only ones without a batch axis
ROWS = {"E_rel": "distances", "A": "heads"}  # what the rows of a matrix are, if not tokens; A is pool.A


def collected(t, config, photo, *, bins=64):
    """({part of the page's JSON}, Binary) of a trace of one image.

    photo: (Hᵢ, Wᵢ, 3), uint8. bins: of the columns of a token, at most. Of S and A the weights are kept, and of their
    gradients the row of [CLS] and every row's norm.
    """
    binary = Binary()
    described = {"config": sizes(config), "photo": {"at": binary.add(photo)}}
    described |= {"rows": rows(config), "tensors": tensors(t, config)}
    described["arrays"] = arrays(t.forward, config, binary, bins)
    described["gradients"] = arrays(t.backward or (), config, binary, bins)
    described["scores"] = scores(t, config, binary)
    return described, binary


def sizes(config):
    """The numbers of the configuration that the page counts with."""
    (rows, cols), (height, width) = config.grid, config.image_size
    return {
        "layers": config.num_layers, "heads": config.num_heads, "tokens": config.num_tokens,
        "first": config.num_tokens - config.num_patches, "registers": config.num_registers,
        "class_token": config.classifier == "token", "rows": rows, "cols": cols, "patch": config.patch_size,
        "D": config.hidden_size, "K": config.head_dim, "M": config.mlp_dim, "classes": config.num_classes,
        "height": height, "width": width,
    }  # fmt: skip


def rows(config):
    """The slides' rows, with the names of their tensors and their errata."""
    found = []
    for row in slides.rows(config):
        names = [tensor.name for tensor in row.tensors]
        errata = [
            {"decks": e.decks, "printed": e.printed, "true": e.true, "why": {"ko": e.why_ko, "en": e.why_en}}
            for e in slides.errata(row)
        ]
        found.append(
            {
                "key": row.key,
                "step": row.step,
                "title": {"ko": row.title_ko, "en": row.title_en},
                "what": {"ko": row.what_ko, "en": row.what_en},
                "per_block": all(name.startswith("blocks.i.") for name in names),
                "tensors": names,
                "errata": errata,
            }
        )
    return found


def tensors(t, config):
    """{name, with blocks.i: what the slides, the formulas and the code say of it}."""
    lines, found = code.of(config), {}
    for c in slides.check(t, config):
        name, tensor = c.tensor.name, c.tensor
        made, unmade = lines.get(name, (None, None))
        formula, back = formulas.of(name, config)
        found[name] = {
            "slide_name": tensor.slide_name,
            "letters": list(tensor.axes),
            "shape": list(c.got),
            "printed": c.printed and list(c.printed),
            "misprinted": c.erratum is not None,
            "per_head": tensor.lead == "BH",
            "kind": kind(name, c.got),
            "formula": formula,
            "formula_back": back,
            "code": made,
            "code_back": unmade,
            "code_back_last": code.of_last_block(config) if name == "blocks.i.residual_2" else None,
        }
    return found


def kind(name, shape):
    """How its numbers are kept: "image", "scores", "vector", "tokens"; "absent" where none are."""
    if name in WHOLE:
        return "image"
    if name.endswith(SCORES):
        return "scores"
    if name.endswith("S_rel"):
        return "absent"
    return "vector" if math.prod(shape[:-1]) == 1 else "tokens"


def arrays(records, config, binary, bins):
    """{name: how the array is kept} of the records of a trace."""
    found = {}
    for record in records:
        name, x = record.name, of_image(record)
        how, last = kind(name, x.shape), name.rpartition(".")[2]
        if last in OF_HEADS:
            continue
        if how == "image":
            found[name] = image(x, config, binary)
        elif how == "vector":
            found[name] = {"at": binary.add(x.ravel()), "n": x.size} | summary(x)
        elif how == "tokens":
            heads = config.num_heads if last in OF_HEADS.values() else 1
            found[name] = matrix(x.reshape(-1, x.shape[-1]), binary, heads, bins)
            found[name]["rows_are"] = ROWS.get(last, "tokens")
    for record in records:
        before, _, last = record.name.rpartition(".")
        if last in OF_HEADS:
            found[record.name] = found[f"{before}.{OF_HEADS[last]}"]
    return found


def of_image(record):
    """The array of the one image, float32. Raises InputError if it has no finite numbers to show."""
    x = to_host(record.value)
    with np.errstate(over="ignore"):
        x = np.asarray(x if record.name.endswith(TABLES) else x[0], np.float32)
    if not np.isfinite(x).all():
        raise InputError(
            f"{record.name} has numbers that are NaN, infinite or above 3.4e38; give other weights"
        )
    return x


def summary(x):
    """The norm and the extremes of an array."""
    norm = encode.of_rows(x.ravel())
    found = {"norm": norm, "min": x.min(), "max": x.max(), "mean": x.mean(dtype=np.float64)}
    return {name: rounded(value) for name, value in found.items()}


def rounded(number):
    """A number to six digits, as the page shows it."""
    return float(f"{number:.6g}")


def matrix(x, binary, heads, bins):
    """How (rows, columns) is kept: bins of columns in levels, the norm of each row, and some numbers as they are."""
    edges, scale = encode.edges(x.shape[1], heads, bins), float(np.abs(x).max())
    levels = encode.signed(encode.largest(x, edges), scale) + encode.LEVELS
    norms_scale = float(encode.of_rows(x).max())
    corners = np.split(x[:3], heads, axis=1)
    return {
        "at": binary.add(levels.astype(np.uint8)),
        "rows": len(x),
        "bins": len(edges) - 1,
        "edges": edges.tolist(),
        "scale": scale,
        "norms_at": binary.add(encode.norms(x, norms_scale)),
        "norms_scale": norms_scale,
        "head_bins": (len(edges) - 1) // heads if heads > 1 else None,
        "corners": [[[rounded(n) for n in row[:4]] for row in corner] for corner in corners],
        **summary(x),
    }


def image(x, config, binary):
    """How a value per pixel is kept: of its channels the one of largest magnitude. The photo is kept as it is."""
    scale = float(np.abs(x).max())
    if x.ndim == 5:  # (rows, cols, P, P, C): put together again
        x = x.transpose(0, 2, 1, 3, 4).reshape(*config.image_size, -1)
    largest = encode.largest(x, np.array([0, x.shape[-1]]))[..., 0]
    levels = encode.signed(largest, scale) + encode.LEVELS
    height, width = config.image_size
    return {
        "at": binary.add(levels.astype(np.uint8)),
        "rows": height,
        "bins": width,
        "scale": scale,
    } | summary(x)


def scores(t, config, binary):
    """How the S and A of every block and head are kept, and their gradients: (L, H, T, T) each.

    Of A every weight, and ln Σ exp S of each row, which gives S = ln A + ln Σ exp S. Of the gradients the row of [CLS].
    Of all four the norm of every row, and of each head's matrix its norm, least, largest and mean.
    """
    A, S = (_stacked(t.get, name, config) for name in ("A", "S"))
    levels, peaks, numbers = encode.attention(A)
    shown = encode.value(levels.astype(np.float64), peaks[..., None], numbers[..., None].astype(np.float64))
    highest = S.max(axis=-1)
    lse = highest + np.log(np.exp(S - highest[..., None]).sum(axis=-1))
    found = {"at": binary.add(levels), "peaks_at": binary.add(peaks), "levels_at": binary.add(numbers)}
    found |= {"lse_at": binary.add(lse.astype(np.float32)), "largest_error": float(np.abs(shown - A).max())}
    found["stats"] = {"A": _of_heads(A), "S": _of_heads(S)}
    found |= _norms(A, "row_norms_A", binary) | _norms(S, "row_norms_S", binary)
    if t.backward is None:
        return found
    for name in ("A", "S"):
        d = _stacked(t.gradient, name, config)
        scale = np.abs(d[..., 0, :]).max(axis=-1)
        levels = encode.signed(d[..., 0, :], scale[..., None], encode.ROW).astype(np.int16) + encode.ROW
        found[f"grad_{name}_at"] = binary.add(levels.astype(np.uint8))
        found[f"grad_{name}_scales_at"] = binary.add(scale.astype(np.float32))
        found["stats"][f"grad_{name}"] = _of_heads(d)
        found |= _norms(d, f"norms_{name}", binary)
    return found


def _of_heads(x):
    """[norm, least, largest, mean] of every head's matrix, by block."""
    return [[list(summary(matrix).values()) for matrix in block] for block in x]


def _norms(x, name, binary):
    """The norms of the rows, by the largest of each head's."""
    scale = encode.of_rows(x).max(axis=-1)
    levels = binary.add(encode.norms(x, scale[..., None]))
    return {f"{name}_at": levels, f"{name}_scales_at": binary.add(scale.astype(np.float32))}


def _stacked(get, name, config):
    """S or A, or their gradients, of all blocks: (L, H, T, T)."""
    names = (f"blocks.{i}.attention.{name}" for i in range(config.num_layers))
    return np.stack([np.asarray(to_host(get(name))[0], np.float64) for name in names])
