"""The short check of somebody who has changed a step: `make check`, or python tests/check.py.

Lint, every step's own test, the slides' shapes, gradients, the contract of the steps, golden files: in this order,
a line each. It stops at the first that is wrong, with what that said and what to do; exit status 1. `make test` is
everything.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTEST = ("pytest", "-x", "--tb=short", "-p", "no:cacheprovider")
STEPS = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/test_s[1-8]_*.py"))
CONTRACT = ("tests/test_contract.py", "-k", " or ".join(f"s{n}_" for n in range(1, 9)))
GOLDEN = ("tests/test_golden_google.py", "tests/test_golden_torch.py")
STAGES = (  # name, what python -m runs, what to do
    (
        "lint",
        ("ruff", "check", "--quiet", "."),
        "the places are named above; many are fixed by .venv/bin/ruff check --fix . && .venv/bin/ruff format .",
    ),
    (
        "layout of the code",
        ("ruff", "format", "--quiet", "--diff", "."),
        "- is how it is, + how it should be; fixed by .venv/bin/ruff format .",
    ),
    (
        "tests of each step",
        (*PYTEST, *STEPS),
        "tests/test_sN_….py tests vitnp/steps/sN_….py, with the same number",
    ),
    (
        "shapes of the slides",
        ("vitnp", "walk", "--model", "Ti/16", "--lang", "en"),
        "✗ stands beside the shape that must be; an error names the line where two shapes did not fit",
    ),
    (
        "gradients",
        ("vitnp", "gradcheck"),
        "a wrong parameter is a mistake in its own step's backward, or in that of a later step: begin with the last",
    ),
    (
        "contract of the steps",
        (*PYTEST, *CONTRACT),
        "what forward and backward promise is in docs/design.md, The contract",
    ),
    (
        "golden files",
        (*PYTEST, *GOLDEN),
        "shapes and gradients agree with each other, but not with the published models: a formula has changed",
    ),
)
FILES = {  # of the step that a parameter is in
    "project": "s2_project",
    "class_token": "s3_class_token",
    "position": "s4_position",
    "attention": "s5_attention",
    "norm": "s6_layer_norm",
    "feed_forward": "s7_feed_forward",
    "classify": "s8_classify",
}
SHOWN = 40  # lines of what a stage said


def main():
    """Run the stages; 1 at the first that is wrong."""
    began = time.perf_counter()
    for name, command, advice in STAGES:
        print(f"{name + ' ':.<24} ", end="", flush=True)
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        print(f"{'WRONG' if done.returncode else 'ok'}  {time.perf_counter() - start:.1f} s", flush=True)
        if done.returncode:
            lines = done.stdout.splitlines()
            if command[0] == "vitnp":
                lines = marked(lines)
            print("", *lines[-SHOWN:], "", sep="\n")
            print(f"{name}: {advice}{file_of(lines[-1])}")
            print(f"this alone again: .venv/bin/python -m {' '.join(map(quoted, command))}")
            return 1
    print(f"all is right, {time.perf_counter() - began:.0f} s; make test is everything")
    return 0


def marked(lines):
    """Of a table its head and the rows with ✗; of an error of the gradient check its last line; else all."""
    wrong = [line for line in lines if "✗" in line]
    if wrong:
        return [*(line for line in lines if line.startswith("leaf")), *wrong]
    return lines[-1:] if lines and lines[-1].startswith("ValueError: gradient of") else lines


def file_of(line):
    """The file of the step that a line of the gradient check is about."""
    words = line.removeprefix("ValueError: gradient of ").partition(" ")[0].split(".")
    found = [file for part, file in FILES.items() if any(word.startswith(part) for word in words)]
    return f", vitnp/steps/{found[-1]}.py" if found else ""


def quoted(word):
    """As one types it."""
    return f'"{word}"' if " " in word else word


if __name__ == "__main__":
    sys.exit(main())
