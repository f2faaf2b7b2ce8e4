"""The slides as data: complete, true but for the errata, and a check that sees every wrong shape."""

import importlib
import re
from pathlib import Path

import pytest
from cases import NEIGHBORS, POSITIONS, model_point
from generic_models import generic

from vitnp.analysis.trace import trace
from vitnp.course import deck, slides
from vitnp.course.letters import every, letters
from vitnp.models import preset
from vitnp.models.vit.config import ViTConfig

B16 = ViTConfig()
# The deck's steps in its order, said again: row → {name in the trace: the true shape for one image}.
ATTENTION, BLOCK = "blocks.i.attention.", "blocks.i."
DECK = {
    "split": {"image": (224, 224, 3), "grid": (14, 14, 16, 16, 3)},
    "flatten": {"patches": (196, 768)},
    "project": {"patch_tokens": (196, 768)},
    "class_token": {"tokens": (197, 768)},
    "position": {"E_pos": (197, 768), "z0": (197, 768)},
    "qkv": {ATTENTION + name: (197, 768) for name in "QKV"},
    "split_heads": {f"{ATTENTION}{name}_heads": (12, 197, 64) for name in "QKV"},
    "scores": {ATTENTION + "S": (12, 197, 197)},
    "softmax": {ATTENTION + "A": (12, 197, 197), ATTENTION + "O": (12, 197, 64)},
    "merge_heads": {ATTENTION + "concat": (197, 768)},
    "output": {ATTENTION + "output": (197, 768)},
    "norm_residual": dict.fromkeys(
        (BLOCK + name for name in ("norm_1", "residual_1", "norm_2", "residual_2")), (197, 768)
    ),
    "feed_forward": {
        BLOCK + "feed_forward.u": (197, 3072),
        BLOCK + "feed_forward.g": (197, 3072),
        BLOCK + "feed_forward.output": (197, 768),
    },
    "encoder": {"norm": (197, 768)},
    "extract": {"y": (1, 768)},
    "logits": {"logits": (1, 1000)},
    "probabilities": {"p": (1, 1000)},
}
STEPS = [1, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 6, 7, None, 8, 8, 8]
MODELS = {
    "tiny": {},
    "gap": {"classifier": "gap"},
    "no pre-logits": {"representation_size": None},
    "no head": {"num_classes": 0},
    "no head, gap, no pre-logits": {"num_classes": 0, "classifier": "gap", "representation_size": None},
    "gray, one layer": {"in_channels": 1, "num_layers": 1},
    **POSITIONS,
    **NEIGHBORS,
    "relative, gap": {"position_embedding": "relative", "classifier": "gap"},
}


def true_shapes(config, batch=1):
    """{name in the trace: shape}, every block, as a trace would have them, by the data alone."""
    size = letters(config, batch=batch)
    return {
        tensor.name.replace(".i.", f".{i}."): tuple(size[letter] for letter in (*tensor.lead, *tensor.true))
        for row in slides.rows(config)
        for tensor in row.tensors
        for i in range(config.num_layers)
    }


def test_the_rows_are_the_decks():
    assert [row.key for row in deck.ROWS] == list(DECK)
    assert [row.step for row in deck.ROWS] == STEPS
    checked = slides.check(true_shapes(B16), B16)
    assert [(c.row.key, c.tensor.name, c.expected) for c in checked] == [
        (key, name, shape) for key, tensors in DECK.items() for name, shape in tensors.items()
    ]


def test_the_titles():
    for row in deck.ROWS:
        number = {None: "Transformer", 6: "(6단계"}.get(row.step, f"{row.step}단계: ")
        assert row.title_ko.startswith(number)
        assert row.step in (None, 6) or row.title_en.startswith(f"Step {row.step}: ")
        assert row.what_ko
        assert not re.search("[가-힣]", row.title_en + row.what_en)


def test_the_titles_have_the_sizes_of_the_model():
    """Those of B/16 are on the page as the slide has them, below."""
    digits = {row.key: (row.title_ko, row.title_en) for row in slides.rows(preset("digits"))}
    for title in digits["split"]:
        assert re.findall(r"\d+x\d+", title) == ["8x8", "2x2", "4x4"]
    assert "4개 픽셀" in digits["flatten"][0] and "patch of 4 pixels" in digits["flatten"][1]
    for title in digits["split_heads"]:
        assert re.findall(r"\d+", title)[1:] == ["4", "64", "16"]
    assert digits["logits"][0].endswith("총 10개") and digits["logits"][1].endswith("- 10 classes")
    assert not re.search("[{}]", "".join(map("".join, digits.values())))


