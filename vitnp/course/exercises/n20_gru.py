"""One step of a GRU, of notebook 20."""

import numpy as np

from vitnp.course.exercises import judge
from vitnp.ops import gru
from vitnp.system.language import Text


def sigma(a):
    """Between 0 and 1."""
    return 1 / (1 + np.exp(-a))


def gru_step(gru_step, cell):
    """The notebook's cell, one input after another."""
    x = np.random.default_rng(1).standard_normal((3, 2))
    states = np.vstack([np.zeros(3), gru.forward(x[None], cell)[0][0]])
    for t in (1, 2, 0):  # not from h = 0 on, where some of the mistakes give the same numbers
        h = states[t]
        judge.array(
            judge.call(gru_step, x[t], h),
            states[t + 1],
            Text(
                "h′ = (1 − z) ⊙ n + z ⊙ h이고, n에서 r은 hU_n + c에만 곱합니다.",
                "h′ = (1 − z) ⊙ n + z ⊙ h, and in n the gate r multiplies hU_n + c alone.",
            ),
            known=_usual(x[t], h, cell),
        )


def _usual(x, h, cell):
    """The usual mistakes of one step."""
    a, u, (c, D) = x @ cell["W_x"] + cell["b"], h @ cell["W_h"], (cell["c"], len(h))
    r, z = sigma(a[:D] + u[:D]), sigma(a[D : 2 * D] + u[D : 2 * D])
    a_n, u_n, U_n = a[2 * D :], u[2 * D :], cell["W_h"][:, 2 * D :]
    n = np.tanh(a_n + r * (u_n + c))

    def step(n, z=z):
        return (1 - z) * n + z * h

    return [
        (
            z * n + (1 - z) * h,
            Text(
                "z와 1 − z가 바뀌었습니다. z는 옛 상태를 남깁니다.",
                "z and 1 − z are exchanged: z keeps the old state.",
            ),
        ),
        (step(n, r), Text("r과 z가 바뀌었습니다.", "r and z are exchanged in the last line.")),
        (step(np.tanh(a_n + u_n + c)), Text("n에서 r이 빠졌습니다.", "r is missing in n.")),
        (
            step(np.tanh(a_n + r * u_n)),
            Text("n에서 c가 빠졌습니다: r ⊙ (hU_n + c).", "c is missing in n: r ⊙ (hU_n + c)."),
        ),
        (
            step(np.tanh(a_n + r * u_n + c)),
            Text("r은 c에도 곱합니다: r ⊙ (hU_n + c).", "r multiplies c too: r ⊙ (hU_n + c)."),
        ),
        (
            step(np.tanh(a_n + (r * h) @ U_n + c)),
            Text(
                "r은 곱한 다음에 곱합니다: r ⊙ (hU_n + c).", "r multiplies after the product: r ⊙ (hU_n + c)."
            ),
        ),
        (
            step(np.tanh(r * (a_n + u_n + c))),
            Text("r은 x의 항에는 곱하지 않습니다.", "r does not multiply the term of x."),
        ),
        (step(sigma(a_n + r * (u_n + c))), Text("n은 σ가 아니라 tanh입니다.", "n has tanh, not σ.")),
        (
            n,
            Text(
                "마지막 줄이 빠졌습니다. n은 후보일 뿐입니다.", "n is only the candidate: mix it with h by z."
            ),
        ),
        ((1 - z) * n, Text("z ⊙ h를 더하지 않았습니다.", "z ⊙ h is missing.")),
    ]
