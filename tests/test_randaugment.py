"""RandAugment: each operation gives Pillow's bytes, and the policy draws as the released code does."""

import dataclasses
import inspect

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from vitnp import InputError
from vitnp.data import ArraySource, augment, batches
from vitnp.data.augment import operations, random_policy
from vitnp.data.augment.random_policy import OPERATIONS
from vitnp.inputs import fields
from vitnp.training.recipes import Recipe

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (4, 29, 20, 3), dtype=np.uint8)
BYTES[1] = BYTES[1] // 4 + 90  # little contrast
BYTES[2] = 77  # one value
BYTES[3, :, :, 0] = np.sort(BYTES[3, :, :, 0])
EACH = np.array([7.5, -3.25, 30.0, -81.0])  # an amount for each image


def by_pillow(x, change):
    """Pillow's result for each image, gray and RGB; change(image, i)."""
    results = []
    for i, image in enumerate(x):
        picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
        results.append(np.asarray(change(picture, i)).reshape(image.shape))
    return np.stack(results)


def affine(data):
    """The nearest pixels of an affine map; middle gray from outside."""

    def change(image, i):
        fill = 128 if image.mode == "L" else (128, 128, 128)
        return image.transform(image.size, Image.Transform.AFFINE, data(i), fillcolor=fill)

    return change


def rotated(image, i):
    return image.rotate(EACH[i], fillcolor=128 if image.mode == "L" else (128, 128, 128))


WHOLE = {  # whole numbers: every byte must be Pillow's
    "invert": (operations.invert, lambda image, i: ImageOps.invert(image)),
    "solarize": (lambda x: operations.solarize(x, 99), lambda image, i: ImageOps.solarize(image, 99)),
    "solarize_add": (
        lambda x: operations.solarize_add(x, 110),
        lambda image, i: image.point(
            [min(v + 110, 255) if v < 128 else v for v in range(256)] * len(image.mode)
        ),
    ),
    "posterize": (lambda x: operations.posterize(x, 3), lambda image, i: ImageOps.posterize(image, 3)),
    "posterize, 8": (lambda x: operations.posterize(x, 8), lambda image, i: image),
    "posterize, 0": (lambda x: operations.posterize(x, 0), lambda image, i: image.point(lambda v: 0)),
    "equalize": (operations.equalize, lambda image, i: ImageOps.equalize(image)),
    "rotate": (lambda x: operations.rotate(x, EACH), rotated),
    "shear, x": (
        lambda x: operations.shear(x, EACH / 10, axis=1),
        affine(lambda i: (1, EACH[i] / 10, 0, 0, 1, 0)),
    ),
    "shear, y": (
        lambda x: operations.shear(x, EACH / 10, axis=0),
        affine(lambda i: (1, 0, 0, EACH[i] / 10, 1, 0)),
    ),
    "translate, x": (
        lambda x: operations.translate(x, EACH, axis=1),
        affine(lambda i: (1, 0, EACH[i], 0, 1, 0)),
    ),
    "translate, y": (
        lambda x: operations.translate(x, EACH, axis=0),
        affine(lambda i: (1, 0, 0, 0, 1, EACH[i])),
    ),
}
ENHANCED = {"color": "Color", "contrast": "Contrast", "brightness": "Brightness", "sharpness": "Sharpness"}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", WHOLE)
def test_every_byte_is_pillows(name, channels):
    x, (ours, pillows) = BYTES[..., :channels], WHOLE[name]
    kept = x.copy()
    np.testing.assert_array_equal(ours(x), by_pillow(x, pillows))
    np.testing.assert_array_equal(x, kept)


