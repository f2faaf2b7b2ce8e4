"""BiT: its published sizes, its gradients, its options, and what is said where fields do not fit."""

import dataclasses

import numpy as np
import pytest
from generic_models import alike, generic, products_of_a_run

from vitnp import InputError, gradcheck, loss_and_grads, preset, tree
from vitnp.analysis import cost
from vitnp.blocks import resnet
from vitnp.commands.gradcheck import check_model
from vitnp.models import bit
from vitnp.ops import conv
from vitnp.training import optim

TINY = preset("bit-tiny")
# Parameters without a head, and with one of 1,000 classes (the released code, Kolesnikov et al., Table 6 of the ViT).
COUNTS = {
    "R50x1": (23_500_352, 25_549_352),
    "R50x2": (93_891_712, 97_988_712),
    "R50x3": (211_174_080, 217_319_080),
    "R101x1": (42_492_480, 44_541_480),
    "R101x3": (381_789_888, 387_934_888),
    "R152x1": (58_136_128, 60_185_128),
    "R152x2": (232_238_208, 236_335_208),
    "R152x4": (928_340_224, 936_533_224),
}
# With the 21,843 classes of ImageNet-21k, as the published files have.
COUNTS_21K = {
    "R50x1": 68_256_659,
    "R50x3": 345_399_315,
    "R101x1": 87_248_787,
    "R101x3": 516_015_123,
    "R152x2": 321_728_979,
    "R152x4": 1_107_299_923,
}
ARRAYS = {"R50x1": 153, "R101x1": 306, "R152x2": 459}  # of a published file


def count(name, **fields):
    """How many parameters, without making them."""
    return tree.count(bit.init(None, preset(name, **fields)))


@pytest.mark.parametrize("name", COUNTS)
def test_parameters(name):
    assert (count(name, num_classes=0), count(name)) == COUNTS[name]
    if name in COUNTS_21K:
        assert count(name, num_classes=21_843) == COUNTS_21K[name]
    if name in ARRAYS:
        assert len(list(tree.leaves(bit.init(None, preset(name))))) == ARRAYS[name]


def test_every_preset_has_its_count_here():
    assert set(bit.PRESETS) - set(COUNTS) == {"bit-digits", "bit-fashion", "bit-tiny"}
    assert bit.Config() == preset("R50x1")


def test_the_sizes_of_the_tiny_one_all_differ():
    height, width = TINY.image_size
    sizes = [height, width, TINY.in_channels, TINY.width, TINY.groups, TINY.num_classes, TINY.channels]
    assert len(set(sizes)) == len(sizes)
    assert {name.rpartition(".")[2] for name, _ in tree.leaves(bit.init(None, TINY))} == {
        *("W", "b", "gamma", "beta")
    }


# ---- gradients ----


@pytest.mark.parametrize("fields", [{}, {"units": (1, 1, 1), "groups": 3, "image_size": (18, 13)}])
def test_every_gradient(fields):
    """Each leaf and the image, by the complex step and by differences."""
    config = dataclasses.replace(TINY, **fields)
    report = check_model(config, seeds=(1, 2))
    assert report.ok, f"\n{report}"
    assert report.worst[0] <= 1e-12 and report.worst[1] <= 1e-6
    assert [leaf.name for leaf in report.leaves][1:] == [n for n, _ in tree.leaves(bit.init(None, config))]


@pytest.mark.parametrize("pixels", [1, 5, 30])
def test_in_parts_of_every_size(pixels, monkeypatch):
    images, p = generic(TINY)
    labels = np.array([1, 6, 0])
    value, want = loss_and_grads(images, labels, p, TINY, workers=1)
    monkeypatch.setattr(conv, "PIXELS", pixels)
    again, dp = loss_and_grads(images, labels, p, TINY, workers=1)
    assert again == pytest.approx(value, rel=1e-12)
    alike(dp, want)


# ---- what is kept ----


# ---- counts ----


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"units": ()},
        {"units": (2, 1, 2), "groups": 1},
        {"image_size": (33, 20), "num_classes": 0},
        {"image_size": 1, "in_channels": 2},
    ],
)
def test_multiply_adds_are_those_of_a_run(fields, monkeypatch):
    config = dataclasses.replace(TINY, **fields)
    assert products_of_a_run(config, monkeypatch) == sum(cost.multiply_adds(config).values())


