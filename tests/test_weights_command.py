"""`vitnp weights list | fetch | inspect | convert` as a user types them."""

import hashlib
import http.server
import json
import pathlib

import command_line
import numpy as np
import pytest
import safetensors.numpy
from checkpoint_files import random_model
from localhost import serving

from vitnp import models, preset, tree, vit, weights
from vitnp.commands import cli, weights_list
from vitnp.system.output import width
from vitnp.weights import fetch, kinds, native
from vitnp.weights.bit import names as bit
from vitnp.weights.efficientnet import names as efficientnet
from vitnp.weights.hybrid import names as hybrid
from vitnp.weights.vit.names import TABLES

GOLDEN = pathlib.Path(__file__).parent / "golden"
HUGGINGFACE = GOLDEN / "huggingface_token/model.safetensors"
TIMM = GOLDEN / "timm_token/weights.pth"
TORCHVISION = GOLDEN / "torchvision_prelogits/weights.pth"


def run(capsys, *words):
    """(exit status, standard output, standard error) of `vitnp weights`."""
    return command_line.run(capsys, "weights", *words)


@pytest.mark.parametrize(("lang", "here"), [("en", "yes"), ("ko", "있음")])
def test_list(capsys, tmp_path, monkeypatch, lang, here):
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path))
    path = fetch._place(fetch.URLS["Ti/16"])
    path.parent.mkdir(parents=True)
    path.touch()
    status, out, _ = run(capsys, "list", "--lang", lang)
    assert status == 0
    lines = out.splitlines()
    rows = {line.split()[0]: line.split() for line in lines[1:] if line and line.split()[0] in fetch.URLS}
    assert rows.keys() == fetch.URLS.keys()
    # what is in the package is always here
    assert {name for name, row in rows.items() if here in row} == {"mini/14", "digits/2", "Ti/16"}
    assert rows["digits/2"][2:5] == ["0.3", "8", "10"]
    assert rows["B/16"][1:4] == ["346", "224", "1,000"]
    assert rows["Ti/16-i21k"][1:4] == ["39", "224", "21,843"]
    assert max(width(line) for line in lines[:-1]) <= 100 and "https://" not in out
    assert lines[-1].endswith(str(tmp_path))


def test_list_of_urls(capsys):
    status, out, _ = run(capsys, "list", "--urls")
    assert status == 0
    assert dict(line.split() for line in out.splitlines()) == fetch.URLS


@pytest.mark.parametrize(
    ("name", "parameters"),  # of the published models, to the last one
    [
        ("B/16-paper", 86_567_656),
        ("torchvision/vit_l_32", 306_535_400),
        ("BiT-M-R50x1-ILSVRC2012", 25_549_352),
        (
            "dinov2-s/14-518",
            22_056_576 - 384 - 24 * 384,
        ),  # without the mask token; LayerScale is in W_O and W2
    ],
)
def test_the_sizes_of_the_list_are_the_models(name, parameters):
    config = weights_list.config_of(name)
    assert tree.count(models.of(config).init(None, config)) == parameters


def test_fetch_prints_the_path(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.chdir(HUGGINGFACE.parent)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)) as server:
        url = f"http://127.0.0.1:{server.server_port}/model.safetensors"
        sha256 = hashlib.sha256(HUGGINGFACE.read_bytes()).hexdigest()
        status, out, err = run(capsys, "fetch", url, "--sha256", sha256)
        wrong = run(capsys, "fetch", url, "--sha256", "0" * 64)
    assert status == 0
    assert pathlib.Path(out.strip()).read_bytes() == HUGGINGFACE.read_bytes()
    assert "model.safetensors" in err, "the progress bar goes to standard error, the path alone to the output"
    assert wrong[0] == 2


def test_inspect(capsys):
    status, out, _ = run(capsys, "inspect", HUGGINGFACE)
    assert status == 0
    for part in (
        "huggingface, 40 arrays, 4,869 numbers",
        "layer_norm_eps          1e-12",
        "gelu                    erf",
        "resize_filter bilinear",
        "vit.embeddings.position_embeddings                    position.E_pos            (1, 7, 12)",
        "blocks 1 to 1: as block 0",
        "nothing is missing",
    ):
        assert part in out
    assert "layer.1." not in out


def test_inspect_shows_what_is_different_in_a_later_block(capsys, tmp_path):
    p, config = weights.load(HUGGINGFACE)
    p["blocks"][1]["norm_1"]["gamma"] = np.ones(9, np.float32)
    np.savez(tmp_path / "model.npz", **dict(tree.leaves(p)), **{native.CONFIG: native.config_array(config)})
    status, out, _ = run(capsys, "inspect", tmp_path / "model.npz")
    assert status == 1
    rows = [line.split()[0] for line in out.splitlines() if line.startswith("  blocks.1.")]
    assert rows == ["blocks.1.norm_1.gamma"]
    assert out.endswith("\n1 thing is wrong\n")


