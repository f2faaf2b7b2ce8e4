"""`vitnp pretrain`: learn from images without their labels, and leave a model without a head for `vitnp train --init`.

A run is a run of `vitnp train` in all else: its options, its folder, how it is stopped and goes on.
"""

from vitnp.commands import train
from vitnp.tasks.targets import TARGETS


def add_options(parser):
    """The options of `vitnp pretrain`."""
    train.add_place(parser)
    train.add_training(parser)
    task = parser.add_argument_group("task", "what is learned without labels")
    task.add_argument("--task", metavar="NAME", help="masked-patches (default)")
    task.add_argument(
        "--target",
        metavar="NAME",
        help=f"what is predicted of a corrupted patch: {', '.join(TARGETS)} (default color)",
    )
    task.add_argument("--mask-ratio", type=float, metavar="X", help="how many are corrupted (default 0.5)")
    parser.set_defaults(run=train.run, own={"task": "masked-patches", "target": "color", "mask_ratio": 0.5})
