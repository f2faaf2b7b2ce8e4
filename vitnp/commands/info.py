"""`vitnp info [MODEL]`: the configuration, and what the model costs in parameters, multiply–adds and bytes."""

import dataclasses

from vitnp import models
from vitnp.analysis import cost
from vitnp.commands.model import add_model_or_file, chosen
from vitnp.commands.options import need_counts
from vitnp.engine.split import choose_workers
from vitnp.errors import counted, printable
from vitnp.system.language import translated
from vitnp.system.output import width


def add_options(parser):
    """The options of `vitnp info`."""
    add_model_or_file(parser, default="B/16", positional=True)
    step = parser.add_argument_group("training step", "whose peak memory is printed")
    step.add_argument("--batch", type=int, default=1, metavar="B", help="images (default 1)")
    step.add_argument("--workers", type=int, metavar="N", help="threads (default: as many as are useful)")
    step.add_argument("--micro-batch", type=int, metavar="M", help="images at a time (default: all)")
    step.add_argument("--recompute", action="store_true", help="save only the inputs of the blocks")
    parser.set_defaults(run=run, only_prints=True)


def run(args):
    """Print the configuration, and tables of what the model costs."""
    need_counts(args, "batch", "workers", "micro_batch")
    model = chosen(args)
    config = model.config
    print(translated(f"{type(config).__name__} for {printable(model.name)}"))
    for name, value in (dataclasses.asdict(config) | config.facts).items():
        print(f"  {name:24}{value}")
    table("parameters", cost.parameters(config), lambda n: f"{n:,}")
    one = "image"
    if config.reads == "sequences":
        one = f"pair of {config.source_length} and {config.target_length} symbols"
    table(f"multiply–adds, forward, one {one}", cost.multiply_adds(config), billions)
    if hasattr(models.of(config), "step_bytes"):
        memory(config, args)
    else:
        print()
        print(
            translated(
                f"the memory of a training step is not counted for a model of the family {config.family}"
            )
        )
    return 0


def memory(config, args):
    """Print what a training step keeps and holds, in bytes."""
    workers = args.workers or choose_workers(args.micro_batch or args.batch, config)
    size, micro_batch = sum(cost.parameters(config).values()), args.micro_batch
    step = {"parameters": 4 * size, "AdamW's two means": 8 * size}
    how = {"workers": workers, "micro_batch": micro_batch, "recompute": args.recompute}
    step |= cost.step_bytes(config, batch_size=args.batch, **how)
    images, threads = counted(args.batch, "image"), counted(workers, "thread")
    kept = cost.saved_bytes(config, batch_size=args.batch)
    table(f"kept for backward, {images}, float32", kept, cost.mebibytes)
    table(f"peak of a training step, {images}, {threads}, float32", step, cost.mebibytes)


def table(title, rows, text):
    """Print a title, the rows and their sum."""
    print(f"\n{translated(title)}")
    for name, value in [*rows.items(), ("total", sum(rows.values()))]:
        said = translated(name)
        print(f"  {said}{' ' * (34 - width(said))}{text(value):>16}")


def billions(n):
    """A number in G, below 1 G in M, below 1 M as it is."""
    if n < 1e6:
        return f"{n:,}"
    return f"{n / 1e9:.3f} G" if n >= 1e9 else f"{n / 1e6:.3f} M"
