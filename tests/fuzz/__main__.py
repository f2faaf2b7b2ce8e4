"""Alters inputs by chance, and looks for one that is neither right nor refused in one line.

Columns of the table: inputs tried; how many were accepted, the others were refused; kinds of tracebacks; kinds of
results that were accepted and are wrong; other kinds (too much memory or time, a message that is too long, a file
changed); megabytes that one input took at the most; characters of the longest message.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

from fuzz import cases, child, report, targets

FOUND = Path(__file__).parent / "found"


def minutes(text):
    """A type for argparse: a time in which something can be tried."""
    value = float(text)
    if not 0 < value < 10_000:
        raise argparse.ArgumentTypeError(f"{text} is no number of minutes above 0")
    return value


def options():
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--minutes", type=minutes, default=2.0, help="of all targets together (default 2)")
    parser.add_argument("--seed", type=int, default=0, help="which inputs (default 0)")
    parser.add_argument(
        "--only",
        metavar="A,B,…",
        default=",".join(targets.NAMES),
        help=f"targets: {', '.join(targets.NAMES)} (default: all)",
    )
    parser.add_argument("--guided", action="store_true", help="by the lines that are reached; needs atheris")
    parser.add_argument("--found", type=Path, default=FOUND, metavar="DIR", help="where failures are kept")
    args = parser.parse_args()
    args.only = args.only.split(",")
    if unknown := set(args.only) - set(targets.NAMES):
        parser.error(f"no target {', '.join(sorted(unknown))}; choose from {', '.join(targets.NAMES)}")
    return args


def keep(result, folder):
    """Keep the smallest input of each kind, in a folder named by the kind."""
    for kind, (case, finding) in result.found.items():
        name = re.sub(r"[^\w.=-]+", "-", kind, flags=re.ASCII)[:100].strip("-")
        cases.keep(case, folder / name, target=result.target, kind=kind, what=finding.what)


def main():
    """Search in each target in turn; 1 where something failed."""
    args, results = options(), []
    print(report.HEADER, flush=True)
    for target in args.only:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            seconds = 60 * args.minutes / len(args.only)
            results.append(
                child.run(target, Path(folder), seconds=seconds, seed=args.seed, guided=args.guided)
            )
        keep(results[-1], args.found)
        print(report.row(target, results[-1:]), flush=True)
    print(report.row("all", results))
    print("\n".join(["", *filter(None, [report.listed(results)]), report.verdict(results, args.found)]))
    return int(any(result.found for result in results))


if __name__ == "__main__":
    sys.exit(main())
