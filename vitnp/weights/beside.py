"""What lies beside a model in its file: its head, other models' parts, a training's counters. Imports `families`.

Of a counter nothing needs to be said. Of what is for pre-training or of a text tower a note says that it is left out.
Everything else may change what the whole computes, and is said by every command.
"""

import re

from vitnp.weights import families

# PyTorch's own wrappers: torch.compile, activation checkpointing, FSDP, Fabric; and DataParallel within a model.
WRAPPERS = re.compile(
    r"(?:(?<=[./])|^)(?:_orig_mod|_checkpoint_wrapped_module|_fsdp_wrapped_module|_forward_module)\."
)
MODULE = re.compile(r"(?<=\.)module\.")
# An optimizer's arrays; Flax's optimizer has the model in it, as opt/target.
OPTIMIZER = re.compile(
    r"(?:opt|opt_state|optimizer|optimizers|optimizer_state_dict)[./](?!target/)|state/(?:param_states/|step$)"
)
PRETRAINING = {"dino_head", "ibot_head"}
# DINO's and iBOT's projection heads, by the last of their layers.
LAST_LAYER = re.compile(r"(.*[./])?last_layer2?\.(weight(_[gv])?|parametrizations\..*)")
TEXT = re.compile(
    r"(.*[./])?((text|text_model|text_encoder|txt)[./].*|(text_projection|logit_(scale|bias))(\..*)?)"
)
# Of a training, and without influence on what a model computes: counters, losses, measures of quality.
TRAINING = {"n_averaged", "num_updates", "global_step", "step", "epoch", "iteration", "lr"}
TRAINING |= {"criterion", "metric", "metrics", "class_weights"}
CALLBACKS = "callbacks"  # of Lightning, one of which can hold the average of the model, another model
MEASURE = re.compile(r".*loss(_fn)?|(.*_)?(acc|accuracy|auroc|f1|top)_?[0-9]*")
HEADS = {"head", "heads", "fc", "classifier", "linear", "cls_head", "classification_head"}


def unwrapped(stored):
    """{name without PyTorch's own wrappers, wherever they are in it: Stored}; as it is where two would be one name."""
    plain = [WRAPPERS.sub("", name) for name in stored]
    wrapped = {name[: match.start()] for name in plain for match in MODULE.finditer(name)}
    # A wrapper has one module; a model that calls one of its parts "module" has others beside it.
    models = {
        before
        for name in plain
        for match in re.finditer(r"\.", name)
        if (before := name[: match.end()]) in wrapped
        and not MODULE.match(name, match.end())
        and not _of_training(name)
    }

    def bare(match):
        return match[0] if match.string[: match.start()] in models else ""

    plain = [MODULE.sub(bare, name) for name in plain]
    return dict(zip(plain, stored.values(), strict=True)) if len({*plain}) == len(stored) else stored


def without_optimizer(stored):
    """{name: Stored} without an optimizer's; all of them where nothing else is there."""
    return {name: one for name, one in stored.items() if not OPTIMIZER.match(name)} or stored


def without_counters(stored):
    """{name: Stored} of a model whose names have nothing before them, without the counters and measures beside them."""
    return {name: one for name, one in stored.items() if len(parts(name)) > 2 or not _of_training(name)}


def sorted_out(before, others, beside):
    """({name: Stored} that may belong to a model, [(why it is left out, names)]) of what is beside the model.

    before, others: what stands before the names of the model, and of the other models in the file.
    """
    mine = {
        name: one for name, one in beside.items() if not _of_training(name) and CALLBACKS not in parts(name)
    }
    theirs = [name for name in mine if any(_common(name, other) > _common(name, before) for other in others)]
    mine = {name: one for name, one in mine.items() if name not in theirs}
    starts = {match[1] or "" for name in mine if (match := LAST_LAYER.fullmatch(name))} - {""}
    heads = [name for name in mine if name.startswith(tuple(starts)) or set(parts(name)) & PRETRAINING]
    text = [name for name in mine if name not in heads and TEXT.fullmatch(name)]
    reasons = [("as it is for pre-training alone", heads), ("the text tower", text)]
    rest = {name: one for name, one in mine.items() if name not in heads and name not in text}
    return rest, [(why, names) for why, names in reasons if names]


def head(model, beside):
    """{name in timm's or torchvision's file: (name in this one, Stored)} of the dense layer beside a model.

    So a training script has a backbone and, beside it, the head that reads what the backbone gives. {} for a model of
    another library, whose output a script can take from several places; for another size, more layers, two heads.
    """
    formats = [format for format in ("timm", "torchvision") if families.family_in(format, model)[0]]
    if len(formats) != 1 or any(name.startswith("head") for name in model):
        return {}
    family, shown = families.family_in(formats[0], model)
    weights = [name for name in beside if name.endswith(".weight")]
    if family != "vit" or len(weights) != 1 or len(beside) > 2:
        return {}
    stem, weight = weights[0].removesuffix("weight"), beside[weights[0]].shape
    width = model[shown].shape[:1]
    bias = beside.get(f"{stem}bias")
    fits = len(weight) == 2 and weight[1:] == width and (bias is None or bias.shape == weight[:1])
    last = [part for part in parts(stem) if not part.isdigit()][-1:]
    if not fits or not last or last[0] not in HEADS or len(beside) != 1 + (bias is not None):
        return {}
    theirs = "head." if formats[0] == "timm" else "heads.head."
    return {theirs + name.removeprefix(stem): (name, one) for name, one in beside.items()}


def parts(name):
    """The parts of a name."""
    return [part for part in re.split("[./]", name) if part]


def _of_training(name):
    """Whether it is the name of a counter, a loss, a measure of quality."""
    return any(part in TRAINING or MEASURE.fullmatch(part) for part in parts(name))


def _common(name, before):
    """How many parts a name and the beginning of another have in common."""
    ours, count = parts(name), 0
    for one, other in zip(ours, parts(before), strict=False):
        if one != other:
            break
        count += 1
    return count
