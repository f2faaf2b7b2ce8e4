"""Declared fields: each constraint, its one line, what is kept, and what a command line's text becomes."""

import copy
import dataclasses
import json
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest

from vitnp import InputError, ViTConfig, preset
from vitnp.errors import one_line
from vitnp.inputs import fields
from vitnp.inputs.fields import Checked, assigned, boolean, check_fields, choice, choices, names, real, whole
from vitnp.inputs.images import ImageConfig, Preprocessing, size
from vitnp.training.recipes import Recipe


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample(Checked):
    """A field of every kind."""

    must: int = whole()
    count: int = whole(3, at_most=9)
    optional: int | None = whole(None, at_least=0)
    rate: float = real(0.25, below=1)
    eps: float = real(2.0, open_at_low=True)
    share: float = real(1.0, open_at_low=True, at_most=1)
    norm: float = real(math.inf, open_at_low=True, at_most=math.inf)
    slope: float | None = real(None, low=-2, open_at_low=True, below=5)
    scale: float = real(1.0)
    turn: float = real(0.0, low=-1, at_most=1)
    kind: str = choice("tanh", "erf")
    place: str = choice("stem", "every-layer", "shared", default="every-layer", near=True)
    flag: bool = boolean(False)
    steps: tuple = names("flip", example="crop")

    def fits(self):
        if self.count == self.must:
            raise InputError(f"count and must are both {self.must}, {type(self.must).__name__}")


def refusal(make, *given, **fields):
    """The line that refuses; "" where nothing does."""
    try:
        make(*given, **fields)
    except InputError as problem:
        return str(problem)
    return ""


REFUSED = {  # field: (value, what is said of it), …
    "must": (
        (None, "None; need a whole number of at least 1 and at most 16,777,216"),
        (0, "0; need a whole number of at least 1 and at most 16,777,216"),
    ),
    "count": (
        (10, "10; need a whole number of at least 1 and at most 9"),
        (True, "True; need a whole number of at least 1 and at most 9"),
        (2.0, "2.0; need a whole number of at least 1 and at most 9"),
        (None, "None; need a whole number of at least 1 and at most 9"),
    ),
    "optional": (
        (-1, "-1; need a whole number of at least 0 and at most 16,777,216"),
        ("1", "'1'; need a whole number of at least 0 and at most 16,777,216"),
    ),
    "rate": (
        (1.0, "1.0; need a number from 0 to below 1"),
        (-0.1, "-0.1; need a number from 0 to below 1"),
        (math.nan, "nan; need a number from 0 to below 1"),
        (False, "False; need a number from 0 to below 1"),
        (None, "None; need a number from 0 to below 1"),
        ("0.1", "'0.1'; need a number from 0 to below 1"),
        (Fraction(10**20 - 1, 10**20), f"{Fraction(10**20 - 1, 10**20)!r}; need a number from 0 to below 1"),
    ),
    "eps": (
        (0, "0; need a finite number above 0"),
        (math.inf, "inf; need a finite number above 0"),
        (10**400, f"1{'0' * 27}...{'0' * 29}; need a finite number above 0"),
        (10**5000, "a int too long to write; need a finite number above 0"),
    ),
    "share": (
        (0.0, "0.0; need a number above 0 and at most 1"),
        (1.01, "1.01; need a number above 0 and at most 1"),
    ),
    "norm": ((0.0, "0.0; need a number above 0"), (math.nan, "nan; need a number above 0")),
    "slope": ((-2, "-2; need a number above -2 and below 5"), (5, "5; need a number above -2 and below 5")),
    "scale": ((-1, "-1; need a finite number from 0 on"), (math.inf, "inf; need a finite number from 0 on")),
    "turn": (
        (-1.5, "-1.5; need a number from -1 to at most 1"),
        (2, "2; need a number from -1 to at most 1"),
    ),
    "kind": (("relu", '"relu"; choose tanh or erf'), (["tanh"], "['tanh']; choose tanh or erf")),
    "place": (
        ("every-leyer", '"every-leyer"; did you mean every-layer? choose from stem, every-layer, shared'),
        (None, "None; choose from stem, every-layer, shared"),
    ),
    "flag": ((1, "1; need True or False"), ("no", "'no'; need True or False")),
    "steps": (
        ("flip", "'flip'; need a tuple of names, such as (\"crop\",)"),
        (("flip", 1), "('flip', 1); need a tuple of names, such as (\"crop\",)"),
        (3, '3; need a tuple of names, such as ("crop",)'),
    ),
}


