"""The advice of a message, followed: what was refused is typed as the message says, and works.

Also: no message, help text or error names an option that no command has.
"""

import argparse
import ast
import re
import shlex
from pathlib import Path

import pytest
from checkpoint_files import random_model
from tiny_world import model, picture, pictures, published_cache, things, typed, world  # noqa: F401  two fixtures

import vitnp
from vitnp import InputError, preset, tree, weights
from vitnp.commands import cli
from vitnp.data import cifar
from vitnp.system import transfer

CUT = "--batch-size 2 --micro-batch 1 --workers 1"
TWO = f"--steps 2 {CUT}"
SMALL = "--set num_layers=1 --set hidden_size=48 --set num_heads=3 --set mlp_dim=48"
MNIST = f"train --data mnist --recipe mnist-small --model Ti/16 --out r {TWO} {SMALL} --set patch_size=16"
FINE = f"train --data digits --recipe digits --init file.npz --out r {TWO}"
RUN = f"train --data digits --out a-run {TWO}"
COMPARE = f"compare --over gelu --seeds 1 --out c {CUT}"

# Commands before, the command that is refused, what the message says, the command that follows it.
ADVICE = [
    # data
    (
        [],
        f"train --data folder --out r {TWO}",
        "the path of a folder of pictures",
        f"train --data pictures --recipe cifar10-small --out r {TWO}",
    ),
    ([], f"train --data digit --out r {TWO}", "did you mean digits", f"train --data digits --out r {TWO}"),
    (
        [],
        f"train --data cifar --out r {TWO}",
        "did you mean cifar10",
        f"train --data cifar10 --out r {TWO} --recipe cifar10-small",
    ),
    (
        [],
        "linear-eval --weights file.npz --data folder",
        "the path of a folder",
        "linear-eval --weights file.npz --data pictures --shots 2",
    ),
    (
        [],
        f"train --init gray.npz --data cifar10 --recipe photos --out r {TWO}",
        "name another data set",
        f"train --init gray.npz --data digits --recipe photos --out r {TWO}",
    ),
    (
        [],
        f"train --init gray.npz --data cifar10 --recipe photos --out r {TWO}",
        "or another model's weights",
        f"train --init file.npz --data cifar10 --recipe photos --out r {TWO}",
    ),
    (
        [],
        f"train --data digits --set num_classes=12 --out r {TWO}",
        "num_classes=10, or leave that out",
        f"train --data digits --out r {TWO}",
    ),
    (
        [],
        f"train --data digits --labels 1% --out r {TWO}",
        "need at least 10",
        f"train --data digits --labels 5% --out r {TWO}",
    ),
    (
        [],
        "linear-eval --weights gray.npz --shots 99",
        "ask for fewer shots",
        "linear-eval --weights gray.npz --shots 3",
    ),
    # recipes
    (
        [],
        f"train --init file.npz --data digits --out r {TWO}",
        "--recipe: photos",
        f"train --init file.npz --data digits --recipe photos --out r {TWO}",
    ),
    (
        [],
        f"train --init file.npz --data cifar10 --out r {TWO}",
        'or the paper\'s "fine-tuning on CIFAR-10"',
        f'train --init file.npz --data cifar10 --recipe "fine-tuning on CIFAR-10" --out r {TWO}',
    ),
    (
        [],
        f'train --data pictures --recipe "fine-tuning on CIFAR-10" --out r {TWO}',
        "name their file with --init FILE",
        f'train --data pictures --recipe "fine-tuning on CIFAR-10" --init file.npz --out r {TWO}',
    ),
    (
        [],
        f'train --data pictures --recipe "fine-tuning on CIFAR-10" --out r {TWO}',
        "with --model Ti/16",
        f'train --data pictures --recipe "fine-tuning on CIFAR-10" --model Ti/16 --out r {TWO} {SMALL}',
    ),
    ([], "recipes photo", "did you mean photos", "recipes photos"),
    (
        [],
        "fine-tune --data digits --seeds 1",
        "--init FILE",
        f"fine-tune --data digits --init gray.npz --seeds 1 --rates 0.01 {TWO}",
    ),
    (
        [],
        "fine-tune --init gray.npz --data digits --lr 0.01",
        "choose from with --rates",
        f"fine-tune --init gray.npz --data digits --rates 0.01 --seeds 1 {TWO}",
    ),
    (
        [f"fine-tune --init gray.npz --data digits --rates 0.01 --seeds 1 --out f {TWO}"],
        f"fine-tune --init gray.npz --data digits --rates 0.01 --seeds 1 --out f --steps 3 {CUT}",
        "begin anew with --overwrite",
        f"fine-tune --init gray.npz --data digits --rates 0.01 --seeds 1 --out f --steps 3 {CUT} --overwrite",
    ),
    # sizes
    (
        [],
        "predict photo.jpg --weights gray.npz --image-size 9",
        "multiples of 2, such as 8x8",
        "predict photo.jpg --weights gray.npz --image-size 8x8",
    ),
    (
        [],
        "look photo.jpg --weights gray.npz --layers 1-99 --out x",
        "choose from 1-4",
        "look photo.jpg --weights gray.npz --layers 1-4 --out x",
    ),
    (
        [],
        "look photo.jpg --weights gray.npz --patch 9,9 --out x",
        "from 1,1 to 4,4",
        "look photo.jpg --weights gray.npz --patch 4,4 --out x",
    ),
    (
        [],
        "weights convert file.npz out.npz --format timm",
        "ends in .safetensors",
        "weights convert file.npz out.safetensors --format timm",
    ),
    (
        [],
        "weights convert gray.npz out --format google",
        "ends in .npz",
        "weights convert file.npz out.npz --format google",
    ),
    (
        [],
        "walk --model tiny --backward --set num_classes=0",
        "leave out num_classes=0",
        "walk --model tiny --backward",
    ),
    ([], "weights fetch Ti16", "did you mean Ti/16", "weights fetch Ti/16"),
    (
        [],
        f"pretrain --data digits --dtype float16 --out r {TWO}",
        "leave out --dtype",
        f"pretrain --data digits --out r {TWO}",
    ),
    (
        [],
        "gradcheck --backend cupy --seeds 1 --batch 1",
        "use --backend numpy",
        "gradcheck --backend numpy --seeds 1 --batch 1",
    ),
    (
        [],
        "predict empty --weights file.npz",
        "name a file or another folder",
        "predict pictures --weights file.npz",
    ),
    ([], "train --resume nowhere", "start one with --out", f"train --out nowhere {TWO}"),
    (
        [],
        MNIST,
        "an image_size of multiples of 16, such as 32x32",
        f"{MNIST} --image-size 32x32",
    ),
    (
        [],
        "walk --image-size 225 --set num_layers=1",
        "such as 224x224",
        "walk --image-size 224x224 --set num_layers=1",
    ),
    ([], "info B/16 --image-size 30x44", "such as 32x48", "info B/16 --image-size 32x48"),
    # a folder with a run, or with a comparison
    ([RUN], RUN, "go on with --resume a-run", "train --resume a-run"),
    ([RUN], RUN, "--overwrite it", f"{RUN} --overwrite"),
    ([RUN], f"{RUN} --overwrite --resume a-run", "not allowed with", "train --resume a-run"),
    ([RUN], "train --resume a-run --overwrite", "leave one out", "train --resume a-run"),
    ([RUN], "train --resume a-run --lr 1", "leave it out", "train --resume a-run"),
    (
        [RUN],
        "train --resume a-run --lr 1",
        "start another run with --out",
        f"train --data digits --lr 1 --out b {TWO}",
    ),
    ([RUN], f"{RUN} --ranks-may-differ", "give it with --resume", "train --resume a-run --ranks-may-differ"),
    (
        [f"{COMPARE} --steps 2"],
        f"{COMPARE} --steps 3",
        "begin anew with --overwrite",
        f"{COMPARE} --steps 3 --overwrite",
    ),
    (
        [f"{COMPARE} --steps 2"],
        f"{COMPARE} --steps 3",
        "another folder with --out",
        f"{COMPARE} --steps 3 --out d",
    ),
    # weights
    ([], "info file.npz", "type vitnp info --weights file.npz", "info --weights file.npz"),
    ([], "walk --model file.npz", "type vitnp walk --weights file.npz", "walk --weights file.npz"),
    (
        [],
        "gradcheck --model B/16",
        "give --at-once",
        f"gradcheck --model B/16 --at-once --seeds 1 {SMALL} --image-size 32",
    ),
    (
        [],
        "gradcheck --model tiny --weights file.npz",
        "leave out the name tiny",
        "gradcheck --weights file.npz --at-once --batch 1 --seeds 1",
    ),
    ([], "info --from google", "name the file with --weights", "info --from google --weights file.npz"),
    ([], "walk --seed 1 --weights file.npz", "leave one out", "walk --weights file.npz"),
    (
        [],
        "predict photo.jpg --weights file.npz --set num_classes=3",
        "vitnp weights convert file.npz NEW.npz --format vitnp --num-classes N",
        "weights convert file.npz NEW.npz --format vitnp --num-classes 3",
    ),
    ([], f"{FINE} --set num_classes=9", "leave it out", FINE),
    ([], f"{FINE} --model Ti/16", "leave out --model Ti/16", FINE),
    (
        [],
        "predict photo.jpg --weights headless.npz",
        "name the weights of a classifier",
        "predict photo.jpg --weights file.npz",
    ),
    (
        [],
        "walk --weights headless.npz --backward",
        "name the weights of a classifier",
        "walk --weights file.npz --backward",
    ),
    (
        [RUN],
        "predict photo.jpg --weights a-run/checkpoints/step-000000002.npz",
        "vitnp train --resume a-run",
        "train --resume a-run",
    ),
    (
        [RUN],
        "predict photo.jpg --weights a-run/checkpoints/step-000000002.npz",
        "use its run's model.npz",
        "predict photo.jpg --weights a-run/model.npz",
    ),
    (
        [f"pretrain --data digits --out a-pre {TWO}"],
        "look photo.jpg --out x --weights a-pre/checkpoints/step-000000002.npz",
        "vitnp train --resume a-pre",
        "train --resume a-pre",
    ),
    # options
    ([], "train --epcohs 1", "did you mean --epochs", f"train --epochs 1 --out r {CUT}"),
    ([], f"{RUN} --epochs 1", "give one of them", RUN),
    ([], f"{RUN} --micro-batch 4", "need at most batch_size, which is 2", f"{RUN} --micro-batch 2"),
    ([], f"{RUN} --freeze backbone --dtype float16", "leave out float16", f"{RUN} --freeze backbone"),
    (
        [],
        f"compare --over num_clases {TWO}",
        "did you mean",
        f"compare --over num_layers --values 1 --seeds 1 {TWO}",
    ),
    (
        [],
        f"compare --over num_layers {TWO}",
        "name them, such as --values 1,2,4",
        f"compare --over num_layers --values 1,2,4 --seeds 1 {TWO}",
    ),
    (
        [],
        f"train --data pictures --out pictures/r --recipe cifar10-small {TWO}",
        "choose --out outside the data folder",
        f"train --data pictures --out r --recipe cifar10-small {TWO}",
    ),
]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(("before", "refused", "says", "follows"), ADVICE, ids=lambda value: str(value)[:70])
def test_the_advice_works(capsys, before, refused, says, follows):
    model("file.npz")
    model("digits.npz")
    Path("digits.npz").rename("gray.npz")
    pictures("pictures")
    Path("empty").mkdir()
    picture("photo.jpg")
    config = preset("tiny", num_classes=0)
    weights.save("headless.npz", random_model(config), config)
    for command in before:
        assert typed(shlex.split(command)) == 0
    capsys.readouterr()
    assert typed(shlex.split(refused)) == 2
    message = capsys.readouterr().err
    assert says in message
    assert message.count("\n") == 1
    status = typed(shlex.split(follows))
    assert status == 0, f"{message}{follows}\n{capsys.readouterr().err}"


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    "command",
    [
        "linear-eval --weights file.npz --shots 2 --seeds 1",
        "linear-eval --weights file.npz --data mnist --shots 2 --seeds 1",
        "linear-eval --weights file.npz --data cifar10 --image-size 384 --shots 1 --seeds 1",
        "linear-eval --weights file.npz --data pictures --shots 2 --seeds 1",
        f"train --init file.npz --data fashion-mnist --recipe photos --out r {TWO}",
        f"train --init file.npz --data cifar100 --recipe photos --out r {TWO}",
        f"compare --over image_size --values 8,16 --seeds 1 --out c {TWO}",
        f"compare --over in_channels --values 1,3 --seeds 1 --out c {TWO}",
    ],
)
def test_any_set_meets_any_model(command):
    """What was refused once, with advice that could not be followed."""
    model("file.npz")
    pictures("pictures")
    assert typed(command.split()) == 0


