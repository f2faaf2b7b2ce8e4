# %% [markdown] lang="en"
# # 6 · LayerNorm and the residual connection
# **(6단계 슬라이드 없음: 그림의 Norm과 +)** · *(no slide of its own: Norm and + in the encoder's figure)*
#
# Deck 003, between steps 5 and 7 · files `vitnp/steps/s6_layer_norm.py`, `vitnp/blocks/encoder.py` · **25 minutes to show, 45 with the exercises** ·
# [solutions](solutions/06_layer_norm_and_residual.ipynb)
#
# After this notebook you can
# - normalize a token, and say which axis the mean and the variance are taken over,
# - derive LayerNorm's backward pass through mean, variance and 1/σ, and as the one line that libraries use,
# - name the two directions of the gradient that LayerNorm removes,
# - explain what the + does to the tokens in the forward pass and to the gradient in the backward pass.

# %% [markdown] lang="ko"
# # 6 · LayerNorm과 잔차 연결
# **(6단계 슬라이드 없음: 그림의 Norm과 +)** · *(no slide of its own: Norm and + in the encoder's figure)*
#
# 강의자료 003, 5단계와 7단계 사이 · 파일 `vitnp/steps/s6_layer_norm.py`, `vitnp/blocks/encoder.py` · **시연 25분, 실습 포함 45분** ·
# [풀이](../solutions/ko/06_layer_norm_and_residual.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 토큰 하나를 정규화하고, 평균과 분산을 어느 축으로 구하는지 말한다.
# - LayerNorm의 역전파를 평균, 분산, 1/σ를 거쳐 구하고, 라이브러리가 쓰는 한 줄로도 쓴다.
# - LayerNorm이 그래디언트에서 없애는 두 방향을 말한다.
# - +가 순전파에서 토큰에, 역전파에서 그래디언트에 하는 일을 설명한다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import gradcheck
from vitnp.blocks import encoder
from vitnp.course import slides
from vitnp.course.exercises import check
from vitnp.data import photo
from vitnp.steps import s5_attention, s6_layer_norm, s7_feed_forward

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## One token of four values
# This is a token with its mean and its variance. The variance is the mean of the squared distances from the mean.

# %% [markdown] lang="ko"
# ## 값이 네 개인 토큰 하나
# 토큰 하나와 그 평균, 분산입니다. 분산은 평균과의 차이를 제곱하여 평균한 값입니다.

# %%
x = np.array([2.0, 4.0, 4.0, 10.0])
mean = x.mean()
variance = ((x - mean) ** 2).mean()
mean, variance

# %% [markdown] lang="en"
# Subtract the mean and divide by σ = 3, the square root of the variance. The result has mean 0 and variance 1.

# %% [markdown] lang="ko"
# 평균을 빼고 분산의 제곱근 σ = 3으로 나눕니다. 결과는 평균이 0이고 분산이 1입니다.

# %%
x_hat = (x - mean) / np.sqrt(variance)
x_hat

# %% [markdown] lang="en"
# Doubling the token or adding 100 gives the same x̂. LayerNorm keeps the pattern of a token and removes its mean and its
# scale.

# %% [markdown] lang="ko"
# 두 배로 키워도, 100을 더해도 x̂은 그대로입니다. LayerNorm은 토큰의 패턴만 남기고 평균과 크기를 없앱니다.

# %%
moved = 2 * x + 100
(moved - moved.mean()) / moved.std()

# %% [markdown] lang="en"
# ## γ, β and ε
# $$y = \gamma \odot \hat x + \beta, \qquad \hat x = \frac{x - \mathrm{mean}(x)}{\sqrt{\mathrm{var}(x) + \varepsilon}}$$
# γ and β are learned; each of the D values has its own. They start at 1 and 0 and then change nothing.

# %% [markdown] lang="ko"
# ## γ, β, ε
# $$y = \gamma \odot \hat x + \beta, \qquad \hat x = \frac{x - \mathrm{mean}(x)}{\sqrt{\mathrm{var}(x) + \varepsilon}}$$
# γ와 β는 학습되는 파라미터이고, 값 D개마다 하나씩 있습니다. 처음에는 1과 0이어서 값을 바꾸지 않습니다.

