"""A list of changes faces its tests: first the unchanged source, then each change, then those that survived."""

import ast
import bisect
import hashlib
import itertools
import json

from mutation import lines, order, warm


def texts_of(root, change):
    """The function that a change is in, and the first line that it changes, as it stands and as it would be."""
    text = (root / change.file).read_text("utf-8")
    function = order.lines_of(ast.parse(text), change.line)[1]
    texts = ((a, b) for a, b in zip(text.splitlines(), change.source.splitlines(), strict=False) if a != b)
    return [function.name if function else "—", *(text.strip() for text in next(texts, ("", "")))]


def failing_unchanged(root, kept, found, tests, *, workers):
    """Those of the tests that fail in a copy of the tree, in this arrangement. What is known is kept."""
    path = kept / "unchanged.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    version = hashlib.sha256(json.dumps(found["digests"]).encode()).hexdigest()[:16]
    by_file = {}
    for test in sorted(tests):
        by_file.setdefault(test.split("::")[0], []).append(test)
    names = {file: f"{file} {lines.digest(root, file)} {version}" for file in by_file}
    known = {name: known.get(name, {}) for name in {*known, *names.values()} if name.endswith(version)}
    seconds = {name: about["seconds"] for name, about in found["tests"].items()}
    jobs = []
    for file, wanted in by_file.items():
        new = [test for test in wanted if test not in known[names[file]]]
        for start in range(0, len(new), 500):
            jobs.append(warm.Job(file, None, None, [new[start : start + 500]], {"first_failure": False}))
    for job, outcome in warm.run(root, jobs, seconds, workers=workers):
        if outcome.status == "broken" or not outcome.found:
            raise SystemExit(
                f"the unchanged tree cannot be tested: {job.key} {outcome.by or 'took too long'}"
            )
        passed = set(outcome.found.get("passed", ())) - set(outcome.found.get("failed", ()))
        known[names[job.key]] |= {test: test in passed for test in job.rounds[0]}
        path.write_text(json.dumps(known), "utf-8")
    return [test for file, wanted in by_file.items() for test in wanted if not known[names[file]][test]]


def chosen_tests(root, found, changes, budget, failing=()):
    """{id of a change: Chosen}."""
    return {
        change.id: order.choose(found, root, change, budget=budget, failing=failing) for change in changes
    }


def face(root, kept, found, changes, *, workers, budget, thorough, say):
    """The result of each change, as `report` reads it."""
    seconds = {name: about["seconds"] for name, about in found["tests"].items()}
    chosen = chosen_tests(root, found, changes, budget)
    tests = {test for choice in chosen.values() for part in choice.rounds for test in part}
    failing = failing_unchanged(root, kept, found, tests, workers=workers)
    say(f"{len(tests)} tests are asked; {len(failing)} fail here without a change and are left out")
    (kept / "left_out.txt").write_text("\n".join(failing), "utf-8")
    chosen = chosen_tests(root, found, changes, budget, failing)
    results, jobs = {}, []
    for change in changes:
        choice = chosen[change.id]
        results[change.id] = {
            **{name: getattr(change, name) for name in ("id", "file", "line", "kind", "old", "new")},
            "texts": texts_of(root, change),
            "how": choice.how,
            "cut": len(choice.rest),
            "status": "not reached",
            "by": "",
            "seconds": 0.0,
            "tests": 0,
        }
        if choice.rounds:
            jobs.append(warm.Job(change.id, change.file, change.source, choice.rounds, {}))
    follow(root, jobs, seconds, results, workers, say)
    if thorough:
        again = rest_of(found, changes, chosen, results, failing, thorough)
        more = {test for job in again for test in job.rounds[0]} - tests
        failing += failing_unchanged(root, kept, found, more, workers=workers)
        again = rest_of(found, changes, chosen, results, failing, thorough)
        say(f"{len(again)} that survived face tests that reach their file")
        follow(root, again, seconds, results, workers, say)
    return list(results.values())


def rest_of(found, changes, chosen, results, failing, budget):
    """Jobs for those that survived: the tests which the budget left out, then all that reach the file.

    They take no more than `budget` seconds for a change; how many more there are stands in `cut`.
    """
    jobs = []
    for change in changes:
        choice, result = chosen[change.id], results[change.id]
        done = {test for part in choice.rounds for test in part} | set(failing) | set(choice.rest)
        rest = [test for test in choice.rest if test not in failing]
        rest += order.ordered(order.everywhere(found, change.file) - done, found["tests"], change.file)
        ends = list(itertools.accumulate(found["tests"][test]["seconds"] for test in rest))
        rest = rest[: bisect.bisect(ends, budget)]
        if result["status"] in ("survived", "not reached") and rest:
            result["cut"] = len(ends) - len(rest)
            jobs.append(warm.Job(change.id, change.file, change.source, [rest], {}))
    return jobs


def follow(root, jobs, seconds, results, workers, say):
    """Run the jobs, and say who survived as soon as it is known."""
    for i, (job, outcome) in enumerate(warm.run(root, jobs, seconds, workers=workers), 1):
        result = results[job.key]
        result["seconds"] = round(result["seconds"] + outcome.seconds, 2)
        result["tests"] += outcome.tests
        result["status"], result["by"] = outcome.status, outcome.by
        if outcome.status != "caught":
            say(f"{outcome.status} {job.key}   {result['old']}  →  {result['new']}   {outcome.by}")
        if i % 50 == 0:
            say(f"{i} of {len(jobs)}")
