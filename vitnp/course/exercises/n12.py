"""The exercises of notebook 12, speed."""

import numpy as np

from vitnp.backend import tiles
from vitnp.course.exercises import judge
from vitnp.course.exercises.elsewhere import Elsewhere
from vitnp.system.language import Text

VALUES = 8 * 197 * 3072


def num_tiles(num_tiles):
    """Rounded up."""
    right = -(-VALUES // tiles.BLOCK)
    judge.number(
        num_tiles,
        right,
        Text(
            "값의 개수를 타일 하나의 값 개수로 나누고 올림하세요.",
            "Divide the values by those of a tile, and round up.",
        ),
        known=[
            (
                right - 1,
                Text(
                    "마지막의 작은 타일도 셉니다. 올림하세요.", "The smaller last tile counts too: round up."
                ),
            ),
            (
                VALUES / tiles.BLOCK,
                Text("타일의 수는 정수입니다. 올림하세요.", "A number of tiles is whole: round up."),
            ),
            (
                -(-4 * VALUES // tiles.BLOCK),
                Text("바이트로 셌습니다. BLOCK은 값의 개수입니다.", "Those are bytes; BLOCK counts values."),
            ),
            (
                8 * 197,
                Text(
                    "elementwise이면 행이 아니라 값 BLOCK개씩 자릅니다.",
                    "With elementwise=True it cuts every BLOCK values, not at rows.",
                ),
            ),
        ],
    )


def column_sums(column_sums):
    """On NumPy, and on an array that allows no function of NumPy, as CuPy's does not."""
    x = np.random.default_rng(7).standard_normal((6, 4)).astype(np.float32)
    hint = Text(
        "1로 된 벡터 (I,)를 왼쪽에 곱하면 됩니다.", "Multiply by a vector of ones (I,) from the left."
    )
    found = judge.call(column_sums, x)
    judge.array(
        found,
        x.sum(axis=0),
        hint,
        atol=1e-6,
        known=[
            (
                x.sum(axis=1),
                Text(
                    "행의 합입니다. 1을 왼쪽에 곱하세요.", "Those are sums of rows: multiply from the left."
                ),
            ),
            (x.mean(axis=0), Text("평균입니다. 합을 구하세요.", "Those are means, not sums.")),
            (
                x.sum(axis=0)[None],
                Text("1은 (1, I)가 아니라 (I,)로 만드세요.", "Make the ones (I,), not (1, I)."),
            ),
            (
                x.sum(axis=0)[:, None],
                Text("결과는 (J, 1)이 아니라 (J,)입니다.", "The result is (J,), not (J, 1)."),
            ),
        ],
    )
    dtype = np.asarray(found).dtype
    judge.need(
        dtype == x.dtype,
        Text(
            f"입력한 답의 dtype: {dtype}, 기대한 dtype: {x.dtype}", f"given dtype {dtype}, expected {x.dtype}"
        ),
        Text(
            "np.ones는 float64입니다. x.dtype으로 만드세요.", "np.ones is float64: make the ones in x.dtype."
        ),
    )
    judge.need(
        isinstance(judge.call(column_sums, Elsewhere(x)), Elsewhere),
        Text(
            "입력한 답: NumPy만 되는 함수, 기대한 답: CuPy 배열도 받는 함수",
            "given a function for NumPy alone, expected one that takes CuPy's arrays too",
        ),
        Text("np.ones 대신 array_module(x).ones를 쓰세요.", "Take array_module(x).ones in place of np.ones."),
    )


def swish(x):
    """y = x·σ(x), and what its backward needs."""
    return x / (1 + np.exp(-x)), x


def swish_backward(swish_backward):
    """By the gradient check."""

    def sigma(x):
        return 1 / (1 + np.exp(-x))

    judge.gradient(
        swish,
        swish_backward,
        np.random.default_rng(7).standard_normal((4, 6)),
        None,
        Text("곱의 미분입니다: σ + x·σ′, σ′ = σ(1 − σ).", "The product rule: σ + x·σ′ with σ′ = σ(1 − σ)."),
        known=[
            (
                lambda dy, x: dy * sigma(x),
                Text(
                    "x도 변합니다. 둘째 항 x·σ′이 빠졌습니다.",
                    "The second term of the product rule, x·σ′, is missing.",
                ),
            ),
            (
                lambda dy, x: dy * x * sigma(x) * (1 - sigma(x)),
                Text(
                    "곱의 미분의 첫째 항 σ가 빠졌습니다.",
                    "The first term of the product rule, σ, is missing.",
                ),
            ),
            (
                lambda dy, x: dy * sigma(x) * (1 - sigma(x)),
                Text(
                    "σ의 미분입니다. x와의 곱을 미분하세요.", "That is the derivative of σ; take that of x·σ."
                ),
            ),
            (
                lambda dy, x: sigma(x) * (1 + x * (1 - sigma(x))),
                Text("dy를 곱하지 않았습니다.", "dy is missing: the chain rule multiplies by it."),
            ),
            (
                lambda dy, x: dy * sigma(x) * (1 + x * sigma(x)),
                Text("σ′은 σ·σ가 아니라 σ(1 − σ)입니다.", "σ′ is σ(1 − σ), not σ·σ."),
            ),
            (
                lambda dy, x: dy * x * sigma(x),
                Text("순전파의 값입니다. 그 미분을 쓰세요.", "That is forward's value; take its derivative."),
            ),
        ],
    )


EXERCISES = {1: num_tiles, 2: column_sums, 3: swish_backward}
