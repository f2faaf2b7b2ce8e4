"""Masked patch prediction: its gradients, and the rules for what is hidden and what is asked."""

from mutants.kinds import mistakes, wrong_rules

mistakes(
    "models/vit/masked.py",
    ("masked corruption", "masked color"),
    ("A in place of its transpose", "A.swapaxes(-1, -2) @ dy", "A @ dy"),
    ("patches that are gone get a gradient", "A.swapaxes(-1, -2) @ dy", "dy"),
    ("[mask] gets the gradient of every patch", "(m * dy).sum", "dy.sum"),
    ("[mask]: the mean over the batch", "(m * dy).sum(axis=(0, 1))", "(m * dy).sum(axis=1).mean(axis=0)"),
    ("forward: [mask] twice where it stands", 'm * p["mask"], (A, m)', '2.0 * m * p["mask"], (A, m)'),
)
mistakes(
    "models/vit/masked.py",
    ("masked color", "masked downsized", "masked patch", "masked over two threads"),
    ("the corruption forgotten on the way back", "dx, dp = corrupt_backward", "_, dp = corrupt_backward"),
    (
        "the head's gradient one token early",
        "(x.shape, image, first + corruption.rows)",
        "(x.shape, image, corruption.rows)",
    ),
    ("the tokens' gradient forgotten", "dx[image, rows] = dx_rows", "dx[image, rows] = 0.0 * dx_rows"),
)
mistakes(
    "tasks/targets.py",
    ("masked patch", "masked patch, gap, dropout"),
    ("the 2 of the square", "2.0 * dloss", "dloss"),
    ("the mean's divisor forgotten", "(2.0 * dloss / saved.size)", "(2.0 * dloss)"),
    ("dloss forgotten", "2.0 * dloss", "2.0"),
)
mistakes(
    "tasks/targets.py",
    ("masked color", "masked downsized"),
    ("classes: dloss forgotten", "loss.backward(dloss, saved_loss)", "loss.backward(1.0, saved_loss)"),
)
mistakes(
    "tasks/masked.py",
    ("masked over two threads", "masked patch by two images"),
    ("a share's weight forgotten", "targets.loss_backward(dloss,", "targets.loss_backward(1.0,"),
)

HALF = "test_half_of_the_patches_and_four_fifths_of_them_masked"
wrong_rules(
    "models/vit/masked.py",
    "test_masked",
    HALF,
    ("nine tenths masked", "REPLACED, EXCHANGED = 0.8, 0.1", "REPLACED, EXCHANGED = 0.9, 0.05"),
    ("none exchanged", "kind < REPLACED + EXCHANGED, other, rows", "kind < REPLACED + EXCHANGED, rows, rows"),
    ("another may be the patch itself", "rng.integers(1, N, (B, n))", "rng.integers(0, N, (B, n))"),
    ("another is the next one", "rng.integers(1, N, (B, n))", "1"),
    (
        "the first half in place of any",
        "rng.random((B, N)).argsort(axis=1)",
        "rng.random((B, N)).cumsum(1).argsort(1)",
    ),
    ("others are corrupted too", "source = xp.arange(N) + xp", "source = xp.arange(N)[::-1] + xp"),
)
wrong_rules(
    "tasks/targets.py",
    "test_masked",
    "test_the_color_of_a_patch",
    ("blue in the place of red", "LEVELS ** (x.shape[-1] - 1 - c)", "LEVELS**c"),
    ("the highest level is one too many", "0), LEVELS - 1).astype", "0), LEVELS).astype"),
    ("the models' scale in place of the picture's", "(x * std + mean) * LEVELS", "x * LEVELS"),
    (
        "the corrupted patch's neighbor",
        "corruption.rows]  # (B, n, P·P·C)",
        "corruption.rows - 1]  # (B, n, P·P·C)",
    ),
)
wrong_rules(
    "tasks/targets.py",
    "test_masked",
    "test_the_steps_of_gray",
    ("rounded in place of cut off", "xp.floor((", "xp.rint(("),
    ("four levels", "LEVELS = 8 ", "LEVELS = 4 "),
)
wrong_rules(
    "tasks/targets.py",
    "test_masked",
    "test_the_down_sized_patch",
    (
        "rows and columns mixed",
        "side, P // side, side, P // side, config",
        "P // side, side, P // side, side, config",
    ),
    ("the mean over other pixels", ".mean(axis=(3, 5))", ".mean(axis=(2, 4))"),
)
wrong_rules(
    "tasks/targets.py",
    "test_masked",
    "test_losses_by_hand",
    ("patch: the sum", "(difference * difference).mean()", "(difference * difference).sum()"),
    ("patch: the distance", "(difference * difference).mean()", "abs(difference).mean()"),
)
wrong_rules(
    "tasks/targets.py",
    "test_masked",
    "test_how_often_it_is_right",
    ("the smallest logit", ".argmax(axis=-1) == t", ".argmin(axis=-1) == t"),
    ("patch: the first pixel", ".reshape(flat).mean(axis=2)", ".reshape(flat)[:, :, 0]"),
)
