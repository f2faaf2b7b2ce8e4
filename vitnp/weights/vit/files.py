"""A ViT in other libraries' files; see `families` for the names here. Imports its neighbors."""

from vitnp.errors import InputError
from vitnp.weights.families import Described
from vitnp.weights.vit import class_row, foreign, google, layer_scale, layouts, written
from vitnp.weights.vit import names as tables
from vitnp.weights.vit.infer import NOTHING, infer
from vitnp.weights.vit.names import positions_of_ours, spell

GAP = ("google", "timm")  # libraries that have models without a class token
to_ours, texts = layouts.to_ours, written.texts


def shows(format, file_names):
    """The name of the patch projection."""
    want = tables.names(format, 0)["project.W"]
    return next((name for name in file_names if spell(format, name) == want), None)


def names(format, config):
    """{our name: name in the tables}."""
    return tables.names(format, config.num_layers)


def written_name(format, name, config):
    """A ViTModel of Hugging Face, without a head, has names without a prefix."""
    return name.removeprefix("vit.") if format == "huggingface" and not config.num_classes else name


def to_file(format, name, array, config):
    """Our array as the library has it."""
    return layouts.to_file(format, name, array, config)


def describe(path, format, stored, *, stem=None, **told):
    """The `Described` of a file; stem(path, format, shapes) gives the `Before` of a hybrid."""
    notes, scales = [], {}
    if format == "google":
        stored, notes = google.plain(path, stored)
    spelled, more = foreign.spelled(path, format, stored)
    shapes = {name: stored[in_file].shape for name, in_file in spelled.items()}
    arrays = {spell(format, in_file): in_file for in_file in stored}  # with those that are left out
    before = stem(path, format, shapes) if stem else NOTHING
    inferred = infer(path, format, arrays, shapes, before=before, **told)
    if positions_of_ours(inferred.config):
        raise InputError(
            f'{path} is of {format}, with positions "1d" at the stem, which do not fit '
            f"{positions_of_ours(inferred.config)}; leave it out"
        )
    notes += more + inferred.notes
    if not inferred.class_row:
        table = spelled[tables.names(format, 0)["position.E_pos"]]
        stored = stored | {table: class_row.with_zeros(stored[table])}
        notes.append(class_row.note(table))
    if layer_scale.is_in(format, spelled):
        scales = layer_scale.expected(format, inferred.config)
        notes.append(layer_scale.NOTE)
    return Described(
        format,
        inferred.config,
        stored,
        spelled,
        notes,
        inferred.questions,
        inferred.image_size,
        scales,
        inferred.taken,
    )


def obstacle(format, config):
    """Why the library's files cannot hold the model."""
    if config.classifier == "gap" and format not in GAP:
        return f"{format} has no model without a class token"
    if positions_of_ours(config):
        return f"{format} has no place for {positions_of_ours(config)}"
    if config.representation_size is None:
        return ""
    if tables.names(format, 0)["classify.pre_logits.W"] is None:
        return f"{format} has no place for classify.pre_logits"
    for start, because in foreign.UNUSED.get(format, ()):
        if because and config.num_classes:
            return f"{format} does not use {start}* beside {because}"
    return ""