# %%
gamma, beta = np.array([1.0, 1.0, 1.0, 3.0]), np.array([0.0, 0.0, 0.0, -5.0])
gamma * x_hat + beta

# %% [markdown] lang="en"
# ε is for a token whose values are all equal. Its variance is 0, and without ε the result would be 0/0.

# %% [markdown] lang="ko"
# ε은 값이 모두 같은 토큰을 위한 것입니다. 분산이 0이라 ε이 없으면 0/0이 됩니다.

# %%
flat, eps = np.full(4, 7.0), 1e-6
(flat - flat.mean()) / np.sqrt(flat.var() + eps)

# %% [markdown] lang="en"
# ## At the size of the slide
# These are the 197 tokens of a photo at the input of the first block. (The weights are random; nothing is trained here.)

# %% [markdown] lang="ko"
# ## 슬라이드의 크기로
# 사진 한 장에서 나온 토큰 197개입니다. 첫 블록의 입력입니다. (가중치는 난수입니다. 아직 아무것도 학습하지 않았습니다.)

# %%
config = vitnp.preset("B/16", num_layers=1)
rng = np.random.default_rng(0)
p = vitnp.vit.init(rng, config, np.float64)
t = vitnp.trace(photo.sample((224, 224)), p, config)
z = t["z0"]
z.shape

# %% [markdown] lang="en"
# Which axis is the mean taken over? The **last** one, the D values of one token. So there are 197 means. Other tokens and
# other images of the batch have no influence.

# %% [markdown] lang="ko"
# 어느 축으로 구할까요? **마지막 축**, 곧 토큰 하나의 값 D개입니다. 평균이 197개 나옵니다. 다른 토큰이나 배치의 다른 이미지는
# 영향을 주지 않습니다.

# %%
z.mean(axis=-1).shape, z.std(axis=-1).shape

# %%
sigma = z.std(axis=-1, keepdims=True)

# %% tags=["answer"]
normalized = (z - z.mean(axis=-1, keepdims=True)) / np.sqrt(sigma**2 + eps)

# %% tags=["try"]
normalized = t["blocks.0.norm_1"]  # the library's; you write it below

# %% [markdown] lang="en"
# Before, each token has a different σ; row 0, [CLS], has the smallest. Afterwards all tokens have σ = 1.

# %% [markdown] lang="ko"
# 정규화 전에는 토큰마다 σ가 다릅니다. 0번 행의 [CLS]가 가장 작습니다. 정규화 후에는 모두 σ = 1입니다.

# %%
plt.plot(sigma[0], "o", markersize=5, label="before")
plt.plot(normalized.std(axis=-1)[0], "s", markersize=5, label="after")
plt.xlabel("token")
plt.ylabel("σ")
plt.legend(loc="lower right")
plt.show()

# %% [markdown] lang="en"
# ## Forward
# We write it line by line, with a name for everything that backward needs.

# %% [markdown] lang="ko"
# ## 순전파
# 한 줄씩 쓰고, 역전파에 필요한 것에는 모두 이름을 붙입니다.


# %% tags=["student"]
def forward(x, p, *, eps):
    c = x - x.mean(axis=-1, keepdims=True)
    var = (c * c).mean(axis=-1, keepdims=True)
    inverse_std = (var + eps) ** -0.5
    x_hat = c * inverse_std
    y = p["gamma"] * x_hat + p["beta"]
    return y, (x_hat, inverse_std, p["gamma"])


# %%
y, saved = forward(z, p["blocks"][0]["norm_1"], eps=eps)
assert np.allclose(y, normalized)

# %% [markdown] lang="en"
# ## The residual connection: the + of the figure
# Each block does this twice: normalize, compute, and **add the result to the input**.
# $$z' = \mathrm{MSA}(\mathrm{LN}(z)) + z, \qquad z'' = \mathrm{MLP}(\mathrm{LN}(z')) + z'$$
# Attention and MLP do not replace the tokens; they compute a change, which is added to the tokens.

