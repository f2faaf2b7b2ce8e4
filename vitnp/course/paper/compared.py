"""Two columns of Table 2 compared row by row: by how much, and in how many standard errors. Imports `errors`."""

from vitnp.course.paper.sota import CORE_DAYS, TABLE_2, TABLE_2_MODELS
from vitnp.course.paper.values import Difference
from vitnp.errors import need_near

# Standard errors from which on a difference is called shown: 95% of Student's t with 4 degrees of freedom, as of two
# means of three runs each. Of many runs it would be 1.96.
SHOWN = 2.78


def place(model):
    """The number of a column. Raises InputError for a name that is none of `TABLE_2_MODELS`."""
    need_near("model", model, TABLE_2_MODELS)
    return TABLE_2_MODELS.index(model)


def compared(model, other):
    """The `Difference` of two columns in every row that has both, in the order of the table."""
    ours, theirs = place(model), place(other)
    pairs = {name: (row[ours], row[theirs]) for name, row in TABLE_2.items()}
    return [Difference(name, *pair) for name, pair in pairs.items() if None not in pair]


def exceeding(model, other, *, errors=0):
    """The rows in which `model` is higher than `other`, by more than `errors` standard errors.

    With errors above 0 a row in which one of the two states no ± is left out.
    """
    higher = [row for row in compared(model, other) if row.points > 0]
    return [row for row in higher if not errors or (row.errors is not None and row.errors > errors)]


def share_of_core_days(model, other):
    """The pre-training of `model` in TPUv3-core-days, as a share of that of `other`."""
    return CORE_DAYS[place(model)] / CORE_DAYS[place(other)]
