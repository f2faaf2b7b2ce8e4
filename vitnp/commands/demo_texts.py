"""The words of the page that `vitnp demo` leaves."""

from vitnp.system.language import Text

TITLE = Text(
    "vitnp: NumPy로 직접 작성한 Vision Transformer", "vitnp: a Vision Transformer written by hand in NumPy"
)
FACTS = Text(
    (
        "슬라이드의 shape와 일치하는 텐서",
        "shape가 맞는 ViT-B/16의 그래디언트",
        "복소 스텝 미분과의 상대 오차(최댓값)",
        "학습한 digits 모델의 테스트 정확도",
    ),
    (
        "tensors with the shape of the slides",
        "gradients of ViT-B/16 with the right shape",
        "largest relative error against the complex step",
        "test accuracy of the trained digits model",
    ),
)
HEADINGS = {
    "photo": Text("사진 한 장이 클래스가 될 때까지", "From a photo to a class"),
    "backward": Text("역전파와 그래디언트 검증", "Backward pass and gradient check"),
    "trained": Text("학습된 모델이 보는 것", "What a trained model sees"),
    "digits": Text("처음부터 학습하기: 손글씨 숫자", "Training from scratch: handwritten digits"),
}
PARAGRAPHS = {
    "walk": Text(
        "사진을 ViT-B/16에 넣고 모든 텐서의 shape를 슬라이드와 비교했습니다. ≠는 슬라이드의 오류이고, 그 아래에 "
        "바른 값이 있습니다. 가중치는 난수이므로 예측에는 의미가 없습니다.",
        "The photo went through ViT-B/16, and the shape of every tensor was compared with the slides. ≠ marks a "
        "misprint; the line below it has the right value. The weights are random, so the prediction means nothing.",
    ),
    "backward": Text(
        "자동 미분 없이, 단계마다 직접 작성한 backward로 모든 그래디언트(기울기)를 계산했습니다.",
        "No autograd: the hand-written backward of each step computed every gradient.",
    ),
    "check": Text(
        "작은 ViT에서 모든 그래디언트를 복소 스텝 미분과 중앙 차분으로 구한 값과 비교했습니다. "
        "하나라도 틀리면 ✗가 나옵니다.",
        "In a small ViT every gradient was compared with two numerical ones: the complex step and central "
        "differences. A wrong one would show ✗.",
    ),
}
SUMMARY = {  # of the tables, and the command that prints each
    "walk": (Text("슬라이드와 비교한 표", "The table of the slides"), "vitnp walk"),
    "backward": (
        Text("모든 그래디언트의 shape와 노름", "Shape and norm of every gradient"),
        "vitnp walk --backward",
    ),
    "check": (Text("그래디언트 검증 결과", "Results of the gradient check"), "vitnp gradcheck"),
    "train": (Text("에폭별 기록", "Every epoch"), "vitnp train --data digits --out DIR"),
}
COLUMNS = {
    "walk": Text(("단계", "텐서", "shape", "슬라이드", ""), ("step", "tensor", "shape", "slide", "")),
    "backward": Text(("단계", "그래디언트", "shape", "노름", ""), ("step", "gradient", "shape", "norm", "")),
    "check": Text(
        ("파라미터", "shape", "복소 스텝", "중앙 차분", ""),
        ("parameter", "shape", "complex step", "differences", ""),
    ),
    "train": Text(
        ("에폭", "손실", "학습 정확도", "테스트 정확도", "학습률"),
        ("epoch", "loss", "training accuracy", "test accuracy", "learning rate"),
    ),
}
ABOUT = Text(
    "vitnp {version}, 시드 {seed}. 사진: scikit-learn의 china.jpg, danielbuechele, CC BY 2.0. "
    "숫자: UCI의 손글씨 숫자 1,797장(scikit-learn).",
    "vitnp {version}, seed {seed}. Photo: china.jpg of scikit-learn, by danielbuechele, CC BY 2.0. "
    "Digits: 1,797 handwritten digits of UCI, from scikit-learn.",
)
