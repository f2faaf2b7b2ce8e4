"""The names of a ViT's parameters in each library: ours and four others. Imports `tables`.

`*` stands for the two arrays of a dense layer or of a LayerNorm, see ENDINGS. If a torch library has one name for W_Q,
W_K and W_V, its array holds the three, one below the other.
"""

import re

from vitnp.weights import tables

# See `tables`.
TABLES = (
    """
    ours             google                                    timm                huggingface                    torchvision
    -                -                                         -                   vit.embeddings.                -
    project.*        embedding/*                               patch_embed.proj.*  patch_embeddings.projection.*  conv_proj.*
    class_token.cls  cls                                       cls_token           cls_token                      class_token
    position.E_pos   Transformer/posembed_input/pos_embedding  pos_embed           position_embeddings            encoder.pos_embedding
    registers.reg    -                                         reg_token           register_tokens                -
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
    ours                   google                      timm        huggingface         torchvision
    -                      -                           -           -                   -
    input_norm.*           -                           norm_pre.*  vit.pre_layrnorm.*  -
    norm.*                 Transformer/encoder_norm/*  norm.*      vit.layernorm.*     encoder.ln.*
    classify.pre_logits.*  pre_logits/*                -           vit.pooler.dense.*  heads.pre_logits.*
    classify.head.*        head/*                      head.*      classifier.*        heads.head.*
    """,
    """
    ours             google                                  timm       huggingface           torchvision
    pool.            MAPHead_0/                              attn_pool. vit.head.             -
    probe            probe                                   latent     probe                 -
    attention.*_Q    MultiHeadDotProductAttention_1/query/*  q.*        attention.in_proj_*   -
    attention.*_K    MultiHeadDotProductAttention_1/key/*    kv.*       attention.in_proj_*   -
    attention.*_V    MultiHeadDotProductAttention_1/value/*  kv.*       attention.in_proj_*   -
    attention.*_O    MultiHeadDotProductAttention_1/out/*    proj.*     attention.out_proj.*  -
    norm.*           LayerNorm_0/*                           norm.*     layernorm.*           -
    feed_forward.*1  MlpBlock_3/Dense_0/*                    mlp.fc1.*  intermediate.dense.*  -
    feed_forward.*2  MlpBlock_3/Dense_1/*                    mlp.fc2.*  output.dense.*        -
    """,
)
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
        (r"^fc_norm\.", "norm."),  # after the mean of the tokens
        (r"^register_tokens$", "reg_token"),  # DINOv2 as its authors have it
        (r"^visual\.class_embedding$", "cls_token"),  # OpenAI's CLIP
        (r"^visual\.positional_embedding$", "pos_embed"),
        (r"^visual\.conv1\.", "patch_embed.proj."),
        (r"^visual\.ln_pre\.", "norm_pre."),
        (r"^visual\.ln_post\.", "norm."),
        (r"^visual\.transformer\.resblocks\.(\d+)\.", r"blocks.\1."),
        (r"^(blocks\.\d+)\.ln_([12])\.", r"\1.norm\2."),
        (r"^(blocks\.\d+)\.attn\.in_proj_(weight|bias)$", r"\1.attn.qkv.\2"),
        (r"^(blocks\.\d+)\.attn\.out_proj\.", r"\1.attn.proj."),
        (r"^(blocks\.\d+)\.mlp\.c_fc\.", r"\1.mlp.fc1."),
        (r"^(blocks\.\d+)\.mlp\.c_proj\.", r"\1.mlp.fc2."),
        (r"^blocks\.\d+\.(\d+)\.", r"blocks.\1."),  # there in chunks, each with the numbers of all blocks
        (r"\.gamma_([12])$", r".ls\1.gamma"),  # DeiT-III
        # a hybrid whose stem is the root alone
        (r"^patch_embed\.backbone\.(conv|norm)\.", r"patch_embed.backbone.stem.\1."),
    ),
    "huggingface": (
        (
            r"^(embeddings|encoder|layers|layernorm|pooler|pre_layrnorm|post_layernorm|head)\.",
            r"vit.\1.",
        ),  # files of ViTModel
        (r"^(dinov2|dinov2_with_registers|deit|ijepa|vision_model)\.", "vit."),
        (r"^vit\.embeddings\.class_embedding$", "vit.embeddings.cls_token"),  # CLIP and SigLIP
        (r"^vit\.embeddings\.position_embedding\.weight$", "vit.embeddings.position_embeddings"),
        (r"^vit\.embeddings\.patch_embedding\.", "vit.embeddings.patch_embeddings.projection."),
        (r"^vit\.encoder\.layers\.", "vit.encoder.layer."),
        (r"\.layer_norm1\.", ".layernorm_before."),
        (r"\.layer_norm2\.", ".layernorm_after."),
        (r"\.self_attn\.out_proj\.", ".attention.output.dense."),
        (r"\.self_attn\.", ".attention."),
        (r"^vit\.post_layernorm\.", "vit.layernorm."),
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


def positions_of_ours(config):
    """A phrase for positions that other libraries cannot store: all but a "1d" table added at the stem; else ''."""
    if (config.position_embedding, config.position_at) == ("1d", "stem"):
        return ""
    return f'position_embedding "{config.position_embedding}" at "{config.position_at}"'


def names(family, num_layers):
    """{our name: name in the family's files, or None}, in p's order."""
    column = "ours" if family == "vitnp" else family
    return tables.names(TABLES, column, ENDINGS, [{"i": i} for i in range(num_layers)])


def block_of(family, name):
    """The number of the block that the family's array belongs to, or None."""
    found = tables.numbers_in(TABLES[1], family, name)
    return found and found[0]


def spell(family, name):
    """The name in the spelling of TABLES."""
    for pattern, replacement in SPELLINGS.get(family, ()):
        name = re.sub(pattern, replacement, name)
    return name
