"""Every command that the project prints, and a small world of files in which it can be run as it stands.

A command is collected where it is printed: in a page's blocks (`$ vitnp …`) and in its text (`vitnp …` in backquotes),
in the notebooks, in every listed recipe. A placeholder (FILE, RUN, PICTURES …) gets a tiny thing of the right kind, and
a path gets what belongs at it. A training is cut to two steps of two images by options behind its own.
"""

import re
import shlex
from pathlib import Path

from vitnp.commands.cli import COMMANDS
from vitnp.models import preset
from vitnp.training.recipes import LISTED

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "README.ko.md",
    ROOT / "notebooks" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
PAGES += sorted((ROOT / "notebooks" / "src").glob("*.py"))
COMMAND = re.compile(rf"vitnp ({'|'.join(COMMANDS)})\b(?!\.)")
FENCE = re.compile(r"^(?:# )?```\w*\n(.*?)^(?:# )?```$", re.DOTALL | re.MULTILINE)

# What stands for a thing of the reader's, and what it is here; `things` of test_printed_commands makes them.
PLACEHOLDERS = {
    "FILE": "file.npz",
    "IN": "file.npz",
    "NEW.npz": "new.npz",
    "PICTURES": "pictures",
    "FILE.tsv": "pairs.tsv",
    "TEXT": "12345",
    "TEXT…": "12345 8000",
    "RUN": "a-run",
    "DIR": "a-folder",
    "PHOTO": "photo.jpg",
    "IMAGE": "photo.jpg",
    "CLAIM": "shift",
    "IMAGE…": "photo.jpg zero.png pictures/cats",
    "OUT.png": "out.png",
    "MODEL": "Ti/16",
    "FIELD": "gelu",
    "A,B": "tanh,erf",
    "FIELD=VALUE": "gelu=erf",
    "N": "3",
    "B": "4",
    "M": "2",
    "STEP…": "5 8",
}
VALUES = {  # what A,B is, by the word before; else that of PLACEHOLDERS
    "--rates": "0.001,0.01",
    "--only": "query,rollout",
    "--models": "mlp,vit",
}
NAMES = {
    "recipes": "digits",
    "fetch": "Ti/16",
    "--recipe": "digits",
    "--data": "digits",
    "translate --recipe": "translate",
    "--task": "number-to-korean",
    "--model": "translate-small",
    "--name": "kim",
}  # what NAME is, by the word before, or by the command and that
REST = {  # what … leaves out, by the command
    "look": "photo.jpg --weights file.npz --out a-folder",
    "predict": "photo.jpg --weights file.npz",
    "translate": "12345 --weights file.npz",
    "convert": "timm",
}
NEEDED = {  # what a command cannot be without, and a sentence that only names it leaves out
    "train": "--out a-folder",
    "pretrain": "--out a-folder",
    "translate": "12345 --weights file.npz",
    "predict": "photo.jpg --weights file.npz",
    "look": "photo.jpg --weights file.npz --out a-folder",
    "vtab": "--data tasks --weights file.npz",
    "evaluate": "--data pictures --weights file.npz",
    "linear-eval": "--weights file.npz",
    "compare": "--over gelu",
    "bias": "shift",
    "fine-tune": "--init file.npz --data digits",
    "self-train": "--labeled 10",
    "workshop": "check",
    "workshop grade": "submissions",
    "weights fetch": "Ti/16",
}
SERIES = ("compare", "fine-tune")  # many trainings each
CLAIMS = {"shift": "--test-images 20 --degrees 10", "data": "--points 10,20"}  # of bias, that train
CLAIMS |= {"fixed-weights": "", "dimension": "--train-images 20 --noise 0,3"}
CUT = "--batch-size 2 --micro-batch 1 --workers 1"
SMALL = "--set num_layers=1 --set hidden_size=48 --set num_heads=3 --set mlp_dim=48"
TINY = "--set hidden_size=8 --set num_heads=2 --set num_layers=1 --set mlp_dim=8"  # of translate
# by the family of the preset: of a hybrid the stem is cut short too
SMALLER = {"vit": SMALL, "hybrid": f"{SMALL} --set stem_units=1", "bit": "--set units=1,1 --set width=32"}
SMALLER["efficientnet"] = (
    "--set stem_channels=4 --set channels=4 --set units=1 --set kernels=3 --set strides=1 --set expansions=2 "
    "--set head_channels=8"
)
SMALLER |= {"cnn": "--set channels=2,3", "rnn": "--set hidden_size=5", "mlp": "--set hidden_size=5"}


def printed():
    """{command: where it is printed first}, each as a reader would type it."""
    found = {}
    for page in PAGES:
        for line in of_page(page.read_text(encoding="utf-8")):
            for command in variants(line):
                found.setdefault(command, page.relative_to(ROOT).as_posix())
    for listed in LISTED.values():
        if COMMAND.match(listed.command):
            found.setdefault(listed.command, f"vitnp recipes {listed.name}")
    return found


