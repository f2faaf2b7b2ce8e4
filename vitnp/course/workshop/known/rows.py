"""Steps 1 to 4 and 8, in which values mostly move: from which rows a wrong gradient comes."""

import numpy as np

from vitnp.course.workshop.known.fitting import factor, is_close
from vitnp.course.workshop.known.point import point

NOTHING = np.zeros(0)


def patchify(run, right, found):
    """The right values in the wrong places."""
    dx = run.leaves.get("dx", NOTHING)
    moved = dx.shape == right.leaves["dx"].shape and is_close(
        np.sort(dx.ravel()), np.sort(right.leaves["dx"].ravel())
    )
    return {"dx": "patch_back"} if found.get("dx", "") is None and moved else {}


def class_token(run, right, found):
    """Rows of dz other than those of the [CLS] token, or of the patches."""
    dz = point(3).dy
    answer = {}
    others = [dz[:, row].sum(axis=0) for row in range(1, dz.shape[1])]
    if found.get("cls", "") is None and any(is_close(run.leaves.get("cls", NOTHING), row) for row in others):
        answer["cls"] = "class_row"
    if found.get("dx", "") is None and any(
        is_close(run.leaves.get("dx", NOTHING), rows) for rows in (dz, dz[:, :-1])
    ):
        answer["dx"] = "class_row"
    return answer


def position(run, right, found):
    """The right rows of dE_pos in another order."""
    given, expected = run.leaves.get("E_pos", NOTHING), right.leaves["E_pos"]
    if found.get("E_pos", "") is not None or given.shape != expected.shape:
        return {}
    rows = [any(is_close(row, other) for other in (*expected, 0 * row)) for row in given]
    return {"E_pos": "position_backward"} if all(rows) else {}


def classify(run, right, found):
    """The gradient of [CLS], in other rows or in none."""
    dx, row = run.leaves.get("dx", NOTHING), right.leaves["dx"][:, 0]
    if found.get("dx", "") is not None:
        return {}
    if is_close(dx, row):
        return {"dx": "class_extract"}
    if dx.shape == right.leaves["dx"].shape and all(
        factor(dx[:, i], row) is not None for i in range(dx.shape[1])
    ):
        return {"dx": "class_extract"}
    return {}