def stopped_by_a_picture(capsys):
    """The command of a training that a picture has stopped after a step, and what it said."""
    pictures("pictures", each=30)
    for kind in ("cats", "dogs"):
        Path(f"pictures/{kind}/9.png").write_text("no picture")
    command = f"train --data pictures --recipe cifar10-small --out r --epochs 1 {CUT} --set num_layers=1"
    assert typed(command.split()) == 2
    return command, capsys.readouterr().err


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("how", ["replace", "skip"])
def test_a_picture_that_cannot_be_read_stops_a_training(capsys, how):
    """Both ways that the message names: the file replaced and the run resumed, or begun anew without such files."""
    command, message = stopped_by_a_picture(capsys)
    assert "replace it and go on with --resume r, or begin anew without such pictures: " in message
    assert message.endswith("--on-corrupt skip --overwrite\n")
    if how == "replace":
        for kind in ("cats", "dogs"):
            picture(f"pictures/{kind}/9.png")
        command = "train --resume r"
    else:
        command += " --on-corrupt skip --overwrite"
    assert typed(command.split()) == 0
    assert Path("r/model.npz").exists()


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("saved", [True, False])
def test_a_training_that_diverges_begins_anew(capsys, saved):
    """With a smaller rate in the same folder, whether there is a checkpoint or not."""
    bad = (
        f"train --data digits --out r --epochs 1 --set-recipe warmup_steps=9 {CUT} --set-recipe clip=1e9 --lr"
    )
    assert typed([*bad.split(), "1e38", *(["--save-every", "1"] if saved else [])]) == 2
    message = capsys.readouterr().err
    assert "begin anew with a smaller --lr and --overwrite, or another --out; " in message
    for more in (["--overwrite"], ["--out", "s"]):
        assert typed([*bad.split(), "1e-4", *more]) == 0