def test_what_is_printed_is_true_unless_there_is_an_erratum():
    size = letters(B16)
    wrong = {erratum.tensor for erratum in deck.ERRATA} - {None}
    for row in deck.ROWS:
        for tensor in row.tensors:
            true = tuple(size[letter] for letter in tensor.true)
            if tensor.printed is None:
                assert row.key in ("norm_residual", "encoder")
            else:
                assert (tensor.printed == true[: len(tensor.printed)]) == (tensor.name not in wrong), (
                    tensor.name
                )
                # "224x244": of the image alone the slide leaves out an axis, the channels
                assert len(tensor.printed) == len(true) - (tensor.name == "image")
    assert wrong == {"image", "blocks.i.attention.O"}


def test_the_errata():
    found = [(erratum.decks, erratum.printed, erratum.true, erratum.row) for erratum in deck.ERRATA]
    assert found == [
        ("003", "224x244 크기의 이미지", "224x224", "split"),
        ("003", "768개의 픽셀", "768 = 256 x 3", "flatten"),
        ("003", "√모델 차원(64)", "√d_k", "scores"),
        ("003", "QKᵀ/√d_k · V (Softmax … 후 V 곱)", "softmax(QKᵀ/√d_k) · V", "softmax"),
        ("003", "AttentionOutput 97x64", "197x64", "softmax"),
        ("003", "5단계, 7단계, 8단계, 8단계, 8단계", "6 = Norm, +", "norm_residual"),
        ("001", "ViT-L/14", "ViT-H/14", None),
        ("001", "Big Transformer (BiT)", "Big Transfer (BiT)", None),
        ("001, 004", "transitional invariance", "translation invariance", None),
        ("paper, Table 1", "86M / 307M / 632M", "86,567,656 / 304,326,632 / 632,045,800", None),
    ]
    for erratum in deck.ERRATA:
        assert erratum.why_ko and erratum.why_en
        assert not re.search("[가-힣]", erratum.true + erratum.why_en)
    errata = {row.key: [erratum.printed for erratum in slides.errata(row)] for row in deck.ROWS}
    assert [len(errata[key]) for key in ("split", "flatten", "scores", "softmax", "norm_residual")] == [
        1,
        1,
        1,
        2,
        1,
    ]
    assert sum(map(len, errata.values())) == 6


def test_the_other_countings_lead_to_every_step():
    assert deck.COUNTINGS.keys() == {"000", "001", "004"}
    for name, length in (("000", 4), ("001", 5), ("004", 5)):
        counting = deck.COUNTINGS[name]
        assert [counted.number for counted in counting] == list(range(1, length + 1))
        assert {step for counted in counting for step in counted.steps} == set(range(1, 9))
        assert all(counted.title_ko and counted.title_en for counted in counting)


@pytest.mark.parametrize("fields", MODELS.values(), ids=MODELS)
def test_the_rows_of_a_model_name_all_of_its_trace(fields):
    config = preset("tiny", **fields)
    images, p = model_point(config)
    t = trace(images, p, config)
    assert t.shapes == true_shapes(config, batch=2)
    assert all(c.ok for c in slides.check(t, config))
    step = {record.name: record.step for record in t.forward}
    for row in slides.rows(config):
        for tensor in row.tensors:
            assert step[tensor.name.replace(".i.", ".0.")] == (row.step or 6)


RESNETS = [
    ("hybrid-tiny", {}),
    ("hybrid-tiny", {"classifier": "gap", "stem_units": (1, 1, 2), "image_size": (32, 48), "num_classes": 0}),
    ("hybrid-tiny", {"stem_units": (), "patch_size": 4, "image_size": (29, 45), "num_layers": 1}),
    ("bit-tiny", {}),
    ("bit-tiny", {"units": (), "num_classes": 0}),
    ("bit-tiny", {"units": (2, 1, 3), "image_size": (33, 17), "groups": 3}),
]


