"""Which pictures there are, in the order in which they are drawn, and what each needs of a model."""

from itertools import product
from typing import NamedTuple

from vitnp.commands.look import of_image, of_maps, of_model, of_tokens
from vitnp.errors import InputError
from vitnp.training.place import same_file


class Picture(NamedTuple):
    """draw(what it is of, how) → (figure, a line of numbers)."""

    draw: callable
    of: str  # "model", "image", "all" of the images, or "two": an image and that of --against
    needs: str = ""  # what `lacks` knows of


PICTURES = {
    "model": Picture(of_model.architecture, "model", "attention"),
    "patches": Picture(of_image.patches, "image", "patches"),
    "sequence": Picture(of_image.sequence, "image", "patches"),
    "filters": Picture(of_model.filters, "model", "patches"),
    "kernels": Picture(of_maps.kernels, "model", "convolutions"),
    "maps": Picture(of_maps.maps, "image", "convolutions"),
    "positions": Picture(of_model.positions, "model", "positions"),
    "attention": Picture(of_image.attention, "image", "class token"),
    "query": Picture(of_image.query, "image", "attention"),
    "distance": Picture(of_image.distance, "image", "attention"),
    "rollout": Picture(of_image.rollout, "image", "class token"),
    "sinks": Picture(of_image.sinks, "image", "attention"),
    "mirror": Picture(of_tokens.mirror, "image", "attention"),
    "gradients": Picture(of_image.gradients, "image", "classes"),
    "components": Picture(of_tokens.components, "all", "attention"),
    "against": Picture(of_tokens.against, "two", "attention"),
    "matches": Picture(of_tokens.matches, "two", "attention"),
}


def lacks(needs, model):
    """Why the model has not what a picture needs, as a clause without its subject; "" if it has it."""
    if needs == "classes":
        return model.missing
    if needs == "convolutions":
        return "" if model.config.residual else "has no convolutions"
    if needs and not model.config.attends:
        return "is a ResNet, without patches and attention"
    if needs == "patches" and model.config.residual:
        return "cuts a feature map into patches, not the image"
    if needs == "class token" and model.config.classifier != "token":
        return "has no class token"
    if needs == "positions" and model.config.position_embedding in ("none", "relative"):
        return "adds no position embedding to its tokens"
    return ""


def left_out(model, how):
    """A line for each thing that the model has not, with the pictures that need it.

    Raises InputError if one of them was asked for by name.
    """
    without = {}  # {why: what is left out}
    for name, picture in PICTURES.items():
        why = lacks(picture.needs, model)
        if why and how.only is not None and name in how.only:
            raise InputError(
                f"the model {why}, which --only {name} needs; leave {name} out, or name another model"
            )
        # it goes without saying that a ViT has no convolutions, and what nobody asked for with --against
        if why and how.only is None and picture.needs != "convolutions" and picture.of != "two":
            without.setdefault(why, []).append(f"{name}.png")
    if model.missing and not lacks("class token", model) and how.wants("rollout"):
        without.setdefault(model.missing, []).append("the rollout for a class")
    return [
        f"the model {why}: {listed(names)} {'are' if len(names) > 1 else 'is'} left out"
        for why, names in without.items()
    ]


def listed(names):
    """The names in words: "a, b and c"."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def need_kept(images, folders, how):
    """Raise InputError where a picture would take the place of one of the images, files that are read."""
    for image, folder, name in product(images, folders, PICTURES):
        if how.wants(name) and same_file(folder / f"{name}.png", image):
            raise InputError(f"{name}.png would replace the image {image}; name another folder with --out")


def of_each(how):
    """Whether a picture of each image is to be drawn."""
    return any(how.wants(name) and picture.of in ("image", "two") for name, picture in PICTURES.items())


def draw(images, other, folders, out):
    """Yield (folder, name, figure, a line of numbers) of every picture asked for that the model has."""
    model, how = images[0].model, images[0].how
    chosen = {
        name: picture
        for name, picture in PICTURES.items()
        if how.wants(name) and not lacks(picture.needs, model) and (other or picture.of != "two")
    }
    for number, (image, folder) in enumerate(zip(images, folders, strict=True)):
        for name, picture in chosen.items():
            if picture.of == "model" and number == 0:
                yield out, name, *picture.draw(model, how)
            elif picture.of == "image":
                yield folder, name, *picture.draw(image, how)
            elif picture.of == "two":
                yield folder, name, *picture.draw((image, other), how)
        image.forget()
    for name, picture in chosen.items():
        if picture.of == "all":
            yield out, name, *picture.draw(images, how)
