"""The exercises of notebook 21, the Transformer."""

import numpy as np

from vitnp.course.exercises import judge, n21_masks
from vitnp.system.language import Text


def embed_backward(embed_backward):
    """Row 3 was taken three times, row 1 twice, rows 2 and 4 never."""
    ids, V = np.array([[3, 1, 3], [0, 1, 3]]), 5
    dx = np.random.default_rng(0).standard_normal((2, 3, 4))
    one_hot = np.eye(V)[ids]
    right = np.einsum("bnv,bnd->vd", one_hot, dx)
    once = np.zeros_like(right)
    once[ids] += dx
    judge.array(
        judge.call(embed_backward, dx, ids, V),
        right,
        Text(
            "dE의 id행에 그 토큰의 dx를 더합니다. 뽑히지 않은 행은 0입니다.",
            "Add the dx of each token to the row of its id; rows never taken stay 0.",
        ),
        known=[
            (
                once,
                Text(
                    "dE[ids] += dx는 반복된 id를 한 번만 셉니다. np.add.at을 쓰세요.",
                    "dE[ids] += dx counts a repeated id once: use np.add.at.",
                ),
            ),
            (
                right / np.maximum(one_hot.sum(axis=(0, 1)), 1)[:, None],
                Text("평균이 아니라 합입니다.", "That is the mean of the repeated ones; take the sum."),
            ),
            (right * 2.0, Text("√D는 빼고 계산하세요.", "Leave √D out, as the exercise says.")),
            (
                np.einsum("bnv,bnd->bvd", one_hot, dx),
                Text(
                    "이미지(문장)에 대해서도 더하세요. 표는 하나입니다.",
                    "Sum over the batch too: all share one table.",
                ),
            ),
            (right.T, Text("전치되었습니다. (V, D)입니다.", "That is transposed: (V, D) is asked for.")),
        ],
    )


def count(count):
    """Two attentions of four matrices, the feed-forward network with biases, three LayerNorms."""
    D, M = 512, 2048
    attention, feed_forward, norm = 4 * D * D, D * M + M + M * D + D, 2 * D
    right = 2 * attention + feed_forward + 3 * norm
    judge.number(
        count,
        right,
        Text(
            "어텐션 두 개(행렬 네 개씩), 피드포워드의 W와 b, LayerNorm 세 개의 γ와 β입니다.",
            "Two attentions of four matrices, W and b of the feed-forward, γ and β of three LayerNorms.",
        ),
        known=[
            (
                right - attention,
                Text(
                    "어텐션은 두 개입니다. 자기 어텐션과 교차 어텐션입니다.",
                    "There are two attentions: self and cross.",
                ),
            ),
            (right - 3 * D, Text("LayerNorm에는 γ와 β가 있습니다.", "A LayerNorm has gamma and beta.")),
            (right - 3 * norm, Text("LayerNorm 세 개가 빠졌습니다.", "The three LayerNorms are missing.")),
            (right - norm, Text("LayerNorm은 세 개입니다.", "There are three LayerNorms.")),
            (
                right - M - D,
                Text(
                    "피드포워드의 편향 M + D개가 빠졌습니다.",
                    "The biases of the feed-forward, M + D, are missing.",
                ),
            ),
            (right + 8 * D, Text("어텐션에는 편향이 없습니다.", "The attentions have no biases.")),
            (
                right - 2 * D * D,
                Text(
                    "어텐션마다 W_O도 있습니다. 행렬은 네 개입니다.",
                    "Each attention has W_O too: four matrices.",
                ),
            ),
            (
                right - attention - norm,
                Text(
                    "인코더 블록입니다. 디코더에는 교차 어텐션과 그 LayerNorm이 더 있습니다.",
                    "That is an encoder block; a decoder has cross-attention and its LayerNorm too.",
                ),
            ),
            (6 * right, Text("블록 하나만 세세요.", "Count one block alone.")),
        ],
    )


def probability(probability):
    """B, then its likely end."""
    judge.number(
        probability,
        0.4 * 0.9,
        Text(
            "문장은 네 개입니다. 곱이 가장 큰 것을 고르세요.",
            "There are four sentences: take the largest product.",
        ),
        rel=1e-6,  # float32 will do
        known=[
            (
                0.3,
                Text(
                    "탐욕 디코딩의 답입니다. 빔은 B도 남겨 둡니다.", "That is greedy: the beam also keeps B."
                ),
            ),
            (0.9, Text("첫 기호의 확률도 곱하세요.", "The first symbol counts too: multiply.")),
            (
                0.6,
                Text(
                    "첫 기호뿐입니다. 끝의 확률도 곱하세요.",
                    "That is the first symbol alone: multiply by the end's.",
                ),
            ),
            (
                0.4,
                Text(
                    "첫 기호뿐입니다. 끝의 확률도 곱하세요.",
                    "That is the first symbol alone: multiply by the end's.",
                ),
            ),
            (0.54, Text("0.9는 A가 아니라 B 다음의 확률입니다.", "0.9 comes after B, not after A.")),
            (0.04, Text("B 다음의 두 끝 가운데 큰 쪽입니다.", "After B take the end of 0.9.")),
            (
                0.66,
                Text(
                    "두 문장의 합입니다. 문장 하나의 확률입니다.",
                    "That is a sum of two sentences; give the one found.",
                ),
            ),
            (
                0.2,
                Text(
                    "0.4·0.5가 아닙니다. B 다음은 0.9와 0.1입니다.",
                    "After B the ends have 0.9 and 0.1, not 0.5.",
                ),
            ),
        ],
    )


EXERCISES = {1: n21_masks.cells, 2: embed_backward, 3: count, 4: probability, 5: n21_masks.prefix_mask}
