"""pytest's plugin, `-p mutation.reach`: coverage is told which test runs, here and in the processes it starts.

A context is a short name made from the test's; which is which, how long each took and which fixtures of a module it
shares stands in a file of its own for each process of pytest. A fixture of a module has a context too: what it
reaches, all of its tests reach.
"""

import hashlib
import json
import os
import time
from pathlib import Path

import coverage
import pytest

CONTEXT = "VITNP_TEST"  # read by the configuration that `lines` writes
FOLDER = os.environ["VITNP_REACH"]
tests, fixtures = {}, {}


def short(name):
    """A context's name: a node id may hold any letter."""
    return hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def switch(context):
    """All that runs from now on counts for this context; the one before."""
    before = os.environ.get(CONTEXT, "")
    os.environ[CONTEXT] = context
    coverage.Coverage.current().switch_context(context)
    return before


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    began, context = time.perf_counter(), short(item.nodeid)
    about = tests[item.nodeid] = {"context": context, "fixtures": sorted(item.fixturenames), "passed": True}
    switch(context)
    try:
        return (yield)
    finally:
        switch("")
        about["seconds"] = time.perf_counter() - began


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef, request):
    if fixturedef.scope == "function" or not fixturedef.baseid:
        return (yield)
    context = short(f"{fixturedef.baseid} {fixturedef.argname}")
    fixtures[context] = [fixturedef.baseid, fixturedef.argname]
    before = switch(context)
    try:
        return (yield)
    finally:
        switch(before)


def pytest_runtest_logreport(report):
    if report.outcome != "passed" and report.nodeid in tests:
        tests[report.nodeid]["passed"] = False  # skipped ones say nothing either


def pytest_unconfigure():
    if tests:
        path = Path(FOLDER) / f"tests-{os.getpid()}.json"
        path.write_text(json.dumps({"tests": tests, "fixtures": fixtures}), "utf-8")
    measured = coverage.Coverage.current()
    measured.stop()
    measured.save()
