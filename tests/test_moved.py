"""A run whose folder of pictures has moved goes on with the same pictures, and with no others."""

import json
import shutil
import unicodedata

import pytest
from test_data_folder import picture, pictures
from test_train_command import run
from test_train_runs import same_models

from vitnp import InputError, data
from vitnp.commands import series
from vitnp.data.few import Rows
from vitnp.engine.ranks import Alone
from vitnp.training import folder
from vitnp.training.place import recall
from vitnp.training.wanted import Wanted

pytestmark = pytest.mark.usefixtures("plain_curves")

GIVEN = {
    "model": "digits",
    "recipe": "digits",
    "set": ["num_layers=1", "hidden_size=16", "num_heads=2", "mlp_dim=16"],
    "image_size": "8",
    "batch_size": 4,
    "steps": 3,
    "workers": 1,
    "save_every": 1,
    "keep": 9,
}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A run in RUN, of 3 steps on the pictures of PNG."""
    there = tmp_path_factory.mktemp("done")
    pictures(there / "png", {"a": 4, "b": 5, "í": 3}, size=(8, 8))
    where = folder.Where(str(there / "run"))
    wanted, known = folder.settled(GIVEN | {"data": str(there / "png")}, where, Alone())
    folder.run(wanted, where, Alone(), known=known)
    return there


@pytest.fixture
def stopped(done, tmp_path, monkeypatch):
    """The run as if it had been stopped after its second step, and its pictures in NEW alone."""
    shutil.copytree(done / "run", tmp_path / "run")
    (tmp_path / "run/model.npz").unlink()
    (tmp_path / "run/checkpoints/step-000000003.npz").unlink()
    (done / "png").rename(tmp_path / "new")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    shutil.rmtree(done / "png", ignore_errors=True)
    pictures(done / "png", {"a": 4, "b": 5, "í": 3}, size=(8, 8))


def test_it_goes_on_to_the_bit_and_remembers_the_place(capsys, stopped, done):
    status, _, err = run(capsys, "--resume", stopped / "run")
    assert status == 2
    assert "is not there any more; put it back to go on, or name its new place with --data DIR" in err
    (stopped / "new/í").rename(stopped / "new" / unicodedata.normalize("NFD", "í"))  # as a Mac does
    status, out, err = run(capsys, "--resume", stopped / "run", "--data", stopped / "new")
    assert (status, err) == (0, "")
    assert "resumed after step 2" in out and "note" not in out
    same_models(stopped / "run", done / "run")
    about = recall(stopped / "run")
    assert about["options"]["data"] == about["run"]["data"]["name"] == str(stopped / "new")
    assert run(capsys, "--resume", stopped / "run")[0] == 0


def one_less(new):
    (new / "a/0.png").unlink()


def another_class(new):
    (new / "b").rename(new / "c")


def last_class_renamed(new):
    """A list of the first three of many classes would not show it."""
    (new / "í").rename(new / "z")


def of_another_class(new):
    (new / "a/0.png").rename(new / "b/9.png")


def another_name(new):
    (new / "a/0.png").rename(new / "a/7.png")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (one_less, "there are 9; 3 to train and to test with there, and 8; 3 here"),
        (another_class, "of the classes only there: b, only here: c;"),
        (last_class_renamed, "of the classes only there: í, only here: z;"),
        (of_another_class, "the classes have other numbers of pictures;"),
        (another_name, "the files have other names;"),
    ],
)
def test_other_pictures_are_refused_and_nothing_is_lost(capsys, stopped, change, words):
    change(stopped / "new")
    before = (stopped / "run/run.json").read_bytes()
    status, _, err = run(capsys, "--resume", stopped / "run", "--data", stopped / "new")
    assert status == 2
    assert err.startswith(f"vitnp: {stopped / 'new'} does not hold the pictures of that run: ")
    assert words in err and err.count("\n") == 1
    assert (stopped / "run/run.json").read_bytes() == before


def test_a_run_that_knows_less_goes_on(capsys, stopped):
    """An earlier version kept no names of files, and the classes in the form of the disk."""
    file = stopped / "run/run.json"
    about = json.loads(file.read_text("utf-8"))
    del about["run"]["data"]["files"]
    about["run"]["data"]["classes"][2] = unicodedata.normalize("NFD", "í")
    file.write_text(json.dumps(about), "utf-8")
    assert run(capsys, "--resume", stopped / "run", "--data", stopped / "new")[0] == 0


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_a_data_set_is_no_folder_that_has_moved(capsys, stopped, done, name):
    (stopped / "new").rename(stopped / "png")
    file = stopped / "run/run.json"
    file.write_text(file.read_text("utf-8").replace(str(done / "png"), str(stopped / "png")), "utf-8")
    status, _, err = run(capsys, "--resume", "run", "--data", name)
    assert status == 2
    assert f"--data is '{name}' and was " in err


def test_files_are_told_from_others_by_name_and_order(tmp_path):
    pictures(tmp_path, {"a": 3, "b": 3})
    found = data.load("folder", folder=tmp_path, image_size=8)
    assert "files" in found.about
    assert "files" not in data.load("digits").about
    turned = Rows(found.train, list(range(len(found.train)))[::-1])
    assert data.DataSet(turned, found.test, found.class_names).about["files"] != found.about["files"]
    picture(tmp_path / "b" / "0.png", seed=9)  # another picture of the same name is not seen
    assert data.load("folder", folder=tmp_path, image_size=8).about == found.about


def test_a_finished_run_of_a_series_had_the_same_pictures(stopped, done):
    """As `compare` and `fine-tune` read it, when the same command goes on."""
    shutil.copytree(done / "run", stopped / "finished")
    wanted = Wanted(**GIVEN, data="new")
    assert series.trained(wanted, stopped / "finished", None)["epoch"] == 1
    one_less(stopped / "new")
    with pytest.raises(
        InputError, match="new does not hold the pictures of that run: there are 9; 3 to train"
    ):
        series.trained(wanted, stopped / "finished", None)


def test_a_series_may_move_to_another_folder_and_to_no_set(tmp_path):
    file = tmp_path / "compare.json"
    for data_now in ("png", "/new/place"):
        series.remember(file, {"data": data_now, "lr": 1})
    with pytest.raises(InputError, match=r"holds other results: data is 'png' there and 'digits' here"):
        series.remember(file, {"data": "digits", "lr": 1})
