# %% [markdown] lang="en"
# # 7 · The feed-forward network and GELU
# **7단계: FFN** · *Step 7: FFN*
#
# Deck 003, step 7 · files `vitnp/steps/s7_feed_forward.py`, `vitnp/ops/gelu.py` · **25 minutes to show, 45 with the exercises** ·
# [solutions](solutions/07_feed_forward.ipynb)
#
# After this notebook you can
# - write the two dense layers with GELU between them, forward and backward,
# - explain what GELU is, and how much its two forms differ,
# - write GELU's derivative, and find the most common mistake in it,
# - explain why the library does not save GELU(u), one of the widest tensors of the block.

# %% [markdown] lang="ko"
# # 7 · 피드포워드 네트워크와 GELU
# **7단계: FFN** · *Step 7: FFN*
#
# 강의자료 003, 7단계 · 파일 `vitnp/steps/s7_feed_forward.py`, `vitnp/ops/gelu.py` · **시연 25분, 실습 포함 45분** ·
# [풀이](../solutions/ko/07_feed_forward.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 두 선형 변환과 그 사이의 GELU를 순전파와 역전파 모두 쓴다.
# - GELU가 무엇인지, 두 가지 형태가 무엇이고 서로 얼마나 다른지 말한다.
# - GELU의 도함수를 쓰고, 여기서 흔한 실수를 찾아낸다.
# - 블록에서 차원이 가장 큰 텐서 가운데 하나인 GELU(u)를 라이브러리가 저장하지 않는 이유를 설명한다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import erf

import vitnp
from vitnp import gradcheck
from vitnp.course import slides
from vitnp.course.exercises import check
from vitnp.ops import gelu as library_gelu
from vitnp.steps import s7_feed_forward

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## 비선형 활성화: u = GELU(u) · the GELU activation
# $$\mathrm{GELU}(u) = u \cdot \Phi(u)$$
# Φ(u) is the probability that a standard normal random number is below u. For u = 1 we count:

# %% [markdown] lang="ko"
# ## 7단계: 비선형 활성화 u = GELU(u)
# $$\mathrm{GELU}(u) = u \cdot \Phi(u)$$
# Φ(u)는 표준 정규 난수가 u보다 작을 확률입니다. u = 1일 때를 직접 세어 봅시다.

# %%
rng = np.random.default_rng(0)
(rng.standard_normal(100_000) < 1).mean()

# %% [markdown] lang="en"
# The formula uses the error function erf. For very negative values Φ is close to 0, so GELU blocks them. For large values
# Φ is close to 1, so they pass.

# %% [markdown] lang="ko"
# 식으로는 오차 함수 erf를 씁니다. 절댓값이 큰 음수에서는 Φ가 0에 가까우므로 GELU도 0에 가깝습니다. 큰 양수에서는 Φ가 1에
# 가까우므로 값이 그대로 지나갑니다.


# %%
def Phi(u):
    return 0.5 * (1 + erf(u / np.sqrt(2)))


# %%
u = np.array([-3.0, -1.0, 0.0, 1.0, 3.0])
Phi(u), u * Phi(u)

# %% [markdown] lang="en"
# Compare GELU with ReLU. Both are the same at both ends, but GELU has no corner and dips below zero.

# %% [markdown] lang="ko"
# ReLU와 비교해 봅시다. 양 끝에서는 같지만, GELU는 꺾인 곳이 없고 0 아래로 조금 내려갑니다.

# %%
line = np.linspace(-4, 4, 401)
plt.plot(line, line * Phi(line), linewidth=3, label="GELU")
plt.plot(line, np.maximum(line, 0), "--", linewidth=3, label="ReLU")
plt.xlabel("u")
plt.legend()
plt.show()

