"""The exercises of notebook 10, the gradient check."""

import numpy as np

from vitnp.course.exercises import judge, words
from vitnp.system.language import Text


def error(error):
    """h²/6 · f‴ with f‴ = 6; with either sign, as an error may be counted from either side."""
    h = 0.01
    if isinstance(error, float) and error < 0:
        error = -error
    judge.number(
        error,
        h**2,
        Text(
            "중심 차분의 오차는 h²/6 · f‴(x)입니다. x³의 세 번째 도함수는 무엇입니까?",
            "The error of the central difference is h²/6 · f‴(x). What is f‴ of x³?",
        ),
        known=[
            (
                12 + h**2,
                Text(
                    "중심 차분의 값입니다. 정확한 미분값 12를 빼세요.",
                    "That is the difference itself; subtract the exact 12.",
                ),
            ),
            (
                12,
                Text(
                    "정확한 미분값입니다. 오차를 구하세요.",
                    "That is the exact derivative; the error is asked.",
                ),
            ),
            (h**2 / 6, Text("f‴ = 6을 곱하지 않았습니다.", "f‴ = 6 is not multiplied in.")),
            (6 * h**2, Text("6으로 나누지 않았습니다.", "The division by 6 is missing.")),
            (3 * h**2, Text("테일러 전개의 3차 항은 h³/6입니다.", "The third term of Taylor has h³/6.")),
            (h, Text("오차는 h가 아니라 h²에 비례합니다.", "The error goes with h², not with h.")),
            (h**3, Text("2h로 나누면 h³이 h²이 됩니다.", "Divided by 2h, h³ becomes h².")),
            (
                6 * h,
                Text(
                    "한쪽 차분의 오차입니다. 중심 차분에서는 h 항이 사라집니다.",
                    "That is the one-sided difference; here the term in h cancels.",
                ),
            ),
            (
                6 * h + h**2,
                Text(
                    "한쪽 차분의 오차입니다. 양쪽을 쓰세요.",
                    "That is the one-sided difference; use both sides.",
                ),
            ),
        ],
        rel=1e-5,
    )


def absolute(absolute):
    """−x where the real part is negative, else x."""
    h = 1e-30
    x = np.array([[-1.5, 0.25, 3.0], [0.5, -0.125, -2.0]])
    hint = Text(
        "x.real < 0인 곳에서는 −x, 나머지에서는 x를 그대로 쓰세요. 허수부가 남아야 합니다.",
        "Use −x where x.real < 0, and x elsewhere, so that the imaginary part stays.",
    )
    with judge.part("|x|"):
        judge.array(
            judge.call(absolute, x),
            np.abs(x),
            hint,
            known=[
                (x, Text("음수가 그대로입니다.", "Negative numbers are unchanged.")),
                (-np.abs(x), Text("부호가 반대입니다.", "The sign is reversed.")),
            ],
        )
    with judge.part(Text("복소 스텝의 미분값", "slope by the complex step")):
        judge.array(
            judge.as_array(judge.call(absolute, x + 1j * h), x.shape, hint, kinds="iufc").imag / h,
            np.sign(x),
            hint,
            known=[
                (
                    0 * x,
                    Text(
                        "허수부를 잃었습니다. np.abs와 .real은 실수를 돌려줍니다.",
                        "The imaginary part is lost: np.abs and .real give real numbers.",
                    ),
                ),
                (
                    1 + 0 * x,
                    Text(
                        "음수에서는 허수부의 부호도 바뀝니다.",
                        "For negative x the imaginary part changes sign too.",
                    ),
                ),
            ],
        )


def shape(shape):
    """With one image the sum over the batch is the first image's."""
    names = ("B", "N", "D")
    hint = Text(
        "배치 전체의 합과 첫 이미지의 값이 같아지는 때는 언제입니까?",
        "When is the sum over the batch the same as the first image's gradient?",
    )
    given = judge.several(shape, names, hint)
    for name, size in zip(names, given, strict=True):
        whole = isinstance(size, int | np.integer) and not isinstance(size, bool) and size > 0
        with judge.part(name):
            judge.need(
                whole, words.expected(size, Text("1 이상의 정수", "a whole number of at least 1")), hint
            )
    with judge.part("B"):
        judge.number(given[0], 1, hint)


EXERCISES = {1: error, 2: absolute, 3: shape}
