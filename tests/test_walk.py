"""`vitnp walk`: what it prints, in every language and width; its JSON; its exit status; bad options."""

import contextlib
import io
import json
import re

import command_line
import numpy as np
import pytest
import threadpoolctl
from PIL import Image

from vitnp import InputError, preset
from vitnp.analysis.trace import trace
from vitnp.commands import printing, walk, walk_text
from vitnp.commands.cli import main
from vitnp.course import deck, slides

TINY = ("--model", "tiny")


def run(capsys, *words):
    """(exit status, standard output, standard error) of `vitnp walk …`."""
    return command_line.run(capsys, "walk", *words)


@pytest.fixture(scope="module")
def report():
    """The JSON of the real thing, B/16 down and up, run once; on one thread, other tests may have the others."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), threadpoolctl.threadpool_limits(1):
        assert main(["walk", "--backward", "--json"]) == 0
    return json.loads(out.getvalue())


def test_the_report_of_b_16(report):
    assert (report["model"], report["image"], report["parameters"]) == ("B/16", "china.jpg", 86_567_656)
    assert [row["key"] for row in report["rows"]] == [row.key for row in deck.ROWS]
    tensors = {tensor["name"]: tensor for row in report["rows"] for tensor in row["tensors"]}
    assert len(tensors) == 29
    assert tensors["grid"]["shape"] == tensors["grid"]["printed"] == [14, 14, 16, 16, 3]
    assert tensors["image"]["min"] >= -1.0
    outputs, weights = (tensors[f"blocks.i.attention.{name}"] for name in "OA")
    assert (outputs["shape"], outputs["printed"], outputs["ok"]) == ([12, 197, 64], [97, 64], True)
    assert (outputs["misprinted"], weights["misprinted"]) == (True, False)
    assert (weights["dtype"], weights["nbytes"]) == ("float32", 12 * 197 * 197 * 4)
    assert weights["mean"] == pytest.approx(1 / 197, rel=1e-5)
    assert sum(len(row["errata"]) for row in report["rows"]) == 6
    assert 0 <= report["prediction"]["class"] < 1000
    assert report["wrong"] == []


def test_the_way_back_of_b_16(report):
    """Every gradient is there and none is zero: nothing but a zero head would stop it."""
    back = report["backward"]
    assert len(back) == 11 + 12 * 18
    assert [back[0]["name"], back[-1]["name"]] == ["p", "image"]
    assert all(record["ok"] and 0 < record["norm"] < np.inf for record in back)
    shapes = {record["name"]: record["shape"] for record in back}
    assert shapes["image"] == [224, 224, 3]
    assert shapes["blocks.11.attention.S"] == [12, 197, 197]
    assert shapes["E_pos"] == [197, 768]
    norms = {record["name"]: record["norm"] for record in back}
    assert norms["p"] == pytest.approx(np.exp(report["loss"]), rel=1e-4)  # |∂(−log p)/∂p| = 1/p


@pytest.mark.parametrize("lang", ["en", "ko", "both"])
def test_the_text_of_b_16(report, lang):
    lines = "\n".join(walk_text.text(report, lang)).splitlines()
    assert max(map(printing.width, lines)) <= walk_text.WIDTH
    page = "\n".join(lines)
    for row in slides.rows(preset("B/16")):
        assert (row.title_ko in lines) == (lang != "en")
        assert (row.title_en in lines) == (lang != "ko")
        for erratum in slides.errata(row):
            assert f'"{erratum.printed}"' in page
            assert erratum.true in page
            assert (erratum.why_ko in page) == (lang != "en")
            assert (erratum.why_en in page) == (lang != "ko")
    assert page.count("  ✓") == 29 + 11 + 18 + 11
    assert "✗" not in page
    assert sum(line.startswith("  ≠ ") for line in lines) == 6
    assert "197x64 per head" in page or lang == "ko"
    assert page.count(" ≠  ") == 2  # beside the two wrong shapes
    if lang == "en":
        assert not re.search("[가-힣]", re.sub('"[^"]*"', "", page))  # but for what the slides print
        assert lines[-1] == "17 rows, 29 tensors, all shapes true; 6 errata on the slides"
        assert lines[-2] == "227 gradients, all shapes true"
    if lang == "ko":
        assert lines[-1] == "17행, 텐서 29개, shape 모두 맞음; 슬라이드의 오류 6개"


def test_the_marks_stand_in_one_column(report):
    for lang in ("en", "ko", "both"):
        lines = "\n".join(walk_text.text(report, lang)).splitlines()
        forward = lines[: lines.index("─" * walk_text.WIDTH)]
        assert len({printing.width(line[: line.index("✓")]) for line in forward if line.endswith("✓")}) == 1


def test_columns_of_a_terminal():
    assert printing.width("Q⁽ⁱ⁾·K⁽ⁱ⁾ᵀ / √d_k ✓") == 19
    assert printing.width("5단계: 헤드") == 11
    assert printing.aligned(("헤드", "b"), (6, 2)) == "헤드    b "


@pytest.mark.parametrize(
    ("words", "there", "absent"),
    [
        (("--model", "tiny"), ("18 rows, 30 tensors", "31x28", "pre_logits"), ("✗", "∂loss")),
        (("--model", "tiny", "--backward", "--label", "4"), ("−log p[4]", "48 gradients"), ("✗",)),
        (
            ("--model", "digits", "--backward"),
            ("image                         8x8x1", "(8x8) into 2x2 patches"),
            ("✗", "16x16 p"),
        ),
        (
            ("--model", "tiny", "--set", "classifier=gap"),
            ("the mean of all patch tokens",),
            ("✗", "[CLS] token out"),
        ),
        (("--model", "tiny", "--set", "num_classes=0"), ("16 rows",), ("✗", "predicted")),
        (
            (*TINY, "--set", "position_embedding=relative", "--backward"),
            ("(no slide: relative positions)", "blocks.i.attention.E_rel      61x7", "51 gradients"),
            ("✗", "E_pos"),
        ),
        (
            (*TINY, "--set", "position_at=every-layer", "--backward"),
            ("(no slide: positions in every layer)", "blocks.i.E_pos                31x28", "51 gradients"),
            ("✗",),
        ),
        (("--model", "tiny", "--set", "num_layers=1", "--backward"), ("30 gradients",), ("✗", "and 17 more")),
        (
            ("--model", "hybrid-tiny", "--backward"),
            (
                "── ResNet ──",
                "released at zero ([CLS], the head, a unit's last γ): small",
                "split the feature map (4x6x48), not the image, into 1x1 patches - a 4x6 grid",
                "stem.stages.1.i.output        4x6x48",
                "4x6 patches        grid                          4x6x1x1x48",
                "stem.stages.0.0.output          8x12x24",
                "✓  and 8 more of the unit",
                "76 gradients, all shapes true",
                "20 rows, 35 tensors",
            ),
            ("✗", "image (", "224x244", "16x16 p", "14x14", " 0.00  "),
        ),
        (
            ("--model", "bit-digits", "--backward"),
            (
                "released at zero (the head): small",
                "stages.1.i.output  1x1x256",
                "30 gradients",
                "Step 8: the logits from the mean",
            ),
            ("✗", "patches", "blocks", " token - ", "≠ slide"),
        ),
    ],
    ids=str,
)
def test_other_models(capsys, words, there, absent):
    status, out, err = run(capsys, "--lang", "en", *words)
    assert (status, err) == (0, "")
    assert all(part in out for part in there), out
    assert not any(part in out for part in absent), out
    assert "slide (B/16)" in out


def test_long_shapes_fit_on_the_page(capsys):
    """A feature map of 1024 channels: the letters stand closer together."""
    wide = "--set stem_width=256 --set stem_units=1,1 --set groups=32 --image-size 96x96 --set num_heads=20"
    status, out, _ = run(capsys, "--model", "hybrid-tiny", "--lang", "en", *wide.split())
    assert status == 0 and "12x12x1x1x2048  rows×cols×P×P×8w" in out
    assert max(map(printing.width, out.splitlines())) <= walk_text.WIDTH


@pytest.mark.parametrize("name", ["hybrid-tiny", "bit-digits"])
@pytest.mark.parametrize("lang", ["en", "ko", "both"])
def test_a_resnet_and_a_hybrid_in_every_language(capsys, name, lang):
    status, out, _ = run(capsys, "--model", name, "--lang", lang, "--backward")
    assert status == 0
    assert max(map(printing.width, out.splitlines())) <= walk_text.WIDTH
    for row in slides.rows(preset(name)):
        for of, text in (("ko", row.title_ko), ("en", row.title_en)):
            assert (text in out.splitlines()) == (lang in (of, "both"))
    if lang == "ko" and name == "hybrid-tiny":
        assert "이미지 대신 특징 맵(4x6x48)을 1x1크기의 패치로 분할" in out and "유닛의 마지막 γ" in out


def test_no_gradient_of_a_hybrid_is_zero(capsys):
    back = json.loads(run(capsys, "--model", "hybrid-tiny", "--backward", "--json")[1])["backward"]
    assert all(record["norm"] > 0 for record in back)
    assert len(back) == 76


def test_a_photo_of_ones_own_and_the_seed(capsys, tmp_path):
    path = tmp_path / "photo.png"
    Image.new("RGB", (50, 40), (255, 128, 0)).save(path)
    reports = [
        json.loads(run(capsys, str(path), *TINY, "--json", "--seed", seed)[1]) for seed in ("1", "1", "2")
    ]
    assert reports[0]["image"] == str(path)
    image = reports[0]["rows"][0]["tensors"][0]
    assert (image["min"], image["max"]) == (-1.0, 1.0)
    assert reports[0] == reports[1]
    assert reports[0]["prediction"]["probability"] != reports[2]["prediction"]["probability"]
    assert "backward" not in reports[0]


def changed(name, change):
    """A `trace` that reports another value for one tensor, or its gradient."""

    def wrong(*args, **options):
        t = trace(*args, **options)
        for records in (t.forward, t.backward or []):
            for i, record in enumerate(records):
                if record.name == name and (change == "value") == (records is t.forward):
                    records[i] = record._replace(value=record.value[:, :-1])
        return t

    return wrong


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("z0", "value", "✗ must be 31x28"),
        ("blocks.1.attention.S", "value", "✗ must be 4x31x31"),
        ("blocks.0.feed_forward.u", "gradient", "∂loss/∂blocks.0.feed_forward.u"),
        ("image", "gradient", "1 WRONG: ∂loss/∂image"),
    ],
)
def test_a_wrong_shape_is_status_1(capsys, monkeypatch, name, change, said):
    monkeypatch.setattr(walk, "trace", changed(name, change))
    status, out, _ = run(capsys, *TINY, "--backward", "--lang", "both")
    assert status == 1
    assert said in out
    assert "✗" in out
    assert "WRONG" in out.splitlines()[-1]
    status, out, _ = run(capsys, *TINY, "--backward", "--json")
    assert status == 1
    assert json.loads(out)["wrong"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("nowhere.jpg", "there is no file nowhere.jpg"),
        ("--image-size 225", "225x225 is not divisible by patch_size 16"),
        ("--model B/17", "did you mean B/16"),
        ("--backward --label 1000", "--label is 1000; need a class from 0 to 999"),
        ("--backward --label -1", "--label is -1"),
        ("--seed -1", "--seed is -1; need at least 0"),
        ("--set in_channels=2 --model tiny", "takes 2 channels; a photo has 3 (RGB) or 1 (gray)"),
        ("--model tiny --backward --set num_classes=0", "the model has no head"),
    ],
)
def test_bad_options_are_one_line_and_status_2(capsys, words, message):
    status, out, err = run(capsys, *words.split())
    assert (status, out) == (2, "")
    assert message in err
    assert err.startswith("vitnp: ")
    assert err.count("\n") == 1


def test_the_words_are_the_same_in_both_languages(capsys):
    assert walk_text.WORDS["en"].keys() == walk_text.WORDS["ko"].keys()
    status, out, _ = command_line.run(capsys, "walk", "--model", "tiny", "--backward", "--lang", "ko")
    assert status == 0
    assert re.search(r"그래디언트 \d+개, shape 모두 맞음", out)


@pytest.mark.parametrize("terminal", [True, False])
def test_what_goes_on_is_said_where_a_person_looks(capsys, monkeypatch, terminal):
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    err = command_line.run(capsys, "walk", "--model", "tiny")[2]
    monkeypatch.setenv("LC_ALL", "C")
    said = ["weights, forward …", "looking at every tensor …", ""] if terminal else []
    assert err.split("\r\033[K")[1:] == said


def test_an_error_has_a_line_of_its_own(capsys, monkeypatch):
    """Not behind the words on what goes on."""

    def refused(*given, **how):
        raise InputError("no")

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr(walk, "trace", refused)
    status, _, err = command_line.run(capsys, "walk", "--model", "tiny")
    assert (status, err.rpartition("\r\033[K")[2]) == (2, "vitnp: no\n")
