"""One module per model; this is the one place that chooses among them. A model's module has these names:

    Config, PRESETS                     its configuration, an `inputs.config.ModelConfig` with `family`; {name: fields}
    init(rng, config, dtype)            p, nested dicts of arrays; rng None: shapes without memory
    forward(x, p, config, rng, *, keep, whole)   y, saved. keep: "all", "inputs" or "nothing" of what backward needs;
                                        whole=False: what y does not need may be left out
    backward_parts(dy, saved)           yields (name of a part, its dp), the last part first, and returns dx; uses
                                        the lists in saved up
    backward(dy, saved)                 dx, dp: `parts.together`
    multiply_adds(config)               {part: count for one input}: what decides whether another thread pays

and, where it has them: tensors (see `models.tensors`), layers (see `models.layers`), tokens (see `engine.batch`),
saved_bytes and step_bytes (see `analysis.cost`), resized (see `weights.adapt`), and where training normalizes over the
batch statistics(saved), {dotted name of a leaf `mean` or `var`: the batch's value}. Every classifier ends with step 8,
so p["classify"]["head"] is its head. x are images, or where the configuration reads sequences a pair of source and
target.
"""

import dataclasses
import importlib
import json

from vitnp import tree
from vitnp.errors import InputError, did_you_mean, known, quoted, shown
from vitnp.inputs.checks import check_config
from vitnp.inputs.config import ModelConfig
from vitnp.inputs.fields import merged
from vitnp.inputs.images import Preprocessing

OF_IMAGES = ("vit", "bit", "hybrid", "efficientnet", "cnn", "rnn", "mlp")
# Fields that older files have not; a file has them only where they are not the default.
YOUNGER = {
    *("crop_rounding", "num_registers", "input_norm", "pooled_norm", "pool_mlp_dim", "multi_label"),
    "stochastic_depth_rate",
}
STATISTICS = ("mean", "var")  # the leaves of running statistics, of BatchNorm
FAMILIES = (*OF_IMAGES, "transformer")  # the modules, in the order in which a preset is looked for


def __getattr__(name):
    if name == "PRESETS":
        return _presets()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _presets():
    return {name: fields for family in FAMILIES for name, fields in module(family).PRESETS.items()}


def module(family):
    """The module of a family of models. Raises InputError for an unknown family, naming the near ones."""
    if not known(family, FAMILIES):
        hint = did_you_mean(family, FAMILIES)
        raise InputError(f"model family {quoted(family)} is unknown; {hint}choose from {', '.join(FAMILIES)}")
    return importlib.import_module(f"vitnp.models.{family}")


def of(config):
    """The module of the configuration's model."""
    check_config(config, ModelConfig)
    return module(config.family)


def with_preset(name):
    """The module whose PRESETS have the name. Raises InputError for an unknown name, naming the near ones."""
    for family in FAMILIES:
        if known(name, module(family).PRESETS):
            return module(family)
    names = _presets()
    raise InputError(
        f"model {quoted(name)} is unknown; {did_you_mean(name, names)}the {len(names)} names are in "
        "vitnp.PRESETS, and vitnp info --help lists them"
    )


def ask(config, name, what):
    """What the model's module has under an optional name; what: that in words, for the InputError where it has none."""
    found = getattr(of(config), name, None)
    if found is None:
        able = ", ".join(family for family in FAMILIES if hasattr(module(family), name))
        raise InputError(
            f"a model of the family {config.family} has no {what}; use one of the families {able}"
        )
    return found


def need_images(config, what):
    """Raise InputError unless the model reads images; what: a clause that says what needs one."""
    if of(config).Config.reads != "images":
        raise InputError(
            f"{what}, and a model of the family {config.family} reads {config.reads}; use vitnp translate"
        )


def need_vit(config, what):
    """Raise InputError unless it is a ViT's configuration; what: a clause that says what needs one."""
    need_family(config, {"vit": "a ViT"}, what)


def need_family(config, families, what):
    """Raise InputError unless the model's family is one of {family: its name in words}; what as for `need_vit`."""
    if of(config) not in map(module, families):
        names = " or ".join(families.values())
        raise InputError(f"{what}, and this is a model of the family {config.family}; name {names}")


def below_head(p, config):
    """(p, config) of the same classifier without its head: its forward gives the representation (B, D)."""
    of(config)
    if not isinstance(p, dict) or not isinstance(p.get("classify"), dict):
        raise InputError(f'p is a {type(p).__name__}; need a classifier\'s parameters, with "classify"')
    below = {name: layer for name, layer in p["classify"].items() if name != "head"}
    return p | {"classify": below}, dataclasses.replace(config, num_classes=0)


def preset(name, **overrides):
    """The configuration called `name`, "B/16" for example; any field of it can be overridden.

    So can one field of its preprocessing: preset("B/16", **{"preprocessing.crop_fraction": 0.875}).

    Raises InputError for an unknown name, naming the near ones, or an unknown field.
    """
    model = with_preset(name)
    return model.Config(**merged(model.Config, model.PRESETS[name], overrides))


def learned(p):
    """The leaves that a gradient step changes: all but statistics, which have the names `STATISTICS`."""
    return tree.filtered(p, lambda name: name not in STATISTICS)


def count(p):
    """How many numbers a gradient step changes: the model's parameters."""
    return tree.count(learned(p))


def statistics(saved, config):
    """{dotted name of a leaf of statistics: the batch's value} of a forward in training; {} where there are none."""
    return of(config).statistics(saved) if config.batch_statistics else {}


def config_to_dict(config):
    """The family and the fields of a configuration as JSON gives them back; `config_from_dict` is the inverse."""
    fields = {"family": config.family} | dataclasses.asdict(config)
    how = fields.get("preprocessing", {})
    # so that an older vitnp reads it, and a run that it began resumes
    for given, Fields in ((fields, type(config)), (how, Preprocessing)):
        for name in YOUNGER & given.keys():
            if given[name] == getattr(Fields, name):
                del given[name]
    return json.loads(json.dumps(fields))


def config_from_dict(given):
    """The configuration that `config_to_dict` gave, also after JSON; without a family, as in older files, a ViT's.

    Raises InputError for what is no configuration.
    """
    if not isinstance(given, dict):
        raise InputError(f"a configuration is {shown(given)}; need an object of fields")
    fields = {name: value for name, value in given.items() if name != "family"}
    return module(given.get("family", "vit")).Config(**fields)
