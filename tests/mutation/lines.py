"""The map: which tests reach which line of vitnp, and how long each test takes. Kept in .mutation/map.json."""

import hashlib
import json


def digest(root, name):
    """A file's content, in short: lines of another content are other lines."""
    return hashlib.sha256((root / name).read_bytes()).hexdigest()[:16]


def sources(root):
    """vitnp's files."""
    return sorted(path.relative_to(root).as_posix() for path in (root / "vitnp").rglob("*.py"))


def stale(root, found):
    """The files that are others than those the map was made from."""
    return [name for name in sources(root) if found["digests"].get(name) != digest(root, name)]


def joined(old, new, files):
    """The old map with the tests of these files as the new one has them."""
    gone = {name for name in old["tests"] if name.split("::")[0] in files}
    tests = {name: about for name, about in old["tests"].items() if name not in gone} | new["tests"]
    reached = {}
    for file in old["reached"].keys() | new["reached"].keys():
        before, now = old["reached"].get(file, {}), new["reached"].get(file, {})
        reached[file] = {
            line: (before.get(line, set()) - gone) | now.get(line, set())
            for line in before.keys() | now.keys()
        }
    both = old["at_import"].keys() | new["at_import"].keys()
    at_import = {file: old["at_import"].get(file, set()) | new["at_import"].get(file, set()) for file in both}
    return new | {"tests": tests, "reached": reached, "at_import": at_import}


def save(kept, found):
    """Write the map. Most lines share their set of tests with others, so each set is written once."""
    names = sorted(found["tests"])
    numbers = {name: i for i, name in enumerate(names)}
    sets, lines = {}, {}
    for file, reached in found["reached"].items():
        lines[file] = {}
        for line, who in reached.items():
            key = frozenset(who)
            lines[file][line] = sets.setdefault(key, len(sets))
    text = {
        "tests": {name: found["tests"][name] for name in names},
        "sets": [sorted(numbers[name] for name in who) for who in sets],
        "lines": lines,
        "at_import": {file: sorted(lines) for file, lines in found["at_import"].items()},
        "digests": found["digests"],
    }
    (kept / "map.json").write_text(json.dumps(text), "utf-8")


def load(kept):
    """The map as `read` made it."""
    text = json.loads((kept / "map.json").read_text("utf-8"))
    names = list(text["tests"])
    sets = [frozenset(names[i] for i in who) for who in text["sets"]]
    reached = {file: {int(n): sets[i] for n, i in lines.items()} for file, lines in text["lines"].items()}
    at_import = {file: set(lines) for file, lines in text["at_import"].items()}
    return {"tests": text["tests"], "reached": reached, "at_import": at_import, "digests": text["digests"]}