def of_page(text):
    """Yield every command on a page: the lines of its blocks, and what is in backquotes."""
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            line = re.sub(r"^(# )?\s*(\$ )?(mpiexec -n \d+ )?", "", line)
            if COMMAND.match(line):
                yield re.sub(r"\s+(#|&&).*", "", line).strip()
    for span in re.findall(r"`([^`]*)`", FENCE.sub("", text)):
        span = " ".join(re.sub(r"\n#? ?", " ", span).replace("\\|", "|").split())
        if COMMAND.match(span):
            yield span


def variants(line):
    """The commands that a line of grammar stands for: every optional part given, each of its alternatives once."""
    if options := re.search(r"\[([^\[\]]*)\]", line):
        ways = options[1].split("|") if "|" in options[1] else [options[1]]
        if re.fullmatch(r"\S+(\|\S+)+", options[1].split()[-1]):  # --lang en|ko|both
            head, _, last = options[1].rpartition(" ")
            ways = [f"{head} {one}" for one in last.split("|")]
        for way in ways:
            yield from variants(line.replace(options[0], " ".join(way.split()), 1))
        return
    if " | " in line:  # weights list | fetch NAME | …
        head, *rest = line.split(" | ")
        first = " ".join(head.split()[:2])
        yield from (one for part in [head, *(f"{first} {more}" for more in rest)] for one in variants(part))
        return
    if alternatives := re.search(r"\S+\|\S+", line):  # NAME|DIR
        for one in alternatives[0].split("|"):
            yield from variants(line.replace(alternatives[0], one, 1))
        return
    yield line


def words(command):
    """The words after `vitnp`, placeholders replaced."""
    found, before = [], None
    for word in shlex.split(command)[1:]:
        if word == "…":
            new = REST.get(found[0] if before != "--format" else "convert", "")
        elif word == "NAME":
            new = NAMES.get(f"{found[0]} {before}", NAMES.get(before, word))
        elif word == "OUT":
            new = "out.npz" if found[-1].endswith(".npz") else "out"
        elif word == "DIR" and before == "--data":
            new = "pictures"
        elif word == "FILE" and found[0] == "quiz":  # which writes it
            new = "quiz.txt"
        elif word == "FILE" and "--live" in found:  # whose model is small
            new = "digits/2"
        else:
            new = VALUES.get(before, PLACEHOLDERS.get(word)) if word == "A,B" else PLACEHOLDERS.get(word)
        found += [word] if new is None else shlex.split(new)
        before = word
    of_name = 1 + (found[0] in ("weights", "workshop"))
    name = " ".join(found[:of_name])
    for option in re.findall(r"--\S+ \S+|\S+", NEEDED.get(name, "") if len(found) <= 3 else ""):
        there = found if option.startswith("--") else found[of_name:]
        if not {"--help", "--resume", option.split()[0]} & set(there) and (
            option.startswith("--") or not there
        ):
            found += option.split()
    if found[:2] == ["weights", "convert"] and found[3:4] == ["out.npz"]:
        found[3] = "out.npz" if found[-1] in ("vitnp", "google") else "out.safetensors"
    return found


def cut(given):
    """The same with options behind it that make it quick: two steps, a small model, one seed."""
    kind, more = given[0], []
    if kind == "gradcheck":
        more = ["--seeds", "1", *("--image-size 64 --set num_layers=2".split() if large(given) else [])]
    elif kind == "walk" and "--weights" not in given:
        more = "--image-size 64 --set num_layers=1".split()
    elif kind in ("train", "pretrain", *SERIES) and not {"--help", "--resume"} & set(given):
        more = [*("--epochs 1" if "--epochs" in given else "--steps 2").split(), *CUT.split()]
        more += SMALLER[preset(given[given.index("--model") + 1]).family].split() if large(given) else []
        more += ["--micro-batch", "2"] if "efficientnet" in " ".join(given).lower() else []  # it is not split
        more += ["--seeds", "1"] if kind in SERIES else []
        more += "--rates 0.001,0.01 --hold-out 20%".split() if kind == "fine-tune" else []
    elif kind == "self-train":
        more = "--steps 2 --batch-size 2 --labeled 10 --ratio 1 --threshold 0 --rounds 1 --workers 1 --seeds 1".split()
    elif kind == "translate" and "--out" in given:
        more = [*"--steps 2".split(), *CUT.split(), *TINY.split()]
    elif given[:2] == ["workshop", "train"]:
        more = ["--epochs", "1"]
    elif kind == "bias" and given[1] in CLAIMS and "--help" not in given:
        more = f"--steps 2 --batch-size 2 --workers 1 --seeds 1 {CLAIMS[given[1]]}".split()
    elif kind == "vtab" and "--help" not in given:
        more = f"--steps 2 --image-size 32 {CUT}".split()
    elif kind == "bias" and given[1] == "receptive-field":
        more = "--models cnn-digits,digits --random-images 1".split()
    return [*given, *more]


def large(given):
    """Whether the command names a preset that takes minutes."""
    small = ("digits", "tiny", "mlp-digits")
    return "--model" in given and given[given.index("--model") + 1] not in small