@pytest.mark.parametrize(("name", "fields"), RESNETS, ids=str)
def test_the_rows_of_a_resnet_and_of_a_hybrid(name, fields):
    """Each of its tensors but for a unit's own layers; nothing printed on a slide is said of the feature map."""
    config = preset(name, **fields)
    images, p = generic(config, batch=2)
    shapes = trace(images, p, config).shapes
    checked = slides.check(shapes, config)
    assert all(c.ok for c in checked)
    named = {full for c in checked for full in every(c.tensor.name, config)}
    assert {name for name in shapes if "stages." not in name or name.endswith("output")} == named
    for full in named:
        shape = shapes[full]
        wrong = shapes | {full: (*shape[:-1], shape[-1] + 1)}
        assert [c.ok for c in slides.check(wrong, config)].count(False) == 1, full
    assert not any(c.printed or c.erratum for c in checked if c.tensor.name in ("image", "grid", "patches"))
    said = " ".join(word for row in slides.rows(config) for word in row if isinstance(word, str))
    assert not re.search("[{}]", said)
    if config.family == "hybrid":
        (height, width), P, (rows, cols) = config.map_size, config.patch_size, config.grid
        size = f"{height}x{width}x{config.map_channels}"
        assert (
            f"split the feature map ({size}), not the image, into {P}x{P} patches - a {rows}x{cols} grid"
            in said
        )
        assert f"특징 맵({size})을 {P}x{P}크기의 패치로 분할 - {rows}x{cols}의 패치 생성" in said
        side = P * config.map_scale
        assert f"stands for {side}x{side} pixels" in said and "split the image" not in said


def test_the_rows_of_r50_b_16_and_of_r50x1():
    hybrid = {c.tensor.name: c.expected for c in slides.check({}, preset("R50+B/16"))}
    assert [hybrid[f"stem.stages.{i}.i.output"] for i in range(3)] == [
        (56, 56, 256),
        (28, 28, 512),
        (14, 14, 1024),
    ]
    assert (hybrid["stem.root.conv"], hybrid["stem.root.pool"]) == ((112, 112, 64), (56, 56, 64))
    assert (hybrid["feature_map"], hybrid["grid"]) == ((14, 14, 1024), (14, 14, 1, 1, 1024))
    assert [row.key for row in slides.rows(preset("R50+B/16"))] == [
        *("root", "stage_1", "stage_2", "stage_3", "split_map", "flatten_map"),
        *list(DECK)[2:],
    ]
    bit = {c.tensor.name: c.expected for c in slides.check({}, preset("R50x1"))}
    assert (bit["stages.3.i.output"], bit["feature_map"], bit["y"]) == ((7, 7, 2048), (7, 7, 2048), (1, 2048))


def test_the_names_and_titles_are_the_models_own():
    """The slide's grid is 14x14; with the mean there is no [CLS] to take the logits from."""
    names = [c.tensor.slide_name for c in slides.check({}, preset("L/32")) if c.tensor.name == "grid"]
    assert names == ["7x7 patches"]
    (logits,) = (row for row in slides.rows(preset("B/16", classifier="gap")) if row.key == "logits")
    assert "[CLS]" not in logits.title_en + logits.title_ko and "1000" in logits.title_ko


def test_what_a_model_changes():
    def keys(**fields):
        return [row.key for row in slides.rows(preset("B/16", **fields))]

    assert keys() == list(DECK)
    assert keys(classifier="gap") == [key for key in DECK if key != "class_token"]
    assert keys(num_classes=0) == list(DECK)[:-2]
    assert keys(representation_size=768)[-4:] == ["extract", "pre_logits", "logits", "probabilities"]
    gap = {c.tensor.name: c for c in slides.check({}, preset("B/16", classifier="gap"))}
    assert gap["E_pos"].expected == (196, 768)
    assert gap["E_pos"].tensor.axes == ("N", "D")
    assert gap["E_pos"].printed == (197, 768)
    assert gap["y"].row.title_en.startswith("(no slide: the mean")
    large = {c.tensor.name: c for c in slides.check({}, preset("L/16", image_size=384))}
    assert large["blocks.i.attention.S"].expected == (16, 577, 577)


