"""What a check of one step finds, stage by stage, up to the first that is not passed.

Imports the stages, `helpers`, `known`, `told`.
"""

from vitnp.course.workshop import (
    again,
    gradients,
    helpers,
    known,
    pace,
    points,
    stages,
    student,
    template,
    told,
)
from vitnp.course.workshop.outcome import Outcome, paragraph, stage_lines
from vitnp.course.workshop.reference import reference
from vitnp.course.workshop.tried import Failed, bound, quiet
from vitnp.errors import printable
from vitnp.system.language import Text

STAGES = {
    "import": Text("불러오기", "import"),
    "shapes": Text("슬라이드 shape", "slide shapes"),
    "invariants": Text("불변식", "invariants"),
    "numbers": Text("기준값", "reference"),
    "gradient shapes": Text("그래디언트 shape", "gradient shapes"),
    "gradient": Text("그래디언트 검증", "gradient check"),
    "contract": Text("규약", "contract"),
    "time": Text("시간", "time"),
    "range": Text("큰 값", "large values"),  # only a remark
    "blank": Text("빈칸", "to be written"),  # in place of any of the others
}
CHANGED = Text(
    "이 파일의 것이 아닌 이름을 바꿉니다: {names}. 그대로 두고, 직접 만든 함수에는 다른 이름을 붙이세요.",
    "changes {names}, which is not of this file. Leave it as it is, and give your own function another name.",
)


class Ended(Exception):
    """The check has come to its end early."""

    def __init__(self, outcome):
        super().__init__(outcome.status)
        self.outcome = outcome


