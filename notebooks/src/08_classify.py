# %% [markdown] lang="en"
# # 8 · From [CLS] to a class, and the gradient p − y
# **8단계: [CLS] 토큰 추출 → 로짓 계산 → Softmax를 통해서 클래스 확률 도출** ·
# *Step 8: take the [CLS] token out, compute the logits, softmax turns them into class probabilities*
#
# Deck 003, step 8 · files `vitnp/steps/s8_classify.py`, `vitnp/engine/loss.py` · **20 minutes to show, 40 with the exercises** ·
# [solutions](solutions/08_classify.ipynb)
#
# After this notebook you can
# - turn the encoder's output into 1000 probabilities that sum to 1,
# - say what cross-entropy measures, and what its value is before training,
# - derive its gradient in two ways: step by step, and in one line, p − y,
# - explain why every library uses the one line.

# %% [markdown] lang="ko"
# # 8 · [CLS]에서 클래스까지, 그리고 그래디언트 p − y
# **8단계: [CLS] 토큰 추출 → 로짓 계산 → Softmax를 통해서 클래스 확률 도출** ·
# *Step 8: take the [CLS] token out, compute the logits, softmax turns them into class probabilities*
#
# 강의자료 003, 8단계 · 파일 `vitnp/steps/s8_classify.py`, `vitnp/engine/loss.py` · **시연 20분, 실습 포함 40분** ·
# [풀이](../solutions/ko/08_classify.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 인코더의 출력을 합이 1인 확률 1000개로 바꾼다.
# - 교차 엔트로피가 무엇을 재는지, 학습 전에는 얼마인지 말한다.
# - 그 그래디언트를 두 가지 방법으로, 곧 한 단계씩과 p − y 한 줄로 구한다.
# - 모든 라이브러리가 왜 그 한 줄을 쓰는지 설명한다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import gradcheck
from vitnp.course import slides
from vitnp.course.exercises import check
from vitnp.engine import loss
from vitnp.steps import s8_classify

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## 8단계: [CLS] 토큰 추출 · take the [CLS] token out
# The encoder gives 197 tokens. Row 0 represents the image; the slide calls it y. (Random values are enough here, because
# we look at shapes.)

# %% [markdown] lang="ko"
# ## 8단계: [CLS] 토큰 추출
# 인코더는 토큰 197개를 내놓습니다. 그중 0번 행이 이미지 전체를 대표합니다. 슬라이드에서는 이것을 y라고 씁니다. (지금은 shape만
# 보므로 난수로 충분합니다.)


# %% tags=["student"]
def extract(x):
    y = x[:, 0]
    return y


# %%
rng = np.random.default_rng(0)
x = rng.standard_normal((1, 197, 768))
y = extract(x)
y.shape

# %% [markdown] lang="en"
# ## 로짓 계산 - 클래스는 총 1000개 · the logits, 1000 classes
# The logits come from a dense layer with one column of $W$ per class. A logit may be any number.

# %% [markdown] lang="ko"
# ## 8단계: 로짓 계산 - 클래스는 총 1000개
# 선형 변환 하나입니다. $W$의 열 하나가 클래스 하나를 맡습니다. 로짓은 어떤 값이든 될 수 있습니다.


# %% tags=["student"]
def forward(x, p):
    y = extract(x)
    z = y @ p["W"] + p["b"]
    return z, (x.shape, y, p["W"])


# %%
W = rng.standard_normal((768, 1000)) / np.sqrt(768)
b = np.zeros(1000)
z, _ = forward(x, {"W": W, "b": b})
z.shape, z.min(), z.max()

# %% [markdown] lang="en"
# ## Softmax를 통해서 클래스 확률 도출 · probabilities
# $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$
# The exponential makes every value positive; the division makes the values sum to 1. We first subtract the largest logit:
# the result is the same, and nothing overflows. In the code $p$ is `prob`, because `p` holds the parameters.

# %% [markdown] lang="ko"
# ## 8단계: Softmax를 통해서 클래스 확률 도출
# $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$
# 지수 함수가 모든 값을 양수로 만들고, 나눗셈이 합을 1로 만듭니다. 먼저 가장 큰 로짓을 빼면 결과는 그대로이고 오버플로가 생기지
# 않습니다. 코드에서 `p`는 파라미터이므로 확률 $p$는 `prob`이라고 씁니다.