# %% [markdown] lang="ko"
# ## 잔차 연결: 그림의 +
# 블록마다 두 번 나옵니다. 정규화하고, 계산하고, 그 결과를 **원래 입력에 더합니다**.
# $$z' = \mathrm{MSA}(\mathrm{LN}(z)) + z, \qquad z'' = \mathrm{MLP}(\mathrm{LN}(z')) + z'$$
# 어텐션과 MLP는 토큰을 다른 값으로 대체하지 않습니다. 토큰에 더할 변화량만 계산합니다.

# %%
block = p["blocks"][0]

# %% tags=["answer"]
norm_1 = forward(z, block["norm_1"], eps=eps)[0]
residual_1 = z + s5_attention.forward(norm_1, block["attention"], num_heads=12)[0]

# %% tags=["answer"]
norm_2 = forward(residual_1, block["norm_2"], eps=eps)[0]
residual_2 = residual_1 + s7_feed_forward.forward(norm_2, block["feed_forward"])[0]

# %% [markdown] lang="en" tags=["try"]
# You write the block below. Here we use the library's values.

# %% [markdown] lang="ko" tags=["try"]
# 블록은 뒤에서 직접 씁니다. 여기서는 라이브러리의 값을 씁니다.

# %% tags=["try"]
norm_1, norm_2 = t["blocks.0.norm_1"], t["blocks.0.norm_2"]
residual_1, residual_2 = t["blocks.0.residual_1"], t["blocks.0.residual_2"]

# %% [markdown] lang="en"
# The slides give no shapes for this step, only the figure. The output of a Norm or a + has the shape of its input.

# %% [markdown] lang="ko"
# 이 단계는 슬라이드에 그림만 있고 shape가 없습니다. Norm과 +의 출력은 입력과 shape가 같습니다.

# %%
ours = {"norm_1": norm_1, "norm_2": norm_2, "residual_1": residual_1, "residual_2": residual_2}
shapes = {f"blocks.0.{name}": tensor.shape for name, tensor in ours.items()}

# %%
checked = [c for c in slides.check(shapes, config) if c.row.step == 6]
for c in checked:
    print(f"{c.tensor.slide_name:5} {c.tensor.name:20} {c.got} {'✓' if c.ok else '✗'}")

# %%
assert all(c.ok for c in checked)
assert residual_2.shape == z.shape == (1, 197, 768)

# %% [markdown] lang="en"
# ## What is lost without the residual connection
# Attention takes weighted means of tokens. After twelve attention layers and nothing else, all tokens are the same. We
# test this with twelve random attention layers and 17 tokens:

# %% [markdown] lang="ko"
# ## 잔차 연결이 없으면 잃는 것
# 어텐션은 토큰들을 가중 평균합니다. 어텐션만 열두 번 되풀이하면 모든 토큰이 같아집니다. 가중치가 난수인 어텐션 층 열두 개에
# 토큰 17개를 넣어 봅시다.

# %%
layers = [s5_attention.init(rng, hidden_size=64, dtype=np.float64) for _ in range(12)]
ones = s6_layer_norm.init(hidden_size=64, dtype=np.float64)  # gamma 1, beta 0
tokens = rng.standard_normal((1, 17, 64))


# %%
def mean_cosine(x):
    x_hat = forward(x, ones, eps=eps)[0][0]
    cosines = x_hat @ x_hat.T / 64
    return (cosines.sum() - 17) / (17 * 16)  # the mean over all pairs but i, i


# %%
def through(x, *, residual):
    yield mean_cosine(x)
    for layer in layers:
        a = s5_attention.forward(forward(x, ones, eps=eps)[0], layer, num_heads=4)[0]
        x = x + a if residual else a
        yield mean_cosine(x)


# %%
without, with_plus = (list(through(tokens, residual=residual)) for residual in (False, True))
without[-1], with_plus[-1]

# %%
plt.plot(without, "o-", label="without +")
plt.plot(with_plus, "s--", label="with +")
plt.xlabel("layer")
plt.ylabel("cosine of two tokens")
plt.legend()
plt.show()

# %% [markdown] lang="en"
# Without the +, all 17 tokens are the same after three layers. With the +, they stay different.

