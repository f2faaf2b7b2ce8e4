"""The known mistakes of the workshop, and recognizing them by their numbers.

s1.toml … s8.toml   the catalog: edits of the solved templates, each with a name and a hint in both languages
families.py         coarser names, and the stages of a backward pass
point.py            the small arrays at which a student's functions are called
results.py          what comes out of them, reduced to a few numbers per leaf
numbers.json        those numbers for every known mistake; `python -m vitnp.course.workshop.known` writes it
naming.py           from a student's numbers to a name; reading.py, variants.py: to a family, where no name fits
"""

from vitnp.course.workshop.known.families import FAMILIES, STAGES
from vitnp.course.workshop.known.kinds import Mistake, mistakes
from vitnp.course.workshop.known.naming import Named, named
from vitnp.course.workshop.known.results import fingerprint

BY_KEY = mistakes()
MISTAKES = list(BY_KEY.values())

__all__ = ["BY_KEY", "FAMILIES", "MISTAKES", "STAGES", "Mistake", "Named", "fingerprint", "named"]