@pytest.mark.parametrize(
    "fields",
    [{}, {"units": (2, 1, 2), "groups": 1}, {"image_size": (33, 20)}, {"image_size": 1, "in_channels": 2}],
)
def test_products_with_padding_are_left_out(fields):
    """A window at a time: only what lies in the image is counted."""
    config = dataclasses.replace(TINY, **fields)
    found, less = (sum(cost.multiply_adds(config, padding=given).values()) for given in (True, False))
    sizes = resnet.sizes_of(config.image_size, config.units, same=False)
    zeros = outside(config.image_size, 7, 2, 3) * config.in_channels * config.width
    for stage, unit, stride in resnet.units(config.units):
        before = sizes[stage + 1] if unit == 0 else sizes[stage + 2]
        zeros += outside(before, 3, stride, 1) * (config.width * 2**stage) ** 2
    assert found - less == zeros > 0
    with pytest.raises(InputError, match="padding is None; need True or False"):
        cost.multiply_adds(config, padding=None)


def outside(size, k, stride, padding):
    """How many places of all windows lie outside the image."""
    rows, cols = (np.arange(-padding, n + padding - k + 1, stride) for n in size)
    u, v = np.arange(k), np.arange(k)
    rows, cols = (rows[:, None] + u).ravel(), (cols[:, None] + v).ravel()
    inside = [(at >= 0) & (at < n) for at, n in zip((rows, cols), size, strict=True)]
    return int((~(inside[0][:, None] & inside[1])).sum())


def test_multiply_adds_of_the_published_sizes():
    """A ResNet-50 with its strides on the 3x3 has 4.089·10⁹ at 224 pixels; twice the width, nearly four times that."""
    found = {name: sum(cost.multiply_adds(preset(name)).values()) for name in ("R50x1", "R50x2")}
    assert found == {"R50x1": 4_089_184_256, "R50x2": 16_116_613_120}
    assert list(cost.multiply_adds(preset("R50x1"))) == [
        *("root", "stage 1", "stage 2", "stage 3", "stage 4", "head")
    ]


