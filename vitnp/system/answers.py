"""What an HTTP server answers: nothing of it is believed. Imports `errors`."""

import base64
import http.client
import re
import urllib.error
import urllib.request

from vitnp.errors import InputError, shown

CHUNK = 1 << 18
MOST_STATUSES = 20  # of one answer: all but the last say "100 Continue", which needs no end
MOST_ASIDE = 1 << 16  # bytes of an answer that nobody reads, such as a redirection's
TAG = r"[ -~]{1,256}"  # an ETag or a date; anything else is not sent back
LENGTH = r"[0-9]{1,15}"  # of a file in bytes, below 10¹⁵


class Answer(http.client.HTTPResponse):
    """An HTTP answer without the two ends that a server can leave out: of its statuses, and of a redirection's text."""

    statuses = 0

    def _read_status(self):
        self.statuses += 1
        if self.statuses > MOST_STATUSES:
            raise http.client.HTTPException('it only says "100 Continue"')
        return super()._read_status()

    def read(self, amt=None):
        """At most `amt` bytes; urllib reads a redirection's text without a bound."""
        return super().read(MOST_ASIDE if amt is None else amt)


class Bounded:
    """For a handler of urllib: connections whose answers are an `Answer`."""

    def do_open(self, connection, request, **options):
        """As the handler does."""
        bounded = type(connection.__name__, (connection,), {"response_class": Answer})
        return super().do_open(bounded, request, **options)


class Http(Bounded, urllib.request.HTTPHandler):
    """Answers http://."""


HANDLERS = [Http]
if hasattr(urllib.request, "HTTPSHandler"):  # not in a Python without SSL, as one in a browser may be

    class Https(Bounded, urllib.request.HTTPSHandler):
        """Answers https://."""

    HANDLERS.append(Https)


def ask(url, start, tag, *, timeout):
    """The opened answer; with the tag of a file's beginning, only what comes after its first `start` bytes.

    Raises HTTPError for a refusal, URLError without a connection, HTTPException for what is no HTTP, and InputError for
    an address, the server's or a redirection's, that cannot be asked for.
    """
    headers = {"Accept-Encoding": "identity", "User-Agent": "vitnp"}
    if tag:  # If-Range: if the file on the server has changed, the server sends all of the new one
        headers |= {"Range": f"bytes={start}-", "If-Range": tag}
    # Of http and https alone: no redirection leads to a file or to FTP.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        *HANDLERS,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    try:
        answer = opener.open(urllib.request.Request(url, headers=headers), timeout=timeout)
    except urllib.error.URLError:  # and HTTPError
        raise
    except (http.client.InvalidURL, ValueError) as problem:  # the URL may be a redirection's
        raise InputError(f"{url} cannot be asked for ({problem}); check the URL") from None
    except OSError as problem:  # cut or too late while the first lines are read
        raise http.client.HTTPException(str(problem)) from None
    if answer.status not in (200, 206):
        answer.close()
        raise InputError(f"{url} gives no file (status {answer.status}); check the URL")
    return answer


def chunks(answer):
    """Yield the answer's bytes. Raises HTTPException where it is cut off or damaged."""
    while True:
        try:
            chunk = answer.read(CHUNK)
        except (OSError, ValueError) as problem:  # ValueError: a chunk of a negative length
            raise http.client.HTTPException(str(problem) or type(problem).__name__) from None
        if not chunk:
            return
        yield chunk


def total(headers, start, url):
    """The bytes of the whole file of which the answer begins at `start`; None if the server does not say."""
    lengths = set(headers.get_all("Content-Length", []))
    if whole := re.fullmatch(rf"bytes [0-9]+-[0-9]+/({LENGTH})", headers.get("Content-Range", "")):
        return int(whole[1])
    if not lengths:
        return None
    (length, *more) = lengths
    if more or not re.fullmatch(LENGTH, length):
        raise InputError(
            f"{url} comes with the length {shown(' and '.join(sorted(lengths)))}, which is no number of bytes; "
            "fetch it another way"
        )
    return start + int(length)


def tag(text):
    """The tag of a file's version, to be sent back; None for what is none."""
    return text if re.fullmatch(TAG, text) else None


def promised_md5(headers, url):
    """The MD5 in Google's x-goog-hash header, hexadecimal, or None. Raises InputError for one that is none."""
    for value in headers.get_all("x-goog-hash", []):
        for item in value.split(","):
            kind, _, text = item.strip().partition("=")
            if kind == "md5":
                try:
                    found = base64.b64decode(text, validate=True)
                except ValueError:
                    found = b""
                if len(found) != 16:
                    raise InputError(
                        f"{url} comes with the MD5 {shown(text)}, which is none; fetch it another way"
                    )
                return found.hex()
    return None
