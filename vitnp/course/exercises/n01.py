"""The exercises of notebook 01, patches."""

import numbers

import numpy as np

from vitnp.course.exercises import judge
from vitnp.system.language import Text


def patches(N):
    """24 × 24 patches."""
    judge.number(
        N,
        (384 // 16) ** 2,
        Text(
            "한 변에 384 // 16개씩 놓입니다. 이미지는 정사각형입니다.",
            "384 // 16 patches fit along a side, and the image has two.",
        ),
        known=[
            (24, Text("한 변에 놓인 패치의 수입니다.", "That is the number of patches along one side.")),
            (577, Text("[CLS]는 3단계에서 붙습니다.", "[CLS] comes only in step 3.")),
            (196, Text("224×224 이미지의 패치 수입니다.", "That is for an image of 224×224.")),
            (768, Text("패치 하나의 값의 개수입니다.", "That is the number of values in one patch.")),
            (
                384 * 384 // 16,
                Text("가로와 세로를 모두 16으로 나누세요.", "Divide both sides by 16, not one."),
            ),
        ],
    )


PATCH, VALUE = 20, 300  # of patches[0, 20, 300]


def place(place):
    """From a patch and a value in it to (row, column, channel): (22, 100, 0)."""
    names = Text("행", "row"), Text("열", "column"), Text("채널", "channel")
    hint = Text(
        "divmod(20, 14)는 패치의 위치입니다. 300은 (행, 열, 채널) 순서이고 채널이 가장 빨리 변합니다.",
        "divmod(20, 14) places the patch; in it 300 counts rows, columns, channels, channels fastest.",
    )
    given = judge.several(place, [name.en for name in names], hint)
    (down, right), (row, rest) = divmod(PATCH, 14), divmod(VALUE, 16 * 3)
    column, channel = divmod(rest, 3)
    answer = (16 * down + row, 16 * right + column, channel)
    known = {
        (answer[1], answer[0], channel): Text("행과 열이 바뀌었습니다.", "Row and column are exchanged."),
        (row, column, channel): Text(
            "패치 안의 위치입니다. 패치의 왼쪽 위 모서리를 더하세요.",
            "That is the place inside the patch; add the patch's upper left corner.",
        ),
        (16 * down + 2, 16 * right + 12, 1): Text(
            "채널이 가장 느리게 변한다고 보았습니다. 우리의 패치에서는 가장 빨리 변합니다.",
            "You let the channel vary slowest; in our patches it varies fastest.",
        ),
    }
    real = all(isinstance(one, numbers.Real) for one in given)
    found = known.get(tuple(given), hint) if real else hint
    for name, one, right_one in zip(names, given, answer, strict=True):
        with judge.part(name):
            judge.number(one, right_one, found)


def channels_first(channels_first):
    """From (row, column, channel) to (channel, row, column)."""
    vector = np.arange(16 * 16 * 3.0)
    pixels = vector.reshape(16, 16, 3)
    judge.array(
        judge.call(channels_first, vector),
        pixels.transpose(2, 0, 1).reshape(-1),
        Text(
            "먼저 (16, 16, 3)으로 되돌리고, 축의 순서를 바꾼 뒤, 다시 벡터로 펴세요.",
            "Reshape to (16, 16, 3) first, then move the axes, then flatten.",
        ),
        known=[
            (
                vector,
                Text(
                    "값의 순서가 그대로입니다. 축을 바꾸세요(transpose).",
                    "Nothing moved; transpose the axes.",
                ),
            ),
            (
                pixels.transpose(2, 0, 1),
                Text("마지막에 벡터로 펴세요.", "Flatten it to a vector at the end."),
            ),
            (
                pixels.transpose(2, 1, 0).reshape(-1),
                Text("행과 열도 바뀌었습니다.", "Rows and columns are exchanged too."),
            ),
            (
                vector.reshape(3, 16, 16).transpose(1, 2, 0).reshape(-1),
                Text(
                    "거꾸로 된 변환입니다. 입력이 (16, 16, 3)입니다.",
                    "That is the inverse; the input is (16, 16, 3).",
                ),
            ),
        ],
    )


EXERCISES = {1: patches, 2: place, 3: channels_first}
