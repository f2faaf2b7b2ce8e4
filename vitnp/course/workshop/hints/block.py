"""The hints of steps 6 and 7: LayerNorm, the two residuals of a block, the feed-forward network."""

from vitnp.course.workshop.hints.shapes import shapes
from vitnp.system.language import Text

BLOCK = {
    "6.1": (
        Text(
            "평균 하나는 값 몇 개에서 구합니까? 다른 토큰이나 다른 이미지가 결과에 영향을 줍니까?",
            "Over how many values is one mean taken? Do other tokens or other images change the result?",
        ),
        shapes(
            "x (B, N, D) → mean, var (B, N, 1) → x̂ (B, N, D); γ (D,) · x̂ (B, N, D) + β (D,) → y (B, N, D)",
            "6.1 LayerNorm",
        ),
        Text(
            "토큰마다 평균을 빼고, 그 제곱의 평균을 분산으로 합니다. "
            "분산에 ε을 더한 다음에 제곱근을 구하고, 그것으로 나눕니다. 결과에 γ를 곱하고 β를 더합니다.",
            "Subtract each token's mean; the mean of the squares is the variance. "
            "Add ε to the variance before the square root, and divide by that root. Multiply by γ and add β.",
        ),
    ),
    "6.2": (
        Text(
            "x의 값 하나는 세 가지 경로로 x̂에 영향을 줍니다. 직접 가는 경로 말고 나머지 둘은 무엇입니까?",
            "One value of x reaches x̂ by three paths. Which two are there besides the direct one?",
        ),
        shapes(
            "dy (B, N, D) → dx̂ (B, N, D) → along_mean, along_x_hat (B, N, 1) → dx (B, N, D); "
            "dy, x̂ (B, N, D) → dgamma, dbeta (D,)",
            "6.1 LayerNorm",
        ),
        Text(
            "dgamma는 dy와 x̂의 곱을, dbeta는 dy를 모든 토큰에 걸쳐 더한 것입니다. dx̂은 dy에 γ를 곱한 것입니다. "
            "dx̂에서 토큰의 평균을 뺍니다. dx̂과 x̂의 곱의 평균에 x̂을 곱해 한 번 더 뺍니다. "
            "마지막으로 순전파와 같은 제곱근으로 나눕니다.",
            "dgamma is dy times x̂ summed over all tokens, and dbeta is dy summed over them. dx̂ is dy times γ. "
            "Subtract from dx̂ its mean over the token. "
            "Subtract also x̂ times the mean of the product of dx̂ and x̂. "
            "Finally divide by the same root as in forward.",
        ),
    ),
    "6.3": (
        Text(
            "그림의 +에는 화살표 두 개가 들어갑니다. 하나는 attention에서 옵니다. "
            "다른 하나는 Norm의 앞에서 옵니까, 뒤에서 옵니까?",
            "Two arrows enter the + of the figure. One comes from attention. "
            "Does the other come from before Norm or from after it?",
        ),
        shapes(
            "x (B, N, D) + attention (B, N, D) → z′ (B, N, D); z′ (B, N, D) + FFN (B, N, D) → z″ (B, N, D)",
            "6.2 The residual",
        ),
        Text(
            "attention에는 정규화한 x를 넣고, 그 출력은 정규화하기 전의 x에 더합니다. "
            "FFN에는 z′을 정규화해 넣고, 그 출력은 z′에 더합니다.",
            "Feed the normalized x to attention, and add its output to x as it was before the norm. "
            "Feed the normalized z′ to the FFN, and add its output to z′.",
        ),
    ),
    "6.4": (
        Text(
            "+를 거꾸로 지나면 그래디언트는 몇 갈래로 나뉩니까? 그 갈래들은 어디에서 다시 만납니까?",
            "Into how many branches does the gradient split at a +? Where do they meet again?",
        ),
        shapes(
            "dy, df (B, N, D) → dz′ (B, N, D); dz′, da (B, N, D) → dx (B, N, D)",
            "6.2 The residual",
            ko="df와 da는 FFN과 attention 쪽을 지나온 그래디언트입니다.",
            en="df and da are the gradients that come through the FFN and through attention.",
        ),
        Text(
            "뒤쪽의 +부터 시작합니다. dy를 FFN의 backward와 두 번째 Norm의 backward에 차례로 통과시킵니다. "
            "그 결과에 dy를 더합니다. 그 합을 attention과 첫 번째 Norm에 통과시키고, 다시 그 합을 더합니다.",
            "Start with the second +. Pass dy through the FFN's backward and then the second norm's. "
            "Add dy to the result. Pass this sum through attention and the first norm, and add the sum again.",
        ),
    ),
    "7.1": (
        Text(
            "u가 +∞로 가면 tanh와 GELU의 출력은 어떻게 됩니까? u가 −∞로 가면 어떻게 됩니까?",
            "What do tanh and the GELU's output approach as u goes to +∞? And as u goes to −∞?",
        ),
        shapes(
            "u (B, N, M) → t (B, N, M) → g (B, N, M)",
            "7.2 GELU, the tanh form",
            ko="모두 원소마다 계산합니다.",
            en="All of it is computed element by element.",
        ),
        Text(
            "u의 세제곱에 0.044715를 곱해 u에 더합니다. 거기에 2/π의 제곱근을 곱하고 tanh를 취합니다. "
            "1을 더한 다음 u의 절반을 곱합니다.",
            "Add 0.044715 times the cube of u to u. Multiply by the root of 2/π and take the tanh. "
            "Add 1, then multiply by half of u.",
        ),
    ),
    "7.2": (
        Text(
            "GELU의 식에서 u는 tanh의 밖과 안에 나타납니다. 곱의 미분법을 쓰면 항이 몇 개입니까?",
            "u appears outside and inside the tanh. How many terms does the product rule give?",
        ),
        shapes(
            "dg, u (B, N, M) → slope (B, N, M) → du (B, N, M)",
            "7.2 GELU, the tanh form",
            ko="원소마다 계산하므로 더하는 축이 없습니다.",
            en="It is element by element, so no axis is summed.",
        ),
        Text(
            "첫째 항은 1 더하기 tanh의 절반입니다. "
            "둘째 항은 u의 절반에 tanh의 미분값을 곱하고, 안쪽 식의 미분값을 또 곱한 것입니다. "
            "tanh의 미분값은 1에서 tanh의 제곱을 뺀 것입니다. 안쪽의 세제곱을 미분하면 3이 나옵니다. "
            "두 항의 합에 dg를 곱합니다.",
            "The first term is half of 1 plus tanh. "
            "The second is half of u, times the derivative of tanh, times that of the inner formula. "
            "The derivative of tanh is 1 minus tanh squared. The inner cube brings down a factor of 3. "
            "Multiply the sum of both terms by dg.",
        ),
    ),
    "7.3": (
        Text(
            "슬라이드에서 768은 몇이 되었다가 다시 768이 됩니까? GELU는 두 선형 변환의 어디에 있습니까?",
            "On the slide, what does 768 become before it is 768 again? "
            "Where is the GELU among the two linear layers?",
        ),
        shapes(
            "x (B, N, D) · W1 (D, M) + b1 (M,) → u, g (B, N, M); g (B, N, M) · W2 (M, D) + b2 (D,) → v (B, N, D)",
            "7 The feed-forward network",
        ),
        Text(
            "x에 W1을 곱하고 b1을 더하면 u입니다. u에 GELU를 적용하면 g입니다. g에 W2를 곱하고 b2를 더합니다. "
            "x, u, g와 p는 backward에서 다시 쓰므로 saved에 담습니다.",
            "Multiply x by W1 and add b1 to get u. Apply the GELU to get g. Multiply g by W2 and add b2. "
            "Put x, u, g and p into saved, because backward uses them again.",
        ),
    ),
    "7.4": (
        Text(
            "W2에 곱해진 것은 u였습니까, g였습니까? GELU의 미분값은 u에서 구합니까, g에서 구합니까?",
            "Was it u or g that W2 multiplied? Is the GELU's derivative taken at u or at g?",
        ),
        shapes(
            "dW2 (M, D) ← gᵀ (M, B·N) · dv (B·N, D); dg (B, N, M) ← dv (B, N, D) · W2ᵀ (D, M); "
            "dW1 (D, M) ← xᵀ (D, B·N) · du (B·N, M); dx (B, N, D) ← du (B, N, M) · W1ᵀ (M, D)",
            "7 The feed-forward network",
        ),
        Text(
            "두 번째 선형 변환, GELU, 첫 번째 선형 변환의 순서로 거꾸로 갑니다. "
            "선형 변환의 세 그래디언트는 2단계와 같습니다. 두 번째의 입력은 g이고, 첫 번째의 입력은 x입니다. "
            "GELU의 backward에는 dg와 u를 넣습니다.",
            "Go backward through the second linear layer, the GELU and the first linear layer. "
            "Each linear layer has the three gradients of step 2. "
            "The input of the second is g, that of the first is x. The GELU's backward takes dg and u.",
        ),
    ),
}
