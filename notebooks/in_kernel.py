"""What the build does in the kernel of a notebook, besides running its cells.

Each picture is described in words (the alternative text of its output), and can be drawn once more in Korean.
"""

from IPython.display import display
from matplotlib.figure import Figure

from vitnp import show
from vitnp.show.kept import Kept
from vitnp.system import language
from vitnp.system.language import Text

# The pictures of `show.trained` are files, so what they show is said here.
KEPT = {
    "look-attention": Text(
        "고양이 사진과, 학습된 ViT의 8번 블록에서 헤드마다 [CLS]가 보는 패치: 눈이 밝습니다.",
        "A photo of a cat, and the patches that [CLS] attends to in block 8 of a trained ViT, per head: bright eyes.",
    ),
    "look-components": Text(
        "사진 다섯 장, 그리고 각 패치를 그 토큰의 주성분 색으로 칠한 그림: 두 얼굴이 같은 색입니다.",
        "Five photos, and each patch in the color of its token's principal components: both faces have one color.",
    ),
    "look-distance": Text(
        "학습된 ViT의 층별, 헤드별 평균 어텐션 거리: 첫 층은 멀리, 둘째 층은 가까이 봅니다.",
        "The mean attention distance per layer and head of a trained ViT: layer 1 attends far away, layer 2 nearby.",
    ),
    "look-filters": Text(
        "학습된 ViT의 패치 임베딩 필터의 주성분 28개: 점무늬와 바둑판무늬입니다.",
        "The first 28 principal components of the patch embedding of a trained ViT: spots and checkers.",
    ),
    "look-positions": Text(
        "학습된 ViT의 위치 임베딩끼리의 유사도: 가까운 위치, 그리고 같은 행과 열이 비슷합니다.",
        "The similarity of a trained ViT's position embeddings: near ones and those of one row or column are alike.",
    ),
    "look-query": Text(
        "고양이의 한쪽 눈에 있는 쿼리 패치와, 두 눈이 모두 밝은 스코어와 어텐션 지도.",
        "A query patch on one eye of a cat, and the maps of its scores and its attention: both eyes are bright.",
    ),
    "look-rollout": Text(
        "고양이 사진과 어텐션 롤아웃: 모든 층에서는 네모 몇 개, 첫 층을 빼면 두 눈이 밝습니다.",
        "A photo of a cat and its attention rollout: with all layers a few squares, without layer 1 both eyes.",
    ),
    "look-sinks": Text(
        "고양이 사진과 블록별, 헤드별로 가장 강한 패치의 몫: 1번 블록의 6번 헤드는 어텐션의 100%를 한 패치에 보냅니다.",
        "A photo of a cat, and the share of the strongest patch per block and head: head 6 of block 1 sends 100% "
        "of its attention to one patch.",
    ),
}


def begin(shell):
    """After the notebook's setup: English from here on, and pictures with what they show in words."""
    language.use("en")
    formatter = shell.display_formatter.formatters["image/png"]
    png = formatter.lookup_by_type(Figure)
    formatter.for_type(Figure, lambda figure: (png(figure), {"alt": show.alt(figure)}))
    formatter.for_type(Kept, lambda kept: (kept._repr_png_(), {"alt": KEPT[kept.path.stem].in_()}))


def in_korean(drawn):
    """Display what a function draws when the reader's language is Korean."""
    language.use("ko")
    try:
        display(drawn())
    finally:
        language.use("en")
