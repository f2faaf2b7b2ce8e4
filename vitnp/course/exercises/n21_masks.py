"""The two masks of notebook 21: causal with padding, and causal after a question."""

import numpy as np

from vitnp.course.exercises import judge
from vitnp.system.language import Text


def cells(cells):
    """Causal, and the columns of the two padding tokens hidden."""
    n, real = 6, 4
    t = np.arange(n)
    causal, seen = t <= t[:, None], t < real
    judge.number(
        cells,
        int((causal & seen).sum()),
        Text(
            "t행은 t + 1개까지, 그리고 많아야 키 네 개를 볼 수 있습니다.",
            "Row t may look at t + 1 keys, and at 4 at most.",
        ),
        known=[
            (
                causal.sum(),
                Text(
                    "인과 마스크만 셌습니다. 패딩인 키 두 열을 가리세요.",
                    "That is the causal mask alone: two keys are hidden.",
                ),
            ),
            (
                real * (real + 1) // 2,
                Text(
                    "패딩의 행도 봅니다. 가리는 것은 패딩의 열뿐입니다.",
                    "The rows of padding look too: only their columns are hidden.",
                ),
            ),
            (
                n * real,
                Text(
                    "패딩만 가렸습니다. 뒤의 토큰도 가리세요.",
                    "Only padding is hidden; what comes later is hidden too.",
                ),
            ),
            (
                n * n - int((causal & seen).sum()),
                Text("가려진 칸의 수입니다.", "Those are the hidden cells."),
            ),
            (
                real**2,
                Text("인과 마스크는 뒤의 토큰도 가립니다.", "The causal mask hides what comes later too."),
            ),
            (n * (n - 1) // 2 - 1, Text("자기 자신도 볼 수 있습니다.", "A token may look at itself too.")),
            (
                (causal & seen).sum() - real,
                Text("자기 자신도 볼 수 있습니다.", "A token may look at itself too."),
            ),
        ],
    )


def prefix_mask(prefix_mask):
    """For two lengths of the question."""
    for T, s in ((5, 2), (6, 4), (4, 0)):
        key, query = np.arange(T), np.arange(T)[:, None]
        right, causal = (key <= query) | (key < s), key <= query
        at = f"T = {T}, s = {s}: "
        judge.mask(
            judge.call(prefix_mask, T, s),
            right,
            Text(
                at + "key ≤ query이거나 key < s인 곳이 True입니다.",
                at + "True where key ≤ query, or key < s.",
            ),
            known=[
                (
                    causal,
                    Text(
                        at + "인과 마스크뿐입니다. 질문끼리는 서로 봅니다.",
                        at + "that is the causal mask alone; the question sees all of itself.",
                    ),
                ),
                (
                    (key < s) & (query < s) | causal & (key >= s) & (query >= s),
                    Text(
                        at + "답도 질문을 볼 수 있어야 합니다.", at + "the answer must see the question too."
                    ),
                ),
                (
                    (key < s) & (query < s),
                    Text(
                        at + "답의 행이 빠졌습니다. 앞을 볼 수 있습니다.",
                        at + "the rows of the answer are missing: they are causal.",
                    ),
                ),
                (
                    key < s,
                    Text(
                        at + "답의 토큰끼리는 앞을 볼 수 있습니다.",
                        at + "the answer sees what came before in itself too.",
                    ),
                ),
                (
                    causal | (query < s),
                    Text(
                        at + "질문이 답을 봅니다. 조건은 query가 아니라 key에 겁니다.",
                        at + "the question sees the answer: the condition is on the key, not the query.",
                    ),
                ),
                (
                    causal | (key <= s),
                    Text(
                        at + "질문은 s개입니다. key ≤ s이면 하나 더 봅니다.",
                        at + "the question has s tokens: key ≤ s is one more.",
                    ),
                ),
                (
                    ~right,
                    Text(
                        at + "True는 볼 수 있다는 뜻입니다. 뒤바뀌었습니다.",
                        at + "True means that it may look: they are exchanged.",
                    ),
                ),
                (
                    right.T,
                    Text(
                        at + "전치되었습니다. 쿼리가 행입니다.",
                        at + "that is transposed: the query is the row.",
                    ),
                ),
            ],
        )
