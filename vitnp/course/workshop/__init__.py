"""The workshop: a student writes the eight steps, is told what is wrong, and trains a ViT with their own code.

    from vitnp.course.workshop import check

    check(5, forward=forward, backward=backward)

templates/     the steps' files with their solutions, the one source of what a student gets
template.py    what `new` cuts from them, at three levels
student.py     a student's file as a module          intact.py     what their code changes elsewhere, put back
points.py      where a step is checked               reference.py  the solutions, as functions
tried.py       their functions held to the contract  seen.py       what their helpers were given
stages.py, gradients.py, again.py, helpers.py, pace.py   what is checked
findings.py, told.py, outcome.py, checking.py            what is found and said, stage by stage
known/         mistakes by name                      hints/        three for each part
adapters.py    their functions as the library's      swap.py       in its place
training.py, walk.py, report.py                          the end: trained, beside the slides, on a page
folder.py      a student's folder, its readme/       progress.py   its progress.json
asking.py      the next of the hints                 compared.py   a step beside the reference
submission.py  the zip that is handed in             worth.py      its points
grading/       what a teacher does with the zips
"""


def __getattr__(name):
    """`check` is imported at first use: a template alone needs none of it."""
    if name == "check":
        from vitnp.course.workshop.checking import check

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
