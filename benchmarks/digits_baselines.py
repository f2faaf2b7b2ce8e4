"""Digits: the ViT beside scikit-learn's SVC(RBF) and k-NN on the same ten splits, in one table for docs/results.md.

    python benchmarks/digits_baselines.py [RUNS]

RUNS is a folder with RUNS/0 … RUNS/9, each left by `vitnp train --data digits --seed N --out RUNS/N`; without it the
ViT's row stays empty. SVC and k-NN have scikit-learn's own defaults, and beside them the setting that a five-fold
cross-validation on the training part of the first split chose: the test images have no say in it.
"""

import csv
import statistics
import sys
import warnings
from pathlib import Path

from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from vitnp.data import load

SEEDS = range(10)
GRIDS = {
    "SVC(RBF)": (SVC(), {"C": [1, 3, 10, 30], "gamma": ["scale", 0.003, 0.01, 0.03]}),
    "k-NN": (KNeighborsClassifier(), {"n_neighbors": [1, 3, 5, 7], "weights": ["uniform", "distance"]}),
}


def parts(seed):
    """(training images as rows of 64 values, labels, test images, labels) of one split."""
    data = load("digits", seed=seed)
    found = []
    for source in (data.train, data.test):
        found += [source.images(range(len(source))).reshape(len(source), -1), source.labels]
    return found


def accuracies(model):
    """Percent of the test images, split by split."""
    found = []
    for seed in SEEDS:
        x, y, x_test, y_test = parts(seed)
        found.append(100 * model.fit(x, y).score(x_test, y_test))
    return found


def of_runs(folder):
    """Percent after the last epoch, from every run's history."""
    found = []
    for seed in SEEDS:
        with open(Path(folder) / str(seed) / "history.csv", newline="", encoding="utf-8") as file:
            *_, last = csv.DictReader(file)
        found.append(100 * float(last["test_accuracy"]))
    return found


def row(name, found):
    """A row of the table."""
    cells = [f"{percent:.2f}" for percent in found] or [""] * len(SEEDS)
    mean = f"**{statistics.mean(found):.2f} ± {statistics.stdev(found):.2f}**" if found else ""
    print(f"| {' | '.join([name, *cells, mean])} |")


def main():
    warnings.simplefilter("error")
    print(f"| seed | {' | '.join(map(str, SEEDS))} | mean ± sd |")
    print("|---" * (len(SEEDS) + 2) + "|")
    row("ViT, `vitnp train`", of_runs(sys.argv[1]) if len(sys.argv) > 1 else [])
    x, y, _, _ = parts(0)
    for name, (model, grid) in GRIDS.items():
        chosen = GridSearchCV(model, grid, cv=5).fit(x, y).best_params_
        said = ", ".join(f"{key}={value}" for key, value in chosen.items())
        row(f"{name}, defaults", accuracies(model))
        row(f"{name}, {said}", accuracies(model.set_params(**chosen)))


if __name__ == "__main__":
    main()
