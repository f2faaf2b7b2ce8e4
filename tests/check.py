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
        "the places are named above; many are mended by .venv/bin/ruff check --fix .",
    ),
    (
        "layout of the code",
        ("ruff", "format", "--quiet", "--diff", "."),
        "- is how it is, + how it should be; mended by .venv/bin/ruff format .",
    ),
    (
        "each step",
        (*PYTEST, *STEPS),
        "the test's number is the step's: vitnp/steps/sN_….py belongs to tests/test_sN_….py",
    ),
    (
        "shapes of the slides",
        ("vitnp", "walk", "--model", "Ti/16", "--lang", "en"),
        "✗ stands beside the shape that must be; an error names the line where two shapes did not fit",
    ),
    (
        "gradients",
        ("vitnp", "gradcheck"),
        "a leaf marked wrong has its step's name: look at that step's backward, or at one after it in the model",
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
            marked = [line for line in lines if "✗" in line] if command[0] == "vitnp" else []
            print("", *(marked or lines)[-SHOWN:], "", sep="\n")
            print(f"{name}: {advice}")
            print(f"this alone again: .venv/bin/python -m {' '.join(map(quoted, command))}")
            return 1
    print(f"all is right, {time.perf_counter() - began:.0f} s; make test is everything")
    return 0


def quoted(word):
    """As one types it."""
    return f'"{word}"' if " " in word else word


if __name__ == "__main__":
    sys.exit(main())
