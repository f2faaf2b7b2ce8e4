"""The model as boxes and arrows: a configuration's shapes, and with a trace what is in them, forward and back."""

import functools

from matplotlib.patches import Circle, FancyBboxPatch

from vitnp.analysis import cost
from vitnp.analysis.model_name import model_name
from vitnp.errors import InputError
from vitnp.show import page, thumbnails
from vitnp.show.styling import BLUE, ENCODER, LABEL, ORANGE, QUIET, SMALL, TITLE

GAP = 3.2  # between boxes, in units of 10 pixels
THUMB = 7.2  # the side of a thumbnail
PLUS = "+"


def diagram(config, *, t=None, lang=None):
    """The model of a configuration in three columns: steps 1 to 4, one encoder block, the end.

    Each box shows the shape of its output for one image; the numbers are the steps of deck 003. With a `Trace` of one
    image and its label the boxes also show what is in them, and orange arrows the gradient's way back with its norm.
    Raises InputError for a model without a Transformer, and for a trace without gradients.
    """
    say = page.in_language(lang)
    if not config.attends:
        raise InputError(
            f"a model of the family {config.family} has no Transformer to draw; name a ViT or a hybrid"
        )
    if t is not None and t.backward is None:
        raise InputError(
            "the trace has no gradients; make it with labels: trace(images, p, config, labels=…)"
        )
    figure = page.blank()
    axes = figure.subplots()
    axes.set(xlim=(0, 126), ylim=(-3, 64))
    axes.set_axis_off()
    name, count = model_name(config), f"{sum(cost.parameters(config).values()):,}"
    L, H = config.num_layers, config.num_heads
    axes.set_title(
        say(
            f"{name}: {L} blocks, {H} heads, {count} parameters",
            f"{name}: 블록 {L}개, 헤드 {H}개, 파라미터 {count}개",
        ),
        fontsize=TITLE,
    )
    draw = functools.partial(_column, axes, t=t, inside=thumbnails.of(t, config) if t else {})
    left, middle, right = stem(config, say), block(config, say), [*head(config, say)]
    if t:
        right.append((say("loss  −log p", "손실  −log p"), f"{t.loss:.3g}", None))
    axes.add_patch(_box(42, 0.5, 42.5, 63, ENCODER, ENCODER))
    axes.text(43.5, 60.7, f"{L}×", fontsize=TITLE, color=BLUE, va="center", weight="bold")
    bottom = draw(0.5, 37, 63, left, sign=-1)[-1]
    places = draw(45, 35, 6.5, middle, sign=1)
    if config.position_at != "stem":
        axes.text(65, 2.9, say("4  + positions", "4  + 포지셔널"), fontsize=SMALL, va="center", weight="bold")
    top = draw(88.5, 37, 63, right, sign=-1)[0]
    (x, first), (_, last) = places[0], places[-1]
    _way(axes, [(19, bottom[1] - 4.4), (19, 2.6), (x, 2.6), (x, first - 2.6)])
    _way(axes, [(x, last + 2.25), (x, 61.3), (86.5, 61.3), (86.5, top[1]), (88.5, top[1])])
    for start, over in ((0, 2), (3, 5)):  # the residuals: from before a Norm to the next +
        below, plus = places[start][1] - 3.9, places[over][1]
        _way(axes, [(x, below), (x + 19.6, below), (x + 19.6, plus), (x + 2.25, plus)])
    told = say(f"loss {t.loss:.3g}", f"손실 {t.loss:.3g}") if t else ""
    if t:
        note = say(
            "orange: the backward pass; ‖d‖: the norm of the gradient (one image; middle column: block 1)",
            "주황색: 역전파; ‖d‖: 그래디언트의 크기(이미지 1장; 가운데 열은 첫 번째 블록)",
        )
        axes.text(63, -1.6, note, fontsize=SMALL, color=ORANGE, ha="center", va="center")
    return page.finished(figure, _described(config, name, count, told, say))


