"""Text as ids of symbols, and back."""

import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vitnp.errors import InputError
from vitnp.inputs import text
from vitnp.inputs.sequences import END, PADDING, SPLITS, START
from vitnp.models import transformer, vit


def config(split="characters", source="만이천 ", target="12", *, source_length=4):
    """A model that reads and writes these symbols."""
    symbols = {"source_symbols": tuple(source), "target_symbols": tuple(target)}
    size = 3 + len(dict.fromkeys((*source, *target)))
    return transformer.Config(split=split, source_length=source_length, vocabulary_size=size, **symbols)


def refusal(make, *given, **how):  # its own: of another file, InputError would not be the mutant's
    """The line that refuses; "" where nothing does."""
    try:
        make(*given, **how)
    except InputError as problem:
        return str(problem)
    return ""


def test_cut():
    nfd = unicodedata.normalize("NFD", "신라")
    assert text.cut(nfd, "characters") == text.cut("신라", "characters") == ["신", "라"]
    assert text.cut("신라", "jamo") == text.cut(nfd, "jamo") == list("\u1109\u1175\u11ab\u1105\u1161")
    assert text.cut(f"  a  {nfd}\n", "words") == ["a", "신라"]
    assert text.cut("a b", "characters") == ["a", " ", "b"]
    assert text.cut("", "words") == []


def test_joined():
    for split in ("characters", "jamo"):
        assert text.joined(text.cut("신라 é", split), split) == "신라 é"
    assert text.joined(["a", unicodedata.normalize("NFD", "신라")], "words") == "a 신라"


@given(st.text(), st.sampled_from(SPLITS))
def test_joined_undoes_cut(given_text, split):
    want = unicodedata.normalize("NFC", given_text)
    if split == "words":
        want = " ".join(want.split())
    assert text.joined(text.cut(given_text, split), split) == want


def test_an_unknown_split():
    for function in (text.cut, text.joined):
        assert 'split is "letters"; choose characters or jamo or words' in refusal(function, "a", "letters")


def test_to_ids():
    ids = text.to_ids(["만 이천", "이", unicodedata.normalize("NFD", "천만")], config())
    assert ids.tolist() == [[3, 6, 4, 5], [4, 0, 0, 0], [5, 3, 0, 0]]
    assert ids.dtype == np.int64
    assert text.to_ids(("b a",), config("words", ["a", "b"])).tolist() == [[4, 3]]
    assert text.to_ids(
        ["라신"], config("jamo", "\u1109\u1175\u11ab\u1105\u1161", source_length=5)
    ).tolist() == [[6, 7, 3, 4, 5]]


def test_blanks_that_the_model_does_not_know_are_left_out():
    no_blank = config(source="만이천")
    assert text.to_ids(["만 이 천", "\t이\u00a0천 ", "만이 천"], no_blank).tolist() == [
        [3, 4, 5],
        [4, 5, 0],
        [3, 4, 5],
    ]
    assert text.to_ids(["만 ", " 이"], config()).tolist() == [[3], [4]]  # around a text in any case


def test_what_the_model_does_not_read():
    """The first such symbol, where it stands, and what the model reads; a target's symbol is none of a source's."""
    for one, words, message in [
        (
            "이만a천",
            config(),
            'character 3 of "이만a천" is "a", which the model does not read; give characters of these ',
        ),
        ("1만", config(), 'character 1 of "1만" is "1"'),
        ("만\ud800", config(), "is U+D800"),
        ("만\0", config(), "is U+0000"),
        (
            "b  c a",
            config("words", ["a", "b"]),
            'word 2 of "b c a" is "c", which the model does not read; give words of these alone: a b',
        ),
        ("신 강", config("jamo", "\u1109\u1175\u11ab"), 'character 3 of "신 강" is "강"'),
    ]:
        assert message in refusal(text.to_ids, ["만이", one] if words.split == "characters" else [one], words)
    assert refusal(text.to_ids, ["a"], config()).endswith("of these alone: 만이천")
    many = [chr(ord("가") + i) for i in range(50)]
    assert f"of these alone: {''.join(many[:40])} and 10 more" in refusal(
        text.to_ids, ["a"], config(source=many)
    )


def test_texts_that_are_too_long_or_empty():
    assert text.to_ids(["만만 만만"], config(source="만")).shape == (1, 4)
    said = refusal(text.to_ids, ["만만만만만"], config())
    assert said == '"만만만만만" has 5 characters; the model reads at most 4: give a shorter text'
    for empty in ("", " ", "\n"):
        assert "is empty; give at least one of its characters" in refusal(
            text.to_ids, ["만", empty], config()
        )


def test_what_is_no_list_of_texts():
    for given_texts in ("만", [], None, np.array(["만"])):
        assert "need a list of at least one text" in refusal(text.to_ids, given_texts, config())
    assert refusal(text.to_ids, [5], config()) == "a text is 5; need a string"


def test_to_texts():
    """Symbols of source and target: 만 3, 이 4, 천 5, blank 6, 1 7, 2 8."""
    ids = np.array([[START, 7, 8, END, 7], [8, PADDING, 8, 3, PADDING], [END, 7, 7, 7, 7]])
    assert text.to_texts(ids, config()) == ["12", "22만", ""]
    assert text.to_texts([[4, 3, 2]], config("words", ["a", "b"], "c")) == ["b a"]
    assert text.to_texts([[3, 4, 5]], config("jamo", "\u1109\u1175\u11ab")) == ["신"]
    assert text.to_texts(np.zeros((2, 0), int), config()) == ["", ""]


def test_ids_that_are_none():
    for ids, message in [
        ([[9]], "ids run from 9 to 9; the model has 9 symbols with the special ones, so need 0 to 8"),
        ([[-1, 3]], "ids run from -1 to 3"),
        ([3, 4], "ids have shape (2,) and dtype int64; need integers of shape (B, T)"),
        ([[1.0]], "dtype float64"),
        ("12", "ids are a str; need an array"),
        ([[1], [1, 2]], "rows that are not alike"),
    ]:
        assert message in refusal(text.to_texts, ids, config())


def test_a_model_without_symbols():
    bare = transformer.Config(vocabulary_size=9)
    for function, given_value in ((text.to_ids, ["1"]), (text.to_texts, [[1]])):
        assert "the model knows no symbols" in refusal(function, given_value, bare)


def test_a_model_of_images():
    for function, given_value in ((text.to_ids, ["1"]), (text.to_texts, [[1]])):
        message = refusal(function, given_value, vit.Config())
        assert message.endswith(
            "need a SequenceConfig, such as vitnp.preset gives for a model that reads sequences"
        )


def test_a_mark_alone_is_named_by_its_number():
    """It would be drawn over the quotation mark before it."""
    assert 'character 2 of "만\u0301" is U+0301, which' in refusal(text.to_ids, ["만\u0301"], config())
