"""pytest in a forked process, in a copy of the tree: the chosen tests in the chosen order, until one fails."""

import json
import os
import resource
import signal
import sys

import pytest

MEMORY = 8 << 30  # bytes of addresses: a change that asks for more has failed
PATIENCE, FACTOR = 20.0, 12  # seconds that any test may take, and how many times its own
WARM = "-Wignore:Module already imported:pytest.PytestAssertRewriteWarning"  # that is what warm means


class Order:
    """pytest's plugin: which tests, in which order, and what became of them."""

    def __init__(self, wanted, seconds, first_failure):
        self.wanted, self.seconds, self.first_failure = wanted, seconds, first_failure
        self.failed, self.passed, self.missing = [], [], []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        """A wanted test that is not there has another name now: all cases of its function stand for it."""
        there = {item.nodeid: item for item in items}
        self.missing = [name for name in self.wanted if name not in there]
        functions = {name.split("[")[0] for name in self.missing}
        others = [item for item in items if item.nodeid.split("[")[0] in functions]
        chosen = [there[name] for name in self.wanted if name in there] + others
        items[:] = dict.fromkeys(chosen)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        """A test that takes far longer than it did is ended, with the process: it hangs."""
        if self.first_failure:
            signal.setitimer(signal.ITIMER_REAL, PATIENCE + FACTOR * self.seconds.get(item.nodeid, 1.0))

    def pytest_sessionfinish(self):
        signal.setitimer(signal.ITIMER_REAL, 0)

    def pytest_runtest_logreport(self, report):
        if report.failed or (report.skipped and not self.first_failure):
            self.failed.append(report.nodeid)
        elif report.when == "call":
            self.passed.append(report.nodeid)

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed.append(f"{report.nodeid} cannot be imported")


def go(folder, wanted, seconds, out, *, first_failure=True):
    """Run the tests in this process, which then ends. `out`.json says how it went, `out`.log what pytest said."""
    os.setsid()
    log = os.open(f"{out}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))
    os.chdir(folder)
    root = os.environ.pop("VITNP_ROOT")
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ["PYTHONPATH"] = str(folder)
    inside = (root, os.path.join(root, "tests"), "")
    sys.path[:] = [str(folder), *(path for path in sys.path if path not in inside)]
    for name in [name for name in sys.modules if name.partition(".")[0] == "mutation"]:
        del sys.modules[name]
    sys.argv[:] = ["pytest"]
    order = Order(wanted, seconds, first_failure)
    words = [
        "-q",
        "--tb=line",
        f"--basetemp={out}.tmp",
        WARM,
        *(f"-pno:{name}" for name in ("cacheprovider", "xdist")),
    ]
    code = pytest.main(
        [*words, *(["-x"] if first_failure else []), *dict.fromkeys(name.split("::")[0] for name in wanted)],
        plugins=[order],
    )
    ours = getattr(sys.modules.get("vitnp"), "__file__", str(folder)).startswith(str(folder))
    with open(f"{out}.json", "w", encoding="utf-8") as file:
        json.dump(
            {"code": int(code) if ours else -1, **vars(order), "wanted": len(wanted), "seconds": 0}, file
        )
    sys.stdout.flush()
    os._exit(0)
