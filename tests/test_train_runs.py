"""`vitnp train` over several starts: stopped and resumed, refused, begun from a file, on one part of the model."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import patient
import pytest
from test_train_command import SMALL, run

import vitnp
from vitnp import preset, tree, vit, weights
from vitnp.commands import cli
from vitnp.system import language
from vitnp.training import signals
from vitnp.training.snapshots import CHECKSUM, REST, checksum

pytestmark = pytest.mark.usefixtures("plain_curves")


def params(path):
    """{name: array} of a model's file."""
    return dict(tree.leaves(weights.load(path)[0]))


def same_models(one, other):
    """Assert that two runs ended with the same parameters, to the bit."""
    p, q = params(one / "model.npz"), params(other / "model.npz")
    assert p.keys() == q.keys()
    for name, leaf in p.items():
        np.testing.assert_array_equal(leaf, q[name], err_msg=name)


def started(*words):
    """The process of `vitnp train …`, when it has done two steps and waits for a signal."""
    root = Path(vitnp.__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, patient.__file__, "train", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root), "OPENBLAS_NUM_THREADS": "1"},
    )
    assert "waiting\n" in iter(process.stdout.readline, ""), process.communicate()
    return process


TWELVE = [*SMALL.split(), "--workers", "1"]  # steps


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_first(capsys, tmp_path, number, status):
    process = started(*TWELVE, "--out", tmp_path / "run", "--seed", 5)
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == status, err
    assert "saving after this step" in err
    assert f"go on with vitnp train --resume {tmp_path / 'run'}" in err
    assert "Traceback" not in err
    (saved,) = (tmp_path / "run" / "checkpoints").iterdir()
    assert str(saved) in err
    assert not (tmp_path / "run" / "model.npz").exists()
    if number == signal.SIGTERM:  # one look at the rest is enough
        assert run(capsys, "--resume", tmp_path / "run")[0] == 0
        assert run(capsys, " ".join(TWELVE), "--out", tmp_path / "whole", "--seed", 5)[0] == 0
        same_models(tmp_path / "run", tmp_path / "whole")


def test_a_signal_is_answered_in_the_language(capfd):
    with language.used("ko"), signals.heard() as wish:
        signal.raise_signal(signal.SIGINT)
        assert wish()
    assert "이 스텝 뒤에 저장하고 멈춥니다" in capfd.readouterr().err


def test_the_second_signal_leaves_at_once():
    with signals.heard() as wish:
        assert not wish()
        signal.raise_signal(signal.SIGINT)
        assert wish()
        assert wish.signal == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_signals_are_left_as_they_were():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with signals.heard():
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) != before
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_outside_the_main_thread_no_signal_is_taken():
    """Python takes none there: it would be a ValueError."""
    found = []

    def call():
        with signals.heard() as wish:
            found.append(wish())

    other = threading.Thread(target=call)
    other.start()
    other.join()
    assert found == [False]


def test_the_notes_of_a_run_can_be_read(finished):
    assert len((finished / "run.json").read_text().splitlines()) > 20


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run of two epochs with a checkpoint after each of the last three steps."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    words = f"train {SMALL} --epochs 2 --workers 1 --save-every 1 --keep 3 --log-every 1"
    assert cli.main([*words.split(), "--out", str(folder)]) == 0
    return folder


def test_a_folder_with_a_run_is_refused(capsys, finished):
    before = sorted(finished.rglob("*"))
    status, _, err = run(capsys, SMALL, "--out", finished)
    assert status == 2
    assert err == (
        f"vitnp: {finished} already holds a run; go on with --resume {finished}, name another folder, "
        "or --overwrite it\n"
    )
    assert sorted(finished.rglob("*")) == before


def test_overwrite_removes_the_run_and_nothing_else(capsys, tmp_path):
    assert run(capsys, f"{SMALL} --log-every 1 --save-every 1 --out", tmp_path)[0] == 0
    (tmp_path / "notes.txt").write_text("mine")
    assert run(capsys, f"{SMALL} --lr -1 --overwrite --out", tmp_path)[0] == 2
    assert (tmp_path / "model.npz").exists()  # bad options lose nothing
    assert run(capsys, f"{SMALL} --overwrite --out", tmp_path)[0] == 0
    assert len(list(tmp_path.glob("checkpoints/*"))) == 1
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_resuming_what_is_finished_writes_the_same_again(capsys, finished):
    model = (finished / "model.npz").read_bytes()
    (finished / "model.npz").unlink()
    status, out, _ = run(capsys, "--resume", finished)
    assert status == 0
    assert "resumed after step 24" in out
    assert "test accuracy" in out
    assert (finished / "model.npz").read_bytes() == model


