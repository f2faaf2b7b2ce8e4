"""Numbers as Korean words, and the tasks whose pairs are made without end."""

import json
import sys
import types

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vitnp.data import sentences
from vitnp.data.sentences import hangul, numbers, tasks
from vitnp.data.sentences.sources import Encoder, Endless
from vitnp.errors import InputError
from vitnp.inputs.sequences import END, PADDING, START
from vitnp.inputs.text import to_texts
from vitnp.models import transformer

WORDS = {
    0: "영",
    1: "일",
    7: "칠",
    10: "십",
    11: "십일",
    19: "십구",
    20: "이십",
    100: "백",
    101: "백일",
    110: "백십",
    111: "백십일",
    1000: "천",
    1001: "천일",
    1100: "천백",
    2345: "이천삼백사십오",
    10_000: "만",
    10_001: "만일",
    11_111: "만천백십일",
    12_345: "만이천삼백사십오",
    20_000: "이만",
    100_000: "십만",
    110_000: "십일만",
    210_000: "이십일만",
    1_000_000: "백만",
    10_010_000: "천일만",
    12_345_678: "천이백삼십사만오천육백칠십팔",
    10**8: "일억",
    10**8 + 1: "일억일",
    10**8 + 10**4: "일억만",
    11 * 10**8: "십일억",
    10**11: "천억",
    10**12: "일조",
    10**12 + 10**8 + 10**4 + 1: "일조일억만일",
    10**16: "일경",
    10**16 + 1: "일경일",
    1_111_111_111_111_111_111: "백십일경천백십일조천백십일억천백십일만천백십일",
}
SPELLINGS = {
    "일만 이천": 12_000,
    "만 이천": 12_000,
    " 일만  이천 삼백 사십 오 ": 12_345,
    "일천일백일십일": 1111,
    "일천": 1000,
    "일십": 10,
    "억": 10**8,
    "일억 일만": 10**8 + 10**4,
    "이천만 오백": 20_000_500,
    "일조 이억": 10**12 + 2 * 10**8,
    "\u1106\u1161\u11ab": 10_000,  # 만 in NFD, as macOS writes it
}
NO_NUMBER = (
    "",
    "  ",
    "만만",
    "만억",
    "천천",
    "백천",
    "이일",
    "영영",
    "영만",
    "영십",
    "만영",
    "12",
    "만a",
    "십팔십",
    "일일",
)


def refusal(make, *given, **how):  # its own: of another file, InputError would not be the mutant's
    """The line that refuses; "" where nothing does."""
    try:
        make(*given, **how)
    except InputError as problem:
        return str(problem)
    return ""


def texts(source, config, rows, rng=None):
    """[(source, target)] that a source reads."""
    return list(zip(*(to_texts(ids, config) for ids in source.read(rows, rng)), strict=True))


def opened(name, **how):
    """A task and the configuration of a model for it."""
    found = sentences.opened(name, **how)
    return found, transformer.Config(**found.fields)


def stand_in(monkeypatch):
    """A koroman that writes one letter and a "-" per syllable, and keeps line ends."""

    def romanize(text, *, use_custom_dictionary):
        assert not use_custom_dictionary
        return "".join(c if c == "\n" else f"{letter(c)}-" for c in text)

    package = types.SimpleNamespace(romanize=romanize, __version__="0.1")
    monkeypatch.setitem(sys.modules, "koroman", package)


def letter(syllable):
    return hangul.LETTERS[ord(syllable) % len(hangul.LETTERS)]


def test_the_words_of_a_number():
    assert {number: numbers.to_words(number) for number in WORDS} == WORDS
    assert numbers.to_words(np.int64(12_345)) == WORDS[12_345]


def test_the_number_of_words():
    assert {words: numbers.to_number(words) for words in WORDS.values()} == {w: n for n, w in WORDS.items()}


def test_other_spellings():
    assert {words: numbers.to_number(words) for words in SPELLINGS} == SPELLINGS


def test_what_is_no_number():
    for words in (*NO_NUMBER, 5, None, b"\xec\x9d\xbc"):
        said = refusal(numbers.to_number, words)
        assert "in Korean words; write" in said or "need a string" in said, words


def test_numbers_without_words():
    for number in (-1, 10**20, 1.0, "1", True, None):
        assert "need a whole number of at least 0" in refusal(numbers.to_words, number)
    assert numbers.to_number(numbers.to_words(10**20 - 1)) == 10**20 - 1


def test_there_and_back():
    """All numbers of up to four digits, then a group at each place, alone and before another."""
    every = [
        *range(10_000),
        *(n * 10**4 for n in range(1, 10_000)),
        *(n * 10**4 + 9999 - n for n in range(10_000)),
    ]
    every += [
        group * 10**place + rest
        for group in (1, 2, 10, 1111)
        for place in (8, 12, 16)
        for rest in (0, 1, 10**4)
    ]
    words = [numbers.to_words(number) for number in every]
    assert [numbers.to_number(one) for one in words] == every
    assert len(set(words)) == len(set(every))
    assert max(map(len, words[:10_000])) == 7


