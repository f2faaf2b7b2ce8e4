"""What to know of one's own result before it is compared with the paper's, in a line."""

import os

from vitnp.commands.paper.runs import VTAB
from vitnp.commands.self_train_plan import ALL_LABELS, LABELS
from vitnp.commands.self_train_runs import PSEUDO
from vitnp.course.paper.values import sampling_error
from vitnp.data.fitting import by
from vitnp.errors import counted
from vitnp.system.language import Text, translated

SCRATCH, FROM = Text("사전 학습 없이", "from scratch"), Text("{}에서 시작해", "from {}")
IMAGES = Text("학습 이미지 {:,}장", "on {:,} training images")
LABELED = Text("레이블 {:.2%}", "on {:.2%} of the labels")
SOFT = Text("레이블 {:.2%}, 나머지는 의사 레이블", "on {:.2%} of the labels, the rest pseudo-labeled")
ALL = Text("모든 레이블", "on all labels")
# The files of pseudo-labels that have no predictions of a teacher, but labels.
TRUE_LABELS = {f"{PSEUDO}-{LABELS}.npz": LABELED, f"{PSEUDO}-{ALL_LABELS}.npz": ALL}
TEST = Text(
    "{} 픽셀, 테스트 이미지 {:,}장(표본오차 ±{:.2f}%p), 시드 {}개",
    "{} pixels, {:,} test images (sampling error ±{:.2f} points), {}",
)


def differs(own):
    """A line on what to know before an own result is compared with the paper's."""
    run, seeds = own.run, len(own.accuracies)
    train, test = run.images
    share = run.options["labels"]
    data = IMAGES.in_().format(train)
    if share:
        pseudo = run.options["pseudo"]
        data = (TRUE_LABELS.get(pseudo, SOFT) if pseudo else LABELED).in_().format(share)
    begin = FROM.in_().format(run.began) if run.began else SCRATCH.in_()
    how_many = Text(str(seeds), counted(seeds, "seed")).in_()
    size = translated(by(run.config.image_size))
    end = TEST.in_().format(size, test, sampling_error(own.result.mean, test), how_many)
    return f"{own.name}, {called(own.data)}: {begin} {data}; {end}."


def called(data):
    """A data set in the table: its name, of a folder that of the folder."""
    return data if data.startswith(VTAB) else os.path.basename(data.rstrip("/")) or data
