# %% [markdown] lang="en"
# # 14 · The bug hunt: mistakes in public ViTs
# **공개된 ViT에 실제로 있던 실수와 그것을 찾는 방법** · *Mistakes in public ViTs, and how to find yours*
#
# For all steps of deck 003 · all of `vitnp/` · **30 minutes to show, 65 with the exercises** ·
# [solutions](solutions/14_bug_hunt.ipynb)
#
# After this notebook you can
# - find the wrong line from the report of a gradient check,
# - say which mistakes a gradient check cannot find, and find them by an invariant,
# - name nine mistakes in public, from-scratch Vision Transformers, and avoid them. (There are eight cases; case 2 has
#   two.)

# %% [markdown] lang="ko"
# # 14 · 버그 사냥: 공개된 ViT의 실수
# **공개된 ViT에 실제로 있던 실수와 그것을 찾는 방법** · *Mistakes in public ViTs, and how to find yours*
#
# 강의자료 003의 모든 단계에 해당 · `vitnp/` 전체 · **시연 30분, 실습 포함 65분** · [풀이](../solutions/ko/14_bug_hunt.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 그래디언트 검증의 보고서에서 틀린 줄을 찾아낸다.
# - 그래디언트 검증으로 찾을 수 없는 실수가 무엇인지 말하고, 불변량으로 찾아낸다.
# - 공개된 ViT 구현에 실제로 있던 실수 아홉 가지를 알고 피한다(사건은 여덟 개이고, 사건 2에는 실수가 두 개 있다).

# %% tags=["setup"]
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np

from vitnp import gradcheck
from vitnp.course.exercises import check
from vitnp.data import photo
from vitnp.ops import gelu, heads, softmax
from vitnp.steps import s4_position, s5_attention, s6_layer_norm

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
rng = np.random.default_rng(0)

# %% [markdown] lang="en"
# ## The rules
# There are eight cases with nine mistakes; case 2 has two. Each mistake was found in a public repository. The code
# here is ours, with the mistake added. In all but one case the shapes are right, and some of the repositories had
# tests that passed.
#
# For each case, look at the **evidence**, find the wrong line and correct it. The check below it prints ✓, or ✗ and
# what is still wrong. Each case has a folded hint. ★ asks for a line, ★★ for a line or two, ★★★ for a function.

# %% [markdown] lang="ko"
# ## 규칙
# 사건은 여덟 개, 실수는 아홉 개입니다. 사건 2에는 두 개가 있습니다. 모두 공개 저장소에 실제로 있던 실수입니다. 코드는 우리 것이고 실수만
# 옮겨 넣었습니다. 하나만 빼고는 모두 shape가 맞고, 테스트를 통과한 것도 있습니다.
#
# 사건마다 **증거**를 보고, 틀린 줄을 찾아, 고치세요. 아래 검사 셀에 ✓가 나오면 됩니다. ✗에는 아직 틀린
# 것이 따라 나옵니다. 힌트는 사건마다 접어 두었습니다. ★은 한 줄, ★★는 한두 줄, ★★★은 함수를 고치는 문제입니다.

# %% [markdown] lang="en"
# ## Case 1 · The derivative of GELU
# The forward function is the library's GELU (tanh form). Somebody derived the backward function by hand.

# %% [markdown] lang="ko"
# ## 사건 1 · GELU의 미분
# 순전파는 라이브러리의 GELU(tanh 형태)입니다. 역전파는 누군가 손으로 유도했습니다.


# %%
def gelu_backward_1(dy, saved):
    x, _ = saved
    c, k = np.sqrt(2 / np.pi), 0.044715
    t = np.tanh(c * (x + k * x**3))
    dt = (1 - t * t) * c * (1 + 3 * k * x**3)
    return dy * (0.5 * (1 + t) + 0.5 * x * dt)


# %%
u = rng.standard_normal((2, 6))
print(gradcheck.check(gelu.forward, gelu_backward_1, u))
assert not gradcheck.check(gelu.forward, gelu_backward_1, u).ok

# %% [markdown] lang="en"
# GELU treats each element alone. So we plot it beside the derivative measured by the complex step, and see *where* it
# is wrong.

# %% [markdown] lang="ko"
# 원소마다 따로 계산되는 함수이므로, 복소 스텝으로 잰 미분값과 나란히 그려 *어디가* 틀렸는지 봅시다.

