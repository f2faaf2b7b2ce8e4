"""Mistakes in what configurations are made of: constraints, what is kept, and the text of a command line."""

from mutants.kinds import wrong_rules

REFUSED, KEPT = "test_what_is_refused_and_its_line", "test_what_is_kept_is_of_pythons_own_types"

wrong_rules(
    "inputs/fields.py",
    "test_fields",
    REFUSED,
    ("every field may be None", "or_none if default is None else check", "or_none"),
    ("a whole number without its upper bound", "at_least=at_least, at_most=at_most", "at_least=at_least"),
    ("a number without its bounds", "low=low, **bounds)", "low=-1e9)"),
    ("a whole number from 0 on", "at_least=at_least, at_most", "at_least=0, at_most"),
    ("a choice is not checked", "(need_near if near else need_choice)(name, value, values)", "pass"),
    ("near ones are never named", "(need_near if near else need_choice)", "need_choice"),
    ("a word for a tuple of names", "not isinstance(value, tuple | list) or ", ""),
    ("names are not looked at", " or not all(isinstance(word, str) for word in value)", ""),
)
wrong_rules(
    "inputs/fields.py",
    "test_fields",
    KEPT,
    ("no field may be None", "or_none if default is None else check", "check"),
    ("a list of names stays a list", "return tuple(value)", "return value"),
)
wrong_rules(
    "inputs/fields.py",
    "test_fields",
    "test_defaults",
    (
        "the first of the choices, whatever the default",
        "values[0] if default is None else default",
        "values[0]",
    ),
)
wrong_rules(
    "inputs/fields.py",
    "test_fields",
    "test_what_fields_must_have_in_common_is_asked_of_the_checked_values",
    ("it is not asked", "        self.fits()\n", ""),
)
wrong_rules(
    "inputs/fields.py",
    "test_fields",
    "test_the_names_in_the_lines_of_preprocessing",
    ("its fields are named alone", "self.prefix + field.name", "field.name"),
)
wrong_rules(
    "inputs/fields.py",
    "test_fields",
    "test_an_unknown_field",
    ("any name is a field", "if not known(name, names):", "if not name:"),
    (
        "names that are near one alone are refused",
        "if not known(name, names):",
        "if not known(name, names) and did_you_mean(name, names):",
    ),
)
wrong_rules(
    "inputs/fields.py",
    "test_fields",
    "test_the_text_of_a_value",
    ("a choice is a literal", "default, read=str, choices=values", "default, choices=values"),
    ("none and inf are words", "if text.lower() in WORDS:", "if False:"),
    ("none in small letters alone", "if text.lower() in WORDS", "if text in WORDS"),
    ("no JSON", 'if text.startswith(("{", "[")):', "if False:"),
    ("an empty name", r"\([^)]*\)?)+", r"\([^)]*\)?)*"),
    ("always --set", "f'{option} {called}={text}: \"", "f'--set {called}={text}: \""),
    ("everything is a number", 'is not {field.metadata["kind"]}', "is not a number"),
)
wrong_rules(
    "inputs/fields.py",
    "test_fields",
    "test_what_a_command_line_assigned",
    ("up to the last =", 'assignment.partition("=")', 'assignment.rpartition("=")'),
    ("no value is a value", "        if not text:", "        if text is None:"),
    ("the first of two", "found[name] = value(", "found[name] = found.get(name) or value("),
)
wrong_rules(
    "inputs/fields.py",
    "test_fields",
    "test_fields_of_a_field",
    (
        "the fields of a field are changed on its default",
        "found.get(field.name, field.default)",
        "field.default",
    ),
    ("a field of a field is any name", "[outer] if inner is None else [inner]", "[outer]"),
    ("no field has fields", "if dot and inner_class(of, outer) else", "if False else"),
    ("the last field of a field alone", "name == field.name and inner is not None}", "False}"),
    ("the name of a field of a field is its own in a refusal", "option, name)", "option)"),
)
wrong_rules(
    "errors.py",
    "test_fields",
    REFUSED,
    ("1 for True", "if not isinstance(value, bool):", "if not isinstance(value, int):"),
    ("True is a number", "numbers.Real) and not isinstance(value, bool):", "numbers.Real):"),
    ("a bound itself, below", "number > low if open_at_low else number >= low", "number >= low"),
    ("a bound itself, above", "(number < below if at_most is None", "(number <= below if at_most is None"),
    ("any number up to inf", "number <= at_most)", "True)"),
    ("NaN is a number", "number = math.nan", "number = 0.5"),
)
wrong_rules(
    "errors.py",
    "test_fields",
    KEPT,
    ("a number as it was given", "    return number\n", "    return value\n"),
)
wrong_rules(
    "inputs/images.py",
    "test_fields",
    "test_a_size",
    (
        "sides as they were given",
        'return tuple(need_int("image_size", side, at_least=1) for side in sides)',
        "return sides",
    ),
    ("no side is a side", '"image_size", side, at_least=1', '"image_size", side, at_least=0'),
)
wrong_rules(
    "inputs/images.py",
    "test_fields",
    "test_the_names_in_the_lines_of_preprocessing",
    ("std may be 0", "low=1 / LARGEST", "low=0.0"),
    ("no number for any channel", "if not value:", "if False:"),
)
wrong_rules(
    "inputs/images.py",
    "test_fields",
    "test_what_two_fields_of_images_must_have_in_common",
    ("the means alone", 'for name in ("mean", "std"):', 'for name in ("mean",):'),
    ("as many numbers as there are colors", "count not in (1, self.in_channels)", "count not in (1, 3)"),
)
wrong_rules(
    "models/vit/config.py",
    "test_fields",
    "test_what_two_fields_of_images_must_have_in_common",
    ("what holds for images is not asked", "        super().fits()\n", ""),
)
