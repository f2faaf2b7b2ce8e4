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
STEP_CASES = "s1_ or s2_ or s3_ or s4_ or s5_ or s6_ or s7_ or s8_"
STAGES = (  # name, what python -m runs, what to do
    (
        "lint",
        ("ruff", "check", "--quiet", "."),
        "the place is named above; many are mended by: {python} -m ruff check --fix .",
    ),
    (
        "layout of the code",
        ("ruff", "format", "--quiet", "--diff", "."),
        "− is how it is, + how it should be; mended by: {python} -m ruff format .",
    ),
    (
        "each step",
        (*PYTEST, *STEPS),
        "the test's number is the step's: open vitnp/steps/sN_….py beside tests/test_sN_….py",
    ),
    (
        "shapes of the slides",
        ("vitnp", "walk", "--model", "Ti/16", "--lang", "en"),
        "✗ is a shape that the slide does not have; an error names the file and line where two did not fit",
    ),
    (
        "gradients",
        ("vitnp", "gradcheck"),
        "a leaf with ✗ has a wrong gradient in the step of its name; look first at the forward line that uses it",
    ),
    (
        "contract of the steps",
        (*PYTEST, "tests/test_contract.py", "-k", STEP_CASES),
        "what forward and backward promise: docs/design.md, The contract",
    ),
    (
        "golden files",
        (*PYTEST, "tests/test_golden_google.py", "tests/test_golden_torch.py"),
        "shapes and gradients are right, but the numbers are not the published models': a formula has changed",
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
            print("", *done.stdout.splitlines()[-SHOWN:], "", sep="\n")
            print(f"{name}: {advice.format(python='.venv/bin/python')}")
            print(f"this alone again: .venv/bin/python -m {' '.join(map(quoted, command))}")
            return 1
    print(f"all is right, {time.perf_counter() - began:.0f} s; make test is everything")
    return 0


def quoted(word):
    """As one types it."""
    return f'"{word}"' if " " in word else word


if __name__ == "__main__":
    sys.exit(main())