@pytest.mark.usefixtures("world")
def test_a_head_of_zeros_is_trained(capsys):
    config = preset("digits")
    p = random_model(config)
    p["classify"]["head"] = tree.map(lambda leaf: leaf * 0, p["classify"]["head"])
    weights.save("zeros.npz", p, config)
    assert typed("weights inspect zeros.npz".split()) == 0
    assert "vitnp train --init makes one of the data's classes" in capsys.readouterr().out
    assert typed(f"train --init zeros.npz --data digits --recipe digits --out r {TWO}".split()) == 0


@pytest.mark.usefixtures("world")
def test_without_a_network_a_data_set_is_put_at_its_place(capsys, monkeypatch, published_cache, tmp_path):  # noqa: F811
    """The place that the message names is the one where it is looked for."""

    def unreachable(url, part):
        raise InputError(f"cannot reach {url} (no network); check the network, or fetch the file elsewhere")

    monkeypatch.setattr(transfer, "download", unreachable)
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path / "empty"))
    command = f"train --data cifar10 --recipe cifar10-small --out r {TWO}".split()
    assert typed(command) == 2
    message = capsys.readouterr().err
    place = Path(re.search(r"its place is (\S+)", message)[1])
    assert place.name == cifar.BINARY["cifar10"].name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes((published_cache / "data" / "cifar10" / place.name).read_bytes())
    assert typed(command) == 0