# %% [markdown] lang="en"
# ## Two forms of GELU: erf and tanh
# Computing erf used to be slow, so the paper also gives an approximation. Google trained ViT with this approximation:
# $$\Phi(u) \approx \tfrac12\Bigl(1 + \tanh\bigl(\sqrt{2/\pi}\,(u + 0.044715\,u^3)\bigr)\Bigr)$$

# %% [markdown] lang="ko"
# ## GELU의 두 가지 형태: erf와 tanh
# 예전에는 erf 계산이 느렸기 때문에 논문은 근사식도 제시했고, 구글은 그 근사식으로 ViT를 학습시켰습니다.
# $$\Phi(u) \approx \tfrac12\Bigl(1 + \tanh\bigl(\sqrt{2/\pi}\,(u + 0.044715\,u^3)\bigr)\Bigr)$$


# %% tags=["student"]
def gelu(u):
    t = np.tanh(np.sqrt(2 / np.pi) * (u + 0.044715 * u**3))
    return 0.5 * u * (1 + t)


# %% [markdown] lang="en"
# The two curves lie on each other, so we plot the difference:

# %% [markdown] lang="ko"
# 두 곡선을 같이 그리면 겹쳐서 구별되지 않습니다. 그래서 차이를 그립니다.

# %%
difference = gelu(line) - line * Phi(line)
plt.plot(line, difference * 1e4, linewidth=3)
plt.xlabel("u")
plt.ylabel("tanh − erf  (×10⁻⁴)")
plt.show()

# %%
print(f"{abs(difference).max():.2e}")

# %% [markdown] lang="en"
# The difference is less than 5 in 10,000, but it occurs in each of the 12 blocks. A checkpoint needs the form that it was
# trained with: tanh for Google's files, erf for those of timm, Hugging Face and torchvision.

# %% [markdown] lang="ko"
# 차이는 만분의 5도 안 되지만 블록 12개에서 매번 생깁니다. 체크포인트는 학습할 때 쓴 형태로 실행해야 합니다. 구글 파일은 tanh,
# timm과 Hugging Face, torchvision의 파일은 erf입니다.

# %%
assert 4e-4 < abs(difference).max() < 5e-4

# %% [markdown] lang="en"
# ## The derivative of GELU
# The product rule gives $\;\mathrm{GELU}'(u) = \Phi(u) + u\,\varphi(u)$. Here $\varphi = \Phi'$ is the bell curve of the
# normal distribution.

# %% [markdown] lang="ko"
# ## GELU의 도함수
# 곱의 미분법을 씁니다. $\;\mathrm{GELU}'(u) = \Phi(u) + u\,\varphi(u)$이고, $\varphi = \Phi'$는 종 모양의 정규 분포 곡선입니다.


# %%
def gelu_slope(u):
    return Phi(u) + u * np.exp(-u * u / 2) / np.sqrt(2 * np.pi)


# %%
plt.plot(line, gelu_slope(line), linewidth=3, label="GELU′")
plt.plot(line, line > 0, "--", linewidth=3, label="ReLU′")
plt.xlabel("u")
plt.legend()
plt.show()

# %% [markdown] lang="en"
# On the left, ReLU's derivative is 0: a neuron that is always negative stops learning. GELU's derivative vanishes only
# below about −3; above that it is 0 at a single point, the minimum of the curve. It also goes above 1 and below 0.

# %% [markdown] lang="ko"
# 왼쪽에서 ReLU의 도함수는 0입니다. 그래서 입력이 늘 음수인 뉴런은 더 이상 학습되지 않습니다. GELU의 도함수는 −3 정도보다 작은
# 곳에서만 0에 가깝고, 그보다 큰 곳에서는 곡선의 최소점 하나에서만 0입니다. 1보다 커지기도 하고 0보다 작아지기도 합니다.

# %%
gelu_slope(line).min(), gelu_slope(line).max()

# %% [markdown] lang="en"
# For the tanh form, let $t$ be the tanh: $\;\varphi \approx \frac12(1 - t^2)\,\sqrt{2/\pi}\,(1 + 3\cdot 0.044715\,u^2)$.