def _described(config, name, count, told, say):
    """The alternative text."""
    N, T, D = config.num_patches, config.num_tokens, config.hidden_size
    height, width = config.image_size
    end = f"1×{config.num_classes}" if config.num_classes else f"1×{D}"
    back = say(
        f" Arrows back show the norm of each gradient; {told}.",
        f" 되돌아가는 화살표에 그래디언트의 크기; {told}.",
    )
    return say(
        f"{name} as boxes and arrows, {count} parameters. An image of {height}×{width} becomes {N} patches, then "
        f"{T}×{D} tokens; {config.num_layers} encoder blocks with {config.num_heads} heads; the end is {end}.",
        f"상자와 화살표로 그린 {name}, 파라미터 {count}개. {height}×{width} 이미지가 패치 {N}개, {T}×{D} 토큰이 "
        f"되고, 헤드 {config.num_heads}개의 인코더 블록 {config.num_layers}개를 지납니다. 마지막 shape는 {end}입니다."
        f"",
    ) + (back if told else "")


def stem(config, say):
    """Yields (name, shape, tensor in the trace) of steps 1 to 4."""
    (height, width), C, D = config.image_size, config.in_channels, config.hidden_size
    N, T = config.num_patches, config.num_positions
    yield say("image", "이미지"), (height, width, C), "image"
    if config.residual:
        yield say("ResNet: feature map", "ResNet: 특징 맵"), (*config.map_size, config.map_channels), None
        yield say("1, 2  patches, projection", "1, 2  패치 임베딩"), (N, D), "patch_tokens"
    else:
        yield say("1  patches", "1  패치로 분할"), (N, config.patch_dim), "patches"
        yield say("2  projection", "2  패치 임베딩"), (N, D), "patch_tokens"
    if config.classifier == "token":
        yield say("3  add [CLS]", "3  [CLS] 추가"), (T, D), "tokens"
    added = [
        (config.stem_position not in ("none", "relative"), say("4  + positions", "4  + 포지셔널"), "z0"),
        (config.num_registers, say("registers", "레지스터"), "registers"),
        (config.input_norm, "LayerNorm", "input_norm"),
    ]
    if there := [
        (what, tensor) for is_there, what, tensor in added if is_there
    ]:  # in one box, for want of room
        (first, _), *rest = there
        also = "".join(f"{what}, " for what, _ in rest)
        yield first, also + _by(config.num_tokens, D), there[-1][1]


def block(config, say):
    """Yields (name, shape, tensor of the first block) of one block, from bottom to top."""
    T, D, H = config.num_tokens, config.hidden_size, config.num_heads
    yield "6  LayerNorm", None, "blocks.0.norm_1"
    A = _by(H, T, T)
    if config.position_embedding == "relative":
        A += f", E_rel {_by(2 * T - 1, config.head_dim)}"
    heads = f"Q, K, V {_by(H, T, config.head_dim)}\nA {A}"
    yield say("5  attention", "5  어텐션"), heads, "blocks.0.attention.output"
    yield PLUS, None, "blocks.0.residual_1"
    yield "6  LayerNorm", None, "blocks.0.norm_2"
    yield "7  MLP, GELU", f"{_by(T, config.mlp_dim)} → {_by(T, D)}", "blocks.0.feed_forward.output"
    yield PLUS, None, "blocks.0.residual_2"


def head(config, say):
    """Yields (name, shape, tensor) from the last Norm to the classes."""
    T, D = config.num_tokens, config.hidden_size
    mean = say("8  mean of the patches", "8  패치 토큰의 평균")
    if config.pooled_norm:
        yield mean, (1, D), "mean"
    yield "6  LayerNorm", (1 if config.pooled_norm else T, D), "norm"
    if config.classifier == "token":
        yield say("8  take [CLS]", "8  [CLS] 추출"), (1, D), "y"
    elif config.classifier == "map":
        yield say("8  attention pooling", "8  어텐션 풀링"), (1, D), "pool"
    elif not config.pooled_norm:
        yield mean, (1, D), "y"
    if config.representation_size:
        yield "8  pre-logits, tanh", (1, config.representation_size), None
    if config.num_classes:
        yield say("8  logits", "8  로짓"), (1, config.num_classes), "logits"
        yield "8  softmax", (1, config.num_classes), "p"


