"""Fetching: against a server on localhost that resumes, cuts off, ignores Range, lies about hashes, or refuses."""

import base64
import hashlib
import http.server
import os
import pathlib
import re
import socket
import sys
import types

import pytest
from localhost import serving

from vitnp.errors import InputError
from vitnp.system import cache as cache_of
from vitnp.system import transfer
from vitnp.weights import fetch, hub, published

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves CONTENT at every path; the attributes say how it misbehaves, `requests` what it was asked."""

    daemon_threads = True
    content = CONTENT
    cut_after = ()  # bytes after which the first, second, … answer breaks off
    ranges = True
    etag = '"one"'
    md5 = None
    status = ()  # of the first, second, … answer, in place of 200

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []

    def url(self, name="models/weights.npz"):
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, content = self.server, self.server.content
        turn = len(server.requests)
        server.requests.append(self.headers.get("Range"))
        if turn < len(server.status):
            self.send_error(server.status[turn])
            return
        start = 0
        if server.ranges and "Range" in self.headers and self.headers["If-Range"] == server.etag:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        if server.etag:
            self.send_header("ETag", server.etag)
        if server.md5:
            self.send_header("x-goog-hash", f"crc32c=AAAAAA==,md5={server.md5}")
        self.end_headers()
        end = start + server.cut_after[turn] if turn < len(server.cut_after) else None
        self.wfile.write(content[start:end])

    def log_message(self, *_):
        pass


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(transfer, "PAUSE", 0.001)
    return tmp_path / "cache"


@pytest.fixture
def server(cache):
    with serving(Server()) as server:
        yield server


def names(path):
    return sorted(os.listdir(path))


def test_fetch_keeps_the_file_and_its_hash(server, capsys):
    path = fetch.fetch(server.url())
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == ["weights.npz", "weights.npz.sha256"]
    assert path.with_name("weights.npz.sha256").read_text() == f"{SHA256}  weights.npz\n"
    assert "100%" in capsys.readouterr().err  # the progress bar
    assert fetch.fetch(server.url()) == path
    assert server.requests == [None], "the second time it comes from the cache"


def test_a_cut_connection_is_taken_up_where_it_broke(server):
    server.cut_after = (300_000, 200_000)
    assert fetch.fetch(server.url()).read_bytes() == CONTENT
    assert server.requests == [None, "bytes=300000-", "bytes=500000-"]


def test_a_server_that_ignores_range_starts_anew(server):
    server.cut_after, server.ranges = (300_000, 400_000), False
    assert fetch.fetch(server.url()).read_bytes() == CONTENT


def test_a_server_without_a_tag_is_not_asked_to_go_on(server):
    server.cut_after, server.etag = (300_000,), None
    assert fetch.fetch(server.url()).read_bytes() == CONTENT
    assert server.requests == [None, None]


def test_the_rest_of_another_version_is_never_appended(server, monkeypatch):
    server.cut_after = (300_000,)
    stop_after_the_first(server, monkeypatch)
    server.content, server.etag = CONTENT[::-1], '"two"'
    assert fetch.fetch(server.url()).read_bytes() == CONTENT[::-1]
    assert server.requests == [None, "bytes=300000-"]


def parts(cache):
    """What is there of files that have not all come."""
    return list(cache.rglob("*.part"))


def stop_after_the_first(server, monkeypatch):
    """A first fetch that is interrupted: what it has stays beside."""

    def interrupted(seconds):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(transfer.time, "sleep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch.fetch(server.url())


def test_an_interrupted_command_goes_on_the_next_time(server, cache, monkeypatch):
    server.cut_after = (300_000,)
    stop_after_the_first(server, monkeypatch)
    assert fetch.find(server.url()) is None, "half a file is no file"
    path = fetch.fetch(server.url())
    assert path.read_bytes() == CONTENT
    assert server.requests == [None, "bytes=300000-"]
    assert names(path.parent) == ["weights.npz", "weights.npz.sha256"]


@pytest.mark.parametrize("size", [len(CONTENT), len(CONTENT) + 5])
def test_a_part_that_is_whole_or_too_long(server, monkeypatch, size):
    server.cut_after = (300_000,)
    stop_after_the_first(server, monkeypatch)
    (part,) = parts(cache_of.folder())
    part.write_bytes((CONTENT + b"extra")[:size])
    assert fetch.fetch(server.url()).read_bytes() == CONTENT


def test_a_server_that_always_cuts_is_given_up_and_the_part_stays(server, cache):
    server.cut_after, server.ranges = (100_000,) * 9, False
    with pytest.raises(InputError, match=r"was cut off at 100,000 bytes .*run the command again"):
        fetch.fetch(server.url())
    assert len(server.requests) == 1 + transfer.TRIES
    assert [path.stat().st_size for path in parts(cache)] == [100_000]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_not_now_is_asked_again(server, status):
    server.status = (status, status)
    assert fetch.fetch(server.url()).read_bytes() == CONTENT


@pytest.mark.parametrize("status", [403, 404])
def test_no_is_no(server, cache, status):
    server.status = (status,)
    with pytest.raises(InputError, match=rf"cannot be had \({status} "):
        fetch.fetch(server.url())
    assert len(server.requests) == 1
    assert not list(cache.rglob("weights*")), "nothing is left"


def test_no_network(cache):
    with pytest.raises(InputError, match=r"cannot reach http://127\.0\.0\.1:9/x\.npz .*check the network"):
        fetch.fetch("http://127.0.0.1:9/x.npz")


def test_a_host_that_does_not_exist(cache, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(InputError, match=r"cannot reach .*\(Name or service not known\)"):
        fetch.fetch("https://nowhere.invalid/x.npz")


def test_a_wrong_hash_of_the_user(server, cache):
    with pytest.raises(InputError, match=rf"has the SHA-256 {SHA256}, need 000"):
        fetch.fetch(server.url(), sha256="0" * 64)
    assert not list(cache.rglob("weights*"))
    assert fetch.fetch(server.url(), sha256=SHA256.upper())
    with pytest.raises(InputError, match=rf"has the SHA-256 {SHA256}, need 000"):
        fetch.fetch(server.url(), sha256="0" * 64)
    assert fetch.find(server.url()), "what was fetched stays"


def test_a_wrong_hash_of_the_server(server, cache):
    server.md5 = base64.b64encode(hashlib.md5(b"another file").digest()).decode()
    with pytest.raises(InputError, match=r"arrived damaged \(MD5 .*run the command again"):
        fetch.fetch(server.url())
    assert not list(cache.rglob("weights*"))
    server.md5 = base64.b64encode(hashlib.md5(CONTENT).digest()).decode()
    assert fetch.fetch(server.url())


def test_a_wrong_hash_in_the_name(server, cache):
    with pytest.raises(InputError, match="need 0123abcd"):
        fetch.fetch(server.url("vit_b_16-0123abcd.pth"))
    assert fetch.fetch(server.url(f"vit_b_16-{SHA256[:8]}.pth"))


def test_a_file_that_changed_in_the_cache_is_refused(server):
    path = fetch.fetch(server.url())
    path.write_bytes(b"something else")
    with pytest.raises(InputError, match=r"need .*it is not what was fetched"):
        fetch.find(server.url())
    assert path.exists()


def test_a_file_copied_into_the_cache_by_hand_gets_its_hash(cache, server):
    path = fetch.fetch(server.url())
    path.with_name("weights.npz.sha256").unlink()
    assert fetch.find(server.url()) == path
    assert path.with_name("weights.npz.sha256").exists()


def test_a_file_in_the_cache_that_cannot_be_used(server):
    path = fetch.fetch(server.url())
    path.with_name("weights.npz.sha256").unlink()
    path.with_name("weights.npz.sha256").mkdir()
    with pytest.raises(InputError, match=r"cannot use .*\(Is a directory\)"):
        fetch.find(server.url())


def test_a_cache_that_cannot_be_written(server, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"cannot write .*VITNP_CACHE"):
        fetch.fetch(server.url())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("B16", r'called "B16"; did you mean .*B/16'),
        ("b/16", "did you mean B/16[?]"),
        ("hf:vit", "no published weights"),
        ("hf:../..", "no published weights"),
    ],
)
def test_unknown_names(cache, name, message):
    with pytest.raises(InputError, match=message):
        fetch.fetch(name)


def test_a_hash_that_is_none(cache):
    with pytest.raises(InputError, match="64 hexadecimal digits"):
        fetch.fetch("B/16", sha256="abc")


def test_no_url_leads_out_of_the_cache(cache):
    path = fetch._place("http://host:80/../%2e%2e/etc/..%2fpasswd?x")
    host, folder, *steps = path.relative_to(cache).parts
    assert (host, steps) == ("host_80", ["etc", "passwd"])
    assert re.fullmatch("[0-9a-f]{12}", folder)


def test_no_two_urls_have_one_place_in_the_cache(cache):
    urls = [
        "https://h/x.npz",
        "http://h/x.npz",
        "https://h/x.npz?v=1",
        "https://h/x.npz?v=2",
        "https://h/a%20b.npz",
        "https://h/%C3%A4.npz",
        "https://h/a_b.npz",
        "https://h/../x.npz",
        "https://h/" + "a" * 300,
        "https://h/b" + "a" * 300,
    ]
    assert len({fetch._place(url) for url in urls}) == len(urls)
    assert fetch._place(urls[0]) == cache / "h" / "x.npz"
    assert all(len(step) < 200 and step.isascii() for url in urls for step in fetch._place(url).parts)


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://",
        "https:///x.npz",
        "http://h",
        "http://h/",
        "http://h/folder/",
        "http://h:zz/x.npz",
        "http://h:99999/x.npz",
        "http://h/a b.npz",
        "http://h/\x1b[2J.npz",
        "http://h/é.npz",
    ],
)
def test_a_url_that_is_none(cache, url):
    for ask in (fetch.fetch, fetch.find, fetch.resolve):
        with pytest.raises(InputError, match="is no URL of a file") as caught:
            ask(url)
        assert str(caught.value).isprintable()


def test_a_url_that_cannot_be_asked_for_is_not_tried_again(cache, monkeypatch):
    monkeypatch.setattr(transfer.time, "sleep", lambda _: pytest.fail("tried again"))
    with pytest.raises(InputError, match="cannot be asked for"):
        fetch.fetch("http://a..b/x.npz")


def test_a_name_longer_than_a_file_system_has(server):
    url = server.url("a" * 300 + ".npz")
    assert fetch.fetch(url).read_bytes() == CONTENT
    assert fetch.find(url)
    with pytest.raises(InputError, match="cannot use"):
        fetch.find("https://h/" + "a/" * 5000 + "x.npz")


def test_resolve(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert fetch.resolve("httpfoo.npz") == pathlib.Path("httpfoo.npz")
    with pytest.raises(InputError, match="B/16 is not here yet; fetch it first: vitnp weights fetch B/16"):
        fetch.resolve("B/16")
    (tmp_path / "B").mkdir()
    (tmp_path / "B/16").touch()
    assert fetch.resolve("B/16") == pathlib.Path("B/16")
    path = fetch.fetch(server.url())
    assert fetch.resolve(server.url()) == path


def test_published_names(cache):
    assert len(set(published.URLS.values())) == len(published.URLS)
    for name, url in published.URLS.items():
        assert fetch.find(name) == published.BOX.get(name)
        if name in published.BOX:
            continue
        if name.startswith("dinov2"):
            continue
        if name.startswith(("EfficientNet-", "NoisyStudent-")):
            size = name.split("-")[1].lower()
            assert url.startswith(
                f"hf:timm/tf_efficientnet_{size}.{'ns_jft' if name[0] == 'N' else 'aa'}_in1k"
            )
            continue
        assert url.startswith("https://")
        model = name.removeprefix("torchvision/").partition("-")[0].replace("/", "_")
        assert model in url or model.replace("+", "_") in url or model.replace("+", "+ViT-") in url
    others = [
        "mini/14",
        "digits/2",
        "B/16-paper",
        "B/16-paper-384",
        "B/16-paper-i21k",
        "R50+B/16-paper-384",
        "R50+B/16-paper-i21k",
    ]
    others += ["B/16-sam", "B/32-sam"]
    for size in "R50x1 R50x3 R101x1 R101x3 R152x2 R152x4".split():
        others += [f"BiT-S-{size}", f"BiT-M-{size}", f"BiT-M-{size}-ILSVRC2012"]
    sizes = [f"B{i}" for i in range(8)]
    others += [f"EfficientNet-{size}" for size in sizes]
    others += [f"NoisyStudent-{size}" for size in (*sizes, "L2", "L2-475")]
    others += [f"torchvision/vit_{size}_{patch}" for size in "bl" for patch in (16, 32)]
    others += ["dinov2-s/14", "dinov2-b/14", "dinov2-l/14", "dinov2-s/14-518"]
    assert [name for name in published.URLS if "augreg" not in published.URLS[name]] == others
    bucket = "https://storage.googleapis.com"
    assert published.URLS["BiT-M-R50x1-ILSVRC2012"] == f"{bucket}/bit_models/BiT-M-R50x1-ILSVRC2012.npz"
    assert published.URLS["R50+B/16-paper-i21k"] == f"{bucket}/vit_models/imagenet21k/R50+ViT-B_16.npz"


@pytest.mark.parametrize(
    ("platform", "variable", "folder"),
    [
        ("linux", "XDG_CACHE_HOME", "/there/vitnp"),
        ("win32", "LOCALAPPDATA", "/there/vitnp/Cache"),
        ("linux", None, "/me/.cache/vitnp"),
        ("darwin", None, "/me/Library/Caches/vitnp"),
        ("win32", None, "/me/AppData/Local/vitnp/Cache"),
    ],
)
def test_cache_folder(monkeypatch, platform, variable, folder):
    for name in ("VITNP_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(pathlib.Path, "home", lambda: pathlib.Path("/me"))
    if variable:
        monkeypatch.setenv(variable, "/there")
    assert cache_of.folder().as_posix() == folder


class HubErrors(types.ModuleType):
    """The errors of huggingface_hub that matter, related as there."""

    class EntryNotFoundError(Exception):
        pass

    class LocalEntryNotFoundError(EntryNotFoundError):
        pass


@pytest.fixture
def fake_hub(cache, monkeypatch):
    """A stand-in for huggingface_hub (`make parity` uses the real one): {file name: content or error}."""
    errors, files = HubErrors("huggingface_hub.errors"), {}
    package = types.ModuleType("huggingface_hub")
    package.errors = errors

    def hf_hub_download(repository, name, *, local_dir, endpoint):
        content = files.get(name, errors.EntryNotFoundError("404"))
        if isinstance(content, Exception):
            raise content
        path = os.path.join(local_dir, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    package.hf_hub_download = hf_hub_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", package)
    monkeypatch.setitem(sys.modules, "huggingface_hub.errors", errors)
    return files, errors


@pytest.mark.parametrize("name", hub.FILES)
def test_the_hub(fake_hub, name):
    files, _ = fake_hub
    files |= {name: CONTENT, "config.json": b"{}", "preprocessor_config.json": b"{}"}
    path = fetch.fetch("hf:google/vit-base-patch16-224")
    assert path.name == name
    assert names(path.parent) == sorted([*hub.BESIDE, name, f"{name}.sha256"])
    files.clear()
    assert fetch.fetch("hf:google/vit-base-patch16-224") == path, "from the cache, without the hub"


def test_a_repository_without_a_config(fake_hub):
    fake_hub[0]["model.safetensors"] = CONTENT
    assert fetch.fetch("hf:me/vit").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("EntryNotFoundError", "neither model.safetensors nor pytorch_model.bin"),
        ("LocalEntryNotFoundError", "cannot reach the hub for me/vit"),
    ],
)
def test_the_hub_refuses(fake_hub, error, message):
    files, errors = fake_hub
    files["model.safetensors"] = getattr(errors, error)("no")
    with pytest.raises(InputError, match=message):
        fetch.fetch("hf:me/vit")


def test_another_error_of_the_hub_is_one_line(fake_hub):
    fake_hub[0]["model.safetensors"] = RuntimeError("401 Client Error.\n\nMore lines")
    with pytest.raises(InputError, match=r"cannot be had from the hub \(401 Client Error\.\)$"):
        fetch.fetch("hf:me/vit")


def test_without_the_package(cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match=r"pip install"):
        fetch.fetch("hf:me/vit")
