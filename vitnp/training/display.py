"""What a training prints while it runs: a progress bar in a terminal, and a line per epoch. Imports `system`."""

import sys

from vitnp.system import threads
from vitnp.system.language import Text, translated
from vitnp.system.output import unless_gone
from vitnp.training.progress import READ_EVERY

LOSS, TEST = Text("손실", "loss"), Text("테스트", "test")
FROZEN = Text("표현", "representations")
LINE = Text(
    "에폭 {epoch}  손실 {loss:.4f}  학습 {train:7.2%}  테스트 {test:7.2%}{best} lr {lr:.1e}  {rate}/초",
    "epoch {epoch}  loss {loss:.4f}  train {train:7.2%}  test {test:7.2%}{best} lr {lr:.1e}  {rate}/s",
)


class Display:
    """A progress bar over all inputs with loss, accuracy, inputs/s and the time left, and a line per epoch.

    count: of the training inputs; unit: what they are. progress: the `Progress` to start from, or None; quiet prints
    nothing. What cannot be shown is left out.
    """

    def __init__(self, recipe, count, progress=None, *, unit="images", quiet=False):
        from tqdm import tqdm

        if not threads.can_start():
            tqdm.monitor_interval = 0  # else it warns that its own thread, which redraws a bar, cannot start
        self.quiet, self.unit, self.accuracy, self.frozen = quiet, unit, "", 0
        self.best = max((epoch.test_accuracy for epoch in progress.history), default=0.0) if progress else 0.0
        self.epochs = -(-recipe.total_steps(count) // recipe.steps_per_epoch(count))
        full, steps = divmod(recipe.total_steps(count), recipe.steps_per_epoch(count))
        self.bar = tqdm(
            total=full * count + steps * recipe.batch_size,
            initial=0 if progress is None else (progress.epoch - 1) * count + progress.images,
            unit=f" {translated(unit)}",
            disable=True if quiet else None,  # None: a bar only in a terminal
            leave=False,
        )

    def on_step(self, step):
        """Advance the bar by the step's inputs."""
        if self.bar.disable:
            return
        with unless_gone(sys.stderr):
            if isinstance(step.loss, float) or step.step % READ_EVERY == 0:
                self.bar.set_postfix_str(f"{LOSS.in_()} {float(step.loss):.3f}{self.accuracy}", refresh=False)
            self.bar.update(step.images)

    def on_frozen(self, n):
        """Show that n more images have their representations, before the first step."""
        if self.bar.disable:
            return
        self.frozen += n
        with unless_gone(sys.stderr):
            self.bar.set_postfix_str(f"{FROZEN.in_()} {self.frozen:,}")

    def on_epoch(self, epoch):
        """Print the epoch's line."""
        if self.quiet:
            return
        self.accuracy = f", {TEST.in_()} {epoch.test_accuracy:.2%}"
        best, self.best = epoch.test_accuracy > self.best, max(epoch.test_accuracy, self.best)
        with unless_gone(sys.stdout):
            self.bar.write(line(epoch, self.epochs, self.unit, best=best), file=sys.stdout)
            sys.stdout.flush()

    def close(self):
        """Remove the bar."""
        with unless_gone(sys.stderr):
            self.bar.close()


def line(epoch, epochs, unit, *, best=False):
    """An epoch's results in one line; best: a * beside the accuracy, as no epoch before had a higher one."""
    return LINE.in_().format(
        epoch=f"{epoch.epoch:{len(str(epochs))}}/{epochs}",
        loss=epoch.loss,
        train=epoch.train_accuracy,
        test=epoch.test_accuracy,
        best="*" if best else " ",
        lr=epoch.lr,
        rate=f"{rate(epoch.images_per_second)} {translated(unit)}",
    )


def rate(x):
    """How many per second: below 10 with a decimal, below 1 with one digit that is not 0."""
    return f"{x:,.0f}" if x >= 9.95 else f"{x:.1f}" if x >= 0.95 else f"{x:.1g}"


def duration(seconds):
    """Seconds with a decimal, below 0.1 with one digit that is not 0."""
    return f"{seconds:.1f}" if seconds >= 0.095 else f"{seconds:.1g}"
