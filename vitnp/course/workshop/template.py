"""The eight files of `templates/`: whole, or with blanks for a student.

A template is plain Python with marks, which no student sees:

    ko| …  en| …          a line of one language
    # << 5.3 softmax: S (B, H, N, N) → A (B, H, N, N)    …    # >>      the solution of part 5.3
    dQ = dS @ K  # ? dQ (B, H, N, K)                      a line that level "easy" leaves blank
    # hard|    …    # |hard                               helpers, which level "hard" leaves out

Imports `errors` and `system`.
"""

import ast
import functools
import re
from pathlib import Path

from vitnp.errors import InputError, need_choice, need_int, need_near
from vitnp.system import language

STEPS = {
    1: "s1_patchify",
    2: "s2_project",
    3: "s3_class_token",
    4: "s4_position",
    5: "s5_attention",
    6: "s6_layer_norm",
    7: "s7_feed_forward",
    8: "s8_classify",
}
LEVELS = ("easy", "normal", "hard")  # blank: a line at a time, a function's body, all but the signatures
FOLDER = Path(__file__).with_name("templates")

OF_LANGUAGE = re.compile(r"^\s*(?:# )?(ko|en)\| ?")
BEGIN, END = re.compile(r"^(\s*)# << (\d\.\d) (.*)$"), re.compile(r"^\s*# >>$")
ASKED = re.compile(r"^(\s*).*  # \? (.*)$")
BLANK = re.compile(r"NotImplementedError\(\s*[\"']((\d\.\d) .*?)[\"']\s*\)")


def need_step(step):
    """The step as an int. Raises InputError for what is none."""
    return need_int("step", step, at_least=1, at_most=8)


@functools.cache
def source(step):
    """The template with its marks."""
    need_step(step)
    return (FOLDER / f"{STEPS[step]}.py").read_text("utf-8")


def whole(step, lang="en"):
    """The file with its solutions."""
    lines = []
    for line in in_language(step, lang):
        if not (BEGIN.match(line) or END.match(line) or line in ("# hard|", "# |hard")):
            lines.append(line.partition("  # ? ")[0])
    return "\n".join(lines) + "\n"


def cut(step, level="normal", lang="en"):
    """The file with blanks in place of its solutions: what a student begins with."""
    need_choice("level", level, LEVELS)
    lines, inside, left_out = [], False, False
    for line in in_language(step, lang):
        begin, asked = BEGIN.match(line), ASKED.match(line)
        if line in ("# hard|", "# |hard"):
            left_out = level == "hard" and line == "# hard|"
        elif left_out:
            continue
        elif begin:
            indent, part, what = begin.groups()
            inside = True
            if level != "easy":
                lines.append(blank(indent, f"{part} {what}"))
        elif END.match(line):
            inside = False
        elif level == "easy":
            lines.append(blank(asked[1], f"{part} {asked[2]} = ?") if asked else line)
        elif not inside:
            lines.append(line)
    return "\n".join(lines) + "\n"


def cut_functions(step, names, lang="en"):
    """Some functions of the file of level normal, in the order of the names: a cell of a student's notebook."""
    code = cut(step, "normal", lang)
    found = {node.name: node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}
    for name in names:
        need_near("the function", name, tuple(found))
    return "\n\n\n".join(ast.get_source_segment(code, found[name]) for name in names)


def blank(indent, what):
    """The line that stands where something is to be written."""
    return f'{indent}raise NotImplementedError("{what}")'


def in_language(step, lang):
    """The lines of the template in one language, its marks of languages gone."""
    need_choice("lang", lang, language.LANGUAGES)
    for line in source(step).splitlines():
        mark = OF_LANGUAGE.match(line)
        if mark is None:
            yield line
        elif mark[1] == lang:
            yield line.replace(f"{lang}| ", "", 1)


def parts(step):
    """{"5.3": "softmax: S (B, H, N, N) → A (B, H, N, N)", …}, in the order of the file."""
    found = [BEGIN.match(line) for line in source(step).splitlines()]
    return {match[2]: match[3] for match in found if match}


def blanks_in(code):
    """{"5.3": "5.3 softmax: S …"}: the first blank of every part that a student's file has not filled yet."""
    found = {}
    for text, part in BLANK.findall(code):
        found.setdefault(part, text)
    return found


def part_of(step, name):
    """The part in which the function of this name is written."""
    return next(part for part, what in parts(step).items() if what.partition(":")[0] == name)


def step_of(part, lang="en"):
    """5 for "5.3" and for "5". Raises InputError, in a language, for what is neither a step nor a part of one."""
    known = [part for step in STEPS for part in (str(step), *parts(step))]
    if str(part) not in known:
        said = language.Text(
            f"단계나 부분 {part}: 없습니다; 1부터 8까지의 단계나 5.3과 같은 부분을 쓰세요",
            f"there is no step or part {part}; give a step from 1 to 8, or a part such as 5.3",
        )
        raise InputError(said.in_(lang))
    return int(str(part)[0])
