"""The settings that no shape shows: what the JSON files beside a file, its profile and the caller say.

Imports `errors`, `inputs`, `vit.sidecar`.
"""

import dataclasses

from vitnp.errors import InputError, shown
from vitnp.inputs.fields import merged
from vitnp.weights.vit import sidecar


def beside(path, family, seen, base, **how):
    """What `sidecar.read` gives; InputError where the config.json beside the file is another model's."""
    found = sidecar.read(path, family, base, **how)
    if not seen["num_classes"]:
        found.fields.pop("num_classes", None)  # transformers names classes for models without a head too
    if found.heads_of and seen["hidden_size"] in found.heads_of:
        found.fields.setdefault("num_heads", found.heads_of[seen["hidden_size"]])
    elif found.heads_of:  # arrays of another size than the architecture's
        found.unknown.append(f"architecture of hidden_size {next(iter(found.heads_of))}")
    need_same(path, seen, found.fields)
    for field in found.usual.keys() - seen.keys():
        found.fields.setdefault(field, found.usual[field])
    return found


def need_same(path, seen, said):
    """Raise InputError where the arrays and the config.json beside them, {name: value} each, say different things."""
    for name in seen.keys() & said.keys():
        if seen[name] != said[name]:
            raise InputError(
                f"the arrays of {path} have {name} {seen[name]}, the config.json beside it says "
                f"{shown(said[name])}; repair it, or move it away"
            )


def preprocessing(default, channels, beside, overrides):
    """(the default Preprocessing with what the JSON files say before it, questions)."""
    if "preprocessing" in overrides:
        return default, []
    how = dataclasses.replace(default, **beside.preprocessing)
    questions = [
        f"{what}, which vitnp has not; say preprocessing= or --set preprocessing.{answer}"
        for what, answer in beside.unlike
        if f"preprocessing.{answer.partition('=')[0]}" not in overrides
    ]
    told = beside.preprocessing.keys() | {name.partition(".")[2] for name in overrides}
    if len(default.mean) not in (1, channels) and not {"mean", "std"} <= told:
        questions.append(
            f"the family's preprocessing is for {len(default.mean)} channels, the file has {channels}; say "
            "preprocessing= or --set preprocessing.mean=0.5 --set preprocessing.std=0.5"
        )
        how = dataclasses.replace(how, mean=0.5, std=0.5)
    return how, questions


def configured(path, family, Config, fields, overrides, questions):
    """The configuration of these fields, `overrides` before them. Raises InputError for questions, and for a misfit."""
    if questions:
        raise InputError(f"{path}: {'; '.join(questions)}")
    try:
        return Config(**merged(Config, fields, overrides))
    except (TypeError, ValueError) as problem:
        files = (
            f" with {' and '.join(sidecar.JSON_FILES)} beside it" if sidecar.is_there(path, family) else ""
        )
        raise InputError(f"{path}{files}: {problem}") from problem
