"""A run whose folder of pictures has moved goes on with the same pictures: checked by what the run knows of them."""

from vitnp.data.listing import composed
from vitnp.errors import InputError, some_of

WORDS = {  # of what `DataSet.about` says; the first that differs is told
    "classes": "of the classes only there: {}, only here: {}",
    "images": "there are {} to train and to test with there, and {} here",
    "labels": "the classes have other numbers of pictures",
    "files": "the files have other names",
}


def has_moved(began, wanted):
    """Whether a run that began with these options is to go on with its pictures in another folder."""
    before, now = began[wanted.of], getattr(wanted, wanted.of)
    return (
        before != now and wanted.of not in wanted.start and wanted.is_folder(before) and wanted.is_folder(now)
    )


def same_form(there, here):
    """What a run's file says of its data, for the comparison with what is said of it here.

    Class names are compared in NFC; a file that is older than a value knows nothing of it. The place of a folder is not
    compared, since it may have moved.
    """
    known = {"files": here["files"]} if "files" in here else {}
    found = known | there
    if isinstance(there.get("classes"), list):
        found["classes"] = [composed(str(name)) for name in there["classes"]]
    if "files" in here:
        found["name"] = here["name"]
    return found


def need_same(there, here):
    """Raise InputError unless the data `there`, which a run began with, and `here` are the same pictures."""
    there = same_form(there if isinstance(there, dict) else {}, here)
    for name, words in WORDS.items():
        if there.get(name) != here.get(name):
            differ = words.format(*only(there.get(name), here.get(name)))
            raise InputError(
                f"{here['name']} does not hold the pictures of that run: {differ}; name their folder with --data, or "
                "start another run with --out"
            )


def only(there, here):
    """Two lists in words: of names those that the other has not, where there are such; of counts, all."""
    if isinstance(there, list) and isinstance(here[0], str) and {*there} != {*here}:
        there, here = [one for one in there if one not in here], [one for one in here if one not in there]
    return listed(there), listed(here)


def listed(value):
    """A list of names or counts in words; of what is none, and of what an odd file says, "unknown"."""
    if not isinstance(value, list):
        return "unknown"
    return some_of([f"{one:,}" if isinstance(one, int) else str(one) for one in value]) or "none"
