"""Numbers as num2words writes them in Korean; words in Roman letters, by koroman itself."""

import importlib.metadata
import json

import numpy as np
from num2words import num2words

from vitnp.data import sentences
from vitnp.data.sentences import hangul, numbers
from vitnp.inputs.text import to_texts
from vitnp.models import transformer

# The examples of the rules for Roman letters (국어의 로마자 표기법), as far as they need no knowledge of the word.
EXAMPLES = {
    "백마": "baengma",
    "신문로": "sinmunno",
    "종로": "jongno",
    "왕십리": "wangsimni",
    "별내": "byeollae",
    "신라": "silla",
    "해돋이": "haedoji",
    "같이": "gachi",
    "굳히다": "guchida",
    "좋고": "joko",
    "놓다": "nota",
    "잡혀": "japyeo",
    "낳지": "nachi",
    "독립문": "dongnimmun",
    "한글": "hangeul",
    "중앙": "jungang",
    "부산": "busan",
    "속리산": "songnisan",
    "극락전": "geungnakjeon",
    "칠곡": "chilgok",
    "울릉": "ulleung",
    "대관령": "daegwallyeong",
}


def test_numbers_to_words():
    """num2words puts a blank after each group, which our rule leaves out; there is no other difference."""
    rng = np.random.default_rng(0)
    digits = [rng.choice([0, 0, 1, 1, 2, 9], rng.integers(1, 20, endpoint=True)) for _ in range(20_000)]
    every = [*range(20_000), *(int("".join(map(str, some))) for some in digits)]
    every += [
        *rng.integers(0, 10**8, 20_000).tolist(),
        *(10**place + one for place in range(20) for one in (0, 1)),
    ]
    for number in every:
        theirs = num2words(number, lang="ko")
        assert numbers.to_words(number) == theirs.replace(" ", ""), number
        assert numbers.to_number(theirs) == number


def test_the_examples_of_the_rules():
    assert dict(zip(EXAMPLES, hangul.romanized(list(EXAMPLES)), strict=True)) == EXAMPLES


def test_many_words_in_one_call_are_as_one_by_one():
    words = hangul.draw(np.random.default_rng(0), 20_000)
    together = hangul.romanized(words)
    assert together == [hangul.romanized([word])[0] for word in words]
    assert set("".join(together)) == set(hangul.LETTERS)
    # each syllable alone: none has more letters than there is room for
    assert 5 * max(map(len, hangul.romanized(list(hangul.syllables())))) == hangul.MOST_LETTERS


def test_hangul_to_roman():
    found = sentences.opened("hangul-to-roman")
    config = transformer.Config(**found.fields)
    rows = found.test.read(range(1000)), found.train.read(range(5000), np.random.default_rng(0))
    test, train = (list(zip(*(to_texts(ids, config) for ids in pair), strict=True)) for pair in rows)
    assert [letters for _, letters in test + train] == hangul.romanized([word for word, _ in test + train])
    assert not {word for word, _ in test} & {word for word, _ in train}
    assert found.test.about["koroman"] == importlib.metadata.version("koroman")
    json.dumps(found.test.about)
