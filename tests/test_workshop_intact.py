"""A student's code that changes what the check computes with: it is said, put back, and gives no points."""

import builtins

import numpy as np
import pytest

from vitnp.course.workshop import intact, stages, template
from vitnp.course.workshop.checking import check_step
from vitnp.course.workshop.findings import Findings
from vitnp.course.workshop.reference import reference

WRONG = (
    template.whole(4).replace('z + p["E_pos"]', 'z + 2 * p["E_pos"]').replace('"E_pos": dE_pos', '"E_pos": 0')
)
OURS = "vitnp.course.workshop"
CHANGES = {  # code of a file: what the message names
    "import numpy as np\nnp.abs = lambda x: 0 * x": "numpy.abs",
    "import numpy as np\ndel np.sum": "numpy.sum",
    "import numpy as np\nsetattr(np.random, 'default_rng', None)": "numpy.random.default_rng",
    "import numpy\nnumpy.exp = numpy.log = numpy.max = numpy.min = print": "numpy.exp, numpy.log, numpy.max, …",
    "import builtins\nbuiltins.max = min": "builtins.max",
    f"import sys\nsys.modules['{OURS}.stages'].RELATIVE = 1e9": f"{OURS}.stages.RELATIVE",
    f"import sys\nsys.modules['{OURS}.stages'] = sys": f"{OURS}.stages",
    f"from {OURS}.findings import Findings\nFindings.wrong = print": f"{OURS}.findings.Findings.wrong",
    f"from {OURS}.stages import numbers\nnumbers.__code__ = (lambda a, b: 1).__code__": f"{OURS}.stages.numbers",
    f"from {OURS}.reference import reference\nreference(4)['forward'] = print": "reference.forward",
    f"from {OURS}.reference import reference\nreference(4)['forward'].__globals__['forward'] = 1": "reference.forward",
}


@pytest.fixture
def step4(tmp_path):
    """Checks a code as step 4."""

    def checked(code, lang="en"):
        path = tmp_path / "s4_position.py"
        path.write_text(code, encoding="utf-8")
        return check_step(4, path, lang=lang)

    return checked


@pytest.mark.parametrize("code", CHANGES)
def test_what_a_file_changes_elsewhere_is_said_and_put_back(step4, code):
    before = np.abs, np.sum, np.exp, np.random.default_rng, max, stages.RELATIVE, Findings.wrong
    codes, solution = stages.numbers.__code__, dict(reference(4))
    outcome = step4(f"{code}\n{WRONG}")
    assert (outcome.status, outcome.stage, outcome.passed) == ("broken", "import", ())
    assert f"changes {CHANGES[code]}, which" in " ".join(" ".join(outcome.lines).split())
    assert CHANGES[code] in " ".join(" ".join(step4(f"{code}\n{WRONG}", "ko").lines).split())
    assert before == (np.abs, np.sum, np.exp, np.random.default_rng, max, stages.RELATIVE, Findings.wrong)
    assert (codes, solution) == (stages.numbers.__code__, reference(4))
    assert step4(template.whole(4)).ok  # the next check is as if nothing had been


def test_what_forward_changes_is_said(step4):
    code = "import numpy as np\n" + WRONG.replace("    z0 =", "    np.abs = lambda x: 0 * x\n    z0 =")
    assert "changes numpy.abs" in " ".join(step4(code).lines)


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np\nnp.float = float\nnp.random.seed(3)\nnp.set_printoptions(precision=3)",
        "import scipy.special, scipy.linalg, math\nmax = min\nprint = None",
        "import numpy as np, warnings\nnp.seterr(all='raise')\nwarnings.simplefilter('error')",
    ],
)
def test_what_is_no_change_is_not_said(step4, code):
    assert step4(f"{code}\n{template.whole(4)}").ok


def test_an_array_cannot_say_that_it_is_equal(step4):
    """A class of arrays whose comparison is always right is compared as the numbers that it has."""
    code = """import numpy as np
class Lie(np.ndarray):
    def __array_ufunc__(self, *a, **k):
        return np.zeros(self.shape)
"""
    forward = WRONG.replace("return z0, ()", "return z0.view(Lie), ()")
    assert step4(code + forward).stage == "numbers"
    wrong = template.whole(4).replace('"E_pos": dE_pos', '"E_pos": (2 * dE_pos).view(Lie)')
    assert step4(code + wrong).stage == "gradient"


def test_an_error_in_the_block_puts_back(monkeypatch):
    changed, before = [], builtins.max
    with pytest.raises(KeyError), intact.outside(4, changed):
        builtins.max = min
        raise KeyError
    assert (changed, builtins.max) == (["builtins.max"], before)