def rewrite(file, change):
    """Change what a checkpoint says beside its arrays, and sign it as a vitnp that wrote so would."""
    with np.load(file) as found:
        arrays = {name: array for name, array in found.items() if name != CHECKSUM}
    rest = change(json.loads(str(arrays[REST])))
    arrays[REST] = np.array(json.dumps(rest))
    np.savez(file, **arrays, **{CHECKSUM: np.array(checksum(arrays))})


def test_a_run_from_before_there_were_families_goes_on(capsys, tmp_path):
    """Its notes and its checkpoint name no family, and have the fields in another order."""
    words = f"{SMALL} --epochs 2 --workers 1 --save-every 1 --log-every 1 --out"
    assert run(capsys, words, tmp_path / "whole")[0] == 0
    shutil.copytree(tmp_path / "whole", tmp_path / "old")
    (tmp_path / "old" / "model.npz").unlink()
    before, last = sorted((tmp_path / "old" / "checkpoints").iterdir())
    last.unlink()

    def older(run):
        model = {name: run["model"][name] for name in sorted(run["model"]) if name != "family"}
        return run | {"model": model}

    notes = json.loads((tmp_path / "old" / "run.json").read_text())
    notes["run"] = older(notes["run"])
    (tmp_path / "old" / "run.json").write_text(json.dumps(notes))
    rewrite(before, lambda rest: rest | {"run": older(rest["run"])})
    assert run(capsys, "--recipe digits --epochs 1 --init", before, "--out", tmp_path / "begun")[0] == 0
    assert run(capsys, "--resume", tmp_path / "old")[0] == 0
    same_models(tmp_path / "old", tmp_path / "whole")


