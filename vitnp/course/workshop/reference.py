"""The solutions, as functions: what a student's are compared with. Imports `student`, `template`."""

import functools
import types

from vitnp.course.workshop import student, template


@functools.cache
def reference(step):
    """{name: function} of the whole template of a step."""
    module = types.ModuleType(f"solution_{template.STEPS[step]}")
    exec(compile(template.whole(step), f"<{template.STEPS[step]}>", "exec"), module.__dict__)
    return student.functions(module)
