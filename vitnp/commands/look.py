"""`vitnp look`: visualizes a trained model and its answer to one image: pictures, each with a line of numbers."""

import sys

import numpy as np

from vitnp import models, tree, weights
from vitnp.analysis import look
from vitnp.analysis.trace import trace
from vitnp.backend.arrays import array_module, to_device, to_host
from vitnp.commands.options import add_backend, backend
from vitnp.commands.weights import add_source, names_of, need_finite, no_classes, source
from vitnp.data import preprocess
from vitnp.errors import InputError, need_int, one_line
from vitnp.models import vit
from vitnp.ops import positions
from vitnp.tasks import loss_and_grads
from vitnp.training.place import writable

LONGEST_NAME = 24  # letters of a class in a title
NO_FONT = (
    "vitnp: matplotlib finds no Korean font, so the pictures are in English; install NanumGothic "
    "(sudo apt install fonts-nanum) or Noto Sans CJK KR"
)


def add_options(parser):
    """The options of `vitnp look`."""
    parser.add_argument("image", metavar="IMAGE", help="a picture")
    parser.add_argument("--weights", required=True, metavar="FILE", help="a checkpoint, or a fetched name")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the pictures")
    parser.add_argument(
        "--layers", metavar="M-N", help="rollout over layers M to N of 1 to L (default all of them)"
    )
    parser.add_argument(
        "--patch",
        metavar="ROW,COLUMN",
        help="the patch whose attention is drawn, from 1,1 (default the middle one)",
    )
    parser.add_argument(
        "--class", type=int, dest="label", metavar="N", help="the class to explain (default the predicted)"
    )
    parser.add_argument(
        "--lang", choices=("en", "ko"), default="en", help="language of the pictures (default en)"
    )
    add_source(parser)
    add_backend(parser)
    parser.set_defaults(run=run)


def run(args):
    """Write every picture that this model has."""
    xp = backend(args)
    path, told = source(args, args.weights)
    p, config = weights.load(path, **told)
    models.need_vit(config, "look draws the attention of a ViT")
    p = to_device(p, xp)
    blocks = layers(args.layers, config)
    patch = query(args.patch, config)
    missing = no_classes(p, config)
    if args.label is not None and missing:
        raise InputError(f"--class is {args.label}, but the model {missing}, so no class; leave it out")
    if args.label is not None:
        need_int("--class", args.label, at_least=0, at_most=config.num_classes - 1)
    if config.num_patches < 2:
        raise InputError(
            f"an image of {'x'.join(map(str, config.image_size))} is one patch, too small for attention and rollout; "
            "name a larger one with --image-size"
        )
    image = preprocess.load(args.image, config)
    x = to_device(image, xp)
    logits, _ = vit.forward(x[None], p, config)
    need_finite(logits, "logits")
    label = int(logits[0].argmax()) if args.label is None and not missing else args.label
    names = [] if missing else names_of(path, config)[0]
    out = writable(args.out)
    if missing:
        print(f"the model {missing}: gradients.png and the rollout for a class are left out", flush=True)

    from vitnp import show
    from vitnp.show import page

    if args.lang == "ko" and page.korean_font() is None:
        print(NO_FONT, file=sys.stderr)
    options = {"blocks": blocks, "patch": patch, "label": label, "names": names, "lang": args.lang}
    for name, figure, said in pictures(image, x, p, config, **options):
        print(f"{one_line(show.save(figure, out / name))}  {said}", flush=True)
    return 0


def pictures(image, x, p, config, **options):
    """Yield (file name, figure, a line that describes it); x is the image in the memory of the parameters.

    options: blocks, patch, label (None: nothing of a class), names of the classes, lang.
    """
    blocks, patch, label, names, lang = (
        options[name] for name in ("blocks", "patch", "label", "names", "lang")
    )
    yield from of_the_model(image, p, config, lang=lang)
    t = trace(x, p, config, labels=label, of="logit")
    weights = [t[f"blocks.{i}.attention.A"] for i in range(config.num_layers)]
    yield from of_attention(image, t, weights, config, patch=patch, lang=lang)
    name = (
        ""
        if label is None or names[label] == f"class {label}"
        else f" ({one_line(names[label], LONGEST_NAME)})"
    )
    yield from of_rollout(image, t, weights, config, blocks=blocks, label=label, name=name, lang=lang)
    if label is not None:
        yield of_gradients(x, p, config, label, name, lang=lang)


def of_the_model(image, p, config, *, lang):
    """The pictures that need no forward pass: the architecture, the patches, the filters, the positions."""
    from vitnp import show

    count = f"{tree.count(p):,} parameters"
    yield "model.png", show.diagram(config, lang=lang), f"the model with its shapes: {count}"
    size = f"{config.num_patches} patches of {config.patch_dim} values"
    yield "patches.png", show.patch_grid(image, config, lang=lang), f"the image cut into {size}"
    yield "sequence.png", show.patch_sequence(image, config, lang=lang), f"the {config.num_patches} in a row"
    components, shares = look.filter_components(p["project"]["W"], patch_size=config.patch_size)
    shares = to_host(shares)
    said = f"{len(shares)} principal components of {config.hidden_size} filters, {shares.sum():.1%} of the variance"
    yield "filters.png", show.filters(components, shares, lang=lang), said
    E_pos = first_table(p, config)
    if E_pos is None:
        return
    cosine = to_host(look.position_similarity(E_pos, grid=config.grid))
    near, far = neighbors(cosine)
    said = f"cosine of positions: {near:.2f} of neighbors, {far:.2f} of opposite corners"
    yield "positions.png", show.position_similarity(E_pos, config, lang=lang), said


