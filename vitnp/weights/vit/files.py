"""A ViT in other libraries' files; see `families` for the names here. Imports its neighbors."""

from vitnp.errors import InputError
from vitnp.weights.families import Described
from vitnp.weights.vit import biases, foreign, google, layer_scale, layouts, neighbors, prefix, written
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
    spelled = _without_empty(format, stored, spelled)
    stored = _with_axes(format, stored, spelled)
    arrays = {spell(format, in_file): in_file for in_file in stored} | spelled  # with those that are left out
    stored, spelled, zeros = biases.with_zeros(format, stored, spelled)
    shapes = {name: stored[in_file].shape for name, in_file in spelled.items()}
    before = stem(path, format, shapes) if stem else NOTHING
    inferred = infer(path, format, arrays, shapes, before=before, **told)
    table = tables.names(format, 0)["position.E_pos"]
    if positions_of_ours(inferred.config) and not _has_no_table(inferred.config, spelled, table):
        raise InputError(
            f'{path} is of {format}, with positions "1d" at the stem, which do not fit '
            f"{positions_of_ours(inferred.config)}; leave it out"
        )
    stored, spelled, moved = prefix.arranged(
        path, format, stored, spelled, inferred.config, inferred.rows_before
    )
    notes += more + zeros + inferred.notes + moved
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


def _without_empty(format, stored, spelled):
    """The same names without that of (1, 0, D) registers, which are none."""
    reg = tables.names(format, 0)["registers.reg"]
    none = reg in spelled and 0 in stored[spelled[reg]].shape
    return {name: in_file for name, in_file in spelled.items() if not (none and name == reg)}


def _with_axes(format, stored, spelled):
    """The same arrays, a class token (D,) and a table (N, D) with the axis of one image before, as CLIP's have none."""
    theirs, changed = tables.names(format, 0), {}
    for ours, rank in (("class_token.cls", 1), ("position.E_pos", 2)):
        in_file = spelled.get(theirs[ours])
        if in_file and len(stored[in_file].shape) == rank:
            changed[in_file] = _under(stored[in_file], (1,) * (3 - rank))
    return stored | changed


def _under(one, axes):
    """A Stored with these axes before its own."""
    shape = axes + one.shape
    return one._replace(shape=shape, read=lambda: one.read().reshape(shape))


def _has_no_table(config, spelled, table):
    """Whether the file has no table of positions and the model needs none."""
    return (
        table not in spelled
        and config.position_embedding in ("none", "sincos")
        and config.position_at == "stem"
    )


def obstacle(format, config):
    """Why the library's files cannot hold the model."""
    if missing := neighbors.beside_the_vit(config):
        return f"{format} has no place for {missing}"
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
