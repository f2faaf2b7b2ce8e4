"""Values that are seldom right: numbers, texts and JSON."""

LONG = "9" * 400  # a whole number beyond float64
LONGER = "9" * 5000  # of more digits than Python reads
NUMBERS = (
    "0",
    "-1",
    "1",
    "2",
    "1.5",
    "nan",
    "inf",
    "-inf",
    "1e-300",
    "1e300",
    "1e999",
    "2147483648",
    LONG,
    LONGER,
)
SHORT = (
    "",
    " ",
    "a",
    "None",
    "True",
    "\u001b[31m",
    "a\nb",
    "é",
    "$\\frac{",
    "%s",
    "{0}",
    "../a",
    "/",
)
SHORT += ("\u202eabc", "٣", "1_0", "0x10")
TEXTS = (*SHORT, "a" * 300, "a" * 70_000)
# As text, because Python's own writer writes neither a number twice nor endless nesting.
JSON = (
    "null", "true", "false", "0", "-1", "1", "2", "3", "1.5", "1e-300", "16777216", "16777217", "4294967296", "1e308",
    "1e999", "-1e999", "NaN", "Infinity", "-Infinity", LONG, LONGER, '""', '"1"', '"nan"', '"\\u001b[31m"', '"a\\nb"',
    '"a"', '"\\ud800"', '"\\u0000"', f'"{"a" * 1000}"', f'"{"a" * 100_000}"', "[]", "[1]", "[1, 2]", "[null]",
    "[[8, 8], [8, 8]]", "{}", '{"a": 1}', '{"a": 1, "a": 2}', "[" * 500 + "]" * 500, "[" * 100_000,
    '{"a":' * 2000 + "1" + "}" * 2000, "",
)  # fmt: skip
JSON_NUMBERS = ("0", "-1", "1", "2", "1.5", "16777216", "1e-300", "1e999", "NaN", "true", LONG, LONGER)
NAMES = (
    "", ".npy", "a", "a.npy", "../a.npy", "/a.npy", "a/b", "\x1b[31m.npy", "a\nb.npy", "é.npy", "vitnp.config.npy",
    "vitnp.training.npy", "blocks.99999999999.norm.gamma.npy", f"blocks.{LONGER}.W.npy", "blocks.-1.W.npy",
    "blocks..W.npy", "blocks.0.npy", "blocks.0.attention.npy", "a" * 300, "a" * 60_000,
)  # fmt: skip
WHOLE = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)
