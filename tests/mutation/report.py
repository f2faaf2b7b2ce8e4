"""What came of the changes: the score, and who survived."""

import collections
import datetime
import pathlib

from mutation.edits import KINDS

EQUIVALENT = pathlib.Path(__file__).with_name("equivalent.txt")
BAD = ("survived", "not reached")


def judged(path=EQUIVALENT):
    """The lines `file | function | old line | new line | why`: changes that change nothing that matters."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [line for line in lines if line and not line.startswith("#")]


def described(result):
    """How `equivalent.txt` would name a change, up to why: by its text, as lines get other numbers."""
    return " | ".join((result["file"], *result["texts"], ""))


def is_equivalent(result, lines):
    """Whether somebody has said that this change changes nothing."""
    return any(line.startswith(described(result)) for line in lines)


def group(result):
    """`vitnp/ops/gelu.py` is in vitnp/ops."""
    return str(pathlib.PurePath(result["file"]).parent)


def row(name, results, lines):
    """One line of the table."""
    caught = sum(result["status"] == "caught" for result in results)
    same = sum(result["status"] in BAD and is_equivalent(result, lines) for result in results)
    matter = len(results) - same
    share = f"{100 * caught / matter:5.1f}%" if matter else "     –"
    return f"  {name:<20} {caught:>4} of {matter:<4} {share}" + (f"   and {same} equivalent" if same else "")


def table(results, *, seed, lines=None):
    """The report as text."""
    lines = judged() if lines is None else lines
    counted = [result for result in results if result["status"] != "broken"]
    seconds = [result["seconds"] for result in counted if result["status"] == "caught"]
    said = [f"{len(results)} changes, seed {seed}, {datetime.date.today()}: caught"]
    said.append(row("all", counted, lines))
    for kind in KINDS:
        said.append(row(kind, [result for result in counted if result["kind"] == kind], lines))
    folders = collections.defaultdict(list)
    for result in counted:
        folders[group(result)].append(result)
    said += [row(name, folders[name], lines) for name in sorted(folders)]
    if seconds:
        said.append(f"a caught one takes {sum(seconds) / len(seconds):.1f} s, all {sum(seconds):.0f} s")
    late = sum(result["by"] == "it takes too long" for result in counted)
    said += [f"{late} caught because they take too long"] if late else []
    often = collections.Counter(
        result["by"] for result in counted if result["status"] == "caught"
    ).most_common(5)
    said += ["caught most often by", *(f"  {number:>4} {by}" for by, number in often)]
    said += [f"broken: {result['id']}: {result['by']}" for result in results if result["status"] == "broken"]
    return "\n".join(said)


def brief(text, most=110):
    """The beginning of a long text."""
    return text if len(text) <= most else f"{text[:most]}…"


def survivors(results, lines=None):
    """The survivors as text, those called equivalent left out."""
    lines = judged() if lines is None else lines
    said = []
    for result in results:
        if result["status"] in BAD and not is_equivalent(result, lines):
            more = f", {result['cut']} tests left out by the budget" if result["cut"] else ""
            tests = result["status"] if result["status"] == "not reached" else f"{result['tests']} tests"
            said.append(
                f"{result['id']}   {brief(result['old'])}  →  {brief(result['new'])}   ({tests}{more})"
            )
            said.append(f"    {described(result)}")
    return "\n".join(said)
