# %% [markdown] lang="en"
# # 9 · The encoder: twelve blocks and their backward pass
# **Transformer Encoder L×: 5~7단계를 12번, 마지막에 Norm** · *steps 5 to 7, twelve times, then the final Norm*
#
# Deck 003, the encoder figure · file `vitnp/blocks/encoder.py` · **25 minutes to show, 45 with the exercises** · [solutions](solutions/09_encoder_and_backprop.ipynb)
#
# After this notebook you can
# - write the encoder block, forward and backward, from the earlier steps,
# - find the + in the backward pass, and explain what it does to the gradient,
# - follow the gradient through twelve blocks, and read its norm at every depth,
# - show with numbers what breaks without the residual connections.

# %% [markdown] lang="ko"
# # 9 · 인코더: 블록 열두 개와 그 역전파
# **Transformer Encoder L×: 5~7단계를 12번, 마지막에 Norm** · *steps 5 to 7, twelve times, then the final Norm*
#
# 강의자료 003, 인코더 그림 · 파일 `vitnp/blocks/encoder.py` · **시연 25분, 실습 포함 45분** · [풀이](../solutions/ko/09_encoder_and_backprop.ipynb)
#
# 이 노트북을 마치면 다음을 할 수 있습니다.
# - 앞에서 배운 단계로 인코더 블록의 순전파와 역전파를 쓴다.
# - 역전파에서 +를 찾고, 그것이 그래디언트에 하는 일을 설명한다.
# - 블록 열두 개를 거슬러 가며 깊이마다 그래디언트의 크기를 읽는다.
# - 잔차 연결을 없애면 무엇이 잘못되는지 수치로 보인다.

# %% tags=["setup"]
# %matplotlib inline
# %precision 3
import matplotlib.pyplot as plt
import numpy as np

import vitnp
from vitnp import gradcheck, tree
from vitnp.blocks import encoder
from vitnp.course import slides
from vitnp.course.exercises import check
from vitnp.data import photo
from vitnp.steps import s5_attention, s6_layer_norm, s7_feed_forward

plt.rcParams.update({"figure.figsize": (9.6, 4), "font.size": 16})
np.set_printoptions(suppress=True)

# %% [markdown] lang="en"
# ## One block has two branches
# $$z' = z + \mathrm{MSA}(\mathrm{LN}(z)), \qquad z'' = z' + \mathrm{MLP}(\mathrm{LN}(z'))$$
# The first branch is Norm (step 6), then attention (step 5). Its backward pass goes through both in reverse order.

# %% [markdown] lang="ko"
# ## 블록 하나에는 가지가 둘 있습니다
# $$z' = z + \mathrm{MSA}(\mathrm{LN}(z)), \qquad z'' = z' + \mathrm{MLP}(\mathrm{LN}(z'))$$
# 첫째 가지는 Norm(6단계) 다음에 어텐션(5단계)입니다. 역전파는 이 둘을 거꾸로 지납니다.


# %%
def attend(x, p):
    a, norm = s6_layer_norm.forward(x, p["norm_1"], eps=1e-6)
    a, attention = s5_attention.forward(a, p["attention"], num_heads=3)
    return a, (norm, attention)


# %%
def attend_backward(da, saved):
    norm, attention = saved
    da, dp_attention = s5_attention.backward(da, attention)
    da, dp_norm = s6_layer_norm.backward(da, norm)
    return da, {"norm_1": dp_norm, "attention": dp_attention}


# %% [markdown] lang="en"
# The second branch is Norm (step 6), then the FFN (step 7).

# %% [markdown] lang="ko"
# 둘째 가지는 Norm(6단계) 다음에 FFN(7단계)입니다.


# %%
def feed(x, p):
    f, norm = s6_layer_norm.forward(x, p["norm_2"], eps=1e-6)
    f, feed_forward = s7_feed_forward.forward(f, p["feed_forward"])
    return f, (norm, feed_forward)


