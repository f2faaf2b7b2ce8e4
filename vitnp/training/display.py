"""What a training prints while it runs: a progress bar in a terminal, and a line per epoch. Imports `system`."""

import sys

from vitnp.system.output import unless_gone
from vitnp.training.progress import READ_EVERY


class Display:
    """A progress bar over all images with loss, accuracy, images/s and the time left, and a line per epoch.

    progress: the `Progress` to start from, or None; quiet prints nothing. What cannot be shown is left out.
    """

    def __init__(self, recipe, num_images, progress=None, *, quiet=False):
        from tqdm import tqdm

        self.quiet, self.num_images, self.accuracy, self.frozen = quiet, num_images, "", 0
        self.epochs = -(-recipe.total_steps(num_images) // recipe.steps_per_epoch(num_images))
        full, steps = divmod(recipe.total_steps(num_images), recipe.steps_per_epoch(num_images))
        self.bar = tqdm(
            total=full * num_images + steps * recipe.batch_size,
            initial=0 if progress is None else (progress.epoch - 1) * num_images + progress.images,
            unit=" images",
            disable=True if quiet else None,  # None: a bar only in a terminal
            leave=False,
        )

    def on_step(self, step):
        """Advance the bar by the step's images."""
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
            self.bar.write(line(epoch, self.epochs), file=sys.stdout)
            sys.stdout.flush()

    def close(self):
        """Remove the bar."""
        with unless_gone(sys.stderr):
            self.bar.close()


def line(epoch, epochs):
    """An epoch's results in one line."""
    return (
        f"epoch {epoch.epoch:{len(str(epochs))}}/{epochs}  loss {epoch.loss:.4f}  train {epoch.train_accuracy:7.2%}  "
        f"test {epoch.test_accuracy:7.2%}  lr {epoch.lr:.2e}  {rate(epoch.images_per_second)} images/s"
    )


def rate(x):
    """How many per second: below 10 with a decimal, below 1 with one digit that is not 0."""
    return f"{x:,.0f}" if x >= 9.95 else f"{x:.1f}" if x >= 0.95 else f"{x:.1g}"


def duration(seconds):
    """Seconds with a decimal, below 0.1 with one digit that is not 0."""
    return f"{seconds:.1f}" if seconds >= 0.095 else f"{seconds:.1g}"
