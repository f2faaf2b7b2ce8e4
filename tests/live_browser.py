"""The JavaScript ViT of the live page in a browser, called from Python: arrays in, arrays out, as float64."""

import base64

import numpy as np
import pytest

from vitnp import tree
from vitnp.course.page import html, live

SOURCE = "".join(html.read(f"live/{name}") for name in live.MODEL)
NAMES = "forward, backward, step, check, leaves, from_leaves, read_parameters, float16, erf"
# Numbers travel as base64 of their bytes: every bit arrives, and it is fast.
HARNESS = """
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const unpacked = (named, text) => {
    const numbers = new Float64Array(bytes(text).buffer);
    let at = 0;
    return named.map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      at += size;
      return [name, {data: numbers.slice(at - size, at), shape}];
    });
  };
  const packed = (named) => {
    const data = new Float64Array(named.reduce((sum, [, array]) => sum + array.data.length, 0));
    let at = 0;
    for (const [, array] of named) { data.set(array.data, at); at += array.data.length; }
    let letters = "";
    for (let i = 0; i < 8 * data.length; i += 8192) {
      letters += String.fromCharCode(...new Uint8Array(data.buffer.slice(i, i + 8192)));
    }
    return [named.map(([name, array]) => [name, array.shape]), btoa(letters)];
  };
"""


@pytest.fixture(scope="module")
def page(opened, tmp_path_factory):
    """An empty page with the functions."""
    path = tmp_path_factory.mktemp("live") / "empty.html"
    path.write_text("<!doctype html><title>numbers</title>")
    found = opened(path).page
    load(found)
    return found


def load(page, source=SOURCE):
    """The functions of the source become `window.live` of the page."""
    page.evaluate(
        "(source) => { window.live = new Function(source)(); }",
        f'"use strict";\n{{\n{source}\n{HARNESS}\nreturn {{ {NAMES}, bytes, packed, unpacked }};\n}}',
    )


def pack(arrays):
    """{name: array} for the page."""
    named = [[name, list(array.shape)] for name, array in arrays.items()]
    data = np.concatenate([np.ravel(array).astype("<f8") for array in arrays.values()])
    return [named, base64.b64encode(data.tobytes()).decode("ascii")]


def unpack(packed):
    """{name: array} from the page."""
    named, text = packed
    numbers, found, at = np.frombuffer(base64.b64decode(text), "<f8"), {}, 0
    for name, shape in named:
        size = int(np.prod(shape))
        found[name] = numbers[at : at + size].reshape(shape)
        at += size
    return found


def settings(config, **more):
    """The configuration as the page has it."""
    return live.settings(config) | more


def both(page, image, p, config, label, how):
    """(tensors, gradients, dp, loss) of forward and backward in the page; image: pixels 0 … 16."""
    *found, loss = page.evaluate(
        """([image, p, config, label, how]) => {
          const { forward, backward, packed, unpacked, leaves, from_leaves } = window.live;
          const saved = forward(unpacked(...image)[0][1].data, from_leaves(unpacked(...p)), config, how);
          const { loss, gradients, dp } = backward(saved, label);
          return [...[saved.tensors, gradients, dp].map((tree) => packed(leaves(tree))), loss];
        }""",
        [pack({"image": image}), pack(dict(tree.leaves(p))), settings(config), label, how],
    )
    return *map(unpack, found), loss