@given(st.integers(0, 10**20 - 1))
def test_there_and_back_by_chance(number):
    assert numbers.to_number(numbers.to_words(number)) == number


@given(st.text(numbers.DIGITS + "십백천만억조 1a"))
def test_any_text_is_a_number_or_refused(text):
    """What is read is what the same number is written as, but for 일 and blanks."""
    try:
        number = numbers.to_number(text)
    except InputError:
        return

    def bare(words):
        return "".join(words.split()).replace("일", "")

    assert bare(numbers.to_words(number)) == bare(text)


def test_number_to_korean():
    pairs, config = opened("number-to-korean")
    assert pairs.split == "characters" and pairs.class_names == ()
    assert pairs.fields == {
        "split": "characters",
        "source_symbols": tuple("0123456789"),
        "target_symbols": tuple("영일이삼사오육칠팔구십백천만"),
        "source_length": 8,
        "target_length": 15,
        "vocabulary_size": 3 + 24,
    }
    assert (len(pairs.train), len(pairs.test)) == (25_600, 1000)
    read = texts(pairs.train, config, range(200), np.random.default_rng(0)) + texts(
        pairs.test, config, range(1000)
    )
    assert read == [(digits, numbers.to_words(int(digits))) for digits, _ in read]
    assert len(set(read[200:])) == 1000


def test_the_ids_of_a_batch():
    """12 → 십이 and 7 → 칠: padded to the longest of the batch, the target between START and END."""
    encoder = Encoder("characters", tasks.DIGITS, tasks.WORDS)
    word = {symbol: 13 + i for i, symbol in enumerate(tasks.WORDS)}
    pair = ([4, 5], [START, word["십"], word["이"], END])
    assert encoder("12", "십이") == pair
    task = tasks.named("number-to-korean")._replace(draw=lambda rng, n: [12, 7][:n])
    source, target = Endless(task, encoder, (), 0, {}).read([3, 4], np.random.default_rng(0))
    assert source.tolist() == [[4, 5], [10, PADDING]]
    assert target.tolist() == [pair[1], [START, word["칠"], END, PADDING]]
    assert source.dtype == target.dtype == np.int64
    assert [ids.shape for ids in Endless(task, encoder, (), 0, {}).read([])] == [(0, 0)] * 2


def test_training_draws_no_test_thing():
    """Of 20 numbers 12 are for the test: training has the other eight, whoever draws."""
    task = tasks.named("numbers")._replace(draw=lambda rng, n: rng.integers(0, 20, n).tolist())
    pairs, config = opened("numbers")
    source = Endless(task, pairs.train.encoder, set(range(12)), 0, {})
    for rng in (np.random.default_rng(0), None):
        seen = {text for pair in texts(source, config, range(400), rng) for text in pair}
        assert seen == {text for n in range(12, 20) for text in (str(n), numbers.to_words(n))}


def test_the_held_out_things_are_those_of_the_test():
    for name in ("number-to-korean", "korean-to-number", "numbers"):
        pairs, config = opened(name, seed=3)
        digits = {text for pair in texts(pairs.test, config, range(1000)) for text in pair if text.isdigit()}
        assert {str(number) for number in pairs.train.held_out} == digits
        assert len(digits) == 1000


def test_numbers_of_any_length_are_trained_on_and_the_test_is_uniform():
    drawn = tasks.of_any_length(np.random.default_rng(0), 20_000)
    count = np.bincount([len(str(number)) for number in drawn], minlength=9) / 20_000
    assert count[0] == 0 and len(count) == 9
    # A third is uniform: 90% of 8 digits. Of two thirds an eighth has each length, but that the first digit may be 0.
    assert count[2:7].min() > 0.07 and count[1] > 0.12
    assert abs(count[8] - (0.9 + 0.9 / 8 + 0.45 / 8) / 3) < 0.01
    # Of the uniform third and of the short third a tenth of the digits after the first is 0, of the round third more.
    zeros = np.mean([str(number)[1:].count("0") / 7 for number in drawn if number >= 10**7])
    assert abs(zeros - (0.1 * (0.9 + 0.9 / 8) + 0.55 * 0.45 / 8) / (0.9 + 0.9 / 8 + 0.45 / 8)) < 0.01
    assert 0 in drawn and 10_000 in drawn
    test = tasks.below(np.random.default_rng(0), 20_000)
    assert max(test) < 10**8 and abs(np.mean(test) / 10**8 - 0.5) < 0.01


def test_korean_to_number_is_the_other_way_round():
    (there, config), (back, turned) = opened("number-to-korean", seed=2), opened("korean-to-number", seed=2)
    assert (back.source_symbols, back.target_symbols) == (there.target_symbols, there.source_symbols)
    assert (back.source_length, back.target_length) == (15, 8)
    for part in ("train", "test"):
        pairs = texts(getattr(there, part), config, range(50))
        assert texts(getattr(back, part), turned, range(50)) == [pair[::-1] for pair in pairs]


