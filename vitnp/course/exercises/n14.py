"""The exercises of notebook 14, the bug hunt."""

from vitnp.course.exercises import n14_after, n14_backward, n14_forward

EXERCISES = {
    1: n14_backward.gelu_backward,
    2: n14_backward.attention_backward,
    3: n14_backward.position_backward,
    4: n14_backward.norm_backward,
    5: n14_forward.patchify,
    6: n14_forward.attention,
    7: n14_after.adam,
    8: n14_after.rollout,
}
