"""Korean particles after a value that is known only when the line is printed: 은(는) becomes 은 or 는."""

import re

PAIRS = {  # as it is written: (after a consonant, after a vowel)
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)라": ("이라", "라"),
    "(이)며": ("이며", "며"),
}
WRITTEN = re.compile("(?P<before>[^ ]*?)(?P<pair>" + "|".join(map(re.escape, PAIRS)) + ")")
CLOSING = "\"'`)]}”’»…."  # not read aloud
DIGITS = {
    "0": "ㅇ",
    "1": "ㄹ",
    "2": "",
    "3": "ㅁ",
    "4": "",
    "5": "",
    "6": "ㄱ",
    "7": "ㄹ",
    "8": "ㄹ",
    "9": "",
}
LETTERS = {"l": "ㄹ", "m": "ㅁ", "n": "ㄴ", "r": "ㄹ"}  # of the names of the letters: 엘, 엠, 엔, 알
ENDS = {"l": "ㄹ", "m": "ㅁ", "n": "ㄴ", "p": "ㅂ"}  # of words: model, softmax, head, step


def fitted(text):
    """The text with the particle that fits in place of each pair; a pair after an unreadable sign stays."""
    return WRITTEN.sub(_fit, text)


def _fit(match):
    end = last_sound(match["before"])
    if end is None:
        return match[0]
    pair = PAIRS[match["pair"]]
    vowel = end == "" or (end == "ㄹ" and match["pair"] == "(으)로")
    return match["before"] + pair[vowel]


def last_sound(word):
    """The consonant that the word ends with when it is read aloud, "" for a vowel, None if nobody can say."""
    word = word.rstrip(CLOSING)
    if not word:
        return None
    last = word[-1]
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        return "" if final == 0 else "ㄹ" if final == 8 else "ㄱ"
    if last in DIGITS:
        return DIGITS[last]
    if last == "%":  # 퍼센트
        return ""
    latin = re.search("[A-Za-z]+$", word)
    return _of_latin(latin[0]) if latin else None


def _of_latin(word):
    lower = word.lower()
    if len(word) == 1 or word.isupper() or not set(lower) & set("aeiouy"):  # spelled: PNG, npz, p
        return LETTERS.get(lower[-1], "")
    if lower.endswith("ng"):
        return "ㅇ"
    if lower.endswith("pe"):  # shape
        return ""
    if re.search("[aeiou]t$|ck$", lower):  # out, dropout, block
        return "ㄱ"
    return ENDS.get(lower.removesuffix("e")[-1:], "")
