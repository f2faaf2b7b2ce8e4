"""`vitnp look`: visualizes a trained model and its answer to images: pictures, each with a line of numbers.

asked.py        what the options ask for       of_model.py    pictures of the model alone
seen.py         an image in the model          of_image.py    patches, attention, rollout, gradients of one image
pictures.py     which pictures there are       of_tokens.py   patch tokens as colors, mirrored, matched
                                               of_maps.py     root filters and feature maps of a ResNet
"""

import sys
from pathlib import Path

from vitnp import models, weights
from vitnp.backend.arrays import to_device
from vitnp.commands.look import asked, pictures
from vitnp.commands.look.seen import Model, Seen
from vitnp.commands.options import add_backend, backend
from vitnp.commands.weights import add_source, names_of, no_classes, source
from vitnp.errors import one_line
from vitnp.system.language import translated
from vitnp.training.place import writable

FAMILIES = {"vit": "a ViT", "hybrid": "a hybrid", "bit": "a BiT"}
NO_FONT = (
    "matplotlib finds no Korean font, so the pictures are in English; install NanumGothic "
    "(sudo apt install fonts-nanum) or Noto Sans CJK KR"
)


def add_options(parser):
    """The options of `vitnp look`."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a picture, or several")
    parser.add_argument("--weights", required=True, metavar="FILE", help="a checkpoint, or a fetched name")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the pictures")
    parser.add_argument(
        "--only", metavar="A,B", help=f"these pictures alone, of {', '.join(pictures.PICTURES)}"
    )
    parser.add_argument(
        "--block",
        type=int,
        metavar="N",
        help="the block whose attention and tokens are drawn, from 1 (default the last one, and the tokens after the "
        "last norm)",
    )
    parser.add_argument("--heads", metavar="M,N", help="heads in query.png, from 1 (default the first three)")
    parser.add_argument(
        "--patch",
        metavar="ROW,COLUMN",
        help="the patch of query.png and --against, from 1,1 (default the middle one); with px, such as 60px,80px, "
        "the patch at so many pixels from the top and the left of the picture",
    )
    parser.add_argument(
        "--against", metavar="IMAGE", help="find the patch, and every other, in this second picture"
    )
    parser.add_argument(
        "--layers", metavar="M-N", help="rollout over layers M to N of 1 to L (default all of them)"
    )
    parser.add_argument(
        "--class", type=int, dest="label", metavar="N", help="the class to explain (default the predicted)"
    )
    add_source(parser)
    add_backend(parser)
    parser.set_defaults(run=run)


def run(args):
    """Write the pictures asked for, by default every one that this model has."""
    xp = backend(args)
    path, told = source(args, args.weights)
    p, config = weights.load(path, **told)
    models.need_family(config, FAMILIES, "look draws the attention of a ViT")
    names = [] if no_classes(p, config) else names_of(path, config)[0]
    model = Model(to_device(p, xp), config, names)
    how = asked.asked(args, model)
    left_out = pictures.left_out(model, how)
    images = [Seen(image, model, how) for image in args.images]
    other = Seen(args.against, model, how) if args.against else None
    folders = asked.folders(args.out, args.images)
    read = [*args.images, args.against] if args.against else args.images
    pictures.need_kept(read, [Path(args.out), *folders], how)
    _ = images[0].trace  # so that a model that overflows leaves nothing behind
    out = writable(args.out)
    if pictures.of_each(how):
        folders = [writable(folder) for folder in folders]
    for line in left_out:
        print(translated(line), flush=True)

    from vitnp import show
    from vitnp.show import page

    if how.lang == "ko" and page.korean_font() is None:
        print(f"vitnp: {translated(NO_FONT)}", file=sys.stderr)
    for folder, name, figure, said in pictures.draw(images, other, folders, out):
        print(f"{one_line(show.save(figure, folder / f'{name}.png'))}  {translated(said)}", flush=True)
    return 0