# %% [markdown] lang="ko"
# tanh 형태에서는 tanh 값을 $t$라 할 때 $\;\varphi \approx \frac12(1 - t^2)\,\sqrt{2/\pi}\,(1 + 3\cdot 0.044715\,u^2)$입니다.


# %% tags=["student"]
def gelu_backward(dg, u):
    t = np.tanh(np.sqrt(2 / np.pi) * (u + 0.044715 * u**3))
    inner_slope = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * u**2)
    slope = 0.5 * (1 + t) + 0.5 * u * (1 - t * t) * inner_slope
    return dg * slope


# %%
assert np.allclose(gelu_slope(line), gelu_backward(1, line), atol=2e-3)

# %%
gelu_tanh = lambda u: (gelu(u), u)
some = rng.standard_normal((2, 5))
assert gradcheck.check(gelu_tanh, gelu_backward, some).ok

# %% [markdown] lang="en" tags=["answer"]
# This mistake is from public code: the derivative of $u^3$ has `u**3` instead of `u**2`. The shape is right and the loss
# may fall. We check it:

# %% [markdown] lang="ko" tags=["answer"]
# 공개된 코드에 실제로 있는 실수입니다. $u^3$의 도함수에 `u**2` 대신 `u**3`을 썼습니다. shape도 맞고 손실이 줄기도 합니다.
# 검증해 봅시다.


# %% tags=["answer"]
def backward_with_mistake(dg, u):
    t = np.tanh(np.sqrt(2 / np.pi) * (u + 0.044715 * u**3))
    inner_slope = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * u**3)
    return dg * (0.5 * (1 + t) + 0.5 * u * (1 - t * t) * inner_slope)


# %% tags=["answer"]
wrong = gradcheck.check(gelu_tanh, backward_with_mistake, some)
print(wrong)

# %% tags=["answer"]
assert not wrong.ok

# %% [markdown] lang="en"
# ## 첫 번째 선형변환 · from 768 to 3072
# $u = x \cdot W_1 + b_1$. At the size of the slide each token gets M = 3072 = 4·768 values.

# %% [markdown] lang="ko"
# ## 7단계: 첫 번째 선형변환
# $u = x \cdot W_1 + b_1$입니다. 슬라이드의 크기에서는 토큰마다 값이 M = 3072 = 4·768개가 됩니다.

# %%
x = rng.standard_normal((1, 197, 768))
p = s7_feed_forward.init(rng, hidden_size=768, mlp_dim=3072, dtype=np.float64)

# %% tags=["answer"]
u = x @ p["W1"] + p["b1"]
u.shape

# %% [markdown] lang="en" tags=["try"]
# You write both dense layers in `forward` below. Until then, step 2 of the library serves as the dense layer.

# %% [markdown] lang="ko" tags=["try"]
# 두 선형 변환은 아래의 `forward`에서 직접 씁니다. 그때까지는 라이브러리의 2단계를 선형 변환으로 씁니다.

# %% tags=["try"]
from vitnp.steps import s2_project

u, saved_1 = s2_project.forward(x, {"W": p["W1"], "b": p["b1"]})
u.shape

# %% [markdown] lang="en"
# The slide writes u = GELU(u). Backward must distinguish the two, so we call the second one g.

# %% [markdown] lang="ko"
# 슬라이드에는 u = GELU(u)라고 되어 있습니다. 역전파에서는 둘을 구별해야 하므로 두 번째를 g라고 부릅니다.

# %%
g = gelu(u)
g.shape

# %% [markdown] lang="en"
# ## 두 번째 선형 변환 · from 3072 back to 768
# $v = g \cdot W_2 + b_2$ has width 768 again, so that the + can add it to the tokens.

# %% [markdown] lang="ko"
# ## 7단계: 두 번째 선형 변환
# $v = g \cdot W_2 + b_2$로 다시 768차원이 되어야 +에서 토큰에 더할 수 있습니다.