class Findings:
    """What a check has found so far: its lines, and the stages that were passed. text: of a file, else None."""

    def __init__(self, step, lang, lines, text):
        self.step, self.lang, self.lines, self.passed = step, lang, lines, []
        self.of_file, self.left = text is not None, template.blanks_in(text or "")

    def say(self, mark, stage, text):
        """Add a stage's line."""
        self.lines += stage_lines(mark, STAGES[stage].in_(self.lang), text.in_(self.lang))

    def outcome(self, status, stage, **more):
        """The `Outcome`, with the lines so far."""
        return Outcome(self.step, status, stage, tuple(self.lines), passed=tuple(self.passed), **more)

    def all_stages(self, what, seed, sizes):
        """The `Outcome` of every pair of the step, up to the first stage that is not passed."""
        with quiet():
            try:
                functions = dict(self.imported(what))
                for pair in points.PAIRS[self.step]:
                    if pair.forward in functions:
                        if pair != points.PAIRS[self.step][0]:
                            self.lines.append(f"    {pair.forward}, {pair.backward}")
                        self.checked(pair, functions, seed, sizes)
                if self.step == 8 and "probabilities" in functions:
                    last = points.PAIRS[8][0]
                    self.stage("numbers", lambda: helpers.probabilities(functions), last, functions)
            except Ended as end:
                return end.outcome
        return self.outcome("passed", "time")

    def changed(self, names, title):
        """The `Outcome` of code that has changed what the check computes with: no other result of it counts."""
        names = sorted(set(names))
        some = ", ".join([*names[:3], *["…"] * (len(names) > 3)])
        self.lines, self.passed = [title], []
        self.say("✗", "import", Text(*(text.format(names=some) for text in CHANGED)))
        return self.outcome("broken", "import")

    def imported(self, what):
        """{name: function}; what is given as functions is taken as it is."""
        try:
            functions = student.functions(student.load(what)) if self.of_file else what
        except student.Broken as problem:
            self.say("✗", "import", problem.text)
            raise Ended(self.outcome("broken", "import")) from None
        pairs = points.PAIRS[self.step] if self.of_file else points.PAIRS[self.step][:1]
        for name in (name for pair in pairs for name in (pair.forward, pair.backward)):
            if not callable(functions.get(name)):
                self.say("✗", "import", Text(f"함수 {name}: 없습니다.", f"there is no function {name}."))
                raise Ended(self.outcome("broken", "import"))
        own = [name for name in reference(self.step) if name in functions]
        self.say("✓", "import", Text(*[", ".join(own)] * 2))
        self.passed.append("import")
        return functions

    def checked(self, pair, functions, seed, sizes):
        """All stages of one pair."""
        slide = bound(functions, pair, points.SLIDE, seed)
        small = bound(functions, pair, sizes, seed)
        right = bound(reference(self.step), pair, sizes, seed)
        other, right_there = again.points_of(functions, reference(self.step), pair, seed)
        agrees = stages.agrees(small, right)
        slow = []  # what the last stage has found on its way

        def numbers():
            found = stages.numbers(small, right)
            again.forward(other, right_there)
            return found

        def gradient():
            found = gradients.gradient(small)
            again.backward(other, right_there)
            return found

        def contract():
            found = gradients.contract(small)
            with again.where(again.SLIDE):
                slow.append(pace.slow(slide, right_slide, functions))
            return found

        right_slide = bound(reference(self.step), pair, points.SLIDE, seed)
        for stage, run in (
            ("shapes", lambda: stages.slide_shapes(self.step, slide, functions, agrees=agrees)),
            ("invariants", lambda: stages.invariants(self.step, small, functions, agrees=agrees)),
            ("numbers", numbers),
            ("gradient shapes", lambda: gradients.gradient_shapes(small)),
            ("gradient", gradient),
            ("contract", contract),
        ):
            self.stage(stage, run, pair, functions)
        for stage, remark in (("time", slow[0]), ("range", again.overflows(self.step, small, right))):
            if remark:
                self.say("!", stage, remark)

    def stage(self, stage, run, pair, functions):
        """Run one stage; raise `Ended` where it is not passed."""
        try:
            self.say("✓", stage, run())
            self.passed.append(stage)
        except NotImplementedError as blank:
            self.blank(stage, blank, functions)
        except Failed as failed:
            self.wrong(stage, failed, pair, functions, run)
        except (Exception, SystemExit) as error:
            text = student.crash(error)
            self.wrong(stage, Failed(Text(f"멈춥니다: {text}", f"stops: {text}")), pair, functions, run)

    def blank(self, stage, blank, functions):
        """Something is still to be written."""
        what = printable(" ".join(str(blank).split()))
        if self.left:  # of a file the first one, wherever it was met
            what = next(iter(self.left.values()))
        part = next((part for part in template.parts(self.step) if what.startswith(part)), None)
        self.say("…", "blank", Text(what, what))
        written = [(name, mark) for _, name, mark in helpers.marks(self.step, functions) if mark != "…"]
        if written:
            said = " · ".join(f"{name} {mark}" for name, mark in written)
            self.lines += paragraph(Text(f"쓴 함수: {said}", f"Written: {said}").in_(self.lang))
        if others := [other for other in self.left if other != part]:
            said = Text(f"남은 빈칸: {', '.join(others)}", f"Blanks left: {', '.join(others)}")
            self.lines += paragraph(said.in_(self.lang))
        if self.of_file and part:
            self.lines += told.where_to_go(part, self.lang)
        raise Ended(self.outcome("blank", stage, part=part)) from None

    def wrong(self, stage, failed, pair, functions, run):
        """Say what is wrong, where, and what the mistake is called. run: the stage, to be asked again."""
        self.say("✗", stage, failed.text)
        of_backward = stage in ("gradient shapes", "gradient", "contract")
        named = known.named(self.step, functions)
        if of_backward == (named.stage == "forward"):  # y has been found to be right, or to be wrong
            named = named._replace(stage=None)
        helper = helpers.at_fault(
            self.step, functions, run, failed, backward=of_backward, named=bool(named.mistake)
        )
        part = helper or template.part_of(self.step, pair.backward if of_backward else pair.forward)
        self.lines += told.lines(failed, named, helper, self.lang)
        if self.of_file:
            self.lines += told.where_to_go(part, self.lang)
        more = {"mistake": named.mistake, "family": named.family, "leaves": tuple(failed.leaves)}
        raise Ended(self.outcome("wrong", stage, part=part, **more)) from None