# %% tags=["student"]
def probabilities(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# %%
prob = probabilities(z)
prob.sum(), prob.argmax()

# %% [markdown] lang="en"
# ## The shape on the slide

# %% [markdown] lang="ko"
# ## 슬라이드의 shape와 비교

# %%
shapes = {"y": y.shape, "logits": z.shape, "p": prob.shape}
checked = [c for c in slides.check(shapes, vitnp.preset("B/16")) if c.row.step == 8]
for c in checked:
    print(f"{c.tensor.slide_name:18} {c.printed!s:21} {c.got!s:21} {'✓' if c.ok else '✗'}")

# %%
assert all(c.ok for c in checked)
assert prob.shape == (1, 1000)

# %% [markdown] lang="en"
# ## An example with five classes
# The same computation with few numbers. The right class is 1. The code calls the one-hot target `target`; formulas call it
# $y$.

# %% [markdown] lang="ko"
# ## 클래스 다섯 개로 보는 예
# 값 하나하나를 따라갈 수 있는 크기로 다시 계산합니다. 정답은 1번 클래스입니다. 원-핫 벡터인 정답을 코드에서는 `target`,
# 수식에서는 $y$라고 씁니다.

# %%
z = np.array([2.0, 1.0, 0.1, -1.0, 0.5])
prob = probabilities(z)
prob

# %%
target = np.array([0.0, 1.0, 0.0, 0.0, 0.0])

# %% [markdown] lang="en"
# ## The cross-entropy loss
# $$\mathrm{loss} = -\sum_i y_i \log p_i = -\log p_{\text{right class}}$$
# A confident, right prediction has loss 0. For a confident, wrong prediction the loss has no upper limit.

# %% [markdown] lang="ko"
# ## 교차 엔트로피 손실
# $$\mathrm{loss} = -\sum_i y_i \log p_i = -\log p_{\text{정답}}$$
# 정답의 확률이 1이면 손실이 0이고, 정답의 확률이 0에 가까울수록 손실은 한없이 커집니다.

# %%
-(target * np.log(prob)).sum()

# %%
share = np.linspace(0.005, 1, 200)
plt.plot(share, -np.log(share), linewidth=3)
plt.xlabel("p of the right class")
plt.ylabel("loss")
plt.show()

# %% [markdown] lang="en"
# The released code initializes the head with zeros. All logits are 0 and every class has probability 1/1000, so training
# starts at ln 1000. If your loss starts elsewhere, look for a mistake.

# %% [markdown] lang="ko"
# 공개된 코드는 헤드를 0으로 초기화합니다. 로짓이 모두 0이므로 클래스마다 확률이 1/1000이고, 학습은 ln 1000에서 시작합니다. 시작
# 손실이 이 값과 다르면 어딘가에 실수가 있습니다.

# %%
-np.log(probabilities(np.zeros(1000))[3]), np.log(1000)

# %% [markdown] lang="en"
# ## Backward, one step at a time
# First the logarithm: $\partial\,\mathrm{loss}/\partial p_i = -y_i / p_i$. Only the right class has a gradient.

# %% [markdown] lang="ko"
# ## 역전파, 한 단계씩
# 먼저 로그입니다. $\partial\,\mathrm{loss}/\partial p_i = -y_i / p_i$이므로 정답 클래스만 값을 가집니다.

# %%
dprob = np.where(target == 1, -1 / prob, 0)
dprob

# %% [markdown] lang="en"
# Then comes the softmax. Every $p_i$ depends on every $z_j$ because of the sum in the denominator. So the derivative is a
# matrix:
# $$J_{ij} = \frac{\partial p_i}{\partial z_j} = p_i(\delta_{ij} - p_j), \qquad J = \mathrm{diag}(p) - p\,p^\top$$

# %% [markdown] lang="ko"
# 다음은 softmax입니다. 분모의 합 때문에 모든 $p_i$가 모든 $z_j$에 의존하므로 미분은 행렬이 됩니다.
# $$J_{ij} = \frac{\partial p_i}{\partial z_j} = p_i(\delta_{ij} - p_j), \qquad J = \mathrm{diag}(p) - p\,p^\top$$

# %%
J = np.diag(prob) - np.outer(prob, prob)
J

# %% [markdown] lang="en"
# The chain rule multiplies the two.

# %% [markdown] lang="ko"
# 연쇄 법칙으로 둘을 곱합니다.

# %%
dz = J.T @ dprob
dz

# %% [markdown] lang="en"
# ## Why the gradient is p − y
# Compare these values with $p - y$.

# %% [markdown] lang="ko"
# ## 그래디언트는 왜 p − y일까?
# 이 값을 $p - y$와 비교해 봅시다.

# %%
prob - target

# %%
assert np.allclose(dz, prob - target)

# %% [markdown] lang="en"
# They are equal, because the $p_i$ of the softmax cancels the $1/p_i$ of the logarithm:
# $$dz_j = \sum_i dp_i\, p_i(\delta_{ij} - p_j) = \sum_i -\frac{y_i}{p_i}\,p_i(\delta_{ij} - p_j)
# = -y_j + p_j\sum_i y_i = p_j - y_j$$
# Training lowers the logit of a class whose probability is too high, and raises one whose probability is too low. The
# gradients sum to zero.

# %% [markdown] lang="ko"
# 두 값이 같습니다. softmax의 $p_i$와 로그의 $1/p_i$가 약분되기 때문입니다.
# $$dz_j = \sum_i dp_i\, p_i(\delta_{ij} - p_j) = \sum_i -\frac{y_i}{p_i}\,p_i(\delta_{ij} - p_j)
# = -y_j + p_j\sum_i y_i = p_j - y_j$$
# 학습하면 확률이 너무 높은 클래스의 로짓은 내려가고, 확률이 너무 낮은 클래스의 로짓은 올라갑니다. 그래디언트를 모두 더하면
# 0입니다.

# %%
figure, axes = plt.subplots(1, 3, sharey=True, layout="constrained")
for ax, name, values in zip(axes, ("p", "y", "p − y"), (prob, target, prob - target)):
    ax.bar(range(5), values, color=np.where(target == 1, "C1", "C0"))
    ax.set_title(name)

# %% [markdown] lang="en"
# ## Why libraries use p − y: numerical stability
# Take a wrong prediction with full confidence. The $p$ of the right class is so small that it underflows to 0. The
# step-by-step way computes $1/0 \cdot 0$, which is nan. With p − y there is no problem.

# %% [markdown] lang="ko"
# ## 라이브러리가 p − y를 쓰는 이유: 수치 안정성
# 오답을 완전히 확신한 경우입니다. 정답의 $p$가 너무 작아 언더플로로 0이 됩니다. 한 단계씩 계산하면 $1/0 \cdot 0$이 되어 nan이
# 나오지만, p − y는 아무 문제가 없습니다.

# %%
prob_sure = probabilities(np.array([800.0, 0.0]))
target_sure = np.array([0.0, 1.0])

# %%
with np.errstate(all="ignore"):  # we know what comes
    dprob_sure = -target_sure / prob_sure
    print(prob_sure * (dprob_sure - (dprob_sure * prob_sure).sum()))

# %%
prob_sure - target_sure

# %% [markdown] lang="en"
# ## Step 8: forward and backward
# For a batch the loss is the mean over its B images, so we divide by `len(z)`. We write the logarithm as $\log p = (z -
# \max) - \log\sum e^{z - \max}$. Then a $p$ near 0 is no problem in the forward pass either.

# %% [markdown] lang="ko"
# ## 8단계의 순전파와 역전파
# 배치의 손실은 이미지 B장의 평균이므로 `len(z)`로 나눕니다. 로그는 $\log p = (z - \max) - \log\sum e^{z - \max}$로 풀어
# 씁니다. 그러면 순전파에서도 0에 가까운 $p$가 문제 되지 않습니다.


# %% tags=["student"]
def loss_forward(z, target):
    above = z - z.max(axis=-1, keepdims=True)
    log_prob = above - np.log(np.exp(above).sum(axis=-1, keepdims=True))
    loss = -(target * log_prob).sum() / len(z)
    return loss, (np.exp(log_prob), target)


# %% [markdown] lang="en"
# Its backward pass is p − y, divided by the number of images.

# %% [markdown] lang="ko"
# 역전파는 p − y이고, 손실이 평균이므로 역시 이미지 수로 나눕니다.


# %% tags=["student"]
def loss_backward(dloss, saved):
    prob, target = saved
    dz = dloss * (prob - target) / len(target)
    return dz


# %% [markdown] lang="en"
# The next function goes from the logits to the tokens. The logits do not use the other 196 tokens, so the gradient of
# these tokens is 0. They receive a gradient in the earlier blocks, where [CLS] attends to them.

# %% [markdown] lang="ko"
# 이제 로짓에서 토큰까지 거슬러 갑니다. 로짓은 나머지 토큰 196개를 쓰지 않으므로 그 토큰들의 그래디언트는 여기서 0입니다. 하지만
# 앞쪽 블록에서는 [CLS]가 어텐션으로 그 토큰들을 보므로 그래디언트를 받습니다.


# %% tags=["student"]
def backward(dz, saved):
    shape, y, W = saved
    dW = y.T @ dz
    db = dz.sum(axis=0)
    dx = np.zeros(shape, dz.dtype)
    dx[:, 0] = dz @ W.T
    return dx, {"W": dW, "b": db}


# %% [markdown] lang="en"
# ## Check the gradient
# We use three images, five tokens and seven classes. The formulas are the same for every size.

# %% [markdown] lang="ko"
# ## 그래디언트 검증
# 이미지 3장, 토큰 5개, 클래스 7개면 충분합니다. 식은 크기가 달라도 같습니다.

# %%
x = rng.standard_normal((3, 5, 8))
p = {"W": rng.standard_normal((8, 7)), "b": rng.standard_normal(7)}
target = np.eye(7)[[2, 0, 6]]

# %%
report = gradcheck.check(forward, backward, x, p)
print(report)

# %%
z, saved = forward(x, p)
of_loss = gradcheck.check(lambda z: loss_forward(z, target), loss_backward, z)
print(of_loss)

# %%
assert report.ok and of_loss.ok

# %% [markdown] lang="en"
# ## Compare with the library
# In the library, step 8 also ends at the logits, and the loss is a separate file: `s8_classify`, then `loss`.

# %% [markdown] lang="ko"
# ## 라이브러리와 비교
# 라이브러리에서도 8단계는 로짓에서 끝나고 손실은 따로 있습니다. `s8_classify` 다음에 `loss`입니다.

# %%
logits, library_saved = s8_classify.forward(x, {"head": p})
value, library_saved_loss = loss.forward(logits, np.array([2, 0, 6]))
our_loss, saved_loss = loss_forward(z, target)
assert np.allclose(z, logits) and np.isclose(value, our_loss)

# %%
library_dz = loss.backward(1.0, library_saved_loss)
library_dx, library_dp = s8_classify.backward(library_dz, library_saved)
dx, dp = backward(loss_backward(1.0, saved_loss), saved)
assert np.allclose(library_dx, dx)
assert np.allclose(library_dp["head"]["W"], dp["W"])

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ A model for the ten digits starts with a head of zeros. What is its loss before the first training step?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ 손글씨 숫자를 10개 클래스로 분류하는 모델의 헤드가 0으로 초기화되어 있습니다. 첫 학습 스텝 전의 손실은 얼마입니까?

# %% tags=["exercise"]
first_loss = ...

# %% tags=["solution"]
first_loss = np.log(10)

# %% tags=["check"]
check("08.1", first_loss)

# %% [markdown] lang="en"
# **2.** ★★ Label smoothing replaces the target by `0.9 * target + 0.1 / 7`. What is then the gradient of the logits of our
# three images?

# %% [markdown] lang="ko"
# **2.** ★★ 레이블 스무딩은 정답을 `0.9 * target + 0.1 / 7`로 바꿉니다. 이때 위 이미지 세 장의 로짓에 대한 그래디언트는
# 무엇입니까?

# %% tags=["exercise"]
dlogits = ...

# %% tags=["solution"]
dlogits = (probabilities(logits) - (0.9 * target + 0.1 / 7)) / 3

# %% tags=["check"]
check("08.2", dlogits, logits, target)

# %% [markdown] lang="en"
# **3.** ★★★ Some ViTs have no class token and use the mean of all tokens, `y = x.mean(axis=1)`. Write the backward pass of
# that line: from `dy` (B, D) and the number of tokens N, return `dx` (B, N, D).

# %% [markdown] lang="ko"
# **3.** ★★★ 클래스 토큰 대신 모든 토큰의 평균 `y = x.mean(axis=1)`을 쓰는 ViT도 있습니다. 이 줄의 역전파를 쓰세요. `dy` (B, D)와
# 토큰 수 N을 받아 `dx` (B, N, D)를 돌려주면 됩니다.


# %% tags=["exercise"]
def mean_backward(dy, N):
    return ...


# %% tags=["solution"]
def mean_backward(dy, N):
    return np.repeat(dy[:, None] / N, N, axis=1)


# %% tags=["check"]
check("08.3", mean_backward)

# %% [markdown] lang="en"
# **Explain.** The softmax and the logarithm both have complicated derivatives. Why is the gradient of the logits simply p
# − y?

# %% [markdown] lang="ko"
# **설명해 보세요.** softmax와 로그의 미분은 각각 복잡합니다. 그런데 로짓의 그래디언트는 왜 간단히 p − y입니까?

# %% [markdown] lang="en" tags=["solution"]
# The loss is −log p of the right class, and the logarithm cancels the exponential of the softmax. What remains is the
# logarithm of the sum of all exponentials, minus the logit of the right class. The derivative of the first term with
# respect to a logit is exactly its probability p. The derivative of the second is 1 for the right class and 0 elsewhere,
# which is y. The mean over a batch divides by its size.

# %% [markdown] lang="ko" tags=["solution"]
# 손실은 정답 클래스의 −log p이고, 로그가 softmax의 지수 함수를 상쇄합니다. 남는 것은 모든 지수의 합의 로그에서 정답 클래스의
# 로짓을 뺀 값입니다. 앞의 것을 로짓으로 미분하면 바로 확률 p이고, 뒤의 것은 정답 클래스에서 1, 나머지에서 0, 즉 y입니다. 배치의
# 평균이므로 이미지 수로 나눕니다.
