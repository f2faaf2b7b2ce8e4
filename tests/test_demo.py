"""`vitnp demo`: twelve lines, a page that needs no other file, the photo; on small models here."""

import dataclasses
import html
import json
import re

import command_line
import pytest
from PIL import Image
from test_train_command import FEW

from vitnp import preset, tree, vit, weights
from vitnp.commands import cli, demo, demo_report
from vitnp.errors import InputError
from vitnp.system.output import width
from vitnp.training.wanted import Wanted


@pytest.fixture
def typed(monkeypatch):
    """The words of every command; what takes seconds at full size runs on a small model."""
    words_of_all, real = [], cli.main
    load = weights.load

    def main(words):
        words_of_all.append(words)
        if words[0] == "demo":
            return real(words)
        small = {"walk": ["--model", "tiny"], "train": FEW.split()}
        return real([*words, *small[words[0]]])

    def loaded(name):
        """The trained model of the pictures is a small one."""
        if name != "trained":
            return load(name)
        config = preset("S/14", num_layers=1, hidden_size=12, num_heads=2, mlp_dim=5, num_classes=0)
        p = vit.init(None, config)
        return tree.map(lambda key, leaf: leaf + 0.1, tree.names(p), p), config

    monkeypatch.setattr(cli, "main", main)
    monkeypatch.setattr(weights, "to_look_at", lambda: "trained", raising=False)
    monkeypatch.setattr(weights, "load", loaded)
    monkeypatch.setattr(demo, "check_model", lambda config, **how: checked(how))
    return words_of_all


def checked(how):
    """The check of the gradients along one direction."""
    from vitnp.commands.gradcheck import check_model

    return check_model(preset("tiny"), seeds=(0,), **how)


def run(capsys, *words):
    """(exit status, lines of standard output, standard error) of `vitnp demo`."""
    status, out, err = command_line.run(capsys, "demo", *words)
    return status, out.splitlines(), err


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_demo(capsys, tmp_path, monkeypatch, typed, lang):
    monkeypatch.chdir(tmp_path)
    status, lines, err = run(capsys, "--out", "demo", "--seed", 3, "--lang", lang)
    assert (status, err) == (0, "")
    assert len(lines) == 12 and max(map(width, lines)) <= 80
    assert [line.split()[1] for line in lines if line.startswith("✓")] == [
        "walk", "backward", "gradcheck", "train", "pictures",
    ]  # fmt: skip
    assert bool(re.search("[가-힣]", "".join(lines))) == (lang == "ko")
    assert typed[1:] == [
        ["walk", "--backward", "--json"],
        "train --data digits --seed 3 --overwrite --out demo".split(),
    ]
    assert "demo/photo.jpg --weights trained" in lines[-2]
    for name in (*demo.LEFT, "model.npz", "curves.png"):
        assert (tmp_path / "demo" / name).exists()
    with Image.open(tmp_path / "demo" / "photo.jpg") as photo:
        assert (photo.format, photo.size) == ("JPEG", (640, 427))
    need_page((tmp_path / "demo" / "report.html").read_text("utf-8"), lang)


def need_page(page, lang):
    """It needs no other file; every picture has a text; the tables have every row; it is in one language."""
    assert f'<html lang="{lang}">' in page
    sources = re.findall(r'(?:src|href)="([^"]{0,22})', page)
    assert sources == ["data:image/png;base64,"] * 7
    assert "url(" not in page and "@import" not in page and "<script" not in page
    alts = re.findall(r'<img [^>]*? alt="([^"]*)"', page)
    assert len(alts) == 7 and min(map(len, alts)) > 10
    rows = [len(re.findall("<tr", table)) - 1 for table in re.findall("<table>.*?</table>", page)]
    assert rows[1] == 48  # the gradients of "tiny"
    assert rows[2] == 1 + len(list(tree.leaves(vit.init(None, preset("tiny")))))  # the images are a leaf, too
    assert rows[3] == 1  # epoch
    text = html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>|“[^”]*”", " ", page, flags=re.DOTALL))
    assert bool(re.search("[가-힣]", text)) == (lang == "ko")