# %% tags=["answer"]
v = g @ p["W2"] + p["b2"]
v.shape

# %% tags=["try"]
v, saved_2 = s2_project.forward(g, {"W": p["W2"], "b": p["b2"]})
v.shape

# %% [markdown] lang="en"
# The FFN treats each token by itself. Token 5 alone gives the same result. (Tokens exchange information only in
# attention.)

# %% [markdown] lang="ko"
# FFN은 토큰마다 따로 계산합니다. 5번 토큰만 넣어도 결과가 같습니다. (토큰끼리 정보를 주고받는 곳은 어텐션뿐입니다.)

# %%
alone, _ = s7_feed_forward.forward(x[:, 5:6], p, gelu_form="tanh")
assert np.allclose(alone[0, 0], v[0, 5])

# %% [markdown] lang="en"
# ## The shapes on the slide

# %% [markdown] lang="ko"
# ## 슬라이드의 shape와 비교

# %%
config = vitnp.preset("B/16", num_layers=1)
shapes = {f"blocks.0.feed_forward.{n}": t.shape for n, t in (("u", u), ("g", g), ("output", v))}
checked = [c for c in slides.check(shapes, config) if c.row.step == 7]
for c in checked:
    print(f"{c.tensor.slide_name:18} {c.printed!s:21} {c.got!s:21} {'✓' if c.ok else '✗'}")

# %%
assert all(c.ok for c in checked)
assert v.shape == x.shape == (1, 197, 768)

# %% [markdown] lang="en"
# ## Backward: last line first
# The backward pass has the same widths: 768 → 3072 → 768. It starts with the second dense layer.

# %% [markdown] lang="ko"
# ## 역전파: 마지막 줄부터
# 역전파의 차원도 똑같이 768 → 3072 → 768입니다. 먼저 두 번째 선형 변환을 지납니다.

# %%
dv = rng.standard_normal(v.shape)

# %% tags=["answer"]
dg = dv @ p["W2"].T
dW2 = g[0].T @ dv[0]
dg.shape, dW2.shape

# %% tags=["try"]
dg, dp_2 = s2_project.backward(dv, saved_2)
dW2 = dp_2["W"]
dg.shape, dW2.shape

# %% [markdown] lang="en"
# GELU treats each value by itself, so its Jacobian is diagonal. We need no matrix: we multiply by the derivative.

# %% [markdown] lang="ko"
# GELU는 값마다 따로 계산하므로 야코비안이 대각 행렬입니다. 행렬을 만들 필요 없이 미분값을 곱하면 됩니다.

# %%
du = gelu_backward(dg, u)
du.shape

# %%
J = np.diag(gelu_backward(1, u[0, 0, :8]))  # the first eight values of token 0
assert np.allclose(J.T @ dg[0, 0, :8], du[0, 0, :8])

# %% [markdown] lang="en"
# The last part goes through the first dense layer to the tokens.

# %% [markdown] lang="ko"
# 마지막으로 첫 번째 선형 변환을 지나 토큰에 도착합니다.

# %% tags=["answer"]
dx = du @ p["W1"].T
dx.shape

# %% tags=["try"]
dx, _ = s2_project.backward(du, saved_1)
dx.shape

# %% [markdown] lang="en"
# ## Why the library does not save g
# Backward uses three tensors: x for $dW_1$, u for the derivative, g for $dW_2$. u and g are four times as wide as the
# tokens. For 64 images in float32 and 12 blocks, each of the two takes

# %% [markdown] lang="ko"
# ## 라이브러리가 g를 저장하지 않는 이유
# 역전파에는 텐서 세 개가 필요합니다. $dW_1$에는 x, GELU의 미분값에는 u, $dW_2$에는 g를 씁니다. u와 g의 차원은 토큰의 네
# 배입니다. 이미지 64장을 float32로 블록 12개에 통과시키면 둘은 각각 다음 크기입니다.