def test_inspect_of_joined_arrays_and_what_the_file_does_not_say(capsys):
    _, out, _ = run(capsys, "inspect", TIMM)
    assert "blocks.0.attn.qkv.weight   blocks.0.attention.W_Q W_K W_V  (36, 12)" in out
    assert "load asks: it does not say how many heads" in out
    assert "load asks: it has positions for 6 patches" in out
    _, out, _ = run(capsys, "inspect", TIMM, "--set", "num_heads=3", "--image-size", "28x42")
    assert "num_heads               3" in out
    assert "note" not in out
    assert "load asks" not in out


def test_inspect_and_convert_take_a_published_name(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path / "cache"))
    for words in (["inspect", "Ti/16"], ["convert", "Ti/16", tmp_path / "out.npz", "--format", "vitnp"]):
        status, _, err = run(capsys, *words)
        assert (status, err) == (
            2,
            "vitnp: Ti/16 is not here yet; fetch it first: vitnp weights fetch Ti/16\n",
        )
    path = fetch._place(fetch.URLS["Ti/16"])
    path.parent.mkdir(parents=True)
    weights.save(path, *weights.load(HUGGINGFACE))
    for words in (["inspect", "Ti/16"], ["convert", "Ti/16", tmp_path / "out.npz", "--format", "vitnp"]):
        assert run(capsys, *words)[0] == 0


def test_from_chooses_between_two_models(capsys, tmp_path):
    both = kinds.read(HUGGINGFACE) | kinds.read(TIMM)
    safetensors.numpy.save_file(both, tmp_path / "both.safetensors")
    status, _, err = run(capsys, "inspect", tmp_path / "both.safetensors")
    assert status == 2
    assert "say which with format= or --from" in err
    status, out, _ = run(capsys, "inspect", tmp_path / "both.safetensors", "--from", "timm")
    assert status == 1
    assert "both.safetensors: timm" in out
    assert "WRONG: vit.layernorm.bias is unexpected" in out


def test_inspect_prints_bounded_lines_that_no_terminal_obeys(capsys, tmp_path):
    arrays = kinds.read(GOLDEN / "huggingface_token/model.safetensors")
    arrays |= {f"x{i:04}{'y' * 5000}": np.zeros(1, "f4") for i in range(1100)}
    safetensors.numpy.save_file(arrays, tmp_path / "model.safetensors")
    status, out, _ = run(capsys, "inspect", tmp_path / "model.safetensors")
    lines = out.splitlines()
    assert status == 1
    assert all(line.isprintable() and len(line) <= 300 for line in lines)
    assert sum(line.startswith("WRONG: x") for line in lines) == 1000
    assert "WRONG: … and 100 more" in lines
    assert any(line.startswith("  … and ") for line in lines), "of the arrays too"
    assert lines[-1] == "1100 things are wrong"


def test_inspect_lists_all_that_is_wrong_at_once(capsys, tmp_path):
    p, config = weights.load(HUGGINGFACE)
    path = tmp_path / "model.npz"
    weights.save(path, p, config, format="google")
    with np.load(path) as file:
        arrays = dict(file)
    del arrays["Transformer/encoder_norm/bias"]
    arrays["extra/kernel"] = np.zeros(3, np.float32)
    arrays["cls"] = arrays["cls"][..., 1:]
    np.savez(path, **arrays)
    status, out, _ = run(capsys, "inspect", path)
    assert status == 1
    assert out.count("WRONG:") == 3
    for name in ("Transformer/encoder_norm/bias", "extra/kernel", "cls"):
        assert any(line.startswith("WRONG:") and name in line for line in out.splitlines())
    assert "3 things are wrong" in out


@pytest.mark.parametrize(
    ("format", "suffix"),
    [("vitnp", "npz"), ("google", "npz"), ("timm", "safetensors"), ("torchvision", "safetensors")],
)
def test_convert_there_and_back_changes_nothing(capsys, tmp_path, format, suffix):
    there, back = tmp_path / f"there.{suffix}", tmp_path / "back/model.safetensors"
    back.parent.mkdir()
    told = ("--set", "num_heads=3", "--image-size", "24x16", "--set", "layer_norm_eps=1e-12")
    assert run(capsys, "convert", HUGGINGFACE, there, "--format", format)[0] == 0
    status, out, _ = run(
        capsys, "convert", there, back, "--format", "huggingface", *told, "--set", "gelu=erf"
    )
    assert status == 0
    first, *notes = out.splitlines()
    assert first == f"{back}: huggingface, 4,869 parameters"
    assert not any(field in note for note in notes for field in ("num_heads", "image_size", "gelu", "eps"))
    ours, theirs = weights.load(back)[0], weights.load(HUGGINGFACE)[0]
    for (name, a), (_, b) in zip(tree.leaves(ours), tree.leaves(theirs), strict=True):
        assert np.array_equal(a, b), name