def test_the_check_sees_every_wrong_shape():
    """Each tensor, in the first block or the last: a changed axis, a missing batch axis, no tensor at all."""
    config = preset("tiny")
    shapes = true_shapes(config)
    for name, shape in shapes.items():
        wrong = [(*shape[:axis], shape[axis] + 1, *shape[axis + 1 :]) for axis in range(len(shape))]
        # The first axis of the image is how large the batch is, so there it cannot be wrong.
        for other in wrong[1:] if name == "image" else [*wrong, shape[1:]]:
            not_ok = [c for c in slides.check(shapes | {name: other}, config) if not c.ok]
            assert [c.tensor.name for c in not_ok] == [re.sub(r"^blocks\.\d", "blocks.i", name)]
            assert not_ok[0].got == (other[1:] if not_ok[0].tensor.lead else other)
        without = {key: value for key, value in shapes.items() if key != name}
        assert [c.got for c in slides.check(without, config) if not c.ok] == [None]


def test_the_check_shows_the_slide_beside_the_truth():
    checked = {c.tensor.name: c for c in slides.check(true_shapes(B16), B16)}
    c = checked["blocks.i.attention.O"]
    assert (c.got, c.expected, c.printed, c.ok) == ((12, 197, 64), (12, 197, 64), (97, 64), True)
    assert c.erratum.printed == "AttentionOutput 97x64"
    assert checked["blocks.i.attention.A"].erratum is None
    batch = {c.tensor.name: c.got for c in slides.check(true_shapes(B16, batch=3), B16)}
    assert batch["tokens"] == (197, 768)
    assert batch["logits"] == (3, 1000)


ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "slides.md"
PAGES = [PAGE, ROOT / "docs" / "ko" / "slides.md"]


@pytest.mark.parametrize("page", PAGES, ids=["en", "ko"])
def test_the_page_has_every_row_erratum_and_counting(page):
    text = page.read_text(encoding="utf-8")
    for row in slides.rows(B16):
        assert row.title_ko in text, row.title_ko
        assert all(f"`{tensor.name}`" in text for tensor in row.tensors)
    for erratum in deck.ERRATA:
        assert f"| {erratum.decks} | {erratum.printed} | {erratum.true} |" in text, erratum
    for counting in deck.COUNTINGS.values():
        for counted in counting:
            assert counted.title_ko in text


@pytest.mark.parametrize("page", PAGES, ids=["en", "ko"])
def test_every_file_and_function_that_the_page_names_exists(page):
    """In a line of a table, the functions and classes named are in the files named before them."""
    found = 0
    for line in page.read_text(encoding="utf-8").splitlines():
        module = None
        for path, name in re.findall(r"`([\w/]+\.py)`|`(\w+)\(\)`", line):
            if path:
                assert (ROOT / path).is_file(), path
                module = (
                    importlib.import_module(path[:-3].replace("/", ".")) if path.startswith("vitnp") else None
                )
            else:
                assert callable(getattr(module, name, None)), (line, name)
            found += 1
    assert found > 60


NOTEBOOKS = [f"{number:02}" for number in range(23)]


def test_every_step_has_a_notebook_a_derivation_and_its_errata():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for row in slides.rows(B16):
        (line,) = (line for line in lines if line.startswith(f"| {row.title_ko} "))
        for needed in (r"\(\.\./notebooks/\d\d_\w+\.ipynb\)", r"\(derivations\.md#", r"`tests/test_\w+\.py`"):
            assert re.search(needed, line), (row.title_ko, needed)
        assert ("(#errata-for-lecturers)" in line) == bool(slides.errata(row)), row.title_ko
    # A step's number leads to the notebook and to the section of the same number.
    for row in slides.rows(B16):
        if row.step:
            (line,) = (line for line in lines if line.startswith(f"| {row.title_ko} "))
            assert f"(../notebooks/{row.step:02}_" in line and f"derivations.md#{row.step}" in line, line


def test_the_claims_of_inductive_bias_have_their_notebook():
    """Notebook 20 shows all that `vitnp bias` measures but the curse of dimensionality."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "`vitnp bias" in line]
    claims = [line for line in lines if line.startswith("| ") and "`vitnp bias dimension`" not in line]
    assert len(claims) > 10 and all("(../notebooks/20_cnn_to_vit.ipynb)" in line for line in claims)


def test_every_notebook_is_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    table = page[page.index("## The notebooks") :]
    assert re.findall(r"^\| \[(\d\d)\]\(\.\./notebooks/\1_\w+\.ipynb\)", table, re.MULTILINE) == NOTEBOOKS
    assert re.findall(r"\]\(\.\./notebooks/ko/(\d\d)_\w+\.ipynb\)", table) == NOTEBOOKS
