"""config.json beside timm's file of an EfficientNet, written. Imports `vit`."""

from vitnp.weights.efficientnet.profiles import SHOWN, published, row
from vitnp.weights.vit import processors, written


def texts(path, format, config, class_names):
    """[(name, text)] of the JSON file beside the weights."""
    seen = {name: getattr(config, name) for name in SHOWN}
    size = (published(seen) or "EfficientNet-B0").partition("-")[2].lower()
    given = {
        "architecture": f"tf_efficientnet_{size}",
        "num_classes": config.num_classes,
        "num_features": config.head_channels,
        "global_pool": "avg",
        "model_args": {
            "in_chans": config.in_channels,
            "bn_eps": config.batch_norm_eps,
            "bn_momentum": 1.0 - config.batch_norm_momentum,
            "drop_rate": config.dropout_rate,
            "drop_path_rate": config.stochastic_depth_rate,
        },
        "pretrained_cfg": processors.to_timm(config) | {"fixed_input_size": False},
    }
    given |= {"label_names": list(class_names)} if class_names else {}
    return written.with_unsaid(path, format, config, {"config.json": given}, row(seen), SHOWN)