# %%
def feed_backward(df, saved):
    norm, feed_forward = saved
    df, dp_feed = s7_feed_forward.backward(df, feed_forward)
    df, dp_norm = s6_layer_norm.backward(df, norm)
    return df, {"norm_2": dp_norm, "feed_forward": dp_feed}


# %% [markdown] lang="en"
# ## The block: two residual connections
# Each branch reads x, and its result is **added** to x. The Norm is inside the branch, before the step: this is called
# *pre-norm*. The direct path from x to x contains only the two sums.

# %% [markdown] lang="ko"
# ## 블록: 잔차 연결 두 개
# 각 가지는 x를 입력으로 받고, 그 결과를 x에 **더합니다**. Norm은 가지 안에서 맨 앞에 있습니다. 이것을 *pre-norm*이라고 합니다.
# x에서 x로 바로 가는 경로에는 덧셈 두 개뿐입니다.


# %%
def forward(x, p):
    a, saved_a = attend(x, p)
    x = x + a
    f, saved_f = feed(x, p)
    x = x + f
    return x, (saved_a, saved_f)


# %% [markdown] lang="en"
# ## Compare the shapes with the figure
# A token enters and leaves a block with width D; otherwise the sum would be impossible. We use Ti/16, the smallest
# published model. Like B/16 it has twelve blocks and 197 tokens, but D is 192 instead of 768.

# %% [markdown] lang="ko"
# ## 그림의 shape와 비교
# 블록의 입력과 출력은 모두 D차원입니다. 그래야 더할 수 있습니다. 공개된 모델 가운데 가장 작은 Ti/16을 씁니다. 블록 12개와 토큰
# 197개는 B/16과 같고, D만 768이 아니라 192입니다.

# %%
rng = np.random.default_rng(0)
config = vitnp.preset("Ti/16")
p = encoder.init(rng, config, np.float64)
x = rng.standard_normal((1, 197, 192))
y, saved = forward(x, p[0])

# %%
whole = vitnp.vit.init(np.random.default_rng(0), config)
t = vitnp.trace(photo.sample((224, 224)), whole, config)
checked = [c for c in slides.check(t.shapes, config) if c.row.step in (6, None)]
for c in checked:
    print(f"{c.tensor.name:22} {c.expected!s:12} {c.got!s:12} {'✓' if c.ok else '✗'}")

# %%
assert all(c.ok for c in checked)
assert y.shape == x.shape == (1, 197, 192)

# %% [markdown] lang="en"
# ## Backward: a sum becomes a sum
# Take a small example: two values and a linear branch $f(x) = Fx$.

# %% [markdown] lang="ko"
# ## 역전파: +는 역전파에서도 +입니다
# 작은 예를 봅시다. 값 두 개와 선형인 가지 $f(x) = Fx$입니다.

# %%
F = np.array([[0.1, 0.3], [-0.2, 0.0]])
J = np.eye(2) + F  # y = x + F x
J

# %% [markdown] lang="en"
# $J = I + F$, so $J^\top dy = dy + F^\top dy$. The gradient arrives twice: once **unchanged**, once through the branch.

# %% [markdown] lang="ko"
# $J = I + F$이므로 $J^\top dy = dy + F^\top dy$입니다. 그래디언트는 두 경로로 도착합니다. 한 경로에서는 **그대로** 오고, 다른
# 경로에서는 가지를 지나서 옵니다.

# %%
dy = np.array([1.0, -2.0])
dy, F.T @ dy, J.T @ dy

# %%
assert np.allclose(J.T @ dy, dy + F.T @ dy)

# %% [markdown] lang="en"
# So each `x = x + …` of forward becomes one `dx = dx + …`, in reverse order.

# %% [markdown] lang="ko"
# 그래서 순전파의 `x = x + …`가 역전파에서는 하나씩 `dx = dx + …`가 됩니다. 순서는 거꾸로입니다.


# %%
def backward(dx, saved):
    saved_a, saved_f = saved
    df, dp_f = feed_backward(dx, saved_f)
    dx = dx + df  # x = x + f
    da, dp_a = attend_backward(dx, saved_a)
    dx = dx + da  # x = x + a
    return dx, dp_a | dp_f


