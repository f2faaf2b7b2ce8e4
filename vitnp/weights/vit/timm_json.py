"""timm's config.json read: the architecture, its model_args, and the pretrained_cfg. Imports its neighbors."""

from vitnp.errors import shown
from vitnp.inputs.images import size
from vitnp.weights.efficientnet import said as efficientnet
from vitnp.weights.vit import architectures, processors
from vitnp.weights.vit.huggingface_json import COMMON, need_classes
from vitnp.weights.vit.said import GELU, Beside, Fields, NotBuilt, chosen, side_of, words

POOLS = {"token": "token", "avg": "gap", "map": "map"}
NORMS = {"layernorm": 1e-6}  # timm/layers/norm.py
NONE = (None, False, "")
DROPS = words("drop_rate drop_path_rate device dtype")

VIT = Fields(
    used=words(
        "img_size num_heads act_layer norm_layer global_pool pos_embed no_embed_class embed_dim "
        "patch_size in_chans depth mlp_ratio qkv_bias proj_bias init_values class_token reg_tokens pre_norm fc_norm"
    ),
    arrays=words("num_classes"),
    # dropout, initialization; and what other image sizes than the model's need
    idle=DROPS
    | words(
        "pos_drop_rate patch_drop_rate proj_drop_rate attn_drop_rate weight_init fix_init dynamic_img_size "
        "dynamic_img_pad strict_img_size"
    ),
    only=dict.fromkeys(
        words("qk_norm scale_attn_norm scale_mlp_norm pool_include_prefix embed_norm_layer"), NONE
    )
    | dict.fromkeys(words("embed_layer block_fn mlp_layer"), NONE)
    | {"final_norm": (True, None), "attn_layer": (*NONE, "attn")},
)
RESNET = Fields(  # of BiT
    used=words(""),
    arrays=words("layers channels num_classes in_chans width_factor stem_chs bottle_ratio"),
    idle=DROPS | words("zero_init_last"),
    only={
        "global_pool": ("avg", None),
        "output_stride": (32, None),
        "stem_type": (*NONE, "fixed"),
        "avg_down": NONE,
        "preact": (True, None),
        "basic": NONE,
        "act_layer": (None, "relu"),
        "norm_layer": (None,),
        "conv_layer": (None,),
    },
)
ARGUMENTS = {"bit": RESNET, "efficientnet": efficientnet.ARGUMENTS}
PRETRAINED = Fields(
    used=words("input_size interpolation crop_pct crop_mode mean std architecture notes tag"),
    arrays=words("num_classes"),
    # where the file is from; names of layers; other sizes; class_names reads the labels
    idle=words(
        "url file state_dict hf_hub_id hf_hub_filename source custom_load test_input_size min_input_size "
        "fixed_input_size test_crop_pct label_names label_descriptions pool_size test_pool_size first_conv classifier "
        "license description origin_url paper_name paper_ids"
    ),
    only={"label_offset": (0, *NONE)},  # how many classes timm leaves out
)
TOP = Fields(
    used=words(
        "architecture num_classes global_pool model_args pretrained_cfg problem_type model_type vitnp"
    ),
    arrays=words("num_features"),
    idle=COMMON.idle
    | words("architectures id2label labels label_names label_descriptions do_pooling initializer_range"),
    only={},
)
# Arguments that the arrays show as fields of the configuration, and those that they show by their names.
SIZES = {
    "embed_dim": "hidden_size",
    "depth": "num_layers",
    "patch_size": "patch_size",
    "in_chans": "in_channels",
}
SHOWN = {
    **dict.fromkeys(("class_token", "qkv_bias", "proj_bias", "pre_norm", "init_values"), bool),
    "reg_tokens": lambda count: count or 0,
}
CLIP_CLASSES = (512, 640, 768, 1024, 1280)  # numbers of CLIP's embedding


