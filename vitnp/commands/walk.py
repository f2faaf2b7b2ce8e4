"""`vitnp walk`: a photo through a model, every step with its slide; with --backward the backward pass too."""

import itertools
import json
import re

import numpy as np

from vitnp import models, tree
from vitnp.analysis.trace import trace
from vitnp.backend.arrays import to_device
from vitnp.commands.options import add_backend, add_model, backend, model_config
from vitnp.commands.printing import aligned, width, widths
from vitnp.commands.working import working
from vitnp.course import slides
from vitnp.data import photo
from vitnp.errors import InputError, one_line
from vitnp.models import vit
from vitnp.ops import initializers

HEADING = "{model} · {image} · {parameters:,} parameters · seed {seed}"
WIDTH = 110  # columns that a projector shows in a large font
WORDS = {
    "en": {
        "columns": ("tensor", "name in the trace", "shape", "in letters", "slide (B/16)"),
        "zero": "released at zero ([CLS], the head) gets small random numbers: a zero head stops every gradient",
        "legend": "✓ the true shape   ≠ the slide errs   blocks.i: every block, i = 0 … L−1, is checked",
        "step": "step {}",
        "decks": "decks 001, 004: {}   deck 000: {}",
        "per_head": "per head",
        "erratum": '≠ slide: "{printed}"   true: {true}',
        "must_be": "✗ must be",
        "predicted": "predicted class {class}, p = {probability:.4f} (the weights are random: it means nothing)",
        "back": ("the way back: ∂loss/∂", "shape", "norm"),
        "loss": "loss = −log p[{label}] = {loss:.4f}",
        "same": "and {count} more, as in blocks.{last}",
        "rows": "{rows} rows, {tensors} tensors, {verdict}; {errata} errata on the slides",
        "gradients": "{count} gradients, {verdict}",
        "all_true": "all shapes true",
        "wrong": "{} WRONG: {}",
    },
    "ko": {
        "columns": ("텐서", "trace에서의 이름", "shape", "기호", "슬라이드(B/16)"),
        "zero": "공개된 초기값이 0인 곳([CLS], head)을 작은 난수로 채움: head가 0이면 기울기가 흐르지 않음",
        "legend": "✓ 맞는 shape   ≠ 슬라이드의 오류   blocks.i: 모든 블록 i = 0 … L−1 을 검사",
        "step": "{}단계",
        "decks": "001, 004에서는 {}   000에서는 {}",
        "per_head": "(헤드당)",
        "erratum": '≠ 슬라이드: "{printed}"   정정: {true}',
        "must_be": "✗ 정정:",
        "predicted": "예측 클래스 {class}, p = {probability:.4f} (가중치가 난수이므로 의미 없음)",
        "back": ("되돌아오는 길: ∂loss/∂", "shape", "norm"),
        "loss": "loss = −log p[{label}] = {loss:.4f}",
        "same": "외 {count}개, blocks.{last} 참고",
        "rows": "{rows}행, 텐서 {tensors}개, {verdict}; 슬라이드의 오류 {errata}개",
        "gradients": "기울기 {count}개, {verdict}",
        "all_true": "shape 모두 맞음",
        "wrong": "{}개 틀림: {}",
    },
}


def add_options(parser):
    """The options of `vitnp walk`."""
    parser.add_argument("image", nargs="?", metavar="IMAGE", help="a photo (default: one of scikit-learn's)")
    add_model(parser, default="B/16")
    parser.add_argument("--lang", choices=("en", "ko", "both"), default="both", help="titles (default both)")
    parser.add_argument("--backward", action="store_true", help="also every gradient, on the way back")
    parser.add_argument("--label", type=int, default=0, metavar="N", help="the loss's class (default 0)")
    parser.add_argument("--seed", type=int, default=0, help="of the random weights (default 0)")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    add_backend(parser)
    parser.set_defaults(run=run)


