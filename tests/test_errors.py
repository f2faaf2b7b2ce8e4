"""The most similar names."""

import pytest

from vitnp.errors import did_you_mean, nearest

NAMES = ["image_size", "hidden_size", "gelu", "B/16"]


@pytest.mark.parametrize(
    ("value", "options", "found"),
    [
        ("b/16", {}, ["B/16"]),
        ("Hidden_siez", {}, ["hidden_size", "image_size"]),
        ("hidden_siez", {"most": 1}, ["hidden_size"]),
        ("hidden_siez", {"most": 4, "cutoff": 0.8}, ["hidden_size"]),
        ("xyz", {}, []),
        ("geul", {"most": 4, "cutoff": 0.0}, ["gelu", "image_size", "hidden_size", "B/16"]),
        (16, {}, ["B/16"]),
    ],
)
def test_nearest(value, options, found):
    assert nearest(value, NAMES, **options) == found


def test_did_you_mean():
    assert did_you_mean("hidden_siez", NAMES) == "did you mean hidden_size or image_size? "
    assert did_you_mean("geul", NAMES) == "did you mean gelu? "
    assert did_you_mean("xyz", NAMES) == ""
