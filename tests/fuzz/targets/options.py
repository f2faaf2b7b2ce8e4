"""Every command with options that are seldom right, in a folder that holds somebody's files.

A command is refused in one line or does what it is asked, and touches no file that it was not told to. How long it
takes, and how much memory, is what was asked for.
"""

import argparse
import functools
from pathlib import Path

from hypothesis import strategies as st

from fuzz import alter, commands, nasty
from fuzz.cases import Case
from fuzz.judge import Wrong
from fuzz.targets import pictures, weights
from vitnp.commands import cli

ASKED = True
SECONDS = 4.0
MEMORY = 4 << 30
SMALL = "--set num_layers=1 --set hidden_size=8 --set num_heads=2 --set mlp_dim=6 --workers 1"
STEP = f"--steps 1 --batch-size 8 --labels 2% {SMALL}"
COMMANDS = (
    "info tiny", "gradcheck --model tiny --seeds 1 --set num_layers=1", "recipes", "recipes digits", "weights list",
    "weights inspect model.npz", "weights convert model.npz new.npz --format vitnp", "weights fetch vit_tiny",
    "predict a.png --weights model.npz", f"train --out new {STEP}", f"train --out theirs {STEP}",
    f"pretrain --out new --steps 1 --batch-size 8 {SMALL}", "walk a.png --model tiny --json", "walk a.png --model tiny",
    "linear-eval --weights model.npz --seeds 1 --shots 1", "look a.png --weights model.npz --out new",
    "train --resume theirs",
    f"compare --over dropout_rate --values 0,0.1 --seeds 1 --steps 1 --batch-size 8 --out new {SMALL}", "",
)  # fmt: skip
# A folder that is no run, though its files are called as a run's.
THEIRS = ("model.npz", "history.csv", "checkpoints/step-best.npz", "curves.png", "classes.txt", "notes.txt")
PLACES = (
    "theirs",
    ".",
    "model.npz",
    "a.png",
    "missing",
    "theirs/notes.txt",
    "theirs/model.npz",
    "new",
    "/dev/null",
    "-",
)
FIELDS = (
    "num_heads",
    "hidden_size",
    "patch_size",
    "image_size",
    "num_layers",
    "gelu",
    "dropout_rate",
    "preprocessing",
    "family",
)
WORDS = (*nasty.NUMBERS, *nasty.TEXTS, *PLACES, "B/16", "digits", "\udcff")


@functools.cache
def originals():
    """{name: bytes} of the folder in which a command runs."""
    files = dict(weights.originals("vitnp")) | {"a.png": pictures.written("PNG", "RGB", False)}
    return (
        files
        | {f"theirs/{name}": b"theirs" for name in THEIRS}
        | {"history.csv": b"mine", "notes.txt": b"mine"}
    )


prepare = originals


@functools.cache
def known(command):
    """{option: whether it takes a value} of a command, "weights convert" for example."""
    words = command.split()
    parser = cli.parser(words[:1])
    for word in words[:2]:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction) and word in action.choices:
                parser = action.choices[word]
    return {
        action.option_strings[-1]: action.nargs != 0 for action in parser._actions if action.option_strings
    }


@st.composite
def cases(draw):
    """A command as it should be, with up to three options more, and sometimes a word less or in another's place."""
    words = alter.one_of(draw, COMMANDS).split()
    options = known(" ".join(words[:2]))
    for _ in range(draw(st.integers(0, 3))):
        option = alter.one_of(draw, sorted(options))
        words.append(option)
        if options[option]:
            value = alter.one_of(draw, WORDS)
            words.append(f"{alter.one_of(draw, FIELDS)}={value}" if option.startswith("--set") else value)
    how = alter.one_of(draw, ("", "", "replace", "leave out"))
    if how and len(words) > 1:
        i = draw(st.integers(1, len(words) - 1))
        words[i : i + 1] = [alter.one_of(draw, WORDS)] if how == "replace" else []
    return Case(tuple(words), {})


def run(case, folder):
    """Run the command in the folder, and look for what is lost."""
    for name, data in originals().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    try:
        commands.vitnp(*case.words)
    finally:
        check(case.words, folder, lost(folder))


def lost(folder):
    """The names of the files that are not as they were."""
    return [
        name
        for name, data in originals().items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != data
    ]


def check(words, folder, names):
    """Raise Wrong for a file that is lost, unless the command named it, or its folder to draw into it."""
    asked = {Path(word).as_posix() for word in words if word}
    for name in names:
        into = (
            words[:1] not in (("train",), ("pretrain",))
            and Path(name).parent.as_posix() in asked
            and (folder / name).is_file()
        )
        if name not in asked and not into:
            raise Wrong(f"{words[0]} loses a file that is not its own, {Path(name).name}")
