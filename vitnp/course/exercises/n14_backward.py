"""Cases 1 to 4 of notebook 14: backwards with a mistake, to be repaired."""

import numpy as np

from vitnp import tree
from vitnp.analysis import gradcheck
from vitnp.course.exercises import judge
from vitnp.ops import gelu, heads
from vitnp.steps import s4_position, s5_attention, s6_layer_norm
from vitnp.system.language import Text


def gelu_backward(gelu_backward):
    """Case 1: the derivative of x + k·x³."""

    def usual(slope, whole=True, times=True):
        """A backward with another derivative of x + k·x³, or with a factor forgotten."""

        def backward(dy, saved):
            x, c, k = saved[0], np.sqrt(2 / np.pi), 0.044715
            t = np.tanh(c * (x + k * x**3))
            second = 0.5 * x * (1 - t * t) * c * slope(x, k)
            return (dy if times else 1) * (0.5 * (1 + t) + (second if whole else 0))

        return backward

    def right(x, k):
        return 1 + 3 * k * x**2

    judge.gradient(
        gelu.forward,
        gelu_backward,
        np.random.default_rng(7).standard_normal((2, 6)),
        None,
        Text(
            "tanh의 미분 1 − t², 그 안의 미분, 곱의 미분을 차례로 보세요.",
            "Go through tanh′ = 1 − t², the inner derivative and the product rule.",
        ),
        known=[
            (
                usual(lambda x, k: 1 + 3 * k * x**3),
                Text(
                    "실수가 그대로 있습니다. x + k·x³을 미분해 보세요.",
                    "The mistake is still there: derive x + k·x³.",
                ),
            ),
            (
                usual(lambda x, k: 1 + k * x**2),
                Text(
                    "x³의 미분은 3x²입니다. 3이 빠졌습니다.", "x³ has the derivative 3x²: the 3 is missing."
                ),
            ),
            (
                usual(lambda x, k: 1 + 3 * k * x),
                Text("x³의 미분은 3x가 아니라 3x²입니다.", "x³ has the derivative 3x², not 3x."),
            ),
            (usual(lambda x, k: 1), Text("k·x³의 미분이 빠졌습니다.", "The derivative of k·x³ is missing.")),
            (
                usual(right, whole=False),
                Text(
                    "곱의 미분의 둘째 항 ½·x·t′이 빠졌습니다.",
                    "The second term of the product rule, ½·x·t′, is missing.",
                ),
            ),
            (
                usual(right, times=False),
                Text("dy를 곱하지 않았습니다.", "dy is missing: the chain rule multiplies by it."),
            ),
        ],
    )


def attention_forward(x, p):
    """The notebook's."""
    y, saved = s5_attention.forward(x, p, num_heads=3)
    return y, (saved, y)


def _attention_backward(*, of_W_O, of_x):
    """Of case 2: whose product with dy is dW_O, and what dx is of its three parts."""

    def backward(dy, saved):
        s, y = saved

        def dense(x, dy):
            return np.einsum("bni,bno->io", x, dy), dy.sum(axis=(0, 1))

        dp = {}
        dp["W_O"], dp["b_O"] = dense(of_W_O(s, y), dy)
        dO, parts = heads.split(dy @ s.p["W_O"].T, 3), []
        for n, d in zip(
            "QKV", s5_attention.attend_backward(dO, s.Q, s.K, s.V, s.A, None, rate=0.0), strict=True
        ):
            dp[f"W_{n}"], dp[f"b_{n}"] = dense(s.x, heads.merge(d))
            parts.append(heads.merge(d) @ s.p[f"W_{n}"].T)
        return of_x(parts), dp

    return backward


def attention_backward(attention_backward):
    """Case 2: which of the two mistakes is still there."""
    rng = np.random.default_rng(7)
    x = rng.standard_normal((2, 5, 12))
    p = gradcheck.random_like(s5_attention.init(rng, hidden_size=12, dtype=np.float64), rng)
    concat, output = (lambda s, y: s.concat), (lambda s, y: y)
    last = lambda parts: parts[-1]  # noqa: E731
    judge.gradient(
        attention_forward,
        attention_backward,
        x,
        p,
        Text(
            "맞는 그래디언트가 나오기까지의 줄은 모두 맞습니다. 틀린 그래디언트를 계산하는 줄만 보세요.",
            "The lines up to a right gradient are right: look at those of the wrong ones.",
        ),
        known=[
            (
                _attention_backward(of_W_O=output, of_x=last),
                Text(
                    "실수 둘 다 그대로 있습니다. W_O와 곱해진 것은 무엇이고, x는 몇 번 쓰였습니까?",
                    "Both mistakes are still there: what was multiplied by W_O, and how often was x used?",
                ),
            ),
            (
                _attention_backward(of_W_O=concat, of_x=last),
                Text(
                    "W_O는 고쳤습니다. dx가 남았습니다. x는 Q, K, V에 세 번 쓰였습니다.",
                    "W_O is repaired; dx is left: x was used three times, for Q, K and V.",
                ),
            ),
            (
                _attention_backward(of_W_O=output, of_x=sum),
                Text(
                    "dx는 고쳤습니다. W_O가 남았습니다. W_O와 곱해진 것은 출력 y가 아닙니다.",
                    "dx is repaired; W_O is left: what was multiplied by W_O is not the output y.",
                ),
            ),
            (
                _attention_backward(of_W_O=concat, of_x=lambda parts: parts[0]),
                Text("dx에 Q의 몫만 있습니다. 셋을 더하세요.", "dx has the part of Q alone: add all three."),
            ),
            (
                _attention_backward(of_W_O=concat, of_x=lambda parts: sum(parts) / 3),
                Text("dx는 셋의 평균이 아니라 합입니다.", "dx is the sum of the three, not their mean."),
            ),
            (
                _attention_backward(of_W_O=lambda s, y: s.x, of_x=sum),
                Text("W_O와 곱해진 것은 x가 아니라 concat입니다.", "W_O was multiplied by concat, not by x."),
            ),
        ],
    )


