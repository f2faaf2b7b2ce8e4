"""The three kinds of mistake, and the two lists that the files of this folder add theirs to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """What every kind has."""

    what: str
    file: str  # under vitnp/

    def __str__(self):
        return f"{self.file.removesuffix('.py')}: {self.what}"


@dataclass(frozen=True)
class Mutant(Mistake):
    """A mistake that the contract sees."""

    old: str
    new: str
    cases: tuple  # every one of them must catch it
    clause: str  # of the contract
    block: int | None  # backend.BLOCK, for what is only done to arrays larger than that


@dataclass(frozen=True)
class Consistent(Mistake):
    """A wrong forward with the backward that fits it: no gradient check can see it."""

    changes: tuple  # of (old, new)
    case: str
    block: int | None = None


@dataclass(frozen=True)
class Rule(Mistake):
    """A mistake in what no gradient check sees; the test `where.test`, called with `given`, must fail."""

    old: str
    new: str
    where: str
    test: str
    given: dict


MUTANTS, RULES = [], []


def mistakes(file, cases, *rows, clause="gradient", block=None):
    """Add a `Mutant` for every row (what, old, new)."""
    for what, old, new in rows:
        MUTANTS.append(Mutant(what, file, old, new, cases, clause, block))


def wrong_rules(file, where, test, *rows, **given):
    """Add a `Rule` for every row (what, old, new)."""
    for what, old, new in rows:
        RULES.append(Rule(what, file, old, new, where, test, given))