# %%
gigabytes = 12 * 64 * 197 * 3072 * 4 / 1e9
print(f"{gigabytes:.2f} GB")

# %% [markdown] lang="en"
# Given u, we get g = u·Φ(u) with one product, and the derivative needs Φ(u) anyway. So the library saves u and recomputes
# g. The reverse is impossible: on both sides of the minimum, two different u have the same g:

# %% [markdown] lang="ko"
# u가 있으면 g = u·Φ(u)는 곱셈 한 번이면 나오고, Φ(u)는 어차피 미분값에 필요합니다. 그래서 u만 저장하고 g는 다시 계산합니다.
# 거꾸로는 할 수 없습니다. 최소점의 왼쪽과 오른쪽에서 서로 다른 u가 같은 g를 주기 때문입니다.

# %%
plt.plot(line[:220], (line * Phi(line))[:220], linewidth=3)
plt.axhline(-0.1, color="C1", linestyle="--")
plt.xlabel("u")
plt.ylabel("g")
plt.show()

# %% [markdown] lang="en"
# ## Step 7: forward and backward
# Two functions collect the lines above. Our version saves g: it is simpler, and at our sizes memory does not matter.

# %% [markdown] lang="ko"
# ## 7단계의 순전파와 역전파
# 위의 계산을 함수 두 개로 모읍니다. 여기서는 g도 저장합니다. 더 간단하고, 이 크기에서는 메모리가 문제 되지 않습니다.


# %% tags=["student"]
def forward(x, p):
    u = x @ p["W1"] + p["b1"]
    g = gelu(u)
    v = g @ p["W2"] + p["b2"]
    return v, (x, p, u, g)


# %% tags=["student"]
def backward(dv, saved):
    x, p, u, g = saved
    D, M = p["W1"].shape
    dW2 = g.reshape(-1, M).T @ dv.reshape(-1, D)
    db2 = dv.sum(axis=(0, 1))
    dg = dv @ p["W2"].T
    du = gelu_backward(dg, u)
    dW1 = x.reshape(-1, D).T @ du.reshape(-1, M)
    db1 = du.sum(axis=(0, 1))
    dx = du @ p["W1"].T
    return dx, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


# %%
our_v, saved = forward(x, p)
our_dx, our_dp = backward(dv, saved)
assert np.allclose(our_v, v) and np.allclose(our_dx, dx)
assert np.allclose(our_dp["W2"], dW2)

# %% [markdown] lang="en"
# ## Check the gradient
# We use two images, five tokens, widths 6 → 9 → 6, and random weights and biases.

# %% [markdown] lang="ko"
# ## 그래디언트 검증
# 이미지 2장, 토큰 5개, 6 → 9 → 6이고 가중치와 편향은 난수입니다.

# %%
small_x = rng.standard_normal((2, 5, 6))
small_p = s7_feed_forward.init(rng, hidden_size=6, mlp_dim=9, dtype=np.float64)
small_p = gradcheck.random_like(small_p, rng)
report = gradcheck.check(forward, backward, small_x, small_p)
print(report)

# %%
assert report.ok

# %% [markdown] lang="en"
# We also check the other form of GELU, erf.

# %% [markdown] lang="ko"
# GELU의 다른 형태인 erf도 따로 검증합니다.

# %%
gelu_erf = lambda u: (u * Phi(u), u)
assert gradcheck.check(gelu_erf, lambda dg, u: dg * gelu_slope(u), some).ok

# %% [markdown] lang="en"
# ## Compare with the library
# `ops/gelu.py` computes g and du in one pass over u. `steps/s7_feed_forward.py` also has dropout.

# %% [markdown] lang="ko"
# ## 라이브러리와 비교
# `ops/gelu.py`는 u를 한 번만 읽으며 g와 du를 함께 계산하고, `steps/s7_feed_forward.py`에는 드롭아웃이 있습니다.

