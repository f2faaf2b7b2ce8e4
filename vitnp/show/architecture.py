"""The model as boxes and arrows, with a configuration's shapes."""

from matplotlib.patches import Circle, FancyBboxPatch

from vitnp.analysis import cost
from vitnp.errors import InputError
from vitnp.show import page
from vitnp.show.page import BLUE, LABEL, ORANGE, PALE, SMALL, TITLE

ENCODER = "#E3F0F8"  # behind a block
GAP = 3.0  # between boxes, in units of 10 pixels
PLUS = "+"


def diagram(config, *, lang="en"):
    """The model of a configuration in three columns: steps 1 to 4, one encoder block, the end.

    Each box shows the shape of its output for one image; the numbers are the steps of deck 003.
    """
    say = page.in_language(lang)
    if not config.attends:
        raise InputError(
            f"a model of the family {config.family} has no Transformer to draw; name a ViT or a hybrid"
        )
    figure = page.blank()
    axes = figure.subplots()
    axes.set(xlim=(0, 126), ylim=(0, 64))
    axes.set_axis_off()
    count = f"{sum(cost.parameters(config).values()):,}"
    axes.set_title(
        say(
            f"L = {config.num_layers} blocks, H = {config.num_heads} heads, {count} parameters",
            f"블록 L = {config.num_layers}개, 헤드 H = {config.num_heads}개, 파라미터 {count}개",
        ),
        fontsize=TITLE,
    )
    left, middle, right = stem(config, say), block(config, say), head(config, say)
    axes.add_patch(_box(43, 0.5, 41, 63, ENCODER, BLUE))
    axes.text(44.5, 60.5, f"{config.num_layers}×", fontsize=TITLE, color=BLUE, va="center")
    bottom = _column(axes, 1, 36, 63, left, sign=-1)[-1]
    places = _column(axes, 47, 33, 6.5, middle, sign=1)
    if config.position_at != "stem":
        axes.text(65, 2.9, say("4  + positions", "4  + 포지셔널"), fontsize=SMALL, va="center", weight="bold")
    top = _column(axes, 89, 36, 63, right, sign=-1)[0]
    (x, first), (_, last) = places[0], places[-1]
    _way(axes, [(19, bottom[1] - 4.4), (19, 3), (x, 3), (x, first - 2.6)])
    _way(axes, [(x, last + 2.25), (x, 61), (86.5, 61), (86.5, top[1]), (89, top[1])])
    for start, over in ((0, 2), (3, 5)):  # the residuals: from before a Norm to the next +
        below, plus = places[start][1] - 3.9, places[over][1]
        _way(axes, [(x, below), (x + 18.5, below), (x + 18.5, plus), (x + 2.25, plus)], ORANGE)
    return page.finished(figure)


def stem(config, say):
    """Yields (name, shape) of steps 1 to 4."""
    (height, width), C, D = config.image_size, config.in_channels, config.hidden_size
    N, T = config.num_patches, config.num_tokens
    yield say("image", "이미지"), (height, width, C)
    if config.residual:
        yield say("ResNet: feature map", "ResNet: 특징 맵"), (*config.map_size, config.map_channels)
        yield say("1, 2  patches, projection", "1, 2  패치 임베딩"), (N, D)
    else:
        yield say("1  cut into patches", "1  패치로 분할"), (N, config.patch_dim)
        yield say("2  linear projection", "2  패치 임베딩"), (N, D)
    if config.classifier == "token":
        yield say("3  [CLS] first", "3  [CLS] 토큰 추가"), (T, D)
    if config.stem_position not in ("none", "relative"):
        yield say("4  + positions", "4  + 포지셔널"), (T, D)


def block(config, say):
    """Yields (name, shape) of one block, from bottom to top."""
    T, D, H = config.num_tokens, config.hidden_size, config.num_heads
    yield "6  LayerNorm", None
    A = _by(H, T, T)
    if config.position_embedding == "relative":
        A += f", E_rel {_by(2 * T - 1, config.head_dim)}"
    yield say("5  attention", "5  어텐션"), f"Q, K, V {_by(H, T, config.head_dim)}\nA {A}"
    yield PLUS, None
    yield "6  LayerNorm", None
    yield "7  MLP, GELU", f"{_by(T, config.mlp_dim)} → {_by(T, D)}"
    yield PLUS, None


def head(config, say):
    """Yields (name, shape) from the last Norm to the classes."""
    T, D = config.num_tokens, config.hidden_size
    yield "6  LayerNorm", (T, D)
    if config.classifier == "token":
        yield say("8  row of [CLS]", "8  [CLS] 토큰 추출"), (1, D)
    else:
        yield say("8  mean of the tokens", "8  토큰의 평균"), (1, D)
    if config.representation_size:
        yield "8  pre-logits, tanh", (1, config.representation_size)
    if config.num_classes:
        yield say("8  head: logits", "8  로짓"), (1, config.num_classes)
        yield "8  softmax", (1, config.num_classes)


def _by(*shape):
    return "×".join(str(n) for n in shape)


def _box(x, y, width, height, color, edge):
    style = "round,pad=0,rounding_size=1.2"
    return FancyBboxPatch((x, y), width, height, boxstyle=style, facecolor=color, edgecolor=edge, linewidth=2)


def _column(axes, x, width, y, boxes, *, sign):
    """Draw the boxes with arrows between them, from y down (sign −1) or up (1). Returns the boxes' centers."""
    boxes, centers = list(boxes), []
    for i, (what, shape) in enumerate(boxes):
        size = 4.5 if what == PLUS else 5.2 if shape is None else 11.5 if "\n" in str(shape) else 8.8
        if i:
            _way(axes, [(x + width / 2, y), (x + width / 2, y + sign * GAP)])
            y += sign * GAP
        centers.append((x + width / 2, y + sign * size / 2))
        _draw(axes, what, shape, centers[-1], width, size)
        y += sign * size
    return centers


def _draw(axes, what, shape, center, width, size):
    x, y = center
    if what == PLUS:
        axes.add_patch(Circle(center, size / 2, facecolor="white", edgecolor=ORANGE, linewidth=3))
        axes.text(x, y, "+", fontsize=TITLE, ha="center", va="center_baseline", color=ORANGE)
        return
    axes.add_patch(_box(x - width / 2, y - size / 2, width, size, PALE, ORANGE))
    top = y + size / 2 - 2.6
    axes.text(x, top, what, fontsize=LABEL, ha="center", va="center", weight="bold")
    if shape is not None:
        text = shape if isinstance(shape, str) else _by(*shape)
        axes.text(x, (top - 2.2 + y - size / 2) / 2 + 0.3, text, fontsize=SMALL, ha="center", va="center")


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
