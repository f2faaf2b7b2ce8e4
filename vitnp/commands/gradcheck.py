"""`vitnp gradcheck`: every gradient of a model against differences, a line a leaf."""

import numpy as np

from vitnp import gradcheck, vit
from vitnp.commands.options import add_model


def add_parser(commands):
    """The options of `vitnp gradcheck`."""
    parser = commands.add_parser(
        "gradcheck", help="check every gradient of a model against the complex step and central differences"
    )
    add_model(parser, default="tiny")
    parser.add_argument("--batch", type=int, default=2, metavar="B", help="images (default 2)")
    parser.add_argument("--seeds", type=int, default=3, help="random cotangents and directions (default 3)")
    parser.add_argument("--dropout", type=float, default=0.0, metavar="RATE", help="dropout, under a fixed generator")
    parser.set_defaults(run=run)


def run(args):
    """Print the report; 1 if a gradient is wrong."""
    return report(model(args), batch_size=args.batch, seeds=args.seeds)