def test_numbers_go_both_ways():
    pairs, config = opened("numbers")
    assert set(pairs.source_symbols) == set(pairs.target_symbols) == {*tasks.DIGITS, *tasks.WORDS}
    assert (pairs.source_length, pairs.target_length, config.vocabulary_size) == (15, 15, 27)
    read = texts(pairs.test, config, range(1000))
    assert sum(source.isdigit() for source, _ in read) == 500
    train = texts(pairs.train, config, range(1000), np.random.default_rng(0))
    assert 400 < sum(source.isdigit() for source, _ in train) < 600
    for source, target in read + train:
        digits, words = (source, target) if source.isdigit() else (target, source)
        assert numbers.to_words(int(digits)) == words


def test_what_is_random_and_what_is_not():
    first, again, other = (sentences.opened("numbers", seed=seed) for seed in (0, 0, 1))

    def ids(source, rows, rng=None):
        return [a.tolist() for a in source.read(rows, rng)]

    assert ids(first.test, range(9)) == ids(again.test, range(9)) != ids(other.test, range(9))
    assert ids(first.train, range(9)) == ids(again.train, range(9))
    for row in range(9):  # with a seed each row is another
        assert ids(first.train, [row]) != ids(other.train, [row])
    assert ids(first.train, [5, 8])[0][0] == ids(first.train, [8, 5])[0][1]  # whatever is read with it
    assert len(set(map(tuple, ids(first.train, range(9))[0]))) == 9
    one, two = np.random.default_rng(0), np.random.default_rng(0)
    assert ids(first.train, range(9), one) == ids(first.train, range(9), two)
    drawn = [ids(first.train, range(9), one), ids(first.train, range(9), one), ids(first.train, range(9))]
    assert drawn[0] != drawn[1] != drawn[2] != drawn[0]  # anew each time


def test_about_tells_sources_from_one_another():
    sources = [
        part
        for name in ("number-to-korean", "numbers")
        for seed in (0, 1)
        for part in sentences.opened(name, seed=seed)[:2]
    ]
    assert len({json.dumps(source.about) for source in sources}) == 8
    assert sources[0].about == {"task": "number-to-korean", "seed": 0, "part": "training"}


def test_the_syllables():
    assert len(hangul.syllables()) == len(set(hangul.syllables())) == 2350
    assert (hangul.syllables()[0], hangul.syllables()[-1]) == ("가", "힝")
    assert {"똠", "뷁"}.isdisjoint(hangul.syllables())
    assert len(hangul.jamo()) == 19 + 21 + 27


def test_words_have_one_to_five_syllables():
    words = hangul.draw(np.random.default_rng(0), 10_000)
    count = np.bincount([len(word) for word in words])
    np.testing.assert_allclose(count, [0, *[2000] * 5], atol=150)
    assert len({c for word in words for c in word}) == 2350


def test_hangul_to_roman(monkeypatch):
    stand_in(monkeypatch)
    pairs, config = opened("hangul-to-roman")
    assert (len(pairs.train), len(pairs.test)) == (25_600, 1000)
    assert pairs.split == "jamo" and pairs.source_symbols == hangul.jamo()
    assert pairs.target_symbols == tuple("abcdeghijklmnoprstuwy")
    assert (pairs.source_length, pairs.target_length, config.vocabulary_size) == (15, 35, 3 + 67 + 21)
    read = texts(pairs.train, config, range(200), np.random.default_rng(0)) + texts(
        pairs.test, config, range(1000)
    )
    assert read == [(word, "".join(map(letter, word))) for word, _ in read]
    assert len({word for word, _ in read[200:]}) == 1000
    assert pairs.train.about == {"task": "hangul-to-roman", "seed": 0, "koroman": "0.1", "part": "training"}
    assert {word for word, _ in read[200:]} == set(pairs.train.held_out)


def test_without_koroman(monkeypatch):
    monkeypatch.setitem(sys.modules, "koroman", None)
    assert refusal(sentences.opened, "hangul-to-roman") == (
        'Roman letters need the package koroman; install it with pip install "vitnp[translate]"'
    )


def test_what_is_refused():
    for how, message in [
        ({"given": "nmber-to-korean"}, 'no task or file "nmber-to-korean"; did you mean number-to-korean'),
        ({"given": "none.tsv"}, 'no task or file "none.tsv"; choose from number-to-korean, '),
        ({"given": "none.tsv"}, "or give the path of a TSV file"),
        ({"given": 5}, "5, which is no name of a file"),
        ({"given": "numbers", "seed": -1}, "seed is -1; need a whole number"),
        ({"given": "numbers", "seed": "0"}, "seed is '0'; need a whole number"),
        ({"given": "numbers", "split": "letters"}, 'split is "letters"; choose characters or jamo or words'),
        ({"given": "numbers", "split": "words"}, "numbers is always cut into characters; leave it out"),
    ]:
        assert message in refusal(sentences.opened, **how)
    assert sentences.opened("numbers", split="characters").split == "characters"