@pytest.mark.parametrize("size", [(1, 1), (7, 13), (32, 224), (225, 480)])
def test_any_image_size_will_do(size):
    """A half at every stride, rounded up; the parameters are the same."""
    config = preset("R50x1", image_size=size, width=32, units=(1, 1, 1, 1))
    want = tuple(-(-n // 32) for n in size)
    assert config.facts["last feature map"] == f"{want[0]} x {want[1]} x 1024"
    images = np.zeros((1, *size, 3), "float32")
    p = bit.init(np.random.default_rng(0), config)
    _, saved = bit.forward(images, p, config)
    assert saved.shape == (1, *want, 1024)


# ---- what a model is made of ----


def test_initial_weights():
    """Kernels LeCun normal, norms one and zero, the head zero: the first prediction is uniform."""
    config = preset("R50x1", units=(1, 1), image_size=32)
    p = bit.init(np.random.default_rng(0), config)
    for name, leaf in tree.leaves(p):
        assert leaf.dtype == "float32", name
        if leaf.ndim == 4:
            assert leaf.std() == pytest.approx(np.prod(leaf.shape[:3]) ** -0.5, rel=0.1), name
            assert abs(leaf.mean()) < 0.1 * leaf.std(), name
        else:
            np.testing.assert_array_equal(leaf, 1.0 if name.endswith("gamma") else 0.0, err_msg=name)
    logits, _ = bit.forward(np.random.default_rng(1).standard_normal((2, 32, 32, 3)), p, config)
    np.testing.assert_array_equal(logits, 0.0)


def test_shapes_without_memory():
    p = bit.init(None, preset("R152x4"))
    assert all(sum(abs(step) for step in leaf.strides) == 0 for _, leaf in tree.leaves(p))


def test_the_scale_of_a_kernel_changes_nothing():
    """And so its gradient is orthogonal to it: what standardization is for."""
    images, p = generic(TINY)
    labels = np.array([0, 5, 2])
    config = dataclasses.replace(TINY, kernel_eps=1e-14)
    value, dp = loss_and_grads(images, labels, p, config)
    larger = tree.map(lambda leaf: 3.0 * leaf if leaf.ndim == 4 else leaf, p)
    again, grads = loss_and_grads(images, labels, larger, config)
    assert again == pytest.approx(value, rel=1e-9)
    for name, leaf in tree.leaves(dp):
        if leaf.ndim == 4:
            np.testing.assert_allclose(3.0 * tree.get(grads, name), leaf, rtol=1e-6, atol=1e-9, err_msg=name)
            assert abs((leaf * tree.get(p, name)).sum()) < 1e-9


def test_no_image_looks_at_another():
    images, p = generic(TINY)
    alone = [bit.forward(images[i : i + 1], p, TINY)[0][0] for i in range(3)]
    np.testing.assert_allclose(bit.forward(images, p, TINY)[0], alone, rtol=1e-10, atol=1e-12)


def test_a_few_steps_learn():
    """The initial weights, and SGD: the head first, as it is 0, then everything."""
    config = preset("bit-digits")
    rng = np.random.default_rng(0)
    p, images, labels = bit.init(rng, config), rng.standard_normal((20, 8, 8, 1)), np.arange(20) % 10
    state, losses = optim.init(p), []
    for _ in range(12):
        value, dp = loss_and_grads(images.astype("float32"), labels, p, config)
        optim.update(p, dp, state, lr=1e-2)
        losses.append(float(value))
    assert losses[0] == pytest.approx(np.log(10), rel=1e-6)
    assert losses[-1] < 0.2 * losses[0]


# ---- configurations ----


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"groups": 5},
            "a width of 6 channels is not divisible by 5 groups; use a width of 10, or groups 1",
        ),
        ({"groups": 4}, "use a width of 8, or groups 2"),
        ({"groups": 0}, "groups is 0; need a whole number of at least 1"),
        ({"units": (3, 0)}, "units is 0; need a whole number of at least 1"),
        ({"units": (1001,)}, "units is 1001; need a whole number of at least 1 and at most 1,000"),
        ({"units": 3}, "units is 3; need the number of units of each stage, such as (3, 4, 6, 3)"),
        ({"units": (1,) * 9}, "need the number of units of each stage"),
        ({"units": "3,4"}, "units is '3,4'; need the number of units of each stage"),
        ({"image_size": 0}, "image_size is 0; need a whole number of at least 1"),
        ({"kernel_eps": 0}, "kernel_eps is 0; need a finite number above 0"),
        ({"group_norm_eps": -1.0}, "group_norm_eps is -1.0; need a finite number above 0"),
        ({"width": 2**21 * 6}, "numbers, more than any memory; use smaller sizes"),
        ({"unit": (1,)}, 'field "unit" is unknown; did you mean units'),
        ({"patch_size": 4}, 'field "patch_size" is unknown'),
    ],
)
def test_what_does_not_fit_is_said(fields, said):
    with pytest.raises(InputError) as problem:
        preset("bit-tiny", **fields)
    assert said in str(problem.value)


def test_the_advice_for_groups_works():
    assert preset("bit-tiny", width=8, groups=4).width == 8
    assert preset("bit-tiny", groups=2).groups == 2


def test_images_and_parameters_of_another_model():
    images, p = generic(TINY)
    with pytest.raises(InputError, match="images are 12x18; the model needs 13x18"):
        bit.forward(images[:, :12], p, TINY)
    with pytest.raises(InputError, match="stages"):
        bit.forward(images, p, dataclasses.replace(TINY, units=(1, 1)))
    with pytest.raises(InputError, match=r"config is HybridConfig.*need a BiTConfig"):
        bit.forward(images, p, preset("hybrid-tiny"))
    with pytest.raises(InputError, match="keep"):
        bit.forward(images, p, TINY, keep="some")
    y, saved = bit.forward(images, p, TINY)
    with pytest.raises(InputError, match="dy has shape"):
        bit.backward(y[:2], saved)


def test_the_gradient_check_sees_a_wrong_gradient():
    images, p = generic(TINY)

    def backward(dy, saved):
        dx, dp = bit.backward(dy, saved)
        dp["stages"][1][0]["conv_2"]["W"] *= 1.001
        return dx, dp

    report = gradcheck.check(lambda x, p: bit.forward(x, p, TINY), backward, images, p, seeds=(0,))
    assert [leaf.name for leaf in report.leaves if not leaf.ok] == ["stages.1.0.conv_2.W"]