def test_convert_says_what_the_new_file_cannot(capsys, tmp_path):
    _, out, _ = run(capsys, "convert", HUGGINGFACE, tmp_path / "a.npz", "--format", "google")
    assert "google has gelu tanh unless told otherwise, this model erf" in out
    assert "google has layer_norm_eps 1e-06 unless told otherwise, this model 1e-12" in out
    assert "google has preprocessing antialias False unless told otherwise, this model True" in out
    assert "note: google has no place for the names of the classes" in out
    _, out, _ = run(capsys, "convert", HUGGINGFACE, tmp_path / "b.npz", "--format", "vitnp")
    assert [line for line in out.splitlines() if line.startswith("note")] == [
        "note: vitnp has no place for the names of the classes: give predict --labels FILE"
    ]
    _, out, _ = run(capsys, "convert", tmp_path / "b.npz", tmp_path / "c.npz", "--format", "vitnp")
    assert "note" not in out


def test_convert_says_what_load_will_ask(capsys, tmp_path):
    out = tmp_path / "a.safetensors"
    _, text, _ = run(capsys, "convert", HUGGINGFACE, out, "--format", "torchvision")
    assert f"note: {out}: it does not say how many heads share hidden_size 12" in text
    assert "positions for 6 patches of 8x8, which is no square" in text
    assert "torchvision has num_heads 1 unless told otherwise, this model 3" in text