def first_table(p, config):
    """The position table (tokens, D) that step 4 or the first block adds; None if nothing is added."""
    if config.position_embedding in ("none", "relative"):
        return None
    like, tables = p["norm"]["gamma"], p.get("position", {})
    like = array_module(like).broadcast_to(like, (1, config.num_tokens, config.hidden_size))
    how = {"kind": config.position_embedding, "grid": config.grid, "like": like}
    return positions.forward(tables.get(0, tables), **how)[0]


def of_attention(image, t, weights, config, *, patch, lang):
    """The pictures of attention in single layers: of the class token, of one patch, its distances."""
    from vitnp import show

    end = config.num_layers - 1
    if config.classifier == "token":
        figure = show.attention_from_class_token(image, weights[end][0], config, block=end, lang=lang)
        share = float(look.attention_from_class_token(weights[end][0], grid=config.grid).mean(axis=0).max())
        yield "attention.png", figure, f"[CLS] in the last block: {share:.1%} to the strongest patch"
    S = t[f"blocks.{end}.attention.S"][0]
    figure = show.attention_of_patch(image, S, weights[end][0], config, patch=patch, block=end, lang=lang)
    row, column = patch[0] + 1, patch[1] + 1
    yield "query.png", figure, f"Q·Kᵀ and attention of the patch in row {row}, column {column}, last block"
    like = {"grid": config.grid, "patch_size": config.patch_size}
    distances = np.stack([to_host(look.attention_distance(A, **like))[0] for A in weights])
    means = distances.mean(axis=1)
    everywhere = float(look.uniform_distance(like=distances, **like))
    said = f"mean attention distance {means[0]:.1f} px in layer 1, {means[-1]:.1f} px in layer {end + 1}"
    said += f" (everywhere alike: {everywhere:.1f} px)"
    yield "distance.png", show.attention_distance(distances, config, lang=lang), said


def of_rollout(image, t, weights, config, *, blocks, label, name, lang):
    """The picture of rollout, without and with the gradients of a class, for a model with a class token.

    name: of the class, in parentheses, or "".
    """
    from vitnp import show
    from vitnp.show.page import in_language

    if config.classifier != "token":
        return
    say = in_language(lang)
    first, last = blocks
    span, chosen = f"layers {first} to {last}", range(first - 1, last)
    title = say(f"rollout, {span}", f"롤아웃, {first}~{last}층")
    maps = {title: look.rollout([weights[i] for i in chosen])}
    if label is not None:
        gradients = [t.gradient(f"blocks.{i}.attention.A") for i in chosen]
        maps[say(f"for class {label}{name}", f"클래스 {label}{name}에 대해")] = look.gradient_rollout(
            [weights[i] for i in chosen], gradients
        )
    maps = {
        title: to_host(look.attention_from_class_token(R[0], grid=config.grid)) for title, R in maps.items()
    }
    plain = next(iter(maps.values()))
    row, column = np.unravel_index(plain.argmax(), plain.shape)
    said = (
        f"rollout over {span}: most from the patch in row {row + 1}, column {column + 1}, {plain.max():.1%}"
    )
    yield "rollout.png", show.rollout(image, maps, config, lang=lang), said


def of_gradients(x, p, config, label, name, *, lang):
    """The picture of the gradient's norm per layer."""
    from vitnp import show

    _, dp = loss_and_grads(x[None], array_module(x).asarray([label]), p, config)
    norms = look.gradient_norms(dp)
    blocks = [norm for name, norm in norms.items() if name.startswith("blocks.")]
    said = f"gradient of −log p of class {label}{name}: norm {blocks[0]:.3g} in block 1, {blocks[-1]:.3g} in the last"
    return "gradients.png", show.gradient_norms(norms, lang=lang), said


def layers(text, config):
    """(first, last) of --layers, counted from 1; by default all layers."""
    L = config.num_layers
    try:
        first, last = (1, L) if text is None else (int(part) for part in text.split("-"))
    except ValueError:
        raise InputError(
            f'--layers "{text}" is not a range; write the first and last, such as 1-{L}'
        ) from None
    if not 1 <= first <= last <= L:
        raise InputError(f"--layers {text} is not within the model's {L} layers; choose from 1-{L}")
    return first, last


def query(text, config):
    """(row, column) of --patch, counted from 0; by default the middle of the grid."""
    rows, cols = config.grid
    try:
        row, column = (
            (rows // 2 + 1, cols // 2 + 1) if text is None else (int(part) for part in text.split(","))
        )
    except ValueError:
        raise InputError(f'--patch "{text}" is no place; write row and column, such as 1,{cols}') from None
    if not (1 <= row <= rows and 1 <= column <= cols):
        raise InputError(
            f"--patch {text} is outside the {rows}x{cols} patches; choose from 1,1 to {rows},{cols}"
        )
    return row - 1, column - 1


def neighbors(cosine):
    """The mean cosine of adjacent patches, and the cosine of the patches at opposite corners."""
    rows, cols = cosine.shape[:2]
    beside = [cosine[r, c, r, c + 1] for r in range(rows) for c in range(cols - 1)]
    beneath = [cosine[r, c, r + 1, c] for r in range(rows - 1) for c in range(cols)]
    return float(np.mean(beside + beneath)), float(cosine[0, 0, -1, -1])
