"""The families of mistakes: coarser names, for what no single known mistake explains."""

from vitnp.system.language import Text

FAMILIES = {
    "patch_axes": Text("순전파: 패치의 축 순서", "forward: the order of the patches' axes"),
    "patch_values": Text("순전파: 픽셀 값이 바뀜", "forward: the pixels' values are changed"),
    "patch_back": Text(
        "역전파: 값이 제자리로 돌아가지 않음", "backward: values do not return to their places"
    ),
    "class_row": Text("[CLS] 토큰의 행", "the row of the [CLS] token"),
    "class_extract": Text("[CLS] 토큰의 추출", "taking the [CLS] token out"),
    "position_forward": Text("순전파: 포지셔널 임베딩을 더하는 방법", "forward: how the positions are added"),
    "position_backward": Text("역전파: E_pos의 행", "backward: the rows of E_pos"),
    "forward_bias": Text("순전파: b(bias)", "forward: the bias b"),
    "forward_names": Text("순전파: 다른 가중치를 사용함", "forward: another weight is used"),
    "forward_transposed": Text("순전파: 인수의 전치", "forward: a factor is transposed, or not"),
    "forward_extra": Text("순전파: 이 단계에 없는 계산", "forward: an operation that is not in this step"),
    "heads": Text("헤드의 분할과 결합", "splitting and merging the heads"),
    "scale": Text("스케일 1/√d_k", "the scale 1/√d_k"),
    "softmax_axis": Text("순전파: softmax의 축", "forward: the softmax's axis"),
    "softmax_missing": Text(
        "순전파: softmax의 횟수와 exp", "forward: the softmax is missing or applied twice"
    ),
    "output_projection": Text("순전파: 최종 선형 투영 W_O", "forward: the last projection W_O"),
    "softmax_jacobian": Text("softmax의 야코비안", "the softmax's Jacobian"),
    "transposed": Text("역전파: 인수의 전치", "backward: a factor is transposed, or not"),
    "exchanged": Text("두 그래디언트가 서로 바뀜", "two gradients are exchanged"),
    "sum": Text("배치와 토큰에 대한 합", "the sum over the batch and the tokens"),
    "zero": Text("그래디언트가 0이거나 없음", "a gradient is zero or missing"),
    "sign": Text("그래디언트의 부호", "the sign of a gradient"),
    "path": Text("역전파 경로가 빠지거나 더 있음", "a path of the backward pass is missing, or one too many"),
    "wrong_input": Text("dW에 다른 입력을 사용함", "dW is computed from another input"),
    "wrong_weight": Text(
        "역전파 경로가 다른 가중치를 지남", "a path of the backward pass uses another weight"
    ),
    "writes": Text("입력이나 저장한 배열을 고침", "an input or a saved array is changed"),
    "norm_statistics": Text("순전파: LayerNorm의 평균과 분산", "forward: LayerNorm's mean and variance"),
    "norm_subtractions": Text("LayerNorm 역전파에서 빼는 두 항", "LayerNorm's two subtractions in backward"),
    "norm_std": Text("LayerNorm 역전파의 1/σ", "the 1/σ of LayerNorm's backward"),
    "norm_saved": Text("LayerNorm이 저장한 값", "what LayerNorm has saved"),
    "gamma_beta_forward": Text("순전파: γ와 β", "forward: γ and β"),
    "gamma_backward": Text("역전파: γ와 β", "backward: γ and β"),
    "residual": Text("잔차 연결", "a residual connection"),
    "norm_place": Text("블록에서 Norm의 위치", "the place of the norms in the block"),
    "block_order": Text(
        "블록 역전파의 순서와 저장한 값", "the order of the block's backward and what it saved"
    ),
    "gelu_forward": Text("순전파: GELU의 식", "forward: the formula of GELU"),
    "gelu_derivative": Text("GELU의 미분", "GELU's derivative"),
    "gelu_place": Text(
        "GELU의 앞뒤 배열(u, g, dg, du)", "the arrays before and after the GELU (u, g, dg, du)"
    ),
    "loss_mean": Text("손실의 평균 1/B", "the mean 1/B of the loss"),
    "loss_log": Text("손실: 로그와 부호", "the loss: logarithm and sign"),
    "loss_softmax": Text("손실: softmax", "the loss: softmax"),
    "loss_gradient": Text("손실의 그래디언트 prob − target", "the loss gradient prob − target"),
}

# Where the mistake must be, by which leaves are right: all that is said where the numbers support no family.
STAGES = {
    "forward": Text("순전파에 실수가 있습니다.", "The mistake is in forward."),
    "backward": Text(
        "순전파는 맞고 역전파에 실수가 있습니다.", "forward is right; the mistake is in backward."
    ),
    "dx": Text(
        "dp는 모두 맞습니다. 실수는 dx의 계산에만 있습니다.",
        "All of dp is right; the mistake is in dx alone.",
    ),
    "dp": Text("dx는 맞습니다. 실수는 dp의 계산에 있습니다.", "dx is right; the mistake is in computing dp."),
    "dS": Text(
        "V와 W_O 쪽은 맞습니다. dA에서 dQ, dK를 거쳐 W_Q, W_K까지의 경로를 보세요.",
        "The side of V and W_O is right. Look at the path from dA through dQ and dK to W_Q and W_K.",
    ),
    "dV": Text(
        "Q와 K 쪽은 맞습니다. dV와 그 아래의 경로를 보세요.",
        "The side of Q and K is right. Look at dV and the path below it.",
    ),
    "dO": Text(
        "W_O와 b_O의 그래디언트만 맞습니다. dconcat과 dO부터 보세요.",
        "Only the gradients of W_O and b_O are right. Start at dconcat and dO.",
    ),
    "du": Text(
        "W2와 b2의 그래디언트는 맞습니다. dg와 du부터 보세요.",
        "The gradients of W2 and b2 are right. Start at dg and du.",
    ),
    "block": Text(
        "LayerNorm은 맞습니다. 블록의 역전파를 보세요.",
        "LayerNorm is right. Look at the block's backward.",
    ),
}