@pytest.mark.parametrize("format", ["google", "torchvision"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_options_that_convert_prints_make_it_the_same_model(capsys, tmp_path, format, channels):
    how = {"antialias": True, "keep_aspect_ratio": True, "crop_fraction": 1.0}
    config = preset("tiny", in_channels=channels, num_heads=2, gelu="erf", preprocessing=how)
    weights.save(tmp_path / "a.npz", random_model(config), config)
    path = tmp_path / ("b.npz" if format == "google" else "b.safetensors")
    _, text, _ = run(capsys, "convert", tmp_path / "a.npz", path, "--format", format)
    options = text.partition("to use the file as this model: ")[2].split()
    status, _, err = run(capsys, "convert", path, tmp_path / "c.npz", "--format", "vitnp", *options)
    assert (status, err) == (0, "")
    assert weights.load(tmp_path / "c.npz")[1] == config


@pytest.mark.parametrize("format", ["huggingface", "timm"])
def test_what_a_format_has_no_word_for_is_kept_in_its_config_json(capsys, tmp_path, format):
    google, out = tmp_path / "a.npz", tmp_path / "new/b.safetensors"
    run(capsys, "convert", HUGGINGFACE, google, "--format", "google")
    words = ("--image-size", "24x16", "--set", "dropout_rate=0.1", "--set", "layer_norm_eps=0.5")
    status, text, _ = run(capsys, "convert", google, out, "--format", format, *words)
    assert (status, text) == (0, f"{out}: {format}, 4,869 parameters\n")
    told = weights.load(google, image_size=(24, 16), dropout_rate=0.1, layer_norm_eps=0.5)[1]
    assert weights.load(out)[1] == told
    kept = json.loads((out.parent / "config.json").read_text())["vitnp"]
    assert kept == {
        "dropout_rate": 0.1,
        "position_interpolation": "bilinear-aligned",
        "preprocessing": {"antialias": False},
    } | ({"layer_norm_eps": 0.5} if format == "timm" else {})


def test_convert_keeps_the_names_of_the_classes(capsys, tmp_path):
    out = tmp_path / "a.safetensors"
    _, text, _ = run(capsys, "convert", HUGGINGFACE, out, "--format", "huggingface")
    assert "note" not in text
    assert weights.class_names(out) == "ant bee cat dog eel".split()
    words = ("--format", "huggingface", "--num-classes", 5)
    _, text, _ = run(capsys, "convert", HUGGINGFACE, tmp_path / "a.safetensors", *words)
    assert "note: the names of the classes are left out: the head is another" in text
    assert weights.class_names(out) is None


def test_convert_keeps_the_names_that_a_training_left(capsys, tmp_path):
    """They are in classes.txt beside the weights, where `vitnp predict` finds them."""
    run(capsys, "convert", HUGGINGFACE, tmp_path / "model.npz", "--format", "vitnp")
    (tmp_path / "classes.txt").write_text("one\ntwo\nthree\nfour\nfive\n", "utf-8")
    (tmp_path / "hf").mkdir()
    out = tmp_path / "hf" / "a.safetensors"
    run(capsys, "convert", tmp_path / "model.npz", out, "--format", "huggingface")
    assert weights.class_names(out) == "one two three four five".split()
    (tmp_path / "classes.txt").write_text("one\n", "utf-8")
    status, _, err = run(capsys, "convert", tmp_path / "model.npz", out, "--format", "huggingface")
    assert status == 2
    assert "classes.txt does not hold 5 class names" in err


def test_convert_does_not_write_over_the_config_of_another_model(capsys, tmp_path):
    out = tmp_path / "a.safetensors"
    run(capsys, "convert", HUGGINGFACE, out, "--format", "huggingface")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    words = ("--format", "huggingface", "--num-classes", 3)
    status, _, err = run(capsys, "convert", HUGGINGFACE, tmp_path / "b.safetensors", *words)
    assert status == 2
    assert "belongs to something else; save into another folder" in err
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    (tmp_path / "config.json").unlink()
    assert run(capsys, "convert", HUGGINGFACE, tmp_path / "b.safetensors", *words)[0] == 2
    (tmp_path / "preprocessor_config.json").unlink()
    assert run(capsys, "convert", HUGGINGFACE, tmp_path / "b.safetensors", *words)[0] == 0
    assert run(capsys, "convert", HUGGINGFACE, tmp_path / "b.safetensors", *words)[0] == 0, "its own, again"


def test_convert_with_another_head_and_size(capsys, tmp_path):
    out = tmp_path / "model.npz"
    words = "--num-classes 9 --image-size 32 --set num_heads=3".split()
    assert run(capsys, "convert", TORCHVISION, out, "--format", "vitnp", *words)[0] == 0
    p, config = weights.load(out)
    assert (config.num_classes, config.image_size, config.representation_size) == (9, (32, 32), None)
    images = np.zeros((1, 32, 32, 3), np.float32)
    assert not vit.forward(images, p, config)[0].any(), "a head of zeros"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("fetch B16", 'no published weights are called "B16"'),
        ("fetch B/16 --sha256 abc", "need 64 hexadecimal digits"),
        ("fetch http://[::1", "is no URL of a file"),
        ("inspect HUGGINGFACE --set num_classes=7", "--set num_classes cannot be used"),
        ("convert HUGGINGFACE out.npz --format vitnp --num-classes 7 --set num_classes=9", "num_classes"),
        ("inspect HUGGINGFACE --from keras", 'format "keras" is unknown'),
        ("inspect none.npz", "cannot read none.npz (No such file or directory)"),
        ("convert HUGGINGFACE out.npz --format keras", 'format "keras" is unknown; choose vitnp, google'),
        ("convert HUGGINGFACE out.npz --format timm", "ends in .safetensors"),
        ("convert HUGGINGFACE none/out.npz --format timm", "ends in .safetensors"),
        ("convert TIMM none/out.npz --format vitnp", "positions for 6 patches of 14x14, which is no square"),
        ("convert TIMM out.npz --format vitnp", "positions for 6 patches of 14x14, which is no square"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    paths = {"HUGGINGFACE": HUGGINGFACE, "TIMM": TIMM}
    status, _, err = run(capsys, *(paths.get(word, word) for word in words.split()))
    assert status == 2
    assert message in err
    assert err.startswith("vitnp: ")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [], "nothing half-written"


def test_the_page_on_weights_has_every_name():
    page = (GOLDEN.parent.parent / "docs/weights.md").read_text("utf-8")
    for table in (*TABLES, *bit.TABLES, *hybrid.TABLES, *efficientnet.TABLES):
        for name in set(table.split()) - {"-", "ours", "google", "huggingface"}:
            assert name in page, name


@pytest.mark.parametrize("words", [["weights"], ["weights", "eat"], ["predict", "x.jpg"]])
def test_words_that_are_no_command(capsys, words):
    assert cli.main(words) == 2
    err = capsys.readouterr().err
    assert err.startswith("vitnp: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("format", ["vitnp", "google"])
def test_convert_writes_over_no_picture(capsys, tmp_path, format):
    (tmp_path / "a.png").write_bytes(b"a picture")
    status, _, err = run(capsys, "convert", "any.npz", str(tmp_path / "a.png"), "--format", format)
    assert status == 2
    assert "ends in .npz" in err
    assert (tmp_path / "a.png").read_bytes() == b"a picture"