# %% [markdown] lang="en"
# ## Check the gradient
# We check one small block with random weights: x and all of its 16 parameters. The output is the largest of the 17 errors,
# by the complex step and by differences. (`print(report)` shows all.)

# %% [markdown] lang="ko"
# ## 그래디언트 검증
# 블록 하나를 작은 크기로 만들어 x와 파라미터 16개를 모두 검증합니다. 가중치는 난수입니다. 출력은 17개 가운데 가장 큰 오차이며,
# 복소 스텝과 차분으로 잰 값입니다. (`print(report)`를 실행하면 모두 볼 수 있습니다.)

# %%
small = vitnp.preset("Ti/16", hidden_size=12, mlp_dim=20)
small_p = encoder.init_block(rng, small, np.float64)
small_p = gradcheck.random_like(small_p, rng)
small_x = rng.standard_normal((2, 5, 12))

# %%
report = gradcheck.check(forward, backward, small_x, small_p)
print("{} leaves, worst {:.1e} and {:.1e}".format(len(report.leaves), *report.worst))

# %%
assert report.ok

# %% [markdown] lang="en"
# What if the backward pass omits one +? All gradients computed after it are wrong, all before it are right. So the report
# shows the place of the mistake. (`b_K` is always right: its gradient is 0.)

# %% [markdown] lang="ko"
# 역전파에서 + 하나를 빠뜨리면 어떻게 될까요? 그 뒤에 계산한 그래디언트는 모두 틀리고, 그 앞에 계산한 것은 모두 맞습니다. 그래서
# 보고서를 보면 실수한 위치를 알 수 있습니다. (`b_K`는 그래디언트가 늘 0이므로 항상 맞습니다.)


# %%
def forgot_plus(dx, saved):
    saved_a, saved_f = saved
    df, dp_f = feed_backward(dx, saved_f)
    da, dp_a = attend_backward(df, saved_a)  # dx has been lost
    return df + da, dp_a | dp_f


# %%
wrong = gradcheck.check(forward, forgot_plus, small_x, small_p)
print(*(leaf.name for leaf in wrong.leaves if not leaf.ok), sep=", ")

# %%
print(*(leaf.name for leaf in wrong.leaves if leaf.ok), sep=", ")

# %%
assert not wrong.ok

# %% [markdown] lang="en"
# ## Twelve blocks
# The stack of blocks is a loop, and its backward pass is a loop from the end. We keep dx at every depth for the plots
# below.

# %% [markdown] lang="ko"
# ## 블록 열두 개
# 블록을 쌓은 것은 반복문이고, 역전파는 끝에서부터 도는 반복문입니다. 아래 그림에 쓰려고 깊이마다 dx를 남겨 둡니다.


# %%
def down(x, p, block):
    xs, saved = [x], []
    for i in range(12):
        x, saved_i = block(xs[-1], p[i])
        xs, saved = [*xs, x], [*saved, saved_i]
    return xs, saved


# %%
def up(dx, saved, block_backward):
    dxs, dps = [dx], []
    for saved_i in reversed(saved):
        dx, dp = block_backward(dxs[0], saved_i)
        dxs, dps = [dx, *dxs], [dp, *dps]
    return dxs, dps  # dxs[i]: at the input of block i; dxs[12]: at the output of the last


# %% [markdown] lang="en"
# Step 8 reads only [CLS], so at the output of the last block the gradient is 0 except in row 0.

# %% [markdown] lang="ko"
# 8단계는 [CLS]만 읽습니다. 그래서 마지막 블록의 출력에서는 0번 행에만 그래디언트가 있고 나머지는 모두 0입니다.

# %%
dy = np.zeros((1, 197, 192))
dy[:, 0] = rng.standard_normal(192)
xs, saved = down(x, p, forward)
dxs, dps = up(dy, saved, backward)

# %% [markdown] lang="en"
# ## Compare with the library
# `vitnp/blocks/encoder.py` has the same two loops.

