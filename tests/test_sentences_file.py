"""Pairs of one's own in a TSV file: what is read, what is held out, and the line of every refusal."""

import pathlib
import tempfile
import tracemalloc
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitnp.data import sentences
from vitnp.data.sentences import table
from vitnp.errors import InputError
from vitnp.inputs.text import to_ids, to_texts
from vitnp.models import transformer

TWENTY = [(f"source {i}", f"target {i}!") for i in range(20)]


def opened(data, **how):
    """The sentences of a file with these bytes, text or pairs, and the configuration of a model for them."""
    if isinstance(data, list):
        data = "".join(f"{source}\t{target}\n" for source, target in data)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "own.tsv"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        found = sentences.opened(path, **how)
    return found, transformer.Config(**found.fields)


def texts(found, config):
    """([(source, target)] of the training pairs, of the test pairs)."""
    return tuple(
        list(zip(*(to_texts(ids, config) for ids in part.read(range(len(part.pairs)))), strict=True))
        for part in (found.train, found.test)
    )


def every(found, config):
    """All pairs, of training and of the test."""
    train, test = texts(found, config)
    return train + test


def refusal(data, **how):
    """The line that refuses such a file; "" where nothing does."""
    try:
        opened(data, **how)
    except InputError as problem:
        return str(problem)
    return ""


def with_line(line):
    """A file whose third line is this one."""
    lines = [f"{source}\t{target}".encode() for source, target in TWENTY]
    return b"\n".join([*lines[:2], line if isinstance(line, bytes) else line.encode(), *lines[3:], b""])


def test_all_pairs_are_read_once():
    found, config = opened(TWENTY)
    train, test = texts(found, config)
    assert (len(train), len(test)) == (18, 2)
    assert sorted(train + test) == sorted(TWENTY)
    assert train == sorted(train, key=TWENTY.index)  # in the order of the file
    assert found.split == "characters"
    assert found.source_symbols == tuple(sorted(set("source 0123456789")))
    assert found.target_symbols == tuple(sorted(set("target 0123456789!")))
    assert (found.source_length, found.target_length) == (9, 10)
    assert "18 training pairs, each 356 times per epoch; 2 test pairs" in found.notes[0]
    assert found.train.read([0])[0].tolist() == to_ids([train[0][0]], config).tolist()


def test_words_and_jamo():
    found, config = opened(TWENTY, split="words")
    assert found.source_symbols == tuple(sorted(["source", *map(str, range(20))]))
    assert (found.source_length, found.target_length) == (2, 2)
    assert sorted(every(found, config)) == sorted(TWENTY)
    korean = [("신라" * i, "silla" * i) for i in range(1, 11)]
    found, config = opened(korean, split="jamo")
    assert (
        found.source_symbols == tuple(sorted("\u1109\u1175\u11ab\u1105\u1161")) and found.source_length == 50
    )
    assert sorted(every(found, config)) == sorted(korean)


def test_what_makes_no_difference():
    """A byte order mark, the line ends of Windows, no line end at the end, blanks around a text, NFD."""
    plain = "".join(f"{a}가\t{b}\n" for a, b in TWENTY)
    want = texts(*opened(plain))
    for same in (
        "\ufeff" + plain,
        plain.replace("\n", "\r\n"),
        plain.removesuffix("\n"),
        plain.replace("\n", "\r\n").removesuffix("\r\n"),
        plain.replace("\t", " \t  "),
        unicodedata.normalize("NFD", plain),
    ):
        found, config = opened(same)
        assert texts(found, config) == want
        assert found.train.about == opened(plain)[0].train.about


def test_few_pairs_come_several_times_in_an_epoch():
    """Else each of a small file's steps would be an epoch, and end with a measurement."""
    found, _ = opened(TWENTY)
    assert len(found.train) == 356 * 18 >= 6400 > 355 * 18
    first, again = found.train.read(range(18)), found.train.read(range(355 * 18, 356 * 18))
    for ids, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(ids, same)
    assert len(found.test) == 2


def test_no_source_is_on_both_sides():
    """Each source has three targets, and is written in two ways."""
    many = [
        (f"{i}é" if j else unicodedata.normalize("NFD", f"{i}é "), f"{i} {j}")
        for i in range(100)
        for j in range(3)
    ]
    train, test = texts(*opened(many))
    assert (len(train), len(test)) == (270, 30)
    assert not {source for source, _ in train} & {source for source, _ in test}
    words = [(f"a{' ' * (i % 3 + 1)}{i // 3}", "x") for i in range(60)]
    train, test = texts(*opened(words, split="words"))
    assert (len(train), len(test)) == (54, 6)
    assert not {source for source, _ in train} & {source for source, _ in test}


def test_the_seed_decides_what_is_held_out():
    tests = [tuple(sorted(texts(*opened(TWENTY, seed=seed))[1])) for seed in (0, 0, 1, 2)]
    assert tests[0] == tests[1] and len(set(tests)) > 1
    parts = [opened(TWENTY, seed=seed)[0] for seed in (0, 1)]
    assert len({str(part.about) for found in parts for part in found[:2]}) == 4
    assert parts[0].train.about.keys() == {"pairs", "split", "crc32"}
    assert opened(TWENTY, split="words")[0].train.about != parts[0].train.about