# %%
line = np.linspace(-3, 3, 121)
measured = gelu.forward(line + 1e-30j)[0].imag / 1e-30
plt.plot(line, measured, linewidth=4, label="measured")
plt.plot(line, gelu_backward_1(np.ones(121), (line, "tanh")), "--", linewidth=3, label="case 1")
plt.xlabel("x")
plt.legend()
plt.show()

# %% [markdown] lang="en"
# <details><summary>Hint</summary> Differentiate x + k·x³ again. A formula that is right at 0 and 1 may still be wrong
# elsewhere. </details>
#
# **1.** ★★ Correct it.

# %% [markdown] lang="ko"
# <details><summary>힌트</summary>
# x + k·x³을 다시 미분해 보세요. 0과 1에서 맞는다고 다 맞는 것은 아닙니다.
# </details>
#
# **1.** ★★ 고치세요.


# %% tags=["exercise"]
def gelu_backward(dy, saved):
    return ...


# %% tags=["solution"]
def gelu_backward(dy, saved):
    x, _ = saved
    c, k = np.sqrt(2 / np.pi), 0.044715
    t = np.tanh(c * (x + k * x**3))
    dt = (1 - t * t) * c * (1 + 3 * k * x**2)  # was x**3
    return dy * (0.5 * (1 + t) + 0.5 * x * dt)


# %% tags=["check"]
check("14.1", gelu_backward)

# %% [markdown] lang="en"
# ## Case 2 · The backward pass of attention, two mistakes
# This is the backward pass of the whole step 5. All gradients have the right shape.

# %% [markdown] lang="ko"
# ## 사건 2 · 어텐션의 역전파, 실수 두 개
# 5단계 전체의 역전파입니다. 그래디언트의 shape는 모두 맞습니다.


# %%
def dense(x, dy):
    return np.einsum("bni,bno->io", x, dy), dy.sum(axis=(0, 1))  # of W and of b


# %%
def attention_backward_2(dy, saved):
    s, y = saved
    dp = {}
    dp["W_O"], dp["b_O"] = dense(y, dy)
    dO = heads.split(dy @ s.p["W_O"].T, 3)
    ways = s5_attention.attend_backward(dO, s.Q, s.K, s.V, s.A, None, rate=0.0)
    for n, d in zip("QKV", ways):
        dp[f"W_{n}"], dp[f"b_{n}"] = dense(s.x, heads.merge(d))
        dx = heads.merge(d) @ s.p[f"W_{n}"].T
    return dx, dp


# %%
def attention_forward(x, p):
    y, saved = s5_attention.forward(x, p, num_heads=3)
    return y, (saved, y)


# %% [markdown] lang="en"
# **The evidence.** Two of the nine gradients are wrong. If a gradient is right, all lines of the backward pass that
# lead to it are right.

# %% [markdown] lang="ko"
# **증거.** 그래디언트 아홉 개 가운데 두 개가 틀렸습니다. 어떤 그래디언트가 맞다면, 거기까지 거친 역전파의 줄도 맞습니다.

# %%
x = rng.standard_normal((2, 5, 12))
p = s5_attention.init(rng, hidden_size=12, dtype=np.float64)
p = gradcheck.random_like(p, rng)
report = gradcheck.check(attention_forward, attention_backward_2, x, p)
print(report)

# %%
assert [leaf.name for leaf in report.leaves if not leaf.ok] == ["x", "W_O"]

# %% [markdown] lang="en"
# <details><summary>Hint</summary> What does forward multiply by W_O? How many times does forward use x? </details>
#
# **2.** ★★★ Correct both. (`s.concat` is saved too.)

# %% [markdown] lang="ko"
# <details><summary>힌트</summary>
# 순전파에서 W_O와 곱하는 것은 무엇입니까? 그리고 순전파는 x를 몇 번 씁니까?
# </details>
#
# **2.** ★★★ 둘 다 고치세요. (`s.concat`도 저장되어 있습니다.)


# %% tags=["exercise"]
def attention_backward(dy, saved):
    return ...