def test_what_is_refused_and_its_line():
    for name, rows in REFUSED.items():
        for value, said in rows:
            assert refusal(Sample, **({"must": 1} | {name: value})) == f"{name} is {said}"


KEPT = {  # field: (value, what is kept), …
    "must": ((1, 1), (2**24, 2**24), (np.int64(5), 5)),
    "count": ((9, 9), (np.uint8(2), 2)),
    "optional": ((None, None), (0, 0), (np.int32(4), 4)),
    "rate": ((0, 0.0), (np.float32(0.5), 0.5), (Fraction(1, 4), 0.25)),
    "eps": ((1e-300, 1e-300), (2, 2.0)),
    "share": ((1, 1.0), (1e-9, 1e-9)),
    "norm": ((math.inf, math.inf), (1, 1.0)),
    "slope": ((None, None), (-1, -1.0), (4.5, 4.5)),
    "scale": ((0, 0.0), (1e30, 1e30)),
    "turn": ((-1, -1.0), (1, 1.0)),
    "kind": (("tanh", "tanh"), ("erf", "erf")),
    "place": (("stem", "stem"), ("shared", "shared")),
    "flag": ((True, True), (False, False)),
    "steps": (((), ()), (["a", "b"], ("a", "b"))),
}


def test_what_is_kept_is_of_pythons_own_types():
    for name, rows in KEPT.items():
        for value, kept in rows:
            found = getattr(Sample(**({"must": 1} | {name: value})), name)
            assert (type(found), found) == (type(kept), kept), name


def test_defaults():
    assert dataclasses.asdict(Sample(must=1)) == {
        "must": 1,
        "count": 3,
        "optional": None,
        "rate": 0.25,
        "eps": 2.0,
        "share": 1.0,
        "norm": math.inf,
        "slope": None,
        "scale": 1.0,
        "turn": 0.0,
        "kind": "tanh",
        "place": "every-layer",
        "flag": False,
        "steps": ("flip",),
    }


def test_a_field_without_a_default_must_be_given():
    with pytest.raises(TypeError, match="must"):
        Sample()


def test_what_fields_must_have_in_common_is_asked_of_the_checked_values():
    assert refusal(Sample, must=np.int64(3)) == "count and must are both 3, int"
    assert refusal(Sample, must=np.int64(0)).startswith("must is ")


def test_a_copy_with_other_fields_is_checked_too():
    """And is the same dataclass in all else: frozen, equal, hashed, copied, pickled, made again from its dict."""
    config = Sample(must=1, steps=["a"])
    assert refusal(dataclasses.replace, config, rate=2) == "rate is 2; need a number from 0 to below 1"
    assert dataclasses.replace(config, must=np.int64(2)) == Sample(must=2, steps=("a",))
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.must = 2
    for again in (copy.deepcopy(config), pickle.loads(pickle.dumps(config)), Sample(**vars(config))):
        assert (again, hash(again)) == (config, hash(config))
    assert Sample(**json.loads(json.dumps(dataclasses.asdict(config)))) == config