def position_backward(position_backward):
    """Case 3: every image used the same table."""
    rng = np.random.default_rng(7)
    judge.gradient(
        s4_position.forward,
        position_backward,
        rng.standard_normal((2, 5, 12)),
        {"E_pos": rng.standard_normal((5, 12))},
        Text(
            "모든 이미지가 같은 표를 썼으므로 이미지에 대해 더합니다. dx는 dy입니다.",
            "All images used the same table: sum over them. dx is dy.",
        ),
        known=[
            (
                lambda dy, saved: (dy, {"E_pos": dy.mean(axis=0)}),
                Text("평균이 아니라 합입니다.", "That is the mean over the images; take the sum."),
            ),
            (
                lambda dy, saved: (dy, {"E_pos": dy[0]}),
                Text("첫 이미지만 셌습니다. 모두 더하세요.", "That is the first image alone: sum over all."),
            ),
        ],
    )


def norm_backward(norm_backward):
    """Case 4: the same twice, `saved` as it was, and then the gradient."""

    def forward(x, p):
        return s6_layer_norm.forward(x, p, eps=1e-6)

    rng = np.random.default_rng(7)
    x, dy = rng.standard_normal((2, 2, 5, 12))
    p = {"gamma": 1 + 0.5 * rng.standard_normal(12), "beta": rng.standard_normal(12)}
    _, saved = forward(x, tree.map(np.copy, p))
    before = [array.copy() for array in saved]
    judge.call(norm_backward, dy, saved)
    for name, array, as_it_was in zip(("x_hat", "inverse_std", "gamma"), saved, before, strict=True):
        moved = float(abs(array - as_it_was).max())
        judge.need(
            moved == 0,
            Text(
                f"입력한 답: saved의 {name} 값을 {moved:.3g}만큼 바꾸는 역전파, 기대한 답: 바꾸지 않는 역전파",
                f"given a backward that changes {name} in saved by {moved:.3g}, expected no change",
            ),
            Text(
                "실수가 그대로 있습니다. 가중치를 옮기는 것은 옵티마이저의 일입니다.",
                "The mistake is still there: moving the weights is the optimizer's work.",
            ),
        )

    def usual(of_gamma, mean=1, along=1):
        """A backward with another gamma, or without one of the two means."""

        def backward(dy, saved):
            x_hat, inverse_std, gamma = saved
            dp = {"gamma": (dy * x_hat).sum((0, 1)), "beta": dy.sum((0, 1))}
            d = dy * of_gamma(gamma, dp)
            means = mean * d.mean(-1, keepdims=True) + along * x_hat * (d * x_hat).mean(-1, keepdims=True)
            return (d - means) * inverse_std, dp

        return backward

    judge.gradient(
        forward,
        norm_backward,
        x,
        p,
        Text(
            "업데이트 한 줄만 빼고 나머지는 그대로 두세요.",
            "Leave out the line of the update, and keep the rest.",
        ),
        known=[
            (
                usual(lambda gamma, dp: gamma - 0.1 * dp["gamma"]),
                Text(
                    "saved는 그대로이지만 dx를 새 gamma로 구했습니다. 순전파 때의 gamma를 쓰세요.",
                    "saved is as it was, but dx has the updated gamma: use that of forward.",
                ),
            ),
            (
                usual(lambda gamma, dp: 1),
                Text("dy에 gamma를 곱하는 것이 빠졌습니다.", "gamma is missing: d = dy · gamma."),
            ),
            (
                usual(lambda gamma, dp: gamma, mean=0),
                Text("d의 평균을 빼는 것이 빠졌습니다.", "The mean of d is not subtracted."),
            ),
            (
                usual(lambda gamma, dp: gamma, along=0),
                Text("x_hat 방향의 성분을 빼는 것이 빠졌습니다.", "The part along x_hat is not subtracted."),
            ),
        ],
    )
