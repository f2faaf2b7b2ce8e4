"""The pages of docs/pages: what `vitnp explore` makes of DINOv2's ViT-S/14, for the cat and for the flower.

    python benchmarks/sample_pages.py [--weights FILE] [--photos DIR] [--out DIR]

The model was trained without labels, so `sample_head.py` first gives it a head, for a loss and its gradients. Rounding
may change a few numbers from machine to machine. docs/pages/README.md says what they show, docs/pictures/README.md
under which license the weights and the photos are.
"""

import argparse
import sys
from pathlib import Path

from photos import found
from sample_head import CLASSES, CROPS, with_head

from vitnp import models, tree, weights
from vitnp.analysis.trace import trace
from vitnp.commands.explore import seen
from vitnp.course.page import explore
from vitnp.data import preprocess
from vitnp.errors import InputError
from vitnp.training.place import writable

PAGES = Path(__file__).resolve().parent.parent / "docs" / "pages"
SHOWN = {"cat": "Stefan van der Walt, CC0", "flower": "vultilion, CC BY 2.0"}  # whose photo


def note(name, accuracy):
    """What a page says of its photo and its head, in both languages."""
    n, count = len(CLASSES), len(CLASSES) * CROPS
    ko = f"사진: {SHOWN[name]} · 헤드: 사진 {n}장에서 잘라 낸 조각 {count}개의 [CLS]로 학습한 "
    ko += "로지스틱 회귀, 다른 조각에서 정확도"
    en = f"photo: {SHOWN[name]} · head: logistic regression on [CLS] of {count} crops of {n} photos, accuracy on others"
    return {"ko": f"{ko} {accuracy:.1%}", "en": f"{en} {accuracy:.1%}"}


def page(name, p, config, accuracy, folder=None):
    """The text of one page; the loss is that of the photo's own class."""
    photo, label = CLASSES[name], list(CLASSES).index(name)
    x = preprocess.load(found(photo, folder), config)
    t = trace(x, p, config, labels=label)
    count = tree.count(models.of(config).init(None, config))
    about = explore.About(
        "DINOv2 S/14", photo, count, names=tuple(CLASSES), label=label, note=note(name, accuracy)
    )
    return explore.page(t, config, seen(x, config), about, "en")


def main():
    """Both pages, or none if a photo is missing."""
    parser = argparse.ArgumentParser(description="Make the pages of docs/pages.")
    parser.add_argument("--weights", default="dinov2-s/14", metavar="FILE", help="default dinov2-s/14")
    parser.add_argument(
        "--photos", metavar="DIR", help="a folder that has photos, where scikit-image is not installed"
    )
    parser.add_argument("--out", default=PAGES, metavar="DIR", help="default docs/pages")
    args = parser.parse_args()
    try:
        out = writable(args.out)
        p, config, accuracy = with_head(*weights.load(args.weights), args.photos)
        print(f"accuracy on crops of the other halves: {accuracy:.1%}")
        for name in SHOWN:
            path = out / f"{name}.html"
            path.write_text(page(name, p, config, accuracy, args.photos), "utf-8")
            print(f"{path}  {path.stat().st_size:,} bytes", flush=True)
    except InputError as problem:
        sys.exit(f"sample_pages.py: {problem}")


if __name__ == "__main__":
    main()
