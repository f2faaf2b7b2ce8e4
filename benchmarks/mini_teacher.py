"""What the teacher of mini/14 makes of its crops: kept in a folder, and turned into what the student learns."""

import numpy as np

from vitnp.blocks import encoder
from vitnp.models.vit import model as vit
from vitnp.steps import s1_patchify, s2_project, s6_layer_norm
from vitnp.tasks.distillation import Taught
from vitnp.weights import adapt

MIDDLE = 9  # the block whose tokens match patches best (docs/look.md); the last norm's colors are clearest
COMPONENTS = 64  # of each of the two
FITTED = 600  # crops that the principal components are of
AT_A_TIME = 1040  # tokens at most: 16 crops of 112 pixels, 4 of 224


def seen(pixels, config):
    """uint8 (B, S, S, 3) as the model takes it."""
    how = config.preprocessing
    mean, std = (np.float32(values) for values in (how.mean, how.std))
    return ((pixels / np.float32(255) - mean) / std).astype("float32")


def outputs(images, p, config):
    """Tokens after the norm and after block MIDDLE (B, N+1, D), [CLS]'s attention in the last block (B, H, N+1)."""
    x, _ = s1_patchify.forward(images, patch_size=config.patch_size)
    x, _ = s2_project.forward(x, p["project"])
    x, _ = vit.placed(x, p, config)
    for i in range(config.num_layers):
        x, saved = encoder.block_forward(x, p["blocks"][i], config=config)
        if i == MIDDLE - 1:
            middle = x
    last, _ = s6_layer_norm.forward(x, p["norm"], eps=config.layer_norm_eps)
    return last, middle, saved.attention.A[:, :, 0]


class Lessons:
    """Crops of one size, with what the teacher makes of each, in files of `folder` that are made once."""

    def __init__(self, folder, side):
        self.paths = {
            name: folder / f"{side}-{name}.npy" for name in ("pixels", "last", "middle", "attention")
        }

    def make(self, pictures, count, teacher):
        """Write the files, if they are not there; pictures yields `count` of them; teacher is (p, config)."""
        if all(path.exists() for path in self.paths.values()):
            return
        pictures, files = iter(pictures), None
        first = next(pictures)
        p, config = adapt.new_image_size(*teacher, first.shape[:2])
        batch = max(1, AT_A_TIME // config.num_tokens)
        D, H, T = config.hidden_size, config.num_heads, config.num_tokens
        shapes = {"pixels": first.shape, "last": (T, D), "middle": (T, D), "attention": (H, T)}
        parts = {name: path.with_suffix(".part") for name, path in self.paths.items()}
        files = {
            name: np.lib.format.open_memmap(
                path, "w+", "uint8" if name == "pixels" else "float16", (count, *shapes[name])
            )
            for name, path in parts.items()
        }
        waiting = [first]
        for done in range(0, count, batch):
            waiting += [next(pictures) for _ in range(min(batch, count - done) - len(waiting))]
            pixels, rows = np.stack(waiting), slice(done, done + len(waiting))
            made = pixels, *outputs(seen(pixels, config), p, config)
            for file, values in zip(files.values(), made, strict=True):
                file[rows] = values
            waiting = []
        for name, path in parts.items():
            files[name].flush()
            path.rename(self.paths[name])

    def opened(self):
        """{name: array on the disk}."""
        return {name: np.load(path, mmap_mode="r") for name, path in self.paths.items()}


def normed(z):
    """Each token without its mean, of standard deviation 1: block MIDDLE has no norm of its own."""
    z = z - z.mean(axis=-1, keepdims=True)
    return z / np.sqrt((z * z).mean(axis=-1, keepdims=True) + 1e-6)


def tokens_of(lessons, rows):
    """Yield both kinds of tokens of these crops, float32."""
    yield np.asarray(lessons["last"][rows], "float32")
    yield normed(np.asarray(lessons["middle"][rows], "float32"))


def fitted(lessons):
    """[(mean, components (D, COMPONENTS))] of both kinds; the components' mean square over the patches is 1."""
    found = []
    for z in tokens_of(lessons, slice(FITTED)):
        z = z[:, 1:].reshape(-1, z.shape[-1])
        mean = z.mean(axis=0)
        variances, V = np.linalg.eigh((z - mean).T @ (z - mean) / len(z))
        V, variances = V[:, ::-1][:, :COMPONENTS], variances[::-1][:COMPONENTS]
        found.append((mean, (V / np.sqrt(variances.mean())).astype("float32")))
    return found


def taught(lessons, rows, basis):
    """The `Taught` of these crops."""
    tokens = [(z - mean) @ V for z, (mean, V) in zip(tokens_of(lessons, rows), basis, strict=True)]
    attention = np.asarray(lessons["attention"][rows], "float32")
    return Taught(np.concatenate(tokens, axis=-1), attention / attention.sum(axis=-1, keepdims=True))
