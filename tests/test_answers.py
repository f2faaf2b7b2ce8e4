"""What a server may answer: each is a file, or one line; none is a traceback, an endless wait or a wrong file."""

import base64
import contextlib
import hashlib
import os
import shutil
import socketserver
from types import SimpleNamespace

import pytest
from localhost import serving

from vitnp.errors import InputError
from vitnp.system import answers, cache, transfer
from vitnp.weights import described, fetch

BODY = b"hello"
OK = b"HTTP/1.1 200 OK\r\n"


def with_lines(*lines, status=OK):
    """An answer of BODY with these header lines."""
    return status + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + BODY


class Server(socketserver.ThreadingTCPServer):
    """Answers the bytes `answers`, the first, the second, …, then the last of them again, and ends the connection."""

    daemon_threads = True
    answers = ()

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []

    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/x.npz"


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        server = self.server
        with contextlib.suppress(OSError):
            request = self.request.recv(1 << 16)
            server.requests.append(request)
            self.request.sendall(server.answers[min(len(server.requests), len(server.answers)) - 1])


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(transfer, "PAUSE", 0.001)
    with serving(Server()) as server:
        yield server


def fetched(server, *given):
    """The bytes of the file that these answers make, or the one line with which it is refused."""
    server.answers = given
    try:
        return fetch.fetch(server.url()).read_bytes()
    except InputError as problem:
        assert str(problem).isprintable() and len(str(problem)) <= 300
        return str(problem)


MD5 = base64.b64encode(hashlib.md5(BODY).digest())
GOOD = {
    "a length": with_lines(b"Content-Length: 5"),
    "the same length twice": with_lines(b"Content-Length: 5", b"Content-Length: 5"),
    "no length": with_lines(),
    "more than was promised": with_lines(b"Content-Length: 5") + b" and more",
    "an MD5": with_lines(b"Content-Length: 5", b"x-goog-hash: crc32c=AAAAAA==, md5=" + MD5),
    "a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "100 Continue, three times": b"HTTP/1.1 100 C\r\n\r\n" * 3 + with_lines(b"Content-Length: 5"),
    "an ETag that is none": with_lines(b"Content-Length: 5", b"ETag: \xff\xfe\x01"),
}


@pytest.mark.parametrize("what", GOOD)
def test_a_file(server, what):
    assert fetched(server, GOOD[what]) == BODY
    assert len(server.requests) == 1


