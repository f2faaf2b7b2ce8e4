"""The texts of the live page in both languages, and the slides' rows that it shows.

Imports `live_story`, `formulas`, `course/slides`, `language`.
"""

from vitnp.course import slides
from vitnp.course.page import formulas
from vitnp.course.page.live_story import STORY
from vitnp.system.language import Text

CONTROLS = {
    "contents": ("차례", "Contents"),
    "theme": ("밝게/어둡게", "Light/dark"),
    "language": ("English", "한국어"),
    "now": ("지금의 숫자와 예측", "The digit and its prediction"),
    "label": ("정답", "Label"),
    "label_predicted": ("첫 예측", "first prediction"),
    "label_predicted_is": ("첫 예측 ({digit})", "first prediction ({digit})"),
    "digit_label": ("모델이 보는 8×8 그림", "The 8×8 picture that the model sees"),
    "verdict": ("예측: {digit} ({p})", "Prediction: {digit} ({p})"),
    "loss_is": ("손실 {loss}", "Loss {loss}"),
    "reset_all": ("처음 모델로", "Original model"),
    "altered_steps": ("SGD {n}스텝", "SGD steps: {n}"),
    "altered_order": ("패치 섞음", "patches shuffled"),
    "altered_positions": ("포지셔널 임베딩 없음", "no position embedding"),
    "altered_heads": ("꺼진 헤드 {n}개", "heads off: {n}"),
    "altered_scale": ("÷√d_k 없음", "no ÷√d_k"),
    "altered_temperature": ("온도 {T}", "temperature {T}"),
    # 1
    "pad_label": (
        "그리기 판. 방향키로 펜을 옮기고 스페이스바로 펜을 내리거나 듭니다.",
        "Drawing pad. Arrow keys move the pen; the space bar puts it down or lifts it.",
    ),
    "pad_hint": ("여기에 숫자를 그리세요", "Draw a digit here"),
    "pad_keys": ("방향키와 스페이스바로 그립니다", "Draw with the arrow keys and the space bar"),
    "pad_undo": ("마지막 획 취소", "Undo stroke"),
    "pad_clear": ("모두 지우기", "Clear"),
    "test_digits": ("또는 테스트 이미지에서 고르기", "Or choose a test image"),
    "class": ("클래스", "Class"),
    "any_class": ("모두", "any"),
    "next_digit": ("다음 숫자", "Next digit"),
    "wrong_digit": ("모델이 틀리는 숫자", "One it gets wrong"),
    "none_wrong": ("지금 모델이 틀리는 테스트 이미지는 없습니다.", "The model gets no test image wrong now."),
    "is_digit": (
        "테스트 이미지 {count}장 중 {n}번, 정답 {label}",
        "Test image {n} of {count}, label {label}",
    ),
    "is_drawn": ("직접 그린 그림입니다.", "This is your own drawing."),
    "is_blank": (
        "빈 그림입니다. 모델은 빈 그림에도 확률을 나누어 줍니다.",
        "The drawing is empty. The model still divides its probability among the ten classes.",
    ),
    "top_three": ("확률이 가장 큰 세 클래스", "The three most probable classes"),
    "probability": ("확률", "Probability"),
    "logit": ("로짓", "Logit"),
    # 2
    "pixels_label": (
        "8×8 픽셀. 방향키로 옮깁니다. 스페이스바는 고른 값을 칠하고, 숫자 키 0–9는 값 0–16을 칠합니다.",
        "8×8 pixels. Arrow keys move. The space bar sets the chosen value; the keys 0–9 set the values 0–16.",
    ),
    "pixel_label": (
        "{row}행 {column}열, 값 {value}, 그래디언트 {gradient}",
        "row {row}, column {column}, value {value}, gradient {gradient}",
    ),
    "ink": ("칠할 값", "Value to set"),
    "gradient_caption": (
        "∂loss/∂image. 주황색 픽셀을 진하게 하면 손실이 커지고, 파란색 픽셀을 진하게 하면 손실이 작아집니다. "
        "가장 진한 색은 ±{most}입니다.",
        "∂loss/∂image. Orange: more ink raises the loss. Blue: it lowers it. The strongest color is ±{most}.",
    ),
    "strongest": ("손실을 가장 크게 늘리는 픽셀", "Pixel that raises the loss most"),
    "pixel_back": ("되돌리기", "Undo the changes"),
    "pixel_keep": ("현재 상태를 기준으로 삼기", "Use as “before”"),
    "before": ("전", "Before"),
    "after": ("후", "After"),
    "predicted_class": ("예측한 클래스", "Predicted class"),
    "p_of_label": ("정답 {label}의 확률", "Probability of label {label}"),
    "loss_name": ("손실", "Loss"),
    "change_true": ("손실의 실제 변화", "True change of the loss"),
    "change_predicted": ("그래디언트의 예측, Σ ∂loss/∂x·Δx", "Prediction by the gradient, Σ ∂loss/∂x·Δx"),
    # 3
    "inside_attention": ("토큰 하나의 어텐션", "The attention of one token"),
    "patch_name": ("{row}행 {column}열 패치", "patch ({row}, {column})"),
    "tokens_label": ("쿼리 토큰", "Query token"),
    "token_caption": ("쿼리: {token}", "Query: {token}"),
    "maps_label": ("블록과 헤드별 어텐션", "Attention of every block and head"),
    "map_label": (
        "블록 {block}, 헤드 {head}: 패치의 최댓값 {most}, [CLS] {cls}",
        "block {block}, head {head}: largest of the patches {most}, [CLS] {cls}",
    ),
    "map_caption": (
        "노란색은 각 그림에서 가장 큰 가중치이고, 그 값이 아래에 있습니다. 블록 {block}, 헤드 {head}: "
        "{token}의 가중치는 {key}에서 가장 큽니다({weight}).",
        "Yellow is the largest weight of each picture; its value is below. Block {block}, head {head}: {token} attends "
        "most to {key} ({weight}).",
    ),
    "inside_steps": ("슬라이드 순서대로", "Along the rows of the slides"),
    "row_label": ("슬라이드의 행", "Row of the slides"),
    "row_back": ("이전 행", "Previous row"),
    "row_next": ("다음 행", "Next row"),
    "block": ("블록", "Block"),
    "block_n": ("블록 {n}", "Block {n}"),
    "head_n": ("헤드 {n}", "Head {n}"),
    "show_gradient": ("∂loss/∂tensor", "∂loss/∂tensor"),
    "tensor_facts": ("노름 {norm}, 최소 {min}, 최대 {max}", "norm {norm}, min {min}, max {max}"),
    # 4
    "shuffled_label": ("패치의 자리", "The places of the patches"),
    "place_label": ("{place} 자리에 {from}", "At {place}: {from}"),
    "shuffle": ("섞기", "Shuffle"),
    "unshuffle": ("원래 순서", "Original order"),
    "positions_on": ("포지셔널 임베딩", "Position embedding"),
    "with_positions": ("포지셔널 임베딩 있음", "With positions"),
    "without_positions": ("없음", "Without"),
    "class_in_order": ("예측, 원래 순서", "Prediction, original order"),
    "class_shuffled": ("예측, 지금 순서", "Prediction, this order"),
    "logit_difference": ("로짓의 최대 차이", "Largest difference of the logits"),
    # 5
    "switches_label": ("헤드 스위치", "Switches of the heads"),
    "on": ("켜짐", "On"),
    "off": ("꺼짐", "Off"),
    "switch_label": (
        "블록 {block}, 헤드 {head}; 바꾸면 손실 {change}",
        "Block {block}, head {head}; switching it changes the loss by {change}",
    ),
    "heads_on": ("모두 켜기", "All on"),
    "heads_least": ("손실을 가장 적게 늘리는 헤드 끄기", "Switch off the least important"),
    "heads_most": ("손실을 가장 크게 늘리는 헤드 끄기", "Switch off the most important"),
    "heads_line": (
        "{count}개 중 {off}개를 껐습니다. 모두 켰을 때 손실 {before}, 지금 {after}, 예측 {digit}.",
        "{off} of {count} are off. Loss with all on {before}, now {after}; prediction {digit}.",
    ),
    # 6
    "scale_on": ("÷√d_k", "÷√d_k"),
    "temperature": ("온도 T", "Temperature T"),
    "temperature_one": ("T = 1", "T = 1"),
    "scaled": ("÷√d_k 있음", "With ÷√d_k"),
    "unscaled": ("÷√d_k 없음", "Without"),
    "entropy": ("엔트로피 (최대 ln {T} = {most})", "Entropy (at most ln {T} = {most})"),
    "entropy_of_random": ("엔트로피", "Entropy"),
    "largest_weight": ("행의 가장 큰 가중치", "Largest weight of a row"),
    "let_through": (
        "softmax가 통과시키는 그래디언트의 비율 ‖∂u‖/‖∂A‖ (u: softmax의 입력)",
        "Share of the gradient that softmax lets through, ‖∂u‖/‖∂A‖ (u: its input)",
    ),
    "trained_title": ("학습된 모델에서", "In the trained model"),
    "trained_text": (
        "이 모델은 ÷√d_k를 하면서 학습했습니다. d_k = {d_k}이므로 나누지 않으면 스코어가 {root}배가 될 뿐이고, "
        "비율은 크게 달라지지 않을 수 있습니다. A = softmax(S/T)의 온도 T를 0.01까지 낮추면 스코어가 100배가 되는 것과 "
        "같습니다.",
        "This model learned with ÷√d_k. Its d_k is {d_k}, so without the division the scores are only {root} times "
        "larger, and the share may change little. Lowering the temperature T in A = softmax(S/T) to 0.01 is the same "
        "as scores 100 times larger.",
    ),
    "scale_rows": (
        "블록 {block}, 헤드 {head}에서 {token}의 어텐션 가중치 (3번에서 고릅니다)",
        "The attention weights of {token} in block {block}, head {head} (chosen in section 3)",
    ),
    "scale_curve": (
        "온도에 따른 엔트로피와, softmax가 통과시키는 그래디언트의 비율. 세로선이 지금의 T입니다.",
        "Entropy and the share of the gradient that softmax lets through, by temperature. The vertical line is the "
        "current T.",
    ),
    "curve_entropy": ("엔트로피 / ln {T}", "entropy / ln {T}"),
    "curve_through": ("그래디언트의 비율 (1 = {top})", "share of the gradient (1 = {top})"),
    "width": ("d_k", "d_k"),
    "score_spread": ("스코어의 표준편차", "Standard deviation of the scores"),
    # 7
    "rate": ("학습률 η", "Learning rate η"),
    "one_step": ("한 스텝", "One step"),
    "ten_steps": ("10스텝", "Ten steps"),
    "undo_step": ("한 스텝 취소", "Undo one"),
    "reset_steps": ("처음 파라미터로", "Original parameters"),
    "last_step": ("지난 스텝", "Last step"),
    "next_step": ("다음 스텝", "Next step"),
    "loss_before": ("스텝 전 손실", "Loss before"),
    "norm_dp": ("‖∂θ‖, θ: 모든 파라미터", "‖∂θ‖, θ: all parameters"),
    "predicted_decrease": ("예측한 변화 −η·‖∂θ‖²", "Predicted change −η·‖∂θ‖²"),
    "true_decrease": ("실제 변화", "True change"),
    "loss_after": ("스텝 후 손실", "Loss after"),
    "step_too_large": (
        "{n}번째 스텝은 너무 컸습니다. 손실의 변화가 1차 근사의 예측과 크게 다릅니다.",
        "Step {n} was too large: its change of the loss is far from the first-order prediction.",
    ),
    "step_overflows": (
        "파라미터가 너무 커져 손실을 계산할 수 없으므로 이 스텝은 실행하지 않았습니다.",
        "This step was not taken: the parameters would be too large to compute the loss.",
    ),
    "change_next": (
        "다음 스텝에서 각 부분이 변하는 크기 (노름)",
        "How much each part changes in the next step (norm)",
    ),
    "change_so_far": ("지금까지 각 부분이 변한 크기 (노름)", "How much each part has changed so far (norm)"),
    "part_project": ("패치 임베딩", "Patch embedding"),
    "part_class_token": ("[CLS]", "[CLS]"),
    "part_position": ("포지셔널 임베딩", "Positions"),
    "part_norm": ("마지막 LayerNorm", "Last LayerNorm"),
    "part_classify": ("분류 헤드", "Classifier"),
    "part_norms": ("블록 {block} LayerNorm", "Block {block} LayerNorm"),
    "part_attention": ("블록 {block} 어텐션", "Block {block} attention"),
    "part_feed_forward": ("블록 {block} FFN", "Block {block} FFN"),
    "progress": ("진행", "Progress"),
    "stepping": ("스텝을 실행하는 중입니다 …", "Taking the steps …"),
    "measuring": ("테스트 이미지의 정확도를 재는 중입니다 …", "Measuring the accuracy on the test images …"),
    "accuracy_line": (
        "테스트 이미지 {count}장의 정확도: 처음 파라미터 {before}, 지금 {now}",
        "Accuracy on {count} test images: original parameters {before}, now {now}",
    ),
    # 8
    "leaf": ("파라미터", "Parameter"),
    "index": ("번호", "Index"),
    "random_weight": ("무작위로", "At random"),
    "weight_value": ("값", "Value"),
    "analytic": ("역전파", "Backward pass"),
    "numeric": ("중심 차분", "Central difference"),
    "relative_error": ("상대 오차", "Relative error"),
    "check_key_bias": (
        "b_K는 한 행의 모든 스코어에 같은 수를 더하고, softmax에서는 그 수가 약분됩니다. 그래서 참값은 0입니다.",
        "b_K adds the same number to all scores of a row, and softmax cancels it: the true gradient is 0.",
    ),
    "check_floor": (
        "두 값의 크기가 모두 {floor}(모든 파라미터 중 가장 큰 그래디언트의 1/1,000,000)보다 작으므로, 차이를 "
        "이 값으로 나누었습니다.",
        "Both values are smaller than {floor}, 1/1,000,000 of the largest gradient of any parameter, so their "
        "difference is divided by that.",
    ),
    "check_curve": ("h에 따른 상대 오차 (로그 눈금)", "Relative error by h (log scale)"),
}
WORDS = {key: Text(*texts) for key, texts in (STORY | CONTROLS).items()}


def rows(config):
    """The rows of the slides with the tensors that the page draws: names of the trace, formulas and those of ∂."""
    return [
        {
            "title": {"ko": row.title_ko, "en": row.title_en},
            "tensors": [_tensor(tensor, config) for tensor in row.tensors if tensor.name],
        }
        for row in slides.rows(config)
    ]


def _tensor(tensor, config):
    formula, formula_back = formulas.of(tensor.name, config)
    return {
        "name": tensor.name,
        "slide_name": tensor.slide_name,
        "formula": formula,
        "formula_back": formula_back,
    }