# %% tags=["solution"]
def attention_backward(dy, saved):
    s, _ = saved
    dp, dx = {}, 0
    dp["W_O"], dp["b_O"] = dense(s.concat, dy)  # was y, the output
    dO = heads.split(dy @ s.p["W_O"].T, 3)
    ways = s5_attention.attend_backward(dO, s.Q, s.K, s.V, s.A, None, rate=0.0)
    for n, d in zip("QKV", ways):
        dp[f"W_{n}"], dp[f"b_{n}"] = dense(s.x, heads.merge(d))
        dx = dx + heads.merge(d) @ s.p[f"W_{n}"].T  # was the last of the three alone
    return dx, dp


# %% tags=["check"]
check("14.2", attention_backward)

# %% [markdown] lang="en"
# ## Case 3 · The gradient of the position embedding
# The position embedding adds a row to every token, `y = x + E_pos`. After one training step the model accepted only
# batches of 64 images.

# %% [markdown] lang="ko"
# ## 사건 3 · 포지셔널 임베딩의 그래디언트
# 포지셔널 임베딩은 토큰마다 표의 한 행을 더합니다. `y = x + E_pos`입니다. 그런데 학습을 한 스텝 하고 나니 이 모델은 64장짜리 배치만
# 처리할 수 있었습니다.


# %%
def position_backward_3(dy, saved):
    return dy, {"E_pos": dy}


# %%
table = {"E_pos": rng.standard_normal((5, 12))}
try:
    gradcheck.check(s4_position.forward, position_backward_3, x, table)
except ValueError as error:
    print(error)

# %% [markdown] lang="en"
# The check stops at the shape: a gradient must have the shape of its parameter. The update `E_pos - lr * dE_pos`
# raised no error. Broadcasting made one table per image of the batch.

# %% [markdown] lang="ko"
# 검증은 shape에서 멈춥니다. 그래디언트의 shape는 파라미터와 같아야 합니다. 업데이트 `E_pos - lr * dE_pos`에서는 오류가 나지
# 않았습니다. 브로드캐스팅 때문에 배치의 이미지마다 표가 하나씩 생겼을 뿐입니다.

# %%
_, dp = position_backward_3(np.ones((64, 5, 12)), None)
(table["E_pos"] - 0.1 * dp["E_pos"]).shape

# %%
assert (table["E_pos"] - 0.1 * dp["E_pos"]).shape != table["E_pos"].shape

# %% [markdown] lang="en"
# <details><summary>Hint</summary> How many times does forward use one row of the table? </details>
#
# **3.** ★ Correct it.

# %% [markdown] lang="ko"
# <details><summary>힌트</summary> 순전파는 표의 한 행을 몇 번 씁니까? </details>
#
# **3.** ★ 고치세요.


# %% tags=["exercise"]
def position_backward(dy, saved):
    return ...


# %% tags=["solution"]
def position_backward(dy, saved):
    return dy, {"E_pos": dy.sum(axis=0)}  # every image used the same table


# %% tags=["check"]
check("14.3", position_backward)

# %% [markdown] lang="en"
# ## Case 4 · A LayerNorm that updates its own gamma
# This LayerNorm updates gamma inside backward, as soon as its gradient is known.

# %% [markdown] lang="ko"
# ## 사건 4 · gamma를 스스로 업데이트하는 LayerNorm
# 이 LayerNorm은 역전파 안에서 gamma의 그래디언트를 구하자마자 gamma를 업데이트합니다.


# %%
def norm_backward_4(dy, saved):
    x_hat, inverse_std, gamma = saved
    dp = {"gamma": (dy * x_hat).sum((0, 1)), "beta": dy.sum((0, 1))}
    gamma -= 0.1 * dp["gamma"]
    d = dy * gamma
    along = x_hat * (d * x_hat).mean(-1, keepdims=True)
    return (d - d.mean(-1, keepdims=True) - along) * inverse_std, dp


# %% [markdown] lang="en"
# It passes the gradient check. Why?

# %% [markdown] lang="ko"
# 그래디언트 검증은 통과합니다. 왜일까요?

# %%
norm = lambda x, p: s6_layer_norm.forward(x, p, eps=1e-6)
p = {"gamma": 1 + 0.5 * rng.standard_normal(12), "beta": rng.standard_normal(12)}
gradcheck.check(norm, norm_backward_4, x, p).ok

# %% [markdown] lang="en"
# Backward changed the weights *before* the check ran forward again, so the check also measured with the new gamma. An
# **invariant** finds this mistake: two calls must give the same result.

