"""Published weights, fetched by name into a cache folder, each file with its SHA-256 beside it. Imports `errors`.

A download goes into a `.part` file, goes on where a cut connection left it, is checked, then renamed.
"""

import difflib
import hashlib
import os
import re
import sys
import urllib.parse
from pathlib import Path

from vitnp.errors import InputError
from vitnp.weights import hub, transfer
from vitnp.weights.published import URLS

DAMAGED = "it arrived damaged or is another file, and was removed: run the command again, or check the hash"
CHANGED = "it is not what was fetched: remove it and fetch it again"


def cache_folder():
    """VITNP_CACHE, or this platform's folder for caches."""
    if os.environ.get("VITNP_CACHE"):
        return Path(os.environ["VITNP_CACHE"])
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/vitnp"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "vitnp/Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vitnp"


def fetch(name, *, sha256=None):
    """The path of the file called `name`, downloaded if it is not in the cache yet, checked either way.

    name is one of `published.URLS`, "hf:OWNER/REPOSITORY" or a URL; sha256, hexadecimal, is what the file must
    have. Raises InputError for an unknown name, no network, a refusal, a cut connection, a wrong hash.
    """
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise InputError(f'"{sha256}" is not a SHA-256; need 64 hexadecimal digits')
    path = find(name, sha256=sha256)
    if path:
        return path
    source = _source(name)
    path = _place(source)
    try:
        if source.startswith("hf:"):
            path.mkdir(parents=True, exist_ok=True)
            path = Path(hub.download(source[3:], path))
            _keep(path, _checked(path, sha256, DAMAGED))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")
            transfer.download(source, part)
            _keep(path, _checked(part, sha256 or _promised(path), DAMAGED))
            part.replace(path)
    except OSError as problem:
        raise InputError(
            f"cannot write {path} ({problem.strerror or problem}); make room, or set VITNP_CACHE to another folder"
        ) from None
    return path


def find(name, *, sha256=None):
    """The path of the file called `name` if it is in the cache, else None.

    Raises InputError for an unknown name, or if the file is no longer what was fetched.
    """
    path = _cached(name)
    if path is None:
        return None
    try:
        kept = _beside(path).read_text().split() if _beside(path).exists() else []
        found = _checked(path, kept[0] if kept else _promised(path), CHANGED)
        if not kept:
            _keep(path, found)
    except OSError as problem:
        raise InputError(
            f"cannot use {path} ({problem.strerror or problem}); give it the right permissions"
        ) from None
    if sha256 and found != sha256.lower():
        raise InputError(f"{path} has the SHA-256 {found}, need {sha256}; {CHANGED}")
    return path


def is_here(name):
    """Whether `find` has a file to check."""
    return _cached(name) is not None


def _cached(name):
    """The path of the file in the cache, or None."""
    source = _source(name)
    path = _place(source)
    paths = [path / file for file in hub.FILES] if source.startswith("hf:") else [path]
    return next((path for path in paths if path.exists()), None)


def _source(name):
    """The URL, or hf:OWNER/REPOSITORY."""
    if re.fullmatch(r"hf:\w[\w.-]*/\w[\w.-]*", name) or name.startswith(("https://", "http://")):
        return name
    if name in URLS:
        return URLS[name]
    by_case = [known for known in URLS if known.lower() == name.lower()]
    near = by_case or difflib.get_close_matches(name, URLS, n=3, cutoff=0.3)
    hint = f"did you mean {', '.join(near)}? " if near else ""
    raise InputError(
        f'no published weights are called "{name}"; {hint}'
        "vitnp weights list shows the names; hf:OWNER/REPOSITORY and a URL do too"
    )


def _place(source):
    """Where in the cache: host/path for a URL, huggingface.co/OWNER/REPOSITORY for the hub."""
    if source.startswith("hf:"):
        source = f"https://huggingface.co/{source[3:]}"
    url = urllib.parse.urlsplit(source)
    steps = [url.netloc, *urllib.parse.unquote(url.path).split("/")]
    return cache_folder().joinpath(*(re.sub(r"[^\w.+=-]", "_", step) for step in steps if step.strip(".")))


def _promised(path):
    """The start of the SHA-256 that PyTorch writes into a file's name, as vit_b_16-c867db91.pth, or None."""
    found = re.search(r"-([0-9a-f]{8,64})\.pth$", path.name)
    return found and found[1]


def _checked(file, wanted, otherwise):
    """The file's SHA-256. Raises InputError if it does not start with `wanted`, removing what was just downloaded."""
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if wanted and not found.startswith(wanted.lower()):
        if otherwise is DAMAGED:
            file.unlink()
        raise InputError(f"{file} has the SHA-256 {found}, need {wanted}; {otherwise}")
    return found


def _keep(path, sha256):
    """Write the SHA-256 beside the file, as sha256sum does."""
    _beside(path).write_text(f"{sha256}  {path.name}\n")


def _beside(path):
    return path.with_name(path.name + ".sha256")