def test_equalize_of_many_pixels():
    """Several pixels per value, of which some values have many."""
    x = np.random.default_rng(1).integers(0, 9, (2, 40, 31, 3), dtype=np.uint8) ** 2 + 100
    np.testing.assert_array_equal(
        operations.equalize(x), by_pillow(x, lambda image, i: ImageOps.equalize(image))
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_autocontrast_is_pillows_within_one_level(channels):
    """The table is float64 and cut off, so a processor that rounds once less may be one level away."""
    x = BYTES[..., :channels]
    want = by_pillow(x, lambda image, i: ImageOps.autocontrast(image))
    assert abs(operations.autocontrast(x).astype(int) - want).max() <= 1
    assert (operations.autocontrast(x) == want).mean() > 0.99


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("factor", [0.1, 0.55, 1.0, 1.9, 4.96])
@pytest.mark.parametrize("name", ENHANCED)
def test_the_enhancements_are_pillows_within_one_level(name, factor, channels):
    """Blends are float32 and cut off, so a processor that rounds once less may be one level away."""
    x = BYTES[..., :channels]
    got = getattr(operations, name)(x, factor)
    want = by_pillow(x, lambda image, i: getattr(ImageEnhance, ENHANCED[name])(image).enhance(factor))
    assert abs(got.astype(int) - want).max() <= 1
    assert (got == want).mean() > 0.99
    assert factor == 1.0 or (name, channels) == ("color", 1) or not np.array_equal(got, x)


def test_sharpness_of_an_image_without_a_middle_changes_nothing():
    x = BYTES[:, :2]
    np.testing.assert_array_equal(operations.sharpness(x, 1.9), x)


def test_color_of_other_channel_counts():
    """Gray stays; channels that are no RGB are blended with their mean."""
    np.testing.assert_array_equal(operations.color(BYTES[..., :1], 1.9), BYTES[..., :1])
    two = np.array([[[[100, 201]]]], np.uint8)
    np.testing.assert_array_equal(operations.color(two, 0.0), [[[[150, 150]]]])


def test_cutout_is_pillows_rectangle():
    """At pixels of the generator; a square of twice the half, cut off at the edges."""
    got = augment.cutout(BYTES, np.random.default_rng(3), half=3, fill=128)
    rng = np.random.default_rng(3)
    rows, columns = rng.integers(29, size=4), rng.integers(20, size=4)

    def covered(image, i):
        r, c = rows[i], columns[i]
        ImageDraw.Draw(image := image.copy()).rectangle((c - 3, r - 3, c + 2, r + 2), (128, 128, 128))
        return image

    np.testing.assert_array_equal(got, by_pillow(BYTES, covered))


def test_cutout_of_values_covers_a_quarter_of_the_side_on_each_side():
    images = np.ones((50, 16, 16, 2), np.float32)
    got = augment.cutout(images, np.random.default_rng(0))
    assert got.dtype == np.float32
    assert {*np.unique(got)} == {0.0, 1.0}
    sides = (got[..., 0] == 0).any(2).sum(1)
    assert (sides.min(), sides.max()) == (4, 8)
    np.testing.assert_array_equal(got[..., 0], got[..., 1])


def test_the_amounts_are_those_of_the_released_code(monkeypatch):
    """At magnitude 9 and 27 of 32x32 images; the signs are drawn."""
    x = np.zeros((200, 32, 32, 3), np.uint8)

    def amounts(name, magnitude):
        found = []
        for function in ("rotate", "posterize", "solarize", "solarize_add", "color", "shear", "translate"):
            monkeypatch.setattr(operations, function, lambda x, amount, axis=None: found.append(amount))
        monkeypatch.setattr(random_policy, "cutout", lambda x, rng, half, fill: found.append(half))
        OPERATIONS[name](x, magnitude / 10, np.random.default_rng(0))
        return sorted({*np.ravel(found[0]).round(6).tolist()})

    assert amounts("Rotate", 9) == [-27.0, 27.0]
    assert amounts("Rotate", 27) == [-81.0, 81.0]
    assert [amounts("Posterize", m) for m in (0, 9, 27)] == [[0], [3], [8]]
    assert [amounts("Solarize", m) for m in (5, 9, 27)] == [[128], [230], [691]]
    assert [amounts("SolarizeAdd", m) for m in (9, 27)] == [[99], [297]]
    assert [amounts("Color", m) for m in (0, 9, 27)] == [[0.1], [1.72], [4.96]]
    assert amounts("ShearX", 9) == amounts("ShearY", 9) == [-0.27, 0.27]
    assert amounts("TranslateX", 9) == amounts("TranslateY", 9) == [-3.6, 3.6]
    assert [amounts("Cutout", m) for m in (9, 27)] == [[3], [10]]


def test_thresholds_beyond_a_byte_change_nothing():
    np.testing.assert_array_equal(operations.solarize(BYTES, 691), BYTES)
    np.testing.assert_array_equal(operations.solarize_add(BYTES, 297)[BYTES < 128], 255)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(8, 8), (1, 1), (5, 12)])
