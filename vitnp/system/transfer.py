"""Downloads one file over HTTP: with a progress bar, resumed after a cut connection, its hash checked.

What a server says is read by `system/answers.py`. Imports its neighbors, `errors`.
"""

import hashlib
import http.client
import shutil
import time
import urllib.error

from vitnp.errors import InputError, one_line
from vitnp.system import answers

TIMEOUT = 30  # seconds without a byte
TRIES = 4  # in a row without a new byte; then the download is given up
PAUSE = 1.0  # seconds before the first of them, then twice and three times as long
LONGEST = 100  # letters of a URL in a message
NOT_NOW = (408, 429, 500, 502, 503, 504)  # worth another try


def download(url, part):
    """Download `url` into the file `part`; if `part` is there, the download resumes at its end.

    Raises InputError if the server cannot be reached, refuses, answers what is no HTTP, sends more than the disk has
    room for, keeps cutting the connection, or sends an MD5 that the file does not have.
    """
    fruitless, name = 0, one_line(url, LONGEST)  # a longer one would push the reason out of the line
    while True:
        before = _size(part)
        try:
            promised = _receive(url, part)
            break
        except urllib.error.HTTPError as problem:
            problem.close()
            if problem.code not in NOT_NOW:
                raise InputError(f"{name} cannot be had ({problem.code} {problem.reason})") from None
            reason = f"{problem.code} {problem.reason}"
        except urllib.error.URLError as problem:
            reason = getattr(problem.reason, "strerror", None) or problem.reason
            if not before:
                raise InputError(
                    f"cannot reach {name} ({reason}); check the network, or fetch the file elsewhere"
                ) from None
        except http.client.HTTPException as problem:
            reason = str(problem) or type(problem).__name__
        fruitless = 0 if _size(part) > before else fruitless + 1
        if fruitless == TRIES:
            raise InputError(
                f"the download of {name} was cut off at {_size(part):,} bytes ({reason}); "
                "run the command again: it goes on from there"
            )
        time.sleep(PAUSE * fruitless)
    _tag_file(part).unlink(missing_ok=True)
    if promised and (found := md5(part)) != promised:
        part.unlink()
        raise InputError(
            f"{name} arrived damaged (MD5 {found}, the server says {promised}); run the command again"
        )


def md5(path):
    """The MD5 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _receive(url, part):
    """One request: append the bytes, or start again if the server sends the whole file. Returns the server's MD5."""
    import tqdm

    tag_file, start = _tag_file(part), _size(part)
    tag = answers.tag(tag_file.read_text("utf-8", errors="replace")) if start and tag_file.exists() else None
    try:
        answer = answers.ask(url, start, tag, timeout=TIMEOUT)
    except urllib.error.HTTPError as problem:
        if problem.code != 416 or not start:
            raise
        problem.close()
        if problem.headers.get("Content-Range") == f"bytes */{start}":
            return answers.promised_md5(problem.headers, url)  # complete: stopped just before the renaming
        part.unlink()
        return _receive(url, part)
    with answer:
        goes_on = answer.status == 206
        if goes_on and not answer.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise http.client.HTTPException("another part of the file came")
        start = start if goes_on else 0
        promised = answers.promised_md5(answer.headers, url)
        total = answers.total(answer.headers, start, url)
        free = shutil.disk_usage(part.parent).free
        if total is not None and total - start > free:
            raise InputError(f"{url} has {total:,} bytes, and {part.parent} has room for {free:,}; make room")
        with part.open("ab" if goes_on else "wb") as file:
            tag = answers.tag(answer.headers.get("ETag") or answer.headers.get("Last-Modified") or "")
            tag_file.write_text(tag) if tag else tag_file.unlink(missing_ok=True)
            name = url.rpartition("/")[2]
            with tqdm.tqdm(initial=start, total=total, unit="B", unit_scale=True, desc=name[:40]) as bar:
                for chunk in answers.chunks(answer):
                    file.write(chunk)
                    bar.update(len(chunk))
                    if total is None and file.tell() > free // 2:
                        raise InputError(
                            f"{url} goes on after {file.tell():,} bytes and does not say how many it has"
                        )
        if total is not None and _size(part) != total:
            if _size(part) > total:
                part.unlink()
            raise http.client.HTTPException(f"{total:,} were promised")
        return promised


def _tag_file(part):
    """The file next to `part` that keeps the server's tag (ETag) of the version that `part` is the beginning of."""
    return part.with_name(part.name + ".tag")


def _size(path):
    return path.stat().st_size if path.exists() else 0
