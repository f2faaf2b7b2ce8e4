"""Downloads one file over HTTP: with a progress bar, resumed after a cut connection, its hash checked.

Imports `errors`.
"""

import base64
import hashlib
import http.client
import ssl
import time
import urllib.error
import urllib.request

from vitnp.errors import InputError

TIMEOUT = 30  # seconds without a byte
TRIES = 4  # in a row without a new byte; then the download is given up
PAUSE = 1.0  # seconds before the first of them, then twice and three times as long
CHUNK = 1 << 18
NOT_NOW = (408, 429, 500, 502, 503, 504)  # worth another try


def download(url, part):
    """Download `url` into the file `part`; if `part` is there, the download resumes at its end.

    Raises InputError if the server cannot be reached, refuses, keeps cutting the connection, or sends an MD5 that
    the file does not have.
    """
    fruitless = 0
    while True:
        before = _size(part)
        try:
            promised = _receive(url, part)
            break
        except urllib.error.HTTPError as problem:
            problem.close()
            if problem.code not in NOT_NOW:
                raise InputError(
                    f"{url} cannot be had ({problem.code} {problem.reason}); see the names with vitnp weights list"
                ) from None
            reason = f"{problem.code} {problem.reason}"
        except (http.client.InvalidURL, UnicodeError) as problem:  # also after a redirection
            raise InputError(f"{url} cannot be asked for ({problem}); check the URL") from None
        except urllib.error.URLError as problem:
            reason = getattr(problem.reason, "strerror", None) or problem.reason
            if not before:
                raise InputError(
                    f"cannot reach {url} ({reason}); check the network, or fetch the file elsewhere and give its path"
                ) from None
        except (ConnectionError, TimeoutError, ssl.SSLError, http.client.HTTPException) as problem:
            reason = str(problem) or type(problem).__name__
        fruitless = 0 if _size(part) > before else fruitless + 1
        if fruitless == TRIES:
            raise InputError(
                f"the download of {url} was cut off at {_size(part):,} bytes ({reason}); "
                "run the command again: it goes on from there"
            )
        time.sleep(PAUSE * fruitless)
    _tag_file(part).unlink(missing_ok=True)
    if promised and (found := md5(part)) != promised:
        part.unlink()
        raise InputError(
            f"{url} arrived damaged (MD5 {found}, the server says {promised}); run the command again"
        )


def md5(path):
    """The MD5 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _receive(url, part):
    """One request: append the bytes, or start again if the server sends the whole file. Returns the server's MD5."""
    import tqdm

    tag_file = _tag_file(part)
    start = _size(part)
    headers = {"Accept-Encoding": "identity", "User-Agent": "vitnp"}
    if start and tag_file.exists():
        # If-Range: if the file on the server has changed, the server sends all of the new one.
        headers |= {"Range": f"bytes={start}-", "If-Range": tag_file.read_text()}
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as problem:
        if problem.code != 416:
            raise
        problem.close()
        if problem.headers.get("Content-Range") == f"bytes */{start}":
            return _promised_md5(problem.headers)  # `part` is complete: stopped just before the renaming
        part.unlink()
        return _receive(url, part)
    with answer:
        content_range = answer.headers.get("Content-Range", "")
        goes_on = answer.status == 206 and content_range.startswith(f"bytes {start}-")
        start = start if goes_on else 0
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else None
        with part.open("ab" if goes_on else "wb") as file:
            tag = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
            tag_file.write_text(tag) if tag else tag_file.unlink(missing_ok=True)
            name = url.rpartition("/")[2]
            with tqdm.tqdm(initial=start, total=total, unit="B", unit_scale=True, desc=name[:40]) as bar:
                while chunk := answer.read(CHUNK):
                    file.write(chunk)
                    bar.update(len(chunk))
        if total is not None and _size(part) != total:
            raise ConnectionError(f"{total:,} were promised")
        return _promised_md5(answer.headers)


def _tag_file(part):
    """The file next to `part` that keeps the server's tag (ETag) of the version that `part` is the beginning of."""
    return part.with_name(part.name + ".tag")


def _size(path):
    return path.stat().st_size if path.exists() else 0


def _promised_md5(headers):
    """The MD5 in Google's x-goog-hash header, hexadecimal, or None."""
    for value in headers.get_all("x-goog-hash", []):
        for item in value.split(","):
            kind, _, text = item.strip().partition("=")
            if kind == "md5":
                return base64.b64decode(text).hex()
    return None