def test_any_image_keeps_its_shape(size, channels):
    images = np.random.default_rng(0).uniform(-1, 1, (40, *size, channels)).astype(np.float32)
    for magnitude in (0, 9, 30):
        got = augment.randaugment(images, np.random.default_rng(1), magnitude=magnitude)
        assert (got.shape, got.dtype) == (images.shape, np.float32)
        assert -1 <= got.min() <= got.max() <= 1


def test_each_image_draws_its_own_operations(monkeypatch):
    """Every operation comes alike often, in each layer, with replacement: a pair may be one operation twice."""
    drawn = []

    def counting(name):
        def change(x, strength, rng):
            drawn.append((name, x[:, 0, 0, 0].tolist()))
            return x

        return change

    names = list(OPERATIONS)
    monkeypatch.setattr(random_policy, "OPERATIONS", {name: counting(name) for name in names})
    images = np.linspace(-1, 1, 256, dtype=np.float32)[:, None, None, None]
    augment.randaugment(images, np.random.default_rng(0), layers=2)
    pairs = {i: [name for name, images in drawn if i in images] for i in range(256)}
    assert {len(pair) for pair in pairs.values()} == {2}
    assert len({*map(tuple, pairs.values())}) > 100
    assert any(first == second for first, second in pairs.values())
    assert min(sum(name in pair for pair in pairs.values()) for name in names) > 10


def test_operations_that_change_nothing_keep_the_bits(monkeypatch):
    monkeypatch.setattr(random_policy, "OPERATIONS", {"none": lambda x, strength, rng: x})
    source = ArraySource(BYTES, np.zeros(4, int))
    images = source.images(range(4))
    np.testing.assert_array_equal(augment.randaugment(images, RNG), images)


def test_a_batch_is_the_same_wherever_reading_begins():
    source = ArraySource(
        np.random.default_rng(0).integers(0, 256, (12, 6, 6, 1), dtype=np.uint8), np.arange(12)
    )
    change = augment.composed(("cutout", "randaugment(3,15)"), source)
    how = {"batch_size": 4, "seed": 7, "change": change, "ahead": 0}
    whole = [x for x, _ in batches(source, np.arange(12), **how)]
    late = [x for x, _ in batches(source, np.arange(12), first=1, **how)]
    np.testing.assert_array_equal(whole[1:], late)
    assert not np.array_equal(whole[0], source.images(range(4)))


def test_a_name_gives_layers_and_magnitude():
    images = np.random.default_rng(0).uniform(-1, 1, (30, 8, 8, 3)).astype(np.float32)

    def got(change):
        return change(images, np.random.default_rng(2))

    for name in ("randaugment(2,27)", "randaugment( 2, 27 )"):
        by_name = got(augment.named(name))
        np.testing.assert_array_equal(
            by_name, got(lambda x, rng: augment.randaugment(x, rng, layers=2, magnitude=27))
        )
    plain = got(augment.named("randaugment"))
    np.testing.assert_array_equal(plain, got(augment.named("randaugment(2,9)")))
    assert not np.array_equal(plain, by_name)
    defaults = inspect.signature(augment.randaugment).parameters
    assert (defaults["layers"].default, defaults["magnitude"].default) == (2, 9)


FORMS = "() (2) (0,9) (17,9) (2,31) (2,9,1) (2,-1) (2,9 (2,٣) (1.5,9)".split()


@pytest.mark.parametrize("form", FORMS)
def test_another_form_is_refused(form):
    name = f"randaugment{form}"
    with pytest.raises(InputError) as problem:
        augment.check_names(("flip", name))
    assert str(problem.value) == (
        f"augment has '{name}'; need randaugment(LAYERS,MAGNITUDE) of 1 to 16 layers and a magnitude of 0 to 30, "
        "such as randaugment(2,9)"
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("flip,randaugment(2,27),cutout", ("flip", "randaugment(2,27)", "cutout")),
        ("randaugment(2,27", ("randaugment(2,27",)),
        (",flip,,crop,", ("flip", "crop")),
        ("", ()),
    ],
)
def test_a_comma_between_brackets_belongs_to_the_name(text, names):
    field = next(field for field in dataclasses.fields(Recipe) if field.name == "augment")
    assert fields.value(field, text) == names