# %% [markdown] lang="ko"
# 검증이 순전파를 다시 실행하기 *전에* 역전파가 가중치를 바꾸어 놓았습니다. 그래서 검증도 새 gamma에서 쟀습니다. 이 실수는
# **불변량**으로 찾습니다. 두 번 불러도 결과가 같아야 합니다.

# %%
dy = rng.standard_normal(x.shape)
_, saved = norm(x, p)
twice = [norm_backward_4(dy, saved)[0] for _ in range(2)]
abs(twice[0] - twice[1]).max()

# %%
assert not np.allclose(*twice)

# %% [markdown] lang="en"
# `gradcheck.check_contract` checks this too, for any step (notebook 10):

# %% [markdown] lang="ko"
# `gradcheck.check_contract`는 어떤 단계든 이것까지 검사합니다(10번 노트북).

# %%
contract = gradcheck.check_contract(norm, norm_backward_4, x, p)
print(*(row for row in contract.rows if row.clause == "unmodified"), sep="\n")

# %% [markdown] lang="en"
# <details><summary>Hint</summary> backward belongs to the forward that has already run, with the weights of that
# time. </details>
#
# **4.** ★★ Correct it.

# %% [markdown] lang="ko"
# <details><summary>힌트</summary>
# 역전파는 이미 실행된 순전파의 것입니다. 가중치도 그때의 값이어야 합니다.
# </details>
#
# **4.** ★★ 고치세요.


# %% tags=["exercise"]
def norm_backward(dy, saved):
    return ...


# %% tags=["solution"]
def norm_backward(dy, saved):
    x_hat, inverse_std, gamma = saved
    dp = {"gamma": (dy * x_hat).sum((0, 1)), "beta": dy.sum((0, 1))}
    d = dy * gamma  # as it was in forward; updating is the optimizer's work
    along = x_hat * (d * x_hat).mean(-1, keepdims=True)
    return (d - d.mean(-1, keepdims=True) - along) * inverse_std, dp


# %% tags=["check"]
check("14.4", norm_backward)

# %% [markdown] lang="en"
# ## Case 5 · Patches with scrambled pixels
# This is step 1, with patches of 16·16·3 values. It passes the gradient check, and rightly: this backward *is* the
# derivative of this forward.

# %% [markdown] lang="ko"
# ## 사건 5 · 픽셀이 뒤섞인 패치
# 1단계이고, 패치는 값 16·16·3개입니다. 이번에도 검증을 통과하며, 통과하는 것이 맞습니다. 이 역전파는 이 순전파의 미분이 *맞기*
# 때문입니다.