# %% [markdown] lang="ko"
# ## 라이브러리와 비교
# `vitnp/blocks/encoder.py`에도 똑같은 반복문 두 개가 있습니다.

# %%
library_y, library_saved = encoder.forward(x, p, config=config)
library_dx, library_dp = encoder.backward(dy, library_saved)
assert np.allclose(library_y, xs[12]) and np.allclose(library_dx, dxs[0])

# %%
for name, gradient in tree.leaves(dps[5]):
    assert np.allclose(gradient, tree.get(library_dp[5], name))

# %% [markdown] lang="en"
# Training calls `encoder.backward_parts`. It yields the gradients of one block at a time, so that they can be added to
# those of other images. It also empties the list of saved blocks: the memory of a block is freed after its use.

# %% [markdown] lang="ko"
# 학습할 때는 `encoder.backward_parts`를 부릅니다. 다른 이미지들의 그래디언트와 더할 수 있도록 한 번에 블록 하나의 그래디언트를
# 돌려줍니다. 그리고 저장된 블록의 리스트를 비웁니다. 블록이 저장한 값은 쓰고 나면 바로 메모리에서 해제됩니다.

# %%
order = [i for i, dx, dp in encoder.backward_parts(dy, library_saved)]
order, len(library_saved)

# %%
assert order == [*range(11, -1, -1)] and not library_saved

# %% [markdown] lang="en"
# ## Which tokens receive a gradient?
# The picture shows the norm of the gradient for every token and every depth. At the output of the last block only [CLS]
# has a gradient. At the input of this block, attention has passed it on to all patches.

# %% [markdown] lang="ko"
# ## 어느 토큰이 그래디언트를 받을까?
# 깊이마다, 토큰마다 그래디언트의 크기를 그렸습니다. 마지막 블록의 출력에서는 [CLS]에만 그래디언트가 있지만, 그 블록의
# 입력에서는 어텐션을 통해 모든 패치에 전해집니다.

# %%
per_token = np.array([np.linalg.norm(dx[0], axis=1) for dx in dxs])
per_token[12].round(2)[:6], per_token[11].round(2)[:6]

# %%
plt.imshow(np.log10(per_token[:, :30] + 1e-3), aspect="auto", cmap="cividis")
plt.xlabel("token (0 is [CLS]; the first 30)")
plt.ylabel("block input")
plt.yticks(range(0, 13, 3))
plt.colorbar(label="log₁₀ norm of dx")
plt.show()

# %%
assert (per_token[12, 1:] == 0).all() and (per_token[11] > 0).all()

# %% [markdown] lang="en"
# ## The gradient norm by depth
# This is the norm over all tokens. From the output of the last block to the input of the first it about doubles, because
# every branch adds its part.

# %% [markdown] lang="ko"
# ## 깊이에 따른 그래디언트의 크기
# 모든 토큰을 합친 크기(노름)입니다. 마지막 블록의 출력에서 첫 블록의 입력까지 오면 두 배쯤 됩니다. 가지마다 그래디언트를 더하기
# 때문입니다.

# %%
norm = lambda arrays: np.array([np.linalg.norm(a) for a in arrays])
norm(dxs).round(1)

# %% [markdown] lang="en"
# The gradient neither vanishes nor explodes. How much of the original gradient dy is still *contained* in dx?
# $$\mathrm{share}_i = \frac{\langle dx_i,\,dy\rangle}{\langle dy,\,dy\rangle}$$

# %% [markdown] lang="ko"
# 그래디언트는 소실되지도 폭발하지도 않습니다. 그러면 처음의 그래디언트 dy는 dx *안에* 얼마나 남아 있을까요?
# $$\mathrm{share}_i = \frac{\langle dx_i,\,dy\rangle}{\langle dy,\,dy\rangle}$$

# %%
share = lambda dxs: np.array([(dx * dy).sum() / (dy * dy).sum() for dx in dxs])
share(dxs).round(2)

