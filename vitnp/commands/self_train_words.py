"""What `vitnp self-train` says: what is trained, each result, and the table with the differences per seed."""

import statistics

from vitnp.commands.self_train_plan import ALL_LABELS, BASELINES, LABELS, TEACHER, noise_of, round_called
from vitnp.system.language import Text
from vitnp.training.display import duration


def title(plan, setup, of_student):
    """Yield what is trained, and with which noise; two `Setup`s, the teacher's and the student's."""
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
    noise, of_students = noise_in_words(setup), noise_in_words(of_student)
    if noise == of_students:
        yield f"noise of every training: {noise}"
    else:
        yield f"noise of the teacher: {noise}; of the students: {of_students}"


def noise_in_words(setup):
    """The augmentations, and every rate of the model's own noise."""
    rates = noise_of(setup.config).items()
    noise = [f"{name.removesuffix('_rate').replace('_', ' ')} {rate:g}" for name, rate in rates]
    return ", ".join([*setup.recipe.augment, *noise]) or "none"


def told(row):
    """A finished training in a line."""
    return f"  seed {row['seed']}, {row['training']}: {row['test_accuracy']:.2%}"


def table(plan, rows):
    """Yield the lines of a Markdown table, a row a training, and what the differences of the `pairs` show."""
    found = {name: [row for row in rows if row["training"] == name] for name in plan.names}
    base = LABELS if plan.baselines else TEACHER
    yield HEADING.in_().format(base)
    yield "|---|---|---|---|---|"
    for name, of_name in found.items():
        accuracies = in_points(of_name)
        less = "–" if name == base else spread(differences(of_name, found[base]), sign="+")
        seconds = duration(statistics.mean(row["seconds"] for row in of_name))
        yield f"| {name} | {spread(accuracies)} | {less} | {len(of_name)} | {seconds} |"
    for name, other in pairs(plan):
        yield verdict(name, other, differences(found[name], found[other]))


def pairs(plan):
    """Yield the two trainings of every comparison.

    The first student is compared with its teacher and with the baselines, which have its initial weights and, apart
    from "labels-only", its images. A later student is compared with its teacher, the student before it, and with
    "labels-only". The last student is compared with the upper bound.
    """
    for number in range(1, plan.rounds + 1):
        name = round_called(number)
        yield name, round_called(number - 1) if number > 1 else TEACHER
        if plan.baselines:
            yield from ((name, other) for other in BASELINES[: 3 if number == 1 else 1])
    if plan.baselines:
        yield name, ALL_LABELS


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
    bound = BOUND.in_() if other == ALL_LABELS else ""
    what = f"{name} − {other}{bound}: {spread(values, sign='+')}"
    if len(values) < 2:
        return f"{what}{ONE.in_()}"
    if statistics.stdev(values) < 1e-9:  # accuracies count images, so differences are often equal
        return f"{what}{EQUAL.in_()}"
    low, high = interval(values)
    words = (SHOWN if low > 0 or high < 0 else NOT_SHOWN).in_()
    return f"{what}{words.format(f'{low:+.2f} … {high:+.2f}')}"


def interval(values):
    """The 95% confidence interval of the mean of at least two values, by Student's t."""
    from scipy.special import stdtrit

    mean, n = statistics.mean(values), len(values)
    half = float(stdtrit(n - 1, 0.975)) * statistics.stdev(values) / n**0.5
    return mean - half, mean + half


HEADING = Text(
    "| 학습 | 테스트 정확도, % | {}와의 차이, %p | 시드 수 | 학습당 시간(초) |",
    "| training | test accuracy, % | minus {}, points | seeds | seconds per run |",
)
BOUND = Text("(상한)", " (upper bound)")
EQUAL = Text(
    "%p. 모든 시드에서 같아 구간을 구할 수 없습니다. 시드가 더 필요합니다",
    " points; it is the same for every seed, which gives no interval: more seeds are needed",
)
ONE = Text("%p. 시드 하나로는 차이가 우연인지 알 수 없습니다", " points; one seed shows no spread")
SHOWN = Text("%p, 95% 신뢰 구간 {}. 차이가 있습니다", " points, 95% interval {}: a difference")
NOT_SHOWN = Text(
    "%p, 95% 신뢰 구간 {}. 차이가 있다고 할 수 없습니다", " points, 95% interval {}: no difference is shown"
)