# %%
def patchify_5(x, P):
    B, H, W, C = x.shape
    grid = x.reshape(B, C, H // P, P, W // P, P)
    return grid.transpose(0, 2, 4, 3, 5, 1).reshape(B, -1, P * P * C), (x.shape, P)


# %%
def patchify_backward_5(dpatches, saved):
    (B, H, W, C), P = saved
    grid = dpatches.reshape(B, H // P, W // P, P, P, C)
    return grid.transpose(0, 5, 1, 3, 2, 4).reshape(B, H, W, C)


# %%
tiny = rng.standard_normal((2, 8, 12, 3))
gradcheck.check(lambda x: patchify_5(x, 4), patchify_backward_5, tiny).ok

# %% [markdown] lang="en"
# **A gradient check compares backward with forward. It cannot know that forward is not what you meant.** Look at
# patch 101, at row 7, column 3. Left: cut from the photo. Right: the result of this code.

# %% [markdown] lang="ko"
# **그래디언트 검증은 역전파를 순전파와 비교할 뿐입니다. 순전파 자체가 의도와 다르다는 것은 알 수 없습니다.** 7행 3열인 101번 패치를
# 봅시다. 왼쪽은 사진에서 잘라 낸 것, 오른쪽은 이 코드가 만든 것입니다.

# %%
image = photo.sample((224, 224))
figure, axes = plt.subplots(1, 2, layout="constrained")
axes[0].imshow(image[112:128, 48:64])
axes[1].imshow(patchify_5(image[None], 16)[0][0, 101].reshape(16, 16, 3))
for ax, name in zip(axes, ("photo", "case 5")):
    ax.set_title(name)
    ax.axis("off")

# %% [markdown] lang="en"
# The invariant uses an image whose values encode their position: row · 100 + column · 10 + channel.

# %% [markdown] lang="ko"
# 불변량은 값이 자기 위치를 나타내는 이미지로 확인합니다. 값은 행 · 100 + 열 · 10 + 채널입니다.

# %%
rows, columns, channels = np.ogrid[:4, :4, :3]
places = (rows * 100 + columns * 10 + channels)[None]
patchify_5(places, 2)[0][0, 0]

# %%
places[0, :2, :2].reshape(-1)  # what the first patch should hold

# %%
assert (patchify_5(places, 2)[0][0, 0] != places[0, :2, :2].reshape(-1)).any()

# %% [markdown] lang="en"
# <details><summary>Hint</summary> reshape only splits an axis in place. Which axis is the last one of x? </details>
#
# **5.** ★★ Correct the forward function.

# %% [markdown] lang="ko"
# <details><summary>힌트</summary>
# reshape는 축을 제자리에서 쪼갤 뿐입니다. x의 마지막 축은 무엇입니까?
# </details>
#
# **5.** ★★ 순전파를 고치세요.


# %% tags=["exercise"]
def patchify(x, P):
    return ...


# %% tags=["solution"]
def patchify(x, P):
    B, H, W, C = x.shape
    grid = x.reshape(B, H // P, P, W // P, P, C)  # the channel stays last
    return grid.transpose(0, 1, 3, 2, 4, 5).reshape(B, -1, P * P * C)


# %% tags=["check"]
check("14.5", patchify)

# %% [markdown] lang="en"
# ## Case 6 · Attention heads that are never mixed
# This attention is from a tutorial that was copied often. The model learns, and its test passes, because the
# reference in the test has the same structure.

# %% [markdown] lang="ko"
# ## 사건 6 · 한 번도 섞이지 않는 어텐션 헤드
# 많은 사람이 가져다 쓴 튜토리얼의 어텐션입니다. 학습도 되고 테스트도 통과합니다. 테스트의 기준 모델을 똑같은 구조로 만들었기 때문입니다.


# %%
def attention_6(x, p):
    x_heads = heads.split(x, 3)  # (B, H, N, K)
    Q, K, V = (x_heads @ p[n] for n in "QKV")
    A, _ = softmax.forward(Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1]))
    return heads.merge(A @ V)


# %%
p = {n: rng.standard_normal((3, 4, 4)) for n in "QKV"}
attention_6(x, p).shape

# %% [markdown] lang="en"
# Ask *what depends on what*. Change column 0 of every token, and see which columns of the output change.

# %% [markdown] lang="ko"
# *무엇이 무엇에 의존하는지* 확인합니다. 모든 토큰의 0열만 바꾸고, 출력의 어느 열이 바뀌는지 봅시다.

# %%
nudged = x.copy()
nudged[..., 0] += rng.standard_normal((2, 5))
abs(attention_6(nudged, p) - attention_6(x, p)).max(axis=(0, 1)).round(2)

# %%
real = s5_attention.init(rng, hidden_size=12, dtype=np.float64)
y, _ = s5_attention.forward(x, real, num_heads=3)
abs(s5_attention.forward(nudged, real, num_heads=3)[0] - y).max(axis=(0, 1)).round(2)

# %% [markdown] lang="en"
# Only the columns of head 0 changed. These are three separate small attentions, and each sees only a third of the
# token.

# %% [markdown] lang="ko"
# 0번 헤드의 열만 바뀌었습니다. 서로 무관한 작은 어텐션 세 개가 토큰을 3분의 1씩 볼 뿐입니다.

# %%
moved = abs(attention_6(nudged, p) - attention_6(x, p)).max(axis=(0, 1)) > 0
assert moved[:4].all() and not moved[4:].any()

# %% [markdown] lang="en"
# <details><summary>Hint</summary> Project first, then split. A last matrix mixes the heads. </details>
#
# **6.** ★★★ Correct it, with `p["W_Q"]`, `p["W_K"]`, `p["W_V"]` and `p["W_O"]`, each (D, D). Leave the biases out.

# %% [markdown] lang="ko"
# <details><summary>힌트</summary>
# 먼저 투영하고 그다음에 나눕니다. 그리고 헤드를 섞는 마지막 행렬이 있습니다.
# </details>
#
# **6.** ★★★ `p["W_Q"]`, `p["W_K"]`, `p["W_V"]`, `p["W_O"]`로 고치세요. 모두 (D, D)입니다. 편향은 빼도 됩니다.


# %% tags=["exercise"]
def attention(x, p):
    return ...


# %% tags=["solution"]
def attention(x, p):
    Q, K, V = (heads.split(x @ p[f"W_{n}"], 3) for n in "QKV")  # all columns, then split
    A, _ = softmax.forward(Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1]))
    return heads.merge(A @ V) @ p["W_O"]  # there was no W_O


