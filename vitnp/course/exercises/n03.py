"""The exercises of notebook 03, the class token."""

import numpy as np

from vitnp.course.exercises import judge
from vitnp.system.language import Text


def num_tokens(num_tokens):
    """24 × 24 patches and [CLS]."""
    judge.number(
        num_tokens,
        (384 // 16) ** 2 + 1,
        Text("패치의 수 (384 // 16)²에 [CLS]를 더하세요.", "The patches, (384 // 16)², and [CLS]."),
        known=[
            (576, Text("[CLS]가 빠졌습니다.", "[CLS] is missing.")),
            (197, Text("224×224 이미지의 토큰 수입니다.", "That is for an image of 224×224.")),
            (
                25,
                Text(
                    "한 변만 세었습니다. 패치는 24 × 24로 놓입니다.",
                    "You counted one side; the patches are 24 × 24.",
                ),
            ),
            (578, Text("[CLS]는 하나입니다.", "There is one [CLS].")),
        ],
    )


def prepend(prepend):
    """The k tokens before those of every image."""
    rng = np.random.default_rng(0)
    x, extra = rng.standard_normal((3, 4, 5)), rng.standard_normal((2, 5))
    rows = np.repeat(extra[None], len(x), axis=0)
    judge.array(
        judge.call(prepend, x, extra),
        np.concatenate([rows, x], axis=1),
        Text(
            "extra를 이미지마다 한 벌씩 (B, k, D)로 늘리고, 토큰의 축(axis=1)에서 앞에 붙이세요.",
            "Repeat extra for each image, (B, k, D), and put it in front along the tokens, axis=1.",
        ),
        known=[
            (
                np.concatenate([x, rows], axis=1),
                Text("뒤가 아니라 앞에 붙이세요.", "In front, not at the end."),
            ),
            (
                np.concatenate([rows[:, ::-1], x], axis=1),
                Text("extra의 순서가 거꾸로입니다.", "The order of extra is reversed."),
            ),
            (
                np.concatenate([rows[:, :1], x], axis=1),
                Text(
                    "extra의 첫 행만 붙였습니다. k개를 모두 붙이세요.",
                    "Only the first row of extra: put all k in front.",
                ),
            ),
            (x + 0, Text("토큰이 붙지 않았습니다.", "No token was added.")),
        ],
    )


def prepend_backward(prepend_backward):
    """dx is what belongs to the patches; the k tokens were used in every image, so a sum over the batch."""
    dz, k = np.random.default_rng(0).standard_normal((3, 6, 5)), 2
    names = ("dx", "dextra")
    hint = Text(
        "z의 앞 k개 토큰은 extra, 나머지는 x입니다. extra는 모든 이미지에서 쓰였습니다.",
        "The first k tokens of z are extra, the rest x; extra was used in every image.",
    )
    dx, dextra = judge.several(judge.call(prepend_backward, dz, k), names, hint)
    with judge.part("dx"):
        judge.array(
            dx,
            dz[:, k:],
            hint,
            known=[
                (dz[:, :-k], Text("앞의 k개를 버려야 합니다.", "Leave out the first k, not the last.")),
                (dz[:, 1:], Text("토큰 1개가 아니라 k개를 버리세요.", "Leave out k tokens, not one.")),
                (dz, Text("앞의 k개는 x의 것이 아닙니다.", "The first k do not belong to x.")),
            ],
        )
    with judge.part("dextra"):
        judge.array(
            dextra,
            dz[:, :k].sum(axis=0),
            hint,
            known=[
                (
                    dz[:, :k],
                    Text(
                        "extra는 하나뿐입니다. 배치에 대해 더하세요.",
                        "There is one extra: sum over the batch.",
                    ),
                ),
                (
                    dz[:, :k].mean(axis=0),
                    Text("평균이 아니라 합입니다.", "The sum over the batch, not the mean."),
                ),
                (
                    dz[0, :k],
                    Text("첫 이미지만이 아니라 모두 더하세요.", "All images, not only the first: sum."),
                ),
                (
                    dz[:, :k].sum(axis=1),
                    Text("토큰이 아니라 배치(axis=0)에 대해 더하세요.", "Sum over the batch, axis=0."),
                ),
            ],
        )


EXERCISES = {1: num_tokens, 2: prepend, 3: prepend_backward}
