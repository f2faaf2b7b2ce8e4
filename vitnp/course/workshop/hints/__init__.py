"""Three hints for every part of every step: a question, the shapes with their derivation, the line in words.

Never code: that is what `diff` is for.
"""

from vitnp.course.workshop.hints.attention import ATTENTION
from vitnp.course.workshop.hints.block import BLOCK
from vitnp.course.workshop.hints.classify import CLASSIFY
from vitnp.course.workshop.hints.embedding import EMBEDDING

HINTS = EMBEDDING | ATTENTION | BLOCK | CLASSIFY  # {"5.3": (Text, Text, Text), …}
