"""`vitnp translate` as a user types it: trains, goes on, translates; what does not fit is one line."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import command_line
import numpy as np
import patient
import pytest
from test_train_runs import rewrite, same_models

import vitnp
from vitnp import models, tree, weights
from vitnp.commands import cli
from vitnp.engine import decoding, ranks
from vitnp.inputs.sequences import END, PADDING, START
from vitnp.inputs.text import to_ids, to_texts
from vitnp.training import folder
from vitnp.training.wanted import WantedSentences

pytestmark = pytest.mark.usefixtures("plain_curves")

TINY = "--set hidden_size=8 --set num_heads=2 --set num_layers=1 --set mlp_dim=8 --workers 1 --batch-size 16"
SMALL = f"--task number-to-korean {TINY} --steps 6 --set-recipe warmup_steps=2"
WORDS = {"하나": "one", "둘": "two", "셋": "three", "넷": "four", "다섯": "five", "여섯": "six"}
LINES = [f"{a} {b}\t{WORDS[b]} {WORDS[a]}" for a in WORDS for b in WORDS]  # turned round, word by word


def run(capsys, words, *more):
    """(exit status, standard output, standard error) of `vitnp translate …`."""
    return command_line.run(capsys, "translate", *words.split(), *more)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run on a file of 36 pairs."""
    place = tmp_path_factory.mktemp("translate")
    (place / "pairs.tsv").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    more = "--split words --set hidden_size=32 --set mlp_dim=64 --steps 250 --lr 0.01 --seed 3 --dropout 0"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vitnp.show.save", lambda figure, path: path)
        patch.chdir(place)
        words = f"translate --task pairs.tsv {TINY} {more} --set-recipe warmup_steps=20 --out run"
        assert cli.main(words.split()) == 0
    return place / "run"


def test_the_help_names_no_option_of_images(capsys):
    with pytest.raises(SystemExit):
        cli.main(["translate", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert "--init" not in words
    assert "one of vitnp recipes (default: translate)" in words


def test_it_trains_and_says_so(capsys, tmp_path):
    status, out, err = run(capsys, f"{SMALL} --log-every 1 --out", tmp_path / "run")
    assert (status, err) == (0, "")
    first, task, sentences, with_seed, _, note, line, last, files, how = out.splitlines()
    assert first.startswith("model translate-small: ") and first.endswith(" parameters, 24 symbols")
    assert task == "task number-to-korean: at most 8 → 15 symbols"
    assert sentences == "25,600 training sentences per epoch, 1,000 test sentences"
    assert with_seed == "seed 0, 1 thread"
    assert files == f"model.npz, history.csv and curves.png are in {tmp_path / 'run'}"
    assert note.startswith("note: 97% of the averaged parameters is what the training of 6 steps began with")
    assert line.startswith("epoch 1/1  loss ") and line.endswith(" sentences/s")
    assert last.startswith("0.00% of the test sentences are right as a whole after ")
    assert how == f"to translate: vitnp translate --weights {tmp_path / 'run' / 'model.npz'} TEXT"
    p, config = weights.load(tmp_path / "run" / "model.npz")
    assert (config.hidden_size, config.num_layers, config.vocabulary_size) == (8, 1, 27)
    assert f"{tree.count(p):,} parameters" in first
    about = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))
    assert about["options"]["task"] == about["run"]["data"]["name"] == "number-to-korean"
    assert about["run"]["recipe"]["schedule"] == "inverse-sqrt"
    assert not (tmp_path / "run" / "classes.txt").exists()
    with open(tmp_path / "run" / "steps.csv", encoding="utf-8", newline="") as file:
        steps = list(csv.DictReader(file))
    assert [row["sentences"] for row in steps] == ["16"] * 6
    assert [float(row["lr"]) for row in steps] == pytest.approx(
        [2e-3 * min(t / 2, (2 / t) ** 0.5) for t in range(1, 7)]
    )
    (epoch,) = csv.DictReader((tmp_path / "run" / "history.csv").read_text("utf-8").splitlines())
    assert "sentences_per_second" in epoch and "images_per_second" not in epoch