@pytest.mark.usefixtures("world")
def test_without_a_network_weights_are_given_by_their_path(capsys, monkeypatch, tmp_path):
    def unreachable(url, part):
        raise InputError(f"cannot reach {url} (no network); check the network, or fetch the file elsewhere")

    monkeypatch.setattr(transfer, "download", unreachable)
    monkeypatch.setattr("vitnp.weights.fetch._place", lambda address: tmp_path / "cache" / "nothing.npz")
    picture("photo.jpg")
    model("elsewhere.npz")
    assert typed(["predict", "photo.jpg", "--weights", "Ti/16"]) == 2
    assert "fetch it first: vitnp weights fetch Ti/16" in capsys.readouterr().err
    assert typed(["weights", "fetch", "Ti/16"]) == 2
    assert "a file from elsewhere is given by its path in place of the name" in capsys.readouterr().err
    assert typed(["predict", "photo.jpg", "--weights", "elsewhere.npz"]) == 0


def options_of(parser):
    """Every option of a parser and of its own commands."""
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                yield from options_of(sub)


# of pip and mpiexec
FOREIGN = {
    "--upgrade",
    "--bind-to",
    "--dry-run",
    "--user",
    "--oversubscribe",
    "--no-deps",
    "--only-binary",
    "--retries",
    "--dest",
}
FOREIGN |= {"--disable-pip-version-check"}
FOREIGN |= {"--allow-root"}  # of JupyterLab
FOREIGN |= {"--check"}  # of python -m vitnp.course.workshop.known


def test_no_message_names_an_option_that_is_not_there():
    """In every string of the package, those of errors and help texts among them."""
    known = {option for command in cli.COMMANDS for option in options_of(cli.parser([command]))} | FOREIGN
    wrong = []
    for path in sorted(Path(vitnp.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named = re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*[a-z0-9]", node.value)
                wrong += [f"{path.name}: {option}" for option in named if option not in known]
    assert wrong == []


MENTION = re.compile(r"\bvitnp ([a-z-]+)(?: (list|fetch|inspect|convert)\b)?((?: --[a-z-]+)*)")


def test_no_message_names_a_command_that_is_not_there():
    """And every option that stands right behind a command is one of that command's."""
    wrong, count = [], 0
    for path in sorted(Path(vitnp.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            for command, _, options in MENTION.findall(node.value):
                count += command in cli.COMMANDS
                if options and (command not in cli.COMMANDS or not options_known(command, options.split())):
                    wrong.append(f"{path.name}: vitnp {command}{options}")
    assert wrong == []
    assert count > 40


def options_known(command, options):
    return set(options) <= set(options_of(cli.parser([command])))
