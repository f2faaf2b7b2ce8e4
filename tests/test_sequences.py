"""Ids and masks: what a model of sequences is given, and what it refuses."""

import numpy as np
import pytest

from vitnp import InputError
from vitnp.inputs.sequences import SequenceConfig, causal_mask, check_ids, padding_mask

SYMBOLS = {"source_symbols": ("1", "2"), "target_symbols": ("일", "2", "이")}


def test_one_vocabulary_for_both_sides():
    config = SequenceConfig(vocabulary_size=7, **SYMBOLS)
    assert config.symbols == ("1", "2", "일", "이")
    assert config.num_classes == 7
    assert SequenceConfig(vocabulary_size=7).symbols == ()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"vocabulary_size": 3}, "vocabulary_size is 3; need a whole number of at least 4"),
        ({"vocabulary_size": 8, **SYMBOLS}, "vocabulary_size is 8; with these 4 symbols it is 7"),
        ({"source_symbols": ("a",)}, "source_symbols or target_symbols is empty; give both, or neither"),
        (
            {"target_symbols": ("a", "a"), "source_symbols": ("b",)},
            "target_symbols has an empty symbol, or one twice",
        ),
        (
            {"source_symbols": ("", "a"), "target_symbols": ("b",)},
            "source_symbols has an empty symbol, or one twice",
        ),
        ({"source_symbols": "ab"}, r'source_symbols is .ab.; need a tuple of names, such as \("1",\)'),
        ({"split": "letters"}, 'split is "letters"; choose characters or jamo or words'),
        ({"source_length": 0}, "source_length is 0; need a whole number of at least 1"),
        ({"target_length": 2.5}, "target_length is 2.5; need a whole number of at least 1"),
    ],
)
def test_a_configuration_that_cannot_be(fields, message):
    with pytest.raises(InputError, match=message):
        SequenceConfig(**fields)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([[3]], "source is a list; need an array"),
        (np.array([3, 4]), r"source is int64 of shape \(2,\); need whole numbers \(B, N\), at least one"),
        (np.zeros((0, 3), int), r"source is int64 of shape \(0, 3\); need"),
        (np.zeros((3, 0), int), r"source is int64 of shape \(3, 0\); need"),
        (np.ones((1, 1), bool), r"source is bool of shape \(1, 1\); need"),
        (np.array([[3.0]]), r"source is float64 of shape \(1, 1\); need"),
        (np.array([[3, 7]]), "source has ids from 3 to 7; the vocabulary has 7, so need 0 to 6"),
        (np.array([[3, -1]]), "source has ids from -1 to 3"),
        (
            np.array([[3, 4], [0, 0]]),
            "source has nothing but padding in row 1; give every row at least one symbol",
        ),
    ],
)
def test_ids_that_are_none(ids, message):
    with pytest.raises(InputError, match=message):
        check_ids("source", ids, SequenceConfig(vocabulary_size=7))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64"])
def test_ids_of_any_whole_type(dtype):
    check_ids("source", np.array([[0, 6], [5, 0]], dtype), SequenceConfig(vocabulary_size=7))


def test_the_masks():
    ids = np.array([[5, 3, 0], [4, 0, 0]])
    np.testing.assert_array_equal(padding_mask(ids), [[[[True, True, False]]], [[[True, False, False]]]])
    T, F = True, False
    np.testing.assert_array_equal(causal_mask(3, ids), [[T, F, F], [T, T, F], [T, T, T]])
    both = padding_mask(ids) & causal_mask(3, ids)
    assert both.shape == (2, 1, 3, 3) and both.dtype == bool
    np.testing.assert_array_equal(both[1, 0], [[T, F, F]] * 3)