def test_a_run_goes_on_to_the_bit(capsys, tmp_path):
    """From its first checkpoint, in the middle of its only epoch, it comes to the same end, and its rows too."""
    words = f"{SMALL} --save-every 2 --keep 9 --log-every 1 --out"
    assert run(capsys, words, tmp_path / "whole")[0] == 0
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    for file in [*sorted((tmp_path / "cut").glob("checkpoints/*"))[1:], tmp_path / "cut" / "model.npz"]:
        file.unlink()
    status, out, _ = run(capsys, "--resume", tmp_path / "cut")
    assert status == 0 and "resumed after step 2" in out
    same_models(tmp_path / "cut", tmp_path / "whole")
    steps = [(tmp_path / name / "steps.csv").read_text("utf-8") for name in ("cut", "whole")]
    assert steps[0] == steps[1] and steps[0].count("\n") == 7


def test_ctrl_c_saves_first(capsys, tmp_path):
    process = subprocess.Popen(
        [sys.executable, patient.__file__, "translate", *SMALL.split(), "--out", str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(vitnp.__file__).parents[1]), "OPENBLAS_NUM_THREADS": "1"},
    )
    assert "waiting\n" in iter(process.stdout.readline, ""), process.communicate()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130, err
    assert f"go on with vitnp translate --resume {tmp_path / 'run'}" in err
    assert run(capsys, "--resume", tmp_path / "run")[0] == 0
    assert run(capsys, f"{SMALL} --out", tmp_path / "whole")[0] == 0
    same_models(tmp_path / "run", tmp_path / "whole")


def test_a_run_from_before_the_recipe_had_epsilon_goes_on(capsys, tmp_path):
    """A field that is younger than a file has its default there; any other value is another run."""
    words = "train --data digits --set num_layers=1 --set hidden_size=8 --set num_heads=1 --set mlp_dim=8"
    words += " --batch-size 512 --epochs 2 --workers 1 --save-every 3 --out"
    assert command_line.run(capsys, *words.split(), tmp_path)[0] == 0

    def older(rest):
        recipe = {name: value for name, value in rest["run"]["recipe"].items() if name != "eps"}
        return rest | {"run": rest["run"] | {"recipe": recipe}}

    for file in tmp_path.glob("checkpoints/*"):
        rewrite(file, older)
    assert command_line.run(capsys, "train", "--resume", tmp_path)[0] == 0
    notes = json.loads((tmp_path / "run.json").read_text("utf-8"))
    notes["options"]["set_recipe"] = ["eps=1e-6"]
    (tmp_path / "run.json").write_text(json.dumps(notes), encoding="utf-8")
    status, _, err = command_line.run(capsys, "train", "--resume", tmp_path)
    assert status == 2 and "recipe.eps is 1e-08 there and 1e-06 here" in err


def test_what_it_translates(capsys, trained):
    """The pairs it was trained on; each text by itself gives what it gives among the others."""
    texts = [line.split("\t")[0] for line in LINES]
    status, out, err = run(capsys, "--weights", trained / "model.npz", *texts)
    assert (status, err) == (0, "")
    want = [f"{text} → {line.split(chr(9))[1]}" for text, line in zip(texts, LINES, strict=True)]
    right = sum(line == wanted for line, wanted in zip(out.splitlines(), want, strict=True))
    assert right >= 32  # of 36; three sources are held out
    alone = [run(capsys, "--weights", trained / "model.npz", text)[1] for text in texts[:3]]
    assert alone == out.splitlines(keepends=True)[:3]


@pytest.mark.parametrize("beam", [1, 3, None])
def test_beam_and_json(capsys, trained, beam):
    texts = ["하나 둘", "여섯  여섯"]
    words = "" if beam is None else f"--beam {beam} --length-penalty 0.3 "
    status, out, _ = run(capsys, f"{words}--json --weights", trained / "model.npz", *texts)
    report = json.loads(out)
    assert status == 0
    assert (report["beam"], report["length_penalty"]) == ((4, 0.6) if beam is None else (beam, 0.3))
    p, config = weights.load(trained / "model.npz")
    source = to_ids(texts, config)
    how = {"width": report["beam"], "length_penalty": report["length_penalty"]}
    ids, log_p = decoding.beam(source, p, config, **how)
    if beam == 1:
        np.testing.assert_array_equal(ids, decoding.greedy(source, p, config))
    assert [one["translation"] for one in report["texts"]] == to_texts(ids, config)
    # The log-probability of the translation, from one pass over the whole target.
    for one, source_row, row, value in zip(report["texts"], source, ids, log_p, strict=True):
        row = row[row != PADDING]
        pair = source_row[None], np.array([[START, *row[:-1]]])
        logits = models.of(config).forward(pair, p, config)[0][0].astype("float64")
        of_each = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        assert row[-1] == END
        assert one["log_probability"] == pytest.approx(of_each[np.arange(len(row)), row].sum(), abs=1e-4)
        assert one["log_probability"] == value


