"""What students hand in: zips of every kind, codes that are wrong or meant to harm. Data for the tests of `grade`."""

import io
import stat
import zipfile

from vitnp.course.workshop import template

STEP3, STEP4 = "s3_class_token.py", "s4_position.py"
RIGHT = template.whole(3)
# Every way out of the process that a step's code is refused; each raises PermissionError.
WAYS_OUT = {
    "fork": "os.fork()",
    "system": "os.system('true')",
    "Popen": "subprocess.Popen(['true'])",
    "multiprocessing": "multiprocessing.get_context('spawn').Process(target=print).start()",
    "exec": "os.execv('/bin/true', ['true'])",
    "kill": "os.kill(os.getppid(), 9)",
    "socket": "socket.socket()",
    "urlopen": "urllib.request.urlopen('http://127.0.0.1')",
    "ctypes": "ctypes.CDLL(None)",
    "remove": "os.remove(TARGET)",
    "rename": "os.rename(TARGET, TARGET + '2')",
    "rmtree": "shutil.rmtree(os.path.dirname(TARGET))",
    "truncate": "os.truncate(TARGET, 0)",
    "chmod": "os.chmod(TARGET, 0)",
    "open to write": "open(TARGET, 'w')",
    "open to append": "open(TARGET, 'ab')",
    "os.open": "os.open(TARGET, os.O_RDWR)",
    "a file beside": "open('notes.txt', 'w')",
    "open to read": "open(TARGET)",
    "listdir": "os.listdir(os.path.dirname(TARGET))",
    "link": "os.symlink(TARGET, 'link')",
    "memory": "gc.get_objects()",
}
IMPORTS = "import ctypes, gc, multiprocessing, os, shutil, socket, subprocess, urllib.request\n"
# Codes of step 3 that are worth nothing, with words of the row's note.
HARMFUL = {
    "hanging": ("while True: pass", "not at its end after 2 s"),
    "sleeping": ("import time\ntime.sleep(10**6)", "not at its end after 2 s"),
    "memory": ("x = bytearray(3 * 10**9)", "MemoryError"),
    "memory bit by bit": ("x = []\nwhile True: x.append(bytearray(10**8))", ""),  # or its time is over before
    "output": ("while True: print('x' * 10**6)", "not at its end after 2 s"),
    "fork": ("import os\nwhile True:\n    os.fork()", "os.fork is not allowed"),
    "deep": ("def f(): f()\nf()", "RecursionError"),
    "syntax": ("def forward(:", "syntax error (s3_class_token.py, line 1)"),
    "empty": ("", "there is no function forward"),
    "sys.exit": ("import sys\nsys.exit(0)", "SystemExit"),
    "os._exit": ("import os\nos._exit(0)", "ended the program by itself (exit status 0)"),
    "abort": ("import os\nos.abort()", "ended the program by itself (SIGABRT)"),
    "flood": (
        "import os\nfor n in range(3, 64):\n    try: os.write(n, b'x' * 10**6)\n    except OSError: pass\n"
        "while True: pass",
        "wrote too much where the grades go",
    ),
    "fake": (
        "import json, os\nline = json.dumps({'step': 3, 'status': 'passed', 'stage': 'time', 'passed': ['numbers']})\n"
        "for n in range(3, 64):\n    try: os.write(n, f'{line}\\n{0:032x} {line}\\n'.encode())\n"
        "    except OSError: pass\n"
        "os._exit(0)",
        "ended the program by itself",
    ),
    "binary": ("\0\1\2", "syntax error"),
    "no NumPy": ("import nympy", "ModuleNotFoundError"),
}


def packed(files, *, compression=zipfile.ZIP_DEFLATED):
    """The bytes of a zip of {name or ZipInfo: text or bytes}."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def link(name, target):
    """{ZipInfo of a symbolic link: where it leads}."""
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return {info: target}


def locked(data):
    """The zip with the mark that its first file needs a password."""
    local, central = data.index(b"PK\3\4"), data.index(b"PK\1\2")
    changed = bytearray(data)
    changed[local + 6] |= 1
    changed[central + 8] |= 1
    return bytes(changed)


def says_less(data, size):
    """The zip of one file that says that it is of so many bytes."""
    changed, central = bytearray(data), data.index(b"PK\1\2")
    changed[central + 24 : central + 28] = size.to_bytes(4, "little")
    return bytes(changed)


BOMB = packed({STEP3: b"\0" * 10**7})
# Zips, with the names of the files that are read of each, and words of the problem.
ZIPS = {
    "plain": (packed({STEP3: RIGHT, "notes.txt": "x"}), {STEP3}, None),
    "in a folder": (
        packed({"홍길동/my_vit/" + STEP3: RIGHT, "홍길동/my_vit/helper.py": "a = 1"}),
        {STEP3, "helper.py"},
        None,
    ),
    "of Windows": (packed({"my_vit\\" + STEP3: RIGHT}), {STEP3}, None),
    "of a Mac": (
        packed({"v/" + STEP3: RIGHT, "__MACOSX/v/._" + STEP3: "x", "__MACOSX/v/" + STEP3: "x"}),
        {STEP3},
        None,
    ),
    "twice": (packed({"old/" + STEP3: "x", STEP3: RIGHT, STEP4: "x"}), {STEP3, STEP4}, None),
    "the upper": (packed({"a/b/" + STEP3: "x", STEP3: RIGHT}), {STEP3}, None),
    "way out": (
        packed({STEP3: RIGHT, "../" + STEP4: "x", "/etc/" + STEP4: "x", "C:/" + STEP4: "x"}),
        {STEP3},
        "not read",
    ),
    "only way out": (packed({"../" + STEP3: RIGHT}), set(), "no step file"),
    "link": (packed({STEP4: "x"} | link(STEP3, "/etc/passwd")), {STEP4}, "links"),
    "bomb": (BOMB, set(), "more than 262,144 bytes"),
    "a bomb that says it is small": (says_less(BOMB, 10), set(), ""),
    "a bomb beside": (packed({STEP3: RIGHT, "data.bin": b"\0" * 10**7}), {STEP3}, None),
    "many": (packed({f"{n}.txt": "" for n in range(1001)}), set(), "1,001 files"),
    "nested": (packed({"work.zip": packed({STEP3: RIGHT})}), set(), "a zip in the zip"),
    "nothing": (packed({}), set(), "no step file"),
    "essay": (packed({"essay.docx": "x"}), set(), "no step file"),
    "no zip": (b"not a zip", set(), "cannot be read"),
    "cut off": (packed({STEP3: RIGHT})[:-30], set(), "cannot be read"),
    "of no bytes": (b"", set(), "cannot be read"),
    "password": (locked(packed({STEP3: RIGHT})), set(), "a zip with a password"),
    "lzma": (packed({STEP3: RIGHT}, compression=zipfile.ZIP_LZMA), set(), "packed in a way"),
    "damaged": (
        packed({STEP3: RIGHT}).replace(b"PK\3\4\x14\0\0\0\x08\0", b"PK\3\4\x14\0\0\0\x08\1", 1)[:60]
        + b"\xff" * 9
        + packed({STEP3: RIGHT})[69:],
        set(),
        "cannot be read",
    ),
}
