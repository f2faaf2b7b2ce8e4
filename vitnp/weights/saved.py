"""What training scripts save in one file: dicts within dicts, the model's tensors in one of them, and much beside them.

Imports `errors`, `system`, `rebuilt`.
"""

from vitnp.errors import InputError, some_of
from vitnp.system.placeholders import Placeholder
from vitnp.weights.rebuilt import Tensor, unread_value
from vitnp.weights.stored import called

DEEPEST = 6  # dicts within dicts
# What lies beside the weights and is not looked at.
BESIDE = {
    *(
        "optimizer",
        "optimizers",
        "optimizer_state",
        "optimizer_states",
        "optimizer_state_dict",
        "optim",
        "opt",
    ),
    *(
        "scheduler",
        "schedulers",
        "lr_scheduler",
        "lr_schedulers",
        "scheduler_state_dict",
        "scaler",
        "amp_scaler",
    ),
    *(
        "loops",
        "hyper_parameters",
        "args",
        "config",
        "cfg",
        "rng_state",
        "random_state",
        "criterion",
    ),
}
# Packages that have no models.
NO_MODELS = {
    *(
        "numpy",
        "builtins",
        "__builtin__",
        "collections",
        "datetime",
        "pathlib",
        "argparse",
        "functools",
        "enum",
    ),
    *("omegaconf", "_codecs", "decimal", "uuid", "types"),
}
MODEL = ("model", "net", "module", "network", "ema", "teacher", "student", "backbone", "")


def tensors(path, saved):
    """([(name, Tensor)], [(name, what it is)] of tensors that are not read) of what was pickled.

    The keys of dicts within dicts are joined by dots. Raises InputError where there is no tensor with a name.
    """
    if isinstance(saved, Tensor):
        raise InputError(f"{path} holds a single tensor; need a dict of tensors, a state_dict()")
    if isinstance(saved, Placeholder):
        _refuse_objects(path, {"": saved})
    if not isinstance(saved, dict):
        raise InputError(f"{path} holds a {type(saved).__name__}; need a dict of tensors, a state_dict()")
    found, unread, objects, seen, groups = [], [], {}, set(), [("", saved)]
    for _ in range(DEEPEST):
        inner = []
        for before, group in groups:
            if id(group) in seen:  # the same dict under two names
                continue
            seen.add(id(group))
            for name, value in group.items():
                if not isinstance(name, str):  # an optimizer's state has numbers
                    continue
                if isinstance(value, Tensor):
                    found.append((before + name, value))
                elif what := unread_value(value):
                    unread.append((before + name, what))
                elif isinstance(value, Placeholder):
                    objects[before + name] = value
                elif isinstance(value, dict) and name not in BESIDE:
                    inner.append((f"{before}{name}.", value))
        groups = inner
    if not found and not unread:
        if "param_groups" in saved:
            raise InputError(
                f"{path} holds the state of an optimizer and no weights; name the file of the model, which is beside it"
            )
        _refuse_objects(path, objects)
        keys = some_of([called(key) for key in saved if isinstance(key, str)]) or "nothing that has a name"
        raise InputError(f"{path} holds no tensors, only {keys}; save the model's state_dict()")
    return found, unread


def _refuse_objects(path, objects):
    """Raise InputError for a model that was saved as an object; objects: {key: Placeholder}."""
    models = {key: one for key, one in objects.items() if one.stands_for.partition(".")[0] not in NO_MODELS}
    found = sorted(models, key=lambda key: MODEL.index(key) if key in MODEL else len(MODEL))
    if found:
        key = f", under {called(found[0])}" if found[0] else ""
        raise InputError(
            f"{path} holds an object of the class {called(objects[found[0]].stands_for)}{key}, which only its own code "
            "can make; load it there and save model.state_dict()"
        )
