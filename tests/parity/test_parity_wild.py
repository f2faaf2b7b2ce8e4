"""Files as people have them: read with the numbers of the library that wrote them, or refused in one readable line."""

import warnings

import numpy as np
import pytest
from families import WORST
from wild import IMAGES
from wild_cases import HUGGING_FACE, OWN, TIMM, TORCHVISION
from wild_flax import FLAX, SMALL

from vitnp import vit, weights
from vitnp.errors import InputError

CASES = [*TIMM, *HUGGING_FACE, *TORCHVISION, *OWN, *FLAX]
JSON_FILES = ("config.json", "preprocessor_config.json")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_from_the_wild(tmp_path, case, capsys):
    with warnings.catch_warnings(action="ignore"):
        path, want = case.write(tmp_path)
    ways = [{}] if case.json else []
    for how in (*ways, case.told):
        if how == case.told:
            for name in JSON_FILES:
                (tmp_path / name).unlink(missing_ok=True)
        with warnings.catch_warnings(action="ignore"):
            said = refusal(case, path, how) if case.words else error(path, want, how)
        with capsys.disabled():
            print(f"\n{case.name:45} {'config.json' if how == {} else 'arrays':12} {said}", end="")


def refusal(case, path, how):
    """The line of the refusal, which is short and has the words."""
    with pytest.raises(InputError) as caught:
        weights.load(path, **how)
    line = str(caught.value)
    assert len(line) <= 300
    assert case.words in line, line
    return "refused: " + line.partition(" is ")[2][:60]


def error(path, want, how):
    """The largest error, relative to the largest number."""
    p, config = weights.load(path, **how)
    images = SMALL if config.patch_size == 4 else IMAGES
    got = vit.forward(images, p, config)[0]
    assert got.shape == want.shape
    worst = np.abs(got - want).max() / np.abs(want).max()
    WORST["files from the wild"] = max(WORST.get("files from the wild", 0), worst)
    assert worst <= 2e-5
    return f"equal to {worst:.0e}"
