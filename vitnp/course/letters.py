"""What each letter of a shape, and `i` in a name, is in a configuration. Imports nothing.

Of a ResNet, a BiT or a hybrid's stem, "w" is the root's width, and Hᵢ/4 is a quarter of Hᵢ, rounded up.
"""


def letters(config, *, batch=1):
    """{letter: its number}."""
    height, width = config.image_size
    size = {"B": batch, "Hᵢ": height, "Wᵢ": width, "C": config.in_channels, "classes": config.num_classes}
    if not config.attends:
        return size | of_resnet(config)
    (rows, cols), N = config.grid, config.num_patches
    size |= {
        "rows": rows, "cols": cols, "P": config.patch_size, "N": N, "N+1": N + 1, "P·P·C": config.patch_dim,
        "2N+1": 2 * N + 1, "2N-1": 2 * N - 1, "D": config.hidden_size, "H": config.num_heads, "K": config.head_dim,
        "M": config.mlp_dim, "R": config.representation_size, "T": config.num_tokens, "1": 1,
        "registers": config.num_registers,
    }  # fmt: skip
    if config.residual:
        _, _, c = map_letters(units(config))
        size |= of_resnet(config) | {f"P·P·{c}": config.patch_dim}
    return size


def units(config):
    """How many residual units each stage of a ResNet has; None for a ViT, which has no stages."""
    return config.residual and config.residual.units


def of_resnet(config):
    """The letters of the feature maps: of the first convolution, of the pool, and of every stage."""
    _, width, of_stages, _ = config.residual
    stages, size = len(of_stages), {"w": width}
    for side, n in zip(("Hᵢ", "Wᵢ"), config.image_size, strict=True):
        size |= {f"{side}/{2**i}": -(-n // 2**i) for i in range(1, max(stages, 1) + 2)}
    return size | {f"{4 * 2**i}w": 4 * 2**i * width for i in range(stages)}


def map_letters(sizes):
    """The letters of the feature map after so many stages."""
    scale = 4 * 2 ** max(len(sizes) - 1, 0)
    return f"Hᵢ/{scale}", f"Wᵢ/{scale}", f"{scale}w" if sizes else "w"


def every(name, config):
    """The names in the trace that a tensor's name stands for."""
    if ".i." not in name:
        return [name]
    of, _, rest = name.partition(".i.")
    number = config.num_layers if of == "blocks" else units(config)[int(of.rpartition(".")[2])]
    return [f"{of}.{i}.{rest}" for i in range(number)]
