"""`vitnp info MODEL`: the configuration, and what the model costs in parameters, multiply–adds and bytes."""

import dataclasses

from vitnp.analysis import cost
from vitnp.commands.options import NAMES, add_fields, model_config, need_counts
from vitnp.engine.split import choose_workers


def add_options(parser):
    """The options of `vitnp info`."""
    parser.add_argument("model", nargs="?", default="B/16", metavar="MODEL", help=f"{NAMES} (default B/16)")
    add_fields(parser)
    step = parser.add_argument_group("training step", "whose peak memory is printed")
    step.add_argument("--batch", type=int, default=1, metavar="B", help="images (default 1)")
    step.add_argument("--workers", type=int, metavar="N", help="threads (default: as many as are useful)")
    step.add_argument("--micro-batch", type=int, metavar="M", help="images at a time (default: all)")
    step.add_argument("--recompute", action="store_true", help="save only the inputs of the blocks")
    parser.set_defaults(run=run)


def run(args):
    """Print five tables."""
    config = model_config(args)
    need_counts(args, "batch", "workers", "micro_batch")
    print(f"vitnp.ViTConfig for {args.model}")
    for name, value in dataclasses.asdict(config).items():
        print(f"  {name:24}{value}")
    print(f"  {'patches':24}{config.grid[0]} x {config.grid[1]} = {config.num_patches}")
    print(f"  {'tokens':24}{config.num_tokens}")
    print(f"  {'width of a head (d_k)':24}{config.head_dim}")
    parameters = cost.parameters(config)
    table("parameters", parameters, lambda n: f"{n:,}")
    table("multiply–adds, forward, one image", cost.multiply_adds(config), billions)
    workers = args.workers or choose_workers(args.micro_batch or args.batch, config)
    step = {
        "parameters": 4 * sum(parameters.values()),
        "AdamW's two means": 8 * sum(parameters.values()),
        **cost.step_bytes(
            config,
            batch_size=args.batch,
            workers=workers,
            micro_batch=args.micro_batch,
            recompute=args.recompute,
        ),
    }
    images = "1 image" if args.batch == 1 else f"{args.batch} images"
    threads = "1 thread" if workers == 1 else f"{workers} threads"
    table(
        f"kept for backward, {images}, float32",
        cost.saved_bytes(config, batch_size=args.batch),
        mebibytes,
    )
    table(f"peak of a training step, {images}, {threads}, float32", step, mebibytes)
    return 0


def table(title, rows, text):
    """Print a title, the rows and their sum."""
    print(f"\n{title}")
    for name, value in rows.items():
        print(f"  {name:34}{text(value):>16}")
    print(f"  {'total':34}{text(sum(rows.values())):>16}")


def billions(n):
    """A number in G, below 1 G in M, below 1 M as it is."""
    if n < 1e6:
        return f"{n:,}"
    return f"{n / 1e9:.3f} G" if n >= 1e9 else f"{n / 1e6:.3f} M"


def mebibytes(n):
    """A number of bytes in MiB, below 1 MiB in KiB."""
    return f"{n / 2**20:,.1f} MiB" if n >= 2**20 else f"{n / 2**10:,.1f} KiB"
