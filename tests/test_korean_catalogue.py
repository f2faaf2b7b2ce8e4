"""Every error that the code raises has its Korean, and the Korean has no error that the code does not raise."""

import re

import pytest
from message_templates import errors, texts

from vitnp.system import korean
from vitnp.system.korean import particles

FILES = sorted(path for path in korean.FOLDER.glob("*.toml") if path.name != korean.COUNTED)
ENTRIES = {english: of for path in FILES for english, of in korean.read(path).items()}
OUTSIDE = korean.FOLDER / "outside.toml"  # words of argparse and of the system, which no source of ours has
PIECES = [path for path in FILES if path.name.startswith(("help", "lines", "pieces"))]
ERRORS = [path for path in FILES if path not in (OUTSIDE, *PIECES)]


def test_every_error_has_its_korean():
    missing = {text: file for text, file in errors().items() if text not in ENTRIES}
    assert not missing, f"write these into vitnp/system/korean/*.toml: {missing}"


def test_no_error_is_left_that_the_code_does_not_raise():
    stale = [text for path in ERRORS for text in korean.read(path) if text not in errors()]
    assert not stale


@pytest.mark.parametrize("path", PIECES, ids=lambda path: path.name)
def test_no_piece_is_left_that_the_code_does_not_write(path):
    there = texts()
    stale = []
    for text in korean.read(path):
        chunks = [chunk for chunk in re.split(r"\{\}|[\"'(),.:;]", text) if len(chunk.strip()) > 4]
        stale += [text for chunk in chunks if not written(chunk.strip(), there)]
    assert not stale


def written(chunk, there):
    """Whether the source has the words, perhaps of several texts that are put together."""
    return chunk in there or all(word in there for word in chunk.split())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_places_fit(path):
    for english, of in korean.read(path).items():
        holes = korean.HOLE.findall(of)
        assert all(holes) or not any(holes), f"{of}: number all places, or none"
        used = set(map(int, holes)) if any(holes) else set(range(len(holes)))
        assert used == set(range(english.count("{}"))), english
        assert re.search("[가-힣]", of) or not re.search("[a-z]{2,} [a-z]{2,}", of), of


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_text_is_translated_twice_and_no_file_is_long(path):
    others = {text for other in FILES if other != path for text in korean.read(other)}
    assert not others & korean.read(path).keys()
    assert len(path.read_text("utf-8").splitlines()) <= 250


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("shape은(는)", "shape는"),
        ("softmax을(를)", "softmax를"),
        ("step이(가)", "step이"),
        ("모델은(는)", "모델은"),
        ("헤드을(를)", "헤드를"),
        ("10이(가)", "10이"),
        ("42이(가)", "42가"),
        ("7(으)로", "7로"),
        ("3(으)로", "3으로"),
        ("config.json은(는)", "config.json은"),
        ("photo.png을(를)", "photo.png를"),
        ('"model"과(와)', '"model"과'),
        ("50%이(가)", "50%가"),
        ("--dropout은(는)", "--dropout은"),
        ("…은(는)", "…은(는)"),
    ],
)
def test_a_particle_fits_what_is_before_it(text, right):
    assert particles.fitted(text) == right


@pytest.mark.parametrize(
    ("english", "in_korean"),
    [
        (
            'configuration field "num_head" is unknown; did you mean num_heads? choose from num_heads, gelu',
            '모델 설정의 필드 "num_head"는 없습니다; num_heads인가요? num_heads, gelu 가운데 고르세요',
        ),
        ("lr is 2; need a number from 0 to below 1", "lr은 2입니다; 0 이상이고 1보다 작은 수가 필요합니다"),
        (
            "x.png needs more memory than there is; make the picture smaller first; step-1.npz is saved: go on with "
            "--resume run",
            "x.png를 읽기에 메모리가 모자랍니다; 그림을 먼저 줄이세요; step-1.npz를 저장했습니다: --resume run으로 "
            "이어서 하세요",
        ),
        (
            "the data has 2 images to learn from and 0 to test; need some of both",
            "학습용은 이미지 2장, 테스트용은 0개입니다; 둘 다 필요합니다",
        ),
        (
            'augment is "fly"; choose affine or crop or flip or crop_128_of_160 or crop_384_of_448 or crop_480_of_512',
            'augment는 "fly"입니다; affine, crop, flip, crop_128_of_160, crop_384_of_448, crop_480_of_512 가운데 '
            "고르세요",
        ),
        (
            "--only patches needs a second picture; name it with --against",
            "--only patches에는 두 번째 그림이 필요합니다; --against로 주세요",
        ),
        ("what nobody wrote, and more", "what nobody wrote, and more"),
        ('"and 3 more"', '"and 3 more"'),
    ],
)
def test_pieces_within_a_message(english, in_korean):
    assert korean.of(english) == in_korean


def test_a_long_message_does_not_take_long():
    assert korean.of("a is b; c and d or e: f; g " * 10)


@pytest.mark.parametrize(
    "name", ["test", "none", "model", "a or b", "x is 3; need 4", "{} {0}", "a(b", "한글 이름"]
)
def test_the_words_of_the_user_stay_as_they_are(name):
    line = f"cannot read {name} (No such file or directory); give a text file"
    found = korean.of(line, own=[name])
    assert found.startswith(name) and found.endswith(
        "읽을 수 없습니다(그런 파일이나 폴더가 없습니다); 텍스트 파일을 주세요"
    )


def test_english_that_the_catalogue_does_not_know_stays_in_one_piece():
    """ "the {} in {}" is a template, and this is no name in a place."""
    line = "folder; the same command goes on with what was in it before (default run)"
    assert korean.of(line) == "folder; the same command goes on with what was in it before(기본 run)"


def test_no_message_is_tried_for_long():
    """The number of texts that are tried is what takes time."""
    text = " ".join("; ".join(english.replace("{}", "x") for english in list(ENTRIES)[::20]).split())[:1200]
    known = {}
    korean.best(text, 0, [entry for entry in korean.templates() if all(c in text for c in entry[0])], known)
    assert 200 < len(known) <= korean.MOST + korean.DEEPEST


def test_what_becomes_of_pictures_is_korean():
    assert korean.of("8x8 pictures, resized to 16x16") == "8x8 그림, 16x16으로 크기 조정"
    line = "8x8 gray pictures, resized to 16x16, the gray repeated to 3 channels"
    assert korean.of(line) == "8x8 흑백 그림, 16x16으로 크기 조정, 흑백을 3채널로 반복"