def test_texts_that_cannot_be_read(capsys, trained, tmp_path):
    """Each has its own line, the others are translated, and the status is 2."""
    texts = ["하나 둘", "하나 일곱", " ", "둘 " * 9, "둘 하나"]
    status, out, err = run(capsys, "--weights", trained / "model.npz", *texts)
    assert status == 2
    assert [line.partition(" → ")[0] for line in out.splitlines()] == ["하나 둘", "둘 하나"]
    unknown, empty, long = err.splitlines()
    assert 'word 2 of "하나 일곱" is "일곱", which the model does not read' in unknown
    assert "is empty" in empty and "the model reads at most 2" in long
    status, out, _ = run(capsys, "--json --weights", trained / "model.npz", *texts)
    assert status == 2
    assert ["error" in one for one in json.loads(out)["texts"]] == [False, True, True, True, False]


def test_the_picture_of_each_text(capsys, trained, tmp_path):
    picture = tmp_path / "a.png"
    status, out, _ = run(capsys, f"--attention {picture} --weights", trained / "model.npz", "하나 둘")
    assert status == 0 and f"attention: {picture}" in out and picture.stat().st_size > 5000
    texts = ["하나 둘", "일곱", "하나 둘"]
    status, out, _ = run(capsys, f"--attention {picture} --json --weights", trained / "model.npz", *texts)
    assert status == 2
    drawn = [one.get("attention") for one in json.loads(out)["texts"]]
    assert drawn == [str(tmp_path / "a-1.png"), None, str(tmp_path / "a-3.png")]
    assert all(Path(path).exists() for path in drawn if path)


def test_what_is_drawn(capsys, trained, tmp_path, monkeypatch):
    """The weights of the last block, a row for each symbol that is written, END among them."""
    found = {}

    def spy(A, source, target, *, block):
        found.update(A=A, source=source, target=target, block=block)

    monkeypatch.setattr("vitnp.show.cross_attention", spy)
    monkeypatch.setattr("vitnp.show.save", lambda figure, path: path)
    _, out, _ = run(capsys, f"--attention {tmp_path}/a.png --weights", trained / "model.npz", "다섯 넷")
    assert found["source"] == ["다섯", "넷"] and found["block"] == 0
    assert found["target"] == [*out.splitlines()[0].partition(" → ")[2].split(), "END"]
    assert found["A"].shape == (2, len(found["target"]), 2)
    np.testing.assert_allclose(found["A"].sum(axis=-1), 1.0, atol=1e-6)


TRAINING = [
    ("", "which sentences? name a task with --task: number-to-korean, "),
    ("--task numbrs", 'no task or file "numbrs"; did you mean numbers?'),
    (
        "--task numbers --model digits",
        "the model digits reads images, and vitnp translate trains models that",
    ),
    ("--task numbers --model nothing", 'model "nothing" is unknown'),
    (
        "--task numbers --recipe digits",
        'the recipe "digits" is for a model that reads images; type vitnp train',
    ),
    ("--task numbers --set vocabulary_size=9", "the sentences decide vocabulary_size; leave it out of --set"),
    (
        "--task numbers --set source_length=3",
        "have source_length 15, the model 3; give it that of the sentences",
    ),
    ("--task numbers --set image_size=3", 'configuration field "image_size" is unknown'),
    ("--task numbers --set hidden_size=7", "hidden_size is 7 and num_heads 4"),
    (
        "--task numbers --set-recipe augment=flip",
        "the recipe has augment=flip, which is of images; sentences",
    ),
    ("--task numbers --set-recipe mixup=0.1", "the recipe has mixup=0.1, which is of images; sentences take"),
    ("--task numbers --set-recipe eps=0", "eps is 0; need a finite number from 1e-30 on"),
    ("--task numbers --split words", 'split is "words", and numbers is always cut into characters'),
    ("--task numbers --seed -1", "--seed is -1; need a whole number of at least 0"),
    (
        "--task numbers --dropout 0.1 --set dropout_rate=0.1",
        "dropout is 0.1 and dropout_rate is 0.1; give one",
    ),
    ("--task numbers 12345", "a TEXT is of a trained model with --weights FILE, and --out trains"),
    ("--task numbers --beam 2", "--beam is of a trained model with --weights FILE, and --out trains"),
    ("--task numbers --json", "--json is of a trained model with --weights FILE, and --out trains"),
    ("--data digits", "unrecognized arguments: --data"),
]


