"""What is said about a wrong answer, below the stage that found it. Imports `known`, `outcome`, `template`."""

from vitnp.course.workshop import known, template
from vitnp.course.workshop.outcome import padded, paragraph
from vitnp.system.language import Text

HINT = Text("힌트: vitnp workshop hint", "Hint: vitnp workshop hint")
MOST_LEAVES = 10  # of a table of gradients: a block has 17
GENERAL = ("forward", "backward", "block")  # they say no more than the stage of the check


def lines(failed, named, helper, lang):
    """The gradients one by one, those that are right, the helper that is wrong, and the mistake by its name."""
    found = table(failed.table, lang)
    said = []
    if failed.right:
        names = ", ".join(failed.right)
        said.append(Text(f"맞는 것: {names}", f"Right: {names}"))
    if helper:
        name = template.parts(int(helper[0]))[helper].partition(":")[0]
        said.append(
            Text(
                f"{name}만 따로 불러도 기준과 다릅니다({helper}).",
                f"{name} called by itself differs from the reference, too ({helper}).",
            )
        )
    if named.stage and not (named.stage in GENERAL and (helper or named.mistake or named.family)):
        said.append(known.STAGES[named.stage])
    if named.mistake:
        names = [known.BY_KEY[key].name for key in (named.mistake, *named.also)]
        ko, en = (" + ".join(name.in_(of) for name in names) for of in ("ko", "en"))
        said.append(Text(f"알려진 실수와 값이 같습니다: {ko}", f"A known mistake has the same numbers: {en}"))
    elif named.family:
        family = known.FAMILIES[named.family]
        said.append(Text(f"실수의 종류: {family.ko}", f"A mistake of this kind: {family.en}"))
    for text in said:
        found += paragraph(text.in_(lang))
    return found


def where_to_go(part, lang):
    """The line that names the next hint."""
    return paragraph(f"{HINT.in_(lang)} {part}")


def table(leaves, lang):
    """The gradients, numeric beside the student's: those that are wrong first, where there are many."""
    shown = sorted(leaves, key=lambda leaf: leaf.ok)[:MOST_LEAVES] if len(leaves) > MOST_LEAVES else leaves
    if not shown:
        return []
    words = Text(("", "수치", "내 값", "상대 오차"), ("", "numeric", "yours", "relative error")).in_(lang)
    size = max(len(leaf.name) for leaf in shown) + 1
    lines = [f"      {padded('', size)} {padded(words[1], 13)} {padded(words[2], 13)} {words[3]}"]
    for leaf in shown:
        numeric, own = f"{leaf.numeric:+.5f}", f"{leaf.analytic:+.5f}"
        mark = "✓" if leaf.ok else "✗"
        lines.append(
            f"      {padded(f'd{leaf.name}', size)} {numeric:13} {own:13} {leaf.difference_error:.0e} {mark}"
        )
    if len(leaves) > len(shown):
        lines.append(f"      … {len(leaves) - len(shown)} {Text('개 더', 'more').in_(lang)}")
    return lines