def test_how_many_are_held_out(monkeypatch):
    assert len(opened(TWENTY[:10])[0].test) == 1
    monkeypatch.setattr(table, "MOST_TESTS", 3)
    assert len(opened([(str(i), "x") for i in range(100)])[0].test) == 3


def test_quotes_are_characters():
    quoted = [('"a', f'b""{i}\'"') for i in range(9)] + [(f'"{i}"', "c,d") for i in range(10)]
    assert sorted(every(*opened(quoted))) == sorted(quoted)


def test_a_line_that_is_wrong():
    for line, message in [
        ("", "own.tsv, line 3 is empty; remove it"),
        ("  ", "own.tsv, line 3 is empty; remove it"),
        ("\t", "own.tsv, line 3 is empty; remove it"),
        ("one", "own.tsv, line 3 has 1 column; need two, a source and its target, with one tab between them"),
        ("a\tb\tc", "own.tsv, line 3 has 3 columns; need two"),
        ("a\tb\t", "own.tsv, line 3 has 3 columns; need two"),
        ("a\t", "the target in "),
        (" \tb", "the source in "),
        ("a\0\tb", "own.tsv, line 3 has the control character U+0000; remove it"),
        ("a\tb\x1b[31m", "own.tsv, line 3 has the control character U+001B; remove it"),
        ("a\rb\tc", "own.tsv, line 3 has the control character U+000D; remove it"),
        ("a\u2028b\tc", "own.tsv, line 3 has the control character U+2028; remove it"),
        ("x" * 1001 + "\tb", "own.tsv, line 3 has 1,001 characters; need at most 1,000: divide it"),
        (b"a\t\xff", "own.tsv (it is not UTF-8 text: see line 3); give a text file in UTF-8"),
        (b"a\t\xed\xa0\x80", "own.tsv (it is not UTF-8 text: see line 3)"),  # a lone surrogate
    ]:
        said = refusal(with_line(line))
        assert message in said and "line 3" in said, said
    assert "the target in" in refusal(with_line("a\t")) and "line 3 is empty; write a text" in refusal(
        with_line("a\t")
    )
    assert "line 21 is empty" in refusal(with_line("a\tb") + b"\n")
    opened(with_line("x" * 1000 + "\tb"))
    opened(with_line("a\u200db\u00a0\u3000c\ufeff\tb"))  # these join letters or are blanks


def test_a_line_of_ten_megabytes():
    said = refusal(with_line("x" * 10_000_000 + "\tb"))
    assert "line 3 has 10,000,000 characters; need at most 1,000" in said
    assert "more than 16,777,216 bytes" in refusal(b"x" * (2**24 + 1))


def test_too_few_pairs():
    assert refusal(TWENTY[:9]).endswith(
        "own.tsv has 9 pairs with 9 different sources; need at least 10 different sources, as some are held out for "
        "the test: add lines"
    )
    assert "has 30 pairs with 1 different source; need" in refusal([("a", str(i)) for i in range(30)])
    assert "own.tsv is empty; give a text file" in refusal("")
    assert "own.tsv is empty; give a text file" in refusal("\ufeff")
    assert "line 1 is empty" in refusal("\n")
    opened(TWENTY[:10])


def test_other_files(tmp_path):
    for path, message in [
        (
            tmp_path,
            "Is a directory); give a text file in UTF-8 with a source, a tab and its target on every line",
        ),
        (tmp_path / "none.tsv", "none.tsv"),
    ]:
        with pytest.raises(InputError) as problem:
            sentences.opened(path)
        assert message in str(problem.value)
    text = "".join(f"{a}\t{b}\n" for a, b in TWENTY)
    assert refusal(text.encode("utf-16")) == "", "as PowerShell writes it"
    assert "see line 1)" in refusal(text.encode("utf-16-le"))


def test_too_many_symbols(monkeypatch):
    monkeypatch.setattr(table, "MOST_SYMBOLS", 20)
    assert "has 22 different words; a model has at most 20: give fewer lines, or split characters" in refusal(
        [(f"a {i}", "b") for i in range(20)], split="words"
    )
    opened([(f"a {i}", "b") for i in range(18)], split="words")


@given(st.binary(max_size=60), st.sampled_from(["characters", "jamo", "words"]))
def test_any_bytes_in_a_line_are_read_or_refused(line, split):
    try:
        found, config = opened(with_line(line), split=split)
    except InputError as problem:
        assert "line" in str(problem)
        return
    assert len(every(found, config)) == 20 + line.count(b"\n")


def test_a_large_file_takes_little_memory():
    data = b"".join(b"%d abcdefghij\t%d klmnopqrst\n" % (i, i) for i in range(20_000))
    tracemalloc.start()
    try:
        found, _ = opened(data)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.train) == len(found.train.pairs) == 19_000
    assert most < 60 * len(data)
