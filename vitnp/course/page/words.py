"""The texts of the explore page, in both languages; {names} are filled in by the page.

Imports its neighbor `key_words`, `language`.
"""

from vitnp.course.page.key_words import KEYS
from vitnp.system.language import Text

WORDS = {
    # the page
    "tour": Text("둘러보기 시작", "Start the tour"),
    "theme": Text("밝은 화면과 어두운 화면", "Light or dark"),
    "help": Text("키보드 단축키", "Keyboard shortcuts"),
    "other_language": Text("English", "한국어"),
    "parameters": Text("파라미터 {parameters}개", "{parameters} parameters"),
    "prediction": Text("예측: {name} ({p})", "prediction: {name} ({p})"),
    "random": Text(
        "난수 가중치(seed {seed}{also}): shape와 식은 맞지만, 어텐션과 예측에는 아무 의미가 없습니다.",
        "Random weights (seed {seed}{also}): shapes and formulas are true; what the model sees means nothing.",
    ),
    "random_also": Text("; 공개 당시 0인 {parts} 포함", "; also {parts}, zero when released"),
    "part_class_token": Text("[CLS]", "[CLS]"),
    "part_head": Text("헤드", "the head"),
    "part_and": Text(", ", " and "),
    "parts": Text("페이지의 부분", "Parts of the page"),
    "tab_photo": Text("사진", "Photo"),
    "tab_rows": Text("단계", "Steps"),
    "tab_tensor": Text("텐서", "Tensor"),
    # layer, head
    "controls": Text("레이어와 헤드", "Layer and head"),
    "layer": Text("레이어", "Layer"),
    "head": Text("헤드", "Head"),
    "mean": Text("평균", "mean"),
    "layer_less": Text("이전 레이어", "Previous layer"),
    "layer_more": Text("다음 레이어", "Next layer"),
    "head_less": Text("이전 헤드", "Previous head"),
    "head_more": Text("다음 헤드", "Next head"),
    "layer_value": Text("레이어 {layer} / {layers}", "layer {layer} of {layers}"),
    "layer_number": Text("레이어 {number}", "layer {number}"),
    "head_number": Text("헤드 {number}", "head {number}"),
    "mean_of_heads": Text("모든 헤드의 평균", "mean of the heads"),
    # photo
    "photo": Text("사진", "photo"),
    "map": Text("맵", "map"),
    "opacity": Text("사진 위 맵의 진하기", "How strongly the map covers the photo"),
    "photo_label": Text(
        "사진과 패치. 방향키로 패치를 선택합니다.", "Photo and its patches. Arrow keys choose a patch."
    ),
    "photo_help": Text(
        "패치를 누르면 고정, 다시 누르면 해제됩니다.",
        "Click a patch to hold it, again to let go.",
    ),
    "patch_name": Text("패치 ({row}, {column})", "patch ({row}, {column})"),
    "distance_name": Text("거리 {distance}", "distance {distance}"),
    "register_name": Text("레지스터 {number}", "register {number}"),
    "chosen": Text("선택: {token}. {what}", "Chosen: {token}. {what}"),
    "maps": Text("사진 위에 표시할 맵", "Map over the photo"),
    "map_token": Text("이 패치", "This patch"),
    "map_cls": Text("[CLS]", "[CLS]"),
    "map_rollout": Text("롤아웃", "Rollout"),
    "map_norm": Text("노름", "Norms"),
    "rollout_from": Text("레이어 1 제외", "skip layer 1"),
    "times_uniform": Text("균등(1/{tokens})의 {times}배", "{times} × uniform (1/{tokens})"),
    "says_token": Text(
        "레이어 {layer}, {head}: {token}의 어텐션.", "Layer {layer}, {head}: attention of {token}."
    ),
    "says_cls": Text("레이어 {layer}, {head}: [CLS]의 어텐션.", "Layer {layer}, {head}: attention of [CLS]."),
    "says_rollout": Text(
        "{token}의 롤아웃: 레이어 {from}–{to}의 ½·(Ā + I)를 차례로 곱한 값. Ā는 헤드 평균, 제곱근 눈금.",
        "Rollout of {token}: ½·(Ā + I) of layers {from}–{to}, multiplied; Ā: mean of the heads. Square-root scale.",
    ),
    "says_norm": Text("토큰별 노름: {tensor}.", "Norm of each token's row of {tensor}."),
    "says_norm_back": Text(
        "토큰별 노름(제곱근 눈금): ∂loss/∂{tensor}.",
        "Norm of each token's row of ∂loss/∂{tensor}; square-root scale.",
    ),
    "says_gradient": Text(
        "레이어 {layer}, {head}: ∂loss/∂{slide_name} 가운데 쿼리 [CLS]의 행(제곱근 눈금).",
        "Layer {layer}, {head}: the row of the query [CLS] of ∂loss/∂{slide_name}; square-root scale.",
    ),
    "no_rows": Text("이 텐서에는 토큰별 행이 없습니다.", "This tensor has no row for each token."),
    "asked": Text("{token}: {value}.", "{token}: {value}."),
    "most": Text("가장 큰 패치: {token}, {value}.", "Largest patch: {token}, {value}."),
    # rows, walk
    "group_stem": Text("입력", "Before the blocks"),
    "group_block": Text(
        "블록 × {layers} · 레이어 {layer}",
        "Block × {layers} · layer {layer}",
    ),
    "group_end": Text("출력", "After the blocks"),
    "erratum": Text("≠ 슬라이드: “{printed}” · 정정: {right}", "≠ slide: “{printed}” · true: {right}"),
    "walk": Text("단계별로 보기", "Step by step"),
    "next": Text("다음", "Next"),
    "previous": Text("이전", "Previous"),
    "place_forward": Text("순전파 {number} / {count} · {name}", "Forward {number} / {count} · {name}"),
    "place_back": Text("역전파 {number} / {count} · ∂{name}", "Backward {number} / {count} · ∂{name}"),
    # tensor
    "gradient": Text("∂loss/∂tensor", "∂loss/∂tensor"),
    "no_head": Text(
        "이 모델에는 분류 헤드가 없으므로 손실도 그래디언트도 없습니다.",
        "This model has no classification head: no loss, so no gradient.",
    ),
    "zero_head": Text(
        "이 모델의 분류 헤드는 모두 0이라, 그래디언트도 없습니다.",
        "The classification head of this model is all zeros, so there is no gradient.",
    ),
    "each_on_its_own": Text(
        "이 모델은 클래스마다 따로 예측하므로(시그모이드), 이 페이지의 손실(교차 엔트로피)을 쓸 수 없습니다.",
        "This model predicts each class on its own (sigmoid); the loss of this page does not apply.",
    ),
    "gradient_note": Text(
        "정답이 “{label}”일 때의 손실 {loss}에 대한 그래디언트(기울기)입니다.",
        "Gradient of the loss {loss}, with “{label}” as the label.",
    ),
    "tensor_says": Text("{name}, shape {shape}", "{name}, shape {shape}"),
    "tensor_in_layer": Text("{name}, 레이어 {layer}, shape {shape}", "{name}, layer {layer}, shape {shape}"),
    "why_scores": Text(
        "√d_k로 나누는 이유: 곱 {K}개의 합은 분산이 약 {K}배입니다. 나누지 않으면 Softmax가 한 토큰에 가중치를 "
        "거의 다 주고, 그래디언트는 0에 가까워집니다.",
        "Why ÷√d_k: a sum of {K} products has about {K} times the variance of one. Without it softmax tends to give "
        "nearly all weight to one token, and its gradient is close to 0.",
    ),
    "from_zero": Text("(0부터)", "(from 0)"),
    "slide_prints": Text("≠ 슬라이드: {shape}", "≠ slide: {shape}"),
    "slide_b16": Text("슬라이드(B/16): {shape}", "slide (B/16): {shape}"),
    "shape_head": Text("아래는 헤드 {head}의 행렬", "below: the matrix of head {head}"),
    "shape_all_heads": Text("헤드 전체", "all heads"),
    "shape_batch": Text("이미지 한 장", "one image"),
    "made_from": Text("계산에 쓰인 텐서", "made from"),
    "goes_into": Text("쓰이는 곳", "goes into"),
    "heat_label": Text("{tensor}의 히트맵", "Heat map of {tensor}"),
    "heat_tokens": Text(
        "행은 토큰이고, 칸 하나는 이웃한 열 몇 개입니다. 색은 그 가운데 절댓값이 가장 큰 값이며, 제곱근 눈금입니다.",
        "Rows are tokens; a cell is some neighboring columns. Its color: their largest magnitude (square-root scale).",
    ),
    "heat_distances": Text(
        "행은 두 토큰의 거리 k − q, 칸 하나는 이웃한 열 몇 개입니다. 색은 그중 절댓값이 가장 큰 값(제곱근 눈금)입니다.",
        "Rows are distances k − q of two tokens; a cell is some neighboring columns: their largest magnitude.",
    ),
    "heat_heads": Text(
        "행은 헤드, 칸 하나는 이웃한 열 몇 개입니다. 색은 그중 절댓값이 가장 큰 값(제곱근 눈금)입니다.",
        "Rows are heads; a cell is some neighboring columns: their largest magnitude (square-root scale).",
    ),
    "heat_class_row": Text(
        "[CLS]의 행만 그렸습니다. 손실이 마지막 블록의 다른 행을 쓰지 않아, 나머지 행의 그래디언트는 정확히 0입니다.",
        "Only the row of [CLS] is drawn. The loss uses no other row of the last block, so all others are exactly 0.",
    ),
    "heat_vector": Text("정확한 값, 제곱근 눈금.", "Exact values, colors on a square-root scale."),
    "heat_image": Text("모델에 입력된 사진입니다.", "The photo as the model gets it."),
    "heat_pixels": Text(
        "픽셀마다 채널 중 절댓값이 가장 큰 값, 제곱근 눈금.",
        "For each pixel the channel of largest magnitude, on a square-root scale.",
    ),
    "heat_A": Text(
        "행은 쿼리, 열은 키. 색은 가중치의 제곱근 눈금입니다. 각 행의 합은 1입니다.",
        "Rows are queries, columns are keys. Colors are on a square-root scale. Each row sums to 1.",
    ),
    "heat_S": Text(
        "행은 쿼리, 열은 키. S는 이 페이지의 A에서 다시 계산했습니다: S = ln A + ln Σ exp S.",
        "Rows are queries, columns are keys. The page computes S from its A: S = ln A + ln Σ exp S.",
    ),
    "heat_S_blank": Text(
        "행은 쿼리, 열은 키. S = ln A + ln Σ exp S. 빈칸은 이 페이지의 A가 0이라 S의 상한만 알 수 있는 곳입니다.",
        "Rows: queries; columns: keys. S = ln A + ln Σ exp S. Blank: A is 0 on this page; S has only an upper bound.",
    ),
    "heat_score_back": Text(
        "쿼리 [CLS]의 행만 저장했습니다. 왼쪽부터 키 {tokens}개, 제곱근 눈금.",
        "Only the row of the query [CLS] is stored: {tokens} keys from left to right, on a square-root scale.",
    ),
    "heat_score_none": Text(
        "[CLS]가 없는 모델이라, 이 페이지에는 이 행렬의 행별 노름만 있습니다.",
        "Without [CLS] the page has only the norms of this matrix's rows.",
    ),
    "heat_absent": Text(
        "이 텐서의 숫자는 이 페이지에 없습니다.", "The page does not have this tensor's numbers."
    ),
    "bars": Text("가장 큰 값부터.", "The largest values first."),
    "bars_back": Text(
        "절댓값이 큰 그래디언트부터. 0인 것은 뺐습니다.",
        "The gradients of largest magnitude first; zeros are left out.",
    ),
    "cell_one": Text("{token}, 열 {columns}: {value}", "{token}, column {columns}: {value}"),
    "cell_bin": Text(
        "{token}, 열 {columns} 중 가장 큰 값: {value}",
        "{token}, largest of columns {columns}: {value}",
    ),
    "cell_exact": Text("열 {columns}: {value}", "column {columns}: {value}"),
    "cell_pixel": Text("픽셀 [{row}, {columns}]: {value}", "pixel [{row}, {columns}]: {value}"),
    "cell_rgb": Text(
        "픽셀 [{row}, {column}]: 빨강 {red}, 초록 {green}, 파랑 {blue}",
        "pixel [{row}, {column}]: red {red}, green {green}, blue {blue}",
    ),
    "cell_A": Text("쿼리 {query} → 키 {key}: {value}", "query {query} → key {key}: {value}"),
    "cell_S": Text("쿼리 {query} · 키 {key}: {value}", "query {query} · key {key}: {value}"),
    "cell_score_back": Text("쿼리 [CLS], 키 {key}: {value}", "query [CLS], key {key}: {value}"),
    "below": Text("{value} 미만", "below {value}"),
    # numbers
    "stats": Text("텐서 전체", "The whole tensor"),
    "stat_norm": Text("노름", "norm"),
    "stat_min": Text("최솟값", "min"),
    "stat_mean": Text("평균", "mean"),
    "stat_max": Text("최댓값", "max"),
    "numbers_at": Text("{name} · {token}", "{name} at {token}"),
    "column": Text("열", "column"),
    "value": Text("값", "value"),
    "weight": Text("가중치", "weight"),
    "error": Text("오차", "error"),
    "largest_of_bin": Text("절댓값이 가장 큰 값", "largest |value|"),
    "largest_keys": Text("값이 큰 키", "largest keys"),
    "row_norm": Text("이 행({columns}열)의 노름: {norm}.", "Norm of this row of {columns} columns: {norm}."),
    "row_zero": Text("이 행은 모두 정확히 0입니다.", "This row is exactly zero."),
    "no_row": Text("이 텐서에는 {token}의 행이 없습니다.", "This tensor has no row for {token}."),
    "sum_one": Text(
        "한 행의 가중치를 모두 더하면 1입니다. ±는 이 페이지의 반올림 오차입니다.",
        "The weights of a row sum to 1. ± is this page's rounding.",
    ),
    "score_note": Text("이 쿼리에서 가장 큰 스코어입니다.", "The largest scores of this query."),
    "score_note_known": Text(
        "S의 값을 알 수 있는 키 중에서 가장 큰 스코어입니다.",
        "The largest scores that the page knows of this query.",
    ),
    "only_class_row": Text(
        "행의 값은 [CLS]의 것만 저장했습니다.", "The page stores the values of the row of [CLS] only."
    ),
    "corner": Text(
        "값 [{head}:{rows}, :{columns}], 유효숫자 6자리", "Values [{head}:{rows}, :{columns}], to six digits"
    ),
    "code": Text("코드", "Code"),
    "class_number": Text("클래스 {index}", "class {index}"),
    # tour
    "stop": Text("둘러보기 {number} / {count}", "Tour {number} / {count}"),
    "leave": Text("나가기", "Leave"),
    "back": Text("이전", "Back"),
    "finish": Text("마치기", "Finish"),
    **KEYS,
}
