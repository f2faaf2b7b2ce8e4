"""Mutation testing by machine: `make mutants` makes many small changes in vitnp, each has to fail a test.

The catalogue in `mutants` is chosen by hand, from mistakes that people make. Here the changes are drawn by chance
from all that `edits` knows. A change that no test fails for survives: a test is missing, or it changes nothing.

    edits        what may be changed in a piece of a syntax tree, and how
    untouched    what is left alone: messages, docstrings, annotations
    changes      each change as a new source file
    sampling     a fair share of the changes for every file and kind
    reach        pytest's plugin which measures what each test reaches
    measure      the suite run once, with that plugin
    lines        the map from lines to the tests which reach them
    order        which tests a change has to face, the likely ones first
    trees        copies of the working tree, in which a change is made
    child        pytest in a forked process, in one of the copies
    worker       one copy with its child; what a job came to
    warm         the process which forks: it has imported all but vitnp
    judge        the unchanged source first, then every change, then those that survived
    report       the score, and who survived
"""
