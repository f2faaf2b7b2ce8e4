"""What the slides, and the paper's text, say of the results, each checked with the numbers that the paper prints.

A check returns a `Finding`: a verdict, and the numbers that it stands on. `vitnp paper --table claims` prints them;
docs/paper.md has them for lecturers.
"""

from typing import NamedTuple

from vitnp.course.paper import compared
from vitnp.course.paper.pretraining import BIT, FIGURE_3, PRETRAINED_ON, TABLE_5, TABLE_5_MODELS
from vitnp.course.paper.scaling import TABLE_6, cheaper_as_good, exaflops
from vitnp.course.paper.sota import CORE_DAYS
from vitnp.course.paper.vtab import TABLE_9
from vitnp.models import preset
from vitnp.system.language import Text

TRUE, PARTLY, FALSE = Text("맞음", "true"), Text("일부만 맞음", "partly true"), Text("틀림", "false")
UNKNOWN = Text("확인 불가", "cannot be checked")
H14, L16, BIT_L, NOISY = "ViT-H/14 (JFT)", "ViT-L/16 (JFT)", "BiT-L (R152x4)", "Noisy Student"
BIT_EPOCHS = 40  # of BiT-L's pre-training at 224 pixels (the BiT paper)


class Finding(NamedTuple):
    """A verdict, and the numbers it stands on."""

    verdict: Text
    numbers: Text


class Claim(NamedTuple):
    """A claim as a deck (its number), or the paper's text, makes it."""

    decks: str
    said: Text
    check: object  # () → Finding


def listed(rows):
    """Differences in words: "ImageNet +0.22 (10.6 SE)"; without ± the points alone. SE: a standard error."""
    told = []
    for row in rows:
        errors = "" if row.errors is None else f" ({abs(row.errors):.1f} SE)"
        told.append(f"{row.row} {row.points:+.2f}{errors}")
    return ", ".join(told)


def exceeds(model, other):
    """A `Finding` on "model is better than other on every data set" of Table 2."""
    rows = compared.compared(model, other)
    higher = compared.exceeding(model, other)
    shown = compared.exceeding(model, other, errors=compared.SHOWN)
    verdict = TRUE if len(higher) == len(rows) else PARTLY if higher else FALSE
    count, all_rows = f"{len(higher)}/{len(rows)}", listed(rows)
    return Finding(
        verdict,
        Text(
            f"{count}개 행에서 높고, {compared.SHOWN:.1f} 표준오차(SE)를 넘는 행은 {len(shown)}개: {all_rows}",
            f"higher in {count} rows, by more than {compared.SHOWN:.1f} standard errors (SE) in {len(shown)}: "
            f"{all_rows}",
        ),
    )


def bit_exaflops():
    """BiT-L's pre-training in exaFLOPs, counted here as Table 6 counts: without the zeros of the padding."""
    return exaflops(preset("R152x4"), epochs=BIT_EPOCHS, padding=False)


def less_compute():
    """A `Finding` on "ViT takes far less time to train than BiT-L"."""
    counted = {row.name: row.exaflops for row in TABLE_6 if row.epochs == 14}
    of_bit = bit_exaflops()
    days = {model: f"{compared.share_of_core_days(model, BIT_L):.0%}" for model in (H14, L16)}
    flops = {name: f"{counted[name] / of_bit:.0%}" for name in ("H/14", "L/16")}
    verdict = (
        TRUE
        if max(compared.share_of_core_days(m, o) for m in (H14, L16) for o in (BIT_L, NOISY)) < 1
        else FALSE
    )
    noisy = f"{compared.share_of_core_days(H14, NOISY):.0%}"
    return Finding(
        verdict,
        Text(
            f"TPUv3-core-days: H/14는 BiT-L의 {days[H14]}, L/16은 {days[L16]}. H/14는 Noisy Student의 {noisy}. 연산량"
            f"(exaFLOPs, BiT-L은 여기서 계산)은 {flops['H/14']}와 {flops['L/16']}. ViT는 14 에폭, BiT-L은 {BIT_EPOCHS} "
            f"에폭 학습",
            f"TPUv3-core-days: H/14 {days[H14]} of BiT-L's, L/16 {days[L16]}; H/14 {noisy} of Noisy Student's. In "
            f"exaFLOPs (BiT-L's counted here) {flops['H/14']} and {flops['L/16']}. They were trained for 14 epochs, "
            f"BiT-L for {BIT_EPOCHS}",
        ),
    )


def cloud_days():
    """A `Finding` on "a cloud TPUv3 with 8 cores trains L/16 on ImageNet-21k in about 30 days"."""
    days = CORE_DAYS[compared.place("ViT-L/16 (ImageNet-21k)")] / 8
    verdict = TRUE if abs(days / 30 - 1) < 0.1 else FALSE
    return Finding(verdict, Text(f"0.23k / 8 = {days:.1f}일", f"0.23k / 8 = {days:.1f} days"))


