"""The pictures of one image: its patches, its attention, and the gradient it gives."""

import numpy as np

from vitnp import tree
from vitnp.analysis import look
from vitnp.analysis.trace import trace
from vitnp.backend.arrays import array_module, to_host
from vitnp.engine import probabilities
from vitnp.tasks import loss_and_grads

SINK = 0.5  # from this share of a head's attention on, the patch that it goes to is named a sink
MOST_NAMED = 3  # layers that a title names one by one


def patches(seen, how):
    """The image and its patches."""
    from vitnp import show

    config = seen.config
    said = f"the image cut into {config.num_patches} patches of {config.patch_dim} values"
    return show.patch_grid(seen.image, config, lang=how.lang), said


def sequence(seen, how):
    """The patches in a row."""
    from vitnp import show

    said = f"the {seen.config.num_patches} in a row"
    return show.patch_sequence(seen.image, seen.config, lang=how.lang), said


def attention(seen, how):
    """Where the class token looks, in one block."""
    from vitnp import show
    from vitnp.show.page import times_uniform

    block = block_of(seen, how)
    A = seen.weights[block][0]
    like = {"grid": seen.config.grid, "registers": seen.config.num_registers}
    share = float(look.attention_from_class_token(A, **like).mean(axis=0).max())
    times, own = times_uniform(share, seen.config.num_tokens), float(A[:, 0, 0].mean())
    said = f"[CLS] in {words(block, seen)}: {times} uniform attention to the strongest patch, {own:.1%} to itself"
    return show.attention_from_class_token(seen.image, A, seen.config, block=block, lang=how.lang), said


def query(seen, how):
    """Which patches one patch asks for, in one block."""
    from vitnp import show
    from vitnp.show.page import times_uniform

    block = block_of(seen, how)
    S, A = (seen.trace[f"blocks.{block}.attention.{name}"][0] for name in "SA")
    (row, column), config = seen.patch, seen.config
    first = config.num_prefix
    to = to_host(A[:, first + row * config.grid[1] + column, first:]).mean(axis=0)
    best = np.unravel_index(to.argmax(), config.grid)
    said = (
        f"Q·Kᵀ and attention of the patch in {place(seen.patch)}, in {words(block, seen)}: "
        f"{times_uniform(to.max(), config.num_tokens)} uniform attention to {place(best)}"
    )
    figure = show.attention_of_patch(
        seen.image, S, A, config, patch=seen.patch, heads=how.heads, block=block, lang=how.lang
    )
    return figure, said


def distance(seen, how):
    """How far each head looks, in every block."""
    from vitnp import show

    like = {"grid": seen.config.grid, "patch_size": seen.config.patch_pixels}
    registers = seen.config.num_registers
    distances = [to_host(look.attention_distance(A, **like, registers=registers))[0] for A in seen.weights]
    distances = np.stack(distances)
    means = distances.mean(axis=1)
    uniform = float(look.uniform_distance(like=distances, **like))
    said = f"mean attention distance {means[0]:.1f} px in layer 1, {means[-1]:.1f} px in layer {len(means)}"
    said += f" (uniform attention: {uniform:.1f} px)"
    return show.attention_distance(distances, seen.config, lang=how.lang), said


def rollout(seen, how):
    """Attention through the layers asked for: with and without those that have a sink, and for a class."""
    from vitnp import show
    from vitnp.show.page import in_language

    say, (first, last) = in_language(how.lang), how.layers
    weights, chosen = seen.weights, range(first - 1, last)
    title = say(f"layers {first} to {last}", f"{first}~{last}층")
    maps = {title: look.rollout([weights[i] for i in chosen])}
    without = sorted({block for block, *_ in found_sinks(seen) if block in chosen})
    rest = [i for i in chosen if i not in without]
    said = ""
    if without and rest:
        maps[title_without(without, say)] = look.rollout([weights[i] for i in rest])
    if without:
        many = len(without) > 1
        which = f"layer{'s' * many} {numbers(without)}" if rest else "every layer"
        said = f"; {which} {'have' if many and rest else 'has'} a sink (sinks.png)"
    if rest and rest[0] > first - 1 and rest == [*range(rest[0], last)]:
        said += f": --layers {rest[0] + 1}-{last} leaves {'them' if many else 'it'} out"
    if seen.label is not None:
        gradients = [seen.trace.gradient(f"blocks.{i}.attention.A") for i in chosen]
        title = say(f"for class {seen.label}{seen.name}", f"클래스 {seen.label}{seen.name}에 대해")
        maps[title] = look.gradient_rollout([weights[i] for i in chosen], gradients)
    like = {"grid": seen.config.grid, "registers": seen.config.num_registers}
    maps = {t: to_host(look.attention_from_class_token(R[0], **like)) for t, R in maps.items()}
    plain = next(iter(maps.values()))
    best = np.unravel_index(plain.argmax(), plain.shape)
    said = f"rollout over layers {first} to {last}: most from the patch in {place(best)}, {plain.max():.1%}{said}"
    return show.rollout(seen.image, maps, seen.config, lang=how.lang), said


