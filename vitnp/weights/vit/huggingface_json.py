"""Hugging Face's config.json read. Imports its neighbors.

A field that is not there has the default of transformers' class, as in the library: `DEFAULTS`.
"""

from vitnp.errors import shown
from vitnp.inputs.images import size
from vitnp.weights.vit.said import GELU, NOTHING, Fields, NotBuilt, chosen, side_of, words

# What Hugging Face calls the fields whose values the arrays also show.
SIZES = {
    "hidden_size": "hidden_size",
    "num_hidden_layers": "num_layers",
    "intermediate_size": "mlp_dim",
    "patch_size": "patch_size",
    "num_channels": "in_channels",
}
SETTINGS = {"num_attention_heads": "num_heads", "layer_norm_eps": "layer_norm_eps"}
# {model_type: (layer_norm_eps, hidden_act)} of configuration_*.py; all have 12 heads
VIT = {
    "vit": (1e-12, "gelu"),
    "deit": (1e-12, "gelu"),
    "vit_mae": (1e-12, "gelu"),
    "vit_msn": (1e-6, "gelu"),
    "ijepa": (1e-12, "gelu"),
    "dinov2": (1e-6, "gelu"),
    "dinov2_with_registers": (1e-6, "gelu"),
    "clip_vision_model": (1e-5, "quick_gelu"),
    "siglip_vision_model": (1e-6, "gelu_pytorch_tanh"),
}
NESTED = {"clip": "clip_vision_model", "siglip": "siglip_vision_model"}  # with a text tower, too
HEADS = 12
PROBLEMS = ("single_label_classification", "multi_label_classification", "regression")

# configuration_utils.py, of today and of the years before: what it runs on, what it returns, and what generates text.
COMMON = Fields(
    used=words("model_type architectures id2label problem_type vitnp"),
    arrays=frozenset(),
    idle=words(
        "transformers_version _name_or_path name_or_path dtype torch_dtype output_hidden_states output_attentions "
        "return_dict return_dict_in_generate chunk_size_feed_forward is_encoder_decoder is_decoder label2id "
        "num_labels finetuning_task torchscript use_bfloat16 tie_word_embeddings tie_encoder_decoder "
        "cross_attention_hidden_size add_cross_attention use_cache gradient_checkpointing tf_legacy_loss "
        "attn_implementation _attn_implementation _attn_implementation_autoset _commit_hash "
        "max_length min_length do_sample early_stopping num_beams num_beam_groups diversity_penalty temperature top_k "
        "top_p typical_p repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size "
        "bad_words_ids num_return_sequences output_scores forced_bos_token_id forced_eos_token_id "
        "remove_invalid_values exponential_decay_length_penalty suppress_tokens begin_suppress_tokens prefix "
        "bos_token_id pad_token_id eos_token_id sep_token_id decoder_start_token_id task_specific_params "
        "tokenizer_class auto_map"
    ),
    only={"pruned_heads": (None, {}), "quantization_config": (None,)},
)
FIELDS = Fields(
    used=COMMON.used
    | words("num_attention_heads layer_norm_eps hidden_act image_size mlp_ratio apply_layernorm pooler_act")
    | words("vision_config vision_config_dict")
    | SIZES.keys(),
    arrays=words("qkv_bias num_register_tokens pooler_output_size vision_use_head"),
    # dropout, initialization; heads and decoders for images; what a backbone returns; what joins the two towers
    idle=COMMON.idle
    | words(
        "hidden_dropout_prob attention_probs_dropout_prob attention_dropout dropout drop_path_rate initializer_range "
        "initializer_factor layerscale_value encoder_stride use_mask_token out_features out_indices _out_features "
        "_out_indices stage_names reshape_hidden_states decoder_num_attention_heads decoder_hidden_size "
        "decoder_num_hidden_layers decoder_intermediate_size mask_ratio norm_pix_loss projection_dim text_config "
        "text_config_dict logit_scale_init_value"
    ),
    only=COMMON.only | {"use_swiglu_ffn": (None, False)},
)


def read(config):
    """The `Beside` of Hugging Face's config.json. Raises NotBuilt for what is not built here."""
    given, unknown, kind = config, FIELDS.unknown_in(config, ""), config.get("model_type")
    if kind in NESTED or "vision_config" in config:
        name, kind = _name_of_tower(config), NESTED.get(kind, kind)
        given = config.get(name) or {}
        kind = given.get("model_type", kind)
        unknown += FIELDS.unknown_in(given, f"{name}.")
    fields = _defaults(kind)
    named = SIZES | SETTINGS
    fields |= {ours: given[theirs] for theirs, ours in named.items() if given.get(theirs) is not None}
    if "patch_size" in fields:
        fields["patch_size"] = side_of("patch_size", fields["patch_size"])
    if given.get("hidden_act") is not None:
        fields["gelu"] = chosen("hidden_act", given["hidden_act"], GELU)
    if given.get("image_size") is not None:
        fields["image_size"] = size(given["image_size"])
    if config.get("id2label"):
        fields["num_classes"] = len(labels(config, "id2label"))
    if given.get("mlp_ratio") is not None and "hidden_size" in given:  # DINOv2
        fields["mlp_dim"] = int(given["hidden_size"] * given["mlp_ratio"])
    if need_classes(config):
        fields["multi_label"] = True
    parts = config.get("architectures") or []
    return NOTHING._replace(
        fields=fields,
        notes=_of_parts(config, parts),
        unknown=unknown,
        arguments={"pooler_act": config.get("pooler_act") or "tanh"},
        architectures=parts,
    )


def _name_of_tower(config):
    """Where the vision tower is: vision_config_dict of older files with its class's defaults, before vision_config."""
    older = config.get("model_type") == "clip" and config.get("vision_config_dict") is not None
    return "vision_config_dict" if older else "vision_config"


def _defaults(kind):
    """{field: value} of a model_type's configuration where it says nothing; {} without a model_type."""
    if kind is None:
        return {}
    eps, act = chosen("model_type", kind, VIT)
    return {"num_heads": HEADS, "layer_norm_eps": eps, "gelu": GELU[act]}


def _of_parts(config, parts):
    """Sentences on the parts of the model that `architectures` names. Raises NotBuilt for those not built here."""
    if "Dinov2Backbone" not in parts and "Dinov2WithRegistersBackbone" not in parts:
        return []
    if config.get("apply_layernorm") is False:
        raise NotBuilt("apply_layernorm is False, a backbone without the last LayerNorm")
    return ["a backbone: vitnp computes the tokens after the last LayerNorm, not its feature maps"]


def need_classes(config):
    """Whether the classes are independent. Raises ValueError for a problem_type that transformers has not."""
    problem = config.get("problem_type")
    if problem is not None and problem not in PROBLEMS:
        raise ValueError(f"problem_type is {shown(problem)}; transformers has {', '.join(PROBLEMS)}")
    return problem == "multi_label_classification"


def unclassed(config):
    """Why the head's numbers are no classes, as a clause without its subject; "" where they may be."""
    if config.get("problem_type") == "regression":
        return "has a head for regression (problem_type), whose numbers are no probabilities of classes"
    return ""


def labels(given, name):
    """The names of the classes under a name, a list or {number of the class: name}."""
    found = given.get(name) or []
    if not isinstance(found, list | dict):
        raise TypeError(f"{name} is {shown(found)}")
    return found
