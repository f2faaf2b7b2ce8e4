"""Table 2: the comparison with the state of the art, and what differs between its columns."""

from typing import NamedTuple

from vitnp.course.paper.values import Result
from vitnp.system.language import Text


class Column(NamedTuple):
    """A column of Table 2. pixels: of ImageNet's fine-tuning; center: what a value with ± is, of how many runs."""

    model: str
    pretrained: Text
    pixels: str
    center: Text
    source: Text


JFT = Text("JFT-300M(레이블 포함)", "JFT-300M with its labels")
MEAN = Text("미세 조정 3번의 평균 ± 표준편차", "mean ± standard deviation of 3 fine-tunings")
VIT = Text("ViT 논문", "the ViT paper")
COLUMNS = (
    Column("ViT-H/14 (JFT)", JFT, "518", MEAN, VIT),
    Column("ViT-L/16 (JFT)", JFT, "512", MEAN, VIT),
    Column("ViT-L/16 (ImageNet-21k)", Text("ImageNet-21k", "ImageNet-21k"), "512", MEAN, VIT),
    Column(
        "BiT-L (R152x4)",
        JFT,
        "480",
        Text(
            "미세 조정 3번의 중앙값 ± 표준편차, ReaL은 값 하나",
            "median ± standard deviation of 3 fine-tunings; ReaL one value",
        ),
        Text("BiT 논문(Kolesnikov et al., 2020)", "the BiT paper (Kolesnikov et al., 2020)"),
    ),
    Column(
        "Noisy Student",
        Text(
            "ImageNet의 레이블, 레이블을 뺀 JFT-300M(자가 학습)",
            "ImageNet's labels, and JFT-300M without labels (self-training)",
        ),
        "800, 600",
        Text("모델 하나의 값, ± 없음", "one value of one model, no ±"),
        Text(
            "88.4는 Xie et al.(2020), 88.5는 그 가중치를 600픽셀로 미세 조정한 FixEfficientNet(Touvron et al., 2020)",
            "88.4 of Xie et al. (2020); 88.5 of FixEfficientNet (Touvron et al., 2020), its weights fine-tuned at 600 "
            "pixels",
        ),
    ),
)
TABLE_2_MODELS = tuple(column.model for column in COLUMNS)

# A row has a result per column. Of Noisy Student's two on ImageNet this is its own; the other is BETTER.
TABLE_2 = {
    name: tuple(None if value is None else Result(*value) for value in values)
    for name, values in {
        "ImageNet": ((88.55, 0.04), (87.76, 0.03), (85.30, 0.02), (87.54, 0.02), (88.4,)),
        "ImageNet ReaL": ((90.72, 0.05), (90.54, 0.03), (88.62, 0.05), (90.54,), (90.55,)),
        "CIFAR-10": ((99.50, 0.06), (99.42, 0.03), (99.15, 0.03), (99.37, 0.06), None),
        "CIFAR-100": ((94.55, 0.04), (93.90, 0.05), (93.25, 0.05), (93.51, 0.08), None),
        "Oxford-IIIT Pets": ((97.56, 0.03), (97.32, 0.11), (94.67, 0.15), (96.62, 0.23), None),
        "Oxford Flowers-102": ((99.68, 0.02), (99.74, 0.00), (99.61, 0.02), (99.63, 0.03), None),
        "VTAB (19 tasks)": ((77.63, 0.23), (76.28, 0.46), (72.72, 0.21), (76.29, 1.70), None),
    }.items()
}
BETTER = 88.5  # ImageNet: "slightly improved" from Noisy Student's weights
# TPUv3: cores times days of pre-training, in the order of COLUMNS
CORE_DAYS = (2_500, 680, 230, 9_900, 12_300)

# Of the test sets. ReaL: the 46,837 of ImageNet's 50,000 that have a label left. VTAB's tasks have one each.
TEST_IMAGES = {
    "ImageNet": 50_000,
    "ImageNet ReaL": 46_837,
    "CIFAR-10": 10_000,
    "CIFAR-100": 10_000,
    "Oxford-IIIT Pets": 3_669,
    "Oxford Flowers-102": 6_149,
}
