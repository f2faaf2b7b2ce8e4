"""The pictures of `vitnp demo`: of the photo, of a trained ViT, and of the digits model that the demo has trained."""

from typing import NamedTuple

from vitnp import weights
from vitnp.data import digits, photo, preprocess
from vitnp.engine import probabilities
from vitnp.models import preset, vit
from vitnp.system.language import Text
from vitnp.system.writing import beside

NAMES = (
    "patches.png",
    "attention.png",
    "positions.png",
    "predictions.png",
    "digit.png",
    "digit-attention.png",
    "digit-positions.png",
)
PATCHES = Text(
    "1단계: 사진을 16x16 크기의 패치 196개로 분할합니다.",
    "Step 1 splits the photo into 196 patches of 16x16 pixels.",
)
ATTENTION = Text(
    "학습된 모델 {name}의 마지막 블록에서 [CLS]가 보는 곳입니다.",
    "Where [CLS] looks in the last block of the trained model {name}.",
)
POSITIONS = Text(
    "{name}의 포지셔널 임베딩입니다. 칸마다 한 위치와 다른 모든 위치의 코사인 유사도를 그렸습니다. 가까운 위치끼리 "
    "비슷합니다.",
    "The position embeddings of {name}: each tile shows the cosine of one position with all others. "
    "Near positions are similar.",
)
PREDICTIONS = Text(
    "테스트 이미지 12장과 방금 학습한 모델의 예측입니다.",
    "Twelve test images and the predictions of the model just trained.",
)
CURVES = Text("에폭별 손실과 정확도입니다.", "Loss and accuracy for each epoch.")
DIGIT_ATTENTION = Text(
    "방금 학습한 digits 모델의 마지막 블록에서 [CLS]가 보는 곳입니다. 8x8 픽셀 이미지를 패치 16개로 나누었습니다.",
    "Where [CLS] looks in the last block of the digits model: 8x8 pixels in 16 patches.",
)
DIGIT_POSITIONS = Text(
    "digits 모델의 포지셔널 임베딩입니다. 학습 이미지 1,437장으로는 난수 초깃값에서 거의 움직이지 않습니다. 위의 "
    "학습된 모델과 비교해 보세요.",
    "The position embeddings of the digits model. 1,437 training images hardly move them from their random start; "
    "compare them with the trained model above.",
)


class Picture(NamedTuple):
    """A picture of the demo: its file, what it shows, and the text for those who do not see it."""

    path: object
    what: str
    alt: str


def draw(out, seed, lang):
    """Draw every picture into the folder `out`; yield a `Picture` each."""
    from vitnp import show

    def drawn(name, figure, what):
        return Picture(show.save(figure, out / name), what, figure.get_label() or what)

    base = preset("B/16")
    figure = show.patch_grid(photo.sample(base.image_size), base, lang=lang)
    yield drawn("patches.png", figure, PATCHES.in_(lang))
    name = weights.to_look_at()
    p, config = weights.load(name)
    image = preprocess.apply(photo.read_sample(in_channels=config.in_channels), config)
    yield drawn("attention.png", attention(image, p, config, lang), ATTENTION.in_(lang).format(name=name))
    figure = show.position_similarity(p["position"]["E_pos"], config, lang=lang)
    yield drawn("positions.png", figure, POSITIONS.in_(lang).format(name=name))

    p, config = weights.load(out / "model.npz")
    data = digits.load(seed)
    images, labels = data.test.images(range(12)), data.test.labels[:12]
    yield Picture(out / "curves.png", CURVES.in_(lang), CURVES.in_(lang))
    of_classes = probabilities.of(vit.forward(images, p, config)[0], config)
    figure = show.predictions(images, labels, of_classes, data.class_names, lang=lang)
    yield drawn("predictions.png", figure, PREDICTIONS.in_(lang))
    yield drawn("digit-attention.png", attention(images[0], p, config, lang), DIGIT_ATTENTION.in_(lang))
    figure = show.position_similarity(p["position"]["E_pos"], config, lang=lang)
    yield drawn("digit-positions.png", figure, DIGIT_POSITIONS.in_(lang))
    keep_digit(images[0], out / "digit.png")


def attention(image, p, config, lang):
    """The attention of [CLS] in the last block, for one image."""
    from vitnp import show

    _, saved = vit.forward(image[None], p, config)
    A, last = saved.blocks[-1].attention.A[0], config.num_layers - 1
    return show.attention_from_class_token(image, A, config, block=last, lang=lang)


def keep_digit(image, path):
    """Write a digit (8, 8, 1), −1…1, as a picture."""
    from PIL import Image

    pixels = ((image[..., 0] + 1.0) * 127.5).round().astype("uint8")
    with beside(path) as part:
        Image.fromarray(pixels).save(part, format="PNG")