@pytest.mark.parametrize(("words", "message"), TRAINING)
def test_a_training_that_cannot_be(capsys, tmp_path, words, message):
    status, out, err = run(capsys, f"{words} --steps 1 --out", tmp_path / "run")
    assert (status, out) == (2, "")
    assert message in err and err.startswith("vitnp: ") and err.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "what is to be translated? type vitnp translate --weights "),
        ("하나 --lr 0.1", "--lr is of training, and --weights answers; leave out one of them"),
        ("하나 --overwrite", "--overwrite is of training, and --weights answers"),
        ("하나 --seed 0", "--seed is of training, and --weights answers"),
        ("하나 --beam 0", "--beam is 0; need a whole number of at least 1 and at most 15"),
        ("하나 --beam 16", "--beam is 16; need a whole number of at least 1 and at most 15"),
        ("하나 --length-penalty -1", "--length-penalty is -1.0; need a number from 0"),
        ("하나 --attention a.nothing", 'a.nothing ends in "nothing", which is no picture'),
    ],
)
def test_an_answer_that_cannot_be(capsys, trained, words, message):
    status, out, err = run(capsys, words, "--weights", trained / "model.npz")
    assert (status, out) == (2, "")
    assert message in err and err.startswith("vitnp: ") and err.count("\n") == 1


def test_weights_that_read_no_text(capsys, trained, tmp_path):
    made = {
        "tiny": (models.preset("tiny"), "reads images"),
        "ids": (models.preset("transformer-tiny"), "no symbols"),
    }
    for name, (config, message) in made.items():
        path = tmp_path / f"{name}.npz"
        weights.save(path, models.of(config).init(np.random.default_rng(0), config), config)
        status, _, err = run(capsys, "--weights", path, "12")
        assert status == 2 and message in err and err.count("\n") == 1
    checkpoint = min(trained.glob("checkpoints/*"))
    status, _, err = run(capsys, "--weights", checkpoint, "12")
    assert status == 2 and f"there at the end: vitnp translate --resume {trained}" in err


def test_numbers_that_are_not_finite(capsys, trained, tmp_path):
    p, config = weights.load(trained / "model.npz")
    p["decoder_norm"]["beta"] = p["decoder_norm"]["beta"] + np.float32(3e38)  # finite, and its logits are not
    weights.save(tmp_path / "large.npz", p, config)
    status, out, err = run(capsys, "--weights", tmp_path / "large.npz", "하나")
    assert (
        (status, out) == (2, "")
        and "the model gives logits that are not numbers" in err
        and err.count("\n") == 1
    )


def test_runs_of_the_other_command(capsys, trained, tmp_path):
    for command in ("train", "pretrain"):
        status, _, err = command_line.run(capsys, command, "--resume", trained)
        assert status == 2 and f"is of vitnp translate; type vitnp translate --resume {trained}" in err
    words = "train --steps 1 --batch-size 64 --out".split()
    assert command_line.run(capsys, *words, tmp_path)[0] == 0
    status, _, err = run(capsys, "--resume", tmp_path)
    assert status == 2 and f"is of vitnp train; type vitnp train --resume {tmp_path}" in err
    status, _, err = run(capsys, "--task numbers --resume", trained)
    assert status == 2 and "--task is 'numbers' and was '" in err


