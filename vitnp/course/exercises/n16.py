"""The exercises of notebook 16, masked patches."""

import numpy as np

from vitnp.course.exercises import judge
from vitnp.system.language import Text


def true_ones(true_ones):
    """Half are not corrupted, and a tenth of the other half keeps its own embedding."""
    patches = (384 // 16) ** 2
    judge.number(
        true_ones,
        patches * 0.55,
        Text(
            "손상되지 않은 패치에, 손상되었지만 그대로인 10%를 더하세요.",
            "Add the corrupted patches that keep their own, 10%, to those not corrupted.",
        ),
        known=[
            (
                patches * 0.5,
                Text(
                    "손상된 패치의 10%도 자기 임베딩을 받습니다.",
                    "Of the corrupted patches 10% keep their own too.",
                ),
            ),
            (
                patches * 0.6,
                Text(
                    "다른 패치의 임베딩을 받은 10%는 자기 것이 아닙니다.",
                    "The 10% that get another patch's are not their own.",
                ),
            ),
            (
                patches * 0.05,
                Text("손상되지 않은 절반이 빠졌습니다.", "The half that is not corrupted is missing."),
            ),
            (
                196 * 0.55,
                Text(
                    "224×224의 패치 수입니다. 384/16 = 24입니다.",
                    "That is for 224×224; 384/16 is 24 patches a side.",
                ),
            ),
            (
                round(patches * 0.55),
                Text("평균이므로 반올림하지 마세요.", "It is a mean and need not be whole: do not round."),
            ),
            (
                577 * 0.55,
                Text("[CLS]는 패치가 아닙니다. 패치는 576개입니다.", "[CLS] is no patch; there are 576."),
            ),
        ],
    )


def levels_of(levels_of):
    """Of all 512 classes, in a grid."""
    classes = np.arange(512).reshape(32, 16)
    red, green, blue = classes // 64, classes // 8 % 8, classes % 8
    right = np.stack([red, green, blue], axis=-1)
    judge.array(
        judge.call(levels_of, classes),
        right,
        Text(
            "클래스 = 64·빨강 + 8·초록 + 파랑입니다. //와 %로 풀고 마지막 축에 쌓으세요.",
            "The class is 64·red + 8·green + blue: undo it by // and %, and stack on the last axis.",
        ),
        known=[
            (
                right[..., ::-1],
                Text(
                    "순서는 빨강, 초록, 파랑입니다. 빨강이 64의 자리입니다.",
                    "The order is red, green, blue; red has the 64.",
                ),
            ),
            (
                np.moveaxis(right, -1, 0),
                Text("마지막 축에 쌓으세요: axis=-1.", "Stack on the last axis: axis=-1."),
            ),
            (
                np.stack([classes // 64, classes // 8, classes % 8], axis=-1),
                Text("초록에 빨강이 남아 있습니다. % 8을 하세요.", "Red is still in green: take it % 8."),
            ),
            (
                np.stack([classes // 64, classes // 8, classes], axis=-1),
                Text(
                    "앞의 색이 남아 있습니다. 초록과 파랑을 % 8 하세요.",
                    "The colors before are still there: take green and blue % 8.",
                ),
            ),
            (
                np.stack([classes / 64, classes / 8 % 8, classes % 8], axis=-1),
                Text("/는 소수를 냅니다. //로 나누세요.", "/ gives fractions: divide by //."),
            ),
        ],
    )


def without_A(without_A):
    """Patch 1 stands at three places, one of them its own; two places have [mask]."""
    source, rng = np.array([0, 1, 1, -1, 4, 1, -1, 0]), np.random.default_rng(0)
    dy = rng.standard_normal((len(source), 3))
    A = (source[:, None] == np.arange(len(source))).astype(float)
    judge.array(
        judge.call(without_A, dy, source),
        A.T @ dy,
        Text(
            "y[i] = x[source[i]]이므로 dx[source[i]]에 dy[i]를 더합니다. −1은 빼세요.",
            "y[i] = x[source[i]], so dy[i] is added to dx[source[i]]; leave out −1.",
        ),
        known=[
            (
                _assigned(dy, source, source >= 0),
                Text(
                    "dx[source] += dy는 여러 자리에 선 패치를 한 번만 셉니다. np.add.at을 쓰세요.",
                    "dx[source] += dy counts a patch at several places once: use np.add.at.",
                ),
            ),
            (
                _assigned(dy, source, slice(None)),
                Text(
                    "−1은 마지막 행이 되고, +=는 반복을 한 번만 셉니다.",
                    "−1 is the last row here, and += counts a repeated patch once: use np.add.at.",
                ),
            ),
            (
                _added(dy, source),
                Text(
                    "−1은 파이썬에서 마지막 행입니다. [mask] 자리는 빼세요.",
                    "−1 is the last row in Python: leave out [mask].",
                ),
            ),
            (
                A @ dy,
                Text("순전파의 A입니다. 역전파는 Aᵀ입니다.", "That is A as in forward; the backward has Aᵀ."),
            ),
            (
                dy[source],
                Text(
                    "순전파처럼 골랐습니다. 더해서 되돌려야 합니다.",
                    "That picks as forward does; backward adds to where it came from.",
                ),
            ),
            (
                dy * (source == np.arange(len(source)))[:, None],
                Text(
                    "자기 자리만 셌습니다. 다른 자리에 선 것도 더하세요.",
                    "Only its own place is counted; add the others where it stands.",
                ),
            ),
            (
                dy * (source >= 0)[:, None],
                Text(
                    "dy[i]는 i행이 아니라 source[i]행으로 갑니다.",
                    "dy[i] goes to row source[i], not to row i.",
                ),
            ),
        ],
    )


def _assigned(dy, source, where):
    """`dx[source] += dy`, which adds once to a row however often it is named."""
    dx = np.zeros_like(dy)
    dx[source[where]] += dy[where]
    return dx


def _added(dy, source):
    """`np.add.at` with −1 too."""
    dx = np.zeros_like(dy)
    np.add.at(dx, source, dy)
    return dx


EXERCISES = {1: true_ones, 2: levels_of, 3: without_A}
