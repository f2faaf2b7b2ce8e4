"""`python -m mutation` with tests/ on PYTHONPATH: see `make mutants`."""

import argparse
import json
import os
import pathlib

from mutation import judge, lines, measure, report, sampling, warm

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEPT = ROOT / ".mutation"


def options():
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument("--count", type=int, default=600, help="how many changes (default 600)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (default 0)")
    parser.add_argument("--files", metavar="GLOB", help="only in these files of vitnp, such as ops/*.py")
    parser.add_argument("--only", nargs="+", metavar="ID", help="these changes, by the ids that were printed")
    parser.add_argument("--survivors", action="store_true", help="those that survived the last time")
    parser.add_argument("--workers", type=int, default=2, help="processes side by side (default 2)")
    parser.add_argument(
        "--budget", type=float, default=40.0, help="seconds of tests for a change (default 40)"
    )
    parser.add_argument(
        "--thorough",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="so many seconds more, of the tests that reach its file, for each that survived",
    )
    parser.add_argument("--unchanged", action="store_true", help="change nothing: then all have to survive")
    parser.add_argument(
        "--map", nargs="*", metavar="FILE", help="measure what all tests reach, or these files'"
    )
    parser.add_argument(
        "--report", action="store_true", help="the last results again, with equivalent.txt as it is"
    )
    parser.add_argument("--list", action="store_true", help="print the changes and run nothing")
    return parser.parse_args()


def the_map(args):
    """The map, made where there is none or it is another source's."""
    if args.map is not None:
        measure.make(ROOT, KEPT, workers=args.workers, files=args.map)
    elif not (KEPT / "map.json").exists() or lines.stale(ROOT, lines.load(KEPT)):
        say("measuring which tests reach which lines: the whole suite once")
        measure.make(ROOT, KEPT, workers=args.workers)
    return lines.load(KEPT)


def say(text):
    """At once, also into a file."""
    print(text, flush=True)


def last():
    """The last results."""
    return json.loads((KEPT / "results.json").read_text("utf-8"))


def changes_of(args):
    """What is asked for."""
    ids = args.only
    if args.survivors:
        ids = [result["id"] for result in last()["results"] if result["status"] in report.BAD]
    if ids:
        return sampling.named(ROOT, ids)
    return sampling.sample(ROOT, count=args.count, seed=args.seed, pattern=args.files)


def keep(results, args):
    """Write the results; some changes again go among the others."""
    seed = args.seed
    if (args.only or args.survivors) and (KEPT / "results.json").exists():
        before = last()
        seed = before["seed"]
        results = list(
            ({old["id"]: old for old in before["results"]} | {new["id"]: new for new in results}).values()
        )
    (KEPT / "results.json").write_text(json.dumps({"seed": seed, "results": results}, indent=1), "utf-8")


def show():
    """Print the report and write the survivors."""
    kept = last()
    survivors = report.survivors(kept["results"])
    text = report.table(kept["results"], seed=kept["seed"])
    (KEPT / "survivors.txt").write_text(f"{text}\n\n{survivors}\n", "utf-8")
    say(f"{text}\nsurvivors, also in .mutation/survivors.txt:\n{survivors}")


def main():
    args = options()
    KEPT.mkdir(exist_ok=True)
    if args.report:
        return show()
    if args.list:
        for change in changes_of(args):
            say(f"{change.id}   {change.old}  →  {change.new}")
        return None
    found = the_map(args)
    if args.map is not None:
        last_line = (KEPT / "map.log").read_text("utf-8").splitlines()[-1]
        return say(
            f"{last_line}\n{len(found['tests'])} tests are mapped; see .mutation/map.log for the others"
        )
    changes = changes_of(args)
    if args.unchanged:
        changes = [change._replace(source=(ROOT / change.file).read_text("utf-8")) for change in changes]
    warm.import_all_else()
    names = ("workers", "budget", "thorough")
    results = judge.face(ROOT, KEPT, found, changes, say=say, **{name: getattr(args, name) for name in names})
    if args.unchanged:
        wrong = [f"{result['id']} {result['by']}" for result in results if result["status"] == "caught"]
        return say("\n".join([f"{len(wrong)} of {len(results)} fail without a change", *wrong]))
    keep(results, args)
    return show()


if __name__ == "__main__":
    os.environ |= measure.THREADS  # before NumPy is imported
    main()