LENGTH, NONE, CUT = (
    "which is no number of bytes; fetch it another way",
    "which is none; fetch it",
    "was cut off at",
)
BAD = {
    "a length in letters": (with_lines(b"Content-Length: abc"), LENGTH),
    "a negative length": (with_lines(b"Content-Length: -5"), LENGTH),
    "a length of 5,000 digits": (with_lines(b"Content-Length: " + b"9" * 5000), LENGTH),
    "a length in other digits": (with_lines("Content-Length: ٥".encode()), LENGTH),
    "two lengths": (with_lines(b"Content-Length: 5", b"Content-Length: 6"), LENGTH),
    "a length beyond the disk": (with_lines(b"Content-Length: " + b"9" * 15), "has room for"),
    "more promised than sent": (with_lines(b"Content-Length: 9"), "(9 were promised)"),
    "an MD5 that is no base64": (with_lines(b"Content-Length: 5", b"x-goog-hash: md5=!!!"), NONE),
    "an MD5 cut short": (with_lines(b"Content-Length: 5", b"x-goog-hash: md5=abc"), NONE),
    "an empty MD5": (with_lines(b"Content-Length: 5", b"x-goog-hash: md5="), NONE),
    "an MD5 in other letters": (with_lines(b"Content-Length: 5", b"x-goog-hash: md5=\xff\xfe"), NONE),
    "another MD5": (with_lines(b"Content-Length: 5", b"x-goog-hash: md5=" + MD5[::-1]), NONE),
    "a status of four digits": (b"HTTP/1.1 2000 X\r\n\r\n", CUT),
    "a status below nothing": (b"HTTP/1.1 -1 X\r\n\r\n", CUT),
    "an unknown status": (b"HTTP/1.1 999 X\r\n\r\n", "cannot be had (999 X)"),
    "no content": (b"HTTP/1.1 204 No\r\n\r\n", "gives no file (status 204)"),
    "another protocol": (b"SSH-2.0-OpenSSH\r\n", CUT),
    "nothing": (b"", CUT),
    "100 Continue for ever": (b"HTTP/1.1 100 C\r\n\r\n" * 5000, 'it only says "100 Continue"'),
    "a thousand lines": (OK + b"a: b\r\n" * 1000 + b"\r\n", CUT),
    "an endless line": (OK + b"a: " + b"b" * 100_000 + b"\r\n\r\n", CUT),
    "a chunk in letters": (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello", CUT),
    "a chunk of all bytes": (OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello", CUT),
    "a negative chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello", CUT),
    "to a file": (b"HTTP/1.1 302 F\r\nLocation: file:///etc/passwd\r\n\r\n", "is not allowed"),
    "to FTP": (b"HTTP/1.1 302 F\r\nLocation: ftp://127.0.0.1:1/x\r\n\r\n", "unknown url type: ftp"),
    "to data": (b"HTTP/1.1 302 F\r\nLocation: data:,hello\r\n\r\n", "is not allowed"),
    "to itself": (b"HTTP/1.1 302 F\r\nLocation: /x.npz\r\n\r\n", "infinite loop"),
    "to no host": (b"HTTP/1.1 302 F\r\nLocation: http://[::1\r\n\r\n", "cannot be asked for"),
    "to no name": (b"HTTP/1.1 302 F\r\nLocation: http://a..b/x\r\n\r\n", "cannot be asked for"),
    "to no port": (b"HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:zz/x\r\n\r\n", "cannot be asked for"),
    "to nowhere": (b"HTTP/1.1 302 F\r\n\r\n", "cannot be had (302 F)"),
    "words that a terminal obeys": (b"HTTP/1.1 403 \x1b[2Jno\r\n\r\n", "cannot be had (403 \ufffd[2Jno)"),
    "a part that was not asked for": (
        b"HTTP/1.1 206 P\r\nContent-Range: bytes 9-13/14\r\n\r\nhello",
        "another part",
    ),
    "less of it than there is": (
        b"HTTP/1.1 206 P\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello",
        CUT,
    ),
    "the end, though nothing was read": (b"HTTP/1.1 416 R\r\nContent-Range: bytes */7\r\n\r\n", "(416 R)"),
}


@pytest.mark.parametrize("what", BAD)
def test_one_line(server, what):
    answer, message = BAD[what]
    said = fetched(server, answer)
    assert isinstance(said, str) and message in said
    assert message in fetched(server, answer), "the second time too, with what the first one left"
    assert not list(cache.folder().rglob("*.npz"))


def test_a_rest_is_never_longer_than_the_file(server):
    """What a server sends beyond the file's length is not kept as a beginning to go on from."""
    cut = with_lines(b"Content-Length: 9", b'ETag: "one"')
    rest = b"HTTP/1.1 206 P\r\nContent-Range: bytes 5-99/9\r\nContent-Length: 95\r\n\r\n" + bytes(95)
    again = with_lines(b"Content-Length: 5")
    assert fetched(server, cut, rest, again) == BODY
    assert [b"Range: bytes=5-" in request for request in server.requests] == [False, True, False]


@pytest.mark.parametrize("tag", [b"x" * 257, b"\xff", b""])
def test_a_tag_that_is_none_is_not_sent_back(server, tag):
    cut = with_lines(b"Content-Length: 9", b"ETag: " + tag)
    assert fetched(server, cut, GOOD["a length"]) == BODY
    assert b"Range" not in server.requests[1]


def test_a_file_without_a_length_does_not_fill_the_disk(server, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=9))
    assert "goes on after 5 bytes and does not say how many" in fetched(server, GOOD["no length"])
    assert fetched(server, GOOD["a length"]) == BODY
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=4))
    shutil.rmtree(cache.folder())
    assert "x.npz has 5 bytes, and " in fetched(server, GOOD["a length"])


def test_what_a_redirection_says_besides_is_not_read(server, monkeypatch):
    """urllib reads the whole of it before it goes on."""
    monkeypatch.setattr(answers, "MOST_ASIDE", 10)
    read, real = [], answers.Answer.read

    def noted(self, amt=None):
        chunk = real(self, amt)
        read.append((amt, len(chunk)))
        return chunk

    monkeypatch.setattr(answers.Answer, "read", noted)
    there = b"HTTP/1.1 302 F\r\nLocation: /y.npz\r\n\r\n" + bytes(5000)
    assert fetched(server, there, GOOD["a length"]) == BODY
    assert read[0] == (None, 10)


def test_a_part_that_is_a_folder(server):
    os.makedirs(f"{fetch._place(server.url())}.part")
    assert "(Is a directory)" in fetched(server, GOOD["a length"])


@pytest.mark.parametrize("kept", [b"", b"\xff\xfe", b"f", b"g" * 64])
def test_a_hash_in_the_cache_that_is_none(server, kept):
    """One letter would be the beginning of many hashes."""
    assert fetched(server, GOOD["a length"]) == BODY
    fetch._beside(fetch._place(server.url())).write_bytes(kept)
    assert "holds no SHA-256; remove it" in fetched(server, GOOD["a length"])


def test_a_user_without_a_home(monkeypatch):
    def none():
        raise RuntimeError("Could not determine home directory.")

    for name in ("VITNP_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cache.Path, "home", none)
    with pytest.raises(InputError, match="has no home folder; set VITNP_CACHE"):
        cache.folder()


def test_weights_that_are_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(InputError, match="is no regular file; name a file of weights"):
        described.config_class(fetch.resolve(str(tmp_path / "pipe.npz")))
