"""The process in which one student's steps are checked: `python -m vitnp.course.workshop.grading.judge`.

It reads a job, a line of JSON, and answers with lines of JSON that begin with the job's token: {"ready": true}, then
for each step {"begin": 5} and {"step": 5, "status": …}. A student's code is in the same process: it has no other way to
the answers than to search Python's memory for the token, or to change the check itself. Neither happens by accident,
and imports that could do so are noted in the grades.

Imports `checking`, `fence`, `points`, `reference`.
"""

import json
import os
import sys
import time
import traceback

from vitnp.system.language import Text

MEMORY = Text("메모리를 {mb} MB보다 많이 씀", "takes more than {mb} MB of memory")
MOST_LINES, MOST_COLUMNS = 40, 200  # of what a check says
CHECK_FIRST = 3  # the quickest step, checked with the solution: all that a check loads is then there


def main():
    """Answer the job on standard input."""
    job = json.loads(sys.stdin.buffer.readline())
    sys.stdin.close()
    answer = answering(job.pop("token"))

    from vitnp.course.workshop import points, reference
    from vitnp.course.workshop.checking import check_step
    from vitnp.course.workshop.grading import fence

    fence.limit(seconds=job["seconds"] * len(job["steps"]) + 10, memory=job["memory"])
    how = {"lang": job["lang"], "seed": job["seed"], "sizes": points.Sizes(**job["sizes"])}
    solution = check_step(CHECK_FIRST, reference.reference(CHECK_FIRST), **how)
    if solution.status != "passed":
        raise RuntimeError("\n".join(solution.lines))
    answer(ready=True)
    silence()
    fence.close(os.getcwd())
    for step, file in job["steps"].items():
        answer(begin=int(step))
        start = time.perf_counter()
        try:
            outcome = check_step(int(step), file, **how)
        except MemoryError:
            said = MEMORY.in_(job["lang"]).format(mb=job["memory"])
            answer(step=int(step), status="broken", stage="import", lines=[said])
            continue
        except Exception:  # a check raises for nothing that a student does: the defect is ours, and said
            answer(defect=traceback.format_exc()[-2000:])
            continue
        kept = outcome._asdict() | {"lines": [line[:MOST_COLUMNS] for line in outcome.lines[:MOST_LINES]]}
        answer(**kept | {"leaves": [], "seconds": time.perf_counter() - start})


def answering(token):
    """A function that writes one line for the caller. What a student prints goes nowhere."""
    to_caller, write, as_json = os.dup(1), os.write, json.dumps

    def answer(**values):
        write(to_caller, f"{token} {as_json(values)}\n".encode())

    return answer


def silence():
    """Nothing that is printed from here on is kept."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)


if __name__ == "__main__":
    main()