@pytest.mark.parametrize("broken", ["walk", "gradcheck"])
def test_what_is_wrong_is_seen_and_is_status_1(capsys, tmp_path, monkeypatch, typed, broken):
    if broken == "walk":
        real = demo.captured
        monkeypatch.setattr(demo, "captured", lambda words: spoiled(*real(words), words))
    else:
        wrong = checked({})
        leaf = wrong.leaves[3]._replace(complex_error=0.5)
        wrong = wrong._replace(leaves=(*wrong.leaves[:3], leaf, *wrong.leaves[4:]))
        monkeypatch.setattr(demo, "check_model", lambda config, **how: wrong)
    status, lines, _ = run(capsys, "--out", tmp_path, "--lang", "en")
    assert status == 1 and len(lines) == 12
    assert [line.split()[1] for line in lines if line.startswith("✗")] == [broken]
    assert "class=no>✗" in (tmp_path / "report.html").read_text("utf-8")


def spoiled(status, out, words):
    """The walk with a wrong shape in it."""
    if words[0] != "walk":
        return status, out
    report = json.loads(out)
    report["rows"][1]["tensors"][0]["ok"] = False
    report["wrong"] = ["patches"]
    return 1, json.dumps(report)


@pytest.mark.parametrize("command", ["walk", "train"])
def test_what_cannot_go_on_ends_the_demo(capsys, tmp_path, monkeypatch, typed, command):
    real = demo.captured
    monkeypatch.setattr(demo, "captured", lambda words: (2, "") if words[0] == command else real(words))
    status, lines, _ = run(capsys, "--out", tmp_path)
    assert status == 2 and not (tmp_path / "report.html").exists()
    assert len(lines) == {"walk": 1, "train": 4}[command]


def test_the_demo_elsewhere(capsys, tmp_path, typed):
    status, _, err = run(capsys, "--backend", "torch", "--out", tmp_path)
    assert status == 2
    assert 'backend "torch" is unknown' in err
    assert typed[1][-2:] == ["--backend", "torch"]


def test_the_error_is_by_differences_where_no_complex_step_was_taken():
    report = checked({})
    assert demo_report.largest_error(report) == report.worst[0] < 1e-12
    leaves = tuple(leaf._replace(complex_error=None) for leaf in report.leaves)
    assert demo_report.largest_error(report._replace(leaves=leaves)) == report.worst[1]


@pytest.mark.parametrize(
    ("typed_as", "shown"),
    [
        (".venv/bin/vitnp", ".venv/bin/vitnp"),
        ("/a/long/path/to/an/environment/bin/vitnp", "vitnp"),
        ("/x/pytest", "vitnp"),
    ],
)
def test_the_next_commands_can_be_typed(monkeypatch, typed_as, shown):
    monkeypatch.setattr("sys.argv", [typed_as, "demo"])
    assert demo.program() == shown


def test_what_is_not_a_demos_is_not_replaced(tmp_path):
    """A demo overwrites the run of an earlier demo, and nothing else: no other run, and nobody's pictures."""
    demo.need_own(tmp_path)
    options = dataclasses.asdict(Wanted(seed=3, model="digits", workers=2))
    about = {"options": options, "run": {"model": {"family": "vit"}}}
    (tmp_path / "run.json").write_text(json.dumps(about))
    (tmp_path / "patches.png").write_text("of the demo")
    demo.need_own(tmp_path)
    about["options"]["steps"] = 4
    (tmp_path / "run.json").write_text(json.dumps(about))
    with pytest.raises(
        InputError, match=r"holds run\.json; patches\.png, not of a demo; name another folder"
    ):
        demo.need_own(tmp_path)
    (tmp_path / "run.json").unlink()
    with pytest.raises(InputError, match=r"holds patches\.png, not of a demo"):
        demo.need_own(tmp_path)