def larger_data():
    """A `Finding` on "with a large data set ViT is better than BiT, with a small one BiT"."""
    told, ahead = {"ko": [], "en": []}, []
    for i, name in enumerate(PRETRAINED_ON):
        vits = {
            model: values[i]
            for model, values in FIGURE_3.items()
            if model != BIT[0] and values[i] is not None
        }
        best, bit = max(vits, key=vits.get), BIT[1][i]
        above = sum(value > bit for value in vits.values())
        ahead.append(above / len(vits))
        pair = f"{best} {vits[best]:.2f}, {BIT[0]} {bit:.2f}"
        told["ko"].append(f"{name}: {pair}, BiT보다 높은 ViT {above}/{len(vits)}")
        told["en"].append(f"{name}: {pair}, {above} of {len(vits)} ViTs above it")
    verdict = TRUE if (ahead[0], ahead[-1]) == (0, 1) else PARTLY
    return Finding(verdict, Text(*("; ".join(told[lang]) for lang in Text._fields)))


def larger_models():
    """A `Finding` on "a larger ViT is much better"."""
    both = [TABLE_5_MODELS.index(name) for name in ("ViT-B/16", "ViT-L/16")]
    pairs = {name: [sets["ImageNet"][i] for i in both] for name, sets in TABLE_5.items()}
    told = ", ".join(f"{name} {base:.2f} → {large:.2f}" for name, (base, large) in pairs.items())
    verdict = TRUE if all(large > base for base, large in pairs.values()) else PARTLY
    return Finding(
        verdict,
        Text(f"ImageNet 정확도, B/16 → L/16: {told}", f"accuracy on ImageNet, B/16 → L/16: {told}"),
    )


def order():
    """A `Finding` on "ViT > Hybrid > ResNet"."""
    rows = {kind: [row for row in TABLE_6 if row.kind == kind] for kind in ("Hybrid", "ResNet")}
    dearer = {
        kind: [row for row in found if (vit := cheaper_as_good(row)) and vit.exaflops <= row.exaflops]
        for kind, found in rows.items()
    }
    hybrids, resnets = ((len(dearer[kind]), len(rows[kind])) for kind in ("Hybrid", "ResNet"))
    return Finding(
        TRUE if dearer == rows else PARTLY,
        Text(
            "정확도가 같거나 높으면서 연산이 더 많지 않은 ViT가 있는 모델: "
            f"ResNet {resnets[1]}개 중 {resnets[0]}개, 하이브리드 {hybrids[1]}개 중 {hybrids[0]}개",
            f"{resnets[0]} of {resnets[1]} ResNets and {hybrids[0]} of {hybrids[1]} hybrids have a ViT at least as "
            "accurate that needs no more compute",
        ),
    )


def groups():
    """A `Finding` on "ViT-H/14 is good in each group of VTAB, too"."""
    means = {
        group: [sum(column) / len(tasks) for column in zip(*tasks.values(), strict=True)]
        for group, tasks in TABLE_9.items()
    }
    told = ", ".join(f"{group} {h14:.1f} / {l16:.1f}" for group, (h14, l16, _) in means.items())
    return Finding(
        UNKNOWN,
        Text(
            f"BiT-L의 그룹별 값은 그림(Figure 2)뿐이고, 논문은 Specialized에서 비슷하다고 합니다. H/14와 "
            f"L/16(JFT): {told}",
            f"BiT-L's groups are a plot alone (Figure 2); the paper's text calls Specialized similar. H/14 / L/16 "
            f"(JFT): {told}",
        ),
    )


CLAIMS = (
    Claim(
        "003",
        Text("ResNet보다도 좋은 성능 (H/14와 BiT-L)", "better than the ResNet (H/14 and BiT-L)"),
        lambda: exceeds(H14, BIT_L),
    ),
    Claim(
        "001, paper",
        Text("ViT-L/16은 모든 과제에서 BiT-L보다 높다", "ViT-L/16 exceeds BiT-L on all tasks"),
        lambda: exceeds(L16, BIT_L),
    ),
    Claim(
        "001",
        Text("ViT-H/14는 ViT-L/16보다 향상된 성능", "ViT-H/14 improves on ViT-L/16"),
        lambda: exceeds(H14, L16),
    ),
    Claim(
        "003, 001",
        Text("훈련 시간 또한 적음, BiT-L보다 훨씬 짧음", "far less training time than BiT-L"),
        less_compute,
    ),
    Claim(
        "paper",
        Text(
            "ImageNet-21k의 L/16은 8코어 TPUv3로 약 30일",
            "L/16 on ImageNet-21k: about 30 days with 8 cores",
        ),
        cloud_days,
    ),
    Claim(
        "001",
        Text("VTAB의 각 그룹에서도 H/14가 좋은 결과", "H/14 is good in each group of VTAB"),
        groups,
    ),
    Claim(
        "003",
        Text(
            "데이터가 크면 ViT가, 작으면 BiT가 높다",
            "with large data ViT is ahead of BiT, with small data BiT",
        ),
        larger_data,
    ),
    Claim("003", Text("크기를 키우면 성능이 훨씬 좋아진다", "a larger ViT is much better"), larger_models),
    Claim("003", Text("효율은 ViT > Hybrid > ResNet", "efficiency: ViT > Hybrid > ResNet"), order),
)