# %% [markdown] lang="ko"
# +가 없으면 층 세 개를 지난 뒤 토큰 17개가 모두 같아집니다. +가 있으면 토큰마다 차이가 남아 있습니다.

# %%
assert without[3] > 0.999 and with_plus[-1] < 0.8

# %% [markdown] lang="en"
# ## Backward, one step at a time
# Take the token of four values again, with an upstream gradient dy at y. First comes γ: $d\hat x = \gamma\,dy$.

# %% [markdown] lang="ko"
# ## 역전파, 한 단계씩
# 값 네 개짜리 토큰으로 돌아갑시다. y에 상류 그래디언트 dy가 도착했습니다. 먼저 γ를 지납니다. $d\hat x = \gamma\,dy$

# %%
D, dy = 4, np.array([1.0, -2.0, 0.5, 1.0])
c, inverse_std = x - mean, (variance + eps) ** -0.5
dx_hat = gamma * dy
dx_hat

# %% [markdown] lang="en"
# $\hat x = c \cdot \frac1\sigma$ has two factors. One path goes to $c$, the other to $\frac1\sigma$. All four values share
# $\frac1\sigma$, so its gradients add up.

# %% [markdown] lang="ko"
# $\hat x = c \cdot \frac1\sigma$에는 인수가 둘입니다. 한 경로는 $c$로, 다른 경로는 $\frac1\sigma$로 갑니다. $\frac1\sigma$은 네
# 값이 함께 쓰므로 그래디언트를 모두 더합니다.

# %%
dc = dx_hat * inverse_std
d_inverse_std = (dx_hat * c).sum()

# %% [markdown] lang="en"
# $\frac1\sigma = (\mathrm{var}+\varepsilon)^{-1/2}$, and $\mathrm{var} = \frac1D\sum_i c_i^2$: this path also ends at $c$.
# Two gradients arrive at $c$, so we add them.

# %% [markdown] lang="ko"
# $\frac1\sigma = (\mathrm{var}+\varepsilon)^{-1/2}$이고 $\mathrm{var} = \frac1D\sum_i c_i^2$입니다. 이 경로도 $c$에서 끝납니다.
# $c$에 그래디언트 두 개가 도착하므로 더합니다.

# %%
d_variance = d_inverse_std * -0.5 * (variance + eps) ** -1.5
dc = dc + d_variance * 2 * c / D

# %% [markdown] lang="en"
# $c = x - \mathrm{mean}$: one path goes directly to $x$, the other through the mean. Every $x_i$ contributes $\frac1D$ to
# the mean.

# %% [markdown] lang="ko"
# $c = x - \mathrm{mean}$입니다. 한 경로는 바로 $x$로 가고, 다른 경로는 평균을 거칩니다. 평균에는 모든 $x_i$가 $\frac1D$씩 들어
# 있습니다.

# %%
d_mean = -dc.sum()
dx = dc + d_mean / D
dx

# %% [markdown] lang="en"
# ## LayerNorm backward in one line
# Substitute the five steps into each other. Most terms cancel:
# $$dx = \frac1\sigma\Bigl(d\hat x - \mathrm{mean}(d\hat x) - \hat x \cdot \mathrm{mean}(d\hat x \odot \hat x)\Bigr)$$
# The first subtraction is the path through the mean; the second is the path through the variance.

# %% [markdown] lang="ko"
# ## LayerNorm 역전파를 한 줄로
# 다섯 단계를 서로 대입하면 항이 대부분 소거됩니다.
# $$dx = \frac1\sigma\Bigl(d\hat x - \mathrm{mean}(d\hat x) - \hat x \cdot \mathrm{mean}(d\hat x \odot \hat x)\Bigr)$$
# 첫 번째 뺄셈은 평균을 거친 경로, 두 번째 뺄셈은 분산을 거친 경로입니다.


# %% tags=["answer"]
one_line = inverse_std * (dx_hat - dx_hat.mean() - x_hat * (dx_hat * x_hat).mean())
assert np.allclose(one_line, dx)

# %% [markdown] lang="en"
# ## LayerNorm removes two directions of the gradient
# Forward removes the token's mean and scale, so changing them does not change the output. Therefore dx has no component
# along (1, 1, 1, 1), and none along x̂.

# %% [markdown] lang="ko"
# ## LayerNorm이 그래디언트에서 없애는 두 방향
# 순전파는 토큰의 평균과 크기를 없앱니다. 그래서 평균이나 크기를 바꾸어도 출력이 변하지 않습니다. dx에는 (1, 1, 1, 1) 방향의
# 성분도, x̂ 방향의 성분도 없습니다.

# %%
dx.sum(), dx @ x_hat

# %%
assert np.allclose([dx.sum(), dx @ x_hat], 0, atol=1e-6)  # up to ε

# %%
no_mean = dx_hat - dx_hat.mean()
neither = no_mean - x_hat * (no_mean @ x_hat) / D
steps = {"dx̂": dx_hat, "− mean": no_mean, "− along x̂": neither}
figure, axes = plt.subplots(1, 3, sharey=True, layout="constrained")
for ax, (name, values) in zip(axes, steps.items()):
    ax.bar(range(4), values)
    ax.axhline(0, color="black", linewidth=1)
    ax.set_title(name)

# %% [markdown] lang="en"
# A common mistake treats the mean and σ as constants and stops at $d\hat x/\sigma$. The gradient check finds it.

# %% [markdown] lang="ko"
# 흔한 실수는 평균과 σ를 상수로 여기고 $d\hat x/\sigma$에서 멈추는 것입니다. 그래디언트 검증이 이 실수를 찾아냅니다.

# %%
only_x_hat = lambda x: forward(x, ones, eps=eps)
as_constants = lambda dy, saved: dy * saved[1]

# %%
wrong = gradcheck.check(only_x_hat, as_constants, rng.standard_normal((2, 3, 64)))
print(wrong)
assert not wrong.ok

# %% [markdown] lang="en"
# ## The backward pass of LayerNorm
# All tokens of all images share γ and β, so their gradients are sums over both axes.

# %% [markdown] lang="ko"
# ## LayerNorm의 역전파
# γ와 β는 모든 이미지의 모든 토큰이 함께 쓰므로 그래디언트를 두 축에 대해 더합니다.


# %% tags=["student"]
def backward(dy, saved):
    x_hat, inverse_std, gamma = saved
    dgamma = (dy * x_hat).sum(axis=(0, 1))
    dbeta = dy.sum(axis=(0, 1))
    dx_hat = dy * gamma
    along_mean = dx_hat.mean(axis=-1, keepdims=True)
    along_x_hat = (dx_hat * x_hat).mean(axis=-1, keepdims=True)
    dx = (dx_hat - along_mean - x_hat * along_x_hat) * inverse_std
    return dx, {"gamma": dgamma, "beta": dbeta}


# %%
small_x = rng.standard_normal((2, 5, 12))
small_p = {"gamma": rng.standard_normal(12), "beta": rng.standard_normal(12)}
norm = lambda x, p: forward(x, p, eps=eps)
report = gradcheck.check(norm, backward, small_x, small_p)
print(report)

# %%
assert report.ok

# %% [markdown] lang="en"
# ## Backward of the residual connection: two paths
# $y = x + f(x)$. **Both** terms of a sum receive the full gradient. One path goes directly to $x$, the other through $f$.
# At $x$ the two gradients add up.
# $$dx = dy + J_f^\top\,dy$$

# %% [markdown] lang="ko"
# ## 잔차 연결의 역전파: 두 경로
# $y = x + f(x)$입니다. 합의 그래디언트는 **두 항** 모두에 그대로 전해집니다. 한 경로는 바로 $x$로 가고, 다른 경로는 $f$를
# 거칩니다. 두 그래디언트는 $x$에서 더해집니다.
# $$dx = dy + J_f^\top\,dy$$


# %%
def residual_forward(x, p):
    f, saved = norm(x, p)  # f is LayerNorm alone; in a block more follows
    return x + f, saved


# %%
def residual_backward(dy, saved):
    df, dp = backward(dy, saved)
    return dy + df, dp


# %%
report = gradcheck.check(residual_forward, residual_backward, small_x, small_p)
print(report)
assert report.ok

# %% [markdown] lang="en"
# The "dy +" is a path from the loss to the image on which nothing is multiplied, whatever the blocks do. That is also why
# the Norm comes *before* attention and MLP: after the + it would be on this path. In this example f is 0, and all of dy
# arrives:

# %% [markdown] lang="ko"
# "dy +"는 블록이 무엇을 하든 손실에서 이미지까지 아무것도 곱하지 않고 이어지는 경로입니다. Norm이 어텐션과 MLP의 *앞*에 있는
# 이유도 이것입니다. + 뒤에 두면 Norm이 이 경로에 놓입니다. f가 0이어도 dy는 그대로 도착합니다.

# %%
off = {"gamma": np.zeros(12), "beta": np.zeros(12)}
small_dy = rng.standard_normal(small_x.shape)
through_plus, _ = residual_backward(small_dy, norm(small_x, off)[1])
assert (through_plus == small_dy).all()

# %%
through_f, _ = backward(small_dy, norm(small_x, off)[1])
assert (through_f == 0).all()  # without the + the gradient ends here

# %% [markdown] lang="en"
# ## The whole block
# A block has two Norms, attention, the FFN, and two +. (Notebook 9 stacks twelve blocks.)

# %% [markdown] lang="ko"
# ## 블록 전체
# Norm 두 개와 어텐션, FFN, 그리고 + 두 개입니다. (9번 노트북에서는 이 블록을 열두 개 쌓습니다.)


# %% tags=["student"]
def block_forward(x, p, *, num_heads, eps):
    a, norm_1 = forward(x, p["norm_1"], eps=eps)
    a, attention = s5_attention.forward(a, p["attention"], num_heads=num_heads)
    x = x + a
    f, norm_2 = forward(x, p["norm_2"], eps=eps)
    f, feed_forward = s7_feed_forward.forward(f, p["feed_forward"])
    y = x + f
    return y, (norm_1, attention, norm_2, feed_forward)


# %% [markdown] lang="en"
# Backward starts with the last line. Each `x = x + …` of forward becomes one `dx = dx + …`.

# %% [markdown] lang="ko"
# 역전파는 마지막 줄부터입니다. 순전파의 `x = x + …`는 하나씩 `dx = dx + …`가 됩니다.


# %% tags=["student"]
def block_backward(dy, saved):
    norm_1, attention, norm_2, feed_forward = saved
    df, dp_feed_forward = s7_feed_forward.backward(dy, feed_forward)
    df, dp_norm_2 = backward(df, norm_2)
    dx = dy + df
    da, dp_attention = s5_attention.backward(dx, attention)
    da, dp_norm_1 = backward(da, norm_1)
    dx = dx + da
    dp = {"norm_1": dp_norm_1, "attention": dp_attention}
    return dx, dp | {"norm_2": dp_norm_2, "feed_forward": dp_feed_forward}


# %% [markdown] lang="en"
# We check the gradients of x and of all 16 parameters at a small size. The output is the largest error by the complex step
# and by differences.

# %% [markdown] lang="ko"
# 작은 크기에서 x와 파라미터 16개의 그래디언트를 모두 검증합니다. 복소 스텝과 차분으로 잰 가장 큰 오차를 봅니다.

# %%
small = vitnp.preset("Ti/16", hidden_size=12, mlp_dim=20)
small_block = gradcheck.random_like(encoder.init_block(rng, small, np.float64), rng)
three_heads = lambda x, p: block_forward(x, p, num_heads=3, eps=eps)
report = gradcheck.check(three_heads, block_backward, small_x, small_block)
report.worst

# %%
assert report.ok

# %% [markdown] lang="en"
# ## Compare with the library
# `s6_layer_norm.py` gives the same result. The two + are in `blocks/encoder.py`, written out in the forward and in the
# backward pass.

# %% [markdown] lang="ko"
# ## 라이브러리와 비교
# `s6_layer_norm.py`의 결과도 똑같습니다. + 두 개는 `blocks/encoder.py`의 순전파와 역전파에 모두 그대로 적혀 있습니다.

# %%
library_y, library_saved = s6_layer_norm.forward(small_x, small_p, eps=1e-6)
library_dx, library_dp = s6_layer_norm.backward(small_dy, library_saved)
our_y, saved = norm(small_x, small_p)
dx, dp = backward(small_dy, saved)
assert np.allclose(library_y, our_y)
assert np.allclose(library_dx, dx) and np.allclose(library_dp["gamma"], dp["gamma"])

# %%
library_block, _ = encoder.block_forward(z, block, config=config)
our_block, _ = block_forward(z, block, num_heads=12, eps=eps)
assert np.allclose(library_block, residual_2) and np.allclose(library_block, our_block)

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ ViT-B/16 has two Norms in each of its 12 blocks, and one more at the end. How many parameters do all γ and β
# have together?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ ViT-B/16에는 블록 12개에 Norm이 두 개씩, 맨 끝에 하나 더 있습니다. γ와 β의 파라미터는 모두 몇 개입니까?

# %% tags=["exercise"]
count = ...

# %% tags=["solution"]
count = (12 * 2 + 1) * 2 * 768

# %% tags=["check"]
check("06.1", count)

# %% [markdown] lang="en"
# **2.** ★★ `y` is the output for `z`. What is the output for `1000 * z - 7`? Answer from `y`, **without** calling
# `forward`. (The [CLS] token is so small that ε matters; the check leaves it out.)

# %% [markdown] lang="ko"
# **2.** ★★ `y`는 `z`를 넣은 출력입니다. `1000 * z - 7`을 넣으면 무엇이 나옵니까? `forward`를 부르지 **않고** `y`로 답하세요.
# ([CLS] 토큰은 너무 작아서 ε의 영향이 남으므로 검사에서 뺍니다.)

# %% tags=["exercise"]
louder = ...

# %% tags=["solution"]
louder = y

# %% tags=["check"]
check("06.2", louder, y)

# %% [markdown] lang="en"
# **3.** ★★★ Many newer Transformers do not subtract the mean. They use RMSNorm, $y = x / \sqrt{\mathrm{mean}(x^2) +
# \varepsilon}$. Write its backward pass from `dy` and `saved = (y, inverse_rms)`.

# %% [markdown] lang="ko"
# **3.** ★★★ 요즘 Transformer는 평균을 빼지 않는 RMSNorm $y = x / \sqrt{\mathrm{mean}(x^2) + \varepsilon}$을 많이 씁니다. `dy`와
# `saved = (y, inverse_rms)`로 역전파를 쓰세요.


# %%
def rms_forward(x):
    inverse_rms = ((x * x).mean(axis=-1, keepdims=True) + eps) ** -0.5
    return x * inverse_rms, (x * inverse_rms, inverse_rms)


# %% tags=["exercise"]
def rms_backward(dy, saved):
    return ...


# %% tags=["solution"]
def rms_backward(dy, saved):
    y, inverse_rms = saved
    return (dy - y * (dy * y).mean(axis=-1, keepdims=True)) * inverse_rms


# %% tags=["check"]
check("06.3", rms_backward)

# %% [markdown] lang="en"
# **Explain.** LayerNorm's backward pass returns a dx whose values sum to 0 in every token (with γ and β or without). Why
# must they?

# %% [markdown] lang="ko"
# **설명해 보세요.** LayerNorm의 역전파가 돌려주는 dx는 토큰마다 합이 0입니다(γ와 β가 있든 없든). 왜 그래야 합니까?

# %% [markdown] lang="en" tags=["solution"]
# Forward subtracts the mean. So the output stays the same when the same number is added to all values of a token. The
# derivative in the direction (1, 1, …, 1) is therefore 0. This derivative is the sum of dx. The same holds for the scale:
# a larger token gives the same output (up to ε), so dx is also orthogonal to the normalized token.

# %% [markdown] lang="ko" tags=["solution"]
# 순전파는 평균을 뺍니다. 그래서 토큰의 모든 값에 같은 수를 더해도 출력은 바뀌지 않고, (1, 1, …, 1) 방향의 미분값은 0입니다.
# 이 미분값이 바로 dx의 합입니다. 크기에 대해서도 마찬가지입니다. 토큰을 몇 배로 키워도 출력은 (ε을 빼면) 같으므로, dx는 정규화된
# 토큰과도 직교합니다.