def read(config, family="vit"):
    """The `Beside` of timm's config.json. Raises NotBuilt for what is not built here."""
    arguments, given = (config.get(name) or {} for name in ("model_args", "pretrained_cfg"))
    top = TOP
    if not given:  # older files have its entries at the top
        given, top = (
            config,
            TOP._replace(idle=TOP.idle | PRETRAINED.used | PRETRAINED.idle, only=PRETRAINED.only),
        )
    unknown = top.unknown_in(config, "")
    unknown += ARGUMENTS.get(family, VIT).unknown_in(arguments, "model_args.")
    unknown += PRETRAINED.unknown_in(given, "pretrained_cfg.") if given is not config else []
    how, unlike = processors.of_timm(given)
    image_size = None
    if arguments.get("img_size") is not None:
        image_size = size(arguments["img_size"])
    elif given.get("input_size") is not None:
        image_size = size(given["input_size"][1:])
    fields, notes = {"num_classes": config["num_classes"]} if "num_classes" in config else {}, []
    if need_classes(config):
        fields["multi_label"] = True
    if given.get("notes"):
        notes.append(f"timm's notes on the weights: {shown(given['notes'], 200)}")
    if family == "efficientnet":
        fields |= efficientnet.fields(config, unknown)
    if family in ARGUMENTS:
        return Beside(fields, how, unlike, image_size, None, notes, unknown)
    implied = _of_architecture(config, unknown)
    no_row = arguments.get("no_embed_class", implied.pop("no_class_row", False) or None)
    width, heads = (implied.pop(name, None) for name in ("hidden_size", "num_heads"))
    usual = {name: implied.pop(name) for name in ("classifier",) if name in implied}
    if "embed_dim" in arguments and heads:
        implied["num_heads"] = heads
    fields |= implied | _of_arguments(arguments) | _sizes(arguments, width)
    pool = arguments.get("global_pool", config.get("global_pool"))
    if pool == "" and config.get("num_classes"):
        raise NotBuilt("global_pool is '', a head on every token, which is not built here")
    if pool not in (None, ""):
        fields["classifier"] = chosen("global_pool", pool, POOLS)
    return Beside(
        fields,
        how,
        unlike,
        image_size,
        no_row,
        notes,
        unknown,
        heads_of={width: heads} if width and "num_heads" not in fields else {},
        usual=usual,
        arguments=_shown(arguments),
    )


def _of_architecture(config, unknown):
    """What the name says; a name that is not known goes to `unknown`."""
    name = config.get("architecture")
    if name is None:
        return {}
    found = architectures.facts(name) if isinstance(name, str) else None
    if found is None:
        unknown.append(f"architecture {shown(name)}")
        return {}
    return found


def _sizes(arguments, width):
    """{field of the configuration: value} of model_args that the arrays show, too; width: the architecture's."""
    fields = {ours: arguments[theirs] for theirs, ours in SIZES.items() if theirs in arguments}
    if "patch_size" in fields:
        fields["patch_size"] = side_of("patch_size", fields["patch_size"])
    width = arguments.get("embed_dim", width)
    if "mlp_ratio" in arguments and width:
        fields["mlp_dim"] = int(width * arguments["mlp_ratio"])
    return fields


def _shown(arguments):
    """{argument: value} that the names of the arrays show, too."""
    found = {name: of(arguments[name]) for name, of in SHOWN.items() if name in arguments}
    fc_norm = arguments.get("fc_norm")  # None: it depends on the pooling
    return found if fc_norm is None else found | {"fc_norm": bool(fc_norm)}


def _of_arguments(arguments):
    """{field of the configuration: value} of model_args, which go before what the architecture's name says."""
    fields = {"num_heads": arguments["num_heads"]} if "num_heads" in arguments else {}
    if arguments.get("act_layer") is not None:
        fields["gelu"] = chosen("act_layer", arguments["act_layer"], GELU)
    if arguments.get("norm_layer") is not None:
        fields["layer_norm_eps"] = chosen("norm_layer", arguments["norm_layer"], NORMS)
    if "pos_embed" in arguments and arguments["pos_embed"] != "learn":
        fields["position_embedding"] = chosen("pos_embed", arguments["pos_embed"] or "none", {"none": "none"})
    return fields


def unclassed(config):
    """Why the head's numbers are no classes, as a clause without its subject; "" where they may be."""
    name, given = str(config.get("architecture", "")), config.get("pretrained_cfg") or {}
    named = any(source.get("label_names") for source in (config, given))
    embeds = "_clip_" in name and config.get("num_classes") in CLIP_CLASSES and not named
    if embeds and "_ft_" not in str(given.get("tag", "")):
        return (
            f"has CLIP's projection in place of a head: {config['num_classes']} numbers that are no classes"
        )
    return ""
