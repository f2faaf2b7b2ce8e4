"""The exercises of notebook 00, the tour."""

from vitnp.course.exercises import judge
from vitnp.system.language import Text


def num_tokens(num_tokens):
    """7 × 7 patches of 32 × 32 pixels, and [CLS]."""
    judge.number(
        num_tokens,
        (224 // 32) ** 2 + 1,
        Text(
            "224픽셀에 32픽셀 패치가 가로로 몇 개, 세로로 몇 개 들어갑니까? 거기에 [CLS]를 더하세요.",
            "How many patches of 32 pixels fit along each side of 224? Then add [CLS].",
        ),
        known=[
            (49, Text("[CLS]가 빠졌습니다.", "[CLS] is missing.")),
            (7, Text("한 변에 놓인 패치의 수입니다.", "That is the number of patches along one side.")),
            (
                8,
                Text(
                    "패치는 7 × 7로 놓입니다. 한 변만 세었습니다.",
                    "The patches are 7 × 7; you counted one side.",
                ),
            ),
            (
                197,
                Text(
                    "ViT-B/16의 토큰 수입니다. 패치가 더 큽니다.",
                    "That is ViT-B/16; here patches are larger.",
                ),
            ),
            (
                196,
                Text(
                    "ViT-B/16의 패치 수입니다. 패치가 더 큽니다.",
                    "That is ViT-B/16; here patches are larger.",
                ),
            ),
        ],
    )


def largest(largest):
    """u and g of the feed-forward network, 197 x 3072 = 605,184 values."""
    block = "blocks.0."
    smaller = Text(
        "A와 S의 shape는 12x197x197, 값은 465,708개입니다. 더 큰 텐서가 있습니다.",
        "A and S are 12x197x197, 465,708 values. There is a larger tensor.",
    )
    without_block = Text("블록까지 쓰세요: `blocks.0.…`", "Write the block too: `blocks.0.…`")
    judge.name(
        largest,
        (f"{block}feed_forward.u", f"{block}feed_forward.g"),
        Text(
            "각 텐서의 shape를 곱해 값의 개수를 비교하세요. 어디에서 차원이 D = 768보다 커집니까?",
            "Compare the products of the shapes. Where does a row become longer than D = 768?",
        ),
        known=[
            (f"{block}attention.A", smaller),
            (f"{block}attention.S", smaller),
            ("feed_forward.u", without_block),
            ("feed_forward.g", without_block),
        ],
        what=Text("더 큰 텐서의 이름", "the name of a larger tensor"),
    )


def total(total):
    """The sum of p − y: 0."""
    one = Text(
        "p의 합은 1이고 정답 y의 합도 1입니다. 그래디언트는 둘의 차입니다.",
        "p sums to 1, but so does the target y, and the gradient is their difference.",
    )
    judge.number(
        total,
        0,
        Text(
            "로짓의 그래디언트는 p − y입니다. p의 합과 y의 합은 각각 얼마입니까?",
            "The gradient of the logits is p − y. What is the sum of p, and of y?",
        ),
        known=[(1, one), (-1, one), (1000, Text("로짓의 개수입니다.", "That is the number of logits."))],
        rel=1e-5,  # measured in float32
    )


EXERCISES = {1: num_tokens, 2: largest, 3: total}