def run(args):
    """Print the walk; 1 if a shape is wrong."""
    config = model_config(args)
    models.need_vit(config, "walk follows the slides of the ViT")
    if args.seed < 0:
        raise InputError(f"--seed is {args.seed}; need at least 0")
    if args.backward and not config.num_classes:
        raise InputError(
            "--backward needs a loss, and the model has no head (num_classes=0); give it num_classes"
        )
    if args.backward and not 0 <= args.label < config.num_classes:
        raise InputError(f"--label is {args.label}; need a class from 0 to {config.num_classes - 1}")
    if args.image is None:
        image = photo.sample(config.image_size, in_channels=config.in_channels)
    else:
        image = photo.load(args.image, config.image_size, in_channels=config.in_channels)
    xp = backend(args)
    report = {"model": args.model, "image": args.image or photo.SAMPLE, "seed": args.seed}
    report["parameters"] = tree.count(vit.init(None, config))
    if not args.json:
        print(one_line(HEADING.format(**report)), flush=True)  # the rest takes seconds
    with working() as say:
        say("weights, forward and backward …" if args.backward else "weights, forward …")
        p = to_device(random_parameters(config, args.seed), xp)
        t = trace(to_device(image, xp), p, config, labels=args.label if args.backward else None)
        say("looking at every tensor …")
        report |= the_walk(t, config)
        if args.backward:
            report |= {"label": args.label, "loss": t.loss, "backward": the_way_back(t, config)}
    wrong = [tensor["name"] for row in report["rows"] for tensor in row["tensors"] if not tensor["ok"]]
    wrong += [f"∂loss/∂{record['name']}" for record in report.get("backward", []) if not record["ok"]]
    report["wrong"] = wrong
    print(json.dumps(report, indent=1) if args.json else "\n".join(text(report, args.lang)))
    return 1 if wrong else 0


def random_parameters(config, seed):
    """The released initialization, but with small random numbers in the class token and the head in place of zeros."""
    rng = np.random.default_rng(seed)
    p = vit.init(rng, config)
    for part in (p.get("class_token", {}), p["classify"].get("head", {})):
        for name, leaf in part.items():
            part[name] = initializers.normal(rng, leaf.shape, 0.02, leaf.dtype)
    return p


def the_walk(t, config):
    """The rows with their tensors and errata, and the predicted class; for the blocks, the values of the first."""
    checked = slides.check(t, config)
    records = {record.name: record for record in t.forward}
    rows = []
    for row in slides.rows(config):
        tensors = []
        for c in checked:
            if c.row == row:
                names = {"slide_name": c.tensor.slide_name, "name": c.tensor.name, "letters": c.tensor.axes}
                shapes = {"shape": c.got, "expected": c.expected, "printed": c.printed}
                flags = {"per_head": c.tensor.lead == "BH", "misprinted": c.erratum is not None, "ok": c.ok}
                values = statistics(records[c.tensor.name.replace(".i.", ".0.")])
                tensors.append({**names, **shapes, **flags, **values})
        errata = [erratum._asdict() for erratum in slides.errata(row)]
        rows.append({**row._asdict(), "tensors": tensors, "errata": errata})
    prediction = None
    if config.num_classes:
        best = int(t.probabilities[0].argmax())
        prediction = {"class": best, "probability": float(t.probabilities[0, best])}
    return {"rows": rows, "prediction": prediction}


def the_way_back(t, config):
    """Every gradient, in the order of the backward pass, and whether it has its tensor's shape."""
    lead = {tensor.name: tensor.lead for row in slides.rows(config) for tensor in row.tensors}
    back = []
    for record in t.backward:
        start = int(lead[re.sub(r"^blocks\.\d+", "blocks.i", record.name)].startswith("B"))
        found = {"shape": record.shape[start:], "ok": record.shape == t[record.name].shape}
        back.append({"step": record.step, "name": record.name, **found, **statistics(record)})
    return back


def statistics(record):
    """A record's dtype, its size and a summary of its values."""
    values = {name: getattr(record, name) for name in ("min", "mean", "max", "norm")}
    return {"dtype": str(record.dtype), "nbytes": record.nbytes, **values}


