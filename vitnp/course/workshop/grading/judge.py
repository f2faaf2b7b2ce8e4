"""The process in which one student's steps are checked: `python -m vitnp.course.workshop.grading.judge`.

It reads a job, a line of JSON, and answers with lines of JSON that begin with the job's token: {"ready": true}, then
for each step {"begin": 5, "process": 4711}, {"step": 5, "status": …} and {"end": 5, "exit": 0}. Each step is checked in
a fork of this process, so that nothing of a step is there for the next: no name that was changed, no memory, no thread.
Without forks a job has one step.

A student's code is in the same process as its check: it has no other way to the answers than to search Python's memory
for the token, or to change the check itself, which `intact` notices. Neither happens by accident, and imports that
could do so are noted in the grades.

Imports `checking`, `fence`, `pictures`, `points`, `reference`.
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
    from vitnp.course.workshop.grading import fence, pictures

    how = {"lang": job["lang"], "seed": job["seed"], "sizes": points.Sizes(**job["sizes"])}
    solution = check_step(CHECK_FIRST, reference.reference(CHECK_FIRST), **how)
    if solution.status != "passed":
        raise RuntimeError("\n".join(solution.lines))
    pictures.replace()
    answer(ready=True)
    silence()

    def check(step, file):
        fence.limit(seconds=job["seconds"] + 10, memory=job["memory"])
        fence.close(os.getcwd())
        start = time.perf_counter()
        try:
            outcome = check_step(step, file, **how)
        except MemoryError:
            said = MEMORY.in_(job["lang"]).format(mb=job["memory"])
            return answer(step=step, status="broken", stage="import", lines=[said])
        except Exception:  # a check raises for nothing that a student does: the defect is ours, and said
            return answer(defect=traceback.format_exc()[-2000:])
        kept = outcome._asdict() | {"lines": [line[:MOST_COLUMNS] for line in outcome.lines[:MOST_LINES]]}
        return answer(**kept | {"leaves": [], "seconds": time.perf_counter() - start})

    for step, file in job["steps"].items():
        step = int(step)
        if not job["forks"]:
            answer(begin=step)
            check(step, file)
        else:
            apart(step, lambda: check(step, file), answer)  # noqa: B023 - it has ended when the next step begins


def apart(step, task, answer):
    """Run the task in a fork of this process, and say when it begins and how it ends."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        answer(end=step, exit=os.waitstatus_to_exitcode(status))
        return
    try:
        os.setsid()  # so that the caller can end it with all that it has begun, and it cannot get away
        answer(begin=step, process=os.getpid())
        task()
    finally:
        os._exit(0)  # nothing that a student has registered is run


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
