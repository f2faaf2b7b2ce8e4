"""The exercises of notebook 09, the encoder."""

import numpy as np

from vitnp import tree
from vitnp.course.exercises import judge
from vitnp.steps import s5_attention, s6_layer_norm
from vitnp.system.language import Text

EPS = 1e-6


def ways(ways):
    """Two residuals a block, two ways at each."""
    judge.number(
        ways,
        2 ** (2 * 32),
        Text(
            "블록마다 잔차가 두 번 있고, 잔차마다 경로가 둘입니다. 경로의 수는 더합니까, 곱합니까?",
            "A block has two residuals, each with two paths. Do the numbers of paths add or multiply?",
        ),
        known=[
            (2**32, Text("블록마다 잔차가 하나가 아니라 둘입니다.", "A block has two residuals, not one.")),
            (
                64,
                Text(
                    "잔차의 수입니다. 잔차마다 경로가 둘입니다.",
                    "That is the number of residuals; each has two paths.",
                ),
            ),
            (
                128,
                Text("경로의 수는 더하지 않고 곱합니다.", "Numbers of paths multiply; they do not add."),
            ),
            (
                2**24,
                Text(
                    "블록이 12개일 때의 값입니다. 여기서는 32개입니다.",
                    "That is for 12 blocks; here there are 32.",
                ),
            ),
            (
                32**2,
                Text("거듭제곱이 거꾸로입니다: 2의 거듭제곱입니다.", "A power of 2 is wanted, not of 32."),
            ),
            (
                64**2,
                Text("거듭제곱이 거꾸로입니다: 2의 거듭제곱입니다.", "A power of 2 is wanted, not of 64."),
            ),
            (
                0,
                Text(
                    "NumPy의 정수가 넘쳤습니다. 2를 파이썬의 int로 쓰세요.",
                    "NumPy's integers overflowed; write 2 as Python's int.",
                ),
            ),
        ],
    )


def silent(dx_of_silent_block, dy):
    """Both branches give nothing back, so dy."""
    judge.array(
        dx_of_silent_block,
        dy,
        Text(
            "W_O와 W2가 0이면 두 가지(branch)의 그래디언트는 무엇입니까? 지름길에는 무엇이 남습니까?",
            "With W_O and W2 zero, what comes back from the two branches, and what on the shortcut?",
        ),
        known=[
            (
                0 * dy,
                Text(
                    "지름길(잔차)의 그래디언트가 남습니다.", "The shortcut, the residual, still carries dy."
                ),
            ),
            (
                2 * dy,
                Text(
                    "지름길은 하나입니다. 가지에서는 0이 옵니다.",
                    "There is one shortcut; the branches give 0.",
                ),
            ),
            (
                3 * dy,
                Text(
                    "지름길은 하나입니다. 가지에서는 0이 옵니다.",
                    "There is one shortcut; the branches give 0.",
                ),
            ),
            (
                4 * dy,
                Text(
                    "지름길은 하나입니다. 가지에서는 0이 옵니다.",
                    "There is one shortcut; the branches give 0.",
                ),
            ),
        ],
    )


def post_norm_backward(post_norm_backward):
    """LayerNorm first, then the residual's two ways."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 5, 12))
    p = {"attention": s5_attention.init(rng, hidden_size=12, dtype=np.float64)}
    p = tree.map(lambda leaf: 0.5 * rng.standard_normal(leaf.shape), p)
    norm_1 = {"gamma": 1 + 0.5 * rng.standard_normal(12), "beta": rng.standard_normal(12)}

    def post_norm(x):
        a, attention = s5_attention.forward(x, p["attention"], num_heads=3)
        y, norm = s6_layer_norm.forward(x + a, norm_1, eps=EPS)
        return y, (norm, attention)

    def through_norm(dy, saved):
        return s6_layer_norm.backward(dy, saved[0])[0]

    def through_attention(dy, saved):
        return s5_attention.backward(dy, saved[1])[0]

    judge.gradient(
        post_norm,
        post_norm_backward,
        x,
        None,
        Text(
            "순전파는 어텐션, 덧셈, LayerNorm 순서입니다. 거꾸로 가세요. x는 두 번 쓰였습니다.",
            "Forward is attention, addition, LayerNorm: go backwards. x is used twice.",
        ),
        known=[
            (
                lambda dy, saved: through_attention(through_norm(dy, saved), saved),
                Text("지름길의 그래디언트가 빠졌습니다.", "The gradient of the shortcut is missing."),
            ),
            (
                through_norm,
                Text(
                    "어텐션 쪽의 그래디언트가 빠졌습니다.", "The gradient through the attention is missing."
                ),
            ),
            (
                lambda dy, saved: dy + through_attention(through_norm(dy, saved), saved),
                Text(
                    "지름길의 그래디언트도 LayerNorm을 거칩니다.",
                    "The shortcut's gradient goes through LayerNorm too.",
                ),
            ),
            (
                lambda dy, saved: dy + through_norm(through_attention(dy, saved), saved),
                Text(
                    "pre-norm의 역전파입니다. 여기서는 LayerNorm이 덧셈 뒤에 있습니다.",
                    "That is pre-norm's; here LayerNorm comes after the sum.",
                ),
            ),
            (
                lambda dy, saved: dy + through_attention(dy, saved),
                Text("LayerNorm의 역전파가 빠졌습니다.", "LayerNorm's backward is missing."),
            ),
            (
                lambda dy, saved: through_norm(dy, saved) + through_attention(dy, saved),
                Text(
                    "어텐션에도 LayerNorm을 거친 그래디언트를 넣으세요.",
                    "The attention too gets what LayerNorm gave back.",
                ),
            ),
        ],
    )


EXERCISES = {1: ways, 2: silent, 3: post_norm_backward}
