"""`vitnp info MODEL`: the configuration, and what the model costs in parameters, multiply–adds and bytes."""

import dataclasses

from vitnp import cost
from vitnp.commands.options import NAMES, add_fields, model_config
from vitnp.errors import InputError


def add_parser(commands):
    """The options of `vitnp info`."""
    parser = commands.add_parser("info", help="a model's configuration, parameters, multiply–adds and bytes")
    parser.add_argument("model", nargs="?", default="B/16", metavar="MODEL", help=f"{NAMES} (default B/16)")
    add_fields(parser)
    parser.add_argument(
        "--batch", type=int, default=1, metavar="B", help="images in a training step (default 1)"
    )
    parser.set_defaults(run=run)


def run(args):
    """Print four tables."""
    config = model_config(args)
    if args.batch < 1:
        raise InputError(f"--batch is {args.batch}; need at least 1")
    print(f"vitnp.ViTConfig for {args.model}")
    for name, value in dataclasses.asdict(config).items():
        print(f"  {name:24}{value}")
    print(f"  {'patches':24}{config.grid[0]} x {config.grid[1]} = {config.num_patches}")
    print(f"  {'tokens':24}{config.num_tokens}")
    print(f"  {'width of a head (d_k)':24}{config.head_dim}")
    parameters = cost.parameters(config)
    table("parameters", parameters, lambda n: f"{n:,}")
    table("multiply–adds, forward, one image", cost.multiply_adds(config), lambda n: f"{n / 1e9:.3f} G")
    step = {
        "parameters": 4 * sum(parameters.values()),
        "gradients": 4 * sum(parameters.values()),
        "AdamW's two means": 8 * sum(parameters.values()),
        "kept for backward": sum(cost.activation_bytes(config, batch_size=args.batch).values()),
    }
    images = "1 image" if args.batch == 1 else f"{args.batch} images"
    table(
        f"kept for backward, {images}, float32",
        cost.activation_bytes(config, batch_size=args.batch),
        mebibytes,
    )
    table(f"arrays of a training step, {images}, float32", step, mebibytes)
    return 0


def table(title, rows, text):
    """Print a title, the rows and their sum."""
    print(f"\n{title}")
    for name, value in rows.items():
        print(f"  {name:34}{text(value):>16}")
    print(f"  {'total':34}{text(sum(rows.values())):>16}")


def mebibytes(n):
    """A number of bytes as MiB."""
    return f"{n / 2**20:,.1f} MiB"
