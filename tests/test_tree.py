"""Trees: names, order, round trips."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitnp import tree

P = {"a": np.zeros((2, 3)), "blocks": {0: {"W": np.ones(4, np.float32)}, 1: {"W": np.ones(5)}}}

keys = st.one_of(st.integers(0, 99), st.sampled_from("W b W_Q gamma norm_1 E_pos".split()))
trees = st.dictionaries(
    keys,
    st.recursive(
        st.integers(), lambda inner: st.dictionaries(keys, inner, min_size=1, max_size=4), max_leaves=12
    ),
    max_size=4,
)


def test_leaves_have_dotted_names_in_order():
    assert [name for name, _ in tree.leaves(P)] == ["a", "blocks.0.W", "blocks.1.W"]


@given(trees)
def test_from_leaves_is_the_inverse(nested):
    again = tree.from_leaves(tree.leaves(nested))
    assert again == nested
    assert list(tree.leaves(again)) == list(tree.leaves(nested))


@given(trees, st.integers(0, 3))
def test_join_puts_parts_together(nested, depth):
    """Cut at any depth; an empty branch stays."""

    def parts(node, name, depth):
        if depth == 0 or not isinstance(node, dict) or not node:
            return [(name, node)]
        return [
            part
            for key, value in node.items()
            for part in parts(value, f"{name}.{key}".lstrip("."), depth - 1)
        ]

    joined = tree.from_leaves(
        [part for key, value in nested.items() for part in parts(value, str(key), depth)]
    )
    assert joined == nested
    assert list(tree.leaves(joined)) == list(tree.leaves(nested))
    assert list(joined) == list(nested)


@given(trees)
def test_get_finds_every_leaf(nested):
    for name, leaf in tree.leaves(nested):
        assert tree.get(nested, name) == leaf


@given(trees)
def test_map_keeps_the_tree(nested):
    doubled = tree.map(lambda a, b: a + b, nested, nested)
    assert [(name, leaf // 2) for name, leaf in tree.leaves(doubled)] == list(tree.leaves(nested))


def test_map_keeps_empty_branches():
    """A model without a head has `classify: {}`."""
    assert tree.map(lambda a: a, {"classify": {}, "b": 1}) == {"classify": {}, "b": 1}


def test_map_refuses_different_trees():
    with pytest.raises(ValueError, match="differ"):
        tree.map(lambda a, b: a, {"W": 1, "b": 2}, {"W": 1})


def test_count_and_bytes():
    assert tree.count(P) == 6 + 4 + 5
    assert tree.nbytes(P) == 6 * 8 + 4 * 4 + 5 * 8


def test_names_and_shapes_are_trees_too():
    assert tree.names(P) == {"a": "a", "blocks": {0: {"W": "blocks.0.W"}, 1: {"W": "blocks.1.W"}}}
    assert tree.shapes(P) == {"a": (2, 3), "blocks": {0: {"W": (4,)}, 1: {"W": (5,)}}}