# %% tags=["check"]
check("14.6", attention)

# %% [markdown] lang="en"
# ## Case 7 · The Adam optimizer
# All gradients are right. The optimizer is wrong.

# %% [markdown] lang="ko"
# ## 사건 7 · Adam 옵티마이저
# 그래디언트는 모두 맞습니다. 틀린 것은 옵티마이저입니다.


# %%
def adam_7(gradients, lr):
    theta, m, v, t = 0.0, 0.0, 0.0, 1
    path = [theta]
    for g in gradients:
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        theta -= lr * (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t))
        path.append(theta)
    return np.array(path)


# %% [markdown] lang="en"
# The invariant: with a constant gradient, every step of Adam has size lr, whatever the size of the gradient.

# %% [markdown] lang="ko"
# 불변량은 이렇습니다. 그래디언트가 일정하면 Adam의 스텝 크기는 그래디언트의 크기와 상관없이 언제나 lr입니다.

# %%
steps = -np.diff(adam_7(np.full(200, 3.0), lr=0.1))
steps[:4].round(3)

# %%
plt.plot(steps, linewidth=3, label="case 7")
plt.axhline(0.1, linestyle="--", color="black", label="lr")
plt.xlabel("step")
plt.ylabel("size of the step")
plt.legend()
plt.show()

# %% [markdown] lang="en"
# The first step is right, so a test of one step passes.

# %% [markdown] lang="ko"
# 첫 스텝은 맞습니다. 그래서 한 스텝만 보는 테스트는 통과합니다.

# %%
assert np.isclose(steps[0], 0.1) and steps.max() > 0.2

# %% [markdown] lang="en"
# <details><summary>Hint</summary> The corrections must approach 1 as t grows. </details>
#
# **7.** ★★ Correct it.

# %% [markdown] lang="ko"
# <details><summary>힌트</summary> t가 커지면 보정 계수는 1에 가까워져야 합니다. </details>
#
# **7.** ★★ 고치세요.


# %% tags=["exercise"]
def adam(gradients, lr):
    return ...


# %% tags=["solution"]
def adam(gradients, lr):
    theta, m, v = 0.0, 0.0, 0.0
    path = [theta]
    for t, g in enumerate(gradients, start=1):  # t stood still at 1
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        theta -= lr * (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t))
        path.append(theta)
    return np.array(path)


# %% tags=["check"]
check("14.7", adam)

# %% [markdown] lang="en"
# ## Case 8 · Attention rollout
# Attention rollout multiplies the attention of all blocks; the residual connection adds an identity matrix. To make
# the picture clearer, this code sets the smaller half of each map to 0 and normalizes the rows again.

# %% [markdown] lang="ko"
# ## 사건 8 · 어텐션 롤아웃
# 어텐션 롤아웃은 모든 블록의 어텐션을 곱합니다. 잔차 연결은 단위행렬로 더합니다. 이 코드는 그림이 또렷해지도록 맵마다 작은 쪽 절반을
# 0으로 두고 행을 다시 정규화합니다.


# %%
def rollout_8(A):
    R = np.eye(A.shape[-1])
    for a in A:
        a = np.where(a > np.median(a), a, 0) + np.eye(A.shape[-1])
        a = a / a.sum(axis=-1)
        R = a @ R
    return R


# %%
sharpness = rng.uniform(0, 3, (12, 17, 1))  # some tokens look at few others, some at many
A, _ = softmax.forward(sharpness * rng.standard_normal((12, 17, 17)))
rollout_8(A).shape

# %% [markdown] lang="en"
# The invariant: a row gives the sources of one token, so it sums to 1.

# %% [markdown] lang="ko"
# 불변량은 행의 합입니다. 한 행은 토큰 하나의 출처를 나타내므로 합이 1이어야 합니다.

# %%
rollout_8(A).sum(axis=-1).round(2)

