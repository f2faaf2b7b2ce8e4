"""The arrays of notebook 18: small, of the form that the reader promises, and they show what the notebook says."""

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vitnp
from vitnp import vit, weights
from vitnp.analysis import look
from vitnp.course import eye

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import eye as maker

GRID = (16, 16)
OTHER_EYE = [6 * 16 + 13, 6 * 16 + 14, 7 * 16 + 13, 7 * 16 + 14]


@pytest.fixture(scope="module")
def small():
    """A random ViT of 12 blocks whose sizes differ, and two random photos for it."""
    config = vitnp.preset(
        "S/14", image_size=(24, 28), patch_size=4, num_classes=0, hidden_size=15, num_heads=3, mlp_dim=8
    )
    p = vit.init(np.random.default_rng(0), config)
    return p, config, np.random.default_rng(1).standard_normal((2, 24, 28, 3)).astype(np.float32)


def softmax(S):
    e = np.exp(S - S.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def test_the_file_is_small_and_has_no_pickle():
    assert eye.FILE.stat().st_size <= eye.MOST
    assert eye.FILE.is_relative_to(Path(vitnp.__file__).parent)  # so an installed vitnp has it too
    with zipfile.ZipFile(eye.FILE) as file:
        assert {member.date_time for member in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    with np.load(eye.FILE, allow_pickle=False) as file:
        assert all(file[name].dtype.kind in "iuf" for name in file.files)


def test_what_is_in_it():
    cat = eye.load()
    shapes = {name: array.shape for name, array in cat._asdict().items() if array.shape}
    assert shapes == {
        "photo": (224, 224, 3),
        "other": (224, 224, 3),
        "Q": (6, 257, 64),
        "K": (6, 257, 64),
        "query": (2,),
        "S": (12, 6, 257),
        "A_sink": (257, 257),
        "A_others": (257, 257),
        "A_later": (11, 257, 257),
        "depths": (6,),
        "tokens": (6, 2, 256, 384),
        "shares": (14,),
        "other_tokens": (256, 384),
    }
    assert (cat.block, cat.sink, cat.other_depth) == (7, 6, 11)
    assert cat.query.tolist() == [5, 5]
    assert cat.photo.dtype == cat.other.dtype == np.uint8
    for name in ("A_sink", "A_others", "A_later"):
        assert np.allclose(getattr(cat, name).sum(axis=-1), 1, atol=1e-5)


def test_one_eye_finds_the_other():
    """The four best patches that are not near the query, and 13 times what uniform attention gives them."""
    cat = eye.load()
    q = 1 + 5 * 16 + 5
    S = cat.Q @ cat.K.swapaxes(-1, -2) / 8
    assert abs(S[:, q] - cat.S[6]).max() < 0.4  # of scores from −6 to 15: Q and K are rounded
    row, column = np.divmod(np.arange(256), 16)
    far = np.hypot(row - 5, column - 5) > 4
    for scores in (S[:, q, 1:].mean(axis=0), cat.S[6][:, 1:].mean(axis=0)):
        assert sorted(np.where(far, scores, -np.inf).argsort()[-4:]) == OTHER_EYE
    times = 257 * softmax(cat.S)[:, :, 1:][..., OTHER_EYE].mean(axis=(1, 2))
    assert np.allclose(times, [1.0, 7.0, 2.8, 3.3, 5.7, 5.7, 13.4, 6.2, 9.0, 2.3, 12.5, 5.8], atol=0.06)


def test_the_mirror_experiment():
    cat = eye.load()
    measured = [9.4, 11.3, 17.6, 28.9, 28.9, 33.6, 60.5, 64.5, 78.5, 71.5, 73.4, 60.2, 25.0, 28.5]
    assert np.allclose(100 * cat.shares, measured, atol=0.06)
    own = look.mirrored(GRID, like=cat.tokens)
    rounded = (look.matches(look.similarity(*cat.tokens.swapaxes(0, 1)))[0] == own).mean(axis=1)
    assert abs(rounded - cat.shares[cat.depths]).max() <= 1 / 256


def test_the_eyes_of_the_second_photo_are_found():
    cat = eye.load()
    own = cat.tokens[cat.depths.tolist().index(cat.other_depth), 0]
    best, mutual = look.matches(look.similarity(own, cat.other_tokens))
    assert best[[5 * 16 + 4, 5 * 16 + 5, 6 * 16 + 5]].tolist() == [4 * 16 + 6] * 3
    assert best[OTHER_EYE].tolist() == [3 * 16 + 10, 4 * 16 + 9, 3 * 16 + 10, 3 * 16 + 10]
    assert mutual.sum() == 21  # 20 before rounding


def test_the_sink_and_the_rollouts():
    cat = eye.load()
    to, share = look.sinks(cat.A_sink[None], grid=GRID)
    assert to == 3 and share > 0.999
    first = (5 * cat.A_others + cat.A_sink) / 6
    for layers, patch, largest in (
        ([first, *cat.A_later], 3, 0.0847),
        ([cat.A_others, *cat.A_later], 9 * 16 + 7, 0.0118),
        (cat.A_later, 7 * 16 + 13, 0.0085),
    ):
        row = look.rollout([A[None, None] for A in layers])[0, 0, 1:]
        assert row.argmax() == patch and round(float(row.max()), 4) == largest


def test_vectors_in_steps():
    """A tenth of the root mean square each, to the nearest; what is larger than 127 steps is cut off."""
    z = np.array([[3.0, -4.1, 5.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    whole, step = eye.stepped(z)
    assert np.allclose(step, [[np.sqrt(50.81) / 20], [0.1]]) and step.shape == (2, 1)
    assert whole.dtype == np.int8 and whole.tolist() == [[8, -12, 14, 0], [10] * 4]
    assert eye.stepped(np.eye(1, 400))[0].tolist() == [[127] + [0] * 399]


def test_made_and_read_again(small, tmp_path):
    p, config, photos = small
    made = maker.made(*photos, p, config)
    assert made.S.shape == (12, 3, 43) and made.tokens.shape == (6, 2, 42, 15) and made.shares.shape == (14,)
    scores = np.einsum("hd,htd->ht", made.Q[:, 1 + 5 * 7 + 5], made.K) / 5**0.5
    assert np.allclose(scores, made.S[6], atol=1e-5)
    eye.save(tmp_path / "eye.npz", made)
    read = eye.load(tmp_path / "eye.npz")
    for name in eye.STEPPED:
        z, rounded = getattr(made, name), getattr(read, name)
        size = np.sqrt((z * z).mean(axis=-1, keepdims=True))
        assert (abs(rounded - z) <= 0.0501 * size).all()  # half a step
    for name in eye.ROOTS:
        A, rounded = getattr(made, name), getattr(read, name)
        assert abs(rounded - A).max() <= 0.03 * A.max()
    for name in set(made._fields) - {*eye.STEPPED, *eye.ROOTS, "S"}:
        assert np.array_equal(getattr(made, name), getattr(read, name))
    assert np.allclose(read.S, made.S, rtol=1e-3, atol=1e-4)


def test_the_command_writes_the_same_bytes_twice(small, tmp_path, capsys):
    p, config, _ = small
    weights.save(tmp_path / "small.npz", p, config)
    Image.fromarray(np.arange(24 * 28 * 3, dtype=np.uint8).reshape(24, 28, 3)).save(tmp_path / "photo.png")
    for name in ("a.npz", "b.npz"):
        words = [
            "--weights",
            tmp_path / "small.npz",
            "--photo",
            tmp_path / "photo.png",
            "--out",
            tmp_path / name,
        ]
        assert maker.main([str(word) for word in words]) == 0
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    size = (tmp_path / "a.npz").stat().st_size
    assert f"a.npz  {size:,} bytes\nright matches: " in capsys.readouterr().out


def test_what_the_command_cannot_read_is_one_line(small, tmp_path, capsys):
    weights.save(tmp_path / "small.npz", *small[:2])
    for words in (
        ["--weights", tmp_path / "none.npz", "--photo", tmp_path / "photo.png"],
        ["--weights", tmp_path / "small.npz", "--photo", tmp_path / "photo.png"],
    ):
        assert maker.main([*map(str, words), "--out", str(tmp_path / "a.npz")]) == 2
        assert capsys.readouterr().err.count("\n") == 1
