"""In which language a student is told something."""

import pytest

from vitnp.errors import InputError
from vitnp.system import language


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    monkeypatch.setattr(language, "_used", [])


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "Korean_Korea.949"}, "ko"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LC_ALL": "C.UTF-8", "LANG": "ko_KR.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "ko_KR", "LANG": "C"}, "ko"),
    ],
)
def test_the_first_variable_that_is_set_decides(environment, lang):
    assert language.of_locale(environment) == lang


def test_what_is_used_is_before_the_locale_and_the_argument_before_both(monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    text = language.Text("한국어", "English")
    assert text.in_() == "한국어"
    language.use("en")
    assert (text.in_(), text.in_("ko")) == ("English", "한국어")


@pytest.mark.parametrize("ask", [language.use, language.chosen])
def test_a_language_that_is_not_there_is_refused(ask):
    with pytest.raises(InputError, match="choose ko or en"):
        ask("kr")
