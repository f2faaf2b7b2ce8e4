"""The paper's results that a lecture compares with, as data; the slides' claims about them, checked.

Data: Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", ICLR 2021; what
is from another paper says so. `values` has what a number is, `sota` Table 2, `pretraining` Table 5 and Figure 3,
`scaling` Table 6 and the compute, `vtab` Table 9, `noisy_student` that paper's own table, `claims` what the slides say
of them, `tables` each as rows of text. Imports `cost`, `models`, `system`.
"""

from vitnp.course.paper.noisy_student import NOISY_STUDENT
from vitnp.course.paper.pretraining import FIGURE_3, JFT_SUBSETS, PRETRAINED_ON, TABLE_5
from vitnp.course.paper.scaling import JFT_IMAGES, TABLE_6, Row, cheaper_as_good, config_of, exaflops
from vitnp.course.paper.sota import COLUMNS, CORE_DAYS, TABLE_2, TABLE_2_MODELS, TEST_IMAGES
from vitnp.course.paper.values import Result, sampling_error
from vitnp.course.paper.vtab import TABLE_9, TABLE_9_MODELS, VTAB

__all__ = [
    "COLUMNS",
    "CORE_DAYS",
    "FIGURE_3",
    "JFT_IMAGES",
    "JFT_SUBSETS",
    "NOISY_STUDENT",
    "PRETRAINED_ON",
    "TABLE_2",
    "TABLE_2_MODELS",
    "TABLE_5",
    "TABLE_6",
    "TABLE_9",
    "TABLE_9_MODELS",
    "TEST_IMAGES",
    "VTAB",
    "Result",
    "Row",
    "cheaper_as_good",
    "config_of",
    "exaflops",
    "sampling_error",
]