def test_a_run_that_goes_on_removes_nothing(capsys, finished, tmp_path, monkeypatch):
    """Neither its own files nor those of a run in the folder it is started in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.json").write_text("of another run")
    monkeypatch.setattr("vitnp.training.folder.clear", lambda folder: pytest.fail(f"{folder} is cleared"))
    assert run(capsys, "--resume", finished)[0] == 0
    assert (tmp_path / "run.json").read_text() == "of another run"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--lr 0.5", "--lr is 0.5 and was not given when the run in"),
        ("--seed 4", "--seed is 4 and was 0"),
        ("--seed 0 --data mnist", "--data is 'mnist' and was 'digits'"),
        ("--set num_layers=2", "--set is ['num_layers=2'] and was ['num_layers=1'"),
        ("--epochs 3", "--epochs is 3 and was 2"),
        ("--workers 2", "--workers is 2 and was 1"),
    ],
)
def test_another_run_is_not_resumed(capsys, finished, words, message):
    status, _, err = run(capsys, f"{words} --resume", finished)
    assert status == 2
    assert message in err
    assert err.count("\n") == 1


def test_an_option_typed_at_its_default_is_compared_too(capsys, tmp_path):
    assert run(capsys, f"{SMALL} --seed 1 --log-every 1 --out", tmp_path)[0] == 0
    status, _, err = run(capsys, "--seed 0 --resume", tmp_path)
    assert status == 2
    assert "--seed is 0 and was 1 when the run in" in err
    assert run(capsys, "--seed 1 --log-every 10 --resume", tmp_path)[0] == 0


def test_what_may_differ_when_a_run_goes_on(capsys, finished):
    assert run(capsys, "--save-every 7 --keep 1 --epochs 2 --resume", finished)[0] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recipe": {"lr": 9.0}}, "recipe.lr is 0.002 there and 9.0 here"),
        ({"data": {"labels": 1}}, "data.labels is"),
        ({"model": {"gelu": "erf"}}, 'model.gelu is "erf" there and "tanh" here'),
    ],
)
def test_a_checkpoint_of_something_else(capsys, tmp_path, change, message):
    """The recipe of the name has changed, or the pictures have: the checkpoint knows what it was."""
    assert run(capsys, f"{SMALL} --out", tmp_path)[0] == 0
    (file,) = tmp_path.glob("checkpoints/*")
    rewrite(
        file,
        lambda rest: (
            rest
            | {"run": rest["run"] | {part: rest["run"][part] | values for part, values in change.items()}}
        ),
    )
    status, _, err = run(capsys, "--resume", tmp_path)
    assert status == 2
    assert message.replace("0.002 there and 9.0 here", "9.0 there and 0.002 here") in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    ["linear-eval --weights", "predict x.png --weights", "look x.png --out {} --weights", "weights inspect"],
)
def test_a_training_checkpoint_is_not_weights(capsys, finished, tmp_path, words):
    file = min(finished.glob("checkpoints/*"))
    assert cli.main([*words.format(tmp_path).split(), str(file)]) == 2
    assert capsys.readouterr().err == (
        f"vitnp: {file} is a training checkpoint, which only train --init reads; use its run's model.npz, which "
        f"is there at the end: vitnp train --resume {finished}\n"
    )
    assert cli.main(["train", "--resume", str(finished)]) == 0


def test_nothing_to_resume(capsys, tmp_path):
    status, _, err = run(capsys, "--resume", tmp_path)
    assert status == 2
    assert "holds no run to go on with" in err


@pytest.mark.parametrize("workers", [1, 2])
def test_the_last_good_checkpoint_is_named(capsys, tmp_path, workers):
    """And can be begun from, with a smaller rate."""
    words = f"{SMALL} --set-recipe warmup_steps=0 --lr 1e18 --save-every 1 --workers {workers} --out"
    status, _, err = run(capsys, words, tmp_path / "a")
    assert status == 2
    assert "the last good checkpoint is " in err or "there is no checkpoint yet" in err
    assert err.count("\n") == 1


def test_begun_from_a_checkpoint(capsys, finished, tmp_path):
    path = sorted(finished.glob("checkpoints/*"))[-1]
    words = "--batch-size 360 --epochs 1 --recipe digits --lr 1e-12 --set-recipe position_scale=1 --init"
    assert run(capsys, words, path, "--out", tmp_path)[0] == 0
    for name, leaf in params(finished / "model.npz").items():
        np.testing.assert_allclose(params(tmp_path / "model.npz")[name], leaf, atol=1e-8, err_msg=name)


BEGUN = "--epochs 1 --recipe digits --batch-size 360 --set-recipe warmup_steps=0 --init"


def test_set_reaches_a_model_begun_from_a_checkpoint(capsys, finished, tmp_path):
    path = max(finished.glob("checkpoints/*"))
    words = ["--set", "gelu=erf", "--set", "attention_dropout_rate=0.1", "--set", "position_embedding=1d"]
    assert run(capsys, BEGUN, path, *words, "--from", "vitnp", "--out", tmp_path)[0] == 0
    config = weights.load(tmp_path / "model.npz")[1]
    assert (config.gelu, config.attention_dropout_rate) == ("erf", 0.1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--set position_embedding=sincos", 'has position_embedding "1d", which does not fit "sincos"'),
        ("--set mlp_dim=32", "blocks.0.feed_forward.W1 is (16, 16), need (16, 32)"),
        ("--set num_layers=2", "blocks.1.norm_1.gamma is missing, need (16,)"),
        ("--set classifier=gap", "class_token.cls is unexpected"),
        ("--set gelu=relu", 'gelu is "relu"; choose'),
        ("--from timm", "leave out --from timm"),
    ],
)
def test_what_a_checkpoint_cannot_become_is_refused(capsys, finished, tmp_path, words, message):
    path = max(finished.glob("checkpoints/*"))
    status, _, err = run(capsys, BEGUN, path, *words.split(), "--out", tmp_path)
    assert status == 2
    assert message in err
    assert err.count("\n") == 1


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """A model of seven classes and 12x12 pixels, with pre-logits, in timm's transposed layout."""
    path = tmp_path_factory.mktemp("pretrained") / "model.safetensors"
    rng = np.random.default_rng(4)
    fields = {"hidden_size": 16, "num_heads": 2, "mlp_dim": 16, "num_layers": 1}
    config = preset("digits", image_size=12, num_classes=7, **fields)
    p = tree.map(
        lambda leaf: (leaf + 0.1 * rng.standard_normal(leaf.shape)).astype("float32"), vit.init(rng, config)
    )
    weights.save(path, p, config, format="timm")
    return path


TUNE = (
    "--recipe digits --epochs 1 --batch-size 128 --set-recipe warmup_steps=5 --image-size 8 --set num_heads=2"
)


def test_fine_tuning(capsys, pretrained, tmp_path):
    """Another image size and other classes: positions interpolated, the head begins at zero, so at ln 10."""
    status, out, err = run(capsys, f"{TUNE} --log-every 1 --init", pretrained, "--out", tmp_path)
    assert (status, err) == (0, "")
    assert f"weights {pretrained}: " in out and "\ndata digits: " in out
    p, config = weights.load(tmp_path / "model.npz")
    assert config.image_size == (8, 8)
    assert config.num_classes == 10
    first = json.loads((tmp_path / "steps.jsonl").read_text().splitlines()[0])
    assert first["loss"] == pytest.approx(np.log(10), rel=1e-5)
    assert all(leaf.flags.c_contiguous for _, leaf in tree.leaves(p))


