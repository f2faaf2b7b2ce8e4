"""`vitnp weights list`: the published files as a table, with their sizes and what each is for."""

import itertools
import re

from vitnp import models, tree, weights
from vitnp.commands.printing import aligned, widths
from vitnp.errors import printable
from vitnp.system import cache
from vitnp.system.language import Text, chosen
from vitnp.weights import fetch
from vitnp.weights.published import BOX

COLUMNS = Text(
    ("이름", "여기", "MB", "픽셀", "클래스", "용도"), ("name", "here", "MB", "pixels", "classes", "for")
)
HERE = Text("있음", "yes")
CLASSIFY = Text("사진 분류", "classify photos")
FINE_TUNE = Text("내 이미지로 미세 조정", "fine-tune on your images")
LOOK = Text("어텐션과 토큰 보기", "look at attention and tokens")
KINDS = {  # the start of a name → what is said of its model before what it is for
    "R+": Text("하이브리드: ", "hybrid: "),
    "R26+": Text("하이브리드: ", "hybrid: "),
    "R50+": Text("하이브리드: ", "hybrid: "),
    "BiT-": Text("ResNet: ", "ResNet: "),
    "NoisyStudent-": Text("Noisy Student: ", "Noisy Student: "),
}
ADVICE = {  # what is said of one file alone
    "mini/14": Text("어텐션과 토큰 보기, 다운로드 없음", "look at attention and tokens, no download"),
    "digits/2": Text("8x8 손글씨 숫자 분류, 다운로드 없음", "classify 8x8 digits, no download"),
    "Ti/16": Text("사진 분류, 가장 작음: 처음이라면 이것부터", "classify photos, the smallest: start here"),
    "B/16": Text("사진 분류, 슬라이드의 모델", "classify photos, the model of the slides"),
    "B/16-paper": Text("사진 분류, 논문의 파일", "classify photos, the paper's"),
    "B/16-paper-i21k": Text("내 이미지로 미세 조정, 논문의 파일", "fine-tune on your images, the paper's"),
    "B/16-sam": Text("사진 분류, SAM으로 학습", "classify photos, trained with SAM"),
    "B/32-sam": Text("사진 분류, SAM으로 학습", "classify photos, trained with SAM"),
    "dinov2-s/14": Text(
        "어텐션과 토큰 보기(vitnp look): 이것부터", "look at attention and tokens: start here"
    ),
}
FAMILIES = (
    "mini",
    "digits",
    "dinov2",
    "ViT",
    "paper",
    "hybrid",
    "torchvision",
    "BiT",
    "EfficientNet",
)  # in this order
FOOTER = Text(
    "다운로드: vitnp weights fetch 이름   주소: vitnp weights list --urls   캐시: {}",
    "download: vitnp weights fetch NAME   addresses: vitnp weights list --urls   cache: {}",
)
NOTE = Text(
    "MB: 파라미터를 float32로 저장한 크기(mini/14와 digits/2는 float16). 받을 때는 조금 다를 수 있습니다.",
    "MB: the parameters in float32 (mini/14, digits/2: float16); a download may differ a little.",
)


def add_options(parser):
    """The options of `vitnp weights list`."""
    parser.add_argument(
        "--urls", action="store_true", help="the addresses, a name per line, in place of the table"
    )
    parser.set_defaults(run=run, only_prints=True)


def run(args):
    """Print a line per name."""
    if args.urls:
        rows = list(fetch.URLS.items())
        sizes = widths(rows)
        for row in rows:
            print(aligned(row, sizes).rstrip())
        return 0
    lang = chosen()
    names = sorted(fetch.URLS, key=lambda name: FAMILIES.index(family(name)))
    rows = [cells(name, lang) for name in names]
    sizes = widths([COLUMNS.in_(lang), *rows])
    print(aligned(COLUMNS.in_(lang), sizes).rstrip())
    for _, group in itertools.groupby(zip(names, rows, strict=True), key=lambda pair: family(pair[0])):
        print(*(aligned(row, sizes).rstrip() for _, row in group), sep="\n", end="\n\n")
    print(NOTE.in_(lang))
    print(FOOTER.in_(lang).format(printable(cache.folder())))
    return 0


def cells(name, lang):
    """The texts of a name's row."""
    config = config_of(name)
    here = HERE.in_(lang) if fetch.is_here(name) else ""
    size = BOX[name].stat().st_size if name in BOX else 4 * tree.count(models.of(config).init(None, config))
    classes = f"{config.num_classes:,}" if config.num_classes else "—"
    megabytes = f"{size / 1e6:5,.{0 if size > 1e6 else 1}f}"
    return name, here, megabytes, str(config.image_size[0]), f"{classes:>6}", what_for(name, lang)


def config_of(name):
    """The configuration that the name stands for; the file says the same when it is loaded."""
    if name in BOX:  # it is here, and no preset
        return weights.load(name)[1]
    if name.startswith("dinov2-"):
        return models.preset(
            name.removeprefix("dinov2-").removesuffix("-518").upper(), num_classes=0, image_size=pixels(name)
        )
    if name.startswith("torchvision/"):
        _, size, patch = name.removeprefix("torchvision/").split("_")
        return models.preset(f"{size.upper()}/{patch}")
    if sizes := re.fullmatch(r"(?:EfficientNet|NoisyStudent)-(B\d|L2)(-475)?", name):
        side = {"image_size": 475} if sizes[2] else {}
        return models.preset(f"EfficientNet-{sizes[1]}", **side)
    classes = 21_843 if name.endswith("-i21k") or re.fullmatch(r"BiT-M-\w+", name) else 1000
    model = re.match(r"(?:BiT-[SM]-)?([^-]+)", name)[1]
    return models.preset(model, num_classes=classes, image_size=pixels(name))


def pixels(name):
    """The side of the images that the file is read for."""
    if name.startswith("BiT-"):
        return 480
    found = re.search(r"-(384|518)", name)
    return int(found[1]) if found else 224


def what_for(name, lang):
    """What the file is for, in a few words."""
    if name in ADVICE:
        return ADVICE[name].in_(lang)
    if name.startswith("dinov2-"):
        return LOOK.in_(lang)
    kind = next((text for start, text in KINDS.items() if name.startswith(start)), Text("", ""))
    what = FINE_TUNE if config_of(name).num_classes > 1000 else CLASSIFY
    return kind.in_(lang) + what.in_(lang)


def family(name):
    """One of FAMILIES: their names stand together, with an empty line between two families."""
    if known := re.match("mini|digits|dinov2|torchvision|BiT|EfficientNet|NoisyStudent", name):
        return known[0].replace("NoisyStudent", "EfficientNet")
    return "paper" if "-paper" in name or "-sam" in name else "hybrid" if "+" in name else "ViT"