@pytest.mark.parametrize(
    "words",
    [
        "train --model translate-small --out run",
        "pretrain --model translate-small --out run",
        "train --init {} --recipe photos --out run",
        "train --init {} --out run",
        "fine-tune --init {} --data digits",
        "compare --over norm --model translate-small",
        "train --recipe translate --out run",
    ],
)
def test_trainings_on_images_refuse_its_models(capsys, trained, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    status, _, err = command_line.run(capsys, *words.format(trained / "model.npz").split())
    assert status == 2 and "reads sequences" in err and "type vitnp translate" in err
    assert err.count("\n") == 1 and not list(tmp_path.iterdir())


class Two(ranks.Alone):
    """The first of two ranks, as far as it is asked for its place."""

    size = 2


def test_several_ranks_are_refused(tmp_path):
    wanted = WantedSentences(task="numbers")
    with pytest.raises(
        vitnp.InputError, match="a batch of sequences is not divided over ranks; start vitnp translate"
    ):
        folder.run(wanted, folder.Where(str(tmp_path / "run")), Two())
    assert not (tmp_path / "run").exists()


def test_a_file_that_has_changed_is_another_run(capsys, trained, tmp_path):
    place = shutil.copytree(trained.parent, tmp_path / "copy")
    for file in ("run.json",):
        text = (place / "run" / file).read_text("utf-8")
        (place / "run" / file).write_text(text.replace(str(trained.parent), str(place)), encoding="utf-8")
    (place / "pairs.tsv").write_text("\n".join(LINES[::-1]) + "\n", encoding="utf-8")
    status, _, err = run(capsys, "--resume", place / "run")
    assert status == 2 and "is of another run: data." in err and "train into a new folder with --out" in err


@pytest.mark.parametrize(
    ("words", "sources"),
    [
        (["하나 둘", "--weights", "{}", "셋 넷"], ["하나 둘", "셋 넷"]),
        (
            ["하나 둘", "--beam", "2", "셋 넷", "--weights", "{}", "--", "넷 셋"],
            ["하나 둘", "셋 넷", "넷 셋"],
        ),
        (["--weights", "{}", "--", "하나 둘"], ["하나 둘"]),
    ],
)
def test_texts_before_and_after_options(capsys, trained, words, sources):
    words = [word.format(trained / "model.npz") for word in words]
    status, out, err = command_line.run(capsys, "translate", *words)
    assert (status, err) == (0, "")
    assert [line.partition(" → ")[0] for line in out.splitlines()] == sources


@pytest.mark.parametrize(
    ("more", "message", "translated"),
    [
        (["-q", "셋 넷"], "unrecognized arguments: -q 셋 넷", False),
        (["--", "-q"], 'word 1 of "-q" is "-q", which the model does not read', True),
        ([""], 'the text "" is empty; give at least one of its words', True),
        (["--task", ""], "--task is empty", False),
        (["--attention", ""], "--attention is empty", False),
    ],
)
def test_words_after_options_that_are_not_read(capsys, trained, more, message, translated):
    """A text of nothing is refused like any other text: the others are translated."""
    status, out, err = run(capsys, "하나", "둘 하나", "--weights", trained / "model.npz", *more)
    assert status == 2 and message in err and err.count("\n") == 1
    assert len(out.splitlines()) == 2 * translated


def test_one_is_one(capsys, tmp_path):
    """One test pair, one symbol."""
    (tmp_path / "ten.tsv").write_text("".join(f"{i}\t{i}\n" for i in range(10)), encoding="utf-8")
    words = f"--task {tmp_path}/ten.tsv {TINY} --steps 1 --set-recipe warmup_steps=1 --out"
    status, out, _ = run(capsys, words, tmp_path / "run")
    assert status == 0 and "at most 1 → 1 symbol\n" in out and "6,408 training" in out
    assert "9 training pairs, each 712 times per epoch; 1 test pair, whose sources are not trained on" in out


def test_a_file_that_was_moved_is_put_back(capsys, tmp_path):
    pairs, run_folder = tmp_path / "pairs.tsv", tmp_path / "run"
    pairs.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    words = f"--task {pairs} {TINY} --steps 2 --set-recipe warmup_steps=1 --out"
    assert run(capsys, words, run_folder)[0] == 0
    pairs.rename(tmp_path / "moved.tsv")
    status, out, err = run(capsys, "--resume", run_folder)
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert f"began with --task {pairs}, which is not there any more; put it back to go on" in err
    (tmp_path / "moved.tsv").rename(pairs)
    assert run(capsys, "--resume", run_folder)[0] == 0


def test_a_training_too_short_for_its_average(capsys, tmp_path):
    words = f"--task number-to-korean {TINY} --set-recipe warmup_steps=2"
    _, out, _ = run(capsys, f"{words} --steps 6 --set-recipe average=0.9 --out", tmp_path / "short")
    assert "note: 53% of the averaged parameters is what the training of 6 steps began with; " in out  # 0.9⁶
    assert "give --set-recipe average=0.46, or train longer" in out  # 0.46⁶ < 0.01
    _, out, _ = run(capsys, f"{words} --steps 6 --set-recipe average=0.46 --out", tmp_path / "good")
    assert "averaged parameters" not in out
