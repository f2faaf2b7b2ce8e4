"""What `vitnp self-train` says: what is trained, each result, and the table with the differences per seed."""

import statistics

from vitnp.commands.self_train_plan import LABELS, TEACHER, round_called
from vitnp.system.language import Text
from vitnp.training.display import duration


def title(plan, setup):
    """Yield what is trained, and with which noise."""
    student, count = plan.student, len(setup.data.train)
    model = student.model or setup.wanted.model
    yield (
        f"{setup.wanted.data}: {plan.labeled:,} of {count:,} training images have labels, "
        f"{len(setup.data.test):,} test images"
    )
    yield (
        f"teacher {setup.wanted.model}, student {model}; {plan.teacher.steps:,} steps of {setup.recipe.batch_size} "
        f"images, a student's of {student.batch_size} labeled and {student.batch_size * student.ratio} unlabeled ones"
    )
    rates = [
        f"{name} {getattr(setup.config, name + '_rate'):g}"
        for name in ("dropout", "stochastic_depth")
        if hasattr(setup.config, name + "_rate")
    ]
    noise = [*setup.recipe.augment, *(text.replace("_", " ") for text in rates)]
    yield f"noise of every training: {', '.join(noise) or 'none'}"


def told(row):
    """A finished training in a line."""
    return f"  seed {row['seed']}, {row['training']}: {row['test_accuracy']:.2%}"


def table(plan, rows):
    """Yield the lines of a Markdown table, a row a training, and what the last student's differences show."""
    found = {name: [row for row in rows if row["training"] == name] for name in plan.names}
    base = LABELS if plan.baselines else TEACHER
    yield f"| training | test accuracy, % | minus {base}, points | seeds | seconds a run |"
    yield "|---|---|---|---|---|"
    for name, of_name in found.items():
        accuracies = in_points(of_name)
        less = "–" if name == base else spread(differences(of_name, found[base]), sign="+")
        seconds = duration(statistics.mean(row["seconds"] for row in of_name))
        yield f"| {name} | {spread(accuracies)} | {less} | {len(of_name)} | {seconds} |"
    last = round_called(plan.rounds)
    yield from (
        verdict(last, other, differences(found[last], found[other])) for other in plan.names if other != last
    )


def in_points(rows):
    """The test accuracies in percent."""
    return [100 * row["test_accuracy"] for row in rows]


def differences(rows, others):
    """The differences in test accuracy, in points, of the same seeds."""
    return [one - two for one, two in zip(in_points(rows), in_points(others), strict=True)]


def spread(values, sign=""):
    """ "1.20 ± 0.31": mean and standard deviation (of n − 1), from two values on."""
    mean = f"{statistics.mean(values):{sign}.2f}"
    return f"{mean} ± {statistics.stdev(values):.2f}" if len(values) > 1 else mean


def verdict(name, other, values):
    """A line: the difference between two trainings, and whether seeds alone would explain it."""
    what = f"{name} − {other}: {spread(values, sign='+')}"
    if len(values) < 2:
        return f"{what}{ONE.in_()}"
    low, high = interval(values)
    words = (SHOWN if low > 0 or high < 0 else NOT_SHOWN).in_()
    return f"{what}{words.format(f'{low:+.2f} … {high:+.2f}')}"


def interval(values):
    """The 95% confidence interval of the mean of at least two values, by Student's t."""
    from scipy.special import stdtrit

    mean, n = statistics.mean(values), len(values)
    half = float(stdtrit(n - 1, 0.975)) * statistics.stdev(values) / n**0.5
    return mean - half, mean + half


ONE = Text("점. 시드 하나로는 차이가 우연인지 알 수 없습니다", " points; one seed shows no spread")
SHOWN = Text("점, 95% 신뢰 구간 {}. 차이가 있습니다", " points, 95% interval {}: a difference")
NOT_SHOWN = Text(
    "점, 95% 신뢰 구간 {}. 차이가 있다고 할 수 없습니다", " points, 95% interval {}: no difference is shown"
)
