"""`vitnp` alone: every command in its group, in the language of the locale, and the status."""

import importlib
import re

import command_line
import pytest

from vitnp.commands import cli, overview
from vitnp.system.output import width


@pytest.mark.parametrize(("locale", "title"), [("C", "Write it yourself"), ("ko_KR.UTF-8", "직접 작성하기")])
def test_vitnp_alone_says_what_there_is(capsys, monkeypatch, locale, title):
    monkeypatch.setenv("LC_ALL", locale)
    status, out, err = command_line.run(capsys)
    assert (status, err) == (0, "")
    assert title in out.splitlines()
    assert re.findall(r"^  ([\w-]+)  ", out, re.MULTILINE) == list(overview.COMMANDS)
    assert max(map(width, out.splitlines())) <= 80


def test_help_is_the_same_page(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--help"])
    assert (end.value.code, capsys.readouterr().out) == (0, overview.page())


@pytest.mark.parametrize("name", overview.COMMANDS)
def test_every_command_is_there_and_described_in_both_languages(name):
    assert hasattr(importlib.import_module(f"vitnp.commands.{name.replace('-', '_')}"), "add_options")
    assert re.search("[가-힣]", overview.COMMANDS[name].ko)
    assert not re.search("[가-힣]", overview.COMMANDS[name].en)


def test_a_commands_help_says_what_it_does(capsys):
    with pytest.raises(SystemExit):
        cli.main(["walk", "--help"])
    out = capsys.readouterr().out
    assert overview.COMMANDS["walk"].in_() in " ".join(out.split())
    assert out.startswith("usage: vitnp walk ")