# %% [markdown] lang="en"
# Nearly all of it, at every depth. The reason is the direct path. Multiply out:
# $$(I+F_{24})\cdots(I+F_2)(I+F_1) = I + \sum_i F_i + \sum_{i>j} F_iF_j + \cdots$$
# 24 sums give $2^{24}$ paths for the gradient. One of them, $I$, goes through no layer. With the initial weights the
# gradients of the other paths have random directions, so they add almost nothing along dy.

# %% [markdown] lang="ko"
# 어느 깊이에서나 거의 전부 남아 있습니다. 직접 이어진 경로가 있기 때문입니다. 곱을 전개하면 다음과 같습니다.
# $$(I+F_{24})\cdots(I+F_2)(I+F_1) = I + \sum_i F_i + \sum_{i>j} F_iF_j + \cdots$$
# 덧셈 24개가 역전파 경로 $2^{24}$가지를 만듭니다. 그중 하나인 $I$는 어떤 층도 거치지 않습니다. 초기 가중치에서는 나머지 경로로
# 온 그래디언트의 방향이 제각각이므로 dy 방향의 성분은 거의 변하지 않습니다.

# %%
assert (abs(share(dxs) - 1) < 0.2).all()

# %% [markdown] lang="en"
# ## Without the residual connections
# Keep the branches and the weights, but remove the two sums.

# %% [markdown] lang="ko"
# ## 잔차 연결이 없으면
# 가지도 가중치도 그대로 두고 덧셈 두 개만 없앱니다.


# %%
def plain_forward(x, p):
    x, saved_a = attend(x, p)
    x, saved_f = feed(x, p)
    return x, (saved_a, saved_f)


# %%
def plain_backward(dx, saved):
    saved_a, saved_f = saved
    dx, dp_f = feed_backward(dx, saved_f)
    dx, dp_a = attend_backward(dx, saved_a)
    return dx, dp_a | dp_f


# %% [markdown] lang="en"
# This backward pass is also right, so what follows is not a bug.

# %% [markdown] lang="ko"
# 이 역전파도 맞습니다. 따라서 아래의 결과는 버그가 아닙니다.

# %%
assert gradcheck.check(plain_forward, plain_backward, small_x, small_p).ok

# %%
plain_xs, plain_saved = down(x, p, plain_forward)
plain_dxs, plain_dps = up(dy, plain_saved, plain_backward)

# %% [markdown] lang="en"
# ## Lost without residuals, 1: the original gradient
# The norm does not vanish: the branches shrink the gradient, but each Norm divides it by a small σ. However, none of the
# original gradient is left in it.

# %% [markdown] lang="ko"
# ## 잔차 연결이 없으면 잃는 것 1: 처음의 그래디언트
# 크기가 0이 되지는 않습니다. 가지가 그래디언트를 줄여도 Norm이 작은 표준편차 σ로 나누어 다시 키우기 때문입니다. 하지만 그 안에
# 처음의 그래디언트는 남아 있지 않습니다.

# %%
norm(plain_dxs).round(1)

# %%
plt.plot(share(dxs), "o-", label="with residual")
plt.plot(share(plain_dxs), "s--", label="without")
plt.xlabel("block input (12: the top)")
plt.ylabel("share of dy in dx")
plt.legend(loc="center")
plt.show()

# %%
assert (abs(share(plain_dxs)[:12]) < 0.05).all()

# %% [markdown] lang="en"
# ## Lost without residuals, 2: different tokens
# The plot shows the mean cosine between two tokens by depth. Attention takes means. Without the residual connection, all
# 197 tokens are **the same** after a few blocks.

# %% [markdown] lang="ko"
# ## 잔차 연결이 없으면 잃는 것 2: 토큰의 차이
# 두 토큰 사이의 평균 코사인을 깊이에 따라 그립니다. 어텐션은 토큰을 평균합니다. 잔차 연결이 없으면 블록을 몇 개만 지나도 토큰
# 197개가 **모두 똑같아집니다**.


# %%
def mean_cosine(x):
    unit = x[0] / np.linalg.norm(x[0], axis=1, keepdims=True)
    return (unit @ unit.T).mean()


