"""The whole way as a person goes it: new, blanks, wrong answers, solutions, training, the zip, and a class graded."""

import csv
import re
from pathlib import Path

import pytest
from submissions import HARMFUL, packed
from workshop_answers import WRONG

from vitnp.commands.cli import main
from vitnp.course.workshop import template
from vitnp.system.output import width

STEP3, STEP5 = "s3_class_token.py", "s5_attention.py"
CLASS = ("memory", "output", "syntax", "empty", "sys.exit", "no NumPy", "hanging")  # of HARMFUL, and:
DELETES = "import os\nos.remove('s3_class_token.py')\n"


@pytest.fixture
def typed(capsys, tmp_path, monkeypatch):
    """Types `vitnp workshop …`: (exit status, all that is printed, its lines joined); at most 80 columns."""
    monkeypatch.chdir(tmp_path)

    def typed(*words):
        status = main(["workshop", *words])
        said = capsys.readouterr()
        assert max(map(width, said.out.splitlines()), default=0) <= 80
        return status, re.sub(r"\s+", " ", said.out + said.err)

    return typed


def test_as_a_person_goes_it(typed, monkeypatch, tmp_path):
    assert typed("new", "my_vit", "--lang", "ko")[0] == 0
    monkeypatch.chdir("my_vit")
    status, said = typed("check")
    assert status == 1 and "통과: 0/8단계" in said
    for step in template.STEPS:  # the first blank of every step is named, the others listed
        first, *others = template.parts(step)
        assert f"빈칸 {first} " in said and f"남은 빈칸: {', '.join(others)}" in said

    called = set()
    some = [wrong for i, wrong in enumerate(WRONG) if i % 3 == 0 or "np.sqrt" in wrong[1]]
    for step, old, new, _, part, ko, _ in some:  # test_workshop_check has them all
        write(step, template.whole(step, "ko").replace(old, new))
        status, said = typed("check", str(step))
        assert status == 1 and ko in said and f"vitnp workshop hint {part}" in said, said
        called |= set(re.findall(r"알려진 실수와 값이 같습니다: (.*?) 힌트:", said))
    assert len(called) >= 7  # by their own names; the others are crashes and values of the wrong kind

    for step in template.STEPS:
        write(step, template.whole(step, "ko"))
    status, said = typed("check")
    assert status == 0 and "통과: 8/8단계" in said and "✗" not in said

    status, said = typed("train", "--epochs", "8")
    assert status == 0 and Path("result/report.html").exists()
    accuracy = re.findall(r" 8 +[\d.]+ +[\d.]+ +([\d.]+)% +([\d.]+)%", said)[0]
    assert min(map(float, accuracy)) >= 95

    assert typed("walk")[0] == 0
    status, said = typed("submit", "--name", "김하나")
    assert status == 0 and "점수 64/64" in said
    monkeypatch.chdir(tmp_path)
    hand_in()
    limits = ("--seconds", "20", "--memory", "2048", "--workers", "2", "--seed", "3")
    status, said = typed("grade", "all", "--lang", "ko", *limits)
    assert status == 0
    with open("grades.csv", encoding="utf-8-sig") as file:
        rows = {row["file"].removesuffix(".zip"): row for row in csv.DictReader(file)}
    assert len(rows) == 20
    points = {name: int(row["points"]) for name, row in rows.items()}
    assert points.pop("01 right") == 64
    assert [points[f"0{i} right"] for i in (2, 3)] == [16, 16] and points["04 one step"] == 8
    assert [points[f"0{i} diagonal"] for i in (5, 6, 7)] == [11, 11, 11]  # of step 5 forward alone
    assert [points[f"0{i} no root"] for i in (8, 9)] == [8, 8]
    assert points["10 half"] == 8 and all(points[name] == 0 for name in points if name > "11")
    notes = {name.partition(" ")[2]: row["note"] for name, row in rows.items()}
    assert "20초가 지나도 끝나지 않음" in notes["hanging"] and "MemoryError" in notes["memory"]
    assert "os.remove" in notes["deletes"] and notes["no zip"] and notes["nothing in it"]
    assert "20명 중 3명: softmax의 야코비안에서 대각선만 남김" in said
    # two who hand it in, and one who has met it on the way
    assert "20명 중 3명: 순전파에서 √d_k로 나누지 않음 (5단계, 제출물에 남은 사람 2명)" in said


def write(step, code):
    """A step's file of the folder that we are in."""
    Path(f"{template.STEPS[step]}.py").write_text(code, encoding="utf-8")


def hand_in():
    """20 zips: right, wrong, of no use, and meant to harm."""
    Path("all").mkdir()
    Path("my_vit/my_vit-김하나.zip").rename("all/01 right.zip")
    three, five = template.whole(3), template.whole(5)
    diagonal = five.replace("A * (dA - common)", "A * (1 - A) * dA")
    no_root = five.replace(" / np.sqrt(Q.shape[-1])", "")
    zips = {f"0{i} right": packed({STEP3: three, STEP5: five}) for i in (2, 3)}
    zips["04 one step"] = packed({STEP3: three})
    zips |= {f"0{i} diagonal": packed({STEP3: three, STEP5: diagonal}) for i in (5, 6, 7)}
    zips |= {f"0{i} no root": packed({STEP3: three, STEP5: no_root}) for i in (8, 9)}
    zips["10 half"] = packed({STEP3: three, STEP5: template.cut(5)})
    zips |= {f"{i} {name}": packed({STEP3: HARMFUL[name][0]}) for i, name in enumerate(CLASS, start=11)}
    zips["18 deletes"] = packed({STEP3: DELETES + three})
    zips["19 no zip"] = b"PK\3\4 not a zip"
    zips["20 nothing in it"] = packed({})
    for name, data in zips.items():
        Path("all", f"{name}.zip").write_bytes(data)