def test_a_frozen_backbone(capsys, pretrained, tmp_path):
    status, _, err = run(capsys, f"{TUNE} --freeze backbone --init", pretrained, "--out", tmp_path)
    assert (status, err) == (0, "")
    before = dict(tree.leaves(weights.load(pretrained, image_size=8, num_heads=2)[0]))
    after = params(tmp_path / "model.npz")
    moved = [name for name, leaf in after.items() if not np.array_equal(leaf, before.get(name))]
    assert moved == ["classify.head.W", "classify.head.b"]


def test_a_fine_tuning_goes_on_without_its_file(capsys, pretrained, tmp_path):
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(pretrained.read_bytes())
    assert run(capsys, f"{TUNE} --init", copy, "--out", tmp_path / "run")[0] == 0
    model = (tmp_path / "run" / "model.npz").read_bytes()
    copy.unlink()
    assert run(capsys, "--resume", tmp_path / "run")[0] == 0
    assert (tmp_path / "run" / "model.npz").read_bytes() == model


def test_a_fine_tuning_stopped_before_its_first_checkpoint(capsys, pretrained, tmp_path):
    """It begins again with the weights of its file, not with random ones."""
    words = f"{TUNE} --workers 1 --init"
    assert run(capsys, words, pretrained, "--out", tmp_path / "whole")[0] == 0
    assert run(capsys, words, pretrained, "--out", tmp_path / "run")[0] == 0
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    assert run(capsys, "--resume", tmp_path / "run")[0] == 0
    same_models(tmp_path / "run", tmp_path / "whole")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--recipe digit", 'recipe "digit" is unknown; did you mean digits'),
        ("--set-recipe lr", '--set-recipe "lr" has no value; write FIELD=VALUE'),
        ("--set-recipe lrr=1", 'recipe field "lrr" is unknown; did you mean lr?'),
        ("--set-recipe bogus=1", 'recipe field "bogus" is unknown; choose from epochs'),
        ("--set-recipe lr=fast", '"fast" is not a number'),
        ("--set-recipe optimizer=adagrad", 'optimizer is "adagrad"; choose sgd or adam'),
        ("--set-recipe augment=turn", 'augment is "turn"'),
        ("--set-recipe epochs=2 --steps 3", "epochs is 2 and steps is 3; give one of them"),
        ("--save-every 0", "--save-every is 0"),
        ("--keep 0", "--keep is 0"),
        ("--log-every 0", "--log-every is 0"),
        ("--init nowhere.npz", "which recipe? name one with --recipe"),
        ("--recipe digits --init nowhere.npz", "nowhere.npz"),
        ("--recipe digits --init x --model B/16", "--init says what the model is"),
        ("--backend torch", 'backend "torch" is unknown'),
        ("--micro-batch 0", "micro_batch is 0"),
    ],
)
def test_bad_options_are_one_line(capsys, tmp_path, words, message):
    status, _, err = run(capsys, f"{words} --out", tmp_path)
    assert status == 2
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "run.json").exists()


def test_recipe_fields_from_the_command_line(capsys, tmp_path):
    words = (
        (
            f"{SMALL} --steps 3 --set-recipe optimizer=sgd --set-recipe augment= --set-recipe clip=inf "
            "--set-recipe augment=affine,affine --set-recipe average=0.9 --micro-batch 64 --log-every 1 --out"
        )
        .replace("--epochs 1", "")
        .replace("--set-recipe augment= ", "")
    )
    assert run(capsys, words, tmp_path)[0] == 0
    recipe = json.loads((tmp_path / "run.json").read_text())["run"]["recipe"]
    assert recipe["steps"] == 3
    assert recipe["epochs"] is None
    assert recipe["optimizer"] == "sgd"
    assert recipe["augment"] == ["affine", "affine"]
    assert recipe["clip"] == float("inf")
    assert len((tmp_path / "steps.csv").read_text().splitlines()) == 4


def test_too_little_memory(capsys, tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr("vitnp.engine.batch.run", full)
    status, _, err = run(capsys, f"{SMALL} --out", tmp_path)
    assert status == 2
    assert err == "vitnp: a step of 128 images needs more memory than there is; give --micro-batch\n"


def test_begun_from_a_checkpoint_whose_recipe_holds_infinity(capsys, tmp_path):
    """Which is no JSON, but Python's."""
    assert run(capsys, f"{SMALL} --set-recipe clip=inf --out", tmp_path / "run")[0] == 0
    (path,) = (tmp_path / "run" / "checkpoints").iterdir()
    assert run(capsys, BEGUN, path, "--out", tmp_path / "begun")[0] == 0
    assert run(capsys, "--resume", tmp_path / "run")[0] == 0
