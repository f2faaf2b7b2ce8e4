"""EfficientNet files of another library: timm's state dicts, `tf_efficientnet_*`."""