# %%
plt.plot([mean_cosine(x) for x in xs], "o-", label="with residual")
plt.plot([mean_cosine(x) for x in plain_xs], "s--", label="without")
plt.xlabel("block input (12: the top)")
plt.ylabel("mean cosine of tokens")
plt.legend(loc=(0.35, 0.6))
plt.show()

# %%
assert mean_cosine(plain_xs[4]) > 0.999 > mean_cosine(xs[12])

# %% [markdown] lang="en"
# ## Lost without residuals, 3: the gradient of attention
# If all keys are the same, no query can prefer one of them. The gradient of $W_Q$ is then 0, so these blocks cannot learn
# where to attend. The axis is logarithmic; $10^{-14}$ is rounding error.

# %% [markdown] lang="ko"
# ## 잔차 연결이 없으면 잃는 것 3: 어텐션의 그래디언트
# 키가 모두 같으면 쿼리는 어느 하나를 고를 수 없습니다. $W_Q$의 그래디언트는 0이 되고, 이 블록들은 어디를 볼지 배울 수 없습니다.
# 세로축은 로그 척도입니다. $10^{-14}$은 반올림 오차입니다.

# %%
norms_of_W_Q = lambda dps: norm([dp["attention"]["W_Q"] for dp in dps])
plt.semilogy(norms_of_W_Q(dps), "o-", label="with residual")
plt.semilogy(norms_of_W_Q(plain_dps), "s--", label="without")
plt.xlabel("block")
plt.ylabel("norm of dW_Q")
plt.legend(loc="center")
plt.show()

# %%
assert (norms_of_W_Q(plain_dps)[5:] < 1e-10).all() and (norms_of_W_Q(dps) > 1).all()

# %% [markdown] lang="en"
# ## Without the Norm as well: vanishing gradients
# Now nothing compensates for the branches, which shrink the gradient. This is the vanishing gradient of the textbooks:
# over twelve blocks it falls to a millionth.

# %% [markdown] lang="ko"
# ## Norm까지 없애면: 그래디언트 소실
# 이제 가지가 줄인 그래디언트를 다시 키워 주는 것이 없습니다. 교과서에 나오는 그래디언트 소실(vanishing gradient)입니다. 블록
# 열두 개를 지나는 동안 100만분의 1로 줄어듭니다.


# %%
def bare_forward(x, p):
    x, saved_a = s5_attention.forward(x, p["attention"], num_heads=3)
    x, saved_f = s7_feed_forward.forward(x, p["feed_forward"])
    return x, (saved_a, saved_f)


# %%
def bare_backward(dx, saved):
    dx, _ = s7_feed_forward.backward(dx, saved[1])
    return s5_attention.backward(dx, saved[0])


# %%
_, bare_saved = down(x, p, bare_forward)
bare_dxs, _ = up(dy, bare_saved, bare_backward)
top, bottom = np.linalg.norm(bare_dxs[12]), np.linalg.norm(bare_dxs[0])
print(f"{top:.1f} at the top, {bottom:.1e} at the bottom")

# %%
plt.semilogy(norm(dxs), "o-", label="block")
plt.semilogy(norm(plain_dxs), "s--", label="no residual")
plt.semilogy(norm(bare_dxs), "^:", label="no residual, no Norm")
plt.xlabel("block input (12: the top)")
plt.ylabel("norm of dx")
plt.legend(loc="lower right")
plt.show()

# %%
assert bottom < 1e-5 * top

# %% [markdown] lang="en"
# ## Exercises
# Put your answer where the `...` is and run the cell below it: ✓ means right, ✗ comes with a hint.
# ★ asks for a number, ★★ for a line or two, ★★★ for a derivation or a function.
#
# **1.** ★ ViT-H/14 has 32 blocks. How many paths does the gradient have from the output of the encoder to its input?