def text(report, lang):
    """The lines after the heading."""
    languages = ("ko", "en") if lang == "both" else (lang,)
    words = WORDS[languages[-1]]
    rows = report["rows"]
    tensors = [tensor for row in rows for tensor in row["tensors"]]
    yield from (WORDS[language][note] for note in ("zero", "legend") for language in languages)
    table = [cells(tensor, words) for tensor in tensors]
    sizes = widths([words["columns"], *table])
    yield "\n  " + aligned(words["columns"], sizes)
    lines = iter(table)
    for above, row in zip([None, *rows], rows, strict=False):
        new_step = above is None or above["step"] != row["step"]
        yield rule(row["step"], words) if new_step else ""
        yield from dict.fromkeys(row[f"title_{language}"] for language in languages)
        yield from dict.fromkeys(f"  {row[f'what_{language}']}" for language in languages)
        for tensor in row["tensors"]:
            mark = "✓" if tensor["ok"] else f"{words['must_be']} {by(tensor['expected'])}"
            yield f"  {aligned(next(lines), sizes)}  {mark}"
        for erratum in row["errata"]:
            yield "  " + words["erratum"].format(**erratum)
            yield from (f"    {erratum[f'why_{language}']}" for language in languages)
    yield "─" * WIDTH
    if report["prediction"]:
        yield words["predicted"].format(**report["prediction"])
    wrong = report["wrong"]
    verdict = words["wrong"].format(len(wrong), ", ".join(wrong)) if wrong else words["all_true"]
    if "backward" in report:
        yield words["loss"].format(**report) + "\n"
        yield from text_of_the_way_back(report["backward"], words)
        yield words["gradients"].format(count=len(report["backward"]), verdict=verdict)
    count = {"rows": len(rows), "tensors": len(tensors), "errata": sum(len(row["errata"]) for row in rows)}
    yield words["rows"].format(verdict=verdict, **count)


def text_of_the_way_back(back, words):
    """A line per gradient of the last block, which comes first; for each other block one line."""
    name, shape, norm = words["back"]
    yield f"     {aligned((name,), (32,))}{shape:16}{norm:>9}\n" + "─" * WIDTH
    last = None
    for number, group in itertools.groupby(
        back, lambda record: re.match(r"blocks\.(\d+)|", record["name"])[1]
    ):
        records, note = list(group), ""
        if number is not None and last is not None:
            note = "  " + words["same"].format(last=last, count=len(records) - 1)
        last = last or number
        for record in records[:1] if note else records:
            ok = all(r["ok"] for r in records) if note else record["ok"]
            norm = f"{record['norm']:#.3g}".rstrip(".")
            start = f"  {record['step']}  {record['name']:32}{by(record['shape']):16}"
            yield f"{start}{norm:>9}  {'✓' if ok else '✗'}{note}"
    yield "─" * WIDTH


def cells(tensor, words):
    """A tensor's cells of the table, without the mark."""
    printed = by(tensor["printed"]) if tensor["printed"] else "—"
    printed += f" {words['per_head']}" if tensor["per_head"] else ""
    printed += " ≠" if tensor["misprinted"] else ""
    return tensor["slide_name"], tensor["name"], by(tensor["shape"]), by(tensor["letters"], " x "), printed


def by(shape, sign="x"):
    """A shape in the slides' notation: 197x768."""
    return sign.join(str(n) for n in shape)


def rule(step, words):
    """A line across the page with the step's number here and in the other decks."""
    if step is None:
        return "── L× " + "─" * (WIDTH - 6)
    left = f"── {words['step'].format(step)} "
    right = [
        ", ".join(words["step"].format(c.number) for c in counting if step in c.steps)
        for counting in (slides.FIVE_STEPS, slides.FOUR_STEPS)
    ]
    right = f" {words['decks'].format(*right)} ──"
    return left + "─" * (WIDTH - width(left) - width(right)) + right
