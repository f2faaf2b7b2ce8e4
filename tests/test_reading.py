"""Text files of others: a byte-order mark, UTF-16 of PowerShell, and what is no text."""

import codecs
import json

import pytest

from vitnp.data import class_names
from vitnp.errors import InputError
from vitnp.system import reading

NAMES = ["고양이", "강아지", "새"]
FORMS = ("utf-8", "utf-8-sig", "utf-16", "utf-32")  # Notepad, PowerShell's Out-File -Encoding utf8, and its >


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "text",
    [
        "\n".join(NAMES),
        "\r\n".join([*NAMES, ""]),
        "\r\n".join([*NAMES, "", ""]),
        "\r".join(NAMES),
        json.dumps(NAMES, ensure_ascii=False),
    ],
)
def test_labels_in_every_form(tmp_path, form, text):
    (tmp_path / "labels").write_bytes(text.encode(form))
    assert class_names.find(3, labels=tmp_path / "labels")[0] == NAMES


@pytest.mark.parametrize("form", FORMS[1:])
def test_two_marks(tmp_path, form):
    (tmp_path / "labels").write_bytes(("\ufeff" + "\n".join(NAMES)).encode(form))
    assert class_names.find(3, labels=tmp_path / "labels")[0] == NAMES


@pytest.mark.parametrize("name", ["7", "null", "true", "1.5", "[UNK]", "{x}"])
def test_one_plain_name_is_no_json(tmp_path, name):
    (tmp_path / "labels").write_text(name)
    assert class_names.find(1, labels=tmp_path / "labels")[0] == [name]


def test_utf_16_of_either_end(tmp_path):
    for mark, form in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        (tmp_path / "a").write_bytes(mark + "é\n".encode(form))
        assert reading.text(tmp_path / "a") == "é\n"
        (tmp_path / "a").write_bytes("ab\n".encode(form))
        with pytest.raises(InputError, match="is not UTF-8 text: see line 1"):
            reading.text(tmp_path / "a")


@pytest.mark.parametrize("data", [b"a\nb\xff", codecs.BOM_UTF8 + b"a\n\xff", codecs.BOM_UTF16_LE + b"a\0b"])
def test_no_text(tmp_path, data):
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(InputError, match=r"it is not UTF-8 text: see line \d"):
        reading.text(tmp_path / "a")


def test_json_with_a_mark():
    """Also where the bytes were decoded elsewhere."""
    assert reading.from_json('\ufeff{"a": 1}') == {"a": 1}