# %%
library_v, library_saved = s7_feed_forward.forward(x, p, gelu_form="tanh")
library_dx, library_dp = s7_feed_forward.backward(dv, library_saved)
assert np.allclose(library_v, v) and np.allclose(library_dx, dx)
assert np.allclose(library_dp["W2"], dW2)

# %%
library_g, library_du = library_gelu.again_and_backward(dg, (u, "erf"))
assert np.allclose(library_g, u * Phi(u)) and np.allclose(library_du, dg * gelu_slope(u))

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ How many parameters does the FFN of one block of ViT-B/16 have, including biases? (It is two thirds of the
# block.)

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ ViT-B/16의 블록 하나에서 FFN의 파라미터는 편향까지 모두 몇 개입니까? (블록의 3분의 2입니다.)

# %% tags=["exercise"]
count = ...

# %% tags=["solution"]
count = 768 * 3072 + 3072 + 3072 * 768 + 768

# %% tags=["check"]
check("07.1", count)

# %% [markdown] lang="en"
# **2.** ★★ Without GELU, the two dense layers are equivalent to one. Give its `W` and `b`.

# %% [markdown] lang="ko"
# **2.** ★★ GELU를 빼면 이어진 두 선형 변환은 선형 변환 하나와 같습니다. 그 하나의 `W`와 `b`를 구하세요.

# %% tags=["exercise"]
W = ...
b = ...

# %% tags=["solution"]
W = p["W1"] @ p["W2"]
b = p["b1"] @ p["W2"] + p["b2"]

# %% tags=["check"]
check("07.2", W, b, p)

# %% [markdown] lang="en"
# **3.** ★★★ SiLU is similar to GELU: $u \cdot \sigma(u)$ with $\sigma(u) = 1/(1 + e^{-u})$, and $\sigma' = \sigma(1 -
# \sigma)$. Write its backward pass from `dg` and `u`.

# %% [markdown] lang="ko"
# **3.** ★★★ SiLU는 GELU와 비슷한 활성화 함수입니다. $u \cdot \sigma(u)$, $\sigma(u) = 1/(1 + e^{-u})$이고 $\sigma' = \sigma(1 -
# \sigma)$입니다. `dg`와 `u`를 받는 역전파를 쓰세요.


# %%
def sigmoid(u):
    return 1 / (1 + np.exp(-u))


# %% tags=["exercise"]
def silu_backward(dg, u):
    return ...


# %% tags=["solution"]
def silu_backward(dg, u):
    s = sigmoid(u)
    return dg * (s + u * s * (1 - s))


# %% tags=["check"]
check("07.3", silu_backward)

# %% [markdown] lang="en"
# **Explain.** What does attention mix, what does the feed-forward network mix, and what could the block not do without
# GELU?

# %% [markdown] lang="ko"
# **설명해 보세요.** 어텐션과 FFN은 각각 무엇을 섞습니까? 그리고 GELU가 없다면 블록은 무엇을 할 수 없습니까?

# %% [markdown] lang="en" tags=["solution"]
# Attention mixes tokens: a row of A has the weight of every token in the mean. The feed-forward network mixes the D values
# inside one token, with the same weights for every token. Without GELU its two layers would be a single matrix, and the
# 3072 values between them would be useless. The network could compute only linear functions of a token.

# %% [markdown] lang="ko" tags=["solution"]
# 어텐션은 토큰을 섞습니다. A의 행은 각 토큰을 어떤 가중치로 더할지 정합니다. FFN은 토큰 하나 안의 D개 값을 섞고, 모든 토큰에
# 같은 가중치를 씁니다. GELU가 없으면 두 층은 행렬 하나와 같아져 가운데의 3072차원이 쓸모없어집니다. 토큰의 선형 함수만 계산할
# 수 있습니다.
