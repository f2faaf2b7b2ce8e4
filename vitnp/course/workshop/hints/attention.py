"""The hints of step 5: self-attention."""

from vitnp.course.workshop.hints.shapes import shapes
from vitnp.system.language import Text

ATTENTION = {
    "5.1": (
        Text(
            "한 토큰의 값 D개를 헤드 H개가 나누어 받습니다. 첫 번째 헤드는 어느 열을 받습니까?",
            "H heads share the D values of each token. Which columns does the first head get?",
        ),
        shapes(
            "(B, N, D) → heads (B, N, H, K) → (B, H, N, K)",
            "5.1 The output projection and the heads",
        ),
        Text(
            "먼저 마지막 축 D를 H와 K로 나눕니다. 그다음 토큰 축과 헤드 축을 서로 바꿉니다. "
            "축을 바꾸지 않고 shape만 맞추면 다른 토큰의 값이 섞입니다.",
            "First split the last axis D into H and K. Then exchange the token axis and the head axis. "
            "Without the exchange the shape fits, but values of different tokens are mixed.",
        ),
    ),
    "5.2": (
        Text(
            "split은 두 가지 일을 했습니다. 되돌릴 때는 어느 일부터 되돌려야 합니까?",
            "split did two things. Which of them must be undone first?",
        ),
        shapes(
            "(B, H, N, K) → tokens (B, N, H, K) → (B, N, D)",
            "5.1 The output projection and the heads",
        ),
        Text(
            "먼저 헤드 축과 토큰 축을 서로 바꿉니다. 그다음 마지막 두 축 H와 K를 D 하나로 폅니다.",
            "First exchange the head axis and the token axis. Then flatten the last two axes, H and K, into D.",
        ),
    ),
    "5.3": (
        Text(
            "쿼리 하나가 모든 키에 나누어 주는 어텐션의 합은 얼마입니까? 그러면 어느 축을 따라 더해야 합니까?",
            "How much attention does one query distribute over all keys? So along which axis must you sum?",
        ),
        shapes(
            "S (B, H, N, N) → max (B, H, N, 1) → e (B, H, N, N) → A (B, H, N, N)",
            "5.3 The softmax",
            ko="행의 합도 (B, H, N, 1)입니다.",
            en="The sum of each row is (B, H, N, 1), too.",
        ),
        Text(
            "행마다 최댓값을 뺀 뒤 지수 함수를 적용합니다. 최댓값을 빼도 결과는 같고, 값이 넘치지 않습니다. "
            "그 결과를 행의 합으로 나눕니다. 행은 마지막 축, 곧 키 방향입니다.",
            "Subtract the largest score of each row, then take the exponential. "
            "This changes no result and prevents overflow. "
            "Divide by the sum of the row. A row runs along the last axis, the keys.",
        ),
    ),
    "5.4": (
        Text(
            "스코어 하나가 커지면 그 행의 가중치 가운데 몇 개가 변합니까? 행의 합이 1이라는 점을 생각해 보세요.",
            "One score grows: how many weights of its row change? Remember that the row sums to 1.",
        ),
        shapes(
            "dA, A (B, H, N, N) → common (B, H, N, 1) → dS (B, H, N, N)",
            "5.3 The softmax",
            ko="dS의 각 행을 더하면 0입니다.",
            en="Each row of dS sums to 0.",
        ),
        Text(
            "dA와 A를 원소마다 곱하고 행마다 더합니다. 이 합을 그 행의 모든 dA에서 뺍니다. "
            "마지막으로 A를 원소마다 곱합니다.",
            "Multiply dA and A element by element, and sum each row. Subtract that sum from every dA of the row. "
            "Then multiply by A, element by element.",
        ),
    ),
    "5.5": (
        Text(
            "2단계의 backward와 무엇이 같습니까? W의 원소 하나는 토큰 몇 개에 쓰였습니까?",
            "What is the same as in the backward of step 2? For how many tokens was one element of W used?",
        ),
        shapes(
            "dW (D, D) ← xᵀ (D, B·N) · dy (B·N, D); db (D,) ← dy (B·N, D); "
            "dx (B, N, D) ← dy (B, N, D) · Wᵀ (D, D)",
            "2 The linear projection",
        ),
        Text(
            "dW는 x와 dy를 각각 B·N행으로 펴고, x 쪽을 전치해 곱한 것입니다. "
            "db는 모든 이미지, 모든 토큰의 dy를 더한 것입니다. dx는 dy에 W의 전치를 곱한 것입니다.",
            "For dW, flatten x and dy to B·N rows each, transpose x, and multiply. "
            "For db, sum dy over all images and all tokens. For dx, multiply dy by W transposed.",
        ),
    ),
    "5.6": (
        Text(
            "Q와 K를 곱해 N×N이 되려면 어느 쪽을 전치해야 합니까? d_k는 모델 차원입니까, 헤드 하나의 차원입니까?",
            "Q times K must become N×N: which of the two is transposed? "
            "Is d_k the model's dimension or that of one head?",
        ),
        shapes(
            "Q (B, H, N, K) · Kᵀ (B, H, K, N) → S, A (B, H, N, N); "
            "A (B, H, N, N) · V (B, H, N, K) → O (B, H, N, K) → concat (B, N, D) → y (B, N, D)",
            "5 Attention",
        ),
        Text(
            "x를 W_Q, W_K, W_V로 각각 선형 변환하고 헤드로 나눕니다. "
            "Q와 전치한 K를 곱하고 √d_k로 나눈 뒤 softmax를 취합니다. "
            "그 가중치를 V에 곱하고 헤드를 결합합니다. 마지막으로 W_O를 곱하고 b_O를 더합니다.",
            "Project x with W_Q, W_K and W_V, and split each result into heads. "
            "Multiply Q by K transposed, divide by √d_k, and take the softmax. "
            "Multiply these weights by V and merge the heads. Finally multiply by W_O and add b_O.",
        ),
    ),
    "5.7": (
        Text(
            "x는 순전파에서 몇 번 쓰였습니까? √d_k로 나눈 것은 역전파의 어디에 나타나야 합니까?",
            "How often was x used in forward? Where must the division by √d_k appear in backward?",
        ),
        shapes(
            "dO (B, H, N, K) ← dconcat (B, N, D); dA (B, H, N, N) ← dO · Vᵀ; dV (B, H, N, K) ← Aᵀ · dO; "
            "dQ (B, H, N, K) ← dS · K; dK (B, H, N, K) ← dSᵀ · Q",
            "5.5 Queries, keys and values",
        ),
        Text(
            "순전파의 마지막 줄에서 거꾸로 갑니다. "
            "W_O의 선형 변환을 되돌리고 헤드로 나누면 dO입니다. dA는 dO와 전치한 V의 곱이고, "
            "dV는 전치한 A와 dO의 곱입니다. softmax의 역전파를 √d_k로 나누면 dS입니다. "
            "dQ는 dS와 K의 곱이고, dK는 전치한 dS와 Q의 곱입니다. "
            "Q, K, V 쪽에서 오는 그래디언트 셋을 더하면 dx입니다.",
            "Start at the last line of forward. The backward of W_O, split into heads, gives dO. "
            "dA is dO times V transposed, and dV is A transposed times dO. "
            "dS is the softmax's backward divided by √d_k. "
            "dQ is dS times K, and dK is dS transposed times Q. "
            "dx is the sum of the three gradients that come through Q, K and V.",
        ),
    ),
}
