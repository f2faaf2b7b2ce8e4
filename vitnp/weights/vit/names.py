"""The names of the parameters in each library: ours and four others. Imports `errors`, `stored`.

`*` stands for the two arrays of a dense layer or of a LayerNorm, see ENDINGS. If a torch library has one name for W_Q,
W_K and W_V, its array holds the three, one below the other. A dash: no such prefix, no such array.
"""

import functools
import re

from vitnp.errors import InputError, known, quoted
from vitnp.weights.stored import called

# The row below the header of each table is the prefix of the names below it.
TABLES = (
    """
    ours             google                                    timm                huggingface                    torchvision
    -                -                                         -                   vit.embeddings.                -
    project.*        embedding/*                               patch_embed.proj.*  patch_embeddings.projection.*  conv_proj.*
    class_token.cls  cls                                       cls_token           cls_token                      class_token
    position.E_pos   Transformer/posembed_input/pos_embedding  pos_embed           position_embeddings            encoder.pos_embedding
    """,  # noqa: E501
    """
    ours             google                                  timm         huggingface                  torchvision
    blocks.{i}.      Transformer/encoderblock_{i}/           blocks.{i}.  vit.encoder.layer.{i}.       encoder.layers.encoder_layer_{i}.
    norm_1.*         LayerNorm_0/*                           norm1.*      layernorm_before.*           ln_1.*
    attention.*_Q    MultiHeadDotProductAttention_1/query/*  attn.qkv.*   attention.attention.query.*  self_attention.in_proj_*
    attention.*_K    MultiHeadDotProductAttention_1/key/*    attn.qkv.*   attention.attention.key.*    self_attention.in_proj_*
    attention.*_V    MultiHeadDotProductAttention_1/value/*  attn.qkv.*   attention.attention.value.*  self_attention.in_proj_*
    attention.*_O    MultiHeadDotProductAttention_1/out/*    attn.proj.*  attention.output.dense.*     self_attention.out_proj.*
    norm_2.*         LayerNorm_2/*                           norm2.*      layernorm_after.*            ln_2.*
    feed_forward.*1  MlpBlock_3/Dense_0/*                    mlp.fc1.*    intermediate.dense.*         mlp.0.*
    feed_forward.*2  MlpBlock_3/Dense_1/*                    mlp.fc2.*    output.dense.*               mlp.3.*
    """,  # noqa: E501
    """
    ours                   google                      timm    huggingface         torchvision
    -                      -                           -       -                   -
    norm.*                 Transformer/encoder_norm/*  norm.*  vit.layernorm.*     encoder.ln.*
    classify.pre_logits.*  pre_logits/*                -       vit.pooler.dense.*  heads.pre_logits.*
    classify.head.*        head/*                      head.*  classifier.*        heads.head.*
    """,
)
FAMILIES = ("google", "timm", "huggingface", "torchvision")
FORMATS = ("vitnp", *FAMILIES)
# The meanings of * in a dense layer (weight, bias) and in a LayerNorm (scale, shift).
ENDINGS = {
    "ours": (("W", "b"), ("gamma", "beta")),
    "google": (("kernel", "bias"), ("scale", "bias")),
    "timm": (("weight", "bias"), ("weight", "bias")),
    "huggingface": (("weight", "bias"), ("weight", "bias")),
    "torchvision": (("weight", "bias"), ("weight", "bias")),
}
# Other spellings of the same arrays, as (pattern, the tables' spelling).
SPELLINGS = {
    "google": (
        (r"^(params/img|params|opt/target)/", ""),  # big_vision
        (r"^pos_embedding$", "Transformer/posembed_input/pos_embedding"),  # big_vision
        (r"/MultiHeadDotProductAttention_0/", "/MultiHeadDotProductAttention_1/"),  # Flax Linen counts each
        (r"/MlpBlock_0/", "/MlpBlock_3/"),  # kind of layer apart, the published files all kinds together
        (r"/LayerNorm_1/", "/LayerNorm_2/"),
    ),
    "timm": (
        (r"^backbone\.", ""),  # a checkpoint of DINOv2's training
        (r"^blocks\.\d+\.(\d+)\.", r"blocks.\1."),  # there in chunks, each with the numbers of all blocks
        (r"\.gamma_([12])$", r".ls\1.gamma"),  # DeiT-III
    ),
    "huggingface": (
        (r"^(embeddings|encoder|layers|layernorm|pooler)\.", r"vit.\1."),  # files of ViTModel
        (r"^dinov2\.", "vit."),
        (r"\.norm1\.", ".layernorm_before."),  # DINOv2
        (r"\.norm2\.", ".layernorm_after."),
        (r"^vit\.layers\.", "vit.encoder.layer."),  # state_dict() of transformers 5; its files are as before
        (r"\.attention\.q_proj\.", ".attention.attention.query."),
        (r"\.attention\.k_proj\.", ".attention.attention.key."),
        (r"\.attention\.v_proj\.", ".attention.attention.value."),
        (r"\.attention\.o_proj\.", ".attention.output.dense."),
        (r"\.mlp\.fc1\.", ".intermediate.dense."),
        (r"\.mlp\.fc2\.", ".output.dense."),
    ),
    "torchvision": (
        (r"\.mlp\.linear_1\.", ".mlp.0."),  # before torchvision 0.13
        (r"\.mlp\.linear_2\.", ".mlp.3."),
    ),
}


