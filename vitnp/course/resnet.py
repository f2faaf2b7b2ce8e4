"""The rows of a ResNet, a BiT or a hybrid's stem: no slide shows them. Rows and tensors as in `beside`.

Imports `letters`.
"""

from vitnp.course.letters import map_letters, units

# fmt: off
ROOT = {  # by whether the units are pre-activation
    True: ("7x7 합성곱(stride 2) → 3x3 최대 풀링(stride 2); 나눈 값은 올림",
           "7x7 convolution with stride 2 → 3x3 max-pool with stride 2; divisions round up"),
    False: ("7x7 합성곱(stride 2) → GroupNorm, ReLU → 3x3 최대 풀링(stride 2); 나눈 값은 올림",
            "7x7 convolution with stride 2 → GroupNorm, ReLU → 3x3 max-pool with stride 2; divisions round up"),
}
UNIT = ("1x1 → 3x3 → 1x1 합성곱에 지름길(shortcut)을 더함", "1x1 → 3x3 → 1x1 convolutions, plus the shortcut")
FIRST = ("첫 유닛의 3x3은 stride 2", "the first unit's 3x3 has stride 2")
FLATTEN = ("flatten_map", 1, "1단계: 특징 맵을 {P}x{P}크기의 패치로 분할 - 값 {P·P·C}개인 패치를 Flatten",
    "Step 1: split the feature map into {P}x{P} patches - flatten a patch of {P·P·C} values",
    "각 패치를 벡터로 변환: 값의 개수는 P·P·(채널 수)", "each patch becomes a vector of P·P·channels values")
LAST_NORM = ("last_norm", 0, "(슬라이드 없음: 마지막 GroupNorm과 ReLU)", "(no slide: the last GroupNorm and ReLU)",
    "ReLU(GroupNorm(x)): 특징 맵", "ReLU(GroupNorm(x)): the feature map")
MEAN = ("extract", 8, "(슬라이드 없음: [CLS] 토큰 대신 특징 맵의 평균)",
    "(no slide: the mean of the feature map in place of the [CLS] token)",
    "y = 특징 맵의 모든 위치의 평균", "y = the mean over all places of the feature map")
# fmt: on


def body(config):
    """The rows from the image to the last unit's output."""
    prefix, _, sizes, pre = config.residual
    of_root = [("image", "image", ("Hᵢ", "Wᵢ", "C"), "B")]
    of_root += [("7x7 conv", f"{prefix}root.conv", ("Hᵢ/2", "Wᵢ/2", "w"), "B")]
    if not pre:
        of_root += [("GroupNorm, ReLU", f"{prefix}root.relu", ("Hᵢ/2", "Wᵢ/2", "w"), "B")]
    of_root += [("max-pool", f"{prefix}root.pool", map_letters(()), "B")]
    titles = (
        "(슬라이드 없음: ResNet의 첫 합성곱과 풀링)",
        "(no slide: the ResNet's first convolution and pool)",
    )
    yield "root", 0, *titles, *ROOT[pre], tuple(of_root)
    for stage, count in enumerate(sizes):
        name, numbers = f"{prefix}stages.{stage}.i", f"i = 0 … {count - 1}" if count > 1 else "i = 0"
        ko, en = (
            f"{what}; {numbers}" + f"; {first}" * (stage > 0) for what, first in zip(UNIT, FIRST, strict=True)
        )
        titles = (
            f"(슬라이드 없음: 스테이지 {stage + 1}, 잔차 유닛 {count}개)",
            f"(no slide: stage {stage + 1}, {count} residual unit{'s' * (count > 1)})",
        )
        tensors = (("unit", f"{name}.output", map_letters(sizes[: stage + 1]), "B"),)
        yield f"stage_{stage + 1}", 0, *titles, ko, en, tensors


def head(config):
    """The rows of a BiT between the units and the logits."""
    *_, channels = shape = map_letters(units(config))
    yield *LAST_NORM, (("feature map", "feature_map", shape, "B"),)
    yield *MEAN, (("y", "y", ("B", channels), ""),)


def patches(config):
    """{key of the deck's row: a hybrid's}: the feature map in place of the image."""
    *_, channels = shape = map_letters(units(config))
    (height, width), scale, c = config.map_size, config.map_scale, config.map_channels
    side = config.patch_size * scale
    split = (
        "split_map",
        1,
        f"1단계: 이미지 대신 특징 맵({height}x{width}x{c})을 "
        + "{P}x{P}크기의 패치로 분할 - {rows}x{cols}의 패치 생성",
        f"Step 1: split the feature map ({height}x{width}x{c}), not the image, into "
        "{P}x{P} patches - a {rows}x{cols} grid of patches",
        f"특징 맵을 한 변이 P인 격자로 분할; 패치 하나가 이미지의 {side}x{side} 픽셀에 해당",
        f"cut the feature map into squares of side P; a patch stands for {side}x{side} pixels of the image",
    )
    grid = ("rows", "cols", "P", "P", channels)
    return {
        "split": (
            *split,
            (("feature map", "feature_map", shape, "B"), ("{rows}x{cols} patches", "grid", grid, "B")),
        ),
        "flatten": (*FLATTEN, (("x_p", "patches", ("N", f"P·P·{channels}"), "B"),)),
    }