def _by(*shape):
    return "×".join(str(n) for n in shape)


def _box(x, y, width, height, color, edge):
    style = "round,pad=0,rounding_size=1.2"
    return FancyBboxPatch(
        (x, y), width, height, boxstyle=style, facecolor=color, edgecolor=edge, linewidth=1.5
    )


def _column(axes, x, width, y, boxes, *, sign, t, inside):
    """Draw the boxes with arrows between them, from y down (sign −1) or up (1). Returns the boxes' centers."""
    centers, before = [], None
    for what, shape, tensor in boxes:
        size = 4.5 if what == PLUS else 5.2 if shape is None else 11.5 if "\n" in str(shape) else 8.8
        if centers:
            middle = x + width / 2
            _way(axes, [(middle, y), (middle, y + sign * GAP)])
            if t and before:
                _back(axes, (middle - 3 * sign, y), sign, t.gradient(before))
            y += sign * GAP
        centers.append((x + width / 2, y + sign * size / 2))
        _draw(axes, what, shape, centers[-1], width, size, inside.get(tensor, ()))
        y += sign * size
        before = tensor
    return centers


def _draw(axes, what, shape, center, width, size, pictures):
    x, y = center
    if what == PLUS:
        axes.add_patch(Circle(center, size / 2, facecolor="white", edgecolor=BLUE, linewidth=2.5))
        axes.text(x, y, "+", fontsize=TITLE, ha="center", va="center_baseline", color=BLUE)
        return
    axes.add_patch(_box(x - width / 2, y - size / 2, width, size, "white", QUIET))
    sides = (x - width / 2 + 0.9, x + width / 2 - 0.9 - THUMB)
    for draw, left in zip(pictures, sides, strict=False):
        draw(axes.inset_axes((left, y - THUMB / 2, THUMB, THUMB), transform=axes.transData))
    x += {0: 0, 1: THUMB / 2, 2: 0}[len(pictures)]
    top = y + size / 2 - 2.6
    axes.text(
        x, top, what, fontsize=LABEL if not pictures else SMALL + 1, ha="center", va="center", weight="bold"
    )
    if shape is not None:
        text = shape if isinstance(shape, str) else _by(*shape)
        axes.text(x, (top - 2.2 + y - size / 2) / 2 + 0.3, text, fontsize=SMALL, ha="center", va="center")


def _back(axes, start, sign, gradient):
    """The arrow of a gradient, against the forward one, with its norm."""
    x, y = start
    _way(axes, [(x, y + sign * GAP), (x, y)], ORANGE)
    norm = float((gradient.astype("float64") ** 2).sum()) ** 0.5
    size = f"{norm:.2g}" if norm < 100 else f"{norm:,.0f}"
    side = {"ha": "left"} if sign < 0 else {"ha": "right"}  # the block's residuals are at the right
    axes.text(
        x - 1.2 * sign,
        y + sign * GAP / 2,
        f"‖d‖ {size}",
        fontsize=SMALL,
        color=ORANGE,
        va="center",
        **side,
    )


def _way(axes, corners, color="black"):
    """A line through the corners that ends in an arrow."""
    axes.plot(*zip(*corners[:-1], strict=True), color=color, linewidth=2.5)
    arrow = {
        "arrowstyle": "-|>",
        "linewidth": 2.5,
        "color": color,
        "mutation_scale": 18,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    axes.annotate("", corners[-1], xytext=corners[-2], arrowprops=arrow)
