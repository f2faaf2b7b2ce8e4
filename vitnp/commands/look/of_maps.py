"""The pictures of a ResNet, a BiT or a hybrid's stem: its root filters and its feature maps."""

import numpy as np

from vitnp.analysis import look
from vitnp.backend.arrays import to_host


def kernels(model, how):
    """The filters of the first convolution."""
    from vitnp import show

    W = model.p.get("stem", model.p)["root"]["conv"]["W"]
    k, _, channels, outputs = W.shape
    said = f"the {outputs} filters of the first convolution, {k}x{k} pixels of {channels} channel{'s' * (channels > 1)}"
    return show.root_filters(W, lang=how.lang), said


def maps(seen, how):
    """The feature maps after the root and after each stage."""
    from vitnp import show
    from vitnp.show.page import in_language

    say, found = in_language(how.lang), {}
    for stage, x in enumerate(outputs(seen.trace, seen.config)):
        title = say(f"stage {stage}", f"스테이지 {stage}") if stage else say("root", "첫 합성곱")
        found[title] = to_host(x)[0]
    x = list(found.values())[-1]
    strength = look.strength(x)
    row, column = np.unravel_index(strength.argmax(), strength.shape)
    channel = look.strongest_channels(x, n=1)[0] + 1
    rows, cols, channels = x.shape
    said = f"{len(found)} feature maps, the last of {rows}x{cols} places and {channels} channels: the strongest place "
    said += f"is in row {row + 1}, column {column + 1}"
    said += f", channel {channel} varies most" if strength.size > 1 else ""
    return show.feature_maps(seen.image, found, seen.config, lang=how.lang), said


def outputs(t, config):
    """The feature maps (1, h, w, C) after the root and after each stage."""
    prefix, _, units, _ = config.residual
    last = (f"stages.{stage}.{count - 1}.output" for stage, count in enumerate(units))
    return [t[prefix + name] for name in ("root.pool", *last)]
