"""Mistakes in pairs of sentences: the rule for Korean numbers, what is drawn and held out, the file, text as ids."""

from mutants.kinds import wrong_rules

wrong_rules(
    "data/sentences/numbers.py",
    "test_sentences",
    "test_the_words_of_a_number",
    ("일 before 만", 'words.append(name if (group, name) == (1, "만") else', "words.append("),
    ("no 일 before 억", '(group, name) == (1, "만")', "group == 1"),
    ("no 일 before 만 in any group that ends in one", "(group, name) ==", "(group % 10, name) =="),
    ("일 before 십", "name if digit == 1 else DIGITS[digit] + name", "DIGITS[digit] + name"),
    ("places that are 0 are read", "        if digit:\n", "        if True:\n"),
    ("groups that are 0 are read", "        if group:\n", "        if True:\n"),
    ("영 at the end", "(DIGITS[number] if number else", "(DIGITS[number] if True else"),
    ("nothing for 0", " + group_words(number) or ZERO", " + group_words(number)"),
    ("조 is called 억", '(10**12, "조")', '(10**12, "억")'),
)
wrong_rules(
    "data/sentences/numbers.py",
    "test_sentences",
    "test_the_number_of_words",
    ("a group's rest is dropped", "            rest = after\n", '            rest = ""\n'),
    ("만 is read without its value", "total += value * (", "total += ("),
    ("a bare place is 0", '1 if digit == "" else', '0 if digit == "" else'),
    ("a bare 만 is 0", "if group else 1)", "if group else 0)"),
    ("0 is no number", "    if words == ZERO:\n", "    if False:\n"),
)
wrong_rules(
    "data/sentences/numbers.py",
    "test_sentences",
    "test_other_spellings",
    ("blanks are no part of a number", '"".join(unicodedata.normalize("NFC", text).split())', "text"),
    ("NFD is no number", 'unicodedata.normalize("NFC", text)', "text"),
    ("a 일 before 천 is refused", "([{DIGITS[1:]}]?){name}", "([{DIGITS[2:]}]?){name}"),
)
wrong_rules(
    "data/sentences/numbers.py",
    "test_sentences",
    "test_what_is_no_number",
    ("the beginning is enough", "READ.fullmatch(words)", "READ.match(words)"),
    ("nothing is 0", "if rest or not words:", "if rest:"),
    ("영 is a digit of a place", "([{DIGITS[1:]}]?){name}", "([{DIGITS}]?){name}"),
)
wrong_rules(
    "data/sentences/tasks.py",
    "test_sentences",
    "test_numbers_of_any_length_are_trained_on_and_the_test_is_uniform",
    ("numbers as they come", "np.choose(rng.integers(0, 3, n)", "np.choose(rng.integers(0, 1, n)"),
    ("no number as it comes", "np.choose(rng.integers(0, 3, n)", "np.choose(rng.integers(1, 3, n)"),
    ("no round number", "np.choose(rng.integers(0, 3, n)", "np.choose(rng.integers(0, 2, n)"),
    (
        "no number of eight digits",
        "rng.integers(1, MOST_DIGITS, n, endpoint=True)",
        "rng.integers(1, MOST_DIGITS, n)",
    ),
)
wrong_rules(
    "data/sentences/tasks.py",
    "test_sentences",
    "test_numbers_go_both_ways",
    ("the test in one direction", "i % len(task.turned)", "0"),
    ("the symbols of one direction", "for way in ways)), max", "for way in ways[:1])), max"),
    ("the length of one direction", "for way in ways)\n", "for way in ways[:1])\n"),
    ("nothing is turned", "pair[::-1] if turned else pair", "pair"),
)
wrong_rules(
    "data/sentences/tasks.py",
    "test_sentences",
    "test_korean_to_number_is_the_other_way_round",
    ("the symbols are not exchanged", "self.symbols[way]", "self.symbols[which]"),
    ("the lengths are not exchanged", "self.lengths[way]", "self.lengths[which]"),
)
wrong_rules(
    "data/sentences/tasks.py",
    "test_sentences",
    "test_number_to_korean",
    ("numbers below 10⁸ and 10⁸ itself have no room", "MOST_WORDS = 15", "MOST_WORDS = 14"),
)
wrong_rules(
    "data/sentences/sources.py",
    "test_sentences",
    "test_training_draws_no_test_thing",
    ("test numbers are trained on", "if thing not in self.held_out]", "]"),
)
wrong_rules(
    "data/sentences/sources.py",
    "test_sentences",
    "test_numbers_go_both_ways",
    ("training in one direction", "rng.integers(0, len(self.task.turned), n)", "rng.integers(0, 1, n)"),
)
wrong_rules(
    "data/sentences/sources.py",
    "test_sentences",
    "test_the_ids_of_a_batch",
    ("no START", "[START, *target, END]", "[*target, END]"),
    ("no END", "[START, *target, END]", "[START, *target]"),
    (
        "source and target exchanged",
        "return padded(sources), padded(targets)",
        "return padded(targets), padded(sources)",
    ),
)
wrong_rules(
    "data/sentences/sources.py",
    "test_sentences",
    "test_what_is_random_and_what_is_not",
    ("every row the same", "[self.seed, 1, int(row)]", "[self.seed, 1]"),
    ("whatever the seed", "[self.seed, 1, int(row)]", "[1, int(row)]"),
    (
        "by the place in the batch",
        "for row in rows)\n            drawn",
        "for row, _ in enumerate(rows))\n            drawn",
    ),
    ("never drawn anew", "        if rng is not None:\n", "        if False:\n"),
)
wrong_rules(
    "data/sentences/tasks.py",
    "test_sentences",
    "test_hangul_to_roman",
    ("what is drawn twice is two tests", "while len(tested) < TESTS:", "if not tested:"),
)
wrong_rules(
    "data/sentences/hangul.py",
    "test_sentences",
    "test_hangul_to_roman",
    ("the dictionary of a program", "use_custom_dictionary=False", "use_custom_dictionary=True"),
    ("a - is an a", '.replace("-", "")', '.replace("-", "a")'),
)
wrong_rules(
    "data/sentences/hangul.py",
    "test_sentences",
    "test_words_have_one_to_five_syllables",
    (
        "four syllables at most",
        "rng.integers(1, MOST_SYLLABLES, n, endpoint=True)",
        "rng.integers(1, MOST_SYLLABLES, n)",
    ),
    (
        "the last syllable never",
        "rng.integers(0, len(syllables()), sum",
        "rng.integers(0, len(syllables()) - 1, sum",
    ),
)
wrong_rules(
    "data/sentences/hangul.py",
    "test_sentences",
    "test_the_syllables",
    ("all syllables", "== 2)", ">= 2)"),
)
wrong_rules(
    "system/reading.py",
    "test_sentences_file",
    "test_what_makes_no_difference",
    ("a byte order mark is text", '.lstrip("\\ufeff")', ""),
)
wrong_rules(
    "data/sentences/table.py",
    "test_sentences_file",
    "test_what_makes_no_difference",
    ("the line ends of Windows are text", 'line.removesuffix("\\r")', "line"),
    ("the line end at the end begins a line", 'text.removesuffix("\\n").split', "text.split"),
    ("blanks around a text are text", "cut(cell.strip(), split)", "cut(cell, split)"),
    ("a text as it was written", "return joined(symbols, split)", "return cell.strip()"),
)
wrong_rules(
    "data/sentences/table.py",
    "test_sentences_file",
    "test_no_source_is_on_both_sides",
    (
        "pairs are held out, not sources",
        "list(dict.fromkeys(source for source, _ in pairs))",
        "[s for s, _ in pairs]",
    ),
    ("targets are held out", "(pair[0] in tested) == test", "(pair[1] in tested) == test"),
    ("the test is trained on", "if (pair[0] in tested) == test]", "if not test or pair[0] in tested]"),
)
wrong_rules(
    "data/sentences/table.py",
    "test_sentences_file",
    "test_the_seed_decides_what_is_held_out",
    ("the last ones", "np.random.default_rng(seed).permutation(len(sources))", "range(len(sources))"),
    ("one seed", "np.random.default_rng(seed)", "np.random.default_rng(0)"),
    ("any pairs are alike", "zlib.crc32(text.encode())", "0"),
)
wrong_rules(
    "data/sentences/table.py",
    "test_sentences_file",
    "test_a_line_that_is_wrong",
    ("an empty line is a line of one column", "    if not line.strip():\n", "    if False:\n"),
    ("further columns are left out", "if len(cells) != 2:", "if len(cells) < 2:"),
    ("lines from 0 on", "enumerate(lines, 1)]", "enumerate(lines)]"),
    ("an empty cell is a text", "    if not symbols:\n", "    if False:\n"),
    ("control characters are text", '("Cc", "Zl", "Zp")', "()"),
    ("an end of a line is text", '("Cc", "Zl", "Zp")', '("Cc",)'),
    ("what does not print is refused", ' and unicodedata.category(c) in ("Cc", "Zl", "Zp")', ""),
    ("one symbol more", "len(symbols) > LONGEST", "len(symbols) > LONGEST + 1"),
    ("one symbol fewer", "len(symbols) > LONGEST", "len(symbols) >= LONGEST"),
)
wrong_rules(
    "system/reading.py",
    "test_sentences_file",
    "test_a_line_that_is_wrong",
    (
        "the line before what is no UTF-8",
        'data.count(b"\\n", 0, problem.start) + 1',
        'data.count(b"\\n", 0, problem.start)',
    ),
)
wrong_rules(
    "data/sentences/table.py",
    "test_sentences_file",
    "test_too_few_pairs",
    ("two sources are enough", "if len(sources) < LEAST:", "if len(sources) < 2:"),
    ("eleven pairs", "if len(sources) < LEAST:", "if len(sources) <= LEAST:"),
)
wrong_rules(
    "data/sentences/table.py",
    "test_sentences_file",
    "test_how_many_are_held_out",
    ("however many", ", MOST_TESTS)\n", ", 2**30)\n"),
)
wrong_rules(
    "inputs/text.py",
    "test_text",
    "test_to_ids",
    ("ids from 0 on", "symbol: SPECIALS + i for", "symbol: i for"),
    ("a blank is never read", "if s in ids or not s.isspace()]", "if not s.isspace()]"),
    ("padding at the front", "to[: len(row)] = row", "to[len(to) - len(row) :] = row"),
    ("jamo as syllables", '"NFD" if split == "jamo" else "NFC"', '"NFC"'),
    (
        "characters as they were written",
        'list(unicodedata.normalize("NFD" if split == "jamo" else "NFC", text))',
        "list(text)",
    ),
)
wrong_rules(
    "inputs/text.py",
    "test_text",
    "test_blanks_that_the_model_does_not_know_are_left_out",
    ("blanks around a text are read", "cut(text.strip(), config.split)", "cut(text, config.split)"),
)
wrong_rules(
    "inputs/text.py",
    "test_text",
    "test_what_the_model_does_not_read",
    ("symbols of the target are read", "if symbol in known}", "}"),
    ("places from 0 on", "enumerate(pieces, 1)", "enumerate(pieces)"),
    ("a blank is what is unknown", "if not piece.isspace() and not ids", "if not ids"),
)
wrong_rules(
    "inputs/text.py",
    "test_text",
    "test_texts_that_are_too_long_or_empty",
    ("one more", "len(symbols) > config.source_length", "len(symbols) > config.source_length + 1"),
    (
        "an empty text has no ids",
        '    if not symbols:\n        raise InputError(f"the text',
        '    if False:\n        raise InputError(f"the text',
    ),
)
wrong_rules(
    "inputs/text.py",
    "test_text",
    "test_to_texts",
    ("beyond END", "row[: row.index(END)] if END in row else row", "row"),
    ("with END", "row[: row.index(END)]", "row[: row.index(END) + 1]"),
    ("the symbol after", "symbols[i - SPECIALS]", "symbols[i - SPECIALS - 1]"),
    ("START and padding are symbols", "if i not in (PADDING, START)]", "]"),
    ("words without blanks", '(" " if split == "words" else "")', '""'),
    (
        "jamo stay apart",
        'return unicodedata.normalize("NFC", (" "',
        'return unicodedata.normalize("NFD", (" "',
    ),
)