# %%
assert not np.allclose(rollout_8(A).sum(axis=-1), 1)

# %% [markdown] lang="en"
# Without the zeros every row of `a` sums to 2, and the mistake has no effect. It appears only when this option is
# used.

# %% [markdown] lang="ko"
# 0으로 두지 않으면 `a`의 행은 합이 모두 2이므로 이 실수가 드러나지 않습니다. 이 옵션을 쓸 때만 나타나는 버그입니다.

# %% [markdown] lang="en"
# <details><summary>Hint</summary> When (17, 17) is divided by (17,), along which axis does NumPy broadcast?
# </details>
#
# **8.** ★★ Correct it.

# %% [markdown] lang="ko"
# <details><summary>힌트</summary> (17, 17)을 (17,)로 나눌 때 NumPy는 어느 축에 맞춰 브로드캐스팅합니까? </details>
#
# **8.** ★★ 고치세요.


# %% tags=["exercise"]
def rollout(A):
    return ...


# %% tags=["solution"]
def rollout(A):
    R = np.eye(A.shape[-1])
    for a in A:
        a = np.where(a > np.median(a), a, 0) + np.eye(A.shape[-1])
        R = a / a.sum(axis=-1, keepdims=True) @ R  # without keepdims it divided the columns
    return R


# %% tags=["check"]
check("14.8", rollout)

# %% [markdown] lang="en"
# ## Summary: what found each mistake
# | case | what found it |
# |---|---|
# | 1 GELU, 2 attention | the gradient check of each part alone |
# | 3 position | the shape of the gradient |
# | 4 LayerNorm | two calls, the same result |
# | 5 patches | values that encode their position |
# | 6 heads | what depends on what |
# | 7 Adam | a constant gradient, for more than one step |
# | 8 rollout | rows sum to 1 |
#
# A falling loss shows none of these mistakes. `gradcheck.check_contract` finds the first four in your own code too.

# %% [markdown] lang="ko"
# ## 정리: 무엇으로 찾았나
# | 사건 | 무엇으로 찾았나 |
# |---|---|
# | 1 GELU, 2 어텐션 | 부분마다 따로 한 그래디언트 검증 |
# | 3 포지셔널 임베딩 | 그래디언트의 shape |
# | 4 LayerNorm | 두 번 불러 비교하기 |
# | 5 패치 | 위치를 나타내는 값 |
# | 6 헤드 | 무엇이 무엇에 의존하는가 |
# | 7 Adam | 일정한 그래디언트로 여러 스텝 |
# | 8 롤아웃 | 행의 합은 1 |
#
# 손실이 줄어드는 것만 봐서는 하나도 찾을 수 없습니다. 앞의 네 사건은 여러분의 코드에서도 `gradcheck.check_contract`가 찾아냅니다.

# %% [markdown] lang="en"
# **Explain.** A ViT trains, its loss falls, and every step passes the gradient check. Name three kinds of mistakes
# that it can still contain, and what finds each.

# %% [markdown] lang="ko"
# **설명해 보세요.** 어떤 ViT가 학습되고, 손실이 줄고, 모든 단계가 그래디언트 검증을 통과합니다. 그래도 남아 있을 수 있는 실수 세 가지와, 그것을 찾아내는
# 방법을 각각 말해 보세요.

# %% [markdown] lang="en" tags=["solution"]
# First, a forward that is not what was meant, such as scrambled patches or heads that are never mixed. The check
# compares backward with this forward. Values that encode their position find scrambled patches. Testing what depends
# on what finds unmixed heads. Second, a backward that changes the weights: call it twice and compare. Third,
# everything after the gradient, such as the optimizer: a constant gradient over many steps finds it.

# %% [markdown] lang="ko" tags=["solution"]
# 첫째, 의도와 다른 순전파입니다. 패치가 뒤섞이거나 헤드가 한 번도 섞이지 않아도, 검증은 역전파를 그 순전파와 비교할 뿐입니다. 앞의 것은
# 위치를 나타내는 값으로, 뒤의 것은 무엇이 무엇에 의존하는지 확인해서 찾습니다. 둘째, 가중치를 바꾸는 역전파입니다. 두 번 불러 비교하면
# 됩니다. 셋째, 옵티마이저처럼 그래디언트 다음에 오는 것입니다. 일정한 그래디언트로 여러 스텝을 돌려 찾습니다.
