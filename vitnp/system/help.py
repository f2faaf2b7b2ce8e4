"""The pages of --help in the language that is chosen. The code has the English; `system.korean` has the Korean."""

import argparse

from vitnp.system.language import Text, translated
from vitnp.system.output import width

USAGE = Text("사용법: ", "usage: ")


class Formatter(argparse.HelpFormatter):
    """argparse's pages, translated, their lines broken by the columns that letters take."""

    def add_usage(self, usage, actions, groups, prefix=None):
        """As argparse's, with the chosen language's word for usage."""
        super().add_usage(usage, actions, groups, USAGE.in_() if prefix is None else prefix)

    def start_section(self, heading):
        """As argparse's."""
        super().start_section(None if heading is None else translated(heading))

    def add_text(self, text):
        """As argparse's."""
        super().add_text(text if text is None or text == argparse.SUPPRESS else translated(text))

    def _get_help_string(self, action):
        return translated(action.help)

    def _split_lines(self, text, columns):
        return wrapped(text, columns)

    def _fill_text(self, text, columns, indent):
        return "\n".join(indent + line for line in wrapped(text, columns - len(indent)))


def wrapped(text, columns):
    """The lines of a text, none wider than the columns unless a word is."""
    lines = [""]
    for word in text.split():
        if lines[-1] and width(lines[-1]) + 1 + width(word) > columns:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines
