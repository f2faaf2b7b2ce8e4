"""scikit-learn's handwritten digits: 1,797 real scans of 8x8 pixels, ten classes (Alpaydin & Kaynak, 1998).

They are part of the package, so nothing is downloaded. Imports `sources`.
"""

import sklearn.datasets
import sklearn.model_selection

from vitnp.data.sources import TEST_SHARE, ArraySource, DataSet


def load(seed=0):
    """The digits as a `DataSet`: 1,437 training and 360 test images, split by seed.

    Both have the same fraction of each class. Images (n, 8, 8, 1) float32: the scans' values 0 (paper) … 16 (ink)
    scaled to −1 … 1.
    """
    images, labels = sklearn.datasets.load_digits(return_X_y=True)
    images = (images / 8.0 - 1.0).astype("float32").reshape(-1, 8, 8, 1)
    train_images, test_images, train_labels, test_labels = sklearn.model_selection.train_test_split(
        images, labels, test_size=TEST_SHARE, stratify=labels, random_state=seed
    )
    train, test = ArraySource(train_images, train_labels), ArraySource(test_images, test_labels)
    return DataSet(train, test, tuple("0123456789"))
