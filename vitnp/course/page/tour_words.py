"""The texts of the tour: of each stop a title, and sentences that hold for every model or for one kind.

A sentence is (kind, Text); kind None: of every model, otherwise of those that `tour.kinds_of` names so. `tour` puts the
numbers of the model in {}.
"""

from vitnp.system.language import Text

# fmt: off
TWO_PATHS = Text(
    "블록마다 그래디언트는 두 길로 전달됩니다. 잔차 연결에서는 토큰마다 따로 전달되고, 어텐션에서는 "
    "∂V⁽ⁱ⁾ = A⁽ⁱ⁾ᵀ·∂O⁽ⁱ⁾처럼 ∂K와 ∂V를 거쳐 다른 토큰에도 전달됩니다. 가중치가 클수록 더해지는 항이 "
    "큽니다. 이렇게 모든 블록을 거쳐 이미지까지 전달됩니다.",
    "In each block the gradient takes two paths: through the residual each token alone, and through "
    "attention also to other tokens, by ∂K and ∂V: ∂V⁽ⁱ⁾ = A⁽ⁱ⁾ᵀ·∂O⁽ⁱ⁾ adds more where the weight "
    "is larger. So it passes all blocks and reaches the image.")
TITLES = {
    "patches": Text("사진을 패치로 분할", "The photo becomes patches"),
    "tokens": Text("패치에서 토큰으로", "From patch to token"),
    "heads": Text("Q, K, V와 헤드", "Q, K, V and the heads"),
    "scores": Text("스코어, 그리고 √d_k로 나누는 이유", "The scores, and why ÷√d_k"),
    "softmax": Text("이 패치는 어디를 보는가", "What does this patch attend to?"),
    "values": Text("V의 가중합과 W_O", "The weighted sum of V, and W_O"),
    "residual": Text("잔차 연결과 LayerNorm", "Residual and LayerNorm"),
    "mlp": Text("MLP와 GELU", "The MLP with GELU"),
    "blocks": Text("블록 {L}개를 차례로", "{L} blocks, one after another"),
    "classes": Text("클래스 예측", "From the last tokens to a class"),
    "loss": Text("손실과 마지막 블록의 그래디언트", "The loss, and the last block's gradient"),
    "back": Text("그래디언트가 다른 토큰에 전달되는 곳", "Where the gradient reaches the other tokens"),
}
STOPS = {
    "patches": (
        (None, Text(
            "사진을 {rows}x{cols} 격자로 나누어 {P}x{P} 픽셀인 패치 {N}개를 만듭니다. 패치 하나를 Flatten하면 "
            "{P}·{P}·{C} = {PPC}차원 벡터가 됩니다. Transformer의 입력은 시퀀스이고, 이 벡터 {N}개가 그 "
            "시퀀스입니다. 마우스, 터치, 방향키로 패치를 골라 보세요.",
            "A {rows}x{cols} grid cuts the photo into {N} patches of {P}x{P} pixels. Flattened, each patch "
            "is a vector of {P}·{P}·{C} = {PPC} numbers. A Transformer reads a sequence; these {N} vectors "
            "are the sequence. Point at a patch, tap it, or use the arrow keys.")),
    ),
    "tokens": (
        (None, Text(
            "모든 패치에 같은 행렬 W를 곱해 {D}차원 토큰을 만듭니다.",
            "The same matrix W turns every patch into a token of {D} numbers.")),
        ("token", Text(
            "맨 앞에는 학습되는 토큰 [CLS]를 추가합니다. [CLS]에 해당하는 패치는 없으며, 클래스는 [CLS]로 "
            "예측합니다.",
            "A learnable token, [CLS], is put in front. It belongs to no patch; the class is predicted from "
            "it.")),
        ("registers", Text(
            "레지스터 토큰 {registers}개도 추가합니다.",
            "{registers} register tokens follow.")),
        ("positions", Text(
            "어텐션만으로는 패치의 위치를 알 수 없으므로, 위치마다 다른 벡터 E_pos를 더합니다.",
            "Attention alone does not know where a patch is, so each place adds a vector of its own, E_pos.")),
        (None, Text(
            "토큰은 모두 {T}개입니다.",
            "{T} tokens in all.")),
    ),
    "heads": (
        (None, Text(
            "토큰마다 행렬 세 개를 곱해 쿼리(Q), 키(K), 밸류(V)를 만듭니다. 쿼리와 키는 어느 토큰을 얼마나 "
            "볼지 정하고, 밸류는 전달되는 내용입니다. {D}차원을 {K}차원씩 헤드 {H}개로 분할하고, 헤드마다 "
            "따로 계산합니다. 헤드 슬라이더를 움직여 Q⁽ⁱ⁾를 비교해 보세요.",
            "Three matrices turn each token into a query, a key and a value. Query and key decide which "
            "token attends to which, and how much; the value is what is passed on. The {D} columns are "
            "split into {H} heads of {K}, and each head computes on its own. Move the head slider and "
            "compare the Q⁽ⁱ⁾.")),
    ),
    "scores": (
        (None, Text(
            "S의 행은 쿼리, 열은 키입니다. 스코어 하나는 곱 {K}개의 합입니다. 각 성분이 독립이고 평균이 0, "
            "분산이 1이면 합의 분산은 {K}입니다. 표준편차는 √{K} = {root}이고, 스코어를 이 값으로 나누면 "
            "분산이 1이 됩니다. 나누지 않으면 Softmax가 한 토큰에 가중치를 거의 다 주기 쉽고, 그러면 "
            "그래디언트가 0에 가까워집니다.",
            "A row of S is a query, a column a key. A score sums {K} products. If the entries are "
            "independent with mean 0 and variance 1, the sum has variance {K}; dividing by √{K} = {root} "
            "makes it 1. Without that, softmax tends to give nearly all weight to one token, and its "
            "gradient is close to zero.")),
    ),
    "softmax": (
        (None, Text(
            "Softmax는 스코어의 각 행을 합이 1인 가중치로 바꿉니다.",
            "Softmax turns each row of scores into weights with sum 1.")),
        ("pair", Text(
            "레이어 {layer}, 헤드 {head}에서 {row}행 {column}열 패치는 멀리 있는 {other_row}행 "
            "{other_column}열 패치에 가중치의 {percent}%를 줍니다. 사진에서 두 곳의 공통점은 무엇인가요? 다른 "
            "패치와 헤드도 골라 보세요.",
            "In layer {layer}, head {head}, the patch in row {row}, column {column} gives {percent}% of its "
            "weight to a distant patch, row {other_row}, column {other_column}. What do the two places in "
            "the photo have in common? Then choose other patches and heads.")),
        ("no pair", Text(
            "사진 위의 색은 선택한 패치의 가중치입니다. 다른 패치와 헤드도 골라 보세요.",
            "The colors over the photo are the weights of the chosen patch. Choose other patches and heads.")),
        ("random", Text(
            "이 모델의 파라미터는 무작위이므로, 여기 보이는 무늬에는 의미가 없습니다. 학습된 파라미터로 만든 "
            "페이지와 비교해 보세요.",
            "The parameters of this model are random, so the pattern means nothing. Compare it with a page "
            "made with trained parameters.")),
    ),
    "values": (
        (None, Text(
            "O⁽ⁱ⁾ = A⁽ⁱ⁾·V⁽ⁱ⁾: 모든 토큰의 V에 가중치를 곱해 더합니다. 블록에서 토큰끼리 정보를 주고받는 곳은 "
            "어텐션뿐입니다. 헤드 {H}개를 옆으로 결합하고 W_O로 최종 선형 투영을 하면 다시 {T}x{D}입니다. "
            "표시된 줄이 그 코드입니다.",
            "O⁽ⁱ⁾ = A⁽ⁱ⁾·V⁽ⁱ⁾ adds up the values of all tokens, each times its weight. In a block, tokens "
            "exchange information only in attention. The {H} heads are put side by side, and W_O mixes "
            "them: {T}x{D} again. The marked lines are the code.")),
    ),
    "residual": (
        (None, Text(
            "블록은 토큰을 새 값으로 바꾸지 않고, 계산 결과를 토큰에 더합니다: z′ = MSA(LN(z)) + z. 역전파에서도 "
            "그래디언트는 +를 그대로 통과합니다. LayerNorm은 토큰마다 {D}개 값의 평균을 0, 분산을 1로 만든 뒤 "
            "γ를 곱하고 β를 더합니다. γ와 β는 학습됩니다.",
            "A block does not replace a token, it adds to it: z′ = MSA(LN(z)) + z. In the backward pass the "
            "gradient also passes the + unchanged. LayerNorm gives the {D} values of each token mean 0 and "
            "variance 1, then multiplies by the learnable γ and adds β.")),
    ),
    "mlp": (
        (None, Text(
            "MLP는 토큰마다 따로 계산합니다. W1로 {D}차원을 {M}차원으로 넓히고, GELU를 적용하고, W2로 다시 "
            "{D}차원을 만들어 더합니다. GELU는 큰 양수는 거의 그대로 두고 음수는 0에 가깝게 만듭니다. 약 "
            "−0.17보다 작은 값은 나오지 않습니다. 최솟값을 확인해 보세요.",
            "The MLP computes each token on its own: W1 takes {D} numbers to {M}, then GELU, then W2 back "
            "to {D}, and again a +. GELU keeps large positive values and brings negative ones near 0; "
            "nothing is below about −0.17. Look at the minimum.")),
    ),
    "blocks": (
        (None, Text(
            "어텐션과 MLP가 한 블록이고, 파라미터가 서로 다른 블록 {L}개를 차례로 지납니다. 롤아웃은 모든 "
            "블록의 어텐션을 잔차 연결과 함께 곱해, 선택한 토큰이 어느 패치에서 정보를 모았는지 추정합니다. "
            "맵을 ‘이 패치’로 바꾸고 레이어 슬라이더를 움직여, 깊이에 따라 어텐션이 어떻게 달라지는지 보세요.",
            "Attention and MLP are one block; {L} of them follow one another, each with its own parameters. "
            "Rollout multiplies the attention of all blocks, with the residual, to estimate where the "
            "chosen token drew from. Switch the map to “This patch” and move the layer slider: how does "
            "attention change with depth?")),
    ),
    "classes": (
        ("token", Text(
            "마지막 LayerNorm 뒤에는 0번 행, 즉 [CLS]만 추출합니다. 이것이 y입니다.",
            "After the last LayerNorm only row 0, [CLS], is read: this is y.")),
        ("gap", Text(
            "[CLS] 토큰 대신 모든 패치 토큰의 평균 y를 씁니다.",
            "In place of a [CLS] token, y is the mean of all patch tokens.")),
        ("map", Text(
            "[CLS] 토큰 대신, 모든 패치 토큰을 보는 probe 하나의 결과가 y입니다.",
            "In place of a [CLS] token, y comes from one probe that attends to all patch tokens.")),
        ("no head", Text(
            "이 모델에는 헤드(로짓을 계산하는 층)가 없으므로 y에서 끝납니다. y는 사진을 나타내는 {D}차원 "
            "벡터입니다.",
            "This model has no head, the layer of the logits, so it ends with y: {D} numbers that describe "
            "the photo.")),
        ("softmax", Text(
            "로짓 {classes}개를 계산하고, Softmax로 합이 1인 확률을 얻습니다. 확률이 가장 큰 클래스가 "
            "예측입니다.",
            "From it come {classes} logits, and softmax makes them probabilities with sum 1. The class of "
            "the largest is predicted.")),
        ("sigmoid", Text(
            "로짓 {classes}개를 계산하고, 로짓마다 시그모이드로 확률을 따로 얻습니다.",
            "From it come {classes} logits, and the sigmoid makes each one a probability of its own.")),
    ),
    "loss": (
        ("loss", Text(
            "손실은 정답 클래스의 −ln p이고, 정답은 스위치 아래에 적혀 있습니다. 스위치를 켜면 ∂loss/∂tensor가 "
            "보입니다.",
            "The loss is −ln p of the label, named below the switch; the switch shows ∂loss/∂tensor.")),
        ("no loss", Text(
            "이 페이지에는 손실이 없어 그래디언트가 보이지 않습니다. 손실이 있다면 다음과 같습니다.",
            "This page has no loss, so it shows no gradient. With a loss:")),
        ("token", Text(
            "마지막 블록의 ∂z″에서 0이 아닌 행은 [CLS]뿐입니다. 손실이 다른 행을 쓰지 않기 때문입니다. ∂O, "
            "∂A, ∂S, ∂Q도 마찬가지입니다. 이들의 n번째 행은 z″의 n번째 행에만 쓰입니다.",
            "In the last block's ∂z″ only the row of [CLS] is not zero, because the loss uses no other row. "
            "The same holds for ∂O, ∂A, ∂S and ∂Q: row n of each serves row n of z″ alone.")),
        ("gap", Text(
            "y는 모든 패치 토큰의 평균이므로, 마지막 블록의 ∂z″에서 모든 패치의 행에 그래디언트가 있습니다. "
            "[CLS]로 예측하는 모델이라면 [CLS]의 행에만 있습니다.",
            "y is the mean of all patch tokens, so in the last block's ∂z″ the row of every patch has a "
            "gradient. In a model that predicts from [CLS], only that row has one.")),
        ("map", Text(
            "probe가 모든 패치 토큰을 보므로, 마지막 블록의 ∂z″에서 모든 패치의 행에 그래디언트가 있습니다. "
            "[CLS]로 예측하는 모델이라면 [CLS]의 행에만 있습니다.",
            "The probe attends to all patch tokens, so in the last block's ∂z″ the row of every patch has a "
            "gradient. In a model that predicts from [CLS], only that row has one.")),
    ),
    "back": (
        ("token", Text(
            "∂K와 ∂V는 마지막 블록에서도 모든 행에 그래디언트가 있습니다. [CLS]의 쿼리가 모든 토큰의 K와 V를 "
            "썼기 때문입니다. 헤드마다 ∂V⁽ⁱ⁾[k] = A⁽ⁱ⁾[CLS, k]·∂O⁽ⁱ⁾[CLS]이므로, 가중치가 클수록 그래디언트도 "
            "큽니다. 그 앞의 블록들에서는 모든 텐서의 모든 행에 그래디언트가 있고, 이미지까지 전달됩니다.",
            "∂K and ∂V have a gradient in every row, even in the last block: the query of [CLS] used the K "
            "and V of all tokens. Per head ∂V⁽ⁱ⁾[k] = A⁽ⁱ⁾[CLS, k]·∂O⁽ⁱ⁾[CLS]: more weight, more gradient. "
            "In the blocks below, all rows of all tensors have a gradient, and it reaches the image.")),
        ("gap", TWO_PATHS),
        ("map", TWO_PATHS),
    ),
}
# fmt: on
