"""What every model's configuration has. Imports `fields`."""

import dataclasses
from typing import ClassVar

from vitnp.inputs.fields import Checked


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelConfig(Checked):
    """The fields of a model; a model of images and one of sequences say more."""

    reads: ClassVar[str] = ""  # "images" or "sequences"
    attends: ClassVar[bool] = False  # has tokens, blocks and heads, as a Transformer
    batch_statistics: ClassVar[bool] = False  # in training its inputs depend on each other, by BatchNorm
    residual: ClassVar = None  # the `residual.Residual` in it, where there is one

    @property
    def facts(self):
        """{what: value} that follows from the fields, for `vitnp info`."""
        return {}
