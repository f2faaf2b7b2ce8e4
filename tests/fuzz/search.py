"""Many inputs of one target: by Hypothesis from a seed, or by atheris, which follows the lines that are reached.

The search goes on after a failure. Of each kind the smallest input is kept; Hypothesis shrinks the first that it finds.
"""

import itertools
import sys
import time
import traceback

import hypothesis
from hypothesis.database import InMemoryExampleDatabase

from fuzz import judge

EXAMPLES = 100  # of one round of Hypothesis; a round ends at the first new kind
DEFECT = 3  # the exit status where the search itself failed
SHRINKS = 300  # inputs tried to make one smaller
QUIET = {
    "deadline": None,
    "report_multiple_bugs": False,
    "suppress_health_check": list(hypothesis.HealthCheck),
    "verbosity": hypothesis.Verbosity.quiet,
}
PHASES = (hypothesis.Phase.reuse, hypothesis.Phase.generate, hypothesis.Phase.shrink)


class Failed(Exception):
    """A kind of failure that was not known: Hypothesis looks for a smaller input that fails alike."""


class Ended(BaseException):
    """The search, or one shrinking, is over. Not an Exception, so that Hypothesis does not take it for a failure."""


class Search:
    """The search in one target, in a folder. known: kinds that need not be found again.

    seconds or most (inputs) end it. before(case) and after(search) are called around every input.
    """

    def __init__(self, target, folder, *, seconds=None, most=None, known=(), before=None, after=None):
        self.target, self.folder = target, folder
        self.ends = None if seconds is None else time.monotonic() + seconds
        self.most, self.known, self.before, self.after = most, set(known), before, after
        self.found = {}  # kind: (smallest input, Finding)
        self.inputs = self.accepted = self.memory = self.longest = 0
        self.shrinking, self.shrinks = None, 0
        self.failures = {}  # kind: an exception of its own, by which Hypothesis tells failures apart

    def over(self):
        """Whether the time or the number of inputs is spent."""
        late = self.ends is not None and time.monotonic() > self.ends
        return late or (self.most is not None and self.inputs >= self.most)

    def one(self, case):
        """Try one input. Raises Failed for the kind that is being made smaller, and for a new one."""
        if self.over():
            raise Ended
        if self.before:
            self.before(case)
        tried = judge.judge(self.target, case, self.folder)
        self.inputs += 1
        self.accepted += tried.accepted
        self.memory, self.longest = max(self.memory, tried.memory), max(self.longest, tried.longest)
        self.new = bool(tried.finding) and self.keep(case, tried.finding)
        if self.after:
            self.after(self)
        self.shrink(tried.finding, self.new)

    def keep(self, case, finding):
        """Keep the smallest input of a kind; whether the kind is new."""
        new = finding.kind not in self.found
        if new or case.size < self.found[finding.kind][0].size:
            self.found[finding.kind] = case, finding
        return new and finding.kind not in self.known

    def shrink(self, finding, new):
        """Raise Failed for the one kind that is being made smaller, until that has taken enough inputs."""
        if new and self.shrinking is None:
            self.shrinking, self.shrinks = finding.kind, 0
        if self.shrinking is not None:
            self.shrinks += 1
            if self.shrinks > SHRINKS:
                raise Ended
            if finding and finding.kind == self.shrinking:
                raise self.failures.setdefault(finding.kind, type("Failed", (Failed,), {}))

    def round(self, test):
        """Run a test of Hypothesis until it is done, or has found a new kind and made it small."""
        try:
            test()
        except (
            Failed,
            Ended,
            hypothesis.errors.Flaky,
        ):  # flaky: memory or time, which are not the same twice
            pass
        finally:
            self.shrinking = None


def seeded(search, seed):
    """Search with inputs that only the seed decides; how many there are, the time or the number."""
    options = hypothesis.settings(max_examples=EXAMPLES, database=None, phases=PHASES[1:], **QUIET)
    for number in itertools.count():
        if search.over():
            return
        test = hypothesis.given(search.target.cases())(search.one)
        search.round(options(hypothesis.seed(f"{seed} {number}")(test)))


def guided(search, seed, ended):
    """Search with atheris, which changes inputs that reached new lines. ended(status) has to end the process.

    vitnp has to be imported inside `atheris.instrument_imports`. What fails is made smaller by Hypothesis, from the
    database in which it keeps the failing bytes.
    """
    import atheris

    options = hypothesis.settings(database=InMemoryExampleDatabase(), phases=PHASES[::2], **QUIET)
    test = options(hypothesis.given(search.target.cases())(search.one))

    def one(data):
        try:
            test.hypothesis.fuzz_one_input(data)
        except Failed:
            search.round(test)
        except Ended:
            search.shrinking = None
            if search.over():
                ended(0)
        except BaseException:
            traceback.print_exc()
            ended(DEFECT)

    quiet = ("-rss_limit_mb=0", "-timeout=0", "-verbosity=0")  # the budgets are `judge`'s
    atheris.Setup([sys.argv[0], f"-seed={seed + 1}", *quiet], one)
    atheris.Fuzz()