# %% [markdown] lang="ko"
# ## 연습 문제
# `...` 자리에 답을 쓰고 바로 아래 셀을 실행하세요. ✓는 정답이고, ✗에는 힌트가 따라 나옵니다.
# ★은 값 하나, ★★는 한두 줄, ★★★은 유도하거나 함수를 쓰는 문제입니다.
#
# **1.** ★ ViT-H/14는 블록이 32개입니다. 인코더의 출력에서 입력까지 그래디언트의 경로는 모두 몇 가지입니까?

# %% tags=["exercise"]
ways = ...

# %% tags=["solution"]
ways = 2 ** (2 * 32)

# %% tags=["check"]
check("09.1", ways)

# %% [markdown] lang="en"
# **2.** ★★ Some implementations set $W_O$, $b_O$, $W_2$ and $b_2$ of a block to zero before training. Which dx does its
# `backward` then return? Write it with `dy` alone.

# %% [markdown] lang="ko"
# **2.** ★★ 학습을 시작하기 전에 블록의 $W_O$, $b_O$, $W_2$, $b_2$를 0으로 두기도 합니다. 이때 `backward`가 돌려주는 dx는
# 무엇입니까? `dy`만 써서 답하세요.

# %% tags=["exercise"]
dx_of_silent_block = ...

# %% tags=["solution"]
dx_of_silent_block = dy

# %% tags=["check"]
check("09.2", dx_of_silent_block, dy)

# %% [markdown] lang="en"
# **3.** ★★★ The Transformer of 2017 was *post-norm*: $y = \mathrm{LN}(x + \mathrm{MSA}(x))$. Write the backward pass of
# this half block. `norm` and `attention` are what the two steps saved. Return only dx.

# %% [markdown] lang="ko"
# **3.** ★★★ 2017년의 Transformer는 *post-norm*으로 $y = \mathrm{LN}(x + \mathrm{MSA}(x))$였습니다. 이 반쪽 블록의 역전파를 쓰세요.
# `norm`과 `attention`은 두 단계가 저장한 값이고, dx만 돌려주면 됩니다.


# %%
def post_norm(x):
    a, attention = s5_attention.forward(x, small_p["attention"], num_heads=3)
    y, norm = s6_layer_norm.forward(x + a, small_p["norm_1"], eps=1e-6)
    return y, (norm, attention)


# %% tags=["exercise"]
def post_norm_backward(dy, saved):
    return ...


# %% tags=["solution"]
def post_norm_backward(dy, saved):
    norm, attention = saved
    dx, _ = s6_layer_norm.backward(dy, norm)
    return dx + s5_attention.backward(dx, attention)[0]


# %% tags=["check"]
check("09.3", post_norm_backward)

# %% [markdown] lang="en"
# **Explain.** Why does the gradient reach even the first block of a deep encoder, and what would change without the
# residual connections?

# %% [markdown] lang="ko"
# **설명해 보세요.** 깊은 인코더에서도 첫 블록까지 그래디언트가 도달하는 까닭은 무엇입니까? 잔차 연결이 없다면 무엇이
# 달라집니까?

# %% [markdown] lang="en" tags=["solution"]
# At each residual connection the gradient takes two paths: one through the branch, one unchanged along the shortcut. Then
# both are added. So one of all paths contains no weight, and it carries dy unchanged to the first block. Without residual
# connections there is a single path, the product of all Jacobians. If each Jacobian shrinks the gradient a little, the
# product shrinks it exponentially with the depth.

# %% [markdown] lang="ko" tags=["solution"]
# 잔차 연결마다 그래디언트는 두 경로로 전해집니다. 하나는 가지를 지나고, 하나는 지름길(shortcut)을 그대로 지나며, 둘은 다시
# 더해집니다. 그래서 모든 경로 가운데 가중치를 하나도 거치지 않는 경로가 있고, 그 경로가 dy를 첫 블록까지 그대로 전달합니다.
# 잔차 연결이 없으면 경로는 모든 야코비안의 곱 하나뿐입니다. 야코비안마다 그래디언트를 조금씩만 줄여도 곱은 깊이에 따라
# 지수적으로 작아집니다.
