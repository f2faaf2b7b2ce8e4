"""Every command and what it does, by what people want; `vitnp` alone prints it. Imports `system`."""

from vitnp.system.language import Text
from vitnp.system.output import width

GROUPS = {
    Text("배우기", "Learn"): {
        "demo": Text(
            "첫 1분: 사진의 shape, 모든 그래디언트, 학습, 보고서와 그림",
            "the first minute: shapes, every gradient, a training, a report",
        ),
        "walk": Text(
            "사진 한 장을 모델에 넣어 모든 단계를 슬라이드와 비교",
            "run a photo through a model, check every step with the slides",
        ),
        "explore": Text(
            "설치 없이 여는 페이지: 사진 한 장의 모든 텐서, 실행되는 ViT",
            "an interactive page in one file: every tensor, or a live ViT",
        ),
        "gradcheck": Text(
            "모델의 모든 그래디언트를 수치 미분으로 검사",
            "check every gradient of a model against numerical derivatives",
        ),
        "bias": Text(
            "귀납적 편향에 관한 슬라이드의 주장을 직접 측정", "measure what the slides say of inductive bias"
        ),
        "paper": Text(
            "논문의 결과표, 직접 학습한 결과와 나란히",
            "the paper's tables of results, your own runs beside them",
        ),
    },
    Text("직접 작성하기", "Write it yourself"): {
        "workshop": Text(
            "여덟 단계 직접 작성: 검사, 힌트, 학습, 채점",
            "write the eight steps: check, hints, training, grading",
        ),
        "lab": Text(
            "노트북을 복사해 JupyterLab에서 실습",
            "copy the notebooks, to work on them in JupyterLab",
        ),
        "quiz": Text(
            "단계마다 객관식 세 문제: 인쇄용, 학습 관리 시스템용",
            "three questions per step, for print or for a course platform",
        ),
    },
    Text("학습하기", "Train"): {
        "train": Text(
            "모델을 학습하고 기록과 곡선을 저장", "train a model; save it, its history and its curves"
        ),
        "pretrain": Text(
            "레이블 없이 사전 학습(마스크된 패치 예측)",
            "pre-train on images without labels, for train --init",
        ),
        "fine-tune": Text(
            "학습된 가중치를 논문의 방법으로 미세 조정", "fine-tune trained weights as the paper does it"
        ),
        "compare": Text(
            "설정 하나를 바꿔 여러 시드로 비교: 표와 그림",
            "train with one field changed, over seeds; table and picture",
        ),
        "self-train": Text(
            "레이블이 적을 때: 교사의 예측으로 학생 학습(Noisy Student)",
            "few labels: train students on a teacher's predictions",
        ),
        "linear-eval": Text(
            "고정된 모델의 few-shot 정확도", "few-shot accuracy of a frozen model, in closed form"
        ),
        "vtab": Text(
            "VTAB 과제 19개에 미세 조정: 그룹별 표", "fine-tune on VTAB's 19 tasks; a table by groups"
        ),
        "translate": Text(
            "Transformer를 문장 쌍으로 학습하고 번역",
            "train a Transformer on pairs of sentences, and translate",
        ),
        "recipes": Text(
            "하이퍼파라미터와 기대되는 정확도 목록", "hyper-parameters, and the accuracy to expect"
        ),
    },
    Text("학습된 모델 보기", "Look at a trained model"): {
        "look": Text(
            "어텐션, 위치, 필터, 롤아웃을 그림으로 저장", "draw attention, positions, filters and rollout"
        ),
        "predict": Text("사진의 클래스 예측", "predict the classes of photos"),
        "evaluate": Text(
            "테스트 이미지의 정확도(ReaL 레이블도)", "accuracy on test images, with ReaL labels too"
        ),
    },
    Text("파일과 설정", "Files and settings"): {
        "weights": Text(
            "공개된 가중치 목록, 다운로드, 검사, 변환",
            "list, fetch, inspect and convert published weights",
        ),
        "info": Text(
            "모델의 설정, 파라미터 수, 연산량, 메모리",
            "a model's configuration, parameters, multiply–adds, bytes",
        ),
    },
}
COMMANDS = {name: what for group in GROUPS.values() for name, what in group.items()}
ABOUT = Text(
    "NumPy로 직접 작성한 Vision Transformer. 슬라이드의 단계를 그대로 따릅니다.",
    "A Vision Transformer written by hand in NumPy, step by step with the slides.",
)
USAGE = Text("사용법: vitnp 명령 …", "usage: vitnp COMMAND …")
END = Text(
    "옵션: vitnp 명령 --help   버전: vitnp --version\n처음이라면: vitnp demo",
    "options: vitnp COMMAND --help   version: vitnp --version\nnew here? vitnp demo",
)


def page(lang=None):
    """The help of `vitnp`: every command in its group."""
    lines = [USAGE.in_(lang), "", ABOUT.in_(lang)]
    wide = max(map(width, COMMANDS))
    for title, group in GROUPS.items():
        lines += ["", title.in_(lang)]
        lines += [f"  {name:{wide}}  {what.in_(lang)}" for name, what in group.items()]
    return "\n".join([*lines, "", END.in_(lang), ""])
