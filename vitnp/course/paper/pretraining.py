"""Table 5 and Figure 3: accuracies after pre-training on more and more images, fine-tuned at 384 pixels.

Figure 4, the linear 5-shot accuracy after pre-training on parts of JFT-300M, is a plot whose values the paper prints
nowhere; so are Figure 2's bars (the groups of VTAB, also for BiT-L). Figure 5 is Table 6, see `scaling`.
"""

from vitnp.course.paper.scaling import JFT_IMAGES

PRETRAINED_ON = {
    "ImageNet": 1.3e6,
    "ImageNet-21k": 14e6,
    "JFT-300M": JFT_IMAGES,
}  # and their numbers of images
JFT_SUBSETS = (9e6, 30e6, 90e6, 300e6)  # of Figure 4

TABLE_5_MODELS = ("ViT-B/16", "ViT-B/32", "ViT-L/16", "ViT-L/32", "ViT-H/14")
# Pre-trained on → data set → an accuracy in % per model. The paper's ImageNet models have no ViT-H/14.
TABLE_5 = {
    "ImageNet": {
        "CIFAR-10": (98.13, 97.77, 97.86, 97.94, None),
        "CIFAR-100": (87.13, 86.31, 86.35, 87.07, None),
        "ImageNet": (77.91, 73.38, 76.53, 71.16, None),
        "ImageNet ReaL": (83.57, 79.56, 82.19, 77.83, None),
        "Oxford Flowers-102": (89.49, 85.43, 89.66, 86.36, None),
        "Oxford-IIIT Pets": (93.81, 92.04, 93.64, 91.35, None),
    },
    "ImageNet-21k": {
        "CIFAR-10": (98.95, 98.79, 99.16, 99.13, 99.27),
        "CIFAR-100": (91.67, 91.97, 93.44, 93.04, 93.82),
        "ImageNet": (83.97, 81.28, 85.15, 80.99, 85.13),
        "ImageNet ReaL": (88.35, 86.63, 88.40, 85.65, 88.70),
        "Oxford Flowers-102": (99.38, 99.11, 99.61, 99.19, 99.51),
        "Oxford-IIIT Pets": (94.43, 93.02, 94.73, 93.09, 94.82),
    },
    "JFT-300M": {
        "CIFAR-10": (99.00, 98.61, 99.38, 99.19, 99.50),
        "CIFAR-100": (91.87, 90.49, 94.04, 92.52, 94.55),
        "ImageNet": (84.15, 80.73, 87.12, 84.37, 88.04),
        "ImageNet ReaL": (88.85, 86.27, 89.99, 88.28, 90.33),
        "Oxford Flowers-102": (99.56, 99.27, 99.56, 99.45, 99.68),
        "Oxford-IIIT Pets": (95.80, 93.40, 97.11, 95.83, 97.56),
    },
}

# BiT-S, BiT-M and BiT-L of the BiT paper (Kolesnikov et al., 2020); the figure itself shows an area of many sizes.
BIT = ("BiT R152x4", (81.30, 85.39, 87.54))


def figure_3():
    """{model: its accuracies on ImageNet, one per set of `PRETRAINED_ON`}: Table 5's ViTs, and BIT."""
    imagenet = [TABLE_5[name]["ImageNet"] for name in PRETRAINED_ON]
    vits = dict(zip(TABLE_5_MODELS, zip(*imagenet, strict=True), strict=True))
    order = ("ViT-B/32", "ViT-B/16", "ViT-L/32", "ViT-L/16", "ViT-H/14")  # of the figure: small to large
    return {name: vits[name] for name in order} | dict([BIT])


FIGURE_3 = figure_3()
