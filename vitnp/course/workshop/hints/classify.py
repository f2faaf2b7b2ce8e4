"""The hints of step 8: the class token, the logits, the probabilities and the loss."""

from vitnp.course.workshop.hints.shapes import shapes
from vitnp.system.language import Text

CLASSIFY = {
    "8.1": (
        Text(
            "3단계에서 [CLS]를 몇 번 행에 붙였습니까?",
            "Into which row did step 3 put [CLS]?",
        ),
        shapes(
            "x (B, N+1, D) → y (B, D)",
            "8.1 The logits",
            ko="토큰 축이 사라집니다.",
            en="The token axis is gone.",
        ),
        Text(
            "이미지마다 0번 토큰만 가져옵니다. 나머지 토큰은 쓰지 않습니다.",
            "Take token 0 of every image. The other tokens are not used.",
        ),
    ),
    "8.2": (
        Text(
            "확률은 어느 축을 따라 더해야 1이 됩니까? 로짓이 1000일 때 지수 함수의 값은 얼마입니까?",
            "Along which axis must the probabilities sum to 1? What is the exponential of a logit of 1000?",
        ),
        shapes(
            "z (B, classes) → max (B, 1) → e (B, classes) → prob (B, classes)",
            "5.3 The softmax",
            ko="행의 합도 (B, 1)입니다.",
            en="The sum of each row is (B, 1), too.",
        ),
        Text(
            "5단계의 softmax와 같습니다. 이미지마다 가장 큰 로짓을 뺀 뒤 지수 함수를 적용합니다. "
            "그 결과를 클래스 전체의 합으로 나눕니다.",
            "This is the softmax of step 5. Subtract the largest logit of each image, then take the exponential. "
            "Divide by the sum over the classes.",
        ),
    ),
    "8.3": (
        Text(
            "토큰 197개 가운데 로짓을 계산하는 데 쓰이는 것은 몇 개입니까? "
            "forward는 로짓과 확률 가운데 무엇을 돌려줍니까?",
            "How many of the 197 tokens are used for the logits? Does forward return logits or probabilities?",
        ),
        shapes("y (B, D) · W (D, classes) + b (classes,) → z (B, classes)", "8.1 The logits"),
        Text(
            "[CLS] 토큰에 W를 곱하고 b를 더합니다. 여기서는 softmax를 취하지 않습니다. "
            "x의 shape와 y, W는 backward에서 다시 쓰므로 saved에 담습니다.",
            "Multiply the [CLS] token by W and add b. No softmax is taken here. "
            "Put the shape of x, y and W into saved, because backward uses them.",
        ),
    ),
    "8.4": (
        Text(
            "로짓에 쓰이지 않은 토큰의 그래디언트는 얼마입니까? dx에는 그 토큰의 자리도 있어야 합니까?",
            "What is the gradient of a token that the logits do not use? Must dx have a place for it?",
        ),
        shapes(
            "dW (D, classes) ← yᵀ (D, B) · dz (B, classes); db (classes,) ← dz (B, classes); "
            "dy (B, D) ← dz (B, classes) · Wᵀ (classes, D)",
            "8.1 The logits",
            ko="dy는 dx (B, N+1, D)의 [CLS] 행입니다.",
            en="dy is the row of [CLS] in dx (B, N+1, D).",
        ),
        Text(
            "dW는 전치한 y와 dz의 곱이고, db는 dz를 모든 이미지에 걸쳐 더한 것입니다. "
            "dx는 x와 shape가 같은 0으로 시작합니다. 0번 행에만 dz와 W의 전치를 곱한 값을 넣습니다.",
            "dW is y transposed times dz, and db is dz summed over all images. "
            "dx begins as zeros in the shape of x. Only its row 0 gets dz times W transposed.",
        ),
    ),
    "8.5": (
        Text(
            "정답 클래스의 확률이 1이면 손실은 얼마입니까? 배치의 손실은 합입니까, 평균입니까?",
            "What is the loss if the correct class has probability 1? "
            "Is the loss of a batch the sum or the mean?",
        ),
        shapes(
            "z, target (B, classes) → log_prob (B, classes) → loss ()",
            "8.2 Cross-entropy",
            ko="손실은 값 하나입니다.",
            en="The loss is a single number.",
        ),
        Text(
            "이미지마다 가장 큰 로짓을 뺍니다. 거기서 지수 함수의 합의 로그를 빼면 로그 확률입니다. "
            "target을 곱해 모두 더하고, 부호를 바꾼 뒤 이미지 수로 나눕니다.",
            "Subtract the largest logit of each image. "
            "Subtract the logarithm of the sum of exponentials; this is the log probability. "
            "Multiply by target, sum everything, change the sign, and divide by the number of images.",
        ),
    ),
    "8.6": (
        Text(
            "로그를 미분하면 1/prob이 나옵니다. softmax의 미분과 만나면 무엇이 약분됩니까? "
            "순전파에서 이미지 수로 나눈 것은 어디에 나타납니까?",
            "The derivative of the logarithm is 1/prob. What does it cancel in the softmax's derivative? "
            "Where does the division by the number of images appear?",
        ),
        shapes(
            "prob, target (B, classes) → dz (B, classes)",
            "8.2 Cross-entropy",
            ko="dz의 각 행을 더하면 0입니다. dloss ()는 값 하나입니다.",
            en="Each row of dz sums to 0. dloss () is a single number.",
        ),
        Text(
            "예측한 확률에서 정답 target을 뺍니다. 이미지 수로 나누고 dloss를 곱합니다.",
            "Subtract target from the predicted probability. "
            "Divide by the number of images and multiply by dloss.",
        ),
    ),
}
