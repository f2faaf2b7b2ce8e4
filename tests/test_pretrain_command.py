"""`vitnp pretrain`, and what `vitnp train` makes of it, as a user types them."""

import json

import command_line
import numpy as np
import pytest

from vitnp import InputError, data, tree, weights

pytestmark = pytest.mark.usefixtures("plain_curves")

SMALL = (
    "--set num_layers=1 --set hidden_size=16 --set num_heads=2 --set mlp_dim=16 --batch-size 128 --epochs 1"
)


def run(capsys, words, *more):
    """(exit status, standard output, standard error) of `vitnp …`."""
    return command_line.run(capsys, *words.split(), *more)


@pytest.mark.parametrize("target", ["color", "patch"])
def test_pretraining_and_fine_tuning(capsys, tmp_path, target):
    before, after = tmp_path / "before", tmp_path / "after"
    status, out, err = run(
        capsys, f"pretrain {SMALL} --set-recipe warmup_steps=5 --target {target} --out", before
    )
    assert (status, err) == (0, "")
    assert f"masked-patches, {target} of 50% of the patches" in out
    assert " classes" not in out
    assert "color of corrupted test patches predicted right:" in out
    assert not (before / "classes.txt").exists()
    p, config = weights.load(before / "model.npz")
    assert config.num_classes == 0
    assert "masked" not in p
    for start in (before / "model.npz", *before.glob("checkpoints/*")):
        command = "train --recipe digits --lr 1e-9 --epochs 1 --overwrite --init"
        assert run(capsys, command, start, "--out", after)[0] == 0
        q, fine = weights.load(after / "model.npz")
        assert fine.num_classes == 10
        # At this rate only weight decay, 1e-9 of it, moves what was learned before.
        for name, leaf in tree.leaves(p):
            np.testing.assert_allclose(tree.get(q, name), leaf, atol=1e-6, err_msg=name)


def test_a_pretraining_goes_on(capsys, tmp_path):
    """Taken back to its first checkpoint, it comes to the same end."""
    words = f"pretrain {SMALL} --workers 1 --save-every 5 --keep 9 --out"
    assert run(capsys, words, tmp_path)[0] == 0
    end = weights.load(tmp_path / "model.npz")[0]
    for file in [*sorted(tmp_path.glob("checkpoints/*"))[1:], tmp_path / "model.npz"]:
        file.unlink()
    assert run(capsys, "pretrain --resume", tmp_path)[0] == 0
    tree.map(np.testing.assert_array_equal, weights.load(tmp_path / "model.npz")[0], end)
    status, _, err = run(capsys, "pretrain --mask-ratio 0.2 --resume", tmp_path)
    assert status == 2
    assert "--mask-ratio is 0.2 and was 0.5" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--mask-ratio 0", "mask_ratio is 0.0; need a number above 0 and below 1"),
        ("--mask-ratio 1", "mask_ratio is 1.0; need a number above 0 and below 1"),
        ("--target colour", 'target is "colour"; choose color or downsized or patch'),
        ("--target downsized", 'target "downsized" needs a multiple of 4'),
        ("--task masked", '--task is "masked"; choose masked-patches'),
        ("--dtype float16", "a model without labels is trained in float32"),
    ],
)
def test_bad_options_are_one_line_and_status_2(capsys, tmp_path, words, message):
    status, _, err = run(capsys, f"pretrain {SMALL} {words} --out", tmp_path)
    assert status == 2
    assert message in err
    assert err.startswith("vitnp: ")
    assert err.count("\n") == 1
    assert not (tmp_path / "run.json").exists()


def test_few_labels():
    source = data.load("digits").train
    few = {share: data.few(source, share, seed=3) for share in (0.01, 0.05, 1.0)}
    for share, part in few.items():
        assert len(part) == len(source)
        assert part.shape == source.shape
        assert len(np.unique(part.rows)) == round(share * len(source))
        np.testing.assert_array_equal(part.labels, source.labels[part.rows])
        np.testing.assert_array_equal(part.images([5, 7]), source.images(part.rows[[5, 7]]))
    counts = np.bincount(source.labels[np.unique(few[0.05].rows)])
    assert counts.min() == 7 and counts.max() == 8  # 72 of ten classes
    assert set(few[0.01].rows) < set(few[0.05].rows)
    assert set(data.few(source, 0.01, seed=4).rows) != set(few[0.01].rows)
    times = np.bincount(np.bincount(few[0.05].rows)[np.unique(few[0.05].rows)])
    assert np.flatnonzero(times).tolist() == [19, 20]  # 1,437 images of 72


@pytest.mark.parametrize("share", [0, 1.5, -1, float("nan"), "5%"])
def test_shares_that_cannot_be(share):
    with pytest.raises(
        InputError, match=f"labels is {share}; need a share above 0 and at most 1, such as 5%"
    ):
        data.few(data.load("digits").train, share)
    with pytest.raises(InputError, match="need at least 10, one a class"):
        data.few(data.load("digits").train, 0.001)


def test_labels_reach_the_training(capsys, tmp_path):
    status, out, _ = run(capsys, f"train {SMALL} --labels 5% --out", tmp_path)
    assert status == 0
    assert "(5.00% of them, each repeated)" in out
    assert json.loads((tmp_path / "run.json").read_text())["run"]["start"]["labels"] == 0.05
    status, _, err = run(capsys, f"train {SMALL} --labels many --out", tmp_path / "other")
    assert status == 2
    assert "--labels" in err