CONFIGS = {
    "Preprocessing": Preprocessing(mean=(0.1, 0.2, 0.3), std=0.5),
    "ImageConfig": ImageConfig(image_size=[8, 16], preprocessing={"mean": [0.1, 0.2, 0.3]}),
    "ViTConfig": ViTConfig(image_size=32, representation_size=5),
    "Recipe": Recipe(epochs=1, batch_size=2, lr=1, augment=["flip"]),
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_every_configuration_is_declared_and_comes_back(config):
    assert {"check", "read", "choices"} <= set.intersection(
        *(set(field.metadata) for field in dataclasses.fields(config))
    )
    for again in (pickle.loads(pickle.dumps(config)), dataclasses.replace(config)):
        assert (again, hash(again)) == (config, hash(config))
    fields = json.loads(json.dumps(dataclasses.asdict(config)))
    assert type(config)(**fields) == config


@pytest.mark.parametrize(("fraction", "fits"), [(1e-320, False), (1e-4, False), (7e-4, True), (0.875, True)])
def test_a_crop_fraction_that_is_too_small_for_the_pixels(fraction, fits):
    """8 pixels over 1e-4 would be a picture of 80,000 x 80,000."""
    if fits:
        assert ImageConfig(image_size=8, preprocessing={"crop_fraction": fraction}).image_size == (8, 8)
    else:
        message = refusal(ImageConfig, image_size=8, preprocessing={"crop_fraction": fraction})
        assert message.startswith(f"preprocessing crop_fraction {fraction:g} is too small for 8x8 pixels")


def test_the_names_in_the_lines_of_preprocessing():
    """It is a part of a configuration, so its fields are named with it."""
    assert refusal(Preprocessing, crop_fraction=2) == (
        "preprocessing crop_fraction is 2; need a number above 0 and at most 1"
    )
    assert (
        refusal(Preprocessing, mean=())
        == "preprocessing mean is (); need a number per channel, or one for all"
    )
    assert refusal(Preprocessing, std=(1, 0)) == (
        "preprocessing std is 0; need a number from 1e-06 to at most 1e+06"
    )
    for mean in (10**400, [[0.5]], float("nan"), True, "0.5"):
        assert refusal(Preprocessing, mean=[0.5, mean]).endswith("need a number from -1e+06 to at most 1e+06")
    assert refusal(ViTConfig, preprocessing={"maen": 1}).startswith(
        'preprocessing field "maen" is unknown; did you mean mean? choose from mean, std, resize_filter, '
    )


def test_a_size():
    assert size(8) == size([8, 8]) == (8, 8)
    assert size((np.int64(4), 6)) == (4, 6)
    assert [type(side) for side in size(np.int64(4))] == [int, int]
    assert refusal(size, (1, 2, 3)) == "image_size is (1, 2, 3); need (height, width)"
    assert refusal(size, (4, 0)) == (
        "image_size is 0; need a whole number of at least 1 and at most 16,777,216"
    )
    assert refusal(size, "8").startswith("image_size is '8'; need a whole number")


def test_what_two_fields_of_images_must_have_in_common():
    """Also in a configuration that has constraints of its own."""
    for Config in (ImageConfig, ViTConfig):
        assert refusal(Config, in_channels=1, preprocessing=Preprocessing(std=(1, 2, 3))) == (
            "preprocessing std has 3 numbers; need 1, or one for each of the 1 channels"
        )
        assert refusal(Config, preprocessing=Preprocessing(mean=(1, 2))) == (
            "preprocessing mean has 2 numbers; need 1, or one for each of the 3 channels"
        )


def test_an_unknown_field():
    assert refusal(check_fields, ["count"], Sample) == ""
    assert refusal(check_fields, {"count": 1, "kinf": 1}, Sample) == (
        'configuration field "kinf" is unknown; did you mean kind? choose from must, count, optional, rate, eps, '
        "share, norm, slope, scale, turn, kind, place, flag, steps"
    )
    assert refusal(check_fields, ["zzz"], Recipe).startswith(
        'recipe field "zzz" is unknown; choose from epochs, steps, batch_size, '
    )


TEXTS = {
    "must": (("7", 7), ("none", None), ("1e3", 1000.0), ("True", True)),
    "rate": (("0.5", 0.5), ("1", 1), ("inf", math.inf), ("-2", -2)),
    "optional": (("None", None), ("NONE", None), ("[1, null]", [1, None])),
    "kind": (("erf", "erf"), ("none", "none"), ("3", "3")),
    "flag": (("True", True), ("true", True), ("FALSE", False)),
    "steps": (("flip", ("flip",)), ("a,b,,a", ("a", "b", "a")), (",", ())),
}


def test_the_text_of_a_value():
    of = {field.name: field for field in dataclasses.fields(Sample)}
    for name, rows in TEXTS.items():
        for text, value in rows:
            found = fields.value(of[name], text)
            assert (type(found), found) == (type(value), value)
    for text in ("fast", "{[]:1}", "(", "1 2", "(" * 10_000):
        said = refusal(fields.value, of["rate"], text, "--set-recipe")
        assert said == one_line(f'--set-recipe rate={text}: "{text}" is not a number')
    assert refusal(fields.value, of["must"], "x") == '--set must=x: "x" is not a number'
    assert refusal(fields.value, of["flag"], "yes") == '--set flag=yes: "yes" is not true or false'


def test_what_a_command_line_assigned():
    how = {"option": "--set", "example": "kind=erf"}
    assert assigned([], Sample, **how) == {}
    assert assigned(["must=1", "kind=a=b", "must=2"], Sample, **how) == {"must": 2, "kind": "a=b"}
    assert refusal(assigned, ["must"], Sample, **how) == (
        '--set "must" has no value; write FIELD=VALUE, such as kind=erf'
    )
    assert refusal(assigned, ["must="], Sample, **how).startswith('--set "must=" has no value')
    assert refusal(assigned, ["rate=x"], Sample, **how) == '--set rate=x: "x" is not a number'
    assert refusal(assigned, ["raet"], Sample, **how).startswith(
        'configuration field "raet" is unknown; did you'
    )


def changed(*assignments, before=()):
    """The fields that --set makes of a configuration's."""
    given = assigned(assignments, ViTConfig, option="--set", example="gelu=erf")
    return fields.merged(ViTConfig, dict(before), given)


def test_fields_of_a_field():
    """preprocessing.antialias=true changes one of them; the others are what they were, or the default's."""
    how = Preprocessing(mean=(0.1, 0.2, 0.3), resize_filter="bicubic", crop_fraction=0.875)
    texts = ("preprocessing.antialias=true", "preprocessing.mean=0.485,0.456,0.406", "num_heads=6")
    found = changed(*texts, before={"preprocessing": how, "gelu": "erf"})
    want = dataclasses.replace(how, antialias=True, mean=(0.485, 0.456, 0.406))
    assert found == {"gelu": "erf", "num_heads": 6, "preprocessing": want}
    assert changed("preprocessing.std=[0.2, 0.3, 0.4]") == {
        "preprocessing": Preprocessing(std=(0.2, 0.3, 0.4))
    }
    whole = 'preprocessing={"mean": [0.1, 0.2, 0.3], "antialias": true}'
    assert changed("preprocessing.crop_fraction=0.5", whole) == {
        "preprocessing": Preprocessing(mean=(0.1, 0.2, 0.3), antialias=True, crop_fraction=0.5)
    }
    for text, said in {
        "preprocessing.antialas=1": 'preprocessing field "antialas" is unknown; did you mean antialias? choose from ',
        "preprocessing.=1": 'preprocessing field "" is unknown',
        "preprocesing.mean=1": 'configuration field "preprocesing.mean" is unknown; did you mean preprocessing?',
        "num_heads.mean=1": 'configuration field "num_heads.mean" is unknown; did you mean num_heads',
        "preprocessing.antialias=yes": '--set preprocessing.antialias=yes: "yes" is not true or false',
        "preprocessing.antialias=3": "preprocessing antialias is 3; need True or False",
        "preprocessing.mean=a,b": '--set preprocessing.mean=a,b: "a,b" is not a number',
        "preprocessing.resize_filter=lanczos": 'preprocessing resize_filter is "lanczos"; choose bilinear or bicubic',
        "preprocessing.mean": '--set "preprocessing.mean" has no value',
        "preprocessing=x": '--set preprocessing=x: "x" is not a preprocessing; it has fields, such as preprocessing',
    }.items():
        assert refusal(changed, text).startswith(said)
    assert preset("Ti/16", **{"preprocessing.crop_fraction": 0.5}).preprocessing.crop_fraction == 0.5


def test_the_choices_of_a_field():
    found = {field.name: choices(field) for field in dataclasses.fields(Sample) if choices(field)}
    assert found == {"kind": ("tanh", "erf"), "place": ("stem", "every-layer", "shared")}


def test_a_mistyped_field_is_refused_however_an_instance_is_made():
    """By the class, by `dataclasses.replace`, inside a dict: one line that names the near ones, not Python's own."""
    said = "configuration field .num_layer. is unknown; did you mean num_layers"
    for call in (lambda: ViTConfig(num_layer=2), lambda: dataclasses.replace(ViTConfig(), num_layer=2)):
        with pytest.raises(InputError, match=said):
            call()
    with pytest.raises(InputError, match='preprocessing field "means" is unknown'):
        ViTConfig(preprocessing={"means": 0.5})


@pytest.mark.parametrize(
    "mean", [10**400, True, "0.5", math.nan, math.inf, None, (0.5, 10**400), ()], ids=str
)
def test_a_mean_that_is_no_number(mean):
    assert "; need a number " in refusal(Preprocessing, mean=mean)


def test_a_mean_of_any_kind_of_number_is_kept_as_a_float():
    kept = Preprocessing(mean=(np.float32(0.25), 1, Fraction(1, 2))).mean
    assert kept == (0.25, 1.0, 0.5)
    assert [type(number) for number in kept] == [float] * 3
