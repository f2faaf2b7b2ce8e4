"""What a training prints while it runs: a progress bar in a terminal, and a line per epoch. Imports `system`."""

import sys

from vitnp.system.output import unless_gone
from vitnp.training.progress import READ_EVERY


class Display:
    """A progress bar over all inputs with loss, accuracy, inputs/s and the time left, and a line per epoch.

    count: of the training inputs; unit: what they are. progress: the `Progress` to start from, or None; quiet prints
    nothing. What cannot be shown is left out.
    """

    def __init__(self, recipe, count, progress=None, *, unit="images", quiet=False):
        from tqdm import tqdm

        self.quiet, self.unit, self.accuracy, self.frozen = quiet, unit, "", 0
        self.epochs = -(-recipe.total_steps(count) // recipe.steps_per_epoch(count))
        full, steps = divmod(recipe.total_steps(count), recipe.steps_per_epoch(count))
        self.bar = tqdm(
            total=full * count + steps * recipe.batch_size,
            initial=0 if progress is None else (progress.epoch - 1) * count + progress.images,
            unit=f" {unit}",
            disable=True if quiet else None,  # None: a bar only in a terminal
            leave=False,
        )

    def on_step(self, step):
        """Advance the bar by the step's inputs."""
        if self.bar.disable:
            return
        with unless_gone(sys.stderr):
            if isinstance(step.loss, float) or step.step % READ_EVERY == 0:
                self.bar.set_postfix_str(f"loss {float(step.loss):.3f}{self.accuracy}", refresh=False)
            self.bar.update(step.images)

    def on_frozen(self, n):
        """Show that n more images have their representations, before the first step."""
        if self.bar.disable:
            return
        self.frozen += n
        with unless_gone(sys.stderr):
            self.bar.set_postfix_str(f"representations {self.frozen:,}")

    def on_epoch(self, epoch):
        """Print the epoch's line."""
        if self.quiet:
            return
        self.accuracy = f", test {epoch.test_accuracy:.2%}"
        with unless_gone(sys.stdout):
            self.bar.write(line(epoch, self.epochs, self.unit), file=sys.stdout)
            sys.stdout.flush()

    def close(self):
        """Remove the bar."""
        with unless_gone(sys.stderr):
            self.bar.close()


def line(epoch, epochs, unit):
    """An epoch's results in one line."""
    return (
        f"epoch {epoch.epoch:{len(str(epochs))}}/{epochs}  loss {epoch.loss:.4f}  train {epoch.train_accuracy:7.2%}  "
        f"test {epoch.test_accuracy:7.2%}  lr {epoch.lr:.2e}  {rate(epoch.images_per_second)} {unit}/s"
    )


def rate(x):
    """How many per second: below 10 with a decimal, below 1 with one digit that is not 0."""
    return f"{x:,.0f}" if x >= 9.95 else f"{x:.1f}" if x >= 0.95 else f"{x:.1g}"


def duration(seconds):
    """Seconds with a decimal, below 0.1 with one digit that is not 0."""
    return f"{seconds:.1f}" if seconds >= 0.095 else f"{seconds:.1g}"
