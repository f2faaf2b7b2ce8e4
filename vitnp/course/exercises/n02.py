"""The exercises of notebook 02, the projection."""

from vitnp.course.exercises import judge
from vitnp.system.language import Text


def parameters(parameters):
    """W and b of ViT-L/32."""
    values, D = 32 * 32 * 3, 1024
    judge.number(
        parameters,
        values * D + D,
        Text(
            "W의 shape는 (패치 하나의 값, D)이고, 편향 b는 D개입니다.",
            "W is (values of a patch, D), and the bias b has D values.",
        ),
        known=[
            (values * D, Text("편향 b가 빠졌습니다.", "The bias b is missing.")),
            (32 * 32 * D + D, Text("채널이 3개입니다.", "There are three channels.")),
            (
                32 * 32 * D,
                Text("채널 3개와 편향 b가 빠졌습니다.", "Three channels and the bias b are missing."),
            ),
            (
                values * D + values,
                Text("편향은 출력마다 하나, D개입니다.", "There is a bias per output: D of them."),
            ),
            (768 * 768 + 768, Text("ViT-B/16의 값입니다.", "That is ViT-B/16.")),
        ],
    )


def our_W(our_W, conv_weight):
    """(D, channel, row, column) to (row, column, channel) × D."""
    D = len(conv_weight)
    moved = conv_weight.transpose(2, 3, 1, 0)
    order = Text(
        "우리의 패치는 (행, 열, 채널) 순서입니다. 합치기 전에 축을 옮기세요.",
        "Our patches are (row, column, channel): move the axes before you merge them.",
    )
    judge.array(
        our_W,
        moved.reshape(-1, D),
        Text(
            "축을 (행, 열, 채널, D) 순서로 옮긴 뒤, 앞의 셋을 하나로 합치세요.",
            "Move the axes to (row, column, channel, D), then merge the first three.",
        ),
        known=[
            (moved, Text("앞의 세 축을 하나로 합치세요(reshape).", "Merge the first three axes (reshape).")),
            (
                conv_weight.reshape(D, -1),
                Text("D는 열이어야 하고, 축도 옮겨야 합니다.", "D must be last; move the axes too."),
            ),
            (conv_weight.reshape(D, -1).T, order),
            (
                conv_weight.transpose(3, 2, 1, 0).reshape(-1, D),
                Text("행과 열이 바뀌었습니다.", "Rows and columns are exchanged."),
            ),
            (moved.reshape(-1, D).T, Text("전치하세요. D가 열입니다.", "Transpose it: D comes last.")),
        ],
    )


def unscaled(W_raw, b_raw, W, b):
    """(raw / 127.5 − 1) W + b = raw (W / 127.5) + (b − the sum of W's rows)."""
    hint = Text(
        "(raw / 127.5 − 1) @ W + b를 전개해서 raw @ W_raw + b_raw의 꼴로 정리하세요.",
        "Expand (raw / 127.5 − 1) @ W + b into raw @ W_raw + b_raw.",
    )
    with judge.part("W_raw"):
        judge.array(
            W_raw,
            W / 127.5,
            hint,
            known=[
                (
                    W * 127.5,
                    Text(
                        "값이 127.5배 커졌으니 W는 작아져야 합니다.",
                        "The values grew by 127.5, so W must shrink.",
                    ),
                ),
                (
                    W / 127.5 - 1,
                    Text("−1은 W가 아니라 편향으로 갑니다.", "The −1 goes into the bias, not into W."),
                ),
                (W / 255, Text("255가 아니라 127.5로 나눕니다.", "Divide by 127.5, not by 255.")),
            ],
        )
    with judge.part("b_raw"):
        judge.array(
            b_raw,
            b - W.sum(axis=0),
            hint,
            known=[
                (b, Text("−1 @ W도 편향에 들어갑니다.", "−1 @ W belongs to the bias too.")),
                (b - 1, Text("−1도 W를 거칩니다.", "The −1 goes through W as well.")),
                (b + W.sum(axis=0), Text("부호를 확인하세요: −1 @ W.", "Look at the sign: −1 @ W.")),
                (
                    b - W.sum(axis=0) / 127.5,
                    Text("−1은 127.5로 나누지 않습니다.", "The −1 is not divided by 127.5."),
                ),
                (W.sum(axis=0), Text("b에서 빼세요: b + (−1 @ W).", "Subtract that from b: b + (−1 @ W).")),
                (
                    b / 127.5,
                    Text("편향은 나누지 않고, −1 @ W를 더합니다.", "The bias is not divided; add −1 @ W."),
                ),
            ],
            atol=1e-6,  # sums of float32, in any order
        )


EXERCISES = {1: parameters, 2: our_W, 3: unscaled}