def check_format(name):
    """Raise InputError unless the name is one of FORMATS."""
    if name == "onnx":
        raise InputError(
            f"ONNX files are recognized by themselves and not written; choose {', '.join(FORMATS)}"
        )
    if not known(name, FORMATS):
        raise InputError(f"format {quoted(name)} is unknown; choose {', '.join(FORMATS)}")


def positions_of_ours(config):
    """A phrase for positions that other libraries cannot store: all but a "1d" table added at the stem; else ''."""
    if (config.position_embedding, config.position_at) == ("1d", "stem"):
        return ""
    return f'position_embedding "{config.position_embedding}" at "{config.position_at}"'


def names(family, num_layers):
    """{our name: name in the family's files, or None}, in p's order."""
    if family == "vitnp":
        family = "ours"
    found = {}
    for table in TABLES:
        header, prefixes, *rows = (line.split() for line in table.split("\n") if line.strip())
        column = header.index(family)
        blocks = range(num_layers) if "{i}" in prefixes[0] else (None,)
        for i in blocks:
            for row in rows:
                for ours, theirs in _arrays(row[0], row[column], family):
                    name = prefixes[0].strip("-").format(i=i) + ours
                    found[name] = theirs and prefixes[column].strip("-").format(i=i) + theirs
    return found


def _arrays(ours, theirs, family):
    """The (our name, their name) pairs of one row of a table."""
    kind = 1 if ours.startswith("norm") else 0
    endings = zip(ENDINGS["ours"][kind], ENDINGS[family][kind], strict=True)
    pairs = [(ours.replace("*", a), theirs.replace("*", b)) for a, b in endings]
    return [(a, None if b == "-" else b) for a, b in dict.fromkeys(pairs)]


def block_of(family, name):
    """The number of the block that the family's array belongs to, or None."""
    match = _pattern(family).match(name)
    return match and int(match[1])


@functools.cache
def _pattern(family):
    """The beginning of the names in a family's blocks; a longer number than these is no block's."""
    column = TABLES[1].split().index(family)
    before, after = TABLES[1].split()[len(FAMILIES) + 1 :][column].split("{i}")
    return re.compile(f"{re.escape(before)}([0-9]{{1,18}}){re.escape(after)}")


def spell(family, name):
    """The name in the spelling of TABLES."""
    for pattern, replacement in SPELLINGS.get(family, ()):
        name = re.sub(pattern, replacement, name)
    return name


def detect(path, file_names):
    """The family whose patch projection is among the names; InputError for no family or several."""
    found = {}
    for family in FAMILIES:
        want = names(family, 0)["project.W"]
        for name in file_names:
            if spell(family, name) == want:
                found[family] = name
    if len(found) > 1:
        several = " and ".join(f"{called(name)} ({family})" for family, name in found.items())
        raise InputError(f"{path} holds more than one model: {several}; say which with format= or --from")
    if not found:
        some = ", ".join(called(name) for name in list(file_names)[:3]) or "nothing"
        raise InputError(
            f"{path} holds {some} … and no patch projection of a ViT; name a file of vitnp, "
            f"{', '.join(FAMILIES)}"
        )
    return next(iter(found))