def title_without(blocks, say):
    """The title of the rollout without blocks that have a sink; of many, how many they are."""
    if len(blocks) == 1:
        return say(f"without layer {numbers(blocks)} (a sink)", f"싱크가 있는 {numbers(blocks)}층을 빼면")
    if len(blocks) <= MOST_NAMED:
        return say(f"without layers {numbers(blocks)} (sinks)", f"싱크가 있는 {numbers(blocks)}층을 빼면")
    return say(f"without {len(blocks)} layers (sinks)", f"싱크가 있는 층 {len(blocks)}개를 빼면")


def numbers(blocks):
    """Blocks counted from 1: "1, 3"."""
    return ", ".join(str(block + 1) for block in blocks)


def sinks(seen, how):
    """How much of each head's attention goes to one patch."""
    from vitnp import show

    weights = [A[0] for A in seen.weights]
    shares = to_host(seen.sinks[1])
    named = [
        f"head {head + 1} of block {block + 1} sends {share:.1%} of its attention to the patch in {place(patch)}"
        for block, head, patch, share in found_sinks(seen)
    ]
    if not named:
        block, head = np.unravel_index(shares.argmax(), shares.shape)
        named = [
            f"no head sends half of its attention to one patch; the most is {shares.max():.1%}, head {head + 1} "
            f"of block {block + 1}"
        ]
    more = f"; and {len(named) - 3} heads more" if len(named) > 3 else ""
    return show.sinks(seen.image, weights, seen.config, lang=how.lang), "; ".join(named[:3]) + more


def gradients(seen, how):
    """The norm of the loss's gradient in each layer."""
    from vitnp import show

    dp = gradients_of(seen)
    norms = look.gradient_norms(dp)
    what = "block" if seen.model.config.attends else "stage"
    parts = [norm for name, norm in norms.items() if name.startswith(f"{what}s.")]
    of = f"gradient of −log p of class {seen.label}{seen.name}"
    said = f"{of}: norm {parts[0]:.3g} in {what} 1, {parts[-1]:.3g} in the last" if parts else of
    return show.gradient_norms(norms, lang=how.lang), said


def gradients_of(seen):
    """The gradients of −log p, p the probability of the class."""
    p, config = seen.model.p, seen.config
    if not probabilities.independent(config):
        return loss_and_grads(seen.x[None], array_module(seen.x).asarray([seen.label]), p, config)[1]
    t = trace(seen.x, p, config, labels=seen.label, of="logit")
    share = t.probabilities[0, seen.label] - 1  # −log σ(z): its derivative times the logit's gradients
    return tree.map(lambda gradient: gradient * share, t.dp)


def found_sinks(seen):
    """(block, head, (row, column), share) of the heads that send at least half to one patch, the strongest first."""
    patches, shares = map(to_host, seen.sinks)
    found = [
        (int(block), int(head), np.unravel_index(patches[block, head], seen.config.grid), shares[block, head])
        for block, head in zip(*np.nonzero(shares >= SINK), strict=True)
    ]
    return sorted(found, key=lambda sink: -sink[-1])


def block_of(seen, how):
    """The block asked for, by default the last."""
    return seen.config.num_layers - 1 if how.block is None else how.block


def words(block, seen):
    """The block in words."""
    return "the last block" if block == seen.config.num_layers - 1 else f"block {block + 1}"


def place(patch):
    """A patch in words, counted from 1."""
    return f"row {patch[0] + 1}, column {patch[1] + 1}"
