"""The second hint: the equation of the shapes, the same in both languages, and where it is derived."""

from vitnp.system.language import Text

PAGE = "docs/derivations.md"


def shapes(equation, section, ko="", en=""):
    """The hint; `section` is a heading of the page, and ko and en are a sentence more."""
    return Text(
        " ".join(filter(None, (f"{equation}.", ko, f'유도: {PAGE}의 "{section}".'))),
        " ".join(filter(None, (f"{equation}.", en, f'Derivation: {PAGE}, "{section}".'))),
    )
